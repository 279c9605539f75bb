//! The question what a controller would decide: a policy by itself, and what it sees, from a document or from recorded
//! metrics.

mod columns;
mod document;
mod draft;
mod exports;
mod pods;
pub mod policy;
mod seen;

pub use columns::{Columns, Zero};
pub use document::question;
pub use exports::{Taking, read as read_metrics};
pub use policy::{Controller, Policy, Reads, policy};
pub use seen::{AlarmQuestion, Detail, PodSeen, Question, Remembered, Uses};

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};

/// The JSON Schema of documents, draft 2020-12.
pub fn schema() -> String {
    let generator = SchemaGenerator::new(SchemaSettings::draft2020_12());
    let value = generator.into_root_schema_for::<draft::Document>().to_value();
    debug_assert_eq!(draft::Document::schema_name(), "Document");
    serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
}
