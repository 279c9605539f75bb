//! What a person wrote, well formed and not yet checked: one plain struct a table, names still names.
//!
//! The sentences on the fields are what `explain` and the schema say; `default` there is what the build uses.

pub(crate) mod act;
pub(crate) mod admission;
pub(crate) mod bucket;
pub(crate) mod bus;
pub(crate) mod client;
pub(crate) mod cluster;
pub(crate) mod component;
pub(crate) mod fault;
pub(crate) mod function;
pub(crate) mod group;
pub(crate) mod kubernetes;
pub(crate) mod law;
pub(crate) mod mapping;
pub(crate) mod messages;
pub(crate) mod metric;
pub(crate) mod network;
pub(crate) mod node;
pub(crate) mod quantities;
pub(crate) mod reactive;
pub(crate) mod run;
pub(crate) mod scaling;
pub(crate) mod service;
pub(crate) mod step;
pub(crate) mod words;
pub(crate) mod workload;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::draft::bucket::Bucket;
use crate::scenario::draft::bus::Bus;
use crate::scenario::draft::cluster::Cluster;
use crate::scenario::draft::component::Component;
use crate::scenario::draft::fault::Faults;
use crate::scenario::draft::function::Function;
use crate::scenario::draft::group::Account;
use crate::scenario::draft::law::Law;
use crate::scenario::draft::messages::Queue;
use crate::scenario::draft::metric::{Metrics, Recorded};
use crate::scenario::draft::network::Network;
use crate::scenario::draft::node::{Balancer, Pool};
use crate::scenario::draft::quantities::{Limit, Time};
use crate::scenario::draft::run::{Prices, Run};
use crate::scenario::draft::service::Service;
use crate::scenario::draft::step::Step;
use crate::scenario::draft::words::Entry;
use crate::scenario::draft::workload::Workload;
use crate::scenario::sight::Kind;

/// One application with its traffic, and the architectures to run it on.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "A queuelab scenario")]
pub(crate) struct Draft {
    /// The question that this scenario asks, for headings. Without it the file's name is shown.
    pub title: Option<String>,
    /// How long is simulated, how often, and with which chance.
    #[serde(default)]
    pub run: Run,
    /// The book that bills are priced from, and prices of one's own.
    #[serde(default)]
    pub prices: Prices,
    /// The kinds of request, each a table of its own under its name: who calls, how often, how patiently.
    #[serde(default)]
    pub workload: IndexMap<String, Workload>,
    /// What one request needs, wherever it runs: each a law of a duration under its name, drawn once per request and
    /// name.
    #[serde(default)]
    pub work: IndexMap<String, Law<Time>>,
    /// Traits of works, by their names.
    #[serde(default)]
    pub component: IndexMap<String, Component>,
    /// What must hold: a figure's name and its limit, in the figure's own form: `"completion.p99" = "10min"`.
    #[serde(default)]
    pub goal: IndexMap<String, Limit>,
    /// Trouble that every topology meets.
    #[serde(default)]
    pub fault: Faults,
    /// The architectures, each a table of its own under its name. They all play the same requests with the same work.
    #[serde(default)]
    pub topology: IndexMap<String, Topology>,
}

/// One architecture: nodes, and the edges between them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Topology {
    /// Where requests enter: a node, or a node for each workload. Without it, the only node that no edge leads to.
    pub entry: Option<Entry>,
    /// Load balancers: each routes a request to one worker of the pools behind it, and holds nothing.
    #[serde(default)]
    pub balancer: IndexMap<String, Balancer>,
    /// Pools: workers with slots, on a platform. They do the steps.
    #[serde(default)]
    pub pool: IndexMap<String, Pool>,
    /// Queues: they hold messages until a worker of a pool receives them.
    #[serde(default)]
    pub queue: IndexMap<String, Queue>,
    /// Buckets: they store objects.
    #[serde(default)]
    pub bucket: IndexMap<String, Bucket>,
    /// Services: something outside that answers.
    #[serde(default)]
    pub service: IndexMap<String, Service>,
    /// Functions: code that the provider runs in environments of its own.
    #[serde(default)]
    pub function: IndexMap<String, Function>,
    /// Event buses: rules that send events on, and schedules.
    #[serde(default)]
    pub bus: IndexMap<String, Bus>,
    /// Clusters: machines under the pods of pools.
    #[serde(default)]
    pub cluster: IndexMap<String, Cluster>,
    /// How what happens becomes what controllers see.
    #[serde(default)]
    pub metrics: Metrics,
    /// What lies between nodes.
    #[serde(default)]
    pub network: Network,
    /// Trouble of this topology alone.
    #[serde(default)]
    pub fault: Faults,
    /// The zones over which the workers of each pool are spread: `["a", "b"]`. Without it, one without a name.
    pub zones: Option<Vec<String>>,
    /// What launches of its machines, and its functions, are limited by.
    pub account: Option<Account>,
}

impl Topology {
    /// Those of its nodes that do steps.
    pub fn workers(&self) -> impl Iterator<Item = (Kind, &String, &[Step])> {
        let pools = self.pool.iter().map(|(name, pool)| (Kind::Pool, name, pool.steps.as_slice()));
        pools.chain(self.function.iter().map(|(name, function)| (Kind::Function, name, function.steps.as_slice())))
    }

    /// What was measured elsewhere of the workers of its nodes.
    pub fn measured(&self) -> Vec<(Kind, &String, &Recorded)> {
        let pools = self.pool.iter().map(|(name, pool)| (Kind::Pool, name, &pool.measured));
        let functions = self.function.iter().map(|(name, function)| (Kind::Function, name, &function.measured));
        pools.chain(functions).filter_map(|(kind, name, measured)| Some((kind, name, measured.as_ref()?))).collect()
    }
}
