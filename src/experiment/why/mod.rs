//! Why it was slow, lost or dear: the time of every request and every dollar put down to causes, and what becomes of the figure
//! without them.
//!
//! Each replication is played twice on the same draws: first to learn what kept its lines waiting when ([`courses`]) and what its
//! money went on ([`ledger`]), then to divide the time of each request ([`life`]). The causes that weigh most are then taken away
//! one at a time ([`removals`]), and the figure is told as it would have been, pair by pair.

mod cause;
mod courses;
mod explained;
mod ledger;
mod life;
mod proof;
mod removals;
mod split;
mod staff;

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use indexmap::IndexMap;

use crate::cloud::fact::Fact;
use crate::cloud::topology::{Topology, WorkloadId};
use crate::engine::Observer;
use crate::experiment::each::each;
use crate::experiment::figures::{Stat, Whose};
use crate::experiment::goals::latency;
use crate::experiment::limits::{Limits, Look};
use crate::experiment::outcome::Outcome;
use crate::experiment::pace::{Clock, Pace};
use crate::experiment::replicate::{Task, owner};
use crate::experiment::{Options, Progress, RunError, run};
use crate::ground::footprint::Footprint;
use crate::ground::stats::Histogram;
use crate::ground::time::{SECOND, SimTime, Span};
use crate::scenario::{Replications, Scenario};

pub use cause::Cause;
pub use explained::{CauseShare, Division, Explained, LostFor, PurposeShare, SCHEMA, Timeline, TopologyWhy};
pub use ledger::Purpose;
pub use proof::Proof;
pub use removals::{REMOVALS, Removal};

use courses::{Courses, Lookout};
use ledger::{Ledger, Purposes};
use split::{Question, Split, Splitter, Until};

/// What is asked.
#[derive(Clone)]
pub struct Asked<'a> {
    /// The figure that is to be explained, by its whole name: `completion.p99`, `uploads.answer.mean`, `lost`, `cost.total`.
    pub of: String,
    /// Only requests born between these instants; `None`: those that figures count.
    pub window: Option<(Span, Span)>,
    /// How many of the largest causes are taken away to see what becomes of the figure.
    pub prove: usize,
    /// How many threads simulate; `None`: as many as the machine runs at once.
    pub threads: Option<NonZeroUsize>,
    /// Another number of replications than the scenario's.
    pub replications: Option<u32>,
    /// Another seed than the scenario's.
    pub seed: Option<u64>,
    /// Only this topology; `None`: each.
    pub topology: Option<String>,
    /// Set by somebody else when it should end.
    pub cancel: Option<&'a AtomicBool>,
    /// The most that each play of all replications may take.
    pub limits: Limits,
    /// The time that all has taken so far; without it time has no limit.
    pub elapsed: Clock<'a>,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum WhyError {
    /// The run came to nothing.
    Run(RunError),
    /// No such figure is told of requests or money; it is this.
    NoFigure(String),
    /// The window lies outside of the run, or is empty; a sentence.
    NoWindow(String),
}

impl From<RunError> for WhyError {
    fn from(error: RunError) -> WhyError {
        WhyError::Run(error)
    }
}

/// What a figure asks: of whom, to which end, and who is slow.
#[derive(Clone, Copy, Debug)]
struct Subject {
    kind: Option<WorkloadId>,
    until: Until,
    /// The share of the slowest that is looked at.
    quantile: f64,
    /// Whether it is of the time of requests.
    is_time: bool,
}

/// The share below which requests are not among the slowest, where the figure does not say it.
const USUAL: f64 = 0.99;
/// Cells of the timeline.
const CELLS: u64 = 120;

impl Subject {
    fn of(of: &str, scenario: &Scenario, topology: &Topology) -> Option<Subject> {
        let (whose, name) = owner(of, &scenario.application, topology)?;
        let kind = match whose {
            Whose::Whole => None,
            Whose::Kind(kind) => Some(kind),
            Whose::Node(_) | Whose::Goal(_) => return None,
        };
        let subject = |until, quantile, is_time| Some(Subject { kind, until, quantile, is_time });
        match latency(name) {
            Some(("answer", stat)) => subject(Until::Answer, quantile(stat), true),
            Some(("completion", stat)) => subject(Until::Completion, quantile(stat), true),
            Some(_) => None,
            None if name == "availability" || name.split('.').next() == Some("lost") => {
                subject(Until::Completion, USUAL, false)
            }
            None if kind.is_none() && name.starts_with("cost.") => subject(Until::Completion, USUAL, false),
            None => None,
        }
    }
}

