//! Why a Kubernetes controller wanted a number of replicas, or was held back.

use std::fmt;

use crate::cloud::scaling::kubernetes::jobs::Strategy;
use crate::cloud::scaling::kubernetes::pods::Fault;
use crate::ground::time::{SimTime, Span};

/// Why so many replicas, or jobs, and not others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Why {
    /// The metric that asks for most is so many times its target.
    Ratio {
        /// Which of the metrics, from 0.
        metric: u16,
        /// How many times.
        ratio: f64,
        /// Of so many pods.
        pods: u32,
    },
    /// It is so near to its target that nothing is changed.
    Tolerated {
        /// Which of the metrics, from 0.
        metric: u16,
        /// How many times its target it is.
        ratio: f64,
    },
    /// A metric proposes nothing, and the others don't ask for more.
    Unknown {
        /// Which of the metrics, from 0.
        metric: u16,
        /// Why not.
        fault: Fault,
    },
    /// There are 0 replicas, which is to switch the HPA off where its minimum is not 0.
    SwitchedOff,
    /// Within the stabilisation window another number was recommended.
    Stabilised {
        /// What is wanted now.
        wanted: u32,
    },
    /// More, or fewer, than a step may change.
    Rate {
        /// As far as it may go now.
        limit: u32,
        /// What was wanted.
        wanted: u32,
    },
    /// No change in this direction is allowed at all.
    NotAllowed {
        /// What was wanted.
        wanted: u32,
    },
    /// A trigger is active, and KEDA starts the first replicas.
    Active,
    /// Triggers are active, and the HPA sees to the number.
    LeftToHpa,
    /// No trigger is active, and KEDA takes the last replicas away.
    Idle,
    /// No trigger is active, but the last one that was is not long enough ago.
    Resting {
        /// When it will be.
        until: SimTime,
    },
    /// No trigger is active, and there is nothing to do.
    NothingToDo,
    /// Triggers can't be read and there is nothing to fall back on: no change.
    Unreadable,
    /// Triggers can't be read: the replicas of the fallback.
    Fallback,
    /// Fewer replicas than the minimum.
    BelowMin {
        /// The minimum.
        min: u32,
    },
    /// A ScaledJob's strategy leaves room for so many.
    Room {
        /// Which strategy.
        strategy: Strategy,
        /// Jobs that there may be by the queue's length, and at the most.
        most: i64,
        /// Jobs that are not finished, without those of the minimum.
        running: i64,
        /// Those of them that wait to start.
        pending: i64,
        /// What is left.
        room: i64,
    },
    /// The average over the stable window against the target.
    Stable {
        /// The average.
        average: f64,
        /// The target for one pod.
        target: f64,
    },
    /// The averages over both windows in panic: the greatest number since it began counts.
    Panics {
        /// The average over the panic window.
        average: f64,
        /// The target for one pod.
        target: f64,
        /// Whether it holds a greater number than is wanted now.
        holds: bool,
    },
    /// A greater number was wanted within the scale-down delay.
    Delayed {
        /// What is wanted now.
        wanted: u32,
    },
    /// Nothing is wanted, but the revision has not been active for a whole stable window.
    StillActive {
        /// How much longer.
        left: Span,
    },
    /// Nothing is wanted, and the activator is put in the path: the last pod stays until it has been there long enough.
    Proxying {
        /// How much longer.
        left: Span,
    },
    /// Nothing is wanted, and it may not go to zero.
    NeverZero,
    /// Nothing was measured yet.
    NoData,
    /// No machine has room for some pods.
    PodsWait {
        /// So many.
        pods: u32,
    },
    /// No machine has room for some pods, and others are on their way, can't be had, or would not have room either.
    NoRoom {
        /// So many.
        pods: u32,
    },
    /// The pods of some machines have room elsewhere.
    Unneeded {
        /// So many.
        machines: u32,
    },
}

impl Why {
    /// Each in a word, as results write it.
    pub const WORDS: [&'static str; 26] = [
        "ratio",
        "tolerated",
        "metric-unknown",
        "switched-off",
        "stabilised",
        "rate",
        "not-allowed",
        "trigger-active",
        "left-to-hpa",
        "trigger-idle",
        "resting",
        "nothing-to-do",
        "unreadable",
        "fallback",
        "below-min",
        "room",
        "stable",
        "panics",
        "delayed",
        "still-active",
        "proxying",
        "never-zero",
        "not-measured",
        "pods-wait",
        "no-room",
        "machines-unneeded",
    ];

    /// The place of its word in [`Why::WORDS`].
    pub fn place(&self) -> usize {
        match self {
            Why::Ratio { .. } => 0,
            Why::Tolerated { .. } => 1,
            Why::Unknown { .. } => 2,
            Why::SwitchedOff => 3,
            Why::Stabilised { .. } => 4,
            Why::Rate { .. } => 5,
            Why::NotAllowed { .. } => 6,
            Why::Active => 7,
            Why::LeftToHpa => 8,
            Why::Idle => 9,
            Why::Resting { .. } => 10,
            Why::NothingToDo => 11,
            Why::Unreadable => 12,
            Why::Fallback => 13,
            Why::BelowMin { .. } => 14,
            Why::Room { .. } => 15,
            Why::Stable { .. } => 16,
            Why::Panics { .. } => 17,
            Why::Delayed { .. } => 18,
            Why::StillActive { .. } => 19,
            Why::Proxying { .. } => 20,
            Why::NeverZero => 21,
            Why::NoData => 22,
            Why::PodsWait { .. } => 23,
            Why::NoRoom { .. } => 24,
            Why::Unneeded { .. } => 25,
        }
    }

