//! One step of a pool: a verb, and settings beside it.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::draft::act::Act;
use crate::scenario::draft::bus::Event;
use crate::scenario::draft::client::Retry;
use crate::scenario::draft::law::Law;
use crate::scenario::draft::quantities::{Bytes, Share, Time, Whole};
use crate::scenario::draft::words::Names;

/// One thing that a worker does for a request: exactly one verb (`work`, `call`, `send`, `put`, `get`, `event`, `act`,
/// `choose`), settings beside it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Step {
    /// Verb: keeps the slot for the request's own draw of that work (÷ `speed`).
    pub work: Option<String>,
    /// Verb: sends on to these nodes and waits for all answers, keeping the slot.
    pub call: Option<Names>,
    /// Verb: sends on to these nodes and goes on; the client's answer no longer depends on it.
    pub send: Option<Names>,
    /// Verb: stores an object in this bucket.
    pub put: Option<String>,
    /// Verb: reads an object of this bucket.
    pub get: Option<String>,
    /// Verb: puts an event on a bus, where each rule that takes it sends a branch of the request to each of its targets.
    pub event: Option<Event>,
    /// Verb: acts on the infrastructure.
    pub act: Option<Act>,
    /// Verb: goes on in one of several ways by chance, drawn once a request, so that a message that comes again, and an
    /// attempt made again, goes the same way; where the shares leave something of 100 %, that many do nothing.
    pub choose: Option<Vec<Way>>,
    /// Of `work`: the chance, each visit anew, that it ends in an error.
    #[schemars(extend("default" = "0%"))]
    pub fails: Option<Share>,
    /// Of `work` and `choose`: draws each visit anew instead of once a request.
    #[schemars(extend("default" = false))]
    pub fresh: Option<bool>,
    /// Of `work`, in functions: the work that a new environment does instead, in its first run. Without it, the same.
    pub cold: Option<String>,
    /// Of `work`: `"batch"` does it once for all that are taken together. Without it, for each.
    pub per: Option<Per>,
    /// Of `call`: gives up so long after sending. Without it, never.
    pub timeout: Option<Time>,
    /// Of `call`: whether, when and how often it tries again. Without it, never.
    pub retry: Option<Retry>,
    /// Of `call`: sends a second copy to whoever has not answered after so long; the first answer counts. Without it, never.
    pub hedge: Option<Time>,
    /// Of `call`: stops calling for a while when too many of the last calls failed. Each worker has one of its own.
    pub breaker: Option<Breaker>,
    /// Of `call`: calls of this step that one worker has under way at the most; beyond them they fail at once. Without it,
    /// any number.
    pub bulkhead: Option<Whole>,
    /// Of `send`, `put` and `get`: bytes of the message or object, a law of a size. Without it, the request's own. Of `event`:
    /// bytes of the event. Without it, as many as it has as text.
    pub size: Option<Law<Bytes>>,
    /// Of `put`: the key of the object, for whoever hears of it: `{n}` is the request's number, `{workload}` the name of its
    /// kind.
    #[schemars(extend("default" = "{workload}/{n}"))]
    pub key: Option<String>,
    /// Of `send`: how many of the same.
    #[schemars(extend("default" = 1))]
    pub copies: Option<Whole>,
    /// Of `send`: the FIFO group or tenant of the message. Without it, the request's own.
    pub group: Option<String>,
    /// Of `send`, to standard queues: how long the message stays out of sight first. Without it, as long as its queue says.
    pub delay: Option<Time>,
    /// Of `choose`: names what is drawn: choices of one name fall alike for the same request, in every node and topology.
    /// Without it, those at the same place of nodes of the same name do.
    pub draw: Option<String>,
    /// Only for these workloads. Without it, for all.
    #[serde(rename = "for")]
    pub only: Option<Names>,
}

/// One of the ways of a choice.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Way {
    /// How many of those who come to the choice go this way.
    pub share: Share,
    /// What is done for them, in order.
    pub steps: Vec<Step>,
}

/// For whom a work is done.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Per {
    /// Once for all that a slot has taken together: the first one's draw counts.
    Batch,
}

/// A circuit breaker; what is not given is as resilience4j has it.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Breaker {
    /// The share of failures that opens it. Calls then fail at once.
    #[schemars(extend("default" = "50%"))]
    pub failures: Option<Share>,
    /// Of so many of the last calls; before there were as many it stays closed.
    #[schemars(extend("default" = 100))]
    pub of: Option<Whole>,
    /// How long it stays open.
    #[schemars(extend("default" = "60s"))]
    pub open: Option<Time>,
    /// Calls that are then made to try: by the same share they close it or open it again.
    #[schemars(extend("default" = 10))]
    pub trial: Option<Whole>,
    /// Opens it when calls are slow, too. Without it, only failures do.
    pub slow: Option<Slow>,
}

/// When slow calls open a breaker.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Slow {
    /// The share of slow calls that opens it.
    #[schemars(extend("default" = "100%"))]
    pub share: Option<Share>,
    /// A call that takes longer is slow.
    #[schemars(extend("default" = "60s"))]
    pub after: Option<Time>,
}
