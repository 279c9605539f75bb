//! What the money went on: the time of all that is paid by time, put down to its uses and added up.
//!
//! Slot-time is counted in nanoseconds from 0 to the end of the bill. Each line of the bill is divided in the proportions of its
//! node; what rounding up and minimums added stands apart, as the bill tells it line by line. So the parts add up to the bill.

use serde::{Deserialize, Serialize};

use crate::billing::Line;
use crate::cloud::fact::{Fact, Outcome, Spent, Start};
use crate::cloud::topology::{NodeId, NodeKind, Topology};
use crate::engine::Observer;
use crate::experiment::figures::label;
use crate::ground::footprint::Footprint;
use crate::ground::time::SimTime;

/// What money went on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Purpose {
    /// Work that was needed.
    Work,
    /// Work done again, in vain, or for nobody.
    Again,
    /// In service, with nothing to do.
    Idle,
    /// Paid for, and not in service yet.
    Booting,
    /// On its way out, with nothing to do.
    Draining,
    /// Paid for while failed.
    Failed,
    /// Started seconds, hours and minimums beyond what was used.
    Rounding,
    /// What is paid by the piece, or stands there for all: calls, bytes, storage, balancers by the hour.
    Pieces,
}

impl Purpose {
    /// How many there are.
    pub const COUNT: usize = Purpose::ALL.len();

    /// All, in the order in which they are shown.
    pub const ALL: [Purpose; 8] = [
        Purpose::Work,
        Purpose::Again,
        Purpose::Idle,
        Purpose::Booting,
        Purpose::Draining,
        Purpose::Failed,
        Purpose::Rounding,
        Purpose::Pieces,
    ];

    /// As tables and documents write it.
    pub const fn word(self) -> &'static str {
        match self {
            Purpose::Work => "work",
            Purpose::Again => "again",
            Purpose::Idle => "idle",
            Purpose::Booting => "booting",
            Purpose::Draining => "draining",
            Purpose::Failed => "failed",
            Purpose::Rounding => "rounding",
            Purpose::Pieces => "pieces",
        }
    }

    /// What it is, as short as a row of a table has it.
    pub const fn label(self) -> &'static str {
        match self {
            Purpose::Work => "needed work",
            Purpose::Again => "work again or in vain",
            Purpose::Idle => "idle",
            Purpose::Booting => "booting",
            Purpose::Draining => "draining, empty",
            Purpose::Failed => "failed",
            Purpose::Rounding => "rounding and minimums",
            Purpose::Pieces => "calls, bytes, storage",
        }
    }

    /// What it is, for people.
    pub const fn says(self) -> &'static str {
        match self {
            Purpose::Work => "work that was needed",
            Purpose::Again => "work done again, in vain or for nobody",
            Purpose::Idle => "in service, with nothing to do",
            Purpose::Booting => "paid for, not in service yet",
            Purpose::Draining => "on its way out, with nothing to do",
            Purpose::Failed => "paid for while failed",
            Purpose::Rounding => "rounding up and minimums",
            Purpose::Pieces => "calls, bytes, storage, balancers",
        }
    }
}

/// Amounts by purpose.
pub type Purposes = [f64; Purpose::COUNT];

/// Where a worker that is paid for is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// Nothing is paid for it.
    #[default]
    Off,
    Booting,
    Serving,
    Failed,
    Draining,
    /// In a warm pool, running.
    Prepared,
}

#[derive(Clone, Copy, Debug, Default)]
struct Worker {
    phase: Phase,
    since: SimTime,
    size: u16,
}

/// A stay, by which those who are worked on together in one slot are known.
type Stay = (u32, SimTime, SimTime);

/// Slot-nanoseconds of one node.
#[derive(Clone, Debug, Default)]
struct Account {
    /// Slots of a worker, by its size.
    slots: Vec<u32>,
    /// By number.
    workers: Vec<Worker>,
    booting: u128,
    serving: u128,
    failed: u128,
    draining: u128,
    work: u128,
    again: u128,
    /// So much of both by those who were on their way out.
    while_draining: u128,
    /// Its slots take several together.
    gathers: bool,
    last: Option<Stay>,
    /// Of a function: how long stays waited for their environments …
    start: u128,
    /// … initialisation that is paid for …
    init: u128,
    /// … and environments kept ready, with what was done in them.
    kept: (u32, SimTime, u128),
    ran_in_kept: u128,
}

impl Account {
    fn worker(&mut self, number: u32) -> &mut Worker {
        let place = number as usize;
        if place >= self.workers.len() {
            self.workers.resize(place + 1, Worker::default());
        }
        &mut self.workers[place]
    }

