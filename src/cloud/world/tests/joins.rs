//! Fan-outs, and pools that gather their branches.

use serde_json::json;

use crate::cloud::arrivals::Arrivals;
use crate::cloud::arrivals::Recorded;
use crate::cloud::bus::shape::Shape;
use crate::cloud::fact::{Fact, Loss, Outcome, Spent};
use crate::cloud::topology::{
    Backoff, Bucket, Client, Node, NodeId, NodeKind, Pool, Retry, Topology, Verb, Way, WorkId,
};
use crate::cloud::world::tests::buses::{bus, of_bus, put, rule, takes};
use crate::cloud::world::tests::functions::function;
use crate::cloud::world::tests::{
    application, at, completions, diary, losses, node, pool, queue, seconds, send, topology, work,
};
use crate::ground::distribution::Distribution;
use crate::ground::time::{SECOND, SimTime};

fn fan(to: &[u16], copies: u32) -> Verb {
    Verb::Send { to: to.iter().map(|&to| NodeId(to)).collect(), size: None, copies, group: None, delay: None }
}

fn any(name: &str, steps: Vec<Verb>) -> Node {
    node(name, NodeKind::Pool(Box::new(Pool { workers: None, ..pool(steps, 1) })))
}

fn join(steps: Vec<Verb>) -> Pool {
    Pool { gather: true, ..pool(steps, 1) }
}

fn gathering(steps: Vec<Verb>) -> Node {
    node("join", NodeKind::Pool(Box::new(join(steps))))
}

/// When a pool began to serve.
fn starts(diary: &[(f64, Fact)], of: u16) -> Vec<f64> {
    let began = |(at, fact): &(f64, Fact)| match fact {
        Fact::Started { pool, .. } if *pool == NodeId(of) => Some(*at),
        _ => None,
    };
    diary.iter().filter_map(began).collect()
}

/// When branches left joins, and for how long they had waited.
fn waited(diary: &[(f64, Fact)]) -> Vec<(f64, f64)> {
    let waited = diary.iter().filter_map(|(at, fact)| match fact {
        Fact::Spent { on: Spent::Join, span, .. } => Some((*at, span.seconds())),
        _ => None,
    });
    waited.collect()
}

/// `front` sends to `a` (2 s) and `b` (5 s); both send to the join (1 s), directly or through a queue.
fn two(through: Option<Node>, last: Vec<Verb>) -> Topology {
    let door = if through.is_some() { 4 } else { 3 };
    let mut nodes = vec![
        any("front", vec![fan(&[1, 2], 1)]),
        any("a", vec![work(0), send(door)]),
        any("b", vec![work(1), send(door)]),
        gathering(last),
    ];
    nodes.extend(through);
    topology(nodes)
}

/// The first comes at 2 s and waits without the only worker, the second at 5 s; 1 s of work: done at 6 s. Another request,
/// 1 s later, is served between: nothing of the first stands in its way.
#[test]
fn the_last_branch_is_served_for_all() {
    let application = application(at(&[0.0, 1.0]), [2.0, 5.0, 1.0].map(seconds).to_vec());
    let found = diary(&application, &two(None, vec![work(2)]), 100.0);
    assert_eq!(completions(&found), [(0, 6.0), (1, 7.0)]);
    assert_eq!(starts(&found, 3), [5.0, 6.0]);
    assert_eq!(waited(&found), [(5.0, 3.0), (6.0, 3.0)]);
}

