//! What controllers see: late, not at all, and less often than they look.

use crate::cloud::fact::Fact;
use crate::cloud::scaling::{
    Alarm, Care, Change, Condition, CooldownFrom, Group, Health, Metric, Metrics, Missing, Policy, Predictive,
    QueueLength, Reading, Recorded, Scaling, Sees, Shrinks, Side, Simple, Statistic, Step, Stride, Window,
};
use crate::cloud::topology::{
    Clock, Crash, DeadLetterAt, DeadLetters, Fault, Harm, Held, NodeId, NodeKind, Poll, Pool, Queue, Topology, Verb,
    When, WorkId,
};
use crate::cloud::world::tests::{application, at, diary, node, pool, queue, seconds, topology, work};
use crate::ground::time::{SECOND, SimTime, Span};

/// A queue before a pool that a policy scales from nothing.
fn fed(group: Group, metrics: Metrics) -> Topology {
    let mut pool = Pool { scaling: Scaling::Group(group), ..pool(vec![work(0)], 0) };
    pool.life.boot = seconds(5.0);
    let nodes = vec![node("q", NodeKind::Queue(queue(1))), node("w", NodeKind::Pool(Box::new(pool)))];
    Topology { metrics, ..topology(nodes) }
}

fn visible() -> Metric {
    Metric { what: Reading::Visible, of: NodeId(0) }
}

/// A policy that looks every so many seconds and wants a worker for each visible message.
fn by_length(every: u64) -> Group {
    let (every, shrinks) = (Span::from_secs(every), Shrinks::WhenEmpty);
    let rule = QueueLength { metric: visible(), per_worker: 1.0, every, first: None, shrinks };
    Group { max: 9, policies: vec![Policy::QueueLength(rule)], ..Group::default() }
}

/// What was decided: when, on which metric, for how many.
fn decided(topology: &Topology, times: &[f64], until: f64) -> Vec<(f64, Option<f64>, u32)> {
    let found = diary(&application(at(times), vec![seconds(1_000.0)]), topology, until);
    let decided = found.into_iter().filter_map(|(at, fact)| match fact {
        Fact::Decided { decision, .. } => Some((at, decision.metric, decision.to)),
        _ => None,
    });
    decided.collect()
}

/// One message comes at 5 s. The look at 10 s makes the datapoint that comes at 17 s; the look at 20 s sees it.
#[test]
fn a_datapoint_is_seen_when_it_is_published() {
    let late = Metrics { delay: seconds(7.0), ..Metrics::default() };
    assert_eq!(decided(&fed(by_length(10), late), &[5.0], 25.0), [(10.0, None, 0), (20.0, Some(1.0), 1)]);
    assert_eq!(decided(&fed(by_length(10), Metrics::default()), &[5.0], 15.0), [(10.0, Some(1.0), 1)]);
}

/// One message comes at 5 s, another at 61 s. Who looks every twenty seconds sees the first sample from 60 s on, and the
/// second from 120 s.
#[test]
fn who_looks_more_often_sees_the_same_sample_again() {
    let seldom = Metrics { period: Span::from_secs(60), ..Metrics::default() };
    let mut group = by_length(20);
    group.max = 0;
    let seen: Vec<_> = decided(&fed(group, seldom), &[5.0, 61.0], 130.0).iter().map(|look| look.1).collect();
    assert_eq!(seen, [None, None, Some(1.0), Some(1.0), Some(1.0), Some(2.0)]);
}

/// A step of one whenever the metric is as great as the limit at one datapoint of such a period.
fn by_step(limit: f64, period: u64) -> Group {
    let condition = Condition { when: Side::AtLeast, limit, window: Window::all(1), missing: Missing::Missing };
    let alarm = Alarm { metric: visible(), condition, period: Span::from_secs(period) };
    let steps = vec![Stride { from: 0.0, to: f64::INFINITY, change: Change::By(1) }];
    let rule = Step { alarm, statistic: Statistic::Newest, steps, min_change: 0, warm_up: Some(Span::ZERO) };
    Group { max: 0, policies: vec![Policy::Step(rule)], ..Group::default() }
}

