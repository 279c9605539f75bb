//! Mappings of queues to functions.

use crate::cloud::bus::pattern::Pattern;
use crate::cloud::bus::record::Filter;
use crate::cloud::topology::{Batch, Mapping, Provisioned, Queue};
use crate::ground::time::Span;
use crate::scenario::build::count;
use crate::scenario::draft::mapping as draft;
use crate::scenario::draft::messages;
use crate::scenario::draft::words::Names;
use crate::scenario::draft::{Topology, function::Function};

/// What is added to a window and a timeout that are longer than the visibility timeout (AWS Lambda developer guide, *Creating
/// and configuring an Amazon SQS event source mapping*).
const BEYOND: Span = Span::from_secs(30);

/// The function that a queue's messages go to, if they go to one.
pub(crate) fn function_of<'a>(topology: &'a Topology, queue: &messages::Queue) -> Option<(&'a str, &'a Function)> {
    function_among(topology, queue.to.as_ref()?)
}

/// The first of some nodes that is a function.
pub(crate) fn function_among<'a>(topology: &'a Topology, to: &Names) -> Option<(&'a str, &'a Function)> {
    let (name, function) = to.names.iter().find_map(|name| topology.function.get_key_value(name))?;
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
    let usual = match &draft.provisioned {
        Some(kept) => kept_ready(kept, usual),
        None => come_and_go(draft, usual),
    };
    Mapping {
        window: draft.window.map_or(usual.window, |window| window.0),
        idle: draft.idle.map_or(usual.idle, |idle| idle.0),
        partial_failures: draft.partial_failures == Some(true),
        slow_down: draft.slow_down.map_or(usual.slow_down, |time| time.0),
        base: draft.throttled.base.map_or(usual.base, |base| base.0),
        cap: draft.throttled.cap.map_or(usual.cap, |cap| cap.0),
        ..usual
    }
}

/// Pollers that come and go with what there is to do.
fn come_and_go(draft: &draft::Mapping, usual: Mapping) -> Mapping {
    let at_most = draft.at_most.map_or(usual.at_most, |most| count(most.0));
    let limit = draft.max_concurrency.map(|most| count(most.0));
    let at_most = limit.map_or(at_most, |limit| limit.min(at_most));
    let start = draft.start.map_or(usual.start, |start| count(start.0)).min(at_most);
    let at_least = match limit {
        Some(_) => start,
        None => draft.at_least.map_or(usual.at_least, |least| count(least.0)).min(start),
    };
    Mapping { start, every: draft.ramp.map_or(usual.every, |ramp| ramp.0), at_most, at_least, ..usual }
}

/// Pollers that are kept ready.
fn kept_ready(draft: &draft::Provisioned, usual: Mapping) -> Mapping {
    let (min, max) = Provisioned::POLLERS;
    let min = draft.min.map_or(min, |min| count(min.0));
    let each = Provisioned::USUAL;
    Mapping {
        start: min,
        at_least: min,
        at_most: draft.max.map_or(max, |max| count(max.0)).max(min),
        every: draft.ramp.map_or(Provisioned::EVERY, |ramp| ramp.0),
        provisioned: Some(Provisioned {
            invokes: draft.invokes.map_or(each.invokes, |invokes| count(invokes.0)),
            every: draft.polls.map_or(each.every, |polls| polls.0),
            throughput: draft.throughput.map_or(each.throughput, |bytes| bytes.0),
        }),
        ..usual
    }
}

/// A queue whose messages go to a function; `kinds` are the names of the workloads, and at last none.
pub(super) fn mapped(topology: &Topology, kinds: &[&str], draft: &messages::Queue, queue: Queue) -> Queue {
    let Some((_, function)) = function_of(topology, draft) else { return queue };
    let filters = draft.mapping.as_ref().and_then(|mapping| mapping.filter.as_ref());
    let filter = filters.map(|filters| {
        // Those that are none were complained of.
        let patterns = filters.patterns.iter().filter_map(|pattern| Pattern::of(pattern).ok());
        Filter::new(patterns.map(|(pattern, _)| pattern).collect(), kinds)
    });
    let mapping = Mapping { filter, ..mapping(draft.mapping.as_ref()) };
    let runs = function.timeout.map_or(super::function::TIMEOUT, |time| time.0);
    let needs = mapping.window + runs;
    // Between a receive and the end of a run no message may become visible.
    let visibility = queue.visibility.map(|hidden| if hidden < needs { needs + BEYOND } else { hidden });
    Queue { visibility, mapping: Some(Box::new(mapping)), ..queue }
}

#[cfg(test)]
mod tests {
    use crate::cloud::topology::{NodeKind, Provisioned, Queue, WorkloadId};
    use crate::ground::time::Span;
    use crate::scenario::{NoFiles, Source, read};

