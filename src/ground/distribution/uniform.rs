//! Every whole number of a range alike.

use rand::Rng;

use super::{CEILING, Distribution, Law};
use crate::ground::chance;

/// Each of `low`, `low` + 1, … `high` equally likely.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Uniform {
    low: u64,
    high: u64,
}

impl Distribution {
    /// Each whole number from `low` to `high`, both included, equally likely.
    pub fn uniform(low: u64, high: u64) -> Result<Distribution, String> {
        if high < low {
            return Err("`high` is below `low`".into());
        }
        if high > CEILING {
            return Err("`high` is beyond all bounds: a law stays below 146 years, or 4.6 quintillion".into());
        }
        if low == high {
            return Ok(Distribution::constant(low));
        }
        Ok(Uniform { low, high }.into())
    }
}

impl Uniform {
    /// How many numbers there are.
    fn numbers(&self) -> f64 {
        (self.high - self.low + 1) as f64
    }
}

impl Law for Uniform {
    fn sample(&self, chance: &mut impl Rng) -> u64 {
        self.low + chance::below(chance, self.high - self.low + 1)
    }

    fn mean(&self) -> f64 {
        0.5 * (self.low as f64 + self.high as f64)
    }

    /// (n² − 1) ÷ 12 for n numbers in a row.
    fn variance(&self) -> f64 {
        let n = self.numbers();
        (n * n - 1.0) / 12.0
    }

    fn share(&self, t: f64) -> f64 {
        ((t.floor() - self.low as f64 + 1.0) / self.numbers()).clamp(0.0, 1.0)
    }

    fn quantile(&self, p: f64) -> f64 {
        self.low as f64 + (p * self.numbers() * (1.0 - 1e-15)).ceil().max(1.0) - 1.0
    }
}
