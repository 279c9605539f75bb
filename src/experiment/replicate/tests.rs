//! Replications small enough to be reckoned by hand.

use super::*;
use crate::cloud::arrivals::Recorded;
use crate::cloud::topology::Platform;
use crate::experiment::trial::{application, scenario, script, station};
use crate::scenario::Goal;

const GOES_ON: fn(Look) -> bool = |_| true;

/// A dollar an hour.
fn machine() -> Platform {
    Platform::Machine { hour: 1_000_000_000_000, minimum: Span::ZERO }
}

fn replicate(scenario: &Scenario) -> Outcome {
    let task =
        Task { scenario, topology: &scenario.topologies[0], seed: 1, replication: 0, warm_up: scenario.run.warm_up };
    task.run((), &mut GOES_ON.clone()).expect("nobody cancels").0
}

fn figure(outcome: &Outcome, whose: Whose, name: &str) -> f64 {
    let found = outcome.figures.iter().find(|figure| figure.whose == whose && figure.name == name);
    found.and_then(|figure| figure.value).unwrap_or_else(|| panic!("no {name}"))
}

fn near(found: f64, wanted: f64) {
    assert!((found - wanted).abs() <= 0.005 * wanted.abs(), "{found} is not {wanted}");
}

/// Three requests of 10 s at 0, 4 and 8 s for one worker: they leave at 10, 20 and 30 s and wait 0, 6 and 12 s,
/// so that 18 s in line and 30 s at work are spread over the hour.
#[test]
fn a_run_by_hand() {
    let topology = station("one", 1, 1, machine());
    let plan = scenario(application(script(&[(0, 10), (4, 10), (8, 10)]), None), vec![topology], 1);
    let found = replicate(&plan);
    let pool = Whose::Node(NodeId(0));
    near(figure(&found, Whose::Whole, "completion.mean"), (10.0 + 16.0 + 22.0) / 3.0);
    assert_eq!(figure(&found, Whose::Whole, "completion.max"), 22.0);
    near(figure(&found, pool, "wait.mean"), 6.0);
    near(figure(&found, pool, "waits"), 2.0 / 3.0);
    near(figure(&found, pool, "in-line"), 18.0 / 3_600.0);
    near(figure(&found, pool, "utilisation"), 30.0 / 3_600.0);
    near(figure(&found, pool, "throughput"), 3.0 / 3_600.0);
    near(figure(&found, Whose::Whole, "in-system"), 48.0 / 3_600.0);
    assert_eq!(figure(&found, Whose::Whole, "cost.total"), 1.0);
    assert_eq!(figure(&found, Whose::Whole, "cost.month"), 730.0);
    near(figure(&found, Whose::Whole, "cost.wasted"), 1.0 - 30.0 / 3_600.0);
    assert_eq!((found.requests, found.lost, found.length), (3, 0, Span::from_secs(3_600)));
}

/// The last one is born a second before the hour and leaves 29 s after it: counted, and its drain paid for.
#[test]
fn whoever_is_inside_at_the_end_is_followed() {
    let topology = station("one", 1, 1, machine());
    let mut plan = scenario(application(script(&[(3_599, 30)]), None), vec![topology], 1);
    let found = replicate(&plan);
    assert_eq!(figure(&found, Whose::Whole, "completion.max"), 30.0);
    assert_eq!(figure(&found, Whose::Whole, "cost.total"), 1.0);
    near(figure(&found, Whose::Whole, "cost.drain"), 29.0 / 3_600.0);
    plan.run.drain = Some(Span::from_secs(20));
    let found = replicate(&plan);
    assert_eq!(figure(&found, Whose::Whole, "lost.unfinished"), 1.0, "the drain was too short");
    assert_eq!(found.completion.count(), 0);
}

