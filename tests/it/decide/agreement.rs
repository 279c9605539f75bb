//! The decisions of a simulated run, asked for again: from what its controller saw, `decide` decides the same.

use std::collections::BTreeMap;
use std::fmt::Write;

use queuelab::cloud::fact::Fact;
use queuelab::cloud::scaling::Decision;
use queuelab::cloud::topology::NodeId;
use queuelab::cloud::world::{Horizon, simulate};
use queuelab::engine::Observer;
use queuelab::experiment::replay;
use queuelab::ground::chance::Key;
use queuelab::ground::time::{SimTime, Span};
use queuelab::scenario::decide::{policy, question};
use queuelab::scenario::{NoFiles, Source, read};

/// How far a worker has come.
#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Coming,
    Ready(SimTime),
    Draining,
}

/// A controller's look, and the workers as they were then.
struct Seen {
    at: SimTime,
    decision: Decision,
    in_service: u32,
    warm: u32,
    coming: u32,
    terminating: u32,
}

/// Follows the workers of one pool, and notes every decision.
struct Follower {
    pool: NodeId,
    warm_up: Span,
    workers: BTreeMap<u32, Stage>,
    looks: Vec<Seen>,
}

impl Observer<Fact> for Follower {
    fn saw(&mut self, at: SimTime, fact: &Fact) {
        match *fact {
            Fact::Launched { pool, worker } if pool == self.pool => {
                self.workers.insert(worker, Stage::Coming);
            }
            Fact::Ready { pool, worker } if pool == self.pool => {
                self.workers.insert(worker, Stage::Ready(at));
            }
            Fact::Draining { pool, worker } if pool == self.pool => {
                self.workers.insert(worker, Stage::Draining);
            }
            Fact::Gone { pool, worker } if pool == self.pool => {
                self.workers.remove(&worker);
            }
            Fact::Decided { pool, decision } if pool == self.pool => {
                let count =
                    |is: &dyn Fn(Stage) -> bool| self.workers.values().filter(|stage| is(**stage)).count() as u32;
                let warm_up = self.warm_up;
                self.looks.push(Seen {
                    at,
                    decision,
                    in_service: count(&|stage| matches!(stage, Stage::Ready(_))),
                    warm: count(&|stage| matches!(stage, Stage::Ready(since) if since == SimTime::START || since + warm_up <= at)),
                    coming: count(&|stage| stage == Stage::Coming),
                    terminating: count(&|stage| stage == Stage::Draining),
                });
            }
            _ => {}
        }
    }
}

/// A queue with a busy hour before a pool that is scaled so.
fn scenario(scaling: &str) -> String {
    format!(
        "[run]\nlength = \"4h\"\nreplications = 1\ndefaults = \"textbook\"\n\
         [workload.w]\narrivals = {{ profile = {{ points = [[\"0h\", \"2/min\"], [\"1h\", \"40/min\"], [\"2h\", \"30/min\"], [\"3h\", \"1/min\"]] }} }}\n\
         [work]\na = {{ lognormal = {{ mean = \"20s\", p95 = \"60s\" }} }}\n\
         [topology.t]\nentry = \"q\"\nqueue.q = {{ to = \"p\" }}\n\
         [topology.t.pool.p]\nsteps = [{{ work = \"a\" }}]\nboot = \"90s\"\npending = \"20s\"\nscaling.{scaling}\n"
    )
}

