//! How those who call guard themselves, and whom they call, when calls fail.

use crate::ground::time::Span;

/// What trying again costs, in tokens of which each process that calls has so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Tokens at the start, and at the most.
    pub tokens: u32,
    /// Of an attempt after a failure.
    pub cost: u32,
    /// Of an attempt after one that took too long.
    pub timeout_cost: u32,
    /// Of an attempt after one that a limit refused.
    pub throttled_cost: u32,
    /// What a first attempt that goes well gives back; a later one gives back its cost.
    pub refund: u32,
}

/// When calls are not made any more for a while.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Breaker {
    /// The share of failures that opens it; above 0, at most 1.
    pub failures: f64,
    /// Of so many of the last calls, all of which must have been made; at least 1.
    pub of: u32,
    /// How long it stays open.
    pub open: Span,
    /// Calls that are then made to try; at least 1.
    pub trial: u32,
    /// When slow calls open it too.
    pub slow: Option<Slow>,
}

/// When slow calls open a breaker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slow {
    /// The share of slow calls that opens it; above 0, at most 1.
    pub share: f64,
    /// A call that takes longer is slow.
    pub after: Span,
}

/// How the calls of a step are guarded, beside their timeout and their retries.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Guards {
    /// Sends a second copy to whoever has not answered after so long.
    pub hedge: Option<Span>,
    /// When calls are not made any more for a while; each worker has one of its own.
    pub breaker: Option<Breaker>,
    /// Calls of this step that one worker has under way at the most.
    pub bulkhead: Option<u32>,
}
