//! Trouble names what it hits and when.

use crate::scenario::complaint::{Complaint, did_you_mean};
use crate::scenario::draft::fault::{Course, Crash, Faults, Held, Outage, Slow};
use crate::scenario::draft::quantities::{Amount, Share, Whole};
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::rules::pairs::one_of;
use crate::scenario::rules::ranges::Ranges;
use crate::scenario::sight::{Kind, Sight, node_place};

pub(super) const RULE: Rule =
    Rule { about: "trouble names something that exists, when it begins, and how it goes on", check };

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    each(sight, &sight.draft.fault, &Place::of(&["fault"]), &sight.declared("topology"), &mut complaints);
    for (name, topology) in sight.topologies() {
        each(sight, &topology.fault, &Place::of(&["topology", name, "fault"]), &[name], &mut complaints);
    }
    complaints
}

fn each(sight: &Sight<'_>, faults: &Faults, place: &Place, topologies: &[&str], complaints: &mut Vec<Complaint>) {
    for (name, outage) in &faults.outage {
        away(sight, outage, &place.then("outage").then(name), topologies, complaints);
    }
    for (name, crash) in &faults.crash {
        crashes(sight, crash, &place.then("crash").then(name), topologies, complaints);
    }
    for (name, stop) in &faults.stop {
        let place = place.then("stop").then(name);
        let is_pool = |kind: Kind| kind == Kind::Pool;
        exists(sight, ("pool", &stop.pool), &is_pool, &place.then("pool"), topologies, complaints);
        let mut ranges = Ranges::default();
        ranges.within("as a worker's number", stop.worker, 1, u64::from(u32::MAX), place.then("worker"));
        complaints.extend(ranges.complaints);
    }
    for (name, reclaim) in &faults.reclaim {
        workers(sight, &reclaim.pool, reclaim.worker, &place.then("reclaim").then(name), topologies, complaints);
    }
    for (name, zone) in &faults.zone {
        let place = place.then("zone").then(name).then("zone");
        let of = |topology: &&str| sight.draft.topology.get(*topology).and_then(|topology| topology.zones.as_ref());
        let known: Vec<&str> = topologies.iter().filter_map(of).flatten().map(String::as_str).collect();
        if !known.contains(&zone.zone.as_str()) {
            let what = format!("no topology that this concerns has a zone `{}`", zone.zone);
            let advice = did_you_mean(&zone.zone, known)
                .unwrap_or_else(|| "name the zones of a topology: `zones = [\"a\", \"b\"]`".to_owned());
            complaints.push(Complaint::error("E101", place, what).advise(advice));
        }
    }
    for (name, slow) in &faults.slow {
        slows(sight, slow, &place.then("slow").then(name), topologies, complaints);
    }
    for (name, poison) in &faults.poison {
        let place = place.then("poison").then(name);
        work_exists(sight, &poison.component, "that could fail", &place.then("component"), complaints);
        of_some(poison.share, "no request is such a one", &place.then("share"), complaints);
    }
    for (name, throttle) in &faults.throttle {
        let place = place.then("throttle").then(name);
        exists(sight, ("node", &throttle.node), &|_| true, &place.then("node"), topologies, complaints);
        of_some(throttle.share, "nothing is refused", &place.then("share"), complaints);
    }
    for (kind, name, course) in faults.courses() {
        comes(kind, &course, &place.then(kind).then(name), complaints);
    }
}

fn away(sight: &Sight<'_>, outage: &Outage, place: &Place, topologies: &[&str], complaints: &mut Vec<Complaint>) {
    one_of(&[("component", outage.component.is_some()), ("node", outage.node.is_some())], place, complaints);
    if let Some(component) = &outage.component {
        work_exists(sight, component, "that could be away", &place.then("component"), complaints);
    }
    if let Some(node) = &outage.node {
        let any = |_: Kind| true;
        exists(sight, ("node", node), &any, &place.then("node"), topologies, complaints);
    }
}

/// A work that trouble is about is some request's.
fn work_exists(sight: &Sight<'_>, name: &str, which: &str, place: &Place, complaints: &mut Vec<Complaint>) {
    let given = sight.declared("work");
    if !given.contains(&name) && sight.works.id(name).is_none() {
        let known = given.iter().copied().chain(sight.works.names().filter(|name| !given.contains(name)));
        let what = format!("there is no work `{name}` {which}");
        complaints.push(Complaint::error("E102", place.clone(), what).advise_if(did_you_mean(name, known)));
    }
}

/// A share that is of anything.
fn of_some(share: Share, what: &str, place: &Place, complaints: &mut Vec<Complaint>) {
    if share.0 == 0.0 {
        complaints.push(Complaint::error("E201", place.clone(), what).advise("give a share above 0%"));
    }
}

/// How many times as long work may take at the most.
const SLOWEST: f64 = 1_000.0;

fn slows(sight: &Sight<'_>, slow: &Slow, place: &Place, topologies: &[&str], complaints: &mut Vec<Complaint>) {
    if let Some(component) = &slow.component {
        work_exists(sight, component, "that could be slow", &place.then("component"), complaints);
    }
    match &slow.pool {
        Some(pool) if slow.worker.is_some() => workers(sight, pool, slow.worker, place, topologies, complaints),
        Some(pool) => {
            let is_pool = |kind: Kind| kind == Kind::Pool;
            exists(sight, ("pool", pool), &is_pool, &place.then("pool"), topologies, complaints);
        }
        None if slow.worker.is_some() => complaints.push(
            Complaint::error("E108", place.then("worker").key(), "`worker` needs `pool`: whose worker is slow?")
                .advise("name the pool"),
        ),
        None if slow.component.is_none() => complaints.push(
            Complaint::error("E108", place.clone(), "nothing says what is slow")
                .advise("name a work as `component`, or a `pool`, or both"),
        ),
        None => {}
    }
    let factor = slow.factor.0;
    if !(factor > 1.0 && factor <= SLOWEST) {
        let what = format!("work that takes {factor} times as long");
        complaints.push(
            Complaint::error("E201", place.then("factor"), what)
                .advise(format!("above 1, at most {SLOWEST}: 3 is three times as long")),
        );
    }
}

