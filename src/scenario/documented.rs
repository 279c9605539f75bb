//! The documented set of defaults: what a provider's service does where a file says nothing, a row each.
//!
//! Unless `run.defaults` is `"textbook"` each row writes its value into every table that it concerns and that does not
//! say it itself, before anything else reads the file. So a default is one value with one meaning: the same text in
//! the file does the same. Under `"textbook"` nothing is written, and what the file does not say does not exist.

mod clusters;
mod conditions;
mod rows;
mod scaling;
mod writing;

use crate::cloud::instance_type::vcpus;
use crate::scenario::change;
use crate::scenario::documented::conditions::runs_on_ec2;
use crate::scenario::documented::writing::{child, put};
use crate::scenario::tree::{Tree, Value};

use clusters::CLUSTERS;
use rows::ROWS;
use scaling::SCALING;

/// What a provider's service does where a file says nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// The key, as a pattern: `*` is any name, a part with `?` is a table that is made where it is missing, `[]` every
    /// entry of a list.
    pub place: &'static str,
    /// Its value, as TOML writes it.
    pub value: &'static str,
    /// How it is known.
    pub mark: Mark,
    /// From where.
    pub source: &'static str,
    /// Only in a topology's tables of which this holds: the topology's table, and the one that gets the value.
    pub only: Option<fn(&Tree, &Tree) -> bool>,
}

/// How a default is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// The provider says it.
    Documented,
    /// Somebody measured it and published what they found.
    Measured,
    /// Nobody says it; a sensible figure that a setting can change.
    Assumed,
}

impl Mark {
    /// The word that `explain` shows.
    pub fn word(self) -> &'static str {
        match self {
            Mark::Documented => "documented",
            Mark::Measured => "measured",
            Mark::Assumed => "assumed",
        }
    }
}

/// A default that follows from what else its table says.
pub(crate) struct Following {
    /// What `explain` shows of it: in the place of the value stands how it follows.
    pub row: Row,
    /// The value, as TOML writes it, from the table that gets it; `None` where nothing follows.
    value: fn(&Tree) -> Option<String>,
}

/// All of these, written after the rows.
pub(crate) const FOLLOWING: &[Following] = &[Following {
    row: Row {
        place: "topology.*.pool.*.slots",
        value: "the vCPUs of its EC2 type",
        mark: Mark::Assumed,
        source: "that a worker serves one request for each vCPU; how many a type has, Amazon EC2 instance types guide",
        only: Some(runs_on_ec2),
    },
    value: |pool| {
        let ec2 = pool.get("platform")?.get("ec2")?;
        let Value::Text(instance) = &ec2.get("type")?.value else { return None };
        vcpus(instance).map(|number| number.to_string())
    },
}];

/// Writes what a file does not say.
pub(crate) fn fill(tree: &mut Tree) {
    for row in ROWS.iter().chain(SCALING).chain(CLUSTERS) {
        let value = change::value(row.value);
        write(tree, row, &|_| Some(value.clone()));
    }
    for Following { row, value } in FOLLOWING {
        write(tree, row, &|table| value(table).map(|text| change::value(&text)));
    }
}

/// Writes what a row gives for a table, into each that it concerns.
fn write(tree: &mut Tree, row: &Row, value: &dyn Fn(&Tree) -> Option<Tree>) {
    let parts: Vec<&str> = row.place.split('.').collect();
    match (row.only, parts.split_first()) {
        (None, _) => put(tree, &parts, value),
        (Some(only), Some((&"topology", rest))) => {
            let Some(Value::Table(topologies)) = child(tree, "topology").map(|tree| &mut tree.value) else { return };
            for entry in topologies.values_mut() {
                let whole = entry.tree.clone();
                put(&mut entry.tree, &rest[1..], &|table| only(&whole, table).then(|| value(table)).flatten());
            }
        }
        (Some(_), _) => debug_assert!(false, "only a topology's tables can be told apart: {}", row.place),
    }
}

/// Whether a file has these defaults: it has, unless it says otherwise.
pub(crate) fn holds_for(tree: &Tree) -> bool {
    let run = tree.get("run").and_then(|run| run.get("defaults"));
    !matches!(run.map(|tree| &tree.value), Some(Value::Text(word)) if word == "textbook")
}

/// Every row.
fn rows() -> impl Iterator<Item = &'static Row> {
    ROWS.iter().chain(SCALING).chain(CLUSTERS).chain(FOLLOWING.iter().map(|following| &following.row))
}

/// The row of a place of the grammar, in which any name stands as `NAME` and lists leave no trace.
pub(crate) fn row_of(place: &str) -> impl Iterator<Item = &'static Row> {
    let plain = |row: &Row| row.place.replace('*', "NAME").replace(".[]", "").replace('?', "");
    let place = place.to_owned();
    rows().filter(move |row| plain(row) == place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::place::Place;
    use crate::scenario::source::Source;
    use crate::scenario::tree;
    use crate::scenario::words::words;

    fn filled(text: &str) -> Tree {
        let mut tree = tree::parse(&Source::new("x.toml", text)).expect("it is TOML");
        fill(&mut tree);
        tree
    }

    fn text(tree: &Tree, place: &[&str]) -> Option<Value> {
        tree.at(&Place::of(place)).map(|tree| tree.value.clone())
    }

    #[test]
    fn what_is_said_stays_and_what_is_not_is_filled_in() {
        let tree = filled(
            "[topology.t]\nqueue.a.to = \"p\"\nqueue.b = { to = \"p\", visibility-timeout = \"5min\" }\n\
             pool.p.scaling.asg.max = 3\npool.q.steps = []",
        );
        let queue = |name| text(&tree, &["topology", "t", "queue", name, "visibility-timeout"]);
        assert_eq!(queue("a"), Some(Value::Text("30s".to_owned())));
        assert_eq!(queue("b"), Some(Value::Text("5min".to_owned())));
        let cooldown = text(&tree, &["topology", "t", "pool", "p", "scaling", "asg", "cooldown"]);
        assert_eq!(cooldown, Some(Value::Text("300s".to_owned())));
        // No scaling is made up where there is none.
        assert_eq!(text(&tree, &["topology", "t", "pool", "q", "scaling"]), None);
    }

    /// `m5.large` has two vCPUs, `c5.xlarge` four; nobody's own machine has a type.
    #[test]
    fn a_worker_has_a_slot_for_each_vcpu() {
        let tree = filled(
            "[topology.t]\npool.a = { platform = { ec2 = { type = \"m5.large\" } } }\n\
             pool.b = { slots = 1, platform = { ec2 = { type = \"c5.xlarge\" } } }\n\
             pool.c = { platform = { ec2 = { type = \"c5.xlarge\" } } }\n\
             pool.d = { platform = { machine = { price = \"$1/h\" } } }",
        );
        let slots = |name| text(&tree, &["topology", "t", "pool", name, "slots"]);
        for (name, number) in [("a", 2), ("b", 1), ("c", 4)] {
            assert_eq!(slots(name), Some(Value::Integer(number)), "{name}");
        }
        assert_eq!(slots("d"), None);
    }

    /// A row whose key the grammar does not have would be refused in every file, and one without its word would not be
    /// explained.
    #[test]
    fn every_row_is_of_a_key_that_the_grammar_has() {
        let words = words();
        for row in rows() {
            let named = |word: &&crate::scenario::Word| row_of(&word.place).any(|other| other.place == row.place);
            assert!(words.iter().find(named).is_some_and(|word| word.documented.is_some()), "{}", row.place);
            assert!(!row.source.is_empty() || row.mark == Mark::Assumed, "{}", row.place);
        }
    }
}
