//! Answers as JSON: every look with what was seen, asked for and done, and why.

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use crate::cloud::scaling::State;
use crate::cloud::scaling::kubernetes::{Fault, Proposal};
use crate::experiment::decisions::word_of;
use crate::experiment::replay::{Answer, By, Look, More, Summary, alarm, alarm_at_once};
use crate::ground::time::SECOND;
use crate::scenario::decide::{AlarmQuestion, Zero};

/// The form of the document.
pub const SCHEMA: &str = "queuelab/decide/1";

/// All answers to a question: with their looks at hand, or with [`Pages`] of them.
#[derive(Clone, Debug, Serialize)]
pub struct AnswerDocument<L = Vec<LookDocument>> {
    /// Its form.
    pub schema: &'static str,
    /// What wrote it.
    pub program: String,
    /// What was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What each policy decided.
    pub policies: Vec<PolicyDocument<L>>,
    /// What an alarm by itself says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alarm: Option<AlarmDocument>,
}

/// What one policy decided.
#[derive(Clone, Debug, Serialize)]
pub struct PolicyDocument<L = Vec<LookDocument>> {
    /// Which.
    pub policy: String,
    /// What it reads.
    pub reads: Vec<String>,
    /// What was found about the values, and what was done about it.
    pub notes: Vec<String>,
    /// What the looks come to.
    pub summary: SummaryDocument,
    /// Every look.
    pub looks: L,
}

/// The looks of an answer, each decided and told only when it is written.
#[derive(Clone, Copy, Debug)]
pub struct Pages<'a>(&'a Answer<'a>);

/// One look.
#[derive(Clone, Debug, Serialize)]
pub struct LookDocument {
    /// Seconds on the clock of the question.
    pub at: f64,
    /// The same as it is written.
    pub time: String,
    /// Who looked.
    pub by: String,
    /// The metric as it was seen.
    pub metric: Option<f64>,
    /// What the alarm for too much says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<&'static str>,
    /// What the alarm for too little says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<&'static str>,
    /// The number that was asked for before anything held it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recommended: Option<u32>,
    /// Why so many.
    pub because: String,
    /// Wanted before.
    pub from: u32,
    /// Wanted after.
    pub desired: u32,
    /// The change in one word.
    pub action: &'static str,
    /// Why, in one word.
    pub reason: &'static str,
    /// Why, as a sentence.
    pub why: String,
    /// Jobs that are created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<u32>,
    /// Jobs for which there is room by the strategy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room: Option<i64>,
    /// Whether a Knative pod autoscaler panics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub panic: Option<bool>,
    /// Its excess burst capacity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excess: Option<i64>,
    /// What each metric of an HPA proposes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub proposals: Vec<ProposalDocument>,
}

/// What one metric of an HPA proposes.
#[derive(Clone, Debug, Serialize)]
pub struct ProposalDocument {
    /// Replicas.
    pub replicas: Option<u32>,
    /// The metric over its target.
    pub ratio: Option<f64>,
    /// What was read: per cent, or thousandths.
    pub seen: Option<i64>,
    /// Pods that it was counted from.
    pub pods: Option<u32>,
    /// Why it proposes nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// What looks come to.
#[derive(Clone, Debug, Serialize)]
pub struct SummaryDocument {
    /// Looks.
    pub looks: u64,
    /// Seconds from the first to the last.
    pub seconds: f64,
    /// Workers wanted times hours.
    pub capacity_hours: f64,
    /// Changes.
    pub changes: u64,
    /// Changes to more.
    pub out: u64,
    /// Changes to fewer.
    pub back: u64,
    /// The fewest.
    pub least: u32,
    /// The most.
    pub most: u32,
    /// Seconds at the maximum.
    pub at_max_seconds: f64,
    /// Looks at which another number was asked for than came of it.
    pub held: u64,
    /// Jobs that were created.
    pub jobs: u64,
}

/// What an alarm by itself says.
#[derive(Clone, Debug, Serialize)]
pub struct AlarmDocument {
    /// Its state with all datapoints known at once.
    pub state: &'static str,
    /// Its state after each datapoint, as they come.
    pub states: Vec<&'static str>,
}

/// An alarm's state in a word.
pub fn state(state: State) -> &'static str {
    match state {
        State::InsufficientData => "insufficient-data",
        State::Ok => "ok",
        State::Alarm => "alarm",
    }
}

impl By {
    /// Who it is, as people say it.
    pub fn name(self) -> String {
        match self {
            By::Policy(number) => format!("policy {}", number + 1),
            By::Hpa => "hpa".to_owned(),
            By::Keda => "keda".to_owned(),
            By::Jobs => "keda-jobs".to_owned(),
            By::Kpa => "kpa".to_owned(),
        }
    }
}

