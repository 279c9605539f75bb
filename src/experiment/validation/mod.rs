//! Systems whose answers are known exactly, written as scenarios, played, and held against those answers.
//!
//! No simulator has produced any of the answers: they come from closed forms, from the linear algebra of Markov chains, from
//! matrix-geometric solutions and transforms. A system's family says how it reads as a scenario; nothing here knows a system.

mod closed;
mod coverage;
mod families;
mod faults;
mod keepalive;
mod messages;
mod plan;
mod scaled;
mod stations;
mod system;
mod timed;

use serde::Serialize;

use crate::experiment::document::Document;
use crate::experiment::{Options, Progress, RunError, run};
use crate::ground::maths;
use crate::ground::stats::{interval, student_quantile};
use crate::scenario::{NoFiles, Source, read as read_scenario};

pub use closed::{Asked, asked};
pub use coverage::{Covered, Of, coverage};
pub use plan::{Formula, Read, made};
pub use system::{System, known, read};

use plan::Plan;

/// Replications of every system.
pub const REPLICATIONS: u32 = 20;
/// How sure the interval is that is shown.
const SHOWN: f64 = 0.95;
/// How sure the interval is outside of which an answer is missed …
pub const CONFIDENCE: f64 = 0.999;
/// … and that outside of which it is wrong: an honest program misses it one time in a million.
pub const CERTAINTY: f64 = 0.999_999;
/// The histogram's error of a percentile, as a share of it.
const BUCKET: f64 = 0.005;
/// At least so many customers, over all replications, …
const LEAST: f64 = 200_000.0;
/// … and longer by so much than the last run said that it need be.
const MARGIN: f64 = 1.15;
/// The most replications of a system that is looked at just after its start: what is kept of each is not for more.
const MOST_REPLICATIONS: f64 = 20_000.0;
/// So often a run is played again that does not know enough.
const AGAIN: u32 = 5;

/// How much is played.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// How well the mean response time must be known, as a share of it, at 95 %.
    pub precision: f64,
    /// At most so many customers, over all replications and topologies.
    pub most: f64,
}

/// One quantity of a system.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Checked {
    /// Its name: `mean_wait`.
    pub name: String,
    /// The answer.
    pub exact: f64,
    /// What was found.
    pub value: Option<f64>,
    /// The 95 % interval of that.
    pub ends: Option<(f64, f64)>,
    /// The answer lies outside of that interval.
    pub outside: bool,
    /// … outside of the one at [`CONFIDENCE`], widened by what a percentile may miss.
    pub missed: bool,
    /// … and outside of the one at [`CERTAINTY`].
    pub wrong: bool,
}

/// What became of one system.
#[derive(Clone, Debug, Serialize)]
pub struct Held {
    /// Its name, as `mmc-03`.
    pub system: String,
    /// What it is.
    pub title: String,
    /// Where its answers are from.
    pub source: String,
    /// Its quantities.
    pub checked: Vec<Checked>,
    /// Those that are not told, and why.
    pub untold: Vec<(String, String)>,
    /// Customers played, over all replications.
    pub customers: f64,
    /// How well its mean response time is known, as a share of it, where it is asked for …
    pub known: Option<f64>,
    /// … and by how many standard errors it lies above the answer.
    pub lean: Option<f64>,
}

/// The text of a system's scenario.
///
/// # Errors
/// Why it can't be said.
pub fn scenario_of(system: &System, customers: f64) -> Result<String, String> {
    let plan = families::translate(system)?;
    Ok(text_of(system, &plan, customers, REPLICATIONS))
}

fn text_of(system: &System, plan: &Plan, customers: f64, replications: u32) -> String {
    format!("{}{}", families::run_table(plan, customers, replications, seed(system)), plan.text)
}

/// Plays a system until its mean response time is known, and holds every quantity against its answer.
///
/// # Errors
/// Why the system can't be said as a scenario or played, as a sentence.
pub fn hold(system: &System, effort: Effort, progress: &(dyn Fn(Progress) + Sync)) -> Result<Held, String> {
    let plan = families::translate(system)?;
    let (document, customers) = play_enough(system, &plan, effort, progress)?;
    let (mut checked, mut untold) = (Vec::new(), Vec::new());
    for (name, exact) in &system.expected {
        if is_at_an_edge(system, name, *exact) {
            untold.push((name.clone(), "at the edge of an atom: as many wait as do not".to_owned()));
            continue;
        }
        match (plan.quantity)(name) {
            Ok(formula) => checked.push(check(&document, name, *exact, &formula)),
            Err(why) => untold.push((name.clone(), why)),
        }
    }
    let (known, lean) = response(system, &plan, &document).unzip();
    let System { id, title, source, .. } = system.clone();
    Ok(Held { system: id, title, source, checked, untold, customers, known, lean })
}

fn square(x: f64) -> f64 {
    x * x
}

