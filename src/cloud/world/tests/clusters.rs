//! Pods on machines: who waits for whom, and what becomes of pods whose machine goes.

use crate::cloud::fact::Fact;
use crate::cloud::scaling::kubernetes::{ClusterAutoscaler, Karpenter, Nodes};
use crate::cloud::scaling::{Entry, Scaling};
use crate::cloud::topology::{
    Account, Clock, Cluster, Crash, Fault, Harm, Held, Life, Lodging, Machinery, Node, NodeId, NodeKind, Pauses,
    Platform, Pool, Reclaim, Room, Spot, Termination, Topology, When,
};
use crate::cloud::world::tests::{application, at, diary, node, pool, seconds, topology, work};
use crate::ground::time::{SECOND, SimTime, Span};

const MACHINES: NodeId = NodeId(0);
const PODS: NodeId = NodeId(1);

fn second(second: u64) -> SimTime {
    SimTime::from_nanos(second * SECOND)
}

/// Machines of four vCPUs that take 10 s to be asked for and 20 s to boot, and pull a MiB a second.
pub(super) fn machines(workers: u32, scaling: Scaling) -> Node {
    let life = Life { pending: seconds(10.0), boot: seconds(20.0), stopping: seconds(0.0) };
    let platform = Platform::Ec2 { instance: "m5.xlarge".to_owned(), volume: 0, spot: false };
    let grace = Span::from_secs(600);
    let machinery = Machinery { platform, spot: Some(Spot::ALL), life, workers, scaling, grace };
    node(
        "machines",
        NodeKind::Cluster(Box::new(Cluster {
            pull: Some(1 << 20),
            evict_after: Some(Span::from_secs(20)),
            ..Cluster::new(machinery, Room { cpu: 4_000, memory: 16 << 30 }, 110)
        })),
    )
}

/// Pods of one vCPU that start in 5 s once their image of 3 MiB is there; so many at first, and others by timetable.
pub(super) fn pods(first: u32, wants: &[(u64, u32)]) -> Node {
    let wants = wants.iter().map(|&(at, workers)| Entry { at: second(at), workers }).collect();
    let needs = Room { cpu: 1_000, memory: 1 << 30 };
    let lodging = Some(Lodging { cluster: MACHINES, needs, image: 3 << 20 });
    let mut pool = Pool { scaling: Scaling::Timetable(wants), lodging, ..pool(vec![work(0)], first) };
    pool.life.boot = seconds(5.0);
    node("pods", NodeKind::Pool(Box::new(pool)))
}

fn karpenter() -> Scaling {
    Scaling::Nodes(Nodes::Karpenter(Karpenter {
        max: 10,
        idle: Span::from_secs(1),
        window: Span::from_secs(10),
        consolidate_after: Span::ZERO,
        poll: Span::from_secs(10),
        validation: Span::from_secs(15),
        budget: 0.1,
    }))
}

fn autoscaler(min: u32) -> Scaling {
    Scaling::Nodes(Nodes::Autoscaler(ClusterAutoscaler {
        min,
        max: 10,
        scan: Span::from_secs(10),
        utilisation: 0.5,
        unneeded: Span::from_secs(60),
        after_add: Span::from_secs(100),
        unready: Some(Span::from_secs(40)),
    }))
}

/// When workers of a node come into service (`+`), are told to go (`~`) and are gone (`-`), each with its number.
fn lives(topology: &Topology, of: NodeId, until: f64) -> Vec<(f64, char, u32)> {
    let found = diary(&application(at(&[]), vec![seconds(1.0)]), topology, until);
    let lives = found.into_iter().filter_map(|(at, fact)| match fact {
        Fact::Ready { pool, worker } if pool == of => Some((at, '+', worker)),
        Fact::Draining { pool, worker } if pool == of => Some((at, '~', worker)),
        Fact::Gone { pool, worker } if pool == of => Some((at, '-', worker)),
        _ => None,
    });
    lives.collect()
}

/// One machine, four pods of which have room; a fifth and a sixth wait until others go. The first at 100 s pulls nothing: its
/// kind was there from the start.
#[test]
fn a_pod_waits_for_room() {
    let topology = topology(vec![machines(1, Scaling::Fixed), pods(2, &[(100, 6), (200, 4), (300, 6)])]);
    let expected = [
        (0.0, '+', 1),
        (0.0, '+', 2),
        (105.0, '+', 3),
        (105.0, '+', 4),
        // The two that wait are the newest, and go first.
        (200.0, '-', 6),
        (200.0, '-', 5),
    ];
    assert_eq!(lives(&topology, PODS, 299.0), expected);
    assert_eq!(lives(&topology, PODS, 1_000.0).len(), expected.len(), "nobody leaves, so nobody comes");
}

