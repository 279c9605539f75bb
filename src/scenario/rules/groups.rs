//! Hooks, warm pools and accounts: what their settings need, and how far they go.

use crate::cloud::instance_type::vcpus;
use crate::ground::time::Span;
use crate::scenario::complaint::Complaint;
use crate::scenario::draft::Topology;
use crate::scenario::draft::group::{Account, Hooks, Rest, WarmPool};
use crate::scenario::draft::node::{Platform, Pool};
use crate::scenario::draft::quantities::Time;
use crate::scenario::draft::scaling::Scaling;
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::rules::capacity::WORKERS_MAX;
use crate::scenario::rules::ranges::Ranges;
use crate::scenario::sight::{Kind, Sight, node_place};

pub(super) const RULE: Rule = Rule {
    about: "hooks, warm pools and accounts have what they need, and stay within what the provider allows",
    check,
};

/// The shortest and the longest heartbeat timeout (EC2 Auto Scaling API reference, PutLifecycleHook).
const HEARTBEAT: (Span, Span) = (Span::from_secs(30), Span::from_secs(7_200));

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut ranges = Ranges::default();
    for (name, topology) in sight.topologies() {
        for (pool_name, pool) in &topology.pool {
            let Some(Scaling::Asg(asg)) = &pool.scaling else { continue };
            let place = node_place(name, Kind::Pool, pool_name).then("scaling").then("asg");
            if let Some(hooks) = &asg.hooks {
                self::hooks(hooks, &place.then("hooks"), &mut ranges);
            }
            if let Some(warm) = &asg.warm_pool {
                warm_pool(pool, warm, &place.then("warm-pool"), &mut ranges);
            }
        }
        if let Some(account) = &topology.account {
            self::account(account, topology, name, &mut ranges);
        }
    }
    ranges.complaints
}

fn hooks(hooks: &Hooks, place: &Place, ranges: &mut Ranges) {
    if let Some(hook) = &hooks.launching {
        let place = place.then("launching");
        heartbeat(hook.heartbeat_timeout, place.then("heartbeat-timeout"), ranges);
        if hook.default_result.is_some() && hook.heartbeat_timeout.is_none() {
            let what = "`default-result` needs `heartbeat-timeout`: no machine is ever waited for in vain";
            ranges.complaints.push(
                Complaint::error("E108", place.then("default-result").key(), what)
                    .advise("say how long the group waits, or take it out"),
            );
        }
    }
    if let Some(hook) = &hooks.terminating {
        heartbeat(hook.heartbeat_timeout, place.then("terminating").then("heartbeat-timeout"), ranges);
    }
}

fn heartbeat(timeout: Option<Time>, place: Place, ranges: &mut Ranges) {
    let (least, most) = HEARTBEAT;
    if let Some(Time(span)) = timeout.filter(|time| !(least..=most).contains(&time.0)) {
        let what = format!("a heartbeat timeout of {span}");
        let advice = format!("from {least} to {most}, as the service has it");
        ranges.complaints.push(Complaint::error("E201", place, what).advise(advice));
    }
}

fn warm_pool(pool: &Pool, warm: &WarmPool, place: &Place, ranges: &mut Ranges) {
    for (key, number) in [("size", warm.size), ("min-size", warm.min_size), ("max-prepared", warm.max_prepared)] {
        ranges.within("machines", number, 0, WORKERS_MAX, place.then(key));
    }
    for (key, there) in [("min-size", warm.min_size.is_some()), ("max-prepared", warm.max_prepared.is_some())] {
        if there && warm.size.is_some() {
            let what = format!("`size` and `{key}` exclude each other");
            ranges.complaints.push(
                Complaint::error("E108", place.then(key).key(), what)
                    .and(place.then("size").key(), "the other one")
                    .advise("keep one of them"),
            );
        }
    }
    if warm.pending.is_some() && warm.state == Some(Rest::Running) {
        let what = "`pending` is about machines that are started, and these run";
        ranges.complaints.push(
            Complaint::error("E108", place.then("pending").key(), what)
                .advise("take it out, or let their `state` be \"stopped\""),
        );
    }
    let spot = match &pool.platform {
        Some(Platform::Ec2(ec2)) => ec2.spot.is_some_and(|spot| spot.share() > 0.0),
        Some(Platform::Fargate(task)) => task.spot.is_some_and(|spot| spot.share() > 0.0),
        Some(Platform::Machine(_) | Platform::Ecs(_) | Platform::Kubernetes(_)) | None => false,
    };
    if spot {
        let what = "a group with Spot machines can't have a warm pool";
        ranges.complaints.push(Complaint::error("E108", place.clone().key(), what).advise("take one of them out"));
    }
}

fn account(account: &Account, topology: &Topology, name: &str, ranges: &mut Ranges) {
    let place = Place::of(&["topology", name, "account"]);
    for (key, launches) in [
        ("launches", account.launches),
        ("fargate-launches", account.fargate_launches),
        ("service-launches", account.service_launches),
    ] {
        let burst = launches.map(|launches| launches.burst);
        ranges.within("launches in a bucket", burst, 1, WORKERS_MAX, place.then(key).then("burst"));
    }
    if account.no_capacity.is_some_and(|share| share.0 >= 1.0) {
        let what = "there is never a machine for any launch";
        ranges
            .complaints
            .push(Complaint::error("E201", place.then("no-capacity"), what).advise("give a share below 100%"));
    }
    let (base, cap) = (account.retry.base.map(|time| time.0), account.retry.cap.map(|time| time.0));
    let place_of_retry = place.then("retry");
    ranges.at_least("a pause", base, Span::from_secs(1), place_of_retry.then("base"));
    ranges.at_most(("base", base), ("cap", cap), &place_of_retry);
    ranges.within("vCPUs", account.vcpu_quota, 1, u64::from(u32::MAX), place.then("vcpu-quota"));
    if account.vcpu_quota.is_none() {
        return;
    }
    for (pool_name, pool) in &topology.pool {
        let Some(Platform::Ec2(ec2)) = &pool.platform else { continue };
        if vcpus(&ec2.instance).is_none() {
            let what = format!("a quota counts vCPUs, and how many `{}` has is not known", ec2.instance);
            let place = node_place(name, Kind::Pool, pool_name).then("platform").then("ec2").then("type");
            ranges.complaints.push(
                Complaint::error("E201", place, what).advise("name a type such as \"m5.large\" or \"c5.2xlarge\""),
            );
        }
    }
}
