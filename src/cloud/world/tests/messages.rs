//! Messages that are hidden, come back, and are worked on in groups.

use crate::cloud::arrivals::{Arrivals, Recorded};
use crate::cloud::fact::{Fact, Outcome};
use crate::cloud::topology::{
    Application, DeadLetterAt, DeadLetters, Groups, NodeId, NodeKind, Poll, Pool, Queue, StaleDelete, Topology, WorkId,
};
use crate::cloud::world::tests::{application, completions, diary, node, pool, queue, seconds, topology, work};
use crate::ground::distribution::Distribution;
use crate::ground::time::{SimTime, Span};

/// Requests at these seconds with so many seconds of work, each of a group.
fn script(requests: &[(f64, f64, u32)]) -> Application {
    let span = |seconds: f64| Span::from_nanos((seconds * 1e9) as u64);
    let recorded = |&(at, work, group): &(f64, f64, u32)| Recorded {
        at: SimTime::START + span(at),
        work: vec![(WorkId(0), span(work))],
        group,
        ..Recorded::default()
    };
    application(Arrivals::Instants(requests.iter().map(recorded).collect()), vec![seconds(1.0)])
}

/// A queue, the pool that takes from it, and one for dead letters.
fn behind(queue: Queue, pool: Pool) -> Topology {
    topology(vec![
        node("q", NodeKind::Queue(queue)),
        node("w", NodeKind::Pool(Box::new(pool))),
        node("dead", NodeKind::Queue(Queue { fifo: true, ..Queue::default() })),
    ])
}

/// How each stay with a worker ended.
fn results(diary: &[(f64, Fact)]) -> Vec<(f64, Outcome)> {
    let ended = diary.iter().filter_map(|(at, fact)| match fact {
        Fact::Served { result, .. } => Some((*at, *result)),
        _ => None,
    });
    ended.collect()
}

/// Amazon SQS API reference, DeleteMessage: on a standard queue the newest receipt deletes even after the visibility ran
/// out; on a FIFO queue it does not. Work that takes 9.9 s, 10 s and 10.1 s with a timeout of 10 s: of what ends in the
/// same instant the work comes first.
#[test]
fn a_delete_in_time_is_one_before_the_visibility_runs_out() {
    for (takes, stale_delete, well) in [
        (9.9, StaleDelete::InTime, true),
        (10.0, StaleDelete::InTime, true),
        (10.1, StaleDelete::InTime, false),
        (10.1, StaleDelete::Ignored, true),
    ] {
        let queue = Queue { visibility: Some(Span::from_secs(10)), fifo: true, stale_delete, ..queue(1) };
        let found = diary(&script(&[(0.0, takes, 1)]), &behind(queue, pool(vec![work(0)], 1)), 15.0);
        let result = if well { Outcome::Ok } else { Outcome::StaleDelete };
        assert_eq!(results(&found)[0], (takes, result), "{takes} {stale_delete:?}");
        assert_eq!(completions(&found).len(), usize::from(well));
    }
}

/// Amazon SQS Developer Guide, visibility timeout: a heartbeat hides the message for the whole timeout from then on. Work
/// of 25 s with a timeout of 10 s and a second worker that idles: a beat each 9 s keeps it from being worked on twice, a
/// beat each 11 s comes too late and hides nothing.
#[test]
fn a_heartbeat_hides_what_is_worked_on_if_it_comes_in_time() {
    for (beat, receives) in [(9, 1), (11, 3)] {
        let queue = Queue { visibility: Some(Span::from_secs(10)), ..queue(1) };
        let poll = Poll { heartbeat: Some(Span::from_secs(beat)), ..Poll::default() };
        let pool = Pool { poll, ..pool(vec![work(0)], 2) };
        let found = diary(&script(&[(0.0, 25.0, 0)]), &behind(queue, pool), 26.0);
        let received = found.iter().filter(|(_, fact)| matches!(fact, Fact::Received { .. })).count();
        assert_eq!(received, receives, "a beat each {beat} s");
    }
}

/// Amazon SQS Developer Guide, FIFO delivery logic. Group 1 has work of 4 s and 3 s, group 2 of 5 s; two workers.
#[test]
fn a_group_is_worked_on_one_after_the_other_beside_other_groups() {
    let application = script(&[(0.0, 4.0, 1), (0.0, 3.0, 1), (1.0, 5.0, 2)]);
    let queue = Queue { fifo: true, ..queue(1) };
    let found = diary(&application, &behind(queue, pool(vec![work(0)], 2)), 60.0);
    assert_eq!(completions(&found), [(0, 4.0), (2, 6.0), (1, 7.0)]);
}

/// Amazon SQS Developer Guide, dead-letter queues: a poison message blocks its group until it moves; the next of the
/// group is then received. One worker, three receives, a second out of sight after each: at 2, 4 and 6 s it fails, and
/// goes at its last failure.
#[test]
fn a_group_goes_on_when_its_poison_message_is_put_aside() {
    let mut application = script(&[(0.0, 1.0, 1), (0.5, 1.0, 1)]);
    if let Arrivals::Instants(list) = &mut application.workloads[0].arrivals {
        list[0].fails = vec![(WorkId(0), 1), (WorkId(0), 2), (WorkId(0), 3)];
    }
    let dead_letters = Some(DeadLetters { to: NodeId(2), max_receives: 3, at: DeadLetterAt::LastFailure });
    let queue = Queue { fifo: true, dead_letters, ..queue(1) };
    let pool = Pool { poll: Poll { on_error: Some(seconds(1.0)), ..Poll::default() }, ..pool(vec![work(0)], 3) };
    let found = diary(&application, &behind(queue, pool), 60.0);
    assert_eq!(completions(&found), [(1, 6.0)]);
}

/// All of one drawn group: as one line; each of its own: as many as there are workers.
#[test]
fn groups_are_drawn_by_workload() {
    for (groups, last) in [(vec![7], 12.0), ((0..1_000).collect(), 4.0)] {
        let mut application = script(&[(0.0, 4.0, 0); 3]);
        let weights = vec![1.0; groups.len()];
        let law = Distribution::values(&groups, &weights).expect("weights above 0");
        application.workloads[0].groups = Some(Groups { first: 100, law });
        let found = diary(&application, &behind(Queue { fifo: true, ..queue(1) }, pool(vec![work(0)], 3)), 60.0);
        assert_eq!(completions(&found).last().map(|done| done.1), Some(last));
    }
}
