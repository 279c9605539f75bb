//! A balancer's clock hours.

use crate::billing::capacity::{Capacity, Hour};
use crate::billing::usage::Used;
use crate::ground::time::SimTime;

/// Counts a balancer's capacity by the clock hour.
#[derive(Clone, Debug)]
pub(super) struct BalancerCounter {
    /// The clock hour that is not over.
    hour: Hour,
    /// When it is.
    end: u64,
    /// Capacity of the hours that are over.
    closed: Capacity,
    /// Open connections …
    open: u64,
    /// … since when.
    since: u64,
    /// Whether all of them are seen to end.
    follows: bool,
}

impl BalancerCounter {
    pub(super) fn new(rules: u32, follows: bool) -> BalancerCounter {
        let hour = Hour { rules, ..Hour::default() };
        BalancerCounter { hour, end: Hour::NANOS, closed: Capacity::default(), open: 0, since: 0, follows }
    }

    #[inline]
    fn pass(&mut self, at: SimTime) {
        if at.nanos() >= self.end {
            self.close(at.nanos());
        }
        self.hour.active += u128::from(self.open) * u128::from(at.nanos().saturating_sub(self.since));
        self.since = at.nanos();
    }

    /// Ends the hours that are over at `at`.
    #[cold]
    fn close(&mut self, at: u64) {
        while at >= self.end {
            self.hour.active += u128::from(self.open) * u128::from(self.end - self.since);
            self.since = self.end;
            self.closed += self.hour.capacity();
            self.hour = Hour { rules: self.hour.rules, ..Hour::default() };
            self.end += Hour::NANOS;
        }
    }

    #[inline]
    pub(super) fn routed(&mut self, at: SimTime, bytes: u64) {
        self.pass(at);
        self.hour.connections += 1;
        self.hour.requests += 1;
        self.hour.bytes += u128::from(bytes);
        self.open += u64::from(self.follows);
    }

    #[inline]
    pub(super) fn left(&mut self, at: SimTime) {
        self.pass(at);
        self.open = self.open.saturating_sub(1);
    }

    pub(super) fn used(&self, at: SimTime) -> Used {
        let mut now = self.clone();
        now.pass(at);
        Used::Balancer { hours: at.nanos().div_ceil(Hour::NANOS), capacity: now.closed + now.hour.capacity() }
    }
}
