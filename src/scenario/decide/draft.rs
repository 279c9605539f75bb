//! A document for `decide` as a person writes it: a policy, what is remembered, and what is seen at each look.

use std::borrow::Cow;
use std::fmt;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::ground::quantity;
use crate::scenario::draft::kubernetes::Quantity;
use crate::scenario::draft::quantities::{Number, Time, Whole, schemas};
use crate::scenario::draft::run::Defaults;
use crate::scenario::draft::scaling::{Scaling, Treatment};
use crate::scenario::reader::ADVICE;
use crate::scenario::trace::clock::Clock;

/// What a controller sees, for the question what it would decide.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "A document for queuelab decide")]
pub(crate) struct Document {
    /// What it asks, for headings.
    pub title: Option<String>,
    /// What holds where the policy says nothing, as `run.defaults` of a scenario.
    #[schemars(extend("default" = "documented"))]
    pub defaults: Option<Defaults>,
    /// The policy: the scaling table of a pool. Without it, `--policy` names one.
    pub scaling: Option<Scaling>,
    /// An alarm by itself: which state its datapoints give.
    pub alarm: Option<Alarm>,
    /// Recorded values of a file beside the document.
    pub series: Option<Series>,
    /// Workers wanted at the start, where no look says it. Without it, those of the policy.
    pub workers: Option<Whole>,
    /// What the controller remembers from before the first look. Without it, it begins with that.
    #[serde(default)]
    pub memory: Memory,
    /// What is seen, one look after another.
    #[serde(default)]
    pub look: Vec<Look>,
}

/// An alarm by itself.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Alarm {
    /// The limit.
    pub when: Beyond,
    /// Datapoints beyond the limit …
    #[schemars(extend("default" = 1))]
    pub points: Option<Whole>,
    /// … of the newest so many. Without it, as many as `points`.
    pub of: Option<Whole>,
    /// What a missing datapoint means.
    #[schemars(extend("default" = "missing"))]
    pub missing: Option<Treatment>,
    /// The state before.
    #[schemars(extend("default" = "insufficient-data"))]
    pub state: Option<StateWord>,
    /// The datapoints, oldest first: numbers, and `"missing"` where there is none.
    pub datapoints: Vec<Given>,
}

/// A side of a limit.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = crate::scenario::schema::choice)]
pub(crate) enum Beyond {
    /// Greater than this.
    Above(Number),
    /// This or greater.
    AtLeast(Number),
    /// Less than this.
    Below(Number),
    /// This or less.
    AtMost(Number),
}

/// What an alarm says.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum StateWord {
    /// There is not enough data to say anything.
    InsufficientData,
    /// The metric is where it should be.
    Ok,
    /// The metric is beyond the limit.
    Alarm,
}

/// Recorded values of a file.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Series {
    /// CSV with a line of headings, or JSON of CloudWatch or Prometheus; relative to the document.
    pub file: String,
    /// The column of instants. Without it, one that is called `time`, `timestamp` or so.
    pub time: Option<String>,
    /// How long one unit of that column is, where it counts something else than seconds.
    pub unit: Option<Time>,
    /// The name by which the policy reads a series, and the series' own: `{ visible = "m1" }`.
    #[serde(default)]
    pub take: IndexMap<String, String>,
    /// By what the values of a name are multiplied: `{ cpu = 0.01 }` makes shares of per cent.
    #[serde(default)]
    pub scale: IndexMap<String, Number>,
}

/// What a controller remembers from before the first look.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Memory {
    /// Whether the controller begins with the first look: an HPA then takes the replicas it finds for its first
    /// recommendation, and Knative's begins in panic where more than one pod is ready. Without it, it does where there
    /// are several looks, and where there is one it runs already.
    pub fresh: Option<bool>,
    /// Of a group: no change before this instant.
    pub rest_until: Option<Moment>,
    /// Of an ECS service: fewer not before this instant …
    pub fewer_from: Option<Moment>,
    /// … and how many tasks the rest for more began with.
    pub added: Option<Whole>,
    /// Datapoints before the first look by the name of what is read, oldest first.
    #[serde(default)]
    pub datapoints: IndexMap<String, Vec<Given>>,
    /// What the alarms for too much said.
    pub high: Option<StateWord>,
    /// What the alarms for too little said.
    pub low: Option<StateWord>,
    /// Of an HPA: earlier recommendations, each with its instant.
    pub recommended: Option<Vec<(Moment, Whole)>>,
    /// Pods that were added, each time with its instant.
    #[serde(default)]
    pub scaled_up: Vec<(Moment, Whole)>,
    /// Pods that were taken away, each time with its instant.
    #[serde(default)]
    pub scaled_down: Vec<(Moment, Whole)>,
    /// Of KEDA: when it was made. Without it, at the first look.
    pub made: Option<Moment>,
    /// When a trigger was last seen active.
    pub last_active: Option<Moment>,
    /// How often in a row each trigger could not be read.
    #[serde(default)]
    pub failures: Vec<Whole>,
    /// Of Knative: since when it was last over the panic threshold.
    pub panic_since: Option<Moment>,
    /// The most pods that were wanted since.
    pub most: Option<Whole>,
    /// Since when the revision is active.
    pub active_since: Option<Moment>,
    /// Since when it is inactive.
    pub inactive_since: Option<Moment>,
    /// Since when the activator is in the path.
    pub proxied_since: Option<Moment>,
    /// What was measured before the first look: requests at once and the instant.
    #[serde(default)]
    pub concurrency: Vec<(Moment, Number)>,
}

