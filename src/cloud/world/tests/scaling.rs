//! Workers that come, go, and become others.

use crate::cloud::arrivals::Arrivals;
use crate::cloud::fact::Fact;
use crate::cloud::scaling::{
    Alarm, Condition, Entry, Factor, Group, Metric, Missing, Policy, Reading, ScaleIn, Scaling, Scheduled, Side, Size,
    TargetTracking, Vertical, Window,
};
use crate::cloud::topology::{Held, Initially, NoWorker, NodeId, Platform, Pool, Speed, Workload};
use crate::cloud::world::tests::{alone, application, at, brings, completions, diary, pool, seconds, work};
use crate::ground::distribution::Distribution;
use crate::ground::time::{SECOND, SimTime, Span};

/// Ten seconds of work, of which four are done when its machine becomes one of twice the speed.
#[test]
fn interrupted_work_goes_on_at_the_speed_of_its_new_machine() {
    let application = application(brings(&[(0.0, 10.0)]), vec![seconds(1.0)]);
    for (held, end) in [(Held::Resume, 7.0), (Held::Restart, 9.0)] {
        let size = |work| Size { platform: Platform::Free, speed: Speed { work, time: 1 }, slots: 1 };
        let at = vec![(SimTime::from_nanos(4 * SECOND), 1)];
        let scaling =
            Scaling::Vertical(Vertical { sizes: vec![size(1), size(2)], at, alarm: None, change: seconds(0.0), held });
        let pool = Pool { scaling, no_worker: NoWorker::Wait, ..pool(vec![work(0)], 1) };
        assert_eq!(completions(&diary(&application, &alone(pool, 1), 60.0)), [(0, end)], "{held:?}");
    }
}

/// A machine with one size of two slots and one of a single slot at twice the speed; changes at these seconds.
fn growing(at: &[(u64, u16)], change: f64, held: Held) -> Pool {
    let size = |slots, work| Size { platform: Platform::Free, speed: Speed { work, time: 1 }, slots };
    let at = at.iter().map(|&(at, size)| (SimTime::from_nanos(at * SECOND), size)).collect();
    let scaling = Scaling::Vertical(Vertical {
        sizes: vec![size(2, 1), size(1, 2)],
        at,
        alarm: None,
        change: seconds(change),
        held,
    });
    Pool { scaling, slots: 2, no_worker: NoWorker::Wait, ..pool(vec![work(0)], 1) }
}

/// Two of ten seconds are handed back at 5 s to a line that one slot of twice the speed serves.
#[test]
fn of_those_handed_back_the_earliest_begun_is_first() {
    let application = application(brings(&[(0.0, 10.0), (1.0, 10.0)]), vec![seconds(1.0)]);
    let topology = alone(growing(&[(5, 1)], 0.0, Held::Back), 1);
    assert_eq!(completions(&diary(&application, &topology, 60.0)), [(0, 10.0), (1, 15.0)]);
}

/// A hundred seconds of work fill one machine. Its alarm looks every ten seconds and wants two full ones in a row: at
/// 20 s it becomes twice as fast, at 40 s four times, and then stays: 20 + 40 done, 40 left for 10 s.
#[test]
fn an_alarm_changes_to_the_next_size_until_the_last() {
    let application = application(brings(&[(0.0, 100.0)]), vec![seconds(1.0)]);
    let size = |work| Size { platform: Platform::Free, speed: Speed { work, time: 1 }, slots: 1 };
    let alarm = Alarm {
        metric: Metric { what: Reading::Cpu, of: NodeId(0) },
        condition: Condition { when: Side::Above, limit: 0.8, window: Window::all(2), missing: Missing::Missing },
        period: Span::from_secs(10),
    };
    let scaling = Scaling::Vertical(Vertical {
        sizes: vec![size(1), size(2), size(4)],
        at: Vec::new(),
        alarm: Some(alarm),
        change: seconds(0.0),
        held: Held::Resume,
    });
    let pool = Pool { scaling, no_worker: NoWorker::Wait, ..pool(vec![work(0)], 1) };
    assert_eq!(completions(&diary(&application, &alone(pool, 1), 200.0)), [(0, 50.0)]);
}

