//! The defaults of event buses: Amazon EventBridge.

use crate::scenario::documented::{Mark, Row};
use crate::scenario::tree::Tree;

/// The rows of event buses, in the order of the grammar.
pub(crate) const BUSES: &[Row] = &[
    Row {
        place: "topology.*.bus.*.latency",
        value: "{ lognormal = { p50 = \"130ms\", p99 = \"390ms\" } }",
        mark: Mark::Measured,
        source: "bitesizedserverless.com, February 2023, 1,024 events to a function in eu-west-1; AWS says that it is faster since",
        only: None,
    },
    Row {
        place: "topology.*.bus.*.puts",
        value: "\"10000/s\"",
        mark: Mark::Documented,
        source: "Amazon EventBridge user guide, quotas: PutEvents in us-east-1; fewer in other regions",
        only: None,
    },
    Row {
        place: "topology.*.bus.*.invocations",
        value: "\"18750/s\"",
        mark: Mark::Documented,
        source: "Amazon EventBridge user guide, quotas: invocations in us-east-1; beyond them events are delayed",
        only: None,
    },
    Row {
        place: "topology.*.bus.*.replay.*.rate",
        value: "\"1000/s\"",
        mark: Mark::Assumed,
        source: "Amazon EventBridge user guide, replays: minute by minute of what was kept; how fast is not published",
        only: None,
    },
    Row {
        place: "topology.*.bus.*.rule.*.late",
        value: "{ uniform = { low = \"0s\", high = \"60s\" } }",
        mark: Mark::Assumed,
        source: "Amazon EventBridge user guide, rules that run on a schedule: within the minute, not at its beginning",
        only: Some(has_schedule),
    },
];

fn has_schedule(_: &Tree, rule: &Tree) -> bool {
    rule.get("schedule").is_some()
}
