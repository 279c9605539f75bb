//! What a controller would have decided, as text: every look with what was seen, asked for and done, and why.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::experiment::replay::{AlarmDocument, Answer, Look, LookDocument, More, SummaryDocument};
use crate::report::numbers;

/// Lines of two policies side by side.
const SHOWN: usize = 200;

/// One column of a table of text, of rows of some kind.
struct Column<R> {
    head: &'static str,
    right: bool,
    cell: fn(&R) -> String,
}

impl<R> Column<R> {
    fn left(head: &'static str, cell: fn(&R) -> String) -> Column<R> {
        Column { head, right: false, cell }
    }

    fn right(head: &'static str, cell: fn(&R) -> String) -> Column<R> {
        Column { head, right: true, cell }
    }
}

/// Rows that are told one after the other, as often as they are asked for.
type Rows<'r, R> = dyn Fn(&mut dyn FnMut(&R)) + 'r;

/// Columns side by side, the last as wide as it is. The rows are told twice: for the widths, and to be written.
fn table<R>(columns: &[Column<R>], rows: &Rows<'_, R>, out: &mut dyn Write) -> io::Result<()> {
    let length = |text: &str| text.chars().count();
    let mut widths: Vec<usize> = columns.iter().map(|column| length(column.head)).collect();
    rows(&mut |row| {
        for (column, width) in columns.iter().zip(&mut widths) {
            *width = length(&(column.cell)(row)).max(*width);
        }
    });
    let mut words = String::new();
    let mut line = |of: &dyn Fn(&Column<R>) -> String| {
        words.clear();
        for (column, &width) in columns.iter().zip(&widths) {
            let cell = of(column);
            let gap = if words.is_empty() { "" } else { "  " };
            let blank = width.saturating_sub(length(&cell));
            // Writing to a text does not fail.
            let _ = if column.right {
                write!(words, "{gap}{:blank$}{cell}", "")
            } else {
                write!(words, "{gap}{cell}{:blank$}", "")
            };
        }
        writeln!(out, "{}", words.trim_end())
    };
    let mut written = line(&|column| column.head.to_owned());
    rows(&mut |row| {
        if written.is_ok() {
            written = line(&|column| (column.cell)(row));
        }
    });
    written
}

fn number(value: f64) -> String {
    let rounded = (value * 1e4).round() / 1e4;
    format!("{rounded}")
}

/// The looks of one policy, and what they come to: all of them, or those that are worth a line.
///
/// # Errors
/// What keeps it from being written.
pub fn answer(answer: &Answer<'_>, all: bool, out: &mut dyn Write) -> io::Result<()> {
    let news = &answer.news;
    let rows = |each: &mut dyn FnMut(&LookDocument)| {
        let tell = |look: &Look| each(&LookDocument::of(look, answer.zero));
        if all { answer.each(tell) } else { news.looks.iter().for_each(tell) }
    };
    let (mut has_alarms, mut several, mut asks, mut by) = (false, false, false, None);
    rows(&mut |look| {
        has_alarms |= look.high.is_some() || look.low.is_some();
        asks |= look.recommended.is_some();
        several |= by.replace(look.by.clone()).is_some_and(|by| by != look.by);
    });
    let mut columns = vec![Column::right("when", |look: &LookDocument| look.time.clone())];
    if several {
        columns.push(Column::left("who", |look| look.by.clone()));
    }
    columns.push(Column::right("metric", |look| look.metric.map_or(numbers::NOTHING.to_owned(), number)));
    if has_alarms {
        columns.push(Column::left("alarm", alarms));
    }
    if asks {
        columns.push(Column::right("asked", |look| look.recommended.map_or(String::new(), |asked| asked.to_string())));
    }
    columns.push(Column::right("was", |look| look.from.to_string()));
    columns.push(Column::right("is", |look| look.desired.to_string()));
    columns.push(Column::left("", |look| look.action.to_owned()));
    columns.push(Column::left("why", why));
    writeln!(out, "{}", answer.name())?;
    table(&columns, &rows, out)?;
    let grouped = |number: u64| numbers::grouped(&number.to_string());
    let quiet = answer.summary.looks - news.looks.len() as u64 - news.further;
    let left = [(news.further, "something"), (quiet, "nothing")].into_iter().filter(|(count, _)| !all && *count > 0);
    let left: Vec<String> = left.map(|(count, what)| format!("{} at which {what} changed", grouped(count))).collect();
    if !left.is_empty() {
        writeln!(out, "further looks are not shown: {}; `--all` shows them", left.join(", "))?;
    }
    out.write_all(summary(answer).as_bytes())
}

