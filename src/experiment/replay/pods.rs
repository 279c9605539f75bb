//! The HPA over recorded values, alone or between KEDA's own looks.

use crate::cloud::scaling::kubernetes::{
    Asked, Hpa, HpaMemory, HpaMetric, HpaSeen, Keda, KedaMemory, KedaSeen, Measured, Pod, PodMetric, Ready, Target,
    milli, ready,
};
use crate::experiment::replay::values::{Sharing, Values, instants};
use crate::experiment::replay::{By, Look, More, Refusal};
use crate::ground::time::SimTime;
use crate::scenario::decide::{PodSeen, Policy, Question, Remembered};

/// Pods that are made up where only their number is known: more need not be told apart.
const PODS_MAX: u32 = 100_000;

/// Whether the controller begins with the first look: one that is asked once runs already.
pub(super) fn is_fresh(question: &Question) -> bool {
    question.memory.fresh.unwrap_or(!question.is_of_looks() || question.details.len() > 1)
}

/// What an HPA remembers at the first look.
fn memory(question: &Question) -> HpaMemory {
    let Remembered { recommended, scaled_up, scaled_down, .. } = &question.memory;
    let (up, down) = (scaled_up.iter().copied(), scaled_down.iter().copied());
    match recommended {
        Some(recommended) => HpaMemory::of(recommended.iter().copied(), up, down),
        None if is_fresh(question) && scaled_up.is_empty() && scaled_down.is_empty() => HpaMemory::default(),
        None => HpaMemory::of([], up, down),
    }
}

/// The pods that are seen at a look. They are made anew only where their number has changed.
#[derive(Default)]
struct Crew {
    pods: Vec<Pod>,
    /// Those that are there and those that are ready, where only their numbers were known.
    numbers: Option<(u32, u32)>,
}

impl Crew {
    /// Sees the pods at a row: those that are listed, else so many of which so many are ready.
    fn see(&mut self, question: &Question, values: &Values<'_>, row: Option<usize>, replicas: u32) {
        let listed = row.and_then(|row| question.details.get(row)).map_or(&[][..], |detail| &detail.pods);
        if !listed.is_empty() {
            self.numbers = None;
            self.pods.clear();
            self.pods.extend(listed.iter().flat_map(|seen| std::iter::repeat_n(seen.pod, seen.count as usize)));
            return;
        }
        let there = values.count("current", row).unwrap_or(replicas).min(PODS_MAX);
        let ready = values.count("ready", row).unwrap_or(there).min(there);
        if self.numbers.replace((there, ready)) != Some((there, ready)) {
            let since = SimTime::START;
            let unready = Pod { ready: Some(Ready { is: false, since }), ..Pod::READY };
            self.pods.clear();
            self.pods.resize(ready as usize, Pod::READY);
            self.pods.resize(there as usize, unready);
        }
    }
}

/// What is known of a metric of the pods that are listed.
fn of_pods(question: &Question, row: Option<usize>, name: &str, container: Option<&str>) -> Option<Vec<PodMetric>> {
    let listed = &question.details.get(row?)?.pods;
    let of = |seen: &PodSeen| seen.metric(name, container);
    let known = listed.iter().any(|seen| of(seen).sample.is_some());
    let each = listed.iter().flat_map(|seen| std::iter::repeat_n(of(seen), seen.count as usize));
    known.then(|| each.collect())
}

/// The same of each metric; `None` of those whose value stands at the row.
fn of_each(
    policy: &Policy,
    question: &Question,
    values: &Values<'_>,
    row: Option<usize>,
    names: &[String],
) -> Vec<Option<Vec<PodMetric>>> {
    let of = |(at, name): (usize, &String)| {
        let container = policy.containers.get(at).and_then(|of| of.as_deref());
        if values.has(at, row) { None } else { of_pods(question, row, name, container) }
    };
    names.iter().enumerate().map(of).collect()
}

/// What the metrics ask for at one sync of an HPA, and what each proposes where that is told.
fn ask(hpa: &Hpa, seen: &HpaSeen<'_>, explains: bool) -> (Asked, More) {
    let more = if explains { More::Proposals(hpa.proposals(seen).collect()) } else { More::Nothing };
    (hpa.recommend(seen), more)
}

/// What becomes of it.
fn sync(hpa: &Hpa, (asked, more): (Asked, More), seen: &HpaSeen<'_>, memory: HpaMemory) -> (Look, HpaMemory) {
    let (decision, memory) = hpa.restrain(asked, seen, memory);
    let look = Look {
        at: seen.now,
        by: By::Hpa,
        metric: decision.metric,
        high: None,
        low: None,
        recommended: Some(asked.desired),
        asked: asked.why,
        from: decision.from,
        to: decision.to,
        why: decision.why,
        more,
    };
    (look, memory)
}

/// Replicas at the start.
fn start(question: &Question, least: u32) -> u32 {
    question.workers.unwrap_or(least)
}

