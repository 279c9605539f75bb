//! Balancers that lead to a function: to it alone, and without settings of workers that it does not have.

use crate::scenario::build::mapping::function_among;
use crate::scenario::complaint::Complaint;
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::sight::{Kind, Sight, node_place};
use crate::scenario::tree::Value;

pub(super) const RULE: Rule = Rule {
    about: "a balancer leads to pools or to one function, which has no workers to choose among or to check",
    check,
};

/// What concerns workers (Elastic Load Balancing, *Use Lambda functions as targets of an Application Load Balancer*).
const OF_WORKERS: [&str; 7] =
    ["routing", "ties", "health-check", "deregistration-delay", "slow-start", "sticky", "connect-timeout"];

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (name, topology) in sight.topologies() {
        for (balancer_name, balancer) in &topology.balancer {
            let Some((function, _)) = function_among(topology, &balancer.to) else { continue };
            let place = node_place(name, Kind::Balancer, balancer_name);
            if balancer.to.names.len() > 1 {
                let what = format!("`{function}` is a function, and its balancer has others behind it");
                complaints.push(
                    Complaint::error("E108", place.then("to").key(), what)
                        .advise("a balancer leads to pools or to one function: give the others one of their own"),
                );
            }
            for key in OF_WORKERS.into_iter().filter(|key| is_written(sight, &place, key)) {
                let what = format!("`{key}` concerns workers behind a balancer, and `{function}` is a function");
                complaints.push(Complaint::error("E108", place.then(key).key(), what).advise("take it out"));
            }
        }
    }
    complaints
}

/// Whether a file says it, and not the defaults of the provider.
fn is_written(sight: &Sight<'_>, place: &Place, key: &str) -> bool {
    match sight.tree.at(place).map(|tree| &tree.value) {
        Some(Value::Table(table)) => table.get(key).is_some_and(|entry| entry.key.is_some()),
        _ => false,
    }
}
