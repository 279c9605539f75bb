//! Controllers of pods: within their ranges, with metrics that can be read.

use crate::ground::time::Span;
use crate::scenario::complaint::Complaint;
use crate::scenario::draft::kubernetes::{
    Behavior, Hpa, HpaMetric, Keda, KedaJobs, Kpa, MetricType, Percent, Rules, Select, Trigger,
};
use crate::scenario::draft::metric::Metric;
use crate::scenario::draft::node::Pool;
use crate::scenario::draft::quantities::{Time, Whole};
use crate::scenario::draft::scaling::Scaling;
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::rules::metrics::{of_some_queue, reads};
use crate::scenario::rules::pairs::one_of;
use crate::scenario::rules::ranges::Ranges;
use crate::scenario::sight::{Edge, Kind, Sight, Way, edges, node_place};

pub(super) const RULE: Rule =
    Rule { about: "controllers of pods are within their ranges, and read what there is", check };

/// More pods are a slip.
const PODS_MAX: u64 = 100_000;
/// Metrics of one autoscaler, or policies of one direction: more are a slip.
const LIST_MAX: usize = 100;
/// Looks closer than this stop the clock.
const LOOK_MIN: Span = Span::from_secs(1);
/// The longest stabilisation window (Kubernetes API reference, *HPAScalingRules*).
const WINDOW_MAX: Span = Span::from_secs(3_600);
/// The longest period of a policy (the same page, *HPAScalingPolicy*).
const PERIOD_MAX: Span = Span::from_secs(1_800);
/// The stable window of Knative (its documentation, *Configuring the autoscaler*).
const STABLE: (Span, Span) = (Span::from_secs(6), Span::from_secs(3_600));

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (topology, draft) in sight.topologies() {
        for (name, pool) in &draft.pool {
            let place = node_place(topology, Kind::Pool, name).then("scaling");
            let Some(scaling) = &pool.scaling else { continue };
            let Some(word) = word_of(scaling) else { continue };
            let place = place.then(word);
            let mut ranges = Ranges::default();
            match scaling {
                Scaling::Hpa(hpa) => self::hpa(hpa, &place, &mut ranges),
                Scaling::Keda(keda) => self::keda(keda, &place, &mut ranges),
                Scaling::KedaJobs(jobs) => self::jobs(jobs, &place, &mut ranges),
                Scaling::Kpa(kpa) => self::kpa(kpa, &place, &mut ranges),
                _ => {}
            }
            complaints.extend(ranges.complaints);
            let metrics = metrics_of(scaling, &place);
            for (place, metric) in &metrics {
                reads(sight, (topology, name), metric, place, &mut complaints);
            }
            let unnamed = |triggers: &[Trigger]| triggers.iter().any(|trigger| trigger.metric.is_none());
            let some_queue = metrics.iter().any(|(_, metric)| of_some_queue(metric))
                || matches!(scaling, Scaling::Keda(keda) if unnamed(&keda.triggers))
                || matches!(scaling, Scaling::KedaJobs(jobs) if unnamed(&jobs.triggers));
            let edges = edges(topology, draft);
            let queues: Vec<&str> =
                edges.iter().filter(|edge| edge.way == Way::Receive && edge.to == name).map(|edge| edge.from).collect();
            if !sight.for_decide {
                fits(scaling, pool, (name, &edges, &queues), &place, &mut complaints);
            }
            if some_queue && queues.len() > 1 {
                let what = format!(
                    "pool `{name}` receives from {}, and its autoscaler does not say which it reads",
                    crate::scenario::complaint::listed(&queues)
                );
                complaints.push(
                    Complaint::error("E105", place, what)
                        .advise(format!("say it: `metric = {{ backlog = {{ of = \"{}\" }} }}`", queues[0])),
                );
            }
        }
    }
    complaints
}

