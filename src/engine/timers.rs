//! Timers that all last equally long, and so come due in the order they were set.

use std::collections::VecDeque;

use crate::ground::footprint::Footprint;
use crate::ground::time::{SimTime, Span};

/// Timers of one length. Only the first of them stands in the calendar, so that the many that are set and never
/// fire cost a push and, later, a pop, and nothing in the heap.
///
/// Whoever owns the row plans a ring at the instant that [`Timers::set`] or [`Timers::rearm`] returns.
#[derive(Clone, Debug)]
pub struct Timers<T> {
    span: Span,
    set: VecDeque<(SimTime, T)>,
    armed: bool,
    /// At this many, the dead ones are cleared away.
    limit: usize,
}

/// Rows shorter than this are never searched for dead timers.
const SHORT: usize = 1024;

impl<T> Footprint for Timers<T> {
    fn footprint(&self) -> u64 {
        self.set.footprint()
    }
}

impl<T: Copy> Timers<T> {
    /// A row of timers that last `span` each.
    pub fn new(span: Span) -> Timers<T> {
        Timers { span, set: VecDeque::new(), armed: false, limit: SHORT }
    }

    /// Sets one. Returns when to ring, if no ring is planned yet. `alive` says of others whether they still
    /// matter: where more than half of a long row does not, those are cleared away.
    #[inline]
    #[must_use = "the ring must be planned"]
    pub fn set(&mut self, now: SimTime, what: T, alive: impl Fn(T) -> bool) -> Option<SimTime> {
        if self.set.len() >= self.limit {
            self.set.retain(|&(_, what)| alive(what));
            self.limit = (2 * self.set.len()).max(SHORT);
        }
        let at = now + self.span;
        self.set.push_back((at, what));
        if self.armed {
            return None;
        }
        self.armed = true;
        Some(at)
    }

    /// Takes the next timer that is due and still matters. Call until `None`, then [`Timers::rearm`].
    #[inline]
    pub fn due(&mut self, now: SimTime, alive: impl Fn(T) -> bool) -> Option<T> {
        while let Some(&(at, what)) = self.set.front() {
            if at > now {
                return None;
            }
            self.set.pop_front();
            if alive(what) {
                return Some(what);
            }
        }
        None
    }

    /// Says when to ring next, after a ring; drops the dead ones in front.
    #[inline]
    #[must_use = "the ring must be planned"]
    pub fn rearm(&mut self, alive: impl Fn(T) -> bool) -> Option<SimTime> {
        while let Some(&(at, what)) = self.set.front() {
            if alive(what) {
                self.armed = true;
                return Some(at);
            }
            self.set.pop_front();
        }
        self.armed = false;
        None
    }

    /// Timers set, dead ones included.
    pub fn len(&self) -> usize {
        self.set.len()
    }

    /// Whether none is set.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SimTime {
        SimTime::from_nanos(seconds * 1_000_000_000)
    }

    #[test]
    fn only_the_first_asks_for_a_ring() {
        let mut timers = Timers::new(Span::from_secs(30));
        let alive = |_| true;
        assert_eq!(timers.set(at(0), 1, alive), Some(at(30)));
        assert_eq!(timers.set(at(5), 2, alive), None);
        assert_eq!(timers.due(at(30), alive), Some(1));
        assert_eq!(timers.due(at(30), alive), None);
        assert_eq!(timers.rearm(alive), Some(at(35)));
    }

    #[test]
    fn the_dead_do_not_ring() {
        let mut timers = Timers::new(Span::from_secs(30));
        for n in 0..10u64 {
            let _ = timers.set(at(n), n, |_| true);
        }
        let alive = |n| n == 7;
        assert_eq!(timers.due(at(30), alive), None);
        assert_eq!(timers.rearm(alive), Some(at(37)));
        assert_eq!(timers.len(), 3);
    }

    /// A million timers of which only the last few matter leave no more than two short rows behind.
    #[test]
    fn dead_timers_take_no_room() {
        let mut timers = Timers::new(Span::from_secs(1_000_000));
        for n in 0..100_000u64 {
            let _ = timers.set(at(n), n, |other| other + 5 > n);
        }
        assert!(timers.len() <= SHORT);
    }
}
