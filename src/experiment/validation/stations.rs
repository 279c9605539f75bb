//! Stations of servers with lines: one, several in series or side by side, with clients of all kinds.

use serde_json::Value;

use crate::experiment::validation::families::arrivals;
use crate::experiment::validation::plan::{Plan, figure, linear, made, station, untold};
use crate::experiment::validation::system::{count, law, mean, number, rate};

/// The size of a station, as lines of a pool: its servers, and its places to wait where these are limited.
pub fn size(station: &Value) -> Result<String, String> {
    let discipline = station["discipline"].as_str().unwrap_or("fcfs");
    if !discipline.starts_with("fcfs") {
        return Err(format!("no line is called `{discipline}`"));
    }
    if station["servers"] == "infinite" {
        return Ok("workers = \"unlimited\"\n".into());
    }
    let servers = count(station, "servers")?;
    match &station["capacity"] {
        Value::Null => Ok(format!("workers = {servers}\n")),
        _ => {
            let places = count(station, "capacity")?.checked_sub(servers).ok_or("fewer places than servers")?;
            Ok(format!("workers = {servers}\nroom = {places}\n"))
        }
    }
}

/// A station alone: its scenario, and how many requests come a second. `client` is a line of the workload.
pub fn one_pool(system: &Value, client: &str) -> Result<(String, f64), String> {
    let (arrivals, per_second) = arrivals(&system["arrivals"])?;
    let text = format!(
        "[workload.jobs]\n{arrivals}{client}[work]\nserve = {}\n[topology.it.pool.a]\nsteps = [{{ work = \"serve\" }}]\n{}",
        law(&system["service"])?,
        size(system)?
    );
    Ok((text, per_second))
}

pub fn single_station(system: &Value) -> Result<Plan, String> {
    let (text, mut rate) = one_pool(system, "")?;
    if system["arrivals"]["process"] == "closed" {
        rate = rate.min(number(system, "servers")? / mean(&system["service"])?);
    }
    Ok(Plan { text, rate, topologies: 1, quantity: Box::new(|name| station("a", name)), course: None })
}

/// Customers who leave when their patience ends before their service begins.
pub fn impatient(system: &Value) -> Result<Plan, String> {
    let (text, rate) = one_pool(system, &format!("client = {{ patience = {} }}\n", law(&system["patience"])?))?;
    let quantity = move |name: &str| match name {
        "abandon_probability" => figure("lost"),
        // Over those who were served and those who left: Little's law on the line.
        "mean_wait" => linear("pool.a.in-line", 1.0 / rate, 0.0),
        "mean_wait_served" => figure("pool.a.wait.mean"),
        "mean_wait_abandoned" => figure("pool.a.left.mean"),
        _ => match name.strip_prefix("wait_served_") {
            Some(percentile) => figure(format!("pool.a.wait.{percentile}")),
            None => station("a", name),
        },
    };
    Ok(Plan { text, rate, topologies: 1, quantity: Box::new(quantity), course: None })
}

/// Customers who find all servers busy and try again after a while.
pub fn retrial(system: &Value) -> Result<Plan, String> {
    let pause = law(&system["retry"]["delay"])?;
    let client = format!("client = {{ retry = {{ attempts = \"unlimited\", backoff = {{ wait = {pause} }} }} }}\n");
    let (text, rate) = one_pool(system, &client)?;
    let service = mean(&system["service"])?;
    let quantity = move |name: &str| match name {
        "mean_in_orbit" => figure("retrying"),
        "mean_wait" => linear("completion.mean", 1.0, -service),
        "retries_per_job" => linear("attempts", 1.0, -1.0),
        // Who is blocked at first, and only who is, tries again.
        "p_blocked_on_arrival" => figure("retried"),
        _ => station("a", name),
    };
    Ok(Plan { text, rate, topologies: 1, quantity: Box::new(quantity), course: None })
}

/// A limiter alone: whom it takes has nothing to do.
pub fn limited(system: &Value) -> Result<Plan, String> {
    let (arrivals, per_second) = arrivals(&system["arrivals"])?;
    let limiter = &system["limiter"];
    let refill = limiter["refill"].as_str().unwrap_or("continuous");
    if limiter["kind"] != "token-bucket" || refill != "continuous" {
        return Err(format!("no admission is called `{}` with a refill that is {refill}", limiter["kind"]));
    }
    let bucket = format!("{{ rate = {}, burst = {} }}", rate(number(limiter, "rate")?), count(limiter, "burst")?);
    let text = format!(
        "[workload.jobs]\n{arrivals}[work]\nnothing = \"0s\"\n[topology.it.pool.a]\n\
         steps = [{{ work = \"nothing\" }}]\nworkers = \"unlimited\"\nadmission = {{ token-bucket = {bucket} }}\n"
    );
    let quantity = |name: &str| match name {
        "accept_probability" => linear("lost", -1.0, 1.0),
        "reject_probability" => figure("lost"),
        "throughput" => figure("goodput"),
        "p_bucket_full" => figure("pool.a.bucket-full"),
        _ => untold("no figure of that kind"),
    };
    Ok(Plan { text, rate: per_second, topologies: 1, quantity: Box::new(quantity), course: None })
}

