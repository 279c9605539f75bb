//! Small worlds driven through the front door: each holds one promise.

mod acts;
mod batches;
mod burst;
mod buses;
mod callers;
mod choices;
mod clusters;
mod components;
mod doors;
mod fifo;
mod functions;
mod health;
mod joins;
mod kept;
mod lapses;
mod lifecycle;
mod mappings;
mod messages;
mod metrics;
mod network;
mod notices;
mod pods;
mod requests;
mod scaling;
mod services;
mod shared;
mod stops;
mod tasks;
mod trouble;
mod zones;

use super::{Horizon, World, simulate};
use crate::cloud::arrivals::{Arrivals, Recorded};
use crate::cloud::fact::{Fact, Loss, Outcome, Who};
use crate::cloud::scaling::{Entry, Scaling};
use crate::cloud::topology::{
    Abandoned, Application, Backoff, Balancer, Bucket, Client, DeadLetterAt, DeadLetters, Discipline, Farewell, Guards,
    Held, Mix, Node, NodeId, NodeKind, Pool, Queue, Retry, Routing, Step, Topology, Verb, Work, WorkId, Workload,
};
use crate::cloud::world::tests::functions::function;
use crate::engine::{Observer, Simulation};
use crate::ground::chance::Key;
use crate::ground::distribution::Distribution;
use crate::ground::time::{SECOND, SimTime, Span};

/// Everything that was told, in order.
#[derive(Default)]
struct Diary(Vec<(SimTime, Fact)>);

impl Observer<Fact> for Diary {
    fn saw(&mut self, at: SimTime, fact: &Fact) {
        self.0.push((at, *fact));
    }
}

/// Mean waits of those who began, and how many.
#[derive(Default)]
struct Waits {
    total: f64,
    count: u64,
    waited: u64,
}

impl Observer<Fact> for Waits {
    fn saw(&mut self, _: SimTime, fact: &Fact) {
        if let Fact::Started { who: Who { counted: true, .. }, waited, .. } = fact {
            self.total += waited.seconds();
            self.count += 1;
            self.waited += u64::from(*waited > Span::ZERO);
        }
    }
}

fn seconds(seconds: f64) -> Distribution {
    Distribution::constant((seconds * SECOND as f64) as u64)
}

fn pool(steps: Vec<Verb>, workers: u32) -> Pool {
    let steps = steps.into_iter().map(|verb| Step { verb, only: None }).collect();
    Pool { workers: Some(workers), ..Pool::of(steps) }
}

fn node(name: &str, kind: NodeKind) -> Node {
    Node { name: name.to_owned(), kind }
}

fn work(work: u16) -> Verb {
    Verb::Work { work: WorkId(work), fails: 0.0, fresh: false, together: false, cold: None }
}

fn send(to: u16) -> Verb {
    Verb::Send { to: vec![NodeId(to)], size: None, copies: 1, group: None, delay: None }
}

fn call(to: u16, timeout: Option<Span>) -> Verb {
    Verb::Call { to: vec![NodeId(to)], timeout, retry: Retry::default(), guards: Guards::default() }
}

fn queue(to: u16) -> Queue {
    Queue { to: vec![NodeId(to)], ..Queue::default() }
}

fn application(arrivals: Arrivals, works: Vec<Distribution>) -> Application {
    let works = works.into_iter().enumerate();
    Application {
        workloads: vec![Workload {
            name: "jobs".to_owned(),
            arrivals,
            batch: None,
            at_start: 0,
            client: Client::default(),
            size: Distribution::constant(1024),
            answer_size: Distribution::constant(1024),
            groups: None,
        }],
        works: works
            .map(|(n, law)| Work { name: format!("work{n}"), law: Some(law), mix: Mix::ALL, parallel: 0 })
            .collect(),
        faults: Vec::new(),
    }
}

fn at(times: &[f64]) -> Arrivals {
    let recorded = |&time: &f64| Recorded { at: SimTime::from_nanos((time * 1e9) as u64), ..Recorded::default() };
    Arrivals::Instants(times.iter().map(recorded).collect())
}