/// What a bus sends on are branches of one fan-out: `a` (2 s) and `b` (5 s) hear of an event a second after it was put, and both
/// send to the join. Where the rule leads to the join itself beside `b`, what the event brings there waits for `b`, and counts as
/// delivered meanwhile. An event that only one target takes is a branch of nothing: what it brings is served at once.
#[test]
fn what_a_bus_sends_on_is_gathered() {
    let application = application(at(&[0.0]), [2.0, 5.0, 1.0].map(seconds).to_vec());
    let played = |to: &[u16]| {
        let every = takes(&json!({ "source": ["my.shop"] }));
        let nodes = vec![
            any("front", vec![put(4, 0)]),
            any("a", vec![work(0), send(3)]),
            any("b", vec![work(1), send(3)]),
            gathering(vec![work(2)]),
            node("shop", of_bus(bus(1.0, vec![rule("every", every, to)]))),
        ];
        let shapes = vec![Shape::new("my.shop", "Order Placed", json!({}))];
        let found = diary(&application, &Topology { shapes, ..topology(nodes) }, 100.0);
        let delivered = found.iter().filter(|(_, fact)| matches!(fact, Fact::Delivered { .. })).map(|(at, _)| *at);
        (delivered.collect::<Vec<_>>(), waited(&found), starts(&found, 3), completions(&found))
    };
    assert_eq!(played(&[1, 2]), (vec![3.0, 6.0], vec![(6.0, 3.0)], vec![6.0], vec![(0, 7.0)]));
    assert_eq!(played(&[3, 2]), (vec![1.0, 6.0], vec![(6.0, 5.0)], vec![6.0], vec![(0, 7.0)]));
    assert_eq!(played(&[3]), (vec![2.0], vec![], vec![1.0], vec![(0, 2.0)]));
}

/// Whoever a bucket tells of an object is a branch, too, and so is what a bus brings that hears of the same object: `a` is told,
/// and the event leads to `b`.
#[test]
fn all_who_hear_of_an_object_are_branches_of_one_fan_out() {
    let application = application(at(&[0.0]), [2.0, 5.0, 1.0].map(seconds).to_vec());
    let created = takes(&json!({ "source": ["aws.s3"] }));
    let store = Bucket { notify: vec![NodeId(1)], bus: Some(NodeId(5)), ..Bucket::default() };
    let nodes = vec![
        any("front", vec![Verb::Put { bucket: NodeId(4), size: None, shape: Some(0) }]),
        any("a", vec![work(0), send(3)]),
        any("b", vec![work(1), send(3)]),
        gathering(vec![work(2)]),
        node("photos", NodeKind::Bucket(store)),
        node("default", of_bus(bus(0.0, vec![rule("created", created, &[2])]))),
    ];
    let shapes = vec![Shape::object_created("photos", "{n}.jpg")];
    let found = diary(&application, &Topology { shapes, ..topology(nodes) }, 100.0);
    assert_eq!((waited(&found), completions(&found)), (vec![(5.0, 3.0)], vec![(0, 6.0)]));
}

/// Through a queue: the message that comes at 2 s is received and deleted at once, the one of 5 s when its work is done.
#[test]
fn a_message_whose_siblings_are_missing_is_deleted_and_held() {
    let application = application(at(&[0.0]), [2.0, 5.0, 1.0].map(seconds).to_vec());
    let topology = two(Some(node("q", NodeKind::Queue(queue(3)))), vec![work(2)]);
    let found = diary(&application, &topology, 100.0);
    assert_eq!(completions(&found), [(0, 6.0)]);
    let deleted = found.iter().filter(|(_, fact)| matches!(fact, Fact::Deleted { gone: true, .. }));
    assert_eq!(deleted.map(|(at, _)| *at).collect::<Vec<_>>(), [2.0, 6.0]);
    assert_eq!(starts(&found, 3), [5.0]);
}

/// The last message is worked on as any other: its work fails at the first visit, and it is received again, alone.
#[test]
fn the_last_message_comes_again_for_all() {
    let mut arrivals = Recorded { fails: vec![(WorkId(2), 1)], ..Recorded::default() };
    arrivals.at = SimTime::START;
    let application = application(Arrivals::Instants(vec![arrivals]), [2.0, 5.0, 1.0].map(seconds).to_vec());
    let topology = two(Some(node("q", NodeKind::Queue(queue(3)))), vec![work(2)]);
    let found = diary(&application, &topology, 100.0);
    assert_eq!(completions(&found), [(0, 7.0)]);
    assert_eq!(starts(&found, 3), [5.0, 6.0]);
}

/// `b` fails at 5 s: the request is lost, and what waits in the join is let go of in that instant.
#[test]
fn a_lost_branch_takes_the_others_with_it() {
    let application = application(at(&[0.0]), [2.0, 5.0, 1.0].map(seconds).to_vec());
    let mut topology = two(None, vec![work(2)]);
    if let NodeKind::Pool(pool) = &mut topology.nodes[2].kind
        && let Verb::Work { fails, .. } = &mut pool.steps[0].verb
    {
        *fails = 1.0;
    }
    let found = diary(&application, &topology, 100.0);
    assert_eq!(losses(&found), [(0, 5.0, Loss::Error)]);
    assert_eq!((starts(&found, 3), waited(&found)), (vec![], vec![(5.0, 3.0)]));
    // The other way round: who comes after the loss is not held at all.
    topology.nodes.swap(1, 2);
    let found = diary(&application, &topology, 100.0);
    assert_eq!(losses(&found).len(), 1);
    assert!(starts(&found, 3).is_empty());
}

