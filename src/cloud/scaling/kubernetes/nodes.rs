//! How many machines there are under pods: the Cluster Autoscaler's rules and Karpenter's. Under tasks it is a capacity provider
//! that sees to it.
//!
//! Both add machines for pods that nobody has room for, and take away those whose pods have room elsewhere. They differ in
//! when they look, how long they hesitate, and what holds them back.

use crate::cloud::scaling::CapacityProvider;
use crate::cloud::topology::Room;
use crate::ground::time::Span;

/// Who sees to the number of machines.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Nodes {
    /// A Cluster Autoscaler.
    Autoscaler(ClusterAutoscaler),
    /// Karpenter.
    Karpenter(Karpenter),
    /// The capacity provider of ECS, under tasks.
    Provider(CapacityProvider),
}

/// The Cluster Autoscaler over one group of like machines (its FAQ, version 1.3x, *How does scale-up work?*, *How does
/// scale-down work?*).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClusterAutoscaler {
    /// At least so many machines.
    pub min: u32,
    /// At most so many.
    pub max: u32,
    /// From one look to the next; above 0.
    pub scan: Span,
    /// A machine of which less than this share is asked for may go.
    pub utilisation: f64,
    /// If it has been so for so long …
    pub unneeded: Span,
    /// … and no machine was added for so long.
    pub after_add: Span,
    /// One that is down for so long is given up; `None`: never.
    pub unready: Option<Span>,
}

/// Karpenter with one pool of like machines (its documentation, *Disruption* and *Settings*).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Karpenter {
    /// At most so many machines.
    pub max: u32,
    /// It acts when no other pod has come for so long …
    pub idle: Span,
    /// … and so long after the first at the latest.
    pub window: Span,
    /// A machine may go when no pod has come or gone there for so long.
    pub consolidate_after: Span,
    /// It looks for such machines so often; above 0.
    pub poll: Span,
    /// What it has found must still hold after so long.
    pub validation: Span,
    /// The share of its machines, rounded up, that may go at a time.
    pub budget: f64,
}

/// A machine as whoever packs sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// What is left of it.
    pub room: Room,
    /// How many more pods it may have.
    pub places: u32,
}

impl Space {
    /// Whether it has room for a pod.
    pub fn fits(&self, needs: Room) -> bool {
        self.places > 0 && self.room.has(needs)
    }

    /// Puts a pod there, if it has room.
    pub fn takes(&mut self, needs: Room) -> bool {
        let fits = self.fits(needs);
        if fits {
            (self.room, self.places) = (self.room.without(needs), self.places - 1);
        }
        fits
    }
}

impl Nodes {
    /// The Cluster Autoscaler looks so often (its FAQ, *scan-interval*).
    pub const SCAN: Span = Span::from_secs(10);
    /// A machine is underused below this share (its FAQ, *scale-down-utilization-threshold*).
    pub const UTILISATION: f64 = 0.5;
    /// … and goes when it has been so for so long (its FAQ, *scale-down-unneeded-time*).
    pub const UNNEEDED: Span = Span::from_secs(600);
    /// … and so long after a machine was added (its FAQ, *scale-down-delay-after-add*).
    pub const AFTER_ADD: Span = Span::from_secs(600);
    /// So many empty machines go at once (its FAQ, *max-empty-bulk-delete*).
    pub const EMPTY_AT_ONCE: usize = 10;
    /// A machine that goes waits so long for its pods (its FAQ, *max-graceful-termination-sec*).
    pub const GRACE: Span = Span::from_secs(600);
    /// Karpenter's batch closes so long after the last pod (its settings, *BATCH_IDLE_DURATION*) …
    pub const IDLE: Span = Span::from_secs(1);
    /// … and so long after the first (*BATCH_MAX_DURATION*).
    pub const WINDOW: Span = Span::from_secs(10);
    /// Karpenter looks for machines that may go so often.
    pub const POLL: Span = Span::from_secs(10);
    /// What it has found must hold for so long.
    pub const VALIDATION: Span = Span::from_secs(15);
    /// So many of a hundred machines may go at a time (Karpenter's documentation, *Disruption budgets*).
    pub const BUDGET: f64 = 0.1;

