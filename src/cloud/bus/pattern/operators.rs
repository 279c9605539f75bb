//! The operators of a pattern: `{"prefix": "a"}` and its kin become what they want, or are told what is wrong with them.
//!
//! What is taken, and what is not, is what the engine takes (aws/event-ruler, JsonRuleCompiler and its tests).

use strsim::jaro_winkler;

use crate::cloud::bus::json::{Objection, below};
use crate::cloud::bus::pattern::address::{Address, Block};
use crate::cloud::bus::pattern::letters::Stars;
use crate::cloud::bus::pattern::number::Literal;
use crate::cloud::bus::pattern::wanted::{End, Range, Wanted};
use crate::ground::json::{Entry, Kind, Node};

/// What may be the key of an operator.
pub(super) const OPERATORS: [&str; 9] =
    ["prefix", "suffix", "equals-ignore-case", "wildcard", "anything-but", "numeric", "exists", "cidr", "exactly"];

/// What `anything-but` may turn round.
const TURNED: [&str; 4] = ["prefix", "suffix", "equals-ignore-case", "wildcard"];

/// The numbers that the guide promises to compare are at most this large.
const DOCUMENTED_MAX: f64 = 5e9;

/// What was found wrong, and what is merely to be said.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub faults: Vec<Objection>,
    pub notes: Vec<Objection>,
}

impl Findings {
    /// Adds a fault.
    pub(super) fn refuse(&mut self, at: &str, node: &Node, what: impl Into<String>, advice: impl Into<String>) {
        self.faults.push(objection(at, node, what, advice));
    }

    /// Adds something to be said.
    pub(super) fn note(&mut self, at: &str, node: &Node, what: impl Into<String>, advice: impl Into<String>) {
        self.notes.push(objection(at, node, what, advice));
    }
}

fn objection(at: &str, node: &Node, what: impl Into<String>, advice: impl Into<String>) -> Objection {
    let advice = Some(advice.into()).filter(|advice: &String| !advice.is_empty());
    Objection { at: at.to_owned(), span: node.span.clone(), what: what.into(), advice }
}

/// Reads one alternative of a field.
pub(super) fn alternative(at: &str, node: &Node, found: &mut Findings) -> Option<Wanted> {
    match &node.kind {
        Kind::Null => Some(Wanted::Null),
        Kind::Truth(truth) => Some(Wanted::Truth(*truth)),
        Kind::Number(written) => Some(Wanted::Number(Literal::new(written))),
        Kind::Text(text) => Some(Wanted::Text(text.clone(), Address::read(text))),
        Kind::Object(entries) => operator(at, node, entries, found),
        Kind::List(_) => {
            let advice = "write its values into the outer array: any of them may match";
            found.refuse(at, node, "an array stands inside an array of alternatives", advice);
            None
        }
    }
}

/// The one entry of an object that holds an operator.
fn only<'n>(at: &str, node: &Node, entries: &'n [Entry], known: &[&str], found: &mut Findings) -> Option<&'n Entry> {
    let listed = || format!("known here: {}", known.join(", "));
    let [entry] = entries else {
        if entries.is_empty() {
            found.refuse(at, node, "this object names no operator", listed());
            return None;
        }
        let names: Vec<String> = entries.iter().map(|entry| format!("`{}`", entry.key)).collect();
        let what = format!("one object has several operators: {}", names.join(", "));
        let advice = "give each an object of its own: then any of them may match. `numeric` takes both ends of a range";
        found.refuse(at, node, what, advice);
        return None;
    };
    if known.contains(&entry.key.as_str()) {
        return Some(entry);
    }
    let near = known
        .iter()
        .map(|name| (jaro_winkler(name, &entry.key), name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|one, other| one.0.total_cmp(&other.0));
    let advice = match near {
        Some((_, name)) => format!("did you mean `{name}`?"),
        None if known.len() > 1 => listed(),
        None => format!("the only one here is `{}`", known[0]),
    };
    let place = Node { span: entry.span.clone(), kind: Kind::Null };
    found.refuse(&below(at, &entry.key), &place, format!("there is no operator `{}` here", entry.key), advice);
    None
}

