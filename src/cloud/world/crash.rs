//! Workers that fail and are mended: the software, not the machine, which stays and is paid for.

use std::collections::{BTreeMap, VecDeque};

use crate::cloud::event::Event;
use crate::cloud::fact::{Fact, Loss};
use crate::cloud::node::{Lines, Phase, Worker};
use crate::cloud::topology::{Clock, Crash, Harm, Held, NodeId, When};
use crate::cloud::world::{Move, World};
use crate::engine::{Context, Observer};
use crate::ground::time::{SimTime, Span};

/// What a fault that comes to workers one by one remembers of them, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Ward {
    /// The time to the next blow of each.
    clocks: BTreeMap<u32, Countdown>,
    /// Who is being mended: so many.
    mending: u32,
    /// Who waits for somebody to mend them, and how long that will take.
    waiting: VecDeque<(u32, Span)>,
}

/// The time to a worker's next failure.
#[derive(Clone, Copy, Debug)]
struct Countdown {
    /// What was left of it when it last began to run.
    left: Span,
    /// When it will be over; [`SimTime::NEVER`] while it stands.
    due: SimTime,
    /// The how manieth it is: names its draw.
    nth: u32,
}

impl World<'_> {
    /// What trouble may come to a worker of its own begins to count: it has come into service, or is mended.
    pub(super) fn clocks_start<O>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32) {
        for at in 0..self.pool(id).perils.len() {
            let peril = self.pool(id).perils[at];
            self.clock_starts(cx, peril, id, index);
        }
    }

    fn clock_starts<O>(&mut self, cx: &mut Context<'_, O>, peril: u16, id: NodeId, index: u32) {
        let pool = self.pool(id);
        let (number, holds) = (pool.workers[index as usize].number, !pool.is_empty(index));
        let trouble = &mut self.faults[usize::from(peril)];
        let (Harm::Crash(crash), When::Every(law)) = (&trouble.fault.what, &trouble.fault.when) else { return };
        if crash.worker.is_some_and(|only| only != number) {
            return;
        }
        let nth = trouble.ward.clocks.get(&number).map_or(0, |clock| clock.nth + 1);
        let key = trouble.key.named("every").nth(u64::from(number));
        let left = Span::from_nanos(law.sample(&mut key.draw(u64::from(nth))));
        let runs = crash.clock == Clock::Up || holds;
        let due = if runs { cx.now() + left } else { SimTime::NEVER };
        trouble.ward.clocks.insert(number, Countdown { left, due, nth });
        if runs {
            cx.plan(due, Event::Strike { fault: peril, worker: number });
        }
    }

    /// A worker holds work: clocks that count only that go on.
    #[cold]
    pub(super) fn wears<O>(&mut self, cx: &mut Context<'_, O>, id: NodeId, slot: u32) {
        let pool = self.pool(id);
        let number = pool.number_of(pool.worker_of(slot));
        for at in 0..self.pool(id).perils.len() {
            let peril = self.pool(id).perils[at];
            if let Some(clock) = self.faults[usize::from(peril)].ward.clocks.get_mut(&number)
                && clock.due == SimTime::NEVER
            {
                clock.due = cx.now() + clock.left;
                cx.plan(clock.due, Event::Strike { fault: peril, worker: number });
            }
        }
    }

    /// A worker has given something up: if it holds nothing more, clocks that count only work stand.
    #[cold]
    pub(super) fn rests(&mut self, now: SimTime, id: NodeId, index: u32) {
        let pool = self.pool(id);
        if !pool.is_empty(index) {
            return;
        }
        let number = pool.number_of(index);
        for at in 0..self.pool(id).perils.len() {
            let peril = self.pool(id).perils[at];
            let trouble = &mut self.faults[usize::from(peril)];
            let busy = matches!(trouble.fault.what, Harm::Crash(Crash { clock: Clock::Busy, .. }));
            if busy
                && let Some(clock) = trouble.ward.clocks.get_mut(&number)
                && clock.due != SimTime::NEVER
            {
                clock.left = clock.due - now;
                clock.due = SimTime::NEVER;
            }
        }
    }

    /// A worker is gone: nothing can come to it any more.
    pub(super) fn clocks_end(&mut self, id: NodeId, number: u32) {
        for at in 0..self.pool(id).perils.len() {
            let peril = self.pool(id).perils[at];
            self.faults[usize::from(peril)].ward.clocks.remove(&number);
        }
    }

    /// Trouble that comes to each worker by itself comes to this one, unless its clock was stopped or set anew.
    pub(super) fn strikes<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, fault: u16, number: u32) {
        let trouble = &mut self.faults[usize::from(fault)];
        let Some(clock) = trouble.ward.clocks.get_mut(&number).filter(|clock| clock.due == cx.now()) else { return };
        clock.due = SimTime::NEVER;
        clock.left = Span::ZERO;
        let nth = clock.nth;
        let Harm::Crash(crash) = trouble.fault.what else { return };
        self.worker_fails(cx, fault, crash.pool, number, nth);
    }

    /// A scripted crash: the worker it names fails, or all of them.
    pub(super) fn crashes<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, fault: u16, crash: Crash, nth: u32) {
        let hit = |phase| matches!(phase, Phase::Ready | Phase::Failed | Phase::Draining);
        let pool = self.pool(crash.pool);
        let mut hit: Vec<u32> = pool.newest_first(hit).map(|index| pool.workers[index as usize].number).collect();
        hit.retain(|&number| crash.worker.is_none_or(|only| only == number));
        for number in hit.into_iter().rev() {
            self.worker_fails(cx, fault, crash.pool, number, nth);
        }
    }

    /// A worker fails. It is mended after a time, as soon as somebody is free to do it.
    fn worker_fails<O: Observer<Fact>>(
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
        if !matches!(self.pool(id).workers[index as usize].phase, Phase::Ready | Phase::Failed | Phase::Draining) {
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
    fn goes_down<O: Observer<Fact>>(
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
            if phase == Phase::Ready {
                pool.shut(index, Phase::Failed, now);
                pool.levels.failed.up(now);
            }
            cx.tell(Fact::Failed { pool: id, worker: number });
        }
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
        self.goes_if_done(cx, id, index);
    }

    /// What kept a worker down is over; whoever mended it takes the next.
    pub(super) fn relieves<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, fault: u16, number: u32) {
        let trouble = &mut self.faults[usize::from(fault)];
        let Harm::Crash(crash) = trouble.fault.what else { return };
        let ward = &mut trouble.ward;
        ward.mending -= 1;
        if let Some((next, lasts)) = ward.waiting.pop_front() {
            ward.mending += 1;
            cx.plan(cx.now() + lasts, Event::Relieve { fault, worker: next });
        }
        let Some(index) = self.pool(crash.pool).numbered(number) else { return };
        self.comes_up(cx, crash.pool, index);
        // The next time counts from now on, whatever else keeps it down.
        if matches!(self.faults[usize::from(fault)].fault.when, When::Every(_))
            && self.pool(crash.pool).numbered(number) == Some(index)
        {
            self.clock_starts(cx, fault, crash.pool, index);
        }
    }

    /// One thing fewer keeps a worker down; after the last it serves again.
    fn comes_up<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32) {
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
        if frozen && self.pool(id).still == 0 {
            let slots = self.pool(id).slots_range(index);
            self.goes_on(cx, id, slots);
        }
        self.notes_absence(cx, id);
        if let Lines::Each(_) = self.pool(id).lines {
            self.moves.push_back(Move::Next { pool: id, worker: index });
        }
        self.goes_if_done(cx, id, index);
        self.rouse(id);
        self.catch_up(cx, id);
    }
}
