//! The Kubernetes horizontal pod autoscaler: at each sync the metric that asks for most, held back in both directions.

use crate::cloud::scaling::decide::{Decision, Reason};
use crate::cloud::scaling::kubernetes::behavior::{Behavior, Change, Since};
use crate::cloud::scaling::kubernetes::pods::{Fault, Look, Measured, Pod, Proposal, Starting, Tolerance};
use crate::cloud::scaling::kubernetes::why::Why;
use crate::cloud::scaling::metric::Metric;
use crate::ground::time::{SimTime, Span};

/// A horizontal pod autoscaler (`autoscaling/v2`).
#[derive(Clone, Debug, PartialEq)]
pub struct Hpa {
    /// At least so many replicas; 0 only for metrics that are not of pods.
    pub min: u32,
    /// At most so many.
    pub max: u32,
    /// What it goes by: the one that asks for most counts.
    pub metrics: Vec<HpaMetric>,
    /// From one look to the next; 15 s documented.
    pub sync: Span,
    /// How far from its target a metric is left alone.
    pub tolerance: Tolerance,
    /// How long a recommendation keeps a lower one from acting; 300 s documented. Where `behavior` is there, it has the
    /// window for fewer.
    pub stabilisation: Span,
    /// How fast it may change; `None`: as fast as a controller without one.
    pub behavior: Option<Behavior>,
    /// How long it does not trust a new pod's CPU.
    pub starting: Starting,
}

impl Hpa {
    /// From one look to the next (`--horizontal-pod-autoscaler-sync-period`).
    pub const SYNC: Span = Span::from_secs(15);
    /// How long a recommendation counts (`--horizontal-pod-autoscaler-downscale-stabilization`).
    pub const STABILISATION: Span = Span::from_secs(300);
}

/// One metric of an HPA.
#[derive(Clone, Debug, PartialEq)]
pub struct HpaMetric {
    /// What is read.
    pub metric: Metric,
    /// Where it should be.
    pub target: Target,
    /// Whether it is the pods' CPU, which new ones have a time of grace for.
    pub cpu: bool,
}

/// Where a metric should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The mean of the pods over what they request, in per cent; above 0.
    Utilisation(u32),
    /// The mean of the pods, or a value that all replicas share, in thousandths; above 0.
    AverageValue(i64),
    /// A value as a whole, in thousandths; above 0.
    Value(i64),
}

/// What an HPA sees at a look.
#[derive(Clone, Copy, Debug)]
pub struct HpaSeen<'a> {
    /// The instant.
    pub now: SimTime,
    /// Replicas wanted at present (`spec.replicas` of the workload).
    pub replicas: u32,
    /// Replicas that there are, ready or not (`status.replicas`).
    pub status: u32,
    /// The pods.
    pub pods: &'a [Pod],
    /// What there is of each metric, in their order.
    pub measured: &'a [Measured<'a>],
}

/// What an HPA remembers from one look to the next.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HpaMemory {
    /// What was recommended when; `None` before the first look.
    recommended: Option<Vec<(SimTime, u32)>>,
    added: Vec<Change>,
    removed: Vec<Change>,
}

impl HpaMemory {
    /// What an autoscaler that runs already remembers: recommendations, and replicas added and taken away, each with its
    /// instant. One that has just begun takes the replicas it finds for its first recommendation; this one does not.
    pub fn of(
        recommended: impl IntoIterator<Item = (SimTime, u32)>,
        added: impl IntoIterator<Item = (SimTime, u32)>,
        removed: impl IntoIterator<Item = (SimTime, u32)>,
    ) -> HpaMemory {
        let change = |(at, by)| Change { at, by };
        HpaMemory {
            recommended: Some(recommended.into_iter().collect()),
            added: added.into_iter().map(change).collect(),
            removed: removed.into_iter().map(change).collect(),
        }
    }
}

