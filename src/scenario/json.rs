//! JSON of the same shape as the TOML, read with places; a key given twice is refused.

use crate::scenario::complaint::Complaint;
use crate::scenario::place::Place;
use crate::scenario::tree::{Entry, Table, Tree, Value};

/// How deep tables and lists may stand inside each other.
const DEPTH_MAX: usize = 80;

/// Reads a text of one JSON table.
pub(crate) fn parse(text: &str) -> Result<Tree, Box<Complaint>> {
    read(Json { text, at: 0, skips_null: false })
}

/// The same of a text that another program wrote: a key that is `null` is left out, as if it were not there.
pub(crate) fn parse_foreign(text: &str) -> Result<Tree, Box<Complaint>> {
    read(Json { text, at: 0, skips_null: true })
}

fn read(mut reader: Json<'_>) -> Result<Tree, Box<Complaint>> {
    reader.at = if reader.text.starts_with('\u{feff}') { 3 } else { 0 };
    reader.space();
    if reader.peek() != Some(b'{') {
        return Err(reader.refuse("a scenario in JSON is one table in braces", reader.at));
    }
    let tree = reader.value(0)?;
    reader.space();
    match reader.peek() {
        None => Ok(tree),
        Some(_) => Err(reader.refuse("something follows the closing brace", reader.at)),
    }
}

struct Json<'t> {
    text: &'t str,
    at: usize,
    skips_null: bool,
}

impl Json<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn refuse(&self, what: &str, from: usize) -> Box<Complaint> {
        let mut to = (from + 1).min(self.text.len());
        while !self.text.is_char_boundary(to) {
            to += 1;
        }
        let what = format!("this is not JSON: {what}");
        Complaint::error("E001", Place::bytes(from.min(self.text.len())..to), what)
            .advise("keys and text stand in double quotes, with commas between entries and none after the last")
            .into()
    }

    fn value(&mut self, depth: usize) -> Result<Tree, Box<Complaint>> {
        let start = self.at;
        if depth > DEPTH_MAX {
            let what = "tables or lists stand more than 80 deep inside each other";
            return Err(Complaint::error("E001", Place::bytes(start..start + 1), what)
                .advise("no setting of a scenario is that deep: look for a bracket that is never closed")
                .into());
        }
        let value = match self.peek() {
            Some(b'{') => self.table(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => Value::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.word("true", Value::Bool(true))?,
            Some(b'f') => self.word("false", Value::Bool(false))?,
            Some(b'n') if self.text[self.at..].starts_with("null") => {
                return Err(self.refuse("`null` says nothing: leave the key out", start));
            }
            Some(_) => return Err(self.refuse("a value was expected here", start)),
            None => return Err(self.refuse("the text ends where a value was expected", start)),
        };
        Ok(Tree { span: Some(start..self.at), value })
    }

    fn table(&mut self, depth: usize) -> Result<Value, Box<Complaint>> {
        let mut table = Table::new();
        self.at += 1;
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Table(table));
        }
        loop {
            self.space();
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.refuse("a key in double quotes was expected here", start));
            }
            let key = self.string()?;
            let key_span = start..self.at;
            if table.contains_key(&key) {
                return Err(Complaint::error("E001", Place::bytes(key_span), "this name is given twice")
                    .advise("keep one of the two, or give the other a name of its own")
                    .into());
            }
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.refuse("a colon was expected after the key", self.at));
            }
            self.at += 1;
            self.space();
            if self.skips_null && self.text[self.at..].starts_with("null") {
                self.at += 4;
            } else {
                let tree = self.value(depth + 1)?;
                table.insert(key, Entry { key: Some(key_span), tree });
            }
            if self.more(b'}', "a comma or the closing brace was expected here")? {
                return Ok(Value::Table(table));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, Box<Complaint>> {
        let mut list = Vec::new();
        self.at += 1;
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::List(list));
        }
        loop {
            self.space();
            list.push(self.value(depth + 1)?);
            if self.more(b']', "a comma or the closing bracket was expected here")? {
                return Ok(Value::List(list));
            }
        }
    }

    /// Past a comma (false) or the closing mark (true).
    fn more(&mut self, closing: u8, what: &str) -> Result<bool, Box<Complaint>> {
        self.space();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(false)
            }
            Some(mark) if mark == closing => {
                self.at += 1;
                Ok(true)
            }
            _ => Err(self.refuse(what, self.at)),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, Box<Complaint>> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.refuse("a value was expected here", self.at));
        }
        self.at += word.len();
        Ok(value)
    }

    /// Text in quotes: its end is found here, its escapes are read by serde_json.
    fn string(&mut self) -> Result<String, Box<Complaint>> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut end = start + 1;
        loop {
            match bytes.get(end) {
                Some(b'"') => break,
                Some(b'\\') => end += 2,
                Some(_) => end += 1,
                None => return Err(self.refuse("this text is never closed", start)),
            }
        }
        self.at = end + 1;
        let quoted = self.text.get(start..=end).unwrap_or_default();
        serde_json::from_str(quoted)
            .map_err(|_| self.refuse("this text holds an escape or a character that JSON does not allow", start))
    }

    fn number(&mut self) -> Result<Value, Box<Complaint>> {
        let start = self.at;
        while matches!(self.peek(), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
            self.at += 1;
        }
        let written = &self.text[start..self.at];
        // serde_json knows which of these are numbers of JSON (no leading zeros, no `1.`).
        match serde_json::from_str::<serde_json::Number>(written) {
            Ok(number) => match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) => Ok(Value::Integer(whole)),
                (None, Some(real)) if real.is_finite() => Ok(Value::Float(real)),
                _ => Err(self.refuse("this number is too large", start)),
            },
            Err(_) => Err(self.refuse("this is not a number", start)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_lists_and_scalars_are_read_with_their_places() {
        let text = r#"{"run": {"seed": 7}, "work": ["a\n", 1.5, true]}"#;
        let tree = parse(text).unwrap();
        let seed = tree.get("run").unwrap().get("seed").unwrap();
        assert_eq!(seed.value, Value::Integer(7));
        assert_eq!(&text[seed.span.clone().unwrap()], "7");
        let Value::List(list) = &tree.get("work").unwrap().value else { panic!("a list") };
        assert_eq!(list[0].value, Value::Text("a\n".to_owned()));
    }

    #[test]
    fn what_another_program_left_empty_is_not_there() {
        let tree = parse_foreign(r#"{"status": null, "spec": {"max": 3, "created":null }}"#).unwrap();
        assert_eq!(tree.get("status"), None);
        assert_eq!(tree.table("spec").unwrap().len(), 1);
        assert!(parse_foreign(r#"{"items": [null]}"#).is_err());
        assert!(parse_foreign(r#"{"a": nullify}"#).is_err());
    }

    #[test]
    fn what_is_not_json_is_refused_and_never_panics() {
        for text in [
            "{",
            "{\"a\"",
            "{\"a\":",
            "{\"a\":1,}",
            "{\"a\":1} x",
            "{\"a\":\"\\",
            "{\"a\":01}",
            "{\"a\":null}",
            "{\"a\":1,\"a\":2}",
            "{\"a\":\"\u{e9}",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(5_000), "]".repeat(5_000));
        assert!(parse(&deep).is_err());
    }
}
