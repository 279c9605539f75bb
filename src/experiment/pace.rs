//! How far many replications came together, and whether they are to go on.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::experiment::limits::{Account, Limits, Look};
use crate::experiment::run::{Progress, RunError};
use crate::ground::time::Span;

/// What the threads of a run share.
pub struct Pace<'a> {
    /// Simulated nanoseconds.
    done: AtomicU64,
    /// The same, once all is done that was asked for so far.
    of: AtomicU64,
    /// The same, of one replication.
    each: u64,
    progress: &'a (dyn Fn(Progress) + Sync),
    /// Set when there is no point in going on.
    stop: AtomicBool,
    /// Set by somebody else.
    cancel: Option<&'a AtomicBool>,
    /// What all replications take together.
    pub account: Account<'a>,
}

/// What tells how long a run has taken.
pub type Clock<'a> = Option<&'a (dyn Fn() -> Span + Sync)>;

impl<'a> Pace<'a> {
    /// Of replications of so many simulated nanoseconds each.
    pub fn new(
        each: u64,
        progress: &'a (dyn Fn(Progress) + Sync),
        cancel: Option<&'a AtomicBool>,
        (limits, clock): (Limits, Clock<'a>),
    ) -> Pace<'a> {
        let (done, of) = (AtomicU64::new(0), AtomicU64::new(0));
        let account = Account::new(limits, clock);
        Pace { done, of, each: each.max(1), progress, stop: AtomicBool::new(false), cancel, account }
    }

    /// So many replications more are to be played.
    pub fn asks(&self, replications: u64) {
        self.of.fetch_add(replications * self.each, Ordering::Relaxed);
    }

    /// There is no point in going on.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Whether there is none.
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Why a replication was not played to its end: a limit, or somebody who has stopped it.
    pub fn ended(&self) -> RunError {
        self.account.reached().map_or(RunError::Cancelled, RunError::TooMuch)
    }

    /// What a replication calls now and then: adds to the progress, and says whether to go on.
    pub fn watch(&self) -> impl FnMut(Look) -> bool + '_ {
        let (mut reached, mut part) = (0, self.account.part());
        move |look| {
            let more = look.now.nanos().min(self.each) - reached;
            reached += more;
            let done = self.done.fetch_add(more, Ordering::Relaxed) + more;
            (self.progress)(Progress { done, of: self.of.load(Ordering::Relaxed) });
            let cancelled = self.cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed));
            part.may_go_on(look) && !cancelled && !self.is_stopped()
        }
    }
}
