//! Documents made by hand, for the tests of tables and charts: numbers as a run would give them, and numbers that
//! no run should.

use indexmap::IndexMap;

use crate::experiment::document::{
    BillLine, Difference, Document, Figure, Finding, NodeResult, PriceStamp, SCHEMA, ScenarioStamp, Series, Tail,
    TopologyResult, Verdict,
};
use crate::ground::maths;
use crate::scenario::Defaults;

/// A figure and half the width of its interval.
pub fn figure(value: f64, half: f64, unit: &str) -> Figure {
    Figure { value: Some(value), low: Some(value - half), high: Some(value + half), unit: unit.to_owned() }
}

/// A document with no topology in it.
pub fn empty() -> Document {
    Document {
        schema: SCHEMA.to_owned(),
        program: "queuelab 0.1.0".to_owned(),
        scenario: ScenarioStamp {
            title: "Video upload: monolith, tiers, or a queue?".to_owned(),
            digest: "3f9a12c07be4d1aa90".to_owned(),
            defaults: Defaults::Documented,
        },
        prices: PriceStamp {
            book: "us-east-1".to_owned(),
            digest: "77d0e1b2c3".to_owned(),
            as_of: "2026-03-01".to_owned(),
        },
        seed: 7,
        replications: 20,
        length: 28_800.0,
        warm_up: 1_800.0,
        warm_up_found: false,
        incomplete: false,
        topologies: IndexMap::new(),
        differences: Vec::new(),
        goals: Vec::new(),
        warnings: Vec::new(),
    }
}

/// The main scenario: three architectures, an outage of the processing at 2 h 30 min.
pub fn video() -> Document {
    let mut document = empty();
    document.topologies.insert("monolith".to_owned(), monolith());
    document.topologies.insert("tiered".to_owned(), tiered());
    document.topologies.insert("decoupled".to_owned(), decoupled());
    let pairs = [
        ("completion.p99", "s", "monolith", "tiered", -3.1, 4.0),
        ("completion.p99", "s", "monolith", "decoupled", 181.0, 12.5),
        ("completion.p99", "s", "tiered", "decoupled", 184.0, 12.9),
        ("answer.p99", "s", "monolith", "tiered", -3.1, 4.0),
        ("answer.p99", "s", "monolith", "decoupled", -165.9, 3.6),
        ("answer.p99", "s", "tiered", "decoupled", -162.8, 3.4),
        ("lost", "1", "monolith", "tiered", -0.0004, 0.0011),
        ("lost", "1", "monolith", "decoupled", -0.0213, 0.0021),
        ("lost", "1", "tiered", "decoupled", -0.0209, 0.0019),
        ("cost.month", "$", "monolith", "tiered", -121.4, 6.2),
        ("cost.month", "$", "monolith", "decoupled", -388.1, 9.8),
        ("cost.month", "$", "tiered", "decoupled", -266.7, 9.1),
    ];
    for (of, unit, from, to, value, half) in pairs {
        let Figure { value, low, high, unit } = figure(value, half, unit);
        document.differences.push(Difference {
            of: of.into(),
            from: from.into(),
            to: to.into(),
            value,
            low,
            high,
            unit,
            confidence: 0.95,
            narrowed: Some(0.4),
        });
    }
    let goals = [
        ("completion.p99", 600.0, "monolith", None, None, Finding::Missed),
        ("completion.p99", 600.0, "tiered", None, None, Finding::Missed),
        ("completion.p99", 600.0, "decoupled", Some(347.0), Some(12.1), Finding::Met),
        ("lost", 0.001, "monolith", Some(0.0213), Some(0.0021), Finding::Missed),
        ("lost", 0.001, "tiered", Some(0.0209), Some(0.0019), Finding::Missed),
        ("lost", 0.001, "decoupled", Some(0.0), Some(0.0), Finding::Met),
        ("cost.month", 900.0, "monolith", Some(841.0), Some(0.0), Finding::Met),
        ("cost.month", 900.0, "tiered", Some(895.0), Some(6.2), Finding::Undecided),
        ("cost.month", 900.0, "decoupled", Some(453.0), Some(9.8), Finding::Met),
    ];
    for (of, limit, topology, value, half, verdict) in goals {
        let low = value.zip(half).map(|(value, half)| value - half);
        let high = value.zip(half).map(|(value, half)| value + half);
        let (of, topology) = (of.to_owned(), topology.to_owned());
        document.goals.push(Verdict { of, limit, at_most: true, topology, value, low, high, verdict });
    }
    document
}

