//! A job's stay with a worker: it begins, ends well or badly, is interrupted or cancelled, and whoever waits for it
//! hears of it.

use crate::cloud::event::Event;
use crate::cloud::fact::{Fact, Loss, Outcome};
use crate::cloud::node::{Action, Holder, Lines, Node, Phase, Pool, Slot};
use crate::cloud::request::{Job, NONE, Request, Role, State};
use crate::cloud::topology::{Mix, NodeId, Speed};
use crate::cloud::world::lines::forgotten;
use crate::cloud::world::receipts::Undelivered;
use crate::cloud::world::steps::name_of_work;
use crate::cloud::world::{Move, World};
use crate::engine::{Context, Observer};
use crate::ground::slab::Slab;
use crate::ground::time::Span;

impl World<'_> {
    /// A job takes a slot and begins.
    #[inline]
    pub(super) fn start<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: u32,
        to: NodeId,
        slot: u32,
        waited: Span,
    ) {
        let pool = self.pool_mut(to);
        pool.take(slot, id, cx.now());
        if pool.wears {
            self.wears(cx, to, slot);
        }
        self.begin_service(cx, id, to, slot, waited);
    }

    /// A slot that somebody left while others waited goes to the next of them.
    #[inline]
    pub(super) fn hand_over<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, to: NodeId, slot: u32) {
        let World { nodes, jobs, requests, saved, .. } = self;
        let Node::Pool(pool) = &mut nodes[to.index()] else { super::not_a("pool") };
        let passed = pass_on(cx, pool, jobs, requests, saved.is_empty(), slot);
        self.is_passed_on(cx, to, slot, passed);
    }

    /// What is left to do where a slot was passed on.
    #[inline(never)]
    pub(super) fn is_passed_on<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        to: NodeId,
        slot: u32,
        passed: Passed,
    ) {
        match passed {
            Passed::On => (),
            Passed::Unusual(job) => self.advance(cx, job),
            Passed::Nobody => {
                let pool = self.pool_mut(to);
                let worker = pool.give(slot, cx.now());
                if pool.wears {
                    self.rests(cx.now(), to, worker);
                }
                self.rouse(to);
            }
        }
    }

    /// A job that has a slot begins.
    #[inline(always)]
    pub(super) fn begin_service<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: u32,
        to: NodeId,
        slot: u32,
        waited: Span,
    ) {
        let World { nodes, jobs, requests, saved, .. } = self;
        let Node::Pool(pool) = &mut nodes[to.index()] else { super::not_a("pool") };
        let job = &mut jobs[id];
        let request = &requests[job.request];
        if !serve(cx, pool, (id, job), request, slot, waited, saved.is_empty()) {
            self.advance(cx, id);
        }
    }

    /// A job gives its slot back; tells how its stay ended.
    #[inline(always)]
    pub(super) fn leave<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, result: Outcome) {
        let now = cx.now();
        if self.pool(self.jobs[id].pool).hands.is_some() && self.leaves_others(cx, id, result) {
            return;
        }
        let World { nodes, jobs, requests, .. } = self;
        let job = &mut jobs[id];
        let (at, slot) = (job.pool, job.slot);
        job.slot = NONE;
        job.state = State::New;
        let Node::Pool(pool) = &mut nodes[at.index()] else { super::not_a("pool") };
        pool.computes(slot, 0, now);
        if let Lines::Shared(line) = &pool.lines
            && line.waiting() > 0
            && pool.away == 0
            && pool.can_hand_over(slot)
        {
            // Somebody waits and nothing else is free: the slot is theirs, without being free in between.
            pool.slots[slot as usize].job = NONE;
            let number = pool.number_of(pool.worker_of(slot));
            let who = requests[job.request].who();
            let fact = Fact::Served { who, pool: at, worker: number, visit: job.visit, began: job.since, result };
            if pool.burst.is_some() {
                self.stirred.push((at, pool.worker_of(slot)));
            }
            self.vacated.push_back((at, slot));
            return cx.tell(fact);
        }
        let worker = pool.give(slot, now);
        let number = pool.number_of(worker);
        if pool.burst.is_some() {
            self.stirred.push((at, worker));
        }
        let (wears, surplus) = (pool.wears, pool.surplus > 0);
        let runs = pool.environments.is_some();
        let draining = pool.leaving > 0 && pool.workers[worker as usize].phase == Phase::Draining;
        if let Some(standing) = &mut pool.standing {
            standing.give(pool.workers[worker as usize].place);
        }
        let (each, wanted) = match &pool.lines {
            Lines::Shared(line) => (false, line.waiting() > 0 || !pool.feeds.is_empty()),
            Lines::Each(_) => (true, !pool.feeds.is_empty()),
        };
        let who = requests[job.request].who();
        cx.tell(Fact::Served { who, pool: at, worker: number, visit: job.visit, began: job.since, result });
        if runs {
            return self.run_ended(cx, at, slot, who);
        }
        if each {
            self.moves.push_back(Move::Next { pool: at, worker });
        } else if draining {
            self.goes_if_done(cx, at, worker);
        }
        if wanted {
            self.rouse(at);
        }
        if wears {
            self.rests(now, at, worker);
        }
        if surplus {
            self.lets_go(at);
        }
    }

    /// A job has done its last step.
    #[inline(never)]
    pub(super) fn done<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        let job = &self.jobs[id];
        let (role, request, attempt) = (job.role, job.request, job.attempt);
        match role {
            Role::Root => {
                self.leave(cx, id, Outcome::Ok);
                if self.network.is_some() && self.goes_back(cx, id, None) {
                    return;
                }
                if self.exacting {
                    self.gives_up_twin(cx, id);
                }
                self.end_job(id);
                self.answered(cx, request);
            }
            Role::Branch => {
                self.leave(cx, id, Outcome::Ok);
                self.branch_done(cx, request, attempt);
                self.branch_is_over(cx, Holder::Job(id), false);
                self.end_job(id);
            }
            Role::Call => {
                self.leave(cx, id, Outcome::Ok);
                if self.network.is_none() || !self.goes_back(cx, id, None) {
                    self.moves.push_back(Move::Answer { job: id });
                }
            }
            Role::Stray => {
                self.leave(cx, id, Outcome::Abandoned);
                let who = self.requests[request].who();
                cx.tell(Fact::Wasted { who });
                self.end_job(id);
            }
            Role::Event => {
                self.leave(cx, id, Outcome::Ok);
                self.errand_done(cx, id);
            }
            Role::Carried => {
                self.leave(cx, id, Outcome::Ok);
                self.carried_done(cx, id, false);
            }
            Role::Delivery => self.delivered(cx, id, Outcome::Ok, false),
        }
    }

    /// Whoever waits for a job that ended well goes on.
    pub(super) fn answer<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        // One given up between its end and now has nobody to tell: its work was for nothing.
        if self.jobs[id].role == Role::Call {
            self.call_answered(cx, self.kin[id as usize].parent, id);
        }
        self.end_job(id);
    }

    /// A job that is in no slot comes to nothing.
    pub(super) fn fail<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, why: Loss) {
        if self.network.is_none() || !self.goes_back(cx, id, Some(why)) {
            self.fails(cx, id, why);
        }
    }

    /// Whoever waits for a job that came to nothing hears of it.
    pub(super) fn fails<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, why: Loss) {
        let Job { role, request, attempt, .. } = self.jobs[id];
        match role {
            Role::Root => {
                let goes_on = self.goes_on_as_twin(id);
                self.end_job(id);
                if !goes_on {
                    self.attempt_failed(cx, request, attempt, why);
                }
            }
            Role::Call if self.goes_on_as_other_call(id) => self.end_job(id),
            Role::Call => {
                // Fails fast: the others of the same step are disowned with it.
                self.call_failed(cx, self.kin[id as usize].parent, why);
                self.end_job(id);
            }
            Role::Branch => {
                self.branch_lost(cx, request, attempt, why);
                self.branch_is_over(cx, Holder::Job(id), true);
                self.end_job(id);
            }
            Role::Event => self.errand_failed(cx, id, why),
            Role::Carried => self.carried_failed(cx, id, why),
            Role::Stray => self.end_job(id),
            Role::Delivery => {
                let how = match why {
                    Loss::Crashed | Loss::Stopped | Loss::BadGateway => Undelivered::WorkerLost,
                    _ => Undelivered::Failed,
                };
                self.undelivered(cx, id, how);
            }
        }
    }

    /// A job in a slot fails: the slot is free, and whoever waits for it hears of it.
    pub(super) fn fails_at_work<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: u32,
        result: Outcome,
        why: Loss,
    ) {
        let together = self.pool(self.jobs[id].pool).hands.is_some();
        if !together || !self.fails_with_others(cx, id, result, why) {
            self.fails_alone(cx, id, result, why);
        }
    }

    /// As above, whatever becomes of those who are in the slot with it.
    pub(super) fn fails_alone<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: u32,
        result: Outcome,
        why: Loss,
    ) {
        self.leave(cx, id, result);
        self.moves.push_back(Move::Fail { job: id, why });
    }

    /// A job is over: nothing may name it any more.
    #[inline(always)]
    pub(super) fn end_job(&mut self, id: u32) {
        let job = &mut self.jobs[id];
        job.stamp = 0;
        job.slot = NONE;
        let request = job.request;
        if !self.saved.is_empty() {
            self.saved.remove(&id);
        }
        self.jobs.remove(id);
        self.release(request);
    }

    /// What was left of an interrupted piece of work.
    #[inline]
    pub(super) fn what_is_left(&mut self, job: u32) -> Option<(Span, Speed)> {
        if self.saved.is_empty() { None } else { self.saved.remove(&job) }
    }

    /// What was left of an interrupted piece of work, at the speed of the worker that goes on with it.
    #[inline]
    pub(super) fn work_left(&mut self, id: u32) -> Option<Span> {
        let (left, then) = self.what_is_left(id)?;
        let job = self.jobs[id];
        let pool = self.pool(job.pool);
        let worker = pool.worker_of(job.slot);
        let now = pool.speed_of(worker);
        let left = match self.action(&job, &self.requests[job.request]) {
            Some(Action::Work { piece, .. }) => piece.mix.takes_then(left, piece.speed(then), piece.speed(now)),
            _ => Mix::ALL.takes_then(left, then, now),
        };
        Some(self.work_in_slot(id).map_or(left, |work| pool.browned(worker, work, left)))
    }
}

