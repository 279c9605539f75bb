//! Everything that has happened. Named in the past; all that recorders, meters and tracers see.

mod stay;

pub use stay::{Carriage, Outcome, Spent, Start};

use crate::cloud::scaling::Decision;
use crate::cloud::topology::{NodeId, WorkloadId};
use crate::ground::time::{SimTime, Span};

/// Who a request is, for those who only watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Who {
    /// Its kind.
    pub workload: WorkloadId,
    /// Its number among all of its kind, from 0.
    pub ordinal: u32,
    /// Whether figures count it: born in [warm-up, length).
    pub counted: bool,
}

/// Something that has happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fact {
    /// A request was born.
    Born {
        /// Who.
        who: Who,
    },
    /// A client sent an attempt.
    Sent {
        /// Who.
        who: Who,
        /// Which attempt, from 1.
        attempt: u16,
    },
    /// A client sent a copy of its present attempt, beside the one that is under way.
    Hedged {
        /// Who.
        who: Who,
    },
    /// Work began for a request: it left a line, or never stood in one.
    Started {
        /// Who.
        who: Who,
        /// At which pool.
        pool: NodeId,
        /// How long it stood in line.
        waited: Span,
    },
    /// A request left a line without having been served.
    Left {
        /// Who.
        who: Who,
        /// Which pool's.
        pool: NodeId,
        /// How long it had stood there.
        waited: Span,
        /// Why.
        why: Loss,
    },
    /// A stay with a worker ended.
    Served {
        /// Who.
        who: Who,
        /// At which pool.
        pool: NodeId,
        /// By which worker, numbered from 1 in the order of launch.
        worker: u32,
        /// Attempt or delivery, from 1.
        visit: u16,
        /// When it began.
        began: SimTime,
        /// How it ended.
        result: Outcome,
    },
    /// A stay in an environment of a function ended: what it is billed by. Told after [`Fact::Served`].
    Invoked {
        /// Who.
        who: Who,
        /// Of which function.
        function: NodeId,
        /// Its number among all that the function ever had, from 1.
        environment: u32,
        /// How it began.
        start: Start,
        /// The initialisation that came before all runs since the environment was idle, and is billed with them.
        init: Span,
        /// How long the environment ran since it was idle, for this one and those beside it.
        ran: Span,
        /// So much of that was told before, with the initialisation; `None` where nothing was.
        before: Option<Span>,
    },
    /// A function refused an invocation: it may use no more environments, or not so soon.
    Denied {
        /// Who.
        who: Who,
        /// Which function.
        function: NodeId,
    },
    /// A request came to a pool that had no free worker, and joined a line.
    Queued {
        /// Who.
        who: Who,
        /// Which pool's.
        pool: NodeId,
    },
    /// A request that had joined a line left it for a slot in the same instant: it has not waited.
    AtOnce {
        /// Who.
        who: Who,
        /// Which pool's.
        pool: NodeId,
    },
    /// A balancer gave a request to a worker.
    Routed {
        /// Who.
        who: Who,
        /// Which balancer.
        balancer: NodeId,
        /// Bytes of the request and of its answer, for the balancer's bill.
        bytes: u64,
    },
    /// An object was stored.
    Stored {
        /// Whose.
        who: Who,
        /// In which bucket.
        bucket: NodeId,
        /// Its bytes.
        bytes: u64,
    },
    /// An object was read.
    Fetched {
        /// For whom.
        who: Who,
        /// From which bucket.
        bucket: NodeId,
        /// Its bytes.
        bytes: u64,
    },
    /// A message was sent to a queue.
    Posted {
        /// Who.
        who: Who,
        /// To which queue.
        queue: NodeId,
        /// Its bytes.
        bytes: u64,
        /// Whether the same call sent the one before it, too.
        joins: bool,
        /// Whether it carries the tenant by which a fair queue goes.
        grouped: bool,
    },
    /// A worker deleted a message, its work done; counted even where the receipt was stale.
    Deleted {
        /// Who.
        who: Who,
        /// From which queue.
        queue: NodeId,
        /// Whether the message went; a stale receipt may leave it.
        gone: bool,
        /// Whether the same call deleted the one before it, too.
        joins: bool,
    },
    /// A message was received that the filter of a mapping does not take: it is deleted without being run. Told before
    /// [`Fact::Deleted`].
    Filtered {
        /// Who.
        who: Who,
        /// From which queue.
        queue: NodeId,
    },
    /// A worker changed the visibility of a message, to give it back now or later.
    Changed {
        /// Who.
        who: Who,
        /// Of which queue.
        queue: NodeId,
    },
    /// A worker hid the message that it works on for longer: a heartbeat.
    Extended {
        /// Who.
        who: Who,
        /// Of which queue.
        queue: NodeId,
    },
    /// A message that had been received became visible again.
    Returned {
        /// Who.
        who: Who,
        /// To which queue.
        queue: NodeId,
    },
    /// A message was sent that had been sent before, and was dropped.
    Dropped {
        /// Who.
        who: Who,
        /// To which queue.
        queue: NodeId,
        /// Its bytes.
        bytes: u64,
        /// Whether the same call sent the one before it, too.
        joins: bool,
    },
    /// A queue or a bus refused a call, of which it takes only so many.
    Throttled {
        /// Which.
        queue: NodeId,
    },
    /// A message that was just sent is not visible yet.
    Withheld {
        /// Who.
        who: Who,
        /// In which queue.
        queue: NodeId,
    },
    /// A message that was not visible yet is.
    Appeared {
        /// Who.
        who: Who,
        /// In which queue.
        queue: NodeId,
    },
    /// A message was kept as long as its queue keeps any, and is gone.
    Expired {
        /// Who.
        who: Who,
        /// From which queue.
        queue: NodeId,
    },
    /// A message was put aside after too many receives.
    Buried {
        /// Who.
        who: Who,
        /// From which queue.
        queue: NodeId,
    },
    /// A message that had been put aside went back, as a new one.
    Redriven {
        /// Who.
        who: Who,
        /// From which queue.
        from: NodeId,
        /// To which.
        to: NodeId,
        /// Its bytes.
        bytes: u64,
    },
    /// A message was received from a queue.
    Received {
        /// Who.
        who: Who,
        /// From which queue.
        queue: NodeId,
        /// How often it has been received, this time included.
        receives: u16,
        /// How long it had been visible.
        waited: Span,
        /// Its bytes.
        bytes: u64,
        /// Whether the same receive brought the one before it, too.
        joins: bool,
    },
    /// A piece of a request spends time at a node, or on its way there, without standing in a line or being worked on. Told
    /// when it is over, or when it begins, where its length is known from the start.
    Spent {
        /// Who.
        who: Who,
        /// Where.
        node: NodeId,
        /// On what.
        on: Spent,
        /// Since when.
        from: SimTime,
        /// How long.
        span: Span,
    },
    /// An event came to a bus.
    Heard {
        /// Whose, or a background request's.
        who: Who,
        /// Which bus.
        bus: NodeId,
        /// Its bytes.
        bytes: u64,
        /// Whether whoever put it pays for it: the application, or another bus.
        is_own: bool,
        /// Whether some rule took it.
        taken: bool,
    },
    /// What an archive keeps goes through the rules of its bus again.
    Replayed {
        /// Which bus.
        bus: NodeId,
        /// Its bytes.
        bytes: u64,
    },
    /// A bus never heard of something that happened to a machine.
    Missed {
        /// Which bus.
        bus: NodeId,
    },
    /// A target took an event.
    Delivered {
        /// Whose.
        who: Who,
        /// Of which bus.
        bus: NodeId,
        /// Which target.
        to: NodeId,
        /// How long after the bus had heard it.
        after: Span,
    },
    /// A target did not take an event: it is tried again, or not.
    Undelivered {
        /// Whose.
        who: Who,
        /// Of which bus.
        bus: NodeId,
    },
    /// An event is not tried again, at one of its targets.
    Discarded {
        /// Whose.
        who: Who,
        /// Of which bus.
        bus: NodeId,
        /// Whether it lies among dead letters.
        is_kept: bool,
    },
    /// A slot took several jobs, or one where it might have taken several, to work on them together.
    Gathered {
        /// Whose.
        pool: NodeId,
        /// How many.
        jobs: u32,
    },
    /// A client had its answer, and not all work was done; see [`Fact::Completed`] for where it was.
    Answered {
        /// Who.
        who: Who,
        /// When it was born.
        born: SimTime,
    },
    /// All the work of a request was done, and its client answered.
    Completed {
        /// Who.
        who: Who,
        /// When it was born.
        born: SimTime,
        /// Its client has the answer in this very moment; otherwise it had it before.
        answered: bool,
    },
    /// A request ended without its work done.
    Lost {
        /// Who.
        who: Who,
        /// When it was born.
        born: SimTime,
        /// Why.
        why: Loss,
        /// Whether its client had been told that all is well.
        answered: bool,
    },
    /// Work was done that had been done before, or that nobody waits for.
    Wasted {
        /// Who.
        who: Who,
    },
    /// A worker was asked for.
    Launched {
        /// Whose.
        pool: NodeId,
        /// Its number, from 1.
        worker: u32,
    },
    /// A worker that was asked for, or let go, is for the warm pool.
    Warming {
        /// Whose.
        pool: NodeId,
        /// Its number.
        worker: u32,
    },
    /// A machine of the warm pool is stopped, or somebody stops any: only its volume is paid for.
    Stopped {
        /// Whose.
        pool: NodeId,
        /// Its number.
        worker: u32,
    },
    /// A machine that may owe CPU credits computes with so many vCPUs from now on.
    Computing {
        /// Whose.
        pool: NodeId,
        /// Its number.
        worker: u32,
        /// How many.
        vcpus: u32,
    },
    /// A machine is called from the warm pool, or one that somebody had stopped is started.
    Woken {
        /// Whose.
        pool: NodeId,
        /// Its number.
        worker: u32,
        /// Whether it runs already; else it is started.
        runs: bool,
    },
    /// A worker's machine runs: it is paid for from now on.
    Running {
        /// Whose.
        pool: NodeId,
        /// Its number.
        worker: u32,
        /// Which of the pool's sizes, from 0; always 0 where the pool is not scaled up and down.
        size: u16,
    },
    /// A worker is in service.
    Ready {
        /// Whose.
        pool: NodeId,
        /// Its number.
        worker: u32,
    },
    /// A worker failed: it takes no work. Its machine stays.
    Failed {
        /// Whose.
        pool: NodeId,
        /// Its number.
        worker: u32,
    },
    /// A worker that had failed is mended: in service again, or on its way out as before.
    Repaired {
        /// Whose.
        pool: NodeId,
        /// Its number.
        worker: u32,
    },
    /// A worker takes no new work; it ends what it holds and goes.
    Draining {
        /// Whose.
        pool: NodeId,
        /// Its number.
        worker: u32,
    },
    /// The provider has taken a worker's machine back; it is gone next.
    Reclaimed {
        /// Whose.
        pool: NodeId,
        /// Its number.
        worker: u32,
    },
    /// A worker is gone; nothing is paid for it any more.
    Gone {
        /// Whose.
        pool: NodeId,
        /// Its number.
        worker: u32,
    },
    /// Trouble began.
    Broke {
        /// Which fault.
        fault: u32,
    },
    /// It is over.
    Mended {
        /// Which fault.
        fault: u32,
    },
    /// A node went away: the first of its outages began, or the last of its workers in service failed.
    Away {
        /// Which.
        node: NodeId,
    },
    /// A node is back: nothing of that keeps it away any more.
    Back {
        /// Which.
        node: NodeId,
    },
    /// A piece of a request, or a call and its answer, goes where bytes are paid for.
    Carried {
        /// Whose.
        who: Who,
        /// Which way.
        by: Carriage,
        /// How much, both ways together.
        bytes: u64,
    },
    /// From now on so many environments of a function are to be kept ready.
    Kept {
        /// Whose.
        function: NodeId,
        /// How many.
        environments: u32,
    },
    /// From now on so many pollers that are paid for take a queue's messages to a function.
    Polling {
        /// Which function.
        function: NodeId,
        /// Which queue's.
        queue: NodeId,
        /// How many.
        pollers: u32,
    },
    /// A controller decided.
    Decided {
        /// Whose size.
        pool: NodeId,
        /// What and why.
        decision: Decision,
    },
}

