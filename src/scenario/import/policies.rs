//! Scaling policies: the JSON of `aws autoscaling describe-policies`.
//!
//! Source: EC2 Auto Scaling API reference, *ScalingPolicy*. Of alarms it has the names alone: their thresholds are in
//! `aws cloudwatch describe-alarms`.

use crate::scenario::import::Kind;
use crate::scenario::import::cloudwatch::{self, Form, Named};
use crate::scenario::import::fragment::{Item, Keys, Out};
use crate::scenario::import::groups::share;
use crate::scenario::import::plan::{Does, Plan, Policy, Stride};
use crate::scenario::import::taking::{Findings, Origin, Taking, written};

pub(super) const KIND: Kind =
    Kind { about: "`aws autoscaling describe-policies`", knows: |table| table.contains_key("ScalingPolicies"), read };

fn read(document: &mut Taking, plan: &mut Plan, found: &mut Findings) {
    document.describes(&["NextToken"], found);
    for policy in document.tables("ScalingPolicies", found).unwrap_or_default() {
        one(policy, plan, found);
    }
}

fn one(mut policy: Taking, plan: &mut Plan, found: &mut Findings) {
    let at = policy.at.clone();
    let (name, _) = policy.text("PolicyName", found).unwrap_or_else(|| (String::new(), at.clone()));
    if policy.has("ServiceNamespace") {
        let why =
            format!("`{name}` is a policy of Application Auto Scaling, which is not read: write `scaling.ecs-service`");
        found.unread(&at, policy.path.clone(), why);
        return policy.drop_rest();
    }
    policy.need("AutoScalingGroupName", "it names the group that the policy is of", found);
    let Some((group, _)) = policy.text("AutoScalingGroupName", found) else { return policy.drop_rest() };
    if let Some((false, _)) = policy.flag("Enabled", found) {
        found.note(format!("policy `{name}` of group `{group}` is switched off, and left out"));
        return policy.drop_rest();
    }
    let arn = policy.text("PolicyARN", found).map(|(arn, _)| arn);
    let alarms = alarms(&mut policy, found);
    let kind = policy.text("PolicyType", found).map(|(kind, _)| kind).unwrap_or_default();
    let does = match kind.as_str() {
        "TargetTrackingScaling" => tracking(&mut policy, &group, found),
        "StepScaling" => step(&mut policy, alarms, found),
        // Groups made long ago have policies without a type, and they are of this one.
        "SimpleScaling" | "" => simple(&mut policy, alarms, found),
        "PredictiveScaling" => predictive(&mut policy, &name, found),
        other => {
            found.unread(&at, policy.below("PolicyType"), format!("is `{other}`, which is not known here"));
            return policy.drop_rest();
        }
    };
    let path = policy.path.clone();
    policy.finish(&["AdjustmentType", "StepAdjustments", "ScalingAdjustment", "Cooldown"], found);
    if let Some(does) = does {
        plan.policies.push(Policy { group, name, arn, path, at, does });
    }
}

fn alarms(policy: &mut Taking, found: &mut Findings) -> Vec<String> {
    let mut names = Vec::new();
    for mut alarm in policy.tables("Alarms", found).unwrap_or_default() {
        alarm.describes(&["AlarmARN"], found);
        names.extend(alarm.text("AlarmName", found).map(|(name, _)| name));
        alarm.finish(&["AlarmName"], found);
    }
    names
}

fn tracking(policy: &mut Taking, group: &str, found: &mut Findings) -> Option<Does> {
    policy.need("TargetTrackingConfiguration", "a policy that tracks a target says which", found);
    let mut config = policy.table("TargetTrackingConfiguration", found)?;
    let mut rest = Keys::default();
    if let Some((true, at)) = config.flag("DisableScaleIn", found) {
        rest.put("scale-in", Some(Item::word("off", at)));
    }
    rest.put("warm-up", policy.seconds("EstimatedInstanceWarmup", found));
    config.need("TargetValue", "a policy that tracks a target says which", found);
    let target = config.number("TargetValue", found);
    let mut aim = Keys::default();
    let mut queue = None;
    let known = match (target, config.has("PredefinedMetricSpecification")) {
        (Some(target), true) => predefined(&mut config, target, &mut aim, found),
        (Some(target), false) => customised(&mut config, group, target, &mut aim, &mut queue, found),
        (None, _) => {
            config.pass(&["PredefinedMetricSpecification", "CustomizedMetricSpecification"]);
            None
        }
    };
    config.finish(&["TargetValue", "DisableScaleIn", "PredefinedMetricSpecification"], found);
    known?;
    aim.0.extend(rest.0);
    Some(match queue {
        Some((queue, is_backlog)) => Does::Tracks { keys: aim, queue, is_backlog },
        None => Does::Whole(Item::choice("target-tracking", aim.table(policy.at.clone()))),
    })
}

