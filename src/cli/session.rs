//! From a file's name to what its runs found: read, run, write. What every command that runs something shares.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::cli::complain;
use crate::cli::ending::{Ending, Failure};
use crate::cli::files::{self, Beside};
use crate::cli::interrupt;
use crate::cli::options::{Outcome, Play};
use crate::cli::outputs::{Chosen, Folder, Growing, RESULT, cannot_write, claim_file};
use crate::cli::progress::Progress;
use crate::cli::voice::Voice;
use crate::experiment::document::Document;
use crate::experiment::{self, Options, RunError, Timing};
use crate::ground::time::Span;
use crate::report::{self, charts, csv};
use crate::scenario::{self, Change, Scenario, did_you_mean};

/// The folder below which results stand that nobody named a folder for.
const OUTPUT: &str = "output";

/// Reads a scenario with all that it names. What is wrong with it is told, all at once.
pub fn read(path: &Path, changes: &[Change], voice: &mut Voice) -> Result<Scenario, Failure> {
    let source = files::text(path)?;
    match scenario::read(&source, &Beside::new(path), changes) {
        Ok(scenario) => {
            if !scenario.warnings.is_empty() {
                voice.tell(&complain::of_scenario(&source, &scenario.warnings));
            }
            Ok(scenario)
        }
        Err(complaints) => {
            voice.insist(&complain::of_scenario(&source, &complaints));
            Err(Failure::Told)
        }
    }
}

/// Runs a scenario, with what the user asked to be written down on the way.
pub fn run(scenario: &Scenario, play: &Play, outcome: &Outcome, voice: &mut Voice) -> Result<Ran, Failure> {
    let trace = outcome.trace.as_deref().map(Growing::new).transpose()?;
    simulate(scenario, play, trace, outcome.timing, voice)
}

/// What became of a run.
#[derive(Debug)]
pub struct Ran {
    /// What it found.
    pub document: Document,
    /// Bytes that may still be written; 0 where the trace ends early for want of them.
    room: u64,
}

/// Runs a scenario.
pub fn simulate(
    scenario: &Scenario,
    play: &Play,
    mut trace: Option<Growing>,
    timed: bool,
    voice: &mut Voice,
) -> Result<Ran, Failure> {
    let progress = Progress::new(voice, "simulating");
    let began = Instant::now();
    let options = Options {
        threads: play.threads,
        replications: play.replications,
        seed: play.seed,
        topology: play.topology.clone(),
        trace: trace.as_mut().map(|file| Box::new(file) as Box<dyn Write + Send>),
        cancel: Some(interrupt::asked()),
        limits: (&play.limits).into(),
        elapsed: Some(&|| since(began)),
    };
    let found = interrupt::stoppable(|| experiment::run(scenario, options, &|at| progress.reached(at.done, at.of)));
    let took = began.elapsed();
    drop(progress);
    let found = found.map_err(|error| failure(error, trace.as_ref()))?;
    let mut room = play.limits.max_output;
    if let Some(file) = trace {
        room = if found.is_cut { 0 } else { room.saturating_sub(file.written()) };
        file.finish()?;
    }
    if timed {
        voice.insist(&timing(&found.timing, took));
    }
    Ok(Ran { document: found.document, room })
}

/// The time since an instant, by the clock on the wall.
pub fn since(began: Instant) -> Span {
    Span::from_nanos(u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX))
}

/// What kept a run from its end, for the user.
pub fn failure(error: RunError, trace: Option<&Growing>) -> Failure {
    match error {
        RunError::NoTopology { asked, known } => {
            Failure::Asked(format!("the scenario has no topology `{asked}`\n  = help: it has `{}`", known.join("`, `")))
        }
        RunError::NoFigure { asked, known } => {
            let near = did_you_mean(&asked, known.iter().map(String::as_str));
            let help = near.unwrap_or_else(|| "`queuelab explain figures` lists them".to_owned());
            Failure::Asked(format!("no topology has a figure `{asked}`\n  = help: {help}"))
        }
        RunError::Trace(error) => cannot_write(trace.map_or(Path::new("trace"), Growing::path), &error),
        error @ RunError::NoReplications => Failure::Asked(error.to_string()),
        RunError::Cancelled => Failure::Stopped,
        RunError::TooMuch(excess) => {
            Failure::TooMuch(format!("stopped before the first replication was whole: {excess}"))
        }
    }
}

