//! Machines with burstable speed: what they compute, and how fast they are once their credits are spent.
//!
//! Looked at after every event, once for each worker of which anything has changed: within an instant nothing is computed.

use crate::cloud::fact::Fact;
use crate::cloud::request::NONE;
use crate::cloud::topology::{NodeId, Platform, Speed};
use crate::cloud::world::{Alarm, World};
use crate::engine::{Context, Observer};
use crate::ground::time::SimTime;

impl World<'_> {
    /// Something may have changed of what a slot computes.
    #[inline]
    pub(super) fn stirs(&mut self, id: NodeId, slot: u32) {
        let pool = self.pool(id);
        if pool.burst.is_some() {
            let worker = pool.worker_of(slot);
            self.stirred.push((id, worker));
        }
    }

    /// A machine runs: its credits begin to count. Those of a machine that was stopped are kept for a week, but for `t2`.
    pub(super) fn credits_begin(&mut self, now: SimTime, id: NodeId, index: u32) {
        let pool = self.pool_mut(id);
        if pool.burst.is_none() {
            return;
        }
        let worker = pool.workers[index as usize];
        let of_t2 = matches!(&pool.sizes[usize::from(worker.size)].platform, Platform::Ec2 { instance, .. } if instance.starts_with("t2."));
        pool.opens_purse(index, (worker.woken || worker.halted) && !of_t2, now);
    }

    /// Workers of which something has changed are looked at.
    #[cold]
    pub(super) fn looks_at_credits<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>) {
        let mut stirred = std::mem::take(&mut self.stirred);
        stirred.sort_unstable();
        stirred.dedup();
        for &(id, index) in &stirred {
            self.keeps_credits(cx, id, index);
        }
        stirred.clear();
        self.stirred = stirred;
    }

    fn keeps_credits<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32) {
        let now = cx.now();
        let computing = self.computing(id, index);
        let stamp = self.new_stamp();
        let pool = self.pool_mut(id);
        let (number, size) = (pool.workers[index as usize].number, pool.workers[index as usize].size);
        let Some(burst) = &mut pool.burst else { return };
        let Some(plan) = burst.plan(size) else { return };
        let Some(purse) = burst.purses.get_mut(index as usize) else { return };
        let Some(account) = &mut purse.account else { return };
        // Without credits it spends what it earns.
        let spends = |computing, pace: Speed| if pace == Speed::ONE { plan.spends(computing) } else { plan.earns };
        account.keep(plan, spends(purse.computing, purse.pace), now);
        let (before, from) = (purse.computing, purse.pace);
        purse.computing = computing;
        let slow = !plan.unlimited && account.is_empty();
        let pace = if slow { plan.pace(computing) } else { Speed::ONE };
        purse.pace = pace;
        purse.stamp = stamp;
        let lasts = if plan.unlimited || slow { None } else { account.lasts(plan, plan.spends(computing)) };
        if before != computing && plan.unlimited {
            let vcpus = computing.min(plan.vcpus);
            cx.tell(Fact::Computing { pool: id, worker: number, vcpus });
        }
        if pace != from {
            self.changes_pace(cx, id, index, from, pace);
        }
        if let Some(lasts) = lasts {
            self.set_alarm(cx, lasts, Alarm::Spent { pool: id, worker: index, stamp });
        }
    }

    /// How many slots of a worker compute at present.
    fn computing(&self, id: NodeId, index: u32) -> u32 {
        let pool = self.pool(id);
        let computes = |&slot: &u32| {
            let place = pool.slots[slot as usize];
            place.job != NONE && place.until != SimTime::NEVER && self.work_in_slot(place.job).is_some()
        };
        pool.slots_range(index).filter(computes).count() as u32
    }

    /// Work in the hands of a worker goes on at another pace.
    fn changes_pace<O>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32, from: Speed, to: Speed) {
        for slot in self.pool(id).slots_range(index) {
            let pool = self.pool(id);
            let place = pool.slots[slot as usize];
            if place.job == NONE || self.work_in_slot(place.job).is_none() {
                continue;
            }
            let left =
                if place.until == SimTime::NEVER { pool.talks[slot as usize].left } else { place.until - cx.now() };
            self.paces(cx, id, slot, to.takes(from.inverse().takes(left)));
        }
    }

    /// The credits of a machine may be spent.
    pub(super) fn credits_are_spent(&mut self, id: NodeId, index: u32, stamp: u32) {
        let purse = self.pool(id).burst.as_ref().and_then(|burst| burst.purses.get(index as usize));
        if purse.is_some_and(|purse| purse.stamp == stamp) {
            self.stirred.push((id, index));
        }
    }
}
