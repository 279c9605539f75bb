//! Controllers read something that they can read, and can leave zero.

use crate::scenario::complaint::{Complaint, did_you_mean};
use crate::scenario::draft::quantities::Limit;
use crate::scenario::draft::scaling::{Alarm, Asg, Metric, Policy, Scaling, TargetTracking, When};
use crate::scenario::figures::Form;
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
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
            if let Some(Scaling::Vertical(vertical)) = &pool.scaling
                && let Some(alarm) = &vertical.alarm
            {
                let place = place.then("vertical").then("alarm");
                reads(sight, (name, pool_name), &alarm.metric, &place.then("metric"), &mut complaints);
                limit(alarm, &place.then("when"), &mut complaints);
            }
            let Some(Scaling::Asg(asg)) = &pool.scaling else { continue };
            let place = place.then("asg");
            for (index, policy) in asg.policies.iter().enumerate() {
                let place = place.then("policies").nth(index);
                match policy {
                    Policy::QueueLength(rule) => {
                        if let Some(metric) = &rule.metric {
                            reads(
                                sight,
                                (name, pool_name),
                                metric,
                                &place.then("queue-length").then("metric"),
                                &mut complaints,
                            );
                        }
                    }
                    Policy::TargetTracking(tracking) => {
                        let place = place.then("target-tracking");
                        if let Some(metric) = &tracking.metric {
                            reads(sight, (name, pool_name), metric, &place.then("metric"), &mut complaints);
                        }
                        target(tracking, &place, &mut complaints);
                        leaves_zero(pool_name, asg, &place, &mut complaints);
                    }
                    Policy::Scheduled(_) => {}
                }
            }
            let ambiguous = asg.policies.iter().any(|policy| match policy {
                Policy::QueueLength(rule) => {
                    rule.metric.as_ref().is_none_or(|metric| of_queue(metric) && node_of(metric).is_none())
                }
                Policy::TargetTracking(tracking) => {
                    tracking.backlog_per_instance.is_some()
                        || tracking.metric.as_ref().is_some_and(|metric| of_queue(metric) && node_of(metric).is_none())
                }
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

/// Whether a metric is of a queue (or line), and not of the pool's own workers.
pub(crate) fn of_queue(metric: &Metric) -> bool {
    match metric {
        Metric::Visible(_) | Metric::InFlight(_) | Metric::Delayed(_) | Metric::Oldest(_) | Metric::Backlog(_) => true,
        Metric::Cpu(_) | Metric::Busy(_) | Metric::RequestsPerWorker(_) => false,
    }
}

/// The node that a metric names.
pub(crate) fn node_of(metric: &Metric) -> Option<&str> {
    match metric {
        Metric::Visible(of)
        | Metric::InFlight(of)
        | Metric::Delayed(of)
        | Metric::Oldest(of)
        | Metric::Backlog(of)
        | Metric::Cpu(of)
        | Metric::Busy(of)
        | Metric::RequestsPerWorker(of) => of.of.as_deref(),
    }
}

fn word(metric: &Metric) -> &'static str {
    match metric {
        Metric::Visible(_) => "visible",
        Metric::InFlight(_) => "in-flight",
        Metric::Delayed(_) => "delayed",
        Metric::Oldest(_) => "oldest",
        Metric::Backlog(_) => "backlog",
        Metric::Cpu(_) => "cpu",
        Metric::Busy(_) => "busy",
        Metric::RequestsPerWorker(_) => "requests-per-worker",
    }
}

fn reads(
    sight: &Sight<'_>,
    (topology, pool): (&str, &str),
    metric: &Metric,
    place: &Place,
    complaints: &mut Vec<Complaint>,
) {
    let Some(of) = node_of(metric) else { return };
    let place = place.then(word(metric)).then("of");
    let nodes = sight.nodes(topology);
    match nodes.get(of) {
        None => {
            let known =
                nodes.iter().filter(|(_, kind)| matches!(kind, Kind::Pool | Kind::Queue)).map(|(name, _)| *name);
            let what = format!("the metric `{}` is of `{of}`, which topology `{topology}` does not have", word(metric));
            complaints.push(Complaint::error("E101", place, what).advise_if(did_you_mean(of, known)));
        }
        Some(_) if !of_queue(metric) && of != pool => {
            let what = format!("`{}` is measured at the workers that are scaled, and not at `{of}`", word(metric));
            complaints.push(Complaint::error("E104", place, what).advise("take `of` out"));
        }
        Some(Kind::Pool | Kind::Queue | Kind::Later) => {}
        Some(kind) => {
            let what = format!("`{of}` is a {}, which has no `{}`", kind.word(), word(metric));
            complaints.push(Complaint::error("E104", place, what).advise("name a queue or a pool"));
        }
    }
}

/// The form of a metric's values.
pub(crate) fn form(metric: &Metric) -> Form {
    match metric {
        Metric::Cpu(_) => Form::Share,
        Metric::Oldest(_) => Form::Duration,
        Metric::Visible(_)
        | Metric::InFlight(_)
        | Metric::Delayed(_)
        | Metric::Backlog(_)
        | Metric::Busy(_)
        | Metric::RequestsPerWorker(_) => Form::Number,
    }
}

/// A limit of a metric, in the metric's own unit.
pub(crate) fn limit_value(metric: &Metric, limit: &Limit) -> Result<f64, String> {
    let value = match (form(metric), limit) {
        (Form::Number, Limit::Number(number)) => Ok(*number),
        (form, Limit::Text(text)) => form.read(text),
        (form, Limit::Number(number)) => Err(format!("{number} is a bare number; write {}", form.example())),
    }?;
    if value >= 0.0 { Ok(value) } else { Err("no metric is ever below zero".to_owned()) }
}

/// The target of a policy that names its metric, in the metric's own unit.
pub(crate) fn target_value(metric: &Metric, target: &Limit) -> Result<f64, String> {
    let value = limit_value(metric, target)?;
    if value > 0.0 { Ok(value) } else { Err("a target is above zero".to_owned()) }
}

fn target(tracking: &TargetTracking, place: &Place, complaints: &mut Vec<Complaint>) {
    if let (Some(metric), Some(target)) = (&tracking.metric, &tracking.target)
        && let Err(why) = target_value(metric, target)
    {
        let what = format!("this is no target for `{}`", word(metric));
        complaints.push(Complaint::error("E302", place.then("target"), what).advise(why));
    }
}

fn limit(alarm: &Alarm, place: &Place, complaints: &mut Vec<Complaint>) {
    let (word, limit) = match &alarm.when {
        When::Above(limit) => ("above", limit),
        When::AtLeast(limit) => ("at-least", limit),
        When::Below(limit) => ("below", limit),
        When::AtMost(limit) => ("at-most", limit),
    };
    if let Err(why) = limit_value(&alarm.metric, limit) {
        let what = format!("this is no limit for `{}`", self::word(&alarm.metric));
        complaints.push(Complaint::error("E302", place.then(word), what).advise(why));
    }
}

/// New capacity is workers in service × metric ÷ target, which of none is none: nothing ever asks for the first one.
fn leaves_zero(pool: &str, asg: &Asg, place: &Place, complaints: &mut Vec<Complaint>) {
    let others = asg.policies.iter().any(|policy| matches!(policy, Policy::QueueLength(_) | Policy::Scheduled(_)));
    if asg.min.map_or(0, |min| min.0) == 0 && !others {
        let what = format!(
            "pool `{pool}` may shrink to zero workers, and target tracking never leaves zero: it multiplies those there are"
        );
        complaints.push(
            Complaint::warning("W105", place.clone(), what)
                .advise("set `min = 1`, or add a `queue-length` policy, which needs no worker to look at"),
        );
    }
}