fn topology(nodes: Vec<Node>) -> Topology {
    Topology { name: "test".to_owned(), nodes, entry: vec![NodeId(0)], ..Topology::default() }
}

fn diary(application: &Application, topology: &Topology, until: f64) -> Vec<(f64, Fact)> {
    let horizon = Horizon { warm_up: SimTime::START, length: None, until: None };
    let mut simulation = simulate(application, topology, Key::root(1, 0), horizon, Diary::default());
    simulation.run_until(SimTime::from_nanos((until * 1e9) as u64));
    let Simulation { mut model, mut observer, .. } = simulation;
    model.abandon(SimTime::from_nanos((until * 1e9) as u64), &mut observer);
    observer.0.into_iter().map(|(at, fact)| (at.seconds(), fact)).collect()
}

/// A pool of one worker with so many in line, who all came at once.
pub(super) fn crowd(many: u32) -> World<'static> {
    let mut application = application(at(&[]), vec![seconds(1.0)]);
    application.workloads[0].at_start = many;
    begun(application, topology(vec![node("a", NodeKind::Pool(Box::new(pool(vec![work(0)], 1))))]))
}

/// A pool of so many workers, to whom nobody comes.
pub(super) fn idle_machines(many: u32) -> World<'static> {
    let pool = pool(vec![work(0)], many);
    begun(application(at(&[]), vec![seconds(1.0)]), topology(vec![node("a", NodeKind::Pool(Box::new(pool)))]))
}

/// A world at the start of its time, whose description lives as long as the tests.
fn begun(application: Application, topology: Topology) -> World<'static> {
    let (application, topology) = (Box::leak(Box::new(application)), Box::leak(Box::new(topology)));
    let horizon = Horizon { warm_up: SimTime::START, length: None, until: None };
    simulate(application, topology, Key::root(1, 0), horizon, ()).model
}

/// When requests were completed, by ordinal.
fn completions(diary: &[(f64, Fact)]) -> Vec<(u32, f64)> {
    let done = diary.iter().filter_map(|(at, fact)| match fact {
        Fact::Completed { who, .. } => Some((who.ordinal, *at)),
        _ => None,
    });
    done.collect()
}

fn losses(diary: &[(f64, Fact)]) -> Vec<(u32, f64, Loss)> {
    let lost = diary.iter().filter_map(|(at, fact)| match fact {
        Fact::Lost { who, why, .. } => Some((who.ordinal, *at, *why)),
        _ => None,
    });
    lost.collect()
}

/// M/M/2 at ρ 0.8: Erlang's C is 0.7111…, the mean wait 0.7111 / (2 − 1.6) = 1.7778 (Kleinrock I, ch. 3). Over
/// 2 million customers the 95 % half-width of the mean wait is about 1.3 %; three of those miss once in 3,000.
#[test]
fn two_servers_make_erlang_right() {
    let exponential = Distribution::exponential(SECOND as f64).expect("a mean of a second");
    let application = application(Arrivals::Poisson { rate: 1.6 }, vec![exponential]);
    let topology = topology(vec![node("a", NodeKind::Pool(Box::new(pool(vec![work(0)], 2))))]);
    let until = SimTime::from_nanos(1_250_000 * SECOND);
    let horizon = Horizon { warm_up: SimTime::from_nanos(1_000 * SECOND), length: Some(until), until: None };
    let mut simulation = simulate(&application, &topology, Key::root(7, 0), horizon, Waits::default());
    simulation.run_until(until);
    let mean = simulation.observer.total / simulation.observer.count as f64;
    let share = simulation.observer.waited as f64 / simulation.observer.count as f64;
    assert!((mean / 1.7778 - 1.0).abs() < 0.04, "mean wait {mean}");
    assert!((share / 0.7111 - 1.0).abs() < 0.01, "share who wait {share}");
}

