//! What a scenario rests on that nobody documents: its undocumented defaults, where it leaves them as they are, each with
//! the ends between which it may lie; and ranges that somebody gives to settings of their own.

use crate::ground::quantity;
use crate::scenario::change;
use crate::scenario::complaint::{Complaint, did_you_mean};
use crate::scenario::documented::{self, Assumed};
use crate::scenario::place::{Key, Place};
use crate::scenario::source::{Change, Source};
use crate::scenario::tree::{self, Tree, Value};

/// A setting that may lie between two ends, at all places of a scenario that have it.
#[derive(Clone, Debug, PartialEq)]
pub struct Assumption {
    /// What it is, in a few words.
    pub name: String,
    /// The setting, without the names of topologies and nodes: `pool.boot`.
    pub setting: String,
    /// How its default is known: `measured`, `assumed`, or `given` by the user.
    pub mark: &'static str,
    /// From where the ends are.
    pub why: String,
    /// At its lower end, as it is, and at its upper end: for people.
    pub values: [String; 3],
    /// The same as numbers, where they are some; of a law its mean or median.
    pub sizes: Option<[f64; 3]>,
    /// Their unit: `s`, `1`, `B`, `1/s`, `$`.
    pub unit: &'static str,
    /// The topologies that it concerns; empty for all.
    pub topologies: Vec<String>,
    /// What puts it at its lower end, and at its upper end.
    pub changes: [Vec<Change>; 2],
}

/// A range that a user gives to a setting: `PATH=LOW..HIGH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Keys from the top.
    pub path: String,
    /// The lower end, as TOML writes it or as bare text.
    pub low: String,
    /// The upper end.
    pub high: String,
}

/// All that a scenario assumes: in the order of the grammar, then what is given.
///
/// # Errors
/// The text is no tree, or a change or a given path leads nowhere.
pub fn assumptions(source: &Source, changes: &[Change], given: &[Given]) -> Result<Vec<Assumption>, Vec<Complaint>> {
    let mut tree = tree::parse(source)?;
    let mut complaints = Vec::new();
    for change in changes {
        complaints.extend(change::apply(&mut tree, change).err().map(|complaint| *complaint));
    }
    let assumed = if documented::holds_for(&tree) { documented::fill_noting(&mut tree) } else { Vec::new() };
    let mut found: Vec<Assumption> = Vec::new();
    for one in assumed.iter().filter(|one| is_used(&tree, one)) {
        let place = Place::from_keys(one.keys.clone()).to_string();
        if given.iter().any(|given| given.path == place) {
            continue;
        }
        add(&mut found, one, &place);
    }
    for given in given {
        match of_given(&tree, given) {
            Ok(assumption) => found.push(assumption),
            Err(complaint) => complaints.push(*complaint),
        }
    }
    if complaints.is_empty() { Ok(found) } else { Err(complaints) }
}

/// What may be assumed at all: the names of all ranges, in the order of the grammar.
pub fn assumable() -> impl Iterator<Item = &'static str> {
    documented::RANGES.iter().map(|range| range.name)
}

/// Adds a place to what its row assumes.
fn add(found: &mut Vec<Assumption>, one: &Assumed, place: &str) {
    let put = |value: &String| Change { path: place.to_owned(), value: value.clone() };
    let default = toml(&one.default);
    let values = [plain(&one.low), plain(&default), plain(&one.high)];
    let (sizes, unit) = sizes([Some(&change::value(&one.low)), Some(&one.default), Some(&change::value(&one.high))]);
    let topology = match one.keys.get(1) {
        Some(Key::Name(name)) => name.clone(),
        _ => String::new(),
    };
    if let Some(known) = found.iter_mut().find(|known| known.name == one.range.name) {
        if known.values != values {
            known.values = ["least", "by the node", "most"].map(str::to_owned);
            known.sizes = None;
        }
        if !known.topologies.contains(&topology) {
            known.topologies.push(topology);
        }
        known.changes[0].push(put(&one.low));
        known.changes[1].push(put(&one.high));
        return;
    }
    let words = one.row.place.split('.').skip(1).filter(|part| !matches!(*part, "*" | "[]"));
    found.push(Assumption {
        name: one.range.name.to_owned(),
        setting: words.map(|part| part.trim_end_matches('?')).collect::<Vec<_>>().join("."),
        mark: one.row.mark.word(),
        why: one.range.why.to_owned(),
        values,
        sizes,
        unit,
        topologies: vec![topology],
        changes: [vec![put(&one.low)], vec![put(&one.high)]],
    });
}

/// Whether anything in its topology reads it: metrics are of those that a rule of scaling reads.
fn is_used(tree: &Tree, one: &Assumed) -> bool {
    let names: Vec<&str> =
        one.keys.iter().filter_map(|key| if let Key::Name(name) = key { Some(name.as_str()) } else { None }).collect();
    match names.as_slice() {
        ["topology", topology, "metrics", ..] => {
            let pools = tree.get("topology").and_then(|all| all.get(topology)).and_then(|one| one.table("pool"));
            pools.is_some_and(|pools| pools.values().any(|pool| pool.tree.get("scaling").is_some()))
        }
        _ => true,
    }
}

