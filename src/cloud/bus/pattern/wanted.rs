//! What one alternative of a field wants of a value, and how that is said.

use std::fmt;

use serde_json::Value;

use crate::cloud::bus::pattern::address::{Address, Block};
use crate::cloud::bus::pattern::letters::{self, Stars};
use crate::cloud::bus::pattern::number::{self, Literal};

/// One alternative.
#[derive(Clone, Debug)]
pub(super) enum Wanted {
    Null,
    Truth(bool),
    Number(Literal),
    /// A text; one that is an address of IP is also met by other ways to write the address.
    Text(String, Option<Address>),
    /// A text that begins so, in any case or in this one.
    Prefix {
        text: String,
        any_case: bool,
    },
    /// A text that ends so, in any case or in this one.
    Suffix {
        text: String,
        any_case: bool,
    },
    AnyCase(String),
    /// As it was written, and read.
    Like(String, Stars),
    Range(Range),
    /// As it was written, and read.
    Block(String, Block),
    /// Any value at all.
    There,
    /// No value at all.
    Absent,
    /// Any value but those that meet one of these.
    But(Vec<Wanted>),
}

/// Numbers from one to another.
#[derive(Clone, Debug, Default)]
pub(super) struct Range {
    pub low: Option<End>,
    pub high: Option<End>,
}

/// Where a range ends.
#[derive(Clone, Debug)]
pub(super) struct End {
    pub literal: Literal,
    pub value: f64,
    /// Whether the range holds its end.
    pub is_in: bool,
}

impl Range {
    fn holds(&self, value: f64) -> bool {
        let above = |end: &End| value > end.value || (end.is_in && value == end.value);
        let below = |end: &End| value < end.value || (end.is_in && value == end.value);
        self.low.as_ref().is_none_or(above) && self.high.as_ref().is_none_or(below)
    }
}

impl Wanted {
    /// Whether a value that is there, and is no object and no array, is wanted.
    pub(super) fn accepts(&self, value: &Value) -> bool {
        match (self, value) {
            (Wanted::There, _) => true,
            (Wanted::But(others), _) => !others.iter().any(|other| other.accepts(value)),
            (Wanted::Null, Value::Null) => true,
            (Wanted::Truth(own), Value::Bool(truth)) => own == truth,
            (Wanted::Number(own), Value::Number(number)) => own.is(number),
            (Wanted::Range(range), Value::Number(number)) => {
                number::compared(number).is_some_and(|value| range.holds(value))
            }
            (Wanted::Text(own, address), Value::String(text)) => {
                own == text || address.is_some_and(|address| Address::read(text) == Some(address))
            }
            (Wanted::Prefix { text: own, any_case: false }, Value::String(text)) => text.starts_with(own.as_str()),
            (Wanted::Prefix { text: own, any_case: true }, Value::String(text)) => letters::begins(text, own),
            (Wanted::Suffix { text: own, any_case: false }, Value::String(text)) => text.ends_with(own.as_str()),
            (Wanted::Suffix { text: own, any_case: true }, Value::String(text)) => letters::ends(text, own),
            (Wanted::AnyCase(own), Value::String(text)) => letters::is_same(text, own),
            (Wanted::Like(_, stars), Value::String(text)) => stars.meets(text),
            (Wanted::Block(_, block), Value::String(text)) => {
                Address::read(text).is_some_and(|address| block.holds(address))
            }
            _ => false,
        }
    }

