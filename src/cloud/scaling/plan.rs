//! How a pool's size follows the load, as plain data.

use crate::cloud::topology::{Held, NodeId, Platform, Speed};
use crate::ground::distribution::Distribution;
use crate::ground::time::{SimTime, Span};

/// How a pool's size is governed.
#[derive(Clone, Debug, Default)]
pub enum Scaling {
    /// Stays as it is.
    #[default]
    Fixed,
    /// An Auto Scaling group with policies.
    Group(Group),
    /// A timetable without a controller, sorted by instant.
    Timetable(Vec<Entry>),
    /// Scaled up and down: another machine in the place of each, with an outage for the change.
    Vertical(Vertical),
}

impl Scaling {
    /// Whether a controller averages over workers, and must leave out those that are not yet warm.
    pub fn leaves_out_who_warms(&self) -> bool {
        let Scaling::Group(group) = self else { return false };
        group.policies.iter().any(|policy| match policy {
            Policy::TargetTracking(rule) => rule.metric.what.is_of_workers() && group.warm_up_of(rule) > Span::ZERO,
            Policy::QueueLength(_) | Policy::Scheduled(_) => false,
        })
    }
}

/// Growing by a bigger machine.
#[derive(Clone, Debug)]
pub struct Vertical {
    /// The sizes, smallest first; the first is in use at the start.
    pub sizes: Vec<Size>,
    /// Instants and the size (from 0) that each machine changes to.
    pub at: Vec<(SimTime, u16)>,
    /// Changes each machine to the next size whenever it goes off.
    pub alarm: Option<Alarm>,
    /// How long the change itself takes, between stopping and pending (a law of nanoseconds).
    pub change: Distribution,
    /// The fate of work in hand.
    pub held: Held,
}

/// One size of a machine.
#[derive(Clone, Debug)]
pub struct Size {
    /// What it runs on, for the bill.
    pub platform: Platform,
    /// How fast it works.
    pub speed: Speed,
    /// Requests it serves at once.
    pub slots: u32,
}

/// One line of a timetable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// From this instant …
    pub at: SimTime,
    /// … this many workers are wanted.
    pub workers: u32,
}

/// A group of workers between two bounds.
#[derive(Clone, Debug)]
pub struct Group {
    /// At least so many.
    pub min: u32,
    /// At the start.
    pub desired: u32,
    /// At most so many.
    pub max: u32,
    /// Who recommends; judged in this order.
    pub policies: Vec<Policy>,
    /// Rest after a change, from the decision on.
    pub cooldown: Span,
    /// How long a new worker counts as not yet warm; unset is not 0.
    pub warm_up: Option<Span>,
}

impl Group {
    /// How long a new worker is left out of what a policy sees: the policy's own warm-up, else the group's, else the
    /// group's cooldown (EC2 Auto Scaling user guide, *Consolidated view of warm-up and cooldown settings*). So unset
    /// is not 0.
    pub fn warm_up_of(&self, rule: &TargetTracking) -> Span {
        rule.warm_up.or(self.warm_up).unwrap_or(self.cooldown)
    }
}

/// The closed list of policies.
#[derive(Clone, Debug)]
pub enum Policy {
    /// Desired = ⌈metric ÷ per worker⌉.
    QueueLength(QueueLength),
    /// Keeps a metric per worker at a target.
    TargetTracking(TargetTracking),
    /// Changes bounds or size at given instants.
    Scheduled(Scheduled),
}

/// The simple rule of the notes: as many workers as messages, or one for every so many.
#[derive(Clone, Debug)]
pub struct QueueLength {
    /// What is read.
    pub metric: Metric,
    /// Of the metric for one worker; above 0.
    pub per_worker: f64,
    /// From one look to the next.
    pub every: Span,
    /// The first look.
    pub first: Span,
    /// When it may ask for fewer.
    pub shrinks: Shrinks,
}

/// When the queue-length rule may ask for fewer workers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shrinks {
    /// Whenever the metric asks.
    #[default]
    Always,
    /// Only when nothing is visible or in flight, and then to the minimum.
    WhenEmpty,
}

/// Proportional control of one metric.
#[derive(Clone, Debug)]
pub struct TargetTracking {
    /// What is read, per worker.
    pub metric: Metric,
    /// Where it should be; above 0.
    pub target: f64,
    /// From one look to the next.
    pub period: Span,
    /// Whether it may ask for fewer.
    pub scale_in: ScaleIn,
    /// How long a new worker counts as not yet warm, for this policy.
    pub warm_up: Option<Span>,
}

/// How a target-tracking policy shrinks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScaleIn {
    /// As far as the metric says.
    #[default]
    Proportional,
    /// One worker at a time.
    One,
    /// Never.
    Off,
}

/// Changes at given instants.
#[derive(Clone, Debug)]
pub struct Scheduled {
    /// When.
    pub at: SimTime,
    /// The new lower bound.
    pub min: Option<u32>,
    /// The new size.
    pub desired: Option<u32>,
    /// The new upper bound.
    pub max: Option<u32>,
    /// How much later than that it happens (a law of nanoseconds).
    pub late: Distribution,
}

/// Goes off when a metric was beyond a limit for so many periods in a row.
#[derive(Clone, Debug)]
pub struct Alarm {
    /// What is read.
    pub metric: Metric,
    /// On which side of the limit the metric must be …
    pub when: Side,
    /// … and the limit.
    pub limit: f64,
    /// Periods in a row; at least 1.
    pub points: u32,
    /// From one look to the next.
    pub period: Span,
}

/// A side of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Greater.
    Above,
    /// As great or greater.
    AtLeast,
    /// Less.
    Below,
    /// As little or less.
    AtMost,
}

/// What a controller reads, and of which node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// What.
    pub what: Reading,
    /// Of which queue or pool.
    pub of: NodeId,
}

impl Reading {
    /// Whether it is an average over the workers' own figures, in which new ones do not yet count.
    pub fn is_of_workers(self) -> bool {
        matches!(self, Reading::Cpu | Reading::Busy)
    }
}

/// The closed list of what can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Messages free to be received; of a pool, requests in line.
    Visible,
    /// Messages received and not yet deleted; of a pool, requests in service.
    InFlight,
    /// Messages that are hidden until their delay is over.
    Delayed,
    /// Seconds since the oldest message came.
    Oldest,
    /// Visible and in flight.
    Backlog,
    /// Busy share of the ready slots, averaged since the last look.
    Cpu,
    /// Busy slots per ready worker, averaged since the last look.
    Busy,
    /// Requests begun per ready worker and minute since the last look.
    RequestsPerWorker,
    /// Visible messages per worker in service; no datapoint where there is none.
    BacklogPerInstance,
    /// Workers in service.
    InService,
    /// Workers that are ready and warm.
    Ready,
    /// Workers wanted.
    Desired,
}
