//! Controllers: they look at a metric, ask a pure policy, and have the hands to act on what was decided.

use crate::cloud::event::Event;
use crate::cloud::fact::Fact;
use crate::cloud::scaling::{
    Alarm, Bounds, Capacity, Controller, CooldownFrom, Group, History, Metric, Policy, Rhythm, Sample, Scaling, State,
    Vertical,
};
use crate::cloud::topology::{NodeId, NodeKind, Topology};
use crate::cloud::world::World;
use crate::cloud::world::metrics::LastLook;
use crate::cloud::world::pods::{self, Memories};
use crate::engine::{Context, Observer};
use crate::ground::chance::Key;
use crate::ground::time::{SimTime, Span};

/// How one metric is followed.
#[derive(Debug)]
pub(super) struct Watched {
    /// What was last seen of it.
    pub(super) last: LastLook,
    /// Names the chance of its samples: the same for all who read the same figure.
    pub(super) key: Key,
    /// When it is sampled and looked at.
    rhythm: Rhythm,
}

/// What governs one pool.
#[derive(Debug)]
pub(super) struct Governor<'a> {
    pub(super) pool: NodeId,
    /// The controller of a group.
    group: Option<Controller<'a>>,
    /// What is followed, by policy or by metric.
    pub(super) watched: Vec<Watched>,
    /// Of machines that grow: what their alarm sees, and says.
    alarm: (History, State),
    /// The size that those have or will have.
    pub(super) size: u16,
    /// What it remembers where it sizes pods.
    pub(super) pods: Memories,
}

impl<'a> Governor<'a> {
    /// What governs a pool, if anything does.
    fn of(topology: &Topology, key: Key, pool: NodeId, scaling: &'a Scaling) -> Option<Governor<'a>> {
        let plain = |watched: Vec<Watched>| Governor {
            pool,
            group: None,
            watched,
            alarm: (History::default(), State::InsufficientData),
            size: 0,
            pods: Memories::default(),
        };
        let own = key.named(&topology.nodes[pool.index()].name).named("metric");
        let watches = |index: usize, metric: Option<&Metric>, rhythm: Rhythm| {
            let shared = metric.map(|metric| {
                let (node, word) = metric.source();
                key.named(&topology.nodes[node.index()].name).named("metric").named(word)
            });
            Watched { last: LastLook::default(), key: shared.unwrap_or(own.nth(index as u64)), rhythm }
        };
        match scaling {
            Scaling::Group(group) => {
                let rhythm = |policy: &Policy| Rhythm::of(policy, &topology.metrics).unwrap_or_default();
                let each = group.policies.iter().enumerate();
                let watched = each.map(|(index, policy)| watches(index, policy.metric(), rhythm(policy))).collect();
                Some(Governor { group: Some(Controller::new(group, rhythm)), ..plain(watched) })
            }
            Scaling::Vertical(Vertical { alarm: Some(Alarm { metric, condition, period }), .. }) => {
                let rhythm = Rhythm::of_alarm(&topology.metrics, metric, *period);
                let history = History::of(condition.window.range(), rhythm.per);
                let alarm = (history, State::InsufficientData);
                Some(Governor { alarm, ..plain(vec![watches(0, Some(metric), rhythm)]) })
            }
            Scaling::Pods(autoscaler) => {
                let readings = 0..pods::readings(autoscaler);
                let watched = readings.map(|index| watches(index, None, Rhythm::default())).collect();
                Some(Governor { pods: Memories::of(autoscaler), ..plain(watched) })
            }
            Scaling::Fixed
            | Scaling::Timetable(_)
            | Scaling::Vertical(_)
            | Scaling::Reactive(_)
            | Scaling::Nodes(_) => None,
        }
    }

    /// The controller of a group.
    pub(super) fn group_mut(&mut self) -> Option<&mut Controller<'a>> {
        self.group.as_mut()
    }

    /// Another sample of a policy's metric.
    pub(super) fn notes(&mut self, policy: u32, sample: Sample, now: SimTime) {
        match &mut self.group {
            Some(group) => group.note(policy as usize, sample, now),
            None => self.alarm.0.push(sample, now),
        }
    }
}

