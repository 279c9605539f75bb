//! A whole scenario: all replications of all topologies, on several threads, until there are enough of them.
//!
//! Replications are work items in one channel; threads take them as they come. Nothing that is found depends on
//! who took what: see [`Gathered`].

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::cloud::topology::Topology;
use crate::experiment::assemble::assemble;
use crate::experiment::compare::{is_precise, next_count};
use crate::experiment::document::Document;
use crate::experiment::gather::Gathered;
use crate::experiment::limits::{Excess, Limits};
use crate::experiment::outcome::Outcome;
use crate::experiment::pace::Pace;
use crate::experiment::replicate::{Task, owner};
use crate::experiment::trace::Tracer;
use crate::experiment::warm_up::{self, Pilots};
use crate::ground::footprint::Footprint;
use crate::ground::quantity::show_size;
use crate::ground::time::Span;
use crate::scenario::{Replications, Scenario};

/// What a caller may choose beside the scenario.
#[derive(Default)]
pub struct Options<'a> {
    /// How many threads simulate; `None`: as many as the machine runs at once.
    pub threads: Option<NonZeroUsize>,
    /// Another number of replications than the scenario's.
    pub replications: Option<u32>,
    /// Another seed than the scenario's.
    pub seed: Option<u64>,
    /// Only this topology.
    pub topology: Option<String>,
    /// Where the first replication of each topology is written as it happens.
    pub trace: Option<Box<dyn Write + Send + 'a>>,
    /// Set by somebody else when the run should end with what is done: with the replications that are whole, or none.
    pub cancel: Option<&'a AtomicBool>,
    /// How much it may take.
    pub limits: Limits,
    /// How long it has taken so far, which is not known here; `None`: that has no limit.
    pub elapsed: Option<&'a (dyn Fn() -> Span + Sync)>,
}

/// How far a run came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Simulated nanoseconds.
    pub done: u64,
    /// Simulated nanoseconds in all; grows where a stopping rule asks for more replications.
    pub of: u64,
}

/// What a run cost: stands beside the document, never in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// Events handled.
    pub events: u64,
    /// Requests born.
    pub requests: u64,
    /// Simulated nanoseconds, from 0 to the end of each replication.
    pub simulated: u64,
    /// Replications run, of all topologies.
    pub replications: u64,
    /// Threads that ran them.
    pub threads: usize,
}

/// What a run found, and what it cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The result.
    pub document: Document,
    /// The cost.
    pub timing: Timing,
    /// The trace is not whole: it came to the most that may be written.
    pub is_cut: bool,
}

/// Why a run came to nothing.
#[derive(Debug)]
pub enum RunError {
    /// The scenario has no topology of that name; these it has.
    NoTopology {
        /// The name that was asked for.
        asked: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// No topology has a figure of that name; these there are.
    NoFigure {
        /// The name that was asked for.
        asked: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// No replications were asked for.
    NoReplications,
    /// Somebody cancelled it before any replication was whole.
    Cancelled,
    /// It had too much of something before any replication was whole.
    TooMuch(Excess),
    /// The trace could not be written.
    Trace(io::Error),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunError::NoTopology { asked, known } => {
                write!(f, "no topology is called `{asked}`; there is `{}`", known.join("`, `"))
            }
            RunError::NoFigure { asked, .. } => write!(f, "no topology has a figure `{asked}`"),
            RunError::NoReplications => f.write_str("no replications were asked for: at least 1 is needed"),
            RunError::Cancelled => f.write_str("cancelled"),
            RunError::TooMuch(excess) => write!(f, "stopped before the first replication was whole: {excess}"),
            RunError::Trace(error) => write!(f, "the trace could not be written: {error}"),
        }
    }
}

impl std::error::Error for RunError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            RunError::Trace(error) => Some(error),
            RunError::NoTopology { .. }
            | RunError::NoFigure { .. }
            | RunError::NoReplications
            | RunError::Cancelled
            | RunError::TooMuch(_) => None,
        }
    }
}

