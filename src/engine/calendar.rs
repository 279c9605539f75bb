//! The future: soonest first, and at one instant in the order of the events' codes.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::marker::PhantomData;

use crate::engine::front::{Front, LEAVES, NOTHING};
use crate::engine::rungs::{NONE, Rung, Store, time_of};
use crate::ground::footprint::Footprint;
use crate::ground::time::SimTime;

/// An event that can be packed into 64 bits, whose order as a number is its order within an instant.
pub trait Ordered: Copy {
    /// The event as a number.
    fn code(self) -> u64;
    /// The event of a number that `code` made.
    fn from_code(code: u64) -> Self;
}

/// An event as a number, not yet looked at: who expects one kind above all can ask for that first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packed<E> {
    code: u64,
    event: PhantomData<E>,
}

impl<E: Ordered> Packed<E> {
    #[inline(always)]
    fn of(key: u128) -> Packed<E> {
        Packed { code: key as u64, event: PhantomData }
    }

    /// The number.
    #[inline(always)]
    pub fn code(self) -> u64 {
        self.code
    }

    /// The event.
    #[inline(always)]
    pub fn unpack(self) -> E {
        E::from_code(self.code)
    }
}

/// Buckets of one rung at the most: a rung of a million events still fits the processor's cache.
const WIDEST: usize = 1 << 16;
/// The outermost rung reaches so many times as far ahead as its events do on average.
const REACH: u64 = 2;

/// What will happen, and when.
///
/// A ladder queue (Tang, Goh and Thng, *ACM TOMACS* 15(3), 2005) of 16-byte keys: time above, the event's code
/// below, so that one comparison orders everything and nothing else need be stored. The nearest events stand in a
/// small [`Front`]; later ones in the buckets of rungs, unsorted; the far future lies in no order beyond them.
/// Small worlds never leave the front, large ones pay the same for each event whatever their number. Buckets are
/// chains through one store, whose place that was left last is taken first: what is put off is written where the
/// processor has just been.
#[derive(Debug)]
pub struct Calendar {
    /// An event of the kind that follows on itself, such as the next arrival; [`NOTHING`] where there is none.
    aside: u128,
    /// The nearest of the others.
    front: Front,
    /// Near ones that the front had no room for, because too many share an instant.
    crowd: BinaryHeap<Reverse<u128>>,
    /// Events from this time on do not belong to the front.
    front_end: u64,
    /// Finer and finer; the last one is nearest.
    rungs: Vec<Rung>,
    /// Rungs that were used up, kept for their buckets' room.
    spare: Vec<Rung>,
    /// The events of all rungs.
    store: Store,
    /// Beyond the first rung, in no order.
    far: Vec<u128>,
    /// Events from this time on are far.
    far_from: u64,
    /// For moving keys about; empty in between.
    hands: Vec<u128>,
    now: SimTime,
}

/// By the time alone, which no event has: what was just written half by half is not at once read whole.
#[inline(always)]
const fn is_nothing(key: u128) -> bool {
    time_of(key) == time_of(NOTHING)
}

impl Default for Calendar {
    fn default() -> Calendar {
        Calendar {
            aside: NOTHING,
            front: Front::default(),
            crowd: BinaryHeap::new(),
            front_end: u64::MAX,
            rungs: Vec::new(),
            spare: Vec::new(),
            store: Store::default(),
            far: Vec::new(),
            far_from: u64::MAX,
            hands: Vec::new(),
            now: SimTime::START,
        }
    }
}

impl Footprint for Calendar {
    fn footprint(&self) -> u64 {
        let rungs = self.rungs.iter().chain(&self.spare).map(|rung| rung.heads.footprint());
        rungs.sum::<u64>()
            + self.crowd.footprint()
            + self.store.footprint()
            + self.far.footprint()
            + self.hands.footprint()
    }
}

impl Calendar {
    /// The instant that was reached.
    #[inline(always)]
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// Events that will happen.
    pub fn pending(&self) -> usize {
        let heads = self.rungs.iter().flat_map(|rung| &rung.heads[..rung.used]);
        let bucketed: usize = heads.map(|&head| self.store.length(head)).sum();
        usize::from(!is_nothing(self.aside)) + self.front.len() + self.crowd.len() + bucketed + self.far.len()
    }

