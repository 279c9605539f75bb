//! What is taken together: numbers within their ranges, and settings that do not fit together.

use crate::ground::time::Span;
use crate::scenario::complaint::Complaint;
use crate::scenario::draft::messages::Batch;
use crate::scenario::draft::node::{Line, Pool};
use crate::scenario::draft::quantities::Amount;
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::rules::ranges::Ranges;
use crate::scenario::sight::{Kind, Sight, deeds_of, node_place};

pub(super) const RULE: Rule = Rule {
    about: "what a slot takes together is within its range, and settings of a pool that takes several fit together",
    check,
};

/// As many jobs as a slot may take together.
const TOGETHER_MAX: u64 = 10_000;
/// Amazon SQS API reference, ReceiveMessage: 1 to 10 messages.
const RECEIVED_MAX: u64 = 10;

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut ranges = Ranges::default();
    for (name, topology) in sight.topologies() {
        for (pool_name, pool) in &topology.pool {
            let place = node_place(name, Kind::Pool, pool_name);
            let messages = pool.poll.as_ref().and_then(|poll| poll.messages);
            ranges.within("messages of one receive", messages, 1, RECEIVED_MAX, place.then("poll").then("messages"));
            if let Some(batch) = &pool.batch {
                self::batch(pool, batch, &place, &mut ranges);
            }
            let several = pool.batch.is_some() || messages.is_some_and(|messages| messages.0 > 1);
            if let Some(Line::Priority(priority)) = &pool.line
                && several
                && priority.preempts == Some(true)
            {
                let what = "nobody is interrupted where a slot holds several";
                ranges.complaints.push(
                    Complaint::error("E108", place.then("line").then("priority").then("preempts").key(), what)
                        .advise("take it out, or let each slot hold one"),
                );
            }
            for deed in deeds_of(Kind::Pool, pool_name, &pool.steps, place.then("steps")) {
                if deed.step.per.is_some() && pool.batch.is_none() && deed.step.work.is_some() {
                    let what = "nothing is taken together here, so that there is no batch to do this once for";
                    ranges.complaints.push(
                        Complaint::error("E108", deed.place.then("per").key(), what)
                            .advise("say how many a slot takes: `batch = { at-most = 10 }`"),
                    );
                }
            }
        }
    }
    ranges.complaints
}

fn batch(pool: &Pool, batch: &Batch, place: &Place, ranges: &mut Ranges) {
    let place = place.then("batch");
    ranges.within("jobs taken together", batch.at_most, 1, TOGETHER_MAX, place.then("at-most"));
    ranges.within("jobs waited for", batch.at_least, 1, TOGETHER_MAX, place.then("at-least"));
    let (most, least) = (batch.at_most.map_or(1, |most| most.0), batch.at_least.map_or(1, |least| least.0));
    if least > most {
        let what = format!("a slot waits for {least} and may take {most} at the most");
        ranges
            .complaints
            .push(Complaint::error("E108", place.then("at-least"), what).advise("let it take as many as it waits for"));
    }
    if batch.window.is_some_and(|window| window.0 > Span::ZERO) && least == 1 {
        let what = "a slot that takes whatever there is waits for nobody";
        ranges.complaints.push(
            Complaint::error("E108", place.then("window").key(), what)
                .advise("say how many it waits for with `at-least`, or take it out"),
        );
    }
    if let Some(Amount::Of(room)) = pool.room
        && room < least
    {
        let what = format!("a slot waits for {least}, and {room} have room to wait");
        ranges.complaints.push(
            Complaint::error("E108", place.then("at-least"), what).advise("give as many `room`, or wait for fewer"),
        );
    }
}
