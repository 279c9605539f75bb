//! The lives of a pool's machines, and what of the time that is paid for went where.

use std::collections::BTreeMap;

use crate::billing::{PriceBook, Rate};
use crate::cloud::credits::Credits;
use crate::cloud::fact::Fact;
use crate::cloud::scaling::{Scaling, Size};
use crate::cloud::topology::{Initially, Platform, Pool, Speed};
use crate::ground::time::{SimTime, Span};

/// What a machine that is paid for is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It boots.
    Booting,
    /// It is in service.
    Serving,
    /// It takes no new work.
    Draining,
    /// It has failed.
    Failed,
    /// It runs in a warm pool.
    Warm,
}

/// A machine that is paid for.
#[derive(Clone, Copy, Debug)]
struct Life {
    size: usize,
    paid: SimTime,
    state: State,
    since: SimTime,
    draining: Option<SimTime>,
    warm: bool,
}

/// Where the time of machines of one size went (machine-seconds).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Times {
    /// In service, at work or not.
    pub serving: f64,
    /// Booting.
    pub booting: f64,
    /// Going, and no new work taken.
    pub draining: f64,
    /// Failed, and paid for.
    pub failed: f64,
    /// Running in a warm pool.
    pub warm: f64,
    /// Paid for beyond the time that they ran: started seconds and minimums.
    pub rounding: f64,
}

/// Machines of one kind that a node has.
pub struct Lives {
    /// What sizes they may have.
    pub sizes: Vec<Size>,
    /// What each size costs.
    pub rates: Vec<Rate>,
    /// Where their time went, by size.
    pub times: Vec<Times>,
    /// Whether boots are looked at: each start is like the others.
    boots_alike: bool,
    /// The sum of all boots that ended in service (seconds), and their number.
    boots: (f64, u32),
    /// What a boot takes in the mean where none was seen (seconds).
    usual: f64,
    /// Whether some are there from the start on, and need no boot.
    pub ready_at_start: bool,
    /// How much slower a machine may be than its size says, by size: without credits.
    pub paces: Vec<f64>,
    alive: BTreeMap<u32, Life>,
}

impl Lives {
    /// Those of a pool; `None` where they cost nothing by time.
    pub fn of(pool: &Pool, book: &PriceBook) -> Option<Lives> {
        let sizes = pool.sizes();
        let rates: Vec<Rate> = sizes.iter().map(|size| Rate::of(&size.platform, book)).collect();
        if pool.workers.is_none() || rates.iter().any(|rate| rate.second <= 0.0) {
            return None;
        }
        let pace = |size: &Size| match (&size.platform, pool.credits) {
            (Platform::Ec2 { instance, .. }, Some(false)) => Credits::of(instance, false).map_or(1.0, |credits| {
                let Speed { work, time } = credits.pace(credits.vcpus);
                work as f64 / time as f64
            }),
            _ => 1.0,
        };
        Some(Lives {
            times: vec![Times::default(); sizes.len()],
            boots_alike: pool.scaling.warm_pool().is_none() && !matches!(pool.scaling, Scaling::Vertical(_)),
            boots: (0.0, 0),
            usual: pool.life.boot.mean() / 1e9,
            ready_at_start: pool.initially == Initially::Ready && pool.workers > Some(0),
            paces: sizes.iter().map(pace).collect(),
            alive: BTreeMap::new(),
            sizes,
            rates,
        })
    }

    /// What each start pays before it serves (seconds): the mean of those that were seen; nothing where a machine may have
    /// booted before, in a warm pool or at another size.
    pub fn boot(&self) -> f64 {
        match self.boots {
            _ if !self.boots_alike => 0.0,
            (_, 0) => self.usual,
            (sum, count) => sum / f64::from(count),
        }
    }

    /// The size at which a slot costs least: its place.
    pub fn cheapest(&self) -> usize {
        let slot = |&place: &usize| self.rates[place].second / f64::from(self.sizes[place].slots);
        (0..self.sizes.len()).min_by(|one, other| slot(one).total_cmp(&slot(other))).unwrap_or_default()
    }

