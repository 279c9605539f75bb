//! Workers with slots: who is free, who is in line, and what each slot does.

use crate::cloud::balancing::Standing;
use crate::cloud::node::burst::Burst;
use crate::cloud::node::computing::Computing;
use crate::cloud::node::crew::{Phase, Worker};
use crate::cloud::node::environments::Environments;
use crate::cloud::node::gate::Gate;
use crate::cloud::node::hands::Hands;
use crate::cloud::node::levels::Levels;
use crate::cloud::node::line::{Lines, Queued};
use crate::cloud::node::pollers::Pollers;
use crate::cloud::node::programme::{Action, After, Ending, Kind};
use crate::cloud::node::registry::Registry;
use crate::cloud::node::slowness::Slowness;
use crate::cloud::node::track::Track;
use crate::cloud::request::NONE;
use crate::cloud::scaling::Size;
use crate::cloud::topology::{self, Discipline, NodeId, Speed};
use crate::ground::bits::Bits;
use crate::ground::chance::{Key, Stream};
use crate::ground::distribution::Distribution;
use crate::ground::footprint::Footprint;
use crate::ground::time::{SimTime, Span};

/// One request's place at a worker: what every event looks at.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    /// When what it does ends; [`SimTime::NEVER`] while it waits or stands still.
    pub until: SimTime,
    /// Who is served; [`NONE`] while it is free.
    pub job: u32,
    /// Whose job that is: known here, it need not be waited for.
    pub request: u32,
}

/// What a slot remembers of calls and interruptions, apart from what every event looks at.
#[derive(Clone, Copy, Debug)]
pub struct Talk {
    /// What is left of its work while it stands still.
    pub left: Span,
    /// The first of the calls that its job waits for.
    pub child: u32,
    /// Changes with every call, so that old timers are recognised.
    pub epoch: u32,
    /// How often the present call was tried.
    pub tries: u16,
    /// Calls that its job still waits for.
    pub awaits: u16,
}

