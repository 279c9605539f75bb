//! Balancers find out who is well by checks, send requests to those whom they take for well, and clients to the worker
//! that they know.

use crate::cloud::balancing::Target;
use crate::cloud::fact::{Fact, Loss};
use crate::cloud::node::{Finding, Node, Phase};
use crate::cloud::topology::{HealthCheck, NodeId, NodeKind, WorkloadId};
use crate::cloud::world::{Alarm, World};
use crate::engine::{Context, Observer};
use crate::ground::chance::below;
use crate::ground::time::{SimTime, Span};

/// What tells members of closed groups, and groups, from requests that are known by their number alone.
const MEMBER: u64 = 1 << 33;
const GROUP: u64 = 1 << 34;

impl World<'_> {
    /// A worker comes into service, and is registered with the balancers before it. One of the start has always been there;
    /// a new one is first checked at some instant of the first interval, which only chance knows.
    pub(super) fn registers<O>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32) {
        let now = cx.now();
        let pool = self.pool(id);
        let number = pool.workers[index as usize].number;
        let Some(check) = pool.registry.as_ref().and_then(|registry| registry.check) else {
            return self.enters(id, number, now);
        };
        let mut draw = pool.key.named("health").draw(u64::from(number));
        let first = now + Span::from_nanos(below(&mut draw, check.interval.nanos()));
        let old = now == SimTime::START;
        let open = self.pool(id).is_open_to_all();
        if let Some(registry) = &mut self.pool_mut(id).registry {
            registry.registers(number, first, old);
        }
        self.pool_mut(id).reviews(index, open);
        self.checks_find(cx, id, index);
    }

    /// Its balancers begin to give a worker requests, slowly if they do so.
    fn enters(&mut self, id: NodeId, number: u32, now: SimTime) {
        let pool = self.pool_mut(id);
        let Some(registry) = &mut pool.registry else { return };
        let others = pool.workers.iter().filter(|other| other.phase == Phase::Ready && other.number != number);
        registry.enters(number, others.map(|other| other.number), now);
    }

    /// What checks find of a worker may have changed.
    pub(super) fn checks_find<O>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32) {
        let now = cx.now();
        let pool = self.pool(id);
        let number = pool.workers[index as usize].number;
        if !pool.registry.as_ref().is_some_and(|registry| registry.check.is_some() && registry.has(number)) {
            return;
        }
        let finding = self.finding(id, index);
        let stamp = self.new_stamp();
        let open = self.pool(id).is_open_to_all();
        let Some(registry) = &mut self.pool_mut(id).registry else { return };
        let turns = registry.finds(number, finding, now, stamp);
        self.pool_mut(id).reviews(index, open);
        if let Some(at) = turns {
            self.set_alarm(cx, at.max(now) - now, Alarm::Checked { pool: id, worker: number, stamp });
        }
    }

    /// The same of all workers of a pool.
    pub(super) fn checks_find_all<O>(&mut self, cx: &mut Context<'_, O>, id: NodeId) {
        if self.pool(id).registry.as_ref().is_none_or(|registry| registry.check.is_none()) {
            return;
        }
        let there = |phase| matches!(phase, Phase::Ready | Phase::Failed);
        let indices: Vec<u32> = self.pool(id).newest_first(there).collect();
        for index in indices.into_iter().rev() {
            self.checks_find(cx, id, index);
        }
    }

    /// The same of the pools among two nodes between which something has changed.
    pub(super) fn checks_find_at<O>(&mut self, cx: &mut Context<'_, O>, nodes: [NodeId; 2]) {
        for node in nodes {
            if let Node::Pool(_) = self.nodes[node.index()] {
                self.checks_find_all(cx, node);
            }
        }
    }

    /// Whether no check comes through to a pool and back in time, from any of its balancers: what is lost or late only now
    /// and then is not seen so.
    fn is_cut_off(&self, id: NodeId) -> bool {
        let mut checks = self.topology.nodes.iter().enumerate().filter_map(|(at, node)| match &node.kind {
            NodeKind::Balancer(balancer) if balancer.to.contains(&id) => Some((NodeId::at(at), balancer.health_check?)),
            _ => None,
        });
        let lost = |(door, check): (NodeId, HealthCheck)| {
            let late = self.delay_between(door, id).is_none_or(|late| late >= check.timeout);
            late || self.delay_between(id, door).is_none_or(|late| late >= check.timeout)
        };
        let first = checks.next();
        first.is_some_and(lost) && checks.all(lost)
    }

    /// What a check of a worker finds at present.
    fn finding(&self, id: NodeId, index: u32) -> Finding {
        let pool = self.pool(id);
        let worker = pool.workers[index as usize];
        let dark = self.zones_out.get(usize::from(worker.zone)).is_some_and(|&out| out > 0);
        match worker.phase {
            _ if dark || self.is_cut_off(id) => Finding::Silent,
            Phase::Ready if pool.is_open() => Finding::Well,
            _ => Finding::Refused,
        }
    }

    /// So many checks in a row have told the same: a balancer thinks otherwise of a worker.
    pub(super) fn is_checked<O>(&mut self, cx: &mut Context<'_, O>, id: NodeId, number: u32, stamp: u32) {
        let open = self.pool(id).is_open_to_all();
        let Some(registry) = &mut self.pool_mut(id).registry else { return };
        let Some(healthy) = registry.turns(number, stamp) else { return };
        if healthy {
            self.enters(id, number, cx.now());
        }
        if let Some(index) = self.pool(id).numbered(number) {
            self.pool_mut(id).reviews(index, open);
            self.checks_find(cx, id, index);
        }
    }

    /// Whether the worker that a balancer has chosen is not there to answer; if so the job has failed: at once where its
    /// machine refuses (502), and only after a while where nobody answers at all (504).
    pub(super) fn finds_nobody<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: u32,
        to: NodeId,
        worker: u32,
    ) -> bool {
        let pool = self.pool(to);
        let serves = matches!(pool.workers[worker as usize].phase, Phase::Ready | Phase::Draining | Phase::Noticed);
        if pool.is_open() && serves {
            return false;
        }
        if self.finding(to, worker) == Finding::Silent {
            let patience = self.topology.nodes.iter().filter_map(|node| match &node.kind {
                NodeKind::Balancer(balancer) if balancer.to.contains(&to) => balancer.connect_timeout,
                _ => None,
            });
            match patience.max() {
                Some(patience) => self.tries_to_reach(cx, id, to, worker, patience),
                None => self.fail(cx, id, Loss::GatewayTimeout),
            }
        } else {
            self.fail(cx, id, Loss::BadGateway);
        }
        true
    }

    /// The worker that a job's client knows, where its balancer sends it to the same again.
    pub(super) fn known_worker(&self, id: u32, node: NodeId, now: SimTime) -> Option<Target> {
        let Node::Balancer(balancer) = &self.nodes[node.index()] else { return None };
        balancer.plan.sticky?;
        let (place, number) = balancer.cookies.brings(self.client(id), now)?;
        let pool = self.pool(balancer.plan.to[usize::from(place)]);
        let place_there = pool.workers[pool.numbered(number)? as usize].place;
        let target = pool.standing.as_ref().is_some_and(|standing| standing.is_ready(place_there));
        target.then_some(Target { pool: usize::from(place), place: place_there })
    }

    /// A client remembers the worker that it came to.
    pub(super) fn remembers_worker(&mut self, id: u32, node: NodeId, target: Target, now: SimTime) {
        let client = self.client(id);
        let Node::Balancer(balancer) = &self.nodes[node.index()] else { return };
        let Some(sticky) = balancer.plan.sticky else { return };
        let pool = self.pool(balancer.plan.to[target.pool]);
        let number = pool.workers[pool.at_place(target.place) as usize].number;
        if let Node::Balancer(balancer) = &mut self.nodes[node.index()] {
            balancer.cookies.gives(client, (target.pool as u16, number), now.after(sticky), now);
        }
    }

    /// Who stands behind a job: a member of its closed group, else its group or tenant, else the request alone. Of each kind
    /// of request a number that no other has.
    fn client(&self, id: u32) -> (WorkloadId, u64) {
        let request = self.jobs[id].request;
        let record = self.requests[request];
        let who = if self.flows[record.workload.index()].think.is_some() {
            MEMBER | u64::from(self.members.get(request as usize).copied().unwrap_or(0))
        } else {
            match self.group_of(&record) {
                0 => u64::from(record.ordinal),
                group => GROUP | u64::from(group),
            }
        };
        (record.workload, who)
    }
}
