//! Environments of functions that serve several requests at once.

use super::functions::{alone, function, gone};
use super::{application, at, brings, diary, seconds, work};
use crate::cloud::fact::{Fact, Start};
use crate::cloud::topology::{AfterTimeout, Function};
use crate::ground::time::Span;

/// Runs of 3 s, two at once in an environment. The second comes while the first has it initialised, and waits with it until
/// 1 s. The third has another made, in which the fourth finds room at 2 s; the fifth has a third made. At 4.5 s the first one
/// is idle, and the sixth goes into the third all the same, as that is at work. The last finds all of them idle, and uses the
/// one that was used last. What an environment ran is told as it grows, with what was told before.
#[test]
fn an_environment_serves_several_at_once_and_its_time_is_told_once() {
    let application = application(at(&[0.0, 0.5, 0.75, 2.0, 3.0, 4.5, 30.0]), vec![seconds(3.0)]);
    let mut plan = function(vec![work(0)], 0);
    plan.desk.slots = 2;
    let diary = diary(&application, &alone(plan), 50.0);
    let told = diary.iter().filter_map(|(at, fact)| match *fact {
        Fact::Invoked { environment, start, init, ran, before, .. } => {
            Some((*at, environment, start, init.seconds(), ran.seconds(), before.map(Span::seconds)))
        }
        _ => None,
    });
    let expected = [
        (4.0, 1, Start::Cold, 1.0, 3.0, None),
        (4.0, 1, Start::Joined, 1.0, 3.0, Some(3.0)),
        (4.75, 2, Start::Cold, 1.0, 3.0, None),
        (5.0, 2, Start::Warm, 1.0, 3.25, Some(3.0)),
        (7.0, 3, Start::Cold, 1.0, 3.0, None),
        (7.5, 3, Start::Warm, 1.0, 3.5, Some(3.0)),
        (33.0, 3, Start::Warm, 0.0, 3.0, None),
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected);
}

/// Runs of 3 s that are cut off after 2, in environments of two: the first ends at 2 s, and its environment takes nobody else
/// in; the third has one made at 2.5 s. The first goes with its other run at 3 s, or is initialised again in the next one.
#[test]
fn an_environment_with_a_run_that_was_too_long_is_left_by_all() {
    let played = |after_timeout| {
        let application = application(at(&[0.0, 1.0, 2.5, 20.0, 20.5]), vec![seconds(3.0)]);
        let timeout = Some(Span::from_secs(2));
        let mut plan = Function { timeout, after_timeout, init: seconds(0.5), ..function(vec![work(0)], 0) };
        plan.desk.slots = 2;
        let diary = diary(&application, &alone(plan), 50.0);
        let runs = diary.iter().filter_map(|(at, fact)| match *fact {
            Fact::Invoked { environment, .. } => Some((*at, environment)),
            _ => None,
        });
        (runs.collect::<Vec<_>>(), gone(&diary))
    };
    let discarded = (vec![(2.5, 1), (3.0, 1), (5.0, 2), (22.5, 3), (22.5, 3)], vec![(1, 3.0), (2, 5.0), (3, 22.5)]);
    assert_eq!(played(AfterTimeout::Discard), discarded);
    let reset = (vec![(2.5, 1), (3.0, 1), (5.0, 2), (22.0, 2), (22.5, 2)], vec![]);
    assert_eq!(played(AfterTimeout::Reset), reset);
}

/// Two fill the first environment, which initialises for 10 s; the third has another made at 5 s. At 14 s the first is idle and
/// the second still initialises, with room: nobody waits beside an environment that is ready.
#[test]
fn an_environment_that_is_ready_comes_before_one_that_is_not() {
    let application = application(at(&[0.0, 0.0, 5.0, 14.0]), vec![seconds(3.0)]);
    let mut plan = Function { init: seconds(10.0), ..function(vec![work(0)], 0) };
    plan.desk.slots = 2;
    let diary = diary(&application, &alone(plan), 50.0);
    let told = diary.iter().filter_map(|(at, fact)| match *fact {
        Fact::Invoked { environment, start, .. } => Some((*at, environment, start)),
        _ => None,
    });
    let expected = [(13.0, 1, Start::Cold), (13.0, 1, Start::Joined), (17.0, 1, Start::Warm), (18.0, 2, Start::Cold)];
    assert_eq!(told.collect::<Vec<_>>(), expected);
}

/// A run is cut off at 22 s, and the next one, which initialises again for 11 s, at 40 s before that is over. A third waits with
/// it from 34 s on and runs at 41 s. The environment was reset at 40 s all the same: the fourth initialises again, too long.
#[test]
fn a_reset_is_not_undone_by_who_waits_beside_it() {
    let application = application(brings(&[(1.0, 60.0), (30.0, 60.0), (34.0, 1.0), (50.0, 1.0)]), vec![seconds(1.0)]);
    let (timeout, after_timeout) = (Some(Span::from_secs(10)), AfterTimeout::Reset);
    let mut plan = Function { timeout, after_timeout, init: seconds(11.0), ..function(vec![work(0)], 0) };
    plan.desk.slots = 2;
    let diary = diary(&application, &alone(plan), 90.0);
    let ends = diary.iter().filter(|(_, fact)| matches!(fact, Fact::Invoked { .. })).map(|(at, _)| *at);
    assert_eq!(ends.collect::<Vec<_>>(), [22.0, 40.0, 42.0, 60.0]);
}
