//! Counts per interval: a row's interval lasts until the next row, the last one as long as the one before.

use crate::cloud::arrivals::Cell;
use crate::ground::time::SimTime;
use crate::scenario::complaint::Complaint;
use crate::scenario::trace::clock::{self, Clock};
use crate::scenario::trace::sheet::{Sheet, number, text};
use crate::scenario::trace::{Bad, ROWS_MAX, Setting};

/// The most that one row may count: more is a slip.
const COUNT_MAX: f64 = 1e12;

pub(super) fn read(
    setting: &Setting<'_>,
    sheet: &Sheet<'_>,
    time: usize,
    value: usize,
    complaints: &mut Vec<Complaint>,
) -> Option<Vec<Cell>> {
    let (rows, clock) = rows(setting, sheet, time, value, complaints)?;
    let rows = tidy(setting, rows, complaints);
    let file = setting.place.then("file");
    let [first, .., last] = rows.as_slice() else {
        let what = format!("{} has only one row of counts, so its interval is not known", setting.trace.file);
        complaints.push(
            Complaint::error("E402", file, what).advise("an interval lasts until the next row: give at least two"),
        );
        return None;
    };
    // The clock of a dated trace starts with its first row; a relative one is the run's own.
    let zero = if clock.is_absolute() || first.0 < 0 { first.0 } else { 0 };
    let (end, start) = (last.0 + (last.0 - rows[rows.len() - 2].0), first.0);
    let Ok(_) = u64::try_from(end - zero) else {
        let what = format!("{} spans more than 500 years", setting.trace.file);
        complaints.push(Complaint::error("E402", file, what).advise(clock::ADVICE));
        return None;
    };
    let period = end - zero;
    let rounds = rounds(setting, period, rows.len());
    let Some(rounds) = rounds else {
        let what = format!("{} repeated until the end of the run has more than {ROWS_MAX} rows", setting.trace.file);
        complaints.push(Complaint::error("E402", setting.place.then("repeat"), what).advise("shorten the run"));
        return None;
    };
    let scale = setting.trace.scale.map_or(1.0, |scale| scale.0);
    let mut cells = Vec::with_capacity(rows.len() * rounds);
    for round in 0..rounds as i128 {
        for (index, &(at, count)) in rows.iter().enumerate() {
            let until = rows.get(index + 1).map_or(end, |next| next.0);
            let offset = round * period - zero;
            let instant = |nanos: i128| SimTime::from_nanos(u64::try_from(nanos + offset).unwrap_or(u64::MAX));
            let thousandths = (count * scale * 1_000.0).round() as u64;
            cells.push(Cell { from: instant(at), to: instant(until), thousandths });
        }
    }
    debug_assert!(start >= zero);
    Some(cells)
}

/// How often a trace is played; `None` where that is beyond the limit.
pub(super) fn rounds(setting: &Setting<'_>, period: i128, rows: usize) -> Option<usize> {
    let length = match (setting.trace.repeat, setting.length) {
        (Some(true), Some(length)) if period > 0 => i128::from(length.nanos()),
        _ => return Some(1),
    };
    let rounds = usize::try_from((length + period - 1) / period).ok()?.max(1);
    (rounds.checked_mul(rows)? <= ROWS_MAX).then_some(rounds)
}

type Rows = Vec<(i128, f64)>;

fn rows(
    setting: &Setting<'_>,
    sheet: &Sheet<'_>,
    time: usize,
    value: usize,
    complaints: &mut Vec<Complaint>,
) -> Option<(Rows, Clock)> {
    let mut rows = Rows::new();
    let mut clock = Clock::of(setting);
    let mut bad = Bad::new();
    let mut bad_time = false;
    let read = sheet.rows(|line, record| {
        let written = text(record, time);
        match (clock.read(written), number(record, value)) {
            (Some(at), Some(count)) if (0.0..=COUNT_MAX).contains(&count) => rows.push((at, count)),
            (Some(_), Some(count)) if count < 0.0 => bad.row(line, &format!("a count of {count}")),
            (Some(_), Some(count)) => bad.row(line, &format!("a count of {count} is absurd")),
            (Some(_), None) => bad.row(line, &format!("the count `{}` is not a number", text(record, value))),
            (None, _) => {
                bad_time = true;
                bad.row(line, &format!("the instant `{written}` can't be read"));
            }
        }
        rows.len() < ROWS_MAX
    });
    if let Err((what, advice)) = read {
        complaints.push(Complaint::error("E402", setting.place.then("file"), what).advise(advice));
        return None;
    }
    let advice = if bad_time { clock::ADVICE } else { "counts are numbers, 0 or more" };
    if bad.complain(setting, complaints, advice) || clock.complain(setting, complaints) {
        return None;
    }
    if rows.len() >= ROWS_MAX {
        let what = format!("{} has {ROWS_MAX} rows or more", setting.trace.file);
        complaints
            .push(Complaint::error("E402", setting.place.then("file"), what).advise("count over longer intervals"));
        return None;
    }
    Some((rows, clock))
}

/// Sorted, and with one row an instant; both are told where they were needed.
fn tidy(setting: &Setting<'_>, mut rows: Rows, complaints: &mut Vec<Complaint>) -> Rows {
    if !rows.is_sorted_by_key(|row| row.0) {
        rows.sort_by_key(|row| row.0);
        let what = format!("the rows of {} are not in the order of time", setting.trace.file);
        complaints.push(Complaint::warning("W201", setting.place.then("file"), what).advise("they were sorted"));
    }
    let before = rows.len();
    let mut tidy = Rows::with_capacity(before);
    for (at, count) in rows {
        match tidy.last_mut() {
            Some(last) if last.0 == at => last.1 += count,
            _ => tidy.push((at, count)),
        }
    }
    if tidy.len() < before {
        let more = before - tidy.len();
        let rows = if more == 1 { "row" } else { "rows" };
        let what = format!("{} has {more} {rows} for instants that it has already counted", setting.trace.file);
        let advice = "the counts were added; clocks set back an hour do this once a year";
        complaints.push(Complaint::warning("W201", setting.place.then("file"), what).advise(advice));
    }
    tidy
}
