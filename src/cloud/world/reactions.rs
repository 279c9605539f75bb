//! Pools whose size follows each arrival and each departure: looked at after every event, once nothing else is left to do.

use std::collections::BTreeMap;

use crate::cloud::fact::Fact;
use crate::cloud::node::{Node, Phase, Track};
use crate::cloud::scaling::{Decision, Reactive, Reason, Scene};
use crate::cloud::topology::{NodeId, NodeKind, Termination, Topology};
use crate::cloud::world::{Alarm, World};
use crate::engine::{Context, Observer};
use crate::ground::time::{SimTime, Span};

/// What governs one such pool.
#[derive(Debug)]
pub(super) struct Reactor<'a> {
    pool: NodeId,
    rule: &'a Reactive,
    /// The number inside when it was last looked at.
    before: u64,
    /// Workers, by index, that have come to hold nothing since, where idle ones go.
    freed: Vec<u32>,
    /// Since when workers, by number, are idle.
    idle: BTreeMap<u32, SimTime>,
    /// 1 while that size is wanted, by size from the first that is told.
    sizes: Vec<Track>,
}

/// What governs the pools of a topology that follow each arrival and departure.
pub(super) fn reactors<'a>(topology: &'a Topology) -> Vec<Reactor<'a>> {
    let pools = topology.nodes.iter().enumerate().filter_map(|(index, node)| match &node.kind {
        NodeKind::Pool(pool) => Some((NodeId::at(index), pool.scaling.reactive()?)),
        _ => None,
    });
    let reactor = |(pool, rule): (NodeId, &'a Reactive)| Reactor {
        pool,
        rule,
        before: 0,
        freed: Vec::new(),
        idle: BTreeMap::new(),
        sizes: rule.told_sizes().map(|_| Track::default()).collect(),
    };
    pools.map(reactor).collect()
}

