//! From what the topologies' replications found to the result document.

use indexmap::IndexMap;

use crate::billing::{Line, Quantity};
use crate::cloud::gauge::{Gauge, Level};
use crate::cloud::topology::{NodeId, Topology, WorkloadId};
use crate::experiment::compare::{differences, figure};
use crate::experiment::document::{
    BillLine, DecisionRecord, Document, Figure, Finding, NodeResult, PriceStamp, SCHEMA, ScenarioStamp, Series, Tail,
    Theory, TopologyResult, Verdict,
};
use crate::experiment::figures::{Whose, label};
use crate::experiment::gather::{Column, Gathered};
use crate::experiment::goals::judge;
use crate::experiment::replicate::owner;
use crate::experiment::series::{FLOWS, Grid};
use crate::experiment::theory;
use crate::experiment::warnings::{growth, warnings};
use crate::ground::money::Money;
use crate::ground::stats::Histogram;
use crate::ground::time::{SECOND, SimTime, Span};
use crate::scenario::Scenario;

/// The document of a run: what each of these topologies' `count` replications found after this warm-up.
pub fn assemble(
    scenario: &Scenario,
    found: &[(&Topology, &Gathered)],
    seed: u64,
    count: u32,
    warm_up: Span,
) -> Document {
    let named: Vec<(&str, &Gathered)> = found.iter().map(|(topology, of)| (topology.name.as_str(), *of)).collect();
    let simulated: f64 = found.iter().map(|(_, of)| of.length.seconds()).sum();
    let mean_length = simulated / (f64::from(count) * found.len() as f64);
    let stamp = ScenarioStamp {
        title: scenario.title.clone(),
        digest: scenario.digest.clone(),
        defaults: scenario.run.defaults,
    };
    let topologies: IndexMap<String, TopologyResult> =
        found.iter().map(|(topology, of)| (topology.name.clone(), result(scenario, topology, of, count))).collect();
    let mut differences = differences(&named);
    // From what has no steady state nothing differs by so much.
    differences.retain(|difference| {
        let is_told = |name: &String| topologies[name].figures.get(&difference.of).is_some_and(|it| it.value.is_some());
        difference.value.is_none() || is_told(&difference.from) && is_told(&difference.to)
    });
    Document {
        schema: SCHEMA.to_owned(),
        program: concat!("queuelab ", env!("CARGO_PKG_VERSION")).to_owned(),
        scenario: stamp,
        prices: PriceStamp::of(&scenario.prices),
        seed,
        replications: count,
        length: scenario.run.length.map_or(mean_length, |length| length.seconds()),
        warm_up: warm_up.seconds(),
        warm_up_found: scenario.run.finds_warm_up,
        topologies,
        differences,
        goals: verdicts(scenario, found, count),
        incomplete: false,
        warnings: warnings(&scenario.goals, &named, count, (scenario.run.length.is_some(), scenario.run.is_steady)),
    }
}

fn result(scenario: &Scenario, topology: &Topology, found: &Gathered, count: u32) -> TopologyResult {
    let grows = grows(scenario, found, count);
    let told = |column: &Column| {
        if grows && is_of_a_steady_state(&column.name) {
            // It depends on how long one looks, and so says nothing of the system.
            return Figure { value: None, low: None, high: None, unit: column.unit.to_owned() };
        }
        figure(column)
    };
    let figures = |whose: Whose| -> IndexMap<String, Figure> {
        let columns = found.columns.iter().filter(move |column| column.whose == whose && is_told(column));
        columns.map(|column| (column.name.clone(), told(column))).collect()
    };
    let mut whole = figures(Whose::Whole);
    if let (true, Some(grid)) = (grows, &found.grid) {
        let value = Some(grid.growth());
        whole.insert("growth".to_owned(), Figure { value, low: None, high: None, unit: "1/s".to_owned() });
    }
    let nodes = topology.nodes.iter().enumerate();
    let workloads = &scenario.application.workloads;
    let kinds = workloads.iter().enumerate().filter(|_| workloads.len() > 1);
    let tails = [("answer", &found.answer), ("completion", &found.completion)];
    TopologyResult {
        figures: whole,
        nodes: nodes
            .map(|(place, node)| (label(node), NodeResult { figures: figures(Whose::Node(NodeId::at(place))) }))
            .collect(),
        workloads: kinds
            .map(|(place, kind)| {
                (kind.name.clone(), NodeResult { figures: figures(Whose::Kind(WorkloadId::at(place))) })
            })
            .collect(),
        theory: if scenario.run.is_steady && !grows { theory(scenario, topology, found) } else { Vec::new() },
        bill: bill(found),
        series: series(topology, found),
        tails: tails.into_iter().map(|(name, times)| (name.to_owned(), tail(times, found.lost))).collect(),
        decisions: decisions(topology, found),
        looks: looks(topology, found),
        replications: replications(scenario, topology, found),
    }
}