fn quantile(stat: Stat) -> f64 {
    match stat {
        Stat::Quantile(p) => p,
        Stat::Mean | Stat::Sd | Stat::Max => USUAL,
    }
}

/// Notes how long requests took, to know who is slow.
struct Stopwatch {
    subject: Subject,
    kinds: usize,
    times: Histogram,
}

impl Observer<Fact> for Stopwatch {
    fn saw(&mut self, at: SimTime, fact: &Fact) {
        let (who, born) = match (*fact, self.subject.until) {
            (Fact::Answered { who, born }, Until::Answer) => (who, born),
            (Fact::Completed { who, born, answered: true }, Until::Answer) => (who, born),
            (Fact::Completed { who, born, .. }, Until::Completion) => (who, born),
            _ => return,
        };
        let is_asked = self.subject.kind.is_none_or(|kind| kind == who.workload);
        if who.counted && who.workload.index() < self.kinds && is_asked {
            self.times.add((at - born).nanos());
        }
    }
}

impl Footprint for Stopwatch {
    fn footprint(&self) -> u64 {
        0
    }
}

/// What the first pass over a replication found.
struct First {
    courses: Courses,
    money: Purposes,
    times: Histogram,
}

/// Explains a figure of a scenario's topologies. `progress` is called between slices, from any thread.
///
/// # Errors
/// Where the run comes to nothing, or what is asked about does not exist.
pub fn why(
    scenario: &Scenario,
    asked: &Asked<'_>,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Explained, WhyError> {
    let mut scenario = scenario.clone();
    if let Some(name) = &asked.topology {
        if !scenario.topologies.iter().any(|topology| topology.name == *name) {
            let known = scenario.topologies.iter().map(|topology| topology.name.clone()).collect();
            return Err(WhyError::Run(RunError::NoTopology { asked: name.clone(), known }));
        }
        scenario.topologies.retain(|topology| topology.name == *name);
    }
    let known = scenario.topologies.iter().filter_map(|topology| Subject::of(&asked.of, &scenario, topology)).next();
    let subject = known.ok_or_else(|| WhyError::NoFigure(asked.of.clone()))?;
    narrow(&mut scenario, asked.window)?;
    // What plays: once for the figures, twice for the causes, and once for each proof.
    let plays = 3 + asked.prove as u64;
    let whole = AtomicU64::new(0);
    let told = |at: Progress| {
        let of = at.of.saturating_mul(plays);
        progress(Progress { done: whole.load(Ordering::Relaxed).saturating_mul(at.of) + at.done, of });
    };
    let options = || Options {
        threads: asked.threads,
        replications: asked.replications,
        seed: asked.seed,
        cancel: asked.cancel,
        limits: asked.limits,
        elapsed: asked.elapsed,
        ..Options::default()
    };
    let base = run(&scenario, options(), &told)?.document;
    // From here on all is played as that was: the same start, the same number, the same draws.
    let replications = base.replications;
    scenario.run.replications = Replications::Fixed(replications);
    (scenario.run.warm_up, scenario.run.finds_warm_up) = (seconds(base.warm_up), false);
    scenario.run.seed = base.seed;
    let topologies = std::mem::take(&mut scenario.topologies);
    let mut explained = Explained::of(&base, &asked.of, &scenario);
    let mut found = IndexMap::new();
    for topology in topologies {
        let mut alone = scenario.clone();
        alone.topologies = vec![topology];
        let playing = Playing { scenario: &alone, asked, subject, replications, length: seconds(base.length) };
        whole.store(1, Ordering::Relaxed);
        let firsts = playing.first(&told)?;
        whole.store(2, Ordering::Relaxed);
        let mut times = Histogram::default();
        firsts.iter().for_each(|first| times.merge(&first.times));
        let slow = times.quantile(subject.quantile).map(|nanos| Span::from_nanos(nanos as u64));
        let question = Question { kind: subject.kind, until: subject.until, slow, cell: playing.cell() };
        let splits = playing.second(&firsts, question, &told)?;
        let money: Vec<Purposes> = firsts.iter().map(|first| first.money).collect();
        let name = alone.topologies[0].name.clone();
        let mut topology = TopologyWhy::of(&alone, &base.topologies[&name], (question, &splits, &money), &asked.of);
        whole.store(3, Ordering::Relaxed);
        let proving = proof::Proving { scenario: &alone, base: &base, of: &asked.of, options: &options };
        topology.proofs = proving.proofs(asked.prove, &topology, subject.is_time, &|at| {
            told(at);
            if at.done >= at.of {
                whole.fetch_add(1, Ordering::Relaxed);
            }
        })?;
        found.insert(name, topology);
    }
    explained.topologies = found;
    Ok(explained)
}

