//! The structure of a pattern: objects lead to fields, `$or` to ways, and each is told where it cannot.

use std::collections::BTreeMap;
use std::mem;

use crate::cloud::bus::json::{Objection, below};
use crate::cloud::bus::pattern::operators::{self, Findings, OPERATORS};
use crate::cloud::bus::pattern::{COMBINATIONS_MAX, FIELDS_MAX, Field, LENGTH_DOCUMENTED, LENGTH_MAX, Pattern};
use crate::ground::json::{Entry, Kind, Node};

const OR: &str = "$or";

/// Names that no field inside `$or` may have, besides those of the operators (aws/event-ruler, Constants).
const RESERVED: [&str; 16] = [
    "=",
    "<",
    "<=",
    ">",
    ">=",
    "regex",
    "not-wildcard",
    "not-equals-ignore-case",
    "date-after",
    "date-on-or-after",
    "date-before",
    "date-on-or-before",
    "in-date-range",
    "ip-address-in-range",
    "ip-address-not-in-range",
    "$or",
];

/// A part of a pattern, in the order of the text.
enum Clause {
    /// The field of this number.
    Field(usize),
    /// One of these.
    Or(Vec<Vec<Clause>>),
}

/// A pattern that is being read.
struct Structure {
    /// Whether `$or` is the operator, and not the name of a field.
    or_is_operator: bool,
    /// Where `$or` stands first.
    or_at: Option<(String, Node)>,
    fields: Vec<Field>,
    /// Where each of them stands.
    places: Vec<(String, Node)>,
    /// The product of the lengths of all `$or`, which is how the guide counts.
    combinations: u64,
    found: Findings,
}

/// Reads a pattern, `length` characters of text where it is one.
pub(super) fn pattern(node: &Node, length: Option<usize>) -> Result<(Pattern, Vec<Objection>), Vec<Objection>> {
    let Kind::Object(entries) = &node.kind else {
        let what = format!("a pattern is one JSON object, and this is {}", node.what());
        return Err(vec![Objection { at: String::new(), span: node.span.clone(), what, advice: None }]);
    };
    let (mut read, mut clauses) = Structure::read(node, entries, true);
    // A `$or` that is not well formed may be the name of a field, as it was before it was an operator: then all are.
    if !read.found.faults.is_empty()
        && let Some((at, place)) = read.or_at.take()
    {
        let (mut other, other_clauses) = Structure::read(node, entries, false);
        if other.found.faults.is_empty() {
            let advice = "the operator is an array of two or more objects that hold fields, and no operators";
            other.found.note(&at, &place, "this `$or` is read as the name of a field", advice);
            (read, clauses) = (other, other_clauses);
        }
    }
    read.length(node, length);
    if read.combinations > COMBINATIONS_MAX {
        let what = format!("`$or` makes more than {COMBINATIONS_MAX} combinations");
        let advice = "the lengths of all `$or` are multiplied: make several rules of it";
        read.found.refuse("", &Node { span: None, kind: Kind::Null }, what, advice);
    }
    if !read.found.faults.is_empty() {
        return Err(read.found.faults);
    }
    let mut ways = vec![BTreeMap::new()];
    let mut repeated = Vec::new();
    expand(&read.fields, &clauses, &mut ways, &mut repeated);
    let ways: Vec<Vec<usize>> = ways.into_iter().map(|way| way.into_values().collect()).collect();
    repeated.sort_unstable();
    repeated.dedup();
    for field in repeated {
        let (at, place) = &read.places[field];
        let advice = "EventBridge uses the last one alone: put the alternatives into one array";
        read.found.note(at, place, "this field is given once more further down", advice);
    }
    let most = ways.iter().map(Vec::len).max().unwrap_or(0);
    if most > FIELDS_MAX {
        let what = format!("{most} fields have to be met together");
        read.found.refuse("", node, what, format!("a rule has at most {FIELDS_MAX}"));
        return Err(read.found.faults);
    }
    Ok((Pattern { fields: read.fields, ways }, read.found.notes))
}

/// Adds clauses to every way. Of a path that comes twice in a way the last counts; the fields that do not are told.
fn expand<'f>(
    fields: &'f [Field],
    clauses: &[Clause],
    ways: &mut Vec<BTreeMap<&'f str, usize>>,
    repeated: &mut Vec<usize>,
) {
    for clause in clauses {
        match clause {
            Clause::Field(field) => {
                for way in ways.iter_mut() {
                    repeated.extend(way.insert(fields[*field].path.as_str(), *field));
                }
            }
            Clause::Or(members) => {
                let before = mem::take(ways);
                for member in members {
                    let mut forked = before.clone();
                    expand(fields, member, &mut forked, repeated);
                    ways.append(&mut forked);
                }
            }
        }
    }
}

impl Structure {
    fn read(node: &Node, entries: &[Entry], or_is_operator: bool) -> (Structure, Vec<Clause>) {
        let mut read = Structure {
            or_is_operator,
            or_at: None,
            fields: Vec::new(),
            places: Vec::new(),
            combinations: 1,
            found: Findings::default(),
        };
        let clauses = read.object("", None, node, entries, false);
        (read, clauses)
    }

