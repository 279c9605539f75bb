//! Draws functions, whose environments come and go within seconds.

use super::{Dice, TIERS};
use crate::cloud::topology::{AfterTimeout, Errands, Function, Growth, NodeId, Reuse, Speed, Step, Verb, WorkId};
use crate::ground::distribution::Distribution;
use crate::ground::time::Span;

impl Dice {
    /// One that is called and sent to by any of the pools.
    pub(super) fn function(&mut self) -> Function {
        let work = Verb::Work {
            work: WorkId(0),
            fails: self.pick(&[0.0, 0.3]),
            fresh: self.one_in(2),
            together: false,
            cold: self.one_in(2).then_some(WorkId(1)),
        };
        let provisioned = self.pick(&[0, 0, 2]);
        let millis = |most: u64, dice: &mut Dice| Distribution::constant(dice.of(most) * 1_000_000);
        let (dead, end) = (NodeId(3 * TIERS as u16), NodeId(3 * TIERS as u16 + 1));
        let mut node = |to: NodeId| self.one_in(2).then_some(to);
        let (dead_letters, on_success, on_failure) = (node(dead), node(end), node(end));
        Function {
            desk: Function::desk(vec![Step { verb: work, only: None }], Speed::ONE, provisioned),
            memory: 128 << 20,
            is_arm: false,
            disk: 512 << 20,
            creation: millis(self.pick(&[1, 200]), self),
            init: millis(2_000, self),
            timeout: self.one_in(2).then(|| Span::from_millis(200 + self.of(3_000))),
            after_timeout: self.pick(&[AfterTimeout::Discard, AfterTimeout::Reset]),
            reserved: self.one_in(2).then(|| provisioned + self.of(4) as u32),
            provisioned,
            growth: self.one_in(3).then(|| Growth { every: Span::from_millis(500), burst: 1 + self.of(2) as u32 }),
            idle: self.one_in(2).then(|| self.law(3)),
            recycle: self.one_in(3).then(|| self.law(9)),
            reuse: self.pick(&[Reuse::Latest, Reuse::Oldest, Reuse::Random]),
            overhead: self.one_in(3).then(|| millis(300, self)),
            errands: Errands {
                waits: vec![Span::from_secs(1 + self.of(3)); self.of(3) as usize],
                base: Span::from_millis(500),
                cap: Span::from_secs(4),
                max_age: self.one_in(2).then(|| Span::from_secs(3 + self.of(10))),
                dead_letters,
                on_success,
                on_failure,
            },
        }
    }
}
