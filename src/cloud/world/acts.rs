//! What steps do to the infrastructure: they choose machines, and start, stop or take them away; launch others; set the size of
//! a group.
//!
//! A machine that is chosen meets what befalls it as a move of its own: it may be the one that acts.

use crate::cloud::event::Event;
use crate::cloud::fact::{Fact, Loss};
use crate::cloud::node::{Phase, Worker};
use crate::cloud::scaling::{Bounds, Decision, Reason, Scaling};
use crate::cloud::topology::{Act, Capacity, Chosen, Held, Launch, MachineState, NodeId, Tag, Wanted, Whom};
use crate::cloud::world::{Move, World};
use crate::engine::{Context, Observer};
use crate::ground::time::Span;

/// More machines than this nobody has in one pool.
const MOST: usize = 1_000_000;

/// What befalls a machine that was chosen.
#[derive(Clone, Copy, Debug)]
pub(super) enum Deed {
    Start,
    Stop,
    Terminate,
}

impl<'a> World<'a> {
    /// A step acts for a request; why it could not, where it could not.
    pub(super) fn acts<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        act: &'a Act,
        request: u32,
    ) -> Result<(), Loss> {
        let (chosen, deed) = match act {
            Act::Start(chosen) => (chosen, Deed::Start),
            Act::Stop(chosen) => (chosen, Deed::Stop),
            Act::Terminate(chosen) => (chosen, Deed::Terminate),
            Act::Launch(launch) => return self.launches_more(cx, launch),
            Act::SetCapacity(capacity) => return self.sets_capacity(cx, *capacity),
            Act::Redrive(redrive) => {
                self.redrives(cx, *redrive);
                return Ok(());
            }
        };
        for (pool, worker) in self.chosen(chosen, request) {
            self.moves.push_back(Move::Machine { pool, worker, deed });
        }
        Ok(())
    }

    /// Something befalls a machine that was chosen. One that can't be started or stopped is left alone.
    pub(super) fn befalls<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, number: u32, deed: Deed) {
        match deed {
            Deed::Start => {
                self.is_started(cx, id, number);
            }
            Deed::Stop => {
                self.is_halted(cx, id, number, Held::Lost, false);
            }
            Deed::Terminate => self.is_terminated(cx, id, number),
        }
    }

    /// A machine is taken away for good. Where nobody sees to the number of machines, one fewer is wanted from then on.
    fn is_terminated<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, number: u32) {
        let Some(index) = self.pool(id).numbered(number) else { return };
        let fixed = matches!(self.pool(id).plan.scaling, Scaling::Fixed | Scaling::Timetable(_));
        if fixed && self.living(id).contains(&index) {
            let desired = &mut self.pool_mut(id).levels.desired;
            desired.set(cx.now(), desired.level().saturating_sub(1));
        }
        self.is_taken_away(cx, id, index, Held::Lost);
    }

    /// The machines of which all holds that is said, by pool and number. Those of a warm pool are their group's alone, and one
    /// that is away for its change of size nobody's.
    fn chosen(&self, chosen: &Chosen, request: u32) -> Vec<(NodeId, u32)> {
        let nodes = &self.topology.nodes;
        let subject = self.subject_of(request);
        let pools: Vec<NodeId> = match chosen.of {
            Whom::Event => subject.map(|(id, _)| id).into_iter().collect(),
            Whom::Pool(id) => vec![id],
            Whom::All => (0..nodes.len()).map(NodeId::at).collect(),
        };
        let is_meant = |number| chosen.of != Whom::Event || subject.is_some_and(|(_, subject)| subject == number);
        let mut found = Vec::new();
        for id in pools.into_iter().filter(|id| nodes[id.index()].kind.has_machines()) {
            let pool = self.pool(id);
            let there: Vec<u32> = pool.newest_first(|phase| state_of(phase).is_some()).collect();
            let numbers = there.into_iter().rev().map(|index| pool.workers[index as usize]);
            let numbers = numbers.filter(|worker| is_meant(worker.number) && self.is_chosen(id, worker, chosen));
            found.extend(numbers.map(|worker| (id, worker.number)));
        }
        found
    }

    fn is_chosen(&self, id: NodeId, worker: &Worker, chosen: &Chosen) -> bool {
        let state = state_of(worker.phase);
        let of_state = state.is_some() && (chosen.state.is_none() || chosen.state == state);
        let has = |wanted: &Wanted| self.tags_of(id, worker.number).any(|tag| wanted.is(tag));
        of_state && chosen.with.iter().all(has) && !chosen.without.iter().any(has)
    }

    /// The tags of a machine: those that it was launched with, and of its pool those that these do not replace.
    fn tags_of(&self, id: NodeId, number: u32) -> impl Iterator<Item = &'a Tag> + Clone {
        let own: &'a [Tag] = self.tagged.get(&(id, number)).copied().unwrap_or_default();
        let of_all: &'a [Tag] = &self.pool(id).plan.tags;
        own.iter().chain(of_all.iter().filter(move |tag| own.iter().all(|other| other.name != tag.name)))
    }

    /// Machines are launched into a pool, as many of them as can be. Refused where none can (Amazon EC2 API reference,
    /// RunInstances: as many as possible, at least the least that is asked for).
    fn launches_more<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, launch: &'a Launch) -> Result<(), Loss> {
        let Launch { pool: id, count, tags } = launch;
        let mut spread = self.spread(*id);
        let mut launched = 0;
        if !self.topology.nodes[id.index()].kind.has_machines() {
            return Err(Loss::Error);
        }
        for _ in 0..*count {
            if self.pool(*id).order.len() >= MOST {
                break;
            }
            let Some((number, runs)) = self.asks_for(cx, *id, &mut spread) else { break };
            self.pool_mut(*id).levels.desired.up(cx.now());
            if let Some(after) = runs {
                // Even without a wait not within this step: who comes into service may change what the one does that acts.
                cx.plan(cx.now() + after, Event::Run { pool: *id, worker: number });
            }
            if !tags.is_empty() {
                self.tagged.insert((*id, number), tags);
            }
            launched += 1;
        }
        if launched == 0 { Err(Loss::Throttled) } else { Ok(()) }
    }

    /// A group has other bounds, and wants what is said, or what it wanted within them. Refused where they make no sense (EC2
    /// Auto Scaling API reference, UpdateAutoScalingGroup).
    fn sets_capacity<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, capacity: Capacity) -> Result<(), Loss> {
        let Capacity { pool: id, min, desired, max } = capacity;
        let now = cx.now();
        let from = self.pool(id).levels.desired.level() as u32;
        let governor = self.controllers.iter_mut().find(|controller| controller.pool == id);
        let Some(group) = governor.and_then(|governor| governor.group_mut()) else { return Err(Loss::Error) };
        let before = group.bounds();
        let bounds = Bounds { min: min.unwrap_or(before.min), max: max.unwrap_or(before.max) };
        let fits = |size: u32| (bounds.min..=bounds.max).contains(&size);
        if bounds.min > bounds.max || desired.is_some_and(|desired| !fits(desired)) {
            return Err(Loss::Error);
        }
        group.set_bounds(bounds);
        let to = desired.unwrap_or(from.clamp(bounds.min, bounds.max));
        let decision = Decision {
            at: now,
            from,
            to,
            asked: to,
            metric: None,
            visible: 0,
            in_flight: 0,
            why: Reason::Told,
            edge: None,
            base: None,
        };
        cx.tell(Fact::Decided { pool: id, decision });
        if to != from {
            let lag = self.wants(now, id, to);
            // Those who go may be the one that acts: not before it has.
            cx.plan(now + Span::from_nanos(lag), Event::Reconcile { pool: id });
        }
        Ok(())
    }
}

/// The state of a machine, as others see it; `None` where it is nobody else's.
fn state_of(phase: Phase) -> Option<MachineState> {
    match phase {
        Phase::Pending => Some(MachineState::Pending),
        Phase::Booting | Phase::Ready | Phase::Failed => Some(MachineState::Running),
        Phase::Draining | Phase::Noticed | Phase::Leaving => Some(MachineState::Running),
        Phase::Stopping => Some(MachineState::Stopping),
        Phase::Stopped => Some(MachineState::Stopped),
        Phase::Changing | Phase::Preparing | Phase::Warm | Phase::Gone => None,
    }
}
