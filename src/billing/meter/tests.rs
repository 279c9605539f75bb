//! What a meter counts, life by life.

use super::*;
use crate::billing::capacity::Capacity;
use crate::billing::{PriceBook, invoice, total};
use crate::cloud::fact::{Outcome, Who};
use crate::cloud::scaling::{Group, Prepared, Rest, Scaling, Size, Vertical, WarmPool};
use crate::cloud::topology::{
    Balancer, Fair, Held, Node, Platform, Pool, Queue, Service, Speed, Step, StorageClass, WorkloadId,
};
use crate::ground::distribution::Distribution;
use crate::ground::time::{SECOND, Span};

fn no_time() -> Distribution {
    Distribution::constant(0)
}

fn pool(platform: Platform, steps: Vec<Step>) -> NodeKind {
    NodeKind::Pool(Box::new(Pool { platform, ..Pool::of(steps) }))
}

fn balancer(to: &[u16], rules: u32) -> NodeKind {
    let to = to.iter().map(|&pool| NodeId(pool)).collect();
    NodeKind::Balancer(Balancer { to, rules, ..Balancer::default() })
}

fn queue() -> NodeKind {
    NodeKind::Queue(Queue::default())
}

fn topology(nodes: Vec<NodeKind>) -> Topology {
    let name = |(place, kind)| Node { name: format!("n{place}"), kind };
    let nodes = nodes.into_iter().enumerate().map(name).collect();
    Topology { name: "t".to_owned(), nodes, entry: vec![NodeId(0)], ..Topology::default() }
}

fn large() -> Platform {
    Platform::Ec2 { instance: "m5.large".to_owned(), volume: 0, spot: false }
}

fn second(seconds: u64) -> SimTime {
    SimTime::from_nanos(seconds * SECOND)
}

fn who() -> Who {
    Who { workload: WorkloadId(0), ordinal: 0, counted: true }
}

fn routed(bytes: u64) -> Fact {
    Fact::Routed { who: who(), balancer: NodeId(0), bytes }
}

fn running(pool: u16, worker: u32, size: u16) -> Fact {
    Fact::Running { pool: NodeId(pool), worker, size }
}

fn gone(pool: u16, worker: u32) -> Fact {
    Fact::Gone { pool: NodeId(pool), worker }
}

/// A meter that saw these facts, at these instants (nanoseconds).
fn metered(nodes: Vec<NodeKind>, facts: &[(u64, Fact)]) -> Meter {
    let mut meter = Meter::new(&topology(nodes));
    for (at, fact) in facts {
        meter.saw(SimTime::from_nanos(*at), fact);
    }
    meter
}

fn seconds(usage: &Usage, pool: usize) -> (u64, u64) {
    match &usage.nodes[pool].used {
        Used::Machines { sizes, .. } => (sizes[0].starts, sizes[0].seconds),
        other => panic!("{other:?} is no machine"),
    }
}

/// Paper trace PT01, run `two-workers`: one to 240 s, one stopped at 25 s and billed for 60 s. 300 s cost 0.008 $.
#[test]
fn each_start_is_billed_for_a_minute_at_least() {
    let facts = [(0, running(0, 1, 0)), (0, running(0, 2, 0)), (25 * SECOND, gone(0, 2))];
    let meter = metered(vec![pool(large(), Vec::new())], &facts);
    let usage = meter.usage(second(240));
    assert_eq!(seconds(&usage, 0), (2, 300));
    assert_eq!(total(&invoice(&usage, &PriceBook::us_east_1())).to_string(), "0.008");
}

