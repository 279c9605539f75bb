//! The future: soonest first, and at one instant in the order of the events' codes.

use crate::ground::time::SimTime;

/// An event that can be packed into 64 bits, whose order as a number is its order within an instant.
pub trait Ordered: Copy {
    /// The event as a number.
    fn code(self) -> u64;
    /// The event of a number that `code` made.
    fn from_code(code: u64) -> Self;
}

/// How many children a place of the heap has. Four share one cache line.
const WIDTH: usize = 4;
/// Later than any event.
const NOTHING: u128 = u128::MAX;

/// What will happen, and when.
///
/// An implicit four-ary heap of 16-byte keys: time above, the event's code below, so that one comparison orders
/// everything and nothing else need be stored. Taking the next event leaves a hole at the root; the first event
/// planned after it falls into that hole, so that the usual pair of one taken and one planned costs one sift.
#[derive(Debug)]
pub struct Calendar {
    /// The first `len` are the heap. What follows, up to the end of the last family of children, is [`NOTHING`], so
    /// that every family can be compared as a whole.
    keys: Vec<u128>,
    len: usize,
    /// The root was taken and not yet replaced.
    hole: bool,
    now: SimTime,
}

impl Default for Calendar {
    fn default() -> Calendar {
        Calendar { keys: vec![NOTHING; 65], len: 0, hole: false, now: SimTime::START }
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
        self.len - usize::from(self.hole)
    }

    /// Plans an event. What is planned for the past happens now; what is planned for [`SimTime::NEVER`] never does.
    #[inline(always)]
    pub fn plan(&mut self, at: SimTime, event: impl Ordered) {
        if at == SimTime::NEVER {
            return;
        }
        let key = u128::from(at.max(self.now).nanos()) << 64 | u128::from(event.code());
        if self.hole {
            self.hole = false;
            self.sink(key);
        } else {
            self.rise(key);
        }
    }

    /// Takes the next event, if it happens at `end` at the latest, and moves the clock to it.
    #[inline(always)]
    pub fn next<E: Ordered>(&mut self, end: SimTime) -> Option<E> {
        if self.hole {
            self.close();
        }
        let key = self.keys[0];
        let at = SimTime::from_nanos((key >> 64) as u64);
        if self.len == 0 || at > end {
            return None;
        }
        self.hole = true;
        self.now = at;
        Some(E::from_code(key as u64))
    }

    /// The instant of the next event.
    pub fn peek(&mut self) -> Option<SimTime> {
        if self.hole {
            self.close();
        }
        (self.len > 0).then(|| SimTime::from_nanos((self.keys[0] >> 64) as u64))
    }

    /// Moves the clock on without an event. Never back.
    pub fn pass(&mut self, to: SimTime) {
        self.now = self.now.max(to);
    }

    /// Fills the hole at the root with the last key.
    #[inline(always)]
    fn close(&mut self) {
        self.hole = false;
        self.len -= 1;
        let last = std::mem::replace(&mut self.keys[self.len], NOTHING);
        if self.len > 0 {
            self.sink(last);
        }
    }

    /// Puts `key` at the end and lets it rise to where it belongs.
    #[inline]
    fn rise(&mut self, key: u128) {
        let mut at = self.len;
        self.len += 1;
        if at == self.keys.len() {
            // A whole family more, so that the length stays one above a multiple of the width.
            self.keys.extend([NOTHING; WIDTH]);
        }
        let keys = self.keys.as_mut_slice();
        while at > 0 {
            let parent = (at - 1) / WIDTH;
            if keys[parent] <= key {
                break;
            }
            keys[at] = keys[parent];
            at = parent;
        }
        keys[at] = key;
    }

    /// Puts `key` at the root and lets it sink to where it belongs.
    #[inline]
    fn sink(&mut self, key: u128) {
        let keys = self.keys.as_mut_slice();
        let mut at = 0;
        loop {
            let first = WIDTH * at + 1;
            let Some(&[a, b, c, d]) = keys.get(first..).and_then(|rest| rest.first_chunk()) else { break };
            let (left, left_place) = if b < a { (b, first + 1) } else { (a, first) };
            let (right, right_place) = if d < c { (d, first + 3) } else { (c, first + 2) };
            let (least, place) = if right < left { (right, right_place) } else { (left, left_place) };
            if key <= least {
                break;
            }
            keys[at] = least;
            at = place;
        }
        keys[at] = key;
    }
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
