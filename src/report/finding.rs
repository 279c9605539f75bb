//! What charts say above themselves: sentences by rule from the numbers, true for anybody's data, or neutral.

use indexmap::IndexMap;

use crate::experiment::document::{Document, Figure, TopologyResult};
use crate::report::numbers::{self, Kind};
use crate::report::reading;

/// Losses above this are said beside whatever is good about a topology. That nothing is lost is said of none that lost
/// a single request.
const WORTH_SAYING: f64 = 0.000_05;

/// What a timeline shows: the losses, and the height and end of the backlog.
pub fn over_time(name: &str, topology: &TopologyResult, levels: &IndexMap<String, Vec<f64>>) -> String {
    let waiting = reading::level(levels, "pool.", "line");
    let waiting = reading::added(waiting, &reading::level(levels, "queue.", "visible"));
    let step = topology.series.step;
    let losses = match reading::lost(topology) {
        Some(lost) if lost > 0.0 => format!("{name} loses {} of its requests", share(lost)),
        Some(_) => format!("{name} loses nothing"),
        None => name.to_owned(),
    };
    let highest = waiting.iter().copied().enumerate().filter(|(_, level)| level.is_finite());
    let Some((cell, peak)) = highest.reduce(|a, b| if b.1 > a.1 { b } else { a }) else { return losses };
    if peak < 1.0 {
        return format!("{losses}, and hardly anything waits");
    }
    let at = numbers::span((cell as f64 * step).round());
    let peak = numbers::value(Kind::Number, Some(peak.round()));
    match waiting[cell..].iter().position(|level| *level < 1.0) {
        Some(cells) => {
            let gone = numbers::span((cells as f64 * step).round());
            format!("{losses}; its backlog peaks at {peak} after {at} and is gone {gone} later")
        }
        None => format!("{losses}; its backlog peaks at {peak} after {at} and is not gone at the end"),
    }
}

/// Who serves 99 of 100 requests soonest: those that lose more than one in a hundred never do.
pub fn soonest(document: &Document, latency: &str) -> String {
    let of = format!("{latency}.p99");
    let (verb, done) = (verb(latency), if latency == "answer" { "answered" } else { "completed" });
    let measured = ranked(document, &of);
    let able: Vec<_> = measured.iter().filter(|(_, topology, _)| never(topology, latency) <= 0.01).collect();
    let many = measured.len();
    let value = |figure: &Figure| numbers::value(Kind::Duration, figure.value);
    match able.as_slice() {
        [] if many == 0 => format!("Time until {}", if latency == "answer" { "the answer" } else { latency }),
        [] if many == 1 => {
            let (name, topology, _) = measured[0];
            format!("{name} never {verb}s {} of its requests", share(never(topology, latency)))
        }
        [] => {
            let lost = measured.iter().map(|(name, topology, _)| (*name, never(topology, latency)));
            let least = lost.reduce(|a, b| if b.1 < a.1 { b } else { a });
            let (name, lost) = least.unwrap_or(("nobody", 1.0));
            format!("Nobody {verb}s 99 of 100 requests; {name} comes nearest, but loses {}", share(lost))
        }
        [(name, _, figure)] if many == 1 => format!("{name} {verb}s 99 of 100 requests within {}", value(figure)),
        [(name, _, figure)] => format!("Only {name} {verb}s 99 of 100 requests: p99 {}", value(figure)),
        [(name, _, figure), (other, _, next), ..] if !clear(document, &of, name, other, figure, next) => {
            format!("{name} and {other} {verb} alike, as far as can be told: p99 {}", value(figure))
        }
        [(name, topology, figure), ..] => {
            format!("99 of 100 requests are {done} soonest by {name}: p99 {}{}", value(figure), but_loses(topology))
        }
    }
}

/// What a topology does to a request at this point.
pub fn verb(latency: &str) -> &'static str {
    if latency == "answer" { "answer" } else { "complete" }
}

/// Whose figure is least among the topologies that `able` names, where that is sure.
pub fn surely_least<'d>(document: &'d Document, of: &str, able: impl Fn(&str) -> bool) -> Option<&'d str> {
    let mut ranked = ranked(document, of);
    ranked.retain(|(name, _, _)| able(name));
    match ranked.as_slice() {
        [(name, _, _)] => Some(name),
        [(name, _, figure), (other, _, next), ..] if clear(document, of, name, other, figure, next) => Some(name),
        _ => None,
    }
}

