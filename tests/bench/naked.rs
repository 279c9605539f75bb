//! Hand-written loops of single systems, with nothing around them: no scenario, no figures but a mean, no recorder.
//! They bound what a declared scenario could reach on the same machine in the same minute.

use std::collections::VecDeque;

use queuelab::ground::chance::{Key, Stream};
use queuelab::ground::distribution::Distribution;

/// Nanoseconds in the unit of time: the mean service time.
const UNIT: f64 = 1e9;

/// A source of exponential gaps: the plainest stream and sampler.
struct Gaps {
    chance: Stream,
    law: Distribution,
}

impl Gaps {
    fn new(seed: u64, mean: f64) -> Gaps {
        let law = Distribution::exponential(mean * UNIT).expect("a mean above 0");
        Gaps { chance: Key::root(seed, 0).stream(), law }
    }

    #[inline(always)]
    fn next(&mut self) -> u64 {
        self.law.sample(&mut self.chance)
    }
}

/// Servers' ends in a tree of winners, the next arrival in a register: M/M/c by the fewest steps an event loop can
/// take. Returns the mean sojourn in units of time.
pub fn slots(servers: usize, load: f64, customers: u64, seed: u64) -> f64 {
    let base = servers.next_power_of_two().max(2);
    let mut keys = vec![u64::MAX; base];
    let mut tree: Vec<u32> = vec![0; 2 * base];
    (0..base).for_each(|place| tree[base + place] = place as u32);
    (1..base).rev().for_each(|at| tree[at] = tree[2 * at]);
    let (mut gaps, mut works) = (Gaps::new(seed, 1.0 / (load * servers as f64)), Gaps::new(seed + 1, 1.0));
    let mut born = vec![0u64; servers];
    let mut idle: Vec<u32> = (0..servers as u32).rev().collect();
    let mut line: VecDeque<u64> = VecDeque::new();
    let (mut left, mut done, mut total, mut next) = (customers, 0u64, 0u64, 0u64);
    let set = |keys: &mut [u64], tree: &mut [u32], slot: u32, key: u64| {
        keys[slot as usize] = key;
        let mut at = (base + slot as usize) >> 1;
        while at > 0 {
            let (one, other) = (tree[2 * at], tree[2 * at + 1]);
            tree[at] = if keys[other as usize] < keys[one as usize] { other } else { one };
            at >>= 1;
        }
    };
    while done < customers {
        let slot = tree[1];
        let end = keys[slot as usize];
        if next <= end {
            let now = next;
            match idle.pop() {
                Some(slot) => {
                    born[slot as usize] = now;
                    set(&mut keys, &mut tree, slot, now + works.next());
                }
                None => line.push_back(now),
            }
            left -= 1;
            next = if left > 0 { now + gaps.next() } else { u64::MAX };
        } else {
            total += end - born[slot as usize];
            done += 1;
            match line.pop_front() {
                Some(birth) => {
                    born[slot as usize] = birth;
                    set(&mut keys, &mut tree, slot, end + works.next());
                }
                None => {
                    set(&mut keys, &mut tree, slot, u64::MAX);
                    idle.push(slot);
                }
            }
        }
    }
    total as f64 / customers as f64 / UNIT
}

/// A one-rung ladder: far events unsorted, near ones in buckets, the present bucket sorted.
#[derive(Default)]
struct Ladder {
    top: Vec<u128>,
    rung: Vec<Vec<u128>>,
    present: usize,
    used: usize,
    start: u64,
    shift: u32,
    end: u64,
    bottom: Vec<u128>,
    bottom_end: u64,
    pending: usize,
}

impl Ladder {
    #[inline(always)]
    fn push(&mut self, time: u64, id: u64) {
        let key = u128::from(time) << 64 | u128::from(id);
        self.pending += 1;
        if time >= self.end {
            self.top.push(key);
        } else if time >= self.bottom_end {
            self.rung[((time - self.start) >> self.shift) as usize].push(key);
        } else {
            let mut at = self.bottom.len();
            self.bottom.push(key);
            while at > 0 && self.bottom[at - 1] < key {
                self.bottom[at] = self.bottom[at - 1];
                at -= 1;
            }
            self.bottom[at] = key;
        }
    }

