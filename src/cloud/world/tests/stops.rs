//! Machines that somebody stops and starts: what becomes of their work, when they serve again, who replaces them.

use crate::cloud::fact::{Fact, Loss};
use crate::cloud::scaling::{Care, Group, Health, Scaling, Sees};
use crate::cloud::topology::{Fault, Harm, Held, Initially, Life, NoWorker, NodeId, Pool, Stop, Topology, When};
use crate::cloud::world::tests::{alone, application, at, brings, completions, diary, losses, pool, seconds, work};
use crate::ground::time::{SECOND, SimTime, Span};

/// Takes 3 s to stop, and 1 + 5 s to come.
fn machine(workers: u32) -> Pool {
    let life = Life { pending: seconds(1.0), boot: seconds(5.0), stopping: seconds(3.0) };
    Pool { life, no_worker: NoWorker::Wait, ..pool(vec![work(0)], workers) }
}

/// The first machine is stopped at 4 s; somebody starts it after so long.
fn stopped(pool: Pool, lasts: Option<f64>, held: Held, moves: bool) -> Topology {
    let what = Harm::Stop(Stop { pool: NodeId(0), worker: Some(1) });
    let when = When::At(vec![SimTime::from_nanos(4 * SECOND)]);
    let fault = Fault { name: "f".to_owned(), what, when, lasts: lasts.map(seconds), held, moves };
    Topology { faults: vec![fault], ..alone(pool, 1) }
}

/// The lives of machines, as they are told.
fn lives(diary: &[(f64, Fact)]) -> Vec<(f64, &'static str, u32)> {
    let of = |(at, fact): &(f64, Fact)| match *fact {
        Fact::Launched { worker, .. } => Some((*at, "launched", worker)),
        Fact::Running { worker, .. } => Some((*at, "running", worker)),
        Fact::Ready { worker, .. } => Some((*at, "ready", worker)),
        Fact::Stopped { worker, .. } => Some((*at, "stopped", worker)),
        Fact::Woken { worker, .. } => Some((*at, "started", worker)),
        Fact::Gone { worker, .. } => Some((*at, "gone", worker)),
        _ => None,
    };
    diary.iter().filter_map(of).collect()
}

/// Stopped at 4 s, started at 14: it runs at 15 and serves at 20, under its old number. What came at 6 s waited for it.
#[test]
fn a_machine_that_is_started_again_keeps_its_number() {
    let application = application(at(&[6.0]), vec![seconds(2.0)]);
    let diary = diary(&application, &stopped(machine(1), Some(10.0), Held::Lost, false), 60.0);
    let expected = [
        (0.0, "launched", 1),
        (0.0, "running", 1),
        (0.0, "ready", 1),
        (4.0, "stopped", 1),
        (14.0, "started", 1),
        (15.0, "running", 1),
        (20.0, "ready", 1),
    ];
    assert_eq!(lives(&diary), expected);
    assert_eq!(completions(&diary), [(0, 22.0)]);
}

/// Told to start a second after it was told to stop, it starts when it has stopped, at 7 s. Without `lasts` it never does.
#[test]
fn a_start_waits_until_the_machine_has_stopped() {
    let started = |lasts| {
        let application = application(at(&[]), vec![seconds(2.0)]);
        let diary = diary(&application, &stopped(machine(1), lasts, Held::Lost, false), 60.0);
        lives(&diary).into_iter().find(|(_, what, _)| *what == "started").map(|(at, _, _)| at)
    };
    assert_eq!(
        [started(Some(1.0)), started(Some(3.0)), started(Some(3.5)), started(None)],
        [Some(7.0), Some(7.0), Some(7.5), None]
    );
}

