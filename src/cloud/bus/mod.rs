//! The event bus: which events a rule takes.

pub mod json;
pub mod pattern;
