//! Buckets tell of each object that is stored.

use crate::cloud::fact::Fact;
use crate::cloud::request::Job;
use crate::cloud::topology::{Bucket, NodeId, NodeKind};
use crate::cloud::world::World;
use crate::cloud::world::buses::Told;
use crate::cloud::world::joins::Sender;
use crate::engine::{Context, Observer};

/// Bytes of what is told: a record in JSON without the object itself (Amazon S3 user guide, *Event message structure*).
const NOTICE: u64 = 1 << 10;

impl World<'_> {
    /// A job has stored an object of so many bytes: whoever its bucket tells hears of it, and the bus that does, as that shape of
    /// event. Each is a branch of the request, and all together are a fan-out.
    #[inline(never)]
    pub(super) fn tells_of_object<O: Observer<Fact>>(
        &mut self,
        cx: &mut Context<'_, O>,
        id: u32,
        job: &Job,
        bucket: NodeId,
        (told, size): (Option<(NodeId, u32)>, u64),
    ) {
        let NodeKind::Bucket(Bucket { notify, .. }) = &self.topology.nodes[bucket.index()].kind else { return };
        let Job { request, attempt, branch, .. } = *job;
        let heard = told.map(|(bus, shape)| {
            let bytes = self.buses().shapes[shape as usize].bytes();
            let told = Told { about: size, ..self.told_by(job, shape, bytes, cx.now()) };
            self.listens(cx.now(), bus, told)
        });
        let pieces = notify.len() as u32 + heard.as_ref().map_or(0, |heard| self.pieces_of(heard));
        let before = self.opens_fan(Sender::Job(id), pieces);
        for &to in notify {
            self.sends_record(cx, to, (request, attempt, branch), NOTICE);
        }
        if let Some(heard) = heard {
            self.passes_event_on(cx, heard);
        }
        self.closes_fan(cx, before);
    }
}