/// By hand: three calls begin, one of which fails later, and a fourth is refused before it begins; a million cost 100 $.
#[test]
fn a_service_is_paid_by_the_call_that_it_took() {
    let of = |price: Option<&str>| {
        let service = Service::new(no_time(), 0.5, Some(3), None, price.map(str::to_owned));
        vec![pool(Platform::Free, Vec::new()), NodeKind::Service(Box::new(service))]
    };
    let began = |pool| Fact::Started { who: who(), pool: NodeId(pool), waited: Span::ZERO };
    let facts = [(0, began(0)), (1, began(1)), (2, began(1)), (3, began(1))];
    let mut book = PriceBook::us_east_1();
    assert_eq!(book.own("service.mail", "$100/million"), Ok(()));
    let usage = metered(of(Some("service.mail")), &facts).usage(second(1));
    assert_eq!(usage.nodes[1].used, Used::Calls { item: Some("service.mail".to_owned()), calls: 3 });
    assert_eq!(total(&invoice(&usage, &book)).to_string(), "0.0003");
    // Without a price its calls cost nothing, and stand in no bill.
    assert_eq!(invoice(&metered(of(None), &facts).usage(second(1)), &book), []);
}

/// Paper trace PT13, run `spot-interruption`: taken within an hour it is free; from the hour on all of it is paid.
#[test]
fn a_spot_machine_that_is_taken_within_an_hour_is_free() {
    for (ends, paid) in [(300 * SECOND, 0), (3_600 * SECOND - 1, 0), (3_600 * SECOND, 3_600)] {
        let taken = Fact::Reclaimed { pool: NodeId(0), worker: 1 };
        let facts = [(0, running(0, 1, 0)), (ends, taken), (ends, gone(0, 1))];
        let usage = metered(vec![pool(large(), Vec::new())], &facts).usage(second(7_200));
        assert_eq!(seconds(&usage, 0), (1, paid), "after {ends} ns");
    }
}

/// One that lies stopped from 0 to 100 s, runs until 400 s, lies stopped again and goes at 1,000 s: 300 s of the machine, and
/// its volume for 1,000 s and no longer.
#[test]
fn a_warm_machine_keeps_its_volume_until_it_is_gone() {
    let size = Prepared::Just(1);
    let warm = WarmPool { size, state: Rest::Stopped, reuse: true, pending: None, boot: None };
    let group = Group { warm_pool: Some(warm), ..Group::default() };
    let platform = Platform::Ec2 { instance: "m5.large".to_owned(), volume: 1_000, spot: false };
    let NodeKind::Pool(mut pool) = pool(platform, Vec::new()) else { panic!("a pool") };
    pool.scaling = Scaling::Group(group);
    let stopped = Fact::Stopped { pool: NodeId(0), worker: 1 };
    let facts = [(0, stopped), (100, running(0, 1, 0)), (400, stopped), (1_000, gone(0, 1))];
    let facts = facts.map(|(at, fact)| (at * SECOND, fact));
    let usage = metered(vec![NodeKind::Pool(pool)], &facts).usage(second(5_000));
    assert_eq!(seconds(&usage, 0), (1, 300));
    let Used::Machines { sizes, .. } = &usage.nodes[0].used else { panic!("machines") };
    assert_eq!(sizes[0].byte_seconds, 1_000_000);
}

/// Paper trace PT13, run `stopped-no-rule`: 300 s, stopped, and 300 s again, each start with its own minimum; and the volume of
/// 1,000 bytes all the time, until the machine is taken away at 1,500 s.
#[test]
fn a_machine_that_is_stopped_pays_for_its_volume_alone() {
    let platform = Platform::Ec2 { instance: "m5.large".to_owned(), volume: 1_000, spot: false };
    let stopped = Fact::Stopped { pool: NodeId(0), worker: 1 };
    let facts = [(0, running(0, 1, 0)), (300, stopped), (900, running(0, 1, 0))];
    let facts = facts.map(|(at, fact)| (at * SECOND, fact));
    let of = |facts: &[(u64, Fact)], end: u64| {
        let usage = metered(vec![pool(platform.clone(), Vec::new())], facts).usage(second(end));
        let Used::Machines { sizes, .. } = &usage.nodes[0].used else { panic!("machines") };
        (sizes[0].starts, sizes[0].seconds, sizes[0].byte_seconds)
    };
    assert_eq!(of(&facts[..2], 600), (1, 300, 600_000));
    assert_eq!(of(&facts, 1_200), (2, 600, 1_200_000));
    assert_eq!(of(&facts, 930), (2, 360, 930_000));
    let gone = facts.into_iter().chain([(1_500 * SECOND, gone(0, 1))]).collect::<Vec<_>>();
    assert_eq!(of(&gone, 5_000), (2, 900, 1_500_000));
}

