//! The client's side: births, attempts, answers, patience, retries, and the end of a request.

use rand::Rng;

use crate::cloud::caller::Cost;
use crate::cloud::event::Event;
use crate::cloud::fact::{Fact, Loss};
use crate::cloud::node::Node;
use crate::cloud::request::{Job, NONE, Request, Role, Stage, State};
use crate::cloud::topology::{Backoff, NodeId, Retry, RetryOn, WorkloadId};
use crate::cloud::world::queues::Parcel;
use crate::cloud::world::{Alarm, Move, REST, World};
use crate::engine::{Context, Observer};
use crate::ground::chance::{Draw, Key, below};
use crate::ground::time::{SimTime, Span};

/// As many are born in one event at the most.
const CROWD: u64 = 1 << 16;

impl World<'_> {
    /// Plans the next birth of a workload, if there will be one.
    #[inline(always)]
    pub(super) fn plan_birth<O>(&mut self, cx: &mut Context<'_, O>, workload: WorkloadId) {
        let length = self.horizon.length;
        let flow = &mut self.flows[workload.index()];
        flow.next = flow.source.next_birth().filter(|&at| length.is_none_or(|length| at < length));
        if let Some(at) = flow.next {
            cx.plan_aside(at, Event::Arrive { workload });
        }
    }

    /// One arrival: as many births as it brings.
    #[inline(always)]
    pub(super) fn arrive<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, workload: WorkloadId) {
        if self.flows[workload.index()].batch.is_some() {
            return self.arrive_together(cx, workload);
        }
        self.plan_birth(cx, workload);
        self.birth(cx, workload);
    }

    /// One arrival of several; very many come in parts, which are events of the same instant: a law without bounds may make any
    /// number of them.
    #[inline(never)]
    fn arrive_together<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, workload: WorkloadId) {
        let flow = &mut self.flows[workload.index()];
        let mut births = std::mem::take(&mut flow.left);
        if births == 0 {
            births = flow.batch.map_or(1, |batch| batch.nth(u64::from(flow.born)));
            self.plan_birth(cx, workload);
        }
        if births > CROWD {
            self.flows[workload.index()].left = births - CROWD;
            cx.plan(cx.now(), Event::Arrive { workload });
        }
        for _ in 0..births.min(CROWD) {
            self.birth(cx, workload);
        }
    }

    #[inline(always)]
    pub(super) fn birth<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, workload: WorkloadId) {
        let now = cx.now();
        let flow = &mut self.flows[workload.index()];
        let ordinal = flow.born;
        flow.born += 1;
        let counted = self.horizon.counts(now);
        let (entry, row, direct) = (flow.entry, flow.row, flow.direct);
        // One reference for the client, one for its first job; see `send_attempt` for every later one.
        let request = Request {
            born: now,
            ordinal,
            refs: 1 + u16::from(direct),
            pending: u16::from(direct),
            attempt: u16::from(direct),
            workload,
            counted,
            stage: Stage::Asking,
            loss: None,
            cost: Cost::First,
        };
        let who = request.who();
        cx.tell(Fact::Born { who });
        self.in_system.up(now);
        let id = self.requests.insert(request);
        if self.sticky {
            self.remembers_member(id);
        }
        if !direct {
            return self.send_attempt(cx, id);
        }
        cx.tell(Fact::Sent { who, attempt: 1 });
        self.send_root(cx, id, entry, row, 1);
    }

    /// A client sends its next attempt, as soon as its pace lets it.
    #[inline(never)]
    fn send_attempt<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        if self.may_send(cx, id) {
            self.sends(cx, id);
        }
    }

    /// A client sends its next attempt at once.
    pub(super) fn sends<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        let request = &mut self.requests[id];
        request.attempt = next_attempt(request.attempt);
        request.stage = Stage::Asking;
        request.loss = None;
        let (who, attempt, workload) = (request.who(), request.attempt, request.workload);
        cx.tell(Fact::Sent { who, attempt });
        let flow = &self.flows[workload.index()];
        let (entry, row) = (flow.entry, flow.row);
        if !flow.waits || matches!(self.nodes[entry.index()], Node::Queue(_)) {
            return self.hand_in(cx, id);
        }
        let request = &mut self.requests[id];
        request.pending = 1;
        request.hold();
        self.send_root(cx, id, entry, row, attempt);
    }

    /// The job that a client waits for sets out.
    #[inline(always)]
    fn send_root<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        request: u32,
        entry: NodeId,
        row: Option<u16>,
        attempt: u16,
    ) {
        let stamp = self.new_stamp();
        let job = self.jobs.insert(Job {
            since: cx.now(),
            request,
            slot: NONE,
            stamp,
            pool: entry,
            step: 0,
            attempt,
            visit: attempt,
            branch: 0,
            role: Role::Root,
            state: State::New,
        });
        if let Some(row) = row {
            self.set_timer(cx, row, job, stamp);
        }
        if self.exacting {
            self.limit_attempt(cx, job);
        }
        if self.network.is_some() {
            self.comes_from_outside(job);
        }
        self.deliver(cx, job, entry);
    }

    /// A client puts its request into a queue, or does not wait for it, and has its answer when it has been taken in.
    fn hand_in<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        let request = &mut self.requests[id];
        request.pending = 0;
        let (workload, attempt) = (request.workload, request.attempt);
        let entry = self.flows[workload.index()].entry;
        if !matches!(self.nodes[entry.index()], Node::Queue(_)) {
            // One for the client itself, which `answered` takes back.
            self.requests[id].branches();
            self.sends_branch(cx, entry, (id, attempt, 0), None);
            return self.answered(cx, id);
        }
        let bytes = self.bytes_of(&self.requests[id]);
        let parcel =
            Parcel { request: id, attempt, branch: 0, bytes, group: None, step: u32::MAX, delay: None, joins: false };
        match self.post(cx, entry, parcel) {
            Ok(()) => {
                // One for the client itself, which `answered` takes back.
                self.requests[id].branches();
                self.answered(cx, id);
            }
            Err(why) => self.attempt_failed(cx, id, attempt, why),
        }
    }

    /// The client has its answer.
    #[inline(never)]
    pub(super) fn answered<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        let request = &mut self.requests[id];
        request.stage = Stage::Answered;
        request.branch_ends();
        let (who, born, workload) = (request.who(), request.born, request.workload);
        let (pending, loss) = (request.pending, request.loss);
        let whole = pending == 0 && loss.is_none();
        if !whole {
            cx.tell(Fact::Answered { who, born });
        }
        if self.watched {
            self.client_is_glad(cx, id);
        }
        if self.flows[workload.index()].think.is_some() {
            let member = self.member(id);
            self.moves.push_back(Move::Think { workload, member, born });
        }
        if let Some(why) = loss {
            self.end_lost(cx, id, why, true);
        } else if whole {
            self.end_completed(cx, id, true);
        }
    }

    /// A branch of a request has ended well.
    pub(super) fn branch_done<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, attempt: u16) {
        let request = &mut self.requests[id];
        if request.attempt != attempt || request.stage == Stage::Ended {
            return;
        }
        request.branch_ends();
        if request.pending == 0 && request.stage == Stage::Answered {
            self.end_completed(cx, id, false);
        }
    }

    /// A branch of a request has come to nothing.
    pub(super) fn branch_lost<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, attempt: u16, why: Loss) {
        let request = &mut self.requests[id];
        if request.attempt != attempt || request.stage == Stage::Ended {
            return;
        }
        request.branch_ends();
        match request.stage {
            Stage::Answered => self.end_lost(cx, id, why, true),
            // The client is told first; see `answered`.
            _ => request.loss = request.loss.or(Some(why)),
        }
    }

    #[inline(always)]
    fn end_completed<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, answered: bool) {
        let request = &mut self.requests[id];
        request.stage = Stage::Ended;
        let (who, born) = (request.who(), request.born);
        cx.tell(Fact::Completed { who, born, answered });
        self.in_system.down(cx.now());
        self.release(id);
    }

    fn end_lost<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, why: Loss, answered: bool) {
        let request = &mut self.requests[id];
        request.stage = Stage::Ended;
        let (who, born) = (request.who(), request.born);
        cx.tell(Fact::Lost { who, born, why, answered });
        self.in_system.down(cx.now());
        self.release(id);
    }

    /// An attempt has failed: another one, or the end.
    pub(super) fn attempt_failed<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: u32,
        attempt: u16,
        why: Loss,
    ) {
        let request = &mut self.requests[id];
        if request.attempt != attempt || request.stage != Stage::Asking {
            return;
        }
        let record = *request;
        let (workload, ordinal) = (record.workload, record.ordinal);
        let client = &self.kinds[workload.index()].client;
        if client.retry.paced {
            self.client_heard(cx, workload, why.is_throttling());
        }
        if tries_again(&client.retry, attempt, why) {
            let key = self.flows[workload.index()].backoff;
            let pause = pause(client.retry.backoff_after(why), key, ordinal, attempt);
            if self.is_in_time(cx.now(), &record, pause) && self.client_pays(id, why) {
                self.requests[id].stage = Stage::Pausing;
                self.retrying.up(cx.now());
                cx.plan(cx.now() + pause, Event::Resend { request: id, turn: ordinal });
                return;
            }
        }
        self.gives_up_request(cx, id, why);
    }

    /// A client will not try a request again.
    pub(super) fn gives_up_request<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, why: Loss) {
        let Request { workload, born, .. } = self.requests[id];
        if self.flows[workload.index()].think.is_some() {
            let member = self.member(id);
            self.moves.push_back(Move::Think { workload, member, born });
        }
        self.end_lost(cx, id, why, false);
    }

    /// A pause is over.
    pub(super) fn resend<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, request: u32) {
        self.retrying.down(cx.now());
        self.send_attempt(cx, request);
    }

    /// A client gives up an attempt.
    pub(super) fn attempt_given_up<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, job: u32, why: Loss) {
        let Job { request, attempt, .. } = self.jobs[job];
        if self.exacting {
            self.gives_up_twin(cx, job);
        }
        self.gives_up(cx, job);
        self.attempt_failed(cx, request, attempt, why);
    }

    /// Sets the clock of one who joined a line and will not wait for ever.
    pub(super) fn set_patience<O>(&mut self, cx: &mut Context<'_, O>, job: u32) {
        let Job { request, attempt, stamp, role, step, .. } = self.jobs[job];
        let Request { workload, ordinal, .. } = self.requests[request];
        if let Some(patience) = self.flows[workload.index()].patience
            && role == Role::Root
            && step == 0
        {
            let after = Span::from_nanos(patience.nth(numbered(ordinal, attempt)));
            self.set_alarm(cx, after, Alarm::Patience { job, stamp });
        }
    }

    /// One in line leaves, if it is still there and its service has never begun.
    pub(super) fn loses_patience<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, job: u32) {
        let Job { request, attempt, state, .. } = self.jobs[job];
        if state == State::Waiting {
            self.leave_line(cx, job, Loss::Left);
            if !self.goes_on_as_twin(job) {
                self.attempt_failed(cx, request, attempt, Loss::Left);
            }
        }
    }

    /// A member of a closed group thinks before it asks. One whose last request was over in the instant of its birth
    /// rests at the least.
    pub(super) fn think<O>(
        &mut self,
        cx: &mut Context<'_, O>,
        workload: WorkloadId,
        member: u32,
        born: Option<SimTime>,
    ) {
        let length = self.horizon.length;
        let flow = &mut self.flows[workload.index()];
        let Some(law) = flow.think else { return };
        let thought = Span::from_nanos(flow.source.think(law));
        let thought = if thought == Span::ZERO && born == Some(cx.now()) { REST } else { thought };
        let at = cx.now() + thought;
        if length.is_none_or(|length| at < length) {
            cx.plan(at, Event::Ask { workload, member });
        }
    }

    /// A member of a closed group asks.
    pub(super) fn asks<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, workload: WorkloadId, member: u32) {
        self.asking = member;
        self.birth(cx, workload);
    }

    /// Notes which member of its closed group a request is of.
    #[inline(never)]
    fn remembers_member(&mut self, request: u32) {
        let place = request as usize;
        if place >= self.members.len() {
            self.members.resize(place + 1, 0);
        }
        self.members[place] = self.asking;
    }

    /// Which member of its closed group a request is of; 0 where nobody wants to know.
    fn member(&self, request: u32) -> u32 {
        if self.sticky { self.members.get(request as usize).copied().unwrap_or(0) } else { 0 }
    }

    /// Ends everybody who is still inside as unfinished, and out of every line: nobody is waited for any longer.
    pub fn abandon<O: Observer<Fact>>(&mut self, now: SimTime, observer: &mut O) {
        for id in self.jobs.places() {
            let Job { state, stamp, request, pool, since, .. } = self.jobs[id];
            if matches!(state, State::Waiting | State::InHand) && stamp != 0 {
                let who = self.requests[request].who();
                observer.saw(now, &Fact::Left { who, pool, waited: now - since, why: Loss::Unfinished });
            }
        }
        for id in self.requests.places() {
            let request = &mut self.requests[id];
            if request.refs == 0 || request.stage == Stage::Ended {
                continue;
            }
            let answered = request.stage == Stage::Answered;
            request.stage = Stage::Ended;
            let fact = Fact::Lost { who: request.who(), born: request.born, why: Loss::Unfinished, answered };
            self.in_system.down(now);
            observer.saw(now, &fact);
        }
    }
}

