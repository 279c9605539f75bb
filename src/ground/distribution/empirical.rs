//! Values as they were recorded, each as likely as the others.

use std::sync::Arc;

use rand::Rng;

use super::{CEILING, Distribution, Law};
use crate::ground::chance;

/// Recorded values in rising order, shared between copies of the law.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Empirical {
    values: Arc<[u64]>,
    mean: f64,
    variance: f64,
}

impl Distribution {
    /// One of the recorded `values`, each as likely as the others, drawn anew each time.
    pub fn empirical(mut values: Vec<u64>) -> Result<Distribution, String> {
        values.sort_unstable();
        let (Some(&least), Some(&most)) = (values.first(), values.last()) else {
            return Err("there are no recorded values to draw from".into());
        };
        if most > CEILING {
            return Err("a recorded value is beyond all bounds: a law stays below 146 years, or 4.6 quintillion".into());
        }
        if least == most {
            return Ok(Distribution::constant(least));
        }
        let count = values.len() as f64;
        let sum: u128 = values.iter().map(|&value| u128::from(value)).sum();
        let mean = sum as f64 / count;
        let variance = values.iter().map(|&value| (value as f64 - mean) * (value as f64 - mean)).sum::<f64>() / count;
        Ok(Empirical { values: values.into(), mean, variance }.into())
    }
}

impl Law for Empirical {
    fn sample(&self, chance: &mut impl Rng) -> u64 {
        self.values[chance::below(chance, self.values.len() as u64) as usize]
    }

    fn mean(&self) -> f64 {
        self.mean
    }

    fn variance(&self) -> f64 {
        self.variance
    }

    fn share(&self, t: f64) -> f64 {
        self.values.partition_point(|&value| value as f64 <= t) as f64 / self.values.len() as f64
    }

    fn quantile(&self, p: f64) -> f64 {
        let rank = (p * self.values.len() as f64 * (1.0 - 1e-15)).ceil() as usize;
        self.values[rank.clamp(1, self.values.len()) - 1] as f64
    }
}
