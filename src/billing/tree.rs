//! What stands in a written file, with its places: one shape for TOML, JSON and rows of CSV, so that a price book
//! or a usage list is read, and found fault with, by one reader.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use toml::de::{DeTable, DeValue};

use crate::billing::flaw::{Flaw, meant, nearest};

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spot {
    pub value: Value,
    pub span: Option<Range<usize>>,
}

/// A value. Numbers stay as they were written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(String),
    Number(String),
    Truth(bool),
    List(Vec<Spot>),
    Table(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub key: String,
    pub span: Option<Range<usize>>,
    pub spot: Spot,
}

impl Value {
    /// What it is, for a sentence.
    fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) => "text",
            Value::Number(_) => "a number",
            Value::Truth(_) => "true or false",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }
}

/// Collects what is wrong.
#[derive(Debug, Default)]
pub(super) struct Flaws(pub Vec<Flaw>);

impl Flaws {
    pub(super) fn add(&mut self, at: &str, span: Option<Range<usize>>, what: String, advice: Option<String>) {
        self.0.push(Flaw { at: at.to_owned(), span, what, advice });
    }
}

/// A table whose keys are known.
#[derive(Clone, Debug)]
pub(super) struct Table<'a> {
    pub at: String,
    pub span: Option<Range<usize>>,
    entries: &'a [Entry],
}

impl<'a> Table<'a> {
    /// The table at `spot`; complains of whatever else stands there, and of keys that are not among `known`.
    pub(super) fn open(at: String, spot: &'a Spot, known: &[&str], flaws: &mut Flaws) -> Option<Table<'a>> {
        let Value::Table(entries) = &spot.value else {
            flaws.add(&at, spot.span.clone(), format!("{} where a table belongs", spot.value.kind()), None);
            return None;
        };
        for entry in entries {
            if !known.contains(&entry.key.as_str()) {
                let advice = meant(&nearest(&entry.key, known.iter().copied()))
                    .unwrap_or_else(|| format!("known here: {}", known.join(", ")));
                let place = join(&at, &entry.key);
                flaws.add(&place, entry.span.clone(), format!("unknown key `{}`", entry.key), Some(advice));
            }
        }
        Some(Table { at, span: spot.span.clone(), entries })
    }

    /// What stands at `key`.
    pub(super) fn get(&self, key: &str) -> Option<&'a Spot> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.spot)
    }

    /// Where `key` stands or would.
    pub(super) fn place(&self, key: &str) -> String {
        join(&self.at, key)
    }

    /// Reads the text or number at `key`, if it is there. What is wrong with it is told, and is as if it were not
    /// there.
    pub(super) fn read<T>(&self, key: &str, flaws: &mut Flaws, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let spot = self.get(key)?;
        let read = match &spot.value {
            Value::Text(text) | Value::Number(text) => parse(text),
            other => Err(format!("{} where one value belongs", other.kind())),
        };
        read.map_err(|what| flaws.add(&self.place(key), spot.span.clone(), what, None)).ok()
    }

    /// The word that must stand at `key`; where there is none, `advice` is given.
    pub(super) fn word(&self, key: &str, advice: &str, flaws: &mut Flaws) -> Option<String> {
        if self.get(key).is_none() {
            flaws.add(&self.at, self.span.clone(), format!("lacks `{key}`"), Some(advice.to_owned()));
        }
        self.read(key, flaws, |text| match text.trim() {
            "" => Err("is empty".to_owned()),
            text => Ok(text.to_owned()),
        })
    }

    /// A count at `key`.
    pub(super) fn count(&self, key: &str, flaws: &mut Flaws) -> Option<u64> {
        self.read(key, flaws, |text| whole(&decimal(text, 0)?))
    }

    /// Yes or no at `key`.
    pub(super) fn truth(&self, key: &str, flaws: &mut Flaws) -> Option<bool> {
        let spot = self.get(key)?;
        match &spot.value {
            Value::Truth(truth) => Some(*truth),
            Value::Text(word) if word == "true" || word == "false" => Some(word == "true"),
            other => {
                let what = format!("{} where true or false belongs", other.kind());
                flaws.add(&self.place(key), spot.span.clone(), what, None);
                None
            }
        }
    }

