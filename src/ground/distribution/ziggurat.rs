//! Exponential and normal variables of unit scale, by the ziggurat method.
//!
//! The area under the density is cut into 256 layers of equal area. One number of 64 bits names a layer (its
//! lowest 8), a sign (the 9th) and a place in the layer (the upper 53 bits); where the place lies under the
//! density for certain, as it does in 98 to 99 cases of 100, that is the value: no logarithm, and a second
//! number only at the edges. Source: G. Marsaglia and W. W. Tsang, "The Ziggurat Method for Generating Random
//! Variables", *Journal of Statistical Software* 5 (2000), 8; with layer and place from different bits, as
//! J. A. Doornik, "An Improved Ziggurat Method to Generate Normal Random Samples" (2005), asks.

use rand::Rng;

use crate::ground::chance::unit;
use crate::ground::maths::{self, table_exp, table_ln, table_sqrt};

const LAYERS: usize = 256;
/// Places in a layer.
const PLACES: f64 = (1u64 << 53) as f64;

/// Where the tail begins, for 256 layers (Marsaglia and Tsang 2000), and the area of a layer that follows:
/// r f(r) and the tail.
const EXPONENTIAL_TAIL: f64 = 7.697_117_470_131_05;
const EXPONENTIAL_AREA: f64 = 0.003_949_659_822_581_557;
const NORMAL_TAIL: f64 = 3.654_152_885_361_009;
const NORMAL_AREA: f64 = 0.004_928_673_233_974_655;

/// What most draws need of a layer.
#[derive(Clone, Copy)]
struct Layer {
    /// Places below this one lie under the density for certain.
    inside: u64,
    /// How wide a place is.
    width: f64,
}

struct Ziggurat {
    layers: [Layer; LAYERS],
    /// The density at the outer end of each layer, and 1 at last.
    heights: [f64; LAYERS + 1],
}

static EXPONENTIAL: Ziggurat = build(EXPONENTIAL_TAIL, EXPONENTIAL_AREA, false);
static NORMAL: Ziggurat = build(NORMAL_TAIL, NORMAL_AREA, true);

/// The density, 1 at 0: e^(−x²/2) where `normal`, else e^(−x).
const fn density(x: f64, normal: bool) -> f64 {
    table_exp(if normal { -0.5 * x * x } else { -x })
}

const fn build(tail: f64, area: f64, normal: bool) -> Ziggurat {
    // The outer ends. The lowest layer holds the tail; as wide as it would be without.
    let mut ends = [0.0; LAYERS + 1];
    ends[0] = area / density(tail, normal);
    ends[1] = tail;
    let mut n = 1;
    while n < LAYERS - 1 {
        let fall = -table_ln(area / ends[n] + density(ends[n], normal));
        ends[n + 1] = if normal { table_sqrt(2.0 * fall) } else { fall };
        n += 1;
    }
    let mut built = Ziggurat { layers: [Layer { inside: 0, width: 0.0 }; LAYERS], heights: [1.0; LAYERS + 1] };
    let mut n = 0;
    while n < LAYERS {
        built.layers[n] = Layer { inside: (ends[n + 1] / ends[n] * PLACES) as u64, width: ends[n] / PLACES };
        built.heights[n] = density(ends[n], normal);
        n += 1;
    }
    built
}

/// An exponential variable of mean 1.
#[inline(always)]
pub(super) fn exponential(chance: &mut impl Rng) -> f64 {
    let bits = chance.next_u64();
    let layer = &EXPONENTIAL.layers[(bits & 0xFF) as usize];
    let place = bits >> 11;
    // Through i64, whose conversion is a single instruction.
    let x = place as i64 as f64 * layer.width;
    if place < layer.inside { x } else { exponential_edge(x, (bits & 0xFF) as usize, chance) }
}

#[cold]
#[inline(never)]
fn exponential_edge(x: f64, layer: usize, chance: &mut impl Rng) -> f64 {
    if layer == 0 {
        // What lies beyond has no memory of how far it has come.
        return EXPONENTIAL_TAIL + exponential(chance);
    }
    if EXPONENTIAL.height(layer, chance) < maths::exp(-x) { x } else { exponential(chance) }
}

/// A normal variable of mean 0 and variance 1.
#[inline]
pub(super) fn normal(chance: &mut impl Rng) -> f64 {
    let bits = chance.next_u64();
    let layer = &NORMAL.layers[(bits & 0xFF) as usize];
    let place = bits >> 11;
    let x = place as i64 as f64 * layer.width;
    let size = if place < layer.inside {
        x
    } else {
        match normal_edge(x, (bits & 0xFF) as usize, chance) {
            Some(size) => size,
            None => return normal(chance),
        }
    };
    if bits & 0x100 == 0 { size } else { -size }
}

