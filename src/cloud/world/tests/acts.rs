//! Steps that act on the infrastructure.

use crate::cloud::fact::{Fact, Loss};
use crate::cloud::scaling::{Group, Scaling};
use crate::cloud::topology::{
    Act, Application, Capacity, Chosen, Clock, Crash, DeadLetterAt, DeadLetters, Fault, Harm, Held, Launch, Life,
    MachineState, Node, NodeId, NodeKind, Pool, Queue, Redrive, Tag, Topology, Verb, Wanted, When, Whom, Workload,
};
use crate::cloud::world::tests::{
    application, at, brings, completions, diary, losses, node, pool, seconds, topology, work,
};
use crate::ground::time::{SECOND, SimTime, Span};

/// Those of the second node, and of them …
const ALL: Chosen = Chosen { of: Whom::Pool(NodeId(1)), state: None, with: Vec::new(), without: Vec::new() };

fn tag(value: &str) -> Vec<Tag> {
    vec![Tag { name: "Name".to_owned(), value: value.to_owned() }]
}

fn named(value: Option<&str>) -> Vec<Wanted> {
    vec![Wanted { name: "Name".to_owned(), value: value.map(str::to_owned) }]
}

fn place(name: &str, pool: Pool) -> Node {
    node(name, NodeKind::Pool(Box::new(pool)))
}

/// Whoever comes does these things to a pool of machines that take 1 + 5 s to come, and 3 s to stop.
fn console(acts: Vec<Act>, machines: Pool) -> Topology {
    let life = Life { pending: seconds(1.0), boot: seconds(5.0), stopping: seconds(3.0) };
    let acts = acts.into_iter().map(Verb::Act).collect();
    topology(vec![place("console", pool(acts, 1)), place("lab", Pool { life, ..machines })])
}

/// What happens to the machines of the second node from 1 s on.
fn lives(diary: &[(f64, Fact)]) -> Vec<(f64, &'static str, u32)> {
    let lab = NodeId(1);
    let of = |(at, fact): &(f64, Fact)| match *fact {
        Fact::Launched { pool, worker } if pool == lab => Some((*at, "launched", worker)),
        Fact::Ready { pool, worker } if pool == lab => Some((*at, "ready", worker)),
        Fact::Stopped { pool, worker } if pool == lab => Some((*at, "stopped", worker)),
        Fact::Woken { pool, worker, .. } if pool == lab => Some((*at, "started", worker)),
        Fact::Gone { pool, worker } if pool == lab => Some((*at, "gone", worker)),
        _ => None,
    };
    diary.iter().filter_map(of).filter(|(at, ..)| *at >= 1.0).collect()
}

fn told(acts: Vec<Act>, machines: Pool, times: &[f64]) -> Vec<(f64, Fact)> {
    diary(&application(at(times), vec![seconds(1.0)]), &console(acts, machines), 60.0)
}

/// At 10 s all that run are stopped, at 20 s those that are stopped are started; whoever acts is answered at once.
#[test]
fn machines_are_stopped_and_started_by_steps() {
    let stopped = Chosen { state: Some(MachineState::Stopped), ..ALL };
    let machines = || Pool { stopped: 1, ..pool(vec![], 1) };
    let stops = told(vec![Act::Stop(ALL)], machines(), &[10.0]);
    assert_eq!(lives(&stops), [(10.0, "stopped", 1)]);
    assert_eq!(completions(&stops), [(0, 10.0)]);
    let starts = told(vec![Act::Start(stopped)], machines(), &[10.0]);
    assert_eq!(lives(&starts), [(10.0, "started", 2), (16.0, "ready", 2)]);
    // The one that was told to stop is not stopped for 3 s: the other is started alone.
    let both = told(vec![Act::Stop(ALL), Act::Start(ALL)], machines(), &[10.0, 20.0]);
    let expected = [
        (10.0, "started", 2),
        (10.0, "stopped", 1),
        (16.0, "ready", 2),
        (20.0, "stopped", 2),
        (20.0, "started", 1),
        (26.0, "ready", 1),
    ];
    let mut found = lives(&both);
    found.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.2.cmp(&a.2)));
    assert_eq!(found, expected);
}

/// Machines are launched with tags beside those of their pool, and chosen by them.
#[test]
fn machines_are_chosen_by_their_tags() {
    let launch = |tags| Act::Launch(Launch { pool: NodeId(1), count: 1, tags });
    let ends = |tags: Vec<Tag>, chosen: Chosen| {
        let machines = Pool { tags, ..pool(vec![], 0) };
        let acts = vec![launch(tag("db")), launch(Vec::new()), Act::Terminate(chosen)];
        let told = told(acts, machines, &[10.0]);
        lives(&told).into_iter().filter(|(_, what, _)| *what == "gone").map(|(_, _, worker)| worker).collect::<Vec<_>>()
    };
    let without = Chosen { without: named(None), ..ALL };
    assert_eq!(ends(Vec::new(), without.clone()), [2]);
    assert_eq!(ends(tag("lab"), without), [] as [u32; 0]);
    let with = |value| Chosen { with: named(value), ..ALL };
    assert_eq!(ends(tag("lab"), with(Some("lab"))), [2]);
    assert_eq!(ends(tag("lab"), with(Some("db"))), [1]);
    assert_eq!(ends(tag("lab"), with(None)), [1, 2]);
    assert_eq!(ends(tag("lab"), Chosen { state: Some(MachineState::Running), ..ALL }), [] as [u32; 0]);
}

