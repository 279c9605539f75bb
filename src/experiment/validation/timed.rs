//! Systems that are looked at at given instants: of a cycle, or after a start in a known state.

use std::f64::consts::TAU;

use serde_json::Value;

use crate::experiment::validation::plan::{Course, Formula, Plan, figure, made, untold};
use crate::experiment::validation::stations::{one_pool, size};
use crate::experiment::validation::system::{System, count, duration, law, mean, number, rate};
use crate::ground::maths;

/// Half the width of the window in which departures are counted, as a share of a cycle: its mean differs from the rate at its
/// middle by (τ · this)² / 6, two millionths.
const WINDOW: f64 = 0.000_5;
/// So many cycles of all replications together, for each that a mean needs to be known to 1 %.
const CYCLES: f64 = 4.0;

/// A figure at an instant, as results call it: `pool.a.in-system@7s500ms`.
fn at(name: &str, seconds: f64) -> String {
    let nanos = (seconds * 1e9).round() as u64;
    format!("{name}@{}", crate::ground::time::Span::from_nanos(nanos))
}

/// The instants, as a scenario writes them.
fn instants(seconds: &[f64]) -> String {
    seconds.iter().map(|&at| duration(at)).collect::<Vec<_>>().join(", ")
}

/// The value at a place of a list.
fn nth(list: &[f64], place: usize) -> Result<f64, String> {
    list.get(place).copied().ok_or_else(|| "more values than instants".to_owned())
}

/// A list's name and the place in it: `mean_in_system_at.3`.
fn place(name: &str) -> (&str, Option<usize>) {
    match name.rsplit_once('.') {
        Some((list, place)) => (list, place.parse().ok()),
        None => (name, None),
    }
}

/// Arrivals at a rate that swings, and a worker for each.
pub fn swinging(case: &System) -> Result<Plan, String> {
    let (text, rate) = one_pool(&case.described, "")?;
    let period = number(&case.described["arrivals"]["rate"], "period")?;
    let times = case.times.clone();
    let half = period * WINDOW;
    let mut looks: Vec<f64> = times.iter().flat_map(|&t| [t, t + half, (t - half).rem_euclid(period)]).collect();
    looks.sort_by(f64::total_cmp);
    looks.dedup();
    let cycles = (case.customers * CYCLES / 20.0).max(50.0).ceil();
    let warm_up = period * (1.0 + 10.0 * mean(&case.described["service"])? / period).ceil();
    let run = format!(
        "length = {}\nwarm-up = {}\nsnapshots = {{ every = {}, at = [{}] }}\n",
        duration(warm_up + cycles * period),
        duration(warm_up),
        duration(period),
        instants(&looks)
    );
    let quantity = move |name: &str| -> Result<Formula, String> {
        let swing = |part: fn(f64, f64, f64) -> f64| {
            let times = times.clone();
            made(move |read| {
                let means = times.iter().map(|&t| read(&at("pool.a.in-system", t))).collect::<Option<Vec<f64>>>()?;
                let (level, sine, cosine) = harmonic(&times, &means, period);
                Some(part(level, sine, cosine))
            })
        };
        match place(name) {
            // A run of whole periods: its mean over time is that of a period.
            ("mean_over_period", _) => figure("pool.a.in-system"),
            ("mean_in_system_at", Some(place)) => figure(at("pool.a.in-system", nth(&times, place)?)),
            ("departure_rate_at", Some(place)) => {
                let t = nth(&times, place)?;
                let (before, after) = (at("completions", t), at("completions", t + half));
                made(move |read| Some((read(&before)? + read(&after)?) / 2.0))
            }
            // With unlimited servers the mean swings as the rate does: as one sine.
            ("peak_mean", _) => swing(|level, sine, cosine| level + (sine * sine + cosine * cosine).sqrt()),
            ("trough_mean", _) => swing(|level, sine, cosine| level - (sine * sine + cosine * cosine).sqrt()),
            ("peak_lag_after_rate_peak", _) => {
                let turn = swing(|_, sine, cosine| maths::atan2(-cosine, sine))?;
                made(move |read| Some((turn(read)? / TAU * period).rem_euclid(period)))
            }
            _ => untold("no figure of that kind"),
        }
    };
    let course = Some(Course { run, replications: None });
    Ok(Plan { text, rate, topologies: 1, quantity: Box::new(quantity), course })
}

