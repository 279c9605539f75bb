//! Functions: environments that come, are reused and go; limits, timeouts, and errands that are tried again.

use super::{application, at, call, completions, diary, losses, node, pool, seconds, send, topology, work};
use crate::cloud::arrivals::Arrivals;
use crate::cloud::fact::{Fact, Loss, Start};
use crate::cloud::topology::{
    AfterTimeout, Application, Errands, Fault, Function, Growth, Harm, Held, Link, Mix, NodeId, NodeKind, Outage, Pool,
    Queue, Reuse, Speed, Step, Topology, Verb, When, Work, WorkId,
};
use crate::cloud::world::{Horizon, simulate};
use crate::engine::Observer;
use crate::ground::chance::Key;
use crate::ground::distribution::Distribution;
use crate::ground::time::{SECOND, SimTime, Span};

/// A function that initialises for 1 s, whose idle environments live for 100 s.
pub(super) fn function(steps: Vec<Verb>, provisioned: u32) -> Function {
    let steps = steps.into_iter().map(|verb| Step { verb, only: None }).collect();
    Function {
        desk: Function::desk(steps, Speed::ONE, provisioned),
        memory: 512 << 20,
        is_arm: false,
        disk: 512 << 20,
        creation: seconds(0.0),
        init: seconds(1.0),
        snapshot: None,
        timeout: None,
        after_timeout: AfterTimeout::Discard,
        reserved: None,
        provisioned,
        allocation: seconds(0.0),
        growth: None,
        idle: Some(seconds(100.0)),
        recycle: None,
        reuse: Reuse::Latest,
        overhead: None,
        errands: Errands {
            waits: vec![Span::from_secs(60), Span::from_secs(120)],
            base: Span::from_secs(1),
            cap: Span::from_secs(300),
            max_age: None,
            dead_letters: None,
            on_success: None,
            on_failure: None,
        },
    }
}

pub(super) fn alone(function: Function) -> Topology {
    topology(vec![node("f", NodeKind::Function(Box::new(function)))])
}

/// Those who send and do not wait.
fn detached(times: &[f64], works: Vec<Distribution>) -> Application {
    let mut application = application(at(times), works);
    application.workloads[0].client.is_detached = true;
    application
}

/// Of each run: its environment, how it began, the initialisation that is billed with it, and how long it ran.
pub(super) fn runs(diary: &[(f64, Fact)]) -> Vec<(u32, Start, f64, f64)> {
    let runs = diary.iter().filter_map(|(_, fact)| match *fact {
        Fact::Invoked { environment, start, init, ran, .. } => {
            Some((environment, start, init.seconds(), ran.seconds()))
        }
        _ => None,
    });
    runs.collect()
}

pub(super) fn gone(diary: &[(f64, Fact)]) -> Vec<(u32, f64)> {
    let gone = diary.iter().filter_map(|(at, fact)| match *fact {
        Fact::Gone { worker, .. } => Some((worker, *at)),
        _ => None,
    });
    gone.collect()
}

pub(super) fn denied(diary: &[(f64, Fact)]) -> Vec<f64> {
    diary.iter().filter(|(_, fact)| matches!(fact, Fact::Denied { .. })).map(|(at, _)| *at).collect()
}

/// Two at once need two environments. Of two that are idle the one that was used last is used, the oldest or the last.
#[test]
fn which_idle_environment_is_used_is_a_choice() {
    for (reuse, third) in [(Reuse::Latest, 2), (Reuse::Oldest, 1)] {
        let application = application(at(&[0.0, 1.0, 50.0]), vec![seconds(2.0)]);
        let diary = diary(&application, &alone(Function { reuse, ..function(vec![work(0)], 0) }), 400.0);
        let used: Vec<u32> = runs(&diary).iter().map(|run| run.0).collect();
        assert_eq!(used, [1, 2, third], "{reuse:?}");
        // The one that is used again ends at 52 s and lives until 152 s; the other 100 s from its first end on.
        let other = 3 - third;
        let first_end = if other == 1 { 3.0 } else { 4.0 };
        assert_eq!(gone(&diary), [(other, first_end + 100.0), (third, 152.0)], "{reuse:?}");
    }
}

/// An environment that is kept ready needs no start and stays; who finds it busy gets one of the others.
#[test]
fn those_kept_ready_come_first_and_stay() {
    let application = application(at(&[0.0, 1.0, 10.0, 500.0]), vec![seconds(2.0)]);
    let diary = diary(&application, &alone(function(vec![work(0)], 1)), 1_000.0);
    let (kept, cold) = ((1, Start::Provisioned, 0.0, 2.0), (2, Start::Cold, 1.0, 2.0));
    assert_eq!(runs(&diary), [kept, cold, kept, kept]);
    assert_eq!(gone(&diary), [(2, 104.0)]);
}

