//! `run`: every topology of a scenario by itself.

use std::path::PathBuf;

use clap::Args;

use crate::cli::ending::{Ending, Failure};
use crate::cli::options::{Outcome, Play};
use crate::cli::session;
use crate::cli::voice::Voice;

const EXAMPLES: &str = "\
Examples:
  queuelab run scenarios/queue-of-three.toml
  queuelab run scenarios/video-upload.toml --topology decoupled --timing
  queuelab run scenarios/video-upload.toml --set run.length=2h --set work.process=20s
  queuelab run scenarios/queue-of-three.toml --json --quiet > result.json

`compare` does the same, and adds the differences between the topologies.";

/// Run the topologies of a scenario: what each does, and what it costs
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Words {
    /// The scenario; `-` reads standard input
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,

    #[command(flatten)]
    play: Play,

    #[command(flatten)]
    outcome: Outcome,
}

/// Runs a scenario.
pub fn run(words: &Words, voice: &mut Voice) -> Result<Ending, Failure> {
    let scenario = session::read(&words.file, &words.play.changes, voice)?;
    let folder = session::claim(&scenario, &words.file, &words.play, &words.outcome)?;
    let mut ran = session::run(&scenario, &words.play, &words.outcome, voice)?;
    ran.document.differences.clear();
    session::deliver(&ran, &folder, &words.outcome, voice)
}
