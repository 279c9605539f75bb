//! Durations, rates, shares, sizes, money and counts, as a scenario writes them.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

use crate::ground::quantity;
use crate::ground::time::Span;
use crate::scenario::reader::ADVICE;

/// Declares a quantity that is written as text with its unit.
macro_rules! texts {
    ($($(#[$about:meta])* $name:ident($inner:ty) = $read:path, $what:literal, $example:literal, $pattern:literal;)+) => {
        $(
            $(#[$about])*
            #[derive(Clone, Copy, Debug, PartialEq)]
            pub(crate) struct $name(pub $inner);

            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                    struct Reading;
                    impl Visitor<'_> for Reading {
                        type Value = $name;

                        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                            f.write_str(concat!($what, " such as `\"", $example, "\"`"))
                        }

                        fn visit_str<E: Error>(self, text: &str) -> Result<$name, E> {
                            $read(text).map($name).map_err(|told| E::custom(advised(&told)))
                        }

                        fn visit_i64<E: Error>(self, number: i64) -> Result<$name, E> {
                            Err(bare(&number, $what, $example))
                        }

                        fn visit_f64<E: Error>(self, number: f64) -> Result<$name, E> {
                            Err(bare(&number, $what, $example))
                        }
                    }
                    deserializer.deserialize_any(Reading)
                }
            }

            impl JsonSchema for $name {
                fn schema_name() -> Cow<'static, str> {
                    stringify!($name).into()
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    json_schema!({ "type": "string", "pattern": $pattern, "description": concat!($what, ", as text: `\"", $example, "\"`") })
                }
            }
        )+
    };
}

texts! {
    /// A length of time.
    Time(Span) = quantity::span, "a duration", "90s", "^\\s*[0-9]";
    /// Events a second.
    Rate(f64) = quantity::rate, "a rate", "12/min", "/";
    /// The distance between events of a rate, exactly.
    Gap(Span) = quantity::gap, "a rate", "12/min", "/";
    /// A part of a whole, from 0 to 1.
    Share(f64) = quantity::share, "a share", "60%", "%\\s*$";
    /// Bytes.
    Bytes(u64) = quantity::size, "a size", "10MiB", "^\\s*[0-9]";
}

/// The ground tells what is the matter and what would be right in one sentence, with a colon between.
fn advised(told: &str) -> String {
    match told.rsplit_once(": ") {
        Some((what, advice)) => format!("{what}{ADVICE}{advice}"),
        None => told.to_owned(),
    }
}

fn bare<E: Error>(number: &dyn fmt::Display, what: &str, example: &str) -> E {
    E::custom(format!(
        "{what} is text with its unit, and this is the bare number {number}{ADVICE}write {what} such as `\"{example}\"`"
    ))
}

/// A count: a whole number, never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Whole(pub u64);

/// A number: whole or not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Number(pub f64);

/// A count that may be without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Amount {
    Unlimited,
    Of(u64),
}

struct Counting;

impl Visitor<'_> for Counting {
    type Value = Whole;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Whole, E> {
        u64::try_from(number)
            .map(Whole)
            .map_err(|_| E::custom(format!("{number} is negative, and this counts something")))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Whole, E> {
        Err(E::custom(format!("{number} is not a whole number, and this counts something")))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Whole, E> {
        Err(match text.trim().parse::<u64>() {
            Ok(number) => E::custom(format!("a number is written without quotes{ADVICE}write {number}")),
            Err(_) => E::custom(format!("expected a whole number, found the text {text:?}")),
        })
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Whole, D::Error> {
        deserializer.deserialize_any(Counting)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Amount, D::Error> {
        struct Amounting;
        impl Visitor<'_> for Amounting {
            type Value = Amount;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number or \"unlimited\"")
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Amount, E> {
                Counting.visit_i64(number).map(|Whole(number)| Amount::Of(number))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Amount, E> {
                Counting.visit_f64(number).map(|Whole(number)| Amount::Of(number))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Amount, E> {
                match text {
                    "unlimited" => Ok(Amount::Unlimited),
                    _ if text.trim().parse::<u64>().is_ok() => {
                        Counting.visit_str(text).map(|Whole(number)| Amount::Of(number))
                    }
                    _ => Err(E::custom(format!("expected a whole number or \"unlimited\", found the text {text:?}"))),
                }
            }
        }
        deserializer.deserialize_any(Amounting)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Number, D::Error> {
        struct Numbering;
        impl Visitor<'_> for Numbering {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Number, E> {
                Ok(Number(number as f64))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Number, E> {
                Ok(Number(number))
            }
        }
        deserializer.deserialize_any(Numbering)
    }
}

/// A limit or target in the form of what it limits: a duration, rate, share or amount as text, or a number.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Limit {
    Text(String),
    Number(f64),
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Limit, D::Error> {
        struct Limiting;
        impl Visitor<'_> for Limiting {
            type Value = Limit;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a limit: text with its unit, or a number")
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Limit, E> {
                Ok(Limit::Number(number as f64))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Limit, E> {
                Ok(Limit::Number(number))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Limit, E> {
                Ok(Limit::Text(text.to_owned()))
            }
        }
        deserializer.deserialize_any(Limiting)
    }
}

/// A change of a size: by a number, or by a share of it; either may be negative.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Change {
    By(i64),
    Percent(f64),
}

impl<'de> Deserialize<'de> for Change {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Change, D::Error> {
        struct Changing;
        impl Visitor<'_> for Changing {
            type Value = Change;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a change: a whole number such as `2` or `-1`, or a share such as `\"10%\"`")
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Change, E> {
                Ok(Change::By(number))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Change, E> {
                Err(E::custom(format!("{number} is not a whole number, and this counts workers")))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Change, E> {
                let percent = text.trim().strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
                let what = || {
                    format!(
                        "`{text}` is no change of a size{ADVICE}write workers such as `-1`, or a share such as `\"10%\"`"
                    )
                };
                percent.filter(|percent| percent.abs() <= 1e6).map(Change::Percent).ok_or_else(|| E::custom(what()))
            }
        }
        deserializer.deserialize_any(Changing)
    }
}

/// Declares the schema of a hand-written type.
macro_rules! schemas {
    ($($name:ident = $schema:tt;)+) => {
        $(
            impl JsonSchema for $name {
                fn schema_name() -> Cow<'static, str> {
                    stringify!($name).into()
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    json_schema!($schema)
                }
            }
        )+
    };
}
pub(crate) use schemas;

schemas! {
    Whole = { "type": "integer", "minimum": 0, "description": "a whole number" };
    Number = { "type": "number", "description": "a number" };
    Amount = { "anyOf": [{ "type": "integer", "minimum": 0 }, { "const": "unlimited" }], "description": "a whole number or `\"unlimited\"`" };
    Change = { "type": ["string", "integer"], "description": "a change of a size: workers such as `2` or `-1`, or a share of the size such as `\"10%\"`" };
    Limit = { "type": ["string", "number"], "description": "a value in the form of the figure or metric: `\"10min\"`, `\"0.1%\"`, `\"$900\"`, `\"5/s\"` or a number" };
}
