//! Trouble that comes to workers one by one, each when its own time has come.

use std::collections::{BTreeMap, VecDeque};

use crate::cloud::event::Event;
use crate::cloud::fact::Fact;
use crate::cloud::topology::{Clock, Crash, Harm, NodeId, When};
use crate::cloud::world::World;
use crate::engine::{Context, Observer};
use crate::ground::time::{SimTime, Span};

/// What a fault that comes to workers one by one remembers of them, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Ward {
    /// The time to the next blow of each.
    clocks: BTreeMap<u32, Countdown>,
    /// Who is being mended: so many.
    pub(super) mending: u32,
    /// Who waits for somebody to mend them, and how long that will take.
    pub(super) waiting: VecDeque<(u32, Span)>,
}

/// The time to a worker's next blow.
#[derive(Clone, Copy, Debug)]
struct Countdown {
    /// What was left of it when it last began to run; of a machine's, how long before its end it is told.
    left: Span,
    /// When it will be over; [`SimTime::NEVER`] while it stands.
    due: SimTime,
    /// The how manieth it is: names its draw.
    nth: u32,
}

impl World<'_> {
    /// A worker has come into service: the time to its next failures begins to count.
    pub(super) fn clocks_start<O>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32) {
        for at in 0..self.pool(id).perils.len() {
            let peril = self.pool(id).perils[at];
            if let Harm::Crash(_) | Harm::Stop(_) = self.faults[usize::from(peril)].fault.what {
                self.clock_starts(cx, peril, id, index);
            }
        }
    }

    /// A machine runs: the time until it is taken back begins to count.
    pub(super) fn lease_starts<O>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32) {
        for at in 0..self.pool(id).perils.len() {
            let peril = self.pool(id).perils[at];
            if let Harm::Reclaim(_) = self.faults[usize::from(peril)].fault.what
                && self.pool(id).is_spot(index)
            {
                self.clock_starts(cx, peril, id, index);
            }
        }
    }

    /// The time to a worker's next blow begins to count.
    pub(super) fn clock_starts<O>(&mut self, cx: &mut Context<'_, O>, peril: u16, id: NodeId, index: u32) {
        let pool = self.pool(id);
        let (number, holds) = (pool.workers[index as usize].number, !pool.is_empty(index));
        let trouble = &mut self.faults[usize::from(peril)];
        let When::Every(law) = &trouble.fault.when else { return };
        let (only, runs, notice) = match trouble.fault.what {
            Harm::Crash(crash) => (crash.worker, crash.clock == Clock::Up || holds, Span::ZERO),
            Harm::Stop(stop) => (stop.worker, true, Span::ZERO),
            Harm::Reclaim(reclaim) => (reclaim.worker, true, reclaim.notice),
            _ => return,
        };
        if only.is_some_and(|only| only != number) {
            return;
        }
        let nth = trouble.ward.clocks.get(&number).map_or(0, |clock| clock.nth + 1);
        let key = trouble.key.named("every").nth(u64::from(number));
        let until = Span::from_nanos(law.sample(&mut key.draw(u64::from(nth))));
        let told = until.min(notice);
        let left = if notice > Span::ZERO { told } else { until };
        let due = if runs { cx.now() + Span::from_nanos(until.nanos() - told.nanos()) } else { SimTime::NEVER };
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
            let trouble = &mut self.faults[usize::from(peril)];
            let busy = matches!(trouble.fault.what, Harm::Crash(Crash { clock: Clock::Busy, .. }));
            if busy
                && let Some(clock) = trouble.ward.clocks.get_mut(&number)
                && clock.due == SimTime::NEVER
                && clock.left > Span::ZERO
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
        if !self.reactors.is_empty() {
            self.comes_to_rest(id, index);
        }
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
        let told = std::mem::replace(&mut clock.left, Span::ZERO);
        let nth = clock.nth;
        match trouble.fault.what {
            Harm::Crash(crash) => self.worker_fails(cx, fault, crash.pool, number, nth),
            Harm::Stop(stop) => self.is_stopped_by(cx, fault, stop.pool, number, nth),
            Harm::Reclaim(reclaim) => self.hears_of_its_end(cx, fault, reclaim.pool, number, told),
            _ => {}
        }
    }

    /// What has come to one worker is over.
    pub(super) fn relieves<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, fault: u16, number: u32) {
        match self.faults[usize::from(fault)].fault.what {
            Harm::Crash(crash) => self.is_mended(cx, fault, crash.pool, number),
            Harm::Stop(stop) => self.is_started_after(cx, fault, stop.pool, number),
            Harm::Reclaim(reclaim) => self.is_taken(cx, fault, reclaim.pool, number),
            _ => {}
        }
    }
}
