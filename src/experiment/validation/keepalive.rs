//! Functions whose environments live on for a while when they are idle.

use serde_json::Value;

use crate::experiment::validation::families::arrivals;
use crate::experiment::validation::plan::{Plan, figure, linear, made, station, untold};
use crate::experiment::validation::system::{System, count, law};

/// A function on one stream of requests.
pub fn keepalive(case: &System) -> Result<Plan, String> {
    let system = &case.described;
    let (arrivals, rate) = arrivals(&system["arrivals"])?;
    let (service, pool) = (&system["service"], &system["pool"]);
    let (warm, cold) = match &service["warm"] {
        Value::Null => (law(service)?, String::new()),
        warm => (law(warm)?, format!("first = {}\n", law(&service["cold"])?)),
    };
    let instead = if cold.is_empty() { "" } else { ", cold = \"first\"" };
    let most = match &pool["max_instances"] {
        Value::Number(_) => format!("reserved-concurrency = {}\n", count(pool, "max_instances")?),
        _ => String::new(),
    };
    let at_once = match &pool["concurrency_per_instance"] {
        Value::Number(_) => format!("concurrency = {}\n", count(pool, "concurrency_per_instance")?),
        _ => String::new(),
    };
    let reuse = match pool["reuse"].as_str() {
        Some(rule) if rule.contains("least recently") || rule.contains("longest") => "oldest",
        Some(rule) if rule.contains("random") => "random",
        _ => "latest",
    };
    let text = format!(
        "[workload.jobs]\n{arrivals}[work]\nquick = {warm}\n{cold}[topology.it.function.fn]\n\
         steps = [{{ work = \"quick\"{instead} }}]\nidle = {}\nreuse = \"{reuse}\"\n{most}{at_once}",
        law(&pool["keep_alive"])?
    );
    let quantity = |name: &str| match name {
        "cold_start_probability" => figure("function.fn.cold-starts"),
        "reject_probability" => figure("lost"),
        "throughput" => figure("function.fn.throughput"),
        "mean_service" => figure("function.fn.service.mean"),
        "mean_instances" => figure("function.fn.workers.ready"),
        "p_no_instance" => linear("function.fn.workers.ready", -1.0, 1.0),
        "mean_instances_busy" => figure("function.fn.busy"),
        "mean_instances_idle" => made(|read| Some(read("function.fn.workers.ready")? - read("function.fn.busy")?)),
        "instances_started_per_second" => figure("function.fn.workers.started"),
        // Little's law on all that live.
        "mean_instance_lifetime" => {
            made(|read| Some(read("function.fn.workers.ready")? / read("function.fn.workers.started")?))
        }
        "mean_sojourn" => figure("completion.mean"),
        _ if name.starts_with("sojourn_") => station("fn", name),
        _ => untold("no figure of that kind"),
    };
    Ok(Plan { text, rate, topologies: 1, quantity: Box::new(quantity), course: None })
}