/// A pool of a running world.
#[derive(Debug)]
pub struct Pool<'a> {
    /// Who it is.
    pub id: NodeId,
    /// How it is described.
    pub plan: &'a topology::Pool,
    /// What its workers do, by kind of request.
    pub programme: Vec<Vec<Action<'a>>>,
    /// How each of those steps ends, and what follows.
    pub endings: Vec<Vec<Ending>>,
    /// Names how long a failed message stays out of sight, by kind of request.
    pub failures: Vec<Key>,
    /// Its idle slots, where their polls are counted; else those are open and free.
    pub pollers: Option<Box<Pollers<'a>>>,
    /// What its slots hold beside the job at work, where they hold more than that.
    pub hands: Option<Box<Hands>>,
    /// The row of its heartbeats, where its workers keep messages out of sight while they work on them.
    pub heartbeat: Option<u16>,
    /// What follows on its work, where that is the same for every kind of request and none of it can fail: known without
    /// a look at who was served.
    pub alike: Option<After>,
    /// How its work ends is told by [`Pool::endings`]: nothing else is to be looked at.
    pub plain: bool,
    /// Whoever receives a message here is a free slot that begins at once, with nobody to be told but the queue. Kept by
    /// [`Pool::settle`].
    pub receives_plainly: bool,
    /// By kind of request, its first step's work, where that is plain.
    pub opening: Vec<Option<(&'a Distribution, Key)>>,
    /// Nothing about it is out of the ordinary at present: in service and open to all, with one line, machines of one
    /// size at the speed of the reference, whose slots are in the order of their ranks, and of which none leaves or
    /// stands still. Kept by [`Pool::settle`].
    pub calm: bool,
    /// What of that never changes.
    pub(super) simple: bool,
    /// Gaps in the order of workers were closed: a slot's rank may be another number.
    pub(super) closed_ranks: bool,
    /// Its sizes; one, unless it is scaled up and down.
    pub sizes: Vec<Size>,
    /// The workers, by index.
    pub workers: Vec<Worker>,
    /// The workers' indices in the order of their numbers; [`NONE`] where one is gone.
    pub order: Vec<u32>,
    /// The workers' numbers in that order, gone ones included.
    pub(super) numbers: Vec<u32>,
    /// Slots by worker's index × stride.
    pub slots: Vec<Slot>,
    /// What they remember, in the same order.
    pub talks: Vec<Talk>,
    /// Workers that have failed, drain or change: their slots are not free when they are given back.
    pub leaving: u32,
    /// Workers whose machines somebody has stopped, and that have not been in service since.
    pub halted: u32,
    /// Whether somebody may stop its machines.
    pub stoppable: bool,
    /// Slots a worker's index takes up: the most that any size has.
    pub stride: u32,
    /// Free slots of workers in service, by rank.
    pub(super) free: Bits,
    pub(super) slot_of_rank: Vec<u32>,
    pub(super) free_indices: Vec<u32>,
    /// What its balancers do about workers that come and go; `None`: nothing.
    pub registry: Option<Box<Registry>>,
    /// Whom it lets in, and keeps in line; `None`: everybody.
    pub gate: Option<Box<Gate>>,
    /// Who waits.
    pub lines: Lines,
    /// Whoever comes joins the one line behind all others, however long it is.
    pub joins_freely: bool,
    /// The workers in service as balancers see them, by place; kept only behind a balancer.
    pub standing: Option<Standing>,
    /// The queues it takes from, in the order of the file.
    pub feeds: Vec<NodeId>,
    /// Outages that keep it away at present.
    pub away: u32,
    /// Outages in which work in hand stands still.
    pub still: u32,
    /// What makes its work take longer at present.
    pub brown_outs: Vec<Slowness>,
    /// The CPU credits of its machines, where they have any.
    pub burst: Option<Box<Burst>>,
    /// Faults by which the provider refuses some of what comes here at present.
    pub throttles: u32,
    /// Trouble that comes to each of its workers by itself, by its place among all.
    pub perils: Vec<u16>,
    /// The time to some of it counts only while a worker holds work.
    pub wears: bool,
    /// Workers too many that hold work and so may not be taken away yet.
    pub surplus: u32,
    /// When the first of them that is protected no longer will be, as far as that is planned.
    pub unprotected: SimTime,
    /// Workers ever launched.
    pub launched: u32,
    /// Names its draws.
    pub key: Key,
    /// For random lines.
    pub chance: Stream,
    /// Each slot's place among all in the order of the workers' numbers.
    pub(super) ranks: Vec<u32>,
    /// Each of its workers takes a message and ends with it.
    pub once: bool,
    /// Whether slots are made when they are needed.
    pub unlimited: bool,
    /// Launches that have come to nothing; their indices are used again.
    pub denied: u64,
    /// How often in a row some have.
    pub denials: u32,
    /// When they are tried again.
    pub tries_again: SimTime,
    /// When a machine last began to run, or a worker to drain, or one went.
    pub stirred: SimTime,
    /// Sizes that a controller has wanted: names the draws of how late each is acted on.
    pub decisions: u64,
    /// Requests begun, for controllers.
    pub begun: u64,
    /// See [`crate::cloud::gauge::Level`].
    pub levels: Levels,
    /// Busy slots of each worker, by index; kept only where a controller must leave out those that are not yet warm.
    pub busy_each: Option<Vec<Track>>,
    /// Its workers are environments of a function.
    pub environments: Option<Box<Environments<'a>>>,
    /// What its slots compute; `None` where all that they do is computing.
    pub computing: Option<Box<Computing>>,
}

impl<'a> Pool<'a> {
    /// Bytes of what it has for each worker and each of their slots.
    pub fn footprint_of_crew(&self) -> u64 {
        let workers = self.workers.footprint() + self.order.footprint() + self.numbers.footprint();
        let slots = self.slots.footprint() + self.talks.footprint() + self.ranks.footprint() + self.free.footprint();
        workers + slots + self.slot_of_rank.footprint() + self.free_indices.footprint()
    }

