//! Settings stay within what the provider allows. A textbook's system may have others; so may one's own.

use crate::ground::time::Span;
use crate::scenario::build::mapping::function_among;
use crate::scenario::complaint::Complaint;
use crate::scenario::draft::law::Law;
use crate::scenario::draft::node::Balancer;
use crate::scenario::draft::quantities::{Bytes, Time};
use crate::scenario::draft::run::Defaults;
use crate::scenario::draft::scaling::{Policy, Scaling};
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::sight::{Deed, Kind, Sight, Way, deeds, edges, entry, is_for, node_place, reached};

pub(super) const RULE: Rule = Rule {
    about: "waits, sizes, periods and lifetimes are such as the provider allows, where its defaults hold",
    check,
};

const SECONDS: u64 = 1;
const HOURS: u64 = 3_600 * SECONDS;

/// A range of a setting in seconds, ends included, and who says so.
struct Range {
    key: &'static str,
    from: u64,
    to: u64,
    who: &'static str,
}

/// Amazon SQS Developer Guide, short and long polling.
const WAIT: Range = Range { key: "wait", from: 0, to: 20, who: "a long poll of SQS lasts 20 s at the most" };
/// Elastic Load Balancing, target group attributes.
const SLOW_START: Range =
    Range { key: "slow-start", from: 30, to: 900, who: "a target group's slow start takes 30 to 900 s" };
/// The same.
const DEREGISTRATION: Range = Range {
    key: "deregistration-delay",
    from: 0,
    to: HOURS,
    who: "a target group waits an hour at the most for who is deregistered",
};
/// EC2 Auto Scaling API reference, `CreateAutoScalingGroup`.
const LIFETIME: Range = Range {
    key: "max-lifetime",
    from: 24 * HOURS,
    to: 31_536_000,
    who: "the maximum lifetime of a group's machines is a day to a year",
};
/// The same.
const WARM_UP: Range = Range { key: "warm-up", from: 0, to: HOURS, who: "a warm-up lasts an hour at the most" };

/// AWS Lambda developer guide, Configure Lambda function timeout.
const RUN: Range =
    Range { key: "timeout", from: SECONDS, to: 900 * SECONDS, who: "a run of AWS Lambda lasts 1 to 900 s" };

/// AWS Lambda API reference, PutFunctionEventInvokeConfig.
const AGE: Range =
    Range { key: "max-age", from: 60 * SECONDS, to: 6 * HOURS, who: "an event of AWS Lambda is tried for 60 s to 6 h" };
/// AWS Lambda developer guide, *Lambda execution environment lifecycle*: initialisation that takes longer is broken off.
const INIT: f64 = 10e9;

