//! Values over time in columns, put in order: what was done about gaps, duplicates and disorder is told.

use jiff::Timestamp;

use crate::ground::time::{SimTime, Span};
use crate::scenario::complaint::did_you_mean;
use crate::scenario::trace::sheet::Refusal;

/// The most instants of one question: ten years of minutes.
pub(super) const ROWS_MAX: usize = 6_000_000;
/// The most columns.
pub(super) const COLUMNS_MAX: usize = 1_000;
/// Nanoseconds of the longest question: beyond, clocks overflow.
pub(super) const LONGEST: i128 = 200 * 365 * 86_400 * 1_000_000_000;

/// Values at instants, each column under a name.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// The instants, in order, each once; counted from the question's own zero.
    pub times: Vec<SimTime>,
    /// The names.
    pub names: Vec<String>,
    /// A value for each instant of each name; not a number where there is none.
    pub values: Vec<Vec<f64>>,
    /// From one instant to the next, as a rule.
    pub spacing: Span,
    /// Where the instants are counted from.
    pub zero: Zero,
    /// What was found about their order, and what was done about it.
    pub notes: Vec<String>,
}

/// Where instants are counted from, and how they are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Zero {
    /// Its nanoseconds since 1970, or on the clock of the file.
    pub nanos: i128,
    /// Whether instants are dates.
    pub dated: bool,
}

impl Zero {
    /// An instant as people write it: a date and time, or a time from the start.
    pub fn label(self, at: SimTime) -> String {
        let nanos = self.nanos + i128::from(at.nanos());
        if self.dated {
            return match Timestamp::from_nanosecond(nanos) {
                Ok(instant) => instant.to_string(),
                Err(_) => at.to_string(),
            };
        }
        let size = Span::from_nanos(u64::try_from(nanos.unsigned_abs()).unwrap_or(u64::MAX));
        if nanos < 0 { format!("-{size}") } else { size.to_string() }
    }

    /// Its seconds on the clock of the file.
    pub fn seconds(self, at: SimTime) -> f64 {
        (self.nanos + i128::from(at.nanos())) as f64 / 1e9
    }
}

/// One series as it was read: nanoseconds and values, in whatever order.
#[derive(Clone, Debug, Default)]
pub(super) struct Raw {
    pub name: String,
    pub points: Vec<(i128, f64)>,
}

/// Columns that share their instants, as rows of a table have them.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    pub times: Vec<i128>,
    pub names: Vec<String>,
    pub values: Vec<Vec<f64>>,
}

impl Columns {
    /// The values of a name at an instant, by its number.
    pub fn value(&self, name: &str, row: usize) -> Option<f64> {
        let column = self.names.iter().position(|known| known == name)?;
        self.at(column, row)
    }

    /// The value of a column, by its number.
    pub fn at(&self, column: usize, row: usize) -> Option<f64> {
        self.values.get(column)?.get(row).copied().filter(|value| !value.is_nan())
    }

    /// Gives a column the name by which a policy reads it.
    pub(super) fn take(&mut self, word: &str, from: &str) -> Result<(), Refusal> {
        let Some(at) = self.names.iter().position(|name| name == from) else {
            let what = format!("there is no series `{from}` to be taken for `{word}`");
            return Err((what, did_you_mean(from, self.names.iter().map(String::as_str)).unwrap_or_default()));
        };
        // What has the name already is another series, which nobody asked for.
        if let Some(other) = self.names.iter().position(|name| name == word).filter(|other| *other != at) {
            self.names[other] = format!("{word} (not taken)");
        }
        self.names[at] = word.to_owned();
        Ok(())
    }

    /// Multiplies the values of a name.
    pub(super) fn scale(&mut self, word: &str, by: f64) -> Result<(), Refusal> {
        let Some(at) = self.names.iter().position(|name| name == word) else {
            let what = format!("there is no series `{word}` to be scaled");
            return Err((what, did_you_mean(word, self.names.iter().map(String::as_str)).unwrap_or_default()));
        };
        self.values[at].iter_mut().for_each(|value| *value *= by);
        Ok(())
    }

