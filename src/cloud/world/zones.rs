//! Zones: where workers are placed, and what becomes of those whose zone goes away.

use crate::cloud::fact::Fact;
use crate::cloud::node::{Node, Phase};
use crate::cloud::topology::{Harm, NodeId};
use crate::cloud::world::World;
use crate::cloud::world::fleet::is_wanted;
use crate::engine::{Context, Observer};

impl World<'_> {
    /// A new worker is placed in the zone that has the fewest of its pool, of equal ones in the first; not in one that is
    /// away, as long as there is another (EC2 Auto Scaling user guide, Balance across Availability Zones).
    pub(super) fn settles_in(&mut self, id: NodeId, index: u32) {
        let zones = self.topology.zones.len();
        if zones < 2 {
            return;
        }
        let pool = self.pool(id);
        let mut living = vec![0u32; zones];
        for other in pool.newest_first(is_wanted).filter(|&other| other != index) {
            living[usize::from(pool.workers[other as usize].zone)] += 1;
        }
        let out = |zone: usize| self.zones_out.get(zone).is_some_and(|&out| out > 0);
        let zone = (0..zones).min_by_key(|&zone| (out(zone), living[zone], zone)).unwrap_or(0);
        self.pool_mut(id).workers[index as usize].zone = zone as u16;
    }

    /// A zone goes away: all its workers fail, whatever their pool.
    pub(super) fn zone_goes<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, fault: u32, zone: u16) {
        self.zones_out[usize::from(zone)] += 1;
        for node in 0..self.nodes.len() {
            let id = NodeId::at(node);
            let Node::Pool(pool) = &self.nodes[node] else { continue };
            let serves = |phase| !matches!(phase, Phase::Pending | Phase::Booting | Phase::Changing | Phase::Gone);
            let mut there: Vec<u32> = pool.newest_first(serves).collect();
            there.retain(|&index| pool.workers[index as usize].zone == zone);
            for index in there.into_iter().rev() {
                self.falls_with_its_zone(cx, fault, id, index);
            }
        }
    }

    /// A worker has come into service in a zone that is away.
    pub(super) fn meets_its_zone<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32) {
        let zone = self.pool(id).workers[index as usize].zone;
        for fault in 0..self.faults.len() {
            let there = matches!(self.faults[fault].fault.what, Harm::Zone(away) if away == zone);
            if there && self.faults[fault].lasting > 0 {
                self.falls_with_its_zone(cx, fault as u32, id, index);
            }
        }
    }

    fn falls_with_its_zone<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, fault: u32, id: NodeId, index: u32) {
        let number = self.pool(id).workers[index as usize].number;
        let trouble = &mut self.faults[fault as usize];
        trouble.fallen.push((id, number));
        let plan = trouble.fault;
        self.goes_down(cx, id, index, plan.held, plan.moves);
    }

    /// A zone is back, and those who fell with it.
    pub(super) fn zone_returns<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, fault: u32, zone: u16) {
        self.zones_out[usize::from(zone)] -= 1;
        if self.faults[fault as usize].lasting > 0 {
            return;
        }
        for (id, number) in std::mem::take(&mut self.faults[fault as usize].fallen) {
            if let Some(index) = self.pool(id).numbered(number) {
                self.comes_up(cx, id, index);
            }
        }
    }
}
