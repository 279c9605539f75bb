//! What a controller would have decided, as text: every look with what was seen, asked for and done, and why.

use crate::experiment::replay::{AlarmDocument, Answer, LookDocument, More, SummaryDocument};
use crate::report::numbers;

/// Looks that are all shown; of more, only those at which something was done or held back anew.
pub const SHOWN: usize = 200;

/// One column of a table of text.
struct Column {
    head: &'static str,
    right: bool,
    cells: Vec<String>,
}

/// Columns side by side, the last as wide as it is.
fn columns(columns: &[Column]) -> String {
    let widths: Vec<usize> = columns
        .iter()
        .map(|column| {
            let cells = column.cells.iter().map(|cell| cell.chars().count());
            cells.max().unwrap_or(0).max(column.head.chars().count())
        })
        .collect();
    let rows = columns.first().map_or(0, |column| column.cells.len());
    let mut text = String::new();
    let mut line = |of: &dyn Fn(&Column) -> String| {
        let mut words = String::new();
        for (column, width) in columns.iter().zip(&widths) {
            let cell = of(column);
            let blank = " ".repeat(width.saturating_sub(cell.chars().count()));
            let gap = if words.is_empty() { "" } else { "  " };
            words += &if column.right { format!("{gap}{blank}{cell}") } else { format!("{gap}{cell}{blank}") };
        }
        text.push_str(words.trim_end());
        text.push('\n');
    };
    line(&|column| column.head.to_owned());
    for row in 0..rows {
        line(&|column| column.cells[row].clone());
    }
    text
}

fn number(value: f64) -> String {
    let rounded = (value * 1e4).round() / 1e4;
    format!("{rounded}")
}

/// The places of the looks that are shown.
fn shown(answer: &Answer, all: bool) -> Vec<usize> {
    let looks = &answer.looks;
    if all || looks.len() <= SHOWN {
        return (0..looks.len()).collect();
    }
    let news = |at: &usize| {
        let look = &looks[*at];
        let held = look.recommended.is_some_and(|recommended| recommended != look.to);
        let before = at.checked_sub(1).map(|before| &looks[before]);
        let was_held = before.is_some_and(|before| before.recommended.is_some_and(|asked| asked != before.to));
        *at == 0 || look.from != look.to || held && !was_held
    };
    (0..looks.len()).filter(news).collect()
}

/// The looks of one policy, and what they come to.
pub fn answer(answer: &Answer, all: bool) -> String {
    let places = shown(answer, all);
    let looks: Vec<LookDocument> = places.iter().map(|&at| LookDocument::of(&answer.looks[at], answer.zero)).collect();
    let column = |head, right, of: &dyn Fn(&LookDocument) -> String| Column {
        head,
        right,
        cells: looks.iter().map(of).collect(),
    };
    let has_alarms = looks.iter().any(|look| look.high.is_some() || look.low.is_some());
    let several = looks.windows(2).any(|pair| pair[0].by != pair[1].by);
    let mut table = vec![column("when", true, &|look| look.time.clone())];
    if several {
        table.push(column("who", false, &|look| look.by.clone()));
    }
    table.push(column("metric", true, &|look| look.metric.map_or(numbers::NOTHING.to_owned(), number)));
    if has_alarms {
        table.push(column("alarm", false, &alarms));
    }
    if looks.iter().any(|look| look.recommended.is_some()) {
        let asked = |look: &LookDocument| look.recommended.map_or(String::new(), |asked| asked.to_string());
        table.push(column("asked", true, &asked));
    }
    table.push(column("was", true, &|look| look.from.to_string()));
    table.push(column("is", true, &|look| look.desired.to_string()));
    table.push(column("", false, &|look| look.action.to_owned()));
    table.push(column("why", false, &why));
    let mut text = format!("{}\n", answer.policy);
    text += &columns(&table);
    if looks.len() < answer.looks.len() {
        let left = numbers::grouped(&(answer.looks.len() - looks.len()).to_string());
        text += &format!("{left} looks at which nothing changed are not shown; `--all` shows them\n");
    }
    text += &summary(&SummaryDocument::of(&answer.summary), answer);
    text
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

fn summary(summary: &SummaryDocument, answer: &Answer) -> String {
    let SummaryDocument { looks, seconds, changes, out, back, least, most, held, .. } = *summary;
    if looks < 2 || seconds == 0.0 {
        return String::new();
    }
    let grouped = |number: u64| numbers::grouped(&number.to_string());
    let mut parts = vec![format!("{} looks in {}", grouped(looks), numbers::span(seconds))];
    if answer.looks.iter().any(|look| matches!(look.more, More::Jobs { .. })) {
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
pub fn side_by_side(one: &Answer, other: &Answer) -> String {
    let mut rows: Vec<(String, u32, u32)> = Vec::new();
    let (mut left, mut right) = (one.looks.iter().peekable(), other.looks.iter().peekable());
    let mut sizes = [None, None];
    while let Some(now) = left.peek().map(|look| look.at).into_iter().chain(right.peek().map(|look| look.at)).min() {
        let before = sizes;
        for (size, looks) in sizes.iter_mut().zip([&mut left, &mut right]) {
            while let Some(look) = looks.next_if(|look| look.at == now) {
                *size = Some(look.to);
            }
        }
        if sizes != before
            && let [Some(mine), Some(theirs)] = sizes
        {
            rows.push((one.zero.label(now), mine, theirs));
        }
    }
    let column = |head, of: &dyn Fn(&(String, u32, u32)) -> String| Column {
        head,
        right: true,
        cells: rows.iter().take(SHOWN).map(of).collect(),
    };
    let mut text = format!("first: {}\nother: {}\n", one.policy, other.policy);
    text += &columns(&[
        column("when", &|row| row.0.clone()),
        column("first", &|row| row.1.to_string()),
        column("other", &|row| row.2.to_string()),
        column("difference", &|row| format!("{:+}", i64::from(row.2) - i64::from(row.1))),
    ]);
    if rows.len() > SHOWN {
        text += &format!("{} further changes are not shown\n", numbers::grouped(&(rows.len() - SHOWN).to_string()));
    }
    let of = |answer: &Answer| SummaryDocument::of(&answer.summary);
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
    text.push('\n');
    text += &columns(&[
        Column { head: "", right: false, cells: sums.iter().map(|row| row.0.clone()).collect() },
        Column { head: "first", right: true, cells: sums.iter().map(|row| row.1.clone()).collect() },
        Column { head: "other", right: true, cells: sums.iter().map(|row| row.2.clone()).collect() },
    ]);
    text
}

/// The state of an alarm by itself.
pub fn alarm(alarm: &AlarmDocument) -> String {
    let as_they_come = alarm.states.join(", ");
    format!("alarm: {}\nas the datapoints come: {as_they_come}\n", alarm.state)
}
