//! A whole scenario: all replications of all topologies, on several threads, until there are enough of them.
//!
//! Replications are work items in one channel; threads take them as they come. Nothing that is found depends on
//! who took what: see [`Gathered`].

use std::any::Any;
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
use crate::experiment::outcome::Outcome;
use crate::experiment::replicate::{Task, owner};
use crate::experiment::trace::Tracer;
use crate::ground::time::SimTime;
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
    /// Set by somebody else when the run should end without a result.
    pub cancel: Option<&'a AtomicBool>,
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
    /// No replications were asked for.
    NoReplications,
    /// Somebody cancelled it.
    Cancelled,
    /// The trace could not be written.
    Trace(io::Error),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunError::NoTopology { asked, known } => {
                write!(f, "no topology is called `{asked}`; there is `{}`", known.join("`, `"))
            }
            RunError::NoReplications => f.write_str("no replications were asked for: at least 1 is needed"),
            RunError::Cancelled => f.write_str("cancelled"),
            RunError::Trace(error) => write!(f, "the trace could not be written: {error}"),
        }
    }
}

impl std::error::Error for RunError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            RunError::Trace(error) => Some(error),
            RunError::NoTopology { .. } | RunError::NoReplications | RunError::Cancelled => None,
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
        done: AtomicU64::new(0),
        of: AtomicU64::new(0),
        progress,
        stop: AtomicBool::new(false),
        cancel: options.cancel,
    };
    let (count, gathered) = crew.run(threads, &replications, trace)?;
    let mut timing = Timing { threads, ..Timing::default() };
    for of in &gathered {
        timing.events += of.events;
        timing.requests += of.requests;
        timing.simulated += of.length.nanos();
        timing.replications += u64::from(count);
    }
    let named: Vec<(&Topology, &Gathered)> = topologies.iter().copied().zip(&gathered).collect();
    Ok(Found { document: assemble(scenario, &named, seed, count), timing })
}

fn chosen<'a>(scenario: &'a Scenario, name: Option<&str>) -> Result<Vec<&'a Topology>, RunError> {
    let Some(name) = name else { return Ok(scenario.topologies.iter().collect()) };
    match scenario.topologies.iter().find(|topology| topology.name == name) {
        Some(topology) => Ok(vec![topology]),
        None => {
            let known = scenario.topologies.iter().map(|topology| topology.name.clone()).collect();
            Err(RunError::NoTopology { asked: name.to_owned(), known })
        }
    }
}

/// What all threads of a run share.
struct Crew<'a> {
    scenario: &'a Scenario,
    topologies: &'a [&'a Topology],
    seed: u64,
    done: AtomicU64,
    of: AtomicU64,
    progress: &'a (dyn Fn(Progress) + Sync),
    /// Set when there is no point in going on.
    stop: AtomicBool,
    cancel: Option<&'a AtomicBool>,
}