fn of_given(tree: &Tree, given: &Given) -> Result<Assumption, Box<Complaint>> {
    let mut probe = tree.clone();
    let put = |value: &String| Change { path: given.path.clone(), value: value.clone() };
    let place = change::apply(&mut probe, &put(&given.low))?;
    let now = tree.at(&place);
    if let ([Key::Name(top), Key::Name(name)], None) = (place.keys(), now)
        && top == "work"
    {
        let known = tree.table("work").into_iter().flatten().map(|(known, _)| known.as_str());
        let complaint = Complaint::error("E010", Place::top(), format!("no work is called `{name}`"));
        return Err(Box::new(complaint.advise_if(did_you_mean(name, known))));
    }
    let topologies = match place.keys() {
        [Key::Name(top), Key::Name(name), ..] if top == "topology" => vec![name.clone()],
        _ => Vec::new(),
    };
    let (sizes, unit) = sizes([Some(&change::value(&given.low)), now, Some(&change::value(&given.high))]);
    let now = now.map_or_else(|| "not said".to_owned(), |now| plain(&toml(now)));
    Ok(Assumption {
        name: given.path.clone(),
        setting: given.path.clone(),
        mark: "given",
        why: "`--also`".to_owned(),
        values: [plain(&given.low), now, plain(&given.high)],
        sizes,
        unit,
        topologies,
        changes: [vec![put(&given.low)], vec![put(&given.high)]],
    })
}

/// A value as TOML writes it in one line.
fn toml(tree: &Tree) -> String {
    match &tree.value {
        Value::Text(text) => format!("{text:?}"),
        Value::List(list) => format!("[{}]", list.iter().map(toml).collect::<Vec<_>>().join(", ")),
        Value::Table(table) => {
            let parts: Vec<String> =
                table.iter().map(|(name, entry)| format!("{name} = {}", toml(&entry.tree))).collect();
            format!("{{ {} }}", parts.join(", "))
        }
        Value::Integer(_) | Value::Float(_) | Value::Bool(_) | Value::Date(_) => written(tree),
    }
}

/// A value for people.
fn written(tree: &Tree) -> String {
    match &tree.value {
        Value::Text(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Bool(is) => is.to_string(),
        Value::Date(date) => date.to_string(),
        Value::List(list) => format!("[{}]", list.iter().map(written).collect::<Vec<_>>().join(", ")),
        Value::Table(table) => {
            let parts: Vec<String> =
                table.iter().map(|(name, entry)| format!("{name} = {}", written(&entry.tree))).collect();
            format!("{{ {} }}", parts.join(", "))
        }
    }
}

/// A value without what only a reader of TOML needs: `p50 20s, p95 45s`, `0s to 60s`.
pub(crate) fn plain(toml: &str) -> String {
    let law = change::value(toml);
    let of = |law: &str, part: &str| tree_of(&change::value(toml), law, part);
    match (&law.value, of("uniform", "low").zip(of("uniform", "high"))) {
        (_, Some((low, high))) => format!("{low} to {high}"),
        (Value::Table(table), None) if table.len() == 1 => {
            let (name, entry) = table.get_index(0).expect("it has one");
            match &entry.tree.value {
                Value::Table(parts) => {
                    let parts: Vec<String> =
                        parts.iter().map(|(part, entry)| format!("{part} {}", written(&entry.tree))).collect();
                    parts.join(", ")
                }
                _ => format!("{name} {}", written(&entry.tree)),
            }
        }
        _ => written(&law),
    }
}

fn tree_of(tree: &Tree, law: &str, part: &str) -> Option<String> {
    tree.get(law).and_then(|law| law.get(part)).map(written)
}

/// How large values are, where all are of one unit.
fn sizes(values: [Option<&Tree>; 3]) -> (Option<[f64; 3]>, &'static str) {
    match values.map(|value| value.and_then(size)) {
        [Some((low, unit)), Some((now, other)), Some((high, another))] if unit == other && unit == another => {
            (Some([low, now, high]), unit)
        }
        _ => (None, "1"),
    }
}

/// How large a value is, and in which unit; of a law its mean, or its median.
fn size(tree: &Tree) -> Option<(f64, &'static str)> {
    match &tree.value {
        Value::Integer(number) => Some((*number as f64, "1")),
        Value::Float(number) => Some((*number, "1")),
        Value::Text(text) => {
            let span = quantity::span(text).map(|span| (span.seconds(), "s")).ok();
            span.or_else(|| quantity::share(text).ok().map(|share| (share, "1")))
                .or_else(|| quantity::size(text).ok().map(|bytes| (bytes as f64, "B")))
                .or_else(|| quantity::rate(text).ok().map(|rate| (rate, "1/s")))
                .or_else(|| quantity::money(text).ok().map(|money| (money.dollars(), "$")))
        }
        Value::Table(table) if table.len() == 1 => {
            let law = &table.values().next()?.tree;
            let of = |name: &str| law.get(name).and_then(size);
            let middle = || of("low").zip(of("high")).map(|((low, unit), (high, _))| ((low + high) / 2.0, unit));
            of("p50").or_else(|| of("mean")).or_else(middle).or_else(|| size(law))
        }
        Value::Bool(_) | Value::Date(_) | Value::List(_) | Value::Table(_) => None,
    }
}

/// Whether more of a figure is better: of `availability`, `goodput` and the like.
pub fn more_is_better(figure: &str) -> bool {
    let name = figure.split('@').next().unwrap_or(figure);
    let of = |name: &str| crate::scenario::figures::find(name, |_| true);
    let node = name.split_once('.').and_then(|(_, rest)| of(rest));
    of(name).or(node).is_some_and(|figure| figure.at_least)
}

#[cfg(test)]
mod tests;
