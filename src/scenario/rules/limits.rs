//! How large a scenario may be. Checked before everything else, whose effort grows with it.

use crate::scenario::complaint::Complaint;
use crate::scenario::draft::Draft;
use crate::scenario::place::Place;
use crate::scenario::sight::{deeds_of, node_place, nodes};
use crate::scenario::tree::Tree;
use crate::scenario::works::Works;

const WORKLOADS_MAX: usize = 100;
const TOPOLOGIES_MAX: usize = 100;
const WORKS_MAX: usize = 10_000;
const NODES_MAX: usize = 1_000;
/// Each has its series and its figures in the results.
const NODES_OF_ALL_MAX: usize = 10_000;
const STEPS_MAX: usize = 1_000;
const FAULTS_MAX: usize = 10_000;

/// Everything that there is too much of.
pub(crate) fn check(draft: &Draft, tree: &Tree, works: &Works) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let mut too_many = |count: usize, most: usize, what: &str, place: Place| {
        if count > most {
            let complaint = Complaint::error("E201", place, format!("{count} {what}"));
            complaints.push(complaint.advise(format!("at most {most} can be read: split the scenario")));
        }
    };
    let named = |table: &str| tree.table(table).map_or(0, |table| table.len());
    too_many(named("workload"), WORKLOADS_MAX, "workloads", Place::of(&["workload"]));
    too_many(named("topology"), TOPOLOGIES_MAX, "topologies", Place::of(&["topology"]));
    too_many(works.count(), WORKS_MAX, "works", Place::of(&["work"]));
    too_many(draft.fault.courses().count(), FAULTS_MAX, "faults", Place::of(&["fault"]));
    let all = draft.topology.keys().map(|name| nodes(tree, name).len()).sum();
    too_many(all, NODES_OF_ALL_MAX, "nodes in all topologies", Place::of(&["topology"]));
    for (name, topology) in &draft.topology {
        let faults = topology.fault.courses().count();
        too_many(faults, FAULTS_MAX, "faults of one topology", Place::of(&["topology", name, "fault"]));
        too_many(nodes(tree, name).len(), NODES_MAX, "nodes in one topology", Place::of(&["topology", name]));
        for (kind, node, steps) in topology.workers() {
            let what = format!("steps of one {}, with the ways of its choices", kind.word());
            let place = node_place(name, kind, node).then("steps");
            let deeds = deeds_of(kind, node, steps, place.clone());
            let ways = deeds.iter().map(|deed| deed.step.choose.as_ref().map_or(0, Vec::len)).sum::<usize>();
            let what = if ways > 0 { what } else { format!("steps of one {}", kind.word()) };
            too_many(deeds.len() + ways, STEPS_MAX, &what, place);
        }
    }
    complaints
}
