//! A step that acts on the machine of an event is led to by one.

use crate::cloud::topology::{Act, Application, Chosen, DEFAULT_BUS, NodeKind, Topology, Verb, Whom};
use crate::cloud::world::shapes_of_subjects;
use crate::ground::time::Span;
use crate::scenario::complaint::Complaint;
use crate::scenario::place::Place;
use crate::scenario::rules::Foresight;
use crate::scenario::rules::events::{behind, told_of};
use crate::scenario::rules::flow::place_of;

pub(super) const TOLD: Foresight =
    Foresight { about: "a step that acts on the machine of an event is led to by one", check };

fn check(application: &Application, topology: &Topology, _: Option<Span>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let mut reached = None;
    for (index, node) in topology.nodes.iter().enumerate() {
        let steps = node.kind.pool().map_or(&[][..], |pool| &pool.steps);
        for (at, step) in steps.iter().enumerate() {
            let Verb::Act(act) = &step.verb else { continue };
            let (word, chosen) = match act {
                Act::Start(chosen) => ("start-instances", chosen),
                Act::Stop(chosen) => ("stop-instances", chosen),
                Act::Terminate(chosen) => ("terminate-instances", chosen),
                Act::Launch(_) | Act::SetCapacity(_) | Act::Redrive(_) => continue,
            };
            let Chosen { of: Whom::Event, .. } = chosen else { continue };
            // What an event brings about is of no workload.
            if step.only.is_none() && reached.get_or_insert_with(|| reach(application, topology)).contains(&index) {
                continue;
            }
            let kind = if matches!(node.kind, NodeKind::Function(_)) { "function" } else { "pool" };
            let place = Place::of(&["topology", &topology.name, kind, &node.name, "steps"]);
            let place = place_of(steps, at, &place).then("act").then(word);
            let what = format!("no event leads to this step of `{}` that is about a machine", node.name);
            let advice = format!(
                "say whose machines: `of` is a pool's name, or \"all\"; or let a rule of bus `{DEFAULT_BUS}` send it what \
                 happens to instances"
            );
            complaints.push(Complaint::error("E108", place, what).advise(advice));
        }
    }
    complaints
}

/// The nodes that something comes to that follows on what happens to a machine.
fn reach(application: &Application, topology: &Topology) -> Vec<usize> {
    let Some(bus) = topology.default_bus() else { return Vec::new() };
    let first = told_of(application, topology, bus, &shapes_of_subjects(topology));
    behind(application, topology, first)
}
