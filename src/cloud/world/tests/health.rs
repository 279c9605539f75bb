//! Balancers that find out who is well, and clients who come to the worker that they know.

use std::collections::BTreeSet;

use crate::cloud::arrivals::{Arrivals, Recorded};
use crate::cloud::fact::{Fact, Loss};
use crate::cloud::scaling::{Care, Entry, Group, Health, Scaling, Sees};
use crate::cloud::topology::{
    Balancer, Clock, Crash, Fault, Harm, HealthCheck, Held, Link, NodeId, NodeKind, Pool, Topology, When,
};
use crate::cloud::world::tests::{application, at, diary, losses, node, pool, seconds, topology, work};
use crate::ground::time::{SECOND, SimTime, Span};

const fn secs(seconds: u64) -> Span {
    Span::from_secs(seconds)
}

const CHECK: HealthCheck =
    HealthCheck { interval: secs(4), timeout: secs(1), healthy: 3, unhealthy: 2, fail_open: true };

fn behind(balancer: Balancer, pool: Pool, faults: Vec<Fault>) -> Topology {
    let balancer = Balancer { to: vec![NodeId(1)], ..balancer };
    let nodes = vec![node("b", NodeKind::Balancer(balancer)), node("w", NodeKind::Pool(Box::new(pool)))];
    Topology { faults, ..topology(nodes) }
}

fn crash(worker: Option<u32>, from: u64, lasts: f64) -> Fault {
    Fault {
        name: "crash".to_owned(),
        what: Harm::Crash(Crash { pool: NodeId(1), worker, clock: Clock::Up, repairers: None }),
        when: When::At(vec![SimTime::from_nanos(from * SECOND)]),
        lasts: Some(seconds(lasts)),
        held: Held::Lost,
        moves: false,
    }
}

/// Which worker served each request, and when.
fn served(found: &[(f64, Fact)]) -> Vec<(f64, u32)> {
    let served = found.iter().filter_map(|(at, fact)| match fact {
        Fact::Served { worker, .. } => Some((*at, *worker)),
        _ => None,
    });
    served.collect()
}

fn every(step: f64, until: f64) -> Vec<f64> {
    (0..(until / step) as u32).map(|n| f64::from(n) * step + step / 2.0).collect()
}

/// Two workers in turn, ten requests a second; one is down from 20 to 60 s. Checked every 4 s it fails the second check 4 to
/// 8 s later: so long every other request is a 502, and none after that. It gets requests again after three good checks: 8
/// to 12 s after it is back. Who sees the truth loses nothing.
#[test]
fn a_worker_that_fails_gets_requests_until_two_checks_have_failed() {
    let application = application(at(&every(0.1, 100.0)), vec![seconds(0.001)]);
    let one_down = |check| {
        let balancer = Balancer { health_check: check, ..Balancer::default() };
        diary(&application, &behind(balancer, pool(vec![work(0)], 2), vec![crash(Some(1), 20, 40.0)]), 200.0)
    };
    assert_eq!(losses(&one_down(None)), []);
    let found = one_down(Some(CHECK));
    let lost = losses(&found);
    assert!(lost.iter().all(|(_, _, why)| *why == Loss::BadGateway));
    let (first, last) = (lost[0].1, lost[lost.len() - 1].1);
    assert!((20.0..20.2).contains(&first) && (24.0..28.0).contains(&last), "{first} to {last}");
    // Every other of ten a second.
    assert!((lost.len() as f64 - (last - first) * 5.0).abs() <= 2.0, "{}", lost.len());
    let back = served(&found).into_iter().find(|&(at, worker)| at > 20.1 && worker == 1).map(|(at, _)| at);
    assert!(back.is_some_and(|back| (68.0..72.2).contains(&back)), "{back:?}");
}

