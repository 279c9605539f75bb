//! Ranges are of the defaults that really hold, hold them, and can be had.

use super::{Assumption, Given, assumptions, size};
use crate::scenario::change;
use crate::scenario::documented::{Ends, Mark, RANGES, Row, range_of, rows, why_without};
use crate::scenario::read;
use crate::scenario::source::{Change, NoFiles, Source};

fn found(text: &str, changes: &[Change]) -> Vec<Assumption> {
    assumptions(&Source::new("x.toml", text), changes, &[]).expect("it can be read")
}

fn names(assumptions: &[Assumption]) -> Vec<&str> {
    assumptions.iter().map(|assumption| assumption.name.as_str()).collect()
}

const EC2: &str = r#"
run.length = "1h"
workload.a.arrivals = { poisson = { rate = "1/s" } }
work.a = "1s"
[topology.t]
pool.p = { steps = [{ work = "a" }], platform = { ec2 = { type = "m5.large" } } }
"#;

#[test]
fn every_default_that_nobody_documents_has_a_range_or_a_reason_for_none() {
    let has = |row: &&Row| range_of(row).is_some() || why_without(row).is_some();
    let wrong: Vec<&str> =
        rows().filter(|row| (row.mark == Mark::Documented) == has(row)).map(|row| row.place).collect();
    assert!(wrong.is_empty(), "documented and a range, or undocumented and none: {wrong:?}");
    for range in RANGES {
        let is = |row: &&Row| row.place == range.place && row.value == range.value;
        assert!(rows().any(|row| is(&row)), "{} {}", range.place, range.value);
        let named = RANGES.iter().filter(|other| other.name == range.name).count();
        assert_eq!(named, 1, "{}", range.name);
    }
}

/// By their means or medians. What is a mixture, or follows from something else, has none.
#[test]
fn no_default_lies_outside_of_its_range() {
    let mut without = Vec::new();
    for range in RANGES {
        let Ends::Same(low, high) = range.ends else { continue };
        let of = |text: &str| size(&change::value(text));
        let Some(default) = of(range.value) else {
            without.push(range.name);
            continue;
        };
        let ((low, unit), (high, other)) = (of(low).unwrap(), of(high).unwrap());
        assert!(unit == other && unit == default.1, "{}", range.name);
        assert!(low <= default.0 && default.0 <= high && low < high, "{}: {low} {default:?} {high}", range.name);
    }
    without.sort_unstable();
    let known = [
        "how far below its target a group shrinks",
        "how long an idle environment is kept",
        "the restore of a snapshot",
    ];
    assert_eq!(without, known);
}

#[test]
fn what_is_not_there_or_said_by_hand_is_not_assumed() {
    let all = found(EC2, &[]);
    assert!(names(&all).contains(&"the boot of an EC2 instance"), "{:?}", names(&all));
    for absent in ["how often a queue delivers twice", "how late metrics are", "the pull and start of a pod"] {
        assert!(!names(&all).contains(&absent), "{absent}");
    }
    let by_hand = EC2.replace("steps =", "boot = \"1min\", steps =");
    assert!(!names(&found(&by_hand, &[])).contains(&"the boot of an EC2 instance"));
    let set = Change { path: "topology.t.pool.p.boot".to_owned(), value: "1min".to_owned() };
    assert!(!names(&found(EC2, &[set])).contains(&"the boot of an EC2 instance"));
    assert!(found(&EC2.replace("run.length", "run.defaults = \"textbook\"\nrun.length"), &[]).is_empty());
}

#[test]
fn what_is_varied_is_the_default_that_holds() {
    let all = found(EC2, &[]);
    let boot = all.iter().find(|one| one.name == "the boot of an EC2 instance").unwrap();
    assert_eq!(boot.values[1], "p50 20s, p95 45s");
    assert_eq!((boot.sizes, boot.unit), (Some([16.0, 20.0, 120.0]), "s"));
    assert_eq!((boot.topologies.as_slice(), boot.setting.as_str()), (&["t".to_owned()][..], "pool.boot"));
    assert_eq!(boot.changes[0][0].path, "topology.t.pool.p.boot");
}

#[test]
fn a_given_range_takes_the_place_of_the_known_one() {
    let given = Given { path: "topology.t.pool.p.boot".into(), low: "1s".into(), high: "2s".into() };
    let all = assumptions(&Source::new("x.toml", EC2), &[], &[given]).unwrap();
    assert!(!names(&all).contains(&"the boot of an EC2 instance"));
    let last = all.last().unwrap();
    assert_eq!((last.mark, last.values[1].as_str()), ("given", "p50 20s, p95 45s"));
    let nowhere = Given { path: "topology.q.pool.p.boot".into(), low: "1s".into(), high: "2s".into() };
    assert!(assumptions(&Source::new("x.toml", EC2), &[], &[nowhere]).is_err());
    let refused = [Change { path: "topology.t.pool.p.boot".into(), value: "soon".into() }];
    assert!(read(&Source::new("x.toml", EC2), &NoFiles, &refused).is_err());
}

/// A name that nobody has given is a slip: a setting may be new, a name may not.
#[test]
fn work_that_is_nowhere_cannot_be_varied() {
    let given = Given { path: "work.b".into(), low: "1s".into(), high: "2s".into() };
    let complaints = assumptions(&Source::new("x.toml", EC2), &[], &[given]).unwrap_err();
    assert!(complaints[0].what.contains("no work is called `b`"), "{complaints:?}");
}
