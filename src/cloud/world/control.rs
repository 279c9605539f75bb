//! Controllers: they look at a metric, ask a pure policy, and have the hands to act on what was decided.

use crate::cloud::event::Event;
use crate::cloud::fact::Fact;
use crate::cloud::scaling::{
    Alarm, Bounds, Capacity, Controller, CooldownFrom, Datapoint, Group, History, Policy, Predictive, Scaling, State,
    Vertical,
};
use crate::cloud::topology::{NodeId, NodeKind, Topology};
use crate::cloud::world::World;
use crate::cloud::world::metrics::LastLook;
use crate::cloud::world::pods::{self, Memories};
use crate::engine::{Context, Observer};
use crate::ground::time::{SimTime, Span};

/// What governs one pool.
#[derive(Debug)]
pub(super) struct Governor<'a> {
    pub(super) pool: NodeId,
    /// The controller of a group.
    group: Option<Controller<'a>>,
    /// What was last seen, by policy or by metric.
    pub(super) last: Vec<LastLook>,
    /// Of machines that grow: what their alarm sees, and says.
    alarm: (History, State),
    /// The size that those have or will have.
    pub(super) size: u16,
    /// What it remembers where it sizes pods.
    pub(super) pods: Memories,
}

impl<'a> Governor<'a> {
    /// What governs a pool, if anything does.
    fn of(pool: NodeId, scaling: &'a Scaling) -> Option<Governor<'a>> {
        let plain = |seen: usize| Governor {
            pool,
            group: None,
            last: vec![LastLook::default(); seen],
            alarm: (History::default(), State::InsufficientData),
            size: 0,
            pods: Memories::default(),
        };
        match scaling {
            Scaling::Group(group) => {
                Some(Governor { group: Some(Controller::new(group)), ..plain(group.policies.len()) })
            }
            Scaling::Vertical(Vertical { alarm: Some(alarm), .. }) => {
                let history = History::of(alarm.condition.window.range());
                Some(Governor { alarm: (history, State::InsufficientData), ..plain(1) })
            }
            Scaling::Pods(autoscaler) => {
                Some(Governor { pods: Memories::of(autoscaler), ..plain(pods::readings(autoscaler)) })
            }
            Scaling::Fixed | Scaling::Timetable(_) | Scaling::Vertical(_) => None,
        }
    }

    /// Another datapoint of a policy's metric.
    pub(super) fn notes(&mut self, policy: u32, point: Datapoint, now: SimTime) {
        match &mut self.group {
            Some(group) => group.note(policy as usize, point, now),
            None => self.alarm.0.push(point, now),
        }
    }
}

/// What governs the pools of a topology, in their order.
pub(super) fn controllers(topology: &Topology) -> Vec<Governor<'_>> {
    let pools = topology.nodes.iter().enumerate().filter_map(|(index, node)| match &node.kind {
        NodeKind::Pool(pool) => Governor::of(NodeId::at(index), &pool.scaling),
        _ => None,
    });
    pools.collect()
}

