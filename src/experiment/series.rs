//! How a run goes over time: integrals of levels and counts of events on a grid of equal cells.
//!
//! A cell holds whole numbers only (level times nanoseconds, requests), so that replications add up to the same
//! bytes in any order. Where no length is given the grid has no end: when it is full, two cells become one.

use crate::experiment::recorder::Passed;
use crate::ground::footprint::Footprint;
use crate::ground::time::{SECOND, SimTime, Span};

/// The most cells that a grid may have.
pub const MOST_CELLS: usize = 2_000;

/// Cells that a run of given length has where the scenario says nothing.
pub const USUAL_CELLS: u64 = 480;

/// What passes by, in the order of a cell's counts.
pub const FLOWS: [&str; 3] = ["arrivals", "completions", "lost"];

/// Levels and flows, cell by cell from the start; of one replication, or of several added up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    step: Span,
    /// Where the last cell ends, possibly short; `None`: the grid grows.
    end: Option<SimTime>,
    gauges: usize,
    /// How many replications were added up.
    runs: u32,
    /// How long each cell is: `step`, but for the last.
    widths: Vec<Span>,
    /// [`FLOWS`] in each cell.
    flows: Vec<[u64; 3]>,
    /// A row a cell: for each gauge its level times nanoseconds.
    levels: Vec<u128>,
    so_far: Passed,
    integrals: Vec<u128>,
    now: SimTime,
}

impl Footprint for Grid {
    fn footprint(&self) -> u64 {
        let cells = self.widths.footprint() + self.flows.footprint() + self.levels.footprint();
        cells + self.integrals.footprint()
    }
}

impl Grid {
    /// A grid over a run of known length. A step that would make more than [`MOST_CELLS`] is made longer.
    pub fn of_length(length: Span, step: Option<Span>, gauges: usize) -> Grid {
        let usual = Span::from_nanos(length.nanos().div_ceil(USUAL_CELLS));
        let least = Span::from_nanos(length.nanos().div_ceil(MOST_CELLS as u64));
        let step = step.unwrap_or(usual).max(least).max(Span::from_nanos(1));
        Grid::new(step, Some(SimTime::START + length), gauges)
    }

    /// A grid over a run that ends when everything has ended, with this step at first.
    pub fn growing(step: Span, gauges: usize) -> Grid {
        Grid::new(step.max(Span::from_nanos(1)), None, gauges)
    }

    fn new(step: Span, end: Option<SimTime>, gauges: usize) -> Grid {
        Grid {
            step,
            end,
            gauges,
            runs: 1,
            widths: Vec::new(),
            flows: Vec::new(),
            levels: Vec::new(),
            so_far: Passed::default(),
            integrals: vec![0; gauges],
            now: SimTime::START,
        }
    }

    /// Where the cell under way ends.
    pub fn next(&self) -> SimTime {
        let next = self.now + self.step;
        self.end.map_or(next, |end| next.min(end))
    }

    /// Closes the cell under way at `now`, with everybody who passed since the start and all integrals since then.
    pub fn close(&mut self, now: SimTime, passed: Passed, integrals: &[u128]) {
        if now <= self.now {
            return;
        }
        self.widths.push(now - self.now);
        self.flows.push([
            passed.born - self.so_far.born,
            passed.completed - self.so_far.completed,
            passed.lost - self.so_far.lost,
        ]);
        self.levels.extend(integrals.iter().zip(&self.integrals).map(|(now, before)| now - before));
        self.integrals.copy_from_slice(integrals);
        self.so_far = passed;
        self.now = now;
        if self.end.is_none() && self.widths.len() == MOST_CELLS {
            self.fold();
        }
    }

    /// Two cells become one.
    fn fold(&mut self) {
        self.step = self.step + self.step;
        self.widths =
            self.widths.chunks(2).map(|pair| pair.iter().fold(Span::ZERO, |sum, &width| sum + width)).collect();
        self.flows = self
            .flows
            .chunks(2)
            .map(|pair| pair.iter().fold([0; 3], |sum, cell| [sum[0] + cell[0], sum[1] + cell[1], sum[2] + cell[2]]))
            .collect();
        if self.gauges > 0 {
            let rows: Vec<&[u128]> = self.levels.chunks(self.gauges).collect();
            let folded = rows.chunks(2).flat_map(|pair| {
                let second = pair.get(1);
                (0..pair[0].len()).map(move |gauge| pair[0][gauge] + second.map_or(0, |row| row[gauge]))
            });
            self.levels = folded.collect();
        }
    }

    /// Adds another replication's grid of the same scenario. One that was over sooner counts as empty afterwards.
    pub fn add(&mut self, other: &Grid) {
        let mut other = other.clone();
        self.coarsen(other.step);
        other.coarsen(self.step);
        if self.widths.len() < other.widths.len() {
            std::mem::swap(self, &mut other);
        }
        for (mine, theirs) in self.widths.iter_mut().zip(&other.widths) {
            *mine = (*mine).max(*theirs);
        }
        for (mine, theirs) in self.flows.iter_mut().zip(&other.flows) {
            for (mine, theirs) in mine.iter_mut().zip(theirs) {
                *mine += theirs;
            }
        }
        for (mine, theirs) in self.levels.iter_mut().zip(&other.levels) {
            *mine += theirs;
        }
        self.runs += other.runs;
    }

    /// Folds cells until they are at least so long.
    pub fn coarsen(&mut self, step: Span) {
        while self.step < step {
            self.fold();
        }
    }

    /// The cells' step.
    pub fn step(&self) -> Span {
        self.step
    }

