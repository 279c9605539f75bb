//! Time, money, chance and counting. Knows nothing of systems.

pub mod bits;
pub mod chance;
pub mod distribution;
pub mod footprint;
pub mod id;
pub mod json;
pub mod maths;
pub mod money;
pub mod quantity;
pub mod slab;
pub mod special;
pub mod stats;
pub mod time;
