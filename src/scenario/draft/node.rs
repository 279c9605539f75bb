//! The nodes of a topology: pools, balancers, buckets.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::draft::admission::{Admission, AtTheDoor};
use crate::scenario::draft::cluster::{Ecs, Kubernetes, Lodger};
use crate::scenario::draft::fault::Held;
use crate::scenario::draft::function::Architecture;
use crate::scenario::draft::law::Law;
use crate::scenario::draft::messages::{Batch, Poll};
use crate::scenario::draft::metric::Recorded;
use crate::scenario::draft::quantities::{Amount, Bytes, Number, Time, Whole};
use crate::scenario::draft::scaling::Scaling;
use crate::scenario::draft::step::Step;
use crate::scenario::draft::words::{Mixed, Names, SpotShare};

/// Workers with slots on a platform.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Pool {
    /// What a worker does for a request, in order. After the last one the request is done here: a call is answered, a
    /// message deleted.
    pub steps: Vec<Step>,
    /// How many of its workers there were in a real system: stands beside those of the simulation, over time.
    pub measured: Option<Recorded>,
    /// Workers at the start: a whole number or `"unlimited"`. Without it 1; with `scaling`, its `desired` or `min`.
    /// Without `scaling` nobody replaces a lost one.
    pub workers: Option<Amount>,
    /// Requests that a worker serves at once.
    #[schemars(extend("default" = 1))]
    pub slots: Option<Whole>,
    /// What its workers run on, and so how they are billed. Without it they are free.
    pub platform: Option<Platform>,
    /// How fast a worker is; 1 is the reference machine, on which `[work]` is measured.
    #[schemars(extend("default" = 1.0))]
    pub speed: Option<Number>,
    /// How its size follows the load. Without it, it stays as it is.
    pub scaling: Option<Scaling>,
    /// Whether the first workers serve from the start or were just asked for.
    #[schemars(extend("default" = "ready"))]
    pub initially: Option<Initially>,
    /// Machines that exist beside these from the start, and are stopped: they come once somebody starts them, under the
    /// numbers that follow on those of the first workers.
    #[schemars(extend("default" = 0))]
    pub stopped: Option<Whole>,
    /// From asked for to running; free.
    #[schemars(extend("default" = "0s"))]
    pub pending: Option<Law<Time>>,
    /// From running to ready: image pull, start; paid for.
    #[schemars(extend("default" = "0s"))]
    pub boot: Option<Law<Time>>,
    /// From told to go to gone, or from told to stop to stopped; free.
    #[schemars(extend("default" = "0s"))]
    pub stopping: Option<Law<Time>>,
    /// Places to wait, beyond them refused: a whole number or `"unlimited"`. Behind a balancer, for each worker's own
    /// line.
    #[schemars(extend("default" = "unlimited"))]
    pub room: Option<Amount>,
    /// Who is next: one line a pool, behind a balancer one a worker.
    #[schemars(extend("default" = "first-come"))]
    pub line: Option<Line>,
    /// What happens while no worker is ready. With `kpa` (Knative's activator holds them),
    /// `start-on-demand` and `n-policy` requests wait.
    #[schemars(extend("default" = "refuse"))]
    pub no_worker: Option<NoWorker>,
    /// How its workers take messages from queues.
    pub poll: Option<Poll>,
    /// Requests, or messages, that a free slot takes together. They end together; works with `per = "batch"` are done once
    /// for all of them, others one after the other. Without it, a slot takes one.
    pub batch: Option<Batch>,
    /// Serves a request when all branches of its last fan-out have come: those of a step that sends several pieces, of an object
    /// of which several are told, or of an event that goes to several targets. The others wait here without a worker, and a
    /// message that waits is deleted. A branch that ends elsewhere is waited for no longer;
    /// one that comes to nothing takes the request with it.
    #[schemars(extend("default" = false))]
    pub gather: Option<bool>,
    /// What a machine does with the work in its hands when its reclaim is announced.
    #[schemars(extend("default" = "finish"))]
    pub notice: Option<Notice>,
    /// How workers are taken away on purpose.
    pub scale_in: Option<ScaleIn>,
    /// Whom it takes of those who call or are sent here. Without it, all. Messages that its workers receive are taken
    /// anyway.
    pub admission: Option<Admission>,
}

/// What a pool's workers run on.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = crate::scenario::schema::choice)]
pub(crate) enum Platform {
    /// A machine with a price of one's own: any other provider, own hardware.
    Machine(Machine),
    /// An EC2 instance, billed by the second from running on, at least 60 s.
    Ec2(Ec2),
    /// A task of Fargate, billed by the second from the start of its image's download on, at least 60 s.
    Fargate(Fargate),
    /// A task of ECS on the machines of a cluster, which are paid for whatever tasks use of them.
    Ecs(Ecs),
    /// A pod on the machines of a cluster, which are paid for whatever pods use of them.
    Kubernetes(Kubernetes),
}

