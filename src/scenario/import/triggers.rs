//! Triggers of KEDA's `ScaledObject` and `ScaledJob`, and what else they have in common.
//!
//! Source: KEDA documentation, *AWS SQS Queue*: the length counts what is visible, and what is in flight unless
//! `scaleOnInFlight` is false, and what is delayed only if `scaleOnDelayed` is true.

use crate::scenario::import::fragment::{Item, Keys, Out};
use crate::scenario::import::plan::Plan;
use crate::scenario::import::taking::{Findings, Origin, Taking};

/// Triggers of which a scenario knows what they count.
const SQS: &str = "aws-sqs-queue";

/// What is scaled.
#[derive(Clone, Copy)]
pub(super) enum Scaled<'a> {
    /// The pods of the pool of this id, if it is known.
    Pods(Option<&'a str>),
    /// The jobs of the pool of this id.
    Jobs(&'a str),
}

/// Takes the triggers of an object.
pub(super) fn read(spec: &mut Taking, scaled: Scaled<'_>, plan: &mut Plan, found: &mut Findings) -> Item {
    let at = spec.at.clone();
    spec.need("triggers", "KEDA wants at least one, too", found);
    let tables = spec.tables("triggers", found).unwrap_or_default();
    let list = tables.into_iter().filter_map(|trigger| one(trigger, scaled, plan, found)).collect();
    Item::new(Out::List(list), at)
}

fn one(mut trigger: Taking, scaled: Scaled<'_>, plan: &mut Plan, found: &mut Findings) -> Option<Item> {
    let at = trigger.at.clone();
    trigger.need("type", "it says what is counted", found);
    let Some((kind, _)) = trigger.text("type", found) else {
        trigger.drop_rest();
        return None;
    };
    if kind != SQS {
        let why = format!("is a trigger of the type `{kind}`, {}", counterpart(&kind));
        found.unread(&at, trigger.path.clone(), why);
        trigger.drop_rest();
        return None;
    }
    trigger.describes(&["name", "authenticationRef"], found);
    let metric_type = metric_type(&mut trigger, scaled, found);
    trigger.as_usual("useCachedMetrics", &["false"]);
    let why = "has no counterpart in a scenario: the HPA asks the queue anew at each look";
    trigger.leave("useCachedMetrics", why, found);
    let metadata = trigger.table("metadata", found);
    trigger.finish(&["metadata", "metricType", "name", "useCachedMetrics", "authenticationRef"], found);
    let pool = match scaled {
        Scaled::Pods(pool) => pool,
        Scaled::Jobs(pool) => Some(pool),
    };
    let mut keys = sqs(metadata?, pool, plan, found)?;
    keys.put("type", metric_type.ok()?);
    Some(keys.table(at))
}

/// What the target is for, where it says so.
///
/// # Errors
/// It can't be said in a scenario, which has been told.
fn metric_type(trigger: &mut Taking, scaled: Scaled<'_>, found: &mut Findings) -> Result<Option<Item>, ()> {
    let Some((word, at)) = trigger.text("metricType", found) else { return Ok(None) };
    let why = match (word.as_str(), scaled) {
        ("AverageValue", _) => return Ok(None),
        ("Value", Scaled::Pods(_)) => return Ok(Some(Item::word("value", at))),
        ("Value", Scaled::Jobs(_)) => "is `Value`, and KEDA makes jobs for so much of a metric each".to_owned(),
        (other, _) => format!("is `{other}`, and the length of a queue is an `AverageValue` or a `Value`"),
    };
    found.unread(&at, trigger.below("metricType"), why);
    Err(())
}

/// What to do about a trigger that counts something else.
fn counterpart(kind: &str) -> &'static str {
    match kind {
        "cron" => "which has no counterpart beside other triggers: a timetable by itself is `scaling.schedule`",
        "cpu" | "memory" => "which has no counterpart in a trigger: a scenario's `hpa` goes by `cpu`",
        "prometheus" | "aws-cloudwatch" | "metrics-api" | "datadog" => {
            "and a query does not say what it counts: name what it is, as `{ metric = \"backlog\", target = 5 }`"
        }
        _ => "which is not read: where it counts the messages of a queue, write `{ metric = \"visible\", target = 5 }`",
    }
}

fn sqs(mut metadata: Taking, pool: Option<&str>, plan: &mut Plan, found: &mut Findings) -> Option<Keys> {
    metadata.describes(&["awsRegion", "awsEndpoint", "identityOwner"], found);
    if !metadata.has("queueURLFromEnv") {
        metadata.need("queueURL", "it names the queue", found);
    }
    let queue = metadata.text("queueURL", found).map(|(url, at)| (plan.addressed(&url, &at, found), at));
    let from = metadata.text("queueURLFromEnv", found);
    let length = metadata.count_in_text("queueLength", found);
    let activation = metadata.count_in_text("activationQueueLength", found);
    let in_flight = metadata.flag("scaleOnInFlight", found);
    let delayed = metadata.flag("scaleOnDelayed", found);
    let known = ["queueURL", "queueLength", "activationQueueLength", "scaleOnInFlight", "scaleOnDelayed"];
    let path = metadata.below("scaleOnDelayed");
    metadata.finish(&known, found);
    if let Some((true, at)) = delayed {
        found.unread(&at, path, "has no counterpart in a scenario: no metric counts delayed messages with the others");
        return None;
    }
    let word = if in_flight.is_some_and(|(counts, _)| !counts) { "visible" } else { "backlog" };
    let mut keys = Keys::default();
    let of = match (queue.filter(|(name, _)| !name.is_empty()), from) {
        (Some((name, at)), _) => {
            if let Some(pool) = pool {
                plan.receives(&name, pool, &at, &path.replace("scaleOnDelayed", "queueURL"));
            }
            Item::new(Out::Queue(name), at)
        }
        (None, Some((variable, at))) => {
            let why = format!("names the queue by the variable `{variable}`, whose value is not here: write its name");
            found.unread(&at, path.replace("scaleOnDelayed", "queueURLFromEnv"), why);
            Item::new(Out::Blank, at)
        }
        // That has been told.
        (None, None) => return None,
    };
    keys.put("metric", Some(Item::choice(word, Item::choice("of", of))));
    let number = |(number, at): (u64, Origin)| Item::new(Out::Bare(number.to_string()), at);
    keys.put("target", length.map(number));
    keys.put("activation", activation.map(number));
    Some(keys)
}
