//! Machines under pods and tasks: they exist, are large enough, and somebody runs on them.

use crate::cloud::scaling;
use crate::cloud::scaling::kubernetes::{Space, pack};
use crate::cloud::topology::{self, Application, NodeKind, Room};
use crate::ground::time::Span;
use crate::scenario::build::cluster::{needs, room};
use crate::scenario::complaint::{Complaint, did_you_mean};
use crate::scenario::draft::Topology;
use crate::scenario::draft::cluster::{Cluster, ClusterAutoscaler, Karpenter, Lodger, Machines, Managed};
use crate::scenario::draft::node::{Platform, Pool};
use crate::scenario::draft::quantities::{Amount, Whole};
use crate::scenario::draft::scaling::Scaling;
use crate::scenario::place::Place;
use crate::scenario::rules::flow::most_workers;
use crate::scenario::rules::kubernetes::word_of;
use crate::scenario::rules::ranges::Ranges;
use crate::scenario::rules::{Foresight, Rule};
use crate::scenario::sight::{Kind, Sight, node_place};

pub(super) const RULE: Rule = Rule {
    about: "pods and tasks name a cluster whose machines have room for them; its autoscaler is within its ranges",
    check,
};

/// More machines under pods are a slip.
const MACHINES_MAX: u64 = 10_000;
/// Pods on a machine.
const PODS_MAX: u64 = 10_000;
/// Looks closer than this stop the clock.
const LOOK_MIN: Span = Span::from_secs(1);
/// Of a capacity provider's machines so many are in use at the least (Amazon ECS API reference, *ManagedScaling*).
const TARGET_MIN: f64 = 0.01;
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
            if !lodgers(topology).any(|lodger| lodger.cluster == cluster_name) {
                let what = format!("no pool runs on cluster `{cluster_name}` of topology `{name}`");
                complaints
                    .push(Complaint::warning("W115", place.key(), what).advise(
                        "it is still paid for; name it in the `platform.ecs` or `platform.kubernetes` of a pool, or take it out",
                    ));
            }
        }
        for (pool_name, pool) in &topology.pool {
            let Some(lodger) = pool.platform.as_ref().and_then(Platform::lodger) else { continue };
            let place = node_place(name, Kind::Pool, pool_name);
            whose_size(pool, lodger, &place, &mut complaints);
            lodging(sight, (name, topology), lodger, &place.then("platform").then(lodger.word()), &mut complaints);
        }
    }
    complaints
}

/// The pods and tasks of a topology.
fn lodgers(topology: &Topology) -> impl Iterator<Item = Lodger<'_>> {
    topology.pool.values().filter_map(|pool| pool.platform.as_ref()?.lodger())
}

