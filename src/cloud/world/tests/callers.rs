//! Clients and callers that set deadlines, send copies, pay for trying again, and stop calling.

use crate::cloud::arrivals::Arrivals;
use crate::cloud::fact::{Fact, Loss};
use crate::cloud::topology::{
    Abandoned, Admission, Application, Backoff, Balancer, Breaker, Budget, Client, Discipline, Guards, Initially, Life,
    NodeId, NodeKind, Pool, Retry, Topology, Verb, Workload,
};
use crate::cloud::world::tests::{
    alone, application, at, brings, call, completions, diary, losses, node, pool, queue, seconds, send, topology, work,
};
use crate::ground::time::Span;

const fn secs(seconds: u64) -> Span {
    Span::from_secs(seconds)
}

fn with(client: Client, arrivals: Arrivals, works: &[f64]) -> Application {
    let mut application = application(arrivals, works.iter().map(|&work| seconds(work)).collect());
    application.workloads[0].client = client;
    application
}

/// Tries again after a second each time.
fn trying(attempts: u32) -> Retry {
    Retry { attempts: Some(attempts), backoff: Backoff::Wait(seconds(1.0)), ..Retry::default() }
}

fn tiers(web: Vec<Verb>, web_workers: u32, app: Pool) -> Topology {
    topology(vec![
        node("web", NodeKind::Pool(Box::new(pool(web, web_workers)))),
        node("app", NodeKind::Pool(Box::new(app))),
    ])
}

/// One worker, 4 s of work, three at once, a deadline of 6 s. The first is done at 4 s. The second is at work when its
/// time is over at 6 s: its client goes, and its worker, which looks at the clock between steps, ends the step at 8 s and
/// drops the rest. So the third, whose client went at 6 s too, is dropped at 8 s before any work.
#[test]
fn a_deadline_holds_for_all_and_nobody_begins_what_is_past_it() {
    let client = Client { deadline: Some(secs(6)), ..Client::default() };
    let application = with(client, at(&[0.0, 0.0, 0.0]), &[4.0, 1.0]);
    let found = diary(&application, &alone(pool(vec![work(0), work(1)], 1), 1), 60.0);
    assert_eq!(completions(&found), [(0, 5.0)]);
    assert_eq!(losses(&found), [(1, 6.0, Loss::Late), (2, 6.0, Loss::Late)]);
    let ends: Vec<f64> =
        found.iter().filter(|(_, fact)| matches!(fact, Fact::Served { .. })).map(|(at, _)| *at).collect();
    assert_eq!(ends, [5.0, 9.0, 9.0]);
}

/// Refused at 0, 1 and 2 s; the pause that would end at 3 s, the deadline, is not begun. One that ends before is.
#[test]
fn nobody_pauses_beyond_a_deadline() {
    for (deadline, ends) in [(Span::from_millis(3_000), 2.0), (Span::from_millis(3_001), 3.0)] {
        let client = Client { deadline: Some(deadline), retry: trying(9), ..Client::default() };
        let found = diary(&with(client, at(&[0.0]), &[1.0]), &alone(pool(vec![work(0)], 0), 1), 60.0);
        assert_eq!(losses(&found), [(0, ends, Loss::NoWorker)], "{deadline}");
    }
}

/// The web tier waits for an answer that comes after 10 s; the deadline of 3 s goes with the call, so its only worker is
/// free at 3 s for the next request, which finds the same.
#[test]
fn a_deadline_is_carried_along_with_calls_and_messages() {
    let client = Client { deadline: Some(secs(3)), ..Client::default() };
    let calling = tiers(vec![call(1, None)], 1, pool(vec![work(0)], 2));
    let found = diary(&with(client.clone(), at(&[0.0, 2.0]), &[10.0]), &calling, 60.0);
    assert_eq!(losses(&found), [(0, 3.0, Loss::Late), (1, 5.0, Loss::Late)]);
    let began: Vec<f64> = found
        .iter()
        .filter(|(_, fact)| matches!(fact, Fact::Started { pool: NodeId(0), .. }))
        .map(|(at, _)| *at)
        .collect();
    assert_eq!(began, [0.0, 3.0]);
    // Of two messages one waits until it is too late; it is deleted unserved, and its request is lost then.
    let queued = topology(vec![
        node("web", NodeKind::Pool(Box::new(pool(vec![send(1)], 1)))),
        node("q", NodeKind::Queue(queue(2))),
        node("app", NodeKind::Pool(Box::new(pool(vec![work(0)], 1)))),
    ]);
    let found = diary(&with(client, at(&[0.0, 0.0]), &[10.0]), &queued, 60.0);
    assert_eq!(completions(&found), [(0, 10.0)]);
    assert_eq!(losses(&found), [(1, 10.0, Loss::Late)]);
    assert_eq!(found.iter().filter(|(_, fact)| matches!(fact, Fact::Deleted { gone: true, .. })).count(), 2);
}

