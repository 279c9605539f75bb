//! A group's controller: what its policies remember from look to look, around the two pure steps.

use crate::cloud::scaling::alarm::{Condition, History, Sample, State};
use crate::cloud::scaling::decide::{Bounds, Decision, Memory, Reason, Recommendation, Seen, recommend, restrain};
use crate::cloud::scaling::metric::Population;
use crate::cloud::scaling::plan::{CooldownFrom, Group, Policy, ScaleIn};
use crate::cloud::scaling::predictive::Loads;
use crate::cloud::scaling::rhythm::Rhythm;
use crate::ground::time::{SimTime, Span};

/// What a policy remembers from one look to the next.
#[derive(Clone, Debug)]
struct Watch {
    history: History,
    high: State,
    low: State,
    /// An alarm that goes on acts again from then on.
    again_from: SimTime,
    /// After so long.
    repeat: Span,
    /// The size that it last asked for.
    need: u32,
    /// The loads that a forecast goes by.
    loads: Loads,
}

/// The workers of a group at a look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capacity {
    /// Wanted.
    pub desired: u32,
    /// In service.
    pub in_service: u32,
    /// Those of them that are warm.
    pub warm: u32,
    /// On their way.
    pub coming: u32,
    /// On their way out.
    pub terminating: u32,
    /// Since when all that was decided is done; `None` while it is not.
    pub settled: Option<SimTime>,
}

/// What came of a look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Looked {
    /// What the policy would do if nothing held it back.
    pub asked: Recommendation,
    /// What is done.
    pub decision: Decision,
    /// What the alarm for too much says, if the policy has one.
    pub high: Option<State>,
    /// What the alarm for too little says.
    pub low: Option<State>,
    /// What the two said before.
    pub before: (State, State),
}

/// What governs one group.
#[derive(Clone, Debug)]
pub struct Controller<'g> {
    group: &'g Group,
    bounds: Bounds,
    memory: Memory,
    watches: Vec<Watch>,
}

impl<'g> Controller<'g> {
    /// One that has seen nothing yet, and follows each policy's metric in its rhythm: so many samples are a datapoint, and
    /// an alarm that goes on acts so often.
    pub fn new(group: &'g Group, rhythm: impl Fn(&Policy) -> Rhythm) -> Controller<'g> {
        let state = State::InsufficientData;
        let watch = |policy: &Policy| {
            let Rhythm { per, repeat, .. } = rhythm(policy);
            let (history, loads) = (History::of(policy.range(), per), Loads::default());
            Watch { history, high: state, low: state, again_from: SimTime::START, repeat, need: 0, loads }
        };
        Controller {
            group,
            bounds: Bounds { min: group.min, max: group.max },
            memory: Memory::default(),
            watches: group.policies.iter().map(watch).collect(),
        }
    }

    /// The same with what was before: its rests, and the states of its alarms.
    pub fn remembering(mut self, memory: Memory, high: State, low: State) -> Controller<'g> {
        self.memory = memory;
        for watch in &mut self.watches {
            (watch.high, watch.low) = (high, low);
        }
        self
    }

    /// Between which sizes it may choose at present.
    pub fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// It chooses between these sizes from now on.
    pub fn set_bounds(&mut self, bounds: Bounds) {
        self.bounds = bounds;
    }

    /// Some of the group's machines are replaced: what rests after a change rests after that, too (EC2 Auto Scaling user
    /// guide, *Scaling cooldowns*: simple policies wait for health replacements in progress, and for the cooldown after
    /// them).
    pub fn replaces(&mut self) {
        if self.group.cooldown_from != CooldownFrom::Decision {
            self.memory.to_come = Some(self.group.cooldown);
        }
    }

    /// Another sample of a policy's metric.
    pub fn note(&mut self, policy: usize, sample: Sample, now: SimTime) {
        self.watches[policy].history.push(sample, now);
    }

