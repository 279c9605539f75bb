//! What people have becomes a piece of a scenario: autoscalers of Kubernetes, groups, policies and queues of AWS.
//!
//! A text becomes trees (`yaml`, or the JSON of the floor), each of which says what it is; the row of its kind takes it
//! apart (`taking`) and adds to a plan. What is joined by name becomes tables (`plan`, `fragment`), and the tables are
//! judged by the same checks as any scenario (`proof`). A key that nobody asks for is told: nothing is guessed, and
//! nothing is left out in silence.

mod alarms;
mod behavior;
mod cloudwatch;
mod fragment;
mod groups;
mod hpa;
mod kubernetes;
mod names;
mod plan;
mod policies;
mod proof;
mod queues;
mod scaled_job;
mod scaled_object;
mod schedules;
mod taking;
mod triggers;
mod yaml;

use std::fmt;

use crate::scenario::complaint::Complaint;
use crate::scenario::import::plan::Plan;
use crate::scenario::import::taking::{Findings, Origin, Taking, Unread};
use crate::scenario::json;
use crate::scenario::place::{Place, Places};
use crate::scenario::source::Source;
use crate::scenario::tree::{Table, Tree, Value};

/// What can be read.
struct Kind {
    /// What it is called, with where it comes from.
    about: &'static str,
    /// Whether a document is one.
    knows: fn(&Table) -> bool,
    /// Takes it apart.
    read: fn(&mut Taking, &mut Plan, &mut Findings),
}

/// Every kind, a row each.
const KINDS: &[Kind] = &[
    hpa::KIND,
    scaled_object::KIND,
    scaled_job::KIND,
    groups::KIND,
    policies::KIND,
    schedules::KIND,
    alarms::KIND,
    queues::KIND,
];

/// Nodes of a topology, but for a few that lead to them.
const NODES_MAX: usize = 990;

/// What became of texts of other programs.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Tables of a scenario, as TOML; what could not be translated is in comments.
    pub fragment: String,
    /// What was not understood, and what is missing.
    pub unread: Vec<Remark>,
    /// Paths of what only describes and decides nothing.
    pub described: Vec<String>,
    /// What was done that a reader should know.
    pub notes: Vec<String>,
}

/// Something that has not become a part of the fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The name of the text.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// The keys from the top of its document: `spec.metrics[1]`.
    pub path: String,
    /// Why, and what to do: lower case, no full stop.
    pub why: String,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if !self.path.is_empty() {
            write!(f, "`{}` ", self.path)?;
        }
        f.write_str(&self.why)
    }
}

/// What can be read.
fn kinds() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|kind| kind.about)
}

/// Translates texts into tables of a topology.
///
/// # Errors
/// Everything that is wrong with them: a list for each text, in the order of the texts, empty where nothing is.
pub fn import(sources: &[Source], topology: &str) -> Result<Imported, Vec<Vec<Complaint>>> {
    let (mut plan, mut found) = (Plan::default(), Findings::default());
    for (source, text) in sources.iter().enumerate() {
        let before = (plan.read, found.complaints.len());
        one(source, text, &mut plan, &mut found);
        if (plan.read, found.complaints.len()) == before {
            let known: Vec<&str> = kinds().collect();
            let what =
                if text.text.trim().is_empty() { "there is nothing in it" } else { "nothing in it can be imported" };
            let advice = format!("what can be is: {}", known.join("; "));
            found.complaints.push((source, Complaint::error("E001", Place::bytes(0..0), what).advise(advice)));
        }
    }
    let sections = plan.sections(topology, &mut found);
    if sections.nodes() > NODES_MAX {
        let what = format!("there are {} queues and pools, more than a topology may have", sections.nodes());
        let advice = format!("at most {NODES_MAX}: import a part, or several");
        found.complaints.push((0, Complaint::error("E201", Place::bytes(0..0), what).advise(advice)));
    }
    if found.complaints.is_empty() {
        proof::judge(&sections, topology, &mut found);
    }
    if !found.complaints.is_empty() {
        let mut each = vec![Vec::new(); sources.len()];
        for (source, complaint) in found.complaints {
            if !each[source].contains(&complaint) {
                each[source].push(complaint);
            }
        }
        let places = Places::of_bytes();
        for complaints in &mut each {
            complaints.sort_by_key(|complaint| places.locate(&complaint.at).map(|range| range.start));
        }
        return Err(each);
    }
    Ok(told(sources, sections, found))
}

