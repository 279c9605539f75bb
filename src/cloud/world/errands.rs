//! Those who are sent to a function and not waited for: its own queue takes them in at once, and tries them again after an
//! error or a refusal, until they are done, too old, or given up.

use crate::cloud::fact::{Fact, Loss, Spent};
use crate::cloud::node::{Holder, Node};
use crate::cloud::request::{Job, Kin, NONE, Role, Stage, State};
use crate::cloud::topology::{Errands, NodeId};
use crate::cloud::world::functions::function_of;
use crate::cloud::world::queues::Parcel;
use crate::cloud::world::{Alarm, Move, World, not_a};
use crate::engine::{Context, Observer};
use crate::ground::time::{SimTime, Span};

/// One that was sent to a function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Errand {
    function: NodeId,
    /// Whose piece it is; it speaks of that request.
    request: u32,
    attempt: u16,
    branch: u16,
    /// When it was taken in.
    since: SimTime,
    /// Since when it has waited for its next attempt.
    waits: SimTime,
    /// Runs that ended in an error.
    errors: u16,
    /// Refusals.
    refusals: u32,
    /// Its present attempt has an environment.
    is_begun: bool,
}

impl Errand {
    /// Whose piece it is, and of which attempt, for audits.
    #[cfg(test)]
    pub(super) fn of(&self) -> (u32, u16) {
        (self.request, self.attempt)
    }
}

