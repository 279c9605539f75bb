//! Workers on machines with burstable speed: their credits, and how fast they are without.

use crate::cloud::credits::{Account, Credits};
use crate::cloud::node::pool::Pool;
use crate::cloud::topology::{Platform, Speed};
use crate::ground::time::SimTime;

/// The credits of a pool's machines.
#[derive(Clone, Debug)]
pub struct Burst {
    /// By size; none of a machine whose speed is steady.
    plans: Vec<Option<Credits>>,
    /// By worker's index.
    pub purses: Vec<Purse>,
}

/// The credits of one machine, and what it computes.
#[derive(Clone, Copy, Debug)]
pub struct Purse {
    /// `None` while it does not run.
    pub account: Option<Account>,
    /// Slots that compute.
    pub computing: u32,
    /// How fast each of them is, against the usual.
    pub pace: Speed,
    /// Changes with what it computes, so that old timers are recognised.
    pub stamp: u32,
}

impl Purse {
    const SHUT: Purse = Purse { account: None, computing: 0, pace: Speed::ONE, stamp: 0 };
}

impl Burst {
    /// The credits of machines of these kinds; `None` where none has any, or nobody keeps them.
    pub fn of<'p>(platforms: impl Iterator<Item = &'p Platform>, unlimited: Option<bool>) -> Option<Burst> {
        let unlimited = unlimited?;
        let plan = |platform: &Platform| match platform {
            Platform::Ec2 { instance, .. } => Credits::of(instance, unlimited),
            Platform::Machine { .. } | Platform::Fargate(_) | Platform::Free => None,
        };
        let plans: Vec<Option<Credits>> = platforms.map(plan).collect();
        plans.iter().any(Option::is_some).then(|| Burst { plans, purses: Vec::new() })
    }

    /// Those of a size.
    pub fn plan(&self, size: u16) -> Option<Credits> {
        self.plans[usize::from(size)]
    }
}

impl Pool<'_> {
    /// Whether work may take other times than usual at present.
    #[inline]
    pub fn is_uneven(&self) -> bool {
        !self.brown_outs.is_empty() || self.burst.is_some()
    }

    /// How fast the credits of a worker's machine let it be, against the usual.
    pub fn credit_pace(&self, worker: u32) -> Speed {
        let purse = self.burst.as_ref().and_then(|burst| burst.purses.get(worker as usize));
        purse.map_or(Speed::ONE, |purse| purse.pace)
    }

    /// A machine begins to run: with new credits, or with those that it had when it was stopped, where they are kept.
    pub fn opens_purse(&mut self, worker: u32, keeps: bool, now: SimTime) {
        let size = self.workers[worker as usize].size;
        let Some(burst) = &mut self.burst else { return };
        let place = worker as usize;
        if burst.purses.len() <= place {
            burst.purses.resize(place + 1, Purse::SHUT);
        }
        let Some(plan) = burst.plan(size) else {
            burst.purses[place] = Purse::SHUT;
            return;
        };
        let kept = burst.purses[place].account.filter(|_| keeps).map(|account| account.resumed(now));
        let account = Some(kept.unwrap_or_else(|| Account::new(plan, now)));
        burst.purses[place] = Purse { account, ..Purse::SHUT };
    }
}
