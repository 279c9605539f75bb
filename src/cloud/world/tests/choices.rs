//! Steps that are done for some requests and not for others, by chance.

use std::collections::BTreeSet;

use crate::cloud::fact::{Fact, Loss, Outcome};
use crate::cloud::topology::{
    Application, Client, DeadLetterAt, DeadLetters, Discipline, Function, NodeId, NodeKind, Pool, Queue, Retry, Speed,
    Step, Topology, Verb, Way, WorkloadId,
};
use crate::cloud::world::tests::functions::function;
use crate::cloud::world::tests::{
    application, at, call, completions, diary, losses, node, pool, queue, seconds, send, topology, work,
};

/// A choice whose ways are of one step each.
fn choose(shares: &[f64]) -> Verb {
    let ways = shares.iter().map(|&share| Way { share, steps: 1 }).collect();
    Verb::Choose { ways, draw: None, fresh: false }
}

fn named(name: &str, shares: &[f64]) -> Verb {
    match choose(shares) {
        Verb::Choose { ways, fresh, .. } => Verb::Choose { ways, draw: Some(name.to_owned()), fresh },
        other => other,
    }
}

fn failing(number: u16) -> Verb {
    match work(number) {
        Verb::Work { work, fresh, together, cold, .. } => Verb::Work { work, fails: 1.0, fresh, together, cold },
        other => other,
    }
}

fn one(pool: Pool) -> Topology {
    topology(vec![node("w", NodeKind::Pool(Box::new(pool)))])
}

/// So many requests at once, each served alone.
fn crowd(requests: usize, works: &[f64]) -> Application {
    application(at(&vec![0.0; requests]), works.iter().map(|&work| seconds(work)).collect())
}

/// `1 s, then 2 s for sure (or 30 s never), then 4 s never, then 8 s`: 11 s, in one slot.
#[test]
fn what_is_certain_is_done_and_what_is_not_is_left_out() {
    let application = crowd(2, &[1.0, 2.0, 30.0, 4.0, 8.0]);
    let steps = vec![work(0), choose(&[1.0, 0.0]), work(1), work(2), choose(&[0.0]), work(3), work(4)];
    let found = diary(&application, &one(pool(steps, 1)), 100.0);
    assert_eq!(completions(&found), [(0, 11.0), (1, 22.0)]);
}

/// Of 20,000 requests 20 % take 2 s, 30 % take 3 s and the rest 1 s; within 4.5 standard deviations, which an honest program
/// misses once in 70,000 seeds.
#[test]
fn shares_are_those_of_many_requests() {
    let requests = 20_000;
    let application = crowd(requests, &[1.0, 1.0, 2.0]);
    let everybody = Pool { workers: None, ..pool(vec![work(0), choose(&[0.2, 0.3]), work(1), work(2)], 1) };
    let found = completions(&diary(&application, &one(everybody), 100.0));
    for (ends, share) in [(2.0, 0.2), (3.0, 0.3), (1.0, 0.5)] {
        let took = found.iter().filter(|(_, end)| *end == ends).count() as f64;
        let (mean, variance) = (requests as f64 * share, requests as f64 * share * (1.0 - share));
        assert!((took - mean).abs() < 4.5 * f64::sqrt(variance), "{took} took {ends} s");
    }
}

/// A choice within a way of another: 0.5 × 0.4 of all do the inner step, and nobody who did not choose the outer way.
#[test]
fn choices_stand_in_each_other() {
    let requests = 20_000;
    let application = crowd(requests, &[1.0, 2.0]);
    let outer = Verb::Choose { ways: vec![Way { share: 0.5, steps: 3 }], draw: None, fresh: false };
    let steps = vec![outer, work(0), choose(&[0.4]), work(1)];
    let everybody = Pool { workers: None, ..pool(steps, 1) };
    let found = completions(&diary(&application, &one(everybody), 100.0));
    let took = |ends: f64| found.iter().filter(|(_, end)| *end == ends).count() as f64 / requests as f64;
    assert_eq!(took(0.0) + took(1.0) + took(3.0), 1.0);
    assert!((took(0.0) - 0.5).abs() < 0.016 && (took(3.0) - 0.2).abs() < 0.013);
}

