//! Workers at the steps where they call, and what each of them remembers of its calls.

use std::collections::VecDeque;

use crate::cloud::caller::{Caller, Cost, Pace};
use crate::cloud::fact::{Fact, Loss};
use crate::cloud::node::{Action, Calls};
use crate::cloud::request::{Job, State};
use crate::cloud::topology::{Guards, Retry};
use crate::cloud::world::{Alarm, World};
use crate::engine::{Context, Observer};
use crate::ground::time::{SimTime, Span};

/// A step whose calls are remembered.
#[derive(Debug)]
pub(super) struct Callers<'a> {
    retry: &'a Retry,
    guards: &'a Guards,
    /// By worker's index, with its number: who takes an index over knows nothing of those calls.
    by_worker: Vec<(u32, Caller)>,
    /// The present call of each slot.
    notes: Vec<Note>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Note {
    began: SimTime,
    generation: u32,
    cost: Cost,
}

/// How a try at a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// All have answered.
    Well,
    /// It failed.
    Badly(Loss),
    /// Whoever called was taken away.
    BrokenOff,
}

/// Nobody has called yet.
pub(super) fn callers<'a>(retry: &'a Retry, guards: &'a Guards) -> Option<Callers<'a>> {
    let remembers = retry.is_remembered() || guards.breaker.is_some() || guards.bulkhead.is_some();
    remembers.then(|| Callers { retry, guards, by_worker: Vec::new(), notes: Vec::new() })
}

impl<'a> World<'a> {
    /// The process that a job calls from, and the note on its present call.
    fn caller(&mut self, job: Job, guard: u32) -> (&mut Caller, &mut Note, &'a Retry, &'a Guards) {
        let pool = self.pool(job.pool);
        let worker = pool.worker_of(job.slot);
        let number = pool.workers[worker as usize].number;
        let Callers { retry, guards, by_worker, notes } = &mut self.callers[guard as usize];
        let (retry, guards): (&'a Retry, &'a Guards) = (retry, guards);
        let new = || (0, Caller::new(retry, guards.breaker.as_ref()));
        let (worker, slot) = (worker as usize, job.slot as usize);
        if worker >= by_worker.len() {
            by_worker.resize_with(worker + 1, new);
        }
        if slot >= notes.len() {
            notes.resize(slot + 1, Note::default());
        }
        let place = &mut by_worker[worker];
        if place.0 != number {
            *place = (number, new().1);
        }
        (&mut place.1, &mut notes[slot], retry, guards)
    }

    /// Whether the worker of a job may make its call now; why not, if not. `first`: it is the first try.
    ///
    /// As resilience4j decorates a call by default, the breaker stands outside the bulkhead, and counts what that refuses.
    pub(super) fn may_call(&mut self, now: SimTime, id: u32, guard: u32, first: bool) -> Result<(), Loss> {
        let (caller, note, _, guards) = self.caller(self.jobs[id], guard);
        let cost = if first { Cost::First } else { note.cost };
        *note = Note { began: now, generation: 0, cost };
        let crowded = guards.bulkhead.is_some_and(|most| caller.under_way >= most);
        if let (Some(circuit), Some(plan)) = (&mut caller.circuit, &guards.breaker) {
            note.generation = circuit.lets_pass(plan, now).ok_or(Loss::Broken)?;
            if crowded {
                circuit.heard(plan, note.generation, true, Span::ZERO, now);
            }
        }
        if crowded {
            return Err(Loss::Crowded);
        }
        caller.under_way += 1;
        Ok(())
    }

