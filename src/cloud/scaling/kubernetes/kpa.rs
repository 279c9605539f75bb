//! Knative's pod autoscaler: the average concurrency over a long window, in panic over a short one, and the way to zero.

use std::collections::VecDeque;

use crate::cloud::scaling::decide::{Decision, Reason};
use crate::cloud::scaling::kubernetes::decision;
use crate::cloud::scaling::kubernetes::why::Why;
use crate::ground::time::{SECOND, SimTime, Span};

/// A Knative pod autoscaler.
#[derive(Clone, Debug, PartialEq)]
pub struct Kpa {
    /// At least so many pods while the revision can be reached; 0 documented.
    pub min: u32,
    /// At most so many; `None`: no end.
    pub max: Option<u32>,
    /// Requests at once (or a second) that one pod can bear; above 0, 100 documented.
    pub target: f64,
    /// The share of it that is aimed at; in (0, 1], 70 % documented.
    pub share: f64,
    /// The stable window; from 6 s to 1 h, 60 s documented.
    pub window: Span,
    /// When and by which window it panics.
    pub panic: Panic,
    /// At most so many times the ready pods at one look; above 1, 1,000 documented.
    pub up_rate: f64,
    /// At least the ready pods divided by this; above 1, 2 documented.
    pub down_rate: f64,
    /// How long the activator is in the path before the last pod goes; 30 s documented.
    pub grace: Span,
    /// How long a number counts before a lower one acts; 0 documented.
    pub delay: Span,
    /// Pods that a new revision starts with; 1 documented.
    pub initial: u32,
    /// Pods that are started where any is wanted; 1 documented.
    pub activation: u32,
    /// Requests that it must be able to bear on top, else the activator stays in the path; 211 documented. `None`: any
    /// number, and the activator is always there.
    pub burst: Option<f64>,
    /// Whether the last pod may go.
    pub to_zero: bool,
    /// From one look to the next; 2 s.
    pub tick: Span,
}

/// When and by which window it panics.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Panic {
    /// The panic window; [`Kpa::panic_window`] documented.
    pub window: Span,
    /// It panics where so many times the ready pods are wanted; 2 documented.
    pub threshold: f64,
}

impl Kpa {
    /// From one look to the next.
    pub const TICK: Span = Span::from_secs(2);
    /// The panic window where nobody says it: a tenth of the stable one, in whole seconds, and at least one (Knative
    /// documentation, `panic-window-percentage`; rounded where a metric is made of it).
    pub fn panic_window(stable: Span) -> Span {
        let tenth = (stable.nanos() / 10 + SECOND / 2) / SECOND;
        Span::from_secs(tenth.max(1))
    }

    /// The least that a target may be.
    const LEAST: f64 = 0.01;

    /// What one pod should have.
    pub fn aim(&self) -> f64 {
        (self.target * self.share).max(Kpa::LEAST)
    }
}

/// What it sees at a look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KpaSeen {
    /// The instant.
    pub now: SimTime,
    /// The average over the stable window; `None`: nothing was measured yet.
    pub stable: Option<f64>,
    /// The average over the panic window.
    pub panic: Option<f64>,
    /// Pods that are ready.
    pub ready: u32,
    /// Pods that are wanted at present.
    pub replicas: u32,
    /// Whether requests can reach the revision.
    pub reachable: bool,
}

/// What it remembers from one look to the next.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KpaMemory {
    /// Since when it was last over the panic threshold; `None`: it is calm.
    pub panic: Option<SimTime>,
    /// The greatest number since it panics.
    pub most: u32,
    /// Numbers wanted within the delay, by the tick.
    pub delayed: VecDeque<(u64, u32)>,
    /// Whether the revision is active.
    pub life: Life,
    /// Since when the activator is in the path; `None`: it is not.
    pub proxied: Option<SimTime>,
    /// Whether the initial scale was reached.
    pub started: bool,
}

/// Whether a revision is active.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Life {
    /// Its first pods are on their way.
    #[default]
    Activating,
    /// Active since then.
    Active(SimTime),
    /// Inactive since then.
    Inactive(SimTime),
}

