//! Names are short, without dots, and used once.

use crate::scenario::complaint::Complaint;
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::sight::{Kind, Sight, node_place};
use crate::scenario::tree::Value;

pub(super) const RULE: Rule =
    Rule { about: "names have no dots, and the nodes of a topology share one space of names", check };

/// The longest name that a table or chart can show.
const NAME_MAX: usize = 64;

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for table in ["workload", "work", "topology"] {
        for name in sight.declared(table) {
            one(name, Place::of(&[table, name]), &mut complaints);
        }
    }
    for (name, topology) in sight.topologies() {
        for (index, zone) in topology.zones.iter().flatten().enumerate() {
            one(zone, Place::of(&["topology", name, "zones"]).nth(index), &mut complaints);
        }
    }
    for (kind, name, _) in sight.draft.fault.courses() {
        one(name, Place::of(&["fault", kind, name]), &mut complaints);
    }
    for topology in sight.declared("topology") {
        let mut seen: Vec<(&str, Kind)> = Vec::new();
        for kind in [
            Kind::Balancer,
            Kind::Pool,
            Kind::Queue,
            Kind::Bucket,
            Kind::Service,
            Kind::Function,
            Kind::Bus,
            Kind::Cluster,
        ] {
            let here = sight
                .tree
                .table("topology")
                .and_then(|all| all.get(topology))
                .and_then(|entry| entry.tree.get(kind.word()));
            let Some(Value::Table(nodes)) = here.map(|tree| &tree.value) else { continue };
            for name in nodes.keys() {
                let place = node_place(topology, kind, name);
                one(name, place.clone(), &mut complaints);
                if let Some((_, other)) = seen.iter().find(|(seen, _)| seen == name) {
                    let what = format!(
                        "`{name}` is the name of a {} and of a {} of topology `{topology}`",
                        other.word(),
                        kind.word()
                    );
                    complaints.push(
                        Complaint::error("E009", place.key(), what)
                            .and(node_place(topology, *other, name).key(), "the other one")
                            .advise("edges go by name, whatever the kind: give one of them another name"),
                    );
                }
                seen.push((name, kind));
            }
        }
    }
    complaints
}

fn one(name: &str, place: Place, complaints: &mut Vec<Complaint>) {
    let what = if name.is_empty() {
        "a name can't be empty".to_owned()
    } else if name.contains('.') {
        format!("`{name}` has a dot, which separates names from figures")
    } else if name.chars().any(|c| c.is_control() || c.is_whitespace()) {
        format!("{name:?} has a space, or something that can't be seen")
    } else if name.chars().count() > NAME_MAX {
        format!("this name has {} characters", name.chars().count())
    } else {
        return;
    };
    complaints.push(
        Complaint::error("E009", place.key(), what)
            .advise(format!("use words with hyphens, at most {NAME_MAX} characters: `video-upload`")),
    );
}
