//! The future: soonest first, and at one instant in the order of the events' codes.

use crate::ground::time::SimTime;

/// An event that can be packed into 64 bits, whose order as a number is its order within an instant.
pub trait Ordered: Copy {
    /// The event as a number.
    fn code(self) -> u64;
    /// The event of a number that `code` made.
    fn from_code(code: u64) -> Self;
}

/// As many events as are kept in one sorted row; more of them are spread over a rung.
const ROW: usize = 48;
/// So many are sorted at once when their turn comes; a fuller bucket is spread over a finer rung first.
const BUCKET: usize = 24;
/// Buckets of one rung at the most: a rung of a million events still fits the processor's cache.
const WIDEST: usize = 1 << 16;

/// What will happen, and when.
///
/// A ladder queue (Tang, Goh and Thng, *ACM TOMACS* 15(3), 2005) of 16-byte keys: time above, the event's code
/// below, so that one comparison orders everything and nothing else need be stored. The nearest events stand in a
/// short sorted row; later ones in the buckets of rungs, unsorted; the far future lies in no order beyond them.
/// Small worlds never leave the row, large ones pay the same for each event whatever their number.
#[derive(Debug)]
pub struct Calendar {
    /// The nearest, latest first, so that the next one is at the end.
    row: Vec<u128>,
    /// Events from this time on do not belong into the row.
    row_end: u64,
    /// Finer and finer; the last one is nearest.
    rungs: Vec<Rung>,
    /// Rungs that were used up, kept for their buckets' room.
    spare: Vec<Rung>,
    /// Beyond the first rung, in no order.
    far: Vec<u128>,
    /// Events from this time on are far.
    far_from: u64,
    /// A row longer than this is spread over a rung.
    limit: usize,
    now: SimTime,
}

/// Equal spans of time, each with its events in no order.
#[derive(Debug, Default)]
struct Rung {
    start: u64,
    /// A bucket's span is two to this power.
    shift: u32,
    /// The first bucket that was not yet emptied …
    present: usize,
    /// … and the time at which it begins.
    from: u64,
    used: usize,
    /// Where the next outer rung, or the far future, takes over.
    end: u64,
    buckets: Vec<Vec<u128>>,
}

impl Rung {
    #[inline]
    fn put(&mut self, key: u128) {
        let bucket = (time_of(key) - self.start) >> self.shift;
        self.buckets[bucket as usize].push(key);
    }

    /// Goes on to a later bucket.
    fn go_to(&mut self, bucket: usize) {
        self.present = bucket;
        let from = u128::from(self.start) + ((bucket as u128) << self.shift);
        self.from = u64::try_from(from).unwrap_or(u64::MAX).min(self.end);
    }
}

#[inline(always)]
const fn time_of(key: u128) -> u64 {
    (key >> 64) as u64
}

impl Default for Calendar {
    fn default() -> Calendar {
        Calendar {
            row: Vec::with_capacity(ROW + 1),
            row_end: u64::MAX,
            rungs: Vec::new(),
            spare: Vec::new(),
            far: Vec::new(),
            far_from: u64::MAX,
            limit: ROW,
            now: SimTime::START,
        }
    }
}

impl Calendar {
    /// The instant that was reached.
    #[inline]
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// Events that will happen.
    pub fn pending(&self) -> usize {
        let bucketed: usize = self.rungs.iter().flat_map(|rung| &rung.buckets).map(Vec::len).sum();
        self.row.len() + bucketed + self.far.len()
    }

    /// Plans an event. What is planned for the past happens now; what is planned for [`SimTime::NEVER`] never does.
    #[inline(always)]
    pub fn plan(&mut self, at: SimTime, event: impl Ordered) {
        let at = at.max(self.now).nanos();
        let key = u128::from(at) << 64 | u128::from(event.code());
        if at < self.row_end {
            self.insert(key);
        } else {
            self.put_off(at, key);
        }
    }

    /// Takes the next event, if it happens at `end` at the latest, and moves the clock to it.
    #[inline(always)]
    pub fn next<E: Ordered>(&mut self, end: SimTime) -> Option<E> {
        if self.row.is_empty() && !self.refill() {
            return None;
        }
        let key = *self.row.last()?;
        let at = SimTime::from_nanos(time_of(key));
        if at > end {
            return None;
        }
        self.row.pop();
        self.now = at;
        Some(E::from_code(key as u64))
    }

    /// The instant of the next event.
    pub fn peek(&mut self) -> Option<SimTime> {
        if self.row.is_empty() && !self.refill() {
            return None;
        }
        self.row.last().map(|&key| SimTime::from_nanos(time_of(key)))
    }

    /// Moves the clock on without an event. Never back.
    pub fn pass(&mut self, to: SimTime) {
        self.now = self.now.max(to);
    }

