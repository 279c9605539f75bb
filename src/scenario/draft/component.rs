//! `[component.NAME]`: traits of the work of that name.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::draft::quantities::Share;

/// Traits of the work of that name.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Component {
    /// The share of its time that computes; the rest waits for something else. A faster machine and the metric `cpu` concern
    /// only what computes. A pool that does such work, and so tells computing from waiting, does not count as computing what
    /// it calls, stores or reads either.
    #[schemars(extend("default" = "100%"))]
    pub cpu: Option<Share>,
}
