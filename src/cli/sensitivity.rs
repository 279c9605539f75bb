//! `sensitivity`: which of the settings that nobody documents the verdict hangs on.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

use crate::cli::complain;
use crate::cli::ending::{Ending, Failure};
use crate::cli::files::{self, Beside};
use crate::cli::interrupt;
use crate::cli::options;
use crate::cli::outputs::{Chosen, Folder};
use crate::cli::progress::Progress;
use crate::cli::session::failure;
use crate::cli::voice::Voice;
use crate::experiment::sensitivity::{Choice, Sensitivity, Varied, vary};
use crate::experiment::{Options, RunError};
use crate::report::{self, charts};
use crate::scenario::{self, Assumption, Change, Complaint, Given, Scenario, Source};

/// The result document of this command, in its folder.
const RESULT: &str = "sensitivity.json";

/// The figure, where neither the user nor a goal names one.
const FIGURE: &str = "completion.p99";

/// Pixels of a PNG for each of the chart's own.
const SCALE: f64 = 2.0;

const EXAMPLES: &str = "\
Examples:
  queuelab sensitivity scenarios/video-upload.toml --replications 5
  queuelab sensitivity scenarios/video-upload.toml --of cost.month --topology decoupled
  queuelab sensitivity scenarios/flapping.toml --top 5 --output hangs-on
  queuelab sensitivity scenarios/queue-of-three.toml --also work.job=10s..60s

What is varied: every default that is measured or assumed (`explain` says which, and from where to
where), if the scenario uses it and does not say it itself. One at a time, on the same requests.";

/// Show which of the settings that nobody documents the verdict hangs on
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Words {
    /// The scenario
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,

    /// The figure that is looked at [default: that of the scenario's first goal, else completion.p99]
    #[arg(long, value_name = "FIGURE")]
    of: Option<String>,

    /// Only this topology of the scenario; may be given more than once
    #[arg(long, value_name = "NAME")]
    topology: Vec<String>,

    /// Also vary this setting, documented or set by hand; may be given more than once
    #[arg(long, value_name = "PATH=LOW..HIGH", value_parser = given)]
    also: Vec<Given>,

    /// Show so many settings
    #[arg(long, value_name = "N", default_value = "10", value_parser = top, allow_negative_numbers = true)]
    top: usize,

    /// Change a setting of the scenario, which is then not varied; may be given more than once
    #[arg(long = "set", value_name = "PATH=VALUE", value_parser = options::change)]
    changes: Vec<Change>,

    /// The seed of every draw, of all runs [default: the scenario's]
    #[arg(long, value_name = "N", value_parser = options::seed, allow_negative_numbers = true)]
    seed: Option<u64>,

    /// How often each topology is run at each end of each setting [default: the scenario's]
    #[arg(long, value_name = "N", value_parser = options::replications, allow_negative_numbers = true)]
    replications: Option<u32>,

    /// Threads to run on; the results do not depend on it [default: one a core]
    #[arg(long, value_name = "N", value_parser = options::threads, allow_negative_numbers = true)]
    threads: Option<NonZeroUsize>,

    /// Print what was found as JSON
    #[arg(long)]
    json: bool,

    /// Also write what was found, and its chart as SVG and PNG, to this folder
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    output: Option<PathBuf>,

    /// Replace files that are already there
    #[arg(long)]
    force: bool,
}

/// Reads `PATH=LOW..HIGH`.
fn given(text: &str) -> Result<Given, String> {
    let parts = text.split_once('=').and_then(|(path, range)| Some((path, range.split_once("..")?)));
    match parts.map(|(path, (low, high))| [path, low, high].map(str::trim)) {
        Some([path, low, high]) if !path.is_empty() && !low.is_empty() && !high.is_empty() => {
            Ok(Given { path: path.to_owned(), low: low.to_owned(), high: high.to_owned() })
        }
        _ => Err("expected PATH=LOW..HIGH, as in `work.process=20s..90s`".to_owned()),
    }
}

/// Reads how many settings are shown.
fn top(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=1_000).contains(number));
    number.ok_or_else(|| "it is a whole number from 1 to 1000".to_owned())
}