    /// Puts a near event into the row.
    #[inline(always)]
    fn insert(&mut self, key: u128) {
        let mut at = self.row.len();
        self.row.push(key);
        let row = self.row.as_mut_slice();
        while at > 0 && row[at - 1] < key {
            row[at] = row[at - 1];
            at -= 1;
        }
        row[at] = key;
        if row.len() > self.limit {
            self.spill();
        }
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
                return rung.put(key);
            }
        }
        // Nothing lies between the last rung and the row: the row ends where the rung goes on.
        self.insert(key);
    }

    /// The row has grown too long: it is spread over a rung.
    #[cold]
    #[inline(never)]
    fn spill(&mut self) {
        let mut row = std::mem::take(&mut self.row);
        if at_one_instant(&row) {
            // No rung can part them, and sorted they are already.
            self.row = row;
        } else {
            let end = (!self.rungs.is_empty()).then_some(self.row_end);
            self.spread(&mut row, end);
            // The emptied row keeps its room.
            self.row = row;
            self.refill();
        }
        // Where many share an instant the row stays long: not every further one may cost another look at all.
        self.limit = ROW.max(2 * self.row.len());
    }

    /// Fills the row, which is empty, with what comes next. False where nothing does.
    #[cold]
    #[inline(never)]
    fn refill(&mut self) -> bool {
        self.limit = ROW;
        loop {
            let depth = self.rungs.len();
            let Some(rung) = self.rungs.last_mut() else {
                self.row_end = u64::MAX;
                self.far_from = u64::MAX;
                let mut far = std::mem::take(&mut self.far);
                if far.len() > BUCKET && !at_one_instant(&far) {
                    self.spread(&mut far, None);
                    self.far = far;
                    continue;
                }
                self.sort_in(&mut far);
                self.far = far;
                return !self.row.is_empty();
            };
            let next = (rung.present..rung.used).find(|&bucket| !rung.buckets[bucket].is_empty());
            let Some(at) = next else {
                self.spare.extend(self.rungs.pop());
                continue;
            };
            let mut bucket = std::mem::take(&mut rung.buckets[at]);
            rung.go_to(at + 1);
            let (end, shift) = (rung.from, rung.shift);
            if bucket.len() > BUCKET && shift > 0 && !at_one_instant(&bucket) {
                self.spread(&mut bucket, Some(end));
                self.rungs[depth - 1].buckets[at] = bucket;
                continue;
            }
            self.row_end = end;
            self.sort_in(&mut bucket);
            self.rungs[depth - 1].buckets[at] = bucket;
            return true;
        }
    }

    /// Empties `keys` into the row, which is empty.
    fn sort_in(&mut self, keys: &mut Vec<u128>) {
        self.row.append(keys);
        self.row.sort_unstable_by(|one, other| other.cmp(one));
    }

    /// Empties `keys`, which are not all at one instant, into a new innermost rung. It reaches to `end`, where the
    /// rung outside takes over; the outermost one to a little beyond the last of them, where the far future begins.
    fn spread(&mut self, keys: &mut Vec<u128>, end: Option<u64>) {
        let (mut low, mut high) = (u64::MAX, 0);
        for &key in keys.iter() {
            low = low.min(time_of(key));
            high = high.max(time_of(key));
        }
        let last = end.map_or(high, |end| end - 1);
        let mut rung = self.spare.pop().unwrap_or_default();
        let wanted = (keys.len() / 2).clamp(2, WIDEST) as u64;
        rung.shift = ((last - low) / wanted + 1).next_power_of_two().trailing_zeros();
        rung.start = low;
        rung.used = ((last - low) >> rung.shift) as usize + 1;
        let covered = u128::from(low) + ((rung.used as u128) << rung.shift);
        rung.end = end.unwrap_or_else(|| u64::try_from(covered).unwrap_or(u64::MAX));
        rung.go_to(0);
        if rung.buckets.len() < rung.used {
            rung.buckets.resize_with(rung.used, Vec::new);
        }
        for key in keys.drain(..) {
            rung.put(key);
        }
        if end.is_none() {
            self.far_from = rung.end;
        }
        self.row_end = low;
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
                calendar.plan(SimTime::from_nanos(at), Plain(code));
                sorted.push((at, code));
            }
            assert_eq!(calendar.pending(), sorted.len());
            for _ in 0..below(&mut chance, if round < 5_000 { 3 } else { 5 }) {
                let end = calendar.now() + crate::ground::time::Span::from_nanos(below(&mut chance, 3));
                sorted.sort_unstable_by(|one, other| other.cmp(one));
                let due = sorted.last().copied().filter(|&(at, _)| at <= end.nanos());
                assert_eq!(calendar.next(end), due.map(|(_, code)| Plain(code)));
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
                calendar.plan(SimTime::from_nanos(at), Plain(planned));
                sorted.insert((at, planned), ());
            }
            for _ in 0..below(&mut chance, if round < 12_000 { 3 } else { 9 }) {
                let due = sorted.pop_first().map(|(key, ())| key);
                assert_eq!(calendar.next(SimTime::NEVER), due.map(|(_, code)| Plain(code)));
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
        assert_eq!(calendar.next(SimTime::NEVER), Some(Plain(1)));
        assert_eq!(calendar.now(), SimTime::from_nanos(10));
        assert_eq!(calendar.next::<Plain>(SimTime::NEVER), None);
    }
}