/// Level, sine and cosine of a cycle through values at equidistant instants.
fn harmonic(times: &[f64], values: &[f64], period: f64) -> (f64, f64, f64) {
    let mean = |of: &dyn Fn(f64) -> f64| {
        times.iter().zip(values).map(|(&t, value)| value * of(TAU * t / period)).sum::<f64>() / times.len() as f64
    };
    (mean(&|_| 1.0), 2.0 * mean(&maths::sin), 2.0 * mean(&maths::cos))
}

/// A start with so many jobs, or in balance at the first rate, and rates that change then.
pub fn transient(case: &System) -> Result<Plan, String> {
    let system = &case.described;
    let steps = system["arrivals"]["rate"]["steps"].as_array().ok_or("no steps")?;
    let first = number(steps.first().ok_or("no steps")?, "rate")?;
    let service = mean(&system["service"])?;
    let servers = count(system, "servers")? as f64;
    // In balance after many times the time in which a station forgets (Cohen, The Single Server Queue, §III.2).
    let in_balance = !system["initial"]["law"].is_null();
    let apart = 1.0 - (first * service / servers).min(0.99).sqrt();
    let forgets = service / (apart * apart);
    let start = if in_balance { (20.0 * forgets).max(100.0 * service) } else { 0.0 };
    let mut points = vec![format!("[\"0s\", {}]", rate(first))];
    for step in &steps[1..] {
        points.push(format!("[{}, {}]", duration(start + number(step, "from")?), rate(number(step, "rate")?)));
    }
    let backlog = match &system["initial"]["jobs"] {
        Value::Null => 0,
        _ => count(&system["initial"], "jobs")?,
    };
    let text = format!(
        "[workload.jobs]\narrivals = {{ profile = {{ shape = \"steps\", points = [{}] }} }}\nat-start = {backlog}\n\
         [work]\nserve = {}\n[topology.it.pool.a]\nsteps = [{{ work = \"serve\" }}]\n{}",
        points.join(", "),
        law(&system["service"])?,
        size(system)?
    );
    let times: Vec<f64> = case.times.iter().map(|t| start + t).collect();
    let end = times.iter().copied().fold(0.0, f64::max);
    let mut looks = times.clone();
    looks.insert(0, start);
    looks.sort_by(f64::total_cmp);
    looks.dedup();
    let run = format!(
        "length = {}\nwarm-up = {}\nseries = {}\nsnapshots = {{ at = [{}] }}\n",
        duration(end),
        duration(start),
        duration(end),
        instants(&looks)
    );
    let means = case.list("mean_in_system_at");
    let quantity = move |name: &str| match place(name) {
        ("mean_in_system_at", Some(place)) => figure(at("pool.a.in-system", nth(&times, place)?)),
        ("mean_queue_at", Some(place)) => figure(at("pool.a.in-line", nth(&times, place)?)),
        ("p_all_busy_at", Some(place)) => figure(at("pool.a.full", nth(&times, place)?)),
        // The mean square from the known mean.
        ("var_in_system_at", Some(place)) => {
            let (name, mean) = (at("pool.a.in-system", nth(&times, place)?), nth(&means, place)?);
            made(move |read| {
                let off = read(&name)? - mean;
                Some(off * off)
            })
        }
        ("time_average_in_system", _) => figure("pool.a.in-system"),
        ("mean_arrivals_over_horizon", _) => {
            let looks = looks.clone();
            made(move |read| {
                let between = looks.windows(2).map(|pair| Some(read(&at("arrivals", pair[1]))? * (pair[1] - pair[0])));
                between.sum()
            })
        }
        _ => untold("no figure of that kind"),
    };
    let replications = Some(case.customers.ceil() as u32);
    let course = Some(Course { run, replications });
    Ok(Plan { text, rate: first, topologies: 1, quantity: Box::new(quantity), course })
}
