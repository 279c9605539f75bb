//! Mappings of queues to functions: batches, failures, refusals, pollers that come and go.

use super::functions::{denied, function, runs};
use super::{application, at, call, completions, diary, losses, node, pool, queue, seconds, send, topology, work};
use crate::cloud::arrivals::{Arrivals, Recorded};
use crate::cloud::bus::pattern::Pattern;
use crate::cloud::bus::record::Filter;
use crate::cloud::fact::{Fact, Loss, Start};
use crate::cloud::topology::{
    Application, DeadLetterAt, DeadLetters, Function, Mapping, NodeId, NodeKind, Pool, Provisioned, Queue, Topology,
    Verb, WorkId,
};
use crate::cloud::world::{Horizon, simulate};
use crate::ground::chance::Key;
use crate::ground::distribution::Distribution;
use crate::ground::time::{SECOND, SimTime, Span};

/// A queue whose messages are hidden for 10 s, and the function behind it.
fn mapped(mapping: Mapping, function: Function) -> Topology {
    let queue = Queue { mapping: Some(Box::new(mapping)), visibility: Some(Span::from_secs(10)), ..queue(1) };
    behind(queue, function)
}

fn behind(queue: Queue, function: Function) -> Topology {
    let batch = queue.mapping.as_ref().map(|mapping| mapping.batch());
    let desk = Pool { batch, ..function.desk };
    let function = NodeKind::Function(Box::new(Function { desk, ..function }));
    topology(vec![node("q", NodeKind::Queue(queue)), node("f", function)])
}

/// So many requests at 0 in one arrival, each with work of `each` seconds.
fn all_at_once(count: u64, each: f64) -> Application {
    let arrivals = Arrivals::Even { every: Span::from_secs(100_000), offset: Span::ZERO };
    let mut application = application(arrivals, vec![seconds(each)]);
    application.workloads[0].batch = Some(Distribution::constant(count));
    application
}

fn gathered(diary: &[(f64, Fact)]) -> Vec<(f64, u32)> {
    let gathered = diary.iter().filter_map(|(at, fact)| match fact {
        Fact::Gathered { jobs, .. } => Some((*at, *jobs)),
        _ => None,
    });
    gathered.collect()
}

/// When messages were received, and whether by the same call as the one before.
fn received(diary: &[(f64, Fact)]) -> Vec<(f64, bool)> {
    let received = diary.iter().filter_map(|(at, fact)| match fact {
        Fact::Received { joins, .. } => Some((*at, *joins)),
        _ => None,
    });
    received.collect()
}

/// Of four that come at 0, those of such numbers fail at their first delivery.
fn failing(which: &[usize]) -> Application {
    let fails = |number| if which.contains(&number) { vec![(WorkId(0), 1)] } else { Vec::new() };
    let script = (0..4).map(|number| Recorded { fails: fails(number), ..Recorded::default() }).collect();
    application(Arrivals::Instants(script), vec![seconds(2.0)])
}

/// Three that come together are one run: 1 s of initialisation, then 2 s of each, one after the other. They are deleted by one
/// call when the last is done.
#[test]
fn a_batch_is_one_run_in_one_environment() {
    let found = diary(&all_at_once(3, 2.0), &mapped(Mapping::of(10), function(vec![work(0)], 0)), 50.0);
    assert_eq!(gathered(&found), [(0.0, 3)]);
    assert_eq!(runs(&found), [(1, Start::Cold, 1.0, 6.0)]);
    assert_eq!(completions(&found), [(0, 7.0), (1, 7.0), (2, 7.0)]);
    let deleted = found.iter().filter(|(_, fact)| matches!(fact, Fact::Deleted { joins: false, .. }));
    assert_eq!(deleted.count(), 1);
}

/// Work of 5 s is done once for all three.
#[test]
fn work_for_the_whole_batch_is_done_once() {
    let once = Verb::Work { work: WorkId(0), fails: 0.0, fresh: false, together: true, cold: None };
    let found = diary(&all_at_once(3, 5.0), &mapped(Mapping::of(10), function(vec![once], 0)), 50.0);
    assert_eq!(runs(&found), [(1, Start::Cold, 1.0, 5.0)]);
    assert_eq!(completions(&found), [(0, 6.0), (1, 6.0), (2, 6.0)]);
}

/// The first message opens a window of 3 s. What comes within it joins the batch; a full one does not wait for its end.
#[test]
fn a_window_gathers_until_the_batch_is_full() {
    let mapping = || Mapping { window: Span::from_secs(3), ..Mapping::of(4) };
    let times = [0.0, 1.0, 2.5, 20.0, 20.5, 21.0, 21.5, 22.0];
    let found =
        diary(&application(at(&times), vec![seconds(0.1)]), &mapped(mapping(), function(vec![work(0)], 0)), 60.0);
    assert_eq!(gathered(&found), [(3.0, 3), (21.5, 4), (25.0, 1)]);
}

