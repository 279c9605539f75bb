//! Hooks, warm pools, and launches that an account holds up.

use crate::cloud::fact::Fact;
use crate::cloud::scaling::{Entry, Group, Hook, Hooks, Policy, Prepared, Rest, Scaling, Scheduled, WarmPool};
use crate::cloud::topology::{
    Account, Fault, Harm, Held, Initially, Launches, Life, NoWorker, NodeId, Pauses, Platform, Pool, Reclaim, Spot,
    Topology, When,
};
use crate::cloud::world::tests::{alone, application, brings, completions, diary, pool, seconds, work};
use crate::ground::distribution::Distribution;
use crate::ground::time::{SECOND, SimTime, Span};

const fn second(at: u64) -> SimTime {
    SimTime::from_nanos(at * SECOND)
}

/// A group of `first` machines, at most ten, that wants these numbers from these seconds on. A machine is asked for 10 s and
/// boots for 20 s; it takes 5 s to stop.
fn group(first: u32, wants: &[(u64, u32)], with: Group) -> Pool {
    let policy = |&(at, desired): &(u64, u32)| {
        let late = Distribution::constant(0);
        Policy::Scheduled(Scheduled { at: second(at), min: None, desired: Some(desired), max: None, late })
    };
    let policies = wants.iter().map(policy).collect();
    let scaling = Scaling::Group(Group { min: 0, desired: first, max: 10, policies, ..with });
    let life = Life { pending: seconds(10.0), boot: seconds(20.0), stopping: seconds(5.0) };
    let platform = Platform::Ec2 { instance: "m5.large".to_owned(), volume: 1_000, spot: false };
    Pool { scaling, life, platform, no_worker: NoWorker::Wait, ..pool(vec![work(0)], first) }
}

/// Four wanted and one in service: three are asked for at once, and run after 10 s. Two wanted and three in service: one
/// goes at once.
#[test]
fn a_group_may_begin_with_another_number_than_it_wants() {
    let application = application(brings(&[(0.0, 1.0)]), vec![seconds(1.0)]);
    for (workers, wanted, runs, goes) in
        [(1, 4, vec![0.0, 10.0, 10.0, 10.0], vec![]), (3, 2, vec![0.0; 3], vec![0.0]), (2, 2, vec![0.0; 2], vec![])]
    {
        let pool = Pool { workers: Some(workers), ..group(wanted, &[], Group::default()) };
        let found = diary(&application, &alone(pool, 1), 60.0);
        let when = |what: fn(&Fact) -> bool| -> Vec<f64> {
            found.iter().filter(|(_, fact)| what(fact)).map(|&(at, _)| at).collect()
        };
        assert_eq!(when(|fact| matches!(fact, Fact::Running { .. })), runs);
        assert_eq!(when(|fact| matches!(fact, Fact::Gone { .. })), goes);
    }
}

fn hook(takes: f64, timeout: Option<u64>, abandons: bool) -> Option<Hook> {
    Some(Hook { takes: seconds(takes), timeout: timeout.map(Span::from_secs), abandons })
}

/// When what happened after the start.
fn times(topology: &Topology, wanted: fn(&Fact) -> bool) -> Vec<f64> {
    let diary = diary(&application(brings(&[]), vec![seconds(1.0)]), topology, 600.0);
    diary.iter().filter(|(at, fact)| *at > 0.0 && wanted(fact)).map(|(at, _)| *at).collect()
}

fn ready(fact: &Fact) -> bool {
    matches!(fact, Fact::Ready { .. })
}

fn gone(fact: &Fact) -> bool {
    matches!(fact, Fact::Gone { .. })
}

fn launched(fact: &Fact) -> bool {
    matches!(fact, Fact::Launched { .. })
}

/// Asked for at 100 s, a machine runs from 110 s and has booted at 130 s. What is done with it for 60 s then keeps it from
/// service until 190 s. Waited for 40 s only, it goes at 170 s, and another comes that goes at 240 s, and so on; or it serves.
#[test]
fn a_machine_waits_for_its_launch_hook_before_it_serves() {
    let of = |launching| {
        let hooks = Hooks { launching, terminating: None };
        alone(group(0, &[(100, 1)], Group { hooks, ..Group::default() }), 1)
    };
    assert_eq!(times(&of(None), ready), [130.0]);
    assert_eq!(times(&of(hook(60.0, Some(60), true)), ready), [190.0]);
    assert_eq!(times(&of(hook(60.0, Some(40), false)), ready), [170.0]);
    let abandons = of(hook(60.0, Some(40), true));
    assert_eq!(times(&abandons, ready), [0.0; 0]);
    assert_eq!(times(&abandons, launched)[..3], [100.0, 170.0, 240.0]);
    assert_eq!(times(&abandons, gone)[..3], [170.0, 240.0, 310.0]);
}

