//! What a system is: plain, checked data from which every replication builds a world of its own.
//!
//! Nothing here runs. A scenario becomes one [`Application`] (the requests and what they need, the same for
//! every architecture) and several [`Topology`]s to run it on.

mod account;
mod act;
mod admission;
mod application;
mod bus;
mod calling;
mod choice;
mod cluster;
mod farewell;
mod fargate;
mod fault;
mod function;
mod mapping;
mod messages;
mod mix;
mod network;
mod service;
mod spot;
mod storage;

pub use account::{Account, Launches, Pauses};
pub use act::{Act, Capacity, Chosen, Launch, MachineState, Redrive, Tag, Wanted, Whom};
pub use admission::Admission;
pub use application::{Abandoned, Application, Backoff, Client, Groups, Retry, RetryOn, Work, Workload};
pub use bus::{Archive, Bus, DEFAULT_BUS, Input, Replay, Rule, Takes, Times, background};
pub use calling::{Breaker, Budget, Guards, Slow};
pub use choice::{Turn, Way, bounds, chances, chosen, turns};
pub use cluster::{Cluster, Lodging, Machinery, Placement, Room, Strategy};
pub use farewell::{Farewell, Termination};
pub use fargate::Fargate;
pub use fault::{BrownOut, Clock, Crash, Fault, Harm, Link, Outage, Poison, Reclaim, Stop, Throttle, When};
pub use function::{AfterTimeout, Errands, Function, Growth, Reuse, Snapshot};
pub use mapping::{Mapping, Provisioned};
pub use messages::{Batch, DeadLetterAt, DeadLetters, Fair, Poll, Queue, Returned, StaleDelete, Throughput};
pub use mix::Mix;
pub use network::Network;
pub use service::Service;
pub use spot::{Notice, Other, Spot};
pub use storage::StorageClass;

use crate::cloud::bus::shape::Shape;
use crate::cloud::scaling::{Metrics, Recorded, Scaling};
use crate::ground::distribution::Distribution;
use crate::ground::id::ids;
use crate::ground::time::Span;

ids! {
    /// A node of a topology, in the order of the file.
    NodeId(u16);
    /// A kind of request: a `[workload.NAME]` table, in the order of the file.
    WorkloadId(u16);
    /// A piece of work: a name in `[work]`, in the order of the file.
    WorkId(u16);
}

/// One architecture.
#[derive(Clone, Debug, Default)]
pub struct Topology {
    /// Its name in the file.
    pub name: String,
    /// Its nodes in the order of the file; [`NodeId`] is the place here.
    pub nodes: Vec<Node>,
    /// Where the requests of each workload enter, by [`WorkloadId`].
    pub entry: Vec<NodeId>,
    /// Trouble of this topology alone.
    pub faults: Vec<Fault>,
    /// The names of its zones, over which each pool's workers are spread; empty where there is but one, without a name.
    pub zones: Vec<String>,
    /// How what happens becomes what controllers see.
    pub metrics: Metrics,
    /// What lies between its nodes.
    pub network: Network,
    /// What its launches are limited by; `None`: nothing.
    pub account: Option<Account>,
    /// Environments that all functions together may use at once; `None`: any number.
    pub concurrency: Option<u32>,
    /// How many workers of a node there were elsewhere, to stand beside those that there are here.
    pub measured: Vec<(NodeId, Recorded)>,
    /// What the events are that its steps put on buses, each by the step that does.
    pub shapes: Vec<Shape>,
}

/// A part of a topology.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its name in the file; names its draws.
    pub name: String,
    /// What it is.
    pub kind: NodeKind,
}

/// The closed list of what a node can be.
#[derive(Clone, Debug)]
pub enum NodeKind {
    /// Routes each request to one worker of the pools behind it.
    Balancer(Balancer),
    /// Workers with slots.
    Pool(Box<Pool>),
    /// Holds messages until a worker takes them.
    Queue(Queue),
    /// Stores objects.
    Bucket(Bucket),
    /// Something outside that answers.
    Service(Box<Service>),
    /// Machines under pods.
    Cluster(Box<Cluster>),
    /// Code that runs in environments of its own.
    Function(Box<Function>),
    /// Rules that send events on.
    Bus(Box<Bus>),
}

impl NodeKind {
    /// Those who serve with slots: a pool, whoever answers for a service, a function's environments, or the machines of a
    /// cluster.
    pub fn pool(&self) -> Option<&Pool> {
        match self {
            NodeKind::Pool(pool) => Some(pool),
            NodeKind::Service(service) => Some(&service.desk),
            NodeKind::Cluster(cluster) => Some(&cluster.machines),
            NodeKind::Function(function) => Some(&function.desk),
            NodeKind::Balancer(_) | NodeKind::Queue(_) | NodeKind::Bucket(_) | NodeKind::Bus(_) => None,
        }
    }
}

