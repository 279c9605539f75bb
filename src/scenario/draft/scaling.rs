//! `scaling`: how a pool's size follows the load.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::ground::quantity;
use crate::scenario::draft::fault::Held;
use crate::scenario::draft::group::{Hooks, WarmPool};
use crate::scenario::draft::kubernetes::{Hpa, Keda, KedaJobs, Kpa};
use crate::scenario::draft::law::Law;
use crate::scenario::draft::metric::Metric;
use crate::scenario::draft::quantities::{Change, Limit, Number, Share, Time, Whole};
use crate::scenario::draft::reactive::{Hysteresis, NPolicy, StartOnDemand};

/// A share, or the word for one that follows the size of the group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Factor {
    ByCapacity,
    Of(f64),
}

impl<'de> Deserialize<'de> for Factor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Factor, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "by-capacity" => Ok(Factor::ByCapacity),
            other => quantity::share(other).map(Factor::Of).map_err(|_| {
                D::Error::custom(format!(
                    "expected a share such as `\"90%\"` or \"by-capacity\", found the text {other:?}"
                ))
            }),
        }
    }
}

impl JsonSchema for Factor {
    fn schema_name() -> Cow<'static, str> {
        "Factor".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "a share such as `\"90%\"`, or `\"by-capacity\"`" })
    }
}

/// How a pool's size follows the load.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = crate::scenario::schema::choice)]
pub(crate) enum Scaling {
    /// An Auto Scaling group: workers between two bounds, and policies that ask for more or fewer.
    Asg(Box<Asg>),
    /// Application Auto Scaling of an ECS service: the same policies, and rests of its own for more and for fewer.
    EcsService(Box<EcsService>),
    /// The horizontal pod autoscaler of Kubernetes.
    Hpa(Box<Hpa>),
    /// KEDA's `ScaledObject`: from nothing to the first pods and back; between them, an HPA.
    Keda(Box<Keda>),
    /// KEDA's `ScaledJob`: a pod for what waits, which ends with it.
    KedaJobs(Box<KedaJobs>),
    /// Knative's pod autoscaler.
    Kpa(Box<Kpa>),
    /// A waiting request starts a worker, and an idle worker goes.
    StartOnDemand(Box<StartOnDemand>),
    /// Starts when so many wait, and stops when nobody is left.
    NPolicy(NPolicy),
    /// One more or fewer whenever the number of requests crosses a threshold.
    Hysteresis(Hysteresis),
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
    /// Workers wanted at the start. Without it the pool's `workers`, or `min`. Where `workers` says another number, those
    /// are in service at the start, and the group at once asks for the rest, or lets those go that are too many.
    pub desired: Option<Whole>,
    /// Never more workers.
    pub max: Whole,
    /// Who asks for more or fewer. Without any, the group keeps its size.
    #[serde(default)]
    pub policies: Vec<Policy>,
    /// Rest after a change. It holds back `simple` and `queue-length` policies, and the others only when they ask for
    /// fewer and no `warm-up` is given.
    #[schemars(extend("default" = "0s"))]
    pub cooldown: Option<Time>,
    /// From when on the rest counts.
    #[schemars(extend("default" = "decision"))]
    pub cooldown_from: Option<CooldownFrom>,
    /// How long after a decision the group acts on it.
    #[schemars(extend("default" = "0s"))]
    pub lag: Option<Law<Time>>,
    /// How long a new worker is left out of what target tracking sees of workers (`cpu`, `busy`), is wanted already, and
    /// keeps the group from shrinking. Unset is not 0: then it is the `cooldown`.
    pub warm_up: Option<Time>,
    /// Replaces workers that have failed. Without it, nobody does.
    pub health_check: Option<HealthCheck>,
    /// How long a machine may run before it is replaced. Without it, for ever.
    pub max_lifetime: Option<Time>,
    /// Between what the number of machines is kept while some are replaced. Without it, they are let go first, a tenth at a
    /// time.
    pub maintenance: Option<Maintenance>,
    /// Whether another machine is asked for as soon as a Spot machine hears of its end; else when it is taken.
    #[schemars(extend("default" = false))]
    pub rebalance: Option<bool>,
    /// Whether machines are launched in a zone that has come to have too few, and as many of the fullest let go then: after
    /// a zone is back. A tenth of the group at a time; it may have a tenth more than `max` meanwhile, or one.
    #[schemars(extend("default" = false))]
    pub zone_rebalance: Option<bool>,
    /// What is done with machines before they serve and before they go.
    pub hooks: Option<Hooks>,
    /// Machines that lie ready, so that the group grows faster.
    pub warm_pool: Option<WarmPool>,
}

/// An ECS service between two bounds (Application Auto Scaling).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct EcsService {
    /// Never fewer tasks, and so many at the start.
    #[schemars(extend("default" = 0))]
    pub min: Option<Whole>,
    /// Never more tasks.
    pub max: Whole,
    /// Who asks for more or fewer. Without any, the service keeps its size.
    #[serde(default)]
    pub policies: Vec<Policy>,
    /// Rest after tasks were added: until then only what is more than the last addition is added.
    #[schemars(extend("default" = "300s"))]
    pub scale_out_cooldown: Option<Time>,
    /// Rest after tasks were taken away, before more are. Whatever adds some ends it.
    #[schemars(extend("default" = "300s"))]
    pub scale_in_cooldown: Option<Time>,
}

