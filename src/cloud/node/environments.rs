//! A function's environments: which of them are idle, which is used next, and how long each still lives.

use crate::cloud::fact::Start;
use crate::cloud::node::gate::Gate;
use crate::cloud::node::kept::Kept;
use crate::cloud::node::mapping::Mapping;
use crate::cloud::node::pollers::Pollers;
use crate::cloud::node::programme::Piece;
use crate::cloud::request::NONE;
use crate::cloud::topology::{Admission, AfterTimeout, Function, Growth, NodeId, Reuse, WorkloadId};
use crate::ground::chance::{Key, Stream, below};
use crate::ground::time::{SimTime, Span};

/// One environment, by the index of its worker.
#[derive(Clone, Copy, Debug)]
struct Environment {
    /// Its number among all that the function ever had, from 1: names its draws.
    number: u32,
    /// Runs that ended in it.
    runs: u32,
    /// How its present run began.
    start: Start,
    /// When that run began, behind the initialisation; [`SimTime::NEVER`] before.
    runs_since: SimTime,
    /// What of the present stay is initialisation that is billed, …
    init: Span,
    /// … and when that begins.
    init_from: SimTime,
    /// Initialisation is still to come, or to come again.
    is_raw: bool,
    /// It goes when the present run ends.
    is_doomed: bool,
    /// It is one of those that are kept ready.
    is_kept: bool,
    /// It is replaced once it is so old.
    old_at: SimTime,
    /// While it is idle, until when; else [`SimTime::NEVER`].
    idle_until: SimTime,
    /// When somebody looks whether it has been idle for too long.
    watched_at: SimTime,
    /// Its place among the idle ones.
    place: u32,
    /// The idle one that was used just before it, and just after it.
    older: u32,
    newer: u32,
    /// The hand of a poller that holds it, behind its mapping's place; [`NONE`] where no poller does.
    hand: (u32, u32),
}

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

/// Those that are idle, so that the next one is found at once however many there are.
#[derive(Clone, Copy, Debug)]
struct Chain {
    newest: u32,
    oldest: u32,
}

/// A function's environments.
#[derive(Debug)]
pub struct Environments<'a> {
    /// How it is described.
    pub plan: &'a Function,
    /// Those that are kept ready.
    pub kept: Kept,
    /// The row of its timers for runs that are too long.
    pub timeout: Option<u16>,
    /// By kind of request and step, the work that a new environment does instead.
    cold: Vec<Vec<Option<Piece<'a>>>>,
    each: Vec<Environment>,
    /// Those kept ready, and the others.
    idle: [Chain; 2],
    /// The same in no order, where any is used next.
    any: [Vec<u32>; 2],
    /// How fast new ones come.
    growth: Option<Gate>,
    /// How many requests a second are let in.
    rate: Option<Gate>,
    keys: Keys,
    chance: Stream,
    /// Who brings it messages of queues, in the order of these.
    pub mappings: Vec<Mapping<'a>>,
}

/// What names the draws of environments.
#[derive(Clone, Copy, Debug)]
struct Keys {
    creation: Key,
    init: Key,
    idle: Key,
    recycle: Key,
}

/// The gate that such a growth is.
fn gate(growth: Growth) -> Gate {
    Gate::new(Admission::TokenBucket { every: growth.every, burst: growth.burst })
}

