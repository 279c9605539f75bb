//! Drafts are derived from the tree here, with the place of every fault, and with all faults and not just the first.
//!
//! A derive stops at its first fault. So the faulty part is noted and left out, and the derive begins again, until
//! nothing more is found: a list of all faults, each at its innermost place, from plain derives.
//!
//! Choices are enums. A bare word is the variant of that name with nothing set; a table's only key is the variant.
//! Where a choice has a variant `constant`, a plain value means that one: this is how laws are written.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{self, DeserializeOwned, DeserializeSeed, Expected, Unexpected, Visitor};

use crate::scenario::complaint::{Complaint, did_you_mean};
use crate::scenario::later;
use crate::scenario::place::{Key, Place};
use crate::scenario::tree::{Table, Tree, Value};

/// More faults than anybody reads at once.
const FAULTS_MAX: usize = 200;

/// Separates what is the matter from what to do about it in a message that passes through serde.
pub(crate) const ADVICE: char = '\n';

/// What a derive found.
pub(crate) struct Derived<T> {
    /// What could be drafted; `None` where even the outline fails.
    pub draft: Option<T>,
    /// Everything that is the matter with it.
    pub complaints: Vec<Complaint>,
    /// What was left out for it.
    pub holes: Holes,
}

/// Parts of a tree that a draft lacks because they are at fault.
#[derive(Debug, Default)]
pub(crate) struct Holes(BTreeSet<Vec<Key>>);

impl Holes {
    /// The place in the tree of a place in the draft: entries of a list move up where those before them were left out.
    pub fn restore(&self, place: &Place) -> Place {
        if self.0.is_empty() {
            return place.clone();
        }
        let mut keys: Vec<Key> = Vec::new();
        for key in place.keys() {
            keys.push(key.clone());
            if let Key::Index(index) = key {
                let depth = keys.len() - 1;
                let mut index = *index;
                // In order, so that each entry left out before pushes this one on by one.
                for hole in self.0.iter().filter(|hole| hole.len() == depth + 1 && hole[..depth] == keys[..depth]) {
                    if matches!(hole[depth], Key::Index(left_out) if left_out <= index) {
                        index += 1;
                    }
                }
                keys[depth] = Key::Index(index);
            }
        }
        place.with_keys(keys)
    }
}

/// Drafts the whole tree.
pub(crate) fn derive<T: DeserializeOwned>(tree: &Tree) -> Derived<T> {
    let mut skip = BTreeSet::new();
    let mut complaints = Vec::new();
    let draft = loop {
        let mut error = match T::deserialize(Reader { tree, trail: &Trail::TOP, skip: &skip }) {
            Ok(draft) => break Some(draft),
            Err(error) => *error.0,
        };
        let keys = error.at.take().unwrap_or_default();
        let consequence = match &error.missing {
            Some(field) => skip.contains(&[&keys[..], &[Key::Name(field.clone())]].concat()),
            None => error.consequence,
        };
        let mut skipped = keys.clone();
        if error.key_is_wrong {
            skipped.extend(error.on_word.clone().map(Key::Name));
        }
        if !consequence {
            complaints.push(complaint(tree, keys, error));
        }
        // Nothing new to leave out, or nothing left: the outline itself is at fault.
        if skipped.is_empty() || complaints.len() >= FAULTS_MAX || !skip.insert(skipped) {
            break None;
        }
    };
    Derived { draft, complaints, holes: Holes(skip) }
}

fn complaint(tree: &Tree, keys: Vec<Key>, mut error: Inner) -> Complaint {
    let mut place = Place::from_keys(keys);
    let mut meant = place.clone();
    if error.key_is_wrong {
        error.what = format!("{} has no {}", owner(&place), error.what);
    }
    if let Some(word) = &error.on_word {
        place = place.then(word).key();
        meant = place.clone();
    } else if let Some(Value::Text(word)) = tree.at(&place).map(|tree| &tree.value) {
        meant = place.then(word);
    }
    if let Some((pattern, what)) = later::find(&meant) {
        let what = match what {
            "" => format!("`{}` is not in this version yet", pattern.rsplit('.').next().unwrap_or(pattern)),
            told => told.to_owned(),
        };
        return Complaint::error("E008", place, what)
            .advise("leave it out for now; `explain` lists what this version has");
    }
    if let Some(field) = &error.missing {
        error.what = format!("{} lacks `{field}`", owner(&place));
    }
    let word = grammar_word(&place);
    let advice = error.advice.unwrap_or_else(|| match &error.missing {
        Some(field) => format!("add `{field} = …`; `explain {field}` tells how it is written"),
        None => format!("`explain {word}` tells how it is written"),
    });
    Complaint::error(error.code, place, error.what).advise(advice)
}

