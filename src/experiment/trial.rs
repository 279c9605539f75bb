//! Small scenarios made by hand, for the tests of this floor.

use crate::billing::PriceBook;
use crate::cloud::arrivals::{Arrivals, Recorded};
use crate::cloud::topology::{
    Application, Client, Mix, Node, NodeId, NodeKind, Platform, Pool, Step, Topology, Verb, Work, WorkId, Workload,
};
use crate::ground::distribution::Distribution;
use crate::ground::time::{SimTime, Span};
use crate::scenario::{Defaults, Replications, RunPlan, Scenario};

/// A law of exponential times.
pub fn exponential(mean: Span) -> Distribution {
    Distribution::exponential(mean.nanos() as f64).expect("a mean above 0")
}

/// One pool whose workers do the only work, with so many slots each.
pub fn station(name: &str, workers: u32, slots: u32, platform: Platform) -> Topology {
    let work = Verb::Work { work: WorkId(0), fails: 0.0, fresh: false, together: false, cold: None };
    let steps = vec![Step { verb: work, only: None }];
    let pool = Pool { workers: Some(workers), slots, platform, ..Pool::of(steps) };
    let nodes = vec![Node { name: "app".into(), kind: NodeKind::Pool(Box::new(pool)) }];
    Topology { name: name.into(), nodes, entry: vec![NodeId(0)], ..Topology::default() }
}

/// Requests that come so and need this work.
pub fn application(arrivals: Arrivals, work: Option<Distribution>) -> Application {
    let workload = Workload {
        name: "jobs".into(),
        arrivals,
        batch: None,
        at_start: 0,
        client: Client::default(),
        size: Distribution::constant(1_024),
        answer_size: Distribution::constant(1_024),
        groups: None,
    };
    Application {
        workloads: vec![workload],
        works: vec![Work { name: "serve".into(), law: work, mix: Mix::ALL, parallel: 0 }],
        faults: vec![],
    }
}

/// A plan of so many replications, an hour long where nothing else is said.
pub fn scenario(application: Application, topologies: Vec<Topology>, replications: u32) -> Scenario {
    Scenario {
        title: "Which is it?".into(),
        digest: "none".into(),
        run: RunPlan {
            length: Some(Span::from_secs(3_600)),
            warm_up: Span::ZERO,
            finds_warm_up: false,
            until: None,
            is_steady: false,
            drain: None,
            replications: Replications::Fixed(replications),
            seed: 7,
            series: None,
            snapshots: None,
            defaults: Defaults::Textbook,
        },
        application,
        topologies,
        prices: PriceBook::us_east_1(),
        goals: vec![],
        warnings: vec![],
    }
}

/// Requests at these seconds, each with so many seconds of work.
pub fn script(requests: &[(u64, u64)]) -> Arrivals {
    let recorded = |&(at, work): &(u64, u64)| Recorded {
        at: SimTime::START + Span::from_secs(at),
        name: format!("r{at}"),
        work: vec![(WorkId(0), Span::from_secs(work))],
        ..Recorded::default()
    };
    Arrivals::Instants(requests.iter().map(recorded).collect())
}