/// The shortest first, 1 s or 5 s of work at 0.3 a second, three of four short. Nobody is interrupted, so the two are the
/// ranks of a line by priority, of which Cobham (Operations Research 2, 1954; Kleinrock II, ch. 3) gives the mean waits:
/// W₀ = λ E[S²] ÷ 2 = 0.3 · 7 ÷ 2 = 1.05, those of 1 s W₀ ÷ (1 − 0.225) = 1.3548, those of 5 s W₀ ÷ (0.775 · (1 − 0.6)) =
/// 3.3871, together 1.8629. First come, first served, all would wait 1.05 ÷ 0.4 = 2.625. Over 600,000 customers the mean is
/// known to about 1 %; it misses by 4 % less than once in ten thousand.
#[test]
fn the_shortest_first_makes_cobham_right() {
    let work_law = || Distribution::values(&[SECOND, 5 * SECOND], &[3.0, 1.0]).expect("weights above 0");
    for (line, expected) in [(Discipline::Shortest, 1.8629), (Discipline::FirstCome, 2.625)] {
        let application = application(Arrivals::Poisson { rate: 0.3 }, vec![work_law()]);
        let one = Pool { line, ..pool(vec![work(0)], 1) };
        let topology = topology(vec![node("a", NodeKind::Pool(Box::new(one)))]);
        let until = SimTime::from_nanos(2_000_000 * SECOND);
        let horizon = Horizon { warm_up: SimTime::from_nanos(1_000 * SECOND), length: Some(until), until: None };
        let mut simulation = simulate(&application, &topology, Key::root(11, 0), horizon, Waits::default());
        simulation.run_until(until);
        let mean = simulation.observer.total / simulation.observer.count as f64;
        assert!((mean / expected - 1.0).abs() < 0.04, "mean wait {mean} and not {expected}");
    }
}

/// Paper trace PT02's arrangement: web 1 s, app, web 1 s; the web worker is held while it waits.
#[test]
fn a_call_holds_its_caller() {
    let application = application(at(&[0.0, 1.0, 3.0]), vec![seconds(1.0), seconds(3.0)]);
    let web = pool(vec![work(0), call(1, None), work(0)], 1);
    let app = pool(vec![work(1)], 1);
    let topology =
        topology(vec![node("web", NodeKind::Pool(Box::new(web))), node("app", NodeKind::Pool(Box::new(app)))]);
    let diary = diary(&application, &topology, 60.0);
    assert_eq!(completions(&diary), [(0, 5.0), (1, 10.0), (2, 15.0)]);
}

/// With nobody in service a call fails at once; a queue holds (paper trace PT04).
#[test]
fn tiers_fail_their_callers_and_queues_hold() {
    let application = application(at(&[0.0, 5.0, 31.0]), vec![seconds(1.0), seconds(4.0)]);
    let mut app = pool(vec![work(1)], 0);
    app.life.boot = seconds(10.0);
    app.scaling = Scaling::Timetable(vec![Entry { at: SimTime::from_nanos(20 * SECOND), workers: 1 }]);
    let tiers = topology(vec![
        node("web", NodeKind::Pool(Box::new(pool(vec![work(0), call(1, None)], 1)))),
        node("app", NodeKind::Pool(Box::new(app.clone()))),
    ]);
    let found = diary(&application, &tiers, 60.0);
    assert_eq!(losses(&found), [(0, 1.0, Loss::NoWorker), (1, 6.0, Loss::NoWorker)]);
    assert_eq!(completions(&found), [(2, 36.0)]);
    let decoupled = topology(vec![
        node("web", NodeKind::Pool(Box::new(pool(vec![work(0), send(1)], 1)))),
        node("queue", NodeKind::Queue(queue(2))),
        node("app", NodeKind::Pool(Box::new(app))),
    ]);
    let found = diary(&application, &decoupled, 60.0);
    assert_eq!(losses(&found), []);
    assert_eq!(completions(&found), [(0, 34.0), (1, 38.0), (2, 42.0)]);
}

