//! `check`: all that is wrong with a scenario, without running it; with `--goals`, a gate for its goals.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::ending::{Ending, Failure};
use crate::cli::options::Play;
use crate::cli::session;
use crate::cli::voice::Voice;
use crate::experiment::document::{Finding, Verdict};
use crate::report::{numbers, table};
use crate::scenario::Scenario;

const EXAMPLES: &str = "\
Examples:
  queuelab check scenarios/video-upload.toml
  queuelab check scenarios/*.toml
  queuelab check --goals scenarios/video-upload.toml --replications 40";

/// Look for mistakes in scenarios; with --goals, run them and gate on their goals
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Words {
    /// The scenarios
    #[arg(value_name = "FILE", required = true, value_hint = clap::ValueHint::FilePath)]
    files: Vec<PathBuf>,

    /// Run them, and end with 3 where a goal is missed, with 4 where one is undecided
    #[arg(long)]
    goals: bool,

    /// Say on stderr how many events and requests were simulated, how long it took, and the rates
    #[arg(long, requires = "goals")]
    timing: bool,

    #[command(flatten)]
    play: Play,
}

/// Checks scenarios, all of them, whatever is wrong with the first.
pub fn check(words: &Words, voice: &mut Voice) -> Result<Ending, Failure> {
    let mut ending = Ending::Done;
    for file in &words.files {
        ending = ending.and(match check_one(file, words, voice) {
            Ok(ending) => ending,
            Err(failure @ Failure::World(_)) => return Err(failure),
            Err(failure) => super::fail(&failure, voice),
        });
    }
    Ok(ending)
}

fn check_one(file: &Path, words: &Words, voice: &mut Voice) -> Result<Ending, Failure> {
    let scenario = session::read(file, &words.play.changes, voice)?;
    if !words.goals {
        voice.say(&format!("{}: {}", file.display(), summary(&scenario)))?;
        return Ok(Ending::Done);
    }
    if scenario.goals.is_empty() {
        voice.say(&format!("{}: has no goals", file.display()))?;
        return Ok(Ending::Done);
    }
    let document = session::simulate(&scenario, &words.play, None, words.timing, voice)?.document;
    for warning in &document.warnings {
        voice.warn(&format!("{}: {warning}", file.display()));
    }
    for verdict in &document.goals {
        voice.say(&format!("{}: {}", file.display(), sentence(verdict)))?;
    }
    Ok(if document.incomplete { Ending::Incomplete } else { Ending::of_goals(&document.goals) })
}

/// What a scenario without errors holds.
fn summary(scenario: &Scenario) -> String {
    let count = |number: usize, one: &str, more: &str| match number {
        0 => format!("no {more}"),
        1 => format!("1 {one}"),
        _ => format!("{number} {more}"),
    };
    let warnings = match scenario.warnings.len() {
        0 => String::new(),
        number => format!(", {}", count(number, "warning", "warnings")),
    };
    format!(
        "fine: {}, {}, {}{warnings}",
        count(scenario.application.workloads.len(), "workload", "workloads"),
        count(scenario.topologies.len(), "topology", "topologies"),
        count(scenario.goals.len(), "goal", "goals"),
    )
}

/// One goal and what became of it, in a line that a log can hold.
fn sentence(verdict: &Verdict) -> String {
    let found = match verdict.verdict {
        Finding::Met => "met",
        Finding::Missed => "missed",
        Finding::Undecided => "undecided",
    };
    let value = numbers::verdict(table::goal_kind(verdict), verdict);
    format!("{}: {}: {found}: {value}", verdict.topology, table::goal_words(verdict))
}
