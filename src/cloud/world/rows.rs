//! Rows of equally long timers: a client's patience, a message's time out of sight.

use crate::cloud::event::Event;
use crate::cloud::fact::{Fact, Loss};
use crate::cloud::node::Node;
use crate::cloud::request::{Job, Message};
use crate::cloud::world::{World, calls};
use crate::engine::{Context, Observer, Timers};
use crate::ground::slab::Slab;

/// Equally long timers, and what they are for.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) purpose: Purpose,
    pub(super) timers: Timers<(u32, u32)>,
}

/// What a row of timers is for, and what its two numbers mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A client's patience with one attempt: the root job and its stamp.
    Attempt,
    /// A caller's patience with a call: the calling job and its slot's epoch.
    Call,
    /// A balancer's patience with an answer: the job and its stamp.
    Idle,
    /// A received message's time out of sight: the message and its stamp.
    Visibility,
    /// How long a message is kept: the message and its tag.
    Retention,
    /// From one heartbeat of the work on a message to the next: the job and its stamp.
    Heartbeat,
}

impl World<'_> {
    /// Equally long timers are due.
    pub(super) fn ring<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, row: u16) {
        let now = cx.now();
        let purpose = self.rows[usize::from(row)].purpose;
        loop {
            let World { rows, jobs, messages, nodes, .. } = self;
            let due = rows[usize::from(row)].timers.due(now, |timer| is_alive(purpose, timer, jobs, messages, nodes));
            let Some((about, _)) = due else { break };
            match purpose {
                Purpose::Attempt => self.attempt_given_up(cx, about, Loss::TimedOut),
                Purpose::Call => self.call_timed_out(cx, about),
                Purpose::Idle => self.answer_stays_away(cx, about),
                Purpose::Visibility => self.message_returns(cx, about),
                Purpose::Heartbeat => self.beats(cx, about),
                Purpose::Retention => self.expires(cx, about),
            }
            // Each of them is an event of its own: idle workers take work before the next one.
            self.settle(cx);
        }
        let World { rows, jobs, messages, nodes, .. } = self;
        if let Some(at) = rows[usize::from(row)].timers.rearm(|timer| is_alive(purpose, timer, jobs, messages, nodes)) {
            cx.plan(at, Event::Ring { row });
        }
    }

    /// Sets a timer in its row.
    #[inline]
    pub(super) fn set_timer<O>(&mut self, cx: &mut Context<'_, O>, row: u16, about: u32, stamp: u32) {
        let now = cx.now();
        let World { rows, jobs, messages, nodes, .. } = self;
        let Row { purpose, timers } = &mut rows[usize::from(row)];
        let purpose = *purpose;
        let ring = timers.set(now, (about, stamp), |timer| is_alive(purpose, timer, jobs, messages, nodes));
        if let Some(at) = ring {
            cx.plan(at, Event::Ring { row });
        }
    }
}

/// Whether a timer still matters.
#[inline]
fn is_alive(
    purpose: Purpose,
    (about, stamp): (u32, u32),
    jobs: &Slab<Job>,
    messages: &Slab<Message>,
    nodes: &[Node<'_>],
) -> bool {
    match purpose {
        Purpose::Attempt | Purpose::Heartbeat | Purpose::Idle => jobs[about].stamp == stamp,
        Purpose::Call => calls::call_epoch(jobs, nodes, about) == Some(stamp),
        Purpose::Visibility => messages[about].stamp == stamp,
        Purpose::Retention => messages[about].tag == stamp,
    }
}
