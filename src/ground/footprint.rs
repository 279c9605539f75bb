//! How much memory things hold: a sum over what they have taken, asked of themselves and not of the system, so that it is the
//! same on every machine.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};
use std::mem::size_of;

/// What knows how many bytes it holds beside itself.
pub trait Footprint {
    /// Bytes taken for what is inside, used or kept ready; not what the things inside hold in turn.
    fn footprint(&self) -> u64;
}

/// Bytes of so many places for things of one kind.
pub const fn places<T>(count: usize) -> u64 {
    count as u64 * size_of::<T>() as u64
}

/// Bytes of a tree of so many things: its nodes are at least half full, and hold a length and their parent.
const fn tree<T>(count: usize) -> u64 {
    places::<T>(count) * 3 / 2 + places::<u64>(count)
}

/// Nothing.
impl Footprint for () {
    fn footprint(&self) -> u64 {
        0
    }
}

impl<A: Footprint, B: Footprint> Footprint for (A, B) {
    fn footprint(&self) -> u64 {
        self.0.footprint() + self.1.footprint()
    }
}

impl<T> Footprint for Vec<T> {
    fn footprint(&self) -> u64 {
        places::<T>(self.capacity())
    }
}

impl<T> Footprint for VecDeque<T> {
    fn footprint(&self) -> u64 {
        places::<T>(self.capacity())
    }
}

impl<T> Footprint for BinaryHeap<T> {
    fn footprint(&self) -> u64 {
        places::<T>(self.capacity())
    }
}

impl<K, V> Footprint for BTreeMap<K, V> {
    fn footprint(&self) -> u64 {
        tree::<(K, V)>(self.len())
    }
}

impl<T> Footprint for BTreeSet<T> {
    fn footprint(&self) -> u64 {
        tree::<T>(self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_kept_ready_is_held_too() {
        let mut numbers: Vec<u32> = Vec::with_capacity(1_000);
        numbers.push(1);
        assert_eq!(numbers.footprint(), 4_000);
        assert_eq!(VecDeque::from(numbers).footprint(), 4_000);
        assert_eq!(BTreeSet::from([1u64, 2]).footprint(), 2 * 8 * 3 / 2 + 16);
        assert_eq!(BTreeMap::<u32, u32>::new().footprint(), 0);
    }
}
