//! Numbers of nodes are within their ranges, and minimums are not above their maximums.

use crate::cloud::scaling::Predictive;
use crate::ground::time::Span;
use crate::scenario::complaint::Complaint;
use crate::scenario::draft::node::{Platform, Pool, Routing};
use crate::scenario::draft::quantities::{Amount, Change, Number, Whole};
use crate::scenario::draft::scaling::{Bounded, Maintenance, Policy, Scaling, Sees};
use crate::scenario::place::Place;
use crate::scenario::rules::ranges::Ranges;
use crate::scenario::rules::sizes;
use crate::scenario::rules::{Rule, alarms};
use crate::scenario::sight::{Deed, Kind, Sight, deeds_of, node_place};

pub(super) const RULE: Rule =
    Rule { about: "numbers of nodes are within their ranges, and a minimum is not above its maximum", check };

/// More is a slip.
/// A group that looks oftener looks at nothing else, and one whose machines live shorter only replaces them.
const CHECK_MIN: Span = Span::from_secs(1);
const LIFETIME_MIN: Span = Span::from_secs(60);
/// The longest that predictive scaling may be ahead of its hour (EC2 Auto Scaling API, `SchedulingBufferTime`).
const BUFFER_MAX: Span = Span::from_secs(3_600);
pub(super) const WORKERS_MAX: u64 = 1_000_000;
const SLOTS_MAX: u64 = 1_000_000;
const ROOM_MAX: u64 = 1_000_000_000;
const CALLS_MAX: u64 = 255;
const WEIGHT_MAX: f64 = 1_000_000.0;
/// Between the looks of a policy.
const RHYTHM_MIN: Span = Span::from_millis(1);

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut ranges = Ranges::default();
    for (name, topology) in sight.topologies() {
        for (pool_name, pool) in &topology.pool {
            self::pool(pool, &node_place(name, Kind::Pool, pool_name), &mut ranges);
        }
        for (balancer_name, balancer) in &topology.balancer {
            ranges.within(
                "rules of a listener",
                balancer.rules,
                0,
                100_000,
                node_place(name, Kind::Balancer, balancer_name).then("rules"),
            );
            if let Some(Routing::Weighted(by)) = &balancer.routing {
                let place = node_place(name, Kind::Balancer, balancer_name).then("routing").then("weighted");
                weights(&by.weights, &balancer.to.names, place.then("weights"), &mut ranges);
            }
        }
    }
    ranges.complaints
}

fn pool(pool: &Pool, place: &Place, ranges: &mut Ranges) {
    if let Some(Amount::Of(workers)) = pool.workers {
        ranges.within("workers", Some(Whole(workers)), 0, WORKERS_MAX, place.then("workers"));
    }
    if let Some(Amount::Of(room)) = pool.room {
        ranges.within("places to wait", Some(Whole(room)), 0, ROOM_MAX, place.then("room"));
    }
    ranges.within("slots of a worker", pool.slots, 1, SLOTS_MAX, place.then("slots"));
    speed(pool.speed, place.then("speed"), ranges);
    if let Some(Platform::Ec2(ec2)) = &pool.platform
        && ec2.volume.is_some_and(|bytes| bytes.0 > 1 << 50)
    {
        ranges.complaints.push(
            Complaint::error("E201", place.then("platform").then("ec2").then("volume"), "a volume above 1024 TiB")
                .advise("a volume is some GiB"),
        );
    }
    for Deed { step, place, .. } in deeds_of(Kind::Pool, "", &pool.steps, place.then("steps")) {
        ranges.positive("a timeout", step.timeout.map(|time| time.0), place.then("timeout"));
        ranges.within("copies of a message", step.copies, 1, 10_000, place.then("copies"));
        let called = step.call.as_ref().map(|call| Whole(call.names.len() as u64));
        ranges.within("calls at once", called, 0, CALLS_MAX, place.then("call"));
        if let Some(retry) = &step.retry {
            sizes::retry(retry, &place.then("retry"), ranges);
        }
    }
    if let Some(scaling) = &pool.scaling {
        self::scaling(pool, scaling, place, ranges);
    }
}

fn weights(weights: &[Number], pools: &[String], place: Place, ranges: &mut Ranges) {
    if weights.len() != pools.len() {
        let what = format!("pools behind it: {}, weights: {}", pools.len(), weights.len());
        ranges.complaints.push(
            Complaint::error("E201", place, what).advise("give one number for each pool of `to`, in the same order"),
        );
        return;
    }
    for (index, weight) in weights.iter().enumerate() {
        if !(0.0..=WEIGHT_MAX).contains(&weight.0) {
            let what = format!("a weight of {}", weight.0);
            ranges
                .complaints
                .push(Complaint::error("E201", place.nth(index), what).advise(format!("from 0 to {WEIGHT_MAX}")));
        }
    }
    if weights.iter().all(|weight| weight.0 == 0.0) {
        ranges.complaints.push(
            Complaint::error("E201", place, "every weight is zero: nobody would have a request")
                .advise("give at least one pool a weight above zero"),
        );
    }
}