/// Paper trace PT03: abandoned work is served to its end, or leaves at once.
#[test]
fn a_client_gives_up_and_tries_again() {
    let mut application = application(at(&[0.0, 1.0, 2.5]), vec![seconds(1.0)]);
    let brings = [4.0, 3.0, 2.0];
    if let Arrivals::Instants(list) = &mut application.workloads[0].arrivals {
        for (recorded, brought) in list.iter_mut().zip(brings) {
            recorded.work = vec![(WorkId(0), Span::from_nanos((brought * 1e9) as u64))];
        }
    }
    let retry = Retry { attempts: Some(3), backoff: Backoff::Wait(seconds(2.0)), ..Retry::default() };
    let topology = topology(vec![node("w", NodeKind::Pool(Box::new(pool(vec![work(0)], 1))))]);
    for (abandoned, expected) in
        [(Abandoned::Finish, [(0, 4.0), (1, 12.0), (2, 14.0)]), (Abandoned::Cancel, [(0, 4.0), (1, 11.0), (2, 13.0)])]
    {
        application.workloads[0].client =
            Client { timeout: Some(Span::from_secs(5)), abandoned, retry: retry.clone(), ..Client::default() };
        let found = diary(&application, &topology, 60.0);
        assert_eq!(completions(&found), expected, "{abandoned:?}");
    }
}

/// A call that takes too long frees its caller; the called worker goes on, and its work is wasted.
#[test]
fn a_call_can_time_out() {
    let application = application(at(&[0.0]), vec![seconds(1.0), seconds(10.0)]);
    let topology = topology(vec![
        node("web", NodeKind::Pool(Box::new(pool(vec![work(0), call(1, Some(Span::from_secs(3)))], 1)))),
        node("app", NodeKind::Pool(Box::new(pool(vec![work(1)], 1)))),
    ]);
    let found = diary(&application, &topology, 60.0);
    assert_eq!(losses(&found), [(0, 4.0, Loss::TimedOut)]);
    let ends: Vec<(f64, Outcome)> = found
        .iter()
        .filter_map(|(at, fact)| match fact {
            Fact::Served { result, .. } => Some((*at, *result)),
            _ => None,
        })
        .collect();
    assert_eq!(ends, [(4.0, Outcome::TimedOut), (11.0, Outcome::Abandoned)]);
}

/// A message whose worker takes longer than the visibility timeout is done twice (paper trace PT10).
#[test]
fn a_message_reappears_at_its_visibility_timeout() {
    let application = application(at(&[0.0]), vec![seconds(15.0)]);
    let mut plan = queue(1);
    plan.visibility = Some(Span::from_secs(10));
    plan.dead_letters = Some(DeadLetters { to: NodeId(2), max_receives: 3, at: DeadLetterAt::NextReceive });
    let dead = NodeKind::Queue(Queue { to: Vec::new(), ..queue(1) });
    let of = |workers| {
        topology(vec![
            node("q", NodeKind::Queue(plan.clone())),
            node("w", NodeKind::Pool(Box::new(pool(vec![work(0)], workers)))),
            node("dead", dead.clone()),
        ])
    };
    let alone = diary(&application, &of(1), 60.0);
    assert_eq!(completions(&alone), [(0, 15.0)]);
    let two = diary(&application, &of(2), 60.0);
    assert_eq!(losses(&two), [(0, 30.0, Loss::DeadLettered)]);
}

/// Work that requests bring, as seconds.
fn brings(times: &[(f64, f64)]) -> Arrivals {
    let nanos = |seconds: f64| (seconds * 1e9) as u64;
    let recorded = |&(time, work): &(f64, f64)| Recorded {
        at: SimTime::from_nanos(nanos(time)),
        work: vec![(WorkId(0), Span::from_nanos(nanos(work)))],
        ..Recorded::default()
    };
    Arrivals::Instants(times.iter().map(recorded).collect())
}