/// Both workers are down: nobody is healthy, so that all get requests, which are 502s to the end. Without that they are
/// 503s as soon as the checks have told.
#[test]
fn where_nobody_is_healthy_all_get_requests_or_none() {
    let application = application(at(&every(0.5, 60.0)), vec![seconds(0.001)]);
    for fail_open in [true, false] {
        let check = HealthCheck { fail_open, ..CHECK };
        let balancer = Balancer { health_check: Some(check), ..Balancer::default() };
        let found =
            diary(&application, &behind(balancer, pool(vec![work(0)], 2), vec![crash(None, 20, 1_000.0)]), 100.0);
        let why = |from: f64, to: f64| -> BTreeSet<&str> {
            let there = losses(&found).into_iter().filter(|(_, at, _)| (from..to).contains(at));
            there.map(|(_, _, why)| why.word()).collect()
        };
        assert_eq!(why(0.0, 20.0), BTreeSet::new());
        assert_eq!(why(20.0, 24.0), BTreeSet::from(["bad-gateway"]));
        let then = if fail_open { "bad-gateway" } else { "no-worker" };
        assert_eq!(why(28.0, 60.0), BTreeSet::from([then]));
    }
    assert_eq!((Loss::BadGateway.status(), Loss::NoWorker.status()), (Some(502), Some(503)));
}

/// A second worker comes at 20 s. It is first checked at an instant of the next 4 s, and serves from then on.
#[test]
fn a_new_worker_gets_requests_after_its_first_good_check() {
    let application = application(at(&every(0.1, 60.0)), vec![seconds(0.001)]);
    let grows = Scaling::Timetable(vec![Entry { at: SimTime::from_nanos(20 * SECOND), workers: 2 }]);
    let first = |check| {
        let balancer = Balancer { health_check: check, ..Balancer::default() };
        let found = diary(
            &application,
            &behind(balancer, Pool { scaling: grows.clone(), ..pool(vec![work(0)], 1) }, Vec::new()),
            100.0,
        );
        assert_eq!(losses(&found), []);
        served(&found).into_iter().find(|&(_, worker)| worker == 2).map(|(at, _)| at)
    };
    assert!(first(None).is_some_and(|at| at < 20.3));
    let at = first(Some(CHECK)).expect("it serves");
    assert!((20.3..24.3).contains(&at), "{at}");
}

/// One of two zones goes dark at 20 s: nobody answers there, so that each request for its worker is a 504 after two
/// seconds of trying, until the checks have told, which take a second longer each to fail.
#[test]
fn nobody_answers_in_a_zone_that_is_away() {
    let application = application(at(&every(0.1, 60.0)), vec![seconds(0.001)]);
    let dark = Fault { what: Harm::Zone(0), ..crash(None, 20, 1_000.0) };
    let balancer = Balancer { health_check: Some(CHECK), connect_timeout: Some(secs(2)), ..Balancer::default() };
    let topology = Topology {
        zones: vec!["a".to_owned(), "b".to_owned()],
        ..behind(balancer, pool(vec![work(0)], 2), vec![dark])
    };
    let lost = losses(&diary(&application, &topology, 100.0));
    assert!(lost.iter().all(|(_, _, why)| *why == Loss::GatewayTimeout));
    assert_eq!(Loss::GatewayTimeout.status(), Some(504));
    let (first, last) = (lost[0].1, lost[lost.len() - 1].1);
    assert!((22.0..22.2).contains(&first) && (27.0..31.0).contains(&last), "{first} to {last}");
}

/// One user who asks every second, and three workers in turn. Sticky, he comes to the same one; when that fails, to another,
/// and to that again.
#[test]
fn a_client_comes_to_the_worker_that_it_knows() {
    let users = |sticky| {
        let think = seconds(1.0);
        let mut application = application(at(&[]), vec![seconds(0.001)]);
        application.workloads[0].arrivals = Arrivals::Users { count: 1, think };
        let balancer = Balancer { sticky, ..Balancer::default() };
        let found =
            diary(&application, &behind(balancer, pool(vec![work(0)], 3), vec![crash(Some(1), 20, 10.0)]), 60.0);
        let workers = served(&found).into_iter();
        workers.map(|(at, worker)| (at < 20.0, worker)).collect::<BTreeSet<(bool, u32)>>()
    };
    assert_eq!(users(None).len(), 6);
    assert_eq!(users(Some(secs(30))).into_iter().filter(|(before, _)| *before).collect::<Vec<_>>(), [(true, 1)]);
    assert_eq!(users(Some(secs(30))).len(), 2, "one before and one after");
    // He thinks longer than he is known.
    assert_eq!(users(Some(Span::from_millis(900))).len(), 6);
}

