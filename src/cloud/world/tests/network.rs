//! What travels takes its time, is late, or is lost.

use crate::cloud::fact::{Carriage, Fact, Loss, Outcome};
use crate::cloud::topology::{
    Balancer, Bucket, Clock, Crash, Fault, Harm, Held, Link, Network, NodeId, NodeKind, Pool, Service, Topology, Verb,
    When,
};
use crate::cloud::world::tests::{
    application, at, call, completions, diary, losses, node, pool, queue, seconds, send, topology, work,
};
use crate::ground::distribution::Distribution;
use crate::ground::time::{SECOND, SimTime, Span};

fn hops(seconds_each: f64, topology: Topology) -> Topology {
    Topology { network: Network { hop: Some(seconds(seconds_each)), ..Network::default() }, ..topology }
}

fn of(pool: Pool) -> NodeKind {
    NodeKind::Pool(Box::new(pool))
}

fn door(to: u16) -> NodeKind {
    NodeKind::Balancer(Balancer { to: vec![NodeId(to)], ..Balancer::default() })
}

fn near(found: &[(u32, f64)], expected: &[(u32, f64)]) {
    let same = |(a, b): (&(u32, f64), &(u32, f64))| a.0 == b.0 && (a.1 - b.1).abs() < 1e-9;
    assert!(found.len() == expected.len() && found.iter().zip(expected).all(same), "{found:?} is not {expected:?}");
}

/// By hand, 0.1 s a hop: 1 s of work, there, 2 s of work, back: 3.2 s. With a balancer before each of the two: to the
/// worker, 1 s, to the second balancer, to its worker, 2 s, and all four ways back: 3.6 s.
#[test]
fn a_call_goes_there_and_its_answer_comes_back_through_each_balancer() {
    let application = application(at(&[0.0]), vec![seconds(1.0), seconds(2.0)]);
    let tiers = |nodes| hops(0.1, topology(nodes));
    let direct =
        tiers(vec![node("web", of(pool(vec![work(0), call(1, None)], 1))), node("app", of(pool(vec![work(1)], 1)))]);
    near(&completions(&diary(&application, &direct, 100.0)), &[(0, 3.2)]);
    let balanced = tiers(vec![
        node("b", door(1)),
        node("web", of(pool(vec![work(0), call(2, None)], 1))),
        node("c", door(3)),
        node("app", of(pool(vec![work(1)], 1))),
    ]);
    near(&completions(&diary(&application, &balanced, 100.0)), &[(0, 3.6)]);
}

/// 1 s of work; the message is in the queue at 1.1 s, with the worker that fetched it at 1.2 s, and done at 3.2 s. Its
/// slot is taken from 1.1 s on. An object is stored in there and back: 0.2 s.
#[test]
fn messages_and_objects_travel_too() {
    let application = application(at(&[0.0]), vec![seconds(1.0), seconds(2.0)]);
    let put = Verb::Put { bucket: NodeId(3), size: None, shape: None };
    let topology = hops(
        0.1,
        topology(vec![
            node("web", of(pool(vec![work(0), send(1)], 1))),
            node("q", NodeKind::Queue(queue(2))),
            node("app", of(pool(vec![work(1), put], 1))),
            node("store", NodeKind::Bucket(Bucket::default())),
        ]),
    );
    let found = diary(&application, &topology, 100.0);
    near(&completions(&found), &[(0, 3.4)]);
    let began = found.iter().find_map(|(at, fact)| match fact {
        Fact::Started { pool: NodeId(2), .. } => Some(*at),
        _ => None,
    });
    assert_eq!(began, Some(1.1));
    let answered = found.iter().find(|(_, fact)| matches!(fact, Fact::Answered { .. })).map(|(at, _)| *at);
    assert_eq!(answered, Some(1.0));
}

