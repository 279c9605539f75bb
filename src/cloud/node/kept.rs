//! How many environments of a function are kept ready, and how many of those are at work.

use crate::cloud::node::Track;
use crate::ground::time::SimTime;

/// Environments that are kept ready.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kept {
    /// So many are wanted.
    pub wanted: u32,
    /// Changes of that number so far: name the draws of how long each takes.
    pub changes: u64,
    there: Track,
    busy: Track,
}

impl Kept {
    /// So many are wanted from the start on; none is there yet.
    pub fn new(wanted: u32) -> Kept {
        Kept { wanted, ..Kept::default() }
    }

    /// One more is there.
    pub fn comes(&mut self, now: SimTime) {
        self.there.up(now);
    }

    /// One of them is kept no longer, which was at work or not.
    pub fn goes(&mut self, now: SimTime, is_busy: bool) {
        self.there.down(now);
        if is_busy {
            self.busy.down(now);
        }
    }

    /// One of them begins to work.
    pub fn works(&mut self, now: SimTime) {
        self.busy.up(now);
    }

    /// One of them has worked.
    pub fn rests(&mut self, now: SimTime) {
        self.busy.down(now);
    }

    /// How many are there.
    pub fn there(&self) -> u64 {
        self.there.level()
    }

    /// How many of them are at work.
    pub fn busy(&self) -> u64 {
        self.busy.level()
    }

    /// Until `now`, in environments × nanoseconds: those at work, and those there.
    pub fn integrals(&self, now: SimTime) -> (u128, u128) {
        (self.busy.integral(now), self.there.integral(now))
    }
}