/// The same with where the time of requests went.
pub fn timed() -> Document {
    let mut document = video();
    let times = [
        ("tiered", "pool.web", "work", 0.8),
        ("tiered", "pool.web", "answers", 44.3),
        ("tiered", "pool.media", "wait", 12.3),
        ("tiered", "pool.media", "work", 32.0),
        ("decoupled", "pool.web", "work", 0.8),
        ("decoupled", "queue.uploads", "wait", 44.0),
        ("decoupled", "pool.media", "work", 46.3),
        ("decoupled", "pool.media", "way", 0.002),
    ];
    for (topology, node, what, seconds) in times {
        let node = document.topologies[topology].nodes.entry(node.to_owned()).or_default();
        node.figures.insert(format!("time.{what}"), figure(seconds, seconds / 20.0, "s"));
    }
    document
}

/// The same from one replication: nothing has an interval.
pub fn alone() -> Document {
    let mut document = video();
    document.topologies.retain(|name, _| name == "decoupled");
    document.differences.clear();
    document.goals.retain(|goal| goal.topology == "decoupled");
    document.replications = 1;
    let result = &mut document.topologies["decoupled"];
    let nodes = result.nodes.values_mut().flat_map(|node| node.figures.values_mut());
    for figure in result.figures.values_mut().chain(nodes) {
        (figure.low, figure.high) = (None, None);
    }
    document
        .warnings
        .push("`media` is at 97 % of what it can do at the busiest hour: waits depend on chance".to_owned());
    document
}

/// Eight topologies, among them some with nothing measured, infinite, absurdly small and absurdly large figures.
pub fn absurd() -> Document {
    let mut document = empty();
    document.scenario.title = "What <nobody> would & \"should\" ask".to_owned();
    let extremes = [0.0, 1e-300, 1e-12, 1.0, 1e12, 1e300, f64::INFINITY, f64::NAN];
    for (place, extreme) in extremes.into_iter().enumerate() {
        let mut result = decoupled();
        let nodes = result.nodes.values_mut().flat_map(|node| node.figures.values_mut());
        for figure in result.figures.values_mut().chain(nodes) {
            let value = (place != 3).then_some(extreme);
            *figure = Figure { value, low: value, high: value.map(|value| value * 1.5), unit: figure.unit.clone() };
        }
        for values in result.series.first.values_mut() {
            values.iter_mut().for_each(|value| *value *= extreme);
        }
        if place.is_multiple_of(2) {
            result.series = Series { step: extreme, ..Series::default() };
            result.tails.clear();
            result.bill.clear();
        }
        for tail in result.tails.values_mut() {
            tail.points.iter_mut().for_each(|(seconds, _)| *seconds *= extreme);
        }
        for line in &mut result.bill {
            line.cost = "not a number".to_owned();
        }
        let name = if place == 7 { "../<&'\">".to_owned() } else { format!("a-rather-long-name-{place}") };
        document.topologies.insert(name, result);
    }
    for of in ["completion.p99", "lost", "cost.month", "availability"] {
        let value = Some(f64::INFINITY);
        let (topology, verdict) = ("a-rather-long-name-6".to_owned(), Finding::Missed);
        let (of, limit) = (of.to_owned(), 1e-300);
        document.goals.push(Verdict { of, limit, at_most: true, topology, value, low: None, high: None, verdict });
    }
    document.length = f64::INFINITY;
    document
}

