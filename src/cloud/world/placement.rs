//! Which machine of a cluster gets a pod or a task, and which task of a service stops.

use std::cmp::Reverse;

use crate::cloud::topology::{NodeId, Pauses, Placement, Room, Strategy};
use crate::cloud::world::World;
use crate::cloud::world::cluster::Host;
use crate::cloud::world::fleet::is_wanted;
use crate::ground::chance::below;
use crate::ground::time::SimTime;

impl World<'_> {
    /// The open machine with room that gets a pod or a task, by its place; of those that are equal the lowest number.
    pub(super) fn host_for(&self, at: usize, id: NodeId, number: u32, needs: Room) -> Option<usize> {
        let housing = &self.housings[at];
        let fits = |&place: &usize| housing.hosts[place].open && housing.hosts[place].space.fits(needs);
        let fitting = (0..housing.hosts.len()).filter(fits);
        match &housing.plan.placement {
            Placement::LeastAsked => {
                let asked = |&place: &usize| housing.hosts[place].space.room.asked_of(housing.plan.room);
                // Of equal ones `min_by` takes the first.
                fitting.min_by(|one, other| asked(one).total_cmp(&asked(other)))
            }
            Placement::Strategies(strategies) => self.narrowed(at, id, number, strategies, fitting.collect()),
        }
    }

    /// Each strategy in turn leaves fewer machines; of what is left, one with the fewest tasks of the service (Amazon ECS
    /// developer guide, *Use strategies to define Amazon ECS task placement* and *Service scheduler concepts*).
    fn narrowed(
        &self,
        at: usize,
        id: NodeId,
        number: u32,
        strategies: &[Strategy],
        mut fitting: Vec<usize>,
    ) -> Option<usize> {
        let hosts = &self.housings[at].hosts;
        let only_zones = [Strategy::SpreadZone];
        let strategies = if strategies.is_empty() { &only_zones } else { strategies };
        for strategy in strategies {
            match strategy {
                Strategy::SpreadZone => {
                    let there = self.tasks_by_zone(at, id);
                    keep_least(&mut fitting, |place| there.get(usize::from(hosts[place].zone)).copied().unwrap_or(0));
                }
                Strategy::BinpackCpu => keep_least(&mut fitting, |place| hosts[place].space.room.cpu),
                Strategy::BinpackMemory => keep_least(&mut fitting, |place| hosts[place].space.room.memory),
                Strategy::Random if fitting.len() > 1 => {
                    let mut draw = self.pool(id).key.named("placed").draw(u64::from(number));
                    let chosen = below(&mut draw, fitting.len() as u64) as usize;
                    fitting = vec![fitting[chosen]];
                }
                Strategy::Random => {}
            }
        }
        fitting.into_iter().min_by_key(|&place| (self.tasks_on(&hosts[place], id), place))
    }

    /// Whether a worker of a pool is one of those that are wanted.
    fn is_task(&self, id: NodeId, number: u32) -> bool {
        let pool = self.pool(id);
        pool.numbered(number).is_some_and(|index| is_wanted(pool.workers[index as usize].phase))
    }

    /// The tasks of a service on a machine, without those that stop.
    fn tasks_on(&self, host: &Host, id: NodeId) -> usize {
        host.pods.iter().filter(|pod| pod.0 == id && self.is_task(id, pod.1)).count()
    }

    /// The tasks of a service in each zone, without those that stop.
    fn tasks_by_zone(&self, at: usize, id: NodeId) -> Vec<usize> {
        let mut there = vec![0; self.topology.zones.len().max(1)];
        for host in &self.housings[at].hosts {
            there[usize::from(host.zone)] += self.tasks_on(host, id);
        }
        there
    }

    /// The tasks of a service that stop when so many are too many, those in protection left out; `None` of a pool that is none.
    ///
    /// Tasks that have no machine yet go first, the newest of them before the others. Then the placement is kept to (the
    /// same guide): of the zone that has the most; with `binpack` the one that leaves the most of its machine; and then, where
    /// strategies are given, any by lot, else one of the machine that has the most of them, the newest.
    pub(super) fn tasks_to_stop(&self, id: NodeId, now: SimTime, surplus: u32, free: &[u32]) -> Option<Vec<u32>> {
        let pool = self.pool(id);
        let lodging = pool.plan.lodging?;
        let at = self.cluster_at(lodging.cluster)?;
        let Placement::Strategies(strategies) = &self.housings[at].plan.placement else { return None };
        let hosts = &self.housings[at].hosts;
        let host_of = |index: u32| {
            let number = pool.workers[index as usize].number;
            hosts.iter().position(|host| host.pods.contains(&(id, number)))
        };
        let mut seated: Vec<(u32, usize)> = Vec::new();
        let mut going: Vec<u32> = Vec::new();
        for &index in free {
            match host_of(index) {
                Some(host) => seated.push((index, host)),
                None => going.push(index),
            }
        }
        going.truncate(surplus as usize);
        let mut zones = self.tasks_by_zone(at, id);
        let mut each: Vec<usize> = hosts.iter().map(|host| self.tasks_on(host, id)).collect();
        let mut left: Vec<Room> = hosts.iter().map(|host| host.space.room).collect();
        let lots = pool.key.named("stops").nth(now.nanos());
        while going.len() < surplus as usize && !seated.is_empty() {
            let mut among: Vec<usize> = (0..seated.len()).collect();
            let only_zones = [Strategy::SpreadZone];
            for strategy in if strategies.is_empty() { &only_zones[..] } else { strategies } {
                let zone = |place: usize| usize::from(hosts[seated[place].1].zone);
                match strategy {
                    Strategy::SpreadZone => keep_least(&mut among, |place| Reverse(zones[zone(place)])),
                    Strategy::BinpackCpu => keep_least(&mut among, |place| Reverse(left[seated[place].1].cpu)),
                    Strategy::BinpackMemory => keep_least(&mut among, |place| Reverse(left[seated[place].1].memory)),
                    Strategy::Random => {}
                }
            }
            let stops = if strategies.is_empty() {
                // The newest come first.
                among.into_iter().min_by_key(|&place| (Reverse(each[seated[place].1]), place))
            } else {
                let lot = |place: usize| {
                    let number = pool.workers[seated[place].0 as usize].number;
                    below(&mut lots.draw(u64::from(number)), u64::MAX)
                };
                among.into_iter().min_by_key(|&place| (lot(place), place))
            };
            let Some(stops) = stops else { break };
            let (index, host) = seated.remove(stops);
            zones[usize::from(hosts[host].zone)] -= 1;
            each[host] -= 1;
            left[host] = left[host].with(lodging.needs);
            going.push(index);
        }
        Some(going)
    }

    /// Whether what no machine has room for is not waited for: it is asked for again.
    pub(super) fn tries_again(&self, id: NodeId) -> bool {
        self.lodging(id).is_some_and(|(at, _)| self.housings[at].plan.retry.is_some())
    }

    /// The pauses of a pool whose launches come to nothing: of a service on a cluster without a capacity provider, or of the
    /// account.
    pub(super) fn pauses_of(&self, id: NodeId) -> Option<Pauses> {
        match self.pool(id).plan.lodging {
            Some(lodging) => self.housings[self.cluster_at(lodging.cluster)?].plan.retry,
            None => self.topology.account.as_ref().map(|account| account.retry),
        }
    }
}

/// Keeps those of which a figure is the least.
fn keep_least<K: Ord>(among: &mut Vec<usize>, figure: impl Fn(usize) -> K) {
    if let Some(least) = among.iter().map(|&place| figure(place)).min() {
        among.retain(|&place| figure(place) == least);
    }
}
