//! What charts say above themselves: sentences by rule from the numbers, true for anybody's data, or neutral.

use indexmap::IndexMap;

use crate::experiment::document::{Document, Figure, TopologyResult};
use crate::report::numbers::{self, Kind};
use crate::report::reading;

/// Losses above this are said beside whatever is good about a topology.
const WORTH_SAYING: f64 = 0.000_05;

/// What a timeline shows: the losses, and the height and end of the backlog.
pub fn over_time(name: &str, topology: &TopologyResult, levels: &IndexMap<String, Vec<f64>>) -> String {
    let waiting = reading::level(levels, "pool.", "line");
    let waiting = reading::added(waiting, &reading::level(levels, "queue.", "visible"));
    let step = topology.series.step;
    let losses = match reading::lost(topology) {
        Some(lost) if lost > WORTH_SAYING => format!("{name} loses {} of its requests", share(lost)),
        Some(_) => format!("{name} loses nothing"),
        None => name.to_owned(),
    };
    let highest = waiting.iter().copied().enumerate().filter(|(_, level)| level.is_finite());
    let Some((cell, peak)) = highest.reduce(|a, b| if b.1 > a.1 { b } else { a }) else { return losses };
    if peak < 1.0 {
        return format!("{losses}, and hardly anything waits");
    }
    let at = numbers::span((cell as f64 * step).round());
    let peak = numbers::grouped(&format!("{peak:.0}"));
    match waiting[cell..].iter().position(|level| *level < 1.0) {
        Some(cells) => {
            let gone = numbers::span((cells as f64 * step).round());
            format!("{losses}; its backlog peaks at {peak} after {at} and is gone {gone} later")
        }
        None => format!("{losses}; its backlog peaks at {peak} after {at} and is not gone at the end"),
    }
}

/// Whose latency at this figure (`completion.p99`) is the shortest, or that it can't be told.
pub fn fastest(document: &Document, of: &str) -> String {
    let latency = of.split('.').next().unwrap_or(of);
    let part = of.rsplit('.').next().unwrap_or(of);
    let verb = if latency == "answer" { "answers" } else { "completes" };
    let ranked = ranked(document, of);
    let Some((name, topology, figure)) = ranked.first() else {
        return format!("Latency until {latency}");
    };
    let value = numbers::value(Kind::Duration, figure.value);
    if document.topologies.len() == 1 {
        return format!("{name} {verb} 99 of 100 requests within {value}{}", but_loses(topology))
            .replace("99 of 100", part_words(part));
    }
    let lead = match ranked.get(1) {
        Some((other, _, next)) if !clear(document, of, name, other, figure, next) => {
            return format!("{name} and {other} can't be told apart: {latency} {part} {value}{}", but_loses(topology));
        }
        _ => format!("{name} {verb} first: {part} {value}"),
    };
    format!("{lead}{}", but_loses(topology))
}

/// Who costs least, and by how much less than the dearest.
pub fn cheapest(document: &Document) -> String {
    let ranked = ranked(document, "cost.month");
    let Some((name, topology, figure)) = ranked.first() else { return "What it costs, and for what".to_owned() };
    let value = numbers::value(Kind::Money, figure.value);
    let Some((other, _, next)) = ranked.get(1) else {
        return format!("{name} costs {value} a month{}", but_loses(topology));
    };
    if !clear(document, "cost.month", name, other, figure, next) {
        return format!("{name} and {other} cost about the same: {value} a month{}", but_loses(topology));
    }
    let less = match ranked.last().map(|(dearest, _, figure)| (dearest, figure.value)) {
        Some((dearest, Some(most))) if most > 0.0 => {
            let saved = 1.0 - figure.value.unwrap_or(0.0) / most;
            format!(", {:.0} % less than {dearest}", saved * 100.0)
        }
        _ => String::new(),
    };
    format!("{name} costs least: {value} a month{less}{}", but_loses(topology))
}

/// Who loses requests, and who does not.
pub fn losers(document: &Document) -> String {
    let measured: Vec<(&String, f64)> =
        document.topologies.iter().filter_map(|(name, topology)| Some((name, reading::lost(topology)?))).collect();
    let none = |(_, lost): &&(&String, f64)| *lost <= WORTH_SAYING;
    let keepers: Vec<&str> = measured.iter().filter(none).map(|(name, _)| name.as_str()).collect();
    let worst = measured.iter().copied().reduce(|a, b| if b.1 > a.1 { b } else { a });
    match (worst, keepers.len()) {
        (None, _) => "Losses beside latency".to_owned(),
        (Some((name, _)), 1) if measured.len() == 1 => format!("{name} loses nothing"),
        (Some(_), kept) if kept == measured.len() => "No topology loses a request".to_owned(),
        (Some((name, lost)), 0) if measured.len() == 1 => format!("{name} loses {} of its requests", share(lost)),
        (Some((name, lost)), 0) => format!("All lose requests, {name} most: {}", share(lost)),
        (Some((name, lost)), 1) => format!("Only {} loses nothing; {name} loses {}", keepers[0], share(lost)),
        (Some((name, lost)), kept) if kept + 1 == measured.len() => {
            format!("Only {name} loses requests: {}", share(lost))
        }
        (Some((name, lost)), kept) => {
            format!("{kept} of {} lose nothing; {name} loses most: {}", measured.len(), share(lost))
        }
    }
}

/// Topologies with a finite figure, the smallest first.
fn ranked<'d>(document: &'d Document, of: &str) -> Vec<(&'d str, &'d TopologyResult, &'d Figure)> {
    let found = |(name, topology): (&'d String, &'d TopologyResult)| {
        let figure = topology.figures.get(of)?;
        figure.value.is_some_and(f64::is_finite).then_some((name.as_str(), topology, figure))
    };
    let mut ranked: Vec<_> = document.topologies.iter().filter_map(found).collect();
    ranked.sort_by(|a, b| a.2.value.unwrap_or(0.0).total_cmp(&b.2.value.unwrap_or(0.0)));
    ranked
}

/// Whether two figures differ for sure: by the paired difference where there is one, else by their intervals.
fn clear(document: &Document, of: &str, one: &str, other: &str, first: &Figure, next: &Figure) -> bool {
    let pair = document.differences.iter().find(|difference| {
        difference.of == of
            && ((difference.from == one && difference.to == other)
                || (difference.from == other && difference.to == one))
    });
    match pair.and_then(|pair| numbers::excludes_zero(pair.low, pair.high)) {
        Some(clear) => clear,
        None => first.high.or(first.value) < next.low.or(next.value),
    }
}

fn but_loses(topology: &TopologyResult) -> String {
    match reading::lost(topology) {
        Some(lost) if lost > WORTH_SAYING => format!(", but loses {}", share(lost)),
        _ => String::new(),
    }
}

fn share(share: f64) -> String {
    // One decimal is enough for a title, and less than one in a thousand wants its own digits.
    let rounded = if share >= 0.001 { (share * 1_000.0).round() / 1_000.0 } else { share };
    numbers::value(Kind::Share, Some(rounded))
}

fn part_words(part: &str) -> &'static str {
    match part {
        "p50" => "half of all",
        "p90" => "9 of 10",
        "p95" => "19 of 20",
        _ => "99 of 100",
    }
}
