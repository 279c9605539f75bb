//! queuelab simulates one application on several autoscaled architectures, side by side.

pub mod cloud;
pub mod ground;

#[cfg(feature = "program")]
pub mod experiment;