/// Reads one text.
fn one(source: usize, text: &Source, plan: &mut Plan, found: &mut Findings) {
    let is_yaml = [".yaml", ".yml"].iter().any(|ending| text.name.ends_with(ending));
    let documents = if !is_yaml && text.text.trim_start().starts_with('{') {
        json::parse_foreign(&text.text).map(|tree| vec![tree]).map_err(|complaint| *complaint)
    } else {
        yaml::parse(&text.text)
    };
    match documents {
        Ok(documents) => documents.into_iter().for_each(|tree| document(source, "", tree, plan, found)),
        Err(complaint) => found.complaints.push((source, complaint)),
    }
}

/// One document, or one item of a list of them.
fn document(source: usize, path: &str, tree: Tree, plan: &mut Plan, found: &mut Findings) {
    let at = Origin { source, bytes: tree.span.unwrap_or(0..0) };
    let table = match tree.value {
        Value::Table(table) => table,
        Value::List(_) => {
            let advice = "import the whole of what `kubectl get -o yaml` or `aws` prints, without `--query`";
            return found.refuse("E003", &at, "this is a list, and its kind can't be known", advice);
        }
        _ => return found.refuse("E003", &at, "this is no document with keys", "import YAML or JSON"),
    };
    let mut taking = Taking::new(path, at, table.clone());
    if matches!(table.get("kind").map(|entry| &entry.tree.value), Some(Value::Text(kind)) if kind.ends_with("List"))
        && let Some(Value::List(items)) = table.get("items").map(|entry| entry.tree.value.clone())
    {
        let prefix = |index: usize| taking.below(&format!("items[{index}]"));
        let prefixes: Vec<String> = (0..items.len()).map(prefix).collect();
        taking.pass(&["items", "apiVersion", "kind"]);
        taking.describes(&["metadata"], found);
        taking.finish(&[], found);
        return items
            .into_iter()
            .enumerate()
            .for_each(|(index, item)| document(source, &prefixes[index], item, plan, found));
    }
    let known: Vec<&Kind> = KINDS.iter().filter(|kind| (kind.knows)(&table)).collect();
    for kind in &known {
        plan.read += 1;
        (kind.read)(&mut taking, plan, found);
    }
    if known.is_empty() {
        kubernetes::strange(&mut taking, found);
        taking.drop_rest();
    } else {
        taking.finish(&[], found);
    }
}

/// A path without the numbers in lists: what describes one entry describes all.
fn without_numbers(path: &str) -> String {
    let mut parts = path.split('[');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |path, part| {
        let is_number = part.split(']').next().is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
        let rest = if is_number { part.trim_start_matches(|letter: char| letter.is_ascii_digit()) } else { part };
        format!("{path}[{rest}")
    })
}

/// The fragment with what is told about it.
fn told(sources: &[Source], sections: plan::Sections, found: Findings) -> Imported {
    let remark = |unread: &Unread| {
        let source = &sources[unread.at.source];
        let (line, _) = source.position(unread.at.bytes.start);
        Remark { file: source.name.clone(), line, path: unread.path.clone(), why: unread.why.clone() }
    };
    let mut unread: Vec<&Unread> = found.unread.iter().collect();
    unread.sort_by_key(|unread| (unread.at.source, unread.at.bytes.start));
    let mut unread: Vec<Remark> = unread.into_iter().map(remark).collect();
    unread.dedup();
    let mut described: Vec<String> = Vec::new();
    for path in found.described.iter().map(|described| without_numbers(&described.path)) {
        if !described.contains(&path) {
            described.push(path);
        }
    }
    let names: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
    let fragment = sections.text(&names, &unread, &described, &found.notes);
    Imported { fragment, unread, described, notes: found.notes }
}