impl<'a> Crew<'a> {
    /// Runs rounds of replications until there are enough. How many there were, and what each topology's found.
    fn run(
        &self,
        threads: usize,
        replications: &Replications,
        mut trace: Option<Box<dyn Write + Send + 'a>>,
    ) -> Result<(u32, Vec<Gathered>), RunError> {
        let (work, items) = unbounded::<Item<'a>>();
        let (found, results) = unbounded::<Sent>();
        let mut gathered: Vec<Gathered> = self.topologies.iter().map(|_| Gathered::default()).collect();
        thread::scope(|scope| {
            for _ in 0..threads {
                let (items, found) = (items.clone(), found.clone());
                scope.spawn(move || self.labour(&items, &found));
            }
            // The threads end once nobody can send them work any more: when this closure ends, however it does.
            let work = work;
            let mut count = 0;
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
                    match results.recv() {
                        Ok(Sent::Outcome { place, replication, outcome }) => {
                            gathered[place].put(replication, *outcome);
                        }
                        Ok(Sent::Cancelled) | Err(_) => return Err(self.give_up(RunError::Cancelled)),
                        Ok(Sent::Untraced(error)) => return Err(self.give_up(RunError::Trace(error))),
                        Ok(Sent::Panicked(panic)) => {
                            self.stop.store(true, Ordering::Relaxed);
                            drop(work);
                            resume_unwind(panic);
                        }
                    }
                }
                count = next;
                if self.is_enough(replications, count, &gathered) {
                    break;
                }
            }
            Ok((count, gathered))
        })
    }

    fn give_up(&self, why: RunError) -> RunError {
        self.stop.store(true, Ordering::Relaxed);
        why
    }

    /// Sends the replications of these numbers, topology by topology within each number.
    fn send_round(
        &self,
        work: &Sender<Item<'a>>,
        numbers: std::ops::Range<u32>,
        trace: &mut Option<Box<dyn Write + Send + 'a>>,
    ) {
        let more = u64::from(numbers.end - numbers.start) * self.topologies.len() as u64 * self.per_replication();
        self.of.fetch_add(more, Ordering::Relaxed);
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

    /// Simulated nanoseconds that one replication adds to the progress.
    fn per_replication(&self) -> u64 {
        Task::expected(self.scenario).nanos().max(1)
    }

    fn is_enough(&self, replications: &Replications, count: u32, gathered: &[Gathered]) -> bool {
        let Replications::Precision { precision, of, at_most, confidence, .. } = replications else { return true };
        let precise = self.topologies.iter().zip(gathered).all(|(topology, gathered)| {
            let owned = owner(of, &self.scenario.application, topology);
            let column = owned.and_then(|(whose, name)| gathered.column(whose, name));
            column.is_none_or(|column| is_precise(&column.values, *precision, *confidence))
        });
        precise || count >= *at_most
    }

    /// A thread's life: takes items until there are no more.
    fn labour(&self, items: &Receiver<Item<'a>>, found: &Sender<Sent>) {
        for item in items {
            if self.stop.load(Ordering::Relaxed) {
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
                let sent = match self.task(place, replication).run((), &mut self.watch()) {
                    Some((outcome, ())) => Sent::Outcome { place, replication, outcome: Box::new(outcome) },
                    None => Sent::Cancelled,
                };
                let _ = found.send(sent);
            }
            Item::Traced(mut out) => {
                for place in 0..self.topologies.len() {
                    let _ = found.send(self.traced(place, &mut *out));
                }
            }
        }
    }

    /// The first replication of a topology, traced.
    fn traced(&self, place: usize, out: &mut dyn Write) -> Sent {
        let tracer = Tracer::new(&self.scenario.application, self.topologies[place], out);
        let Some((outcome, tracer)) = self.task(place, 0).run(tracer, &mut self.watch()) else {
            return Sent::Cancelled;
        };
        match tracer.finish().and_then(|()| out.flush()) {
            Ok(()) => Sent::Outcome { place, replication: 0, outcome: Box::new(outcome) },
            Err(error) => Sent::Untraced(error),
        }
    }

    fn task(&self, place: usize, replication: u32) -> Task<'_> {
        Task { scenario: self.scenario, topology: self.topologies[place], seed: self.seed, replication }
    }

    /// What a replication calls between slices: adds to the progress, and says whether to go on.
    fn watch(&self) -> impl FnMut(SimTime) -> bool + '_ {
        let (all, mut reached) = (self.per_replication(), 0);
        move |now| {
            let more = now.nanos().min(all) - reached;
            reached += more;
            let done = self.done.fetch_add(more, Ordering::Relaxed) + more;
            (self.progress)(Progress { done, of: self.of.load(Ordering::Relaxed) });
            let cancelled = self.cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed));
            !cancelled && !self.stop.load(Ordering::Relaxed)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::arrivals::Arrivals;
    use crate::cloud::topology::Platform;
    use crate::experiment::document::Finding;
    use crate::experiment::trial::{application, exponential, scenario, station};
    use crate::ground::time::Span;
    use crate::scenario::Goal;
    use std::sync::Mutex;

    /// M/M/1 and M/M/2 on the same hour of requests: 0.8 a second, a second each.
    fn two(replications: u32) -> Scenario {
        let jobs = application(Arrivals::Poisson { rate: 0.8 }, Some(exponential(Span::from_secs(1))));
        let platform = || Platform::Machine { hour: 1_000_000_000_000, minimum: Span::ZERO };
        let mut plan =
            scenario(jobs, vec![station("one", 1, 1, platform()), station("two", 2, 1, platform())], replications);
        plan.run.warm_up = Span::from_secs(600);
        plan
    }

    fn on(threads: usize) -> Options<'static> {
        Options { threads: NonZeroUsize::new(threads), ..Options::default() }
    }

    fn quiet(_: Progress) {}

    #[test]
    fn any_number_of_threads_gives_the_same_bytes() {
        let plan = two(7);
        let run_on = |threads| run(&plan, on(threads), &quiet).expect("it runs").document.to_json();
        let one = run_on(1);
        assert_eq!(one, run_on(2));
        assert_eq!(one, run_on(5));
    }

    /// The second machine costs a dollar in every replication, so that this difference has no width at all; and it
    /// saves time in every replication, of the very same requests.
    #[test]
    fn topologies_are_compared_on_the_same_requests() {
        let document = run(&two(10), on(2), &quiet).expect("it runs").document;
        let difference = |of: &str| document.differences.iter().find(|found| found.of == of).expect("it is compared");
        let cost = difference("cost.total");
        assert_eq!((cost.from.as_str(), cost.to.as_str()), ("one", "two"));
        assert_eq!((cost.value, cost.low, cost.high), (Some(1.0), Some(1.0), Some(1.0)));
        assert!(difference("completion.mean").high < Some(0.0), "{:?}", difference("completion.mean"));
        let of = |topology: &str| document.topologies[topology].tails["completion"].measured;
        assert_eq!(of("one"), of("two"), "everybody was served, and they were the same");
    }

    /// Half of the interval of M/M/1's mean is far from 1 % after 10 and after 20 replications of an hour.
    #[test]
    fn replications_go_on_until_a_figure_is_precise() {
        let mut plan = two(0);
        let of = "completion.mean".to_owned();
        let rule = |precision, at_most| Replications::Precision {
            precision,
            of: of.clone(),
            at_least: 10,
            at_most,
            confidence: 0.95,
        };
        for (precision, at_most, count) in [(0.9, 1_000, 10), (0.01, 25, 25)] {
            plan.run.replications = rule(precision, at_most);
            let found = run(&plan, on(2), &quiet).expect("it runs");
            assert_eq!((found.document.replications, found.timing.replications), (count, 2 * u64::from(count)));
        }
    }

    #[test]
    fn verdicts_stand_for_each_goal_and_topology() {
        let mut plan = two(10);
        plan.goals = vec![
            Goal { of: "cost.total".into(), limit: 1.5, at_most: true },
            Goal { of: "availability".into(), limit: 0.999, at_most: false },
        ];
        let document = run(&plan, on(2), &quiet).expect("it runs").document;
        let told: Vec<_> = document.goals.iter().map(|goal| (&*goal.of, &*goal.topology, goal.verdict)).collect();
        let wanted = [
            ("cost.total", "one", Finding::Met),
            ("cost.total", "two", Finding::Missed),
            ("availability", "one", Finding::Met),
            ("availability", "two", Finding::Met),
        ];
        assert_eq!(told, wanted);
    }

    #[test]
    fn progress_ends_where_it_said_it_would() {
        let plan = two(3);
        let told = Mutex::new(Vec::new());
        run(&plan, on(2), &|progress| told.lock().expect("nobody panicked").push(progress)).expect("it runs");
        let told = told.into_inner().expect("nobody panicked");
        let last = told.iter().max_by_key(|progress| progress.done).expect("something was told");
        assert_eq!((last.done, last.of), (6 * 3_600_000_000_000, 6 * 3_600_000_000_000));
    }

    #[test]
    fn a_trace_is_the_same_on_any_number_of_threads() {
        let mut plan = two(3);
        plan.run.length = Some(Span::from_secs(60));
        plan.run.warm_up = Span::ZERO;
        let traced = |threads| {
            let mut text = Vec::new();
            let mut options = on(threads);
            options.trace = Some(Box::new(&mut text));
            let document = run(&plan, options, &quiet).expect("it runs").document;
            (String::from_utf8(text).expect("JSON is UTF-8"), document)
        };
        let (one, document) = traced(1);
        assert_eq!(one, traced(3).0);
        assert_eq!(document, run(&plan, on(1), &quiet).expect("it runs").document, "a trace changes nothing");
        let requests = one.lines().filter(|line| line.starts_with("{\"what\":\"request\"")).count();
        let arrivals: f64 = document.topologies["one"].series.first["arrivals"].iter().map(|rate| rate * 0.125).sum();
        assert_eq!(requests as f64, 2.0 * arrivals.round(), "everybody of both topologies");
    }

    #[test]
    fn one_topology_alone_is_run_as_it_is_with_the_others() {
        let plan = two(3);
        let both = run(&plan, on(2), &quiet).expect("it runs").document;
        let options = Options { topology: Some("two".into()), ..on(1) };
        let alone = run(&plan, options, &quiet).expect("it runs").document;
        assert_eq!(alone.topologies.keys().collect::<Vec<_>>(), ["two"]);
        assert_eq!(alone.topologies["two"], both.topologies["two"]);
    }

    #[test]
    fn what_cannot_be_run_is_told() {
        let plan = two(1);
        let told = |options: Options<'_>| run(&plan, options, &quiet).expect_err("it can't be run").to_string();
        let unknown = Options { topology: Some("three".into()), ..Options::default() };
        assert_eq!(told(unknown), "no topology is called `three`; there is `one`, `two`");
        let none = Options { replications: Some(0), ..Options::default() };
        assert_eq!(told(none), "no replications were asked for: at least 1 is needed");
        let cancel = AtomicBool::new(true);
        assert_eq!(told(Options { cancel: Some(&cancel), ..Options::default() }), "cancelled");
    }

    #[test]
    fn a_trace_that_cannot_be_written_ends_the_run() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let options = Options { trace: Some(Box::new(Full)), ..on(2) };
        let error = run(&two(4), options, &quiet).expect_err("the disk is full");
        assert!(matches!(error, RunError::Trace(_)), "{error}");
    }
}
