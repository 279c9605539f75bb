//! Settings beside the file: `--set PATH=VALUE` changes the tree before drafts are derived from it.

use crate::scenario::complaint::{Complaint, did_you_mean};
use crate::scenario::place::{Key, Place};
use crate::scenario::source::Change;
use crate::scenario::tree::{self, Entry, Table, Tree, Value};

/// Places in whose tables people give names. A name must exist; a setting need not.
const NAMED: &[&str] = &[
    "workload",
    "topology",
    "topology.*.pool",
    "topology.*.balancer",
    "topology.*.queue",
    "topology.*.bucket",
    "fault.*",
    "topology.*.fault.*",
];

/// Makes one change. The tree is left as it was where the path leads nowhere.
pub(crate) fn apply(tree: &mut Tree, change: &Change) -> Result<Place, Box<Complaint>> {
    let keys = keys(&change.path).map_err(|what| refuse(change, &what))?;
    let value = value(&change.value);
    let mut here = tree;
    let mut place = Place::top();
    for (depth, key) in keys.iter().enumerate() {
        let last = depth + 1 == keys.len();
        if let Key::Name(name) = key {
            word_to_table(here, name);
        }
        match (key, &mut here.value) {
            (Key::Name(name), Value::Table(table)) => {
                if !table.contains_key(name) {
                    if !last && NAMED.iter().any(|pattern| place.matches(pattern)) {
                        let what = format!("`{place}` has nothing called `{name}`");
                        return Err(refuse(change, &what)
                            .advise_if(did_you_mean(name, table.keys().map(String::as_str)))
                            .into());
                    }
                    let tree = Tree::loose(Value::Table(Table::new()));
                    table.insert(name.clone(), Entry { key: None, tree });
                }
                place = place.then(name);
                here = &mut table.get_mut(name).expect("it was there, or has just been put there").tree;
            }
            (Key::Index(index), Value::List(list)) => {
                let count = list.len();
                place = place.nth(*index);
                here = list.get_mut(*index).ok_or_else(|| {
                    refuse(change, &format!("there is no `{place}`"))
                        .advise(format!("the list has {count} entries, and the first is [0]"))
                })?;
            }
            (Key::Index(_), _) => return Err(refuse(change, &format!("`{place}` is not a list"))),
            (Key::Name(name), _) => {
                return Err(refuse(change, &format!("`{place}` is not a table, so it has no `{name}`")));
            }
        }
    }
    *here = value;
    Ok(place)
}

/// A bare word stands for its own table without settings: `"queue-length"` may get a `queue-length.per-worker`.
pub(crate) fn word_to_table(here: &mut Tree, name: &str) {
    if let Value::Text(word) = &here.value
        && word == name
    {
        let inner = Tree::loose(Value::Table(Table::new()));
        let entry = Entry { key: here.span.clone(), tree: inner };
        here.value = Value::Table(Table::from_iter([(name.to_owned(), entry)]));
    }
}

fn refuse(change: &Change, what: &str) -> Box<Complaint> {
    Complaint::error("E010", Place::top(), format!("`--set {}={}`: {what}", change.path, change.value))
        .advise("a path is keys from the top: `topology.NAME.pool.NAME.workers`, `run.length`")
        .into()
}

/// The keys of a path: names between dots, in quotes where they hold a dot, list places in brackets.
fn keys(path: &str) -> Result<Vec<Key>, String> {
    let mut keys = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix('"') {
            let (name, after) = quoted.split_once('"').ok_or("a quote is never closed")?;
            keys.push(Key::Name(name.to_owned()));
            rest = after;
        } else if let Some(bracketed) = rest.strip_prefix('[') {
            let (index, after) = bracketed.split_once(']').ok_or("a bracket is never closed")?;
            keys.push(Key::Index(index.trim().parse().map_err(|_| format!("[{index}] is not a place in a list"))?));
            rest = after;
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let name = rest[..end].trim();
            if name.is_empty() {
                return Err("the path has an empty key".to_owned());
            }
            keys.push(Key::Name(name.to_owned()));
            rest = &rest[end..];
        }
        if let Some(after) = rest.strip_prefix('.') {
            if after.is_empty() {
                return Err("the path ends in a dot".to_owned());
            }
            rest = after;
        } else if !rest.is_empty() && !rest.starts_with('[') {
            return Err("the path can't be read".to_owned());
        }
    }
    match keys.len() {
        0 => Err("the path is empty".to_owned()),
        1..=40 => Ok(keys),
        _ => Err("the path is deeper than any setting".to_owned()),
    }
}