impl Platform {
    /// What its workers ask for on a cluster, if they run on one.
    pub fn lodger(&self) -> Option<Lodger<'_>> {
        match self {
            Platform::Ecs(tasks) => Some(tasks.lodger()),
            Platform::Kubernetes(pods) => Some(pods.lodger()),
            Platform::Machine(_) | Platform::Ec2(_) | Platform::Fargate(_) => None,
        }
    }
}

/// A machine with a price of one's own.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Machine {
    /// The price of an hour: `"$0.0360/h"`.
    pub price: String,
    /// The shortest time billed for one start.
    #[schemars(extend("default" = "60s"))]
    pub minimum: Option<Time>,
}

/// A task of Fargate.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Fargate {
    /// vCPUs: 0.25, 0.5, 1, 2, 4, 8, 16 or 32.
    pub cpu: Number,
    /// Memory, of which each number of vCPUs allows its own sizes.
    pub memory: Bytes,
    /// Tasks at the price of spare capacity, which a `fault.reclaim` may take back: `true` for all of them, or a share.
    #[schemars(extend("default" = false))]
    pub spot: Option<SpotShare>,
    /// The size of its image, which each task downloads anew, and so how long it takes to come where `boot` does not say it
    /// and the provider's defaults hold.
    pub image: Option<Bytes>,
    /// The kind of processor, for the bill.
    #[schemars(extend("default" = "x86"))]
    pub architecture: Option<Architecture>,
    /// Disk: what is beyond 20 GiB is paid for.
    #[schemars(extend("default" = "20GiB"))]
    pub ephemeral: Option<Bytes>,
}

/// An EC2 instance.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Ec2 {
    /// The instance type: `m5.large`.
    #[serde(rename = "type")]
    pub instance: String,
    /// The size of its volume, billed as long as the instance exists. Without it, none.
    pub volume: Option<Bytes>,
    /// Machines at the price of spare capacity (the book's `spot.TYPE`), which a `fault.reclaim` may take back: `true`
    /// for all of them, or a share.
    #[schemars(extend("default" = false))]
    pub spot: Option<SpotShare>,
    /// Machines that are paid in full before any is Spot; of those above, `spot` is a share, rounded in favour of these.
    #[schemars(extend("default" = 0))]
    pub on_demand_base: Option<Whole>,
    /// Types besides `type` that Spot machines may have, each as likely, at their own prices: names, or
    /// `{ type, speed }` where they are not as fast as `type`.
    pub mixed: Option<Vec<Mixed>>,
    /// Tags of its machines, by which steps choose some: `{ Name = "web" }`.
    #[serde(default)]
    pub tags: IndexMap<String, String>,
    /// What becomes of a machine with burstable speed that has spent its CPU credits. Without it nobody keeps any: it is always
    /// as fast as the others.
    pub credits: Option<CreditMode>,
}

/// What becomes of a machine with burstable speed that has spent its CPU credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CreditMode {
    /// It computes at its baseline until it has earned others.
    Standard,
    /// It computes on, and what it can't earn again within a day is paid for.
    Unlimited,
}

/// What a machine whose end is announced does with the work in its hands.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Notice {
    /// Goes on with it for as long as the machine is there.
    Finish,
    /// Hands it back at once.
    Release,
}

/// Whether the first workers serve from the start.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Initially {
    /// In service at the start.
    Ready,
    /// Asked for at the start: they are pending and boot first.
    Launched,
}

/// Who of a line is next.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = crate::scenario::schema::choice)]
pub(crate) enum Line {
    /// The one who came first.
    FirstCome,
    /// The one who came last.
    LastCome,
    /// Any, evenly.
    Random,
    /// The one with the least work here.
    Shortest,
    /// The one whose client's `deadline` comes first; those without one come last.
    EarliestDeadline,
    /// By kind of request.
    Priority(Priority),
}

/// A line by kind of request; within a kind, who came first.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Priority {
    /// Workloads, best first; those not named come last.
    pub order: Vec<String>,
    /// Whether a better one interrupts work in hand.
    #[schemars(extend("default" = false))]
    pub preempts: Option<bool>,
    /// The fate of interrupted work.
    #[schemars(extend("default" = "resume"))]
    pub held: Option<Held>,
}

/// What a pool without a ready worker does with what reaches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum NoWorker {
    /// Calls fail at once, and the line dies with the last worker.
    Refuse,
    /// The line stands outside and holds.
    Wait,
}

