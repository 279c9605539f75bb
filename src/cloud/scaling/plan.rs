//! How a pool's size follows the load, as plain data.

use crate::cloud::scaling::alarm::{Condition, Window};
use crate::cloud::scaling::change::Change;
use crate::cloud::scaling::hooks::{Hooks, WarmPool};
use crate::cloud::scaling::kubernetes::{Autoscaler, Nodes};
use crate::cloud::scaling::metric::Metric;
use crate::cloud::scaling::predictive::Predictive;
use crate::cloud::scaling::reactive::Reactive;
use crate::cloud::scaling::step::Step;
use crate::cloud::topology::{Held, Platform, Speed};
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
    /// Follows each arrival and each departure.
    Reactive(Box<Reactive>),
    /// Pods, sized by a controller of Kubernetes.
    Pods(Box<Autoscaler>),
    /// Machines under pods.
    Nodes(Nodes),
}

impl Scaling {
    /// The group that it is, if it is one.
    pub fn group(&self) -> Option<&Group> {
        match self {
            Scaling::Group(group) => Some(group),
            _ => None,
        }
    }

    /// The rule that follows each arrival and departure, if one does.
    pub fn reactive(&self) -> Option<&Reactive> {
        match self {
            Scaling::Reactive(rule) => Some(rule),
            _ => None,
        }
    }

    /// The machines that lie ready, if any do.
    pub fn warm_pool(&self) -> Option<&WarmPool> {
        self.group()?.warm_pool.as_ref()
    }

    /// Whether a controller must know what each worker does: it leaves out those that are not yet warm, or reads pods.
    pub fn tells_workers_apart(&self) -> bool {
        match self {
            Scaling::Group(group) => group.policies.iter().any(|policy| {
                policy.metric().is_some_and(Metric::is_of_workers) && group.warm_up_of(policy) > Span::ZERO
            }),
            Scaling::Pods(autoscaler) => autoscaler.reads_each(),
            _ => false,
        }
    }

    /// What sizes its pods, if they are some.
    pub fn autoscaler(&self) -> Option<&Autoscaler> {
        match self {
            Scaling::Pods(autoscaler) => Some(autoscaler),
            _ => None,
        }
    }

    /// Whether its workers end with the first that they take.
    pub fn is_of_jobs(&self) -> bool {
        self.autoscaler().is_some_and(Autoscaler::is_of_jobs)
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
    /// Rest after a change.
    pub cooldown: Span,
    /// From when on it counts.
    pub cooldown_from: CooldownFrom,
    /// How long a new worker counts as not yet warm; unset is not 0.
    pub warm_up: Option<Span>,
    /// How long after a decision the group acts on it (a law of nanoseconds).
    pub lag: Distribution,
    /// How it looks after its machines.
    pub care: Care,
    /// The rests of an ECS service, which take the place of the group's.
    pub service: Option<Cooldowns>,
    /// What is done with them before they serve and after.
    pub hooks: Hooks,
    /// Those that lie ready.
    pub warm_pool: Option<WarmPool>,
}

/// The rests of Application Auto Scaling, for an ECS service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cooldowns {
    /// After some were added.
    pub out: Span,
    /// After some were taken away.
    pub back: Span,
}

/// How a group looks after its machines, beside their number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Care {
    /// How often it looks for workers that have failed, for those that are too old, and at its zones; `None`: never.
    pub every: Option<Span>,
    /// Which of those that have failed it replaces; `None`: none.
    pub health: Option<Health>,
    /// How long a machine may run before it is replaced.
    pub max_lifetime: Option<Span>,
    /// Whether it asks for another machine as soon as one hears of its end, and not only when it is taken.
    pub rebalance: bool,
    /// Between what it keeps those in service while it replaces some; `None`: it lets go first, a tenth at a time.
    pub maintenance: Option<Maintenance>,
    /// Whether it launches in a zone that has too few, to let one of the fullest go then.
    pub zone_rebalance: bool,
}

/// Between what a group keeps the number of its machines while it replaces some, in per cent of what is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Maintenance {
    /// At least so many in service: from 0 to 100.
    pub min_healthy: u16,
    /// At most so many there: from 100 to 200.
    pub max_healthy: u16,
}

impl Maintenance {
    /// The fewest in service and the most there, of so many wanted. Where neither leaves room for one, one more is launched
    /// if there may be any, else one fewer kept: nothing would ever be replaced.
    ///
    /// EC2 Auto Scaling user guide, *Instance maintenance policies*: 90 % and 120 % of 100 keep from 90 to 120.
    pub fn bounds(self, desired: u32) -> (u32, u32) {
        let share = |percent: u16| u64::from(desired) * u64::from(percent);
        let fewest = share(self.min_healthy).div_ceil(100) as u32;
        let most = (share(self.max_healthy) / 100) as u32;
        if fewest < desired || most > desired {
            (fewest, most)
        } else if self.max_healthy > 100 {
            (fewest, desired + 1)
        } else {
            (fewest.saturating_sub(1), most)
        }
    }
}

/// Whom a group takes for failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// What it sees.
    pub sees: Sees,
    /// How long a new worker is left alone, whatever its software does.
    pub grace: Span,
    /// How long one must have been down.
    pub patience: Span,
}

/// What a health check sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sees {
    /// Workers that are down, whatever it is.
    #[default]
    Workers,
    /// Machines that are down: those of a zone that is away.
    Machines,
}

