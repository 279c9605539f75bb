//! One decision, whole: what a controller sees, what its policy recommends, what restraint makes of it.
//!
//! Everything here is pure: no clock, no generator, no effect. The same functions serve the simulation and
//! any replay of recorded metrics.

use std::fmt;

use crate::cloud::scaling::{Policy, Scheduled, target_tracking};
use crate::ground::time::{SimTime, Span};

/// What a controller sees when it looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// The instant of the look.
    pub now: SimTime,
    /// The policy's metric; `None` where there is no datapoint.
    pub metric: Option<f64>,
    /// Messages free to be received (or requests in line) at the metric's node.
    pub visible: u64,
    /// Messages in flight (or requests in service) there.
    pub in_flight: u64,
    /// Workers wanted at present.
    pub desired: u32,
    /// Workers in service.
    pub in_service: u32,
    /// Those of them that are warm, by the policy's warm-up.
    pub warm: u32,
    /// The bounds in force.
    pub bounds: Bounds,
}

/// Between what a size may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// At least so many.
    pub min: u32,
    /// At most so many.
    pub max: u32,
}

/// What a policy would do if nothing held it back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recommendation {
    /// How many workers.
    pub desired: u32,
    /// Why so many.
    pub why: Reason,
    /// Bounds that it changes on the way.
    pub bounds: Bounds,
    /// Whether a cooldown may hold it back.
    pub rests: bool,
}

/// What a controller remembers from one look to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// No change before this instant.
    pub rest_until: SimTime,
}

/// What was decided, and why.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decision {
    /// When.
    pub at: SimTime,
    /// Workers wanted before.
    pub from: u32,
    /// Workers wanted after.
    pub to: u32,
    /// The metric that was read.
    pub metric: Option<f64>,
    /// Messages free to be received at the metric's node.
    pub visible: u64,
    /// Messages in flight there.
    pub in_flight: u64,
    /// Why.
    pub why: Reason,
}

/// Why a number of workers was wanted, or a change held back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reason {
    /// So much of the metric, at so much for one worker.
    Share {
        /// Of the metric.
        metric: f64,
        /// For one worker.
        per_worker: f64,
    },
    /// The metric against its target.
    Target {
        /// What was read.
        metric: f64,
        /// What it should be.
        target: f64,
    },
    /// Nothing visible and nothing in flight.
    Empty,
    /// Something is still visible or in flight, so it does not shrink.
    StillBusy,
    /// There was no datapoint.
    NoData,
    /// A timetable says so.
    Scheduled,
    /// Another number was wanted, but the rest after the last change is not over.
    CoolingDown {
        /// When it will be.
        until: SimTime,
        /// The number that was wanted.
        wanted: u32,
    },
    /// Fewer were wanted than the minimum.
    AtLeast {
        /// The minimum.
        min: u32,
        /// The number that was wanted.
        wanted: u32,
    },
    /// More were wanted than the maximum.
    AtMost {
        /// The maximum.
        max: u32,
        /// The number that was wanted.
        wanted: u32,
    },
}

impl Decision {
    /// The change in one word, as traces write it.
    pub fn action(&self) -> &'static str {
        match (self.why, self.from.cmp(&self.to)) {
            (Reason::CoolingDown { .. }, _) => "cooldown",
            (_, std::cmp::Ordering::Less) => "scale-out",
            (_, std::cmp::Ordering::Greater) => "scale-in",
            (_, std::cmp::Ordering::Equal) => "none",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Reason::Share { metric, per_worker } => write!(f, "{metric} at {per_worker} for each worker"),
            Reason::Target { metric, target } => write!(f, "metric {metric:.4} against a target of {target}"),
            Reason::Empty => f.write_str("nothing visible, nothing in flight"),
            Reason::StillBusy => f.write_str("messages are left, so it does not shrink"),
            Reason::NoData => f.write_str("no datapoint"),
            Reason::Scheduled => f.write_str("by timetable"),
            Reason::CoolingDown { until, wanted } => write!(f, "wanted {wanted}, but rests until {until}"),
            Reason::AtLeast { min, wanted } => write!(f, "wanted {wanted}, but {min} is the minimum"),
            Reason::AtMost { max, wanted } => write!(f, "wanted {wanted}, but {max} is the maximum"),
        }
    }
}

/// What a policy recommends for what is seen.
pub fn recommend(policy: &Policy, seen: &Seen) -> Recommendation {
    match policy {
        Policy::QueueLength(rule) => rule.recommend(seen),
        Policy::TargetTracking(rule) => target_tracking::recommend(rule, seen),
        Policy::Scheduled(rule) => scheduled(rule, seen),
    }
}

