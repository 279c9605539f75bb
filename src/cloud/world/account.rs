//! Launches that the account's limits hold up, or that come to nothing because the provider has no machine.

use crate::cloud::event::Event;
use crate::cloud::instance_type::vcpus;
use crate::cloud::node::{Node, Phase, Pool};
use crate::cloud::scaling::Rest;
use crate::cloud::topology::{Account, Launches, NodeId, Platform};
use crate::cloud::world::World;
use crate::engine::Context;
use crate::ground::chance::{Stream, unit};
use crate::ground::time::{SimTime, Span};

/// What is known of an account.
#[derive(Debug)]
pub(super) struct Bank {
    /// When the bucket of launches is full again; what it lacks follows from that, exactly.
    full: SimTime,
    /// The same of tasks of Fargate, at the full price and of Spot.
    fargate: [SimTime; 2],
    /// The same of each service, by node.
    services: Vec<SimTime>,
    /// Draws for what there is no machine.
    chance: Stream,
}

impl Bank {
    /// One with a full bucket.
    pub(super) fn new(chance: Stream) -> Bank {
        Bank { full: SimTime::START, fargate: [SimTime::START; 2], services: Vec::new(), chance }
    }
}

/// How long a launch waits for its turn, where so much is known of its bucket.
fn turn(full: &mut SimTime, launches: Launches, now: SimTime) -> Span {
    let room = Span::from_nanos(launches.every.nanos().saturating_mul(u64::from(launches.burst) - 1));
    let lacking = full.nanos().saturating_sub(now.nanos());
    *full = (*full).max(now) + launches.every;
    Span::from_nanos(lacking.saturating_sub(room.nanos()))
}

impl<'a> World<'a> {
    /// Whether a machine that was just asked for is launched, and how long it waits for its turn. Its zone and type may be
    /// others then: where the provider has none it is asked for in the other zones, and as the other types of a mixed group
    /// (EC2 Auto Scaling user guide, Troubleshoot: insufficient capacity).
    pub(super) fn asks_account(&mut self, now: SimTime, id: NodeId, index: u32, spread: &mut [u32]) -> Option<Span> {
        let Some(account) = &self.topology.account else { return Some(Span::ZERO) };
        if self.pool(id).plan.lodging.is_some() {
            // A pod is no machine: nobody asks the provider for it.
            return Some(Span::ZERO);
        }
        if account.no_capacity > 0.0 && !self.finds_machine(account, id, index, spread) {
            return None;
        }
        if let Some(quota) = account.vcpu_quota
            && self.needs(id, index) > 0
            && self.vcpus_in_use() > u64::from(quota)
        {
            return None;
        }
        let pool = self.pool(id);
        let size = usize::from(pool.workers[index as usize].size);
        if let Platform::Fargate(task) = &pool.sizes[size].platform {
            let full = &mut self.bank.fargate[usize::from(task.spot)];
            let of_all = account.fargate.map_or(Span::ZERO, |launches| turn(full, launches, now));
            return Some(of_all.max(self.turn_of_service(now, id)));
        }
        Some(account.launches.map_or(Span::ZERO, |launches| turn(&mut self.bank.full, launches, now)))
    }

    /// How long a task waits for the turn of its service (Amazon ECS developer guide, *Amazon ECS service quotas*).
    pub(super) fn turn_of_service(&mut self, now: SimTime, id: NodeId) -> Span {
        let Some(launches) = self.topology.account.as_ref().and_then(|account| account.services) else {
            return Span::ZERO;
        };
        let services = &mut self.bank.services;
        if services.len() <= id.index() {
            services.resize(id.index() + 1, SimTime::START);
        }
        turn(&mut services[id.index()], launches, now)
    }

