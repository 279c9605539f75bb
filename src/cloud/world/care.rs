//! A group looks after its machines: those that have failed, and those that are too old, are replaced.

use crate::cloud::event::Event;
use crate::cloud::fact::Fact;
use crate::cloud::node::{Phase, Worker};
use crate::cloud::scaling::{Care, Health, Sees};
use crate::cloud::topology::NodeId;
use crate::cloud::world::World;
use crate::engine::{Context, Observer};
use crate::ground::time::{SimTime, Span};

impl World<'_> {
    /// How a pool's group looks after its machines; not at all, where it is no group.
    pub(super) fn care_of(&self, id: NodeId) -> Care {
        self.pool(id).plan.scaling.group().map_or(Care::default(), |group| group.care)
    }

    /// Plans when a group next looks after its machines, if there can ever be anything to look for.
    pub(super) fn plans_check_up<O>(&mut self, cx: &mut Context<'_, O>, id: NodeId) {
        let care = self.care_of(id);
        let checked = self.pool(id).registry.as_ref().is_some_and(|registry| registry.check.is_some());
        let sees_all = checked && care.health.is_some_and(|health| health.sees == Sees::Workers);
        let troubled = || self.faults.iter().any(|trouble| sees_all || trouble.fault.what.hits_workers_of(id));
        let uneven = || care.zone_rebalance && (self.pool(id).plan.scale_in.protect || troubled());
        if let Some(every) = care.every
            && (care.max_lifetime.is_some() || care.health.is_some() && troubled() || uneven())
        {
            cx.plan(cx.now() + every, Event::CheckUp { pool: id });
        }
    }

    /// A group replaces machines that have failed or are too old: it lets them go first and then asks for others, at
    /// most a tenth of what is wanted at a time, one at the least, those included that are not yet warm (EC2 Auto Scaling
    /// user guide, Health checks and Replace instances based on maximum instance lifetime). Protection does not keep them.
    pub(super) fn checks_up<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId) {
        let now = cx.now();
        self.plans_check_up(cx, id);
        let care = self.care_of(id);
        let levels = &self.pool(id).levels;
        let (desired, ready) = (levels.desired.level() as u32, levels.ready.level() as u32);
        let tenth = (desired / 10).max(1);
        let mut going = self.due_to_go(id, now);
        // Some have their successors already, or these are on their way; and some go before theirs are asked for.
        let (more, fewer) = match care.maintenance {
            Some(maintenance) => {
                let (fewest, most) = maintenance.bounds(desired);
                let spares = self.spares(id);
                let waiting = going.len() as u32 - spares.min(going.len() as u32);
                let more = most.saturating_sub(self.living(id).len() as u32).min(waiting);
                (more, ready.saturating_sub(fewest).min(waiting - more))
            }
            None => (0, tenth.saturating_sub(self.on_their_way(id, now))),
        };
        going.truncate(fewer as usize);
        let held = self.pool(id).plan.scale_in.held;
        for &index in &going {
            self.retire(cx, id, index, held);
        }
        if !going.is_empty() {
            self.replaces(id);
            self.reconcile(cx, id);
        }
        if more > 0 {
            self.launches_spares(cx, id, more);
        } else if going.is_empty() && care.zone_rebalance {
            self.evens_out(cx, id, tenth);
        }
    }

    /// The workers of a group that have failed, as it sees them, and then those that are too old, of each the oldest first.
    pub(super) fn due_to_go(&self, id: NodeId, now: SimTime) -> Vec<u32> {
        let (care, pool) = (self.care_of(id), self.pool(id));
        let checks = pool.registry.as_ref().filter(|registry| registry.check.is_some());
        let ill = |worker: Worker| match (care.health, checks) {
            // Who is checked by a balancer is what that takes it for.
            (Some(Health { sees: Sees::Workers, grace, .. }), Some(registry)) => {
                worker.since + grace <= now && registry.is_unwell(worker.number)
            }
            (Some(health), _) => worker.phase == Phase::Failed && health.is_ill(worker, now),
            (None, _) => false,
        };
        let old = |worker: Worker| {
            worker.phase == Phase::Ready
                && care.max_lifetime.is_some_and(|most| worker.ran <= now && worker.ran + most <= now)
        };
        let mut due: Vec<u32> = pool.newest_first(|phase| matches!(phase, Phase::Ready | Phase::Failed)).collect();
        due.retain(|&index| ill(pool.workers[index as usize]) || old(pool.workers[index as usize]));
        due.reverse();
        due.sort_by_key(|&index| !ill(pool.workers[index as usize]));
        due
    }

    /// Workers that were asked for and are not yet in service, or not yet warm.
    fn on_their_way(&self, id: NodeId, now: SimTime) -> u32 {
        let pool = self.pool(id);
        let coming = (pool.levels.pending.level() + pool.levels.booting.level()) as u32;
        let warm_up = pool.plan.scaling.group().and_then(|group| group.warm_up).unwrap_or(Span::ZERO);
        coming + pool.levels.ready.level() as u32 - pool.warm(warm_up, now)
    }

    /// A group whose zones have come to differ launches where there are too few, and lets as many go of the fullest zone
    /// once these are in service. It may have a tenth more than its most meanwhile, or one (EC2 Auto Scaling user guide,
    /// Rebalancing activities). Only while nothing else is under way.
    fn evens_out<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, tenth: u32) {
        let Some(group) = self.pool(id).plan.scaling.group() else { return };
        let levels = &self.pool(id).levels;
        let (desired, draining) = (levels.desired.level() as u32, levels.draining.level());
        if draining > 0 || self.on_their_way(id, cx.now()) > 0 || self.living(id).len() as u32 != desired {
            return;
        }
        let above = (group.max + (group.max / 10).max(1)).saturating_sub(desired);
        let spares = self.unevenness(id, tenth.min(above));
        self.launches_spares(cx, id, spares);
    }
}

impl Health {
    /// Whether a worker that is down is replaced: for some time, in service for some time before, or with its machine.
    fn is_ill(self, worker: Worker, now: SimTime) -> bool {
        let long_enough = worker.down + self.patience <= now;
        match self.sees {
            Sees::Machines => worker.machine_ills > 0 && long_enough,
            Sees::Workers => worker.since + self.grace <= now && long_enough,
        }
    }
}
