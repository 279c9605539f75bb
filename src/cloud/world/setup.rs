//! From plain data to a world at the start of its time.

use std::collections::{BTreeMap, VecDeque};

use crate::cloud::arrivals::{Arrivals, Source};
use crate::cloud::bus::shape::Shape;
use crate::cloud::caller::Caller;
use crate::cloud::fact::Fact;
use crate::cloud::node::{
    Action, Balancer, Bucket, Bus, Environments, Kind, Mapping, Named, Node, Piece, Pool, Queue, Registry, Track, Whose,
};
use crate::cloud::topology::{
    self, Application, Fault, Harm, NodeId, NodeKind, Topology, Turn, Verb, Workload, WorkloadId, turns,
};
use crate::cloud::world::buses::Buses;
use crate::cloud::world::functions::{self, function_of};
use crate::cloud::world::guards::{Callers, callers};
use crate::cloud::world::{
    Flow, Horizon, Purpose, Row, World, account, cluster, control, joins, network, reactions, trouble,
};
use crate::engine::{Calendar, Context, Observer, Simulation, Timers};
use crate::ground::chance::Key;
use crate::ground::slab::Slab;
use crate::ground::time::{SimTime, Span};

/// Builds a world of one topology, whose chance is named from `key`, with its first workers in place and its
/// first births planned.
pub fn simulate<'a, O: Observer<Fact>>(
    application: &'a Application,
    topology: &'a Topology,
    key: Key,
    horizon: Horizon,
    observer: O,
) -> Simulation<World<'a>, O> {
    let mut rows = Vec::new();
    let mut callers = Vec::new();
    let mut buses = Buses::of(topology);
    let kinds: Vec<&Workload> = application.workloads.iter().chain(background(topology)).collect();
    let shapes = buses.as_ref().map_or(&[][..], |buses| &buses.shapes);
    let nodes = build_nodes(application, topology, (&kinds, shapes), key, &mut rows, &mut callers);
    if let Some(buses) = &mut buses {
        buses.expects_only_what_is_heard(&nodes);
    }
    let flows = build_flows(application, topology, &kinds, key, &mut rows);
    let clients = || application.workloads.iter().map(|workload| &workload.client);
    let hedged = clients().any(|client| client.hedge.is_some());
    let watched = hedged || flows.iter().any(|flow| flow.think.is_some() || flow.caller.is_some());
    let exacting = hedged || clients().any(|client| client.deadline.is_some());
    let network = network::network(application, topology, key).map(Box::new);
    let joins = joins::Joins::of(topology);
    let world = World {
        watched,
        exacting,
        impatient: flows.iter().any(|flow| flow.patience.is_some()),
        simple: !watched && !exacting && network.is_none() && joins.is_none(),
        callers,
        application,
        topology,
        horizon,
        kinds,
        nodes,
        flows,
        requests: Slab::default(),
        members: Vec::new(),
        sticky: topology.nodes.iter().any(|node| is_sticky(&node.kind)),
        asking: 0,
        jobs: Slab::default(),
        kin: Vec::new(),
        messages: Slab::default(),
        alarms: Slab::default(),
        errands: Slab::default(),
        buses,
        movings: Vec::new(),
        tagged: BTreeMap::new(),
        shared: functions::Shared::of(topology),
        rows,
        moves: VecDeque::new(),
        idle: VecDeque::new(),
        taken: Vec::new(),
        overlooked: Vec::new(),
        vacated: VecDeque::new(),
        saved: BTreeMap::new(),
        controllers: control::controllers(topology, key),
        reactors: reactions::reactors(topology),
        housings: cluster::housings(topology),
        faults: trouble::troubles(application, topology, key),
        zones_out: trouble::zones_out(application, topology),
        throttles: Vec::new(),
        network,
        asked: Vec::new(),
        joins,
        stirred: Vec::new(),
        bank: account::Bank::new(key.named("capacity").stream()),
        in_system: Track::default(),
        retrying: Track::default(),
        stamp: 0,
        #[cfg(test)]
        in_steps: false,
    };
    let mut simulation = Simulation::new(world, observer, Calendar::default());
    let Simulation { model, observer, calendar, .. } = &mut simulation;
    let mut cx = Context::new(calendar, observer);
    model.begin(&mut cx);
    simulation
}