impl World<'_> {
    /// Between which sizes a group's controller may choose at present.
    pub(super) fn bounds_of(&self, id: NodeId) -> Option<Bounds> {
        self.controllers.iter().find(|controller| controller.pool == id)?.group.as_ref().map(Controller::bounds)
    }

    /// A group replaces some of its machines.
    pub(super) fn replaces(&mut self, id: NodeId) {
        let governor = self.controllers.iter_mut().find(|controller| controller.pool == id);
        if let Some(group) = governor.and_then(|governor| governor.group.as_mut()) {
            group.replaces();
        }
    }

    /// When a policy first looks, and after how long again.
    fn rhythm(&self, policy: &Policy) -> (SimTime, Option<Span>) {
        let of = |metric, wanted| self.topology.metrics.rhythm(metric, wanted);
        let every = match policy {
            Policy::QueueLength(rule) => {
                let every = of(&rule.metric, rule.every);
                return (SimTime::START + of(&rule.metric, rule.first), Some(every));
            }
            Policy::TargetTracking(rule) => of(&rule.metric, rule.period),
            Policy::Step(rule) => of(&rule.alarm.metric, rule.alarm.period),
            Policy::Simple(rule) => of(&rule.alarm.metric, rule.alarm.period),
            Policy::Predictive(rule) => of(&rule.metric, Predictive::LOOK),
            Policy::Scheduled(rule) => return (rule.at, None),
        };
        (SimTime::START + every, Some(every))
    }

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
                            _ => 0,
                        };
                        let first = self.rhythm(rule).0 + Span::from_nanos(late);
                        cx.plan(first, Event::Look { pool: id, policy: policy as u32 });
                    }
                }
                Scaling::Vertical(Vertical { alarm: Some(alarm), .. }) => {
                    let every = self.topology.metrics.rhythm(&alarm.metric, alarm.period);
                    cx.plan(SimTime::START + every, Event::Look { pool: id, policy: 0 });
                }
                Scaling::Pods(autoscaler) => self.first_looks_of_pods(cx, at, autoscaler),
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
        let Some(at) = self.controllers.iter().position(|controller| controller.pool == id) else { return };
        if let Scaling::Pods(autoscaler) = &plan.scaling {
            return self.look_at_pods(cx, at, autoscaler, policy);
        }
        let Scaling::Group(group) = &plan.scaling else { return };
        let rule = &group.policies[policy as usize];
        if let Some(every) = self.rhythm(rule).1 {
            cx.plan(now + every, Event::Look { pool: id, policy });
        }
        if let Some(metric) = rule.metric() {
            self.observe(at, policy, metric, group.warm_up_of(rule), now);
        }
        let capacity = self.capacity(id, group, rule, now);
        let Some(controller) = &mut self.controllers[at].group else { return };
        let decision = controller.look(policy as usize, now, &capacity).decision;
        cx.tell(Fact::Decided { pool: id, decision });
        if decision.to != decision.from {
            self.want(cx, id, decision.to);
        }
    }

    /// The workers of a group, as a policy counts them.
    fn capacity(&self, id: NodeId, group: &Group, rule: &Policy, now: SimTime) -> Capacity {
        let pool = self.pool(id);
        let levels = &pool.levels;
        Capacity {
            desired: levels.desired.level() as u32,
            in_service: levels.ready.level() as u32,
            warm: pool.warm(group.warm_up_of(rule), now),
            coming: (levels.pending.level() + levels.booting.level()) as u32,
            terminating: levels.draining.level() as u32,
            settled: self.settled(id, group),
        }
    }

    /// Since when all that was decided is done: every machine that was asked for runs. A group takes a machine that runs
    /// for one in service, whatever still boots on it (launches end 5 to 6 s after they begin in published activity
    /// histories since 2024), so a rest shorter than the boot ends before the machine has done anything.
    fn settled(&self, id: NodeId, group: &Group) -> Option<SimTime> {
        let pool = self.pool(id);
        let drained = group.cooldown_from != CooldownFrom::DrainEnd || pool.levels.draining.level() == 0;
        let there = pool.levels.pending.level() == 0
            && self.living(id).len() as u64 == pool.levels.desired.level() + u64::from(self.spares(id));
        (there && drained).then_some(pool.stirred)
    }

    /// The alarm of a pool that grows by bigger machines looks.
    fn look_at_alarm<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, vertical: &Vertical) {
        let (Some(alarm), now) = (&vertical.alarm, cx.now()) else { return };
        let Alarm { metric, condition, period } = alarm;
        cx.plan(now + self.topology.metrics.rhythm(metric, *period), Event::Look { pool: id, policy: 0 });
        let Some(at) = self.controllers.iter().position(|controller| controller.pool == id) else { return };
        self.observe(at, 0, metric, Span::ZERO, now);
        let away = self.pool(id).levels.pending.level() + self.pool(id).levels.booting.level() > 0;
        let controller = &mut self.controllers[at];
        let (history, state) = &mut controller.alarm;
        if away {
            // A machine that is away for its change tells nothing of the size that it will have.
            history.clear();
            *state = State::InsufficientData;
            return;
        }
        *state = condition.judge(history.values(now), *state);
        if *state == State::Alarm {
            // Whoever acts on it waits to see what came of it.
            history.clear();
            *state = State::InsufficientData;
            if usize::from(controller.size) + 1 < vertical.sizes.len() {
                controller.size += 1;
                let size = controller.size;
                self.resize(cx, id, vertical, size);
            }
        }
    }
}
