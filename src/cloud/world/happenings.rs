//! What happens to machines, of which the default bus hears: in the shape in which the provider's services tell it.

use serde_json::{Value, json};

use crate::cloud::bus::shape::Shape;
use crate::cloud::fact::Fact;
use crate::cloud::node::Node;
use crate::cloud::scaling::{Looked, Policy, Scaling, State};
use crate::cloud::topology::{NodeId, NodeKind, Placement, Platform, Pool, Topology};
use crate::cloud::world::buses::{Buses, Told};
use crate::cloud::world::joins::Sender;
use crate::cloud::world::{Alarm, REST, World, not_a};
use crate::engine::{Context, Observer};
use crate::ground::chance::unit;
use crate::ground::time::Span;

/// So many happenings of one instant are heard in it; the next ones later. Where a rule brings about what it hears of, time
/// must go on all the same.
const CROWD: u32 = 10_000;

/// Something that happens to a machine, or to an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Happening {
    /// Whose machine, or whose alarm.
    pub(super) pool: NodeId,
    /// The machine's number; 0 of an alarm.
    pub(super) worker: u32,
    /// What happens.
    pub(super) sort: Sort,
}

/// What may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sort {
    /// An EC2 instance is in another state.
    Instance(InstanceState),
    /// A Spot instance is to be taken back.
    Interruption,
    /// An instance of an Auto Scaling group is in service.
    Launched,
    /// An instance of an Auto Scaling group is gone.
    Terminated,
    /// A task is in another state.
    Task(TaskState),
    /// An alarm of a policy is in another state: which of its alarms, before and now.
    Alarm { policy: u16, which: Which, before: State, now: State },
}

/// Which alarm of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Which {
    /// Its only one.
    Only,
    /// Of one that keeps a target: the one that is for too much.
    High,
    /// The one that is for too little.
    Low,
}

/// The states of an EC2 instance (Amazon EC2 user guide, *Instance lifecycle*).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum InstanceState {
    Pending,
    Running,
    Stopping,
    Stopped,
    ShuttingDown,
    Terminated,
}

impl InstanceState {
    pub(super) const ALL: [InstanceState; 6] = [
        InstanceState::Pending,
        InstanceState::Running,
        InstanceState::Stopping,
        InstanceState::Stopped,
        InstanceState::ShuttingDown,
        InstanceState::Terminated,
    ];

    const fn word(self) -> &'static str {
        match self {
            InstanceState::Pending => "pending",
            InstanceState::Running => "running",
            InstanceState::Stopping => "stopping",
            InstanceState::Stopped => "stopped",
            InstanceState::ShuttingDown => "shutting-down",
            InstanceState::Terminated => "terminated",
        }
    }
}

/// The states of a task (Amazon ECS developer guide, *Task lifecycle*) that are told apart here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TaskState {
    Pending,
    Running,
    Stopped,
}

impl TaskState {
    const ALL: [TaskState; 3] = [TaskState::Pending, TaskState::Running, TaskState::Stopped];

    const fn word(self) -> &'static str {
        match self {
            TaskState::Pending => "PENDING",
            TaskState::Running => "RUNNING",
            TaskState::Stopped => "STOPPED",
        }
    }
}

/// As Amazon CloudWatch writes the state of an alarm.
const fn word_of(state: State) -> &'static str {
    match state {
        State::Ok => "OK",
        State::Alarm => "ALARM",
        State::InsufficientData => "INSUFFICIENT_DATA",
    }
}

impl Sort {
    /// Whether its service does its best to tell it and promises nothing (Amazon EventBridge user guide, *Events from AWS
    /// services*: best effort of EC2 and EC2 Auto Scaling, durable of CloudWatch; ECS is taken for durable).
    const fn may_be_lost(self) -> bool {
        match self {
            Sort::Instance(_) | Sort::Interruption | Sort::Launched | Sort::Terminated => true,
            Sort::Task(_) | Sort::Alarm { .. } => false,
        }
    }