impl<'a> Environments<'a> {
    /// A function without environments. `concurrency`: as much as it may have, where that limits its rate of requests.
    pub fn new(plan: &'a Function, timeout: Option<u16>, concurrency: Option<u32>, key: Key) -> Environments<'a> {
        let nobody = Chain { newest: NONE, oldest: NONE };
        Environments {
            plan,
            kept: Kept::new(plan.provisioned),
            timeout,
            cold: Vec::new(),
            each: Vec::new(),
            idle: [nobody; 2],
            any: [Vec::new(), Vec::new()],
            growth: plan.growth.map(gate),
            rate: concurrency.map(|concurrency| gate(Function::requests(concurrency))),
            keys: Keys {
                creation: key.named("creation"),
                init: key.named("init"),
                idle: key.named("idle"),
                recycle: key.named("recycle"),
            },
            chance: key.named("reuse").stream(),
            mappings: Vec::new(),
        }
    }

    /// Tells it what new environments do instead of the works of its steps.
    pub fn learn(&mut self, cold: Vec<Vec<Option<Piece<'a>>>>) {
        self.cold = cold;
    }

    /// The work that is done in an environment, where usually that piece is.
    pub fn piece(&self, index: u32, workload: WorkloadId, step: u16, usual: Piece<'a>) -> Piece<'a> {
        if self.each[index as usize].start != Start::Cold {
            return usual;
        }
        let instead = self.cold.get(workload.index()).and_then(|steps| *steps.get(usize::from(step))?);
        instead.unwrap_or(usual)
    }

    /// Whether the rate of requests lets one more in.
    pub fn lets_in(&mut self, now: SimTime) -> bool {
        self.rate.as_mut().is_none_or(|gate| gate.turns_away(now, || 0).is_none())
    }

    /// Whether one more environment may come now.
    pub fn may_grow(&mut self, now: SimTime) -> bool {
        self.growth.as_mut().is_none_or(|gate| gate.turns_away(now, || 0).is_none())
    }

    /// A new environment, kept ready, and idle, or born for a request.
    pub fn is_born(&mut self, index: u32, number: u32, is_kept: bool, now: SimTime) {
        let old_at = match &self.plan.recycle {
            Some(law) if !is_kept => {
                now.after(Span::from_nanos(law.sample(&mut self.keys.recycle.draw(u64::from(number)))))
            }
            _ => SimTime::NEVER,
        };
        let environment = Environment {
            number,
            runs: 0,
            start: if is_kept { Start::Provisioned } else { Start::Cold },
            runs_since: SimTime::NEVER,
            init: Span::ZERO,
            init_from: SimTime::NEVER,
            is_raw: !is_kept,
            is_doomed: false,
            is_kept,
            old_at,
            idle_until: SimTime::NEVER,
            watched_at: SimTime::NEVER,
            place: NONE,
            older: NONE,
            newer: NONE,
            hand: (NONE, NONE),
        };
        match self.each.get_mut(index as usize) {
            Some(place) => *place = environment,
            None => self.each.push(environment),
        }
        if is_kept {
            self.kept.comes(now);
            self.joins_idle(index);
        }
    }

    /// One of those that are kept ready is kept no longer: one that is idle, of which the index is returned, or one at work,
    /// which goes when its run ends.
    pub fn keeps_one_less(&mut self, now: SimTime) -> Option<u32> {
        let idle = match self.plan.reuse {
            Reuse::Random => self.any[0].last().copied(),
            Reuse::Latest | Reuse::Oldest => Some(self.idle[0].oldest).filter(|&index| index != NONE),
        };
        if let Some(index) = idle {
            self.leaves_idle(index);
        }
        let at_work = || (0..self.each.len() as u32).find(|&index| self.each[index as usize].is_kept);
        let index = idle.or_else(at_work)?;
        self.kept.goes(now, idle.is_none());
        let environment = &mut self.each[index as usize];
        (environment.is_kept, environment.is_doomed) = (false, true);
        idle
    }

    /// The idle environment that is used next: of those kept ready first.
    pub fn take_idle(&mut self, now: SimTime) -> Option<u32> {
        let index = [0, 1].into_iter().find_map(|kind: usize| match self.plan.reuse {
            Reuse::Latest => Some(self.idle[kind].newest).filter(|&index| index != NONE),
            Reuse::Oldest => Some(self.idle[kind].oldest).filter(|&index| index != NONE),
            Reuse::Random => {
                let count = self.any[kind].len() as u64;
                (count > 0).then(|| self.any[kind][below(&mut self.chance, count) as usize])
            }
        })?;
        self.leaves_idle(index);
        let environment = &mut self.each[index as usize];
        environment.start = Start::Warm;
        if environment.is_kept {
            environment.start = Start::Provisioned;
            self.kept.works(now);
        }
        Some(index)
    }

    /// What an environment takes before its run begins, at a stay that begins now.
    pub fn wakes(&mut self, index: u32, now: SimTime) -> Span {
        let environment = &mut self.each[index as usize];
        (environment.init, environment.runs_since) = (Span::ZERO, SimTime::NEVER);
        if !environment.is_raw {
            return Span::ZERO;
        }
        let number = u64::from(environment.number);
        let mut init = self.keys.init.nth(u64::from(environment.runs)).draw(number);
        let init = Span::from_nanos(self.plan.init.sample(&mut init));
        if environment.start != Start::Cold {
            // After a reset it is initialised within the run, and within its limit.
            environment.runs_since = now;
            return init;
        }
        let creation = Span::from_nanos(self.plan.creation.sample(&mut self.keys.creation.draw(number)));
        (environment.init, environment.init_from) = (init, now.after(creation));
        init + creation
    }

    /// A run begins, unless it did before; whether that is so.
    pub fn runs(&mut self, index: u32, now: SimTime) -> bool {
        let environment = &mut self.each[index as usize];
        environment.is_raw = false;
        let begins = environment.runs_since == SimTime::NEVER;
        if begins {
            environment.runs_since = now;
        }
        begins
    }

    /// A run was too long: what becomes of its environment is decided when it ends.
    pub fn ran_too_long(&mut self, index: u32) {
        let environment = &mut self.each[index as usize];
        match self.plan.after_timeout {
            AfterTimeout::Discard => environment.is_doomed = true,
            AfterTimeout::Reset => environment.is_raw = true,
        }
    }

    /// The polls of a queue's mapping.
    pub fn polls_of(&self, queue: NodeId) -> Option<&Pollers<'a>> {
        self.mapping_of(queue)?.polls.as_deref()
    }

    /// A queue's mapping.
    pub fn mapping_of(&self, queue: NodeId) -> Option<&Mapping<'a>> {
        self.mappings.iter().find(|mapping| mapping.queue == queue)
    }

