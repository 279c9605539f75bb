//! The life of workers: asked for, running, in service, draining, gone.

use crate::cloud::event::Event;
use crate::cloud::fact::{Fact, Loss};
use crate::cloud::node::{Lines, Phase};
use crate::cloud::request::NONE;
use crate::cloud::scaling::Scaling;
use crate::cloud::topology::{Held, Initially, NoWorker, NodeId};
use crate::cloud::world::{Alarm, World};
use crate::engine::{Context, Observer};
use crate::ground::chance::below;
use crate::ground::time::Span;

/// Whether a worker counts as one of those that are wanted.
pub(super) fn is_wanted(phase: Phase) -> bool {
    !matches!(phase, Phase::Draining | Phase::Gone)
}

impl World<'_> {
    /// The workers that are there at the start, or asked for then.
    pub(super) fn first_workers<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId) {
        let plan = self.pool(id).plan;
        let workers = plan.workers.unwrap_or(1);
        self.pool_mut(id).levels.desired.set(cx.now(), u64::from(workers));
        for _ in 0..workers {
            match plan.initially {
                Initially::Launched => self.launch(cx, id),
                Initially::Ready => {
                    let index = self.pool_mut(id).launch();
                    let number = self.pool(id).workers[index as usize].number;
                    cx.tell(Fact::Launched { pool: id, worker: number });
                    let size = self.kind_of(id, index);
                    self.settles_in(id, index);
                    self.pool_mut(id).workers[index as usize].ran = cx.now();
                    cx.tell(Fact::Running { pool: id, worker: number, size });
                    self.lease_starts(cx, id, index);
                    self.comes_into_service(cx, id, index);
                }
            }
        }
        if let Scaling::Timetable(entries) = &plan.scaling
            && let Some(first) = entries.first()
        {
            cx.plan(first.at, Event::Timetable { pool: id, line: 0 });
        }
        self.first_growth(cx, id);
        self.plans_check_up(cx, id);
    }

    /// Asks for a worker.
    fn launch<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId) {
        let now = cx.now();
        let pool = self.pool_mut(id);
        let index = pool.launch();
        self.kind_of(id, index);
        self.settles_in(id, index);
        let pool = self.pool_mut(id);
        let number = pool.workers[index as usize].number;
        pool.levels.pending.up(now);
        let pending = pool.plan.life.pending.sample(&mut pool.key.named("pending").draw(u64::from(number)));
        cx.tell(Fact::Launched { pool: id, worker: number });
        if pending == 0 {
            self.machine_runs(cx, id, number);
        } else {
            cx.plan(now + Span::from_nanos(pending), Event::Run { pool: id, worker: number });
        }
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
        if !matches!(worker.phase, Phase::Pending | Phase::Changing) {
            return;
        }
        let returns = worker.phase == Phase::Changing;
        worker.phase = Phase::Booting;
        worker.ran = now;
        let size = worker.size;
        pool.stirred = now;
        pool.leaving -= u32::from(returns);
        pool.settle();
        pool.levels.pending.down(now);
        pool.levels.booting.up(now);
        // Each start of the same machine draws anew.
        let key = pool.key.named("boot").nth(u64::from(size));
        let boot = pool.plan.life.boot.sample(&mut key.draw(u64::from(number)));
        cx.tell(Fact::Running { pool: id, worker: number, size });
        self.lease_starts(cx, id, index);
        if boot == 0 {
            self.worker_booted(cx, id, number);
        } else {
            cx.plan(now + Span::from_nanos(boot), Event::Boot { pool: id, worker: number });
        }
    }

    /// A worker has booted.
    pub(super) fn worker_booted<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, number: u32) {
        let pool = self.pool_mut(id);
        let Some(index) = pool.numbered(number) else { return };
        if pool.workers[index as usize].phase != Phase::Booting {
            return;
        }
        pool.levels.booting.down(cx.now());
        self.comes_into_service(cx, id, index);
        self.catch_up(cx, id);
    }

    fn comes_into_service<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32) {
        let pool = self.pool_mut(id);
        pool.open(index, cx.now());
        let number = pool.workers[index as usize].number;
        if let Some(registry) = &mut pool.registry {
            let others = pool.workers.iter().filter(|other| other.phase == Phase::Ready && other.number != number);
            registry.enters(number, others.map(|other| other.number), cx.now());
        }
        cx.tell(Fact::Ready { pool: id, worker: number });
        self.notes_absence(cx, id);
        self.clocks_start(cx, id, index);
        if !self.zones_out.is_empty() {
            self.meets_its_zone(cx, id, index);
        }
        self.rouse(id);
    }

    /// So many workers are wanted from now on.
    pub(super) fn want<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, wanted: u32) {
        let now = cx.now();
        let pool = self.pool_mut(id);
        pool.levels.desired.set(now, u64::from(wanted));
        let lag = match &pool.plan.scaling {
            Scaling::Group(group) => {
                pool.decisions += 1;
                group.lag.sample(&mut pool.key.named("lag").draw(pool.decisions))
            }
            Scaling::Fixed | Scaling::Timetable(_) | Scaling::Vertical(_) => 0,
        };
        if lag == 0 {
            return self.reconcile(cx, id);
        }
        cx.plan(now + Span::from_nanos(lag), Event::Reconcile { pool: id });
    }

    /// Those who count as wanted, the newest first. A group that rebalances does not count on who will be taken.
    pub(super) fn living(&self, id: NodeId) -> Vec<u32> {
        let rebalances = self.care_of(id).rebalance;
        self.pool(id).newest_first(|phase| is_wanted(phase) && !(rebalances && phase == Phase::Noticed)).collect()
    }

    /// The number of workers becomes what is wanted.
    pub(super) fn reconcile<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId) {
        let pool = self.pool(id);
        let wanted = pool.levels.desired.level() as u32;
        let have = self.living(id).len() as u32;
        for _ in have..wanted {
            self.launch(cx, id);
        }
        self.dismisses(cx, id, have.saturating_sub(wanted));
    }

    /// A worker is to go.
    pub(super) fn retire<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32, held: Held) {
        let now = cx.now();
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
                self.gone(cx, id, index);
                self.notes_absence(cx, id);
            }
            Phase::Noticed => {
                self.pool_mut(id).workers[index as usize].phase = Phase::Draining;
                if held != Held::Finish {
                    self.empty(cx, id, index, held, Loss::Stopped);
                }
                self.goes_if_done(cx, id, index);
            }
            Phase::Draining | Phase::Gone => (),
        }
    }

    /// Everything that a worker holds is interrupted, and its own line with it.
    pub(super) fn empty<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: NodeId,
        index: u32,
        held: Held,
        why: Loss,
    ) {
        let slots = self.pool(id).slots_range(index);
        self.interrupt_all(cx, id, slots, held, why);
        if let Lines::Each(_) = self.pool(id).lines {
            self.line_dies(cx, id, index, why);
        }
    }

    /// The work in some slots is interrupted. Each goes to the head of the line, so the latest begun goes first: the
    /// earliest begun then stands before all.
    pub(super) fn interrupt_all<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: NodeId,
        slots: std::ops::Range<u32>,
        held: Held,
        why: Loss,
    ) {
        let pool = self.pool(id);
        let mut taken: Vec<u32> = slots.filter(|&slot| pool.slots[slot as usize].job != NONE).collect();
        if !matches!(held, Held::Finish | Held::Lost) {
            taken.sort_by_key(|&slot| std::cmp::Reverse((self.jobs[pool.slots[slot as usize].job].since, slot)));
        }
        for slot in taken {
            let job = self.pool(id).slots[slot as usize].job;
            match &self.pool(id).hands {
                _ if job == NONE => (),
                Some(_) => self.interrupt_hand(cx, id, slot, held, why),
                None => self.interrupt(cx, job, held, why),
            }
        }
    }

    /// A worker that drains and holds nothing any more goes.
    pub(super) fn goes_if_done<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32) {
        let now = cx.now();
        let pool = self.pool_mut(id);
        let worker = pool.workers[index as usize];
        let own_line = match &pool.lines {
            Lines::Shared(_) => 0,
            Lines::Each(lines) => lines[index as usize].waiting(),
        };
        let kept = pool.registry.as_ref().is_some_and(|registry| registry.keeps(worker.number));
        if worker.phase == Phase::Draining && own_line == 0 && pool.is_empty(index) && !kept {
            pool.levels.draining.down(now);
            self.gone(cx, id, index);
        }
    }

    /// A worker is gone.
    pub(super) fn gone<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32) {
        let pool = self.pool_mut(id);
        let number = pool.workers[index as usize].number;
        pool.stirred = cx.now();
        if let Some(registry) = &mut pool.registry {
            registry.lets_go(number);
        }
        pool.forget(index);
        cx.tell(Fact::Gone { pool: id, worker: number });
        self.clocks_end(id, number);
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
