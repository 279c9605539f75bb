//! Event buses: rules take something, send it to somebody, and say it in a form that the provider takes.

use crate::cloud::bus::input::{self, PATHS_MAX, Piece, RESERVED, TEMPLATE_MAX};
use crate::cloud::bus::json::Objection;
use crate::cloud::bus::pattern::Pattern;
use crate::cloud::topology::DEFAULT_BUS;
use crate::ground::time::{SECOND, Span};
use crate::scenario::complaint::{Complaint, did_you_mean};
use crate::scenario::cron::Cron;
use crate::scenario::draft::Topology;
use crate::scenario::draft::bus::{Bus, Event, Input, Rule as Draft, Schedule};
use crate::scenario::draft::run::Defaults;
use crate::scenario::draft::step::Step;
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::rules::pairs::one_of;
use crate::scenario::rules::ranges::Ranges;
use crate::scenario::sight::{Kind, Sight, deeds, node_place};

pub(super) const RULE: Rule = Rule {
    about: "a rule of a bus has a pattern or a schedule that the provider takes, one to five targets, and retries within its limits",
    check,
};

/// Targets of a rule (Amazon EventBridge user guide, *EventBridge quotas*).
const TARGETS: usize = 5;
/// Rules of a bus by the same; beyond the second they are a slip.
const RULES: usize = 300;
const RULES_MAX: usize = 10_000;
/// Replays at once (Amazon EventBridge user guide, *EventBridge quotas*).
const REPLAYS: usize = 10;
/// Attempts after the first (Amazon EventBridge API reference, RetryPolicy).
const RETRIES: u64 = 185;
/// How long one is tried again (the same).
const AGES: (Span, Span) = (Span::from_secs(60), Span::from_secs(86_400));
/// Schedules have a grain of a minute (Amazon EventBridge user guide, *Rate expressions*).
const MINUTE: Span = Span::from_secs(60);

const TEXTBOOK: &str = "it is simulated as it stands: say `run.defaults = \"textbook\"` where it is not the provider's";

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut ranges = Ranges::default();
    let is_textbook = matches!(sight.draft.run.defaults, Some(Defaults::Textbook));
    for (name, topology) in sight.topologies() {
        for (bus_name, bus) in &topology.bus {
            let place = node_place(name, Kind::Bus, bus_name);
            one(bus_name, bus, &place, is_textbook, &mut ranges);
            replays(bus, &place, is_textbook, &mut ranges.complaints);
            for (rule_name, rule) in &bus.rule {
                let place = place.then("rule").then(rule_name);
                self::rule(sight, (bus_name, rule), topology, &place, is_textbook, &mut ranges);
            }
        }
        for deed in deeds(name, topology) {
            step(topology, deed.step, &deed.place, &mut ranges.complaints);
        }
    }
    ranges.complaints
}

fn one(name: &str, bus: &Bus, place: &Place, is_textbook: bool, ranges: &mut Ranges) {
    let rules = bus.rule.len();
    if rules > RULES_MAX {
        let what = format!("{rules} rules");
        let complaint = Complaint::error("E201", place.then("rule"), what);
        ranges.complaints.push(complaint.advise(format!("at most {RULES_MAX} can be read")));
    } else if rules > RULES && !is_textbook {
        let what = format!("a bus of EventBridge has {RULES} rules at the most, and this one has {rules}");
        ranges.complaints.push(Complaint::warning("W114", place.then("rule"), what).advise(TEXTBOOK));
    }
    if bus.loss.is_some_and(|loss| loss.0 > 0.0) && name != DEFAULT_BUS {
        let what = format!("only `{DEFAULT_BUS}` hears what happens to machines, and nothing else is ever lost");
        ranges.complaints.push(Complaint::error("E108", place.then("loss").key(), what).advise("take it out"));
    }
}

/// What is heard again is kept, has come before, and is for rules that take what comes.
fn replays(bus: &Bus, place: &Place, is_textbook: bool, complaints: &mut Vec<Complaint>) {
    let place = place.then("replay");
    if bus.archive.is_none() && !bus.replay.is_empty() {
        let what = "there is nothing to hear again: this bus keeps nothing";
        complaints.push(
            Complaint::error("E108", place.clone().key(), what).advise("let it keep what comes: `archive = \"7d\"`"),
        );
    }
    if bus.replay.len() > REPLAYS && !is_textbook {
        let what = format!("EventBridge runs {REPLAYS} replays at once, and these are {}", bus.replay.len());
        complaints.push(Complaint::warning("W114", place.clone(), what).advise(TEXTBOOK));
    }
    for (name, replay) in &bus.replay {
        let place = place.then(name);
        let (from, to) = (replay.from.map_or(Span::ZERO, |from| from.0), replay.to.map_or(replay.at.0, |to| to.0));
        if to > replay.at.0 {
            let what = format!("what comes before {to} has not all come at {}", replay.at.0);
            complaints.push(
                Complaint::error("E202", place.then("to"), what)
                    .and(place.then("at"), "here")
                    .advise("begin later, or end with what came before"),
            );
        }
        if from >= to {
            let what = format!("nothing comes from {from} on and before {to}");
            let at = if replay.from.is_some() { "from" } else { "at" };
            complaints.push(Complaint::error("E202", place.then(at), what).advise("let it begin before it ends"));
        }
        for (nth, rule) in replay.rules.iter().flat_map(|rules| rules.names.iter().enumerate()) {
            let at = if replay.rules.as_ref().is_some_and(|rules| rules.names.len() > 1) {
                place.then("rules").nth(nth)
            } else {
                place.then("rules")
            };
            match bus.rule.get(rule) {
                None => {
                    let what = format!("this bus has no rule `{rule}`");
                    let known = bus.rule.keys().map(String::as_str);
                    complaints.push(Complaint::error("E101", at, what).advise_if(did_you_mean(rule, known)));
                }
                Some(known) if known.schedule.is_some() => {
                    let what = format!("`{rule}` has a schedule, and takes nothing that comes");
                    complaints.push(Complaint::error("E108", at, what).advise("name rules with a pattern"));
                }
                Some(_) => {}
            }
        }
    }
}

