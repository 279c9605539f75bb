//! Limits that go with a request, and copies sent for fear of the slow: deadlines and hedges, of clients and of calls.
//!
//! A deadline is carried along: whoever has work for a request in hand looks at it before each step, and drops what
//! nobody waits for any more. Of an attempt and its copy the first answer counts (Dean & Barroso, *The tail at scale*,
//! 2013).

use crate::cloud::fact::{Fact, Loss, Outcome};
use crate::cloud::node::Holder;
use crate::cloud::request::{Job, Kin, NONE, Request, Role, Stage, State};
use crate::cloud::topology::{Abandoned, Client};
use crate::cloud::world::{Alarm, Move, World};
use crate::engine::{Context, Observer};
use crate::ground::time::{SimTime, Span};

/// What the visit of a copy has more than that of the first: it meets chances of its own.
const COPY: u16 = 1 << 14;

impl World<'_> {
    fn client_of(&self, request: &Request) -> &Client {
        &self.kinds[request.workload.index()].client
    }

    /// The instant by which a request must be answered; never, where its client sets none.
    #[inline]
    pub(super) fn deadline(&self, request: &Request) -> SimTime {
        self.client_of(request).deadline.map_or(SimTime::NEVER, |deadline| request.born.after(deadline))
    }

    /// Whether there is time for another attempt after a pause. Who sees that there is none gives up at once.
    pub(super) fn is_in_time(&self, now: SimTime, request: &Request, pause: Span) -> bool {
        !self.exacting || now.after(pause) < self.deadline(request)
    }

    /// Drops a job whose request is past its deadline; false where it is not.
    #[inline(never)]
    pub(super) fn drops<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) -> bool {
        let Job { request, attempt, role, .. } = self.jobs[id];
        if cx.now() < self.deadline(&self.requests[request]) {
            return false;
        }
        if role != Role::Delivery {
            self.fails_at_work(cx, id, Outcome::TimedOut, Loss::Late);
            return true;
        }
        // Nobody need look at this message again.
        let message = self.kin[id as usize].parent;
        if std::mem::replace(&mut self.messages[message].counts, false) {
            self.branch_lost(cx, request, attempt, Loss::Late);
            self.branch_is_over(cx, Holder::Message(message), true);
        }
        self.delivered(cx, id, Outcome::TimedOut, false);
        true
    }

    /// Sets what limits an attempt beside its timeout, and what it is copied after.
    pub(super) fn limit_attempt<O>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        let now = cx.now();
        let Job { request, stamp, .. } = self.jobs[id];
        let request = self.requests[request];
        let Client { timeout, hedge, .. } = *self.client_of(&request);
        self.bind(id, Kin::default());
        let deadline = self.deadline(&request);
        if deadline != SimTime::NEVER && timeout.is_none_or(|timeout| deadline < now + timeout) {
            self.set_alarm(cx, deadline - now, Alarm::GivesUp { job: id, stamp, why: Loss::Late });
        }
        if let Some(hedge) = hedge {
            self.set_alarm(cx, hedge, Alarm::Hedge { job: id, stamp });
        }
    }

    /// A client that has had no answer for a while sends a copy.
    pub(super) fn hedges<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        let now = cx.now();
        let first = self.jobs[id];
        let request = self.requests[first.request];
        if first.role != Role::Root || request.stage != Stage::Asking || request.attempt != first.attempt {
            return;
        }
        let Client { timeout, hedge, .. } = *self.client_of(&request);
        let entry = self.flows[request.workload.index()].entry;
        self.requests[first.request].hold();
        let stamp = self.new_stamp();
        let visit = first.attempt.wrapping_add(COPY);
        let copy = self.jobs.insert(Job {
            since: now,
            request: first.request,
            slot: NONE,
            stamp,
            pool: entry,
            step: 0,
            attempt: first.attempt,
            visit,
            branch: 0,
            role: Role::Root,
            state: State::New,
        });
        self.bind(copy, Kin { twin: id, ..Kin::default() });
        self.kin[id as usize].twin = copy;
        cx.tell(Fact::Hedged { who: request.who() });
        // The attempt ends when it would have ended, whichever of the two is still there.
        let left = timeout.zip(hedge).map(|(timeout, hedge)| timeout.nanos().saturating_sub(hedge.nanos()));
        let deadline = self.deadline(&request);
        let until = left.map_or(SimTime::NEVER, |left| now + Span::from_nanos(left));
        let (until, why) = if deadline < until { (deadline, Loss::Late) } else { (until, Loss::TimedOut) };
        if until != SimTime::NEVER {
            self.set_alarm(cx, until - now, Alarm::GivesUp { job: copy, stamp, why });
        }
        if self.network.is_some() {
            self.comes_from_outside(copy);
        }
        self.moves.push_back(Move::Deliver { job: copy, node: entry });
    }

    /// The other copy of a client's attempt, which from now on stands alone; `None` where there is none.
    fn parts_from_twin(&mut self, id: u32) -> Option<u32> {
        let request = self.requests[self.jobs[id].request];
        self.client_of(&request).hedge?;
        let twin = std::mem::replace(&mut self.kin[id as usize].twin, NONE);
        if twin == NONE {
            return None;
        }
        self.kin[twin as usize].twin = NONE;
        Some(twin)
    }

    /// Whether the other copy of a client's attempt goes on for it.
    pub(super) fn goes_on_as_twin(&mut self, id: u32) -> bool {
        self.exacting && self.parts_from_twin(id).is_some()
    }

    /// Nobody waits for the other copy of a client's attempt any more.
    pub(super) fn gives_up_twin<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        if let Some(twin) = self.parts_from_twin(id) {
            self.gives_up(cx, twin);
        }
    }

    /// A client no longer waits for a job.
    pub(super) fn gives_up<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        let request = self.requests[self.jobs[id].request];
        match self.client_of(&request).abandoned {
            Abandoned::Finish => {
                self.jobs[id].stamp = 0;
                self.strays(id);
            }
            Abandoned::Cancel => self.cancel(cx, id),
        }
    }

    /// Sets the deadline of a call that would otherwise be waited for too long.
    pub(super) fn limit_call<O>(&mut self, cx: &mut Context<'_, O>, id: u32, epoch: u32) {
        let now = cx.now();
        let deadline = self.deadline(&self.requests[self.jobs[id].request]);
        if deadline != SimTime::NEVER {
            self.set_alarm(cx, deadline.max(now) - now, Alarm::CallLate { job: id, epoch });
        }
    }

    /// A caller that has waited for a while sends a copy to each who has not answered.
    pub(super) fn call_hedges<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        let Job { pool, slot, state, .. } = self.jobs[id];
        if state != State::Calling {
            return;
        }
        let mut at = self.pool(pool).talks[slot as usize].child;
        while at != NONE {
            let Kin { sibling, to, .. } = self.kin[at as usize];
            let first = self.pool(pool).talks[slot as usize].child;
            let visit = self.jobs[at].visit.wrapping_add(COPY);
            let copy = self.call_one(cx, id, Kin { parent: id, sibling: first, twin: at, to }, visit);
            self.kin[at as usize].twin = copy;
            self.pool_mut(pool).talks[slot as usize].child = copy;
            at = sibling;
        }
    }

    /// Whether the other copy of a call goes on for it.
    pub(super) fn goes_on_as_other_call(&mut self, id: u32) -> bool {
        let Kin { parent, twin, .. } = self.kin[id as usize];
        if twin == NONE {
            return false;
        }
        self.unlink(parent, id);
        self.kin[twin as usize].twin = NONE;
        true
    }
}