/// Whether what comes to a pool can be sized by its controller.
fn fits(
    scaling: &Scaling,
    pool: &Pool,
    (name, edges, queues): (&str, &[Edge<'_>], &[&str]),
    place: &Place,
    complaints: &mut Vec<Complaint>,
) {
    match scaling {
        Scaling::Kpa(_) if !queues.is_empty() => {
            let what = format!(
                "Knative counts the requests that it hands to pods, and nobody hands `{name}` the messages of `{}`",
                queues[0]
            );
            let advice = "size it by `keda`, or send it requests";
            complaints.push(Complaint::error("E108", place.clone().key(), what).advise(advice));
        }
        Scaling::KedaJobs(_) => {
            let handed = edges.iter().find(|edge| edge.to == name && edge.way != Way::Receive);
            if queues.is_empty() || handed.is_some() {
                let what = format!("a job takes a message and ends with it, and `{name}` is given requests");
                let advice = "put a queue before it, or size it by `keda`";
                let complaint = Complaint::error("E108", place.clone().key(), what).advise(advice);
                complaints.push(match handed {
                    Some(edge) => complaint.and(edge.place.clone(), "from here"),
                    None => complaint,
                });
            }
            if pool.batch.is_some() {
                let what = "a job takes one message, or those of one receive: it waits for no others";
                let complaint = Complaint::error("E108", place.clone().key(), what);
                complaints.push(complaint.advise("take `batch` out, or let a receive bring more: `poll.messages`"));
            }
        }
        _ => {}
    }
}

/// The word of a controller of pods.
pub(crate) fn word_of(scaling: &Scaling) -> Option<&'static str> {
    match scaling {
        Scaling::Hpa(_) => Some("hpa"),
        Scaling::Keda(_) => Some("keda"),
        Scaling::KedaJobs(_) => Some("keda-jobs"),
        Scaling::Kpa(_) => Some("kpa"),
        _ => None,
    }
}

/// Every metric that a controller of pods names, with its place, from the place of its own word.
pub(crate) fn metrics_of<'s>(scaling: &'s Scaling, place: &Place) -> Vec<(Place, &'s Metric)> {
    let of_triggers = |triggers: &'s [Trigger]| {
        let each = triggers.iter().enumerate();
        let named = each.filter_map(|(at, trigger)| {
            Some((place.then("triggers").nth(at).then("metric"), trigger.metric.as_ref()?))
        });
        named.collect()
    };
    match scaling {
        Scaling::Hpa(hpa) => {
            let each = hpa.metrics.iter().enumerate();
            let named = each.filter_map(|(at, metric)| {
                let (word, metric) = match metric {
                    HpaMetric::Cpu(_) => return None,
                    HpaMetric::Utilisation(aim) => ("utilisation", &aim.metric),
                    HpaMetric::Value(aim) => ("value", &aim.metric),
                    HpaMetric::AverageValue(aim) => ("average-value", &aim.metric),
                };
                Some((place.then("metrics").nth(at).then(word).then("metric"), metric))
            });
            named.collect()
        }
        Scaling::Keda(keda) => of_triggers(&keda.triggers),
        Scaling::KedaJobs(jobs) => of_triggers(&jobs.triggers),
        _ => Vec::new(),
    }
}

/// Bounds in their order, the upper one above nothing.
fn bounds(min: Option<Whole>, max: Option<Whole>, place: &Place, ranges: &mut Ranges) {
    ranges.within("pods", min, 0, PODS_MAX, place.then("min"));
    ranges.within("pods at the most", max, 1, PODS_MAX, place.then("max"));
    // A maximum of nothing has been told.
    ranges.at_most(("min", min.map(|min| min.0)), ("max", max.map(|max| max.0).filter(|max| *max > 0)), place);
}

fn look(what: &str, time: Option<Time>, place: Place, ranges: &mut Ranges) {
    ranges.at_least(what, time.map(|time| time.0), LOOK_MIN, place);
}

fn listed(what: &str, count: usize, place: Place, ranges: &mut Ranges) {
    if count == 0 || count > LIST_MAX {
        ranges
            .complaints
            .push(Complaint::error("E201", place, format!("{count} {what}")).advise(format!("give 1 to {LIST_MAX}")));
    }
}

fn percent(percent: Percent, place: Place, ranges: &mut Ranges) {
    if !(1.0..=1e6).contains(&percent.0) || percent.0.fract() != 0.0 {
        let what = format!("a target of {} %", percent.0);
        ranges.complaints.push(Complaint::error("E201", place, what).advise("whole per cent, from 1"));
    }
}

