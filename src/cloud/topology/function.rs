//! A function: code that the provider runs in environments of its own, born on demand, kept for a while, gone later.

use crate::cloud::topology::{NodeId, Pool, Speed, Step};
use crate::ground::distribution::Distribution;
use crate::ground::time::{SECOND, Span};

/// A function, and how its environments live.
#[derive(Clone, Debug)]
pub struct Function {
    /// It, as the world sees it: a pool whose workers are its environments, with a slot for each request at once.
    pub desk: Pool,
    /// Bytes of memory of an environment, for the bill.
    pub memory: u64,
    /// Whether its environments have processors of the other kind, for the bill.
    pub is_arm: bool,
    /// Bytes of disk of an environment, for the bill.
    pub disk: u64,
    /// From the request for an environment until it is there with its code (nanoseconds); not billed.
    pub creation: Distribution,
    /// The initialisation of an environment before its first run, or its restoring where there is a snapshot (nanoseconds);
    /// billed.
    pub init: Distribution,
    /// A snapshot of an initialised environment, from which new ones are restored.
    pub snapshot: Option<Snapshot>,
    /// The longest run; `None`: none is too long. Initialisation is not part of it.
    pub timeout: Option<Span>,
    /// What becomes of an environment whose run was too long.
    pub after_timeout: AfterTimeout,
    /// Environments that it may use at once, and that nobody else may use; `None`: as many as the account has left.
    pub reserved: Option<u32>,
    /// Environments that are kept ready at the start; how many later is a matter of the desk's scaling.
    pub provisioned: u32,
    /// From when more of them are wanted until those are ready, all at once (nanoseconds).
    pub allocation: Distribution,
    /// How fast new environments come; `None`: at once.
    pub growth: Option<Growth>,
    /// How long an idle environment lives (nanoseconds); `None`: for ever.
    pub idle: Option<Distribution>,
    /// The age at which an environment is replaced, however busy (nanoseconds); `None`: never.
    pub recycle: Option<Distribution>,
    /// Which idle environment is used first.
    pub reuse: Reuse,
    /// What an invocation takes beside its run, as whoever waits for it sees it (nanoseconds); nobody is busy with it.
    pub overhead: Option<Distribution>,
    /// What becomes of those who are sent and not waited for.
    pub errands: Errands,
}

/// A snapshot of an initialised environment (AWS Lambda developer guide, *Improving startup performance with Lambda
/// SnapStart*).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Whether keeping and restoring it are paid for: of Java they are not (AWS Lambda pricing).
    pub is_paid: bool,
}

/// What becomes of an environment whose run was too long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AfterTimeout {
    /// It is gone.
    #[default]
    Discard,
    /// It is initialised again, within its next run (AWS Lambda developer guide, *Failures during the invoke phase*).
    Reset,
}

/// Which idle environment is used first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reuse {
    /// The one that was used last: the others may go.
    #[default]
    Latest,
    /// The one that was idle for longest.
    Oldest,
    /// Any, evenly.
    Random,
}

/// How fast new environments come: a bucket of them that fills evenly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Growth {
    /// From one to the next, where many are wanted.
    pub every: Span,
    /// As many come at once; at least 1.
    pub burst: u32,
}

/// What a function does with those who are sent and not waited for: they stand in a queue of its own, and are tried again.
#[derive(Clone, Debug, PartialEq)]
pub struct Errands {
    /// How long it waits after the first, second, … run that ended in an error; as many as there are retries.
    pub waits: Vec<Span>,
    /// How long it waits after the first refusal, …
    pub base: Span,
    /// … which doubles with each until it is so long.
    pub cap: Span,
    /// One that is older is given up when its turn comes; `None`: never.
    pub max_age: Option<Span>,
    /// The queue of those who were given up.
    pub dead_letters: Option<NodeId>,
    /// Who is sent a record of each that went well.
    pub on_success: Option<NodeId>,
    /// Who is sent a record of each that was given up.
    pub on_failure: Option<NodeId>,
}

impl Errands {
    /// How long it waits after so many refusals of the same, at least 1.
    pub fn after_refusals(&self, refusals: u32) -> Span {
        doubled(self.base, self.cap, refusals)
    }
}

/// The n-th of pauses, from 1, of which the first is `base`, and each is twice the one before it until they are `cap`.
pub(super) fn doubled(base: Span, cap: Span, n: u32) -> Span {
    Span::from_nanos(base.nanos().saturating_mul(1 << n.saturating_sub(1).min(63))).min(cap)
}

