//! A balancer's clock hours.

use crate::billing::capacity::{Capacity, Hour};
use crate::billing::usage::Used;
use crate::ground::time::{SimTime, Span};

/// Counts a balancer's capacity by the clock hour.
#[derive(Clone, Debug)]
pub(super) struct BalancerCounter {
    /// The clock hour that is not over.
    hour: Hour,
    /// When it is.
    end: u64,
    /// Capacity of the hours that are over.
    closed: Capacity,
}

impl BalancerCounter {
    pub(super) fn new(rules: u32, is_of_function: bool) -> BalancerCounter {
        let hour = Hour { rules, is_of_function, ..Hour::default() };
        BalancerCounter { hour, end: Hour::NANOS, closed: Capacity::default() }
    }

    #[inline]
    fn pass(&mut self, at: SimTime) {
        if at.nanos() >= self.end {
            self.close(at.nanos());
        }
    }

    /// Ends the hours that are over at `at`.
    #[cold]
    fn close(&mut self, at: u64) {
        while at >= self.end {
            self.closed += self.hour.capacity();
            let Hour { rules, is_of_function, .. } = self.hour;
            self.hour = Hour { rules, is_of_function, ..Hour::default() };
            self.end += Hour::NANOS;
        }
    }

    /// A request came through.
    #[inline]
    pub(super) fn routed(&mut self, at: SimTime, bytes: u64) {
        self.pass(at);
        self.hour.connections += 1;
        self.hour.requests += 1;
        self.hour.bytes += u128::from(bytes);
    }

    /// One of its requests waited or was at work, and so kept its connection open, for so long until `at`.
    #[inline]
    pub(super) fn stayed(&mut self, at: SimTime, span: Span) {
        self.pass(at);
        self.hour.active += u128::from(span.nanos());
    }

    pub(super) fn used(&self, at: SimTime) -> Used {
        let mut now = self.clone();
        now.pass(at);
        Used::Balancer {
            hours: at.nanos().div_ceil(Hour::NANOS),
            capacity: now.closed + now.hour.capacity(),
            lived: Some(u128::from(at.nanos())),
        }
    }
}
