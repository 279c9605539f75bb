//! JSON as somebody wrote it: every value with its bytes, keys that are given twice, numbers digit by digit.

use std::ops::Range;

use serde_json::Value;

/// Why a text is not one object of JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which bytes of the text; never behind its end.
    pub span: Range<usize>,
    /// What is the matter: lower case, no full stop.
    pub what: String,
    /// What to do.
    pub advice: &'static str,
}

/// A value and its place.
#[derive(Clone, Debug)]
pub struct Node {
    /// Which bytes of the text; `None` where it was never a text.
    pub span: Option<Range<usize>>,
    /// What it is.
    pub kind: Kind,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Truth(bool),
    /// As it was written.
    Number(String),
    /// Text, without its escapes.
    Text(String),
    /// An array.
    List(Vec<Node>),
    /// An object, with every key as often as it is given.
    Object(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands; `None` where it was never a text.
    pub span: Option<Range<usize>>,
    /// The value.
    pub node: Node,
}

impl Node {
    /// What it is, for a sentence.
    pub fn what(&self) -> &'static str {
        match self.kind {
            Kind::Null => "null",
            Kind::Truth(true) => "true",
            Kind::Truth(false) => "false",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "text",
            Kind::List(_) => "an array",
            Kind::Object(_) => "an object",
        }
    }
}

impl From<&Value> for Node {
    fn from(value: &Value) -> Node {
        let kind = match value {
            Value::Null => Kind::Null,
            Value::Bool(truth) => Kind::Truth(*truth),
            Value::Number(number) => Kind::Number(number.to_string()),
            Value::String(text) => Kind::Text(text.clone()),
            Value::Array(list) => Kind::List(list.iter().map(Node::from).collect()),
            Value::Object(map) => Kind::Object(
                map.iter().map(|(key, value)| Entry { key: key.clone(), span: None, node: value.into() }).collect(),
            ),
        };
        Node { span: None, kind }
    }
}

