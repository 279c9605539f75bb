//! Recorded metrics: a CSV file becomes values and the instants of their datapoints.

use crate::ground::time::SimTime;
use crate::scenario::draft::metric::Recorded;
use crate::scenario::rules::metrics::POINTS_MAX;
use crate::scenario::trace::clock::{self, Clock};
use crate::scenario::trace::sheet::{Refusal, Sheet, number, text};

/// The datapoints of a file, on the run's own clock: relative times are the run's, a dated file begins with its first
/// datapoint. A cell without a number is a datapoint that is missing.
pub(crate) fn read(recorded: &Recorded, bytes: &[u8]) -> Result<Vec<(SimTime, f64)>, Refusal> {
    let file = recorded.file.as_deref().unwrap_or_default();
    let [time, value] = [&recorded.time, &recorded.value].map(|column| column.as_deref().unwrap_or_default());
    let sheet = Sheet::open(file, bytes)?;
    if let Some(refusal) = sheet.lacks_headings(&[time, value]) {
        return Err(refusal);
    }
    let (at, of) = (sheet.column(time)?, sheet.column(value)?);
    let mut clock = Clock::counting(recorded.unit.get(time).map(|unit| unit.0));
    let mut rows: Vec<(i128, Option<f64>)> = Vec::new();
    let mut bad = None;
    sheet.rows(|line, record| {
        let written = text(record, at);
        match clock.read(written) {
            None => bad = Some((format!("{file}, line {line}: the instant `{written}` can't be read"), clock::ADVICE)),
            Some(at) if rows.last().is_some_and(|last| last.0 >= at) => {
                let advice = "sort the rows by time, and give each instant once";
                bad = Some((format!("{file}, line {line}: `{written}` does not come after the row before"), advice));
            }
            Some(at) => rows.push((at, number(record, of))),
        }
        bad.is_none() && rows.len() <= POINTS_MAX
    })?;
    if let Some((what, advice)) = bad {
        return Err((what, advice.to_owned()));
    }
    if rows.len() > POINTS_MAX {
        return Err((format!("{file} has more than {POINTS_MAX} rows"), "record a value less often".to_owned()));
    }
    let zero = if clock.is_absolute() { rows.first().map_or(0, |first| first.0) } else { 0 };
    let instant = |at: i128| u64::try_from(at - zero).ok().map(SimTime::from_nanos);
    let points: Vec<_> = rows.iter().filter_map(|&(at, value)| instant(at).zip(value)).collect();
    if points.is_empty() {
        return Err((format!("{file} has no number in column `{value}`"), "a recording has a value a row".to_owned()));
    }
    Ok(points)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<Vec<(u64, f64)>, String> {
        let [file, time, value] = ["m.csv", "t", "v"].map(|word| Some(word.to_owned()));
        let recorded = Recorded { file, time, value, ..Recorded::default() };
        let points = read(&recorded, text.as_bytes()).map_err(|(what, _)| what)?;
        Ok(points.into_iter().map(|(at, value)| (at.nanos() / 1_000_000_000, value)).collect())
    }

    #[test]
    fn a_file_becomes_datapoints_and_an_empty_cell_none() {
        assert_eq!(of("t,v\n60,4\n120,\n180,12.5\n"), Ok(vec![(60, 4.0), (180, 12.5)]));
        let dated = "t,v\n2024-05-01T12:00:00Z,1\n2024-05-01T12:01:00Z,2\n";
        assert_eq!(of(dated), Ok(vec![(0, 1.0), (60, 2.0)]));
    }

    #[test]
    fn what_cannot_be_a_recording_is_refused_with_its_line() {
        for (text, what) in [
            ("t,v\n60,4\n60,5\n", "m.csv, line 3: `60` does not come after the row before"),
            ("t,v\nlater,4\n", "m.csv, line 2: the instant `later` can't be read"),
            ("t,v\n60,many\n", "m.csv has no number in column `v`"),
            ("t,w\n60,4\n", "m.csv has no column `v`"),
        ] {
            assert_eq!(of(text), Err(what.to_owned()));
        }
    }
}
