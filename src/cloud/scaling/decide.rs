//! One decision, whole: what a controller sees, what its policy recommends, what restraint makes of it.
//!
//! Everything here is pure: no clock, no generator, no effect. The same functions serve the simulation and
//! any replay of recorded metrics.

use std::fmt;

use crate::cloud::scaling::alarm::State;
use crate::cloud::scaling::kubernetes::Why;
use crate::cloud::scaling::plan::{CooldownFrom, Group, Policy, Scheduled};
use crate::cloud::scaling::service;
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
    /// Workers asked for that are not yet in service.
    pub coming: u32,
    /// Workers that end what they hold and then go.
    pub terminating: u32,
    /// Whether it is a service, which its first datapoint above a target starts where no task runs.
    pub is_service: bool,
    /// Whether the group says how long a new worker warms up; unset is not 0.
    pub has_warm_up: bool,
    /// What the policy's alarm for too much says.
    pub high: State,
    /// What its alarm for too little says.
    pub low: State,
    /// What the other target-tracking policies of the group that may ask for fewer want: `None` where one of them does
    /// not want fewer, else the most that any of them asks for.
    pub others: Option<u32>,
    /// The load to be ready for, by what it was before; `None` of a policy that does not forecast, or has too little to go
    /// by.
    pub forecast: Option<f64>,
    /// No fewer than so many, by the forecast of a policy of the group.
    pub floor: u32,
    /// Since when all that was decided is done; `None` while workers are still on their way.
    pub settled: Option<SimTime>,
    /// The bounds in force.
    pub bounds: Bounds,
}

impl Seen {
    /// Nobody and nothing, at the start.
    pub const fn nothing() -> Seen {
        Seen {
            now: SimTime::START,
            metric: None,
            visible: 0,
            in_flight: 0,
            desired: 0,
            in_service: 0,
            warm: 0,
            coming: 0,
            terminating: 0,
            is_service: false,
            has_warm_up: false,
            high: State::InsufficientData,
            low: State::InsufficientData,
            others: Some(0),
            forecast: None,
            floor: 0,
            settled: None,
            bounds: Bounds { min: 0, max: u32::MAX },
        }
    }
}

impl Seen {
    /// Whether some workers are on their way or not yet warm: what they will do to the metric is not yet to be seen. A service
    /// has no warm-up, and shrinks while tasks wait for a machine.
    pub fn is_warming(&self) -> bool {
        !self.is_service && (self.coming > 0 || self.warm < self.in_service)
    }
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
    /// The rest after it, where it is not the group's.
    pub cooldown: Option<Span>,
    /// Which alarm it acts on, if on one.
    pub edge: Option<Edge>,
    /// The number of workers that it counted from.
    pub base: Option<u32>,
}

impl Recommendation {
    /// To leave all as it is.
    pub fn stay(seen: &Seen, why: Reason) -> Recommendation {
        let (desired, bounds) = (seen.desired, seen.bounds);
        Recommendation { desired, why, bounds, rests: false, cooldown: None, edge: None, base: None }
    }

    /// On an alarm, counted from so many workers.
    pub fn at(self, edge: Edge, base: u32) -> Recommendation {
        Recommendation { edge: Some(edge), base: Some(base), ..self }
    }
}

/// Which of a policy's alarms it acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// The one for too much.
    High,
    /// The one for too little.
    Low,
}

