//! Trouble names what it hits and when.

use crate::scenario::complaint::{Complaint, did_you_mean};
use crate::scenario::draft::fault::{Faults, Outage};
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::rules::pairs::one_of;
use crate::scenario::sight::Sight;

pub(super) const RULE: Rule =
    Rule { about: "an outage names a component or a node that exists, and when it begins", check };

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    each(sight, &sight.draft.fault, &Place::of(&["fault"]), &sight.declared("topology"), &mut complaints);
    for (name, topology) in sight.topologies() {
        each(sight, &topology.fault, &Place::of(&["topology", name, "fault"]), &[name], &mut complaints);
    }
    complaints
}

fn each(sight: &Sight<'_>, faults: &Faults, place: &Place, topologies: &[&str], complaints: &mut Vec<Complaint>) {
    for (name, outage) in &faults.outage {
        one(sight, outage, &place.then("outage").then(name), topologies, complaints);
    }
}

fn one(sight: &Sight<'_>, outage: &Outage, place: &Place, topologies: &[&str], complaints: &mut Vec<Complaint>) {
    one_of(&[("component", outage.component.is_some()), ("node", outage.node.is_some())], place, complaints);
    one_of(&[("at", outage.at.is_some()), ("every", outage.every.is_some())], place, complaints);
    if let Some(component) = &outage.component {
        let given = sight.declared("work");
        if !given.contains(&component.as_str()) && sight.works.id(component).is_none() {
            let known = given.iter().copied().chain(sight.works.names().filter(|name| !given.contains(name)));
            complaints.push(
                Complaint::error(
                    "E102",
                    place.then("component"),
                    format!("there is no work `{component}` that could be away"),
                )
                .advise_if(did_you_mean(component, known)),
            );
        }
    }
    if let Some(node) = &outage.node {
        let nodes: Vec<&str> = topologies.iter().flat_map(|topology| sight.nodes(topology).into_keys()).collect();
        if !nodes.contains(&node.as_str()) {
            let whose = if let [only] = topologies {
                format!("topology `{only}` has no node `{node}`")
            } else {
                format!("no topology has a node `{node}`")
            };
            complaints.push(Complaint::error("E101", place.then("node"), whose).advise_if(did_you_mean(node, nodes)));
        }
    }
    if let Some(at) = &outage.at {
        for (index, pair) in at.times.windows(2).enumerate() {
            if pair[1] <= pair[0] {
                let what = format!("{} does not come after {}", pair[1], pair[0]);
                complaints.push(
                    Complaint::error("E203", place.then("at").nth(index + 1), what)
                        .advise("write them in the order of time, each instant once"),
                );
            }
        }
        if at.times.is_empty() {
            complaints.push(
                Complaint::error("E203", place.then("at"), "an outage that never begins")
                    .advise("give at least one instant, or take the outage out"),
            );
        }
    }
    if outage.every.is_some() && outage.lasts.is_none() {
        complaints.push(
            Complaint::error(
                "E108",
                place.then("every").key(),
                "it begins so long after the end of the last one, and none ends",
            )
            .advise("say how long it `lasts`"),
        );
    }
}
