//! What functions use: milliseconds of their environments, invocations, and what is kept ready.

use crate::billing::profile::Profile;
use crate::billing::usage::{Real, Used};
use crate::cloud::fact::Start;
use crate::cloud::topology::{Function, NodeId, NodeKind, Topology};
use crate::ground::time::{SECOND, SimTime, Span};

/// What is kept ready is billed in steps of five minutes (AWS Lambda pricing, provisioned concurrency).
pub(in crate::billing) const STEP: Span = Span::from_secs(300);

/// How many environments are kept ready: of each step the most that were.
#[derive(Clone, Copy, Debug)]
struct Kept {
    /// So many at present …
    count: u32,
    /// … since then.
    since: SimTime,
    /// Nanoseconds that all of them were kept before that.
    lived: u128,
    /// The step of the last change, …
    step: u64,
    /// … the most that were kept in it …
    most: u32,
    /// … and all steps before, times the environments of each.
    steps: u128,
}

impl Kept {
    fn new(count: u32) -> Kept {
        Kept { count, since: SimTime::START, lived: 0, step: 0, most: count, steps: 0 }
    }

    fn becomes(&mut self, count: u32, at: SimTime) {
        let (step, is_first_instant) = (at.nanos() / STEP.nanos(), at.nanos().is_multiple_of(STEP.nanos()));
        if step > self.step {
            let between = u128::from(step - self.step - 1) * u128::from(self.count);
            self.steps += u128::from(self.most) + between;
            (self.step, self.most) = (step, self.count);
        }
        self.most = if is_first_instant { count } else { self.most.max(count) };
        self.lived = self.lived_until(at);
        (self.count, self.since) = (count, at);
    }

    /// Steps that began before `at`, times the environments of each.
    fn steps_until(&self, at: SimTime) -> u128 {
        let begun = at.nanos().div_ceil(STEP.nanos());
        match begun.checked_sub(self.step + 1) {
            None => self.steps,
            Some(more) => self.steps + u128::from(self.most) + u128::from(more) * u128::from(self.count),
        }
    }

    /// Nanoseconds that all of them were kept.
    fn lived_until(&self, at: SimTime) -> u128 {
        self.lived + u128::from((at - self.since).nanos()) * u128::from(self.count)
    }
}

/// Pollers that are paid for as long as they are there, busy or not.
#[derive(Clone, Debug)]
pub(super) struct Polling {
    /// How many take messages of each queue.
    queues: Vec<(NodeId, u32)>,
    /// Since then.
    since: SimTime,
    /// Nanoseconds that all of them were there before that.
    lived: u128,
}

impl Polling {
    /// Those at the start; `None` where none are paid for.
    pub fn of(topology: &Topology, function: NodeId) -> Option<Polling> {
        let queues = topology.nodes.iter().enumerate().filter_map(|(place, node)| {
            let NodeKind::Queue(queue) = &node.kind else { return None };
            let mapping = queue.mapping.as_ref().filter(|mapping| mapping.provisioned.is_some())?;
            queue.to.contains(&function).then_some((NodeId::at(place), mapping.start))
        });
        let queues: Vec<_> = queues.collect();
        (!queues.is_empty()).then_some(Polling { queues, since: SimTime::START, lived: 0 })
    }

    fn becomes(&mut self, queue: NodeId, pollers: u32, at: SimTime) {
        (self.lived, self.since) = (self.lived_until(at), at);
        if let Some((_, count)) = self.queues.iter_mut().find(|(of, _)| *of == queue) {
            *count = pollers;
        }
    }

    /// Nanoseconds that all of them were there.
    fn lived_until(&self, at: SimTime) -> u128 {
        let count: u128 = self.queues.iter().map(|&(_, count)| u128::from(count)).sum();
        self.lived + u128::from((at - self.since).nanos()) * count
    }
}

/// A meter at a function.
#[derive(Clone, Debug)]
pub(super) struct FunctionCounter {
    memory: u64,
    is_arm: bool,
    disk: u64,
    kept: Option<Kept>,
    invocations: u64,
    /// Billed milliseconds of environments that come on demand, and of those that are kept ready.
    milliseconds: u128,
    kept_milliseconds: u128,
    /// The same before they were rounded up, in nanoseconds.
    real: Real,
    profile: Profile,
    /// Environments that were restored from a snapshot, where that is paid for.
    restores: Option<u64>,
    polling: Option<Polling>,
    /// The balancer through which all invocations come, if there is one.
    pub door: Option<NodeId>,
}

