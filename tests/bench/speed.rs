//! Speed: declared systems with full recording, interleaved with naked hand-written loops of the same systems.

mod naked;

use std::time::Instant;

use queuelab::cloud::arrivals::Arrivals;
use queuelab::cloud::fact::Fact;
use queuelab::cloud::topology::*;
use queuelab::cloud::world::{Horizon, simulate};
use queuelab::engine::Observer;
use queuelab::ground::chance::Key;
use queuelab::ground::distribution::Distribution;
use queuelab::ground::stats::Histogram;
use queuelab::ground::time::{SimTime, Span};

#[derive(Default)]
struct Rec {
    h: [Histogram; 4],
    n: [u64; 4],
}
impl Observer<Fact> for Rec {
    #[inline(always)]
    fn saw(&mut self, at: SimTime, fact: &Fact) {
        match *fact {
            Fact::Born { who } => self.n[0] += u64::from(who.counted),
            Fact::Sent { who, .. } => self.n[1] += u64::from(who.counted),
            Fact::Queued { who, .. } => self.n[2] += u64::from(who.counted),
            Fact::Started { who, waited, .. } if who.counted => self.h[0].add(waited.nanos()),
            Fact::Served { who, began, .. } => {
                self.n[3] += 1;
                if who.counted {
                    self.h[1].add((at - began).nanos())
                }
            }
            Fact::Answered { who, born } if who.counted => self.h[2].add((at - born).nanos()),
            Fact::Completed { who, born } if who.counted => self.h[3].add((at - born).nanos()),
            _ => (),
        }
    }
}

fn pool(steps: Vec<Verb>, workers: u32) -> Pool {
    let zero = || Distribution::constant(0);
    Pool {
        steps: steps.into_iter().map(|verb| Step { verb, only: None }).collect(),
        workers: Some(workers),
        slots: 1,
        speed: Speed::ONE,
        room: None,
        line: Discipline::FirstCome,
        no_worker: NoWorker::Refuse,
        platform: Platform::Free,
        life: Life { pending: zero(), boot: zero(), stopping: zero() },
        initially: Initially::Ready,
        scaling: Default::default(),
        scale_in: Held::Finish,
        poll: Poll::default(),
    }
}

fn declared(stations: usize, servers: u32, load: f64, customers: u64, seed: u64) -> f64 {
    let exp = Distribution::exponential(1e9).unwrap();
    let rate = load * f64::from(servers);
    let app = Application {
        workloads: vec![Workload {
            name: "jobs".into(),
            arrivals: Arrivals::Poisson { rate },
            batch: None,
            client: Client::default(),
            size: Distribution::constant(1024),
            answer_size: Distribution::constant(1024),
        }],
        works: (0..stations).map(|n| Work { name: format!("w{n}"), law: Some(exp.clone()) }).collect(),
        faults: vec![],
    };
    let nodes = (0..stations)
        .map(|n| {
            let mut steps = vec![Verb::Work { work: WorkId(n as u16), fails: 0.0, fresh: false }];
            if n + 1 < stations {
                steps.push(Verb::Send { to: vec![NodeId(n as u16 + 1)], size: None, copies: 1 });
            }
            Node { name: format!("p{n}"), kind: NodeKind::Pool(Box::new(pool(steps, servers))) }
        })
        .collect();
    let topology = Topology { name: "t".into(), nodes, entry: vec![NodeId(0)], faults: vec![] };
    let length = SimTime::START + Span::from_nanos((customers as f64 / rate * 1e9) as u64);
    let mut sim = simulate(
        &app,
        &topology,
        Key::root(seed, 0),
        Horizon { warm_up: SimTime::START, length: Some(length) },
        Rec::default(),
    );
    sim.run_until(length);
    sim.observer.h[3].mean().unwrap_or(0.0) / 1e9
}

fn main() {
    let customers: u64 = std::env::var("CUSTOMERS").ok().and_then(|text| text.parse().ok()).unwrap_or(2_000_000);
    let only = std::env::args().nth(1).unwrap_or_default();
    for (name, stations, servers, load) in
        [("M/M/1", 1, 1, 0.9), ("M/M/8", 1, 8, 0.9), ("M/M/1000", 1, 1000, 0.95), ("tandem", 3, 8, 0.9)]
    {
        if !only.is_empty() && only != "--bench" && name != only {
            continue;
        }
        let mut best = [f64::MAX; 3];
        let mut means = [0.0; 3];
        for seed in 1..=std::env::var("SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5u64) {
            let mut time = |which: usize, run: &mut dyn FnMut() -> f64| {
                let began = Instant::now();
                means[which] = run();
                best[which] = best[which].min(began.elapsed().as_secs_f64() * 1e9 / customers as f64);
            };
            if stations == 1 {
                time(0, &mut || naked::slots(servers as usize, load, customers, seed));
            }
            time(1, &mut || naked::ladder(stations, servers, load, customers, seed));
            time(2, &mut || declared(stations, servers, load, customers, seed));
        }
        let naked = best[0].min(best[1]);
        println!(
            "{name:<10} slots {:6.1} ladder {:6.1} declared {:6.1} ns a customer   ratio {:.2}  means {:.3?}",
            best[0],
            best[1],
            best[2],
            naked / best[2],
            means
        );
    }
}
