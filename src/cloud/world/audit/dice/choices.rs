//! Draws choices among steps that are there.

use super::Dice;
use crate::cloud::topology::{Step, Verb, Way};

impl Dice {
    /// The same steps, some of which may stand in choices by now, at most so deep.
    pub(super) fn choices(&mut self, steps: Vec<Step>, depth: u32) -> Vec<Step> {
        if depth == 0 || !self.one_in(3) {
            return steps;
        }
        let mut cuts = [(); 3].map(|()| self.of(steps.len() as u64 + 1) as usize);
        cuts.sort_unstable();
        let mut rest = steps;
        let after = rest.split_off(cuts[2]);
        let second = rest.split_off(cuts[1]);
        let first = rest.split_off(cuts[0]);
        let ways = [self.choices(first, depth - 1), self.choices(second, depth - 1)];
        let shares = self.pick(&[[0.5, 0.5], [0.3, 0.2], [1.0, 0.0], [0.0, 0.7]]);
        let laid = ways.iter().zip(shares).map(|(way, share)| Way { share, steps: way.len() }).collect();
        let draw = self.one_in(2).then(|| "one".to_owned());
        rest.push(Step { verb: Verb::Choose { ways: laid, draw, fresh: self.one_in(3) }, only: None });
        rest.extend(ways.into_iter().flatten().chain(after));
        rest
    }
}
