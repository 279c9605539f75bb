//! `scaling`: how a pool's size follows the load.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::draft::fault::Held;
use crate::scenario::draft::law::Law;
use crate::scenario::draft::quantities::{Limit, Number, Share, Time, Whole};

/// How a pool's size follows the load.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = crate::scenario::schema::choice)]
pub(crate) enum Scaling {
    /// An Auto Scaling group: workers between two bounds, and policies that ask for more or fewer.
    Asg(Box<Asg>),
    /// A timetable without a controller.
    Schedule(Vec<Timetable>),
    /// Scaled up and down: a bigger machine in the place of each, with an outage for the change.
    Vertical(Box<Vertical>),
}

/// An Auto Scaling group.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Asg {
    /// Never fewer workers.
    #[schemars(extend("default" = 0))]
    pub min: Option<Whole>,
    /// Workers wanted at the start. Without it, `min`.
    pub desired: Option<Whole>,
    /// Never more workers.
    pub max: Whole,
    /// Who asks for more or fewer. Without any, the group keeps its size.
    #[serde(default)]
    pub policies: Vec<Policy>,
    /// Rest after a change, from the decision on.
    #[schemars(extend("default" = "0s"))]
    pub cooldown: Option<Time>,
    /// How long a new worker is left out of what target tracking sees of workers (`cpu`, `busy`), is wanted already, and
    /// keeps the group from shrinking. Unset is not 0: then it is the `cooldown`.
    pub warm_up: Option<Time>,
}

/// Who asks for more or fewer workers.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = crate::scenario::schema::choice)]
pub(crate) enum Policy {
    /// The simple rule: as many workers as messages, or one for every so many.
    QueueLength(QueueLength),
    /// Keeps a metric per worker at a target.
    TargetTracking(TargetTracking),
    /// Changes bounds or size at given times.
    Scheduled(Scheduled),
}

/// The simple rule: desired = ⌈metric ÷ `per-worker`⌉, within the bounds.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct QueueLength {
    /// What is read.
    #[schemars(extend("default" = "visible"))]
    pub metric: Option<Metric>,
    /// Of the metric for one worker.
    #[schemars(extend("default" = 1))]
    pub per_worker: Option<Number>,
    /// From one look to the next.
    #[schemars(extend("default" = "60s"))]
    pub every: Option<Time>,
    /// The first look. Without it, after one `every`.
    pub first: Option<Time>,
    /// When it may ask for fewer.
    #[schemars(extend("default" = "always"))]
    pub shrinks: Option<Shrinks>,
}

/// When the queue-length rule may ask for fewer workers.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Shrinks {
    /// Whenever the metric says so.
    Always,
    /// Only when nothing is visible or in flight, and then to the minimum.
    WhenEmpty,
}

/// Keeps a metric at a target: one of `cpu`, `requests-per-worker`, `backlog-per-instance`, or `metric` with `target`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct TargetTracking {
    /// The busy share of the ready slots.
    pub cpu: Option<Share>,
    /// Requests for each worker and minute.
    pub requests_per_worker: Option<Number>,
    /// Visible messages for each worker in service.
    pub backlog_per_instance: Option<Number>,
    /// Any metric, per worker; needs `target`.
    pub metric: Option<Metric>,
    /// Where `metric` should be, in its own form.
    pub target: Option<Limit>,
    /// From one look to the next.
    #[schemars(extend("default" = "60s"))]
    pub period: Option<Time>,
    /// Whether and how it asks for fewer.
    #[schemars(extend("default" = "proportional"))]
    pub scale_in: Option<ShrinkBy>,
    /// The same for this policy alone.
    pub warm_up: Option<Time>,
}

/// How a target-tracking policy asks for fewer workers.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ShrinkBy {
    /// As far as the metric says.
    Proportional,
    /// One at a time.
    One,
    /// Never.
    Off,
}

/// Changes at given times: one of `at` and `cron`, and any of `min`, `desired`, `max`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Scheduled {
    /// Since the start of the run.
    pub at: Option<Time>,
    /// Five fields: minute, hour, day of month, month, day of week. A run begins on a Monday, the 1st of January, at
    /// 0:00.
    pub cron: Option<String>,
    /// The new lower bound.
    pub min: Option<Whole>,
    /// The new size.
    pub desired: Option<Whole>,
    /// The new upper bound.
    pub max: Option<Whole>,
    /// How much later than that it happens.
    #[schemars(extend("default" = "0s"))]
    pub late: Option<Law<Time>>,
}

/// One line of a timetable: one of `at` and `cron`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Timetable {
    /// Since the start of the run.
    pub at: Option<Time>,
    /// Five fields: minute, hour, day of month, month, day of week. A run begins on a Monday, the 1st of January, at
    /// 0:00.
    pub cron: Option<String>,
    /// From then on so many workers are wanted.
    pub workers: Whole,
}

/// Goes off when a metric was beyond a limit for so many periods in a row.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Alarm {
    /// What is read.
    pub metric: Metric,
    /// The limit, in the metric's own form: `{ above = "80%" }`.
    pub when: When,
    /// Periods in a row.
    #[schemars(extend("default" = 1))]
    pub points: Option<Whole>,
    /// From one look to the next.
    #[schemars(extend("default" = "60s"))]
    pub period: Option<Time>,
}

/// On which side of a limit a metric must be.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = crate::scenario::schema::choice)]
pub(crate) enum When {
    /// Greater than this.
    Above(Limit),
    /// This or greater.
    AtLeast(Limit),
    /// Less than this.
    Below(Limit),
    /// This or less.
    AtMost(Limit),
}

/// Growing by a bigger machine: by one of `at` and `alarm`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Vertical {
    /// The sizes; the first is in use at the start.
    pub sizes: Vec<Size>,
    /// Times and the number of a size (from 1) that each machine then changes to: `[["120s", 2]]`.
    pub at: Option<Vec<(Time, Whole)>>,
    /// Changes to the next size whenever this goes off, until it is the last.
    pub alarm: Option<Alarm>,
    /// How long the change itself takes, between `stopping` and `pending`.
    #[schemars(extend("default" = "0s"))]
    pub change: Option<Law<Time>>,
    /// The fate of work in hand.
    #[schemars(extend("default" = "lost"))]
    pub held: Option<Held>,
}

/// One size of a machine.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Size {
    /// The instance type: `m5.xlarge`.
    #[serde(rename = "type")]
    pub instance: String,
    /// How fast it is.
    #[schemars(extend("default" = 1.0))]
    pub speed: Option<Number>,
    /// Requests it serves at once. Without it, the pool's `slots`.
    pub slots: Option<Whole>,
}

/// What a controller reads: a word, or the word with its node, `{ visible = { of = "uploads" } }`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = crate::scenario::schema::choice)]
pub(crate) enum Metric {
    /// Messages free to be received; of a pool, requests in line.
    Visible(Of),
    /// Messages received and not yet deleted; of a pool, requests in service.
    InFlight(Of),
    /// Messages hidden until their delay is over.
    Delayed(Of),
    /// How long ago the oldest message came.
    Oldest(Of),
    /// Visible and in flight; of a pool, waiting and in service.
    Backlog(Of),
    /// The busy share of the ready slots since the last look.
    Cpu(Of),
    /// Busy slots for each ready worker since the last look.
    Busy(Of),
    /// Requests begun for each ready worker and minute since the last look.
    RequestsPerWorker(Of),
}

/// The node of a metric.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Of {
    /// A queue or pool. Without it, the queue before the pool, else the pool's own line; `cpu`, `busy` and
    /// `requests-per-worker` are of the pool itself.
    pub of: Option<String>,
}