/// Ten messages stay from 130 s on. Minutes see 0, 0, 10, 10, …: five minutes that slide by one see means of 0, 0, 10 ÷ 3,
/// 5, 6, and from then on 8 and 10. (Amazon CloudWatch user guide, *Evaluating an alarm*.)
#[test]
fn a_period_of_minutes_is_a_window_that_slides() {
    let minutely = Metrics { period: Span::from_secs(60), ..Metrics::default() };
    let seen = |metrics: Metrics, until| {
        let looks = decided(&fed(by_step(8.0, 300), metrics), &[130.0; 10], until);
        looks.into_iter().map(|look| (look.0, look.1.expect("a datapoint"))).collect::<Vec<_>>()
    };
    let expected =
        [(60.0, 0.0), (120.0, 0.0), (180.0, 10.0 / 3.0), (240.0, 5.0), (300.0, 6.0), (360.0, 8.0), (420.0, 10.0)];
    assert_eq!(seen(minutely, 430.0), expected);
    assert_eq!(seen(Metrics::default(), 610.0), [(300.0, 10.0), (600.0, 10.0)]);
}

/// Samples every ten seconds, looks at 17 s and every ten after it: the alarm goes off at once, and acts again a minute
/// later.
#[test]
fn a_quick_alarm_acts_once_a_minute() {
    let quick = Metrics { period: Span::from_secs(10), phase: seconds(37.0), ..Metrics::default() };
    let group = Group { max: 99, ..by_step(1.0, 10) };
    let mut topology = fed(group, quick);
    let NodeKind::Pool(pool) = &mut topology.nodes[1].kind else { panic!("it is a pool") };
    pool.life.boot = seconds(1_000.0);
    let found = diary(&application(at(&[5.0; 9]), vec![seconds(1_000.0)]), &topology, 140.0);
    let acted = found.into_iter().filter_map(|(at, fact)| match fact {
        Fact::Decided { decision, .. } if decision.edge.is_some() => Some(at),
        _ => None,
    });
    assert_eq!(acted.collect::<Vec<_>>(), [17.0, 77.0, 137.0]);
}

/// Looks twenty seconds after the minute: a delay of ten seconds is none, one of thirty is a minute.
#[test]
fn a_delay_shorter_than_the_phase_costs_nothing() {
    let first = |delay: f64| {
        let (period, phase, delay) = (Span::from_secs(60), seconds(20.0), seconds(delay));
        let metrics = Metrics { period, phase, delay, ..Metrics::default() };
        let looks = decided(&fed(by_step(1.0, 60), metrics), &[5.0], 300.0);
        looks.into_iter().find(|look| look.1 == Some(1.0)).expect("it is seen").0
    };
    assert_eq!((first(10.0), first(20.0), first(20.1), first(30.0)), (80.0, 80.0, 140.0, 140.0));
}

/// Machines that tell of themselves every five minutes; the alarm needs three of those, all above: the third comes at
/// 15 min, and is seen in the minute that follows. Textbook looks see it at the same instant.
#[test]
fn basic_monitoring_takes_a_quarter_of_an_hour() {
    let acts = |metrics: Metrics| {
        let condition = Condition { when: Side::Above, limit: 0.5, window: Window::all(3), missing: Missing::Missing };
        let metric = Metric { what: Reading::Cpu, of: NodeId(1) };
        let alarm = Alarm { metric, condition, period: Span::from_secs(60) };
        let rule = Simple { alarm, change: Change::By(1), min_change: 0, cooldown: None };
        let group = Group { min: 1, desired: 1, max: 2, policies: vec![Policy::Simple(rule)], ..Group::default() };
        let looks = decided(&fed(group, metrics), &[0.0], 3_600.0);
        looks.into_iter().find(|look| look.2 == 2).expect("it grows").0
    };
    let basic = Metrics { detailed: false, ..Metrics::default() };
    let documented = Metrics { period: Span::from_secs(60), phase: seconds(25.0), ..basic.clone() };
    assert_eq!((acts(documented), acts(basic)), (925.0, 900.0));
}

/// Two groups that read one queue are told the same count, wrong in the same way.
#[test]
fn who_reads_one_metric_sees_one_figure() {
    let rough = Metrics { period: Span::from_secs(60), noise: 0.01, ..Metrics::default() };
    let mut group = by_step(1.0, 60);
    group.policies.push(by_length(60).policies.remove(0));
    let looks = decided(&fed(group, rough), &vec![1.0; 5_000], 130.0);
    let seen: Vec<_> = looks.iter().map(|look| look.1.expect("a datapoint")).collect();
    assert_eq!((seen[0], seen[2]), (seen[1], seen[3]));
    assert!(seen[0] != 5_000.0 && seen[0] != seen[2], "{seen:?}");
}

