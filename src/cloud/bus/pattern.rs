//! Event patterns of Amazon EventBridge: what a rule wants of an event, and whether an event has it.
//!
//! A pattern is read once (`structure`, `operators`) into fields, each with alternatives (`wanted`), and into ways to
//! match, one for each combination of its `$or`; an event matches where it meets all fields of one way (`meeting`).
//! Where it does not, `mismatch` says why. The guide says what is promised (docs.aws.amazon.com, "Creating event
//! patterns" and "Comparison operators", read in 2026); where it is silent, this does as the engine that AWS
//! publishes does (github.com/aws/event-ruler).

mod address;
mod letters;
mod meeting;
mod mismatch;
mod number;
mod operators;
mod structure;
mod wanted;

use serde_json::Value;

use crate::cloud::bus::json::{self, Objection};
use crate::cloud::bus::pattern::wanted::Wanted;
use crate::ground::json::Node;

pub use mismatch::{Mismatch, Unmet};

/// Characters that a pattern may have by the guide.
pub const LENGTH_DOCUMENTED: usize = 2_048;

/// Characters that the interface takes at the most (API reference, PutRule).
pub const LENGTH_MAX: usize = 4_096;

/// Combinations that the `$or` of a pattern may make.
pub const COMBINATIONS_MAX: u64 = 1_000;

/// Fields that may have to be met together (aws/event-ruler, GenericMachine).
pub const FIELDS_MAX: usize = 256;

/// A pattern that was understood.
#[derive(Clone, Debug)]
pub struct Pattern {
    fields: Vec<Field>,
    /// Fields by number that are enough together, each list in the order of their paths.
    ways: Vec<Vec<usize>>,
}

/// What is wanted of one field.
#[derive(Clone, Debug)]
struct Field {
    /// The keys that lead to it, joined with dots.
    path: String,
    wanted: Vec<Wanted>,
}

impl Field {
    /// Whether one of the alternatives takes a value that is there.
    fn accepts(&self, value: &Value) -> bool {
        self.wanted.iter().any(|wanted| wanted.accepts(value))
    }

    fn may_be_absent(&self) -> bool {
        self.wanted.iter().any(|wanted| matches!(wanted, Wanted::Absent))
    }
}

impl Pattern {
    /// Reads a pattern from JSON, with what a reader should know about it.
    ///
    /// # Errors
    /// All that is wrong with it, by place.
    pub fn read(text: &str) -> Result<(Pattern, Vec<Objection>), Vec<Objection>> {
        let node = json::read(text, "a pattern").map_err(|fault| vec![fault])?;
        structure::pattern(&node, Some(text.trim().chars().count()))
    }

    /// The same of a pattern that is JSON already: its faults have no place in a text.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn of(value: &Value) -> Result<(Pattern, Vec<Objection>), Vec<Objection>> {
        structure::pattern(&Node::from(value), None)
    }

    /// Whether an event matches. Time grows with the event's size, and never with the ways through its arrays.
    pub fn matches(&self, event: &Value) -> bool {
        self.ways.iter().any(|way| meeting::meets(&self.fields_of(way), event))
    }

    /// Why an event does not match; `None` where it does.
    pub fn explain(&self, event: &Value) -> Option<Mismatch> {
        if self.matches(event) { None } else { Some(mismatch::of(self, event)) }
    }

    /// Whether it asks for anything of what stands at a path of keys joined with dots, or below it.
    pub fn looks_at(&self, path: &str) -> bool {
        let below =
            |field: &Field| field.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        self.fields.iter().any(below)
    }

    /// Combinations of the members of its `$or`; 1 without any.
    pub fn combinations(&self) -> usize {
        self.ways.len()
    }

    fn fields_of(&self, way: &[usize]) -> Vec<&Field> {
        way.iter().map(|field| &self.fields[*field]).collect()
    }
}
