//! The cheapest fleet, fractions of machines allowed, where work is a fluid: a linear programme in steps of time.
//!
//! Over each step there are as many machines as in the mean. What is done by the end of a step is no more than had been
//! released, and no less than was due; what is done in a step is no more than its machines can do; each rise of their
//! number is paid with a boot, minimums aside. Within a step nothing is asked, so that long steps make the bound lower, never
//! wrong.
//!
//! A solver finds prices for work, step by step, and what it says of the cost is not believed: from its prices, made so low
//! that no machine earns more than it costs whenever it comes and goes, follows what each piece of work costs at the least
//! in the steps in which it may be done. That is a bound whatever the prices are (weak duality).

use std::collections::VecDeque;

use clarabel::algebra::CscMatrix;
use clarabel::solver::{DefaultSettings, DefaultSolver, IPSolver, SupportedConeT};

use super::bound::{Bound, Must, Problem};
use super::curves::Curve;

/// The most steps.
const STEPS: usize = 1_440;

/// Steps that people use, in seconds; beyond, whole hours.
const GRIDS: [f64; 12] = [0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0];

/// The share that is taken off, far above what rounding adds.
const ROUNDING: f64 = 1e-9;

/// The length of a step (seconds).
pub fn step(end: f64) -> f64 {
    let fits = |&grid: &f64| end <= grid * STEPS as f64;
    GRIDS.into_iter().find(fits).unwrap_or_else(|| (end / STEPS as f64 / 3_600.0).ceil() * 3_600.0)
}

/// The programme: times in steps, work in machine-steps.
struct Programme {
    boot: f64,
    ready_at_start: bool,
    /// By step, what may be done by its end, and what must be.
    released: Vec<f64>,
    due: Vec<f64>,
    /// By step, the least machines in the mean.
    machines: Vec<f64>,
}

/// Prices of a machine-step, step by step.
struct Prices {
    /// For work.
    work: Vec<f64>,
    /// For machines that are needed whatever work there is.
    machines: Vec<f64>,
}

/// What no fleet is below, looked at in so many steps.
pub(super) fn bound(problem: &Problem, must: &[Must], steps: usize) -> Bound {
    if steps == 0 || problem.jobs.is_empty() {
        return Bound::default();
    }
    let length = problem.end / steps as f64;
    let programme = Programme::of(problem, must, steps, length);
    let (prices, boots) = programme.solve();
    let prices = programme.fair(prices);
    let work = programme.due.last().copied().unwrap_or_default();
    let found = programme.value(&prices);
    // No fraction of a machine is ever started: somebody boots where there is work, and all of it takes its time.
    let once = if work > 0.0 && !programme.ready_at_start { programme.boot } else { 0.0 };
    let (total, boots) = if work + once > found { (work + once, once) } else { (found, boots) };
    let total = (total * (1.0 - ROUNDING)).max(0.0);
    let work = work.min(total);
    let boots = boots.clamp(0.0, total - work);
    let idle = total - work - boots;
    Bound { total: total * length, work: work * length, boots: boots * length, idle: idle * length }
}

impl Programme {
    fn of(problem: &Problem, must: &[Must], steps: usize, length: f64) -> Programme {
        let mut released = Curve::of_release(&problem.jobs, problem.end).at_ends(length, steps);
        let (mut due, mut machines) = (vec![0.0; steps], vec![0.0; steps]);
        let higher =
            |all: &mut Vec<f64>, more: Vec<f64>| all.iter_mut().zip(more).for_each(|(one, more)| *one = one.max(more));
        for must in must {
            let work =
                must.work.at_ends(length, steps).into_iter().map(|work| (work - must.exempt_work).max(0.0) / length);
            higher(&mut due, work.collect());
            higher(&mut machines, must.machines.means(length, steps));
        }
        released.iter_mut().for_each(|work| *work /= length);
        higher(&mut released, due.clone());
        Programme { boot: problem.boot / length, ready_at_start: problem.ready_at_start, released, due, machines }
    }

    fn steps(&self) -> usize {
        self.due.len()
    }

