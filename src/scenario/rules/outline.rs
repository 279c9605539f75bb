//! There is something to run, and a run ends.

use crate::scenario::complaint::Complaint;
use crate::scenario::draft::workload::Arrivals;
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::sight::Sight;

pub(super) const RULE: Rule =
    Rule { about: "a scenario has a workload, a topology with a node, and a length where arrivals never end", check };

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    if sight.declared("workload").is_empty() {
        complaints.push(
            Complaint::error("E011", Place::top(), "there is no workload: nobody calls")
                .advise("add a table `[workload.NAME]` with `arrivals = { poisson = { rate = \"12/min\" } }`"),
        );
    }
    if sight.declared("topology").is_empty() {
        complaints.push(
            Complaint::error("E011", Place::top(), "there is no topology: nothing serves the requests")
                .advise("add a table `[topology.NAME.pool.NAME]` with `steps = [{ work = \"NAME\" }]`"),
        );
    }
    for name in sight.declared("topology") {
        if sight.nodes(name).is_empty() && sight.draft.topology.contains_key(name) {
            complaints.push(
                Complaint::error("E011", Place::of(&["topology", name]), format!("topology `{name}` has no node"))
                    .advise(format!("add a table `[topology.{name}.pool.NAME]`")),
            );
        }
    }
    if sight.draft.run.length.is_none() && sight.tree.get("run").is_none_or(|run| run.get("length").is_none()) {
        let endless = sight.draft.workload.iter().find(|(_, workload)| never_end(&workload.arrivals));
        if let Some((name, _)) = endless {
            complaints.push(
                Complaint::error(
                    "E011",
                    Place::of(&["workload", name, "arrivals"]),
                    format!("the arrivals of `{name}` never end, and the run has no length"),
                )
                .advise("add `length = \"8h\"` to `[run]`"),
            );
        }
    }
    complaints
}

fn never_end(arrivals: &Arrivals) -> bool {
    match arrivals {
        Arrivals::Scripted(_) => false,
        Arrivals::Trace(trace) => trace.repeat == Some(true),
        Arrivals::Poisson(_)
        | Arrivals::Even(_)
        | Arrivals::Renewal(_)
        | Arrivals::Profile(_)
        | Arrivals::Sine(_)
        | Arrivals::Bursts(_)
        | Arrivals::Users(_) => true,
    }
}