/// What the alarms say: for too much, for too little.
fn alarms(look: &LookDocument) -> String {
    let one = |word: &str, state: Option<&'static str>| {
        state.filter(|state| *state != "ok").map(|state| match state {
            "alarm" => word.to_owned(),
            _ => format!("{word}: no data"),
        })
    };
    let states = [one("high", look.high), one("low", look.low)];
    let said: Vec<String> = states.into_iter().flatten().collect();
    match said.as_slice() {
        [] => "ok".to_owned(),
        [high, low] if high.ends_with("no data") && low.ends_with("no data") => "no data".to_owned(),
        some => some.join(", "),
    }
}

/// Why, and where something was held back, what was asked for.
fn why(look: &LookDocument) -> String {
    let mut text = if look.because == look.why { look.why.clone() } else { format!("{} ({})", look.why, look.because) };
    if let Some(created) = look.created {
        text = format!("{created} jobs; {text}");
    }
    if look.panic == Some(true) {
        text = format!("in panic; {text}");
    }
    text
}

fn summary(answer: &Answer<'_>) -> String {
    let summary = &SummaryDocument::of(&answer.summary);
    let SummaryDocument { looks, seconds, changes, out, back, least, most, held, .. } = *summary;
    if looks < 2 || seconds == 0.0 {
        return String::new();
    }
    let grouped = |number: u64| numbers::grouped(&number.to_string());
    let mut parts = vec![format!("{} looks in {}", grouped(looks), numbers::span(seconds))];
    if answer.news.looks.iter().any(|look| matches!(look.more, More::Jobs { .. })) {
        parts.push(format!("{} jobs created", grouped(summary.jobs)));
    } else {
        parts.push(format!("{} changes: {} to more, {} to fewer", grouped(changes), grouped(out), grouped(back)));
        parts.push(format!("from {least} to {most}"));
        parts.push(format!("{} hours of capacity", number((summary.capacity_hours * 100.0).round() / 100.0)));
        parts.push(format!("{} at the maximum", numbers::span(summary.at_max_seconds)));
        parts.push(format!("held back {} times", grouped(held)));
    }
    format!("{}\n", parts.join(" · "))
}

/// Two policies side by side, wherever one of them changes something.
///
/// # Errors
/// What keeps it from being written.
pub fn side_by_side(one: &Answer<'_>, other: &Answer<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut rows: Vec<(String, u32, u32)> = Vec::new();
    let mut further = 0_u64;
    let (mut left, mut right) = (one.news.sizes.iter().peekable(), other.news.sizes.iter().peekable());
    let mut sizes = [None, None];
    while let Some(now) = left.peek().map(|size| size.0).into_iter().chain(right.peek().map(|size| size.0)).min() {
        let before = sizes;
        for (size, changes) in sizes.iter_mut().zip([&mut left, &mut right]) {
            if let Some((_, new)) = changes.next_if(|(at, _)| *at == now) {
                *size = Some(*new);
            }
        }
        if sizes != before
            && let [Some(mine), Some(theirs)] = sizes
        {
            if rows.len() < SHOWN {
                rows.push((one.zero.label(now), mine, theirs));
            } else {
                further += 1;
            }
        }
    }
    writeln!(out, "first: {}\nother: {}", one.name(), other.name())?;
    let columns = [
        Column::right("when", |row: &(String, u32, u32)| row.0.clone()),
        Column::right("first", |row| row.1.to_string()),
        Column::right("other", |row| row.2.to_string()),
        Column::right("difference", |row| format!("{:+}", i64::from(row.2) - i64::from(row.1))),
    ];
    table(&columns, &|each| rows.iter().for_each(each), out)?;
    if further > 0 {
        writeln!(out, "{} further changes are not shown", numbers::grouped(&further.to_string()))?;
    }
    let of = |answer: &Answer<'_>| SummaryDocument::of(&answer.summary);
    let (mine, theirs) = (of(one), of(other));
    let row = |what: &str, of: &dyn Fn(&SummaryDocument) -> f64| {
        (what.to_owned(), number((of(&mine) * 100.0).round() / 100.0), number((of(&theirs) * 100.0).round() / 100.0))
    };
    let sums = [
        row("hours of capacity", &|summary| summary.capacity_hours),
        row("changes", &|summary| summary.changes as f64),
        row("most", &|summary| f64::from(summary.most)),
        row("hours at the maximum", &|summary| summary.at_max_seconds / 3_600.0),
        row("held back", &|summary| summary.held as f64),
    ];
    writeln!(out)?;
    let columns = [
        Column::left("", |row: &(String, String, String)| row.0.clone()),
        Column::right("first", |row| row.1.clone()),
        Column::right("other", |row| row.2.clone()),
    ];
    table(&columns, &|each| sums.iter().for_each(each), out)
}

/// The state of an alarm by itself.
pub fn alarm(alarm: &AlarmDocument) -> String {
    let as_they_come = alarm.states.join(", ");
    format!("alarm: {}\nas the datapoints come: {as_they_come}\n", alarm.state)
}