/// Twelve wait: a batch of twelve is two receives of ten at the most, within a window; without one it is what one receive
/// brings, and another poller takes the other two.
#[test]
fn larger_batches_need_several_receives() {
    let mapping = || Mapping { window: Span::from_secs(1), ..Mapping::of(12) };
    let found = diary(&all_at_once(12, 0.1), &mapped(mapping(), function(vec![work(0)], 0)), 60.0);
    let calls = received(&found).iter().filter(|(_, joins)| !joins).count();
    assert_eq!((gathered(&found), calls), (vec![(0.0, 12)], 2));
    let found = diary(&all_at_once(12, 0.1), &mapped(Mapping::of(10), function(vec![work(0)], 0)), 60.0);
    assert_eq!(gathered(&found), [(0.0, 10), (0.0, 2)]);
}

/// AWS Lambda developer guide, *Lambda quotas*: an invocation takes 6 MB. Of three messages of 2.5 MiB two are one batch.
#[test]
fn a_batch_is_no_larger_than_an_invocation_takes() {
    let mut application = all_at_once(3, 1.0);
    application.workloads[0].size = Distribution::constant(5 << 19);
    let found = diary(&application, &mapped(Mapping::of(10), function(vec![work(0)], 0)), 60.0);
    assert_eq!(gathered(&found), [(0.0, 2), (0.0, 1)]);
}

/// The second of four fails, 4 s into a run that began at 2 s: all come back when they have been hidden for 10 s, and are
/// done at the second try. Where the function reports which have failed, the others are done when the last of them is.
#[test]
fn an_error_is_of_the_whole_batch_unless_the_function_reports_it() {
    let mapping = |partial_failures| Mapping { window: Span::from_secs(1), partial_failures, ..Mapping::of(10) };
    let whole = diary(&failing(&[1]), &mapped(mapping(false), function(vec![work(0)], 0)), 60.0);
    assert_eq!(gathered(&whole), [(1.0, 4), (11.0, 4)]);
    assert_eq!(runs(&whole), [(1, Start::Cold, 1.0, 4.0), (1, Start::Warm, 0.0, 8.0)]);
    assert_eq!(completions(&whole), [(0, 19.0), (1, 19.0), (2, 19.0), (3, 19.0)]);
    let partial = diary(&failing(&[1]), &mapped(mapping(true), function(vec![work(0)], 0)), 60.0);
    assert_eq!(gathered(&partial), [(1.0, 4), (11.0, 1)]);
    assert_eq!(completions(&partial), [(0, 10.0), (2, 10.0), (3, 10.0), (1, 13.0)]);
}

/// AWS Lambda developer guide, FIFO queues: the function stops at the first failure and reports all that follow on it, so that
/// none overtakes. One poller takes the first alone; of the other three the second fails.
#[test]
fn of_a_group_nobody_overtakes_who_failed() {
    let mapping = Mapping { start: 1, at_least: 1, at_most: 1, partial_failures: true, ..Mapping::of(10) };
    let queue =
        Queue { fifo: true, mapping: Some(Box::new(mapping)), visibility: Some(Span::from_secs(10)), ..queue(1) };
    let found = diary(&failing(&[2]), &behind(queue, function(vec![work(0)], 0)), 60.0);
    assert_eq!(gathered(&found), [(0.0, 1), (3.0, 3), (13.0, 2)]);
    assert_eq!(completions(&found), [(0, 3.0), (1, 7.0), (2, 17.0), (3, 17.0)]);
}

/// While a batch of a group is with the function no other of that group is received, however many pollers are idle.
#[test]
fn a_group_has_one_batch_at_once() {
    let one = |group| Recorded { group, ..Recorded::default() };
    let script = Arrivals::Instants(vec![one(7), one(7), one(8)]);
    let queue = Queue {
        fifo: true,
        mapping: Some(Box::new(Mapping::of(10))),
        visibility: Some(Span::from_secs(10)),
        ..queue(1)
    };
    let found = diary(&application(script, vec![seconds(2.0)]), &behind(queue, function(vec![work(0)], 0)), 60.0);
    assert_eq!(completions(&found), [(0, 3.0), (2, 3.0), (1, 5.0)]);
}