/// Looks whether there is what is asked for, and where the results will stand, before anything is run.
pub fn claim(scenario: &Scenario, path: &Path, play: &Play, outcome: &Outcome) -> Result<Folder, Failure> {
    if let Some(asked) = play.topology.clone()
        && !scenario.topologies.iter().any(|topology| topology.name == asked)
    {
        let known = scenario.topologies.iter().map(|topology| topology.name.clone()).collect();
        return Err(failure(RunError::NoTopology { asked, known }, None));
    }
    if let Some(trace) = &outcome.trace {
        claim_file(trace, outcome.force)?;
    }
    let seed = play.seed.unwrap_or(scenario.run.seed);
    let (folder, chosen) = match &outcome.output {
        Some(folder) => (folder.clone(), Chosen::ByUser),
        None => (PathBuf::from(OUTPUT).join(format!("{}-{seed}", files::slug(path))), Chosen::ByDefault),
    };
    Folder::claim(&folder, chosen, outcome.force, |document| {
        let names: Vec<String> = contents(document).into_iter().map(|(name, _)| name).collect();
        // What `plot` may have added of the same result.
        let plotted: Vec<String> =
            names.iter().filter_map(|name| Some(format!("{}.png", name.strip_suffix(".svg")?))).collect();
        [names, plotted].concat()
    })
}

/// The files of a folder of results: the document first, then all that is made from it.
pub fn contents(document: &Document) -> Vec<(String, Vec<u8>)> {
    let mut files = vec![(RESULT.to_owned(), json(document).into_bytes())];
    files.push(("summary.md".to_owned(), report::markdown(document).into_bytes()));
    files.push(("bill.txt".to_owned(), report::bill(document).into_bytes()));
    for (name, text) in csv::all(document).into_iter().chain(charts::all(document)) {
        files.push((name, text.into_bytes()));
    }
    files
}

/// Writes the folder, prints the findings, and says what the goals make of them.
pub fn deliver(ran: &Ran, folder: &Folder, outcome: &Outcome, voice: &mut Voice) -> Result<Ending, Failure> {
    let Ran { document, room } = ran;
    let is_cut = *room == 0;
    let files = contents(document);
    let size = files.iter().map(|(_, bytes)| bytes.len() as u64).sum::<u64>();
    // Where the trace has taken all there is, the results are the more important.
    let fit = is_cut || size <= *room;
    if fit {
        folder.write(&files)?;
    }
    if outcome.json {
        // The warnings are in the document.
        voice.say(&json(document))?;
    } else {
        voice.say(&report::table(document, voice.width(), voice.colours_results()))?;
        let times = outcome.times.then(|| report::times(document, voice.width(), voice.colours_results()));
        match times {
            Some(Some(times)) => voice.say(&format!("\n{times}"))?,
            Some(None) => voice.tell("no topology has several nodes, among which time could be told apart"),
            None => {}
        }
        for warning in &document.warnings {
            voice.warn(warning);
        }
    }
    if fit {
        voice.tell(&format!("results, charts and bill: {}", folder.path().display()));
    } else {
        voice.warn(&format!(
            "the results are not in `{}`: they have {size} bytes, and {room} are left of the most that may be written: \
             `--max-output` allows more",
            folder.path().display()
        ));
    }
    if document.incomplete || is_cut || !fit {
        return Ok(Ending::Incomplete);
    }
    let ending = Ending::of_goals(&document.goals);
    match ending {
        Ending::Missed => voice.tell("a goal was missed: exit code 3"),
        Ending::Undecided => voice.tell("a goal is undecided, more replications would tell: exit code 4"),
        _ => {}
    }
    Ok(ending)
}

/// The document as `--json` prints it.
pub fn json(document: &Document) -> String {
    let mut text = serde_json::to_string_pretty(document).expect("a document holds nothing that JSON cannot say");
    text.push('\n');
    text
}

/// How fast it was, in words.
fn timing(counts: &Timing, took: Duration) -> String {
    let seconds = took.as_secs_f64().max(1e-9);
    let rate = |count: u64| match count as f64 / seconds {
        rate if rate >= 1e6 => format!("{:.2} million", rate / 1e6),
        rate => format!("{rate:.0}"),
    };
    format!(
        "{} events of {} requests in {:.3} s on {} thread{}: {} events/s, {} requests/s",
        counts.events,
        counts.requests,
        took.as_secs_f64(),
        counts.threads,
        if counts.threads == 1 { "" } else { "s" },
        rate(counts.events),
        rate(counts.requests),
    )
}