/// Deadlines at 30 and 12 s, none, and at 11 s: behind the one at work they come in the order of their deadlines.
#[test]
fn the_earliest_deadline_is_next_and_who_has_none_comes_last() {
    let mut application = with(Client::default(), at(&[0.0, 2.0]), &[5.0]);
    for (name, arrivals, deadline) in [("slow", at(&[1.0]), 60), ("fast", at(&[3.0]), 30)] {
        let client = Client { deadline: Some(secs(deadline)), ..Client::default() };
        let workload = Workload { name: name.into(), arrivals, client, ..application.workloads[0].clone() };
        application.workloads.push(workload);
    }
    let pool = Pool { line: Discipline::EarliestDeadline, ..pool(vec![work(0)], 1) };
    let found = diary(&application, &alone(pool, 3), 60.0);
    let order: Vec<(u16, f64)> = found
        .iter()
        .filter_map(|(at, fact)| match fact {
            Fact::Completed { who, .. } => Some((who.workload.0, *at)),
            _ => None,
        })
        .collect();
    assert_eq!(order, [(0, 5.0), (2, 10.0), (1, 15.0), (0, 20.0)]);
}

/// Two workers in turn, the first of them busy for 10 s. Without a copy the third request waits for it until 10 s and
/// ends at 11 s; with a copy after 2 s it is answered by the other at 3 s.
#[test]
fn the_first_answer_of_an_attempt_and_its_copy_counts() {
    for (abandoned, served) in [(Abandoned::Finish, 3), (Abandoned::Cancel, 2)] {
        let client = Client { hedge: Some(secs(2)), abandoned, ..Client::default() };
        let mut application = with(client, Arrivals::Instants(Vec::new()), &[1.0]);
        application.workloads[0].arrivals = brings(&[(0.0, 10.0), (0.0, 1.0), (1.0, 1.0)]);
        // The first has a copy too, on the other worker: it is as slow.
        let balanced = topology(vec![
            node("b", NodeKind::Balancer(Balancer { to: vec![NodeId(1)], ..Balancer::default() })),
            node("w", NodeKind::Pool(Box::new(pool(vec![work(0)], 3)))),
        ]);
        let found = diary(&application, &balanced, 60.0);
        let third = completions(&found).into_iter().find(|(who, _)| *who == 2);
        assert_eq!(third, Some((2, 2.0)), "{abandoned:?}: a third worker is free");
        let copies = found.iter().filter(|(_, fact)| matches!(fact, Fact::Hedged { .. })).count();
        assert_eq!(copies, 1, "only the slow one is copied");
        let ends = found.iter().filter(|(_, fact)| matches!(fact, Fact::Served { .. })).count();
        assert_eq!(ends, served + 1, "{abandoned:?}");
    }
}

