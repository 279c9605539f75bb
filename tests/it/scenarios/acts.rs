//! Scenarios whose functions act on the infrastructure.

use queuelab::experiment::document::{Document, Finding};

use super::{figure, found, near, verdict};

fn of(document: &Document, topology: &str, node: &str, name: &str) -> f64 {
    document.topologies[topology].nodes[node].figures[name].value.unwrap_or_else(|| panic!("{node} has no {name}"))
}

/// Stopped at 10 of 30 minutes. Nobody starts the one machine again, so it serves for exactly a third of the time. With the
/// rule it is away once, for as long as it takes to stop, to be heard of, to start a function of 1.4 s and to boot: half a
/// minute. That costs a hundred-thousandth of a dollar.
#[test]
fn a_rule_starts_a_machine_again_that_would_stay_stopped() {
    let document = found("self-healing.toml", 6);
    near(of(&document, "alone", "pool.app", "availability"), 1.0 / 3.0);
    near(of(&document, "alone", "pool.app", "workers.off"), 2.0 / 3.0);
    near(of(&document, "healed", "pool.app", "workers.started") * 1_800.0, 1.0);
    let away = (1.0 - of(&document, "healed", "pool.app", "availability")) * 1_800.0;
    assert!((10.0..60.0).contains(&away), "away for {away} s");
    near(of(&document, "healed", "function.restart", "throughput") * 1_800.0, 1.0);
    let costs = of(&document, "healed", "function.restart", "cost.total");
    assert!((5e-6..3e-5).contains(&costs), "{costs}");
    assert_eq!(verdict(&document, "alone", "lost.unfinished"), Finding::Missed);
    assert_eq!(verdict(&document, "healed", "lost.unfinished"), Finding::Met);
    assert!(figure(&document, "alone", "lost") > 0.6 && figure(&document, "healed", "lost") < 0.02);
}

/// What the README shows of it is what the scenario says.
#[test]
fn the_readme_shows_the_rule_that_heals() {
    let readme = std::fs::read_to_string("README.md").expect("it is there");
    let shown = readme.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let shown: Vec<&str> = shown.filter(|block| block.contains("start-instances")).collect();
    let [block] = shown[..] else { panic!("one block of the README acts: {shown:?}") };
    let scenario = std::fs::read_to_string("scenarios/self-healing.toml").expect("it is there");
    assert!(scenario.contains(block), "{block}");
}

/// Machines of 10, 20 and 50 to 120 minutes run for 280 of them; the second has no name, and where rules are kept it is gone
/// before it has booted, so that 180 are left, and it is paid for the least of a minute. Those with a name stay.
#[test]
fn a_machine_without_a_name_is_taken_away_by_a_rule() {
    let document = found("tag-police.toml", 3);
    let ready = |topology| of(&document, topology, "pool.lab", "workers.ready") * 120.0;
    // Each is asked for, and boots, within a minute.
    assert!((277.0..280.0).contains(&ready("free")), "{}", ready("free"));
    assert!((178.0..180.0).contains(&ready("policed")), "{}", ready("policed"));
    near(of(&document, "free", "pool.lab", "workers.stopped"), 0.0);
    near(of(&document, "policed", "pool.lab", "workers.stopped") * 7_200.0, 1.0);
    near(of(&document, "policed", "bus.default", "events") * 7_200.0, 3.0);
    // The bill of the machine: an hour and forty minutes at $0.0104 an hour, less the minute for which it is paid at the least.
    let cost = |topology| of(&document, topology, "pool.lab", "cost.total");
    let less = cost("free") - cost("policed");
    assert!((0.016..0.020).contains(&less), "{less}");
}
