//! The event bus: events, and which of them a rule takes.

pub mod input;
pub mod json;
pub mod pattern;
pub mod shape;