fn cluster(cluster: &Cluster, place: &Place, ranges: &mut Ranges) {
    if room(cluster).is_none() {
        let what = format!("it is not known what a `{}` has", cluster.instance);
        ranges.complaints.push(
            Complaint::error("E004", place.then("type"), what)
                .advise("say what pods or tasks may have of it: `cpu = 2, memory = \"8GiB\"`"),
        );
    }
    cpu(cluster.cpu.map(|cpu| cpu.0), true, place.then("cpu"), ranges);
    ranges.within(
        "pods or tasks on a machine",
        cluster.network_interfaces,
        1,
        PODS_MAX,
        place.then("network-interfaces"),
    );
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
        Some(Machines::Managed(rule)) => managed(rule, &place.then("managed"), ranges),
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

fn bounds(min: Option<Whole>, max: Whole, place: &Place, ranges: &mut Ranges) {
    ranges.within("machines", min, 0, MACHINES_MAX, place.then("min"));
    ranges.within("machines", Some(max), 1, MACHINES_MAX, place.then("max"));
    if let Some(min) = min.filter(|min| min.0 > max.0) {
        let what = format!("at least {} machines, and at most {}", min.0, max.0);
        ranges.complaints.push(Complaint::error("E202", place.then("min"), what).advise("raise `max`, or lower `min`"));
    }
}

fn managed(rule: &Managed, place: &Place, ranges: &mut Ranges) {
    bounds(rule.min, rule.max, place, ranges);
    if rule.target.is_some_and(|share| share.0 < TARGET_MIN) {
        let what = "with so few of its machines in use there would be more and more";
        ranges.complaints.push(
            Complaint::error("E201", place.then("target"), what).advise("a share from `1%` to `100%` of its machines"),
        );
    }
    ranges.within("machines of a step", rule.min_step, 1, MACHINES_MAX, place.then("min-step"));
    ranges.within("machines of a step", rule.max_step, 1, MACHINES_MAX, place.then("max-step"));
    let least = rule.min_step.map_or(1, |step| step.0);
    if let Some(most) = rule.max_step.filter(|most| most.0 < least) {
        let what = format!("steps of at least {least} machines, and of at most {}", most.0);
        let place = place.then("max-step");
        ranges.complaints.push(Complaint::error("E202", place, what).advise("raise `max-step`, or lower `min-step`"));
    }
}

fn autoscaler(rule: &ClusterAutoscaler, place: &Place, ranges: &mut Ranges) {
    bounds(rule.min, rule.max, place, ranges);
    ranges.at_least("a scan", rule.scan.map(|time| time.0), LOOK_MIN, place.then("scan"));
}

fn karpenter(rule: &Karpenter, place: &Place, ranges: &mut Ranges) {
    ranges.within("machines", rule.max, 1, MACHINES_MAX, place.then("max"));
    ranges.at_least("a poll", rule.poll.map(|time| time.0), LOOK_MIN, place.then("poll"));
}

/// Pods come and go by controllers of pods and tasks by that of their service, or by timetable, or not at all.
fn whose_size(pool: &Pool, lodger: Lodger<'_>, place: &Place, complaints: &mut Vec<Complaint>) {
    let many = lodger.many();
    if matches!(pool.workers, Some(Amount::Unlimited)) {
        let what = format!("{many} run on machines, which are not without number");
        complaints.push(
            Complaint::error("E108", place.then("workers"), what)
                .advise(format!("give a number of {many}, or leave the `platform` out")),
        );
    }
    let (word, is_of_pods, is_of_tasks) = match &pool.scaling {
        None | Some(Scaling::Schedule(_)) => return,
        Some(Scaling::StartOnDemand(_) | Scaling::NPolicy(_) | Scaling::Hysteresis(_)) => return,
        Some(Scaling::Asg(_)) => ("asg", false, false),
        Some(Scaling::Vertical(_)) => ("vertical", false, false),
        Some(Scaling::EcsService(_)) => ("ecs-service", false, true),
        Some(scaling) => (word_of(scaling).unwrap_or("scaling"), true, false),
    };
    if if lodger.is_task { is_of_tasks } else { is_of_pods } {
        return;
    }
    let advice = match lodger.is_task {
        true => "use `ecs-service` or `schedule`, or another `platform`",
        false => "use `hpa`, `keda`, `keda-jobs`, `kpa` or `schedule`, or another `platform`",
    };
    let place = place.then("scaling").then(word).key();
    complaints.push(Complaint::error("E108", place, format!("`{word}` sizes no {many}")).advise(advice));
}

fn lodging(
    sight: &Sight<'_>,
    (name, topology): (&str, &Topology),
    lodger: Lodger<'_>,
    place: &Place,
    complaints: &mut Vec<Complaint>,
) {
    let mut ranges = Ranges::default();
    cpu(lodger.cpu.map(|cpu| cpu.0), false, place.then("cpu"), &mut ranges);
    complaints.extend(ranges.complaints);
    let nodes = sight.nodes(name);
    match nodes.get(lodger.cluster) {
        Some(Kind::Cluster) => {}
        Some(other) => {
            let what = format!("{} can't run on `{}`, which is a {}", lodger.many(), lodger.cluster, other.word());
            complaints.push(Complaint::error("E104", place.then("cluster"), what).advise("name a `cluster`"));
        }
        None => {
            let known = nodes.iter().filter(|(_, kind)| **kind == Kind::Cluster).map(|(name, _)| *name);
            let what = format!("topology `{name}` has no cluster `{}`", lodger.cluster);
            complaints.push(
                Complaint::error("E101", place.then("cluster"), what).advise_if(did_you_mean(lodger.cluster, known)),
            );
        }
    }
    let Some(machine) = topology.cluster.get(lodger.cluster).and_then(room) else { return };
    let wanted = needs(lodger);
    if !machine.has(wanted) {
        let what = format!(
            "{} asks for {}, and an empty machine of `{}` has {}",
            lodger.one(),
            shown(wanted),
            lodger.cluster,
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

pub(super) const ROOM: Foresight = Foresight {
    about: "the machines of a cluster have room for all the pods and tasks that there may be",
    check: has_room,
};

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
                "cluster `{}` of topology `{}` has at most {most} machines, and its pools may have {pods} pods or tasks, which need {needed}",
                node.name, topology.name
            );
            let place = Place::of(&["topology", &topology.name, "cluster", &node.name, "machines"]);
            complaints.push(
                Complaint::warning("W115", place, what)
                    .advise("the others would wait: allow more machines, or fewer of these"),
            );
        }
    }
    complaints
}