/// Uploads a second, cell by cell of a minute: 2 a minute, 20 a minute between 2 h and 3 h, and ramps.
fn arrivals(cell: usize) -> f64 {
    let minute = cell as f64;
    let level = match minute {
        m if m < 120.0 => 2.0 + 18.0 * m / 120.0,
        m if m < 180.0 => 20.0,
        m if m < 300.0 => 20.0 - 18.0 * (m - 180.0) / 120.0,
        _ => 2.0,
    };
    (level * (1.0 + 0.25 * noise(cell))).max(0.0) / 60.0
}

/// Between −1 and 1, always the same.
fn noise(cell: usize) -> f64 {
    let mixed =
        (cell as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed >> 40) as f64 / f64::from(1 << 23) - 1.0
}

const CELLS: usize = 480;
const OUTAGE: std::ops::Range<usize> = 150..154;

fn monolith() -> TopologyResult {
    let mut result = TopologyResult::default();
    latencies(&mut result, "answer", [46.9, 38.2, 118.4, 167.0], 3.6);
    latencies(&mut result, "completion", [46.9, 38.2, 118.4, 167.0], 3.6);
    whole(&mut result, &[("down", 0.0161), ("crashed", 0.0052)], 841.0, 0.0, 0.61);
    pool(&mut result, "app", 6.0, 0.0, 0.39);
    line(&mut result, ["pool.app", "ec2.m5.xlarge", "172800", "s", "0.192", "3600", "9.216"]);
    coupled(&mut result, "app", |_| 6.0, 4.0);
    tail(&mut result, "answer", 38.2, 0.62, 2_310, 50);
    tail(&mut result, "completion", 38.2, 0.62, 2_310, 50);
    result
}

fn tiered() -> TopologyResult {
    let mut result = TopologyResult::default();
    latencies(&mut result, "answer", [46.1, 37.8, 117.2, 163.9], 3.4);
    latencies(&mut result, "completion", [46.1, 37.8, 117.2, 163.9], 3.4);
    whole(&mut result, &[("down", 0.0162), ("crashed", 0.0038), ("timed-out", 0.0009)], 895.0, 6.2, 0.55);
    pool(&mut result, "web", 2.0, 0.0, 0.08);
    pool(&mut result, "media", 10.4, 0.12, 0.44);
    line(&mut result, ["pool.web", "ec2.t3.medium", "57600", "s", "0.0416", "3600", "0.6656"]);
    line(&mut result, ["pool.media", "ec2.c5.large", "371880", "s", "0.085", "3600", "8.7805"]);
    line(&mut result, ["balancer.edge", "elb.alb.hour", "8", "h", "0.0225", "1", "0.18"]);
    line(&mut result, ["balancer.inner", "elb.alb.hour", "8", "h", "0.0225", "1", "0.18"]);
    line(&mut result, ["balancer.edge", "elb.alb.lcu", "0.41", "LCU-h", "0.008", "1", "0.00328"]);
    coupled(&mut result, "media", |cell| if (90..240).contains(&cell) { 16.0 } else { 5.0 }, 2.0);
    let web = result.series.first["pool.media.ready"].iter().map(|_| 2.0).collect::<Vec<f64>>();
    for what in ["ready", "desired"] {
        result.series.first.insert(format!("pool.web.{what}"), web.clone());
        result.series.values.insert(format!("pool.web.{what}"), web.clone());
    }
    tail(&mut result, "answer", 37.8, 0.61, 2_310, 49);
    tail(&mut result, "completion", 37.8, 0.61, 2_310, 49);
    result
}

