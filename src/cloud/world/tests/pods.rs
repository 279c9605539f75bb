//! Pools of pods: what their controllers see of a world, and what becomes of it.

use crate::cloud::arrivals::Arrivals;
use crate::cloud::fact::Fact;
use crate::cloud::scaling::kubernetes::{
    Autoscaler, Fallback, Hpa, HpaMetric, JobTrigger, Jobs, Keda, Kpa, MILLI, MetricType, Mode, Panic, Starting,
    Strategy, Sum, Target, Tolerance, Trigger,
};
use crate::cloud::scaling::{Metric, Metrics, Reading, Scaling};
use crate::cloud::topology::{NoWorker, NodeId, NodeKind, Pool, Topology};
use crate::cloud::world::tests::{
    alone, application, at, completions, diary, node, pool, queue, seconds, topology, work,
};
use crate::ground::time::Span;

const fn secs(seconds: u64) -> Span {
    Span::from_secs(seconds)
}

fn pods(autoscaler: Autoscaler, workers: u32) -> Pool {
    Pool { scaling: Scaling::Pods(Box::new(autoscaler)), ..pool(vec![work(0)], workers) }
}

/// A queue before pods.
fn fed(pods: Pool) -> Topology {
    topology(vec![node("q", NodeKind::Queue(queue(1))), node("w", NodeKind::Pool(Box::new(pods)))])
}

fn hpa(metrics: Vec<HpaMetric>, min: u32) -> Hpa {
    Hpa {
        min,
        max: 10,
        metrics,
        sync: Hpa::SYNC,
        tolerance: Tolerance::DOCUMENTED,
        stabilisation: secs(30),
        behavior: None,
        starting: Starting::DOCUMENTED,
    }
}

fn cpu(percent: u32) -> HpaMetric {
    let metric = Metric { what: Reading::Cpu, of: NodeId(0) };
    HpaMetric { metric, target: Target::Utilisation(percent), cpu: true }
}

fn keda(what: Reading) -> Keda {
    let metric = Metric { what, of: NodeId(0) };
    let target = 5 * MILLI;
    let of_hpa = HpaMetric { metric: metric.clone(), target: Target::AverageValue(target), cpu: false };
    Keda {
        min: 0,
        max: 10,
        idle: None,
        poll: Keda::POLL,
        cooldown: secs(60),
        initial_cooldown: Span::ZERO,
        triggers: vec![Trigger { metric, target, kind: MetricType::AverageValue, activation: 0 }],
        fallback: None,
        hpa: hpa(vec![of_hpa], 1),
    }
}

fn jobs(strategy: Strategy) -> Jobs {
    let metric = Metric { what: Reading::Backlog, of: NodeId(0) };
    let triggers = vec![JobTrigger { metric, target: MILLI, activation: 0 }];
    Jobs { min: 0, max: 10, poll: Jobs::POLL, triggers, sum: Sum::Max, strategy, patience: None }
}

fn kpa() -> Kpa {
    Kpa {
        min: 0,
        max: None,
        target: 1.0,
        share: 1.0,
        window: secs(10),
        panic: Panic { window: secs(2), threshold: 2.0 },
        up_rate: 1_000.0,
        down_rate: 2.0,
        grace: secs(5),
        delay: Span::ZERO,
        initial: 1,
        activation: 1,
        burst: Some(0.0),
        to_zero: true,
        tick: Kpa::TICK,
    }
}

/// When and from how many to how many the number of pods was changed.
fn changes(found: &[(f64, Fact)]) -> Vec<(f64, u32, u32)> {
    let changed = found.iter().filter_map(|&(at, ref fact)| match fact {
        Fact::Decided { decision, .. } if decision.from != decision.to => Some((at, decision.from, decision.to)),
        _ => None,
    });
    changed.collect()
}

fn users(count: u32) -> Arrivals {
    Arrivals::Users { count, think: seconds(0.0) }
}

/// Both of two pods are always busy: twice as many at a target of half, and again, as far as the maximum. The pods that
/// come at 15 s have no sample of their own yet where they serve at once.
#[test]
fn the_hpa_sees_what_each_pod_uses() {
    let application = application(users(40), vec![seconds(1.0)]);
    let grown = |boot| {
        let mut pods = pods(Autoscaler::Hpa(hpa(vec![cpu(50)], 1)), 2);
        pods.life.boot = seconds(boot);
        changes(&diary(&application, &alone(pods, 1), 50.0))
    };
    assert_eq!(grown(0.0), [(15.0, 2, 4), (45.0, 4, 8)]);
    // Those that are not ready are taken to use nothing: four at 100 % of two are as many as are there.
    assert_eq!(grown(60.0), [(15.0, 2, 4)]);
}

