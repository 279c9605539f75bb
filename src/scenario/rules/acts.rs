//! What steps do to the infrastructure is done to something that is there, and can be done.

use indexmap::IndexMap;

use crate::ground::time::Span;
use crate::scenario::build::REDRIVE_EVERY;
use crate::scenario::complaint::{Complaint, did_you_mean, listed};
use crate::scenario::draft::Topology;
use crate::scenario::draft::act::{Act, Capacity, Instances, Launch, Redrive};
use crate::scenario::draft::node::Pool;
use crate::scenario::draft::quantities::Amount;
use crate::scenario::draft::scaling::Scaling;
use crate::scenario::draft::words::Tagged;
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::rules::capacity::WORKERS_MAX;
use crate::scenario::rules::ranges::Ranges;
use crate::scenario::rules::stops::{has_no_machines, unstoppable};
use crate::scenario::sight::{Kind, Sight, deeds, node_place, source_of};

pub(super) const RULE: Rule =
    Rule { about: "a step acts on machines, groups and queues that are there, and can", check };

/// Machines that one call launches: as many as the bucket of RunInstances holds (Amazon EC2 API reference, request throttling).
const LAUNCH_MAX: u64 = 1_000;
/// More tags than a machine may have (Amazon EC2 user guide, tag restrictions).
const TAGS_MAX: usize = 50;

/// A step that acts, and where it stands.
struct Step<'a> {
    topology: &'a Topology,
    name: &'a str,
    nodes: &'a IndexMap<&'a str, Kind>,
    place: Place,
}

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (name, topology) in sight.topologies() {
        let nodes = sight.nodes(name);
        for deed in deeds(name, topology) {
            let Some(act) = &deed.step.act else { continue };
            let place = deed.place.then("act");
            one(&Step { topology, name, nodes: &nodes, place }, act, &mut complaints);
        }
        for (pool, draft) in &topology.pool {
            if let Some(crate::scenario::draft::node::Platform::Ec2(ec2)) = &draft.platform {
                let place = node_place(name, Kind::Pool, pool).then("platform").then("ec2").then("tags");
                too_many(ec2.tags.len(), &place, &mut complaints);
            }
        }
    }
    complaints
}

fn too_many(tags: usize, place: &Place, complaints: &mut Vec<Complaint>) {
    if tags > TAGS_MAX {
        let complaint = Complaint::error("E201", place.clone(), format!("{tags} tags"));
        complaints.push(complaint.advise(format!("a machine has at most {TAGS_MAX}")));
    }
}

fn one(step: &Step<'_>, act: &Act, complaints: &mut Vec<Complaint>) {
    match act {
        Act::StartInstances(which) => machines(step, "start-instances", which, complaints),
        Act::StopInstances(which) => machines(step, "stop-instances", which, complaints),
        Act::TerminateInstances(which) => machines(step, "terminate-instances", which, complaints),
        Act::LaunchInstances(launch) => launches(step, launch, complaints),
        Act::SetCapacity(capacity) => capacities(step, capacity, complaints),
        Act::Redrive(redrive) => redrives(step, redrive, complaints),
    }
}

impl Step<'_> {
    /// A pool that is named, if there is one; else it is complained of.
    fn pool(&self, name: &str, place: &Place, complaints: &mut Vec<Complaint>) -> Option<&Pool> {
        self.known(Kind::Pool, name, place, complaints).then(|| self.topology.pool.get(name))?
    }

    /// Whether a node of a kind is there.
    fn known(&self, wanted: Kind, name: &str, place: &Place, complaints: &mut Vec<Complaint>) -> bool {
        match self.nodes.get(name) {
            Some(kind) if *kind == wanted => return true,
            Some(kind) => {
                let what =
                    format!("`{name}` is a {} of topology `{}`, and no {}", kind.word(), self.name, wanted.word());
                complaints
                    .push(Complaint::error("E104", place.clone(), what).advise(format!("name a {}", wanted.word())));
            }
            None => {
                let of_kind = self.nodes.iter().filter(|(_, kind)| **kind == wanted).map(|(name, _)| *name);
                let what = format!("topology `{}` has no {} `{name}`", self.name, wanted.word());
                complaints.push(Complaint::error("E101", place.clone(), what).advise_if(did_you_mean(name, of_kind)));
            }
        }
        false
    }
}