fn crashes(sight: &Sight<'_>, crash: &Crash, place: &Place, topologies: &[&str], complaints: &mut Vec<Complaint>) {
    workers(sight, &crash.pool, crash.worker, place, topologies, complaints);
    if crash.clock.is_some() && crash.every.is_none() {
        let what = "`clock` needs `every`: an instant has no time to it that could count";
        complaints.push(Complaint::error("E108", place.then("clock").key(), what).advise("take it out"));
    }
    if crash.repairers.is_some() && crash.lasts.is_none() {
        let what = "`repairers` needs `lasts`: nobody is ever mended";
        complaints
            .push(Complaint::error("E108", place.then("repairers").key(), what).advise("say how long it `lasts`"));
    }
    let mut ranges = Ranges::default();
    ranges.within("repairers", crash.repairers, 1, u64::from(u32::MAX), place.then("repairers"));
    complaints.extend(ranges.complaints);
}

/// The workers that a fault hits are those of a pool that exists and has workers who are told apart.
fn workers(
    sight: &Sight<'_>,
    pool: &str,
    worker: Option<Whole>,
    place: &Place,
    topologies: &[&str],
    complaints: &mut Vec<Complaint>,
) {
    let is_pool = |kind: Kind| matches!(kind, Kind::Pool | Kind::Cluster);
    exists(sight, ("pool", pool), &is_pool, &place.then("pool"), topologies, complaints);
    for name in topologies {
        let drafted = sight.draft.topology.get(*name).and_then(|topology| topology.pool.get(pool));
        if drafted.is_some_and(|pool| matches!(pool.workers, Some(Amount::Unlimited))) {
            let what = format!("workers of `{pool}` are without number, so none of them can fail by itself");
            complaints.push(
                Complaint::error("E108", place.then("pool"), what)
                    .and(node_place(name, Kind::Pool, pool).then("workers"), "here")
                    .advise("let the node have an `outage`, or give the pool a number of workers"),
            );
        }
    }
    let mut ranges = Ranges::default();
    ranges.within("as a worker's number", worker, 1, u64::from(u32::MAX), place.then("worker"));
    complaints.extend(ranges.complaints);
}

/// A node that a fault names stands in some topology that it concerns.
fn exists(
    sight: &Sight<'_>,
    (what, name): (&str, &str),
    wanted: &dyn Fn(Kind) -> bool,
    place: &Place,
    topologies: &[&str],
    complaints: &mut Vec<Complaint>,
) {
    let all = topologies.iter().flat_map(|topology| sight.nodes(topology));
    let known: Vec<&str> = all.filter(|(_, kind)| wanted(*kind)).map(|(name, _)| name).collect();
    if known.contains(&name) {
        return;
    }
    let whose = if let [only] = topologies {
        format!("topology `{only}` has no {what} `{name}`")
    } else {
        format!("no topology has a {what} `{name}`")
    };
    complaints.push(Complaint::error("E101", place.clone(), whose).advise_if(did_you_mean(name, known)));
}

/// When trouble comes, and how it goes on: what every kind has.
fn comes(kind: &str, course: &Course<'_>, place: &Place, complaints: &mut Vec<Complaint>) {
    one_of(&[("at", course.at.is_some()), ("every", course.every.is_some())], place, complaints);
    if let Some(at) = course.at {
        for (index, pair) in at.times.windows(2).enumerate() {
            if pair[1] <= pair[0] {
                let what = format!("{} does not come after {}", pair[1], pair[0]);
                complaints.push(
                    Complaint::error("E203", place.then("at").nth(index + 1), what)
                        .advise("write them in the order of time, each instant once"),
                );
            }
        }
        if at.times.is_empty() {
            complaints.push(
                Complaint::error("E203", place.then("at"), "trouble that never begins")
                    .advise("give at least one instant, or take it out"),
            );
        }
    }
    // What is taken does not come back, and what is stopped a step may start.
    if course.every.is_some() && course.lasts.is_none() && !matches!(kind, "reclaim" | "stop") {
        complaints.push(
            Complaint::error(
                "E108",
                place.then("every").key(),
                "it begins so long after the end of the last one, and none ends",
            )
            .advise("say how long it `lasts`"),
        );
    }
    if matches!(kind, "poison" | "throttle") && course.held.is_some_and(|held| held != Held::Finish) {
        let what = "work in hand is not touched by such trouble";
        complaints.push(Complaint::error("E108", place.then("held"), what).advise("take it out"));
    }
    if kind == "stop" && course.held == Some(Held::Finish) {
        let what = "nothing is finished in a machine that is stopped";
        complaints.push(
            Complaint::error("E108", place.then("held"), what)
                .advise("let it be \"lost\" or \"back\", or \"resume\" what is left when the machine serves again"),
        );
    }
    let goes_on = matches!(course.held, Some(Held::Resume | Held::Restart | Held::Redraw));
    if course.moves == Some(true) && !goes_on {
        let what = "`moves` is about work that goes on later, and this does not";
        complaints.push(
            Complaint::error("E108", place.then("moves").key(), what)
                .advise("let `held` be \"resume\", \"restart\" or \"redraw\", or take it out"),
        );
    }
}
