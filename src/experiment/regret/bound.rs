//! What the cheapest fleet costs at the least that knows all arrivals beforehand.
//!
//! A fleet is a number of machines over time. Each machine that is started is paid for while it boots, and then until it is let
//! go. Whoever knows the future chooses when machines come and go, and which job is served when; all that is asked is that
//! each job has its work between its release and its due time, one slot at a time, and that machines have the slots.
//! Finding the cheapest such fleet is hard; three relaxations of it are not, and the greatest of their costs is what
//! no fleet is below:
//!
//! - [`fluid`](super::fluid): work is a fluid that any number of machines may share. What counts is how much of it is done
//!   when, and a linear programme finds the cheapest fleet for that, with fractions of machines.
//! - [`levels`](super::levels): jobs whose windows leave no choice need their slots; whole machines, each level of which
//!   idles through a gap or is let go and boots again.
//! - [`visits`](super::visits): somebody must be there within each window, be it one machine alone.

use super::curves::{Curve, mandatory};
use super::{fluid, levels, visits};

/// The share that is taken off each bound, far above what rounding adds to it.
const ROUNDING: f64 = 1e-9;

/// A stay that somebody needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Job {
    /// Whose: jobs of one number are of one request.
    pub request: u32,
    /// Not before (seconds since the start).
    pub release: f64,
    /// What it needs of a slot (seconds).
    pub work: f64,
    /// What a slot is of a machine; above 0.
    pub share: f64,
}

/// Until when jobs must be done, and how many requests may be an exception.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Demand {
    /// By job (seconds since the start); infinite where it may be done whenever.
    pub due: Vec<f64>,
    /// So many requests need not meet it.
    pub exempt: usize,
}

/// What a fleet is for, and what machines cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Up to when machines are paid for (seconds since the start).
    pub end: f64,
    /// Paid for before a machine serves (seconds).
    pub boot: f64,
    /// The shortest time that is paid for, its boot included (seconds).
    pub minimum: f64,
    /// Whether machines that are there from the start on need no boot.
    pub ready_at_start: bool,
    /// Whether a job may be interrupted and go on later.
    pub interrupts: bool,
    /// Whether all machines have as many slots, so that nobody has a smaller one.
    pub whole: bool,
    /// What must be done.
    pub jobs: Vec<Job>,
    /// When; all of them hold.
    pub demands: Vec<Demand>,
}

/// A cost that no fleet is below, in machine-seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bound {
    /// All of it: the sum of the others.
    pub total: f64,
    /// Slots at work.
    pub work: f64,
    /// Boots, and what minimums add.
    pub boots: f64,
    /// Slots that wait for work.
    pub idle: f64,
}

/// What no fleet is below.
pub fn bound(problem: &Problem) -> Bound {
    in_steps(problem, (problem.end / fluid::step(problem.end)).ceil() as usize)
}

/// The same, where work as a fluid is looked at in so many steps: the more, the higher.
pub(super) fn in_steps(problem: &Problem, steps: usize) -> Bound {
    let must = problem.demands.iter().map(|demand| Must::of(problem, demand)).collect::<Vec<_>>();
    let mut best = fluid::bound(problem, &must, steps);
    for (demand, must) in problem.demands.iter().zip(&must).filter(|_| problem.whole) {
        for (total, boots) in [levels::bound(problem, must), visits::bound(problem, demand, must)] {
            let total = total * (1.0 - ROUNDING);
            if total > best.total {
                let work = best.work.min(total);
                let boots = boots.min(total - work);
                best = Bound { total, work, boots, idle: total - work - boots };
            }
        }
    }
    best
}

/// What a demand asks for, read for the relaxations.
pub(super) struct Must {
    /// When each job must be done (seconds since the start): never sooner than it can be.
    pub due: Vec<f64>,
    /// What must be done until when, in machine-seconds, whoever is exempt.
    pub work: Curve,
    /// The most work (machine-seconds) that those who are exempt bring.
    pub exempt_work: f64,
    /// The most jobs that they are.
    pub exempt_jobs: usize,
    /// How many machines jobs need that have no choice, less those who may be exempt.
    pub machines: Curve,
}

impl Must {
    fn of(problem: &Problem, demand: &Demand) -> Must {
        let jobs = || problem.jobs.iter().zip(&demand.due);
        let due: Vec<f64> = jobs().map(|(job, &due)| due.max(job.release + job.work)).collect();
        let (exempt_work, exempt_jobs) = exempt(problem, demand);
        let slots = problem.jobs.iter().map(|job| job.share).fold(0.0, f64::max) * exempt_jobs as f64;
        let work = Curve::of_due(problem.jobs.iter().zip(due.iter().copied()), problem.end);
        let machines = mandatory(problem, &due, slots);
        Must { due, work, exempt_work, exempt_jobs, machines }
    }
}

/// The most work and the most jobs that so many requests bring.
fn exempt(problem: &Problem, demand: &Demand) -> (f64, usize) {
    if demand.exempt == 0 {
        return (0.0, 0);
    }
    let mut bring: Vec<(f64, usize)> = Vec::new();
    for (job, due) in problem.jobs.iter().zip(&demand.due).filter(|(_, due)| due.is_finite()) {
        let place = job.request as usize;
        debug_assert!(!due.is_nan(), "a due time is a number");
        if bring.len() <= place {
            bring.resize(place + 1, (0.0, 0));
        }
        bring[place].0 += job.work * job.share;
        bring[place].1 += 1;
    }
    let most = |bring: &mut Vec<(f64, usize)>, by: fn(&(f64, usize), &(f64, usize)) -> std::cmp::Ordering| {
        bring.sort_unstable_by(|one, other| by(other, one));
        bring.truncate(demand.exempt.min(bring.len()));
        bring.clone()
    };
    let work = most(&mut bring.clone(), |one, other| one.0.total_cmp(&other.0)).iter().map(|of| of.0).sum();
    let jobs = most(&mut bring, |one, other| one.1.cmp(&other.1)).iter().map(|of| of.1).sum();
    (work, jobs)
}

#[cfg(test)]
mod tests;
