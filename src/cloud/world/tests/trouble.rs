//! Workers that fail, and what becomes of the work in their hands.

use crate::cloud::arrivals::Arrivals;
use crate::cloud::fact::{Fact, Loss};
use crate::cloud::topology::{Clock, Crash, Fault, Harm, Held, NoWorker, NodeId, Pool, Topology, When};
use crate::cloud::world::tests::{alone, application, brings, completions, diary, losses, pool, seconds, work};
use crate::ground::time::{SECOND, SimTime};

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
