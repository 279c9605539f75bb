//! Everything that runs has a price.

use crate::billing::PriceBook;
use crate::ground::quantity;
use crate::scenario::complaint::{Complaint, did_you_mean};
use crate::scenario::draft::node::Platform;
use crate::scenario::draft::scaling::Scaling;
use crate::scenario::place::Place;
use crate::scenario::rules::Rule;
use crate::scenario::sight::{Kind, Sight, node_place};

pub(super) const RULE: Rule = Rule {
    about: "an instance type is one that the price book has; a machine of one's own has a price for an hour, a service one for calls",
    check,
};

fn check(sight: &Sight<'_>) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (name, topology) in sight.topologies() {
        for (service, draft) in &topology.service {
            let place = node_place(name, Kind::Service, service).then("price");
            complaints.extend(draft.price.as_deref().and_then(|item| of_calls(item, sight.book, place)));
        }
        for (cluster, draft) in &topology.cluster {
            let place = node_place(name, Kind::Cluster, cluster).then("type");
            let market = if draft.spot == Some(true) { "spot" } else { "ec2" };
            of_market(market, &draft.instance, sight.book, place, &mut complaints);
        }
        for (pool_name, pool) in &topology.pool {
            let place = node_place(name, Kind::Pool, pool_name);
            match &pool.platform {
                Some(Platform::Machine(machine)) => {
                    hourly(&machine.price, place.then("platform").then("machine").then("price"), &mut complaints);
                }
                Some(Platform::Ec2(ec2)) => {
                    instance(
                        &ec2.instance,
                        sight.book,
                        place.then("platform").then("ec2").then("type"),
                        &mut complaints,
                    );
                }
                Some(Platform::Fargate(_) | Platform::Ecs(_) | Platform::Kubernetes(_)) | None => {}
            }
            if let Some(Scaling::Vertical(vertical)) = &pool.scaling {
                for (index, size) in vertical.sizes.iter().enumerate() {
                    let place = place.then("scaling").then("vertical").then("sizes").nth(index).then("type");
                    instance(&size.instance, sight.book, place, &mut complaints);
                }
            }
        }
    }
    complaints
}

/// What is the matter with the item by which the calls of a service are paid, if anything is.
fn of_calls(item: &str, book: &PriceBook, place: Place) -> Option<Complaint> {
    let (what, advice) = match book.item(item) {
        Some(known) if known.counted == "request" => return None,
        Some(known) => (
            format!("a service is paid by the call, and `{item}` is counted in {}", known.counted),
            "name an item that is counted by the request, or give it a price of its own".to_owned(),
        ),
        None => {
            let own = format!("give it a price: `[prices.own]` with `\"{item}\" = \"$…/million\"`");
            let known = book.items().filter(|(_, item)| item.counted == "request").map(|(name, _)| name);
            let advice = if item.starts_with("service.") {
                own
            } else {
                let close = did_you_mean(item, known).map(|known| format!("{known}; or ")).unwrap_or_default();
                format!(
                    "{close}name it `service.{item}`, with a price in `[prices.own]`: `\"service.{item}\" = \"$…/million\"`"
                )
            };
            (format!("the price book `{}` has no item `{item}`", book.name), advice)
        }
    };
    Some(Complaint::error("E501", place, what).advise(advice))
}

fn instance(instance: &str, book: &PriceBook, place: Place, complaints: &mut Vec<Complaint>) {
    of_market("ec2", instance, book, place, complaints);
}

/// An instance type has a price On-Demand (`ec2`), or of spare capacity (`spot`).
fn of_market(market: &str, instance: &str, book: &PriceBook, place: Place, complaints: &mut Vec<Complaint>) {
    if book.item(&format!("{market}.{instance}")).is_some() {
        return;
    }
    let known = book.items().filter_map(|(item, _)| item.strip_prefix(market)?.strip_prefix('.'));
    let advice = did_you_mean(instance, known)
        .unwrap_or_else(|| format!("give it a price: `[prices.own]` with `\"{market}.{instance}\" = \"$…/h\"`"));
    let what = format!("the price book `{}` has no instance type `{instance}`", book.name);
    complaints.push(Complaint::error("E501", place, what).advise(advice));
}

fn hourly(price: &str, place: Place, complaints: &mut Vec<Complaint>) {
    match quantity::price(price) {
        Ok(price) if price.unit == "h" => {}
        Ok(price) => {
            let what = format!("a machine has the price of an hour, and this one is for `{}`", price.unit);
            complaints
                .push(Complaint::error("E501", place, what).advise("write the price of an hour: `\"$0.0360/h\"`"));
        }
        Err(told) => complaints.push(match told.rsplit_once(": ") {
            Some((what, advice)) => Complaint::error("E007", place, what).advise(advice),
            None => Complaint::error("E007", place, told),
        }),
    }
}
