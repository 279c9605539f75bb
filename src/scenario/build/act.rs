//! What steps do to the infrastructure.

use crate::cloud::topology::{Act, Capacity, Chosen, Launch, MachineState, NodeId, Redrive, Tag, Wanted, Whom};
use crate::ground::time::Span;
use crate::scenario::build::{Builder, Ids, count};
use crate::scenario::draft;
use crate::scenario::draft::act::{self, Instances, State};
use crate::scenario::draft::quantities::Whole;
use crate::scenario::draft::words::Tagged;
use crate::scenario::sight::source_of;

/// From one message that goes back to the next where a file does not say it: the fastest that may be asked for (Amazon SQS
/// developer guide, dead-letter queue redrive: 500 messages a second; what a task without a rate does is not published).
pub(crate) const REDRIVE_EVERY: Span = Span::from_millis(2);

impl Builder<'_> {
    pub(super) fn act(&mut self, ids: &Ids<'_>, topology: &draft::Topology, act: &act::Act) -> Act {
        let number = |number: Option<Whole>| number.map(|number| count(number.0));
        match act {
            act::Act::StartInstances(which) => Act::Start(self.chosen(ids, which)),
            act::Act::StopInstances(which) => Act::Stop(self.chosen(ids, which)),
            act::Act::TerminateInstances(which) => Act::Terminate(self.chosen(ids, which)),
            act::Act::LaunchInstances(launch) => Act::Launch(Launch {
                pool: self.id(ids, &launch.pool),
                count: number(launch.count).unwrap_or(1),
                tags: tags(launch.tags.iter()),
            }),
            act::Act::SetCapacity(capacity) => Act::SetCapacity(Capacity {
                pool: self.id(ids, &capacity.pool),
                min: number(capacity.min),
                desired: number(capacity.desired),
                max: number(capacity.max),
            }),
            act::Act::Redrive(redrive) => Act::Redrive(self.redrive(ids, topology, redrive)),
        }
    }

    fn redrive(&mut self, ids: &Ids<'_>, topology: &draft::Topology, redrive: &act::Redrive) -> Redrive {
        let from = self.id(ids, &redrive.queue);
        let to = redrive.to.as_deref().or_else(|| source_of(topology, &redrive.queue).first().copied());
        let to = match to {
            Some(to) => self.id(ids, to),
            None => {
                self.slip(format!("nothing leads to the dead letters of `{}`", redrive.queue));
                NodeId(0)
            }
        };
        Redrive { from, to, every: redrive.rate.map_or(REDRIVE_EVERY, |rate| rate.0) }
    }

    fn chosen(&mut self, ids: &Ids<'_>, which: &Instances) -> Chosen {
        Chosen {
            of: match which.of.as_deref() {
                None | Some("event") => Whom::Event,
                Some("all") => Whom::All,
                Some(pool) => Whom::Pool(self.id(ids, pool)),
            },
            state: which.in_state.map(|state| match state {
                State::Pending => MachineState::Pending,
                State::Running => MachineState::Running,
                State::Stopping => MachineState::Stopping,
                State::Stopped => MachineState::Stopped,
            }),
            with: wanted(which.with_tag.as_ref()),
            without: wanted(which.without_tag.as_ref()),
        }
    }
}

/// Tags as they are written.
pub(super) fn tags<'t>(tags: impl Iterator<Item = (&'t String, &'t String)>) -> Vec<Tag> {
    tags.map(|(name, value)| Tag { name: name.clone(), value: value.clone() }).collect()
}

fn wanted(tagged: Option<&Tagged>) -> Vec<Wanted> {
    match tagged {
        None => Vec::new(),
        Some(Tagged::Name(name)) => vec![Wanted { name: name.clone(), value: None }],
        Some(Tagged::Values(values)) => {
            values.iter().map(|(name, value)| Wanted { name: name.clone(), value: Some(value.clone()) }).collect()
        }
    }
}
