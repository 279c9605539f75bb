//! Calls: sent on and waited for, answered, timed out, tried again, or no longer waited for.

use crate::cloud::fact::{Fact, Loss, Spent};
use crate::cloud::node::{Action, Calls, Node};
use crate::cloud::request::{Job, Kin, NONE, Role, State};
use crate::cloud::world::client::{next_attempt, pause, tries_again};
use crate::cloud::world::guards::Ended;
use crate::cloud::world::{Alarm, Move, World};
use crate::engine::{Context, Observer};
use crate::ground::slab::Slab;
use crate::ground::time::SimTime;

impl World<'_> {
    /// Calls all of them, and waits.
    pub(super) fn call<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, calls: Calls<'_>) {
        let Job { pool, slot, .. } = self.jobs[id];
        if self.pool(pool).talks[slot as usize].tries == 0 {
            self.begins_to_wait(cx.now(), id);
        }
        if calls.guard.is_none_or(|guard| self.sets_out(cx, id, guard)) {
            self.place_call(cx, id, calls);
        }
    }

    /// Calls all of them at once, unless whoever calls guards itself against that.
    pub(super) fn place_call<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, calls: Calls<'_>) {
        let Calls { to, row, guard, hedge } = calls;
        let epoch = self.new_stamp();
        let job = self.jobs[id];
        let mut child = NONE;
        let pool = self.pool_mut(job.pool);
        pool.slots[job.slot as usize].until = SimTime::NEVER;
        let talk = &mut pool.talks[job.slot as usize];
        talk.epoch = epoch;
        talk.tries = next_attempt(talk.tries);
        let tries = talk.tries;
        if let Some(guard) = guard
            && let Err(why) = self.may_call(cx.now(), id, guard, tries == 1)
        {
            return self.call_failed(cx, id, why);
        }
        let visit = job.visit.saturating_add(tries - 1);
        for &node in to {
            child = self.call_one(cx, id, Kin { parent: id, sibling: child, twin: NONE, to: node }, visit);
        }
        let talk = &mut self.pool_mut(job.pool).talks[job.slot as usize];
        (talk.child, talk.awaits) = (child, to.len() as u16);
        self.jobs[id].state = State::Calling;
        if let Some(row) = row {
            self.set_timer(cx, row, id, epoch);
        }
        if let Some(hedge) = hedge {
            self.set_alarm(cx, hedge, Alarm::CallHedge { job: id, epoch });
        }
        if self.exacting {
            self.limit_call(cx, id, epoch);
        }
    }

    /// A job waits for answers from now on.
    fn begins_to_wait(&mut self, now: SimTime, id: u32) {
        let place = id as usize;
        if place >= self.asked.len() {
            self.asked.resize(place + 1, SimTime::NEVER);
        }
        self.asked[place] = now;
    }

    /// A job waits for answers no longer, if it did.
    pub(super) fn has_waited<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        let Some(since) = self.asked.get_mut(id as usize) else { return };
        let since = std::mem::replace(since, SimTime::NEVER);
        if since != SimTime::NEVER {
            let Job { pool, request, .. } = self.jobs[id];
            let (who, span) = (self.requests[request].who(), cx.now() - since);
            cx.tell(Fact::Spent { who, node: pool, on: Spent::Answers, from: since, span });
        }
    }

    /// Sends one call on its way, for a job at its present step.
    pub(super) fn call_one<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: u32,
        kin: Kin,
        visit: u16,
    ) -> u32 {
        let job = self.jobs[id];
        let stamp = self.new_stamp();
        let called = self.jobs.insert(Job {
            since: cx.now(),
            slot: NONE,
            stamp,
            pool: kin.to,
            step: 0,
            visit,
            role: Role::Call,
            state: State::New,
            ..job
        });
        self.bind(called, kin);
        self.requests[job.request].hold();
        self.carries(cx, called, (job.pool, job.slot, job.step), kin.to);
        called
    }

    /// A caller tries its call again.
    pub(super) fn calls_again<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        self.advance(cx, id);
    }

    /// One of the calls that a job waits for has come back.
    pub(super) fn call_answered<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, parent: u32, child: u32) {
        self.unlink(parent, child);
        let twin = self.kin[child as usize].twin;
        if twin != NONE {
            // Of a call and its copy the first answer counts.
            self.unlink(parent, twin);
            self.strays(twin);
        }
        let Job { pool, slot, .. } = self.jobs[parent];
        if self.pool(pool).talks[slot as usize].awaits == 1 {
            self.call_ends(cx, parent, Ended::Well);
            self.has_waited(cx, parent);
        }
        let talk = &mut self.pool_mut(pool).talks[slot as usize];
        talk.awaits -= 1;
        if talk.awaits == 0 {
            talk.tries = 0;
            let caller = &mut self.jobs[parent];
            caller.state = State::Working;
            caller.step += 1;
            self.moves.push_back(Move::Advance { job: parent, slot });
        }
    }

    /// A caller that has its answers goes on, if it still holds its slot: one that is better may have taken that, or its
    /// worker may have gone.
    pub(super) fn has_answers<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, slot: u32) {
        let job = &self.jobs[id];
        if (job.slot, job.state) == (slot, State::Working) && self.pool(job.pool).slots[slot as usize].job == id {
            self.advance(cx, id);
        }
    }

    /// A caller's patience with its call is over.
    pub(super) fn call_timed_out<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        self.call_failed(cx, id, Loss::TimedOut);
    }

    /// A call has failed: another try, or the caller fails too.
    pub(super) fn call_failed<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, why: Loss) {
        self.call_ends(cx, id, Ended::Badly(why));
        let Job { pool, slot, .. } = self.jobs[id];
        let tries = self.pool(pool).talks[slot as usize].tries;
        self.disown_calls(id);
        let job = self.jobs[id];
        let request = self.requests[job.request];
        let action = self.action(&job, &request);
        if let Some(Action::Call { retry, key, calls }) = action
            && tries_again(retry, tries, why)
            && let pause = pause(retry.backoff_after(why), key.nth(u64::from(job.visit)), request.ordinal, tries)
            && self.is_in_time(cx.now(), &request, pause)
            && calls.guard.is_none_or(|guard| self.pays(id, guard, why))
        {
            let epoch = self.new_stamp();
            let talk = &mut self.pool_mut(job.pool).talks[job.slot as usize];
            talk.epoch = epoch;
            talk.tries = tries;
            self.jobs[id].state = State::Backing;
            self.set_alarm(cx, pause, Alarm::Backoff { job: id, epoch });
            return;
        }
        self.has_waited(cx, id);
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
            let next = std::mem::replace(&mut self.kin[child as usize].sibling, NONE);
            self.strays(child);
            child = next;
        }
    }

    /// Takes a call that has ended out of its caller's row.
    pub(super) fn unlink(&mut self, parent: u32, child: u32) {
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
