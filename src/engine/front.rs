//! The nearest of the future: few events, the next of which is always known.

use std::hint::select_unpredictable;

/// The most events it holds.
pub(super) const LEAVES: usize = 64;
/// As many are kept in one sorted row; more of them play a tournament.
const ROW: usize = 16;
/// A row up to this length is short.
const SHORT: usize = 6;
/// Behind every key.
pub(super) const NOTHING: u128 = u128::MAX;
/// Leaves of the smaller of the two tournaments.
const FEW: usize = 32;
/// No leaf.
const NONE: usize = LEAVES;

/// Up to [`LEAVES`] keys, the least of which is always known.
///
/// Few stand in a sorted row. More of them play a *tournament*: every inner node of a full binary tree knows which
/// leaf below it has the least key (D. Knuth, *The Art of Computer Programming* 3, 5.4.1). A key that comes in plays
/// its way up against one rival a level. Which of the two wins is no branch, so nothing is guessed wrongly (where two
/// times are the same, which is rare, the way up is gone once more by the whole keys); and the rivals are known from
/// the start, so no level waits for memory. Who leaves is usually followed at once by somebody new, who takes the leaf
/// over and plays for both.
#[derive(Debug)]
pub(super) struct Front {
    /// The upper halves of the keys, which are times. In a row the greatest first, and that of [`NOTHING`] in the last
    /// place of all, which no row reaches. In a tournament by leaf, that of [`NOTHING`] where it is free.
    times: [u64; LEAVES],
    /// Their lower halves, in the same places: looked at only where two times are the same.
    codes: [u64; LEAVES],
    /// How long the row is.
    row: usize,
    /// Leaves of the tournament: [`FEW`] or [`LEAVES`]; 0 where there is none.
    width: usize,
    /// By inner node, the root at 1, the leaves' parents from half the width on: the leaf that wins below it.
    winners: [u8; LEAVES],
    /// The free leaves.
    free: u64,
    /// The leaf of the one who left last, where its way up was not yet played anew.
    hole: usize,
}

const _: () = assert!(LEAVES == u64::BITS as usize && LEAVES == 1 << 6 && FEW == 1 << 5 && ROW < FEW);

impl Default for Front {
    fn default() -> Front {
        Front {
            times: [u64::MAX; LEAVES],
            codes: [u64::MAX; LEAVES],
            row: 0,
            width: 0,
            winners: [0; LEAVES],
            free: 0,
            hole: NONE,
        }
    }
}

impl Front {
    /// The least key; [`NOTHING`] where there is none.
    #[inline(always)]
    pub(super) fn first(&mut self) -> u128 {
        if self.width == 0 {
            return self.key(self.row.wrapping_sub(1));
        }
        if self.hole != NONE {
            let hole = std::mem::replace(&mut self.hole, NONE);
            self.play(hole, NOTHING);
            self.free |= 1 << hole;
        }
        self.key(usize::from(self.winners[1]))
    }

    /// The key in a place.
    #[inline(always)]
    fn key(&self, at: usize) -> u128 {
        u128::from(self.times[at % LEAVES]) << 64 | u128::from(self.codes[at % LEAVES])
    }

    /// Takes out the key that [`Front::first`] has just returned.
    #[inline(always)]
    pub(super) fn take(&mut self) {
        if self.width == 0 {
            self.row -= 1;
        } else {
            self.hole = usize::from(self.winners[1]);
        }
    }

    /// Puts a key in. False where there is no room.
    #[inline(always)]
    pub(super) fn put(&mut self, key: u128) -> bool {
        if self.width == 0 && self.row < ROW {
            self.insert(key);
            return true;
        }
        self.join(key)
    }

    /// A key joins the tournament, or what becomes one. False where there is no room.
    #[inline(never)]
    fn join(&mut self, key: u128) -> bool {
        let mut leaf = self.hole;
        self.hole = NONE;
        if leaf == NONE {
            if self.free == 0 && !self.widen() {
                return false;
            }
            leaf = self.free.trailing_zeros() as usize;
            self.free &= self.free - 1;
        }
        self.play(leaf, key);
        true
    }

    /// How many keys are in.
    pub(super) fn len(&self) -> usize {
        if self.width == 0 {
            return self.row;
        }
        self.width - self.free.count_ones() as usize - usize::from(self.hole != NONE)
    }

    /// Takes all out, in no order.
    pub(super) fn empty_into(&mut self, hands: &mut Vec<u128>) {
        self.first();
        let used = if self.width == 0 { self.row } else { self.width };
        hands.extend((0..used).map(|at| self.key(at)).filter(|&key| key != NOTHING));
        *self = Front::default();
    }

    /// Begins anew, as a row. Nobody is in.
    #[inline(always)]
    pub(super) fn clear(&mut self) {
        if self.width > 0 {
            *self = Front::default();
        }
    }

    /// Puts a key in that may be anywhere among few. False where there is no room.
    ///
    /// A short row is gone through whole, and which of two is greater is no branch; [`Front::put`] goes through it from
    /// the nearest on, which is where a key belongs that was planned just now.
    #[inline(always)]
    pub(super) fn put_anywhere(&mut self, key: u128) -> bool {
        if self.row >= SHORT || self.width > 0 {
            return self.put(key);
        }
        let mut carried = key;
        for at in 0..self.row {
            let here = self.key(at);
            let (kept, next) = if here > carried { (here, carried) } else { (carried, here) };
            self.set(at, kept);
            carried = next;
        }
        self.set(self.row, carried);
        self.row += 1;
        true
    }

