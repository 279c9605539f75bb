//! The cheapest fleet where the number of machines at work is given: exact, level by level.
//!
//! The second machine is needed while two are, and so on. Between two times at which it is needed it idles or is let go and
//! boots again, whichever is cheaper (the ski-rental problem, solved by one who knows how long the season is).

use super::bound::{Must, Problem};

/// What that costs at the least, and the boots of it (machine-seconds).
pub(super) fn bound(problem: &Problem, must: &Must) -> (f64, f64) {
    // When each level was last needed; those who are ready at the start need no boot if they stay since then.
    let mut left: Vec<f64> = Vec::new();
    let (mut total, mut boots) = (0.0, 0.0);
    let (mut since, mut needed) = (0.0, 0_usize);
    for (at, machines) in must.machines.corners().chain([(problem.end, 0.0)]) {
        total += needed as f64 * (at.min(problem.end) - since).max(0.0);
        since = at.min(problem.end);
        let machines = machines as usize;
        left.iter_mut().take(needed).skip(machines).for_each(|left| *left = at);
        for level in needed..machines {
            let gap = match left.get(level) {
                Some(&left) => at - left,
                None => {
                    left.push(at);
                    if problem.ready_at_start { at } else { f64::INFINITY }
                }
            };
            total += gap.min(problem.boot);
            boots += if gap > problem.boot { problem.boot } else { 0.0 };
        }
        needed = machines;
    }
    (total, boots)
}
