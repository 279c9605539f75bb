//! `scaling` of pods: the HPA, KEDA's objects and jobs, Knative's KPA.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use crate::ground::quantity;
use crate::scenario::draft::metric::Metric;
use crate::scenario::draft::quantities::{Amount, Number, Share, Time, Whole};
use crate::scenario::reader::ADVICE;

/// The horizontal pod autoscaler of Kubernetes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Hpa {
    /// Never fewer pods.
    #[schemars(extend("default" = 1))]
    pub min: Option<Whole>,
    /// Never more pods.
    pub max: Whole,
    /// What it goes by: the one that asks for most counts.
    pub metrics: Vec<HpaMetric>,
    /// From one look to the next.
    #[schemars(extend("default" = "15s"))]
    pub sync: Option<Time>,
    /// How far from its target a metric is left alone: a share, or one for `up` and one for `down`.
    #[schemars(extend("default" = "10%"))]
    pub tolerance: Option<Tolerance>,
    /// How long a recommendation keeps a lower one from acting.
    #[schemars(extend("default" = "300s"))]
    pub stabilisation: Option<Time>,
    /// How fast it may change. Without it, to the double or 4 at most at one look, and down as far as it goes.
    pub behavior: Option<Behavior>,
    /// How long after its start the CPU of a pod that is not ready, or was not for a whole sample, is left out.
    #[schemars(extend("default" = "5min"))]
    pub cpu_initialisation: Option<Time>,
    /// A pod that turned unready later than this after its start was ready before, and counts.
    #[schemars(extend("default" = "30s"))]
    pub readiness_delay: Option<Time>,
}

/// A metric of an HPA and where it should be.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = crate::scenario::schema::choice)]
pub(crate) enum HpaMetric {
    /// The pods' CPU over what they request: `"50%"`.
    Cpu(Percent),
    /// Any use of the pods over what they request.
    Utilisation(Utilised),
    /// A value as a whole.
    Value(Aim),
    /// The mean of the pods, or a value that all replicas share.
    AverageValue(Aim),
}

/// A use of the pods and the share of what they request that it should be.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Utilised {
    /// What is read.
    pub metric: Metric,
    /// Where it should be: `"50%"`, or 50.
    pub target: Percent,
    /// The container that is meant. Without it, the whole pod.
    pub container: Option<String>,
}

/// A value and where it should be.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Aim {
    /// What is read.
    pub metric: Metric,
    /// Where it should be: a number, or text such as `"500m"`.
    pub target: Quantity,
    /// The container that is meant. Without it, the whole pod.
    pub container: Option<String>,
}

impl HpaMetric {
    /// The container that it is of, if not the whole pod.
    pub fn container(&self) -> Option<&String> {
        match self {
            HpaMetric::Cpu(_) => None,
            HpaMetric::Utilisation(aim) => aim.container.as_ref(),
            HpaMetric::Value(aim) | HpaMetric::AverageValue(aim) => aim.container.as_ref(),
        }
    }
}

/// How far from its target a metric is left alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tolerance {
    pub up: Option<Share>,
    pub down: Option<Share>,
}

/// The same as a table.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Tolerances {
    /// Above the target.
    #[schemars(extend("default" = "10%"))]
    up: Option<Share>,
    /// Below it.
    #[schemars(extend("default" = "10%"))]
    down: Option<Share>,
}

impl<'de> Deserialize<'de> for Tolerance {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Tolerance, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Tolerance;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a share such as `\"10%\"`, or a table with `up` and `down`")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Tolerance, E> {
                let both = quantity::share(text).map(Share).map_err(E::custom)?;
                Ok(Tolerance { up: Some(both), down: Some(both) })
            }

            fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Tolerance, A::Error> {
                let Tolerances { up, down } = Deserialize::deserialize(MapAccessDeserializer::new(table))?;
                Ok(Tolerance { up, down })
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for Tolerance {
    fn schema_name() -> Cow<'static, str> {
        "Tolerance".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let table = generator.subschema_for::<Tolerances>();
        json_schema!({ "anyOf": [{ "type": "string", "description": "a share, as text: `\"10%\"`" }, table] })
    }
}

/// How fast an HPA may change.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Behavior {
    /// For more. Without it, 4 pods or the double in 15 s, whichever is more.
    pub up: Option<Rules>,
    /// For fewer. Without it, as far as it goes, after the `stabilisation`.
    pub down: Option<Rules>,
}

/// How fast an HPA may change in one direction.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Rules {
    /// How far back recommendations count: the least extreme of them is taken. Without it, none for more, and the
    /// `stabilisation` for fewer.
    pub window: Option<Time>,
    /// Which of the policies counts.
    #[schemars(extend("default" = "max"))]
    pub select: Option<Select>,
    /// How far each lets it go. Without any, those that Kubernetes has for the direction.
    pub policies: Option<Vec<Rate>>,
}

/// Which of several policies counts.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Select {
    /// The one that allows the greatest change.
    Max,
    /// The one that allows the least.
    Min,
    /// None: no change in this direction.
    Disabled,
}

