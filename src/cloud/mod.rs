//! Pools, queues, balancers and the rest: what runs, and what can happen to it.

pub mod arrivals;
pub mod balancing;
pub mod bus;
pub mod caller;
pub mod credits;
pub mod discipline;
pub mod event;
pub mod fact;
pub mod gauge;
pub mod instance_type;
pub mod node;
pub mod request;
pub mod scaling;
pub mod topology;
pub mod world;