/// What the metrics ask for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Asked {
    /// How many replicas.
    pub desired: u32,
    /// Why.
    pub why: Reason,
    /// What was read of the metric that asks: per cent, or units and not thousandths.
    pub metric: Option<f64>,
    /// What becomes of it.
    way: Way,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Remembered and held back.
    Held,
    /// Done at once, whatever was before.
    AtOnce,
    /// Nothing is done or remembered.
    Nothing,
}

impl Hpa {
    /// What each metric proposes, in their order.
    pub fn proposals(&self, seen: &HpaSeen<'_>) -> impl Iterator<Item = Result<Proposal, Fault>> {
        self.metrics.iter().enumerate().map(|(at, metric)| {
            let HpaSeen { now, replicas, status, pods, .. } = *seen;
            let Hpa { starting, tolerance, .. } = *self;
            let look = Look { now, replicas, status, pods, cpu: metric.cpu, starting, tolerance };
            look.propose(metric.target, seen.measured.get(at).copied().unwrap_or(Measured::Nothing))
        })
    }

    /// The replicas that the metrics ask for.
    ///
    /// Kubernetes documentation, *Horizontal Pod Autoscaling*: the greatest proposal counts; where a metric can't be
    /// read, the others only if they ask for more than there are. Beyond the bounds the nearer bound is taken without a
    /// look at any metric. 0 replicas switch an HPA off whose minimum is not 0.
    pub fn recommend(&self, seen: &HpaSeen<'_>) -> Asked {
        let HpaSeen { replicas, .. } = *seen;
        let of = |desired, why, way| Asked { desired, why, metric: None, way };
        if replicas == 0 && self.min != 0 {
            return of(0, Reason::Kubernetes(Why::SwitchedOff), Way::Nothing);
        }
        if replicas > self.max {
            return of(self.max, Reason::AtMost { max: self.max, wanted: replicas }, Way::AtOnce);
        }
        if replicas < self.min {
            return of(self.min, Reason::AtLeast { min: self.min, wanted: replicas }, Way::AtOnce);
        }
        let mut most: Option<(u16, Proposal)> = None;
        let mut unknown = None;
        for (metric, proposal) in (0..).zip(self.proposals(seen)) {
            match proposal {
                Err(fault) => unknown = unknown.or(Some(Why::Unknown { metric, fault })),
                Ok(proposal)
                    if most.is_none_or(|(_, most)| most.replicas == 0 || proposal.replicas > most.replicas) =>
                {
                    most = Some((metric, proposal));
                }
                Ok(_) => {}
            }
        }
        match (most, unknown) {
            (Some((_, proposal)), Some(unknown)) if proposal.replicas < replicas => {
                of(replicas, Reason::Kubernetes(unknown), Way::Nothing)
            }
            (None, unknown) => of(replicas, unknown.map_or(Reason::NoData, Reason::Kubernetes), Way::Nothing),
            (Some((metric, proposal)), _) => {
                let Proposal { ratio, counted, seen, .. } = proposal;
                let why = if proposal.replicas == replicas && self.tolerance.holds(ratio) {
                    Why::Tolerated { metric, ratio }
                } else {
                    Why::Ratio { metric, ratio, pods: counted }
                };
                let share = matches!(self.metrics[usize::from(metric)].target, Target::Utilisation(_));
                let read = if share { seen as f64 } else { seen as f64 / 1e3 };
                let asked = of(proposal.replicas, Reason::Kubernetes(why), Way::Held);
                Asked { metric: Some(read), ..asked }
            }
        }
    }

