//! What a reader should know before believing a result.

use crate::cloud::fact::Loss;
use crate::experiment::figures::{Stat, Whose};
use crate::experiment::gather::{Column, Gathered};
use crate::experiment::goals::latency;
use crate::experiment::replicate::PATIENCE;
use crate::experiment::series::Grid;
use crate::ground::time::Span;
use crate::scenario::Goal;

/// The share of arrivals that may stay, beyond which more comes than leaves.
const STAYING: f64 = 0.02;
/// So few a replication that stay may be chance.
const FEW: f64 = 20.0;
const HOUR: Span = Span::from_secs(3_600);
/// More than so large a share of hours that nobody used shows in a month's figure.
const EXCESS: f64 = 0.05;
/// With fewer replications intervals are wide and rest on little.
const FEW_REPLICATIONS: u32 = 5;

/// The warnings for all topologies and goals.
pub fn warnings<'a>(
    goals: &[Goal],
    topologies: &[(&str, &'a Gathered)],
    replications: u32,
    (has_length, is_steady): (bool, bool),
) -> Vec<String> {
    let mut found = Vec::new();
    // Who has no goals sees that there are no intervals where the intervals would be.
    if replications == 1 && !goals.is_empty() {
        found.push(
            "one replication has no intervals, so no goal is met or missed for sure: 20 replications are usual"
                .to_owned(),
        );
    } else if (2..FEW_REPLICATIONS).contains(&replications) {
        found.push(format!("{replications} replications give wide intervals that rest on little: 20 are usual"));
    }
    for (place, goal) in goals.iter().enumerate() {
        let of_goal =
            |gathered: &'a Gathered| gathered.columns.iter().find(|column| column.whose == Whose::Goal(place));
        let columns: Vec<&Column> = topologies.iter().filter_map(|(_, gathered)| of_goal(gathered)).collect();
        if columns.is_empty() && !topologies.is_empty() {
            found.push(format!("the goal on `{}` has no verdict: no topology that was run has this figure", goal.of));
        }
        let percentile = matches!(figure_of(&goal.of), Some(Stat::Quantile(_)));
        if !percentile && columns.iter().any(|column| column.values.contains(&Some(f64::INFINITY))) {
            found.push(format!(
                "the goal on `{}` counts the lost as infinitely late, so that a single one misses it: a percentile, and \
                 a goal on `lost` beside it, say how many may be",
                goal.of
            ));
        }
    }
    for (name, gathered) in topologies {
        if let Some(share) = gathered.grid.as_ref().filter(|_| has_length).and_then(|grid| growth(grid, replications)) {
            let more = gathered.grid.as_ref().map_or(0.0, Grid::growth) * 3_600.0;
            let latencies = if is_steady {
                format!("it has no steady state, {more:.0} more are inside each hour, and no latency of it is told")
            } else {
                "so its latencies grow with the length of the run".to_owned()
            };
            found.push(format!(
                "`{name}`: more comes than leaves. Of the last third's arrivals {} stayed, {latencies}",
                percent(share)
            ));
        }
        if !has_length && mean(gathered, "lost.unfinished").is_some_and(|share| share > 0.0) {
            found.push(format!(
                "`{name}`: some requests had not ended when nobody followed them any longer, {} after the last birth \
                 unless `run.drain` says otherwise; see what they wait for",
                PATIENCE
            ));
        }
        if let Some((items, excess)) = started_hours(gathered) {
            found.push(format!(
                "`{name}`: {items} is paid for by the started hour, {} more than the run lasts, and the figure for a month \
                 with it: a run of whole hours, or of many, tells what a month costs",
                percent(excess)
            ));
        }
        if let Some(lost) = mean(gathered, "lost").filter(|&lost| lost > 0.0) {
            let shares =
                Loss::ALL.map(|why| (mean(gathered, &format!("lost.{}", why.word())).unwrap_or(0.0), why.word()));
            let most = shares.into_iter().fold((0.0, ""), |most, share| if share.0 > most.0 { share } else { most });
            found.push(format!(
                "`{name}`: {} of the requests were lost, most of them {}; its latencies are those of the others",
                percent(lost),
                most.1
            ));
        }
    }
    found
}

/// The share of the last third's arrivals that stayed, if more stayed than left by chance, and in the middle third
/// as well: a peak at the very end is not overload.
pub(super) fn growth(grid: &Grid, replications: u32) -> Option<f64> {
    let third = grid.cells() / 3;
    if third == 0 {
        return None;
    }
    let share = |from: usize, to: usize| {
        let (came, stayed) = grid.stayed(from, to);
        let many = stayed as f64 > FEW * f64::from(replications);
        (came > 0 && many).then(|| stayed as f64 / came as f64).filter(|&share| share > STAYING)
    };
    share(third, 2 * third)?;
    share(2 * third, grid.cells())
}

/// What a goal asks of a latency, whosever it is: `p99` of `media.wait.p99`.
fn figure_of(of: &str) -> Option<Stat> {
    latency(of).or_else(|| latency(of.split_once('.')?.1)).map(|(_, stat)| stat)
}

/// What is paid for by the started hour, where that is much more than the runs last; and how much more, as a share.
fn started_hours(gathered: &Gathered) -> Option<(String, f64)> {
    let mut lines: Vec<_> = gathered.bills.iter().flatten().filter(|line| line.is_by_the_hour()).collect();
    lines.sort_unstable_by(|one, other| (&one.item, &one.node).cmp(&(&other.item, &other.node)));
    let nodes = lines.chunk_by(|one, other| one.node == other.node).count() as u64;
    let lasted = (gathered.length.nanos() * nodes) as f64 / HOUR.nanos() as f64;
    let paid: f64 = lines.iter().map(|line| line.quantity.approximately()).sum();
    let excess = paid / lasted - 1.0;
    let mut items: Vec<&str> = lines.iter().map(|line| line.item.as_str()).collect();
    items.dedup();
    (lasted > 0.0 && excess > EXCESS).then(|| (format!("`{}`", items.join("`, `")), excess))
}

fn mean(gathered: &Gathered, name: &str) -> Option<f64> {
    let values: Vec<f64> = gathered.whole(name)?.values.iter().filter_map(|value| *value).collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// A share for a sentence: two digits that mean something.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let digits = if percent >= 10.0 {
        0
    } else if percent >= 1.0 {
        1
    } else {
        2
    };
    if percent < 0.01 { "less than 0.01 %".to_owned() } else { format!("{percent:.digits$} %") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::billing::{Capacity, NodeUsage, PriceBook, Usage, Used, invoice};
    use crate::experiment::recorder::Passed;

    /// Nine cells of 100 s in which `leave(cell)` of 1,000 arrivals leave.
    fn run(leave: impl Fn(u64) -> u64) -> Gathered {
        let mut grid = Grid::of_length(Span::from_secs(900), Some(Span::from_secs(100)), 0);
        let mut passed = Passed::default();
        for cell in 0..9 {
            passed.born += 1_000;
            passed.completed += leave(cell);
            grid.close(grid.next(), passed, &[]);
        }
        Gathered { grid: Some(grid), ..Gathered::default() }
    }

    /// One run of so many seconds, which paid for so many started hours of a balancer.
    fn paid(seconds: u64, node: Used) -> Gathered {
        let usage = Usage { nodes: vec![NodeUsage { node: "balancer.front".to_owned(), used: node }] };
        let bills = vec![invoice(&usage, &PriceBook::us_east_1())];
        Gathered { bills, length: Span::from_secs(seconds), ..Gathered::default() }
    }

    /// Two hours for 61 min are 97 % more, one hour for 58 min 3 %; a queue is not paid for by the hour.
    #[test]
    fn a_month_of_runs_that_pay_for_more_than_they_last_is_told() {
        let balancer = |hours| Used::Balancer { hours, capacity: Capacity::default(), lived: None };
        let (grouped, calls) = (None, None);
        let queue = Used::Queue { fifo: false, sends: 1, receives: 1, deletes: 1, changes: 0, grouped, calls };
        let told = |minutes: u64, used| warnings(&[], &[("balanced", &paid(60 * minutes, used))], 5, (true, false));
        let found = told(61, balancer(2));
        assert!(found[0].contains("`alb.hour` is paid for by the started hour, 97 % more"), "{found:?}");
        assert_eq!(told(58, balancer(1)), Vec::<String>::new());
        assert_eq!(told(60, balancer(1)), Vec::<String>::new());
        assert_eq!(told(30, balancer(1)).len(), 1);
        assert_eq!(told(30, queue), Vec::<String>::new());
    }

    #[test]
    fn a_backlog_that_grows_and_grows_is_told() {
        let found = warnings(&[], &[("small", &run(|_| 800))], 31, (true, false));
        assert_eq!(found.len(), 0, "600 that stayed in 31 replications may be chance");
        let found = warnings(&[], &[("small", &run(|_| 800))], 10, (true, false));
        assert!(
            found[0].contains("`small`: more comes than leaves. Of the last third's arrivals 20 % stayed"),
            "{found:?}"
        );
    }

    #[test]
    fn a_peak_at_the_end_is_no_overload() {
        let peak = run(|cell| if cell < 8 { 1_000 } else { 500 });
        assert_eq!(warnings(&[], &[("peak", &peak)], 10, (true, false)), Vec::<String>::new());
    }

    #[test]
    fn losses_are_told_beside_the_latencies_they_flatter() {
        let column = |name: &str, value| Column {
            name: name.into(),
            unit: "1",
            values: vec![Some(value); 10],
            ..Column::default()
        };
        let columns = vec![column("lost", 0.031), column("lost.full", 0.001), column("lost.timed-out", 0.03)];
        let found = warnings(&[], &[("tiered", &Gathered { columns, ..Gathered::default() })], 10, (true, false));
        let told =
            "`tiered`: 3.1 % of the requests were lost, most of them timed-out; its latencies are those of the others";
        assert_eq!(found, [told]);
    }

    #[test]
    fn a_goal_that_a_single_loss_misses_is_told() {
        let column = |place| Column {
            whose: Whose::Goal(place),
            name: String::new(),
            unit: "s",
            values: vec![Some(1.0), Some(f64::INFINITY)],
            ..Column::default()
        };
        let goals =
            ["jobs.completion.mean", "completion.p99.9"].map(|of| Goal { of: of.into(), limit: 1.0, at_most: true });
        let gathered = Gathered { columns: vec![column(0), column(1)], ..Gathered::default() };
        let found = warnings(&goals, &[("tiered", &gathered)], 10, (true, false));
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("the goal on `jobs.completion.mean` counts the lost as infinitely late"),
            "{found:?}"
        );
    }

    #[test]
    fn a_goal_without_a_verdict_is_told() {
        let goals = [Goal { of: "media.wait.p99".into(), limit: 1.0, at_most: true }];
        let found = warnings(&goals, &[("monolith", &Gathered::default())], 10, (true, false));
        assert_eq!(found, ["the goal on `media.wait.p99` has no verdict: no topology that was run has this figure"]);
    }

    #[test]
    fn too_few_replications_are_told() {
        let goals = [Goal { of: "lost".into(), limit: 0.01, at_most: true }];
        assert!(warnings(&goals, &[], 1, (true, false))[0].starts_with("one replication has no intervals"));
        assert!(warnings(&[], &[], 1, (true, false)).is_empty(), "without goals there is nothing to decide");
        assert!(warnings(&[], &[], 3, (true, false))[0].starts_with("3 replications give wide intervals"));
        assert!(warnings(&[], &[], 5, (true, false)).is_empty());
    }
}
