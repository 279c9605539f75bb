//! What a group does with machines before they serve and after, and what its account allows.

use crate::cloud::scaling::{Care, Health, Hook, Hooks, Maintenance, Prepared, Rest, Sees, WarmPool};
use crate::cloud::topology::{Account, Launches, Pauses};
use crate::ground::time::Span;
use crate::scenario::build::{Builder, count};
use crate::scenario::draft::group as draft;
use crate::scenario::draft::quantities::{Change, Time};
use crate::scenario::draft::scaling::{self, Asg};

/// From one look of a group after its machines to the next, where the file does not say.
const CHECK: Span = Span::from_secs(60);

impl Builder<'_> {
    pub(super) fn hooks(&mut self, drafted: Option<&draft::Hooks>) -> Hooks {
        let Some(drafted) = drafted else { return Hooks::default() };
        Hooks {
            launching: drafted.launching.as_ref().map(|hook| Hook {
                takes: self.law(&hook.takes),
                timeout: hook.heartbeat_timeout.map(|time| time.0),
                abandons: hook.default_result != Some(draft::DefaultResult::Continue),
            }),
            terminating: drafted.terminating.as_ref().map(|hook| Hook {
                takes: self.law(&hook.takes),
                timeout: hook.heartbeat_timeout.map(|time| time.0),
                abandons: true,
            }),
        }
    }

    pub(super) fn warm_pool(&mut self, drafted: Option<&draft::WarmPool>) -> Option<WarmPool> {
        let drafted = drafted?;
        Some(WarmPool {
            size: match drafted.size {
                Some(size) => Prepared::Just(count(size.0)),
                None => Prepared::UpTo {
                    together: drafted.max_prepared.map(|most| count(most.0)),
                    least: drafted.min_size.map_or(0, |least| count(least.0)),
                },
            },
            state: match drafted.state {
                None | Some(draft::Rest::Stopped) => Rest::Stopped,
                Some(draft::Rest::Running) => Rest::Running,
                Some(draft::Rest::Hibernated) => Rest::Hibernated,
            },
            reuse: drafted.reuse == Some(true),
            pending: self.some_law(&drafted.pending),
            boot: self.some_law(&drafted.boot),
        })
    }
}

/// What an account allows.
pub(super) fn account(draft: &draft::Account) -> Account {
    let bucket = |launches: draft::Launches| Launches { every: launches.rate.0, burst: count(launches.burst.0) };
    Account {
        vcpu_quota: draft.vcpu_quota.map(|quota| count(quota.0)),
        launches: draft.launches.map(bucket),
        fargate: draft.fargate_launches.map(bucket),
        services: draft.service_launches.map(bucket),
        no_capacity: draft.no_capacity.map_or(0.0, |share| share.0),
        retry: Pauses {
            base: draft.retry.base.map_or(Span::from_secs(60), |time| time.0),
            cap: draft.retry.cap.map_or(Span::from_secs(900), |time| time.0),
        },
    }
}

/// How a group looks after its machines. Who only watches their age looks once a minute too.
pub(super) fn care(draft: &Asg) -> Care {
    let health = draft.health_check;
    let zone_rebalance = draft.zone_rebalance == Some(true);
    let looks = health.is_some() || draft.max_lifetime.is_some() || zone_rebalance;
    let span = |time: Option<Time>| time.map_or(Span::ZERO, |time| time.0);
    Care {
        every: looks.then(|| health.and_then(|health| health.every).map_or(CHECK, |time| time.0)),
        health: health.map(|health| Health {
            sees: match health.sees {
                None | Some(scaling::Sees::Workers) => Sees::Workers,
                Some(scaling::Sees::Machines) => Sees::Machines,
            },
            grace: span(health.grace),
            patience: span(health.patience),
        }),
        max_lifetime: draft.max_lifetime.map(|time| time.0),
        maintenance: draft
            .maintenance
            .map(|kept| Maintenance { min_healthy: percent(kept.min_healthy), max_healthy: percent(kept.max_healthy) }),
        rebalance: draft.rebalance == Some(true),
        zone_rebalance,
    }
}

/// Whole per cent.
fn percent(change: Change) -> u16 {
    match change {
        Change::Percent(percent) => percent as u16,
        Change::By(_) => 100,
    }
}
