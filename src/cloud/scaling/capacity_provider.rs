//! The capacity provider of ECS: how many machines there are under tasks, by managed scaling.
//!
//! Every minute it works out the machines that are needed (M) for those that there are (N), and follows M ÷ N as target
//! tracking does (Amazon ECS developer guide, *Amazon ECS managed scaling behavior*).

use crate::cloud::scaling::decide::{Decision, Edge, Reason};
use crate::ground::time::{SimTime, Span};

/// Managed scaling over one group of like machines.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CapacityProvider {
    /// At least so many machines.
    pub min: u32,
    /// At most so many.
    pub max: u32,
    /// The share of its machines that should be in use: above 0, at most 1.
    pub target: f64,
    /// At least so many are asked for beyond those in use, where tasks wait.
    pub min_step: u32,
    /// At most so many.
    pub max_step: u32,
    /// No others are asked for while one runs for less than this.
    pub warm_up: Span,
    /// From one look to the next; above 0.
    pub every: Span,
    /// Whether machines with tasks stay (managed termination protection).
    pub protect: bool,
    /// Whether a machine that goes waits for its tasks to stop (managed draining).
    pub drain: bool,
    /// One that is down for so long is replaced; `None`: never.
    pub unready: Option<Span>,
}

/// What a capacity provider sees when it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProviderSeen<'s> {
    /// The instant of the look.
    pub now: SimTime,
    /// Machines wanted at present.
    pub desired: u32,
    /// Machines that run, without those that go.
    pub running: u32,
    /// Those of them that have tasks.
    pub in_use: u32,
    /// Whether one of them runs for less than the warm-up, or is on its way.
    pub is_warming: bool,
    /// Machines for the tasks that wait, of each group with the same requirements for itself.
    pub groups: &'s [u32],
}

/// Looks in a row at which less than the target was in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProviderMemory {
    low: u32,
}

impl CapacityProvider {
    /// The share of machines in use (Amazon ECS API reference, *ManagedScaling*, `targetCapacity`: what is recommended for no
    /// spare machines).
    pub const TARGET: f64 = 1.0;
    /// The least number of machines asked for at a time (the same page, `minimumScalingStepSize`).
    pub const MIN_STEP: u32 = 1;
    /// The greatest (the same page, `maximumScalingStepSize`).
    pub const MAX_STEP: u32 = 10_000;
    /// The warm-up (the same page, `instanceWarmupPeriod`).
    pub const WARM_UP: Span = Span::from_secs(300);
    /// From one look to the next: its metric has a datapoint a minute.
    pub const EVERY: Span = Span::from_secs(60);
    /// Datapoints below the target until machines go (the developer guide, *Managed scale-in behavior*: 15 minutes).
    const LOW: u32 = 15;
    /// The first request where there is no machine (*Managed scale-out behavior*).
    const FIRST: u32 = 2;

    /// What is documented, of up to a hundred machines.
    #[cfg(test)]
    pub const DOCUMENTED: CapacityProvider = CapacityProvider {
        min: 0,
        max: 100,
        target: CapacityProvider::TARGET,
        min_step: CapacityProvider::MIN_STEP,
        max_step: CapacityProvider::MAX_STEP,
        warm_up: CapacityProvider::WARM_UP,
        every: CapacityProvider::EVERY,
        protect: false,
        drain: true,
        unready: None,
    };

    /// M: the machines that are needed. Where tasks wait, the group that needs most decides, and the steps bound what is
    /// added to all that there are; else it is those with tasks.
    pub fn needed(&self, seen: &ProviderSeen<'_>) -> u32 {
        match seen.groups.iter().copied().max().filter(|&most| most > 0) {
            Some(most) => seen.running.saturating_add(most.min(self.max_step).max(self.min_step)),
            None => seen.in_use,
        }
    }

    /// `CapacityProviderReservation`, in per cent: 100 without any machine where none is needed, and 200 where one is.
    pub fn reservation(needed: u32, running: u32) -> f64 {
        match (needed, running) {
            (0, 0) => 100.0,
            (_, 0) => 200.0,
            _ => 100.0 * f64::from(needed) / f64::from(running),
        }
    }

