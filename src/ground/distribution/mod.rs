//! Laws of durations, sizes and counts, sampled in whole units.
//!
//! A law a file, each one a [`Law`]; the list at [`families!`] is the only place that names them all. What a
//! law draws is rounded half up to a whole unit, never truncated, as that would shorten every mean, and never
//! exceeds [`CEILING`]. Means, variances and quantiles are those of the law itself, before rounding.

mod constant;
mod empirical;
mod erlang;
mod exponential;
mod fit;
mod gamma;
mod geometric;
mod lognormal;
mod mixture;
mod pareto;
mod pick;
mod uniform;
mod values;
mod weibull;
mod ziggurat;

use rand::Rng;

use constant::Constant;
use exponential::Exponential;

pub use fit::Known;

/// The largest number that a law brings forth: about 146 years of nanoseconds.
pub const CEILING: u64 = u64::MAX / 4;

/// A law of whole numbers: nanoseconds, bytes or counts.
///
/// Parameters are in the unit of what is drawn. Those that can be wrong are refused in a person's words.
///
/// ```
/// # use queuelab::ground::chance::Key;
/// # use queuelab::ground::distribution::{Distribution, Known};
/// let work = Distribution::lognormal(&[Known::Mean(800e6), Known::P95(2e9)])?;
/// let key = Key::root(7, 0).named("upload");
/// let nanoseconds = work.sample(&mut key.draw(12));
/// assert_eq!(nanoseconds, work.sample(&mut key.draw(12)));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution(Shape);

/// The two laws that most draws come from stand here, where a draw meets them at once; others in a box, so
/// that a law stays two words long.
#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Constant(Constant),
    Exponential(Exponential),
    Other(Box<Family>),
}

/// What every law can do.
trait Law {
    /// One value.
    fn sample(&self, chance: &mut impl Rng) -> u64;
    /// Its expected value.
    fn mean(&self) -> f64;
    /// Its variance.
    fn variance(&self) -> f64;
    /// The share at or below `t`, for `t` from 0.
    fn share(&self, t: f64) -> f64;
    /// The smallest t with P(X > t) ≤ 1 − `p`, for `p` strictly between 0 and 1.
    fn quantile(&self, p: f64) -> f64;
}

/// All laws but the two fast ones: one row each.
macro_rules! families {
    ($($name:ident($law:ty);)+) => {
        #[derive(Clone, Debug, PartialEq)]
        enum Family {
            $($name($law),)+
        }

        $(
            impl From<$law> for Distribution {
                fn from(law: $law) -> Distribution {
                    Distribution(Shape::Other(Box::new(Family::$name(law))))
                }
            }
        )+

        impl Law for Family {
            // Out of line, so that the fast laws stay small wherever something is drawn.
            #[inline(never)]
            fn sample(&self, chance: &mut impl Rng) -> u64 {
                match self { $(Family::$name(law) => law.sample(chance),)+ }
            }

            fn mean(&self) -> f64 {
                match self { $(Family::$name(law) => law.mean(),)+ }
            }

            fn variance(&self) -> f64 {
                match self { $(Family::$name(law) => law.variance(),)+ }
            }

            fn share(&self, t: f64) -> f64 {
                match self { $(Family::$name(law) => law.share(t),)+ }
            }

            fn quantile(&self, p: f64) -> f64 {
                match self { $(Family::$name(law) => law.quantile(p),)+ }
            }
        }
    };
}

families! {
    Geometric(geometric::Geometric);
    Uniform(uniform::Uniform);
    Erlang(erlang::Erlang);
    Gamma(gamma::Gamma);
    Lognormal(lognormal::Lognormal);
    Weibull(weibull::Weibull);
    Pareto(pareto::Pareto);
    Values(values::Values);
    Empirical(empirical::Empirical);
    Mixture(mixture::Mixture);
}

impl Distribution {
    /// One value. An exponential law costs one number of `chance` in 98 cases of 100.
    #[inline(always)]
    pub fn sample(&self, chance: &mut impl Rng) -> u64 {
        match &self.0 {
            Shape::Exponential(law) => law.sample(chance),
            Shape::Constant(law) => law.sample(chance),
            Shape::Other(law) => law.sample(chance),
        }
    }

    /// Its expected value.
    pub fn mean(&self) -> f64 {
        match &self.0 {
            Shape::Constant(law) => law.mean(),
            Shape::Exponential(law) => law.mean(),
            Shape::Other(law) => law.mean(),
        }
    }

    /// Its variance.
    pub fn variance(&self) -> f64 {
        match &self.0 {
            Shape::Constant(law) => law.variance(),
            Shape::Exponential(law) => law.variance(),
            Shape::Other(law) => law.variance(),
        }
    }

    /// Its squared coefficient of variation, variance ÷ mean²; 0 where the mean is 0.
    pub fn scv(&self) -> f64 {
        let mean = self.mean();
        if mean == 0.0 { 0.0 } else { self.variance() / (mean * mean) }
    }

    /// Whether it is the law without memory.
    pub fn is_exponential(&self) -> bool {
        matches!(self.0, Shape::Exponential(_))
    }

    /// The share of its values at or below `t`.
    pub fn share(&self, t: f64) -> f64 {
        if t < 0.0 {
            return 0.0;
        }
        match &self.0 {
            Shape::Constant(law) => law.share(t),
            Shape::Exponential(law) => law.share(t),
            Shape::Other(law) => law.share(t),
        }
    }

    /// The smallest t with P(X > t) ≤ 1 − `p`: the median at 0.5.
    ///
    /// # Panics
    /// Where `p` does not lie strictly between 0 and 1.
    pub fn quantile(&self, p: f64) -> f64 {
        assert!(p > 0.0 && p < 1.0, "a quantile lies strictly between 0 and 1, not at {p}");
        match &self.0 {
            Shape::Constant(law) => law.quantile(p),
            Shape::Exponential(law) => law.quantile(p),
            Shape::Other(law) => law.quantile(p),
        }
    }

    /// The value of a law that always brings the same.
    pub fn constant_value(&self) -> Option<u64> {
        match self.0 {
            Shape::Constant(Constant(value)) => Some(value),
            Shape::Exponential(_) | Shape::Other(_) => None,
        }
    }
}

/// To a whole unit, half up; no more than [`CEILING`].
#[inline(always)]
fn whole(x: f64) -> u64 {
    // By way of i64, which the machine converts in one instruction.
    ((x + 0.5) as i64).min(CEILING as i64) as u64
}

/// Refuses what is no length, size or count above zero that a law may have.
fn positive(what: &str, value: f64) -> Result<f64, String> {
    if value > 0.0 && value <= CEILING as f64 {
        Ok(value)
    } else if value > 0.0 {
        Err(format!("`{what}` is beyond all bounds: a law stays below 146 years, or 4.6 quintillion"))
    } else {
        Err(format!("`{what}` must be above zero"))
    }
}

#[cfg(test)]
mod tests;
