//! Calls: sent on and waited for, answered, timed out, tried again, or no longer waited for.

use crate::cloud::fact::{Fact, Loss};
use crate::cloud::node::{Action, Node};
use crate::cloud::request::{Job, Kin, NONE, Role, State};
use crate::cloud::topology::NodeId;
use crate::cloud::world::client::{next_attempt, pause, tries_again};
use crate::cloud::world::{Alarm, Move, World};
use crate::engine::{Context, Observer};
use crate::ground::slab::Slab;
use crate::ground::time::SimTime;

impl World<'_> {
    /// Calls all of them, and waits.
    pub(super) fn call<O>(&mut self, cx: &mut Context<'_, O>, id: u32, to: &[NodeId], row: Option<u16>) {
        let epoch = self.new_stamp();
        let job = self.jobs[id];
        let mut child = NONE;
        let pool = self.pool_mut(job.pool);
        pool.slots[job.slot as usize].until = SimTime::NEVER;
        let talk = &mut pool.talks[job.slot as usize];
        talk.epoch = epoch;
        talk.tries = next_attempt(talk.tries);
        let tries = talk.tries;
        for &node in to {
            let stamp = self.new_stamp();
            let called = self.jobs.insert(Job {
                since: cx.now(),
                slot: NONE,
                stamp,
                pool: node,
                step: 0,
                visit: job.visit.saturating_add(tries - 1),
                role: Role::Call,
                state: State::New,
                ..job
            });
            self.bind(called, Kin { parent: id, sibling: child });
            child = called;
            self.requests[job.request].hold();
            self.moves.push_back(Move::Deliver { job: child, node });
        }
        let talk = &mut self.pool_mut(job.pool).talks[job.slot as usize];
        (talk.child, talk.awaits) = (child, to.len() as u16);
        self.jobs[id].state = State::Calling;
        if let Some(row) = row {
            self.set_timer(cx, row, id, epoch);
        }
    }

    /// A caller tries its call again.
    pub(super) fn calls_again<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        self.advance(cx, id);
    }

    /// One of the calls that a job waits for has come back.
    pub(super) fn call_answered(&mut self, parent: u32, child: u32) {
        self.unlink(parent, child);
        let Job { pool, slot, .. } = self.jobs[parent];
        let talk = &mut self.pool_mut(pool).talks[slot as usize];
        talk.awaits -= 1;
        if talk.awaits == 0 {
            talk.tries = 0;
            let caller = &mut self.jobs[parent];
            caller.state = State::Working;
            caller.step += 1;
            self.moves.push_back(Move::Advance { job: parent });
        }
    }

    /// A caller's patience with its call is over.
    pub(super) fn call_timed_out<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        self.call_failed(cx, id, Loss::TimedOut);
    }

    /// A call has failed: another try, or the caller fails too.
    pub(super) fn call_failed<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, why: Loss) {
        let Job { pool, slot, .. } = self.jobs[id];
        let tries = self.pool(pool).talks[slot as usize].tries;
        self.disown_calls(id);
        let job = self.jobs[id];
        let request = self.requests[job.request];
        let action = self.action(&job, &request);
        if let Some(Action::Call { retry, key, .. }) = action
            && tries_again(retry, tries, why)
        {
            let pause = pause(&retry.backoff, key.nth(u64::from(job.visit)), request.ordinal, tries);
            let epoch = self.new_stamp();
            let talk = &mut self.pool_mut(job.pool).talks[job.slot as usize];
            talk.epoch = epoch;
            talk.tries = tries;
            self.jobs[id].state = State::Backing;
            self.set_alarm(cx, pause, Alarm::Backoff { job: id, epoch });
            return;
        }
        self.fails_at_work(cx, id, why.of_caller(), why);
    }

    /// Those whom a job has called are no longer waited for.
    pub(super) fn disown_calls(&mut self, id: u32) {
        let Job { pool, slot, .. } = self.jobs[id];
        let talk = &mut self.pool_mut(pool).talks[slot as usize];
        let mut child = std::mem::replace(&mut talk.child, NONE);
        talk.epoch = 0;
        (talk.tries, talk.awaits) = (0, 0);
        while child != NONE {
            self.jobs[child].role = Role::Stray;
            child = std::mem::replace(&mut self.kin[child as usize].sibling, NONE);
        }
    }

    /// Takes a call that has ended out of its caller's row.
    fn unlink(&mut self, parent: u32, child: u32) {
        let Job { pool, slot, .. } = self.jobs[parent];
        let first = self.pool(pool).talks[slot as usize].child;
        let next = self.kin[child as usize].sibling;
        if first == child {
            self.pool_mut(pool).talks[slot as usize].child = next;
            return;
        }
        let mut at = first;
        while at != NONE {
            let sibling = self.kin[at as usize].sibling;
            if sibling == child {
                self.kin[at as usize].sibling = next;
                return;
            }
            at = sibling;
        }
    }

    /// The epoch of the call or pause a job is in.
    pub(super) fn epoch_of(&self, job: u32) -> Option<u32> {
        call_epoch(&self.jobs, &self.nodes, job)
    }
}

/// The epoch of the call or pause that a job is in; `None` where it is in none.
#[inline]
pub(super) fn call_epoch(jobs: &Slab<Job>, nodes: &[Node<'_>], id: u32) -> Option<u32> {
    let job = &jobs[id];
    if !matches!(job.state, State::Calling | State::Backing) {
        return None;
    }
    match &nodes[job.pool.index()] {
        Node::Pool(pool) => (pool.slots[job.slot as usize].job == id).then(|| pool.talks[job.slot as usize].epoch),
        _ => None,
    }
}
