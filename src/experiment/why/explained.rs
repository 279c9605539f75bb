//! What is told of a figure's causes, as plain data.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::experiment::compare::CONFIDENCE;
use crate::experiment::document::{Document, Figure, ScenarioStamp, TopologyResult};
use crate::experiment::figures::label;
use crate::experiment::why::cause::Cause;
use crate::experiment::why::ledger::{Purpose, Purposes};
use crate::experiment::why::proof::Proof;
use crate::experiment::why::split::{Question, Split, Sums};
use crate::ground::stats::{interval, ratio_interval};
use crate::ground::time::SECOND;
use crate::scenario::Scenario;

/// The `schema` of documents that this version writes.
pub const SCHEMA: &str = "queuelab/why/1";

/// Why a figure is what it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explained {
    /// [`SCHEMA`].
    pub schema: String,
    /// Name and version of the program that wrote it.
    pub program: String,
    /// Where it came from.
    pub scenario: ScenarioStamp,
    /// The seed of every draw.
    pub seed: u64,
    /// How many replications each topology had.
    pub replications: u32,
    /// Seconds of a run.
    pub length: f64,
    /// Requests born from here on …
    pub from: f64,
    /// … until here are told of: seconds since the start.
    pub to: f64,
    /// The figure.
    pub of: String,
    /// By name.
    pub topologies: IndexMap<String, TopologyWhy>,
    /// What a reader should know before believing it.
    pub warnings: Vec<String>,
}

/// Why one topology is as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopologyWhy {
    /// The figure.
    pub figure: Option<Figure>,
    /// Where the time of all requests went that came to their end.
    pub all: Division,
    /// Where that of the slowest went.
    pub slowest: Option<Division>,
    /// Requests that were lost, by reason.
    pub lost: Vec<LostFor>,
    /// What the money went on: dollars of a run.
    pub money: Vec<PurposeShare>,
    /// The mean time of requests, by when they were born.
    pub timeline: Timeline,
    /// What becomes of the figure without a cause.
    pub proofs: Vec<Proof>,
}

/// Where the time of some requests went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Division {
    /// How many, over all replications.
    pub requests: u64,
    /// They took longer than this, in seconds; `None`: they are all.
    pub above: Option<f64>,
    /// Their mean time, in seconds: the parts add up to it.
    pub seconds: f64,
    /// The parts that are not 0.
    pub causes: Vec<CauseShare>,
}

/// A part of a mean time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CauseShare {
    /// What it went on.
    pub cause: Cause,
    /// Mean seconds for each request, with their interval.
    pub seconds: Figure,
    /// The share of the whole.
    pub share: f64,
    /// The same seconds by node, as `pool.media`; what was at none of them is `outside`.
    pub nodes: IndexMap<String, f64>,
}

/// Requests that were lost for one reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LostFor {
    /// The reason, as in figures.
    pub reason: String,
    /// How many, over all replications.
    pub requests: u64,
    /// How many of them by what most of their time went on.
    pub causes: IndexMap<String, u64>,
}

/// A part of the bill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PurposeShare {
    /// What it went on.
    pub purpose: Purpose,
    /// Dollars of a run, with their interval.
    pub dollars: Figure,
    /// The share of the whole.
    pub share: f64,
}

/// The mean time of requests over the whole run, cell by cell of their birth.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    /// Seconds of a cell.
    pub step: f64,
    /// Requests of each cell, over all replications.
    pub requests: Vec<u64>,
    /// Mean seconds of each cell's requests, by cause; causes that never came are left out.
    pub causes: IndexMap<String, Vec<f64>>,
}

impl Explained {
    /// From the figures alone; topologies come later.
    pub(super) fn of(base: &Document, of: &str, scenario: &Scenario) -> Explained {
        let to = scenario.run.until.map_or(base.length, |until| until.seconds());
        Explained {
            schema: SCHEMA.to_owned(),
            program: base.program.clone(),
            scenario: base.scenario.clone(),
            seed: base.seed,
            replications: base.replications,
            length: base.length,
            from: base.warm_up,
            to,
            of: of.to_owned(),
            topologies: IndexMap::new(),
            warnings: base.warnings.clone(),
        }
    }
}

impl TopologyWhy {
    pub(super) fn of(
        scenario: &Scenario,
        result: &TopologyResult,
        (question, splits, money): (Question, &[Split], &[Purposes]),
        of: &str,
    ) -> TopologyWhy {
        let nodes: Vec<String> = scenario.topologies[0].nodes.iter().map(label).collect();
        let all: Vec<&Sums> = splits.iter().map(|split| &split.all).collect();
        let slow: Vec<&Sums> = splits.iter().map(|split| &split.slowest).collect();
        let above = question.slow.map(|slow| slow.seconds());
        TopologyWhy {
            figure: figure_of(result, of),
            all: division(&all, &nodes, None),
            slowest: above.map(|above| division(&slow, &nodes, Some(above))).filter(|slowest| slowest.requests > 0),
            lost: lost(splits),
            money: purposes(money),
            timeline: timeline(splits, question),
            proofs: Vec::new(),
        }
    }
}

