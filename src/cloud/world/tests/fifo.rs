//! What is sent twice, too much at once, or by a tenant among others.

use crate::cloud::arrivals::{Arrivals, Recorded};
use crate::cloud::fact::{Fact, Loss};
use crate::cloud::topology::{
    Application, Backoff, Fair, NodeId, NodeKind, Pool, Queue, Retry, RetryOn, Throughput, Topology, Verb, WorkId,
};
use crate::cloud::world::tests::{
    application, at, completions, diary, losses, node, pool, queue, seconds, send, topology, work,
};
use crate::ground::distribution::Distribution;
use crate::ground::time::Span;

fn count(diary: &[(f64, Fact)], wanted: fn(&Fact) -> bool) -> usize {
    diary.iter().filter(|(_, fact)| wanted(fact)).count()
}

/// A first queue whose workers send on to a second one and then take 5 s for the rest, with a visibility timeout of 3 s: a
/// second worker sends the same again at 3 s.
fn sent_twice(second: Queue) -> Topology {
    let first = Queue { visibility: Some(Span::from_secs(3)), ..queue(1) };
    topology(vec![
        node("first", NodeKind::Queue(first)),
        node("front", NodeKind::Pool(Box::new(pool(vec![send(2), work(0)], 2)))),
        node("second", NodeKind::Queue(Queue { to: vec![NodeId(3)], ..second })),
        node("back", NodeKind::Pool(Box::new(pool(vec![work(1)], 1)))),
    ])
}

/// Amazon SQS Developer Guide, exactly-once processing: what is sent again within the interval is acknowledged and not
/// queued, even if the first was consumed (here after 1 s). 3 s later is within 4 s, and not within 3 s.
#[test]
fn what_is_sent_again_within_the_interval_is_dropped() {
    for (interval, dropped, received) in [(None, 0, 2), (Some(3), 0, 2), (Some(4), 1, 1)] {
        let second = Queue { fifo: true, deduplication: interval.map(Span::from_secs), ..Queue::default() };
        let found = diary(&application(at(&[0.0]), vec![seconds(5.0), seconds(1.0)]), &sent_twice(second), 5.5);
        assert_eq!(count(&found, |fact| matches!(fact, Fact::Dropped { .. })), dropped, "{interval:?}");
        let of_second = |fact: &Fact| matches!(fact, Fact::Received { queue: NodeId(2), .. });
        assert_eq!(count(&found, of_second), received, "{interval:?}");
    }
}

/// Two copies of one step are two messages, and each is known for itself.
#[test]
fn copies_are_not_the_same() {
    let copies = Verb::Send { to: vec![NodeId(1)], size: None, copies: 2, group: None, delay: None };
    let system = topology(vec![
        node("front", NodeKind::Pool(Box::new(pool(vec![copies], 1)))),
        node(
            "q",
            NodeKind::Queue(Queue {
                fifo: true,
                deduplication: Some(Span::from_secs(300)),
                to: vec![NodeId(2)],
                ..Queue::default()
            }),
        ),
        node("w", NodeKind::Pool(Box::new(pool(vec![work(0)], 1)))),
    ]);
    let found = diary(&application(at(&[0.0]), vec![seconds(1.0)]), &system, 10.0);
    assert_eq!(completions(&found), [(0, 2.0)]);
    assert_eq!(count(&found, |fact| matches!(fact, Fact::Dropped { .. })), 0);
}

/// Amazon SQS Developer Guide, FIFO queue quotas: beyond 300 calls a second of a kind, calls are throttled. 301 clients send
/// at once: one is refused, tries again after a second, and is served.
#[test]
fn a_fifo_queue_throttles_the_three_hundred_and_first_call() {
    let per_second = Throughput { every: Span::from_nanos(1_000_000_000 / 300), burst: 300, partitions: 1 };
    for (clients, throttled, retries) in [(300, 0, true), (301, 1, true), (301, 1, false)] {
        let arrivals = Arrivals::Even { every: Span::from_secs(500), offset: Span::ZERO };
        let mut application = application(arrivals, vec![seconds(0.0)]);
        application.workloads[0].batch = Some(Distribution::constant(clients));
        if retries {
            let backoff = Backoff::Wait(seconds(1.0));
            application.workloads[0].client.retry =
                Retry { attempts: Some(2), backoff, on: RetryOn::ALL, ..Retry::default() };
        }
        let queue = Queue { fifo: true, throughput: Some(per_second), ..queue(1) };
        let system = topology(vec![
            node("q", NodeKind::Queue(queue)),
            node("w", NodeKind::Pool(Box::new(Pool { workers: Some(400), ..pool(vec![work(0)], 1) }))),
        ]);
        let found = diary(&application, &system, 400.0);
        let refused = found.iter().filter(|(at, fact)| *at == 0.0 && matches!(fact, Fact::Throttled { .. })).count();
        let lost = losses(&found).len();
        if retries {
            assert_eq!((lost, completions(&found).len() as u64), (0, clients), "{refused}");
        } else {
            assert_eq!(losses(&found), [(300, 0.0, Loss::Limited)]);
        }
        assert!(refused >= throttled, "{refused}");
    }
}

fn of_tenants(of: &[u32]) -> Application {
    let recorded =
        |&group: &u32| Recorded { group, work: vec![(WorkId(0), Span::from_secs(1))], ..Recorded::default() };
    application(Arrivals::Instants(of.iter().map(recorded).collect()), vec![seconds(1.0)])
}

/// Amazon SQS Developer Guide, fair queues: a hundred messages of one tenant come, and then one of another. With forty workers
/// the first tenant has forty in flight and is noisy: the other's is received next, after 1 s, and not after the hundred.
#[test]
fn a_quiet_tenant_does_not_wait_for_a_noisy_one() {
    let mut of = vec![1; 100];
    of.push(2);
    for (fair, done) in [(None, 3.0), (Some(Fair { share: 0.1, in_flight: 30, memory: Span::from_secs(300) }), 2.0)] {
        let queue = Queue { fair, ..queue(1) };
        let system = topology(vec![
            node("q", NodeKind::Queue(queue)),
            node("w", NodeKind::Pool(Box::new(pool(vec![work(0)], 40)))),
        ]);
        let found = diary(&of_tenants(&of), &system, 60.0);
        let quiet = completions(&found).into_iter().find(|&(ordinal, _)| ordinal == 100);
        assert_eq!(quiet, Some((100, done)));
        assert_eq!(completions(&found).len(), 101, "noisy ones are neither throttled nor dropped");
    }
}
