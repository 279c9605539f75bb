//! JSON of the same shape as the TOML, read with places; a key given twice is refused.

use crate::ground::json::{self, Fault, Kind, Node};
use crate::scenario::complaint::Complaint;
use crate::scenario::place::Place;
use crate::scenario::tree::{Entry, Table, Tree, Value};

/// How deep tables and lists may stand inside each other.
const DEPTH_MAX: usize = 80;

/// Reads a text of one JSON table.
pub(crate) fn parse(text: &str) -> Result<Tree, Box<Complaint>> {
    read(text, false)
}

/// The same of a text that another program wrote: a key that is `null` is left out, as if it were not there.
pub(crate) fn parse_foreign(text: &str) -> Result<Tree, Box<Complaint>> {
    read(text, true)
}

fn read(text: &str, skips_null: bool) -> Result<Tree, Box<Complaint>> {
    let node = json::read(text, "a scenario in JSON is one table in braces", DEPTH_MAX);
    tree(node.map_err(complaint)?, skips_null)
}

fn complaint(fault: Fault) -> Box<Complaint> {
    Complaint::error("E001", Place::bytes(fault.span), fault.what).advise(fault.advice).into()
}

/// What a value is in the tree that TOML and JSON share.
fn tree(node: Node, skips_null: bool) -> Result<Tree, Box<Complaint>> {
    let span = node.span.clone().unwrap_or_default();
    let refuse = |what: &str, advice: &'static str| complaint(Fault { span, what: what.to_owned(), advice });
    let value = match node.kind {
        Kind::Null => return Err(refuse("`null` says nothing", "leave the key out")),
        Kind::Truth(truth) => Value::Bool(truth),
        Kind::Text(text) => Value::Text(text),
        Kind::Number(written) => match (written.parse(), written.parse::<f64>()) {
            (Ok(whole), _) => Value::Integer(whole),
            (_, Ok(real)) if real.is_finite() => Value::Float(real),
            _ => return Err(refuse("this number is too large", "the largest is about 1.8e308")),
        },
        Kind::List(list) => Value::List(list.into_iter().map(|item| tree(item, skips_null)).collect::<Result<_, _>>()?),
        Kind::Object(entries) => {
            let mut table = Table::new();
            for entry in entries {
                if table.contains_key(&entry.key) {
                    let place = Place::bytes(entry.span.unwrap_or_default());
                    return Err(Complaint::error("E001", place, "this name is given twice")
                        .advise("keep one of the two, or give the other a name of its own")
                        .into());
                }
                if !(skips_null && matches!(entry.node.kind, Kind::Null)) {
                    table.insert(entry.key, Entry { key: entry.span, tree: tree(entry.node, skips_null)? });
                }
            }
            Value::Table(table)
        }
    };
    Ok(Tree { span: node.span, value })
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