    /// Columns of rows.
    pub(super) fn of_rows(mut rows: Rows, dated: bool) -> Result<Columns, Refusal> {
        let mut notes = Vec::new();
        let unsorted = rows.times.windows(2).filter(|pair| pair[1] < pair[0]).count();
        if unsorted > 0 {
            notes.push(format!(
                "{} not in the order of time: all rows were sorted",
                many(unsorted, "row is", "rows are")
            ));
        }
        if rows.times.windows(2).any(|pair| pair[1] <= pair[0]) {
            let mut order: Vec<usize> = (0..rows.times.len()).collect();
            order.sort_by_key(|&row| rows.times[row]);
            let before = order.len();
            // Of several at one instant the last of the file counts.
            order.reverse();
            order.dedup_by_key(|row| rows.times[*row]);
            order.reverse();
            if order.len() < before {
                notes.push(format!(
                    "{} of an instant that had one already: the last of each counts",
                    many(before - order.len(), "row is", "rows are")
                ));
            }
            rows.times = order.iter().map(|&row| rows.times[row]).collect();
            for column in &mut rows.values {
                *column = order.iter().map(|&row| column[row]).collect();
            }
        }
        Columns::ordered(rows, dated, notes)
    }

    /// Columns of series, each with instants of its own.
    pub(super) fn of_series(mut all: Vec<Raw>, dated: bool) -> Result<Columns, Refusal> {
        let mut notes = Vec::new();
        for Raw { name, points } in &mut all {
            if points.windows(2).all(|pair| pair[1].0 < pair[0].0) {
                // CloudWatch gives the newest first unless asked otherwise: that is an order.
                points.reverse();
            }
            let unsorted = points.windows(2).filter(|pair| pair[1].0 < pair[0].0).count();
            if unsorted > 0 {
                let which = many(unsorted, "datapoint", "datapoints");
                notes.push(format!("{which} of `{name}` not in the order of time: they were sorted"));
                points.sort_by_key(|point| point.0);
            }
            let before = points.len();
            points.reverse();
            points.dedup_by_key(|point| point.0);
            points.reverse();
            if points.len() < before {
                let which = many(before - points.len(), "datapoint", "datapoints");
                notes.push(format!("{which} of `{name}` at an instant that had one already: the last of each counts"));
            }
        }
        let same = all.windows(2).all(|pair| {
            pair[0].points.len() == pair[1].points.len()
                && pair[0].points.iter().zip(&pair[1].points).all(|(one, other)| one.0 == other.0)
        });
        let times: Vec<i128> = if same {
            all.first().map(|raw| raw.points.iter().map(|point| point.0).collect()).unwrap_or_default()
        } else {
            let mut times: Vec<i128> = all.iter().flat_map(|raw| raw.points.iter().map(|point| point.0)).collect();
            times.sort_unstable();
            times.dedup();
            times
        };
        let values = all.iter().map(|raw| {
            let mut points = raw.points.iter().peekable();
            let value = |at: &i128| points.next_if(|point| point.0 == *at).map_or(f64::NAN, |point| point.1);
            times.iter().map(value).collect()
        });
        let values: Vec<Vec<f64>> = values.collect();
        let names = all.into_iter().map(|raw| raw.name).collect();
        Columns::ordered(Rows { times, names, values }, dated, notes)
    }

