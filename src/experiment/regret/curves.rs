//! Sums over jobs as functions of time.

use super::bound::{Job, Problem};

/// What rounding may add to a number of machines.
const HAIR: f64 = 1e-9;

/// A function of time from 0 on that is straight between corners.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// Corners: an instant (seconds), the value from there on, and its slope; by instant.
    corners: Vec<(f64, f64, f64)>,
}

impl Curve {
    /// All work that can be done by then, in machine-seconds: each job's from its release on, one slot at a time.
    pub fn of_release(jobs: &[Job], end: f64) -> Curve {
        let ramps = jobs.iter().map(|job| (job.release, job.release + job.work, job.share));
        Curve::of_ramps(ramps, end)
    }

    /// All work that must be done by then: each job's so late that one slot has just the time to end it.
    pub fn of_due<'a>(jobs: impl Iterator<Item = (&'a Job, f64)>, end: f64) -> Curve {
        let ramps = jobs.filter(|(_, due)| due.is_finite()).map(|(job, due)| (due - job.work, due, job.share));
        Curve::of_ramps(ramps, end)
    }

    /// A sum of lines that rise from one instant to another with a slope.
    fn of_ramps(ramps: impl Iterator<Item = (f64, f64, f64)>, end: f64) -> Curve {
        let mut bends: Vec<(f64, f64)> = Vec::new();
        for (from, to, slope) in ramps.filter(|(from, to, _)| from < to && *from < end) {
            bends.push((from.max(0.0), slope));
            bends.push((to, -slope));
        }
        bends.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
        let (mut at, mut value, mut slope) = (0.0, 0.0, 0.0);
        let mut corners = vec![(0.0, 0.0, 0.0)];
        for (time, bend) in bends {
            value += slope * (time - at);
            slope += bend;
            at = time;
            put(&mut corners, (at, value, slope));
        }
        Curve { corners }
    }

    /// The values at the ends of so many steps.
    pub fn at_ends(&self, step: f64, steps: usize) -> Vec<f64> {
        let mut place = 0;
        let at = |number: usize| {
            let time = step * (number + 1) as f64;
            while self.corners.get(place + 1).is_some_and(|corner| corner.0 <= time) {
                place += 1;
            }
            self.corners.get(place).map_or(0.0, |&(from, value, slope)| value + slope * (time - from))
        };
        (0..steps).map(at).collect()
    }

    /// The means over so many steps, where this is straight and level between corners.
    pub fn means(&self, step: f64, steps: usize) -> Vec<f64> {
        let mut means = vec![0.0; steps];
        for (place, &(from, value, _)) in self.corners.iter().enumerate() {
            let to = self.corners.get(place + 1).map_or(f64::INFINITY, |next| next.0).min(step * steps as f64);
            let mut at = from;
            while value > 0.0 && at < to {
                let number = ((at / step + HAIR) as usize).min(steps - 1);
                let until = (step * (number + 1) as f64).min(to);
                means[number] += value * (until - at).max(0.0) / step;
                if until <= at {
                    break;
                }
                at = until;
            }
        }
        means
    }

    /// The corners: an instant (seconds) and the value from there on.
    pub fn corners(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.corners.iter().map(|&(at, value, _)| (at, value))
    }
}

/// Adds a corner; of several at one instant the last one holds.
fn put(corners: &mut Vec<(f64, f64, f64)>, corner: (f64, f64, f64)) {
    match corners.last_mut() {
        Some(last) if last.0 == corner.0 => *last = corner,
        _ => corners.push(corner),
    }
}

/// Instants are whole nanoseconds: what is nearer to each other, in seconds, is one instant.
const BLUR: f64 = 1e-9;

/// How many machines, whole ones where none is smaller, are needed at the least by those who have no choice: a job that is not
/// interrupted is at work whenever it can no more be ended already and can no more begin later. `exempt` machines' worth of
/// slots may be an exception.
pub fn mandatory(problem: &Problem, due: &[f64], exempt: f64) -> Curve {
    let mut changes: Vec<(f64, f64)> = Vec::new();
    for (job, &due) in problem.jobs.iter().zip(due).filter(|(_, due)| due.is_finite()) {
        // Who ends in the instant in which another begins is not beside him, however seconds are rounded.
        let (from, to) = (due - job.work + BLUR, job.release + job.work - BLUR);
        let slack = due - job.release - job.work;
        if from < to && from < problem.end && (!problem.interrupts || slack <= 0.0) {
            changes.push((from.max(0.0), job.share));
            changes.push((to.min(problem.end), -job.share));
        }
    }
    changes.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
    let mut corners = vec![(0.0, 0.0, 0.0)];
    let mut share = 0.0;
    for (at, change) in changes {
        share += change;
        let needed = (share - exempt - HAIR).max(0.0);
        put(&mut corners, (at, if problem.whole { needed.ceil() } else { needed }, 0.0));
    }
    corners.dedup_by(|later, earlier| later.1 == earlier.1);
    Curve { corners }
}
