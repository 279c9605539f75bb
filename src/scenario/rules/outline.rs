//! There is something to run, and a run ends.

use crate::ground::time::Span;
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
    snapshots(sight, &mut complaints);
    complaints
}

/// So many instants, and so many states of a run, are kept at the most.
const INSTANTS_MAX: usize = 200;
const STATES_MAX: u64 = 10_000_000;

/// Instants whose states are kept come one after the other, inside of the run.
fn snapshots(sight: &Sight<'_>, complaints: &mut Vec<Complaint>) {
    let Some(snapshots) = &sight.draft.run.snapshots else { return };
    let place = Place::of(&["run", "snapshots"]);
    let Some(length) = sight.draft.run.length.map(|length| length.0) else {
        let what = "instants whose states are kept need a run whose end is known";
        complaints.push(Complaint::error("E108", place, what).advise("add `length = \"8h\"` to `[run]`"));
        return;
    };
    let every = snapshots.every.map(|every| every.0);
    let instants = snapshots.at.len();
    if instants == 0 || instants > INSTANTS_MAX {
        let what = format!("{instants} instants whose states are kept");
        complaints.push(Complaint::error("E201", place.then("at"), what).advise(format!("from 1 to {INSTANTS_MAX}")));
    }
    if every == Some(Span::ZERO) {
        let what = "a cycle of no time";
        complaints.push(Complaint::error("E201", place.then("every"), what).advise("give a duration above zero"));
        return;
    }
    for (index, at) in snapshots.at.iter().enumerate() {
        let place = place.then("at").nth(index);
        if index > 0 && snapshots.at[index - 1].0 >= at.0 {
            let what = format!("{} does not come after {}", at.0, snapshots.at[index - 1].0);
            complaints.push(Complaint::error("E203", place, what).advise("write the instants in their order"));
        } else if let Some(every) = every.filter(|every| at.0 >= *every) {
            let what = format!("{} is not inside of a cycle of {every}", at.0);
            complaints.push(Complaint::error("E203", place, what).advise("an earlier instant, or a longer cycle"));
        } else if at.0 > length {
            let what = format!("{} is after the end of the run, which is {length} long", at.0);
            complaints.push(Complaint::error("E203", place, what).advise("an earlier instant, or a longer run"));
        }
    }
    let cycles = every.map_or(1, |every| length.nanos() / every.nanos().max(1));
    if cycles.saturating_mul(instants as u64) > STATES_MAX {
        let what = format!("a run has {cycles} cycles of {instants} instants whose states are kept");
        complaints.push(
            Complaint::error("E201", place, what)
                .advise(format!("at most {STATES_MAX} states: a longer cycle, or a shorter run")),
        );
    }
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
