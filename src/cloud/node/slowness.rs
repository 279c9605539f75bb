//! Workers that take longer than usual for their work.

use crate::cloud::node::pool::Pool;
use crate::cloud::topology::{BrownOut, WorkId};
use crate::ground::time::Span;

/// Something that makes work take longer at present.
#[derive(Clone, Copy, Debug)]
pub struct Slowness {
    /// Which fault it is.
    pub fault: u32,
    /// What it slows down, and how much.
    pub plan: BrownOut,
}

impl Pool<'_> {
    /// Whether a brown-out slows a worker down at a work.
    pub fn is_browned_by(&self, plan: BrownOut, worker: u32, work: WorkId) -> bool {
        plan.work.is_none_or(|only| only == work) && plan.worker.is_none_or(|only| only == self.number_of(worker))
    }

    /// How long a worker takes at present for what usually takes it so long. Several brown-outs multiply, and machines
    /// without credits are slow too.
    pub fn browned(&self, worker: u32, work: WorkId, usual: Span) -> Span {
        let those = self.brown_outs.iter().filter(|one| self.is_browned_by(one.plan, worker, work));
        self.credit_pace(worker).takes(those.fold(usual, |takes, one| one.plan.pace.takes(takes)))
    }

    /// How long a worker usually takes for what takes it so long at present.
    pub fn unbrowned(&self, worker: u32, work: WorkId, takes: Span) -> Span {
        let those = self.brown_outs.iter().rev().filter(|one| self.is_browned_by(one.plan, worker, work));
        let takes = self.credit_pace(worker).inverse().takes(takes);
        those.fold(takes, |takes, one| one.plan.pace.inverse().takes(takes))
    }
}
