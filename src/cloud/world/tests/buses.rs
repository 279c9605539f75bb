//! Event buses: who hears what, and when; what is tried again; and what nobody sends.

use serde_json::json;

use super::clusters::{machines, pods};
use super::{application, at, completions, diary, function, losses, node, pool, queue, seconds, topology, work};
use crate::cloud::bus::pattern::Pattern;
use crate::cloud::bus::shape::Shape;
use crate::cloud::fact::{Fact, Loss};
use crate::cloud::scaling::{Entry, Scaling};
use crate::cloud::topology::{
    Application, Archive, Backoff, Bucket, Bus, Fault, Growth, Harm, Held, Initially, Life, NodeId, NodeKind, Outage,
    Placement, Platform, Pool, Queue, Replay, Rule, Takes, Times, Topology, Verb, When, background,
};
use crate::cloud::world::{Horizon, simulate};
use crate::engine::Observer;
use crate::ground::chance::Key;
use crate::ground::distribution::Distribution;
use crate::ground::time::{SECOND, SimTime, Span};

const MACHINE: &str = "EC2 Instance State-change Notification";

pub(super) fn takes(pattern: &serde_json::Value) -> Takes {
    Takes::Pattern(Box::new(Pattern::of(pattern).expect("a pattern").0))
}

/// A rule that tries again every 4 s.
pub(super) fn rule(name: &str, takes: Takes, to: &[u16]) -> Rule {
    Rule {
        name: name.to_owned(),
        takes,
        to: to.iter().map(|&to| NodeId(to)).collect(),
        input: None,
        retries: 185,
        max_age: Span::from_secs(86_400),
        backoff: Backoff::Wait(seconds(4.0)),
        dead_letters: None,
    }
}

fn every(span: u64) -> Takes {
    Takes::Schedule { when: Times::Every(Span::from_secs(span)), late: seconds(0.0) }
}

/// A bus on which events take so long.
pub(super) fn bus(latency: f64, rules: Vec<Rule>) -> Bus {
    let background = background();
    Bus { latency: seconds(latency), loss: 0.0, puts: None, invocations: None, archive: None, rules, background }
}

pub(super) fn of_bus(bus: Bus) -> NodeKind {
    NodeKind::Bus(Box::new(bus))
}

fn of_pool(pool: Pool) -> NodeKind {
    NodeKind::Pool(Box::new(pool))
}

pub(super) fn put(bus: u16, shape: u32) -> Verb {
    Verb::Event { bus: NodeId(bus), shape, size: None }
}

fn shop() -> Vec<Shape> {
    vec![Shape::new("my.shop", "Order Placed", json!({ "total": 5 }))]
}

fn runs(diary: &[(f64, Fact)]) -> Vec<(f64, f64)> {
    let runs = diary.iter().filter_map(|(at, fact)| match *fact {
        Fact::Invoked { ran, .. } => Some((at - ran.seconds(), ran.seconds())),
        _ => None,
    });
    runs.collect()
}

fn count(diary: &[(f64, Fact)], is: impl Fn(&Fact) -> bool) -> usize {
    diary.iter().filter(|(_, fact)| is(fact)).count()
}

/// Every 10 s, a second on the way, a second of initialisation the first time: 2 s of work at 12, 21 and 31 s. Nobody has
/// sent it, so nobody is born and nobody is done.
#[test]
fn a_schedule_invokes_a_function_and_no_request_is_counted() {
    let application = application(at(&[]), vec![seconds(2.0)]);
    let nodes = vec![
        node("f", NodeKind::Function(Box::new(function(vec![work(0)], 0)))),
        node("default", of_bus(bus(1.0, vec![rule("r", every(10), &[0])]))),
    ];
    let found = diary(&application, &topology(nodes), 39.0);
    assert_eq!(runs(&found), [(12.0, 2.0), (21.0, 2.0), (31.0, 2.0)]);
    let of_clients = |fact: &Fact| {
        matches!(fact, Fact::Born { .. } | Fact::Completed { .. } | Fact::Lost { .. } | Fact::Sent { .. })
    };
    assert_eq!(count(&found, of_clients), 0);
    assert_eq!(count(&found, |fact| matches!(fact, Fact::Delivered { after, .. } if after.seconds() == 1.0)), 3);
}