    /// A job's call has ended, if it was in one.
    pub(super) fn call_ends<O>(&mut self, cx: &mut Context<'_, O>, id: u32, how: Ended) {
        let job = self.jobs[id];
        if self.callers.is_empty() || job.state != State::Calling {
            return;
        }
        let Some(Action::Call { calls: Calls { guard: Some(guard), .. }, .. }) =
            self.action(&job, &self.requests[job.request])
        else {
            return;
        };
        let now = cx.now();
        let (caller, note, retry, guards) = self.caller(job, guard);
        caller.under_way -= 1;
        if let (Some(circuit), Some(plan)) = (&mut caller.circuit, &guards.breaker) {
            match how {
                Ended::Well => circuit.heard(plan, note.generation, false, now - note.began, now),
                Ended::Badly(_) => circuit.heard(plan, note.generation, true, now - note.began, now),
                Ended::BrokenOff => circuit.forgets(note.generation),
            }
        }
        if let (Ended::Well, Some(purse), Some(budget)) = (how, &mut caller.purse, &retry.budget) {
            purse.gets_back(budget, note.cost);
        }
        let throttled = match how {
            Ended::Well => false,
            Ended::Badly(why) => why.is_throttling(),
            Ended::BrokenOff => return,
        };
        if let Some(pace) = &mut caller.pace
            && pace.heard(now, throttled)
            && !pace.waiting.is_empty()
        {
            self.awaits_token(cx, job, guard);
        }
    }

    /// Whether the worker of a job can pay for another try at its call.
    pub(super) fn pays(&mut self, id: u32, guard: u32, why: Loss) -> bool {
        let (caller, note, retry, _) = self.caller(self.jobs[id], guard);
        let (Some(purse), Some(budget)) = (&mut caller.purse, &retry.budget) else { return true };
        note.cost = Cost::after(why);
        purse.pays(budget, note.cost)
    }

    /// Whether a job may set out to call at once; if not, it waits for its turn, keeping its slot.
    pub(super) fn sets_out<O>(&mut self, cx: &mut Context<'_, O>, id: u32, guard: u32) -> bool {
        let job = self.jobs[id];
        let (caller, ..) = self.caller(job, guard);
        let Some(pace) = &mut caller.pace else { return true };
        if pace.waiting.is_empty() && pace.goes(cx.now()) {
            return true;
        }
        let epoch = self.new_stamp();
        self.jobs[id].state = State::Backing;
        let pool = self.pool_mut(job.pool);
        pool.slots[job.slot as usize].until = SimTime::NEVER;
        pool.talks[job.slot as usize].epoch = epoch;
        let Some(pace) = &mut self.caller(job, guard).0.pace else { return true };
        pace.waiting.push_back((id, epoch));
        if pace.waiting.len() == 1 {
            self.awaits_token(cx, job, guard);
        }
        if self.exacting {
            self.limit_call(cx, id, epoch);
        }
        false
    }

    /// Plans when the next of those who wait for a worker's pace may call.
    fn awaits_token<O>(&mut self, cx: &mut Context<'_, O>, job: Job, guard: u32) {
        let worker = self.pool(job.pool).worker_of(job.slot);
        let Some(pace) = &mut self.caller(job, guard).0.pace else { return };
        pace.turn = pace.turn.wrapping_add(1);
        let (after, turn) = (pace.until_next(), pace.turn);
        self.set_alarm(cx, after, Alarm::Token { guard, worker, turn });
    }

    /// A worker's next token is there: those who wait call, as many as there are tokens.
    pub(super) fn token_comes<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        guard: u32,
        worker: u32,
        turn: u32,
    ) {
        let now = cx.now();
        let Some(pace) = self.pace_of(guard, worker) else { return };
        if pace.turn != turn {
            return;
        }
        let mut waiting = std::mem::take(&mut pace.waiting);
        let mut going = VecDeque::new();
        while let Some(&(id, epoch)) = waiting.front() {
            if self.epoch_of(id) == Some(epoch) {
                let Some(pace) = self.pace_of(guard, worker) else { return };
                if !pace.goes(now) {
                    break;
                }
                going.push_back(id);
            }
            waiting.pop_front();
        }
        let rest = waiting.front().copied();
        if let Some(pace) = self.pace_of(guard, worker) {
            pace.waiting = waiting;
        }
        if let Some((id, _)) = rest {
            self.awaits_token(cx, self.jobs[id], guard);
        }
        for id in going {
            let job = self.jobs[id];
            if let Some(Action::Call { calls, .. }) = self.action(&job, &self.requests[job.request]) {
                self.place_call(cx, id, calls);
            }
        }
    }

    fn pace_of(&mut self, guard: u32, worker: u32) -> Option<&mut Pace> {
        self.callers[guard as usize].by_worker.get_mut(worker as usize)?.1.pace.as_mut()
    }
}
