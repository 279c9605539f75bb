//! The cheapest single machine that is there at some instant of each of many windows: exact.
//!
//! A job's first moment of work lies between its release and the last instant at which it can begin, its last moment
//! between the first instant at which it can be over and its due time; some machine serves then. Where several requests may
//! be an exception, windows are put together so that few of them can be missed.

use super::bound::{Demand, Must, Problem};

/// How many requests are put together in one window.
const TOGETHER: [usize; 6] = [1, 4, 16, 64, 256, 1024];

/// What that costs at the least, and the boots of it (machine-seconds).
pub(super) fn bound(problem: &Problem, demand: &Demand, must: &Must) -> (f64, f64) {
    let start = |job: usize| (problem.jobs[job].release, must.due[job] - problem.jobs[job].work);
    let end = |job: usize| (problem.jobs[job].release + problem.jobs[job].work, must.due[job]);
    let in_time = |&job: &usize| must.due[job] <= problem.end && demand.due[job].is_finite();
    let mut jobs: Vec<usize> = (0..problem.jobs.len()).filter(in_time).collect();
    if must.exempt_jobs == 0 {
        let windows = jobs.iter().flat_map(|&job| [start(job), end(job)]).collect();
        return visits(problem, windows);
    }
    jobs.sort_unstable_by(|&one, &other| start(one).0.total_cmp(&start(other).0));
    let mut best = (0.0, 0.0);
    for together in TOGETHER.into_iter().filter(|&together| together <= jobs.len()) {
        // Whoever is exempt can empty so many windows, each of which costs no more than a start of its own.
        let missed = must.exempt_jobs / together;
        let window = |jobs: &[usize]| {
            let whole = |(from, to): (f64, f64), &job: &usize| (from.min(start(job).0), to.max(start(job).1));
            jobs.iter().fold((f64::INFINITY, f64::NEG_INFINITY), whole)
        };
        let windows: Vec<(f64, f64)> = jobs.chunks_exact(together).map(window).collect();
        let (total, boots) = visits(problem, windows);
        let without = total - missed as f64 * problem.boot.max(problem.minimum);
        if without > best.0 {
            best = (without, boots.min(without));
        }
    }
    best
}

/// A machine over time, looked at from the last window back.
struct Course<'a> {
    problem: &'a Problem,
    /// Instants at which a window opens or closes.
    times: Vec<f64>,
    /// What is still to be paid from each of them on by a machine that is there, and the boots of it.
    costs: Vec<(f64, f64)>,
    /// The same where that machine goes at once.
    goes: Vec<(f64, f64)>,
}

impl Course<'_> {
    /// What a machine that is there at `at` still costs.
    fn on(&self, at: f64) -> (f64, f64) {
        let place = self.times.partition_point(|&time| time < at);
        let Some(&time) = self.times.get(place) else { return (0.0, 0.0) };
        let (cost, boots) = self.costs[place];
        match place.checked_sub(1).filter(|_| time > at) {
            None => (cost, boots),
            Some(before) => less((time - at + cost, boots), self.goes[before]),
        }
    }

    /// What a machine costs that first serves at `at`, its boot included.
    fn start(&self, at: f64) -> (f64, f64) {
        let paid = self.problem.boot.max(self.problem.minimum);
        let (cost, boots) = self.on(at + paid - self.problem.boot);
        (paid + cost, paid + boots)
    }
}

fn less(one: (f64, f64), other: (f64, f64)) -> (f64, f64) {
    if other.0 < one.0 { other } else { one }
}

/// The cheapest machine that is there at some instant of each window: what it costs, and the boots of it.
fn visits(problem: &Problem, mut windows: Vec<(f64, f64)>) -> (f64, f64) {
    if windows.is_empty() {
        return (0.0, 0.0);
    }
    windows.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
    let mut times: Vec<f64> = windows.iter().flat_map(|&(from, to)| [from, to]).collect();
    times.push(0.0);
    times.sort_unstable_by(f64::total_cmp);
    times.dedup();
    // The first end of all windows that open after each instant; infinite behind the last.
    let mut next = vec![f64::INFINITY; times.len()];
    let (mut first, mut behind) = (f64::INFINITY, windows.len());
    for (place, &time) in times.iter().enumerate().rev() {
        while behind > 0 && windows[behind - 1].0 > time {
            behind -= 1;
            first = first.min(windows[behind].1);
        }
        next[place] = first;
    }
    let first = windows.iter().map(|window| window.1).fold(f64::INFINITY, f64::min);
    let nothing = vec![(0.0, 0.0); times.len()];
    let mut course = Course { problem, times, costs: nothing.clone(), goes: nothing };
    for place in (0..course.times.len()).rev().filter(|&place| next[place].is_finite()) {
        let after = place + 1;
        let (cost, boots) = course.costs[after];
        let stays = (course.times[after] - course.times[place] + cost, boots);
        course.goes[place] = course.start(next[place]);
        course.costs[place] = less(stays, course.goes[place]);
    }
    let started = course.start(first);
    if !problem.ready_at_start {
        return started;
    }
    // One that is there at the start has its minimum, too, but no boot.
    let (cost, boots) = course.on(0.0);
    less(started, (cost.max(problem.minimum.min(problem.end)), boots))
}
