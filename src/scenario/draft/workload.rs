//! `[workload.NAME]`: who calls, how often, how patiently.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::draft::client::Client;
use crate::scenario::draft::law::Law;
use crate::scenario::draft::quantities::{Bytes, Gap, Number, Rate, Time, Whole};

/// One kind of request: who calls, how often, how patiently.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Workload {
    /// When requests come.
    pub arrivals: Arrivals,
    /// Requests that each arrival brings at once: a law of a count.
    #[schemars(extend("default" = 1))]
    pub batch: Option<Law<Whole>>,
    /// More requests that are there at time 0: the morning's backlog.
    #[schemars(extend("default" = 0))]
    pub at_start: Option<Whole>,
    /// How patiently the client waits. Without it, for ever.
    pub client: Option<Client>,
    /// The request's body: a law of a size. Queues bill it by 64 KiB, balancers by the GB.
    #[schemars(extend("default" = "1KiB"))]
    pub size: Option<Law<Bytes>>,
    /// The answer's body: a law of a size.
    #[schemars(extend("default" = "1KiB"))]
    pub answer_size: Option<Law<Bytes>>,
    /// Which FIFO group or tenant a request is of, drawn: each workload has groups of its own. Without it, the `group`
    /// that a script or trace names, else none.
    pub groups: Option<Groups>,
}

/// The groups or tenants of a workload.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Groups {
    /// How many there are.
    pub count: Whole,
    /// How unevenly requests spread over them: the n-th group has a share proportional to 1 / n to this power (Zipf). 0
    /// is evenly.
    #[schemars(extend("default" = 0.0))]
    pub skew: Option<Number>,
}

/// When the requests of a workload come.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = crate::scenario::schema::choice)]
pub(crate) enum Arrivals {
    /// Independently of each other, at a constant rate: a Poisson process.
    Poisson(Poisson),
    /// One after the other at equal distances.
    Even(Even),
    /// One after the other, with independent gaps of one law.
    Renewal(Renewal),
    /// Poisson at a rate that follows points in time: a day, a flash crowd.
    Profile(Profile),
    /// Poisson at a rate that swings evenly: `mean` + `amplitude` · sin 2π(t + `phase`)/`period`.
    Sine(Sine),
    /// Poisson at two rates that take turns.
    Bursts(Bursts),
    /// A closed group: each waits for its answer, then thinks, then asks again.
    Users(Users),
    /// Recorded on a real system: a CSV file of instants, or of counts per interval.
    Trace(Trace),
    /// Request by request, written here.
    Scripted(Vec<Scripted>),
}

/// A Poisson process.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Poisson {
    /// How many come in a time.
    pub rate: Rate,
}

/// Equal distances. One of `rate` and `every`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Even {
    /// How many come in a time.
    pub rate: Option<Gap>,
    /// From one to the next.
    pub every: Option<Time>,
    /// When the first one comes.
    #[schemars(extend("default" = "0s"))]
    pub offset: Option<Time>,
}

/// Independent gaps.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Renewal {
    /// From the start to the first, and from one to the next.
    pub gap: Law<Time>,
}

/// A rate that changes with time.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Profile {
    /// Instants and rates: `[["0h", "2/min"], ["2h", "20/min"]]`. The first and the last rate hold outside.
    pub points: Vec<(Time, Rate)>,
    /// What the rate does between the points.
    #[schemars(extend("default" = "linear"))]
    pub shape: Option<Shape>,
    /// Begins anew so often: a day, a week. Without it, never.
    pub repeat: Option<Time>,
}

/// What a rate does between its points.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Shape {
    /// It follows a straight line.
    Linear,
    /// It holds until the next point.
    Steps,
}

/// A rate that swings evenly.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Sine {
    /// How many come in a time, on average.
    pub mean: Rate,
    /// How many more come at the peak, and fewer in the trough; at most `mean`.
    pub amplitude: Rate,
    /// From one peak to the next.
    pub period: Time,
    /// How far into a period the run begins; the first peak comes a quarter of a period after its beginning.
    #[schemars(extend("default" = "0s"))]
    pub phase: Option<Time>,
}

/// Two rates that take turns, beginning with `calm`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Bursts {
    /// The usual rate.
    pub calm: Phase,
    /// The other.
    pub burst: Phase,
}

/// One of two rates.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Phase {
    /// How many come in a time; `"0/s"` is none.
    pub rate: Rate,
    /// How long until the other one's turn.
    pub lasts: Law<Time>,
}

/// A closed group.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Users {
    /// How many there are.
    pub count: Whole,
    /// From an answer to the next request.
    pub think: Law<Time>,
}

/// A recorded trace.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Trace {
    /// A CSV file with a line of headings; its path is relative to the scenario.
    pub file: String,
    /// The column of instants: dates with time of day, seconds or milliseconds since 1970 (the first row is then the
    /// start of the run), or seconds from the start. With a `unit` for it, numbers count that.
    pub time: String,
    /// The column of counts, one row an interval that lasts until the next row. Without it, one request a row.
    pub value: Option<String>,
    /// How long one unit of a column of work or of instants is: `{ GeneratedTokens = "30ms" }`. Without it, a second.
    #[serde(default)]
    pub unit: IndexMap<String, Time>,
    /// The work that each request brings: `{ NAME = COLUMN }`.
    #[serde(default)]
    pub work: IndexMap<String, String>,
    /// Columns of other traits of a request.
    #[serde(default)]
    pub fields: Fields,
    /// What the instants mark: when each began, or when it had ended (its works are then subtracted).
    #[schemars(extend("default" = "start"))]
    pub marks: Option<Marks>,
    /// How the requests of a counted interval lie in it.
    #[schemars(extend("default" = "poisson"))]
    pub spread: Option<Spread>,
    /// So many times the recorded traffic, at the recorded times.
    #[schemars(extend("default" = 1.0))]
    pub scale: Option<Number>,
    /// Whether it begins anew at its end, as long as the run lasts.
    #[schemars(extend("default" = false))]
    pub repeat: Option<bool>,
}

/// Columns of other traits of a request.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Fields {
    /// The column of bytes of the request's body.
    pub size: Option<String>,
    /// The column of names, for traces of a run.
    pub name: Option<String>,
    /// The column of FIFO groups or tenants.
    pub group: Option<String>,
}

/// What the instants of a trace mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Marks {
    /// When a request came.
    Start,
    /// When it had ended: the works it brings are subtracted.
    End,
}

/// How requests lie in a counted interval.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Spread {
    /// As a Poisson process with that mean.
    Poisson,
    /// Exactly that many, at equal distances.
    Even,
}

/// One request of a script.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Scripted {
    /// When it comes.
    pub at: Time,
    /// What traces of a run call it.
    pub name: Option<String>,
    /// The work it brings: `{ NAME = duration }`. What it does not bring is drawn from `[work]`.
    #[serde(default)]
    pub work: IndexMap<String, Time>,
    /// The visits (deliveries, attempts, from 1) at which a work ends in an error: `{ NAME = [1, 2] }`.
    #[serde(default)]
    pub fails: IndexMap<String, Vec<Whole>>,
    /// Bytes of its body.
    pub size: Option<Bytes>,
    /// Its FIFO group or tenant.
    pub group: Option<String>,
}
