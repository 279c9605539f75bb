//! It is clear where requests enter, and every node can be reached.

use indexmap::IndexSet;

use crate::cloud::topology::DEFAULT_BUS;
use crate::scenario::complaint::{Complaint, did_you_mean, listed};
use crate::scenario::draft::bus::Bus;
use crate::scenario::draft::words::Entry;
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::sight::{Kind, Sight, acted_on, edges, entry, node_place, reached};

pub(super) const RULE: Rule = Rule {
    about: "requests enter at `entry`, or at the only node that no edge leads to; a node that no request can reach is a warning",
    check,
};

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (name, topology) in sight.topologies() {
        let nodes = sight.nodes(name);
        let place = Place::of(&["topology", name]);
        let before = complaints.len();
        match &topology.entry {
            Some(Entry::One(node)) => one(name, node, &nodes, place.then("entry"), &mut complaints),
            Some(Entry::Each(each)) => {
                for (workload, node) in each {
                    let place = place.then("entry").then(workload);
                    let known = sight.declared("workload");
                    if !known.contains(&workload.as_str()) {
                        let what = format!("there is no workload `{workload}`");
                        complaints.push(
                            Complaint::error("E103", place.clone().key(), what)
                                .advise_if(did_you_mean(workload, known)),
                        );
                    }
                    one(name, node, &nodes, place, &mut complaints);
                }
                for workload in sight.declared("workload") {
                    if !each.contains_key(workload) {
                        let what = format!("topology `{name}` does not say where requests of `{workload}` enter");
                        complaints.push(
                            Complaint::error("E105", place.then("entry"), what)
                                .advise(format!("add `{workload} = \"NODE\"`")),
                        );
                    }
                }
            }
            None => {}
        }
        if complaints.len() > before || nodes.is_empty() || sight.is_at_fault(&place) {
            continue;
        }
        let edges = edges(name, topology);
        // Where an edge leads nowhere, the node that it was meant for only seems to be left out.
        if edges.iter().any(|edge| !nodes.contains_key(edge.to)) {
            continue;
        }
        if topology.entry.is_none()
            && let Err(candidates) = entry(topology, &nodes, &edges, "")
        {
            let (what, advice) = if candidates.is_empty() {
                (
                    format!("every node of topology `{name}` has an edge that leads to it, so none is the entry"),
                    "say where requests enter: `entry = \"NODE\"`".to_owned(),
                )
            } else {
                let what = format!(
                    "no edge leads to {} of topology `{name}`, so it is not clear where requests enter",
                    listed(&candidates)
                );
                (what, format!("say it: `entry = \"{}\"`; or lead an edge to the others", candidates[0]))
            };
            complaints.push(Complaint::error("E105", place, what).advise(advice));
            continue;
        }
        let mut seen: IndexSet<&str> = IndexSet::new();
        for workload in sight.declared("workload") {
            if let Ok(from) = entry(topology, &nodes, &edges, workload) {
                seen.extend(reached(&edges, from, workload));
            }
        }
        // What a bus makes or hears by itself is of no workload.
        for (bus, _) in topology.bus.iter().filter(|(name, bus)| speaks_by_itself(name, bus)) {
            seen.extend(reached(&edges, bus, ""));
        }
        // Machines on which steps act are there for that.
        seen.extend(acted_on(topology));
        let strange = |node: &str, kind: Kind| kind != Kind::Cluster && !seen.contains(node);
        for (node, kind) in nodes.iter().filter(|(node, kind)| strange(node, **kind)) {
            let what = format!("no request ever reaches {} `{node}` of topology `{name}`", kind.word());
            complaints.push(
                Complaint::warning("W104", node_place(name, *kind, node).key(), what)
                    .advise("it is still paid for; lead an edge to it, or take it out"),
            );
        }
    }
    complaints
}

/// Whether a bus has events that no request puts on it: of schedules, or of what happens to machines.
fn speaks_by_itself(name: &str, bus: &Bus) -> bool {
    name == DEFAULT_BUS || bus.rule.values().any(|rule| rule.schedule.is_some())
}

fn one(
    topology: &str,
    node: &str,
    nodes: &indexmap::IndexMap<&str, Kind>,
    place: Place,
    complaints: &mut Vec<Complaint>,
) {
    match nodes.get(node) {
        None => {
            let what = format!("requests enter at `{node}`, which topology `{topology}` does not have");
            complaints.push(Complaint::error("E101", place, what).advise_if(did_you_mean(node, nodes.keys().copied())));
        }
        Some(Kind::Bucket) => {
            let what = format!("requests enter at `{node}`, which is a bucket");
            complaints.push(
                Complaint::error("E104", place, what).advise("let them enter at a pool that puts objects into it"),
            );
        }
        Some(Kind::Bus) => {
            let what = format!("requests enter at `{node}`, which is an event bus");
            complaints.push(
                Complaint::error("E104", place, what)
                    .advise("let them enter at a pool or function that puts events on it"),
            );
        }
        Some(Kind::Cluster) => {
            let what = format!("requests enter at `{node}`, which is a cluster");
            complaints.push(Complaint::error("E104", place, what).advise("let them enter at a pool that runs on it"));
        }
        Some(Kind::Balancer | Kind::Pool | Kind::Queue | Kind::Service | Kind::Function) => {}
    }
}
