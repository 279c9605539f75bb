//! A store of equal things that come and go: places are used again, so that memory follows the number inside.

use std::ops::{Index, IndexMut};

use crate::ground::footprint::Footprint;

/// Things by number. The place that was freed last is used first: it is still warm.
#[derive(Clone, Debug)]
pub struct Slab<T> {
    items: Vec<T>,
    free: Vec<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Slab<T> {
        Slab { items: Vec::new(), free: Vec::new() }
    }
}

impl<T: Copy> Slab<T> {
    /// Puts a thing in; returns its number.
    ///
    /// # Panics
    /// With more than four thousand million things inside: memory ends long before.
    #[inline(always)]
    pub fn insert(&mut self, item: T) -> u32 {
        if let Some(place) = self.free.pop() {
            self.items[place as usize] = item;
            place
        } else {
            let place = u32::try_from(self.items.len()).expect("memory ends before numbers do");
            self.items.push(item);
            place
        }
    }

    /// Frees a place. Its thing stays readable until the place is used again, for those who check a stamp.
    #[inline(always)]
    pub fn remove(&mut self, place: u32) {
        self.free.push(place);
    }

    /// Somebody is about to need the thing at a place, if there is one: it is fetched while others are waited for. Of very
    /// many things none lies in a cache.
    #[inline]
    pub fn is_asked_for(&self, place: u32) {
        std::hint::black_box(self.items.get(place as usize).copied());
    }

    /// How many things are inside.
    pub fn len(&self) -> usize {
        self.items.len() - self.free.len()
    }

    /// Whether nothing is inside.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The numbers of the things inside.
    #[cfg(test)]
    pub fn inside(&self) -> Vec<u32> {
        let free: std::collections::BTreeSet<u32> = self.free.iter().copied().collect();
        assert_eq!(free.len(), self.free.len(), "a place was freed twice");
        self.places().filter(|place| !free.contains(place)).collect()
    }

    /// All places ever used, freed ones included.
    pub fn places(&self) -> std::ops::Range<u32> {
        0..self.items.len() as u32
    }
}

impl<T> Footprint for Slab<T> {
    fn footprint(&self) -> u64 {
        self.items.footprint() + self.free.footprint()
    }
}

impl<T> Index<u32> for Slab<T> {
    type Output = T;
    #[inline]
    fn index(&self, place: u32) -> &T {
        &self.items[place as usize]
    }
}

impl<T> IndexMut<u32> for Slab<T> {
    #[inline]
    fn index_mut(&mut self, place: u32) -> &mut T {
        &mut self.items[place as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_used_again() {
        let mut slab = Slab::default();
        let (first, second) = (slab.insert('a'), slab.insert('b'));
        assert_eq!((slab[first], slab[second], slab.len()), ('a', 'b', 2));
        slab.remove(first);
        assert_eq!(slab.insert('c'), first);
        assert_eq!(slab[first], 'c');
        assert_eq!(slab.places(), 0..2);
    }
}
