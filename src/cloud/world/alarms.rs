//! Timers whose length no other shares: what they are for, and who is told when they ring.

use crate::cloud::event::Event;
use crate::cloud::fact::{Fact, Loss, Who};
use crate::cloud::topology::{NodeId, WorkloadId};
use crate::cloud::world::{World, happenings};
use crate::engine::{Context, Observer};
use crate::ground::time::{SimTime, Span};

/// A timer whose length no other shares.
#[derive(Clone, Copy, Debug)]
pub(super) enum Alarm {
    /// A job leaves the line if its service has not begun.
    Patience { job: u32, stamp: u32 },
    /// A caller tries again.
    Backoff { job: u32, epoch: u32 },
    /// A balancer thinks otherwise of a worker than before.
    Checked { pool: NodeId, worker: u32, stamp: u32 },
    /// A balancer no longer waits for a worker that goes.
    Deregistered { pool: NodeId, worker: u32 },
    /// A client gives up an attempt, for that reason.
    GivesUp { job: u32, stamp: u32, why: Loss },
    /// A client sends a copy of an attempt.
    Hedge { job: u32, stamp: u32 },
    /// A caller's request is past its deadline.
    CallLate { job: u32, epoch: u32 },
    /// A caller sends copies of its calls.
    CallHedge { job: u32, epoch: u32 },
    /// A worker's pace lets it call.
    Token { guard: u32, worker: u32, turn: u32 },
    /// A client's pace lets it send.
    Pace { workload: WorkloadId, turn: u32 },
    /// A request is past its deadline whose client has not even sent it.
    Overdue { request: u32, ordinal: u32 },
    /// A message that was received is visible again.
    Return { message: u32, stamp: u32 },
    /// A message that was out of sight is visible again.
    Unhide { message: u32, stamp: u32 },
    /// A job reaches the node that it was sent to, or who sent it: see what is known of its trip.
    Arrives { job: u32, trip: u32 },
    /// A message reaches the queue that it was sent to.
    Posts { parcel: u32 },
    /// An idle slot's poll ends, or its sleep after one.
    Poll { pool: NodeId, slot: u32, stamp: u32 },
    /// A free slot no longer waits for more jobs of a line.
    Gather { pool: NodeId, line: u32, stamp: u32 },
    /// The credits of a machine may be spent.
    Spent { pool: NodeId, worker: u32, stamp: u32 },
    /// A message that was sent is visible now.
    Appear { message: u32, tag: u32 },
    /// A dead letter, which is older than it is here, was kept long enough.
    Expire { message: u32, tag: u32 },
    /// A queue that refused receives takes them again.
    Throttled { queue: NodeId },
    /// A machine under pods was down for long.
    Unready { pool: NodeId, worker: u32, since: SimTime, given_up: bool },
    /// What an invocation takes beside its run is over.
    Admitted { job: u32, stamp: u32 },
    /// The run in a slot of a function may be too long.
    TooLong { function: NodeId, slot: u32 },
    /// An environment may have been idle for too long.
    Idle { function: NodeId, index: u32, environment: u32 },
    /// A worker may have been idle for too long.
    StoodIdle { pool: NodeId, worker: u32, since: SimTime },
    /// Environments that are kept ready are there.
    Allocated { function: NodeId, environments: u32 },
    /// One that was sent to a function is tried again.
    Errand { errand: u32 },
    /// A poller of a mapping has waited: for more messages, for its function to hear of it, or after a refusal.
    Batch { function: NodeId, mapping: u32, hand: u32, stamp: u32 },
    /// A poller that is kept ready may poll again.
    Rested { function: NodeId, mapping: u32, poller: u32 },
    /// A mapping has one poller more.
    MorePollers { function: NodeId, mapping: u32 },
    /// Somebody looks whether a mapping has too many pollers.
    FewerPollers { function: NodeId, mapping: u32 },
    /// The next dead letter of a queue goes back.
    Redrive { queue: NodeId },
    /// An event is handed to a target.
    Delivers { delivery: u32 },
    /// It is time for a schedule's n-th event, …
    Schedule { schedule: u32, nth: u32 },
    /// … which comes a little later.
    Scheduled { schedule: u32 },
    /// A bus hears the next of what its archive keeps, which is not before this place of it.
    Replays { bus: NodeId, replay: u16, next: u32 },
    /// Something happens to a machine that began before.
    Happens { happening: happenings::Happening },
    /// A message that nobody receives was kept long enough.
    Lapse { queue: NodeId, who: Who, came: SimTime },
}

