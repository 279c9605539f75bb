//! What functions use: milliseconds of their environments, invocations, and what is kept ready.

use crate::billing::profile::Profile;
use crate::billing::usage::{Real, Used};
use crate::cloud::fact::Start;
use crate::cloud::topology::Function;
use crate::ground::time::{SimTime, Span};

/// What is kept ready is billed in steps of five minutes (AWS Lambda pricing, provisioned concurrency).
pub(in crate::billing) const STEP: Span = Span::from_secs(300);

/// A meter at a function.
#[derive(Clone, Debug)]
pub(super) struct FunctionCounter {
    memory: u64,
    is_arm: bool,
    disk: u64,
    kept: u32,
    invocations: u64,
    /// Billed milliseconds of environments that come on demand, and of those that are kept ready.
    milliseconds: u128,
    kept_milliseconds: u128,
    /// The same before they were rounded up, in nanoseconds.
    real: Real,
    profile: Profile,
}

impl FunctionCounter {
    pub fn new(function: &Function, profile: Profile) -> FunctionCounter {
        let Function { memory, is_arm, disk, provisioned, .. } = *function;
        let kept = provisioned;
        let (milliseconds, kept_milliseconds) = (0, 0);
        let real = Real::default();
        FunctionCounter { memory, is_arm, disk, kept, invocations: 0, milliseconds, kept_milliseconds, real, profile }
    }

    /// A stay ended that initialised for so long and ran for so long.
    pub fn invoked(&mut self, start: Start, init: Span, ran: Span) {
        self.invocations += 1;
        let billed = self.profile.billed(init, ran);
        let milliseconds = self.profile.milliseconds(billed);
        let nanos = u128::from(billed.nanos());
        match start {
            Start::Provisioned => {
                self.kept_milliseconds += milliseconds;
                self.real.kept_at_work += nanos;
            }
            Start::Cold | Start::Warm => {
                self.milliseconds += milliseconds;
                self.real.at_work += nanos;
            }
        }
    }

    pub fn used(&self, at: SimTime) -> Used {
        let steps = at.nanos().div_ceil(STEP.nanos());
        Used::Function {
            memory: self.memory,
            is_arm: self.is_arm,
            disk: self.disk,
            invocations: self.invocations,
            milliseconds: self.milliseconds,
            kept: (self.kept > 0).then(|| (u128::from(steps) * u128::from(self.kept) * 300, self.kept_milliseconds)),
            real: Some(Real { kept: u128::from(at.nanos()) * u128::from(self.kept), ..self.real }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::billing::{NodeUsage, PriceBook, Usage, invoice};
    use crate::cloud::topology::{AfterTimeout, Errands, Reuse, Speed};
    use crate::ground::distribution::Distribution;

    fn function(memory: u64, provisioned: u32, disk: u64) -> Function {
        let nothing = || Distribution::constant(0);
        Function {
            desk: Function::desk(Vec::new(), Speed::ONE, provisioned),
            memory: memory << 20,
            is_arm: false,
            disk: disk << 20,
            creation: nothing(),
            init: nothing(),
            timeout: None,
            after_timeout: AfterTimeout::Discard,
            reserved: None,
            provisioned,
            growth: None,
            idle: None,
            recycle: None,
            reuse: Reuse::Latest,
            overhead: None,
            errands: Errands {
                waits: Vec::new(),
                base: Span::ZERO,
                cap: Span::ZERO,
                max_age: None,
                dead_letters: None,
                on_success: None,
                on_failure: None,
            },
        }
    }

    /// Item, quantity and charge of each line at that second.
    fn bill(counter: &FunctionCounter, second: u64) -> Vec<(String, String, String)> {
        let used = counter.used(SimTime::START + Span::from_secs(second));
        let usage = Usage { nodes: vec![NodeUsage { node: "function.f".to_owned(), used }] };
        let lines = invoice(&usage, &PriceBook::us_east_1());
        lines.into_iter().map(|line| (line.item, line.quantity.to_string(), line.cost.to_string())).collect()
    }

    fn told(lines: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
        lines.iter().map(|&(item, quantity, cost)| (item.into(), quantity.into(), cost.into())).collect()
    }

    /// 250.4 ms are 251, and 1.4 s are 1,400: 1,651 ms of half a GB at $0.0000166667; two requests at $0.20 a million.
    #[test]
    fn runs_are_billed_by_the_started_millisecond() {
        let mut counter = FunctionCounter::new(&function(512, 0, 512), Profile::Current);
        counter.invoked(Start::Warm, Span::ZERO, Span::from_nanos(250_400_000));
        counter.invoked(Start::Cold, Span::from_millis(400), Span::from_secs(1));
        let expected = [("lambda.duration.x86", "0.8255", "0.000013758361"), ("lambda.requests", "2", "0.0000004")];
        assert_eq!(bill(&counter, 100), told(&expected));
    }

    /// Two of 1 GB that are kept ready for 301 s are paid for 600; what runs in them has a price of its own, and 1,024 MB of
    /// disk beyond the free 512 are paid while anything runs.
    #[test]
    fn what_is_kept_ready_is_billed_in_steps_of_five_minutes() {
        let mut counter = FunctionCounter::new(&function(1_024, 2, 1_536), Profile::Current);
        counter.invoked(Start::Provisioned, Span::ZERO, Span::from_secs(10));
        counter.invoked(Start::Cold, Span::from_secs(1), Span::from_secs(4));
        let expected = [
            ("lambda.duration.x86", "5", "0.0000833335"),
            ("lambda.requests", "2", "0.0000004"),
            ("lambda.provisioned.x86", "1200", "0.00500004"),
            ("lambda.provisioned-duration.x86", "10", "0.000097222"),
            ("lambda.storage", "15", "0.0000004635"),
        ];
        assert_eq!(bill(&counter, 301), told(&expected));
    }

    /// A cold run of 101.5 ms after 800 ms, a warm one of 99.2 ms, and one of 50 ms in an environment that is kept, of two,
    /// for 301 s: started milliseconds, or started 100 ms; two steps of five minutes each.
    #[test]
    fn runs_are_counted_by_the_rules_of_their_day_and_as_they_were() {
        let span = |micros: u64| Span::from_nanos(micros * 1_000);
        let used = |profile| {
            let mut counter = FunctionCounter::new(&function(1_024, 2, 512), profile);
            counter.invoked(Start::Cold, span(800_000), span(101_500));
            counter.invoked(Start::Warm, Span::ZERO, span(99_200));
            counter.invoked(Start::Provisioned, Span::ZERO, span(50_000));
            match counter.used(SimTime::START + Span::from_secs(301)) {
                Used::Function { invocations, milliseconds, kept, real, .. } => (invocations, milliseconds, kept, real),
                other => panic!("{other:?} is no function"),
            }
        };
        let real =
            |micros: u128| Some(Real { at_work: micros * 1_000, kept: 2 * 301_000_000_000, kept_at_work: 50_000_000 });
        assert_eq!(used(Profile::Current), (3, 902 + 100, Some((1_200, 50)), real(1_000_700)));
        assert_eq!(used(Profile::Before202508), (3, 102 + 100, Some((1_200, 50)), real(200_700)));
        assert_eq!(used(Profile::Lambda2020), (3, 200 + 100, Some((1_200, 100)), real(200_700)));
    }
}
