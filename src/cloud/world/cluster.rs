//! Pods on machines: who has room for whom, and what becomes of pods whose machine goes.

use crate::cloud::event::Event;
use crate::cloud::fact::{Fact, Loss};
use crate::cloud::node::Phase;
use crate::cloud::scaling::ProviderMemory;
use crate::cloud::scaling::kubernetes::Space;
use crate::cloud::topology::{Cluster, Held, Lodging, NodeId, NodeKind, Placement, Topology};
use crate::cloud::world::fleet::is_wanted;
use crate::cloud::world::{Alarm, Move, World};
use crate::engine::{Context, Observer};
use crate::ground::time::{SimTime, Span};

/// A pod: a worker of a pool, by its number.
pub(super) type Pod = (NodeId, u32);

/// The machines of one cluster that serve, and who waits for one.
#[derive(Debug)]
pub(super) struct Housing<'a> {
    pub(super) node: NodeId,
    pub(super) plan: &'a Cluster,
    /// Pods that no machine has room for, in the order in which they came.
    pub(super) waiting: Vec<Pod>,
    pub(super) hosts: Vec<Host>,
    /// Pods that nobody had room for, which Karpenter has not yet acted on: when the first came, and the last.
    pub(super) batch: Option<(SimTime, SimTime)>,
    /// When a machine was last added.
    pub(super) added: Option<SimTime>,
    /// What its capacity provider remembers.
    pub(super) provider: ProviderMemory,
}

/// A machine that serves, or goes and still has pods.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) number: u32,
    /// Its zone.
    pub(super) zone: u16,
    /// Whether pods may come.
    pub(super) open: bool,
    pub(super) space: Space,
    pub(super) pods: Vec<Pod>,
    /// Pools whose image it has, or has begun to pull: when it is there.
    pub(super) images: Vec<(NodeId, SimTime)>,
    /// Since when it could go.
    pub(super) unneeded: Option<SimTime>,
    /// When a pod last came or went.
    pub(super) changed: SimTime,
}

/// The clusters of a topology, without machines yet.
pub(super) fn housings(topology: &Topology) -> Vec<Housing<'_>> {
    let clusters = topology.nodes.iter().enumerate().filter_map(|(index, node)| match &node.kind {
        NodeKind::Cluster(plan) => Some(Housing {
            node: NodeId::at(index),
            plan,
            waiting: Vec::new(),
            hosts: Vec::new(),
            batch: None,
            added: None,
            provider: ProviderMemory::default(),
        }),
        _ => None,
    });
    clusters.collect()
}

impl Housing<'_> {
    /// A machine on which nobody is.
    pub(super) fn empty(&self) -> Space {
        Space { room: self.plan.room, places: self.plan.pods }
    }
}

