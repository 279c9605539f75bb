//! How many tries it takes until the first success: 1, 2, 3 or more.

use rand::Rng;

use super::{CEILING, Distribution, Law, positive, ziggurat};
use crate::ground::maths;

/// Geometric on 1, 2, 3, … with a mean above 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Geometric {
    mean: f64,
    /// 1 ÷ −ln(1 − 1/mean): so many steps does an exponential of mean 1 cross on average.
    steps: f64,
}

impl Distribution {
    /// Geometric on 1, 2, 3, …: P(X = n) = p (1 − p)^(n−1), p = 1 ÷ `mean`; `mean` is at least 1.
    pub fn geometric(mean: f64) -> Result<Distribution, String> {
        positive("mean", mean)?;
        if mean < 1.0 {
            return Err("the mean of a `geometric` law is at least 1: it counts 1, 2, 3, …".into());
        }
        if mean == 1.0 {
            return Ok(Distribution::constant(1));
        }
        Ok(Geometric { mean, steps: -1.0 / maths::ln_1p(-1.0 / mean) }.into())
    }
}

impl Law for Geometric {
    /// The whole part of an exponential is geometric, on 0, 1, 2, …
    /// Source: Devroye, *Non-Uniform Random Variate Generation*, X.2.
    fn sample(&self, chance: &mut impl Rng) -> u64 {
        (1 + (self.steps * ziggurat::exponential(chance)) as u64).min(CEILING)
    }

    fn mean(&self) -> f64 {
        self.mean
    }

    /// (1 − p) ÷ p².
    fn variance(&self) -> f64 {
        self.mean * (self.mean - 1.0)
    }

    fn share(&self, t: f64) -> f64 {
        -maths::exp_m1(-t.floor() / self.steps)
    }

    fn quantile(&self, p: f64) -> f64 {
        // A hair below, lest the last bit of a logarithm add a try.
        (-self.steps * maths::ln_1p(-p) * (1.0 - 1e-14)).ceil().max(1.0)
    }
}
