//! States at given instants, of a run or of each cycle of it: what is inside, in line and at work just then.
//!
//! Each is a figure of its own, `pool.media.in-line@7s500ms`: the mean over the cycles of a replication, with an interval over
//! replications as any other figure has.

use crate::cloud::gauge::{Gauge, Level};
use crate::cloud::topology::NodeId;
use crate::experiment::figures::{Measured, Whose};
use crate::experiment::recorder::Passed;
use crate::ground::time::{SECOND, SimTime, Span};
use crate::scenario::SnapshotPlan;

/// What a row tells.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    /// The sum of some levels.
    Levels(Vec<usize>),
    /// 1 while as many slots are taken as there are, else 0.
    Full { busy: usize, slots: usize },
}

/// A row of states, whose instants are the columns.
#[derive(Clone, Debug)]
struct Row {
    whose: Whose,
    name: &'static str,
    source: Source,
    /// By instant, over the cycles so far.
    sums: Vec<u64>,
}

/// What is counted between an instant and the one before it.
const FLOWS: [&str; 3] = ["arrivals", "completions", "losses"];

/// The states of one replication.
#[derive(Clone, Debug)]
pub struct Snapshots<'a> {
    plan: &'a SnapshotPlan,
    /// Cycles that begin earlier do not count.
    warm_up: SimTime,
    /// Which cycle is next, and which instant of it.
    next: (u64, usize),
    rows: Vec<Row>,
    /// Cycles so far, by instant.
    taken: Vec<u64>,
    /// [`FLOWS`] since the instant before, by instant; and in how many nanoseconds.
    flows: Vec<([u64; 3], u64)>,
    /// Who had passed at the last instant, and when that was.
    last: (Passed, SimTime),
}

