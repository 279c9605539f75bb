//! Controllers read something that they can read, and can leave zero.

use crate::scenario::complaint::Complaint;
use crate::scenario::draft::metric::Metric;
use crate::scenario::draft::quantities::{Change, Limit, Whole};
use crate::scenario::draft::scaling::{Bounded, Policy, Scaling, Stride, TargetTracking, When};
use crate::scenario::place::Place;
use crate::scenario::rules::metrics::{limit_value, of_some_queue, reads, target_value, word};
use crate::scenario::rules::{Rule, alarms};
use crate::scenario::sight::{Kind, Sight, Way, edges, node_place};

pub(super) const RULE: Rule = Rule {
    about: "a controller reads a node that exists, its target is in the metric's own form, and it can leave zero workers",
    check,
};

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (name, topology) in sight.topologies() {
        for (pool_name, pool) in &topology.pool {
            let place = node_place(name, Kind::Pool, pool_name).then("scaling");
            let read = |metric: &Metric, place: &Place, complaints: &mut Vec<Complaint>| {
                reads(sight, (name, pool_name), metric, &place.then("metric"), complaints);
            };
            if let Some(Scaling::Vertical(vertical)) = &pool.scaling
                && let Some(alarm) = &vertical.alarm
            {
                let place = place.then("vertical").then("alarm");
                read(&alarm.metric, &place, &mut complaints);
                limit(&alarm.metric, &alarm.when, &place.then("when"), &mut complaints);
            }
            let Some(group) = pool.scaling.as_ref().and_then(Scaling::bounded) else { continue };
            let place = place.then(group.word);
            for (index, policy) in group.policies.iter().enumerate() {
                let place = place.then("policies").nth(index);
                match policy {
                    Policy::QueueLength(rule) => {
                        if let Some(metric) = &rule.metric {
                            read(metric, &place.then("queue-length"), &mut complaints);
                        }
                    }
                    Policy::TargetTracking(tracking) => {
                        let place = place.then("target-tracking");
                        if let Some(metric) = &tracking.metric {
                            read(metric, &place, &mut complaints);
                        }
                        target(tracking, &place, &mut complaints);
                        let why = "target tracking never leaves zero: it multiplies those there are".to_owned();
                        leaves_zero(pool_name, group, &place, why, &mut complaints);
                    }
                    Policy::Step(step) => {
                        let place = place.then("step");
                        read(&step.metric, &place, &mut complaints);
                        limit(&step.metric, &step.when, &place.then("when"), &mut complaints);
                        alarms::steps(step, &place, &mut complaints);
                        alarm_leaves_zero(pool_name, group, (&step.metric, &step.when), &place, &mut complaints);
                    }
                    Policy::Simple(simple) => {
                        let place = place.then("simple");
                        read(&simple.metric, &place, &mut complaints);
                        limit(&simple.metric, &simple.when, &place.then("when"), &mut complaints);
                        alarm_leaves_zero(pool_name, group, (&simple.metric, &simple.when), &place, &mut complaints);
                    }
                    Policy::Predictive(rule) => {
                        let place = place.then("predictive");
                        read(&rule.metric, &place, &mut complaints);
                        in_its_form(&rule.metric, &rule.per_worker, &place.then("per-worker"), &mut complaints);
                    }
                    Policy::Scheduled(_) => {}
                }
            }
            let ambiguous = group.policies.iter().any(|policy| match policy {
                Policy::QueueLength(rule) => rule.metric.as_ref().is_none_or(of_some_queue),
                Policy::TargetTracking(tracking) => {
                    tracking.backlog_per_instance.is_some() || tracking.metric.as_ref().is_some_and(of_some_queue)
                }
                Policy::Step(step) => of_some_queue(&step.metric),
                Policy::Simple(simple) => of_some_queue(&simple.metric),
                Policy::Predictive(rule) => of_some_queue(&rule.metric),
                Policy::Scheduled(_) => false,
            });
            let edges = edges(name, topology);
            let queues: Vec<&str> = edges
                .iter()
                .filter(|edge| edge.way == Way::Receive && edge.to == pool_name)
                .map(|edge| edge.from)
                .collect();
            if ambiguous && queues.len() > 1 {
                let what = format!(
                    "pool `{pool_name}` receives from {}, and its policy does not say which it reads",
                    crate::scenario::complaint::listed(&queues)
                );
                complaints.push(
                    Complaint::error("E105", place.then("policies"), what)
                        .advise(format!("say it: `metric = {{ visible = {{ of = \"{}\" }} }}`", queues[0])),
                );
            }
        }
    }
    complaints
}

fn target(tracking: &TargetTracking, place: &Place, complaints: &mut Vec<Complaint>) {
    if let (Some(metric), Some(target)) = (&tracking.metric, &tracking.target) {
        in_its_form(metric, target, &place.then("target"), complaints);
    }
}