    /// Plans an event. What is planned for the past happens now; what is planned for [`SimTime::NEVER`] never does.
    #[inline(always)]
    pub fn plan(&mut self, at: SimTime, event: impl Ordered) {
        let at = at.max(self.now).nanos();
        let key = u128::from(at) << 64 | u128::from(event.code());
        if at >= self.front_end {
            self.put_off(at, key);
        } else if !self.front.put(key) {
            self.make_room(key);
        }
    }

    /// As [`Calendar::plan`], for an event that plans the next of its kind when it happens: where none of those waits
    /// already, it is kept aside, and sorted in among nobody.
    #[inline(always)]
    pub fn plan_aside(&mut self, at: SimTime, event: impl Ordered) {
        if at == SimTime::NEVER || !is_nothing(self.aside) {
            return self.plan(at, event);
        }
        self.aside = u128::from(at.max(self.now).nanos()) << 64 | u128::from(event.code());
    }

    /// Takes the next event, if it happens at `end` at the latest, and moves the clock to it.
    #[inline(always)]
    pub fn next<E: Ordered>(&mut self, end: SimTime) -> Option<Packed<E>> {
        let mut key = self.front.first();
        // What is aside and before the front's end is next if the front has nothing; no need to look further.
        if is_nothing(key) && time_of(self.aside) >= self.front_end {
            key = self.refill().unwrap_or(NOTHING);
        }
        if !self.crowd.is_empty() {
            return self.next_of_crowd(key, end);
        }
        let (time, aside) = (time_of(key), time_of(self.aside));
        if aside < time || aside == time && self.aside < key {
            return self.next_aside(end);
        }
        let at = SimTime::from_nanos(time);
        if at > end || is_nothing(key) {
            return None;
        }
        self.front.take();
        self.now = at;
        Some(Packed::of(key))
    }

    /// As [`Calendar::next`], where the event that is kept aside is next.
    #[inline(always)]
    fn next_aside<E: Ordered>(&mut self, end: SimTime) -> Option<Packed<E>> {
        let at = SimTime::from_nanos(time_of(self.aside));
        if at > end {
            return None;
        }
        self.now = at;
        Some(Packed::of(std::mem::replace(&mut self.aside, NOTHING)))
    }

    /// As [`Calendar::next`], where the front's first may not be the first of all.
    #[cold]
    #[inline(never)]
    fn next_of_crowd<E: Ordered>(&mut self, key: u128, end: SimTime) -> Option<Packed<E>> {
        let first = self.crowd.peek().map_or(key, |&Reverse(other)| key.min(other));
        if self.aside < first {
            return self.next_aside(end);
        }
        let at = SimTime::from_nanos(time_of(first));
        if at > end {
            return None;
        }
        if first < key {
            self.crowd.pop();
        } else {
            self.front.take();
        }
        self.now = at;
        Some(Packed::of(first))
    }

    /// Moves the clock on without an event. Never back.
    pub fn pass(&mut self, to: SimTime) {
        self.now = self.now.max(to);
    }

    /// Puts an event away until its time is near.
    #[inline(never)]
    fn put_off(&mut self, at: u64, key: u128) {
        if at >= self.far_from {
            if at < SimTime::NEVER.nanos() {
                self.far.push(key);
            }
            return;
        }
        // Outermost first: the first whose bucket of that time was not yet emptied.
        for rung in &mut self.rungs {
            if at >= rung.from {
                return rung.put(&mut self.store, key);
            }
        }
        // Nothing lies between the last rung and the front: the front ends where the rung goes on.
        if !self.front.put(key) {
            self.make_room(key);
        }
    }

    /// The front is full: what is in it, and one more, is spread over a rung.
    #[cold]
    #[inline(never)]
    fn make_room(&mut self, key: u128) {
        let mut hands = std::mem::take(&mut self.hands);
        self.front.empty_into(&mut hands);
        hands.push(key);
        if at_one_instant(&hands) {
            // No rung can part them.
            self.crowd.extend(hands.drain(..).map(Reverse));
        } else {
            let end = (!self.rungs.is_empty()).then_some(self.front_end);
            self.spread(&mut hands, end);
            self.far.append(&mut hands);
        }
        self.hands = hands;
    }

