//! The way of a whole text, from TOML to a world's plan.

use std::collections::BTreeMap;

use crate::cloud::arrivals::Arrivals;
use crate::cloud::scaling::{Policy, Reading, Scaling};
use crate::cloud::topology::{Harm, NodeId, NodeKind, Outage, Pool, Verb};
use crate::scenario::tree::{Tree, Value};
use crate::scenario::*;

/// Files by name.
#[derive(Default)]
struct Files(BTreeMap<&'static str, &'static [u8]>);

impl Loader for Files {
    fn load(&self, path: &str) -> Result<Vec<u8>, String> {
        self.0.get(path).map(|bytes| bytes.to_vec()).ok_or_else(|| "there is no such file".to_owned())
    }
}

struct Folder;

impl Loader for Folder {
    fn load(&self, path: &str) -> Result<Vec<u8>, String> {
        std::fs::read(format!("scenarios/{path}")).map_err(|error| error.to_string())
    }
}

fn told(source: &Source, complaints: &[Complaint]) -> String {
    complaints.iter().map(|complaint| complaint.plain(source) + "\n").collect()
}

fn read_with(text: &str, changes: &[(&str, &str)]) -> Result<Scenario, String> {
    let source = Source::new("test.toml", text);
    let changes: Vec<Change> =
        changes.iter().map(|(path, value)| Change { path: (*path).to_owned(), value: (*value).to_owned() }).collect();
    read(&source, &Files::default(), &changes).map_err(|complaints| told(&source, &complaints))
}

fn good(text: &str) -> Scenario {
    read_with(text, &[]).unwrap_or_else(|told| panic!("{told}"))
}

fn shipped(name: &str, changes: &[Change]) -> Scenario {
    let source = Source::new(name, std::fs::read_to_string(format!("scenarios/{name}")).unwrap());
    read(&source, &Folder, changes).unwrap_or_else(|complaints| panic!("{}", told(&source, &complaints)))
}

fn pool<'a>(scenario: &'a Scenario, topology: &str, name: &str) -> &'a Pool {
    let topology = scenario.topologies.iter().find(|one| one.name == topology).unwrap();
    match &topology.nodes.iter().find(|node| node.name == name).unwrap().kind {
        NodeKind::Pool(pool) => pool,
        other => panic!("{name} is {other:?}"),
    }
}

/// Scenarios that are there to show what a warning warns of.
const POINTS: &[(&str, &str)] = &[
    ("retry-storm.toml", "W107"),
    ("stuck-at-zero.toml", "W105"),
    ("flapping.toml", "W109"),
    ("visibility-too-short.toml", "W103"),
    ("lambda-throttle-trap.toml", "W121"),
    ("cron-nightly.toml", "W116"),
];

#[test]
fn every_scenario_that_is_shipped_is_read_without_a_complaint_but_its_point() {
    for entry in std::fs::read_dir("scenarios").unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".toml") {
            let mut scenario = shipped(&name, &[]);
            let told_before = scenario.warnings.len();
            scenario.warnings.retain(|warning| !POINTS.contains(&(name.as_str(), warning.code)));
            let its_point = POINTS.iter().any(|(file, _)| *file == name);
            assert_eq!(its_point, scenario.warnings.len() < told_before, "{name} warns of its point");
            let source = Source::new(name.clone(), std::fs::read_to_string(format!("scenarios/{name}")).unwrap());
            assert!(scenario.warnings.is_empty(), "{}", told(&source, &scenario.warnings));
            assert!(scenario.title.ends_with('?'), "the title of {name} asks");
        }
    }
}

#[test]
fn nodes_are_numbered_in_the_order_of_the_file() {
    let scenario = shipped("video-upload.toml", &[]);
    let names: Vec<&str> = scenario.topologies.iter().map(|topology| topology.name.as_str()).collect();
    assert_eq!(names, ["monolith", "tiered", "balanced", "decoupled", "micro", "ecs", "functions"]);
    let decoupled = &scenario.topologies[3];
    let nodes: Vec<&str> = decoupled.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(nodes, ["web", "uploads", "failed", "media"]);
    assert_eq!(decoupled.entry, [NodeId(0)]);
    let NodeKind::Queue(uploads) = &decoupled.nodes[1].kind else { panic!("a queue") };
    assert_eq!((uploads.to.as_slice(), uploads.dead_letters.unwrap().to), (&[NodeId(3)][..], NodeId(2)));
    let Scaling::Group(group) = &pool(&scenario, "decoupled", "media").scaling else { panic!("a group") };
    assert_eq!((group.min, group.desired, group.max), (0, 0, 1337));
    assert_eq!(pool(&scenario, "decoupled", "media").workers, Some(0));
    let Policy::QueueLength(rule) = &group.policies[0] else { panic!("the queue's length") };
    assert_eq!((&rule.metric.what, rule.metric.of), (&Reading::Backlog, NodeId(1)));
}

