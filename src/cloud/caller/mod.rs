//! What a process that calls remembers of its calls: tokens for trying again, a circuit breaker, a pace.
//!
//! Plain state and pure answers: the instant is an argument, and nobody here knows a request.

mod circuit;
mod pace;
mod purse;

pub use circuit::Circuit;
pub use pace::Pace;
pub use purse::{Cost, Purse};

use crate::cloud::topology::{Breaker, Retry};

/// One process that calls: a client, or a worker at one of its steps.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Tokens for trying again; `None`: it needs none.
    pub purse: Option<Purse>,
    /// What breaks its calls off for a while when too many fail.
    pub circuit: Option<Circuit>,
    /// How fast it sends; `None`: as it comes.
    pub pace: Option<Pace>,
    /// Its calls that are not answered yet.
    pub under_way: u32,
}

impl Caller {
    /// A process that has called nobody yet.
    pub fn new(retry: &Retry, breaker: Option<&Breaker>) -> Caller {
        Caller {
            purse: retry.budget.as_ref().map(Purse::new),
            circuit: breaker.map(|_| Circuit::default()),
            pace: retry.paced.then(Pace::default),
            under_way: 0,
        }
    }
}
