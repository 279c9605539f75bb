//! Workers that fail, and what becomes of the work in their hands.

use crate::cloud::arrivals::Arrivals;
use crate::cloud::fact::{Fact, Loss};
use crate::cloud::scaling::{Care, Group, Scaling};
use crate::cloud::topology::{
    Clock, Crash, Fault, Harm, Held, NoWorker, NodeId, Notice, Platform, Pool, Reclaim, Spot, Topology, When,
};
use crate::cloud::world::tests::{alone, application, brings, completions, diary, losses, pool, seconds, work};
use crate::ground::time::{SECOND, SimTime, Span};

const CRASH: Crash = Crash { pool: NodeId(0), worker: Some(1), clock: Clock::Up, repairers: None };

/// A crash at 4 s that lasts 3 s.
fn at_four(held: Held, moves: bool) -> Fault {
    let when = When::At(vec![SimTime::from_nanos(4 * SECOND)]);
    Fault { name: "f".to_owned(), what: Harm::Crash(CRASH), when, lasts: Some(seconds(3.0)), held, moves }
}

fn with(fault: Fault, pool: Pool) -> Topology {
    Topology { faults: vec![fault], ..alone(pool, 1) }
}

fn waiting(workers: u32) -> Pool {
    Pool { no_worker: NoWorker::Wait, ..pool(vec![work(0)], workers) }
}

fn ends(arrivals: Arrivals, topology: &Topology) -> Vec<(u32, f64)> {
    completions(&diary(&application(arrivals, vec![seconds(1.0)]), topology, 90.0))
}

/// Ten seconds of work, four of them done when its only worker fails for three: it stays with the worker.
#[test]
fn work_in_hand_meets_its_fate_when_its_worker_fails() {
    let table = [
        (Held::Finish, Some(10.0)),
        (Held::Lost, None),
        (Held::Back, Some(17.0)),
        (Held::Resume, Some(13.0)),
        (Held::Restart, Some(17.0)),
    ];
    for (held, end) in table {
        let found = ends(brings(&[(0.0, 10.0)]), &with(at_four(held, false), waiting(1)));
        assert_eq!(found, end.map(|end| (0, end)).into_iter().collect::<Vec<_>>(), "{held:?}");
    }
}

/// The same with somebody else there, who goes on at once where work moves.
#[test]
fn work_that_moves_goes_on_with_another() {
    let table = [(Held::Resume, true, 10.0), (Held::Restart, true, 14.0), (Held::Resume, false, 13.0)];
    for (held, moves, end) in table {
        let found = ends(brings(&[(0.0, 10.0)]), &with(at_four(held, moves), waiting(2)));
        assert_eq!(found, [(0, end)], "{held:?}, moves: {moves}");
    }
}

/// Who moves stands at the head of the line, before one who came earlier than the failure.
#[test]
fn work_that_moves_stands_at_the_head_of_the_line() {
    let found = ends(brings(&[(0.0, 10.0), (1.0, 2.0)]), &with(at_four(Held::Resume, true), waiting(1)));
    assert_eq!(found, [(0, 13.0), (1, 15.0)]);
}

/// Work that ends in the instant of the failure has ended (the order of one instant: first work that ends).
#[test]
fn a_failure_finds_nothing_of_work_that_ends_in_its_instant() {
    for (takes, lost) in [(4.0, 0), (4.001, 1)] {
        let application = application(brings(&[(0.0, takes)]), vec![seconds(1.0)]);
        let diary = diary(&application, &with(at_four(Held::Lost, false), waiting(1)), 60.0);
        assert_eq!(losses(&diary).len(), lost, "{takes}");
    }
}

