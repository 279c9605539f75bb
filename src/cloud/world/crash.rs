//! Workers that fail and are mended: the software, not the machine, which stays and is paid for.

use crate::cloud::event::Event;
use crate::cloud::fact::{Fact, Loss};
use crate::cloud::node::{Lines, Phase, Worker};
use crate::cloud::topology::{Crash, Harm, Held, NodeId, When};
use crate::cloud::world::{Move, World};
use crate::engine::{Context, Observer};
use crate::ground::time::Span;

impl World<'_> {
    /// A scripted crash: the worker it names fails, or all of them.
    pub(super) fn crashes<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, fault: u16, crash: Crash, nth: u32) {
        let pool = self.pool(crash.pool);
        let mut hit: Vec<u32> =
            pool.newest_first(Phase::has_served).map(|index| pool.workers[index as usize].number).collect();
        hit.retain(|&number| crash.worker.is_none_or(|only| only == number));
        for number in hit.into_iter().rev() {
            self.worker_fails(cx, fault, crash.pool, number, nth);
        }
    }

    /// A worker fails. It is mended after a time, as soon as somebody is free to do it.
    pub(super) fn worker_fails<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        fault: u16,
        id: NodeId,
        number: u32,
        nth: u32,
    ) {
        let trouble = &self.faults[usize::from(fault)];
        let plan = trouble.fault;
        let Some(index) = self.pool(id).numbered(number) else { return };
        if !self.pool(id).workers[index as usize].phase.has_served() {
            return;
        }
        let lasts = plan.lasts.as_ref().map(|law| {
            let key = trouble.key.named("lasts").nth(u64::from(number));
            Span::from_nanos(law.sample(&mut key.draw(u64::from(nth))))
        });
        self.goes_down(cx, id, index, plan.held, plan.moves);
        let Some(lasts) = lasts else { return };
        let ward = &mut self.faults[usize::from(fault)].ward;
        let most = if let Harm::Crash(Crash { repairers: Some(most), .. }) = plan.what { most } else { u32::MAX };
        if ward.mending < most {
            ward.mending += 1;
            cx.plan(cx.now() + lasts, Event::Relieve { fault, worker: number });
        } else {
            ward.waiting.push_back((number, lasts));
        }
    }

    /// Something keeps a worker down: it takes no work, and what it holds meets its fate.
    pub(super) fn goes_down<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: NodeId,
        index: u32,
        held: Held,
        moves: bool,
    ) {
        let now = cx.now();
        let pool = self.pool_mut(id);
        let worker = &mut pool.workers[index as usize];
        let Worker { phase, number, .. } = *worker;
        worker.ills += 1;
        if worker.ills == 1 {
            worker.down = now;
            if phase == Phase::Ready {
                pool.shut(index, Phase::Failed, now);
                pool.levels.failed.up(now);
            }
            cx.tell(Fact::Failed { pool: id, worker: number });
        }
        self.checks_find(cx, id, index);
        let slots = self.pool(id).slots_range(index);
        match held {
            Held::Finish => {}
            Held::Lost => self.empty(cx, id, index, Held::Lost, Loss::Crashed),
            Held::Back => self.interrupt_all(cx, id, slots, held, Loss::Crashed),
            Held::Resume | Held::Restart | Held::Redraw if moves => {
                self.interrupt_all(cx, id, slots, held, Loss::Crashed);
            }
            Held::Resume | Held::Restart | Held::Redraw => {
                self.stand_still(now, id, slots, held);
                self.pool_mut(id).workers[index as usize].frozen = true;
            }
        }
        if held == Held::Lost {
            self.line_without_workers(cx, id, Loss::Crashed);
        }
        self.notes_absence(cx, id);
        self.takes_its_pods_down(cx, id, number, held, moves);
        self.goes_if_done(cx, id, index);
    }

    /// What kept a worker down is over; whoever mended it takes the next.
    pub(super) fn is_mended<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        fault: u16,
        id: NodeId,
        number: u32,
    ) {
        let trouble = &mut self.faults[usize::from(fault)];
        let ward = &mut trouble.ward;
        ward.mending -= 1;
        if let Some((next, lasts)) = ward.waiting.pop_front() {
            ward.mending += 1;
            cx.plan(cx.now() + lasts, Event::Relieve { fault, worker: next });
        }
        let Some(index) = self.pool(id).numbered(number) else { return };
        self.comes_up(cx, id, index);
        // The next time counts from now on, whatever else keeps it down.
        if matches!(self.faults[usize::from(fault)].fault.when, When::Every(_))
            && self.pool(id).numbered(number) == Some(index)
        {
            self.clock_starts(cx, fault, id, index);
        }
    }

    /// One thing fewer keeps a worker down; after the last it serves again.
    pub(super) fn comes_up<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32) {
        let now = cx.now();
        let pool = self.pool_mut(id);
        let worker = &mut pool.workers[index as usize];
        if worker.ills == 0 {
            return;
        }
        worker.ills -= 1;
        if worker.ills > 0 {
            return;
        }
        let Worker { phase, number, .. } = *worker;
        let frozen = std::mem::replace(&mut worker.frozen, false);
        if phase == Phase::Failed {
            pool.levels.failed.down(now);
            pool.open(index, now);
        }
        cx.tell(Fact::Repaired { pool: id, worker: number });
        self.checks_find(cx, id, index);
        if frozen && self.pool(id).still == 0 {
            let slots = self.pool(id).slots_range(index);
            self.goes_on(cx, id, slots);
        }
        self.brings_its_pods_up(cx, id, number);
        self.notes_absence(cx, id);
        if let Lines::Each(_) = self.pool(id).lines {
            self.moves.push_back(Move::Next { pool: id, worker: index });
        }
        self.goes_if_done(cx, id, index);
        self.rouse(id);
        self.catch_up(cx, id);
    }
}