/// So much within a period: one of `pods` and `percent`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Rate {
    /// So many pods.
    pub pods: Option<Whole>,
    /// So many per cent of the pods at the start of the period.
    pub percent: Option<Whole>,
    /// Within which.
    pub period: Time,
}

/// KEDA's `ScaledObject`: it starts the first pods and takes the last away; between them, an HPA does.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Keda {
    /// Never fewer pods while a trigger is active.
    #[schemars(extend("default" = 0))]
    pub min: Option<Whole>,
    /// Never more pods.
    #[schemars(extend("default" = 100))]
    pub max: Option<Whole>,
    /// So many pods while no trigger is active, instead of `min`.
    pub idle: Option<Whole>,
    /// From one of KEDA's own looks to the next, the first at once.
    #[schemars(extend("default" = "30s"))]
    pub poll: Option<Time>,
    /// How long after the last activity the last pods go.
    #[schemars(extend("default" = "300s"))]
    pub cooldown: Option<Time>,
    /// How long after its making they stay if there was no activity yet.
    #[schemars(extend("default" = "0s"))]
    pub initial_cooldown: Option<Time>,
    /// What it goes by.
    pub triggers: Vec<Trigger>,
    /// What holds while triggers can't be read. Without it, nothing changes then.
    pub fallback: Option<Fallback>,
    /// Settings of the HPA that it makes.
    #[serde(default)]
    pub hpa: KedaHpa,
}

/// Settings of the HPA that KEDA makes.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct KedaHpa {
    /// From one look to the next.
    #[schemars(extend("default" = "15s"))]
    pub sync: Option<Time>,
    /// How far from its target a metric is left alone.
    #[schemars(extend("default" = "10%"))]
    pub tolerance: Option<Tolerance>,
    /// How long a recommendation keeps a lower one from acting.
    #[schemars(extend("default" = "300s"))]
    pub stabilisation: Option<Time>,
    /// How fast it may change.
    pub behavior: Option<Behavior>,
}

/// What KEDA goes by.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Trigger {
    /// What is read. KEDA's SQS scaler counts what is in flight, too.
    #[schemars(extend("default" = "backlog"))]
    pub metric: Option<Metric>,
    /// Of it for one pod, or job; or as a whole, by the `type`.
    #[schemars(extend("default" = 5))]
    pub target: Option<Quantity>,
    /// What the target is for.
    #[serde(rename = "type")]
    #[schemars(extend("default" = "average-value"))]
    pub kind: Option<MetricType>,
    /// It is active above this.
    #[schemars(extend("default" = 0))]
    pub activation: Option<Quantity>,
}

/// What a trigger's target is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum MetricType {
    /// Each pod: there should be as many as the metric is targets.
    AverageValue,
    /// The metric as a whole: there should be as many times the ready pods as it is above the target. Of a `ScaledObject`
    /// alone.
    Value,
}

/// What holds while triggers can't be read.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Fallback {
    /// After more failures than this in a row.
    pub failures: Whole,
    /// Pods that it stands for.
    pub replicas: Whole,
    /// How they go with those that there are.
    #[schemars(extend("default" = "static"))]
    pub mode: Option<Mode>,
}

/// How the pods of a fallback go with those that there are.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Mode {
    /// Whatever there are.
    Static,
    /// Those that there are.
    Current,
    /// Those that there are, if they are more.
    CurrentIfHigher,
    /// Those that there are, if they are fewer.
    CurrentIfLower,
}

/// KEDA's `ScaledJob`: a pod for what waits, which ends with it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct KedaJobs {
    /// Never fewer jobs that are not finished.
    #[schemars(extend("default" = 0))]
    pub min: Option<Whole>,
    /// Never more of them.
    #[schemars(extend("default" = 100))]
    pub max: Option<Whole>,
    /// From one look to the next.
    #[schemars(extend("default" = "30s"))]
    pub poll: Option<Time>,
    /// What it goes by.
    pub triggers: Vec<Trigger>,
    /// What several triggers amount to.
    #[schemars(extend("default" = "max"))]
    pub several: Option<Several>,
    /// How many jobs are created.
    #[schemars(extend("default" = "default"))]
    pub strategy: Option<Strategy>,
    /// How long a job looks for a message before it ends without one. Without it, until it finds one.
    pub patience: Option<Time>,
}

/// What several triggers amount to.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Several {
    /// The active one with the longest queue.
    Max,
    /// The active one with the shortest.
    Min,
    /// The mean of the active ones.
    Avg,
    /// All active ones together.
    Sum,
}

/// How many jobs are created.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = crate::scenario::schema::choice)]
pub(crate) enum Strategy {
    /// As many as the queue asks for, less those that run: where its length counts what is worked on.
    Default,
    /// Those that run are not taken off, as long as there is room: where the length does not count them.
    Accurate,
    /// As many as there is room for.
    Eager,
    /// Less a number and less a share of those that run.
    Custom(Custom),
}

/// What a custom strategy takes off.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Custom {
    /// Jobs that are taken off in any case.
    #[schemars(extend("default" = 0))]
    pub deduct: Option<Whole>,
    /// The share of those that run that is taken off.
    #[schemars(extend("default" = "0%"))]
    pub running: Option<Share>,
}

