//! Settings stay within what the provider allows. A textbook's system may have others; so may one's own.

use crate::ground::time::Span;
use crate::scenario::complaint::Complaint;
use crate::scenario::draft::quantities::Time;
use crate::scenario::draft::run::Defaults;
use crate::scenario::draft::scaling::Scaling;
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::sight::{Kind, Sight, node_place};

pub(super) const RULE: Rule =
    Rule { about: "waits, delays and lifetimes are such as the provider allows, where its defaults hold", check };

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

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    if matches!(sight.draft.run.defaults, Some(Defaults::Textbook)) {
        return complaints;
    }
    for (name, topology) in sight.topologies() {
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
            if let Some(Scaling::Asg(asg)) = &pool.scaling {
                let place = place.then("scaling").then("asg");
                holds(&LIFETIME, asg.max_lifetime, &place, &mut complaints);
                holds(&WARM_UP, asg.warm_up, &place, &mut complaints);
            }
        }
    }
    complaints
}

fn holds(range: &Range, set: Option<Time>, place: &Place, complaints: &mut Vec<Complaint>) {
    let Some(Time(span)) = set else { return };
    let (from, to) = (Span::from_secs(range.from), Span::from_secs(range.to));
    // Nothing at all is how a file switches it off.
    if span == Span::ZERO || (from <= span && span <= to) {
        return;
    }
    let what = format!("{}, and this is {span}", range.who);
    complaints.push(Complaint::warning("W114", place.then(range.key), what).advise(
        "it is simulated as it stands: say `run.defaults = \"textbook\"` where the system is not the provider's",
    ));
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
}
