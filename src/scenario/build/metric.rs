//! What controllers read, from the draft to the plan.

use std::sync::Arc;

use crate::cloud::scaling::{Metric, Metrics, Ratio, Reading, Recorded};
use crate::cloud::topology::NodeId;
use crate::ground::time::{SimTime, Span};
use crate::scenario::build::{Builder, Ids};
use crate::scenario::draft::metric::{self as draft_metric, Metrics as Seen};
use crate::scenario::draft::quantities::{Share, Time};
use crate::scenario::files::columns_of;
use crate::scenario::rules::metrics;

impl Builder<'_> {
    /// How what happens becomes what the controllers of a topology see.
    pub(super) fn metrics(&mut self, draft: &Seen) -> Metrics {
        let share = |share: Option<Share>| share.map_or(0.0, |share| share.0);
        let span = |time: Option<Time>| time.map_or(Span::ZERO, |time| time.0);
        Metrics {
            period: span(draft.period),
            delay: self.law_or_none(&draft.delay),
            phase: self.law_or_none(&draft.phase),
            noise: share(draft.noise),
            missing: share(draft.missing),
            detailed: draft.detailed.unwrap_or(true),
            idle_wake: span(draft.idle_wake),
            are_billed: draft.billed.unwrap_or(false),
        }
    }

    pub(super) fn metric(
        &mut self,
        ids: &Ids<'_>,
        draft: &draft_metric::Metric,
        own: NodeId,
        before: NodeId,
    ) -> Metric {
        use draft_metric::Metric as Draft;
        let what = match draft {
            Draft::Visible(_) => Reading::Visible,
            Draft::InFlight(_) => Reading::InFlight,
            Draft::Delayed(_) => Reading::Delayed,
            Draft::Oldest(_) => Reading::Oldest,
            Draft::Backlog(_) => Reading::Backlog,
            Draft::Cpu(_) => Reading::Cpu,
            Draft::Busy(_) => Reading::Busy,
            Draft::RequestsPerWorker(_) => Reading::RequestsPerWorker,
            // What is in service at a pool or function.
            Draft::Concurrency(_) => Reading::InFlight,
            Draft::ProvisionedUse(_) => Reading::ProvisionedUse,
            Draft::InService(_) => Reading::InService,
            Draft::Ready(_) => Reading::Ready,
            Draft::Desired(_) => Reading::Desired,
            Draft::Ratio(ratio) => Reading::Ratio(Box::new(Ratio {
                of: self.metric(ids, &ratio.of, own, before),
                to: self.metric(ids, &ratio.to, own, before),
                at_least: ratio.at_least.map_or(0.0, |least| least.0),
            })),
            Draft::Recorded(recorded) => Reading::Recorded(self.recorded(recorded)),
        };
        let of = match metrics::node_of(draft) {
            Some(name) => self.id(ids, name),
            None if metrics::of_queue(draft) => before,
            None => own,
        };
        Metric { what, of }
    }

    pub(super) fn recorded(&mut self, draft: &draft_metric::Recorded) -> Recorded {
        if self.sight.for_decide && draft.points.is_none() && draft.file.is_none() {
            // Its values come with the question.
            return Recorded(Arc::new([]));
        }
        if let Some(points) = &draft.points {
            return Recorded(points.iter().map(|(at, value)| (SimTime::START + at.0, value.0)).collect());
        }
        let points = columns_of(draft).and_then(|columns| self.sight.files.metrics.get(&columns));
        Recorded(points.cloned().unwrap_or_else(|| {
            self.slip("a recorded metric was not read".to_owned());
            Arc::new([])
        }))
    }
}
