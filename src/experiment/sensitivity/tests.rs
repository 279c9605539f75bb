//! Known answers: what dominates comes first, pairs tell more than runs of their own, verdicts turn where they must.

use super::{Choice, Sensitivity, Turn, Varied, values, vary};
use crate::experiment::sensitivity::document::Effect;
use crate::experiment::{Options, run};
use crate::ground::stats::interval;
use crate::scenario::{self, Given, NoFiles, Scenario, Source};

/// Machines that start when somebody waits, and go when idle: nearly every request waits for a boot.
const FROM_ZERO: &str = r#"
title = "Whose boot?"
run = { length = "4h", replications = 8, seed = 5 }
workload.jobs.arrivals = { poisson = { rate = "12/h" } }
work.serve = { exponential = "10s" }
[topology]
lazy.pool.app = { steps = [{ work = "serve" }], slots = 1, platform = { ec2 = { type = "m5.large" } }, scaling = { start-on-demand = { max = 4 } } }
steady.pool.app = { steps = [{ work = "serve" }], slots = 1, workers = 2, platform = { ec2 = { type = "m5.large" } } }
"#;

/// Two stations that nothing distinguishes but what they do.
const TWO: &str = r#"
title = "Which is quicker?"
run = { length = "1h", replications = 6, seed = 5, defaults = "textbook" }
workload.jobs.arrivals = { poisson = { rate = "1/s" } }
[work]
one = "100ms"
other = "150ms"
[topology]
a.pool.app = { steps = [{ work = "one" }], workers = 4 }
b.pool.app = { steps = [{ work = "other" }], workers = 4 }
[goal]
"completion.mean" = "200ms"
"#;

fn read(text: &str, changes: &[scenario::Change]) -> Scenario {
    scenario::read(&Source::new("x.toml", text), &NoFiles, changes).expect("it is a scenario")
}

fn varied(text: &str, given: &[Given]) -> Vec<Varied> {
    let all = scenario::assumptions(&Source::new("x.toml", text), &[], given).expect("it is a scenario");
    let at = |assumption: &scenario::Assumption| assumption.changes.each_ref().map(|changes| read(text, changes));
    all.into_iter().map(|assumption| Varied { ends: at(&assumption), assumption }).collect()
}

fn found(text: &str, given: &[Given], of: &str) -> Sensitivity {
    let choice = Choice { of, topologies: &[], options: &Options::default };
    vary(&read(text, &[]), &varied(text, given), &choice, &|_| {}).expect("it runs")
}

fn effect<'f>(found: &'f Sensitivity, setting: &str, topology: &str) -> &'f Effect {
    let setting = found.settings.iter().find(|one| one.name == setting);
    &setting.unwrap_or_else(|| panic!("{found:?}")).effects[topology]
}

/// The boot is a median of 20 s and may be one of 120 s; a crossing of the network is a millisecond in any case.
#[test]
fn what_dominates_comes_first() {
    let found = found(FROM_ZERO, &[], "completion.p95");
    let first = &found.settings[0];
    assert_eq!(first.name, "the boot of an EC2 instance", "{first:?}");
    let change = first.effects["lazy"].ends[1].change.value.unwrap();
    assert!(change > 60.0 && first.swing > change, "{first:?}");
    assert!(first.effects["lazy"].is_sure());
    assert!(found.settings.windows(2).all(|pair| {
        let sure = |at: usize| pair[at].effects.values().any(Effect::is_sure);
        (sure(0) && !sure(1)) || (sure(0) == sure(1) && pair[0].swing >= pair[1].swing)
    }));
    // Two that are there all the time boot before anybody comes, or as good as.
    let steady = first.effects["steady"].ends[1].change.value.unwrap();
    assert!(steady.abs() < change / 10.0, "{steady}");
}

/// The same requests at both ends: what they have in common does not widen the interval of the difference.
#[test]
fn pairs_tell_more_than_runs_of_their_own() {
    let text = TWO.replace("other = \"150ms\"", "other = { exponential = \"150ms\" }");
    let [low, high] = ["140ms", "160ms"].map(|mean| format!("{{ exponential = \"{mean}\" }}"));
    let found = found(&text, &[Given { path: "work.other".into(), low, high }], "completion.mean");
    let change = &effect(&found, "work.other", "b").ends[1].change;
    let paired = change.high.unwrap() - change.low.unwrap();
    let base = run(&read(&text, &[]), Options::default(), &|_| {}).unwrap().document;
    let own: Vec<f64> = values(&base, "b", "completion.mean").into_iter().flatten().collect();
    let (_, low, high) = interval(&own, found.confidence).unwrap();
    // Two independent means have an interval √2 times as wide as that of one.
    assert!(paired < (high - low) * 2.0_f64.sqrt() / 2.0, "{paired} of {}", high - low);
    assert!(change.low.unwrap() > 0.0 && effect(&found, "work.other", "b").is_sure());
    let alone = &effect(&found, "work.other", "a").ends;
    assert!(alone.iter().all(|end| end.change.value == Some(0.0)), "nothing of `a` is changed");
}

/// `b` takes 150 ms and `a` 100: `b` wins at 50, and they are level at 100. Waiting is rare with four workers.
#[test]
fn a_verdict_turns_where_it_must() {
    let found =
        found(TWO, &[Given { path: "work.other".into(), low: "50ms".into(), high: "300ms".into() }], "completion.mean");
    assert_eq!(found.winner.as_ref().map(|winner| (winner.topology.as_str(), winner.sure)), Some(("a", true)));
    let turns = &found.settings[0].turns;
    let Some(Turn::Winner { end: 0, from, to, sure: true, about: Some(about) }) = turns.first() else {
        panic!("{turns:?}");
    };
    assert_eq!((from.as_str(), to.as_str()), ("a", "b"));
    assert!((about - 0.1).abs() < 0.01, "{about}");
    // At 300 ms `b` is over the goal's 200.
    assert!(matches!(turns.get(1), Some(Turn::Goal { end: 1, topology, .. }) if topology == "b"), "{turns:?}");
    assert!(turns.iter().all(Turn::is_sure) && turns.len() == 2);
}

#[test]
fn what_does_nothing_is_nothing_and_no_verdict_turns() {
    let text = TWO.replace("[work]", "[work]\nunused = \"5ms\"");
    let given = Given { path: "work.unused".into(), low: "1ms".into(), high: "9ms".into() };
    let found = found(&text, &[given], "completion.mean");
    let setting = &found.settings[0];
    assert!(setting.effects.values().all(Effect::is_nothing) && setting.turns.is_empty() && setting.swing == 0.0);
}