#[test]
fn what_never_comes_is_never_seen() {
    let none = Metrics { missing: 1.0, ..Metrics::default() };
    assert_eq!(decided(&fed(by_length(10), none), &[5.0], 25.0), [(10.0, None, 0), (20.0, None, 0)]);
}

/// The queue is empty from the start: from six hours on it tells nothing, and after the message at seven hours nothing
/// for a part of fifteen minutes (Amazon SQS developer guide, *Available CloudWatch metrics*).
#[test]
fn a_queue_left_alone_for_hours_tells_nothing_for_a_while() {
    let wake = Metrics { idle_wake: Span::from_secs(900), ..Metrics::default() };
    let looks = decided(&fed(by_length(600), wake), &[7.0 * 3_600.0 + 1.0], 8.0 * 3_600.0);
    let silent: Vec<f64> = looks.iter().filter(|look| look.1.is_none()).map(|look| look.0).collect();
    assert_eq!(silent.first(), Some(&(6.0 * 3_600.0)));
    let seen = looks.iter().find(|look| look.1 == Some(1.0)).expect("it wakes");
    assert!((7.0 * 3_600.0 + 600.0..=7.0 * 3_600.0 + 1_800.0).contains(&seen.0), "{seen:?}");
}

/// Noise is of counts from a thousand on: below it they are exact, above off by at most the share.
#[test]
fn large_counts_are_approximate() {
    let rough = Metrics { noise: 0.01, ..Metrics::default() };
    let seen = |count: usize| {
        let times = vec![1.0; count];
        decided(&fed(Group { max: 0, ..by_length(10) }, rough.clone()), &times, 15.0)[0].1.expect("a datapoint")
    };
    assert_eq!(seen(999), 999.0);
    let large = seen(5_000);
    assert!(large != 5_000.0 && (large - 5_000.0).abs() <= 50.0, "{large}");
}

/// The group acts four seconds after the decision at 10 s; its worker boots for five.
#[test]
fn a_group_acts_some_time_after_the_decision() {
    let group = Group { lag: seconds(4.0), ..by_length(10) };
    let found = diary(&application(at(&[5.0]), vec![seconds(1_000.0)]), &fed(group, Metrics::default()), 25.0);
    let of = |wanted: fn(&Fact) -> bool| found.iter().find(|(_, fact)| wanted(fact)).map(|found| found.0);
    assert_eq!(of(|fact| matches!(fact, Fact::Launched { .. })), Some(14.0));
    assert_eq!(of(|fact| matches!(fact, Fact::Ready { .. })), Some(19.0));
}

/// Simple scaling adds one at 10 s, whose machine runs at 15 s and boots long. A rest of twenty seconds from then on ends at
/// 35 s, from the decision on at 30 s; the alarm looks every ten.
#[test]
fn a_rest_counts_from_the_end_of_what_was_decided() {
    let changes = |cooldown_from| {
        let condition =
            Condition { when: Side::AtLeast, limit: 2.0, window: Window::all(1), missing: Missing::Missing };
        let alarm = Alarm { metric: visible(), condition, period: Span::from_secs(10) };
        let rule = Simple { alarm, change: Change::By(1), min_change: 0, cooldown: None };
        let (policies, cooldown) = (vec![Policy::Simple(rule)], Span::from_secs(20));
        let group = Group { max: 9, policies, cooldown, cooldown_from, ..Group::default() };
        let mut topology = fed(group, Metrics::default());
        let NodeKind::Pool(pool) = &mut topology.nodes[1].kind else { panic!("it is a pool") };
        (pool.life.pending, pool.life.boot) = (seconds(5.0), seconds(100.0));
        let found = diary(&application(at(&[1.0; 9]), vec![seconds(1_000.0)]), &topology, 45.0);
        let decided = found.into_iter().filter_map(|(at, fact)| match fact {
            Fact::Decided { decision, .. } => Some((at, decision.to)),
            _ => None,
        });
        decided.collect::<Vec<_>>()
    };
    assert_eq!(changes(CooldownFrom::Decision), [(10.0, 1), (20.0, 1), (30.0, 2), (40.0, 2)]);
    assert_eq!(changes(CooldownFrom::DrainStart), [(10.0, 1), (20.0, 1), (30.0, 1), (40.0, 2)]);
}

