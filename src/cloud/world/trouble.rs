//! Trouble begins and ends; outages: something is away for a while, and what that does to those who hold work there.

use std::ops::Range;

use crate::cloud::event::Event;
use crate::cloud::fact::{Fact, Loss};
use crate::cloud::node::{Lines, Node};
use crate::cloud::request::{NONE, State};
use crate::cloud::topology::{
    Application, Clock, Crash, Fault, Harm, Held, Link, NoWorker, NodeId, Reclaim, Stop, Topology, When,
};
use crate::cloud::world::World;
use crate::cloud::world::ward::Ward;
use crate::engine::{Context, Observer};
use crate::ground::chance::{Key, Stream};
use crate::ground::time::{SimTime, Span};

/// One fault of a running world.
#[derive(Debug)]
pub(super) struct Trouble<'a> {
    pub(super) fault: &'a Fault,
    /// Names its draws.
    pub(super) key: Key,
    /// Which nodes it concerns as long as it lasts.
    pub(super) nodes: Vec<NodeId>,
    /// How often it has begun.
    begun: u32,
    /// How often it has begun and not yet ended.
    pub(super) lasting: u32,
    /// Workers that a zone has taken with it: their pools and numbers.
    pub(super) fallen: Vec<(NodeId, u32)>,
    /// When what is announced will come.
    blow: SimTime,
    /// Since when and until when requests were born of which some are poison, in order.
    pub(super) spells: Vec<(SimTime, SimTime)>,
    /// Draws whom it meets of those who come.
    pub(super) chance: Stream,
    /// What it remembers of workers, where it comes to them one by one.
    pub(super) ward: Ward,
}

/// The application's faults, which every topology meets, and the topology's own.
pub(super) fn troubles<'a>(application: &'a Application, topology: &'a Topology, key: Key) -> Vec<Trouble<'a>> {
    let of = |fault: &'a Fault, scope: &str| {
        let nodes = (0..topology.nodes.len()).map(NodeId::at);
        let concerned = |node: &NodeId| {
            let kind = &topology.nodes[node.index()].kind;
            fault.what.takes_away(*node, kind)
                || matches!(fault.what, Harm::BrownOut(plan) if plan.slows(*node, kind))
                || fault.what.refuses_at(*node)
        };
        let nodes = nodes.filter(concerned).collect();
        // Two kinds of trouble may have the same name.
        let key = fault.what.kind().map_or(key.named(scope), |kind| key.named(scope).named(kind)).named(&fault.name);
        Trouble {
            fault,
            key,
            nodes,
            begun: 0,
            lasting: 0,
            fallen: Vec::new(),
            blow: SimTime::START,
            spells: Vec::new(),
            chance: key.named("whom").stream(),
            ward: Ward::default(),
        }
    };
    let everywhere = application.faults.iter().map(|fault| of(fault, "fault"));
    let here = topology.faults.iter().map(|fault| of(fault, "own fault"));
    everywhere.chain(here).collect()
}

/// Room to count what keeps each zone away, where anything ever does.
pub(super) fn zones_out(application: &Application, topology: &Topology) -> Vec<u32> {
    let of_zone = |fault: &Fault| matches!(fault.what, Harm::Zone(_));
    let any = application.faults.iter().chain(&topology.faults).any(of_zone);
    if any { vec![0; topology.zones.len()] } else { Vec::new() }
}

/// Whether work in hand stays where it is, and waits.
fn stands_still(held: Held, moves: bool) -> bool {
    matches!(held, Held::Resume | Held::Restart | Held::Redraw) && !moves
}

