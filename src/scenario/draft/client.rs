//! The client: how patiently it waits, and how it tries again.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::draft::law::Law;
use crate::scenario::draft::quantities::{Amount, Time};

/// How a caller outside the system behaves. Without it, it waits for ever and never tries again.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Client {
    /// Gives up so long after sending an attempt. Without it, never.
    pub timeout: Option<Time>,
    /// What the system does with an attempt that was given up.
    #[schemars(extend("default" = "finish"))]
    pub abandoned: Option<Abandoned>,
    /// Leaves if its first service has not begun by then.
    pub patience: Option<Law<Time>>,
    /// Whether, when and how often it tries again.
    pub retry: Option<Retry>,
}

/// What becomes of an attempt whose caller has given up.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Abandoned {
    /// The system does not notice, and serves it to its end.
    Finish,
    /// It leaves line and worker in the moment of the timeout.
    Cancel,
}

/// How a failed attempt is repeated.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Retry {
    /// Attempts in all, the first included; a whole number or `"unlimited"`.
    #[schemars(extend("default" = 3))]
    pub attempts: Option<Amount>,
    /// The pause before the next attempt. Without it `full-jitter` from 1 s to 20 s.
    pub backoff: Option<Backoff>,
    /// The failures that are worth another attempt. Without it, all.
    pub on: Option<Vec<Failure>>,
}

/// A failure of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Failure {
    /// Nothing there, no room, or away.
    Refused,
    /// The attempt took too long.
    Timeout,
    /// The work failed, or what worked on it did.
    Error,
    /// Refused by a limit.
    Throttled,
}

/// The pause between a failed attempt and the next. `base` doubles with each attempt up to `cap`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = crate::scenario::schema::choice)]
pub(crate) enum Backoff {
    /// A law of its own, the same after every failure.
    Wait(Law<Time>),
    /// min(`cap`, `base` · 2ⁿ), without chance.
    Doubling(Bounds),
    /// Evenly from 0 to min(`cap`, `base` · 2ⁿ).
    FullJitter(Bounds),
    /// Half of min(`cap`, `base` · 2ⁿ), and evenly up to as much again.
    EqualJitter(Bounds),
    /// Evenly from `base` to three times the pause before, at most `cap`.
    Decorrelated(Bounds),
}

/// The shortest and the longest pause of a backoff.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Bounds {
    /// What the first pause is made from.
    #[schemars(extend("default" = "1s"))]
    pub base: Option<Time>,
    /// At the most.
    #[schemars(extend("default" = "20s"))]
    pub cap: Option<Time>,
}
