//! What a use is charged for: quantities after the provider's rounding, and what they were before it.

use crate::billing::capacity::{Capacity, Hour};
use crate::billing::invoice::Quantity;
use crate::billing::storage;
use crate::billing::usage::{Machines, Used};
use crate::cloud::credits::VCPU_HOUR;
use crate::cloud::topology::{Fargate, Function, Platform};

/// A quantity to be charged for.
pub(super) struct Charge {
    pub item: String,
    pub quantity: Quantity,
    /// The unit in which that is written, where a person wrote it and not the unit in which use is counted.
    pub unit: Option<String>,
    /// What was used before rounding up, minimums and chunks, in the same unit.
    pub exact: Option<Quantity>,
    /// A platform's own price by the hour; the book's where there is none.
    pub hour: Option<u64>,
    /// Of 10¹² parts of the charge, how many nobody needed.
    pub idle: Option<u128>,
}

/// Whole parts of an idle share.
pub(super) const SHARES: u128 = 1_000_000_000_000;

/// The items of a use that a book must price.
pub(super) fn items(used: &Used) -> Vec<String> {
    charges(used).into_iter().filter(|charge| charge.hour.is_none()).map(|charge| charge.item).collect()
}

/// What a use is charged for. Items that come to nothing stand there too: every replication has the same lines.
pub(super) fn charges(used: &Used) -> Vec<Charge> {
    match used {
        Used::Machines { sizes, busy } => {
            let idle = busy.map(|busy| idle(sizes, busy));
            sizes.iter().flat_map(|machines| of_machines(machines, idle)).collect()
        }
        Used::Balancer { hours, capacity, lived } => vec![
            charge("alb.hour", Quantity::whole(u128::from(*hours))).instead_of(lived.map(hours_of)),
            charge("alb.lcu", Quantity { parts: capacity.billed(), decimals: Capacity::DECIMALS }),
        ],
        Used::Queue { fifo, sends, receives, deletes, changes, grouped, calls: made } => {
            let calls = [sends, receives, deletes, changes].into_iter().map(|&calls| u128::from(calls)).sum();
            let all = charge(if *fifo { "sqs.fifo" } else { "sqs.standard" }, Quantity::whole(calls));
            let all = all.instead_of(made.map(|made| Quantity::whole(u128::from(made))));
            let grouped = grouped.map(|calls| charge("sqs.fair", Quantity::whole(u128::from(calls))));
            [all].into_iter().chain(grouped).collect()
        }
        Used::Bucket { class, puts, gets, retrieved, kept, real } => {
            let item = |what: &str| storage::item(*class, what);
            let gb_seconds = |kept: u128| Quantity { parts: nano_gb(kept), decimals: 9 };
            let read = Quantity { parts: nano_gb(retrieved * 1_000_000_000), decimals: 9 };
            let retrieval = class.is_read_by_the_byte().then(|| charge(&item("retrieval"), read));
            let lines = [
                charge(&item("put"), Quantity::whole(u128::from(*puts))),
                charge(&item("get"), Quantity::whole(u128::from(*gets))),
                charge(&item("storage"), gb_seconds(*kept)).instead_of(real.map(gb_seconds)),
            ];
            lines.into_iter().chain(retrieval).collect()
        }
        Used::Function { memory, is_arm, disk, invocations, milliseconds, kept, snapshot, pollers, real } => {
            let processor = if *is_arm { "arm" } else { "x86" };
            let of_memory = |name: &str, milliseconds, real: Option<u128>| {
                let exact = real.and_then(|nanos| exact_gb_seconds(nanos, *memory));
                charge(&format!("lambda.{name}.{processor}"), gb_seconds(milliseconds, *memory)).instead_of(exact)
            };
            let worked = milliseconds + kept.map_or(0, |(_, milliseconds)| milliseconds);
            let kept = kept.iter().flat_map(|&(seconds, milliseconds)| {
                [
                    of_memory("provisioned", seconds * 1_000, real.map(|real| real.kept)),
                    of_memory("provisioned-duration", milliseconds, real.map(|real| real.kept_at_work)),
                ]
            });
            let beyond = disk.saturating_sub(Function::DISK.0);
            let storage = (beyond > 0).then(|| charge("lambda.storage", gb_seconds(worked, beyond)));
            let duration = of_memory("duration", *milliseconds, real.map(|real| real.at_work));
            [duration, charge("lambda.requests", Quantity::whole(u128::from(*invocations)))]
                .into_iter()
                .chain(kept)
                .chain(storage)
                .chain(snapshot.iter().flat_map(|&(nanos, restores)| of_snapshot(*memory, nanos, restores)))
                .chain(pollers.map(|nanos| charge("lambda.poller", hours_of(nanos))))
                .collect()
        }
        Used::Sundries { items } => {
            items.iter().map(|&(item, quantity, exact)| charge(item, quantity).instead_of(exact)).collect()
        }
        Used::Bus { events, real, calls, replayed, archive } => {
            let put = charge("events.custom", Quantity::whole(u128::from(*events)));
            let put = put.instead_of(real.map(|events| Quantity::whole(u128::from(events))));
            let calls = calls.map(|calls| charge("events.destinations", Quantity::whole(u128::from(calls))));
            let archive = archive.iter().flat_map(|&(bytes, kept)| {
                let taken = Quantity { parts: nano_gb(bytes * 1_000_000_000), decimals: 9 };
                let kept = Quantity { parts: nano_gb(kept), decimals: 9 };
                [charge("events.archive", taken), charge("events.archived", kept)]
            });
            let replayed = replayed.map(|events| charge("events.replay", Quantity::whole(u128::from(events))));
            [put].into_iter().chain(calls).chain(archive).chain(replayed).collect()
        }
        Used::Item { item, amount, unit } => vec![Charge { unit: Some(unit.clone()), ..charge(item, *amount) }],
        Used::Calls { item, calls } => {
            item.iter().map(|item| charge(item, Quantity::whole(u128::from(*calls)))).collect()
        }
        Used::Volumes { item, byte_seconds } => {
            vec![charge(item, Quantity { parts: nano_gb(byte_seconds * 1_000_000_000), decimals: 9 })]
        }
    }
}

