//! The usual ways of a request, each at one go: a visit that ends, a piece that goes on, a message that is received or
//! deleted. They look at each part once and do what the same does in steps elsewhere, fact by fact and draw by draw; where
//! anything is out of the ordinary they do nothing, say so, and it is done in steps.

use crate::cloud::event::Event;
use crate::cloud::fact::{Fact, Loss, Outcome};
use crate::cloud::node::{After, Ending, Lines, Node};
use crate::cloud::request::{Job, Kin, Mail, Message, NONE, Role, Stage, State};
use crate::cloud::topology::NodeId;
use crate::cloud::world::brought::fails_by_chance;
use crate::cloud::world::visits::{Passed, pass_on, serve};
use crate::cloud::world::{World, stamp_after};
use crate::engine::{Context, Observer};
use crate::ground::time::{SimTime, Span};

impl World<'_> {
    /// A slot's work ends. Where that is the usual end of a visit, the next in line follows at once; where all that is left
    /// sends the piece on as it is, it goes there.
    #[inline(always)]
    pub(super) fn finish<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, at: NodeId, slot: u32) {
        let now = cx.now();
        let in_steps = self.goes_in_steps();
        let World { nodes, jobs, requests, saved, in_system, idle, .. } = self;
        let Node::Pool(pool) = &mut nodes[at.index()] else { super::not_a("pool") };
        let place = &mut pool.slots[slot as usize];
        // An event whose work was interrupted meanwhile finds another time, or nobody.
        if place.until != now || place.job == NONE {
            return;
        }
        let (id, owner) = (place.job, place.request);
        if !pool.plain || in_steps {
            return self.finish_in_steps(cx, at, slot, (id, owner));
        }
        place.until = SimTime::NEVER;
        let (job, request) = (&mut jobs[id], &mut requests[owner]);
        let after = match pool.alike {
            Some(after) => after,
            None => {
                let Ending { after, fails, failing } = pool.endings[request.workload.index()][usize::from(job.step)];
                if fails > 0.0 && fails_by_chance(failing, fails, job, request) {
                    return self.fails_at_work(cx, id, Outcome::Error, Loss::Error);
                }
                after
            }
        };
        job.step += 1;
        match after {
            After::Done if job.role == Role::Delivery => {
                if !self.delivered_at_once(cx, id, at, slot, owner) {
                    self.done(cx, id);
                }
            }
            After::Done => {
                // A client's only job, and nobody looks closer.
                let root = job.role == Role::Root;
                let branch = job.role == Role::Branch;
                let answered = (request.stage == Stage::Answered) & (request.attempt == job.attempt);
                let Lines::Shared(line) = &pool.lines else { return self.done(cx, id) };
                // One branch for all: each by itself would be guessed wrongly more often.
                if !((root | branch & answered)
                    & request.is_only_one_job()
                    & pool.calm
                    & self.simple
                    & saved.is_empty())
                {
                    return self.done(cx, id);
                }
                let (who, born) = (request.who(), request.born);
                (request.stage, request.refs) = (Stage::Ended, 0);
                job.stamp = 0;
                let (visit, began) = (job.visit, job.since);
                requests.remove(owner);
                jobs.remove(id);
                in_system.down(now);
                let worker = pool.number_in_calm(slot);
                cx.tell(Fact::Served { who, pool: at, worker, visit, began, result: Outcome::Ok });
                cx.tell(Fact::Completed { who, born, answered: root });
                let waiting = line.waiting() > 0;
                if waiting && !pool.has_free() {
                    let passed = pass_on(cx, pool, jobs, requests, true, slot);
                    if passed != Passed::On {
                        self.is_passed_on(cx, at, slot, passed);
                    }
                    return;
                }
                pool.give_in_calm(slot, now);
                if waiting || !pool.feeds.is_empty() {
                    idle.push_back(at);
                }
            }
            After::HandOn(to) => {
                let root = (job.role == Role::Root) & (request.stage == Stage::Asking);
                let branch = (job.role == Role::Branch) & (request.stage == Stage::Answered);
                let current = request.loss.is_none() & (request.attempt == job.attempt);
                let Lines::Shared(line) = &pool.lines else { return self.advance(cx, id) };
                let undisturbed = self.simple & saved.is_empty();
                if !((root | branch) & current & pool.calm & undisturbed) {
                    return self.advance(cx, id);
                }
                let (who, born) = (request.who(), request.born);
                let worker = pool.number_in_calm(slot);
                let (visit, began) = (job.visit, job.since);
                cx.tell(Fact::Served { who, pool: at, worker, visit, began, result: Outcome::Ok });
                if root {
                    // What the client waited for is done; the same job goes on, in the place of what is pending.
                    request.stage = Stage::Answered;
                    cx.tell(Fact::Answered { who, born });
                }
                self.stamp = stamp_after(self.stamp);
                (job.role, job.step, job.visit) = (Role::Branch, 0, job.attempt);
                (job.pool, job.slot, job.state, job.stamp) = (to, NONE, State::New, self.stamp);
                let waiting = line.waiting() > 0;
                if waiting && !pool.has_free() {
                    pool.slots[slot as usize].job = NONE;
                    self.enter(cx, id, to);
                    if !(self.moves.is_empty() && self.vacated.is_empty()) {
                        return self.vacated.push_back((at, slot));
                    }
                    let World { nodes, jobs, requests, .. } = self;
                    let Node::Pool(pool) = &mut nodes[at.index()] else { super::not_a("pool") };
                    let passed = pass_on(cx, pool, jobs, requests, self.saved.is_empty(), slot);
                    if passed != Passed::On {
                        self.is_passed_on(cx, at, slot, passed);
                    }
                } else {
                    pool.give_in_calm(slot, now);
                    if waiting || !pool.feeds.is_empty() {
                        idle.push_back(at);
                    }
                    self.enter(cx, id, to);
                }
            }
            After::Post(to) => {
                if !self.posts_at_once(cx, id, (at, slot), owner, to) {
                    self.advance(cx, id);
                }
            }
            After::More => self.advance(cx, id),
        }
    }

    /// All that a job has left to do sends its piece to a queue as it is: a message takes its place. False, and nothing
    /// done, where anything is unusual; `advance` does the same in steps.
    #[inline(always)]
    fn posts_at_once<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: u32,
        (from, slot): (NodeId, u32),
        owner: u32,
        to: NodeId,
    ) -> bool {
        let now = cx.now();
        if !self.simple || !self.saved.is_empty() {
            return false;
        }
        let tag = stamp_after(self.stamp);
        let World { nodes, jobs, requests, messages, flows, rows, idle, throttles, .. } = self;
        let Ok([Node::Pool(pool), Node::Queue(queue)]) = nodes.get_disjoint_mut([from.index(), to.index()]) else {
            return false;
        };
        let Lines::Shared(line) = &pool.lines else { return false };
        let (job, request) = (&mut jobs[id], &mut requests[owner]);
        let root = job.role == Role::Root && request.stage == Stage::Asking;
        let branch = job.role == Role::Branch && request.stage == Stage::Answered;
        let current = request.loss.is_none() && request.attempt == job.attempt;
        let open = queue.plain && queue.away == 0 && !queue.only_keeps() && throttles.is_empty();
        if !(pool.calm && open && current && (root || branch)) {
            return false;
        }
        self.stamp = tag;
        let bytes = flows[request.workload.index()].size.nth(u64::from(request.ordinal));
        let who = request.who();
        cx.tell(Fact::Posted { who, queue: to, bytes, joins: false, grouped: false });
        // The message is pending, and speaks of the request, in the place of the job.
        let message = messages.insert(Message {
            sent: now,
            enqueued: now,
            since: now,
            bytes,
            request: owner,
            order: queue.posted,
            stamp: tag,
            tag,
            queue: to,
            receives: 0,
            attempt: job.attempt,
            holders: 0,
            branch: job.branch,
            counts: true,
            done: false,
            state: Mail::Visible,
        });
        queue.visible.up(now);
        queue.push(message, 0);
        if let Some((_, row)) = queue.retention {
            let timers = &mut rows[usize::from(row)].timers;
            if let Some(at) = timers.set(now, (message, tag), |(about, tag)| messages[about].tag == tag) {
                cx.plan(at, Event::Ring { row });
            }
        }
        for &taker in &queue.to {
            if idle.back() != Some(&taker) {
                idle.push_back(taker);
            }
        }
        let worker = pool.number_in_calm(slot);
        cx.tell(Fact::Served { who, pool: from, worker, visit: job.visit, began: job.since, result: Outcome::Ok });
        if root {
            request.stage = Stage::Answered;
            cx.tell(Fact::Answered { who, born: request.born });
        }
        (job.stamp, job.slot) = (0, NONE);
        jobs.remove(id);
        let waiting = line.waiting() > 0;
        if waiting && !pool.has_free() {
            let passed = pass_on(cx, pool, jobs, requests, true, slot);
            if passed != Passed::On {
                self.is_passed_on(cx, from, slot, passed);
            }
            return true;
        }
        pool.give_in_calm(slot, now);
        if (waiting || !pool.feeds.is_empty()) && idle.back() != Some(&from) {
            idle.push_back(from);
        }
        true
    }

    /// The usual receive, at one go: a free slot of a pool receives the oldest message of a queue and begins. Says whether
    /// it did; `None`, and nothing done, where anything is unusual; `receive` does the same in steps.
    #[inline(always)]
    pub(super) fn receives_at_once<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        to: NodeId,
        from: NodeId,
    ) -> Option<bool> {
        if self.goes_in_steps() {
            return None;
        }
        let now = cx.now();
        let stamp = stamp_after(self.stamp);
        let World { nodes, jobs, requests, messages, kin, rows, saved, network, joins, .. } = self;
        let Ok([Node::Pool(pool), Node::Queue(queue)]) = nodes.get_disjoint_mut([to.index(), from.index()]) else {
            return None;
        };
        if !(pool.receives_plainly && queue.plain) || queue.away > 0 || network.is_some() || joins.is_some() {
            return None;
        }
        let Some(message) = queue.front() else { return Some(false) };
        let letter = &mut messages[message];
        let exhausted = queue.dead_letters.is_some_and(|letters| letter.receives >= letters.max_receives);
        if exhausted || queue.is_full() || letter.receives == u16::MAX || letter.holders == u16::MAX {
            return None;
        }
        let Some(slot) = pool.free_slot() else { return Some(false) };
        queue.pop(None);
        let (waited, bytes) = (now - letter.since, letter.bytes);
        let receives = letter.receives + 1;
        (letter.since, letter.receives, letter.holders) = (now, receives, letter.holders + 1);
        (letter.state, letter.stamp) = (Mail::InFlight, stamp);
        let (owner, attempt, branch) = (letter.request, letter.attempt, letter.branch);
        let request = &mut requests[owner];
        request.hold();
        queue.visible.down(now);
        queue.in_flight.up(now);
        if queue.visibility.is_some() {
            let row = queue.row;
            let timers = &mut rows[usize::from(row)].timers;
            if let Some(at) = timers.set(now, (message, stamp), |(about, stamp)| messages[about].stamp == stamp) {
                cx.plan(at, Event::Ring { row });
            }
        }
        cx.tell(Fact::Received { who: request.who(), queue: from, receives, waited, bytes, joins: false });
        let id = jobs.insert(Job {
            since: now,
            request: owner,
            slot,
            stamp,
            pool: to,
            step: 0,
            attempt,
            visit: receives,
            branch,
            role: Role::Delivery,
            state: State::New,
        });
        bind(kin, id, Kin { parent: message, ..Kin::default() });
        pool.take(slot, id, now);
        let began = serve(cx, pool, (id, &mut jobs[id]), request, slot, Span::ZERO, saved.is_empty());
        self.stamp = stamp;
        if !began {
            self.advance(cx, id);
        }
        Some(true)
    }

    /// The usual end of a delivery, at one go: its work was done well, and its message is deleted. False, and nothing done,
    /// where anything is unusual; `done` does the same in steps.
    #[inline(always)]
    pub(super) fn delivered_at_once<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: u32,
        at: NodeId,
        slot: u32,
        owner: u32,
    ) -> bool {
        let now = cx.now();
        let World { nodes, jobs, requests, messages, kin, saved, idle, in_system, .. } = self;
        let message = kin[id as usize].parent;
        let (job, letter, request) = (&mut jobs[id], &mut messages[message], &mut requests[owner]);
        let from = letter.queue;
        let Ok([Node::Pool(pool), Node::Queue(queue)]) = nodes.get_disjoint_mut([at.index(), from.index()]) else {
            return false;
        };
        let Lines::Shared(line) = &pool.lines else { return false };
        let own = letter.state == Mail::InFlight && letter.receives == job.visit && letter.holders == 1;
        let usual = pool.receives_plainly && queue.plain && !queue.may_duplicate() && !queue.is_full();
        // A request that nobody counts any more, or too many speak of, is let go of step by step.
        let current = letter.counts && request.attempt == letter.attempt && request.stage == Stage::Answered;
        let few = request.refs < u16::MAX && request.pending < u16::MAX && request.loss.is_none();
        if !(own && usual && current && few) || letter.done || line.waiting() > 0 || !saved.is_empty() {
            return false;
        }
        queue.in_flight.down(now);
        let who = request.who();
        cx.tell(Fact::Deleted { who, queue: from, gone: true, joins: false });
        let worker = pool.give(slot, now);
        let worker = pool.number_of(worker);
        cx.tell(Fact::Served { who, pool: at, worker, visit: job.visit, began: job.since, result: Outcome::Ok });
        if idle.back() != Some(&at) {
            idle.push_back(at);
        }
        (letter.state, letter.stamp, letter.tag, letter.holders) = (Mail::Over, 0, 0, 0);
        (job.stamp, job.slot) = (0, NONE);
        messages.remove(message);
        jobs.remove(id);
        // Neither the message nor its delivery speaks of the request any more.
        request.refs -= 2;
        request.pending -= 1;
        if request.pending == 0 {
            request.stage = Stage::Ended;
            request.refs -= 1;
            let born = request.born;
            cx.tell(Fact::Completed { who, born, answered: false });
            in_system.down(now);
        }
        if request.refs == 0 {
            requests.remove(owner);
        }
        true
    }
}

/// A job belongs to another, or to a message.
#[inline(always)]
pub(super) fn bind(all: &mut Vec<Kin>, job: u32, kin: Kin) {
    let place = job as usize;
    if place >= all.len() {
        all.resize(place + 1, Kin::default());
    }
    all[place] = kin;
}