    /// The event that tells it of a pool, and of tasks what they run on.
    fn shape(self, pool: &str, runs_on: &str) -> Shape {
        const INSTANCE: &[&str] = &["detail", "instance-id"];
        const OF_GROUP: &[&str] = &["detail", "EC2InstanceId"];
        let ec2 = |kind: &str, detail: Value| Shape::of_machine("aws.ec2", kind, detail, pool, INSTANCE);
        let group = |kind: &str| {
            let detail = json!({ "AutoScalingGroupName": pool, "EC2InstanceId": "", "StatusCode": "InProgress" });
            Shape::of_machine("aws.autoscaling", kind, detail, pool, OF_GROUP)
        };
        match self {
            Sort::Instance(state) => {
                ec2("EC2 Instance State-change Notification", json!({ "instance-id": "", "state": state.word() }))
            }
            Sort::Interruption => ec2(
                "EC2 Spot Instance Interruption Warning",
                json!({ "instance-id": "", "instance-action": "terminate" }),
            ),
            Sort::Launched => group("EC2 Instance Launch Successful"),
            Sort::Terminated => group("EC2 Instance Terminate Successful"),
            Sort::Task(state) => {
                let detail = json!({
                    "taskArn": "",
                    "group": format!("service:{pool}"),
                    "launchType": runs_on,
                    "lastStatus": state.word(),
                });
                Shape::of_task("aws.ecs", "ECS Task State Change", detail, pool)
            }
            Sort::Alarm { policy, which, before, now } => {
                let name = alarm_name(pool, policy, which);
                let detail = json!({
                    "alarmName": name,
                    "state": { "value": word_of(now) },
                    "previousState": { "value": word_of(before) },
                });
                let arn = format!("arn:aws:cloudwatch:us-east-1:111122223333:alarm:{name}");
                Shape::new("aws.cloudwatch", "CloudWatch Alarm State Change", detail).about(&arn)
            }
        }
    }
}

/// The name of an alarm of a pool's policy, counted from 1.
fn alarm_name(pool: &str, policy: u16, which: Which) -> String {
    let suffix = match which {
        Which::Only => "",
        Which::High => "-high",
        Which::Low => "-low",
    };
    format!("{pool}-{}{suffix}", policy + 1)
}

/// What the workers of a pool run on, if they are tasks of ECS, in its words.
fn tasks(topology: &Topology, pool: &Pool) -> Option<&'static str> {
    let cluster = pool.lodging.map(|lodging| &topology.nodes[lodging.cluster.index()].kind);
    match (&pool.platform, cluster) {
        (Platform::Fargate(_), _) => Some("FARGATE"),
        (_, Some(NodeKind::Cluster(cluster))) => matches!(cluster.placement, Placement::Strategies(_)).then_some("EC2"),
        _ => None,
    }
}

/// All that may happen to the machines of a pool and to its alarms.
fn sorts(topology: &Topology, pool: &Pool) -> Vec<Sort> {
    let mut sorts = Vec::new();
    if tasks(topology, pool).is_some() {
        sorts.extend(TaskState::ALL.map(Sort::Task));
    }
    match &pool.platform {
        Platform::Ec2 { .. } => {
            sorts.extend(InstanceState::ALL.map(Sort::Instance));
            if pool.spot.is_some() || pool.platform.is_spot() {
                sorts.push(Sort::Interruption);
            }
        }
        Platform::Fargate(_) | Platform::Free | Platform::Machine { .. } => {}
    }
    if let Scaling::Group(group) = &pool.scaling {
        if matches!(pool.platform, Platform::Ec2 { .. }) && group.service.is_none() {
            sorts.extend([Sort::Launched, Sort::Terminated]);
        }
        for (policy, rule) in (0..).zip(&group.policies) {
            const STATES: [State; 3] = [State::Ok, State::Alarm, State::InsufficientData];
            for &which in alarms_of(rule) {
                let pairs = STATES.into_iter().flat_map(|before| STATES.map(|now| (before, now)));
                let changes = pairs.filter(|(before, now)| before != now);
                sorts.extend(changes.map(|(before, now)| Sort::Alarm { policy, which, before, now }));
            }
        }
    }
    sorts
}

