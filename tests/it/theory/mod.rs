//! Held against queueing theory: every case of `oracles.json` whose family can be said in a scenario.
//!
//! `QUEUELAB_ORACLES` names another file of cases. Each family is translated, never a case. A run has
//! [`REPLICATIONS`] replications, and an expected quantity must lie in the Student interval of its figures at
//! [`CONFIDENCE`]; percentiles may miss by the histogram's half per cent besides. So of a thousand quantities about
//! [`HONEST`] are missed by an honest simulator: the test counts them, and no quantity may be outside the interval at
//! [`CERTAINTY`].

mod case;
mod families;
mod keepalive;
mod plan;
mod scaled;
mod shared;
mod timed;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use queuelab::experiment::document::Document;
use queuelab::experiment::{Options, run};
use queuelab::ground::stats::{interval, student_quantile};
use queuelab::scenario::{NoFiles, Source, read};

use crate::theory::case::Case;
use crate::theory::families::{run_table, translate};
use crate::theory::plan::Plan;

/// Replications of every case.
const REPLICATIONS: u32 = 20;
/// How sure the interval is in which a quantity should lie.
const CONFIDENCE: f64 = 0.999;
/// How sure the interval is in which every quantity must lie.
const CERTAINTY: f64 = 0.999_999;
/// Honest misses of a thousand quantities.
const HONEST: f64 = 1_000.0 * (1.0 - CONFIDENCE);
/// The histogram's error of a percentile, as a share of it.
const BUCKET: f64 = 0.005;
/// The customers of a case: so many for each that a mean needs for half a 95 % interval of 1 %, but …
const SHARE: f64 = 1.0;
/// … at least so many, and …
const LEAST: f64 = 200_000.0;
/// … at most so many, over all topologies.
const MOST: f64 = 50_000_000.0;
/// How well every mean sojourn must be known, as a share of it, at 95 %, so that an error of 2 % is found: a run that
/// knows less is played again with twice the customers.
const KNOWN: f64 = 0.02;
/// So often at most.
const AGAIN: u32 = 2;

/// What became of one quantity.
struct Checked {
    name: String,
    expected: f64,
    /// The interval at [`CONFIDENCE`], widened by what a percentile may miss.
    low: f64,
    high: f64,
    /// Outside of it.
    missed: bool,
    /// Outside the interval at [`CERTAINTY`].
    wrong: bool,
}

/// What became of one family.
#[derive(Default)]
struct Tally {
    cases: usize,
    held: usize,
    missed: usize,
    untold: BTreeMap<String, String>,
    /// Cases that could not be said, and why.
    unsaid: BTreeMap<String, usize>,
    /// The widest half of a 95 % interval of a mean sojourn, as a share of it.
    widest: f64,
    /// By how many standard errors each mean sojourn lies above the expected one.
    leans: Vec<f64>,
}

fn cases() -> Vec<Case> {
    let path = std::env::var_os("QUEUELAB_ORACLES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/oracles.json"), PathBuf::from);
    case::read(&path)
}

/// The seed of a case: one of its own (FNV-1a of its name), or all cases would share their luck, as topologies do.
fn seed(case: &Case) -> u64 {
    let hash = case
        .id
        .bytes()
        .fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3));
    hash >> 32
}

/// Runs a plan; the text stands in the panic of whatever goes wrong with it.
fn play(case: &Case, plan: &Plan, customers: f64) -> Document {
    let replications = plan.course.as_ref().and_then(|course| course.replications).unwrap_or(REPLICATIONS);
    let text = format!("{}{}", run_table(plan, customers, replications, seed(case)), plan.text);
    let source = Source { name: format!("{}.toml", case.id), text };
    let scenario = read(&source, &NoFiles, &[])
        .unwrap_or_else(|complaints| panic!("{}: {complaints:#?}\n{}", case.id, source.text));
    let found = run(&scenario, Options::default(), &|_| {});
    found.unwrap_or_else(|error| panic!("{}: {error}\n{}", case.id, source.text)).document
}

/// The figures of one quantity, replication by replication.
fn values(document: &Document, formula: &plan::Formula) -> Vec<f64> {
    let count = document.replications as usize;
    let at = |replication: usize| {
        formula(&|name: &str| {
            let (topology, figure) = name.split_once('/').unwrap_or(("it", name));
            document.topologies.get(topology)?.replications.get(figure)?[replication]
        })
    };
    (0..count).filter_map(at).collect()
}

fn check(document: &Document, name: &str, expected: f64, formula: &plan::Formula) -> Checked {
    let values = values(document, formula);
    let percentile = name.rsplit_once("_p").is_some_and(|(_, digits)| digits.parse::<f64>().is_ok());
    // Where nothing varies, an interval has no width, and the last bit of a mean is not a miss.
    let mut room = expected.abs() * if percentile { BUCKET } else { 1e-9 };
    if values.iter().all(|value| *value == 0.0) || values.iter().all(|value| *value == 1.0) {
        // What never happened in n runs happens in fewer than −ln(1 − confidence) / n of them.
        room = room.max(-(1.0 - CONFIDENCE).ln() / values.len() as f64);
    }
    // A quantity that should stand there and was not measured is wrong: no interval has it.
    let ends = |confidence| interval(&values, confidence).map_or((f64::NAN, f64::NAN), |(_, low, high)| (low, high));
    let holds = |(low, high): (f64, f64)| low - room <= expected && expected <= high + room;
    let (low, high) = ends(CONFIDENCE);
    let (missed, wrong) = (!holds((low, high)), !holds(ends(CERTAINTY)));
    Checked { name: name.to_owned(), expected, low: low - room, high: high + room, missed, wrong }
}

