//! What varying settings found: all that tables and charts of it read.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::experiment::document::{Difference, Document, Figure, Finding, NodeResult, ScenarioStamp};

/// The `schema` of documents that this version writes.
pub const SCHEMA: &str = "queuelab/sensitivity/1";

/// What settings that nobody documents do to a figure, and to the verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sensitivity {
    /// [`SCHEMA`].
    pub schema: String,
    /// Name and version of the program that wrote it.
    pub program: String,
    /// Where it came from.
    pub scenario: ScenarioStamp,
    /// The seed of every draw, of every run.
    pub seed: u64,
    /// How many replications each run had.
    pub replications: u32,
    /// The figure.
    pub of: String,
    /// Its unit.
    pub unit: String,
    /// Whether more of it is better.
    pub more_is_better: bool,
    /// How sure each interval of a difference is, so that all hold together with 95 %.
    pub confidence: f64,
    /// The figure of each topology as the scenario is.
    pub figures: IndexMap<String, Figure>,
    /// Who wins as the scenario is; nothing of one topology alone.
    pub winner: Option<Winner>,
    /// Whether there are goals.
    pub has_goals: bool,
    /// The settings: those that surely do something first, then by how much.
    pub settings: Vec<Setting>,
    /// Whether somebody has stopped it before all settings were varied.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub incomplete: bool,
}

/// Whose figure is best.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Winner {
    /// The topology.
    pub topology: String,
    /// Whether that is sure: its difference from every other one, replication by replication, excludes zero.
    pub sure: bool,
}

/// What one setting does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// What it is, in a few words.
    pub name: String,
    /// The setting, without the names of topologies and nodes.
    pub setting: String,
    /// How its default is known: `measured`, `assumed`, or `given`.
    pub mark: String,
    /// From where its ends are.
    pub why: String,
    /// Its lower end, its default, its upper end.
    pub values: [String; 3],
    /// The unit of a value that turns the verdict: `s`, `1`, `B`.
    pub unit: String,
    /// How far apart the figure is between the settings, at most, of any topology.
    pub swing: f64,
    /// Who wins at the lower and at the upper end.
    pub winners: [Option<Winner>; 2],
    /// What it does to each topology that it concerns.
    pub effects: IndexMap<String, Effect>,
    /// What of the verdict it turns round.
    pub turns: Vec<Turn>,
}

/// What a setting does to a topology: at its lower end, and at its upper end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// At either end.
    pub ends: [At; 2],
}

/// A figure at an end of a setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct At {
    /// What it is there.
    pub figure: Figure,
    /// How much more that is than as the scenario is, replication by replication.
    pub change: Difference,
}

/// A part of the verdict that is another one at an end of a setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Turn {
    /// Somebody else wins.
    Winner {
        /// 0 at the lower end, 1 at the upper one.
        end: usize,
        /// Who wins as it is.
        from: String,
        /// Who wins there.
        to: String,
        /// Whether both are sure.
        sure: bool,
        /// About the value from where on that is so, as a size, where values have one.
        about: Option<f64>,
    },
    /// A goal is no longer met, or no longer missed.
    Goal {
        /// 0 at the lower end, 1 at the upper one.
        end: usize,
        /// Whose.
        topology: String,
        /// The goal's figure.
        of: String,
        /// The finding as it is.
        from: Finding,
        /// The finding there.
        to: Finding,
    },
}

impl Effect {
    /// Whether it surely does something: an interval of its differences excludes zero.
    pub fn is_sure(&self) -> bool {
        self.ends
            .iter()
            .any(|end| end.change.low.is_some_and(|low| low > 0.0) || end.change.high.is_some_and(|high| high < 0.0))
    }

    /// Whether it does nothing at all: every replication is what it was.
    pub fn is_nothing(&self) -> bool {
        let zero = |change: &Difference| {
            change.value == Some(0.0) && change.low.unwrap_or(0.0) == 0.0 && change.high.unwrap_or(0.0) == 0.0
        };
        self.ends.iter().all(|end| zero(&end.change) || end.change.value.is_none())
    }
}

impl Turn {
    /// Whether both sides of it are sure.
    pub fn is_sure(&self) -> bool {
        match self {
            Turn::Winner { sure, .. } => *sure,
            Turn::Goal { from, to, .. } => *from != Finding::Undecided && *to != Finding::Undecided,
        }
    }
}

impl Sensitivity {
    /// That of a scenario as it is, before anything is varied.
    pub(super) fn of(base: &Document, of: &str) -> Sensitivity {
        let below = |parts: &IndexMap<String, NodeResult>| {
            parts.iter().find_map(|(name, found)| {
                // A node's name begins with its kind, which nobody has to say.
                let own = name.split_once('.').map_or(name.as_str(), |(_, own)| own);
                let rest = |name: &str| of.strip_prefix(name)?.strip_prefix('.');
                found.figures.get(rest(name).or_else(|| rest(own))?).map(|figure| figure.unit.clone())
            })
        };
        let unit = base.topologies.values().find_map(|topology| {
            let whole = topology.figures.get(of).map(|figure| figure.unit.clone());
            whole.or_else(|| below(&topology.nodes)).or_else(|| below(&topology.workloads))
        });
        let unit = unit.unwrap_or_else(|| "1".to_owned());
        let figure = |(name, _): (&String, _)| (name.clone(), super::figure_of(&super::values(base, name, of), &unit));
        Sensitivity {
            schema: SCHEMA.to_owned(),
            program: base.program.clone(),
            scenario: base.scenario.clone(),
            seed: base.seed,
            replications: base.replications,
            of: of.to_owned(),
            more_is_better: false,
            confidence: super::CONFIDENCE,
            figures: base.topologies.iter().map(figure).collect(),
            unit,
            winner: None,
            has_goals: !base.goals.is_empty(),
            settings: Vec::new(),
            incomplete: false,
        }
    }

    /// The settings that turn a part of the verdict round for sure.
    pub fn turning(&self) -> impl Iterator<Item = (&Setting, &Turn)> {
        self.settings.iter().flat_map(|setting| setting.turns.iter().map(move |turn| (setting, turn)))
    }
}