/// Names a draw of one attempt (or visit) of one request.
#[inline]
pub(super) fn numbered(ordinal: u32, attempt: u16) -> u64 {
    u64::from(ordinal) << 16 | u64::from(attempt)
}

/// Whether another attempt follows after `attempt` failed for a reason.
pub(super) fn tries_again(retry: &Retry, attempt: u16, why: Loss) -> bool {
    let RetryOn { refused, timeout, error, throttled } = retry.on;
    let worth_it = match why {
        Loss::Full | Loss::NoWorker | Loss::Down | Loss::Broken | Loss::Crowded => refused,
        Loss::TimedOut | Loss::FunctionTimeout => timeout,
        Loss::Error | Loss::Crashed | Loss::Stopped | Loss::BadGateway | Loss::GatewayTimeout => error,
        Loss::Limited | Loss::Throttled | Loss::Shed => throttled,
        Loss::Left | Loss::Late | Loss::Network | Loss::DeadLettered | Loss::Expired | Loss::Unfinished => false,
    };
    worth_it && retry.attempts.is_none_or(|most| u32::from(attempt) < most)
}

/// The number of the attempt after `attempt`.
///
/// Limits on scenarios keep a limited number of attempts below the end of 16 bits. One that tries without limit goes
/// around in their upper half: far from the first attempts, whose pauses still grow, and long after whatever had the
/// same number before.
pub(super) const fn next_attempt(attempt: u16) -> u16 {
    if attempt == u16::MAX { 1 << 15 } else { attempt + 1 }
}

