//! Names become numbers: a checked draft becomes an application and topologies.

mod act;
mod application;
mod bucket;
mod bus;
mod calling;
pub(crate) mod cluster;
mod decide;
mod fault;
pub(crate) mod function;
mod group;
mod kubernetes;
pub(crate) mod mapping;
mod messages;
mod metric;
mod node;
mod provisioned;
mod reactive;
mod scaling;

use indexmap::{IndexMap, IndexSet};

use crate::cloud::bus::shape::Shape;
use crate::cloud::topology::{
    Act, Application, Discipline, Held, Network, Node, NodeId, NodeKind, Topology, Verb, WorkloadId,
};
use crate::ground::distribution::Distribution;
use crate::scenario::draft::law::{Law, Quantity};
use crate::scenario::files::Files;
use crate::scenario::laws::Samples;
use crate::scenario::sight::{Sight, edges, entry, nodes};
use crate::scenario::trace::Recording;

/// What a build reads: the checked draft and what its files held.
pub(crate) struct Builder<'a> {
    pub sight: &'a Sight<'a>,
    /// What the traces hold, handed over and not copied.
    pub recordings: IndexMap<String, Recording>,
    /// What the checks should have told and did not; a scenario is then refused and not run.
    pub slips: Vec<String>,
    /// Names of groups, as they were met.
    groups: IndexSet<String>,
    /// What events the steps of the present topology put on buses, as they were met.
    shapes: Vec<Shape>,
}

pub(crate) use act::REDRIVE_EVERY;
pub(crate) use messages::GROUPS_MAX;

