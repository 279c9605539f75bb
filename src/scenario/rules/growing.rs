//! Groups that may not grow far enough, and those that do not wait for what they asked for.

use crate::cloud::arrivals::Arrivals;
use crate::cloud::scaling::{Change, CooldownFrom, Group, Policy, Scaling};
use crate::cloud::topology::{Application, NodeKind, Pool, Topology, Workload, WorkloadId};
use crate::ground::distribution::Distribution;
use crate::ground::maths;
use crate::ground::time::{SECOND, Span};
use crate::scenario::complaint::Complaint;
use crate::scenario::place::Place;
use crate::scenario::rules::Foresight;
use crate::scenario::rules::flow::{Flow, Load, most_workers, profile_rate, rate, word_of};
use crate::scenario::rules::stability::{counted, rates, shown};

pub(super) const MAXIMUM: Foresight =
    Foresight { about: "a group's maximum is enough for the busiest hour", check: maximum };
pub(super) const COOLDOWN: Foresight = Foresight {
    about: "a group that adds workers rests until those it asked for last are in service",
    check: cooldown,
};

/// Steps of a run by which its busiest hour is found: a warning needs no more.
const STEPS: usize = 1_000;

/// A peak is judged over an hour, or over a quarter of a shorter run: what is over sooner, a line bears.
const HOUR: f64 = 3_600.0;

fn maximum(application: &Application, topology: &Topology, length: Option<Span>) -> Vec<Complaint> {
    let Some(seconds) = length.map(Span::seconds).filter(|seconds| *seconds > 0.0) else { return Vec::new() };
    let flow = Flow::new(application, topology);
    let average = flow.loads(length);
    let mut complaints = Vec::new();
    let mut rows: Option<Vec<(Vec<f64>, Vec<Load>)>> = None;
    for (index, node) in topology.nodes.iter().enumerate() {
        let NodeKind::Pool(pool) = &node.kind else { continue };
        let (Scaling::Group(group), Some(most)) = (&pool.scaling, most_workers(pool)) else { continue };
        let slots = f64::from(most) * f64::from(pool.slots);
        // A group without policies has no maximum to speak of, and what is too much on average has its own complaint.
        if group.policies.is_empty() || average[index].busy > slots {
            continue;
        }
        let rows = rows.get_or_insert_with(|| {
            let each = application.workloads.iter().enumerate();
            each.map(|(at, workload)| (course(workload, seconds), flow.of_one(WorkloadId::at(at)))).collect()
        });
        let load = |step: usize, of: fn(&Load) -> f64| -> f64 {
            rows.iter().map(|(rates, loads)| rates[step] * of(&loads[index])).sum()
        };
        let busy: Vec<f64> = (0..STEPS).map(|step| load(step, |load| load.busy)).collect();
        let window = ((HOUR.min(seconds / 4.0) / seconds * STEPS as f64).round() as usize).clamp(1, STEPS);
        let Some((first, peak)) = busiest(&busy, window) else { continue };
        if peak > slots * 1.000_001 {
            let visits =
                (first..first + window).map(|step| load(step, |load| load.visits)).sum::<f64>() / window as f64;
            let (come, done) = rates(visits, slots * visits / peak);
            let what = format!(
                "pool `{}` of topology `{}` can't keep up from {} on, for {}: {come} come, and at the most {} of {} do {done}",
                node.name,
                topology.name,
                shown(seconds * first as f64 / STEPS as f64),
                shown(seconds * window as f64 / STEPS as f64),
                counted(most, "worker"),
                counted(pool.slots, "slot"),
            );
            let enough = (peak / f64::from(pool.slots)).floor() as u64 + 1;
            let place = Place::of(&["topology", &topology.name, "pool", &node.name, "scaling", word_of(group), "max"]);
            complaints.push(
                Complaint::warning("W108", place, what)
                    .advise(format!("`max = {enough}` would do, unless a line that grows is the point")),
            );
        }
    }
    complaints
}

