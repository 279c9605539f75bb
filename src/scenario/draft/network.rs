//! `[topology.T.network]`: what lies between nodes.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::draft::law::Law;
use crate::scenario::draft::quantities::Time;

/// What lies between nodes. A call goes there and its answer comes back, through the balancer if one stands between; what
/// is sent goes there, a message comes to who receives it, an object is asked for and brought. The client's own way to
/// where its requests enter is no part of it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Network {
    /// How long it takes from one node to the next, each way.
    #[schemars(extend("default" = "0s"))]
    pub hop: Option<Law<Time>>,
    /// How long it takes, each way, between workers and balancers in different `zones`; who is called without a balancer
    /// between may be in any. Without it, as any other hop.
    pub across: Option<Law<Time>>,
}
