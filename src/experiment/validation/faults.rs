//! Components and servers that break and are mended.

use serde_json::Value;

use crate::experiment::validation::families::arrivals;
use crate::experiment::validation::plan::{Formula, Plan, figure, linear, made, station, untold};
use crate::experiment::validation::stations::size;
use crate::experiment::validation::system::{count, law};

/// Components that break and are mended: all in one, or a front that accepts and a queue before the worker.
pub fn availability(system: &Value) -> Result<Plan, String> {
    let (arrivals, rate) = arrivals(&system["arrivals"])?;
    let components = system["components"].as_array().ok_or("no components")?;
    let (mut works, mut faults, mut alone, mut all) = (String::new(), String::new(), String::new(), vec![]);
    for (place, component) in components.iter().enumerate() {
        let role = component["role"].as_str().ok_or("a component without a role")?;
        // The worker's time counts only behind the queue: where all is in one, the request takes none.
        works += &format!("{role} = \"0s\"\n");
        let (every, lasts) = (law(&component["time_to_failure"])?, law(&component["repair"])?);
        faults += &format!(
            "[fault.outage.{role}]\ncomponent = \"{role}\"\nevery = {every}\nlasts = {lasts}\nheld = \"resume\"\n"
        );
        let steps = format!("steps = [{{ work = \"{role}\" }}]\nworkers = \"unlimited\"\n");
        alone += &format!("[topology.component{}.pool.only]\n{steps}", place + 1);
        all.push(format!("{{ work = \"{role}\" }}"));
    }
    let text = format!(
        "[workload.jobs]\n{arrivals}[work]\n{works}busy = {}\n{faults}\
         [topology.monolith.pool.all]\nsteps = [{}]\nworkers = \"unlimited\"\n\
         [topology.decoupled.pool.front]\nsteps = [{{ work = \"front\" }}, {{ send = \"q\" }}]\nworkers = \"unlimited\"\n\
         [topology.decoupled.queue.q]\nto = \"back\"\n\
         [topology.decoupled.pool.back]\nsteps = [{{ work = \"worker\" }}, {{ work = \"busy\" }}]\n{alone}",
        law(&system["decoupled"]["worker_service"])?,
        all.join(", ")
    );
    let topologies = 2 + components.len();
    let quantity = |name: &str| -> Result<Formula, String> {
        let outage = |part: fn(f64, f64) -> f64| {
            made(move |read| {
                let (up, breaks) = (read("monolith/pool.all.availability")?, read("monolith/pool.all.outages")?);
                Some(part(up, breaks))
            })
        };
        match name {
            "monolith_availability" => figure("monolith/pool.all.availability"),
            "monolith_failed_fraction" => figure("monolith/lost"),
            "monolith_outages_per_second" => figure("monolith/pool.all.outages"),
            "monolith_mean_outage" => outage(|up, breaks| (1.0 - up) / breaks),
            "monolith_mean_uptime" => outage(|up, breaks| up / breaks),
            "decoupled_accepted_fraction" => figure("decoupled/availability"),
            "decoupled_failed_fraction" => figure("decoupled/lost"),
            "decoupled_throughput" => figure("decoupled/pool.back.throughput"),
            "decoupled_mean_backlog" => figure("decoupled/queue.q.in-system"),
            "decoupled_mean_sojourn" => figure("decoupled/completion.mean"),
            _ => match name.strip_suffix("_availability") {
                Some(component) => figure(format!("{component}/pool.only.availability")),
                None => untold("no figure of that kind"),
            },
        }
    };
    Ok(Plan { text, rate, topologies, quantity: Box::new(quantity), course: None })
}

/// Servers that fail and are mended, with work in their hands or at any time.
pub fn breakdowns(system: &Value) -> Result<Plan, String> {
    let failures = &system["failures"];
    let (arrivals, per_second) = arrivals(&system["arrivals"])?;
    let told = |key: &str| failures[key].as_str().ok_or_else(|| format!("a failure without `{key}`"));
    let clock = match told("fails_when")? {
        "only while serving" => "busy",
        "up, busy or idle" => "up",
        other => return Err(format!("no clock is called `{other}`")),
    };
    let fate = told("interrupted_job")?;
    let fates = [("resumes", "resume"), ("same amount", "restart"), ("freshly drawn", "redraw")];
    let held = fates.iter().find(|(says, _)| fate.contains(says)).map(|(_, held)| held);
    let held = held.ok_or_else(|| format!("no fate is called `{fate}`"))?;
    let moves = !fate.contains("keeps the server");
    let repairers = if failures["repairers"].is_null() {
        String::new()
    } else {
        format!("repairers = {}\n", count(failures, "repairers")?)
    };
    let servers = if system["servers"].is_null() { 1 } else { count(system, "servers")? };
    let text = format!(
        "[workload.jobs]\n{arrivals}[work]\nserve = {}\n\
         [topology.it.pool.a]\nsteps = [{{ work = \"serve\" }}]\nno-worker = \"wait\"\n{}\
         [topology.it.fault.crash.any]\npool = \"a\"\nclock = \"{clock}\"\nevery = {}\nlasts = {}\n\
         held = \"{held}\"\nmoves = {moves}\n{repairers}",
        law(&system["service"])?,
        size(system)?,
        law(&failures["time_to_failure"])?,
        law(&failures["repair"])?,
    );
    let quantity = move |name: &str| match name {
        "mean_servers_up" => figure("pool.a.workers.ready"),
        "availability" => linear("pool.a.workers.ready", 1.0 / servers as f64, 0.0),
        "p_all_down" => linear("pool.a.availability", -1.0, 1.0),
        "p_no_immediate_service" => figure("pool.a.waits"),
        // Work that stays with a server that is down keeps its place there, and is not worked on.
        "mean_servers_busy" if !moves => made(|read| Some(read("pool.a.busy")? - read("pool.a.workers.failed")?)),
        "p_server_down" => figure("pool.a.workers.failed"),
        "failures_per_second" => figure("pool.a.workers.failures"),
        "mean_failures_per_job" => linear("pool.a.workers.failures", 1.0 / per_second, 0.0),
        "mean_completion_time" if !moves => figure("pool.a.service.mean"),
        "sd_completion_time" if !moves => figure("pool.a.service.sd"),
        _ => station("a", name),
    };
    Ok(Plan { text, rate: per_second, topologies: 1, quantity: Box::new(quantity), course: None })
}
