//! Laws of durations, sizes and counts: a plain value, or a table of one key that names the law.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::ground::distribution::Distribution;
use crate::scenario::draft::quantities::{Bytes, Number, Time, Whole};
use crate::scenario::laws::{self, Samples};
use crate::scenario::reader::ADVICE;

/// A law, checked: it can be made into a distribution whatever an `empirical` file holds.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Kind<Q>", bound = "Q: Quantity + Deserialize<'de>")]
pub(crate) struct Law<Q: Quantity>(Kind<Q>);

/// A quantity that a law may be of.
pub(crate) trait Quantity: Clone + std::fmt::Debug {
    /// How a mean or a bound is written; counts have means that are not whole.
    type Real: Clone + std::fmt::Debug + for<'de> Deserialize<'de> + JsonSchema;
    /// What the law is of, for messages.
    const OF: &'static str;
    /// What one unit of a measured column is where nothing is said: a second, a byte, one.
    const UNIT: u64;
    /// The value in its whole unit.
    fn whole(&self) -> u64;
    /// A mean or bound in the whole unit.
    fn real(value: &Self::Real) -> f64;
}

impl Quantity for Time {
    type Real = Time;
    const OF: &'static str = "a duration";
    const UNIT: u64 = crate::ground::time::SECOND;

    fn whole(&self) -> u64 {
        self.0.nanos()
    }

    fn real(value: &Time) -> f64 {
        value.0.nanos() as f64
    }
}

impl Quantity for Bytes {
    type Real = Bytes;
    const OF: &'static str = "a size";
    const UNIT: u64 = 1;

    fn whole(&self) -> u64 {
        self.0
    }

    fn real(value: &Bytes) -> f64 {
        value.0 as f64
    }
}

impl Quantity for Whole {
    type Real = Number;
    const OF: &'static str = "a count";
    const UNIT: u64 = 1;

    fn whole(&self) -> u64 {
        self.0
    }

    fn real(value: &Number) -> f64 {
        value.0
    }
}

/// How something varies from one time to the next. A plain value stands for `constant`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", bound = "Q: Quantity + Deserialize<'de>")]
#[schemars(rename = "Law", bound = "Q: Quantity + JsonSchema", transform = crate::scenario::schema::law::<Q>)]
pub(crate) enum Kind<Q: Quantity> {
    /// Always the same.
    Constant(Q),
    /// Exponential with this mean.
    Exponential(Q::Real),
    /// Geometric with this mean; counts from 1.
    Geometric(Q::Real),
    /// Lognormal: the logarithm is normal. Any two of its traits.
    Lognormal(Known<Q>),
    /// Gamma. Any two of its traits.
    Gamma(Known<Q>),
    /// Weibull. Any two of its traits.
    Weibull(Known<Q>),
    /// Evenly between two values.
    Uniform(Uniform<Q>),
    /// The sum of so many exponentials.
    Erlang(Erlang<Q>),
    /// A power law between two bounds.
    Pareto(Pareto<Q>),
    /// One of several exponentials, by weight.
    Hyperexponential(Hyperexponential<Q>),
    /// One of several values, by weight.
    Values(Values<Q>),
    /// One of several laws, by weight.
    Mixture(Vec<Part<Q>>),
    /// Values that were measured: a column of a CSV file, each equally likely.
    Empirical(Empirical<Q>),
}

/// What is known of a law: any two.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", bound = "Q: Quantity")]
#[schemars(rename = "Known", bound = "Q: Quantity")]
pub(crate) struct Known<Q: Quantity> {
    /// The mean.
    pub mean: Option<Q::Real>,
    /// The squared coefficient of variation: variance ÷ mean².
    pub scv: Option<Number>,
    /// The median.
    pub p50: Option<Q::Real>,
    /// The 90th percentile.
    pub p90: Option<Q::Real>,
    /// The 95th percentile.
    pub p95: Option<Q::Real>,
    /// The 99th percentile.
    pub p99: Option<Q::Real>,
}

