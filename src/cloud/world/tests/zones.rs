//! Zones, and who goes when fewer are wanted.

use crate::cloud::arrivals::Arrivals;
use crate::cloud::fact::Fact;
use crate::cloud::scaling::{Care, Entry, Group, Health, Maintenance, Scaling, Sees};
use crate::cloud::topology::{
    Bucket, Clock, Crash, Farewell, Fault, Harm, Held, Initially, Life, NoWorker, NodeId, NodeKind, Platform, Pool,
    Reclaim, Spot, StorageClass, Termination, Topology, Verb, When,
};
use crate::cloud::world::tests::{
    alone, application, brings, completions, diary, losses, node, pool, seconds, topology, work,
};
use crate::ground::time::{SECOND, SimTime, Span};

/// Workers of one pool whose number follows these lines.
fn counted(lines: &[(u64, u32)], scale_in: Farewell) -> Pool {
    let entry = |&(at, workers): &(u64, u32)| Entry { at: SimTime::from_nanos(at * SECOND), workers };
    let scaling = Scaling::Timetable(lines.iter().map(entry).collect());
    Pool { scaling, scale_in, no_worker: NoWorker::Wait, ..pool(vec![work(0)], 0) }
}

/// The numbers of those who go, with their instants.
fn gone(arrivals: Arrivals, topology: &Topology, until: f64) -> Vec<(f64, u32)> {
    let diary = diary(&application(arrivals, vec![seconds(1.0)]), topology, until);
    let gone = diary.iter().filter_map(|(at, fact)| match fact {
        Fact::Gone { worker, .. } => Some((*at, *worker)),
        _ => None,
    });
    gone.collect()
}

/// Asked for at 0, 100 and 3,500 s; at 3,650 s the first has 3,550 s to its next hour, the second 50 s, the third 3,450 s.
#[test]
fn the_policy_says_who_goes() {
    let lines = [(0, 1), (100, 2), (3_500, 3), (3_650, 2)];
    let table = [
        (Termination::Newest, 3),
        (Termination::Oldest, 1),
        (Termination::ClosestToHour, 2),
        (Termination::Default, 2),
    ];
    for (termination, expected) in table {
        let pool = counted(&lines, Farewell { termination, ..Farewell::default() });
        assert_eq!(gone(brings(&[(0.0, 1.0)]), &alone(pool, 1), 4_000.0), [(3_650.0, expected)], "{termination:?}");
    }
}

/// A bucket of one zone is away with it, and one of all is not: of puts at 1, 3 and 5 s the second finds the zone away.
#[test]
fn a_bucket_of_one_zone_is_away_with_it() {
    for (class, lost) in [(StorageClass::Standard, 0), (StorageClass::OneZoneIa, 1)] {
        for (zone, lost) in [(0, lost), (1, 0)] {
            let put = Verb::Put { bucket: NodeId(1), size: None, shape: None };
            let store = NodeKind::Bucket(Bucket { class, ..Bucket::default() });
            let app = NodeKind::Pool(Box::new(Pool { platform: Platform::Free, ..pool(vec![put], 4) }));
            let nodes = vec![node("app", app), node("store", store)];
            let fault = Fault {
                name: "z".to_owned(),
                when: When::At(vec![SimTime::from_nanos(2 * SECOND)]),
                lasts: Some(seconds(2.0)),
                held: Held::Finish,
                moves: false,
                what: Harm::Zone(zone),
            };
            let zones = vec!["a".to_owned(), "b".to_owned(), "c".to_owned()];
            let topology = Topology { zones, faults: vec![fault], ..topology(nodes) };
            let arrivals = brings(&[(1.0, 1.0), (3.0, 1.0), (5.0, 1.0)]);
            let diary = diary(&application(arrivals, vec![seconds(1.0)]), &topology, 60.0);
            assert_eq!(losses(&diary).len(), lost, "{class:?} {zone}");
        }
    }
}

/// Of four machines of the same instant the default policy takes any, and others with another chance.
#[test]
fn of_equal_ones_the_default_policy_takes_any() {
    let scale_in = Farewell { termination: Termination::Default, ..Farewell::default() };
    let who = |second: u64| gone(brings(&[]), &alone(counted(&[(0, 4), (second, 3)], scale_in), 1), 100.0)[0].1;
    let found: std::collections::BTreeSet<u32> = (10..60).map(who).collect();
    assert_eq!(found.len(), 4, "{found:?}");
}