    /// Its word.
    pub fn word(&self) -> &'static str {
        Why::WORDS[self.place()]
    }

    /// Whether a change was held back.
    pub fn holds(&self) -> bool {
        match self {
            Why::Panics { holds, .. } => *holds,
            Why::Unknown { .. }
            | Why::Stabilised { .. }
            | Why::Rate { .. }
            | Why::NotAllowed { .. }
            | Why::Resting { .. }
            | Why::Unreadable
            | Why::Delayed { .. }
            | Why::StillActive { .. }
            | Why::Proxying { .. }
            | Why::NeverZero => true,
            _ => false,
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Why::Ratio { metric, ratio, pods } => {
                write!(f, "metric {} is {ratio:.4} of its target, of {pods} pods", metric + 1)
            }
            Why::Tolerated { metric, ratio } => {
                write!(f, "metric {} is {ratio:.4} of its target, which is tolerated", metric + 1)
            }
            Why::Unknown { metric, fault } => write!(f, "metric {} proposes nothing: {fault}", metric + 1),
            Why::SwitchedOff => f.write_str("0 replicas switch the HPA off"),
            Why::Stabilised { wanted } => write!(f, "wanted {wanted}, but not throughout the stabilisation window"),
            Why::Rate { limit, wanted } => write!(f, "wanted {wanted}, but {limit} is as far as it may go now"),
            Why::NotAllowed { wanted } => write!(f, "wanted {wanted}, but no change that way is allowed"),
            Why::Active => f.write_str("a trigger is active"),
            Why::LeftToHpa => f.write_str("a trigger is active, the HPA sees to the number"),
            Why::Idle => f.write_str("no trigger is active"),
            Why::Resting { until } => write!(f, "no trigger is active, but it rests until {until}"),
            Why::NothingToDo => f.write_str("no trigger is active, nothing to do"),
            Why::Unreadable => f.write_str("the triggers can't be read"),
            Why::Fallback => f.write_str("the triggers can't be read: fallback"),
            Why::BelowMin { min } => write!(f, "fewer than the minimum of {min}"),
            Why::Room { strategy, most, running, pending, room } => {
                write!(f, "{strategy}: of {most} with {running} running and {pending} pending there is room for {room}")
            }
            Why::Stable { average, target } => write!(f, "stable average {average:.4} at {target} for each pod"),
            Why::Panics { average, target, holds } => {
                write!(f, "panic average {average:.4} at {target} for each pod")?;
                f.write_str(if holds { ", which in panic takes none away" } else { "" })
            }
            Why::Delayed { wanted } => write!(f, "wanted {wanted}, but more within the scale-down delay"),
            Why::StillActive { left } => write!(f, "nothing is wanted, and the last pod is kept for {left} more"),
            Why::Proxying { left } => write!(f, "nothing is wanted, and the activator takes over for {left} more"),
            Why::NeverZero => f.write_str("nothing is wanted, and it does not go to zero"),
            Why::NoData => f.write_str("nothing was measured yet"),
            Why::PodsWait { pods } => write!(f, "no machine has room for {pods} pods"),
            Why::NoRoom { pods } => {
                write!(
                    f,
                    "no machine has room for {pods} pods, and no other is asked for: they have room on one that comes, or on none"
                )
            }
            Why::Unneeded { machines } => write!(f, "the pods of {machines} machines have room on others"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words that stand in results: a reason that moved to another word's place would be told as that.
    #[test]
    fn each_reason_has_its_own_word() {
        let left = Span::from_secs(1);
        for (why, word, holds) in [
            (Why::NothingToDo, "nothing-to-do", false),
            (Why::Unreadable, "unreadable", true),
            (Why::Fallback, "fallback", false),
            (Why::BelowMin { min: 1 }, "below-min", false),
            (Why::Room { strategy: Strategy::Default, most: 1, running: 1, pending: 0, room: 0 }, "room", false),
            (Why::Stable { average: 1.0, target: 1.0 }, "stable", false),
            (Why::Delayed { wanted: 1 }, "delayed", true),
            (Why::StillActive { left }, "still-active", true),
            (Why::Proxying { left }, "proxying", true),
            (Why::NeverZero, "never-zero", true),
            (Why::NoData, "not-measured", false),
            (Why::PodsWait { pods: 1 }, "pods-wait", false),
            (Why::NoRoom { pods: 1 }, "no-room", false),
            (Why::Unneeded { machines: 1 }, "machines-unneeded", false),
            (Why::Active, "trigger-active", false),
            (Why::LeftToHpa, "left-to-hpa", false),
            (Why::Idle, "trigger-idle", false),
        ] {
            assert_eq!((why.word(), why.holds()), (word, holds));
        }
        let panics = |holds| Why::Panics { average: 1.0, target: 1.0, holds };
        assert_eq!((panics(true).word(), panics(true).holds(), panics(false).holds()), ("panics", true, false));
    }
}
