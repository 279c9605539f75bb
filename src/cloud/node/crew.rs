//! Workers come and go: a pool's crew, in the order of their numbers.
//!
//! A worker has an *index*, which stays while it lives and is used again later, and a *number*, from 1 in the
//! order of launch, which is never used again. Free slots are kept in the order of the workers' numbers, so that
//! the lowest number takes work first whatever indices were used again.

use crate::cloud::node::line::{Lines, Queued};
use crate::cloud::node::pool::Pool;
use crate::cloud::node::track::Track;
use crate::cloud::request::NONE;
use crate::ground::time::{SimTime, Span};

/// Where a worker is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Asked for, not yet running.
    Pending,
    /// Running, not yet in service.
    Booting,
    /// In service.
    Ready,
    /// It failed; its machine stays, and it comes back.
    Failed,
    /// Ends what it holds and goes.
    Draining,
    /// Its end is announced: it takes nothing new, and stays until its machine is taken.
    Noticed,
    /// Empty, and on its way out as soon as the hook of its group is done with it.
    Leaving,
    /// Stopped in order to come back as another size.
    Changing,
    /// Somebody has told its machine to stop.
    Stopping,
    /// Its machine is stopped: it exists, and only its volume is paid for.
    Stopped,
    /// Launched for the warm pool, and not yet lying there.
    Preparing,
    /// Lies ready in the warm pool.
    Warm,
    /// Gone; its index is free.
    Gone,
}

/// One worker.
#[derive(Clone, Copy, Debug)]
pub struct Worker {
    /// From 1, in the order of launch.
    pub number: u32,
    /// Its place in [`Pool::order`].
    pub place: u32,
    /// Where it is in its life.
    pub phase: Phase,
    /// Which of the pool's sizes it has.
    pub size: u16,
    /// What keeps it down at present: so many faults.
    pub ills: u16,
    /// The work in its hands stands still until it is mended.
    pub frozen: bool,
    /// What of that keeps its machine down, and not only its software: so many faults.
    pub machine_ills: u16,
    /// Since when it is down; of a machine that is, since when that.
    pub down: SimTime,
    /// When the stage of its life that it is in is over, where others might end it too early.
    pub until: SimTime,
    /// It was waited for in vain: when it has booted it goes.
    pub doomed: bool,
    /// It comes from the warm pool: it starts as these do.
    pub woken: bool,
    /// Somebody has stopped its machine, and it has not been in service since. That is one of its ills.
    pub halted: bool,
    /// It was launched beyond what is wanted, for another zone's sake: once it is in service, one of the fullest goes.
    pub spare: bool,
    /// In which of the topology's zones it is.
    pub zone: u16,
    /// Since when its machine runs.
    pub ran: SimTime,
    /// When it came into service.
    pub since: SimTime,
}

impl Phase {
    /// Whether it has been in service and still has a machine: then it may hold work, and can fail.
    pub fn has_served(self) -> bool {
        matches!(self, Phase::Ready | Phase::Failed | Phase::Draining | Phase::Noticed)
    }
}

impl Worker {
    /// One that was just asked for.
    fn new(number: u32) -> Worker {
        Worker {
            number,
            place: 0,
            phase: Phase::Pending,
            size: 0,
            ills: 0,
            frozen: false,
            machine_ills: 0,
            down: SimTime::NEVER,
            until: SimTime::NEVER,
            doomed: false,
            woken: false,
            halted: false,
            spare: false,
            zone: 0,
            ran: SimTime::NEVER,
            since: SimTime::START,
        }
    }

    /// Whether it exists, stopped, and has never run.
    pub fn is_parked(self) -> bool {
        self.phase == Phase::Stopped && self.ran == SimTime::NEVER
    }

