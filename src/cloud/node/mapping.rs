//! The pollers of an event source mapping: how many there are, which of their hands is free, and what each holds.

use std::ops::Range;

use crate::cloud::node::pollers::Pollers;
use crate::cloud::node::track::Track;
use crate::cloud::topology::{self, NodeId};
use crate::ground::bits::Bits;
use crate::ground::chance::Key;
use crate::ground::time::{SimTime, Span};

/// A mapping of a running world.
///
/// Each of its pollers has hands, of which each takes a batch to the function and holds it until the end of that run: one, or
/// several where pollers are kept ready. Hands are numbered through all pollers.
#[derive(Debug)]
pub struct Mapping<'a> {
    /// How it is described.
    pub plan: &'a topology::Mapping,
    /// The queue that it takes from.
    pub queue: NodeId,
    /// Polls that bring nothing, by poller.
    pub polls: Option<Box<Pollers<'a>>>,
    /// Pollers that there should be; more may still hold something.
    wanted: u32,
    /// The same over time.
    pub level: Track,
    pollers: Vec<Poller>,
    hands: Vec<Hand>,
    /// Hands that hold nothing, of pollers that may poll.
    free: Bits,
    /// Hands that wait for more messages, of pollers that may poll.
    gathering: Bits,
    /// Pollers that are busy, and the most at once since somebody last looked.
    busy: u32,
    peak: u32,
    /// A further one is on its way.
    pub grows: bool,
    /// Somebody will look whether there are too many.
    pub is_watched: bool,
    /// When it last slowed down after an error.
    slowed: Option<SimTime>,
}

/// One poller.
#[derive(Clone, Copy, Debug, Default)]
struct Poller {
    /// Its hands that hold something.
    holds: u32,
    /// Its last poll has brought something, and it may not poll again yet.
    rests: bool,
    /// It has a poll open, or is to.
    polls: bool,
    /// It holds something, or rests.
    is_busy: bool,
}

/// One of its hands.
#[derive(Clone, Debug)]
struct Hand {
    /// What it has received and not yet handed over.
    batch: Vec<u32>,
    /// Bytes of that.
    bytes: u64,
    /// When it received the first of them; [`SimTime::NEVER`] while it holds nothing.
    since: SimTime,
    /// How often the function has refused it.
    refusals: u32,
    /// That of its alarm; 0 where none is set.
    stamp: u32,
    /// It waits for more.
    gathers: bool,
}

