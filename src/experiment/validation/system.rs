//! Cases of the form of `systems.json`, and how their laws read in a scenario.

use serde_json::Value;

/// A system whose answers are known, and the answers.
#[derive(Clone, Debug)]
pub struct System {
    /// Its name: `mmc-03`.
    pub id: String,
    /// The kind of system: `mmc`.
    pub family: String,
    /// What it is, for people.
    pub title: String,
    /// Where its answers are from.
    pub source: String,
    /// Its description.
    pub described: Value,
    /// Those answers that are one number, and each of those that are a list, as `mean_in_system_at.3`.
    pub expected: Vec<(String, f64)>,
    /// The instants of those lists.
    pub times: Vec<f64>,
    /// Customers after which half of a mean's 95 % interval is 1 % of it.
    pub customers: f64,
}

/// The form of lists of systems.
const FORMAT: &str = "queue-oracles/1";

/// The systems that the program knows.
pub fn known() -> Vec<System> {
    read(include_str!("systems.json")).unwrap_or_default()
}

/// Reads a list of systems.
///
/// # Errors
/// What is wrong with it, as a sentence.
pub fn read(text: &str) -> Result<Vec<System>, String> {
    let file: Value = serde_json::from_str(text).map_err(|error| format!("this is no JSON: {error}"))?;
    if file["format"] != FORMAT {
        return Err(format!("a list of systems begins with `\"format\": \"{FORMAT}\"`, and this one does not"));
    }
    let cases = file["cases"].as_array().ok_or("`cases` is no list of systems")?;
    cases.iter().enumerate().map(|(place, case)| of(case).ok_or_else(|| unreadable(place, case))).collect()
}

fn unreadable(place: usize, case: &Value) -> String {
    let name = case["id"].as_str().map_or_else(|| format!("the system at place {}", place + 1), |id| format!("`{id}`"));
    format!("{name} lacks `id`, `family`, `system` or a table of `expected` numbers")
}

fn of(case: &Value) -> Option<System> {
    let text = |key: &str| case[key].as_str().unwrap_or_default().to_owned();
    let expected = case["expected"].as_object()?;
    // The waits of a busy station need several times the customers that its sojourns need: the sojourns decide
    // where they are asked for.
    let asked = |name: &str| expected.contains_key(name) && name.contains("mean_sojourn");
    let needs = case["customers_for_1pct"].as_object();
    let most = |only: bool| {
        let told = needs.into_iter().flatten().filter(|(name, _)| !only || asked(name));
        told.filter_map(|(_, count)| count.as_f64()).fold(0.0, f64::max)
    };
    let sojourns = most(true);
    let (id, family) = (text("id"), text("family"));
    if id.is_empty() || family.is_empty() || !case["system"].is_object() {
        return None;
    }
    Some(System {
        id,
        family,
        title: text("title"),
        source: text("source"),
        described: case["system"].clone(),
        expected: expected.iter().flat_map(|(name, value)| numbers(name, value)).collect(),
        times: case["observe"]["times"].as_array().into_iter().flatten().filter_map(Value::as_f64).collect(),
        customers: if sojourns > 0.0 { sojourns } else { most(false) },
    })
}

/// The numbers of an expected quantity. Of a list of standard deviations, the variances: they have an interval as any mean has.
fn numbers(name: &str, value: &Value) -> Vec<(String, f64)> {
    let Value::Array(list) = value else {
        return value.as_f64().map(|value| (name.to_owned(), value)).into_iter().collect();
    };
    let each = list.iter().filter_map(Value::as_f64).enumerate();
    match name.strip_prefix("sd_") {
        Some(rest) => each.map(|(place, sd)| (format!("var_{rest}.{place}"), sd * sd)).collect(),
        None => each.map(|(place, value)| (format!("{name}.{place}"), value)).collect(),
    }
}

impl System {
    /// The values of a list.
    pub fn list(&self, name: &str) -> Vec<f64> {
        let of = |(full, value): &(String, f64)| {
            full.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')).then_some(*value)
        };
        self.expected.iter().filter_map(of).collect()
    }
}