/// A run that is cut off at 3 s: its environment is gone, or is initialised again within its next run.
#[test]
fn a_run_that_is_too_long_costs_its_environment_or_its_next_run() {
    for (after_timeout, next) in
        [(AfterTimeout::Discard, (2, Start::Cold, 1.0, 3.0)), (AfterTimeout::Reset, (1, Start::Warm, 0.0, 3.0))]
    {
        let application = application(at(&[0.0, 10.0]), vec![seconds(5.0)]);
        let limited = Function { timeout: Some(Span::from_secs(3)), after_timeout, ..function(vec![work(0)], 0) };
        let diary = diary(&application, &alone(limited), 400.0);
        assert_eq!(runs(&diary), [(1, Start::Cold, 1.0, 3.0), next], "{after_timeout:?}");
        let ends = [4.0, if after_timeout == AfterTimeout::Discard { 14.0 } else { 13.0 }];
        let lost = [(0, ends[0], Loss::FunctionTimeout), (1, ends[1], Loss::FunctionTimeout)];
        assert_eq!(losses(&diary), lost, "{after_timeout:?}");
    }
}

/// After a reset the second of initialisation is a part of the run: of 3 s, 2 are left for the work.
#[test]
fn a_reset_leaves_less_time_for_the_next_run() {
    let mut application = application(at(&[0.0, 10.0, 20.0]), vec![]);
    if let Arrivals::Instants(rows) = &mut application.workloads[0].arrivals {
        for (row, lasts) in rows.iter_mut().zip([5, 2, 2]) {
            row.work = vec![(WorkId(0), Span::from_secs(lasts))];
        }
    }
    application.works.push(Work { name: "work0".to_owned(), law: None, mix: Mix::ALL, parallel: 0 });
    let timeout = Some(Span::from_secs(3));
    let limited = Function { timeout, after_timeout: AfterTimeout::Reset, ..function(vec![work(0)], 0) };
    let diary = diary(&application, &alone(limited), 400.0);
    assert_eq!(runs(&diary)[1..], [(1, Start::Warm, 0.0, 3.0), (1, Start::Warm, 0.0, 2.0)]);
    assert_eq!(completions(&diary), [(1, 13.0), (2, 22.0)]);
}

/// Two new environments at once and one more each 10 s: the third of three is refused, one at 10 s is not. What is reserved
/// is a limit, too; so is what the account has left.
#[test]
fn environments_are_refused_beyond_each_limit() {
    let busy = |more: fn(Function) -> Function, concurrency: Option<u32>| {
        let application = application(at(&[0.0, 0.0, 0.0, 10.0]), vec![seconds(60.0)]);
        let topology = Topology { concurrency, ..alone(more(function(vec![work(0)], 0))) };
        denied(&diary(&application, &topology, 400.0))
    };
    let slow = |of| Function { growth: Some(Growth { every: Span::from_secs(10), burst: 2 }), ..of };
    assert_eq!(busy(slow, None), [0.0]);
    assert_eq!(busy(|of| Function { reserved: Some(2), ..of }, None), [0.0, 10.0]);
    assert_eq!(busy(|of| of, Some(3)), [10.0]);
    assert_eq!(busy(|of| Function { reserved: Some(0), ..of }, None), [0.0, 0.0, 0.0, 10.0]);
}

/// AWS Lambda developer guide, *Understanding function scaling*: ten requests a second for each environment that may be used
/// at once. With one reserved, ten of eleven that follow each other in a second are let in, however short they are.
#[test]
fn a_reservation_limits_requests_a_second_too() {
    let times: Vec<f64> = (0..11).map(|n| f64::from(n) * 0.001).collect();
    let application = application(at(&times), vec![seconds(0.0001)]);
    let quick = Function { reserved: Some(1), init: seconds(0.0), ..function(vec![work(0)], 0) };
    let topology = Topology { concurrency: Some(1_000), ..alone(quick) };
    assert_eq!(denied(&diary(&application, &topology, 10.0)), [0.01]);
}

