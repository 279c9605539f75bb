//! Who behind a balancer has how many outstanding requests: a tree over the places of a pool.

/// What a part of the places holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Summary {
    /// Workers in service.
    ready: u32,
    /// The fewest outstanding requests of any of them.
    fewest: u32,
    /// How many of them have that few.
    equal: u32,
}

impl Summary {
    const NONE: Summary = Summary { ready: 0, fewest: u32::MAX, equal: 0 };

    fn with(self, other: Summary) -> Summary {
        let fewest = self.fewest.min(other.fewest);
        let share = |part: Summary| if part.fewest == fewest { part.equal } else { 0 };
        Summary { ready: self.ready + other.ready, fewest, equal: share(self) + share(other) }
    }
}

/// The workers of one pool as a balancer sees them.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Requests waiting and in service, by place; kept while a worker is not in service too.
    outstanding: Vec<u32>,
    ready: Vec<bool>,
    /// A binary tree: the root is 1, the leaves begin at `leaves`.
    tree: Vec<Summary>,
    leaves: usize,
}

impl Default for Standing {
    fn default() -> Standing {
        Standing { outstanding: Vec::new(), ready: Vec::new(), tree: vec![Summary::NONE; 2], leaves: 1 }
    }
}

impl Standing {
    /// Adds a place at the end, not in service.
    pub fn add(&mut self) -> u32 {
        let place = self.outstanding.len();
        self.outstanding.push(0);
        self.ready.push(false);
        if place == self.leaves {
            self.grow();
        }
        place as u32
    }

    /// How many places there are.
    pub fn places(&self) -> u32 {
        self.outstanding.len() as u32
    }

    /// Forgets all places.
    pub fn clear(&mut self) {
        *self = Standing::default();
    }

    /// A worker comes into service.
    pub fn enter(&mut self, place: u32) {
        self.ready[place as usize] = true;
        self.mend(place);
    }

    /// A worker goes out of service; its requests stay counted.
    pub fn leave(&mut self, place: u32) {
        self.ready[place as usize] = false;
        self.mend(place);
    }

    /// It has one request more.
    #[inline]
    pub fn take(&mut self, place: u32) {
        self.outstanding[place as usize] += 1;
        self.mend(place);
    }

    /// It has one request fewer.
    #[inline]
    pub fn give(&mut self, place: u32) {
        self.outstanding[place as usize] -= 1;
        self.mend(place);
    }

    /// Whoever is still on the way to a place whose worker is gone will find nobody.
    pub fn forget(&mut self, place: u32) {
        self.outstanding[place as usize] = 0;
        self.mend(place);
    }

    /// Workers in service.
    pub fn ready(&self) -> u32 {
        self.tree[1].ready
    }

    /// Requests of the worker at a place.
    pub fn outstanding(&self, place: u32) -> u32 {
        self.outstanding[place as usize]
    }

    /// Whether the worker at a place is in service.
    pub fn is_ready(&self, place: u32) -> bool {
        self.ready[place as usize]
    }

    /// The fewest outstanding requests of a worker in service.
    pub fn fewest(&self) -> Option<u32> {
        (self.tree[1].ready > 0).then_some(self.tree[1].fewest)
    }

    /// How many workers in service have just so many, if nobody here has fewer.
    pub fn with_fewest(&self, fewest: u32) -> u32 {
        if self.tree[1].ready > 0 && self.tree[1].fewest == fewest { self.tree[1].equal } else { 0 }
    }

    /// The place of the n-th of those with the fewest; `n` is below their number.
    pub fn nth_fewest(&self, mut n: u32) -> u32 {
        let fewest = self.tree[1].fewest;
        let mut at = 1;
        while at < self.leaves {
            let left = self.tree[2 * at];
            let equal = if left.fewest == fewest { left.equal } else { 0 };
            at *= 2;
            if n >= equal {
                n -= equal;
                at += 1;
            }
        }
        (at - self.leaves) as u32
    }

    /// The place of the n-th worker in service; `n` is below their number.
    pub fn nth_ready(&self, mut n: u32) -> u32 {
        let mut at = 1;
        while at < self.leaves {
            let left = self.tree[2 * at].ready;
            at *= 2;
            if n >= left {
                n -= left;
                at += 1;
            }
        }
        (at - self.leaves) as u32
    }

    /// The first place from `from` on whose worker is in service.
    pub fn next_ready(&self, from: u32) -> Option<u32> {
        let mut at = self.leaves + from as usize;
        if from as usize >= self.outstanding.len() {
            return None;
        }
        // Up until a part to the right holds somebody, then down to the first of them.
        while self.tree[at].ready == 0 {
            while at % 2 == 1 {
                if at == 1 {
                    return None;
                }
                at /= 2;
            }
            at += 1;
            if at == 1 || at.is_power_of_two() {
                return None;
            }
        }
        while at < self.leaves {
            at *= 2;
            if self.tree[at].ready == 0 {
                at += 1;
            }
        }
        Some((at - self.leaves) as u32)
    }

    fn leaf(&self, place: usize) -> Summary {
        if self.ready[place] { Summary { ready: 1, fewest: self.outstanding[place], equal: 1 } } else { Summary::NONE }
    }

    fn mend(&mut self, place: u32) {
        let mut at = self.leaves + place as usize;
        self.tree[at] = self.leaf(place as usize);
        while at > 1 {
            at /= 2;
            self.tree[at] = self.tree[2 * at].with(self.tree[2 * at + 1]);
        }
    }

    fn grow(&mut self) {
        self.leaves *= 2;
        self.tree = vec![Summary::NONE; 2 * self.leaves];
        for place in 0..self.outstanding.len() {
            self.tree[self.leaves + place] = self.leaf(place);
        }
        for at in (1..self.leaves).rev() {
            self.tree[at] = self.tree[2 * at].with(self.tree[2 * at + 1]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::chance::{Key, below};

    /// Ten thousand random changes, each answer held against a plain scan.
    #[test]
    fn the_tree_answers_as_a_scan_would() {
        let mut chance = Key::root(9, 0).stream();
        let mut standing = Standing::default();
        for round in 0..10_000u32 {
            let places = standing.outstanding.len() as u64;
            if places < 2 || round % 200 == 0 {
                standing.add();
                continue;
            }
            let place = below(&mut chance, places) as u32;
            match below(&mut chance, 4) {
                0 => standing.enter(place),
                1 => standing.leave(place),
                2 => standing.take(place),
                _ if standing.outstanding(place) > 0 => standing.give(place),
                _ => continue,
            }
            let ready: Vec<u32> = (0..places as u32).filter(|&place| standing.is_ready(place)).collect();
            assert_eq!(standing.ready() as usize, ready.len());
            assert_eq!(standing.next_ready(place), ready.iter().copied().find(|&next| next >= place));
            let fewest = ready.iter().map(|&place| standing.outstanding(place)).min();
            assert_eq!(standing.fewest(), fewest);
            let Some(fewest) = fewest else { continue };
            let best: Vec<u32> = ready.iter().copied().filter(|&place| standing.outstanding(place) == fewest).collect();
            assert_eq!(standing.with_fewest(fewest) as usize, best.len());
            let n = below(&mut chance, best.len() as u64) as usize;
            assert_eq!(standing.nth_fewest(n as u32), best[n]);
            let n = below(&mut chance, ready.len() as u64) as usize;
            assert_eq!(standing.nth_ready(n as u32), ready[n]);
        }
    }
}
