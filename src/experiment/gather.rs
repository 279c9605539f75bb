//! The replications of one topology, added up as they come in.
//!
//! Whatever is added is a whole number, and whatever is not stands in a slot by the replication's number: the
//! result is the same in whatever order they come.

use crate::billing::Line;
use crate::cloud::gauge::Gauge;
use crate::experiment::decisions::Log;
use crate::experiment::figures::{Measured, Whose};
use crate::experiment::outcome::Outcome;
use crate::experiment::series::Grid;
use crate::ground::stats::Histogram;
use crate::ground::time::Span;

/// One figure, replication by replication.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Column {
    /// Whom it is about.
    pub whose: Whose,
    /// Its name.
    pub name: String,
    /// Its unit.
    pub unit: &'static str,
    /// By replication; `None` where there was nothing to measure.
    pub values: Vec<Option<f64>>,
    /// Of a share of things that were counted, how many those were in all replications; else 0.
    pub trials: u64,
    /// How many of them it was.
    pub seen: u64,
    /// By replication what it is a ratio to, where it is one of two sums; else 0.
    pub below: Vec<f64>,
}

/// What the replications of one topology found together.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    /// All figures.
    pub columns: Vec<Column>,
    /// What the levels of the grids follow.
    pub gauges: Vec<Gauge>,
    /// All replications over time.
    pub grid: Option<Grid>,
    /// The first replication over time.
    pub first: Option<Grid>,
    /// From birth to the answer.
    pub answer: Histogram,
    /// From birth until all was done.
    pub completion: Histogram,
    /// How many were lost.
    pub lost: u64,
    /// The bills, by replication.
    pub bills: Vec<Vec<Line>>,
    /// Looks of controllers by reason, of all replications, with the changes of the first one.
    pub log: Option<Log>,
    /// From 0 to the end, summed over replications.
    pub length: Span,
    /// Events handled.
    pub events: u64,
    /// Requests born.
    pub requests: u64,
}

impl Gathered {
    /// Adds what the replication of this number found.
    pub fn put(&mut self, replication: u32, outcome: Outcome) {
        let slot = replication as usize;
        if self.columns.is_empty() {
            let column =
                |of: &Measured| Column { whose: of.whose, name: of.name.clone(), unit: of.unit, ..Column::default() };
            self.columns = outcome.figures.iter().map(column).collect();
            self.gauges = outcome.gauges;
        }
        for (column, figure) in self.columns.iter_mut().zip(&outcome.figures) {
            if column.values.len() <= slot {
                column.values.resize(slot + 1, None);
            }
            column.values[slot] = figure.value;
            column.below.resize(column.values.len(), 0.0);
            column.below[slot] = figure.below;
            column.trials += figure.trials;
            column.seen += (figure.value.unwrap_or(0.0) * figure.trials as f64).round() as u64;
        }
        if self.bills.len() <= slot {
            self.bills.resize(slot + 1, Vec::new());
        }
        self.bills[slot] = outcome.bill;
        if replication == 0 {
            self.first = Some(outcome.grid.clone());
        }
        match &mut self.grid {
            Some(grid) => grid.add(&outcome.grid),
            None => self.grid = Some(outcome.grid),
        }
        self.log = Some(match self.log.take() {
            None => outcome.log,
            Some(so_far) if replication == 0 => outcome.log.with_counts(&so_far),
            Some(so_far) => so_far.with_counts(&outcome.log),
        });
        self.answer.merge(&outcome.answer);
        self.completion.merge(&outcome.completion);
        self.lost += outcome.lost;
        self.length += outcome.length;
        self.events += outcome.events;
        self.requests += outcome.requests;
    }

    /// One figure of the whole, by name.
    pub fn whole(&self, name: &str) -> Option<&Column> {
        self.column(Whose::Whole, name)
    }

    /// One figure.
    pub fn column(&self, whose: Whose, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.whose == whose && column.name == name)
    }
}
