//! How a balancer chooses among the workers behind it.
//!
//! Every pool behind a balancer keeps a [`Standing`]: the outstanding requests of each worker in service, in a
//! tree that answers in logarithmic time who has the fewest, who is the next in turn, and who is the n-th.

mod standing;

pub use standing::Standing;

use crate::cloud::topology::{Routing, Ties};
use crate::ground::chance::{Stream, below, unit};

/// A worker behind a balancer: which of its pools, and which place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The pool, by its place in the balancer's list.
    pub pool: usize,
    /// The worker's place in the pool.
    pub place: u32,
}

/// Where a balancer goes on that takes workers in turn.
#[derive(Clone, Debug, Default)]
pub struct Turn {
    /// The pool whose turn it is …
    pool: usize,
    /// … and in each pool the place from which on it is somebody's turn.
    places: Vec<u32>,
}

impl Turn {
    /// The first worker of the first of so many pools.
    pub fn new(pools: usize) -> Turn {
        Turn { pool: 0, places: vec![0; pools] }
    }
}

/// Chooses a worker; `None` where none is in service.
pub fn choose(
    routing: &Routing,
    ties: Ties,
    pools: &[&Standing],
    turn: &mut Turn,
    chance: &mut Stream,
) -> Option<Target> {
    match routing {
        Routing::RoundRobin => in_turn(pools, turn),
        Routing::LeastOutstanding => least(ties, pools, chance),
        Routing::Random => {
            let ready = total(pools);
            (ready > 0).then(|| nth(pools, below(chance, ready) as u32))
        }
        Routing::PowerOfTwo => two(ties, pools, chance),
        Routing::Weighted(weights) => weighted(weights, pools, turn, chance),
    }
}

fn total(pools: &[&Standing]) -> u64 {
    pools.iter().map(|pool| u64::from(pool.ready())).sum()
}

/// The n-th worker in service, counted over all pools; `n` is below their number.
fn nth(pools: &[&Standing], mut n: u32) -> Target {
    for (pool, standing) in pools.iter().enumerate() {
        if n < standing.ready() {
            return Target { pool, place: standing.nth_ready(n) };
        }
        n -= standing.ready();
    }
    unreachable!("n is below the number of workers in service")
}

/// The next worker in service from `turn` on, and around.
fn in_turn(pools: &[&Standing], turn: &mut Turn) -> Option<Target> {
    let rounds = (turn.pool..pools.len()).chain(0..=turn.pool.min(pools.len() - 1));
    for (visit, pool) in rounds.enumerate() {
        let from = if visit == 0 { turn.places[pool] } else { 0 };
        if let Some(place) = pools[pool].next_ready(from) {
            (turn.pool, turn.places[pool]) = (pool, place + 1);
            return Some(Target { pool, place });
        }
    }
    None
}

/// A pool by chance, as its weight among those that have somebody in service; in it the next worker in turn.
fn weighted(weights: &[f64], pools: &[&Standing], turn: &mut Turn, chance: &mut Stream) -> Option<Target> {
    let weight = |pool: usize| if pools[pool].ready() > 0 { weights[pool] } else { 0.0 };
    let whole: f64 = (0..pools.len()).map(weight).sum();
    let mut left = unit(chance) * whole;
    // The last one with any weight takes what rounding leaves over.
    let mut chosen = None;
    for pool in (0..pools.len()).filter(|&pool| weight(pool) > 0.0) {
        chosen = Some(pool);
        left -= weight(pool);
        if left < 0.0 {
            break;
        }
    }
    let pool = chosen?;
    let place = pools[pool].next_ready(turn.places[pool]).or_else(|| pools[pool].next_ready(0))?;
    turn.places[pool] = place + 1;
    Some(Target { pool, place })
}

/// The worker with the fewest outstanding requests.
fn least(ties: Ties, pools: &[&Standing], chance: &mut Stream) -> Option<Target> {
    let fewest = pools.iter().filter_map(|pool| pool.fewest()).min()?;
    let pick = match ties {
        Ties::Lowest => 0,
        Ties::Random => {
            let equal: u64 = pools.iter().map(|pool| u64::from(pool.with_fewest(fewest))).sum();
            below(chance, equal) as u32
        }
    };
    let mut n = pick;
    for (pool, standing) in pools.iter().enumerate() {
        let equal = standing.with_fewest(fewest);
        if n < equal {
            return Some(Target { pool, place: standing.nth_fewest(n) });
        }
        n -= equal;
    }
    None
}