impl FunctionCounter {
    pub fn new(
        function: &Function,
        profile: Profile,
        polling: Option<Polling>,
        door: Option<NodeId>,
    ) -> FunctionCounter {
        let Function { memory, is_arm, disk, provisioned, .. } = *function;
        let is_ever = provisioned > 0 || function.desk.scaling.group().is_some();
        let kept = is_ever.then(|| Kept::new(provisioned));
        let (milliseconds, kept_milliseconds) = (0, 0);
        let real = Real::default();
        let restores = function.snapshot.filter(|snapshot| snapshot.is_paid).map(|_| 0);
        let invocations = 0;
        FunctionCounter {
            memory,
            is_arm,
            disk,
            kept,
            invocations,
            milliseconds,
            kept_milliseconds,
            real,
            profile,
            restores,
            polling,
            door,
        }
    }

    /// A stay ended: its environment was initialised for so long and ran for so long, of which so much was told before. Runs
    /// beside one another are paid for once.
    pub fn invoked(&mut self, start: Start, init: Span, ran: Span, before: Option<Span>) {
        self.invocations += 1;
        if let Some(restores) = self.restores.as_mut().filter(|_| start == Start::Cold) {
            *restores += 1;
        }
        let billed = self.profile.billed(init, ran);
        let told = before.map_or(Span::ZERO, |before| self.profile.billed(init, before));
        let milliseconds = self.profile.milliseconds(billed) - self.profile.milliseconds(told);
        let nanos = u128::from(billed.nanos() - told.nanos());
        match start {
            Start::Provisioned => {
                self.kept_milliseconds += milliseconds;
                self.real.kept_at_work += nanos;
            }
            Start::Cold | Start::Joined | Start::Warm => {
                self.milliseconds += milliseconds;
                self.real.at_work += nanos;
            }
        }
    }

    /// From now on so many are kept ready.
    pub fn keeps(&mut self, environments: u32, at: SimTime) {
        if let Some(kept) = &mut self.kept {
            kept.becomes(environments, at);
        }
    }

    /// From now on so many pollers are kept for a queue.
    pub fn polls(&mut self, queue: NodeId, pollers: u32, at: SimTime) {
        if let Some(polling) = &mut self.polling {
            polling.becomes(queue, pollers, at);
        }
    }