fn decoupled() -> TopologyResult {
    let mut result = TopologyResult::default();
    latencies(&mut result, "answer", [0.81, 0.66, 1.98, 2.91], 0.03);
    latencies(&mut result, "completion", [93.1, 74.0, 221.0, 347.0], 12.1);
    whole(&mut result, &[], 453.0, 9.8, 0.31);
    pool(&mut result, "web", 2.0, 0.0, 0.08);
    pool(&mut result, "media", 4.42, 0.11, 0.69);
    let queue = [("visible", 11.2, 0.9), ("in-flight", 6.1, 0.2)];
    let node = result.nodes.entry("queue.uploads".to_owned()).or_default();
    node.figures.extend(queue.map(|(name, value, half)| (name.to_owned(), figure(value, half, "1"))));
    line(&mut result, ["pool.web", "ec2.t3.medium", "57600", "s", "0.0416", "3600", "0.6656"]);
    line(&mut result, ["pool.media", "ec2.c5.large", "174600", "s", "0.085", "3600", "4.1225"]);
    line(&mut result, ["pool.media", "ebs.gp3", "0.0021", "GB-month", "0.08", "1", "0.000168"]);
    line(&mut result, ["queue.uploads", "sqs.standard.requests", "441000", "request", "0.4", "1000000", "0.1764"]);
    queued(&mut result);
    tail(&mut result, "answer", 0.66, 0.65, 2_360, 0);
    tail(&mut result, "completion", 74.0, 0.66, 2_360, 0);
    result
}

fn latencies(result: &mut TopologyResult, what: &str, [mean, p50, p95, p99]: [f64; 4], half: f64) {
    for (part, value) in [("mean", mean), ("p50", p50), ("p95", p95), ("p99", p99)] {
        result.figures.insert(format!("{what}.{part}"), figure(value, half * value / p99, "s"));
        let spread = [-1.0, 0.5, 1.0, -0.5].map(|step| Some(value + step * half * value / p99));
        result.replications.insert(format!("{what}.{part}"), spread.to_vec());
    }
}

fn whole(result: &mut TopologyResult, losses: &[(&str, f64)], month: f64, half: f64, wasted: f64) {
    let lost: f64 = losses.iter().map(|(_, share)| share).sum();
    result.figures.insert("availability".to_owned(), figure(1.0 - lost, lost / 10.0, "1"));
    result.figures.insert("goodput".to_owned(), figure(0.0821 * (1.0 - lost), 0.0006, "1/s"));
    result.figures.insert("lost".to_owned(), figure(lost, lost / 10.0, "1"));
    for (reason, share) in losses {
        result.figures.insert(format!("lost.{reason}"), figure(*share, share / 9.0, "1"));
    }
    let run = 28_800.0 / (730.0 * 3_600.0);
    result.figures.insert("cost.total".to_owned(), figure(month * run, half * run, "$"));
    result.figures.insert("cost.wasted".to_owned(), figure(wasted, 0.004, "1"));
    result.figures.insert("cost.million".to_owned(), figure(month * run / 2_360e-6, half * run / 2_360e-6, "$"));
    result.figures.insert("cost.month".to_owned(), figure(month, half, "$"));
}

fn pool(result: &mut TopologyResult, name: &str, ready: f64, half: f64, utilisation: f64) {
    let mut node = NodeResult::default();
    node.figures.insert("workers.ready".to_owned(), figure(ready, half, "1"));
    node.figures.insert("utilisation".to_owned(), figure(utilisation, 0.01, "1"));
    result.nodes.insert(format!("pool.{name}"), node);
}

/// Node, item, quantity, unit, price, per, cost.
fn line(result: &mut TopologyResult, written: [&str; 7]) {
    let [node, item, quantity, unit, price, per, cost] = written.map(str::to_owned);
    let (as_of, source) = ("2026-03-01".to_owned(), "provider price list".to_owned());
    let (exact, rounding, wasted) = (None, None, None);
    result.bill.push(BillLine { node, item, quantity, unit, price, per, cost, as_of, source, exact, rounding, wasted });
}

