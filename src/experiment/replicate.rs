//! One replication: a world is built, run cell by cell, metered at its length, drained and closed.

use crate::billing::{Line, Meter, Usage, Used, idle_share, invoice_of, total};
use crate::cloud::arrivals::Arrivals;
use crate::cloud::fact::Fact;
use crate::cloud::gauge::{Gauge, Level};
use crate::cloud::topology::{Application, NodeId, Topology, WorkloadId};
use crate::cloud::world::{Horizon, World, simulate};
use crate::engine::{Observer, Simulation, Stretch};
use crate::experiment::figures::{self, Ground, Measured, Spending, Whose};
use crate::experiment::goals::{latency, lateness};
use crate::experiment::limits::Look;
use crate::experiment::outcome::Outcome;
use crate::experiment::recorder::Recorder;
use crate::experiment::series::{Grid, USUAL_CELLS};
use crate::experiment::snapshots::Snapshots;
use crate::ground::chance::Key;
use crate::ground::footprint::Footprint;
use crate::ground::money::Money;
use crate::ground::time::{SECOND, SimTime, Span};
use crate::scenario::Scenario;

/// How long after the last birth a run without a length follows requests that do not end, where nothing else is said:
/// longer than any work that somebody waits for, and short enough to be played through.
pub(super) const PATIENCE: Span = Span::from_secs(30 * 86_400);

/// The finest first step of a series whose length nobody knows.
const FINEST: Span = Span::from_millis(1);

/// Which replication of what.
#[derive(Clone, Copy, Debug)]
pub struct Task<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// One of its topologies.
    pub topology: &'a Topology,
    /// The seed of every draw.
    pub seed: u64,
    /// Its number, from 0.
    pub replication: u32,
    /// The start that no figure counts.
    pub warm_up: Span,
}

/// What watches a replication.
type Watchers<T> = ((Recorder, Meter), T);

/// Who writes down what happens, and holds some of it meanwhile.
pub trait Tracing: Observer<Fact> + Footprint {}

impl<T: Observer<Fact> + Footprint> Tracing for T {}

/// Who is asked now and then whether to go on.
type Watch<'w> = &'w mut dyn FnMut(Look) -> bool;

/// Events between two looks at what very many may become of: so few that even then not much is taken.
const STRETCH: u64 = 1_024;
/// Stretches between two looks at everything, …
const STRETCHES: u32 = 64;
/// … unless there is so much more inside, in bytes.
const LEAP: u64 = 64 << 20;

impl<'a> Task<'a> {
    /// When its last request is born, as far as can be known before: at its length, or as recorded.
    pub fn expected(scenario: &Scenario) -> Span {
        scenario.run.length.unwrap_or_else(|| last_birth(&scenario.application) - SimTime::START)
    }

