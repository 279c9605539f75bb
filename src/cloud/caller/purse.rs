//! The tokens that a process pays for trying again: the brake on retry storms.
//!
//! AWS SDKs and Tools reference guide, *Retry behavior*: each process has so many tokens; trying again costs some, more
//! after a timeout; a success gives back what the last attempt cost, or one if it was the first attempt. Who cannot pay
//! does not try again.

use crate::cloud::fact::Loss;
use crate::cloud::topology::Budget;

/// What the next attempt costs, by what became of the last one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cost {
    /// Nothing: it is the first.
    #[default]
    First,
    /// Of a failure that may be over soon.
    Failure,
    /// Of one that took too long.
    Timeout,
    /// Of one that a limit refused.
    Throttled,
}

impl Cost {
    /// By why the last attempt failed.
    pub fn after(why: Loss) -> Cost {
        match why {
            Loss::TimedOut => Cost::Timeout,
            why if why.is_throttling() => Cost::Throttled,
            _ => Cost::Failure,
        }
    }

    fn of(self, budget: &Budget) -> u32 {
        match self {
            Cost::First => budget.refund,
            Cost::Failure => budget.cost,
            Cost::Timeout => budget.timeout_cost,
            Cost::Throttled => budget.throttled_cost,
        }
    }
}

/// The tokens of one process.
#[derive(Clone, Copy, Debug)]
pub struct Purse {
    tokens: u32,
}

impl Purse {
    /// A full one.
    pub fn new(budget: &Budget) -> Purse {
        Purse { tokens: budget.tokens }
    }

    /// Pays for another attempt; false, and nothing paid, where there is not enough.
    pub fn pays(&mut self, budget: &Budget, cost: Cost) -> bool {
        let left = self.tokens.checked_sub(cost.of(budget));
        self.tokens = left.unwrap_or(self.tokens);
        left.is_some()
    }

    /// An attempt that had cost so much went well.
    pub fn gets_back(&mut self, budget: &Budget, cost: Cost) {
        self.tokens = self.tokens.saturating_add(cost.of(budget)).min(budget.tokens);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STANDARD: Budget = Budget { tokens: 500, cost: 5, timeout_cost: 10, throttled_cost: 5, refund: 1 };

    fn paid(why: Loss) -> u32 {
        let mut purse = Purse::new(&STANDARD);
        (0..1_000).take_while(|_| purse.pays(&STANDARD, Cost::after(why))).count() as u32
    }

    /// The SDKs' constants: 500 / 5 failing retries, or 500 / 10 after timeouts.
    #[test]
    fn a_hundred_failing_retries_drain_it_and_fifty_after_timeouts() {
        assert_eq!(paid(Loss::Error), 100);
        assert_eq!(paid(Loss::Limited), 100);
        assert_eq!(paid(Loss::TimedOut), 50);
    }

    /// In a steady state with failures of a share f of first attempts, each success gives one back: (1 − f) / 5 retries a
    /// request. With f = 1/2 that is a retry for every ten requests.
    #[test]
    fn a_first_success_gives_back_one_and_a_later_one_its_cost() {
        let mut purse = Purse::new(&STANDARD);
        while purse.pays(&STANDARD, Cost::Failure) {}
        for round in 0..10 {
            for _ in 0..5 {
                assert!(!purse.pays(&STANDARD, Cost::Failure), "round {round}");
                purse.gets_back(&STANDARD, Cost::First);
            }
            assert!(purse.pays(&STANDARD, Cost::Failure), "round {round}");
        }
        purse.gets_back(&STANDARD, Cost::Timeout);
        assert!(purse.pays(&STANDARD, Cost::Timeout) && !purse.pays(&STANDARD, Cost::Failure));
        // Never fuller than full.
        let mut full = Purse::new(&STANDARD);
        full.gets_back(&STANDARD, Cost::First);
        assert_eq!(full.tokens, 500);
    }
}
