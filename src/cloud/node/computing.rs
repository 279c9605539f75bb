//! How much of a pool's slots computes, where some of its work only waits.

use crate::cloud::node::pool::Pool;
use crate::cloud::node::track::Track;
use crate::cloud::topology::Mix;
use crate::ground::time::SimTime;

/// What the slots of a pool compute, in millionths of a slot.
#[derive(Clone, Debug, Default)]
pub struct Computing {
    /// By slot.
    shares: Vec<u32>,
    /// Of all together.
    all: Track,
    /// Of each worker, by index; kept only where a controller leaves out those that are not yet warm.
    each: Option<Vec<Track>>,
}

impl Computing {
    /// Nothing is computed yet.
    pub fn new(each: bool) -> Computing {
        Computing { each: each.then(Vec::new), ..Computing::default() }
    }

    /// A slot of a worker computes so much from now on.
    pub fn sets(&mut self, worker: u32, slot: u32, share: u32, now: SimTime) {
        let (worker, slot) = (worker as usize, slot as usize);
        if slot >= self.shares.len() {
            self.shares.resize(slot + 1, 0);
        }
        let before = std::mem::replace(&mut self.shares[slot], share);
        let change = |track: &mut Track| track.set(now, track.level() + u64::from(share) - u64::from(before));
        change(&mut self.all);
        if let Some(each) = &mut self.each {
            if worker >= each.len() {
                each.resize(worker + 1, Track::default());
            }
            change(&mut each[worker]);
        }
    }

    /// Slots that were computing, as an integral over time.
    pub fn integral(&self, now: SimTime) -> u128 {
        self.all.integral(now) / u128::from(Mix::WHOLE)
    }

    /// The same of each worker.
    pub fn integrals_each(&self, now: SimTime) -> impl Iterator<Item = u128> {
        self.each.iter().flatten().map(move |track| track.integral(now) / u128::from(Mix::WHOLE))
    }

    /// What all slots compute at present, in millionths, and what each does.
    #[cfg(test)]
    pub fn level(&self) -> (u64, u64) {
        (self.all.level(), self.shares.iter().map(|&share| u64::from(share)).sum())
    }
}

impl Pool<'_> {
    /// A slot computes so much of a slot from now on, in millionths.
    #[inline]
    pub fn computes(&mut self, slot: u32, share: u32, now: SimTime) {
        if self.computing.is_some() {
            let worker = self.worker_of(slot);
            if let Some(computing) = &mut self.computing {
                computing.sets(worker, slot, share, now);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half a slot for 4 ns, then a quarter more for 4 ns: 2 + 3 slot-nanoseconds; the second worker has 1 of them.
    #[test]
    fn shares_of_slots_add_up() {
        let at = SimTime::from_nanos;
        let mut computing = Computing::new(true);
        computing.sets(0, 0, 500_000, at(10));
        computing.sets(1, 3, 250_000, at(14));
        assert_eq!(computing.integral(at(18)), 5);
        computing.sets(0, 0, 0, at(18));
        computing.sets(1, 3, 0, at(18));
        assert_eq!(computing.integrals_each(at(30)).collect::<Vec<_>>(), [4, 1]);
        assert_eq!(computing.level(), (0, 0));
    }
}