/// Work for a thread.
enum Item<'a> {
    /// A replication of the topology of this place.
    One { place: usize, replication: u32 },
    /// The first replication of every topology, one after the other, so that the trace has their order.
    Traced(Box<dyn Write + Send + 'a>),
}

/// What a thread found.
enum Sent {
    Outcome {
        place: usize,
        replication: u32,
        outcome: Box<Outcome>,
    },
    Cancelled,
    Untraced(io::Error),
    /// A panic of ours, to be raised where somebody sees it.
    Panicked(Box<dyn Any + Send>),
}

/// Runs a scenario. `progress` is called between slices, from any thread.
pub fn run(
    scenario: &Scenario,
    mut options: Options<'_>,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Found, RunError> {
    let topologies = chosen(scenario, options.topology.as_deref())?;
    let seed = options.seed.unwrap_or(scenario.run.seed);
    let replications = options.replications.map_or_else(|| scenario.run.replications.clone(), Replications::Fixed);
    if matches!(replications, Replications::Fixed(0)) {
        return Err(RunError::NoReplications);
    }
    let threads = options.threads.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    let trace = options.trace.take();
    let crew = Crew {
        scenario,
        topologies: &topologies,
        seed,
        warm_up: AtomicU64::new(scenario.run.warm_up.nanos()),
        pace: Pace::new(Task::expected(scenario).nanos(), progress, options.cancel, (options.limits, options.elapsed)),
        output: options.limits.output,
        is_cut: AtomicBool::new(false),
    };
    let Played { count, gathered, stopped, late } = crew.run(threads, &replications, trace)?;
    let mut timing = Timing { threads, ..Timing::default() };
    for of in &gathered {
        timing.events += of.events;
        timing.requests += of.requests;
        timing.simulated += of.length.nanos();
        timing.replications += u64::from(count);
    }
    let named: Vec<(&Topology, &Gathered)> = topologies.iter().copied().zip(&gathered).collect();
    let warm_up = crew.warm_up();
    let mut document = assemble(scenario, &named, seed, count, warm_up);
    for place in late {
        document.warnings.push(format!(
            "`{}`: its start was not over at half of the run, which is the most that is not counted: a longer run, or a \
             `run.warm-up` of one's own, tells more",
            topologies[place].name
        ));
    }
    if stopped {
        document.incomplete = true;
        let why = crew.pace.account.reached().map_or(String::new(), |excess| format!("; {excess}"));
        document.warnings.push(format!(
            "stopped after {count} replication{}: intervals are wider than they would have been{why}",
            if count == 1 { "" } else { "s" }
        ));
    }
    let is_cut = crew.is_cut.load(Ordering::Relaxed);
    if is_cut {
        document.warnings.push(format!(
            "the trace ends early: it came to {}, the most that may be written: `--max-output` allows more",
            show_size(crew.output)
        ));
    }
    Ok(Found { document, timing, is_cut })
}

pub(super) fn chosen<'a>(scenario: &'a Scenario, name: Option<&str>) -> Result<Vec<&'a Topology>, RunError> {
    let Some(name) = name else { return Ok(scenario.topologies.iter().collect()) };
    match scenario.topologies.iter().find(|topology| topology.name == name) {
        Some(topology) => Ok(vec![topology]),
        None => {
            let known = scenario.topologies.iter().map(|topology| topology.name.clone()).collect();
            Err(RunError::NoTopology { asked: name.to_owned(), known })
        }
    }
}

/// What the replications of a run found.
struct Played {
    /// How many are whole.
    count: u32,
    /// What each topology's found.
    gathered: Vec<Gathered>,
    /// Somebody has stopped it before there were enough.
    stopped: bool,
    /// The places of the topologies whose start was not over at half of the run.
    late: Vec<usize>,
}

/// Outcomes as they come, gathered in the order of their numbers, each once every topology has it: whenever a run is stopped, the
/// same replications of all topologies are there.
struct Sheaf {
    gathered: Vec<Gathered>,
    /// The next replication to be gathered: so many are.
    next: u32,
    early: BTreeMap<u32, Vec<(usize, Outcome)>>,
}

