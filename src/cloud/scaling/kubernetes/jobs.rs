//! KEDA's `ScaledJob`: how many jobs are created for what waits.

use std::fmt;

use crate::cloud::scaling::kubernetes::why::Why;
use crate::cloud::scaling::metric::Metric;
use crate::ground::time::Span;

/// A `ScaledJob`.
#[derive(Clone, Debug, PartialEq)]
pub struct Jobs {
    /// At least so many that are not finished.
    pub min: u32,
    /// At most so many; 100 documented.
    pub max: u32,
    /// From one look to the next; 30 s documented.
    pub poll: Span,
    /// What it goes by.
    pub triggers: Vec<JobTrigger>,
    /// What several triggers amount to.
    pub sum: Sum,
    /// How many are created.
    pub strategy: Strategy,
    /// How long a job looks for a message before it ends without one; `None`: until it finds one.
    pub patience: Option<Span>,
}

/// What a `ScaledJob` goes by.
#[derive(Clone, Debug, PartialEq)]
pub struct JobTrigger {
    /// What is read.
    pub metric: Metric,
    /// For one job, in thousandths; above 0.
    pub target: i64,
    /// It is active above this, in thousandths.
    pub activation: i64,
}

/// What several triggers amount to (`multipleScalersCalculation`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sum {
    /// The active one with the longest queue.
    #[default]
    Max,
    /// The active one with the shortest.
    Min,
    /// The mean of the active ones.
    Avg,
    /// All active ones together.
    Sum,
}

/// How many jobs are created (`scalingStrategy`).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Strategy {
    /// As many as the queue asks for, less those that run: for queues whose length counts what is worked on.
    #[default]
    Default,
    /// Those that run are not taken off, as long as there is room: for queues whose length does not count them.
    Accurate,
    /// As many as there is room for.
    Eager,
    /// Less a number and less a share of those that run.
    Custom {
        /// Taken off in any case.
        deduct: u32,
        /// The share of those that run that is taken off; from 0.
        running: f64,
    },
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Strategy::Default => "default",
            Strategy::Accurate => "accurate",
            Strategy::Eager => "eager",
            Strategy::Custom { .. } => "custom",
        })
    }
}

/// What a `ScaledJob` sees at a look.
#[derive(Clone, Copy, Debug)]
pub struct JobsSeen<'a> {
    /// What each trigger reads, in thousandths; `None`: it can't be read.
    pub lengths: &'a [Option<i64>],
    /// Jobs that are not finished.
    pub unfinished: u32,
    /// Those of them whose pod does not run yet.
    pub pending: u32,
}

/// What a queue asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Length {
    /// Whether anything is asked for.
    pub active: bool,
    /// Its length, a part of one counting as a whole.
    pub queue: i64,
    /// Jobs for it, at most as many as there may be.
    pub jobs: i64,
}

/// All that the triggers amount to, and what can't be read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Combined {
    /// What is asked for.
    pub length: Length,
    /// Whether a trigger can't be read.
    pub unreadable: bool,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Created {
    /// Jobs that are created.
    pub jobs: u32,
    /// For how many the strategy leaves room; it may be less than 0.
    pub room: i64,
    /// Why.
    pub why: Why,
}

impl Jobs {
    /// From one look to the next (`pollingInterval`).
    pub const POLL: Span = Span::from_secs(30);
    /// At most so many (`maxReplicaCount`).
    pub const MAX: u32 = 100;

    /// What the triggers amount to.
    pub fn combine(&self, lengths: &[Option<i64>]) -> Combined {
        let read = self.triggers.iter().zip(lengths);
        let mut active = Vec::with_capacity(lengths.len());
        for (trigger, length) in read {
            if let Some(length) = length.filter(|length| *length > trigger.activation) {
                let jobs = (length as f64 / trigger.target as f64).min(f64::from(self.max));
                active.push((length as f64 / 1e3, jobs));
            }
        }
        let all = |of: &dyn Fn(&(f64, f64)) -> f64| active.iter().map(of).sum::<f64>();
        let count = active.len().max(1) as f64;
        let by_length = |a: &&(f64, f64), b: &&(f64, f64)| a.0.total_cmp(&b.0);
        let (queue, jobs) = match self.sum {
            Sum::Max => active.iter().rev().max_by(by_length).copied().unwrap_or_default(),
            Sum::Min => active.iter().min_by(by_length).copied().unwrap_or_default(),
            Sum::Avg => (all(&|one| one.0) / count, all(&|one| one.1) / count),
            Sum::Sum => (all(&|one| one.0), all(&|one| one.1)),
        };
        let jobs = jobs.min(f64::from(self.max)).ceil() as i64;
        let length = Length { active: !active.is_empty() || self.min > 0, queue: queue.ceil() as i64, jobs };
        Combined { length, unreadable: lengths.iter().any(Option::is_none) }
    }

