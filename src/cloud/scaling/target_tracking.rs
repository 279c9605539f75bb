//! Proportional control: keeps a metric per worker at a target.

use crate::cloud::scaling::decide::{Reason, Recommendation, Seen};
use crate::cloud::scaling::{ScaleIn, TargetTracking};

/// New capacity = ⌈workers in service × metric ÷ target⌉.
///
/// The proportional rule of target tracking as documented for metrics that fall in inverse proportion to
/// capacity; for a queue the metric is visible messages ÷ instances in service and the target the acceptable
/// backlog, acceptable latency ÷ mean processing time (EC2 Auto Scaling user guide, *Scaling based on Amazon
/// SQS*: 1,500 messages, 10 instances and a target of 100 ask for 5 more). With nothing in service there is no
/// datapoint, and so no change. Workers that are not yet warm are left out of a figure of workers, count as wanted
/// already, and keep the group from shrinking (the same guide, *Step and simple scaling policies*, whose rules hold).
pub fn recommend(rule: &TargetTracking, seen: &Seen) -> Recommendation {
    let stay = |desired, why| Recommendation { desired, why, bounds: seen.bounds, rests: true };
    let Some(metric) = seen.metric else { return stay(seen.desired, Reason::NoData) };
    let why = Reason::Target { metric, target: rule.target };
    // The same workers whose figure it is: a queue's length is shared by all in service, a busy share is of the warm.
    let base = if rule.metric.what.is_of_workers() { seen.warm } else { seen.in_service };
    let exact = f64::from(base) * metric / rule.target;
    // Division leaves 5.000000000000001 where 5 is meant; a billionth of a worker is not one more.
    let wanted = (exact - 1e-9).ceil().max(0.0) as u32;
    if wanted >= seen.desired {
        return stay(wanted, why);
    }
    // Workers on their way will lower the metric yet: while they boot or warm up, nothing is taken away.
    if seen.in_service < seen.desired || seen.warm < seen.in_service {
        return stay(seen.desired, why);
    }
    match rule.scale_in {
        ScaleIn::Proportional => stay(wanted, why),
        ScaleIn::One => stay(seen.desired - 1, why),
        ScaleIn::Off => stay(seen.desired, why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::scaling::decide::Bounds;
    use crate::cloud::scaling::{Metric, Reading};
    use crate::cloud::topology::NodeId;
    use crate::ground::time::{SimTime, Span};

    /// A busy share of 90 % against 60 %, of ten warm workers and some that are not.
    #[test]
    fn who_warms_is_wanted_already_and_keeps_the_group_from_shrinking() {
        let metric = Metric { what: Reading::Cpu, of: NodeId(0) };
        let (period, scale_in) = (Span::from_secs(60), ScaleIn::Proportional);
        let rule = TargetTracking { metric, target: 0.6, period, scale_in, warm_up: None };
        let bounds = Bounds { min: 1, max: 100 };
        let wanted = |cpu, in_service, warm| {
            let (now, metric, desired) = (SimTime::START, Some(cpu), in_service);
            recommend(&rule, &Seen { now, metric, visible: 0, in_flight: 0, desired, in_service, warm, bounds }).desired
        };
        assert_eq!((wanted(0.9, 10, 10), wanted(0.9, 14, 10), wanted(0.9, 15, 10)), (15, 15, 15));
        assert_eq!((wanted(0.3, 15, 15), wanted(0.3, 15, 10)), (8, 15));
    }

    fn wanted(visible: u64, in_service: u32, desired: u32, target: f64, scale_in: ScaleIn) -> u32 {
        let metric = Metric { what: Reading::BacklogPerInstance, of: NodeId(0) };
        let rule = TargetTracking { metric, target, period: Span::from_secs(60), scale_in, warm_up: None };
        let seen = Seen {
            now: SimTime::START,
            metric: (in_service > 0).then(|| visible as f64 / f64::from(in_service)),
            visible,
            in_flight: 0,
            desired,
            in_service,
            warm: in_service,
            bounds: Bounds { min: 1, max: 100 },
        };
        recommend(&rule, &seen).desired
    }

    /// The guide's own example: backlog 150 per instance against an acceptable 100.
    #[test]
    fn fifteen_hundred_messages_ask_for_five_more() {
        assert_eq!(wanted(1500, 10, 10, 100.0, ScaleIn::Proportional), 15);
    }

    #[test]
    fn both_sides_of_a_whole_worker() {
        assert_eq!(wanted(1000, 10, 10, 100.0, ScaleIn::Proportional), 10);
        assert_eq!(wanted(1001, 10, 10, 100.0, ScaleIn::Proportional), 11);
        assert_eq!(wanted(900, 10, 10, 100.0, ScaleIn::Proportional), 9);
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
}
