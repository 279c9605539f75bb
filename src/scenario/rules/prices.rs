//! Own prices can be read.

use crate::ground::quantity;
use crate::scenario::complaint::Complaint;
use crate::scenario::draft::node::Platform;
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::sight::{Kind, Sight, node_place};

pub(super) const RULE: Rule =
    Rule { about: "a price is dollars for a unit, `$0.0960/h`; a machine's is for an hour", check };

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (item, price) in &sight.draft.prices.own {
        if let Err(what) = quantity::price(price) {
            complaints.push(unreadable(&what, Place::of(&["prices", "own", item])));
        }
    }
    for (name, topology) in sight.topologies() {
        for (pool_name, pool) in &topology.pool {
            let Some(Platform::Machine(machine)) = &pool.platform else { continue };
            let place = node_place(name, Kind::Pool, pool_name).then("platform").then("machine").then("price");
            match quantity::price(&machine.price) {
                Ok(price) if price.unit == "h" => {}
                Ok(price) => complaints.push(
                    Complaint::error(
                        "E501",
                        place,
                        format!("a machine is paid for by the hour, not by the {}", price.unit),
                    )
                    .advise("write the price of an hour: `\"$0.0360/h\"`"),
                ),
                Err(what) => complaints.push(unreadable(&what, place)),
            }
        }
    }
    complaints
}

fn unreadable(told: &str, place: Place) -> Complaint {
    match told.rsplit_once(": ") {
        Some((what, advice)) => Complaint::error("E007", place, what).advise(advice),
        None => Complaint::error("E007", place, told),
    }
}
