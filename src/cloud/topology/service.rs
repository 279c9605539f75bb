//! Something outside that answers: a partner, a mail provider, a table.

use crate::cloud::topology::{Admission, Pool, Step, Verb};
use crate::ground::distribution::Distribution;

/// Something outside that answers. Nobody knows its machines: it is as many slots as it takes calls at once, and nobody
/// waits for one.
#[derive(Clone, Debug)]
pub struct Service {
    /// What each call is billed as: an item of the price book.
    pub price: Option<String>,
    /// It, as the world sees it: slots that answer.
    pub desk: Pool,
}

impl Service {
    /// One that answers after `latency` (nanoseconds) with an error in a share `fails`, and has at most so many calls
    /// under way.
    pub fn new(
        latency: Distribution,
        fails: f64,
        at_most: Option<u32>,
        admission: Option<Admission>,
        price: Option<String>,
    ) -> Service {
        let desk = Pool {
            workers: at_most.map(|_| 1),
            slots: at_most.unwrap_or(1),
            room: at_most.map(|_| 0),
            admission,
            ..Pool::of(vec![Step { verb: Verb::Answer { latency, fails }, only: None }])
        };
        Service { price, desk }
    }
}
