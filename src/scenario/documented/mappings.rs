//! The defaults of event source mappings: AWS Lambda. They hold under either set, as a mapping is a thing of the provider's.

use crate::scenario::documented::{Mark, Row};

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
        "AWS Lambda developer guide, Configuring scaling behavior for SQS event source mappings"
    ),
    row!(
        "ramp",
        "\"300/min\"",
        Documented,
        "AWS Lambda developer guide, Configuring scaling behavior for SQS event source mappings; since November 2023"
    ),
    row!(
        "at-most",
        "1250",
        Documented,
        "AWS Lambda developer guide, Configuring scaling behavior for SQS event source mappings"
    ),
    row!(
        "at-least",
        "2",
        Documented,
        "AWS Lambda developer guide, Using Lambda with Amazon SQS: fewer pollers at low traffic"
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
