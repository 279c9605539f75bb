//! Causes that can be told by hand, on whole scenarios.

use super::*;
use crate::scenario::{NoFiles, Source, read};

fn scenario(text: &str) -> Scenario {
    read(&Source::new("t", text), &NoFiles, &[]).unwrap_or_else(|complaints| panic!("{complaints:?}"))
}

fn asked(of: &str) -> Asked<'_> {
    Asked {
        of: of.to_owned(),
        window: None,
        prove: 0,
        threads: NonZeroUsize::new(1),
        replications: None,
        seed: None,
        topology: None,
        cancel: None,
        limits: Limits::default(),
        elapsed: None,
    }
}

fn explained(text: &str, asked: &Asked<'_>) -> Explained {
    why(&scenario(text), asked, &|_| {}).unwrap_or_else(|error| panic!("{error:?}"))
}

fn seconds_of(division: &Division, cause: Cause) -> f64 {
    division.causes.iter().find(|share| share.cause == cause).map_or(0.0, |share| share.seconds.value.unwrap())
}

fn dollars_of(topology: &TopologyWhy, purpose: Purpose) -> f64 {
    let share = topology.money.iter().find(|share| share.purpose == purpose);
    share.map_or(0.0, |share| share.dollars.value.unwrap())
}

const THREE: &str = r#"
run = { length = "10min", replications = 1, defaults = "textbook" }
workload.messages.arrivals = { scripted = [{ at = "10s" }, { at = "10s" }, { at = "10s" }] }
work = { job = "20s" }
[topology.group]
queue.inbox = { to = "worker" }
[topology.group.pool.worker]
steps    = [{ work = "job" }]
platform = { machine = { price = "$3600/h", minimum = "0s" } }
pending  = "15s"
boot     = "45s"
scaling  = { asg = { min = 0, desired = 0, max = 1337, policies = [
  { queue-length = { every = "60s", shrinks = "when-empty" } },
] } }
"#;

/// Messages at 10 s; three machines are decided on at 60 s, run at 75 s and serve at 120 s; the work takes 20 s, and the next
/// look lets them go at 180 s. So each waits 50 s for a decision and 60 s for its machine, and of 3 · 105 s paid at a dollar each
/// 45 are booting, 20 work and 40 idle.
#[test]
fn three_messages_wait_for_a_decision_and_for_machines() {
    let found = explained(THREE, &asked("completion.mean"));
    let group = &found.topologies["group"];
    assert_eq!((group.all.requests, group.all.seconds), (3, 130.0));
    assert_eq!(seconds_of(&group.all, Cause::Undecided), 50.0);
    assert_eq!(seconds_of(&group.all, Cause::Booting), 60.0);
    assert_eq!(seconds_of(&group.all, Cause::Service), 20.0);
    assert_eq!(group.all.causes.len(), 3);
    assert_eq!(group.all.causes[0].nodes["pool.worker"], 20.0);
    assert_eq!(group.all.causes[1].nodes["queue.inbox"], 60.0);
    assert_eq!(
        [Purpose::Booting, Purpose::Work, Purpose::Idle].map(|purpose| dollars_of(group, purpose).round()),
        [135.0, 60.0, 120.0]
    );
    let timeline = &group.timeline;
    assert_eq!((timeline.step, timeline.requests[2], timeline.causes["booting"][2]), (5.0, 3, 60.0));
}

/// Without boot it is 50 s for the decision and 20 s of work; without delay the boot and a second at the most.
#[test]
fn a_cause_that_is_taken_away_is_gone_from_the_figure() {
    let found = explained(THREE, &Asked { prove: 2, ..asked("completion.mean") });
    let proofs = &found.topologies["group"].proofs;
    let becomes = |cause: Cause| {
        let proof = proofs.iter().find(|proof| proof.cause == cause).unwrap();
        (proof.figures[0].becomes.value.unwrap(), proof.figures[0].by.value.unwrap())
    };
    assert_eq!(becomes(Cause::Booting), (70.0, -60.0));
    let (undecided, by) = becomes(Cause::Undecided);
    assert!((80.0..=81.0).contains(&undecided) && by == undecided - 130.0, "{undecided}");
    assert_eq!(proofs[0].cause, Cause::Booting);
    let names: Vec<&str> = proofs[0].figures.iter().map(|changed| changed.of.as_str()).collect();
    assert_eq!(names, ["completion.mean", "lost", "cost.total"]);
}