impl NodeKind {
    /// Whether its workers are machines, each by itself: neither pods nor tasks, nor without number.
    pub fn has_machines(&self) -> bool {
        match self {
            NodeKind::Pool(pool) => {
                let tasks = matches!(pool.platform, Platform::Fargate(_));
                pool.workers.is_some() && pool.lodging.is_none() && !tasks
            }
            _ => false,
        }
    }
}

/// Routes; holds nothing.
#[derive(Clone, Debug, Default)]
pub struct Balancer {
    /// The pools behind it, or one function.
    pub to: Vec<NodeId>,
    /// How a worker is chosen.
    pub routing: Routing,
    /// Whom an equal count favours.
    pub ties: Ties,
    /// Listener rules, for its bill.
    pub rules: u32,
    /// Whom it takes; `None` is all.
    pub admission: Option<Admission>,
    /// Gives up a request that has no answer after so long.
    pub idle_timeout: Option<Span>,
    /// How long a worker that goes stays, with what it holds, before the rest is cut off.
    pub deregistration_delay: Option<Span>,
    /// How long the share of a new worker grows, from nothing to a whole one.
    pub slow_start: Option<Span>,
    /// How it finds out who is well; `None`: it sees the truth.
    pub health_check: Option<HealthCheck>,
    /// How long it tries to reach a worker that does not answer at all; `None`: it knows at once.
    pub connect_timeout: Option<Span>,
    /// For how long after each request a client comes to the same worker again; `None`: to any.
    pub sticky: Option<Span>,
}

/// How a balancer finds out which workers are well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    /// From one check of a worker to the next; above 0.
    pub interval: Span,
    /// How long it waits for one that does not answer.
    pub timeout: Span,
    /// Checks in a row that must go well until a worker that was taken out gets requests again; at least 1.
    pub healthy: u32,
    /// Checks in a row that must fail until a worker gets no more; at least 1.
    pub unhealthy: u32,
    /// Where nobody is healthy, all get requests.
    pub fail_open: bool,
}

/// How a balancer chooses among the workers in service.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Routing {
    /// In turn, starting with the lowest number.
    #[default]
    RoundRobin,
    /// The fewest requests waiting and in service.
    LeastOutstanding,
    /// Any, evenly.
    Random,
    /// Two different ones at random; of them the one with fewer requests.
    PowerOfTwo,
    /// A pool by chance, as its weight among those that have somebody in service, and there the next one in turn. By
    /// place in the balancer's list; none is negative, not all are 0.
    Weighted(Vec<f64>),
}

impl Routing {
    /// Whether the pool at this place of the balancer's list is ever chosen.
    pub fn may_choose(&self, place: usize) -> bool {
        match self {
            Routing::Weighted(weights) => weights[place] > 0.0,
            Routing::RoundRobin | Routing::LeastOutstanding | Routing::Random | Routing::PowerOfTwo => true,
        }
    }
}

/// Whom an equal count favours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ties {
    /// The lowest number.
    #[default]
    Lowest,
    /// Any of them, evenly.
    Random,
}

/// Workers that do steps for requests.
#[derive(Clone, Debug)]
pub struct Pool {
    /// What a worker does for a request, in order.
    pub steps: Vec<Step>,
    /// Workers at the start; `None` is unlimited (each request finds one idle).
    pub workers: Option<u32>,
    /// Requests that a worker serves at once; at least 1.
    pub slots: u32,
    /// How fast it works; work ÷ speed, rounded half up.
    pub speed: Speed,
    /// Places to wait; `None` is unlimited. A line per worker has this many each.
    pub room: Option<u32>,
    /// Who is next.
    pub line: Discipline,
    /// What happens to calls and to the line while no worker is ready.
    pub no_worker: NoWorker,
    /// What it runs on.
    pub platform: Platform,
    /// Whether its machines with burstable speed may owe CPU credits; `None`: nobody keeps any, and they are always fast.
    pub credits: Option<bool>,
    /// How much of it is Spot; nothing where all is paid in full.
    pub spot: Option<Spot>,
    /// What a machine whose end is announced does with the work in its hands.
    pub notice: Notice,
    /// The life of a worker.
    pub life: Life,
    /// Whether the first workers are ready at the start or just asked for.
    pub initially: Initially,
    /// Machines beside them that exist from the start, and are stopped.
    pub stopped: u32,
    /// What its machines are tagged with.
    pub tags: Vec<Tag>,
    /// How its size follows the load.
    pub scaling: Scaling,
    /// How workers are taken away on purpose.
    pub scale_in: Farewell,
    /// How it takes messages from queues.
    pub poll: Poll,
    /// Whether its slots take several jobs together; `None`: one each.
    pub batch: Option<Batch>,
    /// Whom it takes of those who are sent or call; `None` is all. Messages that its workers receive are no concern of it.
    pub admission: Option<Admission>,
    /// Where its workers run, if they are pods.
    pub lodging: Option<Lodging>,
    /// Serves a request when all branches of its last fan-out have come.
    pub gather: bool,
    /// The vCPUs that work in a slot may use, as a fraction; at least 1.
    pub vcpus: Speed,
}