/// Why a request, or one attempt at it, came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Loss {
    /// No place left to wait.
    Full,
    /// No worker was there: a balancer's 503.
    NoWorker,
    /// The node was away.
    Down,
    /// The node went away with it in hand or in line.
    Crashed,
    /// Its worker was stopped.
    Stopped,
    /// Its caller gave up.
    TimedOut,
    /// It lost patience in line.
    Left,
    /// The work failed.
    Error,
    /// A limit on the rate of requests had no room for it.
    Limited,
    /// The provider refused it.
    Throttled,
    /// Turned away, at the door or out of the line, to serve the others in time.
    Shed,
    /// Its client's deadline had passed.
    Late,
    /// Its caller had stopped calling after too many failures.
    Broken,
    /// Its caller had too many calls under way.
    Crowded,
    /// Its worker was cut off by the balancer before it had answered, or was no longer there to answer: 502.
    BadGateway,
    /// Its balancer gave up waiting for the answer, or reaching the worker: 504.
    GatewayTimeout,
    /// Lost on the way between two nodes, sent by somebody who went on.
    Network,
    /// Its run was longer than its function may run.
    FunctionTimeout,
    /// Put aside after too many receives, or too many runs in vain.
    DeadLettered,
    /// Its message was kept as long as its queue keeps any.
    Expired,
    /// Still inside when the run ended.
    Unfinished,
}

