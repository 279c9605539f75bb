//! Buckets tell of each object that is stored.

use crate::cloud::fact::Fact;
use crate::cloud::request::Job;
use crate::cloud::topology::{Bucket, NodeId, NodeKind};
use crate::cloud::world::World;
use crate::engine::{Context, Observer};

/// Bytes of what is told: a record in JSON without the object itself (Amazon S3 user guide, *Event message structure*).
const NOTICE: u64 = 1 << 10;

impl World<'_> {
    /// A job has stored an object: whoever its bucket tells hears of it, each as a branch of the request.
    #[inline(never)]
    pub(super) fn tells_of_object<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, job: &Job, bucket: NodeId) {
        let NodeKind::Bucket(Bucket { notify, .. }) = &self.topology.nodes[bucket.index()].kind else { return };
        let Job { request, attempt, branch, .. } = *job;
        for &to in notify {
            self.sends_record(cx, to, (request, attempt, branch), NOTICE);
        }
    }
}
