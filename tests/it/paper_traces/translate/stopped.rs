//! Machines that are stopped and started: by somebody at given times.

use super::function::function_prices;
use super::{served_calls, vm_price};
use crate::paper_traces::scene::{Scene, span, steps, work};
use crate::paper_traces::trace::{Table, nanos};

/// Machines that share a line, numbered as the trace names them; those that were stopped before the start come last.
pub fn stopped_instance(scene: &mut Scene, inputs: &Table<'_>) -> Result<(), String> {
    served_calls(scene, inputs)?;
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
    let has_rule = inputs.get("rule").is_some();
    // Only of machines of EC2 a bus is told.
    let hour = vm_price(inputs)?.or_else(|| has_rule.then(|| "0".to_owned()));
    let platform = scene.platform("m5.large", hour.as_deref());
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
    if has_rule {
        let by_hand = deeds.iter().filter(|(_, _, what)| what == "start").map(|&(at, number, _)| (at, number));
        scene.started_by_hand = Some(by_hand.collect());
        rule(scene, inputs, &inputs.table("rule")?)?;
    }
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

/// A rule that invokes a function, which starts all machines that are stopped at the end of its run.
fn rule(scene: &mut Scene, inputs: &Table<'_>, rule: &Table<'_>) -> Result<(), String> {
    if let Some(whom) = rule.text("starts")?
        && whom != "all_stopped"
    {
        return Err(format!("a rule that starts `{whom}` is not known"));
    }
    scene.works.push(("look".to_owned(), rule.nanos("run_s")?.unwrap_or(0)));
    let starts = "{ act = { start-instances = { of = \"all\", in-state = \"stopped\" } } }".to_owned();
    let memory = rule.count("memory_mb")?.unwrap_or(1_769);
    function_prices(scene, inputs)?;
    scene.nodes.push(format!(
        "[topology.traced.function.starter]\n{}\nmemory = \"{memory}MiB\"\ninit = {:?}\nidle = \"0s\"\n",
        steps(&[work("look"), starts]),
        span(rule.nanos("init_s")?.unwrap_or(0)),
    ));
    let latency = span(rule.nanos("event_latency_s")?.unwrap_or(0));
    scene.nodes.push(format!("[topology.traced.bus.default]\nlatency = {latency:?}\n"));
    let rules = match rule.must_text("on")?.as_str() {
        "stopped" => vec![
            "pattern = { source = [\"aws.ec2\"], detail-type = [\"EC2 Instance State-change Notification\"], \
             detail = { state = [\"stopped\"] } }"
                .to_owned(),
        ],
        "schedule" => schedules(rule)?,
        other => return Err(format!("a rule on `{other}` is not known")),
    };
    for (place, takes) in rules.iter().enumerate() {
        scene.nodes.push(format!("[topology.traced.bus.default.rule.r{place}]\n{takes}\nto = \"starter\"\n"));
    }
    rule.all_read()
}

/// When rules run by the clock: again and again after a time, or at each of several minutes.
fn schedules(rule: &Table<'_>) -> Result<Vec<String>, String> {
    let Some(times) = rule.get("schedule_s").and_then(serde_json::Value::as_array) else {
        return Ok(vec![format!("schedule = {{ every = {:?} }}", span(rule.must_nanos("schedule_s")?))]);
    };
    const MINUTE: u64 = 60_000_000_000;
    let of = |time: &serde_json::Value| {
        let nanos = nanos(time).filter(|nanos| nanos.is_multiple_of(MINUTE) && *nanos < 31 * 1_440 * MINUTE);
        let minutes = nanos.ok_or("a schedule that names times names whole minutes of a month")? / MINUTE;
        // A run begins on the 1st of January of this year.
        let (day, hour, minute) = (1 + minutes / 1_440, minutes / 60 % 24, minutes % 60);
        Ok(format!("schedule = {{ cron = \"{minute} {hour} {day} 1 ? 2029\" }}"))
    };
    times.iter().map(of).collect()
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