    fn ordered(rows: Rows, dated: bool, mut notes: Vec<String>) -> Result<Columns, Refusal> {
        let Rows { times, names, values } = rows;
        let refuse = |what: String, advice: &str| Err((what, advice.to_owned()));
        let (Some(&first), Some(&last)) = (times.first(), times.last()) else {
            return refuse("there is no instant with a value".to_owned(), "record at least one");
        };
        if times.len() > ROWS_MAX {
            return refuse(format!("{} instants", times.len()), "take a part, or fewer of them");
        }
        let zero = if dated || first < 0 { first } else { 0 };
        if last - zero > LONGEST {
            return refuse(
                "the instants lie more than 200 years apart".to_owned(),
                "look at their unit and at the first",
            );
        }
        let mut between: Vec<i128> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let spacing = if between.is_empty() {
            0
        } else {
            // The lower one of two in the middle: gaps make distances longer, never shorter.
            let middle = (between.len() - 1) / 2;
            *between.select_nth_unstable(middle).1
        };
        let wide = |pair: &&[i128]| (pair[1] - pair[0]) * 2 > spacing * 3;
        let gaps: Vec<&[i128]> = times.windows(2).filter(wide).collect();
        if let Some(longest) = gaps.iter().max_by_key(|pair| pair[1] - pair[0]) {
            let at = |instant: i128| SimTime::from_nanos(u64::try_from(instant - zero).unwrap_or(0));
            notes.push(format!(
                "{}, the longest from {} to {}: the datapoints in them are missing, and none were made up",
                many(gaps.len(), "gap", "gaps"),
                at(longest[0]),
                at(longest[1]),
            ));
        }
        for (name, values) in names.iter().zip(&values) {
            let missing = values.iter().filter(|value| value.is_nan()).count();
            if missing > 0 {
                notes.push(format!("`{name}` has no value at {missing} of {} instants", values.len()));
            }
        }
        let nanos = |span: i128| u64::try_from(span).unwrap_or(0);
        Ok(Columns {
            times: times.iter().map(|at| SimTime::from_nanos(nanos(at - zero))).collect(),
            names,
            values,
            spacing: Span::from_nanos(nanos(spacing)),
            zero: Zero { nanos: zero, dated },
            notes,
        })
    }
}

/// A count with its noun.
fn many(count: usize, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::time::SECOND;

    fn raw(name: &str, points: &[(i128, f64)]) -> Raw {
        let nanos = |&(at, value): &(i128, f64)| (at * i128::from(SECOND), value);
        Raw { name: name.to_owned(), points: points.iter().map(nanos).collect() }
    }

    #[test]
    fn series_with_instants_of_their_own_share_a_table() {
        let columns =
            Columns::of_series(vec![raw("a", &[(0, 1.0), (60, 2.0)]), raw("b", &[(60, 5.0), (120, 6.0)])], false);
        let columns = columns.expect("they can be read");
        assert_eq!(columns.times.len(), 3);
        assert_eq!([0, 1, 2].map(|row| columns.value("a", row)), [Some(1.0), Some(2.0), None]);
        assert_eq!([0, 1, 2].map(|row| columns.value("b", row)), [None, Some(5.0), Some(6.0)]);
        assert_eq!(columns.notes.len(), 2, "{:?}", columns.notes);
    }

    #[test]
    fn disorder_duplicates_and_gaps_are_told() {
        let points = [(0, 1.0), (120, 3.0), (60, 2.0), (120, 4.0), (180, 5.0), (600, 6.0)];
        let columns = Columns::of_series(vec![raw("a", &points)], false).expect("they can be read");
        assert_eq!(columns.values[0], [1.0, 2.0, 4.0, 5.0, 6.0]);
        assert_eq!(columns.spacing, Span::from_secs(60));
        let told = columns.notes.join("\n");
        for part in ["not in the order of time", "the last of each counts", "1 gap, the longest from 3min to 10min"] {
            assert!(told.contains(part), "{told}");
        }
        // The newest first is an order, and nothing to tell.
        let newest = [(120, 3.0), (60, 2.0), (0, 1.0)];
        let columns = Columns::of_series(vec![raw("a", &newest)], true).expect("they can be read");
        assert_eq!((columns.values[0].as_slice(), columns.notes.len()), (&[1.0, 2.0, 3.0][..], 0));
    }
}
