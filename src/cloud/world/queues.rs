//! Messages: sent, received, deleted, back again, put aside.

use crate::cloud::fact::{Fact, Loss, Outcome};
use crate::cloud::node::{Node, Queue};
use crate::cloud::request::{Job, Kin, Mail, Message, NONE, Role, Stage, State};
use crate::cloud::topology::{DeadLetterAt, DeadLetters, NodeId, StaleDelete};
use crate::cloud::world::{Alarm, REST, World};
use crate::engine::{Context, Observer};
use crate::ground::time::{SimTime, Span};

/// How a delivery came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Undelivered {
    /// The work, or a call it made, failed.
    Failed,
    /// Its worker went away with it in hand.
    WorkerLost,
    /// Its worker gave it back.
    HandedBack,
}

/// What is sent to a queue, and whether its request waits for it.
#[derive(Clone, Copy, Debug)]
struct Sent {
    request: u32,
    attempt: u16,
    branch: u16,
    bytes: u64,
    counts: bool,
}

impl World<'_> {
    /// A message is sent to a queue. False where the queue is away.
    pub(super) fn post<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        to: NodeId,
        request: u32,
        attempt: u16,
        branch: u16,
        bytes: u64,
    ) -> bool {
        let now = cx.now();
        let record = &mut self.requests[request];
        let who = record.who();
        let current = record.attempt == attempt && record.stage != Stage::Ended;
        let queue = self.queue_mut(to);
        if queue.away > 0 {
            return false;
        }
        queue.visible.up(now);
        if queue.to.is_empty() {
            // Nobody will receive it: it stays, and the request does not wait for it.
            cx.tell(Fact::Posted { who, queue: to, bytes });
            return true;
        }
        if current {
            self.requests[request].branches();
        }
        self.put_in(now, to, Sent { request, attempt, branch, bytes, counts: current });
        cx.tell(Fact::Posted { who, queue: to, bytes });
        true
    }

    /// A message joins a queue that somebody takes from.
    fn put_in(&mut self, now: SimTime, to: NodeId, sent: Sent) {
        let Sent { request, attempt, branch, bytes, counts } = sent;
        self.requests[request].hold();
        let stamp = self.new_stamp();
        let message = self.messages.insert(Message {
            sent: now,
            visible: now,
            bytes,
            request,
            order: 0,
            stamp,
            queue: to,
            receives: 0,
            attempt,
            holders: 0,
            branch,
            counts,
            state: Mail::Visible,
        });
        let order = self.queue_mut(to).push(message);
        self.messages[message].order = order;
        self.rouse_takers(to);
    }

    /// Those who take from a queue may have something to take, in the queue's order of preference.
    fn rouse_takers(&mut self, queue: NodeId) {
        for at in 0..self.queue_mut(queue).to.len() {
            let taker = self.queue_mut(queue).to[at];
            self.rouse(taker);
        }
    }

    /// A pool's lowest idle worker receives the oldest message of the first of its queues that has one.
    pub(super) fn receive_any<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId) -> bool {
        for at in 0..self.pool(id).feeds.len() {
            let queue = self.pool(id).feeds[at];
            if self.receive(cx, id, queue) {
                return true;
            }
        }
        false
    }

    /// A pool's lowest idle worker receives a queue's oldest message, if there are both.
    fn receive<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, to: NodeId, from: NodeId) -> bool {
        let now = cx.now();
        loop {
            let queue = self.queue_mut(from);
            if queue.away > 0 {
                return false;
            }
            let dead_letters = queue.dead_letters;
            let Some(message) = queue.front() else { return false };
            if !self.pool(to).can_take() {
                return false;
            }
            self.queue_mut(from).pop();
            if let Some(DeadLetters { max_receives, .. }) = dead_letters
                && self.messages[message].receives >= max_receives
            {
                self.queue_mut(from).visible.down(now);
                self.bury(cx, message);
                continue;
            }
            // Only now: a slot that is made when it is needed must not be made for an exhausted message.
            let Some(slot) = self.pool_mut(to).free_slot() else { return false };
            let stamp = self.new_stamp();
            let letter = &mut self.messages[message];
            let waited = now - letter.visible;
            letter.receives = letter.receives.saturating_add(1);
            letter.holders = letter.holders.saturating_add(1);
            letter.state = Mail::InFlight;
            letter.stamp = stamp;
            let letter = *letter;
            let record = &mut self.requests[letter.request];
            record.hold();
            let who = record.who();
            let queue = self.queue_mut(from);
            queue.visible.down(now);
            queue.in_flight.up(now);
            if queue.visibility.is_some() {
                let row = queue.row;
                self.set_timer(cx, row, message, stamp);
            }
            cx.tell(Fact::Received { who, queue: from, receives: letter.receives, waited, bytes: letter.bytes });
            let job = self.jobs.insert(Job {
                since: now,
                request: letter.request,
                slot: NONE,
                stamp,
                pool: to,
                step: 0,
                attempt: letter.attempt,
                visit: letter.receives,
                branch: letter.branch,
                role: Role::Delivery,
                state: State::New,
            });
            self.bind(job, Kin { parent: message, ..Kin::default() });
            let pool = self.pool_mut(to);
            let worker = pool.worker_of(slot);
            let place = pool.workers[worker as usize].place;
            if let Some(standing) = &mut pool.standing {
                standing.take(place);
            }
            self.start(cx, job, to, slot, Span::ZERO);
            return true;
        }
    }

    /// A worker has done all the work of a message, or will not do it, and deletes it; its stay ends so.
    pub(super) fn delivered<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, how: Outcome) {
        let now = cx.now();
        let Job { request, attempt, visit, .. } = self.jobs[id];
        let message = self.kin[id as usize].parent;
        let Message { receives, state, queue: at, order, counts, .. } = self.messages[message];
        let who = self.requests[request].who();
        let queue = self.queue_mut(at);
        let newest = visit == receives || queue.stale_delete == StaleDelete::Accepted;
        let gone = newest && state != Mail::Over;
        if gone {
            match state {
                Mail::Visible => {
                    queue.take_out(message, order);
                    queue.visible.down(now);
                }
                Mail::InFlight => queue.in_flight.down(now),
                Mail::Hidden => queue.hidden.down(now),
                Mail::Over => (),
            }
        }
        cx.tell(Fact::Deleted { who, queue: at, gone });
        let well = how == Outcome::Ok;
        self.leave(cx, id, if gone || !well { how } else { Outcome::StaleDelete });
        if gone {
            if counts {
                self.branch_done(cx, request, attempt);
            }
            self.messages[message].state = Mail::Over;
            self.messages[message].stamp = 0;
        } else if well {
            cx.tell(Fact::Wasted { who });
        }
        self.let_go(message);
        self.end_job(id);
    }

    /// A delivery came to nothing: the message comes back, by the rule that holds for it. One that failed in the
    /// instant in which its worker took it up comes back after a rest at the least.
    pub(super) fn undelivered<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, how: Undelivered) {
        let now = cx.now();
        let Job { request, pool, visit, since, .. } = self.jobs[id];
        let message = self.kin[id as usize].parent;
        let Message { receives, state, queue: at, stamp, .. } = self.messages[message];
        let rest = if how == Undelivered::Failed && since == now { REST } else { Span::ZERO };
        self.let_go(message);
        // One whose receipt is old has no say over the message any more.
        if state == Mail::InFlight && visit == receives {
            let who = self.requests[request].who();
            let queue = self.queue_mut(at);
            let (visibility, exhausted) = (queue.visibility, exhausted_by_failure(queue, receives));
            if how == Undelivered::Failed && exhausted {
                queue.in_flight.down(now);
                self.bury(cx, message);
            } else if how == Undelivered::Failed
                && let Some(law) = &self.pool(pool).plan.poll.on_error
            {
                let key = self.pool(pool).failures[who.workload.index()];
                let nanos = law.sample(&mut key.draw(super::client::numbered(who.ordinal, visit)));
                cx.tell(Fact::Changed { who, queue: at });
                let span = if nanos == 0 { rest } else { Span::from_nanos(nanos) };
                self.hide(cx, message, span);
            } else if how == Undelivered::HandedBack {
                cx.tell(Fact::Changed { who, queue: at });
                self.message_returns(cx, message);
            } else if visibility.is_none() && rest > Span::ZERO {
                self.set_alarm(cx, rest, Alarm::Return { message, stamp });
            } else if visibility.is_none() {
                self.message_returns(cx, message);
            }
        }
        self.end_job(id);
    }

    /// A message is out of sight for so long.
    fn hide<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, message: u32, span: Span) {
        let now = cx.now();
        let stamp = self.new_stamp();
        let letter = &mut self.messages[message];
        letter.state = Mail::Hidden;
        letter.stamp = stamp;
        let at = letter.queue;
        let queue = self.queue_mut(at);
        queue.in_flight.down(now);
        queue.hidden.up(now);
        if span == Span::ZERO {
            self.message_unhides(cx, message);
        } else {
            self.set_alarm(cx, span, Alarm::Unhide { message, stamp });
        }
    }

    /// A message's time out of sight is over.
    pub(super) fn message_unhides<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, message: u32) {
        let at = self.messages[message].queue;
        self.queue_mut(at).hidden.down(cx.now());
        self.becomes_visible(cx, message);
    }

    /// A received message is visible again.
    pub(super) fn message_returns<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, message: u32) {
        let Message { queue: at, receives, .. } = self.messages[message];
        let queue = self.queue_mut(at);
        queue.in_flight.down(cx.now());
        if exhausted_by_failure(queue, receives) {
            return self.bury(cx, message);
        }
        self.becomes_visible(cx, message);
    }

    fn becomes_visible<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, message: u32) {
        let now = cx.now();
        let stamp = self.new_stamp();
        let letter = &mut self.messages[message];
        letter.state = Mail::Visible;
        letter.stamp = stamp;
        letter.visible = now;
        let (at, order, request) = (letter.queue, letter.order, letter.request);
        let who = self.requests[request].who();
        let queue = self.queue_mut(at);
        queue.visible.up(now);
        let order = queue.put_back(message, order);
        self.messages[message].order = order;
        cx.tell(Fact::Returned { who, queue: at });
        self.rouse_takers(at);
    }

    /// An exhausted message, which is in no line any more, is put aside; its branch of the request is lost.
    fn bury<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, message: u32) {
        let Message { request, attempt, branch, queue: at, counts, bytes, .. } = self.messages[message];
        let who = self.requests[request].who();
        cx.tell(Fact::Buried { who, queue: at });
        let keeper = self.queue_mut(at).dead_letters.map(|letters| letters.to);
        if let Some(keeper) = keeper {
            self.put_aside(cx, keeper, request, branch, bytes);
        }
        if counts {
            self.branch_lost(cx, request, attempt, Loss::DeadLettered);
        }
        self.message_over(message);
    }

    /// A dead letter stands in its own queue, where somebody may look after it; no request waits for it.
    fn put_aside<O>(&mut self, cx: &mut Context<'_, O>, keeper: NodeId, request: u32, branch: u16, bytes: u64) {
        let now = cx.now();
        let queue = self.queue_mut(keeper);
        queue.visible.up(now);
        if queue.to.is_empty() {
            return;
        }
        // No attempt has the number 0, so nothing that follows counts.
        self.put_in(now, keeper, Sent { request, attempt: 0, branch, bytes, counts: false });
    }

    /// A message is deleted or put aside; whoever still works on it holds an old receipt.
    fn message_over(&mut self, message: u32) {
        let letter = &mut self.messages[message];
        letter.state = Mail::Over;
        letter.stamp = 0;
        if letter.holders == 0 {
            self.end_message(message);
        }
    }

    /// One fewer works on a message.
    fn let_go(&mut self, message: u32) {
        let letter = &mut self.messages[message];
        letter.holders -= u16::from(letter.holders < u16::MAX);
        if letter.holders == 0 && letter.state == Mail::Over {
            self.end_message(message);
        }
    }

    fn end_message(&mut self, message: u32) {
        let request = self.messages[message].request;
        self.messages.remove(message);
        self.release(request);
    }

    /// The queue that is a node, for those who read a metric of it.
    pub(super) fn queue_of(&self, id: NodeId) -> Option<&Queue> {
        match &self.nodes[id.index()] {
            Node::Queue(queue) => Some(queue),
            _ => None,
        }
    }
}

/// Whether a failure after so many receives was the last that the queue allows.
fn exhausted_by_failure(queue: &Queue, receives: u16) -> bool {
    queue
        .dead_letters
        .is_some_and(|letters| letters.at == DeadLetterAt::LastFailure && receives >= letters.max_receives)
}
