//! The way down to a value, and the ways that are left out.

use std::collections::BTreeSet;

use crate::scenario::place::Key;

/// The way down to a value, kept on the stack.
pub(super) struct Trail<'p> {
    up: Option<&'p Trail<'p>>,
    key: TrailKey<'p>,
    /// A number that ways share only by a rare chance.
    mark: u64,
}

/// One step of it.
#[derive(Clone, Copy)]
enum TrailKey<'p> {
    Name(&'p str),
    Index(usize),
}

impl<'p> Trail<'p> {
    /// The top of the tree.
    pub(super) const TOP: Trail<'static> = Trail { up: None, key: TrailKey::Index(0), mark: MARK };

    /// Into a table.
    pub(super) fn name(&'p self, name: &'p str) -> Trail<'p> {
        Trail { up: Some(self), key: TrailKey::Name(name), mark: mark_name(self.mark, name) }
    }

    /// Into a list.
    pub(super) fn nth(&'p self, index: usize) -> Trail<'p> {
        Trail { up: Some(self), key: TrailKey::Index(index), mark: mark_index(self.mark, index) }
    }

    /// As keys of a place.
    pub(super) fn keys(&self) -> Vec<Key> {
        let Some(up) = self.up else { return Vec::new() };
        let mut keys = up.keys();
        keys.push(match self.key {
            TrailKey::Name(name) => Key::Name(name.to_owned()),
            TrailKey::Index(index) => Key::Index(index),
        });
        keys
    }
}

/// Ways that a derive leaves out, because what stands there is at fault.
#[derive(Debug, Default)]
pub(super) struct Skip {
    ways: BTreeSet<Vec<Key>>,
    marks: BTreeSet<u64>,
}

impl Skip {
    /// Leaves one more out; false where it is left out already.
    pub(super) fn insert(&mut self, way: Vec<Key>) -> bool {
        self.marks.insert(way.iter().fold(MARK, |mark, key| match key {
            Key::Name(name) => mark_name(mark, name),
            Key::Index(index) => mark_index(mark, *index),
        }));
        self.ways.insert(way)
    }

    /// Whether a way is left out.
    pub(super) fn has(&self, way: &[Key]) -> bool {
        self.ways.contains(way)
    }

    /// Whether the way that was just taken is left out. Asked at every value: the mark answers nearly always.
    pub(super) fn has_trail(&self, trail: &Trail<'_>) -> bool {
        self.marks.contains(&trail.mark) && self.ways.contains(&trail.keys())
    }

    /// All of them.
    pub(super) fn into_ways(self) -> BTreeSet<Vec<Key>> {
        self.ways
    }
}

// FNV-1a, 64 bits: only a filter, so it need not be hard to forge.
const MARK: u64 = 0xcbf2_9ce4_8422_2325;

fn mark_byte(mark: u64, byte: u8) -> u64 {
    (mark ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
}

fn mark_name(mark: u64, name: &str) -> u64 {
    mark_byte(name.bytes().fold(mark, mark_byte), 0xff)
}

fn mark_index(mark: u64, index: usize) -> u64 {
    mark_byte(index.to_le_bytes().into_iter().fold(mark, mark_byte), 0xfe)
}
