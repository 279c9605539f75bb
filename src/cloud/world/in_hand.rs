//! Messages in the hands of a slot, and what becomes of all that it holds when it is interrupted.

use crate::cloud::fact::{Fact, Loss};
use crate::cloud::request::{Job, NONE, State};
use crate::cloud::topology::{Held, NodeId};
use crate::cloud::world::World;
use crate::cloud::world::receipts::Undelivered;
use crate::engine::{Context, Observer};

impl World<'_> {
    /// A message that was received before has its turn.
    pub(super) fn begins_next<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        let now = cx.now();
        let Job { pool: at, slot, since, state, .. } = self.jobs[id];
        if state != State::InHand || self.pool(at).slots[slot as usize].job != id {
            return;
        }
        self.pool_mut(at).levels.line.down(now);
        self.pool_mut(at).notes_balance(now);
        self.begin_service(cx, id, at, slot, now - since);
    }

    /// All that a slot holds is interrupted.
    pub(super) fn interrupt_hand<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: NodeId,
        slot: u32,
        held: Held,
        why: Loss,
    ) {
        let now = cx.now();
        while let Some(job) = self.hands(id).next(slot) {
            let Job { request, since, .. } = self.jobs[job];
            (self.jobs[job].state, self.jobs[job].slot) = (State::New, NONE);
            self.pool_mut(id).levels.line.down(now);
            self.pool_mut(id).notes_balance(now);
            let who = self.requests[request].who();
            cx.tell(Fact::Left { who, pool: id, waited: now - since, why });
            let how = match held {
                Held::Finish | Held::Lost => Undelivered::WorkerLost,
                Held::Back | Held::Resume | Held::Restart | Held::Redraw => Undelivered::HandedBack,
            };
            self.undelivered(cx, job, how);
        }
        let current = self.pool(id).slots[slot as usize].job;
        if self.jobs[current].state == State::InHand {
            // Its turn had come in this very instant.
            self.begins_next(cx, current);
            if self.pool(id).slots[slot as usize].job != current {
                return;
            }
        }
        let mut members = self.hands(id).together(slot).to_vec();
        if !matches!(held, Held::Finish | Held::Lost) {
            // Each goes to the head of the line, so the first goes last, and who is at work stands before all.
            members.reverse();
            members.retain(|&job| job != current);
        }
        if !members.contains(&current) {
            members.push(current);
        }
        for job in members {
            if self.pool(id).slots[slot as usize].job == job || self.hands(id).together(slot).contains(&job) {
                self.interrupt(cx, job, held, why);
            }
        }
    }
}
