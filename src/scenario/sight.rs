//! What a rule looks at: the draft, the names it declares (also those whose tables are at fault), and its edges.

use indexmap::{IndexMap, IndexSet};

use crate::billing::PriceBook;
use crate::scenario::complaint::Complaint;
use crate::scenario::draft::act::Act;
use crate::scenario::draft::step::Step;
use crate::scenario::draft::words::{Entry, Names};
use crate::scenario::draft::{Draft, Topology};
use crate::scenario::files::Files;
use crate::scenario::place::Place;
use crate::scenario::reader::Holes;
use crate::scenario::tree::{Tree, Value};
use crate::scenario::works::Works;

/// The kinds of node, in the words of the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Balancer,
    Pool,
    Queue,
    Bucket,
    Service,
    Function,
    Bus,
    Cluster,
}

impl Kind {
    const ALL: [(&str, Kind); 8] = [
        ("balancer", Kind::Balancer),
        ("pool", Kind::Pool),
        ("queue", Kind::Queue),
        ("bucket", Kind::Bucket),
        ("service", Kind::Service),
        ("function", Kind::Function),
        ("bus", Kind::Bus),
        ("cluster", Kind::Cluster),
    ];

    /// The word of the grammar.
    pub fn word(self) -> &'static str {
        Kind::ALL.iter().find(|(_, kind)| *kind == self).map_or("node", |(word, _)| word)
    }
}

/// All that a rule may look at.
pub(crate) struct Sight<'a> {
    pub draft: &'a Draft,
    pub tree: &'a Tree,
    pub works: &'a Works,
    pub files: &'a Files,
    pub book: &'a PriceBook,
    /// What could not be derived, and so is lacking here.
    pub faults: &'a [Complaint],
    pub holes: &'a Holes,
    /// Whether it is asked what would be decided, of values from outside, and nothing is simulated.
    pub for_decide: bool,
}

/// One way on from a node.
#[derive(Clone, Debug)]
pub(crate) struct Edge<'a> {
    pub from: &'a str,
    pub to: &'a str,
    pub way: Way,
    /// Where it is written.
    pub place: Place,
    /// The workloads that it is for.
    pub only: Option<Only<'a>>,
}

/// How an edge is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// From a balancer.
    Route,
    /// From a queue.
    Receive,
    /// From a queue, or a function's own, to that of its dead letters.
    DeadLetter,
    /// From a function to whoever is sent a record of what went well, or of what did not.
    Record,
    /// From a bucket to whoever is told of its objects.
    Notify,
    Call,
    Send,
    Put,
    Get,
    /// From a step to the bus on which it puts events.
    Event,
    /// From a bucket to the bus that hears of its objects.
    Bus,
    /// From a bus through a rule to a target.
    Rule,
}

impl Way {
    /// The key that makes it.
    pub fn word(self) -> &'static str {
        match self {
            Way::Route | Way::Receive | Way::Rule => "to",
            Way::DeadLetter => "dead-letters",
            Way::Record => "async",
            Way::Notify => "notify",
            Way::Call => "call",
            Way::Send => "send",
            Way::Put => "put",
            Way::Get => "get",
            Way::Event => "event",
            Way::Bus => "bus",
        }
    }
}

impl<'a> Sight<'a> {
    /// Whether something at or below a place could not be derived, so that what is lacking there says nothing.
    pub fn is_at_fault(&self, place: &Place) -> bool {
        let place = self.holes.restore(place);
        self.faults.iter().any(|fault| fault.at.is_within(&place))
    }

    /// The names declared in a table, also where what stands at them is at fault.
    pub fn declared(&self, table: &str) -> Vec<&'a str> {
        self.tree.table(table).map(|table| table.keys().map(String::as_str).collect()).unwrap_or_default()
    }

    /// The nodes declared in a topology, in the order of the file; of a name that is used twice the first.
    pub fn nodes(&self, topology: &str) -> IndexMap<&'a str, Kind> {
        nodes(self.tree, topology)
    }

    /// Every topology with its nodes.
    pub fn topologies(&self) -> impl Iterator<Item = (&'a str, &'a Topology)> {
        self.draft.topology.iter().map(|(name, topology)| (name.as_str(), topology))
    }
}

/// The nodes declared in a topology, in the order of the file.
pub(crate) fn nodes<'a>(tree: &'a Tree, topology: &str) -> IndexMap<&'a str, Kind> {
    let mut found: Vec<(usize, &str, Kind)> = Vec::new();
    let here = tree.table("topology").and_then(|topologies| topologies.get(topology));
    for (word, kind) in Kind::ALL {
        let Some(Value::Table(nodes)) = here.and_then(|entry| entry.tree.get(word)).map(|tree| &tree.value) else {
            continue;
        };
        for (name, entry) in nodes {
            // What is set beside the file comes after all that stands in it.
            let at = entry.key.as_ref().map_or(usize::MAX, |key| key.start);
            found.push((at, name, kind));
        }
    }
    found.sort_by_key(|(at, _, _)| *at);
    let mut nodes = IndexMap::new();
    for (_, name, kind) in found {
        nodes.entry(name).or_insert(kind);
    }
    nodes
}

