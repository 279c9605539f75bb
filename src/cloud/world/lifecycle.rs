//! Lifecycle hooks and warm pools: what lies between booting and serving, and between the last work and the end.

use crate::cloud::event::Event;
use crate::cloud::fact::Fact;
use crate::cloud::node::{Phase, Worker};
use crate::cloud::scaling::{Rest, Wait, WarmPool};
use crate::cloud::topology::{Initially, NodeId};
use crate::cloud::world::World;
use crate::cloud::world::happenings::InstanceState;
use crate::engine::{Context, Observer};
use crate::ground::time::{SimTime, Span};

/// No wait at all.
const NONE: Wait = Wait { lasts: Span::ZERO, abandoned: false };

impl<'a> World<'a> {
    /// How the hook of a launch is waited for, that now begins.
    pub(super) fn waits_for_launch(&self, now: SimTime, id: NodeId, number: u32) -> Wait {
        let pool = self.pool(id);
        let hook = pool.plan.scaling.group().and_then(|group| group.hooks.launching.as_ref());
        hook.map_or(NONE, |hook| {
            let key = pool.key.named("launching").nth(now.nanos());
            hook.wait(Span::from_nanos(hook.takes.sample(&mut key.draw(u64::from(number)))))
        })
    }

    /// Whether something is done with machines before they go.
    pub(super) fn has_terminating_hook(&self, id: NodeId) -> bool {
        self.pool(id).plan.scaling.group().is_some_and(|group| group.hooks.terminating.is_some())
    }

