//! Pools, queues, balancers and the rest: what runs, and what can happen to it.

pub mod arrivals;
pub mod scaling;
pub mod topology;
