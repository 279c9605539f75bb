//! Schedules: rules that make events of their own at given times.

use crate::cloud::fact::Fact;
use crate::cloud::node::Route;
use crate::cloud::request::Request;
use crate::cloud::topology::{NodeId, NodeKind, Takes, Times};
use crate::cloud::world::buses::Told;
use crate::cloud::world::{Alarm, World};
use crate::engine::{Context, Observer};
use crate::ground::time::{SimTime, Span};

impl World<'_> {
    /// The first time of each schedule.
    pub(super) fn first_schedules<O>(&mut self, cx: &mut Context<'_, O>) {
        let count = self.buses.as_ref().map_or(0, |buses| buses.schedules.len());
        for schedule in 0..count as u32 {
            self.plans_schedule(cx, schedule, 0);
        }
    }

    /// Plans the n-th time of a schedule, from 0, if there is one.
    fn plans_schedule<O>(&mut self, cx: &mut Context<'_, O>, schedule: u32, nth: u32) {
        let (bus, rule, _) = self.buses().schedules[schedule as usize];
        let NodeKind::Bus(plan) = &self.topology.nodes[bus.index()].kind else { return };
        let Takes::Schedule { when, .. } = &plan.rules[usize::from(rule)].takes else { return };
        let at = match when {
            Times::Every(every) => SimTime::START + Span::from_nanos(every.nanos().saturating_mul(u64::from(nth) + 1)),
            Times::At(list) => match list.get(nth as usize) {
                Some(&at) => at,
                None => return,
            },
        };
        self.set_alarm(cx, at - cx.now(), Alarm::Schedule { schedule, nth });
    }

    /// It is time for a schedule's event, which may come a little later.
    pub(super) fn schedule_is_due<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, schedule: u32, nth: u32) {
        self.plans_schedule(cx, schedule, nth.saturating_add(1));
        let (bus, rule, shape) = self.buses().schedules[schedule as usize];
        let late = self.lateness(bus, rule, nth);
        if late > Span::ZERO {
            return self.set_alarm(cx, late, Alarm::Scheduled { schedule });
        }
        self.makes_scheduled(cx, bus, rule, shape);
    }

    fn lateness(&self, bus: NodeId, rule: u16, nth: u32) -> Span {
        let NodeKind::Bus(plan) = &self.topology.nodes[bus.index()].kind else { return Span::ZERO };
        let Takes::Schedule { late, .. } = &plan.rules[usize::from(rule)].takes else { return Span::ZERO };
        let key = self.bus(bus).late.nth(u64::from(rule));
        Span::from_nanos(late.sample(&mut key.draw(u64::from(nth))))
    }

    /// A schedule's event comes at last.
    pub(super) fn scheduled<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, schedule: u32) {
        let (bus, rule, shape) = self.buses().schedules[schedule as usize];
        self.makes_scheduled(cx, bus, rule, shape);
    }

    fn makes_scheduled<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, bus: NodeId, rule: u16, shape: u32) {
        let now = cx.now();
        let request = self.background(now, None);
        let told = self.told_in_background(now, request, shape);
        let who = self.requests[request].who();
        cx.tell(Fact::Heard { who, bus, bytes: told.bytes, is_own: false, taken: true });
        let routes: Vec<Route> = self.bus(bus).routes(rule, &self.shape(shape)).collect();
        self.sends_by_itself(cx, bus, routes, told);
        self.release(request);
    }

    /// What a background request tells.
    pub(super) fn told_in_background(&mut self, now: SimTime, request: u32, shape: u32) -> Told {
        let bytes = self.buses().shapes[shape as usize].bytes();
        let Request { workload, ordinal, .. } = self.requests[request];
        let whose = (workload, ordinal);
        Told { shape, of: (request, 1, 0), salt: 0, bytes, at: now, about: 0, is_own: false, whose, is_replay: false }
    }
}