    /// A worker that holds nothing any more goes, once the hook of its group is done with it. Whatever the hook's result, it
    /// goes (EC2 Auto Scaling user guide, How lifecycle hooks work).
    pub(super) fn departs<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32) {
        let now = cx.now();
        let pool = self.pool_mut(id);
        if pool.once {
            // Nothing comes in the place of a job that has ended.
            let desired = pool.levels.desired.level();
            pool.levels.desired.set(now, desired.saturating_sub(1));
        }
        let hook = pool.plan.scaling.group().and_then(|group| group.hooks.terminating.as_ref());
        let number = pool.workers[index as usize].number;
        let wait = hook.map_or(Span::ZERO, |hook| {
            let key = pool.key.named("terminating").nth(now.nanos());
            hook.wait(Span::from_nanos(hook.takes.sample(&mut key.draw(u64::from(number))))).lasts
        });
        if wait == Span::ZERO {
            return self.ends(cx, id, index);
        }
        let pool = self.pool_mut(id);
        pool.passes_on(index, Phase::Leaving);
        pool.workers[index as usize].until = now + wait;
        cx.plan(now + wait, Event::Vanish { pool: id, worker: number });
    }

    /// A worker that went has ended: it is gone, or lies down in the warm pool.
    fn ends<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32) {
        self.pool_mut(id).levels.draining.down(cx.now());
        if self.lacks_warm(id) && self.pool(id).workers[index as usize].ills == 0 {
            return self.lies_down(cx, id, index);
        }
        self.gone(cx, id, index);
    }

    /// A stage of a worker's life is over that was planned to end now.
    pub(super) fn stage_is_over<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32) {
        let Worker { phase, until, .. } = self.pool(id).workers[index as usize];
        match phase {
            Phase::Leaving if until <= cx.now() => self.ends(cx, id, index),
            Phase::Preparing if until <= cx.now() => self.is_stopped(cx, id, index),
            Phase::Stopping if until <= cx.now() => self.has_stopped(cx, id, index),
            _ => {}
        }
    }

    fn warm_pool(&self, id: NodeId) -> Option<&'a WarmPool> {
        self.pool(id).plan.scaling.warm_pool()
    }

    /// How many machines lie in the warm pool or are on their way there, and how many it should have.
    fn warm(&self, id: NodeId) -> (u32, u32) {
        let pool = self.pool(id);
        let (Some(plan), Some(group)) = (self.warm_pool(id), pool.plan.scaling.group()) else { return (0, 0) };
        let max = self.bounds_of(id).map_or(group.max, |bounds| bounds.max);
        (pool.levels.warm.level() as u32, plan.machines(pool.levels.desired.level() as u32, max))
    }

    /// Whether a machine that is let go may lie down in the warm pool.
    fn lacks_warm(&self, id: NodeId) -> bool {
        let (have, wanted) = self.warm(id);
        have < wanted && self.warm_pool(id).is_some_and(|plan| plan.reuse)
    }

    /// The warm pool at the start: it lies ready where the first workers serve, else it is asked for with them.
    pub(super) fn first_warm<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, spread: &mut [u32]) {
        let Some(plan) = self.warm_pool(id) else { return };
        if self.pool(id).plan.initially == Initially::Launched {
            return self.tends_warm_pool(cx, id);
        }
        let now = cx.now();
        for _ in 0..self.warm(id).1 {
            let pool = self.pool_mut(id);
            let index = pool.launch();
            pool.levels.warm.up(now);
            let worker = &mut pool.workers[index as usize];
            (worker.phase, worker.ran) = (Phase::Warm, now);
            let number = worker.number;
            self.settles_in(id, index, spread);
            cx.tell(Fact::Launched { pool: id, worker: number });
            cx.tell(Fact::Warming { pool: id, worker: number });
            cx.tell(match plan.state {
                Rest::Running => Fact::Running { pool: id, worker: number, size: 0 },
                Rest::Stopped | Rest::Hibernated => Fact::Stopped { pool: id, worker: number },
            });
        }
    }

    /// The warm pool gets what it lacks, or lets go what it has too many of, the newest first. Machines that will lie down
    /// in it when they have gone are counted.
    pub(super) fn tends_warm_pool<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId) {
        let Some(plan) = self.warm_pool(id) else { return };
        let (have, wanted) = self.warm(id);
        let returning = |phase| plan.reuse && matches!(phase, Phase::Draining | Phase::Leaving);
        let returning = self.pool(id).newest_first(returning).count() as u32;
        if have + returning < wanted {
            let mut spread = self.spread(id);
            let mut denied = false;
            (have + returning..wanted).for_each(|_| denied |= !self.prepares(cx, id, &mut spread));
            if denied {
                self.tries_again_later(cx, id, true);
            }
        }
        let lies = |phase| matches!(phase, Phase::Preparing | Phase::Warm);
        let many: Vec<u32> = self.pool(id).newest_first(lies).take(have.saturating_sub(wanted) as usize).collect();
        for index in many {
            self.pool_mut(id).levels.warm.down(cx.now());
            self.gone(cx, id, index);
        }
    }

    /// A machine is launched for the warm pool, if it can be.
    fn prepares<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, spread: &mut [u32]) -> bool {
        let now = cx.now();
        let index = self.pool_mut(id).launch();
        self.settles_in(id, index, spread);
        let Some(turn) = self.asks_account(now, id, index, spread) else {
            self.takes_launch_back(id, index, spread);
            return false;
        };
        let pool = self.pool_mut(id);
        pool.passes_on(index, Phase::Preparing);
        pool.levels.warm.up(now);
        let number = pool.workers[index as usize].number;
        let pending = pool.plan.life.pending.sample(&mut pool.key.named("pending").draw(u64::from(number)));
        cx.tell(Fact::Launched { pool: id, worker: number });
        self.tells_of_launch(cx, id, number);
        cx.tell(Fact::Warming { pool: id, worker: number });
        cx.plan(now + turn + Span::from_nanos(pending), Event::Run { pool: id, worker: number });
        true
    }

    /// A machine of the warm pool has booted, and the hook is done with it; or its group has waited for it in vain.
    pub(super) fn is_prepared<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: NodeId,
        index: u32,
        doomed: bool,
    ) {
        if doomed {
            self.pool_mut(id).levels.warm.down(cx.now());
            self.gone(cx, id, index);
            return self.tends_warm_pool(cx, id);
        }
        self.is_laid_down(cx, id, index);
    }

    /// A machine that served lies down in the warm pool.
    fn lies_down<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32) {
        let now = cx.now();
        let pool = self.pool_mut(id);
        pool.passes_on(index, Phase::Preparing);
        pool.levels.warm.up(now);
        pool.stirred = now;
        let worker = &mut pool.workers[index as usize];
        (worker.woken, worker.spare, worker.frozen) = (false, false, false);
        let number = worker.number;
        if let Some(registry) = &mut pool.registry {
            registry.lets_go(number);
        }
        cx.tell(Fact::Warming { pool: id, worker: number });
        self.is_laid_down(cx, id, index);
    }

    /// A machine that runs is put into the state in which those of the warm pool lie. While it stops nobody pays for it,
    /// unless its memory is written to its volume.
    fn is_laid_down<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32) {
        let Some(plan) = self.warm_pool(id) else { return };
        if plan.state == Rest::Running {
            return self.pool_mut(id).passes_on(index, Phase::Warm);
        }
        let now = cx.now();
        let pool = self.pool_mut(id);
        let number = pool.workers[index as usize].number;
        let key = pool.key.named("lies-down").nth(now.nanos());
        let stopping = Span::from_nanos(pool.plan.life.stopping.sample(&mut key.draw(u64::from(number))));
        pool.workers[index as usize].until = now + stopping;
        self.instance_is(cx, id, number, InstanceState::Stopping);
        if plan.state == Rest::Stopped {
            cx.tell(Fact::Stopped { pool: id, worker: number });
        }
        cx.plan(now + stopping, Event::Vanish { pool: id, worker: number });
    }

    fn is_stopped<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32) {
        let number = self.pool(id).workers[index as usize].number;
        if self.warm_pool(id).is_some_and(|plan| plan.state == Rest::Hibernated) {
            cx.tell(Fact::Stopped { pool: id, worker: number });
        }
        self.pool_mut(id).passes_on(index, Phase::Warm);
        self.instance_is(cx, id, number, InstanceState::Stopped);
    }

    /// A machine is called from the warm pool, of the zone with the fewest the oldest. False where none lies there.
    pub(super) fn wakes_one<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: NodeId,
        spread: &mut [u32],
    ) -> bool {
        let Some(plan) = self.warm_pool(id) else { return false };
        let pool = self.pool(id);
        let zone_of = |index: u32| usize::from(pool.workers[index as usize].zone);
        let lying = pool.newest_first(|phase| phase == Phase::Warm).filter(|&index| !self.is_zone_out(zone_of(index)));
        let few = |index: u32| (spread.get(zone_of(index)).copied().unwrap_or(0), pool.workers[index as usize].number);
        let Some(index) = lying.min_by_key(|&index| few(index)) else { return false };
        let (now, zone) = (cx.now(), zone_of(index));
        if let Some(living) = spread.get_mut(zone) {
            *living += 1;
        }
        let runs = plan.state == Rest::Running;
        let pool = self.pool_mut(id);
        pool.levels.warm.down(now);
        pool.workers[index as usize].woken = true;
        let number = pool.workers[index as usize].number;
        cx.tell(Fact::Woken { pool: id, worker: number, runs });
        if runs {
            pool.passes_on(index, Phase::Booting);
            pool.levels.booting.up(now);
            let boot = self.boot_of_woken(now, id, number);
            self.boots(cx, id, index, boot);
            return true;
        }
        let law = plan.pending.as_ref().unwrap_or(&pool.plan.life.pending);
        let pending = law.sample(&mut pool.key.named("wakes").nth(now.nanos()).draw(u64::from(number)));
        self.comes_again(cx, id, index, Span::from_nanos(pending));
        true
    }

    /// How long a machine takes until it can serve that comes from the warm pool, or that somebody has started again.
    pub(super) fn boot_of_woken(&self, now: SimTime, id: NodeId, number: u32) -> Span {
        let pool = self.pool(id);
        let halted = pool.numbered(number).is_some_and(|index| pool.workers[index as usize].halted);
        let law = match self.warm_pool(id).filter(|_| !halted).map(|plan| (&plan.boot, plan.state)) {
            Some((Some(law), _)) => law,
            None | Some((None, Rest::Stopped)) => &pool.plan.life.boot,
            Some((None, Rest::Running | Rest::Hibernated)) => return Span::ZERO,
        };
        let key = pool.key.named("boot").named("woken").nth(now.nanos());
        Span::from_nanos(law.sample(&mut key.draw(u64::from(number))))
    }
}
