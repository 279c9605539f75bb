//! Where a run's start ends: found by pilot replications, before any that counts.
//!
//! What is inside is averaged over pilots, cell by cell, and cut where what is left varies least for its length: White's marginal
//! standard error rule. Pilots have chance of their own, so that what they find says nothing of the replications that count.
//!
//! White, *An effective truncation heuristic for bias reduction in simulation output*, Simulation 69 (1997); Franklin and White,
//! *Stationarity tests and MSER-5*, Winter Simulation Conference 2008.

use std::ops::Range;

use crate::cloud::gauge::{Gauge, Level};
use crate::experiment::outcome::Outcome;
use crate::experiment::series::Grid;
use crate::experiment::warnings::growth;
use crate::ground::time::Span;

/// Replications whose only use is to look at the start.
const PILOTS: u32 = 5;

/// Their numbers among replications: far from any that counts.
pub const NUMBERS: Range<u32> = u32::MAX - PILOTS..u32::MAX;

/// Cells that are taken together, as in MSER-5: single ones would be cut by chance.
const BATCH: usize = 5;

/// A start that lasts for so large a part of the run may last longer.
const LATE: f64 = 0.45;

/// What the pilots of one topology found.
#[derive(Debug, Default)]
pub struct Pilots {
    grid: Option<Grid>,
    gauges: Vec<Gauge>,
}

impl Pilots {
    /// Adds one.
    pub fn put(&mut self, outcome: Outcome) {
        self.gauges = outcome.gauges;
        match &mut self.grid {
            Some(grid) => grid.add(&outcome.grid),
            None => self.grid = Some(outcome.grid),
        }
    }

    /// After how many seconds the start is over; nothing where it never is, as more comes than leaves.
    fn settled(&self) -> Option<f64> {
        let grid = self.grid.as_ref()?;
        if growth(grid, PILOTS).is_some() {
            return None;
        }
        let step = grid.step().seconds();
        let inside = self.gauges.iter().position(|gauge| gauge.node.is_none() && gauge.what == Level::InSystem)?;
        let workers = self.gauges.iter().enumerate().filter(|(_, gauge)| gauge.what == Level::Ready);
        let mut ready = vec![0.0; grid.cells()];
        for (gauge, _) in workers {
            ready.iter_mut().zip(grid.levels(gauge)).for_each(|(sum, level)| *sum += level);
        }
        let cut = cut(&grid.levels(inside)).max(cut(&ready));
        Some((cut * BATCH) as f64 * step)
    }
}

/// The warm-up for all topologies together, so that the same requests count in each; and the places of those whose start was not
/// over at about half of the run.
pub fn warm_up(pilots: &[Pilots]) -> (Span, Vec<usize>) {
    let settled = pilots.iter().filter_map(Pilots::settled).fold(0.0, f64::max);
    let is_late = |pilots: &Pilots| {
        let length = pilots.grid.as_ref().map_or(0.0, |grid| grid.step().seconds() * grid.cells() as f64);
        pilots.settled().is_some_and(|settled| settled >= LATE * length && length > 0.0)
    };
    let late = pilots.iter().enumerate().filter(|(_, pilots)| is_late(pilots)).map(|(place, _)| place).collect();
    (Span::from_nanos((settled * 1e9).round() as u64), late)
}

/// How many batches of cells are cut: the least (Σ (x − mean)²) / n² of those left, cutting half at the most.
fn cut(levels: &[f64]) -> usize {
    let batches: Vec<f64> = levels.chunks_exact(BATCH).map(|batch| batch.iter().sum::<f64>() / BATCH as f64).collect();
    let (mut sum, mut squares, mut left) = (0.0, 0.0, 0.0);
    let mut best = (f64::INFINITY, 0);
    for (place, level) in batches.iter().enumerate().rev() {
        sum += level;
        squares += level * level;
        left += 1.0;
        let spread = ((squares - sum * sum / left) / (left * left)).max(0.0);
        if place <= batches.len() / 2 && spread <= best.0 {
            best = (spread, place);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::chance::{Key, unit};

    #[test]
    fn a_rise_is_cut_and_what_is_level_is_not() {
        let mut chance = Key::root(3, 0).stream();
        let mut noise = || unit(&mut chance) - 0.5;
        let rising: Vec<f64> = (0..480).map(|cell| 10.0 * f64::from(cell.min(100)) / 100.0 + noise()).collect();
        assert!((15..=24).contains(&cut(&rising)), "{} batches of five cells", cut(&rising));
        let level: Vec<f64> = (0..480).map(|_| 10.0 + noise()).collect();
        assert!(cut(&level) <= 12, "{}", cut(&level));
        assert_eq!(cut(&[3.0; 480]), 0);
        assert_eq!(cut(&[]), 0);
    }
}
