//! Draws systems by lot.

mod acts;
mod buses;
mod choices;
mod clusters;
mod functions;
mod ordinary;
mod pods;
mod scaling;
mod trouble;

use crate::cloud::arrivals::Arrivals;
use crate::cloud::scaling::Scaling;
use crate::cloud::topology::{
    Abandoned, Admission, Application, Backoff, Balancer, Batch, Breaker, Bucket, Budget, Client, DeadLetterAt,
    DeadLetters, Discipline, Fair, Farewell, Groups, Guards, HealthCheck, Held, Initially, Life, Mix, Network,
    NoWorker, Node, NodeId, NodeKind, Notice, Other, Platform, Poll, Pool, Queue, Retry, RetryOn, Returned, Routing,
    Service, Slow, Speed, Spot, StaleDelete, Step, Termination, Throughput, Ties, Topology, Verb, Work, WorkId,
    Workload, WorkloadId,
};
use crate::cloud::world::audit::dice::buses::BUS;
use crate::ground::chance::{Key, Stream, below};
use crate::ground::distribution::Distribution;
use crate::ground::time::{SECOND, Span};

/// Pools behind each other.
const TIERS: u64 = 4;
/// The place of what is outside.
const PARTNER: u16 = 3 * TIERS as u16 + 2;
/// The machines under pods.
const CLUSTER: u16 = PARTNER + 1;

/// Draws a world.
pub(super) struct Dice(Stream);

impl Dice {
    /// Other dice for every number.
    pub(super) fn new(number: u64) -> Dice {
        Dice(Key::root(number, 0).named("worlds").stream())
    }

    fn of(&mut self, sides: u64) -> u64 {
        below(&mut self.0, sides)
    }

