//! Work that computes for a part of its time.

use crate::cloud::fact::{Fact, Outcome};
use crate::cloud::scaling::{Group, Metric, Policy, QueueLength, Reading, Scaling, Shrinks, Size, Vertical};
use crate::cloud::topology::{Held, Mix, NoWorker, NodeId, NodeKind, Platform, Pool, Speed};
use crate::cloud::world::tests::{application, at, completions, diary, node, pool, seconds, topology, work};
use crate::ground::time::{SECOND, SimTime, Span};

const TWICE: Speed = Speed { work: 2, time: 1 };

/// 10 s of work of which 60 % compute, on a machine twice as fast: 3 s and 4 s.
#[test]
fn a_faster_machine_shortens_only_what_computes() {
    let mut application = application(at(&[0.0, 20.0]), vec![seconds(10.0)]);
    let fast = Pool { speed: TWICE, ..pool(vec![work(0)], 1) };
    let topology = topology(vec![node("a", NodeKind::Pool(Box::new(fast)))]);
    assert_eq!(completions(&diary(&application, &topology, 100.0)), [(0, 5.0), (1, 25.0)]);
    application.works[0].mix = Mix { computing: 600_000 };
    assert_eq!(completions(&diary(&application, &topology, 100.0)), [(0, 7.0), (1, 27.0)]);
}

/// As above, on a machine that becomes twice as fast at 5 s, when half is done; its work stands still meanwhile, for no
/// time. What is left takes 3.5 s.
#[test]
fn what_is_left_goes_on_on_a_faster_machine() {
    let mut application = application(at(&[0.0]), vec![seconds(10.0)]);
    application.works[0].mix = Mix { computing: 600_000 };
    let size = |speed| Size { platform: Platform::Free, speed, slots: 1 };
    let grows = Vertical {
        sizes: vec![size(Speed::ONE), size(TWICE)],
        at: vec![(SimTime::from_nanos(5 * SECOND), 1)],
        alarm: None,
        change: seconds(0.0),
        held: Held::Resume,
    };
    let pool = Pool { scaling: Scaling::Vertical(grows), no_worker: NoWorker::Wait, ..pool(vec![work(0)], 1) };
    let topology = topology(vec![node("a", NodeKind::Pool(Box::new(pool)))]);
    let found = diary(&application, &topology, 100.0);
    assert_eq!(completions(&found), [(0, 8.5)]);
    let cut = |fact: &Fact| matches!(fact, Fact::Served { result: Outcome::Interrupted, .. });
    assert_eq!(found.iter().filter(|(_, fact)| cut(fact)).count(), 1);
}

/// One machine, at work from 0 to 10 s and from 15 to 25 s: looked at every 10 s its slots were busy for 100, 50 and 50 % of
/// the time, and computed for 60 % of that.
#[test]
fn a_controller_sees_what_computes() {
    let metric = Metric { what: Reading::Cpu, of: NodeId(0) };
    let every = Span::from_secs(10);
    let rule = QueueLength { metric, per_worker: 1.0, every, first: None, shrinks: Shrinks::Always };
    let group = Group { min: 1, desired: 1, max: 1, policies: vec![Policy::QueueLength(rule)], ..Group::default() };
    let pool = Pool { scaling: Scaling::Group(group), ..pool(vec![work(0)], 1) };
    let topology = topology(vec![node("a", NodeKind::Pool(Box::new(pool)))]);
    let mut application = application(at(&[0.0, 15.0]), vec![seconds(10.0)]);
    let mut seen = |mix| {
        application.works[0].mix = mix;
        let found = diary(&application, &topology, 35.0);
        let decided = found.into_iter().filter_map(|(_, fact)| match fact {
            Fact::Decided { decision, .. } => decision.metric,
            _ => None,
        });
        decided.collect::<Vec<f64>>()
    };
    assert_eq!(seen(Mix::ALL), [1.0, 0.5, 0.5]);
    let part = seen(Mix { computing: 600_000 });
    assert!(part.iter().zip([0.6, 0.3, 0.3]).all(|(found, expected)| (found - expected).abs() < 1e-6), "{part:?}");
    assert_eq!(seen(Mix { computing: 0 }), [0.0, 0.0, 0.0]);
}

/// 10 s of work of which half gains from further vCPUs: with two for a slot it takes 5 s + 2.5 s; where 60 % of it computes, 4 s
/// wait and 6 s × 0.75 compute; on a machine twice as fast the latter take half.
#[test]
fn further_vcpus_shorten_what_gains_from_them() {
    let mut application = application(at(&[0.0, 20.0]), vec![seconds(10.0)]);
    application.works[0].parallel = 500_000;
    let end = |application: &_, speed, vcpus| {
        let wide = Pool { speed, vcpus: Speed { work: vcpus, time: 1 }, ..pool(vec![work(0)], 1) };
        let topology = topology(vec![node("a", NodeKind::Pool(Box::new(wide)))]);
        completions(&diary(application, &topology, 100.0))[0].1
    };
    assert_eq!(end(&application, Speed::ONE, 1), 10.0);
    assert_eq!(end(&application, Speed::ONE, 2), 7.5);
    assert_eq!(end(&application, TWICE, 2), 3.75);
    application.works[0].mix = Mix { computing: 600_000 };
    assert_eq!(end(&application, Speed::ONE, 2), 8.5);
    assert_eq!(end(&application, TWICE, 2), 6.25);
}