impl<'a> World<'a> {
    pub(super) fn errands_of(&self, function: NodeId) -> &'a Errands {
        match function_of(&self.topology.nodes[function.index()].kind) {
            Some(function) => &function.errands,
            None => not_a("function"),
        }
    }

    /// A piece of a request has come to a function, and nobody waits for it there: the function takes it in. Whether that was
    /// refused.
    pub(super) fn takes_errand<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        job: u32,
        function: NodeId,
    ) -> bool {
        let Job { request, attempt, branch, .. } = self.jobs[job];
        self.requests[request].hold();
        let (since, is_begun) = (cx.now(), false);
        let waits = since;
        let errand = Errand { function, request, attempt, branch, since, waits, errors: 0, refusals: 0, is_begun };
        let errand = self.errands.insert(errand);
        self.becomes(Holder::Job(job), Holder::Errand(errand));
        (self.jobs[job].role, self.jobs[job].visit) = (Role::Event, 1);
        self.bind(job, Kin { parent: errand, ..Kin::default() });
        let is_shut =
            function_of(&self.topology.nodes[function.index()].kind).is_some_and(|plan| plan.reserved == Some(0));
        if is_shut {
            // AWS Lambda developer guide, asynchronous invocation: with nothing reserved it is not even tried.
            self.end_job(job);
            self.gives_up_errand(cx, errand, Loss::Throttled);
        }
        is_shut
    }

    /// A run of an errand begins: what goes wrong from now on is an error of the function.
    pub(super) fn errand_begins<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, job: u32) {
        let id = self.kin[job as usize].parent;
        self.errands[id].is_begun = true;
        let Errand { function, request, waits, .. } = self.errands[id];
        if waits < cx.now() {
            let (who, span) = (self.requests[request].who(), cx.now() - waits);
            cx.tell(Fact::Spent { who, node: function, on: Spent::Queue, from: waits, span });
        }
    }

    /// An errand's next attempt, unless it has become too old.
    pub(super) fn tries_errand<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        let Errand { function, request, attempt, branch, since, errors, .. } = self.errands[id];
        self.errands[id].is_begun = false;
        if self.errands_of(function).max_age.is_some_and(|age| cx.now() - since > age) {
            return self.gives_up_errand(cx, id, Loss::Expired);
        }
        let stamp = self.new_stamp();
        self.requests[request].hold();
        let job = self.jobs.insert(Job {
            since: cx.now(),
            request,
            slot: NONE,
            stamp,
            pool: function,
            step: 0,
            attempt,
            visit: errors + 1,
            branch,
            role: Role::Event,
            state: State::New,
        });
        self.bind(job, Kin { parent: id, ..Kin::default() });
        self.moves.push_back(Move::Deliver { job, node: function });
    }

    /// An attempt at an errand went well.
    pub(super) fn errand_done<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, job: u32) {
        let id = self.kin[job as usize].parent;
        let Errand { function, request, attempt, branch, .. } = self.errands[id];
        self.errands.remove(id);
        if let Some(to) = self.errands_of(function).on_success {
            let bytes = self.bytes_of(&self.requests[request]);
            let before = self.sends_for(Holder::Errand(id));
            self.sends_record(cx, to, (request, attempt, branch), bytes);
            self.has_sent(before);
        }
        self.branch_done(cx, request, attempt);
        self.branch_is_over(cx, Holder::Errand(id), false);
        self.release(request);
        self.end_job(job);
    }

    /// An attempt at an errand came to nothing: it is tried again, or given up.
    pub(super) fn errand_failed<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, job: u32, why: Loss) {
        let id = self.kin[job as usize].parent;
        self.end_job(job);
        let plan = self.errands_of(self.errands[id].function);
        let errand = &mut self.errands[id];
        if errand.is_begun {
            errand.waits = cx.now();
        }
        // AWS Lambda developer guide, *Error handling for asynchronous invocation*: refusals and errors of the service wait
        // from a second to five minutes, and use up none of the retries.
        let wait = if !errand.is_begun {
            errand.refusals = errand.refusals.saturating_add(1);
            Some(plan.after_refusals(errand.refusals))
        } else {
            let wait = plan.waits.get(usize::from(errand.errors)).copied();
            errand.errors = errand.errors.saturating_add(1);
            wait
        };
        match wait {
            Some(wait) => self.set_alarm(cx, wait, Alarm::Errand { errand: id }),
            None => self.gives_up_errand(cx, id, why),
        }
    }

    /// An errand is given up: its record goes to those who wait for such.
    fn gives_up_errand<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, why: Loss) {
        let Errand { function, request, attempt, branch, .. } = self.errands[id];
        self.errands.remove(id);
        let &Errands { dead_letters, on_failure, .. } = self.errands_of(function);
        let why = if dead_letters.or(on_failure).is_some() { Loss::DeadLettered } else { why };
        if let Some(queue) = dead_letters {
            self.leaves_record(cx, queue, (request, branch));
        }
        if let Some(to) = on_failure {
            // No attempt has the number 0, so nothing that follows counts.
            let bytes = self.bytes_of(&self.requests[request]);
            self.sends_record(cx, to, (request, 0, branch), bytes);
        }
        self.branch_lost(cx, request, attempt, why);
        self.branch_is_over(cx, Holder::Errand(id), true);
        self.release(request);
    }

    /// A record of a piece of a request lies in a queue, and is no part of the request.
    pub(super) fn leaves_record<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        queue: NodeId,
        (request, branch): (u32, u16),
    ) {
        let bytes = self.bytes_of(&self.requests[request]);
        let who = self.requests[request].who();
        cx.tell(Fact::Posted { who, queue, bytes, joins: false, grouped: false });
        let delay = Some(Span::ZERO);
        let parcel = Parcel { request, attempt: 0, branch, bytes, group: None, step: u32::MAX, delay, joins: false };
        let now = cx.now();
        self.put_aside(cx, queue, parcel, now, false);
    }

    /// A record of a piece of a request goes to another node: a part of the request, if that attempt is.
    pub(super) fn sends_record<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        to: NodeId,
        (request, attempt, branch): (u32, u16, u16),
        bytes: u64,
    ) {
        if !matches!(self.nodes[to.index()], Node::Queue(_)) {
            return self.sends_branch(cx, to, (request, attempt, branch), None);
        }
        if attempt == 0 {
            return self.leaves_record(cx, to, (request, branch));
        }
        let parcel = Parcel { request, attempt, branch, bytes, group: None, step: u32::MAX, delay: None, joins: false };
        if let Err(why) = self.post(cx, to, parcel) {
            let record = &mut self.requests[request];
            if record.attempt == attempt && record.stage != Stage::Ended {
                record.branches();
                self.branch_lost(cx, request, attempt, why);
            }
            self.is_not_sent(cx);
        }
    }
}
