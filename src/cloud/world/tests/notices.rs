//! Functions behind balancers, and buckets that tell of their objects.

use super::functions::{denied, function, runs};
use super::{application, at, completions, diary, losses, node, pool, queue, seconds, send, topology, work};
use crate::cloud::fact::{Fact, Loss, Start};
use crate::cloud::topology::{
    Balancer, Bucket, Fault, Function, Harm, Link, NodeId, NodeKind, Queue, Topology, Verb, When,
};
use crate::ground::time::{SimTime, Span};

fn behind(function: Function) -> Topology {
    let door = Balancer { to: vec![NodeId(1)], ..Balancer::default() };
    topology(vec![node("b", NodeKind::Balancer(door)), node("f", NodeKind::Function(Box::new(function)))])
}

/// Elastic Load Balancing, *Use Lambda functions as targets*: the balancer invokes and waits. Of two at once one is refused, and
/// its client hears of it at once.
#[test]
fn a_balancer_invokes_a_function_and_waits() {
    let limited = Function { reserved: Some(1), ..function(vec![work(0)], 0) };
    let found = diary(&application(at(&[0.0, 0.5, 10.0]), vec![seconds(2.0)]), &behind(limited), 60.0);
    assert_eq!(runs(&found), [(1, Start::Cold, 1.0, 2.0), (1, Start::Warm, 0.0, 2.0)]);
    assert_eq!((completions(&found), denied(&found)), (vec![(0, 3.0), (2, 12.0)], vec![0.5]));
    assert_eq!(losses(&found), [(1, 0.5, Loss::Throttled)]);
    assert_eq!(found.iter().filter(|(_, fact)| matches!(fact, Fact::Routed { .. })).count(), 3);
}

/// What is sent to a function is taken in and tried again; sent to its balancer, it is one invocation, which nobody tries again.
#[test]
fn what_is_sent_through_a_balancer_is_not_tried_again() {
    for (to, tries) in [(2, 3), (1, 1)] {
        let fails = Verb::Work {
            work: crate::cloud::topology::WorkId(0),
            fails: 1.0,
            fresh: false,
            together: false,
            cold: None,
        };
        let door = Balancer { to: vec![NodeId(2)], ..Balancer::default() };
        let system = topology(vec![
            node("p", NodeKind::Pool(Box::new(pool(vec![send(to)], 1)))),
            node("b", NodeKind::Balancer(door)),
            node("f", NodeKind::Function(Box::new(function(vec![fails], 0)))),
        ]);
        let found = diary(&application(at(&[0.0]), vec![seconds(1.0)]), &system, 600.0);
        assert_eq!(runs(&found).len(), tries, "{to}");
        assert_eq!(losses(&found).len(), 1);
    }
}

/// A balancer that gives up after 2 s answers 504 while the run goes on; a way that is late by 1 s from 10 s on delays there and
/// back.
#[test]
fn a_balancer_gives_up_waiting_for_a_function_and_its_way_may_be_late() {
    let mut system = behind(function(vec![work(0)], 1));
    if let NodeKind::Balancer(door) = &mut system.nodes[0].kind {
        door.idle_timeout = Some(Span::from_secs(4));
    }
    let link = Link { from: NodeId(0), to: NodeId(1), delay: Some(seconds(1.0)), loss: 0.0 };
    system.faults.push(Fault {
        name: "late".to_owned(),
        what: Harm::Link(link),
        when: When::At(vec![SimTime::START + Span::from_secs(10)]),
        lasts: Some(seconds(5.0)),
        held: crate::cloud::topology::Held::Lost,
        moves: false,
    });
    let found = diary(&application(at(&[0.0, 12.0, 30.0]), vec![seconds(2.0)]), &system, 60.0);
    assert_eq!(completions(&found), [(0, 2.0), (1, 15.0), (2, 32.0)]);
    if let NodeKind::Balancer(door) = &mut system.nodes[0].kind {
        door.idle_timeout = Some(Span::from_secs(1));
    }
    let found = diary(&application(at(&[30.0]), vec![seconds(2.0)]), &system, 60.0);
    assert_eq!((losses(&found), runs(&found).len()), (vec![(0, 31.0, Loss::GatewayTimeout)], 1));
}

/// An object takes 1 s to store. Then a queue, a function and a pool hear of it: the queue by a message of 1 KiB, the function
/// as one that nobody waits for, so that it tries again by itself. The request is complete when all have done their work.
#[test]
fn whoever_a_bucket_tells_works_on_the_object() {
    let store = Bucket { put: Some(seconds(1.0)), notify: vec![NodeId(2), NodeId(3), NodeId(4)], ..Bucket::default() };
    let put = Verb::Put { bucket: NodeId(1), size: None, shape: None };
    let system = topology(vec![
        node("p", NodeKind::Pool(Box::new(pool(vec![put, work(0)], 1)))),
        node("store", NodeKind::Bucket(store)),
        node("q", NodeKind::Queue(queue(5))),
        node("f", NodeKind::Function(Box::new(function(vec![work(1)], 0)))),
        node("w", NodeKind::Pool(Box::new(pool(vec![work(2)], 1)))),
        node("v", NodeKind::Pool(Box::new(pool(vec![work(0)], 1)))),
    ]);
    let mut application = application(at(&[0.0]), vec![seconds(0.5), seconds(3.0), seconds(4.5)]);
    application.workloads[0].size = crate::ground::distribution::Distribution::constant(5 << 20);
    let found = diary(&application, &system, 60.0);
    let posted = found.iter().filter_map(|(at, fact)| match fact {
        Fact::Posted { bytes, .. } => Some((*at, *bytes)),
        _ => None,
    });
    assert_eq!(posted.collect::<Vec<_>>(), [(1.0, 1_024)]);
    let answered = found.iter().filter_map(|(at, fact)| matches!(fact, Fact::Answered { .. }).then_some(*at));
    assert_eq!(answered.collect::<Vec<_>>(), [1.5]);
    // The function: 1 s of initialisation and 3 s; the pool 4.5 s, the last.
    assert_eq!(runs(&found), [(1, Start::Cold, 1.0, 3.0)]);
    assert_eq!(completions(&found), [(0, 5.5)]);
}

/// A queue that nobody receives from keeps what it is told, and the request does not wait for it.
#[test]
fn a_bucket_may_tell_a_queue_that_nobody_receives_from() {
    let store = Bucket { notify: vec![NodeId(2)], ..Bucket::default() };
    let put = Verb::Put { bucket: NodeId(1), size: None, shape: None };
    let system = topology(vec![
        node("p", NodeKind::Pool(Box::new(pool(vec![put], 1)))),
        node("store", NodeKind::Bucket(store)),
        node("q", NodeKind::Queue(Queue::default())),
    ]);
    let found = diary(&application(at(&[3.0]), Vec::new()), &system, 60.0);
    assert_eq!(completions(&found), [(0, 3.0)]);
    assert_eq!(found.iter().filter(|(_, fact)| matches!(fact, Fact::Posted { .. })).count(), 1);
}
