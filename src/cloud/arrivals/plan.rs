//! When requests come, as plain data.

use crate::cloud::topology::WorkId;
use crate::ground::distribution::Distribution;
use crate::ground::time::{SimTime, Span};

/// When the requests of one workload come.
#[derive(Clone, Debug)]
pub enum Arrivals {
    /// Poisson at a constant rate.
    Poisson {
        /// Requests a second; above 0.
        rate: f64,
    },
    /// One after the other at equal distances.
    Even {
        /// From one to the next; above 0.
        every: Span,
        /// The first one's instant.
        offset: Span,
    },
    /// Independent gaps of one law (nanoseconds).
    Renewal {
        /// From one to the next; from the start to the first.
        gap: Distribution,
    },
    /// Poisson at a rate that follows a line through points.
    Profile(Profile),
    /// Poisson at a rate that swings evenly: mean + amplitude · sin 2π(t + phase)/period.
    Sine(Sine),
    /// Poisson at two rates that take turns, beginning with `calm`.
    Bursts {
        /// The usual rate.
        calm: Phase,
        /// The other.
        burst: Phase,
    },
    /// A closed group: each waits for its answer, then thinks, then asks again.
    Users {
        /// How many; at least 1.
        count: u32,
        /// From an answer to the next request (nanoseconds).
        think: Distribution,
    },
    /// Recorded instants, sorted.
    Instants(Vec<Recorded>),
    /// Recorded counts per interval, sorted and without overlap.
    Counts {
        /// The intervals.
        cells: Vec<Cell>,
        /// How the requests of one interval lie in it.
        spread: Spread,
    },
}

/// A rate that changes with time.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Instants and rates (requests a second), sorted; the first and last rate hold outside.
    pub points: Vec<(SimTime, f64)>,
    /// Between the points.
    pub shape: Shape,
    /// Begins anew so often.
    pub repeat: Option<Span>,
}

/// A rate that swings evenly.
#[derive(Clone, Copy, Debug)]
pub struct Sine {
    /// Requests a second on average; above 0.
    pub mean: f64,
    /// So many more and fewer a second; from 0 to `mean`.
    pub amplitude: f64,
    /// From one peak to the next; above 0.
    pub period: Span,
    /// How far into a period the start lies.
    pub phase: Span,
}

/// What a profile does between its points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// A straight line.
    #[default]
    Linear,
    /// Each rate holds until the next point.
    Steps,
}

/// One of two rates that take turns.
#[derive(Clone, Debug)]
pub struct Phase {
    /// Requests a second.
    pub rate: f64,
    /// How long it lasts (nanoseconds).
    pub lasts: Distribution,
}

/// One request of a trace or script.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    /// Its birth.
    pub at: SimTime,
    /// What the file calls it; empty where it has no name.
    pub name: String,
    /// The work it brings.
    pub work: Vec<(WorkId, Span)>,
    /// Visits (deliveries, attempts, from 1) at which a work ends in an error.
    pub fails: Vec<(WorkId, u16)>,
    /// Bytes of its body.
    pub size: Option<u64>,
    /// Its FIFO group or tenant; 0 is none.
    pub group: u32,
}

/// How many requests came in one interval of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The beginning.
    pub from: SimTime,
    /// The end, not included.
    pub to: SimTime,
    /// How many, on average where a rate was scaled: in thousandths.
    pub thousandths: u64,
}

/// How requests lie in a counted interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spread {
    /// Poisson with that mean.
    #[default]
    Poisson,
    /// That many, at equal distances.
    Even,
}
