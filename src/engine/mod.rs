//! The calendar and the loop: what any simulation needs, and nothing of queues or clouds.

mod calendar;
mod front;
mod rungs;
mod simulation;
mod timers;

pub use calendar::{Calendar, Ordered, Packed};
pub use simulation::{Context, Model, Observer, Simulation, Stretch};
pub use timers::Timers;
