//! Every edge leads to a node that can take it.

use crate::scenario::complaint::{Complaint, did_you_mean};
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::sight::{Edge, Kind, Sight, Way, edges};

pub(super) const RULE: Rule = Rule {
    about: "edges lead to nodes of the topology that can take them: a balancer or queue hands over to pools or a function, a call needs somebody who answers",
    check,
};

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (name, topology) in sight.topologies() {
        let nodes = sight.nodes(name);
        for edge in edges(name, topology) {
            match nodes.get(edge.to) {
                None => {
                    let known = nodes.iter().filter(|(_, kind)| fits(edge.way, **kind).is_ok()).map(|(name, _)| *name);
                    let what = format!(
                        "`{}` of `{}` leads to `{}`, which topology `{name}` does not have",
                        edge.way.word(),
                        edge.from,
                        edge.to
                    );
                    complaints.push(Complaint::error("E101", edge.place, what).advise_if(did_you_mean(edge.to, known)));
                }
                Some(kind) => complaints.extend(misfit(name, &edge, *kind)),
            }
        }
        for (balancer, draft) in &topology.balancer {
            if draft.to.names.is_empty() {
                let what = format!("balancer `{balancer}` has nothing behind it");
                complaints.push(
                    Complaint::error("E101", Place::of(&["topology", name, "balancer", balancer, "to"]), what)
                        .advise("name at least one pool, or a function"),
                );
            }
        }
        for group in [Way::Route, Way::Receive, Way::Notify].map(|way| edges_of(name, topology, way)) {
            for (index, edge) in group.iter().enumerate() {
                if group[..index].iter().any(|before| before.from == edge.from && before.to == edge.to) {
                    let what = format!("`{}` names `{}` twice", edge.from, edge.to);
                    complaints.push(Complaint::error("E108", edge.place.clone(), what).advise("once is enough"));
                }
            }
        }
    }
    complaints
}

fn edges_of<'a>(name: &str, topology: &'a crate::scenario::draft::Topology, way: Way) -> Vec<Edge<'a>> {
    edges(name, topology).into_iter().filter(|edge| edge.way == way).collect()
}

/// Why a node of that kind can't be at the end of such an edge, and what to do.
pub(super) fn fits(way: Way, kind: Kind) -> Result<(), &'static str> {
    match (way, kind) {
        (Way::Route | Way::Receive, Kind::Pool | Kind::Function) => Ok(()),
        (Way::Route, _) => {
            Err("a balancer chooses among the workers of pools, or calls a function: name some of those")
        }
        (Way::Notify, Kind::Pool | Kind::Queue | Kind::Service | Kind::Function) => Ok(()),
        (Way::Notify, _) => Err("a bucket tells queues, functions, services or pools of its objects"),
        (Way::Receive, _) => Err("only the workers of pools, and functions, receive messages: name some of those"),
        (Way::DeadLetter, Kind::Queue) => Ok(()),
        (Way::DeadLetter, _) => Err("messages that are put aside need a queue to keep them"),
        (Way::Record, Kind::Pool | Kind::Queue | Kind::Service | Kind::Function) => Ok(()),
        (Way::Record, _) => Err("a record is sent to a queue, a function, a service or a pool"),
        (Way::Call, Kind::Pool | Kind::Balancer | Kind::Service | Kind::Function) => Ok(()),
        (Way::Call, Kind::Queue) => Err("a call waits for an answer, and a queue gives none: use `send`"),
        (Way::Call, Kind::Bucket) => Err("use `put` or `get` for a bucket"),
        (Way::Send, Kind::Pool | Kind::Balancer | Kind::Queue | Kind::Service | Kind::Function) => Ok(()),
        (Way::Send, Kind::Bucket) => Err("use `put` for a bucket"),
        (Way::Put | Way::Get, Kind::Bucket) => Ok(()),
        (Way::Put | Way::Get, Kind::Queue) => Err("objects are put into buckets; use `send` for a queue"),
        (Way::Call | Way::Send | Way::Put | Way::Get, Kind::Cluster) => {
            Err("the machines of a cluster do nothing by themselves: name a pool that runs on it")
        }
        (Way::Put | Way::Get, Kind::Pool | Kind::Balancer | Kind::Service | Kind::Function) => {
            Err("objects are put into buckets; use `call` or `send` for this one")
        }
        (Way::Event | Way::Bus, Kind::Bus) => Ok(()),
        (Way::Event, _) => Err("events are put on a bus: `bus.NAME.rule.NAME` says who gets them"),
        (Way::Bus, _) => Err("only an event bus hears of new objects"),
        (Way::Call | Way::Send | Way::Put | Way::Get, Kind::Bus) => {
            Err("a bus takes events: use `event = { bus, source, detail-type }`")
        }
        (Way::Rule, Kind::Function | Kind::Queue | Kind::Bus | Kind::Service | Kind::Pool) => Ok(()),
        (Way::Rule, _) => Err("a rule sends to functions, queues, buses, services and pools"),
    }
}

fn misfit(topology: &str, edge: &Edge<'_>, kind: Kind) -> Option<Complaint> {
    let advice = fits(edge.way, kind).err()?;
    let what = format!(
        "`{}` of `{}` leads to `{}`, which is a {} of topology `{topology}`",
        edge.way.word(),
        edge.from,
        edge.to,
        kind.word()
    );
    Some(Complaint::error("E104", edge.place.clone(), what).advise(advice))
}