/// 20/min × (0.8 + 45 + 0.3) s = 15.4 slots: every design has at least 24, half as much again.
#[test]
fn every_design_of_the_main_scenario_is_sized_for_the_same_peak() {
    let scenario = shipped("video-upload.toml", &[]);
    let slots = |topology, name| {
        let pool = pool(&scenario, topology, name);
        let workers = match &pool.scaling {
            Scaling::Group(group) => group.max,
            _ => pool.workers.unwrap(),
        };
        workers * pool.slots
    };
    assert_eq!(slots("monolith", "app"), 24);
    assert_eq!(slots("tiered", "media"), 32);
    assert_eq!(slots("balanced", "media"), 32);
    assert!(slots("decoupled", "media") >= 24);
    assert_eq!((slots("micro", "process"), slots("ecs", "media")), (24, 24));
}

#[test]
fn an_outage_of_a_node_hits_every_topology_that_has_it() {
    let scenario = shipped("processing-outage.toml", &[]);
    assert!(scenario.application.faults.is_empty());
    for topology in &scenario.topologies {
        let media = topology.nodes.iter().position(|node| node.name == "media").unwrap();
        let what = &topology.faults[0].what;
        assert!(matches!(what, Harm::Outage(Outage::Node(node)) if *node == NodeId::at(media)), "{what:?}");
    }
}

#[test]
fn times_of_the_calendar_become_instants_of_the_run() {
    let scenario = shipped("overnight-batch.toml", &[]);
    let Scaling::Timetable(rows) = &pool(&scenario, "timetable", "converter").scaling else { panic!("a timetable") };
    let rows: Vec<(f64, u32)> = rows.iter().map(|row| (row.at.seconds() / 3_600.0, row.workers)).collect();
    assert_eq!(rows, [(1.0, 4), (5.0, 0), (25.0, 4), (29.0, 0)]);
}

/// The scenarios of the grammar's own catalogue, as far as this version goes.
#[test]
fn the_catalogue_of_textbook_stations_is_read() {
    let scenario = good(
        r#"
run = { defaults = "textbook", length = "12h", warm-up = "1h" }
workload.jobs.arrivals = { poisson = { rate = "0.8/s" } }
work = { serve = { exponential = "1s" }, other = { lognormal = { mean = "1s", scv = 4 } }, nothing = "0s" }
[topology]
mmc.pool.a = { steps = [{ work = "serve" }], workers = 2 }
mmck.pool.a = { steps = [{ work = "serve" }], workers = 2, room = 3 }
tandem.pool = { a = { steps = [{ work = "serve" }, { send = "b" }], workers = 2 }, b = { steps = [{ work = "other" }] } }
periodic.pool.a = { steps = [{ work = "serve" }], boot = "2s", scale-in = { held = "finish" }, scaling = { asg = { min = 1, max = 4, policies = [
  { queue-length = { metric = "backlog", per-worker = 2, every = "5s" } }] } } }
balancing = { balancer.b = { to = "a", routing = "power-of-two", ties = "random" }, pool.a = { steps = [{ work = "serve" }], workers = 3 } }
redelivery.queue = { q = { to = "a", max-receive-count = 4, dead-letters = "dead", dead-letter-at = "last-failure", returned = "last" }, dead = {} }
redelivery.pool.a = { steps = [{ work = "serve", fails = "20%", fresh = true }], workers = 2, poll = { on-error = { exponential = "3s" } } }
"#,
    );
    assert_eq!(scenario.warnings, []);
    assert_eq!(scenario.topologies.len(), 6);
    let dead = &scenario.topologies[5];
    // The queue is the entry: no edge leads to it, and it has somebody who receives.
    assert_eq!(dead.nodes[dead.entry[0].index()].name, "q");
    let Verb::Work { fails, fresh, .. } = &pool(&scenario, "redelivery", "a").steps[0].verb else { panic!("work") };
    assert_eq!((*fails, *fresh), (0.2, true));
}

