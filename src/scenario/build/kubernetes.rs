//! How pods are scaled, from the draft to the plan of the controller.

use crate::cloud::scaling::kubernetes::{
    Behavior, Fallback, Hpa, HpaMetric, JobTrigger, Jobs, Keda, Kpa, MILLI, MetricType, Mode, Panic, Rate, Rules,
    Select, Starting, Step, Strategy, Sum, Target, Tolerance, Trigger,
};
use crate::cloud::scaling::{Metric, Reading};
use crate::cloud::topology::NodeId;
use crate::ground::time::Span;
use crate::scenario::build::{Builder, Ids, count};
use crate::scenario::draft::kubernetes as draft;
use crate::scenario::draft::quantities::{Amount, Time, Whole};
use crate::scenario::rules::metrics::word;

/// Of a trigger's metric for one pod, where the file does not say (KEDA's SQS scaler, `queueLength`).
const TARGET: i64 = 5 * MILLI;

/// Which pool a metric is of where it does not say, and which queue or line before it.
#[derive(Clone, Copy)]
pub(super) struct Around {
    pub own: NodeId,
    pub before: NodeId,
}

fn span(time: Option<Time>, default: Span) -> Span {
    time.map_or(default, |time| time.0)
}

fn whole(number: Option<Whole>, default: u32) -> u32 {
    number.map_or(default, |number| count(number.0))
}

/// Per cent as a whole number of at least 1.
fn percent(percent: draft::Percent) -> u32 {
    percent.0.round().clamp(1.0, 1e9) as u32
}

fn tolerance(draft: Option<draft::Tolerance>) -> Tolerance {
    let Tolerance { up, down } = Tolerance::DOCUMENTED;
    draft.map_or(Tolerance::DOCUMENTED, |draft| Tolerance {
        up: draft.up.map_or(up, |share| share.0),
        down: draft.down.map_or(down, |share| share.0),
    })
}

fn rules(draft: Option<&draft::Rules>, default: Rules) -> Rules {
    let Some(draft) = draft else { return default };
    let rate = |rate: &draft::Rate| Rate {
        by: match (rate.pods, rate.percent) {
            (Some(pods), _) => Step::Pods(count(pods.0)),
            (None, share) => Step::Percent(whole(share, 0)),
        },
        period: rate.period.0,
    };
    Rules {
        window: span(draft.window, default.window),
        select: match draft.select {
            None | Some(draft::Select::Max) => Select::Max,
            Some(draft::Select::Min) => Select::Min,
            Some(draft::Select::Disabled) => Select::Disabled,
        },
        policies: draft.policies.as_ref().map_or(default.policies, |policies| policies.iter().map(rate).collect()),
    }
}

fn behavior(draft: Option<&draft::Behavior>, stabilisation: Span) -> Option<Behavior> {
    draft.map(|draft| Behavior {
        up: rules(draft.up.as_ref(), Rules::up()),
        down: rules(draft.down.as_ref(), Rules::down(stabilisation)),
    })
}