/// Two zones, a worker in each, and a second across: whoever comes to a balancer comes to any of its two zones, so half of
/// 2,000 requests cross, there and back: binomial(2000, 1/2), sd 22.4; ±112 fails an honest program less than once in a
/// million.
#[test]
fn half_of_those_who_come_to_one_of_two_zones_cross() {
    let times: Vec<f64> = (0..2_000).map(|n| f64::from(n) * 10.0).collect();
    let application = application(at(&times), vec![seconds(1.0)]);
    let nodes = vec![node("b", door(1)), node("app", of(pool(vec![work(0)], 2)))];
    let topology = Topology {
        zones: vec!["a".to_owned(), "b".to_owned()],
        network: Network { across: Some(seconds(1.0)), ..Network::default() },
        ..topology(nodes)
    };
    let done = completions(&diary(&application, &topology, 30_000.0));
    let took = |(who, at): &(u32, f64)| at - f64::from(*who) * 10.0;
    let crossed = done.iter().filter(|one| (took(one) - 3.0).abs() < 1e-6).count();
    let stayed = done.iter().filter(|one| (took(one) - 1.0).abs() < 1e-6).count();
    assert_eq!(crossed + stayed, 2_000);
    assert!((888..=1_112).contains(&crossed), "{crossed}");
}

/// Of 2,000 calls half go to a worker in the other zone, each with 1 KiB there and 2 KiB back; a partner outside is called
/// through a gateway by all. Limits as above.
#[test]
fn what_crosses_or_leaves_is_told_by_the_byte() {
    let times: Vec<f64> = (0..2_000).map(|n| f64::from(n) * 10.0).collect();
    let mut application = application(at(&times), vec![seconds(1.0)]);
    application.workloads[0].size = Distribution::constant(1_024);
    application.workloads[0].answer_size = Distribution::constant(2_048);
    let partner = Service::new(seconds(0.5), 0.0, None, None, None);
    let nodes = vec![
        node("app", of(pool(vec![call(1, None), call(2, None)], 1))),
        node("inner", of(pool(vec![work(0)], 2))),
        node("partner", NodeKind::Service(Box::new(partner))),
    ];
    let topology = Topology {
        zones: vec!["a".to_owned(), "b".to_owned()],
        network: Network { gateways: 1, answers: Some(vec![2_048]), ..Network::default() },
        ..topology(nodes)
    };
    let diary = diary(&application, &topology, 30_000.0);
    let told = |wanted: Carriage| {
        let told = diary.iter().filter_map(|(_, fact)| match *fact {
            Fact::Carried { by, bytes, .. } if by == wanted => Some(bytes),
            _ => None,
        });
        told.collect::<Vec<u64>>()
    };
    assert_eq!(told(Carriage::Gateway), vec![3_072; 2_000]);
    let crossed = told(Carriage::Zones);
    assert!(crossed.iter().all(|&bytes| bytes == 3_072));
    assert!((888..=1_112).contains(&crossed.len()), "{}", crossed.len());
}

fn link(from: u16, to: u16, delay: Option<f64>, loss: f64) -> Fault {
    Fault {
        name: "cut".to_owned(),
        what: Harm::Link(Link { from: NodeId(from), to: NodeId(to), delay: delay.map(seconds), loss }),
        when: When::At(vec![SimTime::from_nanos(10 * SECOND)]),
        lasts: Some(seconds(10.0)),
        held: Held::Lost,
        moves: false,
    }
}

/// A call of 1 s with a timeout of 3 s at 0, 11 and 30 s, and a way that is cut from 10 to 20 s: cut there, nobody works
/// at 11 s; cut on the way back, the work is done and of no use; either way the caller sees it 3 s later.
#[test]
fn who_waits_for_what_is_lost_sees_it_by_a_timeout_alone() {
    let application = application(at(&[0.0, 11.0, 30.0]), vec![seconds(1.0)]);
    let tiers = || {
        topology(vec![
            node("web", of(pool(vec![call(1, Some(Span::from_secs(3)))], 5))),
            node("app", of(pool(vec![work(0)], 5))),
        ])
    };
    for (from, to, works) in [(0, 1, 2), (1, 0, 3)] {
        let topology = Topology { faults: vec![link(from, to, None, 1.0)], ..tiers() };
        let found = diary(&application, &topology, 100.0);
        near(&completions(&found), &[(0, 1.0), (2, 31.0)]);
        assert_eq!(losses(&found), [(1, 14.0, Loss::TimedOut)]);
        let ok = |fact: &Fact| matches!(fact, Fact::Served { pool: NodeId(1), result: Outcome::Ok, .. });
        assert_eq!(found.iter().filter(|(_, fact)| ok(fact)).count(), works, "{from} to {to}");
        let wasted = found.iter().filter(|(_, fact)| matches!(fact, Fact::Wasted { .. })).count();
        assert_eq!(wasted, works - 2, "{from} to {to}");
    }
    // Late by 0.5 s there, and not back.
    let topology = Topology { faults: vec![link(0, 1, Some(0.5), 0.0)], ..tiers() };
    near(&completions(&diary(&application, &topology, 100.0)), &[(0, 1.0), (1, 12.5), (2, 31.0)]);
}