/// What a controller remembers from one look to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// No change before this instant.
    pub rest_until: SimTime,
    /// The rest that begins once all that was decided is done.
    pub to_come: Option<Span>,
    /// Of a service: fewer not before this instant …
    pub fewer_from: SimTime,
    /// … and how many the rest for more began with.
    pub added: u32,
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
    /// Workers that were asked for, before anything held that back.
    pub asked: u32,
    /// The metric that was read.
    pub metric: Option<f64>,
    /// Messages free to be received at the metric's node.
    pub visible: u64,
    /// Messages in flight there.
    pub in_flight: u64,
    /// Why.
    pub why: Reason,
    /// Which alarm it acts on, if on one.
    pub edge: Option<Edge>,
    /// The number of workers that it counted from.
    pub base: Option<u32>,
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
    /// A step beyond an alarm's limit.
    Step {
        /// What was read.
        metric: f64,
        /// The number of workers that the step counts from.
        base: u32,
        /// By how many it changes.
        change: i64,
    },
    /// No alarm went off.
    Quiet,
    /// An alarm that goes on acted less than a minute ago.
    Acted,
    /// Fewer were wanted, but some workers are not yet warm.
    Warming,
    /// Fewer were wanted, but not by every policy of the group.
    NotAll,
    /// Nothing visible and nothing in flight.
    Empty,
    /// Something is still visible or in flight, so it does not shrink.
    StillBusy,
    /// There was no datapoint.
    NoData,
    /// So much load is forecast, at so much for one worker.
    Forecast {
        /// The load.
        load: f64,
        /// For one worker.
        per_worker: f64,
    },
    /// Less than a day is known of, which is too little for a forecast.
    NoHistory,
    /// So many wait, for whom nobody is there.
    Waiting {
        /// How many.
        requests: u64,
    },
    /// Fewer wait than are on their way for them.
    Unneeded,
    /// A worker has been idle for as long as it may be.
    Idle,
    /// An arrival has brought the number inside to a threshold.
    Reached {
        /// The number.
        inside: u64,
        /// The threshold.
        threshold: u64,
    },
    /// A departure has.
    Fell {
        /// The number.
        inside: u64,
        /// The threshold.
        threshold: u64,
    },
    /// A timetable says so.
    Scheduled,
    /// A step has set it.
    Told,
    /// Another number was wanted, but the rest after the last change is not over.
    CoolingDown {
        /// When it will be.
        until: SimTime,
        /// The number that was wanted.
        wanted: u32,
    },
    /// Another number was wanted, but what the last change asked for is not done.
    UnderWay {
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
    /// A Kubernetes controller's own reason.
    Kubernetes(Why),
}

impl Decision {
    /// The change in one word, as traces write it.
    pub fn action(&self) -> &'static str {
        self.why.action(self.from, self.to)
    }
}

impl Reason {
    /// A change for this reason in one word.
    pub fn action(&self, from: u32, to: u32) -> &'static str {
        match (self, from.cmp(&to)) {
            (Reason::CoolingDown { .. } | Reason::UnderWay { .. }, _) => "cooldown",
            (_, std::cmp::Ordering::Less) => "scale-out",
            (_, std::cmp::Ordering::Greater) => "scale-in",
            (_, std::cmp::Ordering::Equal) => "none",
        }
    }

    /// The sentence, with instants as somebody else writes them.
    pub fn told(&self, instant: &dyn Fn(SimTime) -> String) -> String {
        match *self {
            Reason::CoolingDown { until, wanted } => format!("wanted {wanted}, but rests until {}", instant(until)),
            Reason::Kubernetes(Why::Resting { until }) => {
                format!("no trigger is active, but it rests until {}", instant(until))
            }
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Reason::Share { metric, per_worker } => write!(f, "{metric} at {per_worker} for each worker"),
            Reason::Target { metric, target } => write!(f, "metric {metric:.4} against a target of {target}"),
            Reason::Step { metric, base, change } => write!(f, "metric {metric:.4}: {change:+} from {base}"),
            Reason::Quiet => f.write_str("no alarm"),
            Reason::Acted => f.write_str("the alarm goes on, and acts once a minute"),
            Reason::Warming => f.write_str("workers are warming up, so it does not shrink"),
            Reason::NotAll => f.write_str("not every policy wants fewer"),
            Reason::UnderWay { wanted } => write!(f, "wanted {wanted}, but the last change is under way"),
            Reason::Empty => f.write_str("nothing visible, nothing in flight"),
            Reason::StillBusy => f.write_str("messages are left, so it does not shrink"),
            Reason::NoData => f.write_str("no datapoint"),
            Reason::Forecast { load, per_worker } => write!(f, "{load:.4} forecast at {per_worker} for each worker"),
            Reason::NoHistory => f.write_str("too little history for a forecast"),
            Reason::Waiting { requests: 1 } => f.write_str("one waits"),
            Reason::Waiting { requests } => write!(f, "{requests} wait"),
            Reason::Unneeded => f.write_str("nobody waits for a worker that is on its way"),
            Reason::Idle => f.write_str("a worker was idle for long enough"),
            Reason::Reached { inside, threshold } => write!(f, "{inside} inside have reached {threshold}"),
            Reason::Fell { inside, threshold } => write!(f, "{inside} inside have come down to {threshold}"),
            Reason::Scheduled => f.write_str("by timetable"),
            Reason::Told => f.write_str("as a step has set it"),
            Reason::CoolingDown { until, wanted } => write!(f, "wanted {wanted}, but rests until {until}"),
            Reason::AtLeast { min, wanted } => write!(f, "wanted {wanted}, but {min} is the minimum"),
            Reason::AtMost { max, wanted } => write!(f, "wanted {wanted}, but {max} is the maximum"),
            Reason::Kubernetes(why) => why.fmt(f),
        }
    }
}