/// Three workers in two zones: the first and third are in one, and somebody of that one goes, though the second of two is
/// the newest of the other.
#[test]
fn workers_are_spread_over_the_zones_and_the_fullest_gives() {
    let topology = |lines: &[(u64, u32)]| Topology {
        zones: vec!["a".to_owned(), "b".to_owned()],
        ..alone(counted(lines, Farewell { termination: Termination::Oldest, ..Farewell::default() }), 1)
    };
    assert_eq!(gone(brings(&[]), &topology(&[(0, 3), (10, 2)]), 60.0), [(10.0, 1)]);
    // Two and two: of equal zones the first gives; then the other has more.
    assert_eq!(gone(brings(&[]), &topology(&[(0, 4), (10, 2)]), 60.0), [(10.0, 1), (10.0, 2)]);
}

/// A busy worker is protected: of two, at 10 s the idle one goes; where both are busy, one goes when it has ended.
#[test]
fn who_holds_work_is_protected_until_it_does_not() {
    let pool = |protect| counted(&[(0, 2), (10, 1)], Farewell { protect, held: Held::Lost, ..Farewell::default() });
    let idle = brings(&[(1.0, 1.0), (1.5, 20.0)]);
    assert_eq!(gone(idle.clone(), &alone(pool(true), 1), 60.0), [(10.0, 1)]);
    assert_eq!(gone(idle, &alone(pool(false), 1), 60.0), [(10.0, 2)]);
    let busy = brings(&[(1.0, 14.0), (1.5, 20.0)]);
    assert_eq!(gone(busy, &alone(pool(true), 1), 60.0), [(15.0, 1)]);
}

/// What is left to finish has so long: work that ends in the last instant has ended.
#[test]
fn grace_is_how_long_work_may_take_to_finish() {
    for (takes, done) in [(15.0, 1), (15.001, 0)] {
        let scale_in = Farewell { grace: Some(Span::from_secs(5)), ..Farewell::default() };
        let topology = alone(counted(&[(0, 1), (10, 0)], scale_in), 1);
        let diary = diary(&application(brings(&[(0.0, takes)]), vec![seconds(1.0)]), &topology, 60.0);
        assert_eq!((completions(&diary).len(), losses(&diary).len()), (done, 1 - done), "{takes}");
    }
}

/// Of a mixed fleet the side goes that has too many: of one On-Demand and two Spot machines a Spot one, though it is not
/// the newest; then, of one each, what is left must be On-Demand.
#[test]
fn a_mixed_fleet_keeps_its_base() {
    let platform = Platform::Ec2 { instance: "m5.large".to_owned(), volume: 0, spot: false };
    let spot = Some(Spot { share: 1.0, base: 1, mixed: Vec::new() });
    let pool = Pool { platform, spot, ..counted(&[(0, 3), (10, 2), (20, 1)], Farewell::default()) };
    assert_eq!(gone(brings(&[]), &alone(pool, 1), 60.0), [(10.0, 3), (20.0, 2)]);
}

/// Two workers in two zones, of which the second is away from 5 to 15 s: what it held is lost, the other goes on, and one
/// that is asked for meanwhile is placed in the other zone.
#[test]
fn a_zone_takes_its_workers_with_it() {
    let when = When::At(vec![SimTime::from_nanos(5 * SECOND)]);
    let (lasts, held) = (Some(seconds(10.0)), Held::Lost);
    let fault = Fault { name: "z".to_owned(), what: Harm::Zone(1), when, lasts, held, moves: false };
    let topology = Topology {
        zones: vec!["a".to_owned(), "b".to_owned()],
        faults: vec![fault],
        ..alone(counted(&[(0, 2), (6, 3)], Farewell::default()), 1)
    };
    let application = application(brings(&[(0.0, 8.0), (1.0, 8.0), (9.0, 1.0)]), vec![seconds(1.0)]);
    let diary = diary(&application, &topology, 60.0);
    assert_eq!(completions(&diary), [(0, 8.0), (2, 10.0)]);
    let told = |wanted: fn(&Fact) -> Option<u32>| -> Vec<(f64, u32)> {
        diary.iter().filter_map(|(at, fact)| Some((*at, wanted(fact)?))).collect()
    };
    let failed = |fact: &Fact| if let Fact::Failed { worker, .. } = fact { Some(*worker) } else { None };
    let repaired = |fact: &Fact| if let Fact::Repaired { worker, .. } = fact { Some(*worker) } else { None };
    assert_eq!((told(failed), told(repaired)), (vec![(5.0, 2)], vec![(15.0, 2)]));
}

