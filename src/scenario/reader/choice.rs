//! Choices: a bare word, or a table whose only key says which it is and whose value are the settings.

use serde::de::value::{BorrowedStrDeserializer, MapDeserializer};
use serde::de::{self, DeserializeSeed, Deserializer, Visitor};

use crate::scenario::complaint::did_you_mean;
use crate::scenario::reader::fault::Error;
use crate::scenario::reader::trail::{Skip, Trail};
use crate::scenario::reader::value::Reader;
use crate::scenario::tree::{Tree, Value};

/// A choice that was made.
pub(super) struct Chosen<'t, 'p> {
    pub(super) word: &'t str,
    pub(super) content: Content<'t>,
    pub(super) trail: &'p Trail<'p>,
    pub(super) skip: &'p Skip,
}

/// What stands behind the word.
#[derive(Clone, Copy)]
pub(super) enum Content<'t> {
    /// Nothing: it was a bare word.
    Word,
    /// A plain value: the constant law.
    Plain(&'t Tree),
    /// What stands at the one key.
    Key(&'t Tree),
}

/// The choice that a value makes. Where one of the variants is `constant`, a plain value makes that one.
/// Without an error of its own, the value is of no form that makes a choice.
pub(super) fn made<'t>(tree: &'t Tree, variants: &[&str]) -> Result<(&'t str, Content<'t>), Option<Error>> {
    let plain_is_constant = variants.contains(&"constant");
    match &tree.value {
        Value::Text(word) if variants.contains(&word.as_str()) || !plain_is_constant => Ok((word, Content::Word)),
        Value::Text(_) | Value::Integer(_) | Value::Float(_) if plain_is_constant => {
            Ok(("constant", Content::Plain(tree)))
        }
        Value::Table(table) => {
            let mut entries = table.iter();
            let Some((word, entry)) = entries.next() else {
                let advice = did_you_mean("", variants.iter().copied());
                return Err(Some(Error::new("E004", "a choice needs its one key".to_owned()).advised(advice)));
            };
            match entries.next() {
                Some((second, _)) => Err(Some(two_keys(word, second, variants))),
                None => Ok((word, Content::Key(&entry.tree))),
            }
        }
        _ => Err(None),
    }
}

/// A choice with a second key: a known word there means two choices, an unknown one a setting at the wrong place.
fn two_keys(first: &str, second: &str, variants: &[&str]) -> Error {
    let known = |word: &str| variants.contains(&word);
    let (what, advice) = match (known(first), known(second)) {
        (true, true) => (format!("`{first}` and `{second}` exclude each other"), "keep one of them".to_owned()),
        (true, false) => (
            format!("`{second}` stands beside `{first}`, not in it"),
            format!("settings of `{first}` go inside its braces: `{{ {first} = {{ {second} = … }} }}`"),
        ),
        _ => (
            format!("a choice has one key; this has `{first}` and `{second}`"),
            did_you_mean(first, variants.iter().copied()).unwrap_or_default(),
        ),
    };
    let mut error = Error::new("E006", what).advised(Some(advice));
    error.0.on_word = Some(second.to_owned());
    error
}

impl<'de, 'p> de::EnumAccess<'de> for Chosen<'de, 'p> {
    type Error = Error;
    type Variant = Chosen<'de, 'p>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Chosen<'de, 'p>), Error> {
        let word = BorrowedStrDeserializer::new(self.word);
        let variant = seed.deserialize(word).map_err(|error: Error| error.at(self.trail))?;
        Ok((variant, self))
    }
}

impl<'de> de::VariantAccess<'de> for Chosen<'de, '_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.content {
            Content::Word => Ok(()),
            Content::Plain(_) | Content::Key(_) => self.newtype_variant_seed(std::marker::PhantomData),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        let Chosen { word, content, trail, skip } = self;
        match content {
            Content::Plain(tree) => seed.deserialize(Reader { tree, trail, skip }),
            Content::Key(tree) => {
                let inner = trail.name(word);
                if skip.has_trail(&inner) {
                    return Err(Error::consequence().at(trail));
                }
                seed.deserialize(Reader { tree, trail: &inner, skip }).map_err(|error| error.at(&inner))
            }
            Content::Word => seed.deserialize(NoSettings).map_err(|error| needs_settings(word, error).at(trail)),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        match self.content {
            Content::Plain(tree) | Content::Key(tree) => {
                Reader { tree, trail: self.trail, skip: self.skip }.deserialize_tuple(length, visitor)
            }
            Content::Word => Err(needs_settings(self.word, Error::consequence()).at(self.trail)),
        }
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        match self.content {
            Content::Plain(tree) | Content::Key(tree) => {
                Reader { tree, trail: self.trail, skip: self.skip }.deserialize_struct("", fields, visitor)
            }
            Content::Word => NoSettings.deserialize_struct("", fields, visitor),
        }
    }
}

/// A bare word whose settings can't all be left out.
fn needs_settings(word: &str, mut error: Error) -> Error {
    error.0.what = match error.0.missing.take() {
        Some(field) => format!("`{word}` needs settings: `{field}` is missing"),
        None => format!("`{word}` needs settings of its own"),
    };
    error.0.code = "E004";
    error.0.consequence = false;
    error.0.advice = Some(format!("write `{{ {word} = … }}`; `explain {word}` lists its settings"));
    error
}

/// The settings of a bare word: an empty table, and nothing else.
struct NoSettings;

impl<'de> Deserializer<'de> for NoSettings {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(MapDeserializer::new(std::iter::empty::<(&str, &str)>()))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}