/// Nothing at first; at 100 s five pods. Karpenter waits a second for others and asks for two machines, which are there after
/// 10 + 20 s. Each pulls the image for 3 s, for which all of its pods wait; then they start in 5 s. A sixth at 150 s finds
/// the image.
#[test]
fn karpenter_brings_machines_for_pods_that_wait() {
    let topology = topology(vec![machines(0, karpenter()), pods(0, &[(100, 5), (150, 6)])]);
    assert_eq!(lives(&topology, MACHINES, 200.0), [(131.0, '+', 1), (131.0, '+', 2)]);
    let ready: Vec<f64> = lives(&topology, PODS, 200.0).iter().map(|life| life.0).collect();
    assert_eq!(ready, [139.0, 139.0, 139.0, 139.0, 139.0, 155.0]);
}

/// Five pods on two machines become three: Karpenter looks at 210 s, sees that they fit on one, sees it still at 230 s, and
/// the one with the fewest goes. Its pod is told to go, and another comes on the other machine, 5 s later.
#[test]
fn karpenter_takes_a_machine_away_whose_pods_have_room_elsewhere() {
    let topology = topology(vec![machines(0, karpenter()), pods(5, &[(201, 3)])]);
    let machines = lives(&topology, MACHINES, 400.0);
    assert_eq!(machines[..2], [(0.0, '+', 1), (0.0, '+', 2)]);
    // The newest pods went, the fifth with the second machine's only one: it is empty.
    assert_eq!(machines[2..], [(230.0, '~', 2), (230.0, '-', 2)]);
    let mut spread = topology;
    let NodeKind::Pool(pool) = &mut spread.nodes[1].kind else { panic!("it is a pool") };
    pool.scale_in.termination = Termination::Oldest;
    let pods = lives(&spread, PODS, 400.0);
    // The oldest two went from the first machine: both machines have less than all, and the fifth pod moves.
    assert!(pods.contains(&(230.0, '-', 5)) && pods.contains(&(235.0, '+', 6)), "{pods:?}");
}

/// The Cluster Autoscaler looks every 10 s: asked at 110 s for what has waited since 101 s. From 400 s on nobody is needed:
/// it sees that at 400 s, and lets the machine go 60 s later, but for the one that it keeps.
#[test]
fn the_cluster_autoscaler_looks_and_hesitates() {
    let grows = topology(vec![machines(1, autoscaler(1)), pods(0, &[(101, 5), (395, 0)])]);
    let expected = [(0.0, '+', 1), (140.0, '+', 2), (460.0, '~', 1), (460.0, '-', 1)];
    assert_eq!(lives(&grows, MACHINES, 2_000.0), expected);
    // Added at 110 s: before 210 s nothing goes, however long it was not needed.
    let rests = topology(vec![machines(1, autoscaler(1)), pods(0, &[(101, 5), (115, 0)])]);
    assert_eq!(lives(&rests, MACHINES, 2_000.0)[2].0, 210.0);
}

/// A machine hears at 45 s that it is taken at 50 s, with two pods: both are lost then, and come again on the other.
#[test]
fn pods_are_lost_with_their_machine() {
    let reclaim = Reclaim { pool: MACHINES, worker: Some(1), share: None, notice: Span::from_secs(5) };
    let mut lost = topology(vec![machines(2, Scaling::Fixed), pods(4, &[])]);
    lost.faults = vec![fault(Harm::Reclaim(reclaim), 50)];
    let pods = lives(&lost, PODS, 200.0);
    let after: Vec<_> = pods.into_iter().filter(|life| life.0 > 0.0).collect();
    let expected = [(50.0, '~', 1), (50.0, '-', 1), (50.0, '~', 3), (50.0, '-', 3), (55.0, '+', 5), (55.0, '+', 6)];
    assert_eq!(after, expected);
}

/// Fewer machines are wanted while there are pods on all: one goes with its pods, and is open to no others.
#[test]
fn a_machine_that_is_one_too_many_sends_its_pods_away() {
    let fewer = Scaling::Timetable(vec![Entry { at: second(100), workers: 1 }]);
    let topology = topology(vec![machines(2, fewer), pods(6, &[(150, 8)])]);
    let lives = |of| lives(&topology, of, 400.0).into_iter().filter(|&(at, ..)| at >= 100.0).collect::<Vec<_>>();
    assert_eq!(lives(MACHINES), [(100.0, '~', 2), (100.0, '-', 2)]);
    let mut told: Vec<_> = [2, 4, 6].iter().flat_map(|&pod| [(100.0, '~', pod), (100.0, '-', pod)]).collect();
    // There is room for one of them beside the three that stay; the others wait, and those who are wanted later.
    told.push((105.0, '+', 7));
    assert_eq!(lives(PODS), told);
}

/// A machine fails for so long at 50 s.
fn with_a_crash(mut topology: Topology, lasts: f64) -> Topology {
    let crash = Crash { pool: MACHINES, worker: Some(1), clock: Clock::Up, repairers: None };
    topology.faults = vec![Fault { lasts: Some(seconds(lasts)), ..fault(Harm::Crash(crash), 50) }];
    topology
}

