//! The JSON Schema of scenarios, made from the very structs that they are read into.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

use crate::scenario::draft::Draft;
use crate::scenario::draft::law::Quantity;

/// The schema, draft 2020-12, for editors: `#:schema ./scenario.schema.json` on the first line of a scenario.
pub fn schema() -> String {
    let value = value();
    serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
}

/// The schema as a value.
pub(crate) fn value() -> Value {
    let generator = SchemaGenerator::new(SchemaSettings::draft2020_12());
    generator.into_root_schema_for::<Draft>().to_value()
}

/// A choice whose settings may all be left out is also written as its bare word.
pub(crate) fn choice(schema: &mut Schema) {
    let Some(Value::Array(choices)) = schema.get_mut("oneOf") else { return };
    let mut words = Vec::new();
    for one in choices.iter() {
        if let Some((word, about)) = one
            .get("properties")
            .and_then(Value::as_object)
            .and_then(|all| all.keys().next())
            .map(|word| (word.clone(), one.get("description").cloned().unwrap_or(Value::Null)))
        {
            words.push(json!({ "const": word, "description": about }));
        }
    }
    choices.extend(words);
}

/// A plain value is the constant law.
pub(crate) fn law<Q: Quantity + JsonSchema>(schema: &mut Schema) {
    if let Some(Value::Array(choices)) = schema.get_mut("oneOf") {
        choices.push(json!({ "type": ["string", "integer"], "description": format!("{}: always the same", Q::OF) }));
    }
}
