//! What tasks of ECS on machines of one's own do, and these, where a file says nothing.

use crate::scenario::documented::{Following, Mark, Row};
use crate::scenario::tree::{Tree, Value};

/// The rows of clusters with tasks, and of the tasks.
pub(crate) const ECS: &[Row] = &[
    Row {
        place: "topology.*.account?.service-launches",
        value: "{ burst = 10, rate = \"500/min\" }",
        mark: Mark::Documented,
        source: "Amazon ECS developer guide, Amazon ECS service quotas: 500 tasks a minute of a service, in us-east-1; how many of them come at once is assumed",
        only: Some(has_services),
    },
    Row {
        place: "topology.*.cluster.*.boot",
        value: "{ lognormal = { p50 = \"45s\", p95 = \"90s\" } }",
        mark: Mark::Assumed,
        source: "from published times: 23 to 29 s until an instance can be reached, and about 2.5 min from nothing to the first task",
        only: Some(has_tasks),
    },
    Row {
        place: "topology.*.cluster.*.reserved-memory",
        value: "\"256MiB\"",
        mark: Mark::Assumed,
        source: "an example of ECS_RESERVED_MEMORY; Amazon ECS developer guide, Reserving Amazon ECS Linux container instance memory",
        only: Some(has_tasks),
    },
    Row {
        place: "topology.*.cluster.*.machines.managed.unready",
        value: "\"3min\"",
        mark: Mark::Documented,
        source: "EC2 Auto Scaling user guide, Health checks: status checks always, with a few minutes of patience",
        only: None,
    },
    Row {
        place: "topology.*.pool.*.pending",
        value: "{ uniform = { low = \"1s\", high = \"3s\" } }",
        mark: Mark::Assumed,
        source: "from published times of one task: 1.6 s from its creation until its image is pulled",
        only: Some(is_task),
    },
    Row {
        place: "topology.*.pool.*.boot",
        value: "{ uniform = { low = \"1s\", high = \"2s\" } }",
        mark: Mark::Assumed,
        source: "from published times of one task: 1.2 s from its image to running",
        only: Some(has_image),
    },
    Row {
        place: "topology.*.pool.*.boot",
        value: "{ uniform = { low = \"2s\", high = \"10s\" } }",
        mark: Mark::Assumed,
        source: "from published times of one task: a small image is pulled in 5.6 s, and started in 1.2 s",
        only: Some(has_no_image),
    },
];

/// What follows from what else a cluster with tasks, or a pool of them, says; and what a pool has that is none.
pub(crate) const ECS_FOLLOWING: &[Following] = &[
    Following {
        row: Row {
            place: "topology.*.pool.*.scale-in?.termination-policy",
            value: "\"default\"",
            mark: Mark::Documented,
            source: "EC2 Auto Scaling user guide, Control which instances terminate: zone, then the default policy; which task of ECS stops follows from its placement",
            only: Some(has_a_policy),
        },
        value: |_| Some("\"default\"".to_owned()),
    },
    Following {
        row: Row {
            place: "topology.*.cluster.*.retry?.base",
            value: "under tasks of ECS without a capacity provider \"15s\"",
            mark: Mark::Assumed,
            source: "how long the first pause of a service is, nobody says",
            only: Some(has_tasks),
        },
        value: |cluster| waits_for_nobody(cluster).then(|| "\"15s\"".to_owned()),
    },
    Following {
        row: Row {
            place: "topology.*.cluster.*.retry?.cap",
            value: "under tasks of ECS without a capacity provider \"27min\"",
            mark: Mark::Documented,
            source: "Amazon ECS developer guide, Service throttle logic",
            only: Some(has_tasks),
        },
        value: |cluster| waits_for_nobody(cluster).then(|| "\"27min\"".to_owned()),
    },
    Following {
        row: Row {
            place: "topology.*.pool.*.scale-in?.grace",
            value: "on ECS \"30s\"",
            mark: Mark::Documented,
            source: "Amazon ECS API reference, ContainerDefinition, stopTimeout: then the task is killed",
            only: Some(is_task),
        },
        value: |_| Some("\"30s\"".to_owned()),
    },
    Following {
        row: Row {
            place: "topology.*.pool.*.scale-in.protection",
            value: "of tasks that `protect` \"2h\"",
            mark: Mark::Documented,
            source: "Amazon ECS API reference, UpdateTaskProtection, expiresInMinutes",
            only: Some(has_protection),
        },
        value: |_| Some("\"2h\"".to_owned()),
    },
    Following {
        row: Row {
            place: "topology.*.pool.*.slots",
            value: "on ECS the vCPUs of a task, at least 1",
            mark: Mark::Assumed,
            source: "that a worker serves one request for each vCPU",
            only: Some(is_task),
        },
        value: |pool| Some(format!("{}", (vcpus(pool)?.floor() as u64).max(1))),
    },
    Following {
        row: Row {
            place: "topology.*.pool.*.speed",
            value: "on ECS the vCPUs of a task, at most 1",
            mark: Mark::Documented,
            source: "Amazon ECS developer guide, Task size: the CPU of a task is a hard limit",
            only: Some(is_task),
        },
        value: |pool| vcpus(pool).filter(|vcpus| *vcpus < 1.0).map(|vcpus| vcpus.to_string()),
    },
];

