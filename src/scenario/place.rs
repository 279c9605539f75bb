//! Where something stands in a scenario: keys from the top, and from there a range of bytes.

use std::fmt;
use std::ops::Range;

use crate::scenario::source::Source;
use crate::scenario::tree::{self, Tree, Value};

/// Keys from the top of a scenario: `topology.tiered.pool.web.steps[1].call`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    keys: Vec<Key>,
    target: Target,
}

/// One step of the way down.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// Into a table.
    Name(String),
    /// Into a list, from 0.
    Index(usize),
}

/// What of the place is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    /// What stands there; of a table its name.
    #[default]
    Value,
    /// The key.
    Key,
    /// Bytes of the text, where it could not be read as a tree.
    Bytes(usize, usize),
}

impl Place {
    /// The whole file.
    pub fn top() -> Place {
        Place::default()
    }

    /// The place at these keys, by name.
    pub fn of(keys: &[&str]) -> Place {
        Place { keys: keys.iter().map(|key| Key::Name((*key).to_owned())).collect(), target: Target::Value }
    }

    /// Bytes of the text itself, for what can't be read at all.
    pub fn bytes(range: Range<usize>) -> Place {
        Place { keys: Vec::new(), target: Target::Bytes(range.start, range.end) }
    }

    /// The place reached by these keys.
    pub(crate) fn from_keys(keys: Vec<Key>) -> Place {
        Place { keys, target: Target::Value }
    }

    /// Other keys, and the same part of what stands there.
    pub(crate) fn with_keys(&self, keys: Vec<Key>) -> Place {
        Place { keys, target: self.target.clone() }
    }

    /// One key further down.
    pub fn then(&self, name: &str) -> Place {
        self.down(Key::Name(name.to_owned()))
    }

    /// One place of a list further down, from 0.
    pub fn nth(&self, index: usize) -> Place {
        self.down(Key::Index(index))
    }

    /// The key itself instead of what stands at it.
    pub fn key(mut self) -> Place {
        self.target = Target::Key;
        self
    }

    /// The keys from the top.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// Whether it is at or below the other.
    pub fn is_within(&self, other: &Place) -> bool {
        self.keys.starts_with(&other.keys)
    }

    /// Whether a pattern such as `topology.*.pool.*.batch` leads here; indices are left out of patterns.
    pub(crate) fn matches(&self, pattern: &str) -> bool {
        let mut names = self.keys.iter().filter_map(|key| match key {
            Key::Name(name) => Some(name.as_str()),
            Key::Index(_) => None,
        });
        pattern.split('.').all(|part| names.next().is_some_and(|name| part == "*" || part == name))
            && names.next().is_none()
    }

    fn down(&self, key: Key) -> Place {
        let mut keys = self.keys.clone();
        keys.push(key);
        Place { keys, target: Target::Value }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, key) in self.keys.iter().enumerate() {
            match key {
                Key::Name(name) if is_bare(name) => write!(f, "{}{name}", if depth == 0 { "" } else { "." })?,
                Key::Name(name) => write!(f, "{}{name:?}", if depth == 0 { "" } else { "." })?,
                Key::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// Whether TOML takes a key without quotes.
fn is_bare(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// A text that was parsed once, for finding many places in it.
#[derive(Debug)]
pub struct Places(Option<Tree>);

impl Places {
    /// The places of a text; of one that is no tree, only bytes can be found.
    pub fn of(source: &Source) -> Places {
        Places(tree::parse(source).ok())
    }

    /// Of a text that is no scenario, in which only bytes are pointed at.
    pub fn of_bytes() -> Places {
        Places(None)
    }

    /// The bytes that a place means: a value itself, a table's name, or as much of the way there as the text has.
    pub fn locate(&self, place: &Place) -> Option<Range<usize>> {
        if let Target::Bytes(start, end) = place.target {
            return Some(start..end);
        }
        locate_in(self.0.as_ref()?, place)
    }
}

/// The bytes of the text that a place means; [`Places`] finds many without parsing the text each time.
pub fn locate(source: &Source, place: &Place) -> Option<Range<usize>> {
    Places::of(source).locate(place)
}

fn locate_in(tree: &Tree, place: &Place) -> Option<Range<usize>> {
    let mut here = tree;
    let mut found = None;
    for (depth, key) in place.keys.iter().enumerate() {
        let last = depth + 1 == place.keys.len();
        match (key, &here.value) {
            (Key::Name(name), Value::Table(table)) => {
                let Some(entry) = table.get(name.as_str()) else { break };
                let is_table = matches!(entry.tree.value, Value::Table(_));
                let names_it = is_table || !last || place.target == Target::Key;
                let wanted = if names_it { &entry.key } else { &entry.tree.span };
                found = wanted.clone().or(found);
                here = &entry.tree;
            }
            (Key::Index(index), Value::List(list)) => {
                let Some(item) = list.get(*index) else { break };
                found = item.span.clone().or(found);
                here = item;
            }
            _ => {
                // A word stands where the way goes on: the word is meant.
                found = here.span.clone().or(found);
                break;
            }
        }
    }
    found
}