/// An unlimited `t3.nano` computes with both vCPUs for an hour and goes: 120 credits spent and 6 earned are 114 credits, or 1.9
/// vCPU-hours at $0.05. One that runs on owes the same at the end of the run.
#[test]
fn what_is_spent_beyond_cpu_credits_is_paid_for() {
    let platform = Platform::Ec2 { instance: "t3.nano".to_owned(), volume: 0, spot: false };
    let NodeKind::Pool(mut pool) = pool(platform, Vec::new()) else { panic!("a pool") };
    pool.credits = Some(true);
    let nodes = || vec![NodeKind::Pool(pool.clone())];
    let facts = [
        (0, running(0, 1, 0)),
        (0, Fact::Computing { pool: NodeId(0), worker: 1, vcpus: 2 }),
        (3_600 * SECOND, gone(0, 1)),
    ];
    for seen in [3, 2] {
        let usage = metered(nodes(), &facts[..seen]).usage(second(3_600));
        let lines = invoice(&usage, &PriceBook::us_east_1());
        let line = lines.iter().find(|line| line.item == "ec2.credits.t3").expect("a line for credits");
        assert_eq!((line.quantity.to_string().as_str(), line.cost.to_string().as_str()), ("1.9", "0.095"));
    }
}

#[test]
fn a_started_second_is_a_second_and_asking_changes_nothing() {
    let facts = [(1, running(0, 1, 0))];
    let meter = metered(vec![pool(large(), Vec::new())], &facts);
    assert_eq!(seconds(&meter.usage(second(30)), 0), (1, 60));
    assert_eq!(seconds(&meter.usage(SimTime::from_nanos(90 * SECOND + 2)), 0), (1, 91));
    assert_eq!(seconds(&meter.usage(SimTime::from_nanos(90 * SECOND + 1)), 0), (1, 90));
}

/// Paper trace PT05, run `resize`: 120 s small, gone, 150 s large: 0.0032 + 0.008 $. The disk stays all the time.
#[test]
fn each_size_of_a_machine_is_billed_by_itself_and_the_disk_through_all() {
    let size = |kind: &str| Size {
        platform: Platform::Ec2 { instance: kind.to_owned(), volume: 1 << 30, spot: false },
        speed: Speed::ONE,
        slots: 1,
    };
    let sizes = vec![size("m5.large"), size("m5.xlarge")];
    let NodeKind::Pool(mut app) = pool(large(), Vec::new()) else { unreachable!("a pool is a pool") };
    app.scaling =
        Scaling::Vertical(Vertical { sizes, at: Vec::new(), alarm: None, change: no_time(), held: Held::Lost });
    let facts = [(0, running(0, 1, 0)), (120 * SECOND, gone(0, 1)), (150 * SECOND, running(0, 1, 1))];
    let usage = metered(vec![NodeKind::Pool(app)], &facts).usage(second(300));
    let lines = invoice(&usage, &PriceBook::us_east_1());
    let found: Vec<(String, String)> =
        lines.iter().map(|line| (line.item.clone(), line.quantity.to_string())).collect();
    let row = |item: &str, quantity: &str| (item.to_owned(), quantity.to_owned());
    let expected =
        [row("ec2.m5.large", "120"), row("ebs.gp3", "300"), row("ec2.m5.xlarge", "150"), row("ebs.gp3", "0")];
    assert_eq!(found, expected);
    assert_eq!((lines[0].cost + lines[2].cost).to_string(), "0.0112");
}

