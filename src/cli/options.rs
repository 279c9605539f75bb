//! The options that `run`, `compare` and `check --goals` share.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

use crate::experiment;
use crate::ground::quantity;
use crate::ground::time::Span;
use crate::scenario::Change;

/// What is run, and how long it may take.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "What is run")]
pub struct Play {
    /// Change a setting of the scenario for this run; may be given more than once
    #[arg(long = "set", value_name = "PATH=VALUE", value_parser = change)]
    pub changes: Vec<Change>,

    /// Only this topology of the scenario
    #[arg(long, value_name = "NAME")]
    pub topology: Option<String>,

    /// The seed of every draw; the same seed gives the same results, whatever the machine [default: the scenario's]
    #[arg(long, value_name = "N", value_parser = seed, allow_negative_numbers = true)]
    pub seed: Option<u64>,

    /// How often each topology is run, each time with its own chance [default: the scenario's]
    #[arg(long, value_name = "N", value_parser = replications, allow_negative_numbers = true)]
    pub replications: Option<u32>,

    /// Threads to run on; the results do not depend on it [default: one a core]
    #[arg(long, value_name = "N", value_parser = threads, allow_negative_numbers = true)]
    pub threads: Option<NonZeroUsize>,

    #[command(flatten)]
    pub limits: Limits,
}

/// What ends a run that has too much of something: with the replications that are whole, and exit code 5.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "How much a run may take")]
pub struct Limits {
    /// Events, of all replications together
    #[arg(long, value_name = "N", value_parser = events, allow_negative_numbers = true, default_value = "100000000000")]
    pub max_events: u64,

    /// Memory for all that is simulated at the same time, and for what is kept of it
    #[arg(long, value_name = "SIZE", value_parser = bytes, allow_negative_numbers = true, default_value = "4GiB")]
    pub max_memory: u64,

    /// Time on the clock on the wall
    #[arg(long, value_name = "TIME", value_parser = time, allow_negative_numbers = true, default_value = "1d")]
    pub max_time: Span,

    /// What is written: all files of the results, and the trace, which ends with its last line that has room
    #[arg(long, value_name = "SIZE", value_parser = bytes, allow_negative_numbers = true, default_value = "4GiB")]
    pub max_output: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        experiment::Limits::default().into()
    }
}

impl From<experiment::Limits> for Limits {
    fn from(limits: experiment::Limits) -> Limits {
        let experiment::Limits { events, memory, time, output } = limits;
        Limits { max_events: events, max_memory: memory, max_time: time, max_output: output }
    }
}

impl From<&Limits> for experiment::Limits {
    fn from(limits: &Limits) -> experiment::Limits {
        let &Limits { max_events: events, max_memory: memory, max_time: time, max_output: output } = limits;
        experiment::Limits { events, memory, time, output }
    }
}

/// What is written where.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "What comes out")]
pub struct Outcome {
    /// Print the result document instead of the table
    #[arg(long)]
    pub json: bool,

    /// Also show where the time of a request went, node by node
    #[arg(long, conflicts_with = "json")]
    pub times: bool,

    /// The folder of the results [default: output/SCENARIO-SEED]
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub output: Option<PathBuf>,

    /// Also write down everything that happens in the first replication, as JSON lines
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub trace: Option<PathBuf>,

    /// Replace files that are already there
    #[arg(long)]
    pub force: bool,

    /// Say on stderr how many events and requests were simulated, how long it took, and the rates
    #[arg(long)]
    pub timing: bool,
}

/// Reads a seed.
pub fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("a seed is a whole number from 0 to {}", u64::MAX))
}

/// Reads a number of replications.
pub fn replications(text: &str) -> Result<u32, String> {
    const MOST: u32 = 100_000;
    let number = text.parse().ok().filter(|number| (1..=MOST).contains(number));
    number.ok_or_else(|| format!("replications are a whole number from 1 to {MOST}"))
}

/// Reads a number of events.
fn events(text: &str) -> Result<u64, String> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "events are a whole number above 0, such as 1000000000".to_owned())
}

/// Reads a size in bytes.
fn bytes(text: &str) -> Result<u64, String> {
    quantity::size(text).and_then(|bytes| match bytes {
        0 => Err("a limit is above 0, such as `8GiB`".to_owned()),
        bytes => Ok(bytes),
    })
}

/// Reads how long something may take.
fn time(text: &str) -> Result<Span, String> {
    quantity::span(text).and_then(|time| match time {
        Span::ZERO => Err("a limit is above 0, such as `10min`".to_owned()),
        time => Ok(time),
    })
}

/// Reads a number of threads.
pub fn threads(text: &str) -> Result<NonZeroUsize, String> {
    const MOST: usize = 1024;
    let number = text.parse().ok().filter(|number: &NonZeroUsize| number.get() <= MOST);
    number.ok_or_else(|| format!("threads are a whole number from 1 to {MOST}"))
}

/// Reads `PATH=VALUE`.
pub fn change(text: &str) -> Result<Change, String> {
    let (path, value) =
        text.split_once('=').ok_or("expected PATH=VALUE, as in `topology.tiered.pool.web.workers=4`")?;
    let (path, value) = (path.trim(), value.trim());
    if path.is_empty() || value.is_empty() {
        return Err("expected a path before and a value behind the `=`, as in `run.length=2h`".to_owned());
    }
    Ok(Change { path: path.to_owned(), value: value.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_cut_at_its_first_equals_sign() {
        let read = change("work.process = { exponential = \"4s\" }").unwrap();
        assert_eq!((read.path.as_str(), read.value.as_str()), ("work.process", "{ exponential = \"4s\" }"));
        assert!(change("run.length").is_err());
        assert!(change("=4").is_err());
        assert!(change("run.length=").is_err());
    }

    /// The words of the help must not differ from what is done without them.
    #[test]
    fn limits_that_nobody_names_are_those_of_any_run() {
        #[derive(clap::Parser)]
        struct Alone {
            #[command(flatten)]
            limits: Limits,
        }
        let read = |words: &[&str]| {
            let words = std::iter::once("queuelab").chain(words.iter().copied());
            <Alone as clap::Parser>::try_parse_from(words).map(|alone| experiment::Limits::from(&alone.limits))
        };
        assert_eq!(read(&[]).unwrap(), experiment::Limits::default());
        let some = read(&["--max-events", "7", "--max-memory", "1MiB", "--max-time", "90s", "--max-output", "1KB"]);
        let (memory, time) = (1 << 20, Span::from_secs(90));
        assert_eq!(some.unwrap(), experiment::Limits { events: 7, memory, time, output: 1_000 });
        for words in [["--max-events", "0"], ["--max-events", "many"], ["--max-memory", "8"], ["--max-time", "0s"]] {
            assert!(read(&words).is_err(), "{words:?}");
        }
    }
}
