//! Runs that only bill: given times of use become a usage list, as of `bill --usage`.

use queuelab::billing::{Format, PriceBook, UsageList, invoice};

use super::compare::{Verdict, capacity_by_hour, meter, unread};
use super::scene::Scene;
use super::scene::span;
use super::trace::{Table, plain};

/// Bills the inputs and holds the bill against the trace; or says why that is not to be had yet.
pub fn check(inputs: &Table<'_>, expected: &Table<'_>) -> Result<Verdict, String> {
    let mut text = String::new();
    let mut own = Vec::new();
    let mut hours = Vec::new();
    for (key, what) in [("tasks", "containers and their prices"), ("spot", "spot machines")] {
        if inputs.get(key).is_some() {
            return Err(format!("{what} ({key})"));
        }
    }
    if inputs.get("vm").is_some() {
        machines(inputs, &mut text)?;
    }
    if inputs.get("load_balancer").is_some() {
        balancer(&inputs.table("load_balancer")?, &mut text, &mut own, &mut hours)?;
    }
    inputs.all_read()?;
    let own: Vec<String> = own.iter().map(|(item, price)| format!("{item:?} = {price:?}")).collect();
    let text = format!("prices.own = {{ {} }}\n{text}", own.join(", "));
    let list = UsageList::read(&text, Format::Toml).map_err(|flaws| format!("{}\n{text}", flaws[0]))?;
    let lines = invoice(&list.usage, &list.prices(PriceBook::us_east_1()));
    let mut verdict = Verdict::default();
    meter(&mut verdict, expected, &lines, &Scene::default())?;
    let alone: Vec<String> = hours.iter().map(|hour| capacity(hour)).collect();
    capacity_by_hour(&mut verdict, expected, &alone);
    for key in ["requests", "workers", "decisions"] {
        verdict.same(key, expected.tables(key)?.len(), 0);
    }
    let _ = expected.get("aggregates");
    unread(&mut verdict, expected);
    Ok(verdict)
}

/// Lives of machines: when they ran, or for how long.
fn machines(inputs: &Table<'_>, text: &mut String) -> Result<(), String> {
    let common = inputs.text("vm_price_per_hour")?;
    let lives = match inputs.get("vm") {
        Some(serde_json::Value::Array(_)) => inputs.tables("vm")?,
        _ => vec![inputs.table("vm")?],
    };
    for life in lives {
        let hour = life.text("price_per_hour")?.or(life.text("vm_price_per_hour")?).or(common.clone());
        let hour = hour.ok_or("a machine without a price")?;
        let _ = life.text("id")?;
        let first = |keys: &[&str]| -> Result<Option<u64>, String> {
            keys.iter().map(|key| life.nanos(key)).find(|found| !matches!(found, Ok(None))).unwrap_or(Ok(None))
        };
        let from = first(&["running_s", "from_s", "start_s"])?;
        let to = first(&["terminated_s", "stopped_s", "to_s", "end_s"])?;
        let lasts = first(&["life_s", "used_s", "duration_s", "seconds", "running_for_s"])?;
        let time = match (lasts, from, to) {
            (Some(lasts), None, None) => format!("lasts = {:?}", span(lasts)),
            (None, from, Some(to)) => format!("from = {:?}\nto = {:?}", span(from.unwrap_or(0)), span(to)),
            _ => return Err("a machine that does not say how long it ran".to_owned()),
        };
        let count = life.count("count")?.unwrap_or(1);
        life.all_read()?;
        *text += &format!("[[machine]]\nprice = \"${hour}/h\"\ncount = {count}\n{time}\n");
    }
    Ok(())
}

fn balancer(
    balancer: &Table<'_>,
    text: &mut String,
    own: &mut Vec<(&str, String)>,
    hours: &mut Vec<String>,
) -> Result<(), String> {
    let hour = balancer.text("price_per_hour")?.unwrap_or_else(|| "0".to_owned());
    let lcu = balancer.text("price_per_lcu_hour")?.unwrap_or_else(|| "0".to_owned());
    own.push(("alb.hour", format!("${hour}/h")));
    own.push(("alb.lcu", format!("${lcu}/LCU-h")));
    *text += &format!("[[balancer]]\nlasts = {:?}\n", span(balancer.must_nanos("life_s")?));
    for hour in balancer.tables("hours")? {
        let mut row = String::new();
        for (theirs, ours) in [
            ("new_connections", "connections"),
            ("active_connections_per_minute", "active"),
            ("gb", "gb"),
            ("rules", "rules"),
            ("requests", "requests"),
        ] {
            if let Some(value) = hour.get(theirs).and_then(plain) {
                row += &format!("{ours} = {value}\n");
            }
        }
        hour.all_read()?;
        *text += &format!("[[balancer.hours]]\n{row}");
        hours.push(row);
    }
    balancer.all_read()
}

/// The capacity of one hour by itself.
fn capacity(hour: &str) -> String {
    let text = format!("[[balancer]]\n[[balancer.hours]]\n{hour}");
    let list = UsageList::read(&text, Format::Toml).unwrap();
    let lines = invoice(&list.usage, &PriceBook::us_east_1());
    lines[1].quantity.to_string()
}
