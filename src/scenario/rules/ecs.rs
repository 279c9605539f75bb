//! Tasks of ECS: alone on their cluster, placed by its strategies, and told of nothing that is another scheduler's.

use crate::scenario::complaint::Complaint;
use crate::scenario::draft::Topology;
use crate::scenario::draft::cluster::{Cluster, Machines};
use crate::scenario::draft::node::{Platform, Pool};
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::rules::ranges::Ranges;
use crate::scenario::sight::{Kind, Sight, node_place};

pub(super) const RULE: Rule =
    Rule { about: "a cluster has tasks of ECS or pods, and what it says concerns those that it has", check };

/// More strategies than ECS takes for a service (Amazon ECS API reference, *CreateService*, `placementStrategy`).
const STRATEGIES_MAX: usize = 5;

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (name, topology) in sight.topologies() {
        for (cluster_name, cluster) in &topology.cluster {
            let place = node_place(name, Kind::Cluster, cluster_name);
            let (tasks, pods) = (first_of(topology, cluster_name, true), first_of(topology, cluster_name, false));
            match (tasks, pods) {
                (Some(task), Some(pod)) => {
                    let what = format!("cluster `{cluster_name}` has pods, of `{pod}`, and no scheduler sees to both");
                    let place = node_place(name, Kind::Pool, task).then("platform").then("ecs").then("cluster");
                    complaints.push(
                        Complaint::error("E108", place, what)
                            .advise("give the tasks a cluster of their own, or run both in the same way"),
                    );
                }
                (Some(_), None) => of_tasks(cluster_name, cluster, &place, &mut complaints),
                (None, Some(_)) => of_pods(cluster_name, cluster, &place, &mut complaints),
                (None, None) => {}
            }
        }
        for (pool_name, pool) in &topology.pool {
            if let Some(Platform::Ecs(_)) = &pool.platform {
                stops(pool, &node_place(name, Kind::Pool, pool_name), &mut complaints);
            }
        }
    }
    complaints
}

/// The first pool whose tasks, or pods, run on a cluster.
fn first_of<'t>(topology: &'t Topology, cluster: &str, tasks: bool) -> Option<&'t str> {
    let runs = |pool: &Pool| {
        let lodger = pool.platform.as_ref().and_then(Platform::lodger);
        lodger.is_some_and(|lodger| lodger.cluster == cluster && lodger.is_task == tasks)
    };
    topology.pool.iter().find(|(_, pool)| runs(pool)).map(|(name, _)| name.as_str())
}

fn of_tasks(name: &str, cluster: &Cluster, place: &Place, complaints: &mut Vec<Complaint>) {
    let machines = place.then("machines");
    let autoscaler = match &cluster.machines {
        Some(Machines::ClusterAutoscaler(_)) => Some("cluster-autoscaler"),
        Some(Machines::Karpenter(_)) => Some("karpenter"),
        Some(Machines::Fixed(_) | Machines::Managed(_)) | None => None,
    };
    if let Some(word) = autoscaler {
        let what = format!("`{word}` sees to machines under pods, and cluster `{name}` has tasks");
        complaints.push(
            Complaint::error("E108", machines.then(word).key(), what)
                .advise("let a capacity provider do that: `machines = { managed = { max = 10 } }`"),
        );
    }
    if cluster.evict_after.is_some() {
        let what = "tasks stay with their machine until it is gone";
        complaints.push(
            Complaint::error("E108", place.then("evict-after").key(), what)
                .advise("take it out: it is about pods on a node that is not ready"),
        );
    }
    if let Some(strategies) = &cluster.placement
        && strategies.len() > STRATEGIES_MAX
    {
        let what = format!("{} strategies of placement", strategies.len());
        complaints
            .push(Complaint::error("E201", place.then("placement"), what).advise(format!("at most {STRATEGIES_MAX}")));
    }
    if cluster.retry.is_some() && matches!(cluster.machines, Some(Machines::Managed(_))) {
        let what = "with a capacity provider tasks wait for a machine, and are not tried again";
        complaints.push(Complaint::error("E108", place.then("retry").key(), what).advise("take it out"));
    }
    if let Some(retry) = cluster.retry {
        let mut ranges = Ranges::default();
        let (base, cap) = (retry.base.map(|time| time.0), retry.cap.map(|time| time.0));
        let place = place.then("retry");
        ranges.at_least("a pause", base, crate::ground::time::Span::from_secs(1), place.then("base"));
        ranges.at_most(("base", base), ("cap", cap), &place);
        complaints.extend(ranges.complaints);
    }
}

fn of_pods(name: &str, cluster: &Cluster, place: &Place, complaints: &mut Vec<Complaint>) {
    if let Some(Machines::Managed(_)) = cluster.machines {
        let what = format!("a capacity provider sees to machines under tasks of ECS, and cluster `{name}` has pods");
        let place = place.then("machines").then("managed").key();
        complaints
            .push(Complaint::error("E108", place, what).advise("let `cluster-autoscaler` or `karpenter` do that"));
    }
    for (key, is_given, why) in [
        ("placement", cluster.placement.is_some(), "the scheduler of Kubernetes puts a pod where least is asked for"),
        ("retry", cluster.retry.is_some(), "a pod waits for room, and has the first that there is"),
    ] {
        if is_given {
            let what = format!("`{key}` is about tasks of ECS, and cluster `{name}` has pods");
            complaints
                .push(Complaint::error("E108", place.then(key).key(), what).advise(format!("take it out: {why}")));
        }
    }
}

/// Which task stops is its placement's business.
fn stops(pool: &Pool, place: &Place, complaints: &mut Vec<Complaint>) {
    if pool.scale_in.as_ref().is_some_and(|scale_in| scale_in.termination_policy.is_some()) {
        let what = "which task of ECS stops follows from the `placement` of its cluster";
        let place = place.then("scale-in").then("termination-policy").key();
        complaints.push(Complaint::error("E108", place, what).advise("take it out"));
    }
}