/// Stations in series, each sending on to the next.
pub fn tandem(system: &Value) -> Result<Plan, String> {
    let (arrivals, rate) = arrivals(&system["arrivals"])?;
    let stations = system["stations"].as_array().ok_or("no stations")?;
    let mut text = format!("[workload.jobs]\n{arrivals}[work]\n");
    for (place, station) in stations.iter().enumerate() {
        text += &format!("work{} = {}\n", place + 1, law(&station["service"])?);
    }
    let mut service = 0.0;
    for (place, station) in stations.iter().enumerate() {
        let (tier, next) = (place + 1, place + 2);
        let send = if next <= stations.len() { format!(", {{ send = \"tier{next}\" }}") } else { String::new() };
        let steps = format!("steps = [{{ work = \"work{tier}\" }}{send}]\n");
        text += &format!("[topology.it.pool.tier{tier}]\n{steps}{}", size(station)?);
        service += mean(&station["service"])?;
    }
    let quantity = move |name: &str| match (name, name.split_once('_')) {
        ("mean_in_system", _) => figure("in-system"),
        ("throughput", _) => figure("goodput"),
        ("mean_wait", _) => linear("completion.mean", 1.0, -service),
        (_, Some((tier, "mean_sojourn"))) if tier.starts_with("tier") => {
            let (wait, service) = (format!("pool.{tier}.wait.mean"), format!("pool.{tier}.service.mean"));
            made(move |read| Some(read(&wait)? + read(&service)?))
        }
        (_, Some((tier, rest))) if tier.starts_with("tier") => station(tier, rest),
        _ => station("none", name),
    };
    Ok(Plan { text, rate, topologies: 1, quantity: Box::new(quantity), course: None })
}

/// A line per server, and a balancer before them; beside it the same servers with one line.
pub fn balanced(system: &Value) -> Result<Plan, String> {
    let (arrivals, rate) = arrivals(&system["arrivals"])?;
    let routing = match system["dispatch"]["policy"].as_str().unwrap_or_default() {
        "random" => "random",
        "round-robin" => "round-robin",
        "jsq" => "least-outstanding",
        "power-of-two" => "power-of-two",
        other => return Err(format!("no routing is called `{other}`")),
    };
    let servers = count(system, "parallel_servers")?;
    let pool = format!("steps = [{{ work = \"serve\" }}]\nworkers = {servers}\n");
    let balancer = format!("to = \"a\"\nrouting = \"{routing}\"\nties = \"random\"\n");
    let text = format!(
        "[workload.jobs]\n{arrivals}[work]\nserve = {}\n[topology.it.balancer.b]\n{balancer}[topology.it.pool.a]\n{pool}\
         [topology.central.pool.a]\n{pool}",
        law(&system["service"])?
    );
    let quantity = |name: &str| match name {
        "central_queue_mean_sojourn" => figure("central/completion.mean"),
        "p_idle_server_while_job_waits" => figure("pool.a.idle-beside-line"),
        _ => station("a", name),
    };
    Ok(Plan { text, rate, topologies: 2, quantity: Box::new(quantity), course: None })
}

/// Kinds of request that overtake each other.
pub fn priority(system: &Value) -> Result<Plan, String> {
    let discipline = system["discipline"].as_str().unwrap_or_default();
    let preempts = match discipline.split(' ').next() {
        Some("non-preemptive") => "",
        Some("preemptive-resume") => ", preempts = true, held = \"resume\"",
        _ => return Err(format!("no line is called `{discipline}`")),
    };
    let classes = system["classes"].as_array().ok_or("no classes")?;
    let (mut workloads, mut works, mut steps, mut order) = (String::new(), String::from("[work]\n"), vec![], vec![]);
    let (mut means, mut rate) = (Vec::new(), 0.0);
    for class in classes {
        let name = class["name"].as_str().ok_or("a class without a name")?;
        let (arrivals, per_second) = arrivals(&class["arrivals"])?;
        workloads += &format!("[workload.{name}]\n{arrivals}");
        works += &format!("{name} = {}\n", law(&class["service"])?);
        steps.push(format!("{{ work = \"{name}\", for = \"{name}\" }}"));
        order.push(format!("\"{name}\""));
        means.push((name.to_owned(), mean(&class["service"])?, per_second));
        rate += per_second;
    }
    let line = format!("line = {{ priority = {{ order = [{}]{preempts} }} }}\n", order.join(", "));
    let servers = count(system, "servers")?;
    let pool = format!("[topology.it.pool.a]\nsteps = [{}]\nworkers = {servers}\n{line}", steps.join(", "));
    let quantity = move |name: &str| {
        let class = means.iter().find(|(class, ..)| name.starts_with(&format!("{class}_")));
        let Some((class, service, per_second)) = class.cloned() else { return station("a", name) };
        let sojourn = format!("{class}.completion.mean");
        match &name[class.len() + 1..] {
            "mean_sojourn" => figure(sojourn),
            "mean_wait" => linear(sojourn, 1.0, -service),
            "mean_in_system" => linear(sojourn, per_second, 0.0),
            _ => untold("no figure of that kind"),
        }
    };
    Ok(Plan {
        text: format!("{workloads}{works}{pool}"),
        rate,
        topologies: 1,
        quantity: Box::new(quantity),
        course: None,
    })
}

/// A server that takes several jobs together, as soon as there are enough, and works as long for many as for one.
pub fn batch_service(system: &Value) -> Result<Plan, String> {
    let (arrivals, rate) = arrivals(&system["arrivals"])?;
    let (least, most) = (count(&system["batching"], "min")?, count(&system["batching"], "max")?);
    let text = format!(
        "[workload.jobs]\n{arrivals}[work]\nserve = {}\n[topology.it.pool.a]\n\
         steps = [{{ work = \"serve\", per = \"batch\" }}]\nbatch = {{ at-most = {most}, at-least = {least} }}\n{}",
        law(&system["service"])?,
        size(system)?
    );
    let quantity = |name: &str| match name {
        "p_busy" => figure("pool.a.utilisation"),
        "mean_batch_size" => figure("pool.a.batch-size"),
        "batches_per_second" => made(|read| Some(read("pool.a.throughput")? / read("pool.a.batch-size")?)),
        _ => station("a", name),
    };
    Ok(Plan { text, rate, topologies: 1, quantity: Box::new(quantity), course: None })
}
