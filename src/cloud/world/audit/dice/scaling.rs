//! Draws how pools are scaled, and what their controllers see.

use crate::cloud::scaling::{
    Alarm, Care, Change, Condition, CooldownFrom, Cooldowns, Entry, Factor, Group, Health, Hook, Hooks, Hysteresis,
    Maintenance, Metric, Metrics, Missing, NPolicy, OnDemand, Policy, Predictive, Prepared, QueueLength, Ratio,
    Reactive, Reading, Recorded, Rest, ScaleIn, Scaling, Scheduled, Sees, Shrinks, Side, Simple, Size, Statistic, Step,
    Stride, TargetTracking, Vertical, WarmPool, Window,
};
use crate::cloud::topology::{NodeId, Platform, Speed};
use crate::cloud::world::audit::dice::Dice;
use crate::ground::distribution::Distribution;
use crate::ground::time::{SECOND, SimTime, Span};

fn at(second: u64) -> SimTime {
    SimTime::from_nanos(second * SECOND)
}

impl Dice {
    /// What the controllers of a topology see: often everything at once, as in a textbook.
    pub(super) fn metrics(&mut self) -> Metrics {
        if self.one_in(2) {
            return Metrics::default();
        }
        Metrics {
            are_billed: false,
            period: Span::from_secs(self.of(8)),
            delay: self.law(6),
            phase: self.law(9),
            noise: 0.01,
            missing: self.pick(&[0.0, 0.3]),
            detailed: self.one_in(2),
            idle_wake: Span::from_secs(self.of(20)),
        }
    }

    /// How a pool that may be fed by `before` is scaled.
    pub(super) fn scaling(&mut self, own: NodeId, before: NodeId, workers: Option<u32>, slots: u32) -> Scaling {
        let size = |work, slots| Size { platform: Platform::Free, speed: Speed { work, time: 1 }, slots };
        match self.of(10) {
            0 => Scaling::Timetable(
                (0..6).map(|n| Entry { at: at(5 + 12 * n + self.of(8)), workers: self.of(5) as u32 }).collect(),
            ),
            1 => Scaling::Vertical(Vertical {
                sizes: vec![size(1, slots), size(2, 1 + self.of(3) as u32)],
                at: (0..6).map(|n| (at(5 + 12 * n + self.of(8)), (1 - n % 2) as u16)).collect(),
                alarm: None,
                change: self.law(3),
                held: self.held(),
            }),
            2 => Scaling::Vertical(Vertical {
                sizes: (1..4).map(|work| size(work, slots)).collect(),
                at: Vec::new(),
                alarm: Some(self.alarm(own, own)),
                change: self.law(3),
                held: self.held(),
            }),
            3..=5 => Scaling::Group(Group {
                min: self.of(2) as u32,
                desired: workers.unwrap_or(1),
                max: 5,
                policies: (0..1 + self.of(3)).map(|_| self.policy(own, before)).collect(),
                cooldown: Span::from_secs(self.of(3) * 10),
                cooldown_from: self.pick(&[CooldownFrom::Decision, CooldownFrom::DrainStart, CooldownFrom::DrainEnd]),
                warm_up: self.one_in(2).then(|| Span::from_secs(self.of(15))),
                care: Care {
                    every: self.one_in(2).then(|| Span::from_secs(5)),
                    health: self.one_in(2).then(|| Health {
                        sees: self.pick(&[Sees::Workers, Sees::Machines]),
                        grace: Span::from_secs(self.of(4)),
                        patience: Span::from_secs(self.of(6)),
                    }),
                    max_lifetime: self.one_in(4).then(|| Span::from_secs(20)),
                    maintenance: self.one_in(3).then(|| {
                        let (min_healthy, max_healthy) = self.pick(&[(90, 120), (100, 110), (50, 100), (0, 100)]);
                        Maintenance { min_healthy, max_healthy }
                    }),
                    rebalance: self.one_in(2),
                    zone_rebalance: self.one_in(2),
                },
                service: self.one_in(4).then(|| {
                    let (out, back) = (Span::from_secs(self.of(20)), Span::from_secs(self.of(20)));
                    Cooldowns { out, back }
                }),
                hooks: Hooks {
                    launching: self.one_in(3).then(|| self.hook()),
                    terminating: self.one_in(3).then(|| self.hook()),
                },
                warm_pool: self.one_in(3).then(|| self.warm_pool()),
                lag: if self.one_in(2) { self.law(5) } else { Distribution::constant(0) },
            }),
            8 => Scaling::Reactive(Box::new(self.reactive())),
            6 | 7 => Scaling::Pods(Box::new(self.autoscaler(own, before))),
            _ => Scaling::Fixed,
        }
    }

    fn reactive(&mut self) -> Reactive {
        match self.of(3) {
            0 => Reactive::OnDemand(OnDemand {
                min: self.of(2) as u32,
                max: self.one_in(2).then(|| 2 + self.of(4) as u32),
                setups: self.one_in(2).then(|| 1 + self.of(2) as u32),
                idle: if self.one_in(2) { self.law(6) } else { Distribution::constant(0) },
            }),
            1 => Reactive::NPolicy(NPolicy { n: 1 + self.of(4), max: 1 + self.of(2) as u32 }),
            _ => Reactive::Hysteresis(Hysteresis {
                min: self.of(2) as u32,
                up: (0..3).map(|n| 2 + 2 * n + self.of(2)).collect(),
                down: (0..3).map(|n| n + self.of(2)).collect(),
            }),
        }
    }

