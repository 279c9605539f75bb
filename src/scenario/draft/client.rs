//! The client: how patiently it waits, and how it tries again.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::draft::law::Law;
use crate::scenario::draft::quantities::{Amount, Time, Whole};

/// How a caller outside the system behaves. Without it, it waits for ever and never tries again.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Client {
    /// Whether it waits for the answer. One that does not is told at once that its request was taken in; a function is then
    /// invoked asynchronously.
    #[schemars(extend("default" = true))]
    pub waits: Option<bool>,
    /// Gives up so long after sending an attempt. Without it, never.
    pub timeout: Option<Time>,
    /// What the system does with an attempt that was given up.
    #[schemars(extend("default" = "finish"))]
    pub abandoned: Option<Abandoned>,
    /// Leaves if its first service has not begun by then.
    pub patience: Option<Law<Time>>,
    /// The time for all attempts together, from the request's birth. It is carried along: nodes drop what is past it.
    /// Without it, none.
    pub deadline: Option<Time>,
    /// Sends a second copy of an attempt that has no answer after so long; the first answer counts. Without it, never.
    pub hedge: Option<Time>,
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
    /// Whose retries these are: what the other keys are where they are not given.
    #[schemars(extend("default" = "plain"))]
    pub like: Option<Like>,
    /// Attempts in all, the first included; a whole number or `"unlimited"`. `aws-legacy` makes 5.
    #[schemars(extend("default" = 3))]
    pub attempts: Option<Amount>,
    /// The pause before the next attempt. Without it `full-jitter` from 1 s to 20 s.
    pub backoff: Option<Backoff>,
    /// The pause after a refusal by a limit. Without it, as after any failure.
    pub throttled_backoff: Option<Backoff>,
    /// The failures that are worth another attempt. Without it, all.
    pub on: Option<Vec<Failure>>,
    /// Tokens that each process has to try again with: all clients of a workload are one process, and of a step that
    /// calls each worker is one. Without it, trying again costs nothing, unless `like` says otherwise.
    pub budget: Option<Budget>,
}

/// Whose retries these are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Like {
    /// As written here: 3 attempts, `full-jitter` from 1 s to 20 s, no budget.
    #[default]
    Plain,
    /// The AWS SDKs' legacy mode: 5 attempts, `full-jitter` from 1 s without a ceiling, no budget.
    AwsLegacy,
    /// Their standard mode: 3 attempts, `full-jitter` from 1 s to 20 s, a budget of 500 tokens, of which trying again
    /// costs 5, and 10 after a timeout.
    AwsStandard,
    /// Their standard mode as revised in 2026: pauses from 50 ms, after throttling from 1 s; trying again costs 14, and 5
    /// after throttling.
    #[serde(rename = "aws-standard-2026")]
    AwsStandard2026,
    /// Their adaptive mode: as standard, and once a limit has refused a request the process finds its pace by itself.
    AwsAdaptive,
}

/// What trying again costs, in tokens.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Budget {
    /// Tokens at the start, and at the most. Who cannot pay does not try again.
    #[schemars(extend("default" = 500))]
    pub tokens: Option<Whole>,
    /// Of trying again after a failure. `aws-standard-2026` pays 14.
    #[schemars(extend("default" = 5))]
    pub cost: Option<Whole>,
    /// Of trying again after a timeout. `aws-standard-2026` pays 14.
    #[schemars(extend("default" = 10))]
    pub timeout_cost: Option<Whole>,
    /// Of trying again after a refusal by a limit.
    #[schemars(extend("default" = 5))]
    pub throttled_cost: Option<Whole>,
    /// What a first attempt that goes well gives back; a later one gives back what it cost.
    #[schemars(extend("default" = 1))]
    pub refund: Option<Whole>,
}

/// A failure of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Failure {
    /// Nothing there (a balancer's 503), no room, or away.
    Refused,
    /// The attempt took too long.
    Timeout,
    /// The work failed, or what worked on it did; a balancer's 502 and 504.
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
