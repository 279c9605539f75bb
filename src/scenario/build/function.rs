//! Functions and what their environments are.

use crate::cloud::scaling::Scaling;
use crate::cloud::topology::{AfterTimeout, Batch, Errands, Function, Growth, NodeId, Pool, Reuse, Snapshot, Speed};
use crate::ground::distribution::Distribution;
use crate::ground::time::Span;
use crate::scenario::build::node::fraction;
use crate::scenario::build::{Builder, Ids, count, provisioned};
use crate::scenario::draft::Topology;
use crate::scenario::draft::function as draft;

/// The longest run that there is (AWS Lambda developer guide, *Configure function timeout*).
pub(crate) const TIMEOUT: Span = Span::from_secs(900);
const MINUTE: Span = Span::from_secs(60);

impl Builder<'_> {
    pub(super) fn function(
        &mut self,
        ids: &Ids<'_>,
        topology: &Topology,
        name: &str,
        draft: &draft::Function,
        batch: Option<Batch>,
    ) -> Function {
        let steps = self.steps(ids, topology, &draft.steps);
        let memory = draft.memory.map_or(Function::VCPU, |bytes| bytes.0);
        let kept = draft.provisioned_concurrency.as_ref();
        let provisioned = kept.map_or(0, provisioned::at_the_start);
        let is_restored = draft.snap_start == Some(true);
        let own = self.id(ids, name);
        let scaling = kept.map_or(Scaling::Fixed, |kept| self.provisioned(own, kept));
        let speed = draft.speed.map_or(Speed::ONE, |speed| fraction(speed.0));
        let slots = draft.concurrency.map_or(1, |requests| count(requests.0));
        Function {
            desk: Pool {
                batch,
                scaling,
                slots,
                vcpus: Function::vcpus(memory, slots),
                ..Function::desk(steps, speed, provisioned)
            },
            memory,
            is_arm: draft.architecture == Some(draft::Architecture::Arm),
            disk: draft.ephemeral.map_or(Function::DISK.0, |bytes| bytes.0),
            creation: self.law_or_none(&draft.creation),
            init: self.law_or_none(if is_restored { &draft.restore } else { &draft.init }),
            snapshot: is_restored.then(|| Snapshot { is_paid: !draft.runtime.is_some_and(draft::Runtime::is_java) }),
            timeout: Some(draft.timeout.map_or(TIMEOUT, |time| time.0)),
            after_timeout: match draft.after_timeout {
                None | Some(draft::AfterTimeout::Discard) => AfterTimeout::Discard,
                Some(draft::AfterTimeout::Reset) => AfterTimeout::Reset,
            },
            reserved: draft.reserved_concurrency.map(|reserved| count(reserved.0)),
            provisioned,
            allocation: kept.map_or(Distribution::constant(0), |kept| self.law_or_none(&kept.allocation)),
            growth: draft.growth.map(|growth| Growth { every: growth.rate.0, burst: count(growth.burst.0) }),
            idle: self.some_law(&draft.idle),
            recycle: self.some_law(&draft.recycle),
            reuse: match draft.reuse {
                None | Some(draft::Reuse::Latest) => Reuse::Latest,
                Some(draft::Reuse::Oldest) => Reuse::Oldest,
                Some(draft::Reuse::Random) => Reuse::Random,
            },
            overhead: self.some_law(&draft.overhead).filter(|law: &Distribution| law.constant_value() != Some(0)),
            errands: self.errands(ids, &draft.errands),
        }
    }

    fn errands(&mut self, ids: &Ids<'_>, draft: &draft::Errands) -> Errands {
        let retries = draft.retries.map_or(2, |retries| count(retries.0)) as usize;
        let waits = match &draft.waits {
            Some(waits) => waits.iter().map(|wait| wait.0).collect(),
            None => vec![MINUTE, Span::from_secs(120)],
        };
        let last = waits.last().copied().unwrap_or(MINUTE);
        let mut node = |name: &Option<String>| -> Option<NodeId> { name.as_ref().map(|name| self.id(ids, name)) };
        Errands {
            // The last wait is that of all further retries.
            waits: waits.into_iter().chain(std::iter::repeat(last)).take(retries).collect(),
            base: draft.throttled.base.map_or(Span::from_secs(1), |time| time.0),
            cap: draft.throttled.cap.map_or(Span::from_secs(300), |time| time.0),
            max_age: Some(draft.max_age.map_or(Span::from_secs(6 * 3_600), |time| time.0)),
            dead_letters: node(&draft.dead_letters),
            on_success: node(&draft.on_success),
            on_failure: node(&draft.on_failure),
        }
    }
}