fn operator(at: &str, node: &Node, entries: &[Entry], found: &mut Findings) -> Option<Wanted> {
    let entry = only(at, node, entries, &OPERATORS, found)?;
    let (name, operand) = (entry.key.as_str(), &entry.node);
    let at = &below(at, name);
    match name {
        "prefix" | "suffix" => affix(name, at, operand, found),
        "exactly" => {
            let text = text(name, at, operand, found)?;
            let advice = "the guide does not know `exactly`, the engine takes it: write the text alone";
            found.note(at, operand, "`exactly` says no more than the text itself", advice);
            Some(Wanted::Text(text.to_owned(), None))
        }
        "equals-ignore-case" => Some(Wanted::AnyCase(text(name, at, operand, found)?.to_owned())),
        "wildcard" => like(at, operand, found),
        "cidr" => {
            let written = text(name, at, operand, found)?;
            match Block::read(written) {
                Ok(block) => Some(Wanted::Block(written.to_owned(), block)),
                Err((what, advice)) => {
                    found.refuse(at, operand, what, advice);
                    None
                }
            }
        }
        "exists" => match operand.kind {
            Kind::Truth(true) => Some(Wanted::There),
            Kind::Truth(false) => Some(Wanted::Absent),
            _ => {
                let what = format!("`exists` takes true or false, without quotes, and here is {}", operand.what());
                found.refuse(at, operand, what, "");
                None
            }
        },
        "numeric" => numeric(at, operand, found).map(Wanted::Range),
        _ => anything_but(at, operand, found).map(Wanted::But),
    }
}

/// The text that an operator takes.
fn text<'n>(name: &str, at: &str, operand: &'n Node, found: &mut Findings) -> Option<&'n str> {
    match &operand.kind {
        Kind::Text(text) => Some(text),
        other => {
            let advice = match other {
                Kind::List(_) => "one text an object: give each text an object of its own",
                _ => "put it in double quotes",
            };
            found.refuse(at, operand, format!("`{name}` takes text, and here is {}", operand.what()), advice);
            None
        }
    }
}

fn affix(name: &str, at: &str, operand: &Node, found: &mut Findings) -> Option<Wanted> {
    let (text, any_case) = match &operand.kind {
        Kind::Object(entries) => {
            let inner = only(at, operand, entries, &["equals-ignore-case"], found)?;
            (text(&inner.key, &below(at, &inner.key), &inner.node, found)?, true)
        }
        _ => (text(name, at, operand, found)?, false),
    };
    let text = text.to_owned();
    Some(if name == "prefix" { Wanted::Prefix { text, any_case } } else { Wanted::Suffix { text, any_case } })
}

fn like(at: &str, operand: &Node, found: &mut Findings) -> Option<Wanted> {
    let written = text("wildcard", at, operand, found)?;
    match Stars::read(written) {
        Ok(stars) => Some(Wanted::Like(written.to_owned(), stars)),
        Err((what, advice)) => {
            found.refuse(at, operand, what, advice);
            None
        }
    }
}

/// The number that stands for itself in a comparison.
fn compared(at: &str, node: &Node, found: &mut Findings) -> Option<(Literal, f64)> {
    let Kind::Number(written) = &node.kind else {
        let advice = if matches!(node.kind, Kind::Text(_)) { "without quotes, please" } else { "" };
        found.refuse(at, node, format!("a number belongs here, and this is {}", node.what()), advice);
        return None;
    };
    let literal = Literal::new(written);
    let Some(value) = literal.value else {
        let what = format!("{written} has more digits than a double holds");
        found.refuse(at, node, what, "about 15 digits are compared");
        return None;
    };
    if value.abs() > DOCUMENTED_MAX {
        let what = format!("{written} is beyond the numbers that the guide promises to compare, -5e9 to 5e9");
        found.note(at, node, what, "the engine compares all doubles, as is done here");
    }
    Some((literal, value))
}

/// `["<", 5]`, `["=", 5]` or `[">", 0, "<=", 5]`.
fn numeric(at: &str, operand: &Node, found: &mut Findings) -> Option<Range> {
    const FORM: &str =
        "it is `[\"=\", 5]`, `[\"<\", 5]`, `[\">\", 0]` or a range from low to high: `[\">\", 0, \"<=\", 5]`";
    let Kind::List(list) = &operand.kind else {
        found.refuse(at, operand, format!("`numeric` takes an array, and here is {}", operand.what()), FORM);
        return None;
    };
    if list.is_empty() {
        found.refuse(at, operand, "nothing is compared", FORM);
        return None;
    }
    let mut range = Range::default();
    let mut is_whole = true;
    for (number, pair) in list.chunks(2).enumerate() {
        let place = |part: usize| format!("{at}[{}]", number * 2 + part);
        let name = match &pair[0].kind {
            Kind::Text(name) => name.as_str(),
            _ => {
                let what = format!("a comparison belongs here, and this is {}", pair[0].what());
                found.refuse(&place(0), &pair[0], what, FORM);
                return None;
            }
        };
        // A range goes up: `>` or `>=` first, then `<` or `<=`, and there it ends.
        let is_expected = match number {
            0 => ["=", "<", "<=", ">", ">="].contains(&name),
            1 => range.low.is_some() && range.high.is_none() && ["<", "<="].contains(&name),
            _ => false,
        };
        if !is_expected {
            let what = match number {
                0 => format!("there is no comparison `{name}`"),
                1 if range.low.is_some() && range.high.is_none() => format!("`{name}` does not end a range"),
                _ => "more is compared than a range from low to high".to_owned(),
            };
            found.refuse(&place(0), &pair[0], what, FORM);
            return None;
        }
        let Some(node) = pair.get(1) else {
            found.refuse(&place(0), &pair[0], format!("no number follows `{name}`"), FORM);
            return None;
        };
        let Some((literal, value)) = compared(&place(1), node, found) else {
            is_whole = false;
            // Neither end is known for good, but what follows can still be read.
            range.low = name.starts_with('>').then(|| End { literal: Literal::new("0"), value: f64::MIN, is_in: true });
            continue;
        };
        let end = End { literal, value, is_in: name.contains('=') };
        match name {
            ">" | ">=" => range.low = Some(end),
            "<" | "<=" => range.high = Some(end),
            _ => range = Range { low: Some(end.clone()), high: Some(end) },
        }
    }
    if let (true, 3.., Some(low), Some(high)) = (is_whole, list.len(), &range.low, &range.high)
        && low.value >= high.value
    {
        let what = format!("no number is between {} and {}", low.literal.text, high.literal.text);
        found.refuse(at, operand, what, "the lower end comes first; one number alone is `[\"=\", 5]`");
        return None;
    }
    is_whole.then_some(range)
}

