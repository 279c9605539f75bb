//! How a pool's size follows the load.

mod plan;

pub use plan::{
    Entry, Group, Metric, Policy, QueueLength, Reading, ScaleIn, Scaling, Scheduled, Shrinks, TargetTracking,
};
