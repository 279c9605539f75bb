//! Queues whose messages are polled for, and come back.

use serde_json::Value;

use crate::experiment::validation::families::arrivals;
use crate::experiment::validation::plan::{Plan, figure, linear, made, station};
use crate::experiment::validation::stations::size;
use crate::experiment::validation::system::{count, law, number};

/// A worker that takes one message after the other, sleeps when it finds none, and then looks again.
pub fn polling(system: &Value) -> Result<Plan, String> {
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
pub fn redelivery(system: &Value) -> Result<Plan, String> {
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