/// An errand that always fails: a second of initialisation and runs of 2 s at 0, 63 and 185 s, then a dead letter, a record
/// for whoever is told of failures, and no answer that would come too late.
#[test]
fn an_errand_is_tried_three_times_and_put_aside() {
    let fails = Verb::Work { work: WorkId(0), fails: 1.0, fresh: false, together: false, cold: None };
    let mut plan = function(vec![fails], 0);
    plan.idle = None;
    plan.errands.dead_letters = Some(NodeId(1));
    plan.errands.on_failure = Some(NodeId(2));
    let nodes = vec![
        node("f", NodeKind::Function(Box::new(plan))),
        node("dead", NodeKind::Queue(Queue::default())),
        node("told", NodeKind::Pool(Box::new(pool(vec![work(1)], 1)))),
    ];
    let application = detached(&[0.0], vec![seconds(2.0), seconds(5.0)]);
    let diary = diary(&application, &topology(nodes), 1_000.0);
    let answered = diary.iter().find(|(_, fact)| matches!(fact, Fact::Answered { .. }));
    assert_eq!(answered.map(|(at, _)| *at), Some(0.0));
    assert_eq!(runs(&diary).len(), 3);
    assert_eq!(losses(&diary), [(0, 187.0, Loss::DeadLettered)]);
    let told = diary.iter().find(|(_, fact)| matches!(fact, Fact::Started { pool: NodeId(2), .. }));
    assert_eq!(told.map(|(at, _)| *at), Some(187.0));
}

/// With nothing reserved an errand is not even tried; one that is too old when its turn comes is given up; without anybody
/// who keeps it, it is lost for the reason itself.
#[test]
fn an_errand_may_be_refused_or_too_old() {
    let mut none = function(vec![work(0)], 0);
    none.reserved = Some(0);
    none.errands.dead_letters = Some(NodeId(1));
    let nodes = vec![node("f", NodeKind::Function(Box::new(none))), node("dead", NodeKind::Queue(Queue::default()))];
    let found = diary(&detached(&[3.0], vec![seconds(1.0)]), &topology(nodes), 100.0);
    assert_eq!((losses(&found), denied(&found).len()), (vec![(0, 3.0, Loss::DeadLettered)], 0));
    let mut one = function(vec![work(0)], 0);
    (one.reserved, one.errands.max_age) = (Some(1), Some(Span::from_secs(5)));
    // The first is busy until 51 s. The other is refused at 1, 2, 4 and 8 s: by then it is older than 5 s.
    let found = diary(&detached(&[0.0, 1.0], vec![seconds(50.0)]), &alone(one), 100.0);
    assert_eq!((denied(&found), losses(&found)), (vec![1.0, 2.0, 4.0], vec![(1, 8.0, Loss::Expired)]));
}

/// What a pool sends to a function is an errand, what it calls is not; a record of success is a part of the request.
#[test]
fn what_is_sent_is_an_errand_and_what_is_called_is_awaited() {
    let mut plan = function(vec![work(1)], 0);
    plan.errands.on_success = Some(NodeId(2));
    let nodes = |verb| {
        vec![
            node("web", NodeKind::Pool(Box::new(pool(vec![work(0), verb], 1)))),
            node("f", NodeKind::Function(Box::new(plan.clone()))),
            node("mail", NodeKind::Pool(Box::new(pool(vec![work(2)], 1)))),
        ]
    };
    let application = application(at(&[0.0]), vec![seconds(1.0), seconds(4.0), seconds(7.0)]);
    let found = |verb| {
        let diary = diary(&application, &topology(nodes(verb)), 100.0);
        let answered = diary.iter().find_map(|(at, fact)| match fact {
            Fact::Answered { .. } | Fact::Completed { answered: true, .. } => Some(*at),
            _ => None,
        });
        (answered, completions(&diary))
    };
    assert_eq!(found(send(1)), (Some(1.0), vec![(0, 13.0)]));
    assert_eq!(found(call(1, None)), (Some(6.0), vec![(0, 6.0)]));
}

/// An environment that is older than it may be goes when its run ends, and an idle one in the moment.
#[test]
fn environments_are_replaced_by_their_age() {
    let application = application(at(&[0.0, 40.0, 49.0, 200.0]), vec![seconds(5.0)]);
    let aging = Function { recycle: Some(seconds(50.0)), ..function(vec![work(0)], 0) };
    let diary = diary(&application, &alone(aging), 400.0);
    assert_eq!(gone(&diary), [(1, 54.0), (2, 250.0)]);
}