#[test]
fn the_catalogue_of_callers_is_read() {
    let scenario = good(
        r#"
run = { defaults = "textbook", length = "2h" }
work = { serve = { exponential = "1s" }, quick = { exponential = "500ms" } }
[workload]
erlang-a = { arrivals = { poisson = { rate = "10/s" } }, client = { patience = { exponential = "3s" } } }
gimc = { arrivals = { renewal = { gap = { erlang = { shape = 2, mean = "1250ms" } } } } }
batches = { arrivals = { poisson = { rate = "0.02/s" } }, batch = { geometric = 5 } }
retrial = { arrivals = { poisson = { rate = "3/s" } }, client = { retry = { attempts = "unlimited", backoff = { wait = { exponential = "1s" } } } } }
closed-loop = { arrivals = { users = { count = 20, think = { exponential = "10s" } } } }
transient = { arrivals = { profile = { shape = "steps", points = [["0s", "0.5/s"], ["10s", "3/s"], ["30s", "0.5/s"]] } } }
bursty = { arrivals = { bursts = { calm = { rate = "0/s", lasts = { exponential = "10s" } }, burst = { rate = "2/s", lasts = "5s" } } } }
gold = { arrivals = { poisson = { rate = "0.3/s" } } }
bronze = { arrivals = { poisson = { rate = "0.3/s" } } }
[topology.all]
entry = { erlang-a = "eight", gimc = "two", batches = "two", retrial = "full", closed-loop = "two", transient = "any", bursty = "any", gold = "rank", bronze = "rank" }
pool.two = { steps = [{ work = "serve" }], workers = 2 }
pool.eight = { steps = [{ work = "serve" }], workers = 11 }
pool.full = { steps = [{ work = "serve" }], workers = 5, room = 0 }
pool.any = { steps = [{ work = "serve" }], workers = "unlimited" }
pool.rank = { steps = [{ work = "quick", for = "gold" }, { work = "serve", for = "bronze" }], line = { priority = { order = ["gold", "bronze"], preempts = true } } }
"#,
    );
    let codes: Vec<&str> = scenario.warnings.iter().map(|warning| warning.code).collect();
    assert!(codes.iter().all(|code| *code == "W301"), "{codes:?}");
    assert!(scenario.application.workloads[2].batch.as_ref().is_some_and(|batch| (batch.mean() - 5.0).abs() < 1e-9));
    assert_eq!(pool(&scenario, "all", "any").workers, None);
}

