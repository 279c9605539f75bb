//! Machines under pods: they exist, are large enough, and somebody runs on them.

use crate::cloud::scaling;
use crate::cloud::scaling::kubernetes::{Space, pack};
use crate::cloud::topology::{self, Application, NodeKind, Room};
use crate::ground::time::Span;
use crate::scenario::build::cluster::{needs, room};
use crate::scenario::complaint::{Complaint, did_you_mean};
use crate::scenario::draft::Topology;
use crate::scenario::draft::cluster::{Cluster, ClusterAutoscaler, Karpenter, Kubernetes, Machines};
use crate::scenario::draft::node::{Platform, Pool};
use crate::scenario::draft::quantities::Amount;
use crate::scenario::draft::scaling::Scaling;
use crate::scenario::place::Place;
use crate::scenario::rules::flow::most_workers;
use crate::scenario::rules::ranges::Ranges;
use crate::scenario::rules::{Foresight, Rule};
use crate::scenario::sight::{Kind, Sight, node_place};

pub(super) const RULE: Rule =
    Rule { about: "pods name a cluster whose machines have room for them; its autoscaler is within its ranges", check };

/// More machines under pods are a slip.
const MACHINES_MAX: u64 = 10_000;
/// Pods on a machine.
const PODS_MAX: u64 = 10_000;
/// Looks closer than this stop the clock.
const LOOK_MIN: Span = Span::from_secs(1);
/// More vCPUs than any machine has.
const CPU_MAX: f64 = 10_000.0;

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (name, topology) in sight.topologies() {
        for (cluster_name, cluster) in &topology.cluster {
            let place = node_place(name, Kind::Cluster, cluster_name);
            let mut ranges = Ranges::default();
            self::cluster(cluster, &place, &mut ranges);
            complaints.extend(ranges.complaints);
            if !pods(topology).any(|(_, pods)| pods.cluster == *cluster_name) {
                let what = format!("no pool runs on cluster `{cluster_name}` of topology `{name}`");
                complaints
                    .push(Complaint::warning("W115", place.key(), what).advise(
                        "it is still paid for; name it in the `platform.kubernetes` of a pool, or take it out",
                    ));
            }
        }
        for (pool_name, pool) in &topology.pool {
            let Some(Platform::Kubernetes(kubernetes)) = &pool.platform else { continue };
            let place = node_place(name, Kind::Pool, pool_name);
            whose_size(pool, &place, &mut complaints);
            lodging(sight, (name, topology), kubernetes, &place.then("platform").then("kubernetes"), &mut complaints);
        }
    }
    complaints
}

/// The pods of a topology, by the names of their pools.
fn pods(topology: &Topology) -> impl Iterator<Item = (&str, &Kubernetes)> {
    topology.pool.iter().filter_map(|(name, pool)| match &pool.platform {
        Some(Platform::Kubernetes(kubernetes)) => Some((name.as_str(), kubernetes)),
        _ => None,
    })
}

fn cluster(cluster: &Cluster, place: &Place, ranges: &mut Ranges) {
    if room(cluster).is_none() {
        let what = format!("it is not known what a `{}` has", cluster.instance);
        ranges.complaints.push(
            Complaint::error("E004", place.then("type"), what)
                .advise("say what pods may have of it: `cpu = 2, memory = \"8GiB\"`"),
        );
    }
    cpu(cluster.cpu.map(|cpu| cpu.0), true, place.then("cpu"), ranges);
    ranges.within("pods on a machine", cluster.network_interfaces, 1, PODS_MAX, place.then("network-interfaces"));
    if cluster.pull_per_second.is_some_and(|bytes| bytes.0 == 0) {
        ranges.complaints.push(
            Complaint::error("E201", place.then("pull-per-second"), "images that are never pulled")
                .advise("give a size above zero, or take it out: images then take no time"),
        );
    }
    let place = place.then("machines");
    match &cluster.machines {
        None => {}
        Some(Machines::Fixed(machines)) => {
            ranges.within("machines", Some(*machines), 0, MACHINES_MAX, place.then("fixed"));
        }
        Some(Machines::ClusterAutoscaler(rule)) => autoscaler(rule, &place.then("cluster-autoscaler"), ranges),
        Some(Machines::Karpenter(rule)) => karpenter(rule, &place.then("karpenter"), ranges),
    }
}

fn cpu(cpu: Option<f64>, some: bool, place: Place, ranges: &mut Ranges) {
    let least = if some { 0.001 } else { 0.0 };
    if let Some(cpu) = cpu.filter(|cpu| !(least..=CPU_MAX).contains(cpu)) {
        let advice = format!("from {least} to {CPU_MAX}");
        ranges.complaints.push(Complaint::error("E201", place, format!("{cpu} vCPUs")).advise(advice));
    }
}

fn autoscaler(rule: &ClusterAutoscaler, place: &Place, ranges: &mut Ranges) {
    ranges.within("machines", rule.min, 0, MACHINES_MAX, place.then("min"));
    ranges.within("machines", Some(rule.max), 1, MACHINES_MAX, place.then("max"));
    if let Some(min) = rule.min.filter(|min| min.0 > rule.max.0) {
        let what = format!("at least {} machines, and at most {}", min.0, rule.max.0);
        ranges.complaints.push(Complaint::error("E202", place.then("min"), what).advise("raise `max`, or lower `min`"));
    }
    ranges.at_least("a scan", rule.scan.map(|time| time.0), LOOK_MIN, place.then("scan"));
}