    fn queue(defaults: &str, queue: &str) -> Queue {
        let text = format!(
            "run = {{ length = \"1h\", defaults = \"{defaults}\" }}\nwork = {{ serve = \"1s\" }}\n\
             workload.jobs.arrivals = {{ poisson = {{ rate = \"1/min\" }} }}\n\
             [topology.t]\nqueue.q = {{ to = \"f\", {queue} }}\n\
             function.f = {{ steps = [{{ work = \"serve\" }}], memory = \"1769MiB\", timeout = \"20s\" }}\n"
        );
        let mut scenario = read(&Source::new("mapping.toml", text), &NoFiles, &[]).expect("nothing is wrong with it");
        match scenario.topologies.remove(0).nodes.remove(0).kind {
            NodeKind::Queue(queue) => queue,
            other => panic!("{other:?} is no queue"),
        }
    }

    /// A mapping is the provider's, whatever else is: the rows that are explained say what holds where nothing is said.
    #[test]
    fn what_is_not_said_is_as_the_provider_has_it() {
        let [documented, textbook] = ["documented", "textbook"].map(|set| queue(set, "mapping = {}"));
        let told = |queue: Queue| format!("{:?}", queue.mapping);
        let silent = told(queue("textbook", "fifo = false"));
        assert_eq!((told(documented), told(textbook)), (silent.clone(), silent));
    }

    /// `max-concurrency` is a bound, and those at the start stay below it.
    #[test]
    fn pollers_stay_below_the_concurrency_that_is_allowed() {
        let of = |text: &str| {
            let mapping = queue("textbook", text).mapping.expect("it leads to a function");
            (mapping.at_least, mapping.start, mapping.at_most)
        };
        assert_eq!(of("mapping = {}"), (2, 5, 1_250));
        assert_eq!(of("mapping = { max-concurrency = 3 }"), (3, 3, 3));
        assert_eq!(of("mapping = { max-concurrency = 1000, start = 10 }"), (10, 10, 1_000));
        assert_eq!(of("mapping = { start = 1 }"), (1, 1, 1_250));
    }

    /// AWS Lambda API reference, ProvisionedPollerConfig: 2 to 200 pollers where nothing is said. 1,000 invocations a minute of
    /// ten each are a poller more every 600 ms, and ten polls a second one every 100 ms.
    #[test]
    fn pollers_that_are_kept_ready_have_numbers_of_their_own() {
        let of = |text: &str| {
            let mapping = queue("textbook", text).mapping.expect("it leads to a function");
            (mapping.at_least, mapping.start, mapping.at_most, mapping.every.nanos() / 1_000_000, mapping.provisioned)
        };
        let usual = Provisioned { invokes: 10, every: Span::from_millis(100), throughput: 1_000_000 };
        assert_eq!(of("mapping = { provisioned = {} }"), (2, 2, 200, 600, Some(usual)));
        let text = "mapping.provisioned = { min = 3, max = 5, ramp = \"1/s\", invokes = 4, polls = \"2/s\", throughput = \"1KiB\" }";
        let each = Provisioned { invokes: 4, every: Span::from_millis(500), throughput: 1_024 };
        assert_eq!(of(text), (3, 3, 5, 1_000, Some(each)));
        assert_eq!(
            format!("{:?}", queue("documented", "mapping.provisioned = {}").mapping),
            format!("{:?}", queue("textbook", "mapping.provisioned = {}").mapping)
        );
    }

    /// One pattern, or several of which one is enough; what only the kind tells is decided when the scenario is read.
    #[test]
    fn a_filter_is_a_pattern_or_a_list_of_them() {
        let decided = |text: &str| {
            let mapping = queue("textbook", text).mapping.expect("it leads to a function");
            let filter = mapping.filter.expect("it has a filter");
            [0, 1].map(|kind| filter.decided(WorkloadId(kind)))
        };
        assert_eq!(decided("mapping.filter = { body = { workload = [\"jobs\"] } }"), [Some(true), Some(false)]);
        let list = "mapping.filter = [{ body = { workload = [\"jobs\"] } }, { body = { number = [7] } }]";
        assert_eq!(decided(list), [Some(true), None]);
    }

    /// AWS Lambda developer guide: where a window and a run are longer than messages are hidden, these are hidden for both and
    /// 30 s more.
    #[test]
    fn messages_are_hidden_for_a_window_and_a_run() {
        let hidden = |text: &str| queue("textbook", text).visibility;
        assert_eq!(hidden("visibility-timeout = \"20s\""), Some(Span::from_secs(20)));
        assert_eq!(hidden("visibility-timeout = \"20s\", mapping.window = \"5s\""), Some(Span::from_secs(55)));
        assert_eq!(hidden("visibility-timeout = \"25s\", mapping.window = \"5s\""), Some(Span::from_secs(25)));
        assert_eq!(hidden("mapping.window = \"5s\""), None);
    }
}
