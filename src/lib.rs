//! queuelab simulates one application on several autoscaled architectures, side by side.

pub mod billing;
pub mod cloud;
pub mod engine;
pub mod ground;
pub mod scenario;

#[cfg(feature = "program")]
pub mod cli;
#[cfg(feature = "program")]
pub mod experiment;
#[cfg(feature = "program")]
pub mod report;
