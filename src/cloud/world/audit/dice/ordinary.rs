//! Systems in which most is as usual: the usual ways are taken all the time, and left when trouble comes.

use super::{Dice, TIERS};
use crate::cloud::arrivals::Arrivals;
use crate::cloud::scaling::Scaling;
use crate::cloud::topology::{
    Application, Bucket, Client, DeadLetterAt, DeadLetters, Discipline, Harm, Mix, NoWorker, Node, NodeId, NodeKind,
    Platform, Poll, Pool, Queue, Retry, StaleDelete, Step, Topology, Verb, WorkId,
};
use crate::ground::distribution::Distribution;
use crate::ground::time::{SECOND, Span};

/// Where dead letters go: behind all tiers.
const DEAD: u16 = 3 * TIERS as u16;

impl Dice {
    /// Pools in a row, each of which works and sends on to the next or to its queue, and little else.
    pub(in crate::cloud::world::audit) fn ordinary(&mut self) -> (Application, Topology) {
        let mut application = self.application();
        for workload in &mut application.workloads {
            workload.arrivals = Arrivals::Poisson { rate: 1.0 + self.of(6) as f64 };
            (workload.batch, workload.at_start) = (None, 0);
            let timeout = self.one_in(2).then(|| Span::from_secs(1 + self.of(8)));
            let retry = if self.one_in(3) { self.retry() } else { Retry::default() };
            workload.client = Client { timeout, retry, ..Client::default() };
        }
        for work in &mut application.works {
            let mean = SECOND as f64 * (1 + self.of(9)) as f64 / 10.0;
            work.law = Some(Distribution::exponential(mean).expect("a mean above 0"));
            (work.mix, work.parallel) = (Mix::ALL, 0);
        }
        let mut topology = self.topology();
        topology.nodes.clear();
        for tier in 0..TIERS {
            let pool = self.ordinary_tier(tier);
            topology.nodes.push(Node { name: format!("pool{tier}"), kind: NodeKind::Pool(Box::new(pool)) });
            let bucket = NodeKind::Bucket(Bucket::default());
            topology.nodes.push(Node { name: format!("bucket{tier}"), kind: bucket });
            let queue = Queue {
                to: vec![NodeId(3 * tier as u16)],
                visibility: self.one_in(2).then(|| Span::from_secs(2 + self.of(6))),
                dead_letters: self.one_in(2).then(|| DeadLetters {
                    to: NodeId(DEAD),
                    max_receives: 1 + self.of(4) as u16,
                    at: self.pick(&[DeadLetterAt::NextReceive, DeadLetterAt::LastFailure]),
                }),
                stale_delete: self.pick(&[StaleDelete::Ignored, StaleDelete::Accepted, StaleDelete::InTime]),
                retention: self.one_in(3).then(|| Span::from_secs(5 + self.of(20))),
                in_flight_limit: self.one_in(5).then(|| 1 + self.of(4) as u32),
                duplicates: self.pick(&[0.0, 0.0, 0.0, 0.3]),
                ..Queue::default()
            };
            topology.nodes.push(Node { name: format!("queue{tier}"), kind: NodeKind::Queue(queue) });
        }
        let dead = Queue { to: Vec::new(), ..Queue::default() };
        topology.nodes.push(Node { name: "dead".to_owned(), kind: NodeKind::Queue(dead) });
        topology.entry = vec![NodeId(0), NodeId(self.pick(&[0, 2]))];
        topology.faults.clear();
        if self.one_in(2) {
            let faults = (0..1 + self.of(2)).map(|n| self.fault(n, &topology.nodes, false)).collect::<Vec<_>>();
            topology.faults.extend(faults.into_iter().filter(|fault| !matches!(fault.what, Harm::Link(_))));
        }
        (topology.zones, topology.account) = (Vec::new(), None);
        topology.network.hop = None;
        topology.network.across = None;
        (application, topology)
    }

    fn ordinary_tier(&mut self, tier: u64) -> Pool {
        let mut pool = self.tier(tier, TIERS, &[(false, true); TIERS as usize]);
        let fails = self.pick(&[0.0, 0.0, 0.2]);
        let verbs = (0..1 + self.of(2)).map(|_| Verb::Work {
            work: WorkId(tier as u16),
            fails,
            fresh: self.one_in(5),
            together: false,
            cold: None,
        });
        let mut verbs: Vec<Verb> = verbs.collect();
        let next = 3 * (tier as u16 + 1);
        if tier + 1 < TIERS && !self.one_in(6) {
            let to = vec![NodeId(self.pick(&[next, next + 2]))];
            verbs.push(Verb::Send { to, size: None, copies: 1, group: None, delay: None });
        }
        let steps = verbs.into_iter().map(|verb| Step { verb, only: None }).collect();
        pool.steps = if self.one_in(3) { self.choices(steps, 1) } else { steps };
        pool.workers = Some(1 + self.of(4) as u32);
        if !matches!(pool.scaling, Scaling::Group(_)) || self.one_in(2) {
            pool.scaling = Scaling::Fixed;
        }
        pool.line = if self.one_in(5) { Discipline::LastCome } else { Discipline::FirstCome };
        pool.room = self.one_in(6).then(|| self.of(6) as u32);
        pool.no_worker = NoWorker::Wait;
        (pool.platform, pool.spot, pool.credits) = (Platform::Free, None, None);
        (pool.batch, pool.admission) = (None, None);
        let on_error = self.one_in(2).then(|| Distribution::constant(SECOND));
        pool.poll = Poll { on_error, ..Poll::default() };
        pool
    }
}