/// One slot where gold interrupts bronze, who goes on later.
fn ranked(bronze: &[(f64, f64)], gold: &[(f64, f64)]) -> (Application, Pool) {
    let mut application = application(brings(bronze), vec![seconds(1.0)]);
    let mut better = application.workloads[0].clone();
    (better.name, better.arrivals) = ("gold".to_owned(), brings(gold));
    application.workloads.push(better);
    let line = Discipline::Priority { rank: vec![1, 0], preempts: Some(Held::Resume) };
    (application, Pool { line, ..pool(vec![work(0)], 1) })
}

fn alone(pool: Pool, workloads: usize) -> Topology {
    Topology { entry: vec![NodeId(0); workloads], ..topology(vec![node("w", NodeKind::Pool(Box::new(pool)))]) }
}

/// Worker 2 goes at 5 s with half of its 10 s done; worker 1 is idle since 3 s.
#[test]
fn idle_workers_go_on_at_once_with_what_a_leaving_one_held() {
    let application = application(brings(&[(0.0, 3.0), (0.0, 10.0)]), vec![seconds(1.0)]);
    let scaling = Scaling::Timetable(vec![Entry { at: SimTime::from_nanos(5 * SECOND), workers: 1 }]);
    let pool =
        Pool { scaling, scale_in: Farewell { held: Held::Resume, ..Farewell::default() }, ..pool(vec![work(0)], 2) };
    assert_eq!(completions(&diary(&application, &alone(pool, 1), 60.0)), [(0, 3.0), (1, 10.0)]);
}

/// The second waits from 1 s to 2 s, is interrupted at 3 s, and has not lost patience at 5 s.
#[test]
fn whose_service_had_begun_loses_no_patience() {
    let (mut application, pool) = ranked(&[(0.0, 2.0), (1.0, 2.0)], &[(3.0, 3.0)]);
    application.workloads[0].client.patience = Some(seconds(4.0));
    let found = diary(&application, &alone(pool, 2), 60.0);
    assert_eq!((completions(&found), losses(&found)), (vec![(0, 2.0), (0, 6.0), (1, 7.0)], vec![]));
}

/// A line with one place, which is taken: whoever interrupts needs none.
#[test]
fn whoever_interrupts_another_needs_no_place_in_line() {
    let (application, pool) = ranked(&[(0.0, 10.0), (1.0, 10.0)], &[(2.0, 1.0)]);
    let found = diary(&application, &alone(Pool { room: Some(1), ..pool }, 2), 60.0);
    assert_eq!((completions(&found), losses(&found)), (vec![(0, 3.0), (0, 11.0), (1, 21.0)], vec![]));
    let queued = found.iter().filter(|(_, fact)| matches!(fact, Fact::Queued { .. })).count();
    assert_eq!(queued, 1, "only the second of bronze found no free worker");
}

/// A queue without a visibility timeout before a worker whose call is refused until 20 s.
#[test]
fn a_message_that_fails_at_once_does_not_stop_time() {
    let application = application(at(&[0.0]), vec![seconds(1.0)]);
    let mut absent = pool(vec![work(0)], 0);
    absent.scaling = Scaling::Timetable(vec![Entry { at: SimTime::from_nanos(20 * SECOND), workers: 1 }]);
    let topology = topology(vec![
        node("q", NodeKind::Queue(queue(1))),
        node("w", NodeKind::Pool(Box::new(pool(vec![call(2, None)], 1)))),
        node("absent", NodeKind::Pool(Box::new(absent))),
    ]);
    assert_eq!(completions(&diary(&application, &topology, 60.0)), [(0, 22.0)]);
}

/// Two who never think and are always refused: they ask once a second each.
#[test]
fn a_group_that_is_refused_at_once_does_not_stop_time() {
    let application = application(Arrivals::Users { count: 2, think: seconds(0.0) }, vec![seconds(1.0)]);
    let topology = alone(pool(vec![work(0)], 0), 1);
    let found = diary(&application, &topology, 9.5);
    assert_eq!(losses(&found).len(), 20);
}

