//! `compare`: all topologies side by side, on the same requests, with their differences.

use std::path::PathBuf;

use clap::Args;

use crate::cli::ending::{Ending, Failure};
use crate::cli::files::slug;
use crate::cli::options::{Outcome, Play};
use crate::cli::session;
use crate::cli::voice::Voice;
use crate::scenario::Scenario;

const EXAMPLES: &str = "\
Examples:
  queuelab compare scenarios/video-upload.toml
  queuelab compare scenarios/video-upload.toml --replications 100 --timing
  queuelab compare scenarios/video-upload.toml --set topology.tiered.pool.web.workers=4
  queuelab compare scenarios/black-friday.toml --output results/friday --trace friday.jsonl

Several files are compared as one where they describe the same application: the same requests, work,
trouble, prices, run and goals, on other topologies.";

/// Compare all topologies of a scenario: the same requests, side by side
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Words {
    /// The scenario; further ones add their topologies
    #[arg(value_name = "FILE", required = true, value_hint = clap::ValueHint::FilePath)]
    files: Vec<PathBuf>,

    #[command(flatten)]
    play: Play,

    #[command(flatten)]
    outcome: Outcome,
}

/// Compares the topologies of one or more scenarios.
pub fn compare(words: &Words, voice: &mut Voice) -> Result<Ending, Failure> {
    let mut scenarios = Vec::with_capacity(words.files.len());
    let mut refused = None;
    for file in &words.files {
        // Every file is read, so that all complaints about all of them come at once.
        match session::read(file, &words.play.changes, voice) {
            Ok(scenario) => scenarios.push((slug(file), scenario)),
            Err(Failure::Told) => refused = Some(Failure::Told),
            Err(failure) => return Err(failure),
        }
    }
    if let Some(failure) = refused {
        return Err(failure);
    }
    let scenario = joined(scenarios)?;
    let folder = session::claim(&scenario, &words.files[0], &words.play, &words.outcome)?;
    let ran = session::run(&scenario, &words.play, &words.outcome, voice)?;
    session::deliver(&ran, &folder, &words.outcome, voice)
}

/// One scenario with the topologies of all, where they describe one application.
fn joined(scenarios: Vec<(String, Scenario)>) -> Result<Scenario, Failure> {
    let mut scenarios = scenarios.into_iter();
    let Some((first, mut whole)) = scenarios.next() else {
        return Err(Failure::Asked("no scenario was named".to_owned()));
    };
    for (name, scenario) in scenarios {
        if let Some(what) = difference(&whole, &scenario) {
            return Err(Failure::Asked(format!(
                "`{first}` and `{name}` cannot be compared: their {what}\n  \
                 = help: files are compared as one where they differ in topologies only; run each by itself"
            )));
        }
        for mut topology in scenario.topologies {
            let is_taken = |name: &str| whole.topologies.iter().any(|other| other.name == name);
            while is_taken(&topology.name) {
                topology.name = format!("{name}-{}", topology.name);
            }
            whole.topologies.push(topology);
        }
        whole.digest = format!("{}+{}", whole.digest, scenario.digest);
        whole.warnings.extend(scenario.warnings);
    }
    Ok(whole)
}

/// What keeps two scenarios from being one, as the end of a sentence.
fn difference(one: &Scenario, other: &Scenario) -> Option<&'static str> {
    // Plain data without hidden parts: what is written out alike is alike.
    let alike = |one: &dyn std::fmt::Debug, other: &dyn std::fmt::Debug| format!("{one:?}") == format!("{other:?}");
    if !alike(&one.application.workloads, &other.application.workloads) {
        Some("workloads differ")
    } else if !alike(&one.application.works, &other.application.works) {
        Some("work differs")
    } else if !alike(&one.application.faults, &other.application.faults) {
        Some("faults differ")
    } else if one.run != other.run {
        Some("`[run]` tables differ")
    } else if one.goals != other.goals {
        Some("goals differ")
    } else if one.prices.digest() != other.prices.digest() {
        Some("prices differ")
    } else {
        None
    }
}
