//! Alarms: the JSON of `aws cloudwatch describe-alarms`, which has what step and simple policies lack.
//!
//! Source: CloudWatch API reference, *MetricAlarm*.

use crate::scenario::import::Kind;
use crate::scenario::import::cloudwatch::{self, Form, Named};
use crate::scenario::import::fragment::{Item, Keys, Out};
use crate::scenario::import::plan::Plan;
use crate::scenario::import::taking::{Findings, Origin, Taking};

pub(super) const KIND: Kind =
    Kind { about: "`aws cloudwatch describe-alarms`", knows: |table| table.contains_key("MetricAlarms"), read };

/// An alarm, for the policies that it sets off.
#[derive(Clone, Debug)]
pub(super) struct Alarm {
    pub at: Origin,
    pub path: String,
    /// `None` where it is a formula.
    metric: Option<Named>,
    when: Option<(&'static str, f64, Origin)>,
    rest: Keys,
    /// Whether it sets off anything at all.
    acts: bool,
    /// What it sets off when it goes off; `None` where the file does not say.
    actions: Option<Vec<String>>,
}

/// Keys that name, mark or report, and decide nothing in a run.
const DESCRIBING: [&str; 14] = [
    "AlarmArn",
    "AlarmDescription",
    "AlarmConfigurationUpdatedTimestamp",
    "InsufficientDataActions",
    "StateValue",
    "StateReason",
    "StateReasonData",
    "StateUpdatedTimestamp",
    "StateTransitionedTimestamp",
    "EvaluationState",
    "Unit",
    "Tags",
    "EvaluateLowSampleCountPercentile",
    "AlarmRule",
];

fn read(document: &mut Taking, plan: &mut Plan, found: &mut Findings) {
    document.describes(&["NextToken"], found);
    document.leave("CompositeAlarms", "has no counterpart in a scenario: an alarm reads one metric", found);
    for alarm in document.tables("MetricAlarms", found).unwrap_or_default() {
        one(alarm, plan, found);
    }
}

fn one(mut alarm: Taking, plan: &mut Plan, found: &mut Findings) {
    let (at, path) = (alarm.at.clone(), alarm.path.clone());
    alarm.need("AlarmName", "policies name it", found);
    let Some((name, _)) = alarm.text("AlarmName", found) else { return alarm.drop_rest() };
    alarm.describes(&DESCRIBING, found);
    let acts = alarm.flag("ActionsEnabled", found).is_none_or(|(acts, _)| acts);
    let actions = alarm.texts("AlarmActions", found).map(|(actions, _)| actions);
    if !alarm.texts("OKActions", found).is_none_or(|(actions, _)| actions.iter().all(|action| !is_policy(action))) {
        let why = "sets off policies when the alarm is over, and those of a scenario act while it goes on";
        found.unread(&at, alarm.below("OKActions"), why);
    }
    let metric = match alarm.tables("Metrics", found).filter(|tables| !tables.is_empty()) {
        Some(tables) => {
            tables.into_iter().for_each(Taking::drop_rest);
            None
        }
        None => {
            let mut named = Named::take(&mut alarm, found);
            named.statistic = alarm.text("Statistic", found).map_or_else(String::new, |(statistic, _)| statistic);
            if let Some((extended, _)) = alarm.text("ExtendedStatistic", found) {
                named.statistic = extended;
            }
            Some(named)
        }
    };
    let mut rest = Keys::default();
    let of = alarm.whole("EvaluationPeriods", found);
    let points = alarm.whole("DatapointsToAlarm", found);
    let differ = points.is_some();
    rest.put("points", points.or(of.clone()));
    rest.put("of", of.filter(|_| differ));
    let period = alarm.count("Period", found);
    let metric = metric.map(|named| Named { period: period.as_ref().map_or(60, |(seconds, _)| *seconds), ..named });
    rest.put("period", period.map(|(seconds, at)| Item::new(Out::Text(format!("{seconds}s")), at)));
    if let Some((word, at)) = alarm.text("TreatMissingData", found) {
        match word.as_str() {
            "missing" | "ignore" | "breaching" => rest.put("missing", Some(Item::word(&word, at))),
            "notBreaching" => rest.put("missing", Some(Item::word("not-breaching", at))),
            other => {
                found.unread(&at, alarm.below("TreatMissingData"), format!("is `{other}`, which is not known here"))
            }
        }
    }
    let threshold = alarm.number("Threshold", found);
    let side = alarm.text("ComparisonOperator", found).map(|(word, at)| match word.as_str() {
        "GreaterThanThreshold" => Ok("above"),
        "GreaterThanOrEqualToThreshold" => Ok("at-least"),
        "LessThanThreshold" => Ok("below"),
        "LessThanOrEqualToThreshold" => Ok("at-most"),
        other => Err((other.to_owned(), at)),
    });
    let when = match (side, threshold) {
        (Some(Ok(side)), Some((limit, at))) => Some((side, limit, at)),
        (Some(Err((other, at))), _) => {
            found.unread(
                &at,
                alarm.below("ComparisonOperator"),
                format!("is `{other}`, which has no counterpart in a scenario"),
            );
            None
        }
        _ => None,
    };
    alarm.leave("ThresholdMetricId", "has no counterpart in a scenario: a limit is a number", found);
    alarm.finish(&["Threshold", "ComparisonOperator", "EvaluationPeriods", "DatapointsToAlarm", "Period"], found);
    plan.alarms.insert(name, Alarm { at, path, metric, when, rest, acts, actions });
}

/// Whether an action is a scaling policy.
fn is_policy(action: &str) -> bool {
    action.contains(":scalingPolicy:")
}

impl Alarm {
    /// Whether it is one that a policy has made for itself.
    pub fn is_own(name: &str) -> bool {
        name.starts_with("TargetTracking-")
    }

    /// Its part of a policy of a group, with the form of its metric's values, and its queue. `arn`: the policy's own.
    pub fn of(&self, group: &str, arn: Option<&str>) -> Result<(Keys, Form, Option<String>), String> {
        if !self.acts {
            return Err("is switched off, and sets off nothing (`ActionsEnabled`)".to_owned());
        }
        if let (Some(actions), Some(arn)) = (&self.actions, arn)
            && !actions.iter().any(|action| action == arn)
        {
            return Err("does not set it off when it goes off (`AlarmActions` has not its `PolicyARN`)".to_owned());
        }
        let Some(named) = &self.metric else {
            return Err("reads metric math, and what of it is meant is not known here".to_owned());
        };
        let cloudwatch::Seen { metric, form, queue } = named.seen(group)?;
        let Some((side, limit, at)) = &self.when else {
            return Err("has no threshold that a scenario could have".to_owned());
        };
        let mut keys = Keys::default();
        keys.put("metric", Some(metric));
        keys.put("when", Some(Item::choice(side, form.item(*limit, at.clone()))));
        keys.0.extend(self.rest.0.clone());
        Ok((keys, form, queue))
    }
}