impl World<'_> {
    /// The cluster that a node is, by its place among them.
    pub(super) fn cluster_at(&self, id: NodeId) -> Option<usize> {
        self.housings.iter().position(|housing| housing.node == id)
    }

    /// Where the workers of a pool run, by the cluster's place, if they run on one.
    pub(super) fn lodging(&self, id: NodeId) -> Option<(usize, Lodging)> {
        let lodging = self.pool(id).plan.lodging?;
        Some((self.cluster_at(lodging.cluster)?, lodging))
    }

    /// A pod waits for a machine; one is looked for once all that happens now has happened.
    pub(super) fn waits_for_room(&mut self, id: NodeId, number: u32) {
        let Some((at, lodging)) = self.lodging(id) else { return };
        self.housings[at].waiting.push((id, number));
        self.moves.push_back(Move::Seat { cluster: lodging.cluster });
    }

    /// At the start a pod that serves has its machine; one that grows with its pods has as many as they need. False where
    /// there is none for it.
    pub(super) fn is_lodged_at_the_start<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: NodeId,
        index: u32,
    ) -> bool {
        let Some((at, lodging)) = self.lodging(id) else { return true };
        let number = self.pool(id).workers[index as usize].number;
        let mut host = self.host_for(at, id, number, lodging.needs);
        if host.is_none() && self.may_have_another(at) && self.housings[at].empty().fits(lodging.needs) {
            let cluster = lodging.cluster;
            let desired = self.pool(cluster).levels.desired.level();
            self.pool_mut(cluster).levels.desired.set(cx.now(), desired + 1);
            let mut spread = self.spread(cluster);
            self.begins_ready(cx, cluster, &mut spread);
            host = self.host_for(at, id, number, lodging.needs);
        }
        let Some(host) = host else { return false };
        self.sits_on(at, host, lodging, (id, index), cx.now());
        // What serves from the start was pulled before.
        self.housings[at].hosts[host].images.push((id, SimTime::START));
        true
    }

    /// A pod has its machine, and is in its zone.
    fn sits_on(&mut self, at: usize, host: usize, lodging: Lodging, (id, index): (NodeId, u32), now: SimTime) {
        let pod = (id, self.pool(id).workers[index as usize].number);
        let housing = &mut self.housings[at];
        let (cluster, host) = (housing.node, &mut housing.hosts[host]);
        let fits = host.space.takes(lodging.needs);
        debug_assert!(fits, "it was asked before");
        host.pods.push(pod);
        (host.changed, host.unneeded) = (now, None);
        let machine = host.number;
        let asked = &mut self.pool_mut(cluster).levels.busy;
        asked.set(now, asked.level() + lodging.needs.cpu);
        if let Some(place) = self.pool(cluster).numbered(machine) {
            let zone = self.pool(cluster).workers[place as usize].zone;
            self.pool_mut(id).workers[index as usize].zone = zone;
        }
    }

    /// Pods that wait get machines, first come first, where some have room; for the others somebody may add some.
    pub(super) fn seats<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, cluster: NodeId) {
        let Some(at) = self.cluster_at(cluster) else { return };
        let waiting = std::mem::take(&mut self.housings[at].waiting);
        for (id, number) in waiting {
            let Some(index) = self.pool(id).numbered(number) else { continue };
            if !self.seats_one(cx, id, index) {
                self.housings[at].waiting.push((id, number));
            }
        }
        if !self.housings[at].waiting.is_empty() {
            self.pods_wait(cx, at);
        }
    }

    /// A pod gets a machine, where one has room for it.
    fn seats_one<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32) -> bool {
        let Some((at, lodging)) = self.lodging(id) else { return false };
        let number = self.pool(id).workers[index as usize].number;
        let Some(host) = self.host_for(at, id, number, lodging.needs) else { return false };
        self.sits_on(at, host, lodging, (id, index), cx.now());
        // Its place is its own while it waits for the turn of its service.
        let is_task = matches!(self.housings[at].plan.placement, Placement::Strategies(_));
        let turn = if is_task { self.turn_of_service(cx.now(), id) } else { Span::ZERO };
        let pool = self.pool(id);
        let pending = pool.plan.life.pending.sample(&mut pool.key.named("pending").draw(u64::from(number)));
        cx.plan(cx.now() + turn + Span::from_nanos(pending), Event::Run { pool: id, worker: number });
        self.tells_of_launch(cx, id, number);
        true
    }

    /// A pod that was just asked for gets a machine, or waits for one; false of a task that does not, as no machine has room
    /// for it (Amazon ECS developer guide, *Service event messages*: unable to place a task).
    pub(super) fn is_lodged<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32) -> bool {
        let number = self.pool(id).workers[index as usize].number;
        match self.lodging(id) {
            Some(_) if self.tries_again(id) => self.seats_one(cx, id, index),
            _ => {
                self.waits_for_room(id, number);
                true
            }
        }
    }

    /// How long until the machine of a pod has its image, which it pulls for the first of its kind.
    pub(super) fn pulls_image(&mut self, now: SimTime, id: NodeId, number: u32) -> Span {
        let Some((at, lodging)) = self.lodging(id) else { return Span::ZERO };
        let housing = &mut self.housings[at];
        let Some(host) = housing.hosts.iter_mut().find(|host| host.pods.contains(&(id, number))) else {
            return Span::ZERO;
        };
        if let Some(&(_, there)) = host.images.iter().find(|image| image.0 == id) {
            return there.max(now) - now;
        }
        let pull = housing.plan.pulls(lodging.image);
        host.images.push((id, now + pull));
        pull
    }

    /// A machine of a cluster serves: pods may come.
    pub(super) fn opens_to_pods(&mut self, id: NodeId, number: u32, now: SimTime) {
        let Some(at) = self.cluster_at(id) else { return };
        let machines = self.pool(id);
        let zone = machines.numbered(number).map_or(0, |index| machines.workers[index as usize].zone);
        let housing = &mut self.housings[at];
        let space = housing.empty();
        let (pods, images) = (Vec::new(), Vec::new());
        housing.hosts.push(Host { number, zone, open: true, space, pods, images, unneeded: None, changed: now });
        self.moves.push_back(Move::Seat { cluster: id });
    }

    /// No more pods come to a machine.
    pub(super) fn closes_to_pods(&mut self, id: NodeId, number: u32) {
        let Some(at) = self.cluster_at(id) else { return };
        if let Some(host) = self.housings[at].hosts.iter_mut().find(|host| host.number == number) {
            host.open = false;
        }
    }

    /// Whether a machine that goes must wait for pods.
    pub(super) fn has_pods(&self, id: NodeId, number: u32) -> bool {
        let Some(at) = self.cluster_at(id) else { return false };
        self.housings[at].hosts.iter().any(|host| host.number == number && !host.pods.is_empty())
    }

    /// A worker is gone: a pod leaves its machine, and a machine its pods, who are lost with it.
    pub(super) fn moves_out<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, number: u32) {
        if let Some(at) = self.cluster_at(id) {
            self.loses_its_pods(cx, id, number, |_| true);
            self.housings[at].hosts.retain(|host| host.number != number);
            self.counts_machines(cx.now(), at);
            // There may be another in its place, for pods that wait.
            self.moves.push_back(Move::Seat { cluster: id });
            return;
        }
        let Some((at, lodging)) = self.lodging(id) else { return };
        let housing = &mut self.housings[at];
        housing.waiting.retain(|&pod| pod != (id, number));
        let Some(host) = housing.hosts.iter_mut().find(|host| host.pods.contains(&(id, number))) else { return };
        host.pods.retain(|&pod| pod != (id, number));
        host.space = Space { room: host.space.room.with(lodging.needs), places: host.space.places + 1 };
        host.changed = cx.now();
        let (machine, is_empty, done) = (host.number, host.pods.is_empty(), !host.open && host.pods.is_empty());
        let asked = &mut self.pool_mut(lodging.cluster).levels.busy;
        asked.set(cx.now(), asked.level() - lodging.needs.cpu);
        self.moves.push_back(Move::Seat { cluster: lodging.cluster });
        if is_empty && self.pool(lodging.cluster).surplus > 0 {
            // It was protected until now.
            self.lets_go(lodging.cluster);
        }
        if done && let Some(index) = self.pool(lodging.cluster).numbered(machine) {
            self.goes_if_done(cx, lodging.cluster, index);
        }
    }

    /// Pods of a machine that are lost with it, and come again elsewhere.
    pub(super) fn loses_its_pods<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: NodeId,
        number: u32,
        which: impl Fn(Phase) -> bool,
    ) {
        let mut pools: Vec<NodeId> = Vec::new();
        for (pool, pod) in self.pods_of(id, number) {
            let Some(index) = self.pool(pool).numbered(pod) else { continue };
            if which(self.pool(pool).workers[index as usize].phase) {
                self.perishes(cx, pool, index);
                pools.push(pool);
            }
        }
        pools.dedup();
        for pool in pools {
            self.line_without_workers(cx, pool, Loss::Crashed);
            self.notes_absence(cx, pool);
            self.reconcile(cx, pool);
        }
    }

    /// The pods of a machine.
    fn pods_of(&self, id: NodeId, number: u32) -> Vec<Pod> {
        let Some(at) = self.cluster_at(id) else { return Vec::new() };
        let host = self.housings[at].hosts.iter().find(|host| host.number == number);
        host.map(|host| host.pods.clone()).unwrap_or_default()
    }

    /// A pod is gone with all that it holds.
    fn perishes<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, index: u32) {
        let now = cx.now();
        self.withdraws(cx, id, index);
        let pool = self.pool_mut(id);
        let worker = &mut pool.workers[index as usize];
        match worker.phase {
            Phase::Pending => pool.levels.pending.down(now),
            Phase::Draining | Phase::Noticed => {
                // One that drains would go by itself as soon as it is empty.
                worker.phase = Phase::Noticed;
                self.empty(cx, id, index, Held::Lost, Loss::Crashed);
                self.pool_mut(id).levels.draining.down(now);
            }
            Phase::Leaving => pool.levels.draining.down(now),
            _ => return,
        }
        self.gone(cx, id, index);
    }

    /// A machine fails: no pod comes, those that serve are down with it, those that start are lost.
    pub(super) fn takes_its_pods_down<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: NodeId,
        number: u32,
        held: Held,
        moves: bool,
    ) {
        let Some(at) = self.cluster_at(id) else { return };
        self.closes_to_pods(id, number);
        let since = cx.now();
        let patience = [(self.housings[at].plan.evict_after, false), (self.gives_up_after(at), true)];
        for (after, given_up) in patience {
            if let Some(after) = after {
                self.set_alarm(cx, after, Alarm::Unready { pool: id, worker: number, since, given_up });
            }
        }
        self.loses_its_pods(cx, id, number, |phase| matches!(phase, Phase::Pending | Phase::Booting));
        for (pool, pod) in self.pods_of(id, number) {
            if let Some(index) = self.pool(pool).numbered(pod) {
                self.goes_down(cx, pool, index, held, moves);
            }
        }
    }

    /// A machine is mended, and its pods with it.
    pub(super) fn brings_its_pods_up<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, number: u32) {
        let Some(at) = self.cluster_at(id) else { return };
        let index = self.pool(id).numbered(number);
        let serves = index.is_some_and(|index| self.pool(id).workers[index as usize].phase == Phase::Ready);
        if let Some(host) = self.housings[at].hosts.iter_mut().find(|host| host.number == number) {
            host.open = serves;
        }
        for (pool, pod) in self.pods_of(id, number) {
            if let Some(index) = self.pool(pool).numbered(pod) {
                self.comes_up(cx, pool, index);
            }
        }
        self.moves.push_back(Move::Seat { cluster: id });
    }

    /// A machine is to go: its pods are told to, and come again elsewhere; it is gone when they are.
    pub(super) fn clears_out<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, number: u32) {
        self.closes_to_pods(id, number);
        let Some(index) = self.pool(id).numbered(number) else { return };
        self.retire(cx, id, index, Held::Finish);
        self.sends_its_pods_away(cx, id, number);
    }

    /// The pods of a machine are told to go, and come again elsewhere.
    pub(super) fn sends_its_pods_away<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, number: u32) {
        let mut pools: Vec<NodeId> = Vec::new();
        for (pool, pod) in self.pods_of(id, number) {
            let Some(index) = self.pool(pool).numbered(pod) else { continue };
            if is_wanted(self.pool(pool).workers[index as usize].phase) {
                let held = self.pool(pool).plan.scale_in.held;
                self.retire(cx, pool, index, held);
                pools.push(pool);
            }
        }
        pools.dedup();
        pools.into_iter().for_each(|pool| self.reconcile(cx, pool));
    }
}
