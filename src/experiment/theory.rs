//! What queueing theory says of a node, where its assumptions hold: shown beside what was simulated.
//!
//! They hold where one kind of request comes by itself in a Poisson stream, straight to a station of workers that nothing
//! changes, with one first-come line, and whose requests nobody gives up or sends again.

use crate::cloud::arrivals::Arrivals;
use crate::cloud::topology::{
    Application, Discipline, Errands, Function, Initially, NodeId, NodeKind, Pool, Topology, Verb, Workload, WorkloadId,
};
use crate::experiment::document::Theory;
use crate::experiment::figures::label;
use crate::ground::maths;
use crate::ground::stats::theory::{Mg1, Mmc, Mmck};
use crate::ground::time::SECOND;

/// What theory says of the nodes of a topology.
pub fn of(application: &Application, topology: &Topology) -> Vec<Theory> {
    if !application.faults.is_empty() || !topology.faults.is_empty() {
        return Vec::new();
    }
    let mut told = Vec::new();
    for (index, node) in topology.nodes.iter().enumerate() {
        let Some(rate) = stream(application, topology, NodeId::at(index)) else { continue };
        let figures = match &node.kind {
            NodeKind::Pool(pool) => station(application, pool, rate),
            NodeKind::Function(function) => kept_alive(application, function, rate),
            _ => None,
        };
        let node = label(node);
        let line =
            |(name, exact, by): (&str, f64, &str)| Theory { of: format!("{node}.{name}"), exact, by: by.to_owned() };
        told.extend(figures.into_iter().flatten().map(line));
    }
    told
}

type Line = (&'static str, f64, &'static str);

/// The rate of the one Poisson stream that enters at a node, if nothing else ever comes there.
fn stream(application: &Application, topology: &Topology, node: NodeId) -> Option<f64> {
    let mut entering = (0..application.workloads.len()).filter(|&kind| topology.entry[kind] == node);
    let (kind, None) = (entering.next()?, entering.next()) else { return None };
    let Workload { arrivals: Arrivals::Poisson { rate }, batch: None, at_start: 0, client, .. } =
        &application.workloads[WorkloadId::at(kind).index()]
    else {
        return None;
    };
    let patient = client.timeout.is_none() && client.patience.is_none() && client.deadline.is_none();
    let once = client.hedge.is_none() && client.retry.attempts == Some(1) && !client.is_detached;
    (patient && once && !is_led_to(topology, node)).then_some(*rate)
}

/// Whether anything of a topology leads to a node.
fn is_led_to(topology: &Topology, node: NodeId) -> bool {
    topology.nodes.iter().any(|other| match &other.kind {
        NodeKind::Pool(pool) => is_sent_to(pool, node),
        NodeKind::Function(function) => {
            let Errands { on_success, on_failure, .. } = &function.errands;
            is_sent_to(&function.desk, node) || [on_success, on_failure].contains(&&Some(node))
        }
        NodeKind::Balancer(balancer) => balancer.to.contains(&node),
        NodeKind::Queue(queue) => queue.to.contains(&node),
        NodeKind::Bucket(bucket) => bucket.notify.contains(&node),
        NodeKind::Bus(bus) => bus.rules.iter().any(|rule| rule.to.contains(&node)),
        NodeKind::Service(_) | NodeKind::Cluster(_) => false,
    })
}

fn is_sent_to(pool: &Pool, node: NodeId) -> bool {
    pool.steps.iter().any(|step| match &step.verb {
        Verb::Call { to, .. } | Verb::Send { to, .. } => to.contains(&node),
        // What acts may start or stop workers.
        Verb::Act(_) => true,
        _ => false,
    })
}

/// A station with one line.
fn station(application: &Application, pool: &Pool, rate: f64) -> Option<Vec<Line>> {
    let fixed = matches!(pool.scaling, crate::cloud::scaling::Scaling::Fixed) && pool.spot.is_none();
    let plain = pool.batch.is_none() && pool.admission.is_none() && !pool.gather && pool.credits.is_none();
    let there = pool.initially == Initially::Ready && pool.lodging.is_none() && pool.stopped == 0;
    if !(fixed && plain && there && matches!(pool.line, Discipline::FirstCome)) {
        return None;
    }
    let mut work = None;
    for step in &pool.steps {
        match &step.verb {
            Verb::Work { work: id, fails: 0.0, together: false, cold: None, .. }
                if work.is_none() && step.only.is_none() =>
            {
                work = Some(*id);
            }
            // What is sent takes no time here.
            Verb::Send { .. } if work.is_some() => {}
            _ => return None,
        }
    }
    let work = &application.works[work?.index()];
    let law = work.law.as_ref().filter(|_| work.mix.is_all() && work.parallel == 0)?;
    let service = law.mean() / SECOND as f64 * pool.speed.time as f64 / pool.speed.work as f64;
    let servers = pool.workers?.checked_mul(pool.slots)?;
    let load = rate * service / f64::from(servers);
    if servers == 0 || service <= 0.0 || pool.room.is_none() && load >= 1.0 {
        return None;
    }
    match pool.room {
        Some(room) if law.is_exponential() => {
            let theory = Mmck { rate, service, servers, room: servers.checked_add(room)? };
            const BY: &str = "M/M/c/K, birth-death chain";
            Some(vec![("wait.mean", theory.mean_wait(), BY), ("utilisation", theory.utilisation(), BY)])
        }
        Some(_) => None,
        None if law.is_exponential() => {
            let theory = Mmc { rate, service, servers };
            const BY: &str = "M/M/c, Erlang C";
            Some(vec![
                ("waits", theory.waits(), BY),
                ("wait.mean", theory.mean_wait(), BY),
                ("wait.p99", theory.wait_quantile(0.99), BY),
                ("utilisation", theory.utilisation(), BY),
            ])
        }
        None if servers == 1 => {
            let theory = Mg1 { rate, service, scv: law.scv() };
            const BY: &str = "M/G/1, Pollaczek and Khinchine";
            Some(vec![("wait.mean", theory.mean_wait(), BY), ("utilisation", theory.utilisation(), BY)])
        }
        None => None,
    }
}

