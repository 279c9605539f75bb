//! The text as a tree of values that know where they stand. TOML and JSON become the same tree.

use std::ops::Range;

use indexmap::IndexMap;
use toml::de::{DeTable, DeValue};

use crate::scenario::complaint::Complaint;
use crate::scenario::json;
use crate::scenario::place::{Key, Place};
use crate::scenario::source::Source;

/// The most bytes of a scenario's own text.
const TEXT_MAX: usize = 16 << 20;

/// A value and the bytes it was read from; `None` where it was set beside the file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tree {
    pub span: Option<Range<usize>>,
    pub value: Value,
}

/// What stands there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Integer(i64),
    Float(f64),
    Bool(bool),
    /// A bare TOML date or time, which no key takes.
    Date(String),
    List(Vec<Tree>),
    Table(Table),
}

/// Keys in the order of the file.
pub(crate) type Table = IndexMap<String, Entry>;

/// A key's value, and where the key stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub key: Option<Range<usize>>,
    pub tree: Tree,
}

impl Tree {
    /// A value that does not stand in the file.
    pub fn loose(value: Value) -> Tree {
        Tree { span: None, value }
    }

    /// How many values it holds, itself included.
    pub fn size(&self) -> usize {
        1 + match &self.value {
            Value::List(list) => list.iter().map(Tree::size).sum(),
            Value::Table(table) => table.values().map(|entry| entry.tree.size()).sum(),
            Value::Text(_) | Value::Integer(_) | Value::Float(_) | Value::Bool(_) | Value::Date(_) => 0,
        }
    }

    /// What stands at a place.
    pub fn at(&self, place: &Place) -> Option<&Tree> {
        place.keys().iter().try_fold(self, |here, key| match (key, &here.value) {
            (Key::Name(name), Value::Table(table)) => table.get(name).map(|entry| &entry.tree),
            (Key::Index(index), Value::List(list)) => list.get(*index),
            _ => None,
        })
    }

    /// The table at a key of this table.
    pub fn table(&self, key: &str) -> Option<&Table> {
        match &self.get(key)?.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// What stands at a key of this table.
    pub fn get(&self, key: &str) -> Option<&Tree> {
        match &self.value {
            Value::Table(table) => table.get(key).map(|entry| &entry.tree),
            _ => None,
        }
    }
}

/// Reads the text: JSON where it begins with a brace or its name says so, else TOML.
pub(crate) fn parse(source: &Source) -> Result<Tree, Vec<Complaint>> {
    if source.text.len() > TEXT_MAX {
        let what = format!("the file has {} MiB, which is more than a scenario may have", source.text.len() >> 20);
        let advice = format!("at most {} MiB; put recorded arrivals into a trace of their own", TEXT_MAX >> 20);
        return Err(vec![Complaint::error("E001", Place::top(), what).advise(advice)]);
    }
    let is_json = source.name.ends_with(".json") || source.text.trim_start().starts_with('{');
    if is_json { json::parse(&source.text).map_err(|complaint| vec![*complaint]) } else { parse_toml(&source.text) }
}

fn parse_toml(text: &str) -> Result<Tree, Vec<Complaint>> {
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut complaints = Vec::new();
    // One slip often makes the parser stumble again on the same line; the first of a line is the one that helps.
    let mut last_line = None;
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        let line = text.get(..span.start).map_or(0, |before| before.matches('\n').count());
        if last_line != Some(line) {
            complaints.push(syntax(error.message(), span));
        }
        last_line = Some(line);
    }
    let span = document.span();
    let table = table_of(document.into_inner(), &mut complaints);
    if complaints.is_empty() { Ok(Tree { span: Some(span), value: Value::Table(table) }) } else { Err(complaints) }
}

fn syntax(message: &str, span: Range<usize>) -> Complaint {
    let message = message.lines().collect::<Vec<_>>().join(", ");
    if message.contains("recursion limit") || message.contains("cannot recurse") {
        let what = "tables or lists stand more than 80 deep inside each other";
        return Complaint::error("E001", Place::bytes(span), what)
            .advise("no setting of a scenario is that deep: look for a bracket that is never closed");
    }
    if message.contains("duplicate key") {
        return Complaint::error("E001", Place::bytes(span), "this name is given twice")
            .advise("keep one of the two, or give the other a name of its own");
    }
    Complaint::error("E001", Place::bytes(span), format!("this is not TOML: {message}"))
        .advise("text stands in double quotes, a list in brackets, a table in braces or under a header of its own")
}

fn table_of(table: DeTable<'_>, complaints: &mut Vec<Complaint>) -> Table {
    let mut entries = Table::new();
    for (key, value) in table {
        let key_span = key.span();
        let span = value.span();
        let tree = Tree { span: Some(span.clone()), value: value_of(value.into_inner(), span, complaints) };
        entries.insert(key.into_inner().into_owned(), Entry { key: Some(key_span), tree });
    }
    entries
}

fn value_of(value: DeValue<'_>, span: Range<usize>, complaints: &mut Vec<Complaint>) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Boolean(truth) => Value::Bool(truth),
        DeValue::Datetime(date) => Value::Date(date.to_string()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Integer(number),
            Err(_) => {
                complaints.push(
                    Complaint::error("E001", Place::bytes(span), "this number has more digits than any setting takes")
                        .advise(format!("whole numbers go up to {}", i64::MAX)),
                );
                Value::Integer(0)
            }
        },
        DeValue::Float(number) => match number.as_str().parse::<f64>() {
            Ok(number) if number.is_finite() => Value::Float(number),
            _ => {
                complaints.push(
                    Complaint::error(
                        "E001",
                        Place::bytes(span),
                        format!("`{}` is not a number one can count with", number.as_str()),
                    )
                    .advise("leave the setting out, or write \"unlimited\" where a count may be without end"),
                );
                Value::Float(0.0)
            }
        },
        DeValue::Array(list) => Value::List(
            list.into_iter()
                .map(|item| {
                    let span = item.span();
                    Tree { span: Some(span.clone()), value: value_of(item.into_inner(), span, complaints) }
                })
                .collect(),
        ),
        DeValue::Table(table) => Value::Table(table_of(table, complaints)),
    }
}
