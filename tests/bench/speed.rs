//! Speed and memory, beside naked hand-written loops: run by `cargo bench`.
//!
//! A *declared* row is a scenario read from text and played by the very call that `run` and `compare` make, with
//! full recording: every figure, the series, the bill. Its naked row does the same work by hand and keeps a mean.
//! The two run in turn, five times, and the best of each is shown: the ratio within one run is what counts, since
//! machines differ and drift. Names of rows as arguments run only those: `cargo bench -- M/M/8 story`.

mod naked;

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::process::Command;
use std::time::Instant;

use queuelab::cloud::event::Event;
use queuelab::cloud::request::{Job, Message, Request};
use queuelab::cloud::topology::NodeId;
use queuelab::cloud::world::{Horizon, simulate};
use queuelab::engine::{Calendar, Packed};
use queuelab::experiment::{Options, run};
use queuelab::ground::chance::Key;
use queuelab::ground::distribution::Distribution;
use queuelab::ground::stats::Histogram;
use queuelab::ground::time::{SimTime, Span};
use queuelab::scenario::{self, NoFiles, Scenario, Source};

/// Customers of one run.
const CUSTOMERS: u64 = 2_000_000;
/// How often the two of a row run in turn.
const ROUNDS: u64 = 5;
/// The argument by which a second process is told to play one run and go.
const ONE_RUN: &str = "--one-run";

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if asked.first().is_some_and(|word| word == ONE_RUN) {
        return play(&station(8, 0.9, CUSTOMERS), 1, 1, 1);
    }
    let wanted = |row: &str| asked.is_empty() || asked.iter().any(|word| word == row);
    println!("nanoseconds a customer, best of {ROUNDS} in turn, {CUSTOMERS} customers a run\n");
    println!("{:<12}{:>9}{:>9}{:>11}{:>9}", "", "by slots", "by list", "declared", "ratio");
    for (row, servers, load) in [("M/M/1", 1, 0.9), ("M/M/8", 8, 0.9), ("M/M/1000", 1_000, 0.95)] {
        if wanted(row) {
            let declared = station(servers, load, CUSTOMERS);
            let best = in_turn(&mut [
                &mut |seed| keep(naked::slots(servers, load, CUSTOMERS, seed)),
                &mut |seed| keep(naked::ladder(1, servers as u32, load, CUSTOMERS, seed)),
                &mut |seed| play(&declared, seed, 1, 1),
            ]);
            line(row, Some(best[0]), best[1], best[2]);
        }
    }
    if wanted("tandem") {
        let declared = tandem(CUSTOMERS);
        let best = in_turn(&mut [&mut |seed| keep(naked::ladder(3, 8, 0.9, CUSTOMERS, seed)), &mut |seed| {
            play(&declared, seed, 1, 1)
        }]);
        line("tandem", None, best[0], best[1]);
    }
    if wanted("story") {
        let declared = story(CUSTOMERS);
        let best =
            in_turn(&mut [&mut |seed| keep(naked::story(CUSTOMERS, seed)), &mut |seed| play(&declared, seed, 1, 1)]);
        line("story", None, best[0], best[1]);
    }
    if wanted("functions") {
        functions();
    }
    if wanted("threads") {
        threads();
    }
    if wanted("pending") {
        pending();
    }
    if wanted("parts") {
        parts();
    }
    if wanted("memory") {
        memory();
    }
}

/// Keeps a result from being optimised away.
fn keep(mean: f64) {
    black_box(mean);
}

/// The best time of each, in nanoseconds a customer.
fn in_turn(runs: &mut [&mut dyn FnMut(u64)]) -> Vec<f64> {
    let mut best = vec![f64::MAX; runs.len()];
    for seed in 1..=ROUNDS {
        for (best, run) in best.iter_mut().zip(runs.iter_mut()) {
            let began = Instant::now();
            run(seed);
            *best = best.min(began.elapsed().as_secs_f64() * 1e9 / CUSTOMERS as f64);
        }
    }
    best
}

fn line(row: &str, slots: Option<f64>, list: f64, declared: f64) {
    let slots_word = slots.map_or("–".to_owned(), |slots| format!("{slots:.1}"));
    println!("{row:<12}{slots_word:>9}{list:>9.1}{declared:>11.1}{:>9.2}", list / declared);
}

fn read(text: &str) -> Scenario {
    let source = Source { name: "bench.toml".into(), text: text.to_owned() };
    scenario::read(&source, &NoFiles, &[]).expect("the benchmark's scenarios are well formed")
}

