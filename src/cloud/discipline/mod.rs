//! Who of a line is next. A discipline a file; a line holds jobs by number and knows nothing else of them.

mod priority;
mod shortest;

use std::collections::VecDeque;

use crate::cloud::discipline::priority::Ranks;
use crate::cloud::discipline::shortest::Shortest;
use crate::cloud::topology::Discipline;
use crate::ground::chance::{Stream, below};

/// Jobs that wait, in the order of their discipline.
#[derive(Clone, Debug)]
pub enum Line {
    /// The one who came first.
    FirstCome(VecDeque<u32>),
    /// The one who came last.
    LastCome(Vec<u32>),
    /// Any, evenly.
    Random(Vec<u32>),
    /// The one with the least work, or with the earliest deadline.
    Shortest(Shortest),
    /// The best rank; inside a rank the one who came first.
    Priority(Ranks),
}

/// What a discipline may ask about who joins.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// Nanoseconds of work at this pool, or of its deadline; only looked at by the disciplines that sort by them.
    pub need: u64,
    /// The rank of its kind; 0 is served first. Only looked at by priorities.
    pub rank: u16,
}

impl Line {
    /// An empty line of a discipline.
    pub fn new(discipline: &Discipline) -> Line {
        match discipline {
            Discipline::FirstCome => Line::FirstCome(VecDeque::new()),
            Discipline::LastCome => Line::LastCome(Vec::new()),
            Discipline::Random => Line::Random(Vec::new()),
            Discipline::Shortest | Discipline::EarliestDeadline => Line::Shortest(Shortest::default()),
            Discipline::Priority { rank, .. } => Line::Priority(Ranks::new(rank)),
        }
    }

    /// Joins behind all others of equal claim.
    #[inline(always)]
    pub fn push(&mut self, job: u32, claim: Claim) {
        match self {
            Line::FirstCome(jobs) => jobs.push_back(job),
            Line::LastCome(jobs) | Line::Random(jobs) => jobs.push(job),
            Line::Shortest(jobs) => jobs.push(job, claim.need),
            Line::Priority(ranks) => ranks.push_back(job, claim.rank),
        }
    }

    /// Comes back before all others of equal claim: it had been served already.
    pub fn push_front(&mut self, job: u32, claim: Claim) {
        match self {
            Line::FirstCome(jobs) => jobs.push_front(job),
            Line::LastCome(jobs) | Line::Random(jobs) => jobs.push(job),
            Line::Shortest(jobs) => jobs.push(job, claim.need),
            Line::Priority(ranks) => ranks.push_front(job, claim.rank),
        }
    }

    /// Takes the next one out.
    #[inline(always)]
    pub fn pop(&mut self, chance: &mut Stream) -> Option<u32> {
        match self {
            Line::FirstCome(jobs) => jobs.pop_front(),
            Line::LastCome(jobs) => jobs.pop(),
            Line::Random(jobs) if jobs.is_empty() => None,
            Line::Random(jobs) => {
                let at = below(chance, jobs.len() as u64) as usize;
                Some(jobs.swap_remove(at))
            }
            Line::Shortest(jobs) => jobs.pop(),
            Line::Priority(ranks) => ranks.pop(),
        }
    }

    /// Keeps only those whom `wanted` names; used to clear away those who left before their turn.
    pub fn retain(&mut self, mut wanted: impl FnMut(u32) -> bool) {
        match self {
            Line::FirstCome(jobs) => jobs.retain(|&job| wanted(job)),
            Line::LastCome(jobs) | Line::Random(jobs) => jobs.retain(|&job| wanted(job)),
            Line::Shortest(jobs) => jobs.retain(wanted),
            Line::Priority(ranks) => ranks.retain(wanted),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::chance::Key;

    fn order(discipline: &Discipline) -> Vec<u32> {
        let mut chance = Key::root(1, 0).stream();
        let mut line = Line::new(discipline);
        for (job, need, rank) in [(1, 5, 1), (2, 3, 0), (3, 9, 1), (4, 3, 0)] {
            line.push(job, Claim { need, rank });
        }
        line.push_front(5, Claim { need: 1, rank: 1 });
        line.retain(|job| job != 3);
        std::iter::from_fn(|| line.pop(&mut chance)).collect()
    }

    #[test]
    fn each_discipline_has_its_own_order() {
        assert_eq!(order(&Discipline::FirstCome), [5, 1, 2, 4]);
        assert_eq!(order(&Discipline::LastCome), [5, 4, 2, 1]);
        assert_eq!(order(&Discipline::Shortest), [5, 2, 4, 1]);
        assert_eq!(order(&Discipline::Priority { rank: vec![1, 0], preempts: None }), [2, 4, 5, 1]);
        let mut random = order(&Discipline::Random);
        random.sort_unstable();
        assert_eq!(random, [1, 2, 4, 5]);
    }
}
