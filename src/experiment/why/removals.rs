//! What a system would be like without a cause: the closed list of changes that take one away, each a row.
//!
//! A change is made to a checked scenario, so nothing can refuse it; the draws are named, so all else falls as it did. It proves
//! what a cause costs: the figure becomes what it becomes.

use crate::cloud::scaling::kubernetes::{Autoscaler, Nodes};
use crate::cloud::scaling::{Group, Hooks, Metrics, Policy, Reactive, Scaling, Window};
use crate::cloud::topology::{Fault, Harm, NodeKind, Pool, Speed, Topology, Verb};
use crate::experiment::why::cause::Cause;
use crate::ground::distribution::Distribution;
use crate::ground::time::{SECOND, Span};
use crate::scenario::Scenario;

/// A cause, and how it is taken away.
#[derive(Clone, Copy)]
pub struct Removal {
    /// The cause.
    pub cause: Cause,
    /// What is changed, as the end of "with …".
    pub says: &'static str,
    /// Changes it.
    make: fn(&mut Scenario),
}

/// All that can be taken away, by cause. What is left of a cause where nothing changes has no row that changes it.
pub const REMOVALS: [Removal; 14] = [
    row(Cause::Service, "machines twice as fast", twice_as_fast),
    row(Cause::Hop, "no time on the way", no_hops),
    row(Cause::BehindWork, "twice the workers for the same load", twice_as_many),
    row(Cause::AtMaximum, "no maximum", no_maximum),
    row(Cause::Booting, "workers that serve as soon as they are asked for", no_boot),
    row(Cause::Undecided, "metrics without delay, looked at every second", no_delay),
    row(Cause::Cooldown, "no cooldown, warm-up or limit of steps", no_cooldown),
    row(Cause::Polling, "polls that are always open", open_polls),
    row(Cause::Redelivery, "messages that come back when their worker is lost, and never before", no_redelivery),
    row(Cause::BackOff, "nobody who tries again", no_retry),
    row(Cause::Throttled, "no limits on rates and concurrency", no_limits),
    row(Cause::ColdStart, "new environments in no time", no_cold_start),
    row(Cause::Outage, "nothing that fails", no_trouble),
    row(Cause::Delay, "messages visible at once", no_queue_delay),
];

const fn row(cause: Cause, says: &'static str, make: fn(&mut Scenario)) -> Removal {
    Removal { cause, says, make }
}

impl Removal {
    /// That of a cause; `None` where there is none.
    pub fn of(cause: Cause) -> Option<Removal> {
        REMOVALS.into_iter().find(|removal| removal.cause == cause)
    }

    /// The scenario without the cause; `None` where it has nothing that could be taken away.
    pub fn from(self, scenario: &Scenario) -> Option<Scenario> {
        // Plain data without hidden parts: what is written out alike is alike.
        let written = |scenario: &Scenario| format!("{:?}{:?}", scenario.application, scenario.topologies);
        let mut changed = scenario.clone();
        (self.make)(&mut changed);
        (written(&changed) != written(scenario)).then_some(changed)
    }
}

fn nothing() -> Distribution {
    Distribution::constant(0)
}

fn topologies(scenario: &mut Scenario, change: impl Fn(&mut Topology)) {
    scenario.topologies.iter_mut().for_each(change);
}

fn nodes(scenario: &mut Scenario, change: impl Fn(&mut NodeKind)) {
    topologies(scenario, |topology| topology.nodes.iter_mut().for_each(|node| change(&mut node.kind)));
}

/// Pools, and what else has workers.
fn pools(scenario: &mut Scenario, change: impl Fn(&mut Pool)) {
    nodes(scenario, |kind| match kind {
        NodeKind::Pool(pool) => change(pool),
        NodeKind::Service(service) => change(&mut service.desk),
        NodeKind::Cluster(cluster) => change(&mut cluster.machines),
        NodeKind::Function(function) => change(&mut function.desk),
        NodeKind::Balancer(_) | NodeKind::Queue(_) | NodeKind::Bucket(_) | NodeKind::Bus(_) => (),
    });
}

fn groups(scenario: &mut Scenario, change: impl Fn(&mut Group)) {
    pools(scenario, |pool| {
        if let Scaling::Group(group) = &mut pool.scaling {
            change(group);
        }
    });
}

fn verbs(scenario: &mut Scenario, change: impl Fn(&mut Verb)) {
    pools(scenario, |pool| pool.steps.iter_mut().for_each(|step| change(&mut step.verb)));
}

fn faults(scenario: &mut Scenario, stays: impl Fn(&Fault) -> bool) {
    scenario.application.faults.retain(&stays);
    topologies(scenario, |topology| topology.faults.retain(&stays));
}

fn twice_as_fast(scenario: &mut Scenario) {
    pools(scenario, |pool| pool.speed = pool.speed.times(Speed { work: 2, time: 1 }));
}

