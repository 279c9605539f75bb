//! Functions: memory, time and concurrency are such as they may be, and what is said of the code decides something.

use crate::cloud::topology;
use crate::scenario::build::mapping::function_of;
use crate::scenario::complaint::Complaint;
use crate::scenario::draft::Topology;
use crate::scenario::draft::function::{Function, Package};
use crate::scenario::draft::quantities::Whole;
use crate::scenario::draft::run::Defaults;
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::rules::capacity;
use crate::scenario::rules::provisioned;
use crate::scenario::rules::ranges::Ranges;
use crate::scenario::sight::{Deed, Kind, Sight, deeds, node_place};

pub(super) const RULE: Rule = Rule {
    about: "functions have memory in whole MiB, waits for each retry, concurrency that the account has, and a runtime whose initialisation is known",
    check,
};

/// Memory is whole MB (AWS Lambda API reference, CreateFunction).
const MIB: u64 = 1 << 20;
/// What must be left to functions without a reservation (AWS Lambda developer guide, *Configuring reserved concurrency*).
const UNRESERVED: u64 = 100;
/// Retries of one that is not waited for (AWS Lambda API reference, PutFunctionEventInvokeConfig).
const RETRIES: u64 = 2;
/// Requests that an environment serves at once, at the most (Google Cloud Run documentation, *Maximum concurrent requests*).
const REQUESTS: u64 = 1_000;
/// Environments of one function, at the most, and slots in all of them: more are a slip.
const ENVIRONMENTS: u64 = 1_000_000;

/// Requests that an environment serves at once, as far as that is within its range.
fn at_once(function: &Function) -> u64 {
    function.concurrency.map_or(1, |requests| requests.0.clamp(1, REQUESTS))
}

/// A function has no more environments than there may be, all their slots together.
pub(super) fn environments(function: &Function, number: Option<Whole>, least: u64, place: Place, ranges: &mut Ranges) {
    let what = match at_once(function) {
        1 => "environments".to_owned(),
        requests => format!("environments for {requests} requests at once each"),
    };
    ranges.within(&what, number, least, ENVIRONMENTS / at_once(function), place);
}

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut ranges = Ranges::default();
    let is_textbook = matches!(sight.draft.run.defaults, Some(Defaults::Textbook));
    for (name, topology) in sight.topologies() {
        for (function_name, function) in &topology.function {
            let place = node_place(name, Kind::Function, function_name);
            one(function, &place, is_textbook, &mut ranges);
        }
        for Deed { kind, node, step, place, .. } in deeds(name, topology) {
            let (key, what) = match kind {
                Kind::Function if step.per.is_some() && !is_mapped(topology, node) => {
                    ("per", "no queue leads to this function: no run of it is of several requests")
                }
                Kind::Pool if step.cold.is_some() => ("cold", "only the environments of functions are new at a run"),
                _ => continue,
            };
            ranges.complaints.push(Complaint::error("E108", place.then(key).key(), what).advise("take it out"));
        }
        let all = topology.account.as_ref().and_then(|account| account.concurrency).filter(|_| !is_textbook);
        let kept = |function: &Function| function.provisioned_concurrency.as_ref().and_then(provisioned::most);
        let reserved = |it: &Function| it.reserved_concurrency.map(|reserved| reserved.0).or(kept(it));
        let reserved = topology.function.values().filter_map(reserved).fold(0_u64, u64::saturating_add);
        if let Some(all) = all.filter(|all| reserved.saturating_add(UNRESERVED) > all.0 && reserved > 0) {
            let place = Place::of(&["topology", name, "account", "concurrency"]);
            let what = format!(
                "functions of `{name}` reserve or keep ready {reserved} environments of the account's {}: at least \
                 {UNRESERVED} must be left to others",
                all.0
            );
            ranges.complaints.push(
                Complaint::warning("W114", place, what)
                    .advise("reserve less, or have the account's `concurrency` raised and say so"),
            );
        }
    }
    ranges.complaints
}

/// Whether a queue's messages go to a function.
fn is_mapped(topology: &Topology, function: &str) -> bool {
    topology.queue.values().any(|queue| function_of(topology, queue).is_some_and(|(name, _)| name == function))
}

