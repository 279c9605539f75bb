//! Messages that are late, kept too long, too many at once, delivered twice or overlooked.

use crate::cloud::arrivals::{Arrivals, Recorded};
use crate::cloud::fact::{Fact, Loss, Outcome};
use crate::cloud::topology::{
    Application, DeadLetterAt, DeadLetters, NodeId, NodeKind, Poll, Pool, Queue, Topology, Verb, WorkId,
};
use crate::cloud::world::tests::{
    application, at, completions, diary, losses, node, pool, queue, seconds, topology, work,
};
use crate::cloud::world::{Horizon, simulate};
use crate::ground::chance::Key;
use crate::ground::time::{SECOND, SimTime, Span};

const FOR_EVER: f64 = 1e7;

fn behind(queue: Queue, pool: Pool) -> Topology {
    let keeper = Queue { retention: queue.retention, fifo: queue.fifo, ..Queue::default() };
    topology(vec![
        node("q", NodeKind::Queue(queue)),
        node("w", NodeKind::Pool(Box::new(pool))),
        node("dead", NodeKind::Queue(keeper)),
    ])
}

fn received(diary: &[(f64, Fact)]) -> Vec<(u32, f64)> {
    let received = diary.iter().filter_map(|(at, fact)| match fact {
        Fact::Received { who, .. } => Some((who.ordinal, *at)),
        _ => None,
    });
    received.collect()
}

fn times(diary: &[(f64, Fact)], wanted: fn(&Fact) -> bool) -> Vec<f64> {
    diary.iter().filter(|(_, fact)| wanted(fact)).map(|(at, _)| *at).collect()
}

/// Two requests at these seconds whose work always fails.
fn failing(times: &[f64]) -> Application {
    let recorded = |&time: &f64| Recorded {
        at: SimTime::from_nanos((time * 1e9) as u64),
        fails: (1..=100).map(|visit| (WorkId(0), visit)).collect(),
        ..Recorded::default()
    };
    application(Arrivals::Instants(times.iter().map(recorded).collect()), vec![seconds(0.0)])
}

/// Amazon SQS Developer Guide, delay queues and message timers: a message is hidden when it is first added to the queue; its
/// own delay comes before the queue's.
#[test]
fn a_delayed_message_is_received_when_its_delay_is_over() {
    for (of_queue, of_step, wanted) in
        [(0, None, 0.0), (5, None, 5.0), (5, Some(2), 2.0), (5, Some(0), 0.0), (0, Some(900), 900.0)]
    {
        let queue = Queue { delay: Span::from_secs(of_queue), to: vec![NodeId(2)], ..Queue::default() };
        let send =
            Verb::Send { to: vec![NodeId(1)], size: None, copies: 1, group: None, delay: of_step.map(Span::from_secs) };
        let system = topology(vec![
            node("front", NodeKind::Pool(Box::new(pool(vec![send], 1)))),
            node("q", NodeKind::Queue(queue)),
            node("w", NodeKind::Pool(Box::new(pool(vec![work(0)], 1)))),
        ]);
        let found = diary(&application(at(&[0.0]), vec![seconds(1.0)]), &system, 1_000.0);
        assert_eq!(received(&found), [(0, wanted)], "{of_queue} s and {of_step:?}");
    }
}

/// Of two messages the first to be visible is received first, though it was sent later; both stand by when they were sent
/// once both are visible.
#[test]
fn delayed_messages_stand_where_they_were_sent() {
    let send = |delay| Verb::Send { to: vec![NodeId(1)], size: None, copies: 1, group: None, delay };
    let steps = vec![send(Some(Span::from_secs(3))), send(None)];
    let system = topology(vec![
        node("front", NodeKind::Pool(Box::new(pool(steps, 1)))),
        node("q", NodeKind::Queue(queue(2))),
        node("w", NodeKind::Pool(Box::new(pool(vec![work(0)], 1)))),
    ]);
    let found = diary(&application(at(&[0.0, 1.0]), vec![seconds(10.0)]), &system, 100.0);
    // The undelayed one of the first; then, at 10 s, the delayed one of the first before both of the second.
    assert_eq!(received(&found), [(0, 0.0), (0, 10.0), (1, 20.0), (1, 30.0)]);
}