/// To whom a slot was passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passed {
    /// To the next in line, who began.
    On,
    /// To the next in line, whose first step is not plain work.
    Unusual(u32),
    /// All in line had left it.
    Nobody,
}

/// A slot that somebody left while others waited goes to the next of them.
#[inline(always)]
pub(super) fn pass_on<O: Observer<Fact>>(
    cx: &mut Context<'_, O>,
    pool: &mut Pool<'_>,
    jobs: &mut Slab<Job>,
    requests: &mut Slab<Request>,
    nothing_saved: bool,
    slot: u32,
) -> Passed {
    let Lines::Shared(line) = &mut pool.lines else { super::not_a("pool with one line") };
    let Some(id) = line.next(&mut pool.chance, |job| forgotten(jobs, requests, job)) else { return Passed::Nobody };
    pool.levels.line.down(cx.now());
    pool.begun += 1;
    let job = &mut jobs[id];
    let waited = cx.now() - job.since;
    let request = &requests[job.request];
    let began = serve(cx, pool, (id, job), request, slot, waited, nothing_saved);
    if began { Passed::On } else { Passed::Unusual(id) }
}

/// A job that has a slot begins. False where its first step is not plain work that takes time: `advance` does it.
#[inline(always)]
pub(super) fn serve<O: Observer<Fact>>(
    cx: &mut Context<'_, O>,
    pool: &mut Pool<'_>,
    (id, job): (u32, &mut Job),
    request: &Request,
    slot: u32,
    waited: Span,
    nothing_saved: bool,
) -> bool {
    let now = cx.now();
    job.slot = slot;
    job.since = now;
    job.state = State::Working;
    cx.tell(Fact::Started { who: request.who(), pool: pool.id, waited });
    if let Some((law, key)) = pool.opening[request.workload.index()]
        && (job.step == 0) & (pool.still == 0) & nothing_saved
    {
        let nanos = law.sample(&mut key.draw(name_of_work(job, request)));
        let takes = pool.pace_of(slot).takes(Span::from_nanos(nanos));
        if takes != Span::ZERO {
            let until = now + takes;
            pool.slots[slot as usize] = Slot { until, job: id, request: job.request };
            cx.plan(until, Event::Finish { pool: pool.id, slot });
            return true;
        }
    }
    let place = &mut pool.slots[slot as usize];
    (place.job, place.request) = (id, job.request);
    false
}
