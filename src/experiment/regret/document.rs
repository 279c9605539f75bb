//! The regret of a scenario's topologies, as it is written down.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::experiment::compare::figure;
use crate::experiment::document::{Figure, Finding};
use crate::experiment::gather::Column;
use crate::experiment::goals::judge;
use crate::experiment::regret::found::{Found, OfNode, Part, Parts};
use crate::experiment::regret::step;
use crate::scenario::Scenario;

/// What each topology's machines cost, against the perfect fleets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Regret {
    /// The program and its version.
    pub program: String,
    /// The scenario's question.
    pub scenario: String,
    /// SHA-256 of the scenario.
    pub digest: String,
    /// Where all chance began.
    pub seed: u64,
    /// How many replications there are.
    pub replications: u32,
    /// What is simulated of each: the mean of their lengths (seconds).
    pub length: f64,
    /// The start that goals do not count (seconds).
    pub warm_up: f64,
    /// The step in which work as a fluid is looked at (seconds).
    pub step: f64,
    /// Whether it was stopped before its end.
    pub incomplete: bool,
    /// By name, in the order of the file.
    pub topologies: IndexMap<String, TopologyRegret>,
}

/// What the machines of a topology cost, against perfect fleets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopologyRegret {
    /// All its machines together.
    pub whole: Costs,
    /// By node, as `pool.media`.
    pub nodes: IndexMap<String, NodeRegret>,
    /// Nodes whose machines cost something by time, of which nothing is said: they take jobs together.
    pub left_out: Vec<String>,
    /// Goals that were missed: the perfect fleets keep them.
    pub missed: Vec<String>,
}

/// What the machines of a node cost, against the perfect fleet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeRegret {
    /// What they cost.
    #[serde(flatten)]
    pub costs: Costs,
    /// What the bill has for the node beside machine time: volumes of stopped machines and CPU credits, less what was free.
    pub beside: Figure,
    /// The goals that the perfect fleet is held to; beside them it is held to the end of the run.
    pub goals: Vec<String>,
    /// Whether it is held to how soon everybody was done in this run.
    pub as_this_run: bool,
}

/// Costs, and those of the perfect fleet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Costs {
    /// Machine time (dollars).
    pub cost: Figure,
    /// No fleet is below (dollars).
    pub perfect: Figure,
    /// How many times the latter the former is, replication by replication; no value where nothing was needed.
    pub ratio: Figure,
    /// Where the money goes.
    pub parts: IndexMap<String, PartCost>,
}

/// A part of costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartCost {
    /// Dollars.
    pub cost: Figure,
    /// Dollars of the perfect fleet.
    pub perfect: Figure,
}

impl Costs {
    /// The part of which most of the excess is, and its share of the excess; `None` where there is no excess.
    pub fn most(&self) -> Option<(&str, f64)> {
        let excess = self.cost.value? - self.perfect.value?;
        let more = |part: &PartCost| part.cost.value.unwrap_or(0.0) - part.perfect.value.unwrap_or(0.0);
        let parts = self.parts.iter().map(|(name, part)| (name.as_str(), more(part)));
        let (name, most) = parts.max_by(|one, other| one.1.total_cmp(&other.1))?;
        (excess > 0.0 && most > 0.0).then(|| (name, most / excess))
    }
}

/// Values of replications, gathered in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Gathered {
    found: Vec<Found>,
    /// By goal, what it is judged by in each replication.
    goals: Vec<Column>,
    lengths: Vec<f64>,
}

/// What one replication found.
#[derive(Clone, Debug)]
pub(super) struct Replication {
    pub found: Found,
    pub goals: Vec<Column>,
    /// Seconds.
    pub length: f64,
}

impl Gathered {
    /// Adds the next replication.
    pub(super) fn put(&mut self, replication: Replication) {
        self.found.push(replication.found);
        self.lengths.push(replication.length);
        if self.goals.is_empty() {
            self.goals = replication.goals;
            return;
        }
        for (column, more) in self.goals.iter_mut().zip(replication.goals) {
            column.values.extend(more.values);
            column.trials += more.trials;
            column.seen += more.seen;
        }
    }

