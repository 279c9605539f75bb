//! The N-policy: collect, then run.

use crate::cloud::scaling::Reason;
use crate::cloud::scaling::reactive::Scene;

/// Nobody works until so many wait; then all do until nobody is left.
///
/// Yadin and Naor, *Queueing systems with a removable service station*, Operational Research Quarterly 14 (1963).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NPolicy {
    /// So many must wait.
    pub n: u64,
    /// So many workers start then.
    pub max: u32,
}

impl NPolicy {
    /// All or nobody.
    pub fn wanted(&self, scene: &Scene) -> (u32, Reason) {
        match scene.wanted {
            0 if scene.waiting >= self.n => (self.max, Reason::Waiting { requests: scene.waiting }),
            0 => (0, Reason::Quiet),
            _ if scene.inside == 0 => (0, Reason::Empty),
            _ => (self.max, Reason::StillBusy),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_at_n_and_stops_at_nobody() {
        let rule = NPolicy { n: 3, max: 1 };
        let scene = |waiting, inside, wanted| Scene { waiting, inside, wanted, ..Scene::default() };
        for (waiting, inside, before, after) in
            [(2, 2, 0, 0), (3, 3, 0, 1), (3, 3, 1, 1), (0, 1, 1, 1), (0, 0, 1, 0), (0, 0, 0, 0)]
        {
            assert_eq!(rule.wanted(&scene(waiting, inside, before)).0, after, "{waiting} of {inside}, {before}");
        }
    }
}