impl World<'_> {
    /// Tells pools whose idle workers go that somebody must hear of it when a worker comes to hold nothing.
    pub(super) fn warn_of_idleness(&mut self) {
        for at in 0..self.reactors.len() {
            let Reactor { pool, rule, .. } = self.reactors[at];
            let leave = rule.idle().is_some();
            self.pool_mut(pool).is_watched(leave);
            let first = self.pool(pool).plan.workers.unwrap_or(0);
            self.notes_size(SimTime::START, pool, None, first);
        }
    }

    /// A worker has come to hold nothing.
    #[cold]
    pub(super) fn comes_to_rest(&mut self, id: NodeId, index: u32) {
        let of = |reactor: &&mut Reactor<'_>| reactor.pool == id && reactor.rule.idle().is_some();
        if let Some(reactor) = self.reactors.iter_mut().find(of) {
            reactor.freed.push(index);
        }
    }

    /// Looks at all of them; false where nothing has changed.
    #[inline(never)]
    pub(super) fn reacts<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>) -> bool {
        let mut changed = false;
        for at in 0..self.reactors.len() {
            changed |= self.reacts_at(cx, at);
        }
        changed
    }

    fn reacts_at<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, at: usize) -> bool {
        let Reactor { pool: id, rule, before, .. } = self.reactors[at];
        let scene = self.scene(id);
        self.reactors[at].before = scene.inside;
        let (wanted, why) = rule.wanted(before, &scene);
        if wanted != scene.wanted {
            self.resolves(cx, id, &scene, wanted, why);
        }
        let have = scene.on + scene.coming;
        if have < wanted && self.pool(id).tries_again <= cx.now() {
            let mut spread = self.spread(id);
            self.launches(cx, id, wanted - have, &mut spread);
        } else if have > wanted {
            self.lets_some_go(cx, id, have - wanted);
        }
        if !self.reactors[at].freed.is_empty() {
            self.idle_ones(cx, at, scene.waiting == 0);
        }
        // Whom protection keeps, or an account denies, is neither gone nor there: nothing more is done about it now.
        let now = self.scene(id);
        now.on + now.coming != have
    }

    fn scene(&self, id: NodeId) -> Scene {
        let pool = self.pool(id);
        let levels = &pool.levels;
        let visible = |&queue: &NodeId| match &self.nodes[queue.index()] {
            Node::Queue(queue) => queue.visible.level(),
            _ => 0,
        };
        let waiting = levels.line.level() + pool.feeds.iter().map(visible).sum::<u64>();
        Scene {
            waiting,
            inside: waiting + pool.in_service(),
            idle: levels.slots.level().saturating_sub(levels.busy.level()),
            slots: pool.stride,
            on: (levels.ready.level() + levels.failed.level() + levels.off.level()) as u32,
            coming: (levels.pending.level() + levels.booting.level()) as u32,
            wanted: levels.desired.level() as u32,
        }
    }

    /// Another number is wanted.
    fn resolves<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: NodeId,
        scene: &Scene,
        wanted: u32,
        why: Reason,
    ) {
        let now = cx.now();
        let Scene { waiting, inside, wanted: from, .. } = *scene;
        self.pool_mut(id).levels.desired.set(now, u64::from(wanted));
        self.notes_size(now, id, Some(from), wanted);
        let decision = Decision {
            at: now,
            from,
            to: wanted,
            asked: wanted,
            metric: None,
            visible: waiting,
            in_flight: inside - waiting,
            why,
            edge: None,
            base: None,
        };
        cx.tell(Fact::Decided { pool: id, decision });
    }

    /// Another size is wanted: of how long each was, one may be told.
    fn notes_size(&mut self, now: SimTime, id: NodeId, from: Option<u32>, to: u32) {
        let Some(reactor) = self.reactors.iter_mut().find(|reactor| reactor.pool == id) else { return };
        let first = u32::from(*reactor.rule.told_sizes().start());
        let mut set = |size: u32, level| {
            if let Some(track) = size.checked_sub(first).and_then(|place| reactor.sizes.get_mut(place as usize)) {
                track.set(now, level);
            }
        };
        from.into_iter().for_each(|from| set(from, 0));
        set(to, 1);
    }

    /// For how long each size was wanted of a pool, by size.
    pub(super) fn told_sizes(&self, id: NodeId) -> impl Iterator<Item = (u16, &Track)> {
        let of = self.reactors.iter().filter(move |reactor| reactor.pool == id);
        of.flat_map(|reactor| reactor.rule.told_sizes().zip(&reactor.sizes))
    }

    /// So many are too many: those on their way go first, the newest of them before the others, then idle ones.
    fn lets_some_go<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, surplus: u32) {
        let plan = self.pool(id).plan;
        let plain = plan.scale_in.termination == Termination::Idle
            && plan.spot.is_none()
            && plan.lodging.is_none()
            && self.topology.zones.len() < 2;
        let mut left = surplus;
        // Where it is plain who goes, nobody else is looked at.
        while plain && left > 0 {
            let on_their_way = |phase| matches!(phase, Phase::Pending | Phase::Booting);
            let Some(index) = self.pool(id).newest_first(on_their_way).next() else { break };
            self.retire(cx, id, index, plan.scale_in.held);
            left -= 1;
        }
        if left > 0 {
            self.reconcile(cx, id);
        }
    }

    /// Workers that have come to hold nothing begin to be idle, or go at once. While somebody waits they are still looked at
    /// after the next event.
    fn idle_ones<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, at: usize, nobody_waits: bool) {
        let now = cx.now();
        let Reactor { pool: id, rule, .. } = self.reactors[at];
        let Some(law) = rule.idle() else { return };
        let mut freed = std::mem::take(&mut self.reactors[at].freed);
        freed.retain(|&index| {
            let pool = self.pool(id);
            pool.workers[index as usize].phase == Phase::Ready && pool.is_empty(index)
        });
        for &index in freed.iter().filter(|_| nobody_waits) {
            let pool = self.pool(id);
            let number = pool.workers[index as usize].number;
            let key = pool.key.named("idle").nth(u64::from(number));
            let stays = Span::from_nanos(law.sample(&mut key.draw(now.nanos())));
            if stays == Span::ZERO {
                self.leaves_for_idleness(cx, at, index);
            } else {
                self.reactors[at].idle.insert(number, now);
                self.set_alarm(cx, stays, Alarm::StoodIdle { pool: id, worker: number, since: now });
            }
        }
        if nobody_waits {
            freed.clear();
        }
        // The list keeps its room: nothing is allocated for each event.
        self.reactors[at].freed = freed;
    }

    /// A worker may have been idle for as long as it may be.
    pub(super) fn stood_idle<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: NodeId,
        number: u32,
        since: SimTime,
    ) {
        let Some(at) = self.reactors.iter().position(|reactor| reactor.pool == id) else { return };
        if self.reactors[at].idle.get(&number) != Some(&since) {
            return;
        }
        self.reactors[at].idle.remove(&number);
        let pool = self.pool(id);
        if let Some(index) = pool.numbered(number)
            && pool.workers[index as usize].phase == Phase::Ready
            && pool.is_empty(index)
        {
            self.leaves_for_idleness(cx, at, index);
        }
    }

    fn leaves_for_idleness<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, at: usize, index: u32) {
        let Reactor { pool: id, rule, .. } = self.reactors[at];
        let scene = self.scene(id);
        if scene.on <= rule.min() {
            return;
        }
        self.resolves(cx, id, &scene, (scene.on + scene.coming).saturating_sub(1), Reason::Idle);
        let held = self.pool(id).plan.scale_in.held;
        self.retire(cx, id, index, held);
    }
}
