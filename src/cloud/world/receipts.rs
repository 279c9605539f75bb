//! What becomes of a message that was received: deleted, hidden for longer, back again, put aside.

use crate::cloud::fact::{Fact, Loss, Outcome};
use crate::cloud::node::{Fate, Holder, Queue};
use crate::cloud::request::{Job, Mail, Message, State};
use crate::cloud::topology::{DeadLetterAt, DeadLetters, NodeId, StaleDelete};
use crate::cloud::world::queues::Parcel;
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

impl World<'_> {
    /// A worker has done all the work of a message, or will not do it, and deletes it; its stay ends so. `joins`: the
    /// call that deleted the one before it deletes it, too.
    pub(super) fn delivered<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, how: Outcome, joins: bool) {
        self.deletes(cx, id, how, joins, true);
    }

    /// A message was received that the filter of its mapping does not take: it is deleted, and counts as done.
    pub(super) fn is_filtered_out<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, joins: bool) {
        let who = self.requests[self.jobs[id].request].who();
        let queue = self.messages[self.kin[id as usize].parent].queue;
        cx.tell(Fact::Filtered { who, queue });
        self.deletes(cx, id, Outcome::Ok, joins, false);
    }

    /// A message is deleted by whoever received it last, or long ago; `ran`: somebody worked on it, whose stay ends so.
    fn deletes<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, how: Outcome, joins: bool, ran: bool) {
        let now = cx.now();
        let Job { request, visit, .. } = self.jobs[id];
        let message = self.kin[id as usize].parent;
        // A later attempt may wait for it than the one that sent it.
        let Message { receives, state, queue: at, attempt, counts, done, .. } = self.messages[message];
        let who = self.requests[request].who();
        let queue = self.queue_mut(at);
        let valid = match queue.stale_delete {
            StaleDelete::Ignored => visit == receives,
            StaleDelete::Accepted => true,
            StaleDelete::InTime => visit == receives && state == Mail::InFlight,
        };
        let valid = valid && state != Mail::Over;
        let well = how == Outcome::Ok;
        // A delete may miss a server that was unreachable: the message comes back once more (Amazon SQS Developer Guide,
        // at-least-once delivery).
        let again = valid && well && !done && queue.duplicates();
        let (gone, unhidden) = (valid && !again, queue.visibility.is_none());
        if gone {
            self.leaves_queue(now, message);
        }
        cx.tell(Fact::Deleted { who, queue: at, gone, joins });
        let result = match (well, valid, done) {
            (false, ..) => how,
            (true, true, false) => Outcome::Ok,
            (true, true, true) => Outcome::Duplicate,
            (true, false, _) => Outcome::StaleDelete,
        };
        if ran {
            self.leave(cx, id, result);
        }
        if valid && counts {
            self.branch_done(cx, request, attempt);
        }
        if valid {
            self.branch_is_over(cx, Holder::Message(message), false);
        }
        if gone {
            self.is_remembered(message, Fate::Done);
            self.ends_letter(message);
        } else if again {
            let letter = &mut self.messages[message];
            (letter.done, letter.counts) = (true, false);
            let stamp = letter.stamp;
            if unhidden && state == Mail::InFlight {
                self.set_alarm(cx, REST, Alarm::Return { message, stamp });
            }
        }
        if ran && matches!(result, Outcome::Duplicate | Outcome::StaleDelete) {
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
        let Message { receives, state, queue: at, stamp, since: received, .. } = self.messages[message];
        let rest = if how == Undelivered::Failed && since == now { REST } else { Span::ZERO };
        self.let_go(message);
        // One whose receipt is old has no say over the message any more.
        if state == Mail::InFlight && visit == receives {
            let who = self.requests[request].who();
            let queue = self.queue_mut(at);
            let (visibility, exhausted) = (queue.visibility, exhausted_by_failure(queue, receives));
            if how == Undelivered::Failed && exhausted {
                self.bury(cx, message);
            } else if how == Undelivered::Failed
                && let Some(law) = &self.pool(pool).plan.poll.on_error
            {
                let key = self.pool(pool).failures[who.workload.index()];
                let nanos = law.sample(&mut key.draw(super::client::numbered(who.ordinal, visit)));
                let span = if nanos == 0 { rest } else { Span::from_nanos(nanos) };
                // Beyond the ceiling the call is an error: the message comes back by its timeout.
                if self.queue_mut(at).may_hide(received, now.after(span)) {
                    cx.tell(Fact::Changed { who, queue: at });
                    self.hide(cx, message, span);
                } else if visibility.is_none() {
                    self.message_returns(cx, message);
                }
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
        if exhausted_by_failure(queue, receives) {
            return self.bury(cx, message);
        }
        queue.in_flight.down(cx.now());
        self.becomes_visible(cx, message);
    }

    fn becomes_visible<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, message: u32) {
        let now = cx.now();
        let stamp = self.new_stamp();
        let letter = &mut self.messages[message];
        letter.state = Mail::Visible;
        letter.stamp = stamp;
        letter.since = now;
        let (at, order, request, receives) = (letter.queue, letter.order, letter.request, letter.receives);
        let who = self.requests[request].who();
        let queue = self.queue_mut(at);
        queue.visible.up(now);
        if let Some(tenants) = &mut queue.tenants {
            tenants.in_flight(message, now, -1);
        }
        let order = queue.put_back(message, order, receives);
        self.messages[message].order = order;
        cx.tell(Fact::Returned { who, queue: at });
        self.rouse_takers(at);
    }

    /// An exhausted message is put aside; its branch of the request is lost.
    pub(super) fn bury<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, message: u32) {
        let Message { request, attempt, branch, queue: at, counts, bytes, enqueued, .. } = self.messages[message];
        let who = self.requests[request].who();
        self.leaves_queue(cx.now(), message);
        cx.tell(Fact::Buried { who, queue: at });
        self.is_remembered(message, Fate::Lost(Loss::DeadLettered));
        let group = self.group_of_message(message);
        let dead_letters = self.queue_mut(at).dead_letters;
        // What may go back one day is not lost yet.
        let waits = dead_letters.is_some_and(|letters| self.queue_mut(letters.to).redriven);
        if let Some(DeadLetters { to, .. }) = dead_letters {
            // No attempt has the number 0, so nothing that follows counts.
            let delay = Some(Span::ZERO);
            let attempt = if waits { attempt } else { 0 };
            let parcel = Parcel { request, attempt, branch, bytes, group, step: u32::MAX, delay, joins: false };
            // In a standard queue its age counts on, in a FIFO queue it begins anew (Amazon SQS Developer Guide, dead-letter
            // queues and message retention).
            let enqueued = if self.queue_mut(to).groups.is_none() { enqueued } else { cx.now() };
            let before = waits.then(|| self.sends_for(Holder::Message(message)));
            self.put_aside(cx, to, parcel, enqueued, counts && waits);
            if let Some(before) = before {
                self.has_sent(before);
            }
        }
        if counts && !waits {
            self.branch_lost(cx, request, attempt, Loss::DeadLettered);
        }
        self.branch_is_over(cx, Holder::Message(message), !waits);
        self.message_over(message);
    }

    /// The group or tenant of a message, where its queue knows any.
    pub(super) fn group_of_message(&mut self, message: u32) -> Option<u32> {
        let at = self.messages[message].queue;
        let queue = self.queue_mut(at);
        match (&queue.groups, &queue.tenants) {
            (Some(groups), _) => Some(groups.of(message)),
            (None, Some(tenants)) => Some(tenants.of(message)),
            (None, None) => None,
        }
    }

    /// A dead letter stands in its own queue, where somebody may look after it; `counts`: its request waits for it.
    pub(super) fn put_aside<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        keeper: NodeId,
        parcel: Parcel,
        enqueued: SimTime,
        counts: bool,
    ) {
        if self.queue_mut(keeper).only_keeps() {
            let who = self.requests[parcel.request].who();
            return self.is_kept(cx, keeper, who, enqueued);
        }
        self.put_in(cx, keeper, parcel, enqueued, counts);
    }

    /// Whoever sends it again must know what became of a message.
    pub(super) fn is_remembered(&mut self, message: u32, fate: Fate) {
        let at = self.messages[message].queue;
        if let Some(sameness) = &mut self.queue_mut(at).sameness {
            sameness.ends(message, fate);
        }
    }

    /// A message leaves its queue, wherever in it it stands; others of its group may be received now.
    pub(super) fn leaves_queue(&mut self, now: SimTime, message: u32) {
        let Message { state, queue: at, order, .. } = self.messages[message];
        let queue = self.queue_mut(at);
        let full = queue.is_full();
        match state {
            Mail::Delayed => {
                if let Some(delayed) = &mut queue.delayed {
                    delayed.down(now);
                }
                return;
            }
            Mail::Visible => {
                queue.visible.down(now);
                queue.take_out(message, order);
                // Another one may be looked at now.
                if queue.groups.is_some() {
                    self.rouse_takers(at);
                }
                return;
            }
            Mail::InFlight => queue.in_flight.down(now),
            Mail::Hidden => queue.hidden.down(now),
            Mail::Over => return,
        }
        if let Some(tenants) = &mut queue.tenants {
            tenants.in_flight(message, now, -1);
        }
        if queue.groups.as_mut().is_some_and(|groups| groups.settled(message, order)) || full {
            self.rouse_takers(at);
        }
    }

    /// A worker is still at work on a message: it hides it for longer, unless it has become visible meanwhile.
    pub(super) fn beats<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        let Job { pool, visit, state, stamp, request, .. } = self.jobs[id];
        if let Some(row) = self.pool(pool).heartbeat {
            self.set_timer(cx, row, id, stamp);
        }
        let message = self.kin[id as usize].parent;
        let Message { receives, queue: at, state: mail, since: received, .. } = self.messages[message];
        let at_work = matches!(state, State::Working | State::Calling | State::Backing | State::Together);
        let queue = self.queue_mut(at);
        let now = cx.now();
        let hides = queue.visibility.is_some_and(|timeout| queue.may_hide(received, now.after(timeout)));
        let row = queue.row;
        if at_work && hides && mail == Mail::InFlight && visit == receives {
            let stamp = self.new_stamp();
            self.messages[message].stamp = stamp;
            self.set_timer(cx, row, message, stamp);
            let who = self.requests[request].who();
            cx.tell(Fact::Extended { who, queue: at });
        }
    }

    /// A message is deleted or put aside; whoever still works on it holds an old receipt.
    pub(super) fn message_over(&mut self, message: u32) {
        self.ends_letter(message);
        if self.messages[message].holders == 0 {
            self.end_message(message);
        }
    }

    /// A message was received and deleted, and nobody works on it.
    pub(super) fn letter_is_gone(&mut self, message: u32) {
        self.ends_letter(message);
        self.let_go(message);
    }

    /// No timer of a message matters any more.
    fn ends_letter(&mut self, message: u32) {
        let letter = &mut self.messages[message];
        letter.state = Mail::Over;
        (letter.stamp, letter.tag) = (0, 0);
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
}

/// Whether a failure after so many receives was the last that the queue allows.
fn exhausted_by_failure(queue: &Queue, receives: u16) -> bool {
    queue
        .dead_letters
        .is_some_and(|letters| letters.at == DeadLetterAt::LastFailure && receives >= letters.max_receives)
}
