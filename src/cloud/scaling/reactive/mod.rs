//! Sizes that follow each arrival and each departure, with no metric, alarm or look in between: build farms, batch machines,
//! and what textbooks call servers with setup.
//!
//! A rule is a pure function of what stands there after something has changed, a row in [`Reactive`] and a file here.

mod collect;
mod hysteresis;
mod on_demand;

pub use collect::NPolicy;
pub use hysteresis::Hysteresis;
pub use on_demand::OnDemand;

use crate::cloud::scaling::Reason;
use crate::ground::distribution::Distribution;

/// A rule that looks whenever somebody comes or goes.
#[derive(Clone, Debug)]
pub enum Reactive {
    /// Whoever waits starts a worker; an idle one goes.
    OnDemand(OnDemand),
    /// Starts when so many wait, stops when nobody is left.
    NPolicy(NPolicy),
    /// One more or fewer where the number inside crosses a threshold.
    Hysteresis(Hysteresis),
}

/// What stands there at a pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scene {
    /// Requests that wait, in line or in the queues that lead here.
    pub waiting: u64,
    /// Those, and those at work.
    pub inside: u64,
    /// Free slots of workers in service.
    pub idle: u64,
    /// Slots of each worker.
    pub slots: u32,
    /// Workers that are there, failed ones included.
    pub on: u32,
    /// Workers on their way.
    pub coming: u32,
    /// Workers wanted at present.
    pub wanted: u32,
}

impl Reactive {
    /// How many workers are wanted now that the number inside was `before`, and why.
    pub fn wanted(&self, before: u64, scene: &Scene) -> (u32, Reason) {
        match self {
            Reactive::OnDemand(rule) => rule.wanted(scene),
            Reactive::NPolicy(rule) => rule.wanted(scene),
            Reactive::Hysteresis(rule) => rule.wanted(before, scene),
        }
    }

    /// Never fewer workers.
    pub fn min(&self) -> u32 {
        match self {
            Reactive::OnDemand(rule) => rule.min,
            Reactive::NPolicy(_) => 0,
            Reactive::Hysteresis(rule) => rule.min,
        }
    }

    /// Never more workers; `None`: any number.
    pub fn max(&self) -> Option<u32> {
        match self {
            Reactive::OnDemand(rule) => rule.max,
            Reactive::NPolicy(rule) => Some(rule.max),
            Reactive::Hysteresis(rule) => Some(rule.max()),
        }
    }

    /// How long an idle worker stays (a law of nanoseconds); `None`: the rule itself says who goes.
    pub fn idle(&self) -> Option<&Distribution> {
        match self {
            Reactive::OnDemand(rule) => Some(&rule.idle),
            Reactive::NPolicy(_) | Reactive::Hysteresis(_) => None,
        }
    }

    /// The sizes of which it is told for how long each was wanted: a few thresholds' worth.
    pub fn told_sizes(&self) -> std::ops::RangeInclusive<u16> {
        const MOST: u32 = 64;
        match self {
            Reactive::Hysteresis(rule) if rule.max() <= MOST => rule.min as u16..=rule.max() as u16,
            _ => std::ops::RangeInclusive::new(1, 0),
        }
    }

    /// Its word in the file.
    pub const fn word(&self) -> &'static str {
        match self {
            Reactive::OnDemand(_) => "start-on-demand",
            Reactive::NPolicy(_) => "n-policy",
            Reactive::Hysteresis(_) => "hysteresis",
        }
    }
}
