//! Sizes that follow each arrival and departure: their numbers fit together, and somebody can come to where nobody is yet.

use crate::scenario::complaint::Complaint;
use crate::scenario::draft::node::{NoWorker, Pool};
use crate::scenario::draft::quantities::{Amount, Whole};
use crate::scenario::draft::reactive::{Hysteresis, NPolicy, StartOnDemand};
use crate::scenario::draft::scaling::Scaling;
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::rules::capacity::WORKERS_MAX;
use crate::scenario::rules::ranges::Ranges;
use crate::scenario::sight::{Kind, Sight, node_place};

pub(super) const RULE: Rule = Rule {
    about: "a pool that starts workers when somebody waits has a line where they can wait, and thresholds that fit its sizes",
    check,
};

/// More than any line holds.
const INSIDE_MAX: u64 = 1_000_000_000;

/// The word of a rule that follows each arrival and departure.
pub(crate) fn word_of(scaling: &Scaling) -> Option<&'static str> {
    match scaling {
        Scaling::StartOnDemand(_) => Some("start-on-demand"),
        Scaling::NPolicy(_) => Some("n-policy"),
        Scaling::Hysteresis(_) => Some("hysteresis"),
        _ => None,
    }
}

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (topology, draft) in sight.topologies() {
        for (name, pool) in &draft.pool {
            let Some((scaling, word)) = pool.scaling.as_ref().and_then(|scaling| Some((scaling, word_of(scaling)?)))
            else {
                continue;
            };
            let pool_place = node_place(topology, Kind::Pool, name);
            let place = pool_place.then("scaling").then(word);
            let mut ranges = Ranges::default();
            let starts_from_nothing = match scaling {
                Scaling::StartOnDemand(rule) => on_demand(rule, &place, &mut ranges),
                Scaling::NPolicy(rule) => n_policy(rule, &place, &mut ranges),
                Scaling::Hysteresis(rule) => hysteresis(rule, &place, &mut ranges),
                _ => false,
            };
            complaints.extend(ranges.complaints);
            workers(pool, word, &pool_place, &mut complaints);
            let refuses = match scaling {
                Scaling::Hysteresis(_) => pool.no_worker != Some(NoWorker::Wait),
                _ => pool.no_worker == Some(NoWorker::Refuse),
            };
            let fed = draft.queue.values().any(|queue| queue.to.as_ref().is_some_and(|to| to.names.contains(name)));
            if starts_from_nothing && refuses && !fed {
                let what = format!("`{name}` has no worker until somebody waits, and refuses whoever comes meanwhile");
                let complaint = Complaint::error("E108", place.clone(), what);
                complaints.push(complaint.advise("say `no-worker = \"wait\"` for the pool, or keep some workers"));
            }
            let balancer = draft.balancer.iter().find(|(_, balancer)| balancer.to.names.contains(name));
            if let Some((balancer, _)) = balancer.filter(|_| starts_from_nothing) {
                let what = format!(
                    "`{word}` needs a line that stands before any worker does, and balancer `{balancer}` gives \
                     requests to workers that are there"
                );
                let at = node_place(topology, Kind::Balancer, balancer).then("to");
                let complaint = Complaint::error("E108", place, what).and(at, "it leads here");
                complaints.push(complaint.advise("call the pool without a balancer, or put a queue before it"));
            }
        }
    }
    complaints
}

/// The first workers are within the bounds.
fn workers(pool: &Pool, word: &str, place: &Place, complaints: &mut Vec<Complaint>) {
    let Some(Amount::Of(first)) = pool.workers else { return };
    let most = match &pool.scaling {
        Some(Scaling::StartOnDemand(rule)) => match rule.max {
            Amount::Of(max) => max,
            Amount::Unlimited => return,
        },
        Some(Scaling::NPolicy(rule)) => rule.max.map_or(1, |max| max.0),
        Some(Scaling::Hysteresis(rule)) => rule.max.0,
        _ => return,
    };
    if first > most {
        let what = format!("{first} `workers` at the start, above `max`, which is {most}");
        let complaint = Complaint::error("E202", place.then("workers"), what);
        let at = place.then("scaling").then(word);
        complaints.push(complaint.and(at, "the bound is set here").advise("fewer `workers`, or a higher `max`"));
    }
}

fn on_demand(rule: &StartOnDemand, place: &Place, ranges: &mut Ranges) -> bool {
    let bounded = |amount: Amount| match amount {
        Amount::Of(number) => Some(Whole(number)),
        Amount::Unlimited => None,
    };
    ranges.within("workers", rule.min, 0, WORKERS_MAX, place.then("min"));
    ranges.within("workers", bounded(rule.max), 1, WORKERS_MAX, place.then("max"));
    let setups = rule.setups.and_then(bounded);
    ranges.within("workers on their way at once", setups, 1, WORKERS_MAX, place.then("setups"));
    ranges.at_most(("min", rule.min.map(|min| min.0)), ("max", bounded(rule.max).map(|max| max.0)), place);
    rule.min.is_none_or(|min| min.0 == 0)
}

fn n_policy(rule: &NPolicy, place: &Place, ranges: &mut Ranges) -> bool {
    ranges.within("requests that wait", Some(rule.n), 1, INSIDE_MAX, place.then("n"));
    ranges.within("workers", rule.max, 1, WORKERS_MAX, place.then("max"));
    true
}

fn hysteresis(rule: &Hysteresis, place: &Place, ranges: &mut Ranges) -> bool {
    let min = rule.min.map_or(0, |min| min.0);
    ranges.within("workers", Some(rule.max), 1, WORKERS_MAX, place.then("max"));
    ranges.at_most(("min", Some(min)), ("max", Some(rule.max.0)), place);
    let sizes = rule.max.0.saturating_sub(min);
    for (key, list) in [("up", &rule.up), ("down", &rule.down)] {
        if list.len() as u64 != sizes && min <= rule.max.0 {
            let what = format!("thresholds: {}, steps from `min` to `max`: {sizes}", list.len());
            ranges.complaints.push(
                Complaint::error("E201", place.then(key), what)
                    .advise(format!("give {sizes}, one for each step from {min} to {} workers", rule.max.0)),
            );
        }
        for (index, threshold) in list.iter().enumerate() {
            let at = place.then(key).nth(index);
            ranges.within("requests", Some(*threshold), 0, INSIDE_MAX, at);
        }
    }
    for (index, (up, down)) in rule.up.iter().zip(&rule.down).enumerate() {
        if down.0 >= up.0 {
            let what = format!("a worker is added at {} requests, and taken away again at {}", up.0, down.0);
            let complaint = Complaint::error("E202", place.then("down").nth(index), what)
                .and(place.then("up").nth(index), "the way up");
            ranges.complaints.push(complaint.advise("a lower threshold on the way down keeps the size from flapping"));
        }
    }
    min == 0
}
