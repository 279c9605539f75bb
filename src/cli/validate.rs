//! `validate`: the simulator against systems whose answers are known exactly.

use std::path::PathBuf;

use clap::Args;

use crate::cli::ending::{Ending, Failure};
use crate::cli::files;
use crate::cli::progress::Progress;
use crate::cli::voice::Voice;
use crate::experiment::validation::{Asked, Effort, Held, System, asked, coverage, hold, known, read, scenario_of};
use crate::report::numbers;
use crate::report::table::{validation, wrapped};

const EXAMPLES: &str = "\
Examples:
  queuelab validate
  queuelab validate mmc --servers 8 --rho 0.9 --precision 1%
  queuelab validate mg1 --scv 16
  queuelab validate setup-farm keepalive-lifo
  queuelab validate --all
  queuelab validate setup-farm-04 --scenario
  queuelab validate --coverage --experiments 20

Answers come from closed forms, Markov chains and transforms, never from a simulator. Of twenty that are
right one lies outside of its 95 % interval by chance; the exit code is 1 where one lies outside of every
doubt, which an honest program meets one time in a million.";

/// How well a mean response time is known where nobody asks for more.
const USUAL: f64 = 0.02;
/// The same with --all.
const ALL: f64 = 0.005;

/// Play systems whose answers are known exactly, and compare
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Words {
    /// Systems (`setup-farm-04`) or families of them (`setup-farm`); without any, one of each family
    #[arg(value_name = "SYSTEM")]
    systems: Vec<String>,

    /// Every system, with means to half a per cent
    #[arg(long, conflicts_with_all = ["systems", "servers", "rho", "scv", "places"])]
    all: bool,

    /// Servers, of `mmc` and `mmck`
    #[arg(long, value_name = "N", requires = "systems", allow_negative_numbers = true)]
    servers: Option<u32>,

    /// The load of each server, of `mmc`, `mmck` and `mg1`
    #[arg(long, value_name = "SHARE", requires = "systems", allow_negative_numbers = true)]
    rho: Option<f64>,

    /// The squared coefficient of variation of the service times, of `mg1`
    #[arg(long, value_name = "NUMBER", requires = "systems", allow_negative_numbers = true)]
    scv: Option<f64>,

    /// Places in the system, of `mmck`
    #[arg(long, value_name = "N", requires = "systems", allow_negative_numbers = true)]
    places: Option<u32>,

    /// Play many experiments on systems whose answers are known, and count how often their 95 % intervals hold them
    #[arg(long, conflicts_with_all = ["systems", "all", "precision", "at_most", "systems_from", "scenario"])]
    coverage: bool,

    /// Experiments of each system, with --coverage
    #[arg(long, value_name = "N", default_value_t = 4_000, requires = "coverage", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    experiments: u64,

    /// How well mean response times must be known: half of a 95 % interval [default: 2%, with --all 0.5%]
    #[arg(long, value_name = "SHARE", value_parser = precision)]
    precision: Option<f64>,

    /// Never more requests than this for one system
    #[arg(long, value_name = "N", default_value_t = 2_000_000_000, value_parser = clap::value_parser!(u64).range(1_000..))]
    at_most: u64,

    /// Systems of a file of the same form as the program's own, instead of these
    #[arg(
        long,
        value_name = "FILE",
        value_hint = clap::ValueHint::FilePath,
        conflicts_with_all = ["servers", "rho", "scv", "places"]
    )]
    systems_from: Option<PathBuf>,

    /// Print the scenario of each system instead of playing it
    #[arg(long)]
    scenario: bool,

    /// Print what was found as JSON
    #[arg(long, conflicts_with = "scenario")]
    json: bool,
}

/// Reads a precision.
fn precision(text: &str) -> Result<f64, String> {
    let share = crate::ground::quantity::share(text)?;
    if (0.000_1..=0.5).contains(&share) { Ok(share) } else { Err("a precision is from 0.01% to 50%".to_owned()) }
}

