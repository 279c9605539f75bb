//! The event bus: events, and which of them a rule takes; and messages, which a mapping takes by the same patterns.

pub mod input;
pub mod json;
pub mod pattern;
pub mod record;
pub mod shape;
