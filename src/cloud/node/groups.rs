//! Messages in groups, of which one at a time is worked on.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The visible messages of a FIFO queue, by group.
///
/// While a message of a group is out (received, and neither gone nor visible again), no other of that group is handed
/// out; of the groups that are free, the one whose first message came first is next (Amazon SQS Developer Guide, FIFO
/// queue delivery logic). A group is forgotten once nothing of it is here or out.
#[derive(Debug, Default)]
pub struct Groups {
    groups: BTreeMap<u32, Group>,
    /// Of each group that is free and has somebody waiting: the place of its first message, and the group.
    free: BTreeSet<(u32, u32)>,
    /// Each message's group, by message.
    of: Vec<u32>,
    /// How many of the first messages, visible or out, are looked at; none: all.
    look_ahead: Option<u32>,
    /// How many of those there are, and the place of the last of them; beyond it stand these, in order.
    near: u32,
    edge: u32,
    far: VecDeque<u32>,
}

#[derive(Debug, Default)]
struct Group {
    /// Places and messages that are visible, in order.
    waiting: VecDeque<(u32, u32)>,
    /// Messages that are out.
    out: u32,
}

impl Groups {
    /// No messages yet, of which only so many of the first are looked at.
    pub fn new(look_ahead: Option<u32>) -> Groups {
        Groups { look_ahead, ..Groups::default() }
    }

    /// Whether a place is among those that are looked at.
    fn is_near(&self, order: u32) -> bool {
        self.far.is_empty() || order <= self.edge
    }

    /// A message has come to stay at a place.
    fn stands(&mut self, order: u32) {
        let Some(most) = self.look_ahead else { return };
        if self.far.is_empty() && self.near < most || self.near > 0 && order < self.edge {
            // Who was delayed has a place among the first, and is looked at beside them.
            self.edge = if self.near == 0 { order } else { self.edge.max(order) };
            self.near += 1;
        } else {
            let at = self.far.partition_point(|&other| other < order);
            self.far.insert(at, order);
        }
    }

    /// A message has left its place for good: another one may be looked at now.
    fn gives_way(&mut self, order: u32) -> bool {
        if self.look_ahead.is_none() {
            return false;
        }
        if !self.is_near(order) {
            if let Ok(at) = self.far.binary_search(&order) {
                self.far.remove(at);
            }
            return false;
        }
        self.near -= 1;
        if self.look_ahead.is_some_and(|most| self.near >= most) {
            return false;
        }
        let Some(next) = self.far.pop_front() else { return false };
        self.near += 1;
        self.edge = next;
        true
    }

    /// A message will come.
    pub fn note(&mut self, message: u32, group: u32) {
        let place = message as usize;
        if place >= self.of.len() {
            self.of.resize(place + 1, 0);
        }
        self.of[place] = group;
    }

    /// A new message, at its place in its group: behind all others, unless it was delayed longer than they.
    pub fn push(&mut self, message: u32, order: u32, group: u32) {
        self.note(message, group);
        self.stands(order);
        let state = self.groups.entry(group).or_default();
        let first = state.waiting.front().map(|&(first, _)| first);
        let at = state.waiting.partition_point(|&(other, _)| other < order);
        state.waiting.insert(at, (order, message));
        if state.out == 0 && at == 0 {
            if let Some(first) = first {
                self.free.remove(&(first, group));
            }
            self.free.insert((order, group));
        }
    }

    /// Whose group a message is of.
    pub fn of(&self, message: u32) -> u32 {
        self.of[message as usize]
    }

    /// A message that was out is visible again, at its place.
    pub fn put_back(&mut self, message: u32, order: u32) {
        let group = self.of[message as usize];
        let Some(state) = self.groups.get_mut(&group) else { return };
        let at = state.waiting.partition_point(|&(other, _)| other < order);
        state.waiting.insert(at, (order, message));
        self.comes_in(group);
    }

    /// A message that was out is gone from its place; true where another can be handed out now.
    pub fn settled(&mut self, message: u32, order: u32) -> bool {
        let more = self.gives_way(order);
        self.comes_in(self.of[message as usize]) || more
    }

    /// One fewer of a group is out; true where one of it can be handed out now.
    fn comes_in(&mut self, group: u32) -> bool {
        let Some(state) = self.groups.get_mut(&group) else { return false };
        state.out -= 1;
        match state.waiting.front() {
            _ if state.out > 0 => false,
            Some(&(order, _)) => self.free.insert((order, group)),
            None => {
                self.groups.remove(&group);
                false
            }
        }
    }

    /// The message that is next, which stays.
    pub fn front(&self) -> Option<u32> {
        self.next(None)
    }

    /// The message that [`Groups::pop`] would take.
    pub fn next(&self, after: Option<u32>) -> Option<u32> {
        let group = self.next_group(after)?;
        self.groups.get(&group)?.waiting.front().map(|&(_, message)| message)
    }

    /// Whose turn it is: the answer goes on with the group of the last that it has taken as long as it can.
    fn next_group(&self, after: Option<u32>) -> Option<u32> {
        let same = after.map(|message| self.of[message as usize]);
        let near = |group: &u32| {
            self.groups
                .get(group)
                .and_then(|state| state.waiting.front())
                .is_some_and(|&(order, _)| self.is_near(order))
        };
        let same = same.filter(near);
        same.or_else(|| self.free.first().filter(|&&(order, _)| self.is_near(order)).map(|&(_, group)| group))
    }

    /// How many messages of free groups there are, counted up to `most`.
    pub fn receivable(&self, most: u64) -> u64 {
        let mut sum = 0;
        for (_, group) in &self.free {
            let near = |state: &Group| state.waiting.partition_point(|&(order, _)| self.is_near(order)) as u64;
            sum += self.groups.get(group).map_or(0, near);
            if sum >= most {
                break;
            }
        }
        sum
    }

