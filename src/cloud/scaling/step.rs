//! Step scaling: the further a metric is beyond its alarm's limit, the larger the change.

use crate::cloud::scaling::alarm::State;
use crate::cloud::scaling::change::{Change, changed};
use crate::cloud::scaling::decide::{Edge, Reason, Recommendation, Seen};
use crate::cloud::scaling::plan::{Alarm, Simple};
use crate::ground::time::Span;

/// Steps around the limit of an alarm.
#[derive(Clone, Debug)]
pub struct Step {
    /// When it acts.
    pub alarm: Alarm,
    /// Which value of the datapoints that set it off decides the step.
    pub statistic: Statistic,
    /// The steps, relative to the limit; without gap or overlap.
    pub steps: Vec<Stride>,
    /// The least that a change by share changes.
    pub min_change: u32,
    /// How long a new worker counts as not yet warm, for this policy.
    pub warm_up: Option<Span>,
}

/// One step: a part of the metric's range, relative to the alarm's limit, and what is done there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stride {
    /// Where it begins; minus infinity where nothing bounds it.
    pub from: f64,
    /// Where it ends; infinity where nothing bounds it.
    pub to: f64,
    /// What is done.
    pub change: Change,
}

/// Which value of an alarm's newest datapoints counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Statistic {
    /// The newest.
    #[default]
    Newest,
    /// The mean of those that the alarm judges.
    Average,
    /// The least of them.
    Minimum,
    /// The greatest of them.
    Maximum,
}

impl Statistic {
    /// The value of datapoints, newest first.
    pub fn of(self, values: impl Iterator<Item = f64>) -> Option<f64> {
        let mut values = values.peekable();
        let newest = *values.peek()?;
        match self {
            Statistic::Newest => Some(newest),
            Statistic::Average => {
                let (sum, count) = values.fold((0.0, 0u32), |(sum, count), value| (sum + value, count + 1));
                Some(sum / f64::from(count))
            }
            Statistic::Minimum => values.reduce(f64::min),
            Statistic::Maximum => values.reduce(f64::max),
        }
    }
}

impl Stride {
    /// Whether a metric so far from the limit is in this step. Above the limit a step holds its beginning and not its
    /// end, below it its end and not its beginning, so that neither of two neighbours has a gap (EC2 Auto Scaling user
    /// guide, *Step and simple scaling policies*).
    pub fn holds(&self, distance: f64, high: bool) -> bool {
        if high { self.from <= distance && distance < self.to } else { self.from < distance && distance <= self.to }
    }
}

/// What a policy with an alarm has to say where it does not act.
fn quiet(seen: &Seen, state: State) -> Recommendation {
    let why = if state == State::InsufficientData { Reason::NoData } else { Reason::Quiet };
    Recommendation::stay(seen, why)
}

/// The edge that an alarm watches and what it says.
fn edge(alarm: &Alarm, seen: &Seen) -> (Edge, State) {
    if alarm.condition.when.is_high() { (Edge::High, seen.high) } else { (Edge::Low, seen.low) }
}

impl Step {
    /// How far a metric is from the limit. Where a step begins or ends but for a billionth, which is the noise of a
    /// difference (0.7 − 0.6 is no 0.1), it is there.
    fn distance(&self, metric: f64) -> f64 {
        let limit = self.alarm.condition.limit;
        let (distance, noise) = (metric - limit, 1e-9 * limit.abs().max(metric.abs()));
        let bounds = self.steps.iter().flat_map(|step| [step.from, step.to]);
        bounds.into_iter().find(|bound| (bound - distance).abs() <= noise).unwrap_or(distance)
    }

    /// The size that the step asks for (EC2 Auto Scaling user guide, *Step and simple scaling policies*).
    ///
    /// A rise counts from the workers that are warm: those on their way and those that warm up are not in that number,
    /// but wanted already, so only what is more than them is added. Nothing is taken away while any worker warms up;
    /// those that go already still count, so that the same step does nothing more while they do.
    pub fn recommend(&self, seen: &Seen) -> Recommendation {
        let (edge, state) = edge(&self.alarm, seen);
        let (State::Alarm, Some(metric)) = (state, seen.metric) else { return quiet(seen, state) };
        let distance = self.distance(metric);
        let step = self.steps.iter().find(|step| step.holds(distance, edge == Edge::High));
        let Some(step) = step else { return quiet(seen, state).at(edge, seen.warm) };
        let out = match step.change {
            Change::By(change) => change > 0,
            Change::Percent(percent) => percent > 0.0,
            Change::To(size) => size > seen.desired,
        };
        let base = if out { seen.warm } else { seen.in_service + seen.terminating };
        let change = step.change.of(base, self.min_change);
        let why = Reason::Step { metric, base, change };
        let asked = Recommendation::stay(seen, why).at(edge, base);
        if out {
            return Recommendation { desired: seen.desired.max(changed(base, change)), ..asked };
        }
        if seen.is_warming() {
            return Recommendation { why: Reason::Warming, ..asked };
        }
        let desired = seen.desired.min(changed(base, change));
        Recommendation { desired, rests: !seen.has_warm_up, ..asked }
    }
}

