//! Points in time grow, and times of the calendar can be read.

use crate::ground::time::Span;
use crate::scenario::complaint::Complaint;
use crate::scenario::cron::Cron;
use crate::scenario::draft::scaling::{Policy, Scaling};
use crate::scenario::draft::workload::Arrivals;
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::sight::{Kind, Sight, node_place};

pub(super) const RULE: Rule =
    Rule { about: "points of a profile grow with time, and times of a calendar can be read", check };

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (name, workload) in &sight.draft.workload {
        if let Arrivals::Profile(profile) = &workload.arrivals {
            let place = Place::of(&["workload", name, "arrivals", "profile", "points"]);
            let times: Vec<Span> = profile.points.iter().map(|(time, _)| time.0).collect();
            if times.is_empty() {
                complaints.push(
                    Complaint::error("E203", place.clone(), "a profile needs at least one point")
                        .advise("write instants and rates: `[[\"0h\", \"2/min\"], [\"2h\", \"20/min\"]]`"),
                );
            }
            grow(&times, &place, &mut complaints);
            if let (Some(repeat), Some(last)) = (profile.repeat.map(|time| time.0), times.last())
                && repeat < *last
            {
                let what = format!("the profile begins anew after {repeat}, before its last point at {last}");
                let place = Place::of(&["workload", name, "arrivals", "profile"]);
                complaints.push(
                    Complaint::error("E203", place.then("repeat"), what)
                        .advise(format!("repeat after {last} or later")),
                );
            }
        }
        if let Arrivals::Scripted(requests) = &workload.arrivals
            && requests.is_empty()
        {
            complaints.push(
                Complaint::error(
                    "E203",
                    Place::of(&["workload", name, "arrivals", "scripted"]),
                    "a script without a request",
                )
                .advise("add at least one: `{ at = \"0s\" }`"),
            );
        }
    }
    for (name, topology) in sight.topologies() {
        for (pool_name, pool) in &topology.pool {
            let place = node_place(name, Kind::Pool, pool_name).then("scaling");
            match &pool.scaling {
                Some(Scaling::Schedule(rows)) => {
                    let place = place.then("schedule");
                    for (index, row) in rows.iter().enumerate() {
                        cron(sight, row.cron.as_deref(), place.nth(index).then("cron"), &mut complaints);
                    }
                    if rows.iter().all(|row| row.cron.is_none()) {
                        grow(
                            &rows.iter().filter_map(|row| row.at).map(|time| time.0).collect::<Vec<_>>(),
                            &place,
                            &mut complaints,
                        );
                    }
                }
                Some(scaling @ (Scaling::Asg(_) | Scaling::EcsService(_))) => {
                    let Some(group) = scaling.bounded() else { continue };
                    for (index, policy) in group.policies.iter().enumerate() {
                        if let Policy::Scheduled(scheduled) = policy {
                            let place =
                                place.then(group.word).then("policies").nth(index).then("scheduled").then("cron");
                            cron(sight, scheduled.cron.as_deref(), place, &mut complaints);
                        }
                    }
                }
                Some(Scaling::Vertical(vertical)) => {
                    let times: Vec<Span> = vertical.at.iter().flatten().map(|(time, _)| time.0).collect();
                    grow(&times, &place.then("vertical").then("at"), &mut complaints);
                }
                Some(_) | None => {}
            }
        }
    }
    complaints
}

fn grow(times: &[Span], place: &Place, complaints: &mut Vec<Complaint>) {
    for (index, pair) in times.windows(2).enumerate() {
        if pair[1] <= pair[0] {
            let what = format!("{} does not come after {}", pair[1], pair[0]);
            let complaint =
                Complaint::error("E203", place.nth(index + 1), what).and(place.nth(index), "the one before");
            complaints.push(complaint.advise("write them in the order of time, each instant once"));
        }
    }
}

pub(super) fn cron(sight: &Sight<'_>, text: Option<&str>, place: Place, complaints: &mut Vec<Complaint>) {
    let Some(text) = text else { return };
    let length = sight.draft.run.length.map(|length| length.0);
    let read = Cron::read(text).and_then(|cron| match length {
        Some(length) => cron.instants(length).map(|_| ()),
        None => Err("a calendar needs the length of the run".to_owned()),
    });
    if let Err(what) = read {
        complaints.push(Complaint::error("E007", place, what).advise("`0 8 * * 1-5` is 8:00 from Monday to Friday"));
    }
}
