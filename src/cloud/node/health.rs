//! What a balancer believes of its workers: it checks each of them every so often, and thinks better or worse of it only
//! after so many checks in a row.
//!
//! Elastic Load Balancing, *Health checks for Application Load Balancer target groups*: a new target is healthy after its
//! first check that goes well; one that was taken out, after `healthy` of them in a row; one is taken out after `unhealthy`
//! that fail in a row. A check fails at once where it is refused, and after the timeout where nobody answers. Between two
//! changes of what checks find, their results are known beforehand: they are counted, and no event is spent on each.

use crate::cloud::topology::HealthCheck;
use crate::ground::time::{SimTime, Span};

/// What a check finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The worker answers.
    Well,
    /// It refuses: its machine is there, and the software is not.
    Refused,
    /// Nobody answers.
    Silent,
}

/// What a balancer believes of one worker.
#[derive(Clone, Copy, Debug)]
pub struct Health {
    /// When it was first checked.
    first: SimTime,
    /// Whether it gets requests.
    healthy: bool,
    /// Whether it ever did: a new one need pass a single check.
    known: bool,
    /// What checks find …
    finds: Finding,
    /// … since when …
    since: SimTime,
    /// … and how many in a row had gone well, or had failed, before.
    well: u32,
    ill: u32,
}

impl Health {
    /// One that has been there for ever, or one that is new and first checked then.
    pub fn new(first: SimTime, old: bool) -> Health {
        let since = if old { SimTime::START } else { first };
        Health { first, healthy: old, known: old, finds: Finding::Well, since, well: 0, ill: 0 }
    }

    /// Whether it gets requests.
    pub fn is_healthy(&self) -> bool {
        self.healthy
    }

    /// Whether it ever got any.
    pub fn is_known(&self) -> bool {
        self.known
    }

    /// Checks from an instant on, and before another.
    fn checks(&self, plan: &HealthCheck, from: SimTime, before: SimTime) -> u64 {
        let every = plan.interval.nanos();
        let until = |at: SimTime| at.nanos().saturating_sub(self.first.nanos()).div_ceil(every);
        until(before).saturating_sub(until(from))
    }

    /// From now on checks find something else.
    pub fn finds(&mut self, plan: &HealthCheck, finding: Finding, now: SimTime) {
        let made = u32::try_from(self.checks(plan, self.since, now)).unwrap_or(u32::MAX);
        if made > 0 && self.finds == Finding::Well {
            (self.well, self.ill) = (self.well.saturating_add(made), 0);
        } else if made > 0 {
            (self.well, self.ill) = (0, self.ill.saturating_add(made));
        }
        if self.ill >= plan.unhealthy {
            // Its last check has failed, and would have told so when its time was over.
            self.healthy = false;
        }
        (self.finds, self.since) = (finding, now.max(self.since));
    }

    /// When the balancer will think otherwise of it, if nothing else happens; never, where it thinks right.
    pub fn turns(&self, plan: &HealthCheck) -> Option<SimTime> {
        let (more, late) = match (self.finds, self.healthy) {
            (Finding::Well, false) => (if self.known { plan.healthy.saturating_sub(self.well) } else { 1 }, Span::ZERO),
            (Finding::Refused, true) => (plan.unhealthy.saturating_sub(self.ill), Span::ZERO),
            (Finding::Silent, true) => (plan.unhealthy.saturating_sub(self.ill), plan.timeout),
            _ => return None,
        };
        let every = plan.interval.nanos();
        let next = self.since.nanos().saturating_sub(self.first.nanos()).div_ceil(every);
        let last = next.saturating_add(u64::from(more.max(1)) - 1);
        Some(SimTime::from_nanos(self.first.nanos().saturating_add(last.saturating_mul(every))) + late)
    }

