//! Queues: the JSON of `aws sqs get-queue-attributes`.
//!
//! Source: Amazon SQS API reference, *GetQueueAttributes*. Every value is text.

use crate::scenario::import::Kind;
use crate::scenario::import::fragment::{Item, Out};
use crate::scenario::import::plan::Plan;
use crate::scenario::import::taking::{Findings, Origin, Taking};
use crate::scenario::json;
use crate::scenario::place::Place;
use crate::scenario::tree::Value;

pub(super) const KIND: Kind =
    Kind { about: "`aws sqs get-queue-attributes`", knows: |table| table.contains_key("Attributes"), read };

/// Keys that name, mark or report, and decide nothing in a run.
const DESCRIBING: [&str; 10] = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
    "CreatedTimestamp",
    "LastModifiedTimestamp",
    "Policy",
    "KmsMasterKeyId",
    "KmsDataKeyReusePeriodSeconds",
    "SqsManagedSseEnabled",
    "RedriveAllowPolicy",
];
/// The longest that a receive waits, which is what a scenario's workers do where it does not say.
const LONGEST_WAIT: &str = "20";
/// The largest messages of a queue today, and before August 2025.
const SIZES: [&str; 2] = ["1048576", "262144"];

fn read(document: &mut Taking, plan: &mut Plan, found: &mut Findings) {
    let Some(mut attributes) = document.table("Attributes", found) else { return };
    let at = attributes.at.clone();
    let name = match attributes.text("QueueArn", found) {
        Some((arn, at)) => plan.addressed(&arn, &at, found),
        None => {
            let why = "has no `QueueArn`, and so no name: ask for `--attribute-names All`";
            found.unread(&at, attributes.path.clone(), why);
            return attributes.drop_rest();
        }
    };
    attributes.describes(&DESCRIBING, found);
    let seconds = |attributes: &mut Taking, key: &str, found: &mut Findings| {
        let (number, at) = attributes.count_in_text(key, found)?;
        Some(Item::new(Out::Text(format!("{number}s")), at))
    };
    let timeout = seconds(&mut attributes, "VisibilityTimeout", found);
    let delay = seconds(&mut attributes, "DelaySeconds", found);
    let retention = seconds(&mut attributes, "MessageRetentionPeriod", found);
    let redrive = redrive(&mut attributes, plan, found);
    let fifo = attributes.flag("FifoQueue", found);
    let high = high_throughput(&mut attributes, found);
    attributes.as_usual("MaximumMessageSize", &SIZES);
    let why = "has no counterpart in a scenario: a message may have any size";
    attributes.leave("MaximumMessageSize", why, found);
    attributes.as_usual("ContentBasedDeduplication", &["false"]);
    let why =
        "has no counterpart in a scenario: only what the same step of the same request sends again is the same message";
    attributes.leave("ContentBasedDeduplication", why, found);
    attributes.as_usual("ReceiveMessageWaitTimeSeconds", &[LONGEST_WAIT]);
    let why = "holds for workers that do not say how long they wait: if yours do not, write it as `poll.wait` of their pool, \
               which is \"20s\" where it is not written";
    attributes.leave("ReceiveMessageWaitTimeSeconds", why, found);
    let known = [
        "VisibilityTimeout",
        "DelaySeconds",
        "MessageRetentionPeriod",
        "RedrivePolicy",
        "FifoQueue",
        "DeduplicationScope",
        "FifoThroughputLimit",
    ];
    attributes.finish(&known, found);
    let dead = redrive.as_ref().and_then(|(target, _)| target.clone());
    if let Some((target, _)) = &dead {
        plan.queue(target);
    }
    let queue = plan.queue(&name);
    if let Some(other) = &queue.at {
        let other = other.clone();
        let advice = "import each queue once";
        found.refuse("E009", &at, format!("queue `{name}` is given twice"), advice);
        return found.refuse("E009", &other, format!("queue `{name}` is given twice"), advice);
    }
    queue.at = Some(at);
    let bare = |truth: (bool, Origin)| Item::new(Out::Bare("true".to_owned()), truth.1);
    queue.keys.put("fifo", fifo.filter(|(is, _)| *is).map(bare));
    queue.keys.put("high-throughput", high.map(|at| Item::new(Out::Bare("true".to_owned()), at)));
    queue.keys.put("visibility-timeout", timeout);
    queue.keys.put("delay", delay);
    queue.keys.put("retention", retention);
    if let Some((target, count)) = redrive {
        queue.keys.put("max-receive-count", count);
        queue.keys.put("dead-letters", target.map(|(name, at)| Item::new(Out::Queue(name), at)));
    }
}

/// The dead-letter queue and the count of receives before it.
type Redrive = (Option<(String, Origin)>, Option<Item>);

/// A text that is JSON itself.
fn redrive(attributes: &mut Taking, plan: &mut Plan, found: &mut Findings) -> Option<Redrive> {
    let path = attributes.below("RedrivePolicy");
    let (text, at) = attributes.text("RedrivePolicy", found).filter(|(text, _)| !text.is_empty())?;
    let table = match json::parse_foreign(&text).map(|tree| tree.value) {
        Ok(Value::Table(mut table)) => {
            // Its places are those of a text within the text: the whole of it is pointed at.
            for entry in table.values_mut() {
                (entry.key, entry.tree.span) = (None, None);
            }
            table
        }
        Ok(_) => return None,
        Err(complaint) => {
            let complaint = crate::scenario::Complaint { at: Place::bytes(at.bytes.clone()), ..*complaint };
            found.complaints.push((at.source, complaint));
            return None;
        }
    };
    let mut policy = Taking::new(&path, at, table);
    let target = policy.text("deadLetterTargetArn", found).map(|(arn, at)| (plan.addressed(&arn, &at, found), at));
    let count = policy.count_in_text("maxReceiveCount", found).map(|(n, at)| Item::new(Out::Bare(n.to_string()), at));
    policy.finish(&["deadLetterTargetArn", "maxReceiveCount"], found);
    Some((target, count))
}

/// Both of two attributes make it: groups that are told apart, and a limit for each.
fn high_throughput(attributes: &mut Taking, found: &mut Findings) -> Option<Origin> {
    let scope = attributes.text("DeduplicationScope", found);
    let limit = attributes.text("FifoThroughputLimit", found);
    let word = |of: &Option<(String, Origin)>| of.as_ref().map(|(word, _)| word.clone()).unwrap_or_default();
    match (word(&scope).as_str(), word(&limit).as_str()) {
        ("" | "queue", "" | "perQueue") => None,
        ("messageGroup", "perMessageGroupId") => limit.map(|(_, at)| at),
        (_, other) => {
            let (key, at) = match (limit, scope) {
                (Some((_, at)), _) if other == "perMessageGroupId" => ("FifoThroughputLimit", at),
                (_, Some((_, at))) => ("DeduplicationScope", at),
                (Some((_, at)), None) => ("FifoThroughputLimit", at),
                (None, None) => return None,
            };
            let why = "has no counterpart in a scenario by itself: with both, a queue has high throughput";
            found.unread(&at, attributes.below(key), why);
            None
        }
    }
}
