//! Machines under pods and tasks, from the draft to the plan.

use crate::cloud::instance_type::{memory, vcpus};
use crate::cloud::scaling::kubernetes::{ClusterAutoscaler, Karpenter, Nodes};
use crate::cloud::scaling::{CapacityProvider, Scaling};
use crate::cloud::topology::{Cluster, Life, Lodging, Machinery, Pauses, Placement, Platform, Room, Spot, Strategy};
use crate::ground::distribution::Distribution;
use crate::ground::time::Span;
use crate::scenario::build::{Builder, Ids, count};
use crate::scenario::draft::Topology;
use crate::scenario::draft::cluster as draft;
use crate::scenario::draft::node;
use crate::scenario::draft::quantities::{Time, Whole};

/// Karpenter's limit, where a file sets none: as many machines as nobody needs.
const MACHINES: u32 = 1_000;
/// Pods on a machine (Kubernetes' documentation, *Considerations for large clusters*).
const PODS: u32 = 110;
/// Tasks on a machine, where only its room limits them.
const TASKS: u32 = 10_000;
/// The first pause of a service that finds no place for its tasks; nobody says how long it is.
const PAUSE: Span = Span::from_secs(15);
/// The longest one (Amazon ECS developer guide, *Amazon ECS service throttle logic*).
const PAUSE_MAX: Span = Span::from_secs(27 * 60);

fn span(time: Option<Time>, default: Span) -> Span {
    time.map_or(default, |time| time.0)
}

fn number(whole: Option<Whole>, default: u32) -> u32 {
    whole.map_or(default, |whole| count(whole.0))
}

/// Thousandths of a vCPU, to the nearest; rules keep it in range.
fn milli(cpu: f64) -> u64 {
    (cpu * 1_000.0).round().max(0.0) as u64
}

/// What pods may ask for on one machine; `None` where its type does not tell.
pub(crate) fn room(draft: &draft::Cluster) -> Option<Room> {
    let cpu = match draft.cpu {
        Some(cpu) => milli(cpu.0),
        None => u64::from(vcpus(&draft.instance)?) * 1_000,
    };
    let memory = match draft.memory {
        Some(memory) => memory.0,
        None => memory(&draft.instance)?.saturating_sub(draft.reserved_memory.map_or(0, |memory| memory.0)),
    };
    Some(Room { cpu, memory })
}

/// What a pod or a task asks for.
pub(crate) fn needs(lodger: draft::Lodger<'_>) -> Room {
    Room { cpu: lodger.cpu.map_or(0, |cpu| milli(cpu.0)), memory: lodger.memory.map_or(0, |memory| memory.0) }
}

/// Whether tasks of ECS run on a cluster; rules see to it that no pods do then.
pub(crate) fn has_tasks(topology: &Topology, cluster: &str) -> bool {
    let mut lodgers = topology.pool.values().filter_map(|pool| pool.platform.as_ref()?.lodger());
    lodgers.any(|lodger| lodger.is_task && lodger.cluster == cluster)
}

fn provider(rule: &draft::Managed) -> CapacityProvider {
    CapacityProvider {
        min: number(rule.min, 0),
        max: count(rule.max.0),
        target: rule.target.map_or(CapacityProvider::TARGET, |share| share.0),
        min_step: number(rule.min_step, CapacityProvider::MIN_STEP),
        max_step: number(rule.max_step, CapacityProvider::MAX_STEP),
        warm_up: span(rule.warm_up, CapacityProvider::WARM_UP),
        every: CapacityProvider::EVERY,
        protect: rule.protect == Some(true),
        drain: rule.draining != Some(false),
        unready: rule.unready.map(|time| time.0),
    }
}

fn placement(strategies: Option<&Vec<draft::Strategy>>) -> Placement {
    let strategy = |strategy: &draft::Strategy| match strategy {
        draft::Strategy::SpreadZone => Strategy::SpreadZone,
        draft::Strategy::BinpackCpu => Strategy::BinpackCpu,
        draft::Strategy::BinpackMemory => Strategy::BinpackMemory,
        draft::Strategy::Random => Strategy::Random,
    };
    Placement::Strategies(strategies.into_iter().flatten().map(strategy).collect())
}

impl Builder<'_> {
    pub(super) fn cluster(&mut self, topology: &Topology, name: &str, draft: &draft::Cluster) -> Cluster {
        let has_tasks = has_tasks(topology, name);
        let spot = draft.spot == Some(true);
        let volume = draft.volume.map_or(0, |bytes| bytes.0);
        let platform = Platform::Ec2 { instance: draft.instance.clone(), volume, spot: false };
        let (workers, scaling) = match &draft.machines {
            None => (1, Scaling::Fixed),
            Some(draft::Machines::Fixed(machines)) => (count(machines.0), Scaling::Fixed),
            Some(draft::Machines::Managed(rule)) => {
                let rule = provider(rule);
                (rule.min, Scaling::Nodes(Nodes::Provider(rule)))
            }
            Some(draft::Machines::ClusterAutoscaler(rule)) => {
                let rule = ClusterAutoscaler {
                    min: number(rule.min, 0),
                    max: count(rule.max.0),
                    scan: span(rule.scan, Nodes::SCAN),
                    utilisation: rule.utilisation.map_or(Nodes::UTILISATION, |share| share.0),
                    unneeded: span(rule.unneeded, Nodes::UNNEEDED),
                    after_add: span(rule.after_add, Nodes::AFTER_ADD),
                    unready: rule.unready.map(|time| time.0),
                };
                (rule.min, Scaling::Nodes(Nodes::Autoscaler(rule)))
            }
            Some(draft::Machines::Karpenter(rule)) => {
                let rule = Karpenter {
                    max: number(rule.max, MACHINES),
                    idle: span(rule.idle, Nodes::IDLE),
                    window: span(rule.window, Nodes::WINDOW),
                    consolidate_after: span(rule.consolidate_after, Span::ZERO),
                    poll: span(rule.poll, Nodes::POLL),
                    validation: span(rule.validation, Nodes::VALIDATION),
                    budget: rule.budget.map_or(Nodes::BUDGET, |share| share.0),
                };
                (0, Scaling::Nodes(Nodes::Karpenter(rule)))
            }
        };
        let life = Life {
            pending: self.law_or_none(&draft.pending),
            boot: self.law_or_none(&draft.boot),
            stopping: Distribution::constant(0),
        };
        let room = room(draft).unwrap_or_else(|| {
            self.slip(format!("the machines `{}` of a cluster have no size", draft.instance));
            Room::default()
        });
        let spot = spot.then_some(Spot::ALL);
        let machinery = Machinery { platform, spot, life, workers, scaling, grace: Nodes::GRACE };
        Cluster {
            pull: draft.pull_per_second.map(|bytes| bytes.0),
            evict_after: draft.evict_after.map(|time| time.0),
            placement: if has_tasks { placement(draft.placement.as_ref()) } else { Placement::LeastAsked },
            retry: draft.retry.map(|retry| Pauses { base: span(retry.base, PAUSE), cap: span(retry.cap, PAUSE_MAX) }),
            ..Cluster::new(machinery, room, number(draft.network_interfaces, if has_tasks { TASKS } else { PODS }))
        }
    }

    /// Where the workers of a pool run, if they run on a cluster.
    pub(super) fn lodging(&mut self, ids: &Ids<'_>, platform: Option<&node::Platform>) -> Option<Lodging> {
        let lodger = platform?.lodger()?;
        let image = lodger.image.map_or(0, |image| image.0);
        Some(Lodging { cluster: self.id(ids, lodger.cluster), needs: needs(lodger), image })
    }
}
