//! What the requests are and need, and how their clients behave: the same for every architecture.

use crate::cloud::arrivals::Arrivals;
use crate::cloud::fact::Loss;
use crate::cloud::topology::{Budget, Fault, Mix, Speed};
use crate::ground::distribution::Distribution;
use crate::ground::time::Span;

/// What the requests are and need, wherever they run.
#[derive(Clone, Debug)]
pub struct Application {
    /// The kinds of request.
    pub workloads: Vec<Workload>,
    /// The pieces of work.
    pub works: Vec<Work>,
    /// Trouble that every topology meets.
    pub faults: Vec<Fault>,
}

/// One kind of request.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Its name in the file.
    pub name: String,
    /// When they come.
    pub arrivals: Arrivals,
    /// How many each arrival brings, in units of one; `None` is always one.
    pub batch: Option<Distribution>,
    /// How many more are there at time 0, before any arrival.
    pub at_start: u32,
    /// How patiently the client waits.
    pub client: Client,
    /// The request's body, in bytes.
    pub size: Distribution,
    /// The answer's body, in bytes.
    pub answer_size: Distribution,
    /// Which FIFO group or tenant a request is of; `None`: what a trace or script says, else none.
    pub groups: Option<Groups>,
}

/// The groups of one kind of request. A group is a number: 0 is none, those that a file names come next, and those that
/// are drawn lie above, apart for each workload.
#[derive(Clone, Debug)]
pub struct Groups {
    /// The lowest number of them.
    pub first: u32,
    /// Which of them a request is of: a law of a place from 0.
    pub law: Distribution,
}

/// How a caller outside the system behaves.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// Sends and does not wait: it is told at once that its request was taken in.
    pub is_detached: bool,
    /// Gives up so long after sending an attempt.
    pub timeout: Option<Span>,
    /// What the system does with an attempt that was given up.
    pub abandoned: Abandoned,
    /// Leaves if its first service has not begun by then (a law of nanoseconds).
    pub patience: Option<Distribution>,
    /// The time for all attempts together, from birth on; carried along.
    pub deadline: Option<Span>,
    /// Sends a second copy of an attempt that has no answer after so long.
    pub hedge: Option<Span>,
    /// Whether, when and how often it tries again.
    pub retry: Retry,
}

/// What becomes of an attempt whose caller has given up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Abandoned {
    /// The system does not notice, and serves it to its end.
    #[default]
    Finish,
    /// It leaves line and worker in the moment of the timeout.
    Cancel,
}

/// How a failed attempt is repeated.
#[derive(Clone, Debug)]
pub struct Retry {
    /// Attempts in all, the first included; `None` is unlimited.
    pub attempts: Option<u32>,
    /// The pause before the next attempt.
    pub backoff: Backoff,
    /// The pause after a refusal by a limit, where that is another.
    pub throttled_backoff: Option<Backoff>,
    /// Which failures are worth another attempt.
    pub on: RetryOn,
    /// What trying again costs; `None`: nothing.
    pub budget: Option<Budget>,
    /// Whether it finds a pace by itself once a limit has refused it.
    pub paced: bool,
}

impl Default for Retry {
    fn default() -> Retry {
        let (base, cap) = (Span::from_secs(1), Span::from_secs(20));
        Retry {
            attempts: Some(1),
            backoff: Backoff::FullJitter { base, cap },
            throttled_backoff: None,
            on: RetryOn::ALL,
            budget: None,
            paced: false,
        }
    }
}

impl Retry {
    /// The law of the pause after a failure of that kind.
    pub fn backoff_after(&self, why: Loss) -> &Backoff {
        match &self.throttled_backoff {
            Some(backoff) if why.is_throttling() => backoff,
            _ => &self.backoff,
        }
    }

    /// Whether each process that calls so must remember anything of its calls.
    pub fn is_remembered(&self) -> bool {
        self.budget.is_some() || self.paced
    }
}

/// The failures after which an attempt is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryOn {
    /// Nothing there, no room, away.
    pub refused: bool,
    /// The attempt took too long.
    pub timeout: bool,
    /// The work failed, or what worked on it did.
    pub error: bool,
    /// Refused by a limit.
    pub throttled: bool,
}

impl RetryOn {
    /// Every failure.
    pub const ALL: RetryOn = RetryOn { refused: true, timeout: true, error: true, throttled: true };
}

/// The pause between a failed attempt and the next. `base` doubles with each attempt up to `cap`.
#[derive(Clone, Debug)]
pub enum Backoff {
    /// A law of its own (nanoseconds).
    Wait(Distribution),
    /// min(cap, base · 2ⁿ), without chance.
    Doubling {
        /// After the first failure.
        base: Span,
        /// At the most.
        cap: Span,
    },
    /// Evenly from 0 to min(cap, base · 2ⁿ).
    FullJitter {
        /// After the first failure.
        base: Span,
        /// At the most.
        cap: Span,
    },
    /// Half of min(cap, base · 2ⁿ), and evenly up to as much again.
    EqualJitter {
        /// After the first failure.
        base: Span,
        /// At the most.
        cap: Span,
    },
    /// Evenly from `base` to three times the pause before, at most `cap`.
    Decorrelated {
        /// At the least.
        base: Span,
        /// At the most.
        cap: Span,
    },
}

/// One piece of work: drawn once per request and name, in nanoseconds of the reference machine.
#[derive(Clone, Debug)]
pub struct Work {
    /// Its name in the file; names the draws.
    pub name: String,
    /// `None` where every request of a trace or script brings it.
    pub law: Option<Distribution>,
    /// What of it computes.
    pub mix: Mix,
    /// How much of what computes gains from further vCPUs, in millionths of a whole.
    pub parallel: u32,
}

impl Work {
    /// By how much it computes faster with so many vCPUs than with one: the part that gains takes as much less time as there
    /// are more of them, the rest takes what it did (G. Amdahl, *Validity of the single processor approach to achieving large
    /// scale computing capabilities*, 1967).
    pub fn gain(&self, vcpus: Speed) -> Speed {
        if self.parallel == 0 || vcpus.work == vcpus.time {
            return Speed::ONE;
        }
        let whole = u64::from(Mix::WHOLE);
        let (parallel, serial) = (u64::from(self.parallel), whole - u64::from(self.parallel));
        Speed { work: whole * vcpus.work, time: serial * vcpus.work + parallel * vcpus.time }
    }
}
