//! The bound against all fleets there are, in cases small enough to try them all.

use rand::Rng;

use super::*;
use crate::ground::chance::{Key, below};

const MACHINES: usize = 3;

/// A case in whole seconds.
#[derive(Clone, Debug)]
struct Case {
    end: usize,
    boot: usize,
    minimum: usize,
    ready_at_start: bool,
    interrupts: bool,
    slots: usize,
    exempt: usize,
    /// Release, work, due.
    jobs: Vec<(usize, usize, usize)>,
}

impl Case {
    fn problem(&self) -> Problem {
        let job = |(number, &(release, work, _)): (usize, &(usize, usize, usize))| Job {
            request: number as u32,
            release: release as f64,
            work: work as f64,
            share: 1.0 / self.slots as f64,
        };
        let due = self.jobs.iter().map(|job| job.2 as f64).collect();
        Problem {
            end: self.end as f64,
            boot: self.boot as f64,
            minimum: self.minimum as f64,
            ready_at_start: self.ready_at_start,
            interrupts: self.interrupts,
            whole: true,
            jobs: self.jobs.iter().enumerate().map(job).collect(),
            demands: vec![Demand { due, exempt: self.exempt }],
        }
    }

    fn any(chance: &mut impl Rng) -> Case {
        let mut upto = |most: usize| below(chance, most as u64 + 1) as usize;
        let end = 5 + upto(2);
        let mut case = Case {
            end,
            boot: upto(4),
            minimum: upto(5),
            ready_at_start: upto(1) == 1,
            interrupts: upto(2) == 2,
            slots: 1 + upto(1),
            exempt: upto(2) / 2,
            jobs: Vec::new(),
        };
        for _ in 0..1 + upto(5) {
            let release = upto(end - 1);
            let work = 1 + upto(2.min(end - release - 1));
            let due = release + work + upto(end - release - work);
            case.jobs.push((release, work, due));
        }
        case
    }

    /// The cheapest of all fleets of at most three machines, if one of them is enough.
    fn cheapest(&self) -> Option<usize> {
        let mut fleets: Vec<(usize, Vec<usize>)> = Vec::new();
        for number in 0..(MACHINES + 1).pow(self.end as u32) {
            let size = |second: usize| number / (MACHINES + 1).pow(second as u32) % (MACHINES + 1);
            let fleet: Vec<usize> = (0..self.end).map(size).collect();
            fleets.push((self.cost(&fleet, false).min(self.cost(&fleet, true)), fleet));
        }
        fleets.sort_unstable();
        let jobs = self.jobs.len();
        let chosen = |left_out: &usize| left_out.count_ones() as usize <= self.exempt;
        let choices: Vec<Vec<(usize, usize, usize)>> = (0..1_usize << jobs)
            .filter(chosen)
            .map(|out| (0..jobs).filter(|job| out >> job & 1 == 0).map(|job| self.jobs[job]).collect())
            .collect();
        let enough = |fleet: &[usize]| {
            let room: Vec<usize> = fleet.iter().map(|size| size * self.slots).collect();
            choices.iter().any(|jobs| if self.interrupts { flows(jobs, &room) } else { fits(jobs, &mut room.clone()) })
        };
        fleets.iter().find(|(_, fleet)| enough(fleet)).map(|(cost, _)| *cost)
    }

    /// What a fleet costs of which the newest machine goes first, or the oldest.
    fn cost(&self, fleet: &[usize], newest: bool) -> usize {
        let mut there: Vec<usize> = Vec::new();
        let mut total = 0;
        let life = |from: usize, to: usize| {
            let boot = if from == 0 && self.ready_at_start { 0 } else { self.boot };
            (boot + to - from).max(self.minimum)
        };
        for (second, &size) in fleet.iter().chain([&0]).enumerate() {
            while there.len() > size {
                let from = if newest { there.pop().unwrap() } else { there.remove(0) };
                total += life(from, second);
            }
            there.resize(size, second);
        }
        total
    }
}

/// Whether all jobs have a place, each at a stretch.
fn fits(jobs: &[(usize, usize, usize)], room: &mut Vec<usize>) -> bool {
    let Some((&(release, work, due), others)) = jobs.split_first() else { return true };
    (release..=due - work).any(|from| {
        if room[from..from + work].contains(&0) {
            return false;
        }
        room[from..from + work].iter_mut().for_each(|room| *room -= 1);
        let fitted = fits(others, room);
        room[from..from + work].iter_mut().for_each(|room| *room += 1);
        fitted
    })
}

/// Whether all jobs have a place, second by second: a flow from jobs to seconds, path by path.
fn flows(jobs: &[(usize, usize, usize)], room: &[usize]) -> bool {
    fn find(
        job: usize,
        jobs: &[(usize, usize, usize)],
        room: &[usize],
        at: &mut Vec<Vec<bool>>,
        seen: &mut Vec<bool>,
    ) -> bool {
        for second in jobs[job].0..jobs[job].2 {
            if at[job][second] || seen[second] {
                continue;
            }
            seen[second] = true;
            let taken: Vec<usize> = (0..jobs.len()).filter(|&other| at[other][second]).collect();
            if taken.len() < room[second] {
                at[job][second] = true;
                return true;
            }
            for other in taken {
                if find(other, jobs, room, at, seen) {
                    at[other][second] = false;
                    at[job][second] = true;
                    return true;
                }
            }
        }
        false
    }
    let mut at = vec![vec![false; room.len()]; jobs.len()];
    (0..jobs.len()).all(|job| (0..jobs[job].1).all(|_| find(job, jobs, room, &mut at, &mut vec![false; room.len()])))
}

