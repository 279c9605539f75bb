//! Settings that exclude each other, and settings that need each other.

use crate::scenario::complaint::Complaint;
use crate::scenario::draft::fault::Held;
use crate::scenario::draft::node::{Line, Priority};
use crate::scenario::draft::quantities::Amount;
use crate::scenario::draft::scaling::{Policy, Scaling};
use crate::scenario::draft::workload::Arrivals;
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::sight::{Kind, Sight, node_place};

pub(super) const RULE: Rule =
    Rule { about: "settings that exclude each other stand alone, settings that need each other stand together", check };

/// More than any region has.
const ZONES_MAX: usize = 100;

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (name, workload) in &sight.draft.workload {
        let place = Place::of(&["workload", name, "arrivals"]);
        match &workload.arrivals {
            Arrivals::Even(even) => {
                one_of(
                    &[("rate", even.rate.is_some()), ("every", even.every.is_some())],
                    &place.then("even"),
                    &mut complaints,
                );
            }
            Arrivals::Trace(trace) => {
                let place = place.then("trace");
                let per_request = [
                    ("work", !trace.work.is_empty()),
                    ("fields", {
                        let fields = &trace.fields;
                        fields.size.is_some() || fields.name.is_some() || fields.group.is_some()
                    }),
                    ("marks", trace.marks.is_some()),
                ];
                if trace.value.is_some() {
                    for (key, _) in per_request.iter().filter(|(_, there)| *there) {
                        let what =
                            format!("`{key}` is about single requests, and `value` says that each row counts many");
                        complaints
                            .push(Complaint::error("E108", place.then(key).key(), what).advise("keep one of them"));
                    }
                } else if trace.spread.is_some() {
                    let what = "`spread` is about counted intervals, and without `value` each row is one request";
                    complaints.push(
                        Complaint::error("E108", place.then("spread").key(), what)
                            .advise("name the column of counts as `value`, or take it out"),
                    );
                }
                for column in trace.unit.keys() {
                    let measured = trace.work.values().chain([&trace.time]).map(String::as_str);
                    if !measured.clone().any(|used| used == column) {
                        let what =
                            format!("`unit` speaks of column `{column}`, which neither time nor work is read from");
                        let advice = crate::scenario::complaint::did_you_mean(column, measured);
                        complaints.push(
                            Complaint::error("E108", place.then("unit").then(column).key(), what).advise_if(advice),
                        );
                    }
                }
                if trace.marks.is_some() && trace.work.is_empty() {
                    complaints.push(
                        Complaint::error(
                            "E108",
                            place.then("marks").key(),
                            "`marks` needs the works that each request brings",
                        )
                        .advise("name their columns: `work = { NAME = \"COLUMN\" }`"),
                    );
                }
            }
            Arrivals::Poisson(_)
            | Arrivals::Renewal(_)
            | Arrivals::Profile(_)
            | Arrivals::Sine(_)
            | Arrivals::Bursts(_)
            | Arrivals::Users(_)
            | Arrivals::Scripted(_) => {}
        }
        let single = match &workload.arrivals {
            Arrivals::Scripted(_) => Some("scripted"),
            Arrivals::Trace(trace) if trace.value.is_none() => Some("trace"),
            _ => None,
        };
        let several = workload.batch.as_ref().and_then(|batch| batch.make(&sight.files.samples).ok());
        if let (Some(several), Some(single)) = (several, single)
            && several.constant_value() != Some(1)
        {
            let what = format!("`batch` brings several at once, and `{single}` says of each request when it comes");
            complaints.push(
                Complaint::error("E108", Place::of(&["workload", name, "batch"]).key(), what)
                    .and(place.then(single).key(), "the other one")
                    .advise("take `batch` out, and write those who come together as requests of one instant"),
            );
        }
        let closed = matches!(workload.arrivals, Arrivals::Users(_)).then_some("users");
        if let (Some(_), Some(whole)) = (workload.at_start, single.or(closed)) {
            let what = format!("`at-start` adds requests, and `{whole}` says of each who it is");
            complaints.push(
                Complaint::error("E108", Place::of(&["workload", name, "at-start"]).key(), what)
                    .and(place.then(whole).key(), "the other one")
                    .advise("take `at-start` out, and put those of time 0 among the others"),
            );
        }
        if let Some(client) = &workload.client
            && client.abandoned.is_some()
            && client.timeout.is_none()
            && client.patience.is_none()
        {
            complaints.push(
                Complaint::error(
                    "E108",
                    Place::of(&["workload", name, "client", "abandoned"]).key(),
                    "`abandoned` needs a `timeout`: nothing is ever given up",
                )
                .advise("add a `timeout`, or take it out"),
            );
        }
    }
    for (name, topology) in sight.topologies() {
        for (queue_name, queue) in &topology.queue {
            let place = node_place(name, Kind::Queue, queue_name);
            let both = [
                ("max-receive-count", queue.max_receive_count.is_some()),
                ("dead-letters", queue.dead_letters.is_some()),
            ];
            both_or_neither(&both, &place, &mut complaints);
            if queue.dead_letter_at.is_some() && queue.dead_letters.is_none() {
                complaints.push(
                    Complaint::error(
                        "E108",
                        place.then("dead-letter-at").key(),
                        "`dead-letter-at` needs `dead-letters`",
                    )
                    .advise("add both `max-receive-count` and `dead-letters`, or take it out"),
                );
            }
            if queue.dead_letters.as_deref() == Some(queue_name) {
                complaints.push(
                    Complaint::error(
                        "E108",
                        place.then("dead-letters"),
                        format!("the dead letters of `{queue_name}` would go to itself"),
                    )
                    .advise("name another queue"),
                );
            }
        }
        zones(topology.zones.as_deref().unwrap_or_default(), &Place::of(&["topology", name, "zones"]), &mut complaints);
        for (pool_name, pool) in &topology.pool {
            if let Some(scale_in) = &pool.scale_in
                && scale_in.grace.is_some()
                && scale_in.held.is_some_and(|held| held != Held::Finish)
            {
                let place = node_place(name, Kind::Pool, pool_name).then("scale-in");
                complaints.push(
                    Complaint::error("E108", place.then("grace").key(), "`grace` is for work that is left to finish")
                        .and(place.then("held"), "and this is not")
                        .advise("let `held` be \"finish\", or take `grace` out"),
                );
            }
            let before = topology.balancer.iter().find(|(_, balancer)| balancer.to.names.contains(pool_name));
            if let (Some((balancer, _)), Some(Line::Priority(Priority { preempts: Some(true), .. }))) =
                (before, &pool.line)
            {
                let what = format!(
                    "pool `{pool_name}` is behind balancer `{balancer}`: each worker has a line of its own, and nobody is interrupted there"
                );
                let place = node_place(name, Kind::Pool, pool_name).then("line").then("priority").then("preempts");
                complaints.push(
                    Complaint::error("E108", place.key(), what)
                        .advise("take `preempts` out, or let the pool be reached without a balancer"),
                );
            }
            let place = node_place(name, Kind::Pool, pool_name).then("scaling");
            if let Some(Scaling::Schedule(rows)) = &pool.scaling {
                for (index, row) in rows.iter().enumerate() {
                    one_of(
                        &[("at", row.at.is_some()), ("cron", row.cron.is_some())],
                        &place.then("schedule").nth(index),
                        &mut complaints,
                    );
                }
            }
            if let Some(group) = pool.scaling.as_ref().and_then(Scaling::bounded) {
                for (index, policy) in group.policies.iter().enumerate() {
                    if matches!((group.word, policy), ("ecs-service", Policy::Simple(_))) {
                        let place = place.then(group.word).then("policies").nth(index).then("simple").key();
                        complaints.push(
                            Complaint::error(
                                "E108",
                                place,
                                "a service has no simple scaling: that is of Auto Scaling groups",
                            )
                            .advise("a `step` policy with one step does the same"),
                        );
                    }
                    self::policy(policy, &place.then(group.word).then("policies").nth(index), &mut complaints);
                }
            }
            if let Some(Scaling::Vertical(vertical)) = &pool.scaling {
                let place = place.then("vertical");
                one_of(&[("at", vertical.at.is_some()), ("alarm", vertical.alarm.is_some())], &place, &mut complaints);
            }
            if let Some(Scaling::Vertical(vertical)) = &pool.scaling
                && vertical.held == Some(Held::Finish)
            {
                let what = "work that is left to finish can't outlive the machine that it is on";
                let place = place.then("vertical").then("held");
                complaints.push(
                    Complaint::error("E108", place, what).advise("`lost`, `back`, `resume`, `restart` or `redraw`"),
                );
            }
            if matches!(pool.workers, Some(Amount::Unlimited)) && pool.scaling.is_some() {
                complaints.push(
                    Complaint::error("E108", place.key(), "a pool with unlimited workers has nothing to scale")
                        .advise("take `scaling` out, or give a number of `workers`"),
                );
            }
        }
    }
    complaints
}