/// 50 requests a second in the first hour, each a connection; 10 kB each are 1.8 GB, fewer than 2 units. In the
/// second hour nothing: 2 started hours, 2 LCU-hours.
#[test]
fn a_balancer_is_metered_by_the_clock_hour() {
    let facts: Vec<(u64, Fact)> = (0..180_000).map(|n| (n * SECOND / 50, routed(10_000))).collect();
    let meter = metered(vec![balancer(&[1], 12), pool(Platform::Free, Vec::new())], &facts);
    let lived = |seconds: u64| Some(u128::from(seconds * SECOND));
    let used = Used::Balancer { hours: 2, capacity: Capacity(2 * Capacity::UNIT), lived: lived(4_500) };
    assert_eq!(meter.usage(second(4_500)).nodes[0].used, used);
    let used = Used::Balancer { hours: 1, capacity: Capacity(2 * Capacity::UNIT), lived: lived(3_600) };
    assert_eq!(meter.usage(second(3_600)).nodes[0].used, used);
}

/// 6,000 connections are open for half an hour in line and half an hour at work: on average 3,000 in the hour in
/// which each of these ends, one unit each; their number a second, 6000 ÷ 3600 ÷ 25, is less.
#[test]
fn open_connections_are_those_in_line_and_at_work() {
    let (arrives, starts, ends) = (1_800 * SECOND, 3_599 * SECOND + SECOND / 2, 5_399 * SECOND + SECOND / 2);
    let waited = Span::from_secs(1_800);
    let started = Fact::Started { who: who(), pool: NodeId(1), waited };
    let began = SimTime::from_nanos(starts);
    let (pool_id, result) = (NodeId(1), Outcome::Ok);
    let served = Fact::Served { who: who(), pool: pool_id, worker: 1, visit: 1, began, result };
    let facts: Vec<(u64, Fact)> = [(arrives, routed(0)), (starts, started), (ends, served)]
        .into_iter()
        .flat_map(|fact| std::iter::repeat_n(fact, 6_000))
        .collect();
    let capacity_of = |nodes| match metered(nodes, &facts).usage(second(7_200)).nodes[0].used {
        Used::Balancer { capacity, .. } => capacity,
        ref other => panic!("{other:?} is no balancer"),
    };
    let free = || pool(Platform::Free, Vec::new());
    assert_eq!(capacity_of(vec![balancer(&[1], 0), free()]), Capacity(2 * Capacity::UNIT));
    // With a second door to the pool its stays can't be told apart, and only new connections count.
    let shared = vec![balancer(&[1], 0), free(), balancer(&[1], 0)];
    assert_eq!(capacity_of(shared), Capacity(6_000 * (Capacity::UNIT / 90_000)));
}

/// SQS price page: 64 KiB are one request, a byte more are two; deletes and changes are one each.
#[test]
fn a_queue_counts_chunks() {
    let queue_id = NodeId(0);
    let post = |bytes| Fact::Posted { who: who(), queue: queue_id, bytes, joins: false, grouped: true };
    let receive =
        |bytes| Fact::Received { who: who(), queue: queue_id, receives: 1, waited: Span::ZERO, bytes, joins: false };
    let facts = [
        (0, post(0)),
        (0, post(65_536)),
        (0, post(65_537)),
        (1, receive(65_537)),
        (2, Fact::Deleted { who: who(), queue: queue_id, gone: true, joins: false }),
        (3, Fact::Deleted { who: who(), queue: queue_id, gone: false, joins: false }),
        (4, Fact::Changed { who: who(), queue: queue_id }),
        (5, Fact::Buried { who: who(), queue: queue_id }),
    ];
    let calls = Some(3 + 1 + 2 + 1);
    let used = Used::Queue { fifo: false, sends: 4, receives: 2, deletes: 2, changes: 1, grouped: None, calls };
    assert_eq!(metered(vec![queue()], &facts).usage(second(1)).nodes[0].used, used);
}

