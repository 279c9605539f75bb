//! Which assumption matters: every setting that nobody documents at both ends of its range, one at a time, on the same draws.
//!
//! The scenario is run as it is, then once for each end of each setting, with the same seed: what differs is what the
//! setting does. Only the topologies that a setting concerns are run again; the others would do the same.

mod document;
mod verdict;

pub use document::{At, Effect, SCHEMA, Sensitivity, Setting, Turn, Winner};

use indexmap::IndexMap;

use crate::experiment::document::{Difference, Document, Figure};
use crate::experiment::sensitivity::verdict::{turns, winner};
use crate::experiment::{Options, Progress, RunError, run};
use crate::ground::stats::{interval, mean};
use crate::ground::time::{SECOND, Span};
use crate::scenario::{Assumption, Scenario, more_is_better};

/// How sure it is that all differences lie in their intervals together.
const CONFIDENCE: f64 = 0.95;

/// A setting, and the scenario at its lower and its upper end.
#[derive(Clone, Debug)]
pub struct Varied {
    /// The setting.
    pub assumption: Assumption,
    /// The scenario at either end.
    pub ends: [Scenario; 2],
}

/// What a caller may choose.
pub struct Choice<'a> {
    /// The figure.
    pub of: &'a str,
    /// Only these topologies; empty for all.
    pub topologies: &'a [String],
    /// Threads, replications, seed and who may cancel.
    pub options: &'a dyn Fn() -> Options<'a>,
}

/// Varies every setting. `progress` is called from any thread with how much is done of all runs together.
///
/// # Errors
/// What [`run`] refuses; a figure that no topology has is [`RunError::NoFigure`].
pub fn vary(
    scenario: &Scenario,
    varied: &[Varied],
    choice: &Choice<'_>,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Sensitivity, RunError> {
    // Parts of the whole: so many runs, each so far.
    const PARTS: u64 = 1_000_000;
    let runs = 1 + 2 * varied.len() as u64;
    let part = |run: u64| {
        move |at: Progress| {
            let done = u128::from(at.done.min(at.of)) * u128::from(PARTS) / u128::from(at.of.max(1));
            progress(Progress { done: run * PARTS + done as u64, of: runs * PARTS });
        }
    };
    let chosen = |scenario: &Scenario, concerned: &[String]| {
        let mut scenario = scenario.clone();
        let is = |name: &String, names: &[String]| names.is_empty() || names.contains(name);
        scenario.topologies.retain(|one| is(&one.name, choice.topologies) && is(&one.name, concerned));
        scenario
    };
    let base = run(&chosen(scenario, &[]), (choice.options)(), &part(0))?.document;
    if base.topologies.keys().all(|name| values(&base, name, choice.of).is_empty()) {
        let known = base.topologies.values().next().map(|one| one.replications.keys().cloned().collect());
        return Err(RunError::NoFigure { asked: choice.of.to_owned(), known: known.unwrap_or_default() });
    }
    let mut found = Sensitivity::of(&base, choice.of);
    found.more_is_better = more_is_better(choice.of);
    found.incomplete = base.incomplete;
    found.winner = winner(&base, &found);
    let mut played: Vec<(&Assumption, [Document; 2])> = Vec::new();
    for (place, Varied { assumption, ends }) in varied.iter().enumerate().take_while(|_| !base.incomplete) {
        let mut both = Vec::new();
        for (side, end) in ends.iter().enumerate() {
            let mut end = chosen(end, &assumption.topologies);
            if end.topologies.is_empty() {
                break;
            }
            // The same start is left out, so that what is subtracted counts the same requests.
            end.run.warm_up = Span::from_nanos((base.warm_up * SECOND as f64).round() as u64);
            end.run.finds_warm_up = false;
            let options = Options { replications: Some(base.replications), ..(choice.options)() };
            match run(&end, options, &part(1 + 2 * place as u64 + side as u64)) {
                Ok(of_end) if !of_end.document.incomplete => both.push(merged(&base, of_end.document)),
                Ok(_) | Err(RunError::Cancelled) => found.incomplete = true,
                Err(error) => return Err(error),
            }
        }
        if found.incomplete {
            break;
        }
        if let Ok(both) = <[Document; 2]>::try_from(both) {
            played.push((assumption, both));
        }
    }
    // All differences are told together, so that the more there are, the surer each must be.
    let pairs: usize = played.iter().map(|(assumption, _)| 2 * concerned(&base, assumption).len()).sum();
    found.confidence = 1.0 - (1.0 - CONFIDENCE) / pairs.max(1) as f64;
    for (assumption, both) in &played {
        let setting = setting(&base, assumption, both, &found);
        found.settings.push(setting);
    }
    found.settings.sort_by(|one, other| {
        let order = |setting: &Setting| (setting.effects.values().any(Effect::is_sure), setting.swing);
        let ((a, swing_a), (b, swing_b)) = (order(one), order(other));
        b.cmp(&a).then(swing_b.total_cmp(&swing_a))
    });
    Ok(found)
}

