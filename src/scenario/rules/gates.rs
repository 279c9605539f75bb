//! Who turns requests away has limits to do it by, and doors open slowly only where shares are equal.

use std::fmt::Display;

use crate::ground::time::Span;
use crate::scenario::complaint::Complaint;
use crate::scenario::draft::Topology;
use crate::scenario::draft::admission::{Admission, AtTheDoor};
use crate::scenario::draft::node::{Balancer, HealthCheck, Routing};
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::rules::ranges::Ranges;
use crate::scenario::sight::{Kind, Sight, node_place};

pub(super) const RULE: Rule = Rule { about: "an admission has limits within their ranges", check };

/// More is a slip.
const BURST_MAX: u64 = 1_000_000_000;
/// More places than that a run has no room for.
const CALLS_MAX: u64 = 1_000_000;
/// Checks that come so often would be counted in requests.
const CHECKS_MIN: Span = Span::from_millis(1);
const CHECKS_MAX: u64 = 1_000;
/// An interval that is shorter would be counted in single requests.
const INTERVAL_MIN: Span = Span::from_millis(1);

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut ranges = Ranges::default();
    for (name, topology) in sight.topologies() {
        for (pool, draft) in &topology.pool {
            one(draft.admission, &node_place(name, Kind::Pool, pool), &mut ranges);
        }
        agree(name, topology, &mut ranges);
        for (service, draft) in &topology.service {
            let place = node_place(name, Kind::Service, service);
            one(draft.admission.map(AtTheDoor::any), &place, &mut ranges);
            ranges.within("calls at once", draft.at_most, 1, CALLS_MAX, place.then("at-most"));
        }
        for (balancer, draft) in &topology.balancer {
            let place = node_place(name, Kind::Balancer, balancer);
            one(draft.admission.map(AtTheDoor::any), &place, &mut ranges);
            ranges.positive("a wait for answers", draft.idle_timeout.map(|time| time.0), place.then("idle-timeout"));
            checked(draft, &place, &mut ranges);
            if draft.slow_start.is_some() && !matches!(draft.routing, None | Some(Routing::RoundRobin)) {
                // Elastic Load Balancing refuses the two together.
                let what = "shares grow only where workers have equal ones: with `round-robin`";
                ranges.complaints.push(
                    Complaint::error("E108", place.then("slow-start").key(), what)
                        .and(place.then("routing"), "the routing")
                        .advise("take one of them out"),
                );
            }
        }
    }
    ranges.complaints
}

/// Checks come at a pace that can be, a client's worker is one that a lot does not choose, and who waits for silence has
/// checks to hear it by.
fn checked(draft: &Balancer, place: &Place, ranges: &mut Ranges) {
    ranges.positive("a time with one worker", draft.sticky.map(|time| time.0), place.then("sticky"));
    if draft.sticky.is_some() && matches!(draft.routing, Some(Routing::Random)) {
        // Elastic Load Balancing refuses the two together.
        let what = "a balancer that draws lots sends nobody to the same worker again";
        ranges.complaints.push(
            Complaint::error("E108", place.then("sticky").key(), what)
                .and(place.then("routing"), "the routing")
                .advise("take one of them out"),
        );
    }
    if let (Some(_), None) = (draft.connect_timeout, draft.health_check) {
        let what =
            "`connect-timeout` needs a `health-check`: who sees the truth tries to reach nobody who is not there";
        ranges
            .complaints
            .push(Complaint::error("E108", place.then("connect-timeout").key(), what).advise("add a `health-check`"));
    }
    let Some(check) = draft.health_check else { return };
    let place = place.then("health-check");
    let (interval, timeout) = (check.interval.map(|time| time.0), check.timeout.map(|time| time.0));
    ranges.at_least("an interval of checks", interval, CHECKS_MIN, place.then("interval"));
    let usual = |span: Option<Span>, seconds| span.unwrap_or(Span::from_secs(seconds));
    let wrong = usual(timeout, 5) > usual(interval, 30);
    let (low, high): (&dyn Display, &dyn Display) = (&usual(timeout, 5), &usual(interval, 30));
    ranges.ordered(Some(("timeout", low)), Some(("interval", high)), wrong, &place);
    ranges.within("good checks", check.healthy, 1, CHECKS_MAX, place.then("healthy"));
    ranges.within("failed checks", check.unhealthy, 1, CHECKS_MAX, place.then("unhealthy"));
}

/// Who of several balancers stands before a pool with other checks than the first.
fn agree(name: &str, topology: &Topology, ranges: &mut Ranges) {
    for (index, (second, draft)) in topology.balancer.iter().enumerate() {
        for (first, before) in topology.balancer.iter().take(index) {
            let told = |check: &Option<HealthCheck>| format!("{check:?}");
            let is_pool = |pool: &&String| topology.pool.contains_key(*pool) && before.to.names.contains(pool);
            let shared = draft.to.names.iter().find(is_pool);
            if let Some(pool) = shared.filter(|_| told(&draft.health_check) != told(&before.health_check)) {
                let what = format!("`{first}` and `{second}` check the workers of `{pool}` in two ways");
                let place = |balancer: &str| node_place(name, Kind::Balancer, balancer);
                ranges.complaints.push(
                    Complaint::error("E108", place(second), what)
                        .and(place(first), "the other one")
                        .advise("workers have one health: give both the same `health-check`"),
                );
            }
        }
    }
}

fn one(admission: Option<Admission>, place: &Place, ranges: &mut Ranges) {
    let place = place.then("admission");
    match admission {
        None => {}
        Some(Admission::TokenBucket(bucket)) => {
            let place = place.then("token-bucket").then("burst");
            ranges.within("tokens at the most", Some(bucket.burst), 1, BURST_MAX, place);
        }
        Some(Admission::AtMost(most)) => {
            let place = place.then("at-most").then("in-system");
            ranges.within("requests at the most", Some(most.in_system), 1, BURST_MAX, place);
        }
        Some(Admission::Codel(codel)) => {
            let place = place.then("codel");
            ranges.positive("a wait that may be", codel.target.map(|time| time.0), place.then("target"));
            let interval = codel.interval.map(|time| time.0);
            ranges.at_least("an interval", interval, INTERVAL_MIN, place.then("interval"));
        }
    }
}