/// What calls of so many bytes a message count: Amazon SQS pricing, each 64 KB chunk of a payload is a request, whether a
/// call brings one message or ten: 10 × 1 KB = 1, 10 × 25.6 KB = 4, one of 1 MiB = 16.
#[test]
fn a_call_is_billed_by_the_chunks_of_all_its_messages() {
    let queue_id = NodeId(0);
    for (messages, bytes, units) in [
        (1, 1, 1),
        (1, 65_536, 1),
        (1, 65_537, 2),
        (1, 262_144, 4),
        (1, 262_145, 5),
        (1, 1_048_576, 16),
        (10, 1_024, 1),
        (10, 6_553, 1),
        (10, 6_554, 2),
        (10, 26_214, 4),
    ] {
        let posts = (0..messages)
            .map(|n| (0, Fact::Posted { who: who(), queue: queue_id, bytes, joins: n > 0, grouped: false }));
        let receives = (0..messages).map(|n| {
            let waited = Span::ZERO;
            (1, Fact::Received { who: who(), queue: queue_id, receives: 1, waited, bytes, joins: n > 0 })
        });
        let deletes =
            (0..messages).map(|n| (2, Fact::Deleted { who: who(), queue: queue_id, gone: true, joins: n > 0 }));
        let facts: Vec<_> = posts.chain(receives).chain(deletes).collect();
        let (grouped, calls) = (None, Some(3));
        let used = Used::Queue { fifo: false, sends: units, receives: units, deletes: 1, changes: 0, grouped, calls };
        let found = metered(vec![queue()], &facts).usage(second(3)).nodes[0].used.clone();
        assert_eq!(found, used, "{messages} messages of {bytes} bytes in one call");
    }
}

/// On a fair queue, requests that carry a tenant cost more: here a call of two messages of which the second has one, which
/// makes it one of 2 units; another of 3 units; and one without, which costs no more than elsewhere.
#[test]
fn calls_that_carry_a_tenant_are_counted_on_a_fair_queue() {
    let post = |bytes, joins, grouped| (0, Fact::Posted { who: who(), queue: NodeId(0), bytes, joins, grouped });
    let facts =
        [post(40_000, false, false), post(40_000, true, true), post(140_000, false, true), post(200_000, false, false)];
    let fair = Fair { share: 0.1, in_flight: 30, memory: Span::from_secs(60) };
    let queue = NodeKind::Queue(Queue { fair: Some(fair), ..Queue::default() });
    let (grouped, calls) = (Some(5), Some(3));
    let used = Used::Queue { fifo: false, sends: 9, receives: 0, deletes: 0, changes: 0, grouped, calls };
    assert_eq!(metered(vec![queue], &facts).usage(second(1)).nodes[0].used, used);
}

/// 1 GiB kept for 10 s, and another for the last 4 s: 14 GB·s.
#[test]
fn a_bucket_keeps_what_was_put() {
    let store = || Fact::Stored { who: who(), bucket: NodeId(0), bytes: 1 << 30 };
    let fetch = Fact::Fetched { who: who(), bucket: NodeId(0), bytes: 1 << 30 };
    let facts = [(0, store()), (6 * SECOND, store()), (7 * SECOND, fetch)];
    let meter = metered(vec![NodeKind::Bucket(crate::cloud::topology::Bucket::default())], &facts);
    let usage = meter.usage(second(10));
    assert_eq!(
        usage.nodes[0].used,
        Used::Bucket {
            class: StorageClass::Standard,
            puts: 2,
            gets: 1,
            retrieved: 1 << 30,
            kept: (14 << 30) * u128::from(SECOND),
            real: None
        }
    );
    let lines = invoice(&usage, &PriceBook::us_east_1());
    assert_eq!((lines[2].item.as_str(), lines[2].quantity.to_string().as_str()), ("s3.storage", "14"));
}

