//! Why an event does not match, as somebody would say it who looks for the slip.

use std::fmt;

use serde_json::Value;

use crate::cloud::bus::pattern::wanted::either;
use crate::cloud::bus::pattern::{Field, Pattern, meeting};

/// Values of a field that are shown.
const SHOWN: usize = 5;

/// Letters of a value that are shown.
const LETTERS: usize = 80;

/// Ways of `$or` that are shown.
const WAYS: usize = 3;

/// Why an event does not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Fields that have no value that is wanted, whatever of `$or` is chosen; by path.
    pub unmet: Vec<Unmet>,
    /// What the nearest ways of `$or` lack besides, if each lacks something.
    pub ways: Vec<Vec<Unmet>>,
    /// Combinations of the members of `$or`; 1 without any.
    pub combinations: usize,
    /// Where every field of a way is met by itself: the paths of those that no one element of an array meets together.
    pub torn: Vec<String>,
}

/// A field that has no value that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// The keys that lead to it, joined with dots.
    pub path: String,
    /// What the event has there, in words.
    pub had: String,
    /// The alternatives, in words.
    pub wanted: Vec<String>,
    /// What may be the slip.
    pub slip: Option<String>,
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; wanted: {}", self.path, self.had, either(&self.wanted))?;
        match &self.slip {
            Some(slip) => write!(f, " ({slip})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Mismatch {
    /// A line for each field.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines: Vec<String> = self.unmet.iter().map(|unmet| format!("  {unmet}")).collect();
        if !self.ways.is_empty() {
            let shown = self.ways.len();
            let nearest = if shown < self.combinations {
                format!(", the nearest {shown} of {}", self.combinations)
            } else {
                String::new()
            };
            lines.push(format!("  {}one of these by `$or`{nearest}:", if lines.is_empty() { "" } else { "and " }));
            for way in &self.ways {
                let line =
                    |(number, unmet): (usize, &Unmet)| format!("    {} {unmet}", if number == 0 { "-" } else { " " });
                lines.extend(way.iter().enumerate().map(line));
            }
        }
        if !self.torn.is_empty() {
            let paths = self.torn.join(", ");
            lines.push(format!("  {paths}: each is met, but not together by one element of an array"));
        }
        f.write_str(&lines.join("\n"))
    }
}

/// What all ways of a pattern lack, and what the nearest ones lack besides.
pub(super) fn of(pattern: &Pattern, event: &Value) -> Mismatch {
    let is_met: Vec<bool> = pattern.fields.iter().map(|field| meeting::Alone::of(field, event).is_met(field)).collect();
    let lacking = |way: &Vec<usize>| -> Vec<usize> { way.iter().copied().filter(|field| !is_met[*field]).collect() };
    let mut lacks: Vec<Vec<usize>> = pattern.ways.iter().map(lacking).collect();
    let mut mismatch =
        Mismatch { unmet: Vec::new(), ways: Vec::new(), combinations: pattern.ways.len(), torn: Vec::new() };
    if let Some(way) = lacks.iter().position(Vec::is_empty) {
        let fields = pattern.fields_of(&pattern.ways[way]);
        let torn = meeting::torn(&fields, event).map(|number| meeting::beside(&fields, number, event));
        mismatch.torn = torn.unwrap_or_default().into_iter().map(|field| fields[field].path.clone()).collect();
        return mismatch;
    }
    let common: Vec<usize> =
        lacks[0].iter().copied().filter(|field| lacks.iter().all(|lack| lack.contains(field))).collect();
    for lack in &mut lacks {
        lack.retain(|field| !common.contains(field));
    }
    lacks.sort_by_key(Vec::len);
    let tell = |fields: &[usize]| fields.iter().map(|field| told(&pattern.fields[*field], event)).collect();
    mismatch.unmet = tell(&common);
    if !lacks[0].is_empty() {
        mismatch.ways = lacks.iter().take(WAYS).map(|lack| tell(lack)).collect();
    }
    mismatch
}

/// What an event has where a field wants something else.
fn told(field: &Field, event: &Value) -> Unmet {
    let mut values: Vec<&Value> = Vec::new();
    meeting::visit(event, &field.path, &mut |value, _| {
        if !values.contains(&value) && values.len() <= SHOWN {
            values.push(value);
        }
    });
    let slips = || field.wanted.iter().flat_map(|wanted| values.iter().filter_map(|value| wanted.slip(value)));
    let (had, slip) = if values.is_empty() {
        nothing(event, &field.path)
    } else {
        let shown: Vec<String> = values.iter().take(SHOWN).map(|value| short(value)).collect();
        let more = if values.len() > SHOWN { " and more" } else { "" };
        (format!("{}{more}", shown.join(", ")), slips().next())
    };
    Unmet {
        path: field.path.clone(),
        had,
        wanted: field.wanted.iter().map(|wanted| shortened(&wanted.to_string())).collect(),
        slip,
    }
}

/// A value as JSON, cut where it is long.
fn short(value: &Value) -> String {
    shortened(&value.to_string())
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LETTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// What to say of a path at which there is no value, and what may be the slip.
fn nothing(event: &Value, path: &str) -> (String, Option<String>) {
    let mut here = event;
    let mut way: Vec<&str> = Vec::new();
    for key in path.split('.') {
        let Value::Object(map) = here else { break };
        match map.get(key) {
            Some(inner) => here = inner,
            None => {
                let other = map.keys().find(|other| other.to_lowercase() == key.to_lowercase());
                let slip = other.map(|other| format!("there is `{other}`: names are compared letter by letter"));
                let inside = if way.is_empty() { String::new() } else { format!(" in `{}`", way.join(".")) };
                return (format!("there is no `{key}`{inside}"), slip);
            }
        }
        way.push(key);
    }
    let is_whole = way.len() == path.split('.').count();
    let at = format!("`{}`", way.join("."));
    let had = match here {
        Value::Object(_) => "it is an object, which has no value of its own".to_owned(),
        Value::Array(list) if list.is_empty() && is_whole => "it is an empty array".to_owned(),
        Value::Array(list) if list.is_empty() => format!("{at} is an empty array"),
        Value::Array(_) if is_whole => "it is an array that holds no value of its own".to_owned(),
        Value::Array(_) => format!("no element of {at} has it"),
        other => format!("{at} is {}, and no object", short(other)),
    };
    (had, None)
}