/// The alarms of a policy: the one for too much, or the only one, first.
fn alarms_of(policy: &Policy) -> &'static [Which] {
    match policy {
        Policy::TargetTracking(_) => &[Which::High, Which::Low],
        Policy::Step(_) | Policy::Simple(_) => &[Which::Only],
        Policy::QueueLength(_) | Policy::Scheduled(_) | Policy::Predictive(_) => &[],
    }
}

/// The shapes of all that may happen to the machines of a topology.
pub fn shapes(topology: &Topology) -> Vec<Shape> {
    expected(topology).map(|(_, _, shape)| shape).collect()
}

/// The shapes of what is told of machines that a step can act on.
pub fn shapes_of_subjects(topology: &Topology) -> Vec<Shape> {
    let told = expected(topology).filter(|(id, sort, _)| {
        let is_of_machine = !matches!(sort, Sort::Task(_) | Sort::Alarm { .. });
        is_of_machine && topology.nodes[id.index()].kind.has_machines()
    });
    told.map(|(_, _, shape)| shape).collect()
}

/// The shapes of what is told of a machine that is launched into a pool.
pub fn shapes_of_launch(topology: &Topology, pool: NodeId) -> Vec<Shape> {
    let told = expected(topology).filter(|(id, sort, _)| {
        let comes = matches!(sort, Sort::Instance(InstanceState::Pending | InstanceState::Running));
        *id == pool && comes
    });
    told.map(|(_, _, shape)| shape).collect()
}

fn expected(topology: &Topology) -> impl Iterator<Item = (NodeId, Sort, Shape)> {
    topology.nodes.iter().enumerate().flat_map(move |(index, node)| {
        let pool = match &node.kind {
            NodeKind::Pool(pool) => Some(&**pool),
            NodeKind::Cluster(cluster) => Some(&cluster.machines),
            _ => None,
        };
        let sorts = pool.map(|pool| sorts(topology, pool)).unwrap_or_default();
        let runs_on = pool.and_then(|pool| tasks(topology, pool)).unwrap_or_default();
        sorts.into_iter().map(move |sort| (NodeId::at(index), sort, sort.shape(&node.name, runs_on)))
    })
}

impl Buses {
    /// Notes what may happen, where the default bus has a rule that may take any of it.
    pub(super) fn expects_happenings(&mut self, topology: &Topology) {
        self.default = topology.default_bus();
        if self.default.is_none() {
            return;
        }
        for (pool, sort, shape) in expected(topology) {
            self.heralds.insert((pool, sort), self.shapes.len() as u32);
            self.shapes.push(shape);
        }
    }

