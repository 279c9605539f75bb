//! Traces in the forms in which people have them.

use indexmap::IndexMap;

use super::*;
use crate::ground::time::SimTime;
use crate::scenario::draft::quantities::{Number, Time};
use crate::scenario::draft::workload::{Fields, Marks};

fn trace() -> Trace {
    Trace {
        file: "a.csv".to_owned(),
        time: "time".to_owned(),
        value: None,
        unit: IndexMap::new(),
        work: IndexMap::new(),
        fields: Fields::default(),
        marks: None,
        spread: None,
        scale: None,
        repeat: None,
    }
}

fn setting(trace: &Trace) -> Setting<'_> {
    let works = (0..trace.work.len()).map(WorkId::at).collect();
    Setting { trace, place: Place::of(&["t"]), works, length: Some(Span::from_secs(1_000)) }
}

fn instants(trace: &Trace, text: &str) -> (Vec<Recorded>, Vec<Complaint>) {
    let reading = read(&setting(trace), text.as_bytes());
    match reading.recording {
        Some(Recording::Instants(rows, _)) => (rows, reading.complaints),
        other => panic!("{other:?} {:?}", reading.complaints),
    }
}

fn cells(trace: &Trace, text: &str) -> (Vec<(f64, f64, u64)>, Vec<Complaint>) {
    let reading = read(&setting(trace), text.as_bytes());
    match reading.recording {
        Some(Recording::Counts(cells, _)) => {
            let cells = cells.iter().map(|cell| (cell.from.seconds(), cell.to.seconds(), cell.thousandths)).collect();
            (cells, reading.complaints)
        }
        other => panic!("{other:?} {:?}", reading.complaints),
    }
}

fn seconds(rows: &[Recorded]) -> Vec<f64> {
    rows.iter().map(|row| row.at.seconds()).collect()
}

#[test]
fn a_dated_trace_starts_with_its_first_row_whatever_its_lines_end_in() {
    let text = "\u{feff}time,tokens\r\n2023-11-16 18:17:03.9799600,10\r\n2023-11-16 18:17:04.0319600,8\r\n2023-11-16 18:17:05,6";
    let (rows, complaints) = instants(&trace(), text);
    assert_eq!(
        rows.iter().map(|row| row.at).collect::<Vec<_>>(),
        [0, 52_000_000, 1_020_040_000].map(SimTime::from_nanos)
    );
    assert!(complaints.is_empty());
}

#[test]
fn a_relative_trace_keeps_its_zero() {
    let (rows, _) = instants(&trace(), "time\n2\n3.5\n10\n");
    assert_eq!(seconds(&rows), [2.0, 3.5, 10.0]);
}

/// A file of milliseconds from its start, in both forms; and one that counts microseconds since 1970.
#[test]
fn instants_count_in_the_unit_of_their_column() {
    let mut trace = trace();
    trace.unit.insert("time".to_owned(), Time(Span::from_millis(1)));
    assert_eq!(seconds(&instants(&trace, "time\n250\n1000\n1500.5\n").0), [0.25, 1.0, 1.5005]);
    trace.value = Some("value".to_owned());
    let (found, _) = cells(&trace, "time,value\n0,3\n60000,4\n");
    assert_eq!(found, [(0.0, 60.0, 3_000), (60.0, 120.0, 4_000)]);
    trace.value = None;
    trace.unit.insert("time".to_owned(), Time(Span::from_nanos(1_000)));
    assert_eq!(seconds(&instants(&trace, "time\n1665103118000000\n1665103118500000\n").0), [0.0, 0.5]);
}

#[test]
fn dates_have_no_unit() {
    let mut trace = trace();
    trace.unit.insert("time".to_owned(), Time(Span::from_millis(1)));
    let reading = read(&setting(&trace), b"time\n2023-11-16 18:17:03\n2023-11-16 18:17:04\n");
    assert!(reading.recording.is_none());
    assert_eq!(
        reading.complaints.iter().map(|complaint| complaint.what.as_str()).collect::<Vec<_>>(),
        ["column `time` of a.csv holds dates, which have no unit"]
    );
}

