//! The monolith: components that fail together, and a machine that grows.

use super::{calls, vm_price};
use crate::paper_traces::scene::{Scene, span, steps, work};
use crate::paper_traces::trace::{Table, plain};

/// A resize of a monolith.
#[derive(Clone, PartialEq)]
struct Resize {
    at: u64,
    stopping: u64,
    change: u64,
    pending: u64,
    starting: u64,
    speed: String,
    hour: Option<String>,
}

pub fn monolith(scene: &mut Scene, inputs: &Table<'_>) -> Result<(), String> {
    let mut deeds = Vec::new();
    for component in inputs.tables("components")? {
        let name = component.must_text("name")?;
        scene.works.push((name.clone(), component.must_nanos("work_s")?));
        component.all_read()?;
        deeds.push(name);
    }
    let fixed = !deeds.is_empty();
    calls(scene, inputs, |request, call| {
        match (request.nanos("work_s")?, fixed) {
            (Some(nanos), false) => call.works.push(("work".to_owned(), nanos)),
            (None, true) => {}
            (Some(_), true) => return Err("work of components and of requests in one run".to_owned()),
            (None, false) => return Err("a request without work".to_owned()),
        }
        Ok(())
    })?;
    if !fixed {
        deeds.push("work".to_owned());
    }
    let hour = vm_price(inputs)?;
    let speed = inputs.get("speed").and_then(plain).unwrap_or_else(|| "1".to_owned());
    let mut resizes: Vec<Resize> = Vec::new();
    for (number, event) in inputs.tables("events")?.into_iter().enumerate() {
        let at = event.must_nanos("at_s")?;
        match event.must_text("do")?.as_str() {
            "crash" => {
                let component = event.text("component")?.unwrap_or_else(|| deeds[0].clone());
                let lasts = span(event.must_nanos("repair_s")?);
                scene.faults.push(format!(
                    "[fault.outage.crash-{number}]\ncomponent = {component:?}\nat = {:?}\nlasts = {lasts:?}\n",
                    span(at)
                ));
            }
            "resize" => resizes.push(Resize {
                at,
                stopping: event.nanos("stopping_s")?.unwrap_or(0),
                change: event.nanos("change_s")?.unwrap_or(0),
                pending: event.nanos("pending_s")?.unwrap_or(0),
                starting: event.nanos("starting_s")?.unwrap_or(0),
                speed: event.get("new_speed").and_then(plain).unwrap_or_else(|| speed.clone()),
                hour: event.text("new_vm_price_per_hour")?.or(hour.clone()),
            }),
            other => return Err(format!("event `{other}` of a monolith is not known")),
        }
        event.all_read()?;
    }
    let deeds: Vec<String> = deeds.iter().map(|name| work(name)).collect();
    let mut body = format!("{}\n{}", steps(&deeds), scene.platform("m5.large", hour.as_deref()));
    if resizes.is_empty() {
        body += &format!("speed = {speed}\n");
    } else {
        body += &resized(scene, &speed, &resizes)?;
    }
    // While its only machine is stopped a monolith is down.
    scene.nobody = Some("down");
    scene.pool("app", "monolith", "w", &body);
    Ok(())
}

/// The keys of a pool whose machine changes its size.
fn resized(scene: &mut Scene, speed: &str, resizes: &[Resize]) -> Result<String, String> {
    const KINDS: [&str; 3] = ["m5.large", "m5.xlarge", "m5.2xlarge"];
    if resizes.len() >= KINDS.len() {
        return Err("a machine that grows more than twice".to_owned());
    }
    let [first, others @ ..] = resizes else { return Ok(String::new()) };
    let alike = |one: &Resize| (one.stopping, one.change, one.pending, one.starting);
    if others.iter().any(|other| alike(other) != alike(first)) {
        return Err("resizes that take different times".to_owned());
    }
    let mut sizes = vec![format!("{{ type = {:?}, speed = {speed} }}", KINDS[0])];
    let mut at = Vec::new();
    for (number, resize) in resizes.iter().enumerate() {
        let kind = KINDS[number + 1];
        scene.platform(kind, Some(resize.hour.as_deref().unwrap_or("0")));
        sizes.push(format!("{{ type = {kind:?}, speed = {} }}", resize.speed));
        at.push(format!("[{:?}, {}]", span(resize.at), number + 2));
    }
    scene.sizes = vec!["small", "large", "larger"];
    Ok(format!(
        "stopping = {:?}\npending = {:?}\nboot = {:?}\nscaling = {{ vertical = {{ sizes = [{}], at = [{}], change = {:?} }} }}\n",
        span(first.stopping),
        span(first.pending),
        span(first.starting),
        sizes.join(", "),
        at.join(", "),
        span(first.change),
    ))
}
