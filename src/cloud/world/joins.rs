//! Fan-outs, and the pools that gather their branches again.
//!
//! Whoever comes to a pool that gathers is held there, by no worker and no slot, until all that are left of its last fan-out
//! wait in joins; then the last that came goes on for all of them, as a branch of the fan-out around it, if there is one. A
//! message is deleted when it is held, as a worker does that notes its coming in a table; the last one is worked on as any other.
//! A branch that ends elsewhere is waited for no longer. One that comes to nothing takes the others with it.

use crate::cloud::fact::{Fact, Loss, Spent};
use crate::cloud::node::{Action, Fans, Fate, Holder, NO_FAN, Track};
use crate::cloud::request::{Job, Message, NONE, Role, Stage, State};
use crate::cloud::topology::{NodeId, NodeKind, Step, Topology, Verb};
use crate::cloud::world::{Move, World};
use crate::engine::{Context, Observer};

/// What is known of joins in a topology that has some.
#[derive(Debug)]
pub(super) struct Joins {
    pub(super) fans: Fans,
    sending: Sending,
    /// Of each node, whether it sends anything, or calls somebody who does.
    senders: Vec<bool>,
    /// Those who wait, by node.
    pub(super) levels: Vec<Track>,
}

/// What is being sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sending {
    /// Of whose fan-out it is a branch, …
    fan: u32,
    /// … whether that has just begun, …
    opened: bool,
    /// … and the branch that sends the last of its own.
    rests: Option<Holder>,
}

impl Sending {
    /// Nothing is.
    const NOTHING: Sending = Sending { fan: NO_FAN, opened: false, rests: None };
}

/// Who sends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sender {
    /// A job, at its present step.
    Job(u32),
    /// A branch that is over with that.
    Branch(Holder),
    /// No branch of anything.
    Nobody,
}

impl Joins {
    /// Those of a topology; `None` where nothing is gathered.
    pub(super) fn of(topology: &Topology) -> Option<Box<Joins>> {
        let gathers = |kind: &NodeKind| kind.pool().is_some_and(|pool| pool.gather);
        topology.nodes.iter().any(|node| gathers(&node.kind)).then(|| {
            let levels = vec![Track::default(); topology.nodes.len()];
            Box::new(Joins { fans: Fans::default(), sending: Sending::NOTHING, senders: senders(topology), levels })
        })
    }
}

/// Of each node, whether it sends anything, or calls somebody who does.
fn senders(topology: &Topology) -> Vec<bool> {
    let mut senders = vec![false; topology.nodes.len()];
    let bucket_tells = |bucket: NodeId| match &topology.nodes[bucket.index()].kind {
        NodeKind::Bucket(bucket) => bucket.bus.is_some() || !bucket.notify.is_empty(),
        _ => false,
    };
    let mut known = usize::MAX;
    while known != senders.iter().filter(|sends| **sends).count() {
        known = senders.iter().filter(|sends| **sends).count();
        for at in 0..topology.nodes.len() {
            let kind = &topology.nodes[at].kind;
            let leads = |to: &[NodeId]| to.iter().any(|to| senders[to.index()]);
            let sends = |step: &Step| match &step.verb {
                Verb::Send { .. } | Verb::Event { .. } => true,
                Verb::Put { bucket, .. } => bucket_tells(*bucket),
                Verb::Call { to, .. } => leads(to),
                _ => false,
            };
            let own = kind.pool().is_some_and(|pool| pool.steps.iter().any(sends));
            senders[at] = own || matches!(kind, NodeKind::Balancer(balancer) if leads(&balancer.to));
        }
    }
    senders
}

/// What becomes of one who came to a join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// It goes in.
    In,
    /// It waits.
    Waits,
    /// Its branch has come before, or the others have gone without it.
    Late,
    /// Another branch came to nothing: so does this one.
    Lost,
}

