//! Trouble on the way between two nodes is on a way that something takes, and whoever waits for what is lost gives up.

use crate::scenario::complaint::{Complaint, did_you_mean};
use crate::scenario::draft::Topology;
use crate::scenario::draft::fault::{Faults, Link};
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::rules::ranges::Ranges;
use crate::scenario::sight::{Deed, Edge, Sight, Way, deeds, edges};

pub(super) const RULE: Rule = Rule {
    about: "a link leads between two nodes with an edge between them; where calls are lost, callers have a timeout; gateways and addresses are not too many",
    check,
};

/// More gateways and addresses than these are a slip.
const GATEWAYS: u64 = 1_000;
const ADDRESSES: u64 = 100_000;

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let mut ranges = Ranges::default();
    each(sight, &sight.draft.fault, &Place::of(&["fault"]), &sight.declared("topology"), &mut complaints);
    for (name, topology) in sight.topologies() {
        each(sight, &topology.fault, &Place::of(&["topology", name, "fault"]), &[name], &mut complaints);
        let place = Place::of(&["topology", name, "network"]);
        ranges.within("gateways", topology.network.nat, 0, GATEWAYS, place.then("nat"));
        ranges.within("addresses", topology.network.public_addresses, 0, ADDRESSES, place.then("public-addresses"));
    }
    complaints.extend(ranges.complaints);
    complaints
}

fn each(sight: &Sight<'_>, faults: &Faults, place: &Place, topologies: &[&str], complaints: &mut Vec<Complaint>) {
    for (name, link) in &faults.link {
        let place = place.then("link").then(name);
        if link.delay.is_none() && link.loss.is_none() {
            let what = "nothing happens on this way: it is neither late nor lossy";
            complaints.push(Complaint::error("E108", place.clone(), what).advise("say a `delay` or a `loss`"));
        }
        if ends(sight, link, &place, topologies, complaints) {
            between(sight, link, &place, topologies, complaints);
        }
    }
}

/// Whether both ends stand in one topology.
fn ends(sight: &Sight<'_>, link: &Link, place: &Place, topologies: &[&str], complaints: &mut Vec<Complaint>) -> bool {
    let before = complaints.len();
    for (key, node) in [("from", &link.from), ("to", &link.to)] {
        let known: Vec<&str> = topologies.iter().flat_map(|topology| sight.nodes(topology).into_keys()).collect();
        if !known.contains(&node.as_str()) {
            let what = format!("no topology that this concerns has a node `{node}`");
            complaints.push(Complaint::error("E101", place.then(key), what).advise_if(did_you_mean(node, known)));
        }
    }
    complaints.len() == before
}

fn between(sight: &Sight<'_>, link: &Link, place: &Place, topologies: &[&str], complaints: &mut Vec<Complaint>) {
    let mut any = false;
    let mut silent = None;
    for name in topologies {
        let Some(topology) = sight.draft.topology.get(*name) else { continue };
        let all = edges(name, topology);
        let joins = |edge: &&Edge<'_>| {
            let (from, to) = (link.from.as_str(), link.to.as_str());
            let answers = matches!(edge.way, Way::Call | Way::Route | Way::Put | Way::Get);
            let has_way = !matches!(edge.way, Way::DeadLetter | Way::Notify | Way::Bus | Way::Rule);
            has_way && ((edge.from, edge.to) == (from, to) || answers && (edge.to, edge.from) == (from, to))
        };
        for edge in all.iter().filter(joins) {
            any = true;
            // What has no timeout of its own would never end.
            if link.loss.is_some_and(|loss| loss.0 > 0.0)
                && matches!(edge.way, Way::Receive | Way::Put | Way::Get | Way::Event)
            {
                let what = match edge.way {
                    Way::Receive => "whoever receives messages would not see that one is lost",
                    _ => "whoever stores or reads an object, or puts an event, would wait for ever where it is lost",
                };
                complaints.push(
                    Complaint::error("E108", place.then("loss").key(), what)
                        .and(edge.place.clone(), "the way")
                        .advise("give it a `delay`, or let the node have an `outage`"),
                );
                return;
            }
            silent = silent.or_else(|| waits_for_ever(sight, name, topology, &all, edge));
        }
    }
    if !any {
        let what = format!("no edge leads between `{}` and `{}`, so nothing takes this way", link.from, link.to);
        let advice = "name the two ends of an edge; calls through a balancer take two";
        complaints.push(Complaint::error("E104", place.then("to"), what).advise(advice));
    } else if let (Some(who), true) = (silent, link.loss.is_some_and(|loss| loss.0 > 0.0)) {
        let what = format!("{who} waits for ever for what is lost on the way");
        complaints.push(
            Complaint::warning("W113", place.then("loss"), what).advise("give it a `timeout`, as a real one has"),
        );
    }
}

/// Who waits without a timeout for what takes this edge: a step of a pool, or a workload's client.
fn waits_for_ever(
    sight: &Sight<'_>,
    name: &str,
    topology: &Topology,
    all: &[Edge<'_>],
    edge: &Edge<'_>,
) -> Option<String> {
    // Whoever calls the balancer waits for what it routes.
    let called = if edge.way == Way::Route { edge.from } else { edge.to };
    let gives_up = |balancer: &str| topology.balancer.get(balancer).is_some_and(|door| door.idle_timeout.is_some());
    if edge.way == Way::Route && gives_up(edge.from) {
        return None;
    }
    let nodes = sight.nodes(name);
    let calls = all.iter().filter(|other| other.way == Way::Call && other.to == called);
    let deeds = deeds(name, topology);
    let mut steps = calls.filter_map(|call| {
        let makes = |deed: &&Deed<'_>| deed.step.call.is_some() && call.place.is_within(&deed.place);
        deeds.iter().find(makes).map(|deed| (call.from, deed.step))
    });
    let mut clients = sight.draft.workload.iter().filter(|(workload, draft)| {
        let enters = crate::scenario::sight::entry(topology, &nodes, all, workload) == Ok(called);
        let limited = draft.client.as_ref().is_some_and(|it| it.timeout.is_some() || it.deadline.is_some());
        enters && !limited
    });
    match (steps.find(|(_, step)| step.timeout.is_none()), edge.way) {
        (Some((pool, _)), _) => Some(format!("the call of `{called}` by `{pool}`")),
        (None, Way::Route) => clients.next().map(|(workload, _)| format!("the client of `{workload}`")),
        (None, _) => None,
    }
}