/// The size of the variable, or nothing where the place lies above the density.
#[cold]
#[inline(never)]
fn normal_edge(x: f64, layer: usize, chance: &mut impl Rng) -> Option<f64> {
    if layer == 0 {
        // Source: G. Marsaglia, "Generating a Variable from the Tail of the Normal Distribution",
        // *Technometrics* 6 (1964).
        loop {
            let beyond = exponential(chance) / NORMAL_TAIL;
            if 2.0 * exponential(chance) > beyond * beyond {
                return Some(NORMAL_TAIL + beyond);
            }
        }
    }
    (NORMAL.height(layer, chance) < maths::exp(-0.5 * x * x)).then_some(x)
}

impl Ziggurat {
    /// A height evenly spread over a layer's own.
    fn height(&self, layer: usize, chance: &mut impl Rng) -> f64 {
        let (low, high) = (self.heights[layer], self.heights[layer + 1]);
        low + unit(chance) * (high - low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::chance::Key;
    use crate::ground::special::normal_share;

    /// The uppermost layer ends at the density's top: its area is the others'.
    #[test]
    fn layers_close_at_the_top() {
        for (table, area) in [(&EXPONENTIAL, EXPONENTIAL_AREA), (&NORMAL, NORMAL_AREA)] {
            let top = table.layers[LAYERS - 1].width * PLACES * (1.0 - table.heights[LAYERS - 1]);
            assert!((top / area - 1.0).abs() < 1e-12, "{top} against {area}");
            assert_eq!(table.layers[LAYERS - 1].inside, 0);
        }
    }

    /// Chi-squared over 200 cells of equal share: 199 degrees of freedom, beyond 285 once in ten thousand.
    fn assert_even(shares: impl Iterator<Item = f64>) {
        let mut counts = [0u32; 200];
        let mut all = 0u32;
        for share in shares {
            counts[((share * 200.0) as usize).min(199)] += 1;
            all += 1;
        }
        let expected = f64::from(all) / 200.0;
        let statistic: f64 = counts.iter().map(|&n| (f64::from(n) - expected).powi(2) / expected).sum();
        assert!(statistic < 285.0, "chi-squared {statistic}");
    }

    #[test]
    fn both_laws_are_spread_as_they_should_be() {
        let mut stream = Key::root(11, 0).stream();
        assert_even((0..2_000_000).map(|_| -maths::exp_m1(-exponential(&mut stream))));
        assert_even((0..2_000_000).map(|_| normal_share(normal(&mut stream))));
        let key = Key::root(12, 0).named("work");
        assert_even((0..2_000_000).map(|n| -maths::exp_m1(-exponential(&mut key.draw(n)))));
    }

    /// Beyond the tail lie e^(−7.697) = 4.5 in 10⁴ and 2 Φ(−3.654) = 2.58 in 10⁴: of two million 909 and 516,
    /// sd 30 and 23; four of them are exceeded once in sixteen thousand. The mean of the exponential's excess
    /// is 1 again, to within 4/√909.
    #[test]
    fn tails_hold_what_is_theirs() {
        let mut stream = Key::root(13, 0).stream();
        let far: Vec<f64> =
            (0..2_000_000).map(|_| exponential(&mut stream)).filter(|&x| x > EXPONENTIAL_TAIL).collect();
        assert!((far.len() as f64 - 908.5).abs() < 4.0 * 30.2, "{}", far.len());
        let excess = far.iter().sum::<f64>() / far.len() as f64 - EXPONENTIAL_TAIL;
        assert!((excess - 1.0).abs() < 0.14, "{excess}");
        let far: Vec<f64> = (0..2_000_000).map(|_| normal(&mut stream)).filter(|x| x.abs() > NORMAL_TAIL).collect();
        assert!((far.len() as f64 - 516.1).abs() < 4.0 * 22.8, "{}", far.len());
        // Beyond 4 lie 2 Φ(−4) = 6.33 in 10⁵: 127 of two million, sd 11.3.
        let beyond = far.iter().filter(|x| x.abs() > 4.0).count();
        assert!((beyond as f64 - 126.7).abs() < 4.0 * 11.3, "{beyond} beyond 4");
        let left = far.iter().filter(|x| **x < 0.0).count();
        assert!((left as f64 / far.len() as f64 - 0.5).abs() < 0.09, "{left} of {}", far.len());
    }
}
