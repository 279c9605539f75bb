//! Mappings of queues to functions.

use crate::cloud::topology::{Batch, Mapping, Queue};
use crate::ground::time::Span;
use crate::scenario::build::count;
use crate::scenario::draft::mapping as draft;
use crate::scenario::draft::messages;
use crate::scenario::draft::{Topology, function::Function};

/// What is added to a window and a timeout that are longer than the visibility timeout (AWS Lambda developer guide, *Creating
/// and configuring an Amazon SQS event source mapping*).
const BEYOND: Span = Span::from_secs(30);

/// The function that a queue's messages go to, if they go to one.
pub(crate) fn function_of<'a>(topology: &'a Topology, queue: &messages::Queue) -> Option<(&'a str, &'a Function)> {
    let names = &queue.to.as_ref()?.names;
    let (name, function) = names.iter().find_map(|name| topology.function.get_key_value(name))?;
    Some((name, function))
}

/// What a function's runs take together, where a queue is mapped to it.
pub(super) fn batch_of(topology: &Topology, function: &str) -> Option<Batch> {
    let of = |queue: &messages::Queue| {
        let to = function_of(topology, queue).is_some_and(|(name, _)| name == function);
        to.then(|| mapping(queue.mapping.as_ref()).batch())
    };
    topology.queue.values().filter_map(of).max_by_key(|batch| batch.at_most)
}

/// A queue's mapping, as it is described or as the provider has it.
pub(crate) fn mapping(draft: Option<&draft::Mapping>) -> Mapping {
    let nothing = draft::Mapping::default();
    let draft = draft.unwrap_or(&nothing);
    let usual = Mapping::of(draft.batch_size.map_or(10, |size| count(size.0)));
    let at_most = draft.at_most.map_or(usual.at_most, |most| count(most.0));
    let limit = draft.max_concurrency.map(|most| count(most.0));
    let at_most = limit.map_or(at_most, |limit| limit.min(at_most));
    let start = draft.start.map_or(usual.start, |start| count(start.0)).min(at_most);
    let at_least = match limit {
        Some(_) => start,
        None => draft.at_least.map_or(usual.at_least, |least| count(least.0)).min(start),
    };
    Mapping {
        window: draft.window.map_or(usual.window, |window| window.0),
        start,
        every: draft.ramp.map_or(usual.every, |ramp| ramp.0),
        at_most,
        at_least,
        idle: draft.idle.map_or(usual.idle, |idle| idle.0),
        partial_failures: draft.partial_failures == Some(true),
        slow_down: draft.slow_down.map_or(usual.slow_down, |time| time.0),
        base: draft.throttled.base.map_or(usual.base, |base| base.0),
        cap: draft.throttled.cap.map_or(usual.cap, |cap| cap.0),
        ..usual
    }
}

/// A queue whose messages go to a function.
pub(super) fn mapped(topology: &Topology, draft: &messages::Queue, queue: Queue) -> Queue {
    let Some((_, function)) = function_of(topology, draft) else { return queue };
    let mapping = mapping(draft.mapping.as_ref());
    let runs = function.timeout.map_or(super::function::TIMEOUT, |time| time.0);
    let needs = mapping.window + runs;
    // Between a receive and the end of a run no message may become visible.
    let visibility = queue.visibility.map(|hidden| if hidden < needs { needs + BEYOND } else { hidden });
    Queue { visibility, mapping: Some(Box::new(mapping)), ..queue }
}
