//! Alarms and the steps around their limits: what can be judged, without gap or overlap.

use crate::ground::time::Span;
use crate::scenario::complaint::Complaint;
use crate::scenario::draft::metric::Metric;
use crate::scenario::draft::quantities::{Change, Limit, Time, Whole};
use crate::scenario::draft::scaling::{Step, Stride};
use crate::scenario::place::Place;
use crate::scenario::rules::metrics::signed_value;
use crate::scenario::rules::pairs::one_of;
use crate::scenario::rules::ranges::Ranges;

/// Steps that one policy may have (Amazon EC2 Auto Scaling, *Quotas*).
const STEPS_MAX: usize = 20;
/// How far back an alarm may look (Amazon CloudWatch API reference, *PutMetricAlarm*).
const REACH_MAX: Span = Span::from_secs(86_400);
/// The most datapoints that one alarm judges.
pub(super) const WINDOW_MAX: u64 = 1_440;

/// So many of so many datapoints, within a day.
pub(super) fn window(
    points: Option<Whole>,
    of: Option<Whole>,
    period: Option<Time>,
    place: &Place,
    ranges: &mut Ranges,
) {
    ranges.within("datapoints beyond the limit", points, 1, WINDOW_MAX, place.then("points"));
    ranges.within("datapoints", of, 1, WINDOW_MAX, place.then("of"));
    let needed = points.map_or(1, |points| points.0);
    if let Some(of) = of.filter(|of| of.0 < needed) {
        let what = format!("{needed} of {} datapoints can never be beyond the limit", of.0);
        ranges.complaints.push(
            Complaint::error("E202", place.then("of"), what).advise(format!("`of` is at least `points`, {needed}")),
        );
    }
    let all = of.map_or(needed, |of| of.0);
    let period = period.map_or(Span::from_secs(60), |period| period.0);
    if all <= WINDOW_MAX && period.nanos().saturating_mul(all) > REACH_MAX.nanos() {
        let what = format!("{all} datapoints of {period} reach back more than a day");
        ranges.complaints.push(
            Complaint::error("E201", place.clone(), what)
                .advise("fewer datapoints, or a shorter `period`: at most a day"),
        );
    }
}

/// One change: by some, by a share, or to a size.
pub(super) fn change(change: Option<Change>, set: Option<Whole>, place: &Place, complaints: &mut Vec<Complaint>) {
    one_of(&[("change", change.is_some()), ("set", set.is_some())], place, complaints);
    if let Some(Change::By(by)) =
        change.filter(|change| matches!(change, Change::By(by) if by.unsigned_abs() > 1_000_000))
    {
        let what = format!("a change by {by} workers");
        complaints.push(Complaint::error("E201", place.then("change"), what).advise("at most 1000000"));
    }
}

/// A least change belongs to a change by share.
pub(super) fn least(least: Option<Whole>, changes: &[Option<Change>], place: &Place, complaints: &mut Vec<Complaint>) {
    if least.is_some() && !changes.iter().any(|change| matches!(change, Some(Change::Percent(_)))) {
        complaints.push(
            Complaint::error(
                "E108",
                place.then("min-change").key(),
                "`min-change` is for changes by a share, and there is none",
            )
            .advise("take it out, or write a change as a share: `change = \"10%\"`"),
        );
    }
}

/// The ends of a step in the metric's own unit.
pub(crate) fn ends(metric: &Metric, step: &Stride) -> Result<(f64, f64), String> {
    let end = |limit: &Option<Limit>, open: f64| limit.as_ref().map_or(Ok(open), |limit| signed_value(metric, limit));
    Ok((end(&step.from, f64::NEG_INFINITY)?, end(&step.to, f64::INFINITY)?))
}

/// Steps around a limit: few, in order, without gap or overlap (EC2 Auto Scaling user guide, *Step and simple scaling
/// policies*).
pub(super) fn steps(policy: &Step, place: &Place, complaints: &mut Vec<Complaint>) {
    let place = place.then("steps");
    if policy.steps.is_empty() || policy.steps.len() > STEPS_MAX {
        let what = format!("a policy of {} steps", policy.steps.len());
        complaints.push(Complaint::error("E201", place.clone(), what).advise(format!("give 1 to {STEPS_MAX}")));
        return;
    }
    let mut known = Vec::new();
    for (index, step) in policy.steps.iter().enumerate() {
        let place = place.nth(index);
        change(step.change, step.set, &place, complaints);
        match ends(&policy.metric, step) {
            Ok((from, to)) if from >= to => {
                let what = "this step ends where it begins, or before";
                complaints.push(Complaint::error("E202", place, what).advise("`from` is below `to`"));
            }
            Ok((from, to)) => known.push((from, to, index)),
            Err(why) => {
                let what = "an end of this step is not in the metric's form";
                complaints.push(Complaint::error("E302", place, what).advise(why));
            }
        }
    }
    if known.len() < policy.steps.len() {
        return;
    }
    known.sort_by(|a, b| a.0.total_cmp(&b.0));
    for pair in known.windows(2) {
        let ((_, to, before), (from, _, index)) = (pair[0], pair[1]);
        if to != from {
            let kind = if to < from { "a gap between" } else { "an overlap of" };
            let what = format!("there is {kind} steps {} and {}", before + 1, index + 1);
            complaints.push(
                Complaint::error("E202", place.nth(index), what)
                    .advise("each step begins where the one before it ends; leave out the outermost `from` or `to`"),
            );
        }
    }
}