    /// The elements of the list at `key`, each with its place; none where there is no list.
    pub(super) fn list(&self, key: &str, flaws: &mut Flaws) -> Vec<(String, &'a Spot)> {
        match self.get(key).map(|spot| (&spot.value, spot)) {
            None => Vec::new(),
            Some((Value::List(elements), _)) => {
                let place = |(number, element)| (format!("{}[{number}]", self.place(key)), element);
                elements.iter().enumerate().map(place).collect()
            }
            Some((other, spot)) => {
                let what = format!("{} where a list belongs", other.kind());
                flaws.add(&self.place(key), spot.span.clone(), what, None);
                Vec::new()
            }
        }
    }

    /// The keys and values of the table at `key`, whatever its keys.
    pub(super) fn entries(&self, key: &str, flaws: &mut Flaws) -> &'a [Entry] {
        match self.get(key).map(|spot| (&spot.value, spot)) {
            None => &[],
            Some((Value::Table(entries), _)) => entries,
            Some((other, spot)) => {
                let what = format!("{} where a table belongs", other.kind());
                flaws.add(&self.place(key), spot.span.clone(), what, None);
                &[]
            }
        }
    }
}

/// A path and one key more.
pub(super) fn join(at: &str, key: &str) -> String {
    let key = if key.contains('.') { format!("\"{key}\"") } else { key.to_owned() };
    if at.is_empty() { key } else { format!("{at}.{key}") }
}

/// An exact decimal, in units of 10⁻ᵖˡᵃᶜᵉˢ.
pub(super) fn decimal(text: &str, places: usize) -> Result<u128, String> {
    let plain: String = text.trim().chars().filter(|&letter| letter != '_').collect();
    let (whole, part) = plain.split_once('.').unwrap_or((&plain, ""));
    let digits = |text: &str| text.chars().all(|letter| letter.is_ascii_digit());
    if (whole.is_empty() && part.is_empty()) || !digits(whole) || !digits(part) {
        return Err(format!("`{text}` is not a plain number of at least 0"));
    }
    let part = part.trim_end_matches('0');
    if part.len() > places {
        let allowed = if places == 0 { "a whole number".to_owned() } else { format!("at most {places} decimals") };
        return Err(format!("`{text}` has too many decimals: {allowed}, please"));
    }
    if whole.trim_start_matches('0').len() > 18 {
        return Err(format!("`{text}` is beyond all use: less than 10^18, please"));
    }
    let scaled = format!("{whole}{part:0<places$}");
    scaled.parse().or(if scaled.is_empty() { Ok(0) } else { Err(format!("`{text}` is not a number")) })
}

/// A decimal without places as a count.
fn whole(number: &u128) -> Result<u64, String> {
    u64::try_from(*number).map_err(|_| format!("`{number}` is beyond all use"))
}

/// Reads TOML, with the place of everything, and all faults of the form at once.
pub(super) fn toml(text: &str) -> Result<Spot, Vec<Flaw>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        let span = Some(table.span());
        return Ok(Spot { value: of_table(table.into_inner()), span });
    }
    let flaw = |error: toml::de::Error| Flaw {
        at: String::new(),
        span: error.span(),
        what: error.message().to_owned(),
        advice: None,
    };
    Err(errors.into_iter().map(flaw).collect())
}

fn of_table(table: DeTable<'_>) -> Value {
    let entry = |(key, value): (toml::Spanned<std::borrow::Cow<'_, str>>, toml::Spanned<DeValue<'_>>)| Entry {
        span: Some(key.span()),
        key: key.into_inner().into_owned(),
        spot: Spot { span: Some(value.span()), value: of_value(value.into_inner()) },
    };
    Value::Table(table.into_iter().map(entry).collect())
}

fn of_value(value: DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(number) => Value::Number(number.to_string()),
        DeValue::Float(number) => Value::Number(number.as_str().to_owned()),
        DeValue::Boolean(truth) => Value::Truth(truth),
        DeValue::Datetime(instant) => Value::Text(instant.to_string()),
        DeValue::Array(elements) => {
            let spot = |element: toml::Spanned<DeValue<'_>>| Spot {
                span: Some(element.span()),
                value: of_value(element.into_inner()),
            };
            Value::List(elements.into_iter().map(spot).collect())
        }
        DeValue::Table(table) => of_table(table),
    }
}

