//! How callers try again, and how they guard their calls.

use crate::cloud::topology::{Backoff, Breaker, Budget, Guards, Retry, RetryOn, Slow};
use crate::ground::time::Span;
use crate::scenario::build::{Builder, count};
use crate::scenario::draft::client::{self, Like};
use crate::scenario::draft::quantities::Amount;
use crate::scenario::draft::step;

/// What a retry is where the file does not say, by whose it is.
///
/// AWS SDKs and Tools reference guide, *Retry behavior*: attempts, pauses and tokens of each mode.
#[derive(Clone, Copy)]
struct Usual {
    attempts: u32,
    base: Span,
    cap: Span,
    /// The first pause after throttling, where it is another.
    throttled: Option<Span>,
    budget: Option<Budget>,
    paced: bool,
}

/// Longer than any run: a pause that doubles without a ceiling.
const NO_CEILING: Span = Span::from_secs(1 << 32);

const STANDARD: Budget = Budget { tokens: 500, cost: 5, timeout_cost: 10, throttled_cost: 5, refund: 1 };

const PLAIN: Usual = Usual {
    attempts: 3,
    base: Span::from_secs(1),
    cap: Span::from_secs(20),
    throttled: None,
    budget: None,
    paced: false,
};

fn usual(like: Like) -> Usual {
    match like {
        Like::Plain => PLAIN,
        Like::AwsLegacy => Usual { attempts: 5, cap: NO_CEILING, ..PLAIN },
        Like::AwsStandard => Usual { budget: Some(STANDARD), ..PLAIN },
        Like::AwsStandard2026 => Usual {
            base: Span::from_millis(50),
            throttled: Some(Span::from_secs(1)),
            budget: Some(Budget { cost: 14, timeout_cost: 14, ..STANDARD }),
            ..PLAIN
        },
        Like::AwsAdaptive => Usual { budget: Some(STANDARD), paced: true, ..PLAIN },
    }
}

impl Builder<'_> {
    /// How often, when and after what is tried again.
    pub(super) fn retry(&mut self, draft: &client::Retry) -> Retry {
        let usual = usual(draft.like.unwrap_or_default());
        let jitter = |base| Backoff::FullJitter { base, cap: usual.cap };
        let own = draft.backoff.as_ref().map(|backoff| self.backoff(backoff));
        let after_throttling = draft.throttled_backoff.as_ref().map(|backoff| self.backoff(backoff));
        // Pauses of one's own are for every failure.
        let usually = usual.throttled.filter(|_| own.is_none()).map(jitter);
        let attempts = match draft.attempts {
            None => Some(usual.attempts),
            Some(Amount::Unlimited) => None,
            Some(Amount::Of(attempts)) => Some(count(attempts)),
        };
        let on = match &draft.on {
            None => RetryOn::ALL,
            Some(failures) => {
                let has = |failure| failures.contains(&failure);
                RetryOn {
                    refused: has(client::Failure::Refused),
                    timeout: has(client::Failure::Timeout),
                    error: has(client::Failure::Error),
                    throttled: has(client::Failure::Throttled),
                }
            }
        };
        Retry {
            attempts,
            backoff: own.unwrap_or_else(|| jitter(usual.base)),
            throttled_backoff: after_throttling.or(usually),
            on,
            budget: draft.budget.map_or(usual.budget, |budget| Some(paid(budget, usual.budget.unwrap_or(STANDARD)))),
            paced: usual.paced,
        }
    }

    pub(super) fn backoff(&mut self, draft: &client::Backoff) -> Backoff {
        let bounds = |bounds: &client::Bounds| {
            (bounds.base.map_or(PLAIN.base, |time| time.0), bounds.cap.map_or(PLAIN.cap, |time| time.0))
        };
        match draft {
            client::Backoff::Wait(law) => Backoff::Wait(self.law(law)),
            client::Backoff::Doubling(drafted) => {
                let (base, cap) = bounds(drafted);
                Backoff::Doubling { base, cap }
            }
            client::Backoff::FullJitter(drafted) => {
                let (base, cap) = bounds(drafted);
                Backoff::FullJitter { base, cap }
            }
            client::Backoff::EqualJitter(drafted) => {
                let (base, cap) = bounds(drafted);
                Backoff::EqualJitter { base, cap }
            }
            client::Backoff::Decorrelated(drafted) => {
                let (base, cap) = bounds(drafted);
                Backoff::Decorrelated { base, cap }
            }
        }
    }
}

fn paid(draft: client::Budget, usual: Budget) -> Budget {
    Budget {
        tokens: draft.tokens.map_or(usual.tokens, |tokens| count(tokens.0)),
        cost: draft.cost.map_or(usual.cost, |tokens| count(tokens.0)),
        timeout_cost: draft.timeout_cost.map_or(usual.timeout_cost, |tokens| count(tokens.0)),
        throttled_cost: draft.throttled_cost.map_or(usual.throttled_cost, |tokens| count(tokens.0)),
        refund: draft.refund.map_or(usual.refund, |tokens| count(tokens.0)),
    }
}

/// How the calls of a step are guarded.
pub(super) fn guards(draft: &step::Step) -> Guards {
    Guards {
        hedge: draft.hedge.map(|time| time.0),
        breaker: draft.breaker.map(breaker),
        bulkhead: draft.bulkhead.map(|most| count(most.0)),
    }
}

fn breaker(draft: step::Breaker) -> Breaker {
    let minute = Span::from_secs(60);
    Breaker {
        failures: draft.failures.map_or(0.5, |share| share.0),
        of: draft.of.map_or(100, |calls| count(calls.0)),
        open: draft.open.map_or(minute, |time| time.0),
        trial: draft.trial.map_or(10, |calls| count(calls.0)),
        slow: draft.slow.map(|slow| Slow {
            share: slow.share.map_or(1.0, |share| share.0),
            after: slow.after.map_or(minute, |time| time.0),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of the modes in the AWS SDKs and Tools reference guide.
    #[test]
    fn each_mode_has_its_attempts_its_pauses_and_its_tokens() {
        let told = |like| {
            let Usual { attempts, base, cap, throttled, budget, paced } = usual(like);
            let tokens = budget.map(|it| (it.tokens, it.cost, it.timeout_cost, it.throttled_cost, it.refund));
            let throttled = throttled.unwrap_or(base);
            (attempts, base.nanos() / 1_000_000, throttled.nanos() / 1_000_000, cap == PLAIN.cap, tokens, paced)
        };
        assert_eq!(told(Like::AwsLegacy), (5, 1_000, 1_000, false, None, false));
        assert_eq!(told(Like::AwsStandard), (3, 1_000, 1_000, true, Some((500, 5, 10, 5, 1)), false));
        assert_eq!(told(Like::AwsStandard2026), (3, 50, 1_000, true, Some((500, 14, 14, 5, 1)), false));
        assert_eq!(told(Like::AwsAdaptive), (3, 1_000, 1_000, true, Some((500, 5, 10, 5, 1)), true));
        assert_eq!(told(Like::Plain), (3, 1_000, 1_000, true, None, false));
    }
}
