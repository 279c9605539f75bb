//! CPU credits of machines with burstable speed, as exact accounts.
//!
//! One credit is one vCPU for a minute. A machine earns at a steady rate while it runs and spends what it computes; what it
//! earns beyond 24 hours' worth is lost. Without credits a *standard* machine computes at its baseline, which is what it
//! earns; an *unlimited* one goes on and owes, and what it owes beyond 24 hours' worth, or when it goes, is charged (Amazon
//! EC2 user guide, Key concepts for burstable performance instances).

use crate::cloud::topology::Speed;
use crate::ground::time::{SECOND, SimTime, Span};

/// Thousandths of a credit that one vCPU spends in an hour.
pub const VCPU: u64 = 60_000;

/// Thousandths of a credit, in the accounts' unit: a rate of one thousandth an hour for a nanosecond.
const THOUSANDTH: i128 = 3_600 * SECOND as i128;

/// One vCPU-hour, in the accounts' unit.
pub const VCPU_HOUR: u128 = VCPU as u128 * THOUSANDTH as u128;

/// The credits of one instance type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credits {
    /// Thousandths of a credit earned in an hour.
    pub earns: u64,
    /// Its vCPUs.
    pub vcpus: u32,
    /// Thousandths of a credit that it begins with, beside the limit.
    pub launch: u64,
    /// Whether it may owe; else it slows down.
    pub unlimited: bool,
}

impl Credits {
    /// Those of a type, by its name: the credit table of the Amazon EC2 user guide. Only `t2` has launch credits, 30 for
    /// each vCPU, and only in standard mode. `None` for machines whose speed is steady.
    pub fn of(instance: &str, unlimited: bool) -> Option<Credits> {
        let (family, size) = instance.split_once('.')?;
        let (earns, vcpus) = match (family, size) {
            ("t2", "nano") => (3_000, 1),
            ("t2", "micro") => (6_000, 1),
            ("t2", "small") => (12_000, 1),
            ("t2", "medium") => (24_000, 2),
            ("t2", "large") => (36_000, 2),
            ("t2", "xlarge") => (54_000, 4),
            ("t2", "2xlarge") => (81_600, 8),
            ("t3" | "t3a" | "t4g", "nano") => (6_000, 2),
            ("t3" | "t3a" | "t4g", "micro") => (12_000, 2),
            ("t3" | "t3a" | "t4g", "small" | "medium") => (24_000, 2),
            ("t3" | "t3a" | "t4g", "large") => (36_000, 2),
            ("t3" | "t3a" | "t4g", "xlarge") => (96_000, 4),
            ("t3" | "t3a" | "t4g", "2xlarge") => (192_000, 8),
            _ => return None,
        };
        let launch = if family == "t2" && !unlimited { 30_000 * u64::from(vcpus) } else { 0 };
        Some(Credits { earns, vcpus, launch, unlimited })
    }

    /// The most that it keeps of what it earns, or may owe: what it earns in 24 hours.
    fn limit(self) -> i128 {
        i128::from(self.earns) * 24 * THOUSANDTH
    }

    /// What it spends in an hour, in thousandths of a credit, where so many slots compute.
    pub fn spends(self, computing: u32) -> u64 {
        u64::from(computing.min(self.vcpus)) * VCPU
    }

    /// How fast each of so many computing slots is without credits: all together as fast as the baseline.
    pub fn pace(self, computing: u32) -> Speed {
        let spends = self.spends(computing);
        if spends <= self.earns { Speed::ONE } else { Speed { work: self.earns, time: spends } }
    }
}

/// The credits of one machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// Earned and not spent; below zero what it owes.
    earned: i128,
    /// Left of what it began with; spent first.
    launch: i128,
    /// Up to when it is kept.
    since: SimTime,
}

impl Account {
    /// That of a machine that begins to run.
    pub fn new(credits: Credits, now: SimTime) -> Account {
        Account { earned: 0, launch: i128::from(credits.launch) * THOUSANDTH, since: now }
    }

    /// As it was, from now on: a machine that was stopped earns nothing.
    pub fn resumed(self, now: SimTime) -> Account {
        Account { since: now, ..self }
    }

    /// Keeps it up to `now`, with so many thousandths of a credit spent in an hour; what must be paid for at once is
    /// returned, in the accounts' unit.
    pub fn keep(&mut self, credits: Credits, spends: u64, now: SimTime) -> u128 {
        let mut span = i128::from((now.max(self.since) - self.since).nanos());
        self.since = self.since.max(now);
        let (earns, spends, limit) = (i128::from(credits.earns), i128::from(spends), credits.limit());
        if self.launch > 0 && spends > 0 {
            // What it began with goes first, and does not count to the limit of what it earns.
            let first = span.min((self.launch + spends - 1) / spends);
            self.launch = (self.launch - first * spends).max(0);
            self.earned = (self.earned + first * earns).min(limit);
            span -= first;
        }
        self.earned = (self.earned + span * (earns - spends)).min(limit);
        let floor = if credits.unlimited { -limit } else { 0 };
        let beyond = (floor - self.earned).max(0);
        self.earned += beyond;
        if credits.unlimited { beyond.unsigned_abs() } else { 0 }
    }

    /// Whether nothing is left to spend.
    pub fn is_empty(&self) -> bool {
        self.earned <= 0 && self.launch == 0
    }