/// Nobody comes: one pod is enough, once nothing else was recommended for half a minute.
#[test]
fn the_hpa_shrinks_after_its_stabilisation() {
    let idle = alone(pods(Autoscaler::Hpa(hpa(vec![cpu(50)], 1)), 4), 1);
    let found = diary(&application(at(&[100.0]), vec![seconds(1.0)]), &idle, 90.0);
    // The four of the first sync count until they are more than 30 s old.
    assert_eq!(changes(&found), [(60.0, 4, 1)]);
}

/// Twenty messages come at 40 s: KEDA's look at 60 s starts the first pod, its HPA wants four at the same instant. The work
/// is done at 60 + 5 × 10 s; the looks from 120 s on find nothing, and a minute after the last that did the pods go.
#[test]
fn keda_starts_the_first_pod_and_takes_the_last() {
    let application = application(at(&[40.0; 20]), vec![seconds(10.0)]);
    let topology = fed(pods(Autoscaler::Keda(keda(Reading::Backlog)), 0));
    let found = diary(&application, &topology, 300.0);
    let changes = changes(&found);
    assert_eq!(changes[..2], [(60.0, 0, 1), (60.0, 1, 4)]);
    assert_eq!(completions(&found).iter().map(|done| done.1).fold(0.0, f64::max), 110.0);
    assert_eq!(changes.last(), Some(&(180.0, 1, 0)));
}

/// The only message is being worked on: who counts what is in flight keeps a pod for it, who does not takes it away.
#[test]
fn who_does_not_count_what_is_in_flight_takes_busy_pods_away() {
    let application = application(at(&[0.0]), vec![seconds(500.0)]);
    let to_zero = |what| {
        let topology = fed(pods(Autoscaler::Keda(keda(what)), 1));
        changes(&diary(&application, &topology, 400.0)).iter().any(|&(_, _, to)| to == 0)
    };
    assert_eq!((to_zero(Reading::Backlog), to_zero(Reading::Visible)), (false, true));
}

/// Nothing can be read: after three failures in a row the fallback's pods are there.
#[test]
fn keda_falls_back_where_nothing_can_be_read() {
    let fallback = Some(Fallback { failures: 3, replicas: 4, mode: Mode::Static });
    let mut topology = fed(pods(Autoscaler::Keda(Keda { fallback, ..keda(Reading::Backlog) }), 0));
    topology.metrics = Metrics { missing: 1.0, ..Metrics::default() };
    let found = diary(&application(at(&[500.0]), vec![seconds(1.0)]), &topology, 100.0);
    assert_eq!(changes(&found), [(0.0, 0, 4)]);
}

/// Three messages come at 10 s and take 50 s each. The look at 30 s makes three jobs; by the default strategy the look at
/// 60 s takes off those that run, by the accurate one it makes three more, for which there is nothing to do.
#[test]
fn a_job_takes_a_message_and_ends_with_it() {
    let application = application(at(&[10.0; 3]), vec![seconds(50.0)]);
    let played = |jobs: Jobs| {
        let found = diary(&application, &fed(pods(Autoscaler::Jobs(jobs), 0)), 119.0);
        let count = |is: fn(&Fact) -> bool| found.iter().filter(|(_, fact)| is(fact)).count();
        let launched = count(|fact| matches!(fact, Fact::Launched { .. }));
        (launched, count(|fact| matches!(fact, Fact::Gone { .. })), completions(&found).len())
    };
    assert_eq!(played(jobs(Strategy::Default)), (3, 3, 3));
    assert_eq!(played(jobs(Strategy::Accurate)), (6, 3, 3));
    let patient = Jobs { patience: Some(secs(20)), ..jobs(Strategy::Accurate) };
    assert_eq!(played(patient), (6, 6, 3));
}

/// One request of 100 s comes at 100 s, when the pod has been gone for long: the activator holds it, the look at what was
/// measured by 101 s starts a pod, which boots for 4 s; after the last second with a request, at 205 s, ten seconds of
/// nothing and five with the activator in the path end with the last pod.
#[test]
fn knative_goes_to_zero_and_back() {
    let application = application(at(&[100.0]), vec![seconds(100.0)]);
    let mut pods = Pool { no_worker: NoWorker::Wait, ..pods(Autoscaler::Kpa(kpa()), 1) };
    pods.life.boot = seconds(4.0);
    let found = diary(&application, &alone(pods, 1), 400.0);
    let changes = changes(&found);
    assert_eq!(changes.iter().map(|&(_, from, to)| (from, to)).collect::<Vec<_>>(), [(1, 0), (0, 1), (1, 0)]);
    assert_eq!(changes[1].0, 101.0);
    assert_eq!(completions(&found), [(0, 205.0)]);
    assert!((215.0..230.0).contains(&changes[2].0), "{changes:?}");
}

/// Ten users who never think keep ten requests there: within a second or two ten pods are wanted, in panic.
#[test]
fn knative_panics_where_many_come_at_once() {
    let found = diary(&application(users(10), vec![seconds(1.0)]), &alone(pods(Autoscaler::Kpa(kpa()), 1), 1), 9.0);
    assert_eq!(changes(&found), [(2.0, 1, 10)]);
}
