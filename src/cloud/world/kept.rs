//! Environments that are kept ready: as many as are wanted, some time after that was decided.

use crate::cloud::fact::Fact;
use crate::cloud::node::Rest;
use crate::cloud::scaling::Capacity;
use crate::cloud::topology::{Function, NodeId};
use crate::cloud::world::{Alarm, World};
use crate::engine::{Context, Observer};
use crate::ground::time::{SimTime, Span};

impl World<'_> {
    /// A worker that serves from now on is an environment that is kept ready, if its pool is a function.
    pub(super) fn keeps_ready(&mut self, id: NodeId, index: u32, now: SimTime) {
        let pool = self.pool_mut(id);
        let number = pool.workers[index as usize].number;
        if let Some(environments) = &mut pool.environments {
            environments.is_born(index, number, true, now);
        }
    }

    /// So many environments are to be kept ready. Those that are too many are so no longer at once; those that lack are
    /// ready together, once all are (AWS Lambda developer guide, *Configuring provisioned concurrency*).
    pub(super) fn wants_kept<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, wanted: u32) {
        let now = cx.now();
        cx.tell(Fact::Kept { function: id, environments: wanted });
        let kept = &mut self.environments(id).kept;
        kept.wanted = wanted;
        kept.changes += 1;
        let (changes, there) = (kept.changes, kept.there() as u32);
        for _ in wanted..there {
            if let Some(index) = self.environments(id).keeps_one_less(now) {
                self.goes_or_stays(cx, id, index, Rest::Gone);
            }
        }
        if there < wanted {
            let key = self.pool(id).key.named("allocation");
            let law = &self.environments(id).plan.allocation;
            let takes = Span::from_nanos(law.sample(&mut key.draw(changes))) + Function::allocates(wanted - there);
            self.set_alarm(cx, takes, Alarm::Allocated { function: id, environments: wanted });
        }
    }

    /// So many environments are ready, as far as they are still wanted.
    pub(super) fn are_allocated<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, environments: u32) {
        let kept = &self.environments(id).kept;
        let more = environments.min(kept.wanted).saturating_sub(kept.there() as u32);
        let mut spread = self.spread(id);
        for _ in 0..more {
            self.pool_mut(id).levels.desired.up(cx.now());
            self.begins_ready(cx, id, &mut spread);
        }
    }

    /// What a controller that decides how many are kept ready sees of them; `None` where the node is no function.
    pub(super) fn kept_of(&self, id: NodeId) -> Option<Capacity> {
        let kept = &self.pool(id).environments.as_ref()?.kept;
        let there = kept.there() as u32;
        Some(Capacity {
            desired: kept.wanted,
            in_service: there,
            warm: there,
            coming: kept.wanted.saturating_sub(there),
            terminating: 0,
            settled: None,
        })
    }
}
