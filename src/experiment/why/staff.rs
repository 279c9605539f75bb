//! Who of a pool is there, as its facts tell.

use crate::cloud::fact::Fact;
use crate::cloud::topology::NodeId;
use crate::ground::footprint::Footprint;

/// Where a worker is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// Neither asked for nor in service: also one that lies in a warm pool, or that goes.
    #[default]
    Apart,
    Coming,
    Serving,
    Failed,
}

/// The workers of a pool, counted by where they are in their lives.
#[derive(Clone, Debug, Default)]
pub struct Staff {
    /// By number.
    stages: Vec<Stage>,
    /// Asked for, and not in service yet.
    pub coming: u32,
    /// In service.
    pub serving: u32,
    /// Failed, and neither mended nor replaced.
    pub failed: u32,
}

impl Staff {
    /// The pool whose worker a fact moves from one stage to another; `None`: it moves none.
    pub fn moved(fact: &Fact) -> Option<NodeId> {
        moved(fact).map(|(pool, ..)| pool)
    }

    /// Notes a fact of this pool.
    pub fn note(&mut self, fact: &Fact) {
        let Some((_, worker, stage)) = moved(fact) else { return };
        let place = worker as usize;
        if place >= self.stages.len() {
            self.stages.resize(place + 1, Stage::Apart);
        }
        let before = std::mem::replace(&mut self.stages[place], stage);
        if let Some(count) = self.count(before) {
            *count -= 1;
        }
        if let Some(count) = self.count(stage) {
            *count += 1;
        }
    }

    fn count(&mut self, stage: Stage) -> Option<&mut u32> {
        match stage {
            Stage::Apart => None,
            Stage::Coming => Some(&mut self.coming),
            Stage::Serving => Some(&mut self.serving),
            Stage::Failed => Some(&mut self.failed),
        }
    }
}

impl Footprint for Staff {
    fn footprint(&self) -> u64 {
        self.stages.footprint()
    }
}

fn moved(fact: &Fact) -> Option<(NodeId, u32, Stage)> {
    match *fact {
        Fact::Launched { pool, worker } | Fact::Woken { pool, worker, .. } => Some((pool, worker, Stage::Coming)),
        Fact::Ready { pool, worker } | Fact::Repaired { pool, worker } => Some((pool, worker, Stage::Serving)),
        Fact::Failed { pool, worker } => Some((pool, worker, Stage::Failed)),
        Fact::Warming { pool, worker }
        | Fact::Stopped { pool, worker }
        | Fact::Draining { pool, worker }
        | Fact::Reclaimed { pool, worker }
        | Fact::Gone { pool, worker } => Some((pool, worker, Stage::Apart)),
        _ => None,
    }
}
