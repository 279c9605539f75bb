//! Counting what was seen, and what theory says should be seen.

mod confidence;
mod histogram;
pub mod theory;

pub use confidence::{interval, mean, ratio_interval, sd, share_interval, student_quantile};
pub use histogram::Histogram;
