//! What controllers read, and how what happens becomes what they see.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::draft::law::Law;
use crate::scenario::draft::quantities::{Number, Share, Time};

/// What a controller reads: a word, or the word with its node, `{ visible = { of = "uploads" } }`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = crate::scenario::schema::choice)]
pub(crate) enum Metric {
    /// Messages free to be received; of a pool, requests in line.
    Visible(Of),
    /// Messages received and not yet deleted; of a pool, requests in service.
    InFlight(Of),
    /// Messages hidden until their delay is over.
    Delayed(Of),
    /// How long ago the oldest message came.
    Oldest(Of),
    /// Visible and in flight; of a pool, waiting and in service.
    Backlog(Of),
    /// The busy share of the ready slots since the last look.
    Cpu(Of),
    /// Busy slots for each ready worker since the last look.
    Busy(Of),
    /// Requests begun for each ready worker and minute since the last look.
    RequestsPerWorker(Of),
    /// Requests in service; of a function, invocations at work.
    Concurrency(Of),
    /// The share of a function's environments that are kept ready which were at work since the last look.
    ProvisionedUse(Of),
    /// Workers in service, those that are not yet warm among them.
    InService(Of),
    /// Workers in service that are warm.
    Ready(Of),
    /// Workers wanted.
    Desired(Of),
    /// Metric math: one metric divided by another. There is no datapoint where the divisor is 0.
    Ratio(Box<Ratio>),
    /// From outside: it does not react to what is decided.
    Recorded(Recorded),
}

/// The node of a metric.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Of {
    /// A queue, pool or function. Without it, the queue before the pool, else the pool's own line; metrics of workers are of the
    /// pool itself.
    pub of: Option<String>,
}

/// One metric divided by another.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Ratio {
    /// What is divided.
    pub of: Metric,
    /// By what.
    pub to: Metric,
    /// The divisor is never taken to be less: with 1, a group without workers still has a datapoint.
    #[schemars(extend("default" = 0))]
    pub at_least: Option<Number>,
}

/// Values recorded elsewhere: as `points`, or as the columns of a `file`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Recorded {
    /// Times since the start of the run, and the value of each datapoint: `[["60s", 4], ["120s", 12]]`.
    pub points: Option<Vec<(Time, Number)>>,
    /// The name that `decide` knows its values by.
    pub name: Option<String>,
    /// A CSV file with a line of headings.
    pub file: Option<String>,
    /// The column of times.
    pub time: Option<String>,
    /// The column of values.
    pub value: Option<String>,
    /// How long one unit of the column of times is, where it counts something else than seconds: `{ t = "1ms" }`.
    #[serde(default)]
    pub unit: IndexMap<String, Time>,
}

/// How what happens becomes what controllers see.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Metrics {
    /// A metric has a sample so often; `"0s"`: whoever looks sees the very moment, an alarm once a period.
    #[schemars(extend("default" = "0s"))]
    pub period: Option<Time>,
    /// How late a datapoint comes.
    #[schemars(extend("default" = "0s"))]
    pub delay: Option<Law<Time>>,
    /// How long after the minute an alarm is evaluated: drawn once for each. Alarms look every minute, those with a period
    /// of less than a minute every 10 s.
    #[schemars(extend("default" = "0s"))]
    pub phase: Option<Law<Time>>,
    /// By how much of itself a count of messages may be off, either way, from a thousand on.
    #[schemars(extend("default" = "0%"))]
    pub noise: Option<Share>,
    /// The share of datapoints that never come.
    #[schemars(extend("default" = "0%"))]
    pub missing: Option<Share>,
    /// Whether machines tell of themselves every minute, or else every five.
    #[schemars(extend("default" = true))]
    pub detailed: Option<bool>,
    /// A queue that nobody used for six hours has no datapoints, and after that for up to so long neither.
    #[schemars(extend("default" = "0s"))]
    pub idle_wake: Option<Time>,
    /// Whether alarms, and the figures of machines of every minute that some policy reads, are on the bill.
    #[schemars(extend("default" = false))]
    pub billed: Option<bool>,
}
