//! Jobs at pools: into line, into a slot, out of it, and what becomes of those who wait for them.

use crate::cloud::discipline::Claim;
use crate::cloud::event::Event;
use crate::cloud::fact::{Fact, Loss, Outcome};
use crate::cloud::node::{Action, Lines, Node, Phase, Pool};
use crate::cloud::request::{Job, NONE, Request, Role, Stage, State};
use crate::cloud::topology::{Discipline, Held, NoWorker, NodeId};
use crate::cloud::world::queues::Undelivered;
use crate::cloud::world::{Move, World};
use crate::engine::{Context, Observer};
use crate::ground::slab::Slab;
use crate::ground::time::{SimTime, Span};

/// What a line without ranks asks of those who join.
const FIRST_COME: Claim = Claim { need: 0, rank: 0 };

impl World<'_> {
    /// A job reaches a node.
    #[inline(always)]
    pub(super) fn deliver<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, node: NodeId) {
        match &self.nodes[node.index()] {
            Node::Pool(_) => self.enter(cx, id, node),
            Node::Balancer(_) => self.route(cx, id, node),
            Node::Queue(_) | Node::Bucket(_) => super::not_a("pool or balancer"),
        }
    }

    /// A balancer gives a job to a worker.
    fn route<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, node: NodeId) {
        let nodes = &mut self.nodes;
        let Node::Balancer(balancer) = &mut nodes[node.index()] else { super::not_a("balancer") };
        if balancer.away > 0 {
            return self.fail(cx, id, Loss::Down);
        }
        let (plan, ties, mut turn) = (balancer.plan, balancer.ties(), balancer.turn);
        let mut chance = balancer.chance.clone();
        let standing = |to: &NodeId| match &nodes[to.index()] {
            Node::Pool(pool) => pool.standing.as_ref().unwrap_or_else(|| super::not_a("pool behind a balancer")),
            _ => super::not_a("pool"),
        };
        let target = match plan.to.as_slice() {
            [only] => crate::cloud::balancing::choose(plan.routing, ties, &[standing(only)], &mut turn, &mut chance),
            several => {
                let standings: Vec<_> = several.iter().map(standing).collect();
                crate::cloud::balancing::choose(plan.routing, ties, &standings, &mut turn, &mut chance)
            }
        };
        if let Node::Balancer(balancer) = &mut nodes[node.index()] {
            balancer.turn = turn;
            balancer.chance = chance;
        }
        let Some(target) = target else {
            let away = plan.to.iter().all(|&to| !self.pool(to).is_open());
            return self.fail(cx, id, if away { Loss::Down } else { Loss::NoWorker });
        };
        let request = self.requests[self.jobs[id].request];
        let bytes = self.bytes_through(&request);
        cx.tell(Fact::Routed { who: request.who(), balancer: node, bytes });
        let to = plan.to[target.pool];
        self.jobs[id].pool = to;
        let worker = self.pool(to).at_place(target.place);
        self.enter_at(cx, id, to, worker);
    }

    /// A job reaches a pool: a slot, a place in line, or nothing.
    #[inline(always)]
    fn enter<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, to: NodeId) {
        let pool = self.pool_mut(to);
        if let Lines::Each(_) = pool.lines {
            return self.enter_somewhere(cx, id, to);
        }
        if !pool.is_open() || pool.levels.ready.level() == 0 {
            return self.enter_closed(cx, id, to);
        }
        if let Lines::Shared(line) = &pool.lines
            && line.waiting() > 0
            && pool.has_free()
        {
            // Those in line come first: a slot that has just become free is theirs.
            self.pull(cx, to);
        }
        let World { nodes, jobs, requests, saved, .. } = self;
        let Node::Pool(pool) = &mut nodes[to.index()] else { super::not_a("pool") };
        if let Lines::Shared(line) = &pool.lines
            && line.waiting() == 0
            && let Some(slot) = pool.free_slot()
        {
            pool.take(slot, id, cx.now());
            let job = &mut jobs[id];
            if !serve(cx, pool, job, &requests[job.request], slot, Span::ZERO, saved.is_empty()) {
                self.advance(cx, id);
            }
            return;
        }
        if let Some(held) = pool.preempts()
            && self.preempt(cx, id, to, held)
        {
            return;
        }
        self.join(cx, id, to, 0);
    }

    /// A job reaches a pool that is away, or has nobody in service.
    #[inline(never)]
    fn enter_closed<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, to: NodeId) {
        let pool = self.pool(to);
        let (away, waits) = (!pool.is_open(), pool.plan.no_worker == NoWorker::Wait);
        match (waits, away) {
            (true, _) => self.join(cx, id, to, 0),
            (false, true) => self.fail(cx, id, Loss::Down),
            (false, false) => self.fail(cx, id, Loss::NoWorker),
        }
    }

    /// A job reaches, without a balancer, a pool whose workers have lines of their own: the shortest takes it.
    fn enter_somewhere<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, to: NodeId) {
        let pool = self.pool(to);
        let place = match &pool.standing {
            Some(standing) if standing.ready() > 0 => standing.nth_fewest(0),
            _ => {
                let away = !pool.is_open();
                return self.fail(cx, id, if away { Loss::Down } else { Loss::NoWorker });
            }
        };
        let worker = pool.at_place(place);
        self.enter_at(cx, id, to, worker);
    }

    /// A job reaches a worker that was chosen for it.
    fn enter_at<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, to: NodeId, worker: u32) {
        if self.pool_mut(to).lines.of(worker).waiting() > 0 {
            // Those in line come first: a slot that has just become free is theirs.
            self.next_of(cx, to, worker);
        }
        let pool = self.pool_mut(to);
        let place = pool.workers[worker as usize].place;
        let waiting = pool.lines.of(worker).waiting();
        let slot = pool.free_slot_of(worker).filter(|_| waiting == 0);
        if slot.is_none() && !pool.has_room(worker) {
            return self.fail(cx, id, Loss::Full);
        }
        if let Some(standing) = &mut pool.standing {
            standing.take(place);
        }
        match slot {
            Some(slot) => self.start(cx, id, to, slot, Span::ZERO),
            None => self.join(cx, id, to, worker),
        }
    }

    /// What a discipline may ask about a job.
    fn claim(&self, id: u32) -> Claim {
        let job = self.jobs[id];
        let request = self.requests[job.request];
        let pool = self.pool(job.pool);
        match &pool.plan.line {
            Discipline::Priority { rank, .. } => Claim { need: 0, rank: rank[request.workload.index()] },
            Discipline::Shortest => {
                let works = pool.programme[request.workload.index()].iter().map(|action| match *action {
                    Action::Work { work, law, key, fresh, .. } => {
                        // The speed is the pool's, whoever will serve: an order does not depend on it.
                        let slot = Job { slot: 0, ..job };
                        self.work_of(&slot, &request, work, law, key, fresh).nanos()
                    }
                    _ => 0,
                });
                Claim { need: works.sum(), rank: 0 }
            }
            Discipline::FirstCome | Discipline::LastCome | Discipline::Random => FIRST_COME,
        }
    }

    /// A job joins a line, if there is room. `worker` matters where each has its own.
    fn join<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, to: NodeId, worker: u32) {
        let pool = self.pool_mut(to);
        if !pool.has_room(worker) {
            return self.fail(cx, id, Loss::Full);
        }
        let now = cx.now();
        let claim = if pool.plan.line == Discipline::FirstCome { FIRST_COME } else { self.claim(id) };
        let pool = self.pool_mut(to);
        pool.lines.of(worker).join(id, claim);
        pool.levels.line.up(now);
        let job = &mut self.jobs[id];
        job.state = State::Waiting;
        job.since = now;
        // While a job waits, its slot says which worker's line it stands in.
        job.slot = worker;
        let request = &self.requests[job.request];
        cx.tell(Fact::Queued { who: request.who(), pool: to });
        if self.flows[request.workload.index()].patience.is_some() {
            self.set_patience(cx, id);
        }
    }

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
        self.pool_mut(to).take(slot, id, cx.now());
        self.begin_service(cx, id, to, slot, waited);
    }

    /// A slot that somebody left while others waited goes to the next of them.
    #[inline(always)]
    pub(super) fn hand_over<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, to: NodeId, slot: u32) {
        let now = cx.now();
        let World { nodes, jobs, requests, saved, .. } = self;
        let Node::Pool(pool) = &mut nodes[to.index()] else { super::not_a("pool") };
        let Lines::Shared(line) = &mut pool.lines else { super::not_a("pool with one line") };
        match line.next(&mut pool.chance, |job| forgotten(jobs, requests, job)) {
            Some(id) => {
                pool.levels.line.down(now);
                pool.hand_over(slot, id);
                let job = &mut jobs[id];
                let waited = now - job.since;
                if !serve(cx, pool, job, &requests[job.request], slot, waited, saved.is_empty()) {
                    self.advance(cx, id);
                }
            }
            None => {
                pool.give(slot, now);
                self.rouse(to);
            }
        }
    }

    /// A job that has a slot begins.
    #[inline(always)]
    fn begin_service<O: Observer<Fact>>(
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
        if !serve(cx, pool, job, &requests[job.request], slot, waited, saved.is_empty()) {
            self.advance(cx, id);
        }
    }

    /// The usual end of a visit, at one go: a client's only job has done its last step at a pool with one line, and
    /// the next in line follows it. False, and nothing done, where anything is unusual; `done` does the same in steps.
    #[inline(always)]
    pub(super) fn done_at_once<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: u32,
        to: NodeId,
        slot: u32,
    ) -> bool {
        let now = cx.now();
        let World { nodes, jobs, requests, saved, in_system, idle, .. } = self;
        let Node::Pool(pool) = &mut nodes[to.index()] else { super::not_a("pool") };
        let Lines::Shared(line) = &mut pool.lines else { return false };
        let job = &mut jobs[id];
        let owner = job.request;
        let request = &mut requests[owner];
        let usual = job.role == Role::Root && request.is_only_one_job() && pool.leaving == 0 && pool.away == 0;
        if !usual || self.closed || !saved.is_empty() {
            return false;
        }
        let (who, born) = (request.who(), request.born);
        request.stage = Stage::Ended;
        request.refs = 0;
        job.stamp = 0;
        let (visit, began) = (job.visit, job.since);
        requests.remove(owner);
        jobs.remove(id);
        in_system.down(now);
        let waiting = line.waiting() > 0;
        let worker = pool.number_of(pool.worker_of(slot));
        cx.tell(Fact::Served { who, pool: to, worker, visit, began, result: Outcome::Ok });
        cx.tell(Fact::Answered { who, born });
        cx.tell(Fact::Completed { who, born });
        if waiting && pool.can_hand_over(slot) {
            self.hand_over(cx, to, slot);
            return true;
        }
        pool.give(slot, now);
        if waiting || !pool.feeds.is_empty() {
            idle.push_back(to);
        }
        true
    }

    /// Idle workers of a pool take what waits: the line first, then the queues in the order of the file.
    #[inline(always)]
    pub(super) fn pull<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId) {
        loop {
            let World { nodes, jobs, requests, .. } = self;
            let Node::Pool(pool) = &mut nodes[id.index()] else { super::not_a("pool") };
            if !pool.is_open() {
                return;
            }
            if let Lines::Shared(line) = &pool.lines
                && line.waiting() > 0
            {
                let Some(slot) = pool.free_slot() else { return };
                let Lines::Shared(line) = &mut pool.lines else { return };
                let next = line.next(&mut pool.chance, |job| forgotten(jobs, requests, job));
                let Some(job) = next else { return };
                pool.levels.line.down(cx.now());
                let waited = cx.now() - self.jobs[job].since;
                self.start(cx, job, id, slot, waited);
                continue;
            }
            if pool.feeds.is_empty() || !self.receive_any(cx, id) {
                return;
            }
        }
    }

    /// A worker with a line of its own takes the next of it, or goes if it was to go.
    pub(super) fn next_of<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, worker: u32) {
        loop {
            let World { nodes, jobs, requests, .. } = self;
            let Node::Pool(pool) = &mut nodes[id.index()] else { super::not_a("pool") };
            if !pool.is_open() || pool.lines.of(worker).waiting() == 0 {
                break;
            }
            let Some(slot) = pool.free_slot_of(worker) else { return };
            let Lines::Each(lines) = &mut pool.lines else { return };
            let next = lines[worker as usize].next(&mut pool.chance, |job| forgotten(jobs, requests, job));
            let Some(job) = next else { break };
            pool.levels.line.down(cx.now());
            let waited = cx.now() - self.jobs[job].since;
            self.start(cx, job, id, slot, waited);
        }
        self.goes_if_done(cx, id, worker);
    }

    /// A job gives its slot back; tells how its stay ended.
    #[inline(always)]
    pub(super) fn leave<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, result: Outcome) {
        let now = cx.now();
        let World { nodes, jobs, requests, .. } = self;
        let job = &mut jobs[id];
        let (at, slot) = (job.pool, job.slot);
        job.slot = NONE;
        job.state = State::New;
        let Node::Pool(pool) = &mut nodes[at.index()] else { super::not_a("pool") };
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
            self.vacated.push_back((at, slot));
            return cx.tell(fact);
        }
        let worker = pool.give(slot, now);
        let number = pool.number_of(worker);
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
        if each {
            self.moves.push_back(Move::Next { pool: at, worker });
        } else if draining {
            self.goes_if_done(cx, at, worker);
        }
        if wanted {
            self.rouse(at);
        }
    }

    /// A job has done its last step.
    #[inline(always)]
    pub(super) fn done<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        let job = &self.jobs[id];
        let (role, request, attempt) = (job.role, job.request, job.attempt);
        match role {
            Role::Root => {
                self.leave(cx, id, Outcome::Ok);
                self.end_job(id);
                self.answered(cx, request);
            }
            Role::Branch => {
                self.leave(cx, id, Outcome::Ok);
                self.branch_done(cx, request, attempt);
                self.end_job(id);
            }
            Role::Call => {
                self.leave(cx, id, Outcome::Ok);
                self.moves.push_back(Move::Answer { job: id });
            }
            Role::Stray => {
                self.leave(cx, id, Outcome::Abandoned);
                let who = self.requests[request].who();
                cx.tell(Fact::Wasted { who });
                self.end_job(id);
            }
            Role::Delivery => self.delivered(cx, id),
        }
    }

    /// Whoever waits for a job that ended well goes on.
    pub(super) fn answer(&mut self, id: u32) {
        let Job { role, parent, .. } = self.jobs[id];
        // One given up between its end and now has nobody to tell: its work was for nothing.
        if role == Role::Call {
            self.call_answered(parent, id);
        }
        self.end_job(id);
    }

    /// A job that is in no slot comes to nothing.
    pub(super) fn fail<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, why: Loss) {
        let Job { role, request, attempt, parent, .. } = self.jobs[id];
        match role {
            Role::Root => {
                self.end_job(id);
                self.attempt_failed(cx, request, attempt, why);
            }
            Role::Call => {
                // Fails fast: the others of the same step are disowned with it.
                self.call_failed(cx, parent, why);
                self.end_job(id);
            }
            Role::Branch => {
                self.branch_lost(cx, request, attempt, why);
                self.end_job(id);
            }
            Role::Stray => self.end_job(id),
            Role::Delivery => {
                let how = match why {
                    Loss::Crashed | Loss::Stopped => Undelivered::WorkerLost,
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

    /// One in line leaves it before its turn.
    pub(super) fn leave_line<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, why: Loss) {
        let now = cx.now();
        let job = &mut self.jobs[id];
        job.state = State::Void;
        job.stamp = 0;
        let Job { pool: at, slot: worker, since, request, .. } = *job;
        let who = self.requests[request].who();
        let World { nodes, jobs, requests, .. } = self;
        let Node::Pool(pool) = &mut nodes[at.index()] else { super::not_a("pool") };
        // The line names it until it is met there, so its place is not free yet; see `forgotten`.
        pool.lines.of(worker).leave(|job| forgotten(jobs, requests, job));
        pool.levels.line.down(now);
        let place = pool.workers.get(worker as usize).map_or(0, |worker| worker.place);
        if let Some(standing) = &mut pool.standing {
            standing.give(place);
        }
        cx.tell(Fact::Left { who, pool: at, waited: now - since, why });
    }

    /// Takes a job, and all that it called, out of the system in this moment.
    pub(super) fn cancel<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        match self.jobs[id].state {
            State::Waiting => self.leave_line(cx, id, Loss::TimedOut),
            State::Working | State::Calling | State::Backing => {
                let Job { pool, slot, .. } = self.jobs[id];
                let talk = &mut self.pool_mut(pool).talks[slot as usize];
                let mut child = std::mem::replace(&mut talk.child, NONE);
                talk.tries = 0;
                while child != NONE {
                    let next = self.jobs[child].sibling;
                    self.cancel(cx, child);
                    child = next;
                }
                self.leave(cx, id, Outcome::Abandoned);
                let who = self.requests[self.jobs[id].request].who();
                cx.tell(Fact::Wasted { who });
                self.end_job(id);
            }
            // On its way to a node or to whoever waits: it ends there.
            State::New | State::Void => self.jobs[id].role = Role::Stray,
        }
    }

    /// A better one interrupts the worst and latest begun, if there is a worse.
    fn preempt<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, to: NodeId, held: Held) -> bool {
        let rank = self.claim(id).rank;
        let pool = self.pool(to);
        let taken = pool.slots.iter().enumerate().filter(|(_, slot)| slot.job != NONE);
        let worst = taken.map(|(at, slot)| (self.claim(slot.job).rank, self.jobs[slot.job].since, at as u32)).max();
        let Some((_, _, slot)) = worst.filter(|&(worst, _, _)| worst > rank) else { return false };
        let victim = self.pool(to).slots[slot as usize].job;
        self.interrupt(cx, victim, held, Loss::Stopped);
        // Interrupting may have let somebody in line begin; the better one is first all the same.
        match self.pool_mut(to).free_slot() {
            Some(slot) => self.start(cx, id, to, slot, Span::ZERO),
            None => self.join(cx, id, to, 0),
        }
        true
    }

    /// Work in hand is interrupted because its worker, or its turn, is taken away.
    pub(super) fn interrupt<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, held: Held, why: Loss) {
        self.disown_calls(id);
        let Job { role, .. } = self.jobs[id];
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
                    self.saved.insert(id, left);
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
            (Held::Redraw, Some(Action::Work { work, law, key, .. })) => {
                // Another draw each time: named by the instant, which no two interruptions of a request share.
                Some(self.work_of(&job, &request, work, law, key.nth(now.nanos()), false))
            }
            (Held::Restart, Some(Action::Work { work, law, key, fresh, .. })) => {
                Some(self.work_of(&job, &request, work, law, key, fresh))
            }
            _ if slot.until == SimTime::NEVER => Some(pool.talks[job.slot as usize].left),
            _ => Some(slot.until - now),
        }
    }

    /// A job that was interrupted stands at the head of the line.
    fn back_in_line<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        let now = cx.now();
        let at = self.jobs[id].pool;
        self.leave(cx, id, Outcome::Released);
        if let Lines::Each(_) = self.pool(at).lines {
            self.moves.push_back(Move::Deliver { job: id, node: at });
            return;
        }
        let claim = self.claim(id);
        let pool = self.pool_mut(at);
        pool.lines.of(0).rejoin(id, claim);
        pool.levels.line.up(now);
        let job = &mut self.jobs[id];
        job.state = State::Waiting;
        job.since = now;
        job.slot = 0;
    }

    /// Everybody in a line loses their place: it dies with the last worker, or with the pool.
    pub(super) fn line_dies<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, at: NodeId, worker: u32, why: Loss) {
        loop {
            let World { nodes, jobs, requests, .. } = self;
            let Node::Pool(pool) = &mut nodes[at.index()] else { super::not_a("pool") };
            let place = pool.workers.get(worker as usize).map_or(0, |worker| worker.place);
            let mut chance = pool.chance.clone();
            let next = pool.lines.of(worker).next(&mut chance, |job| forgotten(jobs, requests, job));
            let Some(id) = next else { return };
            pool.levels.line.down(cx.now());
            if let Some(standing) = &mut pool.standing {
                standing.give(place);
            }
            let job = &mut self.jobs[id];
            job.state = State::New;
            job.slot = NONE;
            let (request, since) = (job.request, job.since);
            let who = self.requests[request].who();
            cx.tell(Fact::Left { who, pool: at, waited: cx.now() - since, why });
            self.moves.push_back(Move::Fail { job: id, why });
        }
    }
}

