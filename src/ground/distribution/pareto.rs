//! The bounded Pareto law: a heavy tail that ends somewhere.

use rand::Rng;

use super::{Distribution, Law, positive, whole};
use crate::ground::chance::unit;
use crate::ground::maths;

/// Density α low^α x^(−α−1) ÷ (1 − (low/high)^α) between `low` and `high`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pareto {
    alpha: f64,
    low: f64,
    high: f64,
    /// 1 − (low/high)^α: the share of the unbounded law that lies within.
    within: f64,
}

impl Distribution {
    /// Bounded Pareto: a tail that falls as x^−`alpha` from `low` to `high`.
    ///
    /// Source: Harchol-Balter, *Performance Modeling and Design of Computer Systems*, ch. 20.
    pub fn pareto(alpha: f64, low: f64, high: f64) -> Result<Distribution, String> {
        positive("low", low)?;
        positive("high", high)?;
        if !(alpha > 0.0 && alpha <= 1_000.0) {
            return Err("`alpha` must be above zero, at most 1000; heavy tails are those below 2".into());
        }
        if high < low {
            return Err("`high` is below `low`".into());
        }
        let within = -maths::exp_m1(-alpha * maths::ln(high / low));
        if within <= 0.0 {
            return Ok(Distribution::constant(whole(low)));
        }
        Ok(Pareto { alpha, low, high, within }.into())
    }
}

impl Pareto {
    /// E Xⁿ ÷ lowⁿ = α (1 − (high/low)^(n−α)) ÷ ((α − n) (1 − (low/high)^α)), and α ln(high/low) ÷ (…) where
    /// α = n. Source: the density, integrated.
    fn moment(&self, n: f64) -> f64 {
        let log = maths::ln(self.high / self.low);
        let excess = n - self.alpha;
        let integral = if excess.abs() * log < 1e-12 { log } else { maths::exp_m1(excess * log) / excess };
        self.alpha * integral / self.within
    }
}

impl Law for Pareto {
    /// By inversion.
    fn sample(&self, chance: &mut impl Rng) -> u64 {
        let left = 1.0 - unit(chance) * self.within;
        whole((self.low * maths::exp(-maths::ln(left) / self.alpha)).min(self.high))
    }

    fn mean(&self) -> f64 {
        self.low * self.moment(1.0)
    }

    fn variance(&self) -> f64 {
        let mean = self.moment(1.0);
        self.low * self.low * (self.moment(2.0) - mean * mean).max(0.0)
    }

    fn share(&self, t: f64) -> f64 {
        if t <= self.low {
            return 0.0;
        }
        (-maths::exp_m1(-self.alpha * maths::ln(t / self.low)) / self.within).min(1.0)
    }

    fn quantile(&self, p: f64) -> f64 {
        (self.low * maths::exp(-maths::ln_1p(-p * self.within) / self.alpha)).min(self.high)
    }
}