impl World<'_> {
    pub(super) fn set_alarm<O>(&mut self, cx: &mut Context<'_, O>, after: Span, alarm: Alarm) {
        let number = self.alarms.insert(alarm);
        let turn = self.new_stamp();
        let event = match alarm {
            Alarm::Backoff { .. }
            | Alarm::Arrives { .. }
            | Alarm::Posts { .. }
            | Alarm::Admitted { .. }
            | Alarm::Batch { .. }
            | Alarm::Rested { .. }
            | Alarm::Delivers { .. }
            | Alarm::Schedule { .. }
            | Alarm::Scheduled { .. }
            | Alarm::Replays { .. }
            | Alarm::Happens { .. }
            | Alarm::Errand { .. } => Event::Recall { alarm: number, turn },
            _ => Event::Alarm { alarm: number, turn },
        };
        cx.plan(cx.now() + after, event);
    }

    pub(super) fn alarm<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, alarm: u32) {
        let what = self.alarms[alarm];
        self.alarms.remove(alarm);
        match what {
            Alarm::Patience { job, stamp } if self.jobs[job].stamp == stamp => self.loses_patience(cx, job),
            Alarm::Backoff { job, epoch } if self.epoch_of(job) == Some(epoch) => self.calls_again(cx, job),
            Alarm::GivesUp { job, stamp, why } if self.jobs[job].stamp == stamp => self.attempt_given_up(cx, job, why),
            Alarm::Hedge { job, stamp } if self.jobs[job].stamp == stamp => self.hedges(cx, job),
            Alarm::CallLate { job, epoch } if self.epoch_of(job) == Some(epoch) => {
                self.call_failed(cx, job, Loss::Late);
            }
            Alarm::CallHedge { job, epoch } if self.epoch_of(job) == Some(epoch) => self.call_hedges(cx, job),
            Alarm::Checked { pool, worker, stamp } => self.is_checked(cx, pool, worker, stamp),
            Alarm::Deregistered { pool, worker } => self.is_deregistered(cx, pool, worker),
            Alarm::Token { guard, worker, turn } => self.token_comes(cx, guard, worker, turn),
            Alarm::Pace { workload, turn } => self.sends_in_turn(cx, workload, turn),
            Alarm::Overdue { request, ordinal } => self.waits_too_long(cx, request, ordinal),
            Alarm::Return { message, stamp } if self.messages[message].stamp == stamp => {
                self.message_returns(cx, message);
            }
            Alarm::Unhide { message, stamp } if self.messages[message].stamp == stamp => {
                self.message_unhides(cx, message);
            }
            Alarm::Appear { message, tag } if self.messages[message].tag == tag => self.appears(cx, message),
            Alarm::Expire { message, tag } if self.messages[message].tag == tag => self.expires(cx, message),
            Alarm::Throttled { queue } => self.takes_receives(queue),
            Alarm::Unready { pool, worker, since, given_up } => {
                self.is_down_for_long(cx, pool, worker, since, given_up);
            }
            Alarm::Admitted { job, stamp } => self.is_admitted(cx, job, stamp),
            Alarm::TooLong { function, slot } => self.may_be_too_long(cx, function, slot),
            Alarm::Idle { function, index, environment } => self.idle_for_long(cx, function, index, environment),
            Alarm::StoodIdle { pool, worker, since } => self.stood_idle(cx, pool, worker, since),
            Alarm::Allocated { function, environments } => self.are_allocated(cx, function, environments),
            Alarm::Errand { errand } => self.tries_errand(cx, errand),
            Alarm::Batch { function, mapping, hand, stamp } => {
                self.batch_is_due(cx, function, (mapping, hand, stamp));
            }
            Alarm::Rested { function, mapping, poller } => {
                self.poller_has_rested(cx.now(), function, mapping, poller);
            }
            Alarm::MorePollers { function, mapping } => self.more_pollers(cx, function, mapping),
            Alarm::FewerPollers { function, mapping } => self.fewer_pollers(cx, function, mapping),
            Alarm::Redrive { queue } => self.moves_letter(cx, queue),
            Alarm::Delivers { delivery } => self.delivers(cx, delivery),
            Alarm::Schedule { schedule, nth } => self.schedule_is_due(cx, schedule, nth),
            Alarm::Scheduled { schedule } => self.scheduled(cx, schedule),
            Alarm::Replays { bus, replay, next } => self.replays(cx, bus, replay, next),
            Alarm::Happens { happening } => self.publishes(cx, happening),
            Alarm::Lapse { queue, who, came } => self.lapses(cx, queue, who, came),
            Alarm::Poll { pool, slot, stamp } => self.poll_is_due(cx, pool, slot, stamp),
            Alarm::Gather { pool, line, stamp } => self.has_waited_for_more(cx, pool, line, stamp),
            Alarm::Arrives { job, trip } => self.arrives_at_last(cx, job, trip),
            Alarm::Posts { parcel } => self.posts_at_last(cx, parcel),
            Alarm::Spent { pool, worker, stamp } => self.credits_are_spent(pool, worker, stamp),
            _ => (),
        }
    }
}
