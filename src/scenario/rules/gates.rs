//! Who turns requests away has limits to do it by, and doors open slowly only where shares are equal.

use crate::ground::time::Span;
use crate::scenario::complaint::Complaint;
use crate::scenario::draft::admission::{Admission, AtTheDoor};
use crate::scenario::draft::node::Routing;
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::rules::ranges::Ranges;
use crate::scenario::sight::{Kind, Sight, node_place};

pub(super) const RULE: Rule = Rule { about: "an admission has limits within their ranges", check };

/// More is a slip.
const BURST_MAX: u64 = 1_000_000_000;
/// More places than that a run has no room for.
const CALLS_MAX: u64 = 1_000_000;
/// An interval that is shorter would be counted in single requests.
const INTERVAL_MIN: Span = Span::from_millis(1);

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut ranges = Ranges::default();
    for (name, topology) in sight.topologies() {
        for (pool, draft) in &topology.pool {
            one(draft.admission, &node_place(name, Kind::Pool, pool), &mut ranges);
        }
        for (service, draft) in &topology.service {
            let place = node_place(name, Kind::Service, service);
            one(draft.admission.map(AtTheDoor::any), &place, &mut ranges);
            ranges.within("calls at once", draft.at_most, 1, CALLS_MAX, place.then("at-most"));
        }
        for (balancer, draft) in &topology.balancer {
            let place = node_place(name, Kind::Balancer, balancer);
            one(draft.admission.map(AtTheDoor::any), &place, &mut ranges);
            ranges.positive("a wait for answers", draft.idle_timeout.map(|time| time.0), place.then("idle-timeout"));
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
