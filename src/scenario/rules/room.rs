//! What works need of a slot: memory that is there, and vCPUs that are the same on all machines of a pool.

use crate::cloud::instance_type;
use crate::scenario::complaint::Complaint;
use crate::scenario::draft::component::Component;
use crate::scenario::draft::node::{Platform, Pool};
use crate::scenario::draft::quantities::{Bytes, Number};
use crate::scenario::draft::scaling::Scaling;
use crate::scenario::draft::step::Step;
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::sight::{Kind, Sight, deeds_of, node_place};

pub(super) const RULE: Rule = Rule {
    about: "each slot has the `memory` that the works of its steps need, and the same vCPUs on all machines where a work gains from them",
    check,
};

/// A kind of machine, or task, of a pool.
struct Host {
    name: String,
    vcpus: Option<f64>,
    memory: Option<u64>,
    slots: u64,
    /// Where its number of slots, or its type, stands.
    place: Place,
}

/// The vCPUs of each kind of machine of a pool, where they are told, and its slots.
pub(crate) fn vcpus(pool: &Pool) -> Vec<(f64, u64)> {
    hosts(pool, &Place::top()).into_iter().filter_map(|host| Some((host.vcpus?, host.slots))).collect()
}

fn hosts(pool: &Pool, place: &Place) -> Vec<Host> {
    let slots = pool.slots.map_or(1, |slots| slots.0);
    let of_type = |instance: &str, slots: u64, place: Place| Host {
        name: format!("a {instance}"),
        vcpus: instance_type::vcpus(instance).map(f64::from),
        memory: instance_type::memory(instance),
        slots,
        place,
    };
    if let Some(Scaling::Vertical(vertical)) = &pool.scaling {
        let place = place.then("scaling").then("vertical").then("sizes");
        let sizes = vertical.sizes.iter().enumerate();
        return sizes
            .map(|(at, size)| of_type(&size.instance, size.slots.map_or(slots, |own| own.0), place.nth(at)))
            .collect();
    }
    let platform = place.then("platform");
    match &pool.platform {
        Some(Platform::Ec2(ec2)) => {
            let mixed = ec2.mixed.iter().flatten().enumerate();
            let place = platform.then("ec2");
            let own = of_type(&ec2.instance, slots, place.then("type"));
            let others = mixed.map(|(at, other)| of_type(&other.instance, slots, place.then("mixed").nth(at)));
            std::iter::once(own).chain(others).collect()
        }
        Some(Platform::Fargate(task)) => vec![Host {
            name: "a task".to_owned(),
            vcpus: Some(task.cpu.0),
            memory: Some(task.memory.0),
            slots,
            place: platform.then("fargate").then("memory"),
        }],
        Some(Platform::Kubernetes(pod)) => {
            vec![lodger("a pod", pod.cpu, pod.memory, slots, platform.then("kubernetes"))]
        }
        Some(Platform::Ecs(task)) => vec![lodger("a task", task.cpu, task.memory, slots, platform.then("ecs"))],
        _ => Vec::new(),
    }
}

/// What runs on the machines of a cluster has what it asks for; who asks for nothing has what is there.
fn lodger(name: &str, cpu: Option<Number>, memory: Option<Bytes>, slots: u64, place: Place) -> Host {
    let memory = memory.map(|bytes| bytes.0).filter(|bytes| *bytes > 0);
    Host { name: name.to_owned(), vcpus: cpu.map(|cpu| cpu.0), memory, slots, place }
}

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (name, component) in &sight.draft.component {
        let place = Place::of(&["component", name]);
        if component.memory.is_some_and(|bytes| bytes.0 == 0) {
            complaints.push(
                Complaint::error("E201", place.then("memory"), "a work that needs no memory")
                    .advise("say how much a slot needs, or take it out"),
            );
        }
    }
    let components = &sight.draft.component;
    for (name, topology) in sight.topologies() {
        for (pool_name, pool) in &topology.pool {
            let place = node_place(name, Kind::Pool, pool_name);
            let hosts = hosts(pool, &place);
            if let Some((work, need)) = most(&pool.steps, components) {
                for host in &hosts {
                    let Some(memory) = host.memory.filter(|memory| need.saturating_mul(host.slots) > *memory) else {
                        continue;
                    };
                    let what = format!(
                        "`{work}` needs {} in each slot, and {} of {} {} {}",
                        mib(need),
                        slots(host.slots),
                        host.name,
                        if host.slots == 1 { "has" } else { "have" },
                        mib(memory)
                    );
                    let advice = match memory / need {
                        0 => "take a larger one".to_owned(),
                        fit => format!("at most {} fit, or take a larger one", slots(fit)),
                    };
                    complaints.push(Complaint::error("E108", host.place.clone(), what).advise(advice));
                }
            }
            let gains = |component: &Component| component.parallel.is_some_and(|share| share.0 > 0.0);
            let gaining = works(&pool.steps).find(|work| components.get(*work).is_some_and(gains));
            let each = |host: &Host| host.vcpus.map(|vcpus| (vcpus / host.slots as f64).max(1.0));
            if let (Some(work), Some(first)) = (gaining, hosts.first())
                && let Some(other) = hosts.iter().find(|host| each(host) != each(first))
            {
                let what = format!(
                    "`{work}` gains from further vCPUs, and a slot of {} has others than one of {}",
                    other.name, first.name
                );
                complaints.push(
                    Complaint::error("E108", other.place.clone(), what)
                        .advise("give each size as many `slots` as leave a slot the same vCPUs, or say it by `speed`"),
                );
            }
        }
        for (function_name, function) in &topology.function {
            let Some(memory) = function.memory else { continue };
            let at_once = function.concurrency.map_or(1, |requests| requests.0);
            let needs = most(&function.steps, components).map(|(work, need)| (work, need.saturating_mul(at_once)));
            if let Some((work, need)) = needs.filter(|(_, need)| *need > memory.0) {
                let what = format!(
                    "{}`{work}` needs {}, and an environment of `{function_name}` has {}",
                    if at_once > 1 { format!("{at_once} times ") } else { String::new() },
                    mib(need),
                    mib(memory.0)
                );
                let place = node_place(name, Kind::Function, function_name).then("memory");
                complaints.push(
                    Complaint::error("E108", place, what)
                        .advise(format!("give it `memory = \"{}\"` or more", mib(need))),
                );
            }
        }
    }
    complaints
}

