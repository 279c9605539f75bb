//! Whether intervals hold as often as they say: many experiments on systems whose answers are known.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU32, Ordering};

use serde::Serialize;

use crate::experiment::document::Document;
use crate::experiment::each::each;
use crate::experiment::{Options, run};
use crate::ground::stats::share_interval;
use crate::ground::stats::theory::Mmc;
use crate::scenario::{NoFiles, Scenario, Source, read};

/// What an interval is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Of {
    /// The mean response time.
    Mean,
    /// Its 95th percentile.
    P95,
    /// The bill.
    Cost,
}

/// How often the intervals of one figure of one system held.
#[derive(Clone, Debug, Serialize)]
pub struct Covered {
    /// The load.
    pub rho: f64,
    /// Whether replications went on until the mean was known to 4 %; else there were 20.
    pub by_rule: bool,
    /// The figure.
    pub of: Of,
    /// The answer.
    pub exact: f64,
    /// Experiments.
    pub experiments: u64,
    /// Those whose 95 % interval holds the answer.
    pub held: u64,
    /// Half of those intervals, on average, as a share of the answer.
    pub half: f64,
    /// How far their middles are from the answer, on average, as a share of it.
    pub bias: f64,
}

impl Covered {
    /// The share that held, and its 99 % interval.
    pub fn share(&self) -> (f64, f64, f64) {
        let (low, high) = share_interval(self.held, self.experiments, 0.99);
        (self.held as f64 / self.experiments.max(1) as f64, low, high)
    }
}

/// Loads of the systems.
const LOADS: [f64; 3] = [0.5, 0.8, 0.9];
/// Customers of a replication, in units of what M/M/1 forgets in: 1/(1 − ρ)².
const MEMORIES: f64 = 250.0;
/// Storing an object costs so many dollars: a Poisson number of them are stored.
const PUT: f64 = 0.01;

/// M/M/1 at this load, before which an object is stored for each request. A fifth of each run is thrown away: after so many
/// memories nothing tells that it began empty.
fn text(rho: f64, by_rule: bool) -> String {
    let length = MEMORIES / ((1.0 - rho) * (1.0 - rho)) / rho;
    let replications =
        if by_rule { "{ precision = \"4%\", of = \"completion.mean\", at-least = 10, at-most = 640 }" } else { "20" };
    let warm_up = length * 0.2;
    format!(
        "[run]\ndefaults = \"textbook\"\nlength = \"{}ns\"\nwarm-up = \"{}ns\"\nseries = \"{}ns\"\nreplications = {replications}\n\
         [prices.own]\n\"s3.put\" = \"${}/thousand\"\n\"s3.storage\" = \"$0/GB-month\"\n\"sqs.standard\" = \"$0/million\"\n\
         [workload.jobs.arrivals.poisson]\nrate = \"{rho}/s\"\n[work]\nserve = {{ exponential = \"1s\" }}\n\
         [topology.it]\nbucket.objects = {{}}\nqueue.q = {{ to = \"back\" }}\n\
         pool.front = {{ steps = [{{ put = \"objects\" }}, {{ send = \"q\" }}], workers = \"unlimited\" }}\n\
         pool.back = {{ steps = [{{ work = \"serve\" }}] }}\n",
        (length * 1e9) as u64,
        (warm_up * 1e9) as u64,
        (length * 1e9) as u64,
        PUT * 1e3,
    )
}

/// The figure by which an answer is told.
fn name(of: Of) -> &'static str {
    match of {
        Of::Mean => "completion.mean",
        Of::P95 => "completion.p95",
        Of::Cost => "cost.total",
    }
}

/// So many experiments at each load, at 20 replications and by the stopping rule. `progress` is told the share done.
///
/// # Errors
/// Why an experiment could not be played, as a sentence.
pub fn coverage(experiments: u64, progress: &(dyn Fn(f64) + Sync)) -> Result<Vec<Covered>, String> {
    let mut all = Vec::new();
    let settings: Vec<(f64, bool)> =
        [false, true].into_iter().flat_map(|by_rule| LOADS.map(|rho| (rho, by_rule))).collect();
    for (place, &(rho, by_rule)) in settings.iter().enumerate() {
        let source = Source { name: "coverage.toml".to_owned(), text: text(rho, by_rule) };
        let scenario = read(&source, &NoFiles, &[])
            .map_err(|complaints| complaints.iter().map(|it| it.what.clone()).collect::<Vec<_>>().join("; "))?;
        let share = |done: f64| progress((place as f64 + done) / settings.len() as f64);
        let documents = played(&scenario, experiments, &share)?;
        let theory = Mmc { rate: rho, service: 1.0, servers: 1 };
        let length = scenario.run.length.map_or(0.0, |length| length.seconds());
        let answers = [
            (Of::Mean, theory.mean_response()),
            (Of::P95, theory.response_quantile(0.95)),
            (Of::Cost, rho * length * PUT),
        ];
        all.extend(answers.map(|(of, exact)| tally(rho, by_rule, of, exact, &documents)));
    }
    Ok(all)
}

/// What one experiment said of each figure.
type Said = [Option<(f64, f64, f64)>; 3];

/// Plays experiments, each with a seed of its own, on as many threads as the machine runs at once.
fn played(scenario: &Scenario, experiments: u64, progress: &(dyn Fn(f64) + Sync)) -> Result<Vec<Said>, String> {
    let done = AtomicU32::new(0);
    let count = u32::try_from(experiments).unwrap_or(u32::MAX);
    each(count, None, |number| {
        let seed = u64::from(number) + 1;
        let options = Options { threads: Some(NonZeroUsize::MIN), seed: Some(seed), ..Options::default() };
        let found = run(scenario, options, &|_| {}).map_err(|error| error.to_string())?;
        let said = [Of::Mean, Of::P95, Of::Cost].map(|of| said_of(&found.document, of));
        progress(f64::from(done.fetch_add(1, Ordering::Relaxed) + 1) / f64::from(count));
        Ok(said)
    })
}

fn said_of(document: &Document, of: Of) -> Option<(f64, f64, f64)> {
    let figure = document.topologies.get("it")?.figures.get(name(of))?;
    Some((figure.value?, figure.low?, figure.high?))
}

fn tally(rho: f64, by_rule: bool, of: Of, exact: f64, documents: &[Said]) -> Covered {
    let all: Vec<(f64, f64, f64)> = documents.iter().filter_map(|said| said[of as usize]).collect();
    let held = all.iter().filter(|(_, low, high)| (*low..=*high).contains(&exact)).count() as u64;
    let mean = |of: fn(&(f64, f64, f64)) -> f64| all.iter().map(of).sum::<f64>() / all.len().max(1) as f64;
    let half = mean(|(_, low, high)| (high - low) / 2.0) / exact;
    let bias = mean(|(value, ..)| *value) / exact - 1.0;
    Covered { rho, by_rule, of, exact, experiments: documents.len() as u64, held, half, bias }
}
