//! What is sent to a queue is received by somebody, unless the queue keeps dead letters.

use crate::scenario::complaint::Complaint;
use crate::scenario::rules::Rule;
use crate::scenario::sight::{Kind, Sight, Way, edges, node_place};

pub(super) const RULE: Rule = Rule { about: "a queue that is sent to has somebody who receives", check };

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (name, topology) in sight.topologies() {
        let edges = edges(name, topology);
        for (queue_name, queue) in &topology.queue {
            let sent = edges.iter().any(|edge| edge.to == queue_name && matches!(edge.way, Way::Send | Way::Notify));
            if sent && queue.to.as_ref().is_none_or(|to| to.names.is_empty()) {
                let what = format!("nobody receives what is sent to queue `{queue_name}` of topology `{name}`");
                complaints.push(
                    Complaint::warning("W102", node_place(name, Kind::Queue, queue_name).key(), what).advise(
                        "name the pool that works on it: `to = \"POOL\"`; until then such requests are never complete",
                    ),
                );
            }
        }
    }
    complaints
}
