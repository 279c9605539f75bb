//! Reading a table that another program wrote: what is asked for is taken out, and what remains was not understood.

use std::ops::Range;

use crate::scenario::complaint::{Complaint, did_you_mean};
use crate::scenario::import::fragment::{Item, Out};
use crate::scenario::place::Place;
use crate::scenario::tree::{Entry, Table, Tree, Value};

/// Where something was read: which text, and which of its bytes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Origin {
    pub source: usize,
    pub bytes: Range<usize>,
}

/// Something that has not become a part of a scenario.
#[derive(Clone, Debug)]
pub(super) struct Unread {
    pub at: Origin,
    pub path: String,
    pub why: String,
}

/// What was found beside what was translated.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// What is wrong.
    pub complaints: Vec<(usize, Complaint)>,
    /// What was not understood, or is missing.
    pub unread: Vec<Unread>,
    /// What only describes and decides nothing.
    pub described: Vec<Unread>,
    /// What was done that a reader should know.
    pub notes: Vec<String>,
}

impl Findings {
    /// Something is wrong.
    pub fn refuse(&mut self, code: &'static str, at: &Origin, what: impl Into<String>, advice: &str) {
        let complaint = Complaint::error(code, Place::bytes(at.bytes.clone()), what).advise(advice);
        self.complaints.push((at.source, complaint));
    }

    /// Something is not understood.
    pub fn unread(&mut self, at: &Origin, path: impl Into<String>, why: impl Into<String>) {
        self.unread.push(Unread { at: at.clone(), path: path.into(), why: why.into() });
    }

    /// Something to know.
    pub fn note(&mut self, what: impl Into<String>) {
        let what = what.into();
        if !self.notes.contains(&what) {
            self.notes.push(what);
        }
    }
}

/// A table that is being read. It must come to its [`Taking::finish`], which tells what nobody asked for.
#[derive(Debug)]
pub(super) struct Taking {
    pub path: String,
    pub at: Origin,
    table: Table,
}

/// A number as TOML writes it, and as short as it can be.
pub(super) fn written(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 { format!("{number:.0}") } else { format!("{number:?}") }
}

/// What stands there, in a word.
fn form(value: &Value) -> String {
    match value {
        Value::Text(text) => {
            let shown: String = text.chars().take(40).collect();
            format!("the text {shown:?}")
        }
        Value::Integer(number) => format!("the number {number}"),
        Value::Float(number) => format!("the number {number}"),
        Value::Bool(truth) => format!("`{truth}`"),
        Value::Date(date) => format!("the date {date}"),
        Value::List(_) => "a list".to_owned(),
        Value::Table(_) => "a table".to_owned(),
    }
}

/// Whether there is nothing in it: an empty list or table says as much as none.
fn is_empty(tree: &Tree) -> bool {
    match &tree.value {
        Value::List(list) => list.is_empty(),
        Value::Table(table) => table.is_empty(),
        Value::Text(text) => text.is_empty(),
        Value::Integer(_) | Value::Float(_) | Value::Bool(_) | Value::Date(_) => false,
    }
}

/// Texts that are true …
const TRUE: [&str; 6] = ["true", "True", "TRUE", "t", "T", "1"];
/// … and false.
const FALSE: [&str; 6] = ["false", "False", "FALSE", "f", "F", "0"];

impl Taking {
    /// A table, from its path and its place.
    pub fn new(path: &str, at: Origin, table: Table) -> Taking {
        Taking { path: path.to_owned(), at, table }
    }

    /// The path of one of its keys.
    pub fn below(&self, key: &str) -> String {
        // A key of labels or annotations has dots of its own.
        let key = if key.contains('.') { format!("{key:?}") } else { key.to_owned() };
        if self.path.is_empty() { key } else { format!("{}.{key}", self.path) }
    }

    /// Whether it has a key.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Its keys that nobody has asked for yet.
    pub fn keys(&self) -> Vec<String> {
        self.table.keys().cloned().collect()
    }

    fn origin(&self, range: Option<Range<usize>>) -> Origin {
        Origin { source: self.at.source, bytes: range.unwrap_or_else(|| self.at.bytes.clone()) }
    }

    fn take(&mut self, key: &str) -> Option<(Value, Origin)> {
        let Entry { tree, .. } = self.table.shift_remove(key)?;
        let at = self.origin(tree.span.clone());
        Some((tree.value, at))
    }

