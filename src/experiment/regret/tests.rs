//! Runs held against perfect fleets, in small scenarios.

use super::*;
use crate::cloud::arrivals::Arrivals;
use crate::cloud::fact::{Fact, Outcome, Who};
use crate::cloud::topology::{NodeId, NodeKind, Platform, WorkloadId};
use crate::engine::Observer;
use crate::experiment::Options;
use crate::experiment::regret::watch::Watch;
use crate::experiment::replicate::Task;
use crate::experiment::trial::{application, exponential, scenario, script, station};
use crate::ground::time::{SimTime, Span};
use crate::scenario::{Goal, Scenario};

/// A machine at $3.60 an hour: a second of it is a tenth of a cent.
fn machine() -> Platform {
    Platform::Machine { hour: 3_600_000_000_000, minimum: Span::ZERO }
}

fn found(scenario: &Scenario) -> TopologyRegret {
    let found = regret(scenario, &Options::default(), &|_| {}).expect("nothing cancels it");
    found.topologies.into_values().next().expect("one topology")
}

fn near(found: Option<f64>, expected: f64) {
    let found = found.expect("a figure");
    assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
}

/// Two machines for an hour, and two pieces of work of 60 s at 100 s and at 2,000 s. A machine boots in no time here, so that the
/// perfect one is there for these two minutes only; with a goal of an hour it is just as cheap.
#[test]
fn the_hour_of_two_machines_by_hand() {
    let requests = application(script(&[(100, 60), (2_000, 60)]), None);
    let mut scenario = scenario(requests, vec![station("plain", 2, 1, machine())], 1);
    for goal in [None, Some(Goal { of: "completion.max".into(), limit: 600.0, at_most: true })] {
        scenario.goals = goal.into_iter().collect();
        let of = found(&scenario);
        near(of.whole.cost.value, 7.2);
        near(of.whole.perfect.value, 0.12);
        near(of.whole.ratio.value, 60.0);
        near(of.whole.parts["work"].cost.value, 0.12);
        near(of.whole.parts["idle"].cost.value, 7.08);
        near(of.nodes["pool.app"].beside.value, 0.0);
        assert_eq!(of.nodes["pool.app"].as_this_run, scenario.goals.is_empty());
        assert_eq!(of.nodes["pool.app"].goals.len(), scenario.goals.len());
    }
}

/// A goal that half of them keep lets the other one go on until the end; one that lets half be lost asks for one alone.
#[test]
fn goals_let_go_whom_they_do_not_speak_of() {
    let requests = application(script(&[(100, 60), (2_000, 100)]), None);
    let mut scenario = scenario(requests, vec![station("plain", 1, 1, machine())], 1);
    scenario.goals = vec![Goal { of: "completion.p50".into(), limit: 600.0, at_most: true }];
    near(found(&scenario).whole.perfect.value, 0.16);
    scenario.goals.push(Goal { of: "lost".into(), limit: 0.5, at_most: true });
    near(found(&scenario).whole.perfect.value, 0.06);
}

/// Whatever comes, what was paid is told part by part, and is the bill; and it is not below the bound.
#[test]
fn parts_are_the_bill_and_not_below_the_bound() {
    let law = exponential(Span::from_secs(20));
    for (workers, slots) in [(1, 4), (3, 1), (2, 3)] {
        let requests = application(Arrivals::Poisson { rate: 0.1 }, Some(law.clone()));
        let platform = Platform::Ec2 { instance: "c5.large".into(), volume: 8 << 30, spot: false };
        let of = found(&scenario(requests, vec![station("plain", workers, slots, platform)], 4));
        let (cost, perfect) = (of.whole.cost.value.unwrap(), of.whole.perfect.value.unwrap());
        assert!((cost - of.whole.parts.values().map(|part| part.cost.value.unwrap()).sum::<f64>()).abs() < 1e-12);
        assert!((perfect - of.whole.parts.values().map(|part| part.perfect.value.unwrap()).sum::<f64>()).abs() < 1e-12);
        assert!(of.nodes["pool.app"].beside.value.unwrap().abs() < 1e-9, "{of:?}");
        assert!(perfect > 0.3 * cost / f64::from(workers * slots) && perfect <= cost, "{perfect} of {cost}");
    }
}

