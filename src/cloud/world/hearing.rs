//! What a bus hears: which rules take an event, and that it sets out to all of their targets at once.

use crate::cloud::fact::Fact;
use crate::cloud::node::Route;
use crate::cloud::topology::{NodeId, Takes};
use crate::cloud::world::World;
use crate::cloud::world::buses::Told;
use crate::cloud::world::joins::Sender;
use crate::engine::{Context, Observer};
use crate::ground::time::SimTime;

/// An event that has come to a bus, and is about to set out.
#[derive(Debug)]
pub(super) struct Heard {
    bus: NodeId,
    told: Told,
    /// Its ways through those rules that look at what differs from one to the next.
    asked: Vec<Route>,
}

impl World<'_> {
    /// An event has come to a bus: it goes to each target of each rule that takes it.
    pub(super) fn hears<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        bus: NodeId,
        told: Told,
        sender: Sender,
    ) {
        let heard = self.listens(cx.now(), bus, told);
        let before = self.opens_fan(sender, self.pieces_of(&heard));
        self.passes_event_on(cx, heard);
        self.closes_fan(cx, before);
    }

    /// An event has come to a bus: which rules take it.
    pub(super) fn listens(&mut self, now: SimTime, bus: NodeId, told: Told) -> Heard {
        if !told.is_replay {
            self.archives(now, bus, told);
        }
        let number = self.next_event();
        let asked = if self.bus(bus).heard[told.shape as usize].asks.is_empty() {
            Vec::new()
        } else {
            self.asks_rules(bus, told, number)
        };
        Heard { bus, told, asked }
    }

    /// To how many targets it goes.
    pub(super) fn pieces_of(&self, heard: &Heard) -> u32 {
        let sure = self.bus(heard.bus).heard[heard.told.shape as usize].sure.len();
        (sure + heard.asked.len()) as u32
    }

    /// An event goes to those who take it.
    pub(super) fn passes_event_on<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, heard: Heard) {
        let taken = self.pieces_of(&heard) > 0;
        let Heard { bus, told, asked } = heard;
        let Told { shape, of: (request, ..), bytes, is_own, .. } = told;
        let who = self.requests[request].who();
        cx.tell(Fact::Heard { who, bus, bytes, is_own, taken });
        for at in 0..self.bus(bus).heard[shape as usize].sure.len() {
            let route = self.bus(bus).heard[shape as usize].sure[at];
            self.sends_event(cx, bus, route, told);
        }
        for route in asked {
            self.sends_event(cx, bus, route, told);
        }
    }

    /// An event that nobody has put goes these ways.
    pub(super) fn sends_by_itself<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        bus: NodeId,
        routes: Vec<Route>,
        told: Told,
    ) {
        let before = self.opens_fan(Sender::Nobody, routes.len() as u32);
        for route in routes {
            self.sends_event(cx, bus, route, told);
        }
        self.closes_fan(cx, before);
    }

    /// The ways of an event through those rules that look at what differs from one to the next.
    fn asks_rules(&self, bus: NodeId, told: Told, number: u32) -> Vec<Route> {
        let event = self.event(told, number);
        let bus = self.bus(bus);
        let takes = |rule: &u16| match &bus.plan.rules[usize::from(*rule)].takes {
            Takes::Pattern(pattern) => pattern.matches(&event),
            Takes::Schedule { .. } => false,
        };
        let asks = &bus.heard[told.shape as usize].asks;
        asks.iter().filter(|(rule, _)| takes(rule)).flat_map(|(_, routes)| routes.iter().copied()).collect()
    }
}
