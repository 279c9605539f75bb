//! A function's environments: which of them takes the next run, what a run finds in it, and how long each still lives.
//!
//! An environment serves as many requests at once as its function says, one in each of its slots. What it costs is the time
//! during which any was in it, whether one or many.

mod ends;
mod environment;
mod held;
mod spare;

pub use ends::{Limit, Rest, Told};

use crate::cloud::fact::Start;
use crate::cloud::node::environments::environment::{Birth, Code, Environment, Stay};
use crate::cloud::node::environments::spare::{AT_WORK, COMING, IDLE, KEPT_AT_WORK, KEPT_IDLE, Spare};
use crate::cloud::node::gate::Gate;
use crate::cloud::node::kept::Kept;
use crate::cloud::node::mapping::Mapping;
use crate::cloud::node::programme::Piece;
use crate::cloud::request::NONE;
use crate::cloud::topology::{Admission, AfterTimeout, Function, Growth, WorkloadId};
use crate::ground::chance::Key;
use crate::ground::time::{SimTime, Span};

/// The free slots of environments that have several.
#[derive(Debug, Default)]
struct Free {
    /// By environment, the first of them; …
    first: Vec<u32>,
    /// … by slot, the one behind it.
    next: Vec<u32>,
}

/// A function's environments.
#[derive(Debug)]
pub struct Environments<'a> {
    /// How it is described.
    pub plan: &'a Function,
    /// Those that are kept ready.
    pub kept: Kept,
    /// By kind of request and step, the work that a new environment does instead.
    cold: Vec<Vec<Option<Piece<'a>>>>,
    /// By the index of its worker.
    each: Vec<Environment>,
    births: Vec<Birth>,
    /// By slot, where environments have several; and since when its run is there.
    stays: Vec<(Stay, SimTime)>,
    /// So many slots each.
    slots: u32,
    free: Option<Box<Free>>,
    spare: Spare,
    /// How many have somebody in them.
    at_work: u32,
    /// How fast new ones come.
    growth: Option<Gate>,
    /// How many requests a second are let in.
    rate: Option<Gate>,
    keys: Keys,
    /// Who brings it messages of queues, in the order of these.
    pub mappings: Vec<Mapping<'a>>,
    /// By slot, the hand of a poller that holds it, behind its mapping's place; [`NONE`] where no poller does. Empty
    /// without mappings.
    hands: Vec<(u32, u32)>,
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
    pub fn new(plan: &'a Function, concurrency: Option<u32>, key: Key) -> Environments<'a> {
        Environments {
            plan,
            kept: Kept::new(plan.provisioned),
            cold: Vec::new(),
            each: Vec::new(),
            births: Vec::new(),
            stays: Vec::new(),
            slots: plan.desk.slots,
            free: (plan.desk.slots > 1).then(Box::default),
            spare: Spare::new(plan.reuse, key.named("reuse").stream()),
            at_work: 0,
            growth: plan.growth.map(gate),
            rate: concurrency.map(|concurrency| gate(Function::requests(concurrency))),
            keys: Keys {
                creation: key.named("creation"),
                init: key.named("init"),
                idle: key.named("idle"),
                recycle: key.named("recycle"),
            },
            mappings: Vec::new(),
            hands: Vec::new(),
        }
    }

    /// Tells it what new environments do instead of the works of its steps.
    pub fn learn(&mut self, cold: Vec<Vec<Option<Piece<'a>>>>) {
        if cold.iter().flatten().any(Option::is_some) {
            self.cold = cold;
        }
    }

    /// Whose slot it is.
    #[inline]
    fn of(&self, slot: u32) -> usize {
        (if self.slots == 1 { slot } else { slot / self.slots }) as usize
    }

    /// The stay in a slot.
    #[inline]
    fn stay(&self, slot: u32) -> Stay {
        if self.slots == 1 { self.each[slot as usize].stay } else { self.stays[slot as usize].0 }
    }

    #[inline]
    fn stay_mut(&mut self, slot: u32) -> &mut Stay {
        if self.slots == 1 { &mut self.each[slot as usize].stay } else { &mut self.stays[slot as usize].0 }
    }

    /// The work that is done in a slot, where usually that piece is.
    pub fn piece(&self, slot: u32, workload: WorkloadId, step: u16, usual: Piece<'a>) -> Piece<'a> {
        if self.cold.is_empty() || !self.stay(slot).start.is_cold() {
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

    /// How many have somebody in them.
    pub fn at_work(&self) -> u32 {
        self.at_work
    }

    /// A new environment, kept ready, and idle, or born for a request, which has the first of its slots.
    pub fn is_born(&mut self, index: u32, number: u32, is_kept: bool, now: SimTime) -> u32 {
        let old_at = match &self.plan.recycle {
            Some(law) if !is_kept => {
                now.after(Span::from_nanos(law.sample(&mut self.keys.recycle.draw(u64::from(number)))))
            }
            _ => SimTime::NEVER,
        };
        let mut environment = Environment::new(number, is_kept);
        let (init, init_from, ready_at) = (Span::ZERO, SimTime::NEVER, SimTime::NEVER);
        let birth = Birth { init, init_from, ready_at, old_at, ran: Span::ZERO };
        let slot = index * self.slots;
        match self.each.get_mut(index as usize) {
            Some(place) => {
                // Who looks at a slot looks at whoever is there.
                environment.stay.is_watched = place.stay.is_watched;
                (*place, self.births[index as usize]) = (environment, birth);
            }
            None => {
                self.each.push(environment);
                self.births.push(birth);
                let slots = self.each.len() * self.slots as usize;
                if !self.mappings.is_empty() {
                    self.hands.resize(slots, (NONE, NONE));
                }
                if let Some(free) = &mut self.free {
                    self.stays.resize(slots, (Stay::NEW, SimTime::NEVER));
                    free.first.push(NONE);
                    free.next.resize(slots, NONE);
                }
            }
        }
        if let Some(free) = &mut self.free {
            for each in slot..slot + self.slots {
                free.next[each as usize] = if each + 1 < slot + self.slots { each + 1 } else { NONE };
            }
            free.first[index as usize] = if is_kept { slot } else { slot + 1 };
        }
        let stay = self.stay_mut(slot);
        *stay = Stay { is_watched: stay.is_watched, ..Stay::NEW };
        if is_kept {
            self.kept.comes(now);
        } else {
            self.at_work += 1;
        }
        if let Some(kind) = environment.kind(self.slots) {
            self.spare.joins(&mut self.each, index, kind);
        }
        slot
    }

    /// One of those that are kept ready is kept no longer: one that is idle, of which the index is returned, or one at work,
    /// which goes when its last run ends.
    pub fn keeps_one_less(&mut self, now: SimTime) -> Option<u32> {
        if let Some(index) = self.spare.oldest(KEPT_IDLE) {
            self.spare.leaves(&mut self.each, index, KEPT_IDLE);
            self.each[index as usize].is_kept = false;
            self.kept.goes(now, false);
            return Some(index);
        }
        let index = (0..self.each.len() as u32).find(|&index| self.each[index as usize].is_kept)?;
        self.changes(index, |environment| {
            environment.is_kept = false;
            (environment.is_closed, environment.is_doomed) = (true, true);
        });
        self.kept.goes(now, true);
        None
    }

    /// Whether a run could begin in an environment that is at work.
    pub fn has_room(&self) -> bool {
        self.free.is_some() && [KEPT_AT_WORK, AT_WORK, COMING].into_iter().any(|kind| self.spare.has(kind))
    }

    /// The slot that is used next: in an environment that is kept ready before all others, in one that is at work before one that
    /// is idle, and last in one that is being initialised. `may_add`: whether one more may be at work.
    pub fn take(&mut self, may_add: bool, now: SimTime) -> Option<u32> {
        let kinds: &[usize] = match (may_add, self.free.is_some()) {
            (true, false) => &[KEPT_IDLE, IDLE],
            (true, true) => &[KEPT_AT_WORK, KEPT_IDLE, AT_WORK, IDLE, COMING],
            (false, _) => &[KEPT_AT_WORK, AT_WORK, COMING],
        };
        let index = loop {
            let index = kinds.iter().find_map(|&kind| self.spare.next(kind))?;
            if !self.is_too_old(index, now) {
                break index;
            }
            self.closes(index);
        };
        self.changes(index, |environment| environment.busy += 1);
        let environment = &mut self.each[index as usize];
        if environment.busy == 1 {
            environment.idle_until = SimTime::NEVER;
            self.at_work += 1;
            if environment.is_kept {
                self.kept.works(now);
            }
        }
        let slot = match &mut self.free {
            None => index,
            Some(free) => {
                let slot = free.first[index as usize];
                free.first[index as usize] = free.next[slot as usize];
                slot
            }
        };
        let start = match environment {
            Environment { is_kept: true, .. } => Start::Provisioned,
            Environment { code: Code::New, .. } => Start::Joined,
            _ => Start::Warm,
        };
        let stay = self.stay_mut(slot);
        (stay.start, stay.has_begun) = (start, false);
        Some(slot)
    }

    /// Whether an environment at work is to be replaced by now; of those that are idle, somebody looks.
    fn is_too_old(&self, index: u32, now: SimTime) -> bool {
        self.plan.recycle.is_some() && self.each[index as usize].busy > 0 && self.births[index as usize].old_at <= now
    }

    /// What a stay takes that begins now before its run does.
    pub fn wakes(&mut self, slot: u32, now: SimTime) -> Span {
        let index = self.of(slot);
        if self.each[index].code == Code::Ready {
            return Span::ZERO;
        }
        // After a reset it is initialised within the run, and within its limit.
        if !self.each[index].is_fresh {
            self.each[index].begins(now);
            self.stay_mut(slot).has_begun = true;
        }
        let (environment, birth) = (&self.each[index], &mut self.births[index]);
        if birth.ready_at == SimTime::NEVER {
            let number = u64::from(environment.number);
            let mut init = self.keys.init.nth(u64::from(environment.runs)).draw(number);
            let init = Span::from_nanos(self.plan.init.sample(&mut init));
            birth.ready_at = now.after(init);
            if environment.is_fresh {
                let creation = Span::from_nanos(self.plan.creation.sample(&mut self.keys.creation.draw(number)));
                (birth.init, birth.init_from) = (init, now.after(creation));
                birth.ready_at = now.after(init + creation);
            }
        }
        // Whoever comes while another has it initialised waits with that one.
        birth.ready_at.max(now) - now
    }

    /// A stay's environment is ready: whether its run begins with that, and whether nothing ran in the environment before.
    pub fn runs(&mut self, slot: u32, now: SimTime) -> (bool, bool) {
        let index = self.of(slot);
        let Environment { code, is_closed, .. } = self.each[index];
        let is_first = code == Code::New;
        // One that is to be initialised again once all have left it stays so.
        if is_first || code == Code::Stale && !is_closed {
            self.changes(index as u32, |environment| environment.code = Code::Ready);
        }
        let begins = !std::mem::replace(&mut self.stay_mut(slot).has_begun, true);
        if begins {
            self.each[index].begins(now);
        }
        (begins, is_first)
    }

    /// A run was too long: its environment takes nobody else in, and what becomes of it is decided when it is empty.
    pub fn ran_too_long(&mut self, slot: u32) {
        let index = self.of(slot);
        self.closes(index as u32);
        match self.plan.after_timeout {
            AfterTimeout::Discard => self.each[index].is_doomed = true,
            AfterTimeout::Reset => self.each[index].code = Code::Stale,
        }
    }

    /// Whether somebody is in an environment.
    pub fn is_at_work(&self, index: u32) -> bool {
        self.each[index as usize].busy > 0
    }

    /// An environment at work is lost: it goes when its runs, which are broken off, have ended.
    pub fn is_lost(&mut self, index: u32) {
        self.closes(index);
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

    /// An environment at work takes nobody else in.
    fn closes(&mut self, index: u32) {
        self.changes(index, |environment| environment.is_closed = true);
    }

    /// Something of an environment changes, and with that whether it can take one more run.
    #[inline]
    fn changes(&mut self, index: u32, change: impl FnOnce(&mut Environment)) {
        if let Some(kind) = self.each[index as usize].kind(self.slots) {
            self.spare.leaves(&mut self.each, index, kind);
        }
        let environment = &mut self.each[index as usize];
        change(environment);
        if let Some(kind) = environment.kind(self.slots) {
            self.spare.joins(&mut self.each, index, kind);
        }
    }

    /// Idle environments, for audits, once it is clear that those with room are those that are told.
    #[cfg(test)]
    pub fn idle(&self) -> u32 {
        for kind in [KEPT_AT_WORK, KEPT_IDLE, AT_WORK, IDLE, COMING] {
            for index in self.spare.all(&self.each, kind) {
                let environment = &self.each[index as usize];
                assert_eq!(environment.kind(self.slots), Some(kind), "{environment:?}");
            }
        }
        let at_work = self.each.iter().filter(|environment| environment.busy > 0).count();
        assert_eq!(at_work, self.at_work as usize);
        (self.spare.all(&self.each, KEPT_IDLE).len() + self.spare.all(&self.each, IDLE).len()) as u32
    }

    /// Who is in an environment, for audits.
    #[cfg(test)]
    pub fn busy(&self, index: u32) -> u32 {
        self.each.get(index as usize).map_or(0, |environment| u32::from(environment.busy))
    }
}
