//! The verb `act`: what a step does to the infrastructure.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::draft::quantities::{Gap, Whole};
use crate::scenario::draft::words::Tagged;

/// What a step does to the infrastructure. It takes no time; let a `work` before it take that.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = crate::scenario::schema::choice)]
pub(crate) enum Act {
    /// Starts machines that are stopped: they are asked for as new ones are, and keep their numbers and volumes.
    StartInstances(Instances),
    /// Stops machines that run, which are Spot none: what they hold is lost, and only their volumes are paid for.
    StopInstances(Instances),
    /// Takes machines away for good: what they hold is lost. A group asks for others.
    TerminateInstances(Instances),
    /// Launches machines of a pool without `scaling`; as many as can be, and where none can the step fails.
    LaunchInstances(Launch),
    /// Sets the bounds of a group, or the size that it wants. Where these make no sense together the step fails.
    SetCapacity(Capacity),
    /// Lets the messages of a queue of dead letters go back, one after the other, until it is empty: each is a new message
    /// there. Requests whose messages such a queue keeps are not lost, but wait.
    Redrive(Redrive),
}

/// Which machines: those of which all holds that is said. One that is not in a state for it is left alone.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Instances {
    /// A pool's name, or `"all"` for the machines of all pools. Without it, or with `"event"`, the one that the event is about
    /// which led here. Machines of a warm pool are their group's alone.
    pub of: Option<String>,
    /// Only those in this state. Without it, in any.
    pub in_state: Option<State>,
    /// Only those that have this tag: its name, or a table of names and values, all of which they must have.
    pub with_tag: Option<Tagged>,
    /// Only those that do not have this tag: its name, or a table of names and values, none of which they may have.
    pub without_tag: Option<Tagged>,
}

/// The state of a machine, in the words of EC2.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    /// Asked for, or started; not yet running.
    Pending,
    /// Running, whatever its software does.
    Running,
    /// Told to stop.
    Stopping,
    /// Stopped.
    Stopped,
}

/// Machines that are launched.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Launch {
    /// Of which pool.
    pub pool: String,
    /// How many.
    #[schemars(extend("default" = 1))]
    pub count: Option<Whole>,
    /// Their tags, beside those of their pool: `{ Name = "db" }`.
    #[serde(default)]
    pub tags: IndexMap<String, String>,
}

/// What becomes of a group's size. At least one of `min`, `desired` and `max`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Capacity {
    /// Whose: a pool with `asg` or `ecs-service`.
    pub pool: String,
    /// At least so many from now on. Without it, as before.
    pub min: Option<Whole>,
    /// So many now. Without it, as many as before, within the bounds.
    pub desired: Option<Whole>,
    /// At most so many from now on. Without it, as before.
    pub max: Option<Whole>,
}

/// Dead letters that go back.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Redrive {
    /// From this queue.
    pub queue: String,
    /// To this one. Without it, to the one whose `dead-letters` it keeps.
    pub to: Option<String>,
    /// How many a second: at most 500, which is assumed of a task without a rate, too.
    #[schemars(extend("default" = "500/s"))]
    pub rate: Option<Gap>,
}
