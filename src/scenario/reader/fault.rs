//! A fault that a derive stopped at, told without a word of Rust.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use crate::scenario::complaint::did_you_mean;
use crate::scenario::place::Key;
use crate::scenario::reader::ADVICE;
use crate::scenario::reader::trail::Trail;

/// A fault that a derive stopped at.
pub(crate) struct Error(pub(super) Box<Fault>);

/// What is the matter, and where.
pub(super) struct Fault {
    pub(super) code: &'static str,
    pub(super) what: String,
    pub(super) advice: Option<String>,
    /// Where: the value at fault, or the table that lacks or has a wrong key.
    pub(super) at: Option<Vec<Key>>,
    /// A key of that table, or a word that stands there, which is at fault.
    pub(super) on_word: Option<String>,
    /// Whether the word at fault is a key (and not a choice).
    pub(super) key_is_wrong: bool,
    pub(super) missing: Option<String>,
    /// Follows from something left out before.
    pub(super) consequence: bool,
}

impl Error {
    pub(super) fn new(code: &'static str, what: String) -> Error {
        Error(Box::new(Fault {
            code,
            what,
            advice: None,
            at: None,
            on_word: None,
            key_is_wrong: false,
            missing: None,
            consequence: false,
        }))
    }

    /// Follows from something left out before, and is not told.
    pub(super) fn consequence() -> Error {
        let mut error = Error::new("E003", String::new());
        error.0.consequence = true;
        error
    }

    pub(super) fn advised(mut self, advice: Option<String>) -> Error {
        self.0.advice = advice;
        self
    }

    pub(super) fn at(mut self, trail: &Trail<'_>) -> Error {
        if self.0.at.is_none() {
            self.0.at = Some(trail.keys());
        }
        self
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.what)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.what)
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Error {
        let message = message.to_string();
        match message.split_once(ADVICE) {
            Some((what, advice)) => Error::new("E007", what.to_owned()).advised(Some(advice.to_owned())),
            None => Error::new("E007", message),
        }
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Error {
        Error::new("E003", format!("expected {expected}, found {}", shown(&found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Error {
        Error::invalid_type(found, expected)
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Error {
        let mut error = Error::new("E002", format!("`{field}`")).advised(did_you_mean(field, expected.iter().copied()));
        error.0.on_word = Some(field.to_owned());
        error.0.key_is_wrong = true;
        error
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Error {
        let what = format!("`{variant}` is not one of the choices here");
        let mut error = Error::new("E005", what).advised(did_you_mean(variant, expected.iter().copied()));
        error.0.on_word = Some(variant.to_owned());
        error
    }

    fn missing_field(field: &'static str) -> Error {
        let mut error = Error::new("E004", format!("`{field}` is missing"));
        error.0.missing = Some(field.to_owned());
        error
    }
}

fn shown(found: &Unexpected<'_>) -> String {
    match found {
        Unexpected::Str(text) => format!("the text {text:?}"),
        Unexpected::Signed(number) => format!("the number {number}"),
        Unexpected::Unsigned(number) => format!("the number {number}"),
        Unexpected::Float(number) => format!("the number {number}"),
        Unexpected::Bool(truth) => format!("`{truth}`"),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a table".to_owned(),
        other => other.to_string(),
    }
}