/// Zac Charles, *Lambda concurrency limits and SQS triggers don't mix well*: one environment, two pollers, and messages that may
/// be received once. The second batch is refused at 0, 1, 3 and 7 s and let go at 10 s, though the environment has been free
/// since 9 s; the next receive puts its message aside. One poller alone would have left it in the queue until then.
#[test]
fn what_the_function_refuses_counts_as_received() {
    let letters = Some(DeadLetters { to: NodeId(2), max_receives: 1, at: DeadLetterAt::NextReceive });
    let system = |pollers| {
        let mapping = Mapping { start: pollers, at_least: pollers, at_most: pollers, ..Mapping::of(1) };
        let queue = Queue {
            mapping: Some(Box::new(mapping)),
            visibility: Some(Span::from_secs(10)),
            dead_letters: letters,
            ..queue(1)
        };
        let mut topology = behind(queue, Function { reserved: Some(1), ..function(vec![work(0)], 0) });
        topology.nodes.push(node("dead", NodeKind::Queue(Queue::default())));
        topology
    };
    let trapped = diary(&all_at_once(2, 8.0), &system(2), 60.0);
    assert_eq!(denied(&trapped), [0.0, 1.0, 3.0, 7.0]);
    assert_eq!(completions(&trapped), [(0, 9.0)]);
    assert_eq!(losses(&trapped), [(1, 10.0, Loss::DeadLettered)]);
    let left = trapped.iter().filter_map(|(at, fact)| match fact {
        Fact::Left { waited, why: Loss::Throttled, .. } => Some((*at, waited.seconds())),
        _ => None,
    });
    assert_eq!(left.collect::<Vec<_>>(), [(10.0, 10.0)]);
    let spared = diary(&all_at_once(2, 8.0), &system(1), 60.0);
    assert_eq!((completions(&spared), losses(&spared)), (vec![(0, 9.0), (1, 17.0)], Vec::new()));
}

/// Five pollers at first and one more every 200 ms: 1,250 are reached after 249 s (AWS Lambda developer guide, *Configuring
/// scaling behavior for SQS event source mappings*: 300 a minute), and no more come.
#[test]
fn pollers_become_more_by_300_a_minute() {
    let found = diary(&all_at_once(1_300, 5_000.0), &mapped(Mapping::of(1), function(vec![work(0)], 0)), 9.5);
    let times: Vec<f64> = received(&found).iter().map(|(at, _)| *at).collect();
    let ramp = (0..times.len()).map(|n| n.saturating_sub(4) as f64 / 5.0);
    assert!(times.len() == 5 + 47 && times.iter().zip(ramp).all(|(at, due)| (at - due).abs() < 1e-6), "{times:?}");
    let hidden = Queue { mapping: Some(Box::new(Mapping::of(1))), ..queue(1) };
    let found = diary(&all_at_once(1_300, 5_000.0), &behind(hidden, function(vec![work(0)], 0)), 400.0);
    let times = received(&found);
    assert_eq!((times.len(), times.last().map(|last| last.0)), (1_250, Some(249.0)));
}

/// Five idle pollers poll for 20 s each time. After three minutes with nothing to do two are left: 3 · 9 and 2 · 50 polls have
/// brought nothing by 1,000 s.
#[test]
fn idle_pollers_poll_in_vain_and_become_fewer() {
    let application = application(at(&[2_000.0]), vec![seconds(1.0)]);
    let system = mapped(Mapping::of(10), function(vec![work(0)], 0));
    let horizon = Horizon { warm_up: SimTime::START, length: None, until: None };
    let mut simulation = simulate(&application, &system, Key::root(1, 0), horizon, ());
    let now = SimTime::from_nanos(1_000 * SECOND);
    simulation.run_until(now);
    let queue = simulation.model.queue_of(NodeId(0)).expect("the first node is the queue");
    assert_eq!(simulation.model.empty_receives(NodeId(0), queue, Some(now)), Some(3 * 9 + 2 * 50));
}

/// A mapping whose pollers are kept ready, each as AWS Lambda has it, from `min` to `max`.
fn kept_ready(min: u32, max: u32, mapping: Mapping) -> Mapping {
    let (provisioned, every) = (Some(Provisioned::USUAL), Provisioned::EVERY);
    Mapping { start: min, at_least: min, at_most: max, every, provisioned, ..mapping }
}

/// AWS Lambda developer guide, *Configuring scaling behavior for SQS event source mappings*: a poller has ten invocations at once
/// and makes ten polls a second. Two receive a message every 100 ms until each has ten after 0.9 s; no more come.
#[test]
fn a_poller_that_is_kept_ready_has_ten_invocations_at_once() {
    let mapping = kept_ready(2, 2, Mapping::of(1));
    let found = diary(&all_at_once(30, 5_000.0), &mapped(mapping, function(vec![work(0)], 0)), 9.5);
    let times: Vec<f64> = received(&found).iter().map(|(at, _)| *at).collect();
    let due: Vec<f64> = (0..20).map(|n| f64::from(n / 2) / 10.0).collect();
    assert_eq!(times, due);
}

