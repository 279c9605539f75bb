//! A choice among ways to go on, and what a list of steps with choices in it comes to.
//!
//! Steps are a flat list: right behind a choice stand the steps of its first way, then those of the second, and so on. Whoever
//! only asks what a node ever does need not know of choices.

use crate::cloud::topology::{Step, Verb, WorkloadId};

/// One of several ways to go on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Way {
    /// How likely it is taken, of 1.
    pub share: f64,
    /// How many of the steps that follow are of it, those of choices among them included.
    pub steps: usize,
}

/// Shares that add up to so little less than everything are everything: 33.3 %, 33.3 % and 33.4 % leave nobody out.
const ALL: f64 = 1.0 - 1e-9;

/// The shares of some ways added up: where a number from 0 to 1 is below the n-th and no earlier one, the n-th way is taken.
pub fn bounds(ways: &[Way]) -> impl Iterator<Item = f64> {
    ways.iter().scan(0.0, |sum, way| {
        *sum += way.share;
        Some(if *sum >= ALL { 1.0 } else { *sum })
    })
}

/// What is done at one place of a programme.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Turn {
    /// The step at that place of the list.
    Does(usize),
    /// Goes on here where the draw of the choice at that place of the list is below `bound`, and else at another place of the
    /// programme.
    Takes {
        /// Whose draw.
        choice: usize,
        /// Below it.
        bound: f64,
        /// The place where it goes on otherwise.
        other: usize,
    },
    /// Goes on at another place of the programme.
    GoesTo(usize),
}

/// The turns of one kind of request through a list of steps.
pub fn turns(steps: &[Step], workload: WorkloadId) -> Vec<Turn> {
    let mut turns = Vec::with_capacity(steps.len());
    lay(steps, 0, steps.len(), workload, &mut turns);
    turns
}

fn lay(steps: &[Step], from: usize, to: usize, workload: WorkloadId, turns: &mut Vec<Turn>) {
    let mut at = from;
    while at < to {
        let step = &steps[at];
        let Verb::Choose { ways, .. } = &step.verb else {
            if step.is_for(workload) {
                turns.push(Turn::Does(at));
            }
            at += 1;
            continue;
        };
        let mut next = at + 1;
        let mut ends = Vec::new();
        for (way, bound) in ways.iter().zip(bounds(ways)) {
            let end = next + way.steps;
            if step.is_for(workload) {
                let head = turns.len();
                // The last one is taken by all who are left.
                if bound < 1.0 {
                    turns.push(Turn::Takes { choice: at, bound, other: 0 });
                }
                lay(steps, next, end, workload, turns);
                ends.push(turns.len());
                turns.push(Turn::GoesTo(0));
                let here = turns.len();
                if let Turn::Takes { other, .. } = &mut turns[head] {
                    *other = here;
                }
            }
            next = end;
        }
        // The last way leads straight on.
        if let Some(last) = ends.pop() {
            turns.truncate(last);
            let here = turns.len();
            for turn in turns.iter_mut() {
                if let Turn::Takes { other, .. } = turn {
                    *other = (*other).min(here);
                }
            }
            for end in ends {
                turns[end] = Turn::GoesTo(here);
            }
        }
        at = next;
    }
}

/// How likely each of some steps is done for a request of a kind that comes there.
pub fn chances(steps: &[Step], workload: WorkloadId) -> Vec<f64> {
    let mut chances: Vec<f64> = steps.iter().map(|step| f64::from(u8::from(step.is_for(workload)))).collect();
    for (at, step) in steps.iter().enumerate() {
        let Verb::Choose { ways, .. } = &step.verb else { continue };
        let mut next = at + 1;
        for way in ways {
            let end = next + way.steps;
            chances[next..end].iter_mut().for_each(|chance| *chance *= way.share);
            next = end;
        }
    }
    chances
}

