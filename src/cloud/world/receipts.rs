//! What becomes of a message that was received: deleted, hidden for longer, back again, put aside.

use crate::cloud::fact::{Fact, Loss, Outcome};
use crate::cloud::node::Queue;
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
        let now = cx.now();
        let Job { request, attempt, visit, .. } = self.jobs[id];
        let message = self.kin[id as usize].parent;
        let Message { receives, state, queue: at, counts, .. } = self.messages[message];
        let who = self.requests[request].who();
        let queue = self.queue_mut(at);
        let valid = match queue.stale_delete {
            StaleDelete::Ignored => visit == receives,
            StaleDelete::Accepted => true,
            StaleDelete::InTime => visit == receives && state == Mail::InFlight,
        };
        let gone = valid && state != Mail::Over;
        if gone {
            self.leaves_queue(now, message);
        }
        cx.tell(Fact::Deleted { who, queue: at, gone, joins });
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
        letter.visible = now;
        let (at, order, request, receives) = (letter.queue, letter.order, letter.request, letter.receives);
        let who = self.requests[request].who();
        let queue = self.queue_mut(at);
        queue.visible.up(now);
        let order = queue.put_back(message, order, receives);
        self.messages[message].order = order;
        cx.tell(Fact::Returned { who, queue: at });
        self.rouse_takers(at);
    }

    /// An exhausted message is put aside; its branch of the request is lost.
    pub(super) fn bury<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, message: u32) {
        let Message { request, attempt, branch, queue: at, counts, bytes, .. } = self.messages[message];
        let who = self.requests[request].who();
        self.leaves_queue(cx.now(), message);
        cx.tell(Fact::Buried { who, queue: at });
        let queue = self.queue_mut(at);
        let group = queue.groups.as_ref().map(|groups| groups.of(message));
        if let Some(DeadLetters { to, .. }) = queue.dead_letters {
            // No attempt has the number 0, so nothing that follows counts.
            self.put_aside(cx, to, Parcel { request, attempt: 0, branch, bytes, group, joins: false });
        }
        if counts {
            self.branch_lost(cx, request, attempt, Loss::DeadLettered);
        }
        self.message_over(message);
    }

    /// A dead letter stands in its own queue, where somebody may look after it; no request waits for it.
    fn put_aside<O>(&mut self, cx: &mut Context<'_, O>, keeper: NodeId, parcel: Parcel) {
        let now = cx.now();
        let queue = self.queue_mut(keeper);
        queue.visible.up(now);
        if queue.to.is_empty() {
            return;
        }
        self.put_in(now, keeper, parcel, false);
    }

    /// A message leaves its queue, wherever in it it stands; others of its group may be received now.
    fn leaves_queue(&mut self, now: SimTime, message: u32) {
        let Message { state, queue: at, order, .. } = self.messages[message];
        let queue = self.queue_mut(at);
        match state {
            Mail::Visible => {
                queue.visible.down(now);
                queue.take_out(message, order);
                return;
            }
            Mail::InFlight => queue.in_flight.down(now),
            Mail::Hidden => queue.hidden.down(now),
            Mail::Over => return,
        }
        if queue.groups.as_mut().is_some_and(|groups| groups.settled(message)) {
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
        let Message { receives, queue: at, state: mail, .. } = self.messages[message];
        let at_work = matches!(state, State::Working | State::Calling | State::Backing | State::Together);
        let queue = self.queue_mut(at);
        let (row, hides) = (queue.row, queue.visibility.is_some());
        if at_work && hides && mail == Mail::InFlight && visit == receives {
            let stamp = self.new_stamp();
            self.messages[message].stamp = stamp;
            self.set_timer(cx, row, message, stamp);
            let who = self.requests[request].who();
            cx.tell(Fact::Extended { who, queue: at });
        }
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
}

/// Whether a failure after so many receives was the last that the queue allows.
fn exhausted_by_failure(queue: &Queue, receives: u16) -> bool {
    queue
        .dead_letters
        .is_some_and(|letters| letters.at == DeadLetterAt::LastFailure && receives >= letters.max_receives)
}
