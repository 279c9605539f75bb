//! Lives of machines and of their volumes, by size.

use std::collections::BTreeMap;

use crate::billing::usage::{Machines, Used};
use crate::cloud::credits::{Account, Credits};
use crate::cloud::scaling::{Scaling, Size};
use crate::cloud::topology::{NodeId, Platform, Pool};
use crate::ground::time::{SimTime, Span};

/// The shortest time billed for a volume and for one start of an EC2 instance.
pub(in crate::billing) const MINUTE: Span = Span::from_secs(60);

/// A Spot machine that is taken back sooner is free.
const HOUR: Span = Span::from_secs(3_600);

/// Counts the lives of a pool's machines.
#[derive(Clone, Debug)]
pub(super) struct PoolCounter {
    /// What is over.
    sizes: Vec<Machines>,
    /// What is running: the worker's number, since when and of which size.
    alive: BTreeMap<u32, (SimTime, usize)>,
    /// The CPU credits of those that may owe some, by size, …
    plans: Vec<Option<Credits>>,
    /// … and of each machine that runs: its account, and with how many vCPUs it computes.
    accounts: BTreeMap<u32, (Account, u32)>,
    /// Volumes that outlive the machines' stops, since when: where machines are scaled up and down, or lie in a warm pool,
    /// all; elsewhere those of machines that somebody has stopped.
    disks: BTreeMap<u32, SimTime>,
    keeps_disks: bool,
    /// Whether a machine that is gone is gone for good, with its volume.
    drops_disks: bool,
    /// The balancer through which alone it is reached.
    pub door: Option<NodeId>,
}

impl PoolCounter {
    pub(super) fn new(pool: &Pool, door: Option<NodeId>) -> PoolCounter {
        let mut sizes: Vec<Machines> =
            pool.sizes().into_iter().map(|size: Size| Machines::none(size.platform, size.slots)).collect();
        let plan = |machines: &Machines| match (&machines.platform, pool.credits) {
            (Platform::Ec2 { instance, .. }, Some(true)) => Credits::of(instance, true),
            _ => None,
        };
        let plans: Vec<Option<Credits>> = sizes.iter().map(plan).collect();
        for (machines, plan) in sizes.iter_mut().zip(&plans) {
            machines.surplus = plan.map(|_| 0);
        }
        let drops_disks = pool.scaling.warm_pool().is_some();
        let keeps_disks = drops_disks || matches!(pool.scaling, Scaling::Vertical(_));
        PoolCounter {
            sizes,
            alive: BTreeMap::new(),
            plans,
            accounts: BTreeMap::new(),
            disks: BTreeMap::new(),
            keeps_disks,
            drops_disks,
            door,
        }
    }

    pub(super) fn running(&mut self, worker: u32, size: u16, at: SimTime) {
        self.ended(worker, at);
        let size = usize::from(size).min(self.sizes.len() - 1);
        self.alive.insert(worker, (at, size));
        if let Some(plan) = self.plans[size] {
            self.accounts.insert(worker, (Account::new(plan, at), 0));
        }
        if self.keeps_disks {
            self.disks.entry(worker).or_insert(at);
        }
    }

    pub(super) fn gone(&mut self, worker: u32, at: SimTime) {
        self.ended(worker, at);
        if (self.drops_disks || !self.keeps_disks)
            && let Some(since) = self.disks.remove(&worker)
        {
            keep(&mut self.sizes[0], since, at);
        }
    }

    /// A machine is stopped; its volume is paid for, from when it first ran.
    pub(super) fn stopped(&mut self, worker: u32, at: SimTime) {
        let since = self.alive.get(&worker).map_or(at, |&(since, _)| since);
        self.disks.entry(worker).or_insert(since);
        self.ended(worker, at);
    }

    /// A machine that may owe CPU credits computes with so many vCPUs from now on. What it can't earn any more within a day
    /// is paid for at once.
    pub(super) fn computes(&mut self, worker: u32, vcpus: u32, at: SimTime) {
        let Some(&(_, size)) = self.alive.get(&worker) else { return };
        let (Some(plan), Some((account, computing))) = (self.plans[size], self.accounts.get_mut(&worker)) else {
            return;
        };
        let paid = account.keep(plan, plan.spends(*computing), at);
        *computing = vcpus;
        owe(&mut self.sizes[size], paid);
    }

