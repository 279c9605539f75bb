//! Patterns and events as JSON, and what is to be said about them.

use std::fmt;
use std::ops::Range;

use serde_json::{Map, Value};

use crate::ground::json::{self, Fault, Kind, Node};

/// How deep objects and arrays may stand inside each other.
pub const DEPTH_MAX: usize = 200;

/// Something that is to be said about a pattern or an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// Where, as a path from the top: `detail.count[0].numeric`; empty for the whole.
    pub at: String,
    /// Which bytes of the text, where there is a text.
    pub span: Option<Range<usize>>,
    /// What is the matter: lower case, no full stop.
    pub what: String,
    /// What to do.
    pub advice: Option<String>,
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.at.is_empty() {
            write!(f, "{}: ", self.at)?;
        }
        f.write_str(&self.what)?;
        match &self.advice {
            Some(advice) => write!(f, " ({advice})"),
            None => Ok(()),
        }
    }
}

impl From<Fault> for Objection {
    fn from(fault: Fault) -> Objection {
        Objection { at: String::new(), span: Some(fault.span), what: fault.what, advice: Some(fault.advice.to_owned()) }
    }
}

/// Reads an event, any JSON object, with what a reader should know about it. Of a key that is given twice the last counts.
///
/// # Errors
/// What keeps the text from being one object.
pub fn event(text: &str) -> Result<(Value, Vec<Objection>), Objection> {
    let node = read(text, "an event")?;
    let mut notes = Vec::new();
    let value = plain(node, "", &mut notes);
    Ok((value, notes))
}

/// The value without its places; says which keys are given twice.
fn plain(node: Node, at: &str, notes: &mut Vec<Objection>) -> Value {
    match node.kind {
        Kind::Null => Value::Null,
        Kind::Truth(truth) => Value::Bool(truth),
        Kind::Number(written) => serde_json::from_str(&written).unwrap_or_default(),
        Kind::Text(text) => Value::String(text),
        Kind::List(list) => {
            let item = |(index, item)| plain(item, &format!("{at}[{index}]"), notes);
            Value::Array(list.into_iter().enumerate().map(item).collect())
        }
        Kind::Object(entries) => {
            let mut map = Map::new();
            for entry in entries {
                let path = below(at, &entry.key);
                let value = plain(entry.node, &path, notes);
                if map.insert(entry.key, value).is_some() {
                    let what = "this key is given twice in the event, and the last one counts".to_owned();
                    notes.push(Objection { at: path, span: entry.span, what, advice: None });
                }
            }
            Value::Object(map)
        }
    }
}

/// A path and one key more.
pub(super) fn below(at: &str, key: &str) -> String {
    let is_bare = !key.is_empty() && key.chars().all(|letter| letter.is_alphanumeric() || "-_$:/@".contains(letter));
    let key = if is_bare { key.to_owned() } else { format!("{key:?}") };
    if at.is_empty() { key } else { format!("{at}.{key}") }
}

/// Reads a text of one JSON object, called `what` in complaints.
pub(super) fn read(text: &str, what: &str) -> Result<Node, Objection> {
    Ok(json::read(text, &format!("{what} is one JSON object"), DEPTH_MAX)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_key_that_an_event_gives_twice_the_last_counts_and_that_is_said() {
        let (value, notes) = event(r#"{"a": {"b.c": 1, "b.c": 2}}"#).unwrap();
        assert_eq!(value, serde_json::json!({"a": {"b.c": 2}}));
        assert_eq!(notes[0].at, "a.\"b.c\"");
    }
}