    /// A policy looks at the datapoints that can be seen by now.
    pub fn look(&mut self, policy: usize, now: SimTime, capacity: &Capacity) -> Looked {
        let rule = &self.group.policies[policy];
        let [high, low] = rule.conditions(capacity.desired);
        let watch = &mut self.watches[policy];
        let judge = |condition: Option<Condition>, state| {
            condition.map_or(state, |condition| condition.judge(watch.history.values(now), state))
        };
        let before = (watch.high, watch.low);
        (watch.high, watch.low) = (judge(high, watch.high), judge(low, watch.low));
        let goes_on = before == (watch.high, watch.low) && now < watch.again_from;
        let newest = watch.history.newest(now);
        let (visible, in_flight) = newest.map_or((0, 0), |point| (point.visible, point.in_flight));
        let metric = match rule {
            Policy::Step(step) => {
                let of = usize::from(step.alarm.condition.window.of);
                step.statistic.of(watch.history.values(now).flatten().take(of))
            }
            _ => watch.history.values(now).next().flatten(),
        };
        let forecast = match rule {
            Policy::Predictive(rule) => {
                if let Some(value) = metric {
                    watch.loads.note(
                        now,
                        value * sharing(rule.metric.is_per_worker().then(|| rule.metric.population()), capacity),
                    );
                }
                rule.forecast(&watch.loads, now)
            }
            _ => None,
        };
        let states = (watch.high, watch.low);
        let seen = Seen {
            now,
            metric,
            visible,
            in_flight,
            desired: capacity.desired,
            in_service: capacity.in_service,
            warm: capacity.warm,
            coming: capacity.coming,
            terminating: capacity.terminating,
            is_service: self.group.service.is_some(),
            has_warm_up: self.group.warm_up.is_some(),
            high: states.0,
            low: states.1,
            others: self.others(policy),
            forecast,
            floor: self.floor(),
            settled: capacity.settled,
            bounds: self.bounds,
        };
        match rule {
            Policy::TargetTracking(rule) => self.watches[policy].need = rule.need(&seen).unwrap_or(0),
            Policy::Predictive(rule) => self.watches[policy].need = forecast.map_or(0, |load| rule.need(load)),
            Policy::QueueLength(_) | Policy::Step(_) | Policy::Simple(_) | Policy::Scheduled(_) => {}
        }
        let mut asked = recommend(rule, &seen);
        let watch = &mut self.watches[policy];
        if goes_on && asked.edge.is_some() {
            asked = Recommendation::stay(&seen, Reason::Acted);
        } else if asked.edge.is_some() {
            watch.again_from = now + watch.repeat;
        }
        let (decision, memory) = restrain(asked, &seen, self.group, self.memory);
        self.memory = memory;
        self.bounds = asked.bounds;
        Looked { asked, decision, high: high.map(|_| states.0), low: low.map(|_| states.1), before }
    }

    /// The most that a forecast of the group's policies last asked for.
    fn floor(&self) -> u32 {
        let forecasts = self.group.policies.iter().zip(&self.watches);
        let needs = forecasts.filter(|(rule, _)| matches!(rule, Policy::Predictive(_))).map(|(_, watch)| watch.need);
        needs.max().unwrap_or(0)
    }

    /// What the other policies that keep a target and may ask for fewer ask for; `None` where one wants no fewer.
    fn others(&self, policy: usize) -> Option<u32> {
        let each = self.group.policies.iter().zip(&self.watches).enumerate();
        let others = each.filter(|&(index, (rule, _))| {
            index != policy && matches!(rule, Policy::TargetTracking(rule) if rule.scale_in != ScaleIn::Off)
        });
        others
            .map(|(_, (_, watch))| (watch.low == State::Alarm).then_some(watch.need))
            .try_fold(0, |most, need| Some(most.max(need?)))
    }
}

/// By how many workers a figure of each of them becomes a load; 1 of what is a load already.
fn sharing(population: Option<Population>, capacity: &Capacity) -> f64 {
    match population {
        None => 1.0,
        Some(Population::InService) => f64::from(capacity.in_service),
        Some(Population::Warm) => f64::from(capacity.warm),
        Some(Population::Desired) => f64::from(capacity.desired),
    }
}