fn anything_but(at: &str, operand: &Node, found: &mut Findings) -> Option<Vec<Wanted>> {
    const FORM: &str = "it takes a text, a number, a list of texts, a list of numbers, or one of prefix, suffix, \
                        equals-ignore-case and wildcard with a text or a list of texts";
    let what = format!("`anything-but` does not take {}", operand.what());
    match &operand.kind {
        Kind::Object(entries) => turned(at, operand, entries, found),
        Kind::Text(_) | Kind::Number(_) => other_value(at, operand, found).map(|value| vec![value]),
        Kind::List(list) if !list.is_empty() => {
            let before = found.faults.len();
            for (index, item) in list.iter().enumerate() {
                if !matches!(item.kind, Kind::Text(_) | Kind::Number(_)) {
                    let what = format!("a list of `anything-but` does not take {}", item.what());
                    found.refuse(&format!("{at}[{index}]"), item, what, FORM);
                }
            }
            let is_text = |item: &&Node| matches!(item.kind, Kind::Text(_));
            let is_number = |item: &&Node| matches!(item.kind, Kind::Number(_));
            if let (Some(_), Some(_)) = (list.iter().find(is_text), list.iter().find(is_number)) {
                let advice = "a list has texts or numbers alone; those of the other type are never equal to them";
                found.refuse(at, operand, "texts and numbers stand in one list of `anything-but`", advice);
            }
            let place = |index: usize| format!("{at}[{index}]");
            let read = |(index, item)| other_value(&place(index), item, found);
            let others: Vec<Wanted> = list.iter().enumerate().filter_map(read).collect();
            (found.faults.len() == before).then_some(others)
        }
        Kind::List(_) => {
            found.refuse(at, operand, "the list of `anything-but` is empty", FORM);
            None
        }
        _ => {
            found.refuse(at, operand, what, FORM);
            None
        }
    }
}

/// A text or number that is not wanted.
fn other_value(at: &str, node: &Node, found: &mut Findings) -> Option<Wanted> {
    match &node.kind {
        // Here an address is nothing but its text.
        Kind::Text(text) => Some(Wanted::Text(text.clone(), None)),
        Kind::Number(_) => compared(at, node, found).map(|(literal, _)| Wanted::Number(literal)),
        _ => None,
    }
}

/// `{"anything-but": {"prefix": "a"}}` and its kin, with one text or several.
fn turned(at: &str, operand: &Node, entries: &[Entry], found: &mut Findings) -> Option<Vec<Wanted>> {
    let entry = only(at, operand, entries, &TURNED, found)?;
    let (name, inner) = (entry.key.as_str(), &entry.node);
    let at = below(at, name);
    let texts: Vec<(String, &Node)> = match &inner.kind {
        Kind::List(list) => list.iter().enumerate().map(|(index, item)| (format!("{at}[{index}]"), item)).collect(),
        _ => vec![(at.clone(), inner)],
    };
    if texts.is_empty() {
        found.refuse(&at, inner, "this list is empty", "name a text");
        return None;
    }
    let before = found.faults.len();
    let mut others = Vec::new();
    for (at, node) in &texts {
        let Some(text) = text(name, at, node, found).map(str::to_owned) else { continue };
        if text.is_empty() && ["prefix", "suffix"].contains(&name) {
            found.refuse(at, node, format!("every text has an empty {name}"), "name at least one letter");
            continue;
        }
        others.extend(match name {
            "prefix" => Some(Wanted::Prefix { text, any_case: false }),
            "suffix" => Some(Wanted::Suffix { text, any_case: false }),
            "equals-ignore-case" => Some(Wanted::AnyCase(text)),
            _ => like(at, node, found),
        });
    }
    (found.faults.len() == before).then_some(others)
}
