//! The way of messages and objects: to a queue, to the slot that fetches one, to a bucket and back.

use crate::cloud::fact::{Fact, Loss, Spent};
use crate::cloud::node::{Holder, Node};
use crate::cloud::request::{Job, Stage, State};
use crate::cloud::topology::NodeId;
use crate::cloud::world::queues::Parcel;
use crate::cloud::world::{Alarm, World};
use crate::engine::{Context, Observer};
use crate::ground::time::{SimTime, Span};

impl World<'_> {
    /// A message sets out from a worker to a queue; why not, if not.
    pub(super) fn posts_over<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        job: &Job,
        to: NodeId,
        parcel: Parcel,
    ) -> Result<(), Loss> {
        let Node::Queue(queue) = &self.nodes[to.index()] else { return Err(Loss::Down) };
        let (away, kept) = (queue.away > 0, queue.only_keeps());
        let (number, salt) = self.names(&Job { branch: parcel.branch, ..*job }, false);
        let way = match &self.network {
            Some(network) if parcel.joins => network.last,
            _ => self.leg(job.pool, to, false, number, salt),
        };
        if let Some(network) = &mut self.network {
            network.last = way;
        }
        match way {
            _ if away => Err(Loss::Down),
            Some(Span::ZERO) => self.post(cx, to, parcel),
            Some(span) => {
                self.requests[parcel.request].hold();
                self.counts_branch(parcel);
                let who = self.requests[parcel.request].who();
                cx.tell(Fact::Spent { who, node: to, on: Spent::Way, from: cx.now(), span });
                if let Some(network) = &mut self.network {
                    let parcel = network.parcels.insert((to, parcel));
                    self.is_sent(Holder::Parcel(parcel));
                    self.set_alarm(cx, span, Alarm::Posts { parcel });
                }
                Ok(())
            }
            // Nobody waits for what nobody will receive.
            None if kept => Ok(()),
            None => {
                self.counts_branch(parcel);
                self.branch_lost(cx, parcel.request, parcel.attempt, Loss::Network);
                self.is_not_sent(cx);
                Ok(())
            }
        }
    }

    fn counts_branch(&mut self, parcel: Parcel) {
        let request = &mut self.requests[parcel.request];
        if request.attempt == parcel.attempt && request.stage != Stage::Ended {
            request.branches();
        }
    }

    /// A message has come to its queue.
    pub(super) fn posts_at_last<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, parcel: u32) {
        let Some(network) = &mut self.network else { return };
        let (to, mut sent) = network.parcels[parcel];
        network.parcels.remove(parcel);
        sent.joins &= network.taken_in;
        let before = self.sends_for(Holder::Parcel(parcel));
        let taken_in = self.post(cx, to, sent);
        self.has_sent(before);
        if let Some(network) = &mut self.network {
            network.taken_in = taken_in.is_ok();
        }
        match taken_in {
            Ok(()) => self.branch_done(cx, sent.request, sent.attempt),
            Err(why) => self.branch_lost(cx, sent.request, sent.attempt, why),
        }
        self.branch_is_over(cx, Holder::Parcel(parcel), taken_in.is_err());
        self.release(sent.request);
    }

    /// A message that a slot has received comes to it, and keeps it meanwhile. False where it is there at once.
    pub(super) fn is_fetched<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: u32,
        to: NodeId,
        slot: u32,
    ) -> bool {
        let job = self.jobs[id];
        let from = self.messages[self.kin[id as usize].parent].queue;
        let (number, salt) = self.names(&job, true);
        let span = self.leg(from, to, false, number, salt).unwrap_or(Span::ZERO);
        if span == Span::ZERO {
            return false;
        }
        let (now, epoch) = (cx.now(), self.new_stamp());
        let pool = self.pool_mut(to);
        pool.take(slot, id, now);
        pool.slots[slot as usize].until = SimTime::NEVER;
        pool.slots[slot as usize].request = job.request;
        pool.talks[slot as usize].epoch = epoch;
        let wears = pool.wears;
        let job = &mut self.jobs[id];
        (job.slot, job.since, job.state) = (slot, now, State::Backing);
        let who = self.requests[job.request].who();
        if wears {
            self.wears(cx, to, slot);
        }
        cx.tell(Fact::Started { who, pool: to, waited: Span::ZERO });
        cx.tell(Fact::Spent { who, node: to, on: Spent::Fetch, from: now, span });
        self.set_alarm(cx, span, Alarm::Backoff { job: id, epoch });
        true
    }

    /// The way of a worker to a bucket and back.
    pub(super) fn there_and_back(&self, job: &Job, bucket: NodeId) -> Span {
        if self.network.is_none() {
            return Span::ZERO;
        }
        let way = |from, to, back| {
            let (number, salt) = self.names(job, back);
            self.leg(from, to, false, number, salt).unwrap_or(Span::ZERO)
        };
        way(job.pool, bucket, false) + way(bucket, job.pool, true)
    }
}