/// A message that comes again goes the same way: whoever chose the work that always fails is received three times, and put
/// aside; all others are done at once. Drawn anew at each visit, hardly anybody fails three times.
#[test]
fn the_same_request_chooses_alike_at_every_visit() {
    let application = crowd(400, &[1.0, 1.0]);
    let world = |fresh| {
        let choice = Verb::Choose { ways: vec![Way { share: 0.5, steps: 1 }], draw: None, fresh };
        let dead_letters = DeadLetters { to: NodeId(2), max_receives: 3, at: DeadLetterAt::NextReceive };
        let uploads = Queue { dead_letters: Some(dead_letters), ..queue(1) };
        let workers = Pool { workers: None, ..pool(vec![choice, failing(0), work(1)], 1) };
        let nodes = vec![
            node("q", NodeKind::Queue(uploads)),
            node("w", NodeKind::Pool(Box::new(workers))),
            node("dead", NodeKind::Queue(Queue::default())),
        ];
        topology(nodes)
    };
    let found = diary(&application, &world(false), 100.0);
    let lost: BTreeSet<u32> = losses(&found).iter().map(|(ordinal, _, _)| *ordinal).collect();
    let erred = found.iter().filter_map(|(_, fact)| match fact {
        Fact::Served { who, result: Outcome::Error, .. } => Some(who.ordinal),
        _ => None,
    });
    let erred: Vec<u32> = erred.collect();
    assert_eq!(erred.len(), 3 * lost.len(), "three visits of each");
    assert!(erred.iter().all(|ordinal| lost.contains(ordinal)));
    assert!((140..=260).contains(&lost.len()), "{}", lost.len());
    assert!(losses(&found).iter().all(|(_, _, why)| *why == Loss::DeadLettered));
    let anew = losses(&diary(&application, &world(true), 100.0)).len();
    assert!((25..=80).contains(&anew), "an eighth of 400 chose it three times: {anew}");
}

/// So does an attempt that its client makes again.
#[test]
fn the_same_request_chooses_alike_at_every_attempt() {
    let mut application = crowd(200, &[1.0, 1.0]);
    let retry = Retry { attempts: Some(3), ..Retry::default() };
    application.workloads[0].client = Client { retry, ..Client::default() };
    let steps = vec![choose(&[0.5]), failing(0), work(1)];
    let found = diary(&application, &one(Pool { workers: None, ..pool(steps, 1) }), 1_000.0);
    let done = completions(&found);
    assert!(done.iter().all(|(_, end)| *end == 1.0), "nobody changes its mind");
    assert_eq!(done.len() + losses(&found).len(), 200);
}

/// A choice of its own name falls alike in nodes and topologies that have nothing else in common; without one it goes by
/// the node and the place there.
#[test]
fn choices_of_one_name_fall_alike_everywhere() {
    let application = crowd(300, &[1.0, 0.5]);
    let long = |topology: &Topology| -> BTreeSet<u32> {
        let found = completions(&diary(&application, topology, 100.0));
        found.into_iter().filter(|(_, end)| *end > 0.0).map(|(ordinal, _)| ordinal).collect()
    };
    let any = |steps| Pool { workers: None, ..pool(steps, 1) };
    let first = long(&one(any(vec![named("hit", &[0.5]), work(0)])));
    let tiers = |choice: Verb| {
        let pools = [("front", any(vec![send(1)])), ("back", any(vec![choice, work(0)]))];
        topology(pools.into_iter().map(|(name, pool)| node(name, NodeKind::Pool(Box::new(pool)))).collect())
    };
    assert_eq!(first, long(&tiers(named("hit", &[0.5]))));
    let by_place = long(&tiers(choose(&[0.5])));
    assert_ne!(first, by_place);
    let alone = topology(vec![node("back", NodeKind::Pool(Box::new(any(vec![choose(&[0.5]), work(0)]))))]);
    assert_eq!(by_place, long(&alone));
}

