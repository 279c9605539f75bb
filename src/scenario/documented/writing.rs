//! Puts what a default gives where nothing stands yet.

use crate::scenario::change;
use crate::scenario::tree::{Entry, Table, Tree, Value};

/// Those that have names in a table's table.
pub(super) fn tables<'t>(tree: &'t mut Tree, name: &str) -> impl Iterator<Item = &'t mut Tree> {
    let named = match &mut tree.value {
        Value::Table(table) => table.get_mut(name).map(|entry| &mut entry.tree.value),
        _ => None,
    };
    let entries = match named {
        Some(Value::Table(entries)) => Some(entries),
        _ => None,
    };
    entries.into_iter().flat_map(|entries| entries.values_mut().map(|entry| &mut entry.tree))
}

/// Puts a table's value at the end of the parts, everywhere that they lead to and where nothing stands yet.
pub(super) fn put(here: &mut Tree, parts: &[&str], value: &dyn Fn(&Tree) -> Option<Tree>) {
    let Some((part, rest)) = parts.split_first() else { return };
    if *part == "[]" {
        if let Value::List(list) = &mut here.value {
            list.iter_mut().for_each(|item| put(item, rest, value));
        }
        return;
    }
    let name = part.trim_end_matches('?');
    change::word_to_table(here, name);
    if rest.is_empty() {
        let value = value(here);
        if let (Value::Table(table), Some(tree)) = (&mut here.value, value)
            && !table.contains_key(name)
        {
            table.insert(name.to_owned(), Entry { key: None, tree });
        }
        return;
    }
    let Value::Table(table) = &mut here.value else { return };
    if *part == "*" {
        table.values_mut().for_each(|entry| put(&mut entry.tree, rest, value));
    } else if let Some(entry) = table.get_mut(name) {
        put(&mut entry.tree, rest, value);
    } else if part.ends_with('?') {
        // Only kept where something was put into it.
        let mut made = Tree::loose(Value::Table(Table::new()));
        put(&mut made, rest, value);
        if made.size() > 1 {
            table.insert(name.to_owned(), Entry { key: None, tree: made });
        }
    }
}
