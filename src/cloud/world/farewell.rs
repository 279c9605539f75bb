//! Who goes when fewer are wanted.

use std::cmp::Reverse;
use std::collections::VecDeque;

use crate::cloud::event::Event;
use crate::cloud::fact::Fact;
use crate::cloud::node::{Phase, Pool, Worker};
use crate::cloud::request::NONE;
use crate::cloud::topology::{Farewell, NodeId, Termination};
use crate::cloud::world::World;
use crate::engine::{Context, Observer};
use crate::ground::chance::below;
use crate::ground::time::{SECOND, SimTime};

/// An hour of a machine's life.
const HOUR: u64 = 3_600 * SECOND;

/// How near to its end a worker is: on its way, idle, at work.
fn nearness(pool: &Pool<'_>, index: u32) -> u8 {
    match pool.workers[index as usize].phase {
        Phase::Pending | Phase::Booting => 0,
        _ if pool.is_empty(index) => 1,
        _ => 2,
    }
}

impl World<'_> {
    /// So many workers are to go. Those who hold work may be protected: then some of them go later.
    pub(super) fn dismisses<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, surplus: u32) {
        let held = self.pool(id).plan.scale_in.held;
        let going = if surplus > 0 { self.next_to_go(id, cx.now(), surplus, None) } else { Vec::new() };
        self.pool_mut(id).surplus = surplus - going.len() as u32;
        for index in going {
            if self.cluster_at(id).is_some() {
                // Its pods are told to go: it would wait for them for ever.
                let number = self.pool(id).workers[index as usize].number;
                self.clears_out(cx, id, number);
            } else {
                self.retire(cx, id, index, held);
            }
        }
        self.pool_mut(id).settle();
    }

    /// Until when a worker is protected; `None` of one that is not.
    fn protected_until(&self, id: NodeId, index: u32) -> Option<SimTime> {
        let pool = self.pool(id);
        let Farewell { protect, protection, .. } = pool.plan.scale_in;
        let Worker { phase, number, .. } = pool.workers[index as usize];
        if !protect || phase != Phase::Ready || pool.is_empty(index) && !self.has_pods(id, number) {
            return None;
        }
        let Some(protection) = protection else { return Some(SimTime::NEVER) };
        let first = index as usize * pool.stride as usize;
        let slots = &pool.slots[first..first + pool.stride as usize];
        let began = slots.iter().filter(|slot| slot.job != NONE).map(|slot| self.jobs[slot.job].since).max();
        // What lies in its hands and is not begun protects nobody.
        Some(began.map_or(SimTime::START, |began| began + protection))
    }

    /// Those who are too many and protected are looked at again when the first of them no longer is.
    pub(super) fn waits_for_protection<O>(&mut self, cx: &mut Context<'_, O>, id: NodeId) {
        let (now, pool) = (cx.now(), self.pool(id));
        if pool.surplus == 0 || pool.plan.scale_in.protection.is_none() {
            return;
        }
        let ends = self.living(id).into_iter().filter_map(|index| self.protected_until(id, index));
        let Some(until) = ends.filter(|&until| now < until && until != SimTime::NEVER).min() else { return };
        let planned = pool.unprotected;
        if planned <= now || until < planned {
            self.pool_mut(id).unprotected = until;
            cx.plan(until, Event::Reconcile { pool: id });
        }
    }

    /// Somebody has given something up of a pool that has too many workers: one of them may go now.
    pub(super) fn lets_go(&mut self, id: NodeId) {
        self.moves.push_back(super::Move::Dismiss { pool: id });
    }

    /// The workers that go next: each of the side, Spot or not, that has too many, of the zone that has the most, and then
    /// by the pool's policy (EC2 Auto Scaling user guide, Control which instances terminate). Fewer, where those who are
    /// left are protected. Only of one zone, where that is said.
    pub(super) fn next_to_go(&self, id: NodeId, now: SimTime, surplus: u32, only: Option<usize>) -> Vec<u32> {
        let pool = self.pool(id);
        let plan = pool.plan;
        let of = |index: u32| pool.workers[index as usize];
        let all = self.living(id);
        let protects = |index: u32| self.protected_until(id, index).is_some_and(|until| now < until);
        let mut free: Vec<u32> = all.iter().copied().filter(|&index| !protects(index)).collect();
        if let Some(going) = self.tasks_to_stop(id, now, surplus, &free) {
            return going;
        }
        let to_the_hour = |index: u32| match of(index) {
            Worker { ran, .. } if ran <= now => HOUR - (now - ran).nanos() % HOUR,
            // One that does not run yet has all of it before it.
            _ => HOUR,
        };
        let lots = pool.key.named("goes").nth(now.nanos());
        match plan.scale_in.termination {
            Termination::Newest => {}
            Termination::Idle => free.sort_by_key(|&index| nearness(pool, index)),
            Termination::Oldest => free.reverse(),
            Termination::ClosestToHour => free.sort_by_key(|&index| (to_the_hour(index), of(index).number)),
            Termination::Default => free.sort_by_cached_key(|&index| {
                let number = of(index).number;
                (to_the_hour(index), below(&mut lots.draw(u64::from(number)), u64::MAX), number)
            }),
        }
        let zone_of = |index: u32| if self.topology.zones.len() > 1 { usize::from(of(index).zone) } else { 0 };
        let mut living = vec![0u32; self.topology.zones.len().max(1)];
        all.iter().for_each(|&index| living[zone_of(index)] += 1);
        let mut paid_in_full = all.iter().filter(|&&index| !pool.is_spot(index)).count() as u32;
        let mut left = all.len() as u32;
        // By side and zone, in the order in which they go.
        let mut rows = vec![[VecDeque::new(), VecDeque::new()]; living.len()];
        free.retain(|&index| only.is_none_or(|only| zone_of(index) == only));
        for index in free {
            let side = plan.spot.is_some() && pool.is_spot(index);
            rows[zone_of(index)][usize::from(side)].push_back(index);
        }
        let mut going = Vec::new();
        while going.len() < surplus as usize {
            let any = |side: usize| rows.iter().any(|row| !row[side].is_empty());
            let side = match &plan.spot {
                None => 0,
                Some(spot) => {
                    let wished = usize::from(paid_in_full <= spot.on_demand(left - 1));
                    if any(wished) { wished } else { 1 - wished }
                }
            };
            let zones = (0..rows.len()).filter(|&zone| !rows[zone][side].is_empty());
            let Some(zone) = zones.max_by_key(|&zone| (living[zone], Reverse(zone))) else { break };
            let Some(index) = rows[zone][side].pop_front() else { break };
            going.push(index);
            living[zone] -= 1;
            left -= 1;
            paid_in_full -= u32::from(!pool.is_spot(index));
        }
        going
    }
}