/// An errand whose run fails because what it calls is away has failed itself: it is tried after a minute and after two (by then
/// its environment is gone), and not by the clock of refusals.
#[test]
fn what_a_run_meets_is_an_error_of_the_run() {
    let plan = function(vec![work(0), call(1, None)], 0);
    let nodes = vec![
        node("f", NodeKind::Function(Box::new(plan))),
        node("nobody", NodeKind::Pool(Box::new(pool(vec![work(0)], 0)))),
    ];
    let found = diary(&detached(&[0.0], vec![seconds(2.0)]), &topology(nodes), 1_000.0);
    assert_eq!((runs(&found).len(), losses(&found)), (3, vec![(0, 188.0, Loss::NoWorker)]));
}

/// A link that loses everything loses what is sent to a function, which never hears of it.
#[test]
fn what_is_lost_on_its_way_is_no_errand() {
    let lossy = Link { from: NodeId(0), to: NodeId(1), delay: None, loss: 1.0 };
    let fault = Fault {
        name: "l".to_owned(),
        what: Harm::Link(lossy),
        when: When::At(vec![SimTime::START]),
        lasts: None,
        held: Held::Lost,
        moves: false,
    };
    let nodes = vec![
        node("web", NodeKind::Pool(Box::new(pool(vec![work(0), send(1)], 1)))),
        node("f", NodeKind::Function(Box::new(function(vec![work(0)], 0)))),
    ];
    let topology = Topology { faults: vec![fault], ..topology(nodes) };
    let found = diary(&application(at(&[1.0]), vec![seconds(1.0)]), &topology, 500.0);
    assert_eq!((runs(&found).len(), losses(&found)), (0, vec![(0, 2.0, Loss::Network)]));
}

/// What is kept ready is there in any case, and is not there for others: of an account's three, one is left.
#[test]
fn those_kept_ready_count_towards_the_account() {
    let nodes = vec![
        node("kept", NodeKind::Function(Box::new(function(vec![work(0)], 2)))),
        node("other", NodeKind::Function(Box::new(function(vec![work(0)], 0)))),
        node("door", NodeKind::Pool(Box::new(Pool { workers: None, ..pool(vec![send(0), send(1)], 1) }))),
    ];
    let topology = Topology { entry: vec![NodeId(2)], concurrency: Some(3), ..topology(nodes) };
    let found = diary(&application(at(&[0.0, 1.0, 2.0]), vec![seconds(30.0)]), &topology, 20.0);
    let denied: Vec<(NodeId, f64)> = found
        .iter()
        .filter_map(|(at, fact)| match fact {
            Fact::Denied { function, .. } => Some((*function, *at)),
            _ => None,
        })
        .collect();
    // At 0 s each has one; at 1 s only the kept one has; at 2 s neither, and refusals are tried again.
    assert_eq!(denied[..3], [(NodeId(1), 1.0), (NodeId(0), 2.0), (NodeId(1), 2.0)]);
}

/// A run that is broken off within its initialisation is billed what there was of it.
#[test]
fn initialisation_that_is_broken_off_is_billed_in_part() {
    let fault = Fault {
        name: "o".to_owned(),
        what: Harm::Outage(Outage::Node(NodeId(0))),
        when: When::At(vec![SimTime::from_nanos(3 * SECOND)]),
        lasts: Some(seconds(5.0)),
        held: Held::Lost,
        moves: false,
    };
    let slow = Function { creation: seconds(1.0), init: seconds(10.0), ..function(vec![work(0)], 0) };
    let topology = Topology { faults: vec![fault], ..alone(slow) };
    let found = diary(&application(at(&[0.0]), vec![seconds(1.0)]), &topology, 50.0);
    assert_eq!(runs(&found), [(1, Start::Cold, 2.0, 0.0)]);
}

/// A reset whose initialisation takes longer than a run may: it is cut off by the limit, each time.
#[test]
fn the_limit_of_a_run_holds_for_its_initialisation_after_a_reset() {
    let timeout = Some(Span::from_secs(3));
    let slow =
        Function { timeout, init: seconds(10.0), after_timeout: AfterTimeout::Reset, ..function(vec![work(0)], 0) };
    let found = diary(&application(at(&[0.0, 20.0, 40.0]), vec![seconds(5.0)]), &alone(slow), 100.0);
    assert_eq!(runs(&found), [(1, Start::Cold, 10.0, 3.0), (1, Start::Warm, 0.0, 3.0), (1, Start::Warm, 0.0, 3.0)]);
}

