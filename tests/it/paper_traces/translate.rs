//! From the inputs of a trace to a scenario: one function a model of the traces' page, none of which knows a case.

mod crew;
mod function;
mod hpa;
mod monolith;
mod scripted;
mod stopped;

use super::scene::{Call, Scene, span, steps, work};
use super::trace::Table;
use crew::{crashes, crew, fleet, hands, launched, notice};
use function::function;
use hpa::hpa;
use monolith::monolith;
use scripted::scripted_metric_asg;
use stopped::stopped_instance;

/// Longer than a function tries: where a trace does not say when it ends.
const LONGEST: u64 = 24 * 3_600 * 1_000_000_000;

/// The scenario of a run's inputs; or why there is none yet.
pub fn translate(title: &str, model: &str, inputs: &Table<'_>) -> Result<Scene, String> {
    let mut scene = Scene { title: title.to_owned(), ..Scene::default() };
    match model {
        "shared_line" => shared_line(&mut scene, inputs)?,
        "load_balanced" => load_balanced(&mut scene, inputs)?,
        "sync_tiers" => sync_tiers(&mut scene, inputs)?,
        "queue_chain" => queue_chain(&mut scene, inputs)?,
        "client_retry" => client_retry(&mut scene, inputs)?,
        "monolith" => monolith(&mut scene, inputs)?,
        "queue_asg" => queue_asg(&mut scene, inputs)?,
        "queue_delivery" => queue_delivery(&mut scene, inputs)?,
        "scripted_metric_asg" => scripted_metric_asg(&mut scene, inputs)?,
        "hpa" => hpa(&mut scene, inputs)?,
        "function" => function(&mut scene, inputs)?,
        "stopped_instance" => stopped_instance(&mut scene, inputs)?,
        _ => return Err(format!("no model `{model}` is known")),
    }
    scene.end = match inputs.nanos("end_s")? {
        None if scene.functions => scene.calls.iter().map(|call| call.at).max().unwrap_or(0) + LONGEST,
        _ => inputs.must_nanos("end_s")?,
    };
    inputs.all_read()?;
    // A script is in the order of time; of one instant, in the order of the file.
    scene.calls.sort_by_key(|call| call.at);
    Ok(scene)
}

