//! Scaling up and down: a machine stops, and comes back as another size; in between it is away.

use crate::cloud::event::Event;
use crate::cloud::fact::{Fact, Loss};
use crate::cloud::node::{Phase, Worker};
use crate::cloud::scaling::{Scaling, Vertical};
use crate::cloud::topology::{Held, NodeId};
use crate::cloud::world::World;
use crate::cloud::world::happenings::{Happening, InstanceState, Sort};
use crate::engine::{Context, Observer};
use crate::ground::distribution::Distribution;
use crate::ground::time::Span;

impl World<'_> {
    /// Plans the first change of size.
    pub(super) fn first_growth<O>(&mut self, cx: &mut Context<'_, O>, id: NodeId) {
        if let Scaling::Vertical(Vertical { at, .. }) = &self.pool(id).plan.scaling
            && let Some(&(at, _)) = at.first()
        {
            cx.plan(at, Event::Timetable { pool: id, line: 0 });
        }
    }

    /// A timetable's line is due: another number of workers, or another size of each.
    pub(super) fn timetable<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, line: u32) {
        let plan = self.pool(id).plan;
        let next = line as usize + 1;
        match &plan.scaling {
            Scaling::Timetable(entries) => {
                if let Some(entry) = entries.get(next) {
                    cx.plan(entry.at, Event::Timetable { pool: id, line: line + 1 });
                }
                self.want(cx, id, entries[line as usize].workers);
            }
            Scaling::Vertical(vertical) => {
                if let Some(&(at, _)) = vertical.at.get(next) {
                    cx.plan(at, Event::Timetable { pool: id, line: line + 1 });
                }
                self.resize(cx, id, vertical, vertical.at[line as usize].1);
            }
            Scaling::Fixed | Scaling::Group(_) | Scaling::Reactive(_) | Scaling::Pods(_) | Scaling::Nodes(_) => (),
        }
    }

    /// A machine comes into service that may have missed a change while it booted.
    pub(super) fn catch_up<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId) {
        let Scaling::Vertical(vertical) = &self.pool(id).plan.scaling else { return };
        let due = vertical.at.iter().take_while(|&&(at, _)| at <= cx.now()).last().map(|&(_, size)| size);
        let governed = self.controllers.iter().find(|controller| controller.pool == id);
        if let Some(size) = due.or(governed.map(|controller| controller.size)) {
            self.resize(cx, id, vertical, size);
        }
    }

    /// Every machine in service becomes another size. One that does not yet run comes as that size; one that boots
    /// changes once it has booted.
    pub(super) fn resize<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: NodeId,
        vertical: &Vertical,
        size: u16,
    ) {
        let now = cx.now();
        let stopped = |phase| matches!(phase, Phase::Pending | Phase::Changing | Phase::Stopping | Phase::Stopped);
        let coming: Vec<u32> = self.pool(id).newest_first(stopped).collect();
        for index in coming {
            self.pool_mut(id).workers[index as usize].size = size;
        }
        let pool = self.pool(id);
        let other = |&index: &u32| pool.workers[index as usize].size != size;
        let changing: Vec<u32> = pool.newest_first(|phase| phase == Phase::Ready).filter(other).collect();
        for index in changing.into_iter().rev() {
            // Work that is left to finish cannot outlive its machine.
            let held = if vertical.held == Held::Finish { Held::Lost } else { vertical.held };
            self.pool_mut(id).shut(index, Phase::Changing, now);
            self.empty(cx, id, index, held, Loss::Stopped);
            let pool = self.pool_mut(id);
            let worker = &mut pool.workers[index as usize];
            worker.size = size;
            let number = worker.number;
            pool.levels.pending.up(now);
            let key = pool.key.named("stopping").nth(u64::from(size));
            let stopping = pool.plan.life.stopping.sample(&mut key.draw(u64::from(number)));
            cx.tell(Fact::Gone { pool: id, worker: number });
            cx.tell(Fact::Launched { pool: id, worker: number });
            self.instance_is(cx, id, number, InstanceState::Stopping);
            cx.plan(now + Span::from_nanos(stopping), Event::Vanish { pool: id, worker: number });
        }
        self.line_without_workers(cx, id, Loss::Stopped);
        self.notes_absence(cx, id);
    }

    /// A machine has stopped: it is changed, and started again; or one that was to finish has had its time.
    pub(super) fn machine_stopped<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, number: u32) {
        let pool = self.pool(id);
        let Some(index) = pool.numbered(number) else { return };
        let Worker { phase, size, until, .. } = pool.workers[index as usize];
        if phase == Phase::Draining {
            if until > cx.now() {
                return;
            }
            // It was given time to finish, and that is over.
            self.empty(cx, id, index, Held::Lost, Loss::Stopped);
            self.loses_its_pods(cx, id, number, |_| true);
            return self.goes_if_done(cx, id, index);
        }
        if matches!(phase, Phase::Leaving | Phase::Preparing | Phase::Stopping) {
            return self.stage_is_over(cx, id, index);
        }
        if pool.once && phase == Phase::Ready {
            // A job that has found nothing to do ends.
            return self.retire(cx, id, index, Held::Finish);
        }
        let Scaling::Vertical(vertical) = &pool.plan.scaling else { return };
        if phase != Phase::Changing {
            return;
        }
        let draw = |law: &Distribution, name| {
            law.sample(&mut pool.key.named(name).nth(u64::from(size)).draw(u64::from(number)))
        };
        let change = draw(&vertical.change, "change");
        let pending = draw(&pool.plan.life.pending, "pending");
        let after = Span::from_nanos(change) + Span::from_nanos(pending);
        cx.plan(cx.now() + after, Event::Run { pool: id, worker: number });
        self.instance_is(cx, id, number, InstanceState::Stopped);
        // Started again when it is changed.
        let sort = Sort::Instance(InstanceState::Pending);
        self.tells_later(cx, Span::from_nanos(change), Happening { pool: id, worker: number, sort });
    }
}
