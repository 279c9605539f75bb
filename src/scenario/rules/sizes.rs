//! Numbers of the run and of its callers are within their ranges, and minimums are not above their maximums.

use std::fmt::Display;

use crate::ground::time::Span;
use crate::scenario::complaint::Complaint;
use crate::scenario::draft::client::{Backoff, Bounds, Retry};
use crate::scenario::draft::quantities::{Amount, Number, Whole};
use crate::scenario::draft::run::{Run, WarmUp};
use crate::scenario::draft::words::Replications;
use crate::scenario::draft::workload::Arrivals;
use crate::scenario::laws::Samples;
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::rules::ranges::Ranges;
use crate::scenario::sight::Sight;

pub(super) const RULE: Rule = Rule {
    about: "numbers of the run and its callers are within their ranges, and a minimum is not above its maximum",
    check,
};

/// More is a slip.
const REPLICATIONS_MAX: u64 = 100_000;
const RETRIES_MAX: u64 = 65_000;
const BATCH_MAX: f64 = 1_000_000.0;
const AT_START_MAX: u64 = 10_000_000;
/// A profile that begins anew, and a phase of two that take turns.
const PERIOD_MIN: Span = Span::from_secs(1);
const PHASE_MIN: Span = Span::from_millis(1);
/// Cells of the recorded series.
const CELLS_MAX: u64 = 2_000;

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut ranges = Ranges::default();
    run(&sight.draft.run, &mut ranges);
    for (name, workload) in &sight.draft.workload {
        let place = Place::of(&["workload", name]);
        arrivals(&workload.arrivals, &place.then("arrivals"), &mut ranges);
        let batch = workload.batch.as_ref().and_then(|batch| batch.make(&sight.files.samples).ok());
        if let Some(mean) = batch.map(|batch| batch.mean()).filter(|mean| !(1e-9..=BATCH_MAX).contains(mean)) {
            let what = format!("{mean} requests with each arrival");
            let advice = format!("above 0, at most {BATCH_MAX} on average");
            ranges.complaints.push(Complaint::error("E201", place.then("batch"), what).advise(advice));
        }
        ranges.within("requests at the start", workload.at_start, 0, AT_START_MAX, place.then("at-start"));
        if let Some(client) = &workload.client {
            let place = place.then("client");
            ranges.positive("a timeout", client.timeout.map(|time| time.0), place.then("timeout"));
            if let Some(retry) = &client.retry {
                self::retry(retry, &place.then("retry"), &mut ranges);
            }
        }
    }
    ranges.complaints
}

fn run(run: &Run, ranges: &mut Ranges) {
    let place = Place::of(&["run"]);
    let length = run.length.map(|time| time.0);
    ranges.positive("a run", length, place.then("length"));
    let warm_up = run.warm_up.and_then(|warm_up| match warm_up {
        WarmUp::Of(span) => Some(span),
        WarmUp::Auto => None,
    });
    if let (Some(warm_up), Some(length)) = (warm_up, length)
        && warm_up >= length
        && length > Span::ZERO
    {
        let what = format!("the warm-up of {warm_up} leaves nothing of a run of {length}");
        let complaint = Complaint::error("E202", place.then("warm-up"), what)
            .and(place.then("length"), "the run's length, warm-up included");
        ranges.complaints.push(complaint.advise("lengthen the run, or shorten the warm-up"));
    }
    match &run.replications {
        Some(Replications::Count(count)) if !(1..=REPLICATIONS_MAX as i64).contains(count) => {
            let advice = format!("from 1 to {REPLICATIONS_MAX}; an interval needs at least 2");
            let place = place.then("replications");
            ranges.complaints.push(Complaint::error("E201", place, format!("{count} replications")).advise(advice));
        }
        Some(Replications::Until(until)) => {
            let place = place.then("replications");
            if until.precision.is_some() == until.within.is_some() {
                let what = "one of `precision` and `within` says how well the figure must be known";
                ranges.complaints.push(
                    Complaint::error("E108", place.clone(), what)
                        .advise("`precision = \"5%\"` of the figure, or `within = \"50ms\"` in its own form"),
                );
            }
            ranges.within("replications at the least", until.at_least, 2, REPLICATIONS_MAX, place.then("at-least"));
            ranges.within("replications at the most", until.at_most, 2, REPLICATIONS_MAX, place.then("at-most"));
            let (at_least, at_most) = (until.at_least.map_or(10, |n| n.0), until.at_most.map_or(1_000, |n| n.0));
            let low: Option<(&str, &dyn Display)> = Some(("at-least", &at_least));
            ranges.ordered(low, Some(("at-most", &at_most)), at_least > at_most, &place);
            for (key, share) in [("precision", until.precision), ("confidence", until.confidence)] {
                if let Some(share) = share
                    && !(share.0 > 0.0 && share.0 < 1.0)
                {
                    let advice =
                        if key == "precision" { "above 0%, such as \"5%\"" } else { "below 100%, such as \"95%\"" };
                    ranges.complaints.push(
                        Complaint::error("E201", place.then(key), format!("a {key} of {}%", share.0 * 100.0))
                            .advise(advice),
                    );
                }
            }
        }
        Some(Replications::Count(_)) | None => {}
    }
    ranges.positive("a step of the series", run.series.map(|time| time.0), place.then("series"));
    if let (Some(series), Some(length)) = (run.series.map(|time| time.0), length)
        && series > Span::ZERO
        && length.nanos() / CELLS_MAX > series.nanos()
    {
        let least = Span::from_nanos(length.nanos().div_ceil(CELLS_MAX));
        let what = format!("a series of {series} has more than {CELLS_MAX} steps in a run of {length}");
        ranges
            .complaints
            .push(Complaint::error("E201", place.then("series"), what).advise(format!("at least {least}")));
    }
}

