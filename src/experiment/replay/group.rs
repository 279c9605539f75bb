//! A group over recorded values: each policy looks in its own rhythm, or at every look that is written down.

use crate::cloud::scaling::{Capacity, Controller, Group, Looked, Memory, Policy, Predictive, Rhythm, Sample};
use crate::experiment::replay::values::{Instants, Sharing, Values, instants};
use crate::experiment::replay::{By, LOOKS_MAX, Look, More, Refusal};
use crate::ground::time::{SimTime, Span};
use crate::scenario::decide::{Policy as Asked, Question};

/// How long one datapoint of a policy is; `None` of a timetable.
fn period(policy: &Policy) -> Option<Span> {
    match policy {
        Policy::QueueLength(rule) => Some(rule.every),
        Policy::TargetTracking(rule) => Some(rule.period),
        Policy::Step(rule) => Some(rule.alarm.period),
        Policy::Simple(rule) => Some(rule.alarm.period),
        Policy::Predictive(_) => Some(Predictive::LOOK),
        Policy::Scheduled(_) => None,
    }
}

/// How a policy follows values that were recorded so far apart: an alarm looks every minute, at windows of what was read
/// at its looks; nobody looks more often than there are values.
fn rhythm(policy: &Policy, spacing: Span) -> Rhythm {
    let period = period(policy).unwrap_or(Predictive::LOOK).max(spacing);
    match policy {
        Policy::QueueLength(_) | Policy::Predictive(_) | Policy::Scheduled(_) => {
            Rhythm { per: 1, every: period, ..Rhythm::default() }
        }
        Policy::TargetTracking(_) | Policy::Step(_) | Policy::Simple(_) => {
            let every = Rhythm::evaluations(period).max(spacing);
            Rhythm { per: Rhythm::samples(period, every), every, repeat: Rhythm::REPEAT, ..Rhythm::default() }
        }
    }
}

/// When a policy looks next, and what row it sees then.
enum Due<'q> {
    Once(Option<SimTime>),
    Often(Option<(SimTime, Option<usize>)>, Instants<'q>),
}

impl Due<'_> {
    fn when(&self) -> Option<SimTime> {
        match self {
            Due::Once(at) => *at,
            Due::Often(next, _) => next.map(|look| look.0),
        }
    }

    fn left(&self) -> usize {
        match self {
            Due::Once(at) => usize::from(at.is_some()),
            Due::Often(next, looks) => usize::from(next.is_some()) + looks.len(),
        }
    }

    /// It looks, and so another look is the next.
    fn take(&mut self) -> Option<usize> {
        match self {
            Due::Once(at) => {
                *at = None;
                None
            }
            Due::Often(next, looks) => std::mem::replace(next, looks.next())?.1,
        }
    }
}

/// A group that is followed from look to look.
struct Following<'g, 'v, 'q> {
    controller: Controller<'g>,
    values: &'v Values<'q>,
    question: &'q Question,
    desired: u32,
    /// Since when it is so.
    since: SimTime,
    /// The last look of each policy.
    last: Vec<SimTime>,
}

impl Following<'_, '_, '_> {
    fn look(&mut self, policy: usize, now: SimTime, row: Option<usize>, before: u32) -> Look {
        let count = |name| self.values.count(name, row);
        // What another policy decided at this very instant is on its way, or gone.
        let (more, fewer) = (self.desired.saturating_sub(before), before.saturating_sub(self.desired));
        let in_service = count("in-service").unwrap_or(before);
        let coming = count("coming").unwrap_or(before.saturating_sub(in_service)) + more;
        let in_service = in_service - fewer.saturating_sub(coming).min(in_service);
        let coming = coming.saturating_sub(fewer);
        let detail = row.and_then(|row| self.question.details.get(row));
        let capacity = Capacity {
            desired: self.desired,
            in_service,
            warm: count("warm").or(count("ready")).unwrap_or(in_service).min(in_service),
            coming,
            terminating: count("terminating").unwrap_or(0),
            settled: detail.and_then(|detail| detail.settled).or((coming == 0).then_some(self.since)),
        };
        let Capacity { warm, desired, .. } = capacity;
        let value = self.values.read(policy, row, (self.last[policy], now), Sharing { in_service, warm, desired });
        let length = |name| u64::from(count(name).unwrap_or(0));
        let lengths = (length("visible"), length("in-flight"));
        let (visible, in_flight) = lengths;
        self.controller.note(policy, Sample { value, visible, in_flight, published: now }, now);
        let Looked { asked, decision, high, low, .. } = self.controller.look(policy, now, &capacity);
        self.last[policy] = now;
        if decision.to != decision.from {
            (self.desired, self.since) = (decision.to, now);
        }
        Look {
            at: now,
            by: By::Policy(u16::try_from(policy).unwrap_or(u16::MAX)),
            metric: decision.metric,
            high,
            low,
            recommended: Some(asked.desired),
            asked: asked.why,
            from: decision.from,
            to: decision.to,
            why: decision.why,
            more: More::Nothing,
        }
    }

    /// What is wanted at a row, where it says so; and so many are in service if it does not say that.
    fn begin(&mut self, row: Option<usize>) -> u32 {
        if let Some(desired) = self.values.count("desired", row) {
            self.desired = desired;
        }
        self.desired
    }
}