/// A machine works until 104 s, is to go at 100 s, and is cleared up for 30 s after its work. It is paid for until then,
/// from 0 s: 134 s. Nothing new comes to it. Waited for 20 s only, it goes at 124 s.
#[test]
fn a_machine_that_goes_waits_for_its_terminating_hook_and_is_paid_for() {
    for (timeout, end) in [(None, 134), (Some(20), 124)] {
        let hooks = Hooks { launching: None, terminating: hook(30.0, timeout, true) };
        let topology = alone(group(1, &[(100, 0)], Group { hooks, ..Group::default() }), 1);
        let application = application(brings(&[(94.0, 10.0), (105.0, 1.0)]), vec![seconds(1.0)]);
        let found = diary(&application, &topology, 600.0);
        assert_eq!(completions(&found), [(0, 104.0)]);
        let gone = found.iter().find(|(_, fact)| gone(fact)).map(|(at, _)| *at);
        assert_eq!(gone, Some(f64::from(end)));
        assert_eq!(paid(&topology, 600.0), [f64::from(end)]);
    }
}

/// A reclaim does not wait: told at 105 s while it is cleared up from 100 s on, the machine is taken at 110 s.
#[test]
fn a_reclaim_overrides_a_hook() {
    let hooks = Hooks { launching: None, terminating: hook(300.0, None, true) };
    let spot = Some(Spot { share: 1.0, base: 0, mixed: Vec::new() });
    let pool = Pool { spot, ..group(1, &[(100, 0)], Group { hooks, ..Group::default() }) };
    let what = Harm::Reclaim(Reclaim { pool: NodeId(0), worker: None, share: None, notice: Span::from_secs(5) });
    let when = When::At(vec![second(110)]);
    let fault = Fault { name: "r".to_owned(), what, when, lasts: None, held: Held::Lost, moves: false };
    assert_eq!(times(&Topology { faults: vec![fault], ..alone(pool, 1) }, gone), [110.0]);
}

fn warm(size: Prepared, state: Rest) -> WarmPool {
    let boot = (state != Rest::Running).then(|| seconds(3.0));
    WarmPool { size, state, reuse: false, pending: Some(seconds(4.0)), boot }
}

fn warmed(warm_pool: WarmPool, wants: &[(u64, u32)]) -> Topology {
    alone(group(1, wants, Group { warm_pool: Some(warm_pool), ..Group::default() }), 1)
}

/// Of three machines that are wanted more at 100 s two lie ready and the third is launched: stopped ones serve after 4 + 3 s,
/// running ones at once, the other after 10 + 20 s.
#[test]
fn a_group_calls_its_warm_machines_first() {
    let table = [(Rest::Stopped, 107.0), (Rest::Hibernated, 107.0), (Rest::Running, 100.0)];
    for (state, at) in table {
        let topology = warmed(warm(Prepared::Just(2), state), &[(100, 4)]);
        assert_eq!(times(&topology, ready), [at, at, 130.0], "{state:?}");
    }
}

/// At most ten machines and one wanted: nine lie ready, and the group of five has five. Where two are let go at 200 s two
/// fresh ones are prepared; where they lie down themselves, none is.
#[test]
fn a_warm_pool_has_what_the_group_lacks_and_may_take_machines_back() {
    let lacks = Prepared::UpTo { together: None, least: 0 };
    for (reuse, launches, ends) in [(false, 2, 2), (true, 0, 0)] {
        let topology = warmed(WarmPool { reuse, ..warm(lacks, Rest::Stopped) }, &[(100, 5), (200, 3)]);
        assert_eq!(times(&topology, ready).len(), 4);
        assert_eq!(times(&topology, launched).len(), launches, "{reuse}");
        assert_eq!(times(&topology, gone).len(), ends, "{reuse}");
    }
    // One that lies down at 200 s is stopped at 205 s and serves anew: called at 210 s, after 7 s.
    let topology = warmed(WarmPool { reuse: true, ..warm(lacks, Rest::Stopped) }, &[(100, 10), (200, 9), (210, 10)]);
    assert_eq!(times(&topology, ready)[9..], [217.0]);
}

/// For how long machines are paid for until `end`, each start for itself, in seconds.
fn paid(topology: &Topology, end: f64) -> Vec<f64> {
    let application = application(brings(&[(94.0, 10.0), (105.0, 1.0)]), vec![seconds(1.0)]);
    let mut since: Vec<(u32, f64)> = Vec::new();
    let mut paid = Vec::new();
    for (at, fact) in diary(&application, topology, end) {
        match fact {
            Fact::Running { worker, .. } => since.push((worker, at)),
            Fact::Stopped { worker, .. } | Fact::Gone { worker, .. } => {
                let ran = since.iter().position(|(ran, _)| *ran == worker);
                paid.extend(ran.map(|ran| at - since.remove(ran).1));
            }
            _ => {}
        }
    }
    paid.extend(since.into_iter().map(|(_, from)| end - from));
    paid
}