/// What an Auto Scaling group and an ECS service have in common.
#[derive(Clone, Copy)]
pub(crate) struct Bounded<'a> {
    /// Its word in the file.
    pub word: &'static str,
    /// Never fewer.
    pub min: Option<Whole>,
    /// At the start.
    pub desired: Option<Whole>,
    /// Never more.
    pub max: Whole,
    /// Who asks for more or fewer.
    pub policies: &'a [Policy],
}

impl Scaling {
    /// The group or service, where it is one.
    pub fn bounded(&self) -> Option<Bounded<'_>> {
        match self {
            Scaling::Asg(asg) => {
                let Asg { min, desired, max, policies, .. } = &**asg;
                Some(Bounded { word: "asg", min: *min, desired: *desired, max: *max, policies })
            }
            Scaling::EcsService(service) => {
                let EcsService { min, max, policies, .. } = &**service;
                Some(Bounded { word: "ecs-service", min: *min, desired: None, max: *max, policies })
            }
            Scaling::Hpa(_) | Scaling::Keda(_) | Scaling::KedaJobs(_) | Scaling::Kpa(_) => None,
            Scaling::StartOnDemand(_) | Scaling::NPolicy(_) | Scaling::Hysteresis(_) => None,
            Scaling::Schedule(_) | Scaling::Vertical(_) => None,
        }
    }
}

/// How a group finds out that a worker has failed. It is let go first, then another is asked for; at most a tenth of the
/// group at a time.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct HealthCheck {
    /// What counts as failed.
    #[schemars(extend("default" = "workers"))]
    pub sees: Option<Sees>,
    /// How often the group looks.
    #[schemars(extend("default" = "60s"))]
    pub every: Option<Time>,
    /// How long after it came into service a worker is left alone. Nothing to `machines`.
    #[schemars(extend("default" = "0s"))]
    pub grace: Option<Time>,
    /// How long a worker must have been down before it is replaced: it may come back by itself.
    #[schemars(extend("default" = "0s"))]
    pub patience: Option<Time>,
}

/// What a health check sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Sees {
    /// Workers that are down, whatever it is: as a load balancer's check or one's own sees it.
    Workers,
    /// Machines that are down, those of a zone that is away: as the status checks of EC2 see it. A crash is none of the
    /// machine.
    Machines,
}

/// Between what a group keeps the number of its machines while it replaces some, of what is wanted.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Maintenance {
    /// At least so many in service: from `"0%"` to `"100%"`.
    pub min_healthy: Change,
    /// At most so many there: from `"100%"` to `"200%"`, at most 100 points above the other.
    pub max_healthy: Change,
}

/// From when on the rest after a change counts.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CooldownFrom {
    /// From the decision.
    Decision,
    /// From when the last new machine runs, or the last worker that goes has begun to drain; until then nothing that rests
    /// is decided.
    DrainStart,
    /// The same, but from when the last one that goes is gone.
    DrainEnd,
}

/// Who asks for more or fewer workers.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = crate::scenario::schema::choice)]
pub(crate) enum Policy {
    /// The simple rule: as many workers as messages, or one for every so many.
    QueueLength(QueueLength),
    /// Keeps a metric per worker at a target.
    TargetTracking(Box<TargetTracking>),
    /// Changes the size by steps: the further a metric is beyond its alarm's limit, the more.
    Step(Box<Step>),
    /// Changes the size by one step whenever its alarm goes off, and rests.
    Simple(Box<Simple>),
    /// Raises the size before the load comes, by what it was at the same hours before.
    Predictive(Box<Predictive>),
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
    /// The first look. Without it, after one `every`, and the `phase` of the topology's `metrics`.
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
    /// The period of one datapoint. An alarm looks every minute, below a minute every 10 s, at datapoints that end then;
    /// under textbook defaults once a period.
    #[schemars(extend("default" = "60s"))]
    pub period: Option<Time>,
    /// At which datapoints it asks for more.
    pub high: Option<High>,
    /// At which datapoints it asks for fewer.
    pub low: Option<Low>,
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

/// Raises the size at the start of each hour to what the forecast needs, and never lowers it. It needs a day of the run
/// before it forecasts anything.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Predictive {
    /// The load; a figure of each worker (`cpu`, `requests-per-worker`) is taken times the workers whose it is.
    pub metric: Metric,
    /// Of it for one worker, in its own form.
    pub per_worker: Limit,
    /// How far back it looks: from one day to fourteen.
    #[schemars(extend("default" = "14d"))]
    pub history: Option<Time>,
    /// How long before the hour the size is raised; at most an hour.
    #[schemars(extend("default" = "0s"))]
    pub buffer: Option<Time>,
    /// Which quantile of the same hours of the week (in the first week, of the day) is the forecast.
    #[schemars(extend("default" = "90%"))]
    pub quantile: Option<Share>,
    /// The share beyond the forecast up to which the group's maximum may be raised, for good. Without it, the maximum
    /// holds.
    pub max_buffer: Option<Share>,
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

/// Goes off when a metric is beyond a limit at enough of the newest datapoints.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Alarm {
    /// What is read.
    pub metric: Metric,
    /// The limit, in the metric's own form: `{ above = "80%" }`.
    pub when: When,
    /// Datapoints beyond the limit …
    #[schemars(extend("default" = 1))]
    pub points: Option<Whole>,
    /// … of the newest so many. Without it, as many as `points`.
    pub of: Option<Whole>,
    /// The period of one datapoint. An alarm looks every minute, below a minute every 10 s, at datapoints that end then;
    /// under textbook defaults once a period.
    #[schemars(extend("default" = "60s"))]
    pub period: Option<Time>,
    /// What a missing datapoint means.
    #[schemars(extend("default" = "missing"))]
    pub missing: Option<Treatment>,
}

