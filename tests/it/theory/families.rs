//! Each family as a scenario: never a case.

use serde_json::Value;

use crate::theory::case::{Case, batch, count, duration, law, mean, number, rate};
use crate::theory::keepalive::keepalive;
use crate::theory::plan::{Formula, Plan, figure, linear, made, station, untold};
use crate::theory::{scaled, timed};

/// The translation of a case's family, or why it has none yet.
pub fn translate(case: &Case) -> Result<Plan, String> {
    match case.family.as_str() {
        "mmc" | "mmck" | "mg1" | "mdc" | "gimc" | "phase-type-multiserver" | "batch-arrivals" | "closed-loop" => {
            single_station(&case.system)
        }
        "erlang-a" => impatient(&case.system),
        "retrial" => retrial(&case.system),
        "tandem" => tandem(&case.system),
        "load-balancing" => balanced(&case.system),
        "priority" => priority(&case.system),
        "redelivery" => redelivery(&case.system),
        "availability" => availability(&case.system),
        "setup-single" | "setup-farm" | "setup-infinite" => scaled::on_demand(&case.system),
        "n-policy" => scaled::n_policy(&case.system),
        "hysteresis" => scaled::hysteresis(&case.system),
        "periodic-autoscaler" => scaled::periodic(&case.system),
        "polling" => polling(&case.system),
        "batch-service" => batch_service(&case.system),
        "token-bucket" => limited(&case.system),
        "mt-g-inf" => timed::swinging(case),
        "transient" => timed::transient(case),
        "breakdowns" | "failures-while-serving" => breakdowns(&case.system),
        "keepalive-lifo" | "keepalive-exponential" | "keepalive-single" | "keepalive-renewal" => keepalive(case),
        other => Err(format!("nobody has translated `{other}`")),
    }
}

/// How requests come, as lines of a workload, and how many a second.
pub fn arrivals(arrivals: &Value) -> Result<(String, f64), String> {
    match arrivals["process"].as_str().unwrap_or_default() {
        "poisson" => {
            let per_second = number(arrivals, "rate")?;
            Ok((format!("arrivals = {{ poisson = {{ rate = {} }} }}\n", rate(per_second)), per_second))
        }
        "renewal" => {
            let gap = &arrivals["interarrival"];
            let mean = mean(gap)?;
            Ok((format!("arrivals = {{ renewal = {{ gap = {} }} }}\n", law(gap)?), 1.0 / mean))
        }
        "batch-poisson" => {
            let (size, mean) = batch(&arrivals["batch_size"])?;
            let batches = number(arrivals, "batch_rate")?;
            let text = format!("arrivals = {{ poisson = {{ rate = {} }} }}\nbatch = {size}\n", rate(batches));
            Ok((text, batches * mean))
        }
        "nonhomogeneous-poisson" if arrivals["rate"]["kind"] == "sinusoid" => {
            let swing = &arrivals["rate"];
            let (mean, amplitude) = (number(swing, "mean")?, number(swing, "amplitude")?);
            let phase = swing["phase"].as_f64().unwrap_or(0.0);
            let text = format!(
                "arrivals = {{ sine = {{ mean = {}, amplitude = {}, period = {}, phase = {} }} }}\n",
                rate(mean),
                rate(amplitude),
                duration(number(swing, "period")?),
                duration(phase)
            );
            Ok((text, mean))
        }
        "closed" => {
            let (clients, think) = (count(arrivals, "clients")?, &arrivals["think"]);
            let text = format!("arrivals = {{ users = {{ count = {clients}, think = {} }} }}\n", law(think)?);
            // As fast as if nobody ever waited for an answer; the caller knows better.
            Ok((text, clients as f64 / mean(think)?))
        }
        other => Err(format!("no arrivals are called `{other}`")),
    }
}

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

fn single_station(system: &Value) -> Result<Plan, String> {
    let (text, mut rate) = one_pool(system, "")?;
    if system["arrivals"]["process"] == "closed" {
        rate = rate.min(number(system, "servers")? / mean(&system["service"])?);
    }
    Ok(Plan { text, rate, topologies: 1, quantity: Box::new(|name| station("a", name)), course: None })
}

