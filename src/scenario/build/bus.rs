//! Event buses, and what the events are that steps put on them.

use crate::cloud::bus::pattern::Pattern;
use crate::cloud::bus::shape::{KEY, Shape};
use crate::cloud::topology::{Archive, Backoff, Bus, Growth, Input, Replay, Rule, Takes, Times, Verb, background};
use crate::ground::time::{SECOND, SimTime, Span};
use crate::scenario::build::{Builder, Ids, count};
use crate::scenario::cron::Cron;
use crate::scenario::draft::bus::{self as draft, Schedule};
use crate::scenario::draft::quantities::{Gap, Time};
use crate::scenario::draft::step::Step;
use crate::scenario::draft::words::Names;

/// Attempts after the first, and for how long (Amazon EventBridge API reference, RetryPolicy).
const RETRIES: u32 = 185;
const MAX_AGE: Span = Span::from_secs(24 * 3_600);
/// Doubling from one to the other, 185 pauses take 24 hours: both of the documented limits at once.
const BASE: Span = Span::from_secs(1);
const CAP: Span = Span::from_secs(488);

impl Builder<'_> {
    pub(super) fn bus(&mut self, ids: &Ids<'_>, draft: &draft::Bus) -> Bus {
        Bus {
            latency: self.law_or_none(&draft.latency),
            loss: draft.loss.map_or(0.0, |share| share.0),
            puts: draft.puts.map(bucket),
            invocations: draft.invocations.map(bucket),
            archive: draft.archive.map(|keep| Archive { keep: keep.0, replays: replays(draft) }),
            rules: draft.rule.iter().map(|(name, rule)| self.rule(ids, name, rule)).collect(),
            background: background(),
        }
    }

    fn rule(&mut self, ids: &Ids<'_>, name: &str, draft: &draft::Rule) -> Rule {
        Rule {
            name: name.to_owned(),
            takes: self.takes(draft),
            to: self.ids(ids, &draft.to),
            input: draft.input.as_ref().map(|input| Input {
                paths: input.paths.iter().map(|(name, path)| (name.clone(), path.clone())).collect(),
                template: input.template.clone(),
            }),
            retries: draft.retry.attempts.map_or(RETRIES, |attempts| count(attempts.0)),
            max_age: draft.retry.max_age.map_or(MAX_AGE, |time| time.0),
            backoff: match &draft.retry.backoff {
                Some(backoff) => self.backoff(backoff),
                None => Backoff::FullJitter { base: BASE, cap: CAP },
            },
            dead_letters: draft.dead_letters.as_ref().map(|queue| self.id(ids, queue)),
        }
    }

    fn takes(&mut self, draft: &draft::Rule) -> Takes {
        if let Some(schedule) = &draft.schedule {
            let when = match schedule {
                Schedule::Every(every) => Times::Every(every.0),
                Schedule::Cron(text) => {
                    let length = self.sight.draft.run.length.map_or(Span::ZERO, |length| length.0);
                    let drain = self.sight.draft.run.drain.map_or(length, |drain| drain.0);
                    let until = Span::from_nanos(length.nanos().saturating_add(drain.nanos()));
                    let instants = Cron::of_provider(text).and_then(|cron| cron.instants(until));
                    Times::At(instants.unwrap_or_else(|why| {
                        self.slip(why);
                        Vec::new()
                    }))
                }
            };
            return Takes::Schedule { when, late: self.law_or_none(&draft.late) };
        }
        let read = match (&draft.pattern, &draft.pattern_json) {
            (Some(table), _) => Pattern::of(&table.0),
            (None, text) => Pattern::read(text.as_deref().unwrap_or_default()),
        };
        match read {
            Ok((pattern, _)) => Takes::Pattern(Box::new(pattern)),
            Err(_) => {
                self.slip("the pattern of a rule is none".to_owned());
                Takes::Schedule { when: Times::At(Vec::new()), late: self.law_or_none(&draft.late) }
            }
        }
    }

    /// The verb of a step that puts an event on a bus.
    pub(super) fn event(&mut self, ids: &Ids<'_>, draft: &Step, event: &draft::Event) -> Verb {
        let detail = event.detail.as_ref().map_or_else(|| serde_json::json!({}), |detail| detail.0.clone());
        let shape = self.shape(Shape::new(&event.source, &event.detail_type, detail));
        Verb::Event { bus: self.id(ids, event.bus()), shape, size: self.some_law(&draft.size) }
    }

    /// What the bus of a bucket hears of what a step puts there.
    pub(super) fn object_created(&mut self, ids: &Ids<'_>, bucket: &str, key: Option<&str>) -> Option<u32> {
        ids.heard.contains(bucket).then(|| self.shape(Shape::object_created(bucket, key.unwrap_or(KEY))))
    }

    fn shape(&mut self, shape: Shape) -> u32 {
        self.shapes.push(shape);
        count(self.shapes.len() as u64 - 1)
    }
}

/// What the archive of a bus has it hear again.
fn replays(bus: &draft::Bus) -> Vec<Replay> {
    let replays = bus.replay.iter().map(|(name, replay)| {
        let numbers =
            |rules: &Names| rules.names.iter().filter_map(|rule| bus.rule.get_index_of(rule)).collect::<Vec<_>>();
        let rules = replay.rules.as_ref().map(numbers);
        let instant = |time: Time| SimTime::START + time.0;
        Replay {
            name: name.clone(),
            at: instant(replay.at),
            from: replay.from.map_or(SimTime::START, instant),
            to: instant(replay.to.unwrap_or(replay.at)),
            rules: rules.map(|rules| rules.into_iter().map(|rule| rule as u16).collect()),
            every: replay.rate.map_or(Span::ZERO, |rate| rate.0),
        }
    });
    replays.collect()
}

/// A bucket that holds what comes in a second.
fn bucket(rate: Gap) -> Growth {
    let burst = (SECOND / rate.0.nanos().max(1)).max(1);
    Growth { every: rate.0, burst: count(burst) }
}
