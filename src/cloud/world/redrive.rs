//! Dead letters go back to where they came from, one after the other.

use crate::cloud::fact::Fact;
use crate::cloud::node::Holder;
use crate::cloud::request::Message;
use crate::cloud::topology::{NodeId, Redrive};
use crate::cloud::world::queues::Parcel;
use crate::cloud::world::{Alarm, World};
use crate::engine::{Context, Observer};
use crate::ground::time::{SimTime, Span};

/// A task that moves messages lasts no longer (Amazon SQS developer guide, dead-letter queue redrive).
const LONGEST: Span = Span::from_secs(36 * 3_600);

/// A task that moves the messages of a queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moving {
    plan: Redrive,
    until: SimTime,
}

impl World<'_> {
    /// Somebody lets dead letters go back. Of each queue there is one such task at a time: another one changes nothing (Amazon
    /// SQS API reference, StartMessageMoveTask).
    pub(super) fn redrives<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, plan: Redrive) {
        if self.movings.iter().all(|moving| moving.plan.from != plan.from) {
            self.movings.push(Moving { plan, until: cx.now() + LONGEST });
            self.moves_letter(cx, plan.from);
        }
    }

    /// The next letter of a queue goes back; the task ends where there is none, where either queue is away, and after its
    /// longest time.
    pub(super) fn moves_letter<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, from: NodeId) {
        let Some(at) = self.movings.iter().position(|moving| moving.plan.from == from) else { return };
        let Moving { plan, until } = self.movings[at];
        let there = self.queue_mut(from).away == 0 && self.queue_mut(plan.to).away == 0 && cx.now() < until;
        let Some(message) = there.then(|| self.next_message(cx, from, None)).flatten() else {
            self.movings.remove(at);
            return;
        };
        self.letter_goes_back(cx, message, plan.to);
        self.set_alarm(cx, plan.every, Alarm::Redrive { queue: from });
    }

    /// A letter becomes a new message of another queue: with its own age and none of its receives.
    fn letter_goes_back<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, message: u32, to: NodeId) {
        let now = cx.now();
        let Message { request, attempt, branch, queue: from, counts, bytes, .. } = self.messages[message];
        let who = self.requests[request].who();
        let group = self.group_of_message(message);
        let parcel = Parcel { request, attempt, branch, bytes, group, step: u32::MAX, delay: None, joins: false };
        self.leaves_queue(now, message);
        cx.tell(Fact::Redriven { who, from, to, bytes });
        let before = self.sends_for(Holder::Message(message));
        self.put_in(cx, to, parcel, now, counts);
        self.has_sent(before);
        self.branch_is_over(cx, Holder::Message(message), false);
        self.message_over(message);
    }
}
