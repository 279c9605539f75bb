//! Those who call know how long they wait, what trying again costs them, and when they stop calling.

use crate::ground::time::Span;
use crate::scenario::complaint::Complaint;
use crate::scenario::draft::client::{Client, Retry};
use crate::scenario::draft::node::Line;
use crate::scenario::draft::quantities::{Share, Time};
use crate::scenario::draft::step::{Breaker, Step};
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::rules::ranges::Ranges;
use crate::scenario::sight::{Kind, Sight, deeds, node_place};

pub(super) const RULE: Rule = Rule {
    about: "deadlines, copies, budgets, breakers and bulkheads of callers are within their ranges, and can be reached",
    check,
};

const TOKENS_MAX: u64 = 1_000_000_000;
const CALLS_MAX: u64 = 100_000;
/// A breaker that is open for less hardly stops anybody.
const OPEN_MIN: Span = Span::from_millis(1);

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut ranges = Ranges::default();
    for (name, workload) in &sight.draft.workload {
        if let Some(client) = &workload.client {
            self::client(client, &Place::of(&["workload", name, "client"]), &mut ranges);
        }
    }
    let deadlines = sight.draft.workload.values().filter_map(|workload| workload.client.as_ref()?.deadline).count();
    for (name, topology) in sight.topologies() {
        for deed in deeds(name, topology) {
            step(deed.step, &deed.place, &mut ranges);
        }
        for (pool_name, pool) in &topology.pool {
            let place = node_place(name, Kind::Pool, pool_name);
            if matches!(pool.line, Some(Line::EarliestDeadline)) && deadlines == 0 {
                let what = "a line by deadlines, and no client sets one: who came first would always be next";
                ranges.complaints.push(
                    Complaint::error("E108", place.then("line"), what).advise("give a workload's client a `deadline`"),
                );
            }
        }
    }
    ranges.complaints
}

fn client(client: &Client, place: &Place, ranges: &mut Ranges) {
    ranges.positive("a deadline", client.deadline.map(|time| time.0), place.then("deadline"));
    hedge(client.hedge, client.timeout, place, ranges);
    if client.waits == Some(false) {
        let said = [
            ("timeout", client.timeout.is_some()),
            ("abandoned", client.abandoned.is_some()),
            ("patience", client.patience.is_some()),
            ("hedge", client.hedge.is_some()),
        ];
        for (key, _) in said.into_iter().filter(|(_, is_said)| *is_said) {
            let what = format!("a client that does not wait has no `{key}`");
            ranges.complaints.push(
                Complaint::error("E108", place.then(key).key(), what)
                    .and(place.then("waits"), "here")
                    .advise("take one of them out"),
            );
        }
    }
    if let Some(retry) = &client.retry {
        budget(retry, &place.then("retry"), ranges);
    }
}

fn step(step: &Step, place: &Place, ranges: &mut Ranges) {
    hedge(step.hedge, step.timeout, place, ranges);
    ranges.within("calls under way at the most", step.bulkhead, 1, CALLS_MAX, place.then("bulkhead"));
    if let Some(breaker) = &step.breaker {
        self::breaker(breaker, &place.then("breaker"), ranges);
    }
    if let Some(retry) = &step.retry {
        budget(retry, &place.then("retry"), ranges);
    }
}

/// A copy is sent after some time, and before the attempt is given up.
fn hedge(hedge: Option<Time>, timeout: Option<Time>, place: &Place, ranges: &mut Ranges) {
    ranges.positive("a wait before the copy", hedge.map(|time| time.0), place.then("hedge"));
    if let (Some(hedge), Some(timeout)) = (hedge, timeout)
        && hedge.0 >= timeout.0
        && timeout.0 > Span::ZERO
    {
        let what = format!("the copy would be sent after {}, when the first is given up after {}", hedge.0, timeout.0);
        ranges.complaints.push(
            Complaint::error("E202", place.then("hedge"), what)
                .and(place.then("timeout"), "the timeout")
                .advise("send it sooner, or take it out"),
        );
    }
}

fn budget(retry: &Retry, place: &Place, ranges: &mut Ranges) {
    let Some(budget) = &retry.budget else { return };
    let place = place.then("budget");
    for (key, tokens) in [
        ("tokens", budget.tokens),
        ("cost", budget.cost),
        ("timeout-cost", budget.timeout_cost),
        ("throttled-cost", budget.throttled_cost),
        ("refund", budget.refund),
    ] {
        ranges.within("tokens", tokens, 0, TOKENS_MAX, place.then(key));
    }
}

fn breaker(breaker: &Breaker, place: &Place, ranges: &mut Ranges) {
    ranges.within("calls to judge by", breaker.of, 1, CALLS_MAX, place.then("of"));
    ranges.within("calls to try with", breaker.trial, 1, CALLS_MAX, place.then("trial"));
    ranges.at_least("an open time", breaker.open.map(|time| time.0), OPEN_MIN, place.then("open"));
    let slow = breaker.slow.and_then(|slow| slow.share);
    for (share, place) in [(breaker.failures, place.then("failures")), (slow, place.then("slow").then("share"))] {
        if share.is_some_and(|Share(share)| share == 0.0) {
            ranges.complaints.push(
                Complaint::error("E201", place, "a share of nothing: it would open whatever happens")
                    .advise("give a share above zero, such as \"50%\""),
            );
        }
    }
}
