//! `[topology.T.service.N]`: something outside that answers.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::draft::admission::AtTheDoor;
use crate::scenario::draft::law::Law;
use crate::scenario::draft::quantities::{Share, Time, Whole};

/// Something outside that answers: a partner, a mail provider, a table. It is called and sent to as a pool is, and nobody
/// knows its machines.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Service {
    /// How long it takes to answer, drawn anew for each call.
    #[schemars(extend("default" = "0s"))]
    pub latency: Option<Law<Time>>,
    /// The share of its answers that are errors, each call anew.
    #[schemars(extend("default" = "0%"))]
    pub fails: Option<Share>,
    /// Calls under way at once; more are refused (`full`). Without it, any number.
    pub at_most: Option<Whole>,
    /// Whom it takes. Without it, all.
    pub admission: Option<AtTheDoor>,
    /// What each call that it takes is billed as: an item of the price book that is counted by the request, or a
    /// `service.NAME` that `[prices.own]` gives a price. Without it, nothing.
    pub price: Option<String>,
}
