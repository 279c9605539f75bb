//! A document becomes a question: every instant on one clock, every value in its column, or complaints with places.

use indexmap::IndexMap;

use crate::cloud::scaling::{Condition, Missing, Side, State, Window};
use crate::ground::time::SimTime;
use crate::scenario::complaint::{Complaint, Severity};
use crate::scenario::decide::columns::{COLUMNS_MAX, Columns, LONGEST, Zero};
use crate::scenario::decide::draft::{Beyond, Document, Given, Look, Memory, Moment, StateWord};
use crate::scenario::decide::exports::{self, Taking};
use crate::scenario::decide::policy::{self, Policy};
use crate::scenario::decide::seen::{AlarmQuestion, Detail, Question, Remembered};
use crate::scenario::draft::quantities::Whole;
use crate::scenario::draft::run::Defaults;
use crate::scenario::draft::scaling::Treatment;
use crate::scenario::place::Place;
use crate::scenario::reader;
use crate::scenario::source::{Loader, Source};
use crate::scenario::tree::{self, Value};

/// The most looks of one document; more are a file of metrics.
const LOOKS_MAX: usize = 200_000;
/// Datapoints of an alarm by itself.
const POINTS_MAX: usize = 10_000;

/// Reads a document.
///
/// # Errors
/// Everything that is the matter with it, in the order of the file.
pub fn question(source: &Source, loader: &dyn Loader) -> Result<Question, Vec<Complaint>> {
    let sorted = |mut complaints: Vec<Complaint>| {
        crate::scenario::sort(&mut complaints, source);
        complaints
    };
    read(source, loader).map(|question| Question { warnings: sorted(question.warnings), ..question }).map_err(sorted)
}

fn read(source: &Source, loader: &dyn Loader) -> Result<Question, Vec<Complaint>> {
    let mut tree = tree::parse(source)?;
    let textbook = policy::is_textbook(&tree);
    let mut complaints = Vec::new();
    let mut own = None;
    if tree.get("scaling").is_some() {
        match policy::own(&tree, textbook, loader, source.name.clone()) {
            Ok(policy) => own = Some(policy),
            Err(found) => complaints.extend(found),
        }
        if let Value::Table(table) = &mut tree.value {
            table.shift_remove("scaling");
        }
    }
    let derived = reader::derive::<Document>(&tree);
    complaints.extend(derived.complaints.into_iter().map(|complaint| Complaint {
        what: complaint.what.replacen("a scenario has", "a document has", 1),
        ..complaint
    }));
    let Some(draft) = derived.draft else { return Err(complaints) };
    debug_assert!(draft.scaling.is_none(), "the policy was read by itself");
    debug_assert_eq!(draft.defaults.is_some_and(|defaults| defaults == Defaults::Textbook), textbook);
    let mut reading = Reading { complaints, ..Reading::default() };
    let question = reading.question(&draft, own, loader);
    if reading.complaints.iter().any(|complaint| complaint.severity == Severity::Error) {
        return Err(reading.complaints);
    }
    Ok(Question { warnings: reading.complaints, ..question })
}

/// A document on its way to a question.
#[derive(Default)]
pub(super) struct Reading {
    complaints: Vec<Complaint>,
    zero: Zero,
    /// Pods of all looks so far.
    pub(super) pods: u64,
}

fn count(number: Whole) -> u32 {
    u32::try_from(number.0).unwrap_or(u32::MAX)
}

impl Reading {
    pub(super) fn refuse(&mut self, code: &'static str, place: Place, what: impl Into<String>, advice: &str) {
        self.complaints.push(Complaint::error(code, place, what).advise(advice));
    }