impl KpaMemory {
    /// An autoscaler that begins with so many ready pods: with more than one it begins in panic, as it may have lost its
    /// memory.
    pub fn begin(ready: u32, now: SimTime) -> KpaMemory {
        let panic = (ready > 1).then_some(now);
        let life = if ready > 0 { Life::Active(now) } else { Life::Activating };
        KpaMemory { panic, most: ready, life, started: ready > 0, ..KpaMemory::default() }
    }
}

/// What the averages ask for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wanted {
    /// How many pods; `None`: nothing is known.
    pub desired: Option<u32>,
    /// Requests that could come on top before the burst capacity is used up; negative: the activator is needed.
    pub excess: i64,
    /// Whether it panics.
    pub panics: bool,
    /// Why.
    pub why: Why,
    /// The stable average.
    pub metric: Option<f64>,
}

impl Kpa {
    /// The pods that the averages ask for.
    ///
    /// Knative documentation, *Configuring the autoscaler*: both averages over the target, each between the ready pods
    /// over the rate down and times the rate up; from the panic threshold on it panics until a stable window has passed
    /// below it, and takes none away meanwhile.
    pub fn recommend(&self, seen: &KpaSeen, mut memory: KpaMemory) -> (Wanted, KpaMemory) {
        let KpaSeen { now, ready, .. } = *seen;
        let (Some(stable), Some(panic)) = (seen.stable, seen.panic) else {
            let panics = memory.panic.is_some();
            return (Wanted { desired: None, excess: -1, panics, why: Why::NoData, metric: None }, memory);
        };
        let (pods, aim) = (f64::from(ready.max(1)), self.aim());
        // A share of 70 % is not exact in binary: a billionth of a pod is none.
        let over = |average: f64| (average / aim - 1e-9).ceil().max(0.0);
        let most = (self.up_rate * pods - 1e-9).ceil();
        let least = if seen.reachable { (pods / self.down_rate).floor() } else { 0.0 };
        let bounded = |exact: f64| {
            let pods = exact.max(least).min(most) as u32;
            if self.activation > 1 && exact > 0.0 { pods.max(self.activation) } else { pods }
        };
        let (calm, sudden) = (bounded(over(stable)), bounded(over(panic)));
        if over(panic) / pods >= self.panic.threshold {
            memory.panic = Some(now);
        } else if memory.panic.is_some_and(|since| since + self.window < now) {
            (memory.panic, memory.most) = (None, 0);
        }
        let mut why = Why::Stable { average: stable, target: aim };
        let mut desired = calm;
        if memory.panic.is_some() {
            let wanted = calm.max(sudden);
            why = Why::Panics { average: panic, target: aim, holds: wanted < memory.most };
            memory.most = memory.most.max(wanted);
            desired = memory.most;
        }
        if self.delay > Span::ZERO {
            let delayed = self.delayed(now, desired, &mut memory.delayed);
            if delayed != desired {
                why = Why::Delayed { wanted: desired };
                desired = delayed;
            }
        }
        let excess = match self.burst {
            None => -1,
            Some(0.0) => 0,
            Some(burst) => (f64::from(ready) * self.target - burst - panic).floor() as i64,
        };
        let panics = memory.panic.is_some();
        (Wanted { desired: Some(desired), excess, panics, why, metric: Some(stable) }, memory)
    }

    /// The greatest number within the delay, by ticks.
    fn delayed(&self, now: SimTime, desired: u32, within: &mut VecDeque<(u64, u32)>) -> u32 {
        let tick = self.tick.nanos().max(1);
        let at = now.nanos() / tick;
        let ticks = self.delay.nanos().div_ceil(tick);
        within.retain(|&(then, _)| then + ticks > at);
        match within.back_mut() {
            Some((then, most)) if *then == at => *most = (*most).max(desired),
            _ => within.push_back((at, desired)),
        }
        within.iter().map(|&(_, number)| number).max().unwrap_or(desired)
    }