    /// Prices as the solver finds them, or none; and what its fleet pays for boots.
    fn solve(&self) -> (Prices, f64) {
        let steps = self.steps();
        // Columns: machines in the mean, rises until then, and work done until then.
        let (machines, rises, done) = (|step: usize| step, |step: usize| steps + step, |step: usize| 2 * steps + step);
        let mut rows = Rows::default();
        for step in 0..steps {
            let before = step.checked_sub(1);
            rows.starts.push(rows.limits.len());
            // More is never done in a step than its machines can do, …
            let less = before.map(|before| (done(before), -1.0));
            rows.at_most(&[Some((done(step), 1.0)), Some((machines(step), -1.0)), less], 0.0);
            rows.at_most(&[Some((machines(step), -1.0))], -self.machines[step]);
            rows.at_most(&[Some((done(step), 1.0))], self.released[step]);
            rows.at_most(&[Some((done(step), -1.0))], -self.due[step]);
            // … and each rise is paid.
            let risen = before.map(|before| (rises(before), 1.0));
            rows.at_most(&[Some((rises(step), -1.0)), risen], 0.0);
            if before.is_some() || !self.ready_at_start {
                let less = before.map(|before| (machines(before), -1.0));
                rows.at_most(&[Some((machines(step), 1.0)), less, Some((rises(step), -1.0)), risen], 0.0);
            }
        }
        let mut costs = vec![0.0; 3 * steps];
        costs[..steps].fill(1.0);
        costs[rises(steps - 1)] = self.boot;
        let asked = rows.limits.len();
        let matrix = CscMatrix::new_from_triplets(asked, 3 * steps, rows.at, rows.columns, rows.values);
        let none = CscMatrix::zeros((3 * steps, 3 * steps));
        let settings = DefaultSettings { verbose: false, max_iter: 200, ..DefaultSettings::default() };
        let cones = [SupportedConeT::NonnegativeConeT(asked)];
        let Ok(mut solver) = DefaultSolver::new(&none, &costs, &matrix, &rows.limits, &cones, settings) else {
            return (Prices { work: vec![0.0; steps], machines: vec![0.0; steps] }, 0.0);
        };
        solver.solve();
        // Whatever it found: prices that are wrong make the bound lower.
        let sound = |value: f64| if value.is_finite() { value.max(0.0) } else { 0.0 };
        let price = |behind: usize| rows.starts.iter().map(|&row| sound(solver.solution.z[row + behind])).collect();
        let boots = self.boot * sound(solver.solution.x[rises(steps - 1)]);
        (Prices { work: price(0), machines: price(1) }, boots)
    }

    /// Prices so low that no machine earns more than it costs, whenever it comes and goes: from `a` to `b` no more than
    /// boot + `b` − `a`, also within a step, as earnings are straight there.
    fn fair(&self, mut prices: Prices) -> Prices {
        // What was earned so far, and the least of what was earned beyond the time that it took.
        let (mut earned, mut low) = (0.0, 0.0_f64);
        for step in 0..self.steps() {
            let end = (step + 1) as f64;
            low = low.min(earned - step as f64);
            let limit = low + self.boot + end;
            let limit = if self.ready_at_start { limit.min(end) } else { limit };
            let room = (limit - earned).max(0.0);
            prices.work[step] = prices.work[step].min(room);
            prices.machines[step] = prices.machines[step].min(room - prices.work[step]);
            earned += prices.work[step] + prices.machines[step];
        }
        prices
    }

    /// What all work and all machines that are needed cost at the least at these prices.
    fn value(&self, prices: &Prices) -> f64 {
        let machines: f64 = prices.machines.iter().zip(&self.machines).map(|(price, least)| price * least).sum();
        machines + self.work(&prices.work)
    }

    /// What work costs at the least: each piece of it is done at the cheapest step between the one in which it is released
    /// and the one at whose end it is due.
    fn work(&self, prices: &[f64]) -> f64 {
        let (mut from, mut to, mut done, mut total) = (0, 0, 0.0, 0.0);
        let mut cheapest: VecDeque<usize> = VecDeque::new();
        let mut entered = 0;
        let all = self.due.last().copied().unwrap_or_default();
        while done < all {
            while self.released.get(from).is_some_and(|&released| released <= done) {
                from += 1;
            }
            while self.due.get(to).is_some_and(|&due| due <= done) {
                to += 1;
            }
            let (Some(&released), Some(&due)) = (self.released.get(from), self.due.get(to)) else { break };
            while entered <= to {
                while cheapest.back().is_some_and(|&step| prices[step] >= prices[entered]) {
                    cheapest.pop_back();
                }
                cheapest.push_back(entered);
                entered += 1;
            }
            while cheapest.front().is_some_and(|&step| step < from) {
                cheapest.pop_front();
            }
            let until = released.min(due);
            total += (until - done) * cheapest.front().map_or(0.0, |&step| prices[step]);
            done = until;
        }
        total
    }
}

/// Rows of the programme: sums that are at most a limit.
#[derive(Default)]
struct Rows {
    at: Vec<usize>,
    columns: Vec<usize>,
    values: Vec<f64>,
    limits: Vec<f64>,
    /// The first row of each step.
    starts: Vec<usize>,
}

impl Rows {
    fn at_most(&mut self, terms: &[Option<(usize, f64)>], limit: f64) {
        for &(column, value) in terms.iter().flatten() {
            self.at.push(self.limits.len());
            self.columns.push(column);
            self.values.push(value);
        }
        self.limits.push(limit);
    }
}