/// The copy stands in a line of its own: where the first waits behind 10 s of work, the copy is served at once.
#[test]
fn a_copy_gets_around_a_slow_worker() {
    let calls = |hedge| {
        let guards = Guards { hedge, ..Guards::default() };
        Verb::Call { to: vec![NodeId(1)], timeout: None, retry: Retry::default(), guards }
    };
    for (hedge, end) in [(None, 11.0), (Some(secs(3)), 5.0)] {
        let mut application = with(Client::default(), brings(&[(1.0, 0.5), (1.0, 1.0)]), &[1.0]);
        let hog = Workload { name: "hog".into(), arrivals: brings(&[(0.0, 10.0)]), ..application.workloads[0].clone() };
        application.workloads.push(hog);
        let mut topology = topology(vec![
            node("web", NodeKind::Pool(Box::new(pool(vec![calls(hedge)], 3)))),
            node("b", NodeKind::Balancer(Balancer { to: vec![NodeId(2)], ..Balancer::default() })),
            node("w", NodeKind::Pool(Box::new(pool(vec![work(0)], 2)))),
        ]);
        topology.entry = vec![NodeId(0), NodeId(1)];
        let found = diary(&application, &topology, 60.0);
        let second = completions(&found).into_iter().find(|(who, _)| *who == 1);
        assert_eq!(second, Some((1, end)), "{hedge:?}");
    }
}

/// Of a copy and its first, the one that fails leaves it to the other; the attempt fails when both have.
#[test]
fn an_attempt_fails_when_both_of_its_copies_have() {
    let client = Client { hedge: Some(secs(1)), timeout: Some(secs(3)), ..Client::default() };
    let found = diary(&with(client, at(&[0.0]), &[10.0]), &alone(pool(vec![work(0)], 1), 1), 60.0);
    // The copy waits in line and is given up with the first.
    assert_eq!(losses(&found), [(0, 3.0, Loss::TimedOut)]);
    let client = Client { hedge: Some(secs(1)), timeout: Some(secs(3)), ..Client::default() };
    let full = Pool { room: Some(0), ..pool(vec![work(0)], 1) };
    let found = diary(&with(client, at(&[0.0]), &[2.0]), &alone(full, 1), 60.0);
    // The copy is refused at 1 s, and the first is answered all the same.
    assert_eq!(completions(&found), [(0, 2.0)]);
}

/// Nobody is there. Ten requests a second apart, three attempts each: 30. With 12 tokens at 5 each two retries are paid
/// for, and then none: 12.
#[test]
fn who_cannot_pay_does_not_try_again() {
    let budget = Budget { tokens: 12, cost: 5, timeout_cost: 10, throttled_cost: 5, refund: 1 };
    let arrivals: Vec<f64> = (0..10).map(|n| f64::from(n) * 10.0).collect();
    let sent = |found: &[(f64, Fact)]| found.iter().filter(|(_, fact)| matches!(fact, Fact::Sent { .. })).count();
    for (budget, attempts) in [(None, 30), (Some(budget), 12)] {
        let client = Client { retry: Retry { budget, ..trying(3) }, ..Client::default() };
        let found = diary(&with(client, at(&arrivals), &[1.0]), &alone(pool(vec![work(0)], 0), 1), 600.0);
        assert_eq!(sent(&found), attempts);
        // The same of a worker that calls: it has one purse for all whom it serves.
        let calls = Verb::Call {
            to: vec![NodeId(1)],
            timeout: None,
            retry: Retry { budget, ..trying(3) },
            guards: Guards { breaker: Some(never()), ..Guards::default() },
        };
        let found =
            diary(&with(Client::default(), at(&arrivals), &[1.0]), &tiers(vec![calls], 1, pool(vec![], 0)), 600.0);
        // Each try but the last of a request is a second of the worker's time.
        let busy: f64 = found
            .iter()
            .filter_map(|(at, fact)| match fact {
                Fact::Served { began, .. } => Some(at - began.seconds()),
                _ => None,
            })
            .sum();
        assert_eq!(busy.round() as usize + 10, attempts);
    }
}

/// A breaker that only counts.
fn never() -> Breaker {
    Breaker { failures: 1.0, of: 100_000, open: secs(60), trial: 1, slow: None }
}