/// Everybody is always busy, the target is one half, and the group looks every ten seconds: it doubles at 10 s. Who came
/// then is warm from 35 s on: the look at 40 s counts two and doubles again, where without a warm-up that at 20 s did.
#[test]
fn who_is_not_yet_warm_does_not_make_the_group_grow() {
    let application = application(Arrivals::Users { count: 9, think: seconds(0.0) }, vec![seconds(7.0)]);
    let launches = |warm_up| {
        let metric = Metric { what: Reading::Cpu, of: NodeId(0) };
        let (period, scale_in) = (Span::from_secs(10), ScaleIn::Proportional);
        let (high, low, factor) = (Window::all(1), Window::all(1), Factor::Share(1.0));
        let rule = TargetTracking { metric, target: 0.5, period, high, low, factor, scale_in, warm_up: None };
        let policies = vec![Policy::TargetTracking(rule)];
        let scaling = Scaling::Group(Group { min: 1, desired: 1, max: 4, policies, warm_up, ..Group::default() });
        let found = diary(&application, &alone(Pool { scaling, ..pool(vec![work(0)], 1) }, 1), 60.0);
        let launched = found.iter().filter(|(_, fact)| matches!(fact, Fact::Launched { .. }));
        launched.map(|&(at, _)| at).collect::<Vec<_>>()
    };
    assert_eq!(launches(None), [0.0, 10.0, 20.0, 20.0]);
    assert_eq!(launches(Some(Span::from_secs(25))), [0.0, 10.0, 40.0, 40.0]);
}

/// Seventy workers become five, six while the others still drain, and then five or seven; closed gaps in their order must
/// neither revive who is gone nor lose who stays. The sixth is busy when the gaps are closed. At an hour more come than
/// can be served.
#[test]
fn closed_gaps_neither_revive_nor_lose_anybody() {
    for (last, workers) in [(5, 5), (7, 7)] {
        for slots in [1, 2] {
            let every = |offset| Arrivals::Even { every: Span::from_secs(3_600), offset: Span::from_secs(offset) };
            let mut application = application(every(0), vec![seconds(20.0)]);
            let one = Workload { name: "one".to_owned(), arrivals: every(10), ..application.workloads[0].clone() };
            application.workloads[0].batch = Some(Distribution::constant(150));
            application.workloads.push(one);
            let entry = |at: u64, workers| Entry { at: SimTime::from_nanos(at * SECOND), workers };
            let scaling = Scaling::Timetable(vec![entry(1, 5), entry(2, 6), entry(60, last)]);
            let pool = Pool { scaling, slots, room: Some(0), ..pool(vec![work(0)], 70) };
            let mut alone = alone(pool, 1);
            alone.entry = vec![NodeId(0); 2];
            let found = diary(&application, &alone, 3_605.0);
            let late = found.iter().filter(|(at, fact)| *at >= 3_600.0 && matches!(fact, Fact::Started { .. })).count();
            assert_eq!(late, (workers * slots) as usize, "{last} workers of {slots}");
        }
    }
}

/// A scheduled change to one worker at 10 s that happens three seconds late.
#[test]
fn a_scheduled_change_may_be_late() {
    let application = application(at(&[0.0]), vec![seconds(1.0)]);
    let rule =
        Scheduled { at: SimTime::from_nanos(10 * SECOND), min: None, desired: Some(1), max: None, late: seconds(3.0) };
    let policies = vec![Policy::Scheduled(rule)];
    let scaling = Scaling::Group(Group { max: 1, policies, ..Group::default() });
    let pool = Pool { scaling, no_worker: NoWorker::Wait, ..pool(vec![work(0)], 0) };
    assert_eq!(completions(&diary(&application, &alone(pool, 1), 60.0)), [(0, 14.0)]);
}

/// While it is stopped at 4 s for three seconds another size is due; while it boots for a minute, one as well.
#[test]
fn no_change_of_size_is_missed() {
    let application = application(brings(&[(0.0, 10.0)]), vec![seconds(1.0)]);
    let back = alone(growing(&[(4, 1), (5, 0)], 3.0, Held::Resume), 1);
    assert_eq!(completions(&diary(&application, &back, 60.0)), [(0, 13.0)]);
    let mut slow = growing(&[(30, 1)], 0.0, Held::Resume);
    (slow.life.boot, slow.initially) = (seconds(60.0), Initially::Launched);
    assert_eq!(completions(&diary(&application, &alone(slow, 1), 200.0)), [(0, 125.0)]);
}
