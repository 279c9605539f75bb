//! What a controller would have decided: its own pure steps, over values that were recorded or written down.

mod document;
mod group;
mod jobs;
mod kpa;
mod pods;
mod tally;
mod values;

pub use document::{
    AlarmDocument, AnswerDocument, LookDocument, Pages, PolicyDocument, ProposalDocument, SCHEMA, SummaryDocument,
    state,
};
pub use tally::{News, Summary};

use crate::cloud::scaling::kubernetes::{Fault, Proposal};
use crate::cloud::scaling::{Reason, State};
use crate::experiment::replay::tally::Tally;
use crate::experiment::replay::values::Values;
use crate::ground::time::SimTime;
use crate::scenario::decide::{AlarmQuestion, Controller, Policy, Question, Zero};

/// The most looks of one answer: ten policies that look every minute of a year, and some more.
const LOOKS_MAX: u64 = 6_000_000;

/// What is the matter, and what to do.
pub type Refusal = (String, String);

/// What a policy decides about what is seen.
///
/// Its looks are not kept: those of a year would fill the memory. Policies are pure, so whoever wants every look has it
/// decided again.
#[derive(Clone, Debug)]
pub struct Answer<'a> {
    policy: &'a Policy,
    question: &'a Question,
    /// What its looks read, by their names.
    pub reads: Vec<String>,
    /// What they come to.
    pub summary: Summary,
    /// Those of them that are worth a line.
    pub news: News,
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

/// What a policy decides about what is seen.
///
/// # Errors
/// What is lacking, and what to do.
pub fn decide<'a>(policy: &'a Policy, question: &'a Question) -> Result<Answer<'a>, Refusal> {
    if question.columns.times.is_empty() {
        let what = "nothing is seen: there is no look, and there are no recorded metrics";
        return Err((
            what.to_owned(),
            "give a document with `look` or `series`, or a file with `--metrics`".to_owned(),
        ));
    }
    let mut tally = Tally::of(policy.controller.max());
    let found = looks(policy, question, &mut |look| tally.note(look))?;
    let mut notes = question.columns.notes.clone();
    notes.extend(found);
    let reads = policy.reads.iter().map(|reads| reads.name()).collect();
    let (summary, news) = tally.finish(question.columns.times.last().copied().unwrap_or_default());
    Ok(Answer { policy, question, reads, summary, news, notes, zero: question.columns.zero })
}

/// Has every look decided in order, and tells what was found about the values.
fn looks(policy: &Policy, question: &Question, each: &mut dyn FnMut(&Look)) -> Result<Vec<String>, Refusal> {
    let mut values = Values::new(policy, question)?;
    match &policy.controller {
        Controller::Group(group) => group::looks(group, policy, question, &mut values, each)?,
        Controller::Hpa(hpa) => pods::hpa(hpa, policy, question, &mut values, each)?,
        Controller::Keda(keda) => pods::keda(keda, policy, question, &mut values, each)?,
        Controller::Jobs(jobs) => jobs::looks(jobs, policy, question, &mut values, each)?,
        Controller::Kpa(kpa) => kpa::looks(kpa, question, &mut values, each)?,
    }
    Ok(values.notes)
}

impl Answer<'_> {
    /// The policy's name.
    pub fn name(&self) -> &str {
        &self.policy.name
    }

    /// Every look, in order, decided again.
    pub fn each(&self, mut look: impl FnMut(&Look)) {
        looks(self.policy, self.question, &mut look).expect("what was decided once can be decided again");
    }

    /// All looks at hand.
    pub fn looks(&self) -> Vec<Look> {
        let mut looks = Vec::with_capacity(usize::try_from(self.summary.looks).unwrap_or(0));
        self.each(|look| looks.push(look.clone()));
        looks
    }
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