/// What theory says of some figures; and Little's law, which asks of every system that what is inside be what comes times how
/// long it stays.
fn theory(scenario: &Scenario, topology: &Topology, found: &Gathered) -> Vec<Theory> {
    let mut told = theory::of(&scenario.application, topology);
    let mean = |name: &str| figure(found.whole(name)?).value;
    if let (Some(rate), Some(stay), Some(0.0)) = (mean("goodput"), mean("completion.mean"), mean("lost")) {
        told.push(Theory { of: "in-system".to_owned(), exact: rate * stay, by: "Little's law, L = λW".to_owned() });
    }
    told
}

/// Whether a topology has no steady state although nothing varies with time.
fn grows(scenario: &Scenario, found: &Gathered, count: u32) -> bool {
    scenario.run.is_steady && found.grid.as_ref().is_some_and(|grid| growth(grid, count).is_some())
}

/// Whether a figure, without whose it is, grows with the length of a run where more comes than leaves.
fn is_of_a_steady_state(name: &str) -> bool {
    const GROWING: [&str; 13] = [
        "answer",
        "completion",
        "wait",
        "left",
        "join",
        "time",
        "in-system",
        "in-line",
        "in-join",
        "visible",
        "hidden",
        "retrying",
        "attempts",
    ];
    GROWING.contains(&name.split(['.', '@']).next().unwrap_or(name))
}

/// Every figure of every replication, by its whole name.
fn replications(scenario: &Scenario, topology: &Topology, found: &Gathered) -> IndexMap<String, Vec<Option<f64>>> {
    let workloads = &scenario.application.workloads;
    let name = |column: &Column| match column.whose {
        Whose::Whole => Some(column.name.clone()),
        Whose::Node(id) => Some(format!("{}.{}", label(&topology.nodes[id.index()]), column.name)),
        Whose::Kind(id) if workloads.len() > 1 => Some(format!("{}.{}", workloads[id.index()].name, column.name)),
        Whose::Kind(_) | Whose::Goal(_) => None,
    };
    let told = found.columns.iter().filter(|column| is_told(column));
    told.filter_map(|column| Some((name(column)?, column.values.clone()))).collect()
}

/// Whether a figure says anything: reasons for which nobody was lost, and times that nobody spent, are left out.
fn is_told(column: &Column) -> bool {
    let idle = |value: &Option<f64>| value.is_none_or(|value| value == 0.0);
    let optional = column.name.starts_with("lost.") || column.name.starts_with("left.") || column.name == "leaves";
    !(optional && column.values.iter().all(idle))
}

/// The mean bill, line by line. Sums are exact; their mean is rounded half up, money to a picodollar. What an item costs
/// beyond a tier's bound stands on a line of its own.
fn bill(found: &Gathered) -> Vec<BillLine> {
    let count = found.bills.len().max(1);
    let mut lines: IndexMap<(&str, &str, i128), Vec<&Line>> = IndexMap::new();
    for line in found.bills.iter().flatten() {
        lines.entry((&line.node, &line.item, line.price.picodollars())).or_default().push(line);
    }
    lines.into_values().map(|lines| mean(&lines, count)).collect()
}

/// The mean of one line of `count` bills; bills that lack it have nothing there.
fn mean(lines: &[&Line], count: usize) -> BillLine {
    let quantity = |parts: u128, decimals| mean_quantity(parts * MORE, count, decimals);
    let money = |sum: Money| {
        let mean = (2 * sum.picodollars() + count as i128).div_euclid(2 * count as i128);
        Money::from_picodollars(mean).to_string()
    };
    // Where one of them does not know, the mean is not known.
    let moneys = |of: fn(&Line) -> Option<Money>| lines.iter().map(|line| of(line)).sum::<Option<Money>>().map(money);
    let exact = lines.iter().map(|line| line.exact).collect::<Option<Vec<Quantity>>>().and_then(|all| {
        let decimals = all.first()?.decimals;
        let parts = all.iter().try_fold(0u128, |sum, exact| sum.checked_add(exact.parts))?;
        // As many decimals as there are: more than those can't be written.
        let count = count as u128;
        Some(Quantity { parts: parts.checked_mul(2)?.checked_add(count)? / (2 * count), decimals }.to_string())
    });
    BillLine {
        quantity: quantity(lines.iter().map(|line| line.quantity.parts).sum(), lines[0].quantity.decimals),
        cost: money(lines.iter().map(|line| line.cost).sum()),
        exact,
        rounding: moneys(|line| line.rounding),
        wasted: moneys(|line| line.wasted),
        ..BillLine::from(lines[0])
    }
}