/// How long a step takes at the most but for one time in a billion, in nanoseconds; for ever where nobody knows.
fn longest(application: &Application, verb: &Verb) -> f64 {
    const HARDLY_EVER: f64 = 1e-9;
    match verb {
        Verb::Work { work, .. } => {
            let law = application.works[work.index()].law.as_ref();
            law.map_or(f64::INFINITY, |law| law.quantile(1.0 - HARDLY_EVER))
        }
        Verb::Send { .. } => 0.0,
        _ => f64::INFINITY,
    }
}

/// A function of one environment: it is gone when nobody has come for as long as it lives, which has the chance e^(−λT).
fn kept_alive(application: &Application, function: &Function, rate: f64) -> Option<Vec<Line>> {
    let alone = function.reserved == Some(1) && function.desk.slots == 1 && function.provisioned == 0;
    let life = function.idle.as_ref()?.constant_value()?;
    // A run that is cut off would take its environment with it.
    let longest: f64 = function.desk.steps.iter().map(|step| longest(application, &step.verb)).sum();
    let whole = function.timeout.is_none_or(|timeout| longest < timeout.nanos() as f64);
    let plain = alone && whole && function.recycle.is_none() && function.growth.is_none();
    let life = life as f64 / SECOND as f64;
    plain.then(|| vec![("cold-starts", maths::exp(-rate * life), "e^(−λT)")])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{NoFiles, Source, read};

    fn told(nodes: &str) -> Vec<(String, f64)> {
        let text = format!(
            "run = {{ defaults = \"textbook\", length = \"1h\" }}\nworkload.jobs.arrivals = {{ poisson = {{ rate = \"0.8/s\" }} }}\n\
             work = {{ serve = {{ exponential = \"1s\" }}, even = \"1s\" }}\n[topology.t]\n{nodes}\n"
        );
        let scenario = read(&Source::new("t.toml", text), &NoFiles, &[]).unwrap_or_else(|why| panic!("{why:?}"));
        of(&scenario.application, &scenario.topologies[0]).into_iter().map(|line| (line.of, line.exact)).collect()
    }

    #[test]
    fn erlang_and_pollaczek_speak_where_they_may() {
        let erlang = told("pool.a = { steps = [{ work = \"serve\" }] }");
        assert_eq!(erlang[1].0, "pool.a.wait.mean");
        assert!((erlang[1].1 - 4.0).abs() < 1e-9, "{erlang:?}");
        let pollaczek = told("pool.a = { steps = [{ work = \"even\" }] }");
        assert!((pollaczek[0].1 - 2.0).abs() < 1e-9, "{pollaczek:?}");
        let cold = told("function.f = { steps = [{ work = \"even\" }], idle = \"2s\", reserved-concurrency = 1 }");
        assert!((cold[0].1 - (-1.6f64).exp()).abs() < 1e-9, "{cold:?}");
    }

    #[test]
    fn they_are_silent_where_they_may_not() {
        for other in [
            "pool.a = { steps = [{ work = \"even\" }], workers = 2 }",
            "pool.a = { steps = [{ work = \"serve\" }], line = \"last-come\" }",
            "pool.a = { steps = [{ work = \"serve\" }], scaling = { start-on-demand = { max = 2 } } }",
            "pool.a = { steps = [{ work = \"serve\", fails = \"10%\" }] }",
            "fault.outage.o = { node = \"a\", at = \"1min\", lasts = \"1s\" }\npool.a = { steps = [{ work = \"serve\" }] }",
            "entry = \"a\"\npool.a = { steps = [{ work = \"serve\" }] }\npool.b = { steps = [{ work = \"even\" }, { send = \"a\" }] }",
        ] {
            assert_eq!(told(other), Vec::<(String, f64)>::new(), "{other}");
        }
    }
}
