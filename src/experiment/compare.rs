//! What replications say together: figures with intervals, paired differences, and when there are enough of them.

use crate::experiment::document::{Difference, Figure};
use crate::experiment::gather::{Column, Gathered};
use crate::ground::stats::interval;

/// How sure every interval of a document is.
pub const CONFIDENCE: f64 = 0.95;

/// The figures whose paired differences are told.
pub const COMPARED: [&str; 12] = [
    "answer.mean",
    "answer.p50",
    "answer.p95",
    "answer.p99",
    "completion.mean",
    "completion.p50",
    "completion.p95",
    "completion.p99",
    "lost",
    "availability",
    "cost.total",
    "cost.month",
];

/// The mean of the replications that measured something, and its Student interval.
pub fn figure(column: &Column) -> Figure {
    let (value, ends) = estimate(&column.values);
    let (low, high) = ends.unzip();
    Figure { value, low, high, unit: column.unit.to_owned() }
}

fn estimate(values: &[Option<f64>]) -> (Option<f64>, Option<(f64, f64)>) {
    let measured: Vec<f64> = values.iter().filter_map(|value| *value).collect();
    let mean = (!measured.is_empty()).then(|| measured.iter().sum::<f64>() / measured.len() as f64);
    (mean, interval(&measured, CONFIDENCE).map(|(_, low, high)| (low, high)))
}

/// The differences of all pairs of topologies, the later less the earlier, replication by replication.
pub fn differences(topologies: &[(&str, &Gathered)]) -> Vec<Difference> {
    let mut found = Vec::new();
    for (place, (from, first)) in topologies.iter().enumerate() {
        for (to, second) in &topologies[place + 1..] {
            for name in COMPARED {
                let (Some(first), Some(second)) = (first.whole(name), second.whole(name)) else { continue };
                let pairs = first.values.iter().zip(&second.values);
                let paired: Vec<Option<f64>> = pairs.map(|(first, second)| Some((*second)? - (*first)?)).collect();
                let (value, ends) = estimate(&paired);
                let (low, high) = ends.unzip();
                let (of, unit) = (name.to_owned(), first.unit.to_owned());
                found.push(Difference { of, from: (*from).to_owned(), to: (*to).to_owned(), value, low, high, unit });
            }
        }
    }
    found
}

/// Whether a figure is known well enough: half its interval is at most `precision` of its mean. A figure that no
/// replication could measure is known as well as it will ever be.
pub fn is_precise(values: &[Option<f64>], precision: f64, confidence: f64) -> bool {
    let measured: Vec<f64> = values.iter().filter_map(|value| *value).collect();
    if measured.is_empty() {
        return true;
    }
    interval(&measured, confidence).is_some_and(|(mean, low, high)| (high - low) / 2.0 <= precision * mean.abs())
}

/// How many replications there are before the next judgement: twice as many, from `at_least` up to `at_most`.
pub fn next_count(so_far: u32, at_least: u32, at_most: u32) -> u32 {
    so_far.saturating_mul(2).max(at_least).max(1).min(at_most.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::figures::Whose;

    fn column(name: &str, values: &[Option<f64>]) -> Column {
        Column { whose: Whose::Whole, name: name.into(), unit: "s", values: values.to_vec() }
    }

    fn gathered(name: &str, values: &[Option<f64>]) -> Gathered {
        Gathered { columns: vec![column(name, values)], ..Gathered::default() }
    }

    /// Four values with mean 10 and standard deviation 1: √(2·1.5 / 3).
    fn four() -> [Option<f64>; 4] {
        let off = 1.5f64.sqrt();
        [10.0 - off, 10.0 + off, 10.0, 10.0].map(Some)
    }

    /// 10 ± t₃(97.5 %) · 1/√4 = 10 ± 3.1824 / 2.
    #[test]
    fn a_figure_is_a_mean_with_a_student_interval() {
        let values = four();
        let found = figure(&column("answer.p99", &values));
        assert!((found.value.unwrap() - 10.0).abs() < 1e-12);
        assert!((found.high.unwrap() - 11.5912).abs() < 1e-3, "{found:?}");
        assert!((found.low.unwrap() - 8.4088).abs() < 1e-3, "{found:?}");
    }

    #[test]
    fn a_replication_without_a_value_is_left_out_and_one_alone_has_no_interval() {
        let found = figure(&column("answer.p99", &[None, Some(3.0), None]));
        assert_eq!((found.value, found.low, found.high), (Some(3.0), None, None));
    }

    /// The noise is common to both, so that it cancels: every pair differs by 2 exactly.
    #[test]
    fn differences_are_taken_replication_by_replication() {
        let first = gathered("answer.p99", &[Some(1.0), Some(50.0), Some(9.0), None]);
        let second = gathered("answer.p99", &[Some(3.0), Some(52.0), Some(11.0), Some(4.0)]);
        let found = differences(&[("one", &first), ("two", &second)]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].from.as_str(), found[0].to.as_str()), ("one", "two"));
        assert_eq!((found[0].value, found[0].low, found[0].high), (Some(2.0), Some(2.0), Some(2.0)));
    }

    #[test]
    fn all_pairs_are_compared_the_later_less_the_earlier() {
        let [a, b, c] = [1.0, 2.0, 4.0].map(|value| gathered("lost", &[Some(value), Some(value)]));
        let found = differences(&[("a", &a), ("b", &b), ("c", &c)]);
        let told: Vec<_> = found.iter().map(|found| (found.from.as_str(), found.to.as_str(), found.value)).collect();
        assert_eq!(told, [("a", "b", Some(1.0)), ("a", "c", Some(3.0)), ("b", "c", Some(2.0))]);
    }

    #[test]
    fn replications_are_judged_at_counts_that_double() {
        let mut count = 0;
        let counts = std::iter::from_fn(|| {
            count = next_count(count, 10, 100);
            Some(count)
        });
        assert_eq!(counts.take(6).collect::<Vec<_>>(), [10, 20, 40, 80, 100, 100]);
    }

    /// ± 1.5912 is 15.9 % of 10.
    #[test]
    fn precision_is_half_the_interval_against_the_mean() {
        let values = four();
        assert!(is_precise(&values, 0.16, 0.95));
        assert!(!is_precise(&values, 0.15, 0.95));
        assert!(is_precise(&[None, None], 0.05, 0.95), "more of nothing tells nothing");
        assert!(!is_precise(&[Some(1.0)], 0.05, 0.95));
    }
}