/// One that stops the machine on which it runs is cut off with it.
#[test]
fn who_stops_its_own_machine_is_lost_with_it() {
    let own = Chosen { of: Whom::All, ..ALL };
    let steps = vec![Verb::Act(Act::Stop(own)), work(0)];
    let alone = topology(vec![place("w", pool(steps, 1))]);
    let diary = diary(&application(at(&[1.0]), vec![seconds(1.0)]), &alone, 60.0);
    assert_eq!(losses(&diary), [(0, 1.0, Loss::Stopped)]);
}

/// A group of one at the most three gets what is set: two at once, bounds with which they must be four, and nothing that
/// makes no sense.
#[test]
fn the_size_of_a_group_is_set_by_steps() {
    let ends = |min, desired, max| {
        let group = Group { desired: 1, max: 3, ..Group::default() };
        let machines = Pool { scaling: Scaling::Group(group), ..pool(vec![], 1) };
        let told = told(vec![Act::SetCapacity(Capacity { pool: NodeId(1), min, desired, max })], machines, &[10.0]);
        let count = |word| lives(&told).iter().filter(|(_, what, _)| *what == word).count();
        (count("launched"), count("gone"), losses(&told).first().map(|loss| loss.2))
    };
    assert_eq!(ends(None, Some(2), None), (1, 0, None));
    assert_eq!(ends(Some(4), None, Some(6)), (3, 0, None));
    assert_eq!(ends(None, None, Some(0)), (0, 1, None));
    assert_eq!(ends(None, Some(4), None), (0, 0, Some(Loss::Error)));
    assert_eq!(ends(Some(4), None, None), (0, 0, Some(Loss::Error)));
}

/// A group asks for another machine in the place of one that is taken away; of others one fewer is wanted.
#[test]
fn only_a_group_makes_a_machine_good_that_is_taken_away() {
    let group = Group { desired: 2, max: 3, ..Group::default() };
    let launched = |scaling| {
        let told = told(vec![Act::Terminate(ALL)], Pool { scaling, ..pool(vec![], 2) }, &[10.0]);
        lives(&told).iter().filter(|(_, what, _)| *what == "launched").count()
    };
    assert_eq!((launched(Scaling::Group(group)), launched(Scaling::Fixed)), (2, 0));
}

/// Two messages are put aside because their worker crashed on them (at 1 and 5 s, for a second each time). At 20 s somebody
/// lets them go back, one a second: the first is done at 22 s, the second waits for its worker and is done at 24 s. Nobody
/// counts them as lost.
#[test]
fn dead_letters_go_back_and_their_requests_with_them() {
    let dead = NodeId(2);
    let letters = DeadLetters { to: dead, max_receives: 1, at: DeadLetterAt::LastFailure };
    let jobs = Queue {
        to: vec![NodeId(0)],
        dead_letters: Some(letters),
        visibility: Some(Span::from_secs(3)),
        ..Queue::default()
    };
    let redrive = Redrive { from: dead, to: NodeId(1), every: Span::from_secs(1) };
    let nodes = vec![
        place("w", pool(vec![work(0)], 1)),
        node("jobs", NodeKind::Queue(jobs)),
        node("dead", NodeKind::Queue(Queue { redriven: true, ..Queue::default() })),
        place("console", pool(vec![Verb::Act(Act::Redrive(redrive))], 1)),
    ];
    let crash = Crash { pool: NodeId(0), worker: Some(1), clock: Clock::Up, repairers: None };
    let fault = Fault {
        name: "f".to_owned(),
        what: Harm::Crash(crash),
        when: When::At(vec![SimTime::from_nanos(SECOND), SimTime::from_nanos(5 * SECOND)]),
        lasts: Some(seconds(1.0)),
        held: Held::Lost,
        moves: false,
    };
    let topology = Topology { entry: vec![NodeId(1), NodeId(3)], faults: vec![fault], ..topology(nodes) };
    let mut application: Application = application(brings(&[(0.0, 2.0), (4.0, 2.0)]), vec![seconds(1.0)]);
    let operator = Workload { name: "operator".to_owned(), arrivals: at(&[20.0]), ..application.workloads[0].clone() };
    application.workloads.push(operator);
    let diary = diary(&application, &topology, 60.0);
    let of_jobs = |fact: &Fact| matches!(fact, Fact::Completed { who, .. } if who.workload.0 == 0);
    let done: Vec<f64> = diary.iter().filter(|(_, fact)| of_jobs(fact)).map(|(at, _)| *at).collect();
    assert_eq!((done, losses(&diary)), (vec![22.0, 24.0], vec![]));
    let back = diary.iter().filter(|(_, fact)| matches!(fact, Fact::Redriven { .. })).map(|(at, _)| *at);
    assert_eq!(back.collect::<Vec<_>>(), [20.0, 21.0]);
}
