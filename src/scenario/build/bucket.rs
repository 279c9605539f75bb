//! Buckets.

use crate::cloud::topology::{Bucket, StorageClass};
use crate::scenario::build::{Builder, Ids};
use crate::scenario::draft::bucket as draft;

impl Builder<'_> {
    pub(super) fn bucket(&mut self, ids: &Ids<'_>, draft: &draft::Bucket) -> Bucket {
        let mut time = |law| self.some_law(law).filter(|law| law.constant_value() != Some(0));
        let (put, get) = (time(&draft.put), time(&draft.get));
        let class = match draft.class {
            None | Some(draft::StorageClass::Standard) => StorageClass::Standard,
            Some(draft::StorageClass::StandardIa) => StorageClass::StandardIa,
            Some(draft::StorageClass::OneZoneIa) => StorageClass::OneZoneIa,
            Some(draft::StorageClass::GlacierInstant) => StorageClass::GlacierInstant,
        };
        let notify = draft.notify.as_ref().map(|names| self.ids(ids, names)).unwrap_or_default();
        let bus = draft.bus.as_ref().map(|bus| self.id(ids, bus));
        Bucket { put, get, keep: draft.keep.map(|time| time.0), class, notify, bus }
    }
}
