//! Tiny cases solved by hand: every time of every request, every worker's life, every decision and the bill.
//!
//! The cases stand in `paper-traces/`; `QUEUELAB_PAPER_TRACES` names another folder of the same kind. Each *model* of
//! their page is translated into a scenario, read and run as any other; no case is known here.

mod bill;
mod compare;
mod exact;
mod scene;
mod trace;
mod translate;
mod watch;

use std::path::{Path, PathBuf};

use queuelab::billing::{Meter, invoice};
use queuelab::cloud::arrivals::Arrivals;
use queuelab::cloud::topology::{Application, NodeId};
use queuelab::cloud::world::{Horizon, simulate};
use queuelab::ground::chance::Key;
use queuelab::ground::time::SimTime;
use queuelab::scenario::{NoFiles, Source, read};
use serde_json::Value;

use compare::{Played, Verdict};
use scene::Scene;
use trace::Table;
use translate::translate;
use watch::{Log, Run};

/// Runs of the cases that come with the project that must be reproduced whole.
const MUST: [&str; 33] = [
    "PT01/one-worker",
    "PT01/two-workers",
    "PT02/tiered-1-web",
    "PT02/tiered-2-web",
    "PT02/decoupled",
    "PT03/abandoned-work-is-finished",
    "PT03/abandoned-work-is-cancelled",
    "PT03/time-out-below-service-time",
    "PT04/tiered",
    "PT04/decoupled",
    "PT05/crash",
    "PT05/resize",
    "PT06/round-robin",
    "PT06/least-outstanding",
    "PT06/bill",
    "PT07/group-from-zero",
    "PT07/one-fixed-machine",
    "PT08/step",
    "PT09/backlog-per-instance",
    "PT09/hpa",
    "PT10/fifo-group-blocks",
    "PT10/poison-message",
    "PT10/time-out-shorter-than-work-one-worker",
    "PT10/time-out-shorter-than-work-two-workers",
    "PT11/cold-warm-throttled",
    "PT11/fifteen-minutes",
    "PT12/errors",
    "PT12/throttled",
    "PT13/spot-interruption",
    "PT13/stopped-no-rule",
    "PT13/stopped-with-rule",
    "PT14/one-process-task",
    "PT14/two-process-tasks",
];

/// What became of one run.
enum Finding {
    Reproduced,
    Different(Vec<String>, String),
    NotYetExpressed(String),
}

#[test]
fn every_paper_trace_is_reproduced_or_says_why_it_is_not_expressed() {
    let folder = std::env::var_os("QUEUELAB_PAPER_TRACES").map_or_else(public, PathBuf::from);
    let reproduced = play_folder(&folder);
    if folder == public() {
        let missing: Vec<&&str> = MUST.iter().filter(|name| !reproduced.iter().any(|done| done == **name)).collect();
        assert!(missing.is_empty(), "not reproduced: {missing:?}");
    }
}

/// Options that the public cases leave out: retries on refusal, removals, several stages, rests.
#[test]
fn options_of_the_models_are_reproduced() {
    assert_eq!(play_folder(&public().join("ours")).len(), 19);
}

/// The cases that come with the project.
fn public() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/paper-traces")
}

/// Plays all cases of a folder; the names of the runs that were reproduced. Whatever differs is a failure.
fn play_folder(folder: &Path) -> Vec<String> {
    let mut reproduced = Vec::new();
    let mut wrong = Vec::new();
    let mut waiting = 0;
    for (name, finding) in cases(folder).iter().flat_map(play_case) {
        match finding {
            Finding::Reproduced => reproduced.push(name),
            Finding::Different(what, text) => wrong.push(format!("{name}\n  {}\n{text}", what.join("\n  "))),
            Finding::NotYetExpressed(why) => {
                waiting += 1;
                println!("{name}: not yet expressed: {why}");
            }
        }
    }
    println!("{} runs reproduced, {waiting} not yet expressed, {} wrong", reproduced.len(), wrong.len());
    assert!(wrong.is_empty(), "{} runs differ:\n\n{}", wrong.len(), wrong.join("\n\n"));
    assert!(!reproduced.is_empty(), "no run of {} was reproduced", folder.display());
    reproduced
}

/// The cases of a folder, by name.
fn cases(folder: &Path) -> Vec<Value> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "json"));
    files.sort();
    let read = |file: &PathBuf| serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    files.iter().map(read).filter(|case: &Value| case["schema"] == "paper-trace/1").collect()
}

fn play_case(case: &Value) -> Vec<(String, Finding)> {
    let id = case["id"].as_str().unwrap_or("?");
    let runs = case["runs"].as_array().map(Vec::as_slice).unwrap_or_default();
    runs.iter()
        .map(|run| {
            let name = format!("{id}/{}", run["run"].as_str().unwrap_or("?"));
            let finding = play(&name, run).unwrap_or_else(Finding::NotYetExpressed);
            (name, finding)
        })
        .collect()
}

/// Plays one run; an error where it can't be told to the program yet.
fn play(name: &str, run: &Value) -> Result<Finding, String> {
    let model = run["model"].as_str().unwrap_or_default();
    let inputs = Table::new("inputs", &run["inputs"])?;
    let expected = Table::new("expected", &run["expected"])?;
    let (verdict, text) = if model == "bill_only" {
        (bill::check(&inputs, &expected)?, String::new())
    } else {
        let scene = translate(name, model, &inputs)?;
        (simulated(&scene, &expected)?, scene.text())
    };
    if verdict.0.is_empty() { Ok(Finding::Reproduced) } else { Ok(Finding::Different(verdict.0, text)) }
}

/// Reads the scene as any scenario is read, runs it, bills it, and compares.
fn simulated(scene: &Scene, expected: &Table<'_>) -> Result<Verdict, String> {
    let text = scene.text();
    let scenario = match read(&Source::new("trace.toml", text.clone()), &NoFiles, &[]) {
        Ok(scenario) => scenario,
        Err(complaints) => panic!("a translated trace is refused: {complaints:#?}\n{text}"),
    };
    let topology = &scenario.topologies[0];
    let end = SimTime::from_nanos(scene.end);
    let horizon = Horizon { warm_up: SimTime::START, length: Some(end), until: None };
    let watchers = (Log::default(), Meter::new(topology));
    let mut simulation = simulate(&scenario.application, topology, Key::root(1, 0), horizon, watchers);
    simulation.run_until(end);
    let (log, meter) = &simulation.observer;
    let is_told = |pool: NodeId| scene.stages.iter().any(|stage| stage.pool == topology.nodes[pool.index()].name);
    let run = Run::of(log, is_told);
    let lines = invoice(&meter.usage(end), &scenario.prices);
    let names = names(&scenario.application);
    Played { scene, topology, run: &run, names, lines: &lines }.check(expected)
}

/// The script's names, by the number of the request.
fn names(application: &Application) -> Vec<String> {
    match &application.workloads[0].arrivals {
        Arrivals::Instants(script) => script.iter().map(|request| request.name.clone()).collect(),
        other => panic!("{other:?} is no script"),
    }
}
