//! Auto Scaling groups: the JSON of `aws autoscaling describe-auto-scaling-groups`.
//!
//! Source: EC2 Auto Scaling API reference, *AutoScalingGroup*.

use crate::scenario::import::Kind;
use crate::scenario::import::fragment::{Item, Keys, Out};
use crate::scenario::import::plan::{Plan, Pool};
use crate::scenario::import::taking::{Findings, Taking, written};

pub(super) const KIND: Kind = Kind {
    about: "`aws autoscaling describe-auto-scaling-groups`",
    knows: |table| table.contains_key("AutoScalingGroups"),
    read,
};

/// Keys that name, mark or report, and decide nothing in a run.
const DESCRIBING: [&str; 16] = [
    "AutoScalingGroupARN",
    "CreatedTime",
    "Instances",
    "Tags",
    "Status",
    "EnabledMetrics",
    "ServiceLinkedRoleARN",
    "VPCZoneIdentifier",
    "LaunchTemplate",
    "LaunchConfigurationName",
    "PredictedCapacity",
    "PlacementGroup",
    "WarmPoolSize",
    "Context",
    "AvailabilityZoneIds",
    "DeletionProtection",
];
/// Keys that decide something which a scenario says elsewhere, or not at all.
const LEFT: [(&str, &str); 6] = [
    (
        "MixedInstancesPolicy",
        "is about machines: write the pool's `platform`, with `spot`, `on-demand-base` and `mixed`",
    ),
    ("TargetGroupARNs", "stands for a balancer before the pool: write `balancer.NAME.to`"),
    ("LoadBalancerNames", "stands for a balancer before the pool: write `balancer.NAME.to`"),
    ("TrafficSources", "stands for a balancer before the pool: write `balancer.NAME.to`"),
    ("AvailabilityZoneImpairmentPolicy", "has no counterpart in a scenario: a zone is there, or it is away"),
    ("InstanceLifecyclePolicy", "has no counterpart in a scenario: an instance that goes is gone"),
];

fn read(document: &mut Taking, plan: &mut Plan, found: &mut Findings) {
    document.describes(&["NextToken"], found);
    for group in document.tables("AutoScalingGroups", found).unwrap_or_default() {
        one(group, plan, found);
    }
}

fn one(mut group: Taking, plan: &mut Plan, found: &mut Findings) {
    group.need("AutoScalingGroupName", "it names the group, and so the pool", found);
    let Some((name, at)) = group.text("AutoScalingGroupName", found) else { return group.drop_rest() };
    group.describes(&DESCRIBING, found);
    let (mut keys, mut scale_in) = (Keys::default(), Keys::default());
    group.need("MaxSize", "a group has an upper bound", found);
    for (key, word) in [("MinSize", "min"), ("DesiredCapacity", "desired"), ("MaxSize", "max")] {
        keys.put(word, group.whole(key, found));
    }
    keys.put("cooldown", group.seconds("DefaultCooldown", found));
    keys.put("warm-up", warm_up(&mut group, found));
    health(&mut group, &mut keys, found);
    keys.put("max-lifetime", group.seconds("MaxInstanceLifetime", found).filter(|item| !is_zero(item)));
    keys.put("maintenance", maintenance(&mut group, found));
    if let Some((true, at)) = group.flag("CapacityRebalance", found) {
        let why = "is about Spot machines: with `spot` in the pool's `platform`, write `rebalance = true`";
        found.unread(&at, group.below("CapacityRebalance"), why);
    }
    suspended(&mut group, &mut keys, found);
    keys.put("warm-pool", warm_pool(&mut group, found));
    termination(&mut group, &mut scale_in, found);
    if let Some((zones, at)) = group.texts("AvailabilityZones", found) {
        plan.zones(zones, &at, &group.below("AvailabilityZones"), found);
    }
    for (key, why) in LEFT {
        group.leave(key, why, found);
    }
    group.as_usual("DesiredCapacityType", &["units"]);
    group.leave("DesiredCapacityType", "has no counterpart in a scenario: sizes are counts of workers", found);
    if let Some(mut spread) = group.table("AvailabilityZoneDistribution", found) {
        spread.as_usual("CapacityDistributionStrategy", &["balanced-best-effort"]);
        let why = "has no counterpart in a scenario: zones are kept even as well as it goes";
        spread.leave("CapacityDistributionStrategy", why, found);
        spread.finish(&[], found);
    }
    if let Some(mut reserved) = group.table("CapacityReservationSpecification", found) {
        reserved.as_usual("CapacityReservationPreference", &["default"]);
        let why = "has no counterpart in a scenario: nothing is reserved";
        reserved.leave("CapacityReservationPreference", why, found);
        reserved.leave("CapacityReservationTarget", why, found);
        reserved.finish(&[], found);
    }
    group.finish(&["MinSize", "MaxSize", "DesiredCapacity", "DefaultCooldown", "DefaultInstanceWarmup"], found);
    let title = format!("group `{name}`");
    let pool = Pool { title, scale_in, needs: &["max"], ..Pool::new(name.clone(), name, "asg", at, keys) };
    plan.pool(pool, found);
}

fn is_zero(item: &Item) -> bool {
    matches!(&item.out, Out::Text(text) if text == "0s")
}

/// Unset is not 0: then the cooldown stands for it. The service writes −1 for what was unset again.
fn warm_up(group: &mut Taking, found: &mut Findings) -> Option<Item> {
    let (seconds, at) = group.integer("DefaultInstanceWarmup", found)?;
    if seconds < -1 {
        let what = format!("`{}` is {seconds}", group.below("DefaultInstanceWarmup"));
        found.refuse("E201", &at, what, "seconds from 0, or -1 for none");
    }
    (seconds >= 0).then(|| Item::new(Out::Text(format!("{seconds}s")), at))
}

