//! A question as it is answered: what is seen at each look, and what is remembered from before.

use indexmap::IndexMap;

use crate::cloud::scaling::kubernetes::{Pod, PodMetric, Sample};
use crate::cloud::scaling::{Condition, State};
use crate::ground::time::{SimTime, Span};
use crate::scenario::complaint::Complaint;
use crate::scenario::decide::columns::Columns;
use crate::scenario::decide::policy::Policy;

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// What it asks, for headings.
    pub title: Option<String>,
    /// The policy that stands in the document.
    pub policy: Option<Policy>,
    /// What is seen: a row for each look, or recorded values over time.
    pub columns: Columns,
    /// What has no number at a look: as many as there are rows, or none.
    pub details: Vec<Detail>,
    /// Whether looks have no instants: they then follow one another in the controller's rhythm.
    pub untimed: bool,
    /// Workers wanted at the start.
    pub workers: Option<u32>,
    /// What is remembered from before.
    pub memory: Remembered,
    /// An alarm by itself.
    pub alarm: Option<AlarmQuestion>,
    /// What is legal but surely not meant.
    pub warnings: Vec<Complaint>,
}

impl Question {
    /// Recorded metrics, and nothing else.
    pub fn of(columns: Columns) -> Question {
        Question { columns, ..Question::default() }
    }

    /// Whether each row is a look of its own, and not a value at some time.
    pub fn is_of_looks(&self) -> bool {
        !self.details.is_empty()
    }
}

/// An alarm by itself.
#[derive(Clone, Debug)]
pub struct AlarmQuestion {
    /// When it goes off.
    pub condition: Condition,
    /// Its state before.
    pub state: State,
    /// Oldest first; `None` where one is missing.
    pub datapoints: Vec<Option<f64>>,
}

/// What is seen at a look and is no number.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Detail {
    /// The pods, if they are listed.
    pub pods: Vec<PodSeen>,
    /// Since when all that was decided is done.
    pub settled: Option<SimTime>,
    /// What was measured since the look before.
    pub concurrency: Vec<(SimTime, f64)>,
    /// Whether requests can reach the revision.
    pub reachable: Option<bool>,
}

/// A pod and what it uses.
#[derive(Clone, Debug, PartialEq)]
pub struct PodSeen {
    /// The pod itself.
    pub pod: Pod,
    /// How many are like this.
    pub count: u32,
    /// How much it uses; `None`: nothing is known.
    pub usage: Option<Uses>,
    /// How much it requests.
    pub request: Option<Uses>,
    /// Its containers: name, use and requests.
    pub containers: Vec<(Option<String>, Option<Uses>, Option<Uses>)>,
    /// When it was sampled.
    pub at: SimTime,
    /// Over how long.
    pub window: Span,
}

/// Amounts in thousandths: one whatever the name, or one for each.
#[derive(Clone, Debug, PartialEq)]
pub enum Uses {
    /// The same for all names.
    One(i64),
    /// By names.
    Each(IndexMap<String, i64>),
}

impl Uses {
    /// The amount for a name.
    pub fn of(&self, name: &str) -> Option<i64> {
        match self {
            Uses::One(amount) => Some(*amount),
            Uses::Each(amounts) => amounts.get(name).copied(),
        }
    }
}

impl PodSeen {
    /// What a metric says of it, or of one of its containers.
    pub fn metric(&self, name: &str, container: Option<&str>) -> PodMetric {
        let of = |uses: &Option<Uses>| uses.as_ref().and_then(|uses| uses.of(name));
        let (usage, request) = match container {
            None => (of(&self.usage), of(&self.request)),
            Some(container) => {
                let known = self.containers.iter().find(|(name, ..)| name.as_deref() == Some(container));
                known.map_or((None, None), |(_, usage, request)| (of(usage), of(request)))
            }
        };
        PodMetric { sample: usage.map(|value| Sample { value, at: self.at, window: self.window }), request }
    }
}

/// What a controller remembers from before the first look.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Remembered {
    /// Whether the controller begins with the first look.
    pub fresh: Option<bool>,
    /// Of a group: no change before this instant.
    pub rest_until: Option<SimTime>,
    /// Of an ECS service: fewer not before this instant.
    pub fewer_from: Option<SimTime>,
    /// How many tasks the rest for more began with.
    pub added: u32,
    /// Datapoints before the first look, oldest first.
    pub datapoints: IndexMap<String, Vec<Option<f64>>>,
    /// What the alarms for too much said.
    pub high: State,
    /// What the alarms for too little said.
    pub low: State,
    /// Recommendations of an HPA.
    pub recommended: Option<Vec<(SimTime, u32)>>,
    /// Pods that were added.
    pub scaled_up: Vec<(SimTime, u32)>,
    /// Pods that were taken away.
    pub scaled_down: Vec<(SimTime, u32)>,
    /// When a `ScaledObject` was made.
    pub made: Option<SimTime>,
    /// When a trigger was last seen active.
    pub last_active: Option<SimTime>,
    /// How often in a row each trigger could not be read.
    pub failures: Vec<u32>,
    /// Since when Knative was last over the panic threshold.
    pub panic_since: Option<SimTime>,
    /// The most pods that were wanted since.
    pub most: Option<u32>,
    /// Since when the revision is active.
    pub active_since: Option<SimTime>,
    /// Since when it is inactive.
    pub inactive_since: Option<SimTime>,
    /// Since when the activator is in the path.
    pub proxied_since: Option<SimTime>,
    /// What was measured before the first look.
    pub concurrency: Vec<(SimTime, f64)>,
}
