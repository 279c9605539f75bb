//! What the HPA makes of a metric: which pods count, how far the metric is from its target, how many replicas that is.

use std::fmt;

use crate::cloud::scaling::kubernetes::hpa::Target;
use crate::cloud::scaling::kubernetes::whole;
use crate::ground::time::{SimTime, Span};

/// A pod as the HPA sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pod {
    /// How far it has come.
    pub phase: Phase,
    /// Whether it is being deleted.
    pub deleted: bool,
    /// When it started; `None`: it has not.
    pub started: Option<SimTime>,
    /// What its `Ready` condition says; `None`: it has none yet.
    pub ready: Option<Ready>,
}

/// How far a pod has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Waits for a node or an image.
    Pending,
    /// Runs, ready or not.
    Running,
    /// Has ended well.
    Succeeded,
    /// Has ended badly.
    Failed,
}

/// A pod's `Ready` condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// Whether it is ready.
    pub is: bool,
    /// Since when it is so.
    pub since: SimTime,
}

impl Pod {
    /// One that runs and has been ready since the start.
    pub const READY: Pod = Pod {
        phase: Phase::Running,
        deleted: false,
        started: Some(SimTime::START),
        ready: Some(Ready { is: true, since: SimTime::START }),
    };

    /// Whether it runs and is ready.
    pub fn is_ready(&self) -> bool {
        self.phase == Phase::Running && self.ready.is_some_and(|ready| ready.is)
    }
}

/// What a metric says of one pod.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PodMetric {
    /// How much it uses; `None`: nothing is known.
    pub sample: Option<Sample>,
    /// How much it requests, in thousandths; `None`: its containers don't say.
    pub request: Option<i64>,
}

/// How much a pod uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// In thousandths.
    pub value: i64,
    /// When it was taken.
    pub at: SimTime,
    /// Over how long.
    pub window: Span,
}

/// What there is to be known of one metric at a look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measured<'a> {
    /// It can't be read.
    Nothing,
    /// Of each pod, in the order of the pods.
    Pods(&'a [PodMetric]),
    /// The same of every ready pod: whole per cent where the target is a utilisation, else thousandths.
    Mean(i64),
    /// Of all pods together, or of something else: in thousandths.
    Total(i64),
}

/// How long the HPA does not trust a new pod's CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Starting {
    /// From its start on, samples from before it became ready are left out.
    pub initialisation: Span,
    /// One that turned unready later than this after its start was ready before, and counts.
    pub readiness_delay: Span,
}

impl Starting {
    /// `--horizontal-pod-autoscaler-cpu-initialization-period` 5 min and `-initial-readiness-delay` 30 s.
    pub const DOCUMENTED: Starting =
        Starting { initialisation: Span::from_secs(300), readiness_delay: Span::from_secs(30) };
}

/// How far from its target a metric is left alone, as shares: 0.1 either way where nothing else is said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// Above.
    pub up: f64,
    /// Below.
    pub down: f64,
}

impl Tolerance {
    /// `--horizontal-pod-autoscaler-tolerance` 0.1.
    pub const DOCUMENTED: Tolerance = Tolerance { up: 0.1, down: 0.1 };

    /// Whether a ratio is so near to 1 that nothing is changed. Both ends are within.
    pub fn holds(self, ratio: f64) -> bool {
        1.0 - self.down <= ratio && ratio <= 1.0 + self.up
    }
}

/// Why a metric proposes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It can't be read.
    Unreadable,
    /// There are no pods.
    NoPods,
    /// No pod that counts has a sample.
    NoSamples,
    /// A pod does not say how much it requests.
    NoRequests,
    /// What is known is not of the kind that the target needs.
    WrongKind,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fault::Unreadable => "it can't be read",
            Fault::NoPods => "there are no pods",
            Fault::NoSamples => "no pod that counts has a sample",
            Fault::NoRequests => "a pod does not say how much it requests",
            Fault::WrongKind => "a utilisation is of pods, and a value is of all of them together",
        })
    }
}

/// What one metric proposes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Proposal {
    /// Replicas.
    pub replicas: u32,
    /// The metric over its target, as it was counted in the end.
    pub ratio: f64,
    /// What was read: per cent, or thousandths.
    pub seen: i64,
    /// Pods that it was counted from.
    pub counted: u32,
}

