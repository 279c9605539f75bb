//! Tasks of ECS on machines: who is placed where, who stops, and how a capacity provider sees to machines.

use crate::cloud::fact::Fact;
use crate::cloud::scaling::kubernetes::Nodes;
use crate::cloud::scaling::{CapacityProvider, Entry, Scaling};
use crate::cloud::topology::{
    Account, Cluster, Farewell, Fargate, Launches, Life, Lodging, Machinery, Node, NodeId, NodeKind, Pauses, Placement,
    Platform, Pool, Room, Spot, Strategy, Topology,
};
use crate::cloud::world::tests::{Diary, application, at, diary, node, pool, seconds, topology, work};
use crate::cloud::world::{Horizon, simulate};
use crate::ground::chance::Key;
use crate::ground::time::{SECOND, SimTime, Span};

const MACHINES: NodeId = NodeId(0);
const TASKS: NodeId = NodeId(1);
const OTHERS: NodeId = NodeId(2);

fn second(second: u64) -> SimTime {
    SimTime::from_nanos(second * SECOND)
}

/// Machines of four vCPUs that take 10 s to be asked for and 20 s to boot, and pull a MiB a second.
fn machines(workers: u32, scaling: Scaling, placement: &[Strategy]) -> Cluster {
    let life = Life { pending: seconds(10.0), boot: seconds(20.0), stopping: seconds(0.0) };
    let platform = Platform::Ec2 { instance: "m5.xlarge".to_owned(), volume: 0, spot: false };
    let machinery = Machinery { platform, spot: None, life, workers, scaling, grace: Span::from_secs(600) };
    Cluster {
        pull: Some(1 << 20),
        placement: Placement::Strategies(placement.to_vec()),
        ..Cluster::new(machinery, Room { cpu: 4_000, memory: 16 << 30 }, 110)
    }
}

/// Tasks of one vCPU that start in 5 s once their image of 3 MiB is there; so many at first, and others by timetable.
fn tasks(first: u32, wants: &[(u64, u32)]) -> Node {
    let wants = wants.iter().map(|&(at, workers)| Entry { at: second(at), workers }).collect();
    let needs = Room { cpu: 1_000, memory: 1 << 30 };
    let lodging = Some(Lodging { cluster: MACHINES, needs, image: 3 << 20 });
    let mut pool = Pool { scaling: Scaling::Timetable(wants), lodging, ..pool(vec![work(0)], first) };
    pool.life.boot = seconds(5.0);
    node("tasks", NodeKind::Pool(Box::new(pool)))
}

fn world(cluster: Cluster, services: Vec<Node>) -> Topology {
    let mut nodes = vec![node("machines", NodeKind::Cluster(Box::new(cluster)))];
    nodes.extend(services);
    nodes.iter_mut().enumerate().for_each(|(number, node)| node.name = format!("{}{number}", node.name));
    topology(nodes)
}

fn zoned(topology: Topology) -> Topology {
    Topology { zones: vec!["a".to_owned(), "b".to_owned()], ..topology }
}

