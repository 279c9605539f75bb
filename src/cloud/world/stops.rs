//! Machines that somebody stops, starts again and takes away, whoever wants how many of them.

use crate::cloud::event::Event;
use crate::cloud::fact::{Fact, Loss};
use crate::cloud::node::{Lines, Phase};
use crate::cloud::scaling::Scaling;
use crate::cloud::topology::{Held, NodeId, Stop};
use crate::cloud::world::happenings::InstanceState;
use crate::cloud::world::{Move, World};
use crate::engine::{Context, Observer};
use crate::ground::chance::Key;
use crate::ground::distribution::Distribution;
use crate::ground::time::{SimTime, Span};

/// Somebody who may not start a machine, as the quota of the account is used up, tries again after this; assumed.
const TRIES_AGAIN: Span = Span::from_secs(60);

impl World<'_> {
    /// The machines that exist from the start, and are stopped.
    pub(super) fn first_stopped<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, spread: &mut [u32]) {
        let now = cx.now();
        for _ in 0..self.pool(id).plan.stopped {
            let pool = self.pool_mut(id);
            let index = pool.launch();
            pool.halt(index, now);
            let number = pool.workers[index as usize].number;
            self.settles_in(id, index, spread);
            cx.tell(Fact::Launched { pool: id, worker: number });
            cx.tell(Fact::Stopped { pool: id, worker: number });
        }
        self.notes_absence(cx, id);
    }

    /// A scripted stop: of the worker that it names, or of all that run.
    pub(super) fn stops<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, fault: u16, stop: Stop, nth: u32) {
        let pool = self.pool(stop.pool);
        let runs = |phase: Phase| phase.has_served() || phase == Phase::Booting;
        let there = pool.newest_first(runs).map(|index| pool.workers[index as usize].number);
        let hit: Vec<u32> = there.filter(|&number| stop.worker.is_none_or(|only| only == number)).collect();
        for number in hit.into_iter().rev() {
            self.is_stopped_by(cx, fault, stop.pool, number, nth);
        }
    }

    /// Trouble stops a machine; after a time somebody starts it, if anybody does.
    pub(super) fn is_stopped_by<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        fault: u16,
        id: NodeId,
        number: u32,
        nth: u32,
    ) {
        let trouble = &self.faults[usize::from(fault)];
        let plan = trouble.fault;
        let lasts = plan.lasts.as_ref().map(|law| {
            let key = trouble.key.named("lasts").nth(u64::from(number));
            Span::from_nanos(law.sample(&mut key.draw(u64::from(nth))))
        });
        if self.is_halted(cx, id, number, plan.held, plan.moves)
            && let Some(lasts) = lasts
        {
            cx.plan(cx.now() + lasts, Event::Relieve { fault, worker: number });
        }
    }

    /// Somebody stops a machine: in this moment it serves nobody any more, and is not paid for (EC2 Auto Scaling user guide,
    /// instance lifecycle: the clock of the bill ends with `running`). False where it can't be stopped: it does not run, is
    /// on its way out, or is Spot.
    pub(super) fn is_halted<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: NodeId,
        number: u32,
        held: Held,
        moves: bool,
    ) -> bool {
        let now = cx.now();
        let Some(index) = self.pool(id).numbered(number) else { return false };
        let pool = self.pool(id);
        let phase = pool.workers[index as usize].phase;
        let runs = matches!(phase, Phase::Ready | Phase::Failed | Phase::Booting);
        if !runs || pool.is_spot(index) || !self.topology.nodes[id.index()].kind.has_machines() {
            return false;
        }
        self.pool_mut(id).halt(index, now);
        cx.tell(Fact::Stopped { pool: id, worker: number });
        match held {
            // Nothing goes on in a machine that does not run.
            Held::Finish => self.empty(cx, id, index, Held::Lost, Loss::Stopped),
            Held::Resume | Held::Restart | Held::Redraw if !moves => {
                let slots = self.pool(id).slots_range(index);
                self.stand_still(now, id, slots, held);
                self.pool_mut(id).workers[index as usize].frozen = true;
            }
            _ => self.empty(cx, id, index, held, Loss::Stopped),
        }
        if matches!(held, Held::Finish | Held::Lost) {
            self.line_without_workers(cx, id, Loss::Stopped);
        }
        self.notes_absence(cx, id);
        let pool = self.pool(id);
        let stopping = again(&pool.plan.life.stopping, pool.key.named("stopping"), now, number);
        self.pool_mut(id).workers[index as usize].until = now + stopping;
        cx.plan(now + stopping, Event::Vanish { pool: id, worker: number });
        if self.replaces_stopped(id) {
            self.asks_for_another(cx, id);
        }
        self.instance_is(cx, id, number, InstanceState::Stopping);
        true
    }

    /// A machine that was told to stop has stopped.
    pub(super) fn has_stopped<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32) {
        self.pool_mut(id).passes_on(index, Phase::Stopped);
        let number = self.pool(id).workers[index as usize].number;
        self.instance_is(cx, id, number, InstanceState::Stopped);
    }

    /// What befell a machine is over: somebody starts it, as soon as it has stopped; where the account has no room for it, and
    /// again until it has.
    pub(super) fn is_started_after<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        fault: u16,
        id: NodeId,
        number: u32,
    ) {
        let Some(index) = self.pool(id).numbered(number) else { return };
        let worker = self.pool(id).workers[index as usize];
        if worker.phase == Phase::Stopping {
            cx.plan(worker.until.max(cx.now()), Event::Relieve { fault, worker: number });
        } else if worker.phase == Phase::Stopped && !self.is_started(cx, id, number) {
            cx.plan(cx.now() + TRIES_AGAIN, Event::Relieve { fault, worker: number });
        }
    }

    /// Somebody starts a machine that is stopped: it is asked for as a new one is, under its old number. False where it is
    /// not stopped.
    pub(super) fn is_started<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, number: u32) -> bool {
        let now = cx.now();
        let Some(index) = self.pool(id).numbered(number) else { return false };
        let worker = self.pool(id).workers[index as usize];
        if worker.phase != Phase::Stopped {
            return false;
        }
        if !self.has_quota_to_start(id, index) {
            self.pool_mut(id).denied += 1;
            return false;
        }
        let pool = self.pool_mut(id);
        pool.levels.off.down(now);
        if worker.is_parked() {
            pool.levels.desired.up(now);
        }
        cx.tell(Fact::Woken { pool: id, worker: number, runs: false });
        let pool = self.pool(id);
        let pending = again(&pool.plan.life.pending, pool.key.named("starts"), now, number);
        self.comes_again(cx, id, index, pending);
        self.instance_is(cx, id, number, InstanceState::Pending);
        true
    }

    /// A machine that lay there is started, and runs after so long.
    pub(super) fn comes_again<O>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32, pending: Span) {
        let now = cx.now();
        let pool = self.pool_mut(id);
        pool.passes_on(index, Phase::Pending);
        pool.levels.pending.up(now);
        let worker = pool.workers[index as usize].number;
        cx.plan(now + pending, Event::Run { pool: id, worker });
    }

    /// A worker has just come into service whose machine had been stopped: what it kept goes on, unless something else keeps
    /// it down.
    pub(super) fn serves_again<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32) {
        let now = cx.now();
        let pool = self.pool_mut(id);
        let worker = &mut pool.workers[index as usize];
        worker.until = SimTime::NEVER;
        worker.ills -= 1;
        if worker.ills > 0 {
            pool.shut(index, Phase::Failed, now);
            pool.levels.failed.up(now);
            return self.checks_find(cx, id, index);
        }
        let frozen = std::mem::take(&mut worker.frozen);
        if frozen && pool.still == 0 {
            let slots = pool.slots_range(index);
            self.goes_on(cx, id, slots);
        }
        if let Lines::Each(_) = self.pool(id).lines {
            self.moves.push_back(Move::Next { pool: id, worker: index });
        }
    }

    /// Whether a pool's group takes a machine that is stopped for lost. One that looks after its machines does, at once (EC2
    /// Auto Scaling user guide, health checks: an instance that is not `running` is unhealthy).
    pub(super) fn replaces_stopped(&self, id: NodeId) -> bool {
        self.care_of(id).health.is_some()
    }

    /// A group lets go of its machines that are stopped.
    pub(super) fn gives_stopped_up<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId) {
        if self.pool(id).halted == 0 || !self.replaces_stopped(id) {
            return;
        }
        let off = |phase| matches!(phase, Phase::Stopping | Phase::Stopped);
        let off: Vec<u32> = self.pool(id).newest_first(off).collect();
        for index in off.into_iter().rev() {
            self.retire(cx, id, index, Held::Lost);
        }
    }

    /// Somebody takes a machine away, whatever it does; what it holds meets its fate. A group asks for another.
    pub(super) fn is_taken_away<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: NodeId,
        index: u32,
        held: Held,
    ) {
        let now = cx.now();
        self.withdraws(cx, id, index);
        let pool = self.pool_mut(id);
        let worker = &mut pool.workers[index as usize];
        match worker.phase {
            Phase::Pending | Phase::Changing | Phase::Stopping | Phase::Stopped => {
                self.empty(cx, id, index, Held::Lost, Loss::Stopped);
                let pool = self.pool_mut(id);
                let off = matches!(pool.workers[index as usize].phase, Phase::Stopping | Phase::Stopped);
                if off { pool.levels.off.down(now) } else { pool.levels.pending.down(now) }
            }
            // One that drains would go by itself as soon as it is empty.
            Phase::Draining | Phase::Noticed => {
                worker.phase = Phase::Noticed;
                self.empty(cx, id, index, held, Loss::Stopped);
                self.pool_mut(id).levels.draining.down(now);
            }
            Phase::Leaving => pool.levels.draining.down(now),
            _ => return,
        }
        self.gone(cx, id, index);
        self.line_without_workers(cx, id, Loss::Stopped);
        self.notes_absence(cx, id);
        self.asks_for_another(cx, id);
    }

    /// A group wants as many as before, and has one fewer.
    pub(super) fn asks_for_another<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId) {
        if let Scaling::Group(_) | Scaling::Pods(_) | Scaling::Nodes(_) = self.pool(id).plan.scaling {
            let desired = self.pool(id).levels.desired.level() as u32;
            self.want(cx, id, desired);
        }
    }
}

/// How long a stage of a machine's life takes that it may go through several times.
fn again(law: &Distribution, key: Key, now: SimTime, number: u32) -> Span {
    Span::from_nanos(law.sample(&mut key.nth(now.nanos()).draw(u64::from(number))))
}
