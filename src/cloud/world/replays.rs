//! Replays: what the archive of a bus keeps goes through its rules again.
//!
//! Each event is a background request then: the request that it once told of is over, and no figure counts it twice.

use serde_json::Value;

use crate::cloud::fact::Fact;
use crate::cloud::node::{KeptEvent, Node, Route};
use crate::cloud::topology::{Archive, NodeId, NodeKind, Replay, Takes};
use crate::cloud::world::buses::Told;
use crate::cloud::world::{Alarm, World, not_a};
use crate::engine::{Context, Observer};
use crate::ground::time::SimTime;

impl<'a> World<'a> {
    /// The beginning of each replay.
    pub(super) fn first_replays<O>(&mut self, cx: &mut Context<'_, O>) {
        for place in 0..self.topology.nodes.len() {
            let NodeKind::Bus(plan) = &self.topology.nodes[place].kind else { continue };
            let replays = plan.archive.iter().flat_map(|archive| &archive.replays);
            for (replay, described) in (0..).zip(replays) {
                let begins = Alarm::Replays { bus: NodeId::at(place), replay, next: 0 };
                self.set_alarm(cx, described.at - cx.now(), begins);
            }
        }
    }

    fn archive(&self, bus: NodeId) -> Option<&'a Archive> {
        self.bus(bus).plan.archive.as_ref()
    }

    /// A bus has heard an event: its archive keeps it, where it is to be replayed.
    pub(super) fn archives(&mut self, now: SimTime, bus: NodeId, told: Told) {
        if !self.archive(bus).is_some_and(|archive| archive.replays_of(now)) {
            return;
        }
        let Told { shape, of: (request, ..), bytes, about, whose, .. } = told;
        let kept = KeptEvent { at: now, shape, whose, bytes, about, subject: self.subject_of(request) };
        let Node::Bus(state) = &mut self.nodes[bus.index()] else { not_a("bus") };
        state.kept.push(kept);
    }

    /// The next event of a replay, which is not before this place of what is kept.
    pub(super) fn replays<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, bus: NodeId, replay: u16, next: u32) {
        let now = cx.now();
        let Some(archive) = self.archive(bus) else { return };
        let plan = &archive.replays[usize::from(replay)];
        let is_meant = |kept: &KeptEvent| (plan.from..plan.to).contains(&kept.at) && archive.has(kept.at, now);
        let kept = &self.bus(bus).kept;
        let Some(place) = (next as usize..kept.len()).find(|&place| is_meant(&kept[place])) else { return };
        let event = kept[place];
        self.is_heard_again(cx, bus, plan, event);
        self.set_alarm(cx, plan.every, Alarm::Replays { bus, replay, next: place as u32 + 1 });
    }

    /// An event goes through the rules of its bus again.
    fn is_heard_again<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        bus: NodeId,
        replay: &Replay,
        kept: KeptEvent,
    ) {
        let request = self.background(cx.now(), kept.subject);
        let KeptEvent { at, shape, whose, bytes, about, .. } = kept;
        let told = self.told_in_background(cx.now(), request, shape);
        let told = Told { at, whose, bytes, about, is_replay: true, ..told };
        let number = self.next_event();
        let mut event = self.event(told, number);
        event["replay-name"] = Value::from(replay.name.as_str());
        let shape = self.shape(shape);
        let mut routes: Vec<Route> = Vec::new();
        for (rule, described) in (0..).zip(&self.bus(bus).plan.rules) {
            let Takes::Pattern(pattern) = &described.takes else { continue };
            let hears = replay.rules.as_ref().is_none_or(|rules| rules.contains(&rule));
            if hears && pattern.matches(&event) {
                routes.extend(self.bus(bus).routes(rule, &shape));
            }
        }
        cx.tell(Fact::Replayed { bus, bytes });
        self.sends_by_itself(cx, bus, routes, told);
        self.release(request);
    }
}