/// Answered at 1 s; the event is there at 3 s. The queue's worker ends at 4 s, the function, new, at 9 s: then all is done.
/// The second rule wants a larger order.
#[test]
fn a_request_follows_its_event_to_each_target() {
    let application = application(at(&[0.0]), vec![seconds(1.0), seconds(5.0)]);
    let small = takes(&json!({ "source": ["my.shop"], "detail": { "total": [{ "numeric": ["<", 6] }] } }));
    let large = takes(&json!({ "source": ["my.shop"], "detail": { "total": [{ "numeric": [">", 5] }] } }));
    let nodes = vec![
        node("web", of_pool(pool(vec![work(0), put(1, 0)], 1))),
        node("orders", of_bus(bus(2.0, vec![rule("small", small, &[2, 3]), rule("large", large, &[2])]))),
        node("f", NodeKind::Function(Box::new(function(vec![work(1)], 0)))),
        node("q", NodeKind::Queue(queue(4))),
        node("w", of_pool(pool(vec![work(0)], 1))),
    ];
    let found = diary(&application, &Topology { shapes: shop(), ..topology(nodes) }, 60.0);
    assert_eq!(completions(&found), [(0, 9.0)]);
    let answered = found.iter().find(|(_, fact)| matches!(fact, Fact::Answered { .. })).map(|(at, _)| *at);
    assert_eq!((answered, runs(&found)), (Some(1.0), vec![(4.0, 5.0)]));
    let heard = |fact: &Fact| matches!(fact, Fact::Heard { is_own: true, taken: true, .. });
    assert_eq!((count(&found, heard), count(&found, |fact| matches!(fact, Fact::Delivered { .. }))), (1, 2));
}

/// A queue that is away until 10 s: an event of 1 s is tried at 1, 5 and 9 s in vain, and is there at 13 s. With two
/// retries it is given up at 9 s; so it is where a retry must come within 10 s.
#[test]
fn deliveries_are_tried_again_until_they_are_given_up() {
    let away = Fault {
        name: "away".to_owned(),
        what: Harm::Outage(Outage::Node(NodeId(2))),
        when: When::At(vec![SimTime::START]),
        lasts: Some(seconds(10.0)),
        held: Held::Finish,
        moves: false,
    };
    let told = |retries, max_age, dead_letters: bool| {
        let application = application(at(&[0.0]), vec![seconds(1.0)]);
        let all = rule("all", takes(&json!({ "source": ["my.shop"] })), &[2]);
        let dead_letters = dead_letters.then_some(NodeId(4));
        let all = Rule { retries, max_age: Span::from_secs(max_age), dead_letters, ..all };
        let nodes = vec![
            node("web", of_pool(pool(vec![work(0), put(1, 0)], 1))),
            node("orders", of_bus(bus(0.0, vec![all]))),
            node("q", NodeKind::Queue(queue(3))),
            node("w", of_pool(pool(vec![work(0)], 1))),
            node("dead", NodeKind::Queue(Queue { to: Vec::new(), ..Queue::default() })),
        ];
        let topology = Topology { shapes: shop(), faults: vec![away.clone()], ..topology(nodes) };
        let found = diary(&application, &topology, 60.0);
        let failed = count(&found, |fact| matches!(fact, Fact::Undelivered { .. }));
        let kept = count(&found, |fact| matches!(fact, Fact::Posted { queue: NodeId(4), .. }));
        (completions(&found), losses(&found), failed, kept)
    };
    assert_eq!(told(185, 86_400, false), (vec![(0, 14.0)], vec![], 3, 0));
    assert_eq!(told(2, 86_400, false), (vec![], vec![(0, 9.0, Loss::Down)], 3, 0));
    assert_eq!(told(185, 10, false), (vec![], vec![(0, 9.0, Loss::Down)], 3, 0));
    assert_eq!(told(2, 86_400, true), (vec![], vec![(0, 9.0, Loss::DeadLettered)], 3, 1));
}

