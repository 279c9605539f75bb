//! Retries of tiers that call each other multiply.

use crate::cloud::topology::{Application, Client, Node, NodeId, NodeKind, Retry, Topology, Verb, WorkloadId};
use crate::ground::time::Span;
use crate::scenario::complaint::Complaint;
use crate::scenario::place::Place;
use crate::scenario::rules::Foresight;
use crate::scenario::rules::events;
use crate::scenario::rules::flow::{Flow, place_of};

pub(super) const AMPLIFICATION: Foresight = Foresight {
    about: "tiers that call each other do not each try again without a budget: their attempts multiply",
    check,
};

/// Two tiers that try three times each: from here on it is told.
const MANY: u64 = 9;

/// The worst way from where requests enter: how many attempts at the last node become of one request, and who makes them.
#[derive(Clone, Default)]
struct Worst {
    attempts: u64,
    factors: Vec<(String, u64)>,
    last: Option<(NodeId, usize)>,
}

impl Worst {
    fn then(&self, who: &str, factor: u64) -> Worst {
        let mut worst = self.clone();
        worst.attempts = worst.attempts.saturating_mul(factor);
        if factor > 1 {
            worst.factors.push((who.to_owned(), factor));
        }
        worst
    }
}

/// Attempts that may be made of one; who must pay for them soon makes no more.
fn factor(retry: &Retry) -> u64 {
    match (retry.budget, retry.attempts) {
        (Some(_), _) => 1,
        (None, Some(attempts)) => u64::from(attempts),
        (None, None) => u64::MAX,
    }
}

fn check(application: &Application, topology: &Topology, _: Option<Span>) -> Vec<Complaint> {
    let flow = Flow::new(application, topology);
    let mut found: Option<(usize, Worst)> = None;
    for (index, workload) in application.workloads.iter().enumerate() {
        let worst = worst(&flow, (application, topology), WorkloadId::at(index), &workload.client);
        if worst.factors.len() > 1
            && worst.attempts >= MANY
            && found.as_ref().is_none_or(|(_, before)| before.attempts < worst.attempts)
        {
            found = Some((index, worst));
        }
    }
    let Some((index, worst)) = found else { return Vec::new() };
    let Some((caller, step)) = worst.last else { return Vec::new() };
    let called = match topology.nodes[caller.index()].kind.pool().map(|pool| &pool.steps[step].verb) {
        Some(Verb::Call { to, .. }) => topology.nodes[to[0].index()].name.as_str(),
        _ => return Vec::new(),
    };
    let times: Vec<String> = worst
        .factors
        .iter()
        .map(|(_, times)| if *times == u64::MAX { "∞".to_owned() } else { times.to_string() })
        .collect();
    let who: Vec<&str> = worst.factors.iter().map(|(who, _)| who.as_str()).collect();
    let calls = if worst.attempts == u64::MAX {
        "any number of".to_owned()
    } else {
        format!("up to {} = {}", times.join(" × "), worst.attempts)
    };
    let what = format!(
        "when `{called}` fails, one request of `{}` becomes {calls} calls of it in topology `{}`: {} each try again",
        application.workloads[index].name,
        topology.name,
        who.join(", ")
    );
    let caller = &topology.nodes[caller.index()];
    let kind = if matches!(caller.kind, NodeKind::Function(_)) { "function" } else { "pool" };
    let place = Place::of(&["topology", &topology.name, kind, &caller.name, "steps"]);
    let steps = caller.kind.pool().map_or(&[][..], |pool| &pool.steps);
    let place = place_of(steps, step, &place).then("retry");
    vec![
        Complaint::warning("W107", place, what)
            .advise("try again at one tier only, or give the others a `budget`, unless the storm is the point"),
    ]
}

/// Where nobody has tried yet.
fn fresh() -> Worst {
    Worst { attempts: 1, ..Worst::default() }
}

/// What is sent is tried again by a function, and by nobody else: who sent it hears nothing of what becomes of it.
fn sent(to: &Node) -> Worst {
    match &to.kind {
        NodeKind::Function(function) => {
            fresh().then(&format!("the queue of `{}`", to.name), function.errands.waits.len() as u64 + 1)
        }
        _ => fresh(),
    }
}

/// A client's own attempts at the node where its requests enter.
fn first(entry: &Node, client: &Client) -> Worst {
    match &entry.kind {
        NodeKind::Function(_) if client.is_detached => sent(entry),
        _ => fresh().then("its client", factor(&client.retry)),
    }
}

/// The way to a call on which attempts multiply most.
fn worst(
    flow: &Flow<'_>,
    (application, topology): (&Application, &Topology),
    workload: WorkloadId,
    client: &Client,
) -> Worst {
    let entry = topology.entry[workload.index()];
    let mut ways: Vec<Option<Worst>> = vec![None; topology.nodes.len()];
    ways[entry.index()] = Some(first(&topology.nodes[entry.index()], client));
    let mut found = Worst::default();
    for node in flow.order(entry, workload) {
        let Some(here) = ways[node.index()].clone() else { continue };
        let mut lead = |to: NodeId, way: Worst| {
            if ways[to.index()].as_ref().is_none_or(|known| known.attempts < way.attempts) {
                ways[to.index()] = Some(way);
            }
        };
        let kind = &topology.nodes[node.index()].kind;
        match kind {
            NodeKind::Balancer(balancer) => balancer.to.iter().for_each(|&to| lead(to, here.clone())),
            NodeKind::Pool(_) | NodeKind::Function(_) => {
                let Some(pool) = kind.pool() else { continue };
                for (place, step) in pool.steps.iter().enumerate() {
                    if !step.is_for(workload) {
                        continue;
                    }
                    match &step.verb {
                        Verb::Call { to, retry, .. } => {
                            let name = format!("`{}`", topology.nodes[node.index()].name);
                            let mut way = here.then(&name, factor(retry));
                            way.last = Some((node, place));
                            if factor(retry) > 1 && way.attempts >= found.attempts {
                                found = way.clone();
                            }
                            to.iter().for_each(|&to| lead(to, way.clone()));
                        }
                        Verb::Send { to, .. } => to.iter().for_each(|&to| lead(to, sent(&topology.nodes[to.index()]))),
                        Verb::Put { .. } | Verb::Event { .. } => {
                            if let Verb::Put { bucket, .. } = &step.verb {
                                lead(*bucket, fresh());
                            }
                            let heard = events::of_step(topology, application, step);
                            heard.into_iter().for_each(|to| lead(to, sent(&topology.nodes[to.index()])));
                        }
                        Verb::Work { .. }
                        | Verb::Answer { .. }
                        | Verb::Get { .. }
                        | Verb::Act(_)
                        | Verb::Choose { .. } => {}
                    }
                }
            }
            NodeKind::Queue(queue) => queue.to.iter().for_each(|&to| lead(to, fresh())),
            NodeKind::Bucket(bucket) => {
                bucket.notify.iter().for_each(|&to| lead(to, sent(&topology.nodes[to.index()])))
            }
            NodeKind::Service(_) | NodeKind::Cluster(_) | NodeKind::Bus(_) => {}
        }
    }
    found
}
