//! Event buses: an event is heard, each rule that takes it sends it on to each of its targets, and what can't be delivered
//! is tried again until it is too old or was tried too often.
//!
//! An event that a request puts is a branch of that request for each target. What schedules make, and what happens to
//! machines, is of no client's request: a *background* request stands for it. It is born ended, so that nobody waits for
//! it and no figure counts it, and is forgotten with the last piece of work that follows on it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::cloud::bus::shape::{Occasion, Shape};
use crate::cloud::caller::Cost;
use crate::cloud::fact::{Fact, Loss};
use crate::cloud::node::{Bus, Holder, Node, Route};
use crate::cloud::request::{Job, Kin, NONE, Request, Role, Stage, State, copy_of};
use crate::cloud::topology::{NodeId, NodeKind, Rule, Takes, Topology, WorkloadId};
use crate::cloud::world::client::pause;
use crate::cloud::world::happenings::Sort;
use crate::cloud::world::joins::Sender;
use crate::cloud::world::queues::Parcel;
use crate::cloud::world::{Alarm, Move, World, not_a};
use crate::engine::{Context, Observer};
use crate::ground::footprint::Footprint;
use crate::ground::slab::Slab;
use crate::ground::time::{SimTime, Span};

/// What all buses of a world share.
#[derive(Debug, Default)]
pub(super) struct Buses {
    /// What the events are: those of steps, then those of schedules and of what happens to machines.
    pub(super) shapes: Vec<Shape>,
    /// Schedules: bus, rule, and the shape of their events.
    pub(super) schedules: Vec<(NodeId, u16, u32)>,
    /// What of all that may happen some rule may take: on which bus, and as which shape.
    pub(super) heralds: BTreeMap<(NodeId, Sort), u32>,
    /// The bus that hears of it.
    pub(super) default: Option<NodeId>,
    /// Of which machine a background request tells: its pool and number.
    subjects: BTreeMap<u32, (NodeId, u32)>,
    /// Events so far.
    told: u32,
    /// What happened in the present instant.
    pub(super) crowd: (SimTime, u32),
    deliveries: Slab<Delivery>,
}

impl Footprint for Buses {
    fn footprint(&self) -> u64 {
        self.deliveries.footprint() + self.subjects.footprint()
    }
}

/// An event as it comes to a bus.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    pub(super) shape: u32,
    /// A piece of which request, of which attempt at it, and which branch.
    pub(super) of: (u32, u16, u16),
    /// Names its draws, beside the request.
    pub(super) salt: u64,
    /// Its bytes.
    pub(super) bytes: u64,
    /// When it happened.
    pub(super) at: SimTime,
    /// The size of the object, or the number of the machine, that it tells of.
    pub(super) about: u64,
    /// Of whose request it tells: its kind, and its number.
    pub(super) whose: (WorkloadId, u32),
    /// It comes from an archive, which does not keep it again.
    pub(super) is_replay: bool,
    /// Whether whoever puts it pays for it.
    pub(super) is_own: bool,
}

/// An event on its way to a target. It speaks of its request.
#[derive(Clone, Copy, Debug)]
struct Delivery {
    bus: NodeId,
    route: Route,
    told: Told,
    /// When the bus heard it.
    since: SimTime,
    /// Attempts so far that came to nothing.
    tries: u16,
    /// Its turn has come: it waits for no other.
    has_turn: bool,
}

impl Buses {
    /// What the buses of a topology share, with the shapes of all events that may come about; `None` without a bus.
    pub(super) fn of(topology: &Topology) -> Option<Box<Buses>> {
        let is_bus = |kind: &NodeKind| matches!(kind, NodeKind::Bus(_));
        if !topology.nodes.iter().any(|node| is_bus(&node.kind)) {
            return None;
        }
        let mut buses = Buses { shapes: topology.shapes.clone(), ..Buses::default() };
        for (index, node) in topology.nodes.iter().enumerate() {
            let NodeKind::Bus(bus) = &node.kind else { continue };
            for (at, rule) in (0..).zip(&bus.rules) {
                if let Takes::Schedule { .. } = rule.takes {
                    buses.schedules.push((NodeId::at(index), at, buses.shapes.len() as u32));
                    buses.shapes.push(Shape::scheduled(&rule.name));
                }
            }
        }
        buses.expects_happenings(topology);
        Some(Box::new(buses))
    }
}

