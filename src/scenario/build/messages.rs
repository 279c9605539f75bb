//! Queues, how workers take messages from them, and the groups that requests are of.

use crate::cloud::topology::{
    Batch, DeadLetterAt, DeadLetters, Fair, Groups, Poll, Queue, Returned, StaleDelete, Throughput,
};
use crate::ground::distribution::Distribution;
use crate::ground::maths;
use crate::ground::time::{SECOND, Span};
use crate::scenario::build::{Builder, Ids, count};
use crate::scenario::draft::{messages, workload};

/// From here on groups are drawn; those that files name lie below.
const DRAWN: u32 = 1 << 31;
/// As many drawn groups as a workload may have.
pub(crate) const GROUPS_MAX: u32 = 1 << 20;

/// How jobs are taken together.
pub(super) fn batch(draft: &messages::Batch) -> Batch {
    Batch {
        at_most: draft.at_most.map_or(1, |number| count(number.0)),
        at_least: draft.at_least.map_or(1, |number| count(number.0)),
        window: draft.window.map_or(Span::ZERO, |time| time.0),
    }
}

/// Partitions of a queue with high throughput where nothing is said: 70,000 calls a second in us-east-1, 300 each (Amazon
/// SQS Developer Guide, high throughput for FIFO queues).
const PARTITIONS: u64 = 233;

/// How many calls a queue takes.
fn throughput(draft: &messages::Queue) -> Option<Throughput> {
    let every = draft.rate_limit?.0;
    let burst = (SECOND / every.nanos().max(1)).max(1);
    let partitions = draft.partitions.map_or(PARTITIONS, |number| number.0);
    let partitions = if draft.high_throughput == Some(true) { partitions } else { 1 };
    Some(Throughput { every, burst: count(burst), partitions: count(partitions) })
}

/// Who is a noisy neighbour; what is not given is as the Amazon SQS Developer Guide has it, which calls it approximate.
fn fair(draft: messages::Noisy) -> Fair {
    Fair {
        share: draft.share.map_or(0.1, |share| share.0),
        in_flight: draft.in_flight.map_or(30, |number| count(number.0)),
        memory: draft.memory.map_or(Span::from_secs(300), |time| time.0),
    }
}

impl Builder<'_> {
    pub(super) fn queue(&mut self, ids: &Ids<'_>, draft: &messages::Queue) -> Queue {
        let dead_letters = draft.dead_letters.as_ref().zip(draft.max_receive_count).map(|(to, most)| DeadLetters {
            to: self.id(ids, to),
            max_receives: u16::try_from(most.0).unwrap_or(u16::MAX),
            at: match draft.dead_letter_at {
                None | Some(messages::DeadLetterAt::NextReceive) => DeadLetterAt::NextReceive,
                Some(messages::DeadLetterAt::LastFailure) => DeadLetterAt::LastFailure,
            },
        });
        Queue {
            to: draft.to.as_ref().map(|to| self.ids(ids, to)).unwrap_or_default(),
            visibility: draft.visibility_timeout.map(|time| time.0),
            dead_letters,
            returned: match draft.returned {
                None | Some(messages::Returned::InPlace) => Returned::InPlace,
                Some(messages::Returned::Last) => Returned::Last,
                Some(messages::Returned::ByReceives) => Returned::ByReceives,
            },
            stale_delete: match draft.stale_delete {
                None | Some(messages::StaleDelete::Ignored) => StaleDelete::Ignored,
                Some(messages::StaleDelete::Accepted) => StaleDelete::Accepted,
                Some(messages::StaleDelete::InTime) => StaleDelete::InTime,
            },
            fifo: draft.fifo == Some(true),
            delay: draft.delay.map_or(Span::ZERO, |time| time.0),
            retention: draft.retention.map(|time| time.0),
            in_flight_limit: draft.in_flight_limit.map(|limit| count(limit.0)),
            duplicates: draft.duplicates.map_or(0.0, |share| share.0),
            unseen: draft.coverage.map_or(0.0, |share| 1.0 - share.0),
            visibility_ceiling: draft.visibility_ceiling.map(|time| time.0),
            deduplication: draft.deduplication.map(|time| time.0),
            look_ahead: draft.look_ahead.map(|messages| count(messages.0)),
            throughput: throughput(draft),
            redriven: false,
            fair: (draft.fair == Some(true)).then(|| fair(draft.noisy.unwrap_or_default())),
            mapping: None,
        }
    }

    pub(super) fn poll(&mut self, draft: Option<&messages::Poll>) -> Poll {
        let Some(draft) = draft else { return Poll::default() };
        Poll {
            messages: draft.messages.map(|messages| count(messages.0)).filter(|&messages| messages > 1),
            on_error: self.some_law(&draft.on_error),
            heartbeat: draft.heartbeat.map(|time| time.0),
            wait: draft.wait.map(|time| time.0),
            sleep: self.some_law(&draft.sleep),
        }
    }

    /// The number of a group that the file names.
    pub(super) fn named_group(&mut self, name: &str) -> u32 {
        self.groups.insert_full(name.to_owned()).0 as u32 + 1
    }

    /// The groups of the workload of that place: the n-th has a share that is proportional to n to the power of −skew.
    pub(super) fn drawn_groups(&mut self, place: usize, draft: &workload::Groups) -> Groups {
        let skew = draft.skew.map_or(0.0, |skew| skew.0);
        let places: Vec<u64> = (0..draft.count.0.min(u64::from(GROUPS_MAX))).collect();
        let weights: Vec<f64> = places.iter().map(|&place| maths::pow(place as f64 + 1.0, -skew)).collect();
        let law = Distribution::values(&places, &weights).unwrap_or_else(|why| {
            self.slip(why);
            Distribution::constant(0)
        });
        Groups { first: DRAWN + place as u32 * GROUPS_MAX, law }
    }
}
