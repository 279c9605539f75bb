//! Servers with setup: whoever waits starts a worker, and an idle one goes after a while.

use crate::cloud::scaling::Reason;
use crate::cloud::scaling::reactive::Scene;
use crate::ground::distribution::Distribution;

/// A waiting request starts a worker, a start that nobody waits for is cancelled, an idle worker goes.
///
/// Gandhi, Harchol-Balter and Adan, *Server farms with setup costs*, Performance Evaluation 67 (2010): M/M/k/setup.
#[derive(Clone, Debug)]
pub struct OnDemand {
    /// Never fewer workers.
    pub min: u32,
    /// Never more; `None`: any number.
    pub max: Option<u32>,
    /// So many on their way at once; `None`: any number.
    pub setups: Option<u32>,
    /// How long an idle worker stays (a law of nanoseconds).
    pub idle: Distribution,
}

impl OnDemand {
    /// As many on their way as those who wait need, beside the slots that are free for them.
    pub fn wanted(&self, scene: &Scene) -> (u32, Reason) {
        let unserved = scene.waiting.saturating_sub(scene.idle);
        let needed = unserved.div_ceil(u64::from(scene.slots.max(1))).min(u64::from(u32::MAX)) as u32;
        let room = self.max.map_or(u32::MAX, |max| max.saturating_sub(scene.on));
        let short = self.min.saturating_sub(scene.on);
        let coming = needed.min(self.setups.unwrap_or(u32::MAX)).min(room).max(short);
        let why = if coming < scene.coming { Reason::Unneeded } else { Reason::Waiting { requests: scene.waiting } };
        (scene.on.saturating_add(coming), why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn farm(max: u32, setups: Option<u32>) -> OnDemand {
        OnDemand { min: 0, max: Some(max), setups, idle: Distribution::constant(0) }
    }

    /// At all times min(those who wait, servers that are off) are being set up, or one at the most.
    #[test]
    fn each_who_waits_starts_one_up_to_the_bound() {
        let scene = |waiting, on, coming| Scene { waiting, on, coming, slots: 1, ..Scene::default() };
        for (setups, waiting, on, coming) in
            [(None, 0, 0, 0), (None, 2, 0, 2), (None, 9, 3, 2), (None, 9, 5, 0), (Some(1), 9, 3, 1), (Some(1), 0, 3, 0)]
        {
            let wanted = farm(5, setups).wanted(&scene(waiting, on, 1)).0;
            assert_eq!(wanted, on + coming, "{waiting} wait, {on} on, {setups:?} at once");
        }
        assert_eq!(farm(5, None).wanted(&scene(1, 2, 2)), (3, Reason::Unneeded));
    }

    #[test]
    fn free_slots_and_workers_with_several_count() {
        let scene = Scene { waiting: 9, idle: 1, slots: 4, on: 1, ..Scene::default() };
        assert_eq!(farm(9, None).wanted(&scene).0, 3, "eight who find nobody fill two");
        let kept = OnDemand { min: 2, ..farm(9, None) };
        assert_eq!(kept.wanted(&Scene { slots: 1, ..Scene::default() }).0, 2);
    }
}
