//! `[topology.T.cluster.N]`: machines under pods, and who sees to their number.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::draft::law::Law;
use crate::scenario::draft::quantities::{Bytes, Number, Share, Time, Whole};

/// Machines on which the pods of pools run that name it in `platform.kubernetes`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Cluster {
    /// The instance type: `m5.large`.
    #[serde(rename = "type")]
    pub instance: String,
    /// Whether they are Spot machines, at the price of spare capacity, which a `fault.reclaim` may take back.
    #[schemars(extend("default" = false))]
    pub spot: Option<bool>,
    /// The size of each one's volume. Without it, none.
    pub volume: Option<Bytes>,
    /// From asking for a machine until it runs.
    #[schemars(extend("default" = "0s"))]
    pub pending: Option<Law<Time>>,
    /// From running until pods may come.
    #[schemars(extend("default" = "0s"))]
    pub boot: Option<Law<Time>>,
    /// vCPUs that pods may ask for on one machine. Without it, all of its `type`: what the machine itself needs, and what
    /// runs on each, is yours to take off.
    pub cpu: Option<Number>,
    /// Memory that pods may ask for on one machine. Without it, that of its `type` less `reserved-memory`.
    pub memory: Option<Bytes>,
    /// Memory of each machine that no pod gets.
    #[schemars(extend("default" = "0B"))]
    pub reserved_memory: Option<Bytes>,
    /// Pods on one machine at the most, each with an address of its own.
    #[schemars(extend("default" = 110))]
    pub network_interfaces: Option<Whole>,
    /// How much of an image a machine pulls in a second. Without it, images take no time.
    pub pull_per_second: Option<Bytes>,
    /// The pods of a machine that is down for so long come again on others. Without it, they wait for it.
    pub evict_after: Option<Time>,
    /// How many there are. Without it, one.
    pub machines: Option<Machines>,
}

/// How many machines a cluster has. Those that take long to come are waited for: nobody gives up on them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = crate::scenario::schema::choice)]
pub(crate) enum Machines {
    /// Always so many.
    Fixed(Whole),
    /// As many as a Cluster Autoscaler sees to.
    ClusterAutoscaler(ClusterAutoscaler),
    /// As many as Karpenter sees to.
    Karpenter(Karpenter),
}

/// A Cluster Autoscaler over one group of machines. At the start there are as many as the pods need that are there then, and
/// at least `min`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ClusterAutoscaler {
    /// Never fewer.
    #[schemars(extend("default" = 0))]
    pub min: Option<Whole>,
    /// Never more.
    pub max: Whole,
    /// From one look to the next.
    #[schemars(extend("default" = "10s"))]
    pub scan: Option<Time>,
    /// A machine of which pods ask for less than this share, of CPU and of memory, may go …
    #[schemars(extend("default" = "50%"))]
    pub utilisation: Option<Share>,
    /// … when that has been so for so long, and its pods have room on others …
    #[schemars(extend("default" = "10min"))]
    pub unneeded: Option<Time>,
    /// … and no machine was added for so long.
    #[schemars(extend("default" = "10min"))]
    pub after_add: Option<Time>,
    /// One that is down for so long is given up. Without it, never.
    pub unready: Option<Time>,
}

/// Karpenter with one pool of like machines. At the start there are as many as the pods need that are there then.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Karpenter {
    /// Never more.
    #[schemars(extend("default" = 1000))]
    pub max: Option<Whole>,
    /// It acts when no other pod has come for so long …
    #[schemars(extend("default" = "1s"))]
    pub idle: Option<Time>,
    /// … and so long after the first at the latest.
    #[schemars(extend("default" = "10s"))]
    pub window: Option<Time>,
    /// A machine whose pods have room on others may go when no pod has come or gone there for so long.
    #[schemars(extend("default" = "0s"))]
    pub consolidate_after: Option<Time>,
    /// It looks for such machines so often.
    #[schemars(extend("default" = "10s"))]
    pub poll: Option<Time>,
    /// What it has found must still hold after so long.
    #[schemars(extend("default" = "15s"))]
    pub validation: Option<Time>,
    /// The share of the machines, rounded up, that may go at a time.
    #[schemars(extend("default" = "10%"))]
    pub budget: Option<Share>,
}

/// Pods on the machines of a cluster.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Kubernetes {
    /// On which machines.
    pub cluster: String,
    /// vCPUs that each pod asks for, whatever it then uses.
    #[schemars(extend("default" = 0))]
    pub cpu: Option<Number>,
    /// Memory that each asks for.
    #[schemars(extend("default" = "0B"))]
    pub memory: Option<Bytes>,
    /// The size of its image, which a machine pulls before its first pod of this pool starts.
    #[schemars(extend("default" = "0B"))]
    pub image: Option<Bytes>,
}
