//! What machines of shipped scenarios cost, against fleets that had known everything.

use std::fs;

use queuelab::experiment::Options;
use queuelab::experiment::regret::{Regret, regret};
use queuelab::scenario::{Source, read};

use super::{Folder, near};

fn found(name: &str, replications: u32, seed: Option<u64>) -> Regret {
    let source = Source::new(name, fs::read_to_string(format!("scenarios/{name}")).expect("the scenario is there"));
    let scenario = read(&source, &Folder, &[]).expect("a test of its own reads every shipped scenario");
    let options = Options { replications: Some(replications), seed, ..Options::default() };
    regret(&scenario, &options, &|_| {}).expect("nothing cancels it")
}

/// By hand: three messages of 20 s come at 10 s. The group has three machines, which boot for 45 s, end at 140 s and go at
/// 180 s, 105 s each. To be done by 140 s one machine is enough, which boots for 45 s and works for 60 s: 105 s of 315 s. The
/// one machine that stands there for 600 s works from 10 s to 70 s. Nothing is said of its boot, so that a perfect one takes
/// no time for it and is there for these 60 s alone.
#[test]
fn three_messages_by_hand() {
    let found = found("queue-of-three.toml", 1, None);
    let group = &found.topologies["group"].whole;
    near(group.ratio.value.unwrap(), 3.0);
    near(group.parts["boots"].cost.value.unwrap(), 3.0 * 45.0 * 0.096 / 3_600.0);
    near(group.parts["boots"].perfect.value.unwrap(), 45.0 * 0.096 / 3_600.0);
    near(group.parts["work"].cost.value.unwrap(), 60.0 * 0.096 / 3_600.0);
    near(group.parts["idle"].cost.value.unwrap(), 3.0 * 40.0 * 0.096 / 3_600.0);
    let machine = &found.topologies["machine"].whole;
    near(machine.cost.value.unwrap(), 0.016);
    near(machine.perfect.value.unwrap(), 60.0 * 0.096 / 3_600.0);
}

/// Nobody who keeps the goals is below the bound, and parts add up to what the bill says.
#[test]
fn no_shipped_scenario_costs_less_than_its_bound() {
    let mut nodes = 0;
    for entry in fs::read_dir("scenarios").expect("there are scenarios") {
        let name = entry.expect("a file").file_name().into_string().expect("text");
        if !name.ends_with(".toml") {
            continue;
        }
        let found = found(&name, 2, None);
        for (topology, of) in &found.topologies {
            for (node, regret) in &of.nodes {
                let costs = &regret.costs;
                let (cost, perfect) = (costs.cost.value.unwrap(), costs.perfect.value.unwrap());
                let parts: f64 = costs.parts.values().map(|part| part.cost.value.unwrap()).sum();
                assert!((parts - cost).abs() < 1e-9 * cost.max(1.0), "{name} {topology} {node}: {parts} is not {cost}");
                assert!(
                    costs.parts.values().all(|part| part.cost.value.unwrap() >= -1e-12),
                    "{name} {topology} {node}"
                );
                if of.missed.is_empty() {
                    assert!(perfect <= cost, "{name} {topology} {node}: {cost} is below {perfect}");
                }
                nodes += 1;
            }
        }
    }
    assert!(nodes > 40, "{nodes} nodes");
}

/// Who stands still with work in hand does not work: of one machine that is stopped and started again the bound is no more than
/// what it cost, whatever comes.
#[test]
fn a_machine_that_is_stopped_does_not_work() {
    for seed in 10..30 {
        let found = found("self-healing.toml", 1, Some(seed));
        for (topology, of) in &found.topologies {
            let (cost, perfect) = (of.whole.cost.value.unwrap(), of.whole.perfect.value.unwrap());
            assert!(perfect <= cost, "{topology} with seed {seed}: {cost} is below {perfect}");
        }
    }
}
