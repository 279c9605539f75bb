//! Where in a file the defaults hold that nobody documents, and between what each may lie there.

use crate::scenario::change;
use crate::scenario::documented::ranges::{Ends, Range, range_of};
use crate::scenario::documented::{Row, follow, following, plain_rows, write};
use crate::scenario::place::Key;
use crate::scenario::tree::{Tree, Value};

/// A default at one place of a file.
pub(crate) struct Assumed {
    /// Its row.
    pub row: &'static Row,
    /// Between what it may lie.
    pub range: &'static Range,
    /// Where.
    pub keys: Vec<Key>,
    /// The lower end there.
    pub low: String,
    /// What holds there.
    pub default: Tree,
    /// The upper end there.
    pub high: String,
}

/// Fills a tree as ever, and notes what nobody documents of what was filled in.
pub(crate) fn fill(tree: &mut Tree) -> Vec<Assumed> {
    let mut found = Vec::new();
    for row in plain_rows() {
        let value = change::value(row.value);
        noted(tree, row, &mut found, |tree| write(tree, row, &value));
    }
    for of in following() {
        noted(tree, &of.row, &mut found, |tree| follow(tree, &of.row, of.value));
    }
    found
}

fn noted(tree: &mut Tree, row: &'static Row, found: &mut Vec<Assumed>, fill: impl FnOnce(&mut Tree)) {
    let Some(range) = range_of(row) else { return fill(tree) };
    let parts: Vec<&str> = row.place.split('.').collect();
    let before = places(tree, &parts);
    fill(tree);
    for keys in places(tree, &parts) {
        if before.contains(&keys) {
            continue;
        }
        // The node in whose table it is, which is where the ends are known from.
        let Some(default) = at(tree, &keys).cloned() else { continue };
        let ends = match range.ends {
            Ends::Same(low, high) => Some([low.to_owned(), high.to_owned()]),
            Ends::Of(ends) => keys.get(..4).and_then(|node| at(tree, node)).and_then(ends),
        };
        if let Some([low, high]) = ends {
            found.push(Assumed { row, range, keys, low, default, high });
        }
    }
}

fn at<'t>(tree: &'t Tree, keys: &[Key]) -> Option<&'t Tree> {
    keys.iter().try_fold(tree, |here, key| match (key, &here.value) {
        (Key::Name(name), _) => here.get(name),
        (Key::Index(index), Value::List(list)) => list.get(*index),
        (Key::Index(_), _) => None,
    })
}

/// Every place of a pattern at which something stands.
fn places(tree: &Tree, parts: &[&str]) -> Vec<Vec<Key>> {
    let mut found = vec![(Vec::new(), tree)];
    for part in parts {
        let mut next = Vec::new();
        for (keys, here) in found {
            let mut step = |key: Key, tree| next.push(([&keys[..], &[key]].concat(), tree));
            match (*part, &here.value) {
                ("[]", Value::List(list)) => {
                    list.iter().enumerate().for_each(|(index, item)| step(Key::Index(index), item));
                }
                ("*", Value::Table(table)) => {
                    table.iter().for_each(|(name, entry)| step(Key::Name(name.clone()), &entry.tree));
                }
                (name, Value::Table(_)) => {
                    let name = name.trim_end_matches('?');
                    if let Some(tree) = here.get(name) {
                        step(Key::Name(name.to_owned()), tree);
                    }
                }
                _ => {}
            }
        }
        found = next;
    }
    found.into_iter().map(|(keys, _)| keys).collect()
}
