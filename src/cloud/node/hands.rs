//! What slots hold beside the job that is at work: others taken together with it, and messages whose turn comes later.

use std::collections::VecDeque;

use crate::cloud::node::pool::Pool;
use crate::cloud::node::track::Track;
use crate::cloud::topology::{self, Batch};
use crate::ground::time::{SimTime, Span};

/// The hands of a pool's slots, where these take several jobs together or receive several messages at once.
#[derive(Debug)]
pub struct Hands {
    /// How jobs are taken together; `None`: one by one.
    batch: Option<Batch>,
    /// Messages that one receive asks for.
    pub messages: u32,
    /// By slot.
    slots: Vec<Hand>,
    /// Jobs taken together with another, beyond the first of each slot.
    pub together: Track,
    /// By line: a free slot that has found too few.
    waits: Vec<Wait>,
}

#[derive(Clone, Debug, Default)]
struct Hand {
    /// All that were taken together, in the order in which they came, those that have failed excepted.
    together: Vec<u32>,
    /// Received, and not begun.
    next: VecDeque<u32>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Wait {
    /// When it began; 0 while nobody waits.
    stamp: u32,
    /// It has waited long enough.
    over: bool,
}

impl Hands {
    /// Empty hands; nothing where each slot holds one job and no more. `fed`: messages are received.
    pub fn new(plan: &topology::Pool, fed: bool) -> Option<Box<Hands>> {
        let messages = plan.poll.messages.unwrap_or(1);
        if plan.batch.is_none() && (messages == 1 || !fed) {
            return None;
        }
        let (together, waits) = (Track::default(), Vec::new());
        Some(Box::new(Hands { batch: plan.batch, messages, slots: Vec::new(), together, waits }))
    }

    /// How jobs are taken together, if they are.
    #[inline]
    pub fn batch(&self) -> Option<Batch> {
        self.batch
    }

    /// Whether a slot holds enough with so many, of a line or queue.
    pub fn is_enough(&self, line: usize, jobs: u64) -> bool {
        let Some(Batch { at_least, .. }) = self.batch else { return jobs > 0 };
        jobs > 0 && (jobs >= u64::from(at_least) || self.waits.get(line).is_some_and(|wait| wait.over))
    }

    /// A free slot has found too few in a line, or in queues. Returns after how long it takes what there is, if it has
    /// only now begun to wait and does not wait for ever.
    pub fn waits(&mut self, line: usize, stamp: u32) -> Option<Span> {
        let window = self.batch.map(|batch| batch.window).filter(|&window| window > Span::ZERO)?;
        if line >= self.waits.len() {
            self.waits.resize(line + 1, Wait::default());
        }
        let wait = &mut self.waits[line];
        if wait.stamp != 0 || wait.over {
            return None;
        }
        wait.stamp = stamp;
        Some(window)
    }

    /// The time of a wait is over, if it is still the same.
    pub fn has_waited(&mut self, line: usize, stamp: u32) -> bool {
        match self.waits.get_mut(line) {
            Some(wait) if wait.stamp == stamp => {
                *wait = Wait { stamp: 0, over: true };
                true
            }
            _ => false,
        }
    }

    /// A slot has taken some, or nobody is left to wait for: the next wait begins anew.
    pub fn ends_wait(&mut self, line: usize) {
        if let Some(wait) = self.waits.get_mut(line) {
            *wait = Wait::default();
        }
    }

    fn hand(&mut self, slot: u32) -> &mut Hand {
        let place = slot as usize;
        if place >= self.slots.len() {
            self.slots.resize(place + 1, Hand::default());
        }
        &mut self.slots[place]
    }

    /// A slot takes all of these, together.
    pub fn gather(&mut self, slot: u32, taken: &[u32], now: SimTime) {
        self.together.set(now, self.together.level() + taken.len() as u64 - 1);
        self.hand(slot).together.extend_from_slice(taken);
    }

    /// Who was taken together with the job in a slot, itself included.
    pub fn together(&self, slot: u32) -> &[u32] {
        self.slots.get(slot as usize).map_or(&[], |hand| &hand.together)
    }

    /// One of those taken together goes; returns how many are left.
    pub fn parts(&mut self, slot: u32, job: u32, now: SimTime) -> usize {
        let hand = self.hand(slot);
        let Some(at) = hand.together.iter().position(|&other| other == job) else { return 0 };
        hand.together.remove(at);
        let left = hand.together.len();
        if left > 0 {
            self.together.down(now);
        }
        left
    }

    /// A message will have its turn once the slot has done with what it holds.
    pub fn keeps(&mut self, slot: u32, job: u32) {
        self.hand(slot).next.push_back(job);
    }

    /// The next message in a slot's hand.
    pub fn next(&mut self, slot: u32) -> Option<u32> {
        self.slots.get_mut(slot as usize)?.next.pop_front()
    }

    /// Messages in all hands that have not had their turn.
    #[cfg(test)]
    pub fn kept(&self) -> impl Iterator<Item = (u32, u32)> {
        (0..).zip(&self.slots).flat_map(|(slot, hand)| hand.next.iter().map(move |&job| (slot, job)))
    }
}

impl Pool<'_> {
    /// Jobs in service: those in slots, and all that were taken together with them.
    pub fn in_service(&self) -> u64 {
        self.levels.busy.level() + self.hands.as_ref().map_or(0, |hands| hands.together.level())
    }

    /// Whether a slot that becomes free can go straight to the next in line: nothing else is free, its worker stays in
    /// service, and nobody looks over who is next.
    #[inline(always)]
    pub fn can_hand_over(&self, slot: u32) -> bool {
        self.free.is_empty() && self.stays(self.worker_of(slot)) && self.gate.is_none() && self.hands.is_none()
    }

    /// A slot that was not free in between goes to the next in line.
    #[inline(always)]
    pub fn hand_over(&mut self, slot: u32, job: u32) {
        self.slots[slot as usize].job = job;
        self.begun += 1;
    }
}
