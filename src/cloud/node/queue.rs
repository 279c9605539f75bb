//! Messages that wait, oldest first.

use std::collections::{BTreeSet, VecDeque};

use crate::cloud::node::groups::Groups;
use crate::cloud::node::track::Track;
use crate::cloud::topology::{DeadLetters, NodeId, Returned, StaleDelete};
use crate::ground::time::Span;

/// A message that was received so often goes to the back of the queue (Amazon SQS Developer Guide, CloudWatch metrics:
/// `ApproximateAgeOfOldestMessage`).
const BACK: u16 = 3;

/// A queue of a running world. Messages live in the world; here are their numbers in order.
#[derive(Debug)]
pub struct Queue {
    /// Who receives, in this order of preference.
    pub to: Vec<NodeId>,
    /// How long a received message stays hidden.
    pub visibility: Option<Span>,
    /// The row of its visibility timers.
    pub row: u16,
    /// When and where exhausted messages go.
    pub dead_letters: Option<DeadLetters>,
    /// Where a message that comes back stands.
    pub returned: Returned,
    /// Which deletes count.
    pub stale_delete: StaleDelete,
    /// Outages that keep it away at present.
    pub away: u32,
    /// Messages ever sent here: gives the next its place.
    pub posted: u32,
    /// In the order of arrival.
    fresh: VecDeque<(u32, u32)>,
    /// Those that came back to an earlier place.
    back: BTreeSet<(u32, u32)>,
    /// Both, by group, where messages of a group are received one after the other.
    pub groups: Option<Box<Groups>>,
    /// Messages free to be received.
    pub visible: Track,
    /// Messages received and not yet deleted.
    pub in_flight: Track,
    /// Messages out of sight after a failure.
    pub hidden: Track,
    /// 1 while it is away.
    pub absent: Track,
}

impl Queue {
    /// An empty queue.
    pub fn new(plan: &crate::cloud::topology::Queue, row: u16) -> Queue {
        Queue {
            to: plan.to.clone(),
            visibility: plan.visibility,
            row,
            dead_letters: plan.dead_letters,
            returned: plan.returned,
            stale_delete: plan.stale_delete,
            away: 0,
            posted: 0,
            fresh: VecDeque::new(),
            back: BTreeSet::new(),
            groups: plan.fifo.then(Box::default),
            visible: Track::default(),
            in_flight: Track::default(),
            hidden: Track::default(),
            absent: Track::default(),
        }
    }

    /// A new message, behind all others; returns its place by first arrival. `group` matters where there are groups.
    #[inline]
    pub fn push(&mut self, message: u32, group: u32) -> u32 {
        let order = self.posted;
        self.posted = self.posted.wrapping_add(1);
        match &mut self.groups {
            None => self.fresh.push_back((order, message)),
            Some(groups) => groups.push(message, order, group),
        }
        order
    }

    /// A message comes back; returns its place.
    /// `receives`: how often it was received.
    pub fn put_back(&mut self, message: u32, order: u32, receives: u16) -> u32 {
        if let Some(groups) = &mut self.groups {
            groups.put_back(message, order);
            return order;
        }
        match self.returned {
            Returned::Last => self.push(message, 0),
            Returned::ByReceives if receives >= BACK => self.push(message, 0),
            Returned::InPlace | Returned::ByReceives => {
                self.back.insert((order, message));
                order
            }
        }
    }

    /// The message that is next, which stays: the oldest that nothing holds up.
    #[inline]
    pub fn front(&self) -> Option<u32> {
        if let Some(groups) = &self.groups {
            return groups.front();
        }
        match (self.fresh.front(), self.back.first()) {
            (Some(&(fresh, message)), Some(&(back, returned))) => Some(if back < fresh { returned } else { message }),
            (Some(&(_, message)), None) | (None, Some(&(_, message))) => Some(message),
            (None, None) => None,
        }
    }

    /// How many messages may be received, counted up to `most`.
    pub fn receivable(&self, most: u32) -> u64 {
        match &self.groups {
            None => self.visible.level(),
            Some(groups) => groups.receivable(u64::from(most)),
        }
    }

    /// The message that [`Queue::pop`] would take.
    #[inline]
    pub fn next(&self, after: Option<u32>) -> Option<u32> {
        match &self.groups {
            Some(groups) => groups.next(after),
            None => self.front(),
        }
    }

    /// Takes the next message out. `after` is the last that the same answer has taken.
    #[inline]
    pub fn pop(&mut self, after: Option<u32>) -> Option<u32> {
        if let Some(groups) = &mut self.groups {
            return groups.pop(after);
        }
        let returned_first = match (self.fresh.front(), self.back.first()) {
            (Some(&(fresh, _)), Some(&(back, _))) => back < fresh,
            (None, Some(_)) => true,
            _ => false,
        };
        let taken = if returned_first { self.back.pop_first() } else { self.fresh.pop_front() };
        taken.map(|(_, message)| message)
    }

    /// Takes a message out before its turn: its delete came while it was visible again.
    pub fn take_out(&mut self, message: u32, order: u32) {
        if let Some(groups) = &mut self.groups {
            return groups.take_out(message, order);
        }
        if !self.back.remove(&(order, message))
            && let Ok(at) = self.fresh.binary_search_by_key(&order, |&(order, _)| order)
        {
            self.fresh.remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::topology;

    fn queue(returned: Returned) -> Queue {
        let plan = topology::Queue { returned, ..topology::Queue::default() };
        Queue::new(&plan, 0)
    }

    /// A message that comes back keeps its place by first arrival (paper trace PT10), or goes behind the others: on SQS
    /// once it was received three times (Amazon SQS Developer Guide, `ApproximateAgeOfOldestMessage`).
    #[test]
    fn where_a_message_comes_back_to() {
        for (returned, receives, expected) in [
            (Returned::InPlace, 9, [10, 11, 12]),
            (Returned::Last, 1, [11, 12, 10]),
            (Returned::ByReceives, 2, [10, 11, 12]),
            (Returned::ByReceives, 3, [11, 12, 10]),
        ] {
            let mut queue = queue(returned);
            let orders: Vec<u32> = (10..13).map(|message| queue.push(message, 0)).collect();
            assert_eq!(queue.pop(None), Some(10));
            queue.put_back(10, orders[0], receives);
            let found: Vec<u32> = std::iter::from_fn(|| queue.pop(None)).collect();
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_message_can_be_taken_out_of_the_middle() {
        let mut queue = queue(Returned::InPlace);
        let orders: Vec<u32> = (10..13).map(|message| queue.push(message, 0)).collect();
        queue.take_out(11, orders[1]);
        assert_eq!(queue.front(), Some(10));
        let found: Vec<u32> = std::iter::from_fn(|| queue.pop(None)).collect();
        assert_eq!(found, [10, 12]);
    }
}