/// A figure of a whole topology, or of one of its workloads.
pub(super) fn figure_of(result: &TopologyResult, of: &str) -> Option<Figure> {
    result.figures.get(of).cloned().or_else(|| {
        let (workload, name) = of.split_once('.')?;
        result.workloads.get(workload)?.figures.get(name).cloned()
    })
}

fn division(sums: &[&Sums], nodes: &[String], above: Option<f64>) -> Division {
    let mut together = Sums::default();
    sums.iter().for_each(|sums| together.merge(sums));
    let requests = together.requests.max(1) as f64;
    let mean = |nanos: u128| nanos as f64 / SECOND as f64 / requests;
    let whole = together.whole();
    let mut causes: Vec<CauseShare> = Vec::new();
    for (cause, node, nanos) in together.each() {
        if causes.last().is_none_or(|share| share.cause != cause) {
            let share = together.of(cause) as f64 / whole.max(1) as f64;
            causes.push(CauseShare { cause, seconds: seconds(sums, cause), share, nodes: IndexMap::new() });
        }
        let name = node.map_or_else(|| "outside".to_owned(), |node| nodes[node.index()].clone());
        if let Some(share) = causes.last_mut() {
            share.nodes.insert(name, mean(nanos));
        }
    }
    Division { requests: together.requests, above, seconds: mean(whole), causes }
}

/// Mean seconds of a cause for each request: the ratio of two sums, which vary together.
fn seconds(sums: &[&Sums], cause: Cause) -> Figure {
    let pairs: Vec<(f64, f64)> = sums
        .iter()
        .filter(|sums| sums.requests > 0)
        .map(|sums| (sums.of(cause) as f64 / SECOND as f64, sums.requests as f64))
        .collect();
    let (above, below) = pairs.iter().fold((0.0, 0.0), |sums, pair| (sums.0 + pair.0, sums.1 + pair.1));
    let ends = ratio_interval(&pairs, CONFIDENCE);
    let (low, high) = ends.map(|(_, low, high)| (low.max(0.0), high)).unzip();
    Figure { value: (below > 0.0).then(|| above / below), low, high, unit: "s".to_owned() }
}

fn lost(splits: &[Split]) -> Vec<LostFor> {
    let mut by: IndexMap<&'static str, [u64; Cause::COUNT]> = IndexMap::new();
    for lost in splits.iter().flat_map(|split| &split.lost) {
        let sums = by.entry(lost.why.word()).or_insert([0; Cause::COUNT]);
        sums.iter_mut().zip(lost.by).for_each(|(sum, more)| *sum += more);
    }
    by.sort_by(|_, one, _, other| other.iter().sum::<u64>().cmp(&one.iter().sum()));
    let told = by.into_iter().map(|(reason, sums)| {
        let causes = Cause::ALL.into_iter().zip(sums).filter(|(_, count)| *count > 0);
        let causes = causes.map(|(cause, count)| (cause.word().to_owned(), count)).collect();
        LostFor { reason: reason.to_owned(), requests: sums.iter().sum(), causes }
    });
    told.collect()
}

fn purposes(money: &[Purposes]) -> Vec<PurposeShare> {
    let whole: f64 = money.iter().flatten().sum();
    let told = Purpose::ALL.into_iter().filter_map(|purpose| {
        let dollars: Vec<f64> = money.iter().map(|purposes| purposes[purpose as usize]).collect();
        let sum: f64 = dollars.iter().sum();
        if sum == 0.0 {
            return None;
        }
        let (low, high) = interval(&dollars, CONFIDENCE).map(|(_, low, high)| (low.max(0.0), high)).unzip();
        let value = Some(sum / dollars.len() as f64);
        let dollars = Figure { value, low, high, unit: "$".to_owned() };
        Some(PurposeShare { purpose, dollars, share: sum / whole })
    });
    told.collect()
}

fn timeline(splits: &[Split], question: Question) -> Timeline {
    let cells = splits.iter().map(|split| split.cells.len()).max().unwrap_or(0);
    let mut requests = vec![0; cells];
    let mut sums = vec![[0u128; Cause::COUNT]; cells];
    for split in splits {
        for (cell, (count, nanos)) in split.cells.iter().enumerate() {
            requests[cell] += count;
            sums[cell].iter_mut().zip(nanos).for_each(|(sum, nanos)| *sum += nanos);
        }
    }
    let mean =
        |cell: usize, cause: Cause| sums[cell][cause as usize] as f64 / SECOND as f64 / (requests[cell].max(1)) as f64;
    let came = |cause: &Cause| sums.iter().any(|causes| causes[*cause as usize] > 0);
    let row = |cause: Cause| (cause.word().to_owned(), (0..cells).map(|cell| mean(cell, cause)).collect());
    let causes = Cause::ALL.into_iter().filter(came).map(row).collect();
    Timeline { step: question.cell.seconds(), requests, causes }
}
