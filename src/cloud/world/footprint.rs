//! How much memory a world holds: what grows with those inside, and with the machines there are.

use crate::cloud::node::{Node, Pool, Queue};
use crate::cloud::world::World;
use crate::ground::footprint::{Footprint, places};

/// A job's place in a line, or a message's in a queue, and the room that those keep ready.
const PLACE: u64 = places::<[u64; 2]>(1);
/// A message's place in the trees of a queue that knows tenants or groups.
const SORTED: u64 = places::<[u64; 8]>(1);

impl World<'_> {
    /// Bytes of what all that multiplies ends as: requests, jobs, messages, and events on their way. Known in no time.
    pub fn footprint_inside(&self) -> u64 {
        let buses = self.buses.as_ref().map_or(0, |buses| buses.footprint());
        let errands = self.alarms.footprint() + self.errands.footprint();
        self.requests.footprint() + self.jobs.footprint() + self.messages.footprint() + errands + buses
    }
}

impl Footprint for World<'_> {
    fn footprint(&self) -> u64 {
        let in_lines = (self.jobs.places().len() + self.messages.places().len()) as u64 * PLACE;
        let by_job = self.kin.footprint() + self.asked.footprint() + self.saved.footprint() + self.members.footprint();
        let timers = self.rows.iter().map(|row| row.timers.footprint()).sum::<u64>();
        let joins = self.joins.as_ref().map_or(0, |joins| joins.fans.footprint());
        let moves = self.moves.footprint() + self.idle.footprint() + self.vacated.footprint();
        let nodes = self.nodes.iter().map(Footprint::footprint).sum::<u64>();
        self.footprint_inside() + in_lines + by_job + timers + joins + moves + self.tagged.footprint() + nodes
    }
}

impl Footprint for Node<'_> {
    fn footprint(&self) -> u64 {
        match self {
            Node::Pool(pool) => pool.footprint(),
            Node::Queue(queue) => queue.footprint(),
            Node::Balancer(balancer) => balancer.cookies.footprint(),
            Node::Bus(bus) => bus.kept.footprint(),
            Node::Bucket(_) => 0,
        }
    }
}

impl Footprint for Pool<'_> {
    fn footprint(&self) -> u64 {
        // What some pools have for each slot, or each worker, beside what all have.
        let of_slot = 32 * u64::from(self.pollers.is_some()) + 64 * u64::from(self.hands.is_some());
        let of_worker = 64 * u64::from(self.busy_each.is_some())
            + 32 * u64::from(self.standing.is_some())
            + 128 * u64::from(self.environments.is_some())
            + 64 * u64::from(self.burst.is_some());
        let beside = of_slot * self.slots.len() as u64 + of_worker * self.workers.len() as u64;
        self.footprint_of_crew() + beside
    }
}

impl Footprint for Queue {
    fn footprint(&self) -> u64 {
        let sorted = self.tenants.is_some() || self.groups.is_some();
        let of_sorted = if sorted { SORTED * self.visible.level() } else { 0 };
        self.kept.footprint() + of_sorted + self.sameness.as_ref().map_or(0, |sameness| sameness.footprint())
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::request::{Job, Request};
    use crate::cloud::world::tests::{crowd, idle_machines};
    use crate::ground::footprint::Footprint;

    #[test]
    fn a_line_of_a_million_is_counted_with_all_that_it_needs() {
        let held = crowd(1_000_000).footprint();
        let least = 1_000_000 * (size_of::<Request>() + size_of::<Job>()) as u64;
        assert!((least..6 * least).contains(&held), "{held}");
        assert!(crowd(10).footprint() < 100_000);
    }

    #[test]
    fn machines_without_work_are_counted_too() {
        let (few, many) = (idle_machines(10).footprint(), idle_machines(100_000).footprint());
        assert!(many - few > 99_990 * 60, "{}", many - few);
    }
}
