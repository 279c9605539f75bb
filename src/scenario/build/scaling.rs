//! How the pools of one topology are scaled.

use crate::cloud::scaling::{
    Alarm, Entry, Group, Metric, Policy, QueueLength, Reading, ScaleIn, Scaling, Scheduled, Shrinks, Side, Size,
    TargetTracking, Vertical,
};
use crate::cloud::topology::{Held, NodeId, Platform, Speed};
use crate::ground::time::{SimTime, Span};
use crate::scenario::build::fault::held;
use crate::scenario::build::node::fraction;
use crate::scenario::build::{Builder, Ids, count};
use crate::scenario::cron::Cron;
use crate::scenario::draft::Topology;
use crate::scenario::draft::node::Pool;
use crate::scenario::draft::quantities::{Amount, Time};
use crate::scenario::draft::scaling as draft;
use crate::scenario::rules::tracking;

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
            Some(draft::Scaling::Asg(asg)) => Scaling::Group(self.group(ids, topology, name, pool, asg)),
        }
    }

    fn times(&mut self, at: Option<Time>, cron: Option<&str>) -> Vec<SimTime> {
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
    fn before(&mut self, ids: &Ids<'_>, topology: &Topology, name: &str) -> NodeId {
        let taken = |queue: &crate::scenario::draft::node::Queue| {
            queue.to.as_ref().is_some_and(|to| to.names.iter().any(|to| to == name))
        };
        let queue = topology.queue.iter().find(|(_, queue)| taken(queue));
        self.id(ids, queue.map_or(name, |(queue, _)| queue))
    }

    fn alarm(&mut self, ids: &Ids<'_>, draft: &draft::Alarm, own: NodeId, before: NodeId) -> Alarm {
        let (when, limit) = match &draft.when {
            draft::When::Above(limit) => (Side::Above, limit),
            draft::When::AtLeast(limit) => (Side::AtLeast, limit),
            draft::When::Below(limit) => (Side::Below, limit),
            draft::When::AtMost(limit) => (Side::AtMost, limit),
        };
        let limit = tracking::limit_value(&draft.metric, limit).unwrap_or_else(|why| {
            self.slip(why);
            0.0
        });
        Alarm {
            metric: self.metric(ids, &draft.metric, own, before),
            when,
            limit,
            points: draft.points.map_or(1, |points| count(points.0)),
            period: draft.period.map_or(PERIOD, |time| time.0),
        }
    }

    fn vertical(&mut self, draft: &draft::Vertical, alarm: Option<Alarm>, platform: &Platform, slots: u32) -> Vertical {
        let volume = match platform {
            Platform::Ec2 { volume, .. } => *volume,
            Platform::Machine { .. } | Platform::Free => 0,
        };
        let sizes = draft.sizes.iter().map(|size| Size {
            platform: Platform::Ec2 { instance: size.instance.clone(), volume },
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

    fn group(&mut self, ids: &Ids<'_>, topology: &Topology, name: &str, pool: &Pool, draft: &draft::Asg) -> Group {
        let min = draft.min.map_or(0, |min| count(min.0));
        let workers = match pool.workers {
            Some(Amount::Of(workers)) => Some(count(workers)),
            Some(Amount::Unlimited) | None => None,
        };
        let own = self.id(ids, name);
        let before = self.before(ids, topology, name);
        let mut policies = Vec::new();
        for policy in &draft.policies {
            match policy {
                draft::Policy::QueueLength(rule) => {
                    policies.push(Policy::QueueLength(self.queue_length(ids, rule, own, before)))
                }
                draft::Policy::TargetTracking(rule) => {
                    policies.push(Policy::TargetTracking(self.tracking(ids, rule, own, before)));
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
        Group {
            min,
            desired: draft.desired.map(|desired| count(desired.0)).or(workers).unwrap_or(min),
            max: count(draft.max.0),
            policies,
            cooldown: draft.cooldown.map_or(Span::ZERO, |time| time.0),
            warm_up: draft.warm_up.map(|time| time.0),
        }
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
            first: draft.first.map_or(every, |time| time.0),
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
            (Metric { what: Reading::BacklogPerInstance, of: before }, number.0)
        } else if let (Some(metric), Some(target)) = (&draft.metric, &draft.target) {
            let target = tracking::target_value(metric, target).unwrap_or_else(|why| {
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
            scale_in: match draft.scale_in {
                None | Some(draft::ShrinkBy::Proportional) => ScaleIn::Proportional,
                Some(draft::ShrinkBy::One) => ScaleIn::One,
                Some(draft::ShrinkBy::Off) => ScaleIn::Off,
            },
            warm_up: draft.warm_up.map(|time| time.0),
        }
    }

    fn metric(&mut self, ids: &Ids<'_>, draft: &draft::Metric, own: NodeId, before: NodeId) -> Metric {
        let what = match draft {
            draft::Metric::Visible(_) => Reading::Visible,
            draft::Metric::InFlight(_) => Reading::InFlight,
            draft::Metric::Delayed(_) => Reading::Delayed,
            draft::Metric::Oldest(_) => Reading::Oldest,
            draft::Metric::Backlog(_) => Reading::Backlog,
            draft::Metric::Cpu(_) => Reading::Cpu,
            draft::Metric::Busy(_) => Reading::Busy,
            draft::Metric::RequestsPerWorker(_) => Reading::RequestsPerWorker,
        };
        let of = match tracking::node_of(draft) {
            Some(name) => self.id(ids, name),
            None if tracking::of_queue(draft) => before,
            None => own,
        };
        Metric { what, of }
    }
}
