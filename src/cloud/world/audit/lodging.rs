//! Every pod is on one machine that has room for it, or waits for one.

use std::collections::BTreeSet;

use crate::cloud::node::{Node, Phase, Pool};
use crate::cloud::topology::Room;
use crate::cloud::world::World;
use crate::cloud::world::cluster::{Housing, Pod};

impl World<'_> {
    pub(super) fn audit_lodging(&self) {
        for housing in &self.housings {
            self.audit_housing(housing);
        }
        let clusters: Vec<_> = self.housings.iter().map(|housing| housing.node).collect();
        for node in &self.nodes {
            let Node::Pool(pool) = node else { continue };
            let Some(lodging) = pool.plan.lodging else { continue };
            let housing = clusters.iter().position(|&cluster| cluster == lodging.cluster).expect("pods have a cluster");
            self.audit_pods(pool, &self.housings[housing]);
        }
    }

    fn audit_housing(&self, housing: &Housing<'_>) {
        let machines = self.pool(housing.node);
        let mut asked = 0;
        for host in &housing.hosts {
            let index = machines.numbered(host.number).expect("a host is a machine that is there");
            let phase = machines.workers[index as usize].phase;
            assert_eq!(host.open, phase == Phase::Ready, "{host:?} {phase:?}");
            assert!(phase != Phase::Draining || !host.pods.is_empty(), "a machine waits for nobody: {host:?}");
            let mut room = Room::default();
            for &(pool, _) in &host.pods {
                room = room.with(self.pool(pool).plan.lodging.expect("a pod").needs);
            }
            asked += room.cpu;
            assert_eq!(host.space.room.with(room), housing.plan.room, "{host:?}");
            assert_eq!(host.space.places as usize + host.pods.len(), housing.plan.pods as usize);
        }
        assert_eq!(machines.levels.busy.level(), asked);
        let serves =
            machines.workers.iter().filter(|worker| worker.phase.has_served() && worker.phase != Phase::Leaving);
        assert!(serves.count() >= housing.hosts.iter().filter(|host| host.open).count());
        for &(pool, _) in &housing.waiting {
            let needs = self.pool(pool).plan.lodging.expect("a pod").needs;
            let mut open = housing.hosts.iter().filter(|host| host.open);
            let has_room = open.any(|host| host.space.fits(needs));
            assert!(!has_room, "a pod waits beside a machine that has room for it");
        }
    }

    fn audit_pods(&self, pool: &Pool<'_>, housing: &Housing<'_>) {
        let mine = |pods: &[Pod]| pods.iter().filter(|pod| pod.0 == pool.id).map(|pod| pod.1).collect::<Vec<u32>>();
        let waiting = mine(&housing.waiting);
        let seated: Vec<u32> = housing.hosts.iter().flat_map(|host| mine(&host.pods)).collect();
        let there = pool.workers.iter().filter(|worker| worker.phase != Phase::Gone);
        let there: BTreeSet<u32> = there.map(|worker| worker.number).collect();
        let each: BTreeSet<u32> = waiting.iter().chain(&seated).copied().collect();
        assert_eq!(each.len(), waiting.len() + seated.len(), "a pod is at two places");
        assert_eq!(each, there, "a pod is nowhere");
        for number in waiting {
            let index = pool.numbered(number).expect("it is there");
            assert_eq!(pool.workers[index as usize].phase, Phase::Pending);
        }
    }
}