    /// What becomes of it: within the bounds, and to zero only by the activator.
    ///
    /// Knative documentation, *Configuring scale to zero*, and its scaler: nothing wanted keeps one pod until the
    /// revision has been active for a stable window; then it is inactive, and the last pod goes once the activator has
    /// been in the path for the grace period, which may be over already.
    pub fn restrain(&self, wanted: Wanted, seen: &KpaSeen, mut memory: KpaMemory) -> (Decision, KpaMemory) {
        let KpaSeen { now, ready, replicas, .. } = *seen;
        let asked = wanted.desired.unwrap_or(replicas);
        let decided = |to, why| Decision { asked, ..decision(now, (replicas, to), wanted.metric, why) };
        let Some(desired) = wanted.desired else {
            return (decided(replicas, Reason::Kubernetes(wanted.why)), memory);
        };
        let min = if seen.reachable { self.min } else { 0 };
        memory.started |= ready >= self.initial;
        let min = if memory.started { min } else { min.max(self.initial) };
        let max = self.max.unwrap_or(u32::MAX);
        let bounded = desired.max(min).min(max);
        let why = if bounded > desired {
            Reason::AtLeast { min, wanted: desired }
        } else if bounded < desired {
            Reason::AtMost { max, wanted: desired }
        } else {
            Reason::Kubernetes(wanted.why)
        };
        let active = match memory.life {
            Life::Active(since) => Some(since),
            Life::Activating | Life::Inactive(_) => None,
        };
        if bounded > 0 {
            memory.life = if ready > 0 { Life::Active(active.unwrap_or(now)) } else { Life::Activating };
        }
        let proxied = wanted.excess < 0 || ready == 0 || bounded == 0 && matches!(memory.life, Life::Inactive(_));
        memory.proxied = if proxied { memory.proxied.or(Some(now)) } else { None };
        if bounded > 0 {
            return (decided(bounded, why), memory);
        }
        let (to, why) = self.last(replicas, now, &mut memory);
        (decided(to, why.map_or(Reason::Kubernetes(wanted.why), Reason::Kubernetes)), memory)
    }

    /// What becomes of the last pod where none is wanted.
    fn last(&self, replicas: u32, now: SimTime, memory: &mut KpaMemory) -> (u32, Option<Why>) {
        if !self.to_zero {
            return (1, Some(Why::NeverZero));
        }
        match memory.life {
            Life::Activating => (replicas, None),
            Life::Active(since) => {
                let until = since + self.window;
                if now < until {
                    return (1, Some(Why::StillActive { left: until - now }));
                }
                memory.life = Life::Inactive(now);
                memory.proxied = memory.proxied.or(Some(now));
                (replicas, Some(Why::Proxying { left: self.left(now, memory) }))
            }
            Life::Inactive(since) => {
                let left = self.left(now, memory);
                if left == Span::ZERO || since + self.grace <= now {
                    return (0, None);
                }
                (replicas, Some(Why::Proxying { left }))
            }
        }
    }