fn task(pool: &Tree) -> Option<&Tree> {
    pool.get("platform")?.get("ecs")
}

/// Of a pool: whether its tasks, on machines of one's own or on Fargate, are protected while they work.
fn has_protection(_topology: &Tree, pool: &Tree) -> bool {
    let protects = pool.get("scale-in").and_then(|scale_in| scale_in.get("protect"));
    let is_task = task(pool).is_some() || runs_on_fargate(pool);
    is_task && matches!(protects.map(|tree| &tree.value), Some(Value::Bool(true)))
}

fn runs_on_fargate(pool: &Tree) -> bool {
    pool.get("platform").is_some_and(|platform| platform.get("fargate").is_some())
}

/// Of a topology: whether any of its pools has tasks, on machines of one's own or on Fargate.
fn has_services(topology: &Tree, _account: &Tree) -> bool {
    let has_tasks = |pool: &Tree| task(pool).is_some() || runs_on_fargate(pool);
    topology.table("pool").is_some_and(|pools| pools.values().any(|pool| has_tasks(&pool.tree)))
}

fn is_task(_topology: &Tree, pool: &Tree) -> bool {
    task(pool).is_some()
}

fn has_a_policy(_topology: &Tree, pool: &Tree) -> bool {
    task(pool).is_none()
}

fn has_image(_topology: &Tree, pool: &Tree) -> bool {
    task(pool).is_some_and(|task| task.get("image").is_some())
}

fn has_no_image(_topology: &Tree, pool: &Tree) -> bool {
    task(pool).is_some_and(|task| task.get("image").is_none())
}

/// Of a cluster: whether tasks of ECS run on it.
fn has_tasks(topology: &Tree, cluster: &Tree) -> bool {
    let (Some(clusters), Some(pools)) = (topology.table("cluster"), topology.table("pool")) else { return false };
    let named = |name: &str| clusters.get(name).is_some_and(|entry| entry.tree == *cluster);
    pools.values().filter_map(|pool| task(&pool.tree)?.get("cluster")).any(|name| match &name.value {
        Value::Text(name) => named(name),
        _ => false,
    })
}

/// Of a cluster: whether it has pods, or nobody.
pub(super) fn has_no_tasks(topology: &Tree, cluster: &Tree) -> bool {
    !has_tasks(topology, cluster)
}

/// Whether nobody sees to machines for tasks that find no room.
fn waits_for_nobody(cluster: &Tree) -> bool {
    cluster.get("machines").is_none_or(|machines| machines.get("managed").is_none())
}

fn vcpus(pool: &Tree) -> Option<f64> {
    match task(pool)?.get("cpu")?.value {
        Value::Integer(cpu) => Some(cpu as f64),
        Value::Float(cpu) => Some(cpu),
        _ => None,
    }
    .filter(|cpu| *cpu > 0.0 && cpu.is_finite())
}