/// What governs the pools of a topology, and how many environments of its functions are kept ready, in their order.
pub(super) fn controllers(topology: &Topology, key: Key) -> Vec<Governor<'_>> {
    let pools = topology.nodes.iter().enumerate().filter_map(|(index, node)| match &node.kind {
        NodeKind::Pool(pool) => Governor::of(topology, key, NodeId::at(index), &pool.scaling),
        NodeKind::Function(function) => Governor::of(topology, key, NodeId::at(index), &function.desk.scaling),
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

    /// Plans the first look at a metric, and the first sample of it.
    fn first_look<O>(&self, cx: &mut Context<'_, O>, at: usize, policy: u32) {
        let Governor { pool, watched, .. } = &self.controllers[at];
        let (pool, rhythm) = (*pool, watched[policy as usize].rhythm);
        let key = self.pool(pool).key.named("phase");
        let phase =
            if rhythm.phased { self.topology.metrics.phase.sample(&mut key.draw(u64::from(policy))) } else { 0 };
        // The phase of an alarm that is evaluated every ten seconds is one of those.
        let phase = Span::from_nanos(phase % rhythm.every.nanos().max(1));
        if let Some(sample) = rhythm.sample {
            cx.plan(SimTime::START + sample, Event::Sample { pool, policy });
        }
        cx.plan(SimTime::START + rhythm.first + phase, Event::Look { pool, policy });
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
                        let policy = policy as u32;
                        let Policy::Scheduled(rule) = rule else {
                            self.first_look(cx, at, policy);
                            continue;
                        };
                        let late = Span::from_nanos(rule.late.sample(&mut key.draw(u64::from(policy))));
                        cx.plan(rule.at + late, Event::Look { pool: id, policy });
                    }
                }
                Scaling::Vertical(Vertical { alarm: Some(_), .. }) => self.first_look(cx, at, 0),
                Scaling::Pods(autoscaler) => self.first_looks_of_pods(cx, at, autoscaler),
                Scaling::Fixed | Scaling::Timetable(_) | Scaling::Vertical(_) => (),
                Scaling::Reactive(_) | Scaling::Nodes(_) => (),
            }
        }
    }

    /// A metric that a policy follows is sampled.
    pub(super) fn sample<O>(&mut self, cx: &mut Context<'_, O>, id: NodeId, policy: u32) {
        let Some(at) = self.controllers.iter().position(|controller| controller.pool == id) else { return };
        let (metric, warm_up) = match &self.pool(id).plan.scaling {
            Scaling::Group(group) => {
                let rule = &group.policies[policy as usize];
                (rule.metric(), group.warm_up_of(rule))
            }
            Scaling::Vertical(vertical) => (vertical.alarm.as_ref().map(|alarm| &alarm.metric), Span::ZERO),
            Scaling::Fixed | Scaling::Timetable(_) | Scaling::Pods(_) => (None, Span::ZERO),
            Scaling::Reactive(_) | Scaling::Nodes(_) => (None, Span::ZERO),
        };
        let (Some(metric), Some(every)) = (metric, self.controllers[at].watched[policy as usize].rhythm.sample) else {
            return;
        };
        cx.plan(cx.now() + every, Event::Sample { pool: id, policy });
        self.observe(at, policy, metric, warm_up, cx.now());
    }

    /// Plans the next look at a metric, which takes a sample where none comes by itself.
    fn look_again<O>(
        &mut self,
        cx: &mut Context<'_, O>,
        at: usize,
        policy: u32,
        metric: Option<&Metric>,
        warm_up: Span,
    ) {
        let Some(metric) = metric else { return };
        let (pool, rhythm) = (self.controllers[at].pool, self.controllers[at].watched[policy as usize].rhythm);
        cx.plan(cx.now() + rhythm.every, Event::Look { pool, policy });
        if rhythm.sample.is_none() {
            self.observe(at, policy, metric, warm_up, cx.now());
        }
    }

    /// A policy looks, and its controller acts.
    pub(super) fn look<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, policy: u32) {
        let now = cx.now();
        let plan = self.pool(id).plan;
        if let Scaling::Nodes(_) = plan.scaling {
            return self.look_at_machines(cx, id, policy);
        }
        let Some(at) = self.controllers.iter().position(|controller| controller.pool == id) else { return };
        let group = match &plan.scaling {
            Scaling::Group(group) => group,
            Scaling::Vertical(vertical) => return self.look_at_alarm(cx, at, vertical),
            Scaling::Pods(autoscaler) => return self.look_at_pods(cx, at, autoscaler, policy),
            Scaling::Fixed | Scaling::Timetable(_) | Scaling::Reactive(_) | Scaling::Nodes(_) => return,
        };
        let rule = &group.policies[policy as usize];
        self.look_again(cx, at, policy, rule.metric(), group.warm_up_of(rule));
        let capacity = self.capacity(id, group, rule, now);
        let Some(controller) = &mut self.controllers[at].group else { return };
        let looked = controller.look(policy as usize, now, &capacity);
        let decision = looked.decision;
        cx.tell(Fact::Decided { pool: id, decision });
        if self.buses.is_some() {
            self.tells_of_alarms(cx, id, policy, &looked);
        }
        if decision.to != decision.from {
            self.want(cx, id, decision.to);
        }
    }

    /// The workers of a group, as a policy counts them.
    fn capacity(&self, id: NodeId, group: &Group, rule: &Policy, now: SimTime) -> Capacity {
        if let Some(kept) = self.kept_of(id) {
            return kept;
        }
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
    fn look_at_alarm<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, at: usize, vertical: &Vertical) {
        let (Some(Alarm { metric, condition, .. }), now) = (&vertical.alarm, cx.now()) else { return };
        let id = self.controllers[at].pool;
        self.look_again(cx, at, 0, Some(metric), Span::ZERO);
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
