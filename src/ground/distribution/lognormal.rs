//! The law whose logarithm is normal: most services are quick, some are slow.

use rand::Rng;

use super::fit::{self, Figure, Known, Pair};
use super::{Distribution, Law, whole, ziggurat};
use crate::ground::{maths, special};

/// exp(μ + σ Z), Z standard normal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Lognormal {
    mu: f64,
    sigma: f64,
}

impl Distribution {
    /// Lognormal with any two figures known; where two laws have them, the one that varies less.
    ///
    /// The mean is exp(μ + σ²/2), scv exp(σ²) − 1, a quantile exp(μ + σ z).
    /// Source: Johnson, Kotz and Balakrishnan, *Continuous Univariate Distributions* 1, ch. 14.
    pub fn lognormal(known: &[Known]) -> Result<Distribution, String> {
        let z = special::normal_quantile;
        let (mu, sigma) = match Pair::of(known)? {
            Pair::Constant(value) => return Ok(Distribution::constant(whole(value))),
            Pair::ScvAndMean(scv, mean) => {
                let square = maths::ln_1p(scv);
                (maths::ln(mean) - 0.5 * square, square.sqrt())
            }
            Pair::ScvAndShare(scv, p, value) => {
                let sigma = maths::ln_1p(scv).sqrt();
                (maths::ln(value) - sigma * z(p), sigma)
            }
            Pair::MeanAndShare(mean, p, value) => {
                // σ²/2 − z σ + ln(value/mean) = 0, of whose roots the smaller one above 0.
                let (z, ratio) = (z(p), value / mean);
                let under = z * z - 2.0 * maths::ln(ratio);
                if under < 0.0 {
                    let figures = (Figure::Mean, Figure::Share(p));
                    return Err(fit::out_of_reach("lognormal", figures, ratio, (0.0, maths::exp(0.5 * z * z))));
                }
                let sigma = if ratio < 1.0 { z + under.sqrt() } else { z - under.sqrt() };
                (maths::ln(mean) - 0.5 * sigma * sigma, sigma)
            }
            Pair::Shares((low, x), (high, y)) => {
                let sigma = maths::ln(y / x) / (z(high) - z(low));
                (maths::ln(x) - sigma * z(low), sigma)
            }
        };
        Ok(Lognormal { mu, sigma }.into())
    }
}

impl Law for Lognormal {
    fn sample(&self, chance: &mut impl Rng) -> u64 {
        whole(maths::exp(self.mu + self.sigma * ziggurat::normal(chance)))
    }

    fn mean(&self) -> f64 {
        maths::exp(self.mu + 0.5 * self.sigma * self.sigma)
    }

    fn variance(&self) -> f64 {
        let mean = self.mean();
        maths::exp_m1(self.sigma * self.sigma) * mean * mean
    }

    fn share(&self, t: f64) -> f64 {
        if t <= 0.0 { 0.0 } else { special::normal_share((maths::ln(t) - self.mu) / self.sigma) }
    }

    fn quantile(&self, p: f64) -> f64 {
        maths::exp(self.mu + self.sigma * special::normal_quantile(p))
    }
}