    fn question(&mut self, draft: &Document, policy: Option<Policy>, loader: &dyn Loader) -> Question {
        if draft.look.len() > LOOKS_MAX {
            let what = format!("{} looks", draft.look.len());
            self.refuse("E201", Place::of(&["look"]), what, "put them into a file of metrics: `series`");
            return Question::default();
        }
        self.clock(draft);
        let alarm = draft.alarm.as_ref().map(|alarm| self.alarm(alarm));
        let (columns, details) = match &draft.series {
            Some(series) if draft.look.is_empty() => {
                let taking = Taking {
                    time: series.time.clone(),
                    unit: series.unit.map(|unit| unit.0),
                    take: series.take.clone(),
                    scale: series.scale.iter().map(|(word, by)| (word.clone(), by.0)).collect(),
                };
                let read = loader.load(&series.file).map_err(|why| {
                    (
                        format!("{} can't be read: {why}", series.file),
                        "paths are relative to the document's own folder".to_owned(),
                    )
                });
                match read.and_then(|bytes| exports::read(&series.file, &bytes, &taking)) {
                    Ok(columns) => {
                        self.zero = columns.zero;
                        (columns, Vec::new())
                    }
                    Err((what, advice)) => {
                        self.refuse("E402", Place::of(&["series", "file"]), what, &advice);
                        (Columns::default(), Vec::new())
                    }
                }
            }
            Some(_) => {
                let what = "`series` and `look` both say what is seen";
                self.refuse("E108", Place::of(&["series"]).key(), what, "keep one of them");
                (Columns::default(), Vec::new())
            }
            None => self.looks(&draft.look),
        };
        if let (None, Some(_)) = (&draft.series, &alarm)
            && !draft.look.is_empty()
        {
            let what = "an `alarm` by itself has its own datapoints";
            self.refuse("E108", Place::of(&["alarm"]).key(), what, "leave out `look`, or ask for a policy");
        }
        Question {
            title: draft.title.clone(),
            policy,
            columns,
            details,
            untimed: draft.look.first().is_some_and(|look| look.at.is_none()),
            workers: draft.workers.map(count),
            memory: self.memory(&draft.memory),
            alarm,
            warnings: Vec::new(),
        }
    }

    /// The one clock of all instants: the earliest is its zero, or 0 where none is before.
    fn clock(&mut self, draft: &Document) {
        let mut all: Vec<(Place, Moment)> = Vec::new();
        let memory = Place::of(&["memory"]);
        let Memory { recommended, scaled_up, scaled_down, concurrency, .. } = &draft.memory;
        let single = [
            ("rest-until", draft.memory.rest_until),
            ("fewer-from", draft.memory.fewer_from),
            ("made", draft.memory.made),
            ("last-active", draft.memory.last_active),
            ("panic-since", draft.memory.panic_since),
            ("active-since", draft.memory.active_since),
            ("inactive-since", draft.memory.inactive_since),
            ("proxied-since", draft.memory.proxied_since),
        ];
        all.extend(single.into_iter().filter_map(|(key, moment)| Some((memory.then(key), moment?))));
        let lists =
            [("recommended", recommended.as_ref()), ("scaled-up", Some(scaled_up)), ("scaled-down", Some(scaled_down))];
        for (key, list) in lists {
            let each = list.into_iter().flatten().enumerate();
            all.extend(each.map(|(at, (moment, _))| (memory.then(key).nth(at), *moment)));
        }
        all.extend(
            concurrency.iter().enumerate().map(|(at, (moment, _))| (memory.then("concurrency").nth(at), *moment)),
        );
        for (at, look) in draft.look.iter().enumerate() {
            let place = Place::of(&["look"]).nth(at);
            let of_look = [("at", look.at), ("settled", look.settled)];
            all.extend(of_look.into_iter().filter_map(|(key, moment)| Some((place.then(key), moment?))));
            for (index, (moment, _)) in look.concurrency.iter().enumerate() {
                all.push((place.then("concurrency").nth(index), *moment));
            }
            for (index, pod) in look.pods.iter().enumerate() {
                let place = place.then("pods").nth(index);
                let of_pod = [
                    ("started", pod.started.and_then(|started| started.0)),
                    ("ready-since", pod.ready_since),
                    ("sampled", pod.sampled),
                ];
                all.extend(of_pod.into_iter().filter_map(|(key, moment)| Some((place.then(key), moment?))));
            }
        }
        let Some((_, first)) = all.first() else { return };
        let dated = first.dated;
        if let Some((place, _)) = all.iter().find(|(_, moment)| moment.dated != dated) {
            let what = "dates and times from the start stand side by side, and nothing says how far apart they are";
            self.refuse("E402", place.clone(), what, "write all instants in one of the two ways");
        }
        let least = all.iter().map(|(_, moment)| moment.nanos).min().unwrap_or(0);
        let most = all.iter().map(|(_, moment)| moment.nanos).max().unwrap_or(0);
        let nanos = if dated { least } else { least.min(0) };
        if most - nanos > LONGEST {
            self.refuse("E201", Place::of(&["look"]), "instants lie more than 200 years apart", "look at their unit");
        }
        self.zero = Zero { nanos, dated };
    }

