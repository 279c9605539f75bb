//! `[topology.NAME.bucket.NAME]`: where objects are stored.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::draft::law::Law;
use crate::scenario::draft::quantities::Time;
use crate::scenario::draft::words::Names;

/// A class of storage of Amazon S3.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum StorageClass {
    /// S3 Standard.
    Standard,
    /// S3 Standard-IA: paid for as 128 KiB and 30 days at the least, and by the byte that is read.
    StandardIa,
    /// S3 One Zone-IA: the same for less, in the first of the topology's zones alone, and away with it.
    OneZoneIa,
    /// S3 Glacier Instant Retrieval: paid for as 128 KiB and 90 days at the least, and more by the byte that is read.
    GlacierInstant,
}

/// Stores objects.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Bucket {
    /// How long a put takes.
    #[schemars(extend("default" = "0s"))]
    pub put: Option<Law<Time>>,
    /// How long a get takes.
    #[schemars(extend("default" = "0s"))]
    pub get: Option<Law<Time>>,
    /// How long an object is kept, and paid for, until it is deleted. Without it, for ever.
    pub keep: Option<Time>,
    /// How objects are kept: what is read seldom costs less there, and more when it is small, deleted early, or read.
    #[schemars(extend("default" = "standard"))]
    pub class: Option<StorageClass>,
    /// Who is told of each object that is stored: queues, functions (which take it in and try again by themselves), pools,
    /// services. What they do is a part of the request.
    pub notify: Option<Names>,
    /// The event bus that hears of each new object: source `aws.s3`, type `Object Created`. Without it, none.
    pub bus: Option<String>,
}
