//! What a bucket uses: puts, gets, and bytes that it keeps.

use std::collections::VecDeque;

use crate::billing::usage::Used;
use crate::ground::time::{SimTime, Span};

/// What is kept, and for how long.
#[derive(Clone, Debug, Default)]
pub(super) struct BucketCounter {
    puts: u64,
    /// Objects read.
    pub gets: u64,
    /// How long each object is kept; for ever where nothing is said.
    keep: Option<Span>,
    /// Bytes that are there for ever …
    bytes: u128,
    /// … since when.
    since: SimTime,
    /// Bytes that will go, and when they came, the oldest first.
    going: VecDeque<(SimTime, u128)>,
    kept: u128,
}

impl BucketCounter {
    pub fn new(keep: Option<Span>) -> BucketCounter {
        BucketCounter { keep, ..BucketCounter::default() }
    }

    #[inline]
    pub fn stored(&mut self, at: SimTime, bytes: u64) {
        self.puts += 1;
        if let Some(keep) = self.keep {
            while let Some(&(came, gone)) = self.going.front()
                && came + keep <= at
            {
                self.going.pop_front();
                self.kept += gone * u128::from(keep.nanos());
            }
            match self.going.back_mut() {
                Some((came, together)) if *came == at => *together += u128::from(bytes),
                _ => self.going.push_back((at, u128::from(bytes))),
            }
            return;
        }
        self.kept += self.bytes * u128::from((at - self.since).nanos());
        self.since = at;
        self.bytes += u128::from(bytes);
    }

    pub fn used(&self, at: SimTime) -> Used {
        let rest = self.bytes * u128::from((at.max(self.since) - self.since).nanos());
        let keep = self.keep.unwrap_or(Span::ZERO);
        let going = self.going.iter().map(|&(came, bytes)| bytes * u128::from((at.max(came) - came).min(keep).nanos()));
        Used::Bucket { puts: self.puts, gets: self.gets, kept: self.kept + rest + going.sum::<u128>() }
    }
}
