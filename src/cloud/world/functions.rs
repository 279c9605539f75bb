//! Functions: an invocation finds an environment or has one made, is initialised, runs, and is too long or not; then the
//! environment is idle, and one day gone.

use crate::cloud::fact::{Fact, Loss, Outcome, Spent, Who};
use crate::cloud::node::{Environments, Limit, Node, Phase, Rest, Told};
use crate::cloud::request::{NONE, Role, State};
use crate::cloud::topology::{Function, Held, NodeId, NodeKind, Topology};
use crate::cloud::world::steps::name_of_work;
use crate::cloud::world::{Alarm, World, not_a};
use crate::engine::{Context, Observer};
use crate::ground::time::Span;

/// Environments of the account that functions share, because none are reserved for them.
#[derive(Debug)]
pub(super) struct Shared {
    /// How many there are.
    environments: u32,
    /// Who shares them.
    among: Vec<NodeId>,
}

impl Shared {
    /// What a topology's functions share; `None`: any number.
    ///
    /// AWS Lambda developer guide, *Configuring provisioned concurrency*: it counts towards the function's reservation and the
    /// account's limit.
    pub(super) fn of(topology: &Topology) -> Option<Shared> {
        let mut shared = Shared { environments: topology.concurrency?, among: Vec::new() };
        for (index, node) in topology.nodes.iter().enumerate() {
            let Some(function) = function_of(&node.kind) else { continue };
            match function.reserved {
                Some(reserved) => shared.environments = shared.environments.saturating_sub(reserved),
                None => shared.among.push(NodeId::at(index)),
            }
        }
        Some(shared)
    }
}

impl<'a> World<'a> {
    /// Whether a node is a function.
    #[inline]
    pub(super) fn is_function(&self, node: NodeId) -> bool {
        matches!(&self.nodes[node.index()], Node::Pool(pool) if pool.environments.is_some())
    }

