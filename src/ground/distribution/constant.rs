//! The law of what never varies.

use rand::Rng;

use super::{Distribution, Law, Shape};

/// Always the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Constant(pub(super) u64);

impl Distribution {
    /// Always `value`.
    pub const fn constant(value: u64) -> Distribution {
        Distribution(Shape::Constant(Constant(value)))
    }
}

impl Law for Constant {
    #[inline(always)]
    fn sample(&self, _: &mut impl Rng) -> u64 {
        self.0
    }

    fn mean(&self) -> f64 {
        self.0 as f64
    }

    fn variance(&self) -> f64 {
        0.0
    }

    fn share(&self, t: f64) -> f64 {
        if t >= self.0 as f64 { 1.0 } else { 0.0 }
    }

    fn quantile(&self, _: f64) -> f64 {
        self.0 as f64
    }
}
