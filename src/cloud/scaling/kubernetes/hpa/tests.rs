//! The HPA against its documentation and the worked values of it.

use super::*;
use crate::cloud::scaling::kubernetes::behavior::{Rate, Rules, Select, Step};
use crate::cloud::scaling::kubernetes::milli;
use crate::cloud::scaling::kubernetes::pods::{Phase, PodMetric, Ready, Sample};
use crate::cloud::scaling::metric::Reading;
use crate::cloud::topology::NodeId;
use crate::ground::time::SECOND;

fn at(second: u64) -> SimTime {
    SimTime::from_nanos(second * SECOND)
}

fn hpa(targets: &[Target]) -> Hpa {
    let metric = Metric { what: Reading::Cpu, of: NodeId(0) };
    let of = |&target| HpaMetric { metric: metric.clone(), target, cpu: matches!(target, Target::Utilisation(_)) };
    Hpa {
        min: 1,
        max: 100,
        metrics: targets.iter().map(of).collect(),
        sync: Hpa::SYNC,
        tolerance: Tolerance::DOCUMENTED,
        stabilisation: Hpa::STABILISATION,
        behavior: None,
        starting: Starting::DOCUMENTED,
    }
}

fn asked(hpa: &Hpa, replicas: u32, pods: &[Pod], measured: &[Measured<'_>]) -> u32 {
    let seen = HpaSeen { now: at(10_000), replicas, status: replicas, pods, measured };
    hpa.recommend(&seen).desired
}

/// Pods that request 1 CPU each, and how much they use.
fn usage(of: &[Option<f64>]) -> Vec<PodMetric> {
    let each = |usage: &Option<f64>| PodMetric {
        sample: usage.map(|usage| Sample { value: milli(usage), at: at(9_990), window: Span::from_secs(30) }),
        request: Some(1_000),
    };
    of.iter().map(each).collect()
}

/// Facts on worked values: 4 pods at a target of 50 %, before limits; and both ends of the tolerance.
#[test]
fn utilisation_over_its_target_times_the_ready_pods() {
    let hpa = hpa(&[Target::Utilisation(50)]);
    let pods = [Pod::READY; 4];
    for (percent, replicas) in
        [(45, 4), (54, 4), (55, 4), (56, 5), (75, 6), (200, 16), (10, 1), (44, 4), (37, 3), (0, 0)]
    {
        assert_eq!(asked(&hpa, 4, &pods, &[Measured::Mean(percent)]), replicas, "{percent} %");
        let each = usage(&[Some(percent as f64 / 100.0); 4]);
        assert_eq!(asked(&hpa, 4, &pods, &[Measured::Pods(&each)]), replicas, "{percent} % of each");
    }
}

/// Facts on worked values: a target of 5 for each of 20 replicas.
#[test]
fn an_average_value_is_shared_by_all_replicas() {
    let hpa = hpa(&[Target::AverageValue(5_000)]);
    for (total, replicas) in [(100, 20), (109, 20), (110, 20), (112, 23), (111, 23), (89, 18), (90, 20)] {
        assert_eq!(asked(&hpa, 20, &[Pod::READY; 3], &[Measured::Total(total * 1_000)]), replicas, "{total}");
    }
}

/// A value as a whole goes by the pods that are ready, and from none by itself.
#[test]
fn a_value_is_times_the_ready_pods() {
    let mut hpa = hpa(&[Target::Value(10_000)]);
    let mut pods = vec![Pod::READY; 3];
    assert_eq!(asked(&hpa, 3, &pods, &[Measured::Total(20_000)]), 6);
    assert_eq!(asked(&hpa, 3, &pods, &[Measured::Total(11_000)]), 3);
    pods[0].ready = Some(Ready { is: false, since: at(0) });
    assert_eq!(asked(&hpa, 3, &pods, &[Measured::Total(20_000)]), 4);
    hpa.min = 0;
    assert_eq!(asked(&hpa, 0, &[], &[Measured::Total(21_000)]), 3);
    assert_eq!(asked(&hpa, 0, &[], &[Measured::Total(0)]), 0);
}

/// Pods without samples: used nothing where the others want more, all they request where they want fewer.
#[test]
fn missing_samples_damp_what_the_others_want() {
    let hpa = hpa(&[Target::Utilisation(50)]);
    let pods = [Pod::READY; 4];
    let of = |usages: &[Option<f64>]| asked(&hpa, 4, &pods, &[Measured::Pods(&usage(usages))]);
    // 100 % of three would be 8 of four; with one at 0 it is 75 %, and 6.
    assert_eq!(of(&[Some(1.0), Some(1.0), Some(1.0), None]), 6);
    // 60 % of three is too high; with one at 0 it is 45 %, the other way, and so nothing.
    assert_eq!(of(&[Some(0.6), Some(0.6), Some(0.6), None]), 4);
    // 10 % of three; with one at 100 % it is 32 %, and 3.
    assert_eq!(of(&[Some(0.1), Some(0.1), Some(0.1), None]), 3);
    assert_eq!(of(&[Some(0.1), None, None, None]), 4);
    let seen = HpaSeen { now: at(0), replicas: 4, status: 4, pods: &pods, measured: &[Measured::Pods(&[])] };
    assert_eq!(hpa.proposals(&seen).collect::<Vec<_>>(), [Err(Fault::NoSamples)]);
}

/// Pods that are deleted or have ended don't count at all; pending ones count as idle where more are wanted.
#[test]
fn pods_count_by_how_far_they_have_come() {
    let hpa = hpa(&[Target::Utilisation(50)]);
    let three = usage(&[Some(1.0), Some(1.0), Some(1.0)]);
    let of = |pod: Pod| asked(&hpa, 3, &[Pod::READY, Pod::READY, pod], &[Measured::Pods(&three)]);
    assert_eq!(of(Pod::READY), 6);
    assert_eq!(of(Pod { deleted: true, ..Pod::READY }), 4);
    assert_eq!(of(Pod { phase: Phase::Failed, ..Pod::READY }), 4);
    // 200 % of three with one idle is 66 %, 1.32 times the target: 4.
    assert_eq!(of(Pod { phase: Phase::Pending, ..Pod::READY }), 4);
}

/// The CPU of a pod that starts, at both sides of 5 min after its start and 30 s of readiness (facts on the calculation).
#[test]
fn the_cpu_of_a_starting_pod_is_not_trusted() {
    let hpa = hpa(&[Target::Utilisation(50)]);
    // Counted, it is 3 × 100 % and 6; unready it is idle, and 4.
    let trusted = |age: u64, ready: bool, since: u64, sampled: u64| {
        let new =
            Pod { started: Some(at(10_000 - age)), ready: Some(Ready { is: ready, since: at(since) }), ..Pod::READY };
        let mut samples = usage(&[Some(1.0), Some(1.0), Some(1.0)]);
        samples[2].sample = Some(Sample { value: 1_000, at: at(sampled), window: Span::from_secs(30) });
        let seen = [Pod::READY, Pod::READY, new];
        asked(&hpa, 3, &seen, &[Measured::Pods(&samples)]) == 6
    };
    // Within five minutes a whole window must be of the time since it became ready.
    assert!(!trusted(299, true, 9_965, 9_994));
    assert!(trusted(299, true, 9_965, 9_995));
    assert!(!trusted(299, false, 9_800, 9_995));
    // Later only that it never became ready.
    assert!(trusted(300, true, 9_999, 9_999));
    assert!(!trusted(300, false, 9_729, 9_995));
    assert!(trusted(300, false, 9_730, 9_995));
    let unstarted = [Pod::READY, Pod::READY, Pod { started: None, ..Pod::READY }];
    assert_eq!(asked(&hpa, 3, &unstarted, &[Measured::Pods(&usage(&[Some(1.0); 3]))]), 4);
}

/// Several metrics: the greatest proposal; one that fails lets the others only ask for more.
#[test]
fn a_metric_that_fails_keeps_the_others_from_shrinking() {
    let hpa = hpa(&[Target::Utilisation(50), Target::AverageValue(5_000)]);
    let pods = [Pod::READY; 4];
    let of = |one, other| asked(&hpa, 4, &pods, &[one, other]);
    assert_eq!(of(Measured::Mean(75), Measured::Total(40_000)), 8);
    assert_eq!(of(Measured::Mean(10), Measured::Total(10_000)), 2);
    assert_eq!(of(Measured::Nothing, Measured::Total(40_000)), 8);
    assert_eq!(of(Measured::Nothing, Measured::Total(10_000)), 4);
    assert_eq!(of(Measured::Nothing, Measured::Nothing), 4);
}

#[test]
fn beyond_the_bounds_no_metric_is_asked() {
    let hpa = Hpa { min: 3, max: 10, ..hpa(&[Target::Utilisation(50)]) };
    let of = |replicas| {
        let seen = HpaSeen { now: at(0), replicas, status: replicas, pods: &[], measured: &[] };
        let asked = hpa.recommend(&seen);
        hpa.restrain(asked, &seen, HpaMemory::default()).0.to
    };
    assert_eq!((of(0), of(2), of(3), of(11)), (0, 3, 3, 10));
}

/// Syncs of 15 s with a demand; the replicas after each.
fn ramp(hpa: &Hpa, from: u32, demands: &[i64]) -> Vec<u32> {
    let (mut memory, mut replicas, mut sizes) = (HpaMemory::default(), from, Vec::new());
    for (sync, &demand) in demands.iter().enumerate() {
        let pods = vec![Pod::READY; replicas as usize];
        let measured = [Measured::Total(demand * 1_000)];
        let now = at(15 * sync as u64);
        let seen = HpaSeen { now, replicas, status: replicas, pods: &pods, measured: &measured };
        let (decision, next) = hpa.restrain(hpa.recommend(&seen), &seen, memory);
        (replicas, memory) = (decision.to, next);
        sizes.push(replicas);
    }
    sizes
}

/// Facts on the decision: 1 → 100 with the demand there all the time, without `behavior` and with its defaults.
#[test]
fn without_behavior_it_doubles_and_with_it_begins_with_four_more() {
    let plain = hpa(&[Target::AverageValue(1_000)]);
    assert_eq!(ramp(&plain, 1, &[100; 6]), [4, 8, 16, 32, 64, 100]);
    let behavior = Some(Behavior { up: Rules::up(), down: Rules::down(Hpa::STABILISATION) });
    let with = Hpa { behavior, ..plain };
    assert_eq!(ramp(&with, 1, &[100; 6]), [5, 10, 20, 40, 80, 100]);
}

/// Fewer only once nothing more was recommended for 300 s: without `behavior` the very end counts, with it not.
#[test]
fn a_recommendation_keeps_a_lower_one_from_acting() {
    let plain = hpa(&[Target::AverageValue(1_000)]);
    let mut demand = vec![10];
    demand.extend([2; 21]);
    let sizes = ramp(&plain, 10, &demand);
    assert_eq!((sizes[20], sizes[21]), (10, 2), "300 s and 315 s after it");
    let with = Hpa { behavior: Some(Behavior { up: Rules::up(), down: Rules::down(Hpa::STABILISATION) }), ..plain };
    let sizes = ramp(&with, 10, &demand);
    assert_eq!((sizes[19], sizes[20]), (10, 2), "285 s and 300 s after it");
}

/// A window for more takes the least that was recommended in it.
#[test]
fn a_window_for_more_waits_until_all_in_it_ask_for_more() {
    let up = Rules { window: Span::from_secs(60), ..Rules::up() };
    let behavior = Some(Behavior { up, down: Rules::down(Span::ZERO) });
    let slow = Hpa { behavior, ..hpa(&[Target::AverageValue(1_000)]) };
    assert_eq!(ramp(&slow, 2, &[2, 6, 5, 6, 6, 6]), [2, 2, 2, 2, 5, 5]);
}

/// Facts on worked values: a target of 5, one replica, 100: 20 wanted, and the first sync makes 4 or 5.
#[test]
fn twenty_wanted_are_four_or_five_at_first() {
    let plain = hpa(&[Target::AverageValue(5_000)]);
    assert_eq!(asked(&plain, 1, &[Pod::READY], &[Measured::Total(100_000)]), 20);
    assert_eq!(ramp(&plain, 1, &[100]), [4]);
    let behavior = Some(Behavior { up: Rules::up(), down: Rules::down(Hpa::STABILISATION) });
    assert_eq!(ramp(&Hpa { behavior, ..plain }, 1, &[100]), [5]);
}

/// What was changed by itself counts for the policies: 2 pods in a minute, and one away in a minute.
#[test]
fn policies_count_what_was_changed_in_their_period() {
    let rule = |by| Rules {
        window: Span::ZERO,
        select: Select::Max,
        policies: vec![Rate { by, period: Span::from_secs(60) }],
    };
    let behavior = Some(Behavior { up: rule(Step::Pods(2)), down: rule(Step::Pods(1)) });
    let slow = Hpa { behavior, ..hpa(&[Target::AverageValue(1_000)]) };
    assert_eq!(ramp(&slow, 2, &[9; 9]), [4, 4, 4, 4, 6, 6, 6, 6, 8]);
    assert_eq!(ramp(&slow, 9, &[2; 6]), [8, 8, 8, 8, 7, 7]);
}

/// 7 of each of four pods against 5 is 1.4 times four: 6.
#[test]
fn an_average_value_of_each_pod_is_times_the_ready_pods() {
    let hpa = hpa(&[Target::AverageValue(5_000)]);
    assert_eq!(asked(&hpa, 4, &[Pod::READY; 4], &[Measured::Pods(&usage(&[Some(7.0); 4]))]), 6);
}

/// Five of ten pods have failed, and the others use 60 % against 50 %: 1.2 times five. Nobody is idle or missing, so that
/// nothing is weighed against the ten.
#[test]
fn pods_that_have_failed_hold_nothing_back() {
    let hpa = hpa(&[Target::Utilisation(50)]);
    let mut pods = [Pod::READY; 10];
    pods[5..].iter_mut().for_each(|pod| pod.phase = Phase::Failed);
    assert_eq!(asked(&hpa, 10, &pods, &[Measured::Pods(&usage(&[Some(0.6); 10]))]), 6);
}

/// Without what it requests, a share of that is not known, of whichever pod.
#[test]
fn a_pod_without_a_request_leaves_no_utilisation() {
    let hpa = hpa(&[Target::Utilisation(50)]);
    let pods = [Pod::READY; 3];
    let mut metrics = usage(&[Some(0.6); 3]);
    metrics[1].request = None;
    let measured = [Measured::Pods(&metrics)];
    let seen = HpaSeen { now: at(10_000), replicas: 3, status: 3, pods: &pods, measured: &measured };
    assert_eq!(hpa.proposals(&seen).collect::<Vec<_>>(), [Err(Fault::NoRequests)]);
}
