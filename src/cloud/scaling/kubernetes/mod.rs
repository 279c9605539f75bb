//! How Kubernetes sizes what it runs: its own autoscaler (HPA), KEDA before and beside that, Knative's (KPA), and what adds
//! machines under pods.
//!
//! Each file is one controller: its settings as plain data, a pure recommendation from what is seen, a pure restraint
//! with a memory of its own, and the reasons in [`Why`]. Amounts are whole thousandths, as Kubernetes itself counts.

mod autoscaler;
mod behavior;
mod hpa;
mod jobs;
mod keda;
mod kpa;
mod nodes;
mod pods;
mod why;
mod window;

pub use autoscaler::Autoscaler;
pub use behavior::{Behavior, Rate, Rules, Select, Step};
pub use hpa::{Asked, Hpa, HpaMemory, HpaMetric, HpaSeen, Target};
pub use jobs::{Combined, Created, JobTrigger, Jobs, JobsSeen, Length, Strategy, Sum};
pub use keda::{Fallback, Keda, KedaMemory, KedaSeen, MetricType, Mode, Trigger};
pub use kpa::{Kpa, KpaMemory, KpaSeen, Life, Panic, Wanted};
pub use nodes::{ClusterAutoscaler, Karpenter, Nodes, Space, moves_out, pack};
pub use pods::{Fault, Measured, Phase, Pod, PodMetric, Proposal, Ready, Sample, Starting, Tolerance, ready};
pub use why::Why;
pub use window::Concurrency;

use crate::cloud::scaling::decide::{Decision, Reason};
use crate::ground::time::SimTime;

/// Thousandths in one.
pub const MILLI: i64 = 1_000;

/// An amount in thousandths, to the nearest.
pub fn milli(amount: f64) -> i64 {
    // A float beyond i64 becomes its greatest.
    (amount * MILLI as f64).round() as i64
}

/// A number of replicas; one beyond 32 bits becomes the greatest.
fn whole(exact: f64) -> u32 {
    exact.ceil().max(0.0) as u32
}

/// A decision of a controller that has no alarms.
fn decision(at: SimTime, (from, to): (u32, u32), metric: Option<f64>, why: Reason) -> Decision {
    Decision { at, from, to, asked: to, metric, visible: 0, in_flight: 0, why, edge: None, base: None }
}