impl<'a> Snapshots<'a> {
    /// What a plan asks for, of these gauges.
    pub fn new(plan: &'a SnapshotPlan, warm_up: SimTime, gauges: &[Gauge]) -> Snapshots<'a> {
        let columns = plan.at.len();
        let find = |node: Option<NodeId>, what: Level| {
            gauges.iter().position(|gauge| gauge.node == node && gauge.what == what)
        };
        let mut rows = Vec::new();
        let mut row = |whose, name, source| rows.push(Row { whose, name, source, sums: vec![0; columns] });
        for (place, gauge) in gauges.iter().enumerate() {
            let Some(node) = gauge.node else {
                if gauge.what == Level::InSystem {
                    row(Whose::Whole, "in-system", Source::Levels(vec![place]));
                }
                continue;
            };
            let whose = Whose::Node(node);
            match gauge.what {
                Level::Line => row(whose, "in-line", Source::Levels(vec![place])),
                Level::Busy => {
                    let inside = [Some(place), find(Some(node), Level::Line), find(Some(node), Level::Together)];
                    row(whose, "in-system", Source::Levels(inside.into_iter().flatten().collect()));
                    row(whose, "busy", Source::Levels(vec![place]));
                    if let Some(slots) = find(Some(node), Level::Slots) {
                        row(whose, "full", Source::Full { busy: place, slots });
                    }
                }
                Level::Desired => row(whose, "workers.desired", Source::Levels(vec![place])),
                Level::Ready => row(whose, "workers.ready", Source::Levels(vec![place])),
                Level::Booting => row(whose, "workers.booting", Source::Levels(vec![place])),
                Level::Visible => row(whose, "visible", Source::Levels(vec![place])),
                Level::InFlight => row(whose, "in-flight", Source::Levels(vec![place])),
                _ => {}
            }
        }
        let mut snapshots = Snapshots {
            plan,
            warm_up,
            next: (0, 0),
            rows,
            taken: vec![0; columns],
            flows: vec![([0; 3], 0); columns],
            last: (Passed::default(), SimTime::START),
        };
        if let Some(every) = plan.every {
            // The first cycle that begins after the warm-up.
            snapshots.next.0 = (warm_up - SimTime::START).nanos().div_ceil(every.nanos().max(1));
        }
        snapshots
    }

    /// The next instant; `None` where there is none any more.
    pub fn next(&self) -> Option<SimTime> {
        let (cycle, place) = self.next;
        let at = *self.plan.at.get(place)?;
        let Some(every) = self.plan.every else { return Some(SimTime::START + at) };
        Some(SimTime::START + Span::from_nanos(every.nanos().checked_mul(cycle)?) + at)
    }

    /// Takes the state at the next instant, which is now.
    pub fn take(&mut self, now: SimTime, levels: &[u64], passed: Passed) {
        let (cycle, place) = self.next;
        for row in &mut self.rows {
            row.sums[place] += match &row.source {
                Source::Levels(of) => of.iter().map(|&level| levels[level]).sum(),
                Source::Full { busy, slots } => u64::from(levels[*slots] > 0 && levels[*busy] >= levels[*slots]),
            };
        }
        self.taken[place] += 1;
        let (before, then) = self.last;
        let (counts, nanos) = &mut self.flows[place];
        // What came before the first of the cycles that count is of no cycle.
        if self.plan.every.is_none() || then > SimTime::START || self.warm_up == SimTime::START {
            let flows = [passed.born - before.born, passed.completed - before.completed, passed.lost - before.lost];
            counts.iter_mut().zip(flows).for_each(|(count, flow)| *count += flow);
            *nanos += (now - then).nanos();
        }
        self.last = (passed, now);
        self.next = match self.plan.every {
            Some(_) if place + 1 == self.plan.at.len() => (cycle + 1, 0),
            _ => (cycle, place + 1),
        };
    }

    /// The figures.
    pub fn figures(&self, into: &mut Vec<Measured>) {
        for row in &self.rows {
            for (place, at) in self.plan.at.iter().enumerate() {
                let taken = self.taken[place];
                let value = (taken > 0).then(|| row.sums[place] as f64 / taken as f64);
                into.push(Measured {
                    whose: row.whose,
                    name: format!("{}@{at}", row.name),
                    unit: "1",
                    value,
                    trials: 0,
                    below: 0.0,
                });
            }
        }
        for (flow, name) in FLOWS.into_iter().enumerate() {
            for (at, (counts, nanos)) in self.plan.at.iter().zip(&self.flows) {
                let value = (*nanos > 0).then(|| counts[flow] as f64 * SECOND as f64 / *nanos as f64);
                into.push(Measured {
                    whose: Whose::Whole,
                    name: format!("{name}@{at}"),
                    unit: "1/s",
                    value,
                    trials: 0,
                    below: 0.0,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POOL: NodeId = NodeId(0);

    fn gauges() -> Vec<Gauge> {
        let of = |what| Gauge { node: Some(POOL), what };
        vec![
            Gauge { node: None, what: Level::InSystem },
            of(Level::Line),
            of(Level::Busy),
            of(Level::Slots),
            of(Level::Ready),
        ]
    }

    fn second(at: u64) -> SimTime {
        SimTime::from_nanos(at * SECOND)
    }

    fn value(snapshots: &Snapshots<'_>, whose: Whose, name: &str) -> Option<f64> {
        let mut figures = Vec::new();
        snapshots.figures(&mut figures);
        figures.into_iter().find(|figure| figure.whose == whose && figure.name == name).and_then(|figure| figure.value)
    }

    #[test]
    fn a_run_has_each_instant_once() {
        let plan = SnapshotPlan { at: vec![Span::from_secs(5), Span::from_secs(9)], every: None };
        let mut shots = Snapshots::new(&plan, second(7), &gauges());
        assert_eq!(shots.next(), Some(second(5)), "whatever the warm-up");
        let passed = |born, completed| Passed { born, completed, lost: 0 };
        shots.take(second(5), &[3, 1, 2, 2, 2], passed(10, 7));
        assert_eq!(shots.next(), Some(second(9)));
        shots.take(second(9), &[1, 0, 1, 2, 2], passed(12, 11));
        assert_eq!(shots.next(), None);
        let of = |name| value(&shots, Whose::Node(POOL), name);
        assert_eq!((of("in-system@5s"), of("in-system@9s"), of("in-line@5s")), (Some(3.0), Some(1.0), Some(1.0)));
        assert_eq!((of("full@5s"), of("full@9s")), (Some(1.0), Some(0.0)));
        assert_eq!(value(&shots, Whose::Whole, "completions@9s"), Some(1.0));
        assert_eq!(value(&shots, Whose::Whole, "arrivals@5s"), Some(2.0));
    }

    /// A cycle of ten seconds, and a warm-up of twelve: the first that counts begins at 20 s.
    #[test]
    fn cycles_are_averaged_from_the_warm_up_on() {
        let plan = SnapshotPlan { at: vec![Span::ZERO, Span::from_secs(4)], every: Some(Span::from_secs(10)) };
        let mut shots = Snapshots::new(&plan, second(12), &gauges());
        let mut instants = Vec::new();
        for state in [2, 4, 6, 8] {
            let at = shots.next().expect("cycles go on");
            instants.push(at);
            shots.take(at, &[state, 0, state, 9, 9], Passed { born: state, ..Passed::default() });
        }
        assert_eq!(instants, [20, 24, 30, 34].map(second));
        assert_eq!(value(&shots, Whose::Whole, "in-system@0s"), Some(4.0));
        assert_eq!(value(&shots, Whose::Whole, "in-system@4s"), Some(6.0));
        // Two in six seconds, between 24 and 30 s; before 20 s nothing counts.
        assert_eq!(value(&shots, Whose::Whole, "arrivals@0s"), Some(2.0 / 6.0));
        assert_eq!(value(&shots, Whose::Whole, "arrivals@4s"), Some(4.0 / 8.0));
    }
}