impl Sheaf {
    fn new(topologies: usize) -> Sheaf {
        Sheaf { gathered: (0..topologies).map(|_| Gathered::default()).collect(), next: 0, early: BTreeMap::new() }
    }

    fn put(&mut self, place: usize, replication: u32, outcome: Box<Outcome>) {
        self.early.entry(replication).or_default().push((place, *outcome));
        while self.early.get(&self.next).is_some_and(|outcomes| outcomes.len() == self.gathered.len()) {
            for (place, outcome) in self.early.remove(&self.next).unwrap_or_default() {
                self.gathered[place].put(self.next, outcome);
            }
            self.next += 1;
        }
    }
}

/// What all threads of a run share.
struct Crew<'a> {
    scenario: &'a Scenario,
    topologies: &'a [&'a Topology],
    seed: u64,
    /// The start that no figure counts, in nanoseconds; of pilots, none.
    warm_up: AtomicU64,
    pace: Pace<'a>,
    /// Bytes of the trace at the most, …
    output: u64,
    /// … and whether there would have been more.
    is_cut: AtomicBool,
}

impl<'a> Crew<'a> {
    /// Runs rounds of replications until there are enough. How many there were, and what each topology's found.
    fn run(
        &self,
        threads: usize,
        replications: &Replications,
        mut trace: Option<Box<dyn Write + Send + 'a>>,
    ) -> Result<Played, RunError> {
        let (work, items) = unbounded::<Item<'a>>();
        let (found, results) = unbounded::<Sent>();
        let mut sheaf = Sheaf::new(self.topologies.len());
        thread::scope(|scope| {
            for _ in 0..threads {
                let (items, found) = (items.clone(), found.clone());
                scope.spawn(move || self.labour(&items, &found));
            }
            // The threads end once nobody can send them work any more: when this closure ends, however it does.
            let work = work;
            let late = if self.scenario.run.finds_warm_up { self.finds_warm_up(&work, &results)? } else { Vec::new() };
            let mut count = 0;
            let mut stopped = false;
            loop {
                let next = match *replications {
                    Replications::Fixed(fixed) => fixed,
                    Replications::Precision { at_least, at_most, .. } => next_count(count, at_least, at_most),
                };
                if next == count {
                    break;
                }
                self.send_round(&work, count..next, &mut trace);
                for _ in 0..(next - count) as usize * self.topologies.len() {
                    match self.receive(&results) {
                        Ok((place, replication, outcome)) => {
                            // Of what is gathered much less is kept.
                            self.pace.account.gives_up(outcome.footprint());
                            self.pace.account.keeps(outcome.footprint_of_figures());
                            sheaf.put(place, replication, outcome);
                        }
                        Err(RunError::Cancelled | RunError::TooMuch(_)) if sheaf.next > 0 => {
                            stopped = true;
                            break;
                        }
                        Err(error) => return Err(error),
                    }
                }
                count = sheaf.next;
                if stopped || self.is_enough(replications, count, &sheaf.gathered) {
                    break;
                }
            }
            Ok(Played { count, gathered: sheaf.gathered, stopped, late })
        })
    }

    /// The start that no figure counts.
    fn warm_up(&self) -> Span {
        Span::from_nanos(self.warm_up.load(Ordering::Relaxed))
    }

    /// Plays pilots, and looks where their start ends; the places of the topologies of which that is not known.
    fn finds_warm_up(&self, work: &Sender<Item<'a>>, results: &Receiver<Sent>) -> Result<Vec<usize>, RunError> {
        let mut pilots: Vec<Pilots> = self.topologies.iter().map(|_| Pilots::default()).collect();
        self.send_round(work, warm_up::NUMBERS, &mut None);
        for _ in 0..warm_up::NUMBERS.len() * self.topologies.len() {
            let (place, _, outcome) = self.receive(results)?;
            pilots[place].put(*outcome);
        }
        let (warm_up, late) = warm_up::warm_up(&pilots);
        self.warm_up.store(warm_up.nanos(), Ordering::Relaxed);
        Ok(late)
    }

