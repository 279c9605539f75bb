//! Jobs reach pools: a worker is chosen for them, they take a slot or join a line, and idle workers take the next.

use crate::cloud::discipline::Claim;
use crate::cloud::event::Event;
use crate::cloud::fact::{Fact, Loss};
use crate::cloud::node::{Action, Lines, Node, Pool};
use crate::cloud::request::{Job, NONE, State};
use crate::cloud::topology::{Discipline, Held, NoWorker, NodeId};
use crate::cloud::world::World;
use crate::cloud::world::lines::forgotten;
use crate::cloud::world::steps::name_of_work;
use crate::cloud::world::visits::serve;
use crate::engine::{Context, Observer};
use crate::ground::time::{SimTime, Span};

/// What a line without ranks asks of those who join.
pub(super) const FIRST_COME: Claim = Claim { need: 0, rank: 0 };

impl World<'_> {
    /// A job reaches a node.
    #[inline(always)]
    pub(super) fn deliver<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, node: NodeId) {
        match &self.nodes[node.index()] {
            Node::Pool(_) => self.enter(cx, id, node),
            Node::Balancer(_) => self.route(cx, id, node),
            Node::Queue(_) | Node::Bucket(_) | Node::Bus(_) => super::not_a("pool or balancer"),
        }
    }

    /// A job reaches a pool: a slot, a place in line, or nothing.
    #[inline(always)]
    pub(super) fn enter<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, to: NodeId) {
        let in_steps = self.goes_in_steps();
        let World { nodes, jobs, requests, saved, .. } = self;
        let Node::Pool(pool) = &mut nodes[to.index()] else { super::not_a("pool") };
        if !pool.calm || in_steps {
            return self.enter_anyhow(cx, id, to);
        }
        // The usual case: nothing is out of the ordinary, and either somebody is free or there is a line.
        let Some(slot) = pool.free_slot_in_calm() else {
            let joins = pool.joins_freely || pool.preempts().is_none();
            return if joins { self.join(cx, id, to, 0) } else { self.enter_anyhow(cx, id, to) };
        };
        if let Lines::Shared(line) = &pool.lines
            && line.waiting() == 0
        {
            let (job, now) = (&mut jobs[id], cx.now());
            let request = &requests[job.request];
            if let Some((law, key)) = pool.opening[request.workload.index()]
                && job.step == 0
                && saved.is_empty()
                && let takes = Span::from_nanos(law.sample(&mut key.draw(name_of_work(job, request))))
                && takes != Span::ZERO
            {
                (job.slot, job.since, job.state) = (slot, now, State::Working);
                pool.take_in_calm(slot, id, job.request, now + takes, now);
                cx.tell(Fact::Started { who: request.who(), pool: to, waited: Span::ZERO });
                return cx.plan(now + takes, Event::Finish { pool: to, slot });
            }
        }
        self.enter_anyhow(cx, id, to)
    }

    /// As [`World::enter`], whatever is out of the ordinary.
    #[inline(never)]
    fn enter_anyhow<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, to: NodeId) {
        if self.joins.is_some() && self.is_held(cx, id, to) {
            return;
        }
        let pool = self.pool_mut(to);
        if pool.environments.is_some() {
            return self.invoke(cx, id, to);
        }
        if let Lines::Each(_) = pool.lines {
            return self.enter_somewhere(cx, id, to);
        }
        if !pool.is_open() || pool.levels.ready.level() == 0 {
            return self.enter_closed(cx, id, to);
        }
        if !self.lets_in(cx, id, to) {
            return;
        }
        if self.gathers(to).is_some() {
            return self.enter_gathering(cx, id, to, 0);
        }
        let pool = self.pool_mut(to);
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
            if pool.wears {
                return self.start(cx, id, to, slot, Span::ZERO);
            }
            pool.take(slot, id, cx.now());
            let job = &mut jobs[id];
            let request = &requests[job.request];
            if !serve(cx, pool, (id, job), request, slot, Span::ZERO, saved.is_empty()) {
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
        let (away, waits) = (pool.is_broken(), pool.plan.no_worker == NoWorker::Wait);
        match (waits, away) {
            (true, _) if !self.lets_in(cx, id, to) => (),
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
                let away = pool.is_broken();
                return self.fail(cx, id, if away { Loss::Down } else { Loss::NoWorker });
            }
        };
        let worker = pool.at_place(place);
        if self.lets_in(cx, id, to) && !self.finds_nobody(cx, id, to, worker) {
            self.enter_at(cx, id, to, worker);
        }
    }

    /// Whether a pool's gate lets a job in; if not, the job has failed. Who had been at work here is let in anyway.
    #[inline]
    pub(super) fn lets_in<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, to: NodeId) -> bool {
        let pool = self.pool(to);
        if pool.gate.is_none() && pool.throttles == 0 || self.jobs[id].state == State::Again {
            return true;
        }
        let Some(why) = self.refusal(cx.now(), to) else { return true };
        self.fail(cx, id, why);
        false
    }

    /// Why a pool does not let the next one in, if it does not: its provider refuses it, or its gate.
    pub(super) fn refusal(&mut self, now: SimTime, to: NodeId) -> Option<Loss> {
        let refused = self.is_throttled(to).then_some(Loss::Throttled);
        refused.or_else(|| self.turned_away(now, to))
    }

    /// Why a node's gate turns away who comes, if it does.
    pub(super) fn turned_away(&mut self, now: SimTime, node: NodeId) -> Option<Loss> {
        let inside = |pool: &Pool<'_>| pool.levels.line.level() + pool.in_service();
        match &mut self.nodes[node.index()] {
            Node::Pool(pool) => {
                let inside = inside(pool);
                pool.gate.as_mut()?.turns_away(now, || inside)
            }
            Node::Balancer(balancer) => {
                let to = &balancer.plan.to;
                let mut gate = balancer.gate.take()?;
                // What a balancer has let in and what is not yet answered is with the workers behind it.
                let why = gate.turns_away(now, || to.iter().map(|&to| inside(self.pool(to))).sum());
                if let Node::Balancer(balancer) = &mut self.nodes[node.index()] {
                    balancer.gate = Some(gate);
                }
                why
            }
            Node::Queue(_) | Node::Bucket(_) | Node::Bus(_) => None,
        }
    }

    /// A job reaches a worker that was chosen for it.
    pub(super) fn enter_at<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, to: NodeId, worker: u32) {
        if self.gathers(to).is_some() {
            return self.enter_gathering(cx, id, to, worker);
        }
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
        self.pool_mut(to).notes_balance(cx.now());
    }

    /// What a discipline may ask about a job.
    pub(super) fn claim(&self, id: u32) -> Claim {
        let job = self.jobs[id];
        let request = self.requests[job.request];
        let pool = self.pool(job.pool);
        match &pool.plan.line {
            Discipline::Priority { rank, .. } => {
                // Whom nobody sends comes last.
                let rank = rank.get(request.workload.index()).or_else(|| rank.iter().max());
                Claim { need: 0, rank: rank.copied().unwrap_or(0) }
            }
            Discipline::Shortest => {
                let programme = &pool.programme[request.workload.index()];
                let (mut need, mut step) = (0_u64, 0_u16);
                while let Some(&action) = programme.get(usize::from(step)) {
                    // Of the reference machine: whoever will serve, an order does not depend on speed.
                    if let Action::Work { piece, .. } = action {
                        need = need.saturating_add(self.need(&job, &request, piece));
                    }
                    step = self.turns(&Job { step, ..job }, &request, action).unwrap_or(step + 1);
                }
                Claim { need, rank: 0 }
            }
            Discipline::EarliestDeadline => Claim { need: self.deadline(&request).nanos(), rank: 0 },
            Discipline::FirstCome | Discipline::LastCome | Discipline::Random => FIRST_COME,
        }
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
            if pool.environments.is_some() {
                return self.pollers_receive(cx, id);
            }
            if let Lines::Shared(line) = &pool.lines
                && line.waiting() > 0
                && let Some(batch) = pool.hands.as_ref().and_then(|hands| hands.batch())
            {
                if self.gathers_from_line(cx, id, 0, batch) {
                    continue;
                }
            } else if let Lines::Shared(line) = &pool.lines
                && line.waiting() > 0
            {
                let Some(slot) = pool.free_slot() else { return };
                let Lines::Shared(line) = &mut pool.lines else { return };
                let next = line.next(&mut pool.chance, |job| forgotten(jobs, requests, job));
                let Some(job) = next else { return pool.leaves_free(slot) };
                if self.turned_out(cx, id, job, 0) {
                    self.pool_mut(id).leaves_free(slot);
                    continue;
                }
                self.pool_mut(id).levels.line.down(cx.now());
                let waited = cx.now() - self.jobs[job].since;
                self.has_not_waited(cx, job, id, waited);
                self.start(cx, job, id, slot, waited);
                continue;
            }
            if self.pool(id).feeds.is_empty() || !self.receive_any(cx, id) {
                if self.pool(id).hands.is_some() {
                    self.nothing_to_gather(id);
                }
                return self.polls_in_vain(cx, id);
            }
        }
    }

    /// Tells of one in line whom nothing has kept there: a worker has just come into service.
    #[inline]
    fn has_not_waited<O: Observer<Fact>>(&self, cx: &mut Context<'_, O>, job: u32, pool: NodeId, waited: Span) {
        let Job { state, request, .. } = self.jobs[job];
        if waited == Span::ZERO && state == State::Waiting {
            cx.tell(Fact::AtOnce { who: self.requests[request].who(), pool });
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
            if let Some(batch) = pool.hands.as_ref().and_then(|hands| hands.batch()) {
                match self.gathers_from_line(cx, id, worker, batch) {
                    true => continue,
                    false => break,
                }
            }
            let Some(slot) = pool.free_slot_of(worker) else {
                return pool.notes_balance(cx.now());
            };
            let Lines::Each(lines) = &mut pool.lines else { return };
            let next = lines[worker as usize].next(&mut pool.chance, |job| forgotten(jobs, requests, job));
            let Some(job) = next else { break };
            if self.turned_out(cx, id, job, worker) {
                continue;
            }
            self.pool_mut(id).levels.line.down(cx.now());
            let waited = cx.now() - self.jobs[job].since;
            self.start(cx, job, id, slot, waited);
        }
        self.pool_mut(id).notes_balance(cx.now());
        self.goes_if_done(cx, id, worker);
    }

    /// A better one interrupts the worst and latest begun, if there is a worse.
    fn preempt<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, to: NodeId, held: Held) -> bool {
        let rank = self.claim(id).rank;
        let pool = self.pool(to);
        // A slot of one that is to go is free for nobody.
        let stays = |slot: usize| pool.stays(pool.worker_of(slot as u32));
        let taken = pool.slots.iter().enumerate().filter(|&(at, slot)| slot.job != NONE && stays(at));
        let worst = taken.map(|(at, slot)| (self.claim(slot.job).rank, self.jobs[slot.job].since, at as u32)).max();
        let Some((_, _, slot)) = worst.filter(|&(worst, _, _)| worst > rank) else { return false };
        let victim = self.pool(to).slots[slot as usize].job;
        self.interrupt(cx, victim, held, Loss::Stopped);
        // While others wait, the slot was left to the next of them; the better one is first all the same.
        if self.vacated.back() == Some(&(to, slot)) {
            self.vacated.pop_back();
            self.pool_mut(to).hand_over(slot, id);
            self.begin_service(cx, id, to, slot, Span::ZERO);
        } else {
            self.start(cx, id, to, slot, Span::ZERO);
        }
        true
    }

    /// Whether the next of a line, just taken out of it, is turned away instead of served: it has then failed. Who had
    /// been at work before is served.
    #[inline]
    pub(super) fn turned_out<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        at: NodeId,
        id: u32,
        worker: u32,
    ) -> bool {
        let now = cx.now();
        let World { nodes, jobs, .. } = self;
        let Node::Pool(pool) = &mut nodes[at.index()] else { super::not_a("pool") };
        let Some(gate) = &mut pool.gate else { return false };
        let job = jobs[id];
        let others_wait = pool.lines.of(worker).waiting() > 0;
        if job.state == State::Again || !gate.turns_out(worker as usize, now, now - job.since, others_wait) {
            return false;
        }
        let place = pool.workers.get(worker as usize).map_or(0, |worker| worker.place);
        self.loses_place(cx, at, id, place, Loss::Shed);
        true
    }
}