impl World<'_> {
    fn begin<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>) {
        self.warn_pools();
        self.warn_of_idleness();
        // Machines first, so that pods have some.
        let is_cluster = |node: &topology::Node| matches!(node.kind, NodeKind::Cluster(_));
        for clusters in [true, false] {
            for (index, node) in self.topology.nodes.iter().enumerate() {
                if node.kind.pool().is_some() && is_cluster(node) == clusters {
                    self.first_workers(cx, NodeId::at(index));
                }
            }
        }
        self.first_faults(cx);
        self.first_looks(cx);
        self.first_looks_at_machines(cx);
        self.first_schedules(cx);
        self.first_replays(cx);
        for index in 0..self.application.workloads.len() {
            let workload = WorkloadId::at(index);
            for _ in 0..self.application.workloads[index].at_start {
                self.birth(cx, workload);
                self.clears_up(cx);
            }
            self.plan_birth(cx, workload);
            if let Arrivals::Users { count, .. } = &self.application.workloads[index].arrivals {
                for member in 0..*count {
                    let member = if self.sticky { member } else { 0 };
                    self.think(cx, workload, member, None);
                }
            }
        }
        let fed =
            |node: &Node<'_>| matches!(node, Node::Pool(pool) if pool.environments.is_some() && !pool.feeds.is_empty());
        let fed: Vec<NodeId> = (0..self.nodes.len()).filter(|&at| fed(&self.nodes[at])).map(NodeId::at).collect();
        fed.into_iter().for_each(|function| self.rouse(function));
        // Idle workers poll from the start on, whenever the first event may be.
        self.clears_up(cx);
    }
}

/// The kind of those whom nobody sends: there are some where there is a bus.
fn background(topology: &Topology) -> Option<&Workload> {
    topology.nodes.iter().find_map(|node| match &node.kind {
        NodeKind::Bus(bus) => Some(&bus.background),
        _ => None,
    })
}

fn is_sticky(kind: &NodeKind) -> bool {
    matches!(kind, NodeKind::Balancer(balancer) if balancer.sticky.is_some())
}

/// A row of timers of one length.
fn row(rows: &mut Vec<Row>, purpose: Purpose, span: Span) -> u16 {
    rows.push(Row { purpose, timers: Timers::new(span) });
    u16::try_from(rows.len() - 1).expect("limits on scenarios keep the number of timeouts in range")
}