    /// What becomes of it: stabilised, limited in its speed, within the bounds.
    ///
    /// The same page: without `behavior` the greatest recommendation of the stabilisation window counts, and at most the
    /// double or 4 are there after one look; with it, each direction has its window and its policies.
    pub fn restrain(&self, asked: Asked, seen: &HpaSeen<'_>, memory: HpaMemory) -> (Decision, HpaMemory) {
        let (now, from) = (seen.now, seen.replicas);
        let HpaMemory { recommended, mut added, mut removed } = memory;
        let mut recommended = recommended.unwrap_or_else(|| vec![(now, from)]);
        let (to, why) = match asked.way {
            Way::Nothing => (from, asked.why),
            Way::AtOnce => (asked.desired, asked.why),
            Way::Held => {
                let (to, why) = match &self.behavior {
                    None => self.held(asked.desired, &recommended, now, from),
                    Some(behavior) => {
                        let since = Since { now, replicas: from, added: &added, removed: &removed };
                        self.held_by(behavior, asked.desired, &recommended, since)
                    }
                };
                recommended.push((now, asked.desired));
                (to, why.unwrap_or(asked.why))
            }
        };
        let (kept, longest) = self.reach();
        recommended.retain(|&(at, _)| at + kept >= now);
        if self.behavior.is_some() {
            let of = |by| Change { at: now, by };
            if to > from {
                added.push(of(to - from));
            } else if to < from {
                removed.push(of(from - to));
            }
            added.retain(|change| now < change.at + longest);
            removed.retain(|change| now < change.at + longest);
        }
        let decision = Decision { asked: asked.desired, ..super::decision(now, (from, to), asked.metric, why) };
        (decision, HpaMemory { recommended: Some(recommended), added, removed })
    }

    /// How long recommendations and changes are of any use.
    fn reach(&self) -> (Span, Span) {
        match &self.behavior {
            None => (self.stabilisation, Span::ZERO),
            Some(Behavior { up, down }) => (up.window.max(down.window), up.longest().max(down.longest())),
        }
    }

    /// Without `behavior`.
    fn held(&self, wanted: u32, recommended: &[(SimTime, u32)], now: SimTime, from: u32) -> (u32, Option<Reason>) {
        let within = recommended.iter().filter(|&&(at, _)| at + self.stabilisation >= now);
        let stable = within.map(|&(_, replicas)| replicas).fold(wanted, u32::max);
        let why = (stable != wanted).then_some(Reason::Kubernetes(Why::Stabilised { wanted }));
        let double = from.saturating_mul(2).max(4);
        if stable < self.min {
            (self.min, Some(Reason::AtLeast { min: self.min, wanted: stable }))
        } else if stable > double.min(self.max) {
            if self.max > double {
                (double, Some(Reason::Kubernetes(Why::Rate { limit: double, wanted: stable })))
            } else {
                (self.max, Some(Reason::AtMost { max: self.max, wanted: stable }))
            }
        } else {
            (stable, why)
        }
    }

    /// With `behavior`.
    fn held_by(
        &self,
        behavior: &Behavior,
        wanted: u32,
        recommended: &[(SimTime, u32)],
        since: Since<'_>,
    ) -> (u32, Option<Reason>) {
        let Since { now, replicas, .. } = since;
        let within = |window: Span| recommended.iter().filter(move |&&(at, _)| now < at + window).map(|&(_, of)| of);
        let up = within(behavior.up.window).fold(wanted, u32::min);
        let down = within(behavior.down.window).fold(wanted, u32::max);
        // As far as both windows allow: the one for fewer is at least, the one for more at most what is wanted.
        let stable = replicas.max(up).min(down);
        let bounded = if stable > replicas { stable.min(self.max) } else { stable.max(self.min.min(replicas)) };
        let (to, rate) = since.limited(bounded, behavior);
        let why = match rate {
            Some(why) => Some(Reason::Kubernetes(why)),
            None if bounded < stable => Some(Reason::AtMost { max: self.max, wanted: stable }),
            None if bounded > stable => Some(Reason::AtLeast { min: self.min, wanted: stable }),
            None if stable != wanted => Some(Reason::Kubernetes(Why::Stabilised { wanted })),
            None => None,
        };
        (to, why)
    }
}

#[cfg(test)]
mod tests;
