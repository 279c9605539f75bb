//! Something outside that answers: a partner, a mail provider, a table.

use crate::cloud::scaling::Scaling;
use crate::cloud::topology::{
    Admission, Discipline, Farewell, Initially, Life, NoWorker, Notice, Platform, Poll, Pool, Speed, Step, Verb,
};
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
        let nothing = || Distribution::constant(0);
        let desk = Pool {
            steps: vec![Step { verb: Verb::Answer { latency, fails }, only: None }],
            workers: at_most.map(|_| 1),
            slots: at_most.unwrap_or(1),
            speed: Speed::ONE,
            room: at_most.map(|_| 0),
            line: Discipline::FirstCome,
            no_worker: NoWorker::Refuse,
            credits: None,
            platform: Platform::Free,
            spot: None,
            notice: Notice::default(),
            life: Life { pending: nothing(), boot: nothing(), stopping: nothing() },
            initially: Initially::Ready,
            scaling: Scaling::Fixed,
            scale_in: Farewell::default(),
            poll: Poll::default(),
            batch: None,
            admission,
            lodging: None,
        };
        Service { price, desk }
    }
}
