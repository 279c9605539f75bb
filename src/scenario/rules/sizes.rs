//! Numbers are within their ranges, and minimums are not above their maximums.

use std::fmt::Display;

use crate::ground::time::Span;
use crate::scenario::complaint::Complaint;
use crate::scenario::draft::client::{Backoff, Bounds, Retry};
use crate::scenario::draft::node::{Platform, Pool};
use crate::scenario::draft::quantities::{Amount, Number, Whole};
use crate::scenario::draft::run::Run;
use crate::scenario::draft::scaling::{Policy, Scaling};
use crate::scenario::draft::words::Replications;
use crate::scenario::draft::workload::Arrivals;
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::sight::{Kind, Sight, node_place};

pub(super) const RULE: Rule =
    Rule { about: "numbers are within their ranges, and a minimum is not above its maximum", check };

/// The limits of this version; beyond them a scenario is a slip.
const WORKERS_MAX: u64 = 1_000_000;
const SLOTS_MAX: u64 = 1_000_000;
const REPLICATIONS_MAX: u64 = 100_000;
const COUNT_MAX: u64 = 1_000_000_000;
const RETRIES_MAX: u64 = 1_000_000;
/// Cells of the recorded series.
const CELLS_MAX: u64 = 2_000;

struct Ranges {
    complaints: Vec<Complaint>,
}

impl Ranges {
    fn within(&mut self, what: &str, number: Option<Whole>, low: u64, high: u64, place: Place) {
        if let Some(Whole(number)) = number
            && !(low..=high).contains(&number)
        {
            let bound = if number < low { format!("at least {low}") } else { format!("at most {high}") };
            self.complaints.push(Complaint::error("E201", place, format!("{number} {what}")).advise(bound));
        }
    }

    fn positive(&mut self, what: &str, span: Option<Span>, place: Place) {
        if span == Some(Span::ZERO) {
            self.complaints.push(
                Complaint::error("E201", place, format!("{what} of no time")).advise("give a duration above zero"),
            );
        }
    }

    fn above_zero(&mut self, what: &str, number: Option<Number>, place: Place) {
        if let Some(Number(number)) = number
            && !(number > 0.0 && number <= 1e12)
        {
            self.complaints.push(
                Complaint::error("E201", place, format!("{what} of {number}")).advise("give a number above zero"),
            );
        }
    }

    fn ordered(
        &mut self,
        low: Option<(&str, &dyn Display)>,
        high: Option<(&str, &dyn Display)>,
        wrong: bool,
        place: &Place,
    ) {
        if let (Some((low, low_value)), Some((high, high_value)), true) = (low, high, wrong) {
            let what = format!("`{low}` is {low_value}, above `{high}`, which is {high_value}");
            let complaint =
                Complaint::error("E202", place.then(low), what).and(place.then(high), format!("`{high}` stands here"));
            self.complaints.push(complaint.advise("exchange them, or raise the upper one"));
        }
    }

    fn at_most<T: PartialOrd + Display>(&mut self, low: (&str, Option<T>), high: (&str, Option<T>), place: &Place) {
        if let (Some(low_value), Some(high_value)) = (&low.1, &high.1) {
            let wrong = low_value > high_value;
            self.ordered(Some((low.0, low_value)), Some((high.0, high_value)), wrong, place);
        }
    }
}

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut ranges = Ranges { complaints: Vec::new() };
    run(&sight.draft.run, &mut ranges);
    for (name, workload) in &sight.draft.workload {
        let place = Place::of(&["workload", name]);
        arrivals(&workload.arrivals, &place.then("arrivals"), &mut ranges);
        if let Some(client) = &workload.client {
            let place = place.then("client");
            ranges.positive("a timeout", client.timeout.map(|time| time.0), place.then("timeout"));
            if let Some(retry) = &client.retry {
                self::retry(retry, &place.then("retry"), &mut ranges);
            }
        }
    }
    for (name, topology) in sight.topologies() {
        for (pool_name, pool) in &topology.pool {
            self::pool(pool, &node_place(name, Kind::Pool, pool_name), &mut ranges);
        }
        for (queue_name, queue) in &topology.queue {
            let place = node_place(name, Kind::Queue, queue_name);
            ranges.positive(
                "a visibility timeout",
                queue.visibility_timeout.map(|time| time.0),
                place.then("visibility-timeout"),
            );
            ranges.within(
                "receives before a message is put aside",
                queue.max_receive_count,
                1,
                1_000,
                place.then("max-receive-count"),
            );
        }
        for (balancer_name, balancer) in &topology.balancer {
            ranges.within(
                "rules of a listener",
                balancer.rules,
                0,
                100_000,
                node_place(name, Kind::Balancer, balancer_name).then("rules"),
            );
        }
    }
    ranges.complaints
}