fn rule(
    sight: &Sight<'_>,
    (bus, rule): (&str, &Draft),
    topology: &Topology,
    place: &Place,
    is_textbook: bool,
    ranges: &mut Ranges,
) {
    let keys = [
        ("pattern", rule.pattern.is_some()),
        ("pattern-json", rule.pattern_json.is_some()),
        ("schedule", rule.schedule.is_some()),
    ];
    one_of(&keys, place, &mut ranges.complaints);
    patterns(rule, place, &mut ranges.complaints);
    if let Some(schedule) = &rule.schedule {
        self::schedule(sight, bus, schedule, place, is_textbook, ranges);
    } else if rule.late.is_some() {
        let what = "`late` is of rules with a `schedule`: others take what comes";
        ranges.complaints.push(Complaint::error("E108", place.then("late").key(), what).advise("take it out"));
    }
    targets(rule, place, &mut ranges.complaints);
    if let Some(input) = &rule.input {
        self::input(input, &place.then("input"), &mut ranges.complaints);
    }
    let retry = place.then("retry");
    ranges.within("attempts after the first", rule.retry.attempts, 0, RETRIES, retry.then("attempts"));
    let age = rule.retry.max_age.map(|time| time.0).filter(|age| !is_textbook && !(AGES.0..=AGES.1).contains(age));
    if let Some(age) = age {
        let what = format!("EventBridge tries for 60 s to 24 h, and this is {age}");
        ranges.complaints.push(Complaint::warning("W114", retry.then("max-age"), what).advise(TEXTBOOK));
    }
    let letters = rule.dead_letters.as_ref().and_then(|name| Some((name, topology.queue.get(name)?)));
    if let Some((name, _)) = letters.filter(|(_, queue)| queue.fifo == Some(true) && !is_textbook) {
        let what = format!("dead letters of a rule go to standard queues, and `{name}` is a `fifo` queue");
        ranges.complaints.push(Complaint::warning("W114", place.then("dead-letters"), what).advise(TEXTBOOK));
    }
}

fn patterns(rule: &Draft, place: &Place, complaints: &mut Vec<Complaint>) {
    let (read, place) = match (&rule.pattern, &rule.pattern_json) {
        (Some(table), None) => (Pattern::of(&table.0), place.then("pattern")),
        (None, Some(text)) => (Pattern::read(text), place.then("pattern-json")),
        _ => return,
    };
    let is_table = rule.pattern.is_some();
    let at = |objection: &Objection| if is_table { within(&place, &objection.at) } else { place.clone() };
    let told = |objection: &Objection| {
        let is_named = !is_table && !objection.at.is_empty();
        let what = if is_named { format!("{}: {}", objection.at, objection.what) } else { objection.what.clone() };
        (at(objection), what)
    };
    objections(read, told, complaints);
}

/// What is wrong with a pattern, and what a reader should know about it: `told` says where and what.
pub(super) fn objections(
    read: Result<(Pattern, Vec<Objection>), Vec<Objection>>,
    told: impl Fn(&Objection) -> (Place, String),
    complaints: &mut Vec<Complaint>,
) {
    let (notes, faults) = match read {
        Ok((_, notes)) => (notes, Vec::new()),
        Err(faults) => (Vec::new(), faults),
    };
    for objection in faults {
        let (at, what) = told(&objection);
        complaints.push(Complaint::error("E007", at, what).advise_if(objection.advice));
    }
    for objection in notes {
        let (at, what) = told(&objection);
        complaints.push(Complaint::warning("W114", at, what).advise_if(objection.advice));
    }
}

/// The place of a path such as `detail.count[0].numeric`, as far as it can be followed.
pub(super) fn within(place: &Place, path: &str) -> Place {
    let mut place = place.clone();
    for part in path.split('.').filter(|part| !part.is_empty()) {
        if part.contains('"') {
            break;
        }
        let (key, indices) = part.split_once('[').unwrap_or((part, ""));
        if !key.is_empty() {
            place = place.then(key);
        }
        for index in indices.split('[') {
            match index.strip_suffix(']').and_then(|index| index.parse().ok()) {
                Some(index) => place = place.nth(index),
                None => break,
            }
        }
    }
    place
}