/// The syncs of an HPA.
pub(super) fn hpa(
    hpa: &Hpa,
    policy: &Policy,
    question: &Question,
    values: &mut Values<'_>,
    each: &mut dyn FnMut(&Look),
) -> Result<(), Refusal> {
    let mut replicas = start(question, hpa.min.max(1));
    let mut memory = memory(question);
    let mut last = SimTime::START;
    let instants = instants(question, hpa.sync)?;
    let mut is_first = true;
    let names: Vec<String> = policy.reads.iter().map(|reads| reads.name()).collect();
    let mut crew = Crew::default();
    // Between two rows nothing changes that is read: pods of the same number are asked for the same.
    let is_steady = !question.is_of_looks() && values.are_of_rows();
    let mut before = None;
    for (now, row) in instants {
        let listed = row.and_then(|row| question.details.get(row)).map_or(0, |detail| detail.pods.len());
        let said = values.count("replicas", row);
        replicas = said.unwrap_or(replicas);
        crew.see(question, values, row, replicas);
        let pods = &crew.pods;
        if said.is_none() && listed > 0 && is_first && question.workers.is_none() {
            replicas = pods.len() as u32;
        }
        let status = values.count("current", row).unwrap_or(pods.len() as u32);
        let seen = HpaSeen { now, replicas, status, pods, measured: &[] };
        let same = (row, replicas, status, crew.numbers);
        let known = before.filter(|(of, _)| is_steady && *of == same);
        let asked = match known {
            Some((_, asked)) => (asked, More::Nothing),
            None => {
                let sharing = Sharing { in_service: pods.len() as u32, warm: pods.len() as u32, desired: replicas };
                let each: Vec<Option<Vec<PodMetric>>> =
                    if listed > 0 { of_each(policy, question, values, row, &names) } else { Vec::new() };
                let measured = |(at, metric): (usize, &HpaMetric)| {
                    let of_pods = each.get(at).and_then(|each| each.as_deref());
                    match (of_pods, values.read(at, row, (last, now), sharing)) {
                        (Some(pods), _) => Measured::Pods(pods),
                        (None, Some(value)) => metric.measured(value),
                        // Pods that are there and say nothing: they are without samples, which is not the same as
                        // unreadable.
                        (None, None) if listed > 0 && !matches!(metric.target, Target::Value(_)) => Measured::Pods(&[]),
                        (None, None) => Measured::Nothing,
                    }
                };
                let all: Vec<Measured<'_>> = hpa.metrics.iter().enumerate().map(measured).collect();
                ask(hpa, &HpaSeen { measured: &all, ..seen }, question.is_of_looks())
            }
        };
        before = Some((same, asked.0));
        let (look, next) = sync(hpa, asked, &seen, memory);
        memory = next;
        (replicas, last, is_first) = (look.to, now, false);
        each(&look);
    }
    Ok(())
}

/// KEDA's looks, and between them those of its HPA.
pub(super) fn keda(
    keda: &Keda,
    policy: &Policy,
    question: &Question,
    values: &mut Values<'_>,
    each: &mut dyn FnMut(&Look),
) -> Result<(), Refusal> {
    let mut replicas = start(question, keda.min);
    let mut hpa_memory = memory(question);
    let remembered = &question.memory;
    let mut memory = KedaMemory { active: remembered.last_active, failures: remembered.failures.clone() };
    let polls = instants(question, keda.poll)?;
    let syncs = instants(question, keda.hpa.sync)?;
    let made = remembered.made.or(polls.clone().next().map(|poll| poll.0)).unwrap_or_default();
    let mut crew = Crew::default();
    let (mut polls, mut syncs) = (polls.peekable(), syncs.peekable());
    let mut last = SimTime::START;
    let mut seen_row = None;
    loop {
        // At one instant KEDA looks first.
        let is_poll = match (polls.peek(), syncs.peek()) {
            (Some(poll), Some(sync)) => poll.0 <= sync.0,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => return Ok(()),
        };
        let next = if is_poll { polls.next() } else { syncs.next() };
        let Some((now, row)) = next else { return Ok(()) };
        if let Some(said) = values.count("replicas", row)
            && seen_row != row
        {
            replicas = said;
        }
        seen_row = row;
        let sharing = Sharing { in_service: replicas, warm: replicas, desired: replicas };
        let read: Vec<Option<i64>> =
            (0..policy.reads.len()).map(|at| values.read(at, row, (last, now), sharing).map(milli)).collect();
        if is_poll {
            let (decision, next) = keda.look(&KedaSeen { now, made, replicas, values: &read }, memory);
            memory = next;
            replicas = decision.to;
            each(&Look {
                at: now,
                by: By::Keda,
                metric: decision.metric,
                high: None,
                low: None,
                recommended: Some(decision.to),
                asked: decision.why,
                from: decision.from,
                to: decision.to,
                why: decision.why,
                more: More::Nothing,
            });
        } else if replicas > 0 {
            crew.see(question, values, row, replicas);
            let pods = &crew.pods;
            let (measured, next) = keda.measured(&read, (replicas, ready(pods)), memory);
            memory = next;
            let status = values.count("current", row).unwrap_or(replicas);
            let seen = HpaSeen { now, replicas, status, pods, measured: &measured };
            let asked = ask(&keda.hpa, &seen, question.is_of_looks());
            let (look, next) = sync(&keda.hpa, asked, &seen, hpa_memory);
            hpa_memory = next;
            replicas = look.to;
            last = now;
            each(&look);
        }
    }
}