    /// Fills the front, which is empty, with what comes next, and returns the first of it: [`NOTHING`] where nothing
    /// comes but what is in the crowd, `None` where nothing comes at all.
    #[cold]
    #[inline(never)]
    fn refill(&mut self) -> Option<u128> {
        loop {
            let Some(rung) = self.rungs.last_mut() else {
                self.front_end = u64::MAX;
                self.far_from = u64::MAX;
                let mut far = std::mem::take(&mut self.far);
                if far.len() <= LEAVES {
                    self.front.clear();
                    for key in far.drain(..) {
                        self.front.put(key);
                    }
                } else if at_one_instant(&far) {
                    self.crowd.extend(far.drain(..).map(Reverse));
                } else {
                    self.spread(&mut far, None);
                    self.far = far;
                    continue;
                }
                self.far = far;
                let first = self.front.first();
                return (!is_nothing(first) || !self.crowd.is_empty()).then_some(first);
            };
            let next = rung.heads[rung.present..rung.used].iter().position(|&head| head != NONE);
            let Some(ahead) = next else {
                self.spare.extend(self.rungs.pop());
                continue;
            };
            let bucket = rung.present + ahead;
            rung.go_to(bucket + 1);
            let end = rung.from;
            let mut place = std::mem::replace(&mut rung.heads[bucket], NONE);
            self.front_end = end;
            self.front.clear();
            let overflow = loop {
                if place == NONE {
                    return Some(self.front.first());
                }
                let (key, next) = self.store.unchain(place);
                place = next;
                if !self.front.put_anywhere(key) {
                    break key;
                }
            };
            // More than the front has room for: all of them are spread over a finer rung.
            let mut hands = std::mem::take(&mut self.hands);
            self.front.empty_into(&mut hands);
            hands.push(overflow);
            while place != NONE {
                let (key, next) = self.store.unchain(place);
                hands.push(key);
                place = next;
            }
            let together = at_one_instant(&hands);
            if together {
                self.crowd.extend(hands.drain(..).map(Reverse));
            } else {
                self.spread(&mut hands, Some(end));
            }
            self.hands = hands;
            if together {
                return Some(NOTHING);
            }
        }
    }

    /// Puts `keys`, which are not all at one instant, into a new innermost rung. It reaches to `end`, where the rung
    /// outside takes over. The outermost one reaches as far as most of them; the others, which are left in `keys`,
    /// belong to the far future that begins there.
    fn spread(&mut self, keys: &mut Vec<u128>, end: Option<u64>) {
        let (mut low, mut high, mut sum) = (u64::MAX, 0, 0u128);
        for &key in keys.iter() {
            low = low.min(time_of(key));
            high = high.max(time_of(key));
            sum += u128::from(time_of(key));
        }
        let last = end.map_or_else(
            || {
                // A few that are very far would make its buckets too wide for the many that are near.
                let ahead = (sum / keys.len() as u128) as u64 - low;
                high.min(low.saturating_add(ahead.saturating_mul(REACH)).saturating_add(1))
            },
            |end| end - 1,
        );
        let mut rung = self.spare.pop().unwrap_or_default();
        let wanted = keys.len().clamp(2, WIDEST) as u64;
        rung.shift = ((last - low) / wanted + 1).next_power_of_two().trailing_zeros();
        rung.start = low;
        rung.used = ((last - low) >> rung.shift) as usize + 1;
        let covered = u128::from(low) + ((rung.used as u128) << rung.shift);
        rung.end = end.unwrap_or_else(|| u64::try_from(covered).unwrap_or(u64::MAX));
        rung.go_to(0);
        if rung.heads.len() < rung.used {
            rung.heads.resize(rung.used, NONE);
        }
        keys.retain(|&key| {
            let later = time_of(key) >= rung.end;
            if !later {
                rung.put(&mut self.store, key);
            }
            later
        });
        if end.is_none() {
            self.far_from = rung.end;
        }
        self.front_end = low;
        self.rungs.push(rung);
    }
}

