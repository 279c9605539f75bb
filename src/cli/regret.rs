//! `regret`: what machines cost, against the cheapest fleets that had known everything beforehand.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use crate::cli::ending::{Ending, Failure};
use crate::cli::interrupt;
use crate::cli::options::Play;
use crate::cli::progress::Progress;
use crate::cli::session;
use crate::cli::voice::Voice;
use crate::experiment::Options;
use crate::experiment::regret::regret as find;
use crate::report::table::regret::table;

const EXAMPLES: &str = "\
Examples:
  queuelab regret scenarios/video-upload.toml
  queuelab regret scenarios/video-upload.toml --topology decoupled --replications 5
  queuelab regret scenarios/queue-of-three.toml --set topology.machine.pool.worker.workers=2
  queuelab regret scenarios/video-upload.toml --topology balanced --json --quiet > regret.json

The perfect fleet knows all arrivals and their work, boots as long as this one, does what this one did and
keeps the goals on latencies; without any it is as soon as this one was. What it costs is a bound: no fleet
of these machines is below, and the cheapest may be above.";

/// Hold what machines cost against the cheapest fleets that had known everything
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Words {
    /// The scenario; `-` reads standard input
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,

    #[command(flatten)]
    play: Play,

    /// Print what was found as JSON
    #[arg(long)]
    json: bool,
}

/// Plays a scenario, and holds its machines against perfect fleets.
pub fn regret(words: &Words, voice: &mut Voice) -> Result<Ending, Failure> {
    let scenario = session::read(&words.file, &words.play.changes, voice)?;
    let began = Instant::now();
    let options = Options {
        threads: words.play.threads,
        replications: words.play.replications,
        seed: words.play.seed,
        topology: words.play.topology.clone(),
        trace: None,
        cancel: Some(interrupt::asked()),
        limits: (&words.play.limits).into(),
        elapsed: Some(&|| session::since(began)),
    };
    let progress = Progress::new(voice, "simulating");
    let found = interrupt::stoppable(|| find(&scenario, &options, &|at| progress.reached(at.done, at.of)));
    drop(progress);
    let found = found.map_err(|error| session::failure(error, None))?;
    if words.json {
        let text = serde_json::to_string_pretty(&found).map_err(|error| Failure::World(error.to_string()))?;
        voice.say(&format!("{text}\n"))?;
    } else {
        voice.say(&table(&found, voice.width(), voice.colours_results()))?;
    }
    if found.incomplete {
        voice.warn(&format!(
            "stopped after {} replications: intervals are wider than they would have been",
            found.replications
        ));
        return Ok(Ending::Incomplete);
    }
    Ok(Ending::Done)
}
