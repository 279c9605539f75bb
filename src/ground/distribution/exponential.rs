//! The law without memory.

use rand::Rng;

use super::{Distribution, Law, Shape, positive, whole, ziggurat};
use crate::ground::maths;

/// Exponential with a mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Exponential {
    mean: f64,
}

impl Distribution {
    /// Exponential: however long it has lasted, what is still to come has the same law and this mean.
    pub fn exponential(mean: f64) -> Result<Distribution, String> {
        Ok(Distribution(Shape::Exponential(Exponential { mean: positive("mean", mean)? })))
    }
}

impl Law for Exponential {
    #[inline(always)]
    fn sample(&self, chance: &mut impl Rng) -> u64 {
        whole(self.mean * ziggurat::exponential(chance))
    }

    fn mean(&self) -> f64 {
        self.mean
    }

    fn variance(&self) -> f64 {
        self.mean * self.mean
    }

    fn share(&self, t: f64) -> f64 {
        -maths::exp_m1(-t / self.mean)
    }

    fn quantile(&self, p: f64) -> f64 {
        -self.mean * maths::ln_1p(-p)
    }
}