    /// Nobody can poll for a while.
    pub fn pollers_pause(&mut self, now: SimTime) {
        for polls in self.mappings.iter_mut().filter_map(|mapping| mapping.polls.as_mut()) {
            polls.pause(now);
        }
    }

    /// A poller's batch has that environment.
    pub fn is_held_by(&mut self, index: u32, mapping: u32, hand: u32) {
        self.each[index as usize].hand = (mapping, hand);
    }

    /// The mapping whose batch an environment has, and the hand of a poller that holds it, if it has any.
    pub fn hand(&self, index: u32) -> Option<(u32, u32)> {
        Some(self.each[index as usize].hand).filter(|&(mapping, _)| mapping != NONE)
    }

    /// What an environment did for a poller is over.
    pub fn lets_poller_go(&mut self, index: u32) -> Option<(u32, u32)> {
        let held = self.hand(index);
        self.each[index as usize].hand = (NONE, NONE);
        held
    }

    /// An environment at work is lost: it goes when its run, which is broken off, ends.
    pub fn is_lost(&mut self, index: u32) {
        self.each[index as usize].is_doomed = true;
    }

    /// An idle environment is lost.
    pub fn falls(&mut self, index: u32) -> Rest {
        if self.each[index as usize].is_kept {
            return Rest::Stays;
        }
        self.leaves_idle(index);
        Rest::Gone
    }

    /// Whether a run has begun.
    pub fn has_begun(&self, index: u32) -> bool {
        self.each[index as usize].runs_since != SimTime::NEVER
    }

    /// How the present run began, the initialisation that is billed with it where it ends now, and since when it runs.
    pub fn told(&self, index: u32, now: SimTime) -> (Start, Span, SimTime) {
        let Environment { start, init, init_from, runs_since, .. } = self.each[index as usize];
        // Of one that is broken off, what there was of it.
        let is_broken_off = runs_since == SimTime::NEVER && start == Start::Cold;
        let init = if is_broken_off { now.max(init_from) - init_from } else { init };
        (start, init, runs_since)
    }

    /// Whether one of those that are kept ready is idle.
    pub fn has_kept(&self) -> bool {
        self.idle[0].newest != NONE || !self.any[0].is_empty()
    }

    /// A run has ended: the environment is idle now, or goes.
    pub fn rests(&mut self, index: u32, now: SimTime) -> Rest {
        let environment = &mut self.each[index as usize];
        environment.runs += 1;
        let (is_kept, old_at) = (environment.is_kept, environment.old_at);
        // One that never came to run is none that anybody could use.
        let is_unborn = environment.runs_since == SimTime::NEVER;
        if !is_kept && (environment.is_doomed || is_unborn || old_at <= now) {
            return Rest::Gone;
        }
        if is_kept {
            self.kept.rests(now);
        }
        if environment.is_doomed {
            // Another takes its place.
            (environment.is_doomed, environment.is_raw) = (false, false);
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
        self.joins_idle(index);
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

    fn joins_idle(&mut self, index: u32) {
        let kind = usize::from(!self.each[index as usize].is_kept);
        if self.plan.reuse == Reuse::Random {
            self.each[index as usize].place = self.any[kind].len() as u32;
            return self.any[kind].push(index);
        }
        let before = self.idle[kind].newest;
        let environment = &mut self.each[index as usize];
        (environment.older, environment.newer) = (before, NONE);
        match before {
            NONE => self.idle[kind].oldest = index,
            before => self.each[before as usize].newer = index,
        }
        self.idle[kind].newest = index;
    }

    fn leaves_idle(&mut self, index: u32) {
        let environment = &mut self.each[index as usize];
        let kind = usize::from(!environment.is_kept);
        environment.idle_until = SimTime::NEVER;
        let Environment { older, newer, place, .. } = *environment;
        if self.plan.reuse == Reuse::Random {
            let all = &mut self.any[kind];
            all.swap_remove(place as usize);
            if let Some(&moved) = all.get(place as usize) {
                self.each[moved as usize].place = place;
            }
            return;
        }
        match newer {
            NONE => self.idle[kind].newest = older,
            newer => self.each[newer as usize].older = older,
        }
        match older {
            NONE => self.idle[kind].oldest = newer,
            older => self.each[older as usize].newer = newer,
        }
    }

    /// Idle environments, for audits.
    #[cfg(test)]
    pub fn idle(&self) -> u32 {
        let chained = |chain: &Chain| {
            let first = Some(chain.newest).filter(|&index| index != NONE);
            let older = |&index: &u32| Some(self.each[index as usize].older).filter(|&index| index != NONE);
            std::iter::successors(first, older).count()
        };
        let chained: usize = self.idle.iter().map(chained).sum();
        (chained + self.any.iter().map(Vec::len).sum::<usize>()) as u32
    }
}
