//! Work that is slow, requests that can't be done, and a provider that refuses.

use std::collections::BTreeSet;

use crate::cloud::arrivals::Arrivals;
use crate::cloud::fact::{Fact, Loss};
use crate::cloud::topology::{
    Application, Backoff, Balancer, BrownOut, Bucket, Client, Clock, Crash, Fault, Harm, Held, NoWorker, NodeId,
    NodeKind, Poison, Pool, Retry, RetryOn, Speed, Throttle, Topology, Verb, When, WorkId,
};
use crate::cloud::world::tests::{
    alone, application, at, brings, completions, diary, losses, node, pool, queue, seconds, topology, work,
};
use crate::ground::distribution::Distribution;
use crate::ground::time::{SECOND, SimTime, Span};

const TWICE: BrownOut = BrownOut { work: None, pool: None, worker: None, pace: Speed { work: 1, time: 2 } };

fn fault(what: Harm, from: u64, lasts: Option<f64>, held: Held) -> Fault {
    let when = When::At(vec![SimTime::from_nanos(from * SECOND)]);
    Fault { name: "f".to_owned(), what, when, lasts: lasts.map(seconds), held, moves: false }
}

fn with(faults: Vec<Fault>, pool: Pool) -> Topology {
    Topology { faults, ..alone(pool, 1) }
}

fn waiting(workers: u32) -> Pool {
    Pool { no_worker: NoWorker::Wait, ..pool(vec![work(0)], workers) }
}

fn ends(arrivals: Arrivals, topology: &Topology) -> Vec<(u32, f64)> {
    completions(&diary(&application(arrivals, vec![seconds(1.0)]), topology, 90.0))
}

/// Ten seconds of work, four of them done when everything takes twice as long for six seconds. Left alone it ends at 10 s;
/// from where it stands, three more are done by 10 s and the last three at the usual pace; begun anew, three are done by then.
#[test]
fn work_in_hand_meets_its_fate_when_a_brown_out_begins_and_ends() {
    let table = [
        (Held::Finish, Some(10.0)),
        (Held::Resume, Some(13.0)),
        (Held::Restart, Some(17.0)),
        (Held::Redraw, Some(17.0)),
        (Held::Back, Some(17.0)),
        (Held::Lost, None),
    ];
    for (held, end) in table {
        let slow = fault(Harm::BrownOut(TWICE), 4, Some(6.0), held);
        let found = ends(brings(&[(0.0, 10.0)]), &with(vec![slow], waiting(1)));
        assert_eq!(found, end.map(|end| (0, end)).into_iter().collect::<Vec<_>>(), "{held:?}");
    }
}

/// What begins meanwhile is slow: 2 s of work at 9 s take 4 s where they are left alone; else half a second is done by 10 s.
#[test]
fn what_begins_in_a_brown_out_is_slow() {
    for (held, end) in [(Held::Finish, 13.0), (Held::Resume, 11.5)] {
        let slow = fault(Harm::BrownOut(TWICE), 4, Some(6.0), held);
        assert_eq!(ends(brings(&[(9.0, 2.0)]), &with(vec![slow], waiting(1))), [(0, end)], "{held:?}");
    }
}

/// Of two workers the second is slow, and of two works the second; two brown-outs that meet multiply.
#[test]
fn a_brown_out_is_of_what_it_names() {
    let both = brings(&[(0.0, 4.0), (0.0, 4.0)]);
    let slow = |plan| fault(Harm::BrownOut(plan), 0, None, Held::Resume);
    let second = BrownOut { pool: Some(NodeId(0)), worker: Some(2), ..TWICE };
    assert_eq!(ends(both.clone(), &with(vec![slow(second)], waiting(2))), [(0, 4.0), (1, 8.0)]);
    let elsewhere = BrownOut { pool: Some(NodeId(7)), ..TWICE };
    assert_eq!(ends(both.clone(), &with(vec![slow(elsewhere)], waiting(2))), [(0, 4.0), (1, 4.0)]);
    let mut named = slow(TWICE);
    named.name = "g".to_owned();
    assert_eq!(ends(both, &with(vec![slow(second), named], waiting(2))), [(0, 8.0), (1, 16.0)]);
    // Three seconds of the first work and then four of the second, which takes eight.
    let works = vec![seconds(3.0), seconds(4.0)];
    let of_second = BrownOut { work: Some(WorkId(1)), ..TWICE };
    let topology = with(vec![slow(of_second)], pool(vec![work(0), work(1)], 1));
    assert_eq!(completions(&diary(&application(at(&[0.0]), works), &topology, 90.0)), [(0, 11.0)]);
}

/// The first worker is slow: two of ten seconds are done when it fails at 4 s, and the other does the rest in eight.
#[test]
fn work_that_moves_leaves_the_slowness_behind() {
    let slow = fault(Harm::BrownOut(BrownOut { worker: Some(1), ..TWICE }), 0, None, Held::Resume);
    let what = Harm::Crash(Crash { pool: NodeId(0), worker: Some(1), clock: Clock::Up, repairers: None });
    let crash = Fault { moves: true, ..fault(what, 4, None, Held::Resume) };
    assert_eq!(ends(brings(&[(0.0, 10.0)]), &with(vec![slow, crash], waiting(2))), [(0, 12.0)]);
}

