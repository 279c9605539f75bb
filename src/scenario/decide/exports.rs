//! Recorded metrics as tools write them: CSV, CloudWatch's `get-metric-data`, a range query of Prometheus.

use std::fmt;

use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

use crate::ground::time::Span;
use crate::scenario::decide::columns::{COLUMNS_MAX, Columns, ROWS_MAX, Raw, Rows};
use crate::scenario::trace::clock::{ADVICE, Clock, is_instant};
use crate::scenario::trace::sheet::{FILE_MAX, Refusal, Sheet, number, text};

/// Names that a column of instants has, where none is named.
const TIMES: [&str; 8] = ["time", "timestamp", "Time", "Timestamp", "at", "date", "datetime", "t"];

/// How recorded metrics are to be read.
#[derive(Clone, Debug, Default)]
pub struct Taking {
    /// The column of instants of a CSV file; without it, one of the usual names.
    pub time: Option<String>,
    /// How long one unit of that column is, where it counts something else than seconds.
    pub unit: Option<Span>,
    /// The name by which a policy reads a series, and the series' own.
    pub take: IndexMap<String, String>,
    /// By what the values of a name are multiplied.
    pub scale: IndexMap<String, f64>,
}

/// Recorded metrics of a file, in whichever of the forms it has.
///
/// # Errors
/// What is the matter, and what to do.
pub fn read(file: &str, bytes: &[u8], taking: &Taking) -> Result<Columns, Refusal> {
    if bytes.len() > FILE_MAX {
        let what = format!("{file} has {} MiB", bytes.len() >> 20);
        return Err((what, format!("at most {} MiB can be read", FILE_MAX >> 20)));
    }
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace() && !b"\xef\xbb\xbf".contains(byte));
    let mut columns = if first == Some(&b'{') { json(file, bytes)? } else { csv(file, bytes, taking)? };
    for (word, from) in &taking.take {
        columns.take(word, from)?;
    }
    for (word, by) in &taking.scale {
        columns.scale(word, *by)?;
    }
    Ok(columns)
}

fn csv(file: &str, bytes: &[u8], taking: &Taking) -> Result<Columns, Refusal> {
    let sheet = Sheet::open(file, bytes)?;
    let headings = sheet.headings();
    let time = match &taking.time {
        Some(time) => {
            if let Some(refusal) = sheet.lacks_headings(&[time]) {
                return Err(refusal);
            }
            sheet.column(time)?
        }
        None => {
            let found = TIMES.iter().find_map(|name| headings.iter().position(|heading| heading == name));
            match found {
                Some(at) => at,
                None if headings.iter().any(|heading| is_instant(heading)) => {
                    return Err(sheet.lacks_headings(&["time"]).unwrap_or_default());
                }
                None => {
                    let what = format!("{file} has no column of instants: it has `{}`", headings.join("`, `"));
                    return Err((what, "name the column: `--time COLUMN`".to_owned()));
                }
            }
        }
    };
    if headings.len() > COLUMNS_MAX {
        return Err((format!("{file} has {} columns", headings.len()), format!("at most {COLUMNS_MAX} can be read")));
    }
    let of: Vec<usize> = (0..headings.len()).filter(|&at| at != time).collect();
    let mut clock = Clock::counting(taking.unit);
    let mut rows = Rows { names: of.iter().map(|&at| headings[at].clone()).collect(), ..Rows::default() };
    rows.values = vec![Vec::new(); of.len()];
    let mut bad = None;
    sheet.rows(|line, record| {
        let written = text(record, time);
        let Some(at) = clock.read(written) else {
            bad = Some(format!("{file}, line {line}: the instant `{written}` can't be read"));
            return false;
        };
        rows.times.push(at);
        for (values, &at) in rows.values.iter_mut().zip(&of) {
            values.push(number(record, at).unwrap_or(f64::NAN));
        }
        rows.times.len() <= ROWS_MAX
    })?;
    if let Some(what) = bad {
        return Err((what, ADVICE.to_owned()));
    }
    if rows.times.len() > ROWS_MAX {
        return Err((format!("{file} has more than {ROWS_MAX} rows"), "take a part, or fewer of them".to_owned()));
    }
    // A column without a single number is no series: names of regions, say.
    let has_none: Vec<bool> = rows.values.iter().map(|values| values.iter().all(|value| value.is_nan())).collect();
    let mut keep = has_none.iter().map(|none| !none);
    rows.names.retain(|_| keep.next().unwrap_or(false));
    let mut keep = has_none.iter().map(|none| !none);
    rows.values.retain(|_| keep.next().unwrap_or(false));
    if rows.names.is_empty() {
        return Err((format!("{file} has no column with a number"), "a series has a value a row".to_owned()));
    }
    Columns::of_rows(rows, clock.is_absolute())
}