/// Places whose last key is a person's own name for what stands there.
const NAMED: [&str; 10] = [
    "workload.*",
    "topology.*",
    "topology.*.pool.*",
    "topology.*.balancer.*",
    "topology.*.queue.*",
    "topology.*.bucket.*",
    "fault.outage.*",
    "topology.*.fault.outage.*",
    "goal.*",
    "prices.own.*",
];

/// The last word of the grammar on the way to a place.
fn grammar_word(place: &Place) -> &str {
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
fn owner(place: &Place) -> String {
    let name = |key: Option<&Key>| match key {
        Some(Key::Name(name)) => name.clone(),
        _ => String::new(),
    };
    let mut keys = place.keys().iter().rev();
    let last = keys.next();
    if last.is_none() {
        return "a scenario".to_owned();
    }
    if place.matches("topology.*.pool.*.steps") {
        return "this step".to_owned();
    }
    if NAMED.iter().any(|pattern| place.matches(pattern)) {
        return format!("{} `{}`", name(keys.next()), name(last));
    }
    match last {
        Some(Key::Name(name)) => format!("`{name}`"),
        _ => format!("this entry of `{}`", name(keys.next())),
    }
}

/// The way down to a value, kept on the stack.
struct Trail<'p> {
    up: Option<&'p Trail<'p>>,
    key: TrailKey<'p>,
}

enum TrailKey<'p> {
    Name(&'p str),
    Index(usize),
}

impl Trail<'_> {
    const TOP: Trail<'static> = Trail { up: None, key: TrailKey::Name("") };

    fn keys(&self) -> Vec<Key> {
        let Some(up) = self.up else { return Vec::new() };
        let mut keys = up.keys();
        keys.push(match self.key {
            TrailKey::Name(name) => Key::Name(name.to_owned()),
            TrailKey::Index(index) => Key::Index(index),
        });
        keys
    }
}

/// A fault that a derive stopped at.
pub(crate) struct Error(Box<Inner>);

struct Inner {
    code: &'static str,
    what: String,
    advice: Option<String>,
    /// Where: the value at fault, or the table that lacks or has a wrong key.
    at: Option<Vec<Key>>,
    /// A key of that table, or a word that stands there, which is at fault.
    on_word: Option<String>,
    /// Whether the word at fault is a key (and not a choice).
    key_is_wrong: bool,
    missing: Option<String>,
    /// Follows from something left out before.
    consequence: bool,
}