/// A timetable's line: new bounds, and the size it names or the old one within them.
///
/// Scheduled actions ignore cooldowns: they "run at the scheduled time" whatever happened before
/// (EC2 Auto Scaling user guide, *Scheduled scaling*).
fn scheduled(rule: &Scheduled, seen: &Seen) -> Recommendation {
    let bounds = Bounds { min: rule.min.unwrap_or(seen.bounds.min), max: rule.max.unwrap_or(seen.bounds.max) };
    let desired = rule.desired.unwrap_or(seen.desired);
    Recommendation { desired, why: Reason::Scheduled, bounds, rests: false }
}

/// What a recommendation becomes once bounds and cooldown have had their say.
///
/// The rest counts from the decision; a look at its very end may act. Without a change wanted nothing rests.
pub fn restrain(asked: Recommendation, seen: &Seen, cooldown: Span, memory: Memory) -> (Decision, Memory) {
    let Bounds { min, max } = asked.bounds;
    let bounded = asked.desired.max(min).min(max);
    let decided = |to, why| Decision {
        at: seen.now,
        from: seen.desired,
        to,
        metric: seen.metric,
        visible: seen.visible,
        in_flight: seen.in_flight,
        why,
    };
    let why = if bounded < asked.desired {
        Reason::AtMost { max, wanted: asked.desired }
    } else if bounded > asked.desired {
        Reason::AtLeast { min, wanted: asked.desired }
    } else {
        asked.why
    };
    if bounded == seen.desired {
        return (decided(bounded, why), memory);
    }
    if asked.rests && seen.now < memory.rest_until {
        let why = Reason::CoolingDown { until: memory.rest_until, wanted: bounded };
        return (decided(seen.desired, why), memory);
    }
    let rest_until = if asked.rests { seen.now + cooldown } else { memory.rest_until };
    (decided(bounded, why), Memory { rest_until })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::distribution::Distribution;

    fn seen(second: u64, desired: u32) -> Seen {
        Seen {
            now: SimTime::from_nanos(second * 1_000_000_000),
            metric: Some(3.0),
            visible: 3,
            in_flight: 0,
            desired,
            in_service: desired,
            warm: 0,
            bounds: Bounds { min: 1, max: 10 },
        }
    }

    fn asked(desired: u32) -> Recommendation {
        let why = Reason::Share { metric: f64::from(desired), per_worker: 1.0 };
        Recommendation { desired, why, bounds: Bounds { min: 1, max: 10 }, rests: true }
    }

    /// A tick at the very end of the cooldown may act (paper trace PT07's rule); one before it may not.
    #[test]
    fn the_cooldown_ends_to_the_nanosecond() {
        let rest = Span::from_secs(60);
        let (first, memory) = restrain(asked(3), &seen(40, 1), rest, Memory::default());
        assert_eq!((first.from, first.to, first.action()), (1, 3, "scale-out"));
        let (held, memory) = restrain(asked(5), &seen(99, 3), rest, memory);
        assert_eq!((held.to, held.action()), (3, "cooldown"));
        let (then, _) = restrain(asked(5), &seen(100, 3), rest, memory);
        assert_eq!((then.to, then.action()), (5, "scale-out"));
    }

    #[test]
    fn no_change_is_not_a_change_and_starts_no_rest() {
        let (decision, memory) = restrain(asked(3), &seen(40, 3), Span::from_secs(60), Memory::default());
        assert_eq!(decision.action(), "none");
        assert_eq!(memory, Memory::default());
    }

    #[test]
    fn bounds_hold_and_say_so() {
        let (most, _) = restrain(asked(12), &seen(0, 2), Span::ZERO, Memory::default());
        assert_eq!((most.to, most.why), (10, Reason::AtMost { max: 10, wanted: 12 }));
        let (least, _) = restrain(asked(0), &seen(0, 2), Span::ZERO, Memory::default());
        assert_eq!((least.to, least.why), (1, Reason::AtLeast { min: 1, wanted: 0 }));
    }

    #[test]
    fn a_timetable_does_not_wait_for_a_cooldown() {
        let late = Distribution::constant(0);
        let rule = Scheduled { at: SimTime::START, min: Some(4), desired: None, max: None, late };
        let memory = Memory { rest_until: SimTime::from_nanos(u64::MAX / 2) };
        let look = seen(40, 2);
        let (decision, _) = restrain(scheduled(&rule, &look), &look, Span::from_secs(60), memory);
        assert_eq!((decision.to, decision.action()), (4, "scale-out"));
    }
}