fn arrivals(arrivals: &Arrivals, place: &Place, ranges: &mut Ranges) {
    match arrivals {
        Arrivals::Poisson(poisson) => {
            if poisson.rate.0 == 0.0 {
                ranges.complaints.push(never(place.then("poisson").then("rate")));
            }
        }
        Arrivals::Even(even) => {
            ranges.positive("a distance", even.every.map(|time| time.0), place.then("even").then("every"))
        }
        Arrivals::Renewal(renewal) => {
            let samples = Samples::default();
            if renewal.gap.make(&samples).is_ok_and(|law| law.mean() < 1.0) {
                ranges.complaints.push(
                    Complaint::error(
                        "E201",
                        place.then("renewal").then("gap"),
                        "a gap of no time: everything would come at once",
                    )
                    .advise("give gaps above zero"),
                );
            }
        }
        Arrivals::Bursts(bursts) => {
            if bursts.calm.rate.0 == 0.0 && bursts.burst.rate.0 == 0.0 {
                ranges.complaints.push(never(place.then("bursts")));
            }
            let samples = Samples::default();
            for (key, phase) in [("calm", &bursts.calm), ("burst", &bursts.burst)] {
                if phase.lasts.make(&samples).is_ok_and(|law| law.mean() < PHASE_MIN.nanos() as f64) {
                    ranges.complaints.push(
                        Complaint::error(
                            "E201",
                            place.then("bursts").then(key).then("lasts"),
                            "a phase of hardly any time",
                        )
                        .advise(format!("at least {PHASE_MIN} on average")),
                    );
                }
            }
        }
        Arrivals::Profile(profile) => {
            let repeat = profile.repeat.map(|time| time.0);
            ranges.at_least("a period", repeat, PERIOD_MIN, place.then("profile").then("repeat"));
            if !profile.points.is_empty() && profile.points.iter().all(|(_, rate)| rate.0 == 0.0) {
                ranges.complaints.push(never(place.then("profile").then("points")));
            }
        }
        Arrivals::Sine(sine) => {
            let place = place.then("sine");
            ranges.at_least("a period", Some(sine.period.0), PERIOD_MIN, place.then("period"));
            if sine.mean.0 == 0.0 {
                ranges.complaints.push(never(place.then("mean")));
            } else if sine.amplitude.0 > sine.mean.0 {
                let what = "an amplitude above the mean: in the trough fewer than none would come";
                ranges.complaints.push(
                    Complaint::error("E202", place.then("amplitude"), what)
                        .and(place.then("mean"), "the mean")
                        .advise("at most the mean"),
                );
            }
        }
        Arrivals::Users(users) => {
            ranges.within("users", Some(users.count), 1, 10_000_000, place.then("users").then("count"))
        }
        Arrivals::Trace(trace) => {
            let place = place.then("trace");
            if let Some(Number(scale)) = trace.scale
                && !(scale > 0.0 && scale <= 1e6)
            {
                ranges.complaints.push(
                    Complaint::error("E201", place.then("scale"), format!("a trace at {scale} times its traffic"))
                        .advise("above 0, at most 1000000; 1 is as it was recorded"),
                );
            }
            for (column, unit) in &trace.unit {
                ranges.positive("a unit", Some(unit.0), place.then("unit").then(column));
            }
        }
        Arrivals::Scripted(requests) => {
            for (index, request) in requests.iter().enumerate() {
                for (work, visits) in &request.fails {
                    let place = place.then("scripted").nth(index).then("fails").then(work);
                    for (nth, visit) in visits.iter().enumerate() {
                        ranges.within("as a visit: they are counted from 1", Some(*visit), 1, 65_535, place.nth(nth));
                    }
                }
            }
        }
    }
}

fn never(place: Place) -> Complaint {
    Complaint::error("E201", place, "at this rate nothing ever comes")
        .advise("give a rate above zero, or take the workload out")
}

/// Attempts and pauses.
pub(super) fn retry(retry: &Retry, place: &Place, ranges: &mut Ranges) {
    if let Some(Amount::Of(attempts)) = retry.attempts {
        ranges.within("attempts in all", Some(Whole(attempts)), 1, RETRIES_MAX, place.then("attempts"));
    }
    backoff(retry.backoff.as_ref(), place.then("backoff"), ranges);
    backoff(retry.throttled_backoff.as_ref(), place.then("throttled-backoff"), ranges);
}

fn backoff(backoff: Option<&Backoff>, place: Place, ranges: &mut Ranges) {
    let (word, bounds) = match backoff {
        Some(Backoff::Doubling(bounds)) => ("doubling", bounds),
        Some(Backoff::FullJitter(bounds)) => ("full-jitter", bounds),
        Some(Backoff::EqualJitter(bounds)) => ("equal-jitter", bounds),
        Some(Backoff::Decorrelated(bounds)) => ("decorrelated", bounds),
        Some(Backoff::Wait(_)) | None => return,
    };
    let Bounds { base, cap } = bounds;
    let place = place.then(word);
    ranges.positive("a first pause", base.map(|time| time.0), place.then("base"));
    let (base, cap) = (base.map_or(Span::from_secs(1), |time| time.0), cap.map_or(Span::from_secs(20), |time| time.0));
    ranges.ordered(Some(("base", &base)), Some(("cap", &cap)), base > cap, &place);
}
