//! Values for what policies read: by the names of columns, at the instants of looks.

use std::sync::Arc;

use crate::cloud::scaling::{Ratio, Recorded};
use crate::experiment::replay::{LOOKS_MAX, Refusal};
use crate::ground::time::{SimTime, Span};
use crate::scenario::decide::{Policy, Question, Reads};

/// Where a value comes from.
#[derive(Clone, Debug)]
enum Origin {
    Nothing,
    Column(usize),
    Points(Arc<[(SimTime, f64)]>),
    /// A number of workers, which the look itself knows.
    Workers(Workers),
    Ratio(Box<Origin>, Box<Origin>, f64),
    /// A backlog is what is visible and what is in flight.
    Backlog(usize, usize),
}

#[derive(Clone, Copy, Debug)]
enum Workers {
    InService,
    Warm,
    Desired,
}

/// The workers that metrics may be shared by.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sharing {
    pub in_service: u32,
    pub warm: u32,
    pub desired: u32,
}

/// What is read at a look.
pub(super) struct Values<'q> {
    question: &'q Question,
    origins: Vec<Origin>,
    /// The columns that may say how many workers or pods there are.
    counts: Vec<usize>,
    /// What was found about the values, and what was done about it.
    pub notes: Vec<String>,
}

/// More workers are a slip, and count as so many.
const WORKERS_MAX: f64 = 1e9;
/// A mean CPU of pods beyond so many times what they request is hardly meant.
const SHARE_MAX: f64 = 10.0;
/// Names that say something of the workers, and are no metric.
const ABOUT_WORKERS: [&str; 12] = [
    "desired",
    "in-service",
    "warm",
    "coming",
    "terminating",
    "replicas",
    "current",
    "ready",
    "running",
    "pending",
    "stable",
    "panic",
];

/// Whether a number of this name may be asked for at a look, whatever the policy reads.
fn is_counted(name: &str) -> bool {
    ABOUT_WORKERS.contains(&name) || matches!(name, "visible" | "in-flight")
}