fn build_nodes<'a>(
    application: &'a Application,
    topology: &'a Topology,
    (kinds, shapes): (&[&'a Workload], &[Shape]),
    key: Key,
    rows: &mut Vec<Row>,
    callers: &mut Vec<Callers<'a>>,
) -> Vec<Node<'a>> {
    let root = key;
    let key = root.named("node");
    let mut balanced = vec![false; topology.nodes.len()];
    let mut feeds = vec![Vec::new(); topology.nodes.len()];
    for (index, node) in topology.nodes.iter().enumerate() {
        match &node.kind {
            NodeKind::Balancer(balancer) => balancer.to.iter().for_each(|to| balanced[to.index()] = true),
            NodeKind::Queue(queue) => queue.to.iter().for_each(|to| feeds[to.index()].push(NodeId::at(index))),
            NodeKind::Pool(_)
            | NodeKind::Bucket(_)
            | NodeKind::Service(_)
            | NodeKind::Cluster(_)
            | NodeKind::Bus(_)
            | NodeKind::Function(_) => (),
        }
    }
    let nodes = topology.nodes.iter().enumerate().map(|(index, node)| {
        let key = key.named(&node.name);
        match (&node.kind, node.kind.pool()) {
            (_, Some(pool)) => {
                let feeds = std::mem::take(&mut feeds[index]);
                let function = function_of(&node.kind);
                // A function has no workers that a balancer would know.
                let balanced = balanced[index] && function.is_none();
                let mut state = Pool::new(NodeId::at(index), pool, balanced, feeds, key);
                let before = topology.nodes.iter().filter_map(|node| match &node.kind {
                    NodeKind::Balancer(balancer) => balancer.to.contains(&NodeId::at(index)).then_some(balancer),
                    _ => None,
                });
                state.registry = if balanced { Registry::behind(before).map(Box::new) } else { None };
                let whose = (application, topology, kinds);
                let first = function.map(|_| Action::Wake);
                let place = (NodeId::at(index), pool);
                let programme = programmes(whose, root, place, first, (rows, callers));
                state.learn(programme, |node| match &topology.nodes[node.index()].kind {
                    NodeKind::Queue(_) => Kind::Queue,
                    // What is sent to a function goes into a queue of its own first.
                    NodeKind::Function(_) => Kind::Other,
                    kind if kind.pool().is_some() => Kind::Pool,
                    _ => Kind::Other,
                });
                let mut faults = application.faults.iter().chain(&topology.faults);
                let slows = |fault: &Fault| matches!(fault.what, Harm::BrownOut(plan) if plan.slows(NodeId::at(index), &node.kind));
                let stops = |fault: &Fault| matches!(fault.what, Harm::Stop(stop) if stop.pool == NodeId::at(index));
                state.stoppable = pool.stopped > 0 || faults.clone().any(stops);
                let slowed = faults.any(slows) || state.burst.is_some();
                for (opening, workload) in state.opening.iter_mut().zip(kinds) {
                    // Before each step of those somebody looks at the clock, or at what slows workers down.
                    *opening = opening.filter(|_| workload.client.deadline.is_none() && !slowed);
                }
                let on_error = key.named("on-error");
                if topology.nodes.iter().any(|node| node.kind.pool().is_some_and(|pool| pool.gather)) {
                    state.goes_by_steps();
                }
                state.failures = kinds.iter().map(|workload| on_error.named(&workload.name)).collect();
                state.heartbeat = pool.poll.heartbeat.map(|span| row(rows, Purpose::Heartbeat, span));
                if let Some(function) = function {
                    let concurrency = topology
                        .concurrency
                        .map(|all| function.reserved.unwrap_or(all).saturating_mul(function.desk.slots));
                    let mut environments = Environments::new(function, concurrency, key);
                    environments.learn(cold_works(whose, root, NodeId::at(index), pool));
                    environments.mappings = mappings(topology, &state.feeds, key);
                    state.serve_functions(environments);
                }
                state.settle();
                Node::Pool(Box::new(state))
            }
            (NodeKind::Queue(queue), _) => {
                let hides = queue.visibility.map_or(0, |span| row(rows, Purpose::Visibility, span));
                let lapse = queue.retention.map(|span| row(rows, Purpose::Retention, span));
                let delays = queue.delay > Span::ZERO || is_sent_late(topology, NodeId::at(index));
                Node::Queue(Box::new(Queue::new(queue, hides, lapse, delays, key)))
            }
            (NodeKind::Balancer(balancer), _) => {
                let idle = balancer.idle_timeout.map(|span| row(rows, Purpose::Idle, span));
                Node::Balancer(Balancer::new(balancer, idle, key))
            }
            (NodeKind::Bus(bus), _) => Node::Bus(Box::new(Bus::new(bus, shapes, key))),
            (_, None) => Node::Bucket(Bucket::default()),
        }
    });
    nodes.collect()
}

/// Who takes messages of queues to a function.
fn mappings<'a>(topology: &'a Topology, feeds: &[NodeId], key: Key) -> Vec<Mapping<'a>> {
    let of = |&queue: &NodeId| {
        let described = &topology.nodes[queue.index()];
        let NodeKind::Queue(topology::Queue { mapping: Some(plan), .. }) = &described.kind else { return None };
        Some(Mapping::new(plan, queue, key.named("mapping").named(&described.name)))
    };
    feeds.iter().filter_map(of).collect()
}

/// Whether some step sends messages to a queue that are not visible at once.
fn is_sent_late(topology: &Topology, queue: NodeId) -> bool {
    let late =
        |step: &topology::Step| matches!(&step.verb, Verb::Send { to, delay: Some(_), .. } if to.contains(&queue));
    topology.nodes.iter().filter_map(|node| node.kind.pool()).any(|pool| pool.steps.iter().any(late))
}

