//! `[run]` and `[prices]`.

use std::borrow::Cow;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::StrDeserializer;
use serde::{Deserialize, Deserializer, Serialize};

use crate::ground::time::Span;
use crate::scenario::draft::quantities::{Limit, Share, Time, Whole};
use crate::scenario::draft::words::Replications;

/// The start of a run that no figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WarmUp {
    Auto,
    Of(Span),
}

impl<'de> Deserialize<'de> for WarmUp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<WarmUp, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "auto" => Ok(WarmUp::Auto),
            other => Time::deserialize(StrDeserializer::<D::Error>::new(other)).map(|time| WarmUp::Of(time.0)),
        }
    }
}

impl JsonSchema for WarmUp {
    fn schema_name() -> Cow<'static, str> {
        "WarmUp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "a duration such as `\"30min\"`, or `\"auto\"`" })
    }
}

/// How long is simulated, how often, and with which chance.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Run {
    /// Simulated time, warm-up included; all times of a file count from its start. Without it a run lasts until every
    /// request has ended; it must be given where arrivals never end.
    pub length: Option<Time>,
    /// The start of the run that no figure counts: a duration, or `"auto"`, which finds it by a few replications of their own.
    /// Where something varies with time (arrivals, trouble or sizes at given times) there is none unless one is given.
    #[schemars(extend("default" = "auto"))]
    pub warm_up: Option<WarmUp>,
    /// How long after `length` requests are followed to their end; what is inside then is `lost.unfinished`. Without
    /// it, as long as `length`; in a run without a length, 30 days after the last birth.
    pub drain: Option<Time>,
    /// How many times the whole is played, each time with chance of its own; or how precise a figure must be.
    #[schemars(extend("default" = 20))]
    pub replications: Option<Replications>,
    /// Where all chance begins: the same seed gives the same result, to the last byte.
    #[schemars(extend("default" = 1))]
    pub seed: Option<Whole>,
    /// The step of the recorded series. Without it, a 480th of `length`.
    pub series: Option<Time>,
    /// Instants whose states are kept.
    pub snapshots: Option<Snapshots>,
    /// What holds where the file says nothing.
    #[schemars(extend("default" = "documented"))]
    pub defaults: Option<Defaults>,
}

/// Instants whose states are kept: how many are inside, in line and at work just then, for means over replications or cycles.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Snapshots {
    /// The instants, in their order; of each cycle, where there are cycles. Each gives figures such as `in-system@15s`.
    pub at: Vec<Time>,
    /// How long a cycle is, as a day or a week: the first that counts begins after the warm-up. Without it the whole run is one.
    pub every: Option<Time>,
}

/// The set of defaults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Defaults {
    /// What the file does not say does not exist: no lag, no hop, free polls, no limit.
    Textbook,
    /// What the provider's service does, by its documentation, by published measurements, or as assumed.
    #[default]
    Documented,
}

/// Replications until a figure is known well enough, judged at fixed counts (10, 20, 40 …).
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Precision {
    /// Half the width of the figure's interval, relative to the figure.
    pub precision: Option<Share>,
    /// Half the width of the figure's interval, in the figure's own form: `"50ms"` of a latency, `"$20"` of a cost. Instead of
    /// `precision`.
    pub within: Option<Limit>,
    /// The figure.
    pub of: String,
    /// Never fewer.
    #[schemars(extend("default" = 10))]
    pub at_least: Option<Whole>,
    /// Never more.
    #[schemars(extend("default" = 1000))]
    pub at_most: Option<Whole>,
    /// How sure the interval is.
    #[schemars(extend("default" = "95%"))]
    pub confidence: Option<Share>,
}

/// What a bill is priced from.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Prices {
    /// A bundled book, or a file: items with unit, source and date.
    #[schemars(extend("default" = "us-east-1"))]
    pub book: Option<String>,
    /// Own prices over the book's, by item: `"ec2.m5.large" = "$0.0960/h"`.
    #[serde(default)]
    pub own: IndexMap<String, String>,
    /// By which rules functions are billed: those of now, or of a date.
    #[schemars(extend("default" = "current"))]
    pub billing: Option<Billing>,
    /// Whether what a month has free is taken off: of a run, its share of a month of 730 h.
    #[schemars(extend("default" = false))]
    pub free_tier: Option<bool>,
}

/// Rules by which functions are billed.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Billing {
    /// Runs with their initialisation, by the started millisecond.
    Current,
    /// As before 1 August 2025: without the initialisation, which was free with a ZIP file and a runtime of the provider's.
    #[serde(rename = "before-2025-08")]
    Before202508,
    /// As before 1 December 2020: by started 100 ms besides.
    #[serde(rename = "lambda-2020")]
    Lambda2020,
}
