//! How workers are taken away on purpose.

use crate::cloud::topology::Held;
use crate::ground::time::Span;

/// Who goes when fewer are wanted, and what becomes of the work in their hands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Farewell {
    /// Who goes; where there are zones, somebody of the one with the most.
    pub termination: Termination,
    /// The fate of work in hand.
    pub held: Held,
    /// How long work that is left to finish may take; then it is lost. `None`: as long as it takes.
    pub grace: Option<Span>,
    /// Who holds work stays until it does not …
    pub protect: bool,
    /// … or has held it for so long; `None`: however long that is.
    pub protection: Option<Span>,
}

/// Who goes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Termination {
    /// Whoever was asked for last.
    #[default]
    Newest,
    /// Whoever is still on its way, then who holds nothing, then the others; of each, whoever was asked for last.
    Idle,
    /// Whoever was asked for first.
    Oldest,
    /// Whose next hour of running begins soonest, of these the lowest number.
    ClosestToHour,
    /// The same, of these any by lot (EC2 Auto Scaling user guide, Default termination policy, with one launch template).
    Default,
}
