//! Draws an event bus: what each tier puts on it goes to later tiers, and so does what happens to machines.

use serde_json::json;

use super::{Dice, PARTNER, TIERS};
use crate::cloud::bus::pattern::Pattern;
use crate::cloud::bus::shape::Shape;
use crate::cloud::topology::{Archive, Backoff, Bus, Growth, NodeId, Replay, Rule, Takes, Times, background};
use crate::ground::distribution::Distribution;
use crate::ground::time::{SimTime, Span};

/// Where it stands.
pub(super) const BUS: u16 = PARTNER + 2;

impl Dice {
    /// What each tier puts on the bus: first its events, then its objects.
    pub(super) fn shapes() -> Vec<Shape> {
        let event = |tier: u64| Shape::new(&format!("tier{tier}"), "Done", json!({}));
        let object = |tier: u64| Shape::object_created(&format!("store{tier}"), "{n}.mp4");
        (0..TIERS).map(event).chain((0..TIERS).map(object)).collect()
    }

    /// A bus with a rule for each tier, one for machines, and a schedule.
    pub(super) fn bus(&mut self, doors: &[(bool, bool)]) -> Bus {
        let patterns = (0..TIERS).map(|tier| {
            let object =
                json!({ "bucket": { "name": [format!("store{tier}")] }, "object": { "key": [{ "wildcard": "*1*" }] } });
            let any =
                json!({ "$or": [{ "source": [format!("tier{tier}")] }, { "source": ["aws.s3"], "detail": object }] });
            (Some(tier), any)
        });
        let machines = [(None, json!({ "source": ["aws.ec2", "aws.autoscaling", "aws.cloudwatch"] }))];
        let patterns: Vec<_> = patterns.chain(machines).collect();
        let mut rules: Vec<Rule> = Vec::new();
        for (tier, pattern) in patterns {
            let pattern = Pattern::of(&pattern).expect("a pattern").0;
            // Who is scaled by what it hears of its own machines would never rest.
            let to = if tier.is_some() { self.listeners(tier, doors) } else { vec![NodeId(PARTNER)] };
            rules.push(self.rule(format!("rule{}", rules.len()), Takes::Pattern(Box::new(pattern)), to));
        }
        if self.one_in(2) {
            let late = self.law(2);
            let takes = Takes::Schedule { when: Times::Every(Span::from_secs(3 + self.of(20))), late };
            let to = self.listeners(None, doors);
            rules.push(self.rule("nightly".to_owned(), takes, to));
        }
        let limit = |dice: &mut Dice| {
            dice.one_in(3)
                .then(|| Growth { every: Span::from_millis(200 + dice.of(800)), burst: 1 + dice.of(3) as u32 })
        };
        Bus {
            latency: self.law(2),
            loss: self.pick(&[0.0, 0.3]),
            puts: limit(self),
            invocations: limit(self),
            archive: self.one_in(3).then(|| self.archive()),
            rules,
            background: background(),
        }
    }

    /// An archive of which some is heard again.
    fn archive(&mut self) -> Archive {
        let second = |second: u64| SimTime::START + Span::from_secs(second);
        let (from, at) = (self.of(10), 20 + self.of(40));
        let rules = self.one_in(2).then(|| vec![self.of(TIERS) as u16]);
        let every = Span::from_millis(self.pick(&[0, 300]));
        let replay =
            Replay { name: "again".to_owned(), at: second(at), from: second(from), to: second(at), rules, every };
        Archive { keep: Span::from_secs(self.pick(&[0, 20])), replays: vec![replay] }
    }

    /// Those to whom a rule sends, all of them behind a tier.
    fn listeners(&mut self, tier: Option<u64>, doors: &[(bool, bool)]) -> Vec<NodeId> {
        let mut to = vec![NodeId(PARTNER), NodeId(3 * TIERS as u16 + 1)];
        let later = tier.map_or(TIERS - 1, |tier| tier + 1);
        if later < TIERS {
            let pool = 3 * later as u16;
            to.push(NodeId(if doors[later as usize].1 && self.one_in(2) { pool + 2 } else { pool }));
        }
        // One, rarely two, or nobody: what goes to many multiplies from tier to tier.
        let first = self.pick(&to);
        to.retain(|&other| other == first || self.one_in(5));
        to.retain(|_| !self.one_in(5));
        to
    }

    fn rule(&mut self, name: String, takes: Takes, to: Vec<NodeId>) -> Rule {
        let wait = Distribution::constant(1_000_000_000);
        let (base, cap) = (Span::from_secs(1), Span::from_secs(5));
        Rule {
            name,
            takes,
            to,
            input: None,
            retries: self.of(5) as u32,
            max_age: Span::from_secs(4 + self.of(30)),
            backoff: self.pick(&[Backoff::Wait(wait), Backoff::FullJitter { base, cap }]),
            dead_letters: self.one_in(2).then_some(NodeId(3 * TIERS as u16 + 1)),
        }
    }
}