/// The largest message (Amazon SQS Developer Guide, message quotas, since 25 August 2025).
const MESSAGE: f64 = 1_048_576.0;
/// The largest body, there and back, between a balancer and a function (Elastic Load Balancing, *Use Lambda functions as
/// targets of an Application Load Balancer*).
const BODY: f64 = 1_048_576.0;
/// Alarms with a period of less than a minute have one of these (Amazon CloudWatch user guide, *Evaluating an alarm*).
const QUICK: [u64; 3] = [10, 20, 30];
const MINUTE: Span = Span::from_secs(60);

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    if matches!(sight.draft.run.defaults, Some(Defaults::Textbook)) {
        return complaints;
    }
    for (name, topology) in sight.topologies() {
        let nodes = sight.nodes(name);
        let to_queue = |deed: &Deed<'_>| {
            let queue = |node: &String| nodes.get(node.as_str()) == Some(&Kind::Queue);
            deed.step.send.as_ref().is_some_and(|to| to.names.iter().any(queue))
        };
        let sends: Vec<Deed<'_>> = deeds(name, topology).into_iter().filter(to_queue).collect();
        for deed in &sends {
            fits(sight, deed.step.size.as_ref(), deed.place.then("size"), &mut complaints);
        }
        for (function_name, function) in &topology.function {
            let place = node_place(name, Kind::Function, function_name);
            holds(&RUN, function.timeout, &place, &mut complaints);
            holds(&AGE, function.errands.max_age, &place.then("async"), &mut complaints);
            starts(sight, function.init.as_ref(), place.then("init"), &mut complaints);
        }
        for (balancer_name, balancer) in &topology.balancer {
            let place = node_place(name, Kind::Balancer, balancer_name);
            holds(&SLOW_START, balancer.slow_start, &place, &mut complaints);
            holds(&DEREGISTRATION, balancer.deregistration_delay, &place, &mut complaints);
        }
        for (pool_name, pool) in &topology.pool {
            let place = node_place(name, Kind::Pool, pool_name);
            if let Some(poll) = &pool.poll {
                holds(&WAIT, poll.wait, &place.then("poll"), &mut complaints);
            }
            let receives = edges(name, topology).iter().any(|edge| edge.way == Way::Receive && edge.to == pool_name);
            if let Some(least) = pool.batch.as_ref().and_then(|batch| batch.at_least).filter(|least| least.0 > 1)
                && receives
            {
                let what = format!("a receive of SQS brings what is there, and does not wait for {}", least.0);
                tell(place.then("batch").then("at-least"), what, &mut complaints);
            }
            for (place, period) in alarms(pool.scaling.as_ref(), &place.then("scaling")) {
                periods(period, place, &mut complaints);
            }
            if let Some(Scaling::Asg(asg)) = &pool.scaling {
                let place = place.then("scaling").then("asg");
                holds(&LIFETIME, asg.max_lifetime, &place, &mut complaints);
                holds(&WARM_UP, asg.warm_up, &place, &mut complaints);
            }
        }
        let edges = edges(name, topology);
        for (workload_name, workload) in &sight.draft.workload {
            let enters = entry(topology, &nodes, &edges, workload_name);
            if enters.as_ref().is_ok_and(|node| nodes.get(*node) == Some(&Kind::Queue)) {
                let place = Place::of(&["workload", workload_name]).then("size");
                fits(sight, workload.size.as_ref(), place, &mut complaints);
            }
            let through = |balancer: &Balancer| function_among(topology, &balancer.to).is_some();
            let doors = topology.balancer.iter().filter(|(_, balancer)| through(balancer));
            let Ok(from) = enters else { continue };
            let comes = reached(&edges, from, workload_name);
            // A message has the size of its request where the step does not say another.
            for deed in sends.iter().filter(|deed| deed.step.size.is_none() && comes.contains(deed.node)) {
                if is_for(deed.only.as_ref(), workload_name) {
                    fits(sight, workload.size.as_ref(), deed.place.then("send"), &mut complaints);
                }
            }
            if doors.map(|(door, _)| door.as_str()).any(|door| comes.contains(door)) {
                for (key, size) in [("size", &workload.size), ("answer-size", &workload.answer_size)] {
                    let place = Place::of(&["workload", workload_name]).then(key);
                    passes(sight, size.as_ref(), place, &mut complaints);
                }
            }
        }
    }
    complaints
}

/// The periods of a pool's alarms, and where they stand.
fn alarms(scaling: Option<&Scaling>, place: &Place) -> Vec<(Place, Option<Time>)> {
    if let Some(Scaling::Vertical(vertical)) = scaling {
        let place = place.then("vertical").then("alarm");
        return vertical.alarm.iter().map(|alarm| (place.clone(), alarm.period)).collect();
    }
    let Some(group) = scaling.and_then(Scaling::bounded) else { return Vec::new() };
    let place = place.then(group.word).then("policies");
    let each = group.policies.iter().enumerate().filter_map(|(index, policy)| {
        let place = place.nth(index);
        match policy {
            Policy::TargetTracking(rule) => Some((place.then("target-tracking"), rule.period)),
            Policy::Step(rule) => Some((place.then("step"), rule.period)),
            Policy::Simple(rule) => Some((place.then("simple"), rule.period)),
            Policy::QueueLength(_) | Policy::Predictive(_) | Policy::Scheduled(_) => None,
        }
    });
    each.collect()
}

