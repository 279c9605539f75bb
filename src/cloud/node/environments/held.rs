//! Environments that work for pollers of queues.

use crate::cloud::node::environments::Environments;
use crate::cloud::node::mapping::Mapping;
use crate::cloud::node::pollers::Pollers;
use crate::cloud::request::NONE;
use crate::cloud::topology::NodeId;
use crate::ground::time::SimTime;

impl<'a> Environments<'a> {
    /// The polls of a queue's mapping.
    pub fn polls_of(&self, queue: NodeId) -> Option<&Pollers<'a>> {
        self.mapping_of(queue)?.polls.as_deref()
    }

    /// A queue's mapping.
    pub fn mapping_of(&self, queue: NodeId) -> Option<&Mapping<'a>> {
        self.mappings.iter().find(|mapping| mapping.queue == queue)
    }

    /// Nobody can poll for a while.
    pub fn pollers_pause(&mut self, now: SimTime) {
        for polls in self.mappings.iter_mut().filter_map(|mapping| mapping.polls.as_mut()) {
            polls.pause(now);
        }
    }

    /// A poller's batch has that slot.
    pub fn is_held_by(&mut self, slot: u32, mapping: u32, hand: u32) {
        self.hands[slot as usize] = (mapping, hand);
    }

    /// The mapping whose batch a slot has, and the hand of a poller that holds it, if it has any.
    pub fn hand(&self, slot: u32) -> Option<(u32, u32)> {
        self.hands.get(slot as usize).copied().filter(|&(mapping, _)| mapping != NONE)
    }

    /// What a slot did for a poller is over.
    pub fn lets_poller_go(&mut self, slot: u32) -> Option<(u32, u32)> {
        let held = self.hand(slot)?;
        self.hands[slot as usize] = (NONE, NONE);
        Some(held)
    }
}
