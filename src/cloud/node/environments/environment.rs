//! One environment of a function.

use crate::cloud::fact::Start;
use crate::cloud::node::environments::spare::{AT_WORK, COMING, IDLE, KEPT_AT_WORK, KEPT_IDLE};
use crate::cloud::request::NONE;
use crate::ground::time::{SimTime, Span};

/// How far its code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    /// Initialisation is still to come, or under way.
    New,
    /// It can run.
    Ready,
    /// It is to be initialised again, within its next run.
    Stale,
}

/// What every run looks at in its environment. Of 100,000 at work none lies in a cache: it is one line of memory, and what
/// only new ones need lies elsewhere ([`Birth`]).
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Environment {
    /// Its number among all that the function ever had, from 1: names its draws.
    pub number: u32,
    /// Runs that ended in it.
    pub runs: u32,
    /// Stays in it at present, …
    pub busy: u16,
    /// … and of those, the ones of which the run has begun.
    pub running: u16,
    /// Of those that can take a run as this one can, who could just before it, and just after it. Where any is used next,
    /// `older` is its place among them.
    pub older: u32,
    pub newer: u32,
    pub code: Code,
    /// It is at work for the first time, after an initialisation that is billed.
    pub is_fresh: bool,
    /// It takes nobody in until all have left it.
    pub is_closed: bool,
    /// It goes when they have.
    pub is_doomed: bool,
    /// It is one of those that are kept ready.
    pub is_kept: bool,
    /// Something of its present time at work has been told.
    pub is_told: bool,
    /// Who is in it, where it has one slot.
    pub stay: Stay,
    /// Since when a run is in it, as far as that is not told; [`SimTime::NEVER`] while none is.
    pub runs_since: SimTime,
    /// While it is idle, until when; else [`SimTime::NEVER`].
    pub idle_until: SimTime,
    /// When somebody looks whether it has been idle for too long.
    pub watched_at: SimTime,
}

const _: () = assert!(size_of::<Environment>() == 64);

/// What is seldom asked of an environment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Birth {
    /// Its first initialisation, as far as it is billed, …
    pub init: Span,
    /// … and when that begins.
    pub init_from: SimTime,
    /// When the present initialisation is over.
    pub ready_at: SimTime,
    /// It is replaced once it is so old.
    pub old_at: SimTime,
    /// How long runs were in it since it last was idle, as far as that is told.
    pub ran: Span,
}

/// One stay in an environment, by its slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stay {
    /// How its run begins.
    pub start: Start,
    /// That has begun.
    pub has_begun: bool,
    /// Somebody will look whether the run in its slot is too long.
    pub is_watched: bool,
}

impl Stay {
    /// In an environment that is made for it.
    pub const NEW: Stay = Stay { start: Start::Cold, has_begun: false, is_watched: false };
}

impl Environment {
    /// A new one, kept ready, and idle, or born for a request.
    pub fn new(number: u32, is_kept: bool) -> Environment {
        Environment {
            number,
            runs: 0,
            busy: u16::from(!is_kept),
            running: 0,
            older: NONE,
            newer: NONE,
            code: if is_kept { Code::Ready } else { Code::New },
            is_fresh: !is_kept,
            is_closed: false,
            is_doomed: false,
            is_kept,
            is_told: false,
            stay: Stay::NEW,
            runs_since: SimTime::NEVER,
            idle_until: SimTime::NEVER,
            watched_at: SimTime::NEVER,
        }
    }

    /// Among which of those that can take one more run it is, if it can and serves so many at once.
    #[inline]
    pub fn kind(&self, slots: u32) -> Option<usize> {
        match (self.busy, self.is_kept) {
            (0, true) => Some(KEPT_IDLE),
            (0, false) => Some(IDLE),
            (busy, _) if u32::from(busy) == slots || self.is_closed => None,
            _ if self.code != Code::Ready => Some(COMING),
            (_, true) => Some(KEPT_AT_WORK),
            (_, false) => Some(AT_WORK),
        }
    }

    /// Another run has begun in it.
    pub fn begins(&mut self, now: SimTime) {
        self.running += 1;
        if self.runs_since == SimTime::NEVER {
            self.runs_since = now;
        }
    }
}