    pub(super) fn at(&self, moment: Moment) -> SimTime {
        SimTime::from_nanos(u64::try_from(moment.nanos - self.zero.nanos).unwrap_or(0))
    }

    fn alarm(&mut self, draft: &super::draft::Alarm) -> AlarmQuestion {
        let place = Place::of(&["alarm"]);
        let (when, limit) = match draft.when {
            Beyond::Above(limit) => (Side::Above, limit.0),
            Beyond::AtLeast(limit) => (Side::AtLeast, limit.0),
            Beyond::Below(limit) => (Side::Below, limit.0),
            Beyond::AtMost(limit) => (Side::AtMost, limit.0),
        };
        let points = draft.points.map_or(1, |points| points.0);
        let of = draft.of.map_or(points, |of| of.0);
        if points == 0 || of < points || of > 1_440 {
            let what = format!("{points} of {of} datapoints");
            self.refuse(
                "E202",
                place.then("points"),
                what,
                "`points` is at least 1 and at most `of`, which is at most 1440",
            );
        }
        if draft.datapoints.len() > POINTS_MAX {
            let what = format!("{} datapoints", draft.datapoints.len());
            self.refuse("E201", place.then("datapoints"), what, "at most 10000");
        }
        let short = |number: u64| u16::try_from(number).unwrap_or(u16::MAX);
        let missing = match draft.missing {
            None | Some(Treatment::Missing) => Missing::Missing,
            Some(Treatment::Ignore) => Missing::Ignore,
            Some(Treatment::Breaching) => Missing::Breaching,
            Some(Treatment::NotBreaching) => Missing::NotBreaching,
        };
        let window = Window { points: short(points), of: short(of) };
        AlarmQuestion {
            condition: Condition { when, limit, window, missing },
            state: draft.state.map_or(State::InsufficientData, state),
            datapoints: draft.datapoints.iter().map(|given| given.0).collect(),
        }
    }