/// Status checks of machines are always on, and are what a scenario has where it does not say; others see workers.
fn health(group: &mut Taking, keys: &mut Keys, found: &mut Findings) {
    let grace = group.seconds("HealthCheckGracePeriod", found);
    let Some((kinds, at)) = group.text("HealthCheckType", found) else { return };
    let mut sees_workers = false;
    for kind in kinds.split(',').map(str::trim) {
        match kind {
            "EC2" => {}
            "ELB" | "VPC_LATTICE" => sees_workers = true,
            other => {
                let why =
                    format!("has `{other}`, which has no counterpart in a scenario: it sees workers, or machines");
                found.unread(&at, group.below("HealthCheckType"), why);
            }
        }
    }
    if !sees_workers && grace.is_some() {
        found.note("`HealthCheckGracePeriod` is of no concern where only status checks are seen, and left out");
    }
    if sees_workers {
        let mut check = Keys::default();
        check.put("sees", Some(Item::word("workers", at.clone())));
        check.put("grace", grace);
        keys.put("health-check", Some(check.table(at)));
    }
}

fn maintenance(group: &mut Taking, found: &mut Findings) -> Option<Item> {
    let mut policy = group.table("InstanceMaintenancePolicy", found)?;
    let at = policy.at.clone();
    let mut keys = Keys::default();
    for (key, word) in [("MinHealthyPercentage", "min-healthy"), ("MaxHealthyPercentage", "max-healthy")] {
        if let Some((percent, at)) = policy.integer(key, found)
            && percent != -1
        {
            keys.put(word, Some(Item::new(Out::Text(format!("{percent}%")), at)));
        }
    }
    policy.finish(&["MinHealthyPercentage", "MaxHealthyPercentage"], found);
    (!keys.is_empty()).then(|| keys.table(at))
}

fn suspended(group: &mut Taking, keys: &mut Keys, found: &mut Findings) {
    for mut process in group.tables("SuspendedProcesses", found).unwrap_or_default() {
        process.describes(&["SuspensionReason"], found);
        let path = process.below("ProcessName");
        let name = process.text("ProcessName", found);
        process.finish(&["ProcessName", "SuspensionReason"], found);
        match name {
            Some((name, at)) if name == "AZRebalance" => {
                keys.put("zone-rebalance", Some(Item::new(Out::Bare("false".to_owned()), at)));
            }
            Some((name, at)) => {
                let why = format!(
                    "is `{name}`, and a group of a scenario does all that it does: leave out what it must not do"
                );
                found.unread(&at, path, why);
            }
            None => {}
        }
    }
}

fn warm_pool(group: &mut Taking, found: &mut Findings) -> Option<Item> {
    let mut pool = group.table("WarmPoolConfiguration", found)?;
    let at = pool.at.clone();
    pool.describes(&["Status"], found);
    let mut keys = Keys::default();
    keys.put("min-size", pool.whole("MinSize", found));
    if let Some((most, at)) = pool.integer("MaxGroupPreparedCapacity", found)
        && most != -1
    {
        keys.put("max-prepared", Some(Item::new(Out::Bare(most.to_string()), at)));
    }
    if let Some((state, at)) = pool.text("PoolState", found) {
        match state.as_str() {
            "Stopped" | "Running" | "Hibernated" => keys.put("state", Some(Item::word(&state.to_lowercase(), at))),
            other => found.unread(&at, pool.below("PoolState"), format!("is `{other}`, which is not known here")),
        }
    }
    if let Some(mut reuse) = pool.table("InstanceReusePolicy", found) {
        if let Some((reuses, at)) = reuse.flag("ReuseOnScaleIn", found) {
            keys.put("reuse", Some(Item::new(Out::Bare(reuses.to_string()), at)));
        }
        reuse.finish(&["ReuseOnScaleIn"], found);
    }
    pool.finish(&["MinSize", "MaxGroupPreparedCapacity", "PoolState", "InstanceReusePolicy"], found);
    Some(keys.table(at))
}

/// Which machine goes. Several policies are tried in turn; with one launch template those of templates decide nothing.
fn termination(group: &mut Taking, scale_in: &mut Keys, found: &mut Findings) {
    if let Some((policies, at)) = group.texts("TerminationPolicies", found) {
        let word = match policies.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            [] | ["Default"] => Some("default"),
            ["OldestInstance", ..] => Some("oldest"),
            ["NewestInstance", ..] => Some("newest"),
            ["ClosestToNextInstanceHour"] => Some("closest-to-hour"),
            // What it does after the hour is what it does first without it: by the hour, and then by lot.
            ["ClosestToNextInstanceHour", "Default"] => Some("default"),
            _ => None,
        };
        match word {
            // What a scenario has where it does not say.
            Some("default") => {}
            Some(word) => scale_in.put("termination-policy", Some(Item::word(word, at))),
            None => {
                let why = format!(
                    "is {}, which has no counterpart in a scenario: known are `OldestInstance`, `NewestInstance`, \
                     `ClosestToNextInstanceHour` and `Default`",
                    policies.join(", ")
                );
                found.unread(&at, group.below("TerminationPolicies"), why);
            }
        }
    }
    if let Some((true, at)) = group.flag("NewInstancesProtectedFromScaleIn", found) {
        let why = "keeps instances until somebody lets them go: if your workers do so when they are idle, write \
                   `scale-in.protect = true`";
        found.unread(&at, group.below("NewInstancesProtectedFromScaleIn"), why);
    }
}

/// A share in the form of a scenario, from per cent.
pub(super) fn share(percent: f64) -> String {
    format!("{}%", written(percent))
}