/// A pool without room for a second: the other event is refused at 0 and at 4 s, and taken at 8 s, for 5 s of work each.
#[test]
fn a_pool_that_refuses_is_called_again() {
    let application = application(at(&[0.0, 0.0]), vec![seconds(5.0)]);
    let rules = vec![rule("all", takes(&json!({ "source": ["my.shop"] })), &[2])];
    let one = Pool { room: Some(0), ..pool(vec![work(0)], 1) };
    let nodes = vec![
        node("web", of_pool(pool(vec![put(1, 0)], 2))),
        node("orders", of_bus(bus(0.0, rules))),
        node("app", of_pool(one)),
    ];
    let found = diary(&application, &Topology { shapes: shop(), ..topology(nodes) }, 60.0);
    assert_eq!(completions(&found), [(0, 5.0), (1, 13.0)]);
    assert_eq!(count(&found, |fact| matches!(fact, Fact::Undelivered { .. })), 2);
}

/// One event a second: the second of three at once is refused, and so is the third.
#[test]
fn events_beyond_the_limit_are_refused() {
    let application = application(at(&[0.0, 0.5, 2.0]), vec![seconds(1.0)]);
    let rules = vec![rule("all", takes(&json!({ "source": ["my.shop"] })), &[2])];
    let limit = Growth { every: Span::from_secs(1), burst: 1 };
    let nodes = vec![
        node("web", of_pool(pool(vec![put(1, 0)], 2))),
        node("orders", of_bus(Bus { puts: Some(limit), ..bus(0.0, rules) })),
        node("app", of_pool(pool(vec![work(0)], 1))),
    ];
    let found = diary(&application, &Topology { shapes: shop(), ..topology(nodes) }, 60.0);
    assert_eq!(completions(&found), [(0, 1.0), (2, 3.0)]);
    assert_eq!(losses(&found), [(1, 0.5, Loss::Throttled)]);
}

/// One delivery each 10 s: two targets of one event are 10 s apart.
#[test]
fn deliveries_beyond_the_limit_wait() {
    let application = application(at(&[0.0]), vec![seconds(1.0)]);
    let rules = vec![rule("all", takes(&json!({ "source": ["my.shop"] })), &[2, 3])];
    let limit = Growth { every: Span::from_secs(10), burst: 1 };
    let nodes = vec![
        node("web", of_pool(pool(vec![put(1, 0)], 2))),
        node("orders", of_bus(Bus { invocations: Some(limit), ..bus(1.0, rules) })),
        node("one", of_pool(pool(vec![work(0)], 1))),
        node("two", of_pool(pool(vec![work(0)], 1))),
    ];
    let found = diary(&application, &Topology { shapes: shop(), ..topology(nodes) }, 60.0);
    assert_eq!(completions(&found), [(0, 12.0)]);
}

/// What is put on one bus comes to a pool by way of another, a second on each; the other bus is paid for it, too.
#[test]
fn a_bus_sends_on_to_another() {
    let application = application(at(&[0.0]), vec![seconds(1.0)]);
    let all = || takes(&json!({ "source": ["my.shop"] }));
    let nodes = vec![
        node("web", of_pool(pool(vec![put(1, 0)], 1))),
        node("here", of_bus(bus(1.0, vec![rule("on", all(), &[2])]))),
        node("there", of_bus(bus(1.0, vec![rule("in", all(), &[3])]))),
        node("app", of_pool(pool(vec![work(0)], 1))),
    ];
    let found = diary(&application, &Topology { shapes: shop(), ..topology(nodes) }, 60.0);
    assert_eq!(completions(&found), [(0, 3.0)]);
    assert_eq!(count(&found, |fact| matches!(fact, Fact::Heard { is_own: true, .. })), 2);
}

