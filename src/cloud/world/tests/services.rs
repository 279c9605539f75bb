//! Something outside that answers, and requests that are there from the start.

use crate::cloud::fact::{Fact, Loss, Outcome};
use crate::cloud::topology::{Admission, Fault, Harm, Held, NodeId, NodeKind, Outage, Service, Topology, When};
use crate::cloud::world::tests::{
    application, at, call, completions, diary, losses, node, pool, seconds, send, topology, work,
};
use crate::ground::distribution::Distribution;
use crate::ground::time::{SECOND, SimTime, Span};

fn before(service: Service, steps: Vec<crate::cloud::topology::Verb>) -> Topology {
    topology(vec![
        node("web", NodeKind::Pool(Box::new(pool(steps, 9)))),
        node("mail", NodeKind::Service(Box::new(service))),
    ])
}

/// A pool works for 1 s and then calls a service that takes 2 s; however many come at once, each has its answer after 3 s.
#[test]
fn a_service_answers_any_number_of_calls_at_once() {
    let service = Service::new(seconds(2.0), 0.0, None, None, None);
    let application = application(at(&[0.0, 0.0, 0.5]), vec![seconds(1.0)]);
    let found = diary(&application, &before(service.clone(), vec![work(0), call(1, None)]), 100.0);
    assert_eq!(completions(&found), [(0, 3.0), (1, 3.0), (2, 3.5)]);
    // Sent to, it lets the client have its answer before.
    let found = diary(&application, &before(service, vec![work(0), send(1)]), 100.0);
    let answers: Vec<f64> =
        found.iter().filter(|(_, fact)| matches!(fact, Fact::Answered { .. })).map(|(at, _)| *at).collect();
    assert_eq!(answers, [1.0, 1.0, 1.5]);
    assert_eq!(completions(&found), [(0, 3.0), (1, 3.0), (2, 3.5)]);
}

/// Two calls at once and 2 s each: of three that come together the third is refused; one that comes at 2 s is not, as what
/// ends goes before what comes.
#[test]
fn beyond_its_calls_at_once_it_refuses() {
    let service = Service::new(seconds(2.0), 0.0, Some(2), None, None);
    let application = application(at(&[0.0, 0.0, 0.0, 2.0]), vec![seconds(0.0)]);
    let found = diary(&application, &before(service, vec![call(1, None)]), 100.0);
    assert_eq!(losses(&found), [(2, 0.0, Loss::Full)]);
    assert_eq!(completions(&found), [(0, 2.0), (1, 2.0), (3, 4.0)]);
}

/// A token a second and a burst of one: the second of two that come at once is turned away by the limit.
#[test]
fn its_admission_throttles() {
    let limit = Admission::TokenBucket { every: Span::from_secs(1), burst: 1 };
    let service = Service::new(seconds(0.5), 0.0, None, Some(limit), None);
    let application = application(at(&[0.0, 0.0, 1.0]), vec![seconds(0.0)]);
    let found = diary(&application, &before(service, vec![call(1, None)]), 100.0);
    assert_eq!(losses(&found), [(1, 0.0, Loss::Limited)]);
    assert_eq!(completions(&found), [(0, 0.5), (2, 1.5)]);
}

/// 3,000 calls of which three in ten fail: binomial(3000, 0.3), sd 25.1; ±125 fails an honest program less than once in a
/// million. Latencies are drawn anew each: exponential with a mean of 1 s, whose mean over 3,000 has an sd of 18 ms.
#[test]
fn it_fails_by_chance_and_draws_each_latency_anew() {
    let law = Distribution::exponential(SECOND as f64).expect("a mean above 0");
    let service = Service::new(law, 0.3, None, None, None);
    let times: Vec<f64> = (0..3_000).map(|n| f64::from(n) * 0.1).collect();
    let application = application(at(&times), vec![seconds(0.0)]);
    let topology = before(service, vec![call(1, None)]);
    let mut topology = topology;
    if let NodeKind::Pool(web) = &mut topology.nodes[0].kind {
        web.workers = None;
    }
    let found = diary(&application, &topology, 1_000.0);
    let failed = losses(&found);
    assert!((775..=1025).contains(&failed.len()), "{}", failed.len());
    assert!(failed.iter().all(|&(_, _, why)| why == Loss::Error));
    let stays = found.iter().filter_map(|(at, fact)| match fact {
        Fact::Served { pool: NodeId(1), began, result: Outcome::Ok | Outcome::Error, .. } => {
            Some(*at - began.nanos() as f64 / 1e9)
        }
        _ => None,
    });
    let stays: Vec<f64> = stays.collect();
    let mean = stays.iter().sum::<f64>() / stays.len() as f64;
    assert!((mean - 1.0).abs() < 0.09, "{mean}");
}

/// A service that is away refuses, and what it had in hand is lost.
#[test]
fn a_service_can_be_away() {
    let service = Service::new(seconds(2.0), 0.0, None, None, None);
    let application = application(at(&[0.0, 4.0, 6.0, 11.0]), vec![seconds(0.0)]);
    let outage = Fault {
        name: "gone".to_owned(),
        what: Harm::Outage(Outage::Node(NodeId(1))),
        when: When::At(vec![SimTime::from_nanos(5 * SECOND)]),
        lasts: Some(seconds(5.0)),
        held: Held::Lost,
        moves: false,
    };
    let topology = Topology { faults: vec![outage], ..before(service, vec![call(1, None)]) };
    let found = diary(&application, &topology, 100.0);
    assert_eq!(losses(&found), [(1, 5.0, Loss::Crashed), (2, 6.0, Loss::Down)]);
    assert_eq!(completions(&found), [(0, 2.0), (3, 13.0)]);
}

/// Three are there at the start, before the first arrival at 1 s; one worker takes 1 s for each.
#[test]
fn those_of_the_start_come_before_all_others() {
    let mut application = application(at(&[]), vec![seconds(1.0)]);
    application.workloads[0].arrivals =
        crate::cloud::arrivals::Arrivals::Even { every: Span::from_secs(10), offset: Span::from_secs(1) };
    application.workloads[0].at_start = 3;
    let topology = topology(vec![node("a", NodeKind::Pool(Box::new(pool(vec![work(0)], 1))))]);
    let found = diary(&application, &topology, 9.0);
    assert_eq!(completions(&found), [(0, 1.0), (1, 2.0), (2, 3.0), (3, 4.0)]);
}
