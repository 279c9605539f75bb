//! What a list says of functions, and of whatever else has a price.

use crate::billing::allowance::{amount, in_unit_of};
use crate::billing::meter::STEP;
use crate::billing::profile::Profile;
use crate::billing::tree::{Flaws, Table, decimal};
use crate::billing::units::units;
use crate::billing::usage::{Real, Used};
use crate::billing::usage_list::{lasted, required};
use crate::cloud::topology::Function;
use crate::ground::quantity;
use crate::ground::time::{SECOND, Span};

/// A mebibyte, of which memory is a whole number.
const MIB: u64 = 1 << 20;

/// Keys that say of what the whole is made, which is said already by `gb-seconds`.
const PARTS: [&str; 8] =
    ["memory", "duration", "milliseconds", "cold", "init", "ephemeral", "provisioned", "provisioned-requests"];

/// A function: its requests, and what they took.
pub(super) fn function(table: &Table<'_>, profile: Profile, flaws: &mut Flaws) -> Option<Used> {
    let before = flaws.0.len();
    let is_arm = table.read("architecture", flaws, |word| match word {
        "x86" => Ok(false),
        "arm" => Ok(true),
        _ => Err(format!("`{word}` is no kind of processor: x86 or arm")),
    });
    let is_arm = is_arm.unwrap_or(false);
    let invocations = table.count("requests", flaws).unwrap_or(0);
    if table.get("gb-seconds").is_some() {
        return of_gb_seconds(table, is_arm, invocations, flaws);
    }
    let memory = required(table, "memory", flaws, |text| of_environment(text, Function::MEMORY))?;
    let disk = table.read("ephemeral", flaws, |text| of_environment(text, Function::DISK)).unwrap_or(Function::DISK.0);
    let provisioned = table.count("provisioned", flaws);
    let kept_requests = table.count("provisioned-requests", flaws).unwrap_or(0);
    let (work, kept_work) = runs(table, profile, invocations, kept_requests, flaws)?;
    if kept_requests > 0 && provisioned.is_none() {
        let what = "`provisioned-requests` without `provisioned`: nothing is kept ready for them".to_owned();
        flaws.add(&table.at, table.span.clone(), what, None);
    }
    let kept = match provisioned {
        Some(count) => {
            let lasts = lasted(table, flaws)?;
            let steps = lasts.nanos().div_ceil(STEP.nanos());
            let seconds = u128::from(count) * u128::from(steps) * u128::from(STEP.nanos() / SECOND);
            Some((seconds, u128::from(count) * u128::from(lasts.nanos())))
        }
        None => None,
    };
    let longest = [work.billed, kept_work.billed, kept.map_or(0, |(seconds, _)| seconds.saturating_mul(1_000))];
    if longest.iter().any(|milliseconds| milliseconds.saturating_mul(u128::from(memory.max(disk) / MIB)) >= 1 << 80) {
        flaws.add(&table.at, table.span.clone(), "is beyond all use".to_owned(), None);
    }
    if flaws.0.len() > before {
        return None;
    }
    let kept_real = kept.map_or(0, |(_, real)| real);
    let real = work.real.zip(kept_work.real);
    Some(Used::Function {
        memory,
        is_arm,
        disk,
        invocations,
        milliseconds: work.billed,
        kept: kept.map(|(seconds, _)| (seconds, kept_work.billed)),
        snapshot: None,
        pollers: None,
        real: real.map(|(at_work, kept_at_work)| Real { at_work, kept: kept_real, kept_at_work }),
    })
}

/// Milliseconds that are billed, and the nanoseconds that they really are, where that is known.
#[derive(Clone, Copy, Default)]
struct Work {
    billed: u128,
    real: Option<u128>,
}

