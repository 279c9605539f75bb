//! Event patterns: tables of what matches and what is refused, each with its source, and all ways through arrays tried out.
//!
//! `patterns/*.txt` are the tables. What stands there comes from the guide of Amazon EventBridge and from the tests of the
//! engine that AWS publishes.

use queuelab::cloud::bus::json::{self, Objection};
use queuelab::cloud::bus::pattern::{Mismatch, Pattern};
use serde_json::{Value, json};

use crate::tidy::{file, files};

fn read(text: &str) -> (Pattern, Vec<Objection>) {
    Pattern::read(text).unwrap_or_else(|faults| panic!("{text}: {faults:?}"))
}

fn event(text: &str) -> Value {
    json::event(text).unwrap_or_else(|fault| panic!("{text}: {fault}")).0
}

fn explain(pattern: &str, text: &str) -> Mismatch {
    read(pattern).0.explain(&event(text)).expect("it does not match")
}

#[test]
fn patterns_match_what_their_sources_say() {
    let (mut count, mut wrong) = (0, Vec::new());
    for table in files("tests/it/patterns", &["txt"]) {
        let mut pattern = None;
        for line in table.text.lines() {
            if let Some(text) = line.strip_prefix("pattern ") {
                let (whole, _) = read(text);
                // The same pattern without its text: but of two objects at one key only the last is left.
                let bare: Value = serde_json::from_str(text).expect("it is JSON");
                let is_same = text.matches("\"detail\": {").count() < 2;
                let again = Pattern::of(&bare).ok().filter(|_| is_same).map(|(again, _)| again);
                pattern = Some((text.to_owned(), whole, again));
            }
            let Some((sign, text)) = line.split_once(' ').filter(|(sign, _)| ["+", "-"].contains(sign)) else {
                continue;
            };
            let (name, pattern, again) = pattern.as_ref().expect("a pattern comes first");
            let event = event(text);
            count += 1;
            let right = pattern.matches(&event) == (sign == "+")
                && again.as_ref().is_none_or(|again| again.matches(&event) == (sign == "+"))
                && pattern.explain(&event).is_none() == (sign == "+");
            if !right {
                wrong.push(format!("{}: {name}\n  {line}", table.path));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
    assert!(count > 280, "{count} cases");
}

#[test]
fn patterns_that_are_not_valid_are_refused_at_their_places() {
    let (mut count, mut wrong) = (0, Vec::new());
    for line in file("tests/it/patterns/invalid.txt").text.lines().filter_map(|line| line.strip_prefix("invalid ")) {
        let (text, places) = line.rsplit_once(" @").expect("places are named");
        count += 1;
        match Pattern::read(text) {
            Ok(_) => wrong.push(format!("{text} is taken")),
            Err(faults) => {
                let found: Vec<&str> =
                    faults.iter().map(|fault| fault.at.as_str()).filter(|at| !at.is_empty()).collect();
                if found != places.split_whitespace().collect::<Vec<_>>() {
                    wrong.push(format!("{text} is refused at {found:?}"));
                }
                let told = faults.iter().all(|fault| fault.span.is_some() && !fault.what.is_empty());
                if !told {
                    wrong.push(format!("{text} is refused without a place in the text: {faults:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
    assert!(count > 110, "{count} cases");
}

/// Guide, "Or matching": the lengths of all `$or` are multiplied, and up to 1,000 combinations are taken.
#[test]
fn a_thousand_combinations_are_taken_and_no_more() {
    let or = |name: &str, count: usize| {
        let members: Vec<Value> = (0..count).map(|number| json!({name: [number]})).collect();
        json!({"$or": members})
    };
    let product = |one: usize, other: usize| json!({"a": or("x", one), "b": or("y", other)});
    assert_eq!(Pattern::of(&product(25, 40)).unwrap().0.combinations(), 1_000);
    let faults = Pattern::of(&product(27, 38)).unwrap_err();
    assert!(faults[0].what.contains("more than 1000 combinations"), "{faults:?}");
    // Nested ones count the same, though they make fewer ways.
    let mut nested = or("x", 40);
    nested["$or"][0] = or("y", 26);
    assert!(Pattern::of(&nested).is_err());
    let faults = Pattern::of(&product(80, 80)).unwrap_err();
    assert!(faults.iter().any(|fault| fault.what.contains("combinations")), "{faults:?}");
}

/// Quotas: 2,048 characters; API reference, PutRule: 4,096.
#[test]
fn a_long_pattern_is_warned_of_and_a_longer_one_is_refused() {
    let of = |length: usize| format!("{{\"a\":[\"{}\"]}}", "x".repeat(length - 10));
    assert!(read(&of(2_048)).1.is_empty());
    for (text, what) in [(of(2_049), "has 2049 characters"), (of(4_096), "has 4096 characters")] {
        let (_, notes) = read(&text);
        assert!(notes[0].what.contains(what) && notes[0].advice.as_ref().unwrap().contains("2048"), "{notes:?}");
    }
    let faults = Pattern::read(&of(4_097)).unwrap_err();
    assert!(faults[0].what.contains("has 4097 characters"), "{faults:?}");
    // Blanks can be left out, and so they are warned of at the most.
    let (_, notes) = read(&of(100).replace("[\"", &format!("[{}\"", " ".repeat(5_000))));
    assert!(notes[0].what.contains("5100 characters, 100 without blanks"), "{notes:?}");
}

#[test]
fn what_is_legal_and_surely_not_meant_is_told() {
    for (text, at, what) in [
        (r#"{"a": ["x"], "a": ["y"]}"#, "a", "once more"),
        (r#"{"a": ["x"], "$or": [{"a": ["y"]}, {"b": ["z"]}]}"#, "a", "once more"),
        (r#"{"$or": [{"prefix": "x"}]}"#, "$or", "name of a field"),
        (r#"{"a": [{"numeric": [">", 6e9]}]}"#, "a[0].numeric[1]", "beyond the numbers"),
        (r#"{"a": [{"anything-but": [-6e9]}]}"#, "a[0].anything-but[0]", "beyond the numbers"),
        (r#"{"a": [{"exactly": "x"}]}"#, "a[0].exactly", "no more than the text itself"),
    ] {
        let (_, notes) = read(text);
        assert!(notes.len() == 1 && notes[0].at == at && notes[0].what.contains(what), "{text}: {notes:?}");
    }
    assert!(read(r#"{"a": [{"numeric": [">", -5e9, "<=", 5e9]}], "b": ["x", "x"]}"#).1.is_empty());
}

/// GenericMachine: a rule has at most 256 fields.
#[test]
fn more_fields_than_a_rule_may_have_are_refused() {
    let of = |count: usize| {
        let fields: serde_json::Map<String, Value> =
            (0..count).map(|number| (format!("{number}"), json!([1]))).collect();
        Pattern::of(&Value::Object(fields))
    };
    assert!(of(256).is_ok());
    assert!(of(257).unwrap_err()[0].what.contains("257 fields"));
}

#[test]
fn a_mismatch_says_what_was_there_what_was_wanted_and_what_may_be_the_slip() {
    for (pattern, event, lines) in [
        (
            r#"{"d": {"state": ["running", "on"]}}"#,
            r#"{"d": {"state": "off"}}"#,
            "  d.state: \"off\"; wanted: \"running\" or \"on\"",
        ),
        (r#"{"d": {"n": [1]}}"#, r#"{"d": {}}"#, "  d.n: there is no `n` in `d`; wanted: 1"),
        (
            r#"{"n": [1]}"#,
            r#"{"N": 1}"#,
            "  n: there is no `n`; wanted: 1 (there is `N`: names are compared letter by letter)",
        ),
        (r#"{"d": {"n": [1]}}"#, r#"{"d": "x"}"#, "  d.n: `d` is \"x\", and no object; wanted: 1"),
        (r#"{"d": [1]}"#, r#"{"d": {}}"#, "  d: it is an object, which has no value of its own; wanted: 1"),
        (r#"{"d": [1]}"#, r#"{"d": []}"#, "  d: it is an empty array; wanted: 1"),
        (r#"{"d": {"n": [1]}}"#, r#"{"d": [{"m": 1}]}"#, "  d.n: no element of `d` has it; wanted: 1"),
        (
            r#"{"n": [5]}"#,
            r#"{"n": "5"}"#,
            "  n: \"5\"; wanted: 5 (the event has the text \"5\", and the pattern wants 5 without quotes)",
        ),
        (
            r#"{"n": ["5"]}"#,
            r#"{"n": 5}"#,
            "  n: 5; wanted: \"5\" (the pattern wants the text \"5\", and 5 is no text)",
        ),
        (
            r#"{"s": ["On"]}"#,
            r#"{"s": ["on", "off"]}"#,
            "  s: \"on\", \"off\"; wanted: \"On\" (only upper and lower case differ: `equals-ignore-case` would take it)",
        ),
        (
            r#"{"n": [{"numeric": [">", 0, "<=", 5]}]}"#,
            r#"{"n": "3"}"#,
            "  n: \"3\"; wanted: a number > 0 and <= 5 (\"3\" is text, and `numeric` takes numbers alone)",
        ),
        (
            r#"{"n": [{"anything-but": {"prefix": ["a", "b"]}}]}"#,
            r#"{"n": "bc"}"#,
            "  n: \"bc\"; wanted: anything but text that begins with \"a\" or text that begins with \"b\"",
        ),
        (r#"{"n": [{"exists": false}]}"#, r#"{"n": 1}"#, "  n: 1; wanted: no such field"),
        (
            r#"{"a": [1], "b": [{"wildcard": "x*"}, {"cidr": "10.0.0.0/8"}]}"#,
            r#"{"a": 2, "b": "y"}"#,
            "  a: 2; wanted: 1\n  b: \"y\"; wanted: text like \"x*\" or an address in 10.0.0.0/8",
        ),
    ] {
        assert_eq!(explain(pattern, event).to_string(), lines);
    }
}

#[test]
fn of_combinations_the_nearest_is_told_and_of_arrays_that_no_element_meets_all() {
    let or = r#"{"s": [1], "$or": [{"a": [1], "b": [1]}, {"c": [1]}]}"#;
    let both = "  s: 2; wanted: 1\n  and one of these by `$or`:\n    - c: 2; wanted: 1\n    - a: there is no `a`; wanted: 1\n      \
                b: there is no `b`; wanted: 1";
    assert_eq!(explain(or, r#"{"s": 2, "c": 2}"#).to_string(), both);
    assert_eq!(explain(or, r#"{"s": 2, "c": 1}"#).to_string(), "  s: 2; wanted: 1");
    let four = r#"{"$or": [{"a": [1]}, {"b": [1]}, {"c": [1]}, {"d": [1]}]}"#;
    let told = explain(four, "{}").to_string();
    assert!(
        told.starts_with("  one of these by `$or`, the nearest 3 of 4:\n    - a: there is no `a`; wanted: 1\n"),
        "{told}"
    );
    let torn =
        explain(r#"{"d": {"a": [1], "b": [1]}, "e": {"f": [1]}}"#, r#"{"d": [{"a": 1}, {"b": 1}], "e": [{"f": 1}]}"#);
    assert_eq!(torn.torn, ["d.a", "d.b"]);
    assert!(torn.to_string().ends_with("d.a, d.b: each is met, but not together by one element of an array"));
}

/// Draws numbers below a bound.
struct Draws(u64);

impl Draws {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn key(&mut self) -> &'static str {
        ["a", "b", "c", "a.b"][self.below(4) as usize]
    }

    fn value(&mut self, depth: u64) -> Value {
        match if depth == 0 { 0 } else { self.below(5) } {
            0 => json!(self.below(2)),
            1 | 2 => (0..self.below(4)).map(|_| self.value(depth - 1)).collect(),
            _ => self.object(depth - 1),
        }
    }

    fn object(&mut self, depth: u64) -> Value {
        let entries = (0..=self.below(3)).map(|_| (self.key().to_owned(), self.value(depth)));
        Value::Object(entries.collect())
    }

    fn pattern(&mut self, depth: u64) -> Value {
        let mut map = serde_json::Map::new();
        for _ in 0..=self.below(2) {
            let leaf = match self.below(5) {
                0 => json!([{"exists": false}]),
                1 => json!([{"exists": false}, 1]),
                2 => json!([{"anything-but": 1}]),
                _ => json!([1]),
            };
            let value = if depth > 0 && self.below(2) > 0 { self.pattern(depth - 1) } else { leaf };
            map.insert(self.key().to_owned(), value);
        }
        Value::Object(map)
    }
}

/// Where a value lies: each array by the path of positions that leads to it, with the index in it.
type Membership = Vec<(String, usize)>;

/// Every value by its path, as the sheet of facts and the engine flatten an event.
fn flatten(value: &Value, path: &str, at: &str, within: &Membership, found: &mut Vec<(String, Value, Membership)>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                flatten(inner, &path, &format!("{at}/{key}"), within, found);
            }
        }
        Value::Array(list) => {
            for (index, item) in list.iter().enumerate() {
                let mut inside = within.clone();
                if item.is_object() || item.is_array() {
                    inside.push((at.to_owned(), index));
                }
                flatten(item, path, &format!("{at}/{index}"), &inside, found);
            }
        }
        other => found.push((path.to_owned(), other.clone(), within.clone())),
    }
}

fn agree(one: &Membership, other: &Membership) -> bool {
    one.iter().all(|(array, index)| other.iter().all(|(own, at)| own != array || at == index))
}

/// Tries every choice of values for the fields, in the order of their paths.
fn try_all(fields: &[(String, Value)], chosen: &Membership, flat: &[(String, Value, Membership)]) -> bool {
    let Some(((path, leaf), rest)) = fields.split_first() else { return true };
    let there: Vec<_> = flat.iter().filter(|(own, _, within)| own == path && agree(chosen, within)).collect();
    let wants = |what: &Value| leaf.as_array().unwrap().contains(what);
    if there.is_empty() && wants(&json!({"exists": false})) && try_all(rest, chosen, flat) {
        return true;
    }
    there.iter().any(|(_, value, within)| {
        let is_wanted =
            (wants(&json!(1)) && *value == json!(1)) || (wants(&json!({"anything-but": 1})) && *value != json!(1));
        is_wanted && try_all(rest, &[chosen.clone(), within.clone()].concat(), flat)
    })
}

fn leaves(pattern: &Value, path: &str, found: &mut std::collections::BTreeMap<String, Value>) {
    for (key, value) in pattern.as_object().unwrap() {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        if value.is_array() {
            found.insert(path, value.clone());
        } else {
            leaves(value, &path, found);
        }
    }
}

/// The search through arrays against the plainest one there is.
#[test]
fn what_is_found_is_what_trying_every_choice_of_elements_finds() {
    let mut draws = Draws(7);
    let (mut matched, mut torn) = (0, 0);
    for round in 0..30_000 {
        // Every other time several fields lie in one array for sure.
        let in_array = round % 2 == 0;
        let pattern = if in_array { json!({"a": draws.pattern(1)}) } else { draws.pattern(2) };
        let event = if in_array {
            let list: Vec<Value> = (0..3).map(|_| draws.object(3)).collect();
            json!({"a": list})
        } else {
            draws.object(4)
        };
        let mut fields = std::collections::BTreeMap::new();
        leaves(&pattern, "", &mut fields);
        let fields: Vec<(String, Value)> = fields.into_iter().collect();
        let mut flat = Vec::new();
        flatten(&event, "", "", &Vec::new(), &mut flat);
        // More would be tried for ever.
        if flat.len() > 40 || fields.len() > 5 {
            continue;
        }
        let expected = try_all(&fields, &Vec::new(), &flat);
        let (read, _) = Pattern::of(&pattern).unwrap();
        assert_eq!(read.matches(&event), expected, "{pattern} {event}");
        matched += usize::from(expected);
        torn += read.explain(&event).map_or(0, |mismatch| usize::from(!mismatch.torn.is_empty()));
    }
    assert!(matched > 5_000 && torn > 50, "{matched} match, {torn} are torn");
}

/// Elements that all match a field and never two: the worst that arrays can do.
#[test]
fn large_arrays_are_searched_in_no_time() {
    let list: Vec<Value> =
        (0..50_000).map(|n| json!({"a": 1, "b": n % 2, "c": 1 - n % 2, "in": [{"a": 1}, {"b": 1}]})).collect();
    let event = json!({"d": list, "e": list});
    let fields = json!({"a": [1], "b": [1], "c": [1], "in": {"a": [1], "b": [1]}});
    let (pattern, _) = Pattern::of(&json!({"d": fields, "e": fields})).unwrap();
    assert!(!pattern.explain(&event).unwrap().torn.is_empty());
    let wide: Vec<Value> =
        (0..2).map(|_| json!({"b": vec![json!({"x": 1}); 30_000], "c": [{"z": 1}, {"w": 1}]})).collect();
    let (pattern, _) = Pattern::of(&json!({"a": {"b": {"x": [1]}, "c": {"w": [1], "z": [1]}}})).unwrap();
    assert!(!pattern.matches(&json!({"a": wide})));
}

/// Cut anywhere, and with any byte changed, a pattern is read or refused.
#[test]
fn no_pattern_makes_the_reader_panic() {
    let mut taken = 0;
    for table in files("tests/it/patterns", &["txt"]) {
        for line in table.text.lines() {
            let Some((_, text)) = line.split_once(' ').filter(|(word, _)| ["pattern", "invalid"].contains(word)) else {
                continue;
            };
            for at in
                (0..text.len()).filter(|at| text.is_char_boundary(*at) && text.is_char_boundary(at + 1)).step_by(3)
            {
                for with in ["", "9", "\"", "[", "}", "*", "\\", "null"] {
                    let changed = format!("{}{with}{}", &text[..at], &text[at + 1..]);
                    taken += usize::from(Pattern::read(&changed).is_ok());
                }
            }
        }
    }
    assert!(taken > 300, "{taken}");
}