#[test]
fn columns_of_work_are_read_in_their_units() {
    let mut trace = trace();
    trace.work.insert("process".to_owned(), "tokens".to_owned());
    trace.unit.insert("tokens".to_owned(), Time(Span::from_millis(30)));
    trace.fields = Fields { size: Some("bytes".to_owned()), name: Some("id".to_owned()), group: None };
    let (rows, _) = instants(&trace, "id,time,tokens,bytes\na,0,10,100\n\"b, c\",1,2.5,200\n");
    assert_eq!(rows[0].work, [(WorkId(0), Span::from_millis(300))]);
    assert_eq!(rows[1].work, [(WorkId(0), Span::from_millis(75))]);
    assert_eq!((rows[1].name.as_str(), rows[1].size), ("b, c", Some(200)));
}

/// Rows in the order of their ends: starts are ends less durations, and need no remark.
#[test]
fn ends_become_starts() {
    let mut trace = trace();
    trace.work.insert("run".to_owned(), "duration".to_owned());
    trace.marks = Some(Marks::End);
    let (rows, complaints) = instants(&trace, "time,duration\n5,1\n6,5.5\n7,1\n");
    assert_eq!(seconds(&rows), [0.5, 4.0, 6.0]);
    assert!(complaints.is_empty(), "{complaints:?}");
}

#[test]
fn rows_in_disorder_are_sorted_with_a_warning() {
    let (rows, complaints) = instants(&trace(), "time\n1665103161000\n1665103118000\n1665103118000\n");
    assert_eq!(seconds(&rows), [0.0, 0.0, 43.0]);
    assert_eq!(complaints.iter().map(|complaint| complaint.code).collect::<Vec<_>>(), ["W201"]);
}

/// Twice the traffic has each row twice, the second half-way to the next; half of it every other row.
#[test]
fn scaling_keeps_the_shape_of_the_day() {
    let mut trace = trace();
    trace.scale = Some(Number(2.0));
    assert_eq!(seconds(&instants(&trace, "time\n0\n10\n30\n").0), [0.0, 5.0, 10.0, 20.0, 30.0, 37.5]);
    trace.scale = Some(Number(0.5));
    assert_eq!(seconds(&instants(&trace, "time\n0\n10\n30\n40\n").0), [10.0, 40.0]);
}

#[test]
fn a_repeated_trace_fills_the_run() {
    let mut trace = trace();
    trace.repeat = Some(true);
    // 0, 100, 200 and a rest of the mean gap: a period of 300 s, four times in 1,000 s.
    let (rows, _) = instants(&trace, "time\n0\n100\n200\n");
    assert_eq!(rows.len(), 12);
    assert_eq!(rows[11].at.seconds(), 1_100.0);
}

#[test]
fn an_interval_lasts_until_the_next_row() {
    let mut trace = trace();
    trace.value = Some("value".to_owned());
    let (found, complaints) =
        cells(&trace, "time,value\n2014-04-10 00:04:00,94.0\n2014-04-10 00:09:00,56.5\n2014-04-10 00:19:00,1\n");
    assert_eq!(found, [(0.0, 300.0, 94_000), (300.0, 900.0, 56_500), (900.0, 1_500.0, 1_000)]);
    assert!(complaints.is_empty());
    let (found, _) = cells(&trace, "value;time\n3;60\n4;120\n");
    assert_eq!(found, [(60.0, 120.0, 3_000), (120.0, 180.0, 4_000)]);
}

#[test]
fn repeated_counts_follow_each_other() {
    let mut trace = trace();
    trace.value = Some("value".to_owned());
    trace.repeat = Some(true);
    let (found, _) = cells(&trace, "time,value\n0,3\n300,4\n");
    assert_eq!(found, [(0.0, 300.0, 3_000), (300.0, 600.0, 4_000), (600.0, 900.0, 3_000), (900.0, 1_200.0, 4_000)]);
}
