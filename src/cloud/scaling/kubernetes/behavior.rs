//! How fast the HPA may change a number of replicas: its `behavior`.

use crate::cloud::scaling::kubernetes::why::Why;
use crate::ground::time::{SimTime, Span};

/// What holds the HPA back, in both directions. The parts that a manifest leaves out have their defaults already.
#[derive(Clone, Debug, PartialEq)]
pub struct Behavior {
    /// For more.
    pub up: Rules,
    /// For fewer.
    pub down: Rules,
}

/// What holds the HPA back in one direction.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// How far back recommendations count: of all in the window the least extreme is taken.
    pub window: Span,
    /// Which of the policies counts.
    pub select: Select,
    /// How far each lets it go.
    pub policies: Vec<Rate>,
}

/// Which of several policies counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Select {
    /// The one that allows the greatest change.
    #[default]
    Max,
    /// The one that allows the least.
    Min,
    /// None: no change in this direction.
    Disabled,
}

/// So much within a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How much.
    pub by: Step,
    /// Within which; from 1 s to 30 min.
    pub period: Span,
}

/// A change of a number of replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// So many pods.
    Pods(u32),
    /// A share of those at the start of the period, in per cent.
    Percent(u32),
}

impl Rules {
    /// Kubernetes documentation, *Default behavior*: without a window, 4 pods or the double in 15 s, whichever is more.
    pub fn up() -> Rules {
        let period = Span::from_secs(15);
        let of = |by| Rate { by, period };
        Rules { window: Span::ZERO, select: Select::Max, policies: vec![of(Step::Pods(4)), of(Step::Percent(100))] }
    }

    /// The same page: all of them in 15 s, after the window of the controller.
    pub fn down(window: Span) -> Rules {
        let period = Span::from_secs(15);
        Rules { window, select: Select::Max, policies: vec![Rate { by: Step::Percent(100), period }] }
    }

    /// The longest period of its policies: what changed before no longer counts.
    pub fn longest(&self) -> Span {
        self.policies.iter().map(|policy| policy.period).max().unwrap_or(Span::ZERO)
    }
}

/// A change of replicas that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub at: SimTime,
    /// By how many, either way.
    pub by: u32,
}

/// How many replicas changed in the period that ends now.
fn changed(changes: &[Change], period: Span, now: SimTime) -> i64 {
    changes.iter().filter(|change| now < change.at + period).map(|change| i64::from(change.by)).sum()
}

/// Replicas now, and what was added and taken away before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Since<'a> {
    pub now: SimTime,
    pub replicas: u32,
    pub added: &'a [Change],
    pub removed: &'a [Change],
}

impl Since<'_> {
    /// How many there were at the start of a period.
    fn start(&self, period: Span) -> i64 {
        i64::from(self.replicas) - changed(self.added, period, self.now) + changed(self.removed, period, self.now)
    }

    /// At most so many replicas: a share is rounded up, so that one more is always possible.
    fn most(&self, rules: &Rules) -> u32 {
        let of = |policy: &Rate| {
            let start = self.start(policy.period);
            match policy.by {
                Step::Pods(pods) => start + i64::from(pods),
                Step::Percent(percent) => (start as f64 * (1.0 + f64::from(percent) / 100.0)).ceil() as i64,
            }
        };
        let limits = rules.policies.iter().map(of);
        let limit = if rules.select == Select::Min { limits.min() } else { limits.max() };
        // What was added in the period may be all that is allowed: then no more, but no fewer either.
        clip(limit).max(self.replicas)
    }

    /// At least so many replicas: a share is rounded down.
    fn least(&self, rules: &Rules) -> u32 {
        let of = |policy: &Rate| {
            let start = self.start(policy.period);
            match policy.by {
                Step::Pods(pods) => start - i64::from(pods),
                Step::Percent(percent) => (start as f64 * (1.0 - f64::from(percent) / 100.0)) as i64,
            }
        };
        let limits = rules.policies.iter().map(of);
        let limit = if rules.select == Select::Min { limits.max() } else { limits.min() };
        clip(limit).min(self.replicas)
    }

    /// A number of replicas within what the policies allow, and what held it back.
    pub fn limited(&self, wanted: u32, behavior: &Behavior) -> (u32, Option<Why>) {
        let (rules, up) = if wanted > self.replicas { (&behavior.up, true) } else { (&behavior.down, false) };
        if wanted == self.replicas {
            return (wanted, None);
        }
        if rules.select == Select::Disabled {
            return (self.replicas, Some(Why::NotAllowed { wanted }));
        }
        let limit = if up { self.most(rules) } else { self.least(rules) };
        let to = if up { wanted.min(limit) } else { wanted.max(limit) };
        (to, (to != wanted).then_some(Why::Rate { limit, wanted }))
    }
}

