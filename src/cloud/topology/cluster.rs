//! Machines under pods and tasks: what they have room for, what one of these needs of it, and which machine gets it.

use crate::cloud::scaling::Scaling;
use crate::cloud::scaling::kubernetes::Nodes;
use crate::cloud::topology::{Farewell, Held, Life, NodeId, Pauses, Platform, Pool, Spot, Termination};
use crate::ground::time::{SECOND, Span};

/// Machines on which the workers of other pools run, as pods of Kubernetes or as tasks of ECS.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// The machines, as a pool that nothing is sent to.
    pub machines: Pool,
    /// What pods may have of one of them.
    pub room: Room,
    /// So many pods at the most on one of them.
    pub pods: u32,
    /// Bytes of an image that a machine pulls in a second; `None`: no time.
    pub pull: Option<u64>,
    /// Pods of a machine that is down for so long come again elsewhere; `None`: they wait for it.
    pub evict_after: Option<Span>,
    /// Which of the machines that have room gets one.
    pub placement: Placement,
    /// The pauses of a service whose tasks find no room; `None`: they wait, and take it as soon as there is some.
    pub retry: Option<Pauses>,
}

/// Which of the machines that have room for it gets a pod or a task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Placement {
    /// The one of which least is asked for, as the scheduler of Kubernetes scores them (its documentation, *Scheduler
    /// configuration*: `LeastAllocated`).
    #[default]
    LeastAsked,
    /// What ECS does: each strategy in turn narrows the choice. Without any, the zone with the fewest tasks of the service,
    /// and there the machine with the fewest.
    Strategies(Vec<Strategy>),
}

/// How ECS chooses among machines (Amazon ECS developer guide, *Use strategies to define Amazon ECS task placement*).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Those of the zone with the fewest tasks of the service.
    SpreadZone,
    /// Those with the least CPU left.
    BinpackCpu,
    /// Those with the least memory left.
    BinpackMemory,
    /// Any one.
    Random,
}

/// What a machine has for pods and tasks, or what one of these asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Thousandths of a vCPU.
    pub cpu: u64,
    /// Bytes of memory.
    pub memory: u64,
}

/// Where the workers of a pool run as pods or tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lodging {
    /// On which machines.
    pub cluster: NodeId,
    /// What each asks for, whatever it then uses.
    pub needs: Room,
    /// Bytes of its image, which a machine pulls before its first pod of this kind starts.
    pub image: u64,
}

impl Room {
    /// Whether so much of it can be given away.
    pub fn has(self, needs: Room) -> bool {
        needs.cpu <= self.cpu && needs.memory <= self.memory
    }

    /// What is left when so much of it is given away.
    ///
    /// # Panics
    /// Where there is not so much.
    pub fn without(self, needs: Room) -> Room {
        assert!(self.has(needs), "nobody gets more than there is");
        Room { cpu: self.cpu - needs.cpu, memory: self.memory - needs.memory }
    }

    /// What there is when so much of it is given back.
    pub fn with(self, needs: Room) -> Room {
        Room { cpu: self.cpu + needs.cpu, memory: self.memory + needs.memory }
    }

    /// The greater of the two shares of a whole that this much is not: how much of a machine is asked for, from 0 to 1.
    pub fn asked_of(self, whole: Room) -> f64 {
        let share = |left: u64, of: u64| if of == 0 { 0.0 } else { (of - left.min(of)) as f64 / of as f64 };
        share(self.cpu, whole.cpu).max(share(self.memory, whole.memory))
    }
}

/// What its machines are, and what becomes of them.
#[derive(Clone, Debug)]
pub struct Machinery {
    /// What they run on, for the bill.
    pub platform: Platform,
    /// How much of them is Spot.
    pub spot: Option<Spot>,
    /// How long one takes to come and to go.
    pub life: Life,
    /// How many there are at the start.
    pub workers: u32,
    /// Who sees to their number.
    pub scaling: Scaling,
    /// How long one that goes waits for its pods to end.
    pub grace: Span,
}

impl Cluster {
    /// One of such machines. Nothing is sent to them, so that most of what a pool may be said is said of nobody.
    pub fn new(machinery: Machinery, room: Room, pods: u32) -> Cluster {
        let Machinery { platform, spot, life, workers, scaling, grace } = machinery;
        let scale_in = Farewell {
            termination: Termination::Newest,
            held: Held::Finish,
            grace: Some(grace),
            protect: matches!(scaling, Scaling::Nodes(Nodes::Provider(rule)) if rule.protect),
            protection: None,
        };
        let machines = Pool { workers: Some(workers), platform, spot, life, scaling, scale_in, ..Pool::of(Vec::new()) };
        let (placement, retry) = (Placement::LeastAsked, None);
        Cluster { machines, room, pods, pull: None, evict_after: None, placement, retry }
    }

    /// How long a machine pulls an image of so many bytes.
    pub fn pulls(&self, image: u64) -> Span {
        let Some(rate) = self.pull.filter(|&rate| rate > 0) else { return Span::ZERO };
        let nanos = u128::from(image) * u128::from(SECOND) / u128::from(rate);
        Span::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX / 4))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of 4 vCPU and 8 GiB, 1 vCPU and 6 GiB are asked for: memory decides.
    #[test]
    fn the_scarcer_of_two_tells_how_full_a_machine_is() {
        let whole = Room { cpu: 4_000, memory: 8 << 30 };
        let left = whole.without(Room { cpu: 1_000, memory: 6 << 30 });
        assert_eq!(left.asked_of(whole), 0.75);
        assert_eq!(whole.asked_of(whole), 0.0);
        assert!(left.has(Room { cpu: 3_000, memory: 2 << 30 }) && !left.has(Room { cpu: 3_001, memory: 0 }));
        assert_eq!(left.with(Room { cpu: 1_000, memory: 6 << 30 }), whole);
    }
}