/// The slowest that anything is.
pub(super) const SLOWEST: f64 = 0.001;

pub(super) fn speed(speed: Option<Number>, place: Place, ranges: &mut Ranges) {
    if let Some(Number(number)) = speed
        && !(SLOWEST..=1_000.0).contains(&number)
    {
        ranges.complaints.push(
            Complaint::error("E201", place, format!("a speed of {number}"))
                .advise("from 0.001 to 1000; 2 is twice as fast as the reference machine"),
        );
    }
}

fn scaling(pool: &Pool, scaling: &Scaling, pool_place: &Place, ranges: &mut Ranges) {
    let place = pool_place.then("scaling");
    if let Some(group) = scaling.bounded() {
        bounded(pool, group, pool_place, &place.then(group.word), ranges);
    }
    match scaling {
        Scaling::Asg(asg) => {
            let place = place.then("asg");
            let every = asg.health_check.and_then(|health| health.every).map(|time| time.0);
            ranges.at_least("a rhythm", every, CHECK_MIN, place.then("health-check").then("every"));
            if let Some(health) = asg.health_check
                && health.sees == Some(Sees::Machines)
                && health.grace.is_some_and(|grace| grace.0 > Span::ZERO)
            {
                let what = "a `grace` is for software that starts, and `machines` are replaced whatever it does";
                let place = place.then("health-check").then("grace");
                let advice = "take it out, or say how long one must be down as `patience`";
                ranges.complaints.push(Complaint::error("E108", place.key(), what).advise(advice));
            }
            if let Some(kept) = &asg.maintenance {
                maintenance(*kept, &place.then("maintenance"), ranges);
            }
            let most = asg.max_lifetime.map(|time| time.0);
            ranges.at_least("a lifetime", most, LIFETIME_MIN, place.then("max-lifetime"));
        }
        Scaling::EcsService(_) => {}
        Scaling::Hpa(_) | Scaling::Keda(_) | Scaling::KedaJobs(_) | Scaling::Kpa(_) => {}
        Scaling::StartOnDemand(_) | Scaling::NPolicy(_) | Scaling::Hysteresis(_) => {}
        Scaling::Schedule(rows) => {
            for (index, row) in rows.iter().enumerate() {
                ranges.within(
                    "workers",
                    Some(row.workers),
                    0,
                    WORKERS_MAX,
                    place.then("schedule").nth(index).then("workers"),
                );
            }
        }
        Scaling::Vertical(vertical) => {
            let place = place.then("vertical");
            for (index, size) in vertical.sizes.iter().enumerate() {
                let place = place.then("sizes").nth(index);
                speed(size.speed, place.then("speed"), ranges);
                ranges.within("slots of a worker", size.slots, 1, SLOTS_MAX, place.then("slots"));
            }
            let sizes = vertical.sizes.len() as u64;
            if sizes == 0 {
                ranges.complaints.push(
                    Complaint::error("E201", place.then("sizes"), "there is no size to change to")
                        .advise("name at least two: `[{ type = \"m5.large\" }, { type = \"m5.xlarge\" }]`"),
                );
            }
            if let Some(alarm) = &vertical.alarm {
                let place = place.then("alarm");
                alarms::window(alarm.points, alarm.of, alarm.period, &place, ranges);
                ranges.at_least("a rhythm", alarm.period.map(|time| time.0), RHYTHM_MIN, place.then("period"));
            }
            for (index, (_, number)) in vertical.at.iter().flatten().enumerate() {
                if sizes > 0 && !(1..=sizes).contains(&number.0) {
                    let what = format!("there is no size {}", number.0);
                    ranges.complaints.push(
                        Complaint::error("E201", place.then("at").nth(index).nth(1), what)
                            .advise(format!("`sizes` are counted from 1 to {sizes}")),
                    );
                }
            }
        }
    }
}

/// Whole shares on either side of all, not too far apart (EC2 Auto Scaling API, `InstanceMaintenancePolicy`).
fn maintenance(kept: Maintenance, place: &Place, ranges: &mut Ranges) {
    let mut share = |key: &str, change: Change, low: f64, high: f64| match change {
        Change::Percent(percent) if (low..=high).contains(&percent) && percent.fract() == 0.0 => Some(percent),
        Change::Percent(_) | Change::By(_) => {
            let what = format!("`{key}` is a whole share of what is wanted");
            ranges.complaints.push(
                Complaint::error("E201", place.then(key), what).advise(format!("from \"{low}%\" to \"{high}%\"")),
            );
            None
        }
    };
    let (min, max) =
        (share("min-healthy", kept.min_healthy, 0.0, 100.0), share("max-healthy", kept.max_healthy, 100.0, 200.0));
    if let (Some(min), Some(max)) = (min, max)
        && (max - min > 100.0 || min == 100.0 && max == 100.0)
    {
        let what = if max == min {
            "nothing may ever be replaced: all must be in service, and none more may be there".to_owned()
        } else {
            format!("{min} and {max} per cent are more than 100 points apart")
        };
        ranges.complaints.push(
            Complaint::error("E201", place.then("max-healthy"), what)
                .advise("such as `{ min-healthy = \"90%\", max-healthy = \"120%\" }`"),
        );
    }
}