/// So many pauses back no decorrelated pause remembers where it began.
const REMEMBERED: u16 = 64;

/// The pause after the failure of an attempt.
///
/// Exponential backoff and its jitters: M. Brooker, *Exponential Backoff And Jitter*, AWS Architecture Blog, 2015.
pub(super) fn pause(backoff: &Backoff, key: Key, ordinal: u32, attempt: u16) -> Span {
    let mut chance = key.draw(numbered(ordinal, attempt));
    match backoff {
        Backoff::Wait(law) => Span::from_nanos(law.sample(&mut chance)),
        Backoff::Doubling { base, cap } => doubled(*base, *cap, attempt),
        Backoff::FullJitter { base, cap } => evenly(&mut chance, Span::ZERO, doubled(*base, *cap, attempt)),
        Backoff::EqualJitter { base, cap } => {
            let whole = doubled(*base, *cap, attempt).nanos();
            evenly(&mut chance, Span::from_nanos(whole / 2), Span::from_nanos(whole))
        }
        Backoff::Decorrelated { base, cap } => {
            // Each pause depends on the one before; all are drawn by name, so the row is walked again. Between its two
            // bounds it soon forgets where it began: a long row is walked from where that no longer shows.
            let mut last = *base;
            for earlier in attempt.saturating_sub(REMEMBERED).max(1)..=attempt {
                let mut chance = key.draw(numbered(ordinal, earlier));
                let most = Span::from_nanos(last.nanos().saturating_mul(3));
                last = evenly(&mut chance, *base, most).min(*cap);
            }
            last
        }
    }
}

