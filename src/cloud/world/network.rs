//! The way between nodes: what travels takes its time, is late, or is lost.
//!
//! A call goes there and its answer comes back, through the balancer if one stands between. What is sent on goes there
//! only; a message that is received comes to the slot that fetched it; an object is asked for and brought. Who waits for
//! something that is lost does not know, and gives up by a limit of its own.

use crate::cloud::fact::{Fact, Loss, Spent};
use crate::cloud::node::Holder;
use crate::cloud::request::{Job, Role, State};
use crate::cloud::topology::{Application, Harm, Link, NodeId, NodeKind, Topology};
use crate::cloud::world::queues::Parcel;
use crate::cloud::world::steps::name_of_work;
use crate::cloud::world::{Alarm, Move, World};
use crate::engine::{Context, Observer};
use crate::ground::chance::{Key, below, unit};
use crate::ground::distribution::Distribution;
use crate::ground::slab::Slab;
use crate::ground::time::Span;

/// What lies between the nodes of a running world.
#[derive(Debug)]
pub(super) struct Network<'a> {
    hop: Option<&'a Distribution>,
    across: Option<&'a Distribution>,
    /// Zones in which nodes may be; 1 where nothing is said of them.
    zones: u64,
    /// Trouble on the way, by its place among all.
    links: Vec<(usize, &'a Link)>,
    /// Names the draws of what goes to each node.
    keys: Vec<Key>,
    /// How each job came to where it is, as far as one was sent by somebody.
    ways: Vec<Way>,
    /// Messages on their way to a queue.
    pub(super) parcels: Slab<(NodeId, Parcel)>,
    /// How long the last of them was under way: those of one call travel together. `None`: it was lost.
    pub(super) last: Option<Span>,
    /// Whether the last that came was taken in, so that others of its call join it there.
    pub(super) taken_in: bool,
}

/// How a job came to where it is.
#[derive(Clone, Copy, Debug, Default)]
struct Way {
    /// Names the trip that it is on; 0 is none.
    trip: u32,
    /// Where that leads.
    bound: Bound,
    /// Who called, and whether from another zone.
    from: Option<(NodeId, bool)>,
    /// The balancer that it came through, and whether that sent it into another zone.
    door: Option<(NodeId, bool)>,
    /// The zone of the balancer that it came to.
    zone: u16,
}

/// Where a trip leads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Bound {
    #[default]
    Nowhere,
    /// To a node.
    To(NodeId),
    /// To a worker that a balancer has chosen, by its number.
    Worker(NodeId, u32),
    /// To a worker, by its number, that does not answer: nowhere.
    Silence(NodeId, u32),
    /// From a balancer to the function behind it.
    Function(NodeId),
    /// Back, well or for that reason.
    Back(Option<Loss>),
}

/// What lies between the nodes of a topology, if anything does.
pub(super) fn network<'a>(application: &'a Application, topology: &'a Topology, key: Key) -> Option<Network<'a>> {
    let real = |law: &'a Option<Distribution>| law.as_ref().filter(|law| law.constant_value() != Some(0));
    let (hop, across) = (real(&topology.network.hop), real(&topology.network.across));
    let faults = application.faults.iter().chain(&topology.faults).enumerate();
    let links = faults.filter_map(|(at, fault)| match &fault.what {
        Harm::Link(link) => Some((at, link)),
        _ => None,
    });
    let links: Vec<_> = links.collect();
    let waits = |kind: &NodeKind| matches!(kind, NodeKind::Balancer(balancer) if balancer.connect_timeout.is_some());
    let waits = topology.nodes.iter().any(|node| waits(&node.kind));
    let zones = topology.zones.len().max(1) as u64;
    let is_paid = topology.network.gateways > 0 || topology.network.answers.is_some() && zones > 1;
    if hop.is_none() && across.is_none() && links.is_empty() && !waits && !is_paid {
        return None;
    }
    let key = key.named("network");
    let keys = topology.nodes.iter().map(|node| key.named(&node.name)).collect();
    Some(Network {
        hop,
        across,
        zones,
        links,
        keys,
        ways: Vec::new(),
        parcels: Slab::default(),
        last: None,
        taken_in: false,
    })
}