    /// The mean length (seconds).
    pub(super) fn length(&self) -> f64 {
        self.lengths.iter().sum::<f64>() / self.lengths.len().max(1) as f64
    }

    /// What all of them say together.
    pub(super) fn document(&self, scenario: &Scenario) -> TopologyRegret {
        let mut nodes = IndexMap::new();
        let first = self.found.first();
        for (place, OfNode { node, .. }) in first.into_iter().flat_map(|found| found.nodes.iter().enumerate()) {
            let all: Vec<&OfNode> = self.found.iter().filter_map(|found| found.nodes.get(place)).collect();
            let mut goals: Vec<String> = Vec::new();
            for goal in
                all.iter().flat_map(|of| &of.goals).filter(|goal| scenario.goals.iter().any(|of| of.of == **goal))
            {
                if !goals.contains(goal) {
                    goals.push(goal.clone());
                }
            }
            let regret = NodeRegret {
                costs: costs(&all.iter().map(|of| (of.cost, of.perfect)).collect::<Vec<_>>()),
                beside: dollars(all.iter().map(|of| of.beside)),
                goals,
                as_this_run: all.iter().any(|of| of.as_this_run),
            };
            nodes.insert(node.clone(), regret);
        }
        let whole = |found: &Found| {
            let mut sums = (Parts::default(), Parts::default());
            for of in &found.nodes {
                sums.0.iter_mut().zip(of.cost).for_each(|(sum, more)| *sum += more);
                sums.1.iter_mut().zip(of.perfect).for_each(|(sum, more)| *sum += more);
            }
            sums
        };
        TopologyRegret {
            whole: costs(&self.found.iter().map(whole).collect::<Vec<_>>()),
            nodes,
            left_out: first.map(|found| found.left_out.clone()).unwrap_or_default(),
            missed: self.missed(scenario),
        }
    }

    fn missed(&self, scenario: &Scenario) -> Vec<String> {
        let missed = self.goals.iter().filter(|column| {
            let goal = scenario.goals.iter().find(|goal| goal.of == column.name);
            goal.is_some_and(|goal| judge(column, goal.limit, goal.at_most).finding == Finding::Missed)
        });
        missed.map(|column| column.name.clone()).collect()
    }
}

/// The document of what all topologies found.
pub(super) fn document(
    scenario: &Scenario,
    topologies: &[(&str, &Gathered)],
    (seed, replications, warm_up): (u64, u32, f64),
    incomplete: bool,
) -> Regret {
    let length = topologies.iter().map(|(_, gathered)| gathered.length()).fold(0.0, f64::max);
    Regret {
        program: concat!("queuelab ", env!("CARGO_PKG_VERSION")).to_owned(),
        scenario: scenario.title.clone(),
        digest: scenario.digest.clone(),
        seed,
        replications,
        length,
        warm_up,
        step: step(length),
        incomplete,
        topologies: topologies.iter().map(|(name, of)| ((*name).to_owned(), of.document(scenario))).collect(),
    }
}

fn dollars(values: impl Iterator<Item = f64>) -> Figure {
    of(values.map(Some), "$")
}

fn of(values: impl Iterator<Item = Option<f64>>, unit: &'static str) -> Figure {
    figure(&Column { unit, values: values.collect(), ..Column::default() })
}

/// Costs of all replications together.
fn costs(all: &[(Parts, Parts)]) -> Costs {
    let sum = |parts: &Parts| parts.iter().sum::<f64>();
    let ratio = |(cost, perfect): &(Parts, Parts)| (sum(perfect) > 0.0).then(|| sum(cost) / sum(perfect));
    let part = |part: Part| {
        let place = part as usize;
        let costs = dollars(all.iter().map(|of| of.0[place]));
        let perfect = dollars(all.iter().map(|of| of.1[place]));
        (part.word().to_owned(), PartCost { cost: costs, perfect })
    };
    Costs {
        cost: dollars(all.iter().map(|of| sum(&of.0))),
        perfect: dollars(all.iter().map(|of| sum(&of.1))),
        ratio: of(all.iter().map(ratio), "1"),
        parts: Part::ALL.into_iter().map(part).collect(),
    }
}