    /// How fast a machine of a size is against the fastest, at least.
    pub fn pace(&self, size: usize) -> f64 {
        let speed = |size: &Size| size.speed.work as f64 / size.speed.time as f64;
        let fastest = self.sizes.iter().map(speed).fold(0.0, f64::max);
        self.paces[size] * speed(&self.sizes[size]) / fastest
    }

    /// The size of a worker, and since when it takes no new work.
    pub fn worker(&self, worker: u32) -> (usize, Option<SimTime>) {
        self.alive.get(&worker).map_or((0, None), |life| (life.size, life.draining))
    }

    /// Looks at what happens to one of them.
    pub fn saw(&mut self, at: SimTime, fact: &Fact) {
        match *fact {
            Fact::Warming { worker, .. } => {
                let life = Life { size: 0, paid: at, state: State::Warm, since: at, draining: None, warm: true };
                match self.alive.get_mut(&worker) {
                    Some(life) => life.warm = true,
                    // Not paid for yet: that it is for the warm pool is remembered until it runs.
                    None => drop(self.alive.insert(worker, Life { paid: SimTime::NEVER, ..life })),
                }
                self.turns(worker, at, State::Warm);
            }
            Fact::Running { worker, size, .. } => {
                let warm = self.alive.get(&worker).is_some_and(|life| life.warm);
                self.ends(worker, at);
                let state = if warm { State::Warm } else { State::Booting };
                let size = usize::from(size).min(self.sizes.len() - 1);
                self.alive.insert(worker, Life { size, paid: at, state, since: at, draining: None, warm });
            }
            Fact::Woken { worker, runs, .. } => {
                if let Some(life) = self.alive.get_mut(&worker) {
                    life.warm = false;
                }
                if runs {
                    self.turns(worker, at, State::Booting);
                }
            }
            Fact::Ready { worker, .. } => {
                if let Some(life) = self.alive.get(&worker).filter(|life| life.state == State::Booting)
                    && (life.paid > SimTime::START || !self.ready_at_start)
                {
                    self.boots.0 += Span::seconds(at - life.paid);
                    self.boots.1 += 1;
                }
                self.turns(worker, at, State::Serving);
            }
            Fact::Failed { worker, .. } => self.turns(worker, at, State::Failed),
            Fact::Repaired { worker, .. } => {
                let goes = self.alive.get(&worker).is_some_and(|life| life.draining.is_some());
                self.turns(worker, at, if goes { State::Draining } else { State::Serving });
            }
            Fact::Draining { worker, .. } => {
                self.turns(worker, at, State::Draining);
                if let Some(life) = self.alive.get_mut(&worker) {
                    life.draining = Some(at);
                }
            }
            Fact::Stopped { worker, .. } | Fact::Gone { worker, .. } => self.ends(worker, at),
            _ => {}
        }
    }

    /// A machine does something else from now on.
    fn turns(&mut self, worker: u32, at: SimTime, state: State) {
        let Some(life) = self.alive.get_mut(&worker).filter(|life| life.paid < SimTime::NEVER) else { return };
        let before = Life { ..*life };
        (life.state, life.since) = (state, at);
        self.spent(&before, at);
    }

    fn spent(&mut self, life: &Life, at: SimTime) {
        let times = &mut self.times[life.size];
        let spent = match life.state {
            State::Booting => &mut times.booting,
            State::Serving => &mut times.serving,
            State::Draining => &mut times.draining,
            State::Failed => &mut times.failed,
            State::Warm => &mut times.warm,
        };
        *spent += Span::seconds(at - life.since);
    }

    /// A machine is paid for no more.
    fn ends(&mut self, worker: u32, at: SimTime) {
        let Some(life) = self.alive.remove(&worker).filter(|life| life.paid < SimTime::NEVER) else { return };
        self.spent(&life, at);
        let lived = at - life.paid;
        let billed = self.rates[life.size].billed(lived) as f64;
        self.times[life.size].rounding += billed - lived.seconds();
    }

    /// The end of what is looked at: what is still there is paid for up to here.
    pub fn close(&mut self, at: SimTime) {
        let alive: Vec<u32> = self.alive.iter().filter(|(_, life)| life.paid < at).map(|(&worker, _)| worker).collect();
        alive.into_iter().for_each(|worker| self.ends(worker, at));
        self.alive.clear();
    }
}
