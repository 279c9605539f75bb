//! Hand-written loops of single systems, with nothing around them: no scenario, no figures but a mean, no recorder.
//! They bound what a declared scenario could reach on the same machine in the same minute.

use std::collections::VecDeque;

use queuelab::ground::chance::{Key, Stream, below};
use queuelab::ground::distribution::{Distribution, Known};

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

/// Counts by 32 buckets an octave: all that the story below keeps of its times.
struct Counts(Vec<u32>);

impl Counts {
    #[inline(always)]
    fn add(&mut self, nanos: u64) {
        let octave = 63 - (nanos | 32).leading_zeros();
        let bucket = ((octave - 5) << 5) as usize + (nanos >> (octave - 5)) as usize;
        self.0[bucket & 2047] += 1;
    }
}

/// What is remembered of a request of the story.
#[derive(Clone, Copy, Default)]
struct Told {
    born: u64,
    since: u64,
    /// 0 gone, 1 in line for upload, 2 uploading, 3 queued, 4 processed, 5 pausing, 6 given up.
    state: u8,
    tries: u8,
    stamp: u32,
}

/// The whole story by hand: 130 upload slots, a queue, a processing tier that looks every ten seconds and boots
/// workers, lognormal work, one in a hundred failing with a retry after a pause, a timeout of 30 s on every request
/// in a first-in-first-out lane, machine seconds billed, four histograms. Returns the mean completion in seconds.
pub fn story(requests: u64, seed: u64) -> f64 {
    const SECOND: u64 = 1_000_000_000;
    const KIND: u64 = 1 << 40;
    let law = |law: Result<Distribution, String>| law.expect("a law with a mean above 0");
    let mut chance = Key::root(seed, 0).stream();
    let (gap, upload) = (law(Distribution::exponential(1e6)), law(Distribution::exponential(1e8)));
    let (process, boot) =
        (law(Distribution::lognormal(&[Known::Mean(5e8), Known::Scv(1.72)])), law(Distribution::exponential(4e10)));
    let mut events = Ladder::default();
    let mut lane: VecDeque<(u64, u32, u32)> = VecDeque::new();
    let (mut told, mut free): (Vec<Told>, Vec<u32>) = Default::default();
    let (mut uploads, mut queue): (VecDeque<u32>, VecDeque<u32>) = Default::default();
    let mut started: Vec<u64> = vec![0; 600];
    let mut counts = [0; 4].map(|_: u8| Counts(vec![0; 2048]));
    let (mut idle, mut ready, mut busy, mut booting, mut live) = (130u32, 600u32, 0u32, 0u32, 0u64);
    let (mut left, mut done, mut total, mut billed) = (requests, 0u64, 0u64, 0u64);
    events.push(0, 3 * KIND);
    events.push(10 * SECOND, 4 * KIND);
    while let Some((now, event)) = events.pop() {
        // What fell due meanwhile; a timer whose request is gone, or was told since, has another stamp.
        while let Some(&(due, request, stamp)) = lane.front().filter(|&&(due, ..)| due <= now) {
            lane.pop_front();
            let one = &mut told[request as usize];
            if one.stamp == stamp && one.state != 0 {
                counts[2].add(due - one.born);
                one.state = 6;
            }
        }
        let id = event as u32;
        match event / KIND {
            3 => {
                let id = free.pop().unwrap_or_else(|| {
                    told.push(Told::default());
                    told.len() as u32 - 1
                });
                live += 1;
                let one = &mut told[id as usize];
                *one = Told { born: now, since: now, state: 1, tries: 0, stamp: one.stamp };
                lane.push_back((now + 30 * SECOND, id, one.stamp));
                if idle > 0 {
                    idle -= 1;
                    one.state = 2;
                    events.push(now + upload.sample(&mut chance), u64::from(id));
                } else {
                    uploads.push_back(id);
                }
                left -= 1;
                if left > 0 {
                    events.push(now + gap.sample(&mut chance), 3 * KIND);
                }
            }
            0 => {
                let one = &mut told[id as usize];
                counts[0].add(now - one.since);
                if one.state == 6 {
                    (one.state, one.stamp, live) = (0, one.stamp + 1, live - 1);
                    free.push(id);
                } else if busy < ready {
                    busy += 1;
                    (one.state, one.since) = (4, now);
                    events.push(now + process.sample(&mut chance), KIND | u64::from(id));
                } else {
                    (one.state, one.since) = (3, now);
                    queue.push_back(id);
                }
                match uploads.pop_front() {
                    Some(next) => {
                        told[next as usize].state = 2;
                        events.push(now + upload.sample(&mut chance), u64::from(next));
                    }
                    None => idle += 1,
                }
            }
            1 => {
                let one = &mut told[id as usize];
                counts[1].add(now - one.since);
                let fails = below(&mut chance, 100) == 0;
                if one.state != 6 && fails && one.tries < 3 {
                    (one.tries, one.state) = (one.tries + 1, 5);
                    let pause = (0.2e9 * f64::from(1u32 << one.tries)) as u64;
                    events.push(now + pause, (2 * KIND) | u64::from(id));
                } else {
                    if one.state != 6 {
                        done += 1;
                        total += now - one.born;
                        counts[2].add(now - one.born);
                    }
                    (one.state, one.stamp, live) = (0, one.stamp + 1, live - 1);
                    free.push(id);
                }
                match queue.pop_front() {
                    _ if busy > ready => busy -= 1,
                    Some(next) => {
                        let one = &mut told[next as usize];
                        counts[3].add(now - one.since);
                        (one.state, one.since) = (4, now);
                        events.push(now + process.sample(&mut chance), KIND | u64::from(next));
                    }
                    None => busy -= 1,
                }
            }
            2 => {
                let one = &mut told[id as usize];
                if one.state == 6 {
                    (one.state, one.stamp, live) = (0, one.stamp + 1, live - 1);
                    free.push(id);
                } else if busy < ready {
                    busy += 1;
                    (one.state, one.since) = (4, now);
                    events.push(now + process.sample(&mut chance), KIND | u64::from(id));
                } else {
                    (one.state, one.since) = (3, now);
                    queue.push_back(id);
                }
            }
            4 => {
                let wanted = (busy + queue.len() as u32 / 20).max(500) + 30;
                if wanted > ready + booting {
                    for _ in 0..(wanted - ready - booting).min(50) {
                        booting += 1;
                        events.push(now + boot.sample(&mut chance), 5 * KIND);
                    }
                } else if wanted + 20 < ready {
                    for since in started.drain(started.len() - 10..) {
                        billed += (now - since).div_ceil(SECOND).max(60);
                    }
                    ready -= 10;
                }
                if left > 0 || live > 0 {
                    events.push(now + 10 * SECOND, 4 * KIND);
                }
            }
            _ => {
                (booting, ready) = (booting - 1, ready + 1);
                started.push(now);
                if let Some(next) = queue.pop_front() {
                    busy += 1;
                    let one = &mut told[next as usize];
                    (one.state, one.since) = (4, now);
                    events.push(now + process.sample(&mut chance), KIND | u64::from(next));
                }
            }
        }
    }
    std::hint::black_box((billed, &counts));
    total as f64 / done as f64 / UNIT
}
