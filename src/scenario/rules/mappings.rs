//! Queues whose messages go to a function: what its mapping may be, and that messages are hidden for as long as they must.

use crate::cloud::topology;
use crate::ground::time::Span;
use crate::scenario::build::function::TIMEOUT;
use crate::scenario::build::mapping::{function_of, mapping};
use crate::scenario::complaint::Complaint;
use crate::scenario::draft::Topology;
use crate::scenario::draft::function::Function;
use crate::scenario::draft::mapping::{Mapping, Provisioned};
use crate::scenario::draft::messages::Queue;
use crate::scenario::draft::quantities::Whole;
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::rules::ranges::Ranges;
use crate::scenario::sight::{Kind, Sight, node_place};

pub(super) const RULE: Rule = Rule {
    about: "a queue leads to pools or to one function, and what takes its messages there is within its ranges",
    check,
};

/// The provider's own bounds (AWS Lambda API reference, CreateEventSourceMapping).
const BATCH_MAX: u64 = 10_000;
const WINDOW_MAX: Span = Span::from_secs(300);
const CONCURRENCY: (u64, u64) = (2, 1_000);
/// Pollers that are kept ready (AWS Lambda API reference, ProvisionedPollerConfig).
const PROVISIONED_MIN: (u64, u64) = (2, 200);
const PROVISIONED_MAX: u64 = 10_000;
/// More than any of them has with the function at once.
const INVOKES_MAX: u64 = 1_000;
/// Messages that one batch may have without a window, and of a FIFO queue at all (the same).
const RECEIVED: u64 = topology::Mapping::RECEIVED as u64;
const WINDOW_MIN: Span = Span::from_secs(1);
/// More pollers than any mapping has.
const POLLERS_MAX: u64 = 100_000;
/// Between two refusals, between two looks.
const LEAST: Span = Span::from_millis(1);
/// Receives after which a message may be put aside (AWS Lambda developer guide, *Using Lambda with Amazon SQS*: at least 5).
const RECEIVES: u64 = 5;

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut ranges = Ranges::default();
    for (name, topology) in sight.topologies() {
        for (queue_name, queue) in &topology.queue {
            let place = node_place(name, Kind::Queue, queue_name);
            let Some((function_name, function)) = function_of(topology, queue) else {
                if queue.mapping.is_some() && !sight.is_at_fault(&place) {
                    let what = "a `mapping` takes messages to a function, and this queue leads to none";
                    ranges.complaints.push(
                        Complaint::error("E108", place.then("mapping").key(), what)
                            .advise("let it lead to a function, or take it out: workers of pools poll by themselves"),
                    );
                }
                continue;
            };
            if queue.to.as_ref().is_some_and(|to| to.names.len() > 1) {
                let what = format!("`{function_name}` is a function, and its queue has others who receive");
                ranges.complaints.push(
                    Complaint::error("E108", place.then("to").key(), what)
                        .advise("a queue leads to pools or to one function: give the others a queue of their own"),
                );
            }
            one(queue, (function_name, function), &place, &mut ranges);
            if let Some(mapping) = &queue.mapping {
                numbers(mapping, queue.fifo == Some(true), &place.then("mapping"), &mut ranges);
            }
            trap(queue, (name, topology), (function_name, function), &place, &mut ranges);
        }
    }
    ranges.complaints
}

/// Messages are hidden until a run must have ended.
fn one(queue: &Queue, (name, function): (&str, &Function), place: &Place, ranges: &mut Ranges) {
    let runs = function.timeout.map_or(TIMEOUT, |time| time.0);
    let Some(hidden) = queue.visibility_timeout.map(|time| time.0).filter(|hidden| *hidden < runs) else { return };
    let what = format!(
        "messages are visible again after {hidden}, and a run of `{name}` may take {runs}: AWS Lambda refuses such a mapping"
    );
    ranges.complaints.push(
        Complaint::error("E108", place.then("visibility-timeout"), what)
            .advise("hide them for six times the function's `timeout`, as is recommended, or shorten that"),
    );
}