impl Error {
    fn new(code: &'static str, what: String) -> Error {
        Error(Box::new(Inner {
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

    fn advised(mut self, advice: Option<String>) -> Error {
        self.0.advice = advice;
        self
    }

    fn at(mut self, trail: &Trail<'_>) -> Error {
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

/// One value of the tree, to be derived from.
struct Reader<'t, 'p> {
    tree: &'t Tree,
    trail: &'p Trail<'p>,
    skip: &'p BTreeSet<Vec<Key>>,
}

impl<'t> Reader<'t, '_> {
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

    fn entries(&self, table: &'t Table) -> Entries<'t, '_> {
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
        let plain_is_constant = variants.contains(&"constant");
        let (word, content) = match &self.tree.value {
            Value::Text(word) if variants.contains(&word.as_str()) || !plain_is_constant => {
                (word.as_str(), Content::Word)
            }
            Value::Text(_) | Value::Integer(_) | Value::Float(_) if plain_is_constant => {
                ("constant", Content::Plain(self.tree))
            }
            Value::Table(table) => {
                let mut entries = table.iter();
                let Some((word, entry)) = entries.next() else {
                    let advice = did_you_mean("", variants.iter().copied());
                    return Err(Error::new("E004", "a choice needs its one key".to_owned())
                        .advised(advice)
                        .at(self.trail));
                };
                if let Some((second, _)) = entries.next() {
                    return Err(self.two_keys(word, second, variants));
                }
                (word.as_str(), Content::Key(&entry.tree))
            }
            _ if plain_is_constant => return Err(self.wrong("a plain value or a table of one key that names a law")),
            _ => return Err(self.wrong("a word, or a table of one key")),
        };
        let trail = self.trail;
        visitor.visit_enum(Chosen { word, content, trail, skip: self.skip }).map_err(|error: Error| error.at(trail))
    }
}

impl Reader<'_, '_> {
    /// A choice with a second key: a known word there means two choices, an unknown one a setting at the wrong place.
    fn two_keys(&self, first: &str, second: &str, variants: &'static [&'static str]) -> Error {
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
        let mut error = Error::new("E006", what).advised(Some(advice)).at(self.trail);
        error.0.on_word = Some(second.to_owned());
        error
    }
}

/// The keys of a table, one by one.
struct Entries<'t, 'p> {
    rest: indexmap::map::Iter<'t, String, crate::scenario::tree::Entry>,
    value: Option<(&'t str, &'t Tree)>,
    trail: &'p Trail<'p>,
    skip: &'p BTreeSet<Vec<Key>>,
}

impl<'de> de::MapAccess<'de> for Entries<'de, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        for (key, entry) in self.rest.by_ref() {
            let trail = Trail { up: Some(self.trail), key: TrailKey::Name(key) };
            if !self.skip.is_empty() && self.skip.contains(&trail.keys()) {
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
        let trail = Trail { up: Some(self.trail), key: TrailKey::Name(key) };
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
    skip: &'p BTreeSet<Vec<Key>>,
}

impl<'de> de::SeqAccess<'de> for Items<'de, '_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        while let Some(tree) = self.list.get(self.next) {
            let trail = Trail { up: Some(self.trail), key: TrailKey::Index(self.next) };
            self.next += 1;
            if !self.skip.is_empty() && self.skip.contains(&trail.keys()) {
                if self.exact {
                    let mut error = Error::new("E003", String::new());
                    error.0.consequence = true;
                    return Err(error);
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

/// A choice that was made.
struct Chosen<'t, 'p> {
    word: &'t str,
    content: Content<'t>,
    trail: &'p Trail<'p>,
    skip: &'p BTreeSet<Vec<Key>>,
}

#[derive(Clone, Copy)]
enum Content<'t> {
    /// A bare word: no settings.
    Word,
    /// A plain value: the constant law.
    Plain(&'t Tree),
    /// What stands at the one key.
    Key(&'t Tree),
}

impl<'de, 'p> de::EnumAccess<'de> for Chosen<'de, 'p> {
    type Error = Error;
    type Variant = Chosen<'de, 'p>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Chosen<'de, 'p>), Error> {
        let word = de::value::BorrowedStrDeserializer::new(self.word);
        let variant = seed.deserialize(word).map_err(|error: Error| error.at(self.trail))?;
        Ok((variant, self))
    }
}

impl<'de> Chosen<'de, '_> {
    fn settings<R>(self, derive: impl FnOnce(Reader<'de, '_>) -> Result<R, Error>) -> Result<R, Error> {
        static NOTHING: std::sync::OnceLock<Tree> = std::sync::OnceLock::new();
        match self.content {
            Content::Plain(tree) => derive(Reader { tree, trail: self.trail, skip: self.skip }),
            Content::Key(tree) => {
                let trail = Trail { up: Some(self.trail), key: TrailKey::Name(self.word) };
                if !self.skip.is_empty() && self.skip.contains(&trail.keys()) {
                    let mut error = Error::new("E003", String::new()).at(self.trail);
                    error.0.consequence = true;
                    return Err(error);
                }
                derive(Reader { tree, trail: &trail, skip: self.skip }).map_err(|error| error.at(&trail))
            }
            Content::Word => {
                let tree = NOTHING.get_or_init(|| Tree::loose(Value::Table(Table::new())));
                derive(Reader { tree, trail: self.trail, skip: self.skip }).map_err(|mut error| {
                    error = error.at(self.trail);
                    error.0.what = match error.0.missing.take() {
                        Some(field) => format!("`{}` needs settings: `{field}` is missing", self.word),
                        None => format!("`{}` needs settings of its own", self.word),
                    };
                    error.0.code = "E004";
                    error.0.advice =
                        Some(format!("write `{{ {} = … }}`; `explain {}` lists its settings", self.word, self.word));
                    error
                })
            }
        }
    }
}

impl<'de> de::VariantAccess<'de> for Chosen<'de, '_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.content {
            Content::Word => Ok(()),
            _ => self.settings(|reader| <() as serde::Deserialize>::deserialize(reader)),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        self.settings(|reader| seed.deserialize(reader))
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        self.settings(|reader| de::Deserializer::deserialize_tuple(reader, length, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.settings(|reader| de::Deserializer::deserialize_struct(reader, "", fields, visitor))
    }
}
