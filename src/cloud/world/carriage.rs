//! Bytes that are paid for on their way: into another zone, or through a gateway to something outside.

use crate::cloud::fact::{Carriage, Fact};
use crate::cloud::topology::{NodeId, NodeKind};
use crate::cloud::world::World;
use crate::engine::{Context, Observer};

impl World<'_> {
    /// Tells of what sets out to a node on a way where bytes are paid for: a call with its answer, or what is sent.
    pub(super) fn tells_carriage<O: Observer<Fact>>(
        &self,
        cx: &mut Context<'_, O>,
        id: u32,
        to: NodeId,
        crosses: bool,
        waits: bool,
    ) {
        let paid = &self.topology.network;
        let leaves = paid.gateways > 0 && matches!(self.topology.nodes[to.index()].kind, NodeKind::Service(_));
        let crosses = crosses && paid.answers.is_some();
        if !leaves && !crosses {
            return;
        }
        let request = &self.requests[self.jobs[id].request];
        let bytes = if waits { self.bytes_through(request) } else { self.bytes_of(request) };
        let by = if leaves { Carriage::Gateway } else { Carriage::Zones };
        cx.tell(Fact::Carried { who: request.who(), by, bytes });
    }
}
