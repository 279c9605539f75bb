//! How a place is called in a sentence.

use crate::scenario::place::{Key, Place};

/// Places whose last key is a person's own name for what stands there.
const NAMED: [&str; 11] = [
    "workload.*",
    "topology.*",
    "topology.*.pool.*",
    "topology.*.balancer.*",
    "topology.*.queue.*",
    "topology.*.bucket.*",
    "topology.*.service.*",
    "fault.outage.*",
    "topology.*.fault.outage.*",
    "goal.*",
    "prices.own.*",
];

/// The last word of the grammar on the way to a place.
pub(super) fn grammar_word(place: &Place) -> &str {
    if place.matches("work.*") {
        return "law";
    }
    let up = usize::from(NAMED.iter().any(|pattern| place.matches(pattern)));
    let mut words = place.keys().iter().rev().filter_map(|key| match key {
        Key::Name(name) => Some(name.as_str()),
        Key::Index(_) => None,
    });
    words.nth(up).unwrap_or("scenario")
}

/// What a table is, for a sentence about a key that it does not have.
pub(super) fn owner(place: &Place) -> String {
    let name = |key: Option<&Key>| match key {
        Some(Key::Name(name)) => name.clone(),
        _ => String::new(),
    };
    let mut keys = place.keys().iter().rev();
    let last = keys.next();
    if last.is_none() {
        return "a scenario".to_owned();
    }
    if let [Key::Name(_), Key::Name(_), Key::Name(_), Key::Name(_), Key::Name(steps), .., before, Key::Index(_)] =
        place.keys()
        && steps == "steps"
    {
        let is_way = matches!(before, Key::Name(name) if name == "choose");
        return if is_way { "this way of a choice" } else { "this step" }.to_owned();
    }
    if NAMED.iter().any(|pattern| place.matches(pattern)) {
        return format!("{} `{}`", name(keys.next()), name(last));
    }
    match last {
        Some(Key::Name(name)) => format!("`{name}`"),
        _ => format!("this entry of `{}`", name(keys.next())),
    }
}