    /// Forgets what no rule of the default bus may take.
    pub(super) fn expects_only_what_is_heard(&mut self, nodes: &[Node<'_>]) {
        let Some(Node::Bus(bus)) = self.default.map(|default| &nodes[default.index()]) else { return };
        self.heralds.retain(|_, shape| bus.heard[*shape as usize].is_any());
        if self.heralds.is_empty() {
            self.default = None;
        }
    }
}

impl World<'_> {
    /// Something happens to a machine or an alarm: the default bus hears of it, where one of its rules may take it.
    #[inline]
    pub(super) fn publishes<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, happening: Happening) {
        if let Some(buses) = &self.buses
            && let Some(bus) = buses.default
        {
            self.heralds(cx, bus, happening);
        }
    }

    #[inline(never)]
    fn heralds<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, bus: NodeId, happening: Happening) {
        let now = cx.now();
        let Happening { pool, worker, sort } = happening;
        let buses = self.buses();
        let Some(&shape) = buses.heralds.get(&(pool, sort)) else { return };
        if buses.crowd.0 != now {
            buses.crowd = (now, 0);
        }
        buses.crowd.1 += 1;
        if buses.crowd.1 > CROWD {
            return self.set_alarm(cx, REST, Alarm::Happens { happening });
        }
        let Node::Bus(state) = &mut self.nodes[bus.index()] else { not_a("bus") };
        let is_lost = sort.may_be_lost()
            && (state.away > 0 || state.plan.loss > 0.0 && unit(&mut state.chance) < state.plan.loss);
        if is_lost {
            return cx.tell(Fact::Missed { bus });
        }
        let subject = (worker > 0).then_some((pool, worker));
        let request = self.background(now, subject);
        let told = self.told_in_background(now, request, shape);
        self.hears(cx, bus, Told { about: u64::from(worker), ..told }, Sender::Nobody);
        self.release(request);
    }

    /// A policy has looked: some of its alarms may be in another state than before.
    pub(super) fn tells_of_alarms<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        pool: NodeId,
        policy: u32,
        looked: &Looked,
    ) {
        let Some(rule) = self.pool(pool).plan.scaling.group().map(|group| &group.policies[policy as usize]) else {
            return;
        };
        let (Ok(policy), before) = (u16::try_from(policy), looked.before) else { return };
        let states = [(before.0, looked.high), (before.1, looked.low)];
        // A policy with one alarm has it on either side.
        let states = states.into_iter().filter_map(|(before, now)| Some((before, now?)));
        for (&which, (before, now)) in alarms_of(rule).iter().zip(states) {
            if before != now {
                self.publishes(cx, Happening { pool, worker: 0, sort: Sort::Alarm { policy, which, before, now } });
            }
        }
    }

    /// A machine of a pool is in another state, if it is an EC2 instance.
    pub(super) fn instance_is<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        pool: NodeId,
        worker: u32,
        state: InstanceState,
    ) {
        self.publishes(cx, Happening { pool, worker, sort: Sort::Instance(state) });
    }

    /// A worker was asked for, or a task has its place on a machine of its cluster.
    pub(super) fn tells_of_launch<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, pool: NodeId, worker: u32) {
        self.instance_is(cx, pool, worker, InstanceState::Pending);
        self.publishes(cx, Happening { pool, worker, sort: Sort::Task(TaskState::Pending) });
    }

    /// A worker's machine runs.
    pub(super) fn tells_of_running<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, pool: NodeId, worker: u32) {
        self.instance_is(cx, pool, worker, InstanceState::Running);
    }

    /// A worker is in service.
    pub(super) fn tells_of_service<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, pool: NodeId, worker: u32) {
        self.publishes(cx, Happening { pool, worker, sort: Sort::Launched });
        self.publishes(cx, Happening { pool, worker, sort: Sort::Task(TaskState::Running) });
    }

    /// A worker is gone: its machine shuts down, and some time later is no more.
    pub(super) fn tells_of_end<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, pool: NodeId, worker: u32) {
        if self.buses.as_ref().is_none_or(|buses| buses.default.is_none()) {
            return;
        }
        self.instance_is(cx, pool, worker, InstanceState::ShuttingDown);
        self.publishes(cx, Happening { pool, worker, sort: Sort::Task(TaskState::Stopped) });
        let state = self.pool(pool);
        let key = state.key.named("shutting-down");
        let stopping = Span::from_nanos(state.plan.life.stopping.sample(&mut key.draw(u64::from(worker))));
        for sort in [Sort::Instance(InstanceState::Terminated), Sort::Terminated] {
            self.tells_later(cx, stopping, Happening { pool, worker, sort });
        }
    }

    /// Something will happen, whatever else does.
    pub(super) fn tells_later<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        after: Span,
        happening: Happening,
    ) {
        let is_heard = self.buses.as_ref().is_some_and(|buses| buses.default.is_some());
        match after {
            _ if !is_heard => {}
            Span::ZERO => self.publishes(cx, happening),
            after => self.set_alarm(cx, after, Alarm::Happens { happening }),
        }
    }
}
