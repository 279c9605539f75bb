//! YAML as trees that know where they stand, a tree a document. What YAML allows beyond plain data is refused by name.

use std::borrow::Cow;
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};

use crate::scenario::complaint::Complaint;
use crate::scenario::place::Place;
use crate::scenario::tree::{Entry, Table, Tree, Value};

/// How deep tables and lists may stand inside each other.
const DEPTH_MAX: usize = 80;
/// Values of one text, those that aliases repeat among them.
const VALUES_MAX: usize = 200_000;

/// Reads all documents of a text; those that hold nothing are left out.
pub(super) fn parse(text: &str) -> Result<Vec<Tree>, Complaint> {
    let mut builder = Builder { bytes: Bytes::of(text), ..Builder::default() };
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            let at = builder.bytes.character(error.marker().index());
            if error.info().contains("recursion limit") {
                return too_deep(at);
            }
            let what = format!("this is not YAML: {}", error.info());
            Complaint::error("E001", Place::bytes(at), what)
                .advise("look at the indentation, and at quotes and brackets that are never closed")
        })?;
        builder.hear(event, &span)?;
    }
    Ok(builder.documents)
}

/// From characters, which the parser counts, to bytes.
#[derive(Default)]
struct Bytes {
    /// The byte of each character; empty where a character is a byte.
    starts: Vec<usize>,
    length: usize,
}

impl Bytes {
    fn of(text: &str) -> Bytes {
        let starts = if text.is_ascii() { Vec::new() } else { text.char_indices().map(|(at, _)| at).collect() };
        Bytes { starts, length: text.len() }
    }

    fn at(&self, index: usize) -> usize {
        if self.starts.is_empty() {
            return index.min(self.length);
        }
        self.starts.get(index).copied().unwrap_or(self.length)
    }

    /// The bytes of one character; none behind the last.
    fn character(&self, index: usize) -> Range<usize> {
        self.at(index)..self.at(index.saturating_add(1))
    }

    fn range(&self, span: &Span) -> Range<usize> {
        let start = self.at(span.start.index());
        start..self.at(span.end.index()).max(start)
    }
}

/// A table or list that is not yet at its end.
struct Open {
    start: usize,
    anchor: usize,
    holds: Holds,
}

enum Holds {
    List(Vec<Tree>),
    /// With the key whose value comes next.
    Table(Table, Option<(String, Range<usize>)>),
}

/// What a value turned out to be: nothing at all is told apart from everything else.
enum Found {
    Null,
    Value(Value),
}

/// Trees on their way.
#[derive(Default)]
struct Builder {
    bytes: Bytes,
    open: Vec<Open>,
    /// Values that have a name, by the parser's number for it.
    anchors: Vec<(usize, Tree)>,
    values: usize,
    documents: Vec<Tree>,
}

