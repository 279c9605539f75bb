//! Goals: what they ask, replication by replication, and whether it was met.
//!
//! A goal on a latency counts whoever was lost as infinitely late, so that nobody meets it by losing the slow.

use crate::experiment::compare::{ends, figure};
use crate::experiment::document::Finding;
use crate::experiment::figures::{STATS, Stat};
use crate::experiment::gather::Column;
use crate::ground::stats::{Histogram, interval};
use crate::ground::time::SECOND;

/// How sure a verdict must be.
pub const CONFIDENCE: f64 = 0.95;

/// The last part of a latency's name, if it is one: `completion.p99` asks for completion's p99.
pub fn latency(name: &str) -> Option<(&str, Stat)> {
    let (times, stat) = name.split_once('.')?;
    let (_, which) = STATS.into_iter().find(|&(word, _)| word == stat)?;
    ["answer", "completion", "wait", "service"].contains(&times).then_some((times, which))
}

/// A latency in seconds, the missing counted as infinitely late; `None` where nobody was counted.
pub fn lateness(times: &Histogram, missing: u64, stat: Stat) -> Option<f64> {
    match stat {
        _ if missing == 0 => stat.of(times),
        Stat::Quantile(p) => times.quantile_with(missing, p).map(|nanos| nanos / SECOND as f64),
        Stat::Mean | Stat::Sd | Stat::Max => Some(f64::INFINITY),
    }
}

fn of_finite(values: &[f64]) -> Option<(f64, f64)> {
    interval(values, CONFIDENCE).map(|(_, low, high)| (low, high))
}

/// A goal's finding, and the interval it was judged by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// The mean of the replications; `None` where it is infinite or nothing was measured.
    pub value: Option<f64>,
    /// The interval's ends.
    pub ends: Option<(f64, f64)>,
    /// The finding.
    pub finding: Finding,
}

/// Judges the values of the replications, of which `None` measured nothing and infinity was never reached.
pub fn judge(column: &Column, limit: f64, at_most: bool) -> Judged {
    let measured: Vec<f64> = column.values.iter().filter_map(|value| *value).collect();
    let finite: Vec<f64> = measured.iter().copied().filter(|value| value.is_finite()).collect();
    let ends = if finite.len() == measured.len() { ends(column, CONFIDENCE) } else { of_finite(&finite) };
    let against = |(low, high): (f64, f64)| match at_most {
        true if high <= limit => Finding::Met,
        true if low > limit => Finding::Missed,
        false if low >= limit => Finding::Met,
        false if high < limit => Finding::Missed,
        true | false => Finding::Undecided,
    };
    let infinite = measured.len() - finite.len();
    if infinite == 0 {
        let value = figure(column).value;
        return Judged { value, ends, finding: ends.map_or(Finding::Undecided, against) };
    }
    // The mean is infinite. Whether that is the rule or bad luck: the rule, if at least half of the replications
    // never reached it, or if those that did were too late as well.
    let rule = 2 * infinite >= measured.len() || ends.is_some_and(|ends| against(ends) == Finding::Missed);
    let finding = if rule { Finding::Missed } else { Finding::Undecided };
    Judged { value: None, ends: None, finding }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: &[Option<f64>]) -> Column {
        Column { values: values.to_vec(), ..Column::default() }
    }

    /// Nothing lost of a thousand says less than 0.3 % or so, and not that nothing ever is.
    #[test]
    fn a_goal_on_what_is_rare_is_not_met_by_having_seen_nothing() {
        let nothing = Column { trials: 1_000, ..column(&[Some(0.0); 20]) };
        assert_eq!(judge(&nothing, 0.001, true).finding, Finding::Undecided);
        assert_eq!(judge(&nothing, 0.004, true).finding, Finding::Met);
        let many = Column { trials: 1_000_000, ..nothing };
        assert_eq!(judge(&many, 0.001, true).finding, Finding::Met);
    }

    fn times(seconds: impl IntoIterator<Item = u64>) -> Histogram {
        let mut times = Histogram::default();
        seconds.into_iter().for_each(|second| times.add(second * SECOND));
        times
    }

    fn close(found: Option<f64>, wanted: f64) {
        let found = found.expect("a figure");
        assert!((found - wanted).abs() <= 0.005 * wanted, "{found} is not {wanted}");
    }

    #[test]
    fn a_latency_is_named_by_times_and_statistic() {
        assert_eq!(latency("completion.p99.9"), Some(("completion", Stat::Quantile(0.999))));
        assert_eq!(latency("wait.max"), Some(("wait", Stat::Max)));
        assert_eq!(latency("cost.total"), None);
        assert_eq!(latency("lost"), None);
    }

    /// 90 done after 1 … 90 s and 10 lost: p50 is the 50th of 100, p90 the last one done, p95 never comes.
    #[test]
    fn the_lost_are_infinitely_late() {
        let done = times(1..=90);
        close(lateness(&done, 10, Stat::Quantile(0.5)), 50.0);
        close(lateness(&done, 10, Stat::Quantile(0.9)), 90.0);
        assert_eq!(lateness(&done, 10, Stat::Quantile(0.95)), Some(f64::INFINITY));
        assert_eq!(lateness(&done, 1, Stat::Mean), Some(f64::INFINITY));
        close(lateness(&done, 0, Stat::Mean), 45.5);
        assert_eq!(lateness(&times([]), 0, Stat::Mean), None);
        assert_eq!(lateness(&times([]), 3, Stat::Quantile(0.5)), Some(f64::INFINITY));
    }

    #[test]
    fn a_goal_is_met_or_missed_by_the_whole_interval() {
        let values = [Some(9.0), Some(10.0), Some(11.0), Some(10.0)];
        // Mean 10, sd √(2/3), t₃(97.5 %) = 3.182: 10 ± 3.182 · 0.8165 / 2 = 10 ± 1.299.
        for (limit, at_most, finding) in [
            (11.4, true, Finding::Met),
            (11.0, true, Finding::Undecided),
            (8.6, true, Finding::Missed),
            (8.6, false, Finding::Met),
            (11.4, false, Finding::Missed),
        ] {
            assert_eq!(judge(&column(&values), limit, at_most).finding, finding, "{limit}, at most: {at_most}");
        }
        assert_eq!(judge(&column(&values), 10.0, true).value, Some(10.0));
    }

    #[test]
    fn one_replication_decides_nothing() {
        let judged = judge(&column(&[Some(1.0)]), 2.0, true);
        assert_eq!((judged.value, judged.ends, judged.finding), (Some(1.0), None, Finding::Undecided));
        assert_eq!(judge(&column(&[None, None]), 2.0, true).finding, Finding::Undecided);
    }

    #[test]
    fn what_is_never_reached_has_no_value() {
        let never = Some(f64::INFINITY);
        let all = judge(&column(&[never, never]), 2.0, true);
        assert_eq!((all.value, all.finding), (None, Finding::Missed));
        let one = judge(&column(&[Some(1.0), Some(1.1), Some(0.9), never]), 2.0, true);
        assert_eq!((one.value, one.finding), (None, Finding::Undecided), "bad luck perhaps: more would tell");
        let late = judge(&column(&[Some(5.0), Some(5.1), Some(4.9), never]), 2.0, true);
        assert_eq!(late.finding, Finding::Missed, "those that came were too late as well");
    }
}
