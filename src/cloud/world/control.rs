//! Controllers: they look at a metric, ask a pure policy, and have the hands to act on what was decided.

use crate::cloud::event::Event;
use crate::cloud::fact::Fact;
use crate::cloud::scaling::decide::{recommend, restrain};
use crate::cloud::scaling::{
    Alarm, Bounds, Condition, CooldownFrom, Group, History, Loads, Memory, Policy, Population, Predictive, ScaleIn,
    Scaling, Seen, State, Vertical,
};
use crate::cloud::topology::{NodeId, NodeKind, Topology};
use crate::cloud::world::World;
use crate::cloud::world::metrics::LastLook;
use crate::cloud::world::pods::{self, Memories};
use crate::engine::{Context, Observer};
use crate::ground::time::{SimTime, Span};

/// What governs one pool.
#[derive(Debug)]
pub(super) struct Controller {
    pub(super) pool: NodeId,
    bounds: Bounds,
    memory: Memory,
    /// The size that its machines have or will have: for those that grow.
    pub(super) size: u16,
    /// What each policy remembers.
    pub(super) watches: Vec<Watch>,
    /// What it remembers where it sizes pods.
    pub(super) pods: Memories,
}

/// What a policy remembers from one look to the next.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    pub(super) last: LastLook,
    pub(super) history: History,
    high: State,
    low: State,
    /// The size that it last asked for.
    need: u32,
    /// The loads that a forecast goes by.
    loads: Loads,
}

impl Watch {
    fn of(range: usize) -> Watch {
        let state = State::InsufficientData;
        let (last, loads) = (LastLook::default(), Loads::default());
        Watch { last, history: History::of(range), high: state, low: state, need: 0, loads }
    }
}

/// The controllers of a topology, in the order of its pools.
pub(super) fn controllers(topology: &Topology) -> Vec<Controller> {
    let groups = topology.nodes.iter().enumerate().filter_map(|(index, node)| match &node.kind {
        NodeKind::Pool(pool) => {
            let of = |bounds, watches| Controller {
                pool: NodeId::at(index),
                bounds,
                memory: Memory::default(),
                size: 0,
                watches,
                pods: Memories::default(),
            };
            match &pool.scaling {
                Scaling::Group(group) => {
                    let watches = group.policies.iter().map(|policy| Watch::of(policy.range()));
                    Some(of(Bounds { min: group.min, max: group.max }, watches.collect()))
                }
                Scaling::Vertical(Vertical { alarm: Some(alarm), .. }) => {
                    let watch = Watch::of(alarm.condition.window.range());
                    Some(of(Bounds { min: 0, max: u32::MAX }, vec![watch]))
                }
                Scaling::Pods(autoscaler) => {
                    let watches = vec![Watch::of(1); pods::readings(autoscaler)];
                    let controller = of(Bounds { min: 0, max: u32::MAX }, watches);
                    Some(Controller { pods: Memories::of(autoscaler), ..controller })
                }
                Scaling::Fixed | Scaling::Timetable(_) | Scaling::Vertical(_) => None,
            }
        }
        _ => None,
    });
    groups.collect()
}