#[test]
fn the_catalogue_of_paper_traces_is_read() {
    let scenario = good(
        r#"
run = { defaults = "textbook", length = "240s" }
prices.own = { "ec2.m5.large" = "$0.0960/h", "sqs.standard" = "$0.40/million" }
work = { pre = "1s", post = "1s" }
[workload.r]
client = { timeout = "5s", abandoned = "finish", retry = { attempts = 3, backoff = { wait = "2s" } } }
arrivals.scripted = [
  { at = "0s", name = "r1", work = { app = "4s" } },
  { at = "2.5s", name = "r2", work = { app = "2s" }, fails = { app = [1, 2] } },
]
[topology]
shared-line.pool.w = { steps = [{ work = "app" }], workers = 2, platform = { ec2 = { type = "m5.large" } }, scaling = { schedule = [{ at = "100s", workers = 1 }] } }
load-balanced = { balancer.lb = { to = "i", routing = "least-outstanding" }, pool.i = { steps = [{ work = "app" }], workers = 2 } }
sync-tiers.pool.web = { steps = [{ work = "pre" }, { call = "app" }, { work = "post" }], workers = 2 }
sync-tiers.pool.app = { steps = [{ work = "app" }], workers = 0, boot = "10s", scaling = { schedule = [{ at = "20s", workers = 1 }] } }
queue-chain.pool.web = { steps = [{ work = "pre" }, { send = "q" }] }
queue-chain.queue.q.to = "app"
queue-chain.pool.app = { steps = [{ work = "app" }], initially = "launched", pending = "10s", boot = "20s", platform = { machine = { price = "$0.0360/h" } } }
monolith = { fault.outage.crash = { component = "post", at = "12s", lasts = "20s" }, pool.app = {
  steps = [{ work = "pre" }, { work = "app" }, { work = "post" }], stopping = "15s", pending = "10s", boot = "30s",
  scaling.vertical = { sizes = [{ type = "m5.large" }, { type = "m5.xlarge", speed = 2 }], at = [["120s", 2]], change = "5s" } } }
queue-asg = { queue.q.to = "w", pool.w = { steps = [{ work = "app" }], pending = "10s", boot = "50s", scaling.asg = { max = 1337, cooldown = "60s", policies = [
  { queue-length = { every = "40s", shrinks = "when-empty" } }] } } }
"#,
    );
    assert_eq!(scenario.warnings, []);
    let works: Vec<(&str, bool)> =
        scenario.application.works.iter().map(|work| (work.name.as_str(), work.law.is_some())).collect();
    assert_eq!(works, [("pre", true), ("post", true), ("app", false)]);
    let Arrivals::Instants(rows) = &scenario.application.workloads[0].arrivals else { panic!("a script") };
    assert_eq!(rows[1].fails.iter().map(|fail| fail.1).collect::<Vec<_>>(), [1, 2]);
    let Scaling::Vertical(vertical) = &pool(&scenario, "monolith", "app").scaling else { panic!("sizes") };
    assert_eq!((vertical.sizes[1].speed.work, vertical.at[0].1), (2, 1));
}

#[test]
fn json_of_the_same_shape_is_the_same_scenario() {
    let toml = good(
        "run = { length = \"1h\" }\nworkload.a.arrivals = { even = { rate = \"12/min\" } }\nwork.w = \"2s\"\ntopology.t.pool.p.steps = [{ work = \"w\" }]\n",
    );
    let json = good(
        r#"{ "run": { "length": "1h" }, "workload": { "a": { "arrivals": { "even": { "rate": "12/min" } } } },
        "work": { "w": "2s" }, "topology": { "t": { "pool": { "p": { "steps": [{ "work": "w" }] } } } } }"#,
    );
    assert_eq!(format!("{:?}", toml.application), format!("{:?}", json.application));
    assert_eq!(format!("{:?}", toml.topologies), format!("{:?}", json.topologies));
    let Arrivals::Even { every, .. } = toml.application.workloads[0].arrivals else { panic!("even") };
    assert_eq!(every, Span::from_secs(5));
}

const SMALL: &str = "run = { length = \"1h\" }\nworkload.a.arrivals = { poisson = { rate = \"12/min\" } }\nwork.w = \"2s\"\ntopology.t.pool.p.steps = [{ work = \"w\" }]\n";

#[test]
fn settings_beside_the_file_take_the_place_of_those_in_it() {
    let scenario =
        read_with(SMALL, &[("topology.t.pool.p.workers", "4"), ("run.length", "2h"), ("title", "Why?")]).unwrap();
    assert_eq!(pool(&scenario, "t", "p").workers, Some(4));
    assert_eq!(scenario.run.length, Some(Span::from_secs(7_200)));
    assert_eq!(scenario.title, "Why?");
    assert_ne!(scenario.digest, good(SMALL).digest);
}

#[test]
fn a_wrong_setting_beside_the_file_says_where_it_comes_from() {
    let answer = read_with(SMALL, &[("topology.t.pool.p.workers", "-3")]).unwrap_err();
    let expected = "test.toml:4:17: error[E007]: -3 is negative, and this counts something (set by `--set topology.t.pool.p.workers=-3`)\n  = help: `explain workers` tells how it is written\n";
    assert_eq!(answer, expected);
    let answer = read_with(SMALL, &[("topology.tt.pool.p.workers", "3")]).unwrap_err();
    assert_eq!(
        answer,
        "test.toml: error[E010]: `--set topology.tt.pool.p.workers=3`: `topology` has nothing called `tt`\n  = help: did you mean `t`?\n"
    );
    let answer = read_with(SMALL, &[("topology.t.pool.p.workesr", "3")]).unwrap_err();
    assert!(answer.contains("did you mean `workers`?"), "{answer}");
}

