//! Drafts are derived from the tree here, with the place of every fault, and with all faults and not just the first.
//!
//! A derive stops at its first fault. So the faulty part is noted and left out, and the derive begins again, until
//! nothing more is found: a list of all faults, each at its innermost place, from plain derives.
//!
//! Choices are enums. A bare word is the variant of that name with nothing set; a table's only key is the variant.
//! Where a choice has a variant `constant`, a plain value means that one: this is how laws are written.

mod choice;
mod fault;
mod trail;
mod value;
mod wording;

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;

use crate::scenario::complaint::Complaint;
use crate::scenario::later;
use crate::scenario::place::{Key, Place};
use crate::scenario::reader::fault::Fault;
use crate::scenario::reader::trail::Skip;
use crate::scenario::reader::value::Reader;
use crate::scenario::reader::wording::{grammar_word, owner};
use crate::scenario::tree::{Tree, Value};

/// More faults than anybody reads at once.
const FAULTS_MAX: usize = 200;

/// Values that are looked at before the rest is left for the next time: in a file of thousands of nodes, hundreds of
/// faults are not worth minutes.
const LOOKS_MAX: usize = 20_000_000;

/// Separates what is the matter from what to do about it in a message that passes through serde.
pub(crate) const ADVICE: char = '\n';

/// What a derive found.
pub(crate) struct Derived<T> {
    /// What could be drafted; `None` where even the outline fails.
    pub draft: Option<T>,
    /// Everything that is the matter with it.
    pub complaints: Vec<Complaint>,
    /// What was left out for it.
    pub holes: Holes,
}

/// Parts of a tree that a draft lacks because they are at fault.
#[derive(Debug, Default)]
pub(crate) struct Holes(BTreeSet<Vec<Key>>);

impl Holes {
    /// Whether something that stands in the tree right under this place was left out of the draft.
    pub fn right_under(&self, place: &Place) -> bool {
        let keys = place.keys();
        self.0.iter().any(|hole| hole.len() == keys.len() + 1 && hole.starts_with(keys))
    }

    /// The place in the tree of a place in the draft: entries of a list move up where those before them were left out.
    pub fn restore(&self, place: &Place) -> Place {
        if self.0.is_empty() {
            return place.clone();
        }
        let mut keys: Vec<Key> = Vec::new();
        for key in place.keys() {
            keys.push(key.clone());
            if let Key::Index(index) = key {
                let depth = keys.len() - 1;
                let mut index = *index;
                // In order, so that each entry left out before pushes this one on by one.
                for hole in self.0.iter().filter(|hole| hole.len() == depth + 1 && hole[..depth] == keys[..depth]) {
                    if matches!(hole[depth], Key::Index(left_out) if left_out <= index) {
                        index += 1;
                    }
                }
                keys[depth] = Key::Index(index);
            }
        }
        place.with_keys(keys)
    }
}

/// Drafts the whole tree.
pub(crate) fn derive<T: DeserializeOwned>(tree: &Tree) -> Derived<T> {
    let mut skip = Skip::default();
    let mut complaints = Vec::new();
    let mut looks = LOOKS_MAX / tree.size().max(1) + 10;
    let draft = loop {
        let mut error = match T::deserialize(Reader::new(tree, &skip)) {
            Ok(draft) => break Some(draft),
            Err(error) => *error.0,
        };
        let keys = error.at.take().unwrap_or_default();
        let consequence = match &error.missing {
            Some(field) => skip.has(&[&keys[..], &[Key::Name(field.clone())]].concat()),
            None => error.consequence,
        };
        let mut skipped = keys.clone();
        if error.key_is_wrong {
            skipped.extend(error.on_word.clone().map(Key::Name));
        }
        if !consequence {
            complaints.push(complaint(tree, keys, error));
        }
        // Nothing new to leave out, or nothing left: the outline itself is at fault.
        if skipped.is_empty() || !skip.insert(skipped) {
            break None;
        }
        looks -= 1;
        if looks == 0 || complaints.len() >= FAULTS_MAX {
            let what = format!("these are the first {} faults, and there are more", complaints.len());
            complaints.push(Complaint::error("E012", Place::top(), what).advise("put these right, and ask again"));
            break None;
        }
    };
    Derived { draft, complaints, holes: Holes(skip.into_ways()) }
}

fn complaint(tree: &Tree, keys: Vec<Key>, mut error: Fault) -> Complaint {
    let mut place = Place::from_keys(keys);
    let mut meant = place.clone();
    if error.key_is_wrong {
        error.what = format!("{} has no {}", owner(&place), error.what);
    }
    if let Some(word) = &error.on_word {
        place = place.then(word).key();
        meant = place.clone();
    } else if let Some(Value::Text(word)) = tree.at(&place).map(|tree| &tree.value) {
        meant = place.then(word);
    }
    if let Some((pattern, what)) = later::find(&meant) {
        let what = match what {
            "" => format!("`{}` is not in this version yet", pattern.rsplit('.').next().unwrap_or(pattern)),
            told => told.to_owned(),
        };
        return Complaint::error("E008", place, what)
            .advise("leave it out for now; `explain` lists what this version has");
    }
    if let Some(field) = &error.missing {
        error.what = format!("{} lacks `{field}`", owner(&place));
    }
    let word = grammar_word(&place);
    let advice = error.advice.unwrap_or_else(|| match &error.missing {
        Some(field) => format!("add `{field} = …`; `explain {field}` tells how it is written"),
        None => format!("`explain {word}` tells how it is written"),
    });
    Complaint::error(error.code, place, error.what).advise(advice)
}
