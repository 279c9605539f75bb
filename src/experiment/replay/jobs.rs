//! A `ScaledJob` over recorded values: the jobs that it would create at each look.

use crate::cloud::scaling::Reason;
use crate::cloud::scaling::kubernetes::{Jobs, JobsSeen, milli};
use crate::experiment::replay::values::{Sharing, Values, instants};
use crate::experiment::replay::{By, Look, More, Refusal};
use crate::ground::time::SimTime;
use crate::scenario::decide::{Policy, Question};

/// The looks of a `ScaledJob`. How many jobs run is what is said; what runs on its own is not known here.
pub(super) fn looks(
    jobs: &Jobs,
    policy: &Policy,
    question: &Question,
    values: &mut Values<'_>,
    each: &mut dyn FnMut(&Look),
) -> Result<(), Refusal> {
    let mut last = SimTime::START;
    let instants = instants(question, jobs.poll)?;
    if instants.clone().all(|(_, row)| values.count("running", row).is_none()) {
        values.notes.push("no look says how many jobs are `running`: none are".to_owned());
    }
    for (now, row) in instants {
        let read = |at| values.read(at, row, (last, now), Sharing::default());
        let metric = read(0);
        let lengths: Vec<Option<i64>> = (0..policy.reads.len()).map(|at| read(at).map(milli)).collect();
        let unfinished = values.count("running", row).unwrap_or(0);
        let pending = values.count("pending", row).unwrap_or(0);
        let created = jobs.look(&JobsSeen { lengths: &lengths, unfinished, pending });
        last = now;
        let why = Reason::Kubernetes(created.why);
        each(&Look {
            at: now,
            by: By::Jobs,
            metric,
            high: None,
            low: None,
            recommended: None,
            asked: why,
            from: unfinished,
            to: unfinished.saturating_add(created.jobs),
            why,
            more: More::Jobs { created: created.jobs, room: created.room },
        });
    }
    Ok(())
}
