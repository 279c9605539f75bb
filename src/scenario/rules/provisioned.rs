//! Environments that are kept ready: their number at the start, its bounds, and when those change.

use crate::scenario::complaint::Complaint;
use crate::scenario::draft::function::{Function, Planned, Provisioned};
use crate::scenario::draft::quantities::{Share, Whole};
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::rules::functions;
use crate::scenario::rules::pairs::one_of;
use crate::scenario::rules::points::cron;
use crate::scenario::rules::ranges::Ranges;
use crate::scenario::sight::{Kind, Sight, node_place};

pub(super) const RULE: Rule = Rule {
    about: "environments that are kept ready have a number at the start, or bounds and a share of them at work, and no more than may be used",
    check,
};

/// The most environments that are ever kept ready.
pub(super) fn most(kept: &Provisioned) -> Option<u64> {
    let planned = kept.schedule.iter().flat_map(|row| [row.count, row.min, row.max]);
    [kept.count, kept.min, kept.max].into_iter().chain(planned).flatten().map(|number| number.0).max()
}

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut ranges = Ranges::default();
    for (name, topology) in sight.topologies() {
        for (function_name, function) in &topology.function {
            if let Some(kept) = &function.provisioned_concurrency {
                let node = node_place(name, Kind::Function, function_name);
                let place = node.then("provisioned-concurrency");
                one(function, kept, (&node, &place), &mut ranges);
                for (index, row) in kept.schedule.iter().enumerate() {
                    let place = place.then("schedule").nth(index);
                    planned(function, kept, row, &place, &mut ranges);
                    cron(sight, row.cron.as_deref(), place.then("cron"), &mut ranges.complaints);
                }
            }
        }
    }
    ranges.complaints
}

fn one(function: &Function, kept: &Provisioned, (node, place): (&Place, &Place), ranges: &mut Ranges) {
    let Provisioned { count, min, max, target, .. } = *kept;
    let is_begun_with_none = max.is_none() && !kept.schedule.is_empty();
    for (key, number) in [("count", count), ("min", min), ("max", max)] {
        let least = if key == "count" && is_begun_with_none { 0 } else { 1 };
        functions::environments(function, number, least, place.then(key), ranges);
    }
    if max.is_none() {
        for (key, is_there) in [("min", min.is_some()), ("target", target.is_some())] {
            if is_there {
                let what = format!("`{key}` belongs to `max`: without it, nothing changes the number of environments");
                ranges
                    .complaints
                    .push(Complaint::error("E108", place.then(key).key(), what).advise("give `max`, or take it out"));
            }
        }
        if count.is_none() {
            let what = "it does not say how many environments are kept ready";
            ranges.complaints.push(
                Complaint::error("E108", place.clone(), what).advise("give `count`, or `max` for as many as are used"),
            );
        }
    }
    ordered(place, &[("min", min), ("count", count), ("max", max)], &mut ranges.complaints);
    if let Some(Share(share)) = target.filter(|share| !(share.0 > 0.0 && share.0 <= 1.0)) {
        let what = format!("{share} of the environments at work");
        let complaint = Complaint::error("E201", place.then("target"), what);
        ranges.complaints.push(complaint.advise("give a share above `\"0%\"`, up to `\"100%\"`"));
    }
    let most = most(kept).unwrap_or(0);
    if let Some(Whole(reserved)) = function.reserved_concurrency.filter(|reserved| most > reserved.0) {
        let what = format!("{most} environments are kept ready, and {reserved} may be used");
        let key =
            [("max", max), ("count", count), ("min", min)].into_iter().find(|(_, number)| *number == Some(Whole(most)));
        ranges.complaints.push(
            Complaint::error("E108", place.then(key.map_or("schedule", |(key, _)| key)), what)
                .and(node.then("reserved-concurrency"), "here")
                .advise("keep no more ready than may be used"),
        );
    }
}

fn planned(function: &Function, kept: &Provisioned, row: &Planned, place: &Place, ranges: &mut Ranges) {
    one_of(&[("at", row.at.is_some()), ("cron", row.cron.is_some())], place, &mut ranges.complaints);
    let bound = [("min", row.min), ("max", row.max)].into_iter().find(|(_, number)| number.is_some());
    let bound = bound.map(|(key, _)| key);
    one_of(&[("count", row.count.is_some()), (bound.unwrap_or("min"), bound.is_some())], place, &mut ranges.complaints);
    let least = u64::from(kept.max.is_some());
    for (key, number) in [("count", row.count), ("min", row.min), ("max", row.max)] {
        functions::environments(function, number, least, place.then(key), ranges);
    }
    ordered(place, &[("min", row.min), ("max", row.max)], &mut ranges.complaints);
    if let Some(key) = bound.filter(|_| kept.max.is_none()) {
        let what = format!("`{key}` is a bound, and nothing moves the number of environments between bounds");
        ranges.complaints.push(
            Complaint::error("E108", place.then(key).key(), what)
                .advise("give `count`, or the `max` of `provisioned-concurrency` beside the schedule"),
        );
    }
}

/// Those that are given grow.
fn ordered(place: &Place, keys: &[(&str, Option<Whole>)], complaints: &mut Vec<Complaint>) {
    let there: Vec<(&str, u64)> = keys.iter().filter_map(|(key, number)| Some((*key, number.as_ref()?.0))).collect();
    for pair in there.windows(2) {
        let [(low, less), (high, more)] = [pair[0], pair[1]];
        if less > more {
            let what = format!("`{low}` is {less}, and `{high}` is {more}");
            complaints.push(
                Complaint::error("E108", place.then(high), what).and(place.then(low), "here").advise("let them grow"),
            );
        }
    }
}