/// Whether a percentile stands at the very edge of an atom: half of the customers do not wait at all, so that the
/// median wait is 0 or not by chance.
fn is_at_an_edge(case: &Case, name: &str, expected: f64) -> bool {
    let Some(percent) = name.strip_prefix("wait_p").and_then(|digits| digits.parse::<f64>().ok()) else { return false };
    let waits = case.expected.iter().find(|(name, _)| name == "p_wait");
    expected == 0.0 && waits.is_some_and(|(_, waits)| (waits - (1.0 - percent / 100.0)).abs() < 0.01)
}

/// The case's mean sojourn: how well it is known, as a share of it, and by how many standard errors it lies above
/// what is expected. Nothing where it is not asked for.
fn sojourn(case: &Case, plan: &Plan, document: &Document) -> Option<(f64, f64)> {
    let (name, expected) = case.expected.iter().find(|(name, _)| name == "mean_sojourn")?;
    let formula = (plan.quantity)(name).ok()?;
    let (mean, low, high) = interval(&values(document, &formula), 0.95)?;
    let half = (high - low) / 2.0;
    let error = half / student_quantile(0.975, f64::from(REPLICATIONS) - 1.0);
    Some((half / mean, (mean - expected) / error))
}

/// Plays a case until its mean sojourn is known.
fn play_enough(case: &Case, plan: &Plan, tally: &mut Tally) -> Document {
    let mut customers = (case.customers * SHARE).clamp(LEAST, MOST / plan.topologies as f64);
    let mut document = play(case, plan, customers);
    for _ in 0..AGAIN {
        if sojourn(case, plan, &document).is_none_or(|(known, _)| known <= KNOWN) {
            break;
        }
        customers *= 2.0;
        document = play(case, plan, customers);
    }
    if let Some((known, lean)) = sojourn(case, plan, &document) {
        tally.widest = tally.widest.max(known);
        tally.leans.push(lean);
    }
    document
}

fn hold(case: &Case, plan: &Plan, tally: &mut Tally) -> Vec<Checked> {
    let document = play_enough(case, plan, tally);
    let mut checked = Vec::new();
    for (name, expected) in &case.expected {
        if is_at_an_edge(case, name, *expected) {
            tally.untold.insert(name.clone(), "at the edge of an atom".into());
            continue;
        }
        match (plan.quantity)(name) {
            Ok(formula) => checked.push(check(&document, name, *expected, &formula)),
            Err(why) => {
                tally.untold.insert(name.clone(), why);
            }
        }
    }
    tally.cases += 1;
    tally.held += checked.len();
    tally.missed += checked.iter().filter(|checked| checked.missed).count();
    checked
}

#[test]
fn every_known_answer_lies_in_the_interval_of_its_run() {
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    let (mut missed, mut wrong) = (Vec::new(), Vec::new());
    for case in cases() {
        let tally = tallies.entry(case.family.clone()).or_default();
        let plan = match translate(&case) {
            Ok(plan) => plan,
            Err(why) => {
                *tally.unsaid.entry(why).or_default() += 1;
                continue;
            }
        };
        let before = std::time::Instant::now();
        let checked = hold(&case, &plan, tally);
        println!("{:28} {:6.1} s", case.id, before.elapsed().as_secs_f64());
        for checked in checked.into_iter().filter(|checked| checked.missed) {
            let Checked { name, expected, low, high, .. } = &checked;
            let line = format!("{} {name}: {expected} is not in {low:.6} … {high:.6}", case.id);
            if checked.wrong { wrong.push(line) } else { missed.push(line) }
        }
    }
    for (family, tally) in &tallies {
        let Tally { cases, held, missed, untold, unsaid, widest, .. } = tally;
        let known =
            if *widest > 0.0 { format!(", mean sojourns to ± {:.1} %", widest * 100.0) } else { String::new() };
        println!("{family:24} {cases:3} cases {held:4} quantities {missed:2} missed{known}");
        untold.iter().for_each(|(name, why)| println!("{:24} not told: {name}: {why}", ""));
        unsaid.iter().for_each(|(why, count)| println!("{:24} not expressed: {count} cases: {why}", ""));
    }
    let held: usize = tallies.values().map(|tally| tally.held).sum();
    let honest = held as f64 * HONEST / 1_000.0;
    println!("{held} quantities held; {honest:.1} honest misses expected, {} found", missed.len() + wrong.len());
    missed.iter().for_each(|line| println!("missed: {line}"));
    for (family, tally) in &tallies {
        assert!(tally.widest <= KNOWN, "{family}: a mean sojourn is known to {:.3} only", tally.widest);
    }
    assert!(wrong.is_empty(), "outside of every doubt:\n{}", wrong.join("\n"));
    // Poisson about: four standard deviations more are exceeded once in some ten thousand suites.
    let most = honest + 4.0 * honest.sqrt() + 1.0;
    assert!(
        missed.len() as f64 <= most,
        "{} of {held} missed, {most:.1} allowed:\n{}",
        missed.len(),
        missed.join("\n")
    );
    // All mean sojourns taken together lean neither way: the sum of n independent t₁₉ has the variance n · 19/17.
    let leans: Vec<f64> = tallies.values().flat_map(|tally| tally.leans.iter().copied()).collect();
    let lean = leans.iter().sum::<f64>() / (leans.len().max(1) as f64 * 19.0 / 17.0).sqrt();
    println!("{} mean sojourns lean by {lean:.2} standard deviations", leans.len());
    assert!(lean.abs() < 4.0, "mean sojourns lean by {lean:.2} standard deviations");
}