    pub(super) fn environments(&mut self, id: NodeId) -> &mut Environments<'a> {
        self.pool_mut(id).environments.as_deref_mut().unwrap_or_else(|| not_a("function"))
    }

    /// A job comes to a function.
    pub(super) fn invoke<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, to: NodeId) {
        if self.jobs[id].role == Role::Branch && self.takes_errand(cx, id, to) {
            return;
        }
        self.admits(cx, id, to);
    }

    /// A function hears of an invocation, after what that takes.
    pub(super) fn admits<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, to: NodeId) {
        let job = self.jobs[id];
        if job.role != Role::Event
            && job.state == State::New
            && let Some(law) = &self.environments(to).plan.overhead
        {
            let key = self.pool(to).key.named("overhead").nth(u64::from(job.visit));
            let name = name_of_work(&job, &self.requests[job.request]);
            let takes = Span::from_nanos(law.sample(&mut key.draw(name)));
            if takes > Span::ZERO {
                (self.jobs[id].state, self.jobs[id].pool) = (State::Admitted, to);
                let who = self.requests[job.request].who();
                cx.tell(Fact::Spent { who, node: to, on: Spent::Way, from: cx.now(), span: takes });
                return self.set_alarm(cx, takes, Alarm::Admitted { job: id, stamp: job.stamp });
            }
        }
        self.finds_environment(cx, id, to);
    }

    /// What an invocation takes beside its run is over: it is let in now, if it is still wanted.
    pub(super) fn is_admitted<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, stamp: u32) {
        let job = &mut self.jobs[id];
        if job.stamp == stamp && job.state == State::Admitted {
            job.state = State::New;
            let to = job.pool;
            self.finds_environment(cx, id, to);
        }
    }

    /// An invocation finds an environment, has one made, or is refused.
    fn finds_environment<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, to: NodeId) {
        let who = self.requests[self.jobs[id].request].who();
        let slot = match self.slot_for(cx, to, who) {
            Ok(slot) => slot,
            Err(why) => return self.fail(cx, id, why),
        };
        if self.jobs[id].role == Role::Event {
            self.errand_begins(cx, id);
        }
        if self.pool(to).hands.is_some() {
            self.taken.push(id);
            return self.begin_together(cx, to, slot);
        }
        self.start(cx, id, to, slot, Span::ZERO);
    }

    /// The slot of one more run, in an environment that is at work, idle or new; or why there is none.
    pub(super) fn slot_for<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        to: NodeId,
        who: Who,
    ) -> Result<u32, Loss> {
        let zones = self.topology.zones.len();
        let is_nowhere = zones > 0 && (0..zones).all(|zone| self.is_zone_out(zone));
        if !self.pool(to).is_open() || is_nowhere {
            return Err(Loss::Down);
        }
        let now = cx.now();
        if let Some(why) = self.refusal(now, to) {
            cx.tell(Fact::Denied { who, function: to });
            return Err(why);
        }
        let may_add = self.is_within_limits(to);
        let environments = self.environments(to);
        let may_run = (may_add || environments.has_room()) && environments.lets_in(now);
        let slot = match may_run.then(|| environments.take(may_add, now)) {
            None => None,
            Some(None) if may_add && environments.may_grow(now) => Some(self.is_born(cx, to)),
            Some(taken) => taken,
        };
        slot.ok_or_else(|| {
            cx.tell(Fact::Denied { who, function: to });
            Loss::Throttled
        })
    }

    /// Whether a function may use one more environment, by what is reserved for it and what the account has left.
    fn is_within_limits(&mut self, to: NodeId) -> bool {
        let environments = self.environments(to);
        match environments.plan.reserved {
            Some(reserved) => environments.at_work() < reserved,
            // What is kept ready is taken off what others have left: it is there in any case.
            None => {
                let leaves = |shared: &Shared| self.in_use(shared) < u64::from(shared.environments);
                self.shared.as_ref().is_none_or(|shared| self.has_kept(to) || leaves(shared))
            }
        }
    }

    /// Whether one of those that are kept ready is idle.
    fn has_kept(&self, to: NodeId) -> bool {
        self.pool(to).environments.as_ref().is_some_and(|all| all.kept.busy() < all.kept.there())
    }

    /// Environments in use of those that are shared: those that are kept ready, and of the others those at work.
    fn in_use(&self, shared: &Shared) -> u64 {
        let each = shared.among.iter().map(|&id| {
            let of = |all: &Environments<'_>| all.kept.there() + u64::from(all.at_work()) - all.kept.busy();
            self.pool(id).environments.as_deref().map_or(0, of)
        });
        each.sum()
    }

    /// A new environment; returns its first slot.
    fn is_born<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId) -> u32 {
        let now = cx.now();
        let pool = self.pool_mut(id);
        let index = pool.launch();
        let number = pool.workers[index as usize].number;
        let zone = self.zone_of_environment(number);
        let pool = self.pool_mut(id);
        (pool.workers[index as usize].ran, pool.workers[index as usize].zone) = (now, zone);
        pool.levels.desired.up(now);
        pool.levels.booting.up(now);
        pool.passes_on(index, Phase::Booting);
        cx.tell(Fact::Launched { pool: id, worker: number });
        cx.tell(Fact::Running { pool: id, worker: number, size: 0 });
        self.environments(id).is_born(index, number, false, now)
    }

    /// How long a job waits for its environment before it runs.
    pub(super) fn wakes<O>(&mut self, cx: &mut Context<'_, O>, id: u32) -> Span {
        let job = self.jobs[id];
        let environments = self.environments(job.pool);
        let takes = environments.wakes(job.slot, cx.now());
        // After a reset initialisation is a part of the run, and of its limit.
        if environments.has_begun(job.slot) {
            self.limits_run(cx, job.pool, job.slot);
        }
        takes
    }

    /// A job's environment is ready: it runs.
    pub(super) fn runs<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        let now = cx.now();
        let job = self.jobs[id];
        let (at, slot) = (job.pool, job.slot);
        if job.since < now {
            let who = self.requests[job.request].who();
            cx.tell(Fact::Spent { who, node: at, on: Spent::Start, from: job.since, span: now - job.since });
        }
        let environments = self.environments(at);
        let (begins, is_first) = environments.runs(slot, now);
        if is_first {
            let pool = self.pool_mut(at);
            let index = pool.worker_of(slot);
            pool.levels.booting.down(now);
            pool.open(index, now);
            let number = pool.workers[index as usize].number;
            cx.tell(Fact::Ready { pool: at, worker: number });
        }
        if begins {
            self.limits_run(cx, at, slot);
        }
    }

    /// A run that begins in a slot may take only so long.
    fn limits_run<O>(&mut self, cx: &mut Context<'_, O>, at: NodeId, slot: u32) {
        if let Some(span) = self.environments(at).limits(slot, cx.now()) {
            self.set_alarm(cx, span, Alarm::TooLong { function: at, slot });
        }
    }

    /// Somebody looks whether the run in a slot is too long: it is cut off then.
    pub(super) fn may_be_too_long<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, at: NodeId, slot: u32) {
        let current = self.pool(at).slots[slot as usize].job;
        match self.environments(at).is_too_long(slot, current != NONE, cx.now()) {
            Limit::Nothing => (),
            Limit::Later(span) => self.set_alarm(cx, span, Alarm::TooLong { function: at, slot }),
            Limit::Now => self.cuts_off(cx, current),
        }
    }

    /// A run was too long, and with it all who are in it.
    fn cuts_off<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        let job = self.jobs[id];
        self.environments(job.pool).ran_too_long(job.slot);
        // Of those in it this one may be at work, and wait for calls.
        if job.state != State::Together {
            self.breaks_off_calls(cx, id);
        }
        self.fails_at_work(cx, id, Outcome::TimedOut, Loss::FunctionTimeout);
    }

    /// A run has ended, however: it is told for the bill, and its environment is idle, or goes, if it was the last in it.
    pub(super) fn run_ended<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, at: NodeId, slot: u32, who: Who) {
        let now = cx.now();
        let pool = self.pool_mut(at);
        let index = pool.worker_of(slot);
        let environments = pool.environments.as_deref_mut().unwrap_or_else(|| not_a("function"));
        let Told { number, start, init, ran, before } = environments.told(slot, now);
        let rest = environments.rests(slot, now);
        let held = environments.lets_poller_go(slot);
        cx.tell(Fact::Invoked { who, function: at, environment: number, start, init, ran, before });
        self.goes_or_stays(cx, at, index, rest);
        if let Some((mapping, hand)) = held {
            self.poller_is_free(cx, at, mapping, hand);
        }
    }

    /// An environment is lost with its zone, and what runs in it. Those that are kept ready are made anew at once elsewhere.
    pub(super) fn loses_environment<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, at: NodeId, index: u32) {
        if self.environments(at).is_at_work(index) {
            self.environments(at).is_lost(index);
            let slots = self.pool(at).slots_range(index);
            return self.interrupt_all(cx, at, slots, Held::Lost, Loss::Crashed);
        }
        let rest = self.environments(at).falls(index);
        if rest == Rest::Stays {
            let number = self.pool(at).workers[index as usize].number;
            self.pool_mut(at).workers[index as usize].zone = self.zone_of_environment(number);
        }
        self.goes_or_stays(cx, at, index, rest);
    }

    /// What becomes of an environment.
    pub(super) fn goes_or_stays<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        at: NodeId,
        index: u32,
        rest: Rest,
    ) {
        match rest {
            Rest::Stays => (),
            Rest::Until(until) => {
                let environment = self.pool(at).workers[index as usize].number;
                self.set_alarm(cx, until - cx.now(), Alarm::Idle { function: at, index, environment });
            }
            Rest::Gone => {
                let now = cx.now();
                let pool = self.pool_mut(at);
                pool.levels.desired.down(now);
                if pool.workers[index as usize].phase == Phase::Booting {
                    pool.levels.booting.down(now);
                    pool.passes_on(index, Phase::Leaving);
                } else {
                    pool.shut(index, Phase::Leaving, now);
                }
                self.gone(cx, at, index);
            }
        }
    }

    /// Somebody looks whether an environment has been idle for too long.
    pub(super) fn idle_for_long<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        at: NodeId,
        index: u32,
        environment: u32,
    ) {
        let now = cx.now();
        let rest = self.environments(at).watch(index, environment, now);
        self.goes_or_stays(cx, at, index, rest);
    }
}

/// The node that is a function, as it is described.
pub(super) fn function_of(kind: &NodeKind) -> Option<&Function> {
    match kind {
        NodeKind::Function(function) => Some(function),
        _ => None,
    }
}