    /// The next outcome of a thread.
    fn receive(&self, results: &Receiver<Sent>) -> Result<(usize, u32, Box<Outcome>), RunError> {
        match results.recv() {
            Ok(Sent::Outcome { place, replication, outcome }) => Ok((place, replication, outcome)),
            Ok(Sent::Cancelled) | Err(_) => Err(self.give_up(self.pace.ended())),
            Ok(Sent::Untraced(error)) => Err(self.give_up(RunError::Trace(error))),
            Ok(Sent::Panicked(panic)) => {
                self.pace.stop();
                resume_unwind(panic);
            }
        }
    }

    fn give_up(&self, why: RunError) -> RunError {
        self.pace.stop();
        why
    }

    /// Sends the replications of these numbers, topology by topology within each number.
    fn send_round(
        &self,
        work: &Sender<Item<'a>>,
        numbers: std::ops::Range<u32>,
        trace: &mut Option<Box<dyn Write + Send + 'a>>,
    ) {
        self.pace.asks(u64::from(numbers.end - numbers.start) * self.topologies.len() as u64);
        let traced = trace.take().map(|out| work.send(Item::Traced(out))).is_some();
        for replication in numbers {
            for place in 0..self.topologies.len() {
                if !(traced && replication == 0) {
                    // Threads end only after this sender: there is always somebody to take it.
                    let _ = work.send(Item::One { place, replication });
                }
            }
        }
    }

    fn is_enough(&self, replications: &Replications, count: u32, gathered: &[Gathered]) -> bool {
        let Replications::Precision { width, of, at_most, confidence, .. } = replications else { return true };
        let precise = self.topologies.iter().zip(gathered).all(|(topology, gathered)| {
            let owned = owner(of, &self.scenario.application, topology);
            let column = owned.and_then(|(whose, name)| gathered.column(whose, name));
            column.is_none_or(|column| is_precise(column, *width, *confidence))
        });
        precise || count >= *at_most
    }

    /// A thread's life: takes items until there are no more.
    fn labour(&self, items: &Receiver<Item<'a>>, found: &Sender<Sent>) {
        for item in items {
            if self.pace.is_stopped() {
                return;
            }
            let done = catch_unwind(AssertUnwindSafe(|| self.take(item, found)));
            if let Err(panic) = done {
                // Whoever gathers may have given up meanwhile, and then nobody need know.
                let _ = found.send(Sent::Panicked(panic));
                return;
            }
        }
    }

    fn take(&self, item: Item<'a>, found: &Sender<Sent>) {
        match item {
            Item::One { place, replication } => {
                let sent = match self.task(place, replication).run((), &mut self.pace.watch()) {
                    Some((outcome, ())) => self.whole(place, replication, outcome),
                    None => Sent::Cancelled,
                };
                let _ = found.send(sent);
            }
            Item::Traced(mut out) => {
                let mut room = self.output;
                for place in 0..self.topologies.len() {
                    let _ = found.send(self.traced(place, &mut *out, &mut room));
                }
            }
        }
    }

    /// What a replication that is whole sends.
    fn whole(&self, place: usize, replication: u32, outcome: Outcome) -> Sent {
        self.pace.account.keeps(outcome.footprint());
        Sent::Outcome { place, replication, outcome: Box::new(outcome) }
    }

    /// The first replication of a topology, traced.
    fn traced(&self, place: usize, out: &mut dyn Write, room: &mut u64) -> Sent {
        let tracer = Tracer::new(&self.scenario.application, self.topologies[place], out, *room);
        let Some((outcome, tracer)) = self.task(place, 0).run(tracer, &mut self.pace.watch()) else {
            return Sent::Cancelled;
        };
        match tracer.finish().and_then(|left| out.flush().map(|()| left)) {
            Ok(left) => {
                *room = left;
                self.is_cut.fetch_or(left == 0, Ordering::Relaxed);
                self.whole(place, 0, outcome)
            }
            Err(error) => Sent::Untraced(error),
        }
    }

    fn task(&self, place: usize, replication: u32) -> Task<'_> {
        let (scenario, topology) = (self.scenario, self.topologies[place]);
        Task { scenario, topology, seed: self.seed, replication, warm_up: self.warm_up() }
    }
}

#[cfg(test)]
mod tests;
