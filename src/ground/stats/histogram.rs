//! Counts of whole numbers in buckets whose width grows with the number, addressed by its bits.
//!
//! Below 256 every number has a bucket of its own; above, each octave (from one power of two to the next) has
//! 128 of equal width, so that no bucket is wider than 1/128 of what it counts. Everything kept is a whole
//! number, so that merging gives the same in any order.

use std::collections::BTreeMap;

use crate::ground::footprint::Footprint;

/// Buckets an octave.
const SUB: u64 = 128;
const SUB_BITS: u32 = SUB.trailing_zeros();

/// How far a quantile may be from the true one, as a share of it: 0.5 %, with room for the last bit.
const TOLERANCE: f64 = 0.004_9;

/// How often each whole number was seen, within 0.5 %; their number, sum, least and greatest exactly.
///
/// Memory grows with the logarithm of the greatest value: about 12 KiB for a second in nanoseconds, never more
/// than 29 KiB, as long as no bucket counts more than four thousand million.
///
/// ```
/// # use queuelab::ground::stats::Histogram;
/// let mut seen = Histogram::new();
/// for value in 1..=1_000_000 {
///     seen.add(value);
/// }
/// let p99 = seen.quantile(0.99).unwrap();
/// assert!((p99 / 990_000.0 - 1.0).abs() < 0.005);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    /// The lower halves of the counts: half as much memory to go through, which is what a value costs.
    buckets: Vec<u32>,
    /// The upper halves, by bucket, where there are any.
    carried: BTreeMap<usize, u32>,
    count: u64,
    sum: u128,
    squares: u128,
    min: u64,
    max: u64,
}

impl Footprint for Histogram {
    fn footprint(&self) -> u64 {
        self.buckets.footprint() + self.carried.footprint()
    }
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram::new()
    }
}

/// The bucket of a value.
#[inline]
const fn bucket(value: u64) -> usize {
    // The value's octave, counted from the first whose buckets are wider than 1. `| SUB` keeps it from 0.
    let octave = (63 - SUB_BITS) - (value | SUB).leading_zeros();
    (octave as u64 * SUB + (value >> octave)) as usize
}

/// The least value of a bucket, and how many values it has.
const fn span_of(bucket: usize) -> (u64, u64) {
    let bucket = bucket as u64;
    if bucket < 2 * SUB {
        return (bucket, 1);
    }
    let octave = bucket / SUB - 1;
    ((bucket - octave * SUB) << octave, 1 << octave)
}

impl Histogram {
    /// Nothing seen yet.
    pub const fn new() -> Histogram {
        Histogram { buckets: Vec::new(), carried: BTreeMap::new(), count: 0, sum: 0, squares: 0, min: u64::MAX, max: 0 }
    }

    /// Counts a value.
    #[inline(always)]
    pub fn add(&mut self, value: u64) {
        let bucket = bucket(value);
        if bucket >= self.buckets.len() {
            self.grow(bucket);
        }
        let count = &mut self.buckets[bucket];
        *count = count.wrapping_add(1);
        if *count == 0 {
            self.carry(bucket, 1);
        }
        self.count += 1;
        let value_wide = u128::from(value);
        self.sum += value_wide;
        self.squares = self.squares.wrapping_add(value_wide * value_wide);
        if value < self.min || value > self.max {
            self.stretch(value);
        }
    }