fn policy(policy: &Policy, place: &Place, complaints: &mut Vec<Complaint>) {
    match policy {
        Policy::QueueLength(_) | Policy::Step(_) | Policy::Simple(_) | Policy::Predictive(_) => {}
        Policy::TargetTracking(tracking) => {
            let place = place.then("target-tracking");
            let metrics = [
                ("cpu", tracking.cpu.is_some()),
                ("requests-per-worker", tracking.requests_per_worker.is_some()),
                ("backlog-per-instance", tracking.backlog_per_instance.is_some()),
                ("metric", tracking.metric.is_some()),
            ];
            one_of(&metrics, &place, complaints);
            if tracking.metric.is_some() != tracking.target.is_some() && metrics[..3].iter().all(|(_, there)| !there) {
                both_or_neither(
                    &[("metric", tracking.metric.is_some()), ("target", tracking.target.is_some())],
                    &place,
                    complaints,
                );
            } else if tracking.target.is_some() && tracking.metric.is_none() {
                complaints.push(
                    Complaint::error(
                        "E108",
                        place.then("target").key(),
                        "`target` belongs to `metric`, and the target stands at the metric's own key here",
                    )
                    .advise("take it out"),
                );
            }
        }
        Policy::Scheduled(scheduled) => {
            let place = place.then("scheduled");
            one_of(&[("at", scheduled.at.is_some()), ("cron", scheduled.cron.is_some())], &place, complaints);
            if scheduled.min.is_none() && scheduled.desired.is_none() && scheduled.max.is_none() {
                complaints.push(
                    Complaint::error("E108", place, "this changes nothing")
                        .advise("give at least one of `min`, `desired` and `max`"),
                );
            }
        }
    }
}

