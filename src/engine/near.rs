//! The nearest events: a small implicit heap of keys.

/// How many children a place of the heap has. Four share one cache line.
const WIDTH: usize = 4;
/// Later than any event.
const NOTHING: u128 = u128::MAX;

/// Keys of which the least is at hand.
///
/// Taking it leaves a hole at the root; the first key put in after that falls into the hole, so that the usual pair
/// of one taken and one put in costs one sift. Behind the keys, up to the end of the last family of children, stands
/// [`NOTHING`], so that every family can be compared as a whole.
#[derive(Debug)]
pub(super) struct Near {
    keys: Vec<u128>,
    len: usize,
    /// The root was taken and not yet replaced; `len` still counts it.
    hole: bool,
}

impl Near {
    /// Nothing, with room for so many.
    pub fn with_room(room: usize) -> Near {
        Near { keys: vec![NOTHING; WIDTH * room.div_ceil(WIDTH) + 1], len: 0, hole: false }
    }

    /// How many keys are in it.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len - usize::from(self.hole)
    }

    /// The least key.
    #[inline(always)]
    pub fn first(&mut self) -> Option<u128> {
        if self.hole {
            self.close();
        }
        if self.len == 0 { None } else { Some(self.keys[0]) }
    }

    /// Takes the least key, which [`Near::first`] has just shown.
    #[inline(always)]
    pub fn take(&mut self) {
        self.hole = true;
    }

    /// Puts a key in.
    #[inline(always)]
    pub fn put(&mut self, key: u128) {
        if self.hole {
            self.hole = false;
            self.sink(key);
        } else {
            self.rise(key);
        }
    }

    /// Takes all keys out, in no order.
    pub fn drain(&mut self, out: &mut Vec<u128>) {
        let first = usize::from(self.hole);
        out.extend_from_slice(&self.keys[first.min(self.len)..self.len]);
        self.keys[..self.len].fill(NOTHING);
        self.len = 0;
        self.hole = false;
    }

    /// Puts keys in where there are none; empties `keys`.
    pub fn fill(&mut self, keys: &mut Vec<u128>) {
        if self.hole {
            self.close();
        }
        debug_assert!(self.len == 0, "only an empty row is filled");
        keys.sort_unstable();
        let wanted = WIDTH * keys.len().div_ceil(WIDTH) + 1;
        if self.keys.len() < wanted {
            self.keys.resize(wanted, NOTHING);
        }
        // What is sorted is a heap.
        self.keys[..keys.len()].copy_from_slice(keys);
        self.len = keys.len();
        keys.clear();
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
    #[inline(always)]
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
    #[inline(always)]
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