impl World<'_> {
    /// How long something is under way from one node to another, with the draws of that number; `None` where it is lost.
    pub(super) fn leg(&self, from: NodeId, to: NodeId, crosses: bool, number: u64, salt: u64) -> Option<Span> {
        let Some(network) = &self.network else { return Some(Span::ZERO) };
        let mut draw = network.keys[to.index()].nth(salt).draw(number);
        let law = if crosses { network.across.or(network.hop) } else { network.hop };
        let mut nanos = law.map_or(0, |law| law.sample(&mut draw));
        for (fault, link) in &network.links {
            if link.from != from || link.to != to || self.faults[*fault].lasting == 0 {
                continue;
            }
            if link.loss > 0.0 && unit(&mut draw) < link.loss {
                return None;
            }
            nanos = nanos.saturating_add(link.delay.as_ref().map_or(0, |delay| delay.sample(&mut draw)));
        }
        Some(Span::from_nanos(nanos))
    }

    /// By how much trouble delays what goes from one node to another, on average; `None` where nothing comes through.
    pub(super) fn delay_between(&self, from: NodeId, to: NodeId) -> Option<Span> {
        let links = self.network.iter().flat_map(|network| &network.links);
        let there = links.filter(|(fault, link)| link.from == from && link.to == to && self.faults[*fault].lasting > 0);
        there
            .map(|(_, link)| (link.loss < 1.0).then(|| link.delay.as_ref().map_or(0.0, Distribution::mean)))
            .try_fold(Span::ZERO, |sum, late| Some(sum + Span::from_nanos(late? as u64)))
    }

    /// What names the draws of a job's ways: those back are others than those there.
    pub(super) fn names(&self, job: &Job, back: bool) -> (u64, u64) {
        let salt = u64::from(job.visit) | u64::from(job.step) << 16 | u64::from(back) << 32;
        (name_of_work(job, &self.requests[job.request]), salt)
    }

    /// The zone of whoever works in a slot; `None` where it has none, or all.
    fn zone_of_slot(&self, pool: NodeId, slot: u32) -> Option<u16> {
        let pool = self.pool(pool);
        (!pool.unlimited).then(|| pool.workers[pool.worker_of(slot) as usize].zone)
    }

    /// In which zone whoever is called is found, which only chance knows: any of them, evenly. `None` where it is everywhere.
    fn zone_of_node(&self, node: NodeId, number: u64, salt: u64) -> Option<u16> {
        let network = self.network.as_ref().filter(|network| network.zones > 1)?;
        let somewhere = match &self.topology.nodes[node.index()].kind {
            NodeKind::Balancer(_) => true,
            NodeKind::Pool(pool) => pool.workers.is_some(),
            NodeKind::Queue(_)
            | NodeKind::Bucket(_)
            | NodeKind::Service(_)
            | NodeKind::Cluster(_)
            | NodeKind::Bus(_)
            | NodeKind::Function(_) => false,
        };
        let mut draw = network.keys[node.index()].named("zone").nth(salt).draw(number);
        somewhere.then(|| below(&mut draw, network.zones) as u16)
    }

    /// A job begins where nothing is known of how it came.
    pub(super) fn comes_from_outside(&mut self, id: u32) {
        if let Some(network) = &mut self.network
            && let Some(way) = network.ways.get_mut(id as usize)
        {
            *way = Way::default();
        }
    }

    fn way(&mut self, id: u32) -> Option<&mut Way> {
        let network = self.network.as_mut()?;
        let place = id as usize;
        if place >= network.ways.len() {
            network.ways.resize(place + 1, Way::default());
        }
        Some(&mut network.ways[place])
    }

    /// A job that was just made sets out to a node, from the slot and the step of whoever sends it.
    #[inline]
    pub(super) fn carries<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: u32,
        from: (NodeId, u32, u16),
        to: NodeId,
    ) {
        match self.network {
            None => self.moves.push_back(Move::Deliver { job: id, node: to }),
            Some(_) => self.carries_over(cx, id, from, to),
        }
    }

    fn carries_over<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: u32,
        (from, slot, step): (NodeId, u32, u16),
        to: NodeId,
    ) {
        let job = self.jobs[id];
        // By the step of whoever sends: one may go to the same node twice.
        let (number, salt) = self.names(&Job { step, ..job }, false);
        let zone = self.zone_of_node(to, number, salt);
        let crosses = zone.zip(self.zone_of_slot(from, slot)).is_some_and(|(there, here)| there != here);
        let waits = job.role == Role::Call;
        if let Some(way) = self.way(id) {
            *way = Way { from: waits.then_some((from, crosses)), zone: zone.unwrap_or(0), ..Way::default() };
        }
        self.tells_carriage(cx, id, to, crosses, waits);
        match self.leg(from, to, crosses, number, salt) {
            Some(Span::ZERO) => self.moves.push_back(Move::Deliver { job: id, node: to }),
            Some(span) => self.travels(cx, id, span, Bound::To(to)),
            None => self.is_lost(cx, id),
        }
    }

    /// A job is under way for so long.
    fn travels<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, span: Span, bound: Bound) {
        let Job { pool, request, .. } = self.jobs[id];
        let node = match bound {
            Bound::To(node) | Bound::Function(node) | Bound::Worker(node, _) | Bound::Silence(node, _) => node,
            Bound::Back(_) | Bound::Nowhere => pool,
        };
        let who = self.requests[request].who();
        cx.tell(Fact::Spent { who, node, on: Spent::Way, from: cx.now(), span });
        let trip = self.new_stamp();
        if let Some(way) = self.way(id) {
            (way.trip, way.bound) = (trip, bound);
        }
        self.jobs[id].state = State::Travelling;
        self.set_alarm(cx, span, Alarm::Arrives { job: id, trip });
    }

    /// A balancer tries for so long to reach a worker that does not answer, and counts it meanwhile.
    pub(super) fn tries_to_reach<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: u32,
        to: NodeId,
        worker: u32,
        span: Span,
    ) {
        let there = self.pool(to).workers[worker as usize];
        if let Some(standing) = &mut self.pool_mut(to).standing {
            standing.take(there.place);
        }
        self.travels(cx, id, span, Bound::Silence(to, there.number));
    }

    /// A job, or its answer, never arrives.
    fn is_lost<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        let Job { role, request, attempt, .. } = self.jobs[id];
        match role {
            Role::Root | Role::Call => self.jobs[id].state = State::Lost,
            Role::Branch => {
                self.branch_lost(cx, request, attempt, Loss::Network);
                self.branch_is_over(cx, Holder::Job(id), true);
                self.end_job(id);
            }
            // Those who were sent to a function travel as branches, and are taken in when they come.
            Role::Carried => self.carried_failed(cx, id, Loss::Network),
            Role::Stray | Role::Delivery | Role::Event => self.end_job(id),
        }
    }

    /// Nobody waits for a job any more. What was lost on its way so comes to its end.
    pub(super) fn strays(&mut self, id: u32) {
        self.jobs[id].role = Role::Stray;
        if self.jobs[id].state == State::Lost {
            self.end_job(id);
        }
    }

    /// A balancer has sent a job to a worker. False where it is there at once.
    pub(super) fn is_under_way_to<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: u32,
        door: NodeId,
        to: NodeId,
        worker: u32,
    ) -> bool {
        let job = self.jobs[id];
        let (number, salt) = self.names(&job, false);
        let known = self.way(id).is_some_and(|way| way.from.is_some());
        let drawn = if known { None } else { self.zone_of_node(door, number, salt) };
        let there = self.pool(to).workers[worker as usize];
        let zoned = self.network.as_ref().is_some_and(|network| network.zones > 1) && !self.pool(to).unlimited;
        let Some(way) = self.way(id) else { return false };
        way.zone = drawn.unwrap_or(way.zone);
        let crosses = zoned && way.zone != there.zone;
        way.door = Some((door, crosses));
        match self.leg(door, to, crosses, number, salt) {
            Some(Span::ZERO) => false,
            Some(span) => {
                // The balancer counts it from now on.
                if let Some(standing) = &mut self.pool_mut(to).standing {
                    standing.take(there.place);
                }
                self.travels(cx, id, span, Bound::Worker(to, there.number));
                true
            }
            None => {
                let patience = match &self.topology.nodes[door.index()].kind {
                    NodeKind::Balancer(balancer) => balancer.connect_timeout,
                    _ => None,
                };
                match patience {
                    // Where nothing comes through, no connection comes about.
                    Some(patience) if self.delay_between(door, to).is_none() => {
                        self.tries_to_reach(cx, id, to, worker, patience);
                    }
                    _ => self.is_lost(cx, id),
                }
                true
            }
        }
    }

    /// A balancer has sent a job to the function behind it. False where it is there at once.
    pub(super) fn is_under_way_to_function<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: u32,
        door: NodeId,
        to: NodeId,
    ) -> bool {
        let (number, salt) = self.names(&self.jobs[id], false);
        if let Some(way) = self.way(id) {
            way.door = Some((door, false));
        }
        match self.leg(door, to, false, number, salt) {
            Some(Span::ZERO) => return false,
            Some(span) => self.travels(cx, id, span, Bound::Function(to)),
            None => self.is_lost(cx, id),
        }
        true
    }

    /// The answer of a job, or the news that there is none, sets out. False where whoever waits has it at once.
    #[inline(never)]
    pub(super) fn goes_back<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, why: Option<Loss>) -> bool {
        let job = self.jobs[id];
        if !matches!(job.role, Role::Root | Role::Call) {
            return false;
        }
        let Some(&Way { from, door, .. }) = self.network.as_ref().and_then(|network| network.ways.get(id as usize))
        else {
            return false;
        };
        let (number, salt) = self.names(&job, true);
        let (mut at, mut whole) = (job.pool, Span::ZERO);
        for (next, crosses) in [door, from].into_iter().flatten() {
            match self.leg(at, next, crosses, number, salt) {
                Some(span) => whole += span,
                None => {
                    if why.is_none() {
                        // What was done is of use to nobody.
                        let who = self.requests[job.request].who();
                        cx.tell(Fact::Wasted { who });
                    }
                    self.is_lost(cx, id);
                    return true;
                }
            }
            at = next;
        }
        if whole == Span::ZERO {
            return false;
        }
        self.travels(cx, id, whole, Bound::Back(why));
        true
    }

    /// A trip is over.
    pub(super) fn arrives_at_last<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, trip: u32) {
        let Some(way) = self.way(id).filter(|way| way.trip == trip) else { return };
        way.trip = 0;
        let bound = way.bound;
        self.jobs[id].state = State::New;
        match bound {
            Bound::Nowhere => (),
            Bound::To(node) => self.deliver(cx, id, node),
            Bound::Function(function) => self.admits(cx, id, function),
            Bound::Worker(pool, number) => {
                let Some(index) = self.no_longer_awaits(pool, number) else {
                    // Nobody is there any more who would answer.
                    return self.fail(cx, id, Loss::BadGateway);
                };
                if !self.finds_nobody(cx, id, pool, index) {
                    self.enter_at(cx, id, pool, index);
                }
                self.goes_if_done(cx, pool, index);
            }
            Bound::Silence(pool, number) => {
                if let Some(index) = self.no_longer_awaits(pool, number) {
                    self.goes_if_done(cx, pool, index);
                }
                self.fail(cx, id, Loss::GatewayTimeout);
            }
            Bound::Back(None) => self.has_answer(cx, id),
            Bound::Back(Some(why)) => self.fails(cx, id, why),
        }
    }

    /// Whoever waits for a job that was done has its answer.
    fn has_answer<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        let Job { role, request, .. } = self.jobs[id];
        match role {
            Role::Root => {
                if self.exacting {
                    self.gives_up_twin(cx, id);
                }
                self.end_job(id);
                self.answered(cx, request);
            }
            Role::Call => self.answer(cx, id),
            Role::Stray | Role::Branch | Role::Event | Role::Carried | Role::Delivery => {
                // Done for nobody: its caller has given up meanwhile.
                let who = self.requests[request].who();
                cx.tell(Fact::Wasted { who });
                self.end_job(id);
            }
        }
    }

    /// One who was on the way to a worker is not any more; the worker, if it is still there.
    fn no_longer_awaits(&mut self, pool: NodeId, number: u32) -> Option<u32> {
        let pool = self.pool_mut(pool);
        let index = pool.numbered(number)?;
        let place = pool.workers[index as usize].place;
        if let Some(standing) = &mut pool.standing {
            standing.give(place);
        }
        Some(index)
    }

    /// A job that is under way, or lost, is called back.
    pub(super) fn breaks_off<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        let Some(way) = self.way(id).filter(|way| way.trip != 0) else { return };
        way.trip = 0;
        if let Bound::Worker(pool, number) | Bound::Silence(pool, number) = way.bound
            && let Some(index) = self.no_longer_awaits(pool, number)
        {
            self.goes_if_done(cx, pool, index);
        }
    }

    /// Messages on their way, for audits.
    #[cfg(test)]
    pub(super) fn parcels_on_the_way(&self) -> Vec<Parcel> {
        let Some(network) = &self.network else { return Vec::new() };
        network.parcels.inside().into_iter().map(|at| network.parcels[at].1).collect()
    }

    /// Their numbers, for audits.
    #[cfg(test)]
    pub(super) fn parcels_inside(&self) -> Vec<u32> {
        self.network.as_ref().map_or_else(Vec::new, |network| network.parcels.inside())
    }

    /// How many are on their way to a worker, for audits.
    #[cfg(test)]
    pub(super) fn on_the_way_to(&self, pool: NodeId, number: u32) -> u32 {
        let Some(network) = &self.network else { return 0 };
        let bounds = [Bound::Worker(pool, number), Bound::Silence(pool, number)];
        network.ways.iter().filter(|way| way.trip != 0 && bounds.contains(&way.bound)).count() as u32
    }
}