/// Varies the settings of a scenario.
pub fn sensitivity(words: &Words, voice: &mut Voice) -> Result<Ending, Failure> {
    let source = files::text(&words.file)?;
    let beside = Beside::new(&words.file);
    let base = read(&source, &beside, &words.changes, voice)?;
    if !base.warnings.is_empty() {
        voice.tell(&complain::of_scenario(&source, &base.warnings));
    }
    for asked in &words.topology {
        if !base.topologies.iter().any(|topology| topology.name == *asked) {
            let known = base.topologies.iter().map(|topology| topology.name.clone()).collect();
            return Err(failure(RunError::NoTopology { asked: asked.clone(), known }, None));
        }
    }
    let folder = match &words.output {
        Some(path) => Some(Folder::claim(path, Chosen::ByUser, words.force, |_| Vec::new())?),
        None => None,
    };
    let varied = varied(&source, &beside, words, voice)?;
    let of = words.of.clone().or_else(|| base.goals.first().map(|goal| goal.of.clone()));
    let of = of.unwrap_or_else(|| FIGURE.to_owned());
    let choice = Choice {
        of: &of,
        topologies: &words.topology,
        options: &|| Options {
            threads: words.threads,
            replications: words.replications,
            seed: words.seed,
            cancel: Some(interrupt::asked()),
            ..Options::default()
        },
    };
    let progress = Progress::new(voice, &format!("varying {} settings", varied.len()));
    let found = interrupt::stoppable(|| vary(&base, &varied, &choice, &|at| progress.reached(at.done, at.of)));
    drop(progress);
    let found = found.map_err(|error| failure(error, None))?;
    tell(&found, words, folder, voice)?;
    Ok(if found.incomplete { Ending::Incomplete } else { Ending::Done })
}

fn read(source: &Source, beside: &Beside, changes: &[Change], voice: &mut Voice) -> Result<Scenario, Failure> {
    scenario::read(source, beside, changes).map_err(|complaints| refused(source, &complaints, voice))
}

fn refused(source: &Source, complaints: &[Complaint], voice: &mut Voice) -> Failure {
    voice.insist(&complain::of_scenario(source, complaints));
    Failure::Told
}

/// Every setting, with the scenario at both of its ends; an end that a scenario cannot have leaves the setting out.
fn varied(source: &Source, beside: &Beside, words: &Words, voice: &mut Voice) -> Result<Vec<Varied>, Failure> {
    let assumptions = scenario::assumptions(source, &words.changes, &words.also)
        .map_err(|complaints| refused(source, &complaints, voice))?;
    let mut found = Vec::new();
    for assumption in assumptions {
        if !concerns(&assumption, &words.topology) {
            continue;
        }
        let ends = assumption.changes.each_ref().map(|changes| {
            let changes: Vec<Change> = words.changes.iter().chain(changes).cloned().collect();
            scenario::read(source, beside, &changes)
        });
        match ends {
            [Ok(low), Ok(high)] => found.push(Varied { assumption, ends: [low, high] }),
            [Err(complaints), _] | [_, Err(complaints)] if assumption.mark == "given" => {
                return Err(refused(source, &complaints, voice));
            }
            [Err(complaints), _] | [_, Err(complaints)] => {
                let why = complaints.first().map_or("it is refused", |complaint| complaint.what.as_str());
                voice.warn(&format!("{} is not varied, as an end of its range cannot be here: {why}", assumption.name));
            }
        }
    }
    if found.is_empty() {
        return Err(Failure::Asked(
            "nothing here rests on a default that is measured or assumed\n  \
             = help: `--also PATH=LOW..HIGH` varies a setting of your own"
                .to_owned(),
        ));
    }
    Ok(found)
}

fn concerns(assumption: &Assumption, topologies: &[String]) -> bool {
    let of = &assumption.topologies;
    of.is_empty() || topologies.is_empty() || of.iter().any(|name| topologies.contains(name))
}

/// Prints what was found, and writes it down where that was asked for.
fn tell(found: &Sensitivity, words: &Words, folder: Option<Folder>, voice: &mut Voice) -> Result<(), Failure> {
    let mut json = serde_json::to_string_pretty(found).expect("a finding holds nothing that JSON cannot say");
    json.push('\n');
    if words.json {
        voice.say(&json)?;
    } else {
        voice.say(&report::sensitivity::table(found, words.top, voice.width(), voice.colours_results()))?;
    }
    let Some(folder) = folder else { return Ok(()) };
    let mut files = vec![(RESULT.to_owned(), json.into_bytes())];
    for picture in charts::of_sensitivity(found, words.top) {
        files.extend(picture.png(SCALE).map(|png| (format!("{}.png", picture.name), png)));
        files.push((format!("{}.svg", picture.name), picture.svg().into_bytes()));
    }
    folder.write(&files)?;
    voice.tell(&format!("what was found, and its chart: {}", folder.path().display()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_cut_at_its_first_equals_sign_and_its_dots() {
        let read = given("work.process = { exponential = \"4s\" } .. 1min").unwrap();
        assert_eq!(
            (read.path.as_str(), read.low.as_str(), read.high.as_str()),
            ("work.process", "{ exponential = \"4s\" }", "1min")
        );
        for wrong in ["work.process", "work.process=4s", "=1..2", "a=..2", "a=1.."] {
            assert!(given(wrong).is_err(), "{wrong}");
        }
        assert!(top("0").is_err() && top("3").is_ok());
    }
}