    /// Reads an object: `at` is where it stands in the pattern, `path` where its fields stand in an event.
    fn object(&mut self, at: &str, path: Option<&str>, node: &Node, entries: &[Entry], in_or: bool) -> Vec<Clause> {
        if entries.is_empty() {
            let what = if at.is_empty() { "the pattern is empty" } else { "this object is empty" };
            self.found.refuse(at, node, what, "name at least one field, such as `\"source\": [\"aws.ec2\"]`");
        }
        let mut clauses = Vec::new();
        for entry in entries {
            let at = below(at, &entry.key);
            if entry.key == OR {
                let place = Node { span: entry.span.clone(), kind: Kind::Null };
                self.or_at.get_or_insert((at.clone(), place));
                if self.or_is_operator {
                    clauses.extend(self.or(&at, path, &entry.node));
                    continue;
                }
            }
            if in_or && (OPERATORS.contains(&entry.key.as_str()) || RESERVED.contains(&entry.key.as_str())) {
                let place = Node { span: entry.span.clone(), kind: Kind::Null };
                let what = format!("`{}` is reserved, and no field inside `$or` may be called so", entry.key);
                let advice = "a member of `$or` holds fields: `{\"state\": [{\"prefix\": \"run\"}]}`";
                self.found.refuse(&at, &place, what, advice);
                continue;
            }
            let path = match path {
                None => entry.key.clone(),
                Some(path) => format!("{path}.{}", entry.key),
            };
            match &entry.node.kind {
                Kind::Object(inner) => clauses.extend(self.object(&at, Some(&path), &entry.node, inner, in_or)),
                Kind::List(list) => clauses.push(self.field(&at, path, entry, list)),
                _ => {
                    let what = format!("`{}` holds {}, and not an array of alternatives", entry.key, entry.node.what());
                    self.found.refuse(&at, &entry.node, what, "put it in square brackets, even if it is only one");
                }
            }
        }
        clauses
    }

    fn field(&mut self, at: &str, path: String, entry: &Entry, list: &[Node]) -> Clause {
        if list.is_empty() {
            let what = "there is no alternative in this array, and nothing could match it";
            self.found.refuse(
                at,
                &entry.node,
                what,
                "an array in an event that may be empty is `[{\"exists\": false}]`",
            );
        }
        let mut wanted = Vec::new();
        for (index, item) in list.iter().enumerate() {
            wanted.extend(operators::alternative(&format!("{at}[{index}]"), item, &mut self.found));
        }
        self.fields.push(Field { path, wanted });
        self.places.push((at.to_owned(), Node { span: entry.span.clone(), kind: Kind::Null }));
        Clause::Field(self.fields.len() - 1)
    }

    fn or(&mut self, at: &str, path: Option<&str>, node: &Node) -> Option<Clause> {
        const FORM: &str = "it is an array of two or more objects: `\"$or\": [{\"a\": [1]}, {\"b\": [2]}]`";
        let Kind::List(list) = &node.kind else {
            self.found.refuse(at, node, format!("`$or` holds {}, and not an array of objects", node.what()), FORM);
            return None;
        };
        if list.len() < 2 {
            let what = if list.is_empty() { "`$or` has no member" } else { "`$or` has one member" };
            self.found.refuse(at, node, what, FORM);
        }
        self.combinations = self.combinations.saturating_mul(list.len().max(1) as u64);
        let mut members = Vec::new();
        for (index, member) in list.iter().enumerate() {
            let at = format!("{at}[{index}]");
            match &member.kind {
                Kind::Object(entries) => members.push(self.object(&at, path, member, entries, true)),
                _ => self.found.refuse(
                    &at,
                    member,
                    format!("a member of `$or` is {}, and no object", member.what()),
                    FORM,
                ),
            }
        }
        Some(Clause::Or(members))
    }

    /// Looks at the length of the pattern, as it was written and without blanks.
    fn length(&mut self, node: &Node, length: Option<usize>) {
        let compact = compact(node);
        let nowhere = Node { span: None, kind: Kind::Null };
        if compact > LENGTH_MAX {
            let what = format!("the pattern has {compact} characters without blanks between them");
            let advice = format!("EventBridge takes {LENGTH_MAX} at the most: make several rules of it");
            self.found.refuse("", &nowhere, what, advice);
            return;
        }
        let length = length.unwrap_or(compact);
        if length > LENGTH_DOCUMENTED {
            let without = if length == compact { String::new() } else { format!(", {compact} without blanks") };
            let what = format!("the pattern has {length} characters{without}");
            let advice = format!("the guide allows {LENGTH_DOCUMENTED}, the interface {LENGTH_MAX}, blanks included");
            self.found.note("", &nowhere, what, advice);
        }
    }
}

/// Characters of a value, written without blanks.
fn compact(node: &Node) -> usize {
    let text = |text: &str| serde_json::to_string(text).map_or(text.len() + 2, |written| written.chars().count());
    match &node.kind {
        Kind::Null | Kind::Truth(true) => 4,
        Kind::Truth(false) => 5,
        Kind::Number(written) => written.len(),
        Kind::Text(own) => text(own),
        Kind::List(list) => list.iter().map(|item| compact(item) + 1).sum::<usize>().max(1) + 1,
        Kind::Object(entries) => {
            entries.iter().map(|entry| text(&entry.key) + compact(&entry.node) + 2).sum::<usize>().max(1) + 1
        }
    }
}
