//! Draws what sizes pools of pods.

use crate::cloud::scaling::kubernetes::{
    Autoscaler, Behavior, Fallback, Hpa, HpaMetric, JobTrigger, Jobs, Keda, Kpa, MILLI, MetricType, Mode, Panic, Rules,
    Starting, Strategy, Sum, Target, Tolerance, Trigger,
};
use crate::cloud::scaling::{Metric, Reading};
use crate::cloud::topology::NodeId;
use crate::cloud::world::audit::dice::Dice;
use crate::ground::time::Span;

impl Dice {
    /// What sizes a pool of pods that may be fed by `before`.
    pub(super) fn autoscaler(&mut self, own: NodeId, before: NodeId) -> Autoscaler {
        match self.of(4) {
            0 => {
                let metrics = (0..1 + self.of(2)).map(|_| self.hpa_metric(own, before)).collect();
                Autoscaler::Hpa(self.hpa(metrics))
            }
            1 => Autoscaler::Keda(self.keda(before)),
            2 => Autoscaler::Jobs(self.jobs(before)),
            _ => Autoscaler::Kpa(self.kpa()),
        }
    }

    fn hpa(&mut self, metrics: Vec<HpaMetric>) -> Hpa {
        let stabilisation = Span::from_secs(self.of(20));
        Hpa {
            min: self.of(2) as u32,
            max: 5,
            metrics,
            sync: Span::from_secs(5),
            tolerance: Tolerance::DOCUMENTED,
            stabilisation,
            behavior: self.one_in(2).then(|| Behavior { up: Rules::up(), down: Rules::down(stabilisation) }),
            starting: Starting { initialisation: Span::from_secs(10), readiness_delay: Span::from_secs(5) },
        }
    }

    fn hpa_metric(&mut self, own: NodeId, before: NodeId) -> HpaMetric {
        let of = |what, of| Metric { what, of };
        let (metric, target) = match self.of(4) {
            0 => (of(Reading::Cpu, own), Target::Utilisation(50)),
            1 => (of(Reading::Busy, own), Target::AverageValue(MILLI / 2)),
            2 => (of(Reading::Visible, before), Target::Value(2 * MILLI)),
            _ => (of(Reading::Backlog, before), Target::AverageValue(2 * MILLI)),
        };
        let cpu = metric.what == Reading::Cpu;
        HpaMetric { metric, target, cpu }
    }

    fn trigger(&mut self, before: NodeId) -> Trigger {
        let what = self.pick(&[Reading::Visible, Reading::Backlog, Reading::InFlight]);
        let kind = self.pick(&[MetricType::AverageValue, MetricType::Value]);
        Trigger { metric: Metric { what, of: before }, target: MILLI, kind, activation: self.pick(&[0, MILLI]) }
    }

    fn keda(&mut self, before: NodeId) -> Keda {
        let triggers: Vec<Trigger> = (0..1 + self.of(2)).map(|_| self.trigger(before)).collect();
        let of = |trigger: &Trigger| HpaMetric { metric: trigger.metric.clone(), target: trigger.target(), cpu: false };
        let metrics = triggers.iter().map(of).collect();
        let hpa = Hpa { min: 1, ..self.hpa(metrics) };
        Keda {
            min: self.of(2) as u32,
            max: 5,
            idle: None,
            poll: Span::from_secs(5),
            cooldown: Span::from_secs(self.of(20)),
            initial_cooldown: Span::from_secs(self.of(5)),
            triggers,
            fallback: self.one_in(3).then(|| Fallback {
                failures: self.of(3) as u32,
                replicas: self.of(4) as u32,
                mode: self.pick(&[Mode::Static, Mode::Current, Mode::CurrentIfHigher, Mode::CurrentIfLower]),
            }),
            hpa,
        }
    }

    fn jobs(&mut self, before: NodeId) -> Jobs {
        let triggers = (0..1 + self.of(2)).map(|_| {
            let Trigger { metric, target, activation, .. } = self.trigger(before);
            JobTrigger { metric, target, activation }
        });
        Jobs {
            triggers: triggers.collect(),
            min: self.of(2) as u32,
            max: 6,
            poll: Span::from_secs(5),
            sum: self.pick(&[Sum::Max, Sum::Min, Sum::Avg, Sum::Sum]),
            strategy: self.pick(&[
                Strategy::Default,
                Strategy::Accurate,
                Strategy::Eager,
                Strategy::Custom { deduct: 1, running: 0.5 },
            ]),
            patience: self.one_in(2).then(|| Span::from_secs(1 + self.of(6))),
        }
    }

    fn kpa(&mut self) -> Kpa {
        Kpa {
            min: self.of(2) as u32,
            max: Some(5),
            target: self.pick(&[0.5, 2.0]),
            share: 0.7,
            window: Span::from_secs(10),
            panic: Panic { window: Span::from_secs(2), threshold: 2.0 },
            up_rate: 1_000.0,
            down_rate: 2.0,
            grace: Span::from_secs(self.of(8)),
            delay: Span::from_secs(self.of(5)),
            initial: self.of(3) as u32,
            activation: 1 + self.of(2) as u32,
            burst: self.pick(&[None, Some(0.0), Some(3.0)]),
            to_zero: self.one_in(2),
            tick: Kpa::TICK,
        }
    }
}
