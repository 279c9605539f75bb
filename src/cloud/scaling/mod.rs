//! How a pool's size follows the load.
//!
//! The chain is always the same: a metric is sampled, a policy (pure) recommends, restraint (pure) bounds
//! and delays, and only then has the group hands. A policy is a row in [`Policy`] and a file here.

mod alarm;
pub mod decide;
mod plan;
mod queue_length;
mod target_tracking;

pub use alarm::Streak;
pub use decide::{Bounds, Decision, Memory, Reason, Recommendation, Seen};
pub use plan::{
    Alarm, Entry, Group, Metric, Policy, QueueLength, Reading, ScaleIn, Scaling, Scheduled, Shrinks, Side, Size,
    TargetTracking, Vertical,
};