/// Evenly between two values.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", bound = "Q: Quantity + Deserialize<'de>")]
#[schemars(rename = "Uniform", bound = "Q: Quantity + JsonSchema")]
pub(crate) struct Uniform<Q: Quantity> {
    /// The least.
    pub low: Q,
    /// The most.
    pub high: Q,
}

/// The sum of exponentials.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", bound = "Q: Quantity")]
#[schemars(rename = "Erlang", bound = "Q: Quantity")]
pub(crate) struct Erlang<Q: Quantity> {
    /// How many exponentials.
    pub shape: Whole,
    /// The mean of the sum.
    pub mean: Q::Real,
}

/// A power law between two bounds.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", bound = "Q: Quantity + Deserialize<'de>")]
#[schemars(rename = "Pareto", bound = "Q: Quantity + JsonSchema")]
pub(crate) struct Pareto<Q: Quantity> {
    /// How fast the tail falls.
    pub alpha: Number,
    /// The least.
    pub low: Q,
    /// The most.
    pub high: Q,
}

/// One of several exponentials.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", bound = "Q: Quantity")]
#[schemars(rename = "Hyperexponential", bound = "Q: Quantity")]
pub(crate) struct Hyperexponential<Q: Quantity> {
    /// How often each is taken, relative to the others.
    pub weights: Vec<Number>,
    /// The mean of each.
    pub means: Vec<Q::Real>,
}

/// One of several values.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", bound = "Q: Quantity + Deserialize<'de>")]
#[schemars(rename = "Values", bound = "Q: Quantity + JsonSchema")]
pub(crate) struct Values<Q: Quantity> {
    /// The values.
    pub of: Vec<Q>,
    /// How often each is taken, relative to the others.
    pub weights: Vec<Number>,
}

/// One law of a mixture.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", bound = "Q: Quantity + Deserialize<'de>")]
#[schemars(rename = "Part", bound = "Q: Quantity + JsonSchema")]
pub(crate) struct Part<Q: Quantity> {
    /// How often it is taken, relative to the others.
    pub weight: Number,
    /// The law.
    pub of: Box<Law<Q>>,
}

/// Measured values.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", bound = "Q: Quantity + Deserialize<'de>")]
#[schemars(rename = "Empirical", bound = "Q: Quantity + JsonSchema")]
pub(crate) struct Empirical<Q: Quantity> {
    /// A CSV file with a line of headings; its path is relative to the scenario.
    pub file: String,
    /// The column.
    pub column: String,
    /// What one unit of the column is: `"1ms"`. Without it a second, a byte, or one.
    pub unit: Option<Q>,
}

impl<Q: Quantity> Law<Q> {
    /// How it is written.
    pub fn kind(&self) -> &Kind<Q> {
        &self.0
    }

    /// As something to draw from, with the measured values that `empirical` parts need.
    pub fn make(&self, samples: &Samples) -> Result<Distribution, String> {
        laws::make(&self.0, Some(samples))
    }

    /// Every measured column that it needs.
    pub fn empirical(&self) -> Vec<&Empirical<Q>> {
        match &self.0 {
            Kind::Empirical(column) => vec![column],
            Kind::Mixture(parts) => parts.iter().flat_map(|part| part.of.empirical()).collect(),
            _ => Vec::new(),
        }
    }
}

impl<Q: Quantity> TryFrom<Kind<Q>> for Law<Q> {
    type Error = String;

    fn try_from(kind: Kind<Q>) -> Result<Law<Q>, String> {
        match laws::make(&kind, None) {
            Ok(_) => Ok(Law(kind)),
            // The ground tells what is the matter, and sometimes what would be right, in one sentence.
            Err(told) => Err(match told.split_once(": say ") {
                Some((what, advice)) => format!("{what}{ADVICE}say {advice}"),
                None => told,
            }),
        }
    }
}

impl<Q: Quantity + JsonSchema> JsonSchema for Law<Q> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Law of {}", Q::OF).into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Kind::<Q>::json_schema(generator)
    }
}
