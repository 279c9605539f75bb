//! What functions use: milliseconds of their environments, invocations, and what is kept ready.

use crate::billing::usage::Used;
use crate::cloud::fact::Start;
use crate::cloud::topology::Function;
use crate::ground::time::{SimTime, Span};

/// Runs are billed by the started millisecond (AWS Lambda pricing).
const MILLISECOND: u64 = 1_000_000;
/// What is kept ready is billed in steps of five minutes (AWS Lambda pricing, provisioned concurrency).
const STEP: Span = Span::from_secs(300);

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
}

impl FunctionCounter {
    pub fn new(function: &Function) -> FunctionCounter {
        let Function { memory, is_arm, disk, provisioned, .. } = *function;
        let kept = provisioned;
        FunctionCounter { memory, is_arm, disk, kept, invocations: 0, milliseconds: 0, kept_milliseconds: 0 }
    }

    /// A stay ended that is billed for so long.
    pub fn invoked(&mut self, start: Start, billed: Span) {
        self.invocations += 1;
        let milliseconds = u128::from(billed.nanos().div_ceil(MILLISECOND));
        match start {
            Start::Provisioned => self.kept_milliseconds += milliseconds,
            Start::Cold | Start::Warm => self.milliseconds += milliseconds,
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
        let mut counter = FunctionCounter::new(&function(512, 0, 512));
        counter.invoked(Start::Warm, Span::from_nanos(250_400_000));
        counter.invoked(Start::Cold, Span::from_millis(1_400));
        let expected = [("lambda.duration.x86", "0.8255", "0.000013758361"), ("lambda.requests", "2", "0.0000004")];
        assert_eq!(bill(&counter, 100), told(&expected));
    }

    /// Two of 1 GB that are kept ready for 301 s are paid for 600; what runs in them has a price of its own, and 1,024 MB of
    /// disk beyond the free 512 are paid while anything runs.
    #[test]
    fn what_is_kept_ready_is_billed_in_steps_of_five_minutes() {
        let mut counter = FunctionCounter::new(&function(1_024, 2, 1_536));
        counter.invoked(Start::Provisioned, Span::from_secs(10));
        counter.invoked(Start::Cold, Span::from_secs(5));
        let expected = [
            ("lambda.duration.x86", "5", "0.0000833335"),
            ("lambda.requests", "2", "0.0000004"),
            ("lambda.provisioned.x86", "1200", "0.00500004"),
            ("lambda.provisioned-duration.x86", "10", "0.000097222"),
            ("lambda.storage", "15", "0.0000004635"),
        ];
        assert_eq!(bill(&counter, 301), told(&expected));
    }
}