/// M/M/c with a mean service of a second, long enough for so many customers.
fn station(servers: usize, load: f64, customers: u64) -> Scenario {
    let rate = load * servers as f64;
    let length = (customers as f64 / rate) as u64;
    read(&format!(
        "run = {{ defaults = \"textbook\", length = \"{length}s\", warm-up = \"0s\", replications = 1 }}
         workload.jobs.arrivals = {{ poisson = {{ rate = \"{rate}/s\" }} }}
         work = {{ serve = {{ exponential = \"1s\" }} }}
         topology.one.pool.a = {{ steps = [{{ work = \"serve\" }}], workers = {servers} }}"
    ))
}

/// Three M/M/8 in a row.
fn tandem(customers: u64) -> Scenario {
    let length = (customers as f64 / 7.2) as u64;
    read(&format!(
        "run = {{ defaults = \"textbook\", length = \"{length}s\", warm-up = \"0s\", replications = 1 }}
         workload.jobs.arrivals = {{ poisson = {{ rate = \"7.2/s\" }} }}
         work = {{ one = {{ exponential = \"1s\" }}, two = {{ exponential = \"1s\" }}, three = {{ exponential = \"1s\" }} }}
         [topology.row.pool]
         a = {{ steps = [{{ work = \"one\" }}, {{ send = \"b\" }}], workers = 8 }}
         b = {{ steps = [{{ work = \"two\" }}, {{ send = \"c\" }}], workers = 8 }}
         c = {{ steps = [{{ work = \"three\" }}], workers = 8 }}"
    ))
}

/// Upload, queue, an autoscaled tier with boots, lognormal work, failures that come back, a timeout on every request.
fn story(customers: u64) -> Scenario {
    let length = customers / 1_000;
    read(&format!(
        "run = {{ defaults = \"textbook\", length = \"{length}s\", warm-up = \"0s\", replications = 1 }}
         work = {{ upload = {{ exponential = \"100ms\" }}, process = {{ lognormal = {{ mean = \"500ms\", scv = 1.72 }} }} }}
         [workload.uploads]
         arrivals = {{ poisson = {{ rate = \"1000/s\" }} }}
         client = {{ timeout = \"30s\" }}
         [topology.decoupled]
         pool.web = {{ steps = [{{ work = \"upload\" }}, {{ send = \"q\" }}], workers = 130 }}
         queue.q = {{ to = \"media\", visibility-timeout = \"10min\", max-receive-count = 4, dead-letters = \"dead\" }}
         queue.dead = {{}}
         [topology.decoupled.pool.media]
         steps = [{{ work = \"process\", fails = \"1%\" }}]
         workers = 600
         boot = {{ exponential = \"40s\" }}
         poll = {{ on-error = \"400ms\" }}
         platform = {{ ec2 = {{ type = \"m5.large\" }} }}
         scaling = {{ asg = {{ min = 530, max = 2000, policies = [
           {{ queue-length = {{ metric = \"backlog\", per-worker = 0.95, every = \"10s\" }} }}] }} }}"
    ))
}

/// A function of which about so many environments are at work at once, each of them new once: with 100,000 one request in twenty
/// finds a new one.
fn function(environments: u64, customers: u64) -> Scenario {
    let length = customers / environments;
    read(&format!(
        "run = {{ defaults = \"textbook\", length = \"{length}s\", warm-up = \"0s\", replications = 1 }}
         workload.jobs.arrivals = {{ poisson = {{ rate = \"{environments}/s\" }} }}
         work = {{ serve = {{ exponential = \"1s\" }} }}
         topology.one.function.f = {{ steps = [{{ work = \"serve\" }}], idle = \"10min\" }}"
    ))
}

/// A function with so many environments that are kept ready, of which about eight are at work at once.
fn kept_ready(environments: u64, customers: u64) -> Scenario {
    let length = customers / 8;
    read(&format!(
        "run = {{ defaults = \"textbook\", length = \"{length}s\", warm-up = \"0s\", replications = 1 }}
         workload.jobs.arrivals = {{ poisson = {{ rate = \"8/s\" }} }}
         work = {{ serve = {{ exponential = \"1s\" }} }}
         [topology.one.function.f]
         steps = [{{ work = \"serve\" }}]
         idle = \"10min\"
         provisioned-concurrency = {{ count = {environments} }}"
    ))
}

/// What a request to a function costs that has ten environments, and one that has 100,000: of which as few are at work, or all.
fn functions() {
    for (what, few, many) in [
        ("ready", kept_ready(10, CUSTOMERS), kept_ready(100_000, CUSTOMERS)),
        ("at work", function(10, CUSTOMERS), function(100_000, CUSTOMERS)),
    ] {
        let best = in_turn(&mut [&mut |seed| play(&few, seed, 1, 1), &mut |seed| play(&many, seed, 1, 1)]);
        println!(
            "\na function with 10 environments {what} {:.1} ns, with 100,000 {:.1} ns: {:.2} ×",
            best[0],
            best[1],
            best[1] / best[0]
        );
    }
}

/// Plays a scenario as `run` does.
fn play(scenario: &Scenario, seed: u64, replications: u32, threads: usize) {
    let options = Options {
        threads: NonZeroUsize::new(threads),
        replications: Some(replications),
        seed: Some(seed),
        ..Options::default()
    };
    let found = run(scenario, options, &|_| ()).expect("the benchmark's scenarios run");
    black_box(found.document);
}

/// Two replications on two threads, against two processes with one each.
fn threads() {
    let scenario = station(8, 0.9, CUSTOMERS);
    let program = std::env::current_exe().expect("a running program has a path");
    let (mut together, mut apart) = (f64::MAX, f64::MAX);
    for seed in 1..=ROUNDS {
        let began = Instant::now();
        play(&scenario, seed, 2, 2);
        together = together.min(began.elapsed().as_secs_f64());
        let began = Instant::now();
        let children: Vec<_> =
            (0..2).map(|_| Command::new(&program).arg(ONE_RUN).spawn().expect("a second process")).collect();
        for mut child in children {
            child.wait().expect("the second process ends");
        }
        apart = apart.min(began.elapsed().as_secs_f64());
    }
    println!("\ntwo threads {together:.3} s, two processes {apart:.3} s: {:.2} ×", apart / together);
}

/// The hold model: the next event is taken, and planned again an exponential time ahead.
fn pending() {
    let law = Distribution::exponential(1e9).expect("a mean above 0");
    let hold = |pending: u32| {
        let mut chance = Key::root(1, 0).stream();
        let mut calendar = Calendar::default();
        for slot in 0..pending {
            let at = SimTime::from_nanos(law.sample(&mut chance));
            calendar.plan(at, Event::Finish { pool: NodeId(0), slot });
        }
        let mut best = f64::MAX;
        for _ in 0..ROUNDS {
            let began = Instant::now();
            for _ in 0..CUSTOMERS {
                let event: Packed<Event> = calendar.next(SimTime::NEVER).expect("as many are planned as are taken");
                let at = calendar.now() + Span::from_nanos(law.sample(&mut chance));
                calendar.plan(at, event.unpack());
            }
            best = best.min(began.elapsed().as_secs_f64() * 1e9 / CUSTOMERS as f64);
        }
        best
    };
    let (few, many) = (hold(10), hold(100_000));
    println!("\nan event with 10 pending {few:.1} ns, with 100,000 {many:.1} ns: {:.2} ×", many / few);
}

/// What a value recorded costs, and a draw by name over a plain one.
fn parts() {
    let time = |body: &mut dyn FnMut(u64)| {
        let mut best = f64::MAX;
        for _ in 0..ROUNDS {
            let began = Instant::now();
            (0..CUSTOMERS).for_each(&mut *body);
            best = best.min(began.elapsed().as_secs_f64() * 1e9 / CUSTOMERS as f64);
        }
        best
    };
    let (key, law) = (Key::root(1, 0), Distribution::exponential(1e9).expect("a mean above 0"));
    let mut chance = key.stream();
    let values: Vec<u64> = (0..4096).map(|_| law.sample(&mut chance)).collect();
    let mut seen = Histogram::new();
    let recorded = time(&mut |n| seen.add(values[(n & 4095) as usize]));
    let mut sum = 0u64;
    let read = time(&mut |n| sum = sum.wrapping_add(values[(n & 4095) as usize]));
    let plain = time(&mut |_| sum = sum.wrapping_add(law.sample(&mut chance)));
    let named = time(&mut |n| sum = sum.wrapping_add(law.sample(&mut key.draw(n))));
    black_box((seen.count(), sum));
    println!("\na value recorded {:.1} ns; a draw {plain:.1} ns, by name {named:.1} ns", recorded - read);
}

/// What a request in line with a client's timeout takes.
fn memory() {
    let (request, job, message) = (size_of::<Request>(), size_of::<Job>(), size_of::<Message>());
    println!("\na request {request} bytes, its job {job}: {} in line; a message {message}", request + job);
    let scenario = read(
        "run = { defaults = \"textbook\", length = \"1h\", warm-up = \"0s\", replications = 1 }
         work = { serve = \"1h\" }
         [workload.jobs]
         arrivals = { poisson = { rate = \"10000/s\" } }
         client = { timeout = \"2h\" }
         [topology.one.pool.a]
         steps = [{ work = \"serve\" }]",
    );
    let horizon = Horizon { warm_up: SimTime::START, length: None, until: None };
    let mut world = simulate(&scenario.application, &scenario.topologies[0], Key::root(1, 0), horizon, ());
    let mut resident_at = |millions: u64| {
        world.run_until(SimTime::from_nanos(millions * 100_000_000_000));
        resident().map(|bytes| (bytes, world.model.inside()))
    };
    match (resident_at(1), resident_at(4)) {
        (Some((few, one)), Some((many, four))) => {
            let each = (many - few) as f64 / (four - one) as f64;
            println!("resident growth from {one} to {four} in line: {each:.0} bytes each");
        }
        _ => println!("resident growth: not told by this system"),
    }
}

/// The process's resident memory, where the system tells it as Linux does.
fn resident() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096)
}