fn target(thousandths: i64, place: Place, ranges: &mut Ranges) {
    if thousandths <= 0 {
        let what = "a target of nothing".to_owned();
        ranges.complaints.push(Complaint::error("E201", place, what).advise("a target is above zero"));
    }
}

fn hpa(hpa: &Hpa, place: &Place, ranges: &mut Ranges) {
    bounds(hpa.min, Some(hpa.max), place, ranges);
    listed("metrics", hpa.metrics.len(), place.then("metrics"), ranges);
    for (at, metric) in hpa.metrics.iter().enumerate() {
        let place = place.then("metrics").nth(at);
        match metric {
            HpaMetric::Cpu(share) => percent(*share, place.then("cpu"), ranges),
            HpaMetric::Utilisation(aim) => percent(aim.target, place.then("utilisation").then("target"), ranges),
            HpaMetric::Value(aim) => target(aim.target.0, place.then("value").then("target"), ranges),
            HpaMetric::AverageValue(aim) => target(aim.target.0, place.then("average-value").then("target"), ranges),
        }
    }
    let of_pods = |metric: &HpaMetric| matches!(metric, HpaMetric::Cpu(_) | HpaMetric::Utilisation(_));
    if hpa.min == Some(Whole(0)) && hpa.metrics.iter().all(of_pods) {
        let what = "with no pods there is no use of pods to be read, and nothing ever starts the first";
        ranges.complaints.push(
            Complaint::error("E108", place.then("min"), what)
                .advise("`min = 1`, or a `value` or `average-value` of something else than pods"),
        );
    }
    look("a look", hpa.sync, place.then("sync"), ranges);
    let stabilisation = hpa.stabilisation.map(|time| time.0);
    ranges.no_longer("a stabilisation", stabilisation, WINDOW_MAX, place.then("stabilisation"));
    if let Some(behavior) = &hpa.behavior {
        self::behavior(behavior, &place.then("behavior"), ranges);
    }
}

fn behavior(behavior: &Behavior, place: &Place, ranges: &mut Ranges) {
    for (word, rules) in [("up", &behavior.up), ("down", &behavior.down)] {
        if let Some(rules) = rules {
            direction(rules, &place.then(word), ranges);
        }
    }
}

fn direction(rules: &Rules, place: &Place, ranges: &mut Ranges) {
    ranges.no_longer("a window", rules.window.map(|time| time.0), WINDOW_MAX, place.then("window"));
    let Some(policies) = &rules.policies else { return };
    if !(policies.is_empty() && matches!(rules.select, Some(Select::Disabled))) {
        listed("policies", policies.len(), place.then("policies"), ranges);
    }
    for (at, rate) in policies.iter().enumerate() {
        let place = place.then("policies").nth(at);
        let one = [("pods", rate.pods.is_some()), ("percent", rate.percent.is_some())];
        one_of(&one, &place, &mut ranges.complaints);
        ranges.within("pods in a period", rate.pods, 1, PODS_MAX, place.then("pods"));
        ranges.within("per cent in a period", rate.percent, 1, 1_000_000, place.then("percent"));
        look("a period", Some(rate.period), place.then("period"), ranges);
        ranges.no_longer("a period", Some(rate.period.0), PERIOD_MAX, place.then("period"));
    }
}

fn triggers(triggers: &[Trigger], place: &Place, ranges: &mut Ranges) {
    listed("triggers", triggers.len(), place.then("triggers"), ranges);
    for (at, trigger) in triggers.iter().enumerate() {
        let place = place.then("triggers").nth(at);
        if let Some(of) = trigger.target {
            target(of.0, place.then("target"), ranges);
        }
        if trigger.activation.is_some_and(|activation| activation.0 < 0) {
            ranges.complaints.push(
                Complaint::error("E201", place.then("activation"), "an activation below nothing").advise("at least 0"),
            );
        }
    }
}