const WHO: Who = Who { workload: WorkloadId(0), ordinal: 0, counted: true };

fn at(second: u64) -> SimTime {
    SimTime::START + Span::from_secs(second)
}

/// What one pool's watcher has seen at the end of these facts.
fn watched(facts: &[(u64, Fact)]) -> (Vec<f64>, f64) {
    let scenario = scenario(application(script(&[]), None), vec![station("plain", 1, 2, machine())], 1);
    let mut watch = Watch::new(&scenario.application, &scenario.topologies[0], &scenario.prices, None);
    for (second, fact) in facts {
        watch.saw(at(*second), fact);
    }
    watch.close(at(1_000));
    (watch.needs.iter().map(|need| need.work).collect(), watch.kept[0][0].needed)
}

/// A request that is served twice needs it once, and the quicker one; one that is lost needs nothing; one that waits for others
/// in its slot needs what is left.
#[test]
fn what_was_done_again_or_in_vain_is_not_needed() {
    let pool = NodeId(0);
    let served = |began: u64, result| Fact::Served { who: WHO, pool, worker: 1, visit: 1, began: at(began), result };
    let started = Fact::Started { who: WHO, pool, waited: Span::ZERO };
    let completed = Fact::Completed { who: WHO, born: at(0), answered: true };
    let born = Fact::Born { who: WHO };
    let twice = [
        (0, born),
        (0, started),
        (30, served(0, Outcome::Ok)),
        (30, Fact::Wasted { who: WHO }),
        (30, started),
        (50, served(30, Outcome::Ok)),
        (50, completed),
    ];
    assert_eq!(watched(&twice), (vec![20.0], 20.0));
    let lost = Fact::Lost { who: WHO, born: at(0), why: crate::cloud::fact::Loss::TimedOut, answered: false };
    assert_eq!(watched(&[(0, born), (0, started), (30, served(0, Outcome::Ok)), (40, lost)]), (vec![], 0.0));
    let answers = Fact::Spent {
        who: WHO,
        node: pool,
        on: crate::cloud::fact::Spent::Answers,
        from: at(0),
        span: Span::from_secs(12),
    };
    let waits = [(0, born), (0, started), (20, answers), (30, served(0, Outcome::Ok)), (30, completed)];
    assert_eq!(watched(&waits), (vec![18.0], 18.0));
    // Nor does one work whose machine has failed, or whose pool is away.
    let (failed, repaired) = (Fact::Failed { pool, worker: 1 }, Fact::Repaired { pool, worker: 1 });
    let (away, back) = (Fact::Away { node: pool }, Fact::Back { node: pool });
    let still =
        [(0, born), (0, started), (5, failed), (12, repaired), (20, away), (23, back), (30, served(0, Outcome::Ok))];
    assert_eq!(watched(&[&still[..], &[(30, completed)]].concat()), (vec![20.0], 20.0));
}

/// A pool that takes jobs together has no work of its own that could be told apart.
#[test]
fn nothing_is_said_of_jobs_that_are_taken_together() {
    let mut topology = station("plain", 1, 1, machine());
    if let NodeKind::Pool(pool) = &mut topology.nodes[0].kind {
        pool.batch = Some(crate::cloud::topology::Batch { at_most: 4, at_least: 1, window: Span::ZERO });
    }
    let of = found(&scenario(application(script(&[(10, 5)]), None), vec![topology], 1));
    assert_eq!(of.left_out, ["pool.app"]);
    assert!(of.nodes.is_empty() && of.whole.ratio.value.is_none());
}

/// A replication is followed by its watcher without being disturbed.
#[test]
fn whoever_is_watched_does_the_same() {
    let requests = application(Arrivals::Poisson { rate: 0.1 }, Some(exponential(Span::from_secs(20))));
    let scenario = scenario(requests, vec![station("plain", 2, 1, machine())], 1);
    let topology = &scenario.topologies[0];
    let task = Task { scenario: &scenario, topology, seed: 1, replication: 0, warm_up: Span::ZERO };
    let watch = Watch::new(&scenario.application, topology, &scenario.prices, scenario.run.length);
    let (watched, _) = task.run(watch, &mut |_| true).unwrap();
    let (alone, ()) = task.run((), &mut |_| true).unwrap();
    assert_eq!((watched.figures, watched.events), (alone.figures, alone.events));
}
