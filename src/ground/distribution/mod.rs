//! Laws of durations, sizes and counts, sampled in whole units.

/// A law of whole numbers: nanoseconds, bytes or counts.
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution {
    /// Always the same.
    Constant(u64),
}