/// What is seen at one look.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Look {
    /// When. Without it, one of the controller's rhythms after the look before.
    pub at: Option<Moment>,
    /// Values by the names of what the policy reads; `"missing"` where there is none. Of several numbers the sum counts.
    #[serde(default)]
    pub values: IndexMap<String, Given>,
    /// Of a group: workers wanted. Without it, what was decided before.
    pub desired: Option<Whole>,
    /// Workers in service. Without it, those wanted.
    pub in_service: Option<Whole>,
    /// Those of them that are warm. Without it, all.
    pub warm: Option<Whole>,
    /// Workers on their way. Without it, those wanted that are not in service.
    pub coming: Option<Whole>,
    /// Workers that end what they hold and then go.
    #[schemars(extend("default" = 0))]
    pub terminating: Option<Whole>,
    /// Since when all that was decided is done, for `cooldown-from`. Without it, since the last change where none is on
    /// its way.
    pub settled: Option<Moment>,
    /// Of pods: how many are wanted. Without it, what was decided before.
    pub replicas: Option<Whole>,
    /// How many there are, ready or not. Without it, as many as are listed, else those wanted.
    pub current: Option<Whole>,
    /// How many are ready, where they are not listed. Without it, all.
    pub ready: Option<Whole>,
    /// The pods.
    #[serde(default)]
    pub pods: Vec<Pod>,
    /// Of jobs: those that are not finished.
    pub running: Option<Whole>,
    /// Those of them whose pod does not run yet.
    pub pending: Option<Whole>,
    /// Of Knative: the average over the stable window. Without it, by what was measured.
    pub stable: Option<Number>,
    /// The average over the panic window.
    pub panic: Option<Number>,
    /// Requests at once, as measured since the look before, each with its instant.
    #[serde(default)]
    pub concurrency: Vec<(Moment, Number)>,
    /// Whether requests can reach the revision.
    #[schemars(extend("default" = true))]
    pub reachable: Option<bool>,
}

/// A pod.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Pod {
    /// How many pods are like this.
    #[schemars(extend("default" = 1))]
    pub count: Option<Whole>,
    /// How much it uses: an amount, or one for each name. Without it, nothing is known.
    pub usage: Option<Use>,
    /// How much it requests, in the same way.
    pub request: Option<Use>,
    /// Its containers, instead of `usage` and `request`: what they use and request is added up, and where one does not
    /// say, nothing is known of the pod.
    #[serde(default)]
    pub containers: Vec<Container>,
    /// How far it has come.
    #[schemars(extend("default" = "running"))]
    pub phase: Option<Phase>,
    /// Whether it is being deleted.
    #[schemars(extend("default" = false))]
    pub deleted: Option<bool>,
    /// When it started; `"never"`: it has not. Without it, long ago.
    pub started: Option<Started>,
    /// Whether it is ready; `"unknown"`: it has no such condition yet.
    #[schemars(extend("default" = true))]
    pub ready: Option<Readiness>,
    /// Since when it is so. Without it, since long ago.
    pub ready_since: Option<Moment>,
    /// When its use was sampled. Without it, just now.
    pub sampled: Option<Moment>,
    /// Over how long.
    #[schemars(extend("default" = "0s"))]
    pub window: Option<Time>,
}

/// A container of a pod.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Container {
    /// Its name, where a metric is of one container.
    pub name: Option<String>,
    /// How much it uses.
    pub usage: Option<Use>,
    /// How much it requests.
    pub request: Option<Use>,
}

/// How far a pod has come.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Phase {
    /// It waits for a node or an image.
    Pending,
    /// It runs, ready or not.
    Running,
    /// It has ended well.
    Succeeded,
    /// It has ended badly.
    Failed,
}

/// An amount, or one for each name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Use {
    One(i64),
    Each(IndexMap<String, Quantity>),
}

/// An instant, in nanoseconds of its own clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    pub nanos: i128,
    /// Whether it is a date.
    pub dated: bool,
}

/// When a pod started, if it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Started(pub Option<Moment>);

