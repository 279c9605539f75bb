//! Draws what steps do to the infrastructure.

use super::{Dice, TIERS};
use crate::cloud::topology::{Act, Capacity, Chosen, Launch, MachineState, NodeId, Redrive, Tag, Wanted, Whom};
use crate::ground::time::Span;

impl Dice {
    pub(super) fn act(&mut self, tiers: u64, doors: &[(bool, bool)]) -> Act {
        let tier = self.of(tiers);
        let pool = NodeId(3 * tier as u16);
        let bounds = (self.of(2) as u32, 2 + self.of(2) as u32);
        let dead = NodeId(3 * TIERS as u16 + self.of(2) as u16);
        match self.of(7) {
            0 | 1 => Act::Start(self.picked(pool)),
            2 => Act::Stop(self.picked(pool)),
            3 => Act::Terminate(self.picked(pool)),
            4 => Act::Launch(Launch { pool, count: 1, tags: self.name(|name| Tag { name, value: String::new() }) }),
            5 if doors[tier as usize].1 => {
                Act::Redrive(Redrive { from: dead, to: NodeId(pool.0 + 2), every: Span::from_millis(700) })
            }
            _ => Act::SetCapacity(Capacity {
                pool,
                min: self.one_in(2).then_some(bounds.0),
                desired: self.one_in(2).then_some(bounds.0 + 1),
                max: self.one_in(2).then_some(bounds.1),
            }),
        }
    }

    fn picked(&mut self, pool: NodeId) -> Chosen {
        Chosen {
            of: self.pick(&[Whom::Pool(pool), Whom::Pool(pool), Whom::All]),
            state: self.pick(&[None, Some(MachineState::Stopped), Some(MachineState::Running)]),
            with: self.name(|name| Wanted { name, value: None }),
            without: self.name(|name| Wanted { name, value: None }),
        }
    }

    /// A tag of one name, now and then.
    fn name<T>(&mut self, of: impl Fn(String) -> T) -> Vec<T> {
        if self.one_in(4) { vec![of("Name".to_owned())] } else { Vec::new() }
    }
}
