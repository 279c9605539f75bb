//! What a provider's account allows, and what the provider has.

use crate::ground::time::Span;

/// Limits on the launches of a topology's machines.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// vCPUs that its machines at the full price may have together; `None` is any number.
    pub vcpu_quota: Option<u32>,
    /// How fast machines may be launched; `None` is at once.
    pub launches: Option<Launches>,
    /// How fast tasks of Fargate may be launched, those of Spot and the others each for themselves.
    pub fargate: Option<Launches>,
    /// How fast each service may launch tasks.
    pub services: Option<Launches>,
    /// The share of tries, each of one type in one zone, for which the provider has no machine.
    pub no_capacity: f64,
    /// The pauses before launches that came to nothing are tried again.
    pub retry: Pauses,
}

/// Pauses between tries that come to nothing: each is twice the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pauses {
    /// The first.
    pub base: Span,
    /// The longest.
    pub cap: Span,
}

impl Pauses {
    /// The pause after so many tries in a row that came to nothing, from 1.
    pub fn after(self, tries: u32) -> Span {
        let doubled = u128::from(self.base.nanos()) << tries.saturating_sub(1).min(60);
        Span::from_nanos(u64::try_from(doubled).unwrap_or(u64::MAX).min(self.cap.nanos()))
    }
}

/// A bucket of launches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Launches {
    /// From one token to the next.
    pub every: Span,
    /// Tokens that it holds at the most, and at the start.
    pub burst: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One minute, two, four, eight, and ten from then on.
    #[test]
    fn pauses_double_up_to_their_cap() {
        let minutes = |minutes: u64| Span::from_secs(60 * minutes);
        let retry = Pauses { base: minutes(1), cap: minutes(10) };
        let pauses: Vec<Span> = [1, 2, 3, 4, 5, 99].into_iter().map(|tries| retry.after(tries)).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 10, 10].map(minutes));
    }
}
