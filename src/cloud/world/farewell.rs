//! Who goes when fewer are wanted.

use crate::cloud::fact::Fact;
use crate::cloud::node::{Phase, Worker};
use crate::cloud::topology::{NodeId, Termination};
use crate::cloud::world::World;
use crate::engine::{Context, Observer};
use crate::ground::chance::below;
use crate::ground::time::{SECOND, SimTime};

/// An hour of a machine's life.
const HOUR: u64 = 3_600 * SECOND;

impl World<'_> {
    /// So many workers are to go. Those who hold work may be protected: then some of them go later.
    pub(super) fn dismisses<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, surplus: u32) {
        let pool = self.pool_mut(id);
        let plan = pool.plan;
        pool.surplus = 0;
        let plain = !plan.scale_in.protect && plan.spot.is_none() && self.topology.zones.len() < 2;
        if surplus > 0 && plain && plan.scale_in.termination == Termination::Newest {
            let mut leaving = self.living(id);
            leaving.truncate(surplus as usize);
            leaving.into_iter().for_each(|index| self.retire(cx, id, index, plan.scale_in.held));
        } else {
            for gone in 0..surplus {
                match self.next_to_go(id, cx.now()) {
                    Some(index) => self.retire(cx, id, index, plan.scale_in.held),
                    None => {
                        self.pool_mut(id).surplus = surplus - gone;
                        break;
                    }
                }
            }
        }
        self.pool_mut(id).settle();
    }

    /// Somebody has given something up of a pool that has too many workers: one of them may go now.
    pub(super) fn lets_go(&mut self, id: NodeId) {
        self.moves.push_back(super::Move::Dismiss { pool: id });
    }

    /// The worker that goes next: of the side, Spot or not, that has too many, of the zone that has the most, and then by
    /// the pool's policy (EC2 Auto Scaling user guide, Control which instances terminate).
    fn next_to_go(&mut self, id: NodeId, now: SimTime) -> Option<u32> {
        let pool = self.pool(id);
        let plan = pool.plan;
        let all = self.living(id);
        let of = |index: u32| pool.workers[index as usize];
        let protects = |index: u32| plan.scale_in.protect && of(index).phase == Phase::Ready && !pool.is_empty(index);
        let mut free: Vec<u32> = all.iter().copied().filter(|&index| !protects(index)).collect();
        if let Some(spot) = &plan.spot {
            let paid_in_full = all.iter().filter(|&&index| !pool.is_spot(index)).count() as u32;
            let too_many = paid_in_full > spot.on_demand(all.len() as u32 - 1);
            if free.iter().any(|&index| pool.is_spot(index) != too_many) {
                free.retain(|&index| pool.is_spot(index) != too_many);
            }
        }
        let living = |zone: u16| all.iter().filter(|&&index| of(index).zone == zone).count();
        if self.topology.zones.len() > 1 {
            let zones = free.iter().map(|&index| of(index).zone);
            let fullest = zones.max_by_key(|&zone| (living(zone), std::cmp::Reverse(zone)))?;
            free.retain(|&index| of(index).zone == fullest);
        }
        let to_the_hour = |index: u32| match of(index) {
            Worker { ran, .. } if ran <= now => HOUR - (now - ran).nanos() % HOUR,
            // One that does not run yet has all of it before it.
            _ => HOUR,
        };
        match plan.scale_in.termination {
            Termination::Newest => free.first().copied(),
            Termination::Oldest => free.last().copied(),
            Termination::ClosestToHour => free.into_iter().rev().min_by_key(|&index| to_the_hour(index)),
            Termination::Default => {
                let soonest = free.iter().map(|&index| to_the_hour(index)).min()?;
                free.retain(|&index| to_the_hour(index) == soonest);
                let number = pool.workers[*free.first()? as usize].number;
                let which =
                    below(&mut pool.key.named("goes").nth(now.nanos()).draw(u64::from(number)), free.len() as u64);
                free.get(which as usize).copied()
            }
        }
    }
}
