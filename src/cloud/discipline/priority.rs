//! Ranks of requests: the best rank first, inside a rank the one who came first.

use std::collections::VecDeque;

/// One first-come line a rank.
#[derive(Clone, Debug)]
pub struct Ranks {
    ranks: Vec<VecDeque<u32>>,
}

impl Ranks {
    /// Lines for the ranks that are in use.
    pub(super) fn new(rank_of: &[u16]) -> Ranks {
        let ranks = rank_of.iter().max().map_or(1, |&worst| usize::from(worst) + 1);
        Ranks { ranks: vec![VecDeque::new(); ranks] }
    }

    pub(super) fn push_back(&mut self, job: u32, rank: u16) {
        self.ranks[usize::from(rank)].push_back(job);
    }

    pub(super) fn push_front(&mut self, job: u32, rank: u16) {
        self.ranks[usize::from(rank)].push_front(job);
    }

    pub(super) fn pop(&mut self) -> Option<u32> {
        self.ranks.iter_mut().find_map(VecDeque::pop_front)
    }

    pub(super) fn retain(&mut self, mut wanted: impl FnMut(u32) -> bool) {
        for rank in &mut self.ranks {
            rank.retain(|&job| wanted(job));
        }
    }
}
