//! Brown-outs: work takes longer than usual, also what is in hand.

use crate::cloud::event::Event;
use crate::cloud::fact::{Fact, Loss};
use crate::cloud::node::{Action, Slowness};
use crate::cloud::request::{NONE, State};
use crate::cloud::topology::{BrownOut, Held, NodeId, WorkId};
use crate::cloud::world::World;
use crate::engine::{Context, Observer};
use crate::ground::time::{SimTime, Span};

impl World<'_> {
    /// The work that a job does in its slot at present; `None` where it waits for something else.
    pub(super) fn work_in_slot(&self, id: u32) -> Option<WorkId> {
        let job = self.jobs[id];
        if job.state != State::Working {
            return None;
        }
        match self.action(&job, &self.requests[job.request]) {
            Some(Action::Work { piece, .. }) => piece.work,
            _ => None,
        }
    }

    /// Slots in which work is done that a brown-out slows down.
    fn slots_of(&self, id: NodeId, plan: BrownOut) -> Vec<u32> {
        let pool = self.pool(id);
        let slots = pool.slots.iter().enumerate().filter(|(_, slot)| slot.job != NONE);
        let slowed = slots.filter(|&(at, slot)| {
            let work = self.work_in_slot(slot.job);
            work.is_some_and(|work| pool.is_browned_by(plan, pool.worker_of(at as u32), work))
        });
        slowed.map(|(at, _)| at as u32).collect()
    }

    /// A brown-out begins. Work in hand is not touched (`finish`), goes on from where it stands at the new pace
    /// (`resume`), begins anew at it (`restart`, `redraw`), or is lost or handed back.
    pub(super) fn browns_out<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        fault: u32,
        plan: BrownOut,
        held: Held,
    ) {
        for at in 0..self.faults[fault as usize].nodes.len() {
            let id = self.faults[fault as usize].nodes[at];
            let slots = self.slots_of(id, plan);
            if let Held::Lost | Held::Back = held {
                self.interrupt_these(cx, id, slots.clone(), held, Loss::Crashed);
            }
            self.pool_mut(id).brown_outs.push(Slowness { fault, plan });
            for slot in slots {
                let job = self.pool(id).slots[slot as usize].job;
                // What is left of it now, at the pace that held so far; or all of it at the new one.
                let left = match held {
                    Held::Resume => self.left_of(cx.now(), job, held).map(|left| plan.pace.takes(left)),
                    Held::Restart | Held::Redraw => self.left_of(cx.now(), job, held),
                    Held::Finish | Held::Lost | Held::Back => None,
                };
                if let Some(left) = left {
                    self.paces(cx, id, slot, left);
                }
            }
        }
    }

    /// A brown-out is over. Work that it has slowed down goes on at its usual pace, unless it was not to be touched.
    pub(super) fn brightens<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        fault: u32,
        plan: BrownOut,
        held: Held,
    ) {
        for at in 0..self.faults[fault as usize].nodes.len() {
            let id = self.faults[fault as usize].nodes[at];
            self.pool_mut(id).brown_outs.retain(|one| one.fault != fault);
            if held == Held::Finish {
                continue;
            }
            for slot in self.slots_of(id, plan) {
                let job = self.pool(id).slots[slot as usize].job;
                if let Some(left) = self.left_of(cx.now(), job, Held::Resume) {
                    self.paces(cx, id, slot, plan.pace.inverse().takes(left));
                }
            }
        }
    }

    /// Work in a slot has so long to go from now on.
    pub(super) fn paces<O>(&mut self, cx: &mut Context<'_, O>, id: NodeId, slot: u32, left: Span) {
        let now = cx.now();
        // Whatever is not yet done takes some time.
        let left = left.max(Span::from_nanos(1));
        let pool = self.pool_mut(id);
        let place = &mut pool.slots[slot as usize];
        if place.until == SimTime::NEVER {
            pool.talks[slot as usize].left = left;
        } else {
            place.until = now + left;
            cx.plan(now + left, Event::Finish { pool: id, slot });
        }
    }
}