    /// Whether its slots are not free when they are given back, though it lives.
    fn leaves(self) -> bool {
        match self.phase {
            Phase::Failed | Phase::Draining | Phase::Noticed | Phase::Leaving | Phase::Changing => true,
            Phase::Stopping | Phase::Stopped => true,
            // One that comes again may have kept what it held.
            Phase::Pending | Phase::Booting => self.halted,
            Phase::Ready | Phase::Preparing | Phase::Warm | Phase::Gone => false,
        }
    }
}

impl Pool<'_> {
    /// Adds a worker that was just asked for; returns its index.
    pub fn launch(&mut self) -> u32 {
        self.launched += 1;
        let worker = Worker::new(self.launched);
        let index = match self.free_indices.pop() {
            Some(index) => {
                self.workers[index as usize] = worker;
                index
            }
            None => {
                self.workers.push(worker);
                let index = self.workers.len() as u32 - 1;
                if let Lines::Each(lines) = &mut self.lines {
                    lines.push(Queued::new(&self.plan.line));
                }
                if let Some(busy) = &mut self.busy_each {
                    busy.push(Track::default());
                }
                for _ in 0..self.stride {
                    self.push_slot();
                }
                index
            }
        };
        self.stand(index);
        self.settle();
        index
    }

    /// A worker that is gone gives its index back.
    pub fn forget(&mut self, index: u32) {
        let worker = &mut self.workers[index as usize];
        self.leaving -= u32::from(worker.leaves());
        self.halted -= u32::from(worker.halted);
        worker.phase = Phase::Gone;
        let place = worker.place;
        self.order[place as usize] = NONE;
        if let Some(standing) = &mut self.standing {
            standing.leave(place);
            standing.forget(place);
        }
        self.free_indices.push(index);
        while self.order.last() == Some(&NONE) {
            self.order.pop();
            self.numbers.pop();
        }
        let living = self.workers.len() - self.free_indices.len();
        if self.order.len() > 64 && self.order.len() > 2 * living {
            self.close_ranks();
        }
        self.settle();
    }

    /// A worker comes into service: its free slots can be taken.
    pub fn open(&mut self, index: u32, now: SimTime) {
        let worker = &mut self.workers[index as usize];
        self.leaving -= u32::from(worker.leaves());
        worker.phase = Phase::Ready;
        self.halted -= u32::from(std::mem::take(&mut worker.halted));
        worker.since = now;
        for slot in self.slots_range(index) {
            // An environment is found by itself.
            if self.slots[slot as usize].job == NONE && self.environments.is_none() {
                self.free.insert(self.ranks[slot as usize]);
                if let Some(pollers) = &mut self.pollers {
                    pollers.wakes(slot);
                }
            }
        }
        let slots = u64::from(self.slots_of(index));
        self.levels.ready.up(now);
        self.levels.slots.set(now, self.levels.slots.level() + slots);
        self.regards(index);
        self.notes_balance(now);
        self.settle();
    }

    /// Whether a worker in service has been there for so long. Those of the start have always been.
    pub fn is_warm(&self, index: u32, warm_up: Span, now: SimTime) -> bool {
        let Worker { phase, since, .. } = self.workers[index as usize];
        phase == Phase::Ready && (since == SimTime::START || since + warm_up <= now)
    }

    /// How many workers in service have been there for so long.
    pub fn warm(&self, warm_up: Span, now: SimTime) -> u32 {
        if warm_up == Span::ZERO {
            return self.levels.ready.level() as u32;
        }
        (0..self.workers.len() as u32).filter(|&index| self.is_warm(index, warm_up, now)).count() as u32
    }

    /// A worker goes out of service, into `phase`: nobody takes its slots any more.
    pub fn shut(&mut self, index: u32, phase: Phase, now: SimTime) {
        for slot in self.slots_range(index) {
            self.free.remove(self.ranks[slot as usize]);
            if let Some(pollers) = &mut self.pollers {
                pollers.stops(slot, now);
            }
        }
        let slots = u64::from(self.slots_of(index));
        let worker = &mut self.workers[index as usize];
        self.leaving += u32::from(!worker.leaves());
        worker.phase = phase;
        let number = worker.number;
        self.levels.ready.down(now);
        self.levels.slots.set(now, self.levels.slots.level() - slots);
        let open = self.is_open_to_all();
        if let Some(registry) = self.registry.as_mut().filter(|_| phase != Phase::Failed) {
            registry.deregisters(number);
        }
        self.reviews(index, open);
        self.notes_balance(now);
        self.settle();
    }

    /// A worker that holds nothing goes into another phase.
    pub fn passes_on(&mut self, index: u32, phase: Phase) {
        let worker = &mut self.workers[index as usize];
        let (before, failed, number) = (worker.leaves(), worker.phase == Phase::Failed, worker.number);
        worker.phase = phase;
        self.leaving += u32::from(worker.leaves());
        self.leaving -= u32::from(before);
        if failed {
            // Its balancers may have taken it for healthy until now.
            let open = self.is_open_to_all();
            if let Some(registry) = &mut self.registry {
                registry.deregisters(number);
            }
            self.reviews(index, open);
        }
        self.settle();
    }

    /// Somebody stops a worker's machine, which serves nobody until it has been started again.
    pub fn halt(&mut self, index: u32, now: SimTime) {
        match self.workers[index as usize].phase {
            Phase::Ready => self.shut(index, Phase::Stopping, now),
            Phase::Failed => {
                self.passes_on(index, Phase::Stopping);
                self.levels.failed.down(now);
            }
            Phase::Booting => {
                self.passes_on(index, Phase::Stopping);
                self.levels.booting.down(now);
            }
            // It was just asked for: it is there, and was stopped before.
            _ => self.passes_on(index, Phase::Stopped),
        }
        self.levels.off.up(now);
        let worker = &mut self.workers[index as usize];
        if !worker.halted {
            worker.halted = true;
            worker.ills += 1;
            if worker.ills == 1 {
                worker.down = now;
            }
            self.halted += 1;
        }
    }

    /// A machine that boots hears of its end: it will never be in service.
    pub fn shut_booting(&mut self, index: u32, phase: Phase, now: SimTime) {
        let worker = &mut self.workers[index as usize];
        self.leaving += u32::from(!worker.leaves());
        worker.phase = phase;
        self.levels.booting.down(now);
        self.settle();
    }

    /// Whether its balancers give a worker requests: one that is in service, or one that they take for healthy.
    pub fn is_target(&self, index: u32) -> bool {
        let Worker { phase, number, .. } = self.workers[index as usize];
        match self.registry.as_ref().filter(|registry| registry.check.is_some()) {
            None => phase == Phase::Ready && self.away == 0,
            Some(registry) => matches!(phase, Phase::Ready | Phase::Failed) && registry.gets_requests(number),
        }
    }

    /// Its balancers look anew whether a worker gets requests.
    pub fn regards(&mut self, index: u32) {
        if self.standing.is_none() {
            return;
        }
        let (target, place) = (self.is_target(index), self.workers[index as usize].place);
        match &mut self.standing {
            Some(standing) if target && !standing.is_ready(place) => standing.enter(place),
            Some(standing) if !target && standing.is_ready(place) => standing.leave(place),
            _ => (),
        }
    }

    /// Whether all its workers get requests, as its balancers take none for healthy.
    pub fn is_open_to_all(&self) -> bool {
        self.registry.as_ref().is_some_and(|registry| registry.is_open())
    }

    /// Something is known of one worker: looks anew at it, and at all where they got requests for want of a healthy one, or
    /// do so from now on.
    pub fn reviews(&mut self, index: u32, was_open: bool) {
        if self.is_open_to_all() == was_open { self.regards(index) } else { self.regards_all() }
    }

    /// … and the same of all its workers.
    pub fn regards_all(&mut self) {
        for place in 0..self.order.len() {
            if self.order[place] != NONE {
                self.regards(self.order[place]);
            }
        }
    }

    /// The worker with a number, if it still lives.
    pub fn numbered(&self, number: u32) -> Option<u32> {
        let place = self.numbers.binary_search(&number).ok()?;
        Some(self.order[place]).filter(|&index| index != NONE)
    }

    /// The worker at a place that a balancer chose.
    #[inline]
    pub fn at_place(&self, place: u32) -> u32 {
        self.order[place as usize]
    }

    /// Indices of the workers in a phase that `wanted` names, newest first.
    pub fn newest_first(&self, wanted: impl Fn(Phase) -> bool) -> impl Iterator<Item = u32> {
        self.order
            .iter()
            .rev()
            .copied()
            .filter(move |&index| index != NONE && wanted(self.workers[index as usize].phase))
    }

    /// Whether a worker's machine is the provider's to take back.
    pub fn is_spot(&self, worker: u32) -> bool {
        let size = self.workers[worker as usize].size;
        self.sizes[usize::from(size)].platform.is_spot()
    }

    /// Notes whether somebody waits at one worker while a slot of another is free.
    #[inline]
    pub fn notes_balance(&mut self, now: SimTime) {
        if self.standing.is_some() {
            self.weighs_balance(now);
        }
    }

    #[inline(never)]
    fn weighs_balance(&mut self, now: SimTime) {
        let levels = &mut self.levels;
        let lopsided = levels.line.level() > 0 && levels.busy.level() < levels.slots.level();
        if lopsided != (levels.lopsided.level() > 0) {
            levels.lopsided.set(now, u64::from(lopsided));
        }
    }

    /// Gives a worker the last place in the order.
    fn stand(&mut self, index: u32) {
        let place = self.order.len() as u32;
        self.order.push(index);
        self.numbers.push(self.workers[index as usize].number);
        self.workers[index as usize].place = place;
        let first = place * self.stride;
        self.slot_of_rank.resize((first + self.stride) as usize, NONE);
        for offset in 0..self.stride {
            let slot = index * self.stride + offset;
            self.ranks[slot as usize] = first + offset;
            self.slot_of_rank[(first + offset) as usize] = slot;
        }
        if let Some(standing) = &mut self.standing
            && standing.places() <= place
        {
            standing.add();
        }
    }

    /// Closes the gaps that those who went have left in the order.
    #[cold]
    fn close_ranks(&mut self) {
        self.closed_ranks = true;
        let living: Vec<u32> = self.order.drain(..).filter(|&index| index != NONE).collect();
        let outstanding: Vec<u32> = living.iter().map(|&index| self.outstanding_of(index)).collect();
        let free: Vec<bool> = living
            .iter()
            .flat_map(|&index| self.slots_range(index))
            .map(|slot| self.free.contains(self.ranks[slot as usize]))
            .collect();
        self.free.clear();
        self.numbers.clear();
        self.slot_of_rank.clear();
        if let Some(standing) = &mut self.standing {
            standing.clear();
        }
        let mut was_free = free.into_iter();
        for (&index, requests) in living.iter().zip(outstanding) {
            self.stand(index);
            for slot in self.slots_range(index) {
                if was_free.next() == Some(true) {
                    self.free.insert(self.ranks[slot as usize]);
                }
            }
            let place = self.workers[index as usize].place;
            if let Some(standing) = &mut self.standing {
                for _ in 0..requests {
                    standing.take(place);
                }
            }
            self.regards(index);
        }
    }

    /// Whether somebody whom a balancer has sent to a worker that holds nothing is not there yet.
    pub fn is_awaited(&self, index: u32) -> bool {
        self.outstanding_of(index) > 0
    }

    fn outstanding_of(&self, index: u32) -> u32 {
        let place = self.workers[index as usize].place;
        self.standing.as_ref().map_or(0, |standing| standing.outstanding(place))
    }
}