/// 1 MB a second: ten messages of 500,000 bytes are five of them, and the next poll is 5 s later.
#[test]
fn a_poller_that_is_kept_ready_takes_a_megabyte_a_second() {
    let mut application = all_at_once(20, 0.1);
    application.workloads[0].size = Distribution::constant(500_000);
    let mapping = kept_ready(1, 1, Mapping::of(10));
    let found = diary(&application, &mapped(mapping, function(vec![work(0)], 0)), 60.0);
    assert_eq!(gathered(&found), [(0.0, 10), (5.0, 10)]);
}

/// AWS News Blog: 1,000 invocations at once more a minute, which are 100 pollers: one every 600 ms.
#[test]
fn pollers_that_are_kept_ready_become_more_by_a_thousand_invocations_a_minute() {
    let mapping = kept_ready(2, 200, Mapping::of(1));
    let queue = Queue { mapping: Some(Box::new(mapping)), ..queue(1) };
    let found = diary(&all_at_once(2_000, 5_000.0), &behind(queue, function(vec![work(0)], 0)), 60.0);
    let told = found.iter().filter_map(|(at, fact)| match fact {
        Fact::Polling { pollers, .. } => Some((*at, *pollers)),
        _ => None,
    });
    let told: Vec<_> = told.collect();
    assert_eq!((told.len(), told[0], told[99]), (100, (0.6, 3), (60.0, 102)));
}

/// Each has one poll open, however many invocations it may have at once.
#[test]
fn pollers_that_are_kept_ready_poll_in_vain_with_one_poll_each() {
    let application = application(at(&[2_000.0]), vec![seconds(1.0)]);
    let system = mapped(kept_ready(3, 9, Mapping::of(10)), function(vec![work(0)], 0));
    let horizon = Horizon { warm_up: SimTime::START, length: None, until: None };
    let mut simulation = simulate(&application, &system, Key::root(1, 0), horizon, ());
    let now = SimTime::from_nanos(1_000 * SECOND);
    simulation.run_until(now);
    let queue = simulation.model.queue_of(NodeId(0)).expect("the first node is the queue");
    assert_eq!(simulation.model.empty_receives(NodeId(0), queue, Some(now)), Some(3 * 50));
}

/// A window of 3 s from the first message, and a poll every 100 ms: what comes at 0.05 s is received at 0.1 s. The fourth makes
/// the batch full; what comes just behind it is for another hand of the same poller, whose window ends 3 s after its receive.
#[test]
fn a_poller_that_is_kept_ready_gathers_in_one_of_its_hands() {
    let mapping = Mapping { window: Span::from_secs(3), ..kept_ready(1, 1, Mapping::of(4)) };
    let times = [0.0, 0.05, 1.0, 2.5, 2.55];
    let found = diary(&application(at(&times), vec![seconds(0.1)]), &mapped(mapping, function(vec![work(0)], 0)), 60.0);
    let times: Vec<f64> = received(&found).iter().map(|(at, _)| *at).collect();
    assert_eq!((times, gathered(&found)), (vec![0.0, 0.1, 1.0, 2.5, 2.6], vec![(2.5, 4), (5.6, 1)]));
}

/// A mapping that takes only what meets a pattern.
fn picky(pattern: &str, mapping: Mapping) -> Mapping {
    let (pattern, _) = Pattern::read(pattern).expect("a pattern");
    Mapping { filter: Some(Filter::new(vec![pattern], &["w", ""])), ..mapping }
}