    /// Takes the next message out. `after` is one that the same answer has taken: the answer goes on with that one's
    /// group as long as it can.
    pub fn pop(&mut self, after: Option<u32>) -> Option<u32> {
        let group = self.next_group(after)?;
        let state = self.groups.get_mut(&group)?;
        let (order, message) = state.waiting.pop_front()?;
        self.free.remove(&(order, group));
        state.out += 1;
        Some(message)
    }

    /// Takes a visible message out before its turn.
    pub fn take_out(&mut self, message: u32, order: u32) {
        let group = self.of[message as usize];
        let Some(state) = self.groups.get_mut(&group) else { return };
        let Ok(at) = state.waiting.binary_search_by_key(&order, |&(order, _)| order) else { return };
        state.waiting.remove(at);
        self.gives_way(order);
        let Some(state) = self.groups.get_mut(&group) else { return };
        if at > 0 || state.out > 0 {
            return;
        }
        self.free.remove(&(order, group));
        match state.waiting.front() {
            Some(&(order, _)) => {
                self.free.insert((order, group));
            }
            None => {
                self.groups.remove(&group);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Messages 0, 1, 2 … of these groups.
    fn groups(of: &[u32]) -> Groups {
        let mut groups = Groups::default();
        (0..).zip(of).for_each(|(message, &group)| groups.push(message, message, group));
        groups
    }

    /// Amazon SQS Developer Guide, FIFO queue delivery logic: no message of a group is received while another of it is
    /// in flight; others may overtake.
    #[test]
    fn a_group_waits_for_the_one_that_is_out_and_others_overtake() {
        let mut groups = groups(&[7, 7, 8]);
        assert_eq!(groups.pop(None), Some(0));
        assert_eq!(groups.front(), Some(2));
        assert_eq!(groups.pop(None), Some(2));
        assert_eq!(groups.pop(None), None);
        assert!(groups.settled(0, 0));
        assert_eq!(groups.pop(None), Some(1));
        assert!(!groups.settled(2, 2), "nobody else is of its group");
    }

    /// A dead letter that came at once stands behind one that was sent before it and is delayed; each can be taken out.
    #[test]
    fn one_that_was_delayed_stands_at_its_place() {
        let mut groups = Groups::default();
        groups.push(0, 5, 7);
        groups.push(1, 3, 7);
        groups.push(2, 4, 8);
        groups.take_out(0, 5);
        groups.push(3, 6, 7);
        assert_eq!([groups.pop(None), groups.pop(None), groups.pop(None)], [Some(1), Some(2), None]);
        assert!(groups.settled(1, 3));
        assert_eq!(groups.pop(None), Some(3));
    }

    /// Two are looked at, and one that was delayed beside them; the fourth only when two of these are gone.
    #[test]
    fn one_that_was_delayed_is_looked_at_beside_the_first() {
        let mut groups = Groups::new(Some(2));
        for (message, order) in [(0, 1), (1, 2), (2, 3), (3, 0)] {
            groups.push(message, order, order);
        }
        assert_eq!([groups.pop(None), groups.pop(None), groups.pop(None)], [Some(3), Some(0), Some(1)]);
        assert_eq!(groups.pop(None), None);
        assert!(!groups.settled(3, 0));
        assert!(groups.settled(0, 1));
        assert_eq!(groups.pop(None), Some(2));
    }

    #[test]
    fn one_that_is_visible_again_is_first_of_its_group() {
        let mut groups = groups(&[7, 7]);
        groups.pop(None);
        groups.put_back(0, 0);
        assert_eq!(groups.pop(None), Some(0));
    }

    /// The same guide: a receive takes as many as it can of one group, and then of others.
    #[test]
    fn one_answer_takes_all_of_a_group_before_it_goes_on() {
        let mut groups = groups(&[7, 8, 7, 8]);
        let first = groups.pop(None);
        let second = groups.pop(first);
        let third = groups.pop(second);
        assert_eq!([first, second, third], [Some(0), Some(2), Some(1)]);
        assert_eq!(groups.pop(None), None, "both groups have somebody out");
        assert!(!groups.settled(0, 0), "one of two is still out");
    }

    /// Amazon SQS Developer Guide, FIFO delivery logic: only the first so many messages are looked through for groups, so that
    /// the backlog of one that is blocked keeps others from being received. Three are looked at here.
    #[test]
    fn a_backlog_of_one_group_hides_what_stands_behind_it() {
        for (look_ahead, found) in [(None, Some(3)), (Some(4), Some(3)), (Some(3), None)] {
            let mut groups = Groups::new(look_ahead);
            (0..).zip([7, 7, 7, 8]).for_each(|(message, group)| groups.push(message, message, group));
            assert_eq!(groups.pop(None), Some(0));
            assert_eq!(groups.next(None), found, "{look_ahead:?}");
            // The one that is out still stands in its place; once it is gone, the next is looked at.
            assert!(groups.settled(0, 0));
            assert_eq!((groups.pop(None), groups.next(None)), (Some(1), Some(3)));
        }
    }

    #[test]
    fn who_is_taken_out_of_the_middle_frees_the_next() {
        let mut groups = groups(&[7, 7, 8]);
        groups.take_out(0, 0);
        assert_eq!(groups.pop(None), Some(1));
        groups.take_out(2, 2);
        assert_eq!(groups.pop(None), None);
        assert!(!groups.settled(1, 1));
        assert!(groups.groups.is_empty(), "nothing is left of what went");
    }
}
