//! Machines that are stopped and started: by somebody at given times.

use super::{served_calls, vm_price};
use crate::paper_traces::scene::{Scene, span, steps, work};
use crate::paper_traces::trace::Table;

/// Machines that share a line, numbered as the trace names them; those that were stopped before the start come last.
pub fn stopped_instance(scene: &mut Scene, inputs: &Table<'_>) -> Result<(), String> {
    served_calls(scene, inputs)?;
    if inputs.get("rule").is_some() {
        return Err("rules that start machines are not there".to_owned());
    }
    let events = inputs.tables("events")?;
    let mut named: Vec<u64> = Vec::new();
    let mut deeds = Vec::new();
    for event in &events {
        let number = number(&event.must_text("instance")?)?;
        named.push(number);
        deeds.push((event.must_nanos("at_s")?, number, event.must_text("do")?));
        event.all_read()?;
    }
    let parked = parked(inputs)?;
    named.extend(&parked);
    let all = named.iter().copied().max().unwrap_or(1).max(inputs.count("instances")?.unwrap_or(1));
    let running = all - parked.len() as u64;
    if parked.iter().any(|&number| number <= running) {
        return Err("a machine that was stopped before the start stands before one that runs".to_owned());
    }
    let [pending, boot, stopping] = ["pending_s", "starting_s", "stopping_s"].map(|key| inputs.nanos(key));
    let platform = scene.platform("m5.large", vm_price(inputs)?.as_deref());
    let body = format!(
        "{}\nworkers = {running}\nstopped = {}\npending = {:?}\nboot = {:?}\nstopping = {:?}\n{platform}",
        steps(&[work("service")]),
        parked.len(),
        span(pending?.unwrap_or(0)),
        span(boot?.unwrap_or(0)),
        span(stopping?.unwrap_or(0)),
    );
    scene.pool("i", "work", "i", &body);
    scene.nobody = Some("down");
    deeds.sort_by_key(|deed| deed.0);
    for (place, (at, number, what)) in deeds.iter().enumerate() {
        match what.as_str() {
            "stop" => {
                let after = deeds[place + 1..].iter().find(|(_, other, _)| other == number);
                let lasts = after.filter(|(_, _, what)| what == "start").map(|(started, _, _)| span(started - at));
                let lasts = lasts.map_or(String::new(), |lasts| format!("lasts = {lasts:?}\n"));
                scene.faults.push(format!(
                    "[topology.traced.fault.stop.event-{place}]\npool = \"i\"\nworker = {number}\nat = {:?}\n{lasts}",
                    span(*at)
                ));
            }
            "start" => {
                let before = deeds[..place].iter().rfind(|(_, other, _)| other == number);
                if before.is_none_or(|(_, _, what)| what != "stop") {
                    return Err("a start of a machine that nobody has stopped".to_owned());
                }
            }
            other => return Err(format!("event `{other}` of a machine is not known")),
        }
    }
    Ok(())
}

/// The number of a machine: 1 of `i1`.
fn number(name: &str) -> Result<u64, String> {
    let number = name.strip_prefix('i').and_then(|number| number.parse().ok());
    number.filter(|&number| number > 0).ok_or_else(|| format!("no machine is called `{name}`"))
}

/// The numbers of those that were stopped before the start: named, or the only one.
fn parked(inputs: &Table<'_>) -> Result<Vec<u64>, String> {
    use serde_json::Value;
    match inputs.get("parked") {
        None | Some(Value::Bool(false)) => Ok(Vec::new()),
        Some(Value::Bool(true)) => Ok(vec![1]),
        Some(Value::String(name)) => Ok(vec![number(name)?]),
        Some(Value::Array(names)) => {
            let of =
                |name: &Value| name.as_str().ok_or_else(|| "`parked` names no machine".to_owned()).and_then(number);
            names.iter().map(of).collect()
        }
        Some(_) => Err("`parked` names no machine".to_owned()),
    }
}
