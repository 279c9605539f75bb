//! Regret: what machines cost, against the cheapest fleet that had known everything beforehand.
//!
//! A run is watched ([`watch`]): which stays with workers somebody needed, and where the time of machines went ([`lives`]). From
//! that follows what a perfect fleet would have had to do ([`task`]), and what no fleet that does it is below ([`bound`]).
//! What was paid beyond that is told part by part ([`found`]).
//!
//! Both speak of the same span, from the start to the end that the bill speaks of, warm-up included. Work that was not yet
//! due at the end is no part of it, as its machines are paid for later.

pub mod bound;
mod curves;
mod document;
mod fluid;
mod found;
mod levels;
mod lives;
mod run;
mod task;
mod visits;
mod watch;

pub use document::{Costs, NodeRegret, PartCost, Regret, TopologyRegret};
pub use fluid::step;
pub use run::regret;

#[cfg(test)]
mod tests;