impl Builder {
    fn hear(&mut self, event: Event<'_>, span: &Span) -> Result<(), Complaint> {
        let range = self.bytes.range(span);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let found = scalar(&text, style, tag, &range)?;
                self.put(found, Some(text), range, anchor)
            }
            Event::SequenceStart(anchor, tag) => self.begin(Holds::List(Vec::new()), range, anchor, tag),
            Event::MappingStart(anchor, tag) => self.begin(Holds::Table(Table::new(), None), range, anchor, tag),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else { return Ok(()) };
                let value = match open.holds {
                    Holds::List(list) => Value::List(list),
                    Holds::Table(table, _) => Value::Table(table),
                };
                self.put(Found::Value(value), None, open.start..range.end.max(open.start), open.anchor)
            }
            Event::Alias(anchor) => {
                let Some((_, tree)) = self.anchors.iter().find(|(id, _)| *id == anchor) else {
                    return Err(refuse(range, "this alias stands inside of what it repeats", "write it out"));
                };
                self.values += tree.size();
                let tree = if self.values > VALUES_MAX { None } else { Some(tree.clone()) };
                self.bounded(&range)?;
                match tree {
                    Some(tree) => self.put(Found::Value(tree.value), None, range, 0),
                    None => Ok(()),
                }
            }
            Event::DocumentStart(_) => {
                self.anchors.clear();
                Ok(())
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn bounded(&self, range: &Range<usize>) -> Result<(), Complaint> {
        if self.values <= VALUES_MAX {
            return Ok(());
        }
        let what = format!("there are more than {VALUES_MAX} values here, with what aliases repeat");
        Err(refuse(range.clone(), &what, "import a part, and write out what aliases stand for"))
    }

    fn begin(
        &mut self,
        holds: Holds,
        range: Range<usize>,
        anchor: usize,
        tag: Option<Cow<'_, Tag>>,
    ) -> Result<(), Complaint> {
        plain(tag, &range)?;
        if self.open.len() >= DEPTH_MAX {
            return Err(too_deep(range));
        }
        self.open.push(Open { start: range.start, anchor, holds });
        Ok(())
    }

    /// A whole value, at its place: a key, a value of a table, an entry of a list, or a document.
    fn put(
        &mut self,
        found: Found,
        written: Option<Cow<'_, str>>,
        range: Range<usize>,
        anchor: usize,
    ) -> Result<(), Complaint> {
        self.values += 1;
        self.bounded(&range)?;
        if anchor > 0
            && let Found::Value(value) = &found
        {
            self.anchors.push((anchor, Tree { span: Some(range.clone()), value: value.clone() }));
        }
        match self.open.last_mut().map(|open| &mut open.holds) {
            None => {
                if let Found::Value(value) = found {
                    self.documents.push(Tree { span: Some(range), value });
                }
            }
            Some(Holds::List(list)) => {
                // Where something must stand and nothing does, the reader of the list says what it wanted.
                let value = match found {
                    Found::Value(value) => value,
                    Found::Null => Value::Text(String::new()),
                };
                list.push(Tree { span: Some(range), value });
            }
            Some(Holds::Table(table, key)) => match key.take() {
                None => {
                    let Some(name) = written else {
                        return Err(refuse(
                            range,
                            "a key must be text, and this is not",
                            "write a name before the colon; of a template, import what it makes",
                        ));
                    };
                    if name == "<<" {
                        let what = "keys that are merged from elsewhere are not read";
                        return Err(refuse(range, what, "write the keys out"));
                    }
                    if table.contains_key(name.as_ref()) {
                        return Err(refuse(range, "this name is given twice", "keep one of the two"));
                    }
                    *key = Some((name.into_owned(), range));
                }
                Some((name, span)) => {
                    if let Found::Value(value) = found {
                        table.insert(name, Entry { key: Some(span), tree: Tree { span: Some(range), value } });
                    }
                }
            },
        }
        Ok(())
    }
}

fn too_deep(range: Range<usize>) -> Complaint {
    let what = format!("tables or lists stand more than {DEPTH_MAX} deep inside each other");
    refuse(range, &what, "no setting is that deep: look at the indentation, and at brackets that are never closed")
}

fn refuse(range: Range<usize>, what: &str, advice: &str) -> Complaint {
    Complaint::error("E001", Place::bytes(range), what).advise(advice)
}

/// A tag says how a value is to be taken; nothing that is read here needs one.
fn plain(tag: Option<Cow<'_, Tag>>, range: &Range<usize>) -> Result<(), Complaint> {
    match tag {
        Some(tag) if !tag.is_yaml_core_schema() => {
            let what = format!("the tag `{}{}` is not known here", tag.handle, tag.suffix);
            Err(refuse(range.clone(), &what, "import what your templates make, and not the templates"))
        }
        _ => Ok(()),
    }
}