/// Whether a pod is ready, if it says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Readiness(pub Option<bool>);

/// A value, several that are added up, or none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Given(pub Option<f64>);

fn moment(text: &str) -> Option<Moment> {
    let text = text.trim();
    let (negative, size) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    if let Ok(span) = quantity::span(size) {
        let nanos = i128::from(span.nanos());
        return Some(Moment { nanos: if negative { -nanos } else { nanos }, dated: false });
    }
    let mut clock = Clock::counting(None);
    let nanos = clock.read(text)?;
    Some(Moment { nanos, dated: clock.is_absolute() })
}

const MOMENT: &str = "an instant: a time from the start such as `\"90s\"` or `\"-5min\"`, or a date and time";

macro_rules! read_by {
    ($name:ident, $expecting:expr, { $($methods:tt)* }) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                struct Reading;
                impl<'de> Visitor<'de> for Reading {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expecting)
                    }

                    $($methods)*
                }
                deserializer.deserialize_any(Reading)
            }
        }
    };
}

read_by!(Moment, MOMENT, {
    fn visit_str<E: Error>(self, text: &str) -> Result<Moment, E> {
        moment(text).ok_or_else(|| E::custom(format!("`{text}` is not an instant{ADVICE}write {MOMENT}")))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Moment, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Moment, E> {
        self.visit_str(&number.to_string())
    }
});

read_by!(Started, "an instant, or \"never\"", {
    fn visit_str<E: Error>(self, text: &str) -> Result<Started, E> {
        if text == "never" {
            return Ok(Started(None));
        }
        let what = || format!("`{text}` is not an instant{ADVICE}write {MOMENT}, or \"never\"");
        moment(text).map(|moment| Started(Some(moment))).ok_or_else(|| E::custom(what()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Started, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Started, E> {
        self.visit_str(&number.to_string())
    }
});

read_by!(Readiness, "true, false or \"unknown\"", {
    fn visit_bool<E: Error>(self, is: bool) -> Result<Readiness, E> {
        Ok(Readiness(Some(is)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Readiness, E> {
        match text {
            "unknown" => Ok(Readiness(None)),
            _ => Err(E::custom(format!("`{text}` says nothing of readiness{ADVICE}write true, false or \"unknown\""))),
        }
    }
});

read_by!(Given, "a number, a list of numbers, or \"missing\"", {
    fn visit_i64<E: Error>(self, number: i64) -> Result<Given, E> {
        Ok(Given(Some(number as f64)))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Given, E> {
        Ok(Given(Some(number)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Given, E> {
        let text = text.trim();
        if text == "missing" {
            return Ok(Given(None));
        }
        let share = text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
        let seconds = quantity::span(text).ok().map(|span| span.seconds());
        let what = || {
            format!("`{text}` is no value{ADVICE}write a number, a share such as `\"60%\"`, a duration or \"missing\"")
        };
        let read = share.map(|percent| percent / 100.0).or(seconds).filter(|value| value.is_finite());
        read.map(|value| Given(Some(value))).ok_or_else(|| E::custom(what()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Given, A::Error> {
        let all: Vec<Given> = Deserialize::deserialize(SeqAccessDeserializer::new(list))?;
        let sum = all.iter().try_fold(0.0, |sum, given| Some(sum + given.0?));
        Ok(Given(sum.filter(|_| !all.is_empty())))
    }
});

read_by!(Use, "an amount, or a table of amounts by their names", {
    fn visit_i64<E: Error>(self, number: i64) -> Result<Use, E> {
        quantity_of(number).map(Use::One)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Use, E> {
        quantity_of(number).map(Use::One)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Use, E> {
        quantity_of(text).map(Use::One)
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Use, A::Error> {
        Deserialize::deserialize(MapAccessDeserializer::new(table)).map(Use::Each)
    }
});

/// An amount by the one reading of amounts.
fn quantity_of<'de, T: serde::de::IntoDeserializer<'de, E>, E: Error>(written: T) -> Result<i64, E> {
    Quantity::deserialize(written.into_deserializer()).map(|Quantity(thousandths)| thousandths)
}

schemas! {
    Moment = { "type": ["string", "number"], "description": "an instant: a time from the start such as `\"90s\"` or `\"-5min\"`, or a date and time, or seconds" };
    Started = { "type": ["string", "number"], "description": "an instant, or `\"never\"`" };
    Readiness = { "type": ["boolean", "string"], "description": "true, false or `\"unknown\"`" };
    Given = { "type": ["number", "string", "array"], "description": "a number, a share or duration as text, a list of numbers that are added up, or `\"missing\"`" };
    Use = { "type": ["number", "string", "object"], "description": "an amount such as `0.5` or `\"500m\"`, or a table of amounts by the names of metrics" };
}