    /// Runs it. `watch` is told now and then how far it came, and may end it (with `false`): then nothing was
    /// found. The tracer comes back.
    pub fn run<T: Tracing>(self, tracer: T, watch: Watch<'_>) -> Option<(Outcome, T)> {
        let plan = &self.scenario.run;
        let application = &self.scenario.application;
        let warm_up = SimTime::START + self.warm_up;
        let length = plan.length.map(|length| SimTime::START + length);
        let until = plan.until.map(|until| SimTime::START + until);
        let recorder = Recorder::new(application.workloads.len(), self.topology, warm_up, until.or(length));
        let observer = ((recorder, Meter::by(self.topology, self.scenario.prices.billing())), tracer);
        let key = Key::root(self.seed, self.replication);
        let sim = simulate(application, self.topology, key, Horizon { warm_up, length, until }, observer);
        let gauges = sim.model.gauges();
        let grid = match plan.length {
            Some(length) => Grid::of_length(length, plan.series, gauges.len()),
            None => {
                let expected = Task::expected(self.scenario).nanos().div_ceil(USUAL_CELLS);
                Grid::growing(plan.series.unwrap_or(Span::from_nanos(expected).max(FINEST)), gauges.len())
            }
        };
        let snapshots = plan.snapshots.as_ref().map(|plan| Snapshots::new(plan, warm_up, &gauges));
        let mut course = Course {
            sim,
            grid,
            integrals: Vec::new(),
            warm_up,
            at_warm_up: None,
            snapshots,
            states: Vec::new(),
            stretches: 0,
            inside: 0,
        };
        // Very many may be there from the start.
        course.looks(watch)?;
        let end = match length {
            Some(length) => course.run_to(length, watch)?,
            None => course.run_out(last_birth(application) + plan.drain.unwrap_or(PATIENCE), watch)?,
        };
        let levels = course.levels(end);
        let born = course.recorder().passed().born;
        let mut usage = course.meter().usage(end);
        note_busy(&mut usage, &gauges, &course.integrals);
        let last = match length {
            Some(length) => course.drain(length + plan.drain.unwrap_or(length - SimTime::START), watch)?,
            None => end,
        };
        course.sim.model.integrals(last, &mut course.integrals);
        course.abandon(last);
        let bill = invoice_of(&usage, &self.scenario.prices, end - SimTime::START);
        let spent_later = match length {
            Some(_) => {
                let mut usage = course.meter().usage(last);
                note_empty(&mut usage, &gauges, &course.integrals);
                total(&invoice_of(&usage, &self.scenario.prices, last - SimTime::START))
            }
            None => total(&bill),
        };
        let spending = Spending {
            total: total(&bill),
            nodes: self.topology.nodes.iter().map(|node| cost_of(&bill, &figures::label(node))).collect(),
            idle: idle_share(&bill),
            drain: spent_later - total(&bill),
        };
        let last_counted = until.map_or(end, |until| until.min(end));
        let counted = if last_counted > warm_up { last_counted - warm_up } else { Span::ZERO };
        let ground = Ground {
            counted,
            length: end - SimTime::START,
            born,
            requests: course.recorder().kinds().iter().map(|kind| kind.born).sum(),
            gauges: &gauges,
            levels: levels.as_deref(),
        };
        let found = self.figures(course.recorder(), &ground, &spending, course.snapshots.as_ref());
        let (events, grid) = (course.sim.events(), course.grid);
        let ((recorder, _), tracer) = course.sim.observer;
        let whole = recorder.whole();
        let outcome = Outcome {
            figures: found,
            gauges,
            grid,
            lost: whole.losses(),
            answer: whole.answer,
            completion: whole.completion,
            bill,
            length: end - SimTime::START,
            events,
            requests: recorder.passed().born,
            log: recorder.into_log(),
        };
        Some((outcome, tracer))
    }

    /// All figures, in an order that is the same for all replications.
    fn figures(
        self,
        recorder: &Recorder,
        ground: &Ground<'_>,
        spending: &Spending,
        snapshots: Option<&Snapshots<'_>>,
    ) -> Vec<Measured> {
        let mut found = Vec::new();
        let whole = recorder.whole();
        figures::of_requests(Whose::Whole, &whole, ground, &mut found);
        figures::of_whole(ground, spending, &mut found);
        for (place, kind) in recorder.kinds().iter().enumerate() {
            let whose = Whose::Kind(WorkloadId::at(place));
            figures::of_requests(whose, kind, ground, &mut found);
        }
        for (place, node) in self.topology.nodes.iter().enumerate() {
            let (id, cost) = (NodeId::at(place), spending.nodes[place]);
            figures::of_node(id, node, &recorder.places()[place], ground, cost, &mut found);
        }
        if let Some(snapshots) = snapshots {
            snapshots.figures(&mut found);
        }
        for (place, goal) in self.scenario.goals.iter().enumerate() {
            found.extend(self.goal(place, &goal.of, recorder, &found));
        }
        found
    }

    /// The figure by which a goal is judged; `None` where this topology has no such node.
    fn goal(self, place: usize, of: &str, recorder: &Recorder, found: &[Measured]) -> Option<Measured> {
        let (whose, name) = owner(of, &self.scenario.application, self.topology)?;
        let figure = found.iter().find(|figure| figure.whose == whose && figure.name == name)?;
        let value = match latency(name) {
            None => figure.value,
            Some((times, stat)) => {
                let whole = recorder.whole();
                let kind = match whose {
                    Whose::Kind(id) => &recorder.kinds()[id.index()],
                    Whose::Whole | Whose::Node(_) | Whose::Goal(_) => &whole,
                };
                match (whose, times) {
                    (Whose::Node(id), "wait") => {
                        let node = &recorder.places()[id.index()];
                        lateness(&node.wait, node.left.count() + node.buried, stat)
                    }
                    (Whose::Node(_), _) => figure.value,
                    (_, "answer") => lateness(&kind.answer, kind.born - kind.answer.count(), stat),
                    (_, _) => lateness(&kind.completion, kind.losses(), stat),
                }
            }
        };
        Some(Measured { whose: Whose::Goal(place), name: of.to_owned(), value, ..figure.clone() })
    }
}

