//! Each family as a scenario: never a case.

use serde_json::Value;

use crate::experiment::validation::keepalive::keepalive;
use crate::experiment::validation::plan::Plan;
use crate::experiment::validation::system::{System, batch, count, duration, law, mean, number, rate};
use crate::experiment::validation::{faults, messages, scaled, stations, timed};

/// The translation of a case's family, or why it has none yet.
pub fn translate(case: &System) -> Result<Plan, String> {
    match case.family.as_str() {
        "mmc" | "mmck" | "mg1" | "mdc" | "gimc" | "phase-type-multiserver" | "batch-arrivals" | "closed-loop" => {
            stations::single_station(&case.described)
        }
        "erlang-a" => stations::impatient(&case.described),
        "retrial" => stations::retrial(&case.described),
        "tandem" => stations::tandem(&case.described),
        "load-balancing" => stations::balanced(&case.described),
        "priority" => stations::priority(&case.described),
        "redelivery" => messages::redelivery(&case.described),
        "availability" => faults::availability(&case.described),
        "setup-single" | "setup-farm" | "setup-infinite" => scaled::on_demand(&case.described),
        "n-policy" => scaled::n_policy(&case.described),
        "hysteresis" => scaled::hysteresis(&case.described),
        "periodic-autoscaler" => scaled::periodic(&case.described),
        "polling" => messages::polling(&case.described),
        "batch-service" => stations::batch_service(&case.described),
        "token-bucket" => stations::limited(&case.described),
        "mt-g-inf" => timed::swinging(case),
        "transient" => timed::transient(case),
        "breakdowns" | "failures-while-serving" => faults::breakdowns(&case.described),
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

/// The `[run]` of a plan: so many customers over all replications, a tenth of each run thrown away.
pub fn run_table(plan: &Plan, customers: f64, replications: u32, seed: u64) -> String {
    let defaults = format!("[run]\ndefaults = \"textbook\"\nseed = {seed}\nreplications = {replications}\n");
    if let Some(course) = &plan.course {
        return defaults + &course.run;
    }
    let length = customers / plan.rate / f64::from(replications);
    format!("{defaults}length = {}\nwarm-up = {}\n", duration(length * 1.1), duration(length * 0.1))
}
