//! `[topology.T.bus.N]`: an event bus, and the events that steps put on it.

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::Value;

use crate::scenario::draft::client::Backoff;
use crate::scenario::draft::law::Law;
use crate::scenario::draft::quantities::{Gap, Share, Time, Whole};
use crate::scenario::draft::words::Names;

/// An event bus: each rule that takes an event sends it on to each of its targets. The one that is called `default` also
/// hears what happens to machines, tasks and alarms, and only there rules may have a schedule.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Bus {
    /// From an event to the first attempt to hand it to a target.
    #[schemars(extend("default" = "0s"))]
    pub latency: Option<Law<Time>>,
    /// The share of what happens to machines that the bus never hears of: EC2, its groups and Spot do their best to tell it,
    /// and promise nothing.
    #[schemars(extend("default" = "0%"))]
    pub loss: Option<Share>,
    /// Events that it takes, with as many at once as in a second: who puts one beyond them is refused (`throttled`). Without
    /// it, any number.
    pub puts: Option<Gap>,
    /// Events that it hands to targets, with as many at once as in a second: beyond them they wait. Without it, any number.
    pub invocations: Option<Gap>,
    /// Keeps all that comes to it for so long, which is paid for by the GB; `"0s"` is for ever. Without it, it keeps nothing.
    pub archive: Option<Time>,
    /// What its archive has it hear again, each a table of its own under its name.
    #[serde(default)]
    pub replay: IndexMap<String, Replay>,
    /// Its rules, each a table of its own under its name.
    #[serde(default)]
    pub rule: IndexMap<String, Rule>,
}

/// Events of an archive that go through the rules again, in the order in which they came: they carry the field `replay-name`, are
/// nobody's requests, and are not kept again.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Replay {
    /// When it begins.
    pub at: Time,
    /// Events that came at this time or later.
    #[schemars(extend("default" = "0s"))]
    pub from: Option<Time>,
    /// Events that came before this time, which is not after `at`. Without it, all before `at`.
    pub to: Option<Time>,
    /// The rules that hear of them. Without it, all that have a pattern.
    pub rules: Option<Names>,
    /// So many of them in a second. Without it, all at once.
    pub rate: Option<Gap>,
}

/// A rule: one of `pattern`, `pattern-json` and `schedule`, and its targets.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Rule {
    /// The events that it takes, as an event pattern of EventBridge: `{ source = ["my.shop"] }`.
    pub pattern: Option<Json>,
    /// The same as JSON in a text, for what TOML has no word for: `null`.
    pub pattern_json: Option<String>,
    /// Makes an event of its own at these times.
    pub schedule: Option<Schedule>,
    /// Of a `schedule`: how much later than that it happens.
    #[schemars(extend("default" = "0s"))]
    pub late: Option<Law<Time>>,
    /// The targets, at most five: functions (invoked asynchronously), queues, other buses, services and pools (called).
    pub to: Names,
    /// What the targets get instead of the whole event. It decides how large a message is.
    pub input: Option<Input>,
    /// How often and for how long a delivery is tried again.
    #[serde(default)]
    pub retry: RuleRetry,
    /// The queue of what could not be delivered. Without it, that is lost.
    pub dead_letters: Option<String>,
}

/// When a schedule makes events.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = crate::scenario::schema::choice)]
pub(crate) enum Schedule {
    /// So long after the start of the run, and so long after each time: `"5min"`.
    Every(Time),
    /// Six fields of the provider: minute, hour, day of month, month, day of week, year, one of the days `?`:
    /// `"0 3 * * ? *"`. A run begins on a Monday, the 1st of January, at 0:00.
    Cron(String),
}

/// What the targets of a rule get instead of the whole event.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Input {
    /// Variables, each with the path to its value: `{ key = "$.detail.object.key" }`.
    #[serde(default)]
    pub paths: IndexMap<String, String>,
    /// A text with variables in it: `"<key> is there"`. Without it, what the only path leads to.
    pub template: Option<String>,
}

/// How often and for how long a delivery is tried again.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RuleRetry {
    /// Attempts after the first one, 0 to 185.
    #[schemars(extend("default" = 185))]
    pub attempts: Option<Whole>,
    /// One that would come later than this after the first is not made.
    #[schemars(extend("default" = "24h"))]
    pub max_age: Option<Time>,
    /// The pause before the next attempt. Without it `full-jitter` from 1 s to 488 s, which is not documented.
    pub backoff: Option<Backoff>,
}

/// An event that a step puts on a bus.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Event {
    /// The bus.
    #[schemars(extend("default" = "default"))]
    pub bus: Option<String>,
    /// Where it comes from: `"my.shop"`.
    pub source: String,
    /// What it is: `"Order Placed"`.
    pub detail_type: String,
    /// What it says, any table.
    pub detail: Option<Json>,
}

impl Event {
    /// The name of its bus.
    pub fn bus(&self) -> &str {
        self.bus.as_deref().unwrap_or(crate::cloud::topology::DEFAULT_BUS)
    }
}

/// Any table, which becomes JSON.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Json(pub Value);

impl JsonSchema for Json {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Json".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "description": "any table" })
    }
}
