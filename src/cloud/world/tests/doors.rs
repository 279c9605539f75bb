//! Balancers that give up, cut off, and let new workers in slowly.

use crate::cloud::fact::{Fact, Loss};
use crate::cloud::scaling::{Entry, Scaling};
use crate::cloud::topology::{Balancer, NodeId, NodeKind, Pool, Topology};
use crate::cloud::world::tests::{
    application, at, brings, call, completions, diary, losses, node, pool, seconds, topology, work,
};
use crate::ground::time::{SECOND, SimTime, Span};

const fn secs(seconds: u64) -> Span {
    Span::from_secs(seconds)
}

fn behind(balancer: Balancer, pool: Pool) -> Topology {
    let balancer = Balancer { to: vec![NodeId(1)], ..balancer };
    topology(vec![node("b", NodeKind::Balancer(balancer)), node("w", NodeKind::Pool(Box::new(pool)))])
}

/// Works of 60 s and 61 s, and a balancer that waits for a minute: the first is answered in time, as work that ends goes
/// before timeouts; the other gets a 504, and its worker works on.
#[test]
fn a_balancer_gives_up_when_no_answer_comes_and_the_worker_does_not_notice() {
    let balancer = Balancer { idle_timeout: Some(secs(60)), ..Balancer::default() };
    let application = application(brings(&[(0.0, 60.0), (0.0, 61.0)]), vec![seconds(1.0)]);
    let found = diary(&application, &behind(balancer.clone(), pool(vec![work(0)], 2)), 100.0);
    assert_eq!(completions(&found), [(0, 60.0)]);
    assert_eq!(losses(&found), [(1, 60.0, Loss::GatewayTimeout)]);
    let ends: Vec<f64> =
        found.iter().filter(|(_, fact)| matches!(fact, Fact::Served { .. })).map(|(at, _)| *at).collect();
    assert_eq!(ends, [60.0, 61.0]);
    // A tier that calls through it fails with it.
    let mut tiers = behind(balancer, pool(vec![work(0)], 2));
    tiers.nodes.push(node("web", NodeKind::Pool(Box::new(pool(vec![call(0, None)], 2)))));
    tiers.entry = vec![NodeId(2)];
    let found = diary(&application, &tiers, 100.0);
    assert_eq!(losses(&found), [(1, 60.0, Loss::GatewayTimeout)]);
}

/// Two workers, one of which goes at 10 s while it works for 30 s: with a delay of 15 s it is cut off at 25 s, with one of
/// 60 s it ends its work, and stays until 70 s.
#[test]
fn who_goes_stays_for_the_delay_and_is_then_cut_off() {
    let application = application(brings(&[(0.0, 1.0), (0.0, 30.0), (20.0, 1.0), (21.0, 1.0)]), vec![seconds(1.0)]);
    let shrinks = Scaling::Timetable(vec![Entry { at: SimTime::from_nanos(10 * SECOND), workers: 1 }]);
    for (delay, lost, gone) in [(None, None, 30.0), (Some(15), Some(25.0), 25.0), (Some(60), None, 70.0)] {
        let balancer = Balancer { deregistration_delay: delay.map(secs), ..Balancer::default() };
        let pool = Pool { scaling: shrinks.clone(), ..pool(vec![work(0)], 2) };
        let found = diary(&application, &behind(balancer, pool), 100.0);
        let cut: Vec<_> = lost.map(|at| (1, at, Loss::BadGateway)).into_iter().collect();
        assert_eq!(losses(&found), cut, "{delay:?}");
        let went = found.iter().find(|(_, fact)| matches!(fact, Fact::Gone { .. })).map(|(at, _)| *at);
        assert_eq!(went, Some(gone), "{delay:?}");
        // Nothing new comes to it: both later ones are done by the other.
        let others: Vec<_> = completions(&found).into_iter().filter(|(who, _)| *who > 1).collect();
        assert_eq!(others, [(2, 21.0), (3, 22.0)]);
    }
}

/// A second worker comes at 100 s, and its share grows for 100 s. Of a thousand requests a second apart it would get half
/// of those after 100 s; in the first ten seconds of its growth it gets some 5 % ÷ 105 % of them, in the last ten nearly
/// half.
#[test]
fn the_share_of_a_new_worker_grows() {
    let arrivals: Vec<f64> = (0..20_000).map(|n| f64::from(n) * 0.01).collect();
    let application = application(at(&arrivals), vec![seconds(0.001)]);
    let grows = Scaling::Timetable(vec![Entry { at: SimTime::from_nanos(100 * SECOND), workers: 2 }]);
    let balancer = Balancer { slow_start: Some(secs(100)), ..Balancer::default() };
    let pool = Pool { scaling: grows, ..pool(vec![work(0)], 1) };
    let found = diary(&application, &behind(balancer, pool), 300.0);
    let share = |from: f64, to: f64| {
        let here = |at: &f64| (from..to).contains(at);
        let served = found.iter().filter_map(|(at, fact)| match fact {
            Fact::Served { worker, .. } if here(at) => Some(*worker),
            _ => None,
        });
        let workers: Vec<u32> = served.collect();
        workers.iter().filter(|&&worker| worker == 2).count() as f64 / workers.len() as f64
    };
    assert_eq!(share(0.0, 100.0), 0.0);
    // A share of w against a whole one: w ÷ (1 + w); binomials of a thousand, with five deviations of room.
    assert!((share(100.0, 110.0) - 0.05 / 1.05).abs() < 0.035, "{}", share(100.0, 110.0));
    assert!((share(145.0, 155.0) - 0.5 / 1.5).abs() < 0.07, "{}", share(145.0, 155.0));
    assert!((share(190.0, 200.0) - 0.95 / 1.95).abs() < 0.05, "{}", share(190.0, 200.0));
}