/// Two different workers at random; of them the one with fewer requests.
fn two(ties: Ties, pools: &[&Standing], chance: &mut Stream) -> Option<Target> {
    let ready = total(pools);
    if ready < 2 {
        return (ready == 1).then(|| nth(pools, 0));
    }
    let one = below(chance, ready) as u32;
    let mut other = below(chance, ready - 1) as u32;
    if other >= one {
        other += 1;
    }
    let first = match ties {
        Ties::Lowest => one.min(other),
        // They were drawn in random order, so the first drawn is a fair choice between equals.
        Ties::Random => one,
    };
    let second = if first == one { other } else { one };
    let (first, second) = (nth(pools, first), nth(pools, second));
    let outstanding = |target: Target| pools[target.pool].outstanding(target.place);
    Some(if outstanding(second) < outstanding(first) { second } else { first })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::chance::Key;

    fn standing(outstanding: &[Option<u32>]) -> Standing {
        let mut standing = Standing::default();
        for &requests in outstanding {
            let place = standing.add();
            if let Some(requests) = requests {
                standing.enter(place);
                for _ in 0..requests {
                    standing.take(place);
                }
            }
        }
        standing
    }

    fn start() -> Turn {
        Turn::new(2)
    }

    #[test]
    fn round_robin_goes_around_all_pools_and_skips_who_is_not_in_service() {
        let (a, b) = (standing(&[Some(0), None, Some(0)]), standing(&[Some(0)]));
        let pools = [&a, &b];
        let mut turn = start();
        let mut chance = Key::root(1, 0).stream();
        let places: Vec<(usize, u32)> = (0..5)
            .map(|_| {
                choose(&Routing::RoundRobin, Ties::Lowest, &pools, &mut turn, &mut chance).expect("some are ready")
            })
            .map(|target| (target.pool, target.place))
            .collect();
        assert_eq!(places, [(0, 0), (0, 2), (1, 0), (0, 0), (0, 2)]);
    }

    #[test]
    fn the_fewest_outstanding_wins_and_a_tie_goes_to_the_lowest_number() {
        let (a, b) = (standing(&[Some(2), Some(1), Some(1)]), standing(&[Some(1)]));
        let mut chance = Key::root(1, 0).stream();
        let found = choose(&Routing::LeastOutstanding, Ties::Lowest, &[&a, &b], &mut start(), &mut chance);
        assert_eq!(found, Some(Target { pool: 0, place: 1 }));
    }

    /// 3,000 draws among three equals: each binomial(3000, 1/3), sd 25.8; ±130 fails an honest program less
    /// than once in a million.
    #[test]
    fn random_ties_are_even() {
        let (a, b) = (standing(&[Some(2), Some(1), Some(1)]), standing(&[Some(1)]));
        let mut chance = Key::root(2, 0).stream();
        let mut counts = [0u32; 4];
        for _ in 0..3000 {
            let found = choose(&Routing::LeastOutstanding, Ties::Random, &[&a, &b], &mut start(), &mut chance);
            let target = found.expect("all are in service");
            counts[target.pool * 3 + target.place as usize] += 1;
        }
        assert_eq!(counts[0], 0);
        assert!(counts[1..].iter().all(|&count| (870..=1130).contains(&count)), "{counts:?}");
    }

    /// With two choices of three workers, the one with most requests is never chosen.
    #[test]
    fn of_two_the_less_loaded_is_chosen() {
        let a = standing(&[Some(0), Some(5), Some(9)]);
        let mut chance = Key::root(3, 0).stream();
        for _ in 0..200 {
            let found = choose(&Routing::PowerOfTwo, Ties::Lowest, &[&a], &mut start(), &mut chance);
            assert_ne!(found.expect("all are in service").place, 2);
        }
    }

    /// 8,000 draws at 3 to 1: binomial(8000, 3/4), sd 38.7; ±190 fails an honest program less than once in a million.
    #[test]
    fn weights_share_among_pools_that_are_in_service_and_workers_take_turns() {
        let (a, b, away) = (standing(&[Some(9), Some(0)]), standing(&[Some(0)]), standing(&[None]));
        let mut chance = Key::root(5, 0).stream();
        let (mut turn, mut counts) = (Turn::new(3), [[0u32; 2]; 2]);
        let routing = Routing::Weighted(vec![3.0, 1.0, 100.0]);
        for _ in 0..8_000 {
            let target = choose(&routing, Ties::Lowest, &[&a, &b, &away], &mut turn, &mut chance).expect("two serve");
            counts[target.pool][target.place as usize] += 1;
        }
        assert!((5_810..=6_190).contains(&(counts[0][0] + counts[0][1])), "{counts:?}");
        assert!(counts[0][0].abs_diff(counts[0][1]) <= 1, "{counts:?}");
        let nothing = Routing::Weighted(vec![0.0, 0.0, 1.0]);
        assert_eq!(choose(&nothing, Ties::Lowest, &[&a, &b, &away], &mut turn, &mut chance), None);
    }

    #[test]
    fn nobody_in_service_is_nobody() {
        let a = standing(&[None, None]);
        let mut chance = Key::root(4, 0).stream();
        let weighted = Routing::Weighted(vec![1.0]);
        for routing in [Routing::RoundRobin, Routing::LeastOutstanding, Routing::Random, Routing::PowerOfTwo, weighted]
        {
            assert_eq!(choose(&routing, Ties::Lowest, &[&a], &mut start(), &mut chance), None);
        }
    }
}
