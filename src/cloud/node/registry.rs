//! What balancers do about workers that come into service and go out of it.
//!
//! Elastic Load Balancing, *Target groups for your Application Load Balancers*: a target that is deregistered gets no new
//! requests, and what it holds at the end of the delay is cut off; it goes only then, busy or not, as groups were seen to
//! wait. Slow start gives a new target a share that grows evenly, if another one is past its own slow start.

use std::collections::{BTreeMap, BTreeSet};

use crate::cloud::node::health::{Finding, Health};
use crate::cloud::topology::{Balancer, HealthCheck};
use crate::ground::time::{SimTime, Span};

/// The registry of one pool's workers.
#[derive(Clone, Debug)]
pub struct Registry {
    /// How long a worker stays that goes.
    pub delay: Option<Span>,
    slow_start: Option<Span>,
    /// Numbers of those who go and whose time is not over.
    leaving: BTreeSet<u32>,
    /// Numbers of those whose share still grows, and since when.
    growing: BTreeMap<u32, SimTime>,
    /// How its workers are checked; `None`: they are seen as they are.
    pub check: Option<HealthCheck>,
    /// What checks have found of those who are registered, by number, and the stamp of what is planned of them.
    targets: BTreeMap<u32, (Health, u32)>,
    /// How many of them are healthy.
    healthy: u32,
}

impl Registry {
    /// The registry of a pool behind these balancers, if any of them keeps one: the longest time of each kind holds.
    pub fn behind<'a>(balancers: impl Iterator<Item = &'a Balancer> + Clone) -> Option<Registry> {
        let delay = balancers.clone().filter_map(|balancer| balancer.deregistration_delay).max();
        let slow_start = balancers.clone().filter_map(|balancer| balancer.slow_start).max();
        let check = balancers.clone().find_map(|balancer| balancer.health_check);
        let (leaving, growing) = (BTreeSet::new(), BTreeMap::new());
        let targets = BTreeMap::new();
        let any = delay.is_some() || slow_start.is_some() || check.is_some();
        any.then_some(Registry { delay, slow_start, leaving, growing, check, targets, healthy: 0 })
    }

    /// A worker comes into service beside others in service.
    pub fn enters(&mut self, number: u32, mut others: impl Iterator<Item = u32>, now: SimTime) {
        let Some(slow_start) = self.slow_start.filter(|_| now > SimTime::START) else { return };
        self.growing.retain(|_, since| *since + slow_start > now);
        if others.any(|other| !self.growing.contains_key(&other)) {
            self.growing.insert(number, now);
        }
    }

    /// Whether the share of any worker may still grow.
    pub fn is_slow(&self) -> bool {
        !self.growing.is_empty()
    }

    /// A worker's share of a whole one's requests.
    pub fn share(&self, number: u32, now: SimTime) -> f64 {
        match (self.growing.get(&number), self.slow_start) {
            (Some(&since), Some(slow_start)) => ((now - since).seconds() / slow_start.seconds()).min(1.0),
            _ => 1.0,
        }
    }

    /// A worker is registered: it has been there from the start, or is first checked then.
    pub fn registers(&mut self, number: u32, first: SimTime, old: bool) {
        if self.targets.insert(number, (Health::new(first, old), 0)).is_none() {
            self.healthy += u32::from(old);
        }
    }

    /// Whether a worker is registered.
    pub fn has(&self, number: u32) -> bool {
        self.targets.contains_key(&number)
    }

    /// Whether a worker gets requests. Where nobody is healthy all do, if that is so wanted.
    pub fn gets_requests(&self, number: u32) -> bool {
        self.targets.get(&number).is_some_and(|(health, _)| health.is_healthy() || self.is_open())
    }

    /// Whether checks have found a worker unhealthy: a new one that has not passed its first is not that.
    pub fn is_unwell(&self, number: u32) -> bool {
        self.targets.get(&number).is_some_and(|(health, _)| health.is_known() && !health.is_healthy())
    }

    /// Whether all get requests, as nobody is healthy.
    pub fn is_open(&self) -> bool {
        self.healthy == 0 && self.check.is_some_and(|check| check.fail_open)
    }

    /// Checks of a worker find something else from now on. Returns when it will be thought of otherwise, under the stamp.
    pub fn finds(&mut self, number: u32, finding: Finding, now: SimTime, stamp: u32) -> Option<SimTime> {
        let (check, (health, planned)) = (self.check?, self.targets.get_mut(&number)?);
        let before = health.is_healthy();
        health.finds(&check, finding, now);
        *planned = stamp;
        self.healthy -= u32::from(before && !health.is_healthy());
        health.turns(&check)
    }

    /// A worker is thought of otherwise, if that is still what was planned; whether it is healthy now.
    pub fn turns(&mut self, number: u32, stamp: u32) -> Option<bool> {
        let (health, planned) = self.targets.get_mut(&number).filter(|(_, planned)| *planned == stamp)?;
        *planned = 0;
        health.turn();
        let healthy = health.is_healthy();
        if healthy {
            self.healthy += 1;
        } else {
            self.healthy -= 1;
        }
        Some(healthy)
    }

    /// A worker is registered no longer.
    pub fn deregisters(&mut self, number: u32) {
        if let Some((health, _)) = self.targets.remove(&number) {
            self.healthy -= u32::from(health.is_healthy());
        }
    }

    /// A worker is to go: true where it stays for the delay.
    pub fn leaves(&mut self, number: u32) -> Option<Span> {
        self.deregisters(number);
        self.growing.remove(&number);
        self.leaving.extend(self.delay.map(|_| number));
        self.delay
    }

    /// Whether a worker that goes must still stay.
    pub fn keeps(&self, number: u32) -> bool {
        self.leaving.contains(&number)
    }

    /// The delay of a worker is over, or it is gone.
    pub fn lets_go(&mut self, number: u32) -> bool {
        self.deregisters(number);
        self.growing.remove(&number);
        self.leaving.remove(&number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> SimTime {
        SimTime::START + Span::from_secs(second)
    }

    #[test]
    fn a_share_grows_evenly_beside_one_that_is_whole_and_a_whole_new_group_has_none() {
        let balancer = Balancer { slow_start: Some(Span::from_secs(60)), ..Balancer::default() };
        let mut registry = Registry::behind([&balancer].into_iter()).expect("it starts slowly");
        registry.enters(1, [].into_iter(), at(10));
        assert_eq!(registry.share(1, at(10)), 1.0);
        registry.enters(2, [1].into_iter(), at(20));
        let shares = [20, 35, 80, 90].map(|second| registry.share(2, at(second)));
        assert_eq!(shares, [0.0, 0.25, 1.0, 1.0]);
        // Beside one that is itself new it is whole at once.
        registry.enters(3, [2].into_iter(), at(30));
        assert_eq!(registry.share(3, at(30)), 1.0);
    }

    #[test]
    fn who_goes_is_kept_for_the_longest_delay() {
        let delay = |seconds| Balancer { deregistration_delay: Some(Span::from_secs(seconds)), ..Balancer::default() };
        let (short, long) = (delay(10), delay(300));
        let mut registry = Registry::behind([&short, &long].into_iter()).expect("it delays");
        assert_eq!(registry.leaves(7), Some(Span::from_secs(300)));
        assert!(registry.keeps(7) && !registry.keeps(8));
        assert!(registry.lets_go(7) && !registry.keeps(7));
        assert!(Registry::behind([&Balancer::default()].into_iter()).is_none());
    }
}
