//! The one with the least work at this pool first; of equals the one who came first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Jobs by their work.
#[derive(Clone, Debug, Default)]
pub struct Shortest {
    /// Work, turn, job.
    jobs: BinaryHeap<Reverse<(u64, u64, u32)>>,
    turn: u64,
}

impl Shortest {
    pub(super) fn push(&mut self, job: u32, need: u64) {
        self.jobs.push(Reverse((need, self.turn, job)));
        self.turn += 1;
    }

    pub(super) fn pop(&mut self) -> Option<u32> {
        self.jobs.pop().map(|Reverse((_, _, job))| job)
    }

    pub(super) fn retain(&mut self, mut wanted: impl FnMut(u32) -> bool) {
        self.jobs.retain(|Reverse((_, _, job))| wanted(*job));
    }
}
