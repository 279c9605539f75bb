//! Draws machines under pods and tasks.

use super::{CLUSTER, Dice};
use crate::cloud::scaling::kubernetes::{ClusterAutoscaler, Karpenter, Nodes};
use crate::cloud::scaling::{CapacityProvider, Scaling};
use crate::cloud::topology::{
    Cluster, Life, Lodging, Machinery, NodeId, Pauses, Placement, Platform, Room, Spot, Strategy,
};
use crate::ground::time::Span;

impl Dice {
    /// Where the pods of a pool run: some ask for nearly a whole machine.
    pub(super) fn lodging(&mut self) -> Lodging {
        let needs = Room { cpu: self.pick(&[0, 500, 1_000, 1_900]), memory: self.of(4) << 30 };
        Lodging { cluster: NodeId(CLUSTER), needs, image: self.of(3) << 20 }
    }

    /// Machines of two vCPUs and four GiB, that come and go within seconds.
    pub(super) fn cluster(&mut self) -> Cluster {
        let span = |seconds: u64| Span::from_secs(seconds);
        let max = 1 + self.of(5) as u32;
        let has_tasks = self.one_in(2);
        let (workers, scaling) = match self.of(3) {
            0 => (self.of(4) as u32, Scaling::Fixed),
            _ if has_tasks => {
                let min = self.of(2) as u32;
                let rule = CapacityProvider {
                    min,
                    max,
                    target: self.pick(&[1.0, 0.7]),
                    min_step: 1 + self.of(2) as u32,
                    max_step: 2 + self.of(3) as u32,
                    warm_up: span(self.of(10)),
                    every: Span::from_millis(500 + self.of(1_500)),
                    protect: self.one_in(2),
                    drain: self.one_in(2),
                    unready: self.one_in(2).then(|| span(5 + self.of(10))),
                };
                (min, Scaling::Nodes(Nodes::Provider(rule)))
            }
            1 => {
                let min = self.of(2) as u32;
                let (scan, unneeded, after_add) = (span(1 + self.of(3)), span(self.of(8)), span(self.of(8)));
                let rule = ClusterAutoscaler {
                    min,
                    max,
                    scan,
                    utilisation: 0.6,
                    unneeded,
                    after_add,
                    unready: self.one_in(2).then(|| span(5 + self.of(10))),
                };
                (min, Scaling::Nodes(Nodes::Autoscaler(rule)))
            }
            _ => {
                let rule = Karpenter {
                    max,
                    idle: span(1),
                    window: span(2 + self.of(3)),
                    consolidate_after: span(self.of(6)),
                    poll: span(1 + self.of(4)),
                    validation: span(self.of(5)),
                    budget: self.pick(&[0.1, 1.0]),
                };
                (0, Scaling::Nodes(Nodes::Karpenter(rule)))
            }
        };
        let spot = self.one_in(2);
        let machinery = Machinery {
            platform: Platform::Ec2 { instance: "m5.large".to_owned(), volume: 0, spot: false },
            spot: spot.then_some(Spot::ALL),
            life: Life { pending: self.law(3), boot: self.law(4), stopping: self.law(2) },
            workers,
            scaling,
            grace: span(1 + self.of(20)),
        };
        let is_fixed = matches!(machinery.scaling, Scaling::Fixed);
        let pods = self.pick(&[2, 110]);
        let all = [Strategy::SpreadZone, Strategy::BinpackCpu, Strategy::BinpackMemory, Strategy::Random];
        let strategies = (0..self.of(3)).map(|_| self.pick(&all)).collect();
        Cluster {
            pull: self.one_in(2).then_some(1 << 20),
            evict_after: (!has_tasks && self.one_in(2)).then(|| span(1 + self.of(8))),
            placement: if has_tasks { Placement::Strategies(strategies) } else { Placement::LeastAsked },
            retry: (has_tasks && is_fixed && self.one_in(2))
                .then(|| Pauses { base: span(1 + self.of(3)), cap: span(5) }),
            ..Cluster::new(machinery, Room { cpu: 2_000, memory: 4 << 30 }, pods)
        }
    }
}
