//! Trouble of requests and not of machines: some can't be done, some are refused by the provider.

use crate::cloud::node::Node;
use crate::cloud::request::Request;
use crate::cloud::topology::{Harm, NodeId, Poison, WorkId};
use crate::cloud::world::World;
use crate::ground::chance::unit;

impl World<'_> {
    /// Whether a request is one on which a work always fails: it was born while some of them were, and is one of these by
    /// a draw of its own. So it is the same in every topology, however late its work is done there.
    pub(super) fn is_poison(&self, request: &Request, work: WorkId) -> bool {
        self.faults.iter().any(|trouble| match trouble.fault.what {
            Harm::Poison(Poison { work: only, share }) if only == work => {
                let before = trouble.spells.partition_point(|&(from, _)| from <= request.born);
                let there = before > 0 && request.born < trouble.spells[before - 1].1;
                let kind = &self.kinds[request.workload.index()].name;
                there && unit(&mut trouble.key.named(kind).draw(u64::from(request.ordinal))) < share
            }
            _ => false,
        })
    }

    /// Whether a work meets poison: the request's own, or that of any who are worked on together.
    pub(super) fn meets_poison(&self, id: u32, request: &Request, work: WorkId, together: u16) -> bool {
        if together == 0 {
            return self.is_poison(request, work);
        }
        self.beside(id, together).iter().any(|&job| self.is_poison(&self.requests[self.jobs[job].request], work))
    }

    /// The provider begins to refuse.
    pub(super) fn throttles(&mut self, fault: u32) {
        for at in 0..self.faults[fault as usize].nodes.len() {
            let node = self.faults[fault as usize].nodes[at];
            self.throttles.push((node, fault));
            self.counts_throttles(node);
        }
    }

    /// The provider refuses nothing more.
    pub(super) fn lets_all_in(&mut self, fault: u32) {
        self.throttles.retain(|&(_, by)| by != fault);
        for at in 0..self.faults[fault as usize].nodes.len() {
            let node = self.faults[fault as usize].nodes[at];
            self.counts_throttles(node);
        }
    }

    fn counts_throttles(&mut self, node: NodeId) {
        let those = self.throttles.iter().filter(|&&(at, _)| at == node).count() as u32;
        if let Node::Pool(pool) = &mut self.nodes[node.index()] {
            pool.throttles = those;
            pool.settle();
        }
    }

    /// Whether the provider refuses one who comes to a node: each by a draw of its own.
    #[inline]
    pub(super) fn is_throttled(&mut self, node: NodeId) -> bool {
        !self.throttles.is_empty() && self.draws_throttle(node)
    }

    #[cold]
    fn draws_throttle(&mut self, node: NodeId) -> bool {
        let World { throttles, faults, .. } = self;
        throttles.iter().filter(|&&(at, _)| at == node).any(|&(_, by)| {
            let trouble = &mut faults[by as usize];
            matches!(trouble.fault.what, Harm::Throttle(plan) if unit(&mut trouble.chance) < plan.share)
        })
    }
}