    /// What may be the slip where this was wanted and `value` was there.
    pub(super) fn slip(&self, value: &Value) -> Option<String> {
        match (self, value) {
            (Wanted::Text(own, _), Value::String(text)) if letters::is_same(text, own) => {
                Some("only upper and lower case differ: `equals-ignore-case` would take it".to_owned())
            }
            (Wanted::Text(own, _), Value::Number(_) | Value::Bool(_) | Value::Null) if *own == format!("{value}") => {
                Some(format!("the pattern wants the text \"{own}\", and {value} is no text"))
            }
            (Wanted::Number(_) | Wanted::Truth(_) | Wanted::Null, Value::String(text)) if *text == self.to_string() => {
                Some(format!("the event has the text \"{text}\", and the pattern wants {text} without quotes"))
            }
            (Wanted::Range(_), Value::String(text)) if text.trim().parse::<f64>().is_ok() => {
                Some(format!("\"{text}\" is text, and `numeric` takes numbers alone"))
            }
            (Wanted::Range(_), Value::Number(number)) if number::compared(number).is_none() => {
                Some(format!("{number} has more digits than a double holds, and is compared with nothing"))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let case = |any_case: bool| if any_case { " in any case" } else { "" };
        match self {
            Wanted::Null => f.write_str("null"),
            Wanted::Truth(truth) => write!(f, "{truth}"),
            Wanted::Number(literal) => f.write_str(&literal.text),
            Wanted::Text(text, _) => write!(f, "{}", quoted(text)),
            Wanted::Prefix { text, .. } | Wanted::Suffix { text, .. } if text.is_empty() => f.write_str("any text"),
            Wanted::Prefix { text, any_case } => {
                write!(f, "text that begins with {}{}", quoted(text), case(*any_case))
            }
            Wanted::Suffix { text, any_case } => write!(f, "text that ends with {}{}", quoted(text), case(*any_case)),
            Wanted::AnyCase(text) => write!(f, "{} in any case", quoted(text)),
            Wanted::Like(written, _) => write!(f, "text like {}", quoted(written)),
            Wanted::Block(written, _) => write!(f, "an address in {written}"),
            Wanted::There => f.write_str("any value"),
            Wanted::Absent => f.write_str("no such field"),
            Wanted::Range(range) => {
                f.write_str("a number")?;
                if let (Some(low), Some(high)) = (&range.low, &range.high)
                    && low.value == high.value
                {
                    return write!(f, " = {}", low.literal.text);
                }
                if let Some(low) = &range.low {
                    write!(f, " {} {}", if low.is_in { ">=" } else { ">" }, low.literal.text)?;
                }
                let and = if range.low.is_some() { " and" } else { "" };
                match &range.high {
                    Some(high) => write!(f, "{and} {} {}", if high.is_in { "<=" } else { "<" }, high.literal.text),
                    None => Ok(()),
                }
            }
            Wanted::But(others) => {
                let others: Vec<String> = others.iter().map(Wanted::to_string).collect();
                write!(f, "anything but {}", either(&others))
            }
        }
    }
}

/// A text as JSON writes it.
fn quoted(text: &str) -> Value {
    Value::String(text.to_owned())
}

/// Alternatives in a sentence: `1, 2 or 3`.
pub(super) fn either(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Values that are not of the type that an operator is for are not wanted by it, and so meet its opposite
    /// (aws/event-ruler, ByteMachine: an anything-but has matched unless its text is found).
    #[test]
    fn the_opposite_of_an_operator_takes_all_other_types() {
        let prefix = || Wanted::Prefix { text: String::new(), any_case: false };
        for value in [json!(5), json!(true), json!(null)] {
            assert!(!prefix().accepts(&value) && Wanted::But(vec![prefix()]).accepts(&value), "{value}");
        }
        assert!(prefix().accepts(&json!("")) && prefix().accepts(&json!("x")));
    }

    #[test]
    fn types_are_not_mixed_up() {
        for (wanted, value) in [
            (Wanted::Truth(true), json!("true")),
            (Wanted::Null, json!("null")),
            (Wanted::Null, json!("")),
            (Wanted::Text("5".to_owned(), None), json!(5)),
            (Wanted::Number(Literal::new("5")), json!("5")),
        ] {
            assert!(!wanted.accepts(&value), "{wanted} {value}");
        }
    }
}