/// The places of the steps that are done for one request of a kind, where `draw` tells what was drawn, from 0 to 1, for the
/// choice at a place.
pub fn chosen(steps: &[Step], workload: WorkloadId, draw: &mut dyn FnMut(usize) -> f64) -> Vec<usize> {
    let turns = turns(steps, workload);
    let (mut chosen, mut at) = (Vec::new(), 0);
    while let Some(turn) = turns.get(at) {
        at = match *turn {
            Turn::Does(place) => {
                chosen.push(place);
                at + 1
            }
            Turn::Takes { choice, bound, other } => {
                if draw(choice) < bound {
                    at + 1
                } else {
                    other
                }
            }
            Turn::GoesTo(place) => place,
        };
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::topology::WorkId;

    fn choose(ways: &[(f64, usize)]) -> Step {
        let ways = ways.iter().map(|&(share, steps)| Way { share, steps }).collect();
        Step { verb: Verb::Choose { ways, draw: None, fresh: false }, only: None }
    }

    fn work(work: u16, only: Option<u16>) -> Step {
        let verb = Verb::Work { work: WorkId(work), fails: 0.0, fresh: false, together: false, cold: None };
        Step { verb, only: only.map(|only| vec![WorkloadId(only)]) }
    }

    /// `w0, { 20 %: w1, { 50 %: w2 }; 30 %: w3 }, w4`.
    fn nested() -> Vec<Step> {
        vec![
            work(0, None),
            choose(&[(0.2, 3), (0.3, 1)]),
            work(1, None),
            choose(&[(0.5, 1)]),
            work(2, None),
            work(3, None),
            work(4, None),
        ]
    }

    #[test]
    fn a_choice_within_a_choice_is_walked_by_what_was_drawn() {
        let steps = nested();
        let walk = |outer: f64, inner: f64| {
            chosen(&steps, WorkloadId(0), &mut |choice| if choice == 1 { outer } else { inner })
        };
        assert_eq!(walk(0.1, 0.49), [0, 2, 4, 6]);
        assert_eq!(walk(0.19, 0.5), [0, 2, 6]);
        assert_eq!(walk(0.2, 0.0), [0, 5, 6]);
        assert_eq!(walk(0.49, 0.0), [0, 5, 6]);
        assert_eq!(walk(0.5, 0.0), [0, 6]);
        assert_eq!(chances(&steps, WorkloadId(0)), [1.0, 1.0, 0.2, 0.2, 0.1, 0.3, 1.0]);
    }

    #[test]
    fn a_programme_without_a_choice_is_its_steps() {
        let steps = [work(0, Some(1)), work(1, None), work(2, Some(0))];
        assert_eq!(turns(&steps, WorkloadId(0)), [Turn::Does(1), Turn::Does(2)]);
        assert_eq!(turns(&steps, WorkloadId(1)), [Turn::Does(0), Turn::Does(1)]);
    }

    #[test]
    fn ways_of_other_kinds_of_request_are_left_out() {
        let steps = [choose(&[(0.5, 1), (0.5, 1)]), work(0, Some(1)), work(1, None), work(2, None)];
        let walk = |workload, drawn| chosen(&steps, WorkloadId(workload), &mut |_| drawn);
        assert_eq!(
            [walk(0, 0.1), walk(0, 0.9), walk(1, 0.1), walk(1, 0.9)],
            [[3].to_vec(), vec![2, 3], vec![1, 3], vec![2, 3]]
        );
        let nobody = [choose(&[(1.0, 1)]), Step { only: Some(vec![]), ..work(0, None) }];
        assert!(chosen(&nobody, WorkloadId(0), &mut |_| 0.5).is_empty());
    }

    #[test]
    fn thirds_that_are_rounded_leave_nobody_out() {
        let ways = [0.333, 0.333, 0.334].map(|share| Way { share, steps: 0 });
        assert_eq!(bounds(&ways).last(), Some(1.0));
        let seven = [1.0 / 7.0; 7].map(|share| Way { share, steps: 0 });
        assert_eq!(bounds(&seven).last(), Some(1.0));
    }
}