/// A mean quantity is told to so many parts of what the provider counts …
const MORE: u128 = 1_000;
/// … which are so many decimals more.
const MORE_DECIMALS: u8 = 3;

fn mean_quantity(parts: u128, count: usize, decimals: u8) -> String {
    let count = count as u128;
    let parts = (2 * parts + count) / (2 * count);
    Quantity { parts, decimals: decimals + MORE_DECIMALS }.to_string()
}

fn series(topology: &Topology, found: &Gathered) -> Series {
    let (Some(grid), Some(first)) = (&found.grid, &found.first) else { return Series::default() };
    let mut first = first.clone();
    first.coarsen(grid.step());
    Series { step: grid.step().seconds(), values: rows(topology, found, grid), first: rows(topology, found, &first) }
}

fn rows(topology: &Topology, found: &Gathered, grid: &Grid) -> IndexMap<String, Vec<f64>> {
    let flows = FLOWS.iter().enumerate().map(|(flow, name)| ((*name).to_owned(), grid.rates(flow)));
    let levels = found.gauges.iter().enumerate().map(|(gauge, of)| (gauge, of, grid.levels(gauge)));
    let levels = levels.filter(|(_, of, row)| is_drawn(of.what) || row.iter().any(|&level| level != 0.0));
    let (cells, step) = (grid.rates(0).len(), grid.step());
    let measured = topology.measured.iter().map(|(node, recorded)| {
        let ends = (1..=cells as u64).map(|cell| SimTime::from_nanos(step.nanos().saturating_mul(cell)));
        let values = ends.map(|end| recorded.between(SimTime::START, end).unwrap_or(0.0)).collect();
        (format!("{}.{MEASURED}", label(&topology.nodes[node.index()])), values)
    });
    flows.chain(levels.map(|(_, of, row)| (row_name(topology, of), row))).chain(measured).collect()
}

/// The row of what was measured elsewhere.
pub const MEASURED: &str = "measured";

/// Whether a level's row is told even where it is 0 throughout.
fn is_drawn(level: Level) -> bool {
    match level {
        Level::InSystem | Level::Line | Level::Busy | Level::Ready | Level::Visible | Level::InFlight => true,
        Level::Retrying
        | Level::Together
        | Level::Joining
        | Level::Asked
        | Level::Slots
        | Level::Desired
        | Level::Wanted(_)
        | Level::Pending
        | Level::Booting
        | Level::Failed
        | Level::Draining
        | Level::Warm
        | Level::Off
        | Level::Denied
        | Level::Away
        | Level::Hidden
        | Level::EmptyReceives
        | Level::EmptyAgain
        | Level::Delayed
        | Level::OverLimit
        | Level::Pollers
        | Level::IdleBesideLine
        | Level::BucketFull => false,
    }
}

fn row_name(topology: &Topology, gauge: &Gauge) -> String {
    let what = match gauge.what {
        Level::Wanted(size) => format!("{}.{size}", gauge.what.word()),
        what => what.word().to_owned(),
    };
    match gauge.node {
        None => what,
        Some(node) => format!("{}.{what}", label(&topology.nodes[node.index()])),
    }
}

/// How many were slower than what: enough points for a smooth line, and all of them where few are left.
fn tail(times: &Histogram, lost: u64) -> Tail {
    let measured = times.count();
    let (Some(least), Some(most)) = (times.min(), times.max()) else {
        return Tail { points: Vec::new(), measured, lost };
    };
    let mut points = vec![(least as f64 / SECOND as f64, 1.0)];
    let (mut slower, mut told) = (measured, 1.0);
    for (_, high, count) in times.counts() {
        slower -= count;
        let share = slower as f64 / measured as f64;
        if share < told * 0.97 || share < told - 0.01 || slower == 0 {
            points.push((high.min(most) as f64 / SECOND as f64, share));
            told = share;
        }
    }
    Tail { points, measured, lost }
}

