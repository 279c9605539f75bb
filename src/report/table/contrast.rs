//! What differs between topologies, and which goals they met.

use crate::experiment::document::{Difference, Document, Finding, Verdict};
use crate::report::numbers::{self, Kind};
use crate::report::table::grid::{Cell, Grid, Row, Section, Tone};

/// The figures whose differences a table shows, where the document has them; the CSV has all.
const SHOWN: [&str; 7] =
    ["answer.p99", "completion.mean", "completion.p99", "lost", "availability", "goodput", "cost.month"];

/// The paired differences: a row for each pair, a column for each figure.
pub fn differences(document: &Document) -> Grid {
    let shown = shown(document);
    let mut section = Section::default();
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    for difference in &document.differences {
        let pair = (difference.from.as_str(), difference.to.as_str());
        if !pairs.contains(&pair) {
            pairs.push(pair);
        }
    }
    for (from, to) in pairs {
        let cell = |of: &&str| {
            let found = document.differences.iter().find(|d| d.of == **of && d.from == from && d.to == to);
            found.map(contrasted).unwrap_or_default()
        };
        section.push(format!("{to} − {from}"), shown.iter().map(cell).collect());
    }
    let mut notes = Vec::new();
    if !section.rows.is_empty() {
        let together = if section.rows.len() > 1 { ", which holds for all pairs together" } else { "" };
        notes.push(format!("Differences within each replication, which met the same requests. ● zero is outside the 95 % interval{together}, ○ it is not: the data cannot tell the two apart."));
        notes.extend(narrowed(document));
        if shown.iter().any(|of| Kind::of(of, "1") == Kind::Share) {
            notes.push("pp: percentage points.".to_owned());
        }
    }
    Grid {
        title: "Differences".to_owned(),
        heads: shown.iter().map(|of| (*of).to_owned()).collect(),
        sections: vec![section],
        notes,
    }
}

/// How much narrower the differences are known because each topology met the same requests.
fn narrowed(document: &Document) -> Option<String> {
    let mut ratios: Vec<f64> = document.differences.iter().filter_map(|difference| difference.narrowed).collect();
    ratios.sort_by(f64::total_cmp);
    let (least, most) = (ratios.first()?, ratios.last()?);
    let median = ratios[ratios.len() / 2];
    Some(format!(
        "Because they met the same requests their intervals are {median:.2} times as wide as with requests of their own \
         ({least:.2} to {most:.2})."
    ))
}

fn shown(document: &Document) -> Vec<&str> {
    let known = |of: &&str| document.differences.iter().any(|difference| difference.of == *of);
    let mut shown: Vec<&str> = SHOWN.into_iter().filter(known).collect();
    if shown.is_empty() {
        for difference in &document.differences {
            if !shown.contains(&difference.of.as_str()) {
                shown.push(&difference.of);
            }
        }
    }
    shown
}

/// `● +41.0 s ± 3.1`: better or worse where the interval can tell.
fn contrasted(difference: &Difference) -> Cell {
    let text = numbers::difference(Kind::of(&difference.of, &difference.unit), difference);
    match numbers::excludes_zero(difference.low, difference.high) {
        Some(true) => {
            let better = difference.value.is_some_and(|value| (value < 0.0) != more_is_better(&difference.of));
            Cell::toned(format!("● {text}"), if better { Tone::Good } else { Tone::Bad })
        }
        Some(false) if difference.value == Some(0.0) && difference.low == difference.high => {
            Cell::toned(text, Tone::Quiet)
        }
        Some(false) => Cell::toned(format!("○ {text}"), Tone::Quiet),
        None => Cell::plain(text),
    }
}

/// Whether a larger figure is the better one: availability and goodput, but no latency, loss or cost.
fn more_is_better(of: &str) -> bool {
    of.split('.').any(|word| matches!(word, "availability" | "goodput" | "throughput"))
}

/// The goals: a row for each, a column for each topology.
pub fn goals(document: &Document) -> Grid {
    let mut section = Section::default();
    for goal in &document.goals {
        let label = goal_words(goal);
        if section.rows.iter().any(|row| row.label == label) {
            continue;
        }
        let cell = |name: &String| {
            let found = document.goals.iter().find(|other| other.topology == *name && goal_words(other) == label);
            found.map(judged).unwrap_or_default()
        };
        section.rows.push(Row { label: label.clone(), cells: document.topologies.keys().map(cell).collect() });
    }
    let mut notes = Vec::new();
    if !section.rows.is_empty() {
        notes.push(legend(document));
    }
    if document.goals.iter().any(|goal| goal.value.is_some_and(f64::is_infinite) || goal.value.is_none()) {
        notes.push("A goal on a latency counts lost requests as infinitely late.".to_owned());
    }
    Grid {
        title: "Goals".to_owned(),
        heads: document.topologies.keys().cloned().collect(),
        sections: vec![section],
        notes,
    }
}

/// `completion.p99 ≤ 10 min`.
pub fn goal_words(goal: &Verdict) -> String {
    let kind = goal_kind(goal);
    let limit = match kind {
        Kind::Duration => numbers::span(goal.limit),
        Kind::Share | Kind::Money | Kind::Rate | Kind::Number => numbers::tick(kind, goal.limit),
    };
    format!("{} {} {limit}", goal.of, if goal.at_most { "≤" } else { "≥" })
}

/// A verdict has no unit beside it, but its figure's name tells.
pub fn goal_kind(goal: &Verdict) -> Kind {
    let has = |word: &str| goal.of.split('.').any(|part| part == word);
    if has("wasted") {
        Kind::Share
    } else if has("cost") {
        Kind::Money
    } else if ["answer", "completion", "wait", "service"].into_iter().any(has) {
        Kind::Duration
    } else if ["goodput", "throughput", "receives", "outages", "started", "stopped"].into_iter().any(has) {
        Kind::Rate
    } else {
        Kind::of(&goal.of, "1")
    }
}

fn judged(goal: &Verdict) -> Cell {
    let text = numbers::verdict(goal_kind(goal), goal);
    match goal.verdict {
        Finding::Met => Cell::toned(format!("✓ {text}"), Tone::Good),
        Finding::Missed => Cell::toned(format!("✗ {text}"), Tone::Bad),
        Finding::Undecided => Cell::toned(format!("? {text}"), Tone::Open),
    }
}

fn legend(document: &Document) -> String {
    let has = |finding: Finding| document.goals.iter().any(|goal| goal.verdict == finding);
    let mut words = Vec::new();
    if has(Finding::Met) {
        words.push("✓ met");
    }
    if has(Finding::Missed) {
        words.push("✗ missed");
    }
    if has(Finding::Undecided) {
        words.push("? undecided: the interval straddles the limit, more replications would tell");
    }
    words.join("  ")
}
