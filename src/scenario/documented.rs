//! The documented set of defaults: what a provider's service does where a file says nothing, a row each.
//!
//! Unless `run.defaults` is `"textbook"` each row writes its value into every table that it concerns and that does not
//! say it itself, before anything else reads the file. So a default is one value with one meaning: the same text in
//! the file does the same. Under `"textbook"` nothing is written, and what the file does not say does not exist.

use crate::cloud::credits::Credits;
use crate::cloud::instance_type::vcpus;
use crate::scenario::change;
use crate::scenario::tree::{Entry, Table, Tree, Value};

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

/// All rows, in the order of the grammar.
pub(crate) const ROWS: &[Row] = &[
    Row {
        place: "topology.*.zones",
        value: "[\"a\", \"b\"]",
        mark: Mark::Assumed,
        source: "a load balancer needs two, and a group is spread over as many as its subnets are in",
        only: None,
    },
    Row {
        place: "topology.*.metrics?.period",
        value: "\"60s\"",
        mark: Mark::Documented,
        source: "Amazon CloudWatch user guide and Amazon SQS developer guide, metrics every minute",
        only: None,
    },
    Row {
        place: "topology.*.metrics?.delay",
        value: "{ uniform = { low = \"0s\", high = \"60s\" } }",
        mark: Mark::Assumed,
        source: "",
        only: None,
    },
    Row {
        place: "topology.*.metrics?.noise",
        value: "\"1%\"",
        mark: Mark::Assumed,
        source: "counts of standard queues are approximate: Amazon SQS developer guide",
        only: None,
    },
    Row {
        place: "topology.*.metrics?.idle-wake",
        value: "\"15min\"",
        mark: Mark::Documented,
        source: "Amazon SQS developer guide, Available CloudWatch metrics",
        only: None,
    },
    Row {
        place: "topology.*.queue.*.visibility-timeout",
        value: "\"30s\"",
        mark: Mark::Documented,
        source: "Amazon SQS API reference, SetQueueAttributes",
        only: None,
    },
    Row {
        place: "topology.*.queue.*.returned",
        value: "\"by-receives\"",
        mark: Mark::Documented,
        source: "Amazon SQS developer guide, CloudWatch metrics: ApproximateAgeOfOldestMessage",
        only: Some(is_standard),
    },
    Row {
        place: "topology.*.queue.*.stale-delete",
        value: "\"in-time\"",
        mark: Mark::Documented,
        source: "Amazon SQS API reference, DeleteMessage: on a FIFO queue it fails once the visibility has run out",
        only: Some(is_fifo),
    },
    Row {
        place: "topology.*.pool.*.poll?.wait",
        value: "\"20s\"",
        mark: Mark::Documented,
        source: "Amazon SQS developer guide, long polling: the longest wait, which it recommends",
        only: None,
    },
    Row {
        place: "topology.*.pool.*.platform.ec2.credits",
        value: "\"unlimited\"",
        mark: Mark::Documented,
        source: "Amazon EC2 user guide, Unlimited mode: T3, T3a and T4g start so",
        only: Some(owes_credits),
    },
    Row {
        place: "topology.*.pool.*.platform.ec2.credits",
        value: "\"standard\"",
        mark: Mark::Documented,
        source: "the same guide, of T2",
        only: Some(has_credits),
    },
    Row {
        place: "topology.*.pool.*.pending",
        value: "{ uniform = { low = \"4s\", high = \"8s\" } }",
        mark: Mark::Measured,
        source: "C. Percival, EC2 boot times, 2021: 1.5 s for the call and 4.9 s to running",
        only: Some(runs_on_ec2),
    },
    Row {
        place: "topology.*.pool.*.boot",
        value: "{ lognormal = { p50 = \"20s\", p95 = \"45s\" } }",
        mark: Mark::Assumed,
        source: "after the same: 17.2 s to the kernel's network and 5.6 s to an open port; images differ widely",
        only: Some(runs_on_ec2),
    },
    Row {
        place: "topology.*.pool.*.scale-in?.termination-policy",
        value: "\"default\"",
        mark: Mark::Documented,
        source: "EC2 Auto Scaling user guide, Control which instances terminate: zone, then the default policy",
        only: None,
    },
    Row {
        place: "topology.*.balancer.*.idle-timeout",
        value: "\"60s\"",
        mark: Mark::Documented,
        source: "Elastic Load Balancing, Application Load Balancers: connection idle timeout",
        only: None,
    },
    Row {
        place: "topology.*.balancer.*.deregistration-delay",
        value: "\"300s\"",
        mark: Mark::Documented,
        source: "Elastic Load Balancing, Target groups for your Application Load Balancers: deregistration delay",
        only: None,
    },
    Row {
        place: "topology.*.pool.*.scaling.asg.cooldown",
        value: "\"300s\"",
        mark: Mark::Documented,
        source: "EC2 Auto Scaling user guide, Scaling cooldowns",
        only: None,
    },
    Row {
        place: "topology.*.pool.*.scaling.asg.cooldown-from",
        value: "\"drain-start\"",
        mark: Mark::Documented,
        source: "EC2 Auto Scaling user guide, Scaling cooldowns",
        only: None,
    },
    Row {
        place: "topology.*.pool.*.scaling.asg.lag",
        value: "{ uniform = { low = \"1s\", high = \"20s\" } }",
        mark: Mark::Measured,
        source: "16 launches and terminations in 14 published activity histories, 2009 to 2026: 1 to 22 s, median 9.5 s",
        only: None,
    },
    Row {
        place: "topology.*.pool.*.scaling.asg.health-check",
        value: "{ sees = \"machines\", patience = \"3min\" }",
        mark: Mark::Documented,
        source: "EC2 Auto Scaling user guide, Health checks: status checks always, with a few minutes of patience, others \
                 only if they are switched on",
        only: None,
    },
    Row {
        place: "topology.*.pool.*.scaling.asg.zone-rebalance",
        value: "true",
        mark: Mark::Documented,
        source: "EC2 Auto Scaling user guide, Rebalancing activities",
        only: None,
    },
    Row {
        place: "topology.*.pool.*.scaling.asg.hooks.launching.heartbeat-timeout",
        value: "\"1h\"",
        mark: Mark::Documented,
        source: "EC2 Auto Scaling user guide, Amazon EC2 Auto Scaling lifecycle hooks",
        only: None,
    },
    Row {
        place: "topology.*.pool.*.scaling.asg.hooks.terminating.heartbeat-timeout",
        value: "\"1h\"",
        mark: Mark::Documented,
        source: "EC2 Auto Scaling user guide, Amazon EC2 Auto Scaling lifecycle hooks",
        only: None,
    },
    Row {
        place: "topology.*.pool.*.scaling.asg.policies.[].target-tracking.high?.points",
        value: "3",
        mark: Mark::Measured,
        source: "alarms that Auto Scaling made, as published; the period is documented",
        only: None,
    },
    Row {
        place: "topology.*.pool.*.scaling.asg.policies.[].target-tracking.low?.points",
        value: "15",
        mark: Mark::Measured,
        source: "alarms that Auto Scaling made, as published",
        only: None,
    },
    Row {
        place: "topology.*.pool.*.scaling.asg.policies.[].target-tracking.low?.factor",
        value: "\"by-capacity\"",
        mark: Mark::Measured,
        source: "thresholds of alarms that Auto Scaling made, as published; the rule between them is assumed",
        only: None,
    },
    Row {
        place: "topology.*.pool.*.scaling.asg.policies.[].step.statistic",
        value: "\"average\"",
        mark: Mark::Documented,
        source: "EC2 Auto Scaling API reference, PutScalingPolicy, MetricAggregationType",
        only: None,
    },
    Row {
        place: "topology.*.pool.*.scaling.asg.policies.[].predictive.history",
        value: "\"14d\"",
        mark: Mark::Documented,
        source: "EC2 Auto Scaling user guide, How predictive scaling works",
        only: None,
    },
    Row {
        place: "topology.*.pool.*.scaling.asg.policies.[].predictive.buffer",
        value: "\"300s\"",
        mark: Mark::Documented,
        source: "EC2 Auto Scaling API reference, PredictiveScalingConfiguration, SchedulingBufferTime",
        only: None,
    },
    Row {
        place: "topology.*.pool.*.scaling.asg.policies.[].predictive.quantile",
        value: "\"90%\"",
        mark: Mark::Assumed,
        source: "how the service forecasts is not published",
        only: None,
    },
    Row {
        place: "topology.*.pool.*.scaling.asg.policies.[].scheduled.late",
        value: "{ exponential = \"5s\" }",
        mark: Mark::Assumed,
        source: "seconds as a rule and two minutes at the worst: EC2 Auto Scaling user guide, Scheduled scaling",
        only: None,
    },
    Row {
        place: "topology.*.pool.*.scaling.ecs-service.policies.[].target-tracking.high?.points",
        value: "3",
        mark: Mark::Measured,
        source: "alarms that Application Auto Scaling made, as published",
        only: None,
    },
    Row {
        place: "topology.*.pool.*.scaling.ecs-service.policies.[].target-tracking.low?.points",
        value: "15",
        mark: Mark::Measured,
        source: "alarms that Application Auto Scaling made, as published",
        only: None,
    },
    Row {
        place: "topology.*.pool.*.scaling.ecs-service.policies.[].target-tracking.low?.factor",
        value: "\"90%\"",
        mark: Mark::Measured,
        source: "thresholds of alarms that Application Auto Scaling made, as published",
        only: None,
    },
    Row {
        place: "topology.*.pool.*.scaling.ecs-service.policies.[].step.statistic",
        value: "\"average\"",
        mark: Mark::Documented,
        source: "Application Auto Scaling API reference, StepScalingPolicyConfiguration, MetricAggregationType",
        only: None,
    },
    Row {
        place: "topology.*.pool.*.scaling.ecs-service.policies.[].scheduled.late",
        value: "{ exponential = \"5s\" }",
        mark: Mark::Assumed,
        source: "as of Auto Scaling groups: within seconds as a rule, and two minutes late at the worst",
        only: None,
    },
];