/// Whom a figure's whole name is about, and the name without that: `media.wait.p99` is node `media`'s `wait.p99`.
/// `None` where its first word is neither a node of this topology, nor a workload, nor a figure of the whole.
pub fn owner<'n>(of: &'n str, application: &Application, topology: &Topology) -> Option<(Whose, &'n str)> {
    let Some((first, rest)) = of.split_once('.') else { return Some((Whose::Whole, of)) };
    if let Some(place) = topology.nodes.iter().position(|node| node.name == first) {
        return Some((Whose::Node(NodeId::at(place)), rest));
    }
    if let Some(place) = application.workloads.iter().position(|workload| workload.name == first) {
        return Some((Whose::Kind(WorkloadId::at(place)), rest));
    }
    Some((Whose::Whole, of))
}

/// Tells the bill how long slots were held: what was paid for beyond that was idle.
fn note_busy(usage: &mut Usage, gauges: &[Gauge], integrals: &[u128]) {
    for (gauge, &integral) in gauges.iter().zip(integrals) {
        let node = gauge.node.filter(|_| gauge.what == Level::Busy).and_then(|node| usage.nodes.get_mut(node.index()));
        if let Some(Used::Machines { busy, .. }) = node.map(|node| &mut node.used) {
            *busy = Some(integral);
        }
    }
    note_empty(usage, gauges, integrals);
}

/// Tells the bill how many polls brought nothing: each is a call as any other.
fn note_empty(usage: &mut Usage, gauges: &[Gauge], integrals: &[u128]) {
    for (gauge, &integral) in gauges.iter().zip(integrals).filter(|(gauge, _)| gauge.what == Level::EmptyReceives) {
        let node = gauge.node.and_then(|node| usage.nodes.get_mut(node.index()));
        if let Some(Used::Queue { receives, calls, .. }) = node.map(|node| &mut node.used) {
            let empty = u64::try_from(integral / u128::from(SECOND)).unwrap_or(u64::MAX);
            *receives += empty;
            *calls = calls.map(|calls| calls + empty);
        }
    }
}

/// When the last recorded request is born; the start where arrivals have no end of their own.
fn last_birth(application: &Application) -> SimTime {
    let last = application.workloads.iter().filter_map(|workload| match &workload.arrivals {
        Arrivals::Instants(list) => list.last().map(|recorded| recorded.at),
        Arrivals::Counts { cells, .. } => cells.last().map(|cell| cell.to),
        Arrivals::Poisson { .. }
        | Arrivals::Even { .. }
        | Arrivals::Renewal { .. }
        | Arrivals::Profile(_)
        | Arrivals::Sine(_)
        | Arrivals::Bursts { .. }
        | Arrivals::Users { .. } => None,
    });
    last.max().unwrap_or(SimTime::START)
}

fn cost_of(bill: &[Line], node: &str) -> Money {
    bill.iter().filter(|line| line.node == node).map(|line| line.cost).sum()
}

/// A world on its way, and what is read of it between slices.
struct Course<'a, T> {
    sim: Simulation<World<'a>, Watchers<T>>,
    grid: Grid,
    integrals: Vec<u128>,
    warm_up: SimTime,
    at_warm_up: Option<Vec<u128>>,
    /// States at given instants, where some are asked for.
    snapshots: Option<Snapshots<'a>>,
    states: Vec<u64>,
    /// Stretches since the last look, …
    stretches: u32,
    /// … and the bytes of those who were inside then.
    inside: u64,
}