fn in_its_form(metric: &Metric, target: &Limit, place: &Place, complaints: &mut Vec<Complaint>) {
    if let Err(why) = target_value(metric, target) {
        let what = format!("this is no target for `{}`", word(metric));
        complaints.push(Complaint::error("E302", place.clone(), what).advise(why));
    }
}

fn limit(metric: &Metric, when: &When, place: &Place, complaints: &mut Vec<Complaint>) {
    let (side, limit) = match when {
        When::Above(limit) => ("above", limit),
        When::AtLeast(limit) => ("at-least", limit),
        When::Below(limit) => ("below", limit),
        When::AtMost(limit) => ("at-most", limit),
    };
    if let Err(why) = limit_value(metric, limit) {
        let what = format!("this is no limit for `{}`", word(metric));
        complaints.push(Complaint::error("E302", place.then(side), what).advise(why));
    }
}

/// An alarm for too much of something that nobody has who is not there.
fn alarm_leaves_zero(
    pool: &str,
    group: Bounded<'_>,
    (metric, when): (&Metric, &When),
    place: &Place,
    complaints: &mut Vec<Complaint>,
) {
    if is_of_too_much(when) && !needs_nobody(metric) {
        let why = format!("this alarm never goes off there: `{}` has no datapoint without a worker", word(metric));
        leaves_zero(pool, group, place, why, complaints);
    }
}

/// New capacity is workers in service × metric ÷ target, which of none is none, and an alarm on the workers' own figures
/// has none of them: nothing ever asks for the first one.
fn leaves_zero(pool: &str, group: Bounded<'_>, place: &Place, why: String, complaints: &mut Vec<Complaint>) {
    // A service is started by its first datapoint above the target, if there is one without a task.
    let starts = group.word == "ecs-service";
    let others = group.policies.iter().any(|policy| match policy {
        Policy::QueueLength(_) => true,
        Policy::Scheduled(rule) => [rule.min, rule.desired].into_iter().flatten().any(|number| number.0 > 0),
        Policy::Step(step) => {
            let adds = |stride: &Stride| adds_to_none(stride.change, stride.set, step.min_change);
            needs_nobody(&step.metric) && is_of_too_much(&step.when) && step.steps.iter().any(adds)
        }
        Policy::Simple(simple) => {
            let adds = adds_to_none(simple.change, simple.set, simple.min_change);
            needs_nobody(&simple.metric) && is_of_too_much(&simple.when) && adds
        }
        Policy::Predictive(rule) => needs_nobody(&rule.metric),
        // Workers in service × metric: only a divisor of at least one makes something of nobody.
        Policy::TargetTracking(tracking) => {
            tracking.metric.as_ref().is_some_and(|metric| is_of_one_at_least(metric) || starts && needs_nobody(metric))
        }
    });
    let lets_go = |policy: &Policy| matches!(policy, Policy::Scheduled(rule) if rule.min.is_some_and(|min| min.0 == 0));
    let may_be_none = group.min.map_or(0, |min| min.0) == 0 || group.policies.iter().any(lets_go);
    if may_be_none && !others {
        let what = format!("pool `{pool}` may shrink to zero workers, and {why}");
        complaints.push(Complaint::warning("W105", place.clone(), what).advise(
            "set `min = 1`, or add a policy that needs no worker to look at: `queue-length`, or a `step` on `visible`",
        ));
    }
}

/// Whether an alarm goes off for too much, not for too little.
fn is_of_too_much(when: &When) -> bool {
    matches!(when, When::Above(_) | When::AtLeast(_))
}

/// Whether a change makes something of no workers: a share of none is none, but for the least that it changes.
fn adds_to_none(change: Option<Change>, set: Option<Whole>, min_change: Option<Whole>) -> bool {
    let least = min_change.is_some_and(|least| least.0 > 0);
    match change {
        Some(Change::By(change)) => change > 0,
        Some(Change::Percent(percent)) => percent > 0.0 && least,
        None => set.is_some_and(|size| size.0 > 0),
    }
}

/// Whether there are datapoints of it where nobody is in service.
fn needs_nobody(metric: &Metric) -> bool {
    match metric {
        Metric::Visible(_) | Metric::InFlight(_) | Metric::Delayed(_) | Metric::Oldest(_) | Metric::Backlog(_) => true,
        Metric::Concurrency(_) | Metric::Recorded(_) => true,
        Metric::Ratio(_) => is_of_one_at_least(metric),
        Metric::Cpu(_)
        | Metric::Busy(_)
        | Metric::RequestsPerWorker(_)
        | Metric::ProvisionedUse(_)
        | Metric::InService(_)
        | Metric::Ready(_)
        | Metric::Desired(_) => false,
    }
}

/// Metric math that divides what is there without workers by one at the least.
fn is_of_one_at_least(metric: &Metric) -> bool {
    match metric {
        Metric::Ratio(ratio) => ratio.at_least.is_some_and(|least| least.0 > 0.0) && needs_nobody(&ratio.of),
        _ => false,
    }
}
