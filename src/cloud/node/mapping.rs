//! The pollers of an event source mapping: how many there are, which of them is free, and what each holds.

use crate::cloud::node::pollers::Pollers;
use crate::cloud::node::track::Track;
use crate::cloud::topology::{self, NodeId};
use crate::ground::bits::Bits;
use crate::ground::chance::Key;
use crate::ground::time::{SimTime, Span};

/// A mapping of a running world.
#[derive(Debug)]
pub struct Mapping<'a> {
    /// How it is described.
    pub plan: &'a topology::Mapping,
    /// The queue that it takes from.
    pub queue: NodeId,
    /// Polls that bring nothing.
    pub polls: Option<Box<Pollers<'a>>>,
    /// Pollers that there should be; more may still hold something.
    wanted: u32,
    /// The same over time.
    pub level: Track,
    pollers: Vec<Poller>,
    /// Those that hold nothing, by number.
    free: Bits,
    /// The one that waits for more messages.
    gathering: Option<u32>,
    /// Those that hold something, and the most at once since somebody last looked.
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
#[derive(Clone, Debug, Default)]
struct Poller {
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
            free: Bits::default(),
            gathering: None,
            busy: 0,
            peak: 0,
            grows: false,
            is_watched: false,
            slowed: None,
        };
        (0..plan.start).for_each(|_| mapping.grow(SimTime::START));
        mapping
    }

    /// One poller more.
    pub fn grow(&mut self, now: SimTime) {
        // One that was to go and still holds something may stay after all.
        self.wanted += 1;
        self.level.set(now, u64::from(self.wanted));
        let one = self.wanted - 1;
        if one as usize >= self.pollers.len() {
            self.pollers.push(Poller::default());
        } else if self.pollers[one as usize].since != SimTime::NEVER {
            return;
        }
        self.rests(one);
    }

    fn rests(&mut self, poller: u32) {
        self.pollers[poller as usize].since = SimTime::NEVER;
        self.free.insert(poller);
        if let Some(polls) = &mut self.polls {
            polls.wakes(poller);
        }
    }

    /// Only so many pollers; who holds something goes when it has done with it.
    fn shrinks_to(&mut self, wanted: u32, now: SimTime) {
        let before = self.wanted;
        self.wanted = before.min(wanted);
        self.level.set(now, u64::from(self.wanted));
        for last in self.wanted..before {
            if self.free.contains(last) {
                self.free.remove(last);
                if let Some(polls) = &mut self.polls {
                    polls.stops(last, now);
                }
            }
        }
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
        self.shrinks_to((self.wanted / 2).max(1), now);
    }

    /// The poller that would receive next: the one that waits for more, else the first that is free.
    pub fn next(&self) -> Option<u32> {
        self.gathering.or_else(|| self.free.first())
    }

    /// A poller receives its first message, or more of them: how many more it may.
    pub fn receives(&mut self, poller: u32, now: SimTime) -> u32 {
        if let Some(polls) = &mut self.polls {
            polls.stops(poller, now);
        }
        if self.free.contains(poller) {
            self.free.remove(poller);
            self.busy += 1;
            self.peak = self.peak.max(self.busy);
            let place = &mut self.pollers[poller as usize];
            (place.since, place.bytes, place.refusals, place.stamp) = (now, 0, 0, 0);
        }
        self.plan.batch_size - self.pollers[poller as usize].batch.len() as u32
    }

    /// Whether a batch takes so many bytes more.
    pub fn has_room_for(&self, poller: u32, bytes: u64) -> bool {
        let Poller { batch, bytes: held, .. } = &self.pollers[poller as usize];
        batch.is_empty() || held.saturating_add(bytes) <= topology::Mapping::PAYLOAD
    }

    /// A message joins a poller's batch.
    pub fn takes(&mut self, poller: u32, job: u32, bytes: u64) {
        let place = &mut self.pollers[poller as usize];
        place.batch.push(job);
        place.bytes = place.bytes.saturating_add(bytes);
    }

    /// What a poller has received and not yet handed over.
    pub fn batch(&self, poller: u32) -> &[u32] {
        &self.pollers[poller as usize].batch
    }

    /// A poller waits for more. Returns for how long, if it has only now begun to.
    pub fn gathers(&mut self, poller: u32, now: SimTime, stamp: u32) -> Option<Span> {
        if let Some(polls) = &mut self.polls {
            polls.wakes(poller);
            polls.poll(poller, now, stamp, false);
        }
        if self.gathering == Some(poller) {
            return None;
        }
        self.gathering = Some(poller);
        self.pollers[poller as usize].stamp = stamp;
        Some(self.plan.window)
    }

    /// A poller has enough, or has waited long enough: `open`: its last poll has brought nothing.
    pub fn has_gathered(&mut self, poller: u32, open: bool, now: SimTime) {
        if self.gathering == Some(poller) {
            self.gathering = None;
            if open && let Some(polls) = &mut self.polls {
                polls.breaks_off(poller, now);
            }
        }
        self.pollers[poller as usize].stamp = 0;
    }

    /// Whether a poller waits for more.
    pub fn is_gathering(&self, poller: u32) -> bool {
        self.gathering == Some(poller)
    }

    /// A poller's alarm is set, and the one before it no longer counts.
    pub fn waits(&mut self, poller: u32, stamp: u32) {
        self.pollers[poller as usize].stamp = stamp;
    }

    /// Whether that alarm of a poller still counts.
    pub fn is_due(&self, poller: u32, stamp: u32) -> bool {
        self.pollers.get(poller as usize).is_some_and(|place| place.stamp == stamp)
    }

    /// The function has refused a poller's batch. Returns how long it waits before it tries again, and when it received it.
    pub fn is_refused(&mut self, poller: u32) -> (Span, SimTime) {
        let place = &mut self.pollers[poller as usize];
        place.refusals = place.refusals.saturating_add(1);
        (self.plan.after_refusals(place.refusals), place.since)
    }

    /// The queue, and when a poller received the first of what it holds.
    pub fn received(&self, poller: u32) -> (NodeId, SimTime) {
        (self.queue, self.pollers[poller as usize].since)
    }

    /// A poller hands its batch over to a run of the function.
    pub fn hands_over(&mut self, poller: u32, into: &mut Vec<u32>) {
        into.append(&mut self.pollers[poller as usize].batch);
    }

    /// A poller has done with what it held.
    pub fn is_free_again(&mut self, poller: u32) {
        self.busy -= 1;
        self.pollers[poller as usize].stamp = 0;
        self.pollers[poller as usize].since = SimTime::NEVER;
        if poller < self.wanted {
            self.rests(poller);
        }
    }

    /// Jobs that pollers have received and not yet handed over.
    #[cfg(test)]
    pub fn held(&self) -> impl Iterator<Item = u32> {
        self.pollers.iter().flat_map(|place| place.batch.iter().copied())
    }

    /// Pollers that have something which they have not handed over, for audits.
    #[cfg(test)]
    pub fn holding(&self) -> usize {
        self.pollers.iter().filter(|place| !place.batch.is_empty()).count()
    }

    /// Pollers that hold something, for audits.
    #[cfg(test)]
    pub fn busy(&self) -> u32 {
        self.busy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SimTime {
        SimTime::START + Span::from_secs(seconds)
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
        for poller in 0..7 {
            mapping.receives(poller, at(2));
        }
        (0..6).for_each(|poller| mapping.is_free_again(poller));
        let mut left = Vec::new();
        for second in [180, 360, 540, 720] {
            mapping.looks(at(second));
            left.push((mapping.level.level(), mapping.free.members().count()));
        }
        // The seventh is still busy.
        assert_eq!(left, [(7, 6), (5, 5), (2, 2), (2, 2)]);
        mapping.is_free_again(6);
        assert_eq!((mapping.free.members().count(), mapping.may_shrink()), (2, false));
        mapping.grow(at(800));
        assert_eq!(mapping.free.members().collect::<Vec<_>>(), [0, 1, 2]);
    }
}
