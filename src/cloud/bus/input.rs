//! What a rule's targets get of an event: all of it, a part, or a text with parts of it.
//!
//! The rules are those of the guide (docs.aws.amazon.com, *Amazon EventBridge input transformation*): a variable whose path
//! leads nowhere stands for nothing, and names that begin with `aws.events.` are the provider's own.

use serde_json::Value;

use crate::cloud::topology::Input;

/// Variables of one rule.
pub const PATHS_MAX: usize = 100;
/// Characters of a template.
pub const TEMPLATE_MAX: usize = 8_192;
/// The variables that a template has without naming them.
pub const RESERVED: [&str; 5] = [
    "aws.events.rule-arn",
    "aws.events.rule-name",
    "aws.events.event.ingestion-time",
    "aws.events.event",
    "aws.events.event.json",
];

/// Bytes of what a target gets of an event.
pub fn bytes(input: &Input, event: &Value) -> u64 {
    text(input, event).len() as u64
}

fn text(input: &Input, event: &Value) -> String {
    let value_of = |name: &str| match input.paths.iter().find(|(variable, _)| variable == name) {
        Some((_, path)) => found(event, path).map(written).unwrap_or_default(),
        None if name.starts_with("aws.events.event") && !name.ends_with("time") => event.to_string(),
        None if name.ends_with("time") => event["time"].as_str().unwrap_or_default().to_owned(),
        None => name.to_owned(),
    };
    let Some(template) = &input.template else {
        return input.paths.first().map_or_else(|| event.to_string(), |(name, _)| value_of(name));
    };
    let mut whole = String::new();
    for piece in pieces(template) {
        match piece {
            Piece::Text(text) => whole.push_str(text),
            Piece::Variable(name) => whole.push_str(&value_of(name)),
        }
    }
    whole
}

/// A text stands as it is, anything else as JSON.
fn written(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What stands in an event at a path such as `$.detail.items[0].name`.
fn found<'e>(event: &'e Value, path: &str) -> Option<&'e Value> {
    let mut here = event;
    for part in path.strip_prefix('$')?.split('.').filter(|part| !part.is_empty()) {
        let (key, indices) = part.split_once('[').map_or((part, ""), |(key, rest)| (key, rest));
        if !key.is_empty() {
            here = here.get(key)?;
        }
        for index in indices.split('[').filter(|index| !index.is_empty()) {
            here = here.get(index.strip_suffix(']')?.parse::<usize>().ok()?)?;
        }
    }
    Some(here)
}

/// A part of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'t> {
    /// As it stands.
    Text(&'t str),
    /// A variable, without its brackets.
    Variable(&'t str),
}

/// The parts of a template.
pub fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('<') {
        let name = after.split_once('>').filter(|(name, _)| is_name(name));
        match name {
            Some((name, behind)) => {
                pieces.extend([Piece::Text(before), Piece::Variable(name)]);
                rest = behind;
            }
            // A bracket that opens no variable is a letter as any other.
            None => {
                pieces.push(Piece::Text(&rest[..=before.len()]));
                rest = after;
            }
        }
    }
    pieces.push(Piece::Text(rest));
    pieces.retain(|piece| *piece != Piece::Text(""));
    pieces
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn input(paths: &[(&str, &str)], template: Option<&str>) -> Input {
        let own = |(name, path): &(&str, &str)| ((*name).to_owned(), (*path).to_owned());
        Input { paths: paths.iter().map(own).collect(), template: template.map(str::to_owned) }
    }

    /// The guide's example: `"<instance> is in state <status>"`.
    #[test]
    fn a_template_has_the_parts_of_the_event_that_its_paths_lead_to() {
        let event =
            json!({ "time": "t", "detail": { "instance-id": "i-1", "state": "running", "list": [{ "a": 5 }] } });
        let paths = [("instance", "$.detail.instance-id"), ("status", "$.detail.state")];
        let told = |paths: &[(&str, &str)], template| text(&input(paths, template), &event);
        assert_eq!(told(&paths, Some("\"<instance> is in state <status>\"")), "\"i-1 is in state running\"");
        assert_eq!(told(&[("a", "$.detail.list[0].a"), ("b", "$.no")], Some("<a><b> < 6 <a")), "5 < 6 <a");
        assert_eq!(told(&[], Some("<aws.events.event>")), event.to_string());
        assert_eq!(told(&[("detail", "$.detail.list")], None), "[{\"a\":5}]");
        assert_eq!(bytes(&input(&paths[..1], None), &event), 3);
    }
}
