//! KEDA's `ScaledObject`: it takes a workload from nothing to its first replicas and back; between them, the HPA does.

use crate::cloud::scaling::decide::{Decision, Reason};
use crate::cloud::scaling::kubernetes::decision;
use crate::cloud::scaling::kubernetes::hpa::{Hpa, Target};
use crate::cloud::scaling::kubernetes::pods::Measured;
use crate::cloud::scaling::kubernetes::why::Why;
use crate::cloud::scaling::metric::Metric;
use crate::ground::time::{SimTime, Span};

/// A `ScaledObject`.
#[derive(Clone, Debug, PartialEq)]
pub struct Keda {
    /// At least so many replicas while a trigger is active; 0 documented.
    pub min: u32,
    /// At most so many; 100 documented.
    pub max: u32,
    /// So many while no trigger is active, instead of the minimum.
    pub idle: Option<u32>,
    /// From one look to the next; 30 s documented, the first at once.
    pub poll: Span,
    /// How long after the last activity the last replicas go; 300 s documented.
    pub cooldown: Span,
    /// How long after its making they stay if there was no activity yet; 0 documented.
    pub initial_cooldown: Span,
    /// What it goes by.
    pub triggers: Vec<Trigger>,
    /// What holds while triggers can't be read.
    pub fallback: Option<Fallback>,
    /// The HPA that it makes: one metric a trigger, in their order, from max(1, min) to max.
    pub hpa: Hpa,
}

/// What a `ScaledObject` goes by.
#[derive(Clone, Debug, PartialEq)]
pub struct Trigger {
    /// What is read.
    pub metric: Metric,
    /// For one replica, or as a whole, in thousandths; above 0.
    pub target: i64,
    /// What the target is for.
    pub kind: MetricType,
    /// It is active above this, in thousandths.
    pub activation: i64,
}

/// What a trigger's target is for (`metricType`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MetricType {
    /// Each of the replicas, which share what is read.
    #[default]
    AverageValue,
    /// What is read, as a whole.
    Value,
}

impl Trigger {
    /// Where the HPA has it.
    pub fn target(&self) -> Target {
        match self.kind {
            MetricType::AverageValue => Target::AverageValue(self.target),
            MetricType::Value => Target::Value(self.target),
        }
    }

    /// What the HPA would have to read to ask for so many replicas. Of a value as a whole it is nothing where none is
    /// ready: no value makes any of none.
    fn worth(&self, replicas: u32, ready: u32) -> Option<i64> {
        let all = self.target.saturating_mul(i64::from(replicas));
        match self.kind {
            MetricType::AverageValue => Some(all),
            MetricType::Value => all.checked_div(i64::from(ready)),
        }
    }
}

/// What holds while triggers can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fallback {
    /// After more failures than this in a row.
    pub failures: u32,
    /// Replicas that it stands for.
    pub replicas: u32,
    /// How they go with those that there are.
    pub mode: Mode,
}

/// How the replicas of a fallback go with those that there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Whatever there are.
    #[default]
    Static,
    /// Those that there are.
    Current,
    /// Those that there are, if they are more.
    CurrentIfHigher,
    /// Those that there are, if they are fewer.
    CurrentIfLower,
}

impl Fallback {
    /// The replicas that it stands for.
    fn of(self, current: u32) -> u32 {
        match self.mode {
            Mode::Static => self.replicas,
            Mode::Current => current,
            Mode::CurrentIfHigher => current.max(self.replicas),
            Mode::CurrentIfLower => current.min(self.replicas),
        }
    }
}

/// What KEDA sees at a look.
#[derive(Clone, Copy, Debug)]
pub struct KedaSeen<'a> {
    /// The instant.
    pub now: SimTime,
    /// When the `ScaledObject` was made.
    pub made: SimTime,
    /// Replicas wanted at present.
    pub replicas: u32,
    /// What each trigger reads, in thousandths; `None`: it can't be read.
    pub values: &'a [Option<i64>],
}

