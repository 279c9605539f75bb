//! Laws of two parameters from any two figures that somebody knows of them.

use super::CEILING;
use crate::ground::maths;

/// What is known of a law, in its own unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Known {
    /// The mean.
    Mean(f64),
    /// Variance ÷ mean².
    Scv(f64),
    /// The median.
    P50(f64),
    /// What nine in ten do not exceed.
    P90(f64),
    /// What 95 in a hundred do not exceed.
    P95(f64),
    /// What 99 in a hundred do not exceed.
    P99(f64),
}

/// Which figure; the order is that in which a pair is looked at.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(super) enum Figure {
    Scv,
    Mean,
    /// The quantile of this share.
    Share(f64),
}

impl Known {
    fn split(self) -> (Figure, f64) {
        match self {
            Known::Mean(value) => (Figure::Mean, value),
            Known::Scv(value) => (Figure::Scv, value),
            Known::P50(value) => (Figure::Share(0.5), value),
            Known::P90(value) => (Figure::Share(0.9), value),
            Known::P95(value) => (Figure::Share(0.95), value),
            Known::P99(value) => (Figure::Share(0.99), value),
        }
    }
}

impl Figure {
    fn name(self) -> String {
        match self {
            Figure::Scv => "scv".into(),
            Figure::Mean => "mean".into(),
            Figure::Share(p) => format!("p{:.0}", 100.0 * p),
        }
    }
}

/// Two figures that do not contradict each other whatever the law.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Pair {
    /// They say that nothing varies.
    Constant(f64),
    ScvAndMean(f64, f64),
    /// scv, p, and the value at p.
    ScvAndShare(f64, f64, f64),
    /// The mean, p, and the value at p.
    MeanAndShare(f64, f64, f64),
    /// The lower p and its value, the higher p and its value.
    Shares((f64, f64), (f64, f64)),
}

impl Pair {
    pub(super) fn of(known: &[Known]) -> Result<Pair, String> {
        const ANY_TWO: &str = "any two of `mean`, `scv`, `p50`, `p90`, `p95`, `p99`";
        let &[one, other] = known else {
            return Err(match known {
                [] => format!("say {ANY_TWO}"),
                [one] => format!("`{}` alone does not settle a law: say {ANY_TWO}", one.split().0.name()),
                _ => format!("say {ANY_TWO}: here are {}, and two settle a law", known.len()),
            });
        };
        let (mut first, mut second) = (one.split(), other.split());
        if second.0 < first.0 {
            (first, second) = (second, first);
        }
        for (figure, value) in [first, second] {
            let name = figure.name();
            match figure {
                Figure::Scv if !(value >= 0.0 && value.is_finite()) => {
                    return Err("`scv` is variance ÷ mean², a number from 0".into());
                }
                Figure::Mean | Figure::Share(_) if !(value > 0.0 && value <= CEILING as f64) => {
                    return Err(format!("`{name}` must be above zero, and below 146 years or 4.6 quintillion"));
                }
                Figure::Scv | Figure::Mean | Figure::Share(_) => {}
            }
        }
        match (first, second) {
            ((Figure::Scv, 0.0), (Figure::Mean | Figure::Share(_), value)) => Ok(Pair::Constant(value)),
            ((Figure::Scv, scv), (Figure::Mean, mean)) => Ok(Pair::ScvAndMean(scv, mean)),
            ((Figure::Scv, scv), (Figure::Share(p), value)) => Ok(Pair::ScvAndShare(scv, p, value)),
            ((Figure::Mean, mean), (Figure::Share(_), value)) if value == mean => Ok(Pair::Constant(mean)),
            ((Figure::Mean, mean), (Figure::Share(p), value)) if value < mean && p > 0.5 => Err(format!(
                "`{}` is below `mean`: then almost everything would come from a few giants; \
                 look again whether the two are exchanged",
                Figure::Share(p).name()
            )),
            ((Figure::Mean, mean), (Figure::Share(p), value)) => Ok(Pair::MeanAndShare(mean, p, value)),
            ((Figure::Share(low), x), (Figure::Share(high), y)) if low < high => {
                if y < x {
                    let (low, high) = (Figure::Share(low).name(), Figure::Share(high).name());
                    return Err(format!("`{high}` is below `{low}`: a higher percentile can't be smaller"));
                }
                Ok(if x == y { Pair::Constant(x) } else { Pair::Shares((low, x), (high, y)) })
            }
            ((figure, _), _) => Err(format!("`{}` is said twice: say {ANY_TWO}", figure.name())),
        }
    }
}

