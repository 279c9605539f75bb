//! One request a row: its instant, and what it brings.

use indexmap::IndexSet;

use crate::cloud::arrivals::Recorded;
use crate::ground::time::{SECOND, SimTime, Span};
use crate::scenario::complaint::Complaint;
use crate::scenario::draft::workload::Marks;
use crate::scenario::trace::clock::{self, Clock};
use crate::scenario::trace::counts::rounds;
use crate::scenario::trace::sheet::{Sheet, number, text};
use crate::scenario::trace::{Bad, Columns, ROWS_MAX, Setting};

/// A row on the file's own clock; the request's own instant is filled in when the clock's zero is known.
type Row = (i128, Recorded);

pub(super) fn read(
    setting: &Setting<'_>,
    sheet: &Sheet<'_>,
    columns: &Columns,
    complaints: &mut Vec<Complaint>,
) -> Option<(Vec<Recorded>, IndexSet<String>)> {
    let mut groups = IndexSet::new();
    let (mut rows, clock) = rows(setting, sheet, columns, &mut groups, complaints)?;
    let file = setting.place.then("file");
    let ends = setting.trace.marks == Some(Marks::End);
    if !rows.is_sorted_by_key(|row| row.0) {
        rows.sort_by_key(|row| row.0);
        // Ends in order are beginnings in disorder: that is no fault of the file.
        if !ends {
            let what = format!("the rows of {} are not in the order of time", setting.trace.file);
            complaints.push(Complaint::warning("W201", file.clone(), what).advise("they were sorted"));
        }
    }
    let (first, last) = (rows.first()?.0, rows.last()?.0);
    let zero = if clock.is_absolute() { first } else { 0 };
    if first < zero {
        let what = format!(
            "{} begins {} before its own zero",
            setting.trace.file,
            Span::from_nanos(u64::try_from(-first).unwrap_or(u64::MAX))
        );
        complaints.push(Complaint::warning("W201", file.clone(), what).advise("the run was started there"));
    }
    let zero = zero.min(first);
    // After the last row a repeated trace rests as long as rows usually lie apart.
    let gap = (last - first) / i128::try_from(rows.len().saturating_sub(1).max(1)).unwrap_or(1);
    let period = last - zero + gap;
    if u64::try_from(period).is_err() {
        let what = format!("{} spans more than 500 years", setting.trace.file);
        complaints.push(Complaint::error("E402", file, what).advise(clock::ADVICE));
        return None;
    }
    let scale = setting.trace.scale.map_or(1.0, |scale| scale.0);
    let scaled = (rows.len() as f64 * scale) as usize;
    let Some(rounds) = rounds(setting, period, scaled.max(rows.len())).filter(|_| scaled <= ROWS_MAX) else {
        let what = format!(
            "{}, scaled and repeated until the end of the run, has more than {ROWS_MAX} requests",
            setting.trace.file
        );
        complaints.push(Complaint::error("E402", file, what).advise("shorten the run, or scale less"));
        return None;
    };
    let mut requests = Vec::with_capacity(scaled.saturating_mul(rounds));
    for round in 0..rounds as i128 {
        let offset = round * period - zero;
        for (index, (at, row)) in rows.iter().enumerate() {
            let next = rows.get(index + 1).map_or(last + gap, |next| next.0);
            for copy in copies(index, scale) {
                let at = at + (next - at) * copy.0 / copy.1 + offset;
                let at = SimTime::from_nanos(u64::try_from(at).unwrap_or(u64::MAX));
                requests.push(Recorded { at, ..row.clone() });
            }
        }
    }
    Some((requests, groups))
}

/// The copies of one row at a scale, as fractions of the way to the next row: rows are repeated or left out evenly,
/// so that the shape of the day stays.
fn copies(index: usize, scale: f64) -> impl Iterator<Item = (i128, i128)> {
    let count = if scale == 1.0 {
        1
    } else {
        ((index + 1) as f64 * scale).floor() as i128 - (index as f64 * scale).floor() as i128
    };
    (0..count).map(move |copy| (copy, count))
}

fn rows(
    setting: &Setting<'_>,
    sheet: &Sheet<'_>,
    columns: &Columns,
    groups: &mut IndexSet<String>,
    complaints: &mut Vec<Complaint>,
) -> Option<(Vec<Row>, Clock)> {
    let trace = setting.trace;
    let units: Vec<f64> =
        trace.work.values().map(|column| trace.unit.get(column).map_or(SECOND, |unit| unit.0.nanos()) as f64).collect();
    let ends = trace.marks == Some(Marks::End);
    let mut rows = Vec::new();
    let mut clock = Clock::of(setting);
    let mut bad = Bad::new();
    let mut bad_time = false;
    let read = sheet.rows(|line, record| {
        let written = text(record, columns.time);
        let Some(mut at) = clock.read(written) else {
            bad_time = true;
            bad.row(line, &format!("the instant `{written}` can't be read"));
            return true;
        };
        let mut request = Recorded::default();
        for ((&column, &work), unit) in columns.work.iter().zip(&setting.works).zip(&units) {
            match number(record, column).map(|number| number * unit).filter(|nanos| (0.0..=1e18).contains(nanos)) {
                Some(nanos) => {
                    let span = Span::from_nanos(nanos.round() as u64);
                    at -= if ends { i128::from(span.nanos()) } else { 0 };
                    request.work.push((work, span));
                }
                None => bad.row(line, &format!("the work `{}` is no length of time", text(record, column))),
            }
        }
        if let Some(column) = columns.size {
            match number(record, column).filter(|bytes| (0.0..=1e15).contains(bytes)) {
                Some(bytes) => request.size = Some(bytes.round() as u64),
                None => bad.row(line, &format!("the size `{}` is no number of bytes", text(record, column))),
            }
        }
        if let Some(group) = columns.group.map(|column| text(record, column)).filter(|group| !group.is_empty()) {
            request.group = groups.insert_full(group.to_owned()).0 as u32 + 1;
        }
        request.name = columns.name.map(|column| text(record, column).to_owned()).unwrap_or_default();
        rows.push((at, request));
        rows.len() < ROWS_MAX
    });
    if let Err((what, advice)) = read {
        complaints.push(Complaint::error("E402", setting.place.then("file"), what).advise(advice));
        return None;
    }
    let advice =
        if bad_time { clock::ADVICE } else { "works and sizes are numbers, 0 or more, in the units of `unit`" };
    if bad.complain(setting, complaints, advice) || clock.complain(setting, complaints) {
        return None;
    }
    if rows.len() >= ROWS_MAX {
        let what = format!("{} has {ROWS_MAX} rows or more", trace.file);
        complaints.push(
            Complaint::error("E402", setting.place.then("file"), what)
                .advise("take a part of it, or counts per interval"),
        );
        return None;
    }
    Some((rows, clock))
}
