//! The regret of a scenario: all replications of its topologies, on several threads.

use std::any::Any;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::cloud::topology::Topology;
use crate::experiment::figures::{Measured, Whose};
use crate::experiment::gather::Column;
use crate::experiment::outcome::Outcome;
use crate::experiment::pace::Pace;
use crate::experiment::regret::document::{Gathered, Regret, Replication, document};
use crate::experiment::regret::found::found;
use crate::experiment::regret::watch::Watch;
use crate::experiment::replicate::Task;
use crate::experiment::run::chosen;
use crate::experiment::warm_up::{self, Pilots};
use crate::experiment::{Options, Progress, RunError};
use crate::ground::time::{SimTime, Span};
use crate::scenario::{Replications, Scenario};

/// A replication of the topology of this place; or a pilot of it.
#[derive(Clone, Copy)]
struct Item {
    place: usize,
    replication: u32,
    is_pilot: bool,
}

/// What a thread found.
enum Sent {
    Found(Item, Box<Replication>),
    Pilot(Item, Box<Outcome>),
    Cancelled,
    /// A panic of ours, to be raised where somebody sees it.
    Panicked(Box<dyn Any + Send>),
}

/// What all threads share.
struct Crew<'a> {
    scenario: &'a Scenario,
    topologies: &'a [&'a Topology],
    seed: u64,
    /// The start that goals do not count, in nanoseconds.
    warm_up: AtomicU64,
    pace: Pace<'a>,
}

/// Plays a scenario and says what its machines cost against perfect fleets. Of a stopping rule, the least number of
/// replications is played. `progress` is called between slices, from any thread.
pub fn regret(
    scenario: &Scenario,
    options: &Options<'_>,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Regret, RunError> {
    let topologies = chosen(scenario, options.topology.as_deref())?;
    let replications = match (options.replications, &scenario.run.replications) {
        (Some(asked), _) => asked,
        (None, Replications::Fixed(fixed)) => *fixed,
        (None, Replications::Precision { at_least, .. }) => *at_least,
    };
    if replications == 0 {
        return Err(RunError::NoReplications);
    }
    let seed = options.seed.unwrap_or(scenario.run.seed);
    let threads = options.threads.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    let crew = Crew {
        scenario,
        topologies: &topologies,
        seed,
        warm_up: AtomicU64::new(scenario.run.warm_up.nanos()),
        pace: Pace::new(Task::expected(scenario).nanos(), progress, options.cancel, (options.limits, options.elapsed)),
    };
    let (gathered, count) = crew.run(threads, replications)?;
    let named: Vec<(&str, &Gathered)> =
        topologies.iter().zip(&gathered).map(|(topology, of)| (topology.name.as_str(), of)).collect();
    let warm_up = Span::from_nanos(crew.warm_up.load(Ordering::Relaxed)).seconds();
    Ok(document(scenario, &named, (seed, count, warm_up), count < replications))
}

