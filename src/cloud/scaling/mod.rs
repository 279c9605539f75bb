//! How a pool's size follows the load.
//!
//! The chain is always the same: a metric is sampled, its alarms judge, a policy (pure) recommends, restraint (pure)
//! bounds and delays, and only then has the group hands. A policy is a row in [`Policy`] and a file here. The controllers
//! of pods are in [`kubernetes`]; a group's [`Controller`] is the chain, in a simulation and for values from outside alike.
//! [`Reactive`] rules see each arrival and departure themselves.

mod alarm;
mod capacity_provider;
mod change;
mod controller;
pub mod decide;
mod hooks;
pub mod kubernetes;
mod metric;
mod plan;
mod predictive;
mod queue_length;
mod reactive;
mod rhythm;
mod service;
mod step;
mod target_tracking;

pub use alarm::{Condition, History, Missing, Sample, Side, State, Window};
pub use capacity_provider::{CapacityProvider, ProviderMemory, ProviderSeen};
pub use change::Change;
pub use controller::{Capacity, Controller, Looked};
pub use decide::{Bounds, Decision, Edge, Memory, Reason, Recommendation, Seen};
pub use hooks::{Hook, Hooks, Prepared, Rest, Wait, WarmPool};
pub use metric::{Metric, Metrics, Population, Ratio, Reading, Recorded};
pub use plan::{
    Alarm, Care, CooldownFrom, Cooldowns, Entry, Factor, Group, Health, Maintenance, Policy, QueueLength, ScaleIn,
    Scaling, Scheduled, Sees, Shrinks, Simple, Size, TargetTracking, Vertical,
};
pub use predictive::{Loads, Predictive};
pub use reactive::{Hysteresis, NPolicy, OnDemand, Reactive, Scene};
pub use rhythm::Rhythm;
pub use step::{Statistic, Step, Stride};