/// Five at once for a fleet of one that may become two: the second machine is decided on at 60 s and serves at 120 s, when the
/// first one has done three. The fourth has waited 50 s for the decision and 60 s for the machine; the fifth waits for the fleet
/// from then on, as it is as large as it may be.
#[test]
fn a_fleet_at_its_maximum_is_said_to_be() {
    let text = THREE
        .replace(
            "{ at = \"10s\" }, { at = \"10s\" }, { at = \"10s\" }",
            "{ at = \"10s\" }, { at = \"10s\" }, { at = \"10s\" }, { at = \"10s\" }, { at = \"10s\" }",
        )
        .replace("job = \"20s\"", "job = \"40s\"")
        .replace("min = 0, desired = 0, max = 1337", "min = 1, desired = 1, max = 2");
    let found = explained(&text, &asked("completion.mean"));
    let group = &found.topologies["group"];
    // Starts at 10, 50, 90, 120 and 130 s: waits of 0, 40, 80, 110 and 120 s.
    assert_eq!(group.all.seconds, (40.0 + 80.0 + 120.0 + 150.0 + 160.0) / 5.0);
    assert_eq!(seconds_of(&group.all, Cause::Undecided) * 5.0, 40.0 + 50.0 + 50.0 + 50.0);
    assert_eq!(seconds_of(&group.all, Cause::Booting) * 5.0, 30.0 + 60.0 + 60.0);
    assert_eq!(seconds_of(&group.all, Cause::AtMaximum) * 5.0, 10.0);
}

/// A client gives up after 3 s of ten and tries again two seconds later, when nobody is busy any more.
#[test]
fn a_pause_between_attempts_is_the_clients() {
    let text = r#"
run = { length = "1min", replications = 1, defaults = "textbook" }
workload.w.arrivals = { scripted = [{ at = "0s", work = { job = "4s" } }] }
workload.w.client = { timeout = "3s", abandoned = "cancel", retry = { attempts = 2, backoff = { wait = "2s" } } }
work = { job = "4s" }
topology.one.pool.a = { steps = [{ work = "job" }] }
"#;
    let found = explained(text, &asked("lost"));
    let one = &found.topologies["one"];
    assert_eq!(one.lost.len(), 1);
    assert_eq!((one.lost[0].reason.as_str(), one.lost[0].requests), ("timed-out", 1));
    assert_eq!(one.lost[0].causes.keys().collect::<Vec<_>>(), ["back-off"]);
}

/// Only those of the window are told of, and all that went on before them did.
#[test]
fn a_window_counts_those_who_are_born_in_it() {
    let text = r#"
run = { length = "1h", replications = 2, defaults = "textbook", warm-up = "0s" }
workload.w.arrivals = { poisson = { rate = "1/s" } }
work = { job = { exponential = "800ms" } }
topology.one.pool.a = { steps = [{ work = "job" }] }
"#;
    let whole = explained(text, &asked("completion.mean"));
    let minutes = |number: u64| Span::from_secs(60 * number);
    let mut sum = 0;
    for quarter in 0..4 {
        let window = Some((minutes(15 * quarter), minutes(15 * (quarter + 1))));
        let found = explained(text, &Asked { window, ..asked("completion.mean") });
        let one = &found.topologies["one"];
        assert_eq!(one.timeline, whole.topologies["one"].timeline);
        assert!((one.all.seconds - one.figure.as_ref().unwrap().value.unwrap()).abs() < 0.02 * one.all.seconds);
        sum += one.all.requests;
    }
    assert_eq!(sum, whole.topologies["one"].all.requests);
    let outside = why(&scenario(text), &Asked { window: Some((minutes(90), minutes(95))), ..asked("lost") }, &|_| {});
    assert!(matches!(outside, Err(WhyError::NoWindow(_))));
    let unknown = why(&scenario(text), &asked("a.wait.mean"), &|_| {});
    assert!(matches!(unknown, Err(WhyError::NoFigure(_))));
}