/// The names of the topologies that a setting concerns.
fn concerned<'d>(base: &'d Document, assumption: &Assumption) -> Vec<&'d String> {
    let is = |name: &&String| assumption.topologies.is_empty() || assumption.topologies.contains(name);
    base.topologies.keys().filter(is).collect()
}

/// The whole scenario at an end: the topologies that were run, and of the others what they did as it is.
fn merged(base: &Document, of_end: Document) -> Document {
    let mut whole = base.clone();
    for (name, topology) in of_end.topologies {
        whole.topologies.insert(name, topology);
    }
    for goal in &mut whole.goals {
        let new = of_end.goals.iter().find(|new| new.topology == goal.topology && new.of == goal.of);
        if let Some(new) = new {
            *goal = new.clone();
        }
    }
    whole
}

fn setting(base: &Document, assumption: &Assumption, both: &[Document; 2], of: &Sensitivity) -> Setting {
    let mut effects: IndexMap<String, Effect> = IndexMap::new();
    for name in concerned(base, assumption) {
        let figure = |document: &Document| values(document, name, &of.of);
        let ends = both.each_ref().map(|end| At {
            figure: figure_of(&figure(end), &of.unit),
            change: paired(name, &figure(base), &figure(end), of),
        });
        effects.insert(name.clone(), Effect { ends });
    }
    let swing = |effect: &Effect| {
        let ends = effect.ends.iter().filter_map(|end| end.change.value).chain([0.0]);
        let (low, high) = ends.fold((0.0, 0.0), |(low, high): (f64, f64), change| (low.min(change), high.max(change)));
        high - low
    };
    let winners = both.each_ref().map(|end| winner(end, of));
    Setting {
        name: assumption.name.clone(),
        setting: assumption.setting.clone(),
        mark: assumption.mark.to_owned(),
        why: assumption.why.clone(),
        values: assumption.values.clone(),
        unit: assumption.unit.to_owned(),
        swing: effects.values().map(swing).fold(0.0, f64::max),
        turns: turns(base, both, &winners, assumption, of),
        winners,
        effects,
    }
}

/// The figure of a topology, replication by replication. That of a node is asked for without its kind, as goals do.
fn values(document: &Document, topology: &str, of: &str) -> Vec<Option<f64>> {
    let Some(found) = document.topologies.get(topology) else { return Vec::new() };
    let of_node =
        || found.replications.iter().find(|(name, _)| name.split_once('.').is_some_and(|(_, rest)| rest == of));
    found.replications.get(of).or_else(|| of_node().map(|(_, values)| values)).cloned().unwrap_or_default()
}

fn figure_of(values: &[Option<f64>], unit: &str) -> Figure {
    let measured: Vec<f64> = values.iter().flatten().copied().collect();
    let ends = interval(&measured, CONFIDENCE).map(|(_, low, high)| (low, high));
    Figure {
        value: mean(&measured),
        low: ends.map(|ends| ends.0),
        high: ends.map(|ends| ends.1),
        unit: unit.to_owned(),
    }
}

/// What the end changes, replication by replication.
fn paired(topology: &str, base: &[Option<f64>], end: &[Option<f64>], of: &Sensitivity) -> Difference {
    let paired: Vec<f64> = base.iter().zip(end).filter_map(|(base, end)| Some((*end)? - (*base)?)).collect();
    let ends = interval(&paired, of.confidence).map(|(_, low, high)| (low, high));
    Difference {
        of: of.of.clone(),
        from: topology.to_owned(),
        to: topology.to_owned(),
        value: mean(&paired),
        low: ends.map(|ends| ends.0),
        high: ends.map(|ends| ends.1),
        unit: of.unit.clone(),
        confidence: of.confidence,
        narrowed: None,
    }
}

#[cfg(test)]
mod tests;
