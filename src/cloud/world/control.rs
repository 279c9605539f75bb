//! Controllers: they look at a metric, ask a pure policy, and have the hands to act on what was decided.

use crate::cloud::event::Event;
use crate::cloud::fact::Fact;
use crate::cloud::node::Node;
use crate::cloud::scaling::decide::{recommend, restrain};
use crate::cloud::scaling::{Bounds, Memory, Metric, Policy, Reading, Scaling, Seen, Streak, Vertical};
use crate::cloud::topology::{NodeId, NodeKind, Topology};
use crate::cloud::world::World;
use crate::engine::{Context, Observer};
use crate::ground::time::{SECOND, SimTime, Span};

/// What governs one pool.
#[derive(Debug)]
pub(super) struct Controller {
    pub(super) pool: NodeId,
    bounds: Bounds,
    memory: Memory,
    /// What its alarm remembers, and the size that its machines have or will have: for those that grow.
    pub(super) growth: Growth,
    /// What each policy saw when it last looked.
    looks: Vec<LastLook>,
}

/// How far a pool has grown.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Growth {
    pub(super) streak: Streak,
    pub(super) size: u16,
}

/// The integrals and counts at a policy's last look: averages are differences of them.
#[derive(Clone, Debug, Default)]
struct LastLook {
    at: SimTime,
    busy: u128,
    slots: u128,
    ready: u128,
    begun: u64,
    /// Of each worker by index, where they are told apart.
    busy_each: Vec<u128>,
}

/// The controllers of a topology, in the order of its pools.
pub(super) fn controllers(topology: &Topology) -> Vec<Controller> {
    let groups = topology.nodes.iter().enumerate().filter_map(|(index, node)| match &node.kind {
        NodeKind::Pool(pool) => {
            let of = |bounds, policies| Controller {
                pool: NodeId::at(index),
                bounds,
                memory: Memory::default(),
                growth: Growth::default(),
                looks: vec![LastLook::default(); policies],
            };
            match &pool.scaling {
                Scaling::Group(group) => Some(of(Bounds { min: group.min, max: group.max }, group.policies.len())),
                Scaling::Vertical(Vertical { alarm: Some(_), .. }) => Some(of(Bounds { min: 0, max: u32::MAX }, 1)),
                Scaling::Fixed | Scaling::Timetable(_) | Scaling::Vertical(_) => None,
            }
        }
        _ => None,
    });
    groups.collect()
}

/// When a policy first looks, and after how long again.
fn rhythm(policy: &Policy) -> (SimTime, Option<Span>) {
    match policy {
        Policy::QueueLength(rule) => (SimTime::START + rule.first, Some(rule.every)),
        Policy::TargetTracking(rule) => (SimTime::START + rule.period, Some(rule.period)),
        Policy::Scheduled(rule) => (rule.at, None),
    }
}

/// What a policy reads.
fn metric_of(policy: &Policy) -> Option<Metric> {
    match policy {
        Policy::QueueLength(rule) => Some(rule.metric),
        Policy::TargetTracking(rule) => Some(rule.metric),
        Policy::Scheduled(_) => None,
    }
}

