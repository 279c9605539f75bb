//! Lines of pools: who joins them, who leaves them before their turn, and lines that die.

use crate::cloud::discipline::Claim;
use crate::cloud::fact::{Fact, Loss};
use crate::cloud::node::{Lines, Node, Pool};
use crate::cloud::request::{Job, NONE, Request, State};
use crate::cloud::topology::NodeId;
use crate::cloud::world::pools::FIRST_COME;
use crate::cloud::world::{Move, World};
use crate::engine::{Context, Observer};
use crate::ground::slab::Slab;

impl World<'_> {
    /// A job joins a line, if there is room. `worker` matters where each has its own.
    #[inline(always)]
    pub(super) fn join<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, to: NodeId, worker: u32) {
        let World { nodes, jobs, requests, .. } = self;
        let Node::Pool(pool) = &mut nodes[to.index()] else { super::not_a("pool") };
        if !pool.joins_freely || self.impatient {
            return self.joins_if_it_may(cx, id, to, worker);
        }
        let job = &mut jobs[id];
        let request = &requests[job.request];
        stands_in_line(cx, pool, (id, job), request, FIRST_COME, worker);
    }

    /// As [`World::join`], where the line may be full or have another order, or who joins it may leave it.
    #[inline(never)]
    fn joins_if_it_may<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, to: NodeId, worker: u32) {
        if !self.pool_mut(to).has_room(worker) {
            return self.fail(cx, id, Loss::Full);
        }
        let claim = self.claim(id);
        let World { nodes, jobs, requests, flows, .. } = self;
        let Node::Pool(pool) = &mut nodes[to.index()] else { super::not_a("pool") };
        let job = &mut jobs[id];
        let request = &requests[job.request];
        let first = stands_in_line(cx, pool, (id, job), request, claim, worker);
        if first && flows[request.workload.index()].patience.is_some() {
            self.set_patience(cx, id);
        }
    }

    /// One in line leaves it before its turn.
    pub(super) fn leave_line<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, why: Loss) {
        let now = cx.now();
        self.saved.remove(&id);
        let job = &mut self.jobs[id];
        job.state = State::Void;
        job.stamp = 0;
        let Job { pool: at, slot: worker, since, request, .. } = *job;
        let who = self.requests[request].who();
        if !self.saved.is_empty() {
            self.saved.remove(&id);
        }
        let World { nodes, jobs, requests, .. } = self;
        let Node::Pool(pool) = &mut nodes[at.index()] else { super::not_a("pool") };
        // The line names it until it is met there, so its place is not free yet; see `forgotten`.
        pool.lines.of(worker).leave(|job| forgotten(jobs, requests, job));
        pool.levels.line.down(now);
        let place = pool.workers.get(worker as usize).map_or(0, |worker| worker.place);
        if let Some(standing) = &mut pool.standing {
            standing.give(place);
        }
        pool.notes_balance(now);
        let each = matches!(pool.lines, Lines::Each(_)) && pool.leaving > 0;
        cx.tell(Fact::Left { who, pool: at, waited: now - since, why });
        if each {
            // It may have been the last that a draining worker was there for.
            self.goes_if_done(cx, at, worker);
        }
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
            self.loses_place(cx, at, id, place, why);
        }
    }

    /// One who was taken out of a line is not served.
    pub(super) fn loses_place<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        at: NodeId,
        id: u32,
        place: u32,
        why: Loss,
    ) {
        let pool = self.pool_mut(at);
        pool.levels.line.down(cx.now());
        if let Some(standing) = &mut pool.standing {
            standing.give(place);
        }
        pool.notes_balance(cx.now());
        let job = &mut self.jobs[id];
        job.state = State::New;
        job.slot = NONE;
        let (request, since) = (job.request, job.since);
        let who = self.requests[request].who();
        cx.tell(Fact::Left { who, pool: at, waited: cx.now() - since, why });
        self.moves.push_back(Move::Fail { job: id, why });
    }
}

/// A job stands in a line from now on. Says whether its service has never begun.
#[inline(always)]
fn stands_in_line<O: Observer<Fact>>(
    cx: &mut Context<'_, O>,
    pool: &mut Pool<'_>,
    (id, job): (u32, &mut Job),
    request: &Request,
    claim: Claim,
    worker: u32,
) -> bool {
    let now = cx.now();
    pool.lines.of(worker).join(id, claim);
    pool.levels.line.up(now);
    pool.notes_balance(now);
    let again = job.state == State::Again;
    job.state = if again { State::Again } else { State::Waiting };
    job.since = now;
    // While a job waits, its slot says which worker's line it stands in.
    job.slot = worker;
    cx.tell(Fact::Queued { who: request.who(), pool: pool.id });
    !again
}

/// Whether a job met in a line had left it before its turn; if so, its place is free now.
pub(super) fn forgotten(jobs: &mut Slab<Job>, requests: &mut Slab<Request>, met: u32) -> bool {
    if jobs[met].state != State::Void {
        return false;
    }
    let request = jobs[met].request;
    jobs.remove(met);
    if requests[request].let_go() {
        requests.remove(request);
    }
    true
}