/// While its only worker is down a pool that refuses is down; the line dies with the worker.
#[test]
fn a_pool_whose_last_worker_fails_is_down() {
    let application = application(brings(&[(0.0, 10.0), (1.0, 1.0), (5.0, 1.0), (7.0, 1.0)]), vec![seconds(1.0)]);
    let diary = diary(&application, &with(at_four(Held::Lost, false), pool(vec![work(0)], 1)), 60.0);
    assert_eq!(losses(&diary), [(0, 4.0, Loss::Crashed), (1, 4.0, Loss::Crashed), (2, 5.0, Loss::Down)]);
    assert_eq!(completions(&diary), [(3, 8.0)]);
    let absence: Vec<f64> = diary
        .iter()
        .filter(|(_, fact)| matches!(fact, Fact::Away { .. } | Fact::Back { .. }))
        .map(|(at, _)| *at)
        .collect();
    assert_eq!(absence, [4.0, 7.0]);
}

/// Five seconds to a failure, which lasts one: by all its time in service, or by the time in which it holds work.
#[test]
fn a_clock_counts_time_in_service_or_time_at_work() {
    let fault = |clock| Fault {
        what: Harm::Crash(Crash { clock, ..CRASH }),
        when: When::Every(seconds(5.0)),
        lasts: Some(seconds(1.0)),
        ..at_four(Held::Resume, false)
    };
    let application = application(brings(&[(0.0, 3.0), (10.0, 3.0)]), vec![seconds(1.0)]);
    let failures = |clock| -> Vec<f64> {
        let diary = diary(&application, &with(fault(clock), waiting(1)), 24.0);
        let failed = diary.iter().filter(|(_, fact)| matches!(fact, Fact::Failed { .. }));
        failed.map(|(at, _)| *at).collect()
    };
    assert_eq!(failures(Clock::Up), [5.0, 11.0, 17.0, 23.0]);
    assert_eq!(failures(Clock::Busy), [12.0]);
}

/// Two fail at once; one repairer takes four seconds for each, one after the other.
#[test]
fn repairers_mend_so_many_at_once() {
    for (repairers, expected) in [(Some(1), [7.0, 10.0]), (Some(2), [7.0, 7.0]), (None, [7.0, 7.0])] {
        let what = Harm::Crash(Crash { worker: None, repairers, ..CRASH });
        let fault = Fault { what, ..at_four(Held::Lost, false) };
        let diary = diary(&application(brings(&[(30.0, 1.0)]), vec![seconds(1.0)]), &with(fault, waiting(2)), 60.0);
        let mended: Vec<f64> =
            diary.iter().filter(|(_, fact)| matches!(fact, Fact::Repaired { .. })).map(|(at, _)| *at).collect();
        assert_eq!(mended, expected, "{repairers:?}");
    }
}

/// A Spot machine that is taken at 8 s, told five seconds before.
fn taken(notice: Notice, share: Option<f64>, pool: Pool) -> Topology {
    let reclaim = Reclaim { pool: NodeId(0), worker: None, share, notice: Span::from_secs(5) };
    let when = When::At(vec![SimTime::from_nanos(8 * SECOND)]);
    let fault = Fault { what: Harm::Reclaim(reclaim), when, ..at_four(Held::Lost, false) };
    let platform = Platform::Ec2 { instance: "m5.large".to_owned(), volume: 0, spot: false };
    let spot = Some(Spot { share: 1.0, base: 0, mixed: Vec::new() });
    with(fault, Pool { platform, spot, notice, ..pool })
}

/// Told at 3 s, a machine begins nothing new; what it holds it ends by 8 s, loses then, or hands back at once.
#[test]
fn a_machine_that_is_to_be_taken_ends_what_it_holds_or_hands_it_back() {
    let (short, long) = (brings(&[(0.0, 7.0), (4.0, 1.0)]), brings(&[(0.0, 9.0), (4.0, 1.0)]));
    let finish = |arrivals| ends(arrivals, &taken(Notice::Finish, None, waiting(1)));
    assert_eq!(finish(short), [(0, 7.0)]);
    assert_eq!(finish(long.clone()), []);
    // The first of two machines is taken: the other begins anew at 3 s with what was handed back.
    let mut both = taken(Notice::Release, None, waiting(2));
    if let Harm::Reclaim(reclaim) = &mut both.faults[0].what {
        reclaim.worker = Some(1);
    }
    assert_eq!(ends(long, &both), [(0, 12.0), (1, 13.0)]);
}

