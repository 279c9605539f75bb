//! The pods of a look: what each is, uses and requests, by itself or by its containers.

use crate::cloud::scaling::kubernetes::{Phase, Pod, Ready};
use crate::ground::time::{SimTime, Span};
use crate::scenario::decide::document::Reading;
use crate::scenario::decide::draft::{Container as ContainerDraft, Phase as PhaseWord, Pod as PodDraft, Use};
use crate::scenario::decide::seen::{PodSeen, Uses};
use crate::scenario::place::Place;

/// The most pods of a document.
const PODS_MAX: u64 = 100_000;

impl Reading {
    pub(super) fn pod(&mut self, draft: &PodDraft, place: &Place) -> PodSeen {
        let number = draft.count.map_or(1, |count| count.0);
        self.pods = self.pods.saturating_add(number);
        if self.pods > PODS_MAX {
            self.refuse("E201", place.then("count"), format!("{} pods", self.pods), "at most 100000 in a document");
        }
        if !draft.containers.is_empty() && (draft.usage.is_some() || draft.request.is_some()) {
            let what = "a pod says what it uses itself, and what its containers use";
            self.refuse("E108", place.then("containers").key(), what, "keep one of them");
        }
        let uses = |of: &Option<Use>| of.as_ref().map(uses);
        let (usage, request) = if draft.containers.is_empty() {
            (uses(&draft.usage), uses(&draft.request))
        } else {
            let usage: Vec<Option<Uses>> = draft.containers.iter().map(|one| uses(&one.usage)).collect();
            let request: Vec<Option<Uses>> = draft.containers.iter().map(|one| uses(&one.request)).collect();
            (together(usage), together(request))
        };
        let of = |one: &ContainerDraft| (one.name.clone(), uses(&one.usage), uses(&one.request));
        let containers = draft.containers.iter().map(of).collect();
        let phase = match draft.phase {
            None | Some(PhaseWord::Running) => Phase::Running,
            Some(PhaseWord::Pending) => Phase::Pending,
            Some(PhaseWord::Succeeded) => Phase::Succeeded,
            Some(PhaseWord::Failed) => Phase::Failed,
        };
        let since = draft.ready_since.map_or(SimTime::START, |moment| self.at(moment));
        let is = draft.ready.map_or(Some(true), |ready| ready.0);
        PodSeen {
            pod: Pod {
                phase,
                deleted: draft.deleted == Some(true),
                started: match draft.started {
                    None => Some(SimTime::START),
                    Some(started) => started.0.map(|moment| self.at(moment)),
                },
                ready: is.map(|is| Ready { is, since }),
            },
            count: u32::try_from(number).unwrap_or(u32::MAX),
            usage,
            request,
            containers,
            at: draft.sampled.map_or(SimTime::NEVER, |moment| self.at(moment)),
            window: draft.window.map_or(Span::ZERO, |time| time.0),
        }
    }
}

fn uses(draft: &Use) -> Uses {
    match draft {
        Use::One(amount) => Uses::One(*amount),
        Use::Each(amounts) => Uses::Each(amounts.iter().map(|(name, of)| (name.clone(), of.0)).collect()),
    }
}

/// What containers use or request together: nothing is known of a name that one of them does not say.
fn together(all: Vec<Option<Uses>>) -> Option<Uses> {
    let all: Vec<Uses> = all.into_iter().collect::<Option<_>>()?;
    if let Some(amounts) = all
        .iter()
        .map(|uses| if let Uses::One(amount) = uses { Some(*amount) } else { None })
        .collect::<Option<Vec<i64>>>()
    {
        return Some(Uses::One(amounts.into_iter().fold(0, i64::saturating_add)));
    }
    let names: Vec<&String> = all
        .iter()
        .filter_map(|uses| if let Uses::Each(amounts) = uses { Some(amounts.keys()) } else { None })
        .flatten()
        .collect();
    let sum = |name: &str| all.iter().try_fold(0_i64, |sum, uses| Some(sum.saturating_add(uses.of(name)?)));
    Some(Uses::Each(names.into_iter().filter_map(|name| Some((name.clone(), sum(name)?))).collect()))
}
