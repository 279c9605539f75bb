//! Written laws become distributions. The only file here that calls their constructors.

use std::collections::BTreeMap;

use crate::ground::distribution::{Distribution, Known as Trait};
use crate::scenario::draft::law::{Empirical, Kind, Known, Quantity};
use crate::scenario::draft::quantities::Whole;

/// Columns of measured values, by file and column.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(pub BTreeMap<(String, String), Vec<f64>>);

/// The most that one measured value may be: a law stays far below the end of time.
const MEASURED_MAX: f64 = 4.6e18;

/// The law as something to draw from. Without samples, a measured column stands for any value: whether the rest is
/// sound can be told before files are read.
pub(crate) fn make<Q: Quantity>(kind: &Kind<Q>, samples: Option<&Samples>) -> Result<Distribution, String> {
    match kind {
        Kind::Constant(value) => Ok(Distribution::constant(value.whole())),
        // A mean of nothing is the law of nothing: not worth a refusal in a scenario that switches a work off.
        Kind::Exponential(mean) if Q::real(mean) == 0.0 => Ok(Distribution::constant(0)),
        Kind::Exponential(mean) => Distribution::exponential(Q::real(mean)),
        Kind::Geometric(_) if Q::OF != Whole::OF => Err(format!(
            "`geometric` counts 1, 2, 3 and so on, and here {} is wanted: `exponential` is its like for those",
            Q::OF
        )),
        Kind::Geometric(mean) => Distribution::geometric(Q::real(mean)),
        Kind::Lognormal(known) => Distribution::lognormal(&traits(known)),
        Kind::Gamma(known) => Distribution::gamma(&traits(known)),
        Kind::Weibull(known) => Distribution::weibull(&traits(known)),
        Kind::Uniform(law) => Distribution::uniform(law.low.whole(), law.high.whole()),
        Kind::Erlang(law) => {
            let shape = u32::try_from(law.shape.0).map_err(|_| format!("a shape of {} is absurd", law.shape.0))?;
            Distribution::erlang(shape, Q::real(&law.mean))
        }
        Kind::Pareto(law) => Distribution::pareto(law.alpha.0, law.low.whole() as f64, law.high.whole() as f64),
        Kind::Hyperexponential(law) => {
            let weights: Vec<f64> = law.weights.iter().map(|weight| weight.0).collect();
            let means: Vec<f64> = law.means.iter().map(Q::real).collect();
            Distribution::hyperexponential(&weights, &means)
        }
        Kind::Values(law) => {
            let values: Vec<u64> = law.of.iter().map(Quantity::whole).collect();
            let weights: Vec<f64> = law.weights.iter().map(|weight| weight.0).collect();
            Distribution::values(&values, &weights)
        }
        Kind::Mixture(parts) => {
            let parts = parts.iter().map(|part| Ok((part.weight.0, make(part.of.kind(), samples)?)));
            Distribution::mixture(parts.collect::<Result<_, String>>()?)
        }
        Kind::Empirical(law) => measured(law, samples),
    }
}

fn traits<Q: Quantity>(known: &Known<Q>) -> Vec<Trait> {
    let real = |value: &Option<Q::Real>, name: fn(f64) -> Trait| value.as_ref().map(|value| name(Q::real(value)));
    [
        real(&known.mean, Trait::Mean),
        known.scv.map(|scv| Trait::Scv(scv.0)),
        real(&known.p50, Trait::P50),
        real(&known.p90, Trait::P90),
        real(&known.p95, Trait::P95),
        real(&known.p99, Trait::P99),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn measured<Q: Quantity>(law: &Empirical<Q>, samples: Option<&Samples>) -> Result<Distribution, String> {
    let Some(samples) = samples else { return Ok(Distribution::constant(1)) };
    let unit = law.unit.as_ref().map_or(Q::UNIT, Quantity::whole) as f64;
    let column = samples.0.get(&(law.file.clone(), law.column.clone()));
    let column = column.ok_or_else(|| format!("column `{}` of {} was not read", law.column, law.file))?;
    if let Some(wrong) = column.iter().find(|value| !(0.0..=MEASURED_MAX).contains(&(**value * unit))) {
        return Err(format!("column `{}` of {} holds {wrong}, and {} is never that", law.column, law.file, Q::OF));
    }
    Distribution::empirical(column.iter().map(|value| (value * unit).round() as u64).collect())
}