/// The looks of a group's policies.
pub(super) fn looks(
    group: &Group,
    policy: &Asked,
    question: &Question,
    values: &mut Values<'_>,
    each: &mut dyn FnMut(&Look),
) -> Result<(), Refusal> {
    let memory = &question.memory;
    let begin = Memory {
        rest_until: memory.rest_until.unwrap_or(SimTime::START),
        fewer_from: memory.fewer_from.unwrap_or(SimTime::START),
        added: memory.added,
        ..Memory::default()
    };
    let spacing = question.columns.spacing;
    let follows = |policy: &Policy| {
        if question.is_of_looks() { Rhythm { per: 1, ..Rhythm::default() } } else { rhythm(policy, spacing) }
    };
    let mut controller = Controller::new(group, follows).remembering(begin, memory.high, memory.low);
    for (at, reads) in policy.reads.iter().enumerate() {
        for value in memory.datapoints.get(&reads.name()).into_iter().flatten() {
            let point = Sample { value: *value, visible: 0, in_flight: 0, published: SimTime::START };
            controller.note(at, point, SimTime::START);
        }
    }
    let start = question.columns.times.first().copied().unwrap_or_default();
    let mut following = Following {
        controller,
        values: &*values,
        question,
        desired: question.workers.unwrap_or(group.desired),
        since: SimTime::START,
        last: vec![SimTime::START; group.policies.len()],
    };
    let first_every = group.policies.iter().find_map(period).unwrap_or(Predictive::LOOK);
    if question.is_of_looks() {
        let mut before = None;
        for (now, row) in instants(question, first_every)? {
            let in_service = following.begin(row);
            for (at, rule) in group.policies.iter().enumerate() {
                let due = match rule {
                    Policy::Scheduled(rule) => rule.at <= now && before.is_none_or(|before| rule.at > before),
                    _ => true,
                };
                if due {
                    each(&following.look(at, now, row, in_service));
                }
            }
            before = Some(now);
        }
        return Ok(());
    }
    let of = |rule: &Policy| -> Result<Due<'_>, Refusal> {
        match rule {
            Policy::Scheduled(rule) => Ok(Due::Once(Some(start + (rule.at - SimTime::START)))),
            other => {
                let mut looks = instants(question, rhythm(other, spacing).every)?;
                Ok(Due::Often(looks.next(), looks))
            }
        }
    };
    let mut all: Vec<Due<'_>> = group.policies.iter().map(of).collect::<Result<_, _>>()?;
    let total: usize = all.iter().map(Due::left).sum();
    if total as u64 > LOOKS_MAX {
        return Err((format!("{total} looks of all policies"), format!("take a part: at most {LOOKS_MAX} looks")));
    }
    let end = question.columns.times.last().copied().unwrap_or_default();
    let mut at_instant = (SimTime::NEVER, 0);
    loop {
        let first = all.iter().enumerate().filter_map(|(at, due)| Some((due.when()?, at))).min();
        let Some((now, at)) = first.filter(|(now, _)| *now <= end) else { break };
        let row = all[at].take();
        if at_instant.0 != now {
            at_instant = (now, following.begin(row));
        }
        each(&following.look(at, now, row, at_instant.1));
    }
    Ok(())
}
