//! Tasks of Fargate have sizes that there are.

use crate::cloud::topology::Fargate as Task;
use crate::scenario::complaint::Complaint;
use crate::scenario::draft::node::{Fargate, Platform};
use crate::scenario::draft::run::Defaults;
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::sight::{Kind, Sight, node_place};

pub(super) const RULE: Rule = Rule { about: "tasks of Fargate have vCPUs and memory that go together", check };

/// Memory and disk are given in whole MiB, vCPUs in whole thousandths.
const MIB: u64 = 1 << 20;
const CPU_MAX: f64 = 1_000.0;

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let is_textbook = matches!(sight.draft.run.defaults, Some(Defaults::Textbook));
    for (name, topology) in sight.topologies() {
        for (pool_name, pool) in &topology.pool {
            let Some(Platform::Fargate(task)) = &pool.platform else { continue };
            let place = node_place(name, Kind::Pool, pool_name).then("platform").then("fargate");
            size(task, &place, is_textbook, &mut complaints);
            if is_textbook && task.image.is_some() && pool.boot.is_none() {
                let what = "under textbook defaults a task is there at once, whatever its image";
                complaints.push(
                    Complaint::warning("W114", place.then("image"), what)
                        .advise("say how long it takes to `boot`, or take the image out"),
                );
            }
        }
    }
    complaints
}

fn size(task: &Fargate, place: &Place, is_textbook: bool, complaints: &mut Vec<Complaint>) {
    let thousandths = task.cpu.0 * 1_000.0;
    if !(1.0..=CPU_MAX * 1_000.0).contains(&thousandths) || (thousandths - thousandths.round()).abs() > 1e-6 {
        let what = format!("a task can't have {} vCPUs", task.cpu.0);
        complaints.push(Complaint::error("E201", place.then("cpu"), what).advise("such as `0.25`, `1` or `4`"));
        return;
    }
    for (key, bytes) in [("memory", Some(task.memory)), ("ephemeral", task.ephemeral)] {
        if let Some(bytes) = bytes.filter(|bytes| bytes.0 % MIB != 0 || bytes.0 == 0) {
            let what = format!("{} bytes are no whole number of MiB", bytes.0);
            complaints.push(Complaint::error("E108", place.then(key), what).advise("write it in MiB or GiB"));
            return;
        }
    }
    let cpu = thousandths.round() as u32;
    if is_textbook || Task::is_size(cpu, task.memory.0) {
        return;
    }
    let (at, what, advice) = match Task::memories(cpu) {
        Some(memories) => (
            "memory",
            format!("with {} vCPUs a task of Fargate has {memories} of memory", task.cpu.0),
            "round what it needs up to such a size",
        ),
        None => (
            "cpu",
            format!("a task of Fargate has 0.25, 0.5, 1, 2, 4, 8, 16 or 32 vCPUs, and not {}", task.cpu.0),
            "round what it needs up to such a size",
        ),
    };
    complaints.push(Complaint::error("E108", place.then(at), what).advise(advice));
}
