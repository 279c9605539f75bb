//! A paper trace as it stands in its file: tables that know which of their keys were looked at.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// A JSON table. Whoever has read it asks [`Table::unread`], so that no option passes unseen.
pub struct Table<'a> {
    at: String,
    map: &'a Map<String, Value>,
    read: RefCell<BTreeSet<String>>,
}

impl<'a> Table<'a> {
    pub fn new(at: impl Into<String>, value: &'a Value) -> Result<Table<'a>, String> {
        let at = at.into();
        let map = value.as_object().ok_or_else(|| format!("{at} is not a table"))?;
        Ok(Table { at, map, read: RefCell::default() })
    }

    /// What stands at `key`; null is nothing.
    pub fn get(&self, key: &str) -> Option<&'a Value> {
        self.read.borrow_mut().insert(key.to_owned());
        self.map.get(key).filter(|value| !value.is_null())
    }

    fn must(&self, key: &str) -> Result<&'a Value, String> {
        self.get(key).ok_or_else(|| format!("{} lacks `{key}`", self.at))
    }

    /// Nanoseconds of a number of seconds.
    pub fn nanos(&self, key: &str) -> Result<Option<u64>, String> {
        self.get(key).map(|value| nanos(value).ok_or_else(|| format!("{}.{key} is no time", self.at))).transpose()
    }

    pub fn must_nanos(&self, key: &str) -> Result<u64, String> {
        self.nanos(key)?.ok_or_else(|| format!("{} lacks `{key}`", self.at))
    }

    pub fn text(&self, key: &str) -> Result<Option<String>, String> {
        self.get(key).map(|value| plain(value).ok_or_else(|| format!("{}.{key} is no word", self.at))).transpose()
    }

    pub fn must_text(&self, key: &str) -> Result<String, String> {
        self.text(key)?.ok_or_else(|| format!("{} lacks `{key}`", self.at))
    }

    pub fn count(&self, key: &str) -> Result<Option<u64>, String> {
        self.get(key).map(|value| value.as_u64().ok_or_else(|| format!("{}.{key} is no count", self.at))).transpose()
    }

    /// The tables of a list; none where there is no list.
    pub fn tables(&self, key: &str) -> Result<Vec<Table<'a>>, String> {
        let Some(value) = self.get(key) else { return Ok(Vec::new()) };
        let list = value.as_array().ok_or_else(|| format!("{}.{key} is no list", self.at))?;
        list.iter()
            .enumerate()
            .map(|(number, value)| Table::new(format!("{}.{key}[{number}]", self.at), value))
            .collect()
    }

    pub fn table(&self, key: &str) -> Result<Table<'a>, String> {
        Table::new(format!("{}.{key}", self.at), self.must(key)?)
    }

    /// Keys that nobody has looked at, null ones left out.
    pub fn unread(&self) -> Vec<String> {
        let read = self.read.borrow();
        let unread = self.map.iter().filter(|(key, value)| !read.contains(*key) && !value.is_null());
        unread.map(|(key, _)| format!("{}.{key}", self.at)).collect()
    }

    /// An error where an option was not looked at.
    pub fn all_read(&self) -> Result<(), String> {
        match self.unread().as_slice() {
            [] => Ok(()),
            unread => Err(format!("option {} has no translation", unread.join(", "))),
        }
    }
}

/// A number or a text of one, as it is written.
pub fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Nanoseconds of a number of seconds, to the nearest.
pub fn nanos(value: &Value) -> Option<u64> {
    let seconds = value.as_f64().or_else(|| value.as_str()?.parse().ok())?;
    (seconds >= 0.0).then_some((seconds * 1e9).round() as u64)
}

/// An exact decimal, in units of 10⁻¹².
pub fn pico(text: &str) -> Option<i128> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let part = part.trim_end_matches('0');
    if part.len() > 12 || !part.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    format!("{whole}{part:0<12}").parse().ok()
}
