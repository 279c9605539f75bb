//! Work that is interrupted: lost, handed back, to go on later, or cancelled by whoever wanted it.

use crate::cloud::fact::{Fact, Loss, Outcome};
use crate::cloud::node::{Action, Lines, Piece};
use crate::cloud::request::{Job, NONE, Role, State};
use crate::cloud::topology::{Held, NodeId};
use crate::cloud::world::guards::Ended;
use crate::cloud::world::receipts::Undelivered;
use crate::cloud::world::{Move, World};
use crate::engine::{Context, Observer};
use crate::ground::time::{SimTime, Span};

impl World<'_> {
    /// Takes a job, and all that it called, out of the system in this moment.
    pub(super) fn cancel<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        match self.jobs[id].state {
            State::Waiting | State::Again => self.leave_line(cx, id, Loss::TimedOut),
            State::Working | State::Calling | State::Backing => {
                self.call_ends(cx, id, Ended::BrokenOff);
                self.has_waited(cx, id);
                let Job { pool, slot, .. } = self.jobs[id];
                let talk = &mut self.pool_mut(pool).talks[slot as usize];
                let mut child = std::mem::replace(&mut talk.child, NONE);
                talk.tries = 0;
                while child != NONE {
                    let next = self.kin[child as usize].sibling;
                    self.cancel(cx, child);
                    child = next;
                }
                self.leave(cx, id, Outcome::Abandoned);
                let who = self.requests[self.jobs[id].request].who();
                cx.tell(Fact::Wasted { who });
                self.end_job(id);
            }
            // Others, with whom it was taken, may be at work.
            State::Together => {
                self.leave(cx, id, Outcome::Abandoned);
                let who = self.requests[self.jobs[id].request].who();
                cx.tell(Fact::Wasted { who });
                self.end_job(id);
            }
            // Of messages nobody waits for an answer.
            State::InHand | State::Joining => (),
            State::Travelling | State::Lost | State::Admitted => {
                self.breaks_off(cx, id);
                self.end_job(id);
            }
            // On its way to a node or to whoever waits: it ends there.
            State::New | State::Void => self.jobs[id].role = Role::Stray,
        }
    }

    /// Those whom a job has called are no longer waited for, as it does not go on itself.
    pub(super) fn breaks_off_calls<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        self.has_waited(cx, id);
        self.call_ends(cx, id, Ended::BrokenOff);
        self.disown_calls(id);
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
        let taken: Vec<u32> = slots.filter(|&slot| pool.slots[slot as usize].job != NONE).collect();
        self.interrupt_these(cx, id, taken, held, why);
    }

    /// The same of the work in these slots.
    pub(super) fn interrupt_these<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: NodeId,
        mut taken: Vec<u32>,
        held: Held,
        why: Loss,
    ) {
        let pool = self.pool(id);
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

    /// Work in hand is interrupted because its worker, or its turn, is taken away.
    pub(super) fn interrupt<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, held: Held, why: Loss) {
        let Job { role, state, pool, .. } = self.jobs[id];
        // Nobody waits in line at a function: what is interrupted there fails, and whoever sent it may try again.
        let held = if self.is_function(pool) { Held::Lost } else { held };
        if state != State::Together {
            self.breaks_off_calls(cx, id);
        }
        match held {
            Held::Finish | Held::Lost => self.fails_at_work(cx, id, Outcome::Killed, why),
            Held::Back if role == Role::Delivery => {
                self.leave(cx, id, Outcome::Released);
                self.undelivered(cx, id, Undelivered::HandedBack);
            }
            Held::Back => {
                self.jobs[id].step = 0;
                self.back_in_line(cx, id);
            }
            Held::Resume | Held::Restart | Held::Redraw => {
                if let Some(left) = self.left_of(cx.now(), id, held) {
                    let Job { pool, slot, .. } = self.jobs[id];
                    let work = self.work_in_slot(id);
                    let pool = self.pool(pool);
                    let worker = pool.worker_of(slot);
                    // What is left is left at the usual pace of its worker, whatever slows that down at present.
                    let left = work.map_or(left, |work| pool.unbrowned(worker, work, left));
                    self.saved.insert(id, (left, pool.speed_of(worker)));
                }
                self.back_in_line(cx, id);
            }
        }
    }

    /// What is left of the work that a job is doing, by the rule that holds for it.
    pub(super) fn left_of(&self, now: SimTime, id: u32, held: Held) -> Option<Span> {
        let job = self.jobs[id];
        let request = self.requests[job.request];
        let pool = self.pool(job.pool);
        let slot = pool.slots[job.slot as usize];
        if job.state != State::Working {
            return None;
        }
        let action = pool.programme[request.workload.index()].get(usize::from(job.step)).copied();
        match (held, action) {
            (Held::Redraw, Some(Action::Work { piece, .. })) => {
                // Another draw each time: named by the instant, which no two interruptions of a request share.
                let anew = Piece { key: piece.key.nth(now.nanos()), fresh: false, ..piece };
                Some(self.work_of(&job, &request, anew))
            }
            (Held::Restart, Some(Action::Work { piece, .. })) => Some(self.work_of(&job, &request, piece)),
            // One that has its answer and has not gone on yet does nothing that could be left.
            _ if slot.until == SimTime::NEVER => {
                pool.stands_still(pool.worker_of(job.slot)).then_some(pool.talks[job.slot as usize].left)
            }
            _ => Some(slot.until - now),
        }
    }

    /// A job that was interrupted stands at the head of the line.
    fn back_in_line<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        let now = cx.now();
        let at = self.jobs[id].pool;
        self.leave(cx, id, Outcome::Interrupted);
        self.jobs[id].state = State::Again;
        if let Lines::Each(_) = self.pool(at).lines {
            self.moves.push_back(Move::Deliver { job: id, node: at });
            return;
        }
        let claim = self.claim(id);
        let pool = self.pool_mut(at);
        pool.lines.of(0).rejoin(id, claim);
        pool.levels.line.up(now);
        let job = &mut self.jobs[id];
        job.since = now;
        job.slot = 0;
        // Others may be idle: it need not wait for its own worker's next event.
        self.rouse(at);
    }
}