/// The numbers of the first service's tasks on each machine.
fn placed(topology: &Topology, until: u64) -> Vec<Vec<u32>> {
    let application = application(at(&[]), vec![seconds(1.0)]);
    let horizon = Horizon { warm_up: SimTime::START, length: None, until: None };
    let mut simulation = simulate(&application, topology, Key::root(1, 0), horizon, Diary::default());
    simulation.run_until(second(until));
    let hosts = simulation.model.housings[0].hosts.iter();
    hosts.map(|host| host.pods.iter().filter(|pod| pod.0 == TASKS).map(|pod| pod.1).collect()).collect()
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

/// Amazon ECS developer guide, *Service scheduler concepts*: the zone with the fewest tasks of the service, and there the
/// machine with the fewest. Machines 1 and 3 are in zone a, 2 is in b: the fourth task goes to b, which has one, and the fifth
/// to a machine of one task. Of five the two that stop are of the zone with three, and there of the machine with two; then both
/// zones have two, and the only machine with two is in b.
#[test]
fn without_a_strategy_tasks_are_spread_over_zones_and_then_machines() {
    let topology = zoned(world(machines(3, Scaling::Fixed, &[]), vec![tasks(5, &[(200, 3)])]));
    assert_eq!(placed(&topology, 199), [vec![1, 5], vec![2, 4], vec![3]]);
    assert_eq!(placed(&topology, 201), [vec![1], vec![2], vec![3]]);
}

/// The same guide, *Use strategies to define Amazon ECS task placement*: on the machine that is left with the least; and the one
/// stops that leaves its machine the most.
#[test]
fn binpack_fills_a_machine_before_the_next() {
    for strategy in [Strategy::BinpackCpu, Strategy::BinpackMemory] {
        let topology = world(machines(2, Scaling::Fixed, &[strategy]), vec![tasks(6, &[(200, 3)])]);
        assert_eq!(placed(&topology, 199), [vec![1, 2, 3, 4], vec![5, 6]], "{strategy:?}");
        let left: Vec<usize> = placed(&topology, 201).iter().map(Vec::len).collect();
        assert_eq!(left, [3, 0], "{strategy:?}");
    }
}

/// A task of much memory and little CPU and one the other way round: machine 1 has less CPU left, machine 2 less memory.
#[test]
fn binpack_looks_at_what_it_is_told_to() {
    let asks = |cpu, memory: u64, first| {
        let mut node = tasks(first, &[]);
        let NodeKind::Pool(pool) = &mut node.kind else { panic!("it is a pool") };
        pool.lodging.as_mut().expect("they are lodged").needs = Room { cpu, memory: memory << 30 };
        node
    };
    for (strategy, machine) in [(Strategy::BinpackCpu, 0), (Strategy::BinpackMemory, 1)] {
        let small = {
            let mut node = asks(500, 1, 0);
            let NodeKind::Pool(pool) = &mut node.kind else { panic!("it is a pool") };
            pool.scaling = Scaling::Timetable(vec![Entry { at: second(100), workers: 1 }]);
            node
        };
        let others = vec![small, asks(3_000, 2, 1), asks(1_500, 12, 1)];
        let topology = world(machines(2, Scaling::Fixed, &[strategy]), others);
        let found = placed(&topology, 150);
        assert_eq!(found.iter().position(|tasks| !tasks.is_empty()), Some(machine), "{strategy:?} {found:?}");
    }
}

/// In the listed order: the zone first, in which one machine is filled.
#[test]
fn strategies_narrow_the_choice_in_their_order() {
    let both = [Strategy::SpreadZone, Strategy::BinpackMemory];
    let topology = zoned(world(machines(4, Scaling::Fixed, &both), vec![tasks(6, &[])]));
    assert_eq!(placed(&topology, 1), [vec![1, 3, 5], vec![2, 4, 6], vec![], vec![]]);
    // The other way round machine 1 is full before its zone matters.
    let other = [Strategy::BinpackMemory, Strategy::SpreadZone];
    let topology = zoned(world(machines(4, Scaling::Fixed, &other), vec![tasks(6, &[])]));
    assert_eq!(placed(&topology, 1), [vec![1, 2, 3, 4], vec![5, 6], vec![], vec![]]);
}

/// 200 tasks on two machines that have room for all: 100 ± 28 on each, which an honest program misses once in 16,000.
#[test]
fn random_placement_takes_any() {
    let wide =
        Cluster { room: Room { cpu: 1_000_000, memory: 1 << 50 }, pods: 500, ..machines(2, Scaling::Fixed, &[]) };
    let random = Cluster { placement: Placement::Strategies(vec![Strategy::Random]), ..wide };
    let found = placed(&world(random, vec![tasks(200, &[])]), 1);
    assert!((72..=128).contains(&found[0].len()), "{}", found[0].len());
    assert!(found[0].iter().zip(1..).any(|(&task, number)| task != number), "not one after the other");
}

/// The same guide, *Service throttle logic*: without a capacity provider a task that finds no room fails, and others are tried
/// after pauses that grow. The machine is full until 150 s. Asked for at 100 s they fail, and again 15 s, 30 s and 60 s later,
/// the last time at 205 s, when there is room. Who waits for room has it at 150 s.
#[test]
fn tasks_that_find_no_room_are_tried_again() {
    let retry = Pauses { base: Span::from_secs(15), cap: Span::from_secs(1_620) };
    for (retry, ready) in [(Some(retry), 210.0), (None, 155.0)] {
        let full = Cluster { retry, ..machines(1, Scaling::Fixed, &[]) };
        let topology = world(full, vec![tasks(2, &[(100, 4)]), tasks(2, &[(150, 0)])]);
        let found: Vec<_> = lives(&topology, TASKS, 400.0).into_iter().skip(2).map(|life| life.0).collect();
        assert_eq!(found, [ready, ready]);
        // Those that are there at the start have their place, and others have none.
        let topology = world(Cluster { retry, ..machines(1, Scaling::Fixed, &[]) }, vec![tasks(5, &[])]);
        assert_eq!(lives(&topology, TASKS, 1_000.0).len(), 4);
    }
}

fn provider(rule: CapacityProvider) -> Scaling {
    Scaling::Nodes(Nodes::Provider(rule))
}

const RULE: CapacityProvider = CapacityProvider { max: 10, ..CapacityProvider::DOCUMENTED };

/// From nothing: twelve tasks at 100 s need three machines. At 120 s the provider asks for two, as it always does first; they
/// run at 130 s, and serve at 150 s; their tasks pull for 3 s and start in 5 s. The third is not asked for before the youngest
/// has run for 300 s, which the look at 480 s finds: it serves at 510 s.
#[test]
fn a_ramp_from_nothing_waits_for_the_warm_up_after_the_first_two() {
    let topology = world(machines(0, provider(RULE), &[]), vec![tasks(0, &[(100, 12)])]);
    assert_eq!(lives(&topology, MACHINES, 900.0), [(150.0, '+', 1), (150.0, '+', 2), (510.0, '+', 3)]);
    let ready: Vec<f64> = lives(&topology, TASKS, 900.0).iter().map(|life| life.0).collect();
    assert_eq!(ready, [[158.0; 8].as_slice(), &[518.0; 4]].concat());
    // Of 60 s the look at 240 s is the first after 130 + 60 s.
    let sooner = CapacityProvider { warm_up: Span::from_secs(60), ..RULE };
    let topology = world(machines(0, provider(sooner), &[]), vec![tasks(0, &[(100, 12)])]);
    assert_eq!(lives(&topology, MACHINES, 900.0)[2], (270.0, '+', 3));
}

/// Twelve tasks of two services on three machines, four on each; at 610 s the service on the first goes. Two thirds are in use
/// at the fifteen looks from 660 s to 1500 s, and then one goes: with protection the first, on which nobody is, else the newest,
/// whose tasks stop and come again on the first, after its 3 s for their image and 5 s. Without draining they are lost.
#[test]
fn protection_keeps_machines_with_tasks() {
    for (protect, drain) in [(true, true), (false, true), (false, false)] {
        let rule = CapacityProvider { protect, drain, ..RULE };
        let services = vec![tasks(4, &[(610, 0)]), tasks(8, &[])];
        let topology = world(machines(0, provider(rule), &[Strategy::BinpackCpu]), services);
        let machines: Vec<_> = lives(&topology, MACHINES, 3_000.0).into_iter().skip(3).collect();
        let moved: Vec<_> = lives(&topology, OTHERS, 3_000.0).into_iter().skip(8).collect();
        let goes = if protect { 1 } else { 3 };
        assert_eq!(machines, [(1_500.0, '~', goes), (1_500.0, '-', goes)]);
        if protect {
            assert_eq!(moved, []);
            continue;
        }
        let times = |way: char| moved.iter().filter(move |life| life.1 == way).map(|life| life.0).collect::<Vec<_>>();
        assert_eq!((times('-'), times('+')), (vec![1_500.0; 4], vec![1_508.0; 4]));
        assert_eq!(times('~').len(), 4, "told, or lost while they are down");
    }
}

/// A target of half: two machines with tasks want four.
#[test]
fn spare_machines_come_before_they_are_needed() {
    let spare = CapacityProvider { target: 0.5, ..RULE };
    let topology = world(machines(0, provider(spare), &[]), vec![tasks(8, &[])]);
    let found: Vec<_> = lives(&topology, MACHINES, 300.0).into_iter().skip(2).collect();
    assert_eq!(found, [(90.0, '+', 3), (90.0, '+', 4)]);
}

/// Of two tasks one works from 100 s on for 500 s; at 110 s none is wanted. The idle one goes; the other stays until it is done,
/// or until its protection of 120 s is over and the 30 s that it then has.
#[test]
fn protection_of_a_task_ends() {
    for (protection, last) in [(Some(120), 250.0), (None, 600.0)] {
        let mut service = tasks(2, &[(110, 0)]);
        let NodeKind::Pool(pool) = &mut service.kind else { panic!("it is a pool") };
        pool.scale_in = Farewell {
            protect: true,
            protection: protection.map(Span::from_secs),
            grace: Some(Span::from_secs(30)),
            ..Farewell::default()
        };
        let mut topology = world(machines(1, Scaling::Fixed, &[]), vec![service]);
        topology.entry = vec![TASKS];
        let found = diary(&application(at(&[100.0]), vec![seconds(500.0)]), &topology, 1_000.0);
        let gone = found.iter().filter(|(_, fact)| matches!(fact, Fact::Gone { pool: TASKS, .. }));
        assert_eq!(gone.map(|(at, _)| *at).collect::<Vec<_>>(), [110.0, last]);
    }
}

/// Ten tasks of Fargate at once: the account has two at once and one each 2 s, so that they wait 0, 0, 2, … 16 s; of two services
/// with a bucket of their own each ends after the same time, and with Spot tasks the account's bucket is another.
#[test]
fn tasks_of_fargate_wait_for_their_turn() {
    let service = |spot: bool| {
        let fargate = Fargate { cpu: 1_000, memory: 2 << 30, is_arm: false, disk: Fargate::FREE_DISK, spot: false };
        let scaling = Scaling::Timetable(vec![Entry { at: second(100), workers: 10 }]);
        let (platform, spot) = (Platform::Fargate(fargate), spot.then_some(Spot::ALL));
        node("tasks", NodeKind::Pool(Box::new(Pool { scaling, platform, spot, ..pool(vec![work(0)], 0) })))
    };
    let bucket = Some(Launches { every: Span::from_secs(2), burst: 2 });
    let retry = Pauses { base: Span::from_secs(60), cap: Span::from_secs(60) };
    let account = |fargate, services| {
        Some(Account { vcpu_quota: None, launches: None, fargate, services, no_capacity: 0.0, retry })
    };
    for (account, other_spot, last) in [
        (account(bucket, None), false, 136.0),
        (account(bucket, None), true, 116.0),
        (account(None, bucket), false, 116.0),
        (account(None, None), false, 100.0),
    ] {
        let mut topology = world(machines(0, Scaling::Fixed, &[]), vec![service(false), service(other_spot)]);
        topology.account = account;
        let times = |of| lives(&topology, of, 400.0).iter().map(|life| life.0).collect::<Vec<_>>();
        let latest = times(TASKS).into_iter().chain(times(OTHERS)).fold(0.0, f64::max);
        assert_eq!((times(TASKS).len(), latest), (10, last));
    }
}

/// Five tasks at 100 s on a machine that has room for four, one each 2 s after the first: they start in 5 s once their image is
/// there, which the first pulls for 3 s from 100 s on. The fifth waits for room.
#[test]
fn a_service_launches_its_tasks_one_after_the_other() {
    let mut topology = world(machines(1, Scaling::Fixed, &[]), vec![tasks(0, &[(100, 5)])]);
    topology.account = Some(Account {
        vcpu_quota: None,
        launches: None,
        fargate: None,
        services: Some(Launches { every: Span::from_secs(2), burst: 1 }),
        no_capacity: 0.0,
        retry: Pauses { base: Span::from_secs(60), cap: Span::from_secs(60) },
    });
    let ready: Vec<f64> = lives(&topology, TASKS, 190.0).iter().map(|life| life.0).collect();
    assert_eq!(ready, [108.0, 108.0, 109.0, 111.0]);
}