fn predefined(config: &mut Taking, target: (f64, Origin), aim: &mut Keys, found: &mut Findings) -> Option<()> {
    let mut metric = config.table("PredefinedMetricSpecification", found)?;
    // It names the target group, which is where the pool's requests come from anyway.
    metric.describes(&["ResourceLabel"], found);
    let kind = metric.text("PredefinedMetricType", found);
    let path = metric.below("PredefinedMetricType");
    metric.finish(&["PredefinedMetricType", "ResourceLabel"], found);
    let (kind, at) = kind?;
    let (target, of) = target;
    match kind.as_str() {
        "ASGAverageCPUUtilization" => aim.put("cpu", Some(Form::Share.item(target, of))),
        "ALBRequestCountPerTarget" => aim.put("requests-per-worker", Some(Form::Number.item(target, of))),
        other => {
            let why =
                format!("is `{other}`, which has no counterpart in a scenario: its machines have no network to fill");
            found.unread(&at, path, why);
            return None;
        }
    }
    Some(())
}

fn customised(
    config: &mut Taking,
    group: &str,
    target: (f64, Origin),
    aim: &mut Keys,
    queue: &mut Option<(String, bool)>,
    found: &mut Findings,
) -> Option<()> {
    let mut metric = config.table("CustomizedMetricSpecification", found)?;
    let (path, at) = (metric.path.clone(), metric.at.clone());
    let seen = match metric.tables("Metrics", found).filter(|tables| !tables.is_empty()) {
        Some(tables) => cloudwatch::math(tables, found).and_then(|math| {
            let (of, to) = (math.of.seen(group)?, math.to.seen(group)?);
            let is_backlog = !math.at_least_one && word(&of.metric) == "visible" && word(&to.metric) == "in-service";
            *queue = of.queue.clone().map(|queue| (queue, is_backlog));
            let mut ratio = Keys::default();
            ratio.put("of", Some(of.metric));
            ratio.put("to", Some(to.metric));
            ratio.put("at-least", math.at_least_one.then(|| Item::new(Out::Bare("1".to_owned()), at.clone())));
            let period = math.period.map(|(seconds, at)| Item::new(Out::Text(format!("{seconds}s")), at));
            Ok((Item::choice("ratio", ratio.table(at.clone())), Form::Number, period))
        }),
        None => {
            let mut named = Named::take(&mut metric, found);
            named.statistic = metric.text("Statistic", found).map_or(named.statistic, |(statistic, _)| statistic);
            let period = metric.count("Period", found);
            named.period = period.as_ref().map_or(60, |(seconds, _)| *seconds);
            metric.describes(&["Unit"], found);
            let period = period.map(|(seconds, at)| Item::new(Out::Text(format!("{seconds}s")), at));
            named.seen(group).map(|seen| {
                *queue = seen.queue.map(|queue| (queue, false));
                (seen.metric, seen.form, period)
            })
        }
    };
    metric.finish(&["Namespace", "MetricName", "Dimensions", "Statistic", "Metrics", "Period"], found);
    let (value, of) = target;
    match seen {
        Ok((metric, form, period)) => {
            aim.put("metric", Some(metric));
            aim.put("target", Some(form.item(value, of)));
            aim.put("period", period);
            Some(())
        }
        Err(why) => {
            let why = format!("{why}; its target is {}", written(value));
            found.unread(&at, path, why);
            None
        }
    }
}

/// The word of a metric.
fn word(metric: &Item) -> &str {
    match &metric.out {
        Out::Text(word) => word,
        Out::Table(table) => table.first().map_or("", |(word, _)| word),
        Out::Bare(_) | Out::Queue(_) | Out::Blank | Out::List(_) => "",
    }
}