/// It fails for 10 s: its pods are down with it, and come back with it.
#[test]
fn pods_are_down_with_their_machine() {
    let down = with_a_crash(topology(vec![machines(2, Scaling::Fixed), pods(4, &[])]), 10.0);
    let found = diary(&application(at(&[]), vec![seconds(1.0)]), &down, 200.0);
    let failed = |of: NodeId| {
        let facts = found.iter().filter_map(|(at, fact)| match fact {
            Fact::Failed { pool, worker } if *pool == of => Some((*at, '-', *worker)),
            Fact::Repaired { pool, worker } if *pool == of => Some((*at, '+', *worker)),
            _ => None,
        });
        facts.collect::<Vec<_>>()
    };
    assert_eq!(failed(MACHINES), [(50.0, '-', 1), (60.0, '+', 1)]);
    assert_eq!(failed(PODS), [(50.0, '-', 1), (50.0, '-', 3), (60.0, '+', 1), (60.0, '+', 3)]);
}

/// It fails for an hour: after 20 s its pods come again on the other machine. The Cluster Autoscaler gives it up after 40 s.
#[test]
fn pods_leave_a_machine_that_stays_down() {
    let down = with_a_crash(topology(vec![machines(2, autoscaler(1)), pods(4, &[])]), 3_600.0);
    let after: Vec<_> = lives(&down, PODS, 80.0).into_iter().filter(|life| life.0 > 0.0).collect();
    let expected = [(70.0, '~', 1), (70.0, '-', 1), (70.0, '~', 3), (70.0, '-', 3), (75.0, '+', 5), (75.0, '+', 6)];
    assert_eq!(after, expected);
    assert_eq!(lives(&down, MACHINES, 200.0)[2..], [(90.0, '-', 1)]);
    let waits = with_a_crash(topology(vec![machines(2, Scaling::Fixed), pods(4, &[])]), 3_600.0);
    assert_eq!(lives(&waits, MACHINES, 1_000.0).len(), 2, "nobody gives up a machine of a fixed number");
}

/// The only machine is lost while it boots: Karpenter looks again and asks for another. It is asked for at 101 s, runs at
/// 111 s, is lost at 120 s, and Karpenter waits a second for other pods.
#[test]
fn a_machine_that_is_lost_while_it_boots_is_asked_for_again() {
    let reclaim = Reclaim { pool: MACHINES, worker: Some(1), share: None, notice: Span::from_secs(5) };
    let mut lost = topology(vec![machines(0, karpenter()), pods(0, &[(100, 2)])]);
    lost.faults = vec![fault(Harm::Reclaim(reclaim), 120)];
    let found = lives(&lost, MACHINES, 300.0);
    assert_eq!(found[..3], [(115.0, '~', 1), (120.0, '-', 1), (151.0, '+', 2)], "{found:?}");
}

/// Karpenter takes the pods of a machine away as soon as it hears of its end, at 45 s; others come on the second machine.
#[test]
fn karpenter_moves_pods_when_a_machine_hears_of_its_end() {
    let reclaim = Reclaim { pool: MACHINES, worker: Some(1), share: None, notice: Span::from_secs(5) };
    let mut moved = topology(vec![machines(0, karpenter()), pods(5, &[])]);
    moved.faults = vec![fault(Harm::Reclaim(reclaim), 50)];
    let after: Vec<_> = lives(&moved, PODS, 60.0).into_iter().filter(|life| life.0 > 0.0).collect();
    let gone = after.iter().filter(|life| life.1 == '-').all(|life| life.0 == 45.0);
    assert!(gone && after.iter().filter(|life| life.1 == '+' && life.0 == 50.0).count() == 3, "{after:?}");
}

/// The provider launches nothing: asked for again and again, one machine is wanted, and not one more at each look.
#[test]
fn what_is_refused_is_not_asked_for_twice() {
    let mut refused = topology(vec![machines(0, autoscaler(0)), pods(0, &[(100, 4)])]);
    let no_capacity = 1.0;
    let retry = Pauses { base: Span::from_secs(5), cap: Span::from_secs(60) };
    refused.account =
        Some(Account { vcpu_quota: None, launches: None, fargate: None, services: None, no_capacity, retry });
    let found = diary(&application(at(&[]), vec![seconds(1.0)]), &refused, 1_000.0);
    let wanted = found.iter().filter_map(|(_, fact)| match fact {
        Fact::Decided { pool: MACHINES, decision } => Some(decision.to),
        _ => None,
    });
    assert_eq!(wanted.max(), Some(1));
}

fn fault(what: Harm, at: u64) -> Fault {
    let when = When::At(vec![second(at)]);
    Fault { name: "trouble".to_owned(), what, when, lasts: Some(seconds(30.0)), held: Held::Lost, moves: false }
}
