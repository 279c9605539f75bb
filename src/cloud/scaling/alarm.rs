//! An alarm: whether a metric has been beyond its limit for long enough.

use crate::cloud::scaling::{Alarm, Side};

/// What an alarm remembers: for how many periods in a row its metric has been beyond the limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Streak(u32);

impl Alarm {
    /// Whether it goes off at this datapoint, and what it remembers from here on. A period without a datapoint ends a
    /// streak, and so does going off: whoever acts on it waits to see what came of it.
    pub fn judge(&self, datapoint: Option<f64>, streak: Streak) -> (bool, Streak) {
        let beyond = datapoint.is_some_and(|value| match self.when {
            Side::Above => value > self.limit,
            Side::AtLeast => value >= self.limit,
            Side::Below => value < self.limit,
            Side::AtMost => value <= self.limit,
        });
        let points = if beyond { streak.0 + 1 } else { 0 };
        if points >= self.points { (true, Streak(0)) } else { (false, Streak(points)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::scaling::{Metric, Reading};
    use crate::cloud::topology::NodeId;
    use crate::ground::time::Span;

    fn alarm(when: Side, points: u32) -> Alarm {
        let metric = Metric { what: Reading::Cpu, of: NodeId(0) };
        Alarm { metric, when, limit: 0.8, points, period: Span::from_secs(60) }
    }

    fn offs(alarm: &Alarm, datapoints: &[Option<f64>]) -> Vec<usize> {
        let mut streak = Streak::default();
        let mut offs = Vec::new();
        for (at, &datapoint) in datapoints.iter().enumerate() {
            let (off, next) = alarm.judge(datapoint, streak);
            streak = next;
            offs.extend(off.then_some(at));
        }
        offs
    }

    #[test]
    fn so_many_in_a_row_set_it_off_and_it_begins_anew() {
        let all = [Some(0.9), Some(0.9), Some(0.5), Some(0.9), Some(0.9), Some(0.9), Some(0.9), Some(0.9), Some(0.9)];
        assert_eq!(offs(&alarm(Side::Above, 3), &all), [5, 8]);
        assert_eq!(offs(&alarm(Side::Above, 1), &all[..3]), [0, 1]);
    }

    #[test]
    fn nothing_seen_is_not_beyond_a_limit() {
        assert_eq!(offs(&alarm(Side::Above, 2), &[Some(0.9), None, Some(0.9), Some(0.9)]), [3]);
        assert_eq!(offs(&alarm(Side::Below, 1), &[None]), [0; 0]);
    }

    #[test]
    fn a_value_at_the_limit_counts_where_its_side_says_so() {
        let counts = |when| !offs(&alarm(when, 1), &[Some(0.8)]).is_empty();
        assert_eq!([Side::Above, Side::AtLeast, Side::Below, Side::AtMost].map(counts), [false, true, false, true]);
    }
}