/// A period is one that alarms have.
fn periods(period: Option<Time>, place: Place, complaints: &mut Vec<Complaint>) {
    let Some(Time(period)) = period else { return };
    let quick = QUICK.map(Span::from_secs).contains(&period);
    if !quick && (period < MINUTE || !period.nanos().is_multiple_of(MINUTE.nanos())) {
        let what =
            format!("an alarm of CloudWatch has a period of 10, 20 or 30 s or of whole minutes, and this is {period}");
        tell(place.then("period"), what, complaints);
    }
}

/// Initialisation hardly ever takes longer than it may.
fn starts(sight: &Sight<'_>, init: Option<&Law<Time>>, place: Place, complaints: &mut Vec<Complaint>) {
    let Some(Ok(init)) = init.map(|init| init.make(&sight.files.samples)) else { return };
    if init.mean() > INIT {
        let what = format!(
            "initialisation takes {:.0} s on average: AWS Lambda breaks it off after 10 s, and begins it again within the run",
            init.mean() / 1e9
        );
        tell(place, what, complaints);
    }
}

/// Messages are hardly ever larger than they may be.
fn fits(sight: &Sight<'_>, size: Option<&Law<Bytes>>, place: Place, complaints: &mut Vec<Complaint>) {
    let Some(Ok(size)) = size.map(|size| size.make(&sight.files.samples)) else { return };
    if size.mean() > MESSAGE {
        let what = format!(
            "a message of SQS has 1 MiB at the most, and these have {:.1} MiB on average",
            size.mean() / MESSAGE
        );
        tell(place, what, complaints);
    }
}

/// Bodies are hardly ever larger than a balancer hands to a function, or back.
fn passes(sight: &Sight<'_>, size: Option<&Law<Bytes>>, place: Place, complaints: &mut Vec<Complaint>) {
    let Some(Ok(size)) = size.map(|size| size.make(&sight.files.samples)) else { return };
    if size.mean() > BODY {
        let what = format!(
            "a load balancer hands 1 MiB at the most to a function, and back, and these bodies have {:.1} MiB on average",
            size.mean() / BODY
        );
        tell(place, what, complaints);
    }
}

fn tell(place: Place, what: String, complaints: &mut Vec<Complaint>) {
    // A workload that enters several topologies says it once.
    if !complaints.iter().any(|told| told.at == place) {
        complaints.push(Complaint::warning("W114", place, what).advise(ADVICE));
    }
}

const ADVICE: &str =
    "it is simulated as it stands: say `run.defaults = \"textbook\"` where the system is not the provider's";

fn holds(range: &Range, set: Option<Time>, place: &Place, complaints: &mut Vec<Complaint>) {
    let Some(Time(span)) = set else { return };
    let (from, to) = (Span::from_secs(range.from), Span::from_secs(range.to));
    // Nothing at all is how a file switches it off.
    if span == Span::ZERO || (from <= span && span <= to) {
        return;
    }
    let what = format!("{}, and this is {span}", range.who);
    tell(place.then(range.key), what, complaints);
}

#[cfg(test)]
mod tests {
    use crate::scenario::{NoFiles, Source, read};

    fn told(pool: &str, balancer: &str, poll: &str) -> usize {
        let text = format!(
            "run = {{ length = \"1h\" }}\nworkload.jobs.arrivals = {{ poisson = {{ rate = \"1/min\" }} }}\n\
             work = {{ serve = \"1s\" }}\n[topology.one]\nentry = \"b\"\nbalancer.b = {{ to = \"w\", {balancer} }}\n\
             queue.q = {{ to = \"p\" }}\npool.w = {{ steps = [{{ work = \"serve\" }}, {{ send = \"q\" }}], \
             scaling.asg = {{ min = 1, max = 2, {pool} }} }}\npool.p = {{ steps = [{{ work = \"serve\" }}], poll = {{ {poll} }} }}\n"
        );
        let scenario = read(&Source::new("limits.toml", text), &NoFiles, &[]).expect("nothing is wrong with it");
        scenario.warnings.iter().filter(|told| told.code == "W114").count()
    }