impl World<'_> {
    /// Tells pools of trouble that comes to each of their workers by itself, before the first of them is there.
    pub(super) fn warn_pools(&mut self) {
        for at in 0..self.faults.len() {
            let fault = self.faults[at].fault;
            let (pool, wears) = match fault.what {
                Harm::Crash(Crash { pool, clock, .. }) => (pool, clock == Clock::Busy),
                Harm::Reclaim(Reclaim { pool, share: None, .. }) | Harm::Stop(Stop { pool, .. }) => (pool, false),
                _ => continue,
            };
            if let When::Every(_) = fault.when {
                self.pool_mut(pool).beware(at as u16, wears);
            }
        }
    }

    /// Plans when each fault first begins.
    pub(super) fn first_faults<O>(&mut self, cx: &mut Context<'_, O>) {
        for fault in 0..self.faults.len() as u32 {
            self.plan_fault(cx, fault, cx.now());
        }
    }

    /// Plans the next beginning of a fault.
    fn plan_fault<O>(&mut self, cx: &mut Context<'_, O>, fault: u32, since: SimTime) {
        let trouble = &self.faults[fault as usize];
        let at = match &trouble.fault.when {
            When::At(instants) => instants.get(trouble.begun as usize).copied(),
            // Comes to each worker by itself.
            When::Every(_) if trouble.fault.what.comes_one_by_one() => None,
            When::Every(law) => {
                let until = law.sample(&mut trouble.key.named("every").draw(u64::from(trouble.begun)));
                Some(since + Span::from_nanos(until))
            }
        };
        if let Some(at) = at {
            // What is announced begins with that, and ends at the instant that is named.
            let notice = trouble.fault.what.notice().nanos();
            let announced = SimTime::from_nanos(at.nanos().saturating_sub(notice)).max(cx.now());
            self.faults[fault as usize].blow = at;
            cx.plan(announced, Event::Break { fault });
        }
    }

    /// Trouble begins.
    pub(super) fn breaks<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, fault: u32) {
        cx.tell(Fact::Broke { fault });
        let trouble = &mut self.faults[fault as usize];
        let (held, moves, nth) = (trouble.fault.held, trouble.fault.moves, trouble.begun);
        let blow = trouble.blow;
        trouble.begun += 1;
        if let When::At(_) = trouble.fault.when {
            self.plan_fault(cx, fault, cx.now());
        }
        let trouble = &self.faults[fault as usize];
        match trouble.fault.what {
            Harm::Crash(crash) => return self.crashes(cx, fault as u16, crash, nth),
            Harm::Stop(stop) => return self.stops(cx, fault as u16, stop, nth),
            Harm::Reclaim(reclaim) => {
                if let When::Every(_) = trouble.fault.when {
                    cx.plan(blow, Event::Mend { fault });
                }
                return self.reclaims(cx, fault as u16, reclaim, nth, blow - cx.now());
            }
            _ => {}
        }
        let lasts = trouble.fault.lasts.as_ref();
        let lasts = lasts.map(|law| law.sample(&mut trouble.key.named("lasts").draw(u64::from(nth))));
        if let Some(lasts) = lasts {
            cx.plan(cx.now() + Span::from_nanos(lasts), Event::Mend { fault });
        }
        let trouble = &mut self.faults[fault as usize];
        trouble.lasting += 1;
        let first = trouble.lasting == 1;
        if first && matches!(trouble.fault.what, Harm::Poison(_)) {
            trouble.spells.push((cx.now(), SimTime::NEVER));
        }
        match trouble.fault.what {
            Harm::Zone(zone) => return self.zone_goes(cx, fault, zone),
            Harm::BrownOut(plan) if first => return self.browns_out(cx, fault, plan, held),
            Harm::Throttle(_) if first => return self.throttles(fault),
            Harm::Link(Link { from, to, .. }) => return self.checks_find_at(cx, [from, to]),
            Harm::BrownOut(_) | Harm::Throttle(_) | Harm::Poison(_) => return,
            Harm::Outage(_) | Harm::Crash(_) | Harm::Stop(_) | Harm::Reclaim(_) => {}
        }
        for at in 0..self.faults[fault as usize].nodes.len() {
            let node = self.faults[fault as usize].nodes[at];
            self.goes_away(cx, node, held, moves);
        }
    }

    /// Trouble is over.
    pub(super) fn mends<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, fault: u32) {
        cx.tell(Fact::Mended { fault });
        let Fault { held, moves, .. } = *self.faults[fault as usize].fault;
        let trouble = &mut self.faults[fault as usize];
        let mut last = false;
        if !matches!(trouble.fault.what, Harm::Reclaim(_)) {
            trouble.lasting -= 1;
            last = trouble.lasting == 0;
        }
        if last && let Some(spell) = trouble.spells.last_mut() {
            spell.1 = cx.now();
        }
        match trouble.fault.what {
            Harm::Zone(zone) => self.zone_returns(cx, fault, zone),
            Harm::BrownOut(plan) if last => self.brightens(cx, fault, plan, held),
            Harm::Throttle(_) if last => self.lets_all_in(fault),
            Harm::Link(Link { from, to, .. }) => self.checks_find_at(cx, [from, to]),
            Harm::Outage(_) => {
                for at in 0..self.faults[fault as usize].nodes.len() {
                    let node = self.faults[fault as usize].nodes[at];
                    self.comes_back(cx, node, stands_still(held, moves));
                }
            }
            _ => {}
        }
        if let When::Every(_) = self.faults[fault as usize].fault.when {
            self.plan_fault(cx, fault, cx.now());
        }
    }

    pub(super) fn goes_away<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        node: NodeId,
        held: Held,
        moves: bool,
    ) {
        let (away, _) = self.nodes[node.index()].absence();
        *away += 1;
        let first = *away == 1;
        self.notes_absence(cx, node);
        if let Node::Pool(pool) = &mut self.nodes[node.index()] {
            if first {
                pool.regards_all();
            }
            if let Some(pollers) = &mut pool.pollers {
                pollers.pause(cx.now());
            }
            if let Some(environments) = &mut pool.environments {
                environments.pollers_pause(cx.now());
            }
            self.work_in_hand(cx, node, held, moves);
            self.pool_mut(node).settle();
            self.checks_find_all(cx, node);
        }
    }

    /// Looks whether a node serves nobody because something is broken, and tells when that changes.
    pub(super) fn notes_absence<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId) {
        let now = cx.now();
        let node = &mut self.nodes[id.index()];
        let broken = matches!(node, Node::Pool(pool) if pool.is_broken());
        let (away, absent) = node.absence();
        let is_away = *away > 0 || broken;
        if is_away != (absent.level() > 0) {
            absent.set(now, u64::from(is_away));
            cx.tell(if is_away { Fact::Away { node: id } } else { Fact::Back { node: id } });
        }
    }

    /// What an outage does to the work that a pool holds.
    fn work_in_hand<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, held: Held, moves: bool) {
        let now = cx.now();
        let slots = self.pool(id).slots.len() as u32;
        match held {
            Held::Finish => (),
            Held::Lost | Held::Back => {
                self.interrupt_all(cx, id, 0..slots, held, Loss::Crashed);
                // A line that stands outside the machines outlives them; so does one to which work goes back.
                if held == Held::Lost && self.pool(id).plan.no_worker == NoWorker::Refuse {
                    match &self.pool(id).lines {
                        Lines::Shared(_) => self.line_dies(cx, id, 0, Loss::Crashed),
                        Lines::Each(lines) => {
                            for worker in 0..lines.len() as u32 {
                                self.line_dies(cx, id, worker, Loss::Crashed);
                            }
                        }
                    }
                }
            }
            Held::Resume | Held::Restart | Held::Redraw if moves => {
                self.interrupt_all(cx, id, 0..slots, held, Loss::Crashed);
            }
            Held::Resume | Held::Restart | Held::Redraw => {
                self.stand_still(now, id, 0..slots, held);
                self.pool_mut(id).still += 1;
            }
        }
    }

    /// Work in some slots stands still.
    pub(super) fn stand_still(&mut self, now: SimTime, id: NodeId, slots: Range<u32>, held: Held) {
        for slot in slots {
            let job = self.pool(id).slots[slot as usize].job;
            if job == NONE || self.jobs[job].state != State::Working {
                continue;
            }
            let left = self.left_of(now, job, held).unwrap_or(Span::ZERO);
            let pool = self.pool_mut(id);
            pool.talks[slot as usize].left = left;
            pool.slots[slot as usize].until = SimTime::NEVER;
            pool.computes(slot, 0, now);
            self.stirs(id, slot);
        }
    }

    pub(super) fn comes_back<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, node: NodeId, stood_still: bool) {
        let (away, _) = self.nodes[node.index()].absence();
        *away -= 1;
        let last = *away == 0;
        self.notes_absence(cx, node);
        match &mut self.nodes[node.index()] {
            Node::Pool(pool) => {
                if last {
                    pool.regards_all();
                }
                pool.still -= u32::from(stood_still);
                pool.settle();
                if stood_still && pool.still == 0 {
                    let slots = 0..self.pool(node).slots.len() as u32;
                    self.goes_on(cx, node, slots);
                }
                if last {
                    self.rouse(node);
                    self.rouse_lines(node);
                }
                self.checks_find_all(cx, node);
            }
            Node::Queue(queue) if last => {
                let takers = queue.to.clone();
                takers.into_iter().for_each(|taker| self.rouse(taker));
            }
            Node::Queue(_) | Node::Balancer(_) | Node::Bucket(_) | Node::Bus(_) => (),
        }
    }

    /// Work that stood still goes on, but for that of workers who are down by themselves.
    pub(super) fn goes_on<O>(&mut self, cx: &mut Context<'_, O>, id: NodeId, slots: Range<u32>) {
        let now = cx.now();
        for slot in slots {
            let pool = self.pool_mut(id);
            let place = pool.slots[slot as usize];
            let job = place.job;
            let frozen = pool.workers[pool.worker_of(slot) as usize].frozen;
            if job == NONE || place.until != SimTime::NEVER || frozen {
                continue;
            }
            let left = std::mem::replace(&mut pool.talks[slot as usize].left, Span::ZERO);
            if self.jobs[job].state == State::Working {
                if self.pool(id).computing.is_some() {
                    self.begins_to_compute(now, job);
                }
                self.pool_mut(id).slots[slot as usize].until = now + left;
                self.stirs(id, slot);
                cx.plan(now + left, Event::Finish { pool: id, slot });
            }
        }
    }

    /// Workers with lines of their own look whether they can go on.
    fn rouse_lines(&mut self, id: NodeId) {
        let Lines::Each(lines) = &self.pool(id).lines else { return };
        let busy: Vec<u32> = (0..lines.len() as u32).filter(|&worker| lines[worker as usize].waiting() > 0).collect();
        for worker in busy {
            self.moves.push_back(super::Move::Next { pool: id, worker });
        }
    }
}
