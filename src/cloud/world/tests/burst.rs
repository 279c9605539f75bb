//! Machines with burstable speed, whose CPU credits are kept.

use crate::cloud::fact::Fact;
use crate::cloud::topology::{NoWorker, Platform, Pool, Topology};
use crate::cloud::world::tests::{alone, application, brings, completions, diary, pool, seconds, work};

fn burst(instance: &str, slots: u32, unlimited: bool) -> Topology {
    let platform = Platform::Ec2 { instance: instance.to_owned(), volume: 0, spot: false };
    let credits = Some(unlimited);
    let pool = Pool { platform, credits, slots, no_worker: NoWorker::Wait, ..pool(vec![work(0)], 1) };
    alone(pool, 1)
}

fn ends(requests: &[(f64, f64)], topology: &Topology) -> Vec<(u32, f64)> {
    completions(&diary(&application(brings(requests), vec![seconds(1.0)]), topology, 9_000.0))
}

fn near(found: &[(u32, f64)], expected: &[(u32, f64)]) {
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.0 == expected.0 && (found.1 - expected.1).abs() < 1e-6, "{found:?} is not {expected:?}");
    }
}

/// A `t3.nano` earns 6 credits an hour, which is a tenth of a vCPU, and begins with none: ten seconds of work take 100 s; two
/// at once share the tenth, and the second goes on alone when the first has ended.
#[test]
fn a_standard_machine_without_credits_works_at_its_baseline() {
    near(&ends(&[(0.0, 10.0)], &burst("t3.nano", 1, false)), &[(0, 100.0)]);
    near(&ends(&[(0.0, 10.0), (0.0, 20.0)], &burst("t3.nano", 2, false)), &[(0, 200.0), (1, 300.0)]);
    near(&ends(&[(0.0, 10.0)], &burst("t3.nano", 1, true)), &[(0, 10.0)]);
}

/// After ten idle minutes a credit is there, 60 s of a vCPU. With what is earned meanwhile it lasts 60 / 0.9 s; of 100 s of work
/// the other third takes ten times as long. Two slots spend it in 60 / 1.9 s, and are done when 200 = 60 + t / 10.
#[test]
fn a_standard_machine_is_fast_until_its_credits_are_spent() {
    near(&ends(&[(600.0, 100.0)], &burst("t3.nano", 1, false)), &[(0, 1_000.0)]);
    near(&ends(&[(600.0, 100.0), (600.0, 100.0)], &burst("t3.nano", 2, false)), &[(0, 2_000.0), (1, 2_000.0)]);
    // What is not spent by 640 s is there for the next: 24 s of 40 are earned back at a tenth.
    near(&ends(&[(600.0, 40.0), (700.0, 30.0)], &burst("t3.nano", 1, false)), &[(0, 640.0), (1, 730.0)]);
}

/// A `t2.micro` begins with 30 credits: 1,800 s, in which it earns 180 s, which last 200 s more.
#[test]
fn launch_credits_are_spent_first() {
    near(&ends(&[(0.0, 2_000.0)], &burst("t2.micro", 1, false)), &[(0, 2_000.0)]);
    near(&ends(&[(0.0, 2_001.0)], &burst("t2.micro", 1, false)), &[(0, 2_010.0)]);
}

/// Unlimited ones tell with how many vCPUs they compute: at most as many as there are.
#[test]
fn an_unlimited_machine_tells_what_it_computes() {
    let topology = burst("t3.nano", 3, true);
    let requests = brings(&[(0.0, 10.0), (5.0, 10.0), (6.0, 10.0)]);
    let diary = diary(&application(requests, vec![seconds(1.0)]), &topology, 60.0);
    let told: Vec<(f64, u32)> = diary
        .iter()
        .filter_map(|(at, fact)| match fact {
            Fact::Computing { vcpus, .. } => Some((*at, *vcpus)),
            _ => None,
        })
        .collect();
    assert_eq!(told, [(0.0, 1), (5.0, 2), (6.0, 2), (10.0, 2), (15.0, 1), (16.0, 0)]);
}