fn works(steps: &[Step]) -> impl Iterator<Item = &str> {
    let deeds = deeds_of(Kind::Pool, "", steps, Place::top());
    deeds.into_iter().flat_map(|deed| [&deed.step.work, &deed.step.cold]).flatten().map(String::as_str)
}

/// The work that needs most memory of all that stand in some steps.
fn most<'s>(steps: &'s [Step], components: &indexmap::IndexMap<String, Component>) -> Option<(&'s str, u64)> {
    let needs = works(steps).filter_map(|work| Some((work, components.get(work)?.memory?.0)));
    needs.reduce(|one, other| if other.1 > one.1 { other } else { one })
}

fn slots(slots: u64) -> String {
    format!("{slots} slot{}", if slots == 1 { "" } else { "s" })
}

/// In whole MiB, as memory is sold.
fn mib(bytes: u64) -> String {
    format!("{}MiB", bytes.div_ceil(1 << 20))
}

#[cfg(test)]
mod tests {
    use crate::scenario::{NoFiles, Source, read};

    fn told(topology: &str) -> Vec<String> {
        let text = format!(
            "run = {{ length = \"1h\" }}\nwork = {{ resize = \"2s\" }}\ncomponent.resize = {{ memory = \"1500MiB\", parallel = \"80%\" }}\n\
             workload.jobs.arrivals = {{ poisson = {{ rate = \"1/h\" }} }}\n{topology}"
        );
        match read(&Source::new("room.toml", text), &NoFiles, &[]) {
            Ok(_) => Vec::new(),
            Err(complaints) => {
                complaints.into_iter().filter(|told| told.code == "E108").map(|told| told.what).collect()
            }
        }
    }

    /// A c5.large has 4 GiB: two slots of 1,500 MiB, and not three.
    #[test]
    fn slots_have_the_memory_that_a_work_needs() {
        let machine = |slots: u32| {
            let platform = "platform = { ec2 = { type = \"c5.large\" } }";
            told(&format!(
                "topology.t.pool.app = {{ steps = [{{ work = \"resize\" }}], slots = {slots}, {platform} }}\n"
            ))
        };
        assert!(machine(2).is_empty());
        assert_eq!(machine(3), ["`resize` needs 1500MiB in each slot, and 3 slots of a c5.large have 4096MiB"]);
        let task = "topology.t.pool.app = { steps = [{ choose = [{ share = \"1%\", steps = [{ work = \"resize\" }] }] }], platform = { fargate = { cpu = 0.25, memory = \"512MiB\" } } }\n";
        assert_eq!(told(task), ["`resize` needs 1500MiB in each slot, and 1 slot of a task has 512MiB"]);
    }

    #[test]
    fn environments_have_the_memory_that_a_work_needs() {
        let function = |memory: &str| {
            told(&format!(
                "topology.t.function.f = {{ steps = [{{ work = \"resize\" }}], timeout = \"10min\"{memory} }}\n"
            ))
        };
        assert_eq!(function(""), ["`resize` needs 1500MiB, and an environment of `f` has 128MiB"]);
        assert!(function(", memory = \"1500MiB\"").is_empty());
    }

    #[test]
    fn machines_of_a_pool_have_the_same_vcpus_for_a_slot_where_a_work_gains_from_them() {
        let sizes = |slots: u32| {
            told(&format!(
                "[topology.t.pool.app]\nsteps = [{{ work = \"resize\" }}]\nscaling.vertical = {{ sizes = [{{ type = \"m5.xlarge\", slots = 2 }}, {{ type = \"m5.2xlarge\", slots = {slots} }}], at = [[\"10min\", 2]] }}\n"
            ))
        };
        assert!(sizes(4).is_empty());
        assert_eq!(
            sizes(2),
            ["`resize` gains from further vCPUs, and a slot of a m5.2xlarge has others than one of a m5.xlarge"]
        );
    }
}
