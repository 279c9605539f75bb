//! Clients that restrain themselves: they pay for trying again, and keep to a pace once a limit has refused them.
//!
//! All clients of a workload are one process here, with one purse and one pace.

use crate::cloud::caller::{Cost, Pace};
use crate::cloud::fact::{Fact, Loss};
use crate::cloud::request::Stage;
use crate::cloud::topology::WorkloadId;
use crate::cloud::world::{Alarm, World};
use crate::engine::{Context, Observer};
use crate::ground::time::SimTime;

impl World<'_> {
    /// A client has an answer: it went well.
    pub(super) fn client_is_glad<O>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        let request = self.requests[id];
        let budget = &self.kinds[request.workload.index()].client.retry.budget;
        let Some(caller) = &mut self.flows[request.workload.index()].caller else { return };
        if let (Some(purse), Some(budget)) = (&mut caller.purse, budget) {
            purse.gets_back(budget, request.cost);
        }
        self.client_heard(cx, request.workload, false);
    }

    /// A client has heard from the system, whichever way.
    pub(super) fn client_heard<O>(&mut self, cx: &mut Context<'_, O>, workload: WorkloadId, throttled: bool) {
        let Some(pace) = self.pace(workload) else { return };
        if pace.heard(cx.now(), throttled) && !pace.waiting.is_empty() {
            self.awaits_send(cx, workload);
        }
    }

    /// Whether a client can pay for another attempt at a request.
    pub(super) fn client_pays(&mut self, id: u32, why: Loss) -> bool {
        let request = &mut self.requests[id];
        let workload = request.workload.index();
        let Some(budget) = &self.kinds[workload].client.retry.budget else { return true };
        request.cost = Cost::after(why);
        let caller = &mut self.flows[workload].caller;
        let purse = caller.as_mut().and_then(|caller| caller.purse.as_mut());
        purse.is_none_or(|purse| purse.pays(budget, request.cost))
    }

    /// Whether a client may send at once; if not, it waits for its turn.
    pub(super) fn may_send<O>(&mut self, cx: &mut Context<'_, O>, id: u32) -> bool {
        let request = self.requests[id];
        let Some(pace) = self.pace(request.workload) else { return true };
        if pace.waiting.is_empty() && pace.goes(cx.now()) {
            return true;
        }
        pace.waiting.push_back((id, request.ordinal));
        let first = pace.waiting.len() == 1;
        self.requests[id].stage = Stage::Pausing;
        self.retrying.up(cx.now());
        if first {
            self.awaits_send(cx, request.workload);
        }
        let (now, deadline) = (cx.now(), self.deadline(&request));
        if deadline != SimTime::NEVER {
            let alarm = Alarm::Overdue { request: id, ordinal: request.ordinal };
            self.set_alarm(cx, deadline.max(now) - now, alarm);
        }
        false
    }

    /// Plans when the next of those who wait to send may do so.
    fn awaits_send<O>(&mut self, cx: &mut Context<'_, O>, workload: WorkloadId) {
        let Some(pace) = self.pace(workload) else { return };
        pace.turn = pace.turn.wrapping_add(1);
        let (after, turn) = (pace.until_next(), pace.turn);
        self.set_alarm(cx, after, Alarm::Pace { workload, turn });
    }

    /// The next token of a workload's clients is there.
    pub(super) fn sends_in_turn<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        workload: WorkloadId,
        turn: u32,
    ) {
        let now = cx.now();
        loop {
            let Some(pace) = self.pace(workload) else { return };
            if pace.turn != turn || pace.waiting.is_empty() {
                return;
            }
            if !pace.goes(now) {
                return self.awaits_send(cx, workload);
            }
            let Some((id, _)) = pace.waiting.pop_front() else { return };
            self.retrying.down(now);
            self.sends(cx, id);
        }
    }

    /// A request's deadline comes while its client still waits to send it.
    pub(super) fn waits_too_long<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, ordinal: u32) {
        let workload = self.requests[id].workload;
        let Some(pace) = self.pace(workload) else { return };
        let before = pace.waiting.len();
        pace.waiting.retain(|&waiting| waiting != (id, ordinal));
        if pace.waiting.len() < before {
            self.retrying.down(cx.now());
            self.gives_up_request(cx, id, Loss::Late);
        }
    }

    fn pace(&mut self, workload: WorkloadId) -> Option<&mut Pace> {
        self.flows[workload.index()].caller.as_mut()?.pace.as_mut()
    }
}
