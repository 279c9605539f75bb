//! Proportional control: keeps a metric per worker at a target.

use crate::cloud::scaling::alarm::{Condition, Missing, Side, State};
use crate::cloud::scaling::decide::{Edge, Reason, Recommendation, Seen};
use crate::cloud::scaling::metric::{Population, Reading};
use crate::cloud::scaling::plan::{Factor, ScaleIn, TargetTracking};

impl Factor {
    /// The share, for a group that wants so many workers.
    ///
    /// What is known of the alarms that Auto Scaling makes: 70 % of the target for small groups, 85 % at seven
    /// instances, 90 % for an empty one. One rule gives them all, and is assumed: as far below the target as one
    /// instance fewer would lift the metric, in whole twentieths, from 70 % to 90 %.
    pub fn of(self, capacity: u32) -> f64 {
        match self {
            Factor::Share(share) => share,
            Factor::ByCapacity if capacity == 0 => 0.9,
            Factor::ByCapacity => {
                let twentieths = u64::from(capacity - 1) * 20 / u64::from(capacity);
                twentieths.clamp(14, 18) as f64 / 20.0
            }
        }
    }
}

impl TargetTracking {
    /// Its two alarms, for a group that wants so many workers.
    pub fn conditions(&self, capacity: u32) -> [Condition; 2] {
        let low = self.factor.of(capacity) * self.target;
        [
            Condition { when: Side::Above, limit: self.target, window: self.high, missing: Missing::Missing },
            Condition { when: Side::Below, limit: low, window: self.low, missing: Missing::Missing },
        ]
    }

    /// The size at which the metric would be at its target: ⌈workers × metric ÷ target⌉, for metrics that fall in
    /// inverse proportion to the number of workers; `None` without a datapoint.
    ///
    /// For a queue the metric is visible messages ÷ instances in service and the target the acceptable backlog,
    /// acceptable latency ÷ mean processing time (EC2 Auto Scaling user guide, *Scaling based on Amazon SQS*: 1,500
    /// messages, 10 instances and a target of 100 ask for 5 more).
    pub fn need(&self, seen: &Seen) -> Option<u32> {
        // `m1 / MAX([m2, 1])` is shared by at least one, also where nobody is in service.
        let least = match &self.metric.what {
            Reading::Ratio(ratio) => ratio.at_least,
            _ => 0.0,
        };
        let exact = f64::from(self.base(seen)).max(least) * seen.metric? / self.target;
        // Division leaves 5.000000000000001 where 5 is meant; a billionth of a worker is not one more.
        Some((exact - 1e-9).ceil().max(0.0) as u32)
    }

    /// The same workers whose figure it is.
    fn base(&self, seen: &Seen) -> u32 {
        match self.metric.population() {
            Population::Warm => seen.warm,
            Population::InService => seen.in_service,
            Population::Desired => seen.desired,
        }
    }

