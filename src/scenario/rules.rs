//! What a well-formed draft can still have wrong: a check a file, a row a check.

mod acts;
pub(crate) mod alarms;
mod allowances;
mod amplification;
mod batches;
mod buses;
mod callers;
mod capacity;
mod circles;
mod clusters;
mod crowds;
mod doors;
mod ecs;
mod edges;
mod endless;
mod entry;
mod events;
mod fargate;
mod faults;
mod filters;
mod flow;
mod functions;
mod gates;
mod gathering;
pub(crate) mod goals;
mod groups;
mod growing;
pub(crate) mod kubernetes;
pub(crate) mod limits;
mod links;
mod mappings;
mod messages;
pub(crate) mod metrics;
mod names;
mod outline;
mod pairs;
mod points;
mod prices;
mod provisioned;
mod ranges;
pub(crate) mod reactive;
mod receivers;
pub(crate) mod room;
mod runs;
mod sizes;
mod spot;
mod stability;
mod steps;
mod stops;
mod storage;
mod subjects;
mod tracking;
mod visibility;
mod works;

use crate::cloud::topology::{Application, Topology};
use crate::ground::time::Span;
use crate::scenario::complaint::Complaint;
use crate::scenario::sight::Sight;

/// A check of a draft.
pub(crate) struct Rule {
    /// What it asks for, as a sentence for `explain`.
    pub about: &'static str,
    /// Everything that it dislikes.
    pub check: fn(&Sight<'_>) -> Vec<Complaint>,
}

/// Every check, in the order in which they are made.
pub(crate) const RULES: &[Rule] = &[
    outline::RULE,
    names::RULE,
    edges::RULE,
    entry::RULE,
    circles::RULE,
    functions::RULE,
    provisioned::RULE,
    buses::RULE,
    fargate::RULE,
    room::RULE,
    steps::RULE,
    works::RULE,
    pairs::RULE,
    sizes::RULE,
    capacity::RULE,
    reactive::RULE,
    gates::RULE,
    callers::RULE,
    messages::RULE,
    mappings::RULE,
    filters::RULE,
    doors::RULE,
    batches::RULE,
    gathering::RULE,
    points::RULE,
    endless::RULE,
    goals::RULE,
    faults::RULE,
    allowances::RULE,
    links::RULE,
    prices::RULE,
    spot::RULE,
    stops::RULE,
    acts::RULE,
    groups::RULE,
    clusters::RULE,
    ecs::RULE,
    receivers::RULE,
    tracking::RULE,
    metrics::RULE,
    kubernetes::RULE,
];

/// A check of what was built, for what only means and rates tell.
pub(crate) struct Foresight {
    /// What it looks for, as a sentence for `explain`.
    pub about: &'static str,
    /// Everything that it dislikes.
    pub check: fn(&Application, &Topology, Option<Span>) -> Vec<Complaint>,
}

/// Every check of what was built.
pub(crate) const FORESIGHTS: &[Foresight] = &[
    endless::USERS,
    crowds::THERE,
    crowds::SELDOM,
    events::AROUND,
    events::TAKEN,
    events::LAWFUL,
    filters::PASSED,
    subjects::TOLD,
    stability::OVERLOAD,
    visibility::VISIBILITY,
    stability::EFFORT,
    amplification::AMPLIFICATION,
    growing::MAXIMUM,
    growing::COOLDOWN,
    clusters::ROOM,
    runs::CUT_OFF,
    storage::EARLY,
];
