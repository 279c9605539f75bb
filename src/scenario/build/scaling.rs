//! How the pools of one topology are scaled.

use crate::cloud::scaling::{
    Entry, Group, Metric, Policy, QueueLength, Reading, ScaleIn, Scaling, Scheduled, Shrinks, Size, TargetTracking,
    Vertical,
};
use crate::cloud::topology::{Held, NodeId, Platform, Speed};
use crate::ground::time::{SimTime, Span};
use crate::scenario::build::node::fraction;
use crate::scenario::build::{Builder, Ids, count, held};
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
            Some(draft::Scaling::Vertical(vertical)) => Scaling::Vertical(self.vertical(vertical, platform, slots)),
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

    fn vertical(&mut self, draft: &draft::Vertical, platform: &Platform, slots: u32) -> Vertical {
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
            at: draft
                .at
                .iter()
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
        // Queues that the pool receives from: what a queue's metric is of where the file does not say.
        let before = topology
            .queue
            .iter()
            .find(|(_, queue)| queue.to.as_ref().is_some_and(|to| to.names.iter().any(|to| to == name)));
        let before = before.map_or(own, |(queue, _)| self.id(ids, queue));
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
                    policies.extend(self.times(rule.at, rule.cron.as_deref()).into_iter().map(|at| {
                        Policy::Scheduled(Scheduled {
                            at,
                            min: min.map(|number| count(number.0)),
                            desired: desired.map(|number| count(number.0)),
                            max: max.map(|number| count(number.0)),
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
