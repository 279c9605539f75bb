//! Whether anything of a scenario varies with the clock: what does not may come to a steady state.

use crate::cloud::arrivals::Arrivals;
use crate::cloud::scaling::{Policy, Reading, Scaling};
use crate::cloud::topology::{Application, NodeKind, Takes, Times, Topology, When};
use crate::scenario::draft::Draft;

/// What varies with the clock, as a sentence; `None` where nothing does.
pub(crate) fn varies(application: &Application, topologies: &[Topology], draft: &Draft) -> Option<String> {
    if draft.run.length.is_none() {
        return Some("the run has no length".to_owned());
    }
    if draft.run.snapshots.as_ref().is_some_and(|snapshots| snapshots.every.is_none()) {
        return Some("states of given instants are looked at".to_owned());
    }
    for workload in &application.workloads {
        let name = &workload.name;
        match &workload.arrivals {
            Arrivals::Poisson { .. } | Arrivals::Even { .. } | Arrivals::Renewal { .. } | Arrivals::Bursts { .. } => {}
            Arrivals::Users { .. } => {}
            Arrivals::Profile(_) | Arrivals::Sine(_) => return Some(format!("the rate of `{name}` varies with time")),
            Arrivals::Instants(_) | Arrivals::Counts { .. } => {
                return Some(format!("the requests of `{name}` come at given times"));
            }
        }
        if workload.at_start > 0 {
            return Some(format!("some requests of `{name}` are there at the start"));
        }
    }
    let faults = application.faults.iter().chain(topologies.iter().flat_map(|topology| &topology.faults));
    if faults.into_iter().any(|fault| matches!(fault.when, When::At(_))) {
        return Some("some trouble comes at given times".to_owned());
    }
    for topology in topologies {
        for node in &topology.nodes {
            if let NodeKind::Bus(bus) = &node.kind
                && bus.rules.iter().any(|rule| matches!(rule.takes, Takes::Schedule { when: Times::At(_), .. }))
            {
                return Some(format!("a rule of `{}` follows the clock", node.name));
            }
            let scaling = match &node.kind {
                NodeKind::Pool(pool) => &pool.scaling,
                NodeKind::Function(function) => &function.desk.scaling,
                _ => continue,
            };
            if is_timed(scaling) {
                return Some(format!(
                    "`{}` of topology `{}` changes its size at given times",
                    node.name, topology.name
                ));
            }
        }
    }
    None
}

fn is_timed(scaling: &Scaling) -> bool {
    match scaling {
        Scaling::Timetable(_) => true,
        Scaling::Vertical(vertical) => !vertical.at.is_empty(),
        Scaling::Group(group) => group.policies.iter().any(|policy| {
            let reads = policy.metric().map(|metric| &metric.what);
            matches!(policy, Policy::Scheduled(_)) || matches!(reads, Some(Reading::Recorded(_)))
        }),
        Scaling::Fixed | Scaling::Reactive(_) | Scaling::Pods(_) | Scaling::Nodes(_) => false,
    }
}