impl AlarmDocument {
    /// What an alarm says.
    pub fn of(question: &AlarmQuestion) -> AlarmDocument {
        AlarmDocument {
            state: state(alarm_at_once(question)),
            states: alarm(question).into_iter().map(state).collect(),
        }
    }
}

impl SummaryDocument {
    /// A summary in the units of people.
    pub fn of(summary: &Summary) -> SummaryDocument {
        let Summary { looks, time, capacity, out, back, least, most, at_max, held, jobs } = *summary;
        SummaryDocument {
            looks,
            seconds: time.seconds(),
            capacity_hours: capacity as f64 / (3_600 * SECOND) as f64,
            changes: out + back,
            out,
            back,
            least,
            most,
            at_max_seconds: at_max.seconds(),
            held,
            jobs,
        }
    }
}

impl LookDocument {
    /// A look, on a clock.
    pub fn of(look: &Look, zero: Zero) -> LookDocument {
        let label = |at| zero.label(at);
        let because = look.asked.told(&label);
        let mut document = LookDocument {
            at: zero.seconds(look.at),
            time: zero.label(look.at),
            by: look.by.name(),
            metric: look.metric,
            high: look.high.map(state),
            low: look.low.map(state),
            recommended: look.recommended,
            // As a rule nothing came between.
            why: if look.why == look.asked { because.clone() } else { look.why.told(&label) },
            because,
            from: look.from,
            desired: look.to,
            action: look.why.action(look.from, look.to),
            reason: word_of(look.why),
            created: None,
            room: None,
            panic: None,
            excess: None,
            proposals: Vec::new(),
        };
        match &look.more {
            More::Nothing => {}
            More::Proposals(proposals) => document.proposals = proposals.iter().map(proposal).collect(),
            More::Jobs { created, room } => (document.created, document.room) = (Some(*created), Some(*room)),
            More::Kpa { panics, excess } => (document.panic, document.excess) = (Some(*panics), Some(*excess)),
        }
        document
    }
}

fn proposal(of: &Result<Proposal, Fault>) -> ProposalDocument {
    let known = of.as_ref().ok();
    ProposalDocument {
        replicas: known.map(|proposal| proposal.replicas),
        ratio: known.map(|proposal| proposal.ratio).filter(|ratio| ratio.is_finite()),
        seen: known.map(|proposal| proposal.seen),
        pods: known.map(|proposal| proposal.counted),
        fault: of.as_ref().err().map(|fault| fault.to_string()),
    }
}

impl Pages<'_> {
    /// The looks, one after the other.
    fn each(self, mut look: impl FnMut(LookDocument)) {
        self.0.each(|of| look(LookDocument::of(of, self.0.zero)));
    }
}

impl Serialize for Pages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut all = serializer.serialize_seq(usize::try_from(self.0.summary.looks).ok())?;
        let mut written = Ok(());
        self.each(|look| {
            if written.is_ok() {
                written = all.serialize_element(&look);
            }
        });
        written?;
        all.end()
    }
}

impl<'a> PolicyDocument<Pages<'a>> {
    /// An answer.
    pub fn of(answer: &'a Answer<'a>) -> PolicyDocument<Pages<'a>> {
        PolicyDocument {
            policy: answer.name().to_owned(),
            reads: answer.reads.clone(),
            notes: answer.notes.clone(),
            summary: SummaryDocument::of(&answer.summary),
            looks: Pages(answer),
        }
    }
}

impl<'a> AnswerDocument<Pages<'a>> {
    /// Answers to one question.
    pub fn of(
        title: Option<String>,
        answers: &'a [Answer<'a>],
        alarm: Option<&AlarmQuestion>,
    ) -> AnswerDocument<Pages<'a>> {
        AnswerDocument {
            schema: SCHEMA,
            program: format!("queuelab {}", env!("CARGO_PKG_VERSION")),
            title,
            policies: answers.iter().map(PolicyDocument::of).collect(),
            alarm: alarm.map(AlarmDocument::of),
        }
    }

    /// With all looks at hand.
    pub fn in_full(self) -> AnswerDocument {
        let AnswerDocument { schema, program, title, policies, alarm } = self;
        let in_full = |policy: PolicyDocument<Pages<'a>>| {
            let PolicyDocument { policy, reads, notes, summary, looks } = policy;
            let mut all = Vec::new();
            looks.each(|look| all.push(look));
            PolicyDocument { policy, reads, notes, summary, looks: all }
        };
        AnswerDocument { schema, program, title, policies: policies.into_iter().map(in_full).collect(), alarm }
    }
}
