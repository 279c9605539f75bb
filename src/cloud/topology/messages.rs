//! Queues, and how workers take messages from them.

use crate::cloud::topology::{Mapping, NodeId};
use crate::ground::distribution::Distribution;
use crate::ground::time::Span;

/// Holds messages.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    /// Who receives, in this order of preference; empty: nobody.
    pub to: Vec<NodeId>,
    /// How long a received message stays hidden; `None`: until its worker is done or lost. One that fails in the
    /// instant in which it is received comes back a second later: at once, it would be tried for ever in that instant.
    pub visibility: Option<Span>,
    /// When a message that keeps coming back is put aside.
    pub dead_letters: Option<DeadLetters>,
    /// Where a message that comes back stands.
    pub returned: Returned,
    /// Which deletes count.
    pub stale_delete: StaleDelete,
    /// Messages of one group are received one after the other, in the order in which they came: while one of them is in
    /// flight no other is received (Amazon SQS Developer Guide, FIFO queue delivery logic).
    pub fifo: bool,
    /// How long a message that is sent stays out of sight, where the step that sends it does not say it.
    pub delay: Span,
    /// A message is gone so long after it was sent, wherever it is; `None`: it stays.
    pub retention: Option<Span>,
    /// As many as may be received and not yet deleted; at least 1. `None`: any number.
    pub in_flight_limit: Option<u32>,
    /// The chance that a message which its worker has deleted is delivered once more.
    pub duplicates: f64,
    /// The share of messages that a short poll does not see.
    pub unseen: f64,
    /// So long after a receive nothing hides the message any more: extending its visibility beyond is an error; `None`: it
    /// may be hidden for ever.
    pub visibility_ceiling: Option<Span>,
    /// What is sent again so long after it was first sent is acknowledged and dropped, in a FIFO queue; `None`: nothing is.
    pub deduplication: Option<Span>,
    /// A FIFO queue looks for messages that may be received only among so many of its first; at least 1. `None`: in all.
    pub look_ahead: Option<u32>,
    /// How many calls a FIFO queue takes; `None`: any number.
    pub throughput: Option<Throughput>,
    /// Steps may let what is put aside here go back to where it came from: it is kept whole, and its requests wait for it.
    pub redriven: bool,
    /// Who is received first where tenants share the queue; `None`: who came first.
    pub fair: Option<Fair>,
    /// Who takes its messages to its function; `None` where it has none.
    pub mapping: Option<Box<Mapping>>,
}

/// How many calls of each kind a queue takes; beyond that they are throttled. Deletes are not limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throughput {
    /// From one call of a kind to the next, on average: of the whole queue, or of each partition.
    pub every: Span,
    /// As many at once; at least 1.
    pub burst: u32,
    /// Parts of the queue that take as many each, over which groups are spread; at least 1.
    pub partitions: u32,
}

/// When a tenant of a queue is too noisy for the others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fair {
    /// The share of all messages in flight, or of the workers' time of late, above which it is.
    pub share: f64,
    /// In flight it must have so many besides.
    pub in_flight: u32,
    /// How far back "of late" reaches, and after how long with none in flight it is quiet again.
    pub memory: Span,
}

/// When and where exhausted messages go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeadLetters {
    /// The queue that keeps them.
    pub to: NodeId,
    /// Receives after which a message is exhausted; at least 1.
    pub max_receives: u16,
    /// The moment of the move.
    pub at: DeadLetterAt,
}

/// When an exhausted message moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeadLetterAt {
    /// When a worker next tries to receive it.
    #[default]
    NextReceive,
    /// In the moment of its last failure.
    LastFailure,
}

/// Where a message that comes back stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Returned {
    /// By its first arrival.
    #[default]
    InPlace,
    /// Behind all others.
    Last,
    /// By its first arrival after its first and second receive, behind all others from the third on.
    ByReceives,
}

/// Which deletes of a message count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StaleDelete {
    /// That by the newest receipt; by an older one the message stays.
    #[default]
    Ignored,
    /// Each.
    Accepted,
    /// That by the newest receipt, and only until its visibility runs out: so a FIFO queue has it (Amazon SQS API
    /// reference, DeleteMessage).
    InTime,
}

/// How a pool's workers take messages.
#[derive(Clone, Debug, Default)]
pub struct Poll {
    /// Messages that one receive brings at the most, at least 1; `None` is one. Those beyond the first wait in the hands
    /// of the slot that received them, their visibility running.
    pub messages: Option<u32>,
    /// After an error the message is visible again after this law (nanoseconds); `None`: by its visibility
    /// timeout, or at once where the queue has none.
    pub on_error: Option<Distribution>,
    /// While a worker is at work on a message, it hides it anew for the queue's whole visibility timeout, so often;
    /// `None`: never. Nothing where the queue has no such timeout.
    pub heartbeat: Option<Span>,
    /// How long a poll waits for a message, each counted and billed; `None`: polls are open and free.
    pub wait: Option<Span>,
    /// From a poll that brought nothing to the next one (nanoseconds); `None`: at once. Needs `wait`.
    pub sleep: Option<Distribution>,
}

/// How a pool's slots take several jobs together.
///
/// A free slot takes those that wait in line, or a queue's messages that are free to be received, as soon as there are
/// enough. All end together when the last of them has done its last step, but for those that fail before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// As many at the most; at least 1.
    pub at_most: u32,
    /// With fewer a free slot waits for more; at least 1, at most `at_most`.
    pub at_least: u32,
    /// Then it takes those that are there; none: it waits for ever.
    pub window: Span,
}
