//! Sizes that follow each arrival and each departure.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::draft::law::Law;
use crate::scenario::draft::quantities::{Amount, Time, Whole};

/// A waiting request starts a worker, and an idle worker goes: build farms, batch machines.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct StartOnDemand {
    /// Never fewer workers, and so many at the start.
    #[schemars(extend("default" = 0))]
    pub min: Option<Whole>,
    /// Never more workers.
    pub max: Amount,
    /// How many may be on their way at once.
    #[schemars(extend("default" = "unlimited"))]
    pub setups: Option<Amount>,
    /// How long a worker that has nothing to do stays. A worker that is on its way, and for whom nobody waits any more, goes at
    /// once.
    #[schemars(extend("default" = "0s"))]
    pub idle: Option<Law<Time>>,
}

/// Collects requests until there are enough, then works until none is left.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct NPolicy {
    /// As soon as so many wait, workers start; when nobody is left, they stop.
    pub n: Whole,
    /// How many workers start.
    #[schemars(extend("default" = 1))]
    pub max: Option<Whole>,
}

/// One worker more or fewer whenever the number of requests crosses a threshold, which is lower on the way down.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Hysteresis {
    /// Never fewer workers, and so many at the start.
    #[schemars(extend("default" = 0))]
    pub min: Option<Whole>,
    /// Never more workers.
    pub max: Whole,
    /// For each size from `min` on: an arrival that brings the number in line and at work to so many adds a worker.
    pub up: Vec<Whole>,
    /// For each size above `min`: a departure that brings that number to so few takes one away, of those on their way first.
    pub down: Vec<Whole>,
}