/// Ten workers, of which two fail for ever at 5 s; the group looks every 10 s and replaces one at a time, the first with the
/// lower number, and only who has been there for 15 s. A new one boots for 12 s, so the second waits for the look at 40 s.
#[test]
fn a_group_replaces_those_who_have_failed_little_by_little() {
    let health = Some(Health { sees: Sees::Workers, grace: Span::from_secs(15), patience: Span::ZERO });
    let care = Care { every: Some(Span::from_secs(10)), health, ..Care::default() };
    let scaling = Scaling::Group(Group { min: 10, desired: 10, max: 20, care, ..Group::default() });
    let life = Life { boot: seconds(12.0), ..pool(vec![work(0)], 0).life };
    let crash = |worker| Fault {
        name: format!("f{worker}"),
        what: Harm::Crash(Crash { pool: NodeId(0), worker: Some(worker), clock: Clock::Up, repairers: None }),
        when: When::At(vec![SimTime::from_nanos(5 * SECOND)]),
        lasts: None,
        held: Held::Lost,
        moves: false,
    };
    let pool = Pool { scaling, life, no_worker: NoWorker::Wait, ..pool(vec![work(0)], 10) };
    let topology = Topology { faults: vec![crash(3), crash(7)], ..alone(pool, 1) };
    assert_eq!(gone(brings(&[]), &topology, 60.0), [(20.0, 3), (40.0, 7)]);
}

/// Looked at every 10 s, a machine that may live 25 s is replaced at 30 s, and the one after it at 60 s.
#[test]
fn a_machine_is_replaced_when_it_is_too_old() {
    let most = Some(Span::from_secs(25));
    let care = Care { every: Some(Span::from_secs(10)), max_lifetime: most, ..Care::default() };
    let scaling = Scaling::Group(Group { min: 1, desired: 1, max: 2, care, ..Group::default() });
    let topology = alone(Pool { scaling, ..pool(vec![work(0)], 1) }, 1);
    assert_eq!(gone(brings(&[]), &topology, 70.0), [(30.0, 1), (60.0, 2)]);
}

/// A zone that is away from 5 s to 400 s, and a group that looks every minute.
fn with_a_zone_away(care: Care, workers: u32, max: u32) -> Topology {
    let when = When::At(vec![SimTime::from_nanos(5 * SECOND)]);
    let what = Harm::Zone(1);
    let zone = Fault { name: "z".to_owned(), what, when, lasts: Some(seconds(395.0)), held: Held::Lost, moves: false };
    let care = Care { every: Some(Span::from_secs(60)), ..care };
    let scaling = Scaling::Group(Group { min: workers, desired: workers, max, care, ..Group::default() });
    let life = Life { boot: seconds(30.0), ..pool(vec![work(0)], 0).life };
    let pool = Pool { scaling, life, no_worker: NoWorker::Wait, ..pool(vec![work(0)], workers) };
    Topology { zones: vec!["a".to_owned(), "b".to_owned()], faults: vec![zone], ..alone(pool, 1) }
}

fn health(sees: Sees, patience: u64) -> Option<Health> {
    Some(Health { sees, grace: Span::ZERO, patience: Span::from_secs(patience) })
}