fn no_hops(scenario: &mut Scenario) {
    topologies(scenario, |topology| (topology.network.hop, topology.network.across) = (None, None));
    nodes(scenario, |kind| match kind {
        NodeKind::Bucket(bucket) => (bucket.put, bucket.get) = (None, None),
        NodeKind::Function(function) => function.overhead = None,
        _ => (),
    });
}

fn twice_as_many(scenario: &mut Scenario) {
    nodes(scenario, |kind| {
        let NodeKind::Pool(pool) = kind else { return };
        pool.workers = pool.workers.map(|workers| workers.saturating_mul(2));
        match &mut pool.scaling {
            Scaling::Group(group) => {
                for size in [&mut group.min, &mut group.desired, &mut group.max] {
                    *size = size.saturating_mul(2);
                }
                for policy in &mut group.policies {
                    match policy {
                        Policy::QueueLength(rule) => rule.per_worker /= 2.0,
                        Policy::TargetTracking(rule) => rule.target /= 2.0,
                        Policy::Step(_) | Policy::Simple(_) | Policy::Predictive(_) | Policy::Scheduled(_) => (),
                    }
                }
            }
            Scaling::Timetable(entries) => {
                entries.iter_mut().for_each(|entry| entry.workers = entry.workers.saturating_mul(2));
            }
            Scaling::Fixed | Scaling::Vertical(_) | Scaling::Reactive(_) | Scaling::Pods(_) | Scaling::Nodes(_) => (),
        }
    });
}

/// As many as nobody will want: a bound all the same, so that a rule that runs away ends.
const ENOUGH: u32 = 100;

fn no_maximum(scenario: &mut Scenario) {
    let more = |max: &mut u32| *max = max.saturating_mul(ENOUGH).min(u32::MAX / 2);
    pools(scenario, |pool| match &mut pool.scaling {
        Scaling::Group(group) => more(&mut group.max),
        Scaling::Reactive(rule) => match &mut **rule {
            Reactive::OnDemand(rule) => rule.max = None,
            Reactive::NPolicy(rule) => more(&mut rule.max),
            Reactive::Hysteresis(_) => (),
        },
        Scaling::Pods(autoscaler) => match &mut **autoscaler {
            Autoscaler::Hpa(hpa) => more(&mut hpa.max),
            Autoscaler::Keda(keda) => {
                more(&mut keda.max);
                more(&mut keda.hpa.max);
            }
            Autoscaler::Jobs(jobs) => more(&mut jobs.max),
            Autoscaler::Kpa(kpa) => kpa.max = None,
        },
        Scaling::Nodes(Nodes::Autoscaler(nodes)) => more(&mut nodes.max),
        Scaling::Nodes(Nodes::Karpenter(nodes)) => more(&mut nodes.max),
        Scaling::Nodes(Nodes::Provider(_)) | Scaling::Fixed | Scaling::Timetable(_) | Scaling::Vertical(_) => (),
    });
    nodes(scenario, |kind| {
        if let NodeKind::Queue(queue) = kind
            && let Some(mapping) = &mut queue.mapping
        {
            more(&mut mapping.at_most);
        }
    });
}

fn no_boot(scenario: &mut Scenario) {
    pools(scenario, |pool| {
        (pool.life.pending, pool.life.boot) = (nothing(), nothing());
        if let Scaling::Group(group) = &mut pool.scaling {
            group.hooks = Hooks { launching: None, ..group.hooks.clone() };
            if let Some(warm) = &mut group.warm_pool {
                (warm.pending, warm.boot) = (Some(nothing()), Some(nothing()));
            }
        }
    });
}

/// What a controller without delay does: it looks once a second, at the very moment.
const AT_ONCE: Span = Span::from_nanos(SECOND);

fn no_delay(scenario: &mut Scenario) {
    topologies(scenario, |topology| {
        let Metrics { detailed, are_billed, .. } = topology.metrics;
        topology.metrics = Metrics { detailed, are_billed, ..Metrics::default() };
    });
    groups(scenario, |group| {
        group.lag = nothing();
        group.policies.iter_mut().for_each(at_once);
    });
    pools(scenario, |pool| {
        let Scaling::Pods(autoscaler) = &mut pool.scaling else { return };
        match &mut **autoscaler {
            Autoscaler::Hpa(hpa) => hpa.sync = AT_ONCE,
            Autoscaler::Keda(keda) => (keda.poll, keda.hpa.sync) = (AT_ONCE, AT_ONCE),
            Autoscaler::Jobs(jobs) => jobs.poll = AT_ONCE,
            Autoscaler::Kpa(kpa) => kpa.tick = kpa.tick.min(AT_ONCE),
        }
    });
}