/// min(cap, base · 2ⁿ⁻¹) for the n-th failure.
fn doubled(base: Span, cap: Span, attempt: u16) -> Span {
    let factor = 1u64.checked_shl(u32::from(attempt.saturating_sub(1))).unwrap_or(u64::MAX);
    Span::from_nanos(base.nanos().saturating_mul(factor)).min(cap)
}

fn evenly(chance: &mut Draw, low: Span, high: Span) -> Span {
    let width = high.nanos().saturating_sub(low.nanos());
    if width == u64::MAX {
        return Span::from_nanos(chance.next_u64());
    }
    low + Span::from_nanos(below(chance, width + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::distribution::Distribution;

    const fn seconds(seconds: u64) -> Span {
        Span::from_secs(seconds)
    }

    #[test]
    fn pauses_double_up_to_their_cap() {
        let backoff = Backoff::Doubling { base: seconds(1), cap: seconds(20) };
        let pauses: Vec<u64> =
            (1..=7).map(|attempt| pause(&backoff, Key::root(1, 0), 0, attempt).nanos() / 1_000_000_000).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 20, 20]);
        assert_eq!(pause(&backoff, Key::root(1, 0), 0, u16::MAX), seconds(20));
    }

    #[test]
    fn jitters_stay_within_their_bounds() {
        let (base, cap) = (seconds(1), seconds(20));
        for ordinal in 0..2_000 {
            let of = |backoff: &Backoff, attempt| pause(backoff, Key::root(2, 0), ordinal, attempt);
            assert!(of(&Backoff::FullJitter { base, cap }, 3) <= seconds(4));
            let equal = of(&Backoff::EqualJitter { base, cap }, 3);
            assert!(seconds(2) <= equal && equal <= seconds(4));
            let free = of(&Backoff::Decorrelated { base, cap }, 9);
            assert!(base <= free && free <= cap);
        }
        let fixed = Backoff::Wait(Distribution::constant(2_000_000_000));
        assert_eq!(pause(&fixed, Key::root(2, 0), 5, 1), seconds(2));
    }

    #[test]
    fn only_what_is_worth_it_is_tried_again() {
        let on = RetryOn { refused: true, timeout: false, error: true, throttled: true };
        let retry = Retry { attempts: Some(3), on, ..Retry::default() };
        assert!(tries_again(&retry, 1, Loss::Full));
        assert!(tries_again(&retry, 2, Loss::Crashed));
        assert!(!tries_again(&retry, 3, Loss::Full));
        assert!(!tries_again(&retry, 1, Loss::TimedOut));
        assert!(!tries_again(&retry, 1, Loss::Left));
        assert!(tries_again(&Retry { attempts: None, ..retry }, u16::MAX, Loss::NoWorker));
    }
}