/// How workers are taken away on purpose.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ScaleIn {
    /// Who goes; where there are zones, somebody of the one with the most. Of pods with a controller of their own, without the
    /// key, the newest.
    #[schemars(extend("default" = "idle"))]
    pub termination_policy: Option<Termination>,
    /// The fate of work in hand.
    #[schemars(extend("default" = "finish"))]
    pub held: Option<Held>,
    /// How long work that is left to finish may take; what is not done by then is lost. Without it, as long as it takes.
    pub grace: Option<Time>,
    /// Whether a worker that holds work stays until it does not, whoever else goes.
    #[schemars(extend("default" = false))]
    pub protect: Option<bool>,
    /// How long that protects it, from when it last began some work. Without it, for as long as it works.
    pub protection: Option<Time>,
}

/// Who goes when fewer workers are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Termination {
    /// Whoever was asked for last.
    Newest,
    /// Whoever is still on its way, then who holds nothing, then the others; of each, whoever was asked for last.
    Idle,
    /// Whoever was asked for first.
    Oldest,
    /// Whose next hour of running begins soonest; of these, the lowest number.
    ClosestToHour,
    /// The same, of these any by lot: what a group of one launch template does.
    Default,
}

/// Routes; holds nothing.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Balancer {
    /// The pools behind it, or one function, which it calls.
    pub to: Names,
    /// How a worker is chosen.
    #[schemars(extend("default" = "round-robin"))]
    pub routing: Option<Routing>,
    /// Whom an equal count favours.
    #[schemars(extend("default" = "lowest"))]
    pub ties: Option<Ties>,
    /// Listener rules, for its bill.
    #[schemars(extend("default" = 0))]
    pub rules: Option<Whole>,
    /// Gives up a request whose answer has not come after so long (504); whoever works on it does not notice. Without it,
    /// never.
    pub idle_timeout: Option<Time>,
    /// How long a worker that goes stays registered: it gets nothing new, ends what it can, and what it holds at the end is
    /// cut off (502). It stays, and is paid for, all that time. Without it, it goes when it is done.
    pub deregistration_delay: Option<Time>,
    /// How long the share of a new worker grows, from nothing to that of the others, if one of these is past it. Without it,
    /// it has its share at once. Only with `round-robin`.
    pub slow_start: Option<Time>,
    /// How it finds out which workers are well. Without it, it sees the truth.
    pub health_check: Option<HealthCheck>,
    /// How long it tries to reach a worker that does not answer at all, as its zone is away, before it gives up (504).
    /// Without it, it knows at once. Only with a `health-check`.
    pub connect_timeout: Option<Time>,
    /// A client comes to the same worker again until so long after its last request, if that still gets requests: a member
    /// of closed `users`, a group or tenant; whoever is of no group is known by its request alone, and so when it tries
    /// again. Without it, to any.
    pub sticky: Option<Time>,
    /// Whom it takes. Without it, all. `at-most` counts the requests with all workers behind it.
    pub admission: Option<AtTheDoor>,
}

/// How a balancer finds out which workers are well. Requests that it sends to one that is not come back as errors: 502
/// (`bad-gateway`) from one that has failed, 504 (`gateway-timeout`) from one that does not answer at all.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct HealthCheck {
    /// From one check of a worker to the next. A new worker gets requests after its first good one.
    #[schemars(extend("default" = "30s"))]
    pub interval: Option<Time>,
    /// How long it waits for one that does not answer.
    #[schemars(extend("default" = "5s"))]
    pub timeout: Option<Time>,
    /// Checks in a row that must go well until a worker that was taken out gets requests again.
    #[schemars(extend("default" = 5))]
    pub healthy: Option<Whole>,
    /// Checks in a row that must fail until a worker gets no more.
    #[schemars(extend("default" = 2))]
    pub unhealthy: Option<Whole>,
    /// Whether all registered workers of a pool get requests while none of it is healthy: each pool is a target group of
    /// its own.
    #[schemars(extend("default" = true))]
    pub fail_open: Option<bool>,
}

/// How a balancer chooses among the workers in service.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = crate::scenario::schema::choice)]
pub(crate) enum Routing {
    /// In turn, starting with the lowest number.
    RoundRobin,
    /// The one with the fewest requests waiting and in service.
    LeastOutstanding,
    /// Any, evenly.
    Random,
    /// Of two different ones at random, the one with fewer requests.
    PowerOfTwo,
    /// A pool by chance, as its weight among those that have a worker in service; there the next worker in turn.
    Weighted(Weights),
}

/// How a balancer's pools share its requests.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Weights {
    /// One number for each pool of `to`, in the same order: `[3, 1]` sends three of four to the first.
    pub weights: Vec<Number>,
}

/// Whom an equal count favours.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Ties {
    /// The lowest number.
    Lowest,
    /// Any of them, evenly.
    Random,
}
