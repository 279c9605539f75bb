//! The simple rule of the notes: as many workers as messages, or one for every so many.

use crate::cloud::scaling::decide::{Reason, Recommendation, Seen};
use crate::cloud::scaling::{QueueLength, Shrinks};

impl QueueLength {
    /// Desired = ⌈metric ÷ per worker⌉; with [`Shrinks::WhenEmpty`] never fewer than now while anything is
    /// visible or in flight, and the minimum once nothing is.
    pub fn recommend(&self, seen: &Seen) -> Recommendation {
        let stay = |desired, why| Recommendation { desired, rests: true, ..Recommendation::stay(seen, why) };
        let Some(metric) = seen.metric else { return stay(seen.desired, Reason::NoData) };
        // A float beyond u32 becomes u32::MAX, which the bounds then cut.
        let wanted = (metric / self.per_worker).ceil() as u32;
        let why = Reason::Share { metric, per_worker: self.per_worker };
        match self.shrinks {
            Shrinks::Always => stay(wanted, why),
            Shrinks::WhenEmpty if seen.visible == 0 && seen.in_flight == 0 => stay(seen.bounds.min, Reason::Empty),
            // Wanting fewer than there are is not being bounded, so the reason is its own.
            Shrinks::WhenEmpty if wanted.min(seen.bounds.max) < seen.desired => stay(seen.desired, Reason::StillBusy),
            Shrinks::WhenEmpty => stay(wanted, why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::scaling::decide::Bounds;
    use crate::cloud::scaling::{Metric, Reading};
    use crate::cloud::topology::NodeId;
    use crate::ground::time::Span;

    fn rule(per_worker: f64, shrinks: Shrinks) -> QueueLength {
        let metric = Metric { what: Reading::Visible, of: NodeId(0) };
        QueueLength { metric, per_worker, every: Span::from_secs(60), first: None, shrinks }
    }

    fn seen(visible: u64, in_flight: u64, desired: u32) -> Seen {
        Seen {
            metric: Some(visible as f64),
            visible,
            in_flight,
            desired,
            in_service: desired,
            bounds: Bounds { min: 0, max: 1337 },
            ..Seen::nothing()
        }
    }

    /// Both sides of each step of the ceiling.
    #[test]
    fn one_worker_for_every_so_many_messages() {
        for (visible, wanted) in [(0, 0), (1, 1), (4, 1), (5, 2), (8, 2), (9, 3)] {
            assert_eq!(rule(4.0, Shrinks::Always).recommend(&seen(visible, 0, 7)).desired, wanted, "{visible}");
        }
    }

    /// The looks of paper trace PT07 at 40, 80, 120, 160 and 200 s.
    #[test]
    fn it_shrinks_only_when_empty_if_told_so() {
        let rule = rule(1.0, Shrinks::WhenEmpty);
        for (visible, in_flight, desired, wanted) in
            [(3, 0, 0, 3), (3, 0, 3, 3), (0, 3, 3, 3), (0, 2, 3, 3), (0, 0, 3, 0)]
        {
            assert_eq!(rule.recommend(&seen(visible, in_flight, desired)).desired, wanted);
        }
    }
}