fn machines(step: &Step<'_>, word: &str, which: &Instances, complaints: &mut Vec<Complaint>) {
    let place = step.place.then(word);
    match which.of.as_deref() {
        // Whether any event leads here is known when all patterns are.
        None | Some("event") => {}
        Some("all") => {
            if step.topology.pool.values().all(|pool| has_no_machines(pool).is_some()) {
                let what = format!("no pool of topology `{}` has machines", step.name);
                let advice = "give a pool the platform `ec2` or `machine`";
                complaints.push(Complaint::error("E108", place.then("of"), what).advise(advice));
            }
        }
        Some(name) => {
            let at = place.then("of");
            let why = |pool| if word == "stop-instances" { unstoppable(pool) } else { has_no_machines(pool) };
            if let Some(pool) = step.pool(name, &at, complaints) {
                if let Some((what, _)) = why(pool) {
                    let what = format!("workers of `{name}` {what}");
                    complaints.push(Complaint::error("E108", at, what).advise("name a pool of machines"));
                } else if word == "terminate-instances" && matches!(pool.scaling, Some(Scaling::Vertical(_))) {
                    let what = format!("`{name}` grows by bigger machines, and nobody replaces one that is taken away");
                    complaints.push(Complaint::error("E108", at, what).advise("stop them instead"));
                }
            }
        }
    }
    for (key, tagged) in [("with-tag", &which.with_tag), ("without-tag", &which.without_tag)] {
        if let Some(Tagged::Values(values)) = tagged {
            too_many(values.len(), &place.then(key), complaints);
            if values.is_empty() {
                let what = format!("`{key}` names no tag");
                complaints.push(Complaint::error("E107", place.then(key), what).advise("name one, or take it out"));
            }
        }
    }
}

fn launches(step: &Step<'_>, launch: &Launch, complaints: &mut Vec<Complaint>) {
    let place = step.place.then("launch-instances");
    let mut ranges = Ranges::default();
    ranges.within("machines at once", launch.count, 1, LAUNCH_MAX, place.then("count"));
    complaints.extend(ranges.complaints);
    too_many(launch.tags.len(), &place.then("tags"), complaints);
    let at = place.then("pool");
    let Some(pool) = step.pool(&launch.pool, &at, complaints) else { return };
    let name = &launch.pool;
    if let Some((what, _)) = has_no_machines(pool) {
        let what = format!("workers of `{name}` {what}");
        complaints.push(Complaint::error("E108", at, what).advise("name a pool of machines"));
    } else if pool.scaling.is_some() {
        let what = format!("how many machines `{name}` has is said by its `scaling`");
        let advice = match &pool.scaling {
            Some(Scaling::Asg(_)) => "set its size instead: `set-capacity`",
            _ => "launch machines of a pool without `scaling`",
        };
        complaints.push(Complaint::error("E108", at, what).advise(advice));
    }
}

