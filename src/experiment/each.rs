//! The same for each of many numbers, on several threads; what comes of it stands in the order of the numbers.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

/// Does `one` for each number from 0, on so many threads (`None`: as many as the machine runs at once). Ends early with the first
/// failure by number of those that were met.
///
/// # Errors
/// What `one` failed with.
///
/// # Panics
/// Where `one` does.
pub fn each<T: Send, E: Send>(
    count: u32,
    threads: Option<NonZeroUsize>,
    one: impl Fn(u32) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let threads = threads.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    let next = AtomicU32::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return done;
            }
            let found = one(number);
            let failed = found.is_err();
            done.push((number, found));
            if failed {
                // The others find nothing more to do.
                next.store(count, Ordering::Relaxed);
                return done;
            }
        }
    };
    let mut all: Vec<(u32, Result<T, E>)> = thread::scope(|scope| {
        let crew: Vec<_> = (0..threads.min(count as usize)).map(|_| scope.spawn(work)).collect();
        let joined = crew.into_iter().map(|thread| match thread.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        joined.flatten().collect()
    });
    all.sort_by_key(|(number, _)| *number);
    all.into_iter().map(|(_, found)| found).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_of_it_stands_in_order() {
        for threads in [1, 3, 9] {
            let found = each(7, NonZeroUsize::new(threads), |number| Ok::<u32, ()>(number * number));
            assert_eq!(found, Ok(vec![0, 1, 4, 9, 16, 25, 36]));
        }
        assert_eq!(each(0, None, |_| Ok::<u32, ()>(1)), Ok(Vec::new()));
    }

    #[test]
    fn a_failure_ends_it() {
        let found = each(1_000, NonZeroUsize::new(2), |number| if number == 5 { Err(number) } else { Ok(number) });
        assert_eq!(found, Err(5));
    }
}