/// Reads JSON; a key given twice is refused.
pub(super) fn json(text: &str) -> Result<Spot, Vec<Flaw>> {
    serde_json::from_str(text).map_err(|error| {
        // Where the form itself is broken, the place is a line and column: turned into the byte there.
        let before: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let at = (before + error.column().saturating_sub(1)).min(text.len());
        let message = error.to_string();
        let what = message.split(" at line ").next().unwrap_or_default().to_owned();
        vec![Flaw { at: String::new(), span: Some(at..at), what, advice: None }]
    })
}

impl<'de> Deserialize<'de> for Spot {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Spot, D::Error> {
        deserializer.deserialize_any(SpotVisitor).map(|value| Spot { value, span: None })
    }
}

struct SpotVisitor;

impl<'de> Visitor<'de> for SpotVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, a number, true, false, a list or a table")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Truth(truth))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Number(number.to_string()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element()? {
            elements.push(element);
        }
        Ok(Value::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries: Vec<Entry> = Vec::new();
        while let Some((key, spot)) = map.next_entry::<String, Spot>()? {
            if entries.iter().any(|entry| entry.key == key) {
                return Err(A::Error::custom(format!("key `{key}` is given twice")));
            }
            entries.push(Entry { key, span: None, spot });
        }
        Ok(Value::Table(entries))
    }
}

/// Reads CSV with a heading: a list of tables, empty cells left out.
pub(super) fn csv(text: &str) -> Result<Vec<Spot>, Vec<Flaw>> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).comment(Some(b'#')).from_reader(text.as_bytes());
    let broken = |error: csv::Error| {
        let span = error.position().map(|place| (place.byte() as usize)..(place.byte() as usize));
        vec![Flaw { at: String::new(), span, what: error.to_string(), advice: None }]
    };
    let heading = reader.headers().map_err(broken)?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(broken)?;
        let start = record.position().map_or(0, |place| place.byte() as usize);
        let length = text.get(start..).and_then(|rest| rest.lines().next()).map_or(0, str::len);
        let span = Some(start..start + length);
        let cells = heading.iter().zip(record.iter()).filter(|(_, cell)| !cell.is_empty());
        let entry = |(key, cell): (&str, &str)| Entry {
            key: key.to_owned(),
            span: span.clone(),
            spot: Spot { value: Value::Text(cell.to_owned()), span: span.clone() },
        };
        rows.push(Spot { value: Value::Table(cells.map(entry).collect()), span: span.clone() });
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_exactly() {
        assert_eq!(decimal("1.2", 9), Ok(1_200_000_000));
        assert_eq!(decimal("180_000", 0), Ok(180_000));
        assert_eq!(decimal("0.50", 1), Ok(5));
        assert_eq!(decimal(".5", 1), Ok(5));
        assert_eq!(decimal("0", 0), Ok(0));
        assert!(decimal("-1", 0).is_err());
        assert!(decimal("1.5", 0).is_err());
        assert!(decimal("1e3", 3).is_err());
        assert!(decimal("", 3).is_err());
        assert!(decimal("1000000000000000000", 0).is_err());
    }

    #[test]
    fn json_and_toml_of_one_shape_read_alike() {
        let toml = toml("a = 1\nb = [{ c = \"x\" }, { d = true }]\ne = 0.25\n").unwrap();
        let json = json(r#"{"a": 1, "b": [{"c": "x"}, {"d": true}], "e": 0.25}"#).unwrap();
        assert_eq!(strip(toml), strip(json));
    }

    fn strip(spot: Spot) -> Spot {
        let value = match spot.value {
            Value::List(list) => Value::List(list.into_iter().map(strip).collect()),
            Value::Table(entries) => {
                let bare = |entry: Entry| Entry { span: None, spot: strip(entry.spot), ..entry };
                Value::Table(entries.into_iter().map(bare).collect())
            }
            other => other,
        };
        Spot { value, span: None }
    }

    #[test]
    fn a_broken_form_is_told_with_its_place() {
        let flaws = toml("a = \nb = 1\n").unwrap_err();
        assert_eq!(flaws[0].span.as_ref().map(|span| span.start), Some(4));
        let flaws = json("{\n  \"a\": 1,\n  \"a\": 2\n}").unwrap_err();
        assert_eq!(flaws[0].what, "key `a` is given twice");
        assert!(flaws[0].span.as_ref().is_some_and(|span| (12..26).contains(&span.start)));
    }
}
