//! Requests, the jobs they are made of, and messages.
//!
//! A *request* is born once and ends once. A *job* is one piece of it at a pool: in line, at work, or waiting
//! for a call with its slot kept. A *message* is a piece of it in a queue; each delivery of it is a job.

use crate::cloud::caller::Cost;
use crate::cloud::fact::{Loss, Who};
use crate::cloud::topology::{NodeId, WorkloadId};
use crate::ground::time::SimTime;

/// Stands for no job, message or slot.
pub const NONE: u32 = u32::MAX;

/// What is remembered of a request while anything of it is inside.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// Its birth.
    pub born: SimTime,
    /// Its number among all of its kind: names its draws.
    pub ordinal: u32,
    /// Jobs and messages that still speak of it, and one while its client waits. Sticks at the top: one that so many
    /// speak of at once keeps its place for ever.
    pub refs: u16,
    /// Branches of the present attempt that are not yet done. Sticks at the top: one of so many branches at once is
    /// never complete.
    pub pending: u16,
    /// The present attempt, from 1.
    pub attempt: u16,
    /// Its kind.
    pub workload: WorkloadId,
    /// Figures count it.
    pub counted: bool,
    /// Where it stands with its client.
    pub stage: Stage,
    /// The first reason why a branch of the present attempt came to nothing.
    pub loss: Option<Loss>,
    /// What the present attempt has cost its client.
    pub cost: Cost,
}

const _: () = assert!(size_of::<Request>() <= 24);

/// Where a request stands with its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// An attempt is under way.
    Asking,
    /// Waiting to try again.
    Pausing,
    /// The client has its answer; work goes on.
    Answered,
    /// Over; what is still inside no longer counts.
    Ended,
}

impl Request {
    /// Whether nothing speaks of it but its client and one job, whose end is its own.
    #[inline(always)]
    pub fn is_only_one_job(&self) -> bool {
        (self.pending == 1) & (self.refs == 2) & self.loss.is_none()
    }

    /// One thing more speaks of it.
    #[inline(always)]
    pub fn hold(&mut self) {
        self.refs = self.refs.saturating_add(1);
    }

    /// One thing fewer speaks of it; true where that was the last.
    #[inline(always)]
    pub fn let_go(&mut self) -> bool {
        self.refs -= u16::from(self.refs < u16::MAX);
        self.refs == 0
    }

    /// Its present attempt has a branch more.
    #[inline(always)]
    pub fn branches(&mut self) {
        self.pending = self.pending.saturating_add(1);
    }

    /// A branch of its present attempt has ended, whichever way.
    #[inline(always)]
    pub fn branch_ends(&mut self) {
        self.pending -= u16::from(self.pending < u16::MAX);
    }

    /// Who it is, for those who only watch.
    #[inline]
    pub fn who(&self) -> Who {
        Who { workload: self.workload, ordinal: self.ordinal, counted: self.counted }
    }
}

/// One piece of a request at a pool.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    /// When it joined the line.
    pub since: SimTime,
    /// Whose piece.
    pub request: u32,
    /// Where it is at work.
    pub slot: u32,
    /// A stamp that no other job has, so that old timers and moves are recognised.
    pub stamp: u32,
    /// The pool where it stands.
    pub pool: NodeId,
    /// What it does next.
    pub step: u16,
    /// The attempt of the request to which it belongs.
    pub attempt: u16,
    /// Attempt or delivery, from 1: names the chance of its failures.
    pub visit: u16,
    /// Which branch of the request: names its draws.
    pub branch: u16,
    /// Whom it serves.
    pub role: Role,
    /// What it is doing.
    pub state: State,
}

const _: () = assert!(size_of::<Job>() <= 32);

/// The branch of a request that the n-th of a step's copies of `branch` is, from 0. What is sent on once is no new one.
///
/// With up to 180 copies a step, two fan-outs behind each other name every branch otherwise; beyond, some bring the same
/// work.
#[inline]
pub const fn copy_of(branch: u16, copy: u32, copies: u32) -> u16 {
    if copies == 1 { branch } else { branch.wrapping_mul(181).wrapping_add(copy as u16).wrapping_add(1) }
}