/// Nobody is there until 25 s. Two failures of two open the breaker at 1 s for 10 s; the try at 11 s fails, so does that
/// of 21 s; that of 31 s goes well and closes it.
#[test]
fn a_breaker_stops_calls_and_tries_again_after_a_while() {
    let breaker = Breaker { failures: 0.5, of: 2, open: secs(10), trial: 1, slow: None };
    let calls = Verb::Call {
        to: vec![NodeId(1)],
        timeout: None,
        retry: Retry::default(),
        guards: Guards { breaker: Some(breaker), ..Guards::default() },
    };
    let late = Life { boot: seconds(25.0), ..pool(vec![], 1).life };
    let app = Pool { initially: Initially::Launched, life: late, ..pool(vec![], 1) };
    let arrivals: Vec<f64> = (0..36).map(f64::from).collect();
    let found = diary(&with(Client::default(), at(&arrivals), &[1.0]), &tiers(vec![calls], 1, app), 60.0);
    let tried: Vec<u32> =
        losses(&found).into_iter().filter(|lost| lost.2 == Loss::NoWorker).map(|(who, _, _)| who).collect();
    assert_eq!(tried, [0, 1, 11, 21]);
    let stopped = losses(&found).into_iter().filter(|lost| lost.2 == Loss::Broken).count();
    assert_eq!((stopped, completions(&found).len()), (27, 5), "from 31 s on all is well");
}

/// A worker of three slots with at most two calls under way: the third of three fails at once.
#[test]
fn a_bulkhead_keeps_slots_for_other_work() {
    let calls = Verb::Call {
        to: vec![NodeId(1)],
        timeout: None,
        retry: Retry::default(),
        guards: Guards { bulkhead: Some(2), ..Guards::default() },
    };
    let mut topology = tiers(vec![calls], 1, pool(vec![work(0)], 9));
    if let NodeKind::Pool(web) = &mut topology.nodes[0].kind {
        web.slots = 3;
    }
    let found = diary(&with(Client::default(), at(&[0.0, 0.0, 0.0, 6.0]), &[5.0]), &topology, 60.0);
    assert_eq!(losses(&found), [(2, 0.0, Loss::Crowded)]);
    assert_eq!(completions(&found), [(0, 5.0), (1, 5.0), (3, 11.0)]);
}

/// A limit of two a second, and ten a second who try without end. Who does not slow down is refused eight times in ten;
/// who finds the pace by itself, some of the time.
#[test]
fn an_adaptive_client_sends_about_as_fast_as_a_limit_lets_it() {
    let arrivals: Vec<f64> = (0..600).map(|n| f64::from(n) * 0.1).collect();
    let limited = Pool {
        admission: Some(Admission::TokenBucket { every: Span::from_millis(500), burst: 1 }),
        ..pool(vec![work(0)], 9)
    };
    let refused = |paced: bool| {
        let client = Client { retry: Retry { paced, attempts: Some(1), ..Retry::default() }, ..Client::default() };
        let found = diary(&with(client, at(&arrivals), &[0.01]), &alone(limited.clone(), 1), 600.0);
        let lost = losses(&found).into_iter().filter(|lost| lost.2 == Loss::Limited).count();
        assert_eq!(lost + completions(&found).len(), 600, "nobody waits for ever");
        lost
    };
    assert_eq!(refused(false), 480);
    let adapted = refused(true);
    assert!((40..300).contains(&adapted), "{adapted}");
}

/// Two answers in the first second are seen as 0.8 · 2 = 1.6 a second, of which a refusal leaves 0.7: 1.12, the next call
/// 0.893 s later. Refused again it leaves 0.784, and the one after would be at 3.168 s; its deadline is at 3 s, and ends its
/// wait then.
#[test]
fn a_deadline_also_ends_the_wait_for_a_pace() {
    let calls = Verb::Call {
        to: vec![NodeId(1)],
        timeout: None,
        retry: Retry { paced: true, ..Retry::default() },
        guards: Guards::default(),
    };
    let limit = Admission::TokenBucket { every: secs(1_000), burst: 1 };
    let mut topology = tiers(vec![calls], 1, Pool { admission: Some(limit), ..pool(vec![], 1) });
    if let NodeKind::Pool(web) = &mut topology.nodes[0].kind {
        web.slots = 9;
    }
    let client = Client { deadline: Some(secs(2)), ..Client::default() };
    let found = diary(&with(client, at(&[0.0, 1.0, 1.0, 1.0]), &[1.0]), &topology, 60.0);
    assert_eq!(completions(&found), [(0, 0.0)]);
    let expected = [(1, 1.0, Loss::Limited), (2, 1.892_857_143, Loss::Limited), (3, 3.0, Loss::Late)];
    assert_eq!(losses(&found), expected);
}
