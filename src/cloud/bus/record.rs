//! Messages of a queue as the filter of an event source mapping sees them.
//!
//! A filter looks into the body alone (AWS Lambda developer guide, *Using event filtering with an Amazon SQS event source*). Here
//! a body says what is known of any message, whoever has sent it: the kind of its request, the number of that, and its size.

use serde_json::{Value, json};

use crate::cloud::bus::pattern::Pattern;
use crate::cloud::topology::WorkloadId;

/// The key of a record that a filter may look at, and …
pub const BODY: &str = "body";
/// … what stands below it.
pub const FIELDS: [&str; 3] = ["workload", "number", "size"];

/// What a mapping takes to its function: messages that meet one of these patterns.
#[derive(Clone, Debug)]
pub struct Filter {
    patterns: Vec<Pattern>,
    /// By kind of request, its name, and whether all of its messages are taken, or none; `None` where that differs from one
    /// message to the next.
    kinds: Vec<(String, Option<bool>)>,
}

impl Filter {
    /// These patterns, among kinds of requests with these names; the last is that of those that nobody sends.
    pub fn new(patterns: Vec<Pattern>, kinds: &[&str]) -> Filter {
        let decided = |kind: &str| {
            // What looks at a number or a size is decided by each message; any other pattern by the kind.
            let differs = |pattern: &Pattern| FIELDS[1..].iter().any(|key| pattern.looks_at(&format!("{BODY}.{key}")));
            let record = record(kind, 0, 0);
            let (open, plain): (Vec<&Pattern>, Vec<&Pattern>) = patterns.iter().partition(|pattern| differs(pattern));
            let is_taken = plain.iter().any(|pattern| pattern.matches(&record));
            (is_taken || open.is_empty()).then_some(is_taken)
        };
        let kinds = kinds.iter().map(|&kind| (kind.to_owned(), decided(kind))).collect();
        Filter { patterns, kinds }
    }

    /// Whether all messages of a kind are taken, or none; `None` where that differs from one to the next.
    pub fn decided(&self, kind: WorkloadId) -> Option<bool> {
        self.kinds.get(kind.index()).and_then(|(_, taken)| *taken)
    }

    /// Whether a message of so many bytes is taken, of the request with this number from 0 among all of its kind.
    #[inline]
    pub fn takes(&self, kind: WorkloadId, number: u32, bytes: u64) -> bool {
        self.decided(kind).unwrap_or_else(|| self.meets(kind, number, bytes))
    }

    fn meets(&self, kind: WorkloadId, number: u32, bytes: u64) -> bool {
        let name = self.kinds.get(kind.index()).map_or("", |(name, _)| name);
        let record = record(name, number, bytes);
        self.patterns.iter().any(|pattern| pattern.matches(&record))
    }

    /// Whether any message of a kind may be taken, as far as a few tell: some numbers and sizes are tried.
    pub fn may_take(&self, kind: WorkloadId) -> bool {
        self.decided(kind).unwrap_or_else(|| {
            let mut numbers = (0..100).chain((3..=9).map(|power| 10_u32.pow(power) - 1));
            let sizes: Vec<u64> = (0..=30).map(|power| 1 << power).chain([0, 1_000, 1_000_000]).collect();
            numbers.any(|number| sizes.iter().any(|&size| self.meets(kind, number, size)))
        })
    }
}

/// What a filter sees of a message. The first of a kind is 1, as whoever counts by hand has it.
pub fn record(kind: &str, number: u32, bytes: u64) -> Value {
    json!({ "body": { "workload": kind, "number": u64::from(number) + 1, "size": bytes } })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(texts: &[&str]) -> Filter {
        let patterns = texts.iter().map(|text| Pattern::read(text).expect("a pattern").0).collect();
        Filter::new(patterns, &["orders", "returns", ""])
    }

    const ORDERS: &str = r#"{"body": {"workload": ["orders"]}}"#;
    const LARGE: &str = r#"{"body": {"size": [{"numeric": [">", 1000]}]}}"#;

    #[test]
    fn what_only_the_kind_tells_is_decided_once() {
        let of = |texts: &[&str]| [0, 1, 2].map(|kind| filter(texts).decided(WorkloadId(kind)));
        assert_eq!(of(&[ORDERS]), [Some(true), Some(false), Some(false)]);
        assert_eq!(of(&[LARGE]), [None, None, None]);
        assert_eq!(of(&[LARGE, ORDERS]), [Some(true), None, None]);
    }

    /// The third request has the number 3.
    #[test]
    fn sizes_and_numbers_are_looked_at_message_by_message() {
        let large = filter(&[LARGE]);
        assert_eq!([1_000, 1_001].map(|bytes| large.takes(WorkloadId(1), 0, bytes)), [false, true]);
        let third = filter(&[r#"{"body": {"workload": ["returns"], "number": [3]}}"#]);
        let takes = |kind: u16, number| third.takes(WorkloadId(kind), number, 0);
        assert_eq!([takes(1, 2), takes(1, 3), takes(0, 2)], [true, false, false]);
    }

    #[test]
    fn a_few_messages_tell_whether_any_may_be_taken() {
        let third = filter(&[r#"{"body": {"workload": ["returns"], "number": [3]}}"#]);
        assert_eq!([0, 1, 2].map(|kind| third.may_take(WorkloadId(kind))), [false, true, false]);
        let large = filter(&[LARGE]);
        assert!(large.may_take(WorkloadId(0)) && !filter(&[r#"{"body": {"size": ["1"]}}"#]).may_take(WorkloadId(0)));
    }
}