/// The share of requests that never reach this point: of its tail where there is one, else of the whole.
pub fn never(topology: &TopologyResult, latency: &str) -> f64 {
    match topology.tails.get(latency) {
        Some(tail) if tail.measured + tail.lost > 0 => tail.lost as f64 / (tail.measured + tail.lost) as f64,
        _ => reading::lost(topology).unwrap_or(0.0),
    }
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
        return format!("{name} and {other} cost about the same: {value} a month");
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
    let none = |(_, lost): &&(&String, f64)| *lost == 0.0;
    let keepers: Vec<&str> = measured.iter().filter(none).map(|(name, _)| name.as_str()).collect();
    let worst = measured.iter().copied().reduce(|a, b| if b.1 > a.1 { b } else { a });
    let best = measured.iter().copied().reduce(|a, b| if b.1 < a.1 { b } else { a });
    match (worst, keepers.len()) {
        (None, _) => "Losses beside latency".to_owned(),
        (Some((name, _)), 1) if measured.len() == 1 => format!("{name} loses nothing"),
        (Some(_), kept) if kept == measured.len() => "No topology loses a request".to_owned(),
        (Some((name, lost)), 0) if measured.len() == 1 => format!("{name} loses {} of its requests", share(lost)),
        (Some((name, lost)), 0) => {
            // Who loses hardly any is a finding; whoever happens to lose a little less than others is not.
            let least = best.filter(|(_, least)| *least < lost / 10.0);
            let least = least.map_or(String::new(), |(name, lost)| format!(", {name} least: {}", share(lost)));
            format!("All lose requests, {name} most: {}{least}", share(lost))
        }
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
pub fn clear(document: &Document, of: &str, one: &str, other: &str, first: &Figure, next: &Figure) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::specimen::{alone, empty, figure, video};

    fn lose(document: &mut Document, name: &str, share: f64) {
        let topology = &mut document.topologies[name];
        topology.figures.insert("lost".to_owned(), figure(share, 0.0, "1"));
        for tail in topology.tails.values_mut() {
            tail.lost = (share * 1e6) as u64;
            tail.measured = 1_000_000 - tail.lost;
        }
    }

    #[test]
    fn who_loses_more_than_one_in_a_hundred_serves_no_99() {
        assert_eq!(soonest(&video(), "completion"), "Only decoupled completes 99 of 100 requests: p99 347 s");
        assert_eq!(soonest(&alone(), "answer"), "decoupled answers 99 of 100 requests within 2.91 s");
        let mut all_lose = video();
        lose(&mut all_lose, "decoupled", 0.5);
        let expected = "Nobody completes 99 of 100 requests; tiered comes nearest, but loses 2.1 %";
        assert_eq!(soonest(&all_lose, "completion"), expected);
        let mut alone = alone();
        lose(&mut alone, "decoupled", 0.25);
        assert_eq!(soonest(&alone, "completion"), "decoupled never completes 25 % of its requests");
    }

    #[test]
    fn what_the_intervals_cannot_tell_apart_is_not_ranked() {
        let mut document = video();
        lose(&mut document, "monolith", 0.002);
        lose(&mut document, "tiered", 0.0);
        let alike = "tiered and monolith complete alike, as far as can be told: p99 164 s";
        assert_eq!(soonest(&document, "completion"), alike);
        document.differences.retain(|difference| difference.to != "tiered");
        assert_eq!(soonest(&document, "completion"), alike, "their own intervals overlap");
        document.topologies["monolith"].figures.insert("completion.p99".to_owned(), figure(140.0, 1.0, "s"));
        let sure = "99 of 100 requests are completed soonest by monolith: p99 140 s, but loses 0.2 %";
        assert_eq!(soonest(&document, "completion"), sure);
    }

    #[test]
    fn the_cheapest_is_named_with_what_it_saves_and_loses() {
        let mut document = video();
        assert_eq!(cheapest(&document), "decoupled costs least: $453 a month, 49 % less than tiered");
        document.topologies.shift_remove("decoupled");
        document.differences.retain(|difference| difference.of != "cost.month");
        assert_eq!(cheapest(&document), "monolith costs least: $841 a month, 6 % less than tiered, but loses 2.1 %");
        document.topologies["monolith"].figures.insert("cost.month".to_owned(), figure(894.0, 3.0, "$"));
        assert_eq!(cheapest(&document), "monolith and tiered cost about the same: $894 a month");
    }

    #[test]
    fn losers_are_told_from_keepers() {
        let mut document = video();
        assert_eq!(losers(&document), "Only decoupled loses nothing; monolith loses 2.1 %");
        lose(&mut document, "tiered", 0.0);
        assert_eq!(losers(&document), "Only monolith loses requests: 2.1 %");
        lose(&mut document, "monolith", 0.0);
        assert_eq!(losers(&document), "No topology loses a request");
        assert_eq!(losers(&alone()), "decoupled loses nothing");
    }

    /// Two requests in a hundred thousand are few, and are not nothing.
    #[test]
    fn who_loses_a_few_does_not_lose_nothing() {
        let (mut document, mut alone) = (video(), alone());
        lose(&mut document, "decoupled", 0.000_02);
        lose(&mut alone, "decoupled", 0.000_02);
        assert_eq!(losers(&document), "All lose requests, monolith most: 2.1 %, decoupled least: 0.002 %");
        assert_eq!(losers(&alone), "decoupled loses 0.002 % of its requests");
        let decoupled = &alone.topologies["decoupled"];
        let said = over_time("decoupled", decoupled, &decoupled.series.values);
        assert!(said.starts_with("decoupled loses 0.002 % of its requests"), "{said}");
        lose(&mut document, "decoupled", 0.020);
        assert_eq!(losers(&document), "All lose requests, monolith most: 2.1 %");
    }

    #[test]
    fn without_numbers_titles_are_neutral() {
        assert_eq!(soonest(&empty(), "answer"), "Time until the answer");
        assert_eq!(cheapest(&empty()), "What it costs, and for what");
        assert_eq!(losers(&empty()), "Losses beside latency");
        assert_eq!(over_time("x", &TopologyResult::default(), &IndexMap::new()), "x");
    }

    #[test]
    fn a_backlog_has_a_peak_and_perhaps_an_end() {
        let mut topology = TopologyResult::default();
        topology.series.step = 60.0;
        topology.figures.insert("lost".to_owned(), figure(0.0, 0.0, "1"));
        let say = |line: &[f64]| {
            let levels: IndexMap<String, Vec<f64>> = [("pool.app.line".to_owned(), line.to_vec())].into();
            over_time("app", &topology, &levels)
        };
        let ends = "app loses nothing; its backlog peaks at 7 after 1 min and is gone 2 min later";
        assert_eq!(say(&[0.0, 7.0, 3.0, 0.5]), ends);
        assert_eq!(
            say(&[0.0, 7.0, 3.0]),
            "app loses nothing; its backlog peaks at 7 after 1 min and is not gone at the end"
        );
        assert_eq!(say(&[0.0, 0.9]), "app loses nothing, and hardly anything waits");
    }
}
