//! What must hold of fan-outs between any two events: nobody waits for those who will never come, and nothing leaks.

use std::collections::BTreeMap;

use crate::cloud::node::Holder;
use crate::cloud::request::{Mail, Role, State};
use crate::cloud::world::World;

impl World<'_> {
    pub(super) fn audit_joins(&self) {
        let waiting: Vec<u32> =
            self.jobs.inside().into_iter().filter(|&id| self.jobs[id].state == State::Joining).collect();
        let Some(joins) = &self.joins else { return assert!(waiting.is_empty()) };
        let fans = &joins.fans;
        let branches = self.jobs.inside().into_iter().filter(|&id| self.jobs[id].role == Role::Branch);
        let letters = self.messages.inside().into_iter().filter(|&id| self.messages[id].state != Mail::Over);
        let holders = branches
            .map(Holder::Job)
            .chain(letters.map(Holder::Message))
            .chain(self.errands.inside().into_iter().map(Holder::Errand))
            .chain(self.parcels_inside().into_iter().map(Holder::Parcel))
            .chain(self.deliveries_inside().into_iter().map(Holder::Delivery));
        let (mut refs, mut alive) = (BTreeMap::new(), BTreeMap::new());
        for tag in holders.map(|holder| fans.tag(holder)).filter(|tag| fans.get(tag.fan).is_some()) {
            *refs.entry(tag.fan).or_insert(0) += 1;
            *alive.entry(tag.fan).or_insert(0) += u32::from(tag.counts);
        }
        for (_, fan, _, over) in fans.inside() {
            if !over && fans.get(fan.parent).is_some() {
                *refs.entry(fan.parent).or_insert(0) += 1;
                *alive.entry(fan.parent).or_insert(0) += 1;
            }
        }
        for (id, fan, known, over) in fans.inside() {
            assert_eq!(refs.remove(&id).unwrap_or(0), known, "who speaks of {fan:?}");
            assert_eq!(alive.get(&id).copied().unwrap_or(0), fan.alive, "branches of {fan:?}");
            assert_eq!(over, fan.alive == 0, "{fan:?}");
            assert!(!fans.is_whole(id) && (!fan.lost || fan.waiting == 0), "{fan:?} waits for nobody");
            let here = |&&job: &&u32| fans.tag(Holder::Job(job)).fan == id;
            assert_eq!(waiting.iter().filter(here).count() as u32, fan.waiting, "who waits for {fan:?}");
        }
        assert!(refs.is_empty(), "{refs:?} are gone");
        let levels: u64 = joins.levels.iter().map(|level| level.level()).sum();
        assert_eq!(levels, waiting.len() as u64);
    }
}