    /// Both sides of each end.
    #[test]
    fn limits_of_the_provider_are_told() {
        for (pool, balancer, count) in [
            ("warm-up = \"1h\"", "slow-start = \"30s\"", 0),
            ("warm-up = \"3601s\"", "slow-start = \"29s\"", 2),
            ("max-lifetime = \"1d\"", "slow-start = \"900s\"", 0),
            ("max-lifetime = \"23h\"", "slow-start = \"901s\"", 2),
            ("warm-up = \"0s\"", "deregistration-delay = \"1h\"", 0),
            ("warm-up = \"0s\"", "deregistration-delay = \"2h\"", 1),
        ] {
            assert_eq!(told(pool, balancer, "wait = \"20s\""), count, "{pool}, {balancer}");
        }
        assert_eq!(told("warm-up = \"1h\"", "slow-start = \"30s\"", "wait = \"21s\""), 1);
    }

    /// Amazon CloudWatch user guide: 10, 20 and 30 s and whole minutes.
    #[test]
    fn periods_that_no_alarm_has_are_told() {
        for (period, count) in [("10s", 0), ("30s", 0), ("40s", 1), ("60s", 0), ("90s", 1), ("5min", 0)] {
            let step = format!(
                "policies = [{{ step = {{ metric = \"cpu\", when = {{ above = \"50%\" }}, period = \"{period}\", \
                 steps = [{{ change = 1 }}] }} }}]"
            );
            assert_eq!(told(&step, "slow-start = \"30s\"", "wait = \"20s\""), count, "{period}");
        }
    }

    fn told_of_sends(defaults: &str, size: &str, step: &str, batch: &str) -> Vec<String> {
        let text = format!(
            "run = {{ length = \"1h\", defaults = \"{defaults}\" }}\nwork = {{ serve = \"1s\" }}\n\
             workload.jobs = {{ arrivals = {{ poisson = {{ rate = \"1/min\" }} }}, size = \"{size}\" }}\n\
             topology.one.entry = \"q\"\ntopology.one.queue = {{ q = {{ to = \"w\" }}, r = {{ to = \"p\" }} }}\n\
             topology.one.pool.w = {{ steps = [{{ work = \"serve\" }}, {{ send = \"r\" {step} }}] }}\n\
             topology.one.pool.p = {{ steps = [{{ work = \"serve\" }}] {batch} }}\n"
        );
        let scenario = read(&Source::new("limits.toml", text), &NoFiles, &[]).expect("nothing is wrong with it");
        scenario.warnings.iter().filter(|told| told.code == "W114").map(|told| told.what.clone()).collect()
    }

    /// Amazon SQS Developer Guide: 1 MiB; a receive brings what there is.
    #[test]
    fn messages_that_are_too_large_and_receives_that_would_wait_are_told() {
        let documented = |size, step, batch| told_of_sends("documented", size, step, batch).len();
        assert_eq!(documented("1MiB", ", size = \"1MiB\"", ", batch = { at-most = 5 }"), 0);
        // By whoever sends the request to a queue, and by the step that sends on as much.
        assert_eq!(documented("1025KiB", "", ""), 2);
        assert_eq!(documented("1025KiB", ", size = \"1KiB\"", ""), 1);
        assert_eq!(documented("1KiB", ", size = \"1025KiB\"", ""), 1);
        assert_eq!(documented("1KiB", "", ", batch = { at-most = 5, at-least = 2, window = \"1s\" }"), 1);
        // What goes straight to workers is no message of SQS.
        assert_eq!(documented("1KiB", ", size = \"1025KiB\" }, { send = \"p\", size = \"1025KiB\"", ""), 1);
        assert_eq!(told_of_sends("textbook", "2MiB", "", ", batch = { at-most = 5, at-least = 2 }").len(), 0);
    }
}