/// Knative's pod autoscaler.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Kpa {
    /// Never fewer pods.
    #[schemars(extend("default" = 0))]
    pub min: Option<Whole>,
    /// Never more pods. Without it, any number.
    pub max: Option<Whole>,
    /// Requests at once (or a second) that one pod can bear.
    #[schemars(extend("default" = 100))]
    pub target: Option<Number>,
    /// The share of it that is aimed at.
    #[schemars(extend("default" = "70%"))]
    pub target_share: Option<Share>,
    /// The stable window.
    #[schemars(extend("default" = "60s"))]
    pub window: Option<Time>,
    /// When it panics.
    #[serde(default)]
    pub panic: Panic,
    /// At most so many times the ready pods at one look.
    #[schemars(extend("default" = 1000))]
    pub up_rate: Option<Number>,
    /// At least the ready pods divided by this.
    #[schemars(extend("default" = 2))]
    pub down_rate: Option<Number>,
    /// How long the activator is in the path before the last pod goes.
    #[schemars(extend("default" = "30s"))]
    pub grace: Option<Time>,
    /// How long a number counts before a lower one acts.
    #[schemars(extend("default" = "0s"))]
    pub delay: Option<Time>,
    /// Pods that a new revision starts with.
    #[schemars(extend("default" = 1))]
    pub initial: Option<Whole>,
    /// Pods that are started where any is wanted.
    #[schemars(extend("default" = 1))]
    pub activation: Option<Whole>,
    /// Requests that it must be able to bear on top, else the activator stays in the path.
    #[schemars(extend("default" = 211))]
    pub burst: Option<Amount>,
    /// Whether the last pod may go.
    #[schemars(extend("default" = true))]
    pub to_zero: Option<bool>,
}

/// When Knative's pod autoscaler panics.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Panic {
    /// The panic window. Without it, a tenth of the stable one, in whole seconds.
    pub window: Option<Time>,
    /// It panics where such a share of the ready pods is wanted: `"200%"`, or 200.
    #[schemars(extend("default" = "200%"))]
    pub threshold: Option<Percent>,
}

/// Per cent: `"50%"`, or 50; also above 100.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Percent(pub f64);

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Percent, D::Error> {
        struct Reading;
        impl Visitor<'_> for Reading {
            type Value = Percent;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("per cent such as `\"50%\"`")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Percent, E> {
                let number = text.trim().strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
                number.filter(|number| number.is_finite()).map(Percent).ok_or_else(|| {
                    E::custom(format!("`{text}` is not so many per cent{ADVICE}write it such as `\"50%\"`"))
                })
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Percent, E> {
                Ok(Percent(number as f64))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Percent, E> {
                Ok(Percent(number))
            }
        }
        deserializer.deserialize_any(Reading)
    }
}

impl JsonSchema for Percent {
    fn schema_name() -> Cow<'static, str> {
        "Percent".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number"], "description": "per cent: `\"50%\"`, or 50" })
    }
}

/// An amount in thousandths, written as a number or as Kubernetes writes it: `0.5`, `"500m"`, `"128Mi"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quantity(pub i64);

/// The most that an amount may be: thousandths of it are counted in 64 bits.
const MOST: f64 = 9e15;

impl Quantity {
    /// A number, to the nearest thousandth.
    fn of<E: Error>(number: f64) -> Result<Quantity, E> {
        if number.abs() <= MOST {
            return Ok(Quantity(crate::cloud::scaling::kubernetes::milli(number)));
        }
        Err(E::custom(format!("{number} is more than can be counted{ADVICE}at most {MOST:e}")))
    }
}

/// What the endings of Kubernetes' amounts stand for.
const ENDINGS: [(&str, f64); 14] = [
    ("Ki", 1024.0),
    ("Mi", 1_048_576.0),
    ("Gi", 1_073_741_824.0),
    ("Ti", 1_099_511_627_776.0),
    ("Pi", 1_125_899_906_842_624.0),
    ("m", 1e-3),
    ("u", 1e-6),
    ("n", 1e-9),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
    ("P", 1e15),
    ("", 1.0),
];

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Quantity, D::Error> {
        struct Reading;
        impl Visitor<'_> for Reading {
            type Value = Quantity;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an amount: a number, or text such as `\"500m\"` or `\"128Mi\"`")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Quantity, E> {
                let text = text.trim();
                let read = ENDINGS.iter().find_map(|(ending, size)| {
                    let number = text.strip_suffix(ending)?.parse::<f64>().ok()?;
                    number.is_finite().then_some(number * size)
                });
                let what = || format!("`{text}` is not an amount{ADVICE}write a number, or text such as `\"500m\"`");
                Quantity::of(read.ok_or_else(|| E::custom(what()))?)
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Quantity, E> {
                Quantity::of(number as f64)
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Quantity, E> {
                Quantity::of(number)
            }
        }
        deserializer.deserialize_any(Reading)
    }
}

impl JsonSchema for Quantity {
    fn schema_name() -> Cow<'static, str> {
        "Quantity".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number"], "description": "an amount: a number, or text as Kubernetes writes it: `\"500m\"`, `\"128Mi\"`" })
    }
}