/// A scalar by the core schema of YAML 1.2. What older readers take for a number or a truth and newer ones do not stays
/// text, so that whoever wants a number asks.
fn scalar(text: &str, style: ScalarStyle, tag: Option<Cow<'_, Tag>>, range: &Range<usize>) -> Result<Found, Complaint> {
    let as_text = tag.as_ref().is_some_and(|tag| tag.suffix == "str");
    plain(tag, range)?;
    if style != ScalarStyle::Plain || as_text {
        return Ok(Found::Value(Value::Text(text.to_owned())));
    }
    let is_number = {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (first, second) = (digits.bytes().next(), digits.as_bytes().get(1).copied());
        first.is_some_and(|byte| byte.is_ascii_digit() || byte == b'.')
            && !(first == Some(b'0') && second.is_some_and(|byte| byte.is_ascii_digit()))
    };
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Found::Null,
        "true" | "True" | "TRUE" => Found::Value(Value::Bool(true)),
        "false" | "False" | "FALSE" => Found::Value(Value::Bool(false)),
        _ => Found::Value(match (is_number, text.parse::<i64>(), text.parse::<f64>()) {
            (true, Ok(whole), _) => Value::Integer(whole),
            (true, Err(_), Ok(real)) if real.is_finite() => Value::Float(real),
            _ => Value::Text(text.to_owned()),
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Tree {
        let mut documents = parse(text).expect("it is YAML");
        assert_eq!(documents.len(), 1, "{text}");
        documents.remove(0)
    }

    #[test]
    fn documents_are_read_with_their_places() {
        let text = "# é\n---\nspec:\n  max: 3\n  names: [a, 'b']\n---\n---\nkind: List\n";
        let documents = parse(text).expect("it is YAML");
        assert_eq!(documents.len(), 2);
        let max = documents[0].get("spec").and_then(|spec| spec.get("max")).expect("it is there");
        assert_eq!(max.value, Value::Integer(3));
        assert_eq!(&text[max.span.clone().expect("it has a place")], "3");
    }

    /// YAML 1.1 reads the first three as truths and the fourth as 8; YAML 1.2 does not.
    #[test]
    fn what_readers_do_not_agree_on_stays_text() {
        let tree = one("a: yes\nb: off\nc: n\nd: 010\ne: 1_000\nf: \"3\"\ng: 0.5\nh: -4\ni: ~\nj: !!str 7\n");
        let text = |key: &str| tree.get(key).map(|tree| tree.value.clone());
        for (key, written) in
            [("a", "yes"), ("b", "off"), ("c", "n"), ("d", "010"), ("e", "1_000"), ("f", "3"), ("j", "7")]
        {
            assert_eq!(text(key), Some(Value::Text(written.to_owned())), "{key}");
        }
        assert_eq!(text("g"), Some(Value::Float(0.5)));
        assert_eq!(text("h"), Some(Value::Integer(-4)));
        assert_eq!(text("i"), None);
    }

    #[test]
    fn an_alias_repeats_what_it_names() {
        let tree = one("a: &x {b: 1}\nc: *x\n");
        assert_eq!(
            tree.get("c").and_then(|tree| tree.get("b")).map(|tree| tree.value.clone()),
            Some(Value::Integer(1))
        );
    }

    /// Nine lists of nine of the one before: 9⁹ values in 400 bytes.
    #[test]
    fn aliases_of_aliases_are_counted_before_they_are_made() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..10 {
            let below = format!("*a{}", level - 1);
            bomb += &format!("a{level}: &a{level} [{}]\n", [below.as_str(); 9].join(", "));
        }
        let refused = parse(&bomb).expect_err("it is a bomb");
        assert!(refused.what.contains("more than 200000 values"), "{}", refused.what);
    }

    #[test]
    fn what_is_no_plain_data_is_refused_and_never_panics() {
        for text in [
            "a: [1",
            "a: b: c",
            "a: \"x",
            "a: 1\na: 2\n",
            "? [a, b]\n: c",
            "a: &x [*x]",
            "a: *nobody",
            "a:\n  <<: {b: 1}",
            "a: !Ref Group",
            "{{ .Values.max }}",
            "a: 'é",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&"[".repeat(5_000)).is_err());
        assert!(parse(&"- ".repeat(5_000)).is_err());
        assert!(parse("").expect("nothing is YAML").is_empty());
    }
}