    /// At least and at most so many machines.
    pub fn bounds(&self) -> (u32, u32) {
        match self {
            Nodes::Autoscaler(rule) => (rule.min, rule.max),
            Nodes::Karpenter(rule) => (0, rule.max),
            Nodes::Provider(rule) => (rule.min, rule.max),
        }
    }
}

impl Karpenter {
    /// How many of so many machines may go at a time: a share, rounded up.
    pub fn may_go(&self, machines: u32) -> u32 {
        // A billionth is the noise of binary: 10 % of 10 is 1, not 2.
        (f64::from(machines) * self.budget - 1e-9).ceil().max(0.0) as u32
    }
}

/// How many new machines pods need that nobody has room for: each in turn goes where it first fits, on what is on its way
/// or on a new machine, of which there may be so many. A pod that not even an empty machine has room for is left out.
pub fn pack(waiting: impl Iterator<Item = Room>, coming: &mut Vec<Space>, empty: Space, most: u32) -> u32 {
    let mut added = 0;
    for needs in waiting {
        if coming.iter_mut().any(|space| space.takes(needs)) {
            continue;
        }
        let mut space = empty;
        if added < most && space.takes(needs) {
            coming.push(space);
            added += 1;
        }
    }
    added
}

/// Whether all pods of a machine have room on the others, and where that leaves these.
pub fn moves_out(pods: impl Iterator<Item = Room>, others: &mut [Space]) -> bool {
    let before = others.to_vec();
    for needs in pods {
        if !others.iter_mut().any(|space| space.takes(needs)) {
            others.copy_from_slice(&before);
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(cpu: u64) -> Room {
        Room { cpu, memory: cpu << 20 }
    }

    fn empty(cpu: u64, places: u32) -> Space {
        Space { room: room(cpu), places }
    }

    /// Machines of 4 vCPU: five pods of 1 need two; of 3 vCPU each needs its own; one of 5 never fits.
    #[test]
    fn pods_go_where_they_first_fit() {
        let needed = |pods: &[u64], coming: &[Space], most: u32| {
            pack(pods.iter().map(|&cpu| room(cpu)), &mut coming.to_vec(), empty(4_000, 10), most)
        };
        assert_eq!(needed(&[1_000; 4], &[], 9), 1);
        assert_eq!(needed(&[1_000; 5], &[], 9), 2);
        assert_eq!(needed(&[3_000; 5], &[], 9), 5);
        assert_eq!(needed(&[3_000; 5], &[], 2), 2);
        assert_eq!(needed(&[3_000, 1_000, 3_000, 1_000], &[], 9), 2);
        assert_eq!(needed(&[5_000, 1_000], &[], 9), 1);
        assert_eq!(needed(&[1_000; 5], &[empty(1_000, 10)], 9), 1, "what is on its way has room for one");
        assert_eq!(pack([room(1); 5].into_iter(), &mut Vec::new(), empty(4_000, 2), 9), 3, "two places a machine");
    }

    #[test]
    fn a_machine_is_left_only_by_all_of_its_pods() {
        let mut others = [empty(1_500, 5), empty(1_000, 5)];
        assert!(!moves_out([room(1_000), room(1_000), room(1_000)].into_iter(), &mut others));
        assert_eq!(others, [empty(1_500, 5), empty(1_000, 5)]);
        assert!(moves_out([room(1_000), room(1_000)].into_iter(), &mut others));
        assert_eq!((others[0].room.cpu, others[1].room.cpu), (500, 0));
    }

    /// Karpenter's documentation, *Disruption budgets*: shares are rounded up.
    #[test]
    fn a_tenth_of_the_machines_may_go_at_a_time() {
        let (idle, window, poll) = (Nodes::IDLE, Nodes::WINDOW, Nodes::POLL);
        let rule = Karpenter {
            max: 99,
            idle,
            window,
            consolidate_after: Span::ZERO,
            poll,
            validation: Nodes::VALIDATION,
            budget: Nodes::BUDGET,
        };
        for (machines, go) in [(0, 0), (1, 1), (10, 1), (11, 2), (100, 10)] {
            assert_eq!(rule.may_go(machines), go, "{machines}");
        }
    }
}
