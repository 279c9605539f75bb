//! A set of small numbers that knows its least member in a few steps, whatever their number.

use crate::ground::footprint::Footprint;

/// Numbers below a growing bound. Two levels of words: the upper says which of the lower are not empty.
#[derive(Clone, Debug, Default)]
pub struct Bits {
    words: Vec<u64>,
    above: Vec<u64>,
}

impl Footprint for Bits {
    fn footprint(&self) -> u64 {
        self.words.footprint() + self.above.footprint()
    }
}

impl Bits {
    /// Adds a number.
    #[inline(always)]
    pub fn insert(&mut self, number: u32) {
        let word = number as usize / 64;
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
            self.above.resize(word / 64 + 1, 0);
        }
        self.words[word] |= 1 << (number % 64);
        self.above[word / 64] |= 1 << (word % 64);
    }

    /// Takes a number out, if it is there.
    #[inline(always)]
    pub fn remove(&mut self, number: u32) {
        let word = number as usize / 64;
        if word < self.words.len() {
            self.words[word] &= !(1 << (number % 64));
            // No branch: of many numbers it is anybody's guess which word becomes empty.
            let emptied = u64::from(self.words[word] == 0);
            self.above[word / 64] &= !(emptied << (word % 64));
        }
    }

    /// The least member.
    #[inline(always)]
    pub fn first(&self) -> Option<u32> {
        for (at, &above) in self.above.iter().enumerate() {
            if above != 0 {
                let word = at * 64 + above.trailing_zeros() as usize;
                return Some(word as u32 * 64 + self.words[word].trailing_zeros());
            }
        }
        None
    }

    /// All members, the least first.
    pub fn members(&self) -> impl Iterator<Item = u32> {
        let words = self.words.iter().enumerate().filter(|(_, word)| **word != 0);
        words.flat_map(|(at, &word)| {
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| at as u32 * 64 + bit)
        })
    }

    /// Whether it has no member.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.above.iter().all(|&above| above == 0)
    }

    /// Whether a number is a member.
    pub fn contains(&self, number: u32) -> bool {
        self.words.get(number as usize / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    /// Takes all out.
    pub fn clear(&mut self) {
        self.words.fill(0);
        self.above.fill(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::chance::{Key, below};
    use std::collections::BTreeSet;

    #[test]
    fn the_first_is_the_least() {
        let mut chance = Key::root(4, 0).stream();
        let (mut bits, mut plain) = (Bits::default(), BTreeSet::new());
        for _ in 0..20_000 {
            let number = below(&mut chance, 9_000) as u32;
            if below(&mut chance, 2) == 0 {
                bits.insert(number);
                plain.insert(number);
            } else {
                bits.remove(number);
                plain.remove(&number);
            }
            assert_eq!(bits.first(), plain.first().copied());
            assert_eq!(bits.contains(number), plain.contains(&number));
        }
        assert!(bits.members().eq(plain));
    }
}
