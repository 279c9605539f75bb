//! What machines under pods do, and pods, where a file says nothing; those of tasks of ECS have rows of their own.

use crate::scenario::documented::conditions::{has_image, has_karpenter, has_no_image, has_pods_without_karpenter};
use crate::scenario::documented::ecs::has_no_tasks;
use crate::scenario::documented::{Mark, Row};

/// The rows of clusters and of the pods on them, in the order of the grammar.
pub(crate) const CLUSTERS: &[Row] = &[
    Row {
        place: "topology.*.cluster.*.boot",
        value: "{ lognormal = { p50 = \"45s\", p95 = \"90s\" } }",
        mark: Mark::Assumed,
        source: "from published times until a node is ready: 30 to 40 s by a maintainer of Karpenter, 70 to 90 s by users",
        only: Some(has_karpenter),
    },
    Row {
        place: "topology.*.cluster.*.boot",
        value: "{ lognormal = { p50 = \"150s\", p95 = \"300s\" } }",
        mark: Mark::Assumed,
        source: "from published times until a node is ready with a Cluster Autoscaler: 3 to 5 min end to end",
        only: Some(has_pods_without_karpenter),
    },
    Row {
        place: "topology.*.cluster.*.pull-per-second",
        value: "\"25MiB\"",
        mark: Mark::Assumed,
        source: "from published pulls of 10 to 50 MB a second",
        only: None,
    },
    Row {
        place: "topology.*.cluster.*.evict-after",
        value: "\"5min\"",
        mark: Mark::Documented,
        source: "Kubernetes' documentation, Taints and Tolerations: pods tolerate a node that is not ready for 300 s",
        only: Some(has_no_tasks),
    },
    Row {
        place: "topology.*.cluster.*.machines.cluster-autoscaler.unready",
        value: "\"20min\"",
        mark: Mark::Documented,
        source: "Cluster Autoscaler FAQ, scale-down-unready-time",
        only: None,
    },
    Row {
        place: "topology.*.pool.*.boot",
        value: "{ uniform = { low = \"5s\", high = \"30s\" } }",
        mark: Mark::Assumed,
        source: "that a pod pulls its image and starts in 5 to 30 s",
        only: Some(has_no_image),
    },
    Row {
        place: "topology.*.pool.*.boot",
        value: "{ uniform = { low = \"2s\", high = \"5s\" } }",
        mark: Mark::Assumed,
        source: "that a container starts in 2 to 5 s once its image is there",
        only: Some(has_image),
    },
];