    /// The jobs that are created at a look.
    pub fn look(&self, seen: &JobsSeen<'_>) -> Created {
        let combined = self.combine(seen.lengths);
        if combined.unreadable && !combined.length.active {
            return Created { jobs: 0, room: 0, why: Why::Unreadable };
        }
        self.create(combined.length, seen.unfinished, seen.pending)
    }

    /// The jobs that are created for a queue.
    ///
    /// KEDA documentation, *Scaling Jobs*: by the strategy, from the jobs that run beyond the minimum; where fewer than
    /// the minimum run, the difference.
    pub fn create(&self, length: Length, unfinished: u32, pending: u32) -> Created {
        let (min, max) = (i64::from(self.min), i64::from(self.max));
        let (running, pending) = (i64::from(unfinished) - min, i64::from(pending));
        if !length.active {
            return Created { jobs: 0, room: 0, why: Why::NothingToDo };
        }
        if running < 0 {
            let jobs = u32::try_from(-running).unwrap_or(u32::MAX);
            return Created { jobs, room: -running, why: Why::BelowMin { min: self.min } };
        }
        let most = length.jobs;
        let (room, wanted) = match self.strategy {
            Strategy::Default => (most - running, length.queue),
            Strategy::Accurate if most + running - pending > max => (max - running, length.queue),
            Strategy::Accurate => (most - pending, length.queue),
            Strategy::Eager => ((max - running - pending).min(most), max),
            Strategy::Custom { deduct, running: share } => {
                let taken = (running as f64 * share) as i64;
                ((most - i64::from(deduct) - taken).min(max), length.queue)
            }
        };
        let jobs = u32::try_from(room.min(wanted).max(0)).unwrap_or(u32::MAX);
        let why = Why::Room { strategy: self.strategy, most, running, pending, room };
        Created { jobs, room, why }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::scaling::metric::Reading;
    use crate::cloud::topology::NodeId;

    fn jobs(strategy: Strategy, targets: &[i64]) -> Jobs {
        let metric = Metric { what: Reading::Backlog, of: NodeId(0) };
        let of = |&target| JobTrigger { metric: metric.clone(), target: target * 1_000, activation: 0 };
        let triggers = targets.iter().map(of).collect();
        Jobs { min: 0, max: 100, poll: Jobs::POLL, triggers, sum: Sum::Max, strategy, patience: None }
    }

    fn created(jobs: &Jobs, queue: i64, unfinished: u32, pending: u32) -> u32 {
        jobs.look(&JobsSeen { lengths: &[Some(queue * 1_000)], unfinished, pending }).jobs
    }

    /// Facts on worked values: q = 20, target 1, max 100, running 8, pending 3.
    #[test]
    fn each_strategy_creates_as_many_as_its_formula_says() {
        let of = |strategy| created(&jobs(strategy, &[1]), 20, 8, 3);
        let custom = Strategy::Custom { deduct: 2, running: 0.5 };
        assert_eq!([of(Strategy::Default), of(Strategy::Accurate), of(Strategy::Eager), of(custom)], [12, 17, 20, 14]);
    }

    /// Both sides of where an accurate strategy would have more than there may be.
    #[test]
    fn accurate_takes_those_that_run_off_only_where_there_is_no_room() {
        let jobs = Jobs { max: 25, ..jobs(Strategy::Accurate, &[1]) };
        // 20 + 8 − 3 is 25, and so just in; with 9 it is 26, and 16 are left.
        assert_eq!((created(&jobs, 20, 8, 3), created(&jobs, 20, 9, 3)), (17, 16));
    }

    #[test]
    fn fewer_than_the_minimum_are_made_up_and_do_not_count_as_running() {
        let jobs = Jobs { min: 3, ..jobs(Strategy::Default, &[1]) };
        assert_eq!((created(&jobs, 0, 2, 0), created(&jobs, 0, 3, 0), created(&jobs, 5, 4, 0)), (1, 0, 4));
    }

    #[test]
    fn a_queue_that_is_not_active_creates_none() {
        let jobs = jobs(Strategy::Default, &[5]);
        assert_eq!((created(&jobs, 0, 0, 0), created(&jobs, 1, 0, 0), created(&jobs, 6, 0, 0)), (0, 1, 2));
        let unread = jobs.look(&JobsSeen { lengths: &[None], unfinished: 0, pending: 0 });
        assert_eq!((unread.jobs, unread.room, unread.why), (0, 0, Why::Unreadable));
    }

    /// Two active triggers: 10 at 1 and 30 at 10 for each job.
    #[test]
    fn several_triggers_amount_to_what_is_chosen() {
        let of = |sum| {
            let jobs = Jobs { sum, ..jobs(Strategy::Default, &[1, 10]) };
            let length = jobs.combine(&[Some(10_000), Some(30_000)]).length;
            (length.queue, length.jobs)
        };
        assert_eq!([of(Sum::Max), of(Sum::Min), of(Sum::Avg), of(Sum::Sum)], [(30, 3), (10, 10), (20, 7), (40, 13)]);
    }
}
