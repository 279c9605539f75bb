//! Draws functions, whose environments come and go within seconds.

use super::{Dice, PARTNER, TIERS};
use crate::cloud::bus::pattern::Pattern;
use crate::cloud::bus::record::Filter;
use crate::cloud::scaling::{Group, Policy, Scaling, Scheduled};
use crate::cloud::topology::{
    AfterTimeout, Balancer, Batch, Errands, Function, Growth, Mapping, Node, NodeId, NodeKind, Pool, Provisioned,
    Reuse, Speed, Step, Verb, WorkId,
};
use crate::ground::distribution::Distribution;
use crate::ground::time::{SimTime, Span};

impl Dice {
    /// How the number of environments that are kept ready changes: never, or every few seconds.
    fn kept(&mut self, provisioned: u32) -> Scaling {
        if provisioned == 0 || self.one_in(2) {
            return Scaling::Fixed;
        }
        let policies = (1..6).map(|change| {
            let count = 1 + self.of(4) as u32;
            Policy::Scheduled(Scheduled {
                at: SimTime::START + Span::from_secs(3 * change),
                min: Some(count),
                desired: None,
                max: Some(count),
                late: Distribution::constant(self.of(2_000) * 1_000_000),
            })
        });
        let policies = policies.collect();
        Scaling::Group(Group { min: provisioned, desired: provisioned, max: provisioned, policies, ..Group::default() })
    }

    /// One that some of the queues and balancers lead to instead of to their pools.
    pub(super) fn fed_function(&mut self, nodes: &mut [Node]) -> Function {
        let mut batch: Option<Batch> = None;
        for node in nodes {
            if let NodeKind::Balancer(balancer) = &mut node.kind
                && self.one_in(4)
            {
                let Balancer { admission, idle_timeout, .. } = *balancer;
                *balancer = Balancer { to: vec![NodeId(PARTNER)], admission, idle_timeout, ..Balancer::default() };
            }
            let NodeKind::Queue(queue) = &mut node.kind else { continue };
            if queue.to.is_empty() || !self.one_in(3) {
                continue;
            }
            let mapping = self.mapping(queue.fifo);
            batch = batch.into_iter().chain([mapping.batch()]).max_by_key(|batch| batch.at_most);
            (queue.to, queue.mapping) = (vec![NodeId(PARTNER)], Some(Box::new(mapping)));
        }
        let function = self.function(batch.is_some());
        Function { desk: Pool { batch, ..function.desk }, ..function }
    }

    fn mapping(&mut self, fifo: bool) -> Mapping {
        let start = 1 + self.of(4) as u32;
        let provisioned = self.one_in(3).then(|| Provisioned {
            invokes: 1 + self.of(3) as u32,
            every: Span::from_millis(self.pick(&[1, 100, 700])),
            throughput: self.pick(&[1_000, 1_000_000]),
        });
        // Of some kinds all, of all kinds some, or those of one size.
        let pattern = self.pick(&[
            r#"{"body": {"workload": ["even"]}}"#,
            r#"{"body": {"number": [{"numeric": [">", 7]}]}}"#,
            r#"{"body": {"size": [{"numeric": ["<=", 1024]}]}}"#,
        ]);
        let filter = self.one_in(3).then(|| {
            let (pattern, _) = Pattern::read(pattern).expect("a pattern");
            Filter::new(vec![pattern], &["odd", "even", "odd", "even", "odd"])
        });
        Mapping {
            window: if fifo { Span::ZERO } else { Span::from_millis(self.pick(&[0, 0, 700, 2_000])) },
            start,
            every: Span::from_millis(200 + self.of(800)),
            at_most: start + self.of(6) as u32,
            at_least: 1 + self.of(u64::from(start)) as u32,
            idle: Span::from_secs(2 + self.of(6)),
            partial_failures: self.one_in(2),
            slow_down: Span::from_secs(self.of(5)),
            provisioned,
            filter,
            base: Span::from_millis(300 + self.of(1_000)),
            cap: Span::from_secs(4),
            ..Mapping::of(self.pick(&[1, 2, 5, 12]))
        }
    }

    /// One that is called and sent to by any of the pools. `fed`: queues lead to it, too.
    fn function(&mut self, fed: bool) -> Function {
        let work = Verb::Work {
            work: WorkId(0),
            fails: self.pick(&[0.0, 0.3]),
            fresh: self.one_in(2),
            together: fed && self.one_in(3),
            cold: self.one_in(2).then_some(WorkId(1)),
        };
        // Another piece of its own for each, behind what may be done for all.
        let own = Verb::Work { work: WorkId(2), fails: 0.1, fresh: true, together: false, cold: None };
        let steps = [work, own].map(|verb| Step { verb, only: None }).into_iter().take(1 + usize::from(fed)).collect();
        let provisioned = self.pick(&[0, 0, 2]);
        let scaling = self.kept(provisioned);
        let millis = |most: u64, dice: &mut Dice| Distribution::constant(dice.of(most) * 1_000_000);
        let (dead, end) = (NodeId(3 * TIERS as u16), NodeId(3 * TIERS as u16 + 1));
        let mut node = |to: NodeId| self.one_in(2).then_some(to);
        let (dead_letters, on_success, on_failure) = (node(dead), node(end), node(end));
        Function {
            desk: Pool {
                scaling,
                slots: self.pick(&[1, 1, 2, 3]),
                ..Function::desk(self.choices(steps, 1), Speed::ONE, provisioned)
            },
            memory: 128 << 20,
            is_arm: false,
            disk: 512 << 20,
            creation: millis(self.pick(&[1, 200]), self),
            init: millis(2_000, self),
            snapshot: None,
            timeout: self.one_in(2).then(|| Span::from_millis(200 + self.of(3_000))),
            after_timeout: self.pick(&[AfterTimeout::Discard, AfterTimeout::Reset]),
            reserved: self.one_in(2).then(|| provisioned + self.of(4) as u32),
            provisioned,
            allocation: millis(self.pick(&[1, 3_000]), self),
            growth: self.one_in(3).then(|| Growth { every: Span::from_millis(500), burst: 1 + self.of(2) as u32 }),
            idle: self.one_in(2).then(|| self.law(3)),
            recycle: self.one_in(3).then(|| self.law(9)),
            reuse: self.pick(&[Reuse::Latest, Reuse::Oldest, Reuse::Random]),
            overhead: self.one_in(3).then(|| millis(300, self)),
            errands: Errands {
                waits: vec![Span::from_secs(1 + self.of(3)); self.of(3) as usize],
                base: Span::from_millis(500),
                cap: Span::from_secs(4),
                max_age: self.one_in(2).then(|| Span::from_secs(3 + self.of(10))),
                dead_letters,
                on_success,
                on_failure,
            },
        }
    }
}
