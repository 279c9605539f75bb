//! Queues, and how workers take messages from them: ranges, and settings that do not fit together.

use crate::ground::time::Span;
use crate::scenario::build::GROUPS_MAX;
use crate::scenario::complaint::Complaint;
use crate::scenario::draft::Topology;
use crate::scenario::draft::messages::{Poll, Queue, Returned};
use crate::scenario::draft::node::Pool;
use crate::scenario::draft::quantities::Amount;
use crate::scenario::draft::step::Step;
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::rules::ranges::Ranges;
use crate::scenario::sight::{Kind, Sight, Way, deeds, edges, node_place};

pub(super) const RULE: Rule = Rule {
    about: "numbers of queues, polls and groups are within their ranges, and settings of a queue fit together",
    check,
};

/// The provider's own bounds: Amazon SQS API reference.
const RECEIVES_MAX: u64 = 1_000;
/// Zipf's law gets no steeper in practice.
const SKEW_MAX: f64 = 10.0;
/// The provider's own bounds (Amazon SQS API reference, SetQueueAttributes and SendMessage).
const DELAY_MAX: Span = Span::from_secs(15 * 60);
const RETENTION_MIN: Span = Span::from_secs(60);
const RETENTION_MAX: Span = Span::from_secs(14 * 86_400);
/// As many as are counted.
const IN_FLIGHT_MAX: u64 = u32::MAX as u64;
/// More partitions than any queue has.
const PARTITIONS_MAX: u64 = 10_000;
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
        for edge in edges(name, topology).into_iter().filter(|edge| edge.way == Way::Notify) {
            if topology.queue.get(edge.to).is_some_and(|queue| queue.fifo == Some(true)) {
                let what = format!("`{}` is a `fifo` queue, to which no bucket of S3 tells of its objects", edge.to);
                ranges
                    .complaints
                    .push(Complaint::error("E108", edge.place, what).advise("let it tell a standard queue"));
            }
        }
        for deed in deeds(name, topology).iter().filter(|deed| deed.step.delay.is_some()) {
            late(topology, deed.step, &deed.place, &mut ranges);
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
    ranges.no_longer("a delay", queue.delay.map(|time| time.0), DELAY_MAX, place.then("delay"));
    let retention = queue.retention.map(|time| time.0);
    ranges.at_least("a retention", retention, RETENTION_MIN, place.then("retention"));
    ranges.no_longer("a retention", retention, RETENTION_MAX, place.then("retention"));
    let in_flight = "messages in flight at the most";
    ranges.within(in_flight, queue.in_flight_limit, 1, IN_FLIGHT_MAX, place.then("in-flight-limit"));
    let ceiling = queue.visibility_ceiling.map(|time| time.0);
    ranges.at_most(("visibility-timeout", timeout), ("visibility-ceiling", ceiling), place);
    if queue.coverage.is_some_and(|share| share.0 == 0.0) {
        let what = "short polls see nothing, ever";
        let complaint = Complaint::error("E201", place.then("coverage"), what);
        ranges.complaints.push(complaint.advise("a share above 0%"));
    }
    let interval = queue.deduplication.map(|time| time.0);
    ranges.positive("a deduplication interval", interval, place.then("deduplication"));
    ranges.within("messages to look among", queue.look_ahead, 1, IN_FLIGHT_MAX, place.then("look-ahead"));
    ranges.within("partitions", queue.partitions, 1, PARTITIONS_MAX, place.then("partitions"));
    if let Some(noisy) = &queue.noisy {
        let place = place.then("noisy");
        ranges.within("messages in flight", noisy.in_flight, 1, IN_FLIGHT_MAX, place.then("in-flight"));
        ranges.positive("a memory", noisy.memory.map(|time| time.0), place.then("memory"));
    }
    for (key, there, needs, has) in [
        ("deduplication", queue.deduplication.is_some(), "fifo", fifo),
        ("look-ahead", queue.look_ahead.is_some(), "fifo", fifo),
        ("rate-limit", queue.rate_limit.is_some(), "fifo", fifo),
        ("high-throughput", queue.high_throughput == Some(true), "fifo", fifo),
        ("partitions", queue.partitions.is_some(), "high-throughput", queue.high_throughput == Some(true)),
        ("noisy", queue.noisy.is_some(), "fair", queue.fair == Some(true)),
    ] {
        if there && !has {
            let what = format!("`{key}` is a setting of queues that are `{needs}`, and this one is not");
            ranges.complaints.push(
                Complaint::error("E108", place.then(key).key(), what)
                    .advise(format!("say `{needs} = true`, or take it out")),
            );
        }
    }
    if fifo && queue.fair == Some(true) {
        let what = "a `fifo` queue is received in the order of its groups: fair queues are standard queues";
        ranges.complaints.push(
            Complaint::error("E108", place.then("fair").key(), what)
                .and(place.then("fifo").key(), "`fifo` stands here")
                .advise("keep one of them"),
        );
    }
    for (key, there, why) in [
        ("duplicates", queue.duplicates.is_some(), "is delivered once"),
        ("coverage", queue.coverage.is_some(), "is in order, so that nothing is overlooked"),
    ] {
        if fifo && there {
            let what = format!("what is deleted in a `fifo` queue {why}");
            let what = if key == "coverage" { format!("what is received from a `fifo` queue {why}") } else { what };
            ranges.complaints.push(
                Complaint::error("E108", place.then(key).key(), what)
                    .and(place.then("fifo").key(), "`fifo` stands here")
                    .advise("keep one of them"),
            );
        }
    }
    if fifo && let Some(Returned::Last | Returned::ByReceives) = queue.returned {
        let what = "in a `fifo` queue a message that comes back is first of its group again";
        ranges.complaints.push(
            Complaint::error("E108", place.then("returned").key(), what)
                .and(place.then("fifo").key(), "`fifo` stands here")
                .advise("keep one of them"),
        );
    }
    let keeper = queue.dead_letters.as_ref().and_then(|name| Some((name, topology.queue.get(name)?)));
    let kept = keeper.and_then(|(name, keeper)| Some((name, keeper.retention?.0, queue.retention?.0)));
    if let Some((name, kept, own)) = kept.filter(|&(_, kept, own)| !fifo && kept < own) {
        let what = format!(
            "dead letters keep their age, and `{name}` keeps messages for {kept} where this queue keeps them for {own}: one that is put aside after {kept} is gone at once"
        );
        ranges.complaints.push(
            Complaint::warning("W111", place.then("dead-letters"), what)
                .advise(format!("let `{name}` keep them for longer than {own}")),
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

/// A step that sends messages which are not visible at once.
fn late(topology: &Topology, step: &Step, place: &Place, ranges: &mut Ranges) {
    ranges.no_longer("a delay", step.delay.map(|time| time.0), DELAY_MAX, place.then("delay"));
    let Some(to) = &step.send else { return };
    for name in &to.names {
        let (what, advice) = match topology.queue.get(name) {
            Some(queue) if queue.fifo == Some(true) => (
                format!("`{name}` is a `fifo` queue, whose messages have no delay of their own"),
                "give the queue a `delay`, or make it a standard queue",
            ),
            Some(_) => continue,
            None if topology.pool.contains_key(name)
                || topology.balancer.contains_key(name)
                || topology.service.contains_key(name)
                || topology.function.contains_key(name) =>
            {
                (format!("`{name}` is no queue, and takes what is sent at once"), "put a queue before it")
            }
            None => continue,
        };
        ranges.complaints.push(Complaint::error("E108", place.then("delay").key(), what).advise(advice));
    }
}