impl Default for Group {
    /// Without workers or policies.
    fn default() -> Group {
        Group {
            min: 0,
            desired: 0,
            max: 0,
            policies: Vec::new(),
            cooldown: Span::ZERO,
            cooldown_from: CooldownFrom::Decision,
            warm_up: None,
            lag: Distribution::constant(0),
            care: Care::default(),
            service: None,
            hooks: Hooks::default(),
            warm_pool: None,
        }
    }
}

/// When the rest after a change begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CooldownFrom {
    /// With the decision.
    #[default]
    Decision,
    /// When the last new machine runs, or the last worker that goes has begun to drain; until then nothing else is decided.
    DrainStart,
    /// The same, but when the last one that goes is gone.
    DrainEnd,
}

impl Group {
    /// How long a new worker is left out of what a policy sees: the policy's own warm-up, else the group's, else the
    /// group's cooldown (EC2 Auto Scaling user guide, *Consolidated view of warm-up and cooldown settings*). So unset
    /// is not 0.
    pub fn warm_up_of(&self, policy: &Policy) -> Span {
        let own = match policy {
            Policy::TargetTracking(rule) => rule.warm_up,
            Policy::Step(rule) => rule.warm_up,
            Policy::QueueLength(_) | Policy::Simple(_) | Policy::Predictive(_) | Policy::Scheduled(_) => {
                return Span::ZERO;
            }
        };
        own.or(self.warm_up).unwrap_or(self.cooldown)
    }
}

/// The closed list of policies.
#[derive(Clone, Debug)]
pub enum Policy {
    /// Desired = ⌈metric ÷ per worker⌉.
    QueueLength(QueueLength),
    /// Keeps a metric per worker at a target.
    TargetTracking(TargetTracking),
    /// Changes the size by steps, the further its metric is beyond a limit the more.
    Step(Step),
    /// Changes the size by one step, and rests.
    Simple(Simple),
    /// Raises the size before the load comes.
    Predictive(Predictive),
    /// Changes bounds or size at given instants.
    Scheduled(Scheduled),
}

impl Policy {
    /// What it reads.
    pub fn metric(&self) -> Option<&Metric> {
        match self {
            Policy::QueueLength(rule) => Some(&rule.metric),
            Policy::TargetTracking(rule) => Some(&rule.metric),
            Policy::Step(rule) => Some(&rule.alarm.metric),
            Policy::Simple(rule) => Some(&rule.alarm.metric),
            Policy::Predictive(rule) => Some(&rule.metric),
            Policy::Scheduled(_) => None,
        }
    }

    /// The alarm for too much and the one for too little, of a group that wants so many workers.
    pub fn conditions(&self, capacity: u32) -> [Option<Condition>; 2] {
        let one = |condition: Condition| {
            if condition.when.is_high() { [Some(condition), None] } else { [None, Some(condition)] }
        };
        match self {
            Policy::TargetTracking(rule) => rule.conditions(capacity).map(Some),
            Policy::Step(rule) => one(rule.alarm.condition),
            Policy::Simple(rule) => one(rule.alarm.condition),
            Policy::QueueLength(_) | Policy::Predictive(_) | Policy::Scheduled(_) => [None, None],
        }
    }

    /// How many datapoints it reads back.
    pub fn range(&self) -> usize {
        let ranges = self.conditions(0).into_iter().flatten().map(|condition| condition.window.range());
        ranges.max().unwrap_or(1)
    }
}

/// One step whenever its alarm goes off, and then a rest.
#[derive(Clone, Debug)]
pub struct Simple {
    /// When it acts.
    pub alarm: Alarm,
    /// What it does.
    pub change: Change,
    /// The least that a change by share changes.
    pub min_change: u32,
    /// Its own rest, instead of the group's.
    pub cooldown: Option<Span>,
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
    /// The first look; `None`: one rhythm after the start, and the phase of an evaluation.
    pub first: Option<Span>,
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
    /// The period of its alarms' datapoints.
    pub period: Span,
    /// When it asks for more: above the target at so many datapoints.
    pub high: Window,
    /// When it asks for fewer: below a share of the target at so many datapoints.
    pub low: Window,
    /// Which share.
    pub factor: Factor,
    /// Whether it may ask for fewer.
    pub scale_in: ScaleIn,
    /// How long a new worker counts as not yet warm, for this policy.
    pub warm_up: Option<Span>,
}

/// The share of its target below which target tracking asks for fewer workers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Factor {
    /// Always this.
    Share(f64),
    /// So low that one worker fewer would not breach the target again.
    ByCapacity,
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

/// Goes off when its metric is beyond a limit.
#[derive(Clone, Debug)]
pub struct Alarm {
    /// What is read.
    pub metric: Metric,
    /// When it goes off.
    pub condition: Condition,
    /// The period of its datapoints.
    pub period: Span,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 90 % and 120 % of 100, as the user guide has it, and what is left of small groups.
    #[test]
    fn maintenance_leaves_room_for_one_at_the_least() {
        for (min_healthy, max_healthy, desired, bounds) in [
            (90, 120, 100, (90, 120)),
            (90, 120, 10, (9, 12)),
            (90, 120, 9, (9, 10)),
            (90, 120, 4, (4, 5)),
            (90, 100, 4, (3, 4)),
            (100, 110, 10, (10, 11)),
            (0, 100, 3, (0, 3)),
            (90, 100, 0, (0, 0)),
        ] {
            let maintenance = Maintenance { min_healthy, max_healthy };
            assert_eq!(maintenance.bounds(desired), bounds, "{min_healthy} to {max_healthy} % of {desired}");
        }
    }
}