/// What requests took in environments that came on demand, and in those that are kept ready.
fn runs(table: &Table<'_>, profile: Profile, requests: u64, kept: u64, flaws: &mut Flaws) -> Option<(Work, Work)> {
    let before = flaws.0.len();
    let mut wrong = |what: &str| flaws.add(&table.at, table.span.clone(), what.to_owned(), None);
    if kept > requests {
        wrong("`provisioned-requests` are some of the `requests`: not more than them");
    }
    let is_there = |key: &str| table.get(key).is_some();
    if is_there("milliseconds") {
        if ["duration", "cold", "init", "provisioned-requests"].into_iter().any(is_there) {
            wrong("`milliseconds` are what all requests are billed for: not beside what makes them");
        }
        let billed = table.read("milliseconds", flaws, |text| decimal(text, 0))?;
        return (flaws.0.len() == before).then_some((Work { billed, real: None }, Work { billed: 0, real: Some(0) }));
    }
    if requests > 0 && !is_there("duration") {
        wrong("does not say how long its requests took: `duration` of each, or `milliseconds` or `gb-seconds` of all");
    }
    if is_there("cold") != is_there("init") {
        wrong("`cold` and `init` belong together: how many requests initialise an environment, and for how long");
    }
    let duration = table.read("duration", flaws, quantity::span).unwrap_or_default();
    let init = table.read("init", flaws, quantity::span).unwrap_or_default();
    let cold = table.count("cold", flaws).unwrap_or(0);
    if kept <= requests && cold > requests - kept {
        let what = "more requests are `cold` than there are on demand".to_owned();
        flaws.add(&table.place("cold"), table.span.clone(), what, None);
    }
    if flaws.0.len() > before {
        return None;
    }
    let work = |count: u64, init: Span| {
        let billed = profile.billed(init, duration);
        let (count, nanos) = (u128::from(count), u128::from(billed.nanos()));
        (count * profile.milliseconds(billed), count * nanos)
    };
    let (warm, first, kept) = (work(requests - kept - cold, Span::ZERO), work(cold, init), work(kept, Span::ZERO));
    let demand = Work { billed: warm.0 + first.0, real: Some(warm.1 + first.1) };
    Some((demand, Work { billed: kept.0, real: Some(kept.1) }))
}

/// A function of which no more is known than the memory·time of all its requests: as so long at 1 GB.
fn of_gb_seconds(table: &Table<'_>, is_arm: bool, invocations: u64, flaws: &mut Flaws) -> Option<Used> {
    let also: Vec<String> =
        PARTS.into_iter().filter(|key| table.get(key).is_some()).map(|key| format!("`{key}`")).collect();
    if !also.is_empty() {
        let what = format!("`gb-seconds` are the whole of it: not beside {}", also.join(", "));
        flaws.add(&table.at, table.span.clone(), what, None);
        return None;
    }
    let milliseconds = table.read("gb-seconds", flaws, |text| decimal(text, 3))?;
    let memory = 1_024 * MIB;
    let (kept, snapshot, pollers, real) = (None, None, None, None);
    Some(Used::Function { memory, is_arm, disk: 0, invocations, milliseconds, kept, snapshot, pollers, real })
}

/// Memory or disk of an environment: whole MiB between its bounds.
fn of_environment(text: &str, (least, most): (u64, u64)) -> Result<u64, String> {
    let bytes = quantity::size(text)?;
    if !(least..=most).contains(&bytes) {
        return Err(format!("`{text}`: an environment has {} to {} MiB", least / MIB, most / MIB));
    }
    if bytes % MIB != 0 {
        return Err(format!("`{text}` is no whole number of MiB"));
    }
    Ok(bytes)
}

/// Anything that a book has a price for.
pub(super) fn item(table: &Table<'_>, flaws: &mut Flaws) -> Option<Used> {
    let name = required(table, "item", flaws, |name| match units(name) {
        [] => Err(format!("no price book knows an item `{name}`; `queuelab prices` lists them")),
        _ => Ok(name.to_owned()),
    });
    let written = required(table, "amount", flaws, |text| {
        let (quantity, unit) = amount(text)?;
        match &name {
            Some(name) => in_unit_of(name, &unit).map(|()| (quantity, unit)),
            None => Ok((quantity, unit)),
        }
    });
    let (amount, unit) = written?;
    Some(Used::Item { item: name?, amount, unit })
}
