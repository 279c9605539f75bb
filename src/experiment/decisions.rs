//! What controllers decided: how often for which reason, and the last thousand changes kept whole.

use std::collections::VecDeque;

use crate::cloud::scaling::kubernetes::Why;
use crate::cloud::scaling::{Decision, Reason};
use crate::cloud::topology::NodeId;

/// How many changes are kept whole.
pub const KEPT: usize = 1_000;

/// The reasons of groups by which looks are counted, as the result document writes them.
const OWN: [&str; 23] = [
    "share",
    "target",
    "empty",
    "still-busy",
    "no-data",
    "scheduled",
    "cooling-down",
    "at-least",
    "at-most",
    "step",
    "quiet",
    "warming",
    "not-all",
    "under-way",
    "forecast",
    "no-history",
    "acted",
    "told",
    "waiting",
    "unneeded",
    "idle",
    "reached",
    "fell",
];

/// Reasons there are: those of groups, and after them the words of Kubernetes' controllers.
const REASONS: usize = OWN.len() + Why::WORDS.len();

/// The word of a reason.
fn word(place: usize) -> &'static str {
    if place < OWN.len() { OWN[place] } else { Why::WORDS[place - OWN.len()] }
}

/// A reason in one word.
pub fn word_of(why: Reason) -> &'static str {
    word(place(why))
}

/// The place of a reason among them.
fn place(why: Reason) -> usize {
    match why {
        Reason::Share { .. } => 0,
        Reason::Target { .. } => 1,
        Reason::Empty => 2,
        Reason::StillBusy => 3,
        Reason::NoData => 4,
        Reason::Scheduled => 5,
        Reason::CoolingDown { .. } => 6,
        Reason::AtLeast { .. } => 7,
        Reason::AtMost { .. } => 8,
        Reason::Step { .. } => 9,
        Reason::Quiet => 10,
        Reason::Warming => 11,
        Reason::NotAll => 12,
        Reason::UnderWay { .. } => 13,
        Reason::Forecast { .. } => 14,
        Reason::NoHistory => 15,
        Reason::Acted => 16,
        Reason::Told => 17,
        Reason::Waiting { .. } => 18,
        Reason::Unneeded => 19,
        Reason::Idle => 20,
        Reason::Reached { .. } => 21,
        Reason::Fell { .. } => 22,
        Reason::Kubernetes(why) => OWN.len() + why.place(),
    }
}

/// The looks of the controllers of one replication.
#[derive(Clone, Debug)]
pub struct Log {
    /// Looks by node and reason.
    counts: Vec<[u64; REASONS]>,
    /// Which reason each node's last look had.
    last: Vec<usize>,
    /// The last changes.
    kept: VecDeque<(NodeId, Decision)>,
}

impl Log {
    /// For so many nodes.
    pub fn new(nodes: usize) -> Log {
        Log { counts: vec![[0; REASONS]; nodes], last: vec![REASONS; nodes], kept: VecDeque::new() }
    }

    /// Notes a look. Kept whole is a change, and the first of a row of looks at which a change was held back: a
    /// group that stands at its maximum for a day would otherwise push all else out.
    pub fn note(&mut self, pool: NodeId, decision: &Decision) {
        let reason = place(decision.why);
        self.counts[pool.index()][reason] += 1;
        let held = matches!(
            decision.why,
            Reason::CoolingDown { .. }
                | Reason::UnderWay { .. }
                | Reason::Warming
                | Reason::NotAll
                | Reason::AtLeast { .. }
                | Reason::AtMost { .. }
                | Reason::StillBusy
        ) || matches!(decision.why, Reason::Kubernetes(why) if why.holds());
        let news = self.last[pool.index()] != reason;
        self.last[pool.index()] = reason;
        if decision.from != decision.to || (held && news) {
            if self.kept.len() == KEPT {
                self.kept.pop_front();
            }
            self.kept.push_back((pool, *decision));
        }
    }

    /// The last changes, oldest first.
    pub fn kept(&self) -> impl Iterator<Item = &(NodeId, Decision)> {
        self.kept.iter()
    }

    /// How many looks of this node had which reason, for those reasons that it had.
    pub fn counts(&self, node: NodeId) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        (0..REASONS).map(word).zip(self.counts[node.index()]).filter(|&(_, count)| count > 0)
    }

    /// With the counts of another replication added; that one's changes are not kept.
    pub fn with_counts(mut self, other: &Log) -> Log {
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            for (mine, theirs) in mine.iter_mut().zip(theirs) {
                *mine += theirs;
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::time::SimTime;

    const POOL: NodeId = NodeId(0);

    fn decision(from: u32, to: u32, why: Reason) -> Decision {
        {
            let (at, asked, edge, base) = (SimTime::START, to, None, None);
            Decision { at, from, to, asked, metric: None, visible: 0, in_flight: 0, why, edge, base }
        }
    }

    #[test]
    fn looks_without_a_change_are_only_counted() {
        let mut log = Log::new(1);
        for _ in 0..5 {
            log.note(POOL, &decision(0, 0, Reason::Empty));
        }
        log.note(POOL, &decision(0, 3, Reason::Share { metric: 3.0, per_worker: 1.0 }));
        assert_eq!(log.kept().count(), 1);
        assert_eq!(log.counts(POOL).collect::<Vec<_>>(), [("share", 1), ("empty", 5)]);
    }

    #[test]
    fn a_change_held_back_again_and_again_is_kept_once() {
        let mut log = Log::new(1);
        for _ in 0..3 {
            log.note(POOL, &decision(8, 8, Reason::AtMost { max: 8, wanted: 12 }));
        }
        log.note(POOL, &decision(8, 8, Reason::Empty));
        log.note(POOL, &decision(8, 8, Reason::AtMost { max: 8, wanted: 9 }));
        assert_eq!(log.kept().count(), 2);
    }

    #[test]
    fn only_the_last_thousand_changes_are_kept() {
        let mut log = Log::new(1);
        for n in 0..1_005 {
            log.note(POOL, &decision(n, n + 1, Reason::Scheduled));
        }
        let kept: Vec<u32> = log.kept().map(|(_, decision)| decision.from).collect();
        assert_eq!((kept.len(), kept[0], kept[999]), (1_000, 5, 1_004));
        assert_eq!(log.counts(POOL).collect::<Vec<_>>(), [("scheduled", 1_005)]);
    }
}