/// Where the so many steps begin whose mean is the greatest, and that mean.
fn busiest(course: &[f64], window: usize) -> Option<(usize, f64)> {
    let means = course.windows(window).map(|steps| steps.iter().sum::<f64>() / window as f64);
    means.enumerate().fold(None, |best, (at, mean)| match best {
        Some((_, most)) if most >= mean => best,
        _ => Some((at, mean)),
    })
}

/// Requests a second of a workload, step by step of the run.
fn course(workload: &Workload, seconds: f64) -> Vec<f64> {
    let width = seconds / STEPS as f64;
    let middle = |step: usize| (step as f64 + 0.5) * width;
    let batch = workload.batch.as_ref().map_or(1.0, |batch| batch.mean());
    match &workload.arrivals {
        Arrivals::Profile(profile) => (0..STEPS).map(|step| batch * profile_rate(profile, middle(step))).collect(),
        Arrivals::Sine(sine) => {
            let turn = |time: f64| std::f64::consts::TAU * (time + sine.phase.seconds()) / sine.period.seconds();
            (0..STEPS).map(|step| batch * (sine.mean + sine.amplitude * maths::sin(turn(middle(step))))).collect()
        }
        Arrivals::Instants(rows) => {
            let mut course = vec![0.0; STEPS];
            for row in rows.iter() {
                if let Some(step) = course.get_mut((row.at.seconds() / width) as usize) {
                    *step += batch / width;
                }
            }
            course
        }
        Arrivals::Counts { cells, .. } => {
            let mut next = 0;
            let at = |step: usize| {
                while cells.get(next).is_some_and(|cell| cell.to.seconds() <= middle(step)) {
                    next += 1;
                }
                let cell = cells.get(next).filter(|cell| cell.from.seconds() <= middle(step));
                cell.map_or(0.0, |cell| {
                    batch * cell.thousandths as f64 / 1_000.0 / (cell.to.seconds() - cell.from.seconds())
                })
            };
            (0..STEPS).map(at).collect()
        }
        _ => vec![rate(workload, Some(Span::from_nanos((seconds * SECOND as f64) as u64))); STEPS],
    }
}

fn cooldown(_: &Application, topology: &Topology, _: Option<Span>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for node in &topology.nodes {
        let NodeKind::Pool(pool) = &node.kind else { continue };
        let Scaling::Group(group) = &pool.scaling else { continue };
        let coming = coming(pool, group);
        let place = Place::of(&["topology", &topology.name, "pool", &node.name, "scaling", "asg"]);
        for (index, policy) in group.policies.iter().enumerate() {
            // The other policies count who is on the way, and nobody is on the way out for long.
            let Policy::Simple(simple) = policy else { continue };
            if matches!(simple.change, Change::By(change) if change <= 0)
                || matches!(simple.change, Change::Percent(percent) if percent <= 0.0)
            {
                continue;
            }
            let rest = simple.cooldown.unwrap_or(group.cooldown);
            if rest.seconds() >= coming {
                continue;
            }
            let what = format!(
                "pool `{}` of topology `{}` rests for {rest} after a change, and a new worker serves {} {} on average: \
                 while the first is not there yet, the next is asked for",
                node.name,
                topology.name,
                shown(coming),
                if group.cooldown_from == CooldownFrom::Decision {
                    "after it was decided"
                } else {
                    "after its machine runs"
                },
            );
            // One line of a timetable can be several policies, so the number is only right up to the first of them.
            let timetables = group.policies[..index].iter().any(|policy| matches!(policy, Policy::Scheduled(_)));
            let place = if timetables { place.then("policies") } else { place.then("policies").nth(index) };
            complaints.push(
                Complaint::warning("W109", place, what)
                    .advise("a longer `cooldown`, or a `step` policy with `warm-up`, which counts who is on the way"),
            );
        }
    }
    complaints
}

/// Seconds from where a group's rest begins until the worker it asked for serves, on average.
fn coming(pool: &Pool, group: &Group) -> f64 {
    let seconds = |law: &Distribution| law.mean() / SECOND as f64;
    let boot = seconds(&pool.life.boot);
    match group.cooldown_from {
        CooldownFrom::Decision => seconds(&group.lag) + seconds(&pool.life.pending) + boot,
        CooldownFrom::DrainStart | CooldownFrom::DrainEnd => boot,
    }
}