impl<'a> World<'a> {
    pub(super) fn bus(&self, id: NodeId) -> &Bus<'a> {
        match &self.nodes[id.index()] {
            Node::Bus(bus) => bus,
            _ => not_a("bus"),
        }
    }

    fn rule(&self, id: NodeId, rule: u16) -> &'a Rule {
        &self.bus(id).plan.rules[usize::from(rule)]
    }

    pub(super) fn shape(&self, shape: u32) -> Shape {
        match &self.buses {
            Some(buses) => buses.shapes[shape as usize].clone(),
            None => not_a("topology with a bus"),
        }
    }

    pub(super) fn buses(&mut self) -> &mut Buses {
        self.buses.as_deref_mut().unwrap_or_else(|| not_a("topology with a bus"))
    }

    /// Of which machine a request tells that what happened to it has brought about: its pool and its number there. `None` for
    /// all other requests.
    pub(super) fn subject_of(&self, request: u32) -> Option<(NodeId, u32)> {
        let is_background = self.requests[request].workload.index() == self.application.workloads.len();
        self.buses.as_ref().filter(|_| is_background)?.subjects.get(&request).copied()
    }

    /// A request that nobody sends, about a machine or about nothing. Whoever asks for it must let go of it.
    pub(super) fn background(&mut self, now: SimTime, subject: Option<(NodeId, u32)>) -> u32 {
        let workload = WorkloadId::at(self.application.workloads.len());
        let flow = &mut self.flows[workload.index()];
        let ordinal = flow.born;
        flow.born = flow.born.wrapping_add(1);
        let (refs, pending, attempt, counted) = (1, 0, 1, self.horizon.counts(now));
        let (stage, loss, cost) = (Stage::Ended, None, Cost::First);
        let id = self.requests.insert(Request {
            born: now,
            ordinal,
            refs,
            pending,
            attempt,
            workload,
            counted,
            stage,
            loss,
            cost,
        });
        let subjects = &mut self.buses().subjects;
        match subject {
            Some(subject) => subjects.insert(id, subject),
            None => subjects.remove(&id),
        };
        id
    }

    /// The step of a job puts an event on a bus; why not, where the bus does not take it.
    pub(super) fn puts_event<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: u32,
        job: &Job,
        (bus, shape, bytes): (NodeId, u32, Option<u64>),
    ) -> Result<(), Loss> {
        if self.bus(bus).away > 0 {
            return Err(Loss::Down);
        }
        if self.is_throttled(bus) || !self.has_room(cx, bus) {
            return Err(Loss::Throttled);
        }
        let bytes = bytes.unwrap_or_else(|| self.buses().shapes[shape as usize].bytes());
        let told = Told { is_own: true, ..self.told_by(job, shape, bytes, cx.now()) };
        self.hears(cx, bus, told, Sender::Job(id));
        Ok(())
    }

    /// Whether a bus takes one more event by its limit.
    fn has_room<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, bus: NodeId) -> bool {
        let now = cx.now();
        let Node::Bus(state) = &mut self.nodes[bus.index()] else { not_a("bus") };
        let refuses = state.puts.as_mut().is_some_and(|gate| gate.turns_away(now, || 0).is_some());
        if refuses {
            cx.tell(Fact::Throttled { queue: bus });
        }
        !refuses
    }

    /// An event as its rules see it.
    pub(super) fn event(&self, told: Told, number: u32) -> Value {
        let (workload, ordinal) = told.whose;
        let Some(buses) = &self.buses else { not_a("topology with a bus") };
        buses.shapes[told.shape as usize].event(&Occasion {
            at: told.at,
            number: u64::from(number),
            of: (&self.kinds[workload.index()].name, ordinal),
            size: told.about,
            worker: told.about as u32,
        })
    }

    /// The number of the next event.
    pub(super) fn next_event(&mut self) -> u32 {
        let buses = self.buses();
        let number = buses.told;
        buses.told = buses.told.wrapping_add(1);
        number
    }

    /// An event of which a step of a job tells, for which nobody pays.
    pub(super) fn told_by(&self, job: &Job, shape: u32, bytes: u64, at: SimTime) -> Told {
        let Job { request, attempt, branch, visit, step, pool, .. } = *job;
        let Request { workload, ordinal, .. } = self.requests[request];
        let salt = u64::from(visit) | u64::from(step) << 16 | u64::from(pool.0) << 32;
        let (of, whose) = ((request, attempt, branch), (workload, ordinal));
        Told { shape, of, salt, bytes, at, about: 0, is_own: false, whose, is_replay: false }
    }

    /// An event sets out to a target.
    pub(super) fn sends_event<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        bus: NodeId,
        route: Route,
        mut told: Told,
    ) {
        let now = cx.now();
        let (request, attempt, branch) = told.of;
        told.of.2 = copy_of(branch, u32::from(route.copy), u32::from(route.copies));
        let record = &mut self.requests[request];
        record.hold();
        if record.attempt == attempt && record.stage != Stage::Ended {
            record.branches();
        }
        let plan = self.bus(bus).plan;
        let latency = match plan.latency.constant_value() {
            Some(nanos) => nanos,
            None => {
                let (name, salt) = self.names_of(route, told);
                plan.latency.sample(&mut self.bus(bus).latency.nth(salt).draw(name))
            }
        };
        let delivery = Delivery { bus, route, told, since: now, tries: 0, has_turn: false };
        let delivery = self.buses().deliveries.insert(delivery);
        self.is_sent(Holder::Delivery(delivery));
        if latency == 0 {
            return self.delivers(cx, delivery);
        }
        self.set_alarm(cx, Span::from_nanos(latency), Alarm::Delivers { delivery });
    }

    /// What names the draws of an event's way to a target.
    fn names_of(&self, route: Route, told: Told) -> (u64, u64) {
        let (request, _, branch) = told.of;
        let Request { ordinal, workload, .. } = self.requests[request];
        let way = u64::from(route.rule) << 32 | u64::from(route.to.0) << 16 | u64::from(workload.0);
        (u64::from(branch) << 32 | u64::from(ordinal), told.salt ^ way.rotate_left(20))
    }

    /// An attempt to hand an event to its target, as soon as its turn has come.
    pub(super) fn delivers<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        let now = cx.now();
        let Delivery { bus, route, told, tries, has_turn, .. } = self.buses().deliveries[id];
        let (request, attempt, branch) = told.of;
        let Node::Bus(state) = &mut self.nodes[bus.index()] else { not_a("bus") };
        if state.away > 0 {
            return self.undelivered_event(cx, id, Loss::Down);
        }
        if !has_turn {
            let wait = state.takes_turn(now);
            self.buses().deliveries[id].has_turn = true;
            if wait > Span::ZERO {
                return self.set_alarm(cx, wait, Alarm::Delivers { delivery: id });
            }
        }
        let bytes = route.bytes.unwrap_or(told.bytes);
        match &self.nodes[route.to.index()] {
            Node::Queue(_) => {
                let step = u32::from(bus.0) << 16 | u32::from(route.rule);
                let parcel = Parcel { request, attempt, branch, bytes, group: None, step, delay: None, joins: false };
                let before = self.sends_for(Holder::Delivery(id));
                let posted = self.post(cx, route.to, parcel);
                self.has_sent(before);
                match posted {
                    Ok(()) => self.delivered_event(cx, id),
                    Err(why) => self.undelivered_event(cx, id, why),
                }
            }
            Node::Bus(other) => {
                let away = other.away > 0;
                if away || self.is_throttled(route.to) || !self.has_room(cx, route.to) {
                    let why = if away { Loss::Down } else { Loss::Throttled };
                    return self.undelivered_event(cx, id, why);
                }
                // Amazon EventBridge pricing: what comes from another bus is paid for as what is put.
                let sender = Sender::Branch(Holder::Delivery(id));
                self.hears(cx, route.to, Told { is_own: true, ..told }, sender);
                self.delivered_event(cx, id);
            }
            Node::Pool(pool) if pool.environments.is_some() => {
                // Invoked asynchronously: done when the function has taken it into its own queue (Amazon EventBridge user
                // guide; AWS Lambda developer guide, asynchronous invocation).
                let before = self.sends_for(Holder::Delivery(id));
                self.sends_branch(cx, route.to, (request, attempt, branch), None);
                self.has_sent(before);
                self.delivered_event(cx, id);
            }
            Node::Pool(_) => {
                let stamp = self.new_stamp();
                self.requests[request].hold();
                let job = self.jobs.insert(Job {
                    since: now,
                    request,
                    slot: NONE,
                    stamp,
                    pool: route.to,
                    step: 0,
                    attempt,
                    visit: tries + 1,
                    branch,
                    role: Role::Carried,
                    state: State::New,
                });
                self.bind(job, Kin { parent: id, ..Kin::default() });
                if self.network.is_some() {
                    self.comes_from_outside(job);
                }
                self.moves.push_back(Move::Deliver { job, node: route.to });
            }
            Node::Balancer(_) | Node::Bucket(_) => not_a("target of a rule"),
        }
    }

    /// A pool or service has done what a rule has sent to it; `lost`: all the same that comes to nothing, as another branch of
    /// its fan-out did.
    pub(super) fn carried_done<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, job: u32, lost: bool) {
        let delivery = self.kin[job as usize].parent;
        self.end_job(job);
        self.is_delivered(cx, delivery, lost);
    }

    /// A pool or service has failed at what a rule has sent to it.
    pub(super) fn carried_failed<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, job: u32, why: Loss) {
        let delivery = self.kin[job as usize].parent;
        self.end_job(job);
        self.undelivered_event(cx, delivery, why);
    }

    /// A target has taken an event: the branch that the request has had on its way is the target's now.
    fn delivered_event<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        self.is_delivered(cx, id, false);
    }

    fn is_delivered<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, lost: bool) {
        let Delivery { bus, route, told, since, .. } = self.buses().deliveries[id];
        self.buses().deliveries.remove(id);
        let (request, attempt, _) = told.of;
        let who = self.requests[request].who();
        cx.tell(Fact::Delivered { who, bus, to: route.to, after: cx.now() - since });
        match lost {
            true => self.branch_lost(cx, request, attempt, Loss::Error),
            false => self.branch_done(cx, request, attempt),
        }
        self.branch_is_over(cx, Holder::Delivery(id), lost);
        self.release(request);
    }

    /// An attempt has come to nothing: another one after a pause, or none.
    fn undelivered_event<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, why: Loss) {
        let now = cx.now();
        let delivery = self.buses().deliveries[id];
        let Delivery { bus, route, told, since, tries, .. } = delivery;
        let rule = self.rule(bus, route.rule);
        let (request, attempt, branch) = told.of;
        let who = self.requests[request].who();
        cx.tell(Fact::Undelivered { who, bus });
        if u32::from(tries) < rule.retries {
            let (_, salt) = self.names_of(route, told);
            let key = self.bus(bus).backoff.nth(salt).nth(u64::from(branch));
            let wait = pause(&rule.backoff, key, who.ordinal, tries + 1);
            if (now - since).nanos().saturating_add(wait.nanos()) <= rule.max_age.nanos() {
                let delivery = &mut self.buses().deliveries[id];
                (delivery.tries, delivery.has_turn) = (tries + 1, false);
                return self.set_alarm(cx, wait, Alarm::Delivers { delivery: id });
            }
        }
        self.buses().deliveries.remove(id);
        cx.tell(Fact::Discarded { who, bus, is_kept: rule.dead_letters.is_some() });
        let why = match rule.dead_letters {
            Some(queue) => {
                self.leaves_record(cx, queue, (request, branch));
                Loss::DeadLettered
            }
            None => why,
        };
        self.branch_lost(cx, request, attempt, why);
        self.branch_is_over(cx, Holder::Delivery(id), true);
        self.release(request);
    }

    /// Deliveries under way.
    #[cfg(test)]
    pub(super) fn deliveries_inside(&self) -> Vec<u32> {
        self.buses.as_ref().map(|buses| buses.deliveries.inside()).unwrap_or_default()
    }

    /// Deliveries under way, each by its request and attempt, for audits.
    #[cfg(test)]
    pub(super) fn deliveries_under_way(&self) -> Vec<(u32, u16)> {
        let Some(buses) = &self.buses else { return Vec::new() };
        let of = |id| (buses.deliveries[id].told.of.0, buses.deliveries[id].told.of.1);
        buses.deliveries.inside().into_iter().map(of).collect()
    }
}
