//! Weibull's law: a hazard that grows or falls as a power of age.

use rand::Rng;

use super::fit::{self, Figure, Fit, Known};
use super::{Distribution, Law, whole, ziggurat};
use crate::ground::maths;

/// scale × E^`spread`, E exponential of mean 1; the shape is 1 ÷ `spread`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Weibull {
    spread: f64,
    scale: f64,
}

/// Shapes from 1000 down to 1/20.
const SPREADS: (f64, f64) = (1e-3, 20.0);

impl Distribution {
    /// Weibull with any two figures known; where two laws have them, the one that varies less.
    ///
    /// With shape k the mean is Γ(1 + 1/k) × scale, scv Γ(1 + 2/k) ÷ Γ(1 + 1/k)² − 1.
    /// Source: Johnson, Kotz and Balakrishnan, *Continuous Univariate Distributions* 1, ch. 21.
    pub fn weibull(known: &[Known]) -> Result<Distribution, String> {
        let figure = |figure, spread: f64| match figure {
            Figure::Mean => maths::exp(maths::ln_gamma(1.0 + spread)),
            Figure::Scv => scv(spread),
            Figure::Share(p) => maths::pow(-maths::ln_1p(-p), spread),
        };
        Ok(match fit::fit("weibull", known, SPREADS, figure)? {
            Fit::Constant(value) => Distribution::constant(whole(value)),
            Fit::Law { spread, scale } => Weibull { spread, scale }.into(),
        })
    }
}

fn scv(spread: f64) -> f64 {
    maths::exp_m1(maths::ln_gamma(1.0 + 2.0 * spread) - 2.0 * maths::ln_gamma(1.0 + spread))
}

impl Law for Weibull {
    /// The power by way of a logarithm, which is half the time and leaves 15 digits.
    fn sample(&self, chance: &mut impl Rng) -> u64 {
        whole(self.scale * maths::exp(self.spread * maths::ln(ziggurat::exponential(chance))))
    }

    fn mean(&self) -> f64 {
        self.scale * maths::exp(maths::ln_gamma(1.0 + self.spread))
    }

    fn variance(&self) -> f64 {
        let mean = self.mean();
        scv(self.spread) * mean * mean
    }

    fn share(&self, t: f64) -> f64 {
        -maths::exp_m1(-maths::pow(t / self.scale, 1.0 / self.spread))
    }

    fn quantile(&self, p: f64) -> f64 {
        self.scale * maths::pow(-maths::ln_1p(-p), self.spread)
    }
}