fn at_one_instant(keys: &[u128]) -> bool {
    keys.iter().all(|&key| time_of(key) == time_of(keys[0]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::chance::{Key, below};

    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Plain(u64);

    impl Ordered for Plain {
        fn code(self) -> u64 {
            self.0
        }
        fn from_code(code: u64) -> Plain {
            Plain(code)
        }
    }

    /// A long random script with many ties, held against a sorted list.
    #[test]
    fn events_come_in_order_of_time_and_code() {
        let mut chance = Key::root(5, 0).stream();
        let mut calendar = Calendar::default();
        let mut sorted: Vec<(u64, u64)> = Vec::new();
        for round in 0..20_000 {
            for _ in 0..below(&mut chance, 4) {
                let at = calendar.now().nanos() + below(&mut chance, 5);
                let code = below(&mut chance, 7);
                if below(&mut chance, 3) == 0 {
                    calendar.plan_aside(SimTime::from_nanos(at), Plain(code));
                } else {
                    calendar.plan(SimTime::from_nanos(at), Plain(code));
                }
                sorted.push((at, code));
            }
            assert_eq!(calendar.pending(), sorted.len());
            for _ in 0..below(&mut chance, if round < 5_000 { 3 } else { 5 }) {
                let end = calendar.now() + crate::ground::time::Span::from_nanos(below(&mut chance, 3));
                sorted.sort_unstable_by(|one, other| other.cmp(one));
                let due = sorted.last().copied().filter(|&(at, _)| at <= end.nanos());
                assert_eq!(calendar.next(end).map(Packed::unpack), due.map(|(_, code)| Plain(code)));
                if let Some((at, _)) = due {
                    assert_eq!(calendar.now().nanos(), at);
                    sorted.pop();
                }
            }
        }
    }

    /// Thousands of pending events over ten orders of magnitude, with crowds at single instants, held against a
    /// sorted list: every rung, bucket and spill is met.
    #[test]
    fn order_holds_for_many_events_of_any_spread() {
        let mut chance = Key::root(6, 0).stream();
        let mut calendar = Calendar::default();
        let mut sorted = std::collections::BTreeMap::new();
        let mut planned = 0u64;
        for round in 0..30_000u64 {
            let crowd = if below(&mut chance, 500) == 0 { 400 } else { below(&mut chance, 4) };
            let scale = 1u64 << below(&mut chance, if round % 3 == 0 { 34 } else { 12 });
            let together = below(&mut chance, 3 * scale);
            for _ in 0..crowd {
                let ahead = if crowd == 400 { together } else { below(&mut chance, 3 * scale) };
                let at = calendar.now().nanos() + ahead;
                planned += 1;
                if planned.is_multiple_of(5) {
                    calendar.plan_aside(SimTime::from_nanos(at), Plain(planned));
                } else {
                    calendar.plan(SimTime::from_nanos(at), Plain(planned));
                }
                sorted.insert((at, planned), ());
            }
            for _ in 0..below(&mut chance, if round < 12_000 { 3 } else { 9 }) {
                let due = sorted.pop_first().map(|(key, ())| key);
                assert_eq!(calendar.next(SimTime::NEVER).map(Packed::unpack), due.map(|(_, code)| Plain(code)));
                if let Some((at, _)) = due {
                    assert_eq!(calendar.now().nanos(), at);
                }
            }
            if round % 1_000 == 0 {
                assert_eq!(calendar.pending(), sorted.len());
            }
        }
    }

    #[test]
    fn what_is_planned_for_the_past_happens_now_and_never_is_never() {
        let mut calendar = Calendar::default();
        calendar.pass(SimTime::from_nanos(10));
        calendar.plan(SimTime::from_nanos(3), Plain(1));
        calendar.plan(SimTime::NEVER, Plain(2));
        assert_eq!(calendar.pending(), 1);
        assert_eq!(calendar.next(SimTime::NEVER).map(Packed::unpack), Some(Plain(1)));
        assert_eq!(calendar.now(), SimTime::from_nanos(10));
        assert_eq!(calendar.next::<Plain>(SimTime::NEVER), None);
    }

    /// More events at one instant than the front has room for, far beyond all others.
    #[test]
    fn a_far_crowd_at_one_instant_comes_in_order() {
        let mut calendar = Calendar::default();
        let near = 70;
        for code in 0..near {
            calendar.plan(SimTime::from_nanos(1 + code), Plain(code));
        }
        for code in (0..200).rev() {
            calendar.plan(SimTime::from_nanos(1 << 40), Plain(code));
        }
        let drained: Vec<u64> = std::iter::from_fn(|| calendar.next(SimTime::NEVER))
            .map(|event| Packed::<Plain>::unpack(event).0)
            .collect();
        assert_eq!(drained, (0..near).chain(0..200).collect::<Vec<_>>());
        assert_eq!(calendar.pending(), 0);
    }
}