fn seconds(seconds: f64) -> Span {
    Span::from_nanos((seconds * SECOND as f64).round() as u64)
}

/// Has only requests of a window counted.
fn narrow(scenario: &mut Scenario, window: Option<(Span, Span)>) -> Result<(), WhyError> {
    let Some((from, to)) = window else { return Ok(()) };
    let told = |span: Span| format!("{} s", span.seconds());
    if from >= to {
        return Err(WhyError::NoWindow(format!("the window from {} to {} is empty", told(from), told(to))));
    }
    let end = Task::expected(scenario);
    if from >= end {
        let why = format!("the window begins at {}, and the last request comes before {}", told(from), told(end));
        return Err(WhyError::NoWindow(why));
    }
    (scenario.run.warm_up, scenario.run.finds_warm_up) = (from, false);
    scenario.run.until = Some(to.min(end));
    Ok(())
}

/// One topology that is played again and again.
struct Playing<'a> {
    scenario: &'a Scenario,
    asked: &'a Asked<'a>,
    subject: Subject,
    replications: u32,
    /// The mean length of the replications.
    length: Span,
}

impl Playing<'_> {
    fn topology(&self) -> &Topology {
        &self.scenario.topologies[0]
    }

    /// The length of a cell of the timeline.
    fn cell(&self) -> Span {
        Span::from_nanos(self.length.nanos().div_ceil(CELLS).max(1))
    }

    fn first(&self, progress: &(dyn Fn(Progress) + Sync)) -> Result<Vec<First>, WhyError> {
        let until = self.scenario.run.length.map(|length| SimTime::START + length);
        self.each(progress, |task, watch| {
            let kinds = self.scenario.application.workloads.len();
            let stopwatch = Stopwatch { subject: self.subject, kinds, times: Histogram::default() };
            let watching = ((Lookout::new(self.topology()), Ledger::new(self.topology(), until)), stopwatch);
            let (outcome, ((lookout, ledger), stopwatch)) = task.run(watching, watch)?;
            let Outcome { bill, length, .. } = outcome;
            let money = ledger.divide(&bill, SimTime::START + length);
            Some(First { courses: lookout.courses(), money, times: stopwatch.times })
        })
    }

    fn second(
        &self,
        firsts: &[First],
        question: Question,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Vec<Split>, WhyError> {
        let kinds = self.scenario.application.workloads.len();
        self.each(progress, |task, watch| {
            let courses = &firsts[task.replication as usize].courses;
            let splitter = Splitter::new(self.topology(), kinds, courses, question);
            let (_, splitter) = task.run(splitter, watch)?;
            Some(splitter.split())
        })
    }

    /// Plays each replication.
    fn each<T: Send>(
        &self,
        progress: &(dyn Fn(Progress) + Sync),
        play: impl Fn(Task<'_>, &mut dyn FnMut(Look) -> bool) -> Option<T> + Sync,
    ) -> Result<Vec<T>, WhyError> {
        let Asked { cancel, limits, elapsed, .. } = *self.asked;
        let pace = Pace::new(Task::expected(self.scenario).nanos(), progress, cancel, (limits, elapsed));
        pace.asks(u64::from(self.replications));
        let found = each(self.replications, self.asked.threads, |replication| {
            let run = &self.scenario.run;
            let (scenario, topology) = (self.scenario, self.topology());
            let task = Task { scenario, topology, seed: run.seed, replication, warm_up: run.warm_up };
            play(task, &mut pace.watch()).ok_or_else(|| pace.ended())
        });
        Ok(found?)
    }
}

#[cfg(test)]
mod tests;
