//! What the swarm found, one promise a test: each was once broken, by a scenario as small as it is written here.

use queuelab::cloud::arrivals::Arrivals;
use queuelab::cloud::fact::Fact;
use queuelab::cloud::world::{Horizon, simulate};
use queuelab::engine::Observer;
use queuelab::ground::chance::Key;
use queuelab::ground::distribution::Distribution;
use queuelab::ground::time::SimTime;
use queuelab::scenario::Scenario;

use super::ledger::Ledger;
use super::play::{Play, read_well};

/// Plays the only topology of a text; its books, in which nothing is wrong.
fn played(text: &str) -> Ledger {
    plays(&read_well(text).unwrap())
}

/// Plays the only topology of a scenario.
fn plays(scenario: &Scenario) -> Ledger {
    let ledger = Play { scenario, application: &scenario.application, topology: &scenario.topologies[0] }.run();
    assert_eq!(ledger.wrongs.0, [""; 0]);
    ledger
}

/// When the stays at the first pool ended, in seconds.
fn ends(ledger: &Ledger) -> Vec<f64> {
    let crew = ledger.crews.iter().flatten().next().unwrap();
    crew.stays.iter().map(|stay| stay.ended.seconds()).collect()
}

/// Three requests at once keep a second each: all are served at once, and end together.
#[test]
fn unlimited_workers_serve_everybody_behind_a_balancer_too() {
    for slots in [1, 4] {
        let ledger = played(&format!(
            r#"
            run = {{ defaults = "textbook", length = "10s" }}
            workload.k.arrivals = {{ scripted = [{{ at = "0s" }}, {{ at = "0s" }}, {{ at = "0s" }}] }}
            work.w = "1s"
            topology.t.balancer.b = {{ to = "p" }}
            topology.t.pool.p = {{ steps = [{{ work = "w" }}], workers = "unlimited", slots = {slots} }}
            "#
        ));
        assert_eq!(ends(&ledger), [1.0; 3], "{slots} slots");
    }
}

/// Nobody is in service for five seconds, and the second of those who wait then is the shortest.
#[test]
fn the_shortest_is_found_before_there_was_any_worker() {
    let ledger = played(
        r#"
        run = { defaults = "textbook", length = "30s" }
        workload.k.arrivals = { scripted = [
          { at = "1s", work = { w = "3s" } }, { at = "2s", work = { w = "1s" } }, { at = "3s", work = { w = "2s" } },
        ] }
        work.w = "1s"
        [topology.t.pool.p]
        steps = [{ work = "w" }]
        line = "shortest"
        no-worker = "wait"
        workers = 0
        scaling = { schedule = [{ at = "5s", workers = 1 }] }
        "#,
    );
    assert_eq!(ends(&ledger), [6.0, 8.0, 11.0]);
}

/// `b` of 10 s is interrupted at 1 s, and its client gives it up at 3 s, while `a` works until 5 s. What was left of
/// `b` is nobody's: those who come at 20 s need their own second each.
#[test]
fn what_was_left_of_a_cancelled_request_is_forgotten() {
    let ledger = played(
        r#"
        run = { defaults = "textbook", length = "60s" }
        workload.a.arrivals = { scripted = [{ at = "1s", work = { w = "4s" } }] }
        workload.b.arrivals = { scripted = [
          { at = "0s", work = { w = "10s" } }, { at = "4s" }, { at = "20s" }, { at = "20s" }, { at = "20s" },
        ] }
        workload.b.client = { timeout = "3s", abandoned = "cancel" }
        work.w = "1s"
        [topology.t.pool.p]
        steps = [{ work = "w" }]
        line = { priority = { order = ["a", "b"], preempts = true } }
        "#,
    );
    assert_eq!(ends(&ledger), [1.0, 5.0, 6.0, 21.0, 22.0, 23.0]);
}

/// `b` begins at 1 s and is interrupted from 2 s to 5 s. Its client would wait until 3 s for its service to begin, and
/// it did begin.
#[test]
fn patience_is_for_a_service_that_has_not_begun() {
    for (held, end) in [("resume", 6.0), ("restart", 7.0), ("back", 7.0)] {
        let ledger = played(&format!(
            r#"
            run = {{ defaults = "textbook", length = "30s" }}
            workload.a.arrivals = {{ scripted = [{{ at = "0s", work = {{ w = "1s" }} }}, {{ at = "2s", work = {{ w = "3s" }} }}] }}
            workload.b.arrivals = {{ scripted = [{{ at = "0s", work = {{ w = "2s" }} }}] }}
            workload.b.client = {{ patience = "3s" }}
            work.w = "1s"
            [topology.t.pool.p]
            steps = [{{ work = "w" }}]
            line = {{ priority = {{ order = ["a", "b"], preempts = true, held = "{held}" }} }}
            "#
        ));
        assert_eq!(ends(&ledger), [1.0, 2.0, 5.0, end], "{held}");
    }
}