/// Requests of two tenants in turn, and of nobody: each tenant has a worker of its own, the others any.
#[test]
fn tenants_are_known_by_their_group() {
    let rows =
        (0..90).map(|n| Recorded { at: SimTime::from_nanos(n * SECOND), group: (n % 3) as u32, ..Recorded::default() });
    let application = application(Arrivals::Instants(rows.collect()), vec![seconds(0.001)]);
    let balancer = Balancer { sticky: Some(secs(30)), ..Balancer::default() };
    let found = diary(&application, &behind(balancer, pool(vec![work(0)], 4), Vec::new()), 200.0);
    let workers = |group: f64| -> BTreeSet<u32> {
        let of = served(&found).into_iter().filter(|(at, _)| at.floor() as u32 % 3 == group as u32);
        of.map(|(_, worker)| worker).collect()
    };
    assert_eq!((workers(1.0).len(), workers(2.0).len()), (1, 1));
    assert_eq!(workers(0.0).len(), 4);
}

/// Nothing comes through to one of two pools from 20 s on. Each request for it is a 504 after two seconds of trying, until
/// two checks in a row have failed, a second late each; then the other pool gets all. What is only late by less than the
/// check's timeout is well.
#[test]
fn checks_find_a_pool_that_is_cut_off() {
    let application = application(at(&every(0.1, 60.0)), vec![seconds(0.001)]);
    let lost_with = |loss: f64, delay: f64| {
        let link = Link { from: NodeId(0), to: NodeId(1), delay: Some(seconds(delay)), loss };
        let check = Some(HealthCheck { fail_open: false, ..CHECK });
        let to = vec![NodeId(1), NodeId(2)];
        let balancer = Balancer { to, health_check: check, connect_timeout: Some(secs(2)), ..Balancer::default() };
        let worker = |name| node(name, NodeKind::Pool(Box::new(pool(vec![work(0)], 1))));
        let nodes = vec![node("b", NodeKind::Balancer(balancer)), worker("one"), worker("other")];
        let fault = Fault { what: Harm::Link(link), ..crash(None, 20, 1_000.0) };
        diary(&application, &Topology { faults: vec![fault], ..topology(nodes) }, 100.0)
    };
    let lost = losses(&lost_with(1.0, 0.0));
    assert!(lost.iter().all(|(_, _, why)| *why == Loss::GatewayTimeout));
    let (first, last) = (lost[0].1, lost[lost.len() - 1].1);
    assert!((22.0..22.2).contains(&first) && (27.0..31.0).contains(&last), "{first} to {last}");
    let workers = |late: f64| {
        let found = lost_with(0.0, late);
        let serves = |node: u16| {
            found
                .iter()
                .any(|(at, fact)| *at > 40.0 && matches!(fact, Fact::Served { pool, .. } if *pool == NodeId(node)))
        };
        (serves(1), serves(2))
    };
    assert_eq!(workers(0.9), (true, true));
    assert_eq!(workers(1.1), (false, true));
}

/// A group that believes its balancer replaces a worker that fails at 20 s not before two checks have failed, and at its next
/// look after that; one that sees machines never does, as the machine is well.
#[test]
fn a_group_believes_its_balancer() {
    let application = application(at(&every(0.5, 60.0)), vec![seconds(0.001)]);
    for (sees, replaced) in [(Sees::Workers, true), (Sees::Machines, false)] {
        let health = Health { sees, grace: Span::ZERO, patience: Span::ZERO };
        let care = Care { every: Some(secs(1)), health: Some(health), ..Care::default() };
        let group = Group { min: 2, desired: 2, max: 2, care, ..Group::default() };
        let balancer = Balancer { health_check: Some(CHECK), ..Balancer::default() };
        let pool = Pool { scaling: Scaling::Group(group), ..pool(vec![work(0)], 2) };
        let found = diary(&application, &behind(balancer, pool, vec![crash(Some(1), 20, 1_000.0)]), 100.0);
        let mut gone = found.iter().filter(|(_, fact)| matches!(fact, Fact::Gone { worker: 1, .. })).map(|(at, _)| *at);
        let at = gone.next();
        assert_eq!(at.is_some(), replaced, "{sees:?}");
        assert!(at.is_none_or(|at| (24.0..30.0).contains(&at)), "{at:?}");
    }
}
