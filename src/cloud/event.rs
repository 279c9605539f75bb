//! Everything that can happen. Named in the present; gone once handled.
//!
//! The order of one instant is a promise: work that ends, timeouts, changes of workers, arrivals (and
//! attempts sent again), controllers; inside a class by kind in the order below, then by node in the order
//! of the file, then by number. An event's code *is* that order, so the calendar needs nothing else.

use crate::cloud::topology::{NodeId, WorkloadId};
use crate::engine::{Ordered, Packed};

/// Something that will happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A worker ends what it does in a slot.
    Finish {
        /// Whose.
        pool: NodeId,
        /// Which slot, by worker and place.
        slot: u32,
    },
    /// The oldest of equally long timers may be due.
    Ring {
        /// Which row of timers.
        row: u16,
    },
    /// A timer of its own length is due.
    Alarm {
        /// Which.
        alarm: u32,
        /// When it was set, among others: those of one instant ring in this order.
        turn: u32,
    },
    /// A machine that was asked for runs.
    Run {
        /// Whose.
        pool: NodeId,
        /// Which.
        worker: u32,
    },
    /// A worker has booted.
    Boot {
        /// Whose.
        pool: NodeId,
        /// Which.
        worker: u32,
    },
    /// A worker that was told to go is gone.
    Vanish {
        /// Whose.
        pool: NodeId,
        /// Which.
        worker: u32,
    },
    /// A timetable's next line is due.
    Timetable {
        /// Whose size it sets.
        pool: NodeId,
        /// Which line.
        line: u32,
    },
    /// A group acts on what was decided.
    Reconcile {
        /// Whose size it is.
        pool: NodeId,
    },
    /// Trouble begins.
    Break {
        /// Which fault.
        fault: u32,
    },
    /// Trouble is over.
    Mend {
        /// Which fault.
        fault: u32,
    },
    /// Trouble of one worker begins.
    Strike {
        /// Which fault.
        fault: u16,
        /// The worker's number.
        worker: u32,
    },
    /// Trouble of one worker is over.
    Relieve {
        /// Which fault.
        fault: u16,
        /// The worker's number.
        worker: u32,
    },
    /// A source's next request is born.
    Arrive {
        /// Whose.
        workload: WorkloadId,
    },
    /// A member of a closed group has thought enough.
    Ask {
        /// Which group; its members are alike.
        workload: WorkloadId,
        /// Which of them, where a balancer knows them again; else 0.
        member: u32,
    },
    /// A client tries again after its pause.
    Resend {
        /// Whose request.
        request: u32,
        /// Its ordinal: those of one instant go by it.
        turn: u32,
    },
    /// A caller tries again after its pause, or what travels from one node to another is there.
    Recall {
        /// The alarm that knows which.
        alarm: u32,
        /// When it was set, among others.
        turn: u32,
    },
    /// A group looks whether its machines are well.
    CheckUp {
        /// Whose.
        pool: NodeId,
    },
    /// A metric that a policy follows is sampled.
    Sample {
        /// Whose.
        pool: NodeId,
        /// Which of its policies.
        policy: u32,
    },
    /// A controller looks at its pool and decides.
    Look {
        /// Whose.
        pool: NodeId,
        /// Which of its policies.
        policy: u32,
    },
}

const _: () = assert!(size_of::<Event>() <= 12);

/// The class in the top four bits, the kind in the next four; see the module's promise.
mod rank {
    pub const FINISH: u64 = 0x00;
    pub const RING: u64 = 0x10;
    pub const ALARM: u64 = 0x11;
    pub const RUN: u64 = 0x20;
    pub const BOOT: u64 = 0x21;
    pub const VANISH: u64 = 0x22;
    pub const TIMETABLE: u64 = 0x23;
    pub const RECONCILE: u64 = 0x24;
    pub const BREAK: u64 = 0x25;
    pub const MEND: u64 = 0x26;
    pub const STRIKE: u64 = 0x27;
    pub const RELIEVE: u64 = 0x28;
    pub const ARRIVE: u64 = 0x30;
    pub const ASK: u64 = 0x31;
    pub const RESEND: u64 = 0x32;
    pub const RECALL: u64 = 0x33;
    pub const CHECK_UP: u64 = 0x48;
    pub const SAMPLE: u64 = 0x50;
    pub const LOOK: u64 = 0x51;
}

impl Event {
    /// The pool and slot, if it is a [`Event::Finish`].
    #[inline(always)]
    pub fn finish(event: Packed<Event>) -> Option<(NodeId, u32)> {
        let code = event.code();
        (code >> 56 == rank::FINISH).then_some((NodeId((code >> 32) as u16), code as u32))
    }

    /// The workload, if it is an [`Event::Arrive`].
    #[inline(always)]
    pub fn arrival(event: Packed<Event>) -> Option<WorkloadId> {
        let code = event.code();
        (code >> 56 == rank::ARRIVE).then_some(WorkloadId((code >> 32) as u16))
    }
}

const fn code(rank: u64, part: u16, number: u32) -> u64 {
    rank << 56 | (part as u64) << 32 | number as u64
}

/// A number that is a place in a store, which tells nothing of an order, below the lower bits of one that does.
const fn in_turn(rank: u64, turn: u32, number: u32) -> u64 {
    rank << 56 | ((turn & TURN) as u64) << 32 | number as u64
}

/// Beyond so many turns they begin anew; events of one instant are never so far apart.
const TURN: u32 = 0xFF_FFFF;

