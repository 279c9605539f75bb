//! Time goes on: nothing happens over and over again in one and the same instant.

use crate::cloud::arrivals::Arrivals;
use crate::cloud::scaling::Scaling;
use crate::cloud::topology::{Application, Fault, NoWorker, NodeId, NodeKind, Pool, Topology, Verb, WorkloadId};
use crate::ground::time::{SECOND, Span};
use crate::scenario::complaint::Complaint;
use crate::scenario::draft::client::{Backoff, Failure, Retry};
use crate::scenario::draft::fault::Faults;
use crate::scenario::draft::law::Law;
use crate::scenario::draft::quantities::{Amount, Time};
use crate::scenario::place::Place;
use crate::scenario::rules::flow::{Flow, most_workers, slots, steps};
use crate::scenario::rules::{Foresight, Rule};
use crate::scenario::sight::{Sight, deeds};

pub(super) const RULE: Rule = Rule {
    about: "who tries without limit pauses between attempts, and an outage that returns leaves time between",
    check,
};

pub(super) const USERS: Foresight =
    Foresight { about: "a closed group thinks, or has to wait for its answers", check: users };

/// Shorter than this is nothing: what returns so often would stop the clock.
const SHORTEST: Span = Span::from_millis(1);

/// A closed group whose members come around in less stands still, as far as anybody can tell.
const ROUND: Span = Span::from_nanos(1_000);

/// Requests of a closed group in one replication, each of some five events: nobody waits for more than 10¹⁰ of those.
const ROUNDS: f64 = 2e9;

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
        for deed in deeds(name, topology) {
            if let Some(retry) = &deed.step.retry {
                tries(sight, retry, deed.step.timeout, deed.place.then("retry"), &mut complaints);
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
    let nothing = |backoff: &Option<Backoff>| match backoff {
        Some(Backoff::Wait(law)) => is_nothing(sight, law),
        Some(Backoff::Doubling(bounds) | Backoff::FullJitter(bounds)) => short(&bounds.cap),
        Some(Backoff::EqualJitter(bounds) | Backoff::Decorrelated(bounds)) => short(&bounds.cap),
        None => false,
    };
    let no_pause = nothing(&retry.backoff) || nothing(&retry.throttled_backoff);
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
    for (kind, name, course) in faults.courses() {
        let nothing = |law: Option<&Law<Time>>| law.is_some_and(|law| is_nothing(sight, law));
        let again = kind == "reclaim" || kind == "stop" && course.lasts.is_none();
        if nothing(course.every) && (nothing(course.lasts) || again) {
            let what = "it would come and go over and over again in the same instant";
            let place = place.then(kind).then(name).then("every");
            complaints.push(Complaint::error("E204", place, what).advise(format!("give {SHORTEST} or longer")));
        }
    }
}

/// A group that asks again in the instant of its answer must not be answered, or refused, at once; and one that comes
/// around in next to no time must not do so for hours.
fn users(application: &Application, topology: &Topology, length: Option<Span>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (index, workload) in application.workloads.iter().enumerate() {
        let Arrivals::Users { count, think } = &workload.arrivals else { continue };
        if think.mean() >= SHORTEST.nanos() as f64 {
            continue;
        }
        let id = WorkloadId::at(index);
        let flow = Flow::new(application, topology);
        let entry = topology.entry[index];
        let reached = flow.order(entry, id);
        let mut refused = false;
        for &node in &reached {
            let kind = &topology.nodes[node.index()].kind;
            let away = |fault: &Fault| fault.what.takes_away(node, kind);
            let hit = |fault: &Fault| away(fault) || fault.what.hits_workers_of(node) || fault.what.refuses_at(node);
            refused |= application.faults.iter().chain(&topology.faults).any(hit)
                || match kind {
                    NodeKind::Balancer(balancer) => balancer.admission.is_some(),
                    kind => kind.pool().is_some_and(may_refuse),
                };
        }
        let timeout = workload.client.timeout.map_or(f64::INFINITY, Span::seconds);
        let held = flow.hold(entry, id).min(timeout);
        if !refused && held >= SHORTEST.seconds() {
            continue;
        }
        let think = think.mean() / SECOND as f64;
        let (round, most) = match refused {
            true => (think, f64::INFINITY),
            // Who gives up asks again, whatever the pools can do.
            false => (think + held, answers(&flow, topology, &reached, id) + f64::from(*count) / (think + timeout)),
        };
        let rounds = (f64::from(*count) / round).min(most) * length.map_or(0.0, Span::seconds);
        let (name, topology) = (&workload.name, &topology.name);
        let (what, advice) = if round < ROUND.seconds() {
            (
                format!("users of `{name}` do not think, and topology `{topology}` may answer or refuse them at once"),
                format!("they would ask over and over again in the same instant: let them think for {SHORTEST}"),
            )
        } else if rounds > ROUNDS {
            (
                format!(
                    "users of `{name}` hardly think, and topology `{topology}` may have {} million requests of them",
                    (rounds / 1e6).round()
                ),
                format!("let them think for {SHORTEST}, or shorten the run"),
            )
        } else {
            continue;
        };
        let place = Place::of(&["workload", name, "arrivals", "users", "think"]);
        complaints.push(Complaint::error("E204", place, what).advise(advice));
    }
    complaints
}

/// Requests a second that the nodes reached can answer at the most. `reached` has each node after all that lead to it.
fn answers(flow: &Flow<'_>, topology: &Topology, reached: &[NodeId], workload: WorkloadId) -> f64 {
    let mut most = vec![f64::INFINITY; topology.nodes.len()];
    for &node in reached.iter().rev() {
        let sum = |to: &[NodeId]| to.iter().map(|to| most[to.index()]).sum::<f64>();
        let kind = &topology.nodes[node.index()].kind;
        most[node.index()] = match (kind, kind.pool()) {
            (NodeKind::Balancer(balancer), _) => sum(&balancer.to),
            // Who sends to a queue or a bucket waits for no worker.
            (_, None) => f64::INFINITY,
            (_, Some(pool)) => {
                let slots = most_workers(pool).map_or(f64::INFINITY, |most| f64::from(most) * f64::from(slots(pool)));
                let called = steps(pool, workload).filter_map(|(step, chance)| match &step.verb {
                    Verb::Call { to, timeout: None, .. } => Some(to.iter().map(move |to| (to, chance))),
                    _ => None,
                });
                let called = called.flatten().map(|(to, chance)| most[to.index()] / chance);
                called.fold(slots / flow.hold(node, workload), f64::min)
            }
        };
    }
    most[reached[0].index()]
}

/// Whether a pool ever turns a request away.
fn may_refuse(pool: &Pool) -> bool {
    let may_be_empty = pool.workers == Some(0)
        || match &pool.scaling {
            Scaling::Fixed | Scaling::Nodes(_) => false,
            Scaling::Group(group) => group.min == 0,
            Scaling::Timetable(entries) => entries.iter().any(|entry| entry.workers == 0),
            Scaling::Vertical(_) => true,
            Scaling::Reactive(rule) => rule.min() == 0,
            Scaling::Pods(autoscaler) => autoscaler.goes_to_zero(),
        };
    pool.room.is_some() || pool.admission.is_some() || (pool.no_worker == NoWorker::Refuse && may_be_empty)
}
