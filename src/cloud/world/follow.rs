//! What the parts of a world follow over time, for those who only watch.

use crate::cloud::gauge::{Gauge, Level};
use crate::cloud::node::{Node, Track};
use crate::cloud::topology::NodeId;
use crate::cloud::world::World;
use crate::ground::time::SimTime;

impl World<'_> {
    /// What the parts follow over time, in the order of [`World::integrals`].
    pub fn gauges(&self) -> Vec<Gauge> {
        let mut gauges = Vec::new();
        self.each_track(None, |node, what, _| gauges.push(Gauge { node, what }));
        gauges
    }

    /// The integral of each gauge since the start, in its unit × nanoseconds.
    pub fn integrals(&self, now: SimTime, out: &mut Vec<u128>) {
        out.clear();
        self.each_track(Some(now), |_, _, track| out.push(track.integral(now)));
    }

    /// The present value of each gauge.
    pub fn levels(&self, out: &mut Vec<u64>) {
        out.clear();
        self.each_track(None, |_, _, track| out.push(track.level()));
    }

    /// `now` matters where something is only counted.
    fn each_track(&self, now: Option<SimTime>, mut see: impl FnMut(Option<NodeId>, Level, &Track)) {
        see(None, Level::InSystem, &self.in_system);
        see(None, Level::Retrying, &self.retrying);
        for (index, node) in self.nodes.iter().enumerate() {
            let id = Some(NodeId::at(index));
            if let Some(full) = node.gate().and_then(|gate| gate.full_for(now.unwrap_or(SimTime::START))) {
                see(id, Level::BucketFull, &Track::of_sum(full.nanos()));
            }
            match node {
                Node::Pool(pool) => {
                    let mut levels = pool.levels;
                    if pool.once {
                        // A job that is at work takes nothing else, and is in service all the same.
                        levels.ready = levels.ready.with(levels.draining);
                        levels.slots = levels.slots.with(levels.draining);
                        levels.draining = Track::default();
                    }
                    if let Some(place) = self.cluster_at(NodeId::at(index)) {
                        // What pods may ask for and do: thousandths of vCPUs.
                        levels.slots = levels.ready.times(self.housings[place].plan.room.cpu);
                        see(id, Level::Asked, &levels.busy);
                    } else {
                        see(id, Level::Line, &levels.line);
                        see(id, Level::Busy, &levels.busy);
                    }
                    if let Some(hands) = pool.hands.as_ref().filter(|hands| hands.batch().is_some()) {
                        see(id, Level::Together, &hands.together);
                    }
                    if let Some(joins) = self.joins.as_ref().filter(|_| pool.plan.gather) {
                        see(id, Level::Joining, &joins.levels[index]);
                    }
                    see(id, Level::Slots, &levels.slots);
                    see(id, Level::Desired, &levels.desired);
                    self.told_sizes(NodeId::at(index)).for_each(|(size, track)| see(id, Level::Wanted(size), track));
                    see(id, Level::Pending, &levels.pending);
                    see(id, Level::Booting, &levels.booting);
                    see(id, Level::Ready, &levels.ready);
                    see(id, Level::Failed, &levels.failed);
                    see(id, Level::Draining, &levels.draining);
                    if pool.plan.scaling.warm_pool().is_some() {
                        see(id, Level::Warm, &levels.warm);
                    }
                    if pool.stoppable {
                        see(id, Level::Off, &levels.off);
                    }
                    if self.topology.account.is_some() {
                        see(id, Level::Denied, &Track::of_count(pool.denied));
                    }
                    see(id, Level::Away, &levels.absent);
                    if pool.standing.is_some() {
                        see(id, Level::IdleBesideLine, &levels.lopsided);
                    }
                }
                Node::Queue(queue) => {
                    see(id, Level::Visible, &queue.visible);
                    see(id, Level::InFlight, &queue.in_flight);
                    see(id, Level::Hidden, &queue.hidden);
                    if let Some(delayed) = &queue.delayed {
                        see(id, Level::Delayed, delayed);
                    }
                    see(id, Level::Away, &queue.absent);
                    if let Some(empty) = self.empty_receives(NodeId::at(index), queue, now) {
                        see(id, Level::EmptyReceives, &Track::of_count(empty));
                    }
                    if let Some(pollers) = self.pollers_of(NodeId::at(index), queue) {
                        see(id, Level::Pollers, pollers);
                    }
                    if let Some(refused) = self.over_limit(queue) {
                        see(id, Level::OverLimit, &Track::of_count(refused));
                    }
                    if let Some(again) = self.empty_again(queue) {
                        see(id, Level::EmptyAgain, &Track::of_count(again));
                    }
                }
                Node::Balancer(balancer) => see(id, Level::Away, &balancer.absent),
                Node::Bucket(bucket) => see(id, Level::Away, &bucket.absent),
                Node::Bus(bus) => see(id, Level::Away, &bus.absent),
            }
        }
    }
}