/// Where a node stands.
pub(crate) fn node_place(topology: &str, kind: Kind, name: &str) -> Place {
    Place::of(&["topology", topology, kind.word(), name])
}

/// Every edge of a topology.
pub(crate) fn edges<'a>(name: &str, topology: &'a Topology) -> Vec<Edge<'a>> {
    let mut edges = Vec::new();
    for (from, balancer) in &topology.balancer {
        let place = node_place(name, Kind::Balancer, from).then("to");
        named(&mut edges, from, &balancer.to, Way::Route, &place, None);
    }
    for (from, queue) in &topology.queue {
        let place = node_place(name, Kind::Queue, from);
        if let Some(to) = &queue.to {
            named(&mut edges, from, to, Way::Receive, &place.then("to"), None);
        }
        if let Some(to) = &queue.dead_letters {
            edges.push(Edge { from, to, way: Way::DeadLetter, place: place.then("dead-letters"), only: None });
        }
    }
    for (from, bucket) in &topology.bucket {
        if let Some(to) = &bucket.notify {
            let place = node_place(name, Kind::Bucket, from).then("notify");
            named(&mut edges, from, to, Way::Notify, &place, None);
        }
    }
    for deed in deeds(name, topology) {
        of_step(&mut edges, &deed);
    }
    for (from, function) in &topology.function {
        let place = node_place(name, Kind::Function, from).then("async");
        let errands = &function.errands;
        for (to, way, key) in [
            (&errands.dead_letters, Way::DeadLetter, "dead-letters"),
            (&errands.on_success, Way::Record, "on-success"),
            (&errands.on_failure, Way::Record, "on-failure"),
        ] {
            if let Some(to) = to {
                edges.push(Edge { from, to, way, place: place.then(key), only: None });
            }
        }
    }
    for (from, bucket) in &topology.bucket {
        if let Some(to) = &bucket.bus {
            let place = node_place(name, Kind::Bucket, from).then("bus");
            edges.push(Edge { from, to, way: Way::Bus, place, only: None });
        }
    }
    for (from, bus) in &topology.bus {
        for (rule_name, rule) in &bus.rule {
            let place = node_place(name, Kind::Bus, from).then("rule").then(rule_name);
            named(&mut edges, from, &rule.to, Way::Rule, &place.then("to"), None);
            if let Some(to) = &rule.dead_letters {
                edges.push(Edge { from, to, way: Way::DeadLetter, place: place.then("dead-letters"), only: None });
            }
        }
    }
    edges
}

fn of_step<'a>(edges: &mut Vec<Edge<'a>>, deed: &Deed<'a>) {
    let Deed { node: from, step, place, only, .. } = deed;
    for (names, way) in [(&step.call, Way::Call), (&step.send, Way::Send)] {
        if let Some(names) = names {
            named(edges, from, names, way, &place.then(way.word()), only.as_ref());
        }
    }
    for (name, way) in [(&step.put, Way::Put), (&step.get, Way::Get)] {
        if let Some(to) = name {
            edges.push(Edge { from, to, way, place: place.then(way.word()), only: only.clone() });
        }
    }
    if let Some(event) = &step.event {
        let place = place.then("event");
        let place = if event.bus.is_some() { place.then("bus") } else { place };
        edges.push(Edge { from, to: event.bus(), way: Way::Event, place, only: only.clone() });
    }
}

fn named<'a>(
    edges: &mut Vec<Edge<'a>>,
    from: &'a str,
    to: &'a Names,
    way: Way,
    place: &Place,
    only: Option<&Only<'a>>,
) {
    for (index, to_name) in to.names.iter().enumerate() {
        let place = if to.listed { place.nth(index) } else { place.clone() };
        edges.push(Edge { from, to: to_name, way, place, only: only.cloned() });
    }
}

/// The queues whose dead letters a queue keeps.
pub(crate) fn source_of<'a>(topology: &'a Topology, keeper: &str) -> Vec<&'a str> {
    let of = topology.queue.iter().filter(|(_, queue)| queue.dead_letters.as_deref() == Some(keeper));
    of.map(|(name, _)| name.as_str()).collect()
}