impl Simple {
    /// The size after one change; the group's rest, or its own, holds it back (the same page, and *Scaling cooldowns*).
    pub fn recommend(&self, seen: &Seen) -> Recommendation {
        let (edge, state) = edge(&self.alarm, seen);
        let (State::Alarm, Some(metric)) = (state, seen.metric) else { return quiet(seen, state) };
        let change = self.change.of(seen.desired, self.min_change);
        let why = Reason::Step { metric, base: seen.desired, change };
        let asked = Recommendation::stay(seen, why).at(edge, seen.desired);
        Recommendation { desired: changed(seen.desired, change), rests: true, cooldown: self.cooldown, ..asked }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::scaling::alarm::{Condition, Missing, Side, Window};
    use crate::cloud::scaling::decide::{Bounds, restrain};
    use crate::cloud::scaling::metric::{Metric, Reading};
    use crate::cloud::scaling::plan::{Group, Policy};
    use crate::cloud::topology::NodeId;

    fn alarm(when: Side, limit: f64) -> Alarm {
        let condition = Condition { when, limit, window: Window::all(1), missing: Missing::Missing };
        Alarm { metric: Metric { what: Reading::Cpu, of: NodeId(0) }, condition, period: Span::from_secs(60) }
    }

    fn step(when: Side, limit: f64, steps: &[(f64, f64, Change)]) -> Step {
        let stride = |&(from, to, change): &(f64, f64, Change)| Stride { from, to, change };
        let steps = steps.iter().map(stride).collect();
        Step { alarm: alarm(when, limit), statistic: Statistic::Newest, steps, min_change: 0, warm_up: None }
    }

    /// The guide's group around 50 %: +10 % from 60, +30 % from 70; −10 % to 40, −30 % to 30.
    fn guide() -> (Step, Step) {
        let no = f64::INFINITY;
        let percent = Change::Percent;
        (
            step(Side::AtLeast, 60.0, &[(0.0, 10.0, percent(10.0)), (10.0, no, percent(30.0))]),
            step(Side::AtMost, 40.0, &[(-10.0, 0.0, percent(-10.0)), (-no, -10.0, percent(-30.0))]),
        )
    }

    fn decided(rule: &Step, seen: Seen) -> u32 {
        let state = rule.alarm.condition.judge([seen.metric].into_iter(), State::Ok);
        let seen = Seen { high: state, low: state, ..seen };
        restrain(rule.recommend(&seen), &seen, &Group::default(), Default::default()).0.to
    }

    fn at(metric: f64, desired: u32, warm: u32) -> Seen {
        let bounds = Bounds { min: 0, max: 100 };
        Seen { metric: Some(metric), desired, in_service: desired, warm, bounds, ..Seen::nothing() }
    }

    /// The guide's steps as shares, whose differences are never exact: 0.7 − 0.6 is less than a tenth.
    #[test]
    fn a_step_begins_where_it_says_whatever_a_difference_is_rounded_to() {
        let steps = [(0.0, 0.1, Change::Percent(10.0)), (0.1, f64::INFINITY, Change::Percent(30.0))];
        for (limit, metric, wanted) in [(0.6, 0.699, 11), (0.6, 0.7, 13), (0.5, 0.6, 13), (0.5, 0.599_99, 11)] {
            assert_eq!(decided(&step(Side::AtLeast, limit, &steps), at(metric, 10, 10)), wanted, "{metric} of {limit}");
        }
    }

    /// EC2 Auto Scaling user guide, *Step and simple scaling policies*, without warm-up: 10 → 11 → 14 → 13 → 10.
    #[test]
    fn the_guide_s_group_walks_as_it_says() {
        let (high, low) = guide();
        let mut size = 10;
        let mut walk = Vec::new();
        for (rule, metric) in [(&high, 60.0), (&high, 70.0), (&low, 40.0), (&low, 30.0)] {
            size = decided(rule, at(metric, size, size));
            walk.push(size);
        }
        assert_eq!(walk, [11, 14, 13, 10]);
    }

    /// The same page, with the eleventh still warming up: at 62 it stays 11, at 70 it becomes 13.
    #[test]
    fn who_warms_up_is_wanted_already_and_does_not_count() {
        let (high, low) = guide();
        assert_eq!(decided(&high, at(60.0, 10, 10)), 11);
        assert_eq!(decided(&high, at(62.0, 11, 10)), 11);
        assert_eq!(decided(&high, at(70.0, 11, 10)), 13);
        assert_eq!(decided(&low, at(30.0, 11, 10)), 11, "nothing is taken away meanwhile");
    }

    /// Above the limit a step holds its lower end, below it its upper end; and an alarm that stays quiet does nothing.
    #[test]
    fn both_sides_of_every_end_of_a_step() {
        let (high, low) = guide();
        for (metric, size) in [(59.9, 10), (60.0, 11), (69.9, 11), (70.0, 13), (99.0, 13)] {
            assert_eq!(decided(&high, at(metric, 10, 10)), size, "{metric}");
        }
        for (metric, size) in [(40.1, 10), (40.0, 9), (30.1, 9), (30.0, 7), (0.0, 7)] {
            assert_eq!(decided(&low, at(metric, 10, 10)), size, "{metric}");
        }
    }

    /// Maximum 3, now 2, +3 gives 3; minimum 2, now 3, −2 gives 2 (the same page).
    #[test]
    fn a_change_ends_at_the_bounds() {
        let no = f64::INFINITY;
        let bounded = |when, change, now, bounds| {
            let rule = step(when, 10.0, &[(-no, no, Change::By(change))]);
            decided(&rule, Seen { bounds, ..at(10.0, now, now) })
        };
        assert_eq!(bounded(Side::AtLeast, 3, 2, Bounds { min: 0, max: 3 }), 3);
        assert_eq!(bounded(Side::AtMost, -2, 3, Bounds { min: 2, max: 9 }), 2);
    }

    /// Those that go already still count, so that the same step again does nothing more (the same page).
    #[test]
    fn who_goes_still_counts_for_the_next_step_in() {
        let (_, low) = guide();
        assert_eq!(decided(&low, Seen { terminating: 3, ..at(30.0, 7, 7) }), 7);
        assert_eq!(decided(&low, Seen { terminating: 0, ..at(30.0, 7, 7) }), 5);
    }

    /// Two policies at the same moment, +3 and +200 % of 10: the larger capacity wins (EC2 Auto Scaling API reference,
    /// *PutScalingPolicy*).
    #[test]
    fn of_two_policies_the_larger_size_wins() {
        let no = f64::INFINITY;
        let [few, many] = [Change::By(3), Change::Percent(200.0)].map(|change| {
            let rule = step(Side::AtLeast, 10.0, &[(0.0, no, change)]);
            move |desired| {
                decided(&rule, Seen { in_service: 10, warm: 10, coming: desired - 10, ..at(10.0, desired, 10) })
            }
        });
        assert_eq!((many(few(10)), few(many(10))), (30, 30));
    }

    #[test]
    fn the_statistic_is_of_the_datapoints_that_the_alarm_judges() {
        let of = |statistic: Statistic| statistic.of([25.0, 14.0, 12.0].into_iter());
        assert_eq!(of(Statistic::Newest), Some(25.0));
        assert_eq!(of(Statistic::Average), Some(17.0));
        assert_eq!(of(Statistic::Minimum), Some(12.0));
        assert_eq!(of(Statistic::Maximum), Some(25.0));
        assert_eq!(Statistic::Average.of(std::iter::empty()), None);
    }

    /// Simple scaling changes by one step and rests (the same guide, *Scaling cooldowns*).
    #[test]
    fn a_simple_policy_rests_for_its_own_cooldown() {
        let cooldown = Some(Span::from_secs(90));
        let rule = Simple { alarm: alarm(Side::Above, 50.0), change: Change::By(2), min_change: 0, cooldown };
        let seen = Seen { high: State::Alarm, ..at(60.0, 4, 4) };
        let asked = rule.recommend(&seen);
        assert_eq!((asked.desired, asked.rests, asked.cooldown), (6, true, cooldown));
        let calm = rule.recommend(&Seen { high: State::Ok, ..seen });
        assert_eq!((calm.desired, calm.why), (4, Reason::Quiet));
        assert_eq!(Policy::Simple(rule).metric().map(|metric| &metric.what), Some(&Reading::Cpu));
    }
}