impl Function {
    /// Memory with which an environment has one vCPU: 1,769 MB (AWS Lambda developer guide, *Configure function memory*).
    pub const VCPU: u64 = 1_769 << 20;
    /// The least and the most memory of an environment (AWS Lambda developer guide, *Lambda quotas*).
    pub const MEMORY: (u64, u64) = (128 << 20, 10_240 << 20);
    /// The least and the most disk of an environment (the same); the least costs nothing (AWS Lambda pricing).
    pub const DISK: (u64, u64) = (512 << 20, 10_240 << 20);
    /// Environments a minute that become ready where many more are wanted (AWS Lambda developer guide, *Configuring
    /// provisioned concurrency*).
    pub const ALLOCATED: u64 = 6_000;
    /// Requests a second that a concurrency of 1 allows (AWS Lambda developer guide, *Understanding function scaling*).
    pub const REQUESTS: u64 = 10;

    /// How fast work that cannot be shared between vCPUs is done in each of the slots that share so many bytes of memory, where
    /// 1 is a whole vCPU: CPU is given in proportion to memory, and a single thread never has more than one.
    pub fn speed(memory: u64, slots: u32) -> f64 {
        (memory as f64 / Function::VCPU as f64 / f64::from(slots.max(1))).min(1.0)
    }

    /// vCPUs for each of the slots that share so many bytes of memory, for work that can be shared between them: one for each
    /// 1,769 MB, at least one (AWS Lambda developer guide, *Configure function memory*: up to six in all). What less memory has
    /// of a vCPU is [`Function::speed`].
    pub fn vcpus(memory: u64, slots: u32) -> Speed {
        let slots = u64::from(slots.max(1));
        if memory <= Function::VCPU * slots {
            return Speed::ONE;
        }
        Speed { work: memory >> 20, time: (Function::VCPU >> 20) * slots }
    }

    /// The pool of a function's environments: nobody waits in it, and whoever finds no environment is refused.
    pub fn desk(steps: Vec<Step>, speed: Speed, provisioned: u32) -> Pool {
        Pool { workers: Some(provisioned), speed, room: Some(0), ..Pool::of(steps) }
    }

    /// How long it takes beyond `allocation` until so many more are ready.
    pub fn allocates(more: u32) -> Span {
        Span::from_nanos(60 * SECOND / Function::ALLOCATED * u64::from(more))
    }

    /// The most requests a second that so much concurrency allows, as a bucket: one from so long to so long, so many at once.
    pub fn requests(concurrency: u32) -> Growth {
        let rate = u64::from(concurrency.max(1)) * Function::REQUESTS;
        Growth { every: Span::from_nanos(SECOND / rate), burst: u32::try_from(rate).unwrap_or(u32::MAX) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_double_the_wait_up_to_its_cap() {
        let seconds = Span::from_secs;
        let errands = Errands {
            waits: Vec::new(),
            base: seconds(1),
            cap: seconds(300),
            max_age: None,
            dead_letters: None,
            on_success: None,
            on_failure: None,
        };
        let waits: Vec<Span> = (1..=11).map(|refusals| errands.after_refusals(refusals)).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300].map(seconds));
        assert_eq!(errands.after_refusals(u32::MAX), seconds(300));
    }

    /// AWS Lambda developer guide, *Configure function memory*: a vCPU at 1,769 MB, in proportion below.
    #[test]
    fn memory_is_speed_up_to_one_vcpu() {
        assert_eq!(Function::speed(1_769 << 20, 1), 1.0);
        assert_eq!(Function::speed(10_240 << 20, 1), 1.0);
        assert_eq!(Function::speed(128 << 20, 1), 128.0 / 1_769.0);
        assert_eq!((Function::vcpus(1_769 << 20, 1), Function::vcpus(128 << 20, 1)), (Speed::ONE, Speed::ONE));
        assert_eq!(Function::vcpus(3_538 << 20, 1), Speed { work: 3_538, time: 1_769 });
    }

    /// Four slots have a quarter of the environment each, and none of them more than a vCPU for what can't be shared.
    #[test]
    fn slots_share_the_vcpus_of_an_environment() {
        assert_eq!(Function::speed(1_769 << 20, 4), 0.25);
        assert_eq!(Function::speed(7_076 << 20, 4), 1.0);
        assert_eq!(Function::vcpus(3_538 << 20, 4), Speed::ONE);
        assert_eq!(Function::vcpus(10_240 << 20, 4), Speed { work: 10_240, time: 7_076 });
    }
}