/// Events at 10, 20 and 30 s, of orders 1 to 3, come to a function and a pool. Of what came from 15 s on the archive lets the
/// function's rule alone hear again from 100 s on, one each 5 s; what it keeps for 75 s only is gone of 20 s and not of 30. No
/// request is born again, and of a function's run the events still tell which order they were of.
#[test]
fn an_archive_has_a_bus_hear_again_what_it_keeps() {
    let again = |keep: u64, rules: Option<Vec<u16>>| {
        let application = application(at(&[10.0, 20.0, 30.0]), vec![seconds(1.0)]);
        let any = json!({ "source": ["aws.s3"] });
        let replayed = json!({ "replay-name": ["again"], "detail": { "object": { "key": ["3.jpg"] } } });
        let plan = Replay {
            name: "again".to_owned(),
            at: SimTime::from_nanos(100 * SECOND),
            from: SimTime::from_nanos(15 * SECOND),
            to: SimTime::from_nanos(60 * SECOND),
            rules,
            every: Span::from_secs(5),
        };
        let archive = Some(Archive { keep: Span::from_secs(keep), replays: vec![plan] });
        let rules = vec![rule("all", takes(&any), &[2]), rule("only", takes(&replayed), &[3])];
        let store = Bucket { bus: Some(NodeId(1)), ..Bucket::default() };
        let nodes = vec![
            node("web", of_pool(pool(vec![Verb::Put { bucket: NodeId(4), size: None, shape: Some(0) }], 1))),
            node("default", of_bus(Bus { archive, ..bus(0.0, rules) })),
            node("f", NodeKind::Function(Box::new(function(vec![work(0)], 0)))),
            node("g", NodeKind::Function(Box::new(function(vec![work(0)], 0)))),
            node("photos", NodeKind::Bucket(store)),
        ];
        let shapes = vec![Shape::object_created("photos", "{n}.jpg")];
        let found = diary(&application, &Topology { shapes, ..topology(nodes) }, 300.0);
        assert_eq!(completions(&found).len(), 3);
        assert_eq!(count(&found, |fact| matches!(fact, Fact::Born { .. })), 3);
        let heard = found.iter().filter(|(_, fact)| matches!(fact, Fact::Replayed { .. }));
        let heard: Vec<f64> = heard.map(|(at, _)| *at).collect();
        (heard, runs(&found).iter().map(|run| run.0).collect::<Vec<_>>())
    };
    // A function is there a second later, or at once where it was idle.
    let (heard, began) = again(0, None);
    assert_eq!(heard, [100.0, 105.0]);
    assert_eq!(began.len(), 3 + 2 + 1);
    assert_eq!(again(0, Some(vec![1])).1.len(), 3 + 1);
    assert_eq!(again(0, Some(vec![0])).1.len(), 3 + 2);
    let (heard, began) = again(75, None);
    assert_eq!((heard, began.len()), (vec![100.0], 3 + 2));
}

/// An object is heard of when it is stored, by its key and size: of three, 2 s each, the second is large, and only `.mp4`.
#[test]
fn a_bucket_tells_a_bus_of_new_objects() {
    let told = |key: &str| {
        let mut application = application(at(&[0.0, 10.0, 20.0]), vec![seconds(1.0)]);
        application.workloads[0].size = Distribution::constant(2_000);
        let pattern = json!({ "source": ["aws.s3"], "detail": {
            "object": { "key": [{ "suffix": "2.mp4" }], "size": [{ "numeric": [">", 1_000] }] } } });
        let store = Bucket { put: Some(seconds(2.0)), bus: Some(NodeId(2)), ..Bucket::default() };
        let nodes = vec![
            node("web", of_pool(pool(vec![Verb::Put { bucket: NodeId(1), size: None, shape: Some(0) }], 1))),
            node("videos", NodeKind::Bucket(store)),
            node("default", of_bus(bus(0.0, vec![rule("new", takes(&pattern), &[3])]))),
            node("app", of_pool(pool(vec![work(0)], 1))),
        ];
        let shapes = vec![Shape::object_created("videos", key)];
        let found = diary(&application, &Topology { shapes, ..topology(nodes) }, 60.0);
        assert_eq!(count(&found, |fact| matches!(fact, Fact::Heard { is_own: false, .. })), 3);
        completions(&found)
    };
    assert_eq!(told("{n}.mp4"), [(0, 2.0), (1, 13.0), (2, 22.0)]);
    assert_eq!(told("{n}.avi"), [(0, 2.0), (1, 12.0), (2, 22.0)]);
}

