//! How a command ends: the exit codes, and what is said when it cannot do its work.

use std::fmt;

use crate::experiment::document::{Finding, Verdict};

/// A command's end, as the shell sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// Done, and every goal held.
    #[default]
    Done,
    /// The tool failed: something in the world was in its way.
    Failed,
    /// It was called wrongly, or the scenario is at fault.
    Refused,
    /// A goal was missed.
    Missed,
    /// No goal was missed, but the interval of one straddles its limit.
    Undecided,
    /// It was stopped before its end, or what it made is not the whole of what was given.
    Incomplete,
    /// An event does not match, which is an answer like any other: the code is that of `grep`.
    Unmatched,
}

impl Ending {
    /// The exit code.
    pub const fn code(self) -> u8 {
        match self {
            Ending::Done => 0,
            Ending::Failed | Ending::Unmatched => 1,
            Ending::Refused => 2,
            Ending::Missed => 3,
            Ending::Undecided => 4,
            Ending::Incomplete => 5,
        }
    }

    /// What the goals of a run make of it: one that is missed outweighs any that are undecided.
    pub fn of_goals(verdicts: &[Verdict]) -> Ending {
        let any = |finding| verdicts.iter().any(|verdict| verdict.verdict == finding);
        if any(Finding::Missed) {
            Ending::Missed
        } else if any(Finding::Undecided) {
            Ending::Undecided
        } else {
            Ending::Done
        }
    }

    /// The graver of two, for commands that look at several files: first what kept the tool from looking,
    /// then what it found.
    pub fn and(self, other: Ending) -> Ending {
        const GRAVEST_FIRST: [Ending; 7] = [
            Ending::Incomplete,
            Ending::Failed,
            Ending::Refused,
            Ending::Missed,
            Ending::Undecided,
            Ending::Unmatched,
            Ending::Done,
        ];
        GRAVEST_FIRST.into_iter().find(|ending| *ending == self || *ending == other).unwrap_or_default()
    }
}

/// Why a command could not do its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The world was in the way: what, and what can be done.
    World(String),
    /// The user asked for something that cannot be: what, and what can be asked for.
    Asked(String),
    /// A scenario is at fault, and all that is wrong with it has been said.
    Told,
    /// It was stopped before anything was done that could be told.
    Stopped,
    /// It had too much of something before anything was done that could be told: what, and what allows more.
    TooMuch(String),
}

impl Failure {
    /// The end that it means.
    pub const fn ending(&self) -> Ending {
        match self {
            Failure::World(_) => Ending::Failed,
            Failure::Asked(_) | Failure::Told => Ending::Refused,
            Failure::Stopped | Failure::TooMuch(_) => Ending::Incomplete,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::World(what) | Failure::Asked(what) | Failure::TooMuch(what) => f.write_str(what),
            Failure::Told => Ok(()),
            Failure::Stopped => f.write_str("stopped before the first replication was whole"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(finding: Finding) -> Verdict {
        Verdict {
            of: "lost".to_owned(),
            limit: 0.01,
            at_most: true,
            topology: "decoupled".to_owned(),
            value: None,
            low: None,
            high: None,
            verdict: finding,
        }
    }

    #[test]
    fn a_missed_goal_outweighs_an_undecided_one() {
        let both = [verdict(Finding::Undecided), verdict(Finding::Missed), verdict(Finding::Met)];
        assert_eq!(Ending::of_goals(&both), Ending::Missed);
        assert_eq!(Ending::of_goals(&both[..1]), Ending::Undecided);
        assert_eq!(Ending::of_goals(&both[2..]), Ending::Done);
        assert_eq!(Ending::of_goals(&[]), Ending::Done);
    }

    #[test]
    fn a_scenario_at_fault_outweighs_a_missed_goal() {
        assert_eq!(Ending::Missed.and(Ending::Refused), Ending::Refused);
        assert_eq!(Ending::Done.and(Ending::Undecided), Ending::Undecided);
        assert_eq!(Ending::Undecided.and(Ending::Missed), Ending::Missed);
        assert_eq!(Ending::Done.and(Ending::Done), Ending::Done);
    }
}
