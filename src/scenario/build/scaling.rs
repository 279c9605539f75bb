//! How the pools of one topology are scaled.

use crate::cloud::scaling::kubernetes::Autoscaler;
use crate::cloud::scaling::{
    Alarm, Change, Condition, CooldownFrom, Cooldowns, Entry, Factor, Group, Metric, Missing, Policy, Predictive,
    QueueLength, Ratio, Reading, ScaleIn, Scaling, Scheduled, Shrinks, Side, Simple, Size, Statistic, Step, Stride,
    TargetTracking, Vertical, Window,
};
use crate::cloud::topology::{Held, NodeId, Platform, Speed};
use crate::ground::time::{SimTime, Span};
use crate::scenario::build::fault::held;
use crate::scenario::build::kubernetes::{self, Around};
use crate::scenario::build::node::fraction;
use crate::scenario::build::{Builder, Ids, count, group, reactive};
use crate::scenario::cron::Cron;
use crate::scenario::draft::Topology;
use crate::scenario::draft::metric as draft_metric;
use crate::scenario::draft::node::Pool;
use crate::scenario::draft::quantities::{Amount, Change as DraftChange, Time, Whole};
use crate::scenario::draft::scaling as draft;
use crate::scenario::rules::{alarms, metrics};

/// The rests of an ECS service (Application Auto Scaling user guide, Define cooldown periods).
const SERVICE_COOLDOWN: Span = Span::from_secs(300);
/// From one look of a policy to the next, where the file does not say.
const PERIOD: Span = Span::from_secs(60);