/// The JSON of either tool.
#[derive(Deserialize)]
struct Export {
    #[serde(rename = "MetricDataResults")]
    results: Option<Vec<CloudWatch>>,
    data: Option<Prometheus>,
    error: Option<String>,
}

/// One metric of `aws cloudwatch get-metric-data`.
#[derive(Deserialize)]
struct CloudWatch {
    #[serde(rename = "Id", default)]
    id: String,
    #[serde(rename = "Label", default)]
    label: String,
    #[serde(rename = "Timestamps", default)]
    timestamps: Vec<Stamp>,
    #[serde(rename = "Values", default)]
    values: Vec<f64>,
}

/// The data of a range query.
#[derive(Deserialize)]
struct Prometheus {
    #[serde(rename = "resultType", default)]
    kind: String,
    #[serde(default)]
    result: Vec<Series>,
}

/// One series of a range query.
#[derive(Deserialize)]
struct Series {
    #[serde(default)]
    metric: IndexMap<String, String>,
    #[serde(default)]
    values: Vec<(Stamp, Text)>,
}

/// An instant as text or as a number of seconds, in nanoseconds since 1970.
struct Stamp(i128);

/// Seconds before or after 1970 at the most: thirty thousand years.
const FARTHEST: f64 = 1e12;

impl<'de> Deserialize<'de> for Stamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Stamp, D::Error> {
        struct Reading;
        impl Visitor<'_> for Reading {
            type Value = Stamp;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an instant")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Stamp, E> {
                let read = Clock::counting(None).read(text);
                read.map(Stamp).ok_or_else(|| E::custom(format!("the instant {text:?} can't be read")))
            }

            fn visit_u64<E: Error>(self, seconds: u64) -> Result<Stamp, E> {
                Ok(Stamp(i128::from(seconds) * 1_000_000_000))
            }

            fn visit_i64<E: Error>(self, seconds: i64) -> Result<Stamp, E> {
                Ok(Stamp(i128::from(seconds) * 1_000_000_000))
            }

            fn visit_f64<E: Error>(self, seconds: f64) -> Result<Stamp, E> {
                if seconds.is_nan() || seconds.abs() > FARTHEST {
                    return Err(E::custom(format!("the instant {seconds} can't be read")));
                }
                // Prometheus writes milliseconds: whole ones, whatever the float makes of them.
                Ok(Stamp((seconds * 1e3).round() as i128 * 1_000_000))
            }
        }
        deserializer.deserialize_any(Reading)
    }
}

/// A number that stands in quotes.
struct Text(f64);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
        struct Reading;
        impl Visitor<'_> for Reading {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number in quotes")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
                let number = text.parse::<f64>().map_err(|_| E::custom(format!("{text:?} is not a number")))?;
                // What is not finite is no datapoint that anything can be decided by.
                Ok(Text(if number.is_finite() { number } else { f64::NAN }))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Text, E> {
                Ok(Text(number))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Text, E> {
                Ok(Text(number as f64))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Text, E> {
                Ok(Text(number as f64))
            }
        }
        deserializer.deserialize_any(Reading)
    }
}

fn json(file: &str, bytes: &[u8]) -> Result<Columns, Refusal> {
    const FORMS: &str = "it is the JSON of `aws cloudwatch get-metric-data` or of a range query of Prometheus";
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let export: Export = serde_json::from_slice(bytes)
        .map_err(|error| (format!("{file}, line {}: {error}", error.line()), FORMS.to_owned()))?;
    let refuse = |what: &str| Err((format!("{file} {what}"), FORMS.to_owned()));
    if let Some(error) = export.error {
        return refuse(&format!("holds an error and no metrics: {error}"));
    }
    let all: Vec<Raw> = match (export.results, export.data) {
        (Some(results), _) => {
            let mut all = Vec::with_capacity(results.len());
            for result in results {
                if result.timestamps.len() != result.values.len() {
                    let (times, values) = (result.timestamps.len(), result.values.len());
                    return refuse(&format!("has {times} instants and {values} values of `{}`", result.id));
                }
                let name = if result.id.is_empty() { result.label } else { result.id };
                let points = result.timestamps.into_iter().zip(result.values).map(|(Stamp(at), value)| (at, value));
                all.push(Raw { name, points: points.collect() });
            }
            all
        }
        (None, Some(data)) => {
            if data.kind != "matrix" {
                return refuse(&format!("is a query of one instant (`{}`), and not of a range", data.kind));
            }
            named(data.result)
        }
        (None, None) => return refuse("holds no metrics that are known here"),
    };
    if all.is_empty() || all.iter().all(|raw| raw.points.is_empty()) {
        return refuse("holds no datapoint");
    }
    if all.len() > COLUMNS_MAX || all.iter().any(|raw| raw.points.len() > ROWS_MAX) {
        return refuse("holds more than can be read");
    }
    Columns::of_series(all, true)
}