/// `b` is interrupted at 2 s while another `b` fills the only place to wait: the slot is for `a`, who needs no place.
#[test]
fn a_better_one_takes_the_slot_of_a_worse_one_however_full_the_line_is() {
    let ledger = played(
        r#"
        run = { defaults = "textbook", length = "30s" }
        workload.a.arrivals = { scripted = [{ at = "2s", work = { w = "1s" } }] }
        workload.b.arrivals = { scripted = [{ at = "0s", work = { w = "5s" } }, { at = "1s", work = { w = "4s" } }] }
        work.w = "1s"
        [topology.t.pool.p]
        steps = [{ work = "w" }]
        room = 1
        line = { priority = { order = ["a", "b"], preempts = true } }
        "#,
    );
    assert_eq!(ends(&ledger), [2.0, 3.0, 6.0, 10.0]);
}

/// Of two workers the second is to go at 1 s, when it has ended its `b`; the `a` that comes at 2 s can only have the
/// slot of the first.
#[test]
fn a_better_one_interrupts_nobody_whose_worker_is_to_go() {
    let ledger = played(
        r#"
        run = { defaults = "textbook", length = "30s" }
        workload.a.arrivals = { scripted = [{ at = "2s", work = { w = "1s" } }] }
        workload.b.arrivals = { scripted = [{ at = "0s", work = { w = "5s" } }, { at = "0.5s", work = { w = "4s" } }] }
        work.w = "1s"
        [topology.t.pool.p]
        steps = [{ work = "w" }]
        workers = 2
        scaling = { schedule = [{ at = "1s", workers = 1 }] }
        line = { priority = { order = ["a", "b"], preempts = true } }
        "#,
    );
    assert_eq!(ends(&ledger), [2.0, 3.0, 4.5, 6.0]);
}

/// Of sixty thousand branches every one is waited for; seventy thousand are more than anybody counts, and refused.
#[test]
fn a_request_of_very_many_branches_is_complete_or_refused() {
    let text = r#"
        run = { defaults = "textbook", length = "10s" }
        workload.many.arrivals = { scripted = [{ at = "0s" }] }
        workload.one.arrivals = { scripted = [{ at = "5s" }] }
        work.w = "1s"
        [topology.t.pool.p]
        steps = [STEPS { send = "q" }]
        workers = "unlimited"
        [topology.t.pool.q]
        steps = [{ work = "w" }]
        workers = "unlimited"
    "#;
    let completed = |steps: usize| {
        let text = text.replace("STEPS", &"{ send = \"q\", copies = 10000, for = \"many\" }, ".repeat(steps));
        let scenario: Scenario = read_well(&text).ok()?;
        let mut counter = Completed(0);
        let topology = &scenario.topologies[0];
        let horizon = Horizon { warm_up: SimTime::START, length: None, until: None };
        let mut sim = simulate(&scenario.application, topology, Key::root(1, 0), horizon, &mut counter);
        sim.run_until(SimTime::from_nanos(10_000_000_000));
        assert_eq!(sim.model.inside() + sim.observer.0, 2);
        Some(counter.0)
    };
    assert_eq!((completed(6), completed(7)), (Some(2), None));
}

/// Counts those who are complete.
struct Completed(u64);

impl Observer<Fact> for &mut Completed {
    fn saw(&mut self, _: SimTime, fact: &Fact) {
        self.0 += u64::from(matches!(fact, Fact::Completed { .. }));
    }
}

/// The store is away from 1 s to 3.5 s. A worker that can't read from it fails in no time, and the message, which has
/// no visibility timeout, is back: at 2, 3 and 4 s it is tried again.
#[test]
fn a_message_that_fails_in_no_time_does_not_stop_time() {
    for on_error in ["", "poll = { on-error = \"0s\" }"] {
        let ledger = played(&format!(
            r#"
            run = {{ defaults = "textbook", length = "30s" }}
            workload.k.arrivals = {{ scripted = [{{ at = "1s" }}] }}
            work.w = "2s"
            [topology.t]
            bucket.store = {{}}
            queue.q = {{ to = "p" }}
            fault.outage.f = {{ node = "store", at = "0.5s", lasts = "3s" }}
            [topology.t.pool.p]
            steps = [{{ get = "store" }}, {{ work = "w" }}]
            {on_error}
            "#
        ));
        assert_eq!(ends(&ledger), [1.0, 2.0, 3.0, 6.0]);
    }
}

/// Nobody serves before 2.5 s, and a member that is refused asks again without a thought, as one does now and then
/// whose thoughts have a law: it rests a second.
#[test]
fn a_member_that_is_refused_in_no_time_does_not_stop_time() {
    let mut scenario = read_well(
        r#"
        run = { defaults = "textbook", length = "4s" }
        workload.k.arrivals = { users = { count = 1, think = "1s" } }
        work.w = "5s"
        [topology.t.pool.p]
        steps = [{ work = "w" }]
        workers = 0
        scaling = { schedule = [{ at = "2.5s", workers = 1 }] }
        "#,
    )
    .unwrap();
    let thoughtless = Arrivals::Users { count: 1, think: Distribution::constant(0) };
    scenario.application.workloads[0].arrivals = thoughtless;
    let ledger = plays(&scenario);
    assert_eq!(ledger.births.iter().map(|(_, at)| at.seconds()).collect::<Vec<_>>(), [0.0, 1.0, 2.0, 3.0]);
}