/// Ten seconds of work from 0 on, four of them done; the machine serves again at 20 s.
#[test]
fn work_in_hand_meets_its_fate_when_its_machine_is_stopped() {
    let table = [
        (Held::Lost, false, 1, None),
        (Held::Back, false, 1, Some(30.0)),
        (Held::Resume, false, 1, Some(26.0)),
        (Held::Restart, false, 1, Some(30.0)),
        // Another is there: what moves goes on with it at once, what stays waits for its own.
        (Held::Back, false, 2, Some(14.0)),
        (Held::Resume, true, 2, Some(10.0)),
        (Held::Resume, false, 2, Some(26.0)),
    ];
    for (held, moves, workers, end) in table {
        let application = application(brings(&[(0.0, 10.0)]), vec![seconds(1.0)]);
        let diary = diary(&application, &stopped(machine(workers), Some(10.0), held, moves), 60.0);
        let expected: Vec<(u32, f64)> = end.map(|end| (0, end)).into_iter().collect();
        assert_eq!(completions(&diary), expected, "{held:?}, moves: {moves}, {workers} workers");
        let lost = if end.is_none() { vec![(0, 4.0, Loss::Stopped)] } else { Vec::new() };
        assert_eq!(losses(&diary), lost, "{held:?}");
    }
}

/// While its only machine is stopped, or comes again, a pool that refuses is down; its line dies with the machine.
#[test]
fn a_pool_whose_only_machine_is_stopped_is_down() {
    let application =
        application(brings(&[(0.0, 10.0), (1.0, 1.0), (5.0, 1.0), (17.0, 1.0), (20.0, 1.0)]), vec![seconds(1.0)]);
    let refusing = Pool { no_worker: NoWorker::Refuse, ..machine(1) };
    let diary = diary(&application, &stopped(refusing, Some(10.0), Held::Lost, false), 60.0);
    let expected = [(0, 4.0, Loss::Stopped), (1, 4.0, Loss::Stopped), (2, 5.0, Loss::Down), (3, 17.0, Loss::Down)];
    assert_eq!(losses(&diary), expected);
    assert_eq!(completions(&diary), [(4, 21.0)]);
    let away: Vec<(f64, bool)> = diary
        .iter()
        .filter_map(|(at, fact)| match fact {
            Fact::Away { .. } => Some((*at, true)),
            Fact::Back { .. } => Some((*at, false)),
            _ => None,
        })
        .collect();
    assert_eq!(away, [(4.0, true), (20.0, false)]);
}

/// A group that looks after its machines takes one that is stopped for lost: it lets it go and asks for another, at once
/// after its lag of 2 s. One that does not look waits for whoever starts it.
#[test]
fn a_group_replaces_a_machine_that_is_stopped() {
    let ends = |care: Care| {
        let group = Group { desired: 1, max: 2, lag: seconds(2.0), care, ..Group::default() };
        let pool = Pool { scaling: Scaling::Group(group), ..machine(1) };
        let application = application(at(&[]), vec![seconds(2.0)]);
        lives(&diary(&application, &stopped(pool, Some(10.0), Held::Lost, false), 60.0))
    };
    let health = Health { sees: Sees::Machines, grace: Span::ZERO, patience: Span::from_secs(60) };
    let looks = Care { health: Some(health), every: Some(Span::from_secs(60)), ..Care::default() };
    let replaced = ends(looks);
    let expected = [(6.0, "gone", 1), (6.0, "launched", 2), (7.0, "running", 2), (12.0, "ready", 2)];
    assert_eq!(replaced[4..], expected);
    let waits = ends(Care::default());
    assert_eq!(waits[4..], [(14.0, "started", 1), (15.0, "running", 1), (20.0, "ready", 1)]);
}

/// Machines that are there and stopped have the numbers after the first workers, and are nobody's until they are started.
#[test]
fn machines_may_lie_stopped_from_the_start() {
    let parked = Pool { stopped: 2, initially: Initially::Launched, ..machine(1) };
    let application = application(at(&[0.0]), vec![seconds(2.0)]);
    let diary = diary(&application, &alone(parked, 1), 60.0);
    let expected = [
        (0.0, "launched", 1),
        (0.0, "launched", 2),
        (0.0, "stopped", 2),
        (0.0, "launched", 3),
        (0.0, "stopped", 3),
        (1.0, "running", 1),
        (6.0, "ready", 1),
    ];
    assert_eq!(lives(&diary), expected);
    assert_eq!(completions(&diary), [(0, 8.0)]);
}