fn charge(item: &str, quantity: Quantity) -> Charge {
    Charge { item: item.to_owned(), quantity, unit: None, exact: None, hour: None, idle: None }
}

impl Charge {
    /// The same, for a use that was really `exact`.
    fn instead_of(self, exact: Option<Quantity>) -> Charge {
        Charge { exact, ..self }
    }
}

fn of_machines(machines: &Machines, idle: Option<u128>) -> Vec<Charge> {
    let quantity = Quantity::whole(u128::from(machines.seconds));
    let exact = Some(Quantity { parts: machines.lived, decimals: 9 });
    let life = |item: String, hour| Charge { item, quantity, unit: None, exact, hour, idle };
    match &machines.platform {
        Platform::Free => Vec::new(),
        Platform::Machine { hour, .. } => {
            vec![life("machine".to_owned(), Some(*hour))]
        }
        Platform::Fargate(task) => {
            let market = if task.spot { "fargate-spot" } else { "fargate" };
            let processor = if task.is_arm { "arm" } else { "x86" };
            let seconds = u128::from(machines.seconds);
            let of_task = |item: String, quantity, exact| Charge { exact, idle, ..charge(&item, quantity) };
            let of_memory = |item: String, bytes| {
                of_task(item, gb_seconds(seconds * 1_000, bytes), exact_gb_seconds(machines.lived, bytes))
            };
            let vcpus = Quantity { parts: seconds * u128::from(task.cpu), decimals: 3 };
            let lived = Quantity { parts: machines.lived * u128::from(task.cpu), decimals: 12 };
            let beyond = task.disk.saturating_sub(Fargate::FREE_DISK);
            let disk = (beyond > 0).then(|| of_memory("fargate.storage".to_owned(), beyond));
            [
                of_task(format!("{market}.vcpu.{processor}"), vcpus, Some(lived)),
                of_memory(format!("{market}.memory.{processor}"), task.memory),
            ]
            .into_iter()
            .chain(disk)
            .collect()
        }
        Platform::Ec2 { instance, volume, spot } => {
            let market = if *spot { "spot" } else { "ec2" };
            let mut charges = vec![life(format!("{market}.{instance}"), None)];
            if *volume > 0 {
                let quantity = Quantity { parts: nano_gb(machines.byte_seconds * 1_000_000_000), decimals: 9 };
                charges.push(charge("ebs.gp3", quantity));
            }
            if let Some(surplus) = machines.surplus {
                let family = instance.split('.').next().unwrap_or_default();
                let quantity = Quantity { parts: millionths(surplus), decimals: 6 };
                charges.push(charge(&format!("ec2.credits.{family}"), quantity));
            }
            charges
        }
    }
}

/// What a snapshot of an environment of so much memory is charged for: as long as it is kept, three hours at the least, and
/// each restore (AWS Lambda pricing, SnapStart).
fn of_snapshot(memory: u64, nanos: u128, restores: u64) -> [Charge; 2] {
    const LEAST: u128 = 3 * Hour::NANOS as u128;
    let kept = gb_seconds(nanos.max(LEAST).div_ceil(1_000_000), memory);
    let restored = gb_seconds(u128::from(restores) * 1_000, memory);
    [
        charge("lambda.snap-start", kept).instead_of(exact_gb_seconds(nanos, memory)),
        charge("lambda.snap-start-restore", restored),
    ]
}

/// Milliseconds of so many bytes as exact GB·s: memory is given in whole MB of 2²⁰ bytes.
const fn gb_seconds(milliseconds: u128, bytes: u64) -> Quantity {
    // 10¹⁰ ÷ 1024, and three decimals for milliseconds.
    const PER: u128 = 9_765_625;
    Quantity { parts: milliseconds * (bytes >> 20) as u128 * PER, decimals: 13 }
}

/// Nanoseconds of so many bytes as GB·s; `None` where that is beyond all numbers.
fn exact_gb_seconds(nanos: u128, bytes: u64) -> Option<Quantity> {
    const PER: u128 = 9_765_625;
    let parts = nanos.checked_mul(u128::from(bytes >> 20))?.checked_mul(PER)?;
    Some(Quantity { parts, decimals: 19 })
}

/// Nanoseconds as hours, to a billionth.
pub(super) const fn hours_of(nanos: u128) -> Quantity {
    Quantity { parts: nanos / (Hour::NANOS as u128 / 1_000_000_000), decimals: 9 }
}

/// What was spent beyond CPU credits, in millionths of a vCPU-hour, rounded half up.
const fn millionths(surplus: u128) -> u128 {
    const PER: u128 = VCPU_HOUR / 1_000_000;
    (surplus + PER / 2) / PER
}

/// Byte·nanoseconds as 10⁻⁹ GB·s, rounded half up. Storage is sold by GB of 2³⁰ bytes (Amazon S3 FAQ).
const fn nano_gb(byte_nanos: u128) -> u128 {
    (byte_nanos + (1 << 29)) >> 30
}

/// The share of the paid slots' time that nobody held.
fn idle(sizes: &[Machines], busy: u128) -> u128 {
    let paid = |size: &Machines| u128::from(size.seconds) * 1_000_000_000 * u128::from(size.slots);
    let paid: u128 = sizes.iter().map(paid).sum();
    (paid.saturating_sub(busy) * SHARES).checked_div(paid).unwrap_or(0)
}