#[test]
fn the_digest_follows_every_file_that_is_named() {
    let text = SMALL.replace(
        "{ poisson = { rate = \"12/min\" } }",
        "{ trace = { file = \"a.csv\", time = \"t\", value = \"v\" } }",
    );
    let digest = |bytes: &'static [u8]| {
        let files = Files(BTreeMap::from([("a.csv", bytes)]));
        read(&Source::new("test.toml", text.clone()), &files, &[]).unwrap().digest
    };
    assert_eq!(digest(b"t,v\n0,1\n60,2\n"), digest(b"t,v\n0,1\n60,2\n"));
    assert_ne!(digest(b"t,v\n0,1\n60,2\n"), digest(b"t,v\n0,1\n60,3\n"));
    assert_eq!(digest(b"t,v\n0,1\n60,2\n").len(), 64);
}

#[test]
fn every_word_is_explained() {
    let words = words();
    for word in &words {
        assert!(!word.about.is_empty() || word.place.ends_with("NAME"), "{} has no sentence", word.place);
    }
    for word in ["law", "figures", "poisson", "queue-length", "visibility-timeout", "answer", "E101", "W101", "hpa"] {
        assert!(words.iter().any(|known| known.word == word), "{word} can't be explained");
    }
}

#[test]
fn the_schema_names_its_draft_and_every_table() {
    let schema: serde_json::Value = serde_json::from_str(&schema()).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    for table in ["run", "prices", "workload", "work", "goal", "fault", "topology"] {
        assert!(schema["properties"].get(table).is_some(), "{table}");
    }
    assert_eq!(schema["additionalProperties"], false);
}

