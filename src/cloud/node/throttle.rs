//! How many calls a queue takes.

use crate::cloud::node::gate::Gate;
use crate::cloud::topology::{Admission, Throughput};
use crate::ground::time::{SimTime, Span};

/// The limits of a queue's calls, each kind by itself.
///
/// Sends are counted by the partition to which a group belongs, receives for all partitions together: a receive asks the
/// whole queue (Amazon SQS Developer Guide, FIFO queue quotas and high throughput for FIFO queues).
#[derive(Debug)]
pub struct Throttle {
    sends: Vec<Gate>,
    receives: Gate,
    /// After so long another receive is let in at the latest.
    every: Span,
    /// Takers wait for that.
    pub waits: bool,
}

impl Throttle {
    /// Nobody has called yet.
    pub fn new(plan: Throughput) -> Throttle {
        let Throughput { every, burst, partitions } = plan;
        let bucket = |every, burst| Gate::new(Admission::TokenBucket { every, burst });
        let each = Span::from_nanos((every.nanos() / u64::from(partitions)).max(1));
        Throttle {
            sends: vec![bucket(every, burst); partitions as usize],
            receives: bucket(each, burst.saturating_mul(partitions)),
            every: each,
            waits: false,
        }
    }

    /// Whether a call that sends a message of a group is refused.
    pub fn refuses_send(&mut self, now: SimTime, group: u32) -> bool {
        let partitions = self.sends.len();
        // Groups are numbered by their names' order or by lot: their numbers alone spread them.
        let partition = (group.wrapping_mul(0x9E37_79B9) >> 8) as usize % partitions;
        self.sends[partition].turns_away(now, || 0).is_some()
    }

    /// Whether a receive is refused; then after how long another may be let in.
    pub fn refuses_receive(&mut self, now: SimTime) -> Option<Span> {
        self.receives.turns_away(now, || 0).map(|_| self.every)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Amazon SQS Developer Guide, FIFO queue quotas: 300 calls a second of each kind; with high throughput as many for each
    /// partition.
    #[test]
    fn three_hundred_calls_a_second_are_taken() {
        let every = Span::from_nanos(1_000_000_000 / 300);
        for (partitions, taken) in [(1, 300), (233, 233 * 300)] {
            let mut throttle = Throttle::new(Throughput { every, burst: 300, partitions });
            let sends = (0..400).filter(|_| !throttle.refuses_send(SimTime::START, 5)).count();
            let receives = (0..80_000).filter(|_| throttle.refuses_receive(SimTime::START).is_none()).count();
            assert_eq!((sends, receives), (300, taken), "one group is in one partition");
        }
    }
}
