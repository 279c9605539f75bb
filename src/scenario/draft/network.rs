//! `[topology.T.network]`: what lies between nodes.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::draft::law::Law;
use crate::scenario::draft::quantities::{Time, Whole};

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
    /// Whether bytes are on the bill that leave for clients, each answer at the mean of its `answer-size`, or that a call or
    /// what is sent takes into another zone. What comes in is free, and so is what goes through a balancer, queue or bucket.
    #[schemars(extend("default" = false))]
    pub transfer: Option<bool>,
    /// NAT gateways: paid for by the hour, and for what calls to a `service` and their answers bring through them.
    #[schemars(extend("default" = 0))]
    pub nat: Option<Whole>,
    /// Public addresses that are held all the time.
    #[schemars(extend("default" = 0))]
    pub public_addresses: Option<Whole>,
}
