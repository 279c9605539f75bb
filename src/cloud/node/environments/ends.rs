//! Runs end, and environments with them, or when they were idle for long enough.

use crate::cloud::fact::Start;
use crate::cloud::node::environments::Environments;
use crate::cloud::node::environments::environment::{Code, Environment};
use crate::cloud::node::environments::spare::{IDLE, KEPT_IDLE};
use crate::ground::time::{SimTime, Span};

/// What becomes of an environment whose run has ended, or that was idle for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// It goes.
    Gone,
    /// It stays; somebody looks at it again at that instant.
    Until(SimTime),
    /// It stays, and nobody need look at it.
    Stays,
}

/// What there is to do about a run that may be too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Nothing: no run is there.
    Nothing,
    /// To look again, after so long.
    Later(Span),
    /// To cut it off.
    Now,
}

/// What is told of a stay that ends.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// The environment's number among all that the function ever had, from 1.
    pub number: u32,
    /// How the run began.
    pub start: Start,
    /// The initialisation that is billed with it.
    pub init: Span,
    /// How long runs were in the environment since it last was idle.
    pub ran: Span,
    /// What of that was told before; `None` where nothing was.
    pub before: Option<Span>,
}

impl Environments<'_> {
    /// A run is about to end. Of 100,000 environments this one lies in no cache: it is fetched while its job and request are.
    #[inline]
    pub fn is_asked_for(&self, slot: u32) {
        std::hint::black_box(self.each[self.of(slot)].number);
    }

    /// Whether a run has begun.
    pub fn has_begun(&self, slot: u32) -> bool {
        self.stay(slot).has_begun
    }

    /// A run begins that may take only so long: in what time somebody is to look at its slot, where nobody does yet. There is
    /// one look at a time, however many runs follow one another.
    #[inline]
    pub fn limits(&mut self, slot: u32, now: SimTime) -> Option<Span> {
        let span = self.plan.timeout?;
        if let Some((_, began)) = self.stays.get_mut(slot as usize) {
            *began = now;
        }
        (!std::mem::replace(&mut self.stay_mut(slot).is_watched, true)).then_some(span)
    }

    /// Somebody looks at a slot, which is taken or not.
    pub fn is_too_long(&mut self, slot: u32, is_taken: bool, now: SimTime) -> Limit {
        let runs = is_taken && self.has_begun(slot);
        let began = self.stays.get(slot as usize).map_or(self.each[self.of(slot)].runs_since, |&(_, began)| began);
        let limit = self.plan.timeout.map_or(SimTime::NEVER, |span| began.after(span));
        if runs && limit > now {
            return Limit::Later(limit - now);
        }
        self.stay_mut(slot).is_watched = false;
        if runs { Limit::Now } else { Limit::Nothing }
    }

    /// What is told of a stay that ends now.
    pub fn told(&mut self, slot: u32, now: SimTime) -> Told {
        let (index, start) = (self.of(slot), self.stay(slot).start);
        let environment = &mut self.each[index];
        let number = environment.number;
        let before = environment.is_told.then(|| self.births[index].ran);
        let since = if environment.running > 0 { now - environment.runs_since } else { Span::ZERO };
        let ran = before.unwrap_or(Span::ZERO) + since;
        let init = match environment {
            Environment { is_fresh: false, .. } => Span::ZERO,
            // While others wait for it, nothing of it is told; of one that is broken off, what there was of it.
            Environment { code: Code::New, busy: 2.., .. } => {
                return Told { number, start, init: Span::ZERO, ran: Span::ZERO, before: None };
            }
            Environment { code: Code::New, .. } => now.max(self.births[index].init_from) - self.births[index].init_from,
            _ => self.births[index].init,
        };
        if environment.busy > 1 {
            environment.is_told = true;
            self.births[index].ran = ran;
            if environment.running > 0 {
                environment.runs_since = now;
            }
        }
        Told { number, start, init, ran, before }
    }

    /// A run has ended: when no other is left in its environment, that is idle now, or goes.
    pub fn rests(&mut self, slot: u32, now: SimTime) -> Rest {
        let place = self.of(slot);
        let index = place as u32;
        let has_begun = self.has_begun(slot);
        let environment = &mut self.each[place];
        environment.runs += 1;
        environment.running -= u16::from(has_begun);
        if environment.running == 0 {
            environment.runs_since = SimTime::NEVER;
        }
        if let Some(free) = &mut self.free {
            free.next[slot as usize] = std::mem::replace(&mut free.first[place], slot);
        }
        if environment.busy > 1 {
            self.changes(index, |environment| environment.busy -= 1);
            return Rest::Stays;
        }
        if let Some(kind) = environment.kind(self.slots) {
            self.spare.leaves(&mut self.each, index, kind);
        }
        let environment = &mut self.each[place];
        self.at_work -= 1;
        environment.busy = 0;
        (environment.is_told, environment.is_fresh, environment.is_closed) = (false, false, false);
        let (is_kept, is_recycled) = (environment.is_kept, self.plan.recycle.is_some());
        let old_at = if is_recycled { self.births[place].old_at } else { SimTime::NEVER };
        // One that never came to run is none that anybody could use.
        let is_unborn = environment.code == Code::New;
        if !is_kept && (environment.is_doomed || is_unborn || old_at <= now) {
            return Rest::Gone;
        }
        if is_kept {
            self.kept.rests(now);
        }
        if environment.is_doomed {
            // Another takes its place.
            (environment.is_doomed, environment.code) = (false, Code::Ready);
        }
        if environment.code == Code::Stale {
            self.births[place].ready_at = SimTime::NEVER;
        }
        let idle = self.plan.idle.as_ref().filter(|_| !is_kept).map(|law| {
            let key = self.keys.idle.nth(u64::from(environment.number));
            Span::from_nanos(law.sample(&mut key.draw(u64::from(environment.runs))))
        });
        let until = idle.map_or(SimTime::NEVER, |idle| now.after(idle)).min(old_at);
        if until <= now {
            return Rest::Gone;
        }
        environment.idle_until = until;
        let is_watched = environment.watched_at <= until;
        if !is_watched {
            environment.watched_at = until;
        }
        self.spare.joins(&mut self.each, index, if is_kept { KEPT_IDLE } else { IDLE });
        if is_watched || until == SimTime::NEVER { Rest::Stays } else { Rest::Until(until) }
    }

    /// Somebody looks whether an environment has been idle for too long.
    pub fn watch(&mut self, index: u32, number: u32, now: SimTime) -> Rest {
        let Some(environment) = self.each.get_mut(index as usize) else { return Rest::Stays };
        if environment.number != number || environment.watched_at != now {
            return Rest::Stays;
        }
        environment.watched_at = SimTime::NEVER;
        let until = environment.idle_until;
        if until == SimTime::NEVER {
            return Rest::Stays;
        }
        if until > now {
            environment.watched_at = until;
            return Rest::Until(until);
        }
        self.leaves_idle(index);
        Rest::Gone
    }

    /// An environment that is idle, and not kept ready, is to go.
    pub(super) fn leaves_idle(&mut self, index: u32) {
        self.spare.leaves(&mut self.each, index, IDLE);
        self.each[index as usize].idle_until = SimTime::NEVER;
    }
}