impl Builder<'_> {
    pub(super) fn scaling(
        &mut self,
        ids: &Ids<'_>,
        topology: &Topology,
        name: &str,
        pool: &Pool,
        platform: &Platform,
        slots: u32,
    ) -> Scaling {
        match &pool.scaling {
            None => Scaling::Fixed,
            Some(draft::Scaling::Schedule(rows)) => {
                let mut entries: Vec<Entry> = rows
                    .iter()
                    .flat_map(|row| {
                        let workers = count(row.workers.0);
                        self.times(row.at, row.cron.as_deref()).into_iter().map(move |at| Entry { at, workers })
                    })
                    .collect();
                entries.sort_by_key(|entry| entry.at);
                Scaling::Timetable(entries)
            }
            Some(draft::Scaling::Vertical(vertical)) => {
                let (own, before) = (self.id(ids, name), self.before(ids, topology, name));
                let alarm = vertical.alarm.as_ref().map(|alarm| self.alarm(ids, alarm, own, before));
                Scaling::Vertical(self.vertical(vertical, alarm, platform, slots))
            }
            Some(draft::Scaling::Hpa(hpa)) => {
                let around = self.around(ids, topology, name);
                Scaling::Pods(Box::new(Autoscaler::Hpa(self.hpa(ids, hpa, around))))
            }
            Some(draft::Scaling::Keda(keda)) => {
                let around = self.around(ids, topology, name);
                Scaling::Pods(Box::new(Autoscaler::Keda(self.keda(ids, keda, around))))
            }
            Some(draft::Scaling::KedaJobs(jobs)) => {
                let around = self.around(ids, topology, name);
                Scaling::Pods(Box::new(Autoscaler::Jobs(self.keda_jobs(ids, jobs, around))))
            }
            Some(draft::Scaling::StartOnDemand(rule)) => Scaling::Reactive(Box::new(self.on_demand(rule))),
            Some(draft::Scaling::NPolicy(rule)) => Scaling::Reactive(Box::new(reactive::n_policy(rule))),
            Some(draft::Scaling::Hysteresis(rule)) => Scaling::Reactive(Box::new(reactive::hysteresis(rule))),
            Some(draft::Scaling::Kpa(kpa)) => Scaling::Pods(Box::new(Autoscaler::Kpa(kubernetes::kpa(kpa)))),
            Some(draft::Scaling::Asg(asg)) => Scaling::Group(self.group(ids, topology, name, pool, asg)),
            Some(draft::Scaling::EcsService(service)) => {
                Scaling::Group(self.ecs_service(ids, topology, name, pool, service))
            }
        }
    }

    /// What the metrics of a pool are of where the file does not say.
    pub(super) fn around(&mut self, ids: &Ids<'_>, topology: &Topology, name: &str) -> Around {
        Around { own: self.id(ids, name), before: self.before(ids, topology, name) }
    }

    pub(super) fn times(&mut self, at: Option<Time>, cron: Option<&str>) -> Vec<SimTime> {
        if let Some(Time(at)) = at {
            return vec![SimTime::START + at];
        }
        let length = self.sight.draft.run.length.map_or(Span::ZERO, |length| length.0);
        let instants = cron.map_or(Ok(Vec::new()), |text| Cron::read(text).and_then(|cron| cron.instants(length)));
        instants.unwrap_or_else(|why| {
            self.slip(why);
            Vec::new()
        })
    }

    /// The queue that a pool receives from, or the pool: what a queue's metric is of where the file does not say.
    pub(super) fn before(&mut self, ids: &Ids<'_>, topology: &Topology, name: &str) -> NodeId {
        let taken = |queue: &crate::scenario::draft::messages::Queue| {
            queue.to.as_ref().is_some_and(|to| to.names.iter().any(|to| to == name))
        };
        let queue = topology.queue.iter().find(|(_, queue)| taken(queue));
        self.id(ids, queue.map_or(name, |(queue, _)| queue))
    }

    fn alarm(&mut self, ids: &Ids<'_>, draft: &draft::Alarm, own: NodeId, before: NodeId) -> Alarm {
        let draft::Alarm { metric, when, points, of, period, missing } = draft;
        self.watching(ids, Watching { metric, when, points, of, period, missing }, own, before)
    }

    fn watching(&mut self, ids: &Ids<'_>, draft: Watching<'_>, own: NodeId, before: NodeId) -> Alarm {
        let (when, limit) = match draft.when {
            draft::When::Above(limit) => (Side::Above, limit),
            draft::When::AtLeast(limit) => (Side::AtLeast, limit),
            draft::When::Below(limit) => (Side::Below, limit),
            draft::When::AtMost(limit) => (Side::AtMost, limit),
        };
        let limit = metrics::limit_value(draft.metric, limit).unwrap_or_else(|why| {
            self.slip(why);
            0.0
        });
        let missing = match draft.missing {
            None | Some(draft::Treatment::Missing) => Missing::Missing,
            Some(draft::Treatment::Ignore) => Missing::Ignore,
            Some(draft::Treatment::Breaching) => Missing::Breaching,
            Some(draft::Treatment::NotBreaching) => Missing::NotBreaching,
        };
        Alarm {
            metric: self.metric(ids, draft.metric, own, before),
            condition: Condition { when, limit, window: window(*draft.points, *draft.of), missing },
            period: draft.period.map_or(PERIOD, |time| time.0),
        }
    }

    fn step_policy(&mut self, ids: &Ids<'_>, draft: &draft::Step, own: NodeId, before: NodeId) -> Step {
        let draft::Step { metric, when, points, of, period, missing, .. } = draft;
        let alarm = self.watching(ids, Watching { metric, when, points, of, period, missing }, own, before);
        let mut steps = Vec::with_capacity(draft.steps.len());
        for step in &draft.steps {
            let ends = alarms::ends(metric, step).unwrap_or_else(|why| {
                self.slip(why);
                (0.0, 0.0)
            });
            steps.push(Stride { from: ends.0, to: ends.1, change: change(step.change, step.set) });
        }
        Step {
            alarm,
            statistic: match draft.statistic {
                None | Some(draft::Statistic::Newest) => Statistic::Newest,
                Some(draft::Statistic::Average) => Statistic::Average,
                Some(draft::Statistic::Minimum) => Statistic::Minimum,
                Some(draft::Statistic::Maximum) => Statistic::Maximum,
            },
            steps,
            min_change: draft.min_change.map_or(0, |change| count(change.0)),
            warm_up: draft.warm_up.map(|time| time.0),
        }
    }

    fn simple(&mut self, ids: &Ids<'_>, draft: &draft::Simple, own: NodeId, before: NodeId) -> Simple {
        let draft::Simple { metric, when, points, of, period, missing, .. } = draft;
        Simple {
            alarm: self.watching(ids, Watching { metric, when, points, of, period, missing }, own, before),
            change: change(draft.change, draft.set),
            min_change: draft.min_change.map_or(0, |change| count(change.0)),
            cooldown: draft.cooldown.map(|time| time.0),
        }
    }

    fn vertical(&mut self, draft: &draft::Vertical, alarm: Option<Alarm>, platform: &Platform, slots: u32) -> Vertical {
        let volume = match platform {
            Platform::Ec2 { volume, .. } => *volume,
            Platform::Machine { .. } | Platform::Fargate(_) | Platform::Free => 0,
        };
        let sizes = draft.sizes.iter().map(|size| Size {
            platform: Platform::Ec2 { instance: size.instance.clone(), volume, spot: false },
            speed: size.speed.map_or(Speed::ONE, |speed| fraction(speed.0)),
            slots: size.slots.map_or(slots, |slots| count(slots.0)),
        });
        Vertical {
            sizes: sizes.collect(),
            alarm,
            at: draft
                .at
                .iter()
                .flatten()
                .map(|(time, number)| {
                    (SimTime::START + time.0, u16::try_from(number.0.saturating_sub(1)).unwrap_or(u16::MAX))
                })
                .collect(),
            change: self.law_or_none(&draft.change),
            held: draft.held.map_or(Held::Lost, held),
        }
    }

    pub(super) fn group(
        &mut self,
        ids: &Ids<'_>,
        topology: &Topology,
        name: &str,
        pool: &Pool,
        draft: &draft::Asg,
    ) -> Group {
        let min = draft.min.map_or(0, |min| count(min.0));
        let policies = self.policies(ids, topology, name, &draft.policies);
        Group {
            min,
            desired: draft.desired.map(|desired| count(desired.0)).or(workers(pool)).unwrap_or(min),
            max: count(draft.max.0),
            policies,
            cooldown: draft.cooldown.map_or(Span::ZERO, |time| time.0),
            cooldown_from: match draft.cooldown_from {
                None | Some(draft::CooldownFrom::Decision) => CooldownFrom::Decision,
                Some(draft::CooldownFrom::DrainStart) => CooldownFrom::DrainStart,
                Some(draft::CooldownFrom::DrainEnd) => CooldownFrom::DrainEnd,
            },
            warm_up: draft.warm_up.map(|time| time.0),
            lag: self.law_or_none(&draft.lag),
            care: group::care(draft),
            hooks: self.hooks(draft.hooks.as_ref()),
            warm_pool: self.warm_pool(draft.warm_pool.as_ref()),
            service: None,
        }
    }

    /// An ECS service: new tasks count as soon as they run.
    pub(super) fn ecs_service(
        &mut self,
        ids: &Ids<'_>,
        topology: &Topology,
        name: &str,
        pool: &Pool,
        draft: &draft::EcsService,
    ) -> Group {
        let min = draft.min.map_or(0, |min| count(min.0));
        let cooldown = |time: Option<Time>| time.map_or(SERVICE_COOLDOWN, |time| time.0);
        Group {
            min,
            desired: workers(pool).unwrap_or(min),
            max: count(draft.max.0),
            policies: self.policies(ids, topology, name, &draft.policies),
            warm_up: Some(Span::ZERO),
            service: Some(Cooldowns {
                out: cooldown(draft.scale_out_cooldown),
                back: cooldown(draft.scale_in_cooldown),
            }),
            ..Group::default()
        }
    }

    pub(super) fn policies(
        &mut self,
        ids: &Ids<'_>,
        topology: &Topology,
        name: &str,
        drafts: &[draft::Policy],
    ) -> Vec<Policy> {
        let own = self.id(ids, name);
        let before = self.before(ids, topology, name);
        let mut policies = Vec::new();
        for policy in drafts {
            match policy {
                draft::Policy::QueueLength(rule) => {
                    policies.push(Policy::QueueLength(self.queue_length(ids, rule, own, before)))
                }
                draft::Policy::TargetTracking(rule) => {
                    policies.push(Policy::TargetTracking(self.tracking(ids, rule, own, before)));
                }
                draft::Policy::Step(rule) => policies.push(Policy::Step(self.step_policy(ids, rule, own, before))),
                draft::Policy::Simple(rule) => policies.push(Policy::Simple(self.simple(ids, rule, own, before))),
                draft::Policy::Predictive(rule) => {
                    policies.push(Policy::Predictive(self.predictive(ids, rule, own, before)));
                }
                draft::Policy::Scheduled(rule) => {
                    let (min, desired, max) = (rule.min, rule.desired, rule.max);
                    let late = self.law_or_none(&rule.late);
                    policies.extend(self.times(rule.at, rule.cron.as_deref()).into_iter().map(|at| {
                        Policy::Scheduled(Scheduled {
                            at,
                            min: min.map(|number| count(number.0)),
                            desired: desired.map(|number| count(number.0)),
                            max: max.map(|number| count(number.0)),
                            late: late.clone(),
                        })
                    }));
                }
            }
        }
        policies
    }

    fn queue_length(&mut self, ids: &Ids<'_>, draft: &draft::QueueLength, own: NodeId, before: NodeId) -> QueueLength {
        let every = draft.every.map_or(PERIOD, |time| time.0);
        QueueLength {
            metric: match &draft.metric {
                Some(metric) => self.metric(ids, metric, own, before),
                None => Metric { what: Reading::Visible, of: before },
            },
            per_worker: draft.per_worker.map_or(1.0, |number| number.0),
            every,
            first: draft.first.map(|time| time.0),
            shrinks: match draft.shrinks {
                None | Some(draft::Shrinks::Always) => Shrinks::Always,
                Some(draft::Shrinks::WhenEmpty) => Shrinks::WhenEmpty,
            },
        }
    }

    fn tracking(
        &mut self,
        ids: &Ids<'_>,
        draft: &draft::TargetTracking,
        own: NodeId,
        before: NodeId,
    ) -> TargetTracking {
        let of_pool = |what| Metric { what, of: own };
        let (metric, target) = if let Some(share) = draft.cpu {
            (of_pool(Reading::Cpu), share.0)
        } else if let Some(number) = draft.requests_per_worker {
            (of_pool(Reading::RequestsPerWorker), number.0)
        } else if let Some(number) = draft.backlog_per_instance {
            let visible = Metric { what: Reading::Visible, of: before };
            let ratio = Ratio { of: visible, to: of_pool(Reading::InService), at_least: 0.0 };
            (Metric { what: Reading::Ratio(Box::new(ratio)), of: before }, number.0)
        } else if let (Some(metric), Some(target)) = (&draft.metric, &draft.target) {
            let target = metrics::target_value(metric, target).unwrap_or_else(|why| {
                self.slip(why);
                1.0
            });
            (self.metric(ids, metric, own, before), target)
        } else {
            self.slip("a target-tracking policy has no metric".to_owned());
            (of_pool(Reading::Cpu), 1.0)
        };
        TargetTracking {
            metric,
            target,
            period: draft.period.map_or(PERIOD, |time| time.0),
            high: draft.high.as_ref().map_or(Window::all(1), |high| window(high.points, high.of)),
            low: draft.low.as_ref().map_or(Window::all(1), |low| window(low.points, low.of)),
            factor: match draft.low.as_ref().and_then(|low| low.factor) {
                None => Factor::Share(1.0),
                Some(draft::Factor::Of(share)) => Factor::Share(share),
                Some(draft::Factor::ByCapacity) => Factor::ByCapacity,
            },
            scale_in: match draft.scale_in {
                None | Some(draft::ShrinkBy::Proportional) => ScaleIn::Proportional,
                Some(draft::ShrinkBy::One) => ScaleIn::One,
                Some(draft::ShrinkBy::Off) => ScaleIn::Off,
            },
            warm_up: draft.warm_up.map(|time| time.0),
        }
    }

    fn predictive(&mut self, ids: &Ids<'_>, draft: &draft::Predictive, own: NodeId, before: NodeId) -> Predictive {
        let per_worker = metrics::target_value(&draft.metric, &draft.per_worker).unwrap_or_else(|why| {
            self.slip(why);
            1.0
        });
        Predictive {
            metric: self.metric(ids, &draft.metric, own, before),
            per_worker,
            history: draft.history.map_or(Predictive::MOST_HISTORY, |time| time.0),
            buffer: draft.buffer.map_or(Span::ZERO, |time| time.0),
            quantile: draft.quantile.map_or(0.9, |share| share.0),
            max_buffer: draft.max_buffer.map(|share| share.0),
        }
    }
}

/// The workers at the start that a pool names.
fn workers(pool: &Pool) -> Option<u32> {
    match pool.workers {
        Some(Amount::Of(workers)) => Some(count(workers)),
        Some(Amount::Unlimited) | None => None,
    }
}

/// What an alarm watches, as the file says it.
struct Watching<'a> {
    metric: &'a draft_metric::Metric,
    when: &'a draft::When,
    points: &'a Option<Whole>,
    of: &'a Option<Whole>,
    period: &'a Option<Time>,
    missing: &'a Option<draft::Treatment>,
}

/// So many of so many datapoints; without the second, all.
fn window(points: Option<Whole>, of: Option<Whole>) -> Window {
    let short = |number: Whole| u16::try_from(number.0).unwrap_or(u16::MAX);
    let points = points.map_or(1, short);
    Window { points, of: of.map_or(points, short) }
}

fn change(change: Option<DraftChange>, set: Option<Whole>) -> Change {
    match (change, set) {
        (Some(DraftChange::By(by)), _) => Change::By(by),
        (Some(DraftChange::Percent(percent)), _) => Change::Percent(percent),
        (None, set) => Change::To(set.map_or(0, |set| count(set.0))),
    }
}