impl Pool {
    /// One worker with one slot that costs nothing, is always there, and does these steps for whoever comes.
    pub fn of(steps: Vec<Step>) -> Pool {
        let nothing = || Distribution::constant(0);
        Pool {
            steps,
            workers: Some(1),
            slots: 1,
            speed: Speed::ONE,
            room: None,
            line: Discipline::FirstCome,
            no_worker: NoWorker::Refuse,
            platform: Platform::Free,
            credits: None,
            spot: None,
            notice: Notice::default(),
            life: Life { pending: nothing(), boot: nothing(), stopping: nothing() },
            initially: Initially::Ready,
            stopped: 0,
            tags: Vec::new(),
            scaling: Scaling::Fixed,
            scale_in: Farewell::default(),
            poll: Poll::default(),
            batch: None,
            admission: None,
            lodging: None,
            gather: false,
            vcpus: Speed::ONE,
        }
    }
}

/// A rate of work relative to the reference machine, as an exact fraction: 2 is twice as fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speed {
    /// Work done …
    pub work: u64,
    /// … in so much time. Both at least 1.
    pub time: u64,
}

impl Speed {
    /// The reference machine's.
    pub const ONE: Speed = Speed { work: 1, time: 1 };

    /// This fraction of another, as exact as 63 bits are.
    pub fn times(self, other: Speed) -> Speed {
        let (mut work, mut time) =
            (u128::from(self.work) * u128::from(other.work), u128::from(self.time) * u128::from(other.time));
        while work.max(time) >= 1 << 63 {
            (work, time) = (work >> 1, time >> 1);
        }
        Speed { work: (work as u64).max(1), time: (time as u64).max(1) }
    }

    /// The speed at which this one makes 1.
    pub const fn inverse(self) -> Speed {
        Speed { work: self.time, time: self.work }
    }

    /// How long `work` takes at this speed, rounded half up to a nanosecond.
    #[inline(always)]
    pub fn takes(self, work: Span) -> Span {
        if self.work == self.time {
            return work;
        }
        let scaled = u128::from(work.nanos()) * u128::from(self.time);
        let per = u128::from(self.work);
        Span::from_nanos(u64::try_from((scaled + per / 2) / per).unwrap_or(u64::MAX))
    }
}

/// What a worker does for a request.
#[derive(Clone, Debug)]
pub struct Step {
    /// The deed.
    pub verb: Verb,
    /// Only for these kinds of request; `None` is for all.
    pub only: Option<Vec<WorkloadId>>,
}

impl Step {
    /// Whether it is done for a kind of request.
    pub fn is_for(&self, workload: WorkloadId) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&workload))
    }
}

/// A deed of a worker.
#[derive(Clone, Debug)]
pub enum Verb {
    /// Keeps the slot for the request's own draw of that work.
    Work {
        /// Which work.
        work: WorkId,
        /// The chance, each visit anew, that it ends in an error.
        fails: f64,
        /// Draws each visit anew instead of once a request.
        fresh: bool,
        /// Done once for all that are taken together, of whom the first one's draw counts.
        together: bool,
        /// The work that a new environment of a function does instead, in its first run.
        cold: Option<WorkId>,
    },
    /// Sends on and waits for all answers, keeping the slot.
    Call {
        /// Whom.
        to: Vec<NodeId>,
        /// Gives up so long after sending.
        timeout: Option<Span>,
        /// Whether, when and how often it tries again.
        retry: Retry,
        /// How its calls are guarded.
        guards: Guards,
    },
    /// Sends on and goes on.
    Send {
        /// Whom.
        to: Vec<NodeId>,
        /// The message's size in bytes; `None` is the request's own.
        size: Option<Distribution>,
        /// How many of the same.
        copies: u32,
        /// The group of the message; `None` is the request's own.
        group: Option<u32>,
        /// How long it stays out of sight; `None` is what its queue says.
        delay: Option<Span>,
    },
    /// Answers, as something outside does: keeps the slot for so long, drawn each visit anew.
    Answer {
        /// How long (nanoseconds); no machine makes it faster.
        latency: Distribution,
        /// The chance, each visit anew, that the answer is an error.
        fails: f64,
    },
    /// Stores an object.
    Put {
        /// Where.
        bucket: NodeId,
        /// The object's size in bytes; `None` is the request's own.
        size: Option<Distribution>,
        /// What the bucket's bus hears of it, among the topology's shapes; `None`: nobody is told.
        shape: Option<u32>,
    },
    /// Acts on the infrastructure.
    Act(Act),
    /// Reads an object.
    Get {
        /// From where.
        bucket: NodeId,
        /// The object's size in bytes; `None` is the request's own.
        size: Option<Distribution>,
    },
    /// Goes on in one of several ways, or does nothing. The steps of the ways follow in the list, way by way.
    Choose {
        /// The ways; their shares add up to 1 at most, and the rest does nothing.
        ways: Vec<Way>,
        /// Names what is drawn, so that choices of one name fall alike; `None`: its node and its place there.
        draw: Option<String>,
        /// Draws each visit anew instead of once a request.
        fresh: bool,
    },
    /// Puts an event on a bus.
    Event {
        /// On which.
        bus: NodeId,
        /// What it is, among the topology's shapes.
        shape: u32,
        /// Its bytes; `None`: as many as it has as text.
        size: Option<Distribution>,
    },
}