/// What a policy recommends for what is seen.
pub fn recommend(policy: &Policy, seen: &Seen) -> Recommendation {
    match policy {
        Policy::QueueLength(rule) => rule.recommend(seen),
        Policy::TargetTracking(rule) => rule.recommend(seen),
        Policy::Step(rule) => rule.recommend(seen),
        Policy::Simple(rule) => rule.recommend(seen),
        Policy::Predictive(rule) => rule.recommend(seen),
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
    Recommendation { desired, bounds, ..Recommendation::stay(seen, Reason::Scheduled) }
}

/// What a recommendation becomes once bounds and cooldown have had their say.
///
/// A rest holds back simple scaling and the queue-length rule in both directions; step scaling and target tracking only
/// when they ask for fewer in a group that does not say how long its workers warm up; a timetable never (EC2 Auto
/// Scaling user guide, *Scaling cooldowns*). An ECS service has rests of its own. Every change begins one. It counts from
/// the decision, or from the end of what was decided, before which nothing that rests is decided; a look at its very end
/// may act.
pub fn restrain(asked: Recommendation, seen: &Seen, group: &Group, memory: Memory) -> (Decision, Memory) {
    let Bounds { min, max } = asked.bounds;
    // Where predictive scaling is at work, the largest size that any policy wants is taken, its forecast among them.
    let min = min.max(seen.floor.min(max));
    let bounded = asked.desired.max(min).min(max);
    let decided = |to, why| Decision {
        at: seen.now,
        from: seen.desired,
        to,
        asked: asked.desired,
        metric: seen.metric,
        visible: seen.visible,
        in_flight: seen.in_flight,
        why,
        edge: asked.edge,
        base: asked.base,
    };
    let memory = match (memory.to_come, seen.settled) {
        (Some(rest), Some(since)) => Memory { rest_until: since + rest, to_come: None, ..memory },
        _ => memory,
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
    if let Some(cooldowns) = group.service {
        let (to, held, memory) = service::restrain(asked, bounded, seen, cooldowns, memory);
        return (decided(to, held.unwrap_or(why)), memory);
    }
    if asked.rests && memory.to_come.is_some() {
        return (decided(seen.desired, Reason::UnderWay { wanted: bounded }), memory);
    }
    if asked.rests && seen.now < memory.rest_until {
        let why = Reason::CoolingDown { until: memory.rest_until, wanted: bounded };
        return (decided(seen.desired, why), memory);
    }
    let rest = asked.cooldown.unwrap_or(group.cooldown);
    let memory = match group.cooldown_from {
        CooldownFrom::Decision => Memory { rest_until: seen.now + rest, to_come: None, ..memory },
        CooldownFrom::DrainStart | CooldownFrom::DrainEnd => Memory { to_come: Some(rest), ..memory },
    };
    (decided(bounded, why), memory)
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
            settled: Some(SimTime::START),
            bounds: Bounds { min: 1, max: 10 },
            ..Seen::nothing()
        }
    }

    fn group(cooldown: u64, cooldown_from: CooldownFrom) -> Group {
        Group { cooldown: Span::from_secs(cooldown), cooldown_from, ..Group::default() }
    }

    fn asked(desired: u32) -> Recommendation {
        let why = Reason::Share { metric: f64::from(desired), per_worker: 1.0 };
        Recommendation { desired, rests: true, ..Recommendation::stay(&seen(0, 1), why) }
    }

    /// A tick at the very end of the cooldown may act (paper trace PT07's rule); one before it may not.
    #[test]
    fn the_cooldown_ends_to_the_nanosecond() {
        let rest = group(60, CooldownFrom::Decision);
        let (first, memory) = restrain(asked(3), &seen(40, 1), &rest, Memory::default());
        assert_eq!((first.from, first.to, first.action()), (1, 3, "scale-out"));
        let (held, memory) = restrain(asked(5), &seen(99, 3), &rest, memory);
        assert_eq!((held.to, held.action()), (3, "cooldown"));
        let (then, _) = restrain(asked(5), &seen(100, 3), &rest, memory);
        assert_eq!((then.to, then.action()), (5, "scale-out"));
    }

    #[test]
    fn no_change_is_not_a_change_and_starts_no_rest() {
        let (decision, memory) =
            restrain(asked(3), &seen(40, 3), &group(60, CooldownFrom::Decision), Memory::default());
        assert_eq!(decision.action(), "none");
        assert_eq!(memory, Memory::default());
    }

    #[test]
    fn bounds_hold_and_say_so() {
        let (most, _) = restrain(asked(12), &seen(0, 2), &group(0, CooldownFrom::Decision), Memory::default());
        assert_eq!((most.to, most.why), (10, Reason::AtMost { max: 10, wanted: 12 }));
        let (least, _) = restrain(asked(0), &seen(0, 2), &group(0, CooldownFrom::Decision), Memory::default());
        assert_eq!((least.to, least.why), (1, Reason::AtLeast { min: 1, wanted: 0 }));
    }

    #[test]
    fn a_timetable_does_not_wait_for_a_cooldown() {
        let late = Distribution::constant(0);
        let rule = Scheduled { at: SimTime::START, min: Some(4), desired: None, max: None, late };
        let memory = Memory { rest_until: SimTime::from_nanos(u64::MAX / 2), ..Memory::default() };
        let look = seen(40, 2);
        let (decision, _) = restrain(scheduled(&rule, &look), &look, &group(60, CooldownFrom::Decision), memory);
        assert_eq!((decision.to, decision.action()), (4, "scale-out"));
    }

    /// EC2 Auto Scaling user guide, *Scaling cooldowns*: the cooldown begins when the last instance has finished
    /// launching, and until then the alarm is ignored too.
    #[test]
    fn a_rest_may_begin_when_the_last_worker_has_come() {
        let group = group(60, CooldownFrom::DrainStart);
        let look = |second, settled: Option<u64>| Seen {
            settled: settled.map(|second| SimTime::from_nanos(second * 1_000_000_000)),
            ..seen(second, 3)
        };
        let (first, memory) = restrain(asked(3), &Seen { desired: 1, ..look(40, Some(0)) }, &group, Memory::default());
        assert_eq!(first.to, 3);
        let (early, memory) = restrain(asked(5), &look(100, None), &group, memory);
        assert_eq!((early.to, early.why), (3, Reason::UnderWay { wanted: 5 }));
        let (held, memory) = restrain(asked(5), &look(160, Some(110)), &group, memory);
        assert_eq!((held.to, held.action()), (3, "cooldown"));
        let (then, _) = restrain(asked(5), &look(170, Some(110)), &group, memory);
        assert_eq!(then.to, 5);
    }

    /// The same page: step scaling and target tracking scale out without waiting for a cooldown.
    #[test]
    fn who_does_not_rest_changes_the_size_in_a_rest() {
        let memory = Memory { rest_until: SimTime::from_nanos(u64::MAX / 2), ..Memory::default() };
        let out = Recommendation { rests: false, ..asked(5) };
        let (decision, _) = restrain(out, &seen(40, 3), &group(300, CooldownFrom::Decision), memory);
        assert_eq!((decision.from, decision.to), (3, 5));
    }
}
