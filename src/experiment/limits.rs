//! How much a run may take, so that a slip in a scenario neither hangs nor eats the machine.
//!
//! All of it is looked at between stretches of a replication, never at each event. What reaches a limit ends as if somebody
//! had stopped it: with the replications that are whole, and told.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::ground::quantity::show_size;
use crate::ground::time::{SimTime, Span};

/// The most that a run may take. All are generous; each has an option of the command line that says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Events, of all replications together.
    pub events: u64,
    /// Bytes of memory, of all that is simulated at the same time and of what is kept of it.
    pub memory: u64,
    /// Time on the clock on the wall.
    pub time: Span,
    /// Bytes that are written: the trace, and all files of the results.
    pub output: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { events: 100_000_000_000, memory: 4 << 30, time: Span::from_secs(86_400), output: 4 << 30 }
    }
}

/// Events of one instant after which nobody believes that time will go on: a hundred for each of the most requests that a
/// scenario may have at its start.
pub(super) const STILL: u64 = 1_000_000_000;

/// Requests of one workload in one replication, so far from the end of their numbers that a look comes in time.
pub(super) const NUMBERS: u32 = 3_000_000_000;

/// What a run had too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excess {
    /// It had more events than these.
    Events(u64),
    /// It needed more bytes than these.
    Memory(u64),
    /// It took longer than this.
    Time(Span),
    /// Time stood still: so many events happened in this one instant.
    Instant(SimTime, u64),
    /// A workload had more requests in one replication than there are numbers for.
    Requests(u32),
}

impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Excess::Events(most) => {
                write!(f, "it came to {} events, the most that it may have: `--max-events` allows more", grouped(*most))
            }
            Excess::Memory(most) => write!(
                f,
                "it came to {} of memory, the most that it may have: `--max-memory` allows more, unless something grows \
                 without end",
                show_size(*most)
            ),
            Excess::Time(most) => {
                write!(f, "it came to {most}, the longest that it may take: `--max-time` allows more")
            }
            Excess::Instant(at, most) => write!(
                f,
                "time stood still at {}: {} events in that instant, as something happens over and over again without \
                 taking time",
                *at - SimTime::START,
                grouped(*most)
            ),
            Excess::Requests(most) => write!(
                f,
                "it came to {} requests of one workload in a replication, the most that can be told apart: a shorter run, \
                 or a lower rate, tells as much",
                grouped(u64::from(*most))
            ),
        }
    }
}

/// A large number that can be read.
fn grouped(number: u64) -> String {
    for (unit, name) in [(1_000_000_000, "thousand million"), (1_000_000, "million")] {
        if number >= unit && number.is_multiple_of(unit) {
            return format!("{} {name}", number / unit);
        }
    }
    number.to_string()
}

/// What is looked at between stretches of a replication.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// How far it came.
    pub now: SimTime,
    /// Events so far.
    pub events: u64,
    /// Bytes that it holds.
    pub memory: u64,
    /// Requests of the workload that had most.
    pub requests: u32,
}

/// What all replications of a run have taken together.
pub struct Account<'a> {
    limits: Limits,
    /// The time that the run has taken; without it time has no limit.
    elapsed: Option<&'a (dyn Fn() -> Span + Sync)>,
    events: AtomicU64,
    memory: AtomicU64,
    /// The first that there was too much of.
    reached: Mutex<Option<Excess>>,
}

impl<'a> Account<'a> {
    /// Of a run that begins.
    pub fn new(limits: Limits, elapsed: Option<&'a (dyn Fn() -> Span + Sync)>) -> Account<'a> {
        let (events, memory) = (AtomicU64::new(0), AtomicU64::new(0));
        Account { limits, elapsed, events, memory, reached: Mutex::new(None) }
    }

    /// What there was too much of.
    pub fn reached(&self) -> Option<Excess> {
        *self.reached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// So many bytes are kept of a replication that is over.
    pub fn keeps(&self, bytes: u64) {
        self.memory.fetch_add(bytes, Ordering::Relaxed);
    }

    /// So many bytes that were kept are given up.
    pub fn gives_up(&self, bytes: u64) {
        self.memory.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// The part of a replication that begins.
    pub fn part(&self) -> Part<'_> {
        Part { of: self, events: 0, memory: 0, still: (SimTime::START, 0) }
    }
}

/// What one replication has taken; its memory is given back when it is over.
pub struct Part<'a> {
    of: &'a Account<'a>,
    events: u64,
    memory: u64,
    /// The instant of the last look, and the events when it began.
    still: (SimTime, u64),
}

impl Part<'_> {
    /// Takes a look into account; whether nothing has reached its limit.
    pub fn may_go_on(&mut self, look: Look) -> bool {
        let Account { limits, elapsed, events, memory, reached } = self.of;
        let more = look.events - self.events;
        let events = events.fetch_add(more, Ordering::Relaxed) + more;
        let memory = memory.fetch_add(look.memory.wrapping_sub(self.memory), Ordering::Relaxed);
        let memory = memory.wrapping_add(look.memory).wrapping_sub(self.memory);
        (self.events, self.memory) = (look.events, look.memory);
        if look.now != self.still.0 {
            self.still = (look.now, look.events);
        }
        let excess = if look.events - self.still.1 >= STILL {
            Excess::Instant(look.now, STILL)
        } else if look.requests >= NUMBERS {
            Excess::Requests(NUMBERS)
        } else if events >= limits.events {
            Excess::Events(limits.events)
        } else if memory > limits.memory {
            Excess::Memory(limits.memory)
        } else if elapsed.is_some_and(|elapsed| elapsed() >= limits.time) {
            Excess::Time(limits.time)
        } else {
            return self.of.reached().is_none();
        };
        // Another may have been the first.
        reached.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(excess);
        false
    }
}