/// 600 cases of up to 6 jobs and 7 seconds, against all fleets of up to 3 machines and all that they can do: the bound is never
/// above the cheapest, however long its steps are.
#[test]
fn no_fleet_is_below_the_bound() {
    let mut tight = 0;
    let mut compared = 0;
    for seed in 0..600 {
        let case = Case::any(&mut Key::root(31, seed).stream());
        let Some(cheapest) = case.cheapest() else { continue };
        compared += 1;
        let mut best: f64 = 0.0;
        for steps in [1, 2, 3, case.end, 10 * case.end] {
            let found = in_steps(&case.problem(), steps);
            assert!(found.total <= cheapest as f64, "{} is above {cheapest}, in {steps} steps: {case:?}", found.total);
            assert!(
                (found.work + found.boots + found.idle - found.total).abs() < 1e-9 && found.idle >= 0.0,
                "{found:?}"
            );
            best = best.max(found.total);
        }
        tight += usize::from(best > cheapest as f64 - 1e-6);
    }
    assert!(compared > 500 && tight > 150, "{tight} of {compared} are exact");
}

/// Jobs of a second that must be served in the very second in which they come leave no choice: the bound is the cheapest fleet.
#[test]
fn without_a_choice_the_bound_is_the_cheapest_fleet() {
    for seed in 0..200 {
        let mut case = Case::any(&mut Key::root(32, seed).stream());
        (case.minimum, case.exempt, case.slots) = (0, 0, 1);
        case.jobs.iter_mut().for_each(|job| (job.1, job.2) = (1, job.0 + 1));
        let Some(cheapest) = case.cheapest() else { continue };
        let found = bound(&case.problem()).total;
        assert!((found - cheapest as f64).abs() < 1e-6, "{found} is not {cheapest}: {case:?}");
    }
}

fn case(boot: usize, jobs: &[(usize, usize, usize)]) -> Case {
    let end = jobs.iter().map(|job| job.2).max().unwrap();
    Case { end, boot, minimum: 0, ready_at_start: false, interrupts: false, slots: 1, exempt: 0, jobs: jobs.to_vec() }
}

fn costs(case: &Case, total: f64, boots: f64) {
    let found = bound(&case.problem());
    assert!((found.total - total).abs() < 1e-5, "{found:?} is not {total}: {case:?}");
    assert!((found.boots - boots).abs() < 1e-4, "{found:?}");
}

/// Solved by hand. Two seconds of work, four apart: with a boot of 2 s a second start is cheaper than waiting
/// (2 + 1 + 2 + 1), with one of 6 s it is not (6 + 1 + 4 + 1). May the second job begin at 2, it is waited for
/// (2 + 1 + 1 + 1).
#[test]
fn two_jobs_solved_by_hand() {
    costs(&case(2, &[(0, 1, 1), (5, 1, 6)]), 6.0, 4.0);
    costs(&case(6, &[(0, 1, 1), (5, 1, 6)]), 12.0, 6.0);
    costs(&case(2, &[(0, 1, 1), (2, 1, 6)]), 5.0, 2.0);
    // Whoever is there at the start waits for nothing.
    costs(&Case { ready_at_start: true, ..case(2, &[(0, 1, 1), (5, 1, 6)]) }, 4.0, 2.0);
    // With one of them as an exception, one start and one second are left.
    let found = bound(&Case { exempt: 1, ..case(2, &[(0, 1, 1), (5, 1, 6)]) }.problem());
    assert!(found.total <= 3.0, "{found:?}");
}

/// One machine of 60 s at the least, for a second of work every ten minutes: six starts in an hour, and nobody waits.
#[test]
fn a_minimum_is_paid_by_each_visit() {
    let jobs: Vec<_> = (0..6).map(|turn| (turn * 600, 1, turn * 600 + 300)).collect();
    let rare = Case { minimum: 60, end: 3_600, ..case(10, &jobs) };
    let found = bound(&rare.problem());
    assert!((found.total - 360.0).abs() < 1e-4, "{found:?}");
}

/// A day by the minute takes a moment, and what is found is what is due: all work, once all of it can wait.
#[test]
fn a_day_of_many_jobs() {
    let day = 86_400.0;
    let mut chance = Key::root(33, 0).stream();
    let mut jobs = Vec::new();
    for number in 0..20_000 {
        let release = below(&mut chance, 80_000) as f64;
        jobs.push(Job { request: number, release, work: 10.0 + below(&mut chance, 60) as f64, share: 0.5 });
    }
    let problem = |patience: f64| {
        let due = jobs.iter().map(|job| job.release + job.work + patience).collect();
        Problem {
            end: day,
            boot: 45.0,
            minimum: 60.0,
            ready_at_start: false,
            interrupts: false,
            whole: true,
            jobs: jobs.clone(),
            demands: vec![Demand { due, exempt: 0 }],
        }
    };
    let work: f64 = jobs.iter().map(|job| job.work * job.share).sum();
    let found: Vec<Bound> = [0.0, 60.0, 600.0, 6_000.0].map(|patience| bound(&problem(patience))).to_vec();
    for pair in found.windows(2) {
        assert!(pair[0].total > pair[1].total, "who may wait costs less: {found:?}");
    }
    assert!(found[3].total > work && found[3].total < work * 1.01, "{found:?} beside {work}");
    assert!(found[0].total > work * 1.03, "{found:?} beside {work}");
}
