//! Slots that take several jobs together, or receive several messages at once and work on them one after the other.
//!
//! Those taken together do their own steps one after the other, each up to the next step that is done once for all;
//! where everybody has come to such a step, the earliest of those is done for all who stand there. They end together.

use crate::cloud::fact::{Fact, Loss, Outcome};
use crate::cloud::node::{Action, Hands, Lines, Node, Phase, Pool};
use crate::cloud::request::{Job, NONE, Role, State};
use crate::cloud::topology::{Batch, NodeId};
use crate::cloud::world::lines::forgotten;
use crate::cloud::world::{Alarm, Move, World};
use crate::engine::{Context, Observer};
use crate::ground::time::{SimTime, Span};

/// Messages of one call to a queue (Amazon SQS API reference, DeleteMessageBatch and SendMessageBatch: up to ten).
pub(super) const CALL: u32 = 10;

/// The number of the step that is before all others: a function waits for its environment.
pub(super) const WAKES: u16 = 0;

/// What one of those taken together can do.
enum Stand {
    /// Steps of its own.
    Own,
    /// It waits before a step that is done once for all.
    Before(u16),
    /// It has done its last.
    Done,
}

impl World<'_> {
    /// Whether a pool's slots take several jobs together.
    #[inline]
    pub(super) fn gathers(&self, id: NodeId) -> Option<Batch> {
        self.pool(id).hands.as_ref()?.batch()
    }

    /// A job reaches a pool that takes several together: it joins the line in any case.
    pub(super) fn enter_gathering<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: u32,
        to: NodeId,
        worker: u32,
    ) {
        let pool = self.pool_mut(to);
        if !pool.has_room(worker) {
            // A slot that has just become free may take some of them first.
            match pool.lines {
                Lines::Shared(_) => self.pull(cx, to),
                Lines::Each(_) => self.next_of(cx, to, worker),
            }
        }
        let pool = self.pool_mut(to);
        let (room, each) = (pool.has_room(worker), matches!(pool.lines, Lines::Each(_)));
        if room && each {
            let place = pool.workers[worker as usize].place;
            if let Some(standing) = &mut pool.standing {
                standing.take(place);
            }
        }
        self.join(cx, id, to, worker);
        match (room, each) {
            (false, _) => (),
            (true, true) => self.moves.push_back(Move::Next { pool: to, worker }),
            (true, false) => self.rouse(to),
        }
    }

    /// A free slot takes several of a line together, if there are enough; false where it does not.
    pub(super) fn gathers_from_line<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: NodeId,
        worker: u32,
        batch: Batch,
    ) -> bool {
        let now = cx.now();
        let pool = self.pool_mut(id);
        let (line, free, goes) = match &pool.lines {
            Lines::Shared(_) => (0, pool.can_take(), false),
            // One that goes takes what is left.
            Lines::Each(_) => {
                let goes = pool.workers[worker as usize].phase != Phase::Ready;
                (worker as usize, pool.has_free_of(worker), goes)
            }
        };
        let waiting = u64::from(pool.lines.of(worker).waiting());
        if !free || waiting == 0 {
            return false;
        }
        if !goes && !pool.hands.as_ref().is_some_and(|hands| hands.is_enough(line, waiting)) {
            self.waits_for_more(cx, id, line);
            return false;
        }
        let mut taken = std::mem::take(&mut self.taken);
        while (taken.len() as u32) < batch.at_most {
            let World { nodes, jobs, requests, .. } = self;
            let Node::Pool(pool) = &mut nodes[id.index()] else { super::not_a("pool") };
            let Pool { lines, chance, .. } = &mut **pool;
            let next = lines.of(worker).next(chance, |job| forgotten(jobs, requests, job));
            let Some(job) = next else { break };
            if self.turned_out(cx, id, job, worker) {
                continue;
            }
            self.pool_mut(id).levels.line.down(now);
            self.pool_mut(id).notes_balance(now);
            taken.push(job);
        }
        let some = !taken.is_empty();
        self.taken = taken;
        self.hands(id).ends_wait(line);
        // Only now: a slot that is made when it is needed must not be made for those who were turned away.
        if some && let Some(slot) = self.pool_mut(id).free_slot_for(worker) {
            self.begin_together(cx, id, slot);
        }
        true
    }

    pub(super) fn hands(&mut self, id: NodeId) -> &mut Hands {
        let pool = self.pool_mut(id);
        pool.hands.as_mut().unwrap_or_else(|| super::not_a("pool whose slots hold several"))
    }

    /// A free slot has found too few in a line, or in the queues.
    fn waits_for_more<O>(&mut self, cx: &mut Context<'_, O>, id: NodeId, line: usize) {
        let stamp = self.new_stamp();
        if let Some(window) = self.hands(id).waits(line, stamp) {
            self.set_alarm(cx, window, Alarm::Gather { pool: id, line: line as u32, stamp });
        }
    }

    /// A free slot has waited long enough for more.
    pub(super) fn has_waited_for_more<O>(&mut self, _: &mut Context<'_, O>, id: NodeId, line: u32, stamp: u32) {
        if !self.hands(id).has_waited(line as usize, stamp) {
            return;
        }
        match self.pool(id).lines {
            Lines::Shared(_) => self.rouse(id),
            Lines::Each(_) => {
                self.moves.push_back(Move::Next { pool: id, worker: line });
                self.rouse(id);
            }
        }
    }

    /// Looks whether anything is there that a free slot might wait for: if not, the next wait begins anew.
    pub(super) fn nothing_to_gather(&mut self, id: NodeId) {
        let empty = |&queue: &NodeId| self.queue_of(queue).is_none_or(|queue| queue.receivable(1) == 0);
        let pool = self.pool(id);
        let line = matches!(&pool.lines, Lines::Shared(line) if line.waiting() > 0);
        if pool.hands.is_some() && !line && pool.feeds.iter().all(empty) {
            self.hands(id).ends_wait(0);
        }
    }

    /// A free slot receives from a queue, several messages if it asks for them. `short`: it asks only some of the queue's
    /// servers, and may find fewer than there are, or nothing; then it sleeps.
    pub(super) fn receives_several<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        to: NodeId,
        from: NodeId,
        slot: u32,
        short: bool,
    ) {
        let (batch, messages) = self.pool(to).hands.as_ref().map_or((None, 1), |hands| (hands.batch(), hands.messages));
        let wanted = batch.map_or(messages, |batch| batch.at_most);
        let mut taken = std::mem::take(&mut self.taken);
        let mut overlooked = std::mem::take(&mut self.overlooked);
        let mut is_held = false;
        while (taken.len() as u32) < wanted {
            let asked = messages.min(wanted - taken.len() as u32);
            let before = taken.len();
            let mut after = None;
            while ((taken.len() - before) as u32) < asked {
                let Some(message) = self.next_message(cx, from, after) else { break };
                if short && self.queue_mut(from).is_overlooked() {
                    let order = self.messages[message].order;
                    self.queue_mut(from).take(message, order, None);
                    overlooked.push(message);
                    continue;
                }
                let job = self.takes_message(cx, to, from, message, after);
                if self.joins.is_some() && self.message_is_held(cx, job, to) {
                    is_held = true;
                    break;
                }
                taken.push(job);
                after = Some(message);
            }
            if taken.len() == before {
                break;
            }
        }
        for message in overlooked.drain(..) {
            let order = self.messages[message].order;
            self.queue_mut(from).stays(message, order);
        }
        self.overlooked = overlooked;
        if taken.is_empty() {
            self.taken = taken;
            if is_held {
                return self.pool_mut(to).leaves_free(slot);
            }
            return self.polls_once_in_vain(cx, to, slot);
        }
        if batch.is_some() {
            self.hands(to).ends_wait(0);
            let together = taken.len();
            let pool = self.pool_mut(to);
            let place = pool.workers[pool.worker_of(slot) as usize].place;
            if let Some(standing) = &mut pool.standing {
                (0..together).for_each(|_| standing.take(place));
            }
            self.taken = taken;
            return self.begin_together(cx, to, slot);
        }
        let now = cx.now();
        for &job in taken.iter().skip(1) {
            self.jobs[job].state = State::InHand;
            self.jobs[job].slot = slot;
            let who = self.requests[self.jobs[job].request].who();
            self.hands(to).keeps(slot, job);
            self.pool_mut(to).levels.line.up(now);
            self.pool_mut(to).notes_balance(now);
            cx.tell(Fact::Queued { who, pool: to });
        }
        let first = taken[0];
        taken.clear();
        self.taken = taken;
        self.starts_delivery(cx, first, to, slot);
    }

    /// Whether there are enough messages in a queue for a free slot; it waits for more where there are not.
    pub(super) fn enough_messages<O>(&mut self, cx: &mut Context<'_, O>, to: NodeId, from: NodeId) -> bool {
        let Some(batch) = self.gathers(to) else { return true };
        let there = self.queue_mut(from).receivable(batch.at_least);
        let enough = self.hands(to).is_enough(0, there);
        if !enough && there > 0 {
            self.waits_for_more(cx, to, 0);
        }
        enough
    }

    /// A slot begins with those that are on their way into it.
    pub(super) fn begin_together<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, slot: u32) {
        let now = cx.now();
        let mut taken = std::mem::take(&mut self.taken);
        let pool = self.pool_mut(id);
        pool.take(slot, taken[0], now);
        pool.begun += taken.len() as u64 - 1;
        if pool.wears {
            self.wears(cx, id, slot);
        }
        for &job in &taken {
            let job = &mut self.jobs[job];
            let in_line = matches!(job.state, State::Waiting | State::Again | State::InHand);
            let waited = if in_line { now - job.since } else { Span::ZERO };
            (job.slot, job.since, job.state) = (slot, now, State::Together);
            let who = self.requests[job.request].who();
            cx.tell(Fact::Started { who, pool: id, waited });
        }
        // Whoever invokes a function by itself takes nobody along.
        if !self.is_function(id) || self.jobs[taken[0]].role == Role::Delivery {
            cx.tell(Fact::Gathered { pool: id, jobs: taken.len() as u32 });
        }
        self.hands(id).gather(slot, &taken, now);
        taken.clear();
        self.taken = taken;
        self.together_goes_on(cx, id, slot);
    }

    /// What a job that was taken together with others can do at its present step.
    fn stand(&self, id: u32) -> Stand {
        let job = &self.jobs[id];
        match self.action(job, &self.requests[job.request]) {
            None => Stand::Done,
            Some(Action::Work { together, .. }) if together > 0 => Stand::Before(together),
            Some(Action::Wake) => Stand::Before(WAKES),
            Some(_) => Stand::Own,
        }
    }

    /// Whether a job must let the others of its slot come to where it stands; it does so then.
    pub(super) fn awaits_others(&mut self, id: u32) -> bool {
        if let Stand::Own = self.stand(id) {
            return false;
        }
        let Job { pool, slot, .. } = self.jobs[id];
        self.jobs[id].state = State::Together;
        self.moves.push_back(Move::Together { pool, slot });
        true
    }

    /// Those that a slot has taken together go on: the next who has steps of its own, or all with the next step that is
    /// done once; or they end.
    pub(super) fn together_goes_on<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, slot: u32) {
        let pool = self.pool(id);
        let current = pool.slots.get(slot as usize).map_or(NONE, |slot| slot.job);
        let Some(hands) = &pool.hands else { return };
        // Somebody is at work, or it is another hand by now.
        if current == NONE || self.jobs[current].state != State::Together {
            return;
        }
        let members = hands.together(slot);
        let own = members.iter().copied().find(|&job| matches!(self.stand(job), Stand::Own));
        if let Some(job) = own {
            self.comes_to_work(slot, job);
            return self.advance(cx, job);
        }
        let before = |&job: &u32| match self.stand(job) {
            Stand::Before(step) => Some((step, job)),
            Stand::Own | Stand::Done => None,
        };
        let first = members.iter().filter_map(before).min_by_key(|&(step, _)| step);
        let Some((_, job)) = first else { return self.all_end(cx, id, slot) };
        self.comes_to_work(slot, job);
        let (held, request) = (self.jobs[job], self.requests[self.jobs[job].request]);
        let Some(action) = self.action(&held, &request) else { return };
        let takes = match action {
            Action::Wake => self.wakes(cx, job),
            Action::Work { piece, .. } => {
                let takes = self.work_of(&held, &request, piece);
                self.work_left(job).unwrap_or(takes)
            }
            _ => return,
        };
        if takes != Span::ZERO {
            self.occupy(cx, job, takes);
        } else if self.step_ends(cx, job, &held, &request, &action) {
            self.advance(cx, job);
        }
    }

    /// One of those taken together is at work from now on.
    fn comes_to_work(&mut self, slot: u32, job: u32) {
        let Job { pool, request, .. } = self.jobs[job];
        self.jobs[job].state = State::Working;
        let place = &mut self.pool_mut(pool).slots[slot as usize];
        (place.job, place.request) = (job, request);
    }

    /// Those who stand before the same step as a job, itself included.
    pub(super) fn beside(&self, id: u32, step: u16) -> Vec<u32> {
        let Job { pool, slot, .. } = self.jobs[id];
        let Some(hands) = &self.pool(pool).hands else { return vec![id] };
        let stands = |&job: &u32| matches!(self.stand(job), Stand::Before(at) if at == step);
        hands.together(slot).iter().copied().filter(stands).collect()
    }

    /// A step that is done once for all has ended, well or not.
    pub(super) fn shared_step_ends<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: u32,
        step: u16,
        well: bool,
    ) -> bool {
        for job in self.beside(id, step) {
            if well {
                self.jobs[job].step += 1;
            } else if self.jobs[job].slot != NONE {
                // One that has not failed with the first of them.
                self.fails_at_work(cx, job, Outcome::Error, Loss::Error);
            }
        }
        well
    }

    /// All that a slot has taken together have done their last step. Messages of one queue are deleted ten in a call.
    fn all_end<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, slot: u32) {
        let members = self.hands(id).together(slot).to_vec();
        let (mut of, mut deleted) = (None, 0u32);
        for job in members {
            // A copy whose other was done just before is given up by its client.
            if !self.hands(id).together(slot).contains(&job) {
                continue;
            }
            if self.jobs[job].role != Role::Delivery {
                self.done(cx, job);
                continue;
            }
            let queue = self.messages[self.kin[job as usize].parent].queue;
            deleted = if of == Some(queue) { deleted + 1 } else { 0 };
            of = Some(queue);
            self.delivered(cx, job, Outcome::Ok, !deleted.is_multiple_of(CALL));
        }
    }

    /// A job leaves a slot that holds others beside it: the slot goes on with them. False where it held no other.
    pub(super) fn leaves_others<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: u32,
        result: Outcome,
    ) -> bool {
        let now = cx.now();
        let job = self.jobs[id];
        let (at, slot) = (job.pool, job.slot);
        let shared = match (job.state, self.stand(id)) {
            (State::Working, Stand::Before(step)) => Some(step),
            _ => None,
        };
        let left = self.hands(at).parts(slot, id, now);
        let current = self.pool(at).slots[slot as usize].job == id;
        let next = if left == 0 { self.hands(at).next(slot) } else { None };
        if left == 0 && next.is_none() {
            return false;
        }
        let leaver = &mut self.jobs[id];
        (leaver.slot, leaver.state) = (NONE, State::New);
        let who = self.requests[job.request].who();
        let pool = self.pool_mut(at);
        let worker = pool.worker_of(slot);
        let number = pool.number_of(worker);
        let place = pool.workers[worker as usize].place;
        if left > 0
            && let Some(standing) = &mut pool.standing
        {
            standing.give(place);
        }
        cx.tell(Fact::Served { who, pool: at, worker: number, visit: job.visit, began: job.since, result });
        if let Some(next) = next {
            let request = self.jobs[next].request;
            let place = &mut self.pool_mut(at).slots[slot as usize];
            (place.job, place.request, place.until) = (next, request, SimTime::NEVER);
            self.pool_mut(at).begun += 1;
            self.moves.push_back(Move::Begin { job: next });
        } else if current {
            self.others_take_over(at, slot, shared);
        }
        true
    }

    /// Who was at work is gone: what was done for all goes on for the others, and else they go on by themselves.
    fn others_take_over(&mut self, at: NodeId, slot: u32, shared: Option<u16>) {
        let others = self.hands(at).together(slot).to_vec();
        let heir = shared.and_then(|step| {
            others.iter().copied().find(|&job| matches!(self.stand(job), Stand::Before(at) if at == step))
        });
        if let Some(heir) = heir {
            return self.comes_to_work(slot, heir);
        }
        let request = self.jobs[others[0]].request;
        let place = &mut self.pool_mut(at).slots[slot as usize];
        (place.job, place.request, place.until) = (others[0], request, SimTime::NEVER);
        self.moves.push_back(Move::Together { pool: at, slot });
    }
}