/// Plays it, and asks again for every look; the looks that changed something.
fn agree(scaling: &str, reads: &[&str], warm_up: u64) -> usize {
    let text = scenario(scaling);
    let source = Source::new("s.toml", text.clone());
    let found = read(&source, &NoFiles, &[]).unwrap_or_else(|faults| {
        panic!("{}", faults.iter().map(|fault| fault.plain(&source)).collect::<Vec<_>>().join("\n"))
    });
    let topology = &found.topologies[0];
    let pool = topology.nodes.iter().position(|node| &*node.name == "p").expect("the pool is there");
    let follower = Follower {
        pool: NodeId::at(pool),
        warm_up: Span::from_secs(warm_up),
        workers: BTreeMap::new(),
        looks: Vec::new(),
    };
    let end = SimTime::START + Span::from_secs(4 * 3_600);
    let horizon = Horizon { warm_up: SimTime::START, length: Some(end), until: None };
    let mut sim = simulate(&found.application, topology, Key::root(11, 0), horizon, follower);
    sim.run_until(end);
    let looks = sim.observer.looks;
    assert!(looks.len() > 100, "only {} looks", looks.len());

    // The looks of one instant are one row: each policy's metric under its own name.
    let mut document = String::new();
    for row in looks.chunks(reads.len()) {
        let Seen { at, decision, in_service, warm, coming, terminating } = &row[0];
        let nanos = at.nanos();
        let mut values = format!("visible = {}, in-flight = {}", decision.visible, decision.in_flight);
        for (name, seen) in reads.iter().zip(row) {
            assert_eq!(seen.at, *at);
            let value = seen.decision.metric.map_or("\"missing\"".to_owned(), |metric| format!("{metric:?}"));
            if *name != "visible" {
                let _ = write!(values, ", {name} = {value}");
            }
        }
        let _ = write!(
            document,
            "[[look]]\nat = \"{nanos}ns\"\nvalues = {{ {values} }}\ndesired = {}\nin-service = {in_service}\n\
             warm = {warm}\ncoming = {coming}\nterminating = {terminating}\n",
            decision.from
        );
    }
    let asked = Source::new("looks.toml", document);
    let question = question(&asked, &NoFiles).unwrap_or_else(|faults| {
        panic!("{}", faults.iter().map(|fault| fault.plain(&asked)).collect::<Vec<_>>().join("\n"))
    });
    let policy = policy(&source, Some("t.p"), &NoFiles).expect("the scenario was read already");
    let answer = replay::decide(&policy, &question).expect("every look has its values");
    let answered = answer.looks();
    assert_eq!(answered.len(), looks.len());
    let mut changed = 0;
    for (mine, theirs) in answered.iter().zip(&looks) {
        let decision = &theirs.decision;
        assert_eq!(
            (mine.at, mine.from, mine.to, mine.why, mine.metric),
            (theirs.at, decision.from, decision.to, decision.why, decision.metric),
            "{scaling} at {}",
            theirs.at
        );
        changed += usize::from(mine.from != mine.to);
    }
    changed
}

#[test]
fn a_queue_length_rule_decides_the_same() {
    let asg = "asg = { max = 30, cooldown = \"3min\", policies = [{ queue-length = { per-worker = 4 } }] }";
    assert!(agree(asg, &["visible"], 0) > 5);
    let asg = "asg = { max = 30, policies = [{ queue-length = { per-worker = 4, shrinks = \"when-empty\" } }] }";
    assert!(agree(asg, &["visible"], 0) > 5);
}

#[test]
fn target_tracking_decides_the_same() {
    let asg = "asg = { min = 1, max = 30, warm-up = \"2min\", policies = [{ target-tracking = { cpu = \"60%\", \
               high = { points = 3 }, low = { points = 5, factor = \"by-capacity\" } } }] }";
    assert!(agree(asg, &["cpu"], 120) > 5);
    let asg = "asg = { min = 1, max = 30, cooldown = \"2min\", policies = [{ target-tracking = { backlog-per-instance = 5, scale-in = \"one\" } }] }";
    assert!(agree(asg, &["backlog-per-instance"], 120) > 5);
}

#[test]
fn several_policies_decide_the_same() {
    let asg = "asg = { min = 1, max = 30, warm-up = \"0s\", policies = [{ target-tracking = { cpu = \"60%\" } }, \
               { target-tracking = { metric = \"busy\", target = 0.7 } }] }";
    assert!(agree(asg, &["cpu", "busy"], 0) > 5);
}

#[test]
fn steps_and_simple_policies_decide_the_same() {
    let steps = "asg = { min = 1, max = 30, warm-up = \"1min\", policies = [{ step = { metric = \"visible\", when = { above = 10 }, points = 2, \
                 steps = [{ from = 0, to = 20, change = 1 }, { from = 20, change = \"50%\" }] } }] }";
    assert!(agree(steps, &["visible"], 60) > 3);
    let simple = "asg = { min = 1, max = 30, policies = [{ simple = { metric = \"backlog\", when = { above = 10 }, change = 2, cooldown = \"4min\" } }] }";
    assert!(agree(simple, &["backlog"], 0) > 3);
}

#[test]
fn a_service_decides_the_same() {
    let service = "ecs-service = { min = 1, max = 30, policies = [{ target-tracking = { cpu = \"60%\" } }] }";
    assert!(agree(service, &["cpu"], 0) > 5);
}