/// What a new environment of a function does, for each kind of request and each of its steps, instead of the usual work.
fn cold_works<'a>(
    (application, topology, kinds): (&'a Application, &'a Topology, &[&'a Workload]),
    root: Key,
    node: NodeId,
    pool: &'a topology::Pool,
) -> Vec<Vec<Option<Piece<'a>>>> {
    let of = |(index, &workload): (usize, &&'a Workload)| {
        let whose = Whose { application, topology, node, workload, step: 0 };
        let piece = |turn: Turn| match turn {
            Turn::Does(place) => match &pool.steps[place].verb {
                Verb::Work { cold: Some(work), fresh, .. } => Some(Piece::of(whose, *work, *fresh, root)),
                _ => None,
            },
            Turn::Takes { .. } | Turn::GoesTo(_) => None,
        };
        // Before all steps of its own it waits until it is ready.
        std::iter::once(None).chain(turns(&pool.steps, WorkloadId::at(index)).into_iter().map(piece)).collect()
    };
    kinds.iter().enumerate().map(of).collect()
}

/// What a worker of a pool does for each kind of request; `first`: before all of its steps.
fn programmes<'a>(
    (application, topology, kinds): (&'a Application, &'a Topology, &[&'a Workload]),
    root: Key,
    (node, pool): (NodeId, &'a topology::Pool),
    first: Option<Action<'a>>,
    (rows, all): (&mut Vec<Row>, &mut Vec<Callers<'a>>),
) -> Vec<Vec<Action<'a>>> {
    // One row of timers a step, and one memory of its calls, shared by all kinds of request.
    let shared: Vec<(Option<u16>, Option<u32>)> = pool
        .steps
        .iter()
        .map(|step| match &step.verb {
            Verb::Call { timeout, retry, guards, .. } => {
                let guard = callers(retry, guards).map(|callers| {
                    all.push(callers);
                    all.len() as u32 - 1
                });
                (timeout.map(|timeout| row(rows, Purpose::Call, timeout)), guard)
            }
            _ => (None, None),
        })
        .collect();
    let before = usize::from(first.is_some());
    let of = |(index, &workload): (usize, &&'a Workload)| {
        let action = |turn: Turn| {
            let whose = |place: usize| Whose { application, topology, node, workload, step: place as u16 };
            match turn {
                Turn::Does(place) => {
                    let (row, guard) = shared[place];
                    Action::of(&pool.steps[place].verb, whose(place), root, row, guard)
                }
                Turn::Takes { choice, bound, other } => {
                    Action::choice(&pool.steps[choice].verb, whose(choice), root, bound, before + other)
                }
                Turn::GoesTo(place) => Action::GoTo((before + place) as u16),
            }
        };
        first.into_iter().chain(turns(&pool.steps, WorkloadId::at(index)).into_iter().map(action)).collect()
    };
    kinds.iter().enumerate().map(of).collect()
}

fn build_flows<'a>(
    application: &'a Application,
    topology: &'a Topology,
    kinds: &[&'a Workload],
    key: Key,
    rows: &mut Vec<Row>,
) -> Vec<Flow<'a>> {
    let key = key.named("workload");
    kinds
        .iter()
        .enumerate()
        .map(|(index, &workload)| {
            let key = key.named(&workload.name);
            let is_sent = index < application.workloads.len();
            // Nobody sends the last: it enters nowhere.
            let entry = if is_sent { topology.entry[index] } else { NodeId(0) };
            let named = |law, name| Named { law, key: key.named(name) };
            Flow {
                source: Source::new(&workload.arrivals, key),
                entry,
                direct: !workload.client.is_detached
                    && !workload.client.retry.paced
                    && !matches!(topology.nodes[entry.index()].kind, NodeKind::Queue(_)),
                waits: !workload.client.is_detached,
                born: 0,
                next: is_sent.then_some(SimTime::START),
                batch: workload.batch.as_ref().map(|law| named(law, "batch")),
                left: 0,
                row: workload.client.timeout.map(|span| row(rows, Purpose::Attempt, span)),
                backoff: key.named("backoff"),
                size: named(&workload.size, "size"),
                answer: named(&workload.answer_size, "answer-size"),
                scripted: matches!(workload.arrivals, Arrivals::Instants(_)),
                groups: workload.groups.as_ref().map(|groups| (groups.first, named(&groups.law, "group"))),
                patience: workload.client.patience.as_ref().map(|law| named(law, "patience")),
                caller: {
                    let retry = &workload.client.retry;
                    retry.is_remembered().then(|| Box::new(Caller::new(retry, None)))
                },
                think: match &workload.arrivals {
                    Arrivals::Users { think, .. } => Some(think),
                    _ => None,
                },
            }
        })
        .collect()
}