/// A machine that a timetable asks for at 10 s: pending then, running at 15 s.
fn one_machine(state: &str, loss: f64) -> Topology {
    let scaling = Scaling::Timetable(vec![Entry { at: SimTime::from_nanos(10 * SECOND), workers: 1 }]);
    let life = Life { pending: seconds(5.0), boot: seconds(5.0), stopping: seconds(0.0) };
    let platform = Platform::Ec2 { instance: "m5.large".to_owned(), volume: 0, spot: false };
    let machines = Pool { scaling, life, platform, initially: Initially::Ready, ..pool(vec![work(0)], 0) };
    let is = takes(&json!({ "source": ["aws.ec2"], "detail-type": [MACHINE], "detail": { "state": [state] } }));
    topology(vec![
        node("app", of_pool(machines)),
        node("default", of_bus(Bus { loss, ..bus(1.0, vec![rule("is", is, &[2])]) })),
        node("f", NodeKind::Function(Box::new(function(vec![work(0)], 0)))),
    ])
}

#[test]
fn what_happens_to_a_machine_is_heard_and_lost_where_nothing_is_promised() {
    let application = application(at(&[]), vec![seconds(2.0)]);
    for (state, loss, begin) in [("pending", 0.0, vec![12.0]), ("running", 0.0, vec![17.0]), ("running", 1.0, vec![])] {
        let found = diary(&application, &one_machine(state, loss), 60.0);
        assert_eq!(runs(&found).iter().map(|run| run.0).collect::<Vec<_>>(), begin, "{state}");
        let missed = count(&found, |fact| matches!(fact, Fact::Missed { .. }));
        assert_eq!(missed, usize::from(loss > 0.0));
    }
}

/// A task that a service of ECS asks for at 10 s has its place on a machine at once, pulls its image for 3 s and starts for 5;
/// at 30 s it is stopped. Of a pod nobody is told.
#[test]
fn tasks_on_machines_are_told_of() {
    let application = application(at(&[]), vec![seconds(2.0)]);
    // The function takes a second to be there.
    for (status, begin) in [("PENDING", 11.0), ("RUNNING", 19.0), ("STOPPED", 31.0)] {
        let told = |placement: Placement| {
            let is = json!({ "source": ["aws.ecs"], "detail-type": ["ECS Task State Change"],
                "detail": { "lastStatus": [status], "launchType": ["EC2"], "group": ["service:pods"] } });
            let mut hosts = machines(1, Scaling::Fixed);
            if let NodeKind::Cluster(cluster) = &mut hosts.kind {
                cluster.placement = placement;
            }
            let nodes = vec![
                hosts,
                pods(0, &[(10, 1), (30, 0)]),
                node("default", of_bus(bus(0.0, vec![rule("is", takes(&is), &[3])]))),
                node("f", NodeKind::Function(Box::new(function(vec![work(0)], 0)))),
            ];
            let found = diary(&application, &topology(nodes), 60.0);
            runs(&found).iter().map(|run| run.0).collect::<Vec<_>>()
        };
        assert_eq!(told(Placement::Strategies(Vec::new())), [begin], "{status}");
        assert_eq!(told(Placement::LeastAsked).len(), 0, "{status}");
    }
}

struct Nobody;

impl Observer<Fact> for Nobody {
    fn saw(&mut self, _: SimTime, _: &Fact) {}
}

/// The function that hears of a machine can ask which one it is, as long as it runs; then nothing is left of it.
#[test]
fn a_function_knows_which_machine_its_event_is_about() {
    let application: Application = application(at(&[]), vec![seconds(2.0)]);
    let topology = one_machine("running", 0.0);
    let horizon = Horizon { warm_up: SimTime::START, length: None, until: None };
    let mut simulation = simulate(&application, &topology, Key::root(1, 0), horizon, Nobody);
    simulation.run_until(SimTime::from_nanos(18 * SECOND));
    let inside = simulation.model.requests.inside();
    assert_eq!(inside.iter().map(|&id| simulation.model.subject_of(id)).collect::<Vec<_>>(), [Some((NodeId(0), 1))]);
    assert_eq!(simulation.model.inside(), 0, "it is nobody's request");
    simulation.run_until(SimTime::from_nanos(30 * SECOND));
    assert!(simulation.model.requests.inside().is_empty());
}