impl World<'_> {
    /// Between which sizes a pool's controller may choose at present.
    pub(super) fn bounds_of(&self, id: NodeId) -> Option<Bounds> {
        self.controllers.iter().find(|controller| controller.pool == id).map(|controller| controller.bounds)
    }

    /// A group replaces some of its machines: what rests after a change rests after that, too (EC2 Auto Scaling user guide,
    /// Scaling cooldowns: simple policies wait for health replacements in progress, and for the cooldown after them).
    pub(super) fn replaces(&mut self, id: NodeId) {
        let Scaling::Group(group) = &self.pool(id).plan.scaling else { return };
        if let Some(controller) = self.controllers.iter_mut().find(|controller| controller.pool == id)
            && group.cooldown_from != CooldownFrom::Decision
        {
            controller.memory.to_come = Some(group.cooldown);
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
        let seen = self.seen(at, group, policy, now);
        let controller = &mut self.controllers[at];
        match rule {
            Policy::TargetTracking(rule) => {
                controller.watches[policy as usize].need = rule.need(&seen).unwrap_or(0);
            }
            Policy::Predictive(rule) => {
                controller.watches[policy as usize].need = seen.forecast.map_or(0, |load| rule.need(load));
            }
            Policy::QueueLength(_) | Policy::Step(_) | Policy::Simple(_) | Policy::Scheduled(_) => {}
        }
        let asked = recommend(rule, &seen);
        let (decision, memory) = restrain(asked, &seen, group, controller.memory);
        controller.memory = memory;
        controller.bounds = asked.bounds;
        cx.tell(Fact::Decided { pool: id, decision });
        if decision.to != decision.from {
            self.want(cx, id, decision.to);
        }
    }

    /// What a policy sees, once its alarms have judged what there is to see.
    fn seen(&mut self, at: usize, group: &Group, policy: u32, now: SimTime) -> Seen {
        let rule = &group.policies[policy as usize];
        let id = self.controllers[at].pool;
        let desired = self.pool(id).levels.desired.level() as u32;
        let watch = &mut self.controllers[at].watches[policy as usize];
        let [high, low] = rule.conditions(desired);
        let judge = |condition: Option<Condition>, state| {
            condition.map_or(state, |condition| condition.judge(watch.history.values(now), state))
        };
        (watch.high, watch.low) = (judge(high, watch.high), judge(low, watch.low));
        let newest = watch.history.newest(now);
        let metric = match rule {
            Policy::Step(step) => {
                let of = usize::from(step.alarm.condition.window.of);
                step.statistic.of(watch.history.values(now).flatten().take(of))
            }
            _ => newest.and_then(|point| point.value),
        };
        let (visible, in_flight) = newest.map_or((0, 0), |point| (point.visible, point.in_flight));
        let (high, low) = (watch.high, watch.low);
        let forecast = self.forecast(at, group, policy, metric, now);
        let pool = self.pool(id);
        Seen {
            now,
            metric,
            visible,
            in_flight,
            desired,
            in_service: pool.levels.ready.level() as u32,
            warm: pool.warm(group.warm_up_of(rule), now),
            coming: (pool.levels.pending.level() + pool.levels.booting.level()) as u32,
            terminating: pool.levels.draining.level() as u32,
            is_service: group.service.is_some(),
            has_warm_up: group.warm_up.is_some(),
            high,
            low,
            others: self.others(at, group, policy),
            forecast,
            floor: self.floor(at, group),
            settled: self.settled(id, group),
            bounds: self.controllers[at].bounds,
        }
    }

    /// The load to be ready for, once that of this look is counted.
    fn forecast(&mut self, at: usize, group: &Group, policy: u32, metric: Option<f64>, now: SimTime) -> Option<f64> {
        let Policy::Predictive(rule) = &group.policies[policy as usize] else { return None };
        let sharing = self.sharing(self.controllers[at].pool, group, policy, now);
        let loads = &mut self.controllers[at].watches[policy as usize].loads;
        if let Some(value) = metric {
            loads.note(now, value * sharing);
        }
        rule.forecast(loads, now)
    }

    /// By how many workers a figure of each of them becomes a load; 1 of what is a load already.
    fn sharing(&self, id: NodeId, group: &Group, policy: u32, now: SimTime) -> f64 {
        let rule = &group.policies[policy as usize];
        let Some(metric) = rule.metric().filter(|metric| metric.is_per_worker()) else { return 1.0 };
        let pool = self.pool(id);
        match metric.population() {
            Population::InService => pool.levels.ready.level() as f64,
            Population::Warm => f64::from(pool.warm(group.warm_up_of(rule), now)),
            Population::Desired => pool.levels.desired.level() as f64,
        }
    }

    /// The most that a forecast of the group's policies last asked for.
    fn floor(&self, at: usize, group: &Group) -> u32 {
        let forecasts = group.policies.iter().zip(&self.controllers[at].watches);
        let needs = forecasts.filter(|(rule, _)| matches!(rule, Policy::Predictive(_))).map(|(_, watch)| watch.need);
        needs.max().unwrap_or(0)
    }

    /// What the other policies that keep a target and may ask for fewer ask for; `None` where one wants no fewer.
    fn others(&self, at: usize, group: &Group, policy: u32) -> Option<u32> {
        let watches = &self.controllers[at].watches;
        let others = group.policies.iter().zip(watches).enumerate().filter(|&(index, (rule, _))| {
            let may = matches!(rule, Policy::TargetTracking(rule) if rule.scale_in != ScaleIn::Off);
            may && index != policy as usize
        });
        others
            .map(|(_, (_, watch))| (watch.low == State::Alarm).then_some(watch.need))
            .try_fold(0, |most, need| Some(most.max(need?)))
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
        let watch = &mut controller.watches[0];
        if away {
            // A machine that is away for its change tells nothing of the size that it will have.
            watch.history.clear();
            watch.high = State::InsufficientData;
            return;
        }
        watch.high = condition.judge(watch.history.values(now), watch.high);
        if watch.high == State::Alarm {
            // Whoever acts on it waits to see what came of it.
            watch.history.clear();
            watch.high = State::InsufficientData;
            if usize::from(controller.size) + 1 < vertical.sizes.len() {
                controller.size += 1;
                let size = controller.size;
                self.resize(cx, id, vertical, size);
            }
        }
    }
}