fn schedule(sight: &Sight<'_>, bus: &str, schedule: &Schedule, place: &Place, is_textbook: bool, ranges: &mut Ranges) {
    let place = place.then("schedule");
    if bus != DEFAULT_BUS {
        let what = format!("schedules stand on the bus `{DEFAULT_BUS}`, and this one is `{bus}`");
        let advice = format!("move the rule to `bus.{DEFAULT_BUS}`; it may send to `{bus}`");
        ranges.complaints.push(Complaint::error("E108", place.clone().key(), what).advise(advice));
    }
    match schedule {
        Schedule::Every(every) => {
            let place = place.then("every");
            ranges.at_least("a schedule", Some(every.0), Span::from_millis(1), place.clone());
            let is_whole = every.0.nanos() % (60 * SECOND) == 0 && every.0 >= MINUTE;
            if !is_whole && !is_textbook && every.0 >= Span::from_millis(1) {
                let what = format!("EventBridge's rates are whole minutes, and this is {}", every.0);
                ranges.complaints.push(Complaint::warning("W114", place, what).advise(TEXTBOOK));
            }
        }
        Schedule::Cron(text) => {
            let length = sight.draft.run.length.map(|length| length.0);
            let read = Cron::of_provider(text).and_then(|cron| match length {
                Some(length) => cron.instants(length).map(|_| ()),
                None => Err("a calendar needs the length of the run".to_owned()),
            });
            if let Err(what) = read {
                let complaint = Complaint::error("E007", place.then("cron"), what);
                ranges.complaints.push(complaint.advise("`0 3 * * ? *` is 3:00 each day, by the clock of the run"));
            }
        }
    }
}

fn targets(rule: &Draft, place: &Place, complaints: &mut Vec<Complaint>) {
    let place = place.then("to");
    let names = &rule.to.names;
    if names.is_empty() {
        let what = "this rule sends to nobody";
        complaints.push(Complaint::error("E101", place, what).advise("name one to five targets"));
        return;
    }
    if names.len() > TARGETS {
        let what = format!("{} targets: a rule has {TARGETS} at the most", names.len());
        complaints
            .push(Complaint::error("E201", place.clone(), what).advise("write a second rule with the same pattern"));
    }
    for (index, name) in names.iter().enumerate() {
        if names[..index].contains(name) {
            let what = format!("`{name}` is named twice");
            complaints.push(Complaint::error("E108", place.nth(index), what).advise("once is enough"));
        }
    }
}

fn input(input: &Input, place: &Place, complaints: &mut Vec<Complaint>) {
    if input.paths.len() > PATHS_MAX {
        let what = format!("{} variables", input.paths.len());
        let complaint = Complaint::error("E201", place.then("paths"), what);
        complaints.push(complaint.advise(format!("at most {PATHS_MAX}")));
    }
    for (name, path) in &input.paths {
        if !path.starts_with('$') {
            let what = format!("`{path}` is no path into an event");
            let advice = "a path begins with `$`: `$.detail.object.key`";
            complaints.push(Complaint::error("E007", place.then("paths").then(name), what).advise(advice));
        }
    }
    let Some(template) = &input.template else {
        if input.paths.len() != 1 {
            let what = format!("{} paths without a template", input.paths.len());
            let advice = "give one path, or a `template` that says where the values stand";
            complaints.push(Complaint::error("E108", place.clone(), what).advise(advice));
        }
        return;
    };
    let place = place.then("template");
    let letters = template.chars().count();
    if letters > TEMPLATE_MAX {
        let what = format!("a template of {letters} characters");
        complaints.push(Complaint::error("E201", place.clone(), what).advise(format!("at most {TEMPLATE_MAX}")));
    }
    let known = || input.paths.keys().map(String::as_str).chain(RESERVED);
    for piece in input::pieces(template) {
        if let Piece::Variable(name) = piece
            && !known().any(|known| known == name)
        {
            let what = format!("`paths` has no variable `{name}`");
            complaints.push(Complaint::error("E103", place.clone(), what).advise_if(did_you_mean(name, known())));
        }
    }
}

fn step(topology: &Topology, step: &Step, place: &Place, complaints: &mut Vec<Complaint>) {
    if let Some(Event { source, .. }) = &step.event
        && (source.starts_with("aws.") || source.is_empty())
    {
        let what = format!("an application's source is not `{source}`: names with `aws.` are the provider's");
        let place = place.then("event").then("source");
        complaints.push(Complaint::error("E108", place, what).advise("call it after the application: `my.shop`"));
    }
    let is_unheard = |bucket: &&String| topology.bucket.get(*bucket).is_some_and(|bucket| bucket.bus.is_none());
    if let Some(bucket) = step.put.as_ref().filter(is_unheard)
        && step.key.is_some()
    {
        let what = format!("nobody hears of the keys of objects in `{bucket}`");
        let advice = format!("say `bucket.{bucket}.bus = \"{DEFAULT_BUS}\"`, or take it out");
        complaints.push(Complaint::error("E108", place.then("key").key(), what).advise(advice));
    }
}