/// A scenario that has every table at least once, so that every default can be written into it.
const FULL: &str = r#"
run = { defaults = "textbook", length = "1h", replications = { precision = "5%", of = "lost" } }
prices = {}
work = { w = "2s" }
component.w = {}
[workload]
even = { arrivals = { even = { every = "5s" } }, groups = { count = 3 }, client = { timeout = "1min", retry = { backoff = { doubling = {} }, throttled-backoff = { doubling = {} }, budget = {} } } }
profile = { arrivals = { profile = { points = [["0h", "2/min"]] } }, client = { timeout = "1min", retry = { backoff = { full-jitter = {} }, throttled-backoff = { full-jitter = {} }, budget = {} } } }
sine = { arrivals = { sine = { mean = "2/min", amplitude = "1/min", period = "1h" } } }
counts = { arrivals = { trace = { file = "c.csv", time = "t", value = "v" } }, client = { retry = { backoff = { equal-jitter = {} }, throttled-backoff = { equal-jitter = {} }, budget = {} } } }
rows = { arrivals = { trace = { file = "c.csv", time = "t", work = { w = "v" } } }, client = { retry = { backoff = { decorrelated = {} }, throttled-backoff = { decorrelated = {} }, budget = {} } } }
[fault.outage.o]
component = "w"
at = "10min"
[fault.crash.c]
pool = "p"
every = "10min"
lasts = "1min"
[fault.stop.s]
pool = "z"
at = "15min"
[fault.zone.z]
zone = "a"
at = "30min"
[fault.link.l]
from = "p"
to = "c"
delay = "1s"
loss = "1%"
at = "40min"
[fault.reclaim.r]
pool = "c"
at = "20min"
[fault.slow.s]
component = "w"
factor = 2
at = "5min"
[fault.poison.p]
component = "w"
share = "1%"
at = "0s"
[fault.throttle.t]
node = "q"
share = "1%"
at = "5min"
[topology.t]
entry = "lb"
metrics = {}
account.retry = {}
fault.outage.o = { component = "w", at = "20min" }
fault.crash.c = { pool = "p", every = "10min", lasts = "1min" }
fault.stop.s = { pool = "z", at = "25min" }
zones = ["a", "b"]
fault.zone.z = { zone = "a", at = "50min", lasts = "1min" }
fault.link.l = { from = "p", to = "k", delay = "1s", loss = "1%", at = "50min" }
network = {}
fault.reclaim.r = { pool = "c", every = "10h" }
fault.slow.s = { pool = "p", factor = 2, at = "5min" }
fault.poison.p = { component = "w", share = "1%", at = "0s" }
fault.throttle.t = { node = "q", share = "1%", at = "5min" }
balancer.lb = { to = "p", health-check = {} }
bucket.b = { bus = "default" }
bus.default = { archive = "7d", replay.again = { at = "10min" }, rule.r = { schedule = { every = "5min" }, to = "q", input = {  template = "now" }, retry = { backoff = { doubling = {} } } }, rule.i = { pattern = { source = ["my.shop"] }, to = "q", retry = { backoff = { full-jitter = {} } } }, rule.j = { pattern-json = '{"source": ["aws.s3"]}', to = "q", retry = { backoff = { equal-jitter = {} } } }, rule.k = { pattern = { source = ["aws.ec2"] }, to = "q", retry = { backoff = { decorrelated = {} } } } }
service.s = {}
function.fn = { steps = [{ work = "w" }, { call = "v", breaker = { slow = {} }, retry = { backoff = { doubling = {} }, throttled-backoff = { doubling = {} }, budget = {} } }, { call = "v", retry = { backoff = { full-jitter = {} }, throttled-backoff = { full-jitter = {} }, budget = {} } }, { call = "v", retry = { backoff = { equal-jitter = {} }, throttled-backoff = { equal-jitter = {} }, budget = {} } }, { call = "v", retry = { backoff = { decorrelated = {} }, throttled-backoff = { decorrelated = {} }, budget = {} } }, { send = "q" }, { put = "b" }, { event = { source = "my.shop", detail-type = "Order Placed" } }, { act = { launch-instances = { pool = "z" } } }, { act = { redrive = { queue = "d" } } }, { choose = [{ share = "50%", steps = [] }], draw = "d" }], provisioned-concurrency = { max = 3, schedule = [{ at = "10min", min = 2 }] }, async = { throttled = {} } }
queue.q = { to = "g", max-receive-count = 2, dead-letters = "d" }
queue.d = {}
queue.t = { fair = true, noisy = {} }
queue.f = { fifo = true, high-throughput = true }
pool.p = { steps = [{ work = "w" }, { call = "k" }, { call = "c", retry = { backoff = { doubling = {} }, throttled-backoff = { doubling = {} }, budget = {} } }, { send = "q" }, { put = "b" }, { send = "s" }, { event = { source = "my.shop", detail-type = "Order Placed" } }, { choose = [{ share = "50%", steps = [{ work = "w" }] }] }], platform = { machine = { price = "$1/h" } }, scale-in = {} }
cluster.one = { type = "m5.large" }
cluster.some = { type = "m5.large", machines = { cluster-autoscaler = { max = 3 } } }
cluster.tasks = { type = "m5.large", machines = { managed = { max = 3 } } }
pool.u = { steps = [], platform = { ecs = { cluster = "tasks" } } }
cluster.some-tasks = { type = "m5.large", retry = {} }
cluster.any = { type = "m5.large", machines = { karpenter = {} } }
pool.x = { steps = [], platform = { kubernetes = { cluster = "one" } } }
pool.za = { steps = [], platform = { ecs = { cluster = "some-tasks" } } }
pool.y = { steps = [], platform = { fargate = { cpu = 1, memory = "2GiB" } } }
pool.z = { steps = [{ act = { launch-instances = { pool = "z" } } }, { act = { redrive = { queue = "d" } } }] }
pool.k = { steps = [{ call = "v", breaker = { slow = {} } }] }
pool.c = { line = { priority = { order = ["even"], preempts = true } }, steps = [{ call = "v", retry = { backoff = { full-jitter = {} }, throttled-backoff = { full-jitter = {} }, budget = {} } }, { call = "v", retry = { backoff = { equal-jitter = {} }, throttled-backoff = { equal-jitter = {} }, budget = {} } }, { call = "v", retry = { backoff = { decorrelated = {} }, throttled-backoff = { decorrelated = {} }, budget = {} } }], platform = { ec2 = { type = "m5.large", spot = "50%" } } }
pool.v = { steps = [], poll = {}, batch = {}, admission = { codel = {} }, scaling = { vertical = { sizes = [{ type = "m5.large" }], at = [["10min", 1]] } } }
pool.h = { steps = [], scaling = { hpa = { max = 9, metrics = [{ cpu = "50%" }], tolerance = {}, behavior = { up = {}, down = {} } } } }
queue.r = { to = "o" }
pool.o = { steps = [], scaling = { keda = { triggers = [{}], fallback = { failures = 3, replicas = 2 }, hpa = { tolerance = {}, behavior = { up = {}, down = {} } } } } }
queue.m = { to = "fed", mapping = { throttled = {} } }
queue.mp = { to = "fed", mapping = { provisioned = {} } }
function.fed = { steps = [] }
queue.i = { to = "j" }
pool.j = { steps = [], scaling = { keda-jobs = { triggers = [{}], strategy = { custom = {} } } } }
pool.n = { steps = [], scaling = { kpa = { panic = {} } } }
pool.x1 = { steps = [], scaling = { start-on-demand = { max = 2 } } }
pool.x2 = { steps = [], scaling = { n-policy = { n = 2 } } }
pool.x3 = { steps = [], scaling = { hysteresis = { max = 1, up = [2], down = [0] } }, no-worker = "wait" }
pool.w = { steps = [], scaling = { vertical = { sizes = [{ type = "m5.large" }], alarm = { metric = "cpu", when = { above = "80%" } } } } }
pool.e = { steps = [], scaling = { ecs-service = { max = 3, policies = [{ queue-length = { metric = "visible" } }, { target-tracking = { cpu = "60%", high = {}, low = {} } }, { step = { metric = "cpu", when = { above = "80%" }, steps = [{ change = "10%" }] } }, { predictive = { metric = "visible", per-worker = 2 } }, { scheduled = { at = "10min", min = 1 } }] } } }
pool.g = { steps = [], scaling = { asg = { max = 3, health-check = {}, hooks = { launching = { takes = "1s", heartbeat-timeout = "1min" } }, warm-pool = {}, policies = [{ queue-length = {} }, { target-tracking = { cpu = "60%", high = {}, low = {} } }, { step = { metric = "cpu", when = { above = "80%" }, steps = [{ change = "10%" }] } }, { simple = { metric = { ratio = { of = "visible", to = "in-service" } }, when = { above = 5 }, change = "10%" } }, { predictive = { metric = "visible", per-worker = 2 } }, { scheduled = { at = "10min", min = 1 } }] } } }
"#;

