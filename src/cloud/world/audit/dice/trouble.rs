//! Draws what goes wrong.

use super::buses::BUS;
use super::{CLUSTER, Dice, PARTNER, TIERS};
use crate::cloud::topology::{
    Account, BrownOut, Clock, Crash, Fault, Harm, Launches, Link, Node, NodeId, NodeKind, Outage, Pauses, Poison,
    Reclaim, Speed, Stop, Throttle, When, WorkId,
};
use crate::ground::distribution::Distribution;
use crate::ground::time::{SECOND, SimTime, Span};

impl Dice {
    /// What the account allows, if it limits anything.
    pub(super) fn account(&mut self) -> Option<Account> {
        self.one_in(3).then(|| Account {
            vcpu_quota: self.one_in(2).then(|| 4 + self.of(20) as u32),
            launches: self
                .one_in(2)
                .then(|| Launches { every: Span::from_secs(1 + self.of(4)), burst: 1 + self.of(3) as u32 }),
            fargate: self.one_in(2).then(|| Launches { every: Span::from_secs(1), burst: 1 + self.of(2) as u32 }),
            services: self.one_in(2).then(|| Launches { every: Span::from_secs(1), burst: 1 + self.of(2) as u32 }),
            no_capacity: self.pick(&[0.0, 0.5]),
            retry: Pauses { base: Span::from_secs(1 + self.of(5)), cap: Span::from_secs(20) },
        })
    }

    pub(super) fn fault(&mut self, number: u64, nodes: &[Node], zoned: bool) -> Fault {
        let tier = 3 * self.of(TIERS) as u16;
        // Some of what hits workers hits the machines under pods.
        let hit = if nodes.len() > usize::from(CLUSTER) && self.one_in(4) { CLUSTER } else { tier };
        let countless = matches!(&nodes[usize::from(tier)].kind, NodeKind::Pool(pool) if pool.workers.is_none());
        Fault {
            name: format!("fault{number}"),
            what: match self.of(12) {
                9 => self.link(),
                6 => Harm::BrownOut(BrownOut {
                    work: self.one_in(2).then(|| WorkId(self.of(4) as u16)),
                    pool: self.one_in(2).then_some(NodeId(tier)),
                    worker: self.one_in(3).then(|| 1 + self.of(3) as u32),
                    pace: self.pick(&[Speed { work: 1, time: 2 }, Speed { work: 3, time: 7 }]),
                }),
                7 => Harm::Poison(Poison { work: WorkId(self.of(4) as u16), share: 0.3 }),
                8 => Harm::Throttle(Throttle { node: self.any_of(nodes), share: self.pick(&[0.3, 1.0]) }),
                4 | 5 if !countless => {
                    let worker = self.one_in(3).then(|| 1 + self.of(4) as u32);
                    Harm::Reclaim(Reclaim {
                        pool: NodeId(hit),
                        worker,
                        share: (worker.is_none() && self.one_in(2)).then_some(0.5),
                        notice: Span::from_secs(self.of(8)),
                    })
                }
                1 if zoned => Harm::Zone(self.of(2) as u16),
                10 | 11 if !countless => {
                    Harm::Stop(Stop { pool: NodeId(tier), worker: self.one_in(2).then(|| 1 + self.of(3) as u32) })
                }
                0 => Harm::Outage(Outage::Component(WorkId(self.of(4) as u16))),
                2 | 3 if !countless => Harm::Crash(Crash {
                    pool: NodeId(hit),
                    worker: self.one_in(2).then(|| 1 + self.of(3) as u32),
                    clock: self.pick(&[Clock::Up, Clock::Busy]),
                    repairers: self.one_in(2).then(|| 1 + self.of(2) as u32),
                }),
                _ => Harm::Outage(Outage::Node(self.any_of(nodes))),
            },
            when: if self.one_in(2) {
                When::At(vec![SimTime::from_nanos((5 + self.of(40)) * SECOND), SimTime::from_nanos(60 * SECOND)])
            } else {
                When::Every(Distribution::exponential(20e9).expect("a mean above 0"))
            },
            lasts: Some(self.law(8)),
            held: self.held(),
            moves: self.one_in(3),
        }
    }

    /// A node of a tier, or the bus where there is one.
    fn any_of(&mut self, nodes: &[Node]) -> NodeId {
        if nodes.len() > usize::from(BUS) && self.one_in(8) { NodeId(BUS) } else { NodeId(self.of(3 * TIERS) as u16) }
    }

    /// Trouble on the way from one tier to the next, or back.
    fn link(&mut self) -> Harm {
        let tier = 3 * self.of(TIERS - 1) as u16;
        let ends = [tier, tier + 3 + self.of(3) as u16, tier + 1, PARTNER];
        let (from, to) = (NodeId(self.pick(&ends)), NodeId(self.pick(&ends)));
        let delay = self.one_in(2).then(|| Distribution::constant(SECOND / 2));
        Harm::Link(Link { from, to, delay, loss: self.pick(&[0.0, 0.3, 1.0]) })
    }
}
