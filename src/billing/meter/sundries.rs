//! What belongs to no node: bytes that leave, gateways and addresses, alarms and the figures of machines.

use crate::billing::charges::hours_of;
use crate::billing::invoice::Quantity;
use crate::billing::usage::{NodeUsage, Used};
use crate::cloud::fact::{Carriage, Who};
use crate::cloud::scaling::kubernetes::Nodes;
use crate::cloud::scaling::{Metric, Policy, Scaling};
use crate::cloud::topology::{NodeKind, Platform, Topology};
use crate::ground::time::{SECOND, SimTime};

/// An alarm over shorter periods than that, in nanoseconds, has a price of its own (Amazon CloudWatch pricing).
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 3_600 * SECOND;

/// A meter of what belongs to no node.
#[derive(Clone, Debug)]
pub(super) struct Sundries {
    /// Mean bytes of an answer by kind of request, where they are paid for, and how many there were.
    answers: Option<Vec<(u64, u64)>>,
    /// Bytes into other zones.
    between: u128,
    /// Whether there are other zones.
    has_zones: bool,
    gateways: u32,
    /// Bytes through gateways.
    through: u128,
    addresses: u32,
    /// Figures under alarms: over minutes, and over less.
    alarms: u64,
    fast_alarms: u64,
    /// By node, whether its machines tell of themselves every minute for somebody to read.
    detailed: Vec<bool>,
}

impl Sundries {
    /// Nothing where nothing of that kind is paid for.
    pub fn of(topology: &Topology) -> Option<Box<Sundries>> {
        let network = &topology.network;
        let plans = topology.nodes.iter().map(|node| match &node.kind {
            NodeKind::Cluster(_) | NodeKind::Service(_) => None,
            kind => kind.pool(),
        });
        let plans: Vec<_> = plans.map(|plan| plan.filter(|_| topology.metrics.are_billed)).collect();
        let providers = topology.nodes.iter().filter_map(|node| match &node.kind {
            NodeKind::Cluster(cluster) if topology.metrics.are_billed => Some(&cluster.machines.scaling),
            _ => None,
        });
        let of_scaling = plans.iter().flatten().map(|pool| &pool.scaling).chain(providers).flat_map(alarms);
        let (slow, fast): (Vec<_>, Vec<_>) = of_scaling.partition(|&(_, is_fast)| !is_fast);
        let sum = |alarms: Vec<(u64, bool)>| alarms.iter().map(|alarm| alarm.0).sum();
        let is_read = |scaling: &Scaling| metrics(scaling).any(Metric::is_of_machines);
        let detailed = plans.iter().map(|plan| {
            plan.is_some_and(|pool| {
                topology.metrics.detailed && matches!(pool.platform, Platform::Ec2 { .. }) && is_read(&pool.scaling)
            })
        });
        let sundries = Sundries {
            answers: network.answers.as_ref().map(|sizes| sizes.iter().map(|&bytes| (bytes, 0)).collect()),
            between: 0,
            has_zones: topology.zones.len() > 1,
            gateways: network.gateways,
            through: 0,
            addresses: network.addresses,
            alarms: sum(slow),
            fast_alarms: sum(fast),
            detailed: detailed.collect(),
        };
        let is_paid = sundries.answers.is_some()
            || sundries.gateways + sundries.addresses > 0
            || sundries.alarms + sundries.fast_alarms > 0
            || sundries.detailed.contains(&true);
        is_paid.then(|| Box::new(sundries))
    }

    /// A client has its answer.
    pub fn answered(&mut self, who: Who) {
        if let Some((_, count)) = self.answers.as_mut().and_then(|answers| answers.get_mut(who.workload.index())) {
            *count += 1;
        }
    }

    /// Bytes went where they are paid for.
    pub fn carried(&mut self, by: Carriage, bytes: u64) {
        match by {
            Carriage::Zones => self.between += u128::from(bytes),
            Carriage::Gateway => self.through += u128::from(bytes),
        }
    }

