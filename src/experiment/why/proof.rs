//! What becomes of a figure without a cause: the same draws, played again.

use serde::{Deserialize, Serialize};

use crate::experiment::compare::paired;
use crate::experiment::document::{Document, Figure};
use crate::experiment::why::cause::Cause;
use crate::experiment::why::explained::{TopologyWhy, figure_of};
use crate::experiment::why::removals::{REMOVALS, Removal};
use crate::experiment::{Options, Progress, RunError, run};
use crate::scenario::Scenario;

/// A figure with and without a cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proof {
    /// The cause that is taken away.
    pub cause: Cause,
    /// How, as the end of "with …".
    pub with: String,
    /// The figure that was asked for, `lost` and `cost.total` without it.
    pub figures: Vec<Changed>,
}

/// What a figure is without a cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Changed {
    /// Its whole name.
    pub of: String,
    /// Without the cause.
    pub becomes: Figure,
    /// Without less with it, replication by replication.
    pub by: Figure,
}

/// What proofs are made of.
pub(super) struct Proving<'a, 'o> {
    /// The topology alone.
    pub scenario: &'a Scenario,
    /// With all causes.
    pub base: &'a Document,
    pub of: &'a str,
    pub options: &'a dyn Fn() -> Options<'o>,
}

impl Proving<'_, '_> {
    /// The figure without each of the causes that weigh most, the one that changes it most first. Of what is no time, all causes
    /// are tried, as their weights are those of time.
    pub fn proofs(
        &self,
        most: usize,
        topology: &TopologyWhy,
        is_time: bool,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Vec<Proof>, RunError> {
        let tried = if is_time { most } else { REMOVALS.len() };
        let tried = if most == 0 { 0 } else { tried };
        let mut proofs = Vec::new();
        for removal in by_weight(topology, is_time) {
            if proofs.len() >= tried {
                break;
            }
            if let Some(scenario) = removal.from(self.scenario) {
                proofs.push(self.proof(removal, &scenario, progress)?);
            }
        }
        let change = |proof: &Proof| proof.figures.first().and_then(|changed| changed.by.value).map_or(0.0, f64::abs);
        proofs.sort_by(|one, other| change(other).total_cmp(&change(one)));
        proofs.truncate(most);
        Ok(proofs)
    }

    fn proof(
        &self,
        removal: Removal,
        scenario: &Scenario,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Proof, RunError> {
        let with = removal.says.to_owned();
        let without = match run(scenario, (self.options)(), progress) {
            Ok(found) => found.document,
            // Without a bound something may run away: that is an answer, too.
            Err(RunError::TooMuch(excess)) => {
                let with = format!("{with} it does not end: {excess}");
                return Ok(Proof { cause: removal.cause, with, figures: Vec::new() });
            }
            Err(error) => return Err(error),
        };
        let name = &self.scenario.topologies[0].name;
        let (before, after) = (&self.base.topologies[name], &without.topologies[name]);
        let mut names = vec![self.of];
        names.extend(["lost", "cost.total"].into_iter().filter(|name| *name != self.of));
        let changed = |of: &&str| {
            let becomes = figure_of(after, of)?;
            let (one, other) = (before.replications.get(*of)?, after.replications.get(*of)?);
            let by = paired(one, other, &becomes.unit);
            Some(Changed { of: (*of).to_owned(), becomes, by })
        };
        let figures = names.iter().filter_map(changed).collect();
        Ok(Proof { cause: removal.cause, with, figures })
    }
}

/// Of the whole: it is not worth a try to take away less.
const SMALL: f64 = 0.002;

/// What can be taken away, by how much of the slowest requests' time it is: of all of them where none are told apart. Work
/// itself comes last: it is what the time should go on.
fn by_weight(topology: &TopologyWhy, is_time: bool) -> Vec<Removal> {
    let division = topology.slowest.as_ref().unwrap_or(&topology.all);
    let told = division.causes.iter().map(|share| (share.cause, share.share)).filter(|(_, share)| *share >= SMALL);
    let mut shares: Vec<(Cause, f64)> = told.collect();
    if !is_time {
        for removal in REMOVALS {
            if shares.iter().all(|(cause, _)| *cause != removal.cause) {
                shares.push((removal.cause, 0.0));
            }
        }
    }
    shares.sort_by(|one, other| {
        let key = |share: &(Cause, f64)| if share.0 == Cause::Service { -1.0 } else { share.1 };
        key(other).total_cmp(&key(one))
    });
    shares.into_iter().filter_map(|(cause, _)| Removal::of(cause)).collect()
}