/// The requests of an even stream that are lost, each tried three times.
fn poisoned(topology: &Topology, poison: Fault) -> BTreeSet<u32> {
    let arrivals = Arrivals::Even { every: Span::from_secs(1), offset: Span::ZERO };
    let mut application = application(arrivals, vec![seconds(0.5)]);
    application.workloads[0].client = patient(3);
    application.faults.push(poison);
    let diary = diary(&application, topology, 3_000.0);
    let attempts = |who: u32| {
        let sent = diary.iter().filter(|(_, fact)| matches!(fact, Fact::Sent { who: sent, .. } if sent.ordinal == who));
        sent.count()
    };
    let lost = losses(&diary);
    let failed = lost.iter().filter(|(_, _, why)| *why == Loss::Error);
    assert!(failed.clone().take(20).all(|&(who, _, _)| attempts(who) == 3));
    failed.map(|&(who, _, _)| who).collect()
}

fn patient(attempts: u32) -> Client {
    let backoff = Backoff::Wait(Distribution::constant(SECOND));
    Client { retry: Retry { attempts: Some(attempts), backoff, ..Retry::default() }, ..Client::default() }
}

/// A request is poison by its birth, from 100 s until 2,100 s, and one in five of these: 400 of 2,000, ± 72 are four
/// standard deviations, which an honest program misses once in 16,000. However late another topology does its work, the
/// same ones fail there, and at each of their three attempts.
#[test]
fn the_same_requests_are_poison_in_every_topology() {
    let poison = || fault(Harm::Poison(Poison { work: WorkId(0), share: 0.2 }), 100, Some(2_000.0), Held::Finish);
    let fast = poisoned(&alone(pool(vec![work(0)], 2), 1), poison());
    assert!(fast.iter().all(|who| (100..2_100).contains(who)));
    assert!(fast.len().abs_diff(400) < 72, "{}", fast.len());
    // A tier before it, and a queue's worth of waiting behind a single worker.
    let slow = Pool { speed: Speed { work: 2, time: 3 }, ..waiting(1) };
    assert_eq!(poisoned(&alone(slow, 1), poison()), fast);
}

fn refuses(share: f64) -> Fault {
    fault(Harm::Throttle(Throttle { node: NodeId(1), share }), 5, Some(5.0), Held::Finish)
}

/// Whoever comes from 5 s on and before 10 s is refused, at a pool, a balancer, a queue and a bucket.
#[test]
fn a_provider_refuses_what_comes_to_a_node_while_it_lasts() {
    let times = [4.0, 5.0, 9.0, 10.0];
    let application = application(at(&times), vec![seconds(0.5)]);
    let send = Verb::Send { to: vec![NodeId(1)], size: None, copies: 1, group: None, delay: None };
    let put = Verb::Put { bucket: NodeId(1), size: None, shape: None };
    let inner = || NodeKind::Pool(Box::new(pool(vec![work(0)], 4)));
    let balancer = NodeKind::Balancer(Balancer { to: vec![NodeId(2)], ..Balancer::default() });
    let call = super::call(1, None);
    let table = [
        (call.clone(), inner()),
        (call, balancer),
        (send.clone(), NodeKind::Queue(queue(2))),
        (put, NodeKind::Bucket(Bucket::default())),
        (send, inner()),
    ];
    for (number, (step, second)) in table.into_iter().enumerate() {
        let front = NodeKind::Pool(Box::new(pool(vec![step], 4)));
        let nodes = vec![node("web", front), node("second", second), node("third", inner())];
        let topology = Topology { faults: vec![refuses(1.0)], ..topology(nodes) };
        let diary = diary(&application, &topology, 60.0);
        let refused: Vec<u32> = losses(&diary).iter().map(|&(who, _, _)| who).collect();
        assert_eq!(refused, [1, 2], "{number}");
        assert!(losses(&diary).iter().all(|&(_, _, why)| why == Loss::Throttled), "{number}");
        assert_eq!(completions(&diary).len(), 2, "{number}");
    }
}

/// A client's own pool and queue refuse the client, who tries again where its retries are for that.
#[test]
fn retries_know_that_they_were_throttled() {
    let retries = |on: RetryOn| {
        let mut application = application(at(&[5.0]), vec![seconds(0.5)]);
        application.workloads[0].client = patient(9);
        application.workloads[0].client.retry.on = on;
        application
    };
    let none = RetryOn { refused: true, timeout: true, error: true, throttled: false };
    let only = RetryOn { refused: false, timeout: false, error: false, throttled: true };
    let entry = |topology: Topology| Topology { entry: vec![NodeId(1)], faults: vec![refuses(1.0)], ..topology };
    let inner = || NodeKind::Pool(Box::new(pool(vec![work(0)], 4)));
    let direct = entry(topology(vec![node("w", inner()), node("v", inner())]));
    let queued = entry(topology(vec![node("w", inner()), node("q", NodeKind::Queue(queue(0)))]));
    for topology in [direct, queued] {
        let of = |application: &Application| {
            let diary = diary(application, &topology, 60.0);
            (completions(&diary), losses(&diary))
        };
        assert_eq!(of(&retries(none)), (vec![], vec![(0, 5.0, Loss::Throttled)]));
        assert_eq!(of(&retries(only)), (vec![(0, 10.5)], vec![]));
    }
}

/// Half of 4,000 requests: 2,000 ± 127 are four standard deviations, which an honest program misses once in 16,000.
#[test]
fn a_share_of_those_who_come_is_refused() {
    let arrivals = Arrivals::Even { every: Span::from_secs(1), offset: Span::ZERO };
    let fault = Fault { lasts: None, ..refuses(0.5) };
    let fault = Fault { what: Harm::Throttle(Throttle { node: NodeId(0), share: 0.5 }), ..fault };
    let diary = diary(&application(arrivals, vec![seconds(0.5)]), &with(vec![fault], pool(vec![work(0)], 2)), 4_004.9);
    let lost = losses(&diary).len();
    assert!(lost.abs_diff(2_000) < 127, "{lost}");
}
