//! Spot machines: who has them, and what takes them back.

use crate::cloud::credits::Credits;
use crate::scenario::complaint::{Complaint, did_you_mean};
use crate::scenario::draft::Topology;
use crate::scenario::draft::fault::{Faults, Reclaim};
use crate::scenario::draft::node::{Ec2, Notice, Platform, Pool};
use crate::scenario::draft::scaling::Scaling;
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::rules::capacity::{self, WORKERS_MAX};
use crate::scenario::rules::ranges::Ranges;
use crate::scenario::sight::{Kind, Sight, node_place};

pub(super) const RULE: Rule =
    Rule { about: "what only concerns Spot machines stands where there are some, and they have prices", check };

/// More types than anybody lists.
const TYPES_MAX: usize = 100;

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (name, topology) in sight.topologies() {
        for (pool_name, pool) in &topology.pool {
            self::pool(sight, pool, &node_place(name, Kind::Pool, pool_name), &mut complaints);
        }
        reclaims(&topology.fault, &[topology], &Place::of(&["topology", name, "fault"]), &mut complaints);
    }
    let all: Vec<&Topology> = sight.topologies().map(|(_, topology)| topology).collect();
    reclaims(&sight.draft.fault, &all, &Place::of(&["fault"]), &mut complaints);
    complaints
}

fn ec2(pool: &Pool) -> Option<&Ec2> {
    match &pool.platform {
        Some(Platform::Ec2(ec2)) => Some(ec2),
        _ => None,
    }
}

/// Whether some machine of a pool may be Spot.
fn has_spot(pool: &Pool) -> bool {
    let spot = match &pool.platform {
        Some(Platform::Ec2(ec2)) => ec2.spot,
        Some(Platform::Fargate(task)) => task.spot,
        Some(Platform::Machine(_) | Platform::Ecs(_) | Platform::Kubernetes(_)) | None => None,
    };
    spot.is_some_and(|spot| spot.share() > 0.0)
}

fn pool(sight: &Sight<'_>, pool: &Pool, place: &Place, complaints: &mut Vec<Complaint>) {
    let needs = |key: &str, place: Place| {
        let what = format!("`{key}` is about Spot machines, and none of this pool is one");
        Complaint::error("E108", place.key(), what).advise("add `spot = true`, or a share, to its `platform`")
    };
    if matches!(pool.notice, Some(Notice::Release)) && !has_spot(pool) {
        complaints.push(needs("notice", place.then("notice")));
    }
    if let Some(Scaling::Asg(asg)) = &pool.scaling
        && asg.rebalance == Some(true)
        && !has_spot(pool)
    {
        complaints.push(needs("rebalance", place.then("scaling").then("asg").then("rebalance")));
    }
    let Some(ec2) = ec2(pool) else { return };
    let place = place.then("platform").then("ec2");
    let mut ranges = Ranges::default();
    ranges.within("machines paid in full", ec2.on_demand_base, 0, WORKERS_MAX, place.then("on-demand-base"));
    complaints.extend(ranges.complaints);
    if ec2.credits.is_some() && Credits::of(&ec2.instance, false).is_none() {
        let what = format!("`{}` has no CPU credits: its speed is steady", ec2.instance);
        complaints.push(
            Complaint::error("E108", place.then("credits").key(), what)
                .advise("take it out, or let `type` be of the families t2, t3, t3a or t4g"),
        );
    }
    for (key, there) in [("on-demand-base", ec2.on_demand_base.is_some()), ("mixed", ec2.mixed.is_some())] {
        if there && !has_spot(pool) {
            complaints.push(needs(key, place.then(key)));
        }
    }
    if !has_spot(pool) {
        return;
    }
    if let Some(Scaling::Vertical(_)) = &pool.scaling {
        let what = "machines that are stopped and come back as another size can't be Spot";
        complaints.push(Complaint::error("E108", place.then("spot").key(), what).advise("take `spot` out"));
    }
    let mixed = ec2.mixed.iter().flatten();
    if mixed.clone().count() > TYPES_MAX {
        let what = format!("{} types", mixed.clone().count());
        complaints.push(Complaint::error("E201", place.then("mixed"), what).advise(format!("at most {TYPES_MAX}")));
    }
    let mut ranges = Ranges::default();
    for (index, other) in mixed.clone().enumerate() {
        capacity::speed(other.speed, place.then("mixed").nth(index).then("speed"), &mut ranges);
    }
    complaints.extend(ranges.complaints);
    let others = mixed.enumerate().map(|(index, other)| (&other.instance, place.then("mixed").nth(index)));
    for (instance, place) in [(&ec2.instance, place.then("type"))].into_iter().chain(others) {
        if sight.book.item(&format!("spot.{instance}")).is_some() {
            continue;
        }
        let known = sight.book.items().filter_map(|(item, _)| item.strip_prefix("spot."));
        let like = did_you_mean(instance, known).map(|meant| format!("{meant} If not, ")).unwrap_or_default();
        let advice = format!(
            "{like}give it a price: `[prices.own]` with `\"spot.{instance}\" = \"$…/h\"`; a third of the full price is usual"
        );
        let what = format!("the price book `{}` has no Spot price for `{instance}`", sight.book.name());
        complaints.push(Complaint::error("E501", place, what).advise(advice));
    }
}

fn reclaims(faults: &Faults, topologies: &[&Topology], place: &Place, complaints: &mut Vec<Complaint>) {
    for (name, reclaim) in &faults.reclaim {
        let Reclaim { pool, worker, share, .. } = reclaim;
        let place = place.then("reclaim").then(name);
        let pools: Vec<&Pool> = topologies.iter().filter_map(|topology| topology.pool.get(pool)).collect();
        let clusters = topologies.iter().filter_map(|topology| topology.cluster.get(pool));
        let mut spots =
            pools.iter().map(|pool| has_spot(pool)).chain(clusters.map(|of| of.spot == Some(true))).peekable();
        if spots.peek().is_some() && !spots.any(|spot| spot) {
            let what = format!("no machine of `{pool}` is Spot, so none can be taken back");
            complaints.push(
                Complaint::error("E108", place.then("pool"), what)
                    .advise("let its platform be `{ ec2 = { type = …, spot = true } }`, a cluster's `spot` be true, or workers `crash`"),
            );
        }
        if worker.is_some() && share.is_some() {
            let what = "`worker` and `share` exclude each other";
            complaints.push(
                Complaint::error("E108", place.then("share").key(), what)
                    .and(place.then("worker").key(), "the other one")
                    .advise("keep one of them"),
            );
        }
        if share.is_some_and(|share| share.0 == 0.0) {
            let what = "a share of nothing is taken";
            complaints.push(Complaint::error("E201", place.then("share"), what).advise("give a share above 0%"));
        }
    }
}