    /// How long it lasts at such a rate; `None`: for ever.
    pub fn lasts(&self, credits: Credits, spends: u64) -> Option<Span> {
        let loses = i128::from(spends) - i128::from(credits.earns);
        if loses <= 0 {
            return None;
        }
        let first = (self.launch + i128::from(spends) - 1) / i128::from(spends);
        let earned = (self.earned + first * i128::from(credits.earns)).min(credits.limit());
        let nanos = first + (earned + loses - 1) / loses;
        u64::try_from(nanos).ok().map(|nanos| Span::from_nanos(nanos.max(1)))
    }

    /// What it owes, in the accounts' unit: charged when it goes.
    pub fn owes(&self) -> u128 {
        (-self.earned).max(0).unsigned_abs()
    }

    /// In credits, what it began with included; what it owes is below zero.
    pub fn balance(&self) -> f64 {
        (self.earned + self.launch) as f64 / (1_000 * THOUSANDTH) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(hours: f64) -> Span {
        Span::from_nanos((hours * 3_600.0 * SECOND as f64) as u64)
    }

    /// Keeps an account for so many hours at a share of all its vCPUs; what is charged, in credits.
    fn uses(account: &mut Account, credits: Credits, span: f64, share: f64) -> f64 {
        let spends = (share * f64::from(credits.vcpus) * VCPU as f64).round() as u64;
        let now = account.since + hours(span);
        account.keep(credits, spends, now) as f64 / (1_000 * THOUSANDTH) as f64
    }

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 0.01, "{found} is not {expected}");
    }

    /// Amazon EC2 user guide, Standard mode examples, Example 1 (awsdocs/amazon-ec2-user-guide, standard-mode-examples.md,
    /// read 2026): a `t3.nano` idles for a day, then 2.5 % for 12 h, 7 % for 24 h, 2.5 % for 12 h, bursts until it is empty,
    /// stays at its baseline, and idles for a day. The guide writes 122 for 122.4.
    #[test]
    fn the_guide_s_t3_standard_example() {
        let credits = Credits::of("t3.nano", false).unwrap();
        let mut account = Account::new(credits, SimTime::START);
        for (span, share, balance) in
            [(24.0, 0.0, 144.0), (12.0, 0.025, 144.0), (24.0, 0.07, 86.4), (12.0, 0.025, 122.4)]
        {
            uses(&mut account, credits, span, share);
            near(account.balance(), balance);
        }
        // Two vCPUs spend 120 an hour and 6 are earned: 122.4 last 122.4 / 114 h.
        near(account.lasts(credits, credits.spends(2)).unwrap().seconds() / 3_600.0, 122.4 / 114.0);
        uses(&mut account, credits, 2.0, 1.0);
        assert!(account.is_empty());
        assert_eq!(credits.pace(2), Speed { work: 6_000, time: 120_000 }, "5 % of each of two vCPUs");
        uses(&mut account, credits, 14.0, 0.05);
        near(account.balance(), 0.0);
        uses(&mut account, credits, 24.0, 0.0);
        near(account.balance(), 144.0);
    }

    /// The same guide, Unlimited mode examples, Example 1: five hours of everything spend 570 more than is earned; 122 were
    /// there, 144 are owed, and the other 304 (303.6) are charged. At the baseline nothing changes; a day of rest pays it.
    #[test]
    fn the_guide_s_t3_unlimited_example() {
        let credits = Credits::of("t3.nano", true).unwrap();
        let mut account = Account::new(credits, SimTime::START);
        for (span, share) in [(24.0, 0.0), (12.0, 0.025), (24.0, 0.07), (12.0, 0.025)] {
            near(uses(&mut account, credits, span, share), 0.0);
        }
        near(uses(&mut account, credits, 5.0, 1.0), 303.6);
        near(account.balance(), -144.0);
        near(uses(&mut account, credits, 13.0, 0.05), 0.0);
        near(account.balance(), -144.0);
        near(uses(&mut account, credits, 24.0, 0.0), 0.0);
        near(account.balance(), 0.0);
    }

    /// The same guide, Standard mode examples, Example 2: a `t2.nano` begins with 30 credits, which are beside the limit of 72
    /// and go first. Seven periods of 24, 12, 25, 11, 3, 15 and 6 hours.
    #[test]
    fn the_guide_s_t2_standard_example() {
        let credits = Credits::of("t2.nano", false).unwrap();
        let mut account = Account::new(credits, SimTime::START);
        near(account.balance(), 30.0);
        for (span, share, balance) in [
            (24.0, 0.0, 102.0),
            (12.0, 0.0, 102.0),
            (25.0, 0.02, 72.0),
            (11.0, 0.02, 72.0),
            (3.0, 0.2, 45.0),
            (15.0, 0.02, 72.0),
            (6.0, 0.0, 72.0),
        ] {
            uses(&mut account, credits, span, share);
            near(account.balance(), balance);
        }
    }

    /// The guide's credit table: the baseline is what is earned, by vCPU.
    #[test]
    fn baselines_are_those_of_the_table() {
        for (instance, baseline, limit) in [
            ("t2.micro", 0.10, 144.0),
            ("t2.xlarge", 0.225, 1_296.0),
            ("t2.2xlarge", 0.17, 1_958.4),
            ("t3.nano", 0.05, 144.0),
            ("t3.medium", 0.20, 576.0),
            ("t3a.large", 0.30, 864.0),
            ("t4g.xlarge", 0.40, 2_304.0),
            ("t3.2xlarge", 0.40, 4_608.0),
        ] {
            let credits = Credits::of(instance, true).unwrap();
            near(credits.earns as f64 / (VCPU * u64::from(credits.vcpus)) as f64, baseline);
            near(credits.limit() as f64 / (1_000 * THOUSANDTH) as f64, limit);
        }
        assert_eq!(Credits::of("m5.large", true), None);
    }
}