fn karpenter(rule: &Karpenter, place: &Place, ranges: &mut Ranges) {
    ranges.within("machines", rule.max, 1, MACHINES_MAX, place.then("max"));
    ranges.at_least("a poll", rule.poll.map(|time| time.0), LOOK_MIN, place.then("poll"));
}

/// Pods come and go by controllers of pods, by timetable, or not at all.
fn whose_size(pool: &Pool, place: &Place, complaints: &mut Vec<Complaint>) {
    if matches!(pool.workers, Some(Amount::Unlimited)) {
        let what = "pods run on machines, which are not without number";
        complaints.push(
            Complaint::error("E108", place.then("workers"), what)
                .advise("give a number of pods, or leave the `platform` out"),
        );
    }
    let word = match &pool.scaling {
        Some(Scaling::Asg(_)) => "asg",
        Some(Scaling::EcsService(_)) => "ecs-service",
        Some(Scaling::Vertical(_)) => "vertical",
        _ => return,
    };
    let what = format!("`{word}` sizes no pods");
    complaints.push(
        Complaint::error("E108", place.then("scaling").then(word).key(), what)
            .advise("use `hpa`, `keda`, `keda-jobs`, `kpa` or `schedule`, or another `platform`"),
    );
}

fn lodging(
    sight: &Sight<'_>,
    (name, topology): (&str, &Topology),
    pods: &Kubernetes,
    place: &Place,
    complaints: &mut Vec<Complaint>,
) {
    let mut ranges = Ranges::default();
    cpu(pods.cpu.map(|cpu| cpu.0), false, place.then("cpu"), &mut ranges);
    complaints.extend(ranges.complaints);
    let nodes = sight.nodes(name);
    match nodes.get(pods.cluster.as_str()) {
        Some(Kind::Cluster) => {}
        Some(other) => {
            let what = format!("pods can't run on `{}`, which is a {}", pods.cluster, other.word());
            complaints.push(Complaint::error("E104", place.then("cluster"), what).advise("name a `cluster`"));
        }
        None => {
            let known = nodes.iter().filter(|(_, kind)| **kind == Kind::Cluster).map(|(name, _)| *name);
            let what = format!("topology `{name}` has no cluster `{}`", pods.cluster);
            complaints.push(
                Complaint::error("E101", place.then("cluster"), what).advise_if(did_you_mean(&pods.cluster, known)),
            );
        }
    }
    let Some(machine) = topology.cluster.get(&pods.cluster).and_then(room) else { return };
    let wanted = needs(pods);
    if !machine.has(wanted) {
        let what = format!(
            "a pod asks for {}, and an empty machine of `{}` has {}",
            shown(wanted),
            pods.cluster,
            shown(machine)
        );
        complaints.push(
            Complaint::error("E201", place.clone().key(), what)
                .advise("it would wait for ever: let it ask for less, or take a larger `type`"),
        );
    }
}

fn shown(room: Room) -> String {
    format!("{} vCPU and {:.2} GiB", room.cpu as f64 / 1_000.0, room.memory as f64 / (1u64 << 30) as f64)
}

pub(super) const ROOM: Foresight =
    Foresight { about: "the machines of a cluster have room for all the pods that there may be", check: has_room };

/// So many pods are packed to see how many machines they need; of more nothing is said.
const PACKED_MAX: u64 = 10_000;

fn has_room(_: &Application, topology: &topology::Topology, _: Option<Span>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (index, node) in topology.nodes.iter().enumerate() {
        let NodeKind::Cluster(cluster) = &node.kind else { continue };
        let most = match &cluster.machines.scaling {
            scaling::Scaling::Nodes(nodes) => nodes.bounds().1,
            _ => cluster.machines.workers.unwrap_or(0),
        };
        let lodgers = topology.nodes.iter().filter_map(|node| match &node.kind {
            NodeKind::Pool(pool) => {
                let lodging = pool.lodging.filter(|lodging| lodging.cluster.index() == index)?;
                Some((lodging.needs, most_workers(pool)?))
            }
            _ => None,
        });
        let lodgers: Vec<(Room, u32)> = lodgers.collect();
        let pods: u64 = lodgers.iter().map(|&(_, pods)| u64::from(pods)).sum();
        if pods > PACKED_MAX {
            continue;
        }
        let empty = Space { room: cluster.room, places: cluster.pods };
        let all = lodgers.iter().flat_map(|&(needs, pods)| std::iter::repeat_n(needs, pods as usize));
        let needed = pack(all, &mut Vec::new(), empty, u32::MAX);
        if needed > most {
            let what = format!(
                "cluster `{}` of topology `{}` has at most {most} machines, and its pools may have {pods} pods, which need {needed}",
                node.name, topology.name
            );
            let place = Place::of(&["topology", &topology.name, "cluster", &node.name, "machines"]);
            complaints.push(
                Complaint::warning("W115", place, what)
                    .advise("the others would wait: allow more machines, or fewer pods"),
            );
        }
    }
    complaints
}
