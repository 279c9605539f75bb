//! Time goes on: nothing happens over and over again in one and the same instant.

use crate::cloud::arrivals::Arrivals;
use crate::cloud::scaling::Scaling;
use crate::cloud::topology::{Application, NoWorker, NodeKind, Pool, Topology, WorkloadId};
use crate::ground::time::Span;
use crate::scenario::complaint::Complaint;
use crate::scenario::draft::client::{Backoff, Failure, Retry};
use crate::scenario::draft::fault::Faults;
use crate::scenario::draft::law::Law;
use crate::scenario::draft::quantities::{Amount, Time};
use crate::scenario::place::Place;
use crate::scenario::rules::flow::Flow;
use crate::scenario::rules::{Foresight, Rule};
use crate::scenario::sight::{Kind, Sight, node_place};

pub(super) const RULE: Rule = Rule {
    about: "who tries without limit pauses between attempts, and an outage that returns leaves time between",
    check,
};

pub(super) const USERS: Foresight =
    Foresight { about: "a closed group that does not think has to wait for its answers", check: users };

/// Shorter than this is nothing: what returns so often would stop the clock.
const SHORTEST: Span = Span::from_millis(1);

/// Attempts that may follow each other without a pause.
const ATTEMPTS: u64 = 1_000;

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (name, workload) in &sight.draft.workload {
        if let Some(client) = &workload.client
            && let Some(retry) = &client.retry
        {
            tries(sight, retry, client.timeout, Place::of(&["workload", name, "client", "retry"]), &mut complaints);
        }
    }
    for (name, topology) in sight.topologies() {
        for (pool_name, pool) in &topology.pool {
            for (index, step) in pool.steps.iter().enumerate() {
                let place = node_place(name, Kind::Pool, pool_name).then("steps").nth(index).then("retry");
                if let Some(retry) = &step.retry {
                    tries(sight, retry, step.timeout, place, &mut complaints);
                }
            }
        }
        outages(sight, &topology.fault, &Place::of(&["topology", name, "fault"]), &mut complaints);
    }
    outages(sight, &sight.draft.fault, &Place::of(&["fault"]), &mut complaints);
    complaints
}

/// Whether a law hardly takes time.
fn is_nothing(sight: &Sight<'_>, law: &Law<Time>) -> bool {
    law.make(&sight.files.samples).is_ok_and(|law| law.mean() < SHORTEST.nanos() as f64)
}

fn tries(sight: &Sight<'_>, retry: &Retry, timeout: Option<Time>, place: Place, complaints: &mut Vec<Complaint>) {
    let many = match retry.attempts {
        Some(Amount::Unlimited) => true,
        Some(Amount::Of(attempts)) => attempts > ATTEMPTS,
        None => false,
    };
    let short = |cap: &Option<Time>| cap.is_some_and(|cap| cap.0 < SHORTEST);
    let no_pause = match &retry.backoff {
        Some(Backoff::Wait(law)) => is_nothing(sight, law),
        Some(Backoff::Doubling(bounds) | Backoff::FullJitter(bounds)) => short(&bounds.cap),
        Some(Backoff::EqualJitter(bounds) | Backoff::Decorrelated(bounds)) => short(&bounds.cap),
        None => false,
    };
    // Where only what took too long is tried again, the waiting is the pause.
    let waits = timeout.is_some_and(|timeout| timeout.0 >= SHORTEST)
        && retry.on.as_ref().is_some_and(|on| on.iter().all(|failure| *failure == Failure::Timeout));
    if many && no_pause && !waits {
        let what = "what fails would be tried over and over again in the same instant";
        complaints.push(
            Complaint::error("E204", place.then("backoff"), what)
                .advise(format!("pause {SHORTEST} or longer, or give at most {ATTEMPTS} `attempts`")),
        );
    }
}

fn outages(sight: &Sight<'_>, faults: &Faults, place: &Place, complaints: &mut Vec<Complaint>) {
    for (name, outage) in &faults.outage {
        let nothing = |law: &Option<Law<Time>>| law.as_ref().is_some_and(|law| is_nothing(sight, law));
        if nothing(&outage.every) && nothing(&outage.lasts) {
            let what = "it would come and go over and over again in the same instant";
            let place = place.then("outage").then(name).then("every");
            complaints.push(Complaint::error("E204", place, what).advise(format!("give {SHORTEST} or longer")));
        }
    }
}

/// A group that asks again in the instant of its answer must not be answered, or refused, at once.
fn users(application: &Application, topology: &Topology, _: Option<Span>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (index, workload) in application.workloads.iter().enumerate() {
        let Arrivals::Users { think, .. } = &workload.arrivals else { continue };
        if think.mean() >= SHORTEST.nanos() as f64 {
            continue;
        }
        let id = WorkloadId::at(index);
        let flow = Flow::new(application, topology);
        let entry = topology.entry[index];
        let reached = flow.order(entry, id);
        let pools = reached.iter().filter_map(|&node| match &topology.nodes[node.index()].kind {
            NodeKind::Pool(pool) => Some(pool.as_ref()),
            NodeKind::Balancer(_) | NodeKind::Queue(_) | NodeKind::Bucket(_) => None,
        });
        let at_once = flow.hold(entry, id) < SHORTEST.seconds();
        let mut away = false;
        for fault in application.faults.iter().chain(&topology.faults) {
            away |= reached.iter().any(|&node| fault.what.takes_away(node, &topology.nodes[node.index()].kind));
        }
        if at_once || away || pools.into_iter().any(may_refuse) {
            let what = format!(
                "users of `{}` do not think, and topology `{}` may answer or refuse them at once",
                workload.name, topology.name
            );
            complaints.push(
                Complaint::error("E204", Place::of(&["workload", &workload.name, "arrivals", "users", "think"]), what)
                    .advise(format!(
                        "they would ask over and over again in the same instant: let them think for {SHORTEST}"
                    )),
            );
        }
    }
    complaints
}

/// Whether a pool ever turns a request away.
fn may_refuse(pool: &Pool) -> bool {
    let may_be_empty = pool.workers == Some(0)
        || match &pool.scaling {
            Scaling::Fixed => false,
            Scaling::Group(group) => group.min == 0,
            Scaling::Timetable(entries) => entries.iter().any(|entry| entry.workers == 0),
            Scaling::Vertical(_) => true,
        };
    pool.room.is_some() || (pool.no_worker == NoWorker::Refuse && may_be_empty)
}