/// A share of what runs is rounded up: of three machines a third is one, and a little more is two.
#[test]
fn a_share_of_the_machines_is_taken_together() {
    for (share, count) in [(1.0 / 3.0, 1), (0.34, 2), (1.0, 3)] {
        let topology = taken(Notice::Finish, Some(share), waiting(3));
        let diary = diary(&application(brings(&[(30.0, 1.0)]), vec![seconds(1.0)]), &topology, 60.0);
        let found = diary.iter().filter(|(at, fact)| *at == 8.0 && matches!(fact, Fact::Reclaimed { .. })).count();
        assert_eq!(found, count, "{share}");
    }
}

/// A group that wants one machine, and nothing else.
fn group_of_one() -> Scaling {
    Scaling::Group(Group { min: 1, desired: 1, max: 3, ..Group::default() })
}

/// A group asks for another machine in the moment in which one is taken; a fixed pool does not.
#[test]
fn only_a_group_replaces_what_is_taken() {
    for (scaling, launched) in [(Scaling::Fixed, 1), (group_of_one(), 2)] {
        let topology = taken(Notice::Finish, None, Pool { scaling, ..waiting(1) });
        let diary = diary(&application(brings(&[(30.0, 1.0)]), vec![seconds(1.0)]), &topology, 60.0);
        let found = diary.iter().filter(|(_, fact)| matches!(fact, Fact::Launched { .. })).count();
        assert_eq!(found, launched);
        assert_eq!(completions(&diary).len(), launched - 1);
        let gone: Vec<f64> =
            diary.iter().filter(|(_, fact)| matches!(fact, Fact::Gone { .. })).map(|(at, _)| *at).collect();
        assert_eq!(gone, [8.0]);
    }
}

/// Each machine has a time of its own from its start: a group of one has machines that live ten seconds each.
#[test]
fn each_machine_is_taken_when_its_own_time_has_come() {
    let mut topology = taken(Notice::Finish, None, Pool { scaling: group_of_one(), ..waiting(1) });
    topology.faults[0].when = When::Every(seconds(10.0));
    let diary = diary(&application(brings(&[(0.0, 1.0)]), vec![seconds(1.0)]), &topology, 34.0);
    let told = |wanted: fn(&Fact) -> bool| -> Vec<f64> {
        diary.iter().filter(|(_, fact)| wanted(fact)).map(|(at, _)| *at).collect()
    };
    assert_eq!(told(|fact| matches!(fact, Fact::Draining { .. })), [5.0, 15.0, 25.0]);
    assert_eq!(told(|fact| matches!(fact, Fact::Reclaimed { .. })), [10.0, 20.0, 30.0]);
}

/// A group that rebalances asks at 3 s, when its machine hears that it will be taken at 8 s; else it asks then.
#[test]
fn a_group_that_rebalances_asks_when_a_machine_hears_of_its_end() {
    for (rebalance, asked) in [(true, 3.0), (false, 8.0)] {
        let care = Care { rebalance, ..Care::default() };
        let scaling = Scaling::Group(Group { min: 1, desired: 1, max: 3, care, ..Group::default() });
        let topology = taken(Notice::Finish, None, Pool { scaling, ..waiting(1) });
        let diary = diary(&application(brings(&[(30.0, 1.0)]), vec![seconds(1.0)]), &topology, 60.0);
        let launched: Vec<f64> =
            diary.iter().filter(|(_, fact)| matches!(fact, Fact::Launched { .. })).map(|(at, _)| *at).collect();
        assert_eq!(launched, [0.0, asked]);
    }
}