/// The seed of a system: one of its own (FNV-1a of its name), or all would share their luck, as topologies do.
fn seed(system: &System) -> u64 {
    let bytes = system.id.bytes();
    let hash = bytes
        .fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3));
    hash >> 32
}

fn play(
    system: &System,
    plan: &Plan,
    customers: f64,
    replications: u32,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Document, String> {
    let source = Source { name: format!("{}.toml", system.id), text: text_of(system, plan, customers, replications) };
    let scenario = read_scenario(&source, &NoFiles, &[]).map_err(|complaints| {
        let told: Vec<&str> = complaints.iter().map(|complaint| complaint.what.as_str()).collect();
        format!("its scenario is refused: {}", told.join("; "))
    })?;
    let found = run(&scenario, Options::default(), progress).map_err(|error: RunError| error.to_string())?;
    Ok(found.document)
}

/// Plays a system until its mean response time is known; tells for how many customers.
fn play_enough(
    system: &System,
    plan: &Plan,
    effort: Effort,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<(Document, f64), String> {
    let most = effort.most / plan.topologies as f64;
    // What is known of the system is for 1 %.
    let scale = square(0.01 / effort.precision);
    let mut customers = (system.customers * scale).max(LEAST).min(most);
    let replications = match plan.course.as_ref().and_then(|course| course.replications) {
        Some(needed) => (f64::from(needed) * scale).min(effort.most / 10.0).clamp(100.0, MOST_REPLICATIONS) as u32,
        None => REPLICATIONS,
    };
    let mut document = play(system, plan, customers, replications, progress)?;
    for _ in 0..AGAIN {
        let Some((known, _)) = response(system, plan, &document).filter(|(known, _)| *known > effort.precision) else {
            break;
        };
        if customers >= most || plan.course.is_some() {
            break;
        }
        customers = (customers * MARGIN * square(known / effort.precision)).min(most);
        document = play(system, plan, customers, replications, progress)?;
    }
    Ok((document, customers))
}

/// The figures of one quantity, replication by replication.
fn values(document: &Document, formula: &Formula) -> Vec<f64> {
    let count = document.replications as usize;
    let at = |replication: usize| {
        formula(&|name: &str| {
            let (topology, figure) = name.split_once('/').unwrap_or(("it", name));
            document.topologies.get(topology)?.replications.get(figure)?[replication]
        })
    };
    (0..count).filter_map(at).collect()
}

/// Holds one quantity of a result against its answer.
pub fn check(document: &Document, name: &str, exact: f64, formula: &Formula) -> Checked {
    let values = values(document, formula);
    let percentile = name.rsplit_once("_p").is_some_and(|(_, digits)| digits.parse::<f64>().is_ok());
    // Where nothing varies, an interval has no width, and the last bit of a mean is not a miss.
    let mut room = exact.abs() * if percentile { BUCKET } else { 1e-9 };
    if values.iter().all(|value| *value == 0.0) || values.iter().all(|value| *value == 1.0) {
        // What never happened in n runs happens in fewer than −ln(1 − confidence) / n of them.
        room = room.max(-maths::ln(1.0 - CONFIDENCE) / values.len() as f64);
    }
    // A quantity that should stand there and was not measured is wrong: no interval has it.
    let ends = |confidence| interval(&values, confidence).map(|(_, low, high)| (low, high));
    let holds =
        |confidence, room: f64| ends(confidence).is_some_and(|(low, high)| low - room <= exact && exact <= high + room);
    Checked {
        name: name.to_owned(),
        exact,
        value: (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64),
        ends: ends(SHOWN),
        outside: !holds(SHOWN, room),
        missed: !holds(CONFIDENCE, room),
        wrong: !holds(CERTAINTY, room),
    }
}

/// Whether a percentile stands at the very edge of an atom: half of the customers do not wait at all, so that the
/// median wait is 0 or not by chance.
fn is_at_an_edge(system: &System, name: &str, exact: f64) -> bool {
    let Some(percent) = name.strip_prefix("wait_p").and_then(|digits| digits.parse::<f64>().ok()) else { return false };
    let waits = system.expected.iter().find(|(name, _)| name == "p_wait");
    exact == 0.0 && waits.is_some_and(|(_, waits)| (waits - (1.0 - percent / 100.0)).abs() < 0.01)
}

/// A system's mean response time: how well it is known, as a share of it, and by how many standard errors it lies above
/// the answer. Nothing where it is not asked for.
fn response(system: &System, plan: &Plan, document: &Document) -> Option<(f64, f64)> {
    let (name, exact) = system.expected.iter().find(|(name, _)| name == "mean_sojourn")?;
    let formula = (plan.quantity)(name).ok()?;
    let (mean, low, high) = interval(&values(document, &formula), SHOWN)?;
    let half = (high - low) / 2.0;
    let error = half / student_quantile(0.975, f64::from(document.replications) - 1.0);
    Some((half / mean, (mean - exact) / error))
}
