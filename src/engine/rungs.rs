//! The later future: equal spans of time, each with its events in a chain.

use crate::ground::footprint::Footprint;

/// No place in the store.
pub(super) const NONE: u32 = u32::MAX;

/// Equal spans of time, each with its events in no order.
#[derive(Debug, Default)]
pub(super) struct Rung {
    pub(super) start: u64,
    /// A bucket's span is two to this power.
    pub(super) shift: u32,
    /// The first bucket that was not yet emptied …
    pub(super) present: usize,
    /// … and the time at which it begins.
    pub(super) from: u64,
    pub(super) used: usize,
    /// Where the next outer rung, or the far future, takes over.
    pub(super) end: u64,
    /// By bucket: the place in the store of its first event.
    pub(super) heads: Vec<u32>,
}

impl Rung {
    #[inline]
    pub(super) fn put(&mut self, store: &mut Store, key: u128) {
        let bucket = (time_of(key) - self.start) >> self.shift;
        let head = &mut self.heads[bucket as usize];
        *head = store.chain(key, *head);
    }

    /// Goes on to a later bucket.
    pub(super) fn go_to(&mut self, bucket: usize) {
        self.present = bucket;
        let from = u128::from(self.start) + ((bucket as u128) << self.shift);
        self.from = u64::try_from(from).unwrap_or(u64::MAX).min(self.end);
    }
}

/// Chains of keys.
#[derive(Debug)]
pub(super) struct Store {
    keys: Vec<u128>,
    /// By place: the next of the same chain.
    next: Vec<u32>,
    /// The chain of free places.
    free: u32,
}

impl Default for Store {
    fn default() -> Store {
        Store { keys: Vec::new(), next: Vec::new(), free: NONE }
    }
}

impl Footprint for Store {
    fn footprint(&self) -> u64 {
        self.keys.footprint() + self.next.footprint()
    }
}

impl Store {
    /// Puts a key before a chain; returns the place where the chain begins now.
    #[inline(always)]
    pub(super) fn chain(&mut self, key: u128, before: u32) -> u32 {
        let place = self.free;
        if place == NONE {
            return self.grow(key, before);
        }
        self.keys[place as usize] = key;
        self.free = std::mem::replace(&mut self.next[place as usize], before);
        place
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, key: u128, before: u32) -> u32 {
        let place = u32::try_from(self.keys.len()).expect("memory ends before numbers do");
        self.keys.push(key);
        self.next.push(before);
        place
    }

    /// Takes the first key out of a chain, and says where the chain goes on.
    #[inline(always)]
    pub(super) fn unchain(&mut self, place: u32) -> (u128, u32) {
        let next = std::mem::replace(&mut self.next[place as usize], self.free);
        self.free = place;
        (self.keys[place as usize], next)
    }

    /// How many are in a chain.
    pub(super) fn length(&self, mut place: u32) -> usize {
        let mut length = 0;
        while place != NONE {
            length += 1;
            place = self.next[place as usize];
        }
        length
    }
}

/// The time above, the code below.
#[inline(always)]
pub(super) const fn time_of(key: u128) -> u64 {
    (key >> 64) as u64
}
