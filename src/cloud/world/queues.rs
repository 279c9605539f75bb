//! Messages: sent and received.

use crate::cloud::fact::{Fact, Loss};
use crate::cloud::node::{Fate, Holder, Node, Queue, Track};
use crate::cloud::request::{Job, Kin, Mail, Message, NONE, Request, Role, Stage, State};
use crate::cloud::topology::{DeadLetters, NodeId};
use crate::cloud::world::{Alarm, World};
use crate::engine::{Context, Observer};
use crate::ground::time::{SimTime, Span};

/// What is sent to a queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parcel {
    /// A piece of which request …
    pub(super) request: u32,
    /// … of which attempt at it …
    pub(super) attempt: u16,
    /// … and which branch.
    pub(super) branch: u16,
    /// Its body.
    pub(super) bytes: u64,
    /// Its group; `None` is the request's own.
    pub(super) group: Option<u32>,
    /// The step that sends it, and its node: what is sent again is the same.
    pub(super) step: u32,
    /// How long it stays out of sight; `None` is what its queue says.
    pub(super) delay: Option<Span>,
    /// The call that sends the one before it sends it, too.
    pub(super) joins: bool,
}

impl World<'_> {
    /// A message is sent to a queue; why it was not, where the queue is away or refuses the call.
    pub(super) fn post<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        to: NodeId,
        parcel: Parcel,
    ) -> Result<(), Loss> {
        let now = cx.now();
        let Parcel { request, attempt, bytes, joins, .. } = parcel;
        let record = &mut self.requests[request];
        let who = record.who();
        let current = record.attempt == attempt && record.stage != Stage::Ended;
        let queue = self.queue_mut(to);
        if queue.away > 0 {
            return Err(Loss::Down);
        }
        if self.is_throttled(to) {
            return Err(Loss::Throttled);
        }
        let queue = self.queue_mut(to);
        if queue.throttle.is_some() && !joins {
            let group = self.group_in(to, parcel);
            let throttle = self.queue_mut(to).throttle.as_mut();
            if throttle.is_some_and(|throttle| throttle.refuses_send(now, group)) {
                cx.tell(Fact::Throttled { queue: to });
                return Err(Loss::Limited);
            }
        }
        let name = (who.workload.0, who.ordinal, parcel.branch, parcel.step);
        if let Some(sameness) = &mut self.queue_mut(to).sameness
            && let Some(fate) = sameness.find(now, name)
        {
            cx.tell(Fact::Dropped { who, queue: to, bytes, joins });
            self.is_the_same(cx, parcel, fate);
            return Ok(());
        }
        let grouped = self.queue_mut(to).tenants.is_some() && self.group_in(to, parcel) != 0;
        if self.queue_mut(to).only_keeps() {
            // Nobody will receive it: it stays, and the request does not wait for it.
            cx.tell(Fact::Posted { who, queue: to, bytes, joins, grouped });
            self.is_kept(cx, to, who, now);
            return Ok(());
        }
        if current {
            self.requests[request].branches();
        }
        cx.tell(Fact::Posted { who, queue: to, bytes, joins, grouped });
        let message = self.put_in(cx, to, parcel, now, current);
        if let Some(sameness) = &mut self.queue_mut(to).sameness {
            sameness.note(now, name, message);
        }
        Ok(())
    }

    /// A message joins a queue that somebody takes from. `enqueued`: when it was first sent; `counts`: its request waits
    /// for it.
    pub(super) fn put_in<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        to: NodeId,
        parcel: Parcel,
        enqueued: SimTime,
        counts: bool,
    ) -> u32 {
        let now = cx.now();
        let Parcel { request, attempt, branch, bytes, delay, .. } = parcel;
        self.requests[request].hold();
        let tag = self.new_stamp();
        let message = self.messages.insert(Message {
            sent: now,
            enqueued,
            since: now,
            bytes,
            request,
            order: 0,
            stamp: tag,
            tag,
            queue: to,
            receives: 0,
            attempt,
            holders: 0,
            branch,
            counts,
            done: false,
            state: Mail::Visible,
        });
        self.is_sent(Holder::Message(message));
        let group = self.group_in(to, parcel);
        let queue = self.queue_mut(to);
        let retention = queue.retention;
        let delay = delay.unwrap_or(queue.delay);
        if delay > Span::ZERO {
            self.withholds(cx, message, group, delay);
        } else {
            queue.visible.up(now);
            let order = queue.push(message, group);
            self.messages[message].order = order;
            self.rouse_takers(to);
        }
        match retention {
            Some((_, row)) if enqueued == now => self.set_timer(cx, row, message, tag),
            Some((kept, _)) => self.set_alarm(cx, enqueued.after(kept).max(now) - now, Alarm::Expire { message, tag }),
            None => (),
        }
        message
    }

    /// The FIFO group or tenant of a message in a queue; 0 where nobody asks for it.
    fn group_in(&mut self, to: NodeId, parcel: Parcel) -> u32 {
        let queue = self.queue_mut(to);
        match (queue.groups.is_some() || queue.tenants.is_some(), parcel.group) {
            (false, _) => 0,
            (true, Some(group)) => group,
            (true, None) => self.group_of(&self.requests[parcel.request]),
        }
    }

    /// A message that was sent before is sent again: the attempt that sends it now waits for the first one instead.
    fn is_the_same<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, parcel: Parcel, fate: Fate) {
        let Parcel { request, attempt, .. } = parcel;
        let record = &self.requests[request];
        if record.attempt != attempt || record.stage == Stage::Ended {
            return;
        }
        match fate {
            Fate::Done => (),
            Fate::There(message) => {
                let letter = &mut self.messages[message];
                if letter.attempt != attempt || !letter.counts {
                    (letter.attempt, letter.counts) = (attempt, true);
                    self.requests[request].branches();
                }
            }
            Fate::Lost(why) => {
                self.requests[request].branches();
                self.branch_lost(cx, request, attempt, why);
                self.is_not_sent(cx);
            }
        }
    }

    /// Those who take from a queue may have something to take, in the queue's order of preference.
    pub(super) fn rouse_takers(&mut self, queue: NodeId) {
        for at in 0..self.queue_mut(queue).to.len() {
            let taker = self.queue_mut(queue).to[at];
            self.rouse(taker);
        }
    }

    /// A pool's lowest idle worker receives the oldest message of the first of its queues that has one.
    pub(super) fn receive_any<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId) -> bool {
        for at in 0..self.pool(id).feeds.len() {
            let queue = self.pool(id).feeds[at];
            if self.receives_at_once(cx, id, queue).unwrap_or_else(|| self.receive(cx, id, queue)) {
                return true;
            }
        }
        false
    }

    /// A pool's lowest idle worker receives a queue's oldest message, if there are both; several where it asks for them.
    fn receive<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, to: NodeId, from: NodeId) -> bool {
        let queue = self.queue_mut(from);
        if queue.away > 0 || queue.front().is_none() || queue.is_full() || !self.pool_mut(to).can_receive() {
            return false;
        }
        let Some(message) = self.next_message(cx, from, None) else { return false };
        if self.queue_mut(from).throttle.is_some() && self.refuses_receives(cx, from) {
            return false;
        }
        let several = self.pool(to).hands.is_some();
        if several && !self.enough_messages(cx, to, from) {
            return false;
        }
        // Only now: a slot that is made when it is needed must not be made for an exhausted message.
        let Some(slot) = self.pool_mut(to).receiving_slot() else { return false };
        let short = self.queue_mut(from).overlooks() && self.pool(to).polls_are_short();
        let (once, begun) = (self.pool(to).once, self.pool(to).begun);
        if several || short {
            self.receives_several(cx, to, from, slot, short);
        } else {
            let job = self.takes_message(cx, to, from, message, None);
            if self.joins.is_some() && self.message_is_held(cx, job, to) {
                self.pool_mut(to).leaves_free(slot);
                return true;
            }
            self.starts_delivery(cx, job, to, slot);
        }
        if once && self.pool(to).begun > begun {
            let worker = self.pool(to).worker_of(slot);
            self.takes_its_only(cx, to, worker);
        }
        true
    }

    /// The message of a queue that is received next; those that were received too often are put aside. `after` is the last
    /// that the same receive has taken.
    pub(super) fn next_message<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        from: NodeId,
        after: Option<u32>,
    ) -> Option<u32> {
        loop {
            let queue = self.queue_mut(from);
            let dead_letters = queue.dead_letters;
            let message = queue.next(after, cx.now())?;
            if queue.is_full() {
                return None;
            }
            match dead_letters {
                Some(DeadLetters { max_receives, .. }) if self.messages[message].receives >= max_receives => {
                    self.bury(cx, message);
                }
                _ => return Some(message),
            }
        }
    }

    /// A worker receives the next message of a queue: a job becomes of it. `after` is the last
    /// that the same receive has brought.
    pub(super) fn takes_message<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        to: NodeId,
        from: NodeId,
        message: u32,
        after: Option<u32>,
    ) -> u32 {
        let now = cx.now();
        let order = self.messages[message].order;
        self.queue_mut(from).take(message, order, after);
        let stamp = self.new_stamp();
        let letter = &mut self.messages[message];
        let waited = now - letter.since;
        letter.since = now;
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
        if let Some(tenants) = &mut queue.tenants {
            tenants.in_flight(message, now, 1);
        }
        if queue.visibility.is_some() {
            let row = queue.row;
            self.set_timer(cx, row, message, stamp);
        }
        let (receives, bytes, joins) = (letter.receives, letter.bytes, after.is_some());
        cx.tell(Fact::Received { who, queue: from, receives, waited, bytes, joins });
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
        if self.network.is_some() {
            self.comes_from_outside(job);
        }
        if let Some(row) = self.pool(to).heartbeat {
            self.set_timer(cx, row, job, stamp);
        }
        job
    }

    /// Whether a queue refuses the next receive; its takers look again when it may take one.
    pub(super) fn refuses_receives<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, from: NodeId) -> bool {
        let now = cx.now();
        let Some(throttle) = &mut self.queue_mut(from).throttle else { return false };
        if throttle.waits {
            return true;
        }
        let Some(after) = throttle.refuses_receive(now) else { return false };
        throttle.waits = true;
        cx.tell(Fact::Throttled { queue: from });
        self.set_alarm(cx, after, Alarm::Throttled { queue: from });
        true
    }

    /// A queue takes receives again.
    pub(super) fn takes_receives(&mut self, queue: NodeId) {
        if let Some(throttle) = &mut self.queue_mut(queue).throttle {
            throttle.waits = false;
        }
        self.rouse_takers(queue);
    }

    /// The work on a message that was just received begins.
    pub(super) fn starts_delivery<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        job: u32,
        to: NodeId,
        slot: u32,
    ) {
        let pool = self.pool_mut(to);
        let worker = pool.worker_of(slot);
        let place = pool.workers[worker as usize].place;
        if let Some(standing) = &mut pool.standing {
            standing.take(place);
        }
        if self.network.is_some() && self.is_fetched(cx, job, to, slot) {
            return;
        }
        self.start(cx, job, to, slot, Span::ZERO);
    }

    /// Idle slots whose polls are counted have found nothing: their polls stay open, or they sleep.
    pub(super) fn polls_in_vain<O>(&mut self, cx: &mut Context<'_, O>, id: NodeId) {
        while let Some(slot) = self.pool_mut(id).pollers.as_mut().and_then(|pollers| pollers.next_up()) {
            self.polls_once_in_vain(cx, id, slot);
        }
    }

    /// One of them has.
    pub(super) fn polls_once_in_vain<O>(&mut self, cx: &mut Context<'_, O>, id: NodeId, slot: u32) {
        let now = cx.now();
        let stamp = self.new_stamp();
        let refused = self.pool(id).feeds.iter().any(|&queue| self.refuses(queue));
        let pollers = self.pool_mut(id).pollers.as_mut();
        if let Some(after) = pollers.and_then(|pollers| pollers.poll(slot, now, stamp, refused)) {
            self.set_alarm(cx, after, Alarm::Poll { pool: id, slot, stamp });
        }
    }

    /// An idle slot's poll ends, or its sleep does.
    pub(super) fn poll_is_due<O>(&mut self, cx: &mut Context<'_, O>, id: NodeId, slot: u32, stamp: u32) {
        let next = self.new_stamp();
        let sleeps = self.pool_mut(id).pollers.as_mut().and_then(|pollers| pollers.is_due(slot, stamp, next));
        match sleeps {
            Some(span) => self.set_alarm(cx, span, Alarm::Poll { pool: id, slot, stamp: next }),
            None => self.rouse(id),
        }
    }

    /// Polls of a queue that have brought nothing until `now`, if that is asked; `None` where nobody counts them.
    pub(super) fn empty_receives(&self, id: NodeId, queue: &Queue, now: Option<SimTime>) -> Option<u64> {
        let counted = queue.to.iter().filter_map(|&taker| match &self.pool(taker).environments {
            None => self.pool(taker).pollers.as_deref(),
            Some(environments) => environments.polls_of(id),
        });
        let empty = counted.map(|pollers| now.map_or(0, |now| pollers.empty(now)));
        empty.reduce(|sum, empty| sum + empty)
    }

    /// How many pollers take a queue's messages to its function; `None` where none do.
    pub(super) fn pollers_of(&self, id: NodeId, queue: &Queue) -> Option<&Track> {
        let of = |&taker: &NodeId| self.pool(taker).environments.as_ref()?.mapping_of(id);
        Some(&queue.to.iter().find_map(of)?.level)
    }

    /// Those of them that a limit refused; `None` where there is none, or nobody is told so.
    pub(super) fn over_limit(&self, queue: &Queue) -> Option<u64> {
        let counted = queue.to.iter().filter_map(|&taker| self.pool(taker).pollers.as_ref()?.refused());
        counted.reduce(|sum, refused| sum + refused).filter(|_| queue.is_limited())
    }

    /// Whether a short poll of a queue is refused, because as many messages are in flight as may be (Amazon SQS API
    /// reference, ReceiveMessage: OverLimit on a standard queue; a FIFO queue returns no messages).
    fn refuses(&self, queue: NodeId) -> bool {
        self.queue_of(queue).is_some_and(|queue| queue.groups.is_none() && queue.is_full())
    }

    /// Those of them that followed on a sleep; `None` where nobody sleeps.
    pub(super) fn empty_again(&self, queue: &Queue) -> Option<u64> {
        let counted = queue.to.iter().filter_map(|&taker| self.pool(taker).pollers.as_ref()?.empty_again());
        counted.reduce(|sum, again| sum + again)
    }

    /// The FIFO group or tenant of a request; 0 is none.
    pub(super) fn group_of(&self, request: &Request) -> u32 {
        let flow = &self.flows[request.workload.index()];
        let brought = if flow.scripted { self.brought(request).map_or(0, |brought| brought.group) } else { 0 };
        match &flow.groups {
            Some((first, law)) if brought == 0 => first + law.nth(u64::from(request.ordinal)) as u32,
            _ => brought,
        }
    }

    /// The queue that is a node, for those who read a metric of it.
    pub(super) fn queue_of(&self, id: NodeId) -> Option<&Queue> {
        match &self.nodes[id.index()] {
            Node::Queue(queue) => Some(queue),
            _ => None,
        }
    }
}