fn clip(limit: Option<i64>) -> u32 {
    limit.map_or(0, |limit| u32::try_from(limit.max(0)).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::time::SECOND;

    const NOW: SimTime = SimTime::from_nanos(1_000 * SECOND);

    fn change(ago: u64, by: u32) -> Change {
        Change { at: SimTime::from_nanos((1_000 - ago) * SECOND), by }
    }

    fn rules(select: Select, policies: &[(Step, u64)]) -> Rules {
        let of = |&(by, seconds)| Rate { by, period: Span::from_secs(seconds) };
        Rules { window: Span::ZERO, select, policies: policies.iter().map(of).collect() }
    }

    /// Facts on the HPA's decision: start of period = current − added + deleted; a share up is rounded up, down it is cut.
    #[test]
    fn what_changed_in_the_period_counts_and_what_was_before_does_not() {
        let pods = |ago| {
            let (added, removed) = ([change(ago, 3)], []);
            let since = Since { now: NOW, replicas: 10, added: &added, removed: &removed };
            since.most(&rules(Select::Max, &[(Step::Pods(4), 60)]))
        };
        // 7 at the start, and 4 more; after a whole minute it starts from 10.
        assert_eq!((pods(59), pods(60)), (11, 14));
        let (added, removed) = ([change(10, 2)], [change(20, 5)]);
        let since = Since { now: NOW, replicas: 7, added: &added, removed: &removed };
        assert_eq!(since.most(&rules(Select::Max, &[(Step::Percent(5), 60)])), 11, "10 and 5 % is 10.5");
        assert_eq!(since.least(&rules(Select::Max, &[(Step::Percent(25), 60)])), 7, "7.5 is cut to 7");
        assert_eq!(since.least(&rules(Select::Max, &[(Step::Pods(1), 60)])), 7, "9 is above what there is");
    }

    #[test]
    fn of_several_policies_the_selected_one_counts() {
        let since = Since { now: NOW, replicas: 10, added: &[], removed: &[] };
        let both = |select| rules(select, &[(Step::Pods(4), 15), (Step::Percent(100), 15)]);
        assert_eq!((since.most(&both(Select::Max)), since.most(&both(Select::Min))), (20, 14));
        assert_eq!((since.least(&both(Select::Max)), since.least(&both(Select::Min))), (0, 6));
        let none = Behavior { up: rules(Select::Disabled, &[]), down: rules(Select::Disabled, &[]) };
        assert_eq!(since.limited(12, &none), (10, Some(Why::NotAllowed { wanted: 12 })));
        assert_eq!(since.limited(8, &none), (10, Some(Why::NotAllowed { wanted: 8 })));
    }

    /// All that a period allows was added already: no more until it is over, and none is taken away for it.
    #[test]
    fn a_rate_that_is_used_up_holds_what_there_is() {
        let added = [change(5, 6)];
        let since = Since { now: NOW, replicas: 10, added: &added, removed: &[] };
        let behavior = Behavior { up: rules(Select::Max, &[(Step::Pods(4), 15)]), down: Rules::down(Span::ZERO) };
        assert_eq!(since.limited(20, &behavior), (10, Some(Why::Rate { limit: 10, wanted: 20 })));
    }
}