fn numbers(mapping: &Mapping, fifo: bool, place: &Place, ranges: &mut Ranges) {
    let window = mapping.window.map(|window| window.0);
    ranges.within("messages of one invocation", mapping.batch_size, 1, BATCH_MAX, place.then("batch-size"));
    ranges.no_longer("a window", window, WINDOW_MAX, place.then("window"));
    ranges.within("pollers", mapping.start, 1, POLLERS_MAX, place.then("start"));
    ranges.within("pollers", mapping.at_most, 1, POLLERS_MAX, place.then("at-most"));
    ranges.within("pollers", mapping.at_least, 1, POLLERS_MAX, place.then("at-least"));
    let (low, high) = CONCURRENCY;
    ranges.within("batches at once", mapping.max_concurrency, low, high, place.then("max-concurrency"));
    ranges.at_least("an idle time", mapping.idle.map(|time| time.0), LEAST, place.then("idle"));
    let number = |number: Option<Whole>| number.map(|number| number.0);
    ranges.at_most(("start", number(mapping.start)), ("at-most", number(mapping.at_most)), place);
    ranges.at_most(("at-least", number(mapping.at_least)), ("start", number(mapping.start)), place);
    if let Some(kept) = &mapping.provisioned {
        provisioned(mapping, kept, place, ranges);
    }
    let throttled = place.then("throttled");
    let (base, cap) = (mapping.throttled.base.map(|time| time.0), mapping.throttled.cap.map(|time| time.0));
    ranges.at_least("a pause", base, LEAST, throttled.then("base"));
    ranges.at_least("a pause", cap, LEAST, throttled.then("cap"));
    ranges.at_most(("base", base), ("cap", cap), &throttled);
    let several = mapping.batch_size.filter(|size| size.0 > RECEIVED && size.0 <= BATCH_MAX);
    if fifo && let Some(size) = several {
        let what = format!("{} messages of one invocation", size.0);
        ranges.complaints.push(
            Complaint::error("E201", place.then("batch-size"), what)
                .advise(format!("of a `fifo` queue at most {RECEIVED}")),
        );
    } else if let Some(size) = several
        && window.is_none_or(|window| window < WINDOW_MIN)
    {
        let what = format!("{} messages of one invocation, and one receive brings {RECEIVED}", size.0);
        ranges.complaints.push(
            Complaint::error("E108", place.then("batch-size"), what)
                .advise(format!("let pollers wait for more: `window = \"{WINDOW_MIN}\"` or longer")),
        );
    }
    if fifo && window.is_some_and(|window| window > Span::ZERO) {
        let what = "pollers of a `fifo` queue do not wait for more";
        ranges.complaints.push(Complaint::error("E108", place.then("window").key(), what).advise("take it out"));
    }
}

/// Pollers that are kept ready, and nothing beside them that says how many there are.
fn provisioned(mapping: &Mapping, kept: &Provisioned, place: &Place, ranges: &mut Ranges) {
    let beside = [
        ("start", mapping.start.is_some(), "`min` are there at the start"),
        ("ramp", mapping.ramp.is_some(), "they have a `ramp` of their own"),
        ("at-most", mapping.at_most.is_some(), "they are `max` at the most"),
        ("at-least", mapping.at_least.is_some(), "they are `min` at the least"),
        ("max-concurrency", mapping.max_concurrency.is_some(), "AWS Lambda takes one or the other: `max` bounds these"),
    ];
    for (key, _, instead) in beside.into_iter().filter(|&(_, is_there, _)| is_there) {
        let what = format!("`{key}` is of pollers that come and go, and these are `provisioned`");
        let complaint = Complaint::error("E108", place.then(key).key(), what);
        ranges.complaints.push(complaint.advise(format!("take it out: {instead}")));
    }
    let place = place.then("provisioned");
    let ((least, most_min), most) = (PROVISIONED_MIN, PROVISIONED_MAX);
    ranges.within("pollers", kept.min, least, most_min, place.then("min"));
    ranges.within("pollers", kept.max, least, most, place.then("max"));
    let number = |number: Option<Whole>| number.map(|number| number.0);
    ranges.at_most(("min", number(kept.min)), ("max", number(kept.max)), &place);
    ranges.within("batches at once", kept.invokes, 1, INVOKES_MAX, place.then("invokes"));
    ranges.at_least("a pause between polls", kept.polls.map(|polls| polls.0), LEAST, place.then("polls"));
    if kept.throughput.is_some_and(|bytes| bytes.0 == 0) {
        let complaint = Complaint::error("E201", place.then("throughput"), "a throughput of nothing");
        ranges.complaints.push(complaint.advise("give a size above zero"));
    }
}

/// Pollers that receive what the function refuses, until healthy messages are put aside.
fn trap(
    queue: &Queue,
    (topology_name, topology): (&str, &Topology),
    (name, function): (&str, &Function),
    place: &Place,
    ranges: &mut Ranges,
) {
    let Some(receives) = queue.max_receive_count.filter(|most| most.0 < RECEIVES).map(|most| most.0) else { return };
    let account = topology.account.as_ref().and_then(|account| account.concurrency);
    let (environments, whose) = match (function.reserved_concurrency, account) {
        (Some(reserved), _) => (reserved.0, format!("`{name}` has {} reserved", reserved.0)),
        (None, Some(all)) => (all.0, format!("the account has {}", all.0)),
        (None, None) => return,
    };
    let limit = environments.saturating_mul(function.concurrency.map_or(1, |requests| requests.0));
    let plan = mapping(queue.mapping.as_ref());
    let (pollers, batches) = (plan.at_most, u64::from(plan.at_most) * u64::from(plan.hands()));
    if batches <= limit || limit == 0 {
        return;
    }
    let bring = if plan.provisioned.is_some() { format!("{batches} batches at once") } else { "batches".to_owned() };
    let what = format!(
        "up to {pollers} pollers of topology `{topology_name}` bring {bring} to `{name}`, and {whose}: what is refused counts as received, and after {receives} receives healthy messages are put aside"
    );
    let bound = match &plan.provisioned {
        Some(each) => {
            let fit = (limit / u64::from(each.invokes.max(1))).clamp(PROVISIONED_MIN.0, PROVISIONED_MAX);
            format!("`mapping.provisioned.max` to {fit}")
        }
        None => format!("`mapping.max-concurrency` to {}", limit.clamp(CONCURRENCY.0, CONCURRENCY.1)),
    };
    let advice = format!("set {bound} or less, and allow {RECEIVES} receives or more");
    ranges.complaints.push(Complaint::warning("W121", place.then("max-receive-count"), what).advise(advice));
}
