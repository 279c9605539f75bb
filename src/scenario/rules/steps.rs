//! A step has one verb, and only settings of that verb.

use crate::scenario::complaint::{Complaint, did_you_mean, listed};
use crate::scenario::draft::Topology;
use crate::scenario::draft::step::Step;
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::sight::{Deed, Kind, Sight, deeds, edges, entry, node_place, reached};

pub(super) const RULE: Rule = Rule {
    about: "a step has exactly one verb, settings of that verb, and workloads that exist; the shares of a choice are 100 % at most",
    check,
};

/// Choices that may stand in each other.
const DEEPEST: usize = 8;

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (name, topology) in sight.topologies() {
        for deed in deeds(name, topology) {
            one(sight, deed.step, &deed.place, &mut complaints);
            workloads(sight, deed.step, &deed.place, &mut complaints);
            choice(sight, &deed, &mut complaints);
        }
        for (pool_name, pool) in &topology.pool {
            if let Some(crate::scenario::draft::node::Line::Priority(priority)) = &pool.line {
                let place = node_place(name, Kind::Pool, pool_name).then("line").then("priority").then("order");
                for (index, workload) in priority.order.iter().enumerate() {
                    known(sight, workload, place.nth(index), &mut complaints);
                    if priority.order[..index].contains(workload) {
                        let what = format!("`{workload}` is ranked twice");
                        complaints.push(Complaint::error("E108", place.nth(index), what).advise("once is enough"));
                    }
                }
                for workload in sight.declared("workload") {
                    let ranked = priority.order.iter().any(|ranked| ranked == workload);
                    if !ranked && comes_to(sight, (name, topology), pool_name, workload) {
                        let what =
                            format!("the line of `{pool_name}` does not rank `{workload}`, which therefore comes last");
                        complaints.push(
                            Complaint::warning("W301", place.clone(), what)
                                .advise(format!("add \"{workload}\" at its place")),
                        );
                    }
                }
            }
        }
    }
    complaints
}

/// Whether requests of a workload can come to a pool. Where they do not enter at all, that is told elsewhere.
fn comes_to(sight: &Sight<'_>, (name, topology): (&str, &Topology), pool: &str, workload: &str) -> bool {
    let edges = edges(name, topology);
    let from = entry(topology, &sight.nodes(name), &edges, workload);
    from.is_ok_and(|from| reached(&edges, from, workload).contains(pool))
}

fn one(sight: &Sight<'_>, step: &Step, place: &Place, complaints: &mut Vec<Complaint>) {
    let verbs: Vec<&str> = [
        ("work", step.work.is_some()),
        ("call", step.call.is_some()),
        ("send", step.send.is_some()),
        ("put", step.put.is_some()),
        ("get", step.get.is_some()),
        ("event", step.event.is_some()),
        ("act", step.act.is_some()),
        ("choose", step.choose.is_some()),
    ]
    .into_iter()
    .filter(|(_, there)| *there)
    .map(|(verb, _)| verb)
    .collect();
    let verb = match verbs.as_slice() {
        [verb] => *verb,
        // A verb that could not be derived has been told.
        [] if sight.is_at_fault(place) => return,
        [] => {
            complaints.push(
                Complaint::error("E107", place.clone(), "this step does nothing: it has no verb")
                    .advise("a verb is one of `work`, `call`, `send`, `put`, `get`, `event`, `act` and `choose`"),
            );
            return;
        }
        several => {
            let what = format!("this step does {} at once", listed(several));
            complaints.push(
                Complaint::error("E107", place.then(several[1]).key(), what)
                    .advise("a step has one verb: write them as steps one after the other"),
            );
            return;
        }
    };
    for (setting, there, verbs) in [
        ("fails", step.fails.is_some(), &["work"][..]),
        ("fresh", step.fresh.is_some(), &["work", "choose"]),
        ("per", step.per.is_some(), &["work"]),
        ("cold", step.cold.is_some(), &["work"]),
        ("timeout", step.timeout.is_some(), &["call"]),
        ("retry", step.retry.is_some(), &["call"]),
        ("hedge", step.hedge.is_some(), &["call"]),
        ("breaker", step.breaker.is_some(), &["call"]),
        ("bulkhead", step.bulkhead.is_some(), &["call"]),
        ("size", step.size.is_some(), &["send", "put", "get", "event"]),
        ("key", step.key.is_some(), &["put"]),
        ("copies", step.copies.is_some(), &["send"]),
        ("group", step.group.is_some(), &["send"]),
        ("delay", step.delay.is_some(), &["send"]),
        ("draw", step.draw.is_some(), &["choose"]),
    ] {
        if there && !verbs.contains(&verb) {
            let what = format!("`{setting}` is a setting of {}, and this step does `{verb}`", listed(verbs));
            complaints.push(Complaint::error("E107", place.then(setting).key(), what).advise("take it out"));
        }
    }
    for (names, key) in [(&step.call, "call"), (&step.send, "send"), (&step.only, "for")] {
        if names.as_ref().is_some_and(|names| names.names.is_empty()) {
            let what = format!("`{key}` names nobody");
            complaints
                .push(Complaint::error("E107", place.then(key), what).advise("name at least one, or take it out"));
        }
    }
}

/// A choice has ways whose shares add up to everything at most, and does not stand in too many others.
fn choice(sight: &Sight<'_>, deed: &Deed<'_>, complaints: &mut Vec<Complaint>) {
    let Some(ways) = &deed.step.choose else { return };
    let place = deed.place.then("choose");
    if ways.is_empty() && !sight.is_at_fault(&place) {
        complaints.push(
            Complaint::error("E107", place, "a choice among nothing")
                .advise("give it ways, each with its `share` and `steps`, or take it out"),
        );
        return;
    }
    if deed.depth >= DEEPEST {
        let what = format!("a choice within {DEEPEST} others");
        complaints.push(
            Complaint::error("E201", place.clone(), what)
                .advise(format!("at most {DEEPEST} stand in each other: multiply their shares and write one choice")),
        );
    }
    let sum: f64 = ways.iter().map(|way| way.share.0).sum();
    if sum > 1.0 + 1e-9 {
        let what = format!("the shares of this choice add up to {} %", (sum * 1e6).round() / 1e4);
        complaints.push(
            Complaint::error("E201", place, what).advise("give 100 % at the most; what is left of them does nothing"),
        );
    }
}

fn workloads(sight: &Sight<'_>, step: &Step, place: &Place, complaints: &mut Vec<Complaint>) {
    let Some(only) = &step.only else { return };
    for (index, name) in only.names.iter().enumerate() {
        let place = place.then("for");
        known(sight, name, if only.listed { place.nth(index) } else { place }, complaints);
    }
}

fn known(sight: &Sight<'_>, name: &str, place: Place, complaints: &mut Vec<Complaint>) {
    let workloads = sight.declared("workload");
    if !workloads.contains(&name) {
        let what = format!("there is no workload `{name}`");
        complaints.push(Complaint::error("E103", place, what).advise_if(did_you_mean(name, workloads)));
    }
}
