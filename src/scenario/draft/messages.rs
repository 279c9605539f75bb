//! Queues, and how workers take messages from them.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::draft::law::Law;
use crate::scenario::draft::mapping::Mapping;
use crate::scenario::draft::quantities::{Gap, Share, Time, Whole};
use crate::scenario::draft::words::Names;

/// Holds messages.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Queue {
    /// The pools that receive; their idle workers take in this order. Or a function, to which pollers take the messages
    /// (`mapping`). Without it, nobody receives.
    pub to: Option<Names>,
    /// How long a received message stays hidden. Without it, until its worker is done or lost.
    pub visibility_timeout: Option<Time>,
    /// Receives after which a message is put aside. Needs `dead-letters`.
    pub max_receive_count: Option<Whole>,
    /// The queue that keeps messages put aside. Needs `max-receive-count`.
    pub dead_letters: Option<String>,
    /// When an exhausted message moves.
    #[schemars(extend("default" = "next-receive"))]
    pub dead_letter_at: Option<DeadLetterAt>,
    /// Where a message that comes back stands.
    #[schemars(extend("default" = "in-place"))]
    pub returned: Option<Returned>,
    /// Whether a delete counts that is not by the newest receipt, or comes after the visibility has run out.
    #[schemars(extend("default" = "ignored"))]
    pub stale_delete: Option<StaleDelete>,
    /// First in, first out within each group: while a message of a group is in flight, no other of that group is
    /// received. Groups come from the requests (`groups` of a workload, `group` of a script or trace) or the step that
    /// sends; messages without one are a group together. It has a price of its own.
    #[schemars(extend("default" = false))]
    pub fifo: Option<bool>,
    /// How long a message that is sent stays out of sight before it is visible for the first time. A step's own `delay`
    /// comes before it.
    #[schemars(extend("default" = "0s"))]
    pub delay: Option<Time>,
    /// A message is gone so long after it was sent, wherever it is. Dead letters of a standard queue keep their age, those
    /// of a `fifo` queue begin anew. Without it, messages stay.
    pub retention: Option<Time>,
    /// Messages that may be received and not yet deleted; with as many a receive brings nothing. Without it, any number.
    pub in_flight_limit: Option<Whole>,
    /// The share of messages that are delivered once more although they were deleted: at-least-once delivery.
    #[schemars(extend("default" = "0%"))]
    pub duplicates: Option<Share>,
    /// The share of messages that a short poll sees.
    #[schemars(extend("default" = "100%"))]
    pub coverage: Option<Share>,
    /// So long after a receive its visibility cannot be extended beyond: neither by a heartbeat nor after an error. Without
    /// it, for ever.
    pub visibility_ceiling: Option<Time>,
    /// Of a `fifo` queue: what the same step of the same request sends again so long after it first did is acknowledged and
    /// dropped, even if the first is long done. Without it, it is queued again.
    pub deduplication: Option<Time>,
    /// Of a `fifo` queue: messages that may be received are looked for among so many of the first; a backlog of one group
    /// hides what stands behind it. Without it, among all.
    pub look_ahead: Option<Whole>,
    /// Of a `fifo` queue: calls that it takes of each kind (those that send, and those that receive), beyond them it
    /// throttles: `"300/s"`. As many may come at once as in a second. Without it, any number.
    pub rate_limit: Option<Gap>,
    /// Of a `fifo` queue: groups are spread over `partitions`, each of which takes as many calls as `rate-limit` says.
    #[schemars(extend("default" = false))]
    pub high_throughput: Option<bool>,
    /// With `high-throughput`: how many partitions there are.
    #[schemars(extend("default" = 233))]
    pub partitions: Option<Whole>,
    /// Of a standard queue: groups are tenants, and messages of quiet ones are received before those of noisy neighbours.
    #[schemars(extend("default" = false))]
    pub fair: Option<bool>,
    /// With `fair`: who is a noisy neighbour.
    pub noisy: Option<Noisy>,
    /// How its messages come to its function. Without it, as AWS Lambda has it.
    pub mapping: Option<Mapping>,
}

/// When a tenant is a noisy neighbour.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Noisy {
    /// The share of all messages in flight, or of the workers' time of late, above which it is.
    #[schemars(extend("default" = "10%"))]
    pub share: Option<Share>,
    /// With a large share of the messages in flight, it must have so many of them besides.
    #[schemars(extend("default" = 30))]
    pub in_flight: Option<Whole>,
    /// How far back "of late" reaches, and after how long with none in flight it is quiet again.
    #[schemars(extend("default" = "5min"))]
    pub memory: Option<Time>,
}

/// When an exhausted message moves.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DeadLetterAt {
    /// When a worker next tries to receive it.
    NextReceive,
    /// In the moment of its last failure.
    LastFailure,
}

/// Where a message that comes back stands.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Returned {
    /// By its first arrival.
    InPlace,
    /// Behind all others.
    Last,
    /// By its first arrival after the first and second receive, behind all others from the third on.
    ByReceives,
}

/// Which deletes of a message count.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum StaleDelete {
    /// That by the newest receipt, even if the message is visible again. By an older one the message stays.
    Ignored,
    /// Each: the message goes.
    Accepted,
    /// That by the newest receipt, and only until its visibility runs out.
    InTime,
}

/// How a pool's workers take messages.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Poll {
    /// Messages that one receive asks for, 10 at the most; it brings what is there. A slot works on them one after the
    /// other, or all together by `batch`; those that wait in its hands are hidden already.
    #[schemars(extend("default" = 1))]
    pub messages: Option<Whole>,
    /// After an error, the time until the message is visible again. Without it, by the queue's visibility timeout.
    pub on_error: Option<Law<Time>>,
    /// While a worker is at work on a message, it hides it anew so often, each time for the queue's whole
    /// `visibility-timeout`, and each time billed. Without it, never.
    pub heartbeat: Option<Time>,
    /// How long an idle slot's poll waits for a message: `"0s"` is a short poll, `"20s"` the longest that SQS allows. Each
    /// poll, also one that brings nothing, is counted and billed. Without it, polls are open and free; so are those of
    /// workers without number, of whom one always polls.
    pub wait: Option<Time>,
    /// From a poll that brought nothing to the next one: a law of a duration. Needs `wait`. Without it, at once.
    pub sleep: Option<Law<Time>>,
}

/// How a pool's slots take several jobs together.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Batch {
    /// As many at the most.
    #[schemars(extend("default" = 1))]
    pub at_most: Option<Whole>,
    /// With fewer a free slot waits for more; what waits stays in line, or in its queue.
    #[schemars(extend("default" = 1))]
    pub at_least: Option<Whole>,
    /// A free slot waits so long for more, and then takes those that are there; 0 is for ever.
    #[schemars(extend("default" = "0s"))]
    pub window: Option<Time>,
}