/// Amazon SQS API reference, SetQueueAttributes: a message is kept for MessageRetentionPeriod and then deleted, received or
/// not. A minute's retention and one worker: what is worked on at its end is gone, and its delete comes too late.
#[test]
fn a_message_is_gone_when_it_was_kept_long_enough() {
    for (takes, at_work, result) in [(59.0, 59.0, Outcome::Ok), (61.0, 61.0, Outcome::StaleDelete)] {
        let queue = Queue { retention: Some(Span::from_secs(60)), ..queue(1) };
        let found =
            diary(&application(at(&[0.0, 0.5]), vec![seconds(takes)]), &behind(queue, pool(vec![work(0)], 1)), 300.0);
        let served = found.iter().find_map(|(at, fact)| match fact {
            Fact::Served { result, .. } => Some((*at, *result)),
            _ => None,
        });
        assert_eq!(served, Some((at_work, result)));
        let expired = if takes < 60.0 {
            vec![(1, 60.5, Loss::Expired)]
        } else {
            vec![(0, 60.0, Loss::Expired), (1, 60.5, Loss::Expired)]
        };
        assert_eq!(losses(&found), expired);
    }
}

/// Amazon SQS Developer Guide, dead-letter queues and message retention: in a standard queue the age counts on, in a FIFO
/// queue it begins anew. A message fails at 0 and 30 s and is put aside at 60 s; both queues keep for 100 s.
#[test]
fn a_dead_letter_keeps_its_age_in_a_standard_queue_only() {
    for (fifo, gone) in [(false, 100.0), (true, 160.0)] {
        let dead_letters = Some(DeadLetters { to: NodeId(2), max_receives: 2, at: DeadLetterAt::NextReceive });
        let queue = Queue {
            visibility: Some(Span::from_secs(30)),
            retention: Some(Span::from_secs(100)),
            dead_letters,
            fifo,
            ..queue(1)
        };
        let found = diary(&failing(&[0.0]), &behind(queue, pool(vec![work(0)], 1)), 300.0);
        assert_eq!(times(&found, |fact| matches!(fact, Fact::Buried { .. })), [60.0]);
        assert_eq!(times(&found, |fact| matches!(fact, Fact::Expired { .. })), [gone]);
        assert_eq!(losses(&found), [(0, 60.0, Loss::DeadLettered)]);
    }
}

/// `maxReceiveCount` 3 and 30 s of visibility, failing at once each time: received at 0, 30 and 60 s, and moved by the
/// receive at 90 s. Where nobody receives any more from 70 s on, the message stays in its queue.
#[test]
fn an_exhausted_message_moves_when_somebody_next_receives() {
    let dead_letters = Some(DeadLetters { to: NodeId(2), max_receives: 3, at: DeadLetterAt::NextReceive });
    let queue = Queue { visibility: Some(Span::from_secs(30)), dead_letters, ..queue(1) };
    for (away, moved) in [(false, vec![90.0]), (true, Vec::new())] {
        let mut system = behind(queue.clone(), pool(vec![work(0)], 1));
        if away {
            system.faults.push(crate::cloud::topology::Fault {
                name: "gone".to_owned(),
                what: crate::cloud::topology::Harm::Outage(crate::cloud::topology::Outage::Node(NodeId(1))),
                when: crate::cloud::topology::When::At(vec![SimTime::from_nanos(70_000_000_000)]),
                lasts: None,
                held: crate::cloud::topology::Held::Lost,
                moves: false,
            });
        }
        let found = diary(&failing(&[0.0]), &system, 1_000.0);
        assert_eq!(received(&found), [(0, 0.0), (0, 30.0), (0, 60.0)]);
        assert_eq!(times(&found, |fact| matches!(fact, Fact::Buried { .. })), moved);
    }
}

/// Amazon SQS Developer Guide, message quotas: with as many in flight as may be, a receive brings nothing until one is
/// deleted. Three workers and a limit of two.
#[test]
fn no_more_are_in_flight_than_may_be() {
    for (limit, starts) in
        [(None, [0.0, 0.0, 0.0, 5.0]), (Some(3), [0.0, 0.0, 0.0, 5.0]), (Some(2), [0.0, 0.0, 5.0, 5.0])]
    {
        let queue = Queue { in_flight_limit: limit, ..queue(1) };
        let found =
            diary(&application(at(&[0.0; 4]), vec![seconds(5.0)]), &behind(queue, pool(vec![work(0)], 3)), 100.0);
        let found: Vec<f64> = received(&found).iter().map(|&(_, at)| at).collect();
        assert_eq!(found, starts, "{limit:?}");
    }
}

/// A message that has failed and is hidden for longer is still in flight: NotVisible.
#[test]
fn a_message_that_was_hidden_after_a_failure_counts_as_in_flight() {
    let queue = Queue { in_flight_limit: Some(1), ..queue(1) };
    let poll = Poll { on_error: Some(seconds(10.0)), ..Poll::default() };
    let found = diary(&failing(&[0.0, 1.0]), &behind(queue, Pool { poll, ..pool(vec![work(0)], 2) }), 25.0);
    assert_eq!(received(&found), [(0, 0.0), (0, 10.0), (0, 20.0)], "the second is never received");
}

