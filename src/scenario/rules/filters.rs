//! Filters of mappings: patterns that the provider takes, of what is known of a message, and that let something through.

use std::cell::LazyCell;

use serde_json::Value;

use crate::cloud::bus::pattern::Pattern;
use crate::cloud::bus::record::{BODY, FIELDS, record};
use crate::cloud::topology::{Application, NodeId, NodeKind, Topology, WorkloadId};
use crate::ground::time::Span;
use crate::scenario::complaint::{Complaint, did_you_mean};
use crate::scenario::draft::mapping::Filters;
use crate::scenario::place::Place;
use crate::scenario::rules::buses::{objections, within};
use crate::scenario::rules::events::in_background;
use crate::scenario::rules::flow::Flow;
use crate::scenario::rules::{Foresight, Rule};
use crate::scenario::sight::{Kind, Sight, node_place};

pub(super) const RULE: Rule = Rule {
    about: "the filter of a mapping is one to ten patterns of what a message's body has here",
    check: check_patterns,
};

pub(super) const PASSED: Foresight =
    Foresight { about: "the filter of a mapping takes some of what comes to its queue", check: passed };

/// Filters of a mapping (AWS Lambda developer guide, *Control which events Lambda sends to your function*): five, ten on request.
const FILTERS: usize = 10;

fn check_patterns(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (name, topology) in sight.topologies() {
        for (queue_name, queue) in &topology.queue {
            let Some(filters) = queue.mapping.as_ref().and_then(|mapping| mapping.filter.as_ref()) else { continue };
            let place = node_place(name, Kind::Queue, queue_name).then("mapping").then("filter");
            patterns(filters, &place, &mut complaints);
        }
    }
    complaints
}

fn patterns(filters: &Filters, place: &Place, complaints: &mut Vec<Complaint>) {
    let count = filters.patterns.len();
    if !(1..=FILTERS).contains(&count) {
        let advice = format!("one to {FILTERS}; a message is taken that meets any of them");
        complaints.push(Complaint::error("E201", place.clone(), format!("{count} filters")).advise(advice));
    }
    for (index, pattern) in filters.patterns.iter().enumerate() {
        let place = if filters.listed { place.nth(index) } else { place.clone() };
        let read = Pattern::of(pattern);
        let is_read = read.is_ok();
        objections(read, |objection| (within(&place, &objection.at), objection.what.clone()), complaints);
        if is_read {
            fields(pattern, &place, "", complaints);
        }
    }
}

/// What a pattern looks at that no filter sees: beside the body, or in a body as it is here.
fn fields(pattern: &Value, place: &Place, inside: &str, complaints: &mut Vec<Complaint>) {
    let Value::Object(entries) = pattern else { return };
    for (key, below) in entries {
        let place = place.then(key);
        match (key.as_str(), below) {
            ("$or", Value::Array(members)) => {
                for (index, member) in members.iter().enumerate() {
                    fields(member, &place.nth(index), inside, complaints);
                }
            }
            (BODY, Value::Object(_)) if inside.is_empty() => fields(below, &place, BODY, complaints),
            (BODY, _) if inside.is_empty() => {
                let what = "a body is a table here, and this takes it for one value";
                let advice = format!("look at its parts: `{BODY} = {{ workload = [\"…\"] }}`");
                complaints.push(Complaint::error("E108", place.key(), what).advise(advice));
            }
            (_, _) if inside.is_empty() => {
                let what = format!("filters of queues look into `{BODY}` alone, and this is `{key}`");
                let advice = format!("ask for what stands there: `{BODY} = {{ workload = [\"…\"] }}`");
                complaints.push(Complaint::error("E108", place.key(), what).advise(advice));
            }
            (field, Value::Array(_)) if FIELDS.contains(&field) => {}
            (field, _) => {
                let what = format!("a message's body has no `{field}` here: it has `workload`, `number` and `size`");
                let complaint = Complaint::error("E108", place.key(), what);
                complaints.push(complaint.advise_if(did_you_mean(field, FIELDS)));
            }
        }
    }
}

/// A filter that takes nothing of anything that comes.
fn passed(application: &Application, topology: &Topology, _: Option<Span>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let flow = Flow::new(application, topology);
    let background = LazyCell::new(|| in_background(application, topology));
    for (at, node) in topology.nodes.iter().enumerate() {
        let NodeKind::Queue(queue) = &node.kind else { continue };
        let Some(filter) = queue.mapping.as_ref().and_then(|mapping| mapping.filter.as_ref()) else { continue };
        let mut kinds: Vec<WorkloadId> = (0..application.workloads.len()).map(WorkloadId::at).collect();
        kinds.retain(|&kind| flow.order(topology.entry[kind.index()], kind).contains(&NodeId::at(at)));
        if background.contains(&at) {
            kinds.push(WorkloadId::at(application.workloads.len()));
        }
        if kinds.is_empty() || kinds.iter().any(|&kind| filter.may_take(kind)) {
            continue;
        }
        let what = format!(
            "nothing that comes to queue `{}` of topology `{}` meets its filter: all messages are deleted, and none is run",
            node.name, topology.name
        );
        let kind = application.workloads.get(kinds[0].index()).map_or("", |workload| &workload.name);
        let place = Place::of(&["topology", &topology.name, "queue", &node.name, "mapping", "filter"]);
        let advice = format!("a message here is `{}`", record(kind, 0, 1_024));
        complaints.push(Complaint::warning("W117", place.key(), what).advise(advice));
    }
    complaints
}
