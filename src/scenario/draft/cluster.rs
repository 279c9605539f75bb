//! `[topology.T.cluster.N]`: machines under pods and tasks, and who sees to their number.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::draft::law::Law;
use crate::scenario::draft::quantities::{Bytes, Number, Share, Time, Whole};

/// Machines on which the workers of pools run that name it: as pods in `platform.kubernetes`, or as tasks in `platform.ecs`.
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
    /// From running until pods or tasks may come.
    #[schemars(extend("default" = "0s"))]
    pub boot: Option<Law<Time>>,
    /// vCPUs that pods or tasks may ask for on one machine. Without it, all of its `type`: what the machine itself needs, and
    /// what runs on each, is yours to take off.
    pub cpu: Option<Number>,
    /// Memory that pods or tasks may ask for on one machine. Without it, that of its `type` less `reserved-memory`.
    pub memory: Option<Bytes>,
    /// Memory of each machine that no pod and no task gets: what its system and its agent keep.
    #[schemars(extend("default" = "0B"))]
    pub reserved_memory: Option<Bytes>,
    /// Pods on one machine at the most, each with an address of its own: without it, 110. Of tasks, without it, any number;
    /// where each has a network interface (`awsvpc`) one fewer than its `type` may have: 2 on a `c5.large`, or 10 with
    /// trunking.
    pub network_interfaces: Option<Whole>,
    /// How much of an image a machine pulls in a second. Without it, images take no time.
    pub pull_per_second: Option<Bytes>,
    /// The pods of a machine that is down for so long come again on others. Without it, they wait for it.
    pub evict_after: Option<Time>,
    /// Which machine with room gets a task: each in turn narrows the choice. Without it, one of the zone with the fewest tasks
    /// of the pool, and there the one with the fewest. Which task stops where fewer are wanted follows from it, too. Pods go
    /// where least is asked for.
    pub placement: Option<Vec<Strategy>>,
    /// When a task that no machine has room for is tried again, as where no capacity provider sees to machines for it. Without
    /// it, it waits, and has the first room that there is.
    pub retry: Option<TaskRetry>,
    /// How many there are. Without it, one.
    pub machines: Option<Machines>,
}

/// How ECS chooses among machines that have room for a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Strategy {
    /// Those of the zone that has the fewest tasks of the pool.
    SpreadZone,
    /// Those with the least CPU left.
    BinpackCpu,
    /// Those with the least memory left.
    BinpackMemory,
    /// Any one.
    Random,
}

/// A pause between tries to place a task, which doubles.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct TaskRetry {
    /// The first pause.
    #[schemars(extend("default" = "15s"))]
    pub base: Option<Time>,
    /// The longest.
    #[schemars(extend("default" = "27min"))]
    pub cap: Option<Time>,
}

/// How many machines a cluster has. Those that take long to come are waited for: nobody gives up on them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = crate::scenario::schema::choice)]
pub(crate) enum Machines {
    /// Always so many.
    Fixed(Whole),
    /// As many as a capacity provider of ECS sees to, under tasks.
    Managed(Managed),
    /// As many as a Cluster Autoscaler sees to, under pods.
    ClusterAutoscaler(ClusterAutoscaler),
    /// As many as Karpenter sees to, under pods.
    Karpenter(Karpenter),
}

/// Managed scaling of ECS over one group of machines: every minute it follows the machines that are needed to those that there
/// are. At the start there are as many as the tasks need that are there then, and at least `min`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Managed {
    /// Never fewer.
    #[schemars(extend("default" = 0))]
    pub min: Option<Whole>,
    /// Never more.
    pub max: Whole,
    /// The share of its machines that should be in use: what it leaves is spare.
    #[schemars(extend("default" = "100%"))]
    pub target: Option<Share>,
    /// Where tasks wait it asks for at least so many machines beyond those that there are …
    #[schemars(extend("default" = 1))]
    pub min_step: Option<Whole>,
    /// … and for at most so many.
    #[schemars(extend("default" = 10_000))]
    pub max_step: Option<Whole>,
    /// No others are asked for while one runs for less than this.
    #[schemars(extend("default" = "300s"))]
    pub warm_up: Option<Time>,
    /// Whether machines with tasks stay where fewer are wanted: managed termination protection.
    #[schemars(extend("default" = false))]
    pub protect: Option<bool>,
    /// Whether a machine that goes has its tasks stop and waits for them, at most 10 min: managed draining. Else they are lost
    /// with it.
    #[schemars(extend("default" = true))]
    pub draining: Option<bool>,
    /// One that is down for so long is replaced. Without it, never.
    pub unready: Option<Time>,
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

/// Tasks of ECS on the machines of a cluster.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Ecs {
    /// On which machines.
    pub cluster: String,
    /// vCPUs that each task reserves, whatever it then uses.
    #[schemars(extend("default" = 0))]
    pub cpu: Option<Number>,
    /// Memory that each reserves.
    #[schemars(extend("default" = "0B"))]
    pub memory: Option<Bytes>,
    /// The size of its image, which a machine pulls before its first task of this pool starts.
    #[schemars(extend("default" = "0B"))]
    pub image: Option<Bytes>,
}

/// What a worker that runs on a cluster asks for, be it a pod or a task.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lodger<'d> {
    /// Whether it is a task of ECS.
    pub is_task: bool,
    /// On which machines.
    pub cluster: &'d str,
    pub cpu: Option<Number>,
    pub memory: Option<Bytes>,
    pub image: Option<Bytes>,
}

impl Kubernetes {
    pub fn lodger(&self) -> Lodger<'_> {
        let &Kubernetes { ref cluster, cpu, memory, image } = self;
        Lodger { is_task: false, cluster, cpu, memory, image }
    }
}

impl Ecs {
    pub fn lodger(&self) -> Lodger<'_> {
        let &Ecs { ref cluster, cpu, memory, image } = self;
        Lodger { is_task: true, cluster, cpu, memory, image }
    }
}

impl Lodger<'_> {
    /// One of them.
    pub fn one(self) -> &'static str {
        if self.is_task { "a task" } else { "a pod" }
    }

    /// Some of them.
    pub fn many(self) -> &'static str {
        if self.is_task { "tasks" } else { "pods" }
    }

    /// The word of its platform.
    pub fn word(self) -> &'static str {
        if self.is_task { "ecs" } else { "kubernetes" }
    }
}
