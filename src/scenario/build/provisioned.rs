//! Environments that are kept ready, and how their number follows their use.

use crate::cloud::scaling::{
    Cooldowns, Factor, Group, Metric, Policy, Reading, ScaleIn, Scaling, Scheduled, TargetTracking, Window,
};
use crate::cloud::topology::NodeId;
use crate::ground::distribution::Distribution;
use crate::ground::time::Span;
use crate::scenario::build::{Builder, count};
use crate::scenario::draft::function::Provisioned;

/// The share of them at work that is kept where the file does not say (AWS Lambda developer guide, *Managing provisioned
/// concurrency with Application Auto Scaling*).
const TARGET: f64 = 0.7;
/// Datapoints above the target after which there are more of them, …
const HIGH: Window = Window { points: 3, of: 3 };
/// … and those below its share after which there are fewer (the same).
const LOW: Window = Window { points: 15, of: 15 };
const SHARE: f64 = 0.9;
const MINUTE: Span = Span::from_secs(60);

/// How many environments are kept ready at the start.
pub(super) fn at_the_start(draft: &Provisioned) -> u32 {
    let least = if draft.max.is_some() { 1 } else { 0 };
    draft.count.or(draft.min).map_or(least, |number| count(number.0))
}

impl Builder<'_> {
    /// How the number of a function's environments that are kept ready changes.
    pub(super) fn provisioned(&mut self, own: NodeId, draft: &Provisioned) -> Scaling {
        let at_the_start = at_the_start(draft);
        let mut policies = Vec::new();
        if draft.max.is_some() {
            policies.push(Policy::TargetTracking(TargetTracking {
                metric: Metric { what: Reading::ProvisionedUse, of: own },
                target: draft.target.map_or(TARGET, |share| share.0),
                period: MINUTE,
                high: HIGH,
                low: LOW,
                factor: Factor::Share(SHARE),
                scale_in: ScaleIn::Proportional,
                warm_up: Some(Span::ZERO),
            }));
        }
        for row in &draft.schedule {
            let bound = |own: Option<_>| {
                own.or(row.count).map(|number: crate::scenario::draft::quantities::Whole| count(number.0))
            };
            let (min, max) = (bound(row.min), bound(row.max));
            policies.extend(self.times(row.at, row.cron.as_deref()).into_iter().map(|at| {
                Policy::Scheduled(Scheduled { at, min, desired: None, max, late: Distribution::constant(0) })
            }));
        }
        if policies.is_empty() {
            return Scaling::Fixed;
        }
        let least = if draft.max.is_some() { 1 } else { at_the_start };
        Scaling::Group(Group {
            min: draft.min.map_or(least, |number| count(number.0)),
            desired: at_the_start,
            max: draft.max.map_or(at_the_start, |number| count(number.0)),
            policies,
            warm_up: Some(Span::ZERO),
            // Application Auto Scaling API reference: no rest by default for what is provisioned of functions.
            service: Some(Cooldowns { out: Span::ZERO, back: Span::ZERO }),
            ..Group::default()
        })
    }
}
