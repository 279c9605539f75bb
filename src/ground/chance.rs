//! Chance with names: every source of randomness comes from a key made of the seed, the replication and
//! stable names, never from a position in a list and never from the machine.
//!
//! Two kinds of generator come from a key. A [`Draw`] belongs to one request (or one worker): it is addressed
//! by number, costs one multiplication chain, and gives the same bits however many others were drawn before,
//! so that the same request brings the same work to every architecture. A [`Stream`] is drawn from in turn,
//! by a source of arrivals for instance.

use std::convert::Infallible;

use rand::{SeedableRng, TryRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// The golden ratio's fraction, Weyl's increment of SplitMix64.
const WEYL: u64 = 0x9E37_79B9_7F4A_7C15;
/// A second odd constant, so that the draws of one number and the numbers of one key never run in step.
const STEP: u64 = 0xD1B5_4A32_D192_ED03;

/// Stafford's thirteenth mixer, the output function of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Names one source of chance in one replication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(u64);

impl Key {
    /// The key from which all others of one replication come.
    pub const fn root(seed: u64, replication: u32) -> Key {
        Key(mix(mix(seed.wrapping_add(WEYL)) ^ (replication as u64 + 1).wrapping_mul(STEP)))
    }

    /// The key of a part with this name.
    pub fn named(self, name: &str) -> Key {
        // FNV-1a over the bytes, started from the key and finished by the mixer.
        let mut hash = 0xCBF2_9CE4_8422_2325 ^ self.0;
        for byte in name.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
        Key(mix(hash ^ (name.len() as u64).wrapping_mul(WEYL)))
    }

    /// The key of the `n`-th of its kind.
    pub const fn nth(self, n: u64) -> Key {
        Key(mix(self.0 ^ mix(n.wrapping_add(1).wrapping_mul(WEYL))))
    }

    /// What is drawn for the `n`-th of its kind, a request's work for instance.
    #[inline]
    pub const fn draw(self, n: u64) -> Draw {
        Draw { state: self.0.wrapping_add(n.wrapping_mul(WEYL)) }
    }

    /// A generator to be drawn from in turn: xoshiro256++ (Blackman and Vigna, 2019).
    pub fn stream(self) -> Stream {
        Stream(Xoshiro256PlusPlus::seed_from_u64(self.0))
    }
}

/// The chance of one numbered thing: a counter-based generator that keeps no state between things.
#[derive(Clone, Debug)]
pub struct Draw {
    state: u64,
}

impl TryRng for Draw {
    type Error = Infallible;

    #[inline]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|bits| (bits >> 32) as u32)
    }

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let bits = mix(self.state);
        self.state = self.state.wrapping_add(STEP);
        Ok(bits)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            let bits = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&bits[..chunk.len()]);
        }
        Ok(())
    }
}

/// A generator drawn from in turn.
#[derive(Clone, Debug)]
pub struct Stream(Xoshiro256PlusPlus);

impl TryRng for Stream {
    type Error = Infallible;

    #[inline]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.0.try_next_u32()
    }

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0.try_next_u64()
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.try_fill_bytes(bytes)
    }
}

/// A number evenly spread over [0, 1), of 53 bits.
#[inline]
pub fn unit(chance: &mut impl rand::Rng) -> f64 {
    (chance.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
}

/// A whole number evenly spread over [0, `below`), without bias (Lemire 2019). `below` is at least 1.
#[inline]
pub fn below(chance: &mut impl rand::Rng, below: u64) -> u64 {
    let mut wide = u128::from(chance.next_u64()) * u128::from(below);
    if (wide as u64) < below {
        let threshold = below.wrapping_neg() % below;
        while (wide as u64) < threshold {
            wide = u128::from(chance.next_u64()) * u128::from(below);
        }
    }
    (wide >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn keys_with_other_names_numbers_or_seeds_differ() {
        let root = Key::root(7, 0);
        let mut keys = vec![root, Key::root(7, 1), Key::root(8, 0), root.named("a"), root.named("b"), root.named("ab")];
        keys.push(root.named("a").named("b"));
        keys.push(root.named("b").named("a"));
        keys.extend((0..100).map(|n| root.nth(n)));
        let mut seen: Vec<u64> = keys.iter().map(|key| key.0).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), keys.len());
    }

    #[test]
    fn a_draw_does_not_depend_on_what_was_drawn_before() {
        let key = Key::root(1, 2).named("process");
        let alone = key.draw(17).next_u64();
        for n in 0..17 {
            let mut draw = key.draw(n);
            draw.next_u64();
            draw.next_u64();
        }
        assert_eq!(key.draw(17).next_u64(), alone);
    }

    /// Chi-squared of the top byte over 65,536 consecutive numbers: 255 degrees of freedom, where an honest
    /// generator exceeds 347 once in ten thousand times.
    #[test]
    fn first_draws_of_consecutive_numbers_are_evenly_spread() {
        for name in ["upload", "process", "store"] {
            let key = Key::root(1, 0).named(name);
            let mut counts = [0u32; 256];
            for n in 0..65_536 {
                counts[(key.draw(n).next_u64() >> 56) as usize] += 1;
            }
            let statistic: f64 = counts.iter().map(|&count| (f64::from(count) - 256.0).powi(2) / 256.0).sum();
            assert!(statistic < 347.0, "{name}: chi-squared {statistic}");
        }
    }

    #[test]
    fn whole_numbers_stay_below_their_bound() {
        let mut stream = Key::root(3, 0).stream();
        let mut counts = [0u32; 3];
        for _ in 0..30_000 {
            counts[below(&mut stream, 3) as usize] += 1;
        }
        // Each is binomial(30000, 1/3), sd 82: five of them cover all but one honest run in a million.
        assert!(counts.iter().all(|&count| (9_590..10_410).contains(&count)), "{counts:?}");
    }

    #[test]
    fn bytes_are_those_of_the_numbers_one_after_the_other() {
        let key = Key::root(3, 0).named("bytes");
        let mut bytes = [0u8; 20];
        key.draw(5).fill_bytes(&mut bytes);
        let mut numbers = key.draw(5);
        let expected: Vec<u8> = (0..3).flat_map(|_| numbers.next_u64().to_le_bytes()).take(20).collect();
        assert_eq!(bytes[..], expected);
    }
}
