//! Servers that are switched on and off: with a setup, by thresholds, or by a look at the backlog every so often.

use serde_json::Value;

use crate::experiment::validation::families::arrivals;
use crate::experiment::validation::plan::{Formula, Plan, figure, linear, made, station};
use crate::experiment::validation::system::{count, duration, law, mean, number};

/// One station whose servers are scaled: its scenario but for the scaling, which `scaling` writes.
fn scaled(system: &Value, boot: &str, scaling: &str, more: &str) -> Result<(String, f64), String> {
    let (arrivals, rate) = arrivals(&system["arrivals"])?;
    let discipline = system["discipline"].as_str().unwrap_or("fcfs");
    if !discipline.starts_with("fcfs") || !system["capacity"].is_null() {
        return Err(format!("no line is called `{discipline}` with so many places"));
    }
    let text = format!(
        "[workload.jobs]\n{arrivals}[work]\nserve = {}\n[topology.it.pool.a]\nsteps = [{{ work = \"serve\" }}]\n\
         boot = {boot}\n{more}scaling = {scaling}\n",
        law(&system["service"])?
    );
    Ok((text, rate))
}

/// Quantities of servers that are on, being set up, or off.
fn servers(name: &str, rate: f64) -> Result<Formula, String> {
    match name {
        "mean_servers_busy" => figure("pool.a.busy"),
        "mean_servers_on" => made(|read| Some(read("pool.a.workers.ready")? + read("pool.a.workers.draining")?)),
        "mean_servers_draining" => figure("pool.a.workers.draining"),
        "mean_servers_idle" => made(|read| Some(read("pool.a.workers.ready")? - read("pool.a.busy")?)),
        "mean_servers_setup" => figure("pool.a.workers.booting"),
        "mean_servers_on_or_setup" => {
            made(|read| Some(read("pool.a.workers.ready")? + read("pool.a.workers.booting")?))
        }
        "mean_servers_off" => made(|read| Some(1.0 - read("pool.a.workers.ready")? - read("pool.a.workers.booting")?)),
        "setups_per_second" | "servers_started_per_second" => figure("pool.a.workers.started"),
        "p_setup_per_job" => linear("pool.a.workers.started", 1.0 / rate, 0.0),
        "mean_cycle" => made(|read| Some(1.0 / read("pool.a.workers.started")?)),
        "scale_ups_per_second" => figure("pool.a.workers.added"),
        // Told a second, whatever the name says: times the delay it is the mean number that is set up.
        "servers_added_per_evaluation" => figure("pool.a.workers.added"),
        "servers_removed_per_evaluation" => figure("pool.a.workers.removed"),
        _ => match name.strip_prefix("p_committed_") {
            Some(size) => figure(format!("pool.a.workers.desired.{size}")),
            None => station("a", name),
        },
    }
}

/// Servers that are started when somebody waits, and stopped when nobody does.
pub fn on_demand(system: &Value) -> Result<Plan, String> {
    let rule = &system["scaling"];
    let max = match &rule["max_servers"] {
        Value::String(word) if word == "infinite" => "\"unlimited\"".to_owned(),
        _ => count(rule, "max_servers")?.to_string(),
    };
    let idle = match rule["switch_off"]["rule"].as_str() {
        Some("immediate") => String::new(),
        Some("after-idle-time") => format!(", idle = {}", law(&rule["switch_off"]["idle_time"])?),
        other => return Err(format!("nobody stops servers by {other:?}")),
    };
    let setups = match &rule["setup_concurrency"] {
        Value::Number(_) => format!(", setups = {}", count(rule, "setup_concurrency")?),
        _ => String::new(),
    };
    let min = rule["min_servers"].as_u64().unwrap_or(0);
    let scaling = format!("{{ start-on-demand = {{ min = {min}, max = {max}{setups}{idle} }} }}");
    let (text, rate) = scaled(system, &law(&rule["setup"])?, &scaling, "")?;
    Ok(Plan { text, rate, topologies: 1, quantity: Box::new(move |name| servers(name, rate)), course: None })
}

/// A server that starts when so many wait.
pub fn n_policy(system: &Value) -> Result<Plan, String> {
    let rule = &system["scaling"];
    let (n, max) = (count(rule, "start_when_jobs")?, count(rule, "max_servers")?);
    let scaling = format!("{{ n-policy = {{ n = {n}, max = {max} }} }}");
    let (text, rate) = scaled(system, &law(&rule["setup"])?, &scaling, "")?;
    Ok(Plan { text, rate, topologies: 1, quantity: Box::new(move |name| servers(name, rate)), course: None })
}

/// Servers by thresholds on the number of jobs.
pub fn hysteresis(system: &Value) -> Result<Plan, String> {
    let rule = &system["scaling"];
    let (min, max) = (count(rule, "min_servers")?, count(rule, "max_servers")?);
    let list = |key: &str, first: u64| {
        let thresholds: Result<Vec<String>, String> =
            (first..first + max - min).map(|size| Ok(count(&rule[key], &size.to_string())?.to_string())).collect();
        Ok::<String, String>(thresholds?.join(", "))
    };
    let (up, down) = (list("up", min)?, list("down", min + 1)?);
    let scaling = format!("{{ hysteresis = {{ min = {min}, max = {max}, up = [{up}], down = [{down}] }} }}");
    let (text, rate) = scaled(system, &law(&rule["setup"])?, &scaling, "")?;
    Ok(Plan { text, rate, topologies: 1, quantity: Box::new(move |name| servers(name, rate)), course: None })
}

/// Servers by a look at the backlog every so often.
pub fn periodic(system: &Value) -> Result<Plan, String> {
    let rule = &system["scaling"];
    let (min, max) = (count(rule, "min_servers")?, count(rule, "max_servers")?);
    let every = duration(number(rule, "period")?);
    let each = number(rule, "jobs_per_server")?;
    let how = rule["scale_in"].as_str().unwrap_or_default();
    let held = match how {
        _ if how.contains("finish their job") => "finish",
        _ if how.contains("head of the queue") => "resume",
        other => return Err(format!("nobody stops servers by {other:?}")),
    };
    let policy = format!("{{ queue-length = {{ metric = \"backlog\", per-worker = {each}, every = {every} }} }}");
    let scaling = format!("{{ asg = {{ min = {min}, max = {max}, policies = [{policy}] }} }}");
    let boot = duration(number(rule, "provision_delay")?);
    let (text, rate) = scaled(system, &boot, &scaling, &format!("scale-in = {{ held = \"{held}\" }}\n"))?;
    let service = mean(&system["service"])?;
    let quantity = move |name: &str| match name {
        // Whoever is interrupted waits again.
        "mean_wait" => linear("completion.mean", 1.0, -service),
        _ => servers(name, rate),
    };
    Ok(Plan { text, rate, topologies: 1, quantity: Box::new(quantity), course: None })
}
