//! The life of workers: asked for, running, in service, draining, gone.

use crate::cloud::event::Event;
use crate::cloud::fact::{Fact, Loss};
use crate::cloud::node::{Lines, Phase, Worker};
use crate::cloud::scaling::Scaling;
use crate::cloud::topology::{Held, Initially, NoWorker, NodeId};
use crate::cloud::world::{Alarm, Move, World};
use crate::engine::{Context, Observer};
use crate::ground::chance::below;
use crate::ground::time::{SimTime, Span};

/// Whether a worker counts as one of those that are wanted.
pub(super) fn is_wanted(phase: Phase) -> bool {
    !matches!(phase, Phase::Draining | Phase::Leaving | Phase::Preparing | Phase::Warm | Phase::Gone)
}

impl World<'_> {
    /// The workers that are there at the start, or asked for then.
    pub(super) fn first_workers<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId) {
        let plan = self.pool(id).plan;
        let workers = plan.workers.unwrap_or(1);
        self.pool_mut(id).levels.desired.set(cx.now(), u64::from(workers));
        let mut spread = self.spread(id);
        if plan.initially == Initially::Launched {
            self.launches(cx, id, workers, &mut spread);
        } else {
            for _ in 0..workers {
                self.begins_ready(cx, id, &mut spread);
            }
        }
        self.first_stopped(cx, id, &mut spread);
        if let Some(group) = plan.scaling.group()
            && group.desired != workers
        {
            self.pool_mut(id).levels.desired.set(cx.now(), u64::from(group.desired));
            self.reconcile(cx, id);
        }
        if let Scaling::Timetable(entries) = &plan.scaling
            && let Some(first) = entries.first()
        {
            cx.plan(first.at, Event::Timetable { pool: id, line: 0 });
        }
        self.first_growth(cx, id);
        self.first_warm(cx, id, &mut spread);
        self.plans_check_up(cx, id);
    }

    /// A worker serves from the start; a pod that no machine has room for waits for one.
    pub(super) fn begins_ready<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, spread: &mut [u32]) {
        let now = cx.now();
        let index = self.pool_mut(id).launch();
        let number = self.pool(id).workers[index as usize].number;
        let size = self.kind_of(id, index);
        self.settles_in(id, index, spread);
        let is_lodged = self.is_lodged_at_the_start(cx, id, index);
        if !is_lodged && self.tries_again(id) {
            self.takes_launch_back(id, index, spread);
            return self.tries_again_later(cx, id, true);
        }
        cx.tell(Fact::Launched { pool: id, worker: number });
        if !is_lodged {
            self.pool_mut(id).levels.pending.up(now);
            return self.waits_for_room(id, number);
        }
        self.pool_mut(id).workers[index as usize].ran = now;
        cx.tell(Fact::Running { pool: id, worker: number, size });
        self.lease_starts(cx, id, index);
        self.credits_begin(now, id, index);
        self.comes_into_service(cx, id, index);
        self.keeps_ready(id, index, now);
    }

    /// Asks for so many workers, of whom those come from the warm pool that can.
    pub(super) fn launches<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: NodeId,
        workers: u32,
        spread: &mut [u32],
    ) {
        let mut denied = false;
        for _ in 0..workers {
            if !self.wakes_one(cx, id, spread) {
                denied |= self.launch(cx, id, spread).is_none();
            }
        }
        self.tries_again_later(cx, id, denied);
    }

    /// Asks for a worker, who may serve at once; returns its number, unless it can't be launched.
    pub(super) fn launch<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: NodeId,
        spread: &mut [u32],
    ) -> Option<u32> {
        let (number, runs) = self.asks_for(cx, id, spread)?;
        match runs {
            Some(Span::ZERO) => self.machine_runs(cx, id, number),
            Some(after) => cx.plan(cx.now() + after, Event::Run { pool: id, worker: number }),
            None => {}
        }
        Some(number)
    }

    /// Asks for a worker; returns its number and after how long its machine runs, which of a pod its own machine decides.
    /// `None` where it can't be launched.
    pub(super) fn asks_for<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: NodeId,
        spread: &mut [u32],
    ) -> Option<(u32, Option<Span>)> {
        let now = cx.now();
        let pool = self.pool_mut(id);
        let index = pool.launch();
        self.kind_of(id, index);
        self.settles_in(id, index, spread);
        let Some(turn) = self.asks_account(now, id, index, spread) else {
            self.takes_launch_back(id, index, spread);
            return None;
        };
        let number = self.pool(id).workers[index as usize].number;
        if self.pool(id).plan.lodging.is_some() {
            if !self.is_lodged(cx, id, index) {
                self.takes_launch_back(id, index, spread);
                return None;
            }
            self.pool_mut(id).levels.pending.up(now);
            cx.tell(Fact::Launched { pool: id, worker: number });
            return Some((number, None));
        }
        let pool = self.pool_mut(id);
        pool.levels.pending.up(now);
        let pending = pool.plan.life.pending.sample(&mut pool.key.named("pending").draw(u64::from(number)));
        cx.tell(Fact::Launched { pool: id, worker: number });
        self.tells_of_launch(cx, id, number);
        Some((number, Some(Span::from_nanos(pending) + turn)))
    }

    /// Chooses what kind of machine a new worker has: On-Demand as long as there are fewer of them than must be, else
    /// Spot, of any of its types.
    fn kind_of(&mut self, id: NodeId, index: u32) -> u16 {
        let pool = self.pool(id);
        let Some(spot) = &pool.plan.spot else { return 0 };
        let first = pool.plan.first_spot();
        let counts = |&other: &u32| other != index;
        let others: Vec<u32> = pool.newest_first(is_wanted).filter(counts).collect();
        let paid_in_full = others.iter().filter(|&&other| !pool.is_spot(other)).count() as u32;
        let size = if paid_in_full < spot.on_demand(others.len() as u32 + 1) {
            0
        } else {
            let types = pool.sizes.len() as u64 - u64::from(first);
            let number = pool.workers[index as usize].number;
            first + below(&mut pool.key.named("type").draw(u64::from(number)), types) as u16
        };
        self.pool_mut(id).workers[index as usize].size = size;
        size
    }

    /// A machine that was asked for runs.
    pub(super) fn machine_runs<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, number: u32) {
        let now = cx.now();
        let pool = self.pool_mut(id);
        let Some(index) = pool.numbered(number) else { return };
        let worker = &mut pool.workers[index as usize];
        if !matches!(worker.phase, Phase::Pending | Phase::Changing | Phase::Preparing) {
            return;
        }
        worker.ran = now;
        let Worker { size, woken, halted, phase, .. } = *worker;
        if phase != Phase::Preparing {
            pool.stirred = now;
            pool.passes_on(index, Phase::Booting);
            pool.levels.pending.down(now);
            pool.levels.booting.up(now);
        }
        // Each start of the same machine draws anew.
        let key = pool.key.named("boot").nth(u64::from(size));
        let boot =
            if woken || halted { None } else { Some(pool.plan.life.boot.sample(&mut key.draw(u64::from(number)))) };
        cx.tell(Fact::Running { pool: id, worker: number, size });
        self.tells_of_running(cx, id, number);
        self.lease_starts(cx, id, index);
        self.credits_begin(now, id, index);
        let boot = boot.map_or_else(|| self.boot_of_woken(now, id, number), Span::from_nanos);
        let boot = boot + self.pulls_image(now, id, number);
        self.boots(cx, id, index, boot);
    }

    /// A machine boots for so long, and is then waited for by the hook of its group.
    pub(super) fn boots<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32, boot: Span) {
        let now = cx.now();
        let number = self.pool(id).workers[index as usize].number;
        let wait = self.waits_for_launch(now, id, number);
        let after = boot + wait.lasts;
        let worker = &mut self.pool_mut(id).workers[index as usize];
        worker.doomed = wait.abandoned;
        if worker.halted {
            // One that was stopped while it booted has an end of that before it which no longer counts.
            worker.until = now + after;
        }
        if after == Span::ZERO {
            self.worker_booted(cx, id, number);
        } else {
            cx.plan(now + after, Event::Boot { pool: id, worker: number });
        }
    }

    /// A worker has booted.
    pub(super) fn worker_booted<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, number: u32) {
        let pool = self.pool_mut(id);
        let Some(index) = pool.numbered(number) else { return };
        let Worker { phase, doomed, halted, until, .. } = pool.workers[index as usize];
        if phase == Phase::Preparing {
            return self.is_prepared(cx, id, index, doomed);
        }
        if phase != Phase::Booting || halted && until != cx.now() {
            return;
        }
        pool.levels.booting.down(cx.now());
        if doomed {
            // Its group has waited for it in vain, and asks for another.
            self.gone(cx, id, index);
            return self.reconcile(cx, id);
        }
        self.comes_into_service(cx, id, index);
        self.tells_of_service(cx, id, number);
        self.catch_up(cx, id);
    }

    fn comes_into_service<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32) {
        let pool = self.pool_mut(id);
        let was_halted = pool.workers[index as usize].halted;
        pool.open(index, cx.now());
        let number = pool.workers[index as usize].number;
        if pool.registry.is_some() {
            self.registers(cx, id, index);
        }
        cx.tell(Fact::Ready { pool: id, worker: number });
        if was_halted {
            self.serves_again(cx, id, index);
        }
        self.opens_to_pods(id, number, cx.now());
        self.has_patience(cx, id, number);
        self.notes_absence(cx, id);
        self.clocks_start(cx, id, index);
        if !self.reactors.is_empty() {
            self.comes_to_rest(id, index);
        }
        if !self.zones_out.is_empty() {
            self.meets_its_zone(cx, id, index);
        }
        self.rouse(id);
        if self.pool(id).workers[index as usize].spare {
            // Now one of the fullest zone may go.
            self.moves.push_back(Move::Dismiss { pool: id });
        }
    }

    /// So many workers are wanted from now on.
    pub(super) fn want<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, wanted: u32) {
        if self.is_function(id) {
            return self.wants_kept(cx, id, wanted);
        }
        let lag = self.wants(cx.now(), id, wanted);
        if lag == 0 {
            return self.reconcile(cx, id);
        }
        cx.plan(cx.now() + Span::from_nanos(lag), Event::Reconcile { pool: id });
    }

    /// Another number is wanted; returns how long it takes, in nanoseconds, until that is acted on.
    pub(super) fn wants(&mut self, now: SimTime, id: NodeId, wanted: u32) -> u64 {
        let pool = self.pool_mut(id);
        pool.levels.desired.set(now, u64::from(wanted));
        match &pool.plan.scaling {
            Scaling::Group(group) => {
                pool.decisions += 1;
                group.lag.sample(&mut pool.key.named("lag").draw(pool.decisions))
            }
            _ => 0,
        }
    }

    /// Those who count as wanted, the newest first. A group that rebalances does not count on who will be taken.
    pub(super) fn living(&self, id: NodeId) -> Vec<u32> {
        let rebalances = self.care_of(id).rebalance;
        let replaces = self.replaces_stopped(id);
        let counts = |phase| match phase {
            Phase::Noticed => !rebalances,
            Phase::Stopping | Phase::Stopped => !replaces,
            phase => is_wanted(phase),
        };
        let pool = self.pool(id);
        let mut living: Vec<u32> = pool.newest_first(counts).collect();
        if pool.halted > 0 {
            living.retain(|&index| !pool.workers[index as usize].is_parked());
        }
        living
    }

    /// The number of workers becomes what is wanted.
    pub(super) fn reconcile<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId) {
        self.gives_stopped_up(cx, id);
        let pool = self.pool(id);
        let living = self.living(id);
        let wanted = pool.levels.desired.level() as u32 + self.spares(id);
        // A job that works on what it took is one of them until it ends.
        let at_work = |phase| matches!(phase, Phase::Draining | Phase::Leaving);
        let at_work = if pool.once { pool.newest_first(at_work).count() } else { 0 };
        let have = (living.len() + at_work) as u32;
        if have < wanted {
            let mut spread = self.spread(id);
            self.launches(cx, id, wanted - have, &mut spread);
        }
        // Where nobody sees to the number, nobody has too many.
        let surplus = if let Scaling::Fixed = self.pool(id).plan.scaling { 0 } else { have.saturating_sub(wanted) };
        self.dismisses(cx, id, surplus);
        self.exchanges(cx, id);
        self.waits_for_protection(cx, id);
        self.tends_warm_pool(cx, id);
    }

    /// A group asks for more than it wants, each for the zone that has the fewest.
    pub(super) fn launches_spares<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, spares: u32) {
        let mut spread = self.spread(id);
        for _ in 0..spares {
            let Some(number) = self.launch(cx, id, &mut spread) else { return };
            let pool = self.pool_mut(id);
            if let Some(index) = pool.numbered(number) {
                pool.workers[index as usize].spare = true;
            }
        }
        // Some may need no time, and be in service already.
        self.moves.push_back(Move::Dismiss { pool: id });
    }

    /// A worker is to go.
    pub(super) fn retire<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32, held: Held) {
        let now = cx.now();
        if self.pool(id).workers[index as usize].halted {
            // What it kept for when it serves again.
            self.empty(cx, id, index, Held::Lost, Loss::Stopped);
        }
        let pool = self.pool_mut(id);
        match pool.workers[index as usize].phase {
            Phase::Pending | Phase::Changing => {
                pool.levels.pending.down(now);
                self.gone(cx, id, index);
            }
            Phase::Booting => {
                pool.levels.booting.down(now);
                self.gone(cx, id, index);
            }
            Phase::Stopping | Phase::Stopped => {
                pool.levels.off.down(now);
                self.gone(cx, id, index);
                self.notes_absence(cx, id);
            }
            Phase::Ready => {
                pool.shut(index, Phase::Draining, now);
                pool.levels.draining.up(now);
                pool.stirred = now;
                let number = pool.workers[index as usize].number;
                cx.tell(Fact::Draining { pool: id, worker: number });
                let stays = self.pool_mut(id).registry.as_mut().and_then(|registry| registry.leaves(number));
                if let Some(delay) = stays {
                    // Its balancer waits for what it holds, whatever becomes of the rest later.
                    self.set_alarm(cx, delay, Alarm::Deregistered { pool: id, worker: number });
                } else if held != Held::Finish {
                    self.empty(cx, id, index, held, Loss::Stopped);
                }
                if let Some(grace) = self.pool(id).plan.scale_in.grace {
                    self.pool_mut(id).workers[index as usize].until = now + grace;
                    cx.plan(now + grace, Event::Vanish { pool: id, worker: number });
                }
                self.goes_if_done(cx, id, index);
                self.line_without_workers(cx, id, Loss::Stopped);
                self.notes_absence(cx, id);
            }
            Phase::Failed => {
                // It can't end what it holds.
                let held = if held == Held::Finish { Held::Lost } else { held };
                self.empty(cx, id, index, held, Loss::Stopped);
                self.pool_mut(id).levels.failed.down(now);
                self.pool_mut(id).levels.draining.up(now);
                if self.has_terminating_hook(id) {
                    let number = self.pool(id).workers[index as usize].number;
                    cx.tell(Fact::Draining { pool: id, worker: number });
                }
                self.departs(cx, id, index);
                self.notes_absence(cx, id);
            }
            Phase::Noticed => {
                self.pool_mut(id).workers[index as usize].phase = Phase::Draining;
                if held != Held::Finish {
                    self.empty(cx, id, index, held, Loss::Stopped);
                }
                self.goes_if_done(cx, id, index);
            }
            Phase::Draining | Phase::Leaving | Phase::Preparing | Phase::Warm | Phase::Gone => (),
        }
    }

    /// A worker that drains and holds nothing any more goes.
    pub(super) fn goes_if_done<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32) {
        let pool = self.pool_mut(id);
        let worker = pool.workers[index as usize];
        let own_line = match &pool.lines {
            Lines::Shared(_) => 0,
            Lines::Each(lines) => lines[index as usize].waiting(),
        };
        let kept = || pool.registry.as_ref().is_some_and(|registry| registry.keeps(worker.number));
        let done = worker.phase == Phase::Draining && own_line == 0 && pool.is_empty(index);
        if done && !kept() && !pool.is_awaited(index) && !self.has_pods(id, worker.number) {
            self.departs(cx, id, index);
        }
    }

    /// A worker is gone.
    pub(super) fn gone<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32) {
        let pool = self.pool_mut(id);
        let Worker { number, halted, .. } = pool.workers[index as usize];
        pool.stirred = cx.now();
        let open = pool.is_open_to_all();
        if let Some(registry) = &mut pool.registry {
            registry.lets_go(number);
        }
        pool.forget(index);
        if pool.is_open_to_all() != open {
            pool.regards_all();
        }
        cx.tell(Fact::Gone { pool: id, worker: number });
        self.tells_of_end(cx, id, number);
        self.tagged.remove(&(id, number));
        self.clocks_end(id, number);
        self.moves_out(cx, id, number);
        if halted {
            // It was one of those that are down, even on its way back.
            self.notes_absence(cx, id);
        }
    }

    /// Where nobody is in service any more and the line stands inside the machines, it dies with the last of them.
    pub(super) fn line_without_workers<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, why: Loss) {
        let pool = self.pool(id);
        let shared = matches!(pool.lines, Lines::Shared(_));
        if shared && pool.levels.ready.level() == 0 && pool.plan.no_worker == NoWorker::Refuse {
            self.line_dies(cx, id, 0, why);
        }
    }
}