/// Every day 40 of something from eight to nine and nothing else, at ten for each worker: on the second day four are asked
/// for five minutes before eight. The queue's own policy, which sees no message, wants none, and has its way with its first
/// look after nine.
#[test]
fn a_forecast_comes_before_the_load_and_holds_for_its_hour() {
    let hour = |number: u64| SimTime::from_nanos(number * 3_600 * SECOND + 1_800 * SECOND);
    let loads = (0..48).map(|number| (hour(number), if number % 24 == 8 { 40.0 } else { 0.0 }));
    let forecast = Predictive {
        metric: Metric { what: Reading::Recorded(Recorded(loads.collect())), of: NodeId(1) },
        per_worker: 10.0,
        history: Predictive::MOST_HISTORY,
        buffer: Span::from_secs(300),
        quantile: 0.9,
        max_buffer: None,
    };
    let mut group = by_length(60);
    group.policies.push(Policy::Predictive(forecast));
    let changes = |found: Vec<(f64, Fact)>| {
        let decided = found.into_iter().filter_map(|(at, fact)| match fact {
            Fact::Decided { decision, .. } if decision.to != decision.from => Some((at, decision.to)),
            _ => None,
        });
        decided.collect::<Vec<_>>()
    };
    let found = diary(&application(at(&[]), vec![seconds(1.0)]), &fed(group, Metrics::default()), 47.0 * 3_600.0);
    assert_eq!(changes(found), [(31.0 * 3_600.0 + 55.0 * 60.0, 4), (33.0 * 3_600.0 + 60.0, 0)]);
}

/// One message of 5 s of work is in flight from the start: it counts until it is deleted. One on which the work fails each
/// second and that is hidden for a second each time was received three times by the look at 6 s, and counts no longer.
#[test]
fn the_oldest_message_may_be_in_flight_but_not_received_three_times() {
    let seen = |takes: f64, fails: f64| -> Vec<f64> {
        let metric = Metric { what: Reading::Oldest, of: NodeId(0) };
        let every = Span::from_secs(3);
        let rule = QueueLength { metric, per_worker: 1_000.0, every, first: None, shrinks: Shrinks::Always };
        let group = Group { min: 1, desired: 1, max: 1, policies: vec![Policy::QueueLength(rule)], ..Group::default() };
        let verb = Verb::Work { work: WorkId(0), fails, fresh: false, together: false, cold: None };
        let poll = Poll { on_error: Some(seconds(1.0)), ..Poll::default() };
        let pool = Pool { scaling: Scaling::Group(group), poll, ..pool(vec![verb], 1) };
        let queue = Queue { visibility: Some(Span::from_secs(60)), ..queue(1) };
        let nodes = vec![node("q", NodeKind::Queue(queue)), node("w", NodeKind::Pool(Box::new(pool)))];
        let found = diary(&application(at(&[0.0]), vec![seconds(takes)]), &topology(nodes), 10.0);
        let metrics = found.into_iter().filter_map(|(_, fact)| match fact {
            Fact::Decided { decision, .. } => decision.metric,
            _ => None,
        });
        metrics.collect()
    };
    assert_eq!(seen(5.0, 0.0), [3.0, 0.0, 0.0]);
    // Received at 0, 2 and 4 s.
    assert_eq!(seen(1.0, 1.0), [3.0, 0.0, 0.0]);
}

