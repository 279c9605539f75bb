//! A group looks after its machines: those that have failed, and those that are too old, are replaced.

use crate::cloud::event::Event;
use crate::cloud::fact::Fact;
use crate::cloud::node::{Phase, Worker};
use crate::cloud::scaling::{Care, Scaling};
use crate::cloud::topology::NodeId;
use crate::cloud::world::World;
use crate::engine::{Context, Observer};

impl World<'_> {
    /// How a pool's group looks after its machines; not at all, where it is no group.
    pub(super) fn care_of(&self, id: NodeId) -> Care {
        match &self.pool(id).plan.scaling {
            Scaling::Group(group) => group.care,
            Scaling::Fixed | Scaling::Timetable(_) | Scaling::Vertical(_) => Care::default(),
        }
    }

    /// Plans when a group next looks after its machines.
    pub(super) fn plans_check_up<O>(&mut self, cx: &mut Context<'_, O>, id: NodeId) {
        if let Some(every) = self.care_of(id).every {
            cx.plan(cx.now() + every, Event::CheckUp { pool: id });
        }
    }

    /// A group replaces machines that have failed or are too old: it lets them go first and then asks for others, at
    /// most a tenth of what is wanted at a time, one at the least (EC2 Auto Scaling user guide, Health checks and
    /// Replace instances based on maximum instance lifetime). Protection does not keep them.
    pub(super) fn checks_up<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId) {
        let now = cx.now();
        self.plans_check_up(cx, id);
        let Care { grace, max_lifetime, .. } = self.care_of(id);
        let pool = self.pool(id);
        let ill =
            |worker: Worker| worker.phase == Phase::Failed && grace.is_some_and(|grace| worker.since + grace <= now);
        let old = |worker: Worker| {
            worker.phase == Phase::Ready
                && max_lifetime.is_some_and(|most| worker.ran <= now && worker.ran + most <= now)
        };
        let coming = pool.levels.pending.level() + pool.levels.booting.level();
        let most = (pool.levels.desired.level() / 10).max(1).saturating_sub(coming) as usize;
        let mut going: Vec<u32> = pool.newest_first(|phase| matches!(phase, Phase::Ready | Phase::Failed)).collect();
        going.retain(|&index| ill(pool.workers[index as usize]) || old(pool.workers[index as usize]));
        // The ill before the old, and of each the oldest first.
        going.reverse();
        going.sort_by_key(|&index| !ill(pool.workers[index as usize]));
        going.truncate(most);
        let held = pool.plan.scale_in.held;
        for &index in &going {
            self.retire(cx, id, index, held);
        }
        if !going.is_empty() {
            self.reconcile(cx, id);
        }
    }
}