impl Builder<'_> {
    /// A horizontal pod autoscaler.
    pub(super) fn hpa(&mut self, ids: &Ids<'_>, draft: &draft::Hpa, around: Around) -> Hpa {
        let stabilisation = span(draft.stabilisation, Hpa::STABILISATION);
        let starting = Starting::DOCUMENTED;
        Hpa {
            min: whole(draft.min, 1),
            max: count(draft.max.0),
            metrics: draft.metrics.iter().map(|metric| self.hpa_metric(ids, metric, around)).collect(),
            sync: span(draft.sync, Hpa::SYNC),
            tolerance: tolerance(draft.tolerance),
            stabilisation,
            behavior: behavior(draft.behavior.as_ref(), stabilisation),
            starting: Starting {
                initialisation: span(draft.cpu_initialisation, starting.initialisation),
                readiness_delay: span(draft.readiness_delay, starting.readiness_delay),
            },
        }
    }

    fn hpa_metric(&mut self, ids: &Ids<'_>, draft: &draft::HpaMetric, around: Around) -> HpaMetric {
        let (metric, target) = match draft {
            draft::HpaMetric::Cpu(share) => {
                let metric = Metric { what: Reading::Cpu, of: around.own };
                return HpaMetric { metric, target: Target::Utilisation(percent(*share)), cpu: true };
            }
            draft::HpaMetric::Utilisation(draft::Utilised { metric, target, .. }) => {
                (metric, Target::Utilisation(percent(*target)))
            }
            draft::HpaMetric::Value(draft::Aim { metric, target, .. }) => (metric, Target::Value(target.0)),
            draft::HpaMetric::AverageValue(draft::Aim { metric, target, .. }) => {
                (metric, Target::AverageValue(target.0))
            }
        };
        let cpu = word(metric) == "cpu";
        HpaMetric { metric: self.metric(ids, metric, around.own, around.before), target, cpu }
    }

    fn trigger(&mut self, ids: &Ids<'_>, draft: &draft::Trigger, around: Around) -> Trigger {
        let metric = match &draft.metric {
            Some(metric) => self.metric(ids, metric, around.own, around.before),
            None => Metric { what: Reading::Backlog, of: around.before },
        };
        let target = draft.target.map_or(TARGET, |target| target.0);
        let kind = match draft.kind {
            None | Some(draft::MetricType::AverageValue) => MetricType::AverageValue,
            Some(draft::MetricType::Value) => MetricType::Value,
        };
        Trigger { metric, target, kind, activation: draft.activation.map_or(0, |activation| activation.0) }
    }

    /// A `ScaledObject`, and the HPA that it makes.
    pub(super) fn keda(&mut self, ids: &Ids<'_>, draft: &draft::Keda, around: Around) -> Keda {
        let (min, max) = (whole(draft.min, 0), whole(draft.max, Keda::MAX));
        let triggers: Vec<Trigger> = draft.triggers.iter().map(|trigger| self.trigger(ids, trigger, around)).collect();
        let of = |trigger: &Trigger| HpaMetric { metric: trigger.metric.clone(), target: trigger.target(), cpu: false };
        let stabilisation = span(draft.hpa.stabilisation, Hpa::STABILISATION);
        let hpa = Hpa {
            min: min.max(1),
            max,
            metrics: triggers.iter().map(of).collect(),
            sync: span(draft.hpa.sync, Hpa::SYNC),
            tolerance: tolerance(draft.hpa.tolerance),
            stabilisation,
            behavior: behavior(draft.hpa.behavior.as_ref(), stabilisation),
            starting: Starting::DOCUMENTED,
        };
        Keda {
            min,
            max,
            idle: draft.idle.map(|idle| count(idle.0)),
            poll: span(draft.poll, Keda::POLL),
            cooldown: span(draft.cooldown, Keda::COOLDOWN),
            initial_cooldown: span(draft.initial_cooldown, Span::ZERO),
            triggers,
            fallback: draft.fallback.map(|fallback| Fallback {
                failures: count(fallback.failures.0),
                replicas: count(fallback.replicas.0),
                mode: match fallback.mode {
                    None | Some(draft::Mode::Static) => Mode::Static,
                    Some(draft::Mode::Current) => Mode::Current,
                    Some(draft::Mode::CurrentIfHigher) => Mode::CurrentIfHigher,
                    Some(draft::Mode::CurrentIfLower) => Mode::CurrentIfLower,
                },
            }),
            hpa,
        }
    }

    /// A `ScaledJob`.
    pub(super) fn keda_jobs(&mut self, ids: &Ids<'_>, draft: &draft::KedaJobs, around: Around) -> Jobs {
        let triggers = draft.triggers.iter().map(|trigger| {
            let Trigger { metric, target, activation, .. } = self.trigger(ids, trigger, around);
            JobTrigger { metric, target, activation }
        });
        Jobs {
            min: whole(draft.min, 0),
            max: whole(draft.max, Jobs::MAX),
            poll: span(draft.poll, Jobs::POLL),
            triggers: triggers.collect(),
            sum: match draft.several {
                None | Some(draft::Several::Max) => Sum::Max,
                Some(draft::Several::Min) => Sum::Min,
                Some(draft::Several::Avg) => Sum::Avg,
                Some(draft::Several::Sum) => Sum::Sum,
            },
            strategy: match draft.strategy {
                None | Some(draft::Strategy::Default) => Strategy::Default,
                Some(draft::Strategy::Accurate) => Strategy::Accurate,
                Some(draft::Strategy::Eager) => Strategy::Eager,
                Some(draft::Strategy::Custom(draft::Custom { deduct, running })) => {
                    Strategy::Custom { deduct: whole(deduct, 0), running: running.map_or(0.0, |share| share.0) }
                }
            },
            patience: draft.patience.map(|time| time.0),
        }
    }
}

/// A Knative pod autoscaler.
pub(super) fn kpa(draft: &draft::Kpa) -> Kpa {
    let window = span(draft.window, Span::from_secs(60));
    let number = |number: Option<crate::scenario::draft::quantities::Number>, default: f64| {
        number.map_or(default, |number| number.0)
    };
    Kpa {
        min: whole(draft.min, 0),
        max: draft.max.map(|max| count(max.0)),
        target: number(draft.target, 100.0),
        share: draft.target_share.map_or(0.7, |share| share.0),
        window,
        panic: Panic {
            window: span(draft.panic.window, Kpa::panic_window(window)),
            threshold: draft.panic.threshold.map_or(2.0, |threshold| threshold.0 / 100.0),
        },
        up_rate: number(draft.up_rate, 1_000.0),
        down_rate: number(draft.down_rate, 2.0),
        grace: span(draft.grace, Span::from_secs(30)),
        delay: span(draft.delay, Span::ZERO),
        initial: whole(draft.initial, 1),
        activation: whole(draft.activation, 1),
        burst: match draft.burst {
            None => Some(211.0),
            Some(Amount::Of(burst)) => Some(burst as f64),
            Some(Amount::Unlimited) => None,
        },
        to_zero: draft.to_zero.unwrap_or(true),
        tick: Kpa::TICK,
    }
}