fn capacities(step: &Step<'_>, capacity: &Capacity, complaints: &mut Vec<Complaint>) {
    let place = step.place.then("set-capacity");
    let Capacity { pool: name, min, desired, max } = capacity;
    let mut ranges = Ranges::default();
    for (key, number) in [("min", min), ("desired", desired), ("max", max)] {
        ranges.within("workers", *number, 0, WORKERS_MAX, place.then(key));
    }
    complaints.extend(ranges.complaints);
    if min.or(*desired).or(*max).is_none() {
        let what = "this sets nothing";
        complaints.push(Complaint::error("E107", place.clone(), what).advise("give one of `min`, `desired` and `max`"));
    }
    for ((low_key, low), (high_key, high)) in
        [(("min", min), ("max", max)), (("min", min), ("desired", desired)), (("desired", desired), ("max", max))]
    {
        if let (Some(low), Some(high)) = (low, high)
            && low.0 > high.0
        {
            let what = format!("`{low_key}` {} is above `{high_key}` {}", low.0, high.0);
            complaints.push(
                Complaint::error("E202", place.then(low_key), what)
                    .and(place.then(high_key), "here")
                    .advise("swap them, or raise the second"),
            );
        }
    }
    let at = place.then("pool");
    if let Some(pool) = step.pool(name, &at, complaints)
        && !matches!(pool.scaling, Some(Scaling::Asg(_) | Scaling::EcsService(_)))
    {
        let what = format!("`{name}` is no group whose size could be set");
        let advice = if matches!(pool.workers, Some(Amount::Unlimited)) || pool.scaling.is_some() {
            "name a pool whose `scaling` is an `asg` or an `ecs-service`"
        } else {
            "let its `scaling` be an `asg`, or launch machines: `launch-instances`"
        };
        complaints.push(Complaint::error("E108", at, what).advise(advice));
    }
}

fn redrives(step: &Step<'_>, redrive: &Redrive, complaints: &mut Vec<Complaint>) {
    let place = step.place.then("redrive");
    let Redrive { queue: name, to, rate } = redrive;
    if rate.is_some_and(|rate| rate.0 < REDRIVE_EVERY) {
        let what = "more than 500 messages a second";
        complaints.push(
            Complaint::error("E201", place.then("rate"), what).advise("at most \"500/s\", as the service has it"),
        );
    }
    let longest = Span::from_secs(3_600);
    if rate.is_some_and(|rate| rate.0 > longest) {
        let what = "less than a message an hour";
        complaints.push(Complaint::error("E201", place.then("rate"), what).advise("give \"1/h\" or more"));
    }
    if !step.known(Kind::Queue, name, &place.then("queue"), complaints) {
        return;
    }
    let from = source_of(step.topology, name);
    let to = match (to, from.as_slice()) {
        (Some(to), _) => {
            if !step.known(Kind::Queue, to, &place.then("to"), complaints) {
                return;
            }
            to.as_str()
        }
        (None, [only]) => only,
        (None, []) => {
            let what =
                format!("`{name}` keeps no queue's dead letters, so it is not known where its messages go back to");
            complaints.push(
                Complaint::error("E108", place.then("queue"), what)
                    .advise("name a queue of `dead-letters`, or say `to` which queue its messages go"),
            );
            return;
        }
        (None, several) => {
            let what = format!("`{name}` keeps the dead letters of {}", listed(several));
            complaints.push(
                Complaint::error("E108", place.then("queue"), what).advise("say `to` which of them they go back"),
            );
            return;
        }
    };
    let at = if redrive.to.is_some() { place.then("to") } else { place.then("queue") };
    let of = |name: &str| step.topology.queue.get(name);
    if to == name {
        let what = format!("the messages of `{name}` would go back to itself");
        complaints.push(Complaint::error("E108", at, what).advise("name another queue"));
    } else if of(to).is_some_and(|queue| queue.to.as_ref().is_none_or(|to| to.names.is_empty())) {
        let what = format!("nobody receives what goes back to `{to}`");
        complaints.push(Complaint::error("E108", at, what).advise("name a queue that has a `to`"));
    } else if let (Some(one), Some(other)) = (of(name), of(to))
        && (one.fifo == Some(true)) != (other.fifo == Some(true))
    {
        let what = format!("of `{name}` and `{to}` only one is a FIFO queue");
        complaints.push(Complaint::error("E108", at, what).advise("messages go from a queue to one of the same kind"));
    }
}