impl<'a> Mapping<'a> {
    /// The pollers at the start.
    pub fn new(plan: &'a topology::Mapping, queue: NodeId, key: Key) -> Mapping<'a> {
        let mut mapping = Mapping {
            plan,
            queue,
            polls: Pollers::new(&plan.poll, key),
            wanted: 0,
            level: Track::default(),
            pollers: Vec::new(),
            hands: Vec::new(),
            free: Bits::default(),
            gathering: Bits::default(),
            busy: 0,
            peak: 0,
            grows: false,
            is_watched: false,
            slowed: None,
        };
        (0..plan.start).for_each(|_| mapping.grow(SimTime::START));
        mapping
    }

    fn poller_of(&self, hand: u32) -> u32 {
        hand / self.plan.hands()
    }

    fn hands_of(&self, poller: u32) -> Range<u32> {
        let each = self.plan.hands();
        poller * each..(poller + 1) * each
    }

    /// One poller more.
    pub fn grow(&mut self, now: SimTime) {
        // One that was to go and still holds something may stay after all.
        self.wanted += 1;
        self.level.set(now, u64::from(self.wanted));
        if self.wanted as usize > self.pollers.len() {
            self.pollers.push(Poller::default());
            self.hands.resize_with(self.pollers.len() * self.plan.hands() as usize, Hand::default);
        }
        self.settles(self.wanted - 1, now);
    }

    /// Something of a poller has changed: which of its hands may receive now, whether it polls, whether it is busy.
    fn settles(&mut self, poller: u32, now: SimTime) {
        let Poller { holds, rests, polls, is_busy } = self.pollers[poller as usize];
        let stays = poller < self.wanted;
        let mut may_receive = false;
        for hand in self.hands_of(poller) {
            let Hand { since, gathers, .. } = self.hands[hand as usize];
            let (is_free, gathers) = (!rests && stays && since == SimTime::NEVER, !rests && gathers);
            may_receive |= is_free || gathers;
            for (set, is_in) in [(&mut self.free, is_free), (&mut self.gathering, gathers)] {
                if is_in { set.insert(hand) } else { set.remove(hand) }
            }
        }
        if may_receive != polls
            && let Some(all) = &mut self.polls
        {
            if may_receive { all.wakes(poller) } else { all.stops(poller, now) }
        }
        let busy = holds > 0 || rests;
        self.busy = self.busy + u32::from(busy) - u32::from(is_busy);
        self.peak = self.peak.max(self.busy);
        self.pollers[poller as usize] = Poller { holds, rests, polls: may_receive, is_busy: busy };
    }

    /// Only so many pollers; who holds something goes when it has done with it.
    fn shrinks_to(&mut self, wanted: u32, now: SimTime) {
        let before = self.wanted;
        self.wanted = before.min(wanted);
        self.level.set(now, u64::from(self.wanted));
        (self.wanted..before).for_each(|last| self.settles(last, now));
    }

    /// Whether more pollers may come.
    pub fn may_grow(&self) -> bool {
        self.wanted < self.plan.at_most
    }

    /// Whether there are more than are left where little is to do.
    pub fn may_shrink(&self) -> bool {
        self.wanted > self.plan.at_least
    }

    /// Somebody looks whether there are too many: those that had nothing to do since the last look go, first down to as many
    /// as there were at the start, then further.
    pub fn looks(&mut self, now: SimTime) {
        let floor = if self.wanted > self.plan.start { self.plan.start } else { self.plan.at_least };
        let wanted = self.peak.max(floor);
        self.shrinks_to(wanted, now);
        self.peak = self.busy;
    }

    /// A run has ended in an error, or the function refused one: half of the pollers are enough for now.
    pub fn slows_down(&mut self, now: SimTime) {
        if self.slowed.is_some_and(|last| now - last < self.plan.slow_down) {
            return;
        }
        self.slowed = Some(now);
        self.shrinks_to((self.wanted / 2).max(self.plan.after_errors()), now);
    }

    /// The hand that would receive next: the first that waits for more, else the first that is free.
    pub fn next(&self) -> Option<u32> {
        self.gathering.first().or_else(|| self.free.first())
    }

    /// The poll of a hand's poller brings something, which the hand takes: how many messages it may.
    pub fn receives(&mut self, hand: u32, now: SimTime) -> u32 {
        let poller = self.poller_of(hand);
        if let Some(polls) = &mut self.polls {
            polls.stops(poller, now);
        }
        let of = &mut self.pollers[poller as usize];
        (of.polls, of.rests) = (false, self.plan.provisioned.is_some());
        let left = self.plan.batch_size - self.hands[hand as usize].batch.len() as u32;
        left.min(self.plan.poll.messages.unwrap_or(1))
    }

    /// That poll is over, and has brought so many bytes. Returns the poller, and for how long it rests, where it does.
    pub fn has_received(&mut self, hand: u32, bytes: u64, now: SimTime) -> Option<(u32, Span)> {
        let poller = self.poller_of(hand);
        self.settles(poller, now);
        self.plan.provisioned.map(|each| (poller, each.rest(bytes)))
    }

    /// A poller may poll again.
    pub fn has_rested(&mut self, poller: u32, now: SimTime) {
        self.pollers[poller as usize].rests = false;
        self.settles(poller, now);
    }

    /// Whether a batch takes so many bytes more.
    pub fn has_room_for(&self, hand: u32, bytes: u64) -> bool {
        let Hand { batch, bytes: held, .. } = &self.hands[hand as usize];
        batch.is_empty() || held.saturating_add(bytes) <= topology::Mapping::PAYLOAD
    }

    /// A message joins a hand's batch.
    pub fn takes(&mut self, hand: u32, job: u32, bytes: u64, now: SimTime) {
        let poller = self.poller_of(hand);
        let place = &mut self.hands[hand as usize];
        if place.since == SimTime::NEVER {
            (place.since, place.bytes, place.refusals, place.stamp) = (now, 0, 0, 0);
            self.pollers[poller as usize].holds += 1;
        }
        place.batch.push(job);
        place.bytes = place.bytes.saturating_add(bytes);
    }

    /// What a hand has received and not yet handed over.
    pub fn batch(&self, hand: u32) -> &[u32] {
        &self.hands[hand as usize].batch
    }

    /// Whether a hand has as many messages as one run takes.
    pub fn is_full(&self, hand: u32) -> bool {
        self.batch(hand).len() as u32 >= self.plan.batch_size
    }

    /// A hand waits for more. Returns for how long, if it has only now begun to.
    pub fn gathers(&mut self, hand: u32, now: SimTime, stamp: u32) -> Option<Span> {
        let begins = !self.is_gathering(hand);
        self.hands[hand as usize].gathers = true;
        let poller = self.poller_of(hand);
        self.settles(poller, now);
        if self.pollers[poller as usize].polls
            && let Some(polls) = &mut self.polls
        {
            polls.poll(poller, now, stamp, false);
        }
        if !begins {
            return None;
        }
        self.hands[hand as usize].stamp = stamp;
        Some(self.plan.window)
    }

    /// A hand has enough, or has waited long enough: `open`: the last poll for it has brought nothing, and ends where its poller
    /// has no other hand to poll for.
    pub fn has_gathered(&mut self, hand: u32, open: bool, now: SimTime) {
        self.hands[hand as usize].stamp = 0;
        if !std::mem::take(&mut self.hands[hand as usize].gathers) {
            return;
        }
        let poller = self.poller_of(hand);
        let others = self.hands_of(poller).any(|other| other != hand && self.may_receive(other));
        if open
            && !others
            && let Some(polls) = &mut self.polls
        {
            polls.breaks_off(poller, now);
        }
        self.settles(poller, now);
    }

    fn may_receive(&self, hand: u32) -> bool {
        self.free.contains(hand) || self.gathering.contains(hand)
    }

    /// Whether a hand waits for more.
    pub fn is_gathering(&self, hand: u32) -> bool {
        self.hands[hand as usize].gathers
    }

    /// A hand's alarm is set, and the one before it no longer counts.
    pub fn waits(&mut self, hand: u32, stamp: u32) {
        self.hands[hand as usize].stamp = stamp;
    }

    /// Whether that alarm of a hand still counts.
    pub fn is_due(&self, hand: u32, stamp: u32) -> bool {
        self.hands.get(hand as usize).is_some_and(|place| place.stamp == stamp)
    }

    /// The function has refused a hand's batch. Returns how long it waits before it tries again, and when it received it.
    pub fn is_refused(&mut self, hand: u32) -> (Span, SimTime) {
        let place = &mut self.hands[hand as usize];
        place.refusals = place.refusals.saturating_add(1);
        (self.plan.after_refusals(place.refusals), place.since)
    }

    /// The queue, and when a hand received the first of what it holds.
    pub fn received(&self, hand: u32) -> (NodeId, SimTime) {
        (self.queue, self.hands[hand as usize].since)
    }

    /// A hand passes its batch on to a run of the function.
    pub fn hands_over(&mut self, hand: u32, into: &mut Vec<u32>) {
        into.append(&mut self.hands[hand as usize].batch);
    }

    /// A hand has done with what it held.
    pub fn is_free_again(&mut self, hand: u32, now: SimTime) {
        let poller = self.poller_of(hand);
        self.pollers[poller as usize].holds -= 1;
        self.hands[hand as usize].stamp = 0;
        self.hands[hand as usize].since = SimTime::NEVER;
        self.settles(poller, now);
    }

    /// Jobs that hands have received and not yet handed over.
    #[cfg(test)]
    pub fn held(&self) -> impl Iterator<Item = u32> {
        self.hands.iter().flat_map(|hand| hand.batch.iter().copied())
    }

    /// Hands that have something which they have not handed over, for audits.
    #[cfg(test)]
    pub fn holding(&self) -> usize {
        self.hands.iter().filter(|hand| !hand.batch.is_empty()).count()
    }

    /// Hands that hold something, for audits.
    #[cfg(test)]
    pub fn busy(&self) -> usize {
        let holds = self.pollers.iter().map(|poller| poller.holds as usize).sum();
        assert_eq!(holds, self.hands.iter().filter(|hand| hand.since != SimTime::NEVER).count());
        holds
    }
}

impl Default for Hand {
    fn default() -> Hand {
        Hand { batch: Vec::new(), bytes: 0, since: SimTime::NEVER, refusals: 0, stamp: 0, gathers: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::topology::Provisioned;

    fn at(seconds: u64) -> SimTime {
        SimTime::START + Span::from_secs(seconds)
    }

    fn takes_one(mapping: &mut Mapping<'_>, hand: u32, now: SimTime) {
        mapping.receives(hand, now);
        mapping.takes(hand, hand, 1, now);
        mapping.has_received(hand, 1, now);
    }

    /// Of two pollers each has three hands: the second receives while the first rests, and nobody while both do. What holds
    /// nothing receives as soon as its poller may.
    #[test]
    fn a_poller_that_is_kept_ready_rests_and_has_several_hands() {
        let each = Provisioned { invokes: 3, ..Provisioned::USUAL };
        let plan = topology::Mapping { start: 2, at_least: 2, provisioned: Some(each), ..topology::Mapping::of(1) };
        let mut mapping = Mapping::new(&plan, NodeId(0), Key::root(1, 0));
        let mut next = vec![mapping.next()];
        for hand in [0, 3] {
            takes_one(&mut mapping, hand, at(1));
            next.push(mapping.next());
        }
        mapping.has_rested(1, at(2));
        next.push(mapping.next());
        mapping.has_rested(0, at(2));
        next.push(mapping.next());
        mapping.is_free_again(0, at(3));
        next.push(mapping.next());
        assert_eq!(next, [Some(0), Some(3), None, Some(4), Some(1), Some(0)]);
        assert_eq!((mapping.busy(), mapping.level.level()), (1, 2));
        // Errors leave those that are kept in any case.
        (0..5).for_each(|_| mapping.grow(at(4)));
        let left = [10, 20, 30].map(|second| {
            mapping.slows_down(at(second));
            mapping.level.level()
        });
        assert_eq!(left, [3, 2, 2]);
    }

    /// 10 polls and 1 MB a second: after a poll that brought nothing to speak of 100 ms, after 250,000 bytes 250 ms.
    #[test]
    fn a_poller_rests_for_its_throughput() {
        let rests = [0, 1_000, 100_000, 250_000].map(|bytes| Provisioned::USUAL.rest(bytes));
        assert_eq!(rests, [100, 100, 100, 250].map(Span::from_millis));
    }

    /// Eight pollers. An error at 100 s halves them, another within 10 s does not, one at 110 s halves them again; one is left
    /// in any case.
    #[test]
    fn errors_halve_the_pollers_now_and_then() {
        let plan = topology::Mapping { start: 8, ..topology::Mapping::of(1) };
        let mut mapping = Mapping::new(&plan, NodeId(0), Key::root(1, 0));
        let mut left = Vec::new();
        for second in [100, 105, 110, 125, 140] {
            mapping.slows_down(at(second));
            left.push(mapping.level.level());
        }
        assert_eq!(left, [4, 4, 2, 1, 1]);
    }

    /// Of twelve pollers seven were busy at once: seven are left, then the five of the start, then two. One that holds something
    /// goes when it has done with it.
    #[test]
    fn those_with_nothing_to_do_go() {
        let plan = topology::Mapping::of(1);
        let mut mapping = Mapping::new(&plan, NodeId(0), Key::root(1, 0));
        (0..7).for_each(|_| mapping.grow(at(1)));
        (0..7).for_each(|hand| takes_one(&mut mapping, hand, at(2)));
        (0..6).for_each(|hand| mapping.is_free_again(hand, at(3)));
        let mut left = Vec::new();
        for second in [180, 360, 540, 720] {
            mapping.looks(at(second));
            left.push((mapping.level.level(), mapping.free.members().count()));
        }
        // The seventh is still busy.
        assert_eq!(left, [(7, 6), (5, 5), (2, 2), (2, 2)]);
        mapping.is_free_again(6, at(730));
        assert_eq!((mapping.free.members().count(), mapping.may_shrink()), (2, false));
        mapping.grow(at(800));
        assert_eq!(mapping.free.members().collect::<Vec<_>>(), [0, 1, 2]);
    }
}