impl World<'_> {
    /// The branch on whose behalf a job works, and whether it is that itself.
    fn holder(&self, id: u32) -> Option<(Holder, bool)> {
        let (mut id, mut direct) = (id, true);
        loop {
            let parent = self.kin.get(id as usize).map_or(NONE, |kin| kin.parent);
            return match self.jobs[id].role {
                Role::Branch => Some((Holder::Job(id), direct)),
                Role::Delivery => Some((Holder::Message(parent), direct)),
                Role::Event => Some((Holder::Errand(parent), direct)),
                Role::Call => {
                    (id, direct) = (parent, false);
                    continue;
                }
                Role::Carried => Some((Holder::Delivery(parent), direct)),
                Role::Root | Role::Stray => None,
            };
        }
    }

    /// Somebody is about to send so many pieces. What was being sent until then goes to [`World::closes_fan`].
    pub(super) fn opens_fan(&mut self, sender: Sender, pieces: u32) -> Sending {
        if self.joins.is_none() {
            return Sending::NOTHING;
        }
        let (holder, is_last) = match sender {
            Sender::Job(id) => (self.holder(id), self.sends_no_more(id)),
            Sender::Branch(holder) => (Some((holder, false)), false),
            Sender::Nobody => (None, false),
        };
        let Some(joins) = &mut self.joins else { return Sending::NOTHING };
        let own = holder.map_or(NO_FAN, |(holder, _)| joins.fans.tag(holder).fan);
        let opened = pieces > 1;
        let fan = if opened { joins.fans.opens(own) } else { own };
        let rests = holder.filter(|(_, direct)| *direct && is_last && pieces > 0).map(|(holder, _)| holder);
        std::mem::replace(&mut joins.sending, Sending { fan, opened, rests })
    }

    /// Whether a job sends nothing after its present step.
    fn sends_no_more(&self, id: u32) -> bool {
        let job = self.jobs[id];
        let programme = &self.pool(job.pool).programme[self.requests[job.request].workload.index()];
        let later = programme.iter().skip(usize::from(job.step) + 1);
        !later.into_iter().any(|action| match action {
            Action::Send { .. } | Action::Event { .. } => true,
            Action::Put { told, notifies, .. } => told.is_some() || *notifies,
            Action::Call { calls, .. } => {
                self.joins.as_ref().is_some_and(|joins| calls.to.iter().any(|to| joins.senders[to.index()]))
            }
            _ => false,
        }) && !self.leaves_a_record(&job)
    }

    /// Whether a job is one of those of whom a function leaves a record when they went well.
    fn leaves_a_record(&self, job: &Job) -> bool {
        job.role == Role::Event && self.errands_of(job.pool).on_success.is_some()
    }

    /// All pieces are sent.
    pub(super) fn closes_fan<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, before: Sending) {
        let Some(joins) = &mut self.joins else { return };
        let Sending { fan, opened, rests } = std::mem::replace(&mut joins.sending, before);
        if opened {
            joins.fans.sent(fan);
        }
        let own = rests.map_or(NO_FAN, |holder| joins.fans.tag(holder).fan);
        if let Some(holder) = rests {
            joins.fans.rests(holder);
        }
        self.settles_fan(cx, fan);
        self.settles_fan(cx, own);
    }

    /// What a branch sends as it ends is a branch in its place. What was being sent until then goes to [`World::has_sent`].
    pub(super) fn sends_for(&mut self, holder: Holder) -> Sending {
        let Some(joins) = &mut self.joins else { return Sending::NOTHING };
        let fan = joins.fans.tag(holder).fan;
        std::mem::replace(&mut joins.sending, Sending { fan, ..Sending::NOTHING })
    }

    /// Nothing more is sent for a branch.
    pub(super) fn has_sent(&mut self, before: Sending) {
        if let Some(joins) = &mut self.joins {
            joins.sending = before;
        }
    }

    /// Something that was just sent is there, or on its way.
    #[inline]
    pub(super) fn is_sent(&mut self, holder: Holder) {
        if let Some(joins) = &mut self.joins {
            joins.fans.sets(holder, joins.sending.fan, false);
        }
    }

    /// What should have been sent came to nothing at once.
    pub(super) fn is_not_sent<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>) {
        if let Some(joins) = &self.joins {
            self.loses_fan(cx, joins.sending.fan);
        }
    }

    /// A branch is another kind of thing from now on.
    pub(super) fn becomes(&mut self, one: Holder, other: Holder) {
        if let Some(joins) = &mut self.joins {
            let fan = joins.fans.tag(one).fan;
            joins.fans.sets(other, fan, false);
            joins.fans.ends(one);
        }
    }

    /// A branch has ended, or come to nothing.
    #[inline]
    pub(super) fn branch_is_over<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, holder: Holder, lost: bool) {
        if self.joins.is_some() {
            self.branch_ends(cx, holder, lost);
        }
    }

    #[inline(never)]
    fn branch_ends<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, holder: Holder, lost: bool) {
        let Some(joins) = &mut self.joins else { return };
        let fan = joins.fans.ends(holder);
        if lost {
            self.loses_fan(cx, fan);
        }
        self.settles_fan(cx, fan);
    }

    /// A branch of a fan-out came to nothing: those who wait for it, and for what it is a part of, wait in vain.
    fn loses_fan<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, fan: u32) {
        let Some(joins) = &mut self.joins else { return };
        joins.fans.loses(fan);
        let mut fan = fan;
        while let Some(known) = self.joins.as_ref().and_then(|joins| joins.fans.get(fan)) {
            let parent = known.parent;
            self.lets_go_of(cx, fan);
            fan = parent;
        }
    }

    /// Those who wait for the others of a fan-out wait no longer: one of it was lost.
    fn lets_go_of<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, fan: u32) {
        let Some(joins) = &mut self.joins else { return };
        for job in joins.fans.take_waiting(fan) {
            self.leaves_join(cx, job);
            let Job { request, attempt, .. } = self.jobs[job];
            // Why is known already: the first reason counts.
            self.branch_lost(cx, request, attempt, Loss::Error);
            if let Some(joins) = &mut self.joins {
                joins.fans.ends(Holder::Job(job));
            }
            self.end_job(job);
        }
    }

    /// Looks whether all that are left of a fan-out have come together, or it is over.
    fn settles_fan<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, fan: u32) {
        let mut next = Some(fan);
        while let Some(fan) = next {
            if self.joins.as_ref().is_some_and(|joins| joins.fans.is_whole(fan)) {
                self.gathers_all(cx, fan, None);
            }
            next = self.joins.as_mut().and_then(|joins| joins.fans.settles(fan));
        }
    }

    /// All that are left of a fan-out are here: of those in one join the last goes on for all. `last`: one who has just come,
    /// and goes on by itself.
    fn gathers_all<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, fan: u32, last: Option<(Holder, NodeId)>) {
        let Some(joins) = &mut self.joins else { return };
        joins.fans.joins(fan);
        let parent = joins.fans.get(fan).map_or(NO_FAN, |fan| fan.parent);
        let waiting = joins.fans.take_waiting(fan);
        let mut served: Vec<NodeId> = last.iter().map(|(_, pool)| *pool).collect();
        if let Some((holder, _)) = last {
            joins.fans.sets_anew(holder, parent);
        }
        for job in waiting.into_iter().rev() {
            self.leaves_join(cx, job);
            let Job { request, attempt, pool, .. } = self.jobs[job];
            let Some(joins) = &mut self.joins else { return };
            if served.contains(&pool) {
                joins.fans.ends(Holder::Job(job));
                self.branch_done(cx, request, attempt);
                self.end_job(job);
            } else {
                served.push(pool);
                joins.fans.sets_anew(Holder::Job(job), parent);
                self.moves.push_back(Move::Deliver { job, node: pool });
            }
        }
    }

    /// A job no longer waits in a join.
    fn leaves_join<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32) {
        let now = cx.now();
        let Job { pool, since, request, .. } = self.jobs[id];
        self.jobs[id].state = State::New;
        if let Some(joins) = &mut self.joins {
            joins.levels[pool.index()].down(now);
        }
        let who = self.requests[request].who();
        cx.tell(Fact::Spent { who, node: pool, on: Spent::Join, from: since, span: now - since });
    }

    /// What becomes of a branch that came to a pool.
    fn turn_at_join(&self, holder: Holder, to: NodeId) -> Turn {
        let Some(joins) = &self.joins else { return Turn::In };
        if !self.pool(to).plan.gather {
            return Turn::In;
        }
        let tag = joins.fans.tag(holder);
        match joins.fans.get(tag.fan) {
            _ if tag.passed => Turn::In,
            None if tag.has_left() => Turn::Late,
            None => Turn::In,
            Some(fan) if fan.lost => Turn::Lost,
            Some(fan) if fan.joined || !tag.counts => Turn::Late,
            Some(fan) if fan.waiting + 1 == fan.alive => Turn::In,
            Some(_) => Turn::Waits,
        }
    }

    /// The last of a fan-out has come, if it is of one: it goes on for all.
    fn goes_in<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, holder: Holder, to: NodeId) {
        let Some(joins) = &self.joins else { return };
        let tag = joins.fans.tag(holder);
        if self.pool(to).plan.gather && !tag.passed && joins.fans.get(tag.fan).is_some() {
            self.gathers_all(cx, tag.fan, Some((holder, to)));
            self.settles_fan(cx, tag.fan);
        }
    }

    /// A job comes to a pool that may gather; whether it is held there, or goes no further.
    pub(super) fn is_held<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, to: NodeId) -> bool {
        let job = self.jobs[id];
        let holder = match job.role {
            Role::Branch => Holder::Job(id),
            Role::Carried => return self.event_is_held(cx, id, to),
            _ => return false,
        };
        match self.turn_at_join(holder, to) {
            Turn::In => {
                self.goes_in(cx, holder, to);
                return false;
            }
            Turn::Waits => self.waits_in_join(cx, id, to),
            Turn::Late => {
                let who = self.requests[job.request].who();
                cx.tell(Fact::Wasted { who });
                self.branch_done(cx, job.request, job.attempt);
                self.branch_ends(cx, holder, false);
                self.end_job(id);
            }
            Turn::Lost => {
                self.branch_lost(cx, job.request, job.attempt, Loss::Error);
                self.branch_ends(cx, holder, true);
                self.end_job(id);
            }
        }
        true
    }

    /// A job waits for the other branches of its fan-out.
    fn waits_in_join<O>(&mut self, cx: &mut Context<'_, O>, id: u32, to: NodeId) {
        let now = cx.now();
        let job = &mut self.jobs[id];
        (job.pool, job.since, job.state, job.slot) = (to, now, State::Joining, NONE);
        if let Some(joins) = &mut self.joins {
            let fan = joins.fans.tag(Holder::Job(id)).fan;
            joins.fans.waits(fan, id);
            joins.levels[to.index()].up(now);
        }
    }

    /// A job of its own waits in a join for a piece that is done with when it has come there.
    fn waits_in_place_of<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: u32,
        holder: Holder,
        (attempt, counts): (u16, bool),
        to: NodeId,
    ) {
        let (stamp, slot, visit, role) = (0, NONE, attempt, Role::Branch);
        let held = self.jobs.insert(Job { stamp, slot, attempt, visit, role, ..self.jobs[id] });
        let request = self.jobs[held].request;
        self.requests[request].hold();
        if counts {
            self.requests[request].branches();
        }
        if let Some(joins) = &mut self.joins {
            let fan = joins.fans.tag(holder).fan;
            joins.fans.sets(Holder::Job(held), fan, false);
            joins.fans.rests(holder);
        }
        self.jobs[held].stamp = self.new_stamp();
        self.waits_in_join(cx, held, to);
    }

    /// What an event has brought to a pool may have to wait for the other branches of its fan-out: it is delivered, and held.
    /// Whether it is, or goes no further.
    fn event_is_held<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, to: NodeId) -> bool {
        let holder = Holder::Delivery(self.kin[id as usize].parent);
        let Job { request, attempt, .. } = self.jobs[id];
        let record = &self.requests[request];
        let counts = record.attempt == attempt && record.stage != Stage::Ended;
        let turn = self.turn_at_join(holder, to);
        match turn {
            Turn::In => {
                self.goes_in(cx, holder, to);
                return false;
            }
            Turn::Waits => self.waits_in_place_of(cx, id, holder, (attempt, counts), to),
            Turn::Late => {
                let who = record.who();
                cx.tell(Fact::Wasted { who });
            }
            Turn::Lost => (),
        }
        self.carried_done(cx, id, turn == Turn::Lost);
        true
    }

    /// A message that was just received may have to wait for the other branches of its fan-out: it is deleted, and held. Whether
    /// it is, or goes no further.
    pub(super) fn message_is_held<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, id: u32, to: NodeId) -> bool {
        let message = self.kin[id as usize].parent;
        let holder = Holder::Message(message);
        let turn = self.turn_at_join(holder, to);
        let request = self.jobs[id].request;
        let Message { attempt, counts, queue: at, .. } = self.messages[message];
        let record = &self.requests[request];
        let who = record.who();
        let is_current = record.attempt == attempt && record.stage != Stage::Ended;
        match turn {
            Turn::In => {
                self.goes_in(cx, holder, to);
                return false;
            }
            Turn::Waits => self.waits_in_place_of(cx, id, holder, (attempt, counts && is_current), to),
            Turn::Late => cx.tell(Fact::Wasted { who }),
            Turn::Lost => (),
        }
        self.leaves_queue(cx.now(), message);
        cx.tell(Fact::Deleted { who, queue: at, gone: true, joins: false });
        if counts {
            match turn {
                Turn::Lost => self.branch_lost(cx, request, attempt, Loss::Error),
                _ => self.branch_done(cx, request, attempt),
            }
        }
        self.is_remembered(message, Fate::Done);
        self.branch_ends(cx, holder, false);
        self.letter_is_gone(message);
        self.end_job(id);
        true
    }
}
