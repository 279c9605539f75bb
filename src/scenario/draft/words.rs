//! Small things that may be written in one of two forms: a name or a list of names, a scalar or a table.

use std::borrow::Cow;
use std::fmt;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor};

use crate::ground::time::Span;
use crate::scenario::draft::quantities::{Number, Share, Time};
use crate::scenario::draft::run::Precision;

/// A name or a list of names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    pub names: Vec<String>,
    /// Whether they stand in a list, for places.
    pub listed: bool,
}

/// A node, or a node for each workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    One(String),
    Each(IndexMap<String, String>),
}

/// A tag: its name, or names with their values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tagged {
    Name(String),
    Values(IndexMap<String, String>),
}

/// An instant or a list of them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Instants {
    pub times: Vec<Span>,
    pub listed: bool,
}

/// All, none, or a share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum SpotShare {
    Whether(bool),
    Of(Share),
}

impl SpotShare {
    /// In 0..=1.
    pub fn share(self) -> f64 {
        match self {
            SpotShare::Whether(all) => f64::from(u8::from(all)),
            SpotShare::Of(share) => share.0,
        }
    }
}

/// A type of a mixed group, and how fast it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mixed {
    /// The instance type.
    pub instance: String,
    /// Against the reference machine; without it, as the pool's own.
    pub speed: Option<Number>,
}

/// The same as a table.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct MixedTable {
    /// The instance type: `c5.large`.
    #[serde(rename = "type")]
    instance: String,
    /// How fast it is; 1 is the reference machine. Without it, as fast as `type`.
    speed: Option<Number>,
}

/// A number of runs, or how precise a figure must be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Replications {
    Count(i64),
    Until(Precision),
}

macro_rules! one_or_other {
    ($name:ident, $expecting:literal, { $($methods:tt)* }) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                struct Either;
                impl<'de> Visitor<'de> for Either {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expecting)
                    }

                    $($methods)*
                }
                deserializer.deserialize_any(Either)
            }
        }
    };
}

one_or_other!(Names, "a name or a list of names", {
    fn visit_str<E: Error>(self, name: &str) -> Result<Names, E> {
        Ok(Names { names: vec![name.to_owned()], listed: false })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Names, A::Error> {
        let names = Deserialize::deserialize(SeqAccessDeserializer::new(list))?;
        Ok(Names { names, listed: true })
    }
});

one_or_other!(SpotShare, "true, false, or a share such as \"70%\"", {
    fn visit_bool<E: Error>(self, all: bool) -> Result<SpotShare, E> {
        Ok(SpotShare::Whether(all))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<SpotShare, E> {
        Share::deserialize(text.into_deserializer()).map(SpotShare::Of)
    }
});

one_or_other!(Mixed, "an instance type, or a table of `type` and `speed`", {
    fn visit_str<E: Error>(self, name: &str) -> Result<Mixed, E> {
        Ok(Mixed { instance: name.to_owned(), speed: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Mixed, A::Error> {
        let MixedTable { instance, speed } = Deserialize::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Mixed { instance, speed })
    }
});

one_or_other!(Entry, "a node's name, or a table of workloads and nodes", {
    fn visit_str<E: Error>(self, name: &str) -> Result<Entry, E> {
        Ok(Entry::One(name.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Entry, A::Error> {
        Deserialize::deserialize(MapAccessDeserializer::new(map)).map(Entry::Each)
    }
});

one_or_other!(Tagged, "a tag's name, or a table of names and values", {
    fn visit_str<E: Error>(self, name: &str) -> Result<Tagged, E> {
        Ok(Tagged::Name(name.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Tagged, A::Error> {
        Deserialize::deserialize(MapAccessDeserializer::new(map)).map(Tagged::Values)
    }
});

one_or_other!(Instants, "a duration such as `\"90s\"`, or a list of them", {
    fn visit_str<E: Error>(self, text: &str) -> Result<Instants, E> {
        let Time(span) = Time::deserialize(serde::de::value::StrDeserializer::new(text))?;
        Ok(Instants { times: vec![span], listed: false })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Instants, A::Error> {
        let times: Vec<Time> = Deserialize::deserialize(SeqAccessDeserializer::new(list))?;
        Ok(Instants { times: times.into_iter().map(|Time(span)| span).collect(), listed: true })
    }
});

one_or_other!(Replications, "a number of replications, or a table with a `precision`", {
    fn visit_i64<E: Error>(self, number: i64) -> Result<Replications, E> {
        Ok(Replications::Count(number))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Replications, A::Error> {
        Deserialize::deserialize(MapAccessDeserializer::new(map)).map(Replications::Until)
    }
});

impl JsonSchema for Names {
    fn schema_name() -> Cow<'static, str> {
        "Names".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "a name or a list of names",
            "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] })
    }
}

impl JsonSchema for Entry {
    fn schema_name() -> Cow<'static, str> {
        "Entry".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "a node's name, or `{ WORKLOAD = node }`",
            "anyOf": [{ "type": "string" }, { "type": "object", "additionalProperties": { "type": "string" } }] })
    }
}

impl JsonSchema for Tagged {
    fn schema_name() -> Cow<'static, str> {
        "Tagged".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "a tag's name, or `{ NAME = value }`",
            "anyOf": [{ "type": "string" }, { "type": "object", "additionalProperties": { "type": "string" } }] })
    }
}

impl JsonSchema for Instants {
    fn schema_name() -> Cow<'static, str> {
        "Instants".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let time = generator.subschema_for::<Time>();
        json_schema!({ "description": "a duration since the start, or a list of them",
            "anyOf": [time.clone(), { "type": "array", "items": time }] })
    }
}

impl JsonSchema for SpotShare {
    fn schema_name() -> Cow<'static, str> {
        "SpotShare".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let share = generator.subschema_for::<Share>();
        json_schema!({ "description": "true, false, or a share in per cent", "anyOf": [{ "type": "boolean" }, share] })
    }
}

impl JsonSchema for Mixed {
    fn schema_name() -> Cow<'static, str> {
        "Mixed".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let table = generator.subschema_for::<MixedTable>();
        json_schema!({ "description": "an instance type, or `{ type, speed }`", "anyOf": [{ "type": "string" }, table] })
    }
}

impl JsonSchema for Replications {
    fn schema_name() -> Cow<'static, str> {
        "Replications".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let precision = generator.subschema_for::<Precision>();
        json_schema!({ "description": "a whole number, or how precise a figure must be",
            "anyOf": [{ "type": "integer", "minimum": 1 }, precision] })
    }
}
