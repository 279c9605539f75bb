//! Queues, and how workers take messages from them: ranges, and settings that do not fit together.

use crate::ground::time::Span;
use crate::scenario::build::GROUPS_MAX;
use crate::scenario::complaint::Complaint;
use crate::scenario::draft::Topology;
use crate::scenario::draft::messages::{Poll, Queue, Returned};
use crate::scenario::draft::node::Pool;
use crate::scenario::draft::quantities::Amount;
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::rules::ranges::Ranges;
use crate::scenario::sight::{Kind, Sight, node_place};

pub(super) const RULE: Rule = Rule {
    about: "numbers of queues, polls and groups are within their ranges, and settings of a queue fit together",
    check,
};

/// The provider's own bounds: Amazon SQS API reference.
const RECEIVES_MAX: u64 = 1_000;
/// Zipf's law gets no steeper in practice.
const SKEW_MAX: f64 = 10.0;
/// From one poll to the next.
const POLL_MIN: Span = Span::from_millis(1);
/// Between two heartbeats.
const HEARTBEAT_MIN: Span = Span::from_millis(1);

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut ranges = Ranges::default();
    for (name, workload) in &sight.draft.workload {
        let place = Place::of(&["workload", name, "groups"]);
        if let Some(groups) = &workload.groups {
            ranges.within("groups", Some(groups.count), 1, u64::from(GROUPS_MAX), place.then("count"));
            if let Some(skew) = groups.skew.filter(|skew| !(0.0..=SKEW_MAX).contains(&skew.0)) {
                let what = format!("a skew of {}", skew.0);
                let complaint = Complaint::error("E201", place.then("skew"), what);
                ranges.complaints.push(complaint.advise(format!("from 0, evenly, to {SKEW_MAX}; 1 is usual")));
            }
        }
    }
    for (name, topology) in sight.topologies() {
        for (queue_name, queue) in &topology.queue {
            self::queue(topology, queue, &node_place(name, Kind::Queue, queue_name), &mut ranges);
        }
        for (pool_name, pool) in &topology.pool {
            let place = node_place(name, Kind::Pool, pool_name).then("poll");
            if let Some(poll) = &pool.poll {
                let heartbeat = poll.heartbeat.map(|time| time.0);
                ranges.at_least("heartbeats", heartbeat, HEARTBEAT_MIN, place.then("heartbeat"));
                polls(sight, pool, poll, &place, &mut ranges.complaints);
            }
        }
    }
    ranges.complaints
}

/// Who polls and sleeps does not do so over and over again in one instant.
fn polls(sight: &Sight<'_>, pool: &Pool, poll: &Poll, place: &Place, complaints: &mut Vec<Complaint>) {
    if poll.sleep.is_some() && poll.wait.is_none() {
        let what = "`sleep` follows on a poll that brought nothing, and without `wait` a poll stays open until it brings something";
        complaints.push(
            Complaint::error("E108", place.then("sleep").key(), what)
                .advise("say how long a poll waits: `wait = \"0s\"` is a short poll"),
        );
    }
    if poll.sleep.is_some() && pool.workers == Some(Amount::Unlimited) {
        let what = "of unlimited workers one is always awake";
        complaints.push(Complaint::error("E108", place.then("sleep").key(), what).advise("take it out"));
    }
    let Some(wait) = poll.wait.filter(|wait| wait.0 < POLL_MIN) else { return };
    let sleep = poll.sleep.as_ref().and_then(|law| law.make(&sight.files.samples).ok()).map(|law| law.mean());
    // Long polls that follow each other are counted without being played.
    if (wait.0 == Span::ZERO || sleep.is_some()) && sleep.unwrap_or(0.0) < POLL_MIN.nanos() as f64 {
        let what = "idle workers would poll over and over again in the same instant";
        complaints.push(
            Complaint::error("E204", place.then("wait"), what).advise(format!(
                "let them `sleep` for {POLL_MIN} or longer after an empty poll, or wait for a message"
            )),
        );
    }
}

fn queue(topology: &Topology, queue: &Queue, place: &Place, ranges: &mut Ranges) {
    let timeout = queue.visibility_timeout.map(|time| time.0);
    ranges.positive("a visibility timeout", timeout, place.then("visibility-timeout"));
    let most = "receives before a message is put aside";
    ranges.within(most, queue.max_receive_count, 1, RECEIVES_MAX, place.then("max-receive-count"));
    let fifo = queue.fifo == Some(true);
    if fifo && let Some(Returned::Last | Returned::ByReceives) = queue.returned {
        let what = "in a `fifo` queue a message that comes back is first of its group again";
        ranges.complaints.push(
            Complaint::error("E108", place.then("returned").key(), what)
                .and(place.then("fifo").key(), "`fifo` stands here")
                .advise("keep one of them"),
        );
    }
    let keeper = queue.dead_letters.as_ref().and_then(|name| Some((name, topology.queue.get(name)?)));
    if let Some((name, keeper)) = keeper.filter(|(_, keeper)| (keeper.fifo == Some(true)) != fifo) {
        let kind = |fifo: bool| if fifo { "a `fifo` queue" } else { "a standard queue" };
        let what = format!(
            "the dead letters of {} go to `{name}`, {}: SQS wants both of one type",
            kind(fifo),
            kind(keeper.fifo == Some(true))
        );
        ranges.complaints.push(
            Complaint::warning("W111", place.then("dead-letters"), what)
                .advise(format!("give both the same `fifo = {fifo}`")),
        );
    }
}
