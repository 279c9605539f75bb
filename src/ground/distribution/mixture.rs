//! One of several laws, chosen by weight each time; with exponential ones, the hyperexponential law.

use rand::Rng;

use super::pick::Pick;
use super::{Distribution, Law};

/// Parts and how they are picked.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mixture {
    parts: Vec<Distribution>,
    pick: Pick,
}

impl Distribution {
    /// One of the parts, as often as its weight says; the weights need not add up to 1.
    pub fn mixture(parts: Vec<(f64, Distribution)>) -> Result<Distribution, String> {
        let (weights, parts): (Vec<f64>, Vec<Distribution>) = parts.into_iter().unzip();
        let pick = Pick::new(&weights, parts.len(), "of")?;
        Ok(Mixture { parts, pick }.into())
    }

    /// Hyperexponential: exponential with `means[i]`, as often as `weights[i]` says.
    pub fn hyperexponential(weights: &[f64], means: &[f64]) -> Result<Distribution, String> {
        let pick = Pick::new(weights, means.len(), "means")?;
        let parts = means.iter().map(|&mean| Distribution::exponential(mean)).collect::<Result<_, _>>();
        Ok(Mixture { parts: parts.map_err(|_| "each of `means` must be above zero".to_owned())?, pick }.into())
    }
}

impl Mixture {
    fn weighed(&self) -> impl Iterator<Item = (&Distribution, f64)> {
        self.parts.iter().zip(self.pick.shares().iter().copied())
    }
}

impl Law for Mixture {
    fn sample(&self, chance: &mut impl Rng) -> u64 {
        self.parts[self.pick.sample(chance)].sample(chance)
    }

    fn mean(&self) -> f64 {
        self.weighed().map(|(part, share)| share * part.mean()).sum()
    }

    /// What the parts vary by themselves, and what their means vary.
    fn variance(&self) -> f64 {
        let mean = self.mean();
        self.weighed()
            .map(|(part, share)| share * (part.variance() + (part.mean() - mean) * (part.mean() - mean)))
            .sum()
    }

    fn share(&self, t: f64) -> f64 {
        self.weighed().map(|(part, share)| share * part.share(t)).sum::<f64>().min(1.0)
    }

    /// Between the least and the greatest quantile of the parts, by halving until nothing is left to halve.
    fn quantile(&self, p: f64) -> f64 {
        let quantiles = self.weighed().filter(|&(_, share)| share > 0.0).map(|(part, _)| part.quantile(p));
        let (mut low, mut high) = quantiles.fold((f64::INFINITY, 0.0f64), |(low, high), q| (low.min(q), high.max(q)));
        if self.share(low) >= p {
            return low;
        }
        loop {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                return high;
            }
            if self.share(middle) >= p {
                high = middle;
            } else {
                low = middle;
            }
        }
    }
}