    /// How much longer the activator must be in the path.
    fn left(&self, now: SimTime, memory: &KpaMemory) -> Span {
        let until = memory.proxied.unwrap_or(now) + self.grace;
        if now < until { until - now } else { Span::ZERO }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::time::SECOND;

    fn kpa() -> Kpa {
        Kpa {
            min: 0,
            max: None,
            target: 100.0,
            share: 0.7,
            window: Span::from_secs(60),
            panic: Panic { window: Span::from_secs(6), threshold: 2.0 },
            up_rate: 1_000.0,
            down_rate: 2.0,
            grace: Span::from_secs(30),
            delay: Span::ZERO,
            initial: 1,
            activation: 1,
            burst: Some(211.0),
            to_zero: true,
            tick: Kpa::TICK,
        }
    }

    fn at(second: u64) -> SimTime {
        SimTime::from_nanos(second * SECOND)
    }

    fn seen(second: u64, stable: f64, panic: f64, ready: u32) -> KpaSeen {
        let (stable, panic) = (Some(stable), Some(panic));
        KpaSeen { now: at(second), stable, panic, ready, replicas: ready, reachable: true }
    }

    fn wanted(kpa: &Kpa, seen: KpaSeen) -> (Option<u32>, bool) {
        let (wanted, _) = kpa.recommend(&seen, KpaMemory::default());
        (wanted.desired, wanted.panics)
    }

    /// Facts on worked values: target 70, 1 ready, panic average 300 is 5, in panic as 5 ≥ 2.
    #[test]
    fn three_hundred_at_seventy_ask_for_five_in_panic() {
        assert_eq!(wanted(&kpa(), seen(0, 50.0, 300.0, 1)), (Some(5), true));
    }

    /// Both sides of the threshold: 2 wanted of 1, 3 and 4 of 2.
    #[test]
    fn it_panics_from_the_threshold_on() {
        assert_eq!(wanted(&kpa(), seen(0, 70.0, 70.0, 1)), (Some(1), false));
        assert_eq!(wanted(&kpa(), seen(0, 70.0, 70.1, 1)), (Some(2), true));
        assert_eq!(wanted(&kpa(), seen(0, 70.0, 210.0, 2)), (Some(1), false));
        assert_eq!(wanted(&kpa(), seen(0, 70.0, 210.1, 2)), (Some(4), true));
    }

    /// Both rates: at most ten times the ready pods, at least half of them, and less only where nobody can reach them.
    #[test]
    fn a_look_changes_no_more_than_the_rates_allow() {
        let ten = Kpa { up_rate: 10.0, ..kpa() };
        assert_eq!(wanted(&ten, seen(0, 7_000.0, 70.0, 2)).0, Some(20));
        assert_eq!(wanted(&ten, seen(0, 0.0, 0.0, 7)).0, Some(3));
        assert_eq!(wanted(&ten, KpaSeen { reachable: false, ..seen(0, 0.0, 0.0, 7) }).0, Some(0));
        // A rate so small that it would not add one still does.
        let slow = Kpa { up_rate: 1.1, target: 1.0, share: 1.0, ..kpa() };
        assert_eq!(wanted(&slow, seen(0, 3.0, 0.0, 2)).0, Some(3));
    }

    /// In panic nothing is taken away, until a stable window after it was last over the threshold; its very end is in it.
    #[test]
    fn panic_holds_the_greatest_number_for_a_stable_window() {
        let kpa = kpa();
        let (first, memory) = kpa.recommend(&seen(10, 100.0, 560.0, 1), KpaMemory::default());
        assert_eq!((first.desired, first.panics), (Some(8), true));
        let (held, memory) = kpa.recommend(&seen(70, 70.0, 70.0, 8), memory);
        assert_eq!((held.desired, held.panics), (Some(8), true));
        let (calm, memory) = kpa.recommend(&seen(71, 70.0, 70.0, 8), memory);
        assert_eq!((calm.desired, calm.panics, memory.most), (Some(4), false, 0));
    }

    #[test]
    fn one_that_begins_with_pods_begins_in_panic() {
        let (kpa, memory) = (kpa(), KpaMemory::begin(5, at(0)));
        assert_eq!(kpa.recommend(&seen(60, 10.0, 10.0, 5), memory.clone()).0.desired, Some(5));
        assert_eq!(kpa.recommend(&seen(61, 10.0, 10.0, 5), memory).0.desired, Some(2));
        assert_eq!(KpaMemory::begin(1, at(0)).panic, None);
    }

    #[test]
    fn activation_scale_counts_only_where_any_pod_is_wanted() {
        let kpa = Kpa { activation: 5, ..kpa() };
        assert_eq!(wanted(&kpa, seen(0, 0.0, 0.0, 0)).0, Some(0));
        assert_eq!(wanted(&kpa, seen(0, 1.0, 1.0, 0)).0, Some(5));
    }

    /// A delay of 10 s is five ticks of 2 s.
    #[test]
    fn a_lower_number_waits_for_the_delay() {
        let kpa = Kpa { delay: Span::from_secs(10), ..kpa() };
        let (first, memory) = kpa.recommend(&seen(0, 280.0, 70.0, 4), KpaMemory::default());
        assert_eq!(first.desired, Some(4));
        let (held, memory) = kpa.recommend(&seen(9, 140.0, 70.0, 4), memory);
        assert_eq!((held.desired, held.why), (Some(4), Why::Delayed { wanted: 2 }));
        assert_eq!(kpa.recommend(&seen(10, 140.0, 70.0, 4), memory).0.desired, Some(2));
    }

    /// Excess burst capacity: pods × target − burst − what is there now.
    #[test]
    fn the_activator_stays_where_a_burst_would_be_too_much() {
        let excess =
            |burst, ready| kpa_with(burst).recommend(&seen(0, 50.0, 50.0, ready), KpaMemory::default()).0.excess;
        assert_eq!([excess(Some(211.0), 2), excess(Some(211.0), 3)], [-61, 39]);
        assert_eq!([excess(Some(0.0), 0), excess(None, 9)], [0, -1]);
    }

    fn kpa_with(burst: Option<f64>) -> Kpa {
        Kpa { burst, ..kpa() }
    }

    /// From the last request to nothing: a stable window with one pod, then the grace period with the activator in the path
    /// (facts on the way to zero), which is over already where it was there before.
    #[test]
    fn the_last_pod_goes_after_a_window_and_a_grace_period() {
        let zero = |burst| {
            let kpa = kpa_with(burst);
            let mut memory = KpaMemory::begin(1, at(0));
            let mut gone = Vec::new();
            for second in (0..200).step_by(2) {
                let look = seen(second, 0.0, 0.0, 1);
                let (asked, next) = kpa.recommend(&look, memory);
                let (decision, next) = kpa.restrain(asked, &look, next);
                memory = next;
                gone.extend((decision.to == 0).then_some(second));
            }
            gone.first().copied()
        };
        // Without a burst capacity the activator comes at 60 s, and the grace period ends at 90 s.
        assert_eq!(zero(Some(0.0)), Some(90));
        // With the documented one it was in the path all the time.
        assert_eq!(zero(Some(211.0)), Some(62));
        let never = Kpa { to_zero: false, ..kpa() };
        let look = seen(500, 0.0, 0.0, 1);
        let (asked, memory) = never.recommend(&look, KpaMemory::begin(1, at(0)));
        assert_eq!(never.restrain(asked, &look, memory).0.to, 1);
    }

    #[test]
    fn bounds_hold_and_the_minimum_only_where_it_can_be_reached() {
        let kpa = Kpa { min: 2, max: Some(4), ..kpa() };
        let to = |look: KpaSeen| {
            let (asked, memory) = kpa.recommend(&look, KpaMemory { started: true, ..KpaMemory::default() });
            kpa.restrain(asked, &look, memory).0.to
        };
        assert_eq!((to(seen(0, 0.0, 0.0, 2)), to(seen(0, 700.0, 0.0, 2))), (2, 4));
        let away = KpaSeen { reachable: false, ..seen(500, 70.0, 0.0, 2) };
        assert_eq!(to(away), 1);
    }

    /// A tenth in whole seconds, rounded, and one at the least.
    #[test]
    fn the_panic_window_is_a_tenth() {
        let tenth = |seconds| Kpa::panic_window(Span::from_secs(seconds));
        let expected = [(60, 6), (54, 5), (55, 6), (6, 1), (10, 1), (3, 1)];
        for (stable, panic) in expected {
            assert_eq!(tenth(stable), Span::from_secs(panic), "{stable} s");
        }
    }

    #[test]
    fn one_that_has_pods_is_active_from_its_start() {
        let begun = |ready| KpaMemory::begin(ready, at(5));
        assert_eq!((begun(0).life, begun(0).started, begun(0).panic), (Life::Activating, false, None));
        assert_eq!((begun(1).life, begun(1).started, begun(1).panic), (Life::Active(at(5)), true, None));
        assert_eq!(begun(2).panic, Some(at(5)));
    }

    /// No fewer than the initial scale until that was reached once; then as few as are wanted. And no more than the maximum,
    /// which is told only where it holds something back.
    #[test]
    fn the_initial_scale_holds_until_it_was_reached() {
        let kpa = Kpa { initial: 3, min: 1, max: Some(4), ..kpa() };
        let ask = |desired| Wanted {
            desired: Some(desired),
            ..kpa.recommend(&seen(0, 50.0, 50.0, 1), KpaMemory::default()).0
        };
        let restrained = |desired, ready, memory| kpa.restrain(ask(desired), &seen(9, 50.0, 50.0, ready), memory);
        let (decision, memory) = restrained(1, 2, KpaMemory::default());
        assert_eq!((decision.to, decision.why), (3, Reason::AtLeast { min: 3, wanted: 1 }));
        let (decision, memory) = restrained(1, 3, memory);
        assert_eq!(decision.to, 1);
        let (decision, memory) = restrained(2, 1, memory);
        assert_eq!(decision.to, 2, "it was reached");
        assert!(matches!(decision.why, Reason::Kubernetes(_)), "{:?}", decision.why);
        let (decision, _) = restrained(9, 2, memory);
        assert_eq!((decision.to, decision.why), (4, Reason::AtMost { max: 4, wanted: 9 }));
    }
}
