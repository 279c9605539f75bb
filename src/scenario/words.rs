//! Every word of the grammar with its sentence, for `explain`: made from the schema, and so from the structs.

use indexmap::IndexSet;
use serde_json::Value;

use crate::scenario::assumptions;
use crate::scenario::complaint::CODES;
use crate::scenario::figures::{AT_INSTANTS, FIGURES, Figure};
use crate::scenario::rules::{FORESIGHTS, RULES};
use crate::scenario::{documented, later, schema};

/// One thing that can be asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word itself: a key, a choice, a figure, a code.
    pub word: String,
    /// Where it stands: `topology.NAME.pool.NAME.workers`, or `figure`, `complaint`, `check`.
    pub place: String,
    /// What it is, as a sentence.
    pub about: String,
    /// How its value is written, where it has one.
    pub form: Option<String>,
    /// What holds where it is not written.
    pub default: Option<String>,
    /// What holds instead unless `run.defaults` is `"textbook"`, how that is known and from where.
    pub documented: Option<String>,
    /// Whether that holds under `"textbook"`, too.
    pub always: bool,
}

/// All words: keys and choices in the order of the grammar, then figures, complaints and what is of later versions.
pub fn words() -> Vec<Word> {
    let schema = schema::value();
    let mut words = Vec::new();
    let walk = Walk { root: &schema };
    walk.table(&schema, "", &mut Vec::new(), &mut words);
    let laws = words.iter().filter(|word| word.place.strip_prefix("law.").is_some_and(|rest| !rest.contains('.')));
    let laws = laws.map(|word| format!("`{}`", word.word)).collect::<Vec<_>>().join(", ");
    words.push(plain(
        "law",
        "law",
        &format!("how something varies from one time to the next: a plain value (always the same), or one of {laws}"),
    ));
    let metrics =
        words.iter().filter(|word| word.place.strip_prefix("metric.").is_some_and(|rest| !rest.contains('.')));
    let metrics = metrics.map(|word| format!("`{}`", word.word)).collect::<Vec<_>>().join(", ");
    words.push(plain("metric", "metric", &format!("what a controller reads: one of {metrics}")));
    let figures = FIGURES.iter().map(|figure| format!("`{}`", figure.name)).collect::<IndexSet<_>>();
    let figures = figures.into_iter().collect::<Vec<_>>().join(", ");
    words.push(plain(
        "figures",
        "figure",
        &format!("what a run measures, and what goals are for: {figures}; of one node or workload as `NAME.FIGURE`"),
    ));
    words.extend(FIGURES.iter().map(figure));
    words.extend(AT_INSTANTS.iter().map(|row| Word { word: format!("{}@TIME", row.name), ..figure(row) }));
    words.extend(CODES.iter().map(|(code, about)| plain(code, "complaint", about)));
    words.extend(RULES.iter().map(|rule| plain("check", "check", rule.about)));
    words.extend(FORESIGHTS.iter().map(|foresight| plain("check", "check", foresight.about)));
    for (pattern, about) in later::all() {
        let word = pattern.rsplit('.').next().unwrap_or(pattern);
        let about = if about.is_empty() { "not in this version yet" } else { about };
        words.push(plain(word, &pattern.replace('*', "NAME"), about));
    }
    words
}

fn plain(word: &str, place: &str, about: &str) -> Word {
    Word {
        word: word.to_owned(),
        place: place.to_owned(),
        about: about.to_owned(),
        form: None,
        default: None,
        documented: None,
        always: false,
    }
}

/// What a setting is under the documented defaults, with its mark and source.
fn documented_default(place: &str) -> Option<String> {
    let rows = documented::row_of(place).map(|row| {
        let source = if row.source.is_empty() { String::new() } else { format!(", {}", row.source) };
        format!("{} ({}{source}){}", row.value, row.mark.word(), between(row))
    });
    let rows: Vec<String> = rows.collect();
    (!rows.is_empty()).then(|| rows.join("; or "))
}

/// Between what a default may lie that nobody documents.
fn between(row: &documented::Row) -> String {
    let Some(range) = documented::range_of(row) else {
        return documented::why_without(row).map_or(String::new(), |why| format!("; not varied: {why}"));
    };
    match range.ends {
        documented::Ends::Same(low, high) => {
            format!("; varied from {} to {}: {}", assumptions::plain(low), assumptions::plain(high), range.why)
        }
        documented::Ends::Of(_) => format!("; varied by the node: {}", range.why),
    }
}

fn figure(figure: &Figure) -> Word {
    let form = if figure.statistics {
        format!("{}, with .mean .sd .p50 .p90 .p95 .p99 .p99.9 .max", figure.form.example())
    } else {
        figure.form.example().to_owned()
    };
    Word { form: Some(form), ..plain(figure.name, "figure", figure.about) }
}

struct Walk<'s> {
    root: &'s Value,
}

