//! The provider takes Spot machines back: some time before a machine hears of it, then it is gone with whatever it holds.

use crate::cloud::event::Event;
use crate::cloud::fact::{Fact, Loss};
use crate::cloud::node::Phase;
use crate::cloud::topology::{Held, NodeId, Notice, Reclaim};
use crate::cloud::world::World;
use crate::cloud::world::happenings::{Happening, Sort};
use crate::engine::{Context, Observer};
use crate::ground::chance::below;
use crate::ground::time::Span;

impl World<'_> {
    /// Machines are to be taken together: the one that is named, or a share of the Spot machines that run.
    pub(super) fn reclaims<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        fault: u16,
        reclaim: Reclaim,
        nth: u32,
        told: Span,
    ) {
        let pool = self.pool(reclaim.pool);
        let runs = |phase: Phase| phase.has_served() || matches!(phase, Phase::Booting | Phase::Leaving);
        let runs = |phase| runs(phase) && phase != Phase::Noticed;
        let mut there: Vec<u32> = pool
            .newest_first(runs)
            .filter(|&index| pool.is_spot(index))
            .map(|index| pool.workers[index as usize].number)
            .filter(|&number| reclaim.worker.is_none_or(|only| only == number))
            .collect();
        there.reverse();
        if let Some(share) = reclaim.share {
            // Drawn by lot, rounded up: a share of anything takes at least one.
            let taken = ((there.len() as f64 * share - 1e-9).ceil() as usize).min(there.len());
            let mut draw = self.faults[usize::from(fault)].key.named("which").draw(u64::from(nth));
            for place in 0..taken {
                let other = place + below(&mut draw, (there.len() - place) as u64) as usize;
                there.swap(place, other);
            }
            there.truncate(taken);
            there.sort_unstable();
        }
        for number in there {
            self.hears_of_its_end(cx, fault, reclaim.pool, number, told);
        }
    }

    /// A machine hears that it will be taken: it takes nothing new, and goes on with what it holds or hands it back.
    pub(super) fn hears_of_its_end<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        fault: u16,
        id: NodeId,
        number: u32,
        told: Span,
    ) {
        let Some(index) = self.pool(id).numbered(number) else { return };
        cx.plan(cx.now() + told, Event::Relieve { fault, worker: number });
        self.publishes(cx, Happening { pool: id, worker: number, sort: Sort::Interruption });
        self.withdraws(cx, id, index);
        if self.pool(id).workers[index as usize].phase == Phase::Noticed && self.pool(id).plan.notice == Notice::Release
        {
            self.empty(cx, id, index, Held::Back, Loss::Stopped);
        }
        self.hears_with_its_pods(cx, id, number);
        self.line_without_workers(cx, id, Loss::Stopped);
        self.notes_absence(cx, id);
        if self.care_of(id).rebalance {
            self.asks_for_another(cx, id);
        }
    }

    /// A machine takes nothing new any more, and stays until it is taken. One that drains goes on draining.
    pub(super) fn withdraws<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32) {
        let now = cx.now();
        let pool = self.pool_mut(id);
        let worker = &mut pool.workers[index as usize];
        let number = worker.number;
        match worker.phase {
            Phase::Ready => pool.shut(index, Phase::Noticed, now),
            Phase::Failed => {
                pool.passes_on(index, Phase::Noticed);
                pool.levels.failed.down(now);
            }
            // It will not come into service: whoever asked for it has one fewer.
            Phase::Booting => pool.shut_booting(index, Phase::Noticed, now),
            _ => return,
        }
        pool.levels.draining.up(now);
        cx.tell(Fact::Draining { pool: id, worker: number });
        self.closes_to_pods(id, number);
    }

    /// A machine is taken: what it holds meets its fate, and a group asks for another.
    pub(super) fn is_taken<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, fault: u16, id: NodeId, number: u32) {
        let Some(index) = self.pool(id).numbered(number) else { return };
        let held = match self.faults[usize::from(fault)].fault.held {
            // Nothing that is in its hands outlives it.
            Held::Finish => Held::Lost,
            held => held,
        };
        self.withdraws(cx, id, index);
        cx.tell(Fact::Reclaimed { pool: id, worker: number });
        self.is_taken_away(cx, id, index, held);
    }
}