/// What a missing datapoint means for an alarm.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Treatment {
    /// Nothing: without any datapoint there is not enough data, and nothing is changed.
    Missing,
    /// The alarm stays as it is.
    Ignore,
    /// As if it were beyond the limit.
    Breaching,
    /// As if it were not.
    NotBreaching,
}

/// Changes the size by steps: the further a metric is beyond its alarm's limit, the more.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Step {
    /// What is read.
    pub metric: Metric,
    /// The limit, in the metric's own form: `{ above = "80%" }`.
    pub when: When,
    /// Datapoints beyond the limit …
    #[schemars(extend("default" = 1))]
    pub points: Option<Whole>,
    /// … of the newest so many. Without it, as many as `points`.
    pub of: Option<Whole>,
    /// The period of one datapoint. An alarm looks every minute, below a minute every 10 s, at datapoints that end then;
    /// under textbook defaults once a period.
    #[schemars(extend("default" = "60s"))]
    pub period: Option<Time>,
    /// What a missing datapoint means.
    #[schemars(extend("default" = "missing"))]
    pub missing: Option<Treatment>,
    /// Which value of the datapoints that set the alarm off decides the step.
    #[schemars(extend("default" = "newest"))]
    pub statistic: Option<Statistic>,
    /// What is done how far from the limit; at most twenty, without gap or overlap.
    pub steps: Vec<Stride>,
    /// The least that a change by a share changes.
    #[schemars(extend("default" = 0))]
    pub min_change: Option<Whole>,
    /// The same as the group's, for this policy.
    pub warm_up: Option<Time>,
}

/// One step: a part of the metric's range and what is done there: one of `change` and `set`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Stride {
    /// Where it begins, relative to the limit. Without it, nothing bounds it below.
    pub from: Option<Limit>,
    /// Where it ends, relative to the limit. Without it, nothing bounds it above.
    pub to: Option<Limit>,
    /// Workers more, or fewer; or a share of those there are.
    pub change: Option<Change>,
    /// To this size.
    pub set: Option<Whole>,
}

/// Which value of an alarm's newest datapoints counts.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Statistic {
    /// The newest.
    Newest,
    /// The mean of those that the alarm judges.
    Average,
    /// The least of them.
    Minimum,
    /// The greatest of them.
    Maximum,
}

/// Changes the size by one step whenever its alarm goes off, and rests: one of `change` and `set`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Simple {
    /// What is read.
    pub metric: Metric,
    /// The limit, in the metric's own form: `{ above = "80%" }`.
    pub when: When,
    /// Datapoints beyond the limit …
    #[schemars(extend("default" = 1))]
    pub points: Option<Whole>,
    /// … of the newest so many. Without it, as many as `points`.
    pub of: Option<Whole>,
    /// The period of one datapoint. An alarm looks every minute, below a minute every 10 s, at datapoints that end then;
    /// under textbook defaults once a period.
    #[schemars(extend("default" = "60s"))]
    pub period: Option<Time>,
    /// What a missing datapoint means.
    #[schemars(extend("default" = "missing"))]
    pub missing: Option<Treatment>,
    /// Workers more, or fewer; or a share of those there are.
    pub change: Option<Change>,
    /// To this size.
    pub set: Option<Whole>,
    /// The least that a change by a share changes.
    #[schemars(extend("default" = 0))]
    pub min_change: Option<Whole>,
    /// Its own rest after a change. Without it, the group's.
    pub cooldown: Option<Time>,
}

/// So many of so many datapoints.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct High {
    /// Datapoints above the target …
    #[schemars(extend("default" = 1))]
    pub points: Option<Whole>,
    /// … of the newest so many. Without it, as many as `points`.
    pub of: Option<Whole>,
}

/// So many of so many datapoints, below a share of the target.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Low {
    /// Datapoints below `factor` of the target …
    #[schemars(extend("default" = 1))]
    pub points: Option<Whole>,
    /// … of the newest so many. Without it, as many as `points`.
    pub of: Option<Whole>,
    /// The share of the target below which it asks for fewer: a share, or `"by-capacity"`: as far below as one worker
    /// fewer would lift the metric, from 70 % for small groups to 90 %.
    #[schemars(extend("default" = "100%"))]
    pub factor: Option<Factor>,
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