    /// A pool without workers.
    pub fn new(id: NodeId, plan: &'a topology::Pool, balanced: bool, feeds: Vec<NodeId>, key: Key) -> Pool<'a> {
        let sizes = plan.sizes();
        let unlimited = plan.workers.is_none();
        let burst = Burst::of(sizes.iter().map(|size| &size.platform), plan.credits).map(Box::new);
        let stride = if unlimited { 1 } else { sizes.iter().map(|size| size.slots).max().unwrap_or(1) };
        let each = !unlimited && plan.scaling.tells_workers_apart();
        let shared = || Lines::Shared(Queued::new(&plan.line));
        let hands = Hands::new(plan, !feeds.is_empty());
        Pool {
            id,
            plan,
            programme: Vec::new(),
            endings: Vec::new(),
            alike: None,
            failures: Vec::new(),
            pollers: (!unlimited && !feeds.is_empty()).then(|| Pollers::new(&plan.poll, key)).flatten(),
            heartbeat: None,
            plain: false,
            receives_plainly: false,
            opening: Vec::new(),
            calm: false,
            closed_ranks: false,
            simple: !unlimited
                && !balanced
                && !each
                && plan.admission.is_none()
                && hands.is_none()
                && (plan.poll.wait.is_none() || feeds.is_empty())
                && matches!(sizes.as_slice(), [only] if only.speed.work == only.speed.time),
            hands,
            sizes,
            workers: Vec::new(),
            order: Vec::new(),
            numbers: Vec::new(),
            slots: Vec::new(),
            talks: Vec::new(),
            leaving: 0,
            halted: 0,
            stoppable: false,
            stride,
            free: Bits::default(),
            slot_of_rank: Vec::new(),
            free_indices: Vec::new(),
            registry: None,
            gate: plan.admission.map(|admission| Box::new(Gate::new(admission))),
            joins_freely: !balanced && plan.room.is_none() && matches!(plan.line, Discipline::FirstCome),
            lines: if balanced { Lines::Each(Vec::new()) } else { shared() },
            standing: balanced.then(Standing::default),
            feeds,
            away: 0,
            still: 0,
            brown_outs: Vec::new(),
            burst,
            throttles: 0,
            perils: Vec::new(),
            wears: false,
            surplus: 0,
            unprotected: SimTime::START,
            launched: 0,
            key,
            chance: key.named("line").stream(),
            ranks: Vec::new(),
            once: plan.scaling.is_of_jobs(),
            unlimited,
            denied: 0,
            denials: 0,
            tries_again: SimTime::START,
            stirred: SimTime::START,
            decisions: 0,
            begun: 0,
            levels: Levels::default(),
            busy_each: each.then(Vec::new),
            environments: None,
            computing: None,
        }
    }

    /// Tells it what its workers do, by kind of request, and what each node is.
    pub fn learn(&mut self, programme: Vec<Vec<Action<'a>>>, kind: impl Fn(NodeId) -> Kind) {
        let all_plain = programme.iter().flatten().all(|action| match action {
            Action::Work { ends, .. } => *ends,
            // When it is stored, somebody is told.
            Action::Put { told, notifies, .. } => told.is_none() && !notifies,
            _ => true,
        });
        // Who looks at what is computed can't take the short ways.
        self.plain = all_plain && self.hands.is_none() && self.burst.is_none();
        self.opening = programme
            .iter()
            .map(|steps| match steps.first() {
                Some(&Action::Work { piece, opens: true, .. }) => piece.law.map(|law| (law, piece.key)),
                _ => None,
            })
            .collect();
        let waits = |action: &Action<'_>| match action {
            Action::Work { piece, .. } => piece.work.is_some() && !piece.mix.is_all(),
            _ => false,
        };
        if programme.iter().flatten().any(waits) {
            self.computing = Some(Box::new(Computing::new(self.busy_each.is_some())));
            // Who must be told when a slot begins to wait can't take the short ways.
            (self.simple, self.plain) = (false, false);
            self.opening.iter_mut().for_each(|opening| *opening = None);
        }
        self.endings = programme.iter().map(|steps| Ending::each(steps, &kind)).collect();
        self.alike = Ending::alike(&self.endings);
        self.programme = programme;
    }

    /// Tells it that its workers are environments of a function: each run begins with a look at whether it is ready.
    pub fn serve_functions(&mut self, environments: Environments<'a>) {
        (self.simple, self.plain, self.alike) = (false, false, None);
        self.opening.iter_mut().for_each(|opening| *opening = None);
        self.environments = Some(Box::new(environments));
        self.settle();
    }

