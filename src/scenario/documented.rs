//! The documented set of defaults: what a provider's service does where a file says nothing, a row each.
//!
//! Unless `run.defaults` is `"textbook"` each row writes its value into every table that it concerns and that does not
//! say it itself, before anything else reads the file. So a default is one value with one meaning: the same text in
//! the file does the same. Under `"textbook"` nothing is written, and what the file does not say does not exist.

mod assumed;
mod buses;
mod clusters;
mod conditions;
mod ecs;
mod fargate;
mod functions;
mod kubernetes;
mod mappings;
mod ranges;
mod rows;
mod scaling;
mod writing;

use crate::cloud::instance_type::vcpus;
use crate::scenario::change;
use crate::scenario::documented::conditions::runs_on_ec2;
use crate::scenario::documented::writing::{put, tables};
use crate::scenario::tree::{Tree, Value};

pub(crate) use assumed::{Assumed, fill as fill_noting};
pub(crate) use ranges::{Ends, RANGES, range_of, why_without};

use buses::BUSES;
use clusters::CLUSTERS;
use ecs::{ECS, ECS_FOLLOWING};
use fargate::{FARGATE, FARGATE_FOLLOWING};
use functions::{FUNCTIONS, FUNCTIONS_FOLLOWING};
use kubernetes::{KUBERNETES, KUBERNETES_FOLLOWING};
use mappings::MAPPINGS;
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
    /// The value, as TOML writes it, from the node in whose table it is; `None` where nothing follows.
    value: fn(&Tree) -> Option<String>,
}

/// What follows for nodes of any kind, written after the rows.
const FOLLOWING: &[Following] = &[Following {
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
    for row in plain_rows() {
        let value = change::value(row.value);
        write(tree, row, &value);
    }
    for Following { row, value } in following() {
        follow(tree, row, *value);
    }
}

/// Writes a row's value into each table that it concerns.
fn write(tree: &mut Tree, row: &Row, value: &Tree) {
    let parts: Vec<&str> = row.place.split('.').collect();
    match (row.only, parts.split_first()) {
        (None, _) => put(tree, &parts, &|_| Some(value.clone())),
        (Some(only), Some((&"topology", rest))) => {
            for topology in tables(tree, "topology") {
                let whole = topology.clone();
                put(topology, &rest[1..], &|table| only(&whole, table).then(|| value.clone()));
            }
        }
        (Some(_), _) => debug_assert!(false, "only a topology's tables can be told apart: {}", row.place),
    }
}

/// Writes what follows for a node into its table, or one below it.
fn follow(tree: &mut Tree, row: &Row, value: fn(&Tree) -> Option<String>) {
    let mut parts = row.place.split('.');
    let (Some("topology"), Some("*"), Some(kind), Some("*")) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        debug_assert!(false, "only for nodes something follows: {}", row.place);
        return;
    };
    let rest: Vec<&str> = parts.collect();
    for topology in tables(tree, "topology") {
        let whole = topology.clone();
        for node in tables(topology, kind) {
            if row.only.is_none_or(|only| only(&whole, node)) {
                let value = value(node).map(|text| change::value(&text));
                put(node, &rest, &|_| value.clone());
            }
        }
    }
}

/// Whether a file has these defaults: it has, unless it says otherwise.
pub(crate) fn holds_for(tree: &Tree) -> bool {
    let run = tree.get("run").and_then(|run| run.get("defaults"));
    !matches!(run.map(|tree| &tree.value), Some(Value::Text(word)) if word == "textbook")
}

/// Every row with a value of its own.
fn plain_rows() -> impl Iterator<Item = &'static Row> {
    let of_functions = FUNCTIONS.iter().chain(MAPPINGS);
    let of_pools = ROWS.iter().chain(SCALING).chain(CLUSTERS).chain(KUBERNETES);
    of_pools.chain(of_functions).chain(FARGATE).chain(ECS).chain(BUSES)
}

/// Every row.
pub(crate) fn rows() -> impl Iterator<Item = &'static Row> {
    plain_rows().chain(following().map(|following| &following.row))
}

/// Everything that follows from something else.
fn following() -> impl Iterator<Item = &'static Following> {
    FOLLOWING
        .iter()
        .chain(KUBERNETES_FOLLOWING)
        .chain(FUNCTIONS_FOLLOWING)
        .chain(FARGATE_FOLLOWING)
        .chain(ECS_FOLLOWING)
}

/// Whether a row holds under `"textbook"`, too: the controllers of Kubernetes have their defaults wherever they run, and
/// mappings are the provider's.
pub(crate) fn holds_always(row: &Row) -> bool {
    let pods = KUBERNETES.iter().chain(KUBERNETES_FOLLOWING.iter().map(|following| &following.row));
    let always = pods.chain(MAPPINGS);
    always.into_iter().any(|other| other.place == row.place)
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

    /// A default of a controller of Kubernetes without a row would have no mark; one that differs from the schema's would
    /// change what holds.
    #[test]
    fn every_default_of_a_controller_of_pods_has_a_row_of_the_same_value() {
        let mut held = 0;
        for word in words() {
            let of = |kind: &&str| word.place.starts_with(&format!("topology.NAME.pool.NAME.scaling.{kind}."));
            if !["hpa", "keda", "keda-jobs", "kpa"].iter().any(of) {
                continue;
            }
            let Some(default) = word.default else { continue };
            let values: Vec<&str> = row_of(&word.place).map(|row| row.value).collect();
            assert_eq!(values, [default], "{}", word.place);
            held += 1;
        }
        assert!(held > 45, "only {held} defaults were held");
    }

    /// Both sides of where the tenth is rounded up, and of one second.
    #[test]
    fn what_follows_is_written_where_it_is_not_said() {
        let panic = |window: &str| {
            let tree = filled(&format!("[topology.t.pool.p.scaling.kpa]\nwindow = \"{window}\""));
            text(&tree, &["topology", "t", "pool", "p", "scaling", "kpa", "panic", "window"])
        };
        for (stable, window) in
            [("60s", "6s"), ("64s", "6s"), ("65s", "7s"), ("14s", "1s"), ("15s", "2s"), ("6s", "1s")]
        {
            assert_eq!(panic(stable), Some(Value::Text(window.to_owned())), "{stable}");
        }
        assert_eq!(panic("soon"), None);
        let held = "{ stabilisation = \"200s\", behavior = { up = { window = \"5s\" } } }";
        let tree = filled(&format!("topology.t.pool.p.scaling.keda.hpa = {held}"));
        let window = |way| {
            let place = ["topology", "t", "pool", "p", "scaling", "keda", "hpa", "behavior", way, "window"];
            text(&tree, &place)
        };
        assert_eq!(window("up"), Some(Value::Text("5s".to_owned())));
        assert_eq!(window("down"), Some(Value::Text("200s".to_owned())));
    }
}
