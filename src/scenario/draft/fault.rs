//! `[fault.KIND.NAME]`: trouble.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::draft::law::Law;
use crate::scenario::draft::quantities::Time;
use crate::scenario::draft::words::Instants;

/// Trouble, by its kind.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Faults {
    /// Something is away for a while: calls are refused, queues hold, machines are paid for.
    #[serde(default)]
    pub outage: IndexMap<String, Outage>,
}

/// An outage: every node that does a work, or one node, is away. One of `component` and `node`; one of `at` and
/// `every`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Outage {
    /// A work's name: every node that does it is away.
    pub component: Option<String>,
    /// A node: it is away in every topology that has it.
    pub node: Option<String>,
    /// When it begins.
    pub at: Option<Instants>,
    /// How long after the end of the last one it begins again.
    pub every: Option<Law<Time>>,
    /// How long it lasts. Without it, for ever.
    pub lasts: Option<Law<Time>>,
    /// The fate of work in hand.
    #[schemars(extend("default" = "lost"))]
    pub held: Option<Held>,
}

/// The fate of work in hand when a worker goes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Held {
    /// It is not interrupted.
    Finish,
    /// A call fails, a message returns by its timeout.
    Lost,
    /// It is handed back at once and begins anew.
    Back,
    /// It goes on where it stopped.
    Resume,
    /// The same work begins anew.
    Restart,
    /// It begins anew with fresh work.
    Redraw,
}