/// Plays systems and compares.
pub fn validate(words: &Words, voice: &mut Voice) -> Result<Ending, Failure> {
    if words.coverage {
        return covers(words, voice);
    }
    let systems = chosen(words)?;
    let precision = words.precision.unwrap_or(if words.all { ALL } else { USUAL });
    let effort = Effort { precision, most: words.at_most as f64 };
    if words.scenario {
        for system in &systems {
            let text = scenario_of(system, system.customers).map_err(Failure::Asked)?;
            voice.say(&format!("# {}: {}\n# {}\n{text}", system.id, system.title, system.source))?;
        }
        return Ok(Ending::Done);
    }
    let mut found = Vec::new();
    for (place, system) in systems.iter().enumerate() {
        let what = format!("{} ({} of {})", system.id, place + 1, systems.len());
        let progress = Progress::new(voice, &what);
        let held = hold(system, effort, &|at| progress.reached(at.done, at.of));
        drop(progress);
        found.push(held.map_err(|why| Failure::Asked(format!("{}: {why}", system.id)))?);
    }
    if words.json {
        let text = serde_json::to_string_pretty(&found).map_err(|error| Failure::World(error.to_string()))?;
        voice.say(&format!("{text}\n"))?;
    } else {
        let whole = !words.systems.is_empty();
        voice.say(&validation::table(&found, whole, voice.width(), voice.colours_results()))?;
        if let ([system], [held]) = (systems.as_slice(), found.as_slice()) {
            for paragraph in effort_of(system, held, precision) {
                voice.say(&format!("{}\n", wrapped(&paragraph, voice.width()).join("\n")))?;
            }
        }
    }
    let wrong = found.iter().flat_map(|held| &held.checked).any(|checked| checked.wrong);
    Ok(if wrong { Ending::Failed } else { Ending::Done })
}

/// How often intervals hold.
fn covers(words: &Words, voice: &mut Voice) -> Result<Ending, Failure> {
    const PARTS: f64 = 1e6;
    let progress = Progress::new(voice, "playing experiments");
    let covered = coverage(words.experiments, &|done| progress.reached((done * PARTS) as u64, PARTS as u64));
    drop(progress);
    let covered = covered.map_err(Failure::World)?;
    if words.json {
        let text = serde_json::to_string_pretty(&covered).map_err(|error| Failure::World(error.to_string()))?;
        voice.say(&format!("{text}\n"))?;
    } else {
        voice.say(&validation::covered(&covered, voice.width(), voice.colours_results()))?;
    }
    Ok(Ending::Done)
}

/// The systems that are asked for.
fn chosen(words: &Words) -> Result<Vec<System>, Failure> {
    let parameters = Asked { servers: words.servers, rho: words.rho, scv: words.scv, places: words.places };
    let Asked { servers, rho, scv, places } = parameters;
    if servers.is_some() || rho.is_some() || scv.is_some() || places.is_some() {
        let each = words.systems.iter().map(|family| asked(family, parameters).map_err(Failure::Asked));
        return each.collect();
    }
    let all = match &words.systems_from {
        None => known(),
        Some(path) => {
            let source = files::text(path)?;
            read(&source.text).map_err(|why| Failure::Asked(format!("{}: {why}", path.display())))?
        }
    };
    if words.all {
        return Ok(all);
    }
    if words.systems.is_empty() {
        let mut families: Vec<String> = Vec::new();
        let mut first = |system: &System| {
            let is_new = !families.contains(&system.family);
            if is_new {
                families.push(system.family.clone());
            }
            is_new
        };
        return Ok(all.into_iter().filter(|system| first(system)).collect());
    }
    let mut chosen = Vec::new();
    for asked in &words.systems {
        let before = chosen.len();
        chosen.extend(all.iter().filter(|system| system.id == *asked || system.family == *asked).cloned());
        if chosen.len() == before {
            let mut families: Vec<&str> = all.iter().map(|system| system.family.as_str()).collect();
            families.dedup();
            return Err(Failure::Asked(format!(
                "no system and no family is called `{asked}`\n  = help: families are `{}`",
                families.join("`, `")
            )));
        }
    }
    Ok(chosen)
}

/// How many requests one system took, and why another takes more.
fn effort_of(system: &System, held: &Held, precision: f64) -> Vec<String> {
    let count = |number: f64| numbers::grouped(&format!("{:.0}", number.max(0.0)));
    let Some(known) = held.known else { return vec![format!("{} requests were played.", count(held.customers))] };
    let per_cent = known * 100.0;
    let mut text = vec![format!(
        "{} requests were played until the mean response time was known to ± {per_cent:.2} % (± {:.2} % were asked for).",
        count(held.customers),
        precision * 100.0
    )];
    if let Some(utilisation) = held.checked.iter().find(|checked| checked.name == "utilisation") {
        let rho = utilisation.exact;
        if matches!(system.family.as_str(), "mmc" | "mg1") && rho > 0.0 {
            let closer = 1.0 - (1.0 - rho) / 10.0;
            let more = held.customers * (1.0 + closer) / (1.0 + rho) * 100.0;
            text.push(format!(
                "Requests that follow each other share a queue, and a queue forgets in about 1/(1 − ρ)² services: at ρ = {rho:.4} \
                 each tells little beyond the one before. At ρ = {closer:.4}, ten times nearer to 1, the same precision takes about \
                 {} requests (Whitt, Planning queueing simulations, 1989).",
                count(more)
            ));
        }
    }
    text
}
