//! Slots that take several jobs together, or receive several messages at once.

use crate::cloud::arrivals::{Arrivals, Recorded};
use crate::cloud::fact::{Fact, Loss, Outcome};
use crate::cloud::topology::{
    Application, Batch, Fault, Harm, Held, NodeKind, Outage, Poll, Pool, Queue, Topology, Verb, When, WorkId,
};
use crate::cloud::world::tests::{
    application, at, completions, diary, losses, node, pool, queue, seconds, topology, work,
};
use crate::ground::distribution::Distribution;
use crate::ground::time::{SimTime, Span};

fn once(work: u16) -> Verb {
    Verb::Work { work: WorkId(work), fails: 0.0, fresh: false, together: true, cold: None }
}

fn gathering(steps: Vec<Verb>, at_most: u32, at_least: u32, window: u64) -> Pool {
    let batch = Batch { at_most, at_least, window: Span::from_secs(window) };
    Pool { batch: Some(batch), ..pool(steps, 1) }
}

fn alone(pool: Pool) -> Topology {
    topology(vec![node("w", NodeKind::Pool(Box::new(pool)))])
}

fn behind(queue: Queue, pool: Pool) -> Topology {
    topology(vec![node("q", NodeKind::Queue(queue)), node("w", NodeKind::Pool(Box::new(pool)))])
}

/// So many requests at 0 in one arrival, each with work of 5 s.
fn all_at_once(count: u64) -> Application {
    let arrivals = Arrivals::Even { every: Span::from_secs(500), offset: Span::ZERO };
    let mut application = application(arrivals, vec![seconds(5.0)]);
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

/// Batches of 2 to 3, work of 10 s once for all. Two come at 0 and 1 s: both start at 1 s. Four more come while they are
/// worked on: at 11 s three are taken, and the fourth waits for a fifth, which comes at 30 s.
#[test]
fn a_free_slot_takes_as_many_as_wait_if_there_are_enough() {
    let application = application(at(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 30.0]), vec![seconds(10.0)]);
    let found = diary(&application, &alone(gathering(vec![once(0)], 3, 2, 0)), 100.0);
    assert_eq!(gathered(&found), [(1.0, 2), (11.0, 3), (30.0, 2)]);
    let wanted = [(0, 11.0), (1, 11.0), (2, 21.0), (3, 21.0), (4, 21.0), (5, 40.0), (6, 40.0)];
    assert_eq!(completions(&found), wanted);
}

/// A slot that waits for three and finds two takes them 5 s after it found the first; the clock then begins anew.
#[test]
fn a_slot_waits_for_more_only_for_so_long() {
    let application = application(at(&[0.0, 2.0, 20.0, 21.0, 22.0]), vec![seconds(1.0)]);
    let found = diary(&application, &alone(gathering(vec![once(0)], 3, 3, 5)), 100.0);
    assert_eq!(gathered(&found), [(5.0, 2), (22.0, 3)]);
}

/// Work of 1 s for each and then of 10 s for all, and 1 s for each: two together take 1 + 1 + 10 + 1 + 1 s, and end
/// together.
#[test]
fn what_is_not_done_for_all_is_done_for_one_after_the_other() {
    let application = application(at(&[0.0, 0.0]), vec![seconds(1.0), seconds(10.0)]);
    let found = diary(&application, &alone(gathering(vec![work(0), once(1), work(0)], 5, 2, 0)), 100.0);
    assert_eq!(completions(&found), [(0, 14.0), (1, 14.0)]);
}

/// The first of three fails at its own work, at 1 s: the others go on without it. What is done for all counts once.
#[test]
fn who_fails_at_its_own_work_fails_alone() {
    let recorded =
        |fails: bool| Recorded { fails: if fails { vec![(WorkId(0), 1)] } else { Vec::new() }, ..Recorded::default() };
    let script = Arrivals::Instants(vec![recorded(true), recorded(false), recorded(false)]);
    let application = application(script, vec![seconds(1.0), seconds(10.0)]);
    let found = diary(&application, &alone(gathering(vec![work(0), once(1)], 5, 3, 0)), 100.0);
    assert_eq!(losses(&found), [(0, 1.0, Loss::Error)]);
    assert_eq!(completions(&found), [(1, 13.0), (2, 13.0)]);
}

/// What is done once for all and fails, fails for all.
#[test]
fn work_for_all_that_fails_fails_for_all() {
    let application = application(at(&[0.0, 0.0]), vec![seconds(1.0)]);
    let fails = Verb::Work { work: WorkId(0), fails: 1.0, fresh: false, together: true, cold: None };
    let found = diary(&application, &alone(gathering(vec![fails], 5, 2, 0)), 100.0);
    assert_eq!(losses(&found), [(0, 1.0, Loss::Error), (1, 1.0, Loss::Error)]);
}

