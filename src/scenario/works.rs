//! The works of a scenario: those of `[work]`, then those that only traces and scripts bring.

use indexmap::IndexSet;

use crate::cloud::topology::WorkId;
use crate::scenario::draft::Draft;
use crate::scenario::draft::workload::{Arrivals, Trace};

/// Names of works in the order of their numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Works(IndexSet<String>);

impl Works {
    /// All works of a draft.
    pub fn of(draft: &Draft) -> Works {
        let mut names: IndexSet<String> = draft.work.keys().cloned().collect();
        for workload in draft.workload.values() {
            match &workload.arrivals {
                Arrivals::Trace(trace) => names.extend(trace.work.keys().cloned()),
                Arrivals::Scripted(requests) => {
                    names.extend(requests.iter().flat_map(|request| request.work.keys().cloned()))
                }
                Arrivals::Poisson(_)
                | Arrivals::Even(_)
                | Arrivals::Renewal(_)
                | Arrivals::Profile(_)
                | Arrivals::Sine(_)
                | Arrivals::Bursts(_)
                | Arrivals::Users(_) => {}
            }
        }
        Works(names)
    }

    /// The number of a work; `None` where nothing brings it.
    pub fn id(&self, name: &str) -> Option<WorkId> {
        self.0.get_index_of(name).map(WorkId::at)
    }

    /// Their names in the order of their numbers.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The numbers of the works that a trace brings, in the order of its columns.
    pub fn of_trace(&self, trace: &Trace) -> Vec<WorkId> {
        trace.work.keys().filter_map(|name| self.id(name)).collect()
    }
}