/// What the schema (and so `explain`) gives as a default is what a file without the key gets.
#[test]
fn the_defaults_that_are_explained_are_those_that_hold() {
    let files = Files(BTreeMap::from([("c.csv", &b"t,v\n0,1\n60,2\n"[..])]));
    let source = Source::new("full.toml", FULL);
    let read_with = |change: Option<Change>| {
        let mut scenario = read(&source, &files, change.as_slice())
            .unwrap_or_else(|complaints| panic!("{change:?}\n{}", told(&source, &complaints)));
        scenario.digest.clear();
        scenario.warnings.clear();
        format!("{scenario:?}")
    };
    let plain = read_with(None);
    let tree = tree::parse(&source).unwrap();
    let mut tried = 0;
    for word in words() {
        let Some(default) = word.default else { continue };
        // Policies are written as one table; a service refuses this one. And where something varies with time, as here,
        // nobody finds a warm-up.
        if word.place.contains("ecs-service.policies.simple") || word.place == "run.warm-up" {
            continue;
        }
        // Only where there are precise replications can their settings be; a metric's own default is another's.
        let (table, key) = word.place.rsplit_once('.').unwrap();
        let pattern = table.replace("NAME", "*");
        // Metrics are explained once, wherever they stand.
        let stands = |place: &Place| match pattern.strip_prefix("metric.") {
            Some(rest) => place.to_string().ends_with(&format!(".metric.{rest}")),
            None => place.matches(&pattern),
        };
        let Some(place) = places(&tree).into_iter().find(|place| stands(place) && may_take(place, key)) else {
            panic!("no table of the full scenario is `{table}`");
        };
        if tree.at(&place.then(key)).is_some() {
            continue;
        }
        let change = Change { path: place.then(key).to_string(), value: default.clone() };
        assert!(read_with(Some(change)) == plain, "{} is not {default}", word.place);
        tried += 1;
    }
    assert!(tried > 40, "only {tried} defaults were tried");
}