/// A branch that ends without coming is waited for no longer: at 5 s `b` is done, and `a`, which came at 2 s, goes on.
#[test]
fn a_branch_that_ends_elsewhere_is_waited_for_no_longer() {
    let application = application(at(&[0.0]), [2.0, 5.0, 1.0].map(seconds).to_vec());
    let mut topology = two(None, vec![work(2)]);
    if let NodeKind::Pool(pool) = &mut topology.nodes[2].kind {
        let never = Verb::Choose { ways: vec![Way { share: 0.0, steps: 1 }], draw: None, fresh: false };
        pool.steps.insert(1, crate::cloud::topology::Step { verb: never, only: None });
    }
    let found = diary(&application, &topology, 100.0);
    assert_eq!(completions(&found), [(0, 6.0)]);
    assert_eq!(waited(&found), [(5.0, 3.0)]);
}

/// What a branch does after it has sent on is no reason to wait: `a` works for 20 s more.
#[test]
fn who_has_sent_on_all_is_not_waited_for() {
    let application = application(at(&[0.0]), [2.0, 5.0, 1.0, 20.0].map(seconds).to_vec());
    let mut topology = two(None, vec![work(2)]);
    if let NodeKind::Pool(pool) = &mut topology.nodes[1].kind {
        pool.steps.push(crate::cloud::topology::Step { verb: work(3), only: None });
    }
    let found = diary(&application, &topology, 100.0);
    assert_eq!(starts(&found, 3), [5.0]);
    assert_eq!(completions(&found), [(0, 22.0)]);
}

/// `front` sends to `a` and `b`; `a` sends three copies to `c` (3 s), whose join works for 1 s and sends on to the outer one,
/// where `b` waits since 2 s: it works from 4 s to 6 s, once.
#[test]
fn joins_gather_the_last_fan_out() {
    let application = application(at(&[0.0]), [3.0, 1.0, 2.0, 2.0].map(seconds).to_vec());
    let nodes = vec![
        any("front", vec![fan(&[1, 2], 1)]),
        any("a", vec![fan(&[3], 3)]),
        any("b", vec![work(2), send(5)]),
        any("c", vec![work(0), send(4)]),
        gathering(vec![work(1), send(5)]),
        gathering(vec![work(3)]),
    ];
    let found = diary(&application, &topology(nodes), 100.0);
    assert_eq!((starts(&found, 4), starts(&found, 5)), (vec![3.0], vec![4.0]));
    assert_eq!(completions(&found), [(0, 6.0)]);
    assert_eq!(waited(&found), [(3.0, 0.0), (3.0, 0.0), (4.0, 2.0)]);
}

/// The first attempt sends its branches on and fails 1 s later; so does not the second. Each attempt's branches are gathered by
/// themselves, and those of the first are worked on for nobody.
#[test]
fn attempts_are_gathered_by_themselves() {
    let mut arrivals = Recorded { fails: vec![(WorkId(3), 1)], ..Recorded::default() };
    arrivals.at = SimTime::START;
    let mut application = application(Arrivals::Instants(vec![arrivals]), [2.0, 5.0, 1.0, 1.0].map(seconds).to_vec());
    let backoff = Backoff::Wait(Distribution::constant(SECOND));
    let retry = Retry { attempts: Some(2), backoff, ..Retry::default() };
    application.workloads[0].client = Client { retry, ..Client::default() };
    let mut topology = two(None, vec![work(2)]);
    if let NodeKind::Pool(pool) = &mut topology.nodes[0].kind {
        pool.steps.push(crate::cloud::topology::Step { verb: work(3), only: None });
    }
    let found = diary(&application, &topology, 100.0);
    assert_eq!(starts(&found, 3), [5.0, 7.0]);
    assert_eq!(completions(&found), [(0, 8.0)]);
    let errors = |fact: &Fact| matches!(fact, Fact::Served { result: Outcome::Error, .. });
    assert_eq!(found.iter().filter(|(_, fact)| errors(fact)).count(), 1);
}