    #[inline(always)]
    fn pop(&mut self) -> Option<(u64, u64)> {
        if self.pending == 0 {
            return None;
        }
        if self.bottom.is_empty() {
            self.refill();
        }
        self.pending -= 1;
        self.bottom.pop().map(|key| ((key >> 64) as u64, key as u64))
    }

    #[cold]
    fn refill(&mut self) {
        loop {
            while self.present < self.used {
                let bucket = self.present;
                self.present += 1;
                self.bottom_end = self.start + ((self.present as u64) << self.shift);
                if !self.rung[bucket].is_empty() {
                    self.bottom.append(&mut self.rung[bucket]);
                    self.bottom.sort_unstable_by(|one, other| other.cmp(one));
                    return;
                }
            }
            let time = |key: &u128| (key >> 64) as u64;
            let low = self.top.iter().map(time).min().unwrap_or(0);
            let high = self.top.iter().map(time).max().unwrap_or(0);
            let buckets = (self.top.len() / 2).max(1) as u64;
            self.shift = ((high - low) / buckets + 1).next_power_of_two().trailing_zeros();
            self.start = low;
            self.used = ((high - low) >> self.shift) as usize + 1;
            if self.rung.len() < self.used {
                self.rung.resize_with(self.used, Vec::new);
            }
            self.end = low + ((self.used as u64) << self.shift);
            self.present = 0;
            self.bottom_end = low;
            for key in self.top.drain(..) {
                self.rung[(((key >> 64) as u64 - low) >> self.shift) as usize].push(key);
            }
        }
    }
}

/// Stations in a row, customers in a slab, events in a ladder. Returns the mean sojourn in units of time.
pub fn ladder(stations: usize, servers: u32, load: f64, customers: u64, seed: u64) -> f64 {
    const ARRIVAL: u64 = u64::MAX;
    let (mut gaps, mut works) = (Gaps::new(seed, 1.0 / (load * f64::from(servers))), Gaps::new(seed + 1, 1.0));
    let mut events = Ladder::default();
    let mut lines: Vec<(VecDeque<u32>, u32)> = (0..stations).map(|_| (VecDeque::new(), servers)).collect();
    let (mut born, mut at, mut free): (Vec<u64>, Vec<u32>, Vec<u32>) = Default::default();
    let (mut left, mut total) = (customers, 0u64);
    events.push(0, ARRIVAL);
    while let Some((now, id)) = events.pop() {
        if id == ARRIVAL {
            let customer = free.pop().unwrap_or_else(|| {
                born.push(0);
                at.push(0);
                born.len() as u32 - 1
            });
            born[customer as usize] = now;
            at[customer as usize] = 0;
            if lines[0].1 > 0 {
                lines[0].1 -= 1;
                events.push(now + works.next(), u64::from(customer));
            } else {
                lines[0].0.push_back(customer);
            }
            left -= 1;
            if left > 0 {
                events.push(now + gaps.next(), ARRIVAL);
            }
            continue;
        }
        let customer = id as u32;
        let station = at[customer as usize] as usize;
        match lines[station].0.pop_front() {
            Some(next) => events.push(now + works.next(), u64::from(next)),
            None => lines[station].1 += 1,
        }
        if station + 1 < stations {
            at[customer as usize] += 1;
            let next = &mut lines[station + 1];
            if next.1 > 0 {
                next.1 -= 1;
                events.push(now + works.next(), u64::from(customer));
            } else {
                next.0.push_back(customer);
            }
        } else {
            total += now - born[customer as usize];
            free.push(customer);
        }
    }
    total as f64 / customers as f64 / UNIT
}
