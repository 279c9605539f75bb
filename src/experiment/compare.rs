//! What replications say together: figures with intervals, paired differences, and when there are enough of them.

use crate::experiment::document::{Difference, Figure};
use crate::experiment::gather::{Column, Gathered};
use crate::ground::stats::{interval, ratio_interval, sd, share_interval};
use crate::scenario::Width;

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

/// Below so many of a kind, what was counted is rare.
const RARE: u64 = 30;

/// The mean of the replications that measured something, and its interval: Student's, or of rare events one that holds however
/// few were seen. Of a ratio of two sums the ratio of all replications' sums, and the jackknife's interval.
pub fn figure(column: &Column) -> Figure {
    let (mean, _) = estimate(&column.values, CONFIDENCE);
    let value = ratio(column).map(|pairs| sums(&pairs)).or(mean);
    let ends = ends(column, CONFIDENCE);
    let (low, high) = ends.unzip();
    Figure { value, low, high, unit: column.unit.to_owned() }
}

/// The interval of a figure. Shares stay between 0 and 1; of those that are rare, or nearly certain, Clopper and Pearson's
/// interval over all that was counted is part of it, as replications that all saw nothing say nothing of how rare it is.
pub fn ends(column: &Column, confidence: f64) -> Option<(f64, f64)> {
    if let Some(pairs) = ratio(column) {
        return ratio_interval(&pairs, confidence).map(|(_, low, high)| (low, high));
    }
    let (_, ends) = estimate(&column.values, confidence);
    if column.trials == 0 {
        return ends;
    }
    let (low, high) = ends?;
    let (low, high) = (low.max(0.0), high.min(1.0));
    if column.seen.min(column.trials - column.seen.min(column.trials)) >= RARE {
        return Some((low, high));
    }
    let (rare_low, rare_high) = share_interval(column.seen, column.trials, confidence);
    Some((low.min(rare_low), high.max(rare_high)))
}

/// What each replication adds to the two sums whose ratio a figure is; `None` where it is no ratio.
fn ratio(column: &Column) -> Option<Vec<(f64, f64)>> {
    let pairs = column.values.iter().zip(&column.below).filter(|(_, below)| **below > 0.0);
    let pairs: Vec<(f64, f64)> = pairs.filter_map(|(value, &below)| Some(((*value)? * below, below))).collect();
    (!pairs.is_empty()).then_some(pairs)
}

fn sums(pairs: &[(f64, f64)]) -> f64 {
    let (above, below) = pairs.iter().fold((0.0, 0.0), |sums, pair| (sums.0 + pair.0, sums.1 + pair.1));
    above / below
}

fn estimate(values: &[Option<f64>], confidence: f64) -> (Option<f64>, Option<(f64, f64)>) {
    let measured: Vec<f64> = values.iter().filter_map(|value| *value).collect();
    let mean = (!measured.is_empty()).then(|| measured.iter().sum::<f64>() / measured.len() as f64);
    (mean, interval(&measured, confidence).map(|(_, low, high)| (low, high)))
}

/// The differences of all pairs of topologies, the later less the earlier, replication by replication. With several pairs their
/// intervals are wider, so that all of a figure hold together with [`CONFIDENCE`] (Bonferroni).
pub fn differences(topologies: &[(&str, &Gathered)]) -> Vec<Difference> {
    let mut found = Vec::new();
    let pairs = topologies.len() * topologies.len().saturating_sub(1) / 2;
    let confidence = 1.0 - (1.0 - CONFIDENCE) / pairs.max(1) as f64;
    for (place, (from, first)) in topologies.iter().enumerate() {
        for (to, second) in &topologies[place + 1..] {
            for name in COMPARED {
                let (Some(first), Some(second)) = (first.whole(name), second.whole(name)) else { continue };
                let pairs = first.values.iter().zip(&second.values);
                let paired: Vec<Option<f64>> = pairs.map(|(first, second)| Some((*second)? - (*first)?)).collect();
                let (value, ends) = estimate(&paired, confidence);
                let (low, high) = ends.unzip();
                let narrowed = narrowed(&first.values, &second.values, &paired);
                let (of, unit) = (name.to_owned(), first.unit.to_owned());
                let (from, to) = ((*from).to_owned(), (*to).to_owned());
                found.push(Difference { of, from, to, value, low, high, unit, confidence, narrowed });
            }
        }
    }
    found
}

/// What one run's figure is more than another's, replication by replication.
pub fn paired(before: &[Option<f64>], after: &[Option<f64>], unit: &str) -> Figure {
    let pairs = before.iter().zip(after);
    let paired: Vec<Option<f64>> = pairs.map(|(before, after)| Some((*after)? - (*before)?)).collect();
    let (value, ends) = estimate(&paired, CONFIDENCE);
    let (low, high) = ends.unzip();
    Figure { value, low, high, unit: unit.to_owned() }
}

/// How wide the interval of a difference is, compared with what draws of its own for each topology would have given: the standard
/// deviation of the paired differences over that of a difference of independent figures.
fn narrowed(first: &[Option<f64>], second: &[Option<f64>], paired: &[Option<f64>]) -> Option<f64> {
    let spread = |values: &[Option<f64>]| {
        let both = values.iter().zip(paired).filter(|(_, paired)| paired.is_some());
        sd(&both.filter_map(|(value, _)| *value).collect::<Vec<f64>>())
    };
    let (one, other) = (spread(first)?, spread(second)?);
    let apart = (one * one + other * other).sqrt();
    let ratio = spread(paired)? / apart;
    ratio.is_finite().then_some(ratio)
}

/// Whether a figure is known well enough: half its interval is no wider than that. A figure that no replication could
/// measure is known as well as it will ever be.
pub fn is_precise(column: &Column, width: Width, confidence: f64) -> bool {
    let Some(mean) = figure(column).value else { return true };
    let most = match width {
        Width::Share(share) => share * mean.abs(),
        Width::Amount(amount) => amount,
    };
    ends(column, confidence).is_some_and(|(low, high)| (high - low) / 2.0 <= most)
}

/// How many replications there are before the next judgement: twice as many, from `at_least` up to `at_most`.
pub fn next_count(so_far: u32, at_least: u32, at_most: u32) -> u32 {
    so_far.saturating_mul(2).max(at_least).max(1).min(at_most.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two replications of 1 to 10 and 9 to 30: together 10 to 40, and not the mean of a tenth and three tenths.
    #[test]
    fn a_ratio_is_that_of_the_sums() {
        let column =
            Column { values: vec![Some(0.1), None, Some(0.3)], below: vec![10.0, 0.0, 30.0], ..Column::default() };
        let told = figure(&column);
        assert_eq!(told.value, Some(0.25));
        assert!(told.low < Some(0.25) && told.high > Some(0.25));
        assert_eq!(figure(&Column { below: vec![0.0; 3], ..column }).value, Some(0.2));
    }

    fn column(name: &str, values: &[Option<f64>]) -> Column {
        Column { name: name.into(), unit: "s", values: values.to_vec(), ..Column::default() }
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
        let is = |values: &[Option<f64>], width| is_precise(&column("answer.p99", values), width, 0.95);
        assert!(is(&values, Width::Share(0.16)) && is(&values, Width::Amount(1.6)));
        assert!(!is(&values, Width::Share(0.15)) && !is(&values, Width::Amount(1.5)));
        assert!(is(&[None, None], Width::Share(0.05)), "more of nothing tells nothing");
        assert!(!is(&[Some(1.0)], Width::Share(0.05)));
    }
}