/// One machine serves from 0 s on, another lies ready all the time: only a running one is paid for.
#[test]
fn warm_machines_are_paid_for_as_they_lie() {
    let found = |state| paid(&warmed(warm(Prepared::Just(1), state), &[]), 1_000.0);
    assert_eq!(found(Rest::Stopped), [1_000.0]);
    assert_eq!(found(Rest::Hibernated), [1_000.0]);
    assert_eq!(found(Rest::Running), [1_000.0, 1_000.0]);
    // Prepared from 0 s on: one runs from 10 s, has booted at 30 s, and is paid for until it is told to stop, or until its
    // memory is written at 35 s.
    for (state, expected) in [(Rest::Stopped, 20.0), (Rest::Hibernated, 25.0)] {
        let warm_pool = Some(warm(Prepared::Just(1), state));
        let pool = Pool { initially: Initially::Launched, ..group(1, &[], Group { warm_pool, ..Group::default() }) };
        assert_eq!(paid(&alone(pool, 1), 1_000.0), [expected, 990.0], "{state:?}");
    }
}

fn account(with: Account, pool: Pool) -> Topology {
    Topology { account: Some(with), ..alone(pool, 1) }
}

const OPEN: Account =
    Account { vcpu_quota: None, launches: None, fargate: None, services: None, no_capacity: 0.0, retry: MINUTES };

const MINUTES: Pauses = Pauses { base: Span::from_secs(60), cap: Span::from_secs(900) };

/// Ten machines at 100 s, of which the bucket lets three go at once and one each 2 s: the others wait 2, 4, … 14 s. So N take
/// (N − burst) ÷ rate beyond the burst, as the API's request throttling has it: 1,337 of 1,000 at two a second some 169 s.
#[test]
fn launches_beyond_the_bucket_wait_their_turn() {
    let launches = Some(Launches { every: Span::from_secs(2), burst: 3 });
    let topology = account(Account { launches, ..OPEN }, group(0, &[(100, 10)], Group::default()));
    let late: Vec<f64> = times(&topology, ready).iter().map(|at| at - 130.0).collect();
    assert_eq!(late, [0.0, 0.0, 0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0]);
}

/// Two vCPUs each: of a quota of 8 one group has four machines, whatever it wants, and tries again after 1, 2, 4, … min.
/// Another quota of 7 has three.
#[test]
fn a_quota_of_vcpus_keeps_a_group_small() {
    for (quota, machines) in [(8, 4), (9, 4), (7, 3), (2, 1), (1, 0)] {
        let with = Account { vcpu_quota: Some(quota), ..OPEN };
        let topology = account(with, group(0, &[(100, 6)], Group::default()));
        assert_eq!(times(&topology, ready).len(), machines, "{quota}");
    }
    // Room comes at 150 s, and is seen when the group tries again: 100 s, 160 s.
    let with = Account { vcpu_quota: Some(4), ..OPEN };
    let other = Pool {
        scaling: Scaling::Timetable(vec![Entry { at: second(150), workers: 0 }]),
        ..group(1, &[], Group::default())
    };
    let mut topology = account(with, group(0, &[(100, 2)], Group::default()));
    topology.nodes.extend(alone(other, 1).nodes);
    topology.nodes[1].name = "other".to_owned();
    assert_eq!(times(&topology, ready), [130.0, 190.0]);
}

/// The provider has no machine for half of the tries: one zone fails half the time, three zones an eighth. Of 100 machines
/// 50 ± 20 and 87.5 ± 13.2 are there at once, which an honest program misses once in 16,000 each; all are there at last.
#[test]
fn a_group_tries_other_zones_and_then_again() {
    for (zones, expected, within) in [(1, 50.0, 20.0), (3, 87.5, 13.3)] {
        let with = Account { no_capacity: 0.5, ..OPEN };
        let pool = group(0, &[(100, 100)], Group::default());
        let Scaling::Group(group) = pool.scaling else { panic!("a group") };
        let pool = Pool { scaling: Scaling::Group(Group { max: 100, ..group }), ..pool };
        let names = (0..zones).map(|zone| format!("zone{zone}")).collect();
        let topology = Topology { zones: names, ..account(with, pool) };
        let found = diary(&application(brings(&[]), vec![seconds(1.0)]), &topology, 9_000.0);
        let at_once = found.iter().filter(|(at, fact)| *at == 100.0 && launched(fact)).count();
        assert!((at_once as f64 - expected).abs() < within, "{zones} zones: {at_once}");
        assert_eq!(found.iter().filter(|(_, fact)| launched(fact)).count(), 100);
    }
}

/// Of a quota of two machines the first goes at 150 s, and the one that could not be launched beside it comes in its place: it
/// is the second in the order of launch, and told as that.
#[test]
fn a_worker_keeps_its_number_after_launches_that_came_to_nothing() {
    let with = Account { vcpu_quota: Some(2), retry: Pauses { base: Span::from_secs(10), ..MINUTES }, ..OPEN };
    let topology = account(with, group(1, &[(100, 2), (150, 0), (160, 1)], Group::default()));
    let application = application(brings(&[(10.0, 1.0), (300.0, 1.0)]), vec![seconds(1.0)]);
    let served: Vec<u32> = diary(&application, &topology, 600.0)
        .iter()
        .filter_map(|(_, fact)| if let Fact::Served { worker, .. } = fact { Some(*worker) } else { None })
        .collect();
    assert_eq!(served, [1, 2]);
}
