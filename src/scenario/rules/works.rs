//! Every work that a step does is given, or brought by every request that comes there.

use crate::scenario::complaint::{Complaint, did_you_mean};
use crate::scenario::draft::workload::Arrivals;
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::sight::{Sight, deeds, edges, entry, is_for, reached};

pub(super) const RULE: Rule = Rule {
    about: "a work that a step does stands in `[work]`, or every request of a trace or script that comes there brings it",
    check,
};

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let given = sight.declared("work");
    let is_known = |name: &str| given.contains(&name) || sight.works.id(name).is_some();
    for (name, topology) in sight.topologies() {
        let nodes = sight.nodes(name);
        let edges = edges(name, topology);
        for deed in deeds(name, topology) {
            for (key, work) in [("work", &deed.step.work), ("cold", &deed.step.cold)] {
                let Some(work) = work else { continue };
                let place = deed.place.then(key);
                if given.contains(&work.as_str()) {
                    continue;
                }
                if !is_known(work) {
                    let known = given.iter().copied().chain(sight.works.names().filter(|name| !given.contains(name)));
                    let advice = did_you_mean(work, known)
                        .unwrap_or_else(|| format!("add it to `[work]`: `{work} = \"300ms\"`"));
                    complaints.push(
                        Complaint::error("E102", place, format!("nothing says how long `{work}` takes")).advise(advice),
                    );
                    continue;
                }
                for (workload, draft) in
                    sight.draft.workload.iter().filter(|(workload, _)| is_for(deed.only.as_ref(), workload))
                {
                    let comes_here = entry(topology, &nodes, &edges, workload)
                        .is_ok_and(|from| reached(&edges, from, workload).contains(deed.node));
                    if comes_here && let Some(who) = lacks(workload, &draft.arrivals, work) {
                        let what = format!("`{work}` is not in `[work]`, and {who} does not bring it");
                        complaints.push(
                            Complaint::error("E102", place.clone(), what)
                                .advise(format!("add `{work}` to `[work]`, or to every request that comes here")),
                        );
                    }
                }
            }
        }
    }
    scripts(sight, &is_known, &mut complaints);
    for name in sight.declared("component") {
        if !is_known(name) {
            let what = format!("there is no work `{name}`, of which this could be a trait");
            let known = given.iter().copied().chain(sight.works.names().filter(|name| !given.contains(name)));
            complaints.push(
                Complaint::error("E102", Place::of(&["component", name]).key(), what)
                    .advise_if(did_you_mean(name, known)),
            );
        }
    }
    complaints
}

/// Who of a workload comes without that work.
fn lacks(workload: &str, arrivals: &Arrivals, work: &str) -> Option<String> {
    match arrivals {
        Arrivals::Trace(trace) if trace.work.contains_key(work) => None,
        Arrivals::Scripted(requests) => {
            let at = requests.iter().position(|request| !request.work.contains_key(work))?;
            Some(match &requests[at].name {
                Some(name) => format!("request `{name}` of `{workload}`"),
                None => format!("request {} of `{workload}`", at + 1),
            })
        }
        Arrivals::Trace(_)
        | Arrivals::Poisson(_)
        | Arrivals::Even(_)
        | Arrivals::Renewal(_)
        | Arrivals::Profile(_)
        | Arrivals::Sine(_)
        | Arrivals::Bursts(_)
        | Arrivals::Users(_) => Some(format!("workload `{workload}`")),
    }
}

/// What scripts say of works that nothing does or gives.
fn scripts(sight: &Sight<'_>, is_known: &dyn Fn(&str) -> bool, complaints: &mut Vec<Complaint>) {
    for (workload, draft) in &sight.draft.workload {
        let Arrivals::Scripted(requests) = &draft.arrivals else { continue };
        for (index, request) in requests.iter().enumerate() {
            let place = Place::of(&["workload", workload, "arrivals", "scripted"]).nth(index).then("fails");
            for work in request.fails.keys().filter(|work| !is_known(work)) {
                let advice = did_you_mean(work, sight.works.names());
                complaints.push(
                    Complaint::error(
                        "E102",
                        place.then(work).key(),
                        format!("there is no work `{work}` that could fail"),
                    )
                    .advise_if(advice),
                );
            }
        }
    }
}