/// A value as TOML writes it; anything else is text, so that `2h` and `12/min` need no quotes.
pub(crate) fn value(written: &str) -> Tree {
    let source = crate::scenario::source::Source::new("", format!("value = {written}"));
    let read = tree::parse(&source).ok().and_then(|tree| match tree.value {
        Value::Table(mut table) if table.len() == 1 => table.swap_remove("value").map(|entry| entry.tree),
        _ => None,
    });
    match read {
        Some(Tree { value: Value::Date(_), .. }) | None => Tree::loose(Value::Text(written.to_owned())),
        Some(mut tree) => {
            forget_places(&mut tree);
            tree
        }
    }
}

fn forget_places(tree: &mut Tree) {
    tree.span = None;
    match &mut tree.value {
        Value::List(list) => list.iter_mut().for_each(forget_places),
        Value::Table(table) => {
            for entry in table.values_mut() {
                entry.key = None;
                forget_places(&mut entry.tree);
            }
        }
        Value::Text(_) | Value::Integer(_) | Value::Float(_) | Value::Bool(_) | Value::Date(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::source::Source;

    fn changed(text: &str, path: &str, value: &str) -> Result<Tree, Box<Complaint>> {
        let mut tree = tree::parse(&Source::new("x.toml", text)).unwrap();
        apply(&mut tree, &Change { path: path.to_owned(), value: value.to_owned() })?;
        Ok(tree)
    }

    #[test]
    fn a_value_is_toml_where_it_can_be_and_text_where_not() {
        assert_eq!(value("4").value, Value::Integer(4));
        assert_eq!(value("2h").value, Value::Text("2h".to_owned()));
        assert_eq!(value("12/min").value, Value::Text("12/min".to_owned()));
        assert_eq!(value("\"60%\"").value, Value::Text("60%".to_owned()));
        assert_eq!(value("true").value, Value::Bool(true));
        assert!(matches!(value("{ poisson = { rate = \"1/s\" } }").value, Value::Table(_)));
        assert_eq!(value("1\nb = 2").value, Value::Text("1\nb = 2".to_owned()));
    }

    #[test]
    fn settings_may_be_new_but_names_may_not() {
        let text = "topology.tiered.pool.web.steps = [{ work = \"a\" }]";
        assert!(changed(text, "topology.tiered.pool.web.workers", "4").is_ok());
        assert!(changed(text, "run.length", "1h").is_ok());
        let complaint = changed(text, "topology.teired.pool.web.workers", "4").unwrap_err();
        assert_eq!(complaint.advice.as_deref(), Some("did you mean `tiered`?"));
        assert!(changed(text, "topology.tiered.pool.web.steps[3].work", "b").is_err());
        for path in ["", ".", "a.", "a..b", "a[", "\"a", "run.length.more"] {
            assert!(changed("run.length = \"1h\"", path, "1").is_err(), "{path}");
        }
    }

    #[test]
    fn a_word_takes_settings() {
        let tree = changed("policies = [\"queue-length\"]", "policies[0].queue-length.per-worker", "4").unwrap();
        let Value::List(list) = &tree.get("policies").unwrap().value else { panic!("a list") };
        assert_eq!(list[0].get("queue-length").unwrap().get("per-worker").unwrap().value, Value::Integer(4));
    }
}