/// A default that follows from what else its table says.
pub(crate) struct Following {
    /// What `explain` shows of it: in the place of the value stands how it follows.
    pub row: Row,
    /// The value, as TOML writes it, from the table that gets it; `None` where nothing follows.
    value: fn(&Tree) -> Option<String>,
}

/// All of these, written after [`ROWS`].
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

fn is_fifo(_topology: &Tree, queue: &Tree) -> bool {
    matches!(queue.get("fifo").map(|tree| &tree.value), Some(Value::Bool(true)))
}

fn is_standard(topology: &Tree, queue: &Tree) -> bool {
    !is_fifo(topology, queue)
}

fn has_credits(_topology: &Tree, ec2: &Tree) -> bool {
    let named = |name: &str| Credits::of(name, false).is_some();
    matches!(ec2.get("type").map(|tree| &tree.value), Some(Value::Text(name)) if named(name))
}

fn owes_credits(topology: &Tree, ec2: &Tree) -> bool {
    let of_t2 = |name: &str| name.starts_with("t2.");
    has_credits(topology, ec2)
        && !matches!(ec2.get("type").map(|tree| &tree.value), Some(Value::Text(name)) if of_t2(name))
}

fn runs_on_ec2(_topology: &Tree, pool: &Tree) -> bool {
    pool.get("platform").is_some_and(|platform| platform.get("ec2").is_some())
}

/// Writes what a file does not say.
pub(crate) fn fill(tree: &mut Tree) {
    for row in ROWS {
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

fn child<'t>(tree: &'t mut Tree, name: &str) -> Option<&'t mut Tree> {
    match &mut tree.value {
        Value::Table(table) => table.get_mut(name).map(|entry| &mut entry.tree),
        _ => None,
    }
}

/// Puts a table's value at the end of the parts, everywhere that they lead to and where nothing stands yet.
fn put(here: &mut Tree, parts: &[&str], value: &dyn Fn(&Tree) -> Option<Tree>) {
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

/// Whether a file has these defaults: it has, unless it says otherwise.
pub(crate) fn holds_for(tree: &Tree) -> bool {
    let run = tree.get("run").and_then(|run| run.get("defaults"));
    !matches!(run.map(|tree| &tree.value), Some(Value::Text(word)) if word == "textbook")
}

/// Every row.
fn rows() -> impl Iterator<Item = &'static Row> {
    ROWS.iter().chain(FOLLOWING.iter().map(|following| &following.row))
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