impl<'a> Builder<'a> {
    /// A build of what a sight shows.
    pub fn new(sight: &'a Sight<'a>, recordings: IndexMap<String, Recording>) -> Builder<'a> {
        Builder { sight, recordings, slips: Vec::new(), groups: IndexSet::new(), shapes: Vec::new() }
    }

    fn samples(&self) -> &'a Samples {
        let files: &'a Files = self.sight.files;
        &files.samples
    }

    fn law<Q: Quantity>(&mut self, law: &Law<Q>) -> Distribution {
        law.make(self.samples()).unwrap_or_else(|why| {
            self.slips.push(why);
            Distribution::constant(0)
        })
    }

    fn some_law<Q: Quantity>(&mut self, law: &Option<Law<Q>>) -> Option<Distribution> {
        law.as_ref().map(|law| self.law(law))
    }

    /// The law, or no time where nothing is said.
    fn law_or_none<Q: Quantity>(&mut self, law: &Option<Law<Q>>) -> Distribution {
        self.some_law(law).unwrap_or_else(|| Distribution::constant(0))
    }

    fn slip(&mut self, what: String) {
        self.slips.push(what);
    }

    fn workload(&mut self, name: &str) -> WorkloadId {
        match self.sight.draft.workload.get_index_of(name) {
            Some(at) => WorkloadId::at(at),
            None => {
                self.slip(format!("workload `{name}` was not found"));
                WorkloadId::at(0)
            }
        }
    }

    /// The requests and what they need.
    pub fn application(&mut self) -> Application {
        Application {
            workloads: self.workloads(),
            works: self.works(),
            faults: self.faults_of_works(&self.sight.draft.fault),
        }
    }

    /// Every architecture.
    pub fn topologies(&mut self) -> Vec<Topology> {
        self.sight.topologies().map(|(name, draft)| self.topology(name, draft)).collect()
    }

    fn topology(&mut self, name: &str, draft: &'a crate::scenario::draft::Topology) -> Topology {
        let nodes = nodes(self.sight.tree, name);
        let edges = edges(name, draft);
        let zones = draft.zones.clone().unwrap_or_default();
        let ids = Ids {
            names: nodes.keys().copied().collect(),
            zones: zones.iter().map(String::as_str).collect(),
            heard: draft.bucket.iter().filter(|(_, it)| it.bus.is_some()).map(|(name, _)| name.as_str()).collect(),
        };
        let workloads: Vec<&str> = self.sight.draft.workload.keys().map(String::as_str).collect();
        let entry = workloads
            .into_iter()
            .map(|workload| match entry(draft, &nodes, &edges, workload) {
                Ok(node) => self.id(&ids, node),
                Err(_) => {
                    self.slip(format!("topology `{name}` has no entry for `{workload}`"));
                    NodeId(0)
                }
            })
            .collect();
        let mut faults = self.faults(&draft.fault, &ids);
        // A node that the application's trouble names is hit wherever it stands.
        let everywhere = self.sight.draft.fault.clone();
        faults.extend(
            self.faults(&everywhere.of_parts(|node| nodes.contains_key(node), |zone| zones.contains(zone)), &ids),
        );
        let mut nodes: Vec<Node> = nodes.iter().map(|(node, kind)| self.node(&ids, draft, node, *kind)).collect();
        keep_what_goes_back(&mut nodes);
        let metrics = self.metrics(&draft.metrics);
        let mut time = |law| self.some_law(law).filter(|law| law.constant_value() != Some(0));
        let network = Network {
            hop: time(&draft.network.hop),
            across: self.some_law(&draft.network.across),
            gateways: draft.network.nat.map_or(0, |gateways| count(gateways.0)),
            addresses: draft.network.public_addresses.map_or(0, |addresses| count(addresses.0)),
            answers: draft.network.transfer.unwrap_or(false).then(|| self.answers()),
        };
        let limits = draft.account.as_ref().filter(|account| account.limits_launches());
        let account = limits.map(group::account);
        let concurrency = draft.account.as_ref().and_then(|account| account.concurrency).map(|all| count(all.0));
        let shapes = std::mem::take(&mut self.shapes);
        let measured =
            draft.measured().into_iter().map(|(_, node, recorded)| (self.id(&ids, node), self.recorded(recorded)));
        let measured = measured.collect();
        Topology {
            name: name.to_owned(),
            nodes,
            entry,
            faults,
            zones,
            metrics,
            network,
            account,
            concurrency,
            measured,
            shapes,
        }
    }

    fn id(&mut self, ids: &Ids<'_>, name: &str) -> NodeId {
        match ids.names.iter().position(|known| *known == name) {
            Some(at) => NodeId::at(at),
            None => {
                self.slip(format!("node `{name}` was not found"));
                NodeId(0)
            }
        }
    }

    /// Mean bytes of an answer to each kind of request.
    fn answers(&mut self) -> Vec<u64> {
        let sizes: Vec<_> = self.sight.draft.workload.values().map(|workload| workload.answer_size.clone()).collect();
        sizes.iter().map(|size| self.some_law(size).map_or(application::BODY, |law| law.mean() as u64)).collect()
    }

    fn line(&mut self, draft: &Option<crate::scenario::draft::node::Line>) -> Discipline {
        use crate::scenario::draft::node::Line;
        match draft {
            None | Some(Line::FirstCome) => Discipline::FirstCome,
            Some(Line::LastCome) => Discipline::LastCome,
            Some(Line::Random) => Discipline::Random,
            Some(Line::Shortest) => Discipline::Shortest,
            Some(Line::EarliestDeadline) => Discipline::EarliestDeadline,
            Some(Line::Priority(priority)) => {
                let last = u16::try_from(priority.order.len()).unwrap_or(u16::MAX);
                let mut rank = vec![last; self.sight.draft.workload.len()];
                for (place, name) in (0..).zip(&priority.order) {
                    let id = self.workload(name);
                    rank[id.index()] = place;
                }
                let preempts =
                    (priority.preempts == Some(true)).then(|| priority.held.map_or(Held::Resume, fault::held));
                Discipline::Priority { rank, preempts }
            }
        }
    }
}

/// The nodes of one topology in the order of their numbers.
pub(super) struct Ids<'a> {
    names: Vec<&'a str>,
    zones: Vec<&'a str>,
    /// Buckets of whose objects a bus hears.
    heard: IndexSet<&'a str>,
}

/// A count that its checks keep within 32 bits.
fn count(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Queues whose dead letters go back one day keep them whole.
fn keep_what_goes_back(nodes: &mut [Node]) {
    let steps = nodes.iter().filter_map(|node| node.kind.pool()).flat_map(|pool| &pool.steps);
    let redriven = steps.filter_map(|step| match &step.verb {
        Verb::Act(Act::Redrive(redrive)) => Some(redrive.from),
        _ => None,
    });
    for queue in redriven.collect::<Vec<NodeId>>() {
        if let Some(Node { kind: NodeKind::Queue(queue), .. }) = nodes.get_mut(queue.index()) {
            queue.redriven = true;
        }
    }
}