impl World<'_> {
    /// Plans the first look of every policy.
    pub(super) fn first_looks<O>(&mut self, cx: &mut Context<'_, O>) {
        for at in 0..self.controllers.len() {
            let id = self.controllers[at].pool;
            let plan = self.pool(id).plan;
            match &plan.scaling {
                Scaling::Group(group) => {
                    let key = self.pool(id).key.named("late");
                    for (policy, rule) in group.policies.iter().enumerate() {
                        let late = match rule {
                            Policy::Scheduled(rule) => rule.late.sample(&mut key.draw(policy as u64)),
                            Policy::QueueLength(_) | Policy::TargetTracking(_) => 0,
                        };
                        let first = rhythm(rule).0 + Span::from_nanos(late);
                        cx.plan(first, Event::Look { pool: id, policy: policy as u32 });
                    }
                }
                Scaling::Vertical(Vertical { alarm: Some(alarm), .. }) => {
                    cx.plan(SimTime::START + alarm.period, Event::Look { pool: id, policy: 0 });
                }
                Scaling::Fixed | Scaling::Timetable(_) | Scaling::Vertical(_) => (),
            }
        }
    }

    /// A policy looks, and its controller acts.
    pub(super) fn look<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, policy: u32) {
        let now = cx.now();
        let plan = self.pool(id).plan;
        if let Scaling::Vertical(vertical) = &plan.scaling {
            return self.look_at_alarm(cx, id, vertical);
        }
        let Scaling::Group(group) = &plan.scaling else { return };
        let rule = &group.policies[policy as usize];
        if let Some(every) = rhythm(rule).1 {
            cx.plan(now + every, Event::Look { pool: id, policy });
        }
        let Some(at) = self.controllers.iter().position(|controller| controller.pool == id) else { return };
        let last = std::mem::take(&mut self.controllers[at].looks[policy as usize]);
        let warm_up = match rule {
            Policy::TargetTracking(rule) => group.warm_up_of(rule),
            Policy::QueueLength(_) | Policy::Scheduled(_) => Span::ZERO,
        };
        let metric = metric_of(rule);
        let here = self.last_look(id, now);
        let seen = Seen {
            now,
            metric: metric.and_then(|metric| self.read(metric, id, warm_up, &last, &here)),
            visible: metric.map_or(0, |metric| self.waiting_at(metric.of)),
            in_flight: metric.map_or(0, |metric| self.worked_on_at(metric.of)),
            desired: self.pool(id).levels.desired.level() as u32,
            in_service: self.pool(id).levels.ready.level() as u32,
            warm: self.pool(id).warm(warm_up, now),
            bounds: self.controllers[at].bounds,
        };
        let asked = recommend(rule, &seen);
        let controller = &mut self.controllers[at];
        let (decision, memory) = restrain(asked, &seen, group.cooldown, controller.memory);
        controller.memory = memory;
        controller.bounds = asked.bounds;
        controller.looks[policy as usize] = here;
        cx.tell(Fact::Decided { pool: id, decision });
        if decision.to != decision.from {
            self.want(cx, id, decision.to);
        }
    }

    /// The alarm of a pool that grows by bigger machines looks.
    fn look_at_alarm<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, vertical: &Vertical) {
        let (Some(alarm), now) = (&vertical.alarm, cx.now()) else { return };
        cx.plan(now + alarm.period, Event::Look { pool: id, policy: 0 });
        let Some(at) = self.controllers.iter().position(|controller| controller.pool == id) else { return };
        let here = self.last_look(id, now);
        let datapoint = self.read(alarm.metric, id, Span::ZERO, &self.controllers[at].looks[0], &here);
        self.controllers[at].looks[0] = here;
        if self.pool(id).levels.pending.level() + self.pool(id).levels.booting.level() > 0 {
            // A machine that is away for its change tells nothing of the size that it will have.
            self.controllers[at].growth.streak = Streak::default();
            return;
        }
        let growth = &mut self.controllers[at].growth;
        let (off, streak) = alarm.judge(datapoint, growth.streak);
        growth.streak = streak;
        if off && usize::from(growth.size) + 1 < vertical.sizes.len() {
            growth.size += 1;
            let size = growth.size;
            self.resize(cx, id, vertical, size);
        }
    }

    fn last_look(&self, id: NodeId, now: SimTime) -> LastLook {
        let pool = self.pool(id);
        LastLook {
            at: now,
            busy_each: pool.busy_each.iter().flatten().map(|busy| busy.integral(now)).collect(),
            busy: pool.levels.busy.integral(now),
            slots: pool.levels.slots.integral(now),
            ready: pool.levels.ready.integral(now),
            begun: pool.begun,
        }
    }

    /// Messages free to be received, or requests in line.
    fn waiting_at(&self, node: NodeId) -> u64 {
        match &self.nodes[node.index()] {
            Node::Queue(queue) => queue.visible.level(),
            Node::Pool(pool) => pool.levels.line.level(),
            Node::Balancer(_) | Node::Bucket(_) => 0,
        }
    }

    /// Messages in flight, or requests in service.
    fn worked_on_at(&self, node: NodeId) -> u64 {
        match &self.nodes[node.index()] {
            Node::Queue(queue) => queue.in_flight.level(),
            Node::Pool(pool) => pool.levels.busy.level(),
            Node::Balancer(_) | Node::Bucket(_) => 0,
        }
    }

    /// A metric's value for a pool's controller; `None` where there is no datapoint.
    fn read(&self, metric: Metric, own: NodeId, warm_up: Span, last: &LastLook, here: &LastLook) -> Option<f64> {
        let pool = self.pool(own);
        if warm_up > Span::ZERO && metric.what.is_of_workers() {
            return self.read_of_warm(metric.what, own, warm_up, last, here);
        }
        let ready = pool.levels.ready.level();
        let ratio = |part: u128, whole: u128| (whole > 0).then(|| part as f64 / whole as f64);
        match metric.what {
            Reading::Visible => Some(self.waiting_at(metric.of) as f64),
            Reading::InFlight => Some(self.worked_on_at(metric.of) as f64),
            Reading::Delayed => Some(self.queue_of(metric.of).map_or(0, |queue| queue.hidden.level()) as f64),
            Reading::Oldest => Some(self.oldest_at(metric.of, here.at).seconds()),
            Reading::Backlog => Some((self.waiting_at(metric.of) + self.worked_on_at(metric.of)) as f64),
            Reading::Cpu => ratio(here.busy - last.busy, here.slots - last.slots),
            Reading::Busy => ratio(here.busy - last.busy, here.ready - last.ready),
            Reading::RequestsPerWorker => {
                // Ready workers are in workers × nanoseconds; a minute has sixty thousand million of those.
                let minutes = (here.ready - last.ready) as f64 / (60 * SECOND) as f64;
                (minutes > 0.0).then(|| (here.begun - last.begun) as f64 / minutes)
            }
            Reading::BacklogPerInstance => (ready > 0).then(|| self.waiting_at(metric.of) as f64 / ready as f64),
            Reading::InService | Reading::Ready => Some(ready as f64),
            Reading::Desired => Some(pool.levels.desired.level() as f64),
        }
    }

    /// The average over those who were in service, and warm, since the last look; `None` where nobody was.
    fn read_of_warm(&self, what: Reading, own: NodeId, warm_up: Span, last: &LastLook, here: &LastLook) -> Option<f64> {
        let pool = self.pool(own);
        let (mut busy, mut whole) = (0u128, 0u128);
        for index in (0..pool.workers.len() as u32).filter(|&index| pool.is_warm(index, warm_up, last.at)) {
            let before = last.busy_each.get(index as usize).copied().unwrap_or(0);
            busy += here.busy_each[index as usize] - before;
            let slots = if what == Reading::Cpu { pool.slots_of(index) } else { 1 };
            whole += u128::from(slots) * u128::from((here.at - last.at).nanos());
        }
        (whole > 0).then(|| busy as f64 / whole as f64)
    }

    /// How long the oldest message has been there.
    fn oldest_at(&self, node: NodeId, now: SimTime) -> Span {
        let oldest = self.queue_of(node).and_then(|queue| queue.front());
        oldest.map_or(Span::ZERO, |message| now - self.messages[message].sent)
    }
}
