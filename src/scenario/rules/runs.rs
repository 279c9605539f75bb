//! Runs of functions end before they are cut off, on average.

use crate::cloud::topology::{Application, NodeId, NodeKind, Topology, WorkloadId};
use crate::ground::time::Span;
use crate::scenario::complaint::Complaint;
use crate::scenario::place::Place;
use crate::scenario::rules::Foresight;
use crate::scenario::rules::events::in_background;
use crate::scenario::rules::flow::{Flow, fastest};

pub(super) const CUT_OFF: Foresight =
    Foresight { about: "a run of a function takes less time, on average, than its `timeout`", check };

fn check(application: &Application, topology: &Topology, _length: Option<Span>) -> Vec<Complaint> {
    let flow = Flow::new(application, topology);
    let mut comes: Vec<Vec<bool>> = (0..application.workloads.len())
        .map(|index| flow.of_one(WorkloadId::at(index)).iter().map(|load| load.visits > 0.0).collect())
        .collect();
    let nobody = in_background(application, topology);
    comes.push((0..topology.nodes.len()).map(|node| nobody.contains(&node)).collect());
    let mut complaints = Vec::new();
    for (place, node) in topology.nodes.iter().enumerate() {
        let NodeKind::Function(function) = &node.kind else { continue };
        let Some(timeout) = function.timeout else { continue };
        let together = function.desk.batch.map_or(1, |batch| batch.at_most);
        let runs = (0..comes.len()).filter(|&index| comes[index][place]);
        let runs = runs.map(|index| flow.hold(NodeId::at(place), WorkloadId::at(index)));
        let longest = runs.fold(0.0, f64::max) * f64::from(together);
        if longest <= timeout.seconds() {
            continue;
        }
        let share = 1.0 / fastest(&function.desk);
        let slow = if share < 0.999 { format!(" at {share:.2} of a vCPU") } else { String::new() };
        let full = if together > 1 { format!(" with a full batch of {together}") } else { String::new() };
        let what = format!(
            "a run of `{}` takes {longest:.1} s on average{full}{slow}, and is cut off after {timeout}",
            node.name
        );
        let advice = if together > 1 && longest / f64::from(together) <= timeout.seconds() {
            "give it a longer `timeout`, or its queue's `mapping` a smaller `batch-size`"
        } else if share < 0.999 {
            "give it more `memory`, and with that more of a vCPU, or a longer `timeout`"
        } else {
            "give it a longer `timeout`, or less to do"
        };
        let at = Place::of(&["topology", &topology.name, "function", &node.name]);
        complaints.push(Complaint::warning("W116", at.then("timeout"), what).advise(advice));
    }
    complaints
}

#[cfg(test)]
mod tests {
    use crate::scenario::{NoFiles, Source, read};

    fn told(defaults: &str, function: &str) -> Vec<String> {
        let text = format!(
            "run = {{ length = \"1h\", defaults = \"{defaults}\" }}\nwork = {{ serve = \"1s\" }}\n\
             workload.jobs.arrivals = {{ poisson = {{ rate = \"1/min\" }} }}\n\
             topology.t.function.f = {{ steps = [{{ work = \"serve\" }}], {function} }}\n"
        );
        let scenario = read(&Source::new("runs.toml", text), &NoFiles, &[]).expect("nothing is wrong with it");
        scenario.warnings.iter().filter(|told| told.code == "W116").map(|told| told.what.clone()).collect()
    }

    /// Runs that only a schedule or an event of a machine brings about are looked at, too.
    #[test]
    fn a_function_too_small_for_what_nobody_sends_is_told() {
        let told = |memory: &str| {
            let text = format!(
                "run = {{ length = \"1h\" }}\nwork = {{ serve = \"1s\" }}\n\
                 workload.jobs.arrivals = {{ poisson = {{ rate = \"1/min\" }} }}\n\
                 topology.t.pool.web = {{ steps = [{{ work = \"serve\" }}] }}\n\
                 topology.t.function.f = {{ steps = [{{ work = \"serve\" }}], {memory} }}\n\
                 topology.t.bus.default.rule.r = {{ schedule = {{ every = \"5min\" }}, to = \"f\" }}\n"
            );
            let scenario = read(&Source::new("runs.toml", text), &NoFiles, &[]).expect("nothing is wrong with it");
            scenario.warnings.iter().filter(|told| told.code == "W116").count()
        };
        assert_eq!((told("memory = \"128MiB\""), told("memory = \"1024MiB\"")), (1, 0));
    }

    /// A second of work at 128 of 1,769 MiB takes 13.8 s, of which 3 may be run; at 1,024 MiB it takes 1.7 s.
    #[test]
    fn a_function_too_small_for_its_work_is_told() {
        let small = ["a run of `f` takes 13.8 s on average at 0.07 of a vCPU, and is cut off after 3s"];
        assert_eq!(told("documented", ""), small);
        assert!(told("documented", "memory = \"1024MiB\"").is_empty());
        assert!(told("documented", "timeout = \"14s\"").is_empty());
        assert_eq!(told("textbook", "timeout = \"900ms\"").len(), 1);
        assert!(told("textbook", "timeout = \"1s\"").is_empty());
    }
}