/// A law that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fit {
    Constant(f64),
    /// Its figures are `scale` times those of the family's member with this spread.
    Law {
        spread: f64,
        scale: f64,
    },
}

/// Finds the member of a family of laws that has two known figures; where two have them, the one of the smaller
/// spread.
///
/// `figure` tells a figure of the member of a spread at the family's own scale. At the lower of `spreads` a law
/// hardly varies; between the two, the ratio of two figures is continuous.
pub(super) fn fit(
    law: &str,
    known: &[Known],
    spreads: (f64, f64),
    figure: impl Fn(Figure, f64) -> f64,
) -> Result<Fit, String> {
    let at = |p, spread| figure(Figure::Share(p), spread);
    let (spread, scale) = match Pair::of(known)? {
        Pair::Constant(value) => return Ok(Fit::Constant(value)),
        Pair::ScvAndMean(scv, mean) => {
            let spread = of_scv(law, scv, spreads, &figure)?;
            (spread, mean / figure(Figure::Mean, spread))
        }
        Pair::ScvAndShare(scv, p, value) => {
            let spread = of_scv(law, scv, spreads, &figure)?;
            (spread, value / at(p, spread))
        }
        Pair::MeanAndShare(mean, p, value) => {
            let ratio = |spread| at(p, spread) / figure(Figure::Mean, spread);
            let spread = first_crossing(ratio, value / mean, spreads)
                .map_err(|reach| out_of_reach(law, (Figure::Mean, Figure::Share(p)), value / mean, reach))?;
            (spread, mean / figure(Figure::Mean, spread))
        }
        Pair::Shares((low, x), (high, y)) => {
            let spread = first_crossing(|spread| at(high, spread) / at(low, spread), y / x, spreads)
                .map_err(|reach| out_of_reach(law, (Figure::Share(low), Figure::Share(high)), y / x, reach))?;
            (spread, y / at(high, spread))
        }
    };
    if scale.is_finite() && scale > 0.0 {
        Ok(Fit::Law { spread, scale })
    } else {
        Err(format!("no `{law}` law has both of these: its small values would be nothing at all"))
    }
}

fn of_scv(law: &str, scv: f64, spreads: (f64, f64), figure: impl Fn(Figure, f64) -> f64) -> Result<f64, String> {
    first_crossing(|spread| figure(Figure::Scv, spread), scv, spreads).map_err(|reach| {
        if scv < reach.0 {
            format!("an `scv` of {scv} hardly varies at all: for a `{law}` law it is 0 or at least {:.1e}", reach.0)
        } else {
            format!("an `scv` of {scv} is out of reach of a `{law}` law: it is at most {:.0}", reach.1)
        }
    })
}

/// The sentence for two figures whose ratio no member of the family has. `reach` is from where to where the
/// ratio goes.
pub(super) fn out_of_reach(law: &str, (of, figure): (Figure, Figure), ratio: f64, reach: (f64, f64)) -> String {
    let (of, figure) = (of.name(), figure.name());
    let limit = if ratio > reach.1 { format!("at most {:.3}", reach.1) } else { format!("at least {:.3}", reach.0) };
    format!("no `{law}` law has both: `{figure}` would be {ratio:.3} times `{of}`, and is {limit} times")
}

/// Where `ratio` first takes the value `wanted`, going up from the lower spread; or else the least and greatest
/// value that was met.
fn first_crossing(ratio: impl Fn(f64) -> f64, wanted: f64, spreads: (f64, f64)) -> Result<f64, (f64, f64)> {
    const STEPS: u32 = 240;
    let mut reach = (f64::INFINITY, f64::NEG_INFINITY);
    // Even steps of the logarithm.
    let factor = maths::pow(spreads.1 / spreads.0, 1.0 / f64::from(STEPS));
    let (mut before, mut spread) = (None, spreads.0);
    for _ in 0..=STEPS {
        let found = ratio(spread);
        if found.is_nan() {
            break;
        }
        reach = (reach.0.min(found), reach.1.max(found));
        if let Some((last, below)) = before
            && below != (found < wanted)
        {
            return Ok(halve(ratio, wanted, (last, spread)));
        }
        before = Some((spread, found < wanted));
        spread *= factor;
    }
    Err(reach)
}

/// The crossing between two spreads on either side of it, to the last bit.
fn halve(ratio: impl Fn(f64) -> f64, wanted: f64, (mut low, mut high): (f64, f64)) -> f64 {
    let rises = ratio(low) < wanted;
    loop {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            return middle;
        }
        if (ratio(middle) < wanted) == rises {
            low = middle;
        } else {
            high = middle;
        }
    }
}