/// Who of a line is next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Discipline {
    /// The one who came first.
    FirstCome,
    /// The one who came last.
    LastCome,
    /// Any, evenly.
    Random,
    /// The one with the least work at this pool.
    Shortest,
    /// The one whose deadline comes first; who has none comes last.
    EarliestDeadline,
    /// By kind of request.
    Priority {
        /// Rank by [`WorkloadId`]; 0 is served first.
        rank: Vec<u16>,
        /// What becomes of work in hand when a better one comes; `None`: it is left to finish.
        preempts: Option<Held>,
    },
}

/// What a pool without a ready worker does with what reaches it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NoWorker {
    /// Calls fail at once, and the line dies with the last worker.
    #[default]
    Refuse,
    /// The line stands outside and holds.
    Wait,
}

/// The fate of work in hand when a worker goes away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Held {
    /// Not interrupted.
    #[default]
    Finish,
    /// A call fails, a message returns by its timeout.
    Lost,
    /// Handed back at once; begins anew.
    Back,
    /// Goes on where it stopped.
    Resume,
    /// The same work anew.
    Restart,
    /// Fresh work.
    Redraw,
}

/// The stages of a worker's life, each a law of nanoseconds: requested → *pending* → running (paid) → *boot*
/// → in service → … → *stopping* → gone.
#[derive(Clone, Debug)]
pub struct Life {
    /// Asked for → running; free.
    pub pending: Distribution,
    /// Running → in service; paid.
    pub boot: Distribution,
    /// Told to go → gone; free.
    pub stopping: Distribution,
}

/// Whether the first workers serve from the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Initially {
    /// In service at 0, running since then.
    #[default]
    Ready,
    /// Asked for at 0.
    Launched,
}

/// What a pool's workers run on, and so how they are billed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Platform {
    /// Costs nothing.
    Free,
    /// A machine with a price of one's own, by the hour in picodollars.
    Machine {
        /// Picodollars for one hour.
        hour: u64,
        /// The shortest time billed for one start.
        minimum: Span,
    },
    /// An EC2 instance, billed by the second.
    Ec2 {
        /// The instance type: `m5.large`.
        instance: String,
        /// Bytes of its volume; 0 is none.
        volume: u64,
        /// At the price of spare capacity, which the provider may take back.
        spot: bool,
    },
    /// A task of Fargate, billed by the second for its vCPUs and its memory.
    Fargate(Fargate),
}

impl Platform {
    /// The same, at the price of spare capacity or in full.
    pub fn at(&self, spot: bool) -> Platform {
        match self {
            Platform::Ec2 { instance, volume, .. } => {
                Platform::Ec2 { instance: instance.clone(), volume: *volume, spot }
            }
            Platform::Fargate(task) => Platform::Fargate(Fargate { spot, ..*task }),
            Platform::Free | Platform::Machine { .. } => self.clone(),
        }
    }

    /// Whether it is the provider's to take back.
    pub const fn is_spot(&self) -> bool {
        matches!(self, Platform::Ec2 { spot: true, .. } | Platform::Fargate(Fargate { spot: true, .. }))
    }
}

/// Stores objects.
#[derive(Clone, Debug, Default)]
pub struct Bucket {
    /// How long a put takes (nanoseconds); `None`: no time.
    pub put: Option<Distribution>,
    /// How long a get takes (nanoseconds); `None`: no time.
    pub get: Option<Distribution>,
    /// How long an object is kept, and paid for; `None`: for ever.
    pub keep: Option<Span>,
    /// How it is kept.
    pub class: StorageClass,
    /// Who is told of each object that is stored.
    pub notify: Vec<NodeId>,
    /// The bus that hears of each new object; `None`: nobody.
    pub bus: Option<NodeId>,
}
