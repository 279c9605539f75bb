//! Where those who reach a pool wait: one line for all, or one for each worker behind a balancer.

use crate::cloud::discipline::{Claim, Line};
use crate::cloud::topology::Discipline;
use crate::ground::chance::Stream;

/// The lines of a pool.
#[derive(Clone, Debug)]
pub enum Lines {
    /// One for all workers.
    Shared(Queued),
    /// One a worker, by the worker's index.
    Each(Vec<Queued>),
}

/// A line that knows how many really wait in it: those who left before their turn stay in it until they are met.
#[derive(Clone, Debug)]
pub struct Queued {
    line: Line,
    waiting: u32,
    void: u32,
}

impl Queued {
    /// An empty line.
    pub fn new(discipline: &Discipline) -> Queued {
        Queued { line: Line::new(discipline), waiting: 0, void: 0 }
    }

    /// Who really waits.
    #[inline(always)]
    pub fn waiting(&self) -> u32 {
        self.waiting
    }

    /// Joins the line.
    #[inline(always)]
    pub fn join(&mut self, job: u32, claim: Claim) {
        self.waiting += 1;
        self.line.push(job, claim);
    }

    /// Comes back to the head of the line.
    pub fn rejoin(&mut self, job: u32, claim: Claim) {
        self.waiting += 1;
        self.line.push_front(job, claim);
    }

    /// The next one. `met` is asked of each whom it meets whether they had left; it may forget those.
    #[inline(always)]
    pub fn next(&mut self, chance: &mut Stream, mut met: impl FnMut(u32) -> bool) -> Option<u32> {
        if self.waiting == 0 && self.void == 0 {
            return None;
        }
        loop {
            let job = self.line.pop(chance)?;
            if self.void > 0 && met(job) {
                self.void -= 1;
                continue;
            }
            self.waiting -= 1;
            return Some(job);
        }
    }

    /// Somebody left before their turn. Once most of a long line has, those are cleared away, each met by `met`.
    pub fn leave(&mut self, mut met: impl FnMut(u32) -> bool) {
        self.waiting -= 1;
        self.void += 1;
        if self.void > 64 && self.void > self.waiting {
            self.line.retain(|job| !met(job));
            self.void = 0;
        }
    }
}

impl Lines {
    /// Who waits in any of them.
    pub fn waiting(&self) -> u64 {
        match self {
            Lines::Shared(line) => u64::from(line.waiting()),
            Lines::Each(lines) => lines.iter().map(|line| u64::from(line.waiting())).sum(),
        }
    }

    /// The line in which somebody assigned to `worker` waits.
    #[inline]
    pub fn of(&mut self, worker: u32) -> &mut Queued {
        match self {
            Lines::Shared(line) => line,
            Lines::Each(lines) => &mut lines[worker as usize],
        }
    }
}
