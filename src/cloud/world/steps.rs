//! What a worker does for a job: step after step, until it must wait or is done.

use crate::cloud::event::Event;
use crate::cloud::fact::{Fact, Loss, Outcome, Spent};
use crate::cloud::node::{Action, Holder, Named, Node, Piece};
use crate::cloud::request::{Job, NONE, Request, Role, Stage, State, copy_of};
use crate::cloud::topology::NodeId;
use crate::cloud::world::batches::{CALL, WAKES};
use crate::cloud::world::client::numbered;
use crate::cloud::world::joins::Sender;
use crate::cloud::world::queues::Parcel;
use crate::cloud::world::{Move, World};
use crate::engine::{Context, Observer};
use crate::ground::chance::unit;
use crate::ground::time::{SimTime, Span};

/// Names the draw of a piece of work. The branch lies above the ordinal, so that copies bring work of their own.
#[inline(always)]
pub(super) fn name_of_work(job: &Job, request: &Request) -> u64 {
    u64::from(job.branch) << 32 | u64::from(request.ordinal)
}

impl<'a> World<'a> {
    /// The step that a job is at; `None` behind the last.
    #[inline]
    pub(super) fn action(&self, job: &Job, request: &Request) -> Option<Action<'a>> {
        self.pool(job.pool).programme[request.workload.index()].get(usize::from(job.step)).copied()
    }

    /// Does a job's steps from the present one on, until one takes time or the last is done.
    #[inline(never)]
    pub(super) fn advance<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        loop {
            // Field by field: a job copied whole right after one of its fields was written stalls the processor.
            let (at, step, owner) = {
                let job = &self.jobs[id];
                (job.pool, usize::from(job.step), job.request)
            };
            let workload = self.requests[owner].workload;
            let pool = self.pool(at);
            let action = pool.programme[workload.index()].get(step).copied();
            if pool.hands.as_ref().is_some_and(|hands| hands.batch().is_some()) && self.awaits_others(id) {
                return;
            }
            let Some(action) = action else { return self.done(cx, id) };
            if let Action::Choose { .. } | Action::GoTo(_) = action {
                let step = self.turns(&self.jobs[id], &self.requests[owner], action);
                self.jobs[id].step = step.unwrap_or_default();
                continue;
            }
            if self.exacting && self.drops(cx, id) {
                return;
            }
            if let Action::Send { to, size: None, copies: 1, .. } = action
                && let &[to] = to
                && self.joins.is_none()
                && !matches!(self.nodes[to.index()], Node::Queue(_))
            {
                let branch = self.jobs[id].branch;
                self.send_on(cx, id, to, branch);
                self.jobs[id].step += 1;
                continue;
            }
            let job = self.jobs[id];
            let request = self.requests[owner];
            let takes = match action {
                Action::Work { piece, .. } => {
                    let takes = self.work_of(&job, &request, piece);
                    self.work_left(id).unwrap_or(takes)
                }
                other => match self.act(cx, id, &job, &request, other) {
                    Some(takes) => takes,
                    None => return,
                },
            };
            if takes != Span::ZERO {
                return self.occupy(cx, id, takes);
            }
            if !self.step_ends(cx, id, &job, &request, &action) {
                return;
            }
        }
    }

    /// A slot's work ends, step by step.
    #[inline(never)]
    pub(super) fn finish_in_steps<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        pool: NodeId,
        slot: u32,
        (id, owner): (u32, u32),
    ) {
        self.requests.is_asked_for(owner);
        if let Some(environments) = &self.pool(pool).environments {
            environments.is_asked_for(slot);
        }
        let job = self.jobs[id];
        let request = self.requests[job.request];
        let state = self.pool_mut(pool);
        state.slots[slot as usize].until = SimTime::NEVER;
        state.computes(slot, 0, cx.now());
        self.stirs(pool, slot);
        let Some(action) = self.action(&job, &request) else { return };
        if self.step_ends(cx, id, &job, &request, &action) {
            self.advance(cx, id);
        }
    }

    /// A step that took time, or none, has ended: was it well? Then the next one follows.
    #[inline]
    pub(super) fn step_ends<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: u32,
        job: &Job,
        request: &Request,
        action: &Action<'_>,
    ) -> bool {
        if let Action::Work { piece, fails, failing, poisoned, together, .. } = *action
            && (fails > 0.0 || poisoned || self.flows[request.workload.index()].scripted)
            && (self.work_fails(job, request, piece.work, failing, fails)
                || poisoned && piece.work.is_some_and(|work| self.meets_poison(id, request, work, together)))
        {
            if together > 0 {
                return self.shared_step_ends(cx, id, together, false);
            }
            self.fails_at_work(cx, id, Outcome::Error, Loss::Error);
            return false;
        }
        if let Action::Work { together, .. } = *action
            && together > 0
        {
            return self.shared_step_ends(cx, id, together, true);
        }
        match *action {
            Action::Wake => {
                self.runs(cx, id);
                if self.pool(self.jobs[id].pool).hands.is_some() {
                    return self.shared_step_ends(cx, id, WAKES, true);
                }
            }
            Action::Put { bucket, told, size, notifies, .. } if notifies || told.is_some() => {
                let own = self.flows[request.workload.index()].size;
                let bytes = self.size_of(request, size.unwrap_or(own), u64::from(request.ordinal));
                self.tells_of_object(cx, id, job, bucket, (told, bytes));
            }
            _ => {}
        }
        self.jobs[id].step += 1;
        true
    }

    /// Where a job goes on that stands at a choice, or at the end of one of its ways; `None`: it stands at neither.
    #[inline(never)]
    pub(super) fn turns(&self, job: &Job, request: &Request, action: Action<'_>) -> Option<u16> {
        match action {
            Action::Choose { key, fresh, bound, other } => {
                let key = if fresh { key.nth(u64::from(job.visit)) } else { key };
                let drawn = unit(&mut key.draw(name_of_work(job, request)));
                Some(if drawn < bound { job.step + 1 } else { other })
            }
            Action::GoTo(place) => Some(place),
            _ => None,
        }
    }

    /// How long a job's work takes its worker.
    #[inline]
    pub(super) fn work_of(&self, job: &Job, request: &Request, piece: Piece<'_>) -> Span {
        let pool = self.pool(job.pool);
        let piece = match &pool.environments {
            None => piece,
            Some(all) => all.piece(job.slot, request.workload, job.step, piece),
        };
        let nanos = self.need(job, request, piece);
        let worker = pool.worker_of(job.slot);
        let takes = piece.mix.takes(piece.speed(pool.speed_of(worker)), Span::from_nanos(nanos));
        match piece.work {
            Some(work) if pool.is_uneven() => pool.browned(worker, work, takes),
            _ => takes,
        }
    }

    /// A job's work in nanoseconds of the reference machine.
    #[inline]
    pub(super) fn need(&self, job: &Job, request: &Request, piece: Piece<'_>) -> u64 {
        match piece.law {
            Some(law) if !piece.fresh && !self.flows[request.workload.index()].scripted => {
                law.sample(&mut piece.key.draw(name_of_work(job, request)))
            }
            _ => self.rarer_work(job, request, piece),
        }
    }

    /// Keeps the slot for so long.
    #[inline]
    pub(super) fn occupy<O>(&mut self, cx: &mut Context<'_, O>, id: u32, takes: Span) {
        let now = cx.now();
        let job = &mut self.jobs[id];
        job.state = State::Working;
        let (slot, pool) = (job.slot, job.pool);
        self.stirs(pool, slot);
        let state = self.pool_mut(pool);
        let still = state.stands_still(state.worker_of(slot));
        if state.computing.is_some() && !still {
            self.begins_to_compute(cx.now(), id);
        }
        let state = self.pool_mut(pool);
        let place = &mut state.slots[slot as usize];
        if still {
            place.until = SimTime::NEVER;
            state.talks[slot as usize].left = takes;
        } else {
            place.until = now + takes;
            cx.plan(now + takes, Event::Finish { pool, slot });
        }
    }

    /// A slot does what its job is at, of which a part may compute.
    #[inline(never)]
    pub(super) fn begins_to_compute(&mut self, now: SimTime, id: u32) {
        let job = self.jobs[id];
        let request = self.requests[job.request];
        let share = match self.action(&job, &request) {
            Some(Action::Work { piece, .. }) => {
                let pool = self.pool(job.pool);
                piece.mix.share(piece.speed(pool.speed_of(pool.worker_of(job.slot))))
            }
            _ => 0,
        };
        self.pool_mut(job.pool).computes(job.slot, share, now);
    }

    /// Any step but work. Returns the time it takes, or `None` where the job waits, failed or is elsewhere.
    #[inline(never)]
    fn act<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: u32,
        job: &Job,
        request: &Request,
        action: Action<'a>,
    ) -> Option<Span> {
        let ordinal = u64::from(request.ordinal);
        let own = self.flows[request.workload.index()].size;
        match action {
            Action::Work { .. } | Action::Choose { .. } | Action::GoTo(_) => None,
            Action::Wake => Some(self.wakes(cx, id)),
            Action::Act(act) => match self.acts(cx, act, job.request) {
                Ok(()) => Some(Span::ZERO),
                Err(why) => {
                    self.fails_at_work(cx, id, Outcome::Refused, why);
                    None
                }
            },
            Action::Call { calls, .. } => {
                self.call(cx, id, calls);
                None
            }
            Action::Send { to, copies, .. } => {
                let before = self.opens_fan(Sender::Job(id), (to.len() as u32).saturating_mul(copies));
                let sent = self.sends_all(cx, id, job, request, action);
                self.closes_fan(cx, before);
                if let Err(why) = sent {
                    self.fails_at_work(cx, id, Outcome::Refused, why);
                    return None;
                }
                Some(Span::ZERO)
            }
            Action::Event { bus, shape, size } => {
                if let Some((left, _)) = self.what_is_left(id) {
                    // It was put before this was interrupted.
                    return Some(left);
                }
                let bytes = size.map(|size| self.size_of(request, size, ordinal));
                if let Err(why) = self.puts_event(cx, id, job, (bus, shape, bytes)) {
                    self.fails_at_work(cx, id, Outcome::Refused, why);
                    return None;
                }
                Some(self.there_and_back(job, bus))
            }
            Action::Put { bucket, size, takes, .. } | Action::Get { bucket, size, takes } => {
                let bytes = self.size_of(request, size.unwrap_or(own), ordinal);
                let Node::Bucket(store) = &self.nodes[bucket.index()] else { return Some(Span::ZERO) };
                let away = store.away > 0;
                if away || self.is_throttled(bucket) {
                    let why = if away { Loss::Down } else { Loss::Throttled };
                    self.fails_at_work(cx, id, Outcome::Refused, why);
                    return None;
                }
                let who = request.who();
                cx.tell(match action {
                    Action::Put { .. } => Fact::Stored { who, bucket, bytes },
                    _ => Fact::Fetched { who, bucket, bytes },
                });
                let nanos = takes.map_or(0, |takes| takes.nth(numbered(request.ordinal, job.visit)));
                let takes = Span::from_nanos(nanos) + self.there_and_back(job, bucket);
                // What goes on after an interruption was told when it began.
                if let Some((left, _)) = self.what_is_left(id) {
                    return Some(left);
                }
                if takes > Span::ZERO {
                    let (from, span) = (cx.now(), takes);
                    cx.tell(Fact::Spent { who, node: job.pool, on: Spent::Answers, from, span });
                    cx.tell(Fact::Spent { who, node: bucket, on: Spent::Object, from, span });
                }
                Some(takes)
            }
        }
    }

    /// Sends all pieces of a step on; why one was refused, if it was.
    fn sends_all<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: u32,
        job: &Job,
        request: &Request,
        action: Action<'a>,
    ) -> Result<(), Loss> {
        let Action::Send { to, size, copies, group, delay } = action else { return Ok(()) };
        let own = self.flows[request.workload.index()].size;
        for &node in to {
            for copy in 0..copies {
                let branch = copy_of(job.branch, copy, copies);
                if !matches!(self.nodes[node.index()], Node::Queue(_)) {
                    self.send_on(cx, id, node, branch);
                    continue;
                }
                let bytes = self.size_of(request, size.unwrap_or(own), u64::from(request.ordinal));
                let joins = !copy.is_multiple_of(CALL);
                let (request, attempt) = (job.request, job.attempt);
                let step = u32::from(job.pool.0) << 16 | u32::from(job.step);
                let parcel = Parcel { request, attempt, branch, bytes, group, step, delay, joins };
                match &self.network {
                    None => self.post(cx, node, parcel)?,
                    Some(_) => self.posts_over(cx, job, node, parcel)?,
                }
            }
        }
        Ok(())
    }

    /// A body's size: what the trace says, or the law's draw.
    fn size_of(&self, request: &Request, sizes: Named<'_>, ordinal: u64) -> u64 {
        if self.flows[request.workload.index()].scripted
            && let Some(size) = self.brought(request).and_then(|recorded| recorded.size)
        {
            return size;
        }
        sizes.nth(ordinal)
    }

    /// The bytes that a balancer sees of a request and its answer.
    pub(super) fn bytes_through(&self, request: &Request) -> u64 {
        let flow = &self.flows[request.workload.index()];
        let ordinal = u64::from(request.ordinal);
        self.size_of(request, flow.size, ordinal).saturating_add(flow.answer.nth(ordinal))
    }

    /// The bytes of a request's own body.
    pub(super) fn bytes_of(&self, request: &Request) -> u64 {
        self.size_of(request, self.flows[request.workload.index()].size, u64::from(request.ordinal))
    }

    /// Sends a piece of a request on to a pool or balancer, and goes on.
    #[inline(always)]
    fn send_on<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, node: NodeId, branch: u16) {
        let job = &self.jobs[id];
        let (owner, attempt, from) = (job.request, job.attempt, (job.pool, job.slot, job.step));
        self.sends_branch(cx, node, (owner, attempt, branch), Some(from));
    }

    /// A piece of a request sets out to a pool or balancer, from the slot and the step of whoever sends it.
    #[inline(always)]
    pub(super) fn sends_branch<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        node: NodeId,
        (owner, attempt, branch): (u32, u16, u16),
        from: Option<(NodeId, u32, u16)>,
    ) {
        let request = &mut self.requests[owner];
        request.hold();
        if request.attempt == attempt && request.stage != Stage::Ended {
            request.branches();
        }
        let stamp = self.new_stamp();
        let sent = self.jobs.insert(Job {
            since: cx.now(),
            request: owner,
            slot: NONE,
            stamp,
            pool: node,
            step: 0,
            attempt,
            visit: attempt,
            branch,
            role: Role::Branch,
            state: State::New,
        });
        self.is_sent(Holder::Job(sent));
        match from {
            Some(from) => self.carries(cx, sent, from, node),
            None => self.moves.push_back(Move::Deliver { job: sent, node }),
        }
    }
}
