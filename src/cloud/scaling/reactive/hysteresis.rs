//! Thresholds on the number inside, apart from each other, so that a size does not flap.

use crate::cloud::scaling::Reason;
use crate::cloud::scaling::reactive::Scene;

/// With `min` + i wanted, an arrival that brings the number inside to `up[i]` adds one; with `min` + i + 1, a departure that
/// brings it to `down[i]` lets one go.
///
/// Ibe and Keilson, *Multi-server threshold queues with hysteresis*, Performance Evaluation 21 (1995).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hysteresis {
    /// Never fewer workers.
    pub min: u32,
    /// From so many on there is one more.
    pub up: Vec<u64>,
    /// At so many there is one fewer; as many as there are of `up`.
    pub down: Vec<u64>,
}

impl Hysteresis {
    /// Never more workers.
    pub fn max(&self) -> u32 {
        self.min + self.up.len() as u32
    }

    /// Each arrival, and each departure, changes the size by one at the most.
    pub fn wanted(&self, before: u64, scene: &Scene) -> (u32, Reason) {
        let mut wanted = scene.wanted;
        let mut why = Reason::Quiet;
        for inside in before + 1..=scene.inside {
            let next = wanted.checked_sub(self.min).and_then(|over| self.up.get(over as usize));
            if let Some(&threshold) = next.filter(|&&threshold| inside >= threshold) {
                wanted += 1;
                why = Reason::Reached { inside, threshold };
            }
        }
        for inside in (scene.inside..before).rev() {
            let last = wanted.checked_sub(self.min + 1).and_then(|over| self.down.get(over as usize));
            if let Some(&threshold) = last.filter(|&&threshold| inside <= threshold) {
                wanted -= 1;
                why = Reason::Fell { inside, threshold };
            }
        }
        (wanted, why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(rule: &Hysteresis, wanted: u32, before: u64, inside: u64) -> u32 {
        rule.wanted(before, &Scene { inside, wanted, ..Scene::default() }).0
    }

    #[test]
    fn one_arrival_adds_one_and_one_departure_takes_one() {
        let rule = Hysteresis { min: 1, up: vec![4, 8], down: vec![0, 1] };
        assert_eq!(rule.max(), 3);
        for (wanted, before, inside, then) in [
            (1, 2, 3, 1),
            (1, 3, 4, 2),
            (2, 4, 5, 2),
            (2, 7, 8, 3),
            (3, 8, 9, 3),
            (3, 3, 2, 3),
            (3, 2, 1, 2),
            (2, 2, 1, 2),
            (2, 1, 0, 1),
            (1, 1, 0, 1),
            // Several at once are as many one after the other.
            (1, 0, 9, 3),
            (3, 2, 0, 1),
        ] {
            assert_eq!(after(&rule, wanted, before, inside), then, "{wanted} of {before} → {inside}");
        }
    }

    /// Beyond the threshold still: every arrival there adds one, as a setup may have been slow.
    #[test]
    fn arrivals_beyond_a_threshold_add_one_each() {
        let rule = Hysteresis { min: 0, up: vec![1, 1, 1], down: vec![0, 0, 0] };
        assert_eq!(after(&rule, 0, 4, 5), 1);
        assert_eq!(after(&rule, 1, 5, 7), 3);
    }
}