    /// Puts a key in a place.
    #[inline(always)]
    fn set(&mut self, at: usize, key: u128) {
        (self.times[at % LEAVES], self.codes[at % LEAVES]) = ((key >> 64) as u64, key as u64);
    }

    /// A key joins the row.
    #[inline(always)]
    fn insert(&mut self, key: u128) {
        let (time, code) = ((key >> 64) as u64, key as u64);
        let mut at = self.row;
        while at > 0 && self.times[(at - 1) % LEAVES] <= time {
            let (theirs, other) = (self.times[(at - 1) % LEAVES], self.codes[(at - 1) % LEAVES]);
            if theirs == time && other > code {
                break;
            }
            (self.times[at % LEAVES], self.codes[at % LEAVES]) = (theirs, other);
            at -= 1;
        }
        (self.times[at % LEAVES], self.codes[at % LEAVES]) = (time, code);
        self.row += 1;
    }

    /// A leaf gets a key, which plays its way up.
    #[inline(always)]
    fn play(&mut self, leaf: usize, key: u128) {
        self.set(leaf, key);
        let time = (key >> 64) as u64;
        let tied = if self.width == LEAVES { self.rise::<6>(leaf, time) } else { self.rise::<5>(leaf, time) };
        if tied {
            self.rise_by_codes(leaf);
        }
    }

    /// The way up through so many levels, by times alone, without a branch. Says whether two times on it were the same, so
    /// that it is not known who won.
    #[inline(always)]
    fn rise<const LEVELS: u32>(&mut self, leaf: usize, time: u64) -> bool {
        let leaf = leaf % (1 << LEVELS);
        let (mut best, mut winner, mut tied) = (time, leaf, 0);
        let mut rival = leaf ^ 1;
        let mut at = 1 << LEVELS | leaf;
        for level in 1..=LEVELS {
            at /= 2;
            let theirs = self.times[rival % LEAVES];
            // Two that are free are no matter: one more than their time is 0.
            tied |= if theirs == best { theirs.wrapping_add(1) } else { 0 };
            winner = select_unpredictable(theirs < best, rival, winner);
            best = best.min(theirs);
            self.winners[at] = winner as u8;
            if level < LEVELS {
                rival = usize::from(self.winners[at ^ 1]);
            }
        }
        tied != 0
    }

    /// The same way up, by the whole keys.
    #[cold]
    #[inline(never)]
    fn rise_by_codes(&mut self, leaf: usize) {
        let mut at = (self.width + leaf) / 2;
        let (one, other) = (leaf & !1, leaf | 1);
        self.winners[at] = if self.key(other) < self.key(one) { other } else { one } as u8;
        while at > 1 {
            at /= 2;
            let (one, other) = (self.winners[2 * at], self.winners[2 * at + 1]);
            let wins = self.key(usize::from(other)) < self.key(usize::from(one));
            self.winners[at] = if wins { other } else { one };
        }
    }

    /// The row becomes a tournament, or that one gets twice as many leaves. False where there are as many as can be.
    #[cold]
    #[inline(never)]
    fn widen(&mut self) -> bool {
        let taken = if self.width == 0 { self.row } else { self.width };
        if taken == LEAVES {
            return false;
        }
        self.times[taken..].fill(u64::MAX);
        self.codes[taken..].fill(u64::MAX);
        self.width = if taken < FEW { FEW } else { LEAVES };
        self.free = (u64::MAX >> (LEAVES - self.width)) & (u64::MAX << taken);
        let half = self.width / 2;
        for pair in 0..half {
            let (one, other) = (self.key(2 * pair), self.key(2 * pair + 1));
            self.winners[half + pair] = (2 * pair + usize::from(other < one)) as u8;
        }
        for at in (1..half).rev() {
            let (one, other) = (self.winners[2 * at], self.winners[2 * at + 1]);
            let wins = self.key(usize::from(other)) < self.key(usize::from(one));
            self.winners[at] = if wins { other } else { one };
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::chance::{Key, below};

    /// A long random script over every width, held against a sorted set.
    #[test]
    fn the_first_is_the_least_whatever_comes_and_goes() {
        let mut chance = Key::root(7, 0).stream();
        let (mut front, mut sorted) = (Front::default(), std::collections::BTreeSet::new());
        for round in 0..200_000u128 {
            let wanted = 1 + below(&mut chance, 64) as usize;
            let put = sorted.len() < wanted;
            if put {
                let key = u128::from(below(&mut chance, 1000)) << 64 | round;
                assert_eq!(front.put(key), sorted.len() < LEAVES);
                sorted.insert(key);
            } else {
                assert_eq!(Some(front.first()), sorted.pop_first());
                front.take();
            }
            assert_eq!(front.len(), sorted.len());
            if below(&mut chance, 3) == 0 {
                assert_eq!(front.first(), sorted.first().copied().unwrap_or(NOTHING));
            }
            if below(&mut chance, 2_000) == 0 {
                let mut hands = Vec::new();
                front.empty_into(&mut hands);
                assert_eq!((hands.len(), front.len(), front.first()), (sorted.len(), 0, NOTHING));
                hands.truncate(below(&mut chance, 64) as usize);
                sorted = hands.iter().copied().collect();
                front.clear();
                assert!(hands.iter().all(|&key| front.put(key)));
            }
        }
    }

    #[test]
    fn a_full_front_takes_nobody_in() {
        let mut front = Front::default();
        assert!((0..LEAVES as u128).all(|key| front.put(key)));
        assert!(!front.put(99));
        assert_eq!((front.first(), front.len()), (0, LEAVES));
        front.take();
        assert!(front.put(99), "a leaf was left");
    }
}