/// A number of a table, or why it can't be read.
pub fn number(table: &Value, key: &str) -> Result<f64, String> {
    table[key].as_f64().ok_or_else(|| format!("`{key}` is {}", table[key]))
}

/// A whole number of a table.
pub fn count(table: &Value, key: &str) -> Result<u64, String> {
    table[key].as_u64().ok_or_else(|| format!("`{key}` is {}", table[key]))
}

/// A duration as a scenario writes it, to the nanosecond.
pub fn duration(seconds: f64) -> String {
    format!("\"{}ns\"", (seconds * 1e9).round() as u64)
}

/// A rate as a scenario writes it.
pub fn rate(per_second: f64) -> String {
    format!("\"{per_second}/s\"")
}

fn list(values: &Value, written: impl Fn(f64) -> String) -> Result<String, String> {
    let values = values.as_array().ok_or("a list is missing")?;
    let values: Option<Vec<String>> = values.iter().map(|value| value.as_f64().map(&written)).collect();
    Ok(format!("[{}]", values.ok_or("a list holds something else than numbers")?.join(", ")))
}

/// A law of durations as a scenario writes it.
pub fn law(law: &Value) -> Result<String, String> {
    let time = |key: &str| number(law, key).map(duration);
    Ok(match law["dist"].as_str().unwrap_or_default() {
        "exponential" => format!("{{ exponential = {} }}", time("mean")?),
        "deterministic" => time("value")?,
        "erlang" => format!("{{ erlang = {{ shape = {}, mean = {} }} }}", count(law, "shape")?, time("mean")?),
        "lognormal" => format!("{{ lognormal = {{ mean = {}, scv = {:?} }} }}", time("mean")?, number(law, "scv")?),
        "uniform" => format!("{{ uniform = {{ low = {}, high = {} }} }}", time("low")?, time("high")?),
        "bounded-pareto" => {
            let (low, high) = (time("low")?, time("high")?);
            format!("{{ pareto = {{ alpha = {:?}, low = {low}, high = {high} }} }}", number(law, "alpha")?)
        }
        "hyperexponential" => {
            let weights = list(&law["probs"], |weight| format!("{weight:?}"))?;
            format!("{{ hyperexponential = {{ weights = {weights}, means = {} }} }}", list(&law["means"], duration)?)
        }
        "discrete" => {
            let weights = list(&law["probs"], |weight| format!("{weight:?}"))?;
            format!("{{ values = {{ of = {}, weights = {weights} }} }}", list(&law["values"], duration)?)
        }
        other => return Err(format!("no law is called `{other}`")),
    })
}

/// The mean of a law, in seconds, where it stands there.
pub fn mean(law: &Value) -> Result<f64, String> {
    match law["dist"].as_str() {
        Some("exponential" | "erlang" | "lognormal") => number(law, "mean"),
        Some("deterministic") => number(law, "value"),
        Some("uniform") => Ok((number(law, "low")? + number(law, "high")?) / 2.0),
        _ => weighted_mean(law),
    }
}

fn weighted_mean(law: &Value) -> Result<f64, String> {
    let means = law["means"].as_array().or(law["values"].as_array());
    let (Some(weights), Some(means)) = (law["probs"].as_array(), means) else {
        return Err(format!("the mean of {law} is not told"));
    };
    let products = weights.iter().zip(means).map(|(weight, mean)| Some(weight.as_f64()? * mean.as_f64()?));
    products.sum::<Option<f64>>().ok_or_else(|| format!("the mean of {law} is not told"))
}

/// A law of batch sizes as a scenario writes it, and its mean.
pub fn batch(law: &Value) -> Result<(String, f64), String> {
    match law["dist"].as_str() {
        Some("fixed") => Ok((count(law, "value")?.to_string(), number(law, "value")?)),
        Some("geometric") => Ok((format!("{{ geometric = {:?} }}", number(law, "mean")?), number(law, "mean")?)),
        other => Err(format!("no law of counts is called {other:?}")),
    }
}
