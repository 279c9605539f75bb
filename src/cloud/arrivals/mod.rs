//! When requests come.

mod plan;

pub use plan::{Arrivals, Cell, Phase, Profile, Recorded, Shape, Spread};