fn one(function: &Function, place: &Place, is_textbook: bool, ranges: &mut Ranges) {
    for (key, bytes) in [("memory", function.memory), ("ephemeral", function.ephemeral)] {
        if let Some(bytes) = bytes.filter(|bytes| bytes.0 % MIB != 0 || bytes.0 == 0) {
            let what = format!("{} bytes are no whole number of MiB", bytes.0);
            ranges
                .complaints
                .push(Complaint::error("E108", place.then(key), what).advise("write it in MiB, such as `\"512MiB\"`"));
        }
    }
    let at_once = at_once(function);
    let share = function.memory.map(|memory| topology::Function::speed(memory.0, at_once as u32));
    let is_slow = function.speed.is_some_and(|speed| speed.0 < capacity::SLOWEST);
    match share.filter(|share| at_once > 1 && !is_textbook && is_slow && *share < capacity::SLOWEST) {
        Some(share) => {
            let what = format!("{at_once} requests at once leave each {:.2} % of a vCPU", share * 100.0);
            ranges.complaints.push(
                Complaint::error("E201", place.then("concurrency"), what)
                    .advise("give it more `memory`, of which 1769 MiB are a vCPU, or fewer requests at once"),
            );
        }
        None => capacity::speed(function.speed, place.then("speed"), ranges),
    }
    ranges.positive("a timeout", function.timeout.map(|time| time.0), place.then("timeout"));
    let (reserved, concurrency) = (function.reserved_concurrency, function.concurrency);
    environments(function, reserved, 0, place.then("reserved-concurrency"), ranges);
    ranges.within("requests at once", concurrency, 1, REQUESTS, place.then("concurrency"));
    if let Some(Whole(requests)) = concurrency.filter(|requests| !is_textbook && requests.0 > 1) {
        let what = format!("an environment of AWS Lambda serves one request at once, and this one {requests}");
        ranges.complaints.push(Complaint::warning("W114", place.then("concurrency"), what).advise(
            "it is simulated as it stands, and billed by Lambda's prices while anybody is in it: say `run.defaults = \"textbook\"` where it is not the provider's",
        ));
    }
    if let Some(growth) = function.growth {
        ranges.within("new environments", Some(growth.burst), 1, ENVIRONMENTS, place.then("growth").then("burst"));
    }
    let errands = &function.errands;
    ranges.within("retries", errands.retries, 0, RETRIES, place.then("async").then("retries"));
    let retries = errands.retries.map_or(RETRIES, |retries| retries.0);
    if let Some(waits) = errands.waits.as_ref().filter(|waits| (waits.len() as u64) < retries && retries <= RETRIES) {
        let what = format!("{} waits for {retries} retries", waits.len());
        ranges.complaints.push(
            Complaint::error("E108", place.then("async").then("waits"), what).advise("give a wait for each retry"),
        );
    }
    for (key, bytes, (least, most)) in [
        ("memory", function.memory, topology::Function::MEMORY),
        ("ephemeral", function.ephemeral, topology::Function::DISK),
    ] {
        let is_beyond = |bytes: u64| !is_textbook && !(least..=most).contains(&bytes);
        if let Some(bytes) = bytes.map(|bytes| bytes.0).filter(|bytes| is_beyond(*bytes)) {
            let [least, most, mib] = [least, most, bytes].map(|bytes| bytes / MIB);
            let what =
                format!("of `{key}` an environment of AWS Lambda has {least} to {most} MiB, and this is {mib} MiB");
            ranges.complaints.push(Complaint::warning("W114", place.then(key), what).advise(
                "it is simulated as it stands: say `run.defaults = \"textbook\"` where it is not the provider's",
            ));
        }
    }
    snapshot(function, place, &mut ranges.complaints);
    code(function, place, is_textbook, &mut ranges.complaints);
}

/// Snapshots stand alone, and not every runtime has them (AWS Lambda developer guide, *Improving startup performance with
/// Lambda SnapStart*).
fn snapshot(function: &Function, place: &Place, complaints: &mut Vec<Complaint>) {
    if function.snap_start != Some(true) {
        if function.restore.is_some() {
            let what = "nothing is restored where there is no snapshot";
            let complaint = Complaint::warning("W114", place.then("restore").key(), what);
            complaints.push(complaint.advise("say `snap-start = true`, or take it out"));
        }
        return;
    }
    let disk = function.ephemeral.is_some_and(|bytes| bytes.0 > topology::Function::DISK.0);
    let runtime = function.runtime.is_some_and(|runtime| !runtime.has_snapshots());
    for (key, is_so, what) in [
        (
            "provisioned-concurrency",
            function.provisioned_concurrency.is_some(),
            "a function has a snapshot or environments that are kept ready, not both",
        ),
        ("ephemeral", disk, "a function with a snapshot has 512 MiB of disk"),
        ("runtime", runtime, "this runtime has no snapshots: Java, Python and .NET have"),
        ("init", function.init.is_some(), "environments that are restored are not initialised"),
    ] {
        if is_so {
            let complaint = Complaint::error("E108", place.then(key).key(), what).and(place.then("snap-start"), "here");
            let advice = if key == "init" { "say how long `restore` takes" } else { "take one of them out" };
            complaints.push(complaint.advise(advice));
        }
    }
}

/// What is said of the code decides how long initialisation takes, or nothing.
fn code(function: &Function, place: &Place, is_textbook: bool, complaints: &mut Vec<Complaint>) {
    if function.init.is_some() {
        return;
    }
    if is_textbook && (function.runtime.is_some() || function.package.is_some()) {
        let key = if function.runtime.is_some() { "runtime" } else { "package" };
        let what = "under textbook defaults initialisation takes no time, whatever runs the code";
        complaints.push(
            Complaint::warning("W114", place.then(key), what).advise("say how long `init` takes, or take it out"),
        );
    } else if !is_textbook && function.package == Some(Package::Image) {
        let what = "how long images of this runtime take to initialise was not measured";
        complaints.push(Complaint::error("E108", place.then("package"), what).advise("say how long `init` takes"));
    }
}
