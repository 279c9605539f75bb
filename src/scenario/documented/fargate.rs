//! What tasks of Fargate do where a file says nothing.

use crate::ground::quantity;
use crate::scenario::documented::{Following, Mark, Row};
use crate::scenario::tree::{Tree, Value};

/// The rows of pools that run on Fargate.
pub(crate) const FARGATE: &[Row] = &[
    Row {
        place: "topology.*.account?.fargate-launches",
        value: "{ burst = 100, rate = \"20/s\" }",
        mark: Mark::Documented,
        source: "Amazon ECS developer guide, Fargate throttling quotas",
        only: Some(has_fargate),
    },
    Row {
        place: "topology.*.pool.*.platform.fargate.architecture",
        value: "\"x86\"",
        mark: Mark::Documented,
        source: "Amazon ECS developer guide, Task definition parameters for Fargate",
        only: None,
    },
    Row {
        place: "topology.*.pool.*.platform.fargate.ephemeral",
        value: "\"20GiB\"",
        mark: Mark::Documented,
        source: "Amazon ECS developer guide, Fargate task ephemeral storage",
        only: None,
    },
    Row {
        place: "topology.*.pool.*.pending",
        value: "{ uniform = { low = \"8s\", high = \"15s\" } }",
        mark: Mark::Assumed,
        source: "before the download, most of it to attach a network interface, about 10 s by users; free, by where billing begins",
        only: Some(runs_on_fargate),
    },
];

/// What follows from what else a pool on Fargate says.
pub(crate) const FARGATE_FOLLOWING: &[Following] = &[
    Following {
        row: Row {
            place: "topology.*.pool.*.boot",
            value: "on Fargate by its image: the download at 10 to 50 MiB/s",
            mark: Mark::Assumed,
            source: "between published rates; each task downloads its image anew. Without an image: 30 s p50, 60 s p95, as published of common ones",
            only: Some(runs_on_fargate),
        },
        value: |pool| {
            let Some(image) = task(pool)?.get("image") else {
                return Some("{ lognormal = { p50 = \"30s\", p95 = \"60s\" } }".to_owned());
            };
            let [low, high] = download(image)?;
            Some(format!("{{ uniform = {{ low = \"{low}ns\", high = \"{high}ns\" }} }}"))
        },
    },
    Following {
        row: Row {
            place: "topology.*.pool.*.scale-in?.grace",
            value: "on Fargate \"30s\"",
            mark: Mark::Documented,
            source: "Amazon ECS API reference, ContainerDefinition, stopTimeout: then the task is killed",
            only: Some(runs_on_fargate),
        },
        value: |_| Some("\"30s\"".to_owned()),
    },
    Following {
        row: Row {
            place: "topology.*.pool.*.slots",
            value: "on Fargate the vCPUs of a task, at least 1",
            mark: Mark::Assumed,
            source: "that a worker serves one request for each vCPU",
            only: Some(runs_on_fargate),
        },
        value: |pool| Some(format!("{}", (vcpus(pool)?.floor() as u64).max(1))),
    },
    Following {
        row: Row {
            place: "topology.*.pool.*.speed",
            value: "on Fargate the vCPUs of a task, at most 1",
            mark: Mark::Documented,
            source: "Amazon ECS developer guide, Task size: a task has the share of a vCPU that it is given",
            only: Some(runs_on_fargate),
        },
        value: |pool| vcpus(pool).filter(|vcpus| *vcpus < 1.0).map(|vcpus| vcpus.to_string()),
    },
];

/// Nanoseconds of an image's download, at the quickest and at the slowest published rate.
fn download(image: &Tree) -> Option<[u64; 2]> {
    let Value::Text(image) = &image.value else { return None };
    let mib = quantity::size(image).ok()? as f64 / f64::from(1 << 20);
    let nanos = |rate: f64| (mib / rate * 1e9).round().max(1.0) as u64;
    Some([nanos(50.0), nanos(10.0) + 1])
}

/// Between what the boot of a task lies: by its image, or as published of images of which the size is known.
pub(super) fn boot_ends(pool: &Tree) -> Option<[String; 2]> {
    match task(pool)?.get("image") {
        Some(image) => download(image).map(|ends| ends.map(|nanos| format!("{nanos}ns"))),
        None => {
            let lognormal = |p50: &str, p95: &str| format!("{{ lognormal = {{ p50 = \"{p50}\", p95 = \"{p95}\" }} }}");
            Some([lognormal("9.3s", "18.6s"), lognormal("57s", "114s")])
        }
    }
}

fn task(pool: &Tree) -> Option<&Tree> {
    pool.get("platform")?.get("fargate")
}

/// Of a topology: whether any of its pools runs on Fargate.
fn has_fargate(topology: &Tree, _account: &Tree) -> bool {
    topology.table("pool").is_some_and(|pools| pools.values().any(|pool| task(&pool.tree).is_some()))
}

fn runs_on_fargate(_topology: &Tree, pool: &Tree) -> bool {
    task(pool).is_some()
}

fn vcpus(pool: &Tree) -> Option<f64> {
    match task(pool)?.get("cpu")?.value {
        Value::Integer(cpu) => Some(cpu as f64),
        Value::Float(cpu) => Some(cpu),
        _ => None,
    }
    .filter(|cpu| *cpu > 0.0 && cpu.is_finite())
}