    /// A machine runs no more: what it owes is paid for.
    fn ended(&mut self, worker: u32, at: SimTime) {
        if let Some((account, computing)) = self.accounts.remove(&worker)
            && let Some(&(_, size)) = self.alive.get(&worker)
        {
            settle(&mut self.sizes[size], self.plans[size], account, computing, at);
        }
        if let Some((since, size)) = self.alive.remove(&worker) {
            let with_volume = !self.keeps_disks && !self.disks.contains_key(&worker);
            charge(&mut self.sizes[size], since, at, with_volume);
        }
    }

    /// The provider takes a machine back: in the first hour that is free, but for its volume (Amazon EC2 user guide,
    /// Billing for interrupted Spot Instances).
    pub(super) fn reclaimed(&mut self, worker: u32, at: SimTime) {
        if let Some(&(since, size)) = self.alive.get(&worker)
            && at - since < HOUR
            && matches!(self.sizes[size].platform, Platform::Ec2 { .. })
        {
            self.alive.remove(&worker);
            let machines = &mut self.sizes[size];
            let (seconds, lived) = (machines.seconds, machines.lived);
            charge(machines, since, at, !self.keeps_disks);
            (machines.seconds, machines.lived) = (seconds, lived);
        }
    }

    pub(super) fn used(&self, at: SimTime) -> Used {
        let mut sizes = self.sizes.clone();
        // What starts at the very end belongs to what follows.
        for (worker, &(since, size)) in self.alive.iter().filter(|(_, (since, _))| *since < at) {
            let with_volume = !self.keeps_disks && !self.disks.contains_key(worker);
            charge(&mut sizes[size], since, at, with_volume);
        }
        for (worker, &(account, computing)) in &self.accounts {
            if let Some(&(_, size)) = self.alive.get(worker) {
                settle(&mut sizes[size], self.plans[size], account, computing, at);
            }
        }
        // The same disk goes through all sizes: it is the first one's.
        for &since in self.disks.values().filter(|&&since| since < at) {
            keep(&mut sizes[0], since, at);
        }
        Used::Machines { sizes, busy: None }
    }
}

/// Seconds billed from `since` to `at`.
fn billed(since: SimTime, at: SimTime, minimum: Span) -> u64 {
    (at.max(since) - since).started_seconds().max(minimum.started_seconds())
}

/// Adds one life, or what there is of it so far.
fn charge(machines: &mut Machines, since: SimTime, at: SimTime, with_volume: bool) {
    machines.starts += 1;
    machines.seconds += billed(since, at, minimum(&machines.platform));
    machines.lived += u128::from((at.max(since) - since).nanos());
    if with_volume {
        let seconds = billed(since, at, MINUTE);
        machines.byte_seconds += u128::from(volume(&machines.platform)) * u128::from(seconds);
    }
}

/// Adds what is owed of CPU credits at the end of an account.
fn settle(machines: &mut Machines, plan: Option<Credits>, mut account: Account, computing: u32, at: SimTime) {
    let Some(plan) = plan else { return };
    let paid = account.keep(plan, plan.spends(computing), at);
    owe(machines, paid + account.owes());
}

fn owe(machines: &mut Machines, surplus: u128) {
    machines.surplus = machines.surplus.map(|paid| paid + surplus);
}

/// Adds what a volume is paid for that outlives the stops of its machine.
fn keep(machines: &mut Machines, since: SimTime, at: SimTime) {
    let seconds = billed(since, at, MINUTE);
    machines.byte_seconds += u128::from(volume(&machines.platform)) * u128::from(seconds);
}

/// The shortest time billed for one start.
pub(in crate::billing) const fn minimum(platform: &Platform) -> Span {
    match *platform {
        Platform::Free => Span::ZERO,
        Platform::Machine { minimum, .. } => minimum,
        Platform::Ec2 { .. } | Platform::Fargate(_) => MINUTE,
    }
}

/// Bytes of the volume that comes with a machine.
pub(in crate::billing) const fn volume(platform: &Platform) -> u64 {
    match *platform {
        Platform::Free | Platform::Machine { .. } | Platform::Fargate(_) => 0,
        Platform::Ec2 { volume, .. } => volume,
    }
}
