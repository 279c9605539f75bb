//! The capacity provider of a cluster with tasks: what it sees of it, and does.

use crate::cloud::event::Event;
use crate::cloud::fact::Fact;
use crate::cloud::node::Phase;
use crate::cloud::scaling::kubernetes::{Nodes, pack};
use crate::cloud::scaling::{CapacityProvider, ProviderSeen};
use crate::cloud::topology::{NodeId, Room};
use crate::cloud::world::World;
use crate::cloud::world::fleet::is_wanted;
use crate::engine::{Context, Observer};
use crate::ground::time::{SimTime, Span};

impl World<'_> {
    /// Whether a capacity provider sees to the number of a cluster's machines.
    pub(super) fn is_provided(&self, id: NodeId) -> bool {
        self.cluster_at(id).is_some_and(|at| matches!(self.nodes_of(at), Some(Nodes::Provider(_))))
    }

    /// It looks every minute, at a second of its own as other alarms do.
    pub(super) fn first_look_of_provider<O>(&self, cx: &mut Context<'_, O>, pool: NodeId, every: Span) {
        let key = self.pool(pool).key.named("phase");
        let phase = self.topology.metrics.phase.sample(&mut key.draw(0)) % every.nanos().max(1);
        let first = SimTime::START + every + Span::from_nanos(phase);
        cx.plan(first, Event::Look { pool, policy: 0 });
    }

    /// It looks, and its group has more machines or fewer.
    pub(super) fn provider_looks<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        at: usize,
        rule: CapacityProvider,
    ) {
        let (now, id) = (cx.now(), self.housings[at].node);
        let groups = self.machines_for_waiting(at);
        let pool = self.pool(id);
        let machines = || pool.newest_first(is_wanted).map(|index| pool.workers[index as usize]);
        let runs = |phase: Phase| phase != Phase::Pending;
        // Those of the start are not young.
        let is_young = |ran: SimTime| ran > SimTime::START && ran + rule.warm_up > now;
        let seen = ProviderSeen {
            now,
            desired: pool.levels.desired.level() as u32,
            running: machines().filter(|machine| runs(machine.phase)).count() as u32,
            in_use: machines().filter(|machine| self.has_pods(id, machine.number)).count() as u32,
            is_warming: machines().any(|machine| !runs(machine.phase) || is_young(machine.ran)),
            groups: &groups,
        };
        let (decision, memory) = rule.look(&seen, self.housings[at].provider);
        self.housings[at].provider = memory;
        cx.tell(Fact::Decided { pool: id, decision });
        if decision.to > decision.from {
            self.want(cx, id, decision.to);
        } else if decision.to < decision.from {
            self.releases(cx, id, decision.from - decision.to, rule);
        }
    }

    /// How many machines the tasks of each service need that wait: empty ones, as its guide has it.
    fn machines_for_waiting(&self, at: usize) -> Vec<u32> {
        let housing = &self.housings[at];
        let mut groups: Vec<(Room, usize)> = Vec::new();
        for &(pool, _) in &housing.waiting {
            let Some(lodging) = self.pool(pool).plan.lodging else { continue };
            match groups.iter_mut().find(|group| group.0 == lodging.needs) {
                Some(group) => group.1 += 1,
                None => groups.push((lodging.needs, 1)),
            }
        }
        let needed = groups
            .into_iter()
            .map(|(needs, tasks)| pack(std::iter::repeat_n(needs, tasks), &mut Vec::new(), housing.empty(), u32::MAX));
        needed.collect()
    }

    /// Its group lets so many machines go, those protected left out.
    fn releases<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, fewer: u32, rule: CapacityProvider) {
        let going = self.next_to_go(id, cx.now(), fewer, None);
        let desired = &mut self.pool_mut(id).levels.desired;
        let left = desired.level() - going.len() as u64;
        desired.set(cx.now(), left);
        let numbers: Vec<u32> = going.iter().map(|&index| self.pool(id).workers[index as usize].number).collect();
        for number in numbers {
            if !rule.drain {
                // Its tasks are not waited for: they are lost with it.
                self.closes_to_pods(id, number);
                self.loses_its_pods(cx, id, number, |_| true);
            }
            self.clears_out(cx, id, number);
        }
    }
}
