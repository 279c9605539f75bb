//! Between what the defaults may lie that nobody documents: a row each, for `sensitivity`, `explain` and whoever wonders.

use crate::scenario::documented::fargate;
use crate::scenario::documented::functions;
use crate::scenario::documented::{Mark, Row};
use crate::scenario::tree::Tree;

/// Between what a default may lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Range {
    /// The place of the default's row.
    pub place: &'static str,
    /// The value of the default's row, where several have that place.
    pub value: &'static str,
    /// What it is, in a few words.
    pub name: &'static str,
    /// Its ends.
    pub ends: Ends,
    /// From where they are.
    pub why: &'static str,
}

/// The ends of a range, as TOML writes them; bare words are text.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ends {
    /// The same everywhere.
    Same(&'static str, &'static str),
    /// By the node whose default it is.
    Of(fn(&Tree) -> Option<[String; 2]>),
}

/// The range of a default's row, where it has one.
pub(crate) fn range_of(row: &Row) -> Option<&'static Range> {
    RANGES.iter().find(|range| range.place == row.place && range.value == row.value)
}

const UNKNOWN: &str = "nothing published says within what it lies";

/// Defaults that nobody documents and that have no range: the place of the row, or its end, and why.
pub(crate) const WITHOUT: [(&str, &str); 16] = [
    ("topology.*.zones", "that is for whoever builds it to say"),
    ("topology.*.pool.*.slots", "that is for whoever writes the program to say"),
    ("topology.*.cluster.*.reserved-memory", "that is for whoever runs the cluster to say"),
    ("topology.*.cluster.*.retry?.base", UNKNOWN),
    ("topology.*.bus.*.replay.*.rate", UNKNOWN),
    ("topology.*.function.*.runtime", "that is for whoever writes the function to say"),
    ("topology.*.function.*.package", "that is for whoever writes the function to say"),
    ("topology.*.function.*.reuse", "it is one rule or another, and nothing lies between"),
    ("topology.*.function.*.overhead", UNKNOWN),
    ("strategy.custom.deduct", "that is for whoever writes the ScaledJob to say"),
    ("strategy.custom.running", "that is for whoever writes the ScaledJob to say"),
    ("low?.points", "every published alarm has 15"),
    ("mapping.idle", UNKNOWN),
    ("slow-down", UNKNOWN),
    ("throttled.base", UNKNOWN),
    ("throttled.cap", UNKNOWN),
];

/// Why a default that nobody documents has no range.
pub(crate) fn why_without(row: &Row) -> Option<&'static str> {
    let of = |(place, _): &&(&str, &str)| row.place == *place || row.place.ends_with(&format!(".{place}"));
    WITHOUT.iter().find(of).map(|(_, why)| *why).filter(|_| row.mark != Mark::Documented)
}

const ALARMS: &str =
    "alarms that Auto Scaling made, as published: groups and services have 3, tables 2, capacity providers 1";
const FORECAST: &str = "nothing published says within what it lies: from half of the days to all but one in a hundred";
const SCHEDULED: &str = "at once, or two minutes late: EC2 Auto Scaling user guide, Scheduled scaling";