    /// What was used up to `at`, where the nodes have used that.
    pub fn used(&self, nodes: &[NodeUsage], at: SimTime) -> Vec<NodeUsage> {
        let mut network = Vec::new();
        if let Some(answers) = &self.answers {
            let bytes = answers.iter().map(|&(bytes, count)| u128::from(bytes) * u128::from(count)).sum();
            network.push(("data.out", gigabytes(bytes), None));
            if self.has_zones {
                // Both sides of it are paid for.
                network.push(("data.zone", gigabytes(2 * self.between), None));
            }
        }
        let seconds = |count: u64| Quantity { parts: u128::from(at.nanos()) * u128::from(count), decimals: 9 };
        if self.gateways > 0 {
            let hours = u128::from(at.nanos().div_ceil(HOUR)) * u128::from(self.gateways);
            let stood = hours_of(u128::from(at.nanos()) * u128::from(self.gateways));
            network.push(("nat.hour", Quantity::whole(hours), Some(stood)));
            network.push(("nat.data", gigabytes(self.through), None));
        }
        if self.addresses > 0 {
            network.push(("ipv4.address", seconds(u64::from(self.addresses)), None));
        }
        let mut watch = Vec::new();
        for (item, alarms) in [("cloudwatch.alarm", self.alarms), ("cloudwatch.fast-alarm", self.fast_alarms)] {
            if alarms > 0 {
                watch.push((item, seconds(alarms), None));
            }
        }
        if self.detailed.contains(&true) {
            let machines = nodes.iter().zip(&self.detailed).filter(|(_, detailed)| **detailed);
            let machines = machines.filter_map(|(node, _)| match &node.used {
                Used::Machines { sizes, .. } => Some(sizes.iter().map(|size| u128::from(size.seconds)).sum::<u128>()),
                _ => None,
            });
            watch.push(("cloudwatch.detailed", Quantity::whole(machines.sum()), None));
        }
        let kinds = [("network", network), ("monitoring", watch)];
        let kinds = kinds.into_iter().filter(|(_, items)| !items.is_empty());
        kinds.map(|(node, items)| NodeUsage { node: node.to_owned(), used: Used::Sundries { items } }).collect()
    }
}

/// The figures under each alarm of whatever sizes a pool, and whether its periods are shorter than a minute. Target tracking
/// has one for too much and one for too little; an alarm over several figures is paid for by each (Amazon CloudWatch pricing).
fn alarms(scaling: &Scaling) -> Vec<(u64, bool)> {
    let alarm = |count: u64, metric: &Metric, period: u64| (count * u64::from(metric.figures()), period < MINUTE);
    match scaling {
        Scaling::Group(group) => {
            let each = group.policies.iter().filter_map(|policy| match policy {
                Policy::TargetTracking(rule) => Some(alarm(2, &rule.metric, rule.period.nanos())),
                Policy::Step(rule) => Some(alarm(1, &rule.alarm.metric, rule.alarm.period.nanos())),
                Policy::Simple(rule) => Some(alarm(1, &rule.alarm.metric, rule.alarm.period.nanos())),
                Policy::QueueLength(_) | Policy::Predictive(_) | Policy::Scheduled(_) => None,
            });
            each.collect()
        }
        Scaling::Vertical(vertical) => {
            vertical.alarm.iter().map(|it| alarm(1, &it.metric, it.period.nanos())).collect()
        }
        // Managed scaling is target tracking over one figure, every minute (Amazon ECS developer guide, *Amazon ECS managed
        // scaling behavior*: the alarms are of one's own account).
        Scaling::Nodes(Nodes::Provider(_)) => vec![(2, false)],
        Scaling::Fixed | Scaling::Timetable(_) | Scaling::Reactive(_) | Scaling::Pods(_) | Scaling::Nodes(_) => {
            Vec::new()
        }
    }
}

/// What whatever sizes a pool reads.
fn metrics(scaling: &Scaling) -> impl Iterator<Item = &Metric> {
    let of_group = scaling.group().into_iter().flat_map(|group| group.policies.iter().filter_map(Policy::metric));
    let of_alarm = match scaling {
        Scaling::Vertical(vertical) => vertical.alarm.as_ref().map(|alarm| &alarm.metric),
        _ => None,
    };
    of_group.chain(of_alarm)
}