    fn wrong(&self, key: &str, value: &Value, at: &Origin, wanted: &str, found: &mut Findings) {
        let what = format!("`{}` is {wanted}, and this is {}", self.below(key), form(value));
        found.refuse("E003", at, what, &format!("write {wanted}"));
    }

    /// A key must be there. What it holds is another question.
    pub fn need(&self, key: &str, advice: &str, found: &mut Findings) {
        if !self.has(key) {
            found.refuse("E004", &self.at, format!("`{}` is missing", self.below(key)), advice);
        }
    }

    /// A whole number, which may be negative.
    pub fn integer(&mut self, key: &str, found: &mut Findings) -> Option<(i64, Origin)> {
        let (value, at) = self.take(key)?;
        match &value {
            Value::Integer(number) => return Some((*number, at)),
            // Some programs write every number with a point.
            Value::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => return Some((*number as i64, at)),
            _ => self.wrong(key, &value, &at, "a whole number", found),
        }
        None
    }

    /// A count: a whole number that is not negative.
    pub fn count(&mut self, key: &str, found: &mut Findings) -> Option<(u64, Origin)> {
        let (number, at) = self.integer(key, found)?;
        match u64::try_from(number) {
            Ok(number) => Some((number, at)),
            Err(_) => {
                let what = format!("`{}` is {number}, and this counts something", self.below(key));
                found.refuse("E201", &at, what, "write 0 or more");
                None
            }
        }
    }

    /// A count that is written as text, as attributes and metadata are.
    pub fn count_in_text(&mut self, key: &str, found: &mut Findings) -> Option<(u64, Origin)> {
        if matches!(self.table.get(key)?.tree.value, Value::Integer(_) | Value::Float(_)) {
            return self.count(key, found);
        }
        let (text, at) = self.text(key, found)?;
        match text.trim().parse::<u64>() {
            Ok(number) if number <= i64::MAX as u64 => Some((number, at)),
            _ => {
                let what = format!("`{}` is a whole number from 0, and this is {text:?}", self.below(key));
                found.refuse("E003", &at, what, "write a whole number");
                None
            }
        }
    }

    /// Any number.
    pub fn number(&mut self, key: &str, found: &mut Findings) -> Option<(f64, Origin)> {
        let (value, at) = self.take(key)?;
        match value {
            Value::Integer(number) => Some((number as f64, at)),
            Value::Float(number) => Some((number, at)),
            other => {
                self.wrong(key, &other, &at, "a number", found);
                None
            }
        }
    }

    /// A text.
    pub fn text(&mut self, key: &str, found: &mut Findings) -> Option<(String, Origin)> {
        let (value, at) = self.take(key)?;
        match value {
            Value::Text(text) => Some((text, at)),
            other => {
                self.wrong(key, &other, &at, "text", found);
                None
            }
        }
    }

    /// A truth; in attributes and metadata it is text, in any of the forms that Go's `strconv.ParseBool` takes.
    pub fn flag(&mut self, key: &str, found: &mut Findings) -> Option<(bool, Origin)> {
        let (value, at) = self.take(key)?;
        match &value {
            Value::Bool(truth) => return Some((*truth, at)),
            Value::Text(text) if TRUE.contains(&text.as_str()) => return Some((true, at)),
            Value::Text(text) if FALSE.contains(&text.as_str()) => return Some((false, at)),
            _ => self.wrong(key, &value, &at, "`true` or `false`", found),
        }
        None
    }

    /// A table.
    pub fn table(&mut self, key: &str, found: &mut Findings) -> Option<Taking> {
        let (value, at) = self.take(key)?;
        match value {
            Value::Table(table) => Some(Taking::new(&self.below(key), at, table)),
            other => {
                self.wrong(key, &other, &at, "a table", found);
                None
            }
        }
    }

    /// A list of tables.
    pub fn tables(&mut self, key: &str, found: &mut Findings) -> Option<Vec<Taking>> {
        let (value, at) = self.take(key)?;
        let Value::List(list) = value else {
            self.wrong(key, &value, &at, "a list", found);
            return None;
        };
        let mut tables = Vec::with_capacity(list.len());
        for (index, tree) in list.into_iter().enumerate() {
            let (name, at) = (format!("{key}[{index}]"), self.origin(tree.span));
            match tree.value {
                Value::Table(table) => tables.push(Taking::new(&self.below(&name), at, table)),
                other => self.wrong(&name, &other, &at, "a table", found),
            }
        }
        Some(tables)
    }