/// Objects of 1 GiB that are deleted after 5 s: of those of 0, 6 and 8 s, by 10 s the first was there for 5, the others
/// for 4 and 2; by 20 s all for 5.
#[test]
fn a_bucket_forgets_what_it_keeps_for_a_time() {
    let store = || Fact::Stored { who: who(), bucket: NodeId(0), bytes: 1 << 30 };
    let keep = Some(Span::from_secs(5));
    let bucket = NodeKind::Bucket(crate::cloud::topology::Bucket { keep, ..Default::default() });
    let meter = metered(vec![bucket], &[(0, store()), (6 * SECOND, store()), (8 * SECOND, store())]);
    let kept = |at| match meter.usage(second(at)).nodes[0].used {
        Used::Bucket { kept, .. } => (kept / u128::from(SECOND)) >> 30,
        ref other => panic!("{other:?}"),
    };
    assert_eq!((kept(10), kept(20)), (11, 15));
}

#[test]
fn an_unknown_machine_is_missed_before_anything_runs() {
    let wrong = Platform::Ec2 { instance: "c5.lrage".to_owned(), volume: 0, spot: false };
    let topology = topology(vec![pool(wrong, Vec::new()), pool(Platform::Free, Vec::new()), queue()]);
    let missing = crate::billing::check(&topology, &PriceBook::us_east_1());
    assert_eq!((missing.len(), missing[0].node.as_str(), missing[0].item.as_str()), (1, "pool.n0", "ec2.c5.lrage"));
    assert_eq!(missing[0].nearest.first().map(String::as_str), Some("ec2.c5.large"));
}

/// A group that looks at the very end may start machines then: they are the drain's, not the run's.
#[test]
fn what_starts_at_the_very_end_is_not_yet_paid_for() {
    let topology = topology(vec![pool(large(), Vec::new())]);
    let mut meter = Meter::new(&topology);
    meter.saw(second(0), &running(0, 1, 0));
    meter.saw(second(100), &running(0, 2, 0));
    let seconds = |at| match &meter.usage(second(at)).nodes[0].used {
        Used::Machines { sizes, .. } => sizes[0].seconds,
        other => panic!("machines, not {other:?}"),
    };
    assert_eq!((seconds(100), seconds(101)), (100, 101 + 60));
}

/// An hour with 90,000 connections, one with nothing, one with 180,000: 1, 0 and 2 units, each of its own hour.
#[test]
fn each_clock_hour_of_a_balancer_has_its_own_capacity() {
    let hour = 3_600 * SECOND;
    let mut facts: Vec<(u64, Fact)> = (0..90_000).map(|n| (n, routed(0))).collect();
    facts.extend((0..180_000).map(|n| (2 * hour + n, routed(0))));
    let meter = metered(vec![balancer(&[1], 0), pool(large(), Vec::new())], &facts);
    match &meter.usage(second(3 * 3_600)).nodes[0].used {
        Used::Balancer { capacity, .. } => assert_eq!(*capacity, Capacity(3 * Capacity::UNIT)),
        other => panic!("{other:?} is no balancer"),
    }
}

/// A message that goes back from the dead-letter queue: received and deleted there, sent here. And one that is sent.
#[test]
fn a_message_that_goes_back_is_three_calls() {
    let redriven = Fact::Redriven { who: who(), from: NodeId(0), to: NodeId(1), bytes: 70_000 };
    let posted = Fact::Posted { who: who(), queue: NodeId(1), bytes: 1, joins: false, grouped: false };
    let dropped = Fact::Dropped { who: who(), queue: NodeId(1), bytes: 1, joins: false };
    let meter = metered(vec![queue(), queue()], &[(1, redriven), (2, redriven), (3, posted), (4, dropped)]);
    let usage = meter.usage(second(10));
    let calls = |queue: usize| match &usage.nodes[queue].used {
        Used::Queue { sends, receives, deletes, .. } => (*sends, *receives, *deletes),
        other => panic!("{other:?} is no queue"),
    };
    // 70,000 bytes are two pieces of 64 KiB.
    assert_eq!(calls(0), (0, 4, 2));
    assert_eq!(calls(1), (6, 0, 0), "what is dropped was sent, too");
}