    /// Looks for a machine, first where it was meant to be, then in the zones with the fewest, then as another type.
    fn finds_machine(&mut self, account: &Account, id: NodeId, index: u32, spread: &mut [u32]) -> bool {
        let pool = self.pool(id);
        let (size, zone) = (pool.workers[index as usize].size, pool.workers[index as usize].zone);
        let mut zones: Vec<u16> = (0..spread.len().max(1) as u16).collect();
        let place = |zone: u16| (self.is_zone_out(usize::from(zone)), spread.get(usize::from(zone)).copied());
        zones.sort_by_key(|&other| (other != zone, place(other), other));
        let first = pool.plan.first_spot();
        let mut sizes = vec![size];
        if pool.plan.spot.is_some() && size >= first {
            sizes.extend((first..pool.sizes.len() as u16).filter(|&other| other != size));
        }
        let tries = sizes.into_iter().flat_map(|size| zones.iter().map(move |&zone| (size, zone)));
        for (size, other) in tries {
            if unit(&mut self.bank.chance) < account.no_capacity {
                continue;
            }
            if other != zone {
                spread[usize::from(zone)] -= 1;
                spread[usize::from(other)] += 1;
            }
            let worker = &mut self.pool_mut(id).workers[index as usize];
            (worker.size, worker.zone) = (size, other);
            return true;
        }
        false
    }

    /// The vCPUs of a worker that the quota counts: of a machine at the full price that is not stopped.
    fn needs(&self, id: NodeId, index: u32) -> u64 {
        u64::from(counted_vcpus(self.pool(id), index))
    }

    /// Whether the quota of the account has room for a machine that is stopped (Amazon EC2 user guide, On-Demand instance
    /// quotas: running instances count, stopped ones don't).
    pub(super) fn has_quota_to_start(&self, id: NodeId, index: u32) -> bool {
        let Some(quota) = self.topology.account.as_ref().and_then(|account| account.vcpu_quota) else { return true };
        let pool = self.pool(id);
        let size = pool.workers[index as usize].size;
        let needs = u64::from(quota_vcpus(pool, size));
        needs == 0 || self.vcpus_in_use() + needs <= u64::from(quota)
    }

    fn vcpus_in_use(&self) -> u64 {
        let of = |pool: &Pool<'_>| -> u64 {
            let living = pool.newest_first(|phase| phase != Phase::Gone);
            living.map(|index| u64::from(counted_vcpus(pool, index))).sum()
        };
        self.nodes.iter().map(|node| if let Node::Pool(pool) = node { of(pool) } else { 0 }).sum()
    }

    /// A machine that was just asked for is not launched.
    pub(super) fn takes_launch_back(&mut self, id: NodeId, index: u32, spread: &mut [u32]) {
        let pool = self.pool_mut(id);
        let zone = usize::from(pool.workers[index as usize].zone);
        if let Some(living) = spread.get_mut(zone) {
            *living -= 1;
        }
        pool.forget(index);
        pool.launched -= 1;
        pool.denied += 1;
        pool.settle();
    }

    /// Some launches have come to nothing, or none: those are tried again after a pause that doubles each time.
    pub(super) fn tries_again_later<O>(&mut self, cx: &mut Context<'_, O>, id: NodeId, denied: bool) {
        let now = cx.now();
        let Some(pauses) = self.pauses_of(id) else { return };
        let pool = self.pool_mut(id);
        if !denied {
            pool.denials = 0;
        } else if pool.tries_again <= now {
            pool.denials = pool.denials.saturating_add(1);
            pool.tries_again = now + pauses.after(pool.denials);
            cx.plan(pool.tries_again, Event::Reconcile { pool: id });
        }
    }
}

/// The vCPUs of a worker that the quota of On-Demand machines counts.
fn counted_vcpus(pool: &Pool<'_>, index: u32) -> u32 {
    let worker = pool.workers[index as usize];
    let lies = worker.phase == Phase::Warm;
    let stopped = lies && pool.plan.scaling.warm_pool().is_some_and(|plan| plan.state != Rest::Running);
    let stopped = stopped || matches!(worker.phase, Phase::Stopping | Phase::Stopped);
    if stopped { 0 } else { quota_vcpus(pool, worker.size) }
}

/// The vCPUs of a running worker of this size that the quota counts.
fn quota_vcpus(pool: &Pool<'_>, size: u16) -> u32 {
    match &pool.sizes[usize::from(size)].platform {
        Platform::Ec2 { instance, spot: false, .. } => vcpus(instance).unwrap_or(0),
        _ => 0,
    }
}
