//! Values of the tree as serde sees them, each knowing the way down to itself.

use serde::de::{self, DeserializeSeed, Visitor};

use crate::scenario::reader::choice::{self, Chosen};
use crate::scenario::reader::fault::Error;
use crate::scenario::reader::trail::{Skip, Trail};
use crate::scenario::tree::{Entry, Table, Tree, Value};

/// One value of the tree, to be derived from.
pub(super) struct Reader<'t, 'p> {
    pub(super) tree: &'t Tree,
    pub(super) trail: &'p Trail<'p>,
    pub(super) skip: &'p Skip,
}

impl<'t, 'p> Reader<'t, 'p> {
    /// The whole of a tree.
    pub(super) fn new(tree: &'t Tree, skip: &'p Skip) -> Reader<'t, 'p> {
        Reader { tree, trail: &Trail::TOP, skip }
    }

    fn wrong(&self, expected: &str) -> Error {
        let found = match &self.tree.value {
            Value::Text(text) => format!("the text {text:?}"),
            Value::Integer(number) => format!("the number {number}"),
            Value::Float(number) => format!("the number {number}"),
            Value::Bool(truth) => format!("`{truth}`"),
            Value::Date(date) => format!("the date or time {date}"),
            Value::List(_) => "a list".to_owned(),
            Value::Table(_) => "a table".to_owned(),
        };
        Error::new("E003", format!("expected {expected}, found {found}")).at(self.trail)
    }

    fn entries(&self, table: &'t Table) -> Entries<'t, 'p> {
        Entries { rest: table.iter(), value: None, trail: self.trail, skip: self.skip }
    }
}

macro_rules! scalars {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.deserialize_any(visitor)
        })*
    };
}

impl<'de> de::Deserializer<'de> for Reader<'de, '_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.tree.value {
            Value::Text(text) => visitor.visit_borrowed_str(text),
            Value::Integer(number) => visitor.visit_i64(*number),
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Bool(truth) => visitor.visit_bool(*truth),
            Value::Date(date) => Err(Error::new("E003", format!("the date or time {date} stands here without quotes"))
                .advised(Some("no setting takes a date; a duration is text such as `\"90s\"`".to_owned()))),
            Value::List(list) => {
                visitor.visit_seq(Items { list, next: 0, exact: false, trail: self.trail, skip: self.skip })
            }
            Value::Table(table) => visitor.visit_map(self.entries(table)),
        }
        .map_err(|error| error.at(self.trail))
    }

    scalars! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16 deserialize_u32
        deserialize_u64 deserialize_f32 deserialize_f64 deserialize_char deserialize_bytes deserialize_byte_buf
        deserialize_ignored_any deserialize_identifier
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.tree.value {
            Value::Bool(truth) => visitor.visit_bool(truth),
            _ => Err(self.wrong("`true` or `false`")),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.tree.value {
            Value::Text(text) => visitor.visit_borrowed_str(text).map_err(|error: Error| error.at(self.trail)),
            _ => Err(self.wrong("text in quotes")),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.tree.value {
            Value::Table(table) if table.is_empty() => visitor.visit_unit(),
            _ => Err(self.wrong("an empty table")),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        let trail = self.trail;
        visitor.visit_newtype_struct(self).map_err(|error: Error| error.at(trail))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.tree.value {
            Value::List(list) => {
                visitor.visit_seq(Items { list, next: 0, exact: false, trail: self.trail, skip: self.skip })
            }
            _ => return Err(self.wrong("a list")),
        }
        .map_err(|error: Error| error.at(self.trail))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        match &self.tree.value {
            Value::List(list) if list.len() == length => {
                visitor.visit_seq(Items { list, next: 0, exact: true, trail: self.trail, skip: self.skip })
            }
            Value::List(list) => {
                let what = format!("a list of exactly {length} values belongs here; this one has {}", list.len());
                return Err(Error::new("E003", what).at(self.trail));
            }
            _ => return Err(self.wrong(&format!("a list of {length} values"))),
        }
        .map_err(|error: Error| error.at(self.trail))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.tree.value {
            Value::Table(table) => visitor.visit_map(self.entries(table)).map_err(|error: Error| error.at(self.trail)),
            _ => Err(self.wrong("a table")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match &self.tree.value {
            Value::Table(table) => visitor.visit_map(self.entries(table)).map_err(|error: Error| error.at(self.trail)),
            Value::Text(_) | Value::Integer(_) | Value::Float(_) | Value::Bool(_) | Value::Date(_) | Value::List(_) => {
                let example = fields.first().map_or_else(String::new, |field| format!(" such as `{{ {field} = … }}`"));
                Err(self.wrong(&format!("a table of settings{example}")))
            }
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let (word, content) = choice::made(self.tree, variants).map_err(|error| match error {
            Some(error) => error.at(self.trail),
            None if variants.contains(&"constant") => {
                self.wrong("a plain value or a table of one key that names a law")
            }
            None => self.wrong("a word, or a table of one key"),
        })?;
        let Reader { trail, skip, .. } = self;
        visitor.visit_enum(Chosen { word, content, trail, skip }).map_err(|error: Error| error.at(trail))
    }
}

/// The keys of a table, one by one.
struct Entries<'t, 'p> {
    rest: indexmap::map::Iter<'t, String, Entry>,
    value: Option<(&'t str, &'t Tree)>,
    trail: &'p Trail<'p>,
    skip: &'p Skip,
}

impl<'de> de::MapAccess<'de> for Entries<'de, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        for (key, entry) in self.rest.by_ref() {
            let trail = self.trail.name(key);
            if self.skip.has_trail(&trail) {
                continue;
            }
            self.value = Some((key, &entry.tree));
            let key = de::value::BorrowedStrDeserializer::new(key);
            return seed.deserialize(key).map(Some).map_err(|error: Error| error.at(self.trail));
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let (key, tree) = self.value.take().expect("serde asks for a value after its key");
        let trail = self.trail.name(key);
        seed.deserialize(Reader { tree, trail: &trail, skip: self.skip }).map_err(|error| error.at(&trail))
    }
}

/// The values of a list, one by one.
struct Items<'t, 'p> {
    list: &'t [Tree],
    next: usize,
    /// Whether each has its meaning by its place, so that none may be left out.
    exact: bool,
    trail: &'p Trail<'p>,
    skip: &'p Skip,
}

impl<'de> de::SeqAccess<'de> for Items<'de, '_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        while let Some(tree) = self.list.get(self.next) {
            let trail = self.trail.nth(self.next);
            self.next += 1;
            if self.skip.has_trail(&trail) {
                if self.exact {
                    return Err(Error::consequence());
                }
                continue;
            }
            return seed
                .deserialize(Reader { tree, trail: &trail, skip: self.skip })
                .map(Some)
                .map_err(|error| error.at(&trail));
        }
        Ok(None)
    }
}