/// The requests, each with what `read` makes of its other keys.
fn calls(
    scene: &mut Scene,
    inputs: &Table<'_>,
    mut read: impl FnMut(&Table<'_>, &mut Call) -> Result<(), String>,
) -> Result<(), String> {
    for request in inputs.tables("requests")? {
        let mut call = Call { id: request.must_text("id")?, at: request.must_nanos("at_s")?, ..Call::default() };
        read(&request, &mut call)?;
        request.all_read()?;
        scene.calls.push(call);
    }
    Ok(())
}

/// Requests that bring their `service_s`.
fn served_calls(scene: &mut Scene, inputs: &Table<'_>) -> Result<(), String> {
    calls(scene, inputs, |request, call| {
        call.works.push(("service".to_owned(), request.must_nanos("service_s")?));
        Ok(())
    })
}

fn vm_price(inputs: &Table<'_>) -> Result<Option<String>, String> {
    inputs.text("vm_price_per_hour")
}

fn queue_price(scene: &mut Scene, inputs: &Table<'_>) -> Result<(), String> {
    let price = inputs.text("queue_price_per_million")?.unwrap_or_else(|| "0".to_owned());
    let fifo = inputs.get("fifo").and_then(serde_json::Value::as_bool) == Some(true);
    scene.price(if fifo { "sqs.fifo" } else { "sqs.standard" }, &format!("${price}/million"));
    Ok(())
}

fn shared_line(scene: &mut Scene, inputs: &Table<'_>) -> Result<(), String> {
    served_calls(scene, inputs)?;
    let platform = scene.platform("m5.large", vm_price(inputs)?.as_deref());
    let body = format!("{}\n{platform}", steps(&[work("service")]));
    crew(scene, &hands(inputs)?, &body, None, "");
    Ok(())
}

fn load_balanced(scene: &mut Scene, inputs: &Table<'_>) -> Result<(), String> {
    served_calls(scene, inputs)?;
    let routing = match inputs.must_text("policy")?.as_str() {
        "round_robin" => "round-robin",
        "least_outstanding" => "least-outstanding",
        other => return Err(format!("routing `{other}` is not known")),
    };
    let workers = inputs.count("instances")?.unwrap_or(1);
    let platform = scene.platform("m5.large", vm_price(inputs)?.as_deref());
    let hour = inputs.text("lb_price_per_hour")?.unwrap_or_else(|| "0".to_owned());
    scene.price("alb.hour", &format!("${hour}/h"));
    // These runs have no capacity units metered.
    scene.price("alb.lcu", "$0/LCU-h");
    scene.nodes.push(format!("[topology.traced.balancer.lb]\nto = \"i\"\nrouting = {routing:?}\n"));
    let steps = steps(&[work("service")]);
    scene.pool("i", "work", "i", &format!("{steps}\nworkers = {workers}\n{platform}"));
    Ok(())
}

fn sync_tiers(scene: &mut Scene, inputs: &Table<'_>) -> Result<(), String> {
    struct Tier {
        name: String,
        workers: u64,
        pre: u64,
        post: u64,
    }
    let mut tiers = Vec::new();
    for tier in inputs.tables("tiers")? {
        tiers.push(Tier {
            name: tier.must_text("name")?,
            workers: tier.count("workers")?.unwrap_or(1),
            pre: tier.nanos("pre_s")?.unwrap_or(0),
            post: tier.nanos("post_s")?.unwrap_or(0),
        });
        tier.all_read()?;
    }
    let last = tiers.last().ok_or("no tiers")?;
    let (own, otherwise) = (format!("{}_s", last.name), last.pre + last.post);
    let last_work = format!("{}-work", last.name);
    calls(scene, inputs, |request, call| {
        let brought = request.nanos(&own)?.unwrap_or(otherwise);
        call.works.push((last_work.clone(), brought));
        Ok(())
    })?;
    if let Some(retry) = inputs.get("retry_on_refusal") {
        let retry = Table::new("retry_on_refusal", retry)?;
        let (backoff, attempts) = (retry.must_nanos("backoff_s")?, retry.count("max_attempts")?);
        let attempts = attempts.map_or("\"unlimited\"".to_owned(), |attempts| attempts.to_string());
        retry.all_read()?;
        scene.client = Some(format!(
            "{{ retry = {{ attempts = {attempts}, on = [\"refused\"], backoff = {{ wait = {:?} }} }} }}",
            span(backoff)
        ));
    }
    let platform = scene.platform("m5.large", vm_price(inputs)?.as_deref());
    let launches = inputs.tables("launches")?;
    let names: Vec<String> = launches.iter().map(|launch| launch.must_text("tier")).collect::<Result<_, _>>()?;
    if let Some(stray) = names.iter().find(|name| !tiers.iter().any(|tier| tier.name == **name)) {
        return Err(format!("launches of `{stray}`, which is no tier"));
    }
    let mut launches: Vec<(String, Table<'_>)> = names.into_iter().zip(launches).collect();
    for (number, tier) in tiers.iter().enumerate() {
        let next = tiers.get(number + 1);
        let mut deeds = Vec::new();
        match next {
            None => deeds.push(work(&last_work)),
            Some(next) => {
                for (part, nanos) in [("pre", tier.pre), ("post", tier.post)] {
                    let name = format!("{}-{part}", tier.name);
                    if nanos > 0 {
                        deeds.push(work(&name));
                        scene.works.push((name, nanos));
                    }
                    if part == "pre" {
                        deeds.push(format!("{{ call = {:?} }}", next.name));
                    }
                }
            }
        }
        let (mine, others) = launches.into_iter().partition(|(name, _)| *name == tier.name);
        launches = others;
        let mine: Vec<(String, Table<'_>)> = mine;
        let mine: Vec<Table<'_>> = mine.into_iter().map(|(_, launch)| launch).collect();
        let workers = launched(tier.workers, &mine)?;
        scene.pool(&tier.name, &tier.name, &tier.name, &format!("{}\n{workers}{platform}", steps(&deeds)));
    }
    Ok(())
}

fn queue_chain(scene: &mut Scene, inputs: &Table<'_>) -> Result<(), String> {
    queue_price(scene, inputs)?;
    let tasks = match inputs.get("tasks") {
        Some(_) => Some(inputs.table("tasks")?),
        None => None,
    };
    let platform = match &tasks {
        Some(tasks) => self::tasks(scene, inputs, tasks)?,
        None => scene.platform("m5.large", vm_price(inputs)?.as_deref()),
    };
    let mut stages = vec![inputs.table("front")?];
    stages.extend(inputs.tables("stages")?);
    // (stage, its work, the request's key of that work if it brings it)
    let mut brought: Vec<(String, String)> = Vec::new();
    let names: Vec<String> = stages.iter().map(|stage| stage.must_text("name")).collect::<Result<_, _>>()?;
    let elsewhere = inputs.tables("launches")?;
    for (number, stage) in stages.iter().enumerate() {
        let name = &names[number];
        let deed = format!("{name}-work");
        match (stage.text("service_key")?, stage.nanos("service_s")?) {
            (Some(key), _) => brought.push((deed.clone(), key)),
            (None, Some(nanos)) => scene.works.push((deed.clone(), nanos)),
            (None, None) => return Err(format!("stage `{name}` has no service")),
        }
        let mut deeds = vec![work(&deed)];
        if let Some(next) = names.get(number + 1) {
            deeds.push(format!("{{ send = \"to-{next}\" }}"));
        }
        if number > 0 {
            scene.nodes.push(format!("[topology.traced.queue.to-{name}]\nto = {name:?}\n"));
        }
        let mut launches = stage.tables("launches")?;
        for launch in inputs.tables("launches")? {
            let of = launch.text("tier")?.or(launch.text("stage")?);
            if of.as_deref() == Some(name) {
                launches.push(launch);
            }
        }
        let workers = stage.count("workers")?.unwrap_or(1);
        let workers = match &tasks {
            Some(tasks) => of_tasks(tasks, name, workers)?,
            None => launched(workers, &launches)?,
        };
        scene.pool(name, name, name, &format!("{}\n{workers}{platform}", steps(&deeds)));
        stage.all_read()?;
    }
    for launch in elsewhere {
        let of = launch.text("tier")?.or(launch.text("stage")?).unwrap_or_default();
        if !names.contains(&of) {
            return Err(format!("launches of `{of}`, which is no stage"));
        }
    }
    calls(scene, inputs, |request, call| {
        for (deed, key) in &brought {
            call.works.push((deed.clone(), request.must_nanos(key)?));
        }
        Ok(())
    })
}

/// What the tasks of a chain are, as a platform, and what they cost.
fn tasks(scene: &mut Scene, inputs: &Table<'_>, tasks: &Table<'_>) -> Result<String, String> {
    for (theirs, item, unit) in
        [("price_per_vcpu_hour", "fargate.vcpu.x86", "vCPU-h"), ("price_per_gb_hour", "fargate.memory.x86", "GB-h")]
    {
        let price = inputs.text(theirs)?.unwrap_or_else(|| "0".to_owned());
        scene.price(item, &format!("${price}/{unit}"));
    }
    let (vcpu, gb) = (tasks.must_text("vcpu")?, tasks.must_text("gb")?);
    scene.tasks = Some((vcpu.clone(), gb.clone()));
    let mib = gb.parse::<f64>().map_err(|_| format!("`{gb}` GB"))? * 1_024.0;
    let vcpus: f64 = vcpu.parse().map_err(|_| format!("`{vcpu}` vCPU"))?;
    let pending = span(tasks.nanos("provisioning_s")?.unwrap_or(0));
    let boot = span(tasks.nanos("pull_and_start_s")?.unwrap_or(0));
    Ok(format!(
        "platform = {{ fargate = {{ cpu = {vcpus}, memory = \"{mib}MiB\" }} }}\npending = {pending:?}\nboot = {boot:?}\n"
    ))
}

/// The tasks of a stage: asked for when all are, and stopped when the trace says so.
fn of_tasks(tasks: &Table<'_>, stage: &str, workers: u64) -> Result<String, String> {
    let launch = tasks.nanos("launch_s")?.unwrap_or(0);
    let mut lines = vec![(launch, workers)];
    for group in tasks.tables("groups")? {
        if group.must_text("stage")? != stage {
            continue;
        }
        let count = group.count("count")?.unwrap_or(workers);
        lines[0].1 = count;
        lines.extend(group.nanos("stop_s")?.map(|at| (at, 0)));
    }
    let entries: Vec<String> =
        lines.iter().map(|(at, workers)| format!("{{ at = {:?}, workers = {workers} }}", span(*at))).collect();
    Ok(format!("workers = 0\nno-worker = \"wait\"\nscaling.schedule = [{}]\n", entries.join(", ")))
}

fn client_retry(scene: &mut Scene, inputs: &Table<'_>) -> Result<(), String> {
    served_calls(scene, inputs)?;
    let timeout = span(inputs.must_nanos("client_timeout_s")?);
    let abandoned = inputs.text("abandoned")?.unwrap_or_else(|| "finish".to_owned());
    let attempts = inputs.count("max_attempts")?.unwrap_or(1);
    let backoff = span(inputs.nanos("backoff_s")?.unwrap_or(0));
    scene.client = Some(format!(
        "{{ timeout = {timeout:?}, abandoned = {abandoned:?}, retry = {{ attempts = {attempts}, \
         backoff = {{ wait = {backoff:?} }} }} }}"
    ));
    let workers = inputs.count("workers")?.unwrap_or(1);
    let platform = scene.platform("m5.large", vm_price(inputs)?.as_deref());
    let steps = steps(&[work("service")]);
    scene.pool("w", "work", "w", &format!("{steps}\nworkers = {workers}\n{platform}"));
    Ok(())
}

fn queue_asg(scene: &mut Scene, inputs: &Table<'_>) -> Result<(), String> {
    served_calls(scene, inputs)?;
    queue_price(scene, inputs)?;
    let platform = scene.platform("m5.large", vm_price(inputs)?.as_deref());
    let min = inputs.count("min")?.unwrap_or(0);
    let desired = inputs.count("desired")?.unwrap_or(min);
    let max = inputs.count("max")?.unwrap_or(u64::from(u32::MAX));
    let initial = inputs.count("initial_in_service")?;
    let pending = span(inputs.nanos("pending_s")?.unwrap_or(0));
    let boot = span(inputs.nanos("starting_s")?.unwrap_or(0));
    let cooldown = span(inputs.nanos("cooldown_s")?.unwrap_or(0));
    let (period, first) = (inputs.nanos("period_s")?, inputs.nanos("first_tick_s")?);
    let mut body = format!("{}\npending = {pending:?}\nboot = {boot:?}\n{platform}", steps(&[work("service")]));
    match period {
        None => body += &format!("workers = {}\n", initial.unwrap_or(desired)),
        Some(period) => {
            if let Some(initial) = initial {
                body += &format!("workers = {initial}\n");
            }
            let first = first.map_or(String::new(), |first| format!(", first = {:?}", span(first)));
            body += &format!(
                "scaling = {{ asg = {{ min = {min}, desired = {desired}, max = {max}, cooldown = {cooldown:?}, \
                 policies = [{{ queue-length = {{ every = {:?}{first}, shrinks = \"when-empty\" }} }}] }} }}\n",
                span(period)
            );
        }
    }
    scene.nodes.push("[topology.traced.queue.q]\nto = \"w\"\n".to_owned());
    scene.pool("w", "work", "w", &body);
    Ok(())
}

fn queue_delivery(scene: &mut Scene, inputs: &Table<'_>) -> Result<(), String> {
    let fifo = inputs.get("fifo").and_then(serde_json::Value::as_bool) == Some(true);
    calls(scene, inputs, |request, call| {
        call.works.push(("service".to_owned(), request.must_nanos("service_s")?));
        call.group = request.text("group")?;
        if let Some(visits) = request.get("fail_deliveries").and_then(serde_json::Value::as_array) {
            let visits = visits.iter().filter_map(serde_json::Value::as_u64).collect();
            call.fails.push(("service".to_owned(), visits));
        }
        Ok(())
    })?;
    queue_price(scene, inputs)?;
    let platform = scene.platform("m5.large", vm_price(inputs)?.as_deref());
    let kind = if fifo { "fifo = true\n" } else { "" };
    let mut queue = kind.to_owned();
    if let Some(visibility) = inputs.nanos("visibility_s")? {
        queue += &format!("visibility-timeout = {:?}\n", span(visibility));
    }
    if let Some(stale) = inputs.text("stale_delete")? {
        queue += &format!("stale-delete = {stale:?}\n");
    }
    if let Some(most) = inputs.count("max_receive_count")? {
        queue += &format!("max-receive-count = {most}\ndead-letters = \"dead\"\n");
        scene.nodes.push(format!("[topology.traced.queue.dead]\n{kind}"));
    }
    let hands = if inputs.get("fleet").is_some() { fleet(inputs)? } else { hands(inputs)? };
    let notice = notice(inputs)?;
    if let Some(hour) = vm_price(inputs)?.filter(|_| hands.iter().any(|hand| hand.spot)) {
        scene.price("spot.m5.large", &format!("${hour}/h"));
    }
    let poll = inputs.nanos("heartbeat_s")?;
    let poll = poll.map_or(String::new(), |beat| format!("poll = {{ heartbeat = {:?} }}\n", span(beat)));
    let body = format!("{}\n{platform}{poll}", steps(&[work("service")]));
    crew(scene, &hands, &body, Some(&queue), notice);
    crashes(scene, inputs)
}
