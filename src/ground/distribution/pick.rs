//! Picks one of several by their weights, in the time of one number.

use rand::Rng;

/// An alias table. Source: M. D. Vose, "A Linear Algorithm for Generating Random Numbers with a Given
/// Distribution", *IEEE Transactions on Software Engineering* 17 (1991).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pick {
    /// The share of each, as given but adding up to 1.
    shares: Vec<f64>,
    /// A column for each: which is picked where the rest of the number lies at or above the threshold.
    columns: Vec<Column>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Column {
    threshold: u64,
    other: u32,
}

/// The column's height in thresholds.
const WHOLE: f64 = (1u128 << 64) as f64;

/// As many as a table may hold.
const MOST: usize = 1_000_000;

impl Pick {
    /// From `weights` of `what`, of which there are `expected`.
    pub(super) fn new(weights: &[f64], expected: usize, what: &str) -> Result<Pick, String> {
        if weights.is_empty() && expected == 0 {
            return Err(format!("there is nothing to choose from: give at least one of `{what}`"));
        }
        if weights.len() != expected {
            return Err(format!("as many `weights` as `{what}` are needed: here are {} and {expected}", weights.len()));
        }
        if expected > MOST {
            return Err(format!("`{what}` holds {expected}, more than the {MOST} there may be"));
        }
        if let Some(place) = weights.iter().position(|weight| !(weight.is_finite() && *weight >= 0.0)) {
            return Err(format!("a weight is a number from 0: number {} is not", place + 1));
        }
        let sum: f64 = weights.iter().sum();
        if !(sum > 0.0 && sum.is_finite()) {
            return Err("the weights must not all be 0".into());
        }
        let shares: Vec<f64> = weights.iter().map(|weight| weight / sum).collect();
        let columns = columns(&shares);
        Ok(Pick { shares, columns })
    }

    /// One of them.
    #[inline]
    pub(super) fn sample(&self, chance: &mut impl Rng) -> usize {
        // The number's high part names a column, what is left is evenly spread within it.
        let wide = u128::from(chance.next_u64()) * self.columns.len() as u128;
        let place = (wide >> 64) as usize;
        let column = self.columns[place];
        if (wide as u64) < column.threshold { place } else { column.other as usize }
    }

    /// The share of each.
    pub(super) fn shares(&self) -> &[f64] {
        &self.shares
    }
}

fn columns(shares: &[f64]) -> Vec<Column> {
    let count = shares.len() as f64;
    let mut heights: Vec<f64> = shares.iter().map(|share| share * count).collect();
    let mut built: Vec<Column> =
        (0..shares.len()).map(|place| Column { threshold: u64::MAX, other: place as u32 }).collect();
    let (mut low, mut high): (Vec<usize>, Vec<usize>) = (0..shares.len()).partition(|&place| heights[place] < 1.0);
    while let (Some(&small), Some(&large)) = (low.last(), high.last()) {
        low.pop();
        built[small] = Column { threshold: (heights[small] * WHOLE) as u64, other: large as u32 };
        heights[large] -= 1.0 - heights[small];
        if heights[large] < 1.0 {
            high.pop();
            low.push(large);
        }
    }
    built
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::chance::Key;

    /// Exactly, by adding up the columns: no draw is needed.
    #[test]
    fn columns_hold_the_shares() {
        let weights = [0.1, 3.0, 0.0, 0.4, 2.5, 1e-9];
        let pick = Pick::new(&weights, 6, "values").unwrap();
        let mut found = [0.0; 6];
        for (place, column) in pick.columns.iter().enumerate() {
            let own = column.threshold as f64 / WHOLE;
            found[place] += own / 6.0;
            found[column.other as usize] += (1.0 - own) / 6.0;
        }
        for (found, share) in found.iter().zip(pick.shares()) {
            assert!((found - share).abs() < 1e-15, "{found} against {share}");
        }
    }

    #[test]
    fn what_weighs_nothing_is_never_picked() {
        let pick = Pick::new(&[0.0, 1.0, 0.0], 3, "values").unwrap();
        let mut stream = Key::root(1, 0).stream();
        assert!((0..10_000).all(|_| pick.sample(&mut stream) == 1));
    }

    #[test]
    fn weights_that_make_no_sense_are_refused() {
        let refusal = |weights: &[f64], expected| Pick::new(weights, expected, "means").unwrap_err();
        assert_eq!(refusal(&[1.0], 2), "as many `weights` as `means` are needed: here are 1 and 2");
        assert_eq!(refusal(&[1.0, -0.5], 2), "a weight is a number from 0: number 2 is not");
        assert_eq!(refusal(&[0.0, 0.0], 2), "the weights must not all be 0");
        assert!(refusal(&[f64::NAN], 1).contains("number 1"));
        assert!(refusal(&[], 0).contains("at least one of `means`"));
    }
}
