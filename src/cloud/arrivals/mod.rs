//! When requests come.

mod plan;
mod source;

pub use plan::{Arrivals, Cell, Phase, Profile, Recorded, Shape, Sine, Spread};
pub use source::Source;
