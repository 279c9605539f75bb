//! What a group does with machines before they serve and after: lifecycle hooks, and a pool of warm ones.

use crate::ground::distribution::Distribution;
use crate::ground::time::Span;

/// What is done with a machine that has booted before it comes into service, and with one that is empty before it goes.
/// It is paid for meanwhile.
#[derive(Clone, Debug, Default)]
pub struct Hooks {
    /// Before it comes into service; of a warm machine both when it goes into the warm pool and when it leaves it.
    pub launching: Option<Hook>,
    /// Before it goes, work in hand ended. A reclaim does not wait for it.
    pub terminating: Option<Hook>,
}

/// Something that is done with a machine, and for how long the group waits for it.
#[derive(Clone, Debug)]
pub struct Hook {
    /// How long it takes (nanoseconds).
    pub takes: Distribution,
    /// The group waits so long; `None`: for ever.
    pub timeout: Option<Span>,
    /// Whether a machine that was waited for in vain is let go, and not taken into service.
    pub abandons: bool,
}

/// How the wait for a hook ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// After so long …
    pub lasts: Span,
    /// … with the machine let go.
    pub abandoned: bool,
}

impl Hook {
    /// How the wait ends for something that takes so long. What is done in the last instant is done.
    pub fn wait(&self, takes: Span) -> Wait {
        match self.timeout {
            Some(timeout) if takes > timeout => Wait { lasts: timeout, abandoned: self.abandons },
            _ => Wait { lasts: takes, abandoned: false },
        }
    }
}

/// Machines that were prepared and lie ready, so that a group grows faster.
#[derive(Clone, Debug)]
pub struct WarmPool {
    /// How many.
    pub size: Prepared,
    /// How they lie.
    pub state: Rest,
    /// Whether machines that are let go lie down in it, where it lacks some.
    pub reuse: bool,
    /// From a call for one to running (nanoseconds); `None`: as any machine.
    pub pending: Option<Distribution>,
    /// From running, or from the call where it runs, until it can serve (nanoseconds); `None`: as any machine where it was
    /// stopped, else no time.
    pub boot: Option<Distribution>,
}

/// How many machines a warm pool has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prepared {
    /// So many.
    Just(u32),
    /// What the group lacks of so many (without: of its most), at least so many.
    UpTo {
        /// Machines of the group and prepared ones together; `None`: the most that the group may have.
        together: Option<u32>,
        /// At least so many.
        least: u32,
    },
}

/// How prepared machines lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rest {
    /// Stopped: only volumes are paid for.
    #[default]
    Stopped,
    /// Running, and paid for.
    Running,
    /// Stopped with their memory on their volume.
    Hibernated,
}

impl WarmPool {
    /// How many machines it has beside a group that wants so many and may have so many (EC2 Auto Scaling user guide, Warm
    /// pools: the difference between the most, or the prepared capacity, and what is wanted; at least the minimum).
    pub fn machines(&self, desired: u32, max: u32) -> u32 {
        match self.size {
            Prepared::Just(machines) => machines,
            Prepared::UpTo { together, least } => together.unwrap_or(max).saturating_sub(desired).max(least),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The user guide's example, docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-warm-pools.html, read 2026:
    /// a group that wants 800 of at most 1,000 has 200 warm ones; of a prepared capacity of 900, 100; wanting 900 of these,
    /// none but the minimum.
    #[test]
    fn a_warm_pool_has_what_the_group_lacks() {
        let pool = |together, least| WarmPool {
            size: Prepared::UpTo { together, least },
            state: Rest::Stopped,
            reuse: false,
            pending: None,
            boot: None,
        };
        let table = [(None, 0, 800, 200), (Some(900), 0, 800, 100), (Some(900), 0, 900, 0), (Some(900), 10, 900, 10)];
        for (together, least, desired, machines) in table {
            assert_eq!(pool(together, least).machines(desired, 1_000), machines, "{together:?}, {least}, {desired}");
        }
        assert_eq!(WarmPool { size: Prepared::Just(7), ..pool(None, 0) }.machines(999, 1_000), 7);
    }

    /// An hour is waited, and what is done in its last instant is done.
    #[test]
    fn a_hook_is_waited_for_until_its_time_is_over() {
        let hook =
            |abandons| Hook { takes: Distribution::constant(0), timeout: Some(Span::from_secs(3_600)), abandons };
        let after = |seconds| Span::from_secs(seconds);
        assert_eq!(hook(true).wait(after(3_600)), Wait { lasts: after(3_600), abandoned: false });
        assert_eq!(hook(true).wait(after(3_601)), Wait { lasts: after(3_600), abandoned: true });
        assert_eq!(hook(false).wait(after(3_601)), Wait { lasts: after(3_600), abandoned: false });
        let endless = Hook { timeout: None, ..hook(true) };
        assert_eq!(endless.wait(after(9_999)), Wait { lasts: after(9_999), abandoned: false });
    }
}