/// What groups and services have in common.
fn bounded(pool: &Pool, group: Bounded<'_>, pool_place: &Place, place: &Place, ranges: &mut Ranges) {
    ranges.within("workers at the most", Some(group.max), 0, WORKERS_MAX, place.then("max"));
    let (min, desired, max) = (group.min.map(|n| n.0), group.desired.map(|n| n.0), Some(group.max.0));
    ranges.at_most(("min", min), ("max", max), place);
    ranges.at_most(("min", min), ("desired", desired), place);
    ranges.at_most(("desired", desired), ("max", max), place);
    if let Some(Amount::Of(workers)) = pool.workers
        && !(min.unwrap_or(0)..=group.max.0).contains(&workers)
        && min.unwrap_or(0) <= group.max.0
    {
        let what = format!(
            "{workers} workers at the start are outside the group's bounds, {} to {}",
            min.unwrap_or(0),
            group.max.0
        );
        ranges.complaints.push(
            Complaint::error("E202", pool_place.then("workers"), what)
                .advise("change the bounds, or take `workers` out"),
        );
    }
    for (index, policy) in group.policies.iter().enumerate() {
        self::policy(policy, group.max.0, &place.then("policies").nth(index), ranges);
    }
}

fn policy(policy: &Policy, group_max: u64, place: &Place, ranges: &mut Ranges) {
    match policy {
        Policy::QueueLength(rule) => {
            let place = place.then("queue-length");
            ranges.above_zero("messages for one worker", rule.per_worker, place.then("per-worker"));
            ranges.at_least("a rhythm", rule.every.map(|time| time.0), RHYTHM_MIN, place.then("every"));
        }
        Policy::TargetTracking(tracking) => {
            let place = place.then("target-tracking");
            ranges.above_zero("a target", tracking.requests_per_worker, place.then("requests-per-worker"));
            ranges.above_zero("a target", tracking.backlog_per_instance, place.then("backlog-per-instance"));
            if tracking.cpu.is_some_and(|share| share.0 == 0.0) {
                ranges.complaints.push(
                    Complaint::error("E201", place.then("cpu"), "a target of nothing")
                        .advise("give a share above zero, such as \"60%\""),
                );
            }
            ranges.at_least("a rhythm", tracking.period.map(|time| time.0), RHYTHM_MIN, place.then("period"));
            if let Some(high) = &tracking.high {
                alarms::window(high.points, high.of, tracking.period, &place.then("high"), ranges);
            }
            if let Some(low) = &tracking.low {
                alarms::window(low.points, low.of, tracking.period, &place.then("low"), ranges);
            }
        }
        Policy::Step(step) => {
            let place = place.then("step");
            ranges.at_least("a rhythm", step.period.map(|time| time.0), RHYTHM_MIN, place.then("period"));
            alarms::window(step.points, step.of, step.period, &place, ranges);
            let changes: Vec<_> = step.steps.iter().map(|step| step.change).collect();
            alarms::least(step.min_change, &changes, &place, &mut ranges.complaints);
        }
        Policy::Simple(simple) => {
            let place = place.then("simple");
            ranges.at_least("a rhythm", simple.period.map(|time| time.0), RHYTHM_MIN, place.then("period"));
            alarms::window(simple.points, simple.of, simple.period, &place, ranges);
            alarms::change(simple.change, simple.set, &place, &mut ranges.complaints);
            alarms::least(simple.min_change, &[simple.change], &place, &mut ranges.complaints);
        }
        Policy::Predictive(rule) => {
            let place = place.then("predictive");
            let history = rule.history.map(|time| time.0);
            ranges.at_least("a history", history, Predictive::LEAST_HISTORY, place.then("history"));
            ranges.no_longer("a history", history, Predictive::MOST_HISTORY, place.then("history"));
            ranges.no_longer("a buffer", rule.buffer.map(|time| time.0), BUFFER_MAX, place.then("buffer"));
            if rule.quantile.is_some_and(|share| share.0 == 0.0) {
                ranges.complaints.push(
                    Complaint::error("E201", place.then("quantile"), "a quantile of nothing")
                        .advise("give a share above zero, such as \"90%\""),
                );
            }
        }
        Policy::Scheduled(scheduled) => {
            let place = place.then("scheduled");
            for (key, number) in [("min", scheduled.min), ("desired", scheduled.desired), ("max", scheduled.max)] {
                ranges.within("workers", number, 0, WORKERS_MAX, place.then(key));
            }
            let (min, max) = (scheduled.min.map(|n| n.0), scheduled.max.map(|n| n.0));
            ranges.at_most(("min", min), ("max", max), &place);
            if let (Some(min), None) = (min, max)
                && min > group_max
            {
                let what = format!("at least {min} workers are wanted of a group of at most {group_max}");
                ranges.complaints.push(Complaint::error("E202", place.then("min"), what).advise("raise `max` too"));
            }
        }
    }
}