/// The pools that steps act on by name.
pub(crate) fn acted_on(topology: &Topology) -> impl Iterator<Item = &str> {
    deeds("", topology).into_iter().filter_map(|deed| match deed.step.act.as_ref()? {
        Act::StartInstances(which) | Act::StopInstances(which) | Act::TerminateInstances(which) => which.of.as_deref(),
        Act::LaunchInstances(launch) => Some(launch.pool.as_str()),
        Act::SetCapacity(capacity) => Some(capacity.pool.as_str()),
        Act::Redrive(_) => None,
    })
}

/// Whether a restriction lets a workload pass.
pub(crate) fn is_for(only: Option<&Only<'_>>, workload: &str) -> bool {
    only.is_none_or(|only| only.0.iter().all(|names| names.names.iter().any(|name| name == workload)))
}

/// A restriction to workloads that are named in each of some lists: of a step, and of the choices in which it stands.
#[derive(Clone, Debug)]
pub(crate) struct Only<'a>(Vec<&'a Names>);

/// A step of a node, wherever it stands: in the node's list, or in a way of a choice.
#[derive(Clone, Debug)]
pub(crate) struct Deed<'a> {
    pub kind: Kind,
    pub node: &'a str,
    pub step: &'a Step,
    /// Where it is written.
    pub place: Place,
    /// The workloads that it is for.
    pub only: Option<Only<'a>>,
    /// In how many choices it stands.
    pub depth: usize,
}

/// Every step of a topology, each choice before what stands in it.
pub(crate) fn deeds<'a>(name: &str, topology: &'a Topology) -> Vec<Deed<'a>> {
    let mut deeds = Vec::new();
    for (kind, node, steps) in topology.workers() {
        deeds.extend(deeds_of(kind, node, steps, node_place(name, kind, node).then("steps")));
    }
    deeds
}

/// Every step of one node, whose list stands at `place`.
pub(crate) fn deeds_of<'a>(kind: Kind, node: &'a str, steps: &'a [Step], place: Place) -> Vec<Deed<'a>> {
    let mut deeds = Vec::new();
    collect(&mut deeds, (kind, node), steps, &place, (None, 0));
    deeds
}

fn collect<'a>(
    deeds: &mut Vec<Deed<'a>>,
    (kind, node): (Kind, &'a str),
    steps: &'a [Step],
    place: &Place,
    (outer, depth): (Option<&Only<'a>>, usize),
) {
    for (index, step) in steps.iter().enumerate() {
        let place = place.nth(index);
        let own = outer.map_or(&[][..], |only| &only.0).iter().copied().chain(&step.only);
        let only = Some(Only(own.collect())).filter(|only| !only.0.is_empty());
        deeds.push(Deed { kind, node, step, place: place.clone(), only: only.clone(), depth });
        for (index, way) in step.choose.iter().flatten().enumerate() {
            let place = place.then("choose").nth(index).then("steps");
            collect(deeds, (kind, node), &way.steps, &place, (only.as_ref(), depth + 1));
        }
    }
}

/// Where a workload enters, as it is written or as it follows from the edges.
pub(crate) fn entry<'a>(
    topology: &'a Topology,
    nodes: &IndexMap<&'a str, Kind>,
    edges: &[Edge<'a>],
    workload: &str,
) -> Result<&'a str, Vec<&'a str>> {
    match &topology.entry {
        Some(Entry::One(name)) => Ok(name),
        Some(Entry::Each(each)) => each.get(workload).map(String::as_str).ok_or_else(Vec::new),
        None => {
            let targets: IndexSet<&str> = edges.iter().map(|edge| edge.to).collect();
            let candidates: Vec<&str> = nodes
                .iter()
                .filter(|(name, kind)| match kind {
                    Kind::Balancer | Kind::Pool | Kind::Service | Kind::Function => true,
                    Kind::Queue => topology.queue.get(**name).is_none_or(|queue| queue.to.is_some()),
                    Kind::Bucket | Kind::Bus | Kind::Cluster => false,
                })
                .map(|(name, _)| *name)
                .filter(|name| !targets.contains(name))
                .collect();
            match candidates.as_slice() {
                [only] => Ok(only),
                _ => Err(candidates),
            }
        }
    }
}

/// The nodes that a workload can reach from a node, in the order in which they are found.
pub(crate) fn reached<'a>(edges: &[Edge<'a>], from: &'a str, workload: &str) -> IndexSet<&'a str> {
    let mut ways: IndexMap<&str, Vec<&'a str>> = IndexMap::new();
    for edge in edges.iter().filter(|edge| is_for(edge.only.as_ref(), workload)) {
        ways.entry(edge.from).or_default().push(edge.to);
    }
    let mut found = IndexSet::from([from]);
    let mut next = 0;
    while let Some(here) = found.get_index(next).copied() {
        next += 1;
        found.extend(ways.get(here).into_iter().flatten().copied());
    }
    found
}