/// Bytes as GB of 2³⁰ of them, to a billionth, rounded half up.
const fn gigabytes(bytes: u128) -> Quantity {
    Quantity { parts: (bytes * 1_000_000_000 + (1 << 29)) >> 30, decimals: 9 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::billing::{Meter, PriceBook, invoice};
    use crate::cloud::fact::Fact;
    use crate::cloud::scaling::{
        Alarm, CapacityProvider, Change, Condition, Factor, Group, Metrics, Missing, Ratio, Reading, ScaleIn, Side,
        Simple, TargetTracking, Window,
    };
    use crate::cloud::topology::{Cluster, Machinery, Network, Node, NodeId, Pool, Room, WorkloadId};
    use crate::engine::Observer;
    use crate::ground::time::Span;

    fn scaling() -> Scaling {
        let once = Window { points: 1, of: 1 };
        let of = NodeId(0);
        let tracking = TargetTracking {
            metric: Metric { what: Reading::Cpu, of },
            target: 0.5,
            period: Span::from_secs(60),
            high: once,
            low: once,
            factor: Factor::Share(0.9),
            scale_in: ScaleIn::Proportional,
            warm_up: None,
        };
        let figure = |what| Metric { what, of };
        let ratio = Ratio { of: figure(Reading::Visible), to: figure(Reading::InService), at_least: 0.0 };
        let simple = Simple {
            alarm: Alarm {
                metric: figure(Reading::Ratio(Box::new(ratio))),
                condition: Condition { when: Side::Above, limit: 1.0, window: once, missing: Missing::Missing },
                period: Span::from_secs(30),
            },
            change: Change::By(1),
            min_change: 0,
            cooldown: None,
        };
        let policies = vec![Policy::TargetTracking(tracking), Policy::Simple(simple)];
        Scaling::Group(Group { max: 9, policies, ..Group::default() })
    }

    fn topology(is_paid: bool) -> Topology {
        let platform = Platform::Ec2 { instance: "m5.large".to_owned(), volume: 0, spot: false };
        let pool = Pool { platform, scaling: scaling(), ..Pool::of(Vec::new()) };
        let network = Network { gateways: 2, addresses: 3, answers: Some(vec![1 << 20]), ..Network::default() };
        Topology {
            nodes: vec![Node { name: "app".to_owned(), kind: NodeKind::Pool(Box::new(pool)) }],
            entry: vec![NodeId(0)],
            zones: vec!["a".to_owned(), "b".to_owned()],
            network: if is_paid { network } else { Network::default() },
            metrics: Metrics { are_billed: is_paid, ..Metrics::default() },
            ..Topology::default()
        }
    }

    /// Two alarms of a capacity provider for an hour; none of what is not billed, and none of a cluster of Kubernetes.
    #[test]
    fn the_alarms_of_a_capacity_provider_are_paid_for() {
        let alarms = |is_paid: bool, scaling: Scaling| {
            let (life, room) = (Pool::of(Vec::new()).life, Room { cpu: 4_000, memory: 16 << 30 });
            let (platform, grace) = (Platform::Free, Span::ZERO);
            let machinery = Machinery { platform, spot: None, life, workers: 1, scaling, grace };
            let kind = NodeKind::Cluster(Box::new(Cluster::new(machinery, room, 10)));
            let nodes = vec![Node { name: "hosts".to_owned(), kind }];
            let metrics = Metrics { are_billed: is_paid, ..Metrics::default() };
            let topology = Topology { nodes, metrics, ..Topology::default() };
            let usage = Meter::new(&topology).usage(SimTime::from_nanos(3_600 * SECOND));
            let lines = invoice(&usage, &PriceBook::us_east_1());
            lines.into_iter().map(|line| (line.item, line.quantity.to_string())).collect::<Vec<_>>()
        };
        let managed = || Scaling::Nodes(Nodes::Provider(CapacityProvider::DOCUMENTED));
        assert_eq!(alarms(true, managed()), [("cloudwatch.alarm".to_owned(), "7200".to_owned())]);
        assert_eq!(alarms(false, managed()), []);
        assert_eq!(alarms(true, Scaling::Fixed), []);
    }

    /// Item and quantity of each line at that second, machines apart.
    fn bill(is_paid: bool, facts: &[(u64, Fact)], second: u64) -> Vec<(String, String)> {
        let at = |second: u64| SimTime::from_nanos(second * SECOND);
        let mut meter = Meter::new(&topology(is_paid));
        facts.iter().for_each(|(when, fact)| meter.saw(at(*when), fact));
        let lines = invoice(&meter.usage(at(second)), &PriceBook::us_east_1());
        let lines = lines.into_iter().filter(|line| line.node != "pool.app");
        lines.map(|line| (line.item, line.quantity.to_string())).collect()
    }

    fn facts() -> Vec<(u64, Fact)> {
        let who = Who { workload: WorkloadId(0), ordinal: 0, counted: true };
        let born = SimTime::START;
        let mut facts = vec![(0, Fact::Running { pool: NodeId(0), worker: 1, size: 0 })];
        facts.extend((0..512).map(|_| (10, Fact::Completed { who, born, answered: true })));
        facts.extend((0..512).map(|_| (11, Fact::Answered { who, born })));
        facts.extend((0..512).map(|_| (12, Fact::Completed { who, born, answered: false })));
        facts.push((20, Fact::Carried { who, by: Carriage::Zones, bytes: 1 << 30 }));
        facts.push((20, Fact::Carried { who, by: Carriage::Gateway, bytes: 3 << 30 }));
        facts
    }

    /// In 90 minutes: 1,024 answers of 1 MiB are a GB; a GB into another zone is paid for on both sides; two gateways for two
    /// started hours each; three addresses for 5,400 s; two alarms over one figure, and a fast one over two; a machine whose
    /// figures of every minute are read.
    #[test]
    fn what_belongs_to_no_node_has_lines_of_its_own() {
        let expected = [
            ("data.out", "1"),
            ("data.zone", "2"),
            ("nat.hour", "4"),
            ("nat.data", "3"),
            ("ipv4.address", "16200"),
            ("cloudwatch.alarm", "10800"),
            ("cloudwatch.fast-alarm", "10800"),
            ("cloudwatch.detailed", "5400"),
        ];
        let told = bill(true, &facts(), 5_400);
        assert_eq!(told, expected.map(|(item, quantity)| (item.to_owned(), quantity.to_owned())));
        assert_eq!(bill(false, &facts(), 5_400), []);
    }
}