    /// A value beyond all before: of many values few are.
    #[cold]
    #[inline(never)]
    fn stretch(&mut self, value: u64) {
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    /// A bucket has counted four thousand million values, so many times.
    #[cold]
    #[inline(never)]
    fn carry(&mut self, bucket: usize, times: u32) {
        *self.carried.entry(bucket).or_default() += times;
    }

    /// How many values a bucket has counted.
    fn in_bucket(&self, bucket: usize) -> u64 {
        let carried = self.carried.get(&bucket).copied().unwrap_or(0);
        u64::from(carried) << 32 | u64::from(self.buckets[bucket])
    }

    /// Room for whole octaves up to a bucket's.
    #[cold]
    #[inline(never)]
    fn grow(&mut self, bucket: usize) {
        self.buckets.resize((bucket + 1).next_multiple_of(SUB as usize), 0);
    }

    /// Counts what another one has counted.
    pub fn merge(&mut self, other: &Histogram) {
        if other.buckets.len() > self.buckets.len() {
            self.buckets.resize(other.buckets.len(), 0);
        }
        for bucket in 0..other.buckets.len() {
            let both = u64::from(self.buckets[bucket]) + other.in_bucket(bucket);
            self.buckets[bucket] = both as u32;
            if both >> 32 > 0 {
                self.carry(bucket, (both >> 32) as u32);
            }
        }
        self.count += other.count;
        self.sum += other.sum;
        self.squares = self.squares.wrapping_add(other.squares);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// How many values were counted.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Their sum, exact.
    pub const fn sum(&self) -> u128 {
        self.sum
    }

    /// Whether nothing was counted.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The least, exact.
    pub fn min(&self) -> Option<u64> {
        (!self.is_empty()).then_some(self.min)
    }

    /// The greatest, exact.
    pub fn max(&self) -> Option<u64> {
        (!self.is_empty()).then_some(self.max)
    }

    /// The mean, from the exact sum.
    pub fn mean(&self) -> Option<f64> {
        (!self.is_empty()).then(|| self.sum as f64 / self.count as f64)
    }

    /// The standard deviation of a sample (n − 1), from the exact sums; nothing for fewer than two values.
    ///
    /// Squares are summed up to multiples of 2¹²⁸, which drop out about the mean: exact as long as the squares about it
    /// sum up to less, as those of thousands of millions of values do that lie a day about it in nanoseconds.
    pub fn sd(&self) -> Option<f64> {
        if self.count < 2 {
            return None;
        }
        // About the whole part of the mean, so that nothing cancels: Σ(x − q)² = Σx² − 2qΣx + nq², of which the
        // result fits into 128 bits even where a part does not.
        let count = u128::from(self.count);
        let (about, rest) = (self.sum / count, self.sum % count);
        let centred = self
            .squares
            .wrapping_sub(self.sum.wrapping_mul(2).wrapping_mul(about))
            .wrapping_add(count.wrapping_mul(about).wrapping_mul(about));
        let rest = rest as f64;
        let squares = centred as f64 - rest * (rest / self.count as f64);
        Some((squares.max(0.0) / (self.count - 1) as f64).sqrt())
    }

    /// The smallest t with P(X > t) ≤ 1 − `p` among the values, within 0.5 %; exact below 256. Nothing where
    /// nothing was counted.
    pub fn quantile(&self, p: f64) -> Option<f64> {
        self.quantile_of(p, self.count)
    }

    /// The quantile where `never` more have no end: infinite where it falls among them.
    pub fn quantile_with(&self, never: u64, p: f64) -> Option<f64> {
        self.quantile_of(p, self.count + never)
    }

    fn quantile_of(&self, p: f64, all: u64) -> Option<f64> {
        if all == 0 {
            return None;
        }
        // The place in rising order. A product such as 0.07 × 100 lies a last bit above a whole number, and must
        // not be taken for the next.
        let rank = (p.clamp(0.0, 1.0) * all as f64 * (1.0 - 4.0 * f64::EPSILON)).ceil().max(1.0) as u64;
        if rank > self.count {
            return Some(f64::INFINITY);
        }
        if rank == self.count {
            return Some(self.max as f64);
        }
        let mut before = 0;
        for bucket in 0..self.buckets.len() {
            let count = self.in_bucket(bucket);
            if before + count >= rank {
                return Some(self.within(bucket, (rank - before) as f64 - 0.5, count));
            }
            before += count;
        }
        Some(self.max as f64)
    }

    /// Where the value at `place` of a bucket's `count` lies, as if they were evenly spread; but no nearer to an
    /// end of the bucket than keeps the tolerance should they all lie at the other.
    fn within(&self, bucket: usize, place: f64, count: u64) -> f64 {
        let (low, width) = span_of(bucket);
        let (low, last) = (low as f64, (low + (width - 1)) as f64);
        let even = low + (last - low) * (place / count as f64);
        let (least, most) = (last * (1.0 - TOLERANCE), low * (1.0 + TOLERANCE));
        even.max(least).min(most).clamp(low, last).clamp(self.min as f64, self.max as f64)
    }

    /// The buckets in which anything was counted, in rising order: the least and greatest value they have, and
    /// how many there were.
    pub fn counts(&self) -> impl Iterator<Item = (u64, u64, u64)> + '_ {
        let counted = (0..self.buckets.len()).map(|bucket| (bucket, self.in_bucket(bucket)));
        counted.filter(|&(_, count)| count > 0).map(|(bucket, count)| {
            let (low, width) = span_of(bucket);
            (low, low + (width - 1), count)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::chance::Key;
    use crate::ground::distribution::{Distribution, Known};

    fn of(values: &[u64]) -> Histogram {
        let mut seen = Histogram::new();
        values.iter().for_each(|&value| seen.add(value));
        seen
    }

    #[test]
    fn a_bucket_counts_beyond_half_a_word() {
        let mut seen = of(&[3, 3, 3, 900]);
        for _ in 0..33 {
            let same = seen.clone();
            seen.merge(&same);
        }
        let counts: Vec<u64> = seen.counts().map(|(_, _, count)| count).collect();
        assert_eq!((seen.count(), counts), (4 << 33, vec![3 << 33, 1 << 33]));
        assert_eq!((seen.quantile(0.5), seen.quantile(0.75)), (Some(3.0), Some(3.0)));
    }

    #[test]
    fn buckets_follow_each_other_without_gap() {
        let mut next = 0u64;
        for n in 0..bucket(u64::MAX) {
            let (low, width) = span_of(n);
            assert_eq!(low, next);
            assert_eq!((bucket(low), bucket(low + width - 1)), (n, n));
            assert!(width == 1 || width * SUB <= low);
            next = low + width;
        }
        let (low, width) = span_of(bucket(u64::MAX));
        assert_eq!((low, low + (width - 1)), (next, u64::MAX));
    }

    #[test]
    fn small_numbers_are_exact() {
        let seen = of(&[3, 1, 4, 1, 5, 9, 2, 6, 5, 3]);
        assert_eq!(seen.quantile(0.5), Some(3.0));
        assert_eq!(seen.quantile(0.51), Some(4.0));
        assert_eq!((seen.quantile(0.0), seen.quantile(1.0)), (Some(1.0), Some(9.0)));
        assert_eq!((seen.min(), seen.max(), seen.count(), seen.sum()), (Some(1), Some(9), 10, 39));
        assert_eq!(seen.counts().collect::<Vec<_>>()[..2], [(1, 1, 2), (2, 2, 1)]);
    }

    /// Of 1 to 100 the 0.07-quantile is 7, though 0.07 × 100 is a little more than 7 in binary.
    #[test]
    fn the_place_of_a_quantile_is_not_off_by_a_last_bit() {
        let seen = of(&(1..=100).collect::<Vec<_>>());
        for n in 1..=100 {
            assert_eq!(seen.quantile(f64::from(n) / 100.0), Some(f64::from(n)));
        }
    }

    #[test]
    fn nothing_seen_tells_nothing() {
        let seen = Histogram::new();
        assert_eq!(
            (seen.mean(), seen.sd(), seen.min(), seen.max(), seen.quantile(0.5)),
            (None, None, None, None, None)
        );
        assert_eq!(seen.quantile_with(1, 0.5), Some(f64::INFINITY));
        assert_eq!(of(&[5]).sd(), None);
    }

    /// The values 2, 4, 4, 4, 5, 5, 7, 9 have mean 5 and sum of squared distances 32; the sample's variance is
    /// 32/7. Adding 3·10¹⁸ to each changes nothing, though squares then fill 123 bits.
    #[test]
    fn deviations_do_not_cancel() {
        let values = [2, 4, 4, 4, 5, 5, 7, 9];
        let expected = (32.0f64 / 7.0).sqrt();
        assert!((of(&values).sd().unwrap() - expected).abs() < 1e-14);
        let far = values.map(|value| value + 3_000_000_000_000_000_000);
        assert!((of(&far).sd().unwrap() - expected).abs() < 1e-14);
        assert_eq!(of(&[7, 7, 7]).sd(), Some(0.0));
    }

    /// Against the sorted values themselves, for laws with spikes, gaps and long tails.
    #[test]
    fn quantiles_are_within_half_a_per_cent() {
        let laws = [
            Distribution::lognormal(&[Known::Mean(1e9), Known::Scv(4.0)]).unwrap(),
            Distribution::values(&[260, 1_300, 70_000_001, 70_000_002], &[0.3, 0.2, 0.4, 0.1]).unwrap(),
            Distribution::pareto(1.1, 1e3, 1e15).unwrap(),
            Distribution::uniform(256, 1_024).unwrap(),
        ];
        for law in laws {
            let mut stream = Key::root(2, 0).stream();
            let mut values: Vec<u64> = (0..50_000).map(|_| law.sample(&mut stream)).collect();
            let seen = of(&values);
            values.sort_unstable();
            for n in 1..=1_000u32 {
                let p = f64::from(n) / 1_000.0;
                let exact = values[(n * 50 - 1) as usize] as f64;
                let found = seen.quantile(p).unwrap();
                assert!((found / exact - 1.0).abs() <= 0.005, "{law:?} at {p}: {found}, {exact}");
            }
        }
    }

    /// All at the lower or upper end of a bucket, where even spreading would be furthest off.
    #[test]
    fn spikes_at_the_ends_of_a_bucket_are_within_half_a_per_cent() {
        for n in (256..bucket(1 << 62)).step_by(37) {
            let (low, width) = span_of(n);
            for spike in [low, low + width - 1] {
                // Others on both sides keep the least and the greatest from giving it away.
                let mut seen = of(&[0, u64::MAX / 2]);
                (0..98).for_each(|_| seen.add(spike));
                for p in [0.02, 0.5, 0.98] {
                    let found = seen.quantile(p).unwrap();
                    assert!((found / spike as f64 - 1.0).abs() <= 0.005, "{spike}: {found}");
                }
            }
        }
    }

    #[test]
    fn merging_is_counting_together_in_any_order() {
        let law = Distribution::exponential(1e9).unwrap();
        let mut stream = Key::root(4, 0).stream();
        let values: Vec<u64> = (0..3_000).map(|_| law.sample(&mut stream)).collect();
        let parts: Vec<Histogram> = values.chunks(1_000).map(of).collect();
        let together = of(&values);
        for order in [[0, 1, 2], [2, 0, 1], [1, 2, 0]] {
            let mut merged = Histogram::new();
            order.iter().for_each(|&n: &usize| merged.merge(&parts[n]));
            assert_eq!(merged, together);
        }
        assert_eq!(together.counts().map(|(_, _, count)| count).sum::<u64>(), 3_000);
    }

    /// Ten answered and ten lost: half the way the worst of the answered, beyond nobody knows.
    #[test]
    fn the_lost_are_infinitely_late() {
        let seen = of(&(1..=10).collect::<Vec<_>>());
        assert_eq!(seen.quantile_with(10, 0.5), Some(10.0));
        assert_eq!(seen.quantile_with(10, 0.45), Some(9.0));
        assert_eq!(seen.quantile_with(10, 0.51), Some(f64::INFINITY));
    }
}
