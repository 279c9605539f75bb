//! `[component.NAME]`: traits of the work of that name.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::draft::quantities::{Bytes, Share};

/// Traits of the work of that name.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Component {
    /// The share of its time that computes; the rest waits for something else. A faster machine and the metric `cpu` concern
    /// only what computes. A pool that does such work, and so tells computing from waiting, does not count as computing what
    /// it calls, stores or reads either.
    #[schemars(extend("default" = "100%"))]
    pub cpu: Option<Share>,
    /// The share of what computes that gains from further vCPUs: with v of them for a slot, computing takes 1 − `parallel` +
    /// `parallel` ÷ v of its time (Amdahl's law). A slot has the vCPUs of its machine or task divided by its `slots`, and 1 at
    /// least, also where the platform does not tell; an environment of a function has one for each 1,769 MiB.
    #[schemars(extend("default" = "0%"))]
    pub parallel: Option<Share>,
    /// The memory that a slot needs for it: who has less for each of its slots is refused. Without it, any is enough.
    pub memory: Option<Bytes>,
}