/// Zones have names of their own, and are not too many.
fn zones(zones: &[String], place: &Place, complaints: &mut Vec<Complaint>) {
    for (index, zone) in zones.iter().enumerate() {
        if zones[..index].contains(zone) {
            let what = format!("there are two zones called `{zone}`");
            complaints.push(Complaint::error("E009", place.nth(index), what).advise("give one of them another name"));
        }
    }
    if zones.len() > ZONES_MAX {
        let what = format!("{} zones", zones.len());
        complaints.push(Complaint::error("E201", place.clone(), what).advise(format!("at most {ZONES_MAX}")));
    }
}

/// Exactly one of these keys.
pub(super) fn one_of(keys: &[(&str, bool)], place: &Place, complaints: &mut Vec<Complaint>) {
    let there: Vec<&str> = keys.iter().filter(|(_, there)| *there).map(|(key, _)| *key).collect();
    let all = keys.iter().map(|(key, _)| format!("`{key}`")).collect::<Vec<_>>().join(", ");
    match there.as_slice() {
        [_] => {}
        [] => complaints.push(
            Complaint::error("E108", place.clone(), format!("none of {all} is given"))
                .advise("give exactly one of them"),
        ),
        [first, second, ..] => {
            let what = format!("`{first}` and `{second}` exclude each other");
            complaints.push(
                Complaint::error("E108", place.then(second).key(), what)
                    .and(place.then(first).key(), "the other one")
                    .advise("keep one of them"),
            );
        }
    }
}

/// Both of two keys, or neither.
fn both_or_neither(keys: &[(&str, bool); 2], place: &Place, complaints: &mut Vec<Complaint>) {
    let (there, missing) = match keys {
        [(a, true), (b, false)] => (a, b),
        [(a, false), (b, true)] => (b, a),
        _ => return,
    };
    complaints.push(
        Complaint::error("E108", place.then(there).key(), format!("`{there}` needs `{missing}`"))
            .advise(format!("give both, or neither: `{missing} = …`")),
    );
}
