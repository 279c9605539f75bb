//! What becomes of messages by the clock and by chance: not visible yet, kept too long, overlooked.

use crate::cloud::fact::{Fact, Loss, Spent, Who};
use crate::cloud::node::{Fate, Holder};
use crate::cloud::request::{Mail, Message};
use crate::cloud::topology::NodeId;
use crate::cloud::world::{Alarm, World};
use crate::engine::{Context, Observer};
use crate::ground::time::{SimTime, Span};

impl World<'_> {
    /// A message that was just sent is not visible yet (Amazon SQS Developer Guide, delay queues and message timers).
    pub(super) fn withholds<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        message: u32,
        group: u32,
        delay: Span,
    ) {
        let Message { queue: at, tag, request, .. } = self.messages[message];
        let queue = self.queue_mut(at);
        let order = queue.reserve(message, group);
        if let Some(delayed) = &mut queue.delayed {
            delayed.up(cx.now());
        }
        let letter = &mut self.messages[message];
        (letter.order, letter.state) = (order, Mail::Delayed);
        let who = self.requests[request].who();
        cx.tell(Fact::Withheld { who, queue: at });
        cx.tell(Fact::Spent { who, node: at, on: Spent::Queue, from: cx.now(), span: delay });
        self.set_alarm(cx, delay, Alarm::Appear { message, tag });
    }

    /// A message is visible for the first time.
    pub(super) fn appears<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, message: u32) {
        let now = cx.now();
        let letter = &mut self.messages[message];
        (letter.state, letter.since) = (Mail::Visible, now);
        let Message { queue: at, order, request, .. } = *letter;
        let queue = self.queue_mut(at);
        if let Some(delayed) = &mut queue.delayed {
            delayed.down(now);
        }
        queue.visible.up(now);
        queue.appear(message, order);
        let who = self.requests[request].who();
        cx.tell(Fact::Appeared { who, queue: at });
        self.rouse_takers(at);
    }

    /// A message was kept as long as its queue keeps any: it is gone, in whosever hands it is (Amazon SQS API reference,
    /// SetQueueAttributes, MessageRetentionPeriod).
    pub(super) fn expires<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, message: u32) {
        let Message { request, attempt, queue: at, counts, .. } = self.messages[message];
        let who = self.requests[request].who();
        self.leaves_queue(cx.now(), message);
        cx.tell(Fact::Expired { who, queue: at });
        self.is_remembered(message, Fate::Lost(Loss::Expired));
        if counts {
            self.branch_lost(cx, request, attempt, Loss::Expired);
        }
        self.branch_is_over(cx, Holder::Message(message), true);
        self.message_over(message);
    }

    /// A message stands in a queue from which nobody receives, until it was kept long enough; `enqueued`: when it was first
    /// sent.
    pub(super) fn is_kept<O>(&mut self, cx: &mut Context<'_, O>, at: NodeId, who: Who, enqueued: SimTime) {
        let now = cx.now();
        let queue = self.queue_mut(at);
        queue.visible.up(now);
        queue.kept.push_back(now);
        let Some((kept, _)) = queue.retention else { return };
        let until = enqueued.after(kept);
        // What lapses after the run has ended shows in no figure.
        if self.horizon.length.is_none_or(|length| until < length) {
            self.set_alarm(cx, until.max(now) - now, Alarm::Lapse { queue: at, who, came: now });
        }
    }

    /// A message that nobody receives was kept long enough.
    pub(super) fn lapses<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, at: NodeId, who: Who, came: SimTime) {
        let queue = self.queue_mut(at);
        queue.visible.down(cx.now());
        queue.forgets(came);
        cx.tell(Fact::Expired { who, queue: at });
    }
}