    pub fn used(&self, at: SimTime) -> Used {
        Used::Function {
            memory: self.memory,
            is_arm: self.is_arm,
            disk: self.disk,
            invocations: self.invocations,
            milliseconds: self.milliseconds,
            kept: self
                .kept
                .map(|kept| (kept.steps_until(at) * u128::from(STEP.nanos() / SECOND), self.kept_milliseconds)),
            snapshot: self.restores.map(|restores| (u128::from(at.nanos()), restores)),
            pollers: self.polling.as_ref().map(|polling| polling.lived_until(at)),
            real: Some(Real { kept: self.kept.map_or(0, |kept| kept.lived_until(at)), ..self.real }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::billing::{NodeUsage, PriceBook, Usage, invoice};
    use crate::cloud::topology::{AfterTimeout, Errands, Mapping, Node, Provisioned, Queue, Reuse, Snapshot, Speed};
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
            snapshot: None,
            timeout: None,
            after_timeout: AfterTimeout::Discard,
            reserved: None,
            provisioned,
            allocation: nothing(),
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
        let mut counter = FunctionCounter::new(&function(512, 0, 512), Profile::Current, None, None);
        counter.invoked(Start::Warm, Span::ZERO, Span::from_nanos(250_400_000), None);
        counter.invoked(Start::Cold, Span::from_millis(400), Span::from_secs(1), None);
        let expected = [("lambda.duration.x86", "0.8255", "0.000013758361"), ("lambda.requests", "2", "0.0000004")];
        assert_eq!(bill(&counter, 100), told(&expected));
    }

    /// Two of 1 GB that are kept ready for 301 s are paid for 600; what runs in them has a price of its own, and 1,024 MB of
    /// disk beyond the free 512 are paid while anything runs.
    #[test]
    fn what_is_kept_ready_is_billed_in_steps_of_five_minutes() {
        let mut counter = FunctionCounter::new(&function(1_024, 2, 1_536), Profile::Current, None, None);
        counter.invoked(Start::Provisioned, Span::ZERO, Span::from_secs(10), None);
        counter.invoked(Start::Cold, Span::from_secs(1), Span::from_secs(4), None);
        let expected = [
            ("lambda.duration.x86", "5", "0.0000833335"),
            ("lambda.requests", "2", "0.0000004"),
            ("lambda.provisioned.x86", "1200", "0.00500004"),
            ("lambda.provisioned-duration.x86", "10", "0.000097222"),
            ("lambda.storage", "15", "0.0000004635"),
        ];
        assert_eq!(bill(&counter, 301), told(&expected));
    }

    /// Two pollers for an hour and five for half of one, of one queue, and three for all that time of another: 9 of their hours
    /// at $0.00925.
    #[test]
    fn pollers_that_are_kept_ready_are_billed_busy_or_not() {
        let at = |second: u64| SimTime::START + Span::from_secs(second);
        let (lambda, other) = (NodeId(3), NodeId(4));
        let queue = |to, start, provisioned| {
            let mapping = Some(Box::new(Mapping { start, provisioned, ..Mapping::of(10) }));
            let kind = NodeKind::Queue(Queue { to: vec![to], mapping, ..Queue::default() });
            Node { name: "q".to_owned(), kind }
        };
        let kept = Some(Provisioned::USUAL);
        let nodes = vec![queue(lambda, 2, kept), queue(lambda, 3, kept), queue(lambda, 7, None), queue(other, 7, kept)];
        let topology = Topology { nodes, ..Topology::default() };
        let polling = Polling::of(&topology, lambda);
        let mut counter = FunctionCounter::new(&function(1_024, 0, 512), Profile::Current, polling, None);
        counter.polls(NodeId(0), 5, at(3_600));
        let lines = bill(&counter, 5_400);
        assert_eq!(lines[2..], told(&[("lambda.poller", "9", "0.08325")]));
    }

    /// A snapshot of 1 GB that was kept for an hour is paid for three; four environments were restored from it, and one run
    /// was in one that was there. That of Java costs nothing.
    #[test]
    fn a_snapshot_is_paid_for_three_hours_at_least_and_by_the_restore() {
        let told_of = |is_paid: bool| {
            let function = Function { snapshot: Some(Snapshot { is_paid }), ..function(1_024, 0, 512) };
            let mut counter = FunctionCounter::new(&function, Profile::Current, None, None);
            for start in [Start::Cold, Start::Cold, Start::Warm, Start::Cold, Start::Cold] {
                counter.invoked(start, Span::ZERO, Span::from_secs(1), None);
            }
            bill(&counter, 3_600)
        };
        let free = [("lambda.duration.x86", "5", "0.0000833335"), ("lambda.requests", "5", "0.000001")];
        let paid = [("lambda.snap-start", "10800", "0.01624968"), ("lambda.snap-start-restore", "4", "0.0005591992")];
        assert_eq!(told_of(false), told(&free));
        assert_eq!(told_of(true), told(&[free, paid].concat()));
    }

    /// Two from the start, five from 420 s on, one from 600 s on, none from 1,000 s on: of the steps of 300 s that are 2, 5,
    /// 1 and 1, and then none.
    #[test]
    fn of_each_five_minutes_the_most_that_are_kept_ready_are_billed() {
        let at = |second: u64| SimTime::START + Span::from_secs(second);
        let mut kept = Kept::new(2);
        for (second, count) in [(420, 5), (600, 1), (1_000, 0)] {
            kept.becomes(count, at(second));
        }
        let steps = [900, 1_000, 1_200, 1_201, 9_000].map(|second| kept.steps_until(at(second.max(1_000))));
        assert_eq!(steps, [9, 9, 9, 9, 9]);
        assert_eq!(kept.lived_until(at(9_000)), u128::from(SECOND) * (2 * 420 + 5 * 180 + 400));
        let mut kept = Kept::new(2);
        kept.becomes(5, at(420));
        assert_eq!([421, 600, 601, 1_200].map(|second| kept.steps_until(at(second))), [7, 7, 12, 17]);
    }

    /// A cold run of 101.5 ms after 800 ms, a warm one of 99.2 ms, and one of 50 ms in an environment that is kept, of two,
    /// for 301 s: started milliseconds, or started 100 ms; two steps of five minutes each.
    #[test]
    fn runs_are_counted_by_the_rules_of_their_day_and_as_they_were() {
        let span = |micros: u64| Span::from_nanos(micros * 1_000);
        let used = |profile| {
            let mut counter = FunctionCounter::new(&function(1_024, 2, 512), profile, None, None);
            counter.invoked(Start::Cold, span(800_000), span(101_500), None);
            counter.invoked(Start::Warm, Span::ZERO, span(99_200), None);
            counter.invoked(Start::Provisioned, Span::ZERO, span(50_000), None);
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

    /// Two runs beside one another: the first was told when it ended after 2 s, the second, which began with it, after 3 s.
    #[test]
    fn runs_beside_one_another_are_billed_once() {
        let mut counter = FunctionCounter::new(&function(1_024, 0, 512), Profile::Current, None, None);
        counter.invoked(Start::Warm, Span::ZERO, Span::from_secs(2), None);
        counter.invoked(Start::Joined, Span::ZERO, Span::from_secs(3), Some(Span::from_secs(2)));
        assert_eq!(bill(&counter, 100)[0].1, "3");
    }
}