/// Reads a text of one JSON object; `what` says so of something else. Objects and arrays stand at most `depth_max` deep inside
/// each other.
///
/// # Errors
/// The first thing that keeps it from being one.
pub fn read(text: &str, what: &str, depth_max: usize) -> Result<Node, Fault> {
    let mut reader = Reader { text, at: if text.starts_with('\u{feff}') { 3 } else { 0 }, depth_max };
    reader.space();
    match reader.peek() {
        None => return Err(reader.refuse("there is nothing in it", reader.at)),
        Some(b'{') => {}
        Some(_) => {
            let advice = "it begins with `{` and ends with `}`";
            return Err(Fault { span: reader.one(reader.at), what: what.to_owned(), advice });
        }
    }
    let node = reader.value(0)?;
    reader.space();
    match reader.peek() {
        None => Ok(node),
        Some(_) => Err(reader.refuse("something follows the closing brace", reader.at)),
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth_max: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// The bytes of the character there.
    fn one(&self, from: usize) -> Range<usize> {
        let from = from.min(self.text.len());
        let mut to = (from + 1).min(self.text.len());
        while !self.text.is_char_boundary(to) {
            to += 1;
        }
        from..to
    }

    fn refuse(&self, what: &str, from: usize) -> Fault {
        let advice = "keys and text stand in double quotes, with commas between entries and none after the last";
        Fault { span: self.one(from), what: format!("this is not JSON: {what}"), advice }
    }

    fn value(&mut self, depth: usize) -> Result<Node, Fault> {
        let start = self.at;
        if depth > self.depth_max {
            let what = format!("objects or arrays stand more than {} deep inside each other", self.depth_max);
            return Err(Fault { span: self.one(start), what, advice: "look for a bracket that is never closed" });
        }
        let kind = match self.peek() {
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => Kind::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.word("true", Kind::Truth(true))?,
            Some(b'f') => self.word("false", Kind::Truth(false))?,
            Some(b'n') => self.word("null", Kind::Null)?,
            Some(_) => return Err(self.refuse("a value was expected here", start)),
            None => return Err(self.refuse("the text ends where a value was expected", start)),
        };
        Ok(Node { span: Some(start..self.at), kind })
    }

    fn object(&mut self, depth: usize) -> Result<Kind, Fault> {
        let mut entries = Vec::new();
        self.at += 1;
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Kind::Object(entries));
        }
        loop {
            self.space();
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.refuse("a key in double quotes was expected here", start));
            }
            let key = self.string()?;
            let span = Some(start..self.at);
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.refuse("a colon was expected after the key", self.at));
            }
            self.at += 1;
            self.space();
            let node = self.value(depth + 1)?;
            entries.push(Entry { key, span, node });
            if self.more(b'}', "a comma or the closing brace was expected here")? {
                return Ok(Kind::Object(entries));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Kind, Fault> {
        let mut list = Vec::new();
        self.at += 1;
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Kind::List(list));
        }
        loop {
            self.space();
            list.push(self.value(depth + 1)?);
            if self.more(b']', "a comma or the closing bracket was expected here")? {
                return Ok(Kind::List(list));
            }
        }
    }

    /// Past a comma (false) or the closing mark (true).
    fn more(&mut self, closing: u8, what: &str) -> Result<bool, Fault> {
        self.space();
        let is_end = match self.peek() {
            Some(b',') => false,
            Some(mark) if mark == closing => true,
            _ => return Err(self.refuse(what, self.at)),
        };
        self.at += 1;
        Ok(is_end)
    }

    fn word(&mut self, word: &str, kind: Kind) -> Result<Kind, Fault> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.refuse("a value was expected here", self.at));
        }
        self.at += word.len();
        Ok(kind)
    }

    /// Text in quotes: its end is found here, its escapes are read by serde_json.
    fn string(&mut self) -> Result<String, Fault> {
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

    fn number(&mut self) -> Result<Kind, Fault> {
        let start = self.at;
        while matches!(self.peek(), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
            self.at += 1;
        }
        let written = &self.text[start..self.at];
        // serde_json knows which of these are numbers of JSON (no leading zeros, no `1.`), and which are beyond a double.
        match serde_json::from_str::<serde_json::Number>(written) {
            Ok(_) => Ok(Kind::Number(written.to_owned())),
            Err(error) if error.to_string().contains("out of range") => {
                let what = "this number is larger than a double can hold".to_owned();
                Err(Fault { span: start..self.at, what, advice: "the largest is about 1.8e308" })
            }
            Err(_) => Err(self.refuse("this is not a number", start)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_with_their_places_and_numbers_as_they_were_written() {
        let text = r#"{"a": [300.0, 3.0e2, null, true], "a": "x"}"#;
        let Kind::Object(entries) = read(text, "it", 9).unwrap().kind else { panic!("an object") };
        assert_eq!(entries.len(), 2, "a key that is given twice is there twice");
        let Kind::List(list) = &entries[0].node.kind else { panic!("an array") };
        let Kind::Number(written) = &list[1].kind else { panic!("a number") };
        assert_eq!(written, "3.0e2");
        assert_eq!(&text[list[0].span.clone().unwrap()], "300.0");
    }

    #[test]
    fn what_is_not_an_object_of_json_is_refused_and_never_panics() {
        for text in [
            "",
            " ",
            "[]",
            "1",
            "\"a\"",
            "{",
            "{\"a\"",
            "{\"a\":",
            "{\"a\":1,}",
            "{\"a\":1} x",
            "{\"a\":\"\\",
            "{\"a\":01}",
            "{\"a\":nul}",
            "{'a':1}",
            "{\"a\":1e999}",
            "{\"a\":NaN}",
            "{\"a\":\"\u{e9}",
            "{\"a\":\"\\ud800\"}",
            "\u{e9}",
        ] {
            assert!(read(text, "it", 200).is_err(), "{text}");
        }
        for deep in [5_000, 500_000] {
            let text = format!("{{\"a\":{}{}}}", "[".repeat(deep), "]".repeat(deep));
            assert!(read(&text, "it", 200).unwrap_err().what.contains("200 deep"));
        }
        assert!(read("\u{feff}{}", "it", 200).is_ok());
    }

    #[test]
    fn space_may_stand_wherever_json_lets_it() {
        for text in ["{ }", "{\t\n}", "{ \"a\" : [ ] , \"b\" : [ 1 , 2 ] }", " { \"a\":{ } } "] {
            assert!(read(text, "it", 9).is_ok(), "{text}");
        }
    }
}