impl Drop for Part<'_> {
    fn drop(&mut self) {
        self.of.gives_up(self.memory);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(now: u64, events: u64, memory: u64) -> Look {
        Look { now: SimTime::from_nanos(now), events, memory, requests: 0 }
    }

    #[test]
    fn replications_share_what_a_run_may_have() {
        let account = Account::new(Limits { events: 100, memory: 1_000, ..Limits::default() }, None);
        let (mut one, mut other) = (account.part(), account.part());
        assert!(one.may_go_on(look(1, 50, 600)) && other.may_go_on(look(1, 40, 400)));
        assert!(one.may_go_on(look(2, 55, 500)), "it has given some back");
        drop(one);
        assert!(other.may_go_on(look(2, 44, 1_000)), "and all of it when it was over");
        account.keeps(1);
        assert!(!other.may_go_on(look(3, 44, 1_000)));
        assert_eq!(account.reached(), Some(Excess::Memory(1_000)));
        account.gives_up(1);
        assert!(!other.may_go_on(look(4, 44, 1_000)), "what was reached ends everybody");
        assert!(!other.may_go_on(look(4, 45, 1_000)));
        assert_eq!(account.reached(), Some(Excess::Memory(1_000)), "the first is told");
    }

    #[test]
    fn so_many_events_and_so_much_time_are_the_most() {
        let account = Account::new(Limits { events: 100, ..Limits::default() }, None);
        assert!(account.part().may_go_on(look(1, 99, 0)));
        assert!(!account.part().may_go_on(look(1, 1, 0)));
        assert_eq!(account.reached(), Some(Excess::Events(100)));
        let time = Span::from_secs(60);
        let clock = AtomicU64::new(59);
        let elapsed = || Span::from_secs(clock.load(Ordering::Relaxed));
        let account = Account::new(Limits { time, ..Limits::default() }, Some(&elapsed));
        assert!(account.part().may_go_on(look(1, 1, 0)));
        clock.store(60, Ordering::Relaxed);
        assert!(!account.part().may_go_on(look(1, 2, 0)));
        assert_eq!(account.reached(), Some(Excess::Time(time)));
        let account = Account::new(Limits::default(), None);
        assert!(!account.part().may_go_on(Look { requests: NUMBERS, ..look(1, 1, 0) }));
        assert_eq!(account.reached(), Some(Excess::Requests(NUMBERS)));
    }

    #[test]
    fn an_instant_that_never_ends_is_told_and_a_busy_one_is_not() {
        let account = Account::new(Limits::default(), None);
        let mut part = account.part();
        assert!(part.may_go_on(look(5, 1_000, 0)));
        assert!(part.may_go_on(look(5, STILL + 999, 0)));
        assert!(part.may_go_on(look(6, STILL + 1_000, 0)), "time went on");
        assert!(!part.may_go_on(look(6, 2 * STILL + 1_000, 0)));
        assert_eq!(account.reached(), Some(Excess::Instant(SimTime::from_nanos(6), STILL)));
    }

    #[test]
    fn what_was_too_much_is_told_with_the_way_to_allow_more() {
        let told = [
            Excess::Events(100_000_000_000),
            Excess::Events(1_234),
            Excess::Memory(4 << 30),
            Excess::Time(Span::from_secs(90)),
            Excess::Instant(SimTime::from_nanos(2_500_000_000), STILL),
        ];
        let told = told.map(|excess| excess.to_string());
        let starts = [
            "it came to 100 thousand million events, ",
            "it came to 1234 events, ",
            "it came to 4GiB of memory, ",
            "it came to 1min30s, ",
            "time stood still at 2s500ms: 1 thousand million events ",
        ];
        for (told, start) in told.iter().zip(starts) {
            assert!(told.starts_with(start), "{told}");
        }
    }
}
