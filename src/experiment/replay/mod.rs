//! What a controller would have decided: its own pure steps, over values that were recorded or written down.

mod document;
mod group;
mod jobs;
mod kpa;
mod pods;
mod values;

pub use document::{
    AlarmDocument, AnswerDocument, LookDocument, Pages, PolicyDocument, ProposalDocument, SCHEMA, SummaryDocument,
    state,
};

use crate::cloud::scaling::kubernetes::{Fault, Proposal};
use crate::cloud::scaling::{Reason, State};
use crate::experiment::replay::values::Values;
use crate::ground::time::{SimTime, Span};
use crate::scenario::decide::{AlarmQuestion, Controller, Policy, Question, Zero};

/// The most looks of one answer: ten policies that look every minute of a year, and some more.
const LOOKS_MAX: u64 = 6_000_000;

/// What is the matter, and what to do.
pub type Refusal = (String, String);

/// What a policy decided at each of its looks.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The policy.
    pub policy: String,
    /// What its looks read, by their names.
    pub reads: Vec<String>,
    /// Every look, in order.
    pub looks: Vec<Look>,
    /// What they come to.
    pub summary: Summary,
    /// What was found about the values, and what was done about it.
    pub notes: Vec<String>,
    /// Where instants are counted from.
    pub zero: Zero,
}

/// One look and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// When.
    pub at: SimTime,
    /// Who looked.
    pub by: By,
    /// The metric as it was seen.
    pub metric: Option<f64>,
    /// What the alarm for too much says, if there is one.
    pub high: Option<State>,
    /// What the alarm for too little says.
    pub low: Option<State>,
    /// The number that was asked for before anything held it back; `None`: nothing was.
    pub recommended: Option<u32>,
    /// Why so many.
    pub asked: Reason,
    /// Wanted before.
    pub from: u32,
    /// Wanted after.
    pub to: u32,
    /// Why.
    pub why: Reason,
    /// What only some controllers have.
    pub more: More,
}

/// Who looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// A policy of a group, by its number from 0.
    Policy(u16),
    /// A horizontal pod autoscaler.
    Hpa,
    /// KEDA itself.
    Keda,
    /// A `ScaledJob`.
    Jobs,
    /// Knative's pod autoscaler.
    Kpa,
}

/// What only some controllers have.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum More {
    /// Nothing.
    #[default]
    Nothing,
    /// What each metric of an HPA proposes.
    Proposals(Vec<Result<Proposal, Fault>>),
    /// Jobs that are created, and for how many there is room.
    Jobs {
        /// Created.
        created: u32,
        /// Room by the strategy; it may be less than 0.
        room: i64,
    },
    /// The state of a Knative pod autoscaler.
    Kpa {
        /// Whether it panics.
        panics: bool,
        /// Requests that could come on top before its burst capacity is used up.
        excess: i64,
    },
}

/// What looks come to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Summary {
    /// Looks.
    pub looks: u64,
    /// From the first to the last.
    pub time: Span,
    /// Nanoseconds of workers wanted: a worker for an hour is an hour of capacity.
    pub capacity: u128,
    /// Changes to more.
    pub out: u64,
    /// Changes to fewer.
    pub back: u64,
    /// The fewest that were wanted.
    pub least: u32,
    /// The most.
    pub most: u32,
    /// How long as many were wanted as there may be.
    pub at_max: Span,
    /// Looks at which another number was asked for than came of it.
    pub held: u64,
    /// Jobs that were created.
    pub jobs: u64,
}

impl Summary {
    /// What looks come to, where there may be so many.
    fn of(looks: &[Look], max: u32, end: SimTime) -> Summary {
        let mut summary = Summary { looks: looks.len() as u64, least: u32::MAX, ..Summary::default() };
        for (at, look) in looks.iter().enumerate() {
            let until = looks.get(at + 1).map_or(end, |next| next.at).max(look.at);
            let span = until - look.at;
            summary.capacity += u128::from(look.to) * u128::from(span.nanos());
            summary.least = summary.least.min(look.to);
            summary.most = summary.most.max(look.to);
            if look.to >= max {
                summary.at_max += span;
            }
            summary.held += u64::from(look.recommended.is_some_and(|recommended| recommended != look.to));
            if let More::Jobs { created, .. } = look.more {
                summary.jobs += u64::from(created);
            } else {
                summary.out += u64::from(look.to > look.from);
                summary.back += u64::from(look.to < look.from);
            }
        }
        summary.least = summary.least.min(summary.most);
        if let Some(first) = looks.first() {
            summary.time = end.max(first.at) - first.at;
        }
        summary
    }
}

/// What a policy decides about what is seen.
///
/// # Errors
/// What is lacking, and what to do.
pub fn decide(policy: &Policy, question: &Question) -> Result<Answer, Refusal> {
    if question.columns.times.is_empty() {
        let what = "nothing is seen: there is no look, and there are no recorded metrics";
        return Err((
            what.to_owned(),
            "give a document with `look` or `series`, or a file with `--metrics`".to_owned(),
        ));
    }
    let mut values = Values::new(policy, question)?;
    let (looks, max) = match &policy.controller {
        Controller::Group(group) => (group::looks(group, policy, question, &mut values)?, group.max),
        Controller::Hpa(hpa) => (pods::hpa(hpa, policy, question, &mut values)?, hpa.max),
        Controller::Keda(keda) => (pods::keda(keda, policy, question, &mut values)?, keda.max),
        Controller::Jobs(jobs) => (jobs::looks(jobs, policy, question, &mut values)?, jobs.max),
        Controller::Kpa(kpa) => (kpa::looks(kpa, question, &mut values)?, kpa.max.unwrap_or(u32::MAX)),
    };
    let end = question.columns.times.last().copied().unwrap_or_default();
    let end = looks.last().map_or(end, |last| last.at.max(end));
    let mut notes = question.columns.notes.clone();
    notes.extend(values.notes);
    Ok(Answer {
        policy: policy.name.clone(),
        reads: policy.reads.iter().map(|reads| reads.name()).collect(),
        summary: Summary::of(&looks, max, end),
        looks,
        notes,
        zero: question.columns.zero,
    })
}

/// The state of an alarm after each of its datapoints, and at last.
pub fn alarm(question: &AlarmQuestion) -> Vec<State> {
    let mut state = question.state;
    let datapoints = &question.datapoints;
    let each = (1..=datapoints.len()).map(|seen| {
        // The newest first; what is before the first datapoint is not known, and not in range.
        state = question.condition.judge(datapoints[..seen].iter().rev().copied(), state);
        state
    });
    let mut states: Vec<State> = each.collect();
    if states.is_empty() {
        states.push(question.condition.judge(std::iter::empty(), state));
    }
    states
}

/// The state of an alarm that knows all of its datapoints at once, as the tables of CloudWatch's guide have them.
pub fn alarm_at_once(question: &AlarmQuestion) -> State {
    question.condition.judge(question.datapoints.iter().rev().copied(), question.state)
}