/// Steps take only settings of their verb, and counted traces none of single requests.
fn may_take(place: &Place, key: &str) -> bool {
    let place = place.to_string();
    match key {
        "fails" | "fresh" => {
            place.ends_with("pool.p.steps[0]")
                || place.ends_with("function.fn.steps[0]")
                || place.ends_with("service.s")
        }
        "copies" => place.ends_with("pool.p.steps[3]") || place.ends_with("function.fn.steps[5]"),
        "partitions" => place.ends_with("queue.f"),
        "key" => place.ends_with("pool.p.steps[4]") || place.ends_with("function.fn.steps[6]"),
        "marks" => place.contains("workload.rows"),
        "spread" => place.contains("workload.counts"),
        _ => true,
    }
}

fn places(tree: &Tree) -> Vec<Place> {
    let mut found = vec![Place::top()];
    let mut next = 0;
    while let Some(place) = found.get(next).cloned() {
        next += 1;
        match tree.at(&place).map(|tree| &tree.value) {
            Some(Value::Table(table)) => found.extend(table.keys().map(|key| place.then(key))),
            Some(Value::List(list)) => found.extend((0..list.len()).map(|index| place.nth(index))),
            _ => {}
        }
    }
    found.retain(|place| matches!(tree.at(place).map(|tree| &tree.value), Some(Value::Table(_))));
    found
}

/// Nothing that can be written makes the reader panic: every file, cut off anywhere and with any byte changed.
#[test]
fn no_text_makes_the_reader_panic() {
    let text = std::fs::read_to_string("scenarios/overnight-batch.toml").unwrap();
    for at in (0..text.len()).step_by(7) {
        if let (Some(cut), Some(rest)) = (text.get(..at), text.get(at + 1..)) {
            let _ = read(&Source::new("cut.toml", cut), &NoFiles, &[]);
            for with in ["", "\"", "]", "0", "[", "é"] {
                let _ = read(&Source::new("changed.toml", format!("{cut}{with}{rest}")), &NoFiles, &[]);
            }
        }
    }
}

/// The recipe stands in `scenarios/README.md`.
#[test]
fn the_day_of_uploads_is_made_by_its_recipe() {
    let levels =
        [20, 14, 10, 8, 7, 8, 14, 28, 45, 55, 60, 58, 50, 55, 62, 64, 60, 58, 66, 80, 92, 85, 60, 36].map(f64::from);
    let mut made = "timestamp,value\n".to_owned();
    for row in 0..288usize {
        let (hour, part) = (row / 12, (row % 12) as f64 / 12.0);
        let level = levels[hour] + (levels[(hour + 1) % 24] - levels[hour]) * part;
        let swing = 0.85 + 0.3 * (row as f64 * 0.618034 % 1.0);
        let shared = if (243..246).contains(&row) { 2.0 } else { 1.0 };
        let count = (level * swing * shared + 0.5).floor();
        made.push_str(&format!("2025-03-03 {hour:02}:{:02}:00,{count}\n", row % 12 * 5));
    }
    assert!(std::fs::read_to_string("scenarios/uploads-day.csv").unwrap() == made);
}

#[test]
fn the_main_scenario_plays_a_recorded_day() {
    let trace = "{ trace = { file = \"uploads-day.csv\", time = \"timestamp\", value = \"value\", scale = 1.5 } }";
    let change = |path: &str, value: &str| Change { path: path.to_owned(), value: value.to_owned() };
    let scenario =
        shipped("video-upload.toml", &[change("workload.uploads.arrivals", trace), change("run.length", "1d")]);
    let Arrivals::Counts { cells, .. } = &scenario.application.workloads[0].arrivals else { panic!("counts") };
    assert_eq!(cells.len(), 288);
    assert_eq!(cells[0].to.seconds(), 300.0);
    assert_eq!(cells[287].to.seconds(), 86_400.0);
    // 17 uploads in the first five minutes, one and a half times.
    assert_eq!(cells[0].thousandths, 25_500);
}

/// Without time between the end of one and the next, time would stand still.
#[test]
fn an_outage_that_begins_again_at_once_is_refused() {
    let outage = "[fault.outage.restless]\nnode = \"p\"\nevery = \"0s\"\nlasts = \"0s\"\n";
    let told = read_with(&format!("{SMALL}\n{outage}"), &[]).unwrap_err();
    assert!(told.contains("it would come and go over and over again in the same instant"), "{told}");
}