/// Customers who leave when their patience ends before their service begins.
fn impatient(system: &Value) -> Result<Plan, String> {
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
fn retrial(system: &Value) -> Result<Plan, String> {
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
fn limited(system: &Value) -> Result<Plan, String> {
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
fn tandem(system: &Value) -> Result<Plan, String> {
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
fn balanced(system: &Value) -> Result<Plan, String> {
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
fn priority(system: &Value) -> Result<Plan, String> {
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
fn batch_service(system: &Value) -> Result<Plan, String> {
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

/// A worker that takes one message after the other, sleeps when it finds none, and then looks again.
fn polling(system: &Value) -> Result<Plan, String> {
    let (arrivals, rate) = arrivals(&system["arrivals"])?;
    let text = format!(
        "[workload.jobs]\n{arrivals}[work]\nserve = {}\n[topology.it.queue.q]\nto = \"a\"\n[topology.it.pool.a]\n\
         steps = [{{ work = \"serve\" }}]\npoll = {{ wait = \"0s\", sleep = {} }}\n{}",
        law(&system["service"])?,
        law(&system["polling"]["sleep"])?,
        size(system)?
    );
    let servers = number(system, "servers")?;
    let quantity = move |name: &str| match name {
        "fraction_sleeping" => linear("pool.a.busy", -1.0 / servers, 1.0),
        // Each sleep follows on a poll that brought nothing.
        "sleeps_per_second" => figure("queue.q.empty-receives"),
        "empty_polls_per_second" => figure("queue.q.empty-again"),
        "p_wait" => figure("queue.q.waits"),
        "mean_queue" => figure("queue.q.visible"),
        "mean_in_system" => figure("queue.q.in-system"),
        _ => match name.strip_prefix("wait_").or(name.strip_suffix("_wait")) {
            Some(statistic) => figure(format!("queue.q.wait.{statistic}")),
            None => station("a", name),
        },
    };
    Ok(Plan { text, rate, topologies: 1, quantity: Box::new(quantity), course: None })
}

/// Messages that fail, hide for a while, come back, and are put aside after too many attempts.
fn redelivery(system: &Value) -> Result<Plan, String> {
    let (arrivals, rate) = arrivals(&system["arrivals"])?;
    let again = &system["redelivery"];
    let (fails, most) = (number(again, "fail_probability")?, count(again, "max_attempts")?);
    let text = format!(
        "[workload.jobs]\n{arrivals}[work]\nserve = {}\n[topology.it.queue.q]\nto = \"a\"\nmax-receive-count = {most}\n\
         dead-letters = \"dead\"\ndead-letter-at = \"last-failure\"\nreturned = \"last\"\n[topology.it.queue.dead]\n\
         [topology.it.pool.a]\nsteps = [{{ work = \"serve\", fails = \"{}%\", fresh = true }}]\npoll = {{ on-error = {} }}\n{}",
        law(&system["service"])?,
        fails * 100.0,
        law(&again["hidden_for"])?,
        size(system)?
    );
    let quantity = move |name: &str| match name {
        "attempt_rate" => figure("pool.a.throughput"),
        "mean_attempts" => figure("queue.q.deliveries"),
        "p_wait" => figure("queue.q.waits"),
        "mean_wait_per_attempt" => figure("queue.q.wait.mean"),
        "mean_sojourn_per_attempt" => made(|read| Some(read("queue.q.wait.mean")? + read("pool.a.service.mean")?)),
        "dead_letter_probability" => figure("lost"),
        "success_throughput" => figure("goodput"),
        // Until success or the end of it: Little's law on all who are inside.
        "mean_sojourn" => linear("in-system", 1.0 / rate, 0.0),
        "mean_sojourn_successful" => figure("completion.mean"),
        // All attempts are those of the successful and `most` of each that was put aside.
        "mean_attempts_successful" => made(move |read| {
            let lost = read("lost")?;
            Some((read("queue.q.deliveries")? - lost * most as f64) / (1.0 - lost))
        }),
        "mean_visible_or_in_service" => made(|read| Some(read("queue.q.visible")? + read("queue.q.in-flight")?)),
        "mean_hidden" => figure("queue.q.hidden"),
        _ => station("a", name),
    };
    Ok(Plan { text, rate, topologies: 1, quantity: Box::new(quantity), course: None })
}

/// Components that break and are mended: all in one, or a front that accepts and a queue before the worker.
fn availability(system: &Value) -> Result<Plan, String> {
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
fn breakdowns(system: &Value) -> Result<Plan, String> {
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

/// The `[run]` of a plan: so many customers over all replications, a tenth of each run thrown away.
pub fn run_table(plan: &Plan, customers: f64, replications: u32, seed: u64) -> String {
    let defaults = format!("[run]\ndefaults = \"textbook\"\nseed = {seed}\nreplications = {replications}\n");
    if let Some(course) = &plan.course {
        return defaults + &course.run;
    }
    let length = customers / plan.rate / f64::from(replications);
    format!("{defaults}length = {}\nwarm-up = {}\n", duration(length * 1.1), duration(length * 0.1))
}