    fn one_in(&mut self, sides: u64) -> bool {
        self.of(sides) == 0
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.of(of.len() as u64) as usize].clone()
    }

    fn law(&mut self, most: u64) -> Distribution {
        if self.one_in(4) {
            return Distribution::exponential(SECOND as f64 * (1 + self.of(most)) as f64).expect("a mean above 0");
        }
        Distribution::constant(self.of(most + 1) * SECOND)
    }

    fn held(&mut self) -> Held {
        self.pick(&[Held::Finish, Held::Lost, Held::Back, Held::Resume, Held::Restart, Held::Redraw])
    }

    fn retry(&mut self) -> Retry {
        let base = Span::from_secs(1);
        let cap = Span::from_secs(4);
        let wait = self.law(3);
        Retry {
            attempts: Some(1 + self.of(4) as u32),
            backoff: self.pick(&[
                Backoff::Wait(wait),
                Backoff::Doubling { base, cap },
                Backoff::FullJitter { base, cap },
            ]),
            on: RetryOn::ALL,
            throttled_backoff: self.one_in(4).then_some(Backoff::Doubling { base, cap }),
            budget: self.one_in(3).then(|| Budget {
                tokens: self.of(40) as u32,
                cost: self.of(6) as u32,
                timeout_cost: self.of(11) as u32,
                throttled_cost: 5,
                refund: 1,
            }),
            paced: self.one_in(5),
        }
    }

    fn guards(&mut self) -> Guards {
        Guards {
            hedge: self.one_in(4).then(|| Span::from_millis(500 + self.of(3_000))),
            breaker: self.one_in(4).then(|| Breaker {
                failures: 0.5,
                of: 1 + self.of(6) as u32,
                open: Span::from_secs(1 + self.of(6)),
                trial: 1 + self.of(3) as u32,
                slow: self.one_in(2).then(|| Slow { share: 0.6, after: Span::from_secs(2) }),
            }),
            bulkhead: self.one_in(4).then(|| 1 + self.of(3) as u32),
        }
    }

    fn admission(&mut self, has_line: bool) -> Option<Admission> {
        let bucket =
            Admission::TokenBucket { every: Span::from_millis(100 + self.of(900)), burst: 1 + self.of(4) as u32 };
        let most = Admission::AtMost { in_system: 1 + self.of(5) as u32 };
        let codel = Admission::Codel { target: Span::from_millis(200), interval: Span::from_secs(1 + self.of(3)) };
        let any = self.pick(&[bucket, most, if has_line { codel } else { most }]);
        self.one_in(4).then_some(any)
    }

    fn client(&mut self) -> Client {
        Client {
            is_detached: self.one_in(6),
            timeout: self.one_in(2).then(|| Span::from_secs(1 + self.of(8))),
            abandoned: self.pick(&[Abandoned::Finish, Abandoned::Cancel]),
            patience: self.one_in(3).then(|| self.law(6)),
            deadline: self.one_in(3).then(|| Span::from_secs(1 + self.of(12))),
            hedge: self.one_in(4).then(|| Span::from_millis(500 + self.of(3_000))),
            retry: self.retry(),
        }
    }

    pub(super) fn application(&mut self) -> Application {
        let workloads = (0..2).map(|n| Workload {
            name: format!("load{n}"),
            arrivals: match self.of(4) {
                0 => Arrivals::Users { count: 6, think: Distribution::exponential(2e9).expect("a mean above 0") },
                1 => Arrivals::Even { every: Span::from_secs(1), offset: Span::ZERO },
                _ => Arrivals::Poisson { rate: 0.3 + self.of(10) as f64 / 5.0 },
            },
            batch: self.one_in(3).then(|| Distribution::constant(self.of(4))),
            at_start: if self.one_in(4) { self.of(6) as u32 } else { 0 },
            client: self.client(),
            size: Distribution::constant(1024),
            answer_size: Distribution::constant(1024),
            groups: self.one_in(2).then(|| Groups {
                first: 1,
                law: Distribution::values(&[0, 1, 2, 3], &[4.0, 2.0, 1.0, 1.0]).expect("weights above 0"),
            }),
        });
        let workloads = workloads.collect();
        let works = (0..4).map(|n| Work {
            name: format!("work{n}"),
            law: Some(self.law(3)),
            mix: if self.one_in(3) { Mix { computing: 400_000 } } else { Mix::ALL },
            parallel: self.pick(&[0, 0, 500_000]),
        });
        Application { workloads, works: works.collect(), faults: Vec::new() }
    }

    /// Four tiers; before each perhaps a balancer, perhaps a queue. Node 3t is the pool, 3t+1 its balancer or a
    /// bucket, 3t+2 its queue or a bucket.
    pub(super) fn topology(&mut self) -> Topology {
        let doors: Vec<(bool, bool)> = (0..TIERS).map(|_| (self.one_in(2), self.one_in(2))).collect();
        let mut nodes = Vec::new();
        for tier in 0..TIERS {
            let mut pool = self.tier(tier, TIERS, &doors);
            let sized = match &pool.scaling {
                Scaling::Fixed | Scaling::Timetable(_) | Scaling::Reactive(_) | Scaling::Pods(_) => true,
                Scaling::Group(group) => group.service.is_some() && group.warm_pool.is_none(),
                Scaling::Vertical(_) | Scaling::Nodes(_) => false,
            };
            if sized && pool.workers.is_some() && self.one_in(2) {
                (pool.platform, pool.spot, pool.lodging) = (Platform::Free, None, Some(self.lodging()));
                pool.stopped = 0;
            }
            nodes.push(Node { name: format!("pool{tier}"), kind: NodeKind::Pool(Box::new(pool)) });
            let (balanced, queued) = doors[tier as usize];
            let mut to = vec![NodeId(3 * tier as u16)];
            if self.one_in(3) && tier + 1 < TIERS {
                to.push(NodeId(3 * tier as u16 + 3));
            }
            let later = (tier + 1 < TIERS && self.one_in(3)).then(|| self.door(tier + 1, &doors, true));
            let notify = later.into_iter().chain(self.one_in(6).then_some(NodeId(PARTNER))).collect();
            let bus = self.one_in(2).then_some(NodeId(BUS));
            let bucket = NodeKind::Bucket(Bucket { put: Some(self.law(1)), notify, bus, ..Bucket::default() });
            let balancer = NodeKind::Balancer(Balancer {
                to: vec![NodeId(3 * tier as u16)],
                routing: self.pick(&[
                    Routing::RoundRobin,
                    Routing::LeastOutstanding,
                    Routing::Random,
                    Routing::PowerOfTwo,
                    Routing::Weighted(vec![1.0]),
                ]),
                ties: self.pick(&[Ties::Lowest, Ties::Random]),
                rules: 0,
                admission: self.admission(false),
                idle_timeout: self.one_in(4).then(|| Span::from_secs(1 + self.of(6))),
                deregistration_delay: self.one_in(4).then(|| Span::from_secs(1 + self.of(20))),
                slow_start: self.one_in(4).then(|| Span::from_secs(1 + self.of(20))),
                health_check: self.one_in(2).then(|| HealthCheck {
                    interval: Span::from_secs(1 + self.of(4)),
                    timeout: Span::from_millis(500),
                    healthy: 1 + self.of(3) as u32,
                    unhealthy: 1 + self.of(3) as u32,
                    fail_open: self.one_in(2),
                }),
                connect_timeout: self.one_in(2).then(|| Span::from_secs(1 + self.of(3))),
                sticky: self.one_in(3).then(|| Span::from_secs(1 + self.of(30))),
            });
            nodes.push(Node { name: format!("door{tier}"), kind: if balanced { balancer } else { bucket.clone() } });
            let visibility = self.one_in(2).then(|| Span::from_secs(2 + self.of(6)));
            let dead_letters = Some(DeadLetters {
                to: NodeId(3 * TIERS as u16),
                max_receives: 1 + self.of(4) as u16,
                at: self.pick(&[DeadLetterAt::NextReceive, DeadLetterAt::LastFailure]),
            });
            let fifo = self.one_in(3);
            let queue = NodeKind::Queue(Queue {
                to,
                redriven: false,
                visibility,
                dead_letters,
                returned: self.pick(&[Returned::InPlace, Returned::Last]),
                stale_delete: self.pick(&[StaleDelete::Ignored, StaleDelete::Accepted, StaleDelete::InTime]),
                fifo,
                delay: if self.one_in(4) { Span::from_secs(self.of(4)) } else { Span::ZERO },
                retention: self.one_in(3).then(|| Span::from_secs(5 + self.of(20))),
                in_flight_limit: self.one_in(4).then(|| 1 + self.of(4) as u32),
                duplicates: self.pick(&[0.0, 0.0, 0.3, 1.0]),
                unseen: if fifo { 0.0 } else { self.pick(&[0.0, 0.5]) },
                deduplication: self.one_in(2).then(|| Span::from_secs(2 + self.of(10))),
                look_ahead: self.one_in(3).then(|| 1 + self.of(6) as u32),
                throughput: self.one_in(4).then(|| Throughput {
                    every: Span::from_millis(100 + self.of(900)),
                    burst: 1 + self.of(4) as u32,
                    partitions: 1 + self.of(3) as u32,
                }),
                fair: self.one_in(3).then(|| Fair { share: 0.2, in_flight: 2, memory: Span::from_secs(5) }),
                visibility_ceiling: self.one_in(4).then(|| Span::from_secs(8 + self.of(4))),
                mapping: None,
            });
            nodes.push(Node { name: format!("queue{tier}"), kind: if queued { queue } else { bucket } });
        }
        let to = if self.one_in(2) { vec![NodeId(3 * (TIERS as u16 - 1))] } else { Vec::new() };
        let dead = Queue {
            to,
            dead_letters: Some(DeadLetters {
                to: NodeId(3 * TIERS as u16 + 1),
                max_receives: 2,
                at: DeadLetterAt::NextReceive,
            }),
            fifo: self.one_in(3),
            redriven: self.one_in(2),
            retention: self.one_in(2).then(|| Span::from_secs(5 + self.of(30))),
            ..Queue::default()
        };
        nodes.push(Node { name: "dead".to_owned(), kind: NodeKind::Queue(dead.clone()) });
        let end = Queue { to: Vec::new(), dead_letters: None, ..dead };
        nodes.push(Node { name: "end".to_owned(), kind: NodeKind::Queue(end) });
        let most = self.one_in(2).then(|| 1 + self.of(4) as u32);
        let partner = Service::new(self.law(3), 0.1, most, self.admission(false), None);
        let partner = match self.one_in(2) {
            true => NodeKind::Function(Box::new(self.fed_function(&mut nodes))),
            false => NodeKind::Service(Box::new(partner)),
        };
        nodes.push(Node { name: "partner".to_owned(), kind: partner });
        nodes.push(Node { name: "cluster".to_owned(), kind: NodeKind::Cluster(Box::new(self.cluster())) });
        let bus = self.bus(&doors);
        nodes.push(Node { name: "default".to_owned(), kind: NodeKind::Bus(Box::new(bus)) });
        let entry = (0..2).map(|_| self.door(0, &doors, true)).collect();
        let zoned = self.one_in(2);
        let zones = if zoned { vec!["a".to_owned(), "b".to_owned()] } else { Vec::new() };
        let faults = (0..self.of(5)).map(|n| self.fault(n, &nodes, zoned)).collect();
        let network = Network {
            hop: self.one_in(2).then(|| Distribution::exponential(0.2e9).expect("a mean above 0")),
            across: self.one_in(3).then(|| Distribution::constant(SECOND / 3)),
            ..Network::default()
        };
        let account = self.account();
        let name = "random".to_owned();
        let concurrency = self.one_in(3).then(|| 1 + self.of(6) as u32);
        let metrics = self.metrics();
        Topology {
            name,
            nodes,
            entry,
            faults,
            zones,
            metrics,
            network,
            account,
            concurrency,
            measured: Vec::new(),
            shapes: Dice::shapes(),
        }
    }

    /// A way into a tier.
    fn door(&mut self, tier: u64, doors: &[(bool, bool)], queues: bool) -> NodeId {
        let (balanced, queued) = doors[tier as usize];
        let pool = 3 * tier as u16;
        let mut ways = vec![pool];
        ways.extend(balanced.then_some(pool + 1));
        ways.extend((tier > 0 && self.one_in(4)).then_some(PARTNER));
        ways.extend((queues && queued).then_some(pool + 2));
        NodeId(self.pick(&ways))
    }

    fn tier(&mut self, tier: u64, tiers: u64, doors: &[(bool, bool)]) -> Pool {
        let mut steps = Vec::new();
        let at_least = 1 + self.of(3) as u32;
        let batch = self.one_in(4).then(|| Batch {
            at_most: at_least + self.of(3) as u32,
            at_least,
            window: Span::from_millis(500 * self.of(8)),
        });
        let messages = self.one_in(4).then(|| 1 + self.of(4) as u32);
        for _ in 0..1 + self.of(4) {
            let later = if tier + 1 < tiers { Some(tier + 1 + self.of(tiers - tier - 1)) } else { None };
            let verb = match (self.of(7), later) {
                (6, _) if self.one_in(2) => Verb::Act(self.act(tiers, doors)),
                (6, _) => Verb::Event { bus: NodeId(BUS), shape: tier as u32, size: None },
                (0 | 1, Some(later)) => Verb::Call {
                    to: (0..1 + self.of(2)).map(|_| self.door(later, doors, false)).collect(),
                    timeout: self.one_in(2).then(|| Span::from_secs(1 + self.of(5))),
                    retry: self.retry(),
                    guards: self.guards(),
                },
                (2 | 3, Some(later)) => Verb::Send {
                    to: (0..1 + self.of(2)).map(|_| self.door(later, doors, true)).collect(),
                    size: None,
                    copies: 1 + self.of(2) as u32,
                    group: self.one_in(3).then(|| self.of(3) as u32),
                    delay: self.one_in(5).then(|| Span::from_secs(self.of(4))),
                },
                (4, _) if !doors[tier as usize].1 => {
                    Verb::Put { bucket: NodeId(3 * tier as u16 + 2), size: None, shape: Some((TIERS + tier) as u32) }
                }
                _ => Verb::Work {
                    work: WorkId(tier as u16),
                    fails: if self.one_in(4) { 0.2 } else { 0.0 },
                    fresh: self.one_in(5),
                    together: batch.is_some() && self.one_in(2),
                    cold: None,
                },
            };
            let only = self.one_in(6).then(|| vec![WorkloadId(self.of(2) as u16)]);
            steps.push(Step { verb, only });
        }
        let steps = self.choices(steps, 2);
        let unlimited = self.one_in(10);
        let workers = if unlimited { None } else { Some(self.of(4) as u32) };
        let slots = 1 + self.of(3) as u32;
        let before = NodeId(3 * tier as u16 + if doors[tier as usize].1 { 2 } else { 0 });
        let scaling =
            if unlimited { Scaling::Fixed } else { self.scaling(NodeId(3 * tier as u16), before, workers, slots) };
        let sleep = self.one_in(2).then(|| Distribution::constant((1 + self.of(4)) * SECOND));
        let shortest = u64::from(sleep.is_none());
        let rank = self.pick(&[vec![0, 1], vec![1, 0]]);
        let grows = matches!(scaling, Scaling::Vertical(_));
        let parks = !unlimited && matches!(scaling, Scaling::Fixed | Scaling::Timetable(_));
        let spot = (!unlimited && !grows && self.one_in(2)).then(|| Spot {
            share: self.pick(&[1.0, 0.5]),
            base: self.of(2) as u32,
            mixed: if self.one_in(2) {
                let speed = self.one_in(2).then_some(Speed { work: 3, time: 2 });
                vec![Other { instance: "c5.large".to_owned(), speed }]
            } else {
                Vec::new()
            },
        });
        let several = batch.is_some() || messages.is_some();
        let preempts = self.one_in(2).then(|| self.held()).filter(|_| !several);
        let credits = (!grows && self.one_in(4)).then(|| self.one_in(2));
        Pool {
            steps,
            workers,
            slots,
            speed: Speed::ONE,
            room: self.one_in(3).then(|| self.of(4) as u32 + batch.map_or(0, |batch| batch.at_least)),
            line: match self.of(7) {
                0 => Discipline::LastCome,
                6 => Discipline::EarliestDeadline,
                1 => Discipline::Random,
                2 => Discipline::Shortest,
                3 | 4 => Discipline::Priority { rank, preempts },
                _ => Discipline::FirstCome,
            },
            no_worker: self.pick(&[NoWorker::Refuse, NoWorker::Wait]),
            credits,
            platform: if credits.is_some() {
                Platform::Ec2 { instance: "t3.nano".to_owned(), volume: 0, spot: spot.is_some() }
            } else if spot.is_some() {
                Platform::Ec2 { instance: "m5.large".to_owned(), volume: 0, spot: true }
            } else {
                Platform::Free
            },
            spot,
            notice: self.pick(&[Notice::Finish, Notice::Release]),
            life: Life { pending: self.law(2), boot: self.law(3), stopping: self.law(2) },
            initially: self.pick(&[Initially::Ready, Initially::Launched]),
            stopped: if parks { self.of(3) as u32 } else { 0 },
            tags: Vec::new(),
            scaling,
            scale_in: Farewell {
                termination: self.pick(&[
                    Termination::Newest,
                    Termination::Idle,
                    Termination::Oldest,
                    Termination::ClosestToHour,
                    Termination::Default,
                ]),
                held: self.held(),
                grace: self.one_in(2).then(|| Span::from_secs(self.of(3))),
                protect: self.one_in(3),
                protection: self.one_in(2).then(|| Span::from_secs(self.of(3))),
            },
            batch,
            poll: Poll {
                messages,
                on_error: self.one_in(3).then(|| self.law(3)),
                wait: self.one_in(3).then(|| Span::from_secs(shortest + self.of(4))),
                sleep,
                heartbeat: self.one_in(3).then(|| Span::from_secs(1 + self.of(5))),
            },
            admission: self.admission(true),
            lodging: None,
            vcpus: self.pick(&[Speed::ONE, Speed { work: 3, time: 2 }]),
            gather: tier > 0 && batch.is_none() && messages.is_none() && self.one_in(4),
        }
    }
}