/// What KEDA remembers from one look to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KedaMemory {
    /// When a trigger was last seen active.
    pub active: Option<SimTime>,
    /// How often in a row the HPA could not be told each trigger.
    pub failures: Vec<u32>,
}

impl Keda {
    /// From one look to the next (`pollingInterval`).
    pub const POLL: Span = Span::from_secs(30);
    /// How long after the last activity the last replicas go (`cooldownPeriod`).
    pub const COOLDOWN: Span = Span::from_secs(300);
    /// At most so many (`maxReplicaCount`).
    pub const MAX: u32 = 100;

    /// What KEDA itself does at a look: the way from nothing and back.
    ///
    /// KEDA documentation, *ScaledObject specification*: a cooldown that is just over does not yet count; without any
    /// activity yet, the initial cooldown since it was made does. Where a trigger can't be read and none is active,
    /// nothing changes without a fallback.
    pub fn look(&self, seen: &KedaSeen<'_>, memory: KedaMemory) -> (Decision, KedaMemory) {
        let KedaSeen { now, replicas, .. } = *seen;
        let active = |(trigger, value): (&Trigger, &Option<i64>)| value.is_some_and(|value| value > trigger.activation);
        let is_active = self.triggers.iter().zip(seen.values).any(active);
        let is_unreadable = seen.values.iter().any(Option::is_none);
        let (to, why) = if is_active {
            let first = replicas == 0 || self.idle.is_some() && replicas < self.min;
            if first { (self.min.max(1), Why::Active) } else { (replicas, Why::LeftToHpa) }
        } else if is_unreadable && self.fallback.is_none_or(|fallback| fallback.replicas > 0) {
            match self.fallback {
                Some(fallback) => (fallback.of(replicas), Why::Fallback),
                None => (replicas, Why::Unreadable),
            }
        } else if self.idle.is_some_and(|idle| replicas > idle) || replicas > 0 && self.min == 0 {
            let until = memory.active.map_or(seen.made + self.initial_cooldown, |last| last + self.cooldown);
            if until < now { (self.idle.unwrap_or(0), Why::Idle) } else { (replicas, Why::Resting { until }) }
        } else if replicas < self.min && self.idle.is_none() {
            (self.min, Why::BelowMin { min: self.min })
        } else {
            (replicas, Why::NothingToDo)
        };
        let last = if is_active { Some(now) } else { memory.active };
        let metric = seen.values.first().copied().flatten().map(|value| value as f64 / 1e3);
        let decision = decision(now, (replicas, to), metric, Reason::Kubernetes(why));
        (decision, KedaMemory { active: last, ..memory })
    }

