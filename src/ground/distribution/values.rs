//! A few values, each with its weight.

use rand::Rng;

use super::pick::Pick;
use super::{CEILING, Distribution, Law};

/// Values in rising order, and how they are picked.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Values {
    values: Vec<u64>,
    pick: Pick,
}

impl Distribution {
    /// One of `values`, as often as its weight says; the weights need not add up to 1.
    pub fn values(values: &[u64], weights: &[f64]) -> Result<Distribution, String> {
        Pick::new(weights, values.len(), "of")?;
        if values.iter().any(|&value| value > CEILING) {
            return Err("a value is beyond all bounds: a law stays below 146 years, or 4.6 quintillion".into());
        }
        let mut rising: Vec<(u64, f64)> = values.iter().copied().zip(weights.iter().copied()).collect();
        rising.sort_by_key(|&(value, _)| value);
        if let [(only, _)] = rising[..] {
            return Ok(Distribution::constant(only));
        }
        let weights: Vec<f64> = rising.iter().map(|&(_, weight)| weight).collect();
        let values: Vec<u64> = rising.into_iter().map(|(value, _)| value).collect();
        let pick = Pick::new(&weights, values.len(), "of")?;
        Ok(Values { values, pick }.into())
    }
}

impl Values {
    fn weighed(&self) -> impl Iterator<Item = (f64, f64)> {
        self.values.iter().zip(self.pick.shares()).map(|(&value, &share)| (value as f64, share))
    }
}

impl Law for Values {
    fn sample(&self, chance: &mut impl Rng) -> u64 {
        self.values[self.pick.sample(chance)]
    }

    fn mean(&self) -> f64 {
        self.weighed().map(|(value, share)| value * share).sum()
    }

    fn variance(&self) -> f64 {
        let mean = self.mean();
        self.weighed().map(|(value, share)| (value - mean) * (value - mean) * share).sum()
    }

    fn share(&self, t: f64) -> f64 {
        self.weighed().take_while(|&(value, _)| value <= t).map(|(_, share)| share).sum::<f64>().min(1.0)
    }

    fn quantile(&self, p: f64) -> f64 {
        let mut reached = 0.0;
        for (value, share) in self.weighed() {
            reached += share;
            // A hair of slack, as shares such as 0.7 and 0.2 don't add up to 0.9 in binary.
            if share > 0.0 && reached >= p - 1e-12 {
                return value;
            }
        }
        self.values.last().map_or(0.0, |&value| value as f64)
    }
}