    /// Whether it takes work at present.
    #[inline]
    pub fn is_open(&self) -> bool {
        self.away == 0
    }

    /// Whether it can serve nobody because something is broken: it is away, or all of its workers have failed or were
    /// stopped.
    #[inline]
    pub fn is_broken(&self) -> bool {
        let some_down = self.levels.failed.level() > 0 || self.halted > 0;
        self.away > 0 || some_down && self.levels.ready.level() == 0
    }

    /// Whether what a worker does stands still at present.
    #[inline(always)]
    pub fn stands_still(&self, worker: u32) -> bool {
        self.still > 0 || self.leaving > 0 && self.workers[worker as usize].frozen
    }

    /// The lowest free slot of the workers in service.
    #[inline(always)]
    pub fn free_slot(&mut self) -> Option<u32> {
        match self.free.first() {
            Some(rank) => Some(self.slot_of_rank[rank as usize]),
            None if self.unlimited && self.levels.ready.level() > 0 => Some(self.new_slot()),
            None => None,
        }
    }

    /// Nobody takes the free slot that was looked for after all: it stays free, even if it was only made for that.
    pub fn leaves_free(&mut self, slot: u32) {
        self.free.insert(self.ranks[slot as usize]);
    }

    /// The lowest free slot that can take a message: one that does not sleep between polls.
    #[inline]
    pub fn receiving_slot(&mut self) -> Option<u32> {
        match &self.pollers {
            Some(pollers) if pollers.sleep() => {
                let slots = self.free.members().map(|rank| self.slot_of_rank[rank as usize]);
                slots.into_iter().find(|&slot| pollers.is_up(slot))
            }
            _ => self.free_slot(),
        }
    }

    /// Whether its idle slots poll and are answered at once.
    #[inline]
    pub fn polls_are_short(&self) -> bool {
        self.pollers.as_ref().is_some_and(|pollers| pollers.is_short())
    }

    /// Whether [`Pool::receiving_slot`] would find one; makes none.
    #[inline]
    pub fn can_receive(&mut self) -> bool {
        match &self.pollers {
            Some(_) => self.receiving_slot().is_some(),
            None => self.can_take(),
        }
    }

    /// Whether a worker takes those who wait in its own line: one that drains still does.
    fn serves_its_line(&self, worker: u32) -> bool {
        let Worker { phase, ills, .. } = self.workers[worker as usize];
        matches!(phase, Phase::Ready | Phase::Draining | Phase::Noticed) && ills == 0
    }

    /// Whether [`Pool::free_slot_of`] would find one; makes none.
    pub fn has_free_of(&self, worker: u32) -> bool {
        let free = |slot: u32| self.slots[slot as usize].job == NONE;
        self.serves_its_line(worker)
            && if self.unlimited { self.can_take() } else { self.slots_range(worker).any(free) }
    }

    /// The lowest free slot for those who wait in a worker's line.
    pub fn free_slot_for(&mut self, worker: u32) -> Option<u32> {
        match self.lines {
            Lines::Shared(_) => self.free_slot(),
            Lines::Each(_) => self.free_slot_of(worker),
        }
    }

    /// The lowest free slot of one worker.
    #[inline]
    pub fn free_slot_of(&mut self, worker: u32) -> Option<u32> {
        if !self.serves_its_line(worker) {
            return None;
        }
        if self.unlimited {
            return self.free_slot();
        }
        self.slots_range(worker).find(|&slot| self.slots[slot as usize].job == NONE)
    }

    /// Gives a slot to a job.
    #[inline(always)]
    pub fn take(&mut self, slot: u32, job: u32, now: SimTime) {
        self.slots[slot as usize].job = job;
        // An environment is found by itself, and its rank lies in no cache.
        if self.environments.is_none() {
            self.free.remove(self.ranks[slot as usize]);
        }
        self.levels.busy.up(now);
        self.begun += 1;
        let worker = self.worker_of(slot);
        if let Some(busy) = &mut self.busy_each {
            busy[worker as usize].up(now);
        }
        if let Some(pollers) = &mut self.pollers {
            pollers.stops(slot, now);
        }
        self.notes_balance(now);
    }