impl Crew<'_> {
    /// Plays all replications; how many of all topologies are whole, in their order.
    fn run(&self, threads: usize, replications: u32) -> Result<(Vec<Gathered>, u32), RunError> {
        let (work, items) = unbounded::<Item>();
        let (found, results) = unbounded::<Sent>();
        thread::scope(|scope| {
            for _ in 0..threads {
                let (items, found) = (items.clone(), found.clone());
                scope.spawn(move || self.labour(&items, &found));
            }
            // The threads end once nobody can send them work any more: when this closure ends, however it does.
            let work = work;
            if self.scenario.run.finds_warm_up {
                self.finds_warm_up(&work, &results)?;
            }
            let mut gathered = vec![Gathered::default(); self.topologies.len()];
            let mut early: BTreeMap<u32, Vec<(usize, Replication)>> = BTreeMap::new();
            let mut count = 0;
            for _ in 0..self.send(&work, 0..replications, false) {
                match self.receive(&results) {
                    Ok(Sent::Found(item, replication)) => {
                        early.entry(item.replication).or_default().push((item.place, *replication));
                    }
                    Ok(_) => {}
                    Err(RunError::Cancelled | RunError::TooMuch(_)) if count > 0 => break,
                    Err(error) => return Err(error),
                }
                while early.get(&count).is_some_and(|whole| whole.len() == gathered.len()) {
                    for (place, replication) in early.remove(&count).unwrap_or_default() {
                        gathered[place].put(replication);
                    }
                    count += 1;
                }
            }
            Ok((gathered, count))
        })
    }

    /// Sends the replications of these numbers; how many items they are.
    fn send(&self, work: &Sender<Item>, numbers: std::ops::Range<u32>, is_pilot: bool) -> usize {
        let items = numbers.len() * self.topologies.len();
        self.pace.asks(items as u64);
        for replication in numbers {
            for place in 0..self.topologies.len() {
                // Threads end only after this sender: there is always somebody to take it.
                let _ = work.send(Item { place, replication, is_pilot });
            }
        }
        items
    }

    fn receive(&self, results: &Receiver<Sent>) -> Result<Sent, RunError> {
        match results.recv() {
            Ok(Sent::Cancelled) | Err(_) => {
                self.pace.stop();
                Err(self.pace.ended())
            }
            Ok(Sent::Panicked(panic)) => {
                self.pace.stop();
                resume_unwind(panic);
            }
            Ok(sent) => Ok(sent),
        }
    }

    fn finds_warm_up(&self, work: &Sender<Item>, results: &Receiver<Sent>) -> Result<(), RunError> {
        let mut pilots: Vec<Pilots> = self.topologies.iter().map(|_| Pilots::default()).collect();
        for _ in 0..self.send(work, warm_up::NUMBERS, true) {
            if let Sent::Pilot(item, outcome) = self.receive(results)? {
                pilots[item.place].put(*outcome);
            }
        }
        let (warm_up, _) = warm_up::warm_up(&pilots);
        self.warm_up.store(warm_up.nanos(), Ordering::Relaxed);
        Ok(())
    }

    /// A thread's life: takes items until there are no more.
    fn labour(&self, items: &Receiver<Item>, found: &Sender<Sent>) {
        for item in items {
            if self.pace.is_stopped() {
                return;
            }
            let sent = catch_unwind(AssertUnwindSafe(|| self.plays(item))).unwrap_or_else(Sent::Panicked);
            // Whoever gathers may have given up meanwhile, and then nobody need know.
            let _ = found.send(sent);
        }
    }

    fn plays(&self, item: Item) -> Sent {
        let (scenario, topology) = (self.scenario, self.topologies[item.place]);
        let warm_up = Span::from_nanos(self.warm_up.load(Ordering::Relaxed));
        let task = Task { scenario, topology, seed: self.seed, replication: item.replication, warm_up };
        if item.is_pilot {
            return match task.run((), &mut self.pace.watch()) {
                Some((outcome, ())) => Sent::Pilot(item, Box::new(outcome)),
                None => Sent::Cancelled,
            };
        }
        let watch = Watch::new(&scenario.application, topology, &scenario.prices, scenario.run.length);
        match task.run(watch, &mut self.pace.watch()) {
            Some((outcome, watch)) => {
                let end = SimTime::START + outcome.length;
                let found = found(scenario, topology, watch, &outcome.bill, end);
                let length = outcome.length.seconds();
                Sent::Found(item, Box::new(Replication { found, goals: goals(&outcome), length }))
            }
            None => Sent::Cancelled,
        }
    }
}

/// What goals are judged by.
fn goals(outcome: &Outcome) -> Vec<Column> {
    let of_goals = outcome.figures.iter().filter(|figure| matches!(figure.whose, Whose::Goal(_)));
    let column = |figure: &Measured| {
        let seen = (figure.value.unwrap_or(0.0) * figure.trials as f64).round() as u64;
        let Measured { whose, unit, value, trials, below, .. } = *figure;
        Column { whose, name: figure.name.clone(), unit, values: vec![value], trials, seen, below: vec![below] }
    };
    of_goals.map(column).collect()
}
