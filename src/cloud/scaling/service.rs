//! The rests of Application Auto Scaling, which scales the tasks of an ECS service.

use crate::cloud::scaling::change::changed;
use crate::cloud::scaling::decide::{Memory, Reason, Recommendation, Seen};
use crate::cloud::scaling::plan::Cooldowns;
use crate::ground::time::SimTime;

/// What becomes of a number that is wanted within the bounds, and why if it is held back.
///
/// Application Auto Scaling user guide, *Define cooldown periods*: within the rest after some were added only a larger
/// addition acts, and what was added already counts towards it, so that 2 and then 3 add 1 more; within the rest after
/// some were taken away no more are, and whatever adds some ends it. A timetable waits for neither.
pub(super) fn restrain(
    asked: Recommendation,
    wanted: u32,
    seen: &Seen,
    cooldowns: Cooldowns,
    memory: Memory,
) -> (u32, Option<Reason>, Memory) {
    let now = seen.now;
    if !asked.rests && asked.edge.is_none() {
        return (wanted, None, memory);
    }
    if wanted < seen.desired {
        if now < memory.fewer_from {
            return (seen.desired, Some(Reason::CoolingDown { until: memory.fewer_from, wanted }), memory);
        }
        return (wanted, None, Memory { fewer_from: now + cooldowns.back, ..memory });
    }
    let resting = now < memory.rest_until;
    let addition = wanted.saturating_sub(asked.base.unwrap_or(seen.in_service));
    let more = if resting { addition.saturating_sub(memory.added) } else { wanted - seen.desired };
    let to = changed(seen.desired, i64::from(more)).min(wanted);
    if to <= seen.desired {
        return (seen.desired, Some(Reason::CoolingDown { until: memory.rest_until, wanted }), memory);
    }
    let added = if resting { memory.added + (to - seen.desired) } else { to - seen.desired };
    (to, None, Memory { rest_until: now + cooldowns.out, added, fewer_from: SimTime::START, ..memory })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::scaling::decide::{Bounds, Edge, restrain};
    use crate::cloud::scaling::plan::Group;
    use crate::ground::time::{SECOND, Span};

    const COOLDOWNS: Cooldowns = Cooldowns { out: Span::from_secs(300), back: Span::from_secs(300) };

    /// Looks at given seconds, each with the running and desired number and the change of a step; what each made of it.
    fn sizes(steps: &[(u64, u32, i64)]) -> Vec<u32> {
        let group = Group { service: Some(COOLDOWNS), ..Group::default() };
        let (mut memory, mut desired) = (Memory::default(), steps[0].1);
        let mut sizes = Vec::new();
        for &(second, running, change) in steps {
            let now = SimTime::from_nanos(second * SECOND);
            let bounds = Bounds { min: 1, max: 40 };
            let seen = Seen { now, desired, in_service: running, is_service: true, bounds, ..Seen::nothing() };
            let why = Reason::Step { metric: 0.0, base: running, change };
            let edge = if change > 0 { Edge::High } else { Edge::Low };
            let wanted = changed(running, change);
            let wanted = if change > 0 { wanted.max(desired) } else { wanted.min(desired) };
            let asked = Recommendation { desired: wanted, ..Recommendation::stay(&seen, why).at(edge, running) };
            let (decision, next) = restrain(asked, &seen, &group, memory);
            (desired, memory) = (decision.to, next);
            sizes.push(desired);
        }
        sizes
    }

    /// The guide's own: two are added, and a step of three within the rest adds one more; of the same two, none.
    #[test]
    fn a_larger_addition_counts_what_was_added_already() {
        assert_eq!(sizes(&[(0, 10, 2), (60, 10, 3)]), [12, 13]);
        assert_eq!(sizes(&[(0, 10, 2), (60, 10, 2)]), [12, 12]);
        // The two run by then, and still count towards the three.
        assert_eq!(sizes(&[(0, 10, 2), (60, 12, 3)]), [12, 13]);
        assert_eq!(sizes(&[(0, 10, 2), (60, 12, 3), (120, 13, 4), (180, 14, 4)]), [12, 13, 14, 14]);
    }

    /// A rule that names a number, as that of the queue's length does, adds to those that run, too.
    #[test]
    fn a_number_is_an_addition_to_those_that_run() {
        let group = Group { service: Some(COOLDOWNS), ..Group::default() };
        let seen = |second, desired| Seen {
            now: SimTime::from_nanos(second * SECOND),
            desired,
            is_service: true,
            bounds: Bounds { min: 0, max: 40 },
            ..Seen::nothing()
        };
        let asked = |seen: &Seen, desired| {
            let why = Reason::Share { metric: f64::from(desired), per_worker: 1.0 };
            Recommendation { desired, rests: true, ..Recommendation::stay(seen, why) }
        };
        let (first, memory) = restrain(asked(&seen(0, 0), 2), &seen(0, 0), &group, Memory::default());
        // Five are wanted, none runs, and two are on their way.
        let (then, _) = restrain(asked(&seen(60, 2), 5), &seen(60, 2), &group, memory);
        assert_eq!((first.to, then.to), (2, 5));
    }

    /// Both sides of 300 s after the last addition.
    #[test]
    fn after_its_rest_an_addition_counts_whole() {
        assert_eq!(sizes(&[(0, 10, 2), (299, 12, 2)]), [12, 12]);
        assert_eq!(sizes(&[(0, 10, 2), (300, 12, 2)]), [12, 14]);
    }

    /// The rest after some were taken away holds back fewer, never more; what adds some ends it.
    #[test]
    fn whatever_adds_some_ends_the_rest_of_those_taken_away() {
        assert_eq!(sizes(&[(0, 10, -1), (299, 9, -1)]), [9, 9]);
        assert_eq!(sizes(&[(0, 10, -1), (300, 9, -1)]), [9, 8]);
        assert_eq!(sizes(&[(0, 10, -1), (60, 9, 2), (120, 11, -1)]), [9, 11, 10]);
    }
}
