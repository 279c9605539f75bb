//! What means and rates tell before anything runs: pools that can never keep up, runs that take very
//! long. All of it only warns, as it may be the point.

use crate::cloud::scaling::Scaling;
use crate::cloud::topology::{Application, Node, NodeKind, Pool, Topology, WorkloadId};
use crate::ground::time::{SECOND, Span};
use crate::scenario::complaint::Complaint;
use crate::scenario::place::Place;
use crate::scenario::rules::Foresight;
use crate::scenario::rules::flow::{Flow, Load, most_workers, rate, slots, word_of};

pub(super) const OVERLOAD: Foresight =
    Foresight { about: "no pool gets more work, on average, than its workers can do at the most", check: overload };
pub(super) const EFFORT: Foresight = Foresight {
    about: "one request becomes no more than 65,000 pieces of work, and one replication has fewer than a hundred million requests",
    check: effort,
};

/// Requests of one replication above which a run takes minutes.
const MANY: f64 = 1e8;

/// Pieces that one request may become: what is pending of it is counted in 16 bits.
const MOST_PIECES: f64 = 65_000.0;

/// Requests of one replication, or their visits, that nobody waits for.
const TOO_MANY: f64 = 1e11;

fn overload(application: &Application, topology: &Topology, length: Option<Span>) -> Vec<Complaint> {
    let flow = Flow::new(application, topology);
    let loads = flow.loads(length);
    let mut complaints = Vec::new();
    for (node, load) in topology.nodes.iter().zip(&loads) {
        let NodeKind::Pool(pool) = &node.kind else { continue };
        let (Some(most), true) = (most_workers(pool), load.visits > 0.0) else { continue };
        let slots = f64::from(most) * f64::from(slots(pool));
        // Exactly enough is not told: in the long run it is too little too, but it is what textbooks begin with.
        if load.busy > slots * 1.000_001 {
            complaints.push(overloaded(topology, node, pool, *load, most));
        }
    }
    complaints
}

fn overloaded(topology: &Topology, node: &Node, pool: &Pool, load: Load, most: u32) -> Complaint {
    let slots = slots(pool);
    let mean = load.busy / load.visits;
    let (come, done) = rates(load.visits, f64::from(most) * f64::from(slots) / mean);
    let place = Place::of(&["topology", &topology.name, "pool", &node.name]);
    let (bound, place) = match &pool.scaling {
        Scaling::Fixed | Scaling::Nodes(_) => ("", place.then("workers")),
        Scaling::Vertical(_) => ("", place.then("scaling")),
        Scaling::Timetable(_) => ("at the most ", place.then("scaling").then("schedule")),
        Scaling::Reactive(rule) => ("at the most ", place.then("scaling").then(rule.word()).then("max")),
        Scaling::Pods(pods) => ("at the most ", place.then("scaling").then(pods.word()).then("max")),
        Scaling::Group(group) => ("at the most ", place.then("scaling").then(word_of(group)).then("max")),
    };
    let what = format!(
        "pool `{}` of topology `{}` can never keep up: {come} come, and {bound}{} of {} {} {done} at {} each",
        node.name,
        topology.name,
        counted(most, "worker"),
        counted(slots, "slot"),
        if most == 1 { "does" } else { "do" },
        shown(mean),
    );
    let enough = (load.busy / f64::from(slots)).floor() as u64 + 1;
    let advice = format!("{enough} workers would keep it below 100 %, unless overload is the point");
    Complaint::warning("W101", place, what).advise(advice)
}

fn effort(application: &Application, topology: &Topology, length: Option<Span>) -> Vec<Complaint> {
    let seconds = length.map_or(0.0, Span::seconds);
    let requests = application.workloads.iter().map(|workload| rate(workload, length)).sum::<f64>() * seconds;
    let mut complaints = Vec::new();
    let flow = Flow::new(application, topology);
    for (index, workload) in application.workloads.iter().enumerate() {
        let pieces = flow.pieces(WorkloadId::at(index));
        if pieces > MOST_PIECES {
            let what = format!(
                "one request of `{}` becomes about {} thousand pieces of work in topology `{}`, and 65 thousand are the most",
                workload.name,
                (pieces / 1e3).round(),
                topology.name
            );
            let place = Place::of(&["topology", &topology.name]);
            complaints.push(
                Complaint::error("E201", place, what)
                    .advise("fewer `copies`: where steps that send several follow each other, they multiply"),
            );
        }
    }
    let visits = flow.loads(length).iter().map(|load| load.visits).sum::<f64>() * seconds;
    let (most, of) = if requests >= visits { (requests, "requests") } else { (visits, "visits of requests to nodes") };
    let what = format!("one replication has about {} million {of}", (most / 1e6).round());
    let place = Place::of(&["run", "length"]);
    let complaint = if most > TOO_MANY {
        Complaint::error("E201", place, what)
    } else if requests > MANY {
        Complaint::warning("W106", place, what)
    } else {
        return complaints;
    };
    complaints.push(complaint.advise("a shorter run, or a lower rate, tells as much in less time"));
    complaints
}

/// `1 slot`, `4 slots`.
pub(super) fn counted(number: u32, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// Two rates in one unit, in which neither is a small fraction.
pub(super) fn rates(one: f64, other: f64) -> (String, String) {
    let units = [("s", 1.0), ("min", 60.0), ("h", 3_600.0), ("d", 86_400.0)];
    let fits = |(_, seconds): &&(&str, f64)| one.min(other) * seconds >= 0.1;
    let (unit, seconds) = units.iter().find(fits).copied().unwrap_or(units[3]);
    (format!("{}/{unit}", round(one * seconds)), format!("{}/{unit}", round(other * seconds)))
}

/// To three digits.
fn round(number: f64) -> f64 {
    let mut scale = 1.0;
    while number > 0.0 && number * scale < 100.0 && scale < 1e12 {
        scale *= 10.0;
    }
    (number * scale).round() / scale
}

/// Seconds as a duration of a few digits.
pub(super) fn shown(seconds: f64) -> String {
    Span::from_nanos((round(seconds) * SECOND as f64).round() as u64).to_string()
}