/// A job that has a slot begins. False where its first step is not plain work that takes time: `advance` does it.
#[inline(always)]
fn serve<O: Observer<Fact>>(
    cx: &mut Context<'_, O>,
    pool: &mut Pool<'_>,
    job: &mut Job,
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
    let programme = &pool.programme[request.workload.index()];
    let Some(Action::Work { law: Some(law), key, plain: true, .. }) = programme.get(usize::from(job.step)) else {
        return false;
    };
    if pool.still > 0 || !nothing_saved {
        return false;
    }
    let nanos = law.sample(&mut key.draw(u64::from(job.branch) << 32 | u64::from(request.ordinal)));
    let takes = pool.speed_of(pool.worker_of(slot)).takes(Span::from_nanos(nanos));
    if takes == Span::ZERO {
        return false;
    }
    pool.slots[slot as usize].until = now + takes;
    cx.plan(now + takes, Event::Finish { pool: pool.id, slot });
    true
}

/// Whether a job met in a line had left it before its turn; if so, its place is free now.
fn forgotten(jobs: &mut Slab<Job>, requests: &mut Slab<Request>, met: u32) -> bool {
    if jobs[met].state != State::Void {
        return false;
    }
    let request = jobs[met].request;
    jobs.remove(met);
    let record = &mut requests[request];
    record.refs -= 1;
    if record.refs == 0 {
        requests.remove(request);
    }
    true
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
