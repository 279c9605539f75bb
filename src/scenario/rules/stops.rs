//! Machines that somebody stops are machines, and can be stopped.

use crate::scenario::complaint::Complaint;
use crate::scenario::draft::Topology;
use crate::scenario::draft::fault::Faults;
use crate::scenario::draft::node::{Platform, Pool};
use crate::scenario::draft::quantities::Amount;
use crate::scenario::draft::scaling::Scaling;
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::rules::capacity::WORKERS_MAX;
use crate::scenario::rules::ranges::Ranges;
use crate::scenario::sight::{Kind, Sight, node_place};

pub(super) const RULE: Rule = Rule { about: "what is stopped or started is a machine that can be", check };

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (name, topology) in sight.topologies() {
        for (pool_name, pool) in &topology.pool {
            if pool.stopped.is_some_and(|machines| machines.0 > 0) {
                lying(pool_name, pool, &node_place(name, Kind::Pool, pool_name).then("stopped"), &mut complaints);
            }
        }
        faults(&topology.fault, &[topology], &Place::of(&["topology", name, "fault"]), &mut complaints);
    }
    let all: Vec<&Topology> = sight.topologies().map(|(_, topology)| topology).collect();
    faults(&sight.draft.fault, &all, &Place::of(&["fault"]), &mut complaints);
    complaints
}

/// Why nobody can stop a machine of a pool, and what to do instead.
pub(super) fn unstoppable(pool: &Pool) -> Option<(&'static str, &'static str)> {
    match &pool.platform {
        Some(Platform::Ec2(ec2)) if ec2.spot.is_some_and(|spot| spot.share() >= 1.0) => {
            Some(("are Spot, which their owner can't stop", "let the provider `reclaim` them"))
        }
        _ => has_no_machines(pool),
    }
}

/// Why the workers of a pool are no machines that somebody could name, and what to do instead.
pub(super) fn has_no_machines(pool: &Pool) -> Option<(&'static str, &'static str)> {
    match &pool.platform {
        Some(Platform::Kubernetes(_)) => Some(("are pods and no machines", "let them `crash`")),
        Some(Platform::Fargate(_) | Platform::Ecs(_)) => Some(("are tasks and no machines", "let them `crash`")),
        _ if matches!(pool.workers, Some(Amount::Unlimited)) => {
            Some(("are without number, so nobody can name one", "give the pool a number of workers"))
        }
        _ => None,
    }
}

/// Machines that lie stopped from the start.
fn lying(name: &str, pool: &Pool, place: &Place, complaints: &mut Vec<Complaint>) {
    let mut ranges = Ranges::default();
    ranges.within("stopped machines", pool.stopped, 0, WORKERS_MAX, place.clone());
    complaints.extend(ranges.complaints);
    if let Some((what, _)) = unstoppable(pool) {
        let what = format!("workers of `{name}` {what}");
        complaints.push(Complaint::error("E108", place.clone().key(), what).advise("take `stopped` out"));
    } else if let Some(scaling) = &pool.scaling
        && !matches!(scaling, Scaling::Schedule(_) | Scaling::Vertical(_))
    {
        let what = "a group's own machines that lie stopped are its warm pool";
        let advice = match scaling {
            Scaling::Asg(_) => "say it as `warm-pool` of its `asg`, or take one of the two out",
            _ => "take one of the two out",
        };
        complaints.push(Complaint::error("E108", place.clone().key(), what).advise(advice));
    }
}

fn faults(faults: &Faults, topologies: &[&Topology], place: &Place, complaints: &mut Vec<Complaint>) {
    for (name, stop) in &faults.stop {
        let pools = topologies.iter().filter_map(|topology| topology.pool.get(&stop.pool));
        if let Some((what, advice)) = pools.filter_map(unstoppable).next() {
            let what = format!("workers of `{}` {what}", stop.pool);
            let place = place.then("stop").then(name).then("pool");
            complaints.push(Complaint::error("E108", place, what).advise(advice));
        }
    }
}