fn decisions(topology: &Topology, found: &Gathered) -> Vec<DecisionRecord> {
    let kept = found.log.iter().flat_map(|log| log.kept());
    kept.map(|(pool, decision)| DecisionRecord {
        at: decision.at.seconds(),
        node: label(&topology.nodes[pool.index()]),
        from: decision.from,
        to: decision.to,
        why: decision.why.to_string(),
    })
    .collect()
}

fn looks(topology: &Topology, found: &Gathered) -> IndexMap<String, IndexMap<String, u64>> {
    let Some(log) = &found.log else { return IndexMap::new() };
    let nodes = topology.nodes.iter().enumerate();
    let counts = nodes.map(|(place, node)| {
        let reasons = log.counts(NodeId::at(place)).map(|(reason, count)| (reason.to_owned(), count));
        (label(node), reasons.collect::<IndexMap<String, u64>>())
    });
    counts.filter(|(_, reasons)| !reasons.is_empty()).collect()
}

/// A verdict for each goal and each topology that has what it speaks of.
fn verdicts(scenario: &Scenario, found: &[(&Topology, &Gathered)], count: u32) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for (place, goal) in scenario.goals.iter().enumerate() {
        for (topology, gathered) in found {
            let column = gathered.columns.iter().find(|column| column.whose == Whose::Goal(place));
            let Some(column) = column else { continue };
            let mut judged = judge(column, goal.limit, goal.at_most);
            let (_, figure) = owner(&goal.of, &scenario.application, topology).unwrap_or((Whose::Whole, &goal.of));
            if grows(scenario, gathered, count) && judged.finding == Finding::Met && is_of_a_steady_state(figure) {
                // A longer run would miss it.
                judged.finding = Finding::Undecided;
            }
            let (low, high) = judged.ends.unzip();
            verdicts.push(Verdict {
                of: goal.of.clone(),
                limit: goal.limit,
                at_most: goal.at_most,
                topology: topology.name.clone(),
                value: judged.value,
                low,
                high,
                verdict: judged.finding,
            });
        }
    }
    verdicts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::money::DOLLAR;

    fn line(item: &str, seconds: u128, cost: i128) -> Line {
        Line {
            node: "pool.media".into(),
            item: item.into(),
            quantity: Quantity::whole(seconds),
            unit: "s",
            price: Money::from_picodollars(DOLLAR),
            per: 3_600,
            cost: Money::from_picodollars(cost),
            as_of: String::new(),
            source: String::new(),
            wasted: None,
            exact: None,
            rounding: None,
        }
    }

    /// 60 s, 60 s and 62 s: 60.667 s in the mean. 1 $, 1 $ and nothing, as its line is missing there: 0.666… $.
    #[test]
    fn a_mean_bill_is_the_mean_of_each_line_and_a_missing_line_is_nothing() {
        let bills = vec![
            vec![line("a", 60, 10), line("b", 1, DOLLAR)],
            vec![line("a", 60, 10), line("b", 1, DOLLAR)],
            vec![line("a", 62, 12)],
        ];
        let told = bill(&Gathered { bills, ..Gathered::default() });
        let found: Vec<_> = told.iter().map(|line| (line.item.as_str(), &*line.quantity, &*line.cost)).collect();
        assert_eq!(found, [("a", "60.667", "0.000000000011"), ("b", "0.667", "0.666666666667")]);
    }

    /// One each after 1 … 100 s: half are slower than 50 s, none than 100 s.
    #[test]
    fn a_tail_falls_from_all_to_none() {
        let mut times = Histogram::default();
        (1..=100).for_each(|second| times.add(second * SECOND));
        let tail = tail(&times, 7);
        assert_eq!((tail.measured, tail.lost), (100, 7));
        assert_eq!(tail.points.first(), Some(&(1.0, 1.0)));
        assert_eq!(tail.points.last(), Some(&(100.0, 0.0)));
        let slower = tail.points.iter().find(|(_, share)| (share - 0.5).abs() < 1e-9).expect("half of them");
        assert!((slower.0 - 50.0).abs() <= 0.25, "{slower:?}");
        assert!(tail.points.is_sorted_by(|one, next| one.0 <= next.0 && one.1 > next.1), "{:?}", tail.points);
    }

    /// However many were measured, a line of a chart needs no more than some hundred points.
    #[test]
    fn a_long_tail_has_few_points() {
        let mut times = Histogram::default();
        (0..200_000u64).for_each(|n| times.add(n * n));
        let points = tail(&times, 0).points.len();
        assert!((100..500).contains(&points), "{points}");
    }
}