/// Where a pod belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    Ignored,
    Unready,
    Missing,
    Counts,
}

/// How many pods run and are ready.
pub fn ready(pods: &[Pod]) -> u32 {
    pods.iter().filter(|pod| pod.is_ready()).count() as u32
}

/// Pods that are being deleted or have ended don't count; pending ones are unready; of the CPU, those that start are,
/// too: within the initialisation period while not ready or as long as no whole sample is of the time after, and later
/// those that never became ready.
fn group(pod: &Pod, sample: Option<Sample>, cpu: bool, now: SimTime, starting: Starting) -> Group {
    if pod.deleted || matches!(pod.phase, Phase::Succeeded | Phase::Failed) {
        return Group::Ignored;
    }
    if pod.phase == Phase::Pending {
        return Group::Unready;
    }
    let Some(sample) = sample else { return Group::Missing };
    if !cpu {
        return Group::Counts;
    }
    let (Some(started), Some(ready)) = (pod.started, pod.ready) else { return Group::Unready };
    let unready = if now < started + starting.initialisation {
        !ready.is || sample.at < ready.since + sample.window
    } else {
        !ready.is && ready.since < started + starting.readiness_delay
    };
    if unready { Group::Unready } else { Group::Counts }
}

/// Usage and requests of some pods.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    usage: i128,
    request: i128,
    pods: u32,
}

impl Tally {
    fn add(&mut self, usage: i64, request: Option<i64>) {
        self.usage += i128::from(usage);
        self.request += i128::from(request.unwrap_or(0));
        self.pods += 1;
    }

    /// Together with other pods.
    fn with(self, other: Tally) -> Tally {
        Tally { usage: self.usage + other.usage, request: self.request + other.request, pods: self.pods + other.pods }
    }

    /// The same pods, if they used nothing.
    fn idle(self) -> Tally {
        Tally { usage: 0, ..self }
    }

    /// The metric, in whole per cent or thousandths, and over its target.
    fn over(self, target: Target) -> Result<(i64, f64), Fault> {
        match target {
            Target::Utilisation(percent) => {
                if self.request == 0 {
                    return Err(Fault::NoRequests);
                }
                let seen = clip(self.usage * 100 / self.request);
                Ok((seen, seen as f64 / f64::from(percent)))
            }
            Target::AverageValue(target) | Target::Value(target) => {
                let seen = clip(self.usage / i128::from(self.pods.max(1)));
                Ok((seen, seen as f64 / target as f64))
            }
        }
    }
}

/// Pods by what becomes of them.
#[derive(Clone, Copy, Debug, Default)]
struct Groups {
    counts: Tally,
    unready: Tally,
    missing: Tally,
    /// Whether one does not say how much it requests.
    lacks: bool,
}

fn clip(amount: i128) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

/// What is seen at a look, for one metric.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look<'a> {
    pub now: SimTime,
    pub replicas: u32,
    pub status: u32,
    pub pods: &'a [Pod],
    pub cpu: bool,
    pub starting: Starting,
    pub tolerance: Tolerance,
}