/// The key of a change, and its value, from a number.
type Adjust = fn(i64) -> (&'static str, Out);

/// How a policy changes a size.
fn adjustment(policy: &mut Taking, found: &mut Findings) -> Option<Adjust> {
    policy.need("AdjustmentType", "it says what the adjustment counts", found);
    let (kind, at) = policy.text("AdjustmentType", found)?;
    match kind.as_str() {
        "ChangeInCapacity" => Some(|by| ("change", Out::Bare(by.to_string()))),
        "PercentChangeInCapacity" => Some(|by| ("change", Out::Text(format!("{by}%")))),
        "ExactCapacity" => Some(|to| ("set", Out::Bare(to.to_string()))),
        other => {
            found.unread(&at, policy.below("AdjustmentType"), format!("is `{other}`, which is not known here"));
            None
        }
    }
}

fn step(policy: &mut Taking, alarms: Vec<String>, found: &mut Findings) -> Option<Does> {
    let change = adjustment(policy, found);
    let mut keys = Keys::default();
    if let Some((word, at)) = policy.text("MetricAggregationType", found) {
        match word.as_str() {
            "Average" | "Minimum" | "Maximum" => keys.put("statistic", Some(Item::word(&word.to_lowercase(), at))),
            other => found.unread(
                &at,
                policy.below("MetricAggregationType"),
                format!("is `{other}`, which is not known here"),
            ),
        }
    }
    keys.put("min-change", policy.whole("MinAdjustmentMagnitude", found));
    keys.put("warm-up", policy.seconds("EstimatedInstanceWarmup", found));
    let mut strides = Vec::new();
    for mut step in policy.tables("StepAdjustments", found).unwrap_or_default() {
        let from = step.number("MetricIntervalLowerBound", found);
        let to = step.number("MetricIntervalUpperBound", found);
        step.need("ScalingAdjustment", "a step changes something", found);
        let by = step.integer("ScalingAdjustment", found);
        let at = step.at.clone();
        step.finish(&["MetricIntervalLowerBound", "MetricIntervalUpperBound", "ScalingAdjustment"], found);
        if let (Some(change), Some((by, of))) = (change, by) {
            let (key, out) = change(by);
            strides.push(Stride { from, to, change: (key, Item::new(out, of)), at });
        }
    }
    change?;
    Some(Does::Alarmed { word: "step", alarms, strides, rest: keys })
}

fn simple(policy: &mut Taking, alarms: Vec<String>, found: &mut Findings) -> Option<Does> {
    let change = adjustment(policy, found);
    policy.need("ScalingAdjustment", "the policy changes something", found);
    let by = policy.integer("ScalingAdjustment", found);
    let mut keys = Keys::default();
    if let (Some(change), Some((by, at))) = (change, by) {
        let (key, out) = change(by);
        keys.put(key, Some(Item::new(out, at)));
    }
    let least = policy.whole("MinAdjustmentMagnitude", found);
    keys.put("min-change", policy.whole("MinAdjustmentStep", found).or(least));
    keys.put("cooldown", policy.seconds("Cooldown", found));
    change?;
    Some(Does::Alarmed { word: "simple", alarms, strides: Vec::new(), rest: keys })
}

fn predictive(policy: &mut Taking, name: &str, found: &mut Findings) -> Option<Does> {
    let mut config = policy.table("PredictiveScalingConfiguration", found)?;
    let acts = config.text("Mode", found).is_some_and(|(mode, _)| mode == "ForecastAndScale");
    if !acts {
        found.note(format!("policy `{name}` only forecasts, which changes no size, and is left out"));
        config.drop_rest();
        return None;
    }
    let mut keys = Keys::default();
    let mut specs = config.tables("MetricSpecifications", found).unwrap_or_default();
    if specs.len() != 1 {
        found.unread(
            &config.at,
            config.below("MetricSpecifications"),
            "has not one metric, which is what a forecast is of",
        );
        specs.drain(..).for_each(Taking::drop_rest);
        config.drop_rest();
        return None;
    }
    let mut spec = specs.remove(0);
    let target = spec.number("TargetValue", found);
    let mut kind = None;
    for (key, load) in [
        ("PredefinedMetricPairSpecification", true),
        ("PredefinedScalingMetricSpecification", false),
        ("PredefinedLoadMetricSpecification", false),
    ] {
        if let Some(mut metric) = spec.table(key, found) {
            metric.describes(&["ResourceLabel"], found);
            let named = metric.text("PredefinedMetricType", found);
            metric.finish(&["PredefinedMetricType", "ResourceLabel"], found);
            if load {
                kind = named;
            } else if let Some((named, at)) = named {
                found.unread(
                    &at,
                    spec.below(key),
                    format!("is `{named}` by itself: a pair of load and metric is known here"),
                );
            }
        }
    }
    spec.finish(&["TargetValue", "PredefinedMetricPairSpecification"], found);
    match (kind.as_ref().map(|(kind, at)| (kind.as_str(), at)), target) {
        (Some(("ASGCPUUtilization", at)), Some((target, of))) => {
            keys.put("metric", Some(Item::word("cpu", at.clone())));
            keys.put("per-worker", Some(Item::new(Out::Text(share(target)), of)));
        }
        (Some(("ALBRequestCount", at)), Some((target, of))) => {
            keys.put("metric", Some(Item::word("requests-per-worker", at.clone())));
            keys.put("per-worker", Some(Form::Number.item(target, of)));
        }
        (kind, _) => {
            let named = kind.map_or("a metric of its own", |(kind, _)| kind);
            found.unread(
                &config.at,
                config.path.clone(),
                format!("forecasts `{named}`, which has no counterpart in a scenario"),
            );
            config.drop_rest();
            return None;
        }
    }
    keys.put("buffer", config.seconds("SchedulingBufferTime", found));
    let more = config.text("MaxCapacityBreachBehavior", found).is_some_and(|(word, _)| word == "IncreaseMaxCapacity");
    if let Some((percent, at)) = config.count("MaxCapacityBuffer", found)
        && more
    {
        keys.put("max-buffer", Some(Item::new(Out::Text(format!("{percent}%")), at)));
    }
    config.finish(&["MetricSpecifications", "Mode", "SchedulingBufferTime", "MaxCapacityBuffer"], found);
    Some(Does::Whole(Item::choice("predictive", keys.table(policy.at.clone()))))
}
