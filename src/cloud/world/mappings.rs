//! Event source mappings at work: pollers receive batches, invoke the function with them, and are more or fewer as there is
//! to do.
//!
//! A poller knows nothing of how many environments its function may have: what it has received and the function refuses it
//! holds and tries again, until the messages are visible to others. So healthy messages are received in vain, and counted.

use crate::cloud::bus::record::Filter;
use crate::cloud::fact::{Fact, Loss, Outcome};
use crate::cloud::node::Mapping;
use crate::cloud::request::{Job, Request, Role, State};
use crate::cloud::topology::NodeId;
use crate::cloud::world::receipts::Undelivered;
use crate::cloud::world::steps::name_of_work;
use crate::cloud::world::{Alarm, World, not_a};
use crate::engine::{Context, Observer};
use crate::ground::time::{SimTime, Span};

impl<'a> World<'a> {
    pub(super) fn mapping(&mut self, function: NodeId, mapping: u32) -> &mut Mapping<'a> {
        let environments = self.pool_mut(function).environments.as_deref_mut();
        environments.and_then(|all| all.mappings.get_mut(mapping as usize)).unwrap_or_else(|| not_a("mapping"))
    }

    fn mappings(&self, function: NodeId) -> u32 {
        self.pool(function).environments.as_ref().map_or(0, |all| all.mappings.len()) as u32
    }

    /// The pollers of a function receive what there is.
    #[inline(never)]
    pub(super) fn pollers_receive<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, function: NodeId) {
        for mapping in 0..self.mappings(function) {
            while self.poller_receives(cx, function, mapping) {}
            self.may_change(cx, function, mapping);
            let polls = self.mapping(function, mapping).polls.as_deref_mut();
            if let Some(polls) = polls {
                while let Some(poller) = polls.next_up() {
                    polls.poll(poller, cx.now(), 0, false);
                }
            }
        }
    }

    /// A poller receives once, if there is one to do it and something to receive.
    fn poller_receives<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, function: NodeId, mapping: u32) -> bool {
        let now = cx.now();
        let Mapping { plan, queue: from, .. } = *self.mapping(function, mapping);
        let filter = plan.filter.as_ref();
        let queue = self.queue_mut(from);
        if queue.away > 0 || queue.front().is_none() || queue.is_full() {
            return false;
        }
        let Some(hand) = self.mapping(function, mapping).next() else { return false };
        let Some(mut message) = self.next_message(cx, from, None) else { return false };
        if self.queue_mut(from).throttle.is_some() && self.refuses_receives(cx, from) {
            return false;
        }
        let bytes = self.messages[message].bytes;
        if !self.mapping(function, mapping).has_room_for(hand, bytes) {
            self.has_gathered(cx, function, mapping, hand, false);
            return true;
        }
        let asked = self.mapping(function, mapping).receives(hand, now);
        let (mut after, mut brought) = (None, 0_u64);
        let mut is_heavy = false;
        let mut filtered = std::mem::take(&mut self.taken);
        for _ in 0..asked {
            let bytes = self.messages[message].bytes;
            is_heavy = !self.mapping(function, mapping).has_room_for(hand, bytes);
            if is_heavy {
                break;
            }
            let job = self.takes_message(cx, function, from, message, after);
            if filter.is_none_or(|filter| self.is_wanted(filter, job, bytes)) {
                self.mapping(function, mapping).takes(hand, job, bytes, now);
            } else {
                filtered.push(job);
            }
            brought = brought.saturating_add(bytes);
            after = Some(message);
            match self.next_message(cx, from, after) {
                Some(next) => message = next,
                None => break,
            }
        }
        if let Some((poller, rest)) = self.mapping(function, mapping).has_received(hand, brought, now) {
            self.set_alarm(cx, rest, Alarm::Rested { function, mapping, poller });
        }
        // One call deletes them.
        for (nth, job) in filtered.drain(..).enumerate() {
            self.is_filtered_out(cx, job, nth > 0);
        }
        self.taken = filtered;
        if self.mapping(function, mapping).batch(hand).is_empty() {
            return true;
        }
        if self.mapping(function, mapping).is_full(hand) || is_heavy || plan.window == Span::ZERO {
            self.has_gathered(cx, function, mapping, hand, false);
            return true;
        }
        self.stays_in_hand(cx, function, mapping, hand);
        let stamp = self.new_stamp();
        if let Some(window) = self.mapping(function, mapping).gathers(hand, now, stamp) {
            self.set_alarm(cx, window, Alarm::Batch { function, mapping, hand, stamp });
        }
        true
    }

    /// Whether a filter takes a message that was just received.
    fn is_wanted(&self, filter: &Filter, job: u32, bytes: u64) -> bool {
        let Request { workload, ordinal, .. } = self.requests[self.jobs[job].request];
        filter.takes(workload, ordinal, bytes)
    }

    /// A poller that is kept ready may poll again.
    pub(super) fn poller_has_rested(&mut self, now: SimTime, function: NodeId, mapping: u32, poller: u32) {
        self.mapping(function, mapping).has_rested(poller, now);
        self.rouse(function);
    }

    /// What a poller has received waits in its hands.
    fn stays_in_hand<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, function: NodeId, mapping: u32, hand: u32) {
        let now = cx.now();
        for place in 0..self.mapping(function, mapping).batch(hand).len() {
            let job = self.mapping(function, mapping).batch(hand)[place];
            if self.jobs[job].state != State::InHand {
                self.jobs[job].state = State::InHand;
                let who = self.requests[self.jobs[job].request].who();
                self.pool_mut(function).levels.line.up(now);
                cx.tell(Fact::Queued { who, pool: function });
            }
        }
    }

    /// A poller has enough messages, or has waited long enough: it invokes its function with them.
    fn has_gathered<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        function: NodeId,
        mapping: u32,
        hand: u32,
        open: bool,
    ) {
        let now = cx.now();
        self.mapping(function, mapping).has_gathered(hand, open, now);
        let first = self.mapping(function, mapping).batch(hand)[0];
        let job = self.jobs[first];
        let takes = match &self.environments(function).plan.overhead {
            None => Span::ZERO,
            Some(law) => {
                let key = self.pool(function).key.named("overhead").nth(u64::from(job.visit));
                let name = name_of_work(&job, &self.requests[job.request]);
                Span::from_nanos(law.sample(&mut key.draw(name)))
            }
        };
        // They come from their queue together.
        let (number, salt) = self.names(&job, true);
        let from = self.mapping(function, mapping).queue;
        let takes = takes + self.leg(from, function, false, number, salt).unwrap_or(Span::ZERO);
        if takes == Span::ZERO {
            return self.invokes_with_batch(cx, function, mapping, hand);
        }
        for place in 0..self.mapping(function, mapping).batch(hand).len() {
            let job = self.mapping(function, mapping).batch(hand)[place];
            if self.jobs[job].state == State::New {
                self.jobs[job].state = State::Admitted;
            }
        }
        self.poller_waits(cx, function, mapping, hand, takes);
    }

    fn poller_waits<O>(&mut self, cx: &mut Context<'_, O>, function: NodeId, mapping: u32, hand: u32, span: Span) {
        let stamp = self.new_stamp();
        self.mapping(function, mapping).waits(hand, stamp);
        self.set_alarm(cx, span, Alarm::Batch { function, mapping, hand, stamp });
    }

    /// A poller's alarm rings: it has waited for more, for the function to hear of it, or after a refusal.
    pub(super) fn batch_is_due<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        function: NodeId,
        (mapping, hand, stamp): (u32, u32, u32),
    ) {
        if !self.mapping(function, mapping).is_due(hand, stamp) {
            return;
        }
        if self.mapping(function, mapping).is_gathering(hand) {
            return self.has_gathered(cx, function, mapping, hand, true);
        }
        if self.is_let_go(cx.now(), function, mapping, hand) {
            return self.lets_batch_go(cx, function, mapping, hand);
        }
        self.invokes_with_batch(cx, function, mapping, hand);
    }

    /// Whether the messages of a batch are visible to others by now: nobody tries them again.
    fn is_let_go(&mut self, now: SimTime, function: NodeId, mapping: u32, hand: u32) -> bool {
        let (queue, since) = self.mapping(function, mapping).received(hand);
        self.queue_mut(queue).visibility.is_some_and(|hidden| since.after(hidden) <= now)
    }

    /// A poller invokes its function with what it holds.
    fn invokes_with_batch<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        function: NodeId,
        mapping: u32,
        hand: u32,
    ) {
        let now = cx.now();
        let first = self.mapping(function, mapping).batch(hand)[0];
        let who = self.requests[self.jobs[first].request].who();
        let Ok(slot) = self.slot_for(cx, function, who) else {
            self.stays_in_hand(cx, function, mapping, hand);
            self.has_pollers(cx, function, mapping, Mapping::slows_down);
            let (wait, since) = self.mapping(function, mapping).is_refused(hand);
            let queue = self.mapping(function, mapping).queue;
            // It tries until they are visible to others (AWS Lambda developer guide, Using Lambda with Amazon SQS: back-off).
            let wait = match self.queue_mut(queue).visibility {
                Some(hidden) => wait.min(since.after(hidden).max(now) - now),
                None => wait,
            };
            return self.poller_waits(cx, function, mapping, hand, wait);
        };
        let mut taken = std::mem::take(&mut self.taken);
        self.mapping(function, mapping).hands_over(hand, &mut taken);
        for &job in &taken {
            if self.jobs[job].state == State::InHand {
                self.pool_mut(function).levels.line.down(now);
            }
        }
        self.taken = taken;
        self.environments(function).is_held_by(slot, mapping, hand);
        self.begin_together(cx, function, slot);
    }

    /// A poller gives up a batch that the function has refused for too long: others may receive its messages.
    fn lets_batch_go<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, function: NodeId, mapping: u32, hand: u32) {
        let now = cx.now();
        let mut taken = std::mem::take(&mut self.taken);
        self.mapping(function, mapping).hands_over(hand, &mut taken);
        for &job in &taken {
            let Job { request, since, state, .. } = self.jobs[job];
            if state == State::InHand {
                self.pool_mut(function).levels.line.down(now);
                let who = self.requests[request].who();
                cx.tell(Fact::Left { who, pool: function, waited: now - since, why: Loss::Throttled });
            }
            self.jobs[job].state = State::New;
            self.undelivered(cx, job, Undelivered::WorkerLost);
        }
        taken.clear();
        self.taken = taken;
        self.poller_is_free(cx, function, mapping, hand);
    }

    /// A poller has done with what it held.
    pub(super) fn poller_is_free<O>(&mut self, cx: &mut Context<'_, O>, function: NodeId, mapping: u32, hand: u32) {
        self.mapping(function, mapping).is_free_again(hand, cx.now());
        self.may_change(cx, function, mapping);
        self.rouse(function);
    }

    /// Looks whether there should be more pollers, or perhaps fewer.
    fn may_change<O>(&mut self, cx: &mut Context<'_, O>, function: NodeId, mapping: u32) {
        let Mapping { plan, grows, is_watched, .. } = *self.mapping(function, mapping);
        if !grows && self.wants_more(function, mapping) {
            self.mapping(function, mapping).grows = true;
            self.set_alarm(cx, plan.every, Alarm::MorePollers { function, mapping });
        }
        if !is_watched && self.mapping(function, mapping).may_shrink() {
            self.mapping(function, mapping).is_watched = true;
            self.set_alarm(cx, plan.idle, Alarm::FewerPollers { function, mapping });
        }
    }

    /// Whether messages wait that nobody is free to receive.
    fn wants_more(&mut self, function: NodeId, mapping: u32) -> bool {
        let of = self.mapping(function, mapping);
        let (may, from) = (of.may_grow() && of.next().is_none(), of.queue);
        let queue = self.queue_mut(from);
        may && queue.away == 0 && !queue.is_full() && queue.receivable(1) > 0
    }

    /// Another poller comes, if it is still wanted.
    pub(super) fn more_pollers<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, function: NodeId, mapping: u32) {
        self.mapping(function, mapping).grows = false;
        if self.wants_more(function, mapping) {
            self.has_pollers(cx, function, mapping, Mapping::grow);
            self.rouse(function);
        }
    }

    /// The number of pollers may change: where they are paid for, that is told.
    fn has_pollers<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        function: NodeId,
        mapping: u32,
        change: impl FnOnce(&mut Mapping<'a>, SimTime),
    ) {
        let of = self.mapping(function, mapping);
        let before = of.level.level();
        change(of, cx.now());
        let (queue, pollers) = (of.queue, of.level.level());
        if of.plan.provisioned.is_some() && pollers != before {
            cx.tell(Fact::Polling { function, queue, pollers: pollers as u32 });
        }
    }

    /// Somebody looks whether there are too many pollers.
    pub(super) fn fewer_pollers<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, function: NodeId, mapping: u32) {
        self.mapping(function, mapping).is_watched = false;
        self.has_pollers(cx, function, mapping, Mapping::looks);
        self.may_change(cx, function, mapping);
    }

    /// A job of a batch has failed: whether the others fail with it, and it too, in this moment.
    pub(super) fn fails_with_others<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: u32,
        result: Outcome,
        why: Loss,
    ) -> bool {
        let Job { pool: at, slot, role, .. } = self.jobs[id];
        let Some((mapping, _)) = self.pool(at).environments.as_ref().and_then(|all| all.hand(slot)) else {
            return false;
        };
        if role != Role::Delivery {
            return false;
        }
        // What the function catches and reports is of that message alone; its own end is of all.
        let Mapping { plan, queue, .. } = *self.mapping(at, mapping);
        let is_reported = plan.partial_failures && result != Outcome::Killed && why != Loss::FunctionTimeout;
        if is_reported && self.queue_mut(queue).groups.is_none() {
            return false;
        }
        let mut members = self.hands(at).together(slot).to_vec();
        if is_reported {
            // Of a FIFO queue those behind it must not go before it (AWS Lambda developer guide, Using Lambda with Amazon
            // SQS: FIFO queues and partial batch responses).
            let place = members.iter().position(|&job| job == id).unwrap_or(0);
            members.drain(..place);
        } else {
            self.has_pollers(cx, at, mapping, Mapping::slows_down);
        }
        for job in members {
            if self.hands(at).together(slot).contains(&job) {
                self.fails_alone(cx, job, result, why);
            }
        }
        true
    }
}