/// Two messages of three seconds' work that fails, received once each: they are put aside when they would be received
/// again, and nobody takes them from there. Their age there counts from then, until the first was kept for as long as any.
#[test]
fn a_dead_letter_is_as_old_as_it_was_put_aside() {
    let metric = Metric { what: Reading::Oldest, of: NodeId(2) };
    let every = Span::from_secs(5);
    let rule = QueueLength { metric, per_worker: 1_000.0, every, first: None, shrinks: Shrinks::Always };
    let group = Group { min: 1, desired: 1, max: 1, policies: vec![Policy::QueueLength(rule)], ..Group::default() };
    let verb = Verb::Work { work: WorkId(0), fails: 1.0, fresh: false, together: false, cold: None };
    let poll = Poll { on_error: Some(seconds(0.0)), ..Poll::default() };
    let pool = Pool { scaling: Scaling::Group(group), poll, ..pool(vec![verb], 1) };
    let letters = DeadLetters { to: NodeId(2), max_receives: 1, at: DeadLetterAt::NextReceive };
    let source = Queue { dead_letters: Some(letters), visibility: Some(Span::from_secs(60)), ..queue(1) };
    let keeper = Queue { to: Vec::new(), retention: Some(Span::from_secs(17)), ..queue(1) };
    let nodes = vec![
        node("q", NodeKind::Queue(source)),
        node("w", NodeKind::Pool(Box::new(pool))),
        node("dead", NodeKind::Queue(keeper)),
    ];
    let found = diary(&application(at(&[0.0, 4.0]), vec![seconds(3.0)]), &topology(nodes), 27.0);
    let ages: Vec<_> = found
        .into_iter()
        .filter_map(|(at, fact)| match fact {
            Fact::Decided { decision, .. } => Some((at, decision.metric)),
            _ => None,
        })
        .collect();
    // Put aside at 3 s and 7 s; sent at 0 s and 4 s, and so kept until 17 s and 21 s.
    let expected = [(5.0, 2.0), (10.0, 7.0), (15.0, 12.0), (20.0, 13.0), (25.0, 0.0)];
    assert_eq!(ages, expected.map(|(at, age)| (at, Some(age))));
}

/// A FIFO queue counts exactly; a standard one of the same length says only about how many (Amazon SQS Developer Guide).
#[test]
fn only_a_standard_queue_is_rough() {
    let seen = |fifo| {
        let noisy = Metrics { noise: 0.2, ..Metrics::default() };
        let mut topology = fed(Group { max: 0, ..by_length(10) }, noisy);
        let NodeKind::Queue(queue) = &mut topology.nodes[0].kind else { panic!("it is a queue") };
        queue.fifo = fifo;
        decided(&topology, &[1.0; 3_000], 15.0)[0].1
    };
    assert_eq!(seen(true), Some(3_000.0));
    assert!(seen(false).is_some_and(|seen| seen != 3_000.0 && (2_400.0..=3_600.0).contains(&seen)));
}

/// A machine fails at 20.5 s, is found at 21 s and replaced by one that runs 10 s later; eight messages wait from 22 s on,
/// at which a simple policy adds one. It does so at its next look where nobody is replaced; else it waits for that and for
/// 20 s more (EC2 Auto Scaling user guide, *Scaling cooldowns*).
#[test]
fn a_simple_policy_waits_for_a_replacement_and_its_rest() {
    let grows = |health| {
        let condition =
            Condition { when: Side::AtLeast, limit: 2.0, window: Window::all(1), missing: Missing::Missing };
        let alarm = Alarm { metric: visible(), condition, period: Span::from_secs(5) };
        let rule = Simple { alarm, change: Change::By(1), min_change: 0, cooldown: None };
        let care = Care { every: Some(Span::from_secs(1)), health, ..Care::default() };
        let (policies, cooldown) = (vec![Policy::Simple(rule)], Span::from_secs(20));
        let cooldown_from = CooldownFrom::DrainStart;
        let group = Group { min: 2, desired: 2, max: 9, policies, cooldown, cooldown_from, care, ..Group::default() };
        let mut topology = fed(group, Metrics::default());
        let NodeKind::Pool(pool) = &mut topology.nodes[1].kind else { panic!("it is a pool") };
        (pool.workers, pool.life.pending) = (Some(2), seconds(10.0));
        topology.faults.push(Fault {
            name: "crash".to_owned(),
            what: Harm::Crash(Crash { pool: NodeId(1), worker: Some(1), clock: Clock::Up, repairers: None }),
            when: When::At(vec![SimTime::from_nanos(20 * SECOND + SECOND / 2)]),
            lasts: Some(seconds(1_000.0)),
            held: Held::Lost,
            moves: false,
        });
        let decided = decided(&topology, &[22.0; 9], 90.0);
        decided.into_iter().find(|&(_, _, to)| to > 2).map(|(at, _, _)| at)
    };
    assert_eq!(grows(None), Some(25.0));
    let health = Health { sees: Sees::Workers, grace: Span::ZERO, patience: Span::ZERO };
    // Found at 21 s, running at 31 s, rested at 51 s: its look at 55 s.
    assert_eq!(grows(Some(health)), Some(55.0));
}