impl Look<'_> {
    /// The replicas that a metric proposes.
    pub fn propose(&self, target: Target, measured: Measured<'_>) -> Result<Proposal, Fault> {
        match (target, measured) {
            (_, Measured::Nothing) => Err(Fault::Unreadable),
            (Target::Value(_), Measured::Pods(_) | Measured::Mean(_)) => Err(Fault::WrongKind),
            (Target::Utilisation(_), Measured::Total(_)) => Err(Fault::WrongKind),
            (Target::Value(target), Measured::Total(total)) => self.of_value(total, target),
            (Target::AverageValue(target), Measured::Total(total)) => Ok(self.of_shared(total, target)),
            (_, Measured::Pods(metrics)) => self.of_pods(target, metrics),
            (_, Measured::Mean(mean)) => self.of_mean(target, mean),
        }
    }

    /// A value as a whole against its target: as many times the ready pods as it is too high. From nobody, as many as it
    /// is targets.
    fn of_value(&self, total: i64, target: i64) -> Result<Proposal, Fault> {
        let ratio = total as f64 / target as f64;
        let ready = ready(self.pods);
        let of = |replicas, counted| Proposal { replicas, ratio, seen: total, counted };
        if self.replicas == 0 {
            return Ok(of(whole(ratio), 0));
        }
        if self.tolerance.holds(ratio) {
            return Ok(of(self.replicas, ready));
        }
        if self.pods.is_empty() {
            return Err(Fault::NoPods);
        }
        Ok(of(whole(ratio * f64::from(ready)), ready))
    }

    /// A value that is shared by all replicas there are, those that are not ready among them.
    fn of_shared(&self, total: i64, target: i64) -> Proposal {
        let ratio = total as f64 / (target as f64 * f64::from(self.status));
        let stays = self.tolerance.holds(ratio);
        let replicas = if stays { self.status } else { whole(total as f64 / target as f64) };
        Proposal { replicas, ratio, seen: total, counted: self.status }
    }

    fn of_pods(&self, target: Target, metrics: &[PodMetric]) -> Result<Proposal, Fault> {
        let mut groups = Groups::default();
        for (at, pod) in self.pods.iter().enumerate() {
            let PodMetric { sample, request } = metrics.get(at).copied().unwrap_or_default();
            groups.lacks |= request.is_none();
            match group(pod, sample, self.cpu, self.now, self.starting) {
                Group::Ignored => {}
                Group::Unready => groups.unready.add(0, request),
                Group::Missing => groups.missing.add(assumed(target, request), request),
                Group::Counts => groups.counts.add(sample.map_or(0, |sample| sample.value), request),
            }
        }
        self.of_groups(target, groups)
    }

    /// The same of every ready pod; those that are not ready are unready to it.
    fn of_mean(&self, target: Target, mean: i64) -> Result<Proposal, Fault> {
        let mut groups = Groups::default();
        for pod in self.pods.iter().filter(|pod| !pod.deleted) {
            match pod.phase {
                Phase::Succeeded | Phase::Failed => {}
                Phase::Running if pod.is_ready() => groups.counts.add(mean, Some(100)),
                Phase::Pending | Phase::Running => groups.unready.add(0, Some(100)),
            }
        }
        self.of_groups(target, groups)
    }

    fn of_groups(&self, target: Target, groups: Groups) -> Result<Proposal, Fault> {
        let Groups { counts, unready, missing, lacks } = groups;
        if self.pods.is_empty() {
            return Err(Fault::NoPods);
        }
        if counts.pods == 0 {
            return Err(Fault::NoSamples);
        }
        let utilisation = matches!(target, Target::Utilisation(_));
        if utilisation && lacks {
            return Err(Fault::NoRequests);
        }
        let (seen, ratio) = counts.over(target)?;
        let rebalances = unready.pods > 0 && ratio > 1.0;
        let of = |replicas, ratio, counted| Proposal { replicas, ratio, seen, counted };
        if !rebalances && missing.pods == 0 {
            let stays = self.tolerance.holds(ratio);
            let replicas = if stays { self.replicas } else { whole(ratio * f64::from(counts.pods)) };
            return Ok(of(replicas, ratio, counts.pods));
        }
        let mut all = counts;
        if ratio < 1.0 {
            all = all.with(missing);
        } else if ratio > 1.0 || !utilisation {
            all = all.with(missing.idle());
        }
        if rebalances {
            all = all.with(unready);
        }
        let (_, again) = all.over(target)?;
        let turns = ratio < 1.0 && again > 1.0 || ratio > 1.0 && again < 1.0;
        let wanted = whole(again * f64::from(all.pods));
        let against = again < 1.0 && wanted > self.replicas || again > 1.0 && wanted < self.replicas;
        let stays = self.tolerance.holds(again) || turns || against;
        Ok(of(if stays { self.replicas } else { wanted }, again, all.pods))
    }
}

/// What a pod without a sample is taken to use while the others want fewer: all of what it requests, or the target where
/// that is more; of a plain value, the target.
fn assumed(target: Target, request: Option<i64>) -> i64 {
    match target {
        Target::Utilisation(percent) => clip(i128::from(request.unwrap_or(0)) * i128::from(percent.max(100)) / 100),
        Target::AverageValue(target) | Target::Value(target) => target,
    }
}