    /// Every look as a row, and what of it is no number.
    fn looks(&mut self, looks: &[Look]) -> (Columns, Vec<Detail>) {
        let mut columns = Columns { zero: self.zero, ..Columns::default() };
        let mut details = Vec::with_capacity(looks.len());
        let mut names: IndexMap<String, usize> = IndexMap::new();
        let all_timed = looks.iter().all(|look| look.at.is_some());
        let none_timed = looks.iter().all(|look| look.at.is_none());
        if !all_timed && !none_timed {
            let at = looks.iter().position(|look| look.at.is_none()).unwrap_or(0);
            let what = "this look has no instant, and others have";
            self.refuse("E004", Place::of(&["look"]).nth(at), what, "give `at` to all of them, or to none");
        }
        for (row, look) in looks.iter().enumerate() {
            let place = Place::of(&["look"]).nth(row);
            let at = look.at.map(|moment| self.at(moment));
            if let (Some(at), Some(&before)) = (at, columns.times.last())
                && at < before
            {
                let what = format!("the look at {} is before the one above it", self.zero.label(at));
                self.refuse("E203", place.then("at"), what, "write looks in the order of time");
            }
            columns.times.push(at.unwrap_or(columns.times.last().copied().unwrap_or(self.start())));
            let whole = |number: Option<Whole>| number.map(|number| number.0 as f64);
            let fixed = [
                ("desired", whole(look.desired)),
                ("in-service", whole(look.in_service)),
                ("warm", whole(look.warm)),
                ("coming", whole(look.coming)),
                ("terminating", whole(look.terminating)),
                ("replicas", whole(look.replicas)),
                ("current", whole(look.current)),
                ("ready", whole(look.ready)),
                ("running", whole(look.running)),
                ("pending", whole(look.pending)),
                ("stable", look.stable.map(|number| number.0)),
                ("panic", look.panic.map(|number| number.0)),
            ];
            let given = look.values.iter().map(|(name, Given(value))| (name.as_str(), *value));
            for (name, value) in given.chain(fixed) {
                let Some(value) = value else { continue };
                if !value.is_finite() {
                    self.refuse(
                        "E201",
                        place.then("values").then(name),
                        "a value is a finite number",
                        "or \"missing\"",
                    );
                }
                let next = names.len();
                let column = *names.entry(name.to_owned()).or_insert(next);
                if column >= COLUMNS_MAX {
                    self.refuse("E201", place.then("values"), "more than 1000 names", "look at what is read");
                    return (columns, details);
                }
                if column == columns.values.len() {
                    columns.values.push(Vec::new());
                }
                columns.values[column].resize(row, f64::NAN);
                columns.values[column].push(value);
            }
            details.push(self.detail(look, &place));
        }
        columns.names = names.into_keys().collect();
        columns.values.iter_mut().for_each(|values| values.resize(looks.len(), f64::NAN));
        (columns, details)
    }

    /// The start of a relative clock, on the one clock.
    fn start(&self) -> SimTime {
        let from = if self.zero.dated { 0 } else { -self.zero.nanos };
        SimTime::from_nanos(u64::try_from(from).unwrap_or(0))
    }

    fn detail(&mut self, look: &Look, place: &Place) -> Detail {
        let concurrency = look.concurrency.iter().map(|(at, value)| (self.at(*at), value.0)).collect();
        let pods = look.pods.iter().enumerate().map(|(at, pod)| self.pod(pod, &place.then("pods").nth(at)));
        Detail {
            pods: pods.collect(),
            settled: look.settled.map(|moment| self.at(moment)),
            concurrency,
            reachable: look.reachable,
        }
    }

    fn memory(&mut self, draft: &Memory) -> Remembered {
        let at = |moment: Option<Moment>| moment.map(|moment| self.at(moment));
        let list = |list: &[(Moment, Whole)]| list.iter().map(|(moment, of)| (self.at(*moment), count(*of))).collect();
        Remembered {
            fresh: draft.fresh,
            rest_until: at(draft.rest_until),
            fewer_from: at(draft.fewer_from),
            added: draft.added.map_or(0, count),
            datapoints: draft
                .datapoints
                .iter()
                .map(|(name, points)| (name.clone(), points.iter().map(|given| given.0).collect()))
                .collect(),
            high: draft.high.map_or(State::InsufficientData, state),
            low: draft.low.map_or(State::InsufficientData, state),
            recommended: draft.recommended.as_deref().map(list),
            scaled_up: list(&draft.scaled_up),
            scaled_down: list(&draft.scaled_down),
            made: at(draft.made),
            last_active: at(draft.last_active),
            failures: draft.failures.iter().map(|number| count(*number)).collect(),
            panic_since: at(draft.panic_since),
            most: draft.most.map(count),
            active_since: at(draft.active_since),
            inactive_since: at(draft.inactive_since),
            proxied_since: at(draft.proxied_since),
            concurrency: draft.concurrency.iter().map(|(moment, value)| (self.at(*moment), value.0)).collect(),
        }
    }
}

fn state(word: StateWord) -> State {
    match word {
        StateWord::InsufficientData => State::InsufficientData,
        StateWord::Ok => State::Ok,
        StateWord::Alarm => State::Alarm,
    }
}