/// Whom a call or a delivery belongs to. Kept apart from the job: most have nobody, and a job without it is half a line
/// of the processor's cache.
#[derive(Clone, Copy, Debug)]
pub struct Kin {
    /// The job that waits for it, or the message it is a delivery of.
    pub parent: u32,
    /// The next in the row of calls made by one step.
    pub sibling: u32,
    /// The other one of two copies, where one was sent.
    pub twin: u32,
    /// Whom a call was sent to.
    pub to: NodeId,
}

impl Default for Kin {
    fn default() -> Kin {
        Kin { parent: NONE, sibling: NONE, twin: NONE, to: NodeId(0) }
    }
}

/// For whom a job is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// For the client, who waits for its end.
    Root,
    /// For a job that keeps its slot and waits.
    Call,
    /// For a job that has given up waiting.
    Stray,
    /// A delivery of a message.
    Delivery,
    /// Sent on without a queue between; nobody waits for an answer.
    Branch,
    /// Sent to a function, whose own queue tries it again.
    Event,
    /// Sent by a rule of an event bus, which tries it again.
    Carried,
}

/// What a job is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nowhere yet.
    New,
    /// In line.
    Waiting,
    /// In line again: its service had begun, and was interrupted.
    Again,
    /// In a slot, at work.
    Working,
    /// At a function, which takes a while to let it in.
    Admitted,
    /// In a slot, waiting for calls.
    Calling,
    /// In a slot, waiting to call again.
    Backing,
    /// In a slot together with others, one of whom is at work.
    Together,
    /// Received, and in the hands of a slot that has not come to it yet.
    InHand,
    /// On its way between two nodes, there or back.
    Travelling,
    /// Lost on its way: whoever waits for it does not know.
    Lost,
    /// Waiting for the other branches of its fan-out.
    Joining,
    /// Gone from the line before its turn; its place there is not yet cleared.
    Void,
}

/// A piece of a request in a queue.
#[derive(Clone, Copy, Debug)]
pub struct Message {
    /// When it was sent.
    pub sent: SimTime,
    /// When it was first sent, from which its retention counts: before `sent` where it is a dead letter.
    pub enqueued: SimTime,
    /// When it last became visible or, in flight, was received.
    pub since: SimTime,
    /// Its body.
    pub bytes: u64,
    /// Whose piece.
    pub request: u32,
    /// Its number in the queue: its place by first arrival.
    pub order: u32,
    /// Changes at every receive and return, so that old timers are recognised.
    pub stamp: u32,
    /// A stamp that no other message has, and 0 once it is over.
    pub tag: u32,
    /// Where it is.
    pub queue: NodeId,
    /// How often it was received.
    pub receives: u16,
    /// The attempt of the request to which it belongs.
    pub attempt: u16,
    /// Deliveries under way. Sticks at the top.
    pub holders: u16,
    /// Which branch of the request.
    pub branch: u16,
    /// Whether the request waits for it.
    pub counts: bool,
    /// Whether its work was done, and it is delivered once more all the same.
    pub done: bool,
    /// What it is doing.
    pub state: Mail,
}

/// What a message is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mail {
    /// Free to be received.
    Visible,
    /// Received and not yet deleted.
    InFlight,
    /// Out of sight until a set time.
    Hidden,
    /// Sent, and not visible yet.
    Delayed,
    /// Deleted or put aside.
    Over,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn branches_of_two_fan_outs_have_names_of_their_own() {
        let each = |branch: u16| (0..180).map(move |copy| copy_of(branch, copy, 180));
        let first: BTreeSet<u16> = each(0).collect();
        let both: BTreeSet<u16> =
            first.iter().flat_map(|&branch| each(branch)).chain(first.clone()).chain([0]).collect();
        assert_eq!(both.len(), 180 * 180 + 180 + 1);
        assert_eq!(copy_of(7, 0, 1), 7);
    }
}
