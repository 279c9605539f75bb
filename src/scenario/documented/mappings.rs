//! The defaults of event source mappings: AWS Lambda. They hold under either set, as a mapping is a thing of the provider's.

use crate::scenario::documented::{Mark, Row};
use crate::scenario::tree::Tree;

/// Whether a mapping's pollers come and go with what there is to do: those that are kept ready have their own numbers.
fn come_and_go(_: &Tree, mapping: &Tree) -> bool {
    mapping.get("provisioned").is_none()
}

/// A row of a mapping, from its place in its table.
macro_rules! row {
    ($place:literal, $value:literal, $mark:ident, $source:literal) => {
        Row {
            place: concat!("topology.*.queue.*.mapping.", $place),
            value: $value,
            mark: Mark::$mark,
            source: $source,
            only: None,
        }
    };
    ($place:literal, $value:literal, $mark:ident, $source:literal, $only:expr) => {
        Row { only: Some($only), ..row!($place, $value, $mark, $source) }
    };
}

/// The rows of mappings, in the order of the grammar.
pub(crate) const MAPPINGS: &[Row] = &[
    row!("batch-size", "10", Documented, "AWS Lambda API reference, CreateEventSourceMapping, BatchSize"),
    row!(
        "window",
        "\"0s\"",
        Documented,
        "AWS Lambda API reference, CreateEventSourceMapping, MaximumBatchingWindowInSeconds"
    ),
    row!(
        "start",
        "5",
        Documented,
        "AWS Lambda developer guide, Configuring scaling behavior for SQS event source mappings",
        come_and_go
    ),
    row!(
        "ramp",
        "\"300/min\"",
        Documented,
        "AWS Lambda developer guide, Configuring scaling behavior for SQS event source mappings; since November 2023",
        come_and_go
    ),
    row!(
        "at-most",
        "1250",
        Documented,
        "AWS Lambda developer guide, Configuring scaling behavior for SQS event source mappings",
        come_and_go
    ),
    row!(
        "at-least",
        "2",
        Documented,
        "AWS Lambda developer guide, Using Lambda with Amazon SQS: fewer pollers at low traffic",
        come_and_go
    ),
    row!("provisioned.min", "2", Documented, "AWS Lambda API reference, ProvisionedPollerConfig, MinimumPollers"),
    row!("provisioned.max", "200", Documented, "AWS Lambda API reference, ProvisionedPollerConfig, MaximumPollers"),
    row!(
        "provisioned.ramp",
        "\"100/min\"",
        Documented,
        "AWS News Blog, provisioned mode for SQS event source mapping: 1,000 invocations more a minute, ten of each poller"
    ),
    row!(
        "provisioned.invokes",
        "10",
        Documented,
        "AWS Lambda developer guide, Configuring scaling behavior for SQS event source mappings"
    ),
    row!(
        "provisioned.polls",
        "\"10/s\"",
        Documented,
        "AWS Lambda developer guide, Configuring scaling behavior for SQS event source mappings; evenly is assumed"
    ),
    row!(
        "provisioned.throughput",
        "\"1MB\"",
        Documented,
        "AWS Lambda developer guide, Configuring scaling behavior for SQS event source mappings"
    ),
    row!("idle", "\"3min\"", Assumed, "how fast pollers become fewer is not published"),
    row!(
        "slow-down",
        "\"10s\"",
        Assumed,
        "AWS Lambda developer guide, Handling errors for an SQS event source: gradually; how fast it does not say"
    ),
    row!(
        "throttled.base",
        "\"1s\"",
        Assumed,
        "AWS Lambda developer guide, Handling errors for an SQS event source: with back-off; how long it does not say"
    ),
    row!("throttled.cap", "\"5min\"", Assumed, "as of invocations that are not waited for"),
    row!(
        "partial-failures",
        "false",
        Documented,
        "AWS Lambda API reference, CreateEventSourceMapping, FunctionResponseTypes"
    ),
];