impl Loss {
    /// All reasons, in the order in which they are shown.
    pub const ALL: [Loss; 21] = [
        Loss::Full,
        Loss::NoWorker,
        Loss::Down,
        Loss::Crashed,
        Loss::Stopped,
        Loss::TimedOut,
        Loss::Left,
        Loss::Error,
        Loss::Limited,
        Loss::Throttled,
        Loss::Shed,
        Loss::Late,
        Loss::Broken,
        Loss::Crowded,
        Loss::BadGateway,
        Loss::GatewayTimeout,
        Loss::Network,
        Loss::FunctionTimeout,
        Loss::DeadLettered,
        Loss::Expired,
        Loss::Unfinished,
    ];

    /// As figures, traces and tables write it.
    pub const fn word(self) -> &'static str {
        match self {
            Loss::Full => "full",
            Loss::NoWorker => "no-worker",
            Loss::Down => "down",
            Loss::Crashed => "crashed",
            Loss::Stopped => "stopped",
            Loss::TimedOut => "timed-out",
            Loss::Left => "left",
            Loss::Error => "error",
            Loss::Limited => "limited",
            Loss::Throttled => "throttled",
            Loss::Shed => "shed",
            Loss::Late => "late",
            Loss::Broken => "breaker-open",
            Loss::Crowded => "bulkhead-full",
            Loss::BadGateway => "bad-gateway",
            Loss::GatewayTimeout => "gateway-timeout",
            Loss::Network => "network",
            Loss::FunctionTimeout => "function-timeout",
            Loss::DeadLettered => "dead-lettered",
            Loss::Expired => "expired",
            Loss::Unfinished => "unfinished",
        }
    }

    /// The status with which a balancer answers for it, where a balancer does.
    ///
    /// Elastic Load Balancing, *Troubleshoot your Application Load Balancers*: 502 where a target refuses, resets or is cut
    /// off; 503 where none is registered; 504 where none answers in time.
    pub const fn status(self) -> Option<u16> {
        match self {
            Loss::BadGateway => Some(502),
            Loss::NoWorker => Some(503),
            Loss::GatewayTimeout => Some(504),
            _ => None,
        }
    }

    /// Whether a limit refused it: to be tried again later, and more slowly.
    pub const fn is_throttling(self) -> bool {
        matches!(self, Loss::Limited | Loss::Throttled | Loss::Shed)
    }

    /// How the stay of a worker ended whose call failed so.
    pub const fn of_caller(self) -> Outcome {
        match self {
            Loss::Full | Loss::NoWorker | Loss::Down | Loss::Broken | Loss::Crowded => Outcome::Refused,
            Loss::Limited | Loss::Throttled | Loss::Shed => Outcome::Refused,
            Loss::TimedOut | Loss::Left | Loss::Late | Loss::FunctionTimeout => Outcome::TimedOut,
            _ => Outcome::Error,
        }
    }
}
