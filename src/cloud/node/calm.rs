//! What is usual about a pool, so that requests may take the short ways: looked at anew whenever something changes that
//! it depends on.

use crate::cloud::node::pool::{Pool, Slot};
use crate::cloud::request::NONE;
use crate::cloud::topology::Speed;
use crate::ground::time::SimTime;

impl Pool<'_> {
    /// Somebody looks at each piece that comes and goes: none can take the short ways.
    pub fn goes_by_steps(&mut self) {
        (self.simple, self.plain, self.alike) = (false, false, None);
        self.settle();
    }

    /// Tells it of trouble that comes to each of its workers by itself.
    pub fn beware(&mut self, peril: u16, wears: bool) {
        self.perils.push(peril);
        self.wears |= wears;
        // Who must be told when a worker begins to work can't take the short ways.
        self.simple &= !wears;
        self.settle();
    }

    /// Tells it that somebody looks at it after every event, and whether who looks must be told when a worker holds nothing.
    pub fn is_watched(&mut self, idle: bool) {
        self.wears |= idle;
        self.simple = false;
        self.settle();
    }

    /// Looks anew whether all is calm: after every change of its workers, and of what keeps it away.
    pub fn settle(&mut self) {
        self.calm = self.is_calm();
        self.receives_plainly = self.is_plain_receiver();
    }

    /// What [`Pool::receives_plainly`] must be.
    pub fn is_plain_receiver(&self) -> bool {
        let sleeps = self.pollers.as_ref().is_some_and(|pollers| pollers.sleep());
        let alone = self.hands.is_none() && self.standing.is_none() && self.heartbeat.is_none() && !self.wears;
        let undisturbed = self.away == 0 && self.leaving == 0 && self.surplus == 0 && !self.once;
        alone && !sleeps && undisturbed
    }

    /// What [`Pool::calm`] must be.
    pub fn is_calm(&self) -> bool {
        let nobody_moved = self.launched as usize == self.workers.len() && !self.closed_ranks && self.denied == 0;
        let undisturbed =
            self.away == 0 && self.still == 0 && self.leaving == 0 && self.surplus == 0 && self.throttles == 0;
        self.simple && nobody_moved && undisturbed && self.levels.ready.level() > 0
    }

    /// What the short ways rely on where all is calm.
    #[cfg(test)]
    pub fn ranks_are_slots(&self) -> bool {
        let living = self.order.iter().copied().filter(|&index| index != NONE);
        living.flat_map(|index| self.slots_range(index)).all(|slot| self.ranks[slot as usize] == slot)
    }

    /// As [`Pool::free_slot`], where all is [`calm`](Pool::calm): ranks are slots then.
    #[inline(always)]
    pub fn free_slot_in_calm(&self) -> Option<u32> {
        self.free.first()
    }

    /// As [`Pool::take`], where all is calm.
    #[inline(always)]
    pub fn take_in_calm(&mut self, slot: u32, job: u32, request: u32, until: SimTime, now: SimTime) {
        self.slots[slot as usize] = Slot { until, job, request };
        self.free.remove(slot);
        self.levels.busy.up(now);
        self.begun += 1;
    }

    /// As [`Pool::give`], where all is calm.
    #[inline(always)]
    pub fn give_in_calm(&mut self, slot: u32, now: SimTime) {
        let place = &mut self.slots[slot as usize];
        place.job = NONE;
        place.until = SimTime::NEVER;
        self.free.insert(slot);
        self.levels.busy.down(now);
    }

    /// The number of a slot's worker, where all is calm: no index was used again.
    #[inline(always)]
    pub fn number_in_calm(&self, slot: u32) -> u32 {
        if self.stride == 1 { slot + 1 } else { slot / self.stride + 1 }
    }

    /// How fast a slot works.
    #[inline(always)]
    pub fn pace_of(&self, slot: u32) -> Speed {
        match self.sizes.as_slice() {
            [only] => only.speed,
            _ => self.speed_of(self.worker_of(slot)),
        }
    }
}
