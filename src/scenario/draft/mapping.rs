//! `mapping` of a queue: how its messages come to its function.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::Deserializer;
use serde_json::Value;

use crate::scenario::draft::function::Throttled;
use crate::scenario::draft::quantities::{Bytes, Gap, Time, Whole};

/// An event source mapping: pollers of which each receives a batch, invokes the function with it and waits for the end of
/// that run. They know nothing of how many environments the function may have.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Mapping {
    /// Messages of one invocation at the most. It is one run in one environment, which works on them one after the other.
    #[schemars(extend("default" = 10))]
    pub batch_size: Option<Whole>,
    /// How long a poller that has received a message waits for more. With none it takes what one receive brings.
    #[schemars(extend("default" = "0s"))]
    pub window: Option<Time>,
    /// Pollers at the start, each with one batch at once.
    #[schemars(extend("default" = 5))]
    pub start: Option<Whole>,
    /// How fast they become more, while all are busy and messages wait.
    #[schemars(extend("default" = "300/min"))]
    pub ramp: Option<Gap>,
    /// Pollers at the most.
    #[schemars(extend("default" = 1250))]
    pub at_most: Option<Whole>,
    /// Batches that may be with the function at once: further messages stay in the queue. Without it, as many as there are
    /// pollers, whatever the function may have.
    pub max_concurrency: Option<Whole>,
    /// Pollers that are left where there is little to do; with `max-concurrency` those at the start stay.
    #[schemars(extend("default" = 2))]
    pub at_least: Option<Whole>,
    /// Pollers that are kept ready and paid for by the hour, instead of those that come and go: each does more at once. Not
    /// beside `start`, `ramp`, `at-most`, `at-least` and `max-concurrency`.
    pub provisioned: Option<Provisioned>,
    /// How long some pollers must have had nothing to do until there are fewer.
    #[schemars(extend("default" = "3min"))]
    pub idle: Option<Time>,
    /// After a run that ended in an error, or a refusal, half of the pollers are left; again half of those so long later. Of
    /// `provisioned` ones never fewer than `min`.
    #[schemars(extend("default" = "10s"))]
    pub slow_down: Option<Time>,
    /// How long a poller waits with a batch that the function refused; each further refusal doubles it. It tries until the
    /// messages are visible to others.
    #[serde(default)]
    pub throttled: Throttled,
    /// The messages that are taken to the function, as an event pattern of EventBridge: `{ body = { workload = ["orders"] } }`;
    /// or a list of up to ten, of which one must match. All others are deleted when they are received: they are never run, and
    /// their requests go on as if they were done. Of a body it is known, whoever has sent it: `workload`, the name of its
    /// request's kind (empty for what no request brought about), `number`, that of the request among its kind, from 1, and
    /// `size`, the bytes of the message.
    pub filter: Option<Filters>,
    /// The function reports which messages of a batch have failed: only those come back, and pollers do not become fewer.
    #[schemars(extend("default" = false))]
    pub partial_failures: Option<bool>,
}

/// Pollers that are kept ready, of which each may have several batches with the function at once. It has one poll open while
/// there is nothing to receive, as any other poller.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Provisioned {
    /// Pollers at the start and at the least, from 2 to 200.
    #[schemars(extend("default" = 2))]
    pub min: Option<Whole>,
    /// Pollers at the most, from 2 to 10,000.
    #[schemars(extend("default" = 200))]
    pub max: Option<Whole>,
    /// How fast they become more, while none of them may receive and messages wait.
    #[schemars(extend("default" = "100/min"))]
    pub ramp: Option<Gap>,
    /// Batches that one poller may have with the function at once.
    #[schemars(extend("default" = 10))]
    pub invokes: Option<Whole>,
    /// Polls that bring something, of one poller, at the most.
    #[schemars(extend("default" = "10/s"))]
    pub polls: Option<Gap>,
    /// Bytes that one poller takes in a second: after a poll that brought more it rests the longer.
    #[schemars(extend("default" = "1MB"))]
    pub throughput: Option<Bytes>,
}

/// A pattern or a list of patterns.
#[derive(Clone, Debug)]
pub(crate) struct Filters {
    pub patterns: Vec<Value>,
    /// Whether they stand in a list, for places.
    pub listed: bool,
}

impl<'de> Deserialize<'de> for Filters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Filters, D::Error> {
        Ok(match Value::deserialize(deserializer)? {
            Value::Array(patterns) => Filters { patterns, listed: true },
            pattern => Filters { patterns: vec![pattern], listed: false },
        })
    }
}

impl JsonSchema for Filters {
    fn schema_name() -> Cow<'static, str> {
        "Filters".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "an event pattern or a list of them",
            "anyOf": [{ "type": "object" }, { "type": "array", "items": { "type": "object" } }] })
    }
}
