//! What was used: exact integers by node, before any price.

use crate::billing::capacity::Capacity;
use crate::billing::invoice::Quantity;
use crate::cloud::topology::{NodeId, Platform, StorageClass};

/// What a system, or a list of things, used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// By node, in the order of the file: of a topology all of them, so that a [`NodeId`] is the place here.
    pub nodes: Vec<NodeUsage>,
}

/// What one node used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeUsage {
    /// Whose: `pool.media`.
    pub node: String,
    /// What.
    pub used: Used,
}

/// The closed list of what can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Used {
    /// Machines, one entry a size.
    Machines {
        /// By size; one where the pool is not scaled up and down.
        sizes: Vec<Machines>,
        /// Slot·nanoseconds during which requests held a slot, if somebody measured them: the rest was idle.
        busy: Option<u128>,
    },
    /// A load balancer.
    Balancer {
        /// Hours of its life that began.
        hours: u64,
        /// Capacity, summed over clock hours.
        capacity: Capacity,
        /// Nanoseconds of its life, where somebody measured them.
        lived: Option<u128>,
    },
    /// A queue: units of 64 KiB of every call; at least one a call.
    Queue {
        /// First-in-first-out queues have their own price.
        fifo: bool,
        /// Of sends.
        sends: u64,
        /// Of receives that brought something.
        receives: u64,
        /// Of deletes.
        deletes: u64,
        /// Of changes of visibility.
        changes: u64,
        /// Of those sends that carry a tenant, where the queue is fair.
        grouped: Option<u64>,
        /// How many calls all of these are, where somebody counted them: more than one unit is a matter of size.
        calls: Option<u64>,
    },
    /// An object store.
    Bucket {
        /// How it keeps them.
        class: StorageClass,
        /// Objects stored.
        puts: u64,
        /// Objects read.
        gets: u64,
        /// Bytes read, which cost something in some classes only.
        retrieved: u128,
        /// Bytes kept, summed over time, in byte·nanoseconds.
        kept: u128,
        /// What of that was really kept, where somebody measured it and small or early deleted objects count for more.
        real: Option<u128>,
    },
    /// Something outside that is paid by the call.
    Calls {
        /// The price book's item; `None`: its calls cost nothing.
        item: Option<String>,
        /// Calls that it took.
        calls: u64,
    },
    /// A function.
    Function {
        /// Bytes of memory of an environment.
        memory: u64,
        /// Whether its processors are of the other kind, with a price of their own.
        is_arm: bool,
        /// Bytes of disk of an environment.
        disk: u64,
        /// Invocations that were not refused.
        invocations: u64,
        /// Billed milliseconds of environments that came on demand.
        milliseconds: u128,
        /// Of environments that are kept ready: seconds for which they are, and milliseconds at work.
        kept: Option<(u128, u128)>,
        /// Of a snapshot that is paid for: nanoseconds that it was kept, and environments that were restored from it.
        snapshot: Option<(u128, u64)>,
        /// Nanoseconds of pollers that are kept ready for it, all of them together, where there are any.
        pollers: Option<u128>,
        /// What all this was before anything was rounded up, where somebody measured it.
        real: Option<Real>,
    },
    /// What belongs to no node: what is held or carried for all of them, in the unit in which its item is counted.
    Sundries {
        /// The price book's item, and how much of it; what it was before rounding, where that adds to it.
        items: Vec<(&'static str, Quantity, Option<Quantity>)>,
    },
    /// An event bus.
    Bus {
        /// Units of 64 KiB of events that the application or another bus put on it.
        events: u64,
        /// How many events those were, where somebody counted them.
        real: Option<u64>,
        /// Calls of pools and services by its rules, where there are any such.
        calls: Option<u64>,
        /// Units of 64 KiB of events that its archive had it hear again, where it may.
        replayed: Option<u64>,
        /// Bytes that its archive took, and what it kept, summed over time, in byte·nanoseconds; where it has one.
        archive: Option<(u128, u128)>,
    },
    /// Anything else that a book has a price for.
    Item {
        /// The price book's item: `fargate.vcpu.x86`.
        item: String,
        /// How much.
        amount: Quantity,
        /// Of what: the unit of its price, or requests.
        unit: String,
    },
    /// Volumes by themselves.
    Volumes {
        /// The price book's item: `ebs.gp3`.
        item: &'static str,
        /// Bytes summed over billed seconds.
        byte_seconds: u128,
    },
}

/// Nanoseconds of a function's environments, before anything is rounded up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Real {
    /// Of those that came on demand: at work, as far as that is billed.
    pub at_work: u128,
    /// Of those that are kept ready: how long they were.
    pub kept: u128,
    /// Of the same: at work.
    pub kept_at_work: u128,
}

/// Lives of machines of one size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machines {
    /// What they are.
    pub platform: Platform,
    /// Requests that each serves at once.
    pub slots: u32,
    /// Starts.
    pub starts: u64,
    /// Billed seconds: of each start the started seconds, or the minimum.
    pub seconds: u64,
    /// Nanoseconds that they lived, of those lives that are billed.
    pub lived: u128,
    /// Bytes of their volumes, summed over billed seconds.
    pub byte_seconds: u128,
    /// What was spent beyond their CPU credits, in [`crate::cloud::credits`]'s unit; `None` where that is nothing to pay for.
    pub surplus: Option<u128>,
}

impl Machines {
    /// None yet, of this kind.
    pub fn none(platform: Platform, slots: u32) -> Machines {
        Machines { platform, slots, starts: 0, seconds: 0, lived: 0, byte_seconds: 0, surplus: None }
    }
}

impl Usage {
    /// Says how long the slots of a pool were held, in slot·nanoseconds: a gauge's integral. What its machines were
    /// paid for beyond that is shown as wasted.
    pub fn held(&mut self, pool: NodeId, slot_nanos: u128) {
        if let Some(NodeUsage { used: Used::Machines { busy, .. }, .. }) = self.nodes.get_mut(pool.index()) {
            *busy = Some(slot_nanos);
        }
    }
}
