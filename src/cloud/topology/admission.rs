//! What a node asks of those who come before it takes them.

use crate::ground::time::Span;

/// Who is turned away at the door, or out of the line, so that the others are served in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Takes whom it has a token for.
    TokenBucket {
        /// From one token to the next; above 0.
        every: Span,
        /// Tokens that it holds at the most, and at the start; at least 1.
        burst: u32,
    },
    /// Takes whom it has not too many before.
    AtMost {
        /// Requests in line and in service together; at least 1.
        in_system: u32,
    },
    /// Takes all, and turns away out of the line while waits stay too long.
    Codel {
        /// The wait that may be.
        target: Span,
        /// How long waits may stay above it.
        interval: Span,
    },
}
