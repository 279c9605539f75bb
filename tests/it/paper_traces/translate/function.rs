//! Functions: called, or sent to, by requests that bring their run.

use super::super::scene::{Scene, span, steps, work};
use super::super::trace::Table;
use super::calls;

/// One function, called or invoked without waiting. How long a run takes stands in the trace, whatever the memory.
pub fn function(scene: &mut Scene, inputs: &Table<'_>) -> Result<(), String> {
    let mut fails_alike = Vec::new();
    let all_fail = inputs.get("fail_attempts").and_then(serde_json::Value::as_array);
    fails_alike.extend(all_fail.into_iter().flatten().filter_map(serde_json::Value::as_u64));
    calls(scene, inputs, |request, call| {
        call.works.push(("run".to_owned(), request.must_nanos("run_s")?));
        let visits = request.get("fail_attempts").and_then(serde_json::Value::as_array);
        let mut visits: Vec<u64> = visits.into_iter().flatten().filter_map(serde_json::Value::as_u64).collect();
        visits.extend(&fails_alike);
        if !visits.is_empty() {
            call.fails.push(("run".to_owned(), visits));
        }
        Ok(())
    })?;
    let mode = inputs.must_text("mode")?;
    let mut body = format!("{}\n", steps(&[work("run")]));
    let memory = inputs.count("memory_mb")?.unwrap_or(1_769);
    body += &format!("memory = \"{memory}MiB\"\n");
    for (theirs, ours) in [("init_s", "init"), ("idle_ttl_s", "idle"), ("timeout_s", "timeout")] {
        if let Some(nanos) = inputs.nanos(theirs)? {
            body += &format!("{ours} = {:?}\n", span(nanos));
        }
    }
    if let Some(reserved) = inputs.count("reserved_concurrency")? {
        body += &format!("reserved-concurrency = {reserved}\n");
    }
    function_prices(scene, inputs)?;
    match mode.as_str() {
        "async" => {
            body += "async = { dead-letters = \"dead\" }\n";
            scene.client = Some("{ waits = false }".to_owned());
            scene.nodes.push("[topology.traced.queue.dead]\n".to_owned());
            // What is put aside is not metered in these traces.
            scene.price("sqs.standard", "$0/million");
        }
        "sync" => {
            let attempts = inputs.count("caller_max_attempts")?;
            let backoff = inputs.nanos("caller_backoff_s")?;
            if attempts.is_some() || backoff.is_some() {
                scene.client = Some(format!(
                    "{{ retry = {{ attempts = {}, on = [\"throttled\"], backoff = {{ wait = {:?} }} }} }}",
                    attempts.unwrap_or(1),
                    span(backoff.unwrap_or(0))
                ));
            }
        }
        other => return Err(format!("no mode is called `{other}`")),
    }
    scene.functions = true;
    scene.node("function", "f", "fn", "e", &body);
    Ok(())
}

/// What runs and requests of functions cost.
pub fn function_prices(scene: &mut Scene, inputs: &Table<'_>) -> Result<(), String> {
    for (theirs, item, unit) in [
        ("price_per_gb_s", "lambda.duration.x86", "GB-s"),
        ("price_per_million_requests", "lambda.requests", "million"),
    ] {
        let price = inputs.text(theirs)?.unwrap_or_else(|| "0".to_owned());
        scene.price(item, &format!("${price}/{unit}"));
    }
    Ok(())
}