    /// More workers while the metric is above its target, fewer while it is well below.
    ///
    /// EC2 Auto Scaling user guide, *Target tracking scaling policies*: it scales out as soon as any policy asks for it,
    /// and in only where all do that may, to the largest size that any of them asks for. Workers that are not yet warm
    /// are left out of a figure of workers, count as wanted already, and keep the group from shrinking. With nothing in
    /// service there is no datapoint, and so no change, unless metric math divides by one at the least.
    pub fn recommend(&self, seen: &Seen) -> Recommendation {
        let Some((metric, need)) = seen.metric.zip(self.need(seen)) else {
            return Recommendation::stay(seen, Reason::NoData);
        };
        let why = Reason::Target { metric, target: self.target };
        let base = self.base(seen);
        if seen.is_service && seen.desired == 0 && metric > self.target {
            // Application Auto Scaling user guide, Target tracking: from zero it adds the least there is, after one datapoint.
            return Recommendation { desired: 1, ..Recommendation::stay(seen, why).at(Edge::High, 0) };
        }
        if seen.high == State::Alarm {
            let asked = Recommendation::stay(seen, why).at(Edge::High, base);
            return Recommendation { desired: seen.desired.max(need), ..asked };
        }
        if seen.low != State::Alarm {
            let none = seen.high == State::InsufficientData && seen.low == State::InsufficientData;
            return Recommendation::stay(seen, if none { Reason::NoData } else { Reason::Quiet });
        }
        let asked = Recommendation::stay(seen, why).at(Edge::Low, base);
        if self.scale_in == ScaleIn::Off || need >= seen.desired {
            return asked;
        }
        if seen.is_warming() {
            return Recommendation { why: Reason::Warming, ..asked };
        }
        let Some(others) = seen.others else { return Recommendation { why: Reason::NotAll, ..asked } };
        let least = match self.scale_in {
            ScaleIn::One => need.max(seen.desired - 1),
            ScaleIn::Proportional | ScaleIn::Off => need,
        };
        Recommendation { desired: seen.desired.min(least.max(others)), rests: !seen.has_warm_up, ..asked }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::scaling::alarm::Window;
    use crate::cloud::scaling::decide::Bounds;
    use crate::cloud::scaling::metric::{Metric, Ratio};
    use crate::cloud::topology::NodeId;
    use crate::ground::time::Span;

    fn rule(what: Reading, target: f64, scale_in: ScaleIn) -> TargetTracking {
        let (metric, period) = (Metric { what, of: NodeId(0) }, Span::from_secs(60));
        let (high, low) = (Window::all(1), Window::all(1));
        TargetTracking { metric, target, period, high, low, factor: Factor::Share(1.0), scale_in, warm_up: None }
    }

    /// What is wanted where both alarms need one datapoint.
    fn asked(rule: &TargetTracking, seen: Seen) -> Recommendation {
        let state = |condition: &Condition| condition.judge([seen.metric].into_iter(), State::Ok);
        let [high, low] = rule.conditions(seen.desired).map(|condition| state(&condition));
        rule.recommend(&Seen { high, low, bounds: Bounds { min: 1, max: 100 }, ..seen })
    }

    /// A service of fifteen, of which ten run and the others have no machine yet, shrinks to what its ten need; a group waits.
    #[test]
    fn a_service_shrinks_while_tasks_wait_for_a_machine() {
        let rule = rule(Reading::Cpu, 0.6, ScaleIn::Proportional);
        let wanted = |is_service| {
            let (desired, in_service, warm, coming) = (15, 10, 10, 5);
            let metric = Some(0.3);
            asked(&rule, Seen { metric, desired, in_service, warm, coming, is_service, ..Seen::nothing() }).desired
        };
        assert_eq!((wanted(true), wanted(false)), (5, 15));
    }

    /// A busy share of 90 % against 60 %, of ten warm workers and some that are not.
    #[test]
    fn who_warms_is_wanted_already_and_keeps_the_group_from_shrinking() {
        let rule = rule(Reading::Cpu, 0.6, ScaleIn::Proportional);
        let wanted = |cpu, in_service, warm| {
            let (metric, desired) = (Some(cpu), in_service);
            asked(&rule, Seen { metric, desired, in_service, warm, ..Seen::nothing() }).desired
        };
        assert_eq!((wanted(0.9, 10, 10), wanted(0.9, 14, 10), wanted(0.9, 15, 10)), (15, 15, 15));
        assert_eq!((wanted(0.3, 15, 15), wanted(0.3, 15, 10)), (8, 15));
    }

    fn wanted(visible: u64, in_service: u32, desired: u32, target: f64, scale_in: ScaleIn) -> u32 {
        let of = |what| Metric { what, of: NodeId(0) };
        let per = Ratio { of: of(Reading::Visible), to: of(Reading::InService), at_least: 0.0 };
        let metric = (in_service > 0).then(|| visible as f64 / f64::from(in_service));
        let coming = desired - in_service;
        let seen = Seen { metric, desired, in_service, warm: in_service, coming, ..Seen::nothing() };
        asked(&rule(Reading::Ratio(Box::new(per)), target, scale_in), seen).desired
    }

    /// The guide's own example: backlog 150 per instance against an acceptable 100.
    #[test]
    fn fifteen_hundred_messages_ask_for_five_more() {
        assert_eq!(wanted(1500, 10, 10, 100.0, ScaleIn::Proportional), 15);
    }

    /// The guide's way out of zero, `m1 / MAX([m2, 1])`: 250 messages at 100 for each ask for three of nobody.
    #[test]
    fn a_divisor_of_at_least_one_leaves_zero() {
        let of = |what| Metric { what, of: NodeId(0) };
        let wanted = |at_least| {
            let per = Ratio { of: of(Reading::Visible), to: of(Reading::InService), at_least };
            let seen = Seen { metric: Some(250.0), ..Seen::nothing() };
            asked(&rule(Reading::Ratio(Box::new(per)), 100.0, ScaleIn::Proportional), seen).desired
        };
        assert_eq!((wanted(0.0), wanted(1.0)), (0, 3));
    }

    #[test]
    fn both_sides_of_a_whole_worker() {
        assert_eq!(wanted(1000, 10, 10, 100.0, ScaleIn::Proportional), 10);
        assert_eq!(wanted(1001, 10, 10, 100.0, ScaleIn::Proportional), 11);
        assert_eq!(wanted(900, 10, 10, 100.0, ScaleIn::Proportional), 9);
        assert_eq!(wanted(901, 10, 10, 100.0, ScaleIn::Proportional), 10);
        assert_eq!(wanted(900, 10, 10, 100.0, ScaleIn::One), 9);
        assert_eq!(wanted(100, 10, 10, 100.0, ScaleIn::One), 9);
        assert_eq!(wanted(100, 10, 10, 100.0, ScaleIn::Off), 10);
    }

    /// The dead end of the documentation: nothing in service, no datapoint, no change.
    #[test]
    fn it_cannot_leave_zero() {
        assert_eq!(wanted(1500, 0, 0, 100.0, ScaleIn::Proportional), 0);
    }

    #[test]
    fn nothing_is_taken_away_while_workers_boot() {
        assert_eq!(wanted(100, 5, 10, 100.0, ScaleIn::Proportional), 10);
    }

    /// Scales in only where all want it, to the largest size that any of them asks for (EC2 Auto Scaling user guide,
    /// *Target tracking scaling policies*).
    #[test]
    fn fewer_are_wanted_only_where_every_policy_wants_fewer() {
        let rule = rule(Reading::Cpu, 0.6, ScaleIn::Proportional);
        let seen = Seen { metric: Some(0.3), desired: 10, in_service: 10, warm: 10, ..Seen::nothing() };
        let wanted = |others| asked(&rule, Seen { others, ..seen }).desired;
        assert_eq!([wanted(None), wanted(Some(0)), wanted(Some(7)), wanted(Some(12))], [10, 5, 7, 10]);
    }

    /// Every threshold of a scale-in alarm whose group size is known: 0, 2 and 7 instances.
    #[test]
    fn a_small_group_shrinks_later_than_a_large_one() {
        let shares = [0, 1, 2, 3, 4, 7, 10, 100].map(|capacity| Factor::ByCapacity.of(capacity));
        assert_eq!(shares, [0.9, 0.7, 0.7, 0.7, 0.75, 0.85, 0.9, 0.9]);
        assert_eq!(Factor::Share(0.9).of(2), 0.9);
    }

    /// Application Auto Scaling user guide, Target tracking: from zero it adds the least there is.
    #[test]
    fn a_service_leaves_zero_by_one() {
        let of = |what| Metric { what, of: NodeId(0) };
        let per = Ratio { of: of(Reading::Visible), to: of(Reading::InService), at_least: 1.0 };
        let rule = rule(Reading::Ratio(Box::new(per)), 100.0, ScaleIn::Proportional);
        let wanted = |metric| asked(&rule, Seen { metric: Some(metric), is_service: true, ..Seen::nothing() }).desired;
        assert_eq!((wanted(250.0), wanted(100.0)), (1, 0));
    }
}