impl<'s> Walk<'s> {
    /// What a reference leads to, with its name.
    fn resolve(&self, schema: &'s Value) -> (&'s Value, Option<&'s str>) {
        let mut here = schema;
        let mut name = None;
        // Optional settings are written as `anyOf: [settings, null]`.
        for _ in 0..8 {
            if let Some(reference) = here.get("$ref").and_then(Value::as_str) {
                name = reference.strip_prefix("#/$defs/");
                // Names in references are written with escapes.
                let plain = name.map(|name| name.replace("%20", " "));
                match plain.and_then(|name| self.root.get("$defs")?.get(name)) {
                    Some(found) => here = found,
                    None => break,
                }
            } else if let Some(Value::Array(any)) = here.get("anyOf") {
                let real: Vec<&Value> =
                    any.iter().filter(|one| one.get("type").and_then(Value::as_str) != Some("null")).collect();
                match real.as_slice() {
                    [only] if any.len() > 1 => here = only,
                    _ => break,
                }
            } else {
                break;
            }
        }
        (here, name)
    }

    fn table(&self, schema: &'s Value, place: &str, above: &mut Vec<&'s str>, words: &mut Vec<Word>) {
        let Some(Value::Object(keys)) = schema.get("properties") else { return };
        for (key, value) in keys {
            let place = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
            let (inner, name) = self.resolve(value);
            words.push(Word {
                word: key.clone(),
                documented: documented_default(&place),
                always: documented::row_of(&place).any(documented::holds_always),
                place: place.clone(),
                about: about(value).or_else(|| about(inner)).unwrap_or_default(),
                form: form(value, inner, name),
                default: value
                    .get("default")
                    .map(shown)
                    .filter(|shown| shown != "{}" && shown != "[]" && shown != "null"),
            });
            self.value(value, &place, above, words);
        }
    }

    /// What stands below a value: keys of a table, choices, named tables, entries of a list.
    fn value(&self, value: &'s Value, place: &str, above: &mut Vec<&'s str>, words: &mut Vec<Word>) {
        let (inner, name) = self.resolve(value);
        // A law is explained once, where it first stands, and so is a metric; everything else wherever it stands.
        if let Some(name) = name {
            let once = match name {
                "Metric" => Some("metric"),
                name => name.starts_with("Law").then_some("law"),
            };
            let known =
                |once: &str| words.iter().any(|word| word.place.split_once('.').is_some_and(|word| word.0 == once));
            if above.contains(&name) || once.is_some_and(known) {
                return;
            }
            above.push(name);
            let place = once.unwrap_or(place);
            self.below(inner, place, above, words);
            above.pop();
        } else {
            self.below(inner, place, above, words);
        }
    }

    fn below(&self, inner: &'s Value, place: &str, above: &mut Vec<&'s str>, words: &mut Vec<Word>) {
        self.table(inner, place, above, words);
        for branches in ["oneOf", "anyOf"] {
            let Some(Value::Array(choices)) = inner.get(branches) else { continue };
            for choice in choices {
                self.choice(choice, place, above, words);
            }
        }
        if let Some(named) = inner.get("additionalProperties").filter(|named| named.is_object()) {
            self.value(named, &format!("{place}.NAME"), above, words);
        }
        if let Some(items) = inner.get("items").filter(|items| items.is_object()) {
            self.value(items, place, above, words);
        }
    }

    fn choice(&self, choice: &'s Value, place: &str, above: &mut Vec<&'s str>, words: &mut Vec<Word>) {
        let tell = |word: &str, value: Option<&'s Value>, words: &mut Vec<Word>| {
            let place = format!("{place}.{word}");
            let Some(about) = about(choice) else { return };
            if !words.iter().any(|known| known.place == place) {
                let form = value.and_then(|value| {
                    let (inner, name) = self.resolve(value);
                    form(value, inner, name)
                });
                words.push(Word { form, ..plain(word, &place, &about) });
            }
        };
        if let Some(word) = choice.get("const").and_then(Value::as_str) {
            tell(word, None, words);
        } else if let Some(Value::Array(several)) = choice.get("enum") {
            several.iter().filter_map(Value::as_str).for_each(|word| tell(word, None, words));
        } else if let Some(Value::Object(keys)) = choice.get("properties")
            && choice.get("required").and_then(Value::as_array).is_some_and(|required| required.len() == 1)
            && keys.len() == 1
        {
            for (word, value) in keys {
                tell(word, Some(value), words);
                self.value(value, &format!("{place}.{word}"), above, words);
            }
        } else {
            self.value(choice, place, above, words);
        }
    }
}

fn about(schema: &Value) -> Option<String> {
    let text = schema.get("description")?.as_str()?;
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), |text| format!("\"{text}\""))
}

/// How a value is written: what its type says of itself, or its shape.
fn form(value: &Value, inner: &Value, name: Option<&str>) -> Option<String> {
    if let Some(law) = name.filter(|name| name.starts_with("Law")) {
        let of = law.replace("%20", " ");
        return Some(format!("a l{}: a plain value, or a table of one key that names the law", &of[1..]));
    }
    let is_table = inner.get("properties").is_some() || inner.get("additionalProperties").is_some();
    if !std::ptr::eq(value, inner) && !is_table && inner.get("oneOf").is_none() {
        return about(inner);
    }
    let word = match inner.get("type").and_then(Value::as_str) {
        Some("boolean") => "`true` or `false`",
        Some("integer") => "a whole number",
        Some("number") => "a number",
        Some("string") if inner.get("enum").is_none() => "text",
        Some("array") => "a list",
        Some("object") => "a table",
        _ if inner.get("oneOf").is_some() => "one of the words below it",
        _ => return None,
    };
    Some(word.to_owned())
}