/// Every range, in the order of the grammar.
pub(crate) const RANGES: &[Range] = &[
    Range {
        place: "topology.*.metrics?.delay",
        value: "{ uniform = { low = \"0s\", high = \"60s\" } }",
        name: "how late metrics are",
        ends: Ends::Same("0s", "2min"),
        why: "an alarm sees a value that is 1 to 3 min old, its own minute included",
    },
    Range {
        place: "topology.*.metrics?.phase",
        value: "{ uniform = { low = \"0s\", high = \"60s\" } }",
        name: "the second at which alarms are evaluated",
        ends: Ends::Same("0s", "60s"),
        why: "any second of the minute",
    },
    Range {
        place: "topology.*.metrics?.noise",
        value: "\"1%\"",
        name: "how far off counts of queues are",
        ends: Ends::Same("0%", "2%"),
        why: "exact for small counts, 1 to 2 % off for large ones",
    },
    Range {
        place: "topology.*.network?.hop",
        value: "{ uniform = { low = \"0.5ms\", high = \"1ms\" } }",
        name: "a crossing of the network",
        ends: Ends::Same("0.25ms", "1.25ms"),
        why: "1 to 5 ms through a load balancer and back, which is four crossings",
    },
    Range {
        place: "topology.*.network?.across",
        value: "{ uniform = { low = \"1ms\", high = \"2ms\" } }",
        name: "a crossing between zones",
        ends: Ends::Same("0.5ms", "9ms"),
        why: "not less than half a millisecond, and AWS promises single-digit ones",
    },
    Range {
        place: "topology.*.queue.*.duplicates",
        value: "\"0.00001%\"",
        name: "how often a queue delivers twice",
        ends: Ends::Same("0.000001%", "0.00003%"),
        why: "a few to several dozen a day at thousands of messages a second",
    },
    Range {
        place: "topology.*.queue.*.coverage",
        value: "\"80%\"",
        name: "how many servers a short poll asks",
        ends: Ends::Same("50%", "100%"),
        why: "a subset, of which nobody says how large it is: from half of them to all",
    },
    Range {
        place: "topology.*.pool.*.pending",
        value: "{ uniform = { low = \"4s\", high = \"8s\" } }",
        name: "from the launch of an EC2 instance to its boot",
        ends: Ends::Same("4s", "34s"),
        why: "published activity histories: 5 to 6 s in the newest, 31 to 34 s in those of older accounts",
    },
    Range {
        place: "topology.*.pool.*.boot",
        value: "{ lognormal = { p50 = \"20s\", p95 = \"45s\" } }",
        name: "the boot of an EC2 instance",
        ends: Ends::Same(
            "{ lognormal = { p50 = \"16s\", p95 = \"36s\" } }",
            "{ lognormal = { p50 = \"120s\", p95 = \"270s\" } }",
        ),
        why: "22.3 s from the call to SSH with the fastest of several types and images; 1 to 2 min with agents, as a rule of thumb",
    },
    Range {
        place: "topology.*.pool.*.scaling.asg.lag",
        value: "{ uniform = { low = \"1s\", high = \"20s\" } }",
        name: "from a group's decision to the launch",
        ends: Ends::Same("1s", "22s"),
        why: "the quickest and the slowest of 16 in published activity histories",
    },
    Range {
        place: "topology.*.pool.*.scaling.asg.policies.[].target-tracking.high?.points",
        value: "3",
        name: "minutes above a group's target before it grows",
        ends: Ends::Same("1", "3"),
        why: ALARMS,
    },
    Range {
        place: "topology.*.pool.*.scaling.asg.policies.[].target-tracking.low?.factor",
        value: "\"by-capacity\"",
        name: "how far below its target a group shrinks",
        ends: Ends::Same("70%", "90%"),
        why: "the lowest and the highest of published alarms",
    },
    Range {
        place: "topology.*.pool.*.scaling.asg.policies.[].predictive.quantile",
        value: "\"90%\"",
        name: "how cautious a group's forecast is",
        ends: Ends::Same("50%", "99%"),
        why: FORECAST,
    },
    Range {
        place: "topology.*.pool.*.scaling.asg.policies.[].scheduled.late",
        value: "{ exponential = \"5s\" }",
        name: "how late a group's timetable is",
        ends: Ends::Same("0s", "2min"),
        why: SCHEDULED,
    },
    Range {
        place: "topology.*.pool.*.scaling.ecs-service.policies.[].target-tracking.high?.points",
        value: "3",
        name: "minutes above a service's target before it grows",
        ends: Ends::Same("1", "3"),
        why: ALARMS,
    },
    Range {
        place: "topology.*.pool.*.scaling.ecs-service.policies.[].target-tracking.low?.factor",
        value: "\"90%\"",
        name: "how far below its target a service shrinks",
        ends: Ends::Same("70%", "90%"),
        why: "0.9 in every published alarm of a service; groups have 0.7 and more",
    },
    Range {
        place: "topology.*.pool.*.scaling.ecs-service.policies.[].predictive.quantile",
        value: "\"90%\"",
        name: "how cautious a service's forecast is",
        ends: Ends::Same("50%", "99%"),
        why: FORECAST,
    },
    Range {
        place: "topology.*.pool.*.scaling.ecs-service.policies.[].scheduled.late",
        value: "{ exponential = \"5s\" }",
        name: "how late a service's timetable is",
        ends: Ends::Same("0s", "2min"),
        why: SCHEDULED,
    },
    Range {
        place: "topology.*.pool.*.scaling.keda-jobs.patience",
        value: "\"20s\"",
        name: "how long a job waits for a message",
        ends: Ends::Same("1s", "20s"),
        why: "as a long receive of SQS may: Amazon SQS developer guide, long polling",
    },
    Range {
        place: "topology.*.cluster.*.boot",
        value: "{ lognormal = { p50 = \"45s\", p95 = \"90s\" } }",
        name: "the boot of a cluster's machine",
        ends: Ends::Same(
            "{ lognormal = { p50 = \"23s\", p95 = \"46s\" } }",
            "{ lognormal = { p50 = \"90s\", p95 = \"180s\" } }",
        ),
        why: "published times: 23 s until an instance can be reached, 70 to 90 s until a node is usable",
    },
    Range {
        place: "topology.*.cluster.*.boot",
        value: "{ lognormal = { p50 = \"150s\", p95 = \"300s\" } }",
        name: "the boot of a machine for a Cluster Autoscaler",
        ends: Ends::Same(
            "{ lognormal = { p50 = \"90s\", p95 = \"180s\" } }",
            "{ lognormal = { p50 = \"300s\", p95 = \"600s\" } }",
        ),
        why: "published times: 70 to 90 s until a node is usable, up to 5 min end to end",
    },
    Range {
        place: "topology.*.cluster.*.pull-per-second",
        value: "\"25MiB\"",
        name: "how fast images are pulled",
        ends: Ends::Same("10MiB", "50MiB"),
        why: "published pulls of 10 to 50 MB a second",
    },
    Range {
        place: "topology.*.pool.*.boot",
        value: "{ uniform = { low = \"5s\", high = \"30s\" } }",
        name: "the pull and start of a pod",
        ends: Ends::Same("5s", "30s"),
        why: "published times of 5 to 30 s",
    },
    Range {
        place: "topology.*.pool.*.boot",
        value: "{ uniform = { low = \"2s\", high = \"5s\" } }",
        name: "the start of a pod whose image is there",
        ends: Ends::Same("2s", "5s"),
        why: "published times of 2 to 5 s",
    },
    Range {
        place: "topology.*.pool.*.pending",
        value: "{ uniform = { low = \"1s\", high = \"3s\" } }",
        name: "what comes before the pull of a task's image",
        ends: Ends::Same("1s", "3s"),
        why: "1.6 s in published times of one task, and a few seconds with a network interface of its own",
    },
    Range {
        place: "topology.*.pool.*.boot",
        value: "{ uniform = { low = \"1s\", high = \"2s\" } }",
        name: "the start of a task whose image is there",
        ends: Ends::Same("1s", "2s"),
        why: "1.2 s in published times of one task",
    },
    Range {
        place: "topology.*.pool.*.boot",
        value: "{ uniform = { low = \"2s\", high = \"10s\" } }",
        name: "the pull and start of a task",
        ends: Ends::Same("2s", "10s"),
        why: "6.8 s in published times of one task with a small image",
    },
    Range {
        place: "topology.*.pool.*.pending",
        value: "{ uniform = { low = \"8s\", high = \"15s\" } }",
        name: "what comes before the pull on Fargate",
        ends: Ends::Same("8s", "15s"),
        why: "about 10 s to attach a network interface, by users",
    },
    Range {
        place: "topology.*.pool.*.boot",
        value: "on Fargate by its image: the download at 10 to 50 MiB/s",
        name: "the pull and start on Fargate",
        ends: Ends::Of(fargate::boot_ends),
        why: "published pulls of 10 to 50 MB a second; without a size, 9.3 s for a web image and 57 s for one of 413 MB",
    },
    Range {
        place: "topology.*.function.*.creation",
        value: "{ uniform = { low = \"50ms\", high = \"150ms\" } }",
        name: "what comes before a function's initialisation",
        ends: Ends::Same("50ms", "150ms"),
        why: "the gap between the Init Duration of logs and what callers see",
    },
    Range {
        place: "topology.*.function.*.idle",
        value: "{ mixture = [{ weight = 1, of = { uniform = { low = \"5min\", high = \"40min\" } } }, \
                { weight = 1, of = { uniform = { low = \"40min\", high = \"60min\" } } }] }",
        name: "how long an idle environment is kept",
        ends: Ends::Same("5min", "60min"),
        why: "the shortest and the longest that experiments found",
    },
    Range {
        place: "topology.*.function.*.recycle",
        value: "{ uniform = { low = \"2h\", high = \"4h\" } }",
        name: "how long a busy environment lives",
        ends: Ends::Same("2h", "4h"),
        why: "every few hours: AWS Lambda developer guide, execution environment lifecycle",
    },
    Range {
        place: "topology.*.function.*.init",
        value: "by its runtime, package and architecture",
        name: "the initialisation of a function",
        ends: Ends::Of(functions::init_ends),
        why: "that of a function that does nothing; real code adds its own, commonly up to 2 s",
    },
    Range {
        place: "topology.*.function.*.restore",
        value: "half of them within 200 ms, nine in ten within 400 ms, where there is a snapshot",
        name: "the restore of a snapshot",
        ends: Ends::Same(
            "{ lognormal = { p50 = \"100ms\", p90 = \"200ms\" } }",
            "{ lognormal = { p50 = \"800ms\", p90 = \"1.6s\" } }",
        ),
        why: "usually well below a second, and 10 s at the most: AWS Lambda developer guide, SnapStart",
    },
    Range {
        place: "topology.*.bus.*.latency",
        value: "{ lognormal = { p50 = \"130ms\", p99 = \"390ms\" } }",
        name: "how long an event bus takes",
        ends: Ends::Same(
            "{ lognormal = { p50 = \"50ms\", p99 = \"130ms\" } }",
            "{ lognormal = { p50 = \"395ms\", p99 = \"794ms\" } }",
        ),
        why: "129 ms at p99 as AWS claims since 2024; 395 and 794 ms as measured in September 2022",
    },
    Range {
        place: "topology.*.bus.*.rule.*.late",
        value: "{ uniform = { low = \"0s\", high = \"60s\" } }",
        name: "how late a bus's timetable is",
        ends: Ends::Same("0s", "60s"),
        why: "any second of the minute",
    },
];