fn run(run: &Run, ranges: &mut Ranges) {
    let place = Place::of(&["run"]);
    let length = run.length.map(|time| time.0);
    ranges.positive("a run", length, place.then("length"));
    let warm_up = run.warm_up.map(|time| time.0);
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
        Some(Replications::Count(count)) => {
            if !(1..=REPLICATIONS_MAX as i64).contains(count) {
                let advice = format!("from 1 to {REPLICATIONS_MAX}; an interval needs at least 2");
                ranges.complaints.push(
                    Complaint::error("E201", place.then("replications"), format!("{count} replications"))
                        .advise(advice),
                );
            }
        }
        Some(Replications::Until(until)) => {
            let place = place.then("replications");
            ranges.within("replications at the least", until.at_least, 2, REPLICATIONS_MAX, place.then("at-least"));
            ranges.within("replications at the most", until.at_most, 2, REPLICATIONS_MAX, place.then("at-most"));
            let (at_least, at_most) = (until.at_least.map_or(10, |n| n.0), until.at_most.map_or(1_000, |n| n.0));
            let low: Option<(&str, &dyn Display)> = Some(("at-least", &at_least));
            ranges.ordered(low, Some(("at-most", &at_most)), at_least > at_most, &place);
            for (key, share) in [("precision", Some(until.precision)), ("confidence", until.confidence)] {
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
        None => {}
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
            let samples = crate::scenario::laws::Samples::default();
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
            let samples = crate::scenario::laws::Samples::default();
            for (key, phase) in [("calm", &bursts.calm), ("burst", &bursts.burst)] {
                if phase.lasts.make(&samples).is_ok_and(|law| law.mean() < 1.0) {
                    ranges.complaints.push(
                        Complaint::error("E201", place.then("bursts").then(key).then("lasts"), "a phase of no time")
                            .advise("give a duration above zero"),
                    );
                }
            }
        }
        Arrivals::Profile(profile) => {
            ranges.positive("a period", profile.repeat.map(|time| time.0), place.then("profile").then("repeat"));
            if !profile.points.is_empty() && profile.points.iter().all(|(_, rate)| rate.0 == 0.0) {
                ranges.complaints.push(never(place.then("profile").then("points")));
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

fn retry(retry: &Retry, place: &Place, ranges: &mut Ranges) {
    if let Some(Amount::Of(attempts)) = retry.attempts {
        ranges.within("attempts in all", Some(Whole(attempts)), 1, RETRIES_MAX, place.then("attempts"));
    }
    let (word, bounds) = match &retry.backoff {
        Some(Backoff::Doubling(bounds)) => ("doubling", bounds),
        Some(Backoff::FullJitter(bounds)) => ("full-jitter", bounds),
        Some(Backoff::EqualJitter(bounds)) => ("equal-jitter", bounds),
        Some(Backoff::Decorrelated(bounds)) => ("decorrelated", bounds),
        Some(Backoff::Wait(_)) | None => return,
    };
    let Bounds { base, cap } = bounds;
    let place = place.then("backoff").then(word);
    ranges.positive("a first pause", base.map(|time| time.0), place.then("base"));
    let (base, cap) = (base.map_or(Span::from_secs(1), |time| time.0), cap.map_or(Span::from_secs(20), |time| time.0));
    ranges.ordered(Some(("base", &base)), Some(("cap", &cap)), base > cap, &place);
}

fn pool(pool: &Pool, place: &Place, ranges: &mut Ranges) {
    if let Some(Amount::Of(workers)) = pool.workers {
        ranges.within("workers", Some(Whole(workers)), 0, WORKERS_MAX, place.then("workers"));
    }
    if let Some(Amount::Of(room)) = pool.room {
        ranges.within("places to wait", Some(Whole(room)), 0, COUNT_MAX, place.then("room"));
    }
    ranges.within("slots of a worker", pool.slots, 1, SLOTS_MAX, place.then("slots"));
    speed(pool.speed, place.then("speed"), ranges);
    if let Some(Platform::Ec2(ec2)) = &pool.platform
        && ec2.volume.is_some_and(|bytes| bytes.0 > 1 << 50)
    {
        ranges.complaints.push(
            Complaint::error("E201", place.then("platform").then("ec2").then("volume"), "a volume above 1024 TiB")
                .advise("a volume is some GiB"),
        );
    }
    for (index, step) in pool.steps.iter().enumerate() {
        let place = place.then("steps").nth(index);
        ranges.positive("a timeout", step.timeout.map(|time| time.0), place.then("timeout"));
        ranges.within("copies of a message", step.copies, 1, 10_000, place.then("copies"));
        if let Some(retry) = &step.retry {
            self::retry(retry, &place.then("retry"), ranges);
        }
    }
    if let Some(scaling) = &pool.scaling {
        self::scaling(pool, scaling, place, ranges);
    }
}

fn speed(speed: Option<Number>, place: Place, ranges: &mut Ranges) {
    if let Some(Number(number)) = speed
        && !(0.001..=1_000.0).contains(&number)
    {
        ranges.complaints.push(
            Complaint::error("E201", place, format!("a speed of {number}"))
                .advise("from 0.001 to 1000; 2 is twice as fast as the reference machine"),
        );
    }
}

fn scaling(pool: &Pool, scaling: &Scaling, pool_place: &Place, ranges: &mut Ranges) {
    let place = pool_place.then("scaling");
    match scaling {
        Scaling::Asg(asg) => {
            let place = place.then("asg");
            ranges.within("workers at the most", Some(asg.max), 0, WORKERS_MAX, place.then("max"));
            let (min, desired, max) = (asg.min.map(|n| n.0), asg.desired.map(|n| n.0), Some(asg.max.0));
            ranges.at_most(("min", min), ("max", max), &place);
            ranges.at_most(("min", min), ("desired", desired), &place);
            ranges.at_most(("desired", desired), ("max", max), &place);
            if let Some(Amount::Of(workers)) = pool.workers
                && !(min.unwrap_or(0)..=asg.max.0).contains(&workers)
                && min.unwrap_or(0) <= asg.max.0
            {
                let what = format!(
                    "{workers} workers at the start are outside the group's bounds, {} to {}",
                    min.unwrap_or(0),
                    asg.max.0
                );
                ranges.complaints.push(
                    Complaint::error("E202", pool_place.then("workers"), what)
                        .advise("change the bounds, or take `workers` out"),
                );
            }
            for (index, policy) in asg.policies.iter().enumerate() {
                self::policy(policy, asg.max.0, &place.then("policies").nth(index), ranges);
            }
        }
        Scaling::Schedule(rows) => {
            for (index, row) in rows.iter().enumerate() {
                ranges.within(
                    "workers",
                    Some(row.workers),
                    0,
                    WORKERS_MAX,
                    place.then("schedule").nth(index).then("workers"),
                );
            }
        }
        Scaling::Vertical(vertical) => {
            let place = place.then("vertical");
            for (index, size) in vertical.sizes.iter().enumerate() {
                let place = place.then("sizes").nth(index);
                speed(size.speed, place.then("speed"), ranges);
                ranges.within("slots of a worker", size.slots, 1, SLOTS_MAX, place.then("slots"));
            }
            let sizes = vertical.sizes.len() as u64;
            if sizes == 0 {
                ranges.complaints.push(
                    Complaint::error("E201", place.then("sizes"), "there is no size to change to")
                        .advise("name at least two: `[{ type = \"m5.large\" }, { type = \"m5.xlarge\" }]`"),
                );
            }
            for (index, (_, number)) in vertical.at.iter().enumerate() {
                if sizes > 0 && !(1..=sizes).contains(&number.0) {
                    let what = format!("there is no size {}", number.0);
                    ranges.complaints.push(
                        Complaint::error("E201", place.then("at").nth(index).nth(1), what)
                            .advise(format!("`sizes` are counted from 1 to {sizes}")),
                    );
                }
            }
        }
    }
}

fn policy(policy: &Policy, group_max: u64, place: &Place, ranges: &mut Ranges) {
    match policy {
        Policy::QueueLength(rule) => {
            let place = place.then("queue-length");
            ranges.above_zero("messages for one worker", rule.per_worker, place.then("per-worker"));
            ranges.positive("a look every span", rule.every.map(|time| time.0), place.then("every"));
        }
        Policy::TargetTracking(tracking) => {
            let place = place.then("target-tracking");
            ranges.above_zero("a target", tracking.requests_per_worker, place.then("requests-per-worker"));
            ranges.above_zero("a target", tracking.backlog_per_instance, place.then("backlog-per-instance"));
            if tracking.cpu.is_some_and(|share| share.0 == 0.0) {
                ranges.complaints.push(
                    Complaint::error("E201", place.then("cpu"), "a target of nothing")
                        .advise("give a share above zero, such as \"60%\""),
                );
            }
            ranges.positive("a look every span", tracking.period.map(|time| time.0), place.then("period"));
        }
        Policy::Scheduled(scheduled) => {
            let place = place.then("scheduled");
            for (key, number) in [("min", scheduled.min), ("desired", scheduled.desired), ("max", scheduled.max)] {
                ranges.within("workers", number, 0, WORKERS_MAX, place.then(key));
            }
            let (min, max) = (scheduled.min.map(|n| n.0), scheduled.max.map(|n| n.0));
            ranges.at_most(("min", min), ("max", max), &place);
            if let (Some(min), None) = (min, max)
                && min > group_max
            {
                let what = format!("at least {min} workers are wanted of a group of at most {group_max}");
                ranges.complaints.push(Complaint::error("E202", place.then("min"), what).advise("raise `max` too"));
            }
        }
    }
}