/// Asks for more at once; for fewer after as long as before.
fn at_once(policy: &mut Policy) {
    let alarm = |alarm: &mut crate::cloud::scaling::Alarm| {
        let window = &mut alarm.condition.window;
        *window = if alarm.condition.when.is_high() { ONE } else { as_long(*window, alarm.period) };
        alarm.period = AT_ONCE;
    };
    match policy {
        Policy::QueueLength(rule) => (rule.every, rule.first) = (AT_ONCE, rule.first.map(|first| first.min(AT_ONCE))),
        Policy::TargetTracking(rule) => {
            (rule.high, rule.low) = (ONE, as_long(rule.low, rule.period));
            rule.period = AT_ONCE;
        }
        Policy::Step(rule) => alarm(&mut rule.alarm),
        Policy::Simple(rule) => alarm(&mut rule.alarm),
        Policy::Predictive(_) | Policy::Scheduled(_) => (),
    }
}

const ONE: Window = Window { points: 1, of: 1 };

/// As many datapoints of a second as take as long as those of a period.
fn as_long(window: Window, period: Span) -> Window {
    let times = period.nanos().div_ceil(SECOND).max(1);
    let more = |points: u16| u16::try_from(u64::from(points).saturating_mul(times)).unwrap_or(u16::MAX);
    Window { points: more(window.points), of: more(window.of) }
}

fn no_cooldown(scenario: &mut Scenario) {
    groups(scenario, |group| {
        group.cooldown = Span::ZERO;
        group.warm_up = group.warm_up.map(|_| Span::ZERO);
        if let Some(cooldowns) = &mut group.service {
            cooldowns.out = Span::ZERO;
        }
        for policy in &mut group.policies {
            match policy {
                Policy::TargetTracking(rule) => rule.warm_up = rule.warm_up.map(|_| Span::ZERO),
                Policy::Step(rule) => rule.warm_up = rule.warm_up.map(|_| Span::ZERO),
                Policy::Simple(rule) => rule.cooldown = rule.cooldown.map(|_| Span::ZERO),
                Policy::QueueLength(_) | Policy::Predictive(_) | Policy::Scheduled(_) => (),
            }
        }
    });
    pools(scenario, |pool| {
        let Scaling::Pods(autoscaler) = &mut pool.scaling else { return };
        match &mut **autoscaler {
            Autoscaler::Hpa(hpa) => hpa.behavior = None,
            Autoscaler::Keda(keda) => keda.hpa.behavior = None,
            Autoscaler::Jobs(_) | Autoscaler::Kpa(_) => (),
        }
    });
}

fn open_polls(scenario: &mut Scenario) {
    pools(scenario, |pool| (pool.poll.wait, pool.poll.sleep) = (None, None));
    nodes(scenario, |kind| {
        let NodeKind::Queue(queue) = kind else { return };
        queue.unseen = 0.0;
        if let Some(mapping) = &mut queue.mapping {
            (mapping.start, mapping.window) = (mapping.at_most, Span::ZERO);
        }
    });
}

fn no_redelivery(scenario: &mut Scenario) {
    nodes(scenario, |kind| {
        if let NodeKind::Queue(queue) = kind {
            (queue.visibility, queue.visibility_ceiling, queue.duplicates) = (None, None, 0.0);
        }
    });
}

fn no_retry(scenario: &mut Scenario) {
    for workload in &mut scenario.application.workloads {
        workload.client.retry.attempts = Some(1);
    }
    verbs(scenario, |verb| {
        if let Verb::Call { retry, .. } = verb {
            retry.attempts = Some(1);
        }
    });
}

fn no_limits(scenario: &mut Scenario) {
    topologies(scenario, |topology| topology.concurrency = None);
    nodes(scenario, |kind| match kind {
        NodeKind::Function(function) => (function.reserved, function.growth) = (None, None),
        NodeKind::Queue(queue) => queue.throughput = None,
        NodeKind::Balancer(balancer) => balancer.admission = None,
        _ => (),
    });
    pools(scenario, |pool| pool.admission = None);
    faults(scenario, |fault| !matches!(fault.what, Harm::Throttle(_)));
}

fn no_cold_start(scenario: &mut Scenario) {
    nodes(scenario, |kind| {
        if let NodeKind::Function(function) = kind {
            (function.creation, function.init) = (nothing(), nothing());
        }
    });
}

fn no_trouble(scenario: &mut Scenario) {
    faults(scenario, |fault| matches!(fault.what, Harm::Throttle(_)));
}

fn no_queue_delay(scenario: &mut Scenario) {
    nodes(scenario, |kind| {
        if let NodeKind::Queue(queue) = kind {
            queue.delay = Span::ZERO;
        }
    });
    verbs(scenario, |verb| {
        if let Verb::Send { delay, .. } = verb {
            *delay = delay.map(|_| Span::ZERO);
        }
    });
}
