//! Where events go, as far as patterns tell before anything runs: whether any comes to a rule, and whether one comes around
//! again.

use crate::cloud::bus::pattern::Pattern;
use crate::cloud::bus::shape::Shape;
use crate::cloud::topology::{
    Act, Application, DEFAULT_BUS, NodeId, NodeKind, Step, Takes, Topology, Verb, WorkloadId,
};
use crate::cloud::world::{shapes_of_launch, shapes_of_machines};
use crate::ground::time::Span;
use crate::scenario::complaint::Complaint;
use crate::scenario::place::Place;
use crate::scenario::rules::Foresight;
use crate::scenario::rules::flow::place_of;

pub(super) const TAKEN: Foresight =
    Foresight { about: "a rule of a bus takes something that somebody puts there, or that happens", check: taken };

pub(super) const AROUND: Foresight =
    Foresight { about: "what follows on an event never puts an event that comes to the same again", check: around };

pub(super) const LAWFUL: Foresight = Foresight {
    about: "what schedules and what happens to machines bring about needs no work that only requests bring",
    check: lawful,
};

/// Targets that an event may come to by the rules of a bus, and those of the buses behind it.
fn targets(topology: &Topology, application: &Application, bus: NodeId, shape: &Shape) -> Vec<NodeId> {
    let kinds = kinds(application);
    let mut found = Vec::new();
    let mut buses = vec![bus];
    let mut next = 0;
    while let Some(&here) = buses.get(next) {
        next += 1;
        let NodeKind::Bus(plan) = &topology.nodes[here.index()].kind else { continue };
        let takes = |takes: &Takes| match takes {
            Takes::Pattern(pattern) => shape.may_be_taken_by(pattern, &kinds),
            Takes::Schedule { .. } => false,
        };
        for &to in plan.rules.iter().filter(|rule| takes(&rule.takes)).flat_map(|rule| &rule.to) {
            match topology.nodes[to.index()].kind {
                NodeKind::Bus(_) if !buses.contains(&to) => buses.push(to),
                NodeKind::Bus(_) => {}
                _ => found.push(to),
            }
        }
    }
    found
}