#[test]
fn nobody_waits_for_unlimited_workers_behind_a_balancer() {
    let application = application(at(&[0.0, 1.0, 2.0]), vec![seconds(5.0)]);
    let balancer = Balancer { to: vec![NodeId(1)], routing: Routing::LeastOutstanding, ..Balancer::default() };
    let unlimited = Pool { workers: None, ..pool(vec![work(0)], 1) };
    let topology =
        topology(vec![node("b", NodeKind::Balancer(balancer)), node("w", NodeKind::Pool(Box::new(unlimited)))]);
    assert_eq!(completions(&diary(&application, &topology, 60.0)), [(0, 5.0), (1, 6.0), (2, 7.0)]);
}

/// An object's latency, and the pause before a call is tried again, are named by what they belong to: another kind of
/// request listed before, or a pool between, changes neither.
#[test]
fn latencies_and_pauses_do_not_depend_on_places_in_lists() {
    let law = || Distribution::exponential(SECOND as f64).expect("a mean of a second");
    let retry = Retry { attempts: Some(50), backoff: Backoff::Wait(law()), ..Retry::default() };
    let of = |others: usize| {
        let mut application = application(at(&[0.0, 10.0, 20.0]), vec![seconds(1.0)]);
        for other in 0..others {
            let mut workload = application.workloads[0].clone();
            workload.name = format!("other{other}");
            workload.arrivals = Arrivals::Instants(Vec::new());
            application.workloads.insert(0, workload);
        }
        let mut nodes: Vec<Node> =
            (0..others).map(|n| node(&format!("idle{n}"), NodeKind::Pool(Box::new(pool(vec![work(0)], 1))))).collect();
        let place = |n: usize| NodeId::at(others + n);
        let call = Verb::Call { to: vec![place(2)], timeout: None, retry: retry.clone(), guards: Guards::default() };
        let put = Verb::Put { bucket: place(1), size: None, shape: None };
        let mut away = pool(vec![work(0)], 0);
        away.scaling = Scaling::Timetable(vec![Entry { at: SimTime::from_nanos(4 * SECOND), workers: 1 }]);
        nodes.push(node("web", NodeKind::Pool(Box::new(pool(vec![put, call], 3)))));
        nodes.push(node("store", NodeKind::Bucket(Bucket { put: Some(law()), ..Bucket::default() })));
        nodes.push(node("app", NodeKind::Pool(Box::new(away))));
        let entry = vec![place(0); others + 1];
        completions(&diary(&application, &Topology { entry, ..topology(nodes) }, 60.0))
    };
    assert_eq!(of(0).len(), 3);
    assert_eq!(of(0), of(1));
    assert_eq!(of(0), of(2));
}

/// A hundred thousand attempts, a millisecond apart, until somebody is there: without limit is without limit.
#[test]
fn who_tries_without_limit_outlives_any_absence() {
    let mut application = application(at(&[0.0]), vec![seconds(1.0)]);
    let retry = Retry { attempts: None, backoff: Backoff::Wait(seconds(0.001)), ..Retry::default() };
    application.workloads[0].client.retry = retry.clone();
    let mut late = pool(vec![work(0)], 0);
    late.scaling = Scaling::Timetable(vec![Entry { at: SimTime::from_nanos(100 * SECOND), workers: 1 }]);
    let alone = topology(vec![node("app", NodeKind::Pool(Box::new(late.clone())))]);
    assert_eq!(completions(&diary(&application, &alone, 200.0)), [(0, 101.0)]);
    application.workloads[0].client.retry = Retry::default();
    let call = Verb::Call { to: vec![NodeId(1)], timeout: None, retry, guards: Guards::default() };
    let web = pool(vec![call], 1);
    let tiers = topology(vec![node("web", NodeKind::Pool(Box::new(web))), node("app", NodeKind::Pool(Box::new(late)))]);
    assert_eq!(completions(&diary(&application, &tiers, 200.0)), [(0, 101.0)]);
}