/// Two machines, the second of which is away with its zone from 5 s on. Who sees workers lets it go at the look at 60 s; who
/// has three minutes of patience at the look at 240 s, as 185 s are over then; who has more than it lasts never does.
#[test]
fn a_group_waits_with_patience_for_a_machine_that_is_down() {
    let table = [
        (0, vec![(60.0, 2)]),
        (180, vec![(240.0, 2)]),
        (235, vec![(240.0, 2)]),
        (236, vec![(300.0, 2)]),
        (396, vec![]),
    ];
    for sees in [Sees::Workers, Sees::Machines] {
        for (patience, expected) in &table {
            let care = Care { health: health(sees, *patience), ..Care::default() };
            assert_eq!(&gone(brings(&[]), &with_a_zone_away(care, 2, 4), 900.0), expected, "{sees:?}, {patience}");
        }
    }
}

/// The software of the first worker fails for ever at 5 s: status checks of machines do not see it.
#[test]
fn a_check_of_machines_does_not_see_a_crash() {
    for (sees, expected) in [(Sees::Workers, vec![(60.0, 1)]), (Sees::Machines, vec![])] {
        let care = Care { health: health(sees, 0), ..Care::default() };
        let mut topology = with_a_zone_away(care, 2, 4);
        let what = Harm::Crash(Crash { pool: NodeId(0), worker: Some(1), clock: Clock::Up, repairers: None });
        topology.faults[0].what = what;
        topology.faults[0].lasts = None;
        assert_eq!(gone(brings(&[]), &topology, 900.0), expected, "{sees:?}");
    }
}

/// Four machines, two of which are replaced in the other zone one by one (60 s and 120 s, 30 s of boot between). The zone is
/// back at 400 s: from 420 s on one is launched there beyond the four, and when it serves after 30 s one of the four of the
/// other zone goes; the same at 480 s. Then both zones have two.
#[test]
fn a_zone_that_is_back_gets_its_share_again_launched_before_another_goes() {
    let care = Care { health: health(Sees::Workers, 0), zone_rebalance: true, ..Care::default() };
    let topology = with_a_zone_away(care, 4, 4);
    let diary = diary(&application(brings(&[]), vec![seconds(1.0)]), &topology, 900.0);
    let times = |wanted: fn(&Fact) -> bool| -> Vec<f64> {
        diary.iter().filter(|(at, fact)| *at > 0.0 && wanted(fact)).map(|(at, _)| *at).collect()
    };
    assert_eq!(times(|fact| matches!(fact, Fact::Launched { .. })), [60.0, 120.0, 420.0, 480.0]);
    assert_eq!(times(|fact| matches!(fact, Fact::Gone { .. })), [60.0, 120.0, 450.0, 510.0]);
    // Who holds work is protected: the machine of the other zone that ends its work first goes, at 500 s; the new one stays.
    let mut topology =
        with_a_zone_away(Care { health: health(Sees::Workers, 0), zone_rebalance: true, ..Care::default() }, 2, 2);
    let NodeKind::Pool(pool) = &mut topology.nodes[0].kind else { panic!("a pool") };
    pool.scale_in.protect = true;
    let busy = brings(&[(410.0, 90.0), (411.0, 300.0)]);
    assert_eq!(gone(busy, &topology, 900.0), [(60.0, 2), (500.0, 1)]);
    // Without it the group stays in one zone.
    let care = Care { health: health(Sees::Workers, 0), ..Care::default() };
    assert_eq!(gone(brings(&[]), &with_a_zone_away(care, 4, 4), 900.0).len(), 2);
}

/// Who boots when its end is announced never serves: told at 3 s and taken at 8 s, it would have been ready at 6 s.
#[test]
fn a_machine_that_boots_when_it_hears_of_its_end_never_serves() {
    let platform = Platform::Ec2 { instance: "m5.large".to_owned(), volume: 0, spot: false };
    let spot = Some(Spot { share: 1.0, base: 0, mixed: Vec::new() });
    let life = Life { boot: seconds(6.0), ..pool(vec![work(0)], 0).life };
    let initially = Initially::Launched;
    let pool = Pool { platform, spot, life, initially, no_worker: NoWorker::Wait, ..pool(vec![work(0)], 1) };
    let what = Harm::Reclaim(Reclaim { pool: NodeId(0), worker: Some(1), share: None, notice: Span::from_secs(5) });
    for (taken, served) in [(8, 0), (12, 1)] {
        let when = When::At(vec![SimTime::from_nanos(taken * SECOND)]);
        let fault =
            Fault { name: "r".to_owned(), what: what.clone(), when, lasts: None, held: Held::Lost, moves: false };
        let topology = Topology { faults: vec![fault], ..alone(pool.clone(), 1) };
        let diary = diary(&application(brings(&[(0.0, 0.5)]), vec![seconds(1.0)]), &topology, 60.0);
        assert_eq!(completions(&diary).len(), served, "{taken}");
        let gone = diary.iter().find(|(_, fact)| matches!(fact, Fact::Gone { .. })).map(|(at, _)| *at);
        assert_eq!(gone, Some(taken as f64));
    }
}