/// Targets of what a step puts on buses, itself or by way of a bucket.
pub(super) fn of_step(topology: &Topology, application: &Application, step: &Step) -> Vec<NodeId> {
    let (bus, shape) = match &step.verb {
        Verb::Event { bus, shape, .. } => (*bus, *shape),
        Verb::Put { bucket, shape: Some(shape), .. } => match &topology.nodes[bucket.index()].kind {
            NodeKind::Bucket(bucket) => match bucket.bus {
                Some(bus) => (bus, *shape),
                None => return Vec::new(),
            },
            _ => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    targets(topology, application, bus, &topology.shapes[shape as usize])
}

/// Targets of what is told of the machines that a step launches, which is of no request.
fn of_launch(topology: &Topology, application: &Application, step: &Step) -> Vec<usize> {
    let Verb::Act(Act::Launch(launch)) = &step.verb else { return Vec::new() };
    let told = shapes_of_launch(topology, launch.pool);
    topology.default_bus().map(|bus| told_of(application, topology, bus, &told)).unwrap_or_default()
}

fn kinds(application: &Application) -> Vec<&str> {
    application.workloads.iter().map(|workload| workload.name.as_str()).chain([""]).collect()
}

/// All that comes to a bus: from steps, buckets, other buses, and what happens.
fn comes_to<'t>(topology: &'t Topology, machines: &'t [Shape], kinds: &[&str]) -> Vec<Vec<&'t Shape>> {
    let mut come: Vec<Vec<&Shape>> = vec![Vec::new(); topology.nodes.len()];
    let steps = topology.nodes.iter().filter_map(|node| node.kind.pool()).flat_map(|pool| &pool.steps);
    for step in steps {
        match &step.verb {
            Verb::Event { bus, shape, .. } => come[bus.index()].push(&topology.shapes[*shape as usize]),
            Verb::Put { bucket, shape: Some(shape), .. } => {
                if let NodeKind::Bucket(bucket) = &topology.nodes[bucket.index()].kind
                    && let Some(bus) = bucket.bus
                {
                    come[bus.index()].push(&topology.shapes[*shape as usize]);
                }
            }
            _ => {}
        }
    }
    for (node, come) in topology.nodes.iter().zip(&mut come) {
        if node.name == DEFAULT_BUS {
            come.extend(machines);
        }
    }
    // From bus to bus, once for each bus in between at the most.
    for _ in 0..topology.nodes.iter().filter(|node| matches!(node.kind, NodeKind::Bus(_))).count() {
        for at in 0..topology.nodes.len() {
            let NodeKind::Bus(plan) = &topology.nodes[at].kind else { continue };
            for rule in &plan.rules {
                for to in rule.to.iter().filter(|to| matches!(topology.nodes[to.index()].kind, NodeKind::Bus(_))) {
                    let Takes::Pattern(pattern) = &rule.takes else { continue };
                    let there: Vec<&Shape> = come[to.index()].clone();
                    let is_new = |shape: &&&Shape| !there.iter().any(|known| std::ptr::eq(*known, **shape));
                    let passed = come[at].iter().filter(|shape| shape.may_be_taken_by(pattern, kinds));
                    let passed: Vec<&Shape> = passed.filter(is_new).copied().collect();
                    come[to.index()].extend(passed);
                }
            }
        }
    }
    come
}

fn taken(application: &Application, topology: &Topology, _: Option<Span>) -> Vec<Complaint> {
    if !topology.nodes.iter().any(|node| matches!(node.kind, NodeKind::Bus(_))) {
        return Vec::new();
    }
    let kinds = kinds(application);
    let machines = shapes_of_machines(topology);
    let come = comes_to(topology, &machines, &kinds);
    let mut complaints = Vec::new();
    for (node, come) in topology.nodes.iter().zip(&come) {
        let NodeKind::Bus(bus) = &node.kind else { continue };
        // What a schedule sends to another bus is not told apart here.
        let is_sent_schedules = topology.nodes.iter().any(|other| match &other.kind {
            NodeKind::Bus(bus) => bus.rules.iter().any(|rule| {
                matches!(rule.takes, Takes::Schedule { .. })
                    && rule.to.iter().any(|to| topology.nodes[to.index()].name == node.name)
            }),
            _ => false,
        });
        for rule in &bus.rules {
            let Takes::Pattern(pattern) = &rule.takes else { continue };
            // Nor is what only replays bring.
            let is_replayed = bus.archive.as_ref().is_some_and(|archive| !archive.replays.is_empty());
            if is_sent_schedules || is_replayed || come.iter().any(|shape| shape.may_be_taken_by(pattern, &kinds)) {
                continue;
            }
            let what = format!(
                "nothing that comes to bus `{}` of topology `{}` matches rule `{}`",
                node.name, topology.name, rule.name
            );
            let place = Place::of(&["topology", &topology.name, "bus", &node.name, "rule", &rule.name]);
            complaints.push(Complaint::warning("W117", place.key(), what).advise(nearest(pattern, come, &kinds)));
        }
    }
    complaints
}

/// What comes nearest to what a pattern wants, and what it lacks.
fn nearest(pattern: &Pattern, come: &[&Shape], kinds: &[&str]) -> String {
    let kind = kinds.first().copied().unwrap_or_default();
    let lacks = |shape: &&&Shape| {
        let mismatch = pattern.explain(&shape.example(kind));
        mismatch.map_or(usize::MAX, |mismatch| mismatch.unmet.len() + mismatch.ways.len())
    };
    let Some(shape) = come.iter().min_by_key(lacks) else {
        let advice =
            "nobody puts an event there: a step does by `event`, a bucket by `bus`, and `default` hears what happens";
        return format!("{advice} to machines of EC2, tasks of ECS and alarms");
    };
    let mismatch = pattern.explain(&shape.example(kind));
    let first = mismatch.and_then(|mismatch| {
        let way = mismatch.ways.first().and_then(|way| way.first());
        mismatch.unmet.first().or(way).map(ToString::to_string)
    });
    let lacks = first.map_or_else(String::new, |first| format!(", but {first}"));
    format!("the nearest is `{}` of `{}`{lacks}", shape.detail_type(), shape.source())
}

/// A function that a rule sends what it has put on a bus itself, directly or by way of others, never ends.
fn around(application: &Application, topology: &Topology, _: Option<Span>) -> Vec<Complaint> {
    if !topology.nodes.iter().any(|node| matches!(node.kind, NodeKind::Bus(_))) {
        return Vec::new();
    }
    let mut complaints: Vec<Complaint> = Vec::new();
    // Those whom nobody sends do all steps that are for everybody.
    for index in 0..=application.workloads.len() {
        let workload = WorkloadId::at(index);
        let ways = ways(application, topology, workload);
        let Some(circle) = circle(&ways) else { continue };
        let name = |node: usize| format!("`{}`", topology.nodes[node].name);
        let round: Vec<String> = circle.iter().chain(circle.first()).map(|&node| name(node)).collect();
        let what = format!("events of topology `{}` run in a circle: {}", topology.name, round.join(" → "));
        let first = &topology.nodes[circle[0]];
        let kind = if matches!(first.kind, NodeKind::Function(_)) { "function" } else { "pool" };
        let place = Place::of(&["topology", &topology.name, kind, &first.name]).key();
        let complaint = Complaint::error("E106", place, what).advise(
            "none of them would ever end: let the pattern of a rule leave out what follows on it, by its source or a key",
        );
        if !complaints.iter().any(|told| told.at == complaint.at) {
            complaints.push(complaint);
        }
    }
    complaints
}

/// The nodes to which something comes that nobody sends: what follows on schedules, and on what happens to machines.
pub(super) fn in_background(application: &Application, topology: &Topology) -> Vec<usize> {
    let mut first: Vec<usize> = Vec::new();
    for (index, node) in topology.nodes.iter().enumerate() {
        let NodeKind::Bus(bus) = &node.kind else { continue };
        // What is heard again is of no request any more.
        let is_replayed = bus.archive.as_ref().is_some_and(|archive| !archive.replays.is_empty());
        for rule in bus.rules.iter().filter(|rule| is_replayed || matches!(rule.takes, Takes::Schedule { .. })) {
            first.extend(rule.to.iter().map(|to| to.index()));
        }
        if node.name == DEFAULT_BUS {
            first.extend(told_of(application, topology, NodeId::at(index), &shapes_of_machines(topology)));
        }
    }
    behind(application, topology, first)
}

/// Where events of these shapes come to from a bus.
pub(super) fn told_of(application: &Application, topology: &Topology, bus: NodeId, shapes: &[Shape]) -> Vec<usize> {
    shapes.iter().flat_map(|shape| targets(topology, application, bus, shape)).map(NodeId::index).collect()
}

/// These nodes and all to which requests that nobody sends go on from there.
pub(super) fn behind(application: &Application, topology: &Topology, first: Vec<usize>) -> Vec<usize> {
    if first.is_empty() {
        return first;
    }
    let ways = ways(application, topology, WorkloadId::at(application.workloads.len()));
    let mut reached = first;
    let mut next = 0;
    while let Some(&here) = reached.get(next) {
        next += 1;
        for &(to, _) in &ways[here] {
            if !reached.contains(&to) {
                reached.push(to);
            }
        }
    }
    reached.sort_unstable();
    reached.dedup();
    reached
}

/// What follows on schedules and on what happens to machines is of no request, and brings no work of its own.
fn lawful(application: &Application, topology: &Topology, _: Option<Span>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for here in in_background(application, topology) {
        let node = &topology.nodes[here];
        let steps = node.kind.pool().into_iter().flat_map(|pool| pool.steps.iter().enumerate());
        for (at, step) in steps.filter(|(_, step)| step.only.is_none()) {
            let Verb::Work { work, .. } = &step.verb else { continue };
            let work = &application.works[work.index()];
            if work.law.is_none() {
                let what = format!(
                    "`{}` is not in `[work]`, and what a schedule, a replay or a machine's event brings about does not bring it",
                    work.name
                );
                let kind = if matches!(node.kind, NodeKind::Function(_)) { "function" } else { "pool" };
                let place = Place::of(&["topology", &topology.name, kind, &node.name, "steps"]);
                let steps = node.kind.pool().map_or(&[][..], |pool| &pool.steps);
                let place = place_of(steps, at, &place).then("work");
                let advice = format!("add `{}` to `[work]`, or say for which workloads the step is", work.name);
                complaints.push(Complaint::error("E102", place, what).advise(advice));
            }
        }
    }
    complaints
}

/// Whom each node sends something on to; a way through an event comes with `true`.
fn ways(application: &Application, topology: &Topology, workload: WorkloadId) -> Vec<Vec<(usize, bool)>> {
    let is_for = |step: &&Step| step.only.as_ref().is_none_or(|only| only.contains(&workload));
    let of = |kind: &NodeKind| -> Vec<(usize, bool)> {
        let plain = |to: &[NodeId]| to.iter().map(|to| (to.index(), false)).collect::<Vec<_>>();
        match kind {
            NodeKind::Balancer(balancer) => plain(&balancer.to),
            NodeKind::Queue(queue) => plain(&queue.to),
            kind => {
                let steps = kind.pool().into_iter().flat_map(|pool| pool.steps.iter().filter(is_for));
                let mut ways = Vec::new();
                for step in steps {
                    if let Verb::Call { to, .. } | Verb::Send { to, .. } = &step.verb {
                        ways.extend(plain(to));
                    }
                    let heard = of_step(topology, application, step);
                    ways.extend(heard.into_iter().map(|to| (to.index(), true)));
                    ways.extend(of_launch(topology, application, step).into_iter().map(|to| (to, true)));
                }
                if let NodeKind::Function(function) = kind {
                    let errands = &function.errands;
                    ways.extend(plain(errands.on_success.as_slice()));
                    ways.extend(plain(errands.on_failure.as_slice()));
                }
                ways
            }
        }
    };
    topology.nodes.iter().map(|node| of(&node.kind)).collect()
}

/// A circle that some event is part of, from the node that puts it.
fn circle(ways: &[Vec<(usize, bool)>]) -> Option<Vec<usize>> {
    for (from, on) in ways.iter().enumerate() {
        for &(to, _) in on.iter().filter(|(_, is_event)| *is_event) {
            if let Some(way) = way_back(ways, to, from) {
                return Some([vec![from], way].concat());
            }
        }
    }
    None
}

/// The nodes on the shortest way from one node to another, without the last.
fn way_back(ways: &[Vec<(usize, bool)>], from: usize, to: usize) -> Option<Vec<usize>> {
    let mut before = vec![None; ways.len()];
    let mut found = vec![from];
    let mut next = 0;
    while let Some(&here) = found.get(next) {
        next += 1;
        if here == to {
            let mut way = Vec::new();
            let mut at = here;
            while let Some(earlier) = before[at].filter(|_| at != from) {
                way.push(earlier);
                at = earlier;
            }
            way.reverse();
            return Some(way);
        }
        for &(on, _) in &ways[here] {
            if !found.contains(&on) {
                before[on] = Some(here);
                found.push(on);
            }
        }
    }
    None
}