    /// How many machines it wants, and why.
    pub fn look(&self, seen: &ProviderSeen<'_>, memory: ProviderMemory) -> (Decision, ProviderMemory) {
        let needed = self.needed(seen);
        let (reservation, target) = (CapacityProvider::reservation(needed, seen.running), 100.0 * self.target);
        let desired = seen.desired;
        // A billionth is the noise of binary: 90 % of 10 are 9, not 10. Without any machine nothing is too much or too little
        // as long as none is needed.
        let over = f64::from(needed) - self.target * f64::from(seen.running);
        let wanted = (f64::from(needed) / self.target - 1e-9).ceil().max(0.0) as u32;
        let followed = Reason::Target { metric: reservation, target };
        let mut edge = None;
        let mut next = ProviderMemory::default();
        let (to, asked, why) = if over > 1e-9 {
            edge = Some(Edge::High);
            let asked = match (seen.running, needed) {
                (0, _) => CapacityProvider::FIRST.max(desired),
                _ => wanted.max(desired),
            };
            if asked > desired && seen.is_warming {
                (desired, asked, Reason::UnderWay { wanted: asked })
            } else if asked > self.max {
                (self.max.max(desired), asked, Reason::AtMost { max: self.max, wanted: asked })
            } else {
                (asked, asked, followed)
            }
        } else if over < -1e-9 {
            next.low = (memory.low + 1).min(CapacityProvider::LOW);
            let asked = wanted.min(desired);
            let most = (seen.running / 2).max(1);
            if next.low < CapacityProvider::LOW || asked == desired {
                (desired, desired, Reason::Quiet)
            } else if desired > seen.running || seen.is_warming {
                (desired, asked, Reason::Warming)
            } else {
                edge = Some(Edge::Low);
                let fewer = asked.max(desired - most);
                if fewer < self.min {
                    (self.min.min(desired), asked, Reason::AtLeast { min: self.min, wanted: asked })
                } else {
                    (fewer, asked, followed)
                }
            }
        } else {
            (desired, desired, Reason::Quiet)
        };
        let base = Some(seen.running);
        let (metric, visible) = (Some(reservation), 0);
        let decision =
            Decision { at: seen.now, from: desired, to, asked, metric, visible, in_flight: 0, why, edge, base };
        (decision, next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROVIDER: CapacityProvider = CapacityProvider::DOCUMENTED;

    fn seen(running: u32, in_use: u32, groups: &[u32]) -> ProviderSeen<'_> {
        ProviderSeen { now: SimTime::START, desired: running, running, in_use, is_warming: false, groups }
    }

    /// What one look makes of it.
    fn looks(provider: CapacityProvider, seen: ProviderSeen<'_>) -> (f64, u32) {
        let (decision, _) = provider.look(&seen, ProviderMemory::default());
        (decision.metric.expect("there is always a datapoint"), decision.to)
    }

    /// The guide's own: with no machine the first request is always two, whatever is needed, and the metric is 100 where nothing
    /// is; ten machines and three more needed are 130 %, and become thirteen.
    #[test]
    fn the_metric_is_what_is_needed_to_what_runs() {
        assert_eq!(looks(PROVIDER, seen(0, 0, &[])), (100.0, 0));
        for need in [1, 2, 50] {
            assert_eq!(looks(PROVIDER, seen(0, 0, &[need])), (200.0, 2), "{need}");
        }
        assert_eq!(looks(PROVIDER, seen(10, 10, &[3])), (130.0, 13));
        // Whether some are empty is nothing to tasks that wait for others.
        assert_eq!(looks(PROVIDER, seen(10, 8, &[3])), (130.0, 13));
        assert_eq!(looks(PROVIDER, seen(10, 8, &[])).0, 80.0);
        assert_eq!(looks(PROVIDER, seen(10, 10, &[])), (100.0, 10));
    }

    /// Of groups with other requirements the one that needs most decides; the steps bound it.
    #[test]
    fn the_neediest_group_decides_within_the_steps() {
        assert_eq!(looks(PROVIDER, seen(10, 10, &[2, 5, 1])).1, 15);
        let steps = CapacityProvider { min_step: 3, max_step: 4, ..PROVIDER };
        assert_eq!([1, 3, 4, 9].map(|need| looks(steps, seen(10, 10, &[need])).1), [13, 13, 14, 14]);
    }

    /// The guide: a target of 90 % keeps a tenth of the machines free. Nine in use are ten then, and ten are 11.1, so twelve.
    #[test]
    fn a_target_below_all_keeps_some_spare() {
        let spare = CapacityProvider { target: 0.9, ..PROVIDER };
        assert_eq!(looks(spare, seen(9, 9, &[])), (100.0, 10));
        assert_eq!(looks(spare, seen(10, 9, &[])), (90.0, 10));
        assert_eq!(looks(spare, seen(10, 10, &[])), (100.0, 12));
        // Of none at all none is spare.
        assert_eq!(looks(spare, seen(0, 0, &[])), (100.0, 0));
    }

    #[test]
    fn one_young_machine_holds_up_all_others() {
        let young = ProviderSeen { is_warming: true, ..seen(2, 2, &[8]) };
        let (decision, _) = PROVIDER.look(&young, ProviderMemory::default());
        assert_eq!((decision.to, decision.why), (2, Reason::UnderWay { wanted: 10 }));
        let few = CapacityProvider { max: 12, ..PROVIDER };
        let (decision, _) = few.look(&seen(10, 10, &[5]), ProviderMemory::default());
        assert_eq!((decision.to, decision.why), (12, Reason::AtMost { max: 12, wanted: 15 }));
    }

    /// Fifteen datapoints below the target, and then half of the machines a minute at the most, one at the least; a request for
    /// more begins the count anew.
    #[test]
    fn machines_go_after_fifteen_minutes_by_halves() {
        let (mut memory, mut desired) = (ProviderMemory::default(), 16);
        let mut sizes = Vec::new();
        for _ in 0..20 {
            let (decision, next) = PROVIDER.look(&seen(desired, 0, &[]), memory);
            (memory, desired) = (next, decision.to);
            sizes.push(desired);
        }
        assert_eq!(sizes[..14], [16; 14]);
        assert_eq!(sizes[14..], [8, 4, 2, 1, 0, 0]);
        let (_, after) = PROVIDER.look(&seen(16, 16, &[1]), ProviderMemory { low: 15 });
        assert_eq!(after, ProviderMemory::default());
        let (decision, _) = PROVIDER.look(&seen(16, 8, &[]), after);
        assert_eq!(decision.to, 16);
    }

    /// Not below the minimum, and not while one of them is young.
    #[test]
    fn some_stay() {
        let ripe = ProviderMemory { low: 15 };
        let keeps = CapacityProvider { min: 3, ..PROVIDER };
        let (decision, _) = keeps.look(&seen(4, 0, &[]), ripe);
        assert_eq!((decision.to, decision.why), (3, Reason::AtLeast { min: 3, wanted: 0 }));
        let (decision, _) = PROVIDER.look(&ProviderSeen { is_warming: true, ..seen(4, 0, &[]) }, ripe);
        assert_eq!((decision.to, decision.why), (4, Reason::Warming));
    }
}