/// A hundred machines that are all too old at 60 s, looked at every 10 s; a new one boots for 4 s. A tenth is replaced at a
/// time, so between 90 and 100 are in service, and all have been replaced after ten looks: the documented share of at most a
/// tenth (EC2 Auto Scaling user guide, Replace instances based on maximum instance lifetime), as in the maintenance example of
/// 90 to 120 of 100.
#[test]
fn at_most_a_tenth_of_a_group_is_replaced_at_a_time() {
    let care = Care { every: Some(Span::from_secs(10)), max_lifetime: Some(Span::from_secs(60)), ..Care::default() };
    let scaling = Scaling::Group(Group { min: 100, desired: 100, max: 100, care, ..Group::default() });
    let life = Life { boot: seconds(4.0), ..pool(vec![work(0)], 0).life };
    let topology = alone(Pool { scaling, life, ..pool(vec![work(0)], 100) }, 1);
    let diary = diary(&application(brings(&[]), vec![seconds(1.0)]), &topology, 158.0);
    let (mut serving, mut fewest, mut gone) = (0u32, u32::MAX, 0);
    for (at, fact) in &diary {
        match fact {
            Fact::Ready { .. } => serving += 1,
            Fact::Draining { .. } => serving -= 1,
            Fact::Gone { worker, .. } => gone += u32::from(*worker <= 100),
            _ => {}
        }
        fewest = if *at > 0.0 { fewest.min(serving) } else { fewest };
    }
    assert_eq!((fewest, gone), (90, 100));
}

/// The maintenance example of the user guide: of 100 at 90 % and 120 %, from 90 to 120 are in service while all are replaced;
/// at 100 % and 110 % nobody goes before another serves.
#[test]
fn a_group_keeps_within_its_maintenance_bounds_while_all_are_replaced() {
    let desired = 100;
    let found = |min_healthy, max_healthy: u16| {
        let care = Care {
            every: Some(Span::from_secs(10)),
            max_lifetime: Some(Span::from_secs(60)),
            maintenance: Some(Maintenance { min_healthy, max_healthy }),
            ..Care::default()
        };
        let scaling = Scaling::Group(Group { min: desired, desired, max: desired, care, ..Group::default() });
        let life = Life { boot: seconds(4.0), ..pool(vec![work(0)], 0).life };
        let topology = alone(Pool { scaling, life, ..pool(vec![work(0)], desired) }, 1);
        let diary = diary(&application(brings(&[]), vec![seconds(1.0)]), &topology, 115.0);
        let (mut serving, mut fewest, mut most) = (0u32, u32::MAX, 0);
        let mut gone = Vec::new();
        for (at, fact) in &diary {
            match fact {
                Fact::Ready { .. } => serving += 1,
                Fact::Draining { .. } => serving -= 1,
                Fact::Gone { worker, .. } if *worker <= 100 => gone.push(*at),
                _ => {}
            }
            if *at > 0.0 {
                (fewest, most) = (fewest.min(serving), most.max(serving));
            }
        }
        assert!(most <= desired * u32::from(max_healthy) / 100, "{most}");
        (fewest, gone.first().copied(), gone.len())
    };
    // Ten go at 60 s, and twenty more as soon as twenty that came beside them serve at 64 s: four such turns until 94 s.
    assert_eq!(found(90, 120), (90, Some(60.0), 100));
    // Ten each ten seconds, from 64 s on, and from 60 s on.
    assert_eq!(found(100, 110), (100, Some(64.0), 60));
    assert_eq!(found(90, 100), (90, Some(60.0), 60));
}
