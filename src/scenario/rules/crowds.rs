//! What is there from the start, or may come in one instant, can be held; and what seldom comes is not looked for without end.

use crate::cloud::arrivals::{Arrivals, Profile, Shape};
use crate::cloud::topology::{Application, NodeKind, Topology};
use crate::ground::time::{SECOND, SimTime, Span};
use crate::scenario::complaint::Complaint;
use crate::scenario::place::Place;
use crate::scenario::rules::Foresight;
use crate::scenario::rules::flow::{most_workers, slots};

pub(super) const THERE: Foresight = Foresight {
    about: "no more than 20 million requests and users are there at the start, and no more than 20 million slots",
    check: there,
};

pub(super) const SELDOM: Foresight = Foresight {
    about: "a profile or bursts bring something before they have begun anew a million times",
    check: seldom,
};

/// Requests, users or slots that are there at once.
const CROWD_MAX: u64 = 20_000_000;

/// Rounds of a pattern in which nothing comes.
const ROUNDS_MAX: f64 = 1e6;

fn there(application: &Application, topology: &Topology, _: Option<Span>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let mut too_many = |count: u64, what: &str, place: Place| {
        if count > CROWD_MAX {
            let what = format!("{count} {what}");
            let advice = format!("at most {CROWD_MAX}: what matters shows with far fewer");
            complaints.push(Complaint::error("E201", place, what).advise(advice));
        }
    };
    let users = |arrivals: &Arrivals| match arrivals {
        Arrivals::Users { count, .. } => u64::from(*count),
        _ => 0,
    };
    let all = application.workloads.iter().map(|workload| u64::from(workload.at_start) + users(&workload.arrivals));
    too_many(all.sum(), "requests and users at the start", Place::of(&["workload"]));
    let mut first = 0u64;
    for node in &topology.nodes {
        let Some(pool) = node.kind.pool() else { continue };
        let each = u64::from(slots(pool));
        first = first.saturating_add(u64::from(pool.workers.unwrap_or(0)) * each);
        let most = most_workers(pool).map_or(0, u64::from) * each;
        let kind = match node.kind {
            NodeKind::Function(_) => "function",
            NodeKind::Cluster(_) => "cluster",
            _ => "pool",
        };
        let place = Place::of(&["topology", &topology.name, kind, &node.name]);
        too_many(most, "slots of all workers that there may be", place);
    }
    too_many(first, "slots of all workers at the start", Place::of(&["topology", &topology.name]));
    complaints
}

fn seldom(application: &Application, _: &Topology, _: Option<Span>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for workload in &application.workloads {
        let (word, come) = match &workload.arrivals {
            Arrivals::Bursts { calm, burst } => {
                ("bursts", [calm, burst].map(|phase| phase.rate * phase.lasts.mean() / SECOND as f64).iter().sum())
            }
            Arrivals::Profile(profile) => match profile.repeat {
                Some(repeat) => ("profile", of_one_round(profile, repeat)),
                None => continue,
            },
            _ => continue,
        };
        if come * ROUNDS_MAX < 1.0 {
            let what = format!("its pattern begins anew more than {ROUNDS_MAX} times before anything comes");
            let place = Place::of(&["workload", &workload.name, "arrivals", word]);
            complaints.push(Complaint::error("E201", place, what).advise("a higher rate, or a slower pattern"));
        }
    }
    complaints
}

/// How many a profile brings before it begins anew, on average.
fn of_one_round(profile: &Profile, repeat: Span) -> f64 {
    // The first rate holds before its point, the last one until all begins anew.
    let (Some(&(_, first)), Some(&(_, last))) = (profile.points.first(), profile.points.last()) else { return 0.0 };
    let points = std::iter::once((SimTime::START, first)).chain(profile.points.iter().copied());
    let ends = profile.points.iter().copied().chain(std::iter::once((SimTime::START + repeat, last)));
    let piece = |((from, low), (to, high)): ((SimTime, f64), (SimTime, f64))| {
        let width = to.seconds() - from.seconds();
        match profile.shape {
            Shape::Steps => low * width,
            Shape::Linear => (low + high) / 2.0 * width,
        }
    };
    points.zip(ends).map(piece).sum()
}