/// Series of Prometheus by their names, with labels where several have the same.
fn named(series: Vec<Series>) -> Vec<Raw> {
    let plain = |one: &Series| one.metric.get("__name__").cloned().unwrap_or_default();
    let names: Vec<String> = series.iter().map(plain).collect();
    let each = series.into_iter().enumerate().map(|(at, one)| {
        let alone = names.iter().filter(|name| **name == names[at]).count() == 1;
        let labels: Vec<String> = one
            .metric
            .iter()
            .filter(|(label, _)| *label != "__name__")
            .map(|(label, value)| format!("{label}={value:?}"))
            .collect();
        let name = match (alone && !names[at].is_empty(), labels.is_empty()) {
            (true, _) | (false, true) => names[at].clone(),
            (false, false) => format!("{}{{{}}}", names[at], labels.join(",")),
        };
        let name = if name.is_empty() { "value".to_owned() } else { name };
        let points = one.values.into_iter().map(|(Stamp(at), Text(value))| (at, value)).collect();
        Raw { name, points }
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::decide::columns::Zero;

    fn of(text: &str) -> Result<Columns, Refusal> {
        read("m", text.as_bytes(), &Taking::default())
    }

    #[test]
    fn the_three_forms_are_read_alike() {
        let csv =
            "timestamp,region,m1\n2024-05-01T12:00:00Z,eu,4\n2024-05-01T12:01:00Z,eu,\n2024-05-01T12:02:00Z,eu,6\n";
        let cloudwatch = r#"{"MetricDataResults":[{"Id":"m1","Label":"L","StatusCode":"Complete",
            "Timestamps":["2024-05-01T12:02:00+00:00","2024-05-01T12:00:00+00:00"],"Values":[6.0,4.0]}],"Messages":[]}"#;
        let prometheus = r#"{"status":"success","data":{"resultType":"matrix","result":[
            {"metric":{"__name__":"m1","job":"x"},"values":[[1714564800,"4"],[1714564860.000,"NaN"],[1714564920,"6"]]}]}}"#;
        for (text, values) in [
            (csv, vec![Some(4.0), None, Some(6.0)]),
            (cloudwatch, vec![Some(4.0), Some(6.0)]),
            (prometheus, vec![Some(4.0), None, Some(6.0)]),
        ] {
            let columns = of(text).expect("it can be read");
            let read: Vec<Option<f64>> = (0..columns.times.len()).map(|row| columns.value("m1", row)).collect();
            assert_eq!(read, values, "{text}");
            assert_eq!(columns.zero, Zero { nanos: 1_714_564_800_000_000_000, dated: true }, "{text}");
        }
    }

    #[test]
    fn what_is_none_of_them_is_refused_with_what_to_do() {
        for (text, what) in [
            ("{\"data\": 3}", "m, line 1"),
            ("{}", "m holds no metrics that are known here"),
            ("{\"status\":\"error\",\"error\":\"bad query\"}", "m holds an error and no metrics: bad query"),
            ("{\"data\":{\"resultType\":\"vector\",\"result\":[]}}", "m is a query of one instant"),
            ("a,b\n1,2\n", "m has no column of instants"),
            ("time,b\nlater,2\n", "m, line 2: the instant `later` can't be read"),
            ("time,b\n1,many\n", "m has no column with a number"),
        ] {
            let (found, advice) = of(text).expect_err(text);
            assert!(found.starts_with(what) && !advice.is_empty(), "{found}");
        }
    }

    #[test]
    fn a_series_is_taken_for_what_a_policy_reads() {
        let mut taking = Taking::default();
        taking.take.insert("cpu".to_owned(), "CPUUtilization".to_owned());
        taking.scale.insert("cpu".to_owned(), 0.01);
        let columns = read("m", b"time,CPUUtilization\n0,50\n60,75\n", &taking).expect("it can be read");
        assert_eq!((columns.value("cpu", 0), columns.value("cpu", 1)), (Some(0.5), Some(0.75)));
        taking.take.insert("visible".to_owned(), "CPUUtilisation".to_owned());
        let (what, advice) = read("m", b"time,CPUUtilization\n0,50\n", &taking).expect_err("no such series");
        assert!(what.contains("CPUUtilisation") && !advice.is_empty(), "{what}: {advice}");
    }
}
