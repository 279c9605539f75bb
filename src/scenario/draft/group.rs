//! What a group does with machines before they serve and after, and what its account allows.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::draft::law::Law;
use crate::scenario::draft::quantities::{Gap, Share, Time, Whole};

/// What is done with machines before they serve and before they go. It is paid for.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Hooks {
    /// After it has booted and before it comes into service; of a warm machine into the warm pool and out of it.
    pub launching: Option<LaunchHook>,
    /// When a worker that goes has ended its work. A reclaim does not wait for it.
    pub terminating: Option<EndHook>,
}

/// What is done with a machine before it comes into service.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct LaunchHook {
    /// How long it takes.
    pub takes: Law<Time>,
    /// How long the group waits for it, from 30 s to 2 h. Without it, for ever.
    pub heartbeat_timeout: Option<Time>,
    /// What becomes of a machine that was waited for in vain.
    #[schemars(extend("default" = "abandon"))]
    pub default_result: Option<DefaultResult>,
}

/// What is done with a machine before it goes. It goes whatever the result.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct EndHook {
    /// How long it takes.
    pub takes: Law<Time>,
    /// How long the group waits for it, from 30 s to 2 h. Without it, for ever.
    pub heartbeat_timeout: Option<Time>,
}

/// What becomes of a machine that was waited for in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DefaultResult {
    /// It is let go, and the group asks for another.
    Abandon,
    /// It comes into service.
    Continue,
}

/// Machines that were prepared and lie ready. Not both of `size` and `min-size` or `max-prepared`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct WarmPool {
    /// How many, however large the group is. Without it, what the group lacks of `max-prepared`.
    pub size: Option<Whole>,
    /// At least so many.
    #[schemars(extend("default" = 0))]
    pub min_size: Option<Whole>,
    /// Machines of the group and warm ones together. Without it, the group's `max`.
    pub max_prepared: Option<Whole>,
    /// How they lie, and so what is paid for.
    #[schemars(extend("default" = "stopped"))]
    pub state: Option<Rest>,
    /// Whether machines that are let go lie down in it; else they are replaced by fresh ones.
    #[schemars(extend("default" = false))]
    pub reuse: Option<bool>,
    /// From a call for one to running; nothing of a running one. Without it, the pool's `pending`.
    pub pending: Option<Law<Time>>,
    /// From running, or from the call, until it can serve. Without it, the pool's `boot` for a stopped one, and no time for
    /// others.
    pub boot: Option<Law<Time>>,
}

/// How warm machines lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Rest {
    /// Stopped: only their volumes are paid for.
    Stopped,
    /// Running, and paid for as any.
    Running,
    /// Stopped with their memory on their volume, which must be that much larger. Stopping is paid for.
    Hibernated,
}

/// What the provider's account allows, and what the provider has.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Account {
    /// vCPUs that its EC2 machines at the full price may have together. A launch beyond it comes to nothing. Without it, any
    /// number.
    pub vcpu_quota: Option<Whole>,
    /// Environments that all functions may use at once. Without it, any number.
    pub concurrency: Option<Whole>,
    /// How fast machines may be launched: beyond it they wait their turn. Without it, at once.
    pub launches: Option<Launches>,
    /// How fast tasks of Fargate may be launched, those of Spot and the others each for themselves. Without it, at once.
    pub fargate_launches: Option<Launches>,
    /// How fast each pool may launch tasks of ECS, on Fargate or on machines of one's own. Without it, at once.
    pub service_launches: Option<Launches>,
    /// The share of tries for which the provider has no machine of that type in that zone. A group then tries the other
    /// zones, and the other types of a mixed one; if all fail, the launch comes to nothing.
    #[schemars(extend("default" = "0%"))]
    pub no_capacity: Option<Share>,
    /// When launches that came to nothing are tried again.
    #[serde(default)]
    pub retry: LaunchRetry,
}

impl Account {
    /// Whether it limits launches, and not functions alone.
    pub fn limits_launches(&self) -> bool {
        let buckets = [self.launches, self.fargate_launches, self.service_launches];
        self.vcpu_quota.is_some()
            || buckets.iter().any(Option::is_some)
            || self.no_capacity.is_some_and(|share| share.0 > 0.0)
    }
}

/// A bucket of launches.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Launches {
    /// Launches that it holds at the most, and at the start.
    pub burst: Whole,
    /// How many come in a time, evenly.
    pub rate: Gap,
}

/// A pause that doubles.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct LaunchRetry {
    /// The first pause.
    #[schemars(extend("default" = "1min"))]
    pub base: Option<Time>,
    /// The longest.
    #[schemars(extend("default" = "15min"))]
    pub cap: Option<Time>,
}