    /// It does think otherwise.
    pub fn turn(&mut self) {
        self.healthy = !self.healthy;
        self.known |= self.healthy;
        // The check that made it so was of the other kind than those before.
        if self.healthy { self.ill = 0 } else { self.well = 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The documented plan: every 30 s, 5 s, 5 and 2.
    const PLAN: HealthCheck = HealthCheck {
        interval: Span::from_secs(30),
        timeout: Span::from_secs(5),
        healthy: 5,
        unhealthy: 2,
        fail_open: true,
    };

    fn second(at: u64) -> SimTime {
        SimTime::START + Span::from_secs(at)
    }

    fn turns(health: &Health) -> Option<u64> {
        health.turns(&PLAN).map(|at| at.nanos() / 1_000_000_000)
    }

    /// Checked at 10, 40, 70 s and so on. One that fails just after a check is taken out after 30 s more than one that fails
    /// just before it: 30 to 60 s, and 5 s later where nobody answers.
    #[test]
    fn two_failed_checks_in_a_row_take_it_out() {
        let table = [
            (10, Finding::Refused, 40),
            (11, Finding::Refused, 70),
            (40, Finding::Refused, 70),
            (11, Finding::Silent, 75),
            (40, Finding::Silent, 75),
        ];
        for (fails, how, out) in table {
            let mut health = Health::new(second(10), true);
            assert_eq!(turns(&health), None);
            health.finds(&PLAN, how, second(fails));
            assert_eq!(turns(&health), Some(out), "{how:?} from {fails} s on");
        }
    }

    /// Taken out at 70 s, it is well again at 75 s: checks at 100, 130, 160, 190 and 220 s bring it back.
    #[test]
    fn five_good_checks_in_a_row_bring_it_back_and_one_a_new_one() {
        let mut health = Health::new(second(10), true);
        health.finds(&PLAN, Finding::Refused, second(11));
        health.turn();
        assert!(!health.is_healthy() && turns(&health).is_none());
        health.finds(&PLAN, Finding::Well, second(75));
        assert_eq!(turns(&health), Some(220));
        // Three of them are for nothing where it fails again.
        health.finds(&PLAN, Finding::Refused, second(170));
        health.finds(&PLAN, Finding::Well, second(200));
        assert_eq!(turns(&health), Some(340));
        let new = Health::new(second(17), false);
        assert_eq!((new.is_healthy(), turns(&new)), (false, Some(17)));
    }

    /// Down from 11 to 20 s, between two checks: nobody notices. Down from 30 to 50 s it fails one check, down again from
    /// 60 s on another: two in a row, as no good one lies between.
    #[test]
    fn what_happens_between_two_checks_is_not_noticed() {
        let mut health = Health::new(second(10), true);
        health.finds(&PLAN, Finding::Refused, second(11));
        health.finds(&PLAN, Finding::Well, second(20));
        assert_eq!(turns(&health), None);
        health.finds(&PLAN, Finding::Refused, second(30));
        health.finds(&PLAN, Finding::Well, second(50));
        assert_eq!(turns(&health), None);
        health.finds(&PLAN, Finding::Refused, second(60));
        assert_eq!(turns(&health), Some(70));
    }

    /// Where a single good check is enough, what failed before it is forgotten with it.
    #[test]
    fn who_is_brought_back_is_not_taken_out_for_what_was_before() {
        let plan = HealthCheck { healthy: 1, ..PLAN };
        let mut health = Health::new(second(10), true);
        health.finds(&plan, Finding::Refused, second(11));
        health.turn();
        health.finds(&plan, Finding::Well, second(75));
        assert_eq!(health.turns(&plan), Some(second(100)));
        health.turn();
        health.finds(&plan, Finding::Well, second(100));
        assert_eq!((health.is_healthy(), health.turns(&plan)), (true, None));
    }

    /// A new one that fails before its first check is healthy only after that.
    #[test]
    fn a_new_one_that_never_answers_gets_nothing() {
        let mut health = Health::new(second(20), false);
        health.finds(&PLAN, Finding::Refused, second(5));
        assert_eq!((health.is_healthy(), turns(&health)), (false, None));
        health.finds(&PLAN, Finding::Well, second(55));
        assert_eq!(turns(&health), Some(80));
    }
}
