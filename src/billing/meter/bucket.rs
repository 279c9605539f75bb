//! What a bucket uses: puts, gets, and bytes that it keeps.

use std::collections::VecDeque;

use crate::billing::usage::Used;
use crate::cloud::topology::{Bucket, StorageClass};
use crate::ground::time::{SimTime, Span};

/// What is kept, and for how long.
#[derive(Clone, Debug, Default)]
pub(super) struct Keeping {
    /// How long each object is kept; for ever where nothing is said.
    keep: Option<Span>,
    /// For how long each is paid for when it goes.
    paid: Span,
    /// Bytes that are there for ever …
    bytes: u128,
    /// … since when.
    since: SimTime,
    /// Bytes that will go, and when they came, the oldest first.
    going: VecDeque<(SimTime, u128)>,
    kept: u128,
}

impl Keeping {
    /// Nothing yet; `least`: for how long what goes is paid for at the least.
    pub fn new(keep: Option<Span>, least: Span) -> Keeping {
        Keeping { keep, paid: keep.unwrap_or(Span::ZERO).max(least), ..Keeping::default() }
    }

    /// An object came.
    #[inline]
    pub fn stored(&mut self, at: SimTime, bytes: u64) {
        if let Some(keep) = self.keep {
            while let Some(&(came, gone)) = self.going.front()
                && came + keep <= at
            {
                self.going.pop_front();
                self.kept += gone * u128::from(self.paid.nanos());
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

    /// Byte·nanoseconds until `at`: what is still there as far as it was there, what is gone for as long as it is paid for.
    pub fn kept(&self, at: SimTime) -> u128 {
        let rest = self.bytes * u128::from((at.max(self.since) - self.since).nanos());
        let keep = self.keep.unwrap_or(Span::ZERO);
        let going = self.going.iter().map(|&(came, bytes)| {
            let age = at.max(came) - came;
            bytes * u128::from(if age >= keep { self.paid } else { age }.nanos())
        });
        self.kept + rest + going.sum::<u128>()
    }
}

/// A meter at a bucket.
#[derive(Clone, Debug)]
pub(super) struct BucketCounter {
    class: StorageClass,
    puts: u64,
    gets: u64,
    /// Bytes that were read.
    retrieved: u128,
    /// As it is billed.
    billed: Keeping,
    /// As it was, where the class has bounds.
    real: Option<Keeping>,
}

impl BucketCounter {
    pub fn new(bucket: &Bucket) -> BucketCounter {
        let least = bucket.class.least();
        BucketCounter {
            class: bucket.class,
            puts: 0,
            gets: 0,
            retrieved: 0,
            billed: Keeping::new(bucket.keep, least.map_or(Span::ZERO, |(time, _)| time)),
            real: least.map(|_| Keeping::new(bucket.keep, Span::ZERO)),
        }
    }

    #[inline]
    pub fn stored(&mut self, at: SimTime, bytes: u64) {
        self.puts += 1;
        self.billed.stored(at, bytes.max(self.class.least().map_or(0, |(_, smallest)| smallest)));
        if let Some(real) = &mut self.real {
            real.stored(at, bytes);
        }
    }

    #[inline]
    pub fn fetched(&mut self, bytes: u64) {
        self.gets += 1;
        self.retrieved += u128::from(bytes);
    }

    pub fn used(&self, at: SimTime) -> Used {
        Used::Bucket {
            class: self.class,
            puts: self.puts,
            gets: self.gets,
            retrieved: self.retrieved,
            kept: self.billed.kept(at),
            real: self.real.as_ref().map(|real| real.kept(at)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::billing::{NodeUsage, PriceBook, Usage, invoice};

    const GIB: u64 = 1 << 30;

    fn day(days: u64) -> SimTime {
        SimTime::START + Span::from_secs(days * 86_400)
    }

    fn lines(counter: &BucketCounter, days: u64) -> Vec<(String, String, String)> {
        let usage = Usage { nodes: vec![NodeUsage { node: "bucket.b".to_owned(), used: counter.used(day(days)) }] };
        let lines = invoice(&usage, &PriceBook::us_east_1());
        lines.into_iter().map(|line| (line.item, line.quantity.to_string(), line.cost.to_string())).collect()
    }

    fn told(lines: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
        lines.iter().map(|&(item, quantity, cost)| (item.into(), quantity.into(), cost.into())).collect()
    }

    /// In Standard-IA 10 GiB that are deleted after ten days are paid for 30, when they are deleted: 10 · 2,592,000 GB·s at
    /// $0.0125 a month of 730 h. Until then they are paid for as they are there.
    #[test]
    fn what_is_deleted_early_is_paid_for_thirty_days() {
        let keep = Some(Span::from_secs(10 * 86_400));
        let mut counter = BucketCounter::new(&Bucket { keep, class: StorageClass::StandardIa, ..Bucket::default() });
        counter.stored(day(0), 10 * GIB);
        counter.fetched(4 * GIB);
        let lines_of = |storage, cost| {
            told(&[
                ("s3.standard-ia.put", "1", "0.00001"),
                ("s3.standard-ia.get", "1", "0.000001"),
                ("s3.standard-ia.storage", storage, cost),
                ("s3.standard-ia.retrieval", "4", "0.04"),
            ])
        };
        assert_eq!(lines(&counter, 5), lines_of("4320000", "0.020547945205"));
        assert_eq!(lines(&counter, 10), lines_of("25920000", "0.123287671233"));
        assert_eq!(lines(&counter, 60), lines_of("25920000", "0.123287671233"));
    }

    /// An object of 1 KiB is paid for as one of 128, of Glacier for 90 days; how much that adds is known.
    #[test]
    fn small_objects_are_paid_for_as_if_they_were_larger() {
        let keep = Some(Span::from_secs(86_400));
        let mut counter =
            BucketCounter::new(&Bucket { keep, class: StorageClass::GlacierInstant, ..Bucket::default() });
        counter.stored(day(0), 1 << 10);
        let Used::Bucket { kept, real, .. } = counter.used(day(2)) else { panic!("it is a bucket") };
        assert_eq!(Some(kept), real.map(|real| real * 128 * 90));
    }
}