impl<'q> Values<'q> {
    /// Finds what a policy reads among what there is.
    pub fn new(policy: &Policy, question: &'q Question) -> Result<Values<'q>, Refusal> {
        let names = &question.columns.names;
        let counts = (0..names.len()).filter(|&at| is_counted(&names[at])).collect();
        let mut values = Values { question, origins: Vec::new(), counts, notes: Vec::new() };
        let needs: Vec<&str> = policy.reads.iter().flat_map(|reads| reads.needs()).collect();
        let free: Vec<usize> = (0..question.columns.names.len())
            .filter(|&at| !ABOUT_WORKERS.contains(&question.columns.names[at].as_str()))
            .collect();
        let alone = match (needs.as_slice(), free.as_slice()) {
            ([need, rest @ ..], &[only]) if rest.iter().all(|other| other == need) => Some(only),
            _ => None,
        };
        for reads in &policy.reads {
            let origin = values.origin(reads, alone)?;
            if reads.name() == "cpu"
                && let Origin::Column(column) = origin
            {
                values.note_per_cent(column);
            }
            values.origins.push(origin);
        }
        Ok(values)
    }

    fn column(&self, name: &str) -> Option<usize> {
        self.question.columns.names.iter().position(|known| known == name)
    }

    fn origin(&mut self, reads: &Reads, alone: Option<usize>) -> Result<Origin, Refusal> {
        let (full, word) = match reads {
            Reads::Nothing => return Ok(Origin::Nothing),
            Reads::Recorded(_, points) => return Ok(Origin::Points(points.clone())),
            Reads::Ratio { name, of, to, at_least } => {
                return match self.column(name) {
                    Some(column) => Ok(Origin::Column(column)),
                    None => {
                        let (of, to) = (self.origin(of, alone)?, self.origin(to, alone)?);
                        Ok(Origin::Ratio(Box::new(of), Box::new(to), *at_least))
                    }
                };
            }
            Reads::Named(name) => (name.clone(), name.as_str()),
            Reads::Of(node, word) => (format!("{node}.{word}"), word.as_str()),
        };
        if let Some(column) = self.column(&full).or_else(|| self.column(word)) {
            return Ok(Origin::Column(column));
        }
        if let ("backlog", Some(visible), Some(flying)) = (word, self.column("visible"), self.column("in-flight")) {
            return Ok(Origin::Backlog(visible, flying));
        }
        match word {
            "in-service" => return Ok(Origin::Workers(Workers::InService)),
            "ready" => return Ok(Origin::Workers(Workers::Warm)),
            "desired" => return Ok(Origin::Workers(Workers::Desired)),
            _ => {}
        }
        if self.question.is_of_looks() {
            self.note_nothing_of(&full);
            return Ok(Origin::Nothing);
        }
        let names = &self.question.columns.names;
        if let Some(only) = alone {
            let note = format!("`{}` is taken for `{full}`: it is the only series, and the only metric", names[only]);
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
            return Ok(Origin::Column(only));
        }
        let what = format!("the policy reads `{full}`, and the recorded series are `{}`", names.join("`, `"));
        Err((what, format!("say which it is: `--take {full}=SERIES`")))
    }

    /// Says that values look like per cent where a share is read: monitoring writes a CPU of 75 % as 75.
    fn note_per_cent(&mut self, column: usize) {
        let most = self.question.columns.values[column].iter().copied().fold(0.0, f64::max);
        if most > SHARE_MAX {
            let share = (most * 100.0).round();
            self.notes.push(format!(
                "`cpu` is a share, and its greatest value, {most}, is {share} %: if it is in per cent, `--scale cpu=0.01`"
            ));
        }
    }

    /// Says that no look has a value of a name, unless pods have.
    fn note_nothing_of(&mut self, name: &str) {
        if self.question.details.iter().any(|detail| !detail.pods.is_empty()) {
            return;
        }
        let names = &self.question.columns.names;
        let others: Vec<&str> = names.iter().map(String::as_str).filter(|name| !ABOUT_WORKERS.contains(name)).collect();
        let known = match others.as_slice() {
            [] => String::new(),
            some => format!(", and they have `{}`", some.join("`, `")),
        };
        self.notes.push(format!("the policy reads `{name}`, of which no look has a value{known}: it is missing"));
    }

    /// The value that a policy reads at a row, between its last look and now.
    pub fn read(&self, policy: usize, row: Option<usize>, times: (SimTime, SimTime), sharing: Sharing) -> Option<f64> {
        self.value(self.origins.get(policy)?, row, times, sharing)
    }

    fn value(&self, origin: &Origin, row: Option<usize>, times: (SimTime, SimTime), sharing: Sharing) -> Option<f64> {
        match origin {
            Origin::Nothing => None,
            Origin::Column(column) => self.question.columns.at(*column, row?),
            Origin::Backlog(visible, flying) => {
                let columns = &self.question.columns;
                Some(columns.at(*visible, row?)? + columns.at(*flying, row?)?)
            }
            Origin::Points(points) => Recorded(points.clone()).between(times.0, times.1),
            Origin::Workers(workers) => Some(f64::from(match workers {
                Workers::InService => sharing.in_service,
                Workers::Warm => sharing.warm,
                Workers::Desired => sharing.desired,
            })),
            Origin::Ratio(of, to, at_least) => {
                let (of, to) = (self.value(of, row, times, sharing)?, self.value(to, row, times, sharing)?);
                Ratio::value(of, to, *at_least)
            }
        }
    }

    /// Whether all that is read stands in the rows, and so changes only from one to the next.
    pub fn are_of_rows(&self) -> bool {
        let is_of_rows = |origin: &Origin| matches!(origin, Origin::Nothing | Origin::Column(_) | Origin::Backlog(..));
        self.origins.iter().all(is_of_rows)
    }

    /// Whether a policy's own value stands in the columns.
    pub fn has(&self, policy: usize, row: Option<usize>) -> bool {
        match (self.origins.get(policy), row) {
            (Some(Origin::Column(column)), Some(row)) => self.question.columns.at(*column, row).is_some(),
            _ => false,
        }
    }

    /// A number of workers, pods or messages at a row, if it is said.
    pub fn count(&self, name: &str, row: Option<usize>) -> Option<u32> {
        let value = self.number(name, row)?;
        (value >= 0.0).then(|| value.round().min(WORKERS_MAX) as u32)
    }

    /// A number that is one of those about workers, or of messages, at a row.
    pub fn number(&self, name: &str, row: Option<usize>) -> Option<f64> {
        debug_assert!(is_counted(name), "nobody looks for `{name}`");
        let column = self.counts.iter().copied().find(|&at| self.question.columns.names[at] == name)?;
        self.question.columns.at(column, row?)
    }
}

/// The instants of looks in one rhythm, each with the row that is seen then.
#[derive(Clone, Debug)]
pub(super) struct Instants<'q> {
    times: &'q [SimTime],
    first: SimTime,
    every: Span,
    /// How long a recorded value is seen; `None`: each row is a look.
    hold: Option<Span>,
    /// Whether looks follow one another in the rhythm, whatever the instants of rows.
    untimed: bool,
    look: u64,
    looks: u64,
    /// The first row that is still to come.
    next: usize,
}

/// The looks of one rhythm.
///
/// Where each row is a look, its own instants; without instants they follow one another in the rhythm. Recorded values
/// are seen at the first and every `every` after it, each as long as it is the newest and not older than what is usual
/// between two of them.
pub(super) fn instants(question: &Question, every: Span) -> Result<Instants<'_>, Refusal> {
    let times = question.columns.times.as_slice();
    let every = every.max(Span::from_nanos(1));
    let first = times.first().copied().unwrap_or_default();
    let (looks, hold) = if question.is_of_looks() {
        (times.len() as u64, None)
    } else {
        let between = |last: &SimTime| (*last - first).nanos() / every.nanos() + 1;
        (times.last().map_or(0, between), Some(every.max(question.columns.spacing)))
    };
    if hold.is_some() && looks > LOOKS_MAX {
        let length = times.last().copied().unwrap_or_default() - first;
        let what = format!("a look every {every} for {length} would be {looks} looks");
        return Err((what, format!("take a part of the recorded values: at most {LOOKS_MAX} looks")));
    }
    Ok(Instants { times, first, every, hold, untimed: question.untimed, look: 0, looks, next: 0 })
}

impl Iterator for Instants<'_> {
    type Item = (SimTime, Option<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.look == self.looks {
            return None;
        }
        let look = self.look;
        self.look += 1;
        let rhythm = || self.first + Span::from_nanos(self.every.nanos().saturating_mul(look));
        let Some(hold) = self.hold else {
            let row = look as usize;
            return Some((if self.untimed { rhythm() } else { self.times[row] }, Some(row)));
        };
        let now = rhythm();
        while self.times.get(self.next).is_some_and(|at| *at <= now) {
            self.next += 1;
        }
        let row = self.next.checked_sub(1).filter(|&row| now - self.times[row] < hold);
        Some((now, row))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = (self.looks - self.look) as usize;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Instants<'_> {}