/// Without a length the run ends, and the bill with it, when the last request has left: at 35 s.
#[test]
fn a_run_without_a_length_ends_with_its_last_request() {
    let topology = station("one", 1, 1, machine());
    let mut plan = scenario(application(script(&[(0, 10), (25, 10)]), None), vec![topology], 1);
    plan.run.length = None;
    let found = replicate(&plan);
    assert_eq!(found.length, Span::from_secs(35));
    near(figure(&found, Whose::Whole, "cost.total"), 35.0 / 3_600.0);
    assert_eq!(figure(&found, Whose::Whole, "cost.drain"), 0.0);
    near(figure(&found, Whose::Node(NodeId(0)), "utilisation"), 20.0 / 35.0);
    let arrivals: f64 = found.grid.rates(0).iter().sum();
    assert!(arrivals > 0.0 && found.grid.cells() > 100, "{}", found.grid.cells());
}

/// Whoever is born before the warm-up's end is served but not counted, and levels are read from there on.
#[test]
fn the_warm_up_is_thrown_away() {
    let topology = station("one", 1, 1, Platform::Free);
    let mut plan = scenario(application(script(&[(0, 60), (100, 7)]), None), vec![topology], 1);
    plan.run.warm_up = Span::from_secs(90);
    let found = replicate(&plan);
    assert_eq!((found.requests, found.completion.count()), (2, 1));
    assert_eq!(figure(&found, Whose::Whole, "completion.max"), 7.0);
    near(figure(&found, Whose::Node(NodeId(0)), "utilisation"), 7.0 / 3_510.0);
}

#[test]
fn goals_name_the_whole_a_workload_or_a_node() {
    let mut plan = scenario(application(script(&[(0, 10), (4, 10)]), None), vec![station("one", 1, 1, machine())], 1);
    for of in ["completion.max", "jobs.completion.max", "app.wait.max", "cost.total", "elsewhere.wait.max"] {
        plan.goals.push(Goal { of: of.into(), limit: 1.0, at_most: true });
    }
    let found = replicate(&plan);
    for (place, wanted) in [16.0, 16.0, 6.0, 1.0].into_iter().enumerate() {
        let value = figure(&found, Whose::Goal(place), &plan.goals[place].of);
        assert_eq!(value, wanted, "{}", plan.goals[place].of);
    }
    assert!(found.figures.iter().all(|figure| figure.whose != Whose::Goal(4)), "this topology has no such node");
}

#[test]
fn whoever_watches_can_end_it() {
    let plan = scenario(application(script(&[(0, 10)]), None), vec![station("one", 1, 1, machine())], 1);
    let task =
        Task { scenario: &plan, topology: &plan.topologies[0], seed: 1, replication: 0, warm_up: plan.run.warm_up };
    let mut seen = Vec::new();
    let ended = task.run((), &mut |look| {
        seen.push(look.now);
        seen.len() < 3
    });
    assert!(ended.is_none());
    assert_eq!(seen.len(), 3);
}

/// A look at the start, those while two hundred thousand come in one instant, and one at the end of the first cell.
#[test]
fn an_instant_of_very_many_events_is_looked_into() {
    let mut plan = scenario(application(script(&[]), None), vec![station("one", 1, 1, machine())], 1);
    plan.application.workloads[0].arrivals = Arrivals::Instants(vec![Recorded::default(); 200_000]);
    let task =
        Task { scenario: &plan, topology: &plan.topologies[0], seed: 1, replication: 0, warm_up: plan.run.warm_up };
    let mut seen: Vec<Look> = Vec::new();
    let ended = task.run((), &mut |look| {
        seen.push(look);
        look.now == SimTime::START
    });
    assert!(ended.is_none());
    assert!(seen.len() >= 4, "{}", seen.len());
    assert_eq!((seen[0].now, seen[1].now, seen[2].now), (SimTime::START, SimTime::START, SimTime::START));
    assert!(seen.windows(2).all(|pair| pair[0].events < pair[1].events));
    assert!(seen[1].memory > seen[0].memory && seen[2].memory >= seen[1].memory);
}