/// Two zones: of the first two environments the one in the lost zone is lost with what runs in it, and the next one comes
/// elsewhere.
#[test]
fn a_zone_takes_its_environments_with_it() {
    let application = application(at(&[0.0, 0.0, 30.0, 30.0]), vec![seconds(10.0)]);
    let fault = Fault {
        name: "z".to_owned(),
        what: Harm::Zone(0),
        when: When::At(vec![SimTime::from_nanos(5 * SECOND)]),
        lasts: Some(seconds(60.0)),
        held: Held::Lost,
        moves: false,
    };
    let zones = vec!["a".to_owned(), "b".to_owned()];
    let topology = Topology { zones, faults: vec![fault], ..alone(function(vec![work(0)], 0)) };
    let diary = diary(&application, &topology, 60.0);
    // Numbers 1 and 2: the second is in zone 0.
    assert_eq!(losses(&diary), [(1, 5.0, Loss::Crashed)]);
    assert_eq!(gone(&diary), [(2, 5.0)]);
    let used: Vec<(u32, Start)> = runs(&diary).iter().map(|run| (run.0, run.1)).collect();
    assert_eq!(used, [(2, Start::Cold), (1, Start::Cold), (1, Start::Warm), (3, Start::Cold)]);
}

/// Mean environments at work, and who was refused.
#[derive(Default)]
struct Tally {
    runs: u64,
    cold: u64,
    denied: u64,
}

impl Observer<Fact> for Tally {
    fn saw(&mut self, _: SimTime, fact: &Fact) {
        match fact {
            Fact::Invoked { start, .. } => {
                self.runs += 1;
                self.cold += u64::from(*start == Start::Cold);
            }
            Fact::Denied { .. } => self.denied += 1,
            _ => (),
        }
    }
}

fn tally(rate: f64, work_law: Distribution, plan: Function) -> Tally {
    let application = application(Arrivals::Poisson { rate }, vec![work_law]);
    let topology = alone(plan);
    let until = SimTime::from_nanos((400_000.0 / rate) as u64 * SECOND);
    let horizon = Horizon { warm_up: SimTime::START, length: Some(until), until: None };
    let mut simulation = simulate(&application, &topology, Key::root(3, 0), horizon, Tally::default());
    simulation.run_until(until);
    simulation.observer
}

/// With so little to do that nobody meets another, a run is cold where nobody came for the idle lifetime T: a share of e^(−λT).
/// Of 400,000 runs 14 % are known to 0.4 % of themselves; a miss of 2 % is five standard errors.
#[test]
fn cold_starts_are_as_rare_as_gaps_that_are_so_long() {
    let plan = Function { init: seconds(0.0), ..function(vec![work(0)], 0) };
    let Tally { runs, cold, .. } = tally(0.02, seconds(0.001), plan);
    // e⁻².
    let (found, expected) = (cold as f64 / runs as f64, 0.135_335);
    assert!((found / expected - 1.0).abs() < 0.02, "{found}, not {expected}");
}

/// A function that may use c environments and serves at once or refuses is Erlang's loss system: at 8 Erlang and 10 of
/// them 12.166 % are refused, whatever the law of the work (Erlang B). Known to about 0.6 %; a miss of 3 % is five
/// standard errors.
#[test]
fn a_reservation_refuses_as_erlang_says() {
    for law in [Distribution::exponential(SECOND as f64).expect("a mean of a second"), seconds(1.0)] {
        let plan = Function { init: seconds(0.0), reserved: Some(10), ..function(vec![work(0)], 0) };
        let Tally { runs, denied, .. } = tally(8.0, law, plan);
        let found = denied as f64 / (runs + denied) as f64;
        assert!((found / 0.121_66 - 1.0).abs() < 0.03, "{found}");
    }
}

/// However many environments there are, the next one is found at once: this would take minutes if they were gone through.
#[test]
fn a_hundred_thousand_environments_are_no_more_work_than_ten() {
    let rate = 50_000.0;
    let application = application(Arrivals::Poisson { rate }, vec![seconds(2.0)]);
    let plan = Function { init: seconds(0.0), idle: Some(seconds(60.0)), ..function(vec![work(0)], 0) };
    let topology = alone(plan);
    let until = SimTime::from_nanos(6 * SECOND);
    let horizon = Horizon { warm_up: SimTime::START, length: Some(until), until: None };
    let mut simulation = simulate(&application, &topology, Key::root(5, 0), horizon, Tally::default());
    simulation.run_until(until);
    let mut levels = Vec::new();
    simulation.model.levels(&mut levels);
    assert!(levels.iter().any(|&level| level > 90_000), "{levels:?}");
}
