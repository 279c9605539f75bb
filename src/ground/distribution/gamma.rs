//! The gamma law: sums of exponentials, and what lies between and below them.

use rand::Rng;

use super::fit::{self, Figure, Fit, Known};
use super::{Distribution, Law, whole, ziggurat};
use crate::ground::chance::unit;
use crate::ground::{maths, special};

/// Gamma of a shape (1 is exponential) and a scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Gamma {
    shape: f64,
    scale: f64,
}

/// Shapes from 10⁶ (scv 10⁻⁶) down to 1/1000 (scv 1000).
const SPREADS: (f64, f64) = (1e-6, 1e3);

impl Distribution {
    /// Gamma with any two figures known; where two laws have them, the one that varies less.
    ///
    /// The mean is shape × scale, scv 1 ÷ shape.
    /// Source: Johnson, Kotz and Balakrishnan, *Continuous Univariate Distributions* 1, ch. 17.
    pub fn gamma(known: &[Known]) -> Result<Distribution, String> {
        // The spread by which laws of mean 1 are told apart is scv itself.
        let figure = |figure, scv: f64| match figure {
            Figure::Mean => 1.0,
            Figure::Scv => scv,
            Figure::Share(p) => special::gamma_quantile(1.0 / scv, p) * scv,
        };
        Ok(match fit::fit("gamma", known, SPREADS, figure)? {
            Fit::Constant(value) => Distribution::constant(whole(value)),
            Fit::Law { spread, scale } => Gamma { shape: 1.0 / spread, scale: scale * spread }.into(),
        })
    }
}

impl Gamma {
    pub(super) fn new(shape: f64, mean: f64) -> Gamma {
        Gamma { shape, scale: mean / shape }
    }

    pub(super) fn scale(&self) -> f64 {
        self.scale
    }
}

impl Law for Gamma {
    fn sample(&self, chance: &mut impl Rng) -> u64 {
        whole(self.scale * standard(self.shape, chance))
    }

    fn mean(&self) -> f64 {
        self.shape * self.scale
    }

    fn variance(&self) -> f64 {
        self.shape * self.scale * self.scale
    }

    fn share(&self, t: f64) -> f64 {
        special::gamma_share(self.shape, t / self.scale)
    }

    fn quantile(&self, p: f64) -> f64 {
        self.scale * special::gamma_quantile(self.shape, p)
    }
}

/// A gamma variable of scale 1.
///
/// Source: G. Marsaglia and W. W. Tsang, "A Simple Method for Generating Gamma Variables", *ACM Transactions on
/// Mathematical Software* 26 (2000); below shape 1 by their remark that γ(a) = γ(a + 1) U^(1/a).
fn standard(shape: f64, chance: &mut impl Rng) -> f64 {
    if shape < 1.0 {
        let larger = from_one(shape + 1.0, chance);
        return larger * maths::exp(-ziggurat::exponential(chance) / shape);
    }
    from_one(shape, chance)
}

fn from_one(shape: f64, chance: &mut impl Rng) -> f64 {
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let z = ziggurat::normal(chance);
        let root = 1.0 + c * z;
        if root <= 0.0 {
            continue;
        }
        let v = root * root * root;
        let u = unit(chance);
        let square = z * z;
        if u < 1.0 - 0.0331 * square * square || maths::ln(u) < 0.5 * square + d * (1.0 - v + maths::ln(v)) {
            return d * v;
        }
    }
}