/// AWS Lambda developer guide, *Control which events Lambda sends to your function*: what no filter takes is deleted from the
/// queue. Of four that one receive brings the first two are deleted by one call, and done; one run has the others.
#[test]
fn what_the_filter_does_not_take_is_deleted_and_done() {
    let mapping = picky(r#"{"body": {"number": [{"numeric": [">", 2]}]}}"#, Mapping::of(10));
    let found = diary(&all_at_once(4, 2.0), &mapped(mapping, function(vec![work(0)], 0)), 60.0);
    assert_eq!(gathered(&found), [(0.0, 2)]);
    assert_eq!(completions(&found), [(0, 0.0), (1, 0.0), (2, 5.0), (3, 5.0)]);
    let told = found.iter().filter_map(|(at, fact)| match fact {
        Fact::Filtered { who, .. } => Some((*at, who.ordinal, None)),
        Fact::Deleted { who, joins, .. } => Some((*at, who.ordinal, Some(*joins))),
        _ => None,
    });
    let told: Vec<_> = told.collect();
    let filtered = [(0.0, 0, None), (0.0, 0, Some(false)), (0.0, 1, None), (0.0, 1, Some(true))];
    assert_eq!(told[..4], filtered);
    assert_eq!(told[4..], [(5.0, 2, Some(false)), (5.0, 3, Some(true))]);
}

/// A poller that has received nothing for its function polls again: at once, or, where it is kept ready, 100 ms later.
#[test]
fn a_poller_polls_on_behind_what_is_not_for_its_function() {
    let one = Mapping { start: 1, at_least: 1, at_most: 1, ..Mapping::of(1) };
    for (mapping, times) in [(one, [0.0, 0.0, 0.0]), (kept_ready(1, 1, Mapping::of(1)), [0.0, 0.1, 0.2])] {
        let mapping = picky(r#"{"body": {"number": [3]}}"#, mapping);
        let found = diary(&all_at_once(3, 2.0), &mapped(mapping, function(vec![work(0)], 0)), 60.0);
        assert_eq!(received(&found), times.map(|at| (at, false)));
        assert_eq!((gathered(&found), completions(&found)[2]), (vec![(times[2], 1)], (2, times[2] + 3.0)));
    }
}

/// The window begins with the first message that is for the function.
#[test]
fn what_is_not_for_the_function_opens_no_window() {
    let mapping = Mapping { window: Span::from_secs(3), ..picky(r#"{"body": {"number": [2]}}"#, Mapping::of(10)) };
    let system = mapped(mapping, function(vec![work(0)], 0));
    let found = diary(&application(at(&[0.0, 1.0]), vec![seconds(0.1)]), &system, 60.0);
    assert_eq!(gathered(&found), [(4.0, 1)]);
}

/// A message of a group that is deleted keeps none behind it waiting.
#[test]
fn a_group_goes_on_behind_what_is_not_for_the_function() {
    let one = |group| Recorded { group, ..Recorded::default() };
    let script = Arrivals::Instants(vec![one(7), one(7)]);
    let mapping = Some(Box::new(picky(r#"{"body": {"number": [2]}}"#, Mapping::of(10))));
    let queue = Queue { fifo: true, mapping, visibility: Some(Span::from_secs(10)), ..queue(1) };
    let found = diary(&application(script, vec![seconds(2.0)]), &behind(queue, function(vec![work(0)], 0)), 60.0);
    assert_eq!(completions(&found), [(0, 0.0), (1, 3.0)]);
}

/// A batch of two works of 2 s in a function that may run for 3 s: it is cut off as a whole at 5 s, and again at 15 s.
#[test]
fn a_batch_that_runs_too_long_fails_as_a_whole() {
    for partial_failures in [false, true] {
        let limited = Function { timeout: Some(Span::from_secs(3)), ..function(vec![work(0)], 0) };
        let mapping = Mapping { partial_failures, window: Span::from_secs(1), ..Mapping::of(10) };
        let found = diary(&all_at_once(2, 2.0), &mapped(mapping, limited), 19.0);
        assert_eq!(runs(&found), [(1, Start::Cold, 1.0, 3.0), (2, Start::Cold, 1.0, 3.0)]);
        assert_eq!((gathered(&found), completions(&found)), (vec![(1.0, 2), (11.0, 2)], Vec::new()));
    }
}

/// One function that is called and fed: each call has an environment to itself, and is in no batch.
#[test]
fn who_calls_a_function_that_is_fed_is_in_no_batch() {
    let front = pool(vec![call(1, None), send(2)], 1);
    let queue = Queue { mapping: Some(Box::new(Mapping::of(10))), ..queue(1) };
    let fed = function(vec![work(0)], 0);
    let desk = Pool { batch: Some(Mapping::of(10).batch()), ..fed.desk };
    let function = NodeKind::Function(Box::new(Function { desk, ..fed }));
    let system = topology(vec![
        node("p", NodeKind::Pool(Box::new(front))),
        node("f", function),
        node("q", NodeKind::Queue(queue)),
    ]);
    let found = diary(&application(at(&[0.0]), vec![seconds(2.0)]), &system, 60.0);
    assert_eq!(runs(&found), [(1, Start::Cold, 1.0, 2.0), (1, Start::Warm, 0.0, 2.0)]);
    assert_eq!((gathered(&found), completions(&found)), (vec![(3.0, 1)], vec![(0, 5.0)]));
}