/// A branch through a function, in whose own queue it stands first, and one that its function hands on as a record.
#[test]
fn branches_go_through_functions() {
    let application = application(at(&[0.0]), [2.0, 4.0, 1.0].map(seconds).to_vec());
    let mut on_success = function(vec![work(1)], 0);
    on_success.errands.on_success = Some(NodeId(3));
    let nodes = vec![
        any("front", vec![fan(&[1, 2], 1)]),
        node("f", NodeKind::Function(Box::new(function(vec![work(0), send(3)], 0)))),
        node("g", NodeKind::Function(Box::new(on_success))),
        gathering(vec![work(2)]),
    ];
    let found = diary(&application, &topology(nodes), 100.0);
    // Each initialises for 1 s: 3 s and 5 s.
    assert_eq!(starts(&found, 3), [5.0]);
    assert_eq!(completions(&found), [(0, 6.0)]);
}

/// A message of the branch `b` that is put aside takes the request with it.
#[test]
fn a_branch_that_is_put_aside_takes_the_others_with_it() {
    use crate::cloud::topology::{DeadLetterAt, DeadLetters, Queue};
    let application = application(at(&[0.0]), [2.0, 5.0, 1.0].map(seconds).to_vec());
    let mut topology = two(None, vec![work(2)]);
    let dead_letters = DeadLetters { to: NodeId(5), max_receives: 1, at: DeadLetterAt::LastFailure };
    let before_b = Queue { dead_letters: Some(dead_letters), ..queue(2) };
    topology.nodes.push(node("q", NodeKind::Queue(before_b)));
    topology.nodes.push(node("dead", NodeKind::Queue(Queue::default())));
    if let NodeKind::Pool(pool) = &mut topology.nodes[0].kind {
        pool.steps[0].verb = fan(&[1, 4], 1);
    }
    if let NodeKind::Pool(pool) = &mut topology.nodes[2].kind
        && let Verb::Work { fails, .. } = &mut pool.steps[0].verb
    {
        *fails = 1.0;
    }
    let found = diary(&application, &topology, 100.0);
    assert_eq!(losses(&found), [(0, 5.0, Loss::DeadLettered)]);
    assert_eq!(waited(&found), [(5.0, 3.0)]);
}

/// The longest of n independent exponential times of mean 1 s is Hₙ = 1 + 1/2 + … + 1/n s on average, with variance
/// Σ 1/i²: A. Rényi, *On the theory of order statistics* (1953). Within 4.5 standard errors of 20,000 requests, which an
/// honest program misses once in 150,000 seeds; so is what waits: n Hₙ − n.
#[test]
fn fork_and_join_takes_as_long_as_the_longest_of_its_branches() {
    let requests = 20_000;
    for (n, through) in [(2_u32, false), (5, false), (5, true)] {
        let one = Distribution::exponential(SECOND as f64).expect("a mean above 0");
        let application = application(at(&vec![0.0; requests]), vec![one]);
        let ends = Pool { workers: None, ..join(vec![]) };
        let mut nodes = vec![
            any("front", vec![fan(&[1], n)]),
            any("branch", vec![work(0), send(if through { 3 } else { 2 })]),
            node("join", NodeKind::Pool(Box::new(ends))),
        ];
        nodes.extend(through.then(|| node("q", NodeKind::Queue(queue(2)))));
        let found = diary(&application, &topology(nodes), 1_000.0);
        let ends = completions(&found);
        assert_eq!(ends.len(), requests);
        let mean = ends.iter().map(|(_, end)| end).sum::<f64>() / requests as f64;
        let (harmonic, variance) =
            (1..=n).map(f64::from).fold((0.0, 0.0), |(sum, squares), i| (sum + 1.0 / i, squares + 1.0 / (i * i)));
        let error = f64::sqrt(variance / requests as f64);
        assert!((mean - harmonic).abs() < 4.5 * error, "{n} branches take {mean} s and not {harmonic} s");
        let waits = waited(&found).iter().map(|(_, span)| span).sum::<f64>() / requests as f64;
        let idle = f64::from(n) * (harmonic - 1.0);
        assert!((waits - idle).abs() < 4.5 * f64::from(n) * error, "{waits} s are waited and not {idle} s");
    }
}