fn keda(keda: &Keda, place: &Place, ranges: &mut Ranges) {
    bounds(keda.min, keda.max, place, ranges);
    triggers(&keda.triggers, place, ranges);
    look("a look", keda.poll, place.then("poll"), ranges);
    let min = keda.min.map_or(0, |min| min.0);
    if let Some(idle) = keda.idle.filter(|idle| idle.0 >= min) {
        let what = format!("{} pods while no trigger is active, and {min} while one is", idle.0);
        ranges.complaints.push(
            Complaint::error("E202", place.then("idle"), what)
                .advise("`idle` is below `min`; leave it out to go to 0 with `min = 0`"),
        );
    }
    if let Some(fallback) = &keda.fallback {
        let place = place.then("fallback");
        ranges.within("failures in a row", Some(fallback.failures), 0, 1_000_000, place.then("failures"));
        ranges.within("pods", Some(fallback.replicas), 0, PODS_MAX, place.then("replicas"));
    }
    let place = place.then("hpa");
    look("a look", keda.hpa.sync, place.then("sync"), ranges);
    let stabilisation = keda.hpa.stabilisation.map(|time| time.0);
    ranges.no_longer("a stabilisation", stabilisation, WINDOW_MAX, place.then("stabilisation"));
    if let Some(behavior) = &keda.hpa.behavior {
        self::behavior(behavior, &place.then("behavior"), ranges);
    }
}

fn jobs(jobs: &KedaJobs, place: &Place, ranges: &mut Ranges) {
    bounds(jobs.min, jobs.max, place, ranges);
    triggers(&jobs.triggers, place, ranges);
    for (at, trigger) in jobs.triggers.iter().enumerate() {
        if trigger.kind == Some(MetricType::Value) {
            let what = "jobs are made for so much of a metric each, and a value as a whole says nothing of them";
            let complaint = Complaint::error("E108", place.then("triggers").nth(at).then("type"), what);
            ranges.complaints.push(complaint.advise("take `type` out, or size the pool by `keda`"));
        }
    }
    look("a look", jobs.poll, place.then("poll"), ranges);
    ranges.positive("patience", jobs.patience.map(|time| time.0), place.then("patience"));
}

fn kpa(kpa: &Kpa, place: &Place, ranges: &mut Ranges) {
    bounds(kpa.min, kpa.max, place, ranges);
    ranges.above_zero("a target", kpa.target, place.then("target"));
    if kpa.target_share.is_some_and(|share| share.0 <= 0.0) {
        let what = "a share of nothing is aimed at".to_owned();
        ranges.complaints.push(Complaint::error("E201", place.then("target-share"), what).advise("above 0 %"));
    }
    let (least, most) = STABLE;
    ranges.at_least("a stable window", kpa.window.map(|time| time.0), least, place.then("window"));
    ranges.no_longer("a stable window", kpa.window.map(|time| time.0), most, place.then("window"));
    let panic = place.then("panic");
    look("a panic window", kpa.panic.window, panic.then("window"), ranges);
    let stable = kpa.window.map_or(Span::from_secs(60), |time| time.0);
    ranges.no_longer("a panic window", kpa.panic.window.map(|time| time.0), stable, panic.then("window"));
    if kpa.panic.threshold.is_some_and(|threshold| !(threshold.0 > 100.0 && threshold.0 <= 1e6)) {
        let what = "it would panic with as many pods as it wants";
        ranges.complaints.push(Complaint::error("E201", panic.then("threshold"), what).advise("above 100 %"));
    }
    for (word, rate) in [("up-rate", kpa.up_rate), ("down-rate", kpa.down_rate)] {
        if let Some(rate) = rate.filter(|rate| !(rate.0 > 1.0 && rate.0 <= 1e6)) {
            let what = format!("a rate of {}", rate.0);
            ranges.complaints.push(Complaint::error("E201", place.then(word), what).advise("above 1"));
        }
    }
    ranges.no_longer("a grace period", kpa.grace.map(|time| time.0), WINDOW_MAX, place.then("grace"));
    ranges.no_longer("a delay", kpa.delay.map(|time| time.0), WINDOW_MAX, place.then("delay"));
    ranges.within("pods at the start", kpa.initial, 0, PODS_MAX, place.then("initial"));
    ranges.within("pods that are started", kpa.activation, 1, PODS_MAX, place.then("activation"));
}