    /// Frees a slot; returns whose it was. It can be taken again only while its worker is in service.
    #[inline(always)]
    pub fn give(&mut self, slot: u32, now: SimTime) -> u32 {
        let place = &mut self.slots[slot as usize];
        place.job = NONE;
        place.until = SimTime::NEVER;
        let worker = self.worker_of(slot);
        if self.environments.is_none() && self.stays(worker) {
            self.free.insert(self.ranks[slot as usize]);
            if let Some(pollers) = &mut self.pollers {
                pollers.wakes(slot);
            }
        }
        self.levels.busy.down(now);
        if let Some(busy) = &mut self.busy_each {
            busy[worker as usize].down(now);
        }
        self.notes_balance(now);
        worker
    }

    /// Whether any slot of a worker in service is free.
    #[inline(always)]
    pub fn has_free(&self) -> bool {
        self.unlimited || !self.free.is_empty()
    }

    /// Whether [`Pool::free_slot`] would find one; makes none.
    #[inline]
    pub fn can_take(&self) -> bool {
        !self.free.is_empty() || self.unlimited && self.levels.ready.level() > 0
    }

    /// Whether a slot may be taken.
    #[cfg(test)]
    pub fn is_free(&self, slot: u32) -> bool {
        self.free.contains(self.ranks[slot as usize])
    }

    /// Whose slot it is, by index.
    #[inline(always)]
    pub fn worker_of(&self, slot: u32) -> u32 {
        match (self.unlimited, self.stride) {
            (true, _) => 0,
            (false, 1) => slot,
            (false, stride) => slot / stride,
        }
    }

    /// A worker's number.
    #[inline(always)]
    pub fn number_of(&self, worker: u32) -> u32 {
        // As long as no index was used again, numbers follow from them.
        let in_order = self.launched as usize == self.workers.len() && self.denied == 0;
        if in_order { worker + 1 } else { self.workers[worker as usize].number }
    }

    /// Whether a worker that holds something stays in service.
    #[inline(always)]
    pub fn stays(&self, worker: u32) -> bool {
        self.leaving == 0 || self.workers[worker as usize].phase == Phase::Ready
    }

    /// Whether a worker holds nothing.
    pub fn is_empty(&self, worker: u32) -> bool {
        self.slots_range(worker).all(|slot| self.slots[slot as usize].job == NONE)
    }

    /// How fast a worker works.
    #[inline(always)]
    pub fn speed_of(&self, worker: u32) -> Speed {
        match self.sizes.as_slice() {
            [only] => only.speed,
            // Somebody may join the line of a pool that has no worker yet.
            sizes => sizes[self.workers.get(worker as usize).map_or(0, |worker| usize::from(worker.size))].speed,
        }
    }

    /// The slots that a worker has at its size.
    pub fn slots_of(&self, worker: u32) -> u32 {
        if self.unlimited { 1 } else { self.sizes[usize::from(self.workers[worker as usize].size)].slots }
    }

    /// The slots that a worker has at its size.
    pub fn slots_range(&self, index: u32) -> std::ops::Range<u32> {
        if self.unlimited {
            return 0..self.slots.len() as u32;
        }
        let first = index * self.stride;
        first..first + self.slots_of(index)
    }

    /// Who is next in a line, and whether a place is left in it.
    #[inline(always)]
    pub fn has_room(&mut self, worker: u32) -> bool {
        match self.plan.room {
            None => true,
            Some(room) => self.lines.of(worker).waiting() < room,
        }
    }

    /// Whether better ones may interrupt.
    pub fn preempts(&self) -> Option<topology::Held> {
        match self.plan.line {
            Discipline::Priority { preempts, .. } => preempts,
            _ => None,
        }
    }

    pub(super) fn push_slot(&mut self) {
        self.slots.push(Slot { until: SimTime::NEVER, job: NONE, request: NONE });
        self.ranks.push(0);
        self.talks.push(Talk { left: Span::ZERO, child: NONE, epoch: 0, tries: 0, awaits: 0 });
    }

    /// One more slot for the worker that has as many as are needed.
    #[cold]
    fn new_slot(&mut self) -> u32 {
        let slot = self.slots.len() as u32;
        self.push_slot();
        self.ranks[slot as usize] = slot;
        self.slot_of_rank.push(slot);
        slot
    }
}