    fn hook(&mut self) -> Hook {
        Hook {
            takes: self.law(6),
            timeout: self.one_in(2).then(|| Span::from_secs(1 + self.of(5))),
            abandons: self.one_in(2),
        }
    }

    fn warm_pool(&mut self) -> WarmPool {
        WarmPool {
            size: if self.one_in(2) {
                Prepared::Just(self.of(4) as u32)
            } else {
                Prepared::UpTo { together: self.one_in(2).then_some(4), least: self.of(2) as u32 }
            },
            state: self.pick(&[Rest::Stopped, Rest::Running, Rest::Hibernated]),
            reuse: self.one_in(2),
            pending: self.one_in(2).then(|| self.law(2)),
            boot: self.one_in(2).then(|| self.law(2)),
        }
    }

    fn metric(&mut self, own: NodeId, before: NodeId) -> Metric {
        let of = |what, of| Metric { what, of };
        let queue = self.pick(&[Reading::Visible, Reading::Backlog, Reading::InFlight, Reading::Oldest]);
        let workers = self.pick(&[Reading::InService, Reading::Ready, Reading::Desired]);
        match self.of(5) {
            0 => of(Reading::Cpu, own),
            1 => of(Reading::RequestsPerWorker, own),
            2 => {
                let at_least = self.pick(&[0.0, 1.0]);
                let ratio = Ratio { of: of(queue, before), to: of(workers, own), at_least };
                of(Reading::Ratio(Box::new(ratio)), before)
            }
            3 => {
                let points = (1..12).map(|n| (at(10 * n), self.of(6) as f64));
                of(Reading::Recorded(Recorded(points.collect())), own)
            }
            _ => of(queue, before),
        }
    }

    fn window(&mut self) -> Window {
        let points = 1 + self.of(3) as u16;
        Window { points, of: points + self.of(2) as u16 }
    }

    fn alarm(&mut self, own: NodeId, before: NodeId) -> Alarm {
        Alarm {
            metric: self.metric(own, before),
            condition: Condition {
                when: self.pick(&[Side::Above, Side::AtLeast, Side::Below, Side::AtMost]),
                limit: self.pick(&[0.0, 0.5, 2.0]),
                window: self.window(),
                missing: self.pick(&[Missing::Missing, Missing::Ignore, Missing::Breaching, Missing::NotBreaching]),
            },
            period: Span::from_secs(5),
        }
    }

    fn change(&mut self) -> Change {
        self.pick(&[
            Change::By(1),
            Change::By(-1),
            Change::By(3),
            Change::Percent(50.0),
            Change::Percent(-50.0),
            Change::To(2),
        ])
    }

    fn policy(&mut self, own: NodeId, before: NodeId) -> Policy {
        match self.of(6) {
            0 => Policy::TargetTracking(TargetTracking {
                metric: self.metric(own, before),
                target: self.pick(&[0.5, 2.0]),
                period: Span::from_secs(5),
                high: self.window(),
                low: self.window(),
                factor: self.pick(&[Factor::Share(0.9), Factor::ByCapacity]),
                scale_in: self.pick(&[ScaleIn::Proportional, ScaleIn::One, ScaleIn::Off]),
                warm_up: self.one_in(3).then(|| Span::from_secs(self.of(10))),
            }),
            1 => {
                let (near, far) = (self.change(), self.change());
                Policy::Step(Step {
                    alarm: self.alarm(own, before),
                    statistic: self.pick(&[
                        Statistic::Newest,
                        Statistic::Average,
                        Statistic::Minimum,
                        Statistic::Maximum,
                    ]),
                    steps: vec![
                        Stride { from: f64::NEG_INFINITY, to: 1.0, change: near },
                        Stride { from: 1.0, to: f64::INFINITY, change: far },
                    ],
                    min_change: self.of(3) as u32,
                    warm_up: None,
                })
            }
            2 => Policy::Simple(Simple {
                alarm: self.alarm(own, before),
                change: self.change(),
                min_change: self.of(3) as u32,
                cooldown: self.one_in(2).then(|| Span::from_secs(self.of(20))),
            }),
            3 => Policy::Predictive(Predictive {
                metric: self.metric(own, before),
                per_worker: 2.0,
                history: Predictive::LEAST_HISTORY,
                buffer: Span::from_secs(300),
                quantile: 0.9,
                max_buffer: self.one_in(2).then_some(0.1),
            }),
            4 => Policy::Scheduled(Scheduled {
                at: at(5 + self.of(60)),
                min: None,
                desired: Some(self.of(5) as u32),
                max: None,
                late: self.law(5),
            }),
            _ => Policy::QueueLength(QueueLength {
                metric: Metric { what: self.pick(&[Reading::Visible, Reading::Backlog]), of: before },
                per_worker: 2.0,
                every: Span::from_secs(5),
                first: (self.of(2) == 0).then_some(Span::from_secs(5)),
                shrinks: self.pick(&[Shrinks::Always, Shrinks::WhenEmpty]),
            }),
        }
    }
}
