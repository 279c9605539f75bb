//! Which worker of which pool each client came to last.

use std::collections::BTreeMap;

use crate::cloud::topology::WorkloadId;
use crate::ground::footprint::Footprint;
use crate::ground::time::SimTime;

/// So few are never looked through for those that are over.
const FEW: usize = 64;

/// What clients bring with them: the worker that they came to, until when.
///
/// Elastic Load Balancing, *Sticky sessions for your Application Load Balancer*: a cookie of a duration binds a client to a
/// target; each answer brings it anew. Where that target gets no requests any more, another is chosen.
#[derive(Clone, Debug, Default)]
pub struct Cookies {
    /// By client: the pool's place in the balancer's list, the worker's number, and until when it holds.
    of: BTreeMap<(WorkloadId, u64), (u16, u32, SimTime)>,
    /// When there are so many, those that are over are thrown away.
    most: usize,
}

impl Footprint for Cookies {
    fn footprint(&self) -> u64 {
        self.of.footprint()
    }
}

impl Cookies {
    /// The pool's place and the worker's number that a client brings.
    pub fn brings(&self, client: (WorkloadId, u64), now: SimTime) -> Option<(u16, u32)> {
        self.of.get(&client).filter(|(_, _, until)| *until > now).map(|&(pool, number, _)| (pool, number))
    }

    /// A client takes one with it.
    pub fn gives(&mut self, client: (WorkloadId, u64), to: (u16, u32), until: SimTime, now: SimTime) {
        if self.of.len() >= self.most.max(FEW) {
            self.of.retain(|_, (_, _, until)| *until > now);
            self.most = 2 * self.of.len();
        }
        self.of.insert(client, (to.0, to.1, until));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_hold_for_their_time_and_those_that_are_over_are_thrown_away() {
        let at = SimTime::from_nanos;
        let mut cookies = Cookies::default();
        for client in 0..1_000u32 {
            let now = at(u64::from(client));
            cookies.gives((WorkloadId(0), u64::from(client)), (1, client), at(u64::from(client) + 10), now);
            assert!(cookies.of.len() <= FEW, "{}", cookies.of.len());
        }
        assert_eq!(cookies.brings((WorkloadId(0), 999), at(1_008)), Some((1, 999)));
        assert_eq!(cookies.brings((WorkloadId(0), 999), at(1_009)), None);
        assert_eq!(cookies.brings((WorkloadId(1), 999), at(1_000)), None);
    }
}