/// Callers wait: the outage loses what comes.
fn coupled(result: &mut TopologyResult, pool: &str, ready: impl Fn(usize) -> f64, slots: f64) {
    let mut series = Series { step: 60.0, ..Series::default() };
    for cell in 0..CELLS {
        let away = OUTAGE.contains(&cell);
        let come = arrivals(cell);
        let busy = if away { 0.0 } else { (arrivals(cell.saturating_sub(1)) * 46.0).min(ready(cell) * slots) };
        let levels = [
            ("arrivals", come),
            ("completions", busy / 46.0),
            ("lost", if away { come } else { 0.0 }),
            (
                &format!("pool.{pool}.line"),
                if away { 0.0 } else { (busy / (ready(cell) * slots) - 0.6).max(0.0) * 9.0 },
            ),
            (&format!("pool.{pool}.busy"), busy),
            (&format!("pool.{pool}.slots"), ready(cell) * slots),
            (&format!("pool.{pool}.ready"), ready(cell)),
            (&format!("pool.{pool}.desired"), ready(cell)),
            (&format!("pool.{pool}.away"), f64::from(u8::from(away))),
        ];
        push(&mut series, &levels);
    }
    result.series = series;
}

/// A queue holds: workers follow its length every five minutes, a minute and a half late.
fn queued(result: &mut TopologyResult) {
    let mut series = Series { step: 60.0, ..Series::default() };
    let (mut backlog, mut ready, mut booting, mut desired) = (0.0_f64, 0.0_f64, 0.0, 0.0_f64);
    for cell in 0..CELLS {
        let away = OUTAGE.contains(&cell);
        let come = arrivals(cell) * 60.0;
        ready += booting;
        booting = 0.0;
        if cell % 5 == 4 {
            desired = (backlog / 4.0).ceil();
            if desired > ready {
                booting = desired - ready;
            } else {
                ready = desired.max((ready * 0.8).floor());
            }
        }
        let done = if away { 0.0 } else { (backlog + come).min(ready * 2.0 * 60.0 / 45.0) };
        backlog += come - done;
        let flying = if away { 0.0 } else { (ready * 2.0).min(backlog) };
        let levels = [
            ("arrivals", come / 60.0),
            ("completions", done / 60.0),
            ("lost", 0.0),
            ("queue.uploads.visible", backlog - flying),
            ("queue.uploads.in-flight", flying),
            ("pool.web.ready", 2.0),
            ("pool.web.desired", 2.0),
            ("pool.media.busy", flying),
            ("pool.media.slots", ready * 2.0),
            ("pool.media.ready", ready),
            ("pool.media.booting", booting),
            ("pool.media.desired", desired),
            ("pool.media.away", f64::from(u8::from(away))),
        ];
        push(&mut series, &levels);
    }
    result.series = series;
}

fn push(series: &mut Series, levels: &[(&str, f64)]) {
    for (name, level) in levels {
        series.values.entry((*name).to_owned()).or_default().push(*level);
        series.first.entry((*name).to_owned()).or_default().push(*level);
    }
}

/// A lognormal tail about its median, as finely as a histogram of 20 replications has it.
fn tail(result: &mut TopologyResult, what: &str, median: f64, sigma: f64, measured: u64, lost: u64) {
    let points = (0..160).map(|step| {
        let z = -3.0 + f64::from(step) * 0.045;
        let seconds = median * maths::exp(sigma * z);
        (seconds, 0.5 * maths::erfc(z / 2.0_f64.sqrt()))
    });
    let points = points.take_while(|(_, share)| *share > 1.0 / (measured * 20) as f64).collect();
    result.tails.insert(what.to_owned(), Tail { points, measured: measured * 20, lost: lost * 20 });
}

/// Compares a text with its snapshot in `src/report/snapshots`; `QUEUELAB_SNAPSHOTS=write` writes it anew, to be
/// reviewed like any other change.
pub fn held(name: &str, text: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/snapshots").join(name);
    if std::env::var("QUEUELAB_SNAPSHOTS").is_ok_and(|what| what == "write") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == text, "{name} is not its snapshot; QUEUELAB_SNAPSHOTS=write accepts this:\n{text}");
}