/// Amazon SQS Developer Guide, at-least-once delivery: a deleted message may be received again. Each is here: its work is
/// done twice, the second time for nothing, and the request ends once.
#[test]
fn a_duplicate_is_worked_on_again_for_nothing() {
    for visibility in [Some(Span::from_secs(30)), None] {
        let queue = Queue { duplicates: 1.0, visibility, ..queue(1) };
        let found = diary(&application(at(&[0.0]), vec![seconds(5.0)]), &behind(queue, pool(vec![work(0)], 1)), 200.0);
        // It comes back with its timeout; without one, after a second.
        let back = if visibility.is_some() { 30.0 } else { 6.0 };
        assert_eq!(received(&found), [(0, 0.0), (0, back)]);
        assert_eq!(completions(&found), [(0, 5.0)]);
        assert_eq!(times(&found, |fact| matches!(fact, Fact::Served { result: Outcome::Duplicate, .. })), [back + 5.0]);
        assert_eq!(times(&found, |fact| matches!(fact, Fact::Wasted { .. })), [back + 5.0]);
        assert_eq!(times(&found, |fact| matches!(fact, Fact::Deleted { gone: true, .. })), [back + 5.0]);
    }
}

/// Amazon SQS API reference, ChangeMessageVisibility: at most 12 hours from the receive, whatever was extended. With
/// timeouts of an hour, and a beat each half hour, the last one that is allowed is at 11 h: the message is visible again at
/// 12 h, though its work takes 13 h.
#[test]
fn heartbeats_hide_a_message_for_twelve_hours_at_the_most() {
    const HOUR: f64 = 3_600.0;
    for (ceiling, takes, times) in [(None, 13.0, 1), (Some(12), 12.0, 1), (Some(12), 13.0, 2), (Some(13), 13.0, 1)] {
        let queue = Queue {
            visibility: Some(Span::from_secs(3_600)),
            visibility_ceiling: ceiling.map(|hours| Span::from_secs(hours * 3_600)),
            ..queue(1)
        };
        let poll = Poll { heartbeat: Some(Span::from_secs(1_800)), ..Poll::default() };
        let system = behind(queue, Pool { poll, ..pool(vec![work(0)], 2) });
        let found = diary(&application(at(&[0.0]), vec![seconds(takes * HOUR)]), &system, 12.9 * HOUR);
        let found = received(&found);
        assert_eq!(found.len(), times, "{ceiling:?} {takes}");
        assert!(found.iter().skip(1).all(|&(_, at)| at == 12.0 * HOUR), "{found:?}");
    }
}

/// Amazon SQS Developer Guide, short and long polling: a short poll asks a subset of the servers, and may find nothing
/// though something is there. Hundreds of messages without work, and a worker that sleeps for a second after an empty poll:
/// all are received by one poll after the other where all servers are asked, and not where one in four is.
#[test]
fn a_short_poll_may_overlook_what_is_there() {
    let poll = || Poll { wait: Some(Span::ZERO), sleep: Some(seconds(1.0)), ..Poll::default() };
    let look = |unseen: f64, poll: Poll| {
        let queue = Queue { unseen, ..queue(1) };
        let system = behind(queue, Pool { poll, ..pool(vec![work(0)], 1) });
        let found = diary(&application(at(&[0.5; 400]), vec![seconds(0.0)]), &system, FOR_EVER);
        received(&found).last().map_or(0.0, |&(_, at)| at)
    };
    // The poll at the start finds nothing, and the one after it, a second later, all of them.
    assert_eq!(look(0.0, poll()), 1.0);
    // With one left, three in four polls find nothing: the last is found some seconds later.
    assert!(look(0.75, poll()) > 1.0);
    // Long polls ask all servers.
    let long = Poll { wait: Some(Span::from_secs(20)), ..Poll::default() };
    assert_eq!(look(0.75, long), 0.5);
}

/// A long poll of twenty seconds begins at the start of the run, whenever the first event may be: five have ended by 100 s.
#[test]
fn idle_workers_poll_from_the_start() {
    let poll = Poll { wait: Some(Span::from_secs(20)), ..Poll::default() };
    let system = behind(queue(1), Pool { poll, ..pool(vec![work(0)], 1) });
    let application = application(at(&[1_000.0]), vec![seconds(1.0)]);
    let horizon = Horizon { warm_up: SimTime::START, length: None, until: None };
    let mut simulation = simulate(&application, &system, Key::root(1, 0), horizon, ());
    let now = SimTime::from_nanos(101 * SECOND);
    simulation.run_until(now);
    let queue = simulation.model.queue_of(NodeId(0)).expect("the first node is the queue");
    assert_eq!(simulation.model.empty_receives(NodeId(0), queue, Some(now)), Some(5));
}
