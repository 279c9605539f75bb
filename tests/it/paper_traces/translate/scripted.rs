//! A group whose metric is given, by steps or by a target.

use super::super::scene::{Scene, span};
use super::super::trace::{Table, plain};
use super::vm_price;

pub fn scripted_metric_asg(scene: &mut Scene, inputs: &Table<'_>) -> Result<(), String> {
    let min = inputs.count("min")?.unwrap_or(0);
    let max = inputs.count("max")?.unwrap_or(u64::from(u32::MAX));
    let initial = inputs.count("initial_in_service")?.unwrap_or(min);
    let pending = span(inputs.nanos("pending_s")?.unwrap_or(0));
    let boot = span(inputs.nanos("starting_s")?.unwrap_or(0));
    let warm_up = span(inputs.nanos("warmup_s")?.unwrap_or(0));
    let points = points(inputs)?;
    scene.alarms = true;
    let policies = match inputs.must_text("policy")?.as_str() {
        "step" => steps(inputs, &points)?,
        "target_tracking" => vec![tracking(scene, inputs, &points)?],
        other => return Err(format!("policy `{other}` is not known")),
    };
    let platform = scene.platform("m5.large", vm_price(inputs)?.as_deref());
    let body = format!(
        "steps = []\nworkers = {initial}\npending = {pending:?}\nboot = {boot:?}\n{platform}\
         scaling.asg = {{ min = {min}, max = {max}, desired = {initial}, warm-up = {warm_up:?}, policies = [\n{}\n] }}\n",
        policies.join(",\n")
    );
    scene.pool("w", "work", "w", &body);
    Ok(())
}

/// The datapoints, and the period from one to the next.
struct Points {
    metric: String,
    period: u64,
}

fn points(inputs: &Table<'_>) -> Result<Points, String> {
    let mut points = Vec::new();
    let mut times = Vec::new();
    for point in inputs.tables("datapoints")? {
        let at = point.must_nanos("at_s")?;
        let value = point.get("value").or(point.get("visible")).and_then(plain).ok_or("a datapoint without a value")?;
        point.all_read()?;
        points.push(format!("[{:?}, {value}]", span(at)));
        times.push(at);
    }
    let first = *times.first().ok_or("no datapoints")?;
    let period = times.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap_or(first);
    if times.iter().any(|at| at % period != 0) {
        return Err("datapoints that are not in step".to_owned());
    }
    Ok(Points { metric: format!("{{ recorded = {{ points = [{}] }} }}", points.join(", ")), period })
}

fn steps(inputs: &Table<'_>, points: &Points) -> Result<Vec<String>, String> {
    let mut policies = Vec::new();
    for side in ["high", "low"] {
        if inputs.get(side).is_none() {
            continue;
        }
        let alarm = inputs.table(side)?;
        let when = match alarm.must_text("comparison")?.as_str() {
            ">" => "above",
            ">=" => "at-least",
            "<" => "below",
            "<=" => "at-most",
            other => return Err(format!("comparison `{other}` is not known")),
        };
        let threshold = alarm.must_text("threshold")?;
        let periods = alarm.count("periods")?.unwrap_or(1);
        let percent = match alarm.text("type")?.as_deref() {
            None | Some("change") => false,
            Some("percent") => true,
            Some(other) => return Err(format!("steps of type `{other}`")),
        };
        let mut steps = Vec::new();
        for step in alarm.tables("steps")? {
            let change = step.must_text("change")?;
            let change = if percent { format!("\"{change}%\"") } else { change };
            let end = |key: &str, name: &str| {
                Ok::<_, String>(step.text(key)?.map_or(String::new(), |end| format!("{name} = {end}, ")))
            };
            steps.push(format!("{{ {}{}change = {change} }}", end("lower", "from")?, end("upper", "to")?));
            step.all_read()?;
        }
        alarm.all_read()?;
        policies.push(format!(
            "{{ step = {{ metric = {}, when = {{ {when} = {threshold} }}, points = {periods}, period = {:?}, steps = [{}] }} }}",
            points.metric,
            span(points.period),
            steps.join(", ")
        ));
    }
    Ok(policies)
}

fn tracking(scene: &mut Scene, inputs: &Table<'_>, points: &Points) -> Result<String, String> {
    let number = |key: &str| inputs.must_text(key)?.parse::<f64>().map_err(|_| format!("{key} is no number"));
    let target = number("acceptable_latency_s")? / number("processing_s")?;
    // A decimal divided by a decimal: what is meant has few digits.
    let target = (target * 1e9).round() / 1e9;
    scene.target = Some(target.to_string());
    let (high, low) = (inputs.count("high_periods")?.unwrap_or(3), inputs.count("low_periods")?.unwrap_or(15));
    let factor = number("low_factor")? * 100.0;
    Ok(format!(
        "{{ target-tracking = {{ metric = {{ ratio = {{ of = {}, to = \"in-service\" }} }}, target = {target}, \
         period = {:?}, high = {{ points = {high} }}, low = {{ points = {low}, factor = \"{}%\" }} }} }}",
        points.metric,
        span(points.period),
        (factor * 1e9).round() / 1e9
    ))
}
