//! How many machines a cluster has: what its autoscaler sees of it, and does.

use crate::cloud::event::Event;
use crate::cloud::fact::Fact;
use crate::cloud::node::{Phase, Worker};
use crate::cloud::scaling::kubernetes::{ClusterAutoscaler, Karpenter, Nodes, Space, Why, moves_out, pack};
use crate::cloud::scaling::{Decision, Reason, Scaling};
use crate::cloud::topology::{Held, NodeId, Room};
use crate::cloud::world::World;
use crate::cloud::world::fleet::is_wanted;
use crate::engine::{Context, Observer};
use crate::ground::time::{SimTime, Span};

/// The look for pods that wait.
const FOR_PODS: u32 = 0;
/// Karpenter's look for machines that may go.
const FOR_MACHINES: u32 = 1;

impl World<'_> {
    pub(super) fn nodes_of(&self, at: usize) -> Option<Nodes> {
        match &self.housings[at].plan.machines.scaling {
            Scaling::Nodes(nodes) => Some(*nodes),
            _ => None,
        }
    }

    /// Whether a cluster that grows with its pods may have another machine.
    pub(super) fn may_have_another(&self, at: usize) -> bool {
        let desired = self.pool(self.housings[at].node).levels.desired.level();
        self.nodes_of(at).is_some_and(|nodes| desired < u64::from(nodes.bounds().1))
    }

    /// Plans the first looks of those who see to the number of machines.
    pub(super) fn first_looks_at_machines<O>(&mut self, cx: &mut Context<'_, O>) {
        for at in 0..self.housings.len() {
            let pool = self.housings[at].node;
            match self.nodes_of(at) {
                Some(Nodes::Autoscaler(rule)) => {
                    cx.plan(SimTime::START + rule.scan, Event::Look { pool, policy: FOR_PODS });
                }
                Some(Nodes::Karpenter(rule)) => {
                    cx.plan(SimTime::START + rule.poll, Event::Look { pool, policy: FOR_MACHINES });
                }
                Some(Nodes::Provider(rule)) => self.first_look_of_provider(cx, pool, rule.every),
                None => {}
            }
        }
    }

    /// Pods wait that nobody has room for: Karpenter acts when no other has come for a moment.
    pub(super) fn pods_wait<O>(&mut self, cx: &mut Context<'_, O>, at: usize) {
        let Some(Nodes::Karpenter(rule)) = self.nodes_of(at) else { return };
        let now = cx.now();
        let first = self.housings[at].batch.map_or(now, |(first, _)| first);
        self.housings[at].batch = Some((first, now));
        let closes = (now + rule.idle).min(first + rule.window);
        cx.plan(closes, Event::Look { pool: self.housings[at].node, policy: FOR_PODS });
    }

    /// Whoever sees to the number of machines looks, and acts.
    pub(super) fn look_at_machines<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, policy: u32) {
        let now = cx.now();
        let Some(at) = self.cluster_at(id) else { return };
        match (self.nodes_of(at), policy) {
            (Some(Nodes::Autoscaler(rule)), _) => {
                cx.plan(now + rule.scan, Event::Look { pool: id, policy });
                if !self.adds_machines(cx, at, rule.max) {
                    self.autoscaler_removes(cx, at, rule);
                }
            }
            (Some(Nodes::Karpenter(rule)), FOR_PODS) => {
                let Some((first, last)) = self.housings[at].batch else { return };
                if now >= last + rule.idle || now >= first + rule.window {
                    self.housings[at].batch = None;
                    self.adds_machines(cx, at, rule.max);
                }
            }
            (Some(Nodes::Karpenter(rule)), _) => {
                cx.plan(now + rule.poll, Event::Look { pool: id, policy });
                // Whoever could not be helped before is looked at again.
                if self.housings[at].batch.is_none() {
                    self.adds_machines(cx, at, rule.max);
                }
                self.karpenter_removes(cx, at, rule);
            }
            (Some(Nodes::Provider(rule)), _) => {
                cx.plan(now + rule.every, Event::Look { pool: id, policy });
                self.provider_looks(cx, at, rule);
            }
            (None, _) => {}
        }
    }

    /// Asks for as many machines as the pods need that wait, beside those that are on their way.
    fn adds_machines<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, at: usize, max: u32) -> bool {
        let housing = &self.housings[at];
        let (id, empty, pods) = (housing.node, housing.empty(), housing.waiting.len() as u32);
        if pods == 0 {
            return false;
        }
        let needs = housing.waiting.iter().filter_map(|&(pool, _)| Some(self.pool(pool).plan.lodging?.needs));
        let needs: Vec<Room> = needs.collect();
        let pool = self.pool(id);
        // What was asked for and is not there comes, also where it was refused and is asked for again.
        let there = |phase| is_wanted(phase) && !matches!(phase, Phase::Pending | Phase::Booting);
        let desired = pool.levels.desired.level() as u32;
        let coming = desired.saturating_sub(pool.newest_first(there).count() as u32);
        let coming = vec![empty; coming as usize];
        let needed = pack(needs.into_iter(), &mut coming.clone(), empty, u32::MAX);
        let added = needed.min(max.saturating_sub(desired));
        let why = match (needed, added) {
            (0, _) => Reason::Kubernetes(Why::NoRoom { pods }),
            (_, 0) => Reason::AtMost { max, wanted: desired + needed },
            _ => Reason::Kubernetes(Why::PodsWait { pods }),
        };
        self.decides_machines(cx, id, desired + added, why);
        if added > 0 {
            self.housings[at].added = Some(cx.now());
        }
        added > 0
    }

    fn decides_machines<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, to: u32, why: Reason) {
        let from = self.pool(id).levels.desired.level() as u32;
        let decision = Decision {
            at: cx.now(),
            from,
            to,
            asked: to,
            metric: None,
            visible: 0,
            in_flight: 0,
            why,
            edge: None,
            base: None,
        };
        cx.tell(Fact::Decided { pool: id, decision });
        if to > from {
            self.want(cx, id, to);
        }
    }

    /// What pods a machine has ask for; `None` where one of them is a job, which nobody takes from its machine.
    fn movable(&self, at: usize, host: usize) -> Option<Vec<Room>> {
        let pods = self.housings[at].hosts[host].pods.iter();
        let needs = pods.map(|&(pool, _)| {
            let pool = self.pool(pool);
            pool.plan.lodging.map(|lodging| lodging.needs).filter(|_| !pool.once)
        });
        needs.collect()
    }

    /// Whether all pods of a machine have room on others that are open and not in `but`, and these with them.
    fn could_go(&self, at: usize, host: usize, others: &mut [(usize, Space)]) -> bool {
        let Some(needs) = self.movable(at, host) else { return false };
        let mut spaces: Vec<Space> = others.iter().map(|other| other.1).collect();
        let goes = moves_out(needs.into_iter(), &mut spaces);
        others.iter_mut().zip(spaces).for_each(|(other, space)| other.1 = space);
        goes
    }

    /// The open machines, with what they have room for.
    fn open_hosts(&self, at: usize) -> Vec<(usize, Space)> {
        let hosts = self.housings[at].hosts.iter().enumerate();
        hosts.filter(|(_, host)| host.open).map(|(place, host)| (place, host.space)).collect()
    }

    /// The Cluster Autoscaler takes away machines that were not needed for long: many empty ones at a time, of others one.
    fn autoscaler_removes<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, at: usize, rule: ClusterAutoscaler) {
        let now = cx.now();
        let open = self.open_hosts(at);
        for &(host, space) in &open {
            let mut others: Vec<_> = open.iter().copied().filter(|&(other, _)| other != host).collect();
            let underused = space.room.asked_of(self.housings[at].plan.room) < rule.utilisation;
            let unneeded = underused && self.could_go(at, host, &mut others);
            let since = &mut self.housings[at].hosts[host].unneeded;
            *since = if unneeded { since.or(Some(now)) } else { None };
        }
        let rests = self.housings[at].added.is_some_and(|added| now < added + rule.after_add);
        let desired = self.pool(self.housings[at].node).levels.desired.level() as u32;
        let most = desired.saturating_sub(rule.min) as usize;
        if rests || most == 0 {
            return;
        }
        let hosts = &self.housings[at].hosts;
        let due = |empty: bool| {
            let of = hosts.iter().filter(move |host| host.pods.is_empty() == empty);
            of.filter(|host| host.unneeded.is_some_and(|since| since + rule.unneeded <= now)).map(|host| host.number)
        };
        let mut going: Vec<u32> = due(true).take(Nodes::EMPTY_AT_ONCE.min(most)).collect();
        if going.is_empty() {
            going.extend(due(false).next());
        }
        self.removes(cx, at, &going);
    }

    /// Karpenter takes away machines whose pods have room elsewhere, those with the fewest first, some at a time.
    fn karpenter_removes<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, at: usize, rule: Karpenter) {
        let now = cx.now();
        let mut open = self.open_hosts(at);
        let hosts = &self.housings[at].hosts;
        let closed = hosts.iter().filter(|host| !host.open).count() as u32;
        let mut budget = rule.may_go(hosts.len() as u32).saturating_sub(closed);
        let mut order: Vec<usize> = open.iter().map(|&(host, _)| host).collect();
        order.sort_by_key(|&host| (hosts[host].pods.len(), hosts[host].number));
        let mut going = Vec::new();
        for host in order {
            let settled = self.housings[at].hosts[host].changed + rule.consolidate_after <= now;
            let mut others: Vec<_> = open.iter().copied().filter(|&(other, _)| other != host).collect();
            let goes = settled && self.could_go(at, host, &mut others);
            let since = &mut self.housings[at].hosts[host].unneeded;
            *since = if goes { since.or(Some(now)) } else { None };
            if budget > 0 && since.is_some_and(|since| since + rule.validation <= now) {
                budget -= 1;
                open = others;
                going.push(self.housings[at].hosts[host].number);
            }
        }
        self.removes(cx, at, &going);
    }

    fn removes<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, at: usize, going: &[u32]) {
        if going.is_empty() {
            return;
        }
        let id = self.housings[at].node;
        let machines = going.len() as u32;
        let desired = self.pool(id).levels.desired.level() as u32;
        let left = desired.saturating_sub(machines);
        self.decides_machines(cx, id, left, Reason::Kubernetes(Why::Unneeded { machines }));
        self.pool_mut(id).levels.desired.set(cx.now(), u64::from(left));
        going.iter().for_each(|&number| self.clears_out(cx, id, number));
    }

    /// A machine was down for too long: its pods come again elsewhere, or it is given up itself.
    pub(super) fn is_down_for_long<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: NodeId,
        number: u32,
        since: SimTime,
        given_up: bool,
    ) {
        let Some(index) = self.pool(id).numbered(number) else { return };
        let Worker { phase, down, .. } = self.pool(id).workers[index as usize];
        if phase != Phase::Failed || down != since {
            return;
        }
        self.loses_its_pods(cx, id, number, |_| true);
        if given_up && self.is_provided(id) {
            // Its group replaces it.
            self.retire(cx, id, index, Held::Lost);
            self.reconcile(cx, id);
        } else if given_up {
            let desired = &mut self.pool_mut(id).levels.desired;
            let left = desired.level().saturating_sub(1);
            desired.set(cx.now(), left);
            self.retire(cx, id, index, Held::Lost);
        }
    }

    /// After how long a machine that is down is given up.
    pub(super) fn gives_up_after(&self, at: usize) -> Option<Span> {
        match self.nodes_of(at) {
            Some(Nodes::Autoscaler(rule)) => rule.unready,
            Some(Nodes::Provider(rule)) => rule.unready,
            Some(Nodes::Karpenter(_)) | None => None,
        }
    }

    /// A machine hears that it will be taken. Karpenter takes its pods away at once, so that others come for them (its
    /// documentation, *Disruption*, interruption).
    pub(super) fn hears_with_its_pods<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: NodeId, number: u32) {
        let Some(at) = self.cluster_at(id) else { return };
        if let Some(Nodes::Karpenter(_)) = self.nodes_of(at) {
            self.sends_its_pods_away(cx, id, number);
        }
    }

    /// A machine is gone that Karpenter did not take away: it wants no other in its place, unless pods wait.
    pub(super) fn counts_machines(&mut self, now: SimTime, at: usize) {
        if let Some(Nodes::Karpenter(_)) = self.nodes_of(at) {
            let id = self.housings[at].node;
            let living = self.living(id).len() as u64;
            let desired = &mut self.pool_mut(id).levels.desired;
            if desired.level() > living {
                desired.set(now, living);
            }
        }
    }
}