    /// How many cells there are.
    pub fn cells(&self) -> usize {
        self.widths.len()
    }

    /// Events a second in each cell, the mean of the replications; `flow` counts in [`FLOWS`].
    pub fn rates(&self, flow: usize) -> Vec<f64> {
        let cells = self.flows.iter().zip(&self.widths);
        cells.map(|(cell, width)| cell[flow] as f64 * SECOND as f64 / self.weight(*width)).collect()
    }

    /// A gauge's mean level in each cell, the mean of the replications.
    pub fn levels(&self, gauge: usize) -> Vec<f64> {
        let rows = self.levels.chunks(self.gauges.max(1)).zip(&self.widths);
        rows.map(|(row, width)| row[gauge] as f64 / self.weight(*width)).collect()
    }

    /// Arrivals, and those of them that stayed: arrivals less completions less losses, between two cells.
    pub fn stayed(&self, from: usize, to: usize) -> (u64, i128) {
        let mut sums = [0u64; 3];
        for cell in &self.flows[from..to] {
            for (sum, count) in sums.iter_mut().zip(cell) {
                *sum += count;
            }
        }
        (sums[0], i128::from(sums[0]) - i128::from(sums[1]) - i128::from(sums[2]))
    }

    /// How many more are inside each second, over the last two thirds.
    pub fn growth(&self) -> f64 {
        let third = self.cells() / 3;
        let (_, stayed) = self.stayed(third, self.cells());
        let time: f64 = self.widths[third..].iter().map(|width| width.seconds()).sum();
        if time > 0.0 { stayed as f64 / (time * f64::from(self.runs)) } else { 0.0 }
    }

    fn weight(&self, width: Span) -> f64 {
        width.nanos() as f64 * f64::from(self.runs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(at: u64) -> SimTime {
        SimTime::from_nanos(at * SECOND)
    }

    fn passed(born: u64, completed: u64) -> Passed {
        Passed { born, completed, lost: 0 }
    }

    /// Two cells of 10 s and a short one of 5 s. The one gauge stands at 2, then at 4, then at 6.
    #[test]
    fn cells_hold_differences_and_the_last_may_be_short() {
        let mut grid = Grid::of_length(Span::from_secs(25), Some(Span::from_secs(10)), 1);
        let level = |sum: u128| [sum * u128::from(SECOND)];
        assert_eq!(grid.next(), second(10));
        grid.close(grid.next(), passed(30, 10), &level(20));
        grid.close(grid.next(), passed(30, 30), &level(60));
        assert_eq!(grid.next(), second(25));
        grid.close(grid.next(), passed(35, 30), &level(90));
        assert_eq!(grid.levels(0), [2.0, 4.0, 6.0]);
        assert_eq!(grid.rates(0), [3.0, 0.0, 1.0]);
        assert_eq!(grid.rates(1), [1.0, 2.0, 0.0]);
        assert_eq!(grid.stayed(1, 3), (5, -15));
    }

    #[test]
    fn a_step_that_is_too_fine_is_made_coarser() {
        let grid = Grid::of_length(Span::from_secs(86_400), Some(Span::from_secs(1)), 0);
        assert_eq!(grid.step().nanos(), 43_200_000_000);
        assert_eq!(Grid::of_length(Span::from_secs(28_800), None, 0).step(), Span::from_secs(60));
    }

    /// After 2,000 cells of a second there are 1,000 of two, and what they hold is the same.
    #[test]
    fn a_grid_without_an_end_doubles_its_step_when_full() {
        let mut grid = Grid::growing(Span::from_secs(1), 1);
        for n in 1..=2_001u64 {
            grid.close(grid.next(), passed(n, 0), &[3 * u128::from(n * SECOND)]);
        }
        assert_eq!((grid.cells(), grid.step()), (1_001, Span::from_secs(2)));
        let levels = grid.levels(0);
        assert!(levels[..1_000].iter().all(|&level| level == 3.0), "a level of 3 stays a level of 3");
        assert_eq!(grid.rates(0)[999], 1.0);
    }

    /// One replication runs for 4 s, the other for 2 s: in the second half the mean is half of the first one's.
    #[test]
    fn a_replication_that_is_over_counts_as_empty() {
        let run = |cells: u64| {
            let mut grid = Grid::growing(Span::from_secs(2), 1);
            for n in 1..=cells {
                grid.close(grid.next(), passed(2 * n, 2 * n), &[u128::from(2 * n * SECOND)]);
            }
            grid
        };
        let (mut there, mut back) = (run(2), run(1));
        there.add(&run(1));
        back.add(&run(2));
        assert_eq!(there.levels(0), [1.0, 0.5]);
        assert_eq!(there.rates(0), [1.0, 0.5]);
        assert_eq!((there.levels(0), there.rates(1)), (back.levels(0), back.rates(1)), "in any order");
    }

    #[test]
    fn grids_of_different_steps_are_added_on_the_coarser() {
        let run = |step: u64, cells: u64| {
            let mut grid = Grid::growing(Span::from_secs(step), 1);
            for _ in 0..cells {
                let now = grid.next();
                grid.close(now, passed(now.nanos() / SECOND, 0), &[u128::from(now.nanos())]);
            }
            grid
        };
        let mut sum = run(1, 3);
        sum.add(&run(2, 2));
        assert_eq!((sum.step(), sum.cells()), (Span::from_secs(2), 2));
        assert_eq!(sum.rates(0), [1.0, 3.0 / 4.0], "the first was over after 3 s");
    }
}
