//! Knative's pod autoscaler over recorded values: averages that are given, or taken from what was measured.

use crate::cloud::scaling::Reason;
use crate::cloud::scaling::kubernetes::{Concurrency, Kpa, KpaMemory, KpaSeen, Life, Wanted};
use crate::experiment::replay::pods::is_fresh;
use crate::experiment::replay::values::{Values, instants};
use crate::experiment::replay::{By, Look, More, Refusal};
use crate::ground::time::{SimTime, Span};
use crate::scenario::decide::{Question, Remembered};

const SECOND: Span = Span::from_secs(1);

/// What it begins with.
fn begin(question: &Question, ready: u32, now: SimTime) -> KpaMemory {
    let fresh = KpaMemory::begin(ready, now);
    let is_fresh = is_fresh(question);
    let Remembered { panic_since, most, active_since, inactive_since, proxied_since, .. } = question.memory;
    let life = match (inactive_since, active_since) {
        (Some(since), _) => Life::Inactive(since),
        (None, Some(since)) => Life::Active(since),
        (None, None) => fresh.life,
    };
    KpaMemory {
        panic: panic_since.or(fresh.panic.filter(|_| is_fresh)),
        most: most.unwrap_or(if panic_since.is_some() || is_fresh { ready } else { 0 }),
        life,
        proxied: proxied_since,
        started: fresh.started,
        ..KpaMemory::default()
    }
}

/// The looks of a Knative pod autoscaler.
pub(super) fn looks(
    kpa: &Kpa,
    question: &Question,
    values: &mut Values<'_>,
    each: &mut dyn FnMut(&Look),
) -> Result<(), Refusal> {
    let mut measured = Concurrency::of(kpa.window.max(kpa.panic.window));
    for &(at, value) in &question.memory.concurrency {
        measured.note(at, value);
    }
    let names = &question.columns.names;
    let one = |name: &str| names.iter().position(|known| known == name);
    let alone = (names.len() == 1 && !question.is_of_looks()).then_some(0);
    let series = one("concurrency").or(one("rps")).or(alone);
    if series.is_none() && !question.is_of_looks() && one("stable").is_none() {
        let what = format!("it reads `concurrency`, and the recorded series are `{}`", names.join("`, `"));
        return Err((what, "say which it is: `--take concurrency=SERIES`".to_owned()));
    }
    let instants = instants(question, kpa.tick)?;
    let Some((first, first_row)) = instants.clone().next() else { return Ok(()) };
    let start = question.workers.unwrap_or(kpa.initial.max(kpa.min));
    let mut replicas = values.count("replicas", first_row).unwrap_or(start);
    let ready = values.count("ready", first_row).unwrap_or(replicas);
    let mut memory = begin(question, ready, first);
    let mut noted: Option<SimTime> = None;
    for (now, row) in instants {
        let detail = row.and_then(|row| question.details.get(row));
        for &(at, value) in detail.map_or(&[][..], |detail| &detail.concurrency) {
            measured.note(at, value);
        }
        if let Some(value) = series.and_then(|column| question.columns.at(column, row?)) {
            // A recorded value holds for every second until the next.
            let mut at = noted.map_or(now, |last| last + SECOND);
            if question.is_of_looks() {
                at = now;
            }
            while at <= now {
                measured.note(at, value);
                at = at + SECOND;
            }
        }
        noted = Some(now);
        replicas = values.count("replicas", row).unwrap_or(replicas);
        let ready = values.count("ready", row).unwrap_or(replicas);
        let stable = values.number("stable", row).or_else(|| measured.average(now, kpa.window));
        let panic = values.number("panic", row).or_else(|| measured.average(now, kpa.panic.window)).or(stable);
        let reachable = detail.and_then(|detail| detail.reachable).unwrap_or(true);
        let seen = KpaSeen { now, stable: stable.or(panic), panic, ready, replicas, reachable };
        let (wanted, next) = kpa.recommend(&seen, memory);
        let Wanted { desired, panics, excess, why, .. } = wanted;
        let (decision, next) = kpa.restrain(wanted, &seen, next);
        memory = next;
        replicas = decision.to;
        each(&Look {
            at: now,
            by: By::Kpa,
            metric: decision.metric,
            high: None,
            low: None,
            recommended: desired,
            asked: Reason::Kubernetes(why),
            from: decision.from,
            to: decision.to,
            why: decision.why,
            more: More::Kpa { panics, excess },
        });
    }
    Ok(())
}