    /// What the HPA is told of the triggers: what they read, or the fallback once they have failed often enough (of a
    /// value as a whole, by the ready replicas).
    pub fn measured(
        &self,
        values: &[Option<i64>],
        (replicas, ready): (u32, u32),
        memory: KedaMemory,
    ) -> (Vec<Measured<'static>>, KedaMemory) {
        let mut failures = memory.failures;
        failures.resize(self.triggers.len(), 0);
        let each = self.triggers.iter().enumerate().map(|(at, trigger)| {
            let Some(value) = values.get(at).copied().flatten() else {
                failures[at] = failures[at].saturating_add(1);
                let fallback = self.fallback.filter(|fallback| failures[at] > fallback.failures);
                let stands_for = fallback.and_then(|fallback| trigger.worth(fallback.of(replicas), ready));
                return stands_for.map_or(Measured::Nothing, Measured::Total);
            };
            failures[at] = 0;
            Measured::Total(value)
        });
        let measured = each.collect();
        (measured, KedaMemory { failures, ..memory })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::scaling::kubernetes::hpa::{HpaMemory, HpaMetric, HpaSeen};
    use crate::cloud::scaling::kubernetes::pods::{Pod, Starting, Tolerance};
    use crate::cloud::scaling::metric::Reading;
    use crate::cloud::topology::NodeId;
    use crate::ground::time::SECOND;

    /// A queue at 5 for each replica, as the SQS scaler counts it: visible and in flight.
    fn keda() -> Keda {
        let metric = Metric { what: Reading::Backlog, of: NodeId(0) };
        let trigger = Trigger { metric: metric.clone(), target: 5_000, kind: MetricType::AverageValue, activation: 0 };
        let hpa = Hpa {
            min: 1,
            max: Keda::MAX,
            metrics: vec![HpaMetric { metric, target: Target::AverageValue(5_000), cpu: false }],
            sync: Hpa::SYNC,
            tolerance: Tolerance::DOCUMENTED,
            stabilisation: Hpa::STABILISATION,
            behavior: None,
            starting: Starting::DOCUMENTED,
        };
        Keda {
            min: 0,
            max: Keda::MAX,
            idle: None,
            poll: Keda::POLL,
            cooldown: Keda::COOLDOWN,
            initial_cooldown: Span::ZERO,
            triggers: vec![trigger],
            fallback: None,
            hpa,
        }
    }

    fn at(second: u64) -> SimTime {
        SimTime::from_nanos(second * SECOND)
    }

    fn look(keda: &Keda, second: u64, replicas: u32, value: Option<i64>, memory: &mut KedaMemory) -> (u32, Why) {
        let value = value.map(|value| value * 1_000);
        let seen = KedaSeen { now: at(second), made: at(0), replicas, values: &[value] };
        let (decision, next) = keda.look(&seen, memory.clone());
        *memory = next;
        let Reason::Kubernetes(why) = decision.why else { panic!("a reason of its own") };
        (decision.to, why)
    }

    /// The first replica comes with the first poll that sees more than the activation; the last goes when the cooldown since
    /// then is over, and not at its very end (facts on KEDA, and KEDA's `scaleToZero`).
    #[test]
    fn it_wakes_and_puts_to_sleep() {
        let (keda, mut memory) = (keda(), KedaMemory::default());
        assert_eq!(look(&keda, 0, 0, Some(0), &mut memory).0, 0);
        assert_eq!(look(&keda, 30, 0, Some(1), &mut memory), (1, Why::Active));
        assert_eq!(look(&keda, 60, 7, Some(3), &mut memory), (7, Why::LeftToHpa));
        assert_eq!(look(&keda, 360, 7, Some(0), &mut memory), (7, Why::Resting { until: at(360) }));
        assert_eq!(look(&keda, 361, 7, Some(0), &mut memory), (0, Why::Idle));
    }

    #[test]
    fn activation_and_minimum_and_idle_number() {
        let mut quiet = keda();
        quiet.triggers[0].activation = 10_000;
        assert_eq!(look(&quiet, 30, 0, Some(10), &mut KedaMemory::default()).0, 0);
        assert_eq!(look(&quiet, 30, 0, Some(11), &mut KedaMemory::default()).0, 1);
        let three = Keda { min: 3, ..keda() };
        assert_eq!(look(&three, 30, 0, Some(1), &mut KedaMemory::default()).0, 3);
        assert_eq!(look(&three, 30, 2, Some(0), &mut KedaMemory::default()), (3, Why::BelowMin { min: 3 }));
        assert_eq!(look(&three, 900, 5, Some(0), &mut KedaMemory::default()), (5, Why::NothingToDo));
        let idle = Keda { idle: Some(0), ..three };
        assert_eq!(look(&idle, 30, 5, Some(0), &mut KedaMemory::default()).0, 0);
        assert_eq!(look(&idle, 30, 1, Some(1), &mut KedaMemory::default()).0, 3);
    }

    /// Without any activity yet the initial cooldown since it was made counts.
    #[test]
    fn a_new_one_waits_for_its_initial_cooldown() {
        let keda = Keda { initial_cooldown: Span::from_secs(120), ..keda() };
        let of = |second| look(&keda, second, 4, Some(0), &mut KedaMemory::default()).0;
        assert_eq!((of(120), of(121)), (4, 0));
    }

    #[test]
    fn what_can_t_be_read_changes_nothing_without_a_fallback() {
        let mut with = keda();
        assert_eq!(look(&with, 900, 4, None, &mut KedaMemory::default()), (4, Why::Unreadable));
        with.fallback = Some(Fallback { failures: 3, replicas: 6, mode: Mode::Static });
        assert_eq!(look(&with, 900, 4, None, &mut KedaMemory::default()), (6, Why::Fallback));
        // The HPA is told nothing for three failures, then six times the target.
        let mut memory = KedaMemory::default();
        let mut told = Vec::new();
        for _ in 0..5 {
            let (measured, next) = with.measured(&[None], (4, 4), memory);
            memory = next;
            told.push(measured[0]);
        }
        assert_eq!(told[2..], [Measured::Nothing, Measured::Total(30_000), Measured::Total(30_000)]);
        assert_eq!(with.measured(&[Some(1)], (4, 4), memory).1.failures, [0]);
    }

    /// Facts on worked values: 0 visible and 40 in flight at 5 for each replica are 8.
    #[test]
    fn what_is_in_flight_keeps_replicas_up() {
        let keda = keda();
        let (measured, _) = keda.measured(&[Some(40_000)], (10, 10), KedaMemory::default());
        let pods = [Pod::READY; 10];
        let seen = HpaSeen { now: at(600), replicas: 10, status: 10, pods: &pods, measured: &measured };
        let asked = keda.hpa.recommend(&seen);
        assert_eq!(keda.hpa.restrain(asked, &seen, HpaMemory::of([], [], [])).0.to, 8);
    }

    /// The same queue with a target of 5 for its whole length.
    fn of_the_whole() -> Keda {
        let mut keda = keda();
        keda.triggers[0].kind = MetricType::Value;
        keda.hpa.metrics[0].target = keda.triggers[0].target();
        keda
    }

    /// Both sides of the tolerance: as many times the ready replicas as the length is above 5 (facts on metrics of the
    /// HPA, `Value`).
    #[test]
    fn a_value_as_a_whole_multiplies_those_that_are_ready() {
        let keda = of_the_whole();
        let asked = |value, pods: &[Pod]| {
            let (replicas, ready) = (pods.len() as u32, crate::cloud::scaling::kubernetes::ready(pods));
            let (measured, _) = keda.measured(&[Some(value)], (replicas, ready), KedaMemory::default());
            let seen = HpaSeen { now: at(600), replicas, status: replicas, pods, measured: &measured };
            keda.hpa.recommend(&seen).desired
        };
        let ten = [Pod::READY; 10];
        assert_eq!([4_499, 4_500, 5_500, 5_501, 20_000].map(|value| asked(value, &ten)), [9, 10, 10, 12, 40]);
        let mut half = ten;
        half[5..].iter_mut().for_each(|pod| pod.ready = None);
        assert_eq!((asked(5_000, &half), asked(10_000, &half)), (10, 10));
        // It wakes and falls asleep by its activation as any other.
        assert_eq!(look(&keda, 30, 0, Some(1), &mut KedaMemory::default()), (1, Why::Active));
    }

    /// Six replicas while four are ready are one and a half of what is aimed at; of none that is ready nothing can be said
    /// (KEDA's fallback for values).
    #[test]
    fn the_fallback_of_a_value_is_shared_by_those_that_are_ready() {
        let fallback = Some(Fallback { failures: 0, replicas: 6, mode: Mode::Static });
        let keda = Keda { fallback, ..of_the_whole() };
        let told = |ready| keda.measured(&[None], (9, ready), KedaMemory::default()).0[0];
        assert_eq!([told(4), told(1), told(0)], [Measured::Total(7_500), Measured::Total(30_000), Measured::Nothing]);
    }
}