    /// A list of texts.
    pub fn texts(&mut self, key: &str, found: &mut Findings) -> Option<(Vec<String>, Origin)> {
        let (value, at) = self.take(key)?;
        let Value::List(list) = value else {
            self.wrong(key, &value, &at, "a list", found);
            return None;
        };
        let mut texts = Vec::with_capacity(list.len());
        for (index, tree) in list.into_iter().enumerate() {
            match tree.value {
                Value::Text(text) => texts.push(text),
                other => self.wrong(&format!("{key}[{index}]"), &other, &self.origin(tree.span), "text", found),
            }
        }
        Some((texts, at))
    }

    /// A count as a scenario writes it.
    pub fn whole(&mut self, key: &str, found: &mut Findings) -> Option<Item> {
        let (number, at) = self.count(key, found)?;
        Some(Item::new(Out::Bare(number.to_string()), at))
    }

    /// A number of seconds as a scenario writes it: a duration.
    pub fn seconds(&mut self, key: &str, found: &mut Findings) -> Option<Item> {
        let (number, at) = self.count(key, found)?;
        Some(Item::new(Out::Text(format!("{number}s")), at))
    }

    /// An amount as Kubernetes writes it, `30` or `"500m"`, which a scenario takes as it stands.
    pub fn amount(&mut self, key: &str, found: &mut Findings) -> Option<Item> {
        let (value, at) = self.take(key)?;
        let out = match value {
            Value::Integer(number) => Out::Bare(number.to_string()),
            Value::Float(number) => Out::Bare(written(number)),
            Value::Text(text) => match text.trim().parse::<i64>() {
                Ok(number) => Out::Bare(number.to_string()),
                Err(_) => Out::Text(text.trim().to_owned()),
            },
            other => {
                self.wrong(key, &other, &at, "an amount such as `30` or `\"500m\"`", found);
                return None;
            }
        };
        Some(Item::new(out, at))
    }

    /// Takes keys that only describe.
    pub fn describes(&mut self, keys: &[&str], found: &mut Findings) {
        for key in keys {
            if let Some(Entry { tree, .. }) = self.table.shift_remove(*key)
                && !is_empty(&tree)
            {
                let at = self.origin(tree.span);
                found.described.push(Unread { at, path: self.below(key), why: String::new() });
            }
        }
    }

    /// Takes keys whose value is the one that holds anyway, and leaves all others.
    pub fn as_usual(&mut self, key: &str, usual: &[&str]) {
        let is_usual = self.table.get(key).is_some_and(|entry| match &entry.tree.value {
            Value::Text(text) => usual.contains(&text.as_str()),
            Value::Integer(number) => usual.contains(&number.to_string().as_str()),
            Value::Bool(truth) => usual.contains(&if *truth { "true" } else { "false" }),
            Value::Float(_) | Value::Date(_) | Value::List(_) | Value::Table(_) => false,
        });
        if is_usual {
            self.table.shift_remove(key);
        }
    }

    /// Takes a key that has no counterpart, and says why.
    pub fn leave(&mut self, key: &str, why: &str, found: &mut Findings) {
        if let Some(Entry { tree, .. }) = self.table.shift_remove(key)
            && !is_empty(&tree)
        {
            let at = self.origin(tree.span);
            found.unread(&at, self.below(key), why);
        }
    }

    /// Takes keys that were read in another way.
    pub fn pass(&mut self, keys: &[&str]) {
        for key in keys {
            self.table.shift_remove(*key);
        }
    }

    /// Takes all that is left, as part of what has been told already.
    pub fn drop_rest(mut self) {
        self.table.clear();
    }

    /// Tells what nobody asked for.
    pub fn finish(mut self, known: &[&str], found: &mut Findings) {
        for (key, Entry { key: span, tree }) in std::mem::take(&mut self.table) {
            if is_empty(&tree) {
                continue;
            }
            let at = self.origin(span.or(tree.span));
            let near = did_you_mean(&key, known.iter().copied()).filter(|near| near.starts_with("did you mean"));
            let why = near.map_or_else(|| "is not known here".to_owned(), |near| format!("is not known here: {near}"));
            found.unread(&at, self.below(&key), why);
        }
    }
}

impl Drop for Taking {
    fn drop(&mut self) {
        // What is dropped unread would be left out in silence, which is the one thing that an import must not do.
        debug_assert!(self.table.is_empty() || self.table.values().all(|entry| is_empty(&entry.tree)), "{}", self.path);
    }
}
