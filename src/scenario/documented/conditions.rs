//! What defaults hold under: conditions on a topology and a table of it.

use crate::cloud::credits::Credits;
use crate::scenario::documented::ecs::has_no_tasks;
use crate::scenario::tree::{Tree, Value};

pub(super) fn is_fifo(_topology: &Tree, queue: &Tree) -> bool {
    matches!(queue.get("fifo").map(|tree| &tree.value), Some(Value::Bool(true)))
}

pub(super) fn is_standard(topology: &Tree, queue: &Tree) -> bool {
    !is_fifo(topology, queue)
}

pub(super) fn has_zones(topology: &Tree, _network: &Tree) -> bool {
    matches!(topology.get("zones").map(|tree| &tree.value), Some(Value::List(zones)) if zones.len() > 1)
}

pub(super) fn has_credits(_topology: &Tree, ec2: &Tree) -> bool {
    let named = |name: &str| Credits::of(name, false).is_some();
    matches!(ec2.get("type").map(|tree| &tree.value), Some(Value::Text(name)) if named(name))
}

pub(super) fn owes_credits(topology: &Tree, ec2: &Tree) -> bool {
    let of_t2 = |name: &str| name.starts_with("t2.");
    has_credits(topology, ec2)
        && !matches!(ec2.get("type").map(|tree| &tree.value), Some(Value::Text(name)) if of_t2(name))
}

pub(super) fn runs_on_ec2(_topology: &Tree, pool: &Tree) -> bool {
    pool.get("platform").is_some_and(|platform| platform.get("ec2").is_some())
}

/// Of a cluster: whether Karpenter sees to its machines.
pub(super) fn has_karpenter(_topology: &Tree, cluster: &Tree) -> bool {
    cluster.get("machines").is_some_and(|machines| machines.get("karpenter").is_some())
}

pub(super) fn has_pods_without_karpenter(topology: &Tree, cluster: &Tree) -> bool {
    !has_karpenter(topology, cluster) && has_no_tasks(topology, cluster)
}

/// Of a pool of pods on a cluster: whether their image is pulled.
pub(super) fn has_image(_topology: &Tree, pool: &Tree) -> bool {
    pods(pool).is_some_and(|pods| pods.get("image").is_some())
}

pub(super) fn has_no_image(_topology: &Tree, pool: &Tree) -> bool {
    pods(pool).is_some_and(|pods| pods.get("image").is_none())
}

fn pods(pool: &Tree) -> Option<&Tree> {
    pool.get("platform")?.get("kubernetes")
}
