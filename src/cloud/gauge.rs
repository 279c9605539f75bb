//! Levels that the parts of a world keep as integrals over time: what recorders and controllers read as
//! differences, so that nothing need be told each time a level changes.

use crate::cloud::topology::NodeId;

/// What a gauge follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Requests born and not yet ended, of the whole.
    InSystem,
    /// Clients that pause before another attempt, of the whole.
    Retrying,
    /// Requests in line at a pool.
    Line,
    /// Slots of a pool that are taken.
    Busy,
    /// Jobs that a slot has taken together with another, beyond the first of each.
    Together,
    /// Branches that wait at a pool for the others of their fan-out.
    Joining,
    /// Slots of the workers in service.
    Slots,
    /// Workers wanted of a pool.
    Desired,
    /// 1 while so many workers are wanted of a pool, else 0: told where thresholds say how many.
    Wanted(u16),
    /// Workers asked for and not yet running.
    Pending,
    /// Workers running and not yet in service.
    Booting,
    /// Workers in service.
    Ready,
    /// Workers that have failed and whose machines stay.
    Failed,
    /// Workers that end what they hold and then go.
    Draining,
    /// Machines in a pool's warm pool, those included that are on their way there.
    Warm,
    /// Machines of a pool that somebody has stopped, those included that are still stopping.
    Off,
    /// Launches of a pool that came to nothing, a second: its integral, over seconds, is their number.
    Denied,
    /// 1 while a node is away, else 0.
    Away,
    /// Messages of a queue that are free to be received.
    Visible,
    /// Messages received and not yet deleted.
    InFlight,
    /// Messages out of sight after a failure.
    Hidden,
    /// Messages that were sent and are not visible yet.
    Delayed,
    /// Polls of a queue that brought nothing, a second: its integral, over seconds, is their number.
    EmptyReceives,
    /// Pollers that take a queue's messages to its function.
    Pollers,
    /// 1 while a request waits at one worker of a pool and a slot of another is free, else 0.
    IdleBesideLine,
    /// 1 while the bucket of a node's admission holds all its tokens, else 0: told by its integral alone.
    BucketFull,
    /// Those of them that followed on a sleep.
    EmptyAgain,
    /// Those of them that a limit on messages in flight refused.
    OverLimit,
    /// Thousandths of vCPUs that pods ask for of the machines of a cluster.
    Asked,
}

impl Level {
    /// As figures and series write it.
    pub const fn word(self) -> &'static str {
        match self {
            Level::InSystem => "in-system",
            Level::Retrying => "retrying",
            Level::Line => "line",
            Level::Busy => "busy",
            Level::Together => "together",
            Level::Joining => "joining",
            Level::Slots => "slots",
            Level::Desired | Level::Wanted(_) => "desired",
            Level::Pending => "pending",
            Level::Booting => "booting",
            Level::Ready => "ready",
            Level::Failed => "failed",
            Level::Draining => "draining",
            Level::Warm => "warm",
            Level::Off => "off",
            Level::Denied => "denied",
            Level::Away => "away",
            Level::Visible => "visible",
            Level::InFlight => "in-flight",
            Level::Hidden => "hidden",
            Level::Delayed => "delayed",
            Level::EmptyReceives => "empty-receives",
            Level::Pollers => "pollers",
            Level::IdleBesideLine => "idle-beside-line",
            Level::BucketFull => "bucket-full",
            Level::EmptyAgain => "empty-again",
            Level::OverLimit => "over-limit",
            Level::Asked => "asked",
        }
    }
}

/// One level of one part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gauge {
    /// Whose; `None` is the whole.
    pub node: Option<NodeId>,
    /// What.
    pub what: Level,
}
