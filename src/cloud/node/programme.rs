//! What a worker does for one kind of request, with everything that is needed to do it at hand.

use crate::cloud::arrivals::Arrivals;
use crate::cloud::topology::{Application, NodeId, Retry, Verb, WorkId, Workload};
use crate::ground::chance::Key;
use crate::ground::distribution::Distribution;

/// Sizes of bodies, drawn by name.
#[derive(Clone, Copy, Debug)]
pub struct Sizes<'a> {
    /// In bytes.
    pub law: &'a Distribution,
    /// Names the draws.
    pub key: Key,
}

impl Sizes<'_> {
    /// The size that the `n`-th request brings.
    pub fn nth(&self, n: u64) -> u64 {
        self.law.sample(&mut self.key.draw(n))
    }
}

/// One step of a programme.
#[derive(Clone, Copy, Debug)]
pub enum Action<'a> {
    /// Keeps the slot for a piece of work.
    Work {
        /// Which.
        work: WorkId,
        /// How long it takes on the reference machine, where requests do not bring it.
        law: Option<&'a Distribution>,
        /// Names the draws.
        key: Key,
        /// The chance that it ends in an error.
        fails: f64,
        /// Draws each visit anew.
        fresh: bool,
        /// Always drawn by request, never fails: the usual case, which needs no further look.
        plain: bool,
    },
    /// Sends on and waits.
    Call {
        /// Whom.
        to: &'a [NodeId],
        /// Whether, when and how often it tries again.
        retry: &'a Retry,
        /// The row of its timeouts.
        row: Option<u16>,
        /// Names the draws of its pauses.
        key: Key,
    },
    /// Sends on and goes on.
    Send {
        /// Whom.
        to: &'a [NodeId],
        /// The message's size; `None` is the request's own.
        size: Option<Sizes<'a>>,
        /// How many of the same.
        copies: u32,
    },
    /// Stores an object.
    Put {
        /// Where.
        bucket: NodeId,
        /// The object's size; `None` is the request's own.
        size: Option<Sizes<'a>>,
    },
    /// Reads an object.
    Get {
        /// From where.
        bucket: NodeId,
        /// The object's size; `None` is the request's own.
        size: Option<Sizes<'a>>,
    },
}

impl<'a> Action<'a> {
    /// The node to which a step sends one piece, as it is, and nothing else.
    #[inline(always)]
    pub fn hands_on_to(&self) -> Option<NodeId> {
        match *self {
            Action::Send { to: &[to], size: None, copies: 1 } => Some(to),
            _ => None,
        }
    }

    /// The action of a verb for one workload. `root` is the replication's key: the names below it are those of
    /// the application, never of a topology, so that every topology draws the same.
    pub fn of(verb: &'a Verb, application: &'a Application, root: Key, of: &Workload, row: Option<u16>) -> Action<'a> {
        let workload = of.name.as_str();
        let scripted = matches!(of.arrivals, Arrivals::Instants(_));
        let sizes = |size: &'a Option<Distribution>| {
            size.as_ref().map(|law| Sizes { law, key: root.named("body").named(workload) })
        };
        match verb {
            Verb::Work { work, fails, fresh } => {
                let piece = &application.works[work.index()];
                let key = root.named("work").named(workload).named(&piece.name);
                let plain = piece.law.is_some() && *fails == 0.0 && !fresh && !scripted;
                Action::Work { work: *work, law: piece.law.as_ref(), key, fails: *fails, fresh: *fresh, plain }
            }
            Verb::Call { to, retry, .. } => Action::Call { to, retry, row, key: root.named("call").named(workload) },
            Verb::Send { to, size, copies } => Action::Send { to, size: sizes(size), copies: *copies },
            Verb::Put { bucket, size } => Action::Put { bucket: *bucket, size: sizes(size) },
            Verb::Get { bucket, size } => Action::Get { bucket: *bucket, size: sizes(size) },
        }
    }
}
