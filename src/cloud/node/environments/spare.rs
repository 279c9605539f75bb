//! Environments of a function that can take one more run, in the order in which they are used: however many there are, the
//! next is found at once.

use crate::cloud::node::environments::environment::Environment;
use crate::cloud::request::NONE;
use crate::cloud::topology::Reuse;
use crate::ground::chance::{Stream, below};

/// Which of them: those kept ready before the others, and of either those at work, with a slot to spare, before the idle ones;
/// those that are being initialised last of all.
pub(super) const KEPT_AT_WORK: usize = 0;
pub(super) const KEPT_IDLE: usize = 1;
pub(super) const AT_WORK: usize = 2;
pub(super) const IDLE: usize = 3;
pub(super) const COMING: usize = 4;

/// The order in which some came.
#[derive(Clone, Copy, Debug)]
struct Chain {
    newest: u32,
    oldest: u32,
}

/// Environments that can take one more run.
#[derive(Debug)]
pub(super) struct Spare {
    reuse: Reuse,
    chains: [Chain; 5],
    /// The same in no order, where any is used next.
    any: [Vec<u32>; 5],
    chance: Stream,
}

impl Spare {
    /// Nobody yet.
    pub fn new(reuse: Reuse, chance: Stream) -> Spare {
        let nobody = Chain { newest: NONE, oldest: NONE };
        Spare { reuse, chains: [nobody; 5], any: [const { Vec::new() }; 5], chance }
    }

    /// The one of a kind that is used next.
    pub fn next(&mut self, kind: usize) -> Option<u32> {
        match self.reuse {
            Reuse::Latest => Some(self.chains[kind].newest).filter(|&index| index != NONE),
            Reuse::Oldest => self.oldest(kind),
            Reuse::Random => {
                let count = self.any[kind].len() as u64;
                (count > 0).then(|| self.any[kind][below(&mut self.chance, count) as usize])
            }
        }
    }

    /// The one of a kind that may go first.
    pub fn oldest(&self, kind: usize) -> Option<u32> {
        match self.reuse {
            Reuse::Random => self.any[kind].last().copied(),
            Reuse::Latest | Reuse::Oldest => Some(self.chains[kind].oldest).filter(|&index| index != NONE),
        }
    }

    /// Whether there is one of a kind.
    #[inline]
    pub fn has(&self, kind: usize) -> bool {
        self.chains[kind].newest != NONE || !self.any[kind].is_empty()
    }

    /// One can take a run from now on.
    pub fn joins(&mut self, each: &mut [Environment], index: u32, kind: usize) {
        if self.reuse == Reuse::Random {
            each[index as usize].older = self.any[kind].len() as u32;
            return self.any[kind].push(index);
        }
        let before = self.chains[kind].newest;
        let environment = &mut each[index as usize];
        (environment.older, environment.newer) = (before, NONE);
        match before {
            NONE => self.chains[kind].oldest = index,
            before => each[before as usize].newer = index,
        }
        self.chains[kind].newest = index;
    }

    /// … or no longer.
    pub fn leaves(&mut self, each: &mut [Environment], index: u32, kind: usize) {
        let Environment { older, newer, .. } = each[index as usize];
        if self.reuse == Reuse::Random {
            let (all, place) = (&mut self.any[kind], older);
            all.swap_remove(place as usize);
            if let Some(&moved) = all.get(place as usize) {
                each[moved as usize].older = place;
            }
            return;
        }
        match newer {
            NONE => self.chains[kind].newest = older,
            newer => each[newer as usize].older = older,
        }
        match older {
            NONE => self.chains[kind].oldest = newer,
            older => each[older as usize].newer = newer,
        }
    }

    /// All of a kind, for audits.
    #[cfg(test)]
    pub fn all(&self, each: &[Environment], kind: usize) -> Vec<u32> {
        let first = Some(self.chains[kind].newest).filter(|&index| index != NONE);
        let older = |&index: &u32| Some(each[index as usize].older).filter(|&index| index != NONE);
        std::iter::successors(first, older).chain(self.any[kind].iter().copied()).collect()
    }
}
