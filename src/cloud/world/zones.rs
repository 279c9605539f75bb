//! Zones: where workers are placed, and what becomes of those whose zone goes away.

use crate::cloud::fact::Fact;
use crate::cloud::node::{Node, Phase};
use crate::cloud::topology::{Fault, Harm, NodeId, NodeKind, StorageClass};
use crate::cloud::world::World;
use crate::cloud::world::fleet::is_wanted;
use crate::engine::{Context, Observer};

impl World<'_> {
    /// A new worker is placed in the zone that has the fewest of its pool, of equal ones in the first; not in one that is
    /// away, as long as there is another (EC2 Auto Scaling user guide, Balance across Availability Zones).
    ///
    /// `spread` is how many each zone has, and has one more then.
    pub(super) fn settles_in(&mut self, id: NodeId, index: u32, spread: &mut [u32]) {
        let zone = (0..spread.len()).min_by_key(|&zone| (self.is_zone_out(zone), spread[zone], zone));
        let Some(zone) = zone else { return };
        spread[zone] += 1;
        self.pool_mut(id).workers[index as usize].zone = zone as u16;
    }

    /// How many workers that count as wanted each zone has; nothing where there is but one.
    pub(super) fn spread(&self, id: NodeId) -> Vec<u32> {
        let zones = self.topology.zones.len();
        if zones < 2 {
            return Vec::new();
        }
        let mut spread = vec![0; zones];
        let pool = self.pool(id);
        for worker in pool.newest_first(is_wanted) {
            spread[usize::from(pool.workers[worker as usize].zone)] += 1;
        }
        spread
    }

    /// The zone of a new environment: of those that are there, each in turn.
    pub(super) fn zone_of_environment(&self, number: u32) -> u16 {
        let zones = self.topology.zones.len().max(1);
        let in_turn = (0..zones).map(|further| (number as usize + further) % zones);
        in_turn.into_iter().find(|&zone| !self.is_zone_out(zone)).unwrap_or(0) as u16
    }

    pub(super) fn is_zone_out(&self, zone: usize) -> bool {
        self.zones_out.get(zone).is_some_and(|&out| out > 0)
    }

    /// How many workers a group launches beyond what it wants, so that its zones have the same again: what those have too
    /// few that are there, at most so many.
    pub(super) fn unevenness(&self, id: NodeId, most: u32) -> u32 {
        let spread = self.spread(id);
        let there = || (0..spread.len()).filter(|&zone| !self.is_zone_out(zone)).map(|zone| spread[zone]);
        let (all, zones) = (there().sum::<u32>(), there().count() as u32);
        let Some(share) = all.checked_div(zones) else { return 0 };
        let lacking: u32 = there().map(|living| share.saturating_sub(living)).sum();
        // What another zone has at most one more of is even.
        if there().max() > there().min().map(|fewest| fewest + 1) { lacking.max(1).min(most) } else { 0 }
    }

    /// How many workers there are beyond what is wanted, for another zone's sake.
    pub(super) fn spares(&self, id: NodeId) -> u32 {
        let pool = self.pool(id);
        pool.newest_first(is_wanted).filter(|&index| pool.workers[index as usize].spare).count() as u32
    }

    /// For each worker that was launched in advance and serves by now, one that is to be replaced or one of the fullest
    /// zone goes, as soon as one of these may. Where no zone has more by now, there is just one too many.
    pub(super) fn exchanges<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId) {
        let pool = self.pool(id);
        let serves = |&index: &u32| pool.workers[index as usize].spare;
        let there: Vec<u32> = pool.newest_first(|phase| phase == Phase::Ready).filter(serves).collect();
        for index in there {
            let spread = self.spread(id);
            let own = spread.get(usize::from(self.pool(id).workers[index as usize].zone)).copied().unwrap_or(0);
            let fullest = (0..spread.len()).max_by_key(|&zone| (spread[zone], std::cmp::Reverse(zone)));
            let only = fullest.filter(|&zone| spread[zone] > own);
            // Where replacements are launched first, they come for these.
            let mut going = match self.care_of(id).maintenance {
                Some(_) => self.due_to_go(id, cx.now()),
                None => Vec::new(),
            };
            going.retain(|&due| due != index);
            if going.is_empty() {
                going = self.next_to_go(id, cx.now(), 1, only);
            }
            let pool = self.pool_mut(id);
            let Some(&leaves) = going.first() else {
                // All of these are protected: whoever ends its work looks again.
                pool.surplus = pool.surplus.max(1);
                pool.settle();
                return;
            };
            pool.workers[index as usize].spare = false;
            let held = pool.plan.scale_in.held;
            self.retire(cx, id, leaves, held);
        }
    }

    /// A zone goes away: all its workers fail, whatever their pool.
    pub(super) fn zone_goes<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, fault: u32, zone: u16) {
        self.zones_out[usize::from(zone)] += 1;
        for node in 0..self.nodes.len() {
            let id = NodeId::at(node);
            if self.lies_in(id, zone) {
                let Fault { held, moves, .. } = *self.faults[fault as usize].fault;
                self.goes_away(cx, id, held, moves);
            }
            let Node::Pool(pool) = &self.nodes[node] else { continue };
            let mut there: Vec<u32> = pool.newest_first(Phase::has_served).collect();
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
        if self.is_function(id) {
            return self.loses_environment(cx, id, index);
        }
        let number = self.pool(id).workers[index as usize].number;
        let trouble = &mut self.faults[fault as usize];
        trouble.fallen.push((id, number));
        let plan = trouble.fault;
        let worker = &mut self.pool_mut(id).workers[index as usize];
        worker.machine_ills += 1;
        if worker.machine_ills == 1 {
            worker.down = cx.now();
        }
        self.goes_down(cx, id, index, plan.held, plan.moves);
    }

    /// Whether a node is in one zone alone: a bucket of such a class is in the first.
    fn lies_in(&self, id: NodeId, zone: u16) -> bool {
        zone == 0
            && matches!(&self.topology.nodes[id.index()].kind, NodeKind::Bucket(bucket) if bucket.class == StorageClass::OneZoneIa)
    }

    /// A zone is back, and those who fell with it.
    pub(super) fn zone_returns<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, fault: u32, zone: u16) {
        self.zones_out[usize::from(zone)] -= 1;
        for node in (0..self.nodes.len()).map(NodeId::at) {
            if self.lies_in(node, zone) {
                self.comes_back(cx, node, false);
            }
        }
        if self.faults[fault as usize].lasting > 0 {
            return;
        }
        for (id, number) in std::mem::take(&mut self.faults[fault as usize].fallen) {
            if let Some(index) = self.pool(id).numbered(number) {
                self.pool_mut(id).workers[index as usize].machine_ills -= 1;
                self.comes_up(cx, id, index);
            }
        }
    }
}
