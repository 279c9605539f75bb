//! Whom a node takes of those who come.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::draft::quantities::{Gap, Time, Whole};

/// Who is turned away, so that the others are served in time.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = crate::scenario::schema::choice)]
pub(crate) enum Admission {
    /// Takes whom it has a token for; the others are lost as `limited`.
    TokenBucket(TokenBucket),
    /// Takes whom it has not too many before; the others are lost as `shed`.
    AtMost(AtMost),
    /// Turns away out of the line while waits stay too long (controlled delay, RFC 8289); they are lost as
    /// `shed`.
    Codel(Codel),
}

/// Who is turned away where nobody waits in a line.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = crate::scenario::schema::choice)]
pub(crate) enum AtTheDoor {
    /// Takes whom it has a token for; the others are lost as `limited`.
    TokenBucket(TokenBucket),
    /// Takes whom it has not too many before; the others are lost as `shed`.
    AtMost(AtMost),
}

impl AtTheDoor {
    /// As one that may also look into a line.
    pub fn any(self) -> Admission {
        match self {
            AtTheDoor::TokenBucket(bucket) => Admission::TokenBucket(bucket),
            AtTheDoor::AtMost(most) => Admission::AtMost(most),
        }
    }
}

/// A limit on the rate of requests that lets short bursts pass.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct TokenBucket {
    /// How many tokens come in a time, evenly; each request takes a whole one.
    pub rate: Gap,
    /// Tokens that it holds at the most, and at the start.
    pub burst: Whole,
}

/// A limit on the number of requests.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct AtMost {
    /// Requests in line and in service together.
    pub in_system: Whole,
}

/// A limit on the time in line.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Codel {
    /// The wait that may be.
    #[schemars(extend("default" = "5ms"))]
    pub target: Option<Time>,
    /// How long all waits may stay above it, before one after the other is turned away.
    #[schemars(extend("default" = "100ms"))]
    pub interval: Option<Time>,
}
