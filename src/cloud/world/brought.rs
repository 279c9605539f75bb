//! What a request brings to a step, where that is not drawn as usual: recorded work, recorded errors, and errors by chance.

use crate::cloud::arrivals::Arrivals;
use crate::cloud::node::Piece;
use crate::cloud::request::{Job, Request};
use crate::cloud::topology::WorkId;
use crate::cloud::world::World;
use crate::cloud::world::client::numbered;
use crate::cloud::world::steps::name_of_work;
use crate::ground::chance::{Key, unit};

/// Whether a piece of work ends in an error at this visit, by its own chance.
#[inline]
pub(super) fn fails_by_chance(failing: Key, fails: f64, job: &Job, request: &Request) -> bool {
    unit(&mut failing.nth(u64::from(job.branch)).draw(numbered(request.ordinal, job.visit))) < fails
}

impl<'a> World<'a> {
    /// Work that the request brings, or that is drawn anew at each visit.
    #[inline(never)]
    pub(super) fn rarer_work(&self, job: &Job, request: &Request, piece: Piece<'_>) -> u64 {
        let Piece { work, law, key, fresh, .. } = piece;
        let brought =
            self.brought(request).and_then(|recorded| recorded.work.iter().find(|&&(name, _)| Some(name) == work));
        if let Some(&(_, span)) = brought {
            return span.nanos();
        }
        // Neither brought nor drawn: the scenario's checks refuse it.
        let Some(law) = law else { return 0 };
        let number = name_of_work(job, request);
        if fresh {
            law.sample(&mut key.nth(u64::from(job.visit)).draw(number))
        } else {
            law.sample(&mut key.draw(number))
        }
    }

    /// What a trace or script says of a request.
    pub(super) fn brought(&self, request: &Request) -> Option<&'a crate::cloud::arrivals::Recorded> {
        match &self.kinds[request.workload.index()].arrivals {
            Arrivals::Instants(list) => list.get(request.ordinal as usize),
            _ => None,
        }
    }

    /// Whether a piece of work ends in an error at this visit.
    pub(super) fn work_fails(
        &self,
        job: &Job,
        request: &Request,
        work: Option<WorkId>,
        failing: Key,
        fails: f64,
    ) -> bool {
        let scripted = self.brought(request).is_some_and(|recorded| {
            recorded.fails.iter().any(|&(name, visit)| Some(name) == work && visit == job.visit)
        });
        scripted || fails > 0.0 && fails_by_chance(failing, fails, job, request)
    }
}