    /// A worker goes on to another phase.
    fn goes(&mut self, number: u32, phase: Phase, now: SimTime) {
        let before = *self.worker(number);
        self.pays(before, now);
        *self.worker(number) = Worker { phase, since: now, ..before };
    }

    fn pays(&mut self, worker: Worker, now: SimTime) {
        let slots = self.slots.get(usize::from(worker.size)).copied().unwrap_or(1);
        let nanos = u128::from((now - worker.since).nanos()) * u128::from(slots);
        match worker.phase {
            Phase::Off => (),
            Phase::Booting => self.booting += nanos,
            Phase::Serving | Phase::Prepared => self.serving += nanos,
            Phase::Failed => self.failed += nanos,
            Phase::Draining => self.draining += nanos,
        }
    }

    fn served(&mut self, worker: u32, began: SimTime, now: SimTime, result: Outcome) {
        let stay = (worker, began, now);
        if self.gathers && self.last.replace(stay) == Some(stay) {
            return;
        }
        let nanos = u128::from((now - began).nanos());
        if is_needed(result) {
            self.work += nanos;
        } else {
            self.again += nanos;
        }
        let Worker { phase, since, .. } = *self.worker(worker);
        if phase == Phase::Draining {
            self.while_draining += u128::from((now - began.max(since)).nanos());
        }
    }

    /// In the proportions of these a line of a pool is divided.
    fn shares(&self) -> Purposes {
        let mut shares = [0.0; Purpose::COUNT];
        let busy = self.work + self.again;
        let empty = self.draining.saturating_sub(self.while_draining);
        let idle = self.serving.saturating_sub(busy.saturating_sub(self.while_draining));
        for (purpose, nanos) in [
            (Purpose::Work, self.work),
            (Purpose::Again, self.again),
            (Purpose::Idle, idle),
            (Purpose::Booting, self.booting),
            (Purpose::Draining, empty),
            (Purpose::Failed, self.failed),
        ] {
            shares[purpose as usize] = nanos as f64;
        }
        shares
    }

    /// The same of a function: its runs, and what is kept ready for it.
    fn shares_of_function(&self, item: &str) -> Purposes {
        let mut shares = [0.0; Purpose::COUNT];
        if item.starts_with("lambda.provisioned.") {
            let (_, _, kept) = self.kept;
            let used = self.ran_in_kept.min(kept);
            shares[Purpose::Work as usize] = used as f64;
            shares[Purpose::Idle as usize] = (kept - used) as f64;
        } else if item.contains("duration") {
            shares[Purpose::Work as usize] = self.work.saturating_sub(self.start) as f64;
            shares[Purpose::Again as usize] = self.again as f64;
            shares[Purpose::Booting as usize] = self.init as f64;
        }
        shares
    }
}

/// Whether a stay did what was needed. Work that goes on later was; what begins anew, or comes to nothing, was not.
fn is_needed(result: Outcome) -> bool {
    match result {
        Outcome::Ok | Outcome::Interrupted | Outcome::StaleDelete => true,
        Outcome::Abandoned
        | Outcome::Killed
        | Outcome::Released
        | Outcome::Refused
        | Outcome::Error
        | Outcome::TimedOut
        | Outcome::Duplicate => false,
    }
}

/// Watches a replication for what is paid by time.
#[derive(Debug)]
pub struct Ledger {
    /// Nothing counts from here on; `None`: all does.
    until: Option<SimTime>,
    names: Vec<String>,
    accounts: Vec<Account>,
    /// By node: it is a function.
    functions: Vec<bool>,
}

impl Ledger {
    /// Before a replication of this topology, whose bill ends at `until`, or with the run.
    pub fn new(topology: &Topology, until: Option<SimTime>) -> Ledger {
        let account = |node: &crate::cloud::topology::Node| {
            let Some(pool) = node.kind.pool() else { return Account::default() };
            let slots = match &pool.scaling {
                crate::cloud::scaling::Scaling::Vertical(vertical) => {
                    vertical.sizes.iter().map(|size| size.slots).collect()
                }
                _ => vec![pool.slots],
            };
            Account { slots, gathers: pool.batch.is_some(), ..Account::default() }
        };
        Ledger {
            until,
            names: topology.nodes.iter().map(label).collect(),
            accounts: topology.nodes.iter().map(account).collect(),
            functions: topology.nodes.iter().map(|node| matches!(node.kind, NodeKind::Function(_))).collect(),
        }
    }