/// Whoever sends goes on: what is lost on the way is lost to all.
#[test]
fn what_is_sent_and_lost_is_lost_for_good() {
    let application = application(at(&[0.0, 11.0]), vec![seconds(1.0)]);
    for second in [of(pool(vec![work(0)], 5)), NodeKind::Queue(queue(2))] {
        let nodes = vec![
            node("web", of(pool(vec![send(1)], 5))),
            node("next", second),
            node("app", of(pool(vec![work(0)], 1))),
        ];
        let topology = Topology { faults: vec![link(0, 1, None, 1.0)], ..topology(nodes) };
        let found = diary(&application, &topology, 100.0);
        near(&completions(&found), &[(0, 1.0)]);
        assert_eq!(losses(&found), [(1, 11.0, Loss::Network)]);
    }
}

/// A client that waits 5 s for what its balancer has sent to a worker and that never came there; the balancer itself gives
/// up after 2 s where it has an idle timeout.
#[test]
fn a_balancer_gives_up_what_never_came_to_its_worker() {
    for (idle, lost) in [(None, (0, 15.0, Loss::TimedOut)), (Some(2), (0, 12.0, Loss::GatewayTimeout))] {
        let mut application = application(at(&[10.0]), vec![seconds(1.0)]);
        application.workloads[0].client.timeout = Some(Span::from_secs(5));
        let balancer = Balancer { to: vec![NodeId(1)], idle_timeout: idle.map(Span::from_secs), ..Balancer::default() };
        let nodes = vec![node("b", NodeKind::Balancer(balancer)), node("app", of(pool(vec![work(0)], 1)))];
        let topology = Topology { faults: vec![link(0, 1, None, 1.0)], ..topology(nodes) };
        assert_eq!(losses(&diary(&application, &topology, 100.0)), [lost]);
    }
}

/// A worker that fails at 10.5 s, while a request is on the way to it from 10 s to 11 s: nobody answers there, 502.
#[test]
fn who_comes_to_a_worker_that_has_failed_meanwhile_finds_nobody() {
    let application = application(at(&[10.0]), vec![seconds(1.0)]);
    let nodes = vec![node("b", door(1)), node("app", of(pool(vec![work(0)], 2)))];
    let crash = Fault {
        what: Harm::Crash(Crash { pool: NodeId(1), worker: Some(1), clock: Clock::Up, repairers: None }),
        when: When::At(vec![SimTime::from_nanos(10_500_000_000)]),
        ..link(0, 1, None, 0.0)
    };
    let topology = Topology { faults: vec![crash], ..hops(1.0, topology(nodes)) };
    // Heard of a hop later.
    assert_eq!(losses(&diary(&application, &topology, 100.0)), [(0, 12.0, Loss::BadGateway)]);
}

/// Twelve messages of one step are two calls, of ten and of two, each of which travels as one, whatever the hop: they come
/// together, and all but the first of each join it.
#[test]
fn messages_of_one_call_travel_together() {
    let application = application(at(&[0.0]), vec![seconds(1.0)]);
    let copies = Verb::Send { to: vec![NodeId(1)], size: None, copies: 12, group: None, delay: None };
    let nodes = vec![
        node("web", of(pool(vec![work(0), copies], 1))),
        node("q", NodeKind::Queue(queue(2))),
        node("app", of(pool(vec![work(0)], 1))),
    ];
    let hop = Some(Distribution::exponential(SECOND as f64).expect("a mean above 0"));
    let topology = Topology { network: Network { hop, ..Network::default() }, ..topology(nodes) };
    let found = diary(&application, &topology, 100.0);
    let posted = found.iter().filter_map(|(at, fact)| match fact {
        Fact::Posted { joins, .. } => Some((*at, *joins)),
        _ => None,
    });
    let posted: Vec<(f64, bool)> = posted.collect();
    let firsts: Vec<f64> = posted.iter().filter(|(_, joins)| !joins).map(|(at, _)| *at).collect();
    assert_eq!((posted.len(), firsts.len()), (12, 2));
    assert_ne!(firsts[0], firsts[1]);
    for first in &firsts {
        let with: usize = posted.iter().filter(|(at, _)| at == first).count();
        assert!(with == 10 || with == 2, "{with} at {first}");
    }
}