/// Half of the requests call the partner and wait 2 s for its answer; the others are answered at once. What is sent in a way
/// is sent for those who take it.
#[test]
fn ways_may_call_and_send() {
    let application = crowd(100, &[1.0, 2.0, 5.0]);
    let front = vec![named("x", &[0.5, 0.5]), call(1, None), send(2)];
    let any = |steps| NodeKind::Pool(Box::new(Pool { workers: None, ..pool(steps, 1) }));
    let nodes = vec![node("front", any(front)), node("called", any(vec![work(1)])), node("sent", any(vec![work(2)]))];
    let found = diary(&application, &topology(nodes), 100.0);
    let ends = completions(&found);
    let (called, sent) =
        (ends.iter().filter(|(_, end)| *end == 2.0).count(), ends.iter().filter(|(_, end)| *end == 5.0).count());
    assert_eq!(called + sent, 100);
    assert!((30..=70).contains(&called));
}

/// Copies bring work of their own, and choose by themselves.
#[test]
fn copies_choose_by_themselves() {
    let application = crowd(1, &[1.0]);
    let copies = Verb::Send { to: vec![NodeId(1)], size: None, copies: 100, group: None, delay: None };
    let any = |steps| NodeKind::Pool(Box::new(Pool { workers: None, ..pool(steps, 1) }));
    let nodes = vec![node("front", any(vec![copies])), node("back", any(vec![choose(&[0.5]), work(0)]))];
    let found = diary(&application, &topology(nodes), 100.0);
    let took = |seconds: f64| {
        let ended = |(at, fact): &&(f64, Fact)| {
            matches!(fact, Fact::Served { pool, .. } if *pool == NodeId(1)) && *at == seconds
        };
        found.iter().filter(ended).count()
    };
    assert_eq!(took(0.0) + took(1.0), 100);
    assert!((30..=70).contains(&took(1.0)));
}

/// Who is shortest is told by what it chose: of those who come while one is served, those who do nothing go first.
#[test]
fn the_shortest_is_told_by_what_it_chose() {
    let application = crowd(41, &[1.0, 0.25]);
    let steps = vec![work(1), choose(&[0.5]), work(0)];
    let shortest = Pool { line: Discipline::Shortest, ..pool(steps, 1) };
    let found = completions(&diary(&application, &one(shortest), 1_000.0));
    let took: Vec<f64> = found.windows(2).map(|pair| pair[1].1 - pair[0].1).collect();
    let short = took.iter().take_while(|took| **took == 0.25).count();
    assert!((5..=35).contains(&short) && took[short..].iter().all(|took| *took == 1.25), "{took:?}");
}

/// A way for other kinds of request is none; a choice in a function begins after its environment is ready.
#[test]
fn choices_of_a_function_and_of_one_workload() {
    let mut application = crowd(1, &[1.0, 4.0]);
    let mut other = application.workloads[0].clone();
    other.name = "others".to_owned();
    application.workloads.push(other);
    let only = |workload| Some(vec![WorkloadId(workload)]);
    let steps = vec![
        Step { verb: choose(&[1.0]), only: only(1) },
        Step { verb: work(1), only: only(1) },
        Step { verb: work(0), only: None },
    ];
    let mut topology = one(Pool { workers: None, ..Pool::of(steps.clone()) });
    topology.entry = vec![NodeId(0), NodeId(0)];
    let mut ends = completions(&diary(&application, &topology, 100.0));
    ends.sort_by(|one, other| one.1.total_cmp(&other.1));
    assert_eq!(ends, [(0, 1.0), (0, 5.0)]);
    let function = Function { desk: Function::desk(steps, Speed::ONE, 0), ..function(Vec::new(), 0) };
    topology.nodes[0].kind = NodeKind::Function(Box::new(function));
    let mut ends = completions(&diary(&application, &topology, 100.0));
    ends.sort_by(|one, other| one.1.total_cmp(&other.1));
    assert_eq!(ends, [(0, 2.0), (0, 6.0)]);
}