impl<T: Tracing> Course<'_, T> {
    fn recorder(&self) -> &Recorder {
        &self.sim.observer.0.0
    }

    fn meter(&self) -> &Meter {
        &self.sim.observer.0.1
    }

    /// Tells `watch` how far it came.
    fn looks(&mut self, watch: Watch<'_>) -> Option<()> {
        (self.stretches, self.inside) = (0, self.sim.model.footprint_inside());
        let Simulation { model, observer: ((recorder, _), tracer), calendar, .. } = &self.sim;
        let watchers = recorder.footprint() + tracer.footprint() + self.grid.footprint();
        let memory = model.footprint() + calendar.footprint() + watchers;
        let requests = model.most_born();
        watch(Look { now: self.sim.now(), events: self.sim.events(), memory, requests }).then_some(())
    }

    /// Goes on to `end`, or until the world need not go on; whether it still need. However many events there are until then,
    /// `watch` is told in between.
    fn goes(&mut self, end: SimTime, watch: Watch<'_>, goes_on: impl Fn(&World<'_>) -> bool + Copy) -> Option<bool> {
        loop {
            match self.sim.run_some(end, STRETCH, goes_on) {
                Stretch::All => return Some(true),
                Stretch::Over => return Some(false),
                Stretch::Some => self.stretches += 1,
            }
            if self.stretches >= STRETCHES || self.sim.model.footprint_inside() > self.inside + LEAP {
                self.looks(watch)?;
            }
        }
    }

    /// Runs to `length`, cell by cell.
    fn run_to(&mut self, length: SimTime, watch: Watch<'_>) -> Option<SimTime> {
        while self.sim.now() < length {
            if let Some(warm_up) = self.warm_up_before(self.grid.next()) {
                self.takes_snapshots(warm_up, watch)?;
                self.goes(warm_up, watch, |_| true)?;
                self.warm();
            }
            self.takes_snapshots(self.grid.next(), watch)?;
            self.goes(self.grid.next(), watch, |_| true)?;
            self.close_cell();
            self.looks(watch)?;
        }
        Some(length)
    }

    /// Runs to the instants before `next` whose states are kept, and to `next` itself where it is one of them.
    fn takes_snapshots(&mut self, next: SimTime, watch: Watch<'_>) -> Option<()> {
        while let Some(at) = self.snapshots.as_ref().and_then(Snapshots::next).filter(|at| *at <= next) {
            self.goes(at, watch, |_| true)?;
            let passed = self.recorder().passed();
            self.sim.model.levels(&mut self.states);
            if let Some(snapshots) = &mut self.snapshots {
                snapshots.take(at, &self.states, passed);
            }
        }
        Some(())
    }

    /// Runs until everything has ended, or to `limit`.
    fn run_out(&mut self, limit: SimTime, watch: Watch<'_>) -> Option<SimTime> {
        let mut goes_on = true;
        while goes_on && self.sim.now() < limit {
            if let Some(warm_up) = self.warm_up_before(self.grid.next().min(limit)) {
                goes_on = self.goes(warm_up, watch, |world| !world.is_over())?;
                if goes_on {
                    self.warm();
                }
            }
            if goes_on {
                goes_on = self.goes(self.grid.next().min(limit), watch, |world| !world.is_over())?;
            }
            self.close_cell();
            self.looks(watch)?;
        }
        Some(self.sim.now())
    }

    /// Follows to their end those who are still inside, to `limit` at most.
    fn drain(&mut self, limit: SimTime, watch: Watch<'_>) -> Option<SimTime> {
        let step = self.grid.step();
        let mut goes_on = true;
        while goes_on && self.sim.now() < limit {
            goes_on = self.goes((self.sim.now() + step).min(limit), watch, |world| world.inside() > 0)?;
            self.looks(watch)?;
        }
        Some(self.sim.now())
    }

    /// Ends those whom nobody follows any longer.
    fn abandon(&mut self, at: SimTime) {
        self.sim.model.abandon(at, &mut self.sim.observer);
        self.sim.observer.0.0.close();
    }

    /// The end of the warm-up, if it is not yet behind and comes before `next` ends.
    fn warm_up_before(&self, next: SimTime) -> Option<SimTime> {
        (self.at_warm_up.is_none() && self.warm_up <= next).then_some(self.warm_up)
    }

    fn read(&mut self) {
        self.sim.model.integrals(self.sim.now(), &mut self.integrals);
    }

    fn warm(&mut self) {
        self.read();
        self.at_warm_up = Some(self.integrals.clone());
    }

    fn close_cell(&mut self) {
        self.read();
        let passed = self.recorder().passed();
        self.grid.close(self.sim.now(), passed, &self.integrals);
    }

    /// Mean levels between the warm-up and `end`, where the last integrals were read.
    fn levels(&self, end: SimTime) -> Option<Vec<f64>> {
        let before = self.at_warm_up.as_ref().filter(|_| end > self.warm_up)?;
        let time = (end - self.warm_up).nanos() as f64;
        Some(self.integrals.iter().zip(before).map(|(after, before)| (after - before) as f64 / time).collect())
    }
}

#[cfg(test)]
mod tests;