impl Ordered for Event {
    #[inline(always)]
    fn code(self) -> u64 {
        match self {
            Event::Finish { pool, slot } => code(rank::FINISH, pool.0, slot),
            Event::Ring { row } => code(rank::RING, row, 0),
            Event::Alarm { alarm, turn } => in_turn(rank::ALARM, turn, alarm),
            Event::Run { pool, worker } => code(rank::RUN, pool.0, worker),
            Event::Boot { pool, worker } => code(rank::BOOT, pool.0, worker),
            Event::Vanish { pool, worker } => code(rank::VANISH, pool.0, worker),
            Event::Timetable { pool, line } => code(rank::TIMETABLE, pool.0, line),
            Event::Reconcile { pool } => code(rank::RECONCILE, pool.0, 0),
            Event::Break { fault } => code(rank::BREAK, 0, fault),
            Event::Mend { fault } => code(rank::MEND, 0, fault),
            Event::Strike { fault, worker } => code(rank::STRIKE, fault, worker),
            Event::Relieve { fault, worker } => code(rank::RELIEVE, fault, worker),
            Event::Arrive { workload } => code(rank::ARRIVE, workload.0, 0),
            Event::Ask { workload, member } => code(rank::ASK, workload.0, member),
            Event::Resend { request, turn } => in_turn(rank::RESEND, turn, request),
            Event::Recall { alarm, turn } => in_turn(rank::RECALL, turn, alarm),
            Event::CheckUp { pool } => code(rank::CHECK_UP, pool.0, 0),
            Event::Sample { pool, policy } => code(rank::SAMPLE, pool.0, policy),
            Event::Look { pool, policy } => code(rank::LOOK, pool.0, policy),
        }
    }

    #[inline(always)]
    fn from_code(code: u64) -> Event {
        let (part, number) = ((code >> 32) as u16, code as u32);
        match code >> 56 {
            rank::FINISH => Event::Finish { pool: NodeId(part), slot: number },
            rank::RING => Event::Ring { row: part },
            rank::ALARM => Event::Alarm { alarm: number, turn: (code >> 32) as u32 & TURN },
            rank::RUN => Event::Run { pool: NodeId(part), worker: number },
            rank::BOOT => Event::Boot { pool: NodeId(part), worker: number },
            rank::VANISH => Event::Vanish { pool: NodeId(part), worker: number },
            rank::TIMETABLE => Event::Timetable { pool: NodeId(part), line: number },
            rank::RECONCILE => Event::Reconcile { pool: NodeId(part) },
            rank::BREAK => Event::Break { fault: number },
            rank::MEND => Event::Mend { fault: number },
            rank::STRIKE => Event::Strike { fault: part, worker: number },
            rank::RELIEVE => Event::Relieve { fault: part, worker: number },
            rank::ARRIVE => Event::Arrive { workload: WorkloadId(part) },
            rank::ASK => Event::Ask { workload: WorkloadId(part), member: number },
            rank::RESEND => Event::Resend { request: number, turn: (code >> 32) as u32 & TURN },
            rank::RECALL => Event::Recall { alarm: number, turn: (code >> 32) as u32 & TURN },
            rank::CHECK_UP => Event::CheckUp { pool: NodeId(part) },
            rank::SAMPLE => Event::Sample { pool: NodeId(part), policy: number },
            rank::LOOK => Event::Look { pool: NodeId(part), policy: number },
            other => unreachable_code(other),
        }
    }
}

#[cold]
#[inline(never)]
fn unreachable_code(rank: u64) -> ! {
    panic!("the calendar returned an event of rank {rank:#x} that nobody plans")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The promised order of one instant, spelt out.
    #[test]
    fn events_of_one_instant_are_ordered_by_class_kind_node_and_number() {
        let (first, second) = (NodeId(0), NodeId(1));
        let order = [
            Event::Finish { pool: first, slot: 0 },
            Event::Finish { pool: first, slot: 9 },
            Event::Finish { pool: second, slot: 0 },
            Event::Ring { row: 3 },
            Event::Alarm { alarm: 1, turn: 4 },
            Event::Alarm { alarm: 0, turn: 5 },
            Event::Run { pool: second, worker: 1 },
            Event::Boot { pool: first, worker: 0 },
            Event::Boot { pool: first, worker: 1 },
            Event::Vanish { pool: first, worker: 0 },
            Event::Timetable { pool: first, line: 0 },
            Event::Reconcile { pool: second },
            Event::Break { fault: 0 },
            Event::Mend { fault: 0 },
            Event::Strike { fault: 0, worker: 2 },
            Event::Strike { fault: 1, worker: 1 },
            Event::Relieve { fault: 0, worker: 1 },
            Event::Arrive { workload: WorkloadId(0) },
            Event::Arrive { workload: WorkloadId(1) },
            Event::Ask { workload: WorkloadId(0), member: 0 },
            Event::Ask { workload: WorkloadId(0), member: 3 },
            Event::Resend { request: 7, turn: 1 },
            Event::Resend { request: 2, turn: 9 },
            Event::Recall { alarm: 3, turn: 1 },
            Event::CheckUp { pool: second },
            Event::Sample { pool: second, policy: 0 },
            Event::Look { pool: first, policy: 0 },
        ];
        for pair in order.windows(2) {
            assert!(pair[0].code() < pair[1].code(), "{pair:?}");
        }
        for event in order {
            assert_eq!(Event::from_code(event.code()), event);
        }
    }
}
