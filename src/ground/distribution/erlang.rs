//! Erlang's law: several exponential phases, one after the other.

use rand::Rng;

use super::gamma::Gamma;
use super::{Distribution, Law, positive, whole, ziggurat};

/// The sum of `shape` exponentials of equal mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Erlang {
    shape: u32,
    gamma: Gamma,
}

/// So many phases are drawn one by one; more of them at once, by the gamma law, which costs about as much as
/// five.
const ONE_BY_ONE: u32 = 5;

impl Distribution {
    /// Erlang: `shape` exponential phases one after the other, of `mean` together; scv 1 ÷ `shape`.
    pub fn erlang(shape: u32, mean: f64) -> Result<Distribution, String> {
        positive("mean", mean)?;
        match shape {
            0 => Err("`shape` counts exponential phases, so it is at least 1".into()),
            1 => Distribution::exponential(mean),
            _ => Ok(Erlang { shape, gamma: Gamma::new(f64::from(shape), mean) }.into()),
        }
    }
}

impl Law for Erlang {
    fn sample(&self, chance: &mut impl Rng) -> u64 {
        if self.shape > ONE_BY_ONE {
            return self.gamma.sample(chance);
        }
        let mut sum = 0.0;
        for _ in 0..self.shape {
            sum += ziggurat::exponential(chance);
        }
        whole(self.gamma.scale() * sum)
    }

    fn mean(&self) -> f64 {
        self.gamma.mean()
    }

    fn variance(&self) -> f64 {
        self.gamma.variance()
    }

    fn share(&self, t: f64) -> f64 {
        self.gamma.share(t)
    }

    fn quantile(&self, p: f64) -> f64 {
        self.gamma.quantile(p)
    }
}