    /// Divides a bill by purpose, in dollars; the replication has ended at `end`.
    pub fn divide(mut self, bill: &[Line], end: SimTime) -> Purposes {
        let end = self.until.map_or(end, |until| until.min(end));
        for account in &mut self.accounts {
            for place in 0..account.workers.len() {
                account.goes(place as u32, Phase::Off, end);
            }
            let (environments, since, kept) = account.kept;
            account.kept = (0, end, kept + u128::from(environments) * u128::from((end - since).nanos()));
        }
        let mut sums = [0.0; Purpose::COUNT];
        for line in bill {
            let rounding = line.rounding.map_or(0.0, |rounding| rounding.dollars());
            let rest = line.cost.dollars() - rounding;
            sums[Purpose::Rounding as usize] += rounding;
            let shares = self.shares(line);
            let whole: f64 = shares.iter().sum();
            if whole > 0.0 {
                sums.iter_mut().zip(shares).for_each(|(sum, share)| *sum += rest * share / whole);
            } else {
                sums[Purpose::Pieces as usize] += rest;
            }
        }
        sums
    }

    fn shares(&self, line: &Line) -> Purposes {
        let Some(place) = self.names.iter().position(|name| *name == line.node) else { return [0.0; Purpose::COUNT] };
        if self.functions[place] {
            self.accounts[place].shares_of_function(&line.item)
        } else {
            self.accounts[place].shares()
        }
    }

    fn account(&mut self, node: NodeId) -> &mut Account {
        &mut self.accounts[node.index()]
    }
}

impl Footprint for Ledger {
    fn footprint(&self) -> u64 {
        self.accounts.iter().map(|account| account.workers.footprint()).sum()
    }
}

impl Observer<Fact> for Ledger {
    fn saw(&mut self, at: SimTime, fact: &Fact) {
        let now = self.until.map_or(at, |until| until.min(at));
        match *fact {
            Fact::Running { pool, worker, size } => {
                let account = self.account(pool);
                account.goes(worker, Phase::Booting, now);
                account.worker(worker).size = size;
            }
            Fact::Ready { pool, worker } | Fact::Repaired { pool, worker } => {
                self.account(pool).goes(worker, Phase::Serving, now);
            }
            Fact::Failed { pool, worker } => self.account(pool).goes(worker, Phase::Failed, now),
            Fact::Draining { pool, worker } => {
                let account = self.account(pool);
                if account.worker(worker).phase != Phase::Off {
                    account.goes(worker, Phase::Draining, now);
                }
            }
            Fact::Warming { pool, worker } => {
                let account = self.account(pool);
                if account.worker(worker).phase != Phase::Off {
                    account.goes(worker, Phase::Prepared, now);
                }
            }
            Fact::Woken { pool, worker, runs: true } => self.account(pool).goes(worker, Phase::Booting, now),
            Fact::Stopped { pool, worker } | Fact::Gone { pool, worker } => {
                self.account(pool).goes(worker, Phase::Off, now);
            }
            Fact::Served { pool, worker, began, result, .. } if began < now => {
                self.account(pool).served(worker, began, now, result);
            }
            Fact::Invoked { function, start, init, ran, .. } if at == now => {
                let account = self.account(function);
                account.init += u128::from(init.nanos());
                if start == Start::Provisioned {
                    account.ran_in_kept += u128::from(ran.nanos());
                }
            }
            Fact::Spent { node, on: Spent::Start, span, .. } if at == now => {
                self.account(node).start += u128::from(span.nanos());
            }
            Fact::Kept { function, environments } => {
                let account = self.account(function);
                let (before, since, kept) = account.kept;
                let more = u128::from(before) * u128::from((now - since).nanos());
                account.kept = (environments, now, kept + more);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::time::Span;

    fn at(second: u64) -> SimTime {
        SimTime::START + Span::from_secs(second)
    }

    /// A worker of two slots runs from 10 s, serves from 20 s, goes from 50 s and is gone at 60 s; one stay from 30 to 40 s, one
    /// in vain from 45 to 55 s.
    #[test]
    fn slot_time_adds_up_to_what_is_paid() {
        let mut account = Account { slots: vec![2], ..Account::default() };
        account.goes(1, Phase::Booting, at(10));
        account.goes(1, Phase::Serving, at(20));
        account.served(1, at(30), at(40), Outcome::Ok);
        account.goes(1, Phase::Draining, at(50));
        account.served(1, at(45), at(55), Outcome::Killed);
        account.goes(1, Phase::Off, at(60));
        let seconds = account.shares().map(|nanos| nanos / 1e9);
        let of = |purpose: Purpose| seconds[purpose as usize];
        assert_eq!(of(Purpose::Booting), 20.0);
        assert_eq!((of(Purpose::Work), of(Purpose::Again)), (10.0, 10.0));
        assert_eq!((of(Purpose::Idle), of(Purpose::Draining)), (60.0 - 15.0, 20.0 - 5.0));
        assert_eq!(seconds.iter().sum::<f64>(), 2.0 * 50.0);
    }
}
