//! What one replication found, as plain data: all that is kept of it once its world is gone.

use crate::billing::Line;
use crate::cloud::gauge::Gauge;
use crate::experiment::decisions::Log;
use crate::experiment::figures::Measured;
use crate::experiment::series::Grid;
use crate::ground::footprint::{Footprint, places};
use crate::ground::stats::Histogram;
use crate::ground::time::Span;

/// What one replication of one topology found.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Its figures: the same names in the same order in every replication of a topology.
    pub figures: Vec<Measured>,
    /// What the rows of the grid's levels follow.
    pub gauges: Vec<Gauge>,
    /// How it went over time.
    pub grid: Grid,
    /// From birth to the answer, of everybody counted.
    pub answer: Histogram,
    /// From birth until all was done, of everybody counted.
    pub completion: Histogram,
    /// How many of the counted were lost.
    pub lost: u64,
    /// The bill of 0 to length.
    pub bill: Vec<Line>,
    /// What its controllers decided.
    pub log: Log,
    /// From 0 to its end: the scenario's length, or until everything had ended.
    pub length: Span,
    /// Events handled, the drain's included.
    pub events: u64,
    /// Requests born, counted or not.
    pub requests: u64,
}

impl Outcome {
    /// Bytes of its figures and its bill, which are kept of every replication.
    pub fn footprint_of_figures(&self) -> u64 {
        places::<Option<f64>>(self.figures.len()) + places::<[u64; 16]>(self.bill.len())
    }
}

impl Footprint for Outcome {
    fn footprint(&self) -> u64 {
        let figures = self.figures.footprint() + self.gauges.footprint() + self.footprint_of_figures();
        figures + self.grid.footprint() + self.answer.footprint() + self.completion.footprint()
    }
}
