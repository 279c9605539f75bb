//! Event source mappings: pollers that take a queue's messages to a function.

use crate::cloud::bus::record::Filter;
use crate::cloud::topology::function::doubled;
use crate::cloud::topology::{Batch, Poll};
use crate::ground::time::{SECOND, Span};

/// The MB of a throughput.
const MEGABYTE: u64 = 1_000_000;

/// How a queue's messages come to its function: pollers, of which each receives a batch, invokes the function with it and
/// waits for the end of that run (AWS Lambda developer guide, *Using Lambda with Amazon SQS*).
#[derive(Clone, Debug)]
pub struct Mapping {
    /// How a poller polls, with what one receive asks for.
    pub poll: Poll,
    /// Messages that one invocation takes at the most; at least 1.
    pub batch_size: u32,
    /// How long a poller that has received a message waits for more; none: it takes what one receive brings.
    pub window: Span,
    /// Pollers at the start; at least 1.
    pub start: u32,
    /// From one more poller to the next, while all are busy and messages wait.
    pub every: Span,
    /// Pollers at the most; at least `start`.
    pub at_most: u32,
    /// Pollers that are left where there is little to do; from 1 to `start`.
    pub at_least: u32,
    /// Whether they are kept ready and paid for, and what each of them does then; `None`: each has one batch, and they come and
    /// go with what there is to do.
    pub provisioned: Option<Provisioned>,
    /// What is taken to the function; the rest is deleted. `None`: all.
    pub filter: Option<Filter>,
    /// How long some of the pollers must have had nothing to do until there are fewer; above 0.
    pub idle: Span,
    /// An error of one message is not one of all that were taken together.
    pub partial_failures: bool,
    /// After an error half of the pollers are left; again half of those so long later.
    pub slow_down: Span,
    /// How long a poller waits with a batch that the function refused, the first time; above 0 …
    pub base: Span,
    /// … which doubles with each refusal until it is so long.
    pub cap: Span,
}

/// What a poller does that is kept ready (AWS Lambda developer guide, *Configuring scaling behavior for SQS event source
/// mappings*, provisioned mode).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Provisioned {
    /// Batches that it may have with the function at once; at least 1.
    pub invokes: u32,
    /// From one of its polls that brought something to the next, at the least; above 0.
    pub every: Span,
    /// Bytes that it takes in a second; at least 1.
    pub throughput: u64,
}

impl Provisioned {
    /// Pollers at the least and at the most, where nothing is said (AWS Lambda API reference, ProvisionedPollerConfig).
    pub const POLLERS: (u32, u32) = (2, 200);
    /// From one more poller to the next: 1,000 more invocations at once a minute, ten of each poller (AWS News Blog, provisioned
    /// mode for SQS event source mapping).
    pub const EVERY: Span = Span::from_millis(600);
    /// What each does as AWS Lambda has it: 10 invocations at once, 10 polls and 1 MB a second.
    pub const USUAL: Provisioned = Provisioned { invokes: 10, every: Span::from_millis(100), throughput: MEGABYTE };

    /// How long a poller rests after a poll that brought so many bytes.
    pub fn rest(&self, bytes: u64) -> Span {
        let nanos = u128::from(bytes) * u128::from(SECOND) / u128::from(self.throughput.max(1));
        self.every.max(Span::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
    }
}

impl Mapping {
    /// The bytes that one invocation takes (AWS Lambda developer guide, *Lambda quotas*: 6 MB).
    pub const PAYLOAD: u64 = 6 << 20;
    /// How long a poll stays open (AWS Lambda developer guide, *Using Lambda with Amazon SQS*: long polling, of which
    /// Amazon SQS allows 20 s).
    pub const WAIT: Span = Span::from_secs(20);
    /// Messages of one receive (Amazon SQS API reference, ReceiveMessage).
    pub const RECEIVED: u32 = 10;

    /// One that takes so many messages at a time, as AWS Lambda has it where it is told nothing else; how its pollers become
    /// fewer is not published.
    pub fn of(batch_size: u32) -> Mapping {
        let messages = Some(batch_size.clamp(1, Mapping::RECEIVED));
        Mapping {
            poll: Poll { messages, wait: Some(Mapping::WAIT), ..Poll::default() },
            batch_size,
            window: Span::ZERO,
            start: 5,
            every: Span::from_millis(200),
            at_most: 1_250,
            at_least: 2,
            provisioned: None,
            filter: None,
            idle: Span::from_secs(180),
            partial_failures: false,
            slow_down: Span::from_secs(10),
            base: Span::from_secs(1),
            cap: Span::from_secs(300),
        }
    }

    /// Batches that each poller may have at once.
    pub fn hands(&self) -> u32 {
        self.provisioned.map_or(1, |each| each.invokes.max(1))
    }

    /// Pollers that are left after any number of errors: those that are kept ready stay.
    pub fn after_errors(&self) -> u32 {
        if self.provisioned.is_some() { self.at_least } else { 1 }
    }

    /// How long a poller waits with a batch that was refused so often, at least once.
    pub fn after_refusals(&self, refusals: u32) -> Span {
        doubled(self.base, self.cap, refusals)
    }

    /// What one run of its function takes together.
    pub fn batch(&self) -> Batch {
        Batch { at_most: self.batch_size, at_least: 1, window: Span::ZERO }
    }
}