/// An outage from 4 to 6 s takes the work out of the slot's hands: both are lost, stand still, or begin anew together.
#[test]
fn an_outage_meets_all_that_a_slot_holds() {
    for (held, done) in [(Held::Lost, None), (Held::Resume, Some(12.0)), (Held::Back, Some(16.0))] {
        let mut application = application(at(&[0.0, 0.0]), vec![seconds(10.0)]);
        application.faults.push(Fault {
            name: "out".to_owned(),
            what: Harm::Outage(Outage::Component(WorkId(0))),
            when: When::At(vec![SimTime::START + Span::from_secs(4)]),
            lasts: Some(seconds(2.0)),
            held,
            moves: false,
        });
        let found = diary(&application, &alone(gathering(vec![once(0)], 5, 2, 0)), 100.0);
        match done {
            None => assert_eq!(losses(&found), [(0, 4.0, Loss::Crashed), (1, 4.0, Loss::Crashed)]),
            Some(done) => assert_eq!(completions(&found), [(0, done), (1, done)], "{held:?}"),
        }
    }
}

/// Amazon SQS API reference, ReceiveMessage: up to ten messages a call. Twelve messages wait; a slot takes twelve together
/// with receives of five: 5, 5 and 2. They are deleted ten in a call (DeleteMessageBatch).
#[test]
fn a_batch_is_received_in_calls_and_deleted_ten_in_a_call() {
    let application = application(at(&[0.0; 12]), vec![seconds(1.0)]);
    let mut workers = gathering(vec![once(0)], 12, 12, 0);
    workers.poll = Poll { messages: Some(5), ..Poll::default() };
    let found = diary(&application, &behind(queue(1), workers), 100.0);
    let calls = |wanted: fn(&Fact) -> Option<bool>| {
        found.iter().filter_map(|(_, fact)| wanted(fact)).filter(|joins| !joins).count()
    };
    let received = calls(|fact| match fact {
        Fact::Received { joins, .. } => Some(*joins),
        _ => None,
    });
    let deleted = calls(|fact| match fact {
        Fact::Deleted { joins, .. } => Some(*joins),
        _ => None,
    });
    assert_eq!((received, deleted, completions(&found).len()), (3, 2, 12));
}

/// Messages of 5 s each and a visibility timeout of 12 s. A slot that receives three at once has two in its hands
/// whose visibility runs: the third begins at 10 s, ends at 15 s, and was visible again from 12 s on.
#[test]
fn messages_in_hand_are_hidden_while_they_wait_their_turn() {
    for (messages, stale) in [(1, 0), (2, 0), (3, 1)] {
        let application = all_at_once(3);
        let queue = Queue { visibility: Some(Span::from_secs(12)), ..queue(1) };
        let poll = Poll { messages: Some(messages), ..Poll::default() };
        let found = diary(&application, &behind(queue, Pool { poll, ..pool(vec![work(0)], 1) }), 16.0);
        let returned = found.iter().filter(|(_, fact)| matches!(fact, Fact::Returned { .. })).count();
        assert_eq!(returned, stale, "{messages} a receive");
    }
}

/// Two idle workers and two messages that come at once: where one receive brings both, one worker has both in its hands,
/// and the other idles.
#[test]
fn who_receives_several_keeps_them_from_others() {
    for (messages, last) in [(1, 5.0), (2, 10.0)] {
        let application = all_at_once(2);
        let poll = Poll { messages: Some(messages), ..Poll::default() };
        let found = diary(&application, &behind(queue(1), Pool { poll, ..pool(vec![work(0)], 2) }), 40.0);
        assert_eq!(completions(&found).last().map(|done| done.1), Some(last));
    }
}

/// Amazon SQS Developer Guide, FIFO delivery logic: one receive takes as many of one group as it can.
#[test]
fn one_receive_takes_several_of_a_group() {
    let one = |group| Recorded { group, ..Recorded::default() };
    let script = Arrivals::Instants(vec![one(7), one(7), one(8)]);
    let application = application(script, vec![seconds(1.0)]);
    let queue = Queue { fifo: true, ..queue(1) };
    let mut workers = gathering(vec![once(0)], 3, 3, 0);
    workers.poll = Poll { messages: Some(10), ..Poll::default() };
    let found = diary(&application, &behind(queue, workers), 10.0);
    assert_eq!(gathered(&found), [(0.0, 3)]);
    let results = found.iter().filter(|(_, fact)| matches!(fact, Fact::Served { result: Outcome::Ok, .. }));
    assert_eq!((results.count(), completions(&found).len()), (3, 3));
}
